"""A part of a plan: one field, one owner, some records."""

from __future__ import annotations

from dataclasses import dataclass, replace

from connector.engine.after import undecide
from connector.model import Create, Delete, Entity, LinkPlan, Update


@dataclass(frozen=True, slots=True)
class Narrow:
    """What part of a plan is wanted: `first` links, one `field`, one `owner`, records whose label holds `who`."""

    field: str = ""
    owner: str = ""
    who: str = ""
    first: int | None = None
    entity: Entity | None = None

    @property
    def all(self) -> bool:
        return self == Narrow()

    def takes(self, plan: LinkPlan, taken: int) -> bool:
        if self.first is not None and (taken >= self.first or not (plan.steps or plan.opened)):
            return False
        if self.entity is not None and plan.after.entity is not self.entity:
            return False
        if self.owner and plan.owner != self.owner:
            return False
        if self.who and self.who.casefold() not in plan.label.casefold():
            return False
        return not self.field or any(self.field in _fields_of(s) for s in plan.steps)

    def cut(self, plan: LinkPlan) -> LinkPlan:
        """Only the wanted field is sent; the rest stays undelivered and comes again in the next plan."""
        if not self.field:
            return plan
        steps: list[Update] = []
        left: set[str] = set()
        for step in plan.steps:
            if isinstance(step, Update):
                kept = tuple(c for c in step.changes if c.field == self.field)
                left |= {c.field for c in step.changes if c.field != self.field}
                if kept:
                    steps.append(replace(step, changes=kept))
        return replace(plan, steps=tuple(steps), after=replace(undecide(plan.after, plan.before, left), dirty=True))


def _fields_of(step: Create | Update | Delete) -> tuple[str, ...]:
    return tuple(c.field for c in step.changes) if isinstance(step, Update) else ()
