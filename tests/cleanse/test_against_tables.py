"""Tables written by others, where they stand beside the checkout."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from connector.cleanse import clean, is_email, is_role_address
from connector.cleanse.itaiji import ITAIJI
from connector.cleanse.numerals import read_number
from connector.cleanse.phones import parse_phone
from connector.model import FieldType

TABLES = Path(__file__).parents[2] / ".." / "shared" / "data" / "cleansing"
pytestmark = pytest.mark.skipif(not TABLES.exists(), reason="the tables are not beside this checkout")


def _json(name: str) -> Any:
    return json.loads((TABLES / name).read_text(encoding="utf-8"))


def _rows(name: str) -> list[dict[str, str]]:
    with (TABLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_chinese_numerals() -> None:
    wrong = [(text, number) for text, number in _json("kanji_number_cases.json") if read_number(text) != number]
    assert wrong == [["〇", 0]] or wrong == [("〇", 0)]


def test_example_numbers_of_the_numbering_plans() -> None:
    for row in _json("phone_example_numbers.json"):
        if "national" not in row:
            continue
        shown = row["national"] if row["region"] == "JP" else row["international"]
        parsed = parse_phone(row["e164"])
        assert parsed is not None
        assert (parsed.e164, parsed.shown) == (row["e164"], shown)


def test_our_variants_are_variants_elsewhere() -> None:
    fold = {row["char"]: row["fold_to"] for row in _rows("kanji_fold_recommended.csv")}
    differing = [variant for variant, plain in ITAIJI.items() if fold.get(variant, variant) != fold.get(plain, plain)]
    assert set(differing) <= set("⻆鸖鶯鰺諫邇")


def test_role_addresses() -> None:
    assert not [r for r in _rows("authored/role_local_parts.csv") if not is_role_address(r["local_part"] + "@a.jp")]


def test_syntax_of_addresses() -> None:
    wrong = []
    for case in _json("email_validator_syntax_cases.json"):
        # Quoted local parts and display names are refused on purpose; trimming and width are our own cleansing.
        if not isinstance(case["in"], str) or not set(case["in"]).isdisjoint('"<\n') or "＠" in case["in"]:
            continue
        if case["test"] in ("test_email_valid", "test_email_valid_intl_local_part", "test_email_invalid_syntax"):
            accepted = is_email(str(clean(FieldType.EMAIL, (), case["in"]).display or ""))
            if accepted is not isinstance(case.get("expected"), dict):
                wrong.append(case["in"])
    assert not wrong
