"""How many calls applying a plan will take: counted while it is made, shown before they are spent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from dataclasses import field as given
from typing import NamedTuple

from connector.engine.hub import Ready
from connector.model import Change, Create, Delete, EndId, Entity, LinkPlan, Step, Update

CHUNK = 2000  # links with steps that are applied together; each chunk ends with a part of a batch for every object


class Group(NamedTuple):
    """Writes that share batches. `section`: opt-outs, lines of several parts of a record, and all others."""

    section: str
    entity: Entity
    system: str
    object: str
    kind: type[Step]


@dataclass(slots=True)
class Estimate:
    ready: Ready
    writes: Counter[Group] = given(default_factory=Counter)
    apart: Counter[tuple[Group, str]] = given(default_factory=Counter)  # of them, by column that is read apart
    only_apart: Counter[Group] = given(default_factory=Counter)  # those of such columns alone
    links: Counter[tuple[str, Entity]] = given(default_factory=Counter)
    parts: set[tuple[str, EndId]] = given(default_factory=set)  # records of several parts are written once
    beside: dict[tuple[str, str], frozenset[str]] = given(default_factory=dict)

    def add(self, section: str, plan: LinkPlan) -> None:
        entity = plan.after.entity
        self.links[section, entity] += bool(plan.steps)
        for step in plan.steps:
            match step:
                case Create(system=system, object=object_):
                    self.writes[Group(section, entity, system, object_, Create)] += 1
                case Update(at=at, changes=changes):
                    whole = section, replace(at, part="")
                    if at.part and whole in self.parts:
                        continue
                    self.parts |= {whole} if at.part else set()
                    self._update(Group(section, entity, at.system, at.object, Update), at, changes)
                case Delete(at=at):
                    self.writes[Group(section, entity, at.system, at.object, Delete)] += 1

    def _update(self, group: Group, at: EndId, changes: Sequence[Change]) -> None:
        self.writes[group] += 1
        beside = self._beside(at.system, at.object)
        place = self.ready.held(group.entity, (at.system, at.object, at.part)) if beside else None
        if place is None:
            return
        held = [place.at.columns.get(change.field, ()) for change in changes]
        columns = {column for one in held if isinstance(one, tuple) for column in one if column}
        self.apart.update((group, column) for column in columns & beside)
        self.only_apart[group] += bool(columns) and columns <= beside

    def _beside(self, system: str, object_: str) -> frozenset[str]:
        """The columns in use that are read by a call of their own."""
        if (system, object_) not in self.beside:
            apart = {column.name for column in self.ready.shapes[system, object_].columns if column.apart}
            columns = next(s.columns for s in self.ready.sources if (s.system, s.object) == (system, object_))
            self.beside[system, object_] = frozenset(apart.intersection(columns))
        return self.beside[system, object_]

    def calls(self) -> dict[str, int]:
        """Per system: re-reads, writes and looks back. Not what it takes to sign in and to look at the schema."""
        calls: Counter[str] = Counter()
        for group, writes in self.writes.items():
            can = self.ready.hub.adapters[group.system].can
            chunks = -(-self.links[group.section, group.entity] // CHUNK)

            def batches(number: int, size: int, chunks: int = chunks) -> int:
                return max(-(-number // size), min(number, chunks))

            of_records = writes - self.only_apart[group]
            calls[group.system] += batches(of_records, can.write_batch)
            if group.kind is Create:
                continue
            beside = self._beside(group.system, group.object)
            calls[group.system] += (1 + len(beside)) * batches(writes, can.read_batch)
            if can.history and group.kind is Update:
                calls[group.system] += batches(of_records, can.history)
            for column in beside:  # looked at once more, and written
                calls[group.system] += 2 * batches(self.apart[group, column], can.write_batch)
        return dict(calls)
