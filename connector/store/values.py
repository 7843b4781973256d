"""Values and JSON: lossless, and compact because text, whole numbers, booleans and blanks stay as they are.

Whatever JSON has no form for is an array that starts with a tag:

    ["d", "1.50"] Decimal          ["D", "2026-04-01"] date       ["T", "2026-04-01T09:00:00+09:00"] datetime
    ["n", family, given] name      ["a", zip, ...] address        ["i", "9...9"] a number beyond 64 bits
    ["l", ...] list (native)       ["f", "inf"] (native)          ["b", hex] bytes (native)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

import orjson

from connector.model import Address, PersonName, Value, Values

_PLAIN = frozenset({str, bool, type(None)})
_INT64 = 1 << 63


def dumps(form: Any) -> str:
    """JSON text. A lone surrogate, which UTF-8 cannot hold, is escaped (orjson refuses it)."""
    try:
        return orjson.dumps(form).decode()
    except TypeError:
        return json.dumps(form, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def loads(text: str | bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


def to_form(value: Any) -> Any:
    """The JSON form of a canonical or native value, lists and mappings included."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is int:
        return value if -_INT64 <= value < _INT64 else ["i", str(value)]
    match value:
        case str():
            return str(value)
        case float():
            return value if isfinite(value) else ["f", repr(value)]
        case Decimal():
            return ["d", str(value)]
        case datetime():
            return ["T", value.isoformat()]
        case date():
            return ["D", value.isoformat()]
        case PersonName(family=family, given=None):
            return ["n", family]
        case PersonName(family=family, given=given):
            return ["n", family, given]
        case Address():
            parts = [value.postal_code, value.prefecture, value.city, value.street, value.building]
            while parts and parts[-1] is None:
                parts.pop()
            return ["a", *parts]
        case bytes():
            return ["b", value.hex()]
        case list() | tuple() | set() | frozenset():
            return ["l", *(to_form(v) for v in value)]
        case Mapping():
            return {str(k): to_form(v) for k, v in value.items()}
        case int():
            return int(value)
    return str(value)


def from_form(form: Any) -> Any:
    if type(form) is list:
        return _tagged(form)
    if type(form) is dict:
        return {k: from_form(v) for k, v in form.items()}
    return form


def _tagged(form: list[Any]) -> Any:
    match form[0]:
        case "d":
            return Decimal(form[1])
        case "D":
            return date.fromisoformat(form[1])
        case "T":
            return datetime.fromisoformat(form[1])
        case "n":
            return PersonName(*form[1:])
        case "a":
            return Address(*form[1:])
        case "i":
            return int(form[1])
        case "f":
            return float(form[1])
        case "b":
            return bytes.fromhex(form[1])
        case "l":
            return [from_form(v) for v in form[1:]]
    raise ValueError(f"unknown tag {form[0]!r}")


def value_to_json(value: Value) -> Any:
    return to_form(value)


def value_from_json(form: Any) -> Value:
    value: Value = from_form(form)
    return value


def values_to_json(values: Values) -> dict[str, Any]:
    if type(values) is Kept:
        return values.form
    return {name: v if type(v) in _PLAIN else to_form(v) for name, v in values.items()}


def values_from_json(form: Mapping[str, Any]) -> dict[str, Value]:
    return {name: _tagged(v) if type(v) is list else v for name, v in form.items()}


class Kept(Mapping[str, Value]):
    """Values in the JSON form they were read in: written again they are not decoded, only those asked for are."""

    __slots__ = ("form",)

    def __init__(self, form: dict[str, Any]) -> None:
        self.form = form

    def __getitem__(self, name: str) -> Value:
        form = self.form[name]
        value: Value = _tagged(form) if type(form) is list else form
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self.form)

    def __len__(self) -> int:
        return len(self.form)

    def __contains__(self, name: object) -> bool:
        return name in self.form

    def get(self, name: str, default: Any = None) -> Any:
        value = self.form.get(name, default)
        return _tagged(value) if type(value) is list else value

    def __repr__(self) -> str:
        return repr(dict(self))


def differing(values: Values, other: Values) -> dict[str, Any]:
    """The JSON form of those values that are not the same in `other`."""
    if values is other:
        return {}
    if type(values) is Kept and type(other) is Kept:
        was = other.form
        return {
            n: f
            for n, f in values.form.items()
            if (g := was.get(n, _GAP)) is not f and (type(g) is not type(f) or g != f)
        }
    return values_to_json({n: v for n, v in values.items() if (g := other.get(n, _GAP)) is not v and not same(g, v)})


_GAP: Any = object()  # not even a blank


def same(one: Value, other: Value) -> bool:
    """Equal, and equal once written: 1 is not True, 1.0 is not 1.00, 9:00 in Tokyo is not midnight in London."""
    if one is other:
        return True
    if type(one) is not type(other) or one != other:
        return False
    match one:
        case Decimal():
            return str(one) == str(other)
        case datetime():
            return one.isoformat() == other.isoformat()  # type: ignore[union-attr]
    return True


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(stamp: datetime | None) -> int | None:
    """A moment as microseconds since 1970; a naive one is taken as UTC."""
    if stamp is None:
        return None
    return ((stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND


def moment(number: int | None) -> datetime | None:
    return None if number is None else _EPOCH + timedelta(microseconds=number)
