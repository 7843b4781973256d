"""Opening: made when missing, refused with a reason when it cannot be used, and untouched by those who only read."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, inspect

from connector.errors import ConnectorError, Fatal, Transient
from connector.messages import say
from connector.messages.store import MESSAGES
from connector.model import End, EndId, Entity, Link, PersonName
from connector.store import schema
from connector.store.database import Database
from connector.store.migrate import upgrade
from connector.store.open import opened
from connector.store.records import Batch, LinkWrite
from connector.store.store import Store, open_store


def filled(url: str, clock: Any, links: int = 300) -> str:
    with open_store(url, now=clock) as store:
        fence = store.acquire("h", timedelta(minutes=10))
        writes = [
            LinkWrite(
                Link(f"L{i:05}", Entity.PERSON, (End(EndId("hubspot", "contacts", str(i))),), {"text": "あ" * 300}),
                None,
            )
            for i in range(links)
        ]
        store.commit(fence, "R1", Batch(links=writes))
        store.release(fence)
        return store.hub


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "hub.db"


@pytest.fixture
def at(path: Path) -> str:
    return f"sqlite:///{path}"


def refusal(url: str, clock: Any, **how: Any) -> ConnectorError:
    with pytest.raises(ConnectorError) as error:
        open_store(url, now=clock, **how).close()
    assert error.value.message in MESSAGES
    for sentence in MESSAGES[error.value.message]:
        assert sentence.format(**error.value.facts)  # every place has its fact
    return error.value


def test_the_file_is_for_its_owner_only(path: Path, at: str, clock: Any) -> None:
    filled(at, clock)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with open_store(at, now=clock) as store, store._db.engine.connect() as c:
        for side in ("-wal", "-shm"):
            assert stat.S_IMODE(path.with_name(path.name + side).stat().st_mode) == 0o600
        settings = {
            n: c.exec_driver_sql(f"PRAGMA {n}").scalar() for n in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


# --- refusals ---------------------------------------------------------------------------------------------


def test_a_newer_state_is_refused(url: str, clock: Any) -> None:
    filled(url, clock, 1)
    database = opened(url, create=True)
    with database.write() as c:
        c.execute(schema.revision.update().values(version_num="9999"))
    database.engine.dispose()
    for create in (True, False):
        error = refusal(url, clock, create=create)
        assert (error.message, error.facts["found"]) == ("store.newer", "9999")


def test_an_older_state_is_not_upgraded_by_a_reader(url: str, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(url, clock, 1)
    monkeypatch.setattr(schema, "HEAD", "9999")
    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "9999"))
    assert refusal(url, clock, create=False).message == "store.older"


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize(
    "damage", ["text", "truncated", "zeroed", "scribbled", "short", "foreign", "trigger", "dropped"]
)
def test_a_damaged_state_is_refused(path: Path, at: str, clock: Any, damage: str, create: bool) -> None:
    filled(at, clock)
    size = path.stat().st_size
    match damage:
        case "text":
            path.write_text("これはデータベースではありません。" * 100)
        case "truncated":
            os.truncate(path, size // 2)
        case "short":
            os.truncate(path, 700)
        case "zeroed":
            path.write_bytes(path.read_bytes()[: size // 2] + bytes(size - size // 2))
        case "scribbled":
            data = bytearray(path.read_bytes())
            data[4096 * 5 : 4096 * 40] = b"\xa5" * (4096 * 35)
            path.write_bytes(data)
        case _:
            with sqlite3.connect(path) as raw:
                if damage == "foreign":
                    path.unlink()
                    with sqlite3.connect(path) as other:
                        other.execute("CREATE TABLE customers (id)")
                    other.close()
                elif damage == "trigger":
                    raw.execute("CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM link; END")
                else:
                    raw.execute("DROP TABLE journal")
            raw.close()
    error = refusal(at, clock, create=create)
    assert (error.message, error.facts["where"]) == ("store.damaged", str(path))


def test_a_full_disk_is_refused_and_the_store_is_as_before(path: Path, at: str, clock: Any) -> None:
    filled(at, clock)
    with open_store(at, now=clock) as store:
        fence = store.acquire("h", timedelta(minutes=10))
        _limit(store)
        big = [LinkWrite(Link(f"N{i}", Entity.PERSON, (), {"text": "x" * 3000}), None) for i in range(500)]
        with pytest.raises(Fatal) as error:
            store.commit(fence, "R1", Batch(links=big))
        assert error.value.message == "store.full"
        assert store.links(["N1"]) == {}
        assert store.counts(Entity.PERSON)[""] == 300


def _limit(store: Store) -> None:
    """No page more than there are: what a full disk says, without filling one."""
    store._db.engine.dispose()

    @event.listens_for(store._db.engine, "connect")
    def _at_most(connection: Any, _: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")


def test_a_state_that_cannot_be_written_says_so(at: str, clock: Any) -> None:
    filled(at, clock)
    with open_store(at, now=clock, create=False) as store:
        with pytest.raises(Fatal) as error:
            store.acquire("h", timedelta(minutes=1))
        assert error.value.message == "store.read_only"


def test_a_postgresql_that_may_only_be_read_says_so(pg_url: str, clock: Any) -> None:
    filled(pg_url, clock, 1)
    with open_store(pg_url, now=clock, create=False) as store:
        assert store.links(["L00000"])
        with pytest.raises(Fatal) as error:
            store.acquire("h", timedelta(minutes=1))
        assert error.value.message == "store.read_only"


NOBODY = """
import os, sys
from datetime import UTC, datetime
from connector.errors import Fatal
from connector.store.store import open_store
import connector.store.migrate
now = lambda: datetime(2026, 4, 1, tzinfo=UTC)
os.setgid(65534); os.setuid(65534)
try:
    open_store(sys.argv[1], now=now)
except Fatal as error:
    print(error.message)
with open_store(sys.argv[1], now=now, create=False) as store:
    print(len(store.links(["L00000"])), sorted(os.listdir(os.path.dirname(sys.argv[1][10:]))))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_file_of_somebody_else_can_be_read_and_not_written(clock: Any) -> None:
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    try:
        filled(f"sqlite:///{folder}/hub.db", clock)
        folder.chmod(0o555)
        (folder / "hub.db").chmod(0o444)
        program = [sys.executable, "-c", NOBODY, f"sqlite:///{folder}/hub.db"]
        done = subprocess.run(program, capture_output=True, text=True, check=False)
        if "Permission" in done.stderr and "site-packages" in done.stderr:
            pytest.skip("nobody may not read this Python")
        assert done.stdout.splitlines() == ["store.read_only", "1 ['hub.db']"], done.stderr
    finally:
        folder.chmod(0o700)
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("sqlite:////proc/nowhere/hub.db", "store.unreachable"),
        ("sqlite:////dev/null", "store.unreachable"),
        ("postgresql://u:geheim@127.0.0.1:1/x", "store.unreachable"),
        ("postgresql+psycopg://u:geheim@127.0.0.1:1/x", "store.unreachable"),
        ("mysql://u:geheim@127.0.0.1/x", "store.unsupported"),
        ("geheim", "store.bad_url"),
    ],
)
def test_an_unreachable_state_says_why_and_no_password(wrong: str, message: str, clock: Any) -> None:
    for create in (True, False):
        if wrong.startswith("sqlite") and not create:
            continue
        error = refusal(wrong, clock, create=create)
        assert error.message == message
        assert "geheim" not in str(error)
        assert "geheim" not in say("ja", error.message, **error.facts)


def test_a_missing_postgresql_database_is_unreachable(pg_url: str, clock: Any) -> None:
    assert refusal(pg_url.replace("/t", "/nothere", 1), clock).message == "store.unreachable"


def test_a_writer_that_waits_too_long_may_try_again(path: Path, at: str, clock: Any) -> None:
    filled(at, clock)
    with open_store(at, now=clock) as store:
        event.listen(store._db.engine, "connect", lambda c, _: c.execute("PRAGMA busy_timeout=10"))
        store._db.engine.dispose()
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Transient) as error:
            store.put(None, "x", 1)
        assert error.value.message == "store.busy"
        other.execute("ROLLBACK")
        other.close()
        store.put(None, "x", 1)


# --- reading only -----------------------------------------------------------------------------------------


def picture(path: Path) -> dict[str, str]:
    return {
        p.name: hashlib.blake2b(p.read_bytes()).hexdigest()
        for p in sorted(path.parent.iterdir())
        if not p.name.endswith("-shm")
    }


def read_all(at: str, clock: Any) -> int:
    with open_store(at, now=clock, create=False) as store:
        found = sum(len(page) for page in store.every(Entity.PERSON))
        assert store.known("hubspot", "contacts", ["1", "2"])
        store.counts(Entity.PERSON)
        store.find(Entity.PERSON, "1")
        list(store.dirty(Entity.PERSON))
        list(store.holds())
        list(store.journal())
        return found


def test_a_reader_leaves_everything_as_it_was(path: Path, at: str, clock: Any) -> None:
    hub = filled(at, clock)
    before = picture(path)
    assert read_all(at, clock) == 300
    assert picture(path) == before
    assert [p.name for p in path.parent.iterdir()] == ["hub.db"]  # no side file stays
    with open_store(at, now=clock, create=False) as store:
        assert store.hub == hub


def test_a_reader_beside_a_writer_and_after_a_crash(path: Path, at: str, clock: Any) -> None:
    filled(at, clock)
    program = (
        "import sys, time\nfrom datetime import UTC, datetime\nfrom connector.store.store import open_store\n"
        "store = open_store(sys.argv[1], now=lambda: datetime(2026, 4, 1, tzinfo=UTC))\n"
        "store.put(None, 'x', 'in the log')\nprint('ready', flush=True)\ntime.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, at], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        before = picture(path)
        assert before.keys() == {"hub.db", "hub.db-wal"}
        assert read_all(at, clock) == 300
        assert picture(path) == before
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    assert read_all(at, clock) == 300
    assert picture(path) == before
    with open_store(at, now=clock, create=False) as store:
        assert store.get("x") == "in the log"
    assert picture(path) == before


def test_reading_a_state_that_is_not_there_makes_none(path: Path, at: str, clock: Any, pg_url: str) -> None:
    for url in (at, pg_url):
        with open_store(url, now=clock, create=False) as store:
            assert store.counts(Entity.PERSON) == {"": 0}
            assert store.hub
    assert not path.parent.exists()
    database = opened(pg_url, create=False)
    assert database.sqlite  # in memory: the server has no table yet
    database.engine.dispose()


# --- migrations -------------------------------------------------------------------------------------------


def _tables(database: Database) -> dict[str, Any]:
    with database.read() as c:
        seen = inspect(c)
        return {
            t: (
                [(col["name"], str(col["type"]), col["nullable"]) for col in seen.get_columns(t)],
                seen.get_pk_constraint(t)["constrained_columns"],
                sorted(
                    (i["name"] or "", i["column_names"], sorted(str(o) for o in i.get("dialect_options", {}).values()))
                    for i in seen.get_indexes(t)
                ),
                seen.get_foreign_keys(t),
            )
            for t in sorted(seen.get_table_names())
            if t != "alembic_version"
        }


def test_migrations_and_the_schema_lead_to_the_same_tables(url: str, tmp_path: Path, pg_server: str) -> None:
    from sqlalchemy import create_engine

    made = opened(url, create=True)
    expected = _tables(made)
    if made.sqlite:
        blank = Database(create_engine(f"sqlite:///{tmp_path}/migrated.db"), where="x")
    else:
        with made.write() as c:
            schema.metadata.drop_all(c)
        blank = made
    with blank.write() as c:
        upgrade(c)
    assert _tables(blank) == expected
    if made.sqlite:
        with made.read() as one, blank.read() as two:
            query = (
                "SELECT name, replace(replace(sql, char(10), ''), char(9), '') FROM sqlite_master WHERE type='index'"
            )
            assert set(one.exec_driver_sql(query).all()) == set(two.exec_driver_sql(query).all())
    with blank.read() as c:
        assert c.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == schema.HEAD
    for database in (made, blank):
        database.engine.dispose()


def test_a_state_of_the_first_schema_is_read_as_it_was(at: str, url: str, clock: Any) -> None:
    """Its bases are differences from golden, or whole, and its values stand with their names."""
    database = opened(url, create=True)
    with database.write() as c:
        schema.metadata.drop_all(c)
        if not database.sqlite:
            c.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
        upgrade(c, "0001")
        for statement in OLD:
            c.exec_driver_sql(statement.replace("X'", "X'" if database.sqlite else "E'\\\\x"))
    database.engine.dispose()
    for _ in range(2):  # as it was, and as it is written now
        with open_store(url, now=clock) as store:
            found = store.links(["A", "B"])
            settled, linked = found["A"], found["B"]
            assert dict(settled.golden) == {"name": PersonName("山田", "太郎"), "title": "部長", "score": 5}
            assert [dict(e.base) for e in settled.ends] == [
                {"name": PersonName("山田", "太郎"), "title": "部長", "score": 5},
                {"name": PersonName("山田", "太郎"), "title": "課長"},
            ]
            assert {f: p.system for f, p in settled.provenance.items()} == {"name": "ma", "title": "ma"}
            assert dict(linked.golden) == {}
            assert [dict(e.base) for e in linked.ends] == [{"title": "係長"}, {"title": "係長", "score": 7}]
            assert [e.first for e in linked.ends] == [frozenset({"*"})] * 2
            fence = store.acquire("h", timedelta(minutes=10))
            writes = [LinkWrite(link, link.version) for link in found.values()]
            assert store.commit(fence, "R2", Batch(links=writes)) == []
            store.release(fence)


OLD = (
    """INSERT INTO meta VALUES ('hub', '"H1"')""",
    """INSERT INTO name VALUES (1, 'place', '["ma","leads",""]'), (2, 'place', '["sfa","leads",""]'),
       (3, 'lens', 'l1'), (4, 'system', 'ma')""",
    """INSERT INTO link (no, key, entity, version, dirty, label, owner, search, updated, blocks, provenance, golden)
       VALUES (1, 'A', 1, 3, 0, '', '', '', 0, X'', '[[4,null,"R1",0,1]]',
               '{"name":["n","山田","太郎"],"title":"部長","score":5}'),
              (2, 'B', 1, 1, 1, '', '', '', 0, X'', '[]', '{}')""",
    """INSERT INTO "end" (place, id, link, entity, state, lens, seat, fingerprint, body)
       VALUES (1, '1', 1, 1, 0, 3, 0, X'01', NULL),
              (2, '2', 1, 1, 0, 3, 1, X'02', '{"b":{"title":"課長"},"m":["score"]}'),
              (1, '3', 2, 1, 0, 3, 0, X'03', '{"b":{"title":"係長"},"f":"*"}'),
              (2, '4', 2, 1, 0, 3, 1, X'04', '{"b":{"title":"係長","score":7},"f":"*"}')""",
)


def test_alembic_is_not_imported_for_a_store_that_needs_no_upgrade(at: str) -> None:
    program = (
        "import sys\nfrom datetime import UTC, datetime\nfrom connector.store.store import open_store\n"
        "for _ in range(2): open_store(sys.argv[1], now=lambda: datetime(2026, 4, 1, tzinfo=UTC)).close()\n"
        "print([m for m in ('alembic', 'psycopg') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program, at], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
