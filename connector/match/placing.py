"""Placing records: verdicts, then exact identifiers, then weights where both sides agree on the best."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import combinations

from connector.match.blocking import MOST_IN_A_WEIGHT_BLOCK
from connector.match.clusters import Cluster, Clusters, Node, clusters_of, distinct
from connector.match.comparing import Comparing
from connector.match.features import Company, Email, Feature, Kind, Phone
from connector.match.model import Candidate, Decisions, Duplicate, Evidence, Group, Review, Subject
from connector.model import Entity

# Two candidates nearer to each other than this are equally good.
MARGIN = 1.0
# Enough differently named holders to know that a value is shared.
NAMES_LOOKED_AT = 30


def place(
    rules: Comparing,
    new: Sequence[Subject],
    known: Sequence[Candidate],
    same: Set[frozenset[str]],
    different: Set[frozenset[str]],
) -> Decisions:
    """Every new record gets a group, a link or a duplicate mark. Nothing here depends on the order of the input."""
    nodes = nodes_of(rules, new, known)
    return settle(rules, nodes, same, different, shared_values(rules, nodes), near(rules, nodes))


def settle(
    rules: Comparing,
    nodes: list[Node],
    same: Set[frozenset[str]],
    different: Set[frozenset[str]],
    shared: Set[tuple[str, str]],
    pairs: Iterable[tuple[int, int]],
) -> Decisions:
    """`nodes` in the order of their rank; `pairs` of them share a block of a weight key."""
    state = clusters_of(rules, nodes, different, same)
    state.shared = shared
    _by_verdict(state, same)
    for number in range(len(rules.identifiers)):
        _by_identifier(state, number)
    edges = _edges(state, pairs)
    _by_weight(state, edges)
    return _decisions(state, edges)


def nodes_of(rules: Comparing, new: Sequence[Subject], known: Sequence[Candidate]) -> list[Node]:
    homes = {end.ref: candidate.link for candidate in known for end in candidate.subjects}
    changed = {subject.ref for subject in new}
    nodes = [Node(s, rules.known(s.values), homes.get(s.ref), True) for s in {s.ref: s for s in new}.values()]
    ends = {
        end.ref: (end, candidate.link) for candidate in known for end in candidate.subjects if end.ref not in changed
    }
    nodes.extend(Node(end, rules.known(end.values), link, False) for end, link in ends.values())
    nodes.sort(key=lambda node: node.rank)
    return nodes


def shared_values(rules: Comparing, nodes: Sequence[Node]) -> frozenset[tuple[str, str]]:
    """Addresses and numbers that differently named records have in common."""
    holders: dict[tuple[str, str], list[Node]] = defaultdict(list)
    for node in nodes:
        for field, part in node.features.items():
            match part:
                case Email(key):
                    holders[field, key].append(node)
                case Phone(number):
                    holders[field, number].append(node)
                case _:
                    pass
    return frozenset(value for value, group in holders.items() if len(group) > 1 and names_differ(rules, group))


def naming(rules: Comparing, features: Mapping[str, Feature]) -> tuple[Feature, ...]:
    return tuple(features[f.name] for f in rules.fields if f.kind in (Kind.NAME, Kind.COMPANY) and f.name in features)


def names_differ(rules: Comparing, group: Iterable[Node]) -> bool:
    one_per_name = list({naming(rules, node.features): node.features for node in group}.values())[:NAMES_LOOKED_AT]
    return any(rules.named_differently(a, b) for a, b in combinations(one_per_name, 2))


def _by_verdict(state: Clusters, same: Set[frozenset[str]]) -> None:
    numbers = {node.ref: i for i, node in enumerate(state.nodes)}
    for a, b in sorted(tuple(sorted(pair)) for pair in same if len(pair) == 2):
        if a in numbers and b in numbers:
            state.join(numbers[a], numbers[b], state.compare(numbers[a], numbers[b]))


# --- exact identifiers ------------------------------------------------------------------------------------


def _by_identifier(state: Clusters, number: int) -> None:
    holders: dict[str, list[int]] = defaultdict(list)
    for i, node in enumerate(state.nodes):
        if key := state.rules.identifier_key(number, node.features):
            holders[key].append(i)
    for key in sorted(key for key, group in holders.items() if len(group) > 1):
        group = [i for i in holders[key] if i in state.of]
        if len(group) > 1 and any(state.nodes[i].new for i in group):
            for site in _by_branch(state, number, group):
                _place_group(state, number, site)


def _by_branch(state: Clusters, number: int, group: list[int]) -> Iterable[list[int]]:
    """Branches are siblings, never one company, though they share its number, its domain and its switchboard."""
    if state.rules.entity is not Entity.COMPANY:
        return [group]
    sites: dict[str, list[int]] = defaultdict(list)
    for i in group:
        parts = state.nodes[i].features.values()
        sites[next((part.branch for part in parts if isinstance(part, Company)), "")].append(i)
    if len(sites) == 2 and "" in sites:
        # A name without its branch is the company, or the branch written short.
        whole, branch = sorted(sites.values(), key=lambda site: site is not sites[""])
        for a in whole:
            for b in branch:
                state.reviews.append((a, b, _identified(state, a, b, state.rules.identifiers[number])))
    return [site for site in sites.values() if len(site) > 1]


def _place_group(state: Clusters, number: int, group: list[int]) -> None:
    rules, identifier = state.rules, state.rules.identifiers[number]
    if rules.needs_same_name(identifier):
        strict = rules.is_number_only(identifier)
        groups = _named_alike(state, group, strict)
        if len(groups) > 1:
            # Two names on one address may be one person renamed; more are an office.
            if len(groups) == 2:
                for a in groups[0]:
                    for b in groups[1]:
                        state.reviews.append((a, b, _identified(state, a, b, identifier)))
            return
    _unite_group(state, group, identifier)


def _named_alike(state: Clusters, group: Sequence[int], strict: bool) -> list[list[int]]:
    """The group by name: records whose names do not clearly differ stand together."""
    by_name: dict[tuple[Feature, ...], list[int]] = defaultdict(list)
    for i in group:
        by_name[naming(state.rules, state.nodes[i].features)].append(i)
    groups: list[tuple[list[Mapping[str, Feature]], list[int]]] = []  # a record per spelling, and all records
    for alike in by_name.values():
        features = state.nodes[alike[0]].features
        for spellings, members in groups:
            if not any(state.rules.named_differently(features, other, strict=strict) for other in spellings):
                spellings.append(features)
                members.extend(alike)
                break
        else:
            groups.append(([features], list(alike)))
            if len(groups) > 2:
                break
    return [members for _, members in groups]


def _identified(state: Clusters, a: int, b: int, identifier: tuple[str, ...]) -> Evidence:
    evidence = state.compare(a, b)
    return Evidence(identifier, evidence.weight, evidence.levels)


def _unite_group(state: Clusters, group: list[int], identifier: tuple[str, ...]) -> None:
    linked = [i for i in group if state.of[i].link is not None]
    free = [i for i in group if state.of[i].link is None]
    homes = distinct(state.of[i] for i in linked)
    changed = [i for i in linked if state.nodes[i].new]
    if len(homes) == 2 and changed:
        other = next(i for i in linked if state.of[i] is not state.of[changed[0]])
        if state.fits_before(state.of[changed[0]], state.of[other]):
            state.join(changed[0], other, _identified(state, changed[0], other, identifier))
        homes = distinct(state.of[i] for i in linked)
    if len(homes) > 1:
        for i in free:
            for j in linked:
                state.reviews.append((i, j, _identified(state, i, j, identifier)))
        linked = []
    anchors = linked[:1] + free if linked else free
    for at, i in enumerate(anchors):
        for j in anchors[at + 1 :]:
            one, other_cluster = state.of.get(i), state.of.get(j)
            if one is None or other_cluster is None or one is other_cluster:
                continue
            state.join(i, j, _identified(state, i, j, identifier))
        if at == 0 and all(state.of.get(j) in (None, state.of.get(i)) for j in anchors):
            break


# --- weights ----------------------------------------------------------------------------------------------


def near(rules: Comparing, nodes: Sequence[Node]) -> Iterable[tuple[int, int]]:
    """Pairs that share a block of a weight key, each once; of two known records nothing new can be found."""
    blocks: dict[str, list[int]] = defaultdict(list)
    for i, node in enumerate(nodes):
        for key in dict.fromkeys(rules.weight_keys(node.features)):
            blocks[key].append(i)
    pairs: set[tuple[int, int]] = set()
    for block in blocks.values():
        if 1 < len(block) <= MOST_IN_A_WEIGHT_BLOCK:
            known = [i for i in block if not nodes[i].new]
            new = [i for i in block if nodes[i].new]
            pairs.update(combinations(new, 2))
            pairs.update([(i, j) if i < j else (j, i) for i in new for j in known])
    return pairs


def _edges(state: Clusters, pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int, Evidence]]:
    """Pairs that weigh enough for a person to look at, the heaviest first."""
    edges = []
    for a, b in pairs:
        one, other = state.of.get(a), state.of.get(b)
        if one is None or other is None or one is other or not (state.nodes[a].new or state.nodes[b].new):
            continue
        evidence = state.compare(a, b)
        if evidence.weight >= state.rules.review_at:
            edges.append((a, b, evidence))
    edges.sort(key=lambda edge: (-edge[2].weight, state.nodes[edge[0]].ref, state.nodes[edge[1]].ref))
    return edges


def _by_weight(state: Clusters, edges: Sequence[tuple[int, int, Evidence]]) -> None:
    neighbours: dict[int, list[tuple[int, Evidence]]] = defaultdict(list)
    for a, b, evidence in edges:
        neighbours[a].append((b, evidence))
        neighbours[b].append((a, evidence))
    for a, b, evidence in edges:
        one, other = state.of.get(a), state.of.get(b)
        if one is None or other is None or one is other or not state.rules.may_link(evidence):
            continue
        if not state.fits_before(one, other):
            continue
        if _rivalled(state, neighbours, one, other, evidence) or _rivalled(state, neighbours, other, one, evidence):
            state.reviews.append((a, b, evidence))
        else:
            state.join(a, b, evidence)


def _rivalled(
    state: Clusters,
    neighbours: Mapping[int, Sequence[tuple[int, Evidence]]],
    one: Cluster,
    other: Cluster,
    evidence: Evidence,
) -> bool:
    """Is there a third that fits `one` as well as `other` does, and cannot stand beside it?"""
    if one.places.keys() & other.places.keys():
        return False
    for i in one.nodes:
        for j, rival_evidence in neighbours.get(i, ()):
            rival = state.of.get(j)
            if rival is None or rival is one or rival is other or rival_evidence.weight <= evidence.weight - MARGIN:
                continue
            competes = rival.places.keys() & other.places.keys() or (rival.link is not None and other.link is not None)
            if competes and state.fits_before(one, rival) and not _one_record(state, neighbours, rival, other):
                return True
    return False


def _one_record(
    state: Clusters, neighbours: Mapping[int, Sequence[tuple[int, Evidence]]], rival: Cluster, other: Cluster
) -> bool:
    """Do two that compete for a place fit each other, so that one will be the other's duplicate?"""
    if rival.link is not None and other.link is not None:
        return False
    return any(
        state.of.get(j) is other and state.rules.may_link(evidence)
        for i in rival.nodes
        for j, evidence in neighbours.get(i, ())
    )


# --- the answer -------------------------------------------------------------------------------------------


def _decisions(state: Clusters, edges: Sequence[tuple[int, int, Evidence]]) -> Decisions:
    return Decisions(
        groups=tuple(sorted(_groups(state), key=lambda group: group.members)),
        reviews=_reviews(state, edges),
        duplicates=tuple(sorted(_duplicates(state), key=lambda duplicate: duplicate.ref)),
        joins=tuple(sorted(state.joins, key=lambda join: join[:2])),
    )


def _groups(state: Clusters) -> Iterable[Group]:
    recorded: dict[int, list[tuple[str, str, Evidence]]] = defaultdict(list)
    for a, b, evidence in state.evidence:
        if (cluster := state.of.get(a)) is not None and cluster is state.of.get(b):
            first, second = sorted((state.nodes[a].ref, state.nodes[b].ref))
            recorded[id(cluster)].append((first, second, evidence))
    for cluster in distinct(state.of.values()):
        members = sorted(
            state.nodes[i].ref for i in cluster.nodes if state.nodes[i].new and state.nodes[i].link is None
        )
        if members:
            yield Group(cluster.link, tuple(members), tuple(sorted(recorded[id(cluster)], key=lambda e: e[:2])))


def _duplicates(state: Clusters) -> Iterable[Duplicate]:
    for loser, (first_holder, evidence) in state.duplicates.items():
        holder = first_holder
        while holder in state.duplicates:
            holder = state.duplicates[holder][0]
        node = state.nodes[holder]
        of = node.ref if node.link is None else f"link:{node.link}"
        yield Duplicate(state.nodes[loser].ref, of, evidence)


def _reviews(state: Clusters, edges: Sequence[tuple[int, int, Evidence]]) -> tuple[Review, ...]:
    """One question per pair of clusters: what was found ambiguous, and what lies between the thresholds."""
    found: dict[tuple[int, int], tuple[tuple[str, str], Evidence]] = {}
    asked = [(a, b, evidence, True) for a, b, evidence in state.reviews] + [(*edge, False) for edge in edges]
    for a, b, evidence, certain in asked:
        one, other = state.of.get(a), state.of.get(b)
        if one is None or other is None or one is other or not (state.is_new(one) or state.is_new(other)):
            continue
        if state.told_apart(one, other) or (_same_system(one, other) and not (certain and _settled(one, other))):
            continue
        first, second = sorted((_named(state, a), _named(state, b)))
        pair = (min(id(one), id(other)), max(id(one), id(other)))
        if pair not in found or evidence.weight > found[pair][1].weight:
            found[pair] = ((first, second), evidence)
    return tuple(Review(a, b, evidence) for (a, b), evidence in sorted(found.values(), key=lambda item: item[0]))


def _same_system(one: Cluster, other: Cluster) -> bool:
    return bool(one.places.keys() & other.places.keys())


def _settled(one: Cluster, other: Cluster) -> bool:
    """A lone newcomer whose place is taken asks nothing: it could not be linked whatever the answer."""
    return all(cluster.link is not None or len(cluster.places) > 1 for cluster in (one, other))


def _named(state: Clusters, node: int) -> str:
    link = state.of[node].link
    return state.nodes[node].ref if link is None else f"link:{link}"
