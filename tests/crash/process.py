"""A run as a process of its own, on real files: two systems in SQLite tables, the state in SQLite or PostgreSQL.

Processes are forked from one that has loaded everything and opened nothing. The wall clock is an offset that the
parent gives: a process that comes after a dead one comes an hour later, when the lease has run out. A file
`hours-HOLDER` lets time pass for a process at work.
"""

from __future__ import annotations

import os
import select
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from connector.adapters.contract import Adapter
from connector.adapters.sql import SqlSettings, sql_adapter
from connector.cleanse import RULES
from connector.engine import run
from connector.engine.hub import Hub
from connector.mapping.load import load_mappings
from connector.store.store import open_store
from tests.engine.kit import PERSON

TABLES = """
CREATE TABLE people (id INTEGER PRIMARY KEY, last TEXT, first TEXT, mail TEXT, tel TEXT, title TEXT,
  score INTEGER, optout TEXT, connector_key TEXT UNIQUE, updated_at TIMESTAMP, written INTEGER DEFAULT 0);
CREATE TABLE contacts (id INTEGER PRIMARY KEY, "LastName" TEXT, "FirstName" TEXT, "Email" TEXT, "Phone" TEXT,
  "Title" TEXT, "Score" INTEGER, "OptOut" TEXT, connector_key TEXT UNIQUE, updated_at TIMESTAMP,
  written INTEGER DEFAULT 0);
CREATE TRIGGER people_written AFTER UPDATE ON people WHEN new.written = old.written
  BEGIN UPDATE people SET written = old.written + 1 WHERE id = old.id; END;
CREATE TRIGGER contacts_written AFTER UPDATE ON contacts WHEN new.written = old.written
  BEGIN UPDATE contacts SET written = old.written + 1 WHERE id = old.id; END;
"""
MAPPING = PERSON.replace("sfa: {object: contacts}", "sfa: {object: contacts, create: on}")
NUMBER = 6


@dataclass(frozen=True)
class Site:
    """Where everything of one story is; nothing of it is open."""

    folder: Path
    state: str

    @property
    def systems(self) -> dict[str, Path]:
        return {"ma": self.folder / "ma.db", "sfa": self.folder / "sfa.db"}

    def sql(self, system: str, statement: str, *values: Any) -> list[Any]:
        with closing(sqlite3.connect(self.systems[system])) as connection, connection:
            return connection.execute(statement, values).fetchall()


def site(folder: Path, state: str | None = None) -> Site:
    made = Site(folder, state or f"sqlite:///{folder / 'hub.db'}")
    for path in made.systems.values():
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(TABLES)
    old = "2026-01-05 10:00:00"
    for i in range(NUMBER):
        made.sql(
            "ma",
            "INSERT INTO people (last, first, mail, score, optout, updated_at) VALUES (?, ?, ?, ?, '0', ?)",
            *("姓", f"名{i}", f"p{i}@example.com", i, old),
        )
        if i % 2:
            made.sql(
                "sfa",
                'INSERT INTO contacts ("LastName", "FirstName", "Email", "Phone", updated_at) VALUES (?, ?, ?, ?, ?)',
                *("姓", f"名{i}", f"P{i}@example.com", "03-1234-5678", old),
            )
    return made


def edit(site: Site) -> None:
    """What people do between two runs: edits, a conflict, an opt-out, a new person."""
    site.sql("sfa", "UPDATE contacts SET \"Title\" = '部長', \"Phone\" = '03-1111-1111', updated_at = datetime('now')")
    site.sql("ma", "UPDATE people SET tel = '06-2222-2222', updated_at = datetime('now') WHERE id = 2")
    site.sql("ma", "UPDATE people SET optout = '1', updated_at = datetime('now') WHERE id = 4")
    site.sql(
        "ma",
        "INSERT INTO people (last, first, mail, score, optout, updated_at)"
        " VALUES ('新', '人', 'new@example.com', 9, '0', datetime('now'))",
    )


def hub_of(site: Site, holder: str, hours: float, close: list[Callable[[], None]]) -> Hub:
    """Opens everything, in the process that calls it."""

    hours_passed = site.folder / f"hours-{holder}"

    def now() -> datetime:
        passed = float(hours_passed.read_text()) if hours_passed.exists() else 0.0
        return datetime.now(UTC) + timedelta(hours=hours + passed)  # noqa: TID251  a process has a clock

    common = {"key": "id", "modified": "updated_at", "external_key": "connector_key"}
    objects = {"ma": "people", "sfa": "contacts"}
    adapters: dict[str, Adapter] = {
        name: sql_adapter(
            name,
            SqlSettings(
                type="sql",
                write_batch=3,
                url=f"sqlite:///{path}",
                tables={objects[name]: {"table": objects[name], **common}},
            ),
        )
        for name, path in site.systems.items()
    }
    store = open_store(site.state, now=now)
    close += [store.close, *(a.close for a in adapters.values())]
    keys, runs = count(1), count(1)
    return Hub(
        store=store,
        adapters=adapters,
        mappings=load_mappings({"person.yaml": MAPPING}, systems={"ma", "sfa"}, rules=RULES, computed=()),
        now=now,
        new_key=lambda: f"{holder}-{next(keys):04d}",
        new_run=lambda: f"{holder}-R{next(runs):04d}",
        holder=holder,
        spool=site.folder / f"spool-{holder}",
    )


def synced(site: Site, holder: str, hours: float, times: int = 1) -> None:
    close: list[Callable[[], None]] = []
    hub = hub_of(site, holder, hours, close)
    for n in range(times):
        run.sync(hub, site.folder / f"plan-{holder}-{n}")
    for one in close:
        one()


@dataclass
class Process:
    pid: int
    said: int  # a pipe on which it says a byte per boundary
    status: int | None = None

    def kill(self, sign: int = signal.SIGKILL) -> None:
        os.kill(self.pid, sign)

    def wait(self, timeout: float = 120) -> int:
        """Its exit status, once it has ended; everything it still says is read."""
        while select.select([self.said], [], [], timeout)[0]:
            if not os.read(self.said, 65536):
                break
        else:
            self.kill()
            raise AssertionError("a process hangs")
        os.close(self.said)
        _, self.status = os.waitpid(self.pid, 0)
        return self.status


def start(work: Callable[[Callable[[str], None]], None]) -> Process:
    """Forks; the child does `work`, calling what it is given at every boundary, and ends with 0, or 3 for an error."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        os.close(writing)
        return Process(pid, reading)
    try:
        os.close(reading)
        work(lambda kind: os.write(writing, b".") and None)
        os._exit(0)
    except BaseException as error:
        from connector.errors import Locked

        if isinstance(error, Locked):
            os._exit(75)
        traceback.print_exc()
        os._exit(3)


def at_every_boundary(heard: Callable[[str], None]) -> None:
    """In a child: every statement and commit of every database in this process, the state's and the systems'."""

    def statement(connection: Any, cursor: Any, text: str, *_: Any) -> None:
        heard(text.split(None, 1)[0].lower())

    def commit(connection: Any) -> None:
        heard("commit")

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "after_cursor_execute", lambda *a: heard("done"))
    event.listen(Engine, "commit", commit)
