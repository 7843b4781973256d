"""Copies that lookups make are never sources, and those that have gone stale are seen by `check`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.adapters.contract import Copies, KeepsCopies, User
from connector.adapters.kintone.adapter import KintoneAdapter
from connector.mapping.owners import OwnerTable, owners_by_system
from tests.adapters.kintone_site import CUSTOMERS, DEALS, Site, lookup, site
from tests.adapters.kintone_world import KintoneWorld, Setting
from tests.adapters.test_kintone_run import COUNT
from tests.adapters.test_kintone_run import Site as Hub

FILLED = {"顧客名": "文字列__1行_", "顧客区分": "取引区分", "顧客点": "MAスコア"}


@pytest.fixture
def kintone() -> Iterator[Site]:
    with site() as one:
        fields = one.deals.properties
        fields["顧客区分"] = {**fields["顧客名"], "code": "顧客区分", "label": "区分の写し"}
        fields["顧客点"] = {**fields["顧客名"], "code": "顧客点", "label": "点"}
        fields["顧客"] = {**fields["顧客"], "lookup": lookup(CUSTOMERS, "顧客コード", **FILLED)}
        yield one


def stale(one: Site, most: int = 500) -> list[Copies]:
    assert isinstance(one.adapter, KeepsCopies)
    return list(one.adapter.copies("案件管理", most))


def test_the_form_declares_what_writing_a_lookup_fills(kintone: Site) -> None:
    columns = {column.name: column for column in kintone.adapter.describe("案件管理").columns}
    assert columns["顧客"].fills == columns["顧客.id"].fills == ("顧客名", "顧客区分", "顧客点")
    assert columns["顧客名"].fills == columns["案件名"].fills == columns["顧客番号"].fills == ()


def test_only_copies_that_differ_from_their_record_are_told(kintone: Site) -> None:
    for n in range(1, 6):
        customer = {"顧客コード": f"C-{n}", "文字列__1行_": f"青空{n}", "取引区分": "取引中", "MAスコア": "0.0000001"}
        kintone.kintone.seed(CUSTOMERS, customer)
    for n in (1, 1, 2, 3, 4, 5):
        kintone.kintone.seed(DEALS, {"案件名": "導入", "顧客": f"C-{n}"})
    kintone.kintone.seed(DEALS, {"案件名": "未定"})
    assert stale(kintone) == []
    kintone.kintone.edit(CUSTOMERS, "1", {"文字列__1行_": "青空ホールディングス"})
    kintone.kintone.edit(CUSTOMERS, "2", {"取引区分": "退会"})
    kintone.kintone.delete(CUSTOMERS, "4")  # nothing to compare with
    kintone.kintone.edit(CUSTOMERS, "5", {"文字列__1行_": ""})
    show = f"{kintone.serving.url}/k/{DEALS}/show#record="
    assert stale(kintone) == [
        Copies("顧客名", "顧客名", "顧客", "顧客管理", 5, 3, (f"{show}1", f"{show}2", f"{show}6")),
        Copies("顧客区分", "区分の写し", "顧客", "顧客管理", 5, 1, (f"{show}3",)),
    ]
    kintone.kintone.edit(DEALS, "3", {"顧客": "C-2"})  # looked up again
    assert [one.column for one in stale(kintone)] == ["顧客名"]


def test_the_look_is_bounded_and_begins_with_what_was_left_alone_longest(kintone: Site) -> None:
    for n in range(1, 8):
        kintone.kintone.seed(CUSTOMERS, {"顧客コード": f"C-{n}", "文字列__1行_": f"青空{n}"})
        kintone.kintone.seed(DEALS, {"案件名": "導入", "顧客": f"C-{n}"})
        kintone.kintone.clock.advance(timedelta(minutes=5))
    for n in range(1, 8):
        kintone.kintone.edit(CUSTOMERS, str(n), {"文字列__1行_": f"青空商事{n}"})
    kintone.kintone.edit(DEALS, "1", {"案件名": "更新"})
    before = len(kintone.serving.log)
    (told,) = stale(kintone, 3)
    assert (told.looked_at, told.stale) == (3, 3) and told.examples[0].endswith("=2")
    assert sum("records.json" in r.path for r in kintone.requests(before)) == 2  # the copies, and their records


def test_a_key_that_several_records_have_tells_nothing(kintone: Site) -> None:
    code = kintone.customers.properties["顧客コード"]
    kintone.customers.properties["顧客コード"] = {**code, "unique": False}
    for name in ("青空", "緑山"):
        kintone.kintone.seed(CUSTOMERS, {"顧客コード": "C-1", "文字列__1行_": name})
    kintone.kintone.seed(DEALS, {"案件名": "導入", "顧客": "C-1"})
    kintone.kintone.edit(CUSTOMERS, "1", {"文字列__1行_": "青空商事"})
    assert stale(kintone) == []


def test_a_lookup_by_record_number_is_compared_too(kintone: Site) -> None:
    fields = kintone.deals.properties
    fields["顧客"] = {**fields["顧客"], "lookup": None}
    by_number = lookup(CUSTOMERS, "レコード番号", 顧客名="文字列__1行_")
    fields["顧客番号"] = {**fields["顧客番号"], "lookup": by_number}
    kintone.kintone.seed(CUSTOMERS, {"文字列__1行_": "青空"})
    kintone.kintone.seed(DEALS, {"案件名": "導入", "顧客番号": "1"})
    assert stale(kintone) == []
    kintone.kintone.edit(CUSTOMERS, "1", {"文字列__1行_": "緑山"})
    assert [(one.column, one.stale) for one in stale(kintone)] == [("顧客名", 1)]


# --- through the command line -------------------------------------------------------------------------------------


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    one = Hub(tmp_path)
    yield one
    one.serving.stop()


def deal(hub: Hub, old: str, new: str) -> None:
    path = hub.folder / "mappings" / "deal.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def findings(hub: Hub, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(hub.run("check", "--json", *words).out)["findings"]
    return found


def test_a_copy_is_never_a_source(hub: Hub) -> None:
    deal(hub, "fields:\n", "fields:\n  customer: {type: text, map: {kintone: 顧客名}, flow: kintone -> hub}\n")
    (told,) = [f for f in findings(hub) if f["message"] == "mapping.filled_source"]
    assert told["level"] == "error" and told["line"] == "6"
    assert "ルックアップ「顧客」が参照先から写した値" in told["text"] and "元の項目を map: に" in told["text"]
    (english,) = [f for f in findings(hub, "--lang", "en") if f["message"] == "mapping.filled_source"]
    assert "a copy that the lookup '顧客' made" in english["text"]
    assert hub.run("diff").code == 2  # and nothing runs on it


def test_check_tells_stale_copies_once_with_what_to_do(hub: Hub) -> None:
    assert [f for f in findings(hub) if f["level"] == "error" or "stale" in f["message"]] == []
    hub.kintone.edit(CUSTOMERS, "3", {"文字列__1行_": "青空ホールディングス"})
    (told,) = [f for f in findings(hub) if f["message"] == "mapping.warn.stale_copies"]
    assert told["file"].endswith("deal.yaml") and told["level"] == "warning"
    ran = hub.run("check")
    assert ran.code == 0 and "12 件のうち 1 件" in ran.out and "show#record=3" in ran.out and "再取得" in ran.out
    assert "青空ホールディングス" not in ran.out  # values that no mapping names stay where they are
    assert "1 of the 12 records" in hub.run("check", "--lang", "en").out
    assert [f for f in findings(hub, "--sample", "0") if "stale" in f["message"]] == []


DEALS_OF_MA = """
entity: deal
enabled: true
systems: {ma: {object: deals}, kintone: {object: 案件管理}}
match: {identifiers: [name]}
fields:
  name: {type: text, map: {ma: name, kintone: 案件名}, flow: kintone -> ma}
  company: {type: reference, to: company, map: {ma: company_id, kintone: 顧客.id}, flow: ma -> kintone, on_blank: clear}
"""


@pytest.fixture
def led(hub: Hub) -> Hub:
    """Where the database says which customer a deal is of."""
    hub._do("CREATE TABLE deals (id INTEGER PRIMARY KEY, name TEXT, company_id INTEGER, updated_at TEXT)")
    for n in range(1, COUNT + 1):
        hub._do("INSERT INTO deals VALUES (?,?,?,?)", n, f"案件{n}", n, hub.stamp())
    config = hub.folder / "config.yaml"
    table = "    tables:\n      deals: {table: deals, key: id, modified: updated_at}\n"
    config.write_text(config.read_text(encoding="utf-8").replace("    tables:\n", table), encoding="utf-8")
    (hub.folder / "mappings" / "deal.yaml").write_text(DEALS_OF_MA, encoding="utf-8")
    (hub.folder / "mappings" / "person.yaml").unlink()
    hub.sync()
    hub.sync()
    return hub


def move(hub: Hub, *deals: int) -> None:
    for n in deals:
        hub._do("UPDATE deals SET company_id = ?, updated_at = ? WHERE id = ?", n % COUNT + 1, hub.stamp(), n)


def test_the_diff_says_what_writing_a_lookup_copies_anew(led: Hub) -> None:
    move(led, 3)
    ran = led.run("diff")
    assert ran.code == 0 and "書き込むと kintone がルックアップで写し直す項目: 顧客名" in ran.out
    assert "kintone copies these anew: 顧客名" in led.run("diff", "--lang", "en").out
    told = json.loads(led.run("diff", "--json").out)
    ((change,),) = [step["changes"] for record in told["records"] for step in record["steps"]]
    assert (change["field"], change["refills"]) == ("company", ["顧客名"])
    assert [row["refills"] for row in told["fields"]] == [["顧客名"]]
    for form in ("html", "csv"):
        assert "写し直す項目: 顧客名" in led.run("diff", "--format", form).out
    assert led.deals.records[3].values["顧客名"] == "（株）青空3"
    led.sync()
    assert led.deals.records[3].values["顧客名"] == "（株）青空4"  # as it was told
    assert "写し直す" not in led.run("diff").out


def test_the_diff_says_what_emptying_a_lookup_empties(led: Hub) -> None:
    led._do("UPDATE deals SET company_id = NULL, updated_at = ? WHERE id = 5", led.stamp())
    assert "空にすると kintone が一緒に空にする項目: 顧客名" in led.run("diff").out
    assert "emptied there, kintone empties these too: 顧客名" in led.run("diff", "--lang", "en").out
    led.sync()
    assert led.deals.records[5].values["顧客名"] == ""


def test_a_long_diff_says_it_once_for_the_field(led: Hub) -> None:
    for n in range(COUNT + 1, 61):
        led._do("INSERT INTO deals VALUES (?,?,?,?)", n, f"案件{n}", None, led.stamp())
        led.kintone.seed(DEALS, {"案件名": f"案件{n}"})
    led.sync()
    led.sync()
    move(led, *range(1, 61))
    ran = led.run("diff")
    assert "1件ずつ見るには" in ran.out, ran.out
    assert ran.out.count("写し直します") == 1 and "顧客名" in ran.out.split("写し直します")[1]


PEOPLE_OF_DEALS = """
entity: person
enabled: true
systems: {ma: {object: contacts}, kintone: {object: 案件管理, part: 担当者}}
match: {identifiers: [title]}
fields:
  name: {type: person_name, map: {ma: [last_name, first_name]}, flow: ma -> hub}
  title: {type: text, map: {ma: title, kintone: 失注理由}, flow: kintone -> ma}
"""


def test_an_app_of_several_entities_is_looked_at_once(hub: Hub) -> None:
    (hub.folder / "mappings" / "person.yaml").write_text(PEOPLE_OF_DEALS, encoding="utf-8")
    deal(hub, "{object: 案件管理}", "{object: 案件管理, part: 案件}")
    deal(hub, "  contact: {type: reference, to: person, map: {kintone: 顧客.id}, flow: kintone -> hub}\n", "")
    hub.kintone.edit(CUSTOMERS, "3", {"文字列__1行_": "青空ホールディングス"})
    told = findings(hub)
    assert [f["text"] for f in told if f["level"] == "error"] == []
    assert [f["message"] for f in told].count("mapping.warn.stale_copies") == 1


# --- users --------------------------------------------------------------------------------------------------------


def person(code: str, email: str = "", *, valid: bool = True) -> dict[str, Any]:
    return {"id": "1", "code": code, "name": code, "email": email, "valid": valid}


def test_the_users_are_listed_to_a_user_only() -> None:
    told: dict[str, Any] = {}
    for way in ("token", "password", "oauth"):
        world = KintoneWorld(Setting(way=way))
        try:
            world.kintone.people = [person(f"u{n}", f"u{n}@example.jp") for n in range(250)]
            world.kintone.people += [
                person("gone", "gone@example.jp", valid=False), person("ito@example.jp"), person("robot")
            ]  # fmt: skip
            adapter = world.adapter
            assert isinstance(adapter, KintoneAdapter)
            told[way] = adapter.users()
            world.kintone.may_list_users = False
            assert adapter.users() is None
        finally:
            world.close()
    assert told["token"] is told["oauth"] is None
    listed = {user.id: user for user in told["password"]}
    assert len(listed) == 252 and listed["u249"].email == "u249@example.jp" and listed["u0"].active
    assert not listed["gone"].active
    assert listed["ito@example.jp"].email == "ito@example.jp"  # the login name is the address
    owners = owners_by_system({"sfa": told["password"], "crm": [User("0051", "u1@example.jp")]}, OwnerTable())["sfa"]
    assert owners.write("u1@example.jp") == "u1" and owners.read("u2") == "u2@example.jp"
    assert "robot" not in listed  # nobody whom another system could know: `owners:` may name it
