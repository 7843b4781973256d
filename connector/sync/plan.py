"""One link, whole: observations in, steps and holds out. Pure and total.

`plan_link` is where the policy lives; `docs/how-it-works.md` gives its tables and `tests/test_plan.py` runs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from connector.mapping.model import OnDelete
from connector.model import (
    Delete,
    EndId,
    EndState,
    Hold,
    HoldId,
    HoldKind,
    Link,
    LinkPlan,
    Observation,
    Step,
    Update,
    Values,
    Verdict,
)
from connector.sync.context import Context
from connector.sync.creates import allowed, creates
from connector.sync.fields import merge_all
from connector.sync.holds import (
    duplicate_hold,
    end_text,
    invalid_holds,
    replaced_hold,
)
from connector.sync.label import label
from connector.sync.lifecycle import EndNow, ends_now

# Kinds that this module opens and closes; match reviews belong to the matching stage.
PLANNED_HOLDS = frozenset(HoldKind) - {HoldKind.MATCH}

# Questions about values that a later run must look at again, pulled or not; the others wait for a verdict alone.
UNFINISHED_HOLDS = frozenset(
    {
        HoldKind.CONFLICT,
        HoldKind.CONSENT,
        HoldKind.INVALID,
        HoldKind.REJECTED,
        HoldKind.REPLACED,
        HoldKind.WAITING,
    }
)


def plan_link(
    link: Link,
    seen: Iterable[Observation],
    context: Context,
    *,
    verdicts: Mapping[HoldId, Verdict] | None = None,
    open_holds: Mapping[HoldId, Hold] | None = None,
    known: Link | None = None,
    absorbed: tuple[tuple[str, int], ...] = (),
) -> LinkPlan:
    """The plan for one link.

    `link` is the link with ends added or joined by the matching stage; `known` is what the store holds (None = new).
    """
    verdicts, open_holds = verdicts or {}, open_holds or {}
    now = ends_now(link, seen)
    holds: list[Hold] = []
    steps: list[Step] = []

    now, gone_holds, deletes = _gone(link, now, context, verdicts)
    holds += gone_holds
    frozen: set[EndId] = set()
    for n in now:
        if n.shown is not None and n.live:
            question = replaced_hold(link, n, context.mapping, verdicts)
            if question is not None:
                holds.append(question)
                frozen.add(n.end.at)
    merged = merge_all(link, now, frozen, context, verdicts, open_holds)
    holds += merged.holds
    holds += [h for n in now for h in invalid_holds(link, n, open_holds)]
    holds += [duplicate_hold(link, n) for n in now if n.end.state is EndState.DUPLICATE]

    after = replace(
        link,
        ends=tuple(merged.ends[n.end.at] for n in now),
        golden=merged.golden,
        provenance=merged.provenance,
    )
    steps += deletes
    for end in after.ends:
        changes, refused = allowed(link, end, merged.changes.get(end.at, []), open_holds, context)
        holds += refused
        if changes:
            steps.append(Update(end.at, end.version, tuple(changes)))
    if context.creatable and not deletes and context.fields is None:
        made, waiting = creates(after, context, open_holds, verdicts)
        steps += made
        holds += waiting
    # steps are not counted: whoever applies them knows which are done
    unfinished = any(h.id.kind in UNFINISHED_HOLDS for h in holds) or any(e.sent for e in after.ends)
    opened = tuple(h for h in holds if h.id not in open_holds or open_holds[h.id].seen != h.seen)
    kept = {h.id for h in holds}
    closed = tuple(i for i in open_holds if i.kind in PLANNED_HOLDS and i not in kept)
    return LinkPlan(
        before=known,
        after=replace(after, dirty=unfinished),
        steps=tuple(steps),
        opened=opened,
        closed=closed,
        absorbed=absorbed,
        label=label(context.mapping, merged.golden) or label(context.mapping, _any_values(now)),
        notes=tuple(merged.notes),
    )


def _any_values(now: Iterable[EndNow]) -> Values:
    for n in now:
        if n.shown is not None and n.shown.values:
            return n.shown.values
        if n.end.base:
            return n.end.base
    return {}


# --- ends that are gone -----------------------------------------------------------------------------------


def _gone(
    link: Link, now: tuple[EndNow, ...], context: Context, verdicts: Mapping[HoldId, Verdict]
) -> tuple[tuple[EndNow, ...], list[Hold], list[Step]]:
    kept: list[EndNow] = []
    holds: list[Hold] = []
    steps: list[Step] = []
    edited = any(_edited(n) for n in now if n.live)
    for n in now:
        if n.end.state is not EndState.GONE:
            kept.append(n)
            continue
        id_ = HoldId(link.key, HoldKind.DELETE, end_text(n.end.at))
        verdict = verdicts.get(id_)
        choice = verdict.choice if verdict else ""
        policy = context.mapping.on_delete
        if choice == "unlink" or (not verdict and policy is OnDelete.UNLINK and not edited):
            continue
        if choice == "revive" or (not verdict and policy is OnDelete.REVIVE and edited):
            continue  # without the end, `create:` makes the record again
        kept.append(n)
        if choice == "propagate":
            steps += [Delete(o.end.at, o.end.version) for o in now if o.live]
        elif choice != "keep":
            facts = {"system": n.end.at.system, "id": n.end.at.id, "edited": edited, "policy": str(policy)}
            holds.append(Hold(id_, facts, ("keep", "unlink", "propagate", "revive"), seen=n.end.at.id))
    return tuple(kept), holds, steps


def _edited(n: EndNow) -> bool:
    if n.shown is None or "*" in n.end.first:
        return False
    return any(f not in n.end.first and v != n.end.base.get(f) for f, v in n.shown.values.items())
