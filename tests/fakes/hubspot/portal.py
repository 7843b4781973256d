"""A HubSpot account: records with history, merges, associations, owners, and a search index that lags."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.hubspot.problems import Problem, bad_request, contact_exists, invalid, not_found
from tests.fakes.hubspot.schema import ASSOCIATIONS, STAGES, Kind, Property, custom, standard
from tests.fakes.hubspot.values import iso, stored
from tests.fakes.serving import Clock


@dataclass(slots=True)
class Record:
    id: str
    properties: dict[str, str]
    created: datetime
    updated: datetime
    archived: datetime | None = None
    history: dict[str, list[tuple[str, datetime, str]]] = field(default_factory=dict)
    indexed: dict[str, str] | None = None  # as search knows it, None while it does not
    coming: list[tuple[datetime, dict[str, str] | None]] = field(default_factory=list)


@dataclass(slots=True)
class Owner:
    id: str
    email: str
    first: str = ""
    last: str = ""
    user: int = 0
    archived: bool = False


class Portal:
    """The stored account. Every method speaks as the vendor's API does, by Problem."""

    def __init__(self, clock: Clock, *, portal: int = 24681357, index_lag: float = 0.0) -> None:
        self.clock = clock
        self.id = portal
        self.index_lag = timedelta(seconds=index_lag)
        self.kinds = standard()
        self.records: dict[str, dict[int, Record]] = {name: {} for name in self.kinds}
        self.order: dict[str, list[int]] = {name: [] for name in self.kinds}
        self.merged: dict[str, dict[str, str]] = {name: {} for name in self.kinds}
        self.links: dict[tuple[str, str], dict[str, dict[str, set[int]]]] = {}
        self.owners: dict[str, Owner] = {}
        self.workflows: list[dict[str, Any]] = []
        self.unique: dict[tuple[str, str], dict[str, str]] = {}  # (kind, property) -> value -> id
        self.rules: dict[tuple[str, str], Callable[[str], str]] = {}  # a validation rule: why a value is refused, or ""
        self.lying_totals = False
        self.opted_out: set[str] = set()
        self._serial = 33450
        self._undo: list[Callable[[], None]] = []

    # --- schema -----------------------------------------------------------------------------------------------

    def kind(self, name: str) -> Kind:
        """By name, singular or type id."""
        for kind in self.kinds.values():
            if name in (kind.name, kind.id, *kind.aliases):
                return kind
        raise Problem(400, "VALIDATION_ERROR", f"Unable to infer object type from: {name[:60]}")

    def add_kind(self, name: str, id: str, properties: Sequence[Property], required: Sequence[str] = ()) -> None:
        self.kinds[name] = custom(name, id, properties, required)
        self.records[name], self.order[name], self.merged[name] = {}, [], {}

    def add_property(self, kind: str, property: Property) -> None:
        self.kind(kind).properties[property.name] = property

    # --- records ----------------------------------------------------------------------------------------------

    def stamp(self) -> datetime:
        """Now, in milliseconds."""
        now = self.clock.now
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def living(self, kind: Kind, id: str) -> Record:
        record = self.records[kind.name].get(int(id)) if id.isdecimal() and len(id) < 19 else None
        if record is None or record.archived is not None:
            raise not_found(kind.singular, id)
        return record

    def by_unique(self, kind: Kind, property: str, value: str) -> str | None:
        """The id of the living record with this unique value; e-mail counts as unique for contacts."""
        if property == "email" and kind.name == "contacts":
            return self.unique.get((kind.name, "email"), {}).get(value.strip().lower())
        if property not in kind.properties or not kind.properties[property].unique:
            raise bad_request(f"Unable to perform look-up by non-unique {kind.id} property {property} in {self.id}")
        return self.unique.get((kind.name, property), {}).get(value)

    def create(
        self,
        kind: Kind,
        given: Mapping[str, Any],
        links: Sequence[tuple[str, str, Sequence[int]]] = (),
        *,
        by: str = "INTEGRATION",
        id: str | None = None,
        at: datetime | None = None,
    ) -> Record:
        """`links` are (kind, id, type ids)."""
        properties = {n: v for n, v in self._checked(kind, given, None, by=by).items() if v != ""}
        self._complete(kind, properties)
        for other, to, types in links:
            self.living(self.kind(other), to)
            self._typed(kind.name, self.kind(other).name, types)
        if kind.name == "contacts" and properties.get("email") in self.opted_out:
            properties["hs_email_optout"] = "true"
        if id is None:
            self._serial += 1
            id = str(self._serial)
        now = at or self.stamp()
        record = Record(id, {}, now, now)
        self.records[kind.name][int(id)] = record
        insort(self.order[kind.name], int(id))
        self._undo.append(lambda: self._drop(kind, record))
        self._set(kind, record, properties, now, by)
        for other, to, types in links:
            self.link(kind.name, id, other, to, types)
        return record

    def update(
        self,
        kind: Kind,
        record: Record,
        given: Mapping[str, Any],
        *,
        by: str = "INTEGRATION",
        at: datetime | None = None,
    ) -> None:
        values = self._checked(kind, given, record, by=by)
        before, updated = dict(record.properties), record.updated

        def undo() -> None:
            self._set(kind, record, {name: before.get(name, "") for name in values}, updated, by)
            record.updated = updated

        self._undo.append(undo)
        self._set(kind, record, values, at or self.stamp(), by)

    def archive(self, kind: Kind, id: str) -> None:
        record = self.living(kind, id)
        record.archived = record.updated = self.stamp()
        self._forget(kind, record)
        record.indexed, record.coming = None, []

    def restore(self, kind: Kind, id: str) -> None:
        record = self.records[kind.name][int(id)]
        record.archived = None
        self._set(kind, record, {}, self.stamp(), "CRM_UI")
        for name in self._uniques(kind):
            if value := record.properties.get(name):
                self.unique.setdefault((kind.name, name), {})[value] = id

    def merge(self, kind: Kind, primary: str, other: str) -> Record:
        """The one that is left: for contacts the primary, for others a new record under a new id."""
        first, second = self.living(kind, primary), self.living(kind, other)
        now = self.stamp()
        properties = {**second.properties, **first.properties}
        losers = [second] if not kind.merges_into_new else [first, second]
        ids = [*_ids(first), *_ids(second), *(one.id for one in losers)]
        for one in losers:
            self._drop(kind, one)
        if kind.merges_into_new:
            self._serial += 1
            winner = Record(str(self._serial), {}, first.created, now)
            self.records[kind.name][int(winner.id)] = winner
            insort(self.order[kind.name], int(winner.id))
        else:
            winner = first
        self.merged[kind.name].update(dict.fromkeys(ids, winner.id))
        self._set(kind, winner, {**properties, "hs_merged_object_ids": ";".join(dict.fromkeys(ids))}, now, "CRM_UI")
        return winner

    def resolved(self, kind: Kind, id: str) -> Record:
        """The living record, the winner for the id of a loser."""
        return self.living(kind, self.merged[kind.name].get(id, id))

    def shown(self, kind: Kind, record: Record, names: Iterable[str] | None) -> dict[str, str | None]:
        """The properties of an answer; unknown names are dropped without a word."""
        asked = kind.defaults if names is None else (*names, "hs_object_id", kind.created, kind.modified)
        return {n: record.properties.get(n) for n in dict.fromkeys(asked) if n in kind.properties}

    def opt_out(self, email: str) -> None:
        """Out of all marketing mail, now and for contacts to come."""
        self.opted_out.add(email)
        kind = self.kinds["contacts"]
        id = self.by_unique(kind, "email", email)
        if id is not None:
            self._set(kind, self.records["contacts"][int(id)], {"hs_email_optout": "true"}, self.stamp(), "EMAIL")

    # --- search index -----------------------------------------------------------------------------------------

    def index(self, kind: Kind) -> list[tuple[Record, dict[str, str]]]:
        """Records with what the index knows of them, which may be old news."""
        now = self.clock.now
        found = []
        for record in self.records[kind.name].values():
            while record.coming and record.coming[0][0] <= now:
                record.indexed = record.coming.pop(0)[1]
            if record.indexed is not None and record.archived is None:
                found.append((record, record.indexed))
        return found

    # --- associations -----------------------------------------------------------------------------------------

    def link(self, kind: str, id: str, other: str, to: str, types: Sequence[int]) -> list[int]:
        """Types replace those that stood there; the unlabelled one always comes along. Both sides show it."""
        a, b = self.kind(kind).name, self.kind(other).name
        plain, primary = ASSOCIATIONS[a, b] if (a, b) in ASSOCIATIONS else (self._plain(a, b), None)
        chosen = self._typed(a, b, types)
        if primary in chosen:
            for there in self.links.get((a, b), {}).get(id, {}).values():
                there.discard(primary)
        self.links.setdefault((a, b), {}).setdefault(id, {})[to] = {plain, *chosen}
        back, back_primary = ASSOCIATIONS[b, a] if (b, a) in ASSOCIATIONS else (self._plain(b, a), None)
        mirrored = {back} | ({back_primary} if primary in chosen and back_primary is not None else set())
        self.links.setdefault((b, a), {}).setdefault(to, {})[id] = mirrored
        if (a, b) == ("contacts", "companies") and primary in chosen:
            self._set(self.kinds[a], self.records[a][int(id)], {"associatedcompanyid": to}, self.stamp(), "CRM")
        return sorted({plain, *chosen})

    def unlink(self, kind: str, id: str, other: str, to: str) -> None:
        a, b = self.kind(kind).name, self.kind(other).name
        self.links.get((a, b), {}).get(id, {}).pop(to, None)
        self.links.get((b, a), {}).get(to, {}).pop(id, None)

    def linked(self, kind: str, id: str, other: str) -> dict[str, set[int]]:
        a, b = self.kind(kind).name, self.kind(other).name
        there = self.records[b]
        found = self.links.get((a, b), {}).get(id, {})
        return {to: types for to, types in found.items() if int(to) in there and there[int(to)].archived is None}

    def _plain(self, a: str, b: str) -> int:
        """Portals number the associations of custom objects themselves."""
        names = sorted(self.kinds)
        return 1000 + names.index(a) * 50 + names.index(b)

    def _typed(self, a: str, b: str, types: Sequence[int]) -> list[int]:
        known = set(ASSOCIATIONS.get((a, b), (self._plain(a, b), None))) - {None}
        for type in types:
            if type not in known:
                raise bad_request(f"One or more association types are not valid: {type} from {a} to {b}")
        return [int(t) for t in types]

    def other_side(self, kind: Kind, types: Sequence[int]) -> str:
        """The object that an association type of this one leads to."""
        for other in self.kinds:
            known = ASSOCIATIONS.get((kind.name, other), (self._plain(kind.name, other), None))
            if set(types) & set(known):
                return other
        raise bad_request(f"One or more association types are not valid: {list(types)}")

    def total(self, found: int) -> int:
        """What a search gives as `total`: now and then it is not the number of its results."""
        return found + 3 if self.lying_totals else found

    # --- inside -----------------------------------------------------------------------------------------------

    def _uniques(self, kind: Kind) -> list[str]:
        named = [one.name for one in kind.properties.values() if one.unique]
        return [*named, "email"] if kind.name == "contacts" else named

    def _forget(self, kind: Kind, record: Record) -> None:
        for name in self._uniques(kind):
            self.unique.get((kind.name, name), {}).pop(record.properties.get(name, ""), None)

    def _checked(self, kind: Kind, given: Mapping[str, Any], record: Record | None, *, by: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in given.items():
            property = kind.properties.get(name)
            if property is None:
                raise invalid("PROPERTY_DOESNT_EXIST", name, f'Property "{name}" does not exist')
            if property.read_only and by == "INTEGRATION":
                raise invalid("READ_ONLY_VALUE", name, f'"{name}" is a read only property; its value cannot be set.')
            kept = stored(property, value, self.owners)
            if (rule := self.rules.get((kind.name, name))) is not None and kept and (why := rule(kept)):
                raise invalid("INVALID_VALIDATION_RULE", name, why)
            if name in self._uniques(kind) and kept:
                other = self.unique.get((kind.name, name), {}).get(kept)
                if other is not None and (record is None or other != record.id):
                    raise self._taken(name, kept, other)
            found[name] = kept
        if record is not None and found.get("lifecyclestage") and by == "INTEGRATION":
            old = record.properties.get("lifecyclestage")
            if old in STAGES and STAGES.index(found["lifecyclestage"]) < STAGES.index(old):
                del found["lifecyclestage"]  # answered with 200 and not done
        return found

    def _taken(self, name: str, value: str, other: str) -> Problem:
        if name == "email":
            return contact_exists(other)
        return invalid(
            "CONFLICTING_UNIQUE_VALUE", name, f"propertyValue: {value[:60]}: {other} already has that value."
        )

    def _complete(self, kind: Kind, properties: Mapping[str, str]) -> None:
        if kind.one_of and not any(properties.get(name) for name in kind.one_of):
            raise bad_request(f"At least one of {list(kind.one_of)} is required to create a {kind.singular}")
        missing = [name for name in kind.required if not properties.get(name)]
        if missing:
            raise Problem(
                400, "VALIDATION_ERROR",
                f"Error creating {kind.singular}. Some required properties were not set.",
                context={"properties": missing},
            )  # fmt: skip

    def _set(self, kind: Kind, record: Record, values: Mapping[str, str], now: datetime, by: str) -> None:
        for name, value in values.items():
            if name in self._uniques(kind):
                self.unique.get((kind.name, name), {}).pop(record.properties.get(name, ""), None)
                if value:
                    self.unique.setdefault((kind.name, name), {})[value] = record.id
            if value == "":
                record.properties.pop(name, None)
            else:
                record.properties[name] = value
            record.history.setdefault(name, []).append((value, now, by))
        record.updated = max(record.updated, now)
        for name, text in (
            ("hs_object_id", record.id), ("createdate", iso(record.created)), ("hs_createdate", iso(record.created)),
            ("lastmodifieddate", iso(record.updated)), ("hs_lastmodifieddate", iso(record.updated)),
        ):  # fmt: skip
            if name in kind.properties:
                record.properties[name] = text
        known = dict(record.properties)
        if self.index_lag:
            record.coming.append((self.clock.now + self.index_lag, known))
        else:
            record.indexed, record.coming = known, []

    def snapshot(self) -> Callable[[], None]:
        """Call it to take back every create and update since."""
        self._undo = []

        def restore() -> None:
            for one in reversed(self._undo):
                one()

        return restore

    def _drop(self, kind: Kind, record: Record) -> None:
        self._forget(kind, record)
        del self.records[kind.name][int(record.id)]
        self.order[kind.name].remove(int(record.id))

    def page(self, kind: Kind, after: str, limit: int, *, archived: bool) -> tuple[list[Record], str | None]:
        """Records by id behind `after`, and where the next page starts."""
        order, records = self.order[kind.name], self.records[kind.name]
        found: list[Record] = []
        for position in range(bisect_right(order, int(after)) if after else 0, len(order)):
            record = records[order[position]]
            if (record.archived is not None) is archived:
                if len(found) == limit:
                    return found, found[-1].id
                found.append(record)
        return found, None


def _ids(record: Record) -> list[str]:
    return [one for one in record.properties.get("hs_merged_object_ids", "").split(";") if one]
