"""Undo is a plan: native before-values back where ours still stand; what was edited since is held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from connector.adapters.contract import Native
from connector.cleanse import echoes
from connector.engine.hub import Held, Ready, hub_id, linked_ends, mappings_digest
from connector.engine.planfile import Footer, Header, Line, PlanReader, PlanWriter
from connector.engine.pull import patience
from connector.engine.totals import Totals, refills
from connector.errors import StalePlan
from connector.model import (
    OPT_OUT,
    Change,
    Delete,
    End,
    EndId,
    EndState,
    Hold,
    HoldId,
    HoldKind,
    Link,
    LinkPlan,
    Reason,
    Step,
    Update,
    Value,
)
from connector.store.records import Action, Done, JournalRow, RunKind
from connector.store.values import value_from_json as from_json
from connector.sync.guard import Tally, guard, trip_json
from connector.sync.holds import end_text


@dataclass(frozen=True, slots=True)
class UndoOptions:
    """`delete_created`: remove records the run made, where unedited and where the system can."""

    delete_created: bool = False


@dataclass(slots=True)
class _Undo:
    ready: Ready
    options: UndoOptions
    writer: PlanWriter
    totals: Totals
    tally: Tally
    kept_opt_outs: int = 0
    edited_since: int = 0

    def link(self, link: Link, rows: Iterable[JournalRow], now: Mapping[EndId, Native]) -> None:
        steps: list[Step] = []
        holds: list[Hold] = []
        native: dict[str, dict[str, tuple[Any, Any]]] = {}
        ends = {e.at: e for e in link.ends}
        label = ""
        for row in rows:
            at = EndId(row.system, row.object, row.id, row.part)
            label = row.label or label
            if at not in ends:
                continue
            if row.action is Action.CREATE:
                step, hold = self._created(link, row, at, now.get(at))
                steps += [step] if step is not None else []
                holds.append(hold)
                if step is None:
                    ends[at] = replace(ends[at], state=EndState.UNLINKED)
                continue
            changes, restore, edited, back = self._updated(ends[at], row, now.get(at))
            pinned = edited | back | {c.field for c in changes}
            holds += [self._hold(link, row, f, edited=f in edited) for f in row.fields if f in pinned]
            if changes:
                steps.append(Update(at, ends[at].version, tuple(changes)))
                native[end_text(at)] = restore
        after = replace(link, ends=tuple(ends.values()), dirty=link.dirty)
        plan = LinkPlan(link, after, tuple(steps), opened=_one_each(holds), label=label)
        if steps or holds:
            self.totals.add(plan)
            self.tally.add(plan)
            self.writer.line(Line(plan, native=native))

    def _updated(
        self, end: End, row: JournalRow, now: Native | None
    ) -> tuple[list[Change], dict[str, tuple[Any, Any]], set[str], set[str]]:
        """What is written back, and the fields that were edited since, and those that are back already."""
        held = self.ready.held(row.entity, (row.system, row.object, row.part))
        if held is None:
            return [], {}, set(), set()
        edited: set[str] = set()
        back: set[str] = set()
        changes: list[Change] = []
        restore: dict[str, tuple[Any, Any]] = {}
        for field, change in row.fields.items():
            columns = held.at.columns.get(field, ())
            own = {c: row.native[c] for c in columns if c in row.native} if isinstance(columns, tuple) else {}
            if from_json(change.after) == OPT_OUT:
                self.kept_opt_outs += 1
                continue
            if now is not None and own and all(_same(now.values.get(c), b) for c, (b, _) in own.items()):
                back.add(field)  # an undo that died did it
                continue
            if now is None or not _stands(held, end, field, from_json(change.after), own, now):
                edited.add(field)
                self.edited_since += 1
                continue
            changes.append(Change(field, from_json(change.after), from_json(change.before), Reason.UNDO))
            restore |= {c: (now.values.get(c), before) for c, (before, _) in own.items()}
        return changes, restore, edited, back

    def _created(self, link: Link, row: JournalRow, at: EndId, now: Native | None) -> tuple[Delete | None, Hold]:
        facts = {"system": row.system, "object": row.object, "id": row.id, "created": True, "run": row.run}
        hold = Hold(HoldId(link.key, HoldKind.UNDONE, end_text(at)), facts, ("release",), row.run)
        can = self.ready.hub.adapters[row.system].can.delete
        untouched = now is not None and all(_same(now.values.get(c), w) for c, (_, w) in row.native.items())
        if self.options.delete_created and can and untouched and now is not None:
            return Delete(at, now.version), hold
        return None, hold

    def _hold(self, link: Link, row: JournalRow, field: str, *, edited: bool) -> Hold:
        change = row.fields[field]
        facts = {
            "field": field,
            "system": row.system,
            "run": row.run,
            "edited_since": edited,
            "edited_in": [row.system] if edited else [],
            "undone": change.after,
            "restored": change.before,
        }
        return Hold(HoldId(link.key, HoldKind.UNDONE, field), facts, ("release",), row.run)


def _one_each(holds: Iterable[Hold]) -> tuple[Hold, ...]:
    """One question per field, whatever the number of systems that the run wrote it to."""
    found: dict[HoldId, Hold] = {}
    for hold in holds:
        first = found.get(hold.id)
        if first is not None and "edited_in" in hold.facts:
            edited = [*first.facts["edited_in"], *hold.facts["edited_in"]]
            told = hold if hold.facts["edited_since"] and not first.facts["edited_since"] else first
            hold = replace(told, facts={**told.facts, "edited_in": edited})
        found[hold.id] = hold
    return tuple(found.values())


def make_undo(ready: Ready, out: Path, run: str, options: UndoOptions) -> PlanReader:
    """Writes the plan that undoes `run`. Raises StalePlan "undo.unknown" or "undo.done"."""
    hub = ready.hub
    found = hub.store.run(run)
    if found is None:
        raise StalePlan("undo.unknown", run=run)
    if found.undone_by:
        raise StalePlan("undo.done", run=run)
    header = Header(
        id=hub.new_run(),
        kind=RunKind.UNDO,
        made_at=hub.now(),
        hub=hub_id(hub),
        mappings=mappings_digest(ready.mappings),
        schema=ready.schema,
        entities=tuple(str(m.entity) for m in ready.mappings),
        narrowed=True,
    )
    with PlanWriter(out, header) as writer:
        work = _Undo(ready, options, writer, Totals(), Tally())
        by_link: dict[str, list[JournalRow]] = {}
        for row in hub.store.journal(run=run):
            if row.done is Done.APPLIED and row.action in (Action.UPDATE, Action.CREATE):
                by_link.setdefault(row.link, []).append(row)
        keys = list(by_link)
        for start in range(0, len(keys), 200):
            chunk = keys[start : start + 200]
            links = hub.store.links(chunk)
            rows = [r for k in chunk for r in by_link[k]]
            now = _read(ready, rows)
            for key in chunk:
                if key in links:
                    work.link(links[key], by_link[key], now)
        totals = work.totals.as_json() | {
            "kept_opt_outs": work.kept_opt_outs,
            "edited_since": work.edited_since,
            "calls": {},
            "refills": refills(ready.mappings, ready.shapes),
        }
        trips = guard(work.tally, linked_ends(ready), limits=hub.limits)
        writer.close(Footer({}, {}, totals, [trip_json(t) for t in trips], {"undoes": run}))
    return PlanReader(out)


def _read(ready: Ready, rows: Iterable[JournalRow]) -> dict[EndId, Native]:
    wanted: dict[tuple[str, str], dict[str, set[str]]] = {}
    for row in rows:
        wanted.setdefault((row.system, row.object), {}).setdefault(row.id, set()).add(row.part)
    found: dict[EndId, Native] = {}
    for (system, object_), ids in wanted.items():
        source = next((s for s in ready.sources if (s.system, s.object) == (system, object_)), None)
        if source is None:
            continue
        adapter = ready.hub.adapters[system]
        every = list(ids)
        for start in range(0, len(every), adapter.can.read_batch):
            for attempt in patience(ready.hub):
                with attempt:
                    natives = adapter.get(object_, "id", every[start : start + adapter.can.read_batch], source.columns)
            for native in natives:
                for part in ids[native.id]:
                    found[EndId(system, object_, native.id, part)] = native
    return found


def _stands(held: Held, end: End, field: str, after: Value, own: Mapping[str, tuple[Any, Any]], now: Native) -> bool:
    """Whether the record shows what the run wrote, or what its system made of that: cut, trimmed, in upper case."""
    if all(_same(now.values.get(c), written) for c, (_, written) in own.items()):
        return True
    shown = held.lens.get(now.values).values.get(field)
    agreed = field in end.sent or (shown is not None and shown == end.base.get(field))
    return agreed and echoes(held.mapping.fields[field].type, after, shown)


def _same(shown: Any, written: Any) -> bool:
    """Native values as the journal's JSON keeps them."""
    return shown == written or str(shown) == str(written)
