"""The limits as arithmetic: both sides of every edge, on any plan, whatever else is in it."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.model import OPT_OUT, Change, Create, Delete, EndId, Entity, Link, LinkPlan, Reason, Update
from connector.sync.guard import Brake, Limit, Limits, Listing, Tally, guard
from tests.sync.test_guard import COUNTED, PERSON, SFA

LIMITED = [Brake.DELETES, Brake.GONE, Brake.LEFT_SCOPE, Brake.CREATES, Brake.BLANKS, Brake.CHANGES]


def too_many(limit: Limit, count: int, of: int) -> bool:
    """G10 in words: more than max(floor, percent of the linked), or more than the number; never within the floor."""
    by_percent = count > max(Fraction(limit.floor), Fraction(str(limit.percent)) * of / 100)
    by_number = limit.count is not None and count > max(limit.count, limit.floor)
    return by_percent or by_number


def edges(limit: Limit, of: int) -> set[int]:
    """One below, at and above each edge."""
    share = int(of * limit.percent / 100)
    marks = {limit.floor, share, limit.count if limit.count is not None else share}
    return {n + d for n in marks for d in (-1, 0, 1) if n + d >= 0}


@pytest.mark.parametrize("brake", LIMITED, ids=str)
def test_the_edges_of_every_limit(brake: Brake) -> None:
    default: Limit = getattr(Limits(), str(brake))
    own = [Limit(p, n, f) for p, n, f in product((0, 10, 33.3, 100), (None, 0, 7, 60), (0, 5, 20))]
    tripped = Counter[bool]()
    for limit in [default, *own]:
        limits = Limits(**{str(brake): limit})
        for of in (0, 1, 9, 10, 11, 59, 60, 61, 210, 1001):
            for count in edges(limit, of):
                trips = guard(COUNTED[brake](count), {SFA: of}, limits={SFA: limits})
                expected = too_many(limit, count, of)
                assert [(t.brake, t.count, t.of) for t in trips] == ([(brake, count, of)] if expected else [])
                tripped[expected] += 1
    assert min(tripped[True], tripped[False]) > 100


def test_the_edges_of_what_is_hidden() -> None:
    for limit in (Limits().hidden, Limit(10, 7, 5), Limit(100, None, 0)):
        limits = {SFA: Limits(hidden=limit)}
        for of in (1, 20, 21, 41, 42, 1000):
            for missing in (n for n in edges(limit, of) if n < of):
                trips = guard(Tally(), {}, [Listing(PERSON, "sfa", of, of - missing, of)], limits=limits)
                told = [(t.brake, t.entity, t.system, t.field, t.count, t.of) for t in trips]
                hidden = [(Brake.HIDDEN, PERSON, "sfa", "", missing, of)]
                assert told == (hidden if too_many(limit, missing, of) else [])


CHANGES = st.builds(
    Change,
    field=st.sampled_from(["tel", "title", "mail"]),
    before=st.sampled_from([None, "a", "b"]),
    after=st.sampled_from([None, "c", OPT_OUT]),
    reason=st.sampled_from([Reason.EDITED, Reason.DRIFT, Reason.COMPUTED, Reason.UNDO, Reason.OPT_OUT]),
)
ENDS = st.builds(EndId, st.sampled_from(["ma", "sfa"]), st.just("x"), st.just("1"))
STEPS = st.one_of(
    st.builds(Create, st.sampled_from(["ma", "sfa"]), st.just("x"), st.just(""), st.just("L"), st.just(())),
    st.builds(Delete, ENDS, st.none()),
    st.builds(Update, ENDS, st.none(), st.lists(CHANGES, min_size=1, max_size=3).map(tuple)),
)
LINKED = st.integers(0, 60)


@settings(max_examples=400, deadline=None)
@given(
    steps=st.lists(st.tuples(st.sampled_from([Entity.PERSON, Entity.DEAL]), STEPS, st.integers(1, 60)), max_size=12),
    linked=st.fixed_dictionaries({(e, s): LINKED for e in (Entity.PERSON, Entity.DEAL) for s in ("ma", "sfa")}),
)
def test_no_plan_passes_with_more_than_its_limits(
    steps: list[tuple[Entity, Create | Delete | Update, int]], linked: dict[tuple[Entity, str], int]
) -> None:
    tally = Tally()
    counts = Counter[tuple[str, Entity, str, str]]()
    for entity, step, times in steps:
        for _ in range(times):
            tally.add(LinkPlan(None, Link("L", entity), steps=(step,)))
        match step:
            case Create(system=system):
                counts["creates", entity, system, ""] += times
            case Delete(at=at):
                counts["deletes", entity, at.system, ""] += times
            case Update(at=at, changes=changes):
                for c in changes:
                    if c.reason is not Reason.OPT_OUT and (c.after is None or c.before is not None):
                        counts["blanks" if c.after is None else "changes", entity, at.system, c.field] += times
    expected = {
        (brake, entity, system, field, n)
        for (brake, entity, system, field), n in counts.items()
        if too_many(getattr(Limits(), brake), n, linked[entity, system])
    }
    found = {(str(t.brake), t.entity, t.system, t.field, t.count) for t in guard(tally, linked)}
    assert found == expected
