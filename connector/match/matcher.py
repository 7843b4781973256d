"""The matcher of one entity: the door of this package."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from dataclasses import field as given
from functools import lru_cache

from connector.mapping.model import EntityMapping
from connector.match.blocking import block_number
from connector.match.comparing import REMEMBERED, Comparing, comparing
from connector.match.model import Candidate, Decisions, Evidence, Subject
from connector.match.placing import place
from connector.model import Value, Values


@dataclass(frozen=True, slots=True)
class Matcher:
    """Places records of one entity. Made by `matcher`."""

    rules: Comparing
    _blocks: Callable[..., tuple[int, ...]] = given(repr=False, compare=False)

    def blocks(self, values: Values) -> tuple[int, ...]:
        """Where a record is found again: one number per complete identifier and per weight key."""
        return self._blocks(*map(values.get, self.rules.names))

    def alike(self, one: Values, other: Values) -> bool:
        """Whether all that matching looks at is the same, to the letter; then `blocks` are."""
        return all(_same(one.get(field.name), other.get(field.name)) for field in self.rules.fields)

    def decide(
        self,
        new: Sequence[Subject],
        known: Sequence[Candidate],
        *,
        same: Set[frozenset[str]] = frozenset(),
        different: Set[frozenset[str]] = frozenset(),
    ) -> Decisions:
        """Place every new record; the answer does not depend on the order of the arguments."""
        return place(self.rules, new, known, same, different)

    def explain(self, a: Values, b: Values) -> Evidence:
        """Why two records are, or are not, taken for one."""
        first, second = self.rules.features(a), self.rules.features(b)
        evidence = self.rules.compare(first, second)
        pairs = zip(
            self.rules.identifiers, self.rules.identifier_keys(first), self.rules.identifier_keys(second), strict=True
        )
        shared = next((identifier for identifier, one, other in pairs if one and one == other), None)
        return Evidence(shared, evidence.weight, evidence.levels)


def _same(one: Value, other: Value) -> bool:
    """Equal in every letter: 1 is not True, 1.0 is not 1.00."""
    if one is other:
        return True
    if one.__class__ is not other.__class__ or one != other:
        return False
    return one.__class__ is str or str(one) == str(other)


def matcher(mapping: EntityMapping) -> Matcher:
    """Compile the matcher of a mapping."""
    rules = comparing(mapping)

    def blocks(*values: Value) -> tuple[int, ...]:
        features = rules.features(dict(zip(rules.names, values, strict=True)))
        keys = [key for key in rules.identifier_keys(features) if key]
        keys.extend(rules.weight_keys(features))
        return tuple(dict.fromkeys([block_number(f"{rules.entity}|{key}") for key in keys]))

    # typed: 1, True and Decimal(1) are equal and their keys are not
    return Matcher(rules, lru_cache(maxsize=REMEMBERED, typed=True)(blocks))
