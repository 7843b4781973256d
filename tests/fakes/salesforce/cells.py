"""Values as the org holds them, as it shows them in JSON and in CSV, and what it refuses about them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

from tests.fakes.salesforce import ids
from tests.fakes.salesforce.schema import Field

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


class RowError(Exception):
    """One row of a request is refused."""

    def __init__(self, code: str, message: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.fields = code, message, fields


class Malformed(Exception):
    """The body cannot be read: the whole request is refused (JSON_PARSER_ERROR)."""


def held(described: Field, value: Any) -> Any:
    """What the org makes of a value. Raises RowError, or Malformed for one of another JSON type."""
    if value is None or value == "":
        if described.type == "boolean":
            raise RowError("INVALID_TYPE_ON_FIELD_IN_RECORD", f"{described.name}: value not of required type: null")
        return None
    match described.type:
        case "boolean":
            return _boolean(described, value)
        case "int" | "double" | "currency" | "percent":
            return _number(described, value)
        case "date":
            return _day(described, value)
        case "datetime":
            return _moment(described, value)
        case "reference" | "id":
            whole = ids.known(value)
            if whole is None:
                raise RowError(
                    "MALFORMED_ID", f"{described.name}: id value of incorrect type: {value}", (described.name,)
                )
            return whole
        case _:
            return _text(described, value)


def _boolean(described: Field, value: Any) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise Malformed(f"Cannot deserialize instance of boolean from {type(value).__name__} value {value}")
    return value


def _number(described: Field, value: Any) -> int | float:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise Malformed(f"Cannot deserialize instance of double from VALUE_STRING value {value}") from None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Malformed(f"Cannot deserialize instance of double from {type(value).__name__}")
    most = 10 ** (9 if described.type == "int" else described.precision - described.scale)
    if abs(value) >= most:
        words = f"{described.name}: number too large"
        raise RowError("NUMBER_OUTSIDE_VALID_RANGE", words, (described.name,))
    return int(value) if described.type == "int" else float(value)


def _day(described: Field, value: Any) -> date:
    try:
        return date.fromisoformat(value[:10])
    except (TypeError, ValueError):
        raise Malformed(f"Cannot deserialize instance of date from VALUE_STRING value {value}") from None


def _moment(described: Field, value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Malformed(f"Cannot deserialize instance of datetime from VALUE_STRING value {value}") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(microsecond=0)


def _text(described: Field, value: Any) -> str | None:
    if not isinstance(value, str):
        raise Malformed(f"Cannot deserialize instance of string from {type(value).__name__} value {value}")
    if any(ord(letter) < 32 and letter not in "\t\n\r" for letter in value):
        raise Malformed("Illegal unquoted character ((CTRL-CHAR))")
    value = value.strip()  # leading and trailing blanks are taken off
    if len(value) > described.length:
        words = f"{described.name}: data value too large: {value[:20]} (max length={described.length})"
        raise RowError("STRING_TOO_LONG", words, (described.name,))
    if described.type == "email" and value and EMAIL.fullmatch(value) is None:
        words = f"{described.name}: invalid email address: {value}"
        raise RowError("INVALID_EMAIL_ADDRESS", words, (described.name,))
    if described.has("R"):
        chosen = value.split(";") if described.type == "multipicklist" else [value]
        bad = [one for one in chosen if one not in described.choices]
        if bad:
            words = f"{described.name}: bad value for restricted picklist field: {bad[0]}"
            raise RowError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", words, (described.name,))
        value = ";".join(one for one in described.choices if one in chosen)
    return value or None


def shown(value: Any) -> Any:
    """A held value in a JSON answer: stamps in UTC, milliseconds, no colon in the offset."""
    match value:
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        case date():
            return value.isoformat()
    return value


def in_csv(value: Any) -> str:
    """A held value in a CSV result of Bulk API 2.0."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return str(value)
