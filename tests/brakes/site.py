"""Two SQLite systems in step, people, companies and deals in each, made once and copied for every disaster."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from connector.adapters.sql import SqlSettings, sql_adapter
from connector.cleanse import RULES
from connector.config import load_config
from connector.engine import run
from connector.engine.hub import Hub
from connector.engine.planfile import PlanReader
from connector.mapping.load import load_mappings
from connector.store.store import Store, open_store

NUMBER = 40
SYSTEMS = ("ma", "crm")
ENTITIES = ("company", "person", "deal")
SEEDED = "2026-03-01T00:00:00Z"


@dataclass(frozen=True)
class Field:
    """A field of the site: its type, what record number `i` shows, and what a migration makes of it."""

    type: str
    shows: Callable[[int], Any]
    migrated: Callable[[int], Any]
    more: str = ""


def _pick(values: str) -> str:
    return f", values: {{ma: {values}, crm: {values}}}"


FIELDS: Mapping[str, Mapping[str, Field]] = {
    "company": {
        "name": Field("text", lambda i: f"会社{i}号", lambda i: f"会社{i}号(旧)"),
        "phone": Field("phone", lambda i: f"03-1000-{i:04}", lambda i: f"03-2000-{i:04}"),
        "site": Field("url", lambda i: f"https://c{i}.example/", lambda i: f"https://c{i}.example/jp"),
        "staff": Field("integer", lambda i: 10 + i, lambda i: (10 + i) * 1000),
    },
    "person": {
        "name": Field("person_name", lambda i: f"姓{i} 名{i}", lambda i: f"名{i} 姓{i}"),
        "email": Field("email", lambda i: f"p{i}@example.com", lambda i: f"p{i}@example.org"),
        "phone": Field("phone", lambda i: f"06-1000-{i:04}", lambda i: f"06-2000-{i:04}"),
        "title": Field("text", lambda i: "課長", lambda i: "課長職"),
        "home": Field("address", lambda i: f"東京都港区芝{i + 1}", lambda i: f"港区芝{i + 1}丁目"),
        "joined": Field("date", lambda i: f"2020-01-{i % 28 + 1:02}", lambda i: f"2019-01-{i % 28 + 1:02}"),
        "visited": Field("datetime", lambda i: f"2026-01-05 10:{i:02}:00", lambda i: f"2026-01-05 19:{i:02}:00"),
        "visits": Field("integer", lambda i: i + 1, lambda i: (i + 1) * 60),
        "score": Field("decimal", lambda i: f"{i + 1}.5", lambda i: f"{(i + 1) * 100}.5"),
        "member": Field("boolean", lambda i: 1, lambda i: 0),
        "rank": Field("picklist", lambda i: "A", lambda i: "B", _pick('{"A": high, "B": low}')),
        "mail": Field("consent", lambda i: "0", lambda i: "1", _pick('{"1": opt_out, "0": opt_in}')),
        "post": Field(
            "consent", lambda i: "1", lambda i: "0", _pick('{"1": opt_out, "0": opt_in}') + ", opt_in_from: [crm]"
        ),
    },
    "deal": {
        "name": Field("text", lambda i: f"案件{i}", lambda i: f"【旧】案件{i}"),
        "amount": Field("money", lambda i: 100 * (i + 1), lambda i: 110 * (i + 1)),
        "stage": Field("picklist", lambda i: "A", lambda i: "B", _pick('{"A": open, "B": lost}')),
        "closes": Field("date", lambda i: f"2026-09-{i % 28 + 1:02}", lambda i: f"2025-09-{i % 28 + 1:02}"),
    },
}
IDENTIFIERS = {"company": "[name]", "person": "[email]", "deal": "[name]"}


def mapping(entity: str) -> str:
    lines = [f"entity: {entity}", "enabled: true", "on_delete: hold", "systems:"]
    lines += [f"  {s}: {{object: {entity}}}" for s in SYSTEMS]
    lines += ["match:", f"  identifiers: {IDENTIFIERS[entity]}", "fields:"]
    for name, f in FIELDS[entity].items():
        rule = "" if f.type == "consent" else ", if_both_changed: crm wins, on_blank: clear"
        lines.append(f"  {name}: {{type: {f.type}, map: {{ma: {name}, crm: {name}}}, flow: ma <-> crm{rule}{f.more}}}")
    return "\n".join(lines) + "\n"


@dataclass
class Site:
    """A hub and its two databases. `now` is the site's clock; edits are stamped with it."""

    folder: Path
    mappings: dict[str, str] = field(default_factory=lambda: {f"{e}.yaml": mapping(e) for e in ENTITIES})
    now: datetime = datetime(2026, 4, 1, tzinfo=UTC)
    limits: Mapping[str, Any] = field(default_factory=dict)
    incremental: bool = True
    numbers: Any = field(default_factory=lambda: count(1))
    hubs: list[Hub] = field(default_factory=list)
    url: Mapping[str, str] = field(default_factory=dict)

    def db(self, system: str, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / f"{system}.db")) as db, db:
            return db.execute(sql, values).fetchall()

    @property
    def stamp(self) -> str:
        return self.now.strftime("%Y-%m-%dT%H:%M:%SZ")

    def edit(self, system: str, entity: str, sql: str, *values: Any, where: str = "1") -> None:
        self.db(system, f"UPDATE {entity} SET {sql}, updated_at = ? WHERE {where}", *values, self.stamp)

    def add(self, system: str, entity: str, numbers: range) -> None:
        names = list(FIELDS[entity])
        for i in numbers:
            row = [f"{entity[0]}{i}", *(FIELDS[entity][n].shows(i) for n in names), "東", None, self.stamp, None]
            self.db(system, f"INSERT INTO {entity} VALUES ({','.join('?' * len(row))})", *row)

    def hub(self) -> Hub:
        config = {"key": "id", "external_key": "connector_key", "deleted": "gone"}
        stamped = {"modified": "updated_at"} if self.incremental else {}
        adapters = {}
        for s in SYSTEMS:
            tables = {e: {"table": e, **config, **stamped} for e in ENTITIES}
            url = self.url.get(s, f"sqlite:///{self.folder / s}.db")
            adapters[s] = sql_adapter(s, SqlSettings(type="sql", url=url, tables=tables, delete=True))
        made = load_mappings(self.mappings, systems=set(SYSTEMS), rules=RULES, computed=())
        config_yaml = f"systems: {{ma: {{type: memory}}}}\nlimits: {json.dumps(self.limits)}\n"
        guard = load_config(config_yaml, "config.yaml", {}).limits
        hub = Hub(
            store=open_store(f"sqlite:///{self.folder / 'hub.db'}", now=lambda: self.now),
            adapters=adapters,
            mappings=made,
            now=lambda: self.now,
            new_key=lambda: f"L{self.now:%m%d%H}{next(self.numbers):06d}",
            new_run=lambda: f"R{self.now:%m%d%H}{next(self.numbers):06d}",
            holder="test",
            spool=self.folder / "spool",
            limits={(m.entity, s): guard.of(m.entity, s) for m in made for s in SYSTEMS},
        )
        self.hubs.append(hub)
        return hub

    def path(self) -> Path:
        return self.folder / f"plan{next(self.numbers)}"

    def sync(self, **options: Any) -> run.Outcome:
        self.now += timedelta(hours=1)
        outcome = run.sync(self.hub(), self.path(), **options)
        assert outcome is not None
        return outcome

    def diff(self, **options: Any) -> PlanReader:
        return run.diff(self.hub(), self.path(), **options)

    def apply(self, plan: PlanReader, **options: Any) -> run.Outcome:
        return run.apply(self.hub(), plan.path, **options)

    @property
    def store(self) -> Store:
        return (self.hubs[-1] if self.hubs else self.hub()).store

    def close(self) -> None:
        for hub in self.hubs:
            hub.store.close()
            for adapter in hub.adapters.values():
                adapter.close()
        self.hubs.clear()

    def systems(self) -> dict[str, list[str]]:
        """Every cell of both systems."""
        return {s: self._dump(s) for s in SYSTEMS}

    def state(self) -> list[str]:
        """All that the hub knows about records: links, ends, holds, cursors, the journal; but not that a run was."""
        return [row for row in self._dump("hub") if not row.startswith(("run ", "lock "))]

    def _dump(self, name: str) -> list[str]:
        with closing(sqlite3.connect(self.folder / f"{name}.db")) as db:
            tables = [r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY 1")]
            return [f"{t} {row}" for t in tables for row in db.execute(f'SELECT * FROM "{t}"')]


def in_step(folder: Path) -> None:
    """Both systems filled, linked and in step."""
    site = Site(folder)
    for system in SYSTEMS:
        site.db(system, "CREATE TABLE connector_identity (id TEXT)")
        site.db(system, "INSERT INTO connector_identity VALUES (?)", f"production-{system}")
        for entity in ENTITIES:
            columns = ", ".join(f"{n} NUMERIC" if f.type == "integer" else n for n, f in FIELDS[entity].items())
            site.db(
                system,
                f"CREATE TABLE {entity} (id TEXT PRIMARY KEY, {columns}, region, gone, updated_at TEXT, connector_key)",
            )
            site.add(system, entity, range(NUMBER))
    for _ in range(2):
        assert site.sync().trips == ()
    assert site.sync().applied.done == {}
    assert {h.hold.id.kind for h in site.store.holds()} == set()
    site.close()
