"""Salesforce ids: 15 characters in reports, case-sensitive; 18 through the API, safe in any case."""

from __future__ import annotations

import re

PREFIXES = {"003": "person", "00Q": "person", "001": "company", "006": "deal"}
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_ID = re.compile(r"[0-9A-Za-z]{15}([0-9A-Za-z]{3})?$")


def is_id(text: str) -> bool:
    return bool(_ID.match(text))


def to_18(id: str) -> str:
    """The 18-character id. Three groups of five; bit i of a group is set when its character i is A-Z.

    >>> to_18("001C000000o4OOI"), to_18("00331000032hMxR"), to_18("00Q0Z000013dw4G")
    ('001C000000o4OOIIA2', '00331000032hMxRAAU', '00Q0Z000013dw4GUAQ')
    """
    if len(id) == 18:
        return repaired_18(id)
    if not is_id(id):
        return id
    return id + "".join(_SUFFIX[_bits(id[group : group + 5])] for group in (0, 5, 10))


def _bits(group: str) -> int:
    return sum(1 << place for place, char in enumerate(group) if "A" <= char <= "Z")


def repaired_18(id: str) -> str:
    """An 18-character id whose case was flattened, repaired from its suffix; a sound one as it is.

    >>> repaired_18("001c000000o4ooiia2")
    '001C000000o4OOIIA2'
    """
    if not is_id(id) or any(c not in _SUFFIX for c in id[15:].upper()):
        return id
    restored = []
    for number, char in enumerate(id[15:].upper()):
        bits = _SUFFIX.index(char)
        for place in range(5):
            one = id[number * 5 + place]
            restored.append(one.upper() if bits >> place & 1 else one.lower())
    return "".join(restored) + id[15:].upper()


def flattened(ids: list[str]) -> bool:
    """Whether the case of 15-character ids was lost: no lower-case or no upper-case letter in many of them."""
    text = "".join(id[3:] for id in ids if len(id) == 15)
    letters = [c for c in text if c.isalpha()]
    return len(letters) >= 40 and (text == text.lower() or text == text.upper())
