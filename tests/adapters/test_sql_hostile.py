"""What databases and their people do to an adapter: damaged files, locks, full disks, values nobody expected."""

from __future__ import annotations

import gc
import sqlite3
import subprocess
import sys
import tracemalloc
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from connector.adapters.contract import (
    Adapter,
    Change,
    ColumnKind,
    Deleted,
    Merged,
    Native,
    New,
    Refusal,
    Refused,
    Remove,
    Unknown,
    Written,
)
from connector.adapters.sql import SqlSettings, sql_adapter
from connector.errors import ConnectorError, Fatal, Transient

TABLE = "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, note TEXT, amount NUMERIC, at TEXT)"


class Crm:
    """A SQLite file and an adapter to it."""

    def __init__(self, path: Path, *, create: str = TABLE, told: dict[str, Any] | None = None, **settings: Any) -> None:
        self.path = path
        self.run(create)
        table = {"table": "people", **(told or {})}
        options = {"url": f"sqlite:///{path}", "tables": {"p": table}, "timeout": 0.05, **settings}
        self.adapter: Adapter = sql_adapter("crm", SqlSettings.model_validate(options))

    def run(self, statement: str, *values: Any) -> list[Any]:
        connection = sqlite3.connect(self.path)
        try:
            with connection:
                return connection.execute(statement, values).fetchall()
        finally:
            connection.close()

    def pull(self, *fields: str) -> list[Native]:
        return [record for page in self.adapter.pull("p", fields, None) for record in page.records]


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[Crm]:
    crm = Crm(tmp_path / "crm.db")
    crm.run("INSERT INTO people (name) VALUES ('a'), ('b')")
    yield crm
    crm.adapter.close()


def raised(kind: type[ConnectorError], act: Any) -> ConnectorError:
    with pytest.raises(kind) as caught:
        act()
    assert caught.value.__cause__ is None
    return caught.value


# --- values ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "髙" * 300_000,
        "😀 𠮷 \u202e",
        unicodedata.normalize("NFD", "がぎぐげご"),
        unicodedata.normalize("NFC", "がぎぐげご"),
        "一行目\r\n二行目\t",
        "0012",
        "1e5",
        "0000-00-00",
        "",
        "NULL",
        "'; DROP TABLE people; --",
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_text_is_kept_byte_for_byte(crm: Crm, text: str) -> None:
    made, changed = crm.adapter.push("p", [New("k", {"name": text}), Change("1", {"name": text, "note": None})])
    assert isinstance(made, Written) and made.shown is not None and made.shown.values["name"] == text
    assert isinstance(changed, Written)
    assert crm.run("SELECT CAST(name AS BLOB) FROM people WHERE id = 1") == [(text.encode(),)]
    again = Change("1", {"note": "x"}, before={"name": text, "note": None})
    assert isinstance(crm.adapter.push("p", [again])[0], Written)


def test_blank_and_empty_text_are_two_things(crm: Crm) -> None:
    crm.run("UPDATE people SET note = '' WHERE id = 1")
    assert [record.values["note"] for record in crm.pull("note")] == ["", None]
    stale = crm.adapter.push("p", [Change("1", {"name": "x"}, before={"note": None})])[0]
    assert isinstance(stale, Refused) and stale.kind is Refusal.STALE and stale.fields == ("note",)


UNFIT: dict[str, Any] = {
    "NUL": "a\x00b",
    "surrogate": "\ud83d",
    "2**63": 2**63,
    "5001 digits": 10**5000,
    "-2**64": -(2**64),
    "infinity": float("inf"),
    "nan": float("nan"),
    "decimal nan": Decimal("NaN"),
    "decimal of 5001 digits": Decimal(10) ** 5000,
    "19 decimals": Decimal("0.1234567890123456789"),
    "bytes": b"bytes",
    "mapping": {"a": 1},
    "list": ["a"],
    "object": object(),
}


@pytest.mark.parametrize("value", UNFIT.values(), ids=UNFIT)
def test_what_cannot_be_kept_is_refused_and_spoils_nothing(crm: Crm, value: Any) -> None:
    outcomes = crm.adapter.push(
        "p", [Change("1", {"note": "ok"}), Change("2", {"amount": value}), New("k", {"amount": value})]
    )
    assert [type(outcome) for outcome in outcomes] == [Written, Refused, Refused]
    assert isinstance(outcomes[1], Refused) and outcomes[1].kind is Refusal.INVALID
    assert outcomes[1].fields == ("amount",)
    assert crm.run("SELECT id, note, amount FROM people") == [(1, "ok", None), (2, None, None)]


def test_a_value_that_no_cell_can_hold_was_not_there_before(crm: Crm) -> None:
    outcome = crm.adapter.push("p", [Change("1", {"note": "x"}, before={"name": "a\ud83d"})])[0]
    assert isinstance(outcome, Refused) and outcome.kind is Refusal.STALE


def test_a_cell_that_is_no_utf8_is_read_with_marks_and_the_rest_as_it_is(crm: Crm) -> None:
    crm.run("UPDATE people SET name = CAST(x'8d82' AS TEXT) WHERE id = 1")
    assert [record.values["name"] for record in crm.pull("name")] == ["\ufffd\ufffd", "b"]


def test_dates_of_the_year_0_and_no_dates_are_given_as_they_are(tmp_path: Path) -> None:
    create = "CREATE TABLE people (id INTEGER PRIMARY KEY, day DATE, moment DATETIME, modified TEXT)"
    crm = Crm(tmp_path / "crm.db", create=create, told={"modified": "modified"})
    odd = ["0000-00-00", "9999-99-99 99:99:99", "next week", 20260401, 1.5, "", "2026-04-01"]
    for value in odd:
        crm.run("INSERT INTO people (day, moment, modified) VALUES (?, ?, ?)", value, value, str(value))
    records = crm.pull("day", "moment")
    assert [record.values["day"] for record in records] == odd
    assert [record.values["moment"] for record in records] == odd
    assert records[0].modified_at is None


def test_a_huge_number_in_a_text_column_is_read(crm: Crm) -> None:
    crm.run("UPDATE people SET note = ? WHERE id = 1", "9" * 5000)
    assert crm.pull("note")[0].values["note"] == "9" * 5000


# --- tables ---------------------------------------------------------------------------------------------------


def test_a_table_without_a_key_is_fatal_and_lists_its_columns(tmp_path: Path) -> None:
    crm = Crm(tmp_path / "crm.db", create="CREATE TABLE people (name TEXT, mail TEXT)")
    for act in (crm.adapter.check, lambda: crm.adapter.describe("p"), lambda: crm.pull("name")):
        error = raised(Fatal, act)
        assert error.message == "adapter.no_key" and error.facts["columns"] == "name, mail"


def test_a_configured_key_that_is_not_unique_never_writes_to_two_records(tmp_path: Path) -> None:
    crm = Crm(tmp_path / "crm.db", create="CREATE TABLE people (code TEXT, name TEXT)", told={"key": "code"})
    crm.run("INSERT INTO people VALUES ('1', 'a'), ('1', 'b'), ('2', 'c')")
    outcomes = crm.adapter.push("p", [Change("2", {"name": "x"}), Change("1", {"name": "x"})])
    assert [type(outcome) for outcome in outcomes] == [Written, Refused]
    assert crm.run("SELECT name FROM people") == [("a",), ("b",), ("x",)]


def test_a_compound_key_is_one_id(tmp_path: Path) -> None:
    create = "CREATE TABLE people (branch TEXT, number INTEGER, name TEXT, PRIMARY KEY (branch, number))"
    crm = Crm(tmp_path / "crm.db", create=create, page=2, delete=True)
    for branch in ("東京|1", "~", "", "a"):
        crm.run("INSERT INTO people VALUES (?, 7, 'a')", branch)
    ids = [record.id for record in crm.pull("name")]
    assert len(set(ids)) == 4
    assert {record.id for record in crm.adapter.get("p", "id", [*ids, "x", "a|b", "a|7|7"], [])} == set(ids)
    assert all(isinstance(o, Written) for o in crm.adapter.push("p", [Change(id, {"name": "z"}) for id in ids]))
    assert isinstance(crm.adapter.push("p", [Remove(ids[0])])[0], Written)
    made = crm.adapter.push("p", [New("k", {"branch": "大阪", "number": 1, "name": "n"}), New("k2", {"name": "n"})])
    assert isinstance(made[0], Written) and made[0].id == "大阪|1"
    assert isinstance(made[1], Refused) and made[1].kind is Refusal.INVALID


def test_a_column_that_went_away_is_fatal_and_never_read_as_text(tmp_path: Path) -> None:
    crm = Crm(tmp_path / "crm.db", create='CREATE TABLE people (id INTEGER PRIMARY KEY, "会社名" TEXT, "会社" TEXT)')
    crm.run("INSERT INTO people VALUES (1, 'a', 'b')")
    assert crm.adapter.get("p", "id", ["1"], ["会社名"])[0].values == {"会社名": "a"}
    crm.run('ALTER TABLE people DROP COLUMN "会社名"')
    # SQLite takes "name" in quotes for a text when there is no such column.
    error = raised(Fatal, lambda: crm.adapter.get("p", "id", ["1"], ["会社名"]))
    assert error.message == "adapter.no_column" and error.facts["column"] == "会社名"
    error = raised(Fatal, lambda: crm.pull("会社名"))
    assert error.facts["nearest"] == "会社"
    assert raised(Fatal, lambda: crm.adapter.push("p", [Change("1", {"会社名": "x"})])).message == "adapter.no_column"


def test_a_table_that_went_away_is_fatal_with_the_nearest_name(crm: Crm) -> None:
    crm.run("ALTER TABLE people RENAME TO people2")
    error = raised(Fatal, lambda: crm.pull("name"))
    assert error.message == "adapter.no_object" and error.facts["nearest"] == "people2"


def test_a_new_required_column_refuses_creates_with_its_name(crm: Crm) -> None:
    crm.run("CREATE TABLE more (id INTEGER PRIMARY KEY, name TEXT, rank TEXT NOT NULL)")
    crm.run("DROP TABLE people")
    crm.run("ALTER TABLE more RENAME TO people")
    outcome = crm.adapter.push("p", [New("k", {"name": "a"})])[0]
    assert isinstance(outcome, Refused) and (outcome.kind, outcome.fields) == (Refusal.INVALID, ("rank",))
    required = [column.name for column in crm.adapter.describe("p").columns if column.required]
    assert required == ["rank"]


def test_describe_says_what_columns_hold(tmp_path: Path) -> None:
    create = (
        "CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL, fee NUMERIC(12,2), n INTEGER,"
        " ok BOOLEAN DEFAULT 1, day DATE, at DATETIME, firm INTEGER REFERENCES firms (id), pic BLOB, modified TEXT)"
    )
    crm = Crm(tmp_path / "crm.db", create=create, told={"modified": "modified"})
    columns = {column.name: column for column in crm.adapter.describe("p").columns}
    kinds = {name: column.kind.value for name, column in columns.items()}
    assert kinds == {
        "id": "number", "name": "text", "fee": "number", "n": "number", "ok": "boolean", "day": "date",
        "at": "datetime", "firm": "reference", "pic": "other", "modified": "text",
    }  # fmt: skip
    assert columns["name"].max_length == 80 and columns["name"].required
    assert columns["fee"].decimals == 2 and columns["n"].decimals == 0
    assert [name for name, column in columns.items() if not column.writable] == ["id", "pic", "modified"]
    assert columns["firm"].kind is ColumnKind.REFERENCE


def test_tombstones_tell_deletions_from_merges_and_forget_the_living(tmp_path: Path) -> None:
    crm = Crm(
        tmp_path / "crm.db",
        told={"modified": "at", "tombstones": {"table": "dead", "key": "id", "deleted_at": "at", "into": "winner"}},
    )
    crm.run("CREATE TABLE dead (id INTEGER, at TEXT, winner INTEGER)")
    crm.run("INSERT INTO people (id, at) VALUES (1, '2026-01-01 00:00:00'), (4, '2026-01-01 00:00:00')")
    crm.run("INSERT INTO dead VALUES (2, '2026-01-01 00:00:00', NULL), (3, '2026-01-01T00:00:00Z', 1), (4, 'x', NULL)")
    pages = list(crm.adapter.pull("p", [], None))
    assert sorted((gone for page in pages for gone in page.gone), key=lambda gone: gone.id) == [
        Deleted("2"), Merged("3", "1")
    ]  # fmt: skip


# --- stamps ---------------------------------------------------------------------------------------------------


def test_a_stamp_in_the_future_does_not_carry_the_cursor_away(tmp_path: Path) -> None:
    crm = Crm(tmp_path / "crm.db", told={"modified": "at"})
    crm.run("INSERT INTO people (at) VALUES ('2999-01-01 00:00:00')")
    (page,) = crm.adapter.pull("p", [], None)
    crm.run("INSERT INTO people (at) VALUES (datetime('now'))")
    (page,) = crm.adapter.pull("p", [], page.cursor)
    assert [record.id for record in page.records] == ["1", "2"]


def test_stamps_of_several_spellings_in_one_column_are_all_followed(tmp_path: Path) -> None:
    crm = Crm(tmp_path / "crm.db", told={"modified": "at", "zone": "Asia/Tokyo"}, overlap=60)
    old = ["2026-03-01 00:00:00", "2026-03-01T00:00:00Z"]
    new = ["2026-04-01 09:00:00", "2026-04-01T00:00:00Z", "2026-04-01T09:00:00+09:00", "2026-03-31 19:00:00-05:00",
           "2026/04/01 09:00", "2026-04-01 09:00", "2026-04-01T09:00:00.5", None]  # fmt: skip
    for stamp in [*old, *new]:
        crm.run("INSERT INTO people (name, at) VALUES (?, ?)", stamp, stamp)
    cursor = '{"v":1,"adapter":"sql","object":"p","table":"people","at":"2026-03-31T23:59:30+00:00"}'
    found = [r.values["name"] for page in crm.adapter.pull("p", ["name"], cursor) for r in page.records]
    assert found == new


def test_a_column_with_two_kinds_of_stamps_is_read_whole(tmp_path: Path) -> None:
    create = "CREATE TABLE people (id INTEGER PRIMARY KEY, at)"
    crm = Crm(tmp_path / "crm.db", create=create, told={"modified": "at"})
    crm.run("INSERT INTO people (at) VALUES ('2026-01-01 00:00:00'), (1775001600)")
    (page,) = crm.adapter.pull("p", [], None)
    (page,) = crm.adapter.pull("p", [], page.cursor)
    assert len(page.records) == 2


def test_our_write_never_sets_a_stamp_back(tmp_path: Path) -> None:
    crm = Crm(tmp_path / "crm.db", told={"modified": "at"})
    crm.run("INSERT INTO people (at) VALUES ('2999-01-01T00:00:00Z'), ('2000-01-01T00:00:00Z')")
    crm.adapter.push("p", [Change("1", {"name": "x"}), Change("2", {"name": "x"})])
    (ahead,), (behind,) = crm.run("SELECT at FROM people")
    assert ahead == "2999-01-01T00:00:00Z"
    assert behind > "2026" and behind.endswith("Z") and behind[10] == "T"


# --- the file -------------------------------------------------------------------------------------------------


def test_reading_changes_not_one_byte_and_leaves_no_file_behind(crm: Crm, tmp_path: Path) -> None:
    before = crm.path.read_bytes(), sorted(tmp_path.iterdir()), crm.path.stat().st_mtime_ns
    crm.adapter.check()
    crm.adapter.describe("p")
    crm.pull("name")
    crm.adapter.get("p", "id", ["1"], ["name"])
    assert (crm.path.read_bytes(), sorted(tmp_path.iterdir()), crm.path.stat().st_mtime_ns) == before


def test_a_wal_database_is_read_and_written(crm: Crm) -> None:
    crm.run("PRAGMA journal_mode = WAL")
    assert len(crm.pull("name")) == 2
    assert isinstance(crm.adapter.push("p", [Change("1", {"name": "x"})])[0], Written)
    assert crm.run("PRAGMA journal_mode") == [("wal",)]


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_what_a_killed_writer_left_half_done_is_undone_and_read(crm: Crm, mode: str) -> None:
    crm.run(f"PRAGMA journal_mode = {mode}")
    for _ in range(10):
        crm.run("INSERT INTO people (name, note) SELECT name, printf('%.900c', 'x') FROM people")
    program = (
        "import os, signal, sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA cache_size = 1')\n"
        "c.execute('BEGIN IMMEDIATE')\n"
        "c.execute('UPDATE people SET name = \"half\"')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(crm.path)], check=False)
    assert killed.returncode == -9
    left = {path.name for path in crm.path.parent.iterdir()} - {"crm.db"}
    assert left >= ({"crm.db-journal"} if mode == "delete" else {"crm.db-wal"})
    assert {record.values["name"] for record in crm.pull("name")} == {"a", "b"}


def test_a_missing_file_is_fatal_and_is_not_made(tmp_path: Path) -> None:
    settings = SqlSettings.model_validate({"url": f"sqlite:///{tmp_path}/no.db", "tables": {"p": {"table": "people"}}})
    adapter = sql_adapter("crm", settings)
    assert raised(Fatal, adapter.check).message == "adapter.no_database"
    assert raised(Fatal, lambda: adapter.push("p", [New("k", {})])).message == "adapter.no_database"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_fatal(tmp_path: Path) -> None:
    (tmp_path / "crm.db").write_text("顧客,会社\n" * 1000)
    settings = SqlSettings.model_validate({"url": f"sqlite:///{tmp_path}/crm.db", "tables": {"p": {"table": "people"}}})
    assert raised(Fatal, sql_adapter("crm", settings).check).message == "adapter.damaged"


def test_a_truncated_file_is_fatal(crm: Crm) -> None:
    for _ in range(12):
        crm.run("INSERT INTO people (name) SELECT name || 'some more text' FROM people")
    crm.path.write_bytes(crm.path.read_bytes()[: crm.path.stat().st_size // 2])
    assert raised(Fatal, lambda: crm.pull("name")).message == "adapter.damaged"


def test_a_locked_database_is_transient_and_nothing_is_half_written(crm: Crm) -> None:
    other = sqlite3.connect(crm.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    error = raised(Transient, lambda: crm.adapter.push("p", [Change("1", {"name": "x"})]))
    assert error.message == "adapter.locked"
    assert len(crm.pull("name")) == 2  # readers are not kept out
    other.execute("ROLLBACK")
    other.close()
    assert isinstance(crm.adapter.push("p", [Change("1", {"name": "x"})])[0], Written)


def test_a_reader_that_blocks_the_commit_makes_it_transient_not_unknown(crm: Crm) -> None:
    other = sqlite3.connect(crm.path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT * FROM people").fetchall()
    raised(Transient, lambda: crm.adapter.push("p", [Change("1", {"name": "x"})]))
    other.close()
    assert crm.run("SELECT name FROM people WHERE id = 1") == [("a",)]


def test_a_full_disk_is_fatal_and_the_batch_is_undone(crm: Crm) -> None:
    def limit(connection: Any, record: Any) -> None:
        connection.execute("PRAGMA max_page_count = 3")

    sa.event.listen(crm.adapter._writes, "connect", limit)  # type: ignore[attr-defined]
    writes = [Change("1", {"name": "small"}), Change("2", {"name": "x" * 100_000})]
    assert raised(Fatal, lambda: crm.adapter.push("p", writes)).message == "adapter.disk_full"
    assert crm.run("SELECT name FROM people") == [("a",), ("b",)]


def test_a_read_only_system_denies_and_a_read_only_database_is_fatal(crm: Crm) -> None:
    url = f"sqlite:///{crm.path}"
    told = {"p": {"table": "people"}}
    adapter = sql_adapter("crm", SqlSettings.model_validate({"url": url, "tables": told, "read_only": True}))
    outcome = adapter.push("p", [Change("1", {"name": "x"})])[0]
    assert isinstance(outcome, Refused) and outcome.kind is Refusal.DENIED
    sa.event.listen(
        crm.adapter._writes,
        "connect",
        lambda raw, _: raw.execute("PRAGMA query_only = 1"),  # type: ignore[attr-defined]
    )
    error = raised(Fatal, lambda: crm.adapter.push("p", [Change("1", {"name": "x"})]))
    assert error.message == "adapter.read_only"


def test_a_trigger_that_refuses_speaks_for_its_record_alone(crm: Crm) -> None:
    crm.run(
        "CREATE TRIGGER no_b BEFORE UPDATE ON people WHEN new.name = 'bad' BEGIN SELECT RAISE(ABORT, '承認済み'); END"
    )
    outcomes = crm.adapter.push("p", [Change("1", {"name": "good"}), Change("2", {"name": "bad"})])
    assert [type(outcome) for outcome in outcomes] == [Written, Refused]
    assert isinstance(outcomes[1], Refused) and outcomes[1].message == "承認済み"


def test_what_triggers_make_of_a_value_is_shown(crm: Crm) -> None:
    crm.run(
        "CREATE TRIGGER up AFTER UPDATE OF name ON people BEGIN"
        " UPDATE people SET name = upper(trim(new.name)) WHERE id = new.id; END"
    )
    (outcome,) = crm.adapter.push("p", [Change("1", {"name": " taro "})])
    assert isinstance(outcome, Written) and outcome.shown is not None
    assert outcome.shown.values == {"name": "TARO"}


def test_an_io_error_at_the_commit_is_unknown(crm: Crm) -> None:
    dialect = crm.adapter._writes.dialect  # type: ignore[attr-defined]
    commit = dialect.do_commit

    def die(connection: Any) -> None:
        commit(connection)
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = 10
        raise error

    dialect.do_commit = die
    outcomes = crm.adapter.push("p", [Change("1", {"name": "x"}), Change("2", {"name": "y"})])
    assert [type(outcome) for outcome in outcomes] == [Unknown, Unknown]


# --- identity, settings, size ---------------------------------------------------------------------------------


def test_another_file_has_another_identity_unless_it_says_who_it_is(tmp_path: Path) -> None:
    one, two = Crm(tmp_path / "1.db"), Crm(tmp_path / "2.db")
    assert one.adapter.check() == one.adapter.check() != two.adapter.check()
    for crm in (one, two):
        crm.run("CREATE TABLE connector_identity (id TEXT)")
        crm.run("INSERT INTO connector_identity VALUES ('本番')")
    assert one.adapter.check() == two.adapter.check()
    two.run("UPDATE connector_identity SET id = '検証'")
    assert one.adapter.check() != two.adapter.check()


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "sqlite://"},
        {"url": "no url s3cret"},
        {"tables": {}},
        {"pages": 3},
        {"tables": {"p": {"table": "people", "zone": "Tokio"}}},
        {"tables": {"p": {"table": "people", "overlap": 3}}},
    ],
)
def test_wrong_settings_are_told_without_the_url(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        SqlSettings.model_validate({"url": "sqlite:///x.db", "tables": {"p": {"table": "people"}}, **wrong})
    assert "s3cret" not in str(caught.value)


def test_the_url_shows_nowhere() -> None:
    url = "postgresql+psycopg://me:s3cret@127.0.0.1:1/x"
    settings = SqlSettings.model_validate({"url": url, "tables": {"p": {"table": "people"}}, "timeout": 2})
    adapter = sql_adapter("crm", settings)
    error = raised(Transient, adapter.check)
    assert error.message == "adapter.unreachable"
    assert "s3cret" not in f"{settings!r} {settings.model_dump()} {settings.model_dump_json()} {error} {error.facts}"
    adapter.close()


def test_memory_does_not_grow_with_the_table(tmp_path: Path) -> None:
    crm = Crm(tmp_path / "crm.db", page=200)
    crm.run(
        "INSERT INTO people (name, note) WITH RECURSIVE n(i) AS"
        " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
        " SELECT 'name ' || i, printf('%.500c', 'x') FROM n"
    )
    gc.collect()
    tracemalloc.start()
    count = sum(len(page.records) for page in crm.adapter.pull("p", ["name", "note"], None))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 5_000_000, peak
