"""The usual kintone on one hub with a database, through the command line: 顧客管理 holds a company and its 担当者."""

# ruff: noqa: E501  one field of a mapping per line

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ran, World
from tests.fakes.kintone import Kintone, Process, Token
from tests.fakes.serving import Fault, Faults, Serving

CUSTOMERS, DEALS = 5, 6
FIELDS: dict[int, dict[str, Any]] = {
    CUSTOMERS: {
        "文字列__1行_": {"type": "SINGLE_LINE_TEXT", "label": "会社名"},
        "顧客コード": {"type": "SINGLE_LINE_TEXT", "unique": True},
        "会社電話": {"type": "SINGLE_LINE_TEXT"},
        "担当者名": {"type": "SINGLE_LINE_TEXT"},
        "担当者メール": {"type": "SINGLE_LINE_TEXT"},
        "役職": {"type": "SINGLE_LINE_TEXT", "maxLength": "10"},
        "取引区分": {"type": "DROP_DOWN", "options": ["取引中", "退会"]},
        "配信停止": {"type": "CHECK_BOX", "options": ["配信停止"]},
        "MAスコア": {"type": "NUMBER"},
        "最終訪問": {"type": "DATETIME"},
        "連携キー": {"type": "SINGLE_LINE_TEXT", "unique": True},
    },
    DEALS: {
        "案件名": {"type": "SINGLE_LINE_TEXT", "required": True},
        "顧客": {"type": "SINGLE_LINE_TEXT", "lookup": {
            "relatedApp": {"app": str(CUSTOMERS), "code": ""}, "relatedKeyField": "顧客コード",
            "fieldMappings": [{"field": "顧客名", "relatedField": "文字列__1行_"}],
            "lookupPickerFields": [], "filterCond": "", "sort": ""}},
        "顧客名": {"type": "SINGLE_LINE_TEXT"},
        "見積金額": {"type": "NUMBER"},
        "失注理由": {"type": "SINGLE_LINE_TEXT"},
    },
}  # fmt: skip
MAPPINGS = {
    "company": """
entity: company
enabled: true
systems: {ma: {object: companies}, kintone: {object: 顧客管理, part: 会社}}
match: {identifiers: [[name, phone]]}
fields:
  name: {type: text, cleanse: company, map: {ma: name, kintone: 会社名}, flow: ma <-> kintone, if_both_changed: kintone wins}
  phone: {type: phone, map: {ma: phone, kintone: 会社電話}, flow: ma <-> kintone, if_both_changed: kintone wins}
""",
    "person": """
entity: person
enabled: true
systems: {ma: {object: contacts}, kintone: {object: 顧客管理, part: 担当者, where: {取引区分: {not: [退会]}}}}
match: {identifiers: [email]}
fields:
  name: {type: person_name, map: {ma: [last_name, first_name], kintone: 担当者名}, flow: ma <-> kintone, if_both_changed: kintone wins}
  email: {type: email, map: {ma: email, kintone: 担当者メール}, flow: ma <-> kintone, if_both_changed: ask}
  title: {type: text, map: {ma: title, kintone: 役職}, flow: ma <-> kintone, if_both_changed: kintone wins}
  company: {type: reference, to: company, map: {ma: company_id, kintone: {part: 会社}}, flow: "ma, kintone -> hub", if_both_changed: kintone wins}
  score: {type: integer, map: {ma: score, kintone: MAスコア}, flow: ma -> kintone}
  visited: {type: datetime, map: {ma: visited_at, kintone: 最終訪問}, flow: ma -> kintone}
  lost_reason: {type: text, computed: deals.latest.lost_reason, map: {ma: lost_reason}, flow: computed -> ma}
  mail_consent:
    type: consent
    map: {ma: optout, kintone: 配信停止}
    flow: ma -> hub
    values: {ma: {"1": opt_out, "0": opt_in}, kintone: {配信停止: opt_out}}
""",
    "deal": """
entity: deal
enabled: true
systems: {kintone: {object: 案件管理}}
fields:
  name: {type: text, map: {kintone: 案件名}, flow: kintone -> hub}
  company: {type: reference, to: company, map: {kintone: 顧客.id}, flow: kintone -> hub}
  contact: {type: reference, to: person, map: {kintone: 顧客.id}, flow: kintone -> hub}
  stage: {type: picklist, map: {kintone: ステータス}, flow: kintone -> hub, values: {kintone: {商談中: 商談中, 失注: 失注}}}
  lost_reason: {type: text, map: {kintone: 失注理由}, flow: kintone -> hub}
""",
}
CONTACTS = """
CREATE TABLE contacts (id INTEGER PRIMARY KEY, last_name TEXT, first_name TEXT, email TEXT, title TEXT,
    company_id INTEGER, score INTEGER, visited_at TEXT, optout INTEGER, lost_reason TEXT, updated_at TEXT,
    connector_key TEXT)
"""
COMPANIES = (
    "CREATE TABLE companies (id INTEGER PRIMARY KEY, name TEXT, phone TEXT, updated_at TEXT, connector_key TEXT)"
)
COUNT = 12


class Site:
    """Twelve customers, in both systems under different spellings, and a deal for each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kintone = Kintone()
        self.kintone.clock.now = datetime.fromtimestamp(int(time.time()) - 7200, UTC)
        process = Process(("商談中", "失注"), (("失注する", "商談中", "失注"),))
        self.customers = self.kintone.app(CUSTOMERS, "顧客管理", FIELDS[CUSTOMERS])
        self.deals = self.kintone.app(DEALS, "案件管理", FIELDS[DEALS], process=process)
        self.kintone.tokens = {f"canary-{app}": Token(app) for app in (CUSTOMERS, DEALS)}
        self.faults = Faults()
        self.serving = Serving(self.kintone, faults=self.faults, clock=self.kintone.clock)
        self.serving.__enter__()
        self._do(COMPANIES)
        self._do(CONTACTS)
        for n in range(1, COUNT + 1):
            stamp = self.stamp()
            self._do("INSERT INTO companies VALUES (?,?,?,?,NULL)", n, f"株式会社青空{n}", f"03-1111-{n:04}", stamp)
            self._do("INSERT INTO contacts VALUES (?,?,?,?,?,?,?,?,0,NULL,?,NULL)", n, "山田", f"{n}郎",
                     f"yamada{n}@example.co.jp", "課長", n, n * 10, "2026-03-01T09:00:30Z", stamp)  # fmt: skip
            self.kintone.seed(CUSTOMERS, {
                "文字列__1行_": f"（株）青空{n}", "顧客コード": f"C-{n}", "会社電話": f"031111{n:04}", "担当者名": f"山田 {n}郎",
                "担当者メール": f"YAMADA{n}@example.co.jp", "役職": "課長", "取引区分": "取引中",
            })  # fmt: skip
            self.kintone.seed(DEALS, {"案件名": f"案件{n}", "顧客": f"C-{n}"})
        (folder / "mappings").mkdir()
        for name, text in MAPPINGS.items():
            (folder / "mappings" / f"{name}.yaml").write_text(text, encoding="utf-8")
        (folder / "config.yaml").write_text(
            f"""
systems:
  ma:
    type: sql
    url: sqlite:///ma.db
    tables:
      companies: {{table: companies, key: id, modified: updated_at, external_key: connector_key}}
      contacts: {{table: contacts, key: id, modified: updated_at, external_key: connector_key}}
  kintone:
    type: kintone
    url: {self.serving.url}
    apps:
      顧客管理: {{app: {CUSTOMERS}, token: "${{env:K5}}", key: 連携キー}}
      案件管理: {{app: {DEALS}, token: "${{env:K6}}"}}
""",
            encoding="utf-8",
        )
        self._world = World.__new__(World)
        self._world.folder = folder

    def _do(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "ma.db")) as db, db:
            return db.execute(sql, values).fetchall()

    def stamp(self) -> str:
        return self.kintone.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")

    def run(self, *words: str) -> Ran:
        ran = self._world.run(*words, env={"K5": f"canary-{CUSTOMERS}", "K6": f"canary-{DEALS}"})
        assert "canary" not in ran.out + ran.err and "Traceback" not in ran.err
        return ran

    def sync(self) -> Ran:
        self.kintone.clock.advance(timedelta(minutes=2))
        ran = self.run("sync", "--yes")
        assert ran.code == 0, ran.out + ran.err
        return ran

    def quiet(self) -> None:
        before = {id: r.revision for id, r in self.customers.records.items()}
        ran = self.run("diff")
        assert ran.code == 0 and "変更予定はありません" in ran.out, ran.out + ran.err
        assert {id: r.revision for id, r in self.customers.records.items()} == before

    def ma(self, n: int, **values: Any) -> None:
        names = ", ".join(f"{name} = ?" for name in values)
        self._do(f"UPDATE contacts SET {names}, updated_at = ? WHERE id = ?", *values.values(), self.stamp(), n)

    def contact(self, n: int) -> dict[str, Any]:
        names = "last_name, first_name, email, title, company_id, score, optout, lost_reason"
        (row,) = self._do(f"SELECT {names} FROM contacts WHERE id = ?", n)
        return dict(zip(names.split(", "), row, strict=True))

    def there(self, n: int) -> Any:
        return self.customers.records[n].values


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    one = Site(tmp_path)
    yield one
    one.serving.stop()


def test_check_finds_the_apps_and_the_mapping_right(site: Site) -> None:
    ran = site.run("check", "--json")
    told = json.loads(ran.out)
    assert ran.code == 0, ran.out + ran.err
    assert told["systems"]["kintone"]["ok"] and "顧客管理、案件管理" in told["systems"]["kintone"]["identity"]
    assert [f for f in told["findings"] if f["level"] == "error"] == []


def test_check_says_which_field_is_gone_and_which_is_not_writable(site: Site) -> None:
    del site.customers.properties["役職"]
    site.customers.properties["MAスコア"] = {
        **site.customers.properties["MAスコア"],
        "type": "CALC",
        "format": "NUMBER",
    }
    ran = site.run("check")
    assert ran.code != 0 and "役職" in ran.out and "MAスコア" in ran.out


def test_a_database_and_the_usual_kintone_are_kept_in_step(site: Site) -> None:
    site.sync()  # links
    site.sync()
    assert site.there(3)["MAスコア"] == "30" and site.there(3)["最終訪問"] == "2026-03-01T09:00:00Z"
    site.quiet()

    # edits of both parts of one record, at both ends; an opt-out here and one there; a lost deal
    site.ma(1, title="部長", score=99)
    site.kintone.edit(CUSTOMERS, "1", {"会社電話": "06-2222-3333"})
    site.kintone.edit(CUSTOMERS, "2", {"役職": "室長"})
    site.kintone.edit(CUSTOMERS, "4", {"配信停止": ["配信停止"]})
    site.ma(5, optout=1)
    site.kintone.edit(DEALS, "6", {"失注理由": "予算"})
    site.deals.proceed(site.deals.find("6"), "失注する", None, "tanaka")
    site.sync()
    site.sync()
    one = site.there(1)
    assert (one["役職"], one["MAスコア"], one["文字列__1行_"]) == ("部長", "99", "（株）青空1")
    assert site._do("SELECT phone FROM companies WHERE id = 1")[0][0].replace("-", "") == "0622223333"
    assert site.contact(2)["title"] == "室長"
    assert site.contact(4)["optout"] == 1 and site.there(5)["配信停止"] == ["配信停止"]
    assert site.contact(6)["lost_reason"] == "予算"
    site.quiet()

    # out of scope: nothing flows any more
    site.kintone.edit(CUSTOMERS, "7", {"取引区分": "退会"})
    site.ma(7, title="社長")
    site.sync()
    assert site.there(7)["役職"] == "課長"
    site.quiet()
    assert len(site.customers.records) == COUNT and len(site._do("SELECT id FROM contacts")) == COUNT


def test_a_value_that_kintone_refuses_is_held_and_the_others_arrive(site: Site) -> None:
    site.sync()
    site.sync()
    site.customers.properties["MAスコア"] = {**site.customers.properties["MAスコア"], "maxValue": "100"}
    for n in range(1, COUNT + 1):
        site.ma(n, score=500 if n == 8 else n)
    site.kintone.clock.advance(timedelta(minutes=2))
    site.run("sync", "--yes")
    shown = [site.there(n)["MAスコア"] for n in range(1, COUNT + 1)]
    assert shown == [str(n) if n != 8 else "80" for n in range(1, COUNT + 1)]
    ran = site.run("holds")
    assert "100以下" in ran.out or "MAスコア" in ran.out, ran.out


@pytest.mark.parametrize("seed", range(3))
def test_with_faults_the_end_is_the_same(site: Site, seed: int) -> None:
    site.sync()
    site.sync()
    kinds = [f for f in Fault if f not in (Fault.DENIED, Fault.HANG_BEFORE, Fault.HANG_AFTER, Fault.THROTTLED,
                                           Fault.UNAVAILABLE)]  # fmt: skip
    plan = Faults(seed=seed, rate=0.25, kinds=kinds)
    site.serving.faults = plan
    for n in range(1, COUNT + 1):
        site.ma(n, score=1000 + n, title=f"部長{n}")
    for _ in range(6):
        site.kintone.clock.advance(timedelta(minutes=2))
        site.run("sync", "--yes")
    site.serving.faults = Faults()
    site.sync()
    site.sync()
    assert len(plan.happened) > 5
    shown = [(site.there(n)["MAスコア"], site.there(n)["役職"]) for n in range(1, COUNT + 1)]
    assert shown == [(str(1000 + n), f"部長{n}") for n in range(1, COUNT + 1)]
    assert len(site.customers.records) == COUNT
    site.quiet()
