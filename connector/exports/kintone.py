"""kintone files: several lines per record when a table is in the export, one column per choice of a checkbox."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from connector.exports.labels import keys
from connector.exports.table import Row, Table

START_LABELS = frozenset(keys(("レコードの開始行", "New Record Flag"))) | {"*"}
_CHOICE = re.compile(r"(?P<name>.+?)[\[［](?P<choice>.+)[\]］]$")


def start_column(table: Table) -> int | None:
    """The column whose `*` marks the first line of a record."""
    return 0 if table.keys and table.keys[0] in START_LABELS else None


def choice_columns(header: Sequence[str]) -> dict[str, tuple[tuple[int, str], ...]]:
    """Columns of the form 名[選択肢], by name: one column per choice, 1 where it is chosen.

    >>> choice_columns(["会社名", "興味[製品A]", "興味[製品B]"])
    {'興味': ((1, '製品A'), (2, '製品B'))}
    """
    found: dict[str, list[tuple[int, str]]] = {}
    for place, label in enumerate(header):
        if match := _CHOICE.match(label):
            found.setdefault(match["name"].strip(), []).append((place, match["choice"].strip()))
    return {name: tuple(places) for name, places in found.items()}


@dataclass(slots=True)
class Folds:
    """Which columns belong to a table: those that vary within a record. Complete after the last row."""

    start: int
    records: int = 0
    long_records: int = 0
    orphans: list[int] = field(default_factory=list)
    varied: dict[int, int] = field(default_factory=dict)
    _head: tuple[str, ...] | None = None
    _seen: set[int] = field(default_factory=set)
    _lines: int = 0

    def add(self, row: Row) -> bool:
        """Whether the row begins a record."""
        line, cells = row
        if cells[self.start].strip():
            self._close()
            self.records += 1
            self._head, self._lines = cells, 1
            return True
        if self._head is None:
            self.orphans.append(line)
            return False
        self._lines += 1
        self._seen |= {n for n, cell in enumerate(cells) if n != self.start and cell != self._head[n]}
        return False

    def _close(self) -> None:
        if self._lines > 1:
            self.long_records += 1
            for place in self._seen:
                self.varied[place] = self.varied.get(place, 0) + 1
        self._seen = set()

    def table_columns(self) -> tuple[frozenset[int], frozenset[int]]:
        """The columns of the table, and those that vary so rarely that somebody edited the file by hand."""
        self._close()
        self._lines = 0
        most = max(self.varied.values(), default=0)
        rare = frozenset(n for n, count in self.varied.items() if most >= 10 and count * 20 < most)
        return frozenset(self.varied) - rare, rare


def fold(rows: Iterator[Row], start: int, table_columns: frozenset[int]) -> Iterator[Row]:
    """One row per record; the cells of a table stand one below the other."""
    head: tuple[int, list[str]] | None = None
    for line, cells in rows:
        if cells[start].strip():
            if head is not None:
                yield head[0], tuple(head[1])
            head = (line, list(cells))
        elif head is not None:
            for place in table_columns:
                head[1][place] += "\n" + cells[place]
    if head is not None:
        yield head[0], tuple(head[1])


def chosen(cells: Sequence[str], places: Sequence[tuple[int, str]]) -> str:
    return ";".join(choice for place, choice in places if cells[place].strip())


def is_choice(values: Mapping[int, set[str]], places: Sequence[tuple[int, str]]) -> bool:
    """Whether columns hold nothing but 1 and blank."""
    return all(values.get(place, set()) <= {"1"} for place, _ in places)
