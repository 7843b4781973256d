"""How a recognised file becomes rows of a table: which columns, which cells are folded or fixed, which key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connector.exports import kintone
from connector.exports.damage import Fix, repair
from connector.exports.dates import Form, read, stamp
from connector.exports.recognise import Recognition
from connector.exports.survey import Survey, row_key
from connector.exports.table import Table

KEY, MODIFIED, VERSION, EXTERNAL = "record_key", "updated_at", "row_version", "connector_key"
OWN = (KEY, MODIFIED, VERSION, EXTERNAL)
STOPPED = "配信停止"  # the column that a plain list of refusals gets: it says 1 in every row


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    place: int
    fixes: tuple[Fix, ...] = ()
    choices: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """`key` names the key column: the file's own id, or one that was made and serves matching only."""

    columns: tuple[Column, ...]
    key: str
    stamped: bool  # every row has a stamp of its own

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def name_of(self, place: int | None) -> str:
        """The table's column for a column of the file, or ""."""
        return next((c.name for c in self.columns if c.place == place), "") if place is not None else ""


def lay_out(table: Table, about: Recognition, seen: Survey) -> Layout:
    folded = {place: (name, places) for name, places in seen.choices.items() for place, _ in places[:1]}
    hidden = {place for places in seen.choices.values() for place, _ in places[1:]}
    start = kintone.start_column(table) if about.system == "kintone" else None
    columns: list[Column] = []
    for place, label in enumerate(table.header):
        if place in hidden or place == start:
            continue
        if place in folded:
            name, places = folded[place]
            columns.append(Column(_free(name), place, (), places))
        else:
            columns.append(Column(_free(label), place, seen.fixes.get(place, ())))
    if about.role == "optout" and not any(c.name == STOPPED for c in columns):
        columns.append(Column(STOPPED, -1))
    own = next((c.name for c in columns if c.place == about.id_column), KEY) if about.id_column is not None else KEY
    readable = seen.modified_form in (Form.YEAR_FIRST, Form.MONTH_FIRST, Form.DAY_FIRST, Form.SERIAL)
    return Layout(tuple(columns), KEY if about.role == "optout" else own, seen.modified is not None and readable)


def _free(name: str) -> str:
    return f"{name} (2)" if name.casefold() in OWN else name


@dataclass(frozen=True, slots=True)
class Loaded:
    key: str
    cells: tuple[str | None, ...]
    updated_at: str | None
    line: int = 0  # where it starts in the file


def records(table: Table, about: Recognition, seen: Survey, layout: Layout) -> Iterator[Loaded]:
    """The rows as the database will hold them; a row without an id is left out, it was reported."""
    rows = table.rows()
    start = kintone.start_column(table) if about.system == "kintone" else None
    if start is not None:
        rows = kintone.fold(rows, start, seen.table_columns)
    key_fixes = seen.fixes.get(about.id_column, ()) if about.id_column is not None else ()
    for line, cells in rows:
        key = repair(row_key(cells, about, seen.concepts), key_fixes)
        if key:
            shown = tuple(_cell(cells, column, table) for column in layout.columns)
            yield Loaded(key, shown, _stamp(cells, seen, table), line)


def _cell(cells: tuple[str, ...], column: Column, table: Table) -> str | None:
    if column.choices:
        return kintone.chosen(cells, column.choices) or None
    if column.place < 0:
        return "1"
    cell = cells[column.place]
    if not cell:
        return None
    return repair(cell, column.fixes, table.epoch_1904) if column.fixes or cell[0] == "=" else cell


def _stamp(cells: tuple[str, ...], seen: Survey, table: Table) -> str | None:
    if seen.modified is None or not (value := cells[seen.modified].strip()):
        return None
    moment = read(value, seen.modified_form, epoch_1904=table.epoch_1904)
    return stamp(moment) if moment else None
