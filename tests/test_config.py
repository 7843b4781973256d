"""config.yaml: what is read, every wrong input, and secrets that show nowhere."""

# ruff: noqa: E501  one row per case
from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from connector.adapters.kintone.settings import KintoneSettings
from connector.config import Config, MemorySystem, SqlSystem, load_config
from connector.errors import ConfigError, Finding
from connector.mapping.load import render
from connector.model import Entity
from connector.sync.guard import Limit, Limits

ROOT = Path(__file__).parents[1]
SECRET = "tr0ub4dor-秘密"
BASE = """\
hub: {state: state/hub.db}
lang: ja
timezone: Asia/Tokyo
terms: {deal: 案件}
systems:
  ma:
    type: sql
    url: sqlite:///ma.db
    tables: {contacts: {table: contacts, key: id, modified: updated_at}}
    read_only: true
  crm:
    type: sql
    url: postgresql+psycopg://u@db/crm
    password: "${env:CRM_PASSWORD}"
    tables: {accounts: {table: accounts, key: [a, b]}}
  play: {type: memory}
limits:
  default: {deletes: {count: 3}}
  systems: {crm: {creates: {percent: 5}}}
  entities: {person: {creates: {floor: 1}}}
retention: {runs: 90d}
"""
ENV = {"CRM_PASSWORD": SECRET, "EMPTY": ""}


def changed(old: str, new: str) -> str:
    assert BASE.count(old) >= 1, old
    return BASE.replace(old, new, 1)


def findings(text: str) -> list[Finding]:
    with pytest.raises(ConfigError) as caught:
        load_config(text, "config.yaml", ENV)
    shown = str(caught.value) + repr(caught.value.findings)
    for finding in caught.value.findings:
        for lang in ("ja", "en"):
            line = render(finding, lang)
            shown += line
            assert finding.message not in line and line.startswith("config.yaml:")
    assert SECRET not in shown and "geheim" not in shown
    return list(caught.value.findings)


def test_a_good_file() -> None:
    config = load_config(BASE, "config.yaml", ENV)
    ma, crm, play = config.systems.values()
    assert isinstance(ma, SqlSystem) and ma.read_only and ma.tables["contacts"].modified == "updated_at"
    assert isinstance(crm, SqlSystem) and crm.tables["accounts"].keys == ("a", "b")
    assert make_url(crm.url.get_secret_value()).password == SECRET
    assert isinstance(play, MemorySystem)
    assert config.hub.url.get_secret_value() == "sqlite:///state/hub.db"
    assert (config.lang, config.timezone, config.terms) == ("ja", "Asia/Tokyo", {"deal": "案件"})
    assert config.retention.runs == timedelta(days=90) and config.retention.journal == timedelta(days=730)


def test_limits_by_system_and_entity() -> None:
    limits = load_config(BASE, "config.yaml", ENV).limits
    default = Limits()
    assert limits.of(Entity.COMPANY, "ma") == Limits(deletes=Limit(10, 3, 5))
    assert limits.of(Entity.COMPANY, "crm").creates == Limit(5, default.creates.count, default.creates.floor)
    assert limits.of(Entity.PERSON, "crm").creates == Limit(5, default.creates.count, 1)


def test_defaults_and_the_example() -> None:
    config = load_config("systems: {m: {type: memory}}", "config.yaml", {})
    assert config.lang == "auto" and config.mappings == "mappings" and config.limits.of(Entity.DEAL, "m") == Limits()
    example = load_config((ROOT / "config.example.yaml").read_text(encoding="utf-8"), "config.example.yaml", {})
    assert set(example.systems) == {"ma", "sfa"}


def test_secrets_show_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(f"postgresql+psycopg://u:{SECRET}@h/d\n", encoding="utf-8")
    file.chmod(0o600)
    text = changed("url: sqlite:///ma.db", f'url: "${{file:{file}}}"').replace("state/hub.db", '"${env:CRM_PASSWORD}"')
    config = load_config(text, "config.yaml", ENV)
    crm = config.systems["ma"]
    assert isinstance(crm, SqlSystem) and SECRET in crm.url.get_secret_value()
    shown = f"{config} {config!r} {config.model_dump()} {config.model_dump_json()}"
    assert SECRET not in shown
    file.chmod(0o644)
    (found,) = findings(text)
    assert (found.message, found.line) == ("config.secret_mode", 8)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("hub: {state:", "hub: {stat:", [("mapping.unknown_key", 1, "state")]),
        ("lang: ja", "lang: jaa", [("mapping.unknown_word", 2, "ja")]),
        ("timezone: Asia/Tokyo", "timezone: Asia/Tokio", [("config.unknown_timezone", 3, None)]),
        ("terms: {deal: 案件}", "terms: 案件", [("mapping.not_table", 4, None)]),
        ("    type: sql\n    url: sqlite", "    type: slq\n    url: sqlite", [("mapping.unknown_word", 7, "sql")]),
        ("    type: sql\n    url: sqlite", "    url: sqlite", [("mapping.missing_key", 6, None)]),
        ("read_only: true", "raed_only: true", [("mapping.unknown_key", 10, "read_only")]),
        ("read_only: true", "read_only: no", [("mapping.boolean_trap", 10, None)]),
        ("read_only: true", "page: 0", [("mapping.bad_value", 10, None)]),
        ("modified: updated_at", "modifed: updated_at", [("mapping.unknown_key", 9, "modified")]),
        ("url: sqlite:///ma.db", "url: geheim", [("mapping.bad_value", 7, None)]),
        ("url: postgresql+psycopg://u@db/crm", "url: postgresql+psycopg://u:geheim@db/crm", [("config.secret_literal", 13, None)]),
        ("url: postgresql+psycopg://u@db/crm", "url: postgresql+psycopg://u@db/crm?password=geheim", [("config.secret_literal", 13, None)]),
        ('password: "${env:CRM_PASSWORD}"', "password: geheim", [("config.secret_literal", 14, None)]),
        ("//u@db", "//u:${env:CRM_PASSWORD}@db", [("config.secret_form", 13, None)]),
        ("${env:CRM_PASSWORD}", "${env:CRM_PASSWROD}", [("config.secret_env", 14, "CRM_PASSWORD")]),
        ("${env:CRM_PASSWORD}", "${env:EMPTY}", [("config.secret_env", 14, None)]),
        ("${env:CRM_PASSWORD}", "${evn:CRM_PASSWORD}", [("config.secret_kind", 14, "env")]),
        ("${env:CRM_PASSWORD}", "${file:/nowhere}", [("config.secret_file", 14, None)]),
        ("${env:CRM_PASSWORD}", "${keyring:a/b}", [("config.secret_keyring_missing", 14, None)]),
        ("state/hub.db", "postgresql://u:geheim@h/d", [("config.secret_literal", 1, None)]),
        ("  ma:", "  computed:", [("config.system_name", 6, None)]),
        ("  ma:", "  9ma:", [("config.system_name", 6, None)]),
        ("{count: 3}", "{count: -3}", [("mapping.not_whole", 18, None)]),
        ("{percent: 5}", "{percent: 101}", [("config.percent", 19, None)]),
        ("{person:", "{persn:", [("mapping.unknown_word", 20, "person")]),
        ("runs: 90d", "runs: 90", [("config.duration", 21, None)]),
        ("lang: ja", "lang: {a: ${X}}", [("mapping.yaml_brace", 2, None)]),
        ("lang: ja", "lang: ja\nlang: en", [("mapping.yaml_duplicate", 3, None)]),
    ],
)  # fmt: skip
def test_wrong(
    old: str, new: str, expected: list[tuple[str, int, str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert [(f.message, f.line, f.nearest) for f in findings(changed(old, new))] == expected


def test_no_systems() -> None:
    assert [f.message for f in findings("systems: {}")] == ["config.no_systems"]
    assert [f.message for f in findings("lang: ja")] == ["mapping.missing_key"]


def test_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    class Keyring:
        @staticmethod
        def get_password(service: str, user: str) -> str | None:
            if service == "broken":
                raise RuntimeError("no backend")
            return SECRET if (service, user) == ("crm", "sync") else None

    monkeypatch.setitem(sys.modules, "keyring", Keyring)
    config: Config = load_config(changed("${env:CRM_PASSWORD}", "${keyring:crm/sync}"), "config.yaml", ENV)
    assert config.systems["crm"].type == "sql"
    for reference in ("${keyring:crm/other}", "${keyring:broken/x}"):
        assert [f.message for f in findings(changed("${env:CRM_PASSWORD}", reference))] == ["config.secret_keyring"]


def test_everything_wrong_at_once() -> None:
    text = changed("lang: ja", "lang: jp").replace("runs: 90d", "runs: x").replace("CRM_PASSWORD", "NOTHING")
    assert [f.line for f in findings(text)] == [2, 14, 21]


KINTONE = """\
systems:
  sfa:
    type: kintone
    url: https://example.cybozu.com
    apps:
      顧客管理: {app: 5, token: "${env:CRM_PASSWORD}", key: 連携キー}
      案件管理: {app: "6", token: "${env:CRM_PASSWORD}", status_actions: {受注: 受注する}}
    task: {object: 案件管理, fields: {subject: 件名}}
    sweep_hours: 24
    delete: true
"""


def test_kintone() -> None:
    config = load_config(KINTONE, "config.yaml", ENV)
    sfa = config.systems["sfa"]
    assert isinstance(sfa, KintoneSettings) and sfa.delete and sfa.sweep_hours == 24
    assert [app.app for app in sfa.apps.values()] == [5, 6]
    assert SECRET not in f"{config} {config!r} {config.model_dump_json()}"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("url: https://", "url: http://", 4),
        ("app: 5", "app: 0", 6),
        ("app: 5", "ap: 5", 6),
        ('token: "${env:CRM_PASSWORD}", key', "token: geheim, key", 6),
        ('token: "${env:CRM_PASSWORD}", key', "key", 3),
        ("    delete: true", '    password: "${env:CRM_PASSWORD}"', 3),
        ("object: 案件管理", "object: 案件", 3),
        ("delete: true", "delete: no", 10),
    ],
)
def test_wrong_kintone(old: str, new: str, line: int) -> None:
    assert KINTONE.count(old) >= 1
    found = findings(KINTONE.replace(old, new, 1))
    assert found and min(f.line or 0 for f in found) <= line, found


PIECES = st.sampled_from(
    [
        "${",
        "}",
        "{",
        "[",
        ":",
        "\n",
        "  ",
        "no",
        "url:",
        "://",
        "@",
        "password",
        "type: sql",
        "#",
        '"',
        "&a",
        "*a",
        "\x00",
        "0",
        "d",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(BASE)), st.integers(0, 12), st.lists(PIECES, max_size=3).map("".join))
def test_no_slip_raises_anything_but_config_error(at: int, gone: int, piece: str) -> None:
    try:
        load_config(BASE[:at] + piece + BASE[at + gone :], "config.yaml", ENV)
    except ConfigError as error:
        assert SECRET not in "".join(render(f, "ja") + render(f, "en") for f in error.findings)
