"""Cells of a Salesforce field: as JSON and CSV give them, as the contract wants them, and back.

Stamps are aware and UTC, days are dates, numbers with a fraction are Decimal, multi-select picklists lists of text.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

import orjson

from connector.model import NativeValue

Decode: TypeAlias = Callable[[Any], NativeValue]

TEXTS = frozenset({
    "string", "textarea", "email", "phone", "url", "picklist", "combobox", "encryptedstring", "reference", "id", "time",
})  # fmt: skip
NUMBERS = frozenset({"int", "long", "double", "currency", "percent"})
LONGEST_NUMBER = 18  # digits that any field holds
BLANK = "#N/A"  # what empties a field in a CSV of Bulk API 2.0; an empty cell there is no value at all


class Unfit(ValueError):
    """A value that this type of field cannot hold; the words say why."""


# --- reading --------------------------------------------------------------------------------------------------


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _choices(text: str | None) -> list[str] | None:
    return None if text is None else text.split(";")


def _fraction(number: float | None) -> Decimal | None:
    # the shortest text of a float is the literal that stood in the answer
    return None if number is None else Decimal(repr(number))


# A type that is not here is what JSON says.
FROM_JSON: dict[str, Decode] = {
    "datetime": _moment,
    "date": _day,
    "multipicklist": _choices,
    "double": _fraction,
    "currency": _fraction,
    "percent": _fraction,
}
FROM_CSV: dict[str, Decode] = {
    "datetime": lambda text: _moment(text or None),
    "date": lambda text: _day(text or None),
    "multipicklist": lambda text: _choices(text or None),
    "boolean": lambda text: None if text == "" else text == "true",
    "int": lambda text: int(text) if text else None,
    "long": lambda text: int(text) if text else None,
    "double": lambda text: _fraction(float(text)) if text else None,
    "currency": lambda text: _fraction(float(text)) if text else None,
    "percent": lambda text: _fraction(float(text)) if text else None,
}


def from_text(text: str) -> NativeValue:
    """A text cell of a CSV: Salesforce keeps no empty text."""
    return text or None


# --- writing --------------------------------------------------------------------------------------------------


def to_json(type: str, value: NativeValue) -> Any:
    """The value as JSON. Raises Unfit: a value of another JSON type is an error of a whole batch."""
    if value is None or value == "" or value == [] or value == ():
        if type == "boolean":
            raise Unfit("a checkbox is never empty")
        return None
    if type in TEXTS:
        return _as_text(value)
    if type in NUMBERS:
        return _as_number(value, whole=type in ("int", "long"))
    match type:
        case "boolean":
            return _as_boolean(value)
        case "date":
            return _as_day(value)
        case "datetime":
            return _as_moment(value)
        case "multipicklist":
            return _as_choices(value)
    raise Unfit(f"fields of type {type} cannot be written")


def to_csv(type: str, value: NativeValue) -> str:
    """The value as a cell of a Bulk CSV. Raises Unfit, also for text that would be taken for the sign of emptiness."""
    found = to_json(type, value)
    match found:
        case None:
            return BLANK
        case bool():
            return "true" if found else "false"
        case orjson.Fragment():
            return found.contents.decode() if isinstance(found.contents, bytes) else found.contents
        case str() if found.strip() == BLANK:
            raise Unfit(f"the text {BLANK} empties a field")
    return str(found)


def _as_text(value: Any) -> str:
    match value:
        case bool() | float():
            raise Unfit("this is no text")
        case datetime():
            text = _as_moment(value)
        case str() | date() | Decimal():
            text = str(value)
        case int() if abs(value) < 10**60:
            text = str(value)
        case _:
            raise Unfit("this is no text")
    for letter in text:
        if letter < " " and letter not in "\t\n\r":
            raise Unfit("a control character")
        if "\ud800" <= letter <= "\udfff":
            raise Unfit("half a character")
    return text


def _as_number(value: Any, *, whole: bool) -> Any:
    """An int, a float, or, where a float would not keep every digit, the literal itself."""
    if isinstance(value, bool):
        raise Unfit("this is no number")
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except (InvalidOperation, TypeError, ValueError):
        raise Unfit("this is no number") from None
    if not number.is_finite() or number.adjusted() >= LONGEST_NUMBER:
        raise Unfit("a number too large")
    if number == number.to_integral_value():
        return int(number)
    if whole:
        raise Unfit("this is no whole number")
    if Decimal(repr(float(number))) == number:
        return float(number)
    return orjson.Fragment(format(number, "f").encode())


def _as_boolean(value: Any) -> bool:
    match value:
        case bool():
            return value
        case str() if value.lower() in ("true", "false"):
            return value.lower() == "true"
        case 0 | 1:
            return bool(value)
    raise Unfit("this is neither true nor false")


def _as_day(value: Any) -> str:
    match value:
        case datetime():
            raise Unfit("this is a moment, no day")
        case date():
            return value.isoformat()
        case str():
            try:
                return date.fromisoformat(value).isoformat()
            except ValueError:
                raise Unfit("this is no day") from None
    raise Unfit("this is no day")


def _as_moment(value: Any) -> str:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        if not isinstance(moment, datetime) or moment.tzinfo is None:
            raise Unfit("this is no moment with a zone")
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
    except (ValueError, OverflowError):
        raise Unfit("this is no moment with a zone") from None


def _as_choices(value: Any) -> str:
    match value:
        case str():
            return _as_text(value)
        case list() | tuple():
            texts = [_as_text(one) for one in value]
            if any(";" in text for text in texts):
                raise Unfit("a semicolon in a choice")
            return ";".join(texts)
    raise Unfit("this is no list of choices")
