"""What systems fill anew by themselves at the changes of a plan: the copies that a lookup of kintone makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.model import Change
from connector.report.words import Words


@dataclass(frozen=True, slots=True)
class Refills:
    """`labels`: "entity|field|system|object" -> the fields that are filled, as the plan's totals have it."""

    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def at(self, entity: str, system: str, object: str, change: Change) -> list[str]:
        return list(self.labels.get(f"{entity}|{change.field}|{system}|{object}", ()))

    def of_row(self, row: Mapping[str, Any]) -> list[str]:
        """Of a row of the first page, whatever the object."""
        begin = f"{row['entity']}|{row['field']}|{row['system']}|"
        return list(
            dict.fromkeys(name for key, names in self.labels.items() if key.startswith(begin) for name in names)
        )


NO_REFILLS = Refills()


def of_totals(totals: Mapping[str, Any]) -> Refills:
    return Refills(totals.get("refills", {}))


def sentence(names: Sequence[str], system: str, change: Change, words: Words) -> str:
    """What stands under a change."""
    message = "diff.refills.blank" if change.after is None else "diff.refills"
    return words.say(message, system=system, names=words.say("list.joiner").join(names))
