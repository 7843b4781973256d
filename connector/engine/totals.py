"""What the first page of a diff shows, added up while the plan is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as given
from typing import Any

from connector.adapters.contract import Shape
from connector.mapping.model import EntityMapping
from connector.mapping.refilled import refilled
from connector.model import Create, Delete, EndState, LinkPlan, Reason, Update
from connector.store.values import value_to_json

_OPEN = (EndState.LIVE, EndState.CREATING, EndState.OUT_OF_SCOPE)


@dataclass(slots=True)
class Totals:
    """What the first page of a diff shows, added up while the plan is written."""

    fields: dict[str, dict[str, Any]] = given(default_factory=dict)  # "entity|field|system|kind" -> count, samples
    counts: dict[str, int] = given(default_factory=dict)

    def add(self, plan: LinkPlan) -> None:
        self._count("links")
        if plan.before is None:
            self._count("new_links")
        linked = joins_systems(plan)
        if linked:
            self._count("linked")
        if linked or plan.steps or plan.opened:
            self._count("visible")
        for hold in plan.opened:
            self._count("hold." + str(hold.id.kind))
        for step in plan.steps:
            match step:
                case Create(system=system):
                    self._count("create")
                    self._field(plan, "", system, "create", None, plan.label)
                case Delete(at=at):
                    self._count("delete")
                    self._field(plan, "", at.system, "delete", plan.label, None)
                case Update(at=at, changes=changes):
                    self._count("update")
                    for c in changes:
                        kind = "blank" if c.after is None else "fill" if c.before is None else "overwrite"
                        if kind == "overwrite" and c.reason is Reason.FIRST_CONTACT:
                            kind = "first_contact"
                        self._field(plan, c.field, at.system, kind, c.before, c.after)

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def _field(self, plan: LinkPlan, field: str, system: str, kind: str, before: Any, after: Any) -> None:
        row = self.fields.setdefault(f"{plan.after.entity}|{field}|{system}|{kind}", {"count": 0, "samples": []})
        row["count"] += 1
        if len(row["samples"]) < 3:
            row["samples"].append([plan.label, _shown(before), _shown(after)])

    def as_json(self) -> dict[str, Any]:
        return {"fields": self.fields, "counts": self.counts}


def refills(mappings: Iterable[EntityMapping], shapes: Mapping[tuple[str, str], Shape]) -> dict[str, list[str]]:
    """ "entity|field|system|object" -> labels of the columns that the system fills anew when the field is written."""
    return {
        "|".join((str(mapping.entity), *place)): list(labels)
        for mapping in mappings
        for place, labels in refilled(mapping, shapes).items()
    }


def joins_systems(plan: LinkPlan) -> bool:
    """Whether records of several systems come together that were apart."""
    apart = {e.at.system for e in plan.before.ends if e.state in _OPEN} if plan.before is not None else set()
    now = {e.at.system for e in plan.after.ends if e.state in _OPEN}
    return len(now) > 1 and not now <= apart


def _shown(value: Any) -> Any:
    """The JSON form of a value (connector.store.values); long text is cut."""
    return value[:120] if isinstance(value, str) else value_to_json(value)
