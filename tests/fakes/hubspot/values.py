"""What HubSpot makes of the value of a property: all are stored as strings; "" clears."""

from __future__ import annotations

import re
from collections.abc import Container
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.fakes.hubspot.problems import invalid
from tests.fakes.hubspot.schema import Property

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_TEXT = 65_536
EMAIL = re.compile(r"[^@\s;,]+@[^@\s;,]+\.[^@\s;,.]+")


def iso(moment: datetime) -> str:
    """2026-04-01T09:30:15.120Z; a whole second has no fraction in some answers and .000 never: HubSpot drops zeros."""
    utc = moment.astimezone(UTC)
    text = utc.strftime("%Y-%m-%dT%H:%M:%S")
    milliseconds = utc.microsecond // 1000
    return f"{text}.{milliseconds:03d}Z" if milliseconds else f"{text}Z"


def stored(property: Property, given: Any, owners: Container[str]) -> str:
    """The text that is kept, "" for none. Raises Problem."""
    text = _text(given)
    if text == "":
        return ""
    match property.type:
        case "string":
            if "\x00" in text:
                raise invalid("INVALID_STRING", property.name, "Null characters are not allowed")
            if len(text) > MAX_TEXT:
                raise invalid("PROPERTY_VALUE_TOO_LONG", property.name, f"{property.name} is longer than {MAX_TEXT}")
            if property.name == "email":
                if EMAIL.fullmatch(text.strip()) is None:
                    raise invalid("INVALID_EMAIL", property.name, f"Email address {text} is invalid")
                return text.strip().lower()
            return text
        case "number":
            try:
                number = Decimal(text)
            except InvalidOperation:
                number = Decimal("NaN")
            if not number.is_finite() or len(text) > 60:
                raise invalid("INVALID_LONG", property.name, f"{text[:60]} was not a valid long.")
            return text
        case "bool":
            if text not in ("true", "false"):
                raise invalid("INVALID_OPTION", property.name, f"{text[:60]} was not one of the allowed options")
            return text
        case "enumeration":
            return _options(property, text, owners)
        case "date":
            return _date(property, text)
        case "datetime":
            return iso(_moment(property, text))
    raise AssertionError(property.type)


def _text(given: Any) -> str:
    match given:
        case None:
            return ""
        case bool():
            return "true" if given else "false"
        case str():
            return given
    return str(given)


def _options(property: Property, text: str, owners: Container[str]) -> str:
    if property.owner:
        if text not in owners:
            raise invalid("INVALID_OWNER_ID", property.name, f"{text[:60]} is not an owner")
        return text
    chosen = text.split(";") if property.several else [text]
    for one in chosen:
        if one and one not in property.options:
            raise invalid("INVALID_OPTION", property.name, f"{one[:60]} was not one of the allowed options")
    return text


def _moment(property: Property, text: str) -> datetime:
    try:
        if re.fullmatch(r"-?\d+", text):
            return EPOCH + timedelta(milliseconds=int(text))
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise invalid("INVALID_LONG", property.name, f"{text[:60]} was not a valid long.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _date(property: Property, text: str) -> str:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        _moment(property, text)
        return text
    moment = _moment(property, text)
    if moment.timetz().replace(tzinfo=None) != datetime.min.time():
        raise invalid("INVALID_DATE", property.name, f"{text[:60]} is at {moment:%H:%M:%S.%f} UTC, not midnight!")
    return moment.strftime("%Y-%m-%d")
