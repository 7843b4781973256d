"""The leaves of the admin's files as pydantic types, and what is wrong with one as a message id with facts.

`wrong(...)` is the one error they raise: its type is a message id, its context the facts; `nearest` and `at` (a path
below the leaf) are taken out again by `connector.mapping.validate`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError
from rapidfuzz import fuzz, process

from connector.mapping.source import Plain

E = TypeVar("E", bound=StrEnum)

SCALAR_SCHEMA = {"type": ["string", "number", "boolean"]}
TRUE = frozenset({"true", "True", "TRUE"})
FALSE = frozenset({"false", "False", "FALSE"})
TRAPS = frozenset({"yes", "no", "y", "n", "on", "off"})


def wrong(
    message: str, /, *, at: tuple[str | int, ...] = (), nearest: str | None = None, **facts: Any
) -> PydanticCustomError:
    """The error for a message id; pydantic carries it to `validate`."""
    return PydanticCustomError(message, "{why}", {"why": message, "at": at, "nearest": nearest, "facts": facts})


def nearest(name: str, among: Iterable[str]) -> str | None:
    """The most similar name, or None when none is similar."""
    names = sorted(set(among))
    lowered = name.casefold()
    for candidate in names:
        if candidate.casefold() == lowered:
            return candidate
    best = process.extractOne(lowered, [n.casefold() for n in names], scorer=fuzz.ratio, score_cutoff=60)
    return names[best[2]] if best else None


def text(value: Any) -> str:
    """A scalar as it was written. Raises for a table, a list or nothing."""
    match value:
        case str():
            return str(value)
        case None:
            raise wrong("mapping.blank_value")
        case _:
            raise wrong("mapping.not_text")


def name(value: Any) -> str:
    """Text that is not empty."""
    found = text(value).strip()
    if not found:
        raise wrong("mapping.blank_value")
    return found


def names(value: Any) -> tuple[str, ...]:
    """One name or a list of names, never empty, without repeats."""
    if not isinstance(value, list):
        return (name(value),)
    if not value:
        raise wrong("mapping.blank_value")
    found: list[str] = []
    for index, item in enumerate(value):
        if isinstance(item, (list, dict)):
            raise wrong("mapping.not_text", at=(index,))
        one = name(item)
        if one in found:
            raise wrong("mapping.repeated", at=(index,), name=one)
        found.append(one)
    return tuple(found)


def boolean(value: Any) -> bool:
    """true or false; the bare `yes`, `no`, `on`, `off` of older YAML are refused with advice."""
    if isinstance(value, Plain):
        if value in TRUE:
            return True
        if value in FALSE:
            return False
        if value.lower() in TRAPS:
            advice = "true" if value.lower() in {"yes", "y", "on"} else "false"
            raise wrong("mapping.boolean_trap", value=str(value), write=advice)
    raise wrong("mapping.not_boolean", value=shown(value))


def number(value: Any) -> float:
    """A number that stood bare."""
    if isinstance(value, Plain):
        try:
            found = float(value)
        except ValueError:
            found = float("nan")
        if found == found and abs(found) != float("inf") and "_" not in value:
            return found
    raise wrong("mapping.not_number", value=shown(value))


def whole(value: Any) -> int:
    """A whole number, zero or more."""
    if isinstance(value, Plain) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    raise wrong("mapping.not_whole", value=shown(value))


def constant(value: Any) -> str | int | float | bool | None:
    """A scalar by YAML 1.2: true, 5, 0.5, text; `no` and `0123` are text."""
    if isinstance(value, (list, dict)):
        raise wrong("mapping.not_text")
    if not isinstance(value, Plain):
        return None if value is None else str(value)
    if value in TRUE or value in FALSE:
        return value in TRUE
    digits = value.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) < 19 and (digits == "0" or digits[0] != "0"):
        return int(value)
    if "." in value and "_" not in value and value.replace(".", "", 1).removeprefix("-").isdecimal():
        return float(value)
    return str(value)


def word(kind: type[E]) -> Callable[[Any], E]:
    """A reader for the words of a closed set."""

    def read(value: Any) -> E:
        found = text(value)
        try:
            return kind(found)
        except ValueError:
            allowed = [w.value for w in kind]
            raise wrong(
                "mapping.unknown_word", value=shown(found), allowed=allowed, nearest=nearest(found, allowed)
            ) from None

    return read


def shown(value: Any) -> str:
    """A value for a message: short, on one line."""
    match value:
        case None:
            return "null"
        case dict() | list():
            return "{...}" if isinstance(value, dict) else "[...]"
        case _:
            return " ".join(str(value).split())[:60]


def table(value: Any) -> Mapping[str, Any]:
    """A table of keys. Raises for anything else."""
    if value is None:
        raise wrong("mapping.blank_value")
    if not isinstance(value, dict):
        raise wrong("mapping.not_table", value=shown(value))
    return value


def schema_of(kind: type[StrEnum]) -> dict[str, Any]:
    return {"type": "string", "enum": [w.value for w in kind]}


Text = Annotated[str, PlainValidator(text), WithJsonSchema(SCALAR_SCHEMA)]
Name = Annotated[str, PlainValidator(name), WithJsonSchema({"type": "string", "minLength": 1})]
Names = Annotated[
    tuple[str, ...],
    PlainValidator(names),
    WithJsonSchema(
        {"oneOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
    ),
]
Boolean = Annotated[bool, PlainValidator(boolean), WithJsonSchema({"type": "boolean"})]
Number = Annotated[float, PlainValidator(number), WithJsonSchema({"type": "number"})]
Whole = Annotated[int, PlainValidator(whole), WithJsonSchema({"type": "integer", "minimum": 0})]
Constant = Annotated[
    str | int | float | bool | None,
    PlainValidator(constant),
    WithJsonSchema({"type": ["string", "number", "boolean", "null"]}),
]
