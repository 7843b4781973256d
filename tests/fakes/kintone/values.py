"""What kintone makes of the values that it is sent, by field type, and what it finds wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

Spec = Mapping[str, Any]
Problems = dict[str, tuple[str, str]]  # what follows the field's code in the key -> (kind, about)

SCALARS = frozenset({
    "SINGLE_LINE_TEXT", "MULTI_LINE_TEXT", "RICH_TEXT", "LINK", "NUMBER", "DATE", "TIME", "DATETIME", "RADIO_BUTTON",
    "DROP_DOWN",
})  # fmt: skip
LISTS = frozenset({"CHECK_BOX", "MULTI_SELECT", "FILE"})
PEOPLE = frozenset({"USER_SELECT", "ORGANIZATION_SELECT", "GROUP_SELECT"})
# Sent or not, what we say about these is ignored.
OWN = frozenset({
    "CALC", "RECORD_NUMBER", "CREATOR", "CREATED_TIME", "MODIFIER", "UPDATED_TIME", "STATUS", "STATUS_ASSIGNEE",
    "CATEGORY", "REFERENCE_TABLE", "GROUP",
})  # fmt: skip


def empty(type: str) -> Any:
    if type in LISTS | PEOPLE or type == "SUBTABLE":
        return []
    return None if type in ("DATE", "TIME", "DATETIME", "DROP_DOWN") else ""


def default(spec: Spec, now: datetime) -> Any:
    """What a new record has where nothing was sent."""
    if spec.get("defaultNowValue"):
        return {"DATE": now.date().isoformat(), "DATETIME": minute(now), "TIME": now.strftime("%H:%M")}[spec["type"]]
    given = spec.get("defaultValue")
    if given:
        return given
    if spec["type"] == "RADIO_BUTTON":
        return next(iter(spec.get("options", {})), "")
    return empty(spec["type"])


def minute(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:00Z")


def stored(spec: Spec, value: Any, *, inner: bool = False) -> tuple[Any, Problems]:
    """The value as it is kept, and what is wrong with it. `inner`: in a table, where nonsense becomes nothing."""
    type = spec["type"]
    if type == "NUMBER":
        return _number(spec, value, inner)
    if type in ("DATE", "DATETIME", "TIME"):
        return _when(type, value)
    if type in LISTS:
        return _list(spec, value)
    if type in PEOPLE:
        people = [{"code": one["code"], "name": one["code"]} for one in value or [] if isinstance(one, dict)]
        return people, {}
    if type in ("RADIO_BUTTON", "DROP_DOWN"):
        if value in (None, ""):
            return (empty(type) if type == "DROP_DOWN" else next(iter(spec.get("options", {})), "")), {}
        wrong = str(value) not in spec.get("options", {})
        return value, {".value": ("option", str(value))} if wrong else {}
    return _text(spec, value)


def _text(spec: Spec, value: Any) -> tuple[Any, Problems]:
    text = "" if value is None else str(value)
    most, least = spec.get("maxLength"), spec.get("minLength")
    if text and most and len(text) > int(most):
        return text, {".value": ("longer", str(int(most) + 1))}
    if text and least and len(text) < int(least):
        return text, {".value": ("shorter", str(int(least) - 1))}
    return text, {}


def _number(spec: Spec, value: Any, inner: bool) -> tuple[Any, Problems]:
    text = "" if value is None else str(value).strip()
    if not text:
        return "", {}
    try:
        number = Decimal(text)
        if not number.is_finite() or len(number.as_tuple().digits) > 30 or abs(number.adjusted()) > 30:
            raise InvalidOperation
    except InvalidOperation:
        return "", {} if inner else {"]": ("number", "")}
    most, least = spec.get("maxValue"), spec.get("minValue")
    if most and number > Decimal(most):
        return text, {".value": ("above", most)}
    if least and number < Decimal(least):
        return text, {".value": ("below", least)}
    plain = format(number, "f")
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain), {}


def _list(spec: Spec, value: Any) -> tuple[Any, Problems]:
    given = [value] if isinstance(value, str) and value else list(value or [])
    if spec["type"] == "FILE":
        return given, {}
    options = spec.get("options", {})
    wrong = {f".values[{n}].value": ("option", str(one)) for n, one in enumerate(given) if one not in options}
    return sorted(given, key=lambda one: int(options.get(one, {}).get("index", 0))), wrong


def _when(type: str, value: Any) -> tuple[Any, Problems]:
    if value in (None, ""):
        return None, {}
    try:
        match type:
            case "DATE":
                year, month, day = (*map(int, re.fullmatch(r"\d{4}(-\d{1,2}){0,2}", value)[0].split("-")), 1, 1)[:3]  # type: ignore[index]
                return date(year, month, day).isoformat(), {}
            case "TIME":
                hour, least = map(int, value.split(":")[:2])
                return f"{hour % 24:02}:{least % 60:02}", {}
            case _:
                moment = datetime.fromisoformat(value)
                if moment.tzinfo is None:
                    raise ValueError(value)
                return minute(moment), {}
    except (ValueError, TypeError, AttributeError):
        return value, {".value": ("date", "")}


def blank(value: Any) -> bool:
    return value is None or value == "" or value == []


def required_place(type: str) -> str:
    return ".values" if type in LISTS else ".values.value" if type in PEOPLE else ".value"
