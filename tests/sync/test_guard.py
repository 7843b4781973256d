"""The brakes: each by percent, by number, and below its floor; what is exempt; both sides of every boundary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import pytest

from connector.model import (
    OPT_IN,
    OPT_OUT,
    Change,
    Create,
    Delete,
    EndId,
    Entity,
    Link,
    LinkPlan,
    Reason,
    Step,
    Update,
    Value,
)
from connector.sync.guard import Brake, Limit, Limits, Listing, Tally, Trip, guard

PERSON = Entity.PERSON
SFA = (PERSON, "sfa")


def _update(before: Value, after: Value, reason: Reason = Reason.EDITED, field: str = "tel") -> Step:
    return Update(EndId("sfa", "contacts", "1"), None, (Change(field, before, after, reason, "ma"),))


def _delete() -> Step:
    return Delete(EndId("sfa", "contacts", "1"), None)


def _create() -> Step:
    return Create("sfa", "contacts", "", "L", (Change("tel", None, "a", Reason.CREATED),))


def _blank() -> Step:
    return _update("a", None)


def _change() -> Step:
    return _update("a", "b")


def _tally(step: Callable[[], Step], count: int) -> Tally:
    tally = Tally()
    plan = LinkPlan(None, Link("L", PERSON), steps=(step(),))
    for _ in range(count):
        tally.add(plan)
    return tally


def _leaving(what: str) -> Callable[[int], Tally]:
    def tally(count: int) -> Tally:
        made = Tally()
        made.seen_leaving(PERSON, "sfa", what, count)
        return made

    return tally


COUNTED: Mapping[Brake, Callable[[int], Tally]] = {
    Brake.DELETES: lambda n: _tally(_delete, n),
    Brake.GONE: _leaving("gone"),
    Brake.LEFT_SCOPE: _leaving("left_scope"),
    Brake.CREATES: lambda n: _tally(_create, n),
    Brake.BLANKS: lambda n: _tally(_blank, n),
    Brake.CHANGES: lambda n: _tally(_change, n),
}


@dataclass(frozen=True, slots=True)
class Row:
    """So many steps, of so many linked records: does the brake trip?"""

    brake: Brake
    says: str
    count: int
    of: int
    trips: bool


# The default limits: docs/how-it-works.md has the same numbers.
ROWS = [
    # deletes > max(5, 10 %) or > 50
    Row(Brake.DELETES, "at the floor, whatever the percentage", 5, 5, trips=False),
    Row(Brake.DELETES, "above the floor and above 10 %", 6, 59, trips=True),
    Row(Brake.DELETES, "above the floor, exactly 10 %", 6, 60, trips=False),
    Row(Brake.DELETES, "exactly 50 of very many", 50, 100_000, trips=False),
    Row(Brake.DELETES, "more than 50 of very many", 51, 100_000, trips=True),
    Row(Brake.DELETES, "nothing linked is known", 6, 0, trips=True),
    # tombstones and records that leave the filter: like deletes
    Row(Brake.GONE, "at the floor", 5, 5, trips=False),
    Row(Brake.GONE, "above 10 %", 6, 59, trips=True),
    Row(Brake.GONE, "exactly 10 %", 6, 60, trips=False),
    Row(Brake.GONE, "exactly 50", 50, 100_000, trips=False),
    Row(Brake.GONE, "more than 50", 51, 100_000, trips=True),
    Row(Brake.LEFT_SCOPE, "at the floor", 5, 5, trips=False),
    Row(Brake.LEFT_SCOPE, "above 10 %", 6, 59, trips=True),
    Row(Brake.LEFT_SCOPE, "exactly 10 %", 6, 60, trips=False),
    Row(Brake.LEFT_SCOPE, "exactly 50", 50, 100_000, trips=False),
    Row(Brake.LEFT_SCOPE, "more than 50", 51, 100_000, trips=True),
    # blanked > max(10, 10 %) or > 100
    Row(Brake.BLANKS, "at the floor", 10, 10, trips=False),
    Row(Brake.BLANKS, "above the floor and above 10 %", 11, 109, trips=True),
    Row(Brake.BLANKS, "above the floor, exactly 10 %", 11, 110, trips=False),
    Row(Brake.BLANKS, "exactly 100 of very many", 100, 100_000, trips=False),
    Row(Brake.BLANKS, "more than 100 of very many", 101, 100_000, trips=True),
    # creates > max(20, 20 %) or > 500
    Row(Brake.CREATES, "at the floor, into an empty system", 20, 0, trips=False),
    Row(Brake.CREATES, "above the floor, into an empty system", 21, 0, trips=True),
    Row(Brake.CREATES, "above the floor and above 20 %", 21, 104, trips=True),
    Row(Brake.CREATES, "above the floor, exactly 20 %", 21, 105, trips=False),
    Row(Brake.CREATES, "exactly 500 of very many", 500, 100_000, trips=False),
    Row(Brake.CREATES, "more than 500 of very many", 501, 100_000, trips=True),
    # one field changed on > 50 % of the linked records, at least 20
    Row(Brake.CHANGES, "fewer than 20", 19, 19, trips=False),
    Row(Brake.CHANGES, "20 records, above 50 %", 20, 39, trips=True),
    Row(Brake.CHANGES, "20 records, exactly 50 %", 20, 40, trips=False),
    Row(Brake.CHANGES, "above 50 %", 21, 41, trips=True),
    Row(Brake.CHANGES, "exactly 50 %", 21, 42, trips=False),
    Row(Brake.CHANGES, "any number below 50 %", 49_999, 100_000, trips=False),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda r: f"{r.brake}: {r.count} of {r.of}: {r.says}")
def test_default_limits(row: Row) -> None:
    trips = guard(COUNTED[row.brake](row.count), {SFA: row.of})
    assert [t.brake for t in trips] == ([row.brake] if row.trips else [])
    if row.trips:
        (trip,) = trips
        assert (trip.entity, trip.system, trip.count, trip.of) == (PERSON, "sfa", row.count, row.of)


def test_the_message_names_the_limit_that_tripped() -> None:
    (by_percent,) = guard(COUNTED[Brake.BLANKS](11), {SFA: 50})
    (by_number,) = guard(COUNTED[Brake.BLANKS](101), {SFA: 50})
    assert by_percent == Trip(Brake.BLANKS, PERSON, "sfa", "tel", 11, 50, "10 %")
    assert by_number == Trip(Brake.BLANKS, PERSON, "sfa", "tel", 101, 50, "100")


def test_fields_are_counted_apart() -> None:
    tally = Tally()
    for number in range(20):
        tally.add(LinkPlan(None, Link("L", PERSON), steps=(_update("a", None, field=f"f{number % 2}"),)))
    assert guard(tally, {SFA: 20}) == ()


def test_systems_and_entities_are_counted_apart() -> None:
    tally = Tally()
    for entity in (Entity.PERSON, Entity.COMPANY):
        for system in ("ma", "sfa"):
            for _ in range(5):
                tally.add(LinkPlan(None, Link("L", entity), steps=(Delete(EndId(system, "x", "1"), None),)))
    assert guard(tally, {}) == ()


def test_filling_a_gap_is_no_change() -> None:
    tally = _tally(lambda: _update(None, "a", Reason.FILLED), 1000)
    assert guard(tally, {SFA: 1000}) == ()
    assert tally.place(PERSON, "sfa").fills == {"tel": 1000}


@pytest.mark.parametrize("before", [OPT_IN, None])
def test_opt_outs_are_exempt(before: Value) -> None:
    tally = _tally(lambda: _update(before, OPT_OUT, Reason.OPT_OUT, "mail_consent"), 1000)
    assert guard(tally, {SFA: 1000}) == ()


def test_an_opt_in_is_not_exempt() -> None:
    tally = _tally(lambda: _update(OPT_OUT, OPT_IN, Reason.VERDICT, "mail_consent"), 1000)
    assert [t.brake for t in guard(tally, {SFA: 1000})] == [Brake.CHANGES]


def test_an_opt_out_beside_other_changes_exempts_only_itself() -> None:
    opt_out = Change("mail_consent", OPT_IN, OPT_OUT, Reason.OPT_OUT)
    blanked = Change("tel", "a", None, Reason.EDITED)
    tally = Tally()
    for _ in range(11):
        step = Update(EndId("sfa", "contacts", "1"), None, (opt_out, blanked))
        tally.add(LinkPlan(None, Link("L", PERSON), steps=(step,)))
    assert [(t.brake, t.field) for t in guard(tally, {SFA: 11})] == [(Brake.BLANKS, "tel")]


def test_first_overwriting_is_confirmed_once_per_field() -> None:
    tally = _tally(lambda: _update("x", "a", Reason.FIRST_CONTACT), 6)
    (trip,) = guard(tally, {SFA: 100_000})
    assert (trip.brake, trip.field, trip.count, trip.limit) == (Brake.FIRST_CONTACT, "tel", 6, "confirm")
    assert guard(tally, {SFA: 100_000}, confirmed=frozenset({(PERSON, "sfa", "tel")})) == ()


def test_what_was_confirmed_counts_as_an_ordinary_change_from_then_on() -> None:
    confirmed = frozenset({(PERSON, "sfa", "tel")})
    tally = _tally(lambda: _update("x", "a", Reason.FIRST_CONTACT), 15)
    for _ in range(6):
        tally.add(LinkPlan(None, Link("L", PERSON), steps=(_change(),)))
    assert guard(tally, {SFA: 42}, confirmed=confirmed) == ()
    assert guard(tally, {SFA: 41}, confirmed=confirmed) == (Trip(Brake.CHANGES, PERSON, "sfa", "tel", 21, 41, "50 %"),)


def test_a_handful_of_first_overwritings_passes() -> None:
    assert guard(_tally(lambda: _update("x", "a", Reason.FIRST_CONTACT), 5), {SFA: 5}) == ()


@pytest.mark.parametrize(
    "confirmed", [(PERSON, "sfa", "mail"), (PERSON, "ma", "tel"), (Entity.COMPANY, "sfa", "tel")], ids=str
)
def test_another_confirmation_does_not_count(confirmed: tuple[Entity, str, str]) -> None:
    tally = _tally(lambda: _update("x", "a", Reason.FIRST_CONTACT), 6)
    assert [t.brake for t in guard(tally, {SFA: 10}, confirmed=frozenset({confirmed}))] == [Brake.FIRST_CONTACT]


def test_first_filling_needs_no_confirmation() -> None:
    assert guard(_tally(lambda: _update(None, "a", Reason.FIRST_CONTACT), 1000), {SFA: 1000}) == ()


def test_an_empty_side() -> None:
    (trip,) = guard(Tally(), {}, [Listing(PERSON, "sfa", listed=0, seen=0, linked=1)])
    assert trip == Trip(Brake.EMPTY_SIDE, PERSON, "sfa", "", 1, 1, "0")
    assert guard(Tally(), {}, [Listing(PERSON, "sfa", listed=0, seen=0, linked=0)]) == ()
    assert guard(Tally(), {}, [Listing(PERSON, "sfa", listed=1, seen=1, linked=1)]) == ()
    assert guard(Tally(), {}, [Listing(PERSON, "sfa", listed=0, seen=1, linked=1)]) == (), (
        "reported gone: accounted for"
    )


@pytest.mark.parametrize(
    ("seen", "linked", "trips"),
    [
        (19, 40, True),  # 21 of 40 are hidden
        (20, 40, False),  # exactly half
        (1, 21, False),  # 20 hidden: at the floor
        (1, 22, True),
        (50_000, 100_000, False),
        (49_999, 100_000, True),
        (0, 21, True),  # others took their place: a restored or exchanged database
        (100, 100, False),
    ],
)
def test_hidden_records(seen: int, linked: int, trips: bool) -> None:
    found = guard(Tally(), {}, [Listing(PERSON, "sfa", 100_000, seen, linked)])
    assert [t.brake for t in found] == ([Brake.HIDDEN] if trips else [])


def test_limits_of_a_site_replace_the_defaults_in_one_place_only() -> None:
    strict = Limits(deletes=Limit(0, 0, 0))
    limits = {SFA: strict}
    assert [t.brake for t in guard(_tally(_delete, 1), {SFA: 1000}, limits=limits)] == [Brake.DELETES]
    assert guard(_tally(_delete, 1), {SFA: 1000}, limits={(PERSON, "ma"): strict}) == ()
    wide = Limits(hidden=Limit(100, None, 0))
    assert guard(Tally(), {}, [Listing(PERSON, "sfa", 1, 1, 100)], limits={SFA: wide}) == ()


def test_every_brake_that_trips_is_named() -> None:
    tally = Tally()
    for step in (_delete(), _create(), _blank(), _change(), _update("x", "a", Reason.FIRST_CONTACT)):
        for _ in range(30):
            tally.add(LinkPlan(None, Link("L", PERSON), steps=(step,)))
    tally.seen_leaving(PERSON, "sfa", "gone", 30)
    tally.seen_leaving(PERSON, "sfa", "left_scope", 30)
    listings = [Listing(PERSON, "sfa", 0, 0, 30), Listing(Entity.COMPANY, "sfa", 1, 1, 30)]
    assert {t.brake for t in guard(tally, {SFA: 30}, listings)} == set(Brake)


def test_an_empty_plan_passes() -> None:
    assert guard(Tally(), {}) == ()


# --- the limits for people --------------------------------------------------------------------------------

SAYS: Mapping[Brake, tuple[str, str]] = {
    Brake.DELETES: ("records that we would delete", "deletes"),
    Brake.GONE: ("records that were deleted there since the last run", "gone"),
    Brake.LEFT_SCOPE: ("records that left `where` since the last run", "left_scope"),
    Brake.CREATES: ("records that we would create", "creates"),
    Brake.BLANKS: ("filled values that we would clear, per field", "blanks"),
    Brake.CHANGES: ("filled values that we would change, per field", "changes"),
    Brake.FIRST_CONTACT: ("filled values that we would overwrite at first contact, per field", "first_contact"),
    Brake.EMPTY_SIDE: ("a full listing is empty although records are linked", ""),
    Brake.HIDDEN: ("linked records that a full listing does not contain", "hidden"),
}


def limits_table() -> str:
    """The default limits, read from the program."""
    lines = ["| brake | counts | floor | trips above |", "|---|---|---|---|"]
    for brake, (says, name) in SAYS.items():
        limit = getattr(Limits(), name, None)
        floor = str(limit.floor) if limit is not None else "-"
        lines.append(f"| `{brake}` | {says} | {floor} | {_above(brake, limit)} |")
    return "\n".join(lines)


def _above(brake: Brake, limit: Limit | None) -> str:
    if limit is None:
        return "always"
    if brake is Brake.FIRST_CONTACT:
        return "the floor, until confirmed once per field"
    number = f", or {limit.count}" if limit.count is not None else ""
    return f"{limit.percent:g} % of the linked{number}"


def test_every_brake_is_explained() -> None:
    assert set(SAYS) == set(Brake)
    assert {name for _, name in SAYS.values() if name} == {f.name for f in fields(Limits)}
