"""config.yaml: systems, state, limits. Secrets come from the environment, a file or the keyring, never from the file.

A secret is the whole value: "${env:NAME}", "${file:/path}" (mode 0600) or "${keyring:service/user}". The values are
pydantic's SecretStr and show as asterisks in every repr; no finding repeats one.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, PlainValidator, SecretStr, WithJsonSchema
from pydantic_core import PydanticCustomError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from connector.adapters.hubspot.settings import HubSpotOAuth, HubSpotObject, HubSpotSettings
from connector.adapters.kintone.settings import KintoneSettings
from connector.adapters.salesforce.settings import SalesforceSettings
from connector.adapters.sql.settings import SqlSettings, TableSettings
from connector.errors import ConfigError, Finding
from connector.mapping.flow import RESERVED
from connector.mapping.leaf import Name, Whole, name, nearest, schema_of, shown, text, word, wrong
from connector.mapping.leaf import boolean as read_boolean
from connector.mapping.leaf import number as read_number
from connector.mapping.load import in_order
from connector.mapping.owners_file import OwnersSpec, check_owners
from connector.mapping.schema import schema_text
from connector.mapping.source import Path as TreePath
from connector.mapping.source import Source, read_source
from connector.mapping.validate import Strict, validate
from connector.model import Entity
from connector.sync.guard import Limit, Limits

REFERENCE = re.compile(r"\$\{([A-Za-z]+):([^}]*)\}")
KINDS = ("env", "file", "keyring")
SECRET_KEYS = frozenset({
    "password", "secret", "token", "api_token", "api_key", "client_secret", "refresh_token", "private_key",
    "security_token",
})  # fmt: skip
SYSTEM_NAME = re.compile(r"[^\W\d_][\w.-]*")
SETTINGS = (
    SqlSettings,
    TableSettings,
    HubSpotSettings,
    HubSpotObject,
    HubSpotOAuth,
    SalesforceSettings,
    KintoneSettings,
)
SWITCHES = frozenset(n for m in SETTINGS for n, f in m.model_fields.items() if f.annotation is bool)
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(value: Any) -> timedelta:
    """30s, 10m, 2h, 90d."""
    found = re.fullmatch(r"([0-9]{1,6})\s*([smhd])", text(value).strip())
    if found is None:
        raise wrong("config.duration", value=shown(value))
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def percent(value: Any) -> float:
    found = read_number(value)
    if not 0 <= found <= 100:
        raise wrong("config.percent", value=shown(value))
    return found


def zone(value: Any) -> str:
    found = name(value)
    try:
        ZoneInfo(found)
    except (KeyError, ValueError, OSError):
        raise wrong("config.unknown_timezone", value=shown(value)) from None
    return found


def language(value: Any) -> str:
    found = name(value)
    allowed = ("ja", "en", "auto")
    if found not in allowed:
        raise wrong("mapping.unknown_word", value=shown(value), allowed=allowed, nearest=nearest(found, allowed))
    return found


Duration = Annotated[
    timedelta, BeforeValidator(duration), WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,6} *[smhd]$"})
]
Percent = Annotated[float, PlainValidator(percent), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100})]
Zone = Annotated[str, PlainValidator(zone), WithJsonSchema({"type": "string"})]
Language = Annotated[
    Literal["ja", "en", "auto"], PlainValidator(language), WithJsonSchema({"enum": ["ja", "en", "auto"]})
]


EntityName = Annotated[Entity, BeforeValidator(word(Entity)), WithJsonSchema(schema_of(Entity))]


class SqlSystem(SqlSettings):
    """A database, by its SQLAlchemy URL."""

    password: SecretStr | None = Field(
        default=None,
        description='データベースのパスワード。"${env:NAME}" の形で書く。 / The password, as "${env:NAME}".',
    )


class SalesforceSystem(SalesforceSettings):
    """A Salesforce org."""


class MemorySystem(Strict):
    """A system in memory, for tests and rehearsals."""

    type: Literal["memory"]


SystemSettings = Annotated[
    SqlSystem | HubSpotSettings | KintoneSettings | SalesforceSystem | MemorySystem, Field(discriminator="type")
]


class HubSettings(Strict):
    """Where the hub keeps its state."""

    state: SecretStr = Field(
        default=SecretStr("state/hub.db"),
        description="状態の保存先。SQLite のファイル、または PostgreSQL の URL。 / "
        "Where the state is kept: a SQLite file or a PostgreSQL URL.",
    )

    @property
    def url(self) -> SecretStr:
        """The state as a SQLAlchemy URL."""
        value = self.state.get_secret_value()
        return self.state if "://" in value else SecretStr(f"sqlite:///{value}")


class LimitSpec(Strict):
    """One brake; what is left out keeps its default."""

    percent: Percent | None = Field(default=None, description="紐づけ済み件数に対する割合。 / Of the linked records.")
    count: Whole | None = Field(default=None, description="件数。 / A number of records.")
    floor: Whole | None = Field(default=None, description="この件数までは止めない。 / Never stops at or below this.")

    def over(self, base: Limit) -> Limit:
        return Limit(
            base.percent if self.percent is None else self.percent,
            base.count if self.count is None else self.count,
            base.floor if self.floor is None else self.floor,
        )


class LimitsSpec(Strict):
    """The brakes."""

    deletes: LimitSpec = Field(default=LimitSpec(), description="削除。 / Deletions.")
    blanks: LimitSpec = Field(default=LimitSpec(), description="空欄化（項目ごと）。 / Blank-outs, per field.")
    changes: LimitSpec = Field(default=LimitSpec(), description="書き換え（項目ごと）。 / Overwrites, per field.")
    creates: LimitSpec = Field(default=LimitSpec(), description="新規作成。 / Creates.")
    left_scope: LimitSpec = Field(default=LimitSpec(), description="対象外になった件数。 / Records that left `where`.")
    gone: LimitSpec = Field(default=LimitSpec(), description="相手側で消えた件数。 / Records deleted in a system.")
    hidden: LimitSpec = Field(default=LimitSpec(), description="見えなくなった件数。 / Records no longer listed.")

    def over(self, base: Limits) -> Limits:
        return Limits(**{n: getattr(self, n).over(getattr(base, n)) for n in type(self).model_fields})


class GuardSettings(Strict):
    """安全装置 / The guard: defaults, then by system, then by entity; the later wins."""

    default: LimitsSpec = Field(default=LimitsSpec(), description="すべてに。 / For everything.")
    systems: Mapping[Name, LimitsSpec] = Field(default={}, description="システムごと。 / By system.")
    entities: Mapping[EntityName, LimitsSpec] = Field(default={}, description="会社・担当者・商談ごと。 / By entity.")

    def of(self, entity: Entity, system: str) -> Limits:
        """The limits for one entity in one system."""
        limits = self.default.over(Limits())
        for more in (self.systems.get(system), self.entities.get(entity)):
            limits = more.over(limits) if more is not None else limits
        return limits


class Retention(Strict):
    """How long the hub remembers."""

    journal: Duration = Field(
        default=timedelta(days=730), description="変更の記録（undo と why に使う）。 / The journal, for undo and why."
    )
    runs: Duration = Field(default=timedelta(days=365), description="実行の記録。 / Runs.")
    activity: Duration = Field(default=timedelta(days=400), description="Web 訪問などの活動。 / Visits and the like.")


class Config(Strict):
    """config.yaml."""

    hub: HubSettings = Field(default=HubSettings(), description="ハブの状態。 / The hub's state.")
    mappings: Name = Field(default="mappings", description="対応表のフォルダ。 / The folder of the mapping files.")
    lang: Language = Field(
        default="auto", description="表示の言語: ja | en | auto（端末に合わせる）。 / The language of what people read."
    )
    timezone: Zone = Field(default="Asia/Tokyo", description="日付の基準となる時間帯。 / The hub's time zone.")
    terms: Mapping[Name, Name] = Field(
        default={}, description="用語の言い換え。例: {deal: 案件} / Words of this site, e.g. {deal: 案件}"
    )
    systems: Mapping[Name, SystemSettings] = Field(
        description="つなぐシステム。名前は対応表で使う。 / The systems; mapping files use these names."
    )
    owners: OwnersSpec = Field(
        default=OwnersSpec(),
        description="担当者の対応と引き継ぎ先。 / Who owns records in which system, and who takes over.",
    )
    limits: GuardSettings = Field(default=GuardSettings(), description="安全装置の上限。 / The guard's limits.")
    retention: Retention = Field(default=Retention(), description="保存期間。 / How long records are kept.")


def load_config(content: str, file: str, env: Mapping[str, str]) -> Config:
    """The configuration of a config.yaml. Raises ConfigError with every finding at once, and nothing else.

    `env` is the environment that "${env:NAME}" reads.
    """
    source = read_source(content, file)
    findings = list(source.findings)
    if any(f.message != "mapping.yaml_duplicate" for f in findings):
        raise ConfigError(in_order(findings))
    tree, found = _with_secrets(source, env)
    findings += found
    config, more, paths = validate(Config, Source(file, tree, source.keys, source.values), secret=_private)
    # what a missing secret makes wrong is said once
    findings += [f for f, path in zip(more, paths, strict=True) if not _follows(f, path, source, found)]
    findings += _names(source)
    findings += check_owners(source)
    if findings or config is None:
        raise ConfigError(in_order(findings))
    return config


def _private(path: TreePath) -> bool:
    return path[:1] == ("systems",) or path == ("hub", "state")


def _follows(finding: Finding, path: TreePath, source: Source, secrets: list[Finding]) -> bool:
    if finding.message != "mapping.bad_value":
        return False
    inside = {(mark.line, mark.column) for at, mark in source.values.items() if at[: len(path)] == path}
    return any((secret.line, secret.column) in inside for secret in secrets)


def _names(source: Source) -> list[Finding]:
    systems = source.tree.get("systems") if isinstance(source.tree, dict) else None
    if not isinstance(systems, dict):
        return []
    if not systems:
        return [source.finding("config.no_systems", ("systems",))]
    return [
        source.finding("config.system_name", ("systems", given), key=True, name=given)
        for given in systems
        if SYSTEM_NAME.fullmatch(given) is None or given in RESERVED
    ]


def _with_secrets(source: Source, env: Mapping[str, str]) -> tuple[Any, list[Finding]]:
    """The tree with its secrets fetched and each database password put into its URL."""
    findings: list[Finding] = []

    def walk(value: Any, path: TreePath) -> Any:
        match value:
            case dict():
                return {key: walk(item, (*path, key)) for key, item in value.items()}
            case list():
                return [walk(item, (*path, index)) for index, item in enumerate(value)]
            case str() if _private(path):
                return _leaf(value, path, source, env, findings)
            case _:
                return value

    tree = walk(source.tree, ())
    if isinstance(tree, dict) and isinstance(tree.get("systems"), dict):
        tree["systems"] = {given: _joined(system) for given, system in tree["systems"].items()}
    return tree, findings


def _joined(system: Any) -> Any:
    """A database's settings with the password inside the URL, where the driver looks for it."""
    if not (
        isinstance(system, dict)
        and system.get("type") == "sql"
        and isinstance(system.get("url"), str)
        and isinstance(system.get("password"), str)
    ):
        return system
    try:
        url = make_url(system["url"]).set(password=system["password"])
    except (ArgumentError, ValueError):
        return system  # the settings refuse the URL themselves
    return {**system, "url": url.render_as_string(hide_password=False)}


def _leaf(value: str, path: TreePath, source: Source, env: Mapping[str, str], findings: list[Finding]) -> Any:
    whole = REFERENCE.fullmatch(value.strip())
    if whole is not None:
        fetched = _fetch(whole[1], whole[2].strip(), env)
        if isinstance(fetched, str):
            return fetched
        message, near, facts = fetched
        findings.append(source.finding(message, path, nearest=near, **facts))
    elif "${" in value:
        findings.append(source.finding("config.secret_form", path))
    elif path[-1] in SECRET_KEYS or ("://" in value and _has_password(value)):
        findings.append(source.finding("config.secret_literal", path))
    elif path[-1] in SWITCHES:
        try:
            return read_boolean(value)
        except PydanticCustomError as error:
            context = error.context or {}
            findings.append(source.finding(context["why"], path, **context["facts"]))
    return value


def _has_password(url: str) -> bool:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return re.search(r"://[^/@\s]*:[^/@\s]+@", url) is not None
    return bool(parsed.password) or any(key.lower() in SECRET_KEYS for key in parsed.query)


def _fetch(kind: str, where: str, env: Mapping[str, str]) -> str | tuple[str, str | None, dict[str, Any]]:
    """The secret, or the message id, the nearest name and the facts of why there is none."""
    match kind:
        case "env":
            return env[where] if env.get(where) else ("config.secret_env", _other(where, env), {"name": where})
        case "file":
            return _secret_file(where)
        case "keyring":
            return _keyring(where)
        case _:
            return "config.secret_kind", nearest(kind, KINDS), {"kind": kind, "allowed": KINDS}


def _other(where: str, env: Mapping[str, str]) -> str | None:
    near = nearest(where, env)
    return near if near != where else None  # set, and empty


def _secret_file(where: str) -> str | tuple[str, None, dict[str, Any]]:
    path = Path(where)
    try:
        with path.open(encoding="utf-8") as file:
            # of the open file, not of the path, which may be exchanged in between
            if os.name == "posix" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                return "config.secret_mode", None, {"name": where}
            return file.read(65_536).rstrip("\r\n")
    except (OSError, ValueError):
        return "config.secret_file", None, {"name": where}


def _keyring(where: str) -> str | tuple[str, None, dict[str, Any]]:
    try:
        keyring = import_module("keyring")
    except ImportError:
        return "config.secret_keyring_missing", None, {}
    service, _, user = where.partition("/")
    try:
        found = keyring.get_password(service, user)
    except Exception:  # every backend has errors of its own
        found = None
    return found if isinstance(found, str) else ("config.secret_keyring", None, {"name": where})


def config_schema() -> str:
    """The text of docs/schema/config.json: `python -m connector.config`."""
    return schema_text(Config, "connector: config.yaml")


if __name__ == "__main__":
    sys.stdout.write(config_schema())
