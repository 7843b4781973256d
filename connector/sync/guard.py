"""Is this plan too dangerous to run? Counts against limits; nothing is written when a brake trips.

Default limits: deletes > max(5, 10 %) or > 50; blanked > max(10, 10 %) or > 100; one field overwritten on > 50 %
(at least 20); creates > max(20, 20 %) or > 500; leaving the filter like deletes. The floor keeps small sets free.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as given
from enum import StrEnum
from typing import Any

from connector.model import Create, Delete, Entity, LinkPlan, Reason, Update


class Brake(StrEnum):
    DELETES = "deletes"
    BLANKS = "blanks"
    CHANGES = "changes"
    CREATES = "creates"
    LEFT_SCOPE = "left_scope"
    GONE = "gone"  # tombstones seen: a mass deletion in a system
    EMPTY_SIDE = "empty_side"  # a full listing returned nothing although links exist
    HIDDEN = "hidden"  # a full listing returned far fewer records than are linked
    FIRST_CONTACT = "first_contact"  # a one-way field would overwrite filled values for the first time


# What a run saw, whatever part of its plan is wanted.
SEEN = frozenset({Brake.LEFT_SCOPE, Brake.GONE, Brake.EMPTY_SIDE, Brake.HIDDEN})


@dataclass(frozen=True, slots=True)
class Limit:
    """Trips above `count`, or above `percent` of the linked records; never at or below `floor`."""

    percent: float
    count: int | None
    floor: int


@dataclass(frozen=True, slots=True)
class Limits:
    deletes: Limit = Limit(10, 50, 5)
    blanks: Limit = Limit(10, 100, 10)
    changes: Limit = Limit(50, None, 19)
    creates: Limit = Limit(20, 500, 20)
    left_scope: Limit = Limit(10, 50, 5)
    gone: Limit = Limit(10, 50, 5)
    hidden: Limit = Limit(50, None, 20)
    first_contact: Limit = Limit(0, None, 5)  # above its floor, confirmed once per field


@dataclass(frozen=True, slots=True)
class Trip:
    """One brake that tripped: what, where, how many of how many, and the limit."""

    brake: Brake
    entity: Entity
    system: str
    field: str
    count: int
    of: int
    limit: str


def trip_json(trip: Trip) -> dict[str, Any]:
    return {
        "brake": str(trip.brake),
        "entity": str(trip.entity),
        "system": trip.system,
        "field": trip.field,
        "count": trip.count,
        "of": trip.of,
        "limit": trip.limit,
    }


@dataclass(frozen=True, slots=True)
class Place:
    """What a plan would do in one system to one entity."""

    creates: int = 0
    deletes: int = 0
    left_scope: int = 0
    gone: int = 0
    blanks: Mapping[str, int] = given(default_factory=dict)
    changes: Mapping[str, int] = given(default_factory=dict)
    overwrites: Mapping[str, int] = given(default_factory=dict)  # at first contact
    fills: Mapping[str, int] = given(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """Adds up a plan link by link, so that a plan of any length is counted in constant memory."""

    places: dict[tuple[Entity, str], dict[str, int]] = given(default_factory=dict)

    def add(self, plan: LinkPlan) -> None:
        for step in plan.steps:
            match step:
                case Create(system=system):
                    self._count(plan.after.entity, system, "creates")
                case Delete(at=at):
                    self._count(plan.after.entity, at.system, "deletes")
                case Update(at=at, changes=changes):
                    for change in changes:
                        if change.reason is Reason.OPT_OUT:
                            continue  # opt-outs are exempt from every brake
                        if change.after is None:
                            self._count(plan.after.entity, at.system, f"blanks:{change.field}")
                        elif change.before is None:
                            self._count(plan.after.entity, at.system, f"fills:{change.field}")
                        elif change.reason is Reason.FIRST_CONTACT:
                            self._count(plan.after.entity, at.system, f"overwrites:{change.field}")
                        else:
                            self._count(plan.after.entity, at.system, f"changes:{change.field}")

    def seen_leaving(self, entity: Entity, system: str, what: str, count: int = 1) -> None:
        """`what` is "left_scope" or "gone"."""
        self._count(entity, system, what, count)

    def _count(self, entity: Entity, system: str, what: str, count: int = 1) -> None:
        place = self.places.setdefault((entity, system), {})
        place[what] = place.get(what, 0) + count

    def place(self, entity: Entity, system: str) -> Place:
        counts = self.places.get((entity, system), {})

        def by_field(kind: str) -> dict[str, int]:
            return {k.split(":", 1)[1]: n for k, n in counts.items() if k.startswith(kind + ":")}

        return Place(
            creates=counts.get("creates", 0),
            deletes=counts.get("deletes", 0),
            left_scope=counts.get("left_scope", 0),
            gone=counts.get("gone", 0),
            blanks=by_field("blanks"),
            changes=by_field("changes"),
            overwrites=by_field("overwrites"),
            fills=by_field("fills"),
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """A full pull: how many records it gave, and how many of the linked were among them or reported gone."""

    entity: Entity
    system: str
    listed: int
    seen: int
    linked: int


def guard(
    tally: Tally,
    linked: Mapping[tuple[Entity, str], int],
    listings: Iterable[Listing] = (),
    *,
    limits: Mapping[tuple[Entity, str], Limits] | None = None,
    confirmed: frozenset[tuple[Entity, str, str]] = frozenset(),
) -> tuple[Trip, ...]:
    """The brakes that trip, in a fixed order; () when the plan may run.

    `linked` counts live ends per entity and system; `confirmed` names fields whose first overwriting was confirmed.
    """
    trips: list[Trip] = []
    for entity, system in sorted(tally.places):
        place = tally.place(entity, system)
        of = linked.get((entity, system), 0)
        own = (limits or {}).get((entity, system), Limits())
        trips += _over(Brake.DELETES, entity, system, "", place.deletes, of, own.deletes)
        trips += _over(Brake.GONE, entity, system, "", place.gone, of, own.gone)
        trips += _over(Brake.LEFT_SCOPE, entity, system, "", place.left_scope, of, own.left_scope)
        trips += _over(Brake.CREATES, entity, system, "", place.creates, of, own.creates)
        for field, count in sorted(place.blanks.items()):
            trips += _over(Brake.BLANKS, entity, system, field, count, of, own.blanks)
        known = {field: n for field, n in place.overwrites.items() if (entity, system, field) in confirmed}
        for field in sorted({*place.changes, *known}):
            count = place.changes.get(field, 0) + known.get(field, 0)
            trips += _over(Brake.CHANGES, entity, system, field, count, of, own.changes)
        for field, count in sorted(place.overwrites.items()):
            if field not in known and count > own.first_contact.floor:
                trips.append(Trip(Brake.FIRST_CONTACT, entity, system, field, count, of, "confirm"))
    for listing in listings:
        own = (limits or {}).get((listing.entity, listing.system), Limits())
        trips += _listing(listing, own)
    return tuple(trips)


def _over(brake: Brake, entity: Entity, system: str, field: str, count: int, of: int, limit: Limit) -> list[Trip]:
    if count <= limit.floor:
        return []
    if limit.count is not None and count > limit.count:
        return [Trip(brake, entity, system, field, count, of, str(limit.count))]
    if count * 100 > of * limit.percent:
        return [Trip(brake, entity, system, field, count, of, f"{limit.percent:g} %")]
    return []


def _listing(listing: Listing, limits: Limits) -> list[Trip]:
    missing = listing.linked - listing.seen
    if listing.listed == 0 and missing > 0:
        return [Trip(Brake.EMPTY_SIDE, listing.entity, listing.system, "", listing.linked, listing.linked, "0")]
    return _over(Brake.HIDDEN, listing.entity, listing.system, "", missing, listing.linked, limits.hidden)
