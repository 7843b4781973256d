"""Connections, transactions and batches; what a database's errors mean.

Every transaction is short: a reader gives its connection back before it hands a page on, so nothing that a caller does
between two pages keeps a lock or a write-ahead log alive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Executable,
    Text,
    any_,
    bindparam,
    event,
    func,
    select,
)
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.sql.compiler import SQLCompiler

from connector.errors import ConnectorError, Fatal, Transient
from connector.store.values import dumps

BUSY_SECONDS: Final = 30


class Database:
    """An engine, and the two kinds of transaction on it."""

    def __init__(self, engine: Engine, *, where: str, read_only: bool = False) -> None:
        self.engine = engine
        self.where = where  # for people: no password in it
        self.read_only = read_only
        self.sqlite = engine.dialect.name == "sqlite"
        self._compiled: dict[int, tuple[Executable, str, list[tuple[int, Any]]]] = {}
        if self.sqlite:
            event.listen(engine, "connect", _on_connect)
            event.listen(engine, "begin", _on_begin)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self.translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with (
            self.translated(),
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def translated(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise meaning(error, self.where) from error

    def many(self, connection: Connection, statement: Executable, rows: Sequence[tuple[Any, ...]]) -> None:
        """Executes `statement` for each row of plain values, given in the order of its places.

        The driver is called directly: every stored type is one it knows, and SQLAlchemy's own executemany costs as
        much again (measured 7.8 against 3.8 microseconds a row).
        """
        if rows:
            text, fixed = self._text(statement)
            assert not fixed
            connection.exec_driver_sql(text, list(rows))

    def rows(self, connection: Connection, statement: Executable, *values: Any) -> list[tuple[Any, ...]]:
        """Every row of a select on the hot path, as plain tuples; `values` in the order of its places."""
        text, fixed = self._text(statement)
        for at, value in fixed:
            values = (*values[:at], value, *values[at:])
        result = connection.exec_driver_sql(text, values)
        assert result.cursor is not None
        found: list[tuple[Any, ...]] = list(result.cursor.fetchall())
        result.close()
        return found

    def _text(self, statement: Executable) -> tuple[str, list[tuple[int, Any]]]:
        """The SQL, and the places that the statement itself fills."""
        known = self._compiled.get(id(statement))
        if known is None:
            compiled = statement.compile(dialect=self._positional)  # type: ignore[attr-defined]  # untyped
            assert isinstance(compiled, SQLCompiler)
            order = compiled.positiontup or []
            fixed = [(at, compiled.binds[n].value) for at, n in enumerate(order) if not compiled.binds[n].required]
            # kept with its statement, so that the id is not given away again
            known = self._compiled[id(statement)] = (statement, str(compiled), fixed)
        return known[1], known[2]

    @property
    def _positional(self) -> Dialect:
        make: Any = type(self.engine.dialect)
        dialect: Dialect = make(paramstyle="qmark" if self.sqlite else "format")
        return dialect

    # --- lists: one parameter whatever their length, so a statement is compiled and prepared once

    def among(self, column: ColumnElement[Any], name: str = "among") -> ColumnElement[bool]:
        """`column` is one of the values given as `listed(values)`."""
        if self.sqlite:
            return column.in_(select(func.json_each(bindparam(name, type_=Text)).table_valued("value").c.value))
        item = Text() if isinstance(column.type, Text) else BigInteger()
        return column == any_(bindparam(name, type_=ARRAY(item)))

    def listed(self, values: Sequence[Any]) -> Any:
        return dumps(list(values)) if self.sqlite else list(values)


def _on_connect(connection: Any, _: Any) -> None:
    # transactions are begun by the line below, not guessed by the driver
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "synchronous=FULL",
        "foreign_keys=ON",
        "trusted_schema=OFF",
        "cache_size=-32768",  # 32 MB; with the 2 MB of the default every second look-up reads the file again
    ):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    # A writer takes its place at once: a reader that turns into a writer midway cannot wait for one.
    options = connection.get_execution_options()
    if not options.get("bare"):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")


# --- what an error means ----------------------------------------------------------------------------------

_SQLITE: Final[Mapping[str, str]] = {
    "SQLITE_CORRUPT": "store.damaged",
    "SQLITE_NOTADB": "store.damaged",
    "SQLITE_FULL": "store.full",
    "SQLITE_READONLY": "store.read_only",
    "SQLITE_PERM": "store.unreachable",
    "SQLITE_CANTOPEN": "store.unreachable",
    "SQLITE_IOERR": "store.unreachable",
    "SQLITE_BUSY": "store.busy",
    "SQLITE_LOCKED": "store.busy",
}

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL: Final[Mapping[str, str]] = {
    "53100": "store.full",
    "53200": "store.full",
    "25006": "store.read_only",
    "42501": "store.read_only",
    "XX001": "store.damaged",
    "XX002": "store.damaged",
    "42P01": "store.damaged",  # a table is missing
    "42703": "store.damaged",  # a column is missing
    "40001": "store.busy",
    "40P01": "store.busy",
    "55P03": "store.busy",
}

_PASSWORD: Final = re.compile(r"(?i)(password|passwd|pwd)\s*[=:]\s*\S+|(://[^:/@\s]*:)[^@\s]*@")


def meaning(error: SQLAlchemyError, where: str) -> ConnectorError:
    """A database's error as one of ours; `cause` is the driver's own sentence."""
    original = error.orig if isinstance(error, DBAPIError) else None
    message = "store.failed"
    name = getattr(original, "sqlite_errorname", None)
    state = getattr(original, "sqlstate", None)
    if isinstance(name, str):
        message = next((m for prefix, m in _SQLITE.items() if name.startswith(prefix)), message)
        if name == "SQLITE_ERROR" and "no such" in str(original):
            message = "store.damaged"
    elif isinstance(state, str):
        message = _POSTGRESQL.get(state, "store.unreachable" if state.startswith(("08", "28", "3D", "57")) else message)
    elif type(original).__name__ in ("OperationalError", "InterfaceError", "ConnectionTimeout", "PoolTimeout"):
        message = "store.unreachable"
    text = " ".join(str(original if original is not None else error).split())
    cause = _PASSWORD.sub(lambda m: f"{m[2]}***@" if m[2] else f"{m[1]}=***", text)[:300]
    if message == "store.busy":
        return Transient(message, retry_after=1, where=where, cause=cause)
    return Fatal(message, where=where, cause=cause)
