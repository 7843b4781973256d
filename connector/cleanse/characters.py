"""Characters: what is invisible, what has a narrow twin, and the lossy fold that makes keys."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from hashlib import blake2b

from connector.cleanse.itaiji import ITAIJI

# NUL and lone surrogates cannot be stored by PostgreSQL or written as JSON.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

# Bidirectional marks can make a name look like another one.
BIDI = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")

# Variation selectors 1-15 say nothing outside Mongolian and mathematics; VS16 belongs to emoji and the ideographic
# ones (U+E0100-) to the way a name is written, so both stay in what is shown.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b\u200c\u200e\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb]"
)
# The zero-width joiner holds some emoji together; anywhere else it is dirt.
_PICTURE = "\u2190-\u2bff\U0001f000-\U0001faff"
_LONE_JOINER = re.compile(f"(?<![\ufe0f{_PICTURE}])\u200d|\u200d(?![{_PICTURE}])")
_LINE_BREAK = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_EXOTIC_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]")
_SPACES = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]{2,}|\t")

_KATAKANA = "\u30a1-\u30fa\u30fc\u30fd\u30fe\uff66-\uff9f"
# A full-width hyphen after katakana is nearly always a mistyped ー, so it is not made an ASCII hyphen.
_FULL_WIDTH = re.compile("[！-，．-［］-｝]|(?<![" + _KATAKANA + "])－")
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
_HALF_WIDTH_KANA = re.compile("[\uff61-\uff9f]")
_HALF_KANA = {c: unicodedata.normalize("NFKC", chr(c)) for c in range(0xFF61, 0xFF9E)} | {
    0xFF9E: "\u309b",
    0xFF9F: "\u309c",
}
_LOOSE_VOICING = re.compile("([\u3041-\u3096\u30a1-\u30fa\u309d\u30fd])([\u3099\u309a\u309b\u309c])")
_COMBINING = {"\u309b": "\u3099", "\u309c": "\u309a", "\u3099": "\u3099", "\u309a": "\u309a"}

# One search decides whether any of the functions below has something to do.
DIRTY = re.compile(
    "^\\s|\\s\\Z|[\x00-\x09\x0b-\x1f\x7f-\xa0\u00ad\u061c\u115f\u1160\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    "\u2800\u3000\u3099-\u309c\u3164\ufe00-\ufe0f\ufeff\uff01-\uff9f\uffa0\ufff9-\ufffd\ue000-\uf8ff]|  | \n"
)

# Words of clean characters with one space between them: what `DIRTY` does not find, on one line and storable. A run
# of one class is several times as fast as a search for many.
_CLEAN = (
    "[^\x00-\x20\x7f-\xa0\u00ad\u061c\u115f\u1160\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000"
    "\u3099-\u309c\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uff01-\uff9f\uffa0\ufff9-\ufffd\ue000-\uf8ff]+"
)
PLAIN = re.compile(f"{_CLEAN}(?: {_CLEAN})*")


def settle(change: Callable[[str], str], text: str, rounds: int = 6) -> str:
    """Apply `change` until nothing moves; a text that never settles is left as it was, so every rule is idempotent."""
    now = text
    for _ in range(rounds):
        then = change(now)
        if then == now:
            return now
        now = then
    return text


def without_invisible(text: str) -> str:
    """Drop characters nobody can see and make every line break a newline.

    >>> without_invisible("山\\u200b田\\ufeff")
    '山田'
    """
    text = _LINE_BREAK.sub("\n", text)
    text = _INVISIBLE.sub("", text)
    return _LONE_JOINER.sub("", text) if "\u200d" in text else text


def _voiced(found: re.Match[str]) -> str:
    joined = unicodedata.normalize("NFC", found[1] + _COMBINING[found[2]])
    return joined if len(joined) == 1 else found[0]


def one_width(text: str) -> str:
    """Half-width kana to full width, full-width ASCII to half width, exotic spaces to a space.

    The whole value is never normalised: NFKC, and even NFC, rewrite kanji that people have in their names.

    >>> one_width("ﾔﾏﾀﾞ電機（株）　ＡＢＣ")
    'ヤマダ電機(株) ABC'
    >>> one_width("スーパ－①")
    'スーパ－①'
    """
    text = _EXOTIC_SPACE.sub(" ", text)
    text = _FULL_WIDTH.sub(lambda found: found[0].translate(_NARROW), text)
    if _HALF_WIDTH_KANA.search(text):
        text = text.translate(_HALF_KANA)
    return _LOOSE_VOICING.sub(_voiced, text)


def trimmed(text: str) -> str:
    """No space at the ends, one between words; lines keep their indentation.

    >>> trimmed("　山田　 太郎 ")
    '山田 太郎'
    """
    text = text.strip()
    if "\n" not in text:
        return _SPACES.sub(" ", text)
    # Not a regular expression: on a megabyte of spaces before no line break it would take hours.
    return "\n".join(line.rstrip(" \t\u00a0\u3000") for line in text.split("\n"))


def tidy(text: str) -> str:
    """What every field rule does first: invisible characters, width, spaces."""
    if PLAIN.fullmatch(text) or not DIRTY.search(text):
        return text
    return settle(lambda t: trimmed(one_width(without_invisible(t))), text)


def tidy_line(text: str) -> str:
    """`tidy` for values that have no business with line breaks.

    >>> tidy_line("山田\\r\\n　太郎")
    '山田 太郎'
    """
    if PLAIN.fullmatch(text) or ("\n" not in text and not DIRTY.search(text)):
        return text
    return settle(lambda t: trimmed(one_width(without_invisible(t).replace("\n", " "))), text)


def full_katakana(text: str) -> str:
    """Furigana as full-width katakana.

    >>> full_katakana("やまだ ﾀﾛｳ")
    'ヤマダ タロウ'
    """
    return one_width(text).translate(HIRAGANA_TO_KATAKANA)


HIRAGANA_TO_KATAKANA: dict[int, int] = {c: c + 0x60 for c in (*range(0x3041, 0x3097), 0x309D, 0x309E)}


def _base_letters() -> dict[int, str]:
    table: dict[int, str] = {}
    for first, last in ((0xC0, 0x24F), (0x370, 0x3FF), (0x400, 0x52F), (0x1E00, 0x1FFF)):
        for code in range(first, last + 1):
            base = "".join(c for c in unicodedata.normalize("NFD", chr(code)) if not unicodedata.combining(c))
            if base and base != chr(code):
                table[code] = base.casefold()
    return table


# Letters that do not decompose but are written without their stroke.
_STROKED = {ord(a): b for a, b in zip("øłđħŧı", ("o", "l", "d", "h", "t", "i"), strict=True)} | {
    ord("æ"): "ae",
    ord("œ"): "oe",
}


def _fold_table() -> dict[int, str | int | None]:
    table: dict[int, str | int | None] = {}
    table.update(_base_letters())
    table.update(_STROKED)
    table.update({ord(variant): plain for variant, plain in ITAIJI.items()})
    table.update(HIRAGANA_TO_KATAKANA)
    for first, last in (
        (0x00, 0x08),
        (0x0E, 0x1F),
        (0x7F, 0x9F),
        (0xAD, 0xAD),
        (0x300, 0x36F),
        (0x200B, 0x200F),
        (0x202A, 0x202E),
        (0x2060, 0x206F),
        (0xFE00, 0xFE0F),
        (0xFEFF, 0xFEFF),
        (0xE000, 0xF8FF),
        (0xE0100, 0xE01EF),
        (0xE0000, 0xE007F),
    ):
        table.update(dict.fromkeys(range(first, last + 1)))
    for dash in "\u2010\u2011\u2012\u2013\u2014\u2015\u2212":
        table[ord(dash)] = "-"
    return table


_FOLD = _fold_table()
_WHITE = re.compile(r"\s+")
_DASH_AFTER_KATAKANA = re.compile("(?<=[\u30a1-\u30fa\u30fc])-(?=[\u30a1-\u30fa\u30fc]|$)")
_NOT_IN_A_KEY = re.compile(r"[\W_]+")

# A key longer than this is replaced by its digest: it still compares, and a store need not keep a megabyte twice.
LONGEST_KEY = 512


def fold(text: str) -> str:
    """The lossy fold of keys: width, case, accents, kana script and variant kanji. Never written anywhere.

    >>> fold("髙橋　ﾀﾛｳ"), fold("高橋 たろう")
    ('高橋 タロウ', '高橋 タロウ')
    >>> fold("Société  Générale"), fold("ガス")
    ('societe generale', 'ガス')
    """
    if text.isascii():
        return " ".join(text.casefold().split())
    text = unicodedata.normalize("NFKC", text).casefold().translate(_FOLD)
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text).translate(_FOLD)
    return _DASH_AFTER_KATAKANA.sub("ー", _WHITE.sub(" ", text).strip())


def squash(text: str) -> str:
    """`fold` without spaces and punctuation: the key of names. ー and 々 are letters and stay.

    >>> squash("O'Brien, Mary-Kate"), squash("佐々木 ソニー")
    ('obrienmarykate', '佐々木ソニー')
    """
    return _NOT_IN_A_KEY.sub("", fold(text))


# A text longer than this is compared as it is: folding a megabyte takes a second and finds nothing.
LONGEST_FOLDED = 20_000


def short_key(key: str) -> str:
    return key if len(key) <= LONGEST_KEY else "#" + blake2b(key.encode("utf-8", "replace"), digest_size=16).hexdigest()


def folded_key(text: str) -> str:
    return short_key(fold(text) if len(text) <= LONGEST_FOLDED else text)


def squashed_key(text: str) -> str:
    return short_key(squash(text) if len(text) <= LONGEST_FOLDED else text)


_FORMATTING = {ord(dash): "-" for dash in "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"}


def formatting_off(text: str) -> str:
    """What is left when width, case, spaces and invisible characters do not count; kanji stay as they are.

    >>> formatting_off("ＡＢＣ　商事") == formatting_off("abc商事"), formatting_off("髙橋") == formatting_off("高橋")
    (True, False)
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", without_invisible(text)).translate(_FORMATTING)
    return "".join(text.casefold().split())
