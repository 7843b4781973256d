"""Many new records at once, told apart by numbers: most are placed without a look at their values.

Nothing is decided here that `placing` would decide otherwise. A record that shares no identifier with another one and
cannot weigh enough against any stands alone; two of two systems that share an identifier and a name, and nothing with
anybody else, are one. All others are parts: small sets of records that have to do with each other, for `settle`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from connector.match.blocking import MOST_IN_A_WEIGHT_BLOCK, block_number
from connector.match.comparing import Compared, Comparing
from connector.match.features import Email, Feature, Kind, Phone
from connector.match.levels import level_of
from connector.match.model import Decisions, Subject
from connector.match.placing import NAMES_LOOKED_AT, names_differ, nodes_of, settle
from connector.model import Entity

Numbers: TypeAlias = NDArray[np.int64]
Holders: TypeAlias = tuple[tuple[int, ...], ...]

_PAIRS_AT_ONCE = 2_000_000
_PART = 2_000  # records that are decided in one go


@dataclass(frozen=True, slots=True)
class Part:
    """Records that have to do with each other and with no others.

    `pairs` share a block of a weight key and may weigh enough. `holders` may tell for each field that a value of the
    part is shared by differently named records: one record for each name, or all of them where there are many.
    """

    records: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    holders: Mapping[str, Holders]


@dataclass(frozen=True, slots=True)
class Sorted:
    """Every record once."""

    alone: Sequence[int]
    pairs: Sequence[tuple[int, int]]
    parts: Iterator[Part]


class Crowd:
    """The records as columns of numbers, a record a place. 0 stands for nothing."""

    def __init__(self, rules: Comparing) -> None:
        self._rules = rules
        self._prefix = f"{rules.entity}|"
        self._identified = tuple((array("q"), array("q")) for _ in rules.identifiers)
        self._values = {f.name: array("q") for f in rules.fields}
        self._naming = array("q")
        self._spellings: dict[Feature, int] = {}
        # of names and companies every spelling is kept: how near two are stands in no number
        self._spelt = {f.name: array("i") for f in rules.fields if f.kind in (Kind.NAME, Kind.COMPANY)}
        self._mails = {f.name: (array("q"), array("q")) for f in rules.fields if f.kind is Kind.EMAIL}
        self._systems = array("h")
        self._system_of: dict[str, int] = {}
        self._keys, self._of = array("q"), array("i")
        self._places = array("q")
        self._dropped: set[int] = set()

    def __len__(self) -> int:
        return len(self._systems)

    def add(self, place: tuple[str, ...], features: Mapping[str, Feature]) -> tuple[int, ...]:
        """Takes one more record, known by its system and its place there; gives its blocks."""
        rules, number = self._rules, len(self._systems)
        prefix, get = self._prefix, features.get
        blocks: dict[int, None] = {}
        for (first, second), key in zip(self._identified, rules.identifier_keys(features), strict=True):
            block = block_number(prefix + key) if key else 0
            first.append(block)
            second.append(hash(key) if key else 0)
            if key:
                blocks[block] = None
        keys = dict.fromkeys([block_number(prefix + key) for key in rules.weight_keys(features)])
        self._keys.extend(keys)
        self._of.extend([number] * len(keys))
        for name, column in self._values.items():
            part = get(name)
            column.append(0 if part is None else hash(part[0]) or 1)  # the main part of every feature stands first
        for name, (locals_, domains) in self._mails.items():
            mail = get(name)
            local, domain = (mail.local, mail.domain) if isinstance(mail, Email) else ("", "")
            locals_.append(hash(local) if local else 0)
            domains.append(hash(domain) if domain else 0)
        spellings, names = self._spellings, []
        for name, ids in self._spelt.items():
            spelling = get(name)
            if spelling is None:
                ids.append(0)
                continue
            known = spellings.get(spelling)
            if known is None:
                known = spellings[spelling] = len(spellings) + 1
            ids.append(known)
            names.append(known)
        self._naming.append(hash(tuple(names)))
        self._systems.append(self._system_of.setdefault(place[0], len(self._system_of)))
        self._places.append(hash(place))
        return tuple({**blocks, **keys})

    def twins(self) -> list[list[int]]:
        """Records that seem to be read twice."""
        places = _numbers(self._places)
        order = np.argsort(places, kind="stable")
        again = places[order][1:] == places[order][:-1]
        found: list[list[int]] = []
        for at in np.flatnonzero(again).tolist():
            if found and found[-1][-1] == int(order[at]):
                found[-1].append(int(order[at + 1]))
            else:
                found.append([int(order[at]), int(order[at + 1])])
        return found

    def drop(self, record: int) -> None:
        """This record does not count."""
        self._dropped.add(record)

    # --- who has to do with whom

    def sorted(self) -> Sorted:
        size = len(self)
        here = self._here()
        edges = [_chains(_numbers(first), here) for first, _ in self._identified]
        near = self._near(here)
        one = np.concatenate([a for a, _ in edges] + [near[0]])
        other = np.concatenate([b for _, b in edges] + [near[1]])
        labels = _components(size, one, other)
        counts = np.bincount(labels, minlength=size)
        mine = counts[labels]
        alone = np.flatnonzero(here & (mine == 1))
        coupled = np.flatnonzero(here & (mine == 2))
        twos = coupled[np.argsort(labels[coupled], kind="stable")].reshape(-1, 2)
        plain = self._plainly_one(twos[:, 0], twos[:, 1])
        rest = here & (mine > 1)
        rest[twos[plain].ravel()] = False
        return Sorted(alone.tolist(), [(a, b) for a, b in twos[plain].tolist()], self._parts(rest, labels, near))

    def _here(self) -> NDArray[np.bool_]:
        here = np.ones(len(self), dtype=bool)
        here[list(self._dropped)] = False
        return here

    def _plainly_one(self, a: Numbers, b: Numbers) -> NDArray[np.bool_]:
        """Two records, alone with each other, that `settle` would take for one because of an identifier."""
        systems = np.frombuffer(self._systems, dtype=np.int16)
        namings = _numbers(self._naming)
        alike = namings[a] == namings[b]
        if self._rules.entity is not Entity.COMPANY:  # a company's branch stands in its name
            same = np.ones(len(a), dtype=bool)
            for field in self._rules.fields:
                if field.kind is not Kind.NAME:
                    continue
                spelt = np.frombuffer(self._spelt[field.name], dtype=np.int32)
                same &= (spelt[a] == spelt[b]) | (spelt[a] == 0) | (spelt[b] == 0)
            alike |= same
        shared = np.zeros(len(a), dtype=bool)
        for first, second in self._identified:
            one, other = _numbers(first), _numbers(second)
            shared |= (one[a] != 0) & (one[a] == one[b]) & (other[a] == other[b])
        plain: NDArray[np.bool_] = (systems[a] != systems[b]) & alike & shared
        return plain

    def _near(self, here: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
        """Pairs that share a block of a weight key and may weigh enough for a person to look at, each once."""
        keys, of = _numbers(self._keys), np.frombuffer(self._of, dtype=np.int32)
        order = np.argsort(keys, kind="stable")
        order = order[here[of[order]]]
        starts, lengths = _runs(keys[order])
        found: list[Numbers] = []
        for length in np.unique(lengths).tolist():
            if not 1 < length <= MOST_IN_A_WEIGHT_BLOCK:
                continue
            i, j = np.triu_indices(length, 1)
            blocks = starts[lengths == length]
            step = max(1, _PAIRS_AT_ONCE // len(i))
            for begin in range(0, len(blocks), step):
                members = of[order[blocks[begin : begin + step, None] + np.arange(length)]].astype(np.int64)
                a, b = members[:, i].ravel(), members[:, j].ravel()
                a, b = self._heavy(a, b, Kind.NAME)
                a, b = self._heavy(a, b, Kind.COMPANY)
                found.append(a * len(self) + b)
        every = np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)
        return every // max(1, len(self)), every % max(1, len(self))

    def _heavy(self, a: Numbers, b: Numbers, looked: Kind) -> tuple[Numbers, Numbers]:
        may = self._most(a, b, looked) >= self._rules.review_at - 1e-6
        return a[may], b[may]

    def _most(self, a: Numbers, b: Numbers, looked: Kind) -> NDArray[np.float64]:
        """What pairs weigh at most: names, and companies once few pairs are left, by their level; others by number."""
        most = np.zeros(len(a))
        for field in self._rules.fields:
            if field.table is None:
                continue
            if field.kind is Kind.NAME or field.kind is looked:
                most += self._levelled(field, a, b)
                continue
            column = _numbers(self._values[field.name])
            first, second = column[a], column[b]
            same, other = _bounds(field)
            apart: float | NDArray[np.float64] = other
            if field.kind is Kind.EMAIL:
                apart = self._mailed(field, a, b)
            most += np.where((first == 0) | (second == 0), 0.0, np.where(first == second, same, apart))
        return most

    def _mailed(self, field: Compared, a: Numbers, b: Numbers) -> NDArray[np.float64]:
        """Of addresses that differ."""
        table = field.table or {}
        locals_, domains = (_numbers(column) for column in self._mails[field.name])
        differ = table.get("differ", 0.0)
        local = np.where(locals_[a] == locals_[b], max(table.get("local", 0.0), differ), differ)
        found: NDArray[np.float64] = np.where(
            (domains[a] != 0) & (domains[a] == domains[b]), table.get("domain", 0.0), local
        )
        return found

    def _levelled(self, field: Compared, a: Numbers, b: Numbers) -> NDArray[np.float64]:
        assert field.table is not None
        spelt = np.frombuffer(self._spelt[field.name], dtype=np.int32).astype(np.int64)
        width = len(self._spellings) + 1
        pairs, back = np.unique(spelt[a] * width + spelt[b], return_inverse=True)
        spellings: list[Any] = [None, *self._spellings]
        weights = [
            field.table.get(level_of(spellings[p // width], spellings[p % width]), 0.0)
            if p >= width and p % width
            else 0.0
            for p in pairs.tolist()
        ]
        found: NDArray[np.float64] = np.array(weights)[back]
        return found

    # --- what is left

    def _parts(self, rest: NDArray[np.bool_], labels: Numbers, near: tuple[Numbers, Numbers]) -> Iterator[Part]:
        records = np.flatnonzero(rest)
        records = records[np.argsort(labels[records], kind="stable")]
        inner = rest[near[0]]
        one, other = near[0][inner], near[1][inner]
        order = np.argsort(labels[one], kind="stable")
        one, other = one[order], other[order]
        starts, lengths = _runs(labels[records])
        ends = starts + lengths
        shareable = self._shareable()
        begin = 0
        for at, end in enumerate(ends.tolist()):
            if end - begin < _PART and at + 1 < len(ends):
                continue
            batch = records[begin:end]
            low, high = labels[batch[0]], labels[batch[-1]]
            mine = slice(np.searchsorted(labels[one], low, "left"), np.searchsorted(labels[one], high, "right"))
            pairs = zip(one[mine].tolist(), other[mine].tolist(), strict=True)
            holders = {name: self._holders(column, by, values, batch) for name, column, by, values in shareable}
            yield Part(tuple(batch.tolist()), tuple(pairs), holders)
            begin = end

    def _shareable(self) -> list[tuple[str, Numbers, Numbers, Numbers]]:
        """Addresses and numbers: (field, values, records in the order of their values, these values)."""
        found = []
        here = self._here()
        for field in self._rules.fields:
            if field.kind in (Kind.EMAIL, Kind.PHONE):
                column = _numbers(self._values[field.name])
                order = np.argsort(column, kind="stable")
                order = order[here[order]]
                found.append((field.name, column, order, column[order]))
        return found

    def _holders(self, column: Numbers, order: Numbers, ordered: Numbers, batch: Numbers) -> Holders:
        """For each value in the batch that several names hold: who."""
        namings = _numbers(self._naming)
        wanted = np.unique(column[batch])
        wanted = wanted[wanted != 0]
        lefts, rights = np.searchsorted(ordered, wanted, "left"), np.searchsorted(ordered, wanted, "right")
        found = []
        for left, right in zip(lefts.tolist(), rights.tolist(), strict=True):
            group = order[left:right]
            names, first = np.unique(namings[group], return_index=True)
            if len(names) > 1:
                found.append(tuple((group if len(names) > NAMES_LOOKED_AT else group[np.sort(first)]).tolist()))
        return tuple(found)


def decide(rules: Comparing, part: Part, subjects: Mapping[int, Subject]) -> Decisions:
    """What `placing.place` decides about the records of a part; `subjects` has them and the holders."""
    nodes = nodes_of(rules, [subjects[i] for i in part.records], ())
    places = {node.ref: place for place, node in enumerate(nodes)}
    at = {i: places[subjects[i].ref] for i in part.records}
    pairs = {(min(at[a], at[b]), max(at[a], at[b])) for a, b in part.pairs}
    shared = set()
    for field, groups in part.holders.items():
        for group in groups:
            holders = nodes_of(rules, [subjects[i] for i in group], ())
            if names_differ(rules, holders):
                match holders[0].features[field]:
                    case Email(key) | Phone(key):
                        shared.add((field, key))
                    case _:
                        pass
    return settle(rules, nodes, frozenset(), frozenset(), shared, pairs)


def _bounds(field: Compared) -> tuple[float, float]:
    """The most that a field weighs where its main part is the same, and where it is not."""
    table = field.table or {}
    match field.kind:
        case Kind.PHONE:
            levels: tuple[str, ...] = ("differ",)
        case Kind.COMPANY:
            levels = ("close", "differ", "unknown")
        case _:
            levels = ("close", "differ")
    other = max(table.get(level, 0.0) for level in levels)
    return max(*table.values(), other, 0.0), other


def _numbers(column: array[int]) -> Numbers:
    return np.frombuffer(column, dtype=np.int64)


def _runs(values: Numbers) -> tuple[Numbers, Numbers]:
    """Where runs of equal values start, and how long they are."""
    if not len(values):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    starts = np.concatenate([[0], np.flatnonzero(values[1:] != values[:-1]) + 1]).astype(np.int64)
    return starts, np.diff(np.append(starts, len(values)))


def _chains(values: Numbers, here: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """Neighbours among the records that share a value: enough to connect them all."""
    order = np.argsort(values, kind="stable")
    order = order[here[order] & (values[order] != 0)]
    same = values[order][1:] == values[order][:-1]
    return order[:-1][same], order[1:][same]


def _components(size: int, one: Numbers, other: Numbers) -> Numbers:
    """The lowest record that each record is connected with."""
    labels = np.arange(size, dtype=np.int64)
    while True:
        a, b = labels[one], labels[other]
        if not (a != b).any():
            return labels
        np.minimum.at(labels, a, b)
        np.minimum.at(labels, b, a)
        while True:
            shorter = labels[labels]
            if (shorter == labels).all():
                break
            labels = shorter


__all__ = ["Crowd", "Part", "Sorted", "decide"]
