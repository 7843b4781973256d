"""SQLite through APSW in the shape of the standard library's driver: the store's own code runs over a VFS of ours.

Only what SQLAlchemy's SQLite dialect and the store use. Errors become those of `sqlite3`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import apsw


@contextmanager
def translated() -> Iterator[None]:
    try:
        yield
    except apsw.ConstraintError as error:
        raise sqlite3.IntegrityError(str(error)) from error
    except apsw.Error as error:
        raise sqlite3.OperationalError(str(error)) from error


class Driver:
    """Stands where the module `sqlite3` stands, for one VFS."""

    def __init__(self, vfs: str, pragmas: Sequence[str] = ()) -> None:
        self.vfs, self.pragmas = vfs, pragmas

    def __getattr__(self, name: str) -> Any:
        return getattr(sqlite3, name)

    def connect(self, target: str, **_: Any) -> Connection:
        return Connection(target, self.vfs, self.pragmas)


class Connection:
    def __init__(self, target: str, vfs: str, pragmas: Sequence[str]) -> None:
        flags = apsw.SQLITE_OPEN_URI | apsw.SQLITE_OPEN_READWRITE
        self.inner = apsw.Connection(target, vfs=vfs, flags=flags)
        self.isolation_level: str | None = ""
        self.pragmas = {p.partition("=")[0]: p for p in pragmas}  # a weaker setting in place of the store's

    def execute(self, text: str, values: Any = ()) -> Cursor:
        return self.cursor().execute(text, values)

    def cursor(self) -> Cursor:
        return Cursor(self)

    def commit(self) -> None:
        if self.inner.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        if self.inner.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        self.inner.close()

    def create_function(self, name: str, number: int, function: Any, deterministic: bool = False) -> None:
        self.inner.create_scalar_function(name, function, number, deterministic=deterministic)

    @property
    def total_changes(self) -> int:
        return self.inner.total_changes()


class Cursor:
    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.rows: list[tuple[Any, ...]] = []
        self.description: tuple[Any, ...] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    def execute(self, text: str, values: Any = ()) -> Cursor:
        if text.startswith("PRAGMA "):
            asked = text.removeprefix("PRAGMA ").partition("=")[0]
            weaker = self.connection.pragmas.get(asked)
            if weaker is not None and "=" in text:
                text = f"PRAGMA {weaker}"
        inner = self.connection.inner
        before = inner.total_changes()
        columns: list[Any] = []

        def trace(cursor: Any, statement: str, bindings: Any) -> bool:
            columns[:] = list(cursor.get_description())
            return True

        cursor = inner.cursor()
        cursor.exec_trace = trace
        with translated():
            self.rows = list(cursor.execute(text, values if isinstance(values, dict) else tuple(values)))
        self.description = tuple((c[0], None, None, None, None, None, None) for c in columns) or None
        changing = text.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE", "REPLAC")
        self.rowcount = inner.total_changes() - before if changing else -1
        self.lastrowid = inner.last_insert_rowid()
        return self

    def executemany(self, text: str, many: Iterable[Any]) -> Cursor:
        inner = self.connection.inner
        before = inner.total_changes()
        with translated():
            inner.cursor().executemany(text, many)
        self.rows, self.description, self.rowcount = [], None, inner.total_changes() - before
        return self

    def fetchone(self) -> tuple[Any, ...] | None:
        return self.rows.pop(0) if self.rows else None

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        taken, self.rows = self.rows[:size], self.rows[size:]
        return taken

    def fetchall(self) -> list[tuple[Any, ...]]:
        taken, self.rows = self.rows, []
        return taken

    def close(self) -> None:
        self.rows = []
