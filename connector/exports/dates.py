"""Dates in exports: the form is decided per column, never per cell, and D/M against M/D is never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum

JST = timezone(timedelta(hours=9))


class Form(StrEnum):
    YEAR_FIRST = "year_first"  # 2026-03-05, 2026/03/05 14:15, 2026年3月5日, with or without a time and a zone
    MONTH_FIRST = "month_first"  # 3/15/2026, 2:15 PM
    DAY_FIRST = "day_first"  # 15/3/2026
    SERIAL = "serial"  # 46086: an Excel day number
    AMBIGUOUS = "ambiguous"  # every value would be a date either way round
    MIXED = "mixed"  # forms that do not go together in one column
    NONE = "none"


_TIME = (
    r"(?:[ T　,]+(?P<h>\d{1,2}):(?P<n>\d{2})(?::(?P<s>\d{2})(?:\.\d+)?)?"
    r"\s*(?P<ap>[AaPp][Mm])?\s*(?P<z>Z|UTC|[+-]\d{2}:?\d{2})?)?"
)
_YEAR = re.compile(r"(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})日?" + _TIME + r"\s*$")
_SLASH = re.compile(r"(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<y>\d{4})" + _TIME + r"\s*$")
_SERIAL = re.compile(r"[2-6]\d{4}(\.\d+)?$")


def form_of(values: Iterable[str]) -> tuple[Form, int]:
    """The form of a date column and how many filled values did not have it."""
    counted: dict[str, int] = {"year": 0, "slash": 0, "serial": 0, "other": 0}
    first = second = 0  # slashed values whose first or second number cannot be a month
    for value in values:
        if _YEAR.match(value):
            counted["year"] += 1
        elif slash := _SLASH.match(value):
            counted["slash"] += 1
            first += int(slash["a"]) > 12
            second += int(slash["b"]) > 12
        elif _SERIAL.match(value):
            counted["serial"] += 1
        else:
            counted["other"] += 1
    total = sum(counted.values())
    kinds = [kind for kind in ("year", "slash", "serial") if counted[kind]]
    if not kinds:
        return Form.NONE, total
    # Excel turns only the values it can read, so a real column ends up half text, half date
    if len(kinds) > 1 or (first and second):
        return Form.MIXED, total - max(counted[kind] for kind in kinds)
    match kinds[0]:
        case "year":
            return Form.YEAR_FIRST, counted["other"]
        case "serial":
            # a stray text among day numbers says that the column is no column of day numbers
            return (Form.MIXED, counted["other"]) if counted["other"] else (Form.SERIAL, 0)
        case _ if first:
            return Form.DAY_FIRST, counted["other"]
        case _ if second:
            return Form.MONTH_FIRST, counted["other"]
        case _:
            return Form.AMBIGUOUS, counted["other"]


def read(value: str, form: Form, zone: timezone = JST, epoch_1904: bool = False) -> datetime | None:
    """One value of a column of that form, aware; a value without a zone is of `zone`."""
    if form is Form.SERIAL:
        if not _SERIAL.match(value):
            return None
        start = datetime(1904, 1, 1, tzinfo=zone) if epoch_1904 else datetime(1899, 12, 30, tzinfo=zone)
        return start + timedelta(days=float(value))
    found = (_YEAR if form is Form.YEAR_FIRST else _SLASH).match(value)
    if not found or form in (Form.AMBIGUOUS, Form.MIXED, Form.NONE):
        return None
    if form is Form.YEAR_FIRST:
        month, day = int(found["m"]), int(found["d"])
    else:
        month, day = int(found["a"]), int(found["b"])
        if form is Form.DAY_FIRST:
            month, day = day, month
    hour = int(found["h"] or 0)
    if found["ap"]:
        hour = hour % 12 + (12 if found["ap"].lower() == "pm" else 0)
    try:
        return datetime(
            int(found["y"]),
            month,
            day,
            hour,
            int(found["n"] or 0),
            int(found["s"] or 0),
            tzinfo=_zone(found["z"], zone),
        )
    except ValueError:
        return None


def _zone(written: str | None, zone: timezone) -> timezone:
    if not written:
        return zone
    if written in ("Z", "UTC"):
        return UTC
    digits = written[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if written[0] == "-" else offset)


def stamp(moment: datetime) -> str:
    """The moment in UTC, as the loaded tables hold it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def serial_text(value: str, epoch_1904: bool = False) -> str:
    """An Excel day number as a date, or a date and a time.

    >>> serial_text("46086")
    '2026-03-05'
    """
    moment = read(value, Form.SERIAL, JST, epoch_1904)
    if moment is None:
        return value
    day: date = moment.date()
    return day.isoformat() if float(value).is_integer() else moment.strftime("%Y-%m-%d %H:%M")
