"""The mapping as the engine uses it: compiled, complete, checked. Made from the admin's file by `load`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from connector.model import Entity, FieldType, NativeValue

COMPUTED = "computed"  # the source of a flow whose value is derived on the hub


class OnBlank(StrEnum):
    KEEP = "keep"
    CLEAR = "clear"


class OnDrift(StrEnum):
    OVERWRITE = "overwrite"
    KEEP = "keep"
    REPORT = "report"


class OnDelete(StrEnum):
    HOLD = "hold"
    UNLINK = "unlink"
    PROPAGATE = "propagate"
    REVIVE = "revive"


class Choose(StrEnum):
    """`if_both_changed`, apart from `SYSTEM wins`."""

    NEWEST = "newest"
    ASK = "ask"
    MAX = "max"
    MIN = "min"
    STRICTEST = "strictest"


@dataclass(frozen=True, slots=True)
class Wins:
    system: str


ConflictRule: TypeAlias = Wins | Choose


class Care(StrEnum):
    CAUTIOUS = "cautious"
    NORMAL = "normal"


class Test(StrEnum):
    """The conditions of `where`."""

    EQUALS = "equals"
    ONE_OF = "one_of"
    NOT = "not"
    EMPTY = "empty"
    FILLED = "filled"


@dataclass(frozen=True, slots=True)
class Condition:
    column: str
    test: Test
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SameRecord:
    """A reference to another part of the same native record: person.company in a kintone 顧客管理 record."""

    part: str


# One column, or one per part of the value: (family, given); (postal_code, prefecture, city, street, building), where
# "" means that this system has no column for that part.
Columns: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ObjectMapping:
    """One native object, or one part of it, that holds this entity in one system."""

    system: str
    object: str
    part: str = ""
    where: tuple[Condition, ...] = ()
    create: bool = False
    on_create: Mapping[str, NativeValue] = field(default_factory=dict)
    owner: str = ""  # the column that names the record's owner, for sheets and narrowing
    columns: Mapping[str, Columns | SameRecord] = field(default_factory=dict)  # field -> native columns

    @property
    def place(self) -> tuple[str, str, str]:
        return (self.system, self.object, self.part)


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """One canonical field: its type, who may change it, who receives it, and what happens when they disagree."""

    name: str
    type: FieldType
    sources: frozenset[str]  # systems; {COMPUTED} for a derived value
    receivers: frozenset[str]
    rule: ConflictRule = Choose.ASK
    on_blank: OnBlank = OnBlank.KEEP
    on_drift: OnDrift = OnDrift.OVERWRITE
    only_into_empty: frozenset[str] = frozenset()
    opt_in_from: frozenset[str] = frozenset()  # consent only
    to: Entity | None = None  # reference only
    cleanse: tuple[str, ...] = ()  # names of rules in connector.cleanse; () = the default of the type
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # system -> native choice -> canonical
    order: tuple[str, ...] = ()  # picklist, for strictest / max / min: from least to most
    computed: str = ""
    line: int | None = None  # where the mapping file defines it


# An identifier is one field or a compound of several.
Identifier: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MatchRules:
    identifiers: tuple[Identifier, ...] = ()
    care: Care = Care.CAUTIOUS
    link_at: float | None = None  # advanced: overrides what `care` means
    review_at: float | None = None
    weights: Mapping[str, float] = field(default_factory=dict)  # advanced: field -> weight of full agreement


@dataclass(frozen=True, slots=True)
class EntityMapping:
    """One mapping file."""

    entity: Entity
    objects: tuple[ObjectMapping, ...]
    fields: Mapping[str, FieldMapping]
    match: MatchRules = MatchRules()
    enabled: bool = False
    on_delete: OnDelete = OnDelete.HOLD
    file: str = ""
    # changes whenever anything but `enabled`, comments or layout changes
    fingerprint: str = ""

    @property
    def systems(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(o.system for o in self.objects))

    def objects_of(self, system: str) -> tuple[ObjectMapping, ...]:
        return tuple(o for o in self.objects if o.system == system)

    def at(self, system: str, object: str, part: str = "") -> ObjectMapping:
        for o in self.objects:
            if o.place == (system, object, part):
                return o
        raise KeyError((system, object, part))
