"""Personal names: reading one cell, writing one cell, and the rule. A name is split only at a space or a comma."""

from __future__ import annotations

import re

from connector.cleanse.characters import PLAIN, settle, squashed_key, tidy_line
from connector.cleanse.contract import Cleansed, Status
from connector.cleanse.textual import is_placeholder, map_text, plain_key
from connector.model import PersonName, Value

_JAPANESE = re.compile("[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]")
_COMMA = re.compile("[,，]")


def is_japanese(text: str) -> bool:
    return _JAPANESE.search(text) is not None


def read_name(text: str) -> PersonName | None:
    """A name from one cell.

    >>> read_name("山田　太郎"), read_name("山田太郎")
    (PersonName(family='山田', given='太郎'), PersonName(family='山田太郎', given=None))
    >>> read_name("Taro Yamada") == read_name("YAMADA Taro") and read_name("Smith, John")
    False
    >>> read_name("YAMADA Taro"), read_name("Smith, John")
    (PersonName(family='YAMADA', given='Taro'), PersonName(family='Smith', given='John'))
    """
    family, comma, given = (part.strip() for part in _partition_comma(text))
    if comma and family and given:
        return PersonName(family, given)
    words = text.split()
    if not words:
        return None
    if len(words) == 1:
        return PersonName(words[0])
    if is_japanese(text):
        return PersonName(words[0], " ".join(words[1:]))
    first, second = words[0], words[1]
    if len(first) > 1 and first.isupper() and not second.isupper():
        return PersonName(first, " ".join(words[1:]))
    return PersonName(words[-1], " ".join(words[:-1]))


def _partition_comma(text: str) -> tuple[str, str, str]:
    found = _COMMA.search(text)
    return (text[: found.start()], ",", text[found.end() :]) if found else (text, "", "")


def write_name(name: PersonName) -> str:
    """One cell for a name, in the order its script is read, such that `read_name` gives the name back.

    Lossy where no cell can say it: an unsplit name with a space or comma in it comes back split, a name without a
    family comes back as a family name, and runs of spaces come back as one.

    >>> write_name(PersonName("山田", "太郎")), write_name(PersonName("Yamada", "Taro"))
    ('山田 太郎', 'Taro Yamada')
    >>> write_name(PersonName("de la Vega", "Juan"))
    'de la Vega, Juan'
    """
    if not name.given:
        return name.family
    if not name.family:
        return name.given
    japanese = is_japanese(name.family + name.given)
    natural = f"{name.family} {name.given}" if japanese else f"{name.given} {name.family}"
    if read_name(natural) == name:
        return natural
    by_comma = f"{name.family}, {name.given}"
    return by_comma if read_name(by_comma) == name else natural


def is_name(family: str) -> bool:
    """Is this family name surely shown as it stands?"""
    return PLAIN.fullmatch(family) is not None and not is_placeholder(family)


_HONORIFIC = re.compile(r".(?:\s*様|\s*殿|\s+さん|\s+氏|\s+先生)$")


def person_name(value: Value) -> Cleansed:
    """Width and spaces of both parts; kanji are never touched. A text is a name nobody has split yet.

    >>> person_name(PersonName("髙橋　", "ﾀﾛｳ")).display
    PersonName(family='髙橋', given='タロウ')
    >>> person_name(PersonName("高橋", "タロウ")).key == person_name(PersonName("髙橋タロウ")).key
    True
    """
    if isinstance(value, str):
        value = read_name(tidy_line(value))
    if not isinstance(value, PersonName):
        return Cleansed(value, plain_key(value))
    shown = map_text(lambda text: settle(tidy_line, text), value)
    if not isinstance(shown, PersonName):
        return Cleansed(None, "", Status.MISSING)
    if is_placeholder(shown.family) and (not shown.given or is_placeholder(shown.given)):
        return Cleansed(None, "", Status.MISSING, ("placeholder",))
    key = squashed_key(shown.family + (shown.given or ""))
    if _HONORIFIC.search(shown.given or shown.family):
        return Cleansed(shown, key, Status.REVIEW, ("honorific",))
    return Cleansed(shown, key, Status.SAME if shown == value else Status.FORMATTED)
