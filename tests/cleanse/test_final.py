"""What is recognised as already final is what reading and cleansing would have made of it, to the bit."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks import world
from connector.cleanse import RULES, Unreadable, clean, read, ready, ready_name
from connector.cleanse.characters import DIRTY, PLAIN, UNSTORABLE
from connector.cleanse.phones import national, phone, spelled
from connector.model import FieldType, PersonName, Value

ZONE = "Asia/Tokyo"
FIELDS: list[tuple[FieldType, tuple[str, ...]]] = [
    *((type, ()) for type in FieldType),
    (FieldType.TEXT, ("company",)),
]
_WRITTEN = (
    "a B 山 髙 が ｶ ー － ㈱ (株) 株式会社 株式會社 支店 御中 各位 様 NPO法人 個人 なし , @ . 03 090 0120 2026-02-30 "
    "2026-03-01 T23:59:60 T12:00:00 Z +09:00 〒100-0005 東京都 京都府 https:// HTTP:// mailto: / ? ٣ 1 - -- & 神"
)
_ODD = " \u3000\u00a0\x00\n\t\x85\u200b\u202e\u3099\u309a\ufe0f\ufffd\ue000\ud800\udfff\u2800\u200d😀"
PIECES = st.sampled_from([*_WRITTEN.split(), *_ODD])
TEXT = st.text(max_size=30) | st.lists(PIECES, max_size=6).map("".join) | st.text(st.characters(), max_size=3)


def slowly(type: FieldType, rules: tuple[str, ...], text: str) -> Value | Unreadable:
    found = read(type, text, zone=ZONE)
    if isinstance(found, Unreadable) or found is None:
        return found
    if type is FieldType.PHONE and isinstance(found, str):
        return spelled(found).display
    return clean(type, rules, found).display


def agrees(type: FieldType, rules: tuple[str, ...], text: str) -> bool:
    """Whether it was recognised; raises where that made a difference."""
    final = ready(type, rules, ZONE)
    found = final(text) if final else None
    if found is None:
        return False
    slow = slowly(type, rules, text)
    assert (found, repr(found)) == (slow, repr(slow)), (type, rules, text)
    return True


@settings(max_examples=3000, deadline=None)
@given(st.sampled_from(FIELDS), TEXT)
@example((FieldType.TEXT, ("company",)), "NPO法人山田")
@example((FieldType.TEXT, ("company",)), "個人")
@example((FieldType.TEXT, ("company",)), "山田御中")
@example((FieldType.DATETIME, ()), "0001-01-01T00:00:00")
@example((FieldType.URL, ()), "https://A.jp")
def test_any_text(field: tuple[FieldType, tuple[str, ...]], text: str) -> None:
    agrees(*field, text)


@settings(max_examples=1000, deadline=None)
@given(TEXT)
def test_a_plain_line_has_nothing_to_clean(text: str) -> None:
    if PLAIN.fullmatch(text):
        assert not DIRTY.search(text)
        assert not UNSTORABLE.search(text)
        assert "\n" not in text


@settings(max_examples=1000, deadline=None)
@given(TEXT, TEXT)
@example("なし", "なし")
@example("山田", "なし")
def test_names(family: str, given: str) -> None:
    found = ready_name(family, given)
    if found is not None:
        assert found == clean(FieldType.PERSON_NAME, (), PersonName(family, given)).display


def test_every_character() -> None:
    for code in range(0x30000):
        if PLAIN.fullmatch(text := chr(code)):
            assert RULES["text"].apply(text).display == text
            assert read(FieldType.TEXT, text) == text


@pytest.mark.parametrize("first", range(10))
def test_phones_of_every_prefix(first: int) -> None:
    dice = random.Random(first)
    recognised = 0
    for following in range(1000):
        for length in (10, 11):
            digits = f"0{first}{following:03d}" + "".join(dice.choices("0123456789", k=length - 5))
            shown = national(digits)
            if shown is None:
                continue
            recognised += 1
            for written in (digits, shown, f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"):
                assert phone(written) == spelled(written), written
    assert recognised > 0 or first == 0


def test_people_are_mostly_recognised() -> None:
    seen = dict.fromkeys(("email", "company", "phone", "mobile", "address", "website", "last_visit", "next_contact"), 0)
    types = {
        "email": (FieldType.EMAIL, ()),
        "company": (FieldType.TEXT, ("company",)),
        "phone": (FieldType.PHONE, ()),
        "mobile": (FieldType.PHONE, ()),
        "address": (FieldType.ADDRESS, ()),
        "website": (FieldType.URL, ()),
        "last_visit": (FieldType.DATETIME, ()),
        "next_contact": (FieldType.DATE, ()),
    }
    for number in range(300):
        for row in (world.person(number, 50), world.as_sfa(number, world.person(number, 50))):
            for column in seen:
                cell = row[world.AT[column]]
                seen[column] += isinstance(cell, str) and agrees(*types[column], cell)
    assert min(seen.values()) > 420, seen
