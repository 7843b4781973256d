"""Blocks as text, HTML, CSV and JSON: nothing that somebody typed gets through as markup, escape or formula."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.messages import Lang
from connector.model import Address, FieldType, Hold, HoldId, HoldKind, PersonName
from connector.report.blocks import Heading, Line, Span, line, table
from connector.report.forms import csv_text, html_parts, json_text, text_lines
from connector.report.holds import advice, code, meaning, number, typed, what
from connector.report.plain import cut, guarded, safe, unguarded, width
from connector.report.words import Words, as_json

HOSTILE = ["\x1b[2J", "a\u202eb", "\x00", "<script>alert(1)</script>", "=1+1", "a\r\nb", "\ud800", "\u200b", "\x9b31m"]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_moves_the_cursor(text: str) -> None:
    out = "\n".join(text_lines([line(text), Heading(text), table([text], [[text]])], colour=False))
    assert all(c.isprintable() or c in "\n\u3000" for c in out)


@given(st.text())
def test_safe_is_printable_and_leaves_what_is(text: str) -> None:
    assert all(c.isprintable() or c == "\u3000" for c in safe(text))
    assert safe(safe(text)) == safe(text)


@given(st.text(max_size=60), st.integers(1, 40))
def test_cut_fits(text: str, columns: int) -> None:
    assert width(cut(safe(text), columns)) <= columns


@given(st.text())
def test_guard_of_formulas_is_reversed(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.attributes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes += [name for name, _ in attrs]


def test_html_holds_no_markup_of_others_and_no_script() -> None:
    hostile = '"><img src=x onerror=alert(1)><script>'
    parts = "".join(html_parts(hostile, [line(hostile), Heading(hostile), table([hostile], [[hostile]])], "ja"))
    tags = _Tags()
    tags.feed(parts)
    assert not {"img", "script", "link", "iframe"} & set(tags.seen)
    assert not any(a.startswith("on") for a in tags.attributes)
    assert "default-src 'none'" in parts


def test_csv_reads_back() -> None:
    rows = [["=1", "a\nb", '"', "髙橋😀", "\x00"]]
    text = "".join(csv_text(["x", "y", "z", "w", "v"], rows))
    assert text[0] == "\ufeff"
    read = list(csv.reader(io.StringIO(text[1:], newline="")))
    assert read[1] == ["'=1", "a\nb", '"', "髙橋😀", "\\x00"]


def test_json_takes_any_text() -> None:
    assert json.loads(json_text({"a": "\ud800", "b": "山"})) == {"schema_version": 1, "a": "\ud800", "b": "山"}


def test_colour_only_when_asked() -> None:
    block = Line((Span("x", "add"),))
    assert list(text_lines([block], colour=True)) == ["\x1b[32mx\x1b[0m"]
    assert list(text_lines([block], colour=False)) == ["x"]


def test_values_as_people_read_them() -> None:
    types = {("deal", "amount"): FieldType.MONEY, ("person", "mail"): FieldType.CONSENT}
    ja = Words("ja", "Asia/Tokyo", types=types)
    assert ja.value(Decimal("1200000"), entity="deal", field="amount") == "1,200,000"
    assert ja.value("opt_out", entity="person", field="mail") == "配信停止"
    assert ja.value(datetime(2026, 3, 1, 15, 30, tzinfo=UTC)) == "2026-03-02 00:30"
    assert ja.value(None) == "(空欄)" and Words("en").value(None) == "(blank)"
    assert ja.value(PersonName("山田", "太郎")) == "山田 太郎"
    assert ja.value(Address(prefecture="東京都", city="港区")) == "東京都 港区"
    assert ja.value(10**5000, columns=10) == "…"
    assert as_json(Decimal("1.50")) == "1.50"


KINDS = {
    HoldKind.CONFLICT: ({"field": "title", "values": {"ma": "社長", "sfa": "部長"}}, ("ma", "sfa", "keep", "value")),
    HoldKind.CONSENT: ({"field": "mail", "values": {"ma": "opt_in"}}, ("opt_in", "opt_out")),
    HoldKind.MATCH: ({"a": "ma/c/1", "b": "sfa/c/2", "values_a": {}, "values_b": {}}, ("same", "different")),
    HoldKind.DUPLICATE: ({"system": "ma", "object": "c", "id": "1", "values": {}}, ("leave", "separate")),
    HoldKind.REPLACED: ({"system": "ma", "fields": {"name": ["a", "b"]}}, ("same", "successor")),
    HoldKind.INVALID: ({"system": "ma", "field": "x", "problem": "not_a_date", "shown": "13/13"}, ()),
    HoldKind.REJECTED: ({"system": "ma", "field": "x", "cause": "denied", "message": "no"}, ("retry",)),
    HoldKind.DELETE: ({"system": "ma"}, ("keep", "unlink", "propagate", "revive")),
    HoldKind.UNDONE: ({"system": "ma", "field": "x", "run": "R1", "edited_since": False}, ("release",)),
    HoldKind.WAITING: ({"system": "ma", "field": "company", "foreign": "9"}, ()),
}


@pytest.mark.parametrize("kind", list(HoldKind))
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_kind_of_hold_and_every_choice_has_its_sentence(kind: HoldKind, lang: str) -> None:
    words = Words("ja" if lang == "ja" else "en")
    facts, choices = KINDS[kind]
    hold = Hold(HoldId("L1", kind, "t"), facts, choices)
    said = what(hold, "person", words)
    assert said and "hold.what" not in said and "?" not in said.replace("?  ", "").replace("か?", "")
    assert words.word("hold", str(kind)) != str(kind) or lang == "en"
    for choice in choices:
        text = meaning(kind, choice, words)
        assert text != choice and "choice." not in text


def test_numbers_are_stable_and_no_spreadsheet_reads_them_as_something_else() -> None:
    id_ = HoldId("L01", HoldKind.CONFLICT, "phone")
    assert number(id_) == code(id_)[:6] == number(HoldId("L01", HoldKind.CONFLICT, "phone"))
    seen = {code(HoldId(f"L{n}", HoldKind.MATCH)) for n in range(2000)}
    assert len(seen) == 2000
    assert all(c[0].isalpha() and not set(c) & set("AEIOUL") for c in seen)
    assert typed(" q0oil ") == "Q0011"


@pytest.mark.parametrize(("lang", "told"), [("ja", "相手側に選択肢を加える"), ("en", "Add the option")])
def test_a_value_that_cannot_be_sent_is_mended_where_it_is_to_go(lang: Lang, told: str) -> None:
    facts = {"system": "crm", "field": "stage", "problem": "unknown_choice", "value": "提案", "outgoing": True}
    hold = Hold(HoldId("L1", HoldKind.INVALID, "stage>crm"), facts, ())
    words = Words(lang)
    assert told in advice(hold, words)
    assert words.word("problem", "no_such_option") in what(hold, "deal", words)
