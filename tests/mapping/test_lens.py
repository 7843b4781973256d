"""The laws of a lens: for every type, every kind of column, and every field of every shipped mapping."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from connector.adapters.contract import Column, ColumnKind, Shape
from connector.cleanse import RULES, clean
from connector.derive import DERIVED
from connector.mapping.lens import Lens, fingerprint_of, lens
from connector.mapping.load import load_mappings
from connector.mapping.model import (
    Condition,
    EntityMapping,
    FieldMapping,
    ObjectMapping,
    SameRecord,
)
from connector.mapping.model import Test as Where
from connector.model import OPT_IN, OPT_OUT, Address, Entity, FieldType, PersonName, Problem, Value

ROOT = Path(__file__).parents[2]
COMPUTED = tuple(DERIVED)
ZONE = "Asia/Tokyo"
CONSENT = {"1": OPT_OUT, "0": OPT_IN}


def shipped(folder: str) -> tuple[EntityMapping, ...]:
    files = {str(p): p.read_text(encoding="utf-8") for p in sorted((ROOT / "mappings" / folder).glob("*.yaml"))}
    return load_mappings(files, systems=None, rules=RULES, computed=COMPUTED)


def one(
    type: FieldType,
    columns: tuple[str, ...] = ("c",),
    shape: tuple[Column, ...] = (),
    values: Mapping[str, str] | None = None,
    cleanse: tuple[str, ...] = (),
    at: ObjectMapping | None = None,
) -> Lens:
    field = FieldMapping(
        "f", type, frozenset({"s"}), frozenset({"s"}), cleanse=cleanse, values={"s": values} if values else {}
    )
    place = at or ObjectMapping("s", "o", columns={"f": columns})
    mapping = EntityMapping(Entity.PERSON, (place,), {"f": field})
    return lens(mapping, place, Shape("o", shape) if shape else None, ZONE)


# control characters are refused by `read`, or are white space that `clean` turns into other white space
TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=40) | st.text(
    "山田髙﨑ﾔﾏﾀﾞ　 株式会社㈱（）ＡＢｃ１２-ー゙ﾞe\u0301\U000e0100\u200b", max_size=40
)
NUMBERS = st.decimals(-(10**12), 10**12, allow_nan=False, allow_infinity=False, places=4)
MOMENTS = st.datetimes(datetime(1900, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC))
MAYBE = st.none() | TEXT
VALUES: dict[FieldType, st.SearchStrategy[Value]] = {
    FieldType.TEXT: TEXT,
    FieldType.PERSON_NAME: st.builds(PersonName, TEXT, MAYBE),
    FieldType.EMAIL: st.emails() | TEXT,
    FieldType.PHONE: st.from_regex(r"0\d{1,4}-\d{1,4}-\d{4}", fullmatch=True) | TEXT,
    FieldType.ADDRESS: st.builds(Address, MAYBE, MAYBE, MAYBE, MAYBE, MAYBE)
    | st.just(Address("100-0005", "東京都", "千代田区", "丸の内1-2-3", "丸ビル4F")),
    FieldType.INTEGER: st.integers(-(10**15), 10**15),
    FieldType.DECIMAL: NUMBERS,
    FieldType.MONEY: NUMBERS,
    FieldType.BOOLEAN: st.booleans(),
    FieldType.DATE: st.dates(date(1900, 1, 2), date(2200, 1, 1)),
    FieldType.DATETIME: MOMENTS,
    FieldType.PICKLIST: st.sampled_from(["won", "lost", "open", "受注"]) | TEXT,
    FieldType.URL: st.sampled_from(["https://example.jp/", "example.com"]) | TEXT,
    FieldType.CONSENT: st.sampled_from([OPT_IN, OPT_OUT]),
    FieldType.OWNER: st.emails() | TEXT,
}


def laws(made: Lens, field: str, type: FieldType, rules: tuple[str, ...], raw: Value) -> None:
    value = clean(type, rules, raw).display
    assert clean(type, rules, value).display == value
    fitted = made.fit(field, value)
    assume(not isinstance(fitted, Problem))
    assert made.fit(field, fitted) == fitted
    cells = made.put({field: value}, {})
    assert set(cells) <= set(made.columns_of[field])
    if fitted is None and type is FieldType.CONSENT:
        assert cells == {}
        return
    assert set(cells) == set(made.columns_of[field])
    assert made.get(cells).values == {field: fitted}
    assert made.put({field: fitted}, {}) == cells


def live(columns: tuple[str, ...], kind: ColumnKind, most: int | None, decimals: int | None) -> tuple[Column, ...]:
    return tuple(Column(c, kind=kind, max_length=most, decimals=decimals) for c in columns if c)


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from([t for t in FieldType if t is not FieldType.REFERENCE]),
    st.sampled_from([k for k in ColumnKind if k is not ColumnKind.REFERENCE]),
    st.none() | st.integers(1, 30),
    st.none() | st.integers(0, 6),
    st.booleans(),
    st.sampled_from([(), ("company",), ("trim", "width"), ("invisible",)]),
    st.data(),
)
def test_laws_for_every_type_and_kind(
    type: FieldType,
    kind: ColumnKind,
    most: int | None,
    decimals: int | None,
    tabled: bool,
    rules: tuple[str, ...],
    data: st.DataObject,
) -> None:
    columns: tuple[str, ...] = ("c",)
    values: dict[str, str] | None = None
    match type:
        case FieldType.PERSON_NAME:
            columns = data.draw(st.sampled_from([("c",), ("c", "d")]))
        case FieldType.ADDRESS:
            full = ("a", "b", "c", "d", "e")
            holes = data.draw(st.sets(st.integers(0, 4), max_size=4))
            columns = data.draw(st.sampled_from([("c",), tuple("" if i in holes else c for i, c in enumerate(full))]))
        case FieldType.CONSENT:
            values = CONSENT
        case FieldType.PICKLIST if tabled:
            values = {"Closed Won": "won", "Won": "won", "Lost": "lost", "受注": "受注"}
        case FieldType.BOOLEAN if tabled:
            values = {"する": "true", "しない": "false"}
        case _:
            pass
    if type is not FieldType.TEXT:
        rules = ()
    made = one(type, columns, live(columns, kind, most, decimals), values, rules)
    laws(made, "f", type, rules, data.draw(VALUES[type]))


SHIPPED = [
    (folder, mapping, at, name)
    for folder in (
        "sqlite-demo", "hubspot-salesforce", "hubspot-kintone", "salesforce-kintone", "hubspot-salesforce-kintone",
    )
    for mapping in shipped(folder)
    for at in mapping.objects
    for name, columns in at.columns.items()
    if not isinstance(columns, SameRecord) and mapping.fields[name].type is not FieldType.REFERENCE
]  # fmt: skip


@pytest.mark.parametrize(
    ("mapping", "at", "name"),
    [pytest.param(m, a, n, id=f"{f}-{a.system}-{a.object}-{n}") for f, m, a, n in SHIPPED],
)
def test_laws_for_every_shipped_field(mapping: EntityMapping, at: ObjectMapping, name: str) -> None:
    field = mapping.fields[name]
    assert len(mapping.fields) <= 12 and not mapping.enabled

    columns = at.columns[name]
    assert isinstance(columns, tuple)

    def made(most: int | None) -> Lens:
        return lens(mapping, at, Shape(at.object, live(columns, ColumnKind.TEXT, most, None)) if most else None, ZONE)

    def fits(raw: Value, most: int | None) -> bool:
        return not isinstance(made(most).fit(name, clean(field.type, field.cleanse, raw).display), Problem)

    words = sorted({word for table in field.values.values() for word in table.values()})
    values = st.sampled_from([w for w in words if fits(w, None)]) if words else VALUES[field.type]

    @settings(max_examples=25, deadline=None)
    @given(values, st.none() | st.integers(5, 40))
    def check(raw: Value, most: int | None) -> None:
        wide = next((width for width in (most, 80, 400) if fits(raw, width)), None)  # what is cut fits into the first
        laws(made(wide), name, field.type, field.cleanse, raw)

    check()


def test_get_tells_blank_missing_and_unreadable_apart() -> None:
    at = ObjectMapping(
        "s", "o", columns={"a": ("a",), "b": ("b",), "c": ("c",), "r": ("r",), "q": ("q",), "p": SameRecord("会社")}
    )
    fields = {
        "a": FieldMapping("a", FieldType.INTEGER, frozenset({"s"}), frozenset()),
        "b": FieldMapping("b", FieldType.TEXT, frozenset({"s"}), frozenset()),
        "c": FieldMapping("c", FieldType.TEXT, frozenset({"s"}), frozenset()),
        "r": FieldMapping("r", FieldType.REFERENCE, frozenset({"s"}), frozenset(), to=Entity.COMPANY),
        "q": FieldMapping("q", FieldType.REFERENCE, frozenset({"s"}), frozenset(), to=Entity.COMPANY),
        "p": FieldMapping("p", FieldType.REFERENCE, frozenset({"s"}), frozenset(), to=Entity.COMPANY),
    }
    made = lens(EntityMapping(Entity.PERSON, (at,), fields), at, None, ZONE)
    read = made.get({"a": "十二個", "b": "　", "r": 7, "q": ""})
    assert read.values == {"b": None, "q": None}
    assert read.problems == {"a": (Problem.NOT_A_NUMBER, "十二個")}
    assert read.foreign == {"r": "7"} and made.parts == {"p": "会社"}
    assert made.put({}, {"r": "8", "q": None}) == {"r": "8", "q": None}


@pytest.mark.parametrize(
    ("kind", "cells", "native"),
    [
        (ColumnKind.BOOLEAN, [True, "1", 1, "true"], True),
        (ColumnKind.NUMBER, [1, 1.0, Decimal(1), "1", True], 1),
        (ColumnKind.TEXT, ["1", "true", "True"], "1"),
    ],
)
def test_consent_wears_the_dress_of_its_column(kind: ColumnKind, cells: list[Any], native: Any) -> None:
    made = one(FieldType.CONSENT, shape=live(("c",), kind, None, None), values=CONSENT)
    for cell in cells:
        assert made.get({"c": cell}).values == {"f": OPT_OUT}
    put = made.put({"f": OPT_OUT}, {})["c"]
    assert put == native and isinstance(put, type(native))
    assert made.put({"f": None}, {}) == {}
    assert made.get({"c": "maybe"}).problems == {"f": (Problem.NOT_CONSENT, "maybe")}


def test_picklists() -> None:
    made = one(FieldType.PICKLIST, values={"Closed Won": "won", "Won": "won"})
    assert made.get({"c": "Won"}).values == {"f": "won"} and made.put({"f": "won"}, {}) == {"c": "Closed Won"}
    assert made.get({"c": "Lost"}).problems["f"][0] is Problem.UNKNOWN_CHOICE
    assert made.fit("f", "lost") is Problem.UNKNOWN_CHOICE
    made = one(FieldType.PICKLIST, shape=(Column("c", kind=ColumnKind.CHOICES, choices=("A", "B")),))
    assert made.put({"f": "a"}, {}) == {"c": ["A"]} and made.fit("f", "C") is Problem.UNKNOWN_CHOICE


def test_an_option_that_was_taken_away_is_not_written() -> None:
    left = (Column("c", kind=ColumnKind.CHOICE, choices=("Won", "Lost")),)
    made = one(FieldType.PICKLIST, shape=left, values={"Closed Won": "won", "Won": "won", "Closed Lost": "lost"})
    assert made.put({"f": "won"}, {}) == {"c": "Won"}
    assert made.fit("f", "lost") is Problem.UNKNOWN_CHOICE
    assert made.get({"c": "Closed Lost"}).values == {"f": "lost"}, "it is read while records have it"


@pytest.mark.parametrize(
    ("type", "column", "value", "fitted"),
    [
        (FieldType.TEXT, Column("c", max_length=3), "あいうえ", "あいう"),
        (FieldType.TEXT, Column("c", max_length=3), "ab cd", "ab"),
        (FieldType.EMAIL, Column("c", max_length=5), "taro@example.jp", Problem.TOO_LONG),
        (FieldType.DECIMAL, Column("c", kind=ColumnKind.NUMBER, decimals=1), Decimal("1.25"), Decimal("1.3")),
        (FieldType.MONEY, Column("c", kind=ColumnKind.NUMBER, decimals=0), Decimal("-0.5"), Decimal(-1)),
        (FieldType.PERSON_NAME, Column("c"), PersonName("山田", "太郎"), PersonName("山田", "太郎")),
        (
            FieldType.DATETIME,
            Column("c", kind=ColumnKind.DATETIME, decimals=0),
            datetime(2026, 1, 1, 3, 4, 5, 678, UTC),
            datetime(2026, 1, 1, 3, 4, 5, 0, UTC),
        ),
        (
            FieldType.DATETIME,
            Column("c", kind=ColumnKind.DATE),
            datetime(2026, 1, 1, 20, 0, tzinfo=UTC),
            datetime(2026, 1, 1, 15, 0, tzinfo=UTC),
        ),
    ],
)
def test_fit(type: FieldType, column: Column, value: Value, fitted: Value) -> None:
    assert one(type, shape=(column,)).fit("f", value) == fitted


def test_cutting_keeps_a_letter_with_its_marks() -> None:
    made = one(FieldType.TEXT, shape=(Column("c", max_length=2),), cleanse=("trim",))
    assert made.fit("f", "a葛\U000e0100城") == "a"


def test_a_part_of_an_address_without_a_column_goes_to_the_next() -> None:
    whole = Address("100-0005", "東京都", "千代田区", "丸の内1-2-3", "丸ビル4F")
    made = one(FieldType.ADDRESS, ("zip", "", "city", "street", ""))
    assert made.fit("f", whole) == Address("100-0005", None, "東京都千代田区", "丸の内1-2-3 丸ビル4F", None)
    assert made.put({"f": whole}, {}) == {"zip": "100-0005", "city": "東京都千代田区", "street": "丸の内1-2-3 丸ビル4F"}


def test_dates_wear_the_dress_of_their_column() -> None:
    moment = datetime(2026, 1, 1, 20, 0, tzinfo=timezone(timedelta(hours=0)))
    for kind, native in [
        (ColumnKind.DATETIME, moment),
        (ColumnKind.TEXT, "2026-01-01T20:00:00Z"),
        (ColumnKind.DATE, date(2026, 1, 2)),
    ]:
        assert one(FieldType.DATETIME, shape=(Column("c", kind=kind),)).put({"f": moment}, {}) == {"c": native}
    assert one(FieldType.DATE, shape=(Column("c", kind=ColumnKind.TEXT),)).put({"f": date(2026, 1, 2)}, {}) == {
        "c": "2026-01-02"
    }


@pytest.mark.parametrize(
    ("condition", "inside", "outside"),
    [
        (Condition("x", Where.EQUALS, ("a",)), ["a", " a ", ["b", "a"]], ["b", None, "", []]),
        (Condition("x", Where.EQUALS, ("true",)), [True, 1, "true", "True"], [False, 0, "no"]),
        (Condition("x", Where.EQUALS, ("1",)), [True, 1, 1.0, Decimal(1), "1"], [2, "true", None]),
        (Condition("x", Where.ONE_OF, ("a", "b")), ["a", "b"], ["c", None]),
        (Condition("x", Where.NOT, ("退会",)), ["", None, "取引中", []], ["退会", ["退会", "x"]]),
        (Condition("x", Where.EMPTY), [None, "", "　", []], ["a", 0, False]),
        (Condition("x", Where.FILLED), ["a", 0, False, ["a"]], [None, "", " "]),
    ],
)
def test_where(condition: Condition, inside: list[Any], outside: list[Any]) -> None:
    at = ObjectMapping("s", "o", where=(condition,), owner="who", columns={"f": ("c",)})
    made = one(FieldType.TEXT, at=at)
    assert made.columns == ("c", "who", "x") and made.mapped == ("c",)
    assert all(made.in_scope({"x": cell}) for cell in inside)
    assert not any(made.in_scope({"x": cell}) for cell in outside)
    assert made.in_scope({})  # not in the answer: no evidence
    assert made.owner({"who": "田中"}) == "田中" and made.owner({}) == "" and made.owner({"who": None}) == ""


def test_an_absent_part_is_blank() -> None:
    person = next(m for m in shipped("hubspot-kintone") if m.entity is Entity.PERSON)
    made = lens(person, person.at("kintone", "顧客管理", "担当者"), None, ZONE)
    nobody = {"担当者名": "", "担当者メール": None, "担当者電話": " ", "役職": None, "MAスコア": 0, "配信停止": False}
    assert made.blank(nobody)  # a default and our own score are no evidence
    assert not made.blank(nobody | {"役職": "部長"})
    assert not made.blank({"担当者名": ""})  # the others were not in the answer


HOSTILE: list[Any] = [
    None, "", "a", 1, 1.5, True, float("nan"), float("inf"), 10**400, Decimal("1.0"), Decimal("sNaN"), b"\xff",
    "\ud800", {1: {2: [3]}}, [None], {"a"}, date(2026, 1, 1), datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC),
    object,
]  # fmt: skip


def test_a_fingerprint_is_total_and_tells_cells_apart() -> None:
    made = one(FieldType.TEXT)
    circle: list[Any] = []
    circle.append(circle)
    for cell in [*HOSTILE, circle]:
        assert len(made.fingerprint({"c": cell})) == 16
        made.get({"c": cell})
    told = {made.fingerprint({"c": c}) for c in [None, "", "a", "1", 1, True, "true", Decimal(1), [], ["a"], b"a"]}
    assert len(told) == 11
    assert made.fingerprint({}) != made.fingerprint({"c": None})
    assert made.fingerprint({"c": "a", "other": 1}) == made.fingerprint({"c": "a"})


@given(
    st.dictionaries(
        st.sampled_from("abc"), st.one_of(st.none(), TEXT, st.integers(), st.floats(), st.lists(TEXT)), min_size=3
    )
)
def test_fingerprints_of_an_older_lens(native: dict[str, Any]) -> None:
    at = ObjectMapping("s", "o", columns={"f": ("c",), "g": ("a",)})
    field = FieldMapping("f", FieldType.TEXT, frozenset(), frozenset())
    made = lens(EntityMapping(Entity.PERSON, (at,), {"f": field, "g": field}), at, None, ZONE)
    assert fingerprint_of(made.mapped, native) == made.fingerprint(native)
    assert fingerprint_of(("a", "zz"), native) is None


def test_fingerprints_are_equal_in_every_process() -> None:
    code = (
        "from connector.mapping.lens import fingerprint_of;"
        "print(fingerprint_of(('a','b','c'),{'a':'山田','b':{'x','y','z'},'c':'\\ud800'}).hex())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_versions_change_with_what_is_read() -> None:
    base = one(FieldType.TEXT)
    assert one(FieldType.TEXT).version == base.version
    others = [one(FieldType.PICKLIST), one(FieldType.TEXT, ("d",)), one(FieldType.TEXT, cleanse=("trim",))]
    others.append(one(FieldType.PICKLIST, values={"a": "b"}))
    assert len({base.version, *(o.version for o in others)}) == 5
    # how it is written does not change what was read
    assert one(FieldType.TEXT, shape=(Column("c", max_length=5),)).field_versions == base.field_versions


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([t for t in FieldType if t is not FieldType.REFERENCE]),
    st.sampled_from(HOSTILE) | TEXT | st.integers() | st.floats(),
)
def test_get_is_total(type: FieldType, cell: Any) -> None:
    values = CONSENT if type is FieldType.CONSENT else None
    read = one(type, values=values).get({"c": cell})
    assert set(read.values) | set(read.problems) == {"f"}
