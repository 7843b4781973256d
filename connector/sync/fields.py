"""All fields of one link: golden values, ends as they will be, changes per end, and questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from connector.cleanse import echoes
from connector.mapping.model import FieldMapping, SameRecord
from connector.model import (
    OPT_OUT,
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
    Value,
    Verdict,
)
from connector.sync.agreed import agree, all_quiet
from connector.sync.consent import merge_consent
from connector.sync.context import Context
from connector.sync.field import MISSING, AtEnd, Golden, Maybe, Merged, merge_field
from connector.sync.holds import conflict_hold, dropped_hold, end_text, unfit_hold
from connector.sync.lifecycle import EndNow
from connector.sync.seats import Seat, seat, seating


@dataclass(frozen=True, slots=True)
class Fields:
    """The outcome of all fields: golden values, ends as they will be, changes per end, holds."""

    golden: dict[str, Value]
    provenance: dict[str, Provenance]
    ends: dict[EndId, End]
    changes: dict[EndId, list[Change]]
    holds: list[Hold]
    notes: list[tuple[str, str]]

    def take(self, field: str, golden: Golden) -> None:
        if golden.value is not MISSING:
            self.golden[field] = golden.value
            if golden.provenance is not None:
                self.provenance[field] = golden.provenance


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
        {},
        {},
        [],
        [],
    )
    places = tuple([(n.end.at.system, n.end.at.object, n.end.at.part) for n in now])
    here = context.seatings.get(places)
    if here is None:
        here = context.seatings[places] = seating(context.mapping, places)
    seats = [seat(n, *of) for n, of in zip(now, zip(here.columns, here.every, strict=True), strict=True)]
    simple = here.one_each and not (frozen or verdicts or open_holds or context.backfill) and all_quiet(seats)
    for asked in here.fields:
        spec = asked.spec
        if context.fields is not None and spec.name not in context.fields:
            continue
        if simple and agree(asked, seats, out.golden, out.provenance, context.computed, context.run):
            continue
        consent = asked.consent
        # whoever it is that was typed over this record: a refusal is read from it and reaches it
        heard = [s for s in seats if consent or s.at not in frozen]
        taken = [s for s in heard if spec.name in s.columns and _takes_part(s.now, spec)]
        retried = [_retried(link, s, spec, verdicts, open_holds) for s in taken]
        golden = Golden(link.golden.get(spec.name, MISSING), link.provenance.get(spec.name))
        at_ends = [_at_end(s, spec, context, again, golden.value) for s, again in zip(taken, retried, strict=True)]
        unread = _unread(link, spec, taken, verdicts, open_holds) if open_holds else None
        if unread is not None:
            out.holds.append(unread)
            continue
        merged = _merge(link, spec, golden, at_ends, context, verdicts, open_holds)
        if merged.conflict is not None:
            out.holds.append(conflict_hold(link, spec, merged.conflict))
        out.take(spec.name, merged.golden)
        if open_holds:
            pin = HoldId(link.key, HoldKind.UNDONE, spec.name)
            if pin in open_holds and not merged.released and not _released(verdicts.get(pin)):
                out.holds.append(open_holds[pin])
        for taker, at_end in zip(taken, at_ends, strict=True):
            after = merged.ends[at_end.slot]
            taker.take(spec.name, after, decided=merged.conflict is None, again=spec.name in context.backfill)
            if after.change is not None:
                out.changes.setdefault(taker.at, []).append(after.change)
            if after.rejected:
                out.holds.append(dropped_hold(link, spec, taker.now, at_end))
            if after.problem is not None:
                out.holds.append(unfit_hold(link, spec, taker.now, after.problem, merged.golden.value))
            if after.note:
                out.notes.append((after.note, spec.name))
    for decided in seats:
        out.ends[decided.at] = decided.end()
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


def _takes_part(n: EndNow, spec: FieldMapping) -> bool:
    """Live ends; for consent every end, and a record that an undone run left behind when it refuses."""
    match n.end.state:
        case EndState.LIVE:
            return True
        case EndState.OUT_OF_SCOPE | EndState.DUPLICATE:
            return spec.type is FieldType.CONSENT
        case EndState.UNLINKED:
            values = n.end.base if n.shown is None else n.shown.values
            return spec.type is FieldType.CONSENT and values.get(spec.name) == OPT_OUT
        case EndState.CREATING | EndState.GONE | EndState.BURIED:
            return False


def _unread(
    link: Link,
    spec: FieldMapping,
    taken: list[Seat],
    verdicts: Mapping[HoldId, Verdict],
    open_holds: Mapping[HoldId, Hold],
) -> Hold | None:
    """The open question about this field, when a record that it names was left out of the answer: no agreement."""
    id_ = HoldId(link.key, HoldKind.CONFLICT, spec.name)
    hold = open_holds.get(id_)
    if hold is None:
        return None
    named = hold.facts.get("values") or {}
    unread = {s.at.system for s in taken if s.now.shown is None and s.at.system in named}
    answer = verdicts.get(id_)
    chosen = answer is not None and answer.choice not in unread
    return hold if unread and not chosen else None


def _retried(
    link: Link,
    seat: Seat,
    spec: FieldMapping,
    verdicts: Mapping[HoldId, Verdict],
    open_holds: Mapping[HoldId, Hold],
) -> bool:
    """Somebody asks for another try of a write that the system acknowledged and dropped: one try, not one a run."""
    if not verdicts:
        return False
    id_ = HoldId(link.key, HoldKind.REJECTED, f"{spec.name}@{seat.at.system}")
    verdict = verdicts.get(id_) if id_ in open_holds else None
    return verdict is not None and verdict.choice == "retry"


def _holds_golden(spec: FieldMapping, end: End, shown: Maybe, golden: Maybe) -> bool:
    """Whether an end shows the golden value as its system spells it: nothing to take anew, and no rival of it."""
    if shown is MISSING or shown is None or golden is MISSING or end.accepted.get(spec.name, MISSING) != golden:
        return False
    return shown == end.base.get(spec.name, MISSING) and echoes(spec.type, golden, shown)


def _at_end(seat: Seat, spec: FieldMapping, context: Context, retried: bool, golden: Maybe) -> AtEnd:
    end, at, seen, name = seat.now.end, seat.at, seat.now.shown, spec.name
    shown: Maybe = end.base.get(name, MISSING) if seen is None else seen.values.get(name, MISSING)
    again = name in context.backfill and not _holds_golden(spec, end, shown, golden)
    place = (at.system, at.object, at.part)
    return AtEnd(
        system=at.system,
        shown=shown,
        base=MISSING if name in seat.first or again else end.base[name],
        seen=seen is not None,
        fit=lambda value: context.fit(place, name, value),
        sent=None if retried else end.sent.get(name),
        accepted=MISSING if again else end.accepted.get(name, MISSING),
        stamp=end.modified_at,
        resolution=context.resolution.get(at.system, timedelta(0)),
        rebased=seen is not None and name in seen.rebased and name not in end.first and "*" not in end.first,
        writable=not isinstance(seat.columns[name], SameRecord),
        place=end_text(at) if end.state in (EndState.DUPLICATE, EndState.UNLINKED) else "",
    )
