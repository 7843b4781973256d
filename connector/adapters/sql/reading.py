"""Reading a table: pages in the order of the key, from a place that the database's own stamps give."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from connector.adapters.contract import Deleted, Gone, Merged, Native, Rows
from connector.adapters.sql import keys, stamps
from connector.adapters.sql.table import Table

_FALSE = (None, 0, "", "0", False, "false", "FALSE", "f", "F", "N", "n", b"")


@dataclass(frozen=True, slots=True)
class Front:
    """Where the table's stamps stand before a pull: the smallest, the largest, and the database's clock."""

    first: Any
    last: Any
    now: datetime


def front(connection: Connection, table: Table) -> Front:
    clock = database_clock(connection, table.dialect)
    if table.settings.modified is None:
        return Front(None, None, clock)
    column = table.core.c[table.settings.modified]
    # Two sub-selects: each is one step in an index, min and max of one select are a scan on SQLite.
    row = connection.execute(
        sa.select(sa.select(sa.func.min(column)).scalar_subquery(), sa.select(sa.func.max(column)).scalar_subquery())
    ).one()
    return Front(row[0], row[1], clock)


def database_clock(connection: Connection, dialect: str) -> datetime:
    if dialect == "sqlite":
        seconds = connection.execute(sa.select(sa.cast(sa.func.strftime("%s", "now"), sa.Integer()))).scalar_one()
        return stamps.EPOCH + timedelta(seconds=seconds)
    now: datetime = connection.execute(sa.select(sa.func.current_timestamp(type_=sa.DateTime(True)))).scalar_one()
    return now.astimezone(UTC) if now.tzinfo else now.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reader:
    """The SELECT list for the requested columns, and what turns its rows into records."""

    table: Table
    fields: tuple[str, ...]
    temporal: bool = False  # dates come as text, for one of them is beyond what Python can hold

    def columns(self) -> list[sa.ColumnElement[Any]]:
        core, settings = self.table.core, self.table.settings
        names = (*self.table.key, settings.modified, settings.version, settings.created)
        names = (*names, settings.external_key, settings.deleted, *self.fields)
        chosen = [self._column(core.c[name]) if name else sa.null() for name in names]
        return [column.label(f"c{position}") for position, column in enumerate(chosen)]

    def _column(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        if self.temporal and isinstance(column.type, sa.DateTime | sa.Date):
            return sa.cast(column, sa.Text())
        return column

    def records(self, rows: Sequence[Sequence[Any]]) -> tuple[Rows, list[str]]:
        """The records, and the ids of rows that are flagged as deleted."""
        width, settings = len(self.table.key), self.table.settings
        deleted: list[str] = []
        if settings.deleted is not None:
            deleted = [self.table.id_of(row) for row in rows if row[width + 4] not in _FALSE]
            rows = [row for row in rows if row[width + 4] in _FALSE]
        ids = [str(row[0]) for row in rows] if width == 1 else [keys.join(row[:width]) for row in rows]
        at = width + 1 if settings.version is not None else width
        marks = [row[at] for row in rows]
        versions = [v if type(v) is str or v is None else version_text(v) for v in marks]
        cells = self._cells(rows)
        places = {name: width + 5 + position for position, name in enumerate(self.fields)}
        return Rows(ids, versions, cells, places, self._maker(ids, versions, cells)), deleted

    def since(self, row: Sequence[Any], at: datetime) -> bool:
        """Whether a row is stamped at `at` or later; one whose stamp cannot be read is."""
        moment = stamps.read(row[len(self.table.key)], self.table.zone)
        return moment is None or moment >= at

    def _cells(self, rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        """The rows with every cell of a field as people and lenses see it."""
        changes = self._changes()
        if not changes:
            return rows
        changed = [list(row) for row in rows]
        for place, change in changes:
            for row in changed:
                row[place] = change(row[place])
        return changed

    def _maker(
        self, ids: Sequence[str], versions: Sequence[str | None], cells: Sequence[Sequence[Any]]
    ) -> Callable[[int], Native]:
        fields, width, settings = self.fields, len(self.table.key), self.table.settings
        modified, created = settings.modified is not None, settings.created is not None
        keyed, read = settings.external_key is not None, stamps.reader(self.table.zone)

        def native(position: int) -> Native:
            row = cells[position]
            key = row[width + 3] if keyed else None
            return Native(
                ids[position],
                dict(zip(fields, row[width + 5 :], strict=True)),
                versions[position],
                read(row[width]) if modified else None,
                read(row[width + 2]) if created else None,
                None if key is None else str(key),
            )

        return native

    def _changes(self) -> list[tuple[int, Callable[[Any], Any]]]:
        """What must be done to the cells, by their place in a row."""
        first = len(self.table.key) + 5
        changes = [(first + position, change) for position, change in self.table.readers(self.fields)]
        if self.temporal:
            for place, name in enumerate(self.fields, first):
                match self.table.types[name]:
                    case sa.DateTime():
                        changes.insert(0, (place, _datetime))
                    case sa.Date():
                        changes.insert(0, (place, _date))
        return changes


def version_text(raw: Any) -> str:
    return raw.isoformat() if isinstance(raw, datetime | date) else str(raw)


def _datetime(text: Any) -> Any:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return text


def _date(text: Any) -> Any:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return text


def changed_since(table: Table, at: datetime | None, front: Front) -> tuple[stamps.Condition, ...]:
    """What a changed row meets one of; nothing when every row must be read."""
    if at is None or front.last is None or table.settings.modified is None:
        return ()
    if isinstance(front.first, str) != isinstance(front.last, str):
        return ()  # SQLite lets one column hold texts and numbers; they are in no order that means anything
    column = table.core.c[table.settings.modified]
    return stamps.either(column, at, front.last, table.zone, table.dialect)


def keys_of(
    connection: Connection, table: Table, conditions: Sequence[stamps.Condition], most: int
) -> list[tuple[Any, ...]] | None:
    """The keys of the rows that meet one of the conditions, in no order; None when there are more than `most`."""
    found: list[tuple[Any, ...]] = []
    for condition in conditions:  # one by one: for an OR of them SQLite walks the whole index
        statement = sa.select(*(table.core.c[name] for name in table.key)).where(condition).limit(most + 1)
        found += [tuple(row) for row in connection.execute(statement)]
    return found if len(found) <= most else None


def after_key(table: Table, row: Sequence[Any]) -> stamps.Condition:
    """Rows behind this one in the order of the key."""
    columns = [table.core.c[name] for name in table.key]
    bound = [sa.literal(value, column.type) for column, value in zip(columns, row, strict=False)]
    if len(columns) == 1:
        return columns[0] > bound[0]
    return sa.tuple_(*columns) > sa.tuple_(*bound)


def with_keys(table: Table, found: Sequence[tuple[Any, ...]]) -> stamps.Condition:
    columns = [table.core.c[name] for name in table.key]
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in found])
    return sa.or_(*(sa.and_(*(c == sa.literal(v, c.type) for c, v in zip(columns, key, strict=True))) for key in found))


def page(connection: Connection, reader: Reader, conditions: Sequence[stamps.Condition], size: int | None) -> list[Any]:
    order = [reader.table.core.c[name] for name in reader.table.key]
    statement = sa.select(*reader.columns()).where(*conditions).order_by(*order).limit(size)
    result = connection.execute(statement)
    if reader.table.dialect != "sqlite" or result.cursor is None:
        return list(result.all())
    # Untyped on SQLite: SQLAlchemy would only wrap each row again.
    try:
        rows = list(result.cursor.fetchall())
    except sqlite3.Error as error:
        raise DBAPIError.instance("", None, error, sqlite3.Error, hide_parameters=True) from error
    result.close()
    return rows


def buried(
    connection: Connection, table: Table, columns: dict[str, Any], at: datetime | None, size: int
) -> Iterator[Gone]:
    """What the table of tombstones lists since `at`, but for records that live again."""
    settings = table.settings.tombstones
    if settings is None:
        return
    names = (settings.key,) if isinstance(settings.key, str) else tuple(settings.key)
    wanted = (*names, settings.deleted_at, *((settings.into,) if settings.into else ()))
    schema, _, name = settings.table.rpartition(".")
    core = sa.table(name, *(sa.column(column, columns[column]) for column in wanted), schema=schema or None)
    stamp = core.c[settings.deleted_at]
    sample = connection.execute(sa.select(sa.func.max(stamp))).scalar_one()
    statement = sa.select(*(core.c[name] for name in wanted))
    if at is not None and sample is not None:
        statement = statement.where(stamps.since(stamp, at, sample, table.zone, table.dialect))
    dead = {keys.join(row[: len(names)]): row[-1] if settings.into else None for row in connection.execute(statement)}
    ids = list(dead)
    for begin in range(0, len(ids), size):
        some = [key for id in ids[begin : begin + size] if (key := table.key_of(id)) is not None]
        alive = sa.select(*(table.core.c[name] for name in table.key)).where(with_keys(table, some))
        living = {keys.join(row) for row in connection.execute(alive)} if some else set()
        for id in ids[begin : begin + size]:
            if id not in living:
                yield Deleted(id) if dead[id] in (None, "") else Merged(id, str(dead[id]))
