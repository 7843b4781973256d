"""What a page is made of. Renderers turn blocks into terminal text or HTML; they know nothing about records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Style = Literal["", "add", "change", "remove", "link", "ask", "dim", "strong", "warn", "bad", "good"]


@dataclass(frozen=True, slots=True)
class Span:
    text: str
    style: Style = ""


@dataclass(frozen=True, slots=True)
class Line:
    spans: tuple[Span, ...]
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Heading:
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """`numbers` are the columns that are aligned to the right."""

    header: tuple[str, ...]
    rows: tuple[tuple[Span, ...], ...]
    numbers: frozenset[int] = frozenset()


Block: TypeAlias = Heading | Line | Table
BLANK = Line(())


def line(text: str, style: Style = "", indent: int = 0) -> Line:
    return Line((Span(text, style),), indent)


def spans(*parts: str | Span, indent: int = 0) -> Line:
    return Line(tuple(p if isinstance(p, Span) else Span(p) for p in parts), indent)


def table(header: Sequence[str], rows: Iterable[Sequence[str | Span]], numbers: Iterable[int] = ()) -> Table:
    made = tuple(tuple(c if isinstance(c, Span) else Span(c) for c in row) for row in rows)
    return Table(tuple(header), made, frozenset(numbers))


def _nothing() -> tuple[Sequence[str], Iterable[Sequence[str]]]:
    return (), ()


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of a command in every form: blocks for people, rows for spreadsheets, data for programs.

    Each is made only when it is asked for; rows and blocks may be streams.
    """

    title: str
    blocks: Callable[[], Iterable[Block]]
    data: Callable[[], Mapping[str, Any]]
    rows: Callable[[], tuple[Sequence[str], Iterable[Sequence[str]]]] = field(default=_nothing)
