"""Workbooks: which sheet, and its cells as text, row by row."""

from __future__ import annotations

import csv
import io
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
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
        hidden = tuple(s.title for s in book.worksheets if s.sheet_state != "visible")
        name = wanted or _only_filled(book)
        every = [s.title for s in book.worksheets]
        if name not in every:
            raise Rejected("exports.no_such_sheet", sheet=name, sheets=", ".join(every))
        packed = tuple(_packed(_rows(book[name])))
        return Book(name, hidden, book.epoch == CALENDAR_MAC_1904, lambda: _unpacked(packed))


def _only_filled(book: Any) -> str:
    visible = [s for s in book.worksheets if s.sheet_state == "visible"]
    filled = [s.title for s in visible if any(any(c is not None for c in row) for row in _first(s))]
    if not filled:
        raise Rejected("exports.empty_file")
    if len(filled) > 1:
        raise Rejected("exports.several_sheets", sheets=", ".join(filled))
    return str(filled[0])


def _first(sheet: Any) -> Iterator[Any]:
    sheet.reset_dimensions()  # exporters write a wrong <dimension>, and openpyxl would believe it
    return iter(sheet.iter_rows(max_row=HEADER_SEARCH, values_only=True))


HEADER_SEARCH = 100


BATCH = 1_000


class _opened:  # noqa: N801  reads as a verb at its call: with _opened(path) as book
    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Any:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # styles and validations we do not use
                self.book = openpyxl.load_workbook(self.path, read_only=True, data_only=True)
        except Exception as error:  # openpyxl raises what zipfile, XML and its own parts raise
            raise Rejected("exports.broken_workbook", why=type(error).__name__) from error
        return self.book

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        self.book.close()
        if isinstance(error, Exception) and not isinstance(error, Rejected):
            raise Rejected("exports.broken_workbook", why=type(error).__name__) from error


def _rows(sheet: Any) -> Iterator[tuple[int, tuple[str, ...]]]:
    sheet.reset_dimensions()
    for line, row in enumerate(sheet.iter_rows(values_only=True), 1):
        yield line, tuple(text(cell) for cell in row)


def _packed(rows: Iterator[tuple[int, tuple[str, ...]]]) -> Iterator[bytes]:
    """The rows, compressed: a workbook takes seconds to parse and is read several times."""
    while batch := list(islice(rows, BATCH)):
        out = io.StringIO(newline="")
        csv.writer(out).writerows((line, *cells) for line, cells in batch)
        yield zlib.compress(out.getvalue().encode("utf-8", "surrogatepass"), 1)


def _unpacked(packed: Iterable[bytes]) -> Iterator[tuple[int, tuple[str, ...]]]:
    for chunk in packed:
        content = zlib.decompress(chunk).decode("utf-8", "surrogatepass")
        for line, *cells in csv.reader(io.StringIO(content, newline="")):
            yield int(line), tuple(cells)


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
