"""Rules for the characters of a value, whatever the field is, and the rules of plain text and choices."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from connector.cleanse.characters import (
    BIDI,
    DIRTY,
    folded_key,
    full_katakana,
    one_width,
    settle,
    squashed_key,
    tidy,
    trimmed,
    without_invisible,
)
from connector.cleanse.contract import Cleansed, Status
from connector.cleanse.wordlist import words
from connector.model import Address, PersonName, Value


def plain_key(value: Value) -> str:
    """The key of a value that no field rule knows better."""
    match value:
        case None:
            return ""
        case str():
            return folded_key(value)
        case PersonName(family, given):
            return squashed_key(family + (given or ""))
        case Address(postal, prefecture, city, street, building):
            return squashed_key("".join(p for p in (postal, prefecture, city, street, building) if p))
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def map_text(change: Callable[[str], str], value: Value) -> Value:
    """`change` on every text inside a value; a part that becomes empty is a blank."""
    match value:
        case str():
            return change(value) or None
        case PersonName(family, given):
            family, given = change(family), change(given) if given else ""
            return PersonName(family, given or None) if family or given else None
        case Address(postal, prefecture, city, street, building):
            parts = [change(part) or None if part else None for part in (postal, prefecture, city, street, building)]
            return Address(*parts) if any(parts) else None
        case _:
            return value


def by_text(change: Callable[[str], str]) -> Callable[[Value], Cleansed]:
    """Make a rule of a function on text."""

    def apply(value: Value) -> Cleansed:
        if not isinstance(value, str | PersonName | Address):
            return Cleansed(value, plain_key(value))
        shown = map_text(lambda text: settle(change, text), value)
        status = Status.MISSING if shown is None else Status.SAME if shown == value else Status.FORMATTED
        return Cleansed(shown, plain_key(shown), status)

    return apply


trim = by_text(trimmed)
width = by_text(one_width)
kana = by_text(full_katakana)


def invisible(value: Value) -> Cleansed:
    """Drop invisible characters; marks that reverse the reading direction are reported."""
    cleansed = by_text(without_invisible)(value)
    if isinstance(value, str) and BIDI.search(value):
        return Cleansed(cleansed.display, cleansed.key, cleansed.status, ("bidi",))
    return cleansed


_AMPERSANDS = re.compile(r"&(?:amp;|#0*38;|#[xX]0*26;)+")
_ENTITY = re.compile(r"&(?:lt|gt|quot|apos|nbsp|yen|copy|reg|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")


def _unescaped(text: str) -> str:
    if "&" not in text:
        return text
    return _ENTITY.sub(lambda found: html.unescape(found[0]), _AMPERSANDS.sub("&", text))


html_entities = by_text(_unescaped)

_NOTHING = frozenset(
    words("""
    なし 無し ナシ 無 不明 未定 未入力 未登録 未設定 該当なし 該当無し 特になし 非公開 同上 空欄 - -- --- ー ―
    – — − ・ . … ? ？ 〃 / * N/A n/a NA null NULL none NONE nil undefined unknown UNKNOWN Unknown #N/A #REF!
    #VALUE! #NAME? ダミー dummy xxx XXX ＸＸＸ あああ ああああ
    """)
)
_LONGEST_NOTHING = max(map(len, _NOTHING)) + 4


def is_placeholder(text: str) -> bool:
    """Is this written where something had to be written? "Null" and "None" as names are left alone.

    >>> is_placeholder("なし"), is_placeholder("Ｎ／Ａ"), is_placeholder("Null"), is_placeholder("-")
    (True, True, False, True)
    """
    return len(text) <= _LONGEST_NOTHING and tidy(text) in _NOTHING


def placeholder(value: Value) -> Cleansed:
    match value:
        case str() if is_placeholder(value):
            return Cleansed(None, "", Status.MISSING, ("placeholder",))
        case PersonName(family, given) if is_placeholder(family) and (not given or is_placeholder(given)):
            return Cleansed(None, "", Status.MISSING, ("placeholder",))
        case _:
            return Cleansed(value, plain_key(value))


_PRIVATE_USE = re.compile("[\ue000-\uf8ff]")


def text(value: Value) -> Cleansed:
    """Plain text: invisible characters, width and spaces; lost and private characters are reported."""
    if not isinstance(value, str):
        return Cleansed(value, plain_key(value))
    if not DIRTY.search(value):
        return Cleansed(value, folded_key(value))
    shown = tidy(value)
    reasons = tuple(
        reason
        for reason, seen in (("lost_characters", "\ufffd" in shown), ("private_use", _PRIVATE_USE.search(shown)))
        if seen
    )
    if not shown:
        return Cleansed(None, "", Status.MISSING)
    status = Status.REVIEW if reasons else Status.SAME if shown == value else Status.FORMATTED
    return Cleansed(shown, folded_key(shown), status, reasons)


def as_it_is(value: Value) -> Cleansed:
    """Numbers, dates, choices and references: reading has given them their form already."""
    if isinstance(value, str):
        shown = value.strip() or None
        return Cleansed(shown, plain_key(shown), Status.SAME if shown == value else Status.FORMATTED)
    return Cleansed(value, plain_key(value))
