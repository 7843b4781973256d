"""Connections: SQLite read-only for reading, bounded waits everywhere, and nothing secret in a word."""

from __future__ import annotations

import hashlib
import sqlite3
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from connector.adapters.contract import Identity
from connector.adapters.sql import failures
from connector.adapters.sql.settings import SqlSettings

IDENTITY = "connector_identity"


def secrets(settings: SqlSettings) -> failures.Secrets:
    """The words that must never be seen: the URL's password, plain and as the URL spells it."""
    password = sa.make_url(settings.url.get_secret_value()).password
    plain = str(password) if password else ""
    return tuple(SecretStr(word) for word in dict.fromkeys((plain, quote(plain, safe=""))) if word)


def reading(settings: SqlSettings) -> Engine:
    return _engine(settings, write=False)


def writing(settings: SqlSettings) -> Engine:
    return _engine(settings, write=True)


def _engine(settings: SqlSettings, *, write: bool) -> Engine:
    url = sa.make_url(settings.url.get_secret_value())
    if url.get_backend_name() == "sqlite":
        return _sqlite(str(url.database), settings.timeout, write=write)
    options: dict[str, Any] = {}
    if url.get_backend_name() == "postgresql":
        milliseconds = int(settings.timeout * 1000)
        options["connect_args"] = {
            "connect_timeout": max(2, int(settings.timeout)),
            "application_name": "connector",
            **({} if "options" in url.query else {"options": f"-c lock_timeout={milliseconds}"}),
        }
    if url.get_backend_name() == "postgresql" and not write:
        options["execution_options"] = {"postgresql_readonly": True}
    return sa.create_engine(
        url, hide_parameters=True, pool_pre_ping=True, pool_size=2, pool_timeout=settings.timeout, **options
    )


def _sqlite(path: str, timeout: float, *, write: bool) -> Engine:
    # `rw` and `ro` never make a file; `ro` cannot change one, whatever the statement.
    name = path.removeprefix("file:").partition("?")[0]
    uri = f"file:{quote(str(Path(name).absolute()))}?mode="

    def opened(mode: str) -> sqlite3.Connection:
        # No transactions of the module's own: a read is over with its statement, a write begins below.
        raw = sqlite3.connect(uri + mode, uri=True, timeout=timeout, isolation_level=None, check_same_thread=False)
        try:
            raw.execute("SELECT 1 FROM sqlite_master").fetchone()
        except BaseException:
            raw.close()
            raise
        return raw

    def connect() -> sqlite3.Connection:
        if write:
            return opened("rw")
        try:
            return opened("ro")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (8, 14):
                raise
            # A writer was killed: what it left half done must be rolled back, which a reader may not do
            # (SQLITE_READONLY_ROLLBACK, SQLITE_READONLY_CANTINIT; sqlite.org/rescode.html).
            opened("rw").close()
            return opened("ro")

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)
    if write:

        @sa.event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            # The write lock is taken first: a read that turns into a write fails where waiting would help.
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def forgive_text(connection: Connection) -> None:
    """Text that is no UTF-8 is read with replacement characters: one damaged cell must not stop the others."""
    raw: Any = connection.connection.dbapi_connection
    raw.text_factory = lambda data: data.decode("utf-8", "replace")


def certainly_undone(connection: Connection, error: SQLAlchemyError) -> bool:
    """Whether a failed commit left nothing behind."""
    if connection.dialect.name == "sqlite":
        # Busy, full and the like keep the transaction open; an I/O error may strike after the last sync.
        return failures.message_of(error) != "adapter.damaged"
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return bool(state) and not str(state).startswith(("08", "57", "58", "XX"))


def identity(connection: Connection, inspector: Inspector, settings: SqlSettings) -> Identity:
    """Which database answers: its row in `connector_identity` if it has one, else where and what it is."""
    url = sa.make_url(settings.url.get_secret_value())
    if inspector.has_table(IDENTITY):
        row = connection.execute(sa.text(f"SELECT * FROM {IDENTITY}")).first()  # noqa: S608  a constant
        if row is not None:
            return Identity(f"{connection.dialect.name}:{row[0]}", str(row[0]))
    if connection.dialect.name == "sqlite":
        path = Path(str(url.database).removeprefix("file:").partition("?")[0]).resolve()
        mark = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
        digest = hashlib.sha256(f"{path}\n{mark}".encode()).hexdigest()[:24]
        return Identity(f"sqlite:{digest}", path.name)
    place = f"{url.host or ''}:{url.port or ''}"
    if connection.dialect.name == "postgresql":
        place = str(connection.exec_driver_sql("SELECT system_identifier FROM pg_control_system()").scalar_one())
    return Identity(f"{connection.dialect.name}:{place}/{url.database}", str(url.database))


def columns_of(inspector: Inspector, table: str, dialect: str) -> dict[str, Any] | None:
    """The columns of any table with the types that statements use, or None when there is no such table."""
    schema, _, name = table.rpartition(".")
    if not inspector.has_table(name, schema or None):
        return None
    return {
        column["name"]: sa.types.NullType() if dialect == "sqlite" else column["type"]
        for column in inspector.get_columns(name, schema or None)
    }


def nearest(name: str, names: list[str]) -> str:
    return next(iter(get_close_matches(name, names, 1, 0.5)), "-")
