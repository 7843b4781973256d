"""Record ids: 15 characters that tell upper from lower case, and 18 that need not."""

from __future__ import annotations

import re

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
FORM = re.compile(r"[0-9A-Za-z]{15}([0-9A-Za-z]{3})?")


def long_id(short: str) -> str:
    """The 18 characters of a 15-character id.

    >>> long_id("001D000000IRFma")
    '001D000000IRFmaIAH'
    """
    suffix = ""
    for block in (short[0:5], short[5:10], short[10:15]):
        suffix += CHECK[sum(1 << place for place, letter in enumerate(block) if letter.isupper())]
    return short + suffix


def made(prefix: str, number: int) -> str:
    """The 18-character id of the record with this number."""
    text = ""
    while number:
        number, rest = divmod(number, 62)
        text = DIGITS[rest] + text
    return long_id(f"{prefix}5g0{text:0>9}")


def known(id: object) -> str | None:
    """The 18-character form of what a client sent as an id, or None when it is none."""
    if not isinstance(id, str) or FORM.fullmatch(id) is None:
        return None
    whole = long_id(id[:15])
    return whole if len(id) == 15 or id[15:].upper() == whole[15:] else None
