"""Every type of field that an admin maps, as kintone holds it and as it comes back; lookups, tasks."""

# ruff: noqa: E501  one row per case

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from connector.adapters.contract import Change, ColumnKind, New, Refused, Written
from connector.errors import Fatal
from connector.mapping.lens import lens
from connector.mapping.load import load_mappings
from tests.adapters.kintone_site import CUSTOMERS, DEALS, TASKS, Site, kinds, site


@pytest.fixture
def here() -> Iterator[Site]:
    with site() as one:
        yield one


MOMENT = datetime(2026, 4, 1, 9, 30, 45, tzinfo=UTC)
# field, what is written, what kintone holds, what comes back
ROUND_TRIPS: list[tuple[str, Any, Any, Any]] = [
    ("文字列__1行_", "株式会社 髙島", "株式会社 髙島", "株式会社 髙島"),
    ("文字列__1行_", 120, "120", "120"),
    ("文字列__1行_", None, "", None),
    ("メモ", "一行目\n二行目", "一行目\n二行目", "一行目\n二行目"),
    ("経緯", "<b>太字</b>", "<b>太字</b>", "<b>太字</b>"),
    ("サイト", "https://example.jp/", "https://example.jp/", "https://example.jp/"),
    ("MAスコア", 42, "42", 42),
    ("MAスコア", Decimal("12.50"), "12.5", Decimal("12.5")),
    ("MAスコア", "7", "7", 7),
    ("MAスコア", 0, "0", 0),
    ("MAスコア", None, "", None),
    ("確度", "B", "B", "B"),
    ("取引区分", "退会", "退会", "退会"),
    ("取引区分", None, None, None),
    ("興味", ["製品B", "製品A"], ["製品A", "製品B"], ["製品A", "製品B"]),
    ("興味", "製品A;製品C", ["製品A", "製品C"], ["製品A", "製品C"]),
    ("興味", None, [], None),
    ("業種", ["小売"], ["小売"], ["小売"]),
    ("初回訪問日", date(2026, 4, 1), "2026-04-01", date(2026, 4, 1)),
    ("初回訪問日", "2026-4-1", "2026-04-01", date(2026, 4, 1)),
    ("初回訪問日", None, None, None),
    ("始業", "09:30", "09:30", "09:30"),
    ("次回連絡", MOMENT, "2026-04-01T09:30:00Z", MOMENT.replace(second=0)),
    ("次回連絡", "2026-04-01T18:30:00+09:00", "2026-04-01T09:30:00Z", MOMENT.replace(second=0)),
    ("次回連絡", None, None, None),
    ("営業担当", ["sato"], [{"code": "sato", "name": "sato"}], ["sato"]),
    ("営業担当", "sato;suzuki", [{"code": c, "name": c} for c in ("sato", "suzuki")], ["sato", "suzuki"]),
    ("営業担当", None, [], None),
    ("部署", ["営業部"], [{"code": "営業部", "name": "営業部"}], ["営業部"]),
    ("班", ["A班"], [{"code": "A班", "name": "A班"}], ["A班"]),
]


@pytest.mark.parametrize(("name", "value", "held", "back"), ROUND_TRIPS)
def test_a_value_of_every_type_is_held_and_comes_back(here: Site, name: str, value: Any, held: Any, back: Any) -> None:
    id = here.kintone.seed(
        CUSTOMERS, {"取引区分": "見込み", "興味": ["製品A"], "MAスコア": "1", "初回訪問日": "2020-01-01"}
    )
    assert here.push("顧客管理", Change(id, {name: value})) == [Written(id, "2")]
    assert here.customers.records[int(id)].values[name] == held
    (shown,) = here.pulled("顧客管理", name)
    assert shown.values == {name: back} and type(shown.values[name]) is type(back)
    # what came back is written and read as the same: an echo is none
    here.push("顧客管理", Change(id, dict(shown.values)))
    assert here.pulled("顧客管理", name)[0].values == {name: back}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAスコア", "たくさん"), ("MAスコア", 5000), ("取引区分", "休眠"), ("興味", ["製品Z"]), ("初回訪問日", "来週"),
        ("次回連絡", "2026-04-01 09:30"), ("文字列__1行_", "あ" * 65), ("MAスコア", float("inf")), ("MAスコア", Decimal("NaN")),
        ("文字列__1行_", object()), ("初回訪問日", 5), ("次回連絡", ["x"]), ("始業", 9), ("MAスコア", [1]), ("興味", [object()]),
        ("倍の点", 1), ("更新日時", MOMENT), ("履歴", []), ("レコード番号", "1"),
    ],
)  # fmt: skip
def test_a_value_that_the_field_cannot_hold_is_refused_with_its_name(here: Site, name: str, value: Any) -> None:
    id = here.kintone.seed(CUSTOMERS, {"文字列__1行_": "a"})
    (outcome,) = here.push("顧客管理", Change(id, {name: value}))
    assert isinstance(outcome, Refused) and outcome.kind == "invalid" and outcome.fields == (name,)
    assert here.customers.records[1].revision == 1


KINDS = {
    "文字列__1行_": ColumnKind.TEXT, "メモ": ColumnKind.TEXT, "経緯": ColumnKind.TEXT, "サイト": ColumnKind.TEXT,
    "MAスコア": ColumnKind.NUMBER, "倍の点": ColumnKind.NUMBER, "確度": ColumnKind.CHOICE, "取引区分": ColumnKind.CHOICE,
    "興味": ColumnKind.CHOICES, "業種": ColumnKind.CHOICES, "初回訪問日": ColumnKind.DATE, "始業": ColumnKind.OTHER,
    "次回連絡": ColumnKind.DATETIME, "営業担当": ColumnKind.CHOICES, "部署": ColumnKind.OTHER, "班": ColumnKind.OTHER,
    "履歴": ColumnKind.OTHER, "作成日時": ColumnKind.DATETIME, "更新日時": ColumnKind.DATETIME,
    "レコード番号": ColumnKind.TEXT, "作成者": ColumnKind.OTHER, "更新者": ColumnKind.OTHER, "顧客コード": ColumnKind.TEXT,
    "連携キー": ColumnKind.TEXT,
}  # fmt: skip
OWN = {"倍の点", "履歴", "作成日時", "更新日時", "レコード番号", "作成者", "更新者"}


def test_the_form_as_columns(here: Site) -> None:
    columns = {column.name: column for column in here.adapter.describe("顧客管理").columns}
    # files and related records are not mapped; the process of this app is switched off
    assert {name: column.kind for name, column in columns.items()} == KINDS
    assert {name for name, column in columns.items() if not column.writable} == OWN
    company = columns["文字列__1行_"]
    assert (company.label, company.max_length, company.required) == ("会社名", 64, False)
    assert columns["取引区分"].choices == ("見込み", "取引中", "退会")
    deals = {column.name: column for column in here.adapter.describe("案件管理").columns}
    assert deals["案件名"].required and not deals["顧客名"].writable
    assert deals["顧客"].kind is ColumnKind.TEXT and deals["顧客.id"].kind is ColumnKind.REFERENCE


def test_what_only_kintone_writes_can_be_read(here: Site) -> None:
    here.kintone.seed(CUSTOMERS, {"履歴": [{"value": {"日": {"value": "2026-04-01"}, "内容": {"value": "電話"}}}]})
    (record,) = here.pulled("顧客管理", "作成者", "作成日時", "レコード番号", "履歴")
    assert record.values["作成者"] == "tanaka" and record.values["作成日時"] == here.kintone.clock.now
    assert record.values["レコード番号"] == "1" and record.values["履歴"][0]["value"]["内容"]["value"] == "電話"
    assert record.url == f"{here.serving.url}/k/{CUSTOMERS}/show#record=1"


def test_a_table_stays_as_it_is_when_the_rest_is_written(here: Site) -> None:
    id = here.kintone.seed(CUSTOMERS, {"履歴": [{"value": {"内容": {"value": "電話"}}}]})
    before = here.customers.records[1].values["履歴"]
    here.push("顧客管理", Change(id, {"メモ": "x"}))
    assert here.customers.records[1].values["履歴"] == before


def test_a_field_that_we_may_not_see_is_missing_and_no_blank(here: Site) -> None:
    here.kintone.seed(CUSTOMERS, {"文字列__1行_": "a", "メモ": "b"})
    here.customers.hidden_fields.add("メモ")
    (record,) = here.pulled("顧客管理", "文字列__1行_", "メモ")
    assert record.values == {"文字列__1行_": "a"}


def test_a_code_that_is_gone_is_fatal_before_anything_is_read_or_written(here: Site) -> None:
    id = here.kintone.seed(CUSTOMERS, {"メモ": "b"})
    here.pulled("顧客管理", "メモ")
    here.customers.properties["備考"] = {**here.customers.properties.pop("メモ"), "code": "備考"}
    for act in (lambda: here.pulled("顧客管理", "メモ"), lambda: here.push("顧客管理", Change(id, {"メモ": "x"}))):
        with pytest.raises(Fatal) as caught:
            act()
        assert caught.value.message == "adapter.no_column"


def test_a_field_that_is_new_is_found_without_a_restart(here: Site) -> None:
    id = here.kintone.seed(CUSTOMERS, {})
    here.push("顧客管理", Change(id, {"メモ": "x"}))
    here.customers.properties["備考"] = {**here.customers.properties["メモ"], "code": "備考"}
    assert kinds(here.push("顧客管理", Change(id, {"備考": "y"}))) == ["written"]
    assert here.customers.records[1].values["備考"] == "y"


# --- lookups --------------------------------------------------------------------------------------------------


def related(here: Site) -> None:
    for number in (1, 2, 3):
        here.kintone.seed(CUSTOMERS, {"文字列__1行_": f"会社{number}", "顧客コード": f"C-{number}"})
    here.kintone.seed(DEALS, {"案件名": "a", "顧客": "C-2", "顧客番号": "3"})
    here.kintone.seed(DEALS, {"案件名": "b"})


def test_a_lookup_shows_what_it_was_found_by_and_the_record_that_was_found(here: Site) -> None:
    related(here)
    first, second = here.pulled("案件管理", "顧客", "顧客.id", "顧客番号.id", "顧客名")
    assert first.values == {"顧客": "C-2", "顧客.id": "2", "顧客番号.id": "3", "顧客名": "会社2"}
    assert second.values == {"顧客": None, "顧客.id": None, "顧客番号.id": None, "顧客名": None}
    assert here.adapter.get("案件管理", "id", ["1"], ["顧客.id"])[0].values == {"顧客.id": "2"}


def test_a_page_of_lookups_costs_one_call_and_record_numbers_none(here: Site) -> None:
    related(here)
    for n in range(50):
        here.kintone.seed(DEALS, {"案件名": str(n), "顧客": f"C-{n % 3 + 1}", "顧客番号": "1"})
    here.pulled("案件管理", "顧客.id", "顧客番号.id")
    assert here.adapter.calls["references"] == 1
    here.pulled("案件管理", "顧客番号.id")
    assert here.adapter.calls["references"] == 1


def test_a_lookup_whose_source_is_gone_waits(here: Site) -> None:
    related(here)
    here.kintone.delete(CUSTOMERS, "2")
    assert here.pulled("案件管理", "顧客.id")[0].values == {"顧客.id": "?C-2"}


def test_a_reference_is_written_as_what_its_lookup_goes_by(here: Site) -> None:
    related(here)
    outcomes = here.push(
        "案件管理",
        Change("1", {"顧客.id": "3"}),
        Change("2", {"顧客番号.id": "1", "顧客.id": "1"}),
        New("k", {"案件名": "c", "顧客.id": "99"}),
        New("l", {"案件名": "d", "顧客.id": "?C-2"}),
    )
    assert kinds(outcomes) == ["written", "written", "invalid", "invalid"]
    first, second = (here.deals.records[id].values for id in (1, 2))
    assert (first["顧客"], first["顧客名"]) == ("C-3", "会社3")
    assert (second["顧客"], second["顧客番号"], second["顧客名"]) == ("C-1", "1", "会社1")
    here.push("案件管理", Change("1", {"顧客.id": None}))
    assert (here.deals.records[1].values["顧客"], here.deals.records[1].values["顧客名"]) == ("", "")


def test_what_a_lookup_fills_is_never_written(here: Site) -> None:
    related(here)
    (outcome,) = here.push("案件管理", Change("1", {"顧客名": "別の会社"}))
    assert isinstance(outcome, Refused) and outcome.fields == ("顧客名",)


def test_an_app_with_a_code_counts_its_records_as_CODE_n(here: Site) -> None:
    related(here)
    here.customers.code = "KOKYAKU"
    here.deals.records[1].values["顧客番号"] = "KOKYAKU-3"  # type: ignore[index]
    assert here.pulled("案件管理", "顧客番号.id")[0].values == {"顧客番号.id": "3"}
    assert here.pulled("顧客管理", "レコード番号")[0].values == {"レコード番号": "KOKYAKU-1"}
    assert here.pulled("顧客管理")[0].id == "1"


# --- tasks ----------------------------------------------------------------------------------------------------


def test_a_task_is_a_record_in_its_app(here: Site) -> None:
    columns = {column.name for column in here.adapter.describe("task").columns}
    assert {"subject", "body", "due", "owner"} <= columns and "件名" not in columns
    task = {"subject": "商談が止まっています", "body": "料金ページを3回", "due": date(2026, 4, 3), "owner": "sato"}
    (outcome,) = here.push("task", New("alert-1", task))
    assert outcome == Written("1", "1")
    values = here.tasks.records[1].values
    assert (values["件名"], values["内容"], values["期限"]) == ("商談が止まっています", "料金ページを3回", "2026-04-03")
    assert values["担当者"] == [{"code": "sato", "name": "sato"}] and values["連携キー"] == "alert-1"
    assert kinds(here.push("task", New("alert-1", task))) == ["duplicate"] and len(here.tasks.records) == 1
    assert here.adapter.get("task", "key", ["alert-1"], ["subject"])[0].values == {"subject": "商談が止まっています"}


def test_a_task_without_its_subject_names_the_part(here: Site) -> None:
    (outcome,) = here.push("task", New("alert-2", {"body": "x"}))
    assert isinstance(outcome, Refused) and outcome.fields == ("subject",)


def test_without_a_task_app_there_are_no_tasks() -> None:
    with site(task=None) as here, pytest.raises(Fatal) as caught:
        here.push("task", New("k", {"subject": "x"}))
    assert caught.value.message == "adapter.no_object"


# --- the lens over it -----------------------------------------------------------------------------------------

MAPPING = """
entity: deal
systems: {sfa: {object: 顧客管理}}
fields:
  next:
    type: datetime
    map: {sfa: 次回連絡}
    flow: sfa -> hub
"""


def test_a_lens_knows_that_seconds_are_dropped(here: Site) -> None:
    (mapping,) = load_mappings({"m.yaml": MAPPING}, systems={"sfa"}, rules=set(), computed=set())
    made = lens(mapping, mapping.objects[0], here.adapter.describe("顧客管理"), "Asia/Tokyo")
    assert made.put({"next": MOMENT}, {}) == {"次回連絡": MOMENT.replace(second=0)}
    assert made.fit("next", MOMENT) == MOMENT.replace(second=0)


def test_the_tasks_app_is_an_object_of_its_own_too(here: Site) -> None:
    here.kintone.seed(TASKS, {"件名": "x"})
    assert here.pulled("連絡タスク", "件名")[0].values == {"件名": "x"}
    assert here.pulled(str(TASKS), "件名")[0].values == {"件名": "x"}
