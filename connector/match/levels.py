"""Comparison levels of two features, and what each level weighs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rapidfuzz.distance import JaroWinkler

from connector.mapping.model import Care
from connector.match.features import Company, Email, Feature, Kind, Name, Phone, Plain, Script
from connector.model import Entity

# Code points, not bytes: a byte-wise metric finds たなか and さとう alike.
_CLOSE = 0.93

# Two full names at these levels are different people, or one person whose name changed: a person decides.
NAMES_DIFFER = frozenset(("differ", "given_differs", "family_differs"))
COMPANIES_DIFFER = frozenset(("differ", "legal_differs", "branch_differs"))
# Only these let a weight link; a name that is merely close is for a person to decide.
SAME_NAME = frozenset(("exact", "swapped", "position_differs", "legal_missing"))


def level_of(a: Feature, b: Feature) -> str:
    """The level two features of one field agree at.

    >>> level_of(Plain("03"), Plain("03"))
    'exact'
    """
    match a, b:
        case Name(), Name():
            return _name_level(a, b)
        case Company(), Company():
            return _company_level(a, b)
        case Email(), Email():
            if a.key == b.key:
                return "exact"
            if a.domain and a.domain == b.domain:
                return "domain"
            return "local" if a.local == b.local and not a.role else "differ"
        case Phone(), Phone():
            if a.number != b.number:
                return "differ"
            return "exact" if a.extension == b.extension else "extension"
        case Plain(first), Plain(second):
            if first == second:
                return "exact"
            return "close" if min(len(first), len(second)) >= 4 and _close(first, second) else "differ"
        case _:
            return "unknown"


def _close(a: str, b: str) -> bool:
    return JaroWinkler.similarity(a, b, score_cutoff=_CLOSE) > 0


def _name_level(a: Name, b: Name) -> str:
    if a.joined == b.joined:
        return "exact"
    if a.script is not b.script:
        return "unknown"
    if a.given and b.given:
        return _full_name_level(a, b)
    longer, shorter = (a, b) if len(a.joined) >= len(b.joined) else (b, a)
    if not shorter.given and (longer.family == shorter.joined or (not longer.given and _starts(longer, shorter))):
        return "family_only"
    return "close" if len(shorter.joined) >= 4 and _close(a.joined, b.joined) else "differ"


def _starts(longer: Name, shorter: Name) -> bool:
    return longer.script is not Script.LATIN and longer.joined.startswith(shorter.joined)


def _full_name_level(a: Name, b: Name) -> str:
    if a.family == b.given and a.given == b.family:
        return "swapped"
    if a.family == b.family:
        if a.script is Script.LATIN and 1 in (len(a.given), len(b.given)) and a.given[0] == b.given[0]:
            return "initial"
        # 一郎/一朗: the second kanji of a given name is the one that is mistyped; 太郎/次郎 are brothers.
        one_kanji = len(a.given) == len(b.given) == 2 and a.given[0] == b.given[0] and a.script is not Script.LATIN
        return "close" if one_kanji or _close(a.given, b.given) else "given_differs"
    if a.script is Script.LATIN and _close(a.joined, b.joined):
        return "close"
    if a.given == b.given:
        return "close" if a.script is Script.LATIN and _close(a.family, b.family) else "family_differs"
    return "differ"


def _company_level(a: Company, b: Company) -> str:
    if a.core != b.core:
        if (a.script is Script.LATIN) is not (b.script is Script.LATIN):
            return "unknown"
        return "close" if min(len(a.core), len(b.core)) >= 4 and _close(a.core, b.core) else "differ"
    if a.branch != b.branch:
        return "branch_differs" if a.branch and b.branch else "branch_missing"
    if a.legal != b.legal:
        return "legal_differs" if a.legal and b.legal else "legal_missing"
    return "exact" if a.position == b.position else "position_differs"


Table = Mapping[str, float]

# Colleagues share company, phone and address, so together these three stay below what differing names take away.
_PERSON: Mapping[Kind, Table] = {
    Kind.NAME: {
        "exact": 6.0,
        "swapped": 5.5,
        "close": 3.5,
        "initial": 2.5,
        "family_only": 0.5,
        "family_differs": -4.0,
        "given_differs": -7.0,
        "differ": -9.0,
    },
    Kind.COMPANY: {
        "exact": 3.0,
        "position_differs": 3.0,
        "legal_missing": 3.0,
        "legal_differs": 1.0,
        "branch_missing": 2.5,
        "branch_differs": 1.5,
        "close": 1.5,
        "differ": -1.0,
    },
    Kind.EMAIL: {"exact": 8.0, "shared": 4.5, "local": 2.0, "domain": 1.0, "differ": -1.0},
    Kind.PHONE: {"exact": 5.0, "shared": 1.0, "extension": 3.0, "differ": -0.5},
    Kind.ADDRESS: {"exact": 2.5, "close": 1.0, "differ": -0.5},
    Kind.URL: {"exact": 1.0, "differ": -0.25},
    Kind.REFERENCE: {"exact": 3.0, "differ": -1.0},
}

# Branches are siblings: a different branch outweighs whatever the company's name and address have in common.
_COMPANY: Mapping[Kind, Table] = {
    Kind.COMPANY: {
        "exact": 7.0,
        "position_differs": 6.5,
        "legal_missing": 6.5,
        "legal_differs": 2.0,
        "branch_missing": -2.0,
        "branch_differs": -9.0,
        "close": 3.0,
        "differ": -8.0,
    },
    Kind.EMAIL: {"exact": 4.0, "shared": 2.0, "domain": 3.0, "differ": -0.5},
    Kind.PHONE: {"exact": 4.0, "shared": 1.0, "extension": 3.0, "differ": -0.5},
    Kind.ADDRESS: {"exact": 4.0, "close": 1.5, "differ": -1.0},
    Kind.URL: {"exact": 4.0, "differ": -0.5},
}

_TABLES: Mapping[Entity, Mapping[Kind, Table]] = MappingProxyType({Entity.PERSON: _PERSON, Entity.COMPANY: _COMPANY})

_THRESHOLDS: Mapping[tuple[Entity, Care], tuple[float, float]] = {
    (Entity.PERSON, Care.CAUTIOUS): (10.5, 7.0),
    (Entity.PERSON, Care.NORMAL): (9.0, 6.5),
    (Entity.COMPANY, Care.CAUTIOUS): (10.5, 7.0),
    (Entity.COMPANY, Care.NORMAL): (7.0, 5.0),
}


def thresholds(entity: Entity, care: Care) -> tuple[float, float]:
    """Link at, review at. Entities without weights of their own take those of a person."""
    return _THRESHOLDS.get((entity, care)) or _THRESHOLDS[(Entity.PERSON, care)]


def table_for(entity: Entity, kind: Kind, full: float | None) -> Table | None:
    """Level weights of a field; `full` is the admin's weight of full agreement, other levels keep their proportion."""
    table = _TABLES.get(entity, {}).get(kind)
    if full is None:
        return table
    if full == 0:
        return None
    if table is None:
        return {"exact": full, "close": full / 2, "differ": -full / 4}
    return {level: weight * full / table["exact"] if weight > 0 else weight for level, weight in table.items()}
