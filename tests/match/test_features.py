"""A feature that is known by the look of its value is the one that cleansing would have given."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks import world
from connector.match.features import Kind, feature, reading
from connector.model import FieldType, PersonName, Value

FIELDS: list[tuple[Kind, FieldType, tuple[str, ...]]] = [
    (Kind.NAME, FieldType.PERSON_NAME, ()),
    (Kind.NAME, FieldType.PERSON_NAME, ("person_name",)),
    (Kind.NAME, FieldType.PERSON_NAME, ("kana",)),
    (Kind.EMAIL, FieldType.EMAIL, ()),
    (Kind.EMAIL, FieldType.EMAIL, ("trim", "email")),
    (Kind.PHONE, FieldType.PHONE, ()),
    (Kind.COMPANY, FieldType.TEXT, ("company",)),
    (Kind.COMPANY, FieldType.TEXT, ()),
    (Kind.URL, FieldType.URL, ()),
]
_WRITTEN = (
    "a B Z é ſ 山 髙 﨑 辻 齋 が ガ か ゙ ゛ ヶ ー － - ' ｶ 株式会社 支店 様 なし 不明 info test taro noemail @ "
    "gmail.com docomo.ne.jp EXAMPLE.jp . + -- 03 090 0120 1234 5678 〒 https:// www. なし null 　 ​"
)
PIECES = st.sampled_from(_WRITTEN.split(" "))
TEXT = st.lists(PIECES, max_size=6).map("".join) | st.text(max_size=12)
NAMES = st.builds(PersonName, TEXT, TEXT | st.none())
VALUES = st.one_of(TEXT, NAMES, st.sampled_from([0, 1, True, False]))


@settings(max_examples=4000, deadline=None)
@given(st.sampled_from(FIELDS), VALUES)
@example((Kind.EMAIL, FieldType.EMAIL, ()), "test@test.com")
@example((Kind.EMAIL, FieldType.EMAIL, ()), "Taro.Yamada+crm@gmail.com")
@example((Kind.EMAIL, FieldType.EMAIL, ()), "taro@xn--zckzah.jp")
@example((Kind.NAME, FieldType.PERSON_NAME, ()), PersonName("なし", "なし"))
@example((Kind.NAME, FieldType.PERSON_NAME, ()), PersonName("か", "゙"))
@example((Kind.PHONE, FieldType.PHONE, ()), "03-1234-5678 内線12")
def test_any_value(field: tuple[Kind, FieldType, tuple[str, ...]], value: Value) -> None:
    known = reading(*field)
    assert known(value) == feature(*field, value)
    assert known(value) == feature(*field, value), "asked again"


@pytest.mark.parametrize("number", range(0, 2000, 7))
def test_people_of_the_benchmark(number: int) -> None:
    row = world.as_sfa(number, world.person(number, 500))
    at = world.AT
    seen: list[tuple[tuple[Kind, FieldType, tuple[str, ...]], Value]] = [
        (FIELDS[0], PersonName(row[at["last_name"]], row[at["first_name"]])),
        (FIELDS[3], row[at["email"]]),
        (FIELDS[5], row[at["phone"]]),
        (FIELDS[5], row[at["mobile"]]),
        (FIELDS[6], row[at["company"]]),
        (FIELDS[8], row[at["website"]]),
    ]
    for field, value in seen:
        if value is not None:
            assert reading(*field)(value) == feature(*field, value)
