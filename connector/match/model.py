"""What is matched, and what was decided. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connector.model import Values


@dataclass(frozen=True, slots=True)
class Subject:
    """One record to be placed, or one end of a known link. `ref` is "system/object/id#part".

    `preferred`: where two records of one system fit one link, the lower is its end, then the older.
    """

    ref: str
    system: str
    object: str
    values: Values
    created_at: datetime | None = None
    preferred: int = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A link that is known, with the ends it has."""

    link: str
    subjects: tuple[Subject, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why two records are taken for one: the identifier they share, and the level and weight of every field."""

    identifier: tuple[str, ...] | None = None
    weight: float = 0.0
    levels: tuple[tuple[str, str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """New records that are one: at most one of a system, none of a system that `link` already occupies."""

    link: str | None
    members: tuple[str, ...]
    evidence: tuple[tuple[str, str, Evidence], ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """A person decides. `a` and `b` are refs, or link keys as "link:KEY"."""

    a: str
    b: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A second record of one system. `of` is the ref that has the place, or "link:KEY" where a known end has it."""

    ref: str
    of: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Decisions:
    """Every new subject is in exactly one group or is a duplicate; one that is an end of a known link stays there."""

    groups: tuple[Group, ...] = ()
    reviews: tuple[Review, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    joins: tuple[tuple[str, str, Evidence], ...] = ()
