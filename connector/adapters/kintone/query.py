"""Query strings of kintone, and the one place where a value is put into one.

Field codes are never quoted there, so only codes that the form itself lists may stand in a query.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

# Raw control characters in a string are a syntax error; these have escapes (measured by a third party).
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def quoted(value: str) -> str:
    r"""A value as a string of the query language.

    >>> print(quoted('a"b\\c'))
    "a\"b\\c"
    """
    return f'"{value.translate(_ESCAPES)}"'


def quotable(value: str) -> bool:
    """Whether the language can say this text at all: no control characters but tab and line breaks, no surrogates."""
    return all(c >= " " or c in "\t\n\r" for c in value) and not any("\ud800" <= c <= "\udfff" for c in value)


def one_of(code: str, values: Iterable[str]) -> str:
    """
    >>> one_of("会社コード", ["A", "B"])
    '会社コード in ("A","B")'
    """
    return f"{code} in ({','.join(quoted(value) for value in values)})"


def since(code: str, at: datetime) -> str:
    """Changed in the minute of `at` or later.

    >>> since("更新日時", datetime(2026, 4, 1, 9, 30, 59, tzinfo=UTC))
    '更新日時 >= "2026-04-01T09:30:00Z"'
    """
    return f"{code} >= {quoted(at.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:00Z'))}"


def page(conditions: Sequence[str], last: int, size: int) -> str:
    """The page of records after the id `last`: no offset, which ends at 10,000.

    >>> page(['更新日時 >= "2026-04-01T00:00:00Z"'], 500, 100)
    '更新日時 >= "2026-04-01T00:00:00Z" and $id > 500 order by $id asc limit 100'
    """
    return f"{' and '.join([*conditions, f'$id > {last}'])} order by $id asc limit {size}"
