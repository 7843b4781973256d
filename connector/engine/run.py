"""Runs: diff, sync, apply, undo, backfill and retry. Each takes a wired hub and gives back what it did."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from connector.engine.apply import Applied, apply_plan
from connector.engine.fresh import check_fresh, stopped_before
from connector.engine.hub import Hub, Ready, confirmed_fields, linked_ends, pin_identities, ready
from connector.engine.lease import locked
from connector.engine.narrow import Narrow
from connector.engine.planfile import PlanReader
from connector.engine.planning import make_plan
from connector.engine.recover import recover, unknown_create
from connector.engine.undo import UndoOptions, make_undo
from connector.errors import SafetyStop, StalePlan
from connector.model import End, EndId, Entity, Hold, HoldId, HoldKind, Link, Verdict
from connector.store.records import Batch, Fence, LinkWrite, Run, RunKind, RunState
from connector.sync.guard import SEEN, Brake, Tally, guard, trip_json
from connector.sync.holds import end_text


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did. `trips` is filled when the guard stopped it."""

    run: str
    kind: RunKind
    state: RunState
    plan: PlanReader
    applied: Applied
    trips: tuple[dict[str, Any], ...] = ()
    recovered: int = 0


def unlinked(hub: Hub) -> frozenset[Entity]:
    """Entities that no run has linked yet: their first run only links."""
    linked = set(hub.store.get("linked") or ())
    return frozenset(m.entity for m in hub.enabled if str(m.entity) not in linked)


def diff(hub: Hub, out: Path, *, narrow: Narrow | None = None, full: bool = False) -> PlanReader:
    """The complete plan, written to `out`. No mutating request, no state change."""
    made = ready(hub)
    kind = RunKind.LINK if made.mappings and unlinked(hub) else RunKind.SYNC
    return make_plan(made, out, kind=kind, link_only=unlinked(hub), narrow=narrow, full=full)


def sync(
    hub: Hub,
    out: Path,
    *,
    confirm: Callable[[PlanReader], bool] | None = None,
    narrow: Narrow | None = None,
    full: bool = False,
    link_only: bool = False,
) -> Outcome | None:
    """Plans and applies under the lock. `confirm` sees the plan first; None is returned when it says no."""
    with locked(hub) as (hub, fence):
        made = ready(hub)
        recovered = recover(made, fence)
        first = frozenset(m.entity for m in made.mappings) if link_only else unlinked(hub)
        kind = RunKind.LINK if first else RunKind.SYNC
        plan = make_plan(made, out, kind=kind, link_only=first, narrow=narrow, full=full)
        if confirm is not None and not confirm(plan):
            return None
        return _apply(made, plan, fence, kind, accept=False, recovered=recovered)


def apply(hub: Hub, path: Path, *, accept: bool = False, narrow: Narrow | None = None) -> Outcome:
    """Applies a saved plan exactly, or raises StalePlan. `accept` lets this one plan past the brakes."""
    plan = PlanReader(path)
    with locked(hub) as (hub, fence):
        made = ready(hub)
        check_fresh(made, plan.header)
        recovered = recover(made, fence)
        kind = plan.header.kind if plan.header.kind is not RunKind.SYNC else RunKind.APPLY
        if narrow is not None and not narrow.all:
            plan = narrowed(made, plan, narrow, path.with_name(path.name + ".narrow"))
        return _apply(made, plan, fence, kind, accept=accept, recovered=recovered)


def narrowed(made: Ready, plan: PlanReader, narrow: Narrow, path: Path) -> PlanReader:
    """The wanted part of a plan, as a plan of its own with brakes of its own; its cursors stay where they are."""
    from connector.engine.planfile import PlanWriter

    header = replace(plan.header, narrowed=True)
    tally = Tally()
    with PlanWriter(path, header) as writer:
        taken = 0
        kept: set[str] = set()
        for line in plan.lines():
            if line.plan.after.key in kept or narrow.takes(line.plan, taken):
                if line.plan.after.key not in kept:
                    taken += 1
                kept.add(line.plan.after.key)
                part = narrow.cut(line.plan)
                tally.add(part)
                writer.line(replace(line, plan=part))
        confirmed = confirmed_fields(made.hub)
        trips = guard(tally, linked_ends(made), limits=made.hub.limits, confirmed=confirmed)
        seen = [t for t in plan.footer.trips if Brake(t["brake"]) in SEEN]
        writer.close(replace(plan.footer, cursors={}, touches=0, trips=[*map(trip_json, trips), *seen]))
    return PlanReader(path)


def backfill(hub: Hub, out: Path, entity: Entity, field: str) -> PlanReader:
    """The plan that takes one field of every record as first contact; applied like any saved plan."""
    made = ready(hub)
    return make_plan(made, out, kind=RunKind.BACKFILL, backfill=(entity, field))


def undo(hub: Hub, out: Path, run: str, options: UndoOptions) -> PlanReader:
    """The plan that undoes a run; applied like any saved plan."""
    return make_undo(ready(hub), out, run, options)


def retry(hub: Hub) -> int:
    """Gives refused and waiting records a fresh set of tries. Returns how many."""
    with locked(hub) as (hub, fence):
        run = _start(hub, fence, RunKind.RETRY)
        holds = [h for h in hub.store.holds(kinds=[HoldKind.REJECTED, HoldKind.WAITING]) if not unknown_create(h.hold)]
        links = hub.store.links(list(dict.fromkeys(h.hold.id.link for h in holds)))
        writes = [
            LinkWrite(replace(x, dirty=True, ends=tuple(_tried_once(e) for e in x.ends)), x.version)
            for x in links.values()
        ]
        hub.store.commit(fence, run, Batch(links=writes, closed=[h.hold.id for h in holds]))
        hub.store.end_run(fence, run, RunState.DONE, {"retried": len(holds)})
        return len(holds)


def _tried_once(end: End) -> End:
    """What was sent stays known: without it our own write, cut or in upper case, would be taken for an edit."""
    return replace(end, sent={f: replace(s, tries=1) for f, s in end.sent.items()})


def part(hub: Hub, link: Link, at: EndId, by: str = "") -> None:
    """A person says that one record is somebody else: the next run takes it off this link, and it never comes back."""
    others = [end_text(e.at) for e in link.ends if e.at != at]
    if not others:
        raise StalePlan("part.alone", link=link.key)
    ref = end_text(at)
    facts = {"a": others[0], "b": ref, "b_at": [at.system, at.object, at.id, at.part], "other": ""}
    hold = Hold(HoldId(link.key, HoldKind.MATCH, ref), facts, ("same", "different"), f"{others[0]}={ref}")
    with locked(hub) as (hub, fence):
        run = _start(hub, fence, RunKind.LINK)
        hub.store.commit(fence, run, Batch(opened=[hold]))
        hub.store.decide([Verdict(hold.id, "different", hold.seen, None, by)])
        hub.store.end_run(fence, run, RunState.DONE, {})


def pin(hub: Hub, system: str) -> None:
    """A person says that a system's new place is the right one: it is what later runs compare with."""
    with locked(hub) as (hub, fence):
        pinned = dict(hub.store.get("identities") or {})
        hub.store.put(fence, "identities", pinned | {system: hub.adapters[system].check().id})


def _apply(made: Ready, plan: PlanReader, fence: Fence, kind: RunKind, *, accept: bool, recovered: int) -> Outcome:
    hub = made.hub
    consented = stopped_before(made, plan.header)
    run = _start(hub, fence, kind, plan.header.id)
    trips = () if accept else tuple(dict(t) for t in plan.footer.trips)
    applied = Applied()
    try:
        applied = apply_plan(made, plan, fence, run, stopped=bool(trips), consented=consented)
    except BaseException:
        # the next run recovers; what is known now is written only if the state still listens
        _end_quietly(hub, fence, run)
        raise
    state = RunState.STOPPED if trips else _state(applied)
    if accept:
        _confirm(hub, fence, plan)
    counts = {"in": plan.footer.ledger, "out": applied.ledger.as_json(), "done": applied.done, "held": applied.opened}
    hub.store.end_run(fence, run, state, counts)
    if not trips and kind is RunKind.UNDO:
        hub.store.undone(fence, str(plan.footer.state["undoes"]), run)
    return Outcome(run, kind, state, plan, applied, trips, recovered)


def _end_quietly(hub: Hub, fence: Fence, run: str) -> None:
    with suppress(Exception):  # the first error is the one to report; the state may be what failed
        hub.store.end_run(fence, run, RunState.FAILED, {})


def _state(applied: Applied) -> RunState:
    bad = sum(applied.done.get(k, 0) for k in ("refused", "unknown", "moved"))
    return RunState.PARTIAL if bad else RunState.DONE


def _confirm(hub: Hub, fence: Fence, plan: PlanReader) -> None:
    """A first overwriting that a person accepted is not asked about again."""
    known = {tuple(x) for x in hub.store.get("confirmed") or ()}
    for trip in plan.footer.trips:
        if trip["brake"] == "first_contact":
            known.add((trip["entity"], trip["system"], trip["field"]))
    hub.store.put(fence, "confirmed", sorted(known))


def _start(hub: Hub, fence: Fence, kind: RunKind, plan: str = "") -> str:
    run = hub.new_run()
    if hub.store.get("identities") is None:
        hub.store.put(fence, "identities", pin_identities(hub))
    hub.store.start_run(fence, Run(run, kind, RunState.RUNNING, hub.now(), plan=plan))
    return run


def stop_on_trips(outcome: Outcome) -> None:
    """Raises SafetyStop when the guard stopped the run."""
    if outcome.trips:
        raise SafetyStop(outcome.trips)
