"""Native values <-> HubSpot's strings. Every value travels as text; "" clears, null is blank."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, assert_never

from connector.adapters.contract import Column, ColumnKind
from connector.model import NativeValue

MAX_TEXT = 65_536
LONGEST_NUMBER = 60
MILLISECONDS = 3
# HubSpot's own types; `object_coordinates` and `json` are HubSpot's affair and stay text that is not written.
KINDS: Mapping[str, ColumnKind] = {
    "string": ColumnKind.TEXT,
    "phone_number": ColumnKind.TEXT,
    "number": ColumnKind.NUMBER,
    "bool": ColumnKind.BOOLEAN,
    "date": ColumnKind.DATE,
    "datetime": ColumnKind.DATETIME,
    "enumeration": ColumnKind.CHOICE,
}
# What a create needs (vendor's guide to each object).
REQUIRED: Mapping[str, frozenset[str]] = {
    "deals": frozenset({"dealname", "dealstage"}),
    "tasks": frozenset({"hs_timestamp"}),
}


@dataclass(frozen=True, slots=True)
class Unfit:
    """A value that this property cannot hold, and why."""

    why: str


def column(object: str, property: Mapping[str, Any]) -> Column:
    """A property as a column. Of several choices the order is the one that people see."""
    name, type = str(property["name"]), str(property.get("type"))
    kind = KINDS.get(type, ColumnKind.OTHER)
    if kind is ColumnKind.CHOICE and property.get("fieldType") == "checkbox":
        kind = ColumnKind.CHOICES
    rights = property.get("modificationMetadata") or {}
    options = sorted(property.get("options") or (), key=lambda option: option.get("displayOrder") or 0)
    return Column(
        name=name,
        label=str(property.get("label") or ""),
        kind=kind,
        writable=not rights.get("readOnlyValue") and not property.get("calculated") and kind is not ColumnKind.OTHER,
        required=name in REQUIRED.get(object, ()),
        max_length=MAX_TEXT if kind is ColumnKind.TEXT else None,
        decimals=MILLISECONDS if kind is ColumnKind.DATETIME else None,
        choices=tuple(str(o["value"]) for o in options) if kind in (ColumnKind.CHOICE, ColumnKind.CHOICES) else (),
    )


def decoder(kind: ColumnKind) -> Callable[[Any], NativeValue] | None:
    """What makes a native value of the text of a property, None for none; None where the text is the value.

    What cannot be read stays text: the lens says what is wrong with it.
    """
    match kind:
        case ColumnKind.NUMBER:
            return _number
        case ColumnKind.BOOLEAN:
            return lambda text: {"true": True, "false": False}.get(text, text)
        case ColumnKind.DATE:
            return _date
        case ColumnKind.DATETIME:
            return moment
        case ColumnKind.CHOICES:
            return lambda text: [one for one in text.split(";") if one]
        case ColumnKind.TEXT | ColumnKind.CHOICE | ColumnKind.REFERENCE | ColumnKind.OTHER:
            return None
        case _:
            assert_never(kind)


def _number(text: str) -> NativeValue:
    if text.isascii() and text.removeprefix("-").isdigit() and len(text) <= LONGEST_NUMBER:
        return int(text)
    try:
        found = Decimal(text)
    except InvalidOperation:
        return text
    return found if found.is_finite() else text


def _date(text: str) -> NativeValue:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return text


def moment(text: str) -> Any:
    """An aware UTC stamp, of ISO text or of milliseconds; the text itself when it is neither."""
    try:
        if text.isdigit():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return text
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def encode(column: Column, value: NativeValue) -> str | Unfit:
    """The text that HubSpot is sent; "" for none.

    >>> encode(Column("closed", kind=ColumnKind.DATE), date(2026, 4, 1))
    '2026-04-01'
    >>> encode(Column("tags", kind=ColumnKind.CHOICES), ["A", "B"])
    'A;B'
    """
    if value is None:
        return ""
    match column.kind:
        case ColumnKind.NUMBER:
            return _encoded_number(value)
        case ColumnKind.CHOICES if isinstance(value, list | tuple):
            if not all(isinstance(one, str) and ";" not in one for one in value):
                return Unfit("a choice is a text without a semicolon")
            return _text(";".join(value))
        case ColumnKind.CHOICES if isinstance(value, str):
            return _text(value.lstrip(";"))  # a leading ; would add to what is there
        case ColumnKind.DATE if isinstance(value, datetime):
            return value.date().isoformat()
        case ColumnKind.DATETIME if isinstance(value, date) and not isinstance(value, datetime):
            return f"{value.isoformat()}T00:00:00.000Z"
        case _:
            return _encoded(value)


def _encoded_number(value: NativeValue) -> str | Unfit:
    match value:
        case bool():
            return Unfit("yes or no is no number")
        case int() if abs(value) < 10**LONGEST_NUMBER:
            return str(value)
        case float() | Decimal():
            found = Decimal(str(value))
            text = format(found, "f") if found.is_finite() and abs(found.adjusted()) < LONGEST_NUMBER else ""
            return text or Unfit("not a finite number, or too long")
        case str():
            return _text(value)
    return Unfit("not a number, or too long")


def _encoded(value: NativeValue) -> str | Unfit:
    match value:
        case str():
            return _text(value)
        case bool():
            return "true" if value else "false"
        case int() | float() | Decimal():
            return _encoded_number(value)
        case datetime():
            aware = value if value.tzinfo else value.replace(tzinfo=UTC)
            try:
                return aware.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            except OverflowError:
                return Unfit("a date beyond the calendar")
        case date():
            return value.isoformat()
    return Unfit("not a value that HubSpot can hold")


def _text(text: str) -> str | Unfit:
    try:
        text.encode()
    except UnicodeEncodeError:
        return Unfit("half a character: a lone surrogate")
    return text
