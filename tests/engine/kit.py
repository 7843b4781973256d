"""Two or three systems in memory, a hub in a temporary folder, and short words for telling stories with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import count
from pathlib import Path
from textwrap import dedent
from typing import Any

from connector.adapters.contract import Column, ColumnKind
from connector.adapters.memory import MemoryAdapter, MemorySystem, Nature
from connector.cleanse import RULES
from connector.engine import run
from connector.engine.hub import Hub
from connector.engine.narrow import Narrow
from connector.engine.planfile import PlanReader
from connector.engine.undo import UndoOptions
from connector.mapping.load import load_mappings
from connector.mapping.model import EntityMapping
from connector.model import Entity, HoldKind, Link, Verdict
from connector.store.store import Store, open_store

PERSON = dedent(
    """
    entity: person
    enabled: true
    systems:
      ma: {object: people}
      sfa: {object: contacts}
    match:
      identifiers: [email]
    fields:
      name:
        type: person_name
        map: {ma: [last, first], sfa: [LastName, FirstName]}
        flow: ma <-> sfa
        if_both_changed: sfa wins
      email:
        type: email
        map: {ma: mail, sfa: Email}
        flow: ma <-> sfa
        if_both_changed: ask
      phone:
        type: phone
        map: {ma: tel, sfa: Phone}
        flow: ma <-> sfa
        if_both_changed: ask
        on_blank: keep
      title:
        type: text
        map: {ma: title, sfa: Title}
        flow: ma <-> sfa
        if_both_changed: sfa wins
        on_blank: clear
      score:
        type: integer
        map: {ma: score, sfa: Score}
        flow: ma -> sfa
      consent:
        type: consent
        map: {ma: optout, sfa: OptOut}
        flow: ma <-> sfa
        values:
          ma: {"1": opt_out, "0": opt_in}
          sfa: {"1": opt_out, "0": opt_in}
    """
)


def columns(*names: str) -> tuple[Column, ...]:
    kinds = {"score": ColumnKind.NUMBER, "Score": ColumnKind.NUMBER}
    return tuple(Column(n, n, kinds.get(n, ColumnKind.TEXT)) for n in names)


PEOPLE = columns("last", "first", "mail", "tel", "title", "score", "optout", "company_id")
CONTACTS = columns("LastName", "FirstName", "Email", "Phone", "Title", "Score", "OptOut", "AccountId")


@lru_cache(maxsize=64)
def _loaded(texts: tuple[tuple[str, str], ...], systems: frozenset[str]) -> tuple[EntityMapping, ...]:
    return load_mappings(dict(texts), systems=set(systems), rules=RULES, computed=())


@dataclass
class Kit:
    folder: Path
    mappings: Mapping[str, str]
    systems: dict[str, MemorySystem]
    adapters: dict[str, MemoryAdapter]
    store: Store
    now: datetime = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
    limits: dict[Any, Any] = field(default_factory=dict)
    keys: Any = field(default_factory=lambda: count(1))
    runs: Any = field(default_factory=lambda: count(1))
    plans: Any = field(default_factory=lambda: count(1))
    notes: dict[str, Any] = field(default_factory=dict)  # what one part of a story remembers for the next

    @property
    def hub(self) -> Hub:
        made = _loaded(tuple(self.mappings.items()), frozenset(self.systems))
        return Hub(
            store=self.store,
            adapters=self.adapters,
            mappings=made,
            now=lambda: self.now,
            new_key=lambda: f"L{next(self.keys):06d}",
            new_run=lambda: f"R{next(self.runs):04d}",
            holder="test",
            sleep=lambda seconds: self.pass_time(seconds),
            spool=self.folder / "spool",
            limits=self.limits,
        )

    def pass_time(self, seconds: float = 3600) -> None:
        self.now += timedelta(seconds=seconds)
        for system in self.systems.values():
            system.advance(seconds)

    def path(self) -> Path:
        return self.folder / f"plan{next(self.plans)}.jsonl"

    def diff(self, **narrow: Any) -> PlanReader:
        return run.diff(self.hub, self.path(), narrow=Narrow(**narrow) if narrow else None)

    def sync(self, **options: Any) -> run.Outcome:
        self.pass_time()
        outcome = run.sync(self.hub, self.path(), **options)
        assert outcome is not None
        return outcome

    def apply(self, plan: PlanReader, **options: Any) -> run.Outcome:
        return run.apply(self.hub, plan.path, **options)

    def undo(self, run_id: str, **options: Any) -> run.Outcome:
        plan = run.undo(self.hub, self.path(), run_id, UndoOptions(**options))
        return run.apply(self.hub, plan.path)

    def link_of(self, system: str, object_: str, id_: str) -> Link:
        [known, *_] = self.store.known(system, object_, [id_])[id_]
        return self.store.links([known.link])[known.link]

    def holds(self, *kinds: HoldKind) -> list[Any]:
        return [h.hold for h in self.store.holds(kinds=kinds or None)]

    def decide(self, hold: Any, choice: str, value: Any = None) -> None:
        assert self.store.decide([Verdict(hold.id, choice, hold.seen, value, "test")]) == 1


def kit(
    folder: Path,
    *,
    mappings: Mapping[str, str] | None = None,
    natures: Mapping[str, Nature] | None = None,
    objects: Mapping[str, Mapping[str, tuple[Column, ...]]] | None = None,
    url: str | None = None,
) -> Kit:
    shapes = objects or {"ma": {"people": PEOPLE}, "sfa": {"contacts": CONTACTS}}
    natures = natures or {}
    systems = {
        name: MemorySystem(shape, nature=natures.get(name, Nature()), org=name) for name, shape in shapes.items()
    }
    adapters = {name: MemoryAdapter(name, system) for name, system in systems.items()}
    made = Kit(folder, mappings or {"person.yaml": PERSON}, systems, adapters, None)  # type: ignore[arg-type]
    made.store = open_store(url or f"sqlite:///{folder / 'hub.db'}", now=lambda: made.now)
    return made


__all__ = ["CONTACTS", "PEOPLE", "PERSON", "Entity", "Kit", "columns", "kit"]
