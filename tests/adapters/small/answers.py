"""The address book's answers: their shapes, what refuses a record, and values as JSON has them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from pydantic import AwareDatetime, BaseModel

from connector.adapters.contract import ColumnKind, Native, Refusal
from connector.adapters.http import Answer, Said

# What refuses one record. All other statuses are as HTTP has them: `connector.adapters.http.rules.USUAL`.
REFUSALS: Mapping[int, Refusal] = {
    404: Refusal.MISSING,
    412: Refusal.STALE,
    422: Refusal.INVALID,
}
MOST = 2**53  # beyond it JSON's numbers are no longer whole
UNFIT = object()


class Book(BaseModel):
    id: str
    name: str


class DescribedField(BaseModel):
    name: str
    label: str
    type: ColumnKind
    max: int | None
    decimals: int | None


class Described(BaseModel):
    fields: list[DescribedField]


class Entry(BaseModel):
    """A record: `values` holds the columns asked for, stamps are whole seconds."""

    id: int
    version: int
    created_at: AwareDatetime
    updated_at: AwareDatetime
    values: dict[str, Any]


class Entries(BaseModel):
    """In order of id. `now` is read from the clock that stamps the records."""

    contacts: list[Entry]
    now: AwareDatetime


def said(answer: Answer) -> Said:
    """An error's `{"field": ..., "message": ...}`; the field at fault serves as the code."""
    body = answer.tree()
    return Said(str(body.get("field", "")), str(body.get("message", ""))) if isinstance(body, dict) else Said()


def native(entry: Entry, fields: Sequence[str]) -> Native:
    return Native(
        id=str(entry.id),
        values={name: entry.values[name] for name in fields if name in entry.values},
        version=str(entry.version),
        modified_at=entry.updated_at.astimezone(UTC),
        created_at=entry.created_at.astimezone(UTC),
    )


def cell(value: object) -> object:
    """A value as JSON has it, or UNFIT: what JSON would change in silence (NaN becomes null) or cannot hold."""
    match value:
        case str():
            return UNFIT if re.search(r"[\ud800-\udfff]", value) else value
        case None | bool():
            return value
        case int() if abs(value) < MOST:
            return value
        case float() if value.is_integer() and abs(value) < MOST:
            return int(value)
        case Decimal() if value.is_finite() and abs(value) < MOST and value == value.to_integral_value():
            return int(value)
        case datetime():
            return UNFIT if value.tzinfo is None else value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
    return UNFIT
