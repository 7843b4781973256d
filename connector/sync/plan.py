"""One link, whole: observations in, steps and holds out. Pure and total.

`plan_link` is where the policy lives; `docs/how-it-works.md` gives its tables and `tests/test_plan.py` runs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as given
from datetime import timedelta

from connector.mapping.model import EntityMapping, FieldMapping, ObjectMapping, OnDelete, SameRecord
from connector.model import (
    Change,
    Create,
    Delete,
    End,
    EndId,
    EndState,
    FieldType,
    Hold,
    HoldId,
    HoldKind,
    Link,
    LinkPlan,
    Observation,
    Problem,
    Provenance,
    Reason,
    Sent,
    Shown,
    Step,
    Update,
    Value,
    Values,
    Verdict,
)
from connector.sync.consent import merge_consent
from connector.sync.field import (
    MISSING,
    AtEnd,
    EndAfter,
    Fitted,
    Golden,
    Maybe,
    Merged,
    Unfit,
    merge_field,
)
from connector.sync.holds import (
    changes_seen,
    conflict_hold,
    dropped_hold,
    duplicate_hold,
    end_text,
    invalid_holds,
    replaced_hold,
    unfit_hold,
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

Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Context:
    """What the planner must know besides the link.

    `fit(place, field, value)`: what that object can hold. `computed`: derived values of this link.
    `creatable`: whether creates are allowed (the link is in no match review).
    `fields`: limits the run to these fields (None = all). `backfill`: fields to treat as first contact.
    """

    mapping: EntityMapping
    run: str
    fit: Callable[[Place, str, Value], Fitted]
    resolution: Mapping[str, timedelta] = given(default_factory=dict)
    computed: Values = given(default_factory=dict)
    creatable: bool = True
    fields: frozenset[str] | None = None
    backfill: frozenset[str] = frozenset()
    max_tries: int = 3


@dataclass(frozen=True, slots=True)
class _Fields:
    """The outcome of all fields: golden values, ends as they will be, changes per end, holds."""

    golden: dict[str, Value]
    provenance: dict[str, Provenance]
    ends: dict[EndId, End]
    changes: dict[EndId, list[Change]]
    holds: list[Hold]
    notes: list[tuple[str, str]]


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
    merged = _fields(link, now, frozen, context, verdicts, open_holds)
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
        changes, refused = _allowed(link, end, merged.changes.get(end.at, []), open_holds, context)
        holds += refused
        if changes:
            steps.append(Update(end.at, end.version, tuple(changes)))
    if context.creatable and not deletes and context.fields is None:
        creates, waiting = _creates(after, context, open_holds, verdicts)
        steps += creates
        holds += waiting
    unfinished = bool(steps) or any(h.id.kind in UNFINISHED_HOLDS for h in holds) or any(e.sent for e in after.ends)
    opened = tuple(h for h in holds if open_holds.get(h.id) != h)
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


# --- all fields -------------------------------------------------------------------------------------------


def _fields(
    link: Link,
    now: tuple[EndNow, ...],
    frozen: set[EndId],
    context: Context,
    verdicts: Mapping[HoldId, Verdict],
    open_holds: Mapping[HoldId, Hold],
) -> _Fields:
    out = _Fields(
        dict(link.golden),
        dict(link.provenance),
        {n.end.at: n.end for n in now},
        {},
        [],
        [],
    )
    bases: dict[EndId, dict[str, Value]] = {n.end.at: dict(n.end.base) for n in now}
    firsts: dict[EndId, set[str]] = {n.end.at: _first_fields(n, context) for n in now}
    sents: dict[EndId, dict[str, Sent]] = {n.end.at: dict(n.end.sent) for n in now}
    accepteds: dict[EndId, dict[str, Value]] = {n.end.at: dict(n.end.accepted) for n in now}

    for spec in context.mapping.fields.values():
        if context.fields is not None and spec.name not in context.fields:
            continue
        consent = spec.type is FieldType.CONSENT
        taking_part = [n for n in now if n.end.at not in frozen and _takes_part(n, consent=consent)]
        places = [(n, _at_end(n, spec, context)) for n in taking_part]
        at_ends = [e for _, e in places]
        golden = Golden(link.golden.get(spec.name, MISSING), link.provenance.get(spec.name))
        merged = _merge(link, spec, golden, at_ends, context, verdicts, open_holds)
        if merged.conflict is not None:
            out.holds.append(conflict_hold(link, spec, merged.conflict))
        if merged.golden.value is not MISSING:
            out.golden[spec.name] = merged.golden.value
            if merged.golden.provenance is not None:
                out.provenance[spec.name] = merged.golden.provenance
        pin = HoldId(link.key, HoldKind.UNDONE, spec.name)
        if pin in open_holds and not merged.released and not _released(verdicts.get(pin)):
            out.holds.append(open_holds[pin])
        for n, at_end in places:
            after = merged.ends[at_end.slot]
            at = n.end.at
            _take(after, spec.name, bases[at], firsts[at], sents[at], accepteds[at], decided=merged.conflict is None)
            if after.change is not None:
                out.changes.setdefault(at, []).append(after.change)
            if after.rejected:
                out.holds.append(dropped_hold(link, spec, n, at_end))
            if after.problem is not None:
                out.holds.append(unfit_hold(link, spec, n, after.problem, merged.golden.value))
            if after.note:
                out.notes.append((after.note, spec.name))
    for at, end in list(out.ends.items()):
        out.ends[at] = replace(
            end, base=bases[at], first=_packed(firsts[at], context), sent=sents[at], accepted=accepteds[at]
        )
    return out


def _merge(
    link: Link,
    spec: FieldMapping,
    golden: Golden,
    at_ends: list[AtEnd],
    context: Context,
    verdicts: Mapping[HoldId, Verdict],
    open_holds: Mapping[HoldId, Hold],
) -> Merged:
    if spec.type is FieldType.CONSENT:
        verdict = verdicts.get(HoldId(link.key, HoldKind.CONSENT, spec.name))
        return merge_consent(spec, golden, at_ends, run=context.run, verdict=verdict)
    pin = HoldId(link.key, HoldKind.UNDONE, spec.name)
    return merge_field(
        spec,
        golden,
        at_ends,
        run=context.run,
        computed=context.computed.get(spec.name, MISSING),
        verdict=verdicts.get(HoldId(link.key, HoldKind.CONFLICT, spec.name)),
        pinned=pin in open_holds and not _released(verdicts.get(pin)),
        backfill=spec.name in context.backfill,
    )


def _released(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.choice == "release"


def _takes_part(n: EndNow, *, consent: bool) -> bool:
    if n.live:
        return True
    return consent and n.end.state in (EndState.OUT_OF_SCOPE, EndState.DUPLICATE)


def _first_fields(n: EndNow, context: Context) -> set[str]:
    """Fields never decided at this end, "*" written out."""
    if "*" in n.end.first:
        return set(context.mapping.fields)
    return set(n.end.first) | {f for f in context.mapping.fields if f not in n.end.base} | set(context.backfill)


def _packed(first: set[str], context: Context) -> frozenset[str]:
    return frozenset({"*"}) if first >= set(context.mapping.fields) else frozenset(first)


def _at_end(n: EndNow, spec: FieldMapping, context: Context) -> AtEnd:
    end, at = n.end, n.end.at
    mapped = _mapped(context.mapping, at, spec.name)
    first = "*" in end.first or spec.name in end.first or spec.name not in end.base or spec.name in context.backfill
    shown: Maybe = MISSING
    if mapped and n.shown is not None:
        shown = n.shown.values.get(spec.name, MISSING)
    elif mapped and spec.name in end.base:
        shown = end.base[spec.name]
    place = (at.system, at.object, at.part)
    duplicate = end.state is EndState.DUPLICATE
    return AtEnd(
        system=at.system,
        shown=shown,
        base=MISSING if first else end.base[spec.name],
        seen=n.shown is not None,
        fit=lambda value: context.fit(place, spec.name, value),
        sent=end.sent.get(spec.name),
        accepted=MISSING if spec.name in context.backfill else end.accepted.get(spec.name, MISSING),
        stamp=end.modified_at,
        resolution=context.resolution.get(at.system, timedelta(0)),
        rebased=n.shown is not None and spec.name in n.shown.rebased,
        writable=not _same_record(context.mapping, at, spec.name),
        place=end_text(at) if duplicate else "",
    )


def _mapped(mapping: EntityMapping, at: EndId, field: str) -> bool:
    return any(o.place == (at.system, at.object, at.part) and field in o.columns for o in mapping.objects)


def _same_record(mapping: EntityMapping, at: EndId, field: str) -> bool:
    return any(
        o.place == (at.system, at.object, at.part) and isinstance(o.columns.get(field), SameRecord)
        for o in mapping.objects
    )


def _take(
    after: EndAfter,
    field: str,
    base: dict[str, Value],
    first: set[str],
    sent: dict[str, Sent],
    accepted: dict[str, Value],
    *,
    decided: bool,
) -> None:
    if after.base is not MISSING:
        base[field] = after.base
        if decided:
            first.discard(field)
    _set_or_drop(sent, field, after.sent)
    if after.accepted is MISSING:
        accepted.pop(field, None)
    else:
        accepted[field] = after.accepted


def _set_or_drop(sent: dict[str, Sent], field: str, value: Sent | None) -> None:
    if value is None:
        sent.pop(field, None)
    else:
        sent[field] = value


# --- creates ----------------------------------------------------------------------------------------------


def _creates(
    after: Link, context: Context, open_holds: Mapping[HoldId, Hold], verdicts: Mapping[HoldId, Verdict]
) -> tuple[list[Step], list[Hold]]:
    """A create for every object with `create:` in whose system this link has no place yet."""
    if not any(e.state is EndState.LIVE for e in after.ends):
        return [], []
    taken = {e.at.system for e in after.ends}
    revived = {
        i.topic.split("/", 1)[0] for i, v in verdicts.items() if i.kind is HoldKind.DELETE and v.choice == "revive"
    }
    steps: list[Step] = []
    holds: list[Hold] = []
    for o in context.mapping.objects:
        if o.system in taken or not (o.create or o.system in revived):
            continue
        create = _create(after, o, context)
        if isinstance(create, Hold):
            holds.append(create)
            taken.add(o.system)
        elif create is not None:
            refused = open_holds.get(HoldId(after.key, HoldKind.REJECTED, o.system))
            if refused is not None and _given_up(refused, create.changes, context):
                holds.append(refused)
            else:
                steps.append(create)
            taken.add(o.system)
    return steps, holds


def _create(after: Link, o: ObjectMapping, context: Context) -> Create | Hold | None:
    changes: list[Change] = []
    for spec in context.mapping.fields.values():
        columns = o.columns.get(spec.name)
        value = after.golden.get(spec.name)
        if columns is None or value is None or isinstance(columns, SameRecord):
            continue
        if o.system not in spec.receivers and spec.name not in _identifying(context.mapping):
            continue
        fitted = context.fit(o.place, spec.name, value)
        if isinstance(fitted, Unfit):
            id_ = HoldId(after.key, HoldKind.WAITING, f"{spec.name}>{o.system}")
            return Hold(id_, {"field": spec.name, "system": o.system, "value": str(value)}, ())
        if isinstance(fitted, Problem) or fitted is None:
            continue
        source = after.provenance[spec.name].system if spec.name in after.provenance else ""
        changes.append(Change(spec.name, None, fitted, Reason.CREATED, source))
    if not changes:
        return None
    return Create(o.system, o.object, o.part, after.key, tuple(changes))


def _identifying(mapping: EntityMapping) -> frozenset[str]:
    """A new record carries what identifies it, whatever its flow: a person without a name helps nobody."""
    named = {f for identifier in mapping.match.identifiers for f in identifier}
    names = {f.name for f in mapping.fields.values() if f.type in (FieldType.PERSON_NAME, FieldType.CONSENT)}
    return frozenset(named | names | ({"name"} & set(mapping.fields)))


# --- refused writes ---------------------------------------------------------------------------------------


def _allowed(
    link: Link, end: End, changes: list[Change], open_holds: Mapping[HoldId, Hold], context: Context
) -> tuple[list[Change], list[Hold]]:
    """Drops what a system refused `max_tries` times with these very values; the hold stays until they change."""
    if not changes:
        return [], []
    holds: list[Hold] = []
    whole = open_holds.get(HoldId(link.key, HoldKind.REJECTED, end.at.system))
    if whole is not None and _given_up(whole, changes, context):
        return [], [whole]
    allowed: list[Change] = []
    for change in changes:
        one = open_holds.get(HoldId(link.key, HoldKind.REJECTED, f"{change.field}@{end.at.system}"))
        if one is not None and _given_up(one, (change,), context):
            holds.append(one)
        else:
            allowed.append(change)
    return allowed, holds


def _given_up(hold: Hold, changes: Iterable[Change], context: Context) -> bool:
    return hold.seen == changes_seen(changes) and int(hold.facts.get("tries", 0)) >= context.max_tries


__all__ = ["PLANNED_HOLDS", "UNFINISHED_HOLDS", "Context", "Shown", "changes_seen", "end_text", "plan_link"]
