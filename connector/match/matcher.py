"""The matcher of one entity: the door of this package."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from connector.mapping.model import EntityMapping
from connector.match.blocking import block_number
from connector.match.comparing import Comparing, comparing
from connector.match.model import Candidate, Decisions, Evidence, Subject
from connector.match.placing import place
from connector.model import Value, Values


@dataclass(frozen=True, slots=True)
class Matcher:
    """Places records of one entity. Made by `matcher`."""

    rules: Comparing

    def blocks(self, values: Values) -> tuple[int, ...]:
        """Where a record is found again: one number per complete identifier and per weight key."""
        features = self.rules.features(values)
        keys = [key for key in self.rules.identifier_keys(features) if key]
        keys.extend(self.rules.weight_keys(features))
        return tuple(dict.fromkeys(block_number(f"{self.rules.entity}|{key}") for key in keys))

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
    return Matcher(comparing(mapping))
