"""Values that are already in their final form, recognised before any rule is applied.

`ready` gives for a type and its rules a test that answers what `read` and `clean` would say of a text, or None where
only they can tell. It never disagrees with them: tests/cleanse/test_final.py holds both against each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import TypeAlias

from connector.cleanse.characters import PLAIN
from connector.cleanse.companies import is_spelled_out
from connector.cleanse.dates import utc
from connector.cleanse.names import is_name
from connector.cleanse.phones import national
from connector.cleanse.places import read_address
from connector.model import FieldType, PersonName, Problem, Value

Ready: TypeAlias = Callable[[str], Value]

_EMAIL = re.compile(r"[A-Za-z0-9._+-]+@[a-z0-9.-]+")
_URL = re.compile(r"https?://[a-z0-9][a-z0-9.-]*(?:[/?#][!-~]*)?")
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:Z|\+[01][0-9]:00)?")
_LONGEST = 200


def ready(type: FieldType, rules: tuple[str, ...], zone: str) -> Ready | None:
    """The test of a field, None where there is nothing to recognise."""
    match type, rules:
        case (FieldType.TEXT, () | ("text",)):
            return _text
        case (FieldType.TEXT, ("company",)):
            return _company
        case (FieldType.EMAIL, () | ("email",)):
            return _email
        case (FieldType.PHONE, () | ("phone",)):
            return national
        case (FieldType.URL, () | ("url",)):
            return _url
        case (FieldType.ADDRESS, () | ("address",)):
            return _address
        case (FieldType.DATE, () | ("date",)):
            return _day
        case (FieldType.DATETIME, () | ("datetime",)):
            return lambda text: _moment(text, zone)
        case _:
            return None


def ready_name(family: object, given: object) -> PersonName | None:
    """Two cells that are a name as they stand."""
    if family.__class__ is str and given.__class__ is str and is_name(str(family)) and PLAIN.fullmatch(str(given)):
        return PersonName(str(family), str(given))
    return None


def _text(text: str) -> Value:
    return text if len(text) < _LONGEST and PLAIN.fullmatch(text) else None


def _company(text: str) -> Value:
    return text if len(text) < _LONGEST and is_spelled_out(text) else None


def _email(text: str) -> Value:
    return text if len(text) < _LONGEST and _EMAIL.fullmatch(text) else None


def _url(text: str) -> Value:
    return text if len(text) < _LONGEST and _URL.fullmatch(text) else None


def _address(text: str) -> Value:
    return read_address(text) if len(text) < _LONGEST and PLAIN.fullmatch(text) else None


def _day(text: str) -> Value:
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moment(text: str, zone: str) -> Value:
    if not _MOMENT.fullmatch(text):
        return None
    try:
        moment = utc(datetime.fromisoformat(text), zone)
    except ValueError:
        return None
    return None if isinstance(moment, Problem) else moment
