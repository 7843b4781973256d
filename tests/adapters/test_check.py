"""check on a Salesforce and on a database: what reacts to writes, what is hardly filled, what is to be created."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.salesforce.world import CLIENT, KEY, SECRET, SalesforceWorld
from tests.cli.conftest import Ran, World

MAPPING = """\
entity: person
enabled: false
systems:
  ma: {object: contacts}
  salesforce: {object: Lead, create: on, on_create: {Company: 不明}}
match: {identifiers: [email]}
fields:
  name:
    type: person_name
    map: {ma: [last_name, first_name], salesforce: [LastName, FirstName]}
    flow: ma -> salesforce
  email: {type: email, map: {ma: email, salesforce: Email}, flow: ma <-> salesforce}
  title: {type: text, map: {ma: title, salesforce: Title}, flow: ma -> salesforce}
  score: {type: integer, map: {ma: score, salesforce: MA_Score__c}, flow: ma -> salesforce}
"""
CONFIG = """\
systems:
  ma:
    type: sql
    url: sqlite:///ma.db
    tables: {{contacts: {{table: contacts, key: id, modified: updated_at}}}}
  salesforce:
    type: salesforce
    url: {url}
    client_id: {client}
    client_secret: "${{env:SALESFORCE_SECRET}}"
    external_key: {key}
"""


class Site:
    def __init__(self, folder: Path, sales: SalesforceWorld) -> None:
        self.folder, self.sales = folder, sales
        for line in (f"{KEY} string 64 NCUXIQF", "MA_Score__c double 18.0 NCUF"):
            sales.org.tables["Lead"].add(line)
        with closing(sqlite3.connect(folder / "ma.db")) as db, db:
            db.execute(
                "CREATE TABLE contacts (id INTEGER PRIMARY KEY, last_name TEXT, first_name TEXT, email TEXT,"
                " title TEXT, score INTEGER, updated_at TEXT NOT NULL)"
            )
            for n in range(60):
                row = (n, "山田", None, f"p{n}@example.jp", "課長" if n == 7 else "", n, "2026-03-01T09:00:00Z")
                db.execute("INSERT INTO contacts VALUES (?,?,?,?,?,?,?)", row)
        (folder / "mappings").mkdir()
        (folder / "mappings" / "person.yaml").write_text(MAPPING, encoding="utf-8")
        self.configure()
        self._world = World.__new__(World)
        self._world.folder = folder

    def configure(self, **more: Any) -> None:
        text = CONFIG.format(url=self.sales.serving.url, client=CLIENT, key=more.get("key", KEY))
        text = "\n".join(line for line in text.splitlines() if not line.endswith("external_key: -"))
        (self.folder / "config.yaml").write_text(text + "\n", encoding="utf-8")

    def check(self, *words: str) -> Ran:
        return self._world.run("check", *words, env={"SALESFORCE_SECRET": SECRET})

    def told(self, *words: str) -> dict[str, Any]:
        ran = self.check("--json", *words)
        found: dict[str, Any] = json.loads(ran.out)
        return found


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    sales = SalesforceWorld()
    yield Site(tmp_path, sales)
    sales.close()


def messages(told: dict[str, Any]) -> list[str]:
    return [finding["message"] for finding in told["findings"]]


def test_columns_that_hardly_anybody_fills_are_warned_of(site: Site) -> None:
    told = site.told()
    (title,) = [f for f in told["findings"] if f["message"] == "mapping.warn.rarely_filled"]
    assert title["level"] == "warning" and title["line"] == "13" and "title" in title["text"]
    assert "60" in title["text"] and "1.7%" in title["text"] and "connector fields ma contacts" in title["text"]
    ran = site.check()
    assert ran.code == 0 and "1.7%" in ran.out  # a warning stops nothing
    assert "mapping.warn.rarely_filled" not in messages(site.told("--sample", "0"))
    assert "mapping.warn.rarely_filled" not in messages(site.told("--sample", "19"))  # too few to say anything


@pytest.mark.parametrize(
    ("lang", "kind", "advice"),
    [("ja", "自動処理", "連携の書き込みを除くには"), ("en", "automation", "Leave our writes out")],
)
def test_what_reacts_to_our_writes_is_listed_with_the_way_out(site: Site, lang: str, kind: str, advice: str) -> None:
    org = site.sales.org
    lead = org.put("EntityDefinition", {"QualifiedApiName": "Lead"}).id
    flow = {"ProcessType": "AutoLaunchedFlow", "IsActive": True, "TriggerType": "RecordAfterSave"}
    org.put("FlowDefinitionView", {**flow, "Label": "お礼メール", "TriggerObjectOrEventId": lead})
    ran = site.check("--lang", lang)
    assert ran.code == 0
    assert f"{kind}: お礼メール (Flow)" in ran.out and advice in ran.out and "sync@example.co.jp" in ran.out
    told = site.told()
    assert told["systems"]["salesforce"]["user"] == "sync@example.co.jp" and told["systems"]["ma"]["user"] == ""
    (lead_told,) = told["reactions"]
    assert lead_told["found"] == [{"kind": "automation", "what": "Flow", "name": "お礼メール"}]


def test_where_we_may_not_look_it_is_said_with_the_permission(site: Site) -> None:
    site.sales.vendor.sees_setup = False
    ran = site.check()
    assert ran.code == 0 and "View Setup and Configuration" in ran.out and "調べられません" in ran.out
    assert "View Setup" in site.told()["reactions"][0]["unseen"]


def test_a_field_of_the_templates_that_is_missing_is_named_with_its_type(site: Site) -> None:
    del site.sales.org.tables["Lead"].fields["MA_Score__c"]
    ran = site.check()
    assert ran.code == 2
    assert "MA_Score__c" in ran.out and "表示名「MAスコア」" in ran.out and "長さ 18" in ran.out
    assert "label 'MA score'" in site.check("--lang", "en").out


def test_permissions_that_may_be_missing_are_named(site: Site) -> None:
    lead = site.sales.org.tables["Lead"]
    del lead.fields["Title"]
    lead.fields["MA_Score__c"] = replace(lead.fields["MA_Score__c"], flags="NF")
    ran = site.check("--lang", "en")
    assert ran.code == 2
    assert "has no column 'Title'" in ran.out and "let the connector's user read it" in ran.out
    assert "'MA_Score__c' in salesforce cannot be written" in ran.out and "let the connector's user edit it" in ran.out


def test_creates_without_a_field_for_our_key_are_warned_of(site: Site) -> None:
    site.configure(key="-")
    told = site.told()
    assert "mapping.warn.no_key_salesforce" in messages(told)
    assert "external_key" in site.check().out
    site.configure()
    assert "mapping.warn.no_key_salesforce" not in messages(site.told())


def test_fields_of_salesforce_with_how_full_they_are(site: Site) -> None:
    for n in range(4):
        site.sales.org.put("Lead", {"LastName": "山田", "Title": "課長" if n else None, "Company": "青空"})
    ran = site._world.run("fields", "salesforce", "Lead", "--json", env={"SALESFORCE_SECRET": SECRET})
    found = {field["code"]: field for field in json.loads(ran.out)["fields"]}
    assert found["Title"]["fill"] == 0.75 and found["LastName"]["required"] is True
    assert found["LeadSource"]["choices"] and found["MA_Score__c"]["type"] == "number"
