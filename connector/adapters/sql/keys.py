"""Record ids: a key of one or several columns as one text, and back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import sqlalchemy as sa

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})", re.ASCII)


def join(parts: Sequence[Any]) -> str:
    r"""One text for the values of a key.

    >>> join([7]), join(["東京|1", 2])
    ('7', '東京~|1|2')
    """
    if len(parts) == 1:
        return str(parts[0])
    return "|".join(str(part).replace("~", "~~").replace("|", "~|") for part in parts)


def split(id: str, count: int) -> list[str] | None:
    """The parts of an id, or None when it has not `count` of them.

    >>> split("東京~|1|2", 2), split("7", 2)
    (['東京|1', '2'], None)
    """
    if count == 1:
        return [id]
    parts = [""]
    letters = iter(id)
    for letter in letters:
        if letter == "|":
            parts.append("")
        else:
            parts[-1] += next(letters, "") if letter == "~" else letter
    return parts if len(parts) == count else None


def cast(text: str, type_: sa.types.TypeEngine[Any], dialect: str) -> Any:
    """The part as its column holds it, or None when no record can have it.

    >>> [cast(text, sa.Integer(), "postgresql") for text in ("12", "012")], cast("012", sa.Text(), "sqlite")
    ([12, None], '012')
    """
    if "\x00" in text or (not text.isascii() and not _encodable(text)):
        return None
    try:
        match type_:
            case sa.Integer():
                if not _INTEGER.fullmatch(text) or text == "-0":
                    # SQLite keeps text in an integer column when it is no number.
                    return text if dialect == "sqlite" and not re.fullmatch(r"\s*[-+]?[0-9].*", text) else None
                bits = 15 if isinstance(type_, sa.SmallInteger) else 31
                if dialect == "sqlite" or isinstance(type_, sa.BigInteger):
                    bits = 63
                return int(text) if -(2**bits) <= int(text) < 2**bits else None
            case sa.Uuid():
                return UUID(text)
            case sa.Numeric():
                return Decimal(text) if dialect != "sqlite" else text
            case sa.DateTime():
                return datetime.fromisoformat(text) if dialect != "sqlite" else text
            case sa.Date():
                return date.fromisoformat(text) if dialect != "sqlite" else text
            case _:
                return text
    except (ValueError, InvalidOperation):
        return None


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
