"""Opening the state: made when it is not there, migrated when it is older, refused when it is newer or damaged.

SQLite: the file is made with mode 0600 in a folder of mode 0700. A read-only opening writes no byte of the database:

- a write-ahead log with something in it is there: another process works, or one has died. `mode=ro` reads database and
  log as they are and leaves both.
- no log: an ordinary connection under `query_only`. SQLite keeps a log and an index beside the file while it is open
  and takes both away at the end; `mode=ro` would leave them behind (https://sqlite.org/wal.html#read_only_databases).
- neither file nor folder may be written: `immutable=1`, which needs no log; nobody here can be writing either.
- nothing is there yet: an empty state in memory.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, inspect, make_url, select, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import StaticPool

from connector.errors import Fatal
from connector.store import schema
from connector.store.database import BUSY_SECONDS, Database
from connector.store.identity import new_hub
from connector.store.values import dumps

HUB: Final = "hub"

# Up to this size a damaged page is looked for at every opening (measured: 13 MB in 15 ms); above it, SQLite's own
# check of the file's length and header must do, and a damaged page is reported when it is read.
_CHECKED_BYTES: Final = 32_000_000


def opened(url: str, *, create: bool) -> Database:
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        database = _sqlite(parsed, create)
    else:
        database = _postgresql(parsed, create)
    try:
        _ready(database, create)
    except BaseException:
        database.engine.dispose()
        raise
    return database


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise Fatal("store.bad_url") from None
    backend = parsed.drivername.partition("+")[0]
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite":
        return parsed.set(drivername="sqlite+pysqlite")
    raise Fatal("store.unsupported", kind=backend)


# --- SQLite -----------------------------------------------------------------------------------------------


def _memory() -> Engine:
    return create_engine("sqlite+pysqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})


def _sqlite(url: URL, create: bool) -> Database:
    name = url.database
    if not name or name == ":memory:":
        return Database(_memory(), where=":memory:")
    path = Path(name).expanduser()
    if not path.exists() and not create:
        return Database(_memory(), where=str(path))
    how = "rw"
    if create:
        _make_file(path)
    else:
        how = _reading(path)
    target = f"file:{quote(str(path.absolute()))}?{'immutable=1' if how == 'immutable' else f'mode={how}'}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(target, uri=True, timeout=BUSY_SECONDS, check_same_thread=False)
        if not create:
            connection.execute("PRAGMA query_only=ON")
        return connection

    return Database(create_engine("sqlite+pysqlite://", creator=connect), where=str(path), read_only=not create)


def _make_file(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        if not stat.S_ISREG(path.stat().st_mode):
            raise Fatal("store.unreachable", where=str(path), cause="not a file")
        if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
            raise Fatal("store.read_only", where=str(path), cause="no permission to write")
    except OSError as error:
        read_only = error.errno in (30, 13, 1)  # EROFS, EACCES, EPERM
        full = error.errno == 28  # ENOSPC
        message = "store.full" if full else "store.read_only" if read_only else "store.unreachable"
        raise Fatal(message, where=str(path), cause=error.strerror or str(error)) from error


def _reading(path: Path) -> str:
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size:
        return "ro"
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        return "rw"
    return "immutable"


# --- PostgreSQL -------------------------------------------------------------------------------------------


def _postgresql(url: URL, create: bool) -> Database:
    # a password may stand among the options too
    host = url.host or url.query.get("host") or "localhost"
    where = f"postgresql://{url.username or ''}@{host}/{url.database or ''}"
    try:
        engine = create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except (ImportError, NoSuchModuleError) as error:
        raise Fatal("store.no_driver", where=where, cause=str(error)) from error
    database = Database(engine, where=where, read_only=not create)

    @event.listens_for(engine, "connect")
    def _impatient(connection: Any, _: Any) -> None:
        # a holder that was stopped amid a transaction would keep its locks, and with them the hub, for ever
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{2 * BUSY_SECONDS}s'")
            cursor.execute(f"SET idle_in_transaction_session_timeout = '{BUSY_SECONDS}s'")
        connection.commit()

    if not create:

        @event.listens_for(engine, "begin")
        def _read_only(connection: Connection) -> None:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")

        with database.read() as connection:
            there = inspect(connection).has_table(schema.revision.name)
        if not there:
            engine.dispose()
            return Database(_memory(), where=where)
    return database


# --- both -------------------------------------------------------------------------------------------------


def _ready(database: Database, create: bool) -> None:
    fresh = database.engine.pool.__class__ is StaticPool
    if database.sqlite and not fresh:
        with database.translated():
            _sound(database, create)
    if database.read_only and not fresh:
        with database.read() as connection:
            if _revision(connection, database) != schema.HEAD:
                raise Fatal("store.older", where=database.where)
        return
    with database.write() as connection:
        if not database.sqlite:
            # two processes that start at once: the second one finds everything made
            connection.execute(text("SELECT pg_advisory_xact_lock(5271860043)"))
        found = _revision(connection, database)
        if found is None:
            schema.metadata.create_all(connection)
            connection.execute(insert(schema.revision).values(version_num=schema.HEAD))
            connection.execute(insert(schema.meta).values(name=HUB, value=dumps(new_hub())))
        elif found != schema.HEAD:
            from connector.store.migrate import upgrade  # alembic costs 800 ms: only when it is needed

            upgrade(connection)


def _revision(connection: Connection, database: Database) -> str | None:
    """The stored revision; None when the database is empty."""
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return None
    if schema.revision.name not in tables:
        if tables & {t.name for t in schema.metadata.sorted_tables} or database.sqlite:
            raise Fatal("store.damaged", where=database.where, cause="not a connector database")
        return None  # PostgreSQL: a schema that other programs use too
    found = connection.execute(select(schema.revision.c.version_num)).scalar()
    if found not in schema.REVISIONS:
        raise Fatal("store.newer", where=database.where, found=found, known=schema.HEAD)
    missing = {t.name for t in schema.metadata.sorted_tables} - tables
    if found == schema.HEAD and missing:
        raise Fatal("store.damaged", where=database.where, cause=f"missing: {', '.join(sorted(missing))}")
    revision: str = found
    return revision


def _sound(database: Database, create: bool) -> None:
    """The file is a whole SQLite database of ours, in WAL mode."""
    path = Path(database.where)
    with database.engine.connect().execution_options(bare=True) as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        if create and mode != "wal":
            _to_wal(connection)
        strange = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type IN ('trigger', 'view') LIMIT 1"
        ).scalar()
        if strange is not None:
            # code in a database of data: somebody else's work
            raise Fatal("store.damaged", where=database.where, cause=f"unexpected: {strange}")
        if path.stat().st_size <= _CHECKED_BYTES:
            said = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
            if said != "ok":
                raise Fatal("store.damaged", where=database.where, cause=str(said)[:200])


def _to_wal(connection: Connection) -> None:
    # Changing the mode needs the file for itself and does not wait for its turn.
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL").scalar()
            return
        except OperationalError as error:
            if "locked" not in str(error.orig) or time.monotonic() > until:
                raise
            time.sleep(0.02)
