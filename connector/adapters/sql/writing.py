"""Writing to a table: one transaction per batch, an outcome per record, and what the rows show afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from dataclasses import field as given
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from connector.adapters.contract import (
    Change,
    Native,
    New,
    Outcome,
    Refusal,
    Refused,
    Remove,
    Write,
    Written,
)
from connector.adapters.sql import stamps
from connector.adapters.sql.reading import Reader, database_clock, version_text, with_keys
from connector.adapters.sql.table import Table, Unfit

# What refuses one record after the database spoke: None when the error is not about that record.
Refuse = Callable[[BaseException], Refused | None]


@dataclass(frozen=True, slots=True)
class Done:
    """A write that the database took; the row is read back before the commit."""

    key: tuple[Any, ...]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clocks:
    """The database's clock in the style of each stamp column that we set."""

    modified: sa.ColumnElement[Any] | None = None
    created: sa.ColumnElement[Any] | None = None
    deleted: sa.ColumnElement[Any] | None = None


# The columns set, the columns compared, and whether a version is insisted on.
Shape = tuple[tuple[str, ...], tuple[str, ...], bool]


@dataclass(frozen=True, slots=True)
class Prepared:
    """An update as text: the place of each parameter, or the value that the statement itself gives."""

    text: str
    places: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Writer:
    table: Table
    delete: bool
    refuse: Refuse
    prepared: dict[Shape, Prepared] = given(default_factory=dict, compare=False)

    def write(self, connection: Connection, writes: Sequence[Write], *, careful: bool) -> list[Outcome]:
        """The outcomes, inside the caller's transaction.

        Not `careful`, an error about one record ends the batch with that error; `careful` gives every record a
        savepoint of its own, which costs two round trips more.
        """
        clocks = self._clocks(connection)
        taken = self._taken(connection, writes)
        results: list[Outcome | Done] = []
        for write in writes:
            result: Outcome | Done
            try:
                if careful:
                    with connection.begin_nested():
                        result = self._one(connection, write, clocks, taken)
                else:
                    result = self._one(connection, write, clocks, taken)
            except Unfit as unfit:
                result = Refused(Refusal.INVALID, str(unfit), unfit.fields)
            except DBAPIError as error:
                refused = self.refuse(error) if careful else None
                if refused is None:
                    raise
                result = refused
            results.append(result)
        shown = self._read_back(connection, [result for result in results if isinstance(result, Done)])
        return [self._outcome(result, shown) if isinstance(result, Done) else result for result in results]

    def _one(self, connection: Connection, write: Write, clocks: Clocks, taken: set[str]) -> Outcome | Done:
        match write:
            case New():
                return self._insert(connection, write, clocks, taken)
            case Change():
                return self._update(connection, write, clocks)
            case Remove() if not self.delete:
                return Refused(Refusal.DENIED, "nothing is deleted in this system")
            case Remove():
                return self._remove(connection, write, clocks)

    # --- create -----------------------------------------------------------------------------------------------

    def _insert(self, connection: Connection, write: New, clocks: Clocks, taken: set[str]) -> Outcome | Done:
        table, settings = self.table, self.table.settings
        if settings.external_key is not None and write.key in taken:
            return Refused(Refusal.DUPLICATE, "the external key is taken", (settings.external_key,))
        if refused := self._unwritable(write.values, creating=True):
            return refused
        cells: dict[str, Any] = self._cells(write.values)
        if settings.external_key is not None:
            cells[settings.external_key] = self._cell(settings.external_key, write.key)
        if table.given_keys and len(table.key) == 1 and cells.get(table.key[0]) is None:
            cells[table.key[0]] = self._cell(table.key[0], write.key)
        stamped = ((settings.modified, clocks.modified), (settings.created, clocks.created))
        cells.update({name: clock for name, clock in stamped if name is not None and clock is not None})
        if settings.version is not None and settings.touch and isinstance(table.types[settings.version], sa.Integer):
            cells[settings.version] = 1
        if table.given_keys and any(cells.get(name) is None for name in table.key):
            return Refused(Refusal.INVALID, "the key must be given", table.key)
        statement = sa.insert(table.core)
        statement = statement.values(cells) if cells else statement
        if connection.dialect.insert_returning:
            key = tuple(connection.execute(statement.returning(*(table.core.c[name] for name in table.key))).one())
        elif table.given_keys:
            connection.execute(statement)
            key = tuple(cells[name] for name in table.key)
        else:
            key = (connection.execute(statement).lastrowid,)
        taken.add(write.key)
        return Done(key, tuple(write.values))

    def _taken(self, connection: Connection, writes: Sequence[Write]) -> set[str]:
        """Keys of these creates that are in the table already; nothing says that its column is unique."""
        name = self.table.settings.external_key
        keys = {write.key for write in writes if isinstance(write, New)}
        if name is None or not keys:
            return set()
        column = self.table.core.c[name]
        found = connection.execute(sa.select(column).where(column.in_(sorted(keys)))).scalars()
        return {str(key) for key in found}

    # --- update and delete ------------------------------------------------------------------------------------

    def _update(self, connection: Connection, write: Change, clocks: Clocks) -> Outcome | Done:
        table = self.table
        if refused := self._unwritable((*write.values, *write.before), creating=False):
            return refused
        key = table.key_of(write.id)
        if key is None:
            return Refused(Refusal.MISSING, "no such record")
        values = self._parameters(key, write)
        if values is not None:
            return self._counted(
                connection, self._prepared(connection, write, clocks, values), key, write, tuple(write.values)
            )
        conditions = self._conditions(key, write)
        if isinstance(conditions, Refused):
            return conditions
        cells: dict[str, Any] = self._cells(write.values)
        if not cells:
            found = connection.execute(sa.select(sa.literal(1)).select_from(table.core).where(*conditions)).first()
            return Done(key, ()) if found else self._why(connection, key, write)
        statement = sa.update(table.core).where(*conditions).values(cells | self._stamped(clocks))
        return self._counted(connection, connection.execute(statement).rowcount, key, write, tuple(write.values))

    def _stamped(self, clocks: Clocks) -> dict[str, Any]:
        """What an update sets besides its values."""
        table, settings = self.table, self.table.settings
        cells: dict[str, Any] = {}
        if settings.modified is not None and clocks.modified is not None:
            column = table.core.c[settings.modified]
            cells[settings.modified] = stamps.later(column, clocks.modified, table.dialect)
        if settings.version is not None and settings.touch and isinstance(table.types[settings.version], sa.Integer):
            cells[settings.version] = sa.func.coalesce(table.core.c[settings.version], 0) + 1
        return cells

    def _parameters(self, key: tuple[Any, ...], write: Change) -> dict[str, Any] | None:
        """The parameters of an update whose statement its shape alone decides; None for any other.

        On SQLite a parameter has no type, so that the text of a statement serves every value. Building each statement
        anew costs twenty times as much as running it.
        """
        table = self.table
        version = table.settings.version or table.settings.modified
        if table.dialect != "sqlite" or not write.values or (write.if_version is not None and version is None):
            return None
        if any(isinstance(v, str) and isinstance(table.types[n], sa.DateTime) for n, v in write.before.items()):
            return None  # compared in two forms; see Table.same
        try:
            values = {f"set{n}": table.cell(name, v) for n, (name, v) in enumerate(write.values.items())}
            values.update((f"was{n}", table.cell(name, v)) for n, (name, v) in enumerate(write.before.items()))
        except Unfit:
            return None
        values.update((f"key{n}", part) for n, part in enumerate(key))
        if write.if_version is not None:
            values["version"] = _sqlite_version(write.if_version)
        return values

    def _prepared(self, connection: Connection, write: Change, clocks: Clocks, values: dict[str, Any]) -> int:
        shape = (tuple(write.values), tuple(write.before), write.if_version is not None)
        made = self.prepared.get(shape)
        if made is None:
            made = self.prepared[shape] = self._prepare(connection, shape, clocks)
        parameters = tuple([values.get(name, fixed) for name, fixed in made.places])
        return connection.exec_driver_sql(made.text, parameters).rowcount

    def _prepare(self, connection: Connection, shape: Shape, clocks: Clocks) -> Prepared:
        table, settings = self.table, self.table.settings
        columns = table.core.c

        def place(name: str, column: str) -> Any:
            return sa.bindparam(name, type_=columns[column].type)

        conditions = [columns[name] == place(f"key{n}", name) for n, name in enumerate(table.key)]
        conditions += self._living()
        version = settings.version or settings.modified
        if shape[2] and version is not None:
            conditions.append(columns[version].is_not_distinct_from(place("version", version)))
        conditions += [columns[name].is_not_distinct_from(place(f"was{n}", name)) for n, name in enumerate(shape[1])]
        cells = {name: place(f"set{n}", name) for n, name in enumerate(shape[0])} | self._stamped(clocks)
        statement = sa.update(table.core).where(*conditions).values(cells)
        compiled = statement.compile(dialect=connection.dialect)
        names = compiled.positiontup or []
        return Prepared(str(compiled), tuple((name, compiled.params[name]) for name in names))

    def _remove(self, connection: Connection, write: Remove, clocks: Clocks) -> Outcome | Done:
        table, settings = self.table, self.table.settings
        if refused := self._unwritable(write.before, creating=False):
            return refused
        key = table.key_of(write.id)
        if key is None:
            return Refused(Refusal.MISSING, "no such record")
        conditions = self._conditions(key, write)
        if isinstance(conditions, Refused):
            return conditions
        if settings.deleted is None:
            rows = connection.execute(sa.delete(table.core).where(*conditions)).rowcount
        else:
            flag: Any = clocks.deleted if clocks.deleted is not None else True
            cells = {settings.deleted: flag}
            if settings.modified is not None and clocks.modified is not None:
                cells[settings.modified] = stamps.later(table.core.c[settings.modified], clocks.modified, table.dialect)
            rows = connection.execute(sa.update(table.core).where(*conditions).values(cells)).rowcount
        outcome = self._counted(connection, rows, key, write, ())
        return Written(write.id) if isinstance(outcome, Done) else outcome

    def _conditions(self, key: tuple[Any, ...], write: Change | Remove) -> list[stamps.Condition] | Refused:
        """The WHERE of a write: the record, not deleted, at the version and with the values that were seen."""
        table, settings = self.table, self.table.settings
        conditions = [with_keys(table, [key]), *self._living()]
        if write.if_version is not None:
            version = settings.version or settings.modified
            if version is None:
                return Refused(Refusal.DENIED, "this table has no versions")
            conditions.append(table.core.c[version].is_not_distinct_from(self._version(version, write.if_version)))
        for name, value in write.before.items():
            try:
                conditions.append(table.same(name, value))
            except Unfit:
                return Refused(Refusal.STALE, "the record was changed", (name,))
        return conditions

    def _living(self) -> list[stamps.Condition]:
        name = self.table.settings.deleted
        if name is None:
            return []
        column = self.table.core.c[name]
        if isinstance(self.table.types[name], sa.Boolean | sa.Integer | sa.Numeric):
            nothing = sa.literal(False if self.table.dialect != "sqlite" else 0, column.type)
            return [column.is_(None) | (column == nothing)]
        if isinstance(self.table.types[name], sa.String) or self.table.dialect == "sqlite":
            return [sa.or_(column.is_(None), *(column == no for no in ("", "0", "false", "FALSE", "f", "F", "N", "n")))]
        return [column.is_(None)]

    def _version(self, column: str, text: str) -> sa.ColumnElement[Any]:
        """The version as its column holds it: it was made text by `version_text`."""
        type_ = self.table.core.c[column].type
        if self.table.dialect == "sqlite":
            return sa.literal(_sqlite_version(text), type_)
        if isinstance(type_, sa.Integer):
            return sa.literal(int(text) if text.lstrip("-").isdigit() else -1, type_)
        return sa.literal(text, type_)

    def _counted(
        self, connection: Connection, rows: int, key: tuple[Any, ...], write: Change | Remove, fields: tuple[str, ...]
    ) -> Outcome | Done:
        if rows == 1:
            return Done(key, fields)
        if rows == 0:
            return self._why(connection, key, write)
        raise NotOneRecord(write.id, rows)

    def _why(self, connection: Connection, key: tuple[Any, ...], write: Change | Remove) -> Refused:
        """Why a write met no row: the record is gone, its version moved, or these fields did."""
        table, settings = self.table, self.table.settings
        version = settings.version or settings.modified
        names = [version] if version and write.if_version is not None else []
        moved = [sa.case((table.same(name, value), 0), else_=1) for name, value in write.before.items()]
        chosen: list[sa.ColumnElement[Any]] = [table.core.c[name] for name in names]
        statement = sa.select(sa.literal(1), *(c.label(f"c{n}") for n, c in enumerate([*chosen, *moved])))
        row = connection.execute(
            statement.select_from(table.core).where(with_keys(table, [key]), *self._living())
        ).first()
        if row is None:
            return Refused(Refusal.MISSING, "no such record")
        changed = tuple(name for name, flag in zip(write.before, row[1 + len(names) :], strict=True) if flag)
        words = f"version is {version_text(row[1])}" if names else "the record was changed"
        return Refused(Refusal.STALE, words, changed)

    # --- values -----------------------------------------------------------------------------------------------

    def _cells(self, values: Any) -> dict[str, Any]:
        return {name: self._cell(name, value) for name, value in values.items()}

    def _cell(self, name: str, value: Any) -> Any:
        try:
            return self.table.bind(name, value)
        except Unfit as unfit:
            raise Unfit(str(unfit), (name,)) from None

    def _unwritable(self, names: Iterable[str], *, creating: bool) -> Refused | None:
        columns, key = self.table.columns, self.table.key
        bad = tuple(
            dict.fromkeys(
                name
                for name in names
                if name not in columns or not columns[name].writable or (name in key and not creating)
            )
        )
        return Refused(Refusal.INVALID, f"cannot be written: {', '.join(bad)}", bad) if bad else None

    def _clocks(self, connection: Connection) -> Clocks:
        table, settings = self.table, self.table.settings
        flag = settings.deleted
        stamped = flag is not None and not isinstance(table.types[flag], sa.Boolean | sa.Integer | sa.Numeric)
        wanted = {
            "modified": settings.modified if settings.touch else None,
            "created": settings.created if settings.touch else None,
            "deleted": flag if stamped and self.delete else None,
        }
        now = database_clock(connection, table.dialect) if any(wanted.values()) else None
        made: dict[str, sa.ColumnElement[Any]] = {}
        for what, name in wanted.items():
            if name is not None and now is not None:
                column = table.core.c[name]
                sample = connection.execute(sa.select(column).where(column.is_not(None)).limit(1)).scalar()
                style = stamps.Style.of(sample, table.types[name], table.zone, table.dialect)
                made[what] = stamps.clock(style, table.dialect, now)
        return Clocks(**made)

    # --- what the rows show -----------------------------------------------------------------------------------

    def _read_back(self, connection: Connection, done: Sequence[Done]) -> dict[tuple[Any, ...], Native]:
        """Every written row by its key, after triggers and with what columns made of the values."""
        shown: dict[tuple[Any, ...], Native] = {}
        if not done:
            return shown
        fields = tuple(dict.fromkeys(name for one in done for name in one.fields))
        reader, width = Reader(self.table, fields), len(self.table.key)
        for begin in range(0, len(done), 200):
            keys = [one.key for one in done[begin : begin + 200]]
            for row in connection.execute(sa.select(*reader.columns()).where(with_keys(self.table, keys))).all():
                records, _ = reader.records([row])
                shown.update({tuple(row[:width]): record for record in records})
        return shown

    def _outcome(self, done: Done, shown: dict[tuple[Any, ...], Native]) -> Outcome:
        record = shown.get(done.key)
        if record is None:
            return Written(self.table.id_of(done.key))
        values = {name: record.values[name] for name in done.fields}
        record = Native(
            record.id, values, record.version, record.modified_at, record.created_at, record.key, record.url
        )
        return Written(record.id, record.version, record)


def _sqlite_version(text: str) -> int | str:
    # No type, no affinity: without this a number kept in an untyped column equals no text.
    number = text.lstrip("-").isdigit() and len(text) < 19
    return int(text) if number else text


class NotOneRecord(Exception):
    """A write met several rows: the configured key is not unique. The batch must be rolled back."""

    def __init__(self, id: str, rows: int) -> None:
        super().__init__(id)
        self.id, self.rows = id, rows
