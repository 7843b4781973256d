"""Mappings and records for the matching tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from connector.mapping.model import Care, EntityMapping, FieldMapping, Identifier, MatchRules, ObjectMapping
from connector.match import Matcher, Subject, matcher
from connector.model import Entity, FieldType, PersonName, Value

_PERSON = {
    "name": (FieldType.PERSON_NAME, ()),
    "company": (FieldType.TEXT, ("company",)),
    "email": (FieldType.EMAIL, ()),
    "phone": (FieldType.PHONE, ()),
    "address": (FieldType.ADDRESS, ()),
}
_COMPANY = {
    "name": (FieldType.TEXT, ("company",)),
    "corporate_number": (FieldType.TEXT, ()),
    "phone": (FieldType.PHONE, ()),
    "address": (FieldType.ADDRESS, ()),
    "url": (FieldType.URL, ()),
}
_DEAL = {"deal_no": (FieldType.TEXT, ()), "name": (FieldType.TEXT, ()), "amount": (FieldType.MONEY, ())}

FIELDS = {Entity.PERSON: _PERSON, Entity.COMPANY: _COMPANY, Entity.DEAL: _DEAL}
BY_MAIL: tuple[Identifier, ...] = (("email",), ("name", "company", "phone"))


def matching(
    entity: Entity = Entity.PERSON,
    identifiers: tuple[Identifier, ...] = BY_MAIL,
    care: Care = Care.CAUTIOUS,
    **advanced: object,
) -> Matcher:
    fields = {
        name: FieldMapping(name, type, frozenset({"ma"}), frozenset({"crm"}), cleanse=rules)
        for name, (type, rules) in FIELDS[entity].items()
    }
    rules = MatchRules(identifiers, care, **advanced)  # type: ignore[arg-type]
    return matcher(EntityMapping(entity, (ObjectMapping("ma", "contacts"),), fields, rules))


def person(ref: str, name: str = "", preferred: int = 0, year: int | None = None, **values: Value) -> Subject:
    """ "ma/1", "山田 太郎": a record of system `ma`."""
    if name:
        family, _, given = name.partition(" ")
        values["name"] = PersonName(family, given or None)
    created = datetime(year, 1, 1, tzinfo=UTC) if year else None
    return Subject(ref, ref.partition("/")[0], "contacts", values, created, preferred)


def record(ref: str, **values: Value) -> Subject:
    return Subject(ref, ref.partition("/")[0], "records", values)


def members(groups: Sequence[object]) -> set[tuple[str | None, tuple[str, ...]]]:
    return {(group.link, group.members) for group in groups}  # type: ignore[attr-defined]
