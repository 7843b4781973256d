"""The sink for text that other people wrote: nothing in it may move the cursor, hide, or reverse the line."""

from __future__ import annotations

import unicodedata

_KEPT = "\u3000"  # the ideographic space is daily bread here
_FORMULA = "=+-@\t\r＝＋－＠"


def safe(text: str) -> str:
    r"""Control characters, ANSI sequences, bidi marks and lone surrogates become visible escapes.

    >>> safe("a\x1b[31mb\u202ec\ud800")
    'a\\x1b[31mb\\u202ec\\ud800'
    >>> safe("株式会社　青空")
    '株式会社　青空'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in _KEPT else _escape(c) for c in text)


def _escape(c: str) -> str:
    if c == "\n":
        return "\\n"
    if c == "\t":
        return "\\t"
    number = ord(c)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def width(text: str) -> int:
    """Columns on a terminal.

    >>> width("山田 Taro")
    9
    """
    if text.isascii():
        return len(text)
    return sum(_cell(c) for c in text)


def _cell(c: str) -> int:
    if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1


def cut(text: str, columns: int) -> str:
    """
    >>> cut("株式会社青空商事", 9)
    '株式会社…'
    """
    if width(text) <= columns:
        return text
    used, kept = 0, []
    for c in text:
        used += _cell(c)
        if used > columns - 1:
            break
        kept.append(c)
    return "".join(kept) + "…"


def pad(text: str, columns: int, *, right: bool = False) -> str:
    space = " " * max(0, columns - width(text))
    return space + text if right else text + space


def guarded(cell: str) -> str:
    """A cell that a spreadsheet will not take for a formula.

    >>> guarded("=1+1"), guarded("-5"), guarded("山田")
    ("'=1+1", "'-5", '山田')
    """
    return "'" + cell if cell and (cell[0] in _FORMULA or cell.startswith("'")) else cell


def unguarded(cell: str) -> str:
    """What `guarded` did, taken back.

    >>> unguarded(guarded("=1+1")), unguarded(guarded("'x")), unguarded("山田")
    ('=1+1', "'x", '山田')
    """
    if len(cell) > 1 and cell[0] == "'" and (cell[1] in _FORMULA or cell[1] == "'"):
        return cell[1:]
    return cell
