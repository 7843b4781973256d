"""docs/capabilities.md is what the code declares, and every message of the adapters exists in both languages.

`python -m tests.adapters.test_docs` writes the table anew.
"""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from string import Formatter
from typing import Any

from connector.adapters.contract import Capabilities
from connector.adapters.hubspot.adapter import hubspot_adapter
from connector.adapters.hubspot.settings import HubSpotSettings
from connector.adapters.kintone.adapter import KintoneAdapter
from connector.adapters.kintone.settings import KintoneSettings
from connector.adapters.memory import Nature
from connector.adapters.salesforce.adapter import salesforce_adapter
from connector.adapters.salesforce.settings import SalesforceSettings
from connector.adapters.sql import SqlAdapter, SqlSettings
from connector.messages.adapters import MESSAGES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "capabilities.md"
BEGIN, END = "<!-- generated: begin -->\n", "<!-- generated: end -->\n"


def sql(**table: Any) -> Capabilities:
    settings = {"url": "sqlite:///x.db", "tables": {"p": {"table": "people", **table}}, "delete": bool(table)}
    return SqlAdapter("x", SqlSettings.model_validate(settings)).can


def hubspot() -> Capabilities:
    return hubspot_adapter(
        "x", HubSpotSettings.model_validate({"token": "t", "key": "connector_id", "delete": True})
    ).can


def salesforce(**settings: Any) -> Capabilities:
    way_in = {"url": "https://acme.my.salesforce.com", "client_id": "id", "client_secret": "secret"}
    return salesforce_adapter("x", SalesforceSettings.model_validate({**way_in, **settings})).can


def kintone(**more: Any) -> Capabilities:
    app = {"app": 1, "token": "x", "key": "連携キー"}
    settings = {"url": "https://example.cybozu.com", "apps": {"顧客管理": app}, **more}
    adapter = KintoneAdapter("x", KintoneSettings.model_validate(settings))
    adapter.close()
    return adapter.can


def declared() -> dict[str, Capabilities]:
    return {
        "memory": Nature().capabilities(),
        "sql, bare table": sql(),
        "sql, all columns": sql(modified="modified", external_key="outer_key", deleted="deleted"),
        "hubspot": hubspot(),
        "salesforce": salesforce(external_key="Connector_Key__c", delete=True),
        "kintone": kintone(delete=True, sweep_hours=24),
    }


def word(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case timedelta():
            return f"{value.total_seconds():g} s"
    return str(value)


def table() -> str:
    every = declared()
    lines = [f"| | {' | '.join(every)} |", "|---|" + "---|" * len(every)]
    for field in fields(Capabilities):
        cells = (word(getattr(can, field.name)) for can in every.values())
        lines.append(f"| `{field.name}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def test_the_table_of_capabilities_is_what_the_code_declares() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text[text.index(BEGIN) + len(BEGIN) : text.index(END)] == table()


def test_every_message_that_adapters_raise_is_worded_and_every_worded_one_is_raised() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "connector" / "adapters").rglob("*.py"))
    raised = set(re.findall(r'"(adapter\.[a-z_]+)"', source))
    assert raised <= set(MESSAGES)
    assert set(MESSAGES) <= raised


def test_messages_have_the_same_places_in_both_languages() -> None:
    for id, (japanese, english) in MESSAGES.items():
        places = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (japanese, english)]
        assert places[0] == places[1], id


def test_the_pages_name_files_that_exist() -> None:
    for page in (PAGE, ROOT / "docs" / "add-an-adapter.md"):
        for name in re.findall(r"`((?:connector|tests|docs)/[\w./-]+)`", page.read_text(encoding="utf-8")):
            assert (ROOT / name).exists() or "mysystem" in name, name


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(text[: text.index(BEGIN) + len(BEGIN)] + table() + text[text.index(END) :], encoding="utf-8")
