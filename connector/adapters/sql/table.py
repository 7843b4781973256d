"""A table as it is now: its columns, its key, and how cells are read from it and written to it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine.reflection import Inspector

from connector.adapters.contract import Column, ColumnKind
from connector.adapters.sql import keys
from connector.adapters.sql.settings import TableSettings
from connector.errors import Fatal
from connector.model import NativeValue

MAX_DIGITS = 1000  # PostgreSQL's widest declared number; Python itself stops at 4,300
INT64 = 2**63


class Unfit(ValueError):
    """A value that its column cannot hold."""

    def __init__(self, why: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(why)
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Table:
    """`core` is what statements are built from; on SQLite it is untyped, for a cell there is of any type."""

    object: str
    settings: TableSettings
    dialect: str
    zone: tzinfo
    core: sa.TableClause
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    types: Mapping[str, sa.types.TypeEngine[Any]]
    given_keys: bool  # ids are made by us or given in the values, not by the database

    def id_of(self, row: Sequence[Any]) -> str:
        return keys.join(row[: len(self.key)])

    def key_of(self, id: str) -> tuple[Any, ...] | None:
        """The key's values for an id, or None when no record can have it."""
        parts = keys.split(id, len(self.key))
        if parts is None:
            return None
        cast = [keys.cast(part, self.types[name], self.dialect) for part, name in zip(parts, self.key, strict=True)]
        return None if any(part is None for part in cast) else tuple(cast)

    def bind(self, column: str, value: NativeValue) -> sa.ColumnElement[Any]:
        """The value as a parameter of its column's type."""
        return sa.literal(self.cell(column, value), self.core.c[column].type)

    def cell(self, column: str, value: NativeValue) -> Any:
        """The value as the driver wants it. Raises Unfit when the column cannot hold it."""
        match value:
            case None | bool():
                return value
            case str():
                if "\x00" in value:
                    raise Unfit("text with a NUL character")
                try:
                    value.encode()
                except UnicodeEncodeError:
                    raise Unfit("text that is no Unicode: a lone surrogate") from None
                return value
            case int():
                return self._integer(column, value)
            case float():
                if value != value or value in (float("inf"), float("-inf")):
                    raise Unfit("not a finite number")
                return value
            case Decimal():
                return self._decimal(column, value)
            case datetime():
                if value.tzinfo is not None and not getattr(self.types[column], "timezone", False):
                    value = value.astimezone(self.zone).replace(tzinfo=None)
                return value.isoformat(" ") if self.dialect == "sqlite" else value
            case date():
                return value.isoformat() if self.dialect == "sqlite" else value
        raise Unfit(f"a {type(value).__name__} has no place in a column")

    def _integer(self, column: str, value: int) -> Any:
        if -INT64 <= value < INT64:
            return value
        if self.dialect != "sqlite" and type(self.types[column]) is not sa.Integer and abs(value) < 10**MAX_DIGITS:
            return Decimal(value)
        raise Unfit("number too large")

    def _decimal(self, column: str, value: Decimal) -> Any:
        if not value.is_finite():
            raise Unfit("not a finite number")
        if abs(value.adjusted()) > MAX_DIGITS or len(value.as_tuple().digits) > MAX_DIGITS:
            raise Unfit("number too large")
        if self.dialect != "sqlite":
            return value
        if isinstance(self.types[column], sa.String):
            return format(value, "f")
        if value == value.to_integral_value() and abs(value) < INT64:
            return int(value)
        if Decimal(repr(float(value))) != value:
            raise Unfit("SQLite keeps 15 digits of a number")
        return float(value)

    def readers(self, names: Sequence[str]) -> list[tuple[int, Callable[[Any], Any]]]:
        """What must be done to cells of these columns, by position; most cells are given as they are."""
        found: list[tuple[int, Callable[[Any], Any]]] = []
        for position, name in enumerate(names):
            type_ = self.types[name]
            if self.columns[name].kind is ColumnKind.REFERENCE:
                found.append((position, _text))
            elif isinstance(type_, sa.Boolean) and self.dialect == "sqlite":
                found.append((position, _boolean))
            elif isinstance(type_, sa.DateTime) and not type_.timezone:
                found.append((position, self._zoned if self.dialect == "sqlite" else self._aware))
            elif isinstance(type_, sa.Uuid):
                found.append((position, _text))
            elif self.columns[name].kind is ColumnKind.OTHER:
                found.append((position, _plain))
        return found

    def same(self, column: str, value: NativeValue) -> sa.ColumnElement[bool]:
        """Whether the column shows the value. Raises Unfit for one that it cannot show."""
        core = self.core.c[column]
        condition = core.is_not_distinct_from(self.bind(column, value))
        if self.dialect == "sqlite" and isinstance(value, str) and isinstance(self.types[column], sa.DateTime):
            # What was read without a zone was given with one.
            bare = self._bare(value)
            if bare is not None:
                condition = condition | (core == self.bind(column, bare))
        return condition

    def _zoned(self, value: Any) -> Any:
        """A naive text with the zone that the settings state; what else the cell holds stays as it is."""
        if not isinstance(value, str) or len(value) <= 10:
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return value
        return value if moment.tzinfo is not None else value + _suffix(moment.replace(tzinfo=self.zone))

    def _bare(self, text: str) -> str | None:
        bare = text[:-6]
        return bare if self._zoned(bare) == text else None

    def _aware(self, value: Any) -> Any:
        return value.replace(tzinfo=self.zone) if isinstance(value, datetime) and value.tzinfo is None else value


def _suffix(moment: datetime) -> str:
    return moment.isoformat()[-6:]


def _text(value: Any) -> Any:
    return value if value is None else str(value)


def _boolean(value: Any) -> Any:
    return bool(value) if value in (0, 1) else value


def _plain(value: Any) -> Any:
    match value:
        case bytes() | memoryview():
            return bytes(value).hex()
        case None | bool() | int() | float() | Decimal() | str() | list() | dict():
            return value
    return str(value)


def reflect(inspector: Inspector, system: str, object: str, settings: TableSettings) -> Table:
    """The table as the database shows it now. Raises Fatal naming what is missing and what comes nearest."""
    schema, _, name = settings.table.rpartition(".")
    if not inspector.has_table(settings.table):
        if not schema or not inspector.has_table(name, schema or None):
            raise _no_table(inspector, system, object, settings.table)
    else:
        schema, name = "", settings.table
    dialect = inspector.dialect.name
    with warnings.catch_warnings():
        # A column of a type that SQLAlchemy does not know is read as it is.
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        shown = {column["name"]: column for column in inspector.get_columns(name, schema or None)}
    primary = inspector.get_pk_constraint(name, schema or None)["constrained_columns"]
    references = {
        key["constrained_columns"][0]
        for key in inspector.get_foreign_keys(name, schema or None)
        if len(key["constrained_columns"]) == 1
    }
    key = settings.keys or tuple(primary)
    if not key:
        raise Fatal(
            "adapter.no_key", system=system, object=object, table=settings.table, columns=", ".join(list(shown)[:20])
        )
    kept = (settings.modified, settings.version, settings.created, settings.external_key, settings.deleted)
    for wanted in (*key, *(column for column in kept if column)):
        if wanted not in shown:
            raise no_column(system, object, wanted, list(shown))
    generated = len(key) == 1 and _generated(shown[key[0]], dialect)
    columns = {
        name: _column(
            facts,
            reference=name in references and name not in key,
            kept=name in kept or (name in key and generated),
            supplied=name in kept or (name in key and (generated or len(key) == 1)),
        )
        for name, facts in shown.items()
    }
    types = {name: facts["type"] for name, facts in shown.items()}
    return Table(
        object=object,
        settings=settings,
        dialect=dialect,
        # The singleton spares each stamp a conversion.
        zone=UTC if settings.zone == "UTC" else ZoneInfo(settings.zone),
        core=sa.table(
            name,
            *(sa.column(c, sa.types.NullType() if dialect == "sqlite" else type_) for c, type_ in types.items()),
            schema=schema or None,
        ),
        key=key,
        columns=columns,
        types=types,
        given_keys=not generated,
    )


def _generated(facts: Mapping[str, Any], dialect: str) -> bool:
    if facts.get("default") is not None or facts.get("identity") or facts.get("computed"):
        return True
    # INTEGER PRIMARY KEY is SQLite's row id; so SQLAlchemy's "auto" is true of it too.
    return dialect != "postgresql" and isinstance(facts["type"], sa.Integer)


def _column(facts: Mapping[str, Any], *, reference: bool, kept: bool, supplied: bool) -> Column:
    type_ = facts["type"]
    kind, decimals = ColumnKind.OTHER, None
    choices: tuple[str, ...] = ()
    match type_:
        case sa.Enum():
            kind, choices = ColumnKind.CHOICE, tuple(type_.enums)
        case sa.String() | sa.Uuid():
            kind = ColumnKind.TEXT
        case sa.Boolean():
            kind = ColumnKind.BOOLEAN
        case sa.Integer():
            kind, decimals = ColumnKind.NUMBER, 0
        case sa.Numeric():
            kind = ColumnKind.NUMBER
            decimals = type_.scale if not isinstance(type_, sa.Float) else None
        case sa.DateTime():
            kind = ColumnKind.DATETIME
        case sa.Date():
            kind = ColumnKind.DATE
        case sa.types.NullType():
            kind = ColumnKind.TEXT
    if reference:
        kind = ColumnKind.REFERENCE
    return Column(
        name=facts["name"],
        label=facts.get("comment") or "",
        kind=kind,
        writable=not kept and not facts.get("computed") and kind is not ColumnKind.OTHER,
        required=not facts["nullable"] and facts.get("default") is None and not facts.get("identity") and not supplied,
        max_length=getattr(type_, "length", None) if isinstance(type_, sa.String) else None,
        decimals=decimals,
        choices=choices,
    )


def no_column(system: str, object: str, column: str, names: Sequence[str]) -> Fatal:
    return Fatal("adapter.no_column", system=system, object=object, column=column, nearest=_nearest(column, names))


def _no_table(inspector: Inspector, system: str, object: str, table: str) -> Fatal:
    names = [*inspector.get_table_names(), *inspector.get_view_names()]
    return Fatal("adapter.no_object", system=system, object=object, table=table, nearest=_nearest(table, names))


def _nearest(name: str, names: Sequence[str]) -> str:
    folded = {candidate.casefold(): candidate for candidate in names}
    return next((folded[found] for found in get_close_matches(name.casefold(), list(folded), 1, 0.5)), "-")
