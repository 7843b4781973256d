"""Blocks are stable numbers, and records that should meet share one."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from connector.model import Entity, PersonName, Value, Values
from tests.match.worlds import matching, person

PHONE = "03-3123-4567"


def test_blocks_are_the_same_in_every_process() -> None:
    values: Values = {"name": PersonName("山田", "太郎"), "email": "taro@yamada.co.jp"}
    code = (
        "from tests.match.worlds import matching\nfrom connector.model import PersonName\n"
        "print(matching().blocks({'name': PersonName('山田', '太郎'), 'email': 'taro@yamada.co.jp'}))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    blocks = matching().blocks(values)
    assert printed.strip() == str(blocks)
    assert all(-(2**63) <= block < 2**63 for block in blocks)
    assert len(set(blocks)) == len(blocks)


MEET: list[tuple[dict[str, Value], dict[str, Value]]] = [
    ({"email": "Taro@A.jp"}, {"email": "taro+x@a.jp"}),
    (
        {"name": PersonName("髙橋", "太郎"), "company": "㈱山田"},
        {"name": PersonName("高橋太郎"), "company": "山田株式会社"},
    ),
    (
        {"name": PersonName("太郎", "山田"), "company": "㈱山田"},
        {"name": PersonName("山田", "太郎"), "company": "(株)山田"},
    ),
    ({"name": PersonName("山田", "太郎"), "phone": PHONE}, {"name": PersonName("山田", "次郎"), "phone": "0331234567"}),
    ({"name": PersonName("山田", "太郎")}, {"name": PersonName("山田", "太郎")}),
]


@pytest.mark.parametrize(("a", "b"), MEET)
def test_records_that_should_meet_share_a_block(a: dict[str, Value], b: dict[str, Value]) -> None:
    assert set(matching().blocks(a)) & set(matching().blocks(b))


APART: list[tuple[dict[str, Value], dict[str, Value]]] = [
    ({"email": "info@a.jp", "name": PersonName("山田")}, {"email": "info@a.jp", "name": PersonName("鈴木")}),
    ({"phone": "なし"}, {"phone": "なし"}),
    ({"company": "株式会社山田"}, {"company": "株式会社山田"}),
    ({}, {}),
]


@pytest.mark.parametrize(("a", "b"), APART)
def test_what_identifies_nobody_makes_no_block(a: dict[str, Value], b: dict[str, Value]) -> None:
    assert not set(matching().blocks(a)) & set(matching().blocks(b))


def test_explain_names_levels_and_identifier() -> None:
    evidence = matching().explain(
        {"name": PersonName("山田", "太郎"), "email": "taro@a.jp", "phone": PHONE},
        {"name": PersonName("山田", "花子"), "email": "taro@a.jp", "phone": "03-3123-9999"},
    )
    assert evidence.identifier == ("email",)
    assert [(field, level) for field, level, _ in evidence.levels] == [
        ("name", "given_differs"),
        ("email", "exact"),
        ("phone", "differ"),
    ]
    assert evidence.weight == sum(weight for *_, weight in evidence.levels)


def test_hostile_values_neither_raise_nor_meet() -> None:
    for entity in (Entity.PERSON, Entity.COMPANY, Entity.DEAL):
        judge = matching(entity, ())
        for text in ("", "\ud800", "x" * 100_000, "\u200b", "株式会社", "@", "+", "㈱" * 1000):
            values = {"name": PersonName(text, text) if entity is Entity.PERSON else text, "email": text, "phone": text,
                      "company": text, "url": text, "deal_no": text, "corporate_number": text}  # fmt: skip
            judge.blocks(values)
            judge.explain(values, values)


def test_a_crowd_is_placed_in_seconds() -> None:
    new = [
        person(f"{s}/{i}", f"佐藤 誠{chr(0x4E00 + i % 900)}", email=f"u{i}@a{i % 50}.co.jp", company=f"会社{i % 400}")
        for s in ("ma", "crm")
        for i in range(3000)
    ]
    judge = matching()
    started = time.process_time()
    found = judge.decide(new, ())
    assert time.process_time() - started < 10
    assert len(found.groups) == 3000


def test_a_very_frequent_name_is_not_compared_pair_by_pair() -> None:
    new = [person(f"{s}/{i}", "佐藤 誠", email=f"{s}{i}@example.co.jp") for s in ("ma", "crm") for i in range(3000)]
    started = time.process_time()
    found = matching().decide(new, ())
    assert time.process_time() - started < 10
    assert len(found.groups) == 6000


def test_one_address_on_thousands_of_records_is_handled() -> None:
    new = [person(f"{s}/{i}", f"{chr(0x4E00 + i)} 誠", email="all@x.jp") for s in ("ma", "crm") for i in range(2000)]
    new += [person(f"ma/s{i}", email="taro@x.jp") for i in range(3000)]
    started = time.process_time()
    found = matching().decide(new, ())
    assert time.process_time() - started < 10
    assert sum(duplicate.ref.startswith("ma/s") for duplicate in found.duplicates) == 2999


def test_records_that_are_alike_have_the_same_blocks() -> None:
    made = matching()
    values: dict[str, Value] = {"name": PersonName("山田", "太郎"), "email": "taro@yamada.co.jp", "phone": PHONE}
    assert made.alike(values, values | {"title": "部長"}), "no field that matching looks at"
    assert made.alike(values, values | {"company": None}), "blank and missing tell nothing"
    for change in ({"phone": "03-3123-4568"}, {"name": PersonName("山田", "次郎")}, {"email": None}):
        other = values | change
        assert not made.alike(values, other)
        assert made.blocks(values) != made.blocks(other)


def test_numbers_that_are_equal_and_not_the_same_are_told_apart() -> None:
    made = matching(Entity.DEAL, (("deal_no", "amount"),))
    one: Values = {"deal_no": "A-1", "amount": 1}
    assert not made.alike(one, {"deal_no": "A-1", "amount": True})
    assert made.blocks(one) != made.blocks({"deal_no": "A-1", "amount": True})
