"""The one place where identities are made: short, url-safe, and in the order they were made."""

from __future__ import annotations

import time
import uuid

# Crockford's base 32: sorts as it counts, no I L O U; one case only, because external-id fields ignore case.
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _base32(number: int, width: int) -> str:
    return "".join(_DIGITS[number >> 5 * place & 31] for place in reversed(range(width)))


def _random(width: int) -> str:
    return _base32(uuid.uuid4().int, width)  # noqa: TID251  this is the place


def _now(width: int) -> str:
    return _base32(time.time_ns() // 1_000_000, width)


def new_key() -> str:
    """A link key: 'L', ten digits of time, ten of chance.

    >>> len(new_key()), new_key()[0]
    (21, 'L')
    """
    return f"L{_now(10)}{_random(10)}"


def new_run() -> str:
    """A run, short enough to be typed."""
    return f"R{_now(9)}{_random(3)}"


def new_hub() -> str:
    return f"H{_random(16)}"
