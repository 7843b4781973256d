"""Phone numbers: hyphens where the numbering plan has them, E.164 for keys."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumberFormat

from connector.cleanse.characters import folded_key, one_width, tidy_line
from connector.cleanse.contract import Cleansed, Status
from connector.cleanse.textual import is_placeholder, plain_key
from connector.model import Value

REGION = "JP"
_LONGEST = 80
_DASHES = str.maketrans(dict.fromkeys("－ー‐‑‒–—―−ｰ～〜", "-") | {"．": ".", "（": "(", "）": ")"})
_LABEL = re.compile(r"^(?:tel|phone|電話(?:番号)?|携帯|代表)\s*[.:：]?\s*", re.IGNORECASE)
_EXTENSION = re.compile(r"[\s(]*(?:内線(?:番号)?|ext(?:ension)?|x|#)\s*[.:：]?\s*(\d{1,7})\s*\)?$", re.IGNORECASE)
_NOTE = re.compile(r"\s*\((?:代表?|大代表|直通|携帯|本社)\)$|\s*(?:代表|直通)$")
_NUMBER = re.compile(r"(?=(?:[^0-9]*[0-9]){3})[+]?[0-9(][0-9()\-. /]*")
_EMPTY = frozenset(("0000000000", "00000000000", "0300000000", "09000000000", "1234567890", "9999999999"))


class Phone(NamedTuple):
    e164: str
    shown: str
    valid: bool
    extension: str
    damage: str  # how a spreadsheet cut it short: zero_lost, plus_lost or ""
    noted: bool  # a note such as (代表) stands beside the number


def parse_phone(text: str, region: str = REGION) -> Phone | None:
    """Take a written number apart; None when it is not one number.

    >>> parse_phone("０３－１２３４－５６７８ 内線12")
    Phone(e164='+81312345678', shown='03-1234-5678 内線12', valid=True, extension='12', damage='', noted=False)
    >>> parse_phone("312345678").damage, parse_phone("03-1234-5678 / 090-1111-2222")
    ('zero_lost', None)
    """
    if len(text) > _LONGEST:
        return None
    line = _LABEL.sub("", one_width(tidy_line(text).translate(_DASHES)).strip())
    extension = ""
    if found := _EXTENSION.search(line):
        extension, line = found[1], line[: found.start()]
    bare = _NOTE.sub("", line).strip()
    noted, line = bare != line.strip(), bare
    if not _NUMBER.fullmatch(line) or "/" in line:
        return None
    try:
        number = phonenumbers.parse(line, region)
    except NumberParseException:
        return None
    valid = phonenumbers.is_valid_number(number)
    home = number.country_code == phonenumbers.country_code_for_region(region)
    style = PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL
    shown = phonenumbers.format_number(number, style)
    if extension:
        shown = f"{shown} 内線{extension}" if home else f"{shown} ext. {extension}"
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    damage = ""
    if home and line.lstrip("(")[:1] not in ("0", "+"):
        damage = "plus_lost" if line.startswith("81") and len(_digits(line)) > 10 else "zero_lost"
    return Phone(e164, shown, valid, extension, damage, noted)


def _digits(text: str) -> str:
    return "".join(c for c in text if c in "0123456789")


# 010 dials abroad, 00 has carriers behind it: both are left to the library.
_WRITTEN = re.compile("0(?!0|10)[0-9-]{9,13}")


@lru_cache(maxsize=1)
def _plan() -> tuple[re.Pattern[str], tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]]:
    """The library's own tables of the home region: which numbers are assigned, and where hyphens stand."""
    data: Any = PhoneMetadata.metadata_for_region(REGION, None)
    kinds = (
        data.fixed_line, data.mobile, data.toll_free, data.premium_rate, data.shared_cost, data.personal_number,
        data.voip, data.pager, data.uan, data.voicemail,
    )  # fmt: skip
    assigned = "|".join(f"(?:{d.national_number_pattern})" for d in kinds if d and d.national_number_pattern)
    forms = [
        (re.compile(form.leading_digits_pattern[-1] if form.leading_digits_pattern else ""), re.compile(form.pattern))
        for form in data.number_format
    ]
    return re.compile(f"(?=(?:{data.general_desc.national_number_pattern})$)(?:{assigned})"), tuple(forms)


@lru_cache(maxsize=65536)
def _hyphenated(digits: str) -> str | None:
    """An assigned national number of ten or eleven digits with its hyphens."""
    assigned, forms = _plan()
    number = digits[1:]
    if not assigned.fullmatch(number):
        return None
    for leading, pattern in forms:
        if leading.match(number) and (found := pattern.fullmatch(number)):
            return "0" + "-".join(found.groups())
    return None


def national(text: str) -> str | None:
    """A number written nationally, in digits and hyphens, as it is shown; None where only the library can tell."""
    if not _WRITTEN.fullmatch(text):
        return None
    digits = text.replace("-", "")
    return _hyphenated(digits) if 10 <= len(digits) <= 11 and digits not in _EMPTY else None


def phone(value: Value) -> Cleansed:
    """National hyphens for a valid number, E.164 as the key; anything doubtful stays as it was typed.

    >>> phone("０３（１２３４）５６７８").display, phone("+81 3-1234-5678").display, phone("+1 4155552671").display
    ('03-1234-5678', '03-1234-5678', '+1 415-555-2671')
    >>> phone("312345678")
    Cleansed(display='312345678', key='+81312345678', status=<Status.SUGGESTED: 'suggested'>, reasons=('zero_lost',))
    """
    if not isinstance(value, str):
        return Cleansed(value, plain_key(value))
    if shown := national(value):
        key = "+81" + shown[1:].replace("-", "")
        return Cleansed(shown, key, Status.SAME if shown == value else Status.FORMATTED)
    return spelled(value)


def spelled(value: str) -> Cleansed:
    """`phone` of any text, by way of the library: the definition that `national` only comes before."""
    if len(value) > 4 * _LONGEST:
        return Cleansed(value, folded_key(value), Status.INVALID, ("not_a_phone",))
    if is_placeholder(value):
        return Cleansed(None, "", Status.MISSING, ("placeholder",))
    plain = tidy_line(value)
    if not plain:
        return Cleansed(None, "", Status.MISSING)
    parsed = parse_phone(plain)
    if parsed is None:
        return Cleansed(plain, folded_key(plain), Status.INVALID, ("not_a_phone",))
    if _digits(plain) in _EMPTY:
        return Cleansed(plain, "", Status.REVIEW, ("placeholder",))
    key = f"{parsed.e164};{parsed.extension}" if parsed.extension else parsed.e164
    if not parsed.valid:
        return Cleansed(plain, key, Status.INVALID, ("not_assigned",))
    if parsed.damage:
        return Cleansed(plain, key, Status.SUGGESTED, (parsed.damage,))
    if parsed.noted:
        return Cleansed(plain, key, Status.SAME if plain == value else Status.FORMATTED, ("note",))
    if _digits(parsed.shown) != _digits(plain):
        # The number was written with its country code or with notes: make sure the new form means the same number.
        again = parse_phone(parsed.shown)
        if again is None or again.shown != parsed.shown or again.e164 != parsed.e164:
            return Cleansed(plain, key)
    return Cleansed(parsed.shown, key, Status.SAME if parsed.shown == value else Status.FORMATTED)
