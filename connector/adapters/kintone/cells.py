"""Values on the wire <-> native values, by field type; blanks of every type are None.

Reading gives text, int or Decimal, date, aware UTC datetime, lists of text for choices and users. A cell whose type we
do not know is given as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from connector.model import NativeValue

Reader = Callable[[Any], NativeValue]
Writer = Callable[[NativeValue], Any]
MAX_DIGITS = 60  # kintone itself refuses numbers of more than 30; this only keeps nonsense off the wire


class Unfit(ValueError):
    """A value that a field cannot hold; told without the value."""


# --- reading --------------------------------------------------------------------------------------------------


def read_text(cell: Any) -> NativeValue:
    return cell or None


def read_number(cell: Any) -> NativeValue:
    """
    >>> read_number("42"), read_number("-1.50"), read_number("")
    (42, Decimal('-1.50'), None)
    """
    if not cell:
        return None
    try:
        return int(cell)
    except (ValueError, TypeError):
        pass
    try:
        return Decimal(cell)
    except (InvalidOperation, TypeError, ValueError):
        return cell


def read_day(cell: Any) -> NativeValue:
    try:
        return date.fromisoformat(cell) if cell else None
    except (ValueError, TypeError):
        return cell


def read_moment(cell: Any) -> NativeValue:
    try:
        return datetime.fromisoformat(cell).astimezone(UTC) if cell else None
    except (ValueError, TypeError, OverflowError):
        return cell


def read_codes(cell: Any) -> NativeValue:
    """
    >>> read_codes([{"code": "sato", "name": "佐藤"}]), read_codes({"code": "sato", "name": "佐藤"}), read_codes([])
    (['sato'], 'sato', None)
    """
    match cell:
        case {"code": code}:
            return code
        case list() if cell:
            return [one.get("code") if isinstance(one, dict) else one for one in cell]
        case _:
            return None


def read_whole(cell: Any) -> NativeValue:
    return cell or None


READERS: Mapping[str, Reader] = {
    "NUMBER": read_number,
    "DATE": read_day,
    "DATETIME": read_moment,
    "CREATED_TIME": read_moment,
    "UPDATED_TIME": read_moment,
    "USER_SELECT": read_codes,
    "ORGANIZATION_SELECT": read_codes,
    "GROUP_SELECT": read_codes,
    "STATUS_ASSIGNEE": read_codes,
    "CREATOR": read_codes,
    "MODIFIER": read_codes,
}
CALC_READERS: Mapping[str, Reader] = {
    "NUMBER": read_number,
    "NUMBER_DIGIT": read_number,
    "DATETIME": read_moment,
    "DATE": read_day,
}


# --- writing --------------------------------------------------------------------------------------------------


def write_text(value: NativeValue) -> Any:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return _sayable(value)
        case int() | Decimal():
            return write_number(value)
        case float():
            return write_number(value)
        case datetime():
            return write_moment(value)
        case date() | time():
            return value.isoformat()
        case _:
            raise Unfit(f"a {type(value).__name__} is no text")


def write_number(value: NativeValue) -> Any:
    """
    >>> write_number(Decimal("1E+3")), write_number(0.5), write_number(None)
    ('1000', '0.5', '')
    """
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case int():
            if abs(value) >= 10**MAX_DIGITS:
                raise Unfit("number too large")
            return str(value)
        case float():
            return write_number(Decimal(repr(value)))
        case Decimal():
            if not value.is_finite() or abs(value.adjusted()) > MAX_DIGITS or len(value.as_tuple().digits) > MAX_DIGITS:
                raise Unfit("not a number that fits")
            return format(value, "f")
        case str():
            return _sayable(value)  # kintone knows whether it is one
        case _:
            raise Unfit(f"a {type(value).__name__} is no number")


def write_day(value: NativeValue) -> Any:
    match value:
        case None | "":
            return None
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case str():
            return _sayable(value)
        case _:
            raise Unfit(f"a {type(value).__name__} is no date")


def write_moment(value: NativeValue) -> Any:
    """kintone drops the seconds; we say none."""
    match value:
        case None | "":
            return None
        case datetime():
            moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value
            try:
                return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:00Z")
            except OverflowError:
                raise Unfit("a moment outside of all calendars") from None
        case date():
            return f"{value.isoformat()}T00:00:00Z"
        case str():
            return _sayable(value)
        case _:
            raise Unfit(f"a {type(value).__name__} is no moment")


def write_time(value: NativeValue) -> Any:
    match value:
        case None | "":
            return None
        case time():
            return value.strftime("%H:%M")
        case str():
            return _sayable(value)
        case _:
            raise Unfit(f"a {type(value).__name__} is no time of day")


def write_choices(value: NativeValue) -> Any:
    """
    >>> write_choices("A;B"), write_choices(["A"]), write_choices(None)
    (['A', 'B'], ['A'], [])
    """
    match value:
        case None | "":
            return []
        case str():
            return [_sayable(one.strip()) for one in value.split(";") if one.strip()]
        case list() | tuple():
            return [write_text(one) for one in value]
        case _:
            return [write_text(value)]


def write_codes(value: NativeValue) -> Any:
    return [{"code": code} for code in write_choices(value)]


def _sayable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unfit("text that is no Unicode: a lone surrogate") from None
    return text


WRITERS: Mapping[str, Writer] = {
    "SINGLE_LINE_TEXT": write_text,
    "MULTI_LINE_TEXT": write_text,
    "RICH_TEXT": write_text,
    "LINK": write_text,
    "NUMBER": write_number,
    "RADIO_BUTTON": write_text,
    "DROP_DOWN": write_text,
    "CHECK_BOX": write_choices,
    "MULTI_SELECT": write_choices,
    "DATE": write_day,
    "TIME": write_time,
    "DATETIME": write_moment,
    "USER_SELECT": write_codes,
    "ORGANIZATION_SELECT": write_codes,
    "GROUP_SELECT": write_codes,
}
