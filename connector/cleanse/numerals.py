"""Numbers and money from text, without inventing any."""

from __future__ import annotations

import re
from decimal import Decimal

from connector.cleanse.characters import one_width
from connector.model import Problem

# Beyond this nothing is an amount; it also keeps int() and Decimal() away from hostile lengths.
MOST_DIGITS = 40
_LONGEST = 80

EXPONENT = re.compile(r"[+-]?\d+(?:\.\d+)?[eE][+-]?(\d+)", re.ASCII)
_PLAIN = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+")
_BIG = {"万": 10**4, "億": 10**8, "兆": 10**12}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_KANJI = str.maketrans("〇零一壱壹二弐弍貳三参參四五六七八九拾萬仟阡佰陌", "001112222333456789十万千千百百")
_KANJI_DIGITS = re.compile("[〇零一壱壹二弐弍貳三参參四五六七八九十拾百佰陌千仟阡万萬億兆]")

_SYMBOLS = {
    "¥": "JPY",
    "￥": "JPY",
    "\\": "JPY",
    "円": "JPY",
    "$": "USD",
    "US$": "USD",
    "€": "EUR",
    "£": "GBP",
    "￡": "GBP",
    "元": "CNY",
    "₩": "KRW",
    "ウォン": "KRW",
    "ドル": "USD",
    "米ドル": "USD",
    "ユーロ": "EUR",
    "ポンド": "GBP",
}
_CURRENCY_FRONT = re.compile(r"^([A-Za-z]{3}(?=[\s\d.△▲(+-])|US\$|[¥￥\\$€£￡₩])\s*")
_CURRENCY_END = re.compile(r"\s*([A-Za-z]{3}|円|米ドル|ドル|ユーロ|ポンド|元|ウォン|[$€£￡₩¥￥])(?:也|整|-)?$")
# ￥1,234- and 金1,234円也: the mark keeps anybody from adding digits.
_CLOSING = re.compile(r"\s*(?:也|整|-)$")


def plain_decimal(number: Decimal) -> Decimal:
    """One form for equal numbers: no trailing zeros, no exponent, no negative zero.

    >>> plain_decimal(Decimal("1.500")), plain_decimal(Decimal("1E+3")), plain_decimal(Decimal("-0.0"))
    (Decimal('1.5'), Decimal('1000'), Decimal('0'))
    """
    digits = format(number, "f")
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return Decimal(0) if digits in ("-0", "0", "", "-") else Decimal(digits)


def fits(number: Decimal) -> bool:
    """Is this a finite number of ordinary length?"""
    if not number.is_finite():
        return False
    _, digits, exponent = number.as_tuple()
    return isinstance(exponent, int) and len(digits) <= MOST_DIGITS and -MOST_DIGITS <= exponent <= MOST_DIGITS


def _kanji_number(text: str) -> Decimal | None:
    """3億2千万, 1.5億, 500百万, 二千: units must go down, or the number is not one."""
    text = text.replace(",", "")
    total, last_big = Decimal(0), None
    part, number, last_small = Decimal(0), "", None
    for c in text:
        if c.isascii() and (c.isdigit() or c == "."):
            number += c
        elif c in _SMALL:
            if last_small is not None and _SMALL[c] >= last_small:
                return None
            part += (Decimal(number) if number else Decimal(1)) * _SMALL[c]
            number, last_small = "", _SMALL[c]
        elif c in _BIG:
            if last_big is not None and _BIG[c] >= last_big:
                return None
            part += Decimal(number) if number else Decimal(0)
            if not part:
                return None
            total, part, number, last_small, last_big = total + part * _BIG[c], Decimal(0), "", None, _BIG[c]
        else:
            return None
    return total + part + (Decimal(number) if number else Decimal(0))


def read_number(text: str, currency: str | None = None) -> Decimal | Problem:
    """A number as people and spreadsheets write it; currency signs are allowed only where `currency` is given.

    >>> read_number("1,234"), read_number("△1,000"), read_number("￥１，２３４", "JPY")
    (Decimal('1234'), Decimal('-1000'), Decimal('1234'))
    >>> read_number("3億2千万円", "JPY"), read_number("USD 1,000", "JPY"), read_number("1.23E+10")
    (Decimal('320000000'), <Problem.OTHER_CURRENCY: 'other_currency'>, <Problem.EXCEL_DAMAGE: 'excel_damage'>)
    """
    if len(text) > _LONGEST:
        return Problem.NOT_A_NUMBER
    text = one_width(text).replace("−", "-").replace("－", "-").strip()
    if found := EXPONENT.fullmatch(text):
        return Problem.EXCEL_DAMAGE if len(found[1]) < 3 and int(found[1]) <= MOST_DIGITS else Problem.NOT_A_NUMBER
    negative = False
    if text[:1] == "(" and text[-1:] == ")":
        negative, text = True, text[1:-1].strip()
    negative, text = _signed(text, negative)
    if currency is not None:
        for pattern in (_CURRENCY_FRONT, _CURRENCY_END):
            if found := pattern.search(text):
                sign = found[1].upper()
                if _SYMBOLS.get(sign, sign) != currency.upper():
                    return Problem.OTHER_CURRENCY if _is_amount(pattern.sub("", text)) else Problem.NOT_A_NUMBER
                text = _CLOSING.sub("", pattern.sub("", text)).strip()
        negative, text = _signed(text, negative)
    number = _unsigned(text)
    if number is None or not fits(number):
        return Problem.NOT_A_NUMBER
    return plain_decimal(-number if negative else number)


def _signed(text: str, negative: bool) -> tuple[bool, str]:
    if text[:1] in ("-", "△", "▲"):
        return not negative, text[1:].strip()
    return negative, text[1:].strip() if text[:1] == "+" else text


def _unsigned(text: str) -> Decimal | None:
    if text.isascii():
        return Decimal(text.replace(",", "")) if _PLAIN.fullmatch(text) else None
    # A lone 〇 is a tick as often as a zero.
    if text == "〇" or not _KANJI_DIGITS.search(text):
        return None
    parts = re.split("[万億兆千百十]", text.translate(_KANJI))
    if not all(_PLAIN.fullmatch(part) for part in parts if part):
        return None
    return _kanji_number(text.translate(_KANJI))


def _is_amount(text: str) -> bool:
    return _unsigned(_signed(text.strip(), False)[1]) is not None
