"""Clusters: records that are taken for one so far, at most one of a system."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connector.match.comparing import NOT_SHARED, Comparing
from connector.match.features import Feature
from connector.match.model import Evidence, Subject

_NEVER = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Node:
    """One record: a new one, an end of a known link, or both when a linked record changed."""

    subject: Subject
    features: Mapping[str, Feature]
    link: str | None
    new: bool

    @property
    def ref(self) -> str:
        return self.subject.ref

    @property
    def rank(self) -> tuple[int, datetime, str]:
        """Which of two records of one system is its end: the preferred object, then the older."""
        created = self.subject.created_at or _NEVER
        return (self.subject.preferred, created if created.tzinfo else created.replace(tzinfo=UTC), self.subject.ref)


@dataclass(slots=True)
class Cluster:
    """The records taken for one; `places` maps a system to the node that is its end here."""

    places: dict[str, int]
    link: str | None = None

    @property
    def nodes(self) -> tuple[int, ...]:
        return tuple(self.places.values())


@dataclass(slots=True)
class Clusters:
    """All clusters of one decision, and what was found out while joining them. Lives as long as one `place`."""

    rules: Comparing
    nodes: list[Node]
    apart: Set[frozenset[str]]
    together: Set[frozenset[str]]
    shared: Set[tuple[str, str]] = NOT_SHARED
    of: dict[int, Cluster] = field(default_factory=dict)  # node -> its cluster; a duplicate has none
    evidence: list[tuple[int, int, Evidence]] = field(default_factory=list)
    duplicates: dict[int, tuple[int, Evidence]] = field(default_factory=dict)  # loser -> who has its place
    joins: list[tuple[str, str, Evidence]] = field(default_factory=list)
    reviews: list[tuple[int, int, Evidence]] = field(default_factory=list)

    def compare(self, a: int, b: int) -> Evidence:
        return self.rules.compare(self.nodes[a].features, self.nodes[b].features, self.shared)

    def fits_before(self, a: Cluster, b: Cluster) -> bool:
        """May the two be one at all: no verdict and no clearly different name stands between them?"""
        pairs = [(self.nodes[i], self.nodes[j]) for i in a.nodes for j in b.nodes]
        return not self.told_apart(a, b) and not any(
            self.rules.named_differently(i.features, j.features)
            for i, j in pairs
            if frozenset((i.ref, j.ref)) not in self.together
        )

    def told_apart(self, a: Cluster, b: Cluster) -> bool:
        """Did a person say of any two of them that they are different?"""
        if not self.apart:
            return False
        return any(frozenset((self.nodes[i].ref, self.nodes[j].ref)) in self.apart for i in a.nodes for j in b.nodes)

    def is_new(self, cluster: Cluster) -> bool:
        return any(self.nodes[i].new for i in cluster.nodes)

    def join(self, a: int, b: int, evidence: Evidence) -> None:
        """Take two records for one, or find that one is a duplicate, or that a person must decide."""
        one, other = self.of.get(a), self.of.get(b)
        if one is None or other is None or one is other or self.told_apart(one, other):
            return
        if one.link is not None and other.link is not None:
            self._join_links(one, other, a, b, evidence)
        elif not one.places.keys() & other.places.keys():
            self._unite(one, other)
            self.evidence.append((a, b, evidence))
        else:
            self._same_place(one, other, a, b, evidence)

    def _join_links(self, one: Cluster, other: Cluster, a: int, b: int, evidence: Evidence) -> None:
        # Two known links were told apart before; only a record that changed since may bring them together.
        if not (self.nodes[a].new or self.nodes[b].new or self.is_new(one) or self.is_new(other)):
            return
        if one.places.keys() & other.places.keys() or one.link is None or other.link is None:
            self.reviews.append((a, b, evidence))
            return
        keep, absorbed = sorted((one.link, other.link))
        self.joins.append((keep, absorbed, evidence))
        self._unite(one, other)
        one.link = keep

    def _unite(self, one: Cluster, other: Cluster) -> None:
        one.places.update(other.places)
        one.link = one.link if one.link is not None else other.link
        for node in other.nodes:
            self.of[node] = one

    def _same_place(self, one: Cluster, other: Cluster, a: int, b: int, evidence: Evidence) -> None:
        """Both have a record of one system: a single newcomer is a duplicate, or takes the place."""
        singles = [(c, d) for c, d in ((one, other), (other, one)) if c.link is None and len(c.places) == 1]
        if not singles:
            self.reviews.append((a, b, evidence))
            return
        if len(singles) == 2:
            singles.sort(key=lambda pair: self.nodes[pair[0].nodes[0]].rank, reverse=True)
        single, home = singles[0]
        system, newcomer = next(iter(single.places.items()))
        holder = home.places[system]
        if self.nodes[holder].link is None and self.nodes[newcomer].rank < self.nodes[holder].rank:
            home.places[system] = newcomer
            self.of[newcomer] = home
            self.evidence.append((a, b, evidence))
            newcomer, holder = holder, newcomer
        self.of.pop(newcomer)
        self.duplicates[newcomer] = (holder, evidence)


def clusters_of(
    rules: Comparing, nodes: list[Node], apart: Set[frozenset[str]], together: Set[frozenset[str]]
) -> Clusters:
    """The start: known links with their ends, every new record alone."""
    state = Clusters(rules, nodes, apart, together)
    by_link: dict[str, Cluster] = {}
    for i, node in enumerate(nodes):
        if node.link is None:
            state.of[i] = Cluster({node.subject.system: i})
            continue
        cluster = by_link.setdefault(node.link, Cluster({}, node.link))
        # A link keeps one end of a system; were there two, the better one stands for it.
        if (holder := cluster.places.get(node.subject.system)) is None or node.rank < nodes[holder].rank:
            cluster.places[node.subject.system] = i
        state.of[i] = cluster
    return state


def distinct(clusters: Iterable[Cluster]) -> list[Cluster]:
    """Each cluster once, in order."""
    return list({id(cluster): cluster for cluster in clusters}.values())
