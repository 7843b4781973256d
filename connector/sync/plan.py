"""One link, whole: observations in, steps and holds out. Pure and total.

`plan_link` is where the policy lives; `docs/how-it-works.md` gives its tables and `tests/test_plan.py` runs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from connector.mapping.model import OnDelete
from connector.model import (
    Create,
    Delete,
    End,
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
from connector.sync.creates import allowed, creates, given_up
from connector.sync.fields import merge_all
from connector.sync.holds import (
    answered,
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

    now, gone_holds, deletes, revived = _gone(link, now, context, verdicts)
    now, waiting_holds = _undecided(link, now, verdicts, open_holds)
    deletes, refused_deletes = _deletable(link, deletes, context, verdicts, open_holds)
    holds += [*gone_holds, *waiting_holds, *refused_deletes]
    replaced = {n.end.at: hold for n in now if n.live and (hold := replaced_hold(link, n, context.mapping, verdicts))}
    gone_over = {at for at, hold in replaced.items() if answered(verdicts, hold, "successor")}
    if gone_over:
        now = tuple(n for n in now if n.end.at not in gone_over)  # somebody else: a link of their own
    holds += [hold for at, hold in replaced.items() if at not in gone_over]
    frozen = set(replaced) - gone_over
    merged = merge_all(link, now, frozen, context, verdicts, open_holds)
    holds += merged.holds
    holds += [h for n in now for h in invalid_holds(link, n, open_holds)]

    after = replace(
        link,
        ends=tuple(merged.ends[n.end.at] for n in now),
        golden=merged.golden,
        provenance=merged.provenance,
    )
    steps += deletes
    for end in after.ends if not deletes else ():
        changes, refused = allowed(link, end, merged.changes.get(end.at, []), open_holds, context, verdicts)
        holds += refused
        if changes:
            steps.append(Update(end.at, end.version, tuple(changes)))
    if context.creatable and not deletes and context.fields is None:
        made, waiting = creates(after, context, open_holds, verdicts, revived)
        steps += made
        holds += waiting
    if context.fields is not None:
        after = replace(after, ends=_read_again(link, after))
    # steps are not counted: whoever applies them knows which are done
    unfinished = any(h.id.kind in UNFINISHED_HOLDS for h in holds) or any(e.sent for e in after.ends)
    unfinished = unfinished or any(n.live and n.shown is None and n.end.undecided for n in now)
    opened = tuple(h for h in holds if h.id not in open_holds or open_holds[h.id].seen != h.seen)
    kept = {h.id for h in holds}
    closed = tuple(i for i in open_holds if i.kind in PLANNED_HOLDS and i not in kept and _in_question(i, context))
    return LinkPlan(
        before=known,
        after=replace(after, dirty=unfinished or (link.dirty and context.fields is not None)),
        steps=tuple(steps),
        opened=opened,
        closed=closed,
        absorbed=absorbed,
        label=label(context.mapping, {**_any_values(now), **merged.golden}),
        notes=tuple(merged.notes),
    )


def _read_again(link: Link, after: Link) -> tuple[End, ...]:
    """The ends after a run that is limited to some fields: what else a record shows now is not decided yet."""
    known = {e.at: e.fingerprint for e in link.ends}
    return tuple(e if known.get(e.at) == e.fingerprint else replace(e, fingerprint=b"") for e in after.ends)


def _in_question(id_: HoldId, context: Context) -> bool:
    """Whether a run looked at what this hold asks: one that is limited to some fields answers for no other."""
    if context.fields is None:
        return True
    return id_.kind in (HoldKind.CONFLICT, HoldKind.CONSENT) and id_.topic in context.fields


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
) -> tuple[tuple[EndNow, ...], list[Hold], list[Step], frozenset[str]]:
    """The ends that stay, the questions, the deletes, and the systems where the record shall be made again."""
    kept: list[EndNow] = []
    holds: list[Hold] = []
    steps: list[Step] = []
    revived: set[str] = set()
    edited = any(_edited(n) for n in now if n.live)
    for n in now:
        if n.end.state is not EndState.GONE:
            kept.append(n)
            continue
        id_ = HoldId(link.key, HoldKind.DELETE, end_text(n.end.at))
        verdict = verdicts.get(id_)
        choice = verdict.choice if verdict else ""
        policy = context.mapping.on_delete
        if choice in ("keep", "unlink") or (not verdict and policy is OnDelete.UNLINK and not edited):
            kept.append(replace(n, end=replace(n.end, state=EndState.BURIED)))  # remembered: not made again
            continue
        if choice == "revive" or (not verdict and policy is OnDelete.REVIVE and edited):
            revived.add(n.end.at.system)
            continue
        kept.append(n)
        if choice == "propagate" and not edited:
            # no version: a record whose mapped values stand was not edited, whatever else was
            steps += [Delete(o.end.at, None) for o in now if o.live]
        else:
            facts = {"system": n.end.at.system, "id": n.end.at.id, "edited": edited, "policy": str(policy)}
            holds.append(Hold(id_, facts, ("keep", "unlink", "propagate", "revive"), seen=n.end.at.id))
    return tuple(kept), holds, steps, frozenset(revived)


def _deletable(
    link: Link,
    deletes: list[Step],
    context: Context,
    verdicts: Mapping[HoldId, Verdict],
    open_holds: Mapping[HoldId, Hold],
) -> tuple[list[Step], list[Hold]]:
    """Without the deletes that a system refused too often; their questions stay."""
    kept: list[Step] = []
    holds: list[Hold] = []
    for step in deletes:
        system = step.system if isinstance(step, Create) else step.at.system
        refused = open_holds.get(HoldId(link.key, HoldKind.REJECTED, system))
        if refused is not None and given_up(refused, (), context, verdicts):
            holds.append(refused)
        else:
            kept.append(step)
    return kept, holds


def _undecided(
    link: Link, now: tuple[EndNow, ...], verdicts: Mapping[HoldId, Verdict], open_holds: Mapping[HoldId, Hold]
) -> tuple[tuple[EndNow, ...], list[Hold]]:
    """Ends that wait for a person: duplicates, records of an undone run, creates whose fate is unknown."""
    kept: list[EndNow] = []
    holds: list[Hold] = []
    for n in now:
        match n.end.state:
            case EndState.DUPLICATE:
                hold = duplicate_hold(link, n)
                if _said(verdicts, hold.id, "separate"):
                    continue  # it becomes a link of its own
                kept.append(n)
                if not _said(verdicts, hold.id, "leave"):
                    holds.append(hold)
            case EndState.UNLINKED:
                id_ = HoldId(link.key, HoldKind.UNDONE, end_text(n.end.at))
                if _said(verdicts, id_, "release"):
                    kept.append(replace(n, end=replace(n.end, state=EndState.LIVE)))  # its base is what we agreed on
                    continue
                kept.append(n)
                holds += [open_holds[id_]] if id_ in open_holds else []
            case EndState.CREATING:
                if any(o.live and o.end.at.system == n.end.at.system for o in now):
                    continue  # the link has its record there by now, by a merge or by a person's hand
                id_ = HoldId(link.key, HoldKind.REJECTED, n.end.at.system)
                if not (id_ in open_holds and _said(verdicts, id_, "retry")):
                    kept.append(n)
                    holds += [open_holds[id_]] if id_ in open_holds else []
            case EndState.LIVE | EndState.OUT_OF_SCOPE | EndState.GONE | EndState.BURIED:
                kept.append(n)
    return tuple(kept), holds


def _said(verdicts: Mapping[HoldId, Verdict], id_: HoldId, choice: str) -> bool:
    return id_ in verdicts and verdicts[id_].choice == choice


def _edited(n: EndNow) -> bool:
    if n.shown is None or "*" in n.end.first:
        return False
    return any(f not in n.end.first and v != n.end.base.get(f) for f, v in n.shown.values.items())
