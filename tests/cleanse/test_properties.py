"""What holds for every text, however hostile."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connector.cleanse import (
    DEFAULT_RULES,
    RULES,
    Unreadable,
    alike,
    clean,
    echoes,
    fold,
    is_free_mail,
    is_role_address,
    match_key,
    read,
    write_address,
    write_name,
)
from connector.model import Address, FieldType, PersonName, Value

# Texts made of what goes wrong: kana marks, legal forms, entities, dashes, digits of all widths, invisible characters.
_SYLLABLES = (
    "a A 山 髙 が か ゛ ﾞ ﾟ ｶ ｱ ー － - ㈱ (株) （株） 株式会社 支店 御中 様 , @ ＠ . ． 内線 "
    "+ 0 ０ 03 81 年 月 日 令和 元 億 万 円 ¥ $ ( ) & "
    "amp; &amp; &#38; &nbsp; なし N/A http:// :/ / ٣ E+1 é ß İ ﬁ ½ ' ; "
    "\u200b \u200d \u202e \u3099 \u309a \ufe0f \ufffd \ue000 😀"
)
_SPACES = [" ", "\u3000", "\u00a0", "\x00", "\x0b", "\r", "\n", "\t", "\x85"]
_PIECES = st.sampled_from([*_SYLLABLES.split(), *_SPACES])
_SURROGATES = st.characters(categories=["Cs"]).map("a{}".format)
_TEXT = st.one_of(st.text(max_size=30), st.lists(_PIECES, max_size=8).map("".join), _SURROGATES)
_NAME = st.builds(PersonName, _TEXT, st.none() | _TEXT)
_ADDRESS = st.builds(Address, *[st.none() | _TEXT] * 5)
_VALUE = st.one_of(
    st.none(), _TEXT, _NAME, _ADDRESS, st.integers(), st.booleans(), st.decimals(), st.dates(), st.datetimes()
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(RULES)), _VALUE)
def test_every_rule_is_idempotent_and_never_raises(rule: str, value: Value) -> None:
    once = RULES[rule].apply(value)
    again = RULES[rule].apply(once.display)
    if not (isinstance(value, Decimal) and value.is_nan()):
        assert again.display == once.display
        assert again.key == once.key


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FieldType), st.lists(st.sampled_from(sorted(RULES)), max_size=4), _TEXT)
@example(FieldType.TEXT, ["trim", "html_entities"], "x&nbsp;")
def test_every_chain_of_rules_is_idempotent(type: FieldType, rules: list[str], value: str) -> None:
    once = clean(type, tuple(rules), value)
    assert clean(type, tuple(rules), once.display).display == once.display
    assert match_key(type, tuple(rules), once.display) == once.key


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(FieldType), _VALUE | st.floats() | st.binary() | st.lists(_TEXT))
def test_reading_never_raises_and_what_is_read_can_be_cleansed(type: FieldType, cell: object) -> None:
    found = read(type, cell)
    if isinstance(found, Unreadable):
        found.shown.encode("utf-8")
        return
    if isinstance(found, datetime):
        assert found.utcoffset() is not None
    cleansed = clean(type, (), found)
    if isinstance(cleansed.display, str) and type not in (FieldType.PERSON_NAME, FieldType.ADDRESS):
        again = read(type, cleansed.display)
        assert isinstance(again, Unreadable) or clean(type, (), again).display == cleansed.display


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FieldType), _VALUE, _VALUE)
def test_comparing_never_raises_and_every_value_echoes_itself(type: FieldType, a: Value, b: Value) -> None:
    assert alike(type, a, b) is alike(type, b, a)
    echoes(type, a, b)
    if not (isinstance(a, Decimal) and a.is_nan()):
        assert alike(type, a, a)
        assert echoes(type, a, a)


@settings(max_examples=300, deadline=None)
@given(_NAME)
def test_a_name_written_to_one_cell_settles(name: PersonName) -> None:
    cleansed = clean(FieldType.PERSON_NAME, (), name).display
    if not isinstance(cleansed, PersonName):
        return
    once = read(FieldType.PERSON_NAME, write_name(cleansed))
    if isinstance(once, PersonName):
        settled = clean(FieldType.PERSON_NAME, (), once).display
        if isinstance(settled, PersonName):
            again = read(FieldType.PERSON_NAME, write_name(settled))
            assert isinstance(again, Unreadable) or clean(FieldType.PERSON_NAME, (), again).display == settled


@settings(max_examples=200, deadline=None)
@given(_ADDRESS)
def test_an_address_can_always_be_written(address: Address) -> None:
    read(FieldType.ADDRESS, write_address(address))


@settings(max_examples=200, deadline=None)
@given(_TEXT)
def test_the_helpers_never_raise(text: str) -> None:
    is_role_address(text)
    is_free_mail(text)
    fold(text)


_UNITS = ["　", "㈱", "&amp;", "1", "a@", "(株)御中", "amp;", "か゛", "\u200b", "https://", "株式会社 支店 ", "#38;"]
HUGE = ["&" + unit * (1_000_000 // len(unit)) for unit in _UNITS] + ["1" * 1_000_000, "　" * 1_000_000]
HUGE += ["x\n" + " " * 900_000 + "y", "山" + " 　" * 400_000 + "様", "株式会社" + "a " * 400_000 + "支店"]


@pytest.mark.parametrize("text", HUGE, ids=lambda text: ascii(text[:3]))
def test_a_megabyte_is_cleansed_in_reasonable_time(text: str) -> None:
    for type in FieldType:
        found = read(type, text[:1_000_000])
        clean(type, (), None if isinstance(found, Unreadable) else found)
    for rule in RULES.values():
        rule.apply(text)


def test_every_type_has_rules() -> None:
    assert set(DEFAULT_RULES) == set(FieldType)
