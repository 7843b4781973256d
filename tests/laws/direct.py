"""The store's own SQL on SQLite's own connection: what SQLAlchemy does per statement and connection is left out.

A history executes about a thousand small statements, and two thirds of its time went into pools, events and result
objects. The statements, the schema and the transactions are the store's; that they are durable, and that they pass
through SQLAlchemy, is what the power-loss images, the crash enumeration and the store's tests prove.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.sql.compiler import SQLCompiler

from connector.store.database import Database


class Found:
    """Rows, as the store asks for them."""

    def __init__(self, cursor: sqlite3.Cursor, row: Any) -> None:
        self.cursor, self._row, self.rowcount = cursor, row, cursor.rowcount

    def __iter__(self) -> Iterator[Any]:
        return map(self._row._make, self.cursor.fetchall())

    def all(self) -> list[Any]:
        return list(self)

    def first(self) -> Any:
        return next(iter(self), None)

    def scalars(self) -> Iterator[Any]:
        return (r[0] for r in self.cursor.fetchall())

    def scalar(self) -> Any:
        return next(self.scalars(), None)

    scalar_one = scalar

    def close(self) -> None:
        self.cursor.close()


class Direct:
    """What the store uses of a SQLAlchemy connection."""

    def __init__(self, raw: sqlite3.Connection, dialect: Any) -> None:
        self.raw, self._dialect = raw, dialect
        self._known: dict[Any, tuple[SQLCompiler, str, Any]] = {}

    def execute(self, statement: Executable, values: Any = None) -> Found:
        key: Any = statement._generate_cache_key()
        at = (key.key if key is not None else id(statement), tuple(values) if isinstance(values, dict) else ())
        known = self._known.get(at) if key is not None else None
        if known is None:
            made: Any = statement
            compiled = made.compile(dialect=self._dialect, column_keys=list(values) if values else None, cache_key=key)
            assert isinstance(compiled, SQLCompiler)
            columns: Any = compiled._result_columns
            row = namedtuple("Row", [c.keyname for c in columns], rename=True)  # type: ignore[misc]  # names known only at run time
            known = self._known[at] = (compiled, str(compiled), row)
        compiled, text, row = known
        given = compiled.construct_params(values, extracted_parameters=key.bindparams if key is not None else None)
        if compiled.post_compile_params:
            expanded: Any = compiled._process_parameters_for_postcompile(given)
            given, text = {**given, **expanded.additional_parameters}, expanded.statement
            order = expanded.positiontup
        else:
            order = compiled.positiontup
        return Found(self.raw.execute(text, [given[name] for name in order or ()]), row)

    def exec_driver_sql(self, text: str, values: Any = ()) -> Found:
        many = isinstance(values, list)
        return Found(self.raw.executemany(text, values) if many else self.raw.execute(text, values), tuple)


class DirectDatabase(Database):
    """One file, one connection to read with and one to write with, nothing waited for at a commit."""

    def __init__(self, other: Database, path: Path) -> None:
        self.engine, self.where, self.read_only, self.sqlite = other.engine, other.where, False, True
        self._compiled = {}
        dialect = self._positional
        self._reading, self._writing = (Direct(_opened(path), dialect) for _ in range(2))

    @contextmanager
    def read(self) -> Iterator[Any]:
        yield self._reading

    @contextmanager
    def write(self) -> Iterator[Any]:
        raw = self._writing.raw
        raw.execute("BEGIN IMMEDIATE")
        try:
            yield self._writing
        except BaseException:
            raw.execute("ROLLBACK")
            raise
        raw.execute("COMMIT")

    def tables(self) -> dict[str, Sequence[Any]]:
        """Everything that is stored."""
        raw = self._reading.raw
        names = [n for (n,) in raw.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return {t: raw.execute(f'SELECT * FROM "{t}" ORDER BY 1').fetchall() for t in names}

    def put_back(self, template: sqlite3.Connection) -> None:
        template.backup(self._writing.raw)

    def close(self) -> None:
        self._reading.raw.close()
        self._writing.raw.close()


def _opened(path: Path) -> sqlite3.Connection:
    raw = sqlite3.connect(path, isolation_level=None)
    for pragma in ("synchronous=OFF", "foreign_keys=ON", "trusted_schema=OFF"):
        raw.execute(f"PRAGMA {pragma}")
    return raw
