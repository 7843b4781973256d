"""The demo's last scene: a third system joins two that are linked, and what that would do to whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from connector.demo.database import KINTONE_DB
from connector.engine.planfile import PlanReader
from connector.engine.totals import joins_systems
from connector.mapping.edit import switch_enabled
from connector.mapping.model import EntityMapping, FieldMapping
from connector.model import Change, Create, Delete, Entity, FieldType, Link, LinkPlan, Update, live_end

NAME = "kintone"
MAPPINGS = "sqlite-demo-kintone"

# one row is a company and its 担当者; the mapping files say which columns belong to which
CONFIG = f"""\
  {NAME}:
    type: sql
    url: sqlite:///{KINTONE_DB}
    tables:
      顧客管理: {{table: 顧客管理, key: レコード番号, modified: 更新日時, created: 作成日時}}
"""


def join(folder: Path, templates: Path) -> None:
    """What an admin does: one more system in config.yaml, and its columns in two mapping files."""
    config = folder / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8") + CONFIG, encoding="utf-8")
    for file in sorted((templates / MAPPINGS).glob("*.yaml")):
        text = switch_enabled(file.read_text(encoding="utf-8"), True)
        (folder / "mappings" / file.name).write_text(text, encoding="utf-8")


@dataclass(slots=True)
class Joined:
    """What a plan does because of the new system. `refused` counts the changes that no rule of the mapping allows."""

    people: int = 0
    companies: int = 0
    filled: int = 0  # blank cells of the new system that get a value
    overwritten: int = 0  # its filled cells that get another one, by a rule
    kept: int = 0  # its filled cells that differ and stay, for the field is written only into empty cells
    spread: int = 0  # cells of the other systems that get a value
    unruled: int = 0

    def facts(self) -> dict[str, int]:
        return {
            "people": self.people,
            "companies": self.companies,
            "filled": self.filled,
            "overwritten": self.overwritten,
            "kept": self.kept,
            "spread": self.spread,
            "unruled": self.unruled,
        }


def weigh(plan: PlanReader, mappings: tuple[EntityMapping, ...]) -> Joined:
    """Every change of the plan against the rule of its field."""
    found = Joined()
    fields = {m.entity: m.fields for m in mappings}
    for line in plan.lines():
        one = line.plan
        rules = fields[one.after.entity]
        if joins_systems(one):
            found.people += one.after.entity is Entity.PERSON
            found.companies += one.after.entity is Entity.COMPANY
        if line.plan.before is None or _new(one):
            found.kept += sum(1 for rule in rules.values() if _kept(one.after, rule))
        for system, change in _changes(one):
            if not allowed(rules[change.field], system, change):
                found.unruled += 1
            if system != NAME:
                found.spread += 1
            elif change.before is None:
                found.filled += 1
            else:
                found.overwritten += 1
        found.unruled += sum(1 for step in one.steps if isinstance(step, Create | Delete))  # the demo allows neither
    return found


def _changes(plan: LinkPlan) -> Iterator[tuple[str, Change]]:
    for step in plan.steps:
        if isinstance(step, Update):
            for change in step.changes:
                yield step.at.system, change


def allowed(rule: FieldMapping, system: str, change: Change) -> bool:
    """Whether a field may be written like this: to a receiver, never to blank, into empty cells where it says so."""
    if rule.type is FieldType.CONSENT:
        return True  # an opt-out reaches everywhere
    if system not in rule.receivers or change.after is None:
        return False
    return change.before is None or system not in rule.only_into_empty


def _new(plan: LinkPlan) -> bool:
    """Whether the new system's record comes to a link that did without it."""
    assert plan.before is not None, "a new link is asked about first"
    return live_end(plan.before, NAME) is None and live_end(plan.after, NAME) is not None


def _kept(link: Link, rule: FieldMapping) -> bool:
    end = live_end(link, NAME)
    if end is None or NAME not in rule.only_into_empty:
        return False
    here, golden = end.base.get(rule.name), link.golden.get(rule.name)
    return here is not None and golden is not None and here != golden
