"""A record as a person knows it: what messages, diffs and sheets call it."""

from __future__ import annotations

from connector.mapping.model import EntityMapping
from connector.model import Address, Entity, FieldType, PersonName, Value, Values


def text_of(value: Value) -> str:
    """A value as one line of plain text.

    >>> text_of(PersonName("山田", "太郎"))
    '山田 太郎'
    """
    match value:
        case None:
            return ""
        case PersonName(family, given):
            return f"{family} {given}" if given else family
        case Address() as a:
            return " ".join(p for p in (a.postal_code, a.prefecture, a.city, a.street, a.building) if p)
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def label(mapping: EntityMapping, values: Values) -> str:
    """Name, and what tells namesakes apart: company or e-mail. Empty when the values hold neither."""
    name = _first(mapping, values, FieldType.PERSON_NAME) or text_of(values.get("name"))
    mail = _first(mapping, values, FieldType.EMAIL)
    match mapping.entity:
        case Entity.PERSON:
            company = text_of(values.get("company_name")) if "company_name" in mapping.fields else ""
            beside = company or mail
            return f"{name} ({beside})" if name and beside else name or beside
        case Entity.COMPANY | Entity.DEAL | Entity.ACTIVITY:
            return name or mail or _first(mapping, values, FieldType.TEXT)


def _first(mapping: EntityMapping, values: Values, type_: FieldType) -> str:
    for spec in mapping.fields.values():
        if spec.type is type_ and values.get(spec.name) is not None:
            return text_of(values[spec.name])
    return ""
