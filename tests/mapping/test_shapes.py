"""A mapping against the live schema."""

from __future__ import annotations

from typing import Any

import pytest

from connector.adapters.contract import Column, ColumnKind, Shape
from connector.errors import Finding
from connector.mapping.load import load_mappings, render
from connector.mapping.model import EntityMapping
from connector.mapping.shapes import WARNING, check_shapes, resolve_labels

TEXT = """\
entity: company
systems:
  ma: {object: companies, create: on, on_create: {source: web}, owner: 担当, where: {区分: {not: [x]}}}
  sfa: {object: Account}
fields:
  name: {type: text, map: {ma: 会社名, sfa: Name}, flow: ma <-> sfa}
  rank:
    type: picklist
    map: {ma: rank, sfa: Rank__c}
    flow: sfa -> ma
    values: {ma: {a: A, b: B}, sfa: {High: A, Low: B}}
  place: {type: address, map: {ma: {city: city}, sfa: {city: City}}, flow: sfa -> ma}
"""
MA = (
    Column("文字列__1行_", "会社名", max_length=64, required=True),
    Column("担当"),
    Column("区分"),
    Column("source"),
    Column("rank", kind=ColumnKind.CHOICE, choices=("a", "b")),
    Column("city", max_length=10),
)
SFA = (
    Column("Name", "取引先名", max_length=255),
    Column("Rank__c", "ランク", ColumnKind.CHOICE, choices=("High", "Low")),
    Column("City", max_length=40),
)


def mapping() -> EntityMapping:
    return load_mappings({"company.yaml": TEXT}, systems=None, rules=(), computed=())[0]


def check(ma: tuple[Column, ...] = MA, sfa: tuple[Column, ...] | None = SFA) -> list[Finding]:
    shapes = {("ma", "companies"): Shape("companies", ma)}
    if sfa is not None:
        shapes["sfa", "Account"] = Shape("Account", sfa)
    found = check_shapes(mapping(), shapes)
    for finding in found:
        for lang in ("ja", "en"):
            line = render(finding, lang)
            assert finding.message not in line and "?" not in line.split(" (did")[0].split("（もし")[0]
    return found


def without(columns: tuple[Column, ...], name: str, **instead: Any) -> tuple[Column, ...]:
    kept = tuple(c for c in columns if c.name != name)
    return (*kept, Column(name, **instead)) if instead else kept


def test_labels_become_codes() -> None:
    made = resolve_labels(mapping(), {("ma", "companies"): Shape("companies", MA)})
    assert made.at("ma", "companies").columns["name"] == ("文字列__1行_",)
    assert made.at("sfa", "Account").columns["name"] == ("Name",)
    assert made.fingerprint == mapping().fingerprint


def test_what_fits_gives_only_the_warnings() -> None:
    assert [(f.message, f.line) for f in check()] == [
        ("mapping.warn.short_column", 6),
        ("mapping.warn.short_column", 12),
    ]


def test_a_label_that_two_columns_have() -> None:
    found = check((*MA, Column("other", "会社名")))[0]
    assert (found.message, found.line, found.facts["count"]) == ("mapping.ambiguous_label", 6, 2)


@pytest.mark.parametrize(
    ("ma", "sfa", "message", "line", "nearest"),
    [
        (MA, None, "mapping.object_gone", None, None),
        (without(MA, "文字列__1行_", label="会社名 ", max_length=300), SFA, "mapping.unknown_column", 6, "会社名 "),
        (without(MA, "区分"), SFA, "mapping.unknown_column", None, None),
        (without(MA, "担当"), SFA, "mapping.unknown_column", None, None),
        (without(MA, "source"), SFA, "mapping.unknown_column", None, None),
        (MA, without(SFA, "Rank__c", label="Rank"), "mapping.warn.short_column", 6, None),
        (without(MA, "city", writable=False), SFA, "mapping.read_only", 12, None),
        (without(MA, "source", writable=False), SFA, "mapping.read_only", None, None),
        (without(MA, "rank", kind=ColumnKind.CHOICE, choices=("a", "bb")), SFA, "mapping.warn.unknown_choice", 7, "bb"),
        (
            MA,
            without(SFA, "Rank__c", kind=ColumnKind.CHOICE, choices=("High", "Low", "New")),
            "mapping.warn.unmapped_choice",
            7,
            None,
        ),
        ((*MA, Column("必須", required=True)), SFA, "mapping.required_column", None, None),
    ],
)
def test_wrong(
    ma: tuple[Column, ...], sfa: tuple[Column, ...] | None, message: str, line: int | None, nearest: str | None
) -> None:
    assert (message, line, nearest) in [(f.message, f.line, f.nearest) for f in check(ma, sfa)]


def test_a_label_and_its_code_are_one_column() -> None:
    text = TEXT + "  other: {type: text, map: {ma: 文字列__1行_, sfa: X}, flow: sfa -> ma}\n"
    made = load_mappings({"company.yaml": text}, systems=None, rules=(), computed=())[0]
    found = check_shapes(made, {("ma", "companies"): Shape("companies", MA), ("sfa", "Account"): Shape("Account", SFA)})
    assert "mapping.column_twice" in [f.message for f in found]


@pytest.mark.parametrize(("create", "found"), [("on", 1), ("off", 0)])
def test_creates_need_a_column_for_our_keys(create: str, found: int) -> None:
    text = TEXT.replace("{object: Account}", f"{{object: Account, create: {create}}}")
    made = load_mappings({"company.yaml": text}, systems=None, rules=(), computed=())[0]
    sfa = Shape("Account", SFA, unkeyed="Connector_Key__c")
    wrong = check_shapes(made, {("ma", "companies"): Shape("companies", MA), ("sfa", "Account"): sfa})
    assert [f.facts["name"] for f in wrong if f.message == "mapping.no_key_column"] == ["Connector_Key__c"] * found


def test_a_limit_that_nobody_chose_is_no_warning() -> None:
    short = without(SFA, "Name", max_length=10)
    told = [f.facts.get("name") for f in check(without(MA, "文字列__1行_", label="会社名", max_length=300), short)]
    assert "Name" in told
    told = [f.facts.get("name") for f in check(without(MA, "文字列__1行_", label="会社名", max_length=65_536), short)]
    assert "Name" not in told


def test_a_choice_that_the_receiver_lacks() -> None:
    text = TEXT.replace("ma: {a: A, b: B}", "ma: {a: A}")
    made = load_mappings({"company.yaml": text}, systems=None, rules=(), computed=())[0]
    found = check_shapes(made, {("ma", "companies"): Shape("companies", MA), ("sfa", "Account"): Shape("Account", SFA)})
    assert [f.facts["names"] for f in found if f.message == WARNING + "undeliverable_choice"] == [["B"]]
