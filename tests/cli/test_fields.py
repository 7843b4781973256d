"""connector fields: labels, codes, types and how full they are, on real tables."""

from __future__ import annotations

import csv
import io
import json

import pytest

from connector.adapters.contract import Column, ColumnKind, Shape
from connector.adapters.memory import MemoryAdapter, MemorySystem
from connector.adapters.memory.system import Nature
from connector.engine.sample import Sample, sample
from connector.report.fields import fields_page
from connector.report.forms import text_lines
from connector.report.words import Words
from tests.cli.conftest import World

TABLE = "取引先責任者"


@pytest.fixture
def started(world: World) -> World:
    assert world.run("init", "--system", "ma=ma.db", "--system", "crm=crm.db").code == 0
    return world


@pytest.mark.parametrize(("lang", "said", "counted"), [("ja", "文字", "4 件"), ("en", "text", "first 4 records")])
def test_people_read_label_code_type_and_how_full(started: World, lang: str, said: str, counted: str) -> None:
    ran = started.run("fields", "crm", TABLE, "--lang", lang)
    assert ran.code == 0, ran.err
    lines = {line.split()[0]: line for line in ran.out.splitlines() if line.strip()}
    assert said in lines["電話番号"] and "75%" in lines["電話番号"]  # one of four has none
    assert "100%" in lines["姓"] and "0%" in lines["スコア"].split()
    assert counted in ran.out


def test_programs_and_spreadsheets_get_the_same(started: World) -> None:
    told = json.loads(started.run("fields", "crm", TABLE, "--json").out)
    found = {field["code"]: field for field in told["fields"]}
    assert told["sampled"] == 4 and found["電話番号"]["filled"] == 3 and found["電話番号"]["fill"] == 0.75
    assert found["姓"]["type"] == "text" and found["姓"]["writable"] is True
    out = started.run("fields", "crm", TABLE, "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(out.removeprefix("\ufeff"))))
    assert {row["コード"]: row["入力率"] for row in rows}["電話番号"] == "75%"


def test_the_look_is_bounded_and_may_be_left_out(started: World) -> None:
    told = json.loads(started.run("fields", "crm", TABLE, "--sample", "2", "--json").out)
    assert told["sampled"] == 2 and {f["code"]: f for f in told["fields"]}["電話番号"]["filled"] == 2
    none = started.run("fields", "crm", TABLE, "--sample", "0")
    assert none.code == 0 and "数えていません" in none.out and "%" not in none.out


def test_wrong_names_are_said_with_the_nearest(started: World) -> None:
    ran = started.run("fields", "crn", TABLE)
    assert ran.code == 2 and "「crm」" in ran.err
    ran = started.run("fields", "crm", "取引先責任")
    assert ran.code == 1 and TABLE in ran.err


def test_it_works_before_there_are_mappings(started: World) -> None:
    for file in (started.folder / "mappings").glob("*.yaml"):
        file.unlink()
    assert started.run("fields", "ma", "contacts").code == 0


def test_only_the_first_pages_are_read() -> None:
    system = MemorySystem({"o": (Column("a"), Column("b"))}, nature=Nature(page=10))
    for n in range(100):
        system.seed("o", {"a": str(n), "b": "x" if n % 2 else " "})
    counting = Counting("s", system)
    seen = sample(counting, "o", ["a", "b"], 25)
    assert seen == Sample(25, {"a": 25, "b": 12}) and counting.pages == 3
    assert seen.rate("b") == 0.48 and seen.rate("c") is None
    assert sample(MemoryAdapter("s", MemorySystem({"o": (Column("a"),)})), "o", ["a"]) == Sample(0, {})


class Counting(MemoryAdapter):
    pages = 0

    def pull(self, object, fields, since):  # type: ignore[no-untyped-def]
        for page in super().pull(object, fields, since):
            self.pages += 1
            yield page


def test_labels_that_two_fields_share_are_named() -> None:
    shape = Shape(
        "顧客", (
            Column("会社名", "会社名"), Column("文字列_1", "備考"), Column("文字列_2", "備考"), Column("x", "会社名"),
            Column("y", "区分", ColumnKind.CHOICE, choices=tuple("あいうえおかきく")),
        ), 3,
    )  # fmt: skip
    page = fields_page("kintone", shape, Sample(0, {}), Words("ja"))
    usable = {f["code"]: f["label_usable"] for f in page.data()["fields"]}
    assert usable == {"会社名": False, "文字列_1": False, "文字列_2": False, "x": False, "y": True}
    text = "\n".join(text_lines(page.blocks()))
    assert "備考" in text.splitlines()[-1] and "ほか(全 8)" in text
