"""Dates and times from text. What is not written is not guessed: no day, no century, no order of day and month."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from connector.cleanse.characters import one_width
from connector.cleanse.wordlist import words
from connector.model import Problem

_LONGEST = 80
# First day of an era counts as its year 1: 令和1年 = 2019.
_ERAS = {
    "明治": 1867,
    "大正": 1911,
    "昭和": 1925,
    "平成": 1988,
    "令和": 2018,
    "M": 1867,
    "T": 1911,
    "S": 1925,
    "H": 1988,
    "R": 2018,
    "㍾": 1867,
    "㍽": 1911,
    "㍼": 1925,
    "㍻": 1988,
    "㋿": 2018,
}
_KANJI = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "元": 1}
_MONTHS = {
    m: i
    for i, m in enumerate(
        words("""
    jan feb mar apr may jun jul aug sep oct nov dec
    """),
        1,
    )
}

_NUM = r"(\d{1,2}|[〇零元一二三四五六七八九十]{1,4})"
_JAPANESE = re.compile(rf"(?:西暦)?([0-9]{{4}}|[〇零一二三四五六七八九]{{4}})\s*年\s*{_NUM}\s*月\s*{_NUM}\s*日")
_ERA = re.compile(
    rf"(明治|大正|昭和|平成|令和|[㍾㍽㍼㍻㋿]|[MTSHRmtshr](?=[\s.]*\d))\s*\.?\s*{_NUM}\s*(?:年\s*{_NUM}\s*月\s*{_NUM}\s*日|"
    r"[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{1,2}))"
)
_YEAR_FIRST = re.compile(r"(\d{4})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{4})")
_SHORT_YEAR = re.compile(r"\d{1,2}\s*([-/.])\s*\d{1,2}\s*\1\s*\d{1,2}")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_ENGLISH_MONTH_FIRST = re.compile(r"([A-Za-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_ENGLISH_DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s-]+([A-Za-z]{3,9})\.?,?[\s-]+(\d{4})")
_WEEKDAY = re.compile(r"\s*\(?(?:[月火水木金土日](?:曜日?)|(?<=\()[月火水木金土日])\)?")
_TIME = re.compile(
    r"(?:\s*(午前|午後|AM|PM|am|pm))?\s*(\d{1,2})(?::|時\s*)(\d{1,2})(?:分)?(?:(?::|\s*)(\d{1,2})(?:[.,](\d{1,9}))?秒?)?"
    r"(?:\s*(AM|PM|am|pm))?\s*(Z|z|UTC|JST|[+-]\d{2}(?::?\d{2})?)?"
)


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _number(text: str) -> int:
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return int("".join(str(_KANJI[c]) for c in text))
    return (_KANJI[tens] if tens else 1) * 10 + (_KANJI[ones] if ones else 0)


def _made(year: int, month: int, day: int) -> date | Problem:
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        return Problem.NOT_A_DATE


def _parsed(text: str, dayfirst: bool | None) -> tuple[date | Problem, str]:
    """The date at the start of the text, and what follows it."""
    if found := _YEAR_FIRST.match(text):
        return _made(int(found[1]), int(found[3]), int(found[4])), text[found.end() :]
    if found := _JAPANESE.match(text):
        return _spelled(found[1], found[2], found[3]), text[found.end() :]
    if found := _ERA.match(text):
        year, month, day = found[2], found[3] or found[5], found[4] or found[6]
        return _spelled(year, month, day, _ERAS[found[1].upper()]), text[found.end() :]
    if found := _YEAR_LAST.match(text):
        return _year_last(int(found[1]), int(found[3]), int(found[4]), dayfirst), text[found.end() :]
    if found := _COMPACT.match(text):
        return _made(int(found[1]), int(found[2]), int(found[3])), text[found.end() :]
    if found := _ENGLISH_MONTH_FIRST.match(text):
        return _english(found[1], found[2], found[3]), text[found.end() :]
    if found := _ENGLISH_DAY_FIRST.match(text):
        return _english(found[2], found[1], found[3]), text[found.end() :]
    if _SHORT_YEAR.fullmatch(text):
        return Problem.AMBIGUOUS_DATE, ""
    return Problem.NOT_A_DATE, ""


def _spelled(year: str, month: str, day: str, before: int = 0) -> date | Problem:
    try:
        number = _number(year)
        return _made(before + number, _number(month), _number(day)) if number else Problem.NOT_A_DATE
    except (KeyError, ValueError):
        return Problem.NOT_A_DATE


def _english(month: str, day: str, year: str) -> date | Problem:
    number = _MONTHS.get(month[:3].lower())
    full = words("""
    january february march april may june july august september october november december sept
    """)
    if number is None or not (len(month) == 3 or month.lower() in full):
        return Problem.NOT_A_DATE
    return _made(int(year), number, int(day))


def _year_last(first: int, second: int, year: int, dayfirst: bool | None) -> date | Problem:
    match dayfirst:
        case True:
            return _made(year, second, first)
        case False:
            return _made(year, first, second)
        case None if first > 12 or first == second:
            return _made(year, second, first)
        case None if second > 12:
            return _made(year, first, second)
        case _:
            return Problem.AMBIGUOUS_DATE if first > 0 and second > 0 and year else Problem.NOT_A_DATE


def _clock(found: re.Match[str], day: date, zone: str) -> datetime | Problem:
    half, hour, minute, second, fraction, half_after, offset = found.groups()
    at = int(hour)
    if half := half or half_after:
        if at > 12:
            return Problem.NOT_A_DATE
        at = at % 12 + (12 if half in ("午後", "PM", "pm") else 0)
    try:
        clock = time(at, int(minute), int(second or 0), int((fraction or "")[:6].ljust(6, "0")))
        return utc(datetime.combine(day, clock, _offset(offset)), zone)
    except (ValueError, OverflowError):
        return Problem.NOT_A_DATE


def _offset(text: str | None) -> timezone | None:
    match text:
        case None:
            return None
        case "Z" | "z" | "UTC":
            return UTC
        case "JST":
            return timezone(timedelta(hours=9))
        case _:
            digits = text[1:].replace(":", "").ljust(4, "0")
            shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
            return timezone(-shift if text[0] == "-" else shift)


def utc(moment: datetime, zone: str) -> datetime | Problem:
    """Aware, in UTC; a naive moment is in `zone`."""
    try:
        aware = (
            moment
            if moment.tzinfo is not None and moment.utcoffset() is not None
            else moment.replace(tzinfo=zone_of(zone))
        )
        return aware.astimezone(UTC)
    except (OverflowError, ValueError):
        return Problem.NOT_A_DATE


def _prepared(text: str) -> str:
    return re.sub("[‐‑‒–—―−－]", "-", one_width(text)).strip() if not text.isascii() else text.strip()


def _split(text: str, dayfirst: bool | None) -> tuple[date | Problem, str]:
    day, rest = _parsed(_prepared(text), dayfirst)
    return day, _WEEKDAY.sub("", rest, count=1) if rest[:1] in " (月火水木金土日" else rest


def read_datetime(text: str, zone: str = "Asia/Tokyo", dayfirst: bool | None = None) -> datetime | Problem:
    """A moment in UTC; a date alone is its midnight in `zone`.

    >>> str(read_datetime("2026-03-01T09:00:00+09:00")), str(read_datetime("令和8年3月1日 午後2時30分"))
    ('2026-03-01 00:00:00+00:00', '2026-03-01 05:30:00+00:00')
    """
    if len(text) > _LONGEST:
        return Problem.NOT_A_DATE
    day, rest = _split(text, dayfirst)
    if isinstance(day, Problem):
        return day
    if not rest.strip():
        return utc(datetime.combine(day, time()), zone)
    found = _TIME.fullmatch(rest[1:] if rest[:1] in "Tt" else rest)
    return _clock(found, day, zone) if found else Problem.NOT_A_DATE


def read_date(text: str, zone: str = "Asia/Tokyo", dayfirst: bool | None = None) -> date | Problem:
    """A day; a moment becomes the day it falls on in `zone`.

    >>> read_date("令和8年3月1日"), read_date("R8.3.1"), read_date("２０２６／３／１")
    (datetime.date(2026, 3, 1), datetime.date(2026, 3, 1), datetime.date(2026, 3, 1))
    >>> read_date("01/02/2026"), read_date("2026年2月30日"), read_date("2026年3月")
    (<Problem.AMBIGUOUS_DATE: 'ambiguous_date'>, <Problem.NOT_A_DATE: 'not_a_date'>, <Problem.NOT_A_DATE: 'not_a_date'>)
    """
    if len(text) > _LONGEST:
        return Problem.NOT_A_DATE
    day, rest = _split(text, dayfirst)
    if isinstance(day, Problem) or not rest.strip():
        return day
    moment = read_datetime(text, zone, dayfirst)
    return moment if isinstance(moment, Problem) else day_in(moment, zone)


def day_in(moment: datetime, zone: str) -> date | Problem:
    try:
        return moment.astimezone(zone_of(zone)).date() if moment.tzinfo is not None else moment.date()
    except (OverflowError, ValueError):
        return Problem.NOT_A_DATE
