"""SOQL and record ids: the one place where a value becomes part of a query."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

FORM = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
ESCAPES = str.maketrans({
    "\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f",
})  # fmt: skip


def quoted(value: str | bool | datetime | date) -> str:
    """The literal of a value. Raises ValueError for a stamp without a zone.

    >>> quoted("O'Neil \\\\ Ltd")
    "'O\\\\'Neil \\\\\\\\ Ltd'"
    >>> quoted(datetime(2026, 4, 1, 9, 30, tzinfo=UTC)), quoted(date(2026, 4, 1)), quoted(False)
    ('2026-04-01T09:30:00Z', '2026-04-01', 'false')
    """
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{value.translate(ESCAPES)}'"
        case datetime():
            if value.tzinfo is None:
                raise ValueError("a stamp without a zone")
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case date():
            return value.isoformat()


def among(name: str, values: Iterable[str]) -> str:
    """The condition that a column has one of some texts."""
    return f"{name} IN ({','.join(quoted(value) for value in values)})"


def select(columns: Sequence[str], object: str, where: Sequence[str] = (), order: Sequence[str] = ()) -> str:
    """A query. `columns`, `object` and `order` are names that describe gave; `where` are conditions that all hold."""
    text = f"SELECT {','.join(dict.fromkeys(columns))} FROM {object}"  # noqa: S608  names come from describe
    if where:
        text += f" WHERE {' AND '.join(where)}"
    if order:
        text += f" ORDER BY {','.join(order)}"
    return text


def long_id(id: str) -> str | None:
    """The 18 characters of a record id, or None when it is none: a letter too few, or a wrong check.

    >>> long_id("001D000000IRFma"), long_id("001D000000IRFmaIAH"), long_id("001D000000IRFmaAAA")
    ('001D000000IRFmaIAH', '001D000000IRFmaIAH', None)
    """
    if FORM.fullmatch(id) is None:
        return None
    check = ""
    for block in (id[0:5], id[5:10], id[10:15]):
        check += CHECK[sum(1 << place for place, letter in enumerate(block) if letter.isupper())]
    return id[:15] + check if id[15:].upper() in ("", check) else None
