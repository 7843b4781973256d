"""A database and Salesforce on one hub, through the command line: links, edits, creates, a conversion, a merge."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.salesforce.world import CLIENT, KEY, SECRET, SalesforceWorld
from tests.cli.conftest import Ran, World

MAPPING = """
entity: person
enabled: true
systems:
  ma: {object: contacts, create: off}
  salesforce: {object: [Contact, Lead], create: Lead}
match: {identifiers: [email, [name, phone]]}
fields:
  name:
    type: person_name
    map: {ma: [last_name, first_name], salesforce: [LastName, FirstName]}
    flow: ma <-> salesforce
    if_both_changed: salesforce wins
  email: {type: email, map: {ma: email, salesforce: Email}, flow: ma <-> salesforce, if_both_changed: ask}
  phone: {type: phone, map: {ma: phone, salesforce: Phone}, flow: ma <-> salesforce, if_both_changed: salesforce wins}
  title: {type: text, map: {ma: title, salesforce: Title}, flow: ma <-> salesforce, if_both_changed: salesforce wins}
  company: {type: text, map: {ma: company, salesforce: {Lead: Company}}, flow: ma -> salesforce}
  score: {type: integer, map: {ma: score, salesforce: MA_Score__c}, flow: ma -> salesforce}
  visited: {type: datetime, map: {ma: visited_at, salesforce: Visited__c}, flow: ma -> salesforce}
  mail_consent:
    type: consent
    map: {ma: mail_optout, salesforce: HasOptedOutOfEmail}
    values:
      ma: {"1": opt_out, "0": opt_in}
      salesforce: {"true": opt_out, "false": opt_in}
"""
PEOPLE = (("山田", "太郎"), ("佐藤", "花子"), ("鈴木", "一郎"), ("高橋", "健"), ("森", "明"))
TABLE = (
    "CREATE TABLE contacts (id INTEGER PRIMARY KEY, last_name TEXT, first_name TEXT, email TEXT, company TEXT,"
    " phone TEXT, title TEXT, mail_optout INTEGER, score INTEGER, visited_at TEXT, updated_at TEXT NOT NULL,"
    " connector_key TEXT)"
)


class Site:
    """The folder of an admin, with the last two people only in the database."""

    def __init__(self, folder: Path, sales: SalesforceWorld) -> None:
        self.folder, self.sales = folder, sales
        self.sales.clock.now = datetime.fromtimestamp(int(time.time()), UTC)
        self.org = sales.org
        self.org.now = sales.clock.now
        for object in ("Contact", "Lead"):
            for line in (
                "MA_Score__c double 18.0 NCUF",
                "Visited__c datetime 0 NCUF",
                "HasOptedOutOfEmail boolean 0 CUDF",
            ):
                self.org.tables[object].add(line)
        self._do(TABLE)
        for n, (family, given) in enumerate(PEOPLE, 1):
            row = (n, family, given, f"p{n}@example.co.jp", "株式会社青空", f"03111122{n:02}", "課長", 0, n * 10)
            self._do(f"INSERT INTO contacts VALUES ({'?,' * 11}?)", *row, "2026-03-01T09:00:00Z", self.stamp(), None)
        self.ids = {}
        for n, object in ((1, "Contact"), (2, "Contact"), (3, "Lead")):
            values = {"LastName": PEOPLE[n - 1][0], "FirstName": PEOPLE[n - 1][1], "Email": f"p{n}@example.co.jp"}
            more = {
                "Phone": f"03-1111-22{n:02}",
                "Title": "課長",
                "HasOptedOutOfEmail": False,
                "Company": "株式会社青空",
            }
            self.ids[n] = self.org.put(object, {**values, **more}).id
        (folder / "mappings").mkdir()
        (folder / "mappings" / "person.yaml").write_text(MAPPING, encoding="utf-8")
        (folder / "config.yaml").write_text(
            f"""
systems:
  ma:
    type: sql
    url: sqlite:///ma.db
    tables: {{contacts: {{table: contacts, key: id, modified: updated_at, external_key: connector_key}}}}
  salesforce:
    type: salesforce
    url: {sales.serving.url}
    client_id: {CLIENT}
    client_secret: "${{env:SALESFORCE_SECRET}}"
    external_key: {KEY}
    read_only: false
""",
            encoding="utf-8",
        )
        self._world = World.__new__(World)
        self._world.folder = folder

    def _do(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "ma.db")) as db, db:
            return db.execute(sql, values).fetchall()

    def stamp(self) -> str:
        return self.sales.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")

    def run(self, *words: str) -> Ran:
        ran = self._world.run(*words, env={"SALESFORCE_SECRET": SECRET})
        assert SECRET not in ran.out + ran.err and "Traceback" not in ran.err
        return ran

    def sync(self) -> Ran:
        self.sales.advance(timedelta(minutes=1))
        ran = self.run("sync", "--yes")
        assert ran.code == 0, ran.out + ran.err
        return ran

    def quiet(self) -> None:
        ran = self.run("diff")
        assert ran.code == 0 and "変更予定はありません" in ran.out, ran.out + ran.err

    def ma(self, n: int, **values: Any) -> None:
        names = ", ".join(f"{name} = ?" for name in values)
        self._do(f"UPDATE contacts SET {names}, updated_at = ? WHERE id = ?", *values.values(), self.stamp(), n)

    def shown(self, n: int) -> dict[str, Any]:
        names = "last_name, first_name, email, phone, title, mail_optout, score"
        (row,) = self._do(f"SELECT {names} FROM contacts WHERE id = ?", n)
        return dict(zip(names.split(", "), row, strict=True))

    def there(self, object: str, id: str) -> dict[str, Any]:
        return self.org.rows[object][id].values


@pytest.fixture
def site(tmp_path: Path, make: Callable[..., SalesforceWorld]) -> Site:
    return Site(tmp_path, make(org_page=2))


def test_check_names_the_org_and_finds_the_mapping_right(site: Site) -> None:
    ran = site.run("check", "--json")
    told = json.loads(ran.out)
    assert ran.code == 0, ran.out + ran.err
    org = {"ok": True, "identity": "株式会社サンプル", "user": "sync@example.co.jp", "notes": []}
    assert told["systems"]["salesforce"] == org
    assert told["findings"] == []


def test_check_tells_that_the_field_for_our_keys_is_missing(site: Site) -> None:
    del site.org.tables["Lead"].fields[KEY]
    ran = site.run("check")
    assert ran.code == 2 and f"連携キーの項目「{KEY}」がない" in ran.out, ran.out


def test_a_database_and_salesforce_are_kept_in_step(site: Site) -> None:
    site.sync()  # links
    site.sync()
    leads = {row.values["Email"]: row.id for row in site.org.living("Lead")}
    assert sorted(leads) == ["p3@example.co.jp", "p4@example.co.jp", "p5@example.co.jp"]
    made = site.there("Lead", leads["p4@example.co.jp"])
    assert (made["LastName"], made["Company"], made["MA_Score__c"], made["Title"]) == (
        "高橋",
        "株式会社青空",
        40,
        "課長",
    )
    assert made["Visited__c"] == datetime(2026, 3, 1, 9, tzinfo=UTC) and made[KEY]
    site.quiet()

    # edits on both sides, an opt-out, a conversion
    site.ma(1, title="部長", score=99)
    site.org.touch(site.org.rows["Contact"][site.ids[2]], {"Title": "室長", "Phone": "03-9999-0000"})
    site.ma(2, mail_optout=1)
    contact = site.org.convert(site.ids[3])
    site.org.touch(site.org.rows["Contact"][contact], {"Title": "社長"})
    site.sync()
    site.sync()
    assert (
        site.there("Contact", site.ids[1])["Title"] == "部長"
        and site.there("Contact", site.ids[1])["MA_Score__c"] == 99
    )
    assert site.shown(2)["title"] == "室長" and site.shown(2)["phone"].replace("-", "") == "0399990000"
    assert site.there("Contact", site.ids[2])["HasOptedOutOfEmail"] is True
    assert site.shown(3)["title"] == "社長"
    site.quiet()
    site.ma(3, title="会長")
    site.sync()
    assert site.there("Contact", contact)["Title"] == "会長" and site.there("Lead", site.ids[3])["Title"] == "課長"
    site.quiet()

    # a merge: the link goes on with the winner
    twin = site.org.put("Contact", {"LastName": "山田", "FirstName": "太郎", "Email": "p1@example.co.jp"}).id
    site.org.merge("Contact", site.ids[1], twin)
    site.sync()
    site.sync()
    site.ma(1, title="専務")
    site.sync()
    assert site.there("Contact", twin)["Title"] == "専務"
    people = len(list(site.org.living("Contact"))) + len(
        [r for r in site.org.living("Lead") if not r.values["IsConverted"]]
    )
    assert people == 5
