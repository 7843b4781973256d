"""How two records of one entity are compared: the fields that count, their levels and weights, the thresholds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from dataclasses import field as given
from functools import lru_cache

from connector.mapping.model import EntityMapping, Identifier
from connector.match.blocking import company_keys, person_keys, plain_keys
from connector.match.features import Email, Feature, Kind, Phone, Reading, exact_key, kind_of, reading
from connector.match.levels import COMPANIES_DIFFER, NAMES_DIFFER, SAME_NAME, Table, level_of, table_for, thresholds
from connector.match.model import Evidence
from connector.model import Entity, FieldType, Value, Values

# Records whose features and blocks are kept: more than a run of some ten thousand changed ones looks at.
REMEMBERED = 65536
# Equal to nothing: no value was found shared.
NOT_SHARED: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Compared:
    """A field that takes part, as an identifier (no table) or with weights."""

    name: str
    kind: Kind
    type: FieldType
    rules: tuple[str, ...]
    table: Table | None
    feature: Reading = given(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Comparing:
    """The rules of comparison of one entity. Made by `comparing`."""

    entity: Entity
    fields: tuple[Compared, ...]
    identifiers: tuple[Identifier, ...]
    link_at: float
    review_at: float
    names: tuple[str, ...]  # of the fields
    weighted: tuple[str, ...]  # of those with weights
    _remembered: Callable[..., Mapping[str, Feature]] = given(repr=False, compare=False)

    def known(self, values: Values) -> Mapping[str, Feature]:
        """`features`, kept for a while: a run asks for those of a changed record and of its other ends again."""
        return self._remembered(*map(values.get, self.names))

    def features(self, values: Values) -> dict[str, Feature]:
        """What the values contribute, field by field; blank and missing fields contribute nothing."""
        found: dict[str, Feature] = {}
        for field in self.fields:
            value = values.get(field.name)
            if value is not None and (part := field.feature(value)) is not None:
                found[field.name] = part
        return found

    def identifier_keys(self, features: Mapping[str, Feature]) -> tuple[str, ...]:
        """One key per identifier, "" where a field is blank or never identifies anybody."""
        return tuple([_identifier_key(identifier, features) for identifier in self.identifiers])

    def identifier_key(self, number: int, features: Mapping[str, Feature]) -> str:
        """The key of one of the identifiers."""
        return _identifier_key(self.identifiers[number], features)

    def weight_keys(self, features: Mapping[str, Feature]) -> Iterable[str]:
        if self.entity is Entity.PERSON:
            return person_keys([features[name] for name in self.weighted if name in features])
        weighted = {name: features[name] for name in self.weighted if name in features}
        match self.entity:
            case Entity.COMPANY:
                return company_keys(weighted)
            case _:
                return plain_keys(weighted)

    def compare(
        self, a: Mapping[str, Feature], b: Mapping[str, Feature], shared: Set[tuple[str, str]] = NOT_SHARED
    ) -> Evidence:
        """Levels and their sum. `shared` are addresses and numbers of differently named people: (field, key)."""
        total, levels = 0.0, []
        for field in self.fields:
            if field.table is None or (first := a.get(field.name)) is None or (second := b.get(field.name)) is None:
                continue
            level = level_of(first, second)
            if level in ("exact", "extension") and _is_shared(field.name, first, shared):
                level = "shared"
            weight = field.table.get(level, 0.0)
            total += weight
            levels.append((field.name, level, weight))
        return Evidence(None, total, tuple(levels))

    def named_differently(self, a: Mapping[str, Feature], b: Mapping[str, Feature], *, strict: bool = False) -> bool:
        """Do two records have names that are clearly not one name? `strict` also minds names that are merely close."""
        kind, differ = (Kind.COMPANY, COMPANIES_DIFFER) if self.entity is Entity.COMPANY else (Kind.NAME, NAMES_DIFFER)
        for field in self.fields:
            if field.kind is kind and (first := a.get(field.name)) and (second := b.get(field.name)):
                level = level_of(first, second)
                if level in differ or (strict and level in ("close", "family_only")):
                    return True
        return False

    def may_link(self, evidence: Evidence) -> bool:
        """Enough weight, and the name, where both have one, is the same name."""
        return evidence.weight >= self.link_at and all(
            level in SAME_NAME for field, level, _ in evidence.levels if field in self._naming()
        )

    def _naming(self) -> frozenset[str]:
        kind = Kind.COMPANY if self.entity is Entity.COMPANY else Kind.NAME
        return frozenset(field.name for field in self.fields if field.kind is kind and field.table)

    @property
    def refers(self) -> bool:
        """Whether an identifier names a reference: the parents must have their links before these are compared."""
        named = {name for identifier in self.identifiers for name in identifier}
        return any(field.type is FieldType.REFERENCE and field.name in named for field in self.fields)

    def needs_same_name(self, identifier: Identifier) -> bool:
        """Is this identifier only as good as the name beside it: an address, a number, a domain?"""
        kinds = {field.kind for field in self.fields if field.name in identifier}
        return kinds <= {Kind.EMAIL, Kind.PHONE, Kind.URL, Kind.ADDRESS, Kind.COMPANY, Kind.REFERENCE}

    def is_number_only(self, identifier: Identifier) -> bool:
        """A phone alone: the numbers of a household or an office are shared by people with similar names."""
        return {field.kind for field in self.fields if field.name in identifier} == {Kind.PHONE}


def _identifier_key(identifier: Identifier, features: Mapping[str, Feature]) -> str:
    parts = []
    for name in identifier:
        part = features.get(name)
        key = exact_key(part) if part is not None else ""
        if not key:
            return ""
        parts.append(key)
    return f"i:{'+'.join(identifier)}|" + "|".join(parts)


def _is_shared(field: str, feature: Feature, shared: Set[tuple[str, str]]) -> bool:
    match feature:
        case Email(key, _, _, role):
            return role or (field, key) in shared
        case Phone(number):
            return (field, number) in shared
        case _:
            return False


def comparing(mapping: EntityMapping) -> Comparing:
    """Compile the rules of a mapping."""
    rules = mapping.match
    in_identifiers = {name for identifier in rules.identifiers for name in identifier}
    fields = []
    for field in mapping.fields.values():
        kind = kind_of(mapping.entity, field)
        table = table_for(mapping.entity, kind, rules.weights.get(field.name))
        if table is not None or field.name in in_identifiers:
            of = reading(kind, field.type, field.cleanse)
            fields.append(Compared(field.name, kind, field.type, field.cleanse, table, of))
    link_at, review_at = thresholds(mapping.entity, rules.care)
    if rules.link_at is not None:
        link_at = rules.link_at
    if rules.review_at is not None:
        review_at = rules.review_at
    names = tuple(field.name for field in fields)
    weighted = tuple(field.name for field in fields if field.table)

    def features(*values: Value) -> Mapping[str, Feature]:
        return made.features(dict(zip(names, values, strict=True)))

    # typed: 1, True and Decimal(1) are equal and their keys are not
    remembered = lru_cache(maxsize=REMEMBERED, typed=True)(features)
    made = Comparing(
        mapping.entity, tuple(fields), rules.identifiers, link_at, min(review_at, link_at), names, weighted, remembered
    )
    return made
