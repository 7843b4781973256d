"""All fields of one link: golden values, ends as they will be, changes per end, and questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from connector.mapping.model import EntityMapping, FieldMapping, SameRecord
from connector.model import (
    Change,
    End,
    EndId,
    EndState,
    FieldType,
    Hold,
    HoldId,
    HoldKind,
    Link,
    Provenance,
    Sent,
    Value,
    Verdict,
)
from connector.sync.consent import merge_consent
from connector.sync.context import Context
from connector.sync.field import MISSING, AtEnd, EndAfter, Golden, Maybe, Merged, merge_field
from connector.sync.holds import conflict_hold, dropped_hold, end_text, unfit_hold
from connector.sync.lifecycle import EndNow


@dataclass(frozen=True, slots=True)
class Fields:
    """The outcome of all fields: golden values, ends as they will be, changes per end, holds."""

    golden: dict[str, Value]
    provenance: dict[str, Provenance]
    ends: dict[EndId, End]
    changes: dict[EndId, list[Change]]
    holds: list[Hold]
    notes: list[tuple[str, str]]


def merge_all(
    link: Link,
    now: tuple[EndNow, ...],
    frozen: set[EndId],
    context: Context,
    verdicts: Mapping[HoldId, Verdict],
    open_holds: Mapping[HoldId, Hold],
) -> Fields:
    out = Fields(
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
