"""What a value contributes to matching: the parts of its key that are compared and blocked on."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from functools import cache, lru_cache
from typing import NamedTuple, TypeAlias

from connector.cleanse import (
    clean,
    company_parts,
    email_parts,
    is_email,
    is_free_mail,
    is_role_address,
    ready,
    ready_name,
    web_domain,
)
from connector.cleanse.characters import squash
from connector.cleanse.emails import is_invented
from connector.mapping.model import FieldMapping
from connector.model import Entity, FieldType, PersonName, Value


class Kind(StrEnum):
    """How a field takes part in matching."""

    NAME = "name"
    COMPANY = "company"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    URL = "url"
    REFERENCE = "reference"
    OTHER = "other"


class Script(StrEnum):
    """A name in kanji, one in kana and one in Latin letters cannot be compared letter by letter."""

    KANJI = "kanji"
    KANA = "kana"
    LATIN = "latin"


class Name(NamedTuple):
    joined: str
    family: str
    given: str
    script: Script


class Company(NamedTuple):
    core: str
    legal: str
    position: str
    branch: str
    script: Script


class Email(NamedTuple):
    key: str
    local: str
    domain: str  # "" for free mail
    role: bool


class Phone(NamedTuple):
    number: str
    extension: str


class Plain(NamedTuple):
    key: str


Feature: TypeAlias = Name | Company | Email | Phone | Plain
Reading: TypeAlias = Callable[[Value], Feature | None]

# Values per field whose features are kept: companies and sites repeat, and one run asks for those of a changed record
# several times.
REMEMBERED = 16384

_COMPANY_FIELDS = frozenset(("company", "company_name", "account", "account_name", "organization", "会社名"))


def kind_of(entity: Entity, field: FieldMapping) -> Kind:
    """The part a field plays. A text is a company name when its rules or its name say so."""
    match field.type:
        case FieldType.PERSON_NAME:
            return Kind.NAME
        case FieldType.EMAIL:
            return Kind.EMAIL
        case FieldType.PHONE:
            return Kind.PHONE
        case FieldType.ADDRESS:
            return Kind.ADDRESS
        case FieldType.URL:
            return Kind.URL
        case FieldType.REFERENCE:
            return Kind.REFERENCE
        case FieldType.TEXT if "company" in field.cleanse or field.name in _COMPANY_FIELDS:
            return Kind.COMPANY
        case FieldType.TEXT if entity is Entity.COMPANY and field.name == "name":
            return Kind.COMPANY
        case _:
            return Kind.OTHER


_KANJI = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")


def script_of(text: str) -> Script:
    return Script.KANJI if _KANJI.search(text) else Script.KANA if _KANA.search(text) else Script.LATIN


@cache
def reading(kind: Kind, type: FieldType, rules: tuple[str, ...]) -> Reading:
    """`feature` of one field, which knows a usual value by its look and a value that it has seen."""

    def slowly(value: Value) -> Feature | None:
        return feature(kind, type, rules, value)

    # typed: 1, True and Decimal(1) are equal and their keys are not
    remembered: Reading = lru_cache(maxsize=REMEMBERED, typed=True)(slowly)
    if rules not in ((), (type.value,)):
        return remembered
    match kind:
        case Kind.NAME:
            return lambda value: _name(value) or slowly(value)
        case Kind.EMAIL:
            return lambda value: _email(value) if _is_plain_email(value) else slowly(value)
        case Kind.PHONE:
            return lambda value: _phone(value) or slowly(value)
        case _:
            return remembered


# Parts of names whose keys do not depend on what stands beside them.
_APART = re.compile("[\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff]{1,60}|[A-Za-z]{1,60}")
_squashed = lru_cache(maxsize=REMEMBERED)(squash)
_final_email = ready(FieldType.EMAIL, (), "")
_final_phone = ready(FieldType.PHONE, (), "")


def _name(value: Value) -> Name | None:
    if value.__class__ is not PersonName:
        return None
    family, given = value.family, value.given
    if given is None or not _APART.fullmatch(family) or not _APART.fullmatch(given):
        return None
    if family.isascii() is not given.isascii() or ready_name(family, given) is None:
        return None
    family, given = _squashed(family), _squashed(given)
    joined = family + given
    return Name(joined, family, given, script_of(joined))


def _is_plain_email(value: Value) -> bool:
    return value.__class__ is str and _final_email is not None and _final_email(value) is not None


def _email(value: Value) -> Email | None:
    shown = str(value)
    if not is_email(shown) or is_invented(shown):
        return None
    local, domain = email_parts(shown)
    return Email(f"{local}@{domain}", local, "" if is_free_mail(shown) else domain, is_role_address(shown))


def _phone(value: Value) -> Phone | None:
    shown = _final_phone(value) if value.__class__ is str and _final_phone is not None else None
    return Phone("+81" + str(shown)[1:].replace("-", ""), "") if shown is not None else None


def feature(kind: Kind, type: FieldType, rules: tuple[str, ...], value: Value) -> Feature | None:
    """The feature of a value, None when there is nothing to compare."""
    if value is None:
        return None
    cleansed = clean(type, rules, value)
    if not cleansed.key:
        return None
    match kind, cleansed.display:
        case Kind.NAME, PersonName(family, given):
            joined = cleansed.key
            return Name(joined, squash(family), squash(given or ""), script_of(joined))
        case Kind.COMPANY, str() as shown:
            if "company" not in rules:
                shown = str(clean(FieldType.TEXT, ("company",), shown).display or "")
            core, legal, position, branch = _parts(shown)
            return Company(core, legal, position, branch, script_of(core)) if core else None
        case Kind.EMAIL, str() as shown:
            if not is_email(shown):
                return None
            local, domain = email_parts(shown)
            return Email(cleansed.key, local, "" if is_free_mail(shown) else domain, is_role_address(shown))
        case Kind.PHONE, str():
            number, _, extension = cleansed.key.partition(";")
            return Phone(number, extension) if number.startswith("+") and len(number) > 8 else None
        case Kind.URL, str() as shown:
            return Plain(web_domain(shown) or cleansed.key)
        case _:
            return Plain(cleansed.key)


def _parts(shown: str) -> tuple[str, str, str, str]:
    parts = company_parts(shown)
    return parts.core, parts.legal, parts.position, parts.branch


def exact_key(feature: Feature) -> str:
    """What must be equal for an exact identifier; "" for what never identifies anybody."""
    match feature:
        case Name(joined):
            return joined
        case Company(core, _, _, branch):
            return f"{core}/{branch}"
        case Email(key, _, _, role):
            return "" if role else key
        case Phone(number, extension):
            return f"{number};{extension}" if extension else number
        case Plain(key):
            return key
