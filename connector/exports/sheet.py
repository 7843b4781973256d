"""Workbooks: which sheet, and its cells as text, row by row."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from connector.errors import Rejected


@dataclass(frozen=True, slots=True)
class Book:
    sheet: str
    hidden: tuple[str, ...]
    epoch_1904: bool
    rows: Callable[[], Iterator[tuple[int, tuple[str, ...]]]]


def choose(path: Path, wanted: str = "") -> Book:
    """The one visible sheet with cells, or the wanted one; several are a question, not a guess."""
    with _opened(path) as book:
        visible = [s for s in book.worksheets if s.sheet_state == "visible"]
        hidden = tuple(s.title for s in book.worksheets if s.sheet_state != "visible")
        filled = [s.title for s in visible if any(any(c is not None for c in row) for row in _first(s))]
        epoch_1904 = book.epoch == CALENDAR_MAC_1904
        every = [s.title for s in book.worksheets]
    if wanted:
        if wanted not in every:
            raise Rejected("exports.no_such_sheet", sheet=wanted, sheets=", ".join(every))
        name = wanted
    elif not filled:
        raise Rejected("exports.empty_file")
    elif len(filled) > 1:
        raise Rejected("exports.several_sheets", sheets=", ".join(filled))
    else:
        name = filled[0]
    return Book(name, hidden, epoch_1904, lambda: _rows(path, name))


def _first(sheet: Any) -> Iterator[Any]:
    sheet.reset_dimensions()  # exporters write a wrong <dimension>, and openpyxl would believe it
    return iter(sheet.iter_rows(max_row=HEADER_SEARCH, values_only=True))


HEADER_SEARCH = 100


class _opened:  # noqa: N801  reads as a verb at its call: with _opened(path) as book
    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Any:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # styles and validations we do not use
                self.book = openpyxl.load_workbook(self.path, read_only=True, data_only=True)
        except Exception as error:
            raise Rejected("exports.broken_workbook", why=type(error).__name__) from error
        return self.book

    def __exit__(self, *_: object) -> None:
        self.book.close()


def _rows(path: Path, name: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    with _opened(path) as book:
        sheet = book[name]
        sheet.reset_dimensions()
        for line, row in enumerate(sheet.iter_rows(values_only=True), 1):
            yield line, tuple(text(cell) for cell in row)


def text(value: Any) -> str:
    """A cell's stored value as text; a whole number has no `.0`.

    >>> text(312345678.0), text(datetime(2026, 3, 5)), text(None), text(True)
    ('312345678', '2026-03-05', '', 'TRUE')
    """
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime():
            return value.strftime("%Y-%m-%d" if value.time() == time() else "%Y-%m-%d %H:%M:%S")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case _:
            return str(value)
