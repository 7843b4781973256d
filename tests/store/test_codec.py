"""Whatever goes into JSON comes out again: equal, of the same type, with the same digits and the same offset."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.model import (
    Address,
    Change,
    Create,
    Delete,
    End,
    EndId,
    EndState,
    Entity,
    Hold,
    HoldId,
    HoldKind,
    Link,
    LinkPlan,
    PersonName,
    Provenance,
    Reason,
    Sent,
    Update,
    Verdict,
)
from connector.store import codec
from connector.store.records import JournalField
from connector.store.values import Kept

texts = st.text(st.characters(), max_size=20)  # lone surrogates and NUL included
offsets = st.integers(-23 * 60, 23 * 60).map(lambda m: timezone(timedelta(minutes=m)))
# `fold` says nothing under a fixed offset
moments = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=offsets).map(lambda t: t.replace(fold=0))
maybe = st.none() | texts
values = st.one_of(
    st.none(),
    texts,
    st.booleans(),
    st.integers(),
    st.decimals(allow_nan=False),
    st.dates(),
    moments,
    st.builds(PersonName, texts, maybe),
    st.builds(Address, maybe, maybe, maybe, maybe, maybe),
)
records = st.dictionaries(texts, values, max_size=6)
natives = st.recursive(
    values | st.floats(allow_nan=False) | st.binary(max_size=4) | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def exactly(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other and repr(one) == repr(other)


def wire(form: Any) -> Any:
    return codec.loads(codec.dumps(form))


@given(values)
def test_a_value_comes_back(value: Any) -> None:
    assert exactly(codec.value_from_json(wire(codec.value_to_json(value))), _utc(value))


def _utc(value: Any) -> Any:
    # an offset of zero has two spellings in Python
    if isinstance(value, datetime) and value.utcoffset() == timedelta(0):
        return value.replace(tzinfo=UTC)
    return value


@given(natives)
def test_a_native_value_comes_back(value: Any) -> None:
    assert codec.from_form(wire(codec.to_form(value))) == value


@given(records)
def test_a_record_comes_back(record: dict[str, Any]) -> None:
    assert codec.values_from_json(wire(codec.values_to_json(record))) == record


@given(records)
def test_values_kept_in_their_form_are_the_values(record: dict[str, Any]) -> None:
    form = wire(codec.values_to_json(record))
    kept = Kept(form)
    assert kept == codec.values_from_json(form) and dict(kept) == codec.values_from_json(form)
    assert codec.values_to_json(kept) == form and len(kept) == len(record) and list(kept) == list(form)
    assert all(exactly(kept.get(n), kept[n]) and n in kept for n in record)
    assert kept.get("not there", 1) == 1 if "not there" not in record else True


@pytest.mark.parametrize("value", ["山田", 12, -1, True, None, ""])
def test_plain_values_stay_plain(value: Any) -> None:
    assert codec.value_to_json(value) == value


def test_numbers_beyond_64_bits_do_not_become_floats() -> None:
    number = 10**30 + 1
    assert codec.value_from_json(wire(codec.value_to_json(number))) == number


def test_decimals_keep_their_digits() -> None:
    assert str(codec.value_from_json(wire(codec.value_to_json(Decimal("1.50"))))) == "1.50"


NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
AT = EndId("kintone", "5", "17", "担当者")
END = End(
    AT,
    version="9",
    state=EndState.OUT_OF_SCOPE,
    fingerprint=bytes(range(16)),
    lens="l1",
    base={"name": PersonName("髙橋"), "amount": Decimal("10.0")},
    first=frozenset({"phone"}),
    sent={"score": Sent(12, 2)},
    accepted={"name": PersonName("高橋", "一郎")},
    modified_at=NOON,
    created_at=NOON - timedelta(days=1),
    url="https://example.com/17",
)
LINK = Link(
    "L1",
    Entity.PERSON,
    (END, replace(END, at=EndId("hubspot", "contacts", "", ""), state=EndState.CREATING, first=frozenset({"*"}))),
    golden={"name": PersonName("髙橋", ""), "day": date(2026, 4, 1), "at": NOON},
    provenance={"name": Provenance("kintone", NOON, "R1"), "day": Provenance("", None, "R2")},
    version=3,
    dirty=True,
    aliases=("L0", "kintone/5/16"),
)
HOLD = Hold(
    HoldId("L1", HoldKind.CONFLICT, "name"),
    {"values": {"kintone": PersonName("山田"), "hubspot": None}, "list": [1, "a", [Decimal("1.0")]]},
    ("kintone", "keep"),
    "abc",
)
CHANGE = Change("amount", Decimal("1.0"), Decimal("2.00"), Reason.CONFLICT_RULE, "kintone", {"hubspot": date.min})


def test_a_plan_comes_back_whole() -> None:
    plan = LinkPlan(
        before=LINK,
        after=replace(LINK, version=4),
        steps=(
            Create("hubspot", "contacts", "", "L1", (CHANGE,)),
            Update(AT, "9", (CHANGE, replace(CHANGE, lost={}))),
            Delete(AT, None),
        ),
        opened=(HOLD,),
        closed=(HOLD.id,),
        absorbed=(("L0", 2),),
        label="髙橋",
        owner="田中",
        notes=(("kept_drift", "name"),),
    )
    assert codec.plan_from_json(wire(codec.plan_to_json(plan))) == plan
    apart = replace(plan, after=replace(LINK, golden={"amount": Decimal("10.00"), "flag": True, "phone": None}))
    back = codec.plan_from_json(wire(codec.plan_to_json(apart)))
    assert back == apart
    assert [str(e.base["amount"]) for e in back.after.ends] == ["10.0", "10.0"]
    new = LinkPlan(before=None, after=Link("L2", Entity.DEAL))
    assert codec.plan_from_json(wire(codec.plan_to_json(new))) == new


def test_holds_verdicts_and_journal_fields_come_back() -> None:
    assert codec.hold_from_json(wire(codec.hold_to_json(HOLD))) == HOLD
    verdict = Verdict(HOLD.id, "value", "abc", PersonName("山田", "太郎"), "tanaka")
    assert codec.verdict_from_json(wire(codec.verdict_to_json(verdict))) == verdict
    for field in (
        JournalField(),
        JournalField(None, 0),
        JournalField("a", ["d", "1"], "edited", "kintone", {"hubspot": "b"}),
        JournalField("a", "b", "", "", {"x": None}),
    ):
        assert codec.field_from_json(wire(codec.field_to_json(field))) == field
