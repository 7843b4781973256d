"""kintone's query language: parsed, checked against the types of the fields, and answered."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.fakes.kintone.errors import KintoneError, invalid

TOKEN = re.compile(
    r"""[\s\u3000]*(?:
        (?P<text>"(?:[^"\\\x00-\x1f]|\\.)*")
      | (?P<op>not\ in|not\ like|is\ not\ empty|is\ empty|!=|>=|<=|=|>|<|in\b|like\b)
      | (?P<mark>[(),])
      | (?P<word>[^\s\u3000(),"=<>!]+)
    )""",
    re.VERBOSE,
)
ESCAPES = {"t": "\t", "n": "\n", "r": "\r"}

ORDERED = {"=", "!=", ">", "<", ">=", "<="}
OPERATORS: Mapping[str, set[str]] = {
    "__ID__": ORDERED | {"in", "not in"},
    "RECORD_NUMBER": ORDERED | {"in", "not in"},
    "NUMBER": ORDERED | {"in", "not in"},
    "CALC": ORDERED | {"in", "not in"},
    "CREATED_TIME": ORDERED, "UPDATED_TIME": ORDERED, "DATE": ORDERED, "TIME": ORDERED, "DATETIME": ORDERED,
    "SINGLE_LINE_TEXT": {"=", "!=", "in", "not in", "like", "not like"},
    "LINK": {"=", "!=", "in", "not in", "like", "not like"},
    "MULTI_LINE_TEXT": {"like", "not like", "is empty", "is not empty"},
    "RICH_TEXT": {"like", "not like", "is empty", "is not empty"},
    "FILE": {"like", "not like", "is empty", "is not empty"},
    "STATUS": {"=", "!=", "in", "not in"},
    "CREATOR": {"in", "not in"}, "MODIFIER": {"in", "not in"},
}  # fmt: skip
CHOSEN = {"in", "not in"}


@dataclass(frozen=True)
class Query:
    """`floor` is an id below which nothing fits, where the condition says so."""

    fits: Callable[[Any], bool]
    order: tuple[tuple[str, bool], ...]  # (code, descending)
    limit: int
    offset: int
    floor: int


def parse(text: str, types: Mapping[str, str], cell: Callable[[Any, str], Any], now: datetime) -> Query:
    """`types` are those of the fields by code; `cell(record, code)` is a value of a record."""
    return _Parser(text, types, cell, now).query()


class _Parser:
    def __init__(self, text: str, types: Mapping[str, str], cell: Callable[[Any, str], Any], now: datetime) -> None:
        self.types, self.cell, self.now = {**types, "$id": "__ID__"}, cell, now
        self.tokens = list(_tokens(text))
        self.at = 0
        self.floor = 0

    def query(self) -> Query:
        fits = (lambda record: True) if self.peek() in ("", "order", "limit", "offset") else self.either()
        order: list[tuple[str, bool]] = []
        limit, offset = 100, 0
        if self.take("order"):
            self.expect("by")
            while True:
                code = self.field()
                descending = self.take("desc") or not (self.take("asc") or True)
                order.append((code, descending))
                if not self.take(","):
                    break
        while (word := self.peek()) in ("limit", "offset"):
            self.at += 1
            number = self.next()
            if not number.isdecimal():
                raise invalid(query=("query", ""))
            limit, offset = (int(number), offset) if word == "limit" else (limit, int(number))
        if self.at < len(self.tokens):
            raise invalid(query=("query", ""))
        if limit > 500:
            raise KintoneError("GAIA_QU01")
        if offset > 10_000:
            raise KintoneError("GAIA_QU02")
        return Query(fits, tuple(order) or (("$id", True),), limit, offset, self.floor)

    def either(self) -> Callable[[Any], bool]:
        fits = self.both()
        while self.take("or"):
            self.floor = 0
            one, other = fits, self.both()
            self.floor = 0
            fits = lambda record, one=one, other=other: one(record) or other(record)  # noqa: E731
        return fits

    def both(self) -> Callable[[Any], bool]:
        fits = self.one()
        while self.take("and"):
            one, other = fits, self.one()
            fits = lambda record, one=one, other=other: one(record) and other(record)  # noqa: E731
        return fits

    def one(self) -> Callable[[Any], bool]:
        if self.take("("):
            fits = self.either()
            self.expect(")")
            return fits
        code = self.field()
        type, op = self.types[code], self.next()
        if op not in OPERATORS.get(type, CHOSEN):
            raise (
                KintoneError("GAIA_IQ03", (code, op))
                if op in ORDERED | CHOSEN | {"like", "not like"}
                else invalid(query=("query", ""))
            )
        if op in ("is empty", "is not empty"):
            return lambda record: (not str(self.cell(record, code) or "").strip()) == (op == "is empty")
        wanted = self.values() if op in CHOSEN else [self.value()]
        if code == "$id" and op == ">":
            self.floor = max(self.floor, int(wanted[0]))
        return _test(op, lambda record: self.cell(record, code), [_comparable(type, one) for one in wanted], type)

    def values(self) -> list[str]:
        self.expect("(")
        found = [self.value()]
        while self.take(","):
            found.append(self.value())
        self.expect(")")
        return found

    def value(self) -> str:
        token = self.next()
        if token.startswith('"'):
            return re.sub(r"\\(.)", lambda m: ESCAPES.get(m[1], m[1]), token[1:-1], flags=re.DOTALL)
        if token in ("NOW", "TODAY"):
            self.expect("(")
            self.expect(")")
            return self.now.isoformat() if token == "NOW" else self.now.date().isoformat()
        if re.fullmatch(r"-?\d+(\.\d+)?", token):
            return token
        raise invalid(query=("query", ""))

    def field(self) -> str:
        code = self.next()
        if code.startswith('"') or code in "(),":
            raise invalid(query=("query", ""))
        if code not in self.types:
            raise KintoneError("GAIA_IQ11", (code,))
        return code

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def next(self) -> str:
        token = self.peek()
        if not token:
            raise invalid(query=("query", ""))
        self.at += 1
        return token

    def take(self, word: str) -> bool:
        if self.peek() == word:
            self.at += 1
            return True
        return False

    def expect(self, word: str) -> None:
        if not self.take(word):
            raise invalid(query=("query", ""))


def _tokens(text: str) -> Iterator[str]:
    at = 0
    text = text.rstrip(" \t\r\n\u3000")
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise invalid(query=("query", ""))
        yield match[match.lastgroup or 0]
        at = match.end()


def _comparable(type: str, value: Any) -> Any:
    match type:
        case "__ID__" | "RECORD_NUMBER" | "NUMBER" | "CALC":
            try:
                return Decimal(str(value).rpartition("-")[2] if type == "RECORD_NUMBER" else str(value))
            except InvalidOperation:
                if type == "__ID__":
                    raise invalid(query=("query", "")) from None
                return None
        case "CREATED_TIME" | "UPDATED_TIME" | "DATETIME":
            try:
                return datetime.fromisoformat(value) if value else None
            except ValueError:
                raise invalid(query=("query", "")) from None
        case _:
            return "" if value is None else value


def _test(op: str, cell: Callable[[Any], Any], wanted: list[Any], type: str) -> Callable[[Any], bool]:
    def shown(record: Any) -> list[Any]:
        value = cell(record)
        if isinstance(value, list):
            codes = [one["code"] if isinstance(one, dict) else one for one in value]
            return codes or [""]
        return [_comparable(type, value["code"] if isinstance(value, dict) else value)]

    first = wanted[0]
    if op in ("in", "not in"):
        among = set(wanted)
        return lambda record: any(one in among for one in shown(record)) == (op == "in")
    if op in ("like", "not like"):
        return lambda record: (str(first).lower() in str(shown(record)[0]).lower()) == (op == "like")
    compare: Callable[[Any], bool] = {
        "=": lambda one: one == first,
        "!=": lambda one: one != first,
        ">": lambda one: one is not None and one > first,
        "<": lambda one: one is not None and one < first,
        ">=": lambda one: one is not None and one >= first,
        "<=": lambda one: one is not None and one <= first,
    }[op]
    return lambda record: compare(shown(record)[0])


def answer(query: Query, ids: list[int], records: Mapping[int, Any], cell: Callable[[Any, str], Any]) -> list[Any]:
    """The records, without the limit. In the order of ids nothing more is looked at than the page needs."""
    if query.order == (("$id", False),):
        found: list[Any] = []
        for id in ids[bisect_right(ids, query.floor) :]:
            if query.fits(records[id]):
                found.append(records[id])
                if len(found) == query.offset + query.limit:
                    break
        return found
    found = [records[id] for id in ids if query.fits(records[id])]
    for code, descending in reversed(query.order):
        found.sort(key=lambda record, code=code: _sortable(cell(record, code)), reverse=descending)  # type: ignore[misc]
    return found


def _sortable(value: Any) -> tuple[int, Any]:
    if isinstance(value, int):
        return 1, value
    try:
        return 1, Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        return 2, str(value)
