"""The ends of a link while its fields are decided, and what the mapping says of each field at these places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connector.mapping.model import COMPUTED, Columns, EntityMapping, FieldMapping, SameRecord
from connector.model import End, EndId, FieldType, Provenance, Sent, Value, Values
from connector.sync.field import MISSING, EndAfter
from connector.sync.lifecycle import EndNow

Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """One field at some places. `at`: for each place that has it, its turn, whether it is heard, whether written."""

    spec: FieldMapping
    name: str
    consent: bool
    computed: bool
    at: tuple[tuple[int, bool, bool], ...]
    received: bool  # somebody is written


@dataclass(frozen=True, slots=True)
class Seating:
    """What all links with ends at the same places share."""

    columns: tuple[Mapping[str, Columns | SameRecord], ...]
    every: tuple[frozenset[str], ...]
    fields: tuple[Asked, ...]
    one_each: bool  # no system has two ends here


def seating(mapping: EntityMapping, places: tuple[Place, ...]) -> Seating:
    by_place = {o.place: o.columns for o in reversed(mapping.objects)}
    columns = tuple(by_place.get(place, {}) for place in places)
    return Seating(
        columns,
        tuple(frozenset(c) for c in columns),
        tuple(_asked(spec, places, columns) for spec in mapping.fields.values()),
        len({system for system, _, _ in places}) == len(places),
    )


def _asked(
    spec: FieldMapping, places: tuple[Place, ...], columns: tuple[Mapping[str, Columns | SameRecord], ...]
) -> Asked:
    at = tuple(
        (turn, system in spec.sources, system in spec.receivers and not isinstance(here[spec.name], SameRecord))
        for turn, ((system, _, _), here) in enumerate(zip(places, columns, strict=True))
        if spec.name in here
    )
    received = any(receives for _, _, receives in at)
    return Asked(spec, spec.name, spec.type is FieldType.CONSENT, COMPUTED in spec.sources, at, received)


@dataclass(slots=True)
class Seat:
    """One end while its fields are decided one after the other. `shown` is what was read, or else its base."""

    now: EndNow
    at: EndId
    columns: Mapping[str, Columns | SameRecord]
    shown: Values
    base: dict[str, Value]
    first: set[str]
    sent: dict[str, Sent]
    accepted: dict[str, Value]
    origin: Provenance | None = None

    def take(self, field: str, after: EndAfter, *, decided: bool, again: bool) -> None:
        if after.base is not MISSING:
            self.base[field] = after.base
            if decided:
                self.first.discard(field)
        if after.sent is None:
            self.sent.pop(field, None)
        else:
            self.sent[field] = after.sent
        if again and not decided:
            return  # a backfill that must be asked about leaves things as they were
        if after.accepted is MISSING:
            self.accepted.pop(field, None)
        else:
            self.accepted[field] = after.accepted

    def provenance(self, run: str) -> Provenance:
        if self.origin is None:
            self.origin = Provenance(self.at.system, self.now.end.modified_at, run)
        return self.origin

    def end(self) -> End:
        was = self.now.end
        untouched = bool(self.first) and self.first >= self.columns.keys()
        return End(
            was.at, was.version, was.state, was.fingerprint, was.lens, self.base,
            frozenset({"*"}) if untouched else frozenset(self.first),
            self.sent, self.accepted, was.modified_at, was.created_at, was.url,
        )  # fmt: skip


def seat(n: EndNow, columns: Mapping[str, Columns | SameRecord], every: frozenset[str]) -> Seat:
    end = n.end
    base = dict(end.base)
    first = set(every) if "*" in end.first else {f for f in every if f in end.first or f not in base}
    shown = base if n.shown is None else n.shown.values  # a field is written once it has been read
    return Seat(n, end.at, columns, shown, base, first, dict(end.sent), dict(end.accepted))
