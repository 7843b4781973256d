"""Whole runs on real databases: tables in SQLite and in PostgreSQL, the state in either."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, text

from connector.adapters.sql import SqlSettings, sql_adapter
from connector.cleanse import RULES
from connector.engine import run
from connector.engine.hub import Hub
from connector.engine.undo import UndoOptions
from connector.mapping.load import load_mappings
from connector.store.records import RunState
from connector.store.store import open_store
from tests.engine.kit import PERSON

TABLES = """
CREATE TABLE people (id INTEGER PRIMARY KEY, last TEXT, first TEXT, mail TEXT, tel TEXT, title VARCHAR(20),
  score INTEGER, optout TEXT, connector_key TEXT UNIQUE, updated_at TIMESTAMP);
CREATE TABLE contacts (id INTEGER PRIMARY KEY, "LastName" TEXT, "FirstName" TEXT, "Email" TEXT, "Phone" TEXT,
  "Title" TEXT, "Score" INTEGER, "OptOut" TEXT, connector_key TEXT UNIQUE, updated_at TIMESTAMP);
"""


@dataclass
class Databases:
    tables: Engine
    hub: Callable[[], Hub]
    folder: Path
    plans: Iterator[int]

    def sql(self, statement: str, **values: Any) -> list[Any]:
        with self.tables.begin() as connection:
            result = connection.execute(text(statement), values)
            return list(result) if result.returns_rows else []

    def sync(self) -> run.Outcome:
        outcome = run.sync(self.hub(), self.folder / f"plan{next(self.plans)}")
        assert outcome is not None
        return outcome


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    url = f"sqlite:///{tmp_path / 'crm.db'}" if request.param == "sqlite" else request.getfixturevalue("pg_url")
    state = f"sqlite:///{tmp_path / 'hub.db'}" if request.param == "sqlite" else url
    tables = create_engine(url)
    own = TABLES if request.param == "sqlite" else TABLES.replace("INTEGER PRIMARY KEY", "SERIAL PRIMARY KEY")
    with tables.begin() as connection:
        for statement in own.strip().split(";")[:-1]:
            connection.execute(text(statement))
    common = {"key": "id", "modified": "updated_at", "external_key": "connector_key"}
    adapters = {
        "ma": sql_adapter("ma", SqlSettings(type="sql", url=url, tables={"people": {"table": "people", **common}})),
        "sfa": sql_adapter(
            "sfa", SqlSettings(type="sql", url=url, tables={"contacts": {"table": "contacts", **common}})
        ),
    }
    store = open_store(state, now=lambda: datetime.now(UTC))  # noqa: TID251  a test is a face
    text_ = PERSON.replace("sfa: {object: contacts}", "sfa: {object: contacts, create: on}")
    keys, runs = count(1), count(1)

    def hub() -> Hub:
        return Hub(
            store=store,
            adapters=adapters,
            mappings=load_mappings({"person.yaml": text_}, systems={"ma", "sfa"}, rules=RULES, computed=()),
            now=lambda: datetime.now(UTC),  # noqa: TID251
            new_key=lambda: f"L{next(keys):06d}",
            new_run=lambda: f"R{next(runs):04d}",
            holder="test",
            spool=tmp_path / "spool",
        )

    yield Databases(tables, hub, tmp_path, count(1))
    store.close()
    for adapter in adapters.values():
        adapter.close()
    tables.dispose()


def test_tables_are_kept_in_step(databases: Databases) -> None:
    d = databases
    stamp = "2026-01-05 10:00:00"
    d.sql(
        "INSERT INTO people (id,last,first,mail,score,optout,updated_at)"
        " VALUES (1,'髙橋','一郎','i@example.com',70,'0',:t)",
        t=stamp,
    )
    d.sql(
        "INSERT INTO people (id,last,first,mail,score,optout,updated_at)"
        " VALUES (2,'𠮷野','花','h@example.com',5,'1',:t)",
        t=stamp,
    )
    d.sql('INSERT INTO contacts (id,"LastName","FirstName","Email","Phone","OptOut",updated_at)'
          " VALUES (7,'髙橋','一郎','I@EXAMPLE.com','0312345678','0',:t)", t=stamp)  # fmt: skip
    d.sync()
    first = d.sync()
    assert first.state is RunState.DONE, first.applied
    assert d.sql("SELECT tel FROM people WHERE id=1") == [("03-1234-5678",)]
    assert d.sql('SELECT "Email" FROM contacts WHERE id=7') == [("I@EXAMPLE.com",)], "nobody's spelling is touched"
    [(_made, last, out, key)] = d.sql('SELECT id,"LastName","OptOut",connector_key FROM contacts WHERE id<>7')
    assert (last, out, bool(key)) == ("𠮷野", "1", True)
    assert d.sync().applied.done == {}

    d.sql("UPDATE people SET title='部長', updated_at=CURRENT_TIMESTAMP WHERE id=1")
    d.sql('UPDATE contacts SET "Phone"=NULL, updated_at=CURRENT_TIMESTAMP WHERE id=7')
    edited = d.sync()
    assert d.sql('SELECT "Title","Phone" FROM contacts WHERE id=7') == [("部長", None)]
    assert d.sql("SELECT tel FROM people WHERE id=1") == [("03-1234-5678",)], "a blank is kept where it is"
    assert d.sync().applied.done == {}

    undo = run.undo(d.hub(), d.folder / "undo", edited.run, UndoOptions())
    run.apply(d.hub(), undo.path)
    assert d.sql('SELECT "Title" FROM contacts WHERE id=7') == [(None,)]
    assert d.sync().applied.done == {}


def test_a_value_that_the_table_refuses_is_held_and_the_others_go_on(databases: Databases) -> None:
    d = databases
    stamp = "2026-01-05 10:00:00"
    for i in range(3):
        d.sql(
            "INSERT INTO people (id,last,first,mail,updated_at) VALUES (:i,'姓','名'||:i,'p'||:i||'@example.com',:t)",
            i=i,
            t=stamp,
        )
        d.sql('INSERT INTO contacts (id,"LastName","FirstName","Email",updated_at)'
              " VALUES (:i,'姓','名'||:i,'p'||:i||'@example.com',:t)", i=i, t=stamp)  # fmt: skip
    d.sync()
    d.sync()
    d.sql('UPDATE contacts SET "Title"=:long, updated_at=CURRENT_TIMESTAMP WHERE id=0', long="課長" * 400)
    d.sql("UPDATE contacts SET \"Title\"='部長', updated_at=CURRENT_TIMESTAMP WHERE id=1")
    d.sync()
    d.sync()
    assert d.sql("SELECT title FROM people WHERE id=1") == [("部長",)]
    [(cut,)] = d.sql("SELECT title FROM people WHERE id=0")
    assert cut in ("課長" * 10, None)
    assert d.sync().applied.done == {}


def test_a_dry_run_sends_no_statement_that_changes_anything(databases: Databases) -> None:
    d = databases
    stamp = "2026-01-05 10:00:00"
    d.sql(
        "INSERT INTO people (id,last,first,mail,score,updated_at) VALUES (1,'姓','名','p@example.com',70,:t)", t=stamp
    )
    d.sql(
        'INSERT INTO contacts (id,"LastName","FirstName","Email",updated_at)'
        " VALUES (7,'姓','名','p@example.com',:t)",
        t=stamp,
    )
    d.sync()
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement.strip().split(None, 1)[0].upper())

    event.listen(Engine, "before_cursor_execute", note)
    try:
        plan = run.diff(d.hub(), d.folder / "dry")
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert plan.footer.totals["counts"]["update"] == 1
    assert sent and not set(sent) & {"INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "REPLACE", "TRUNCATE"}
