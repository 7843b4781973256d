"""Stage three: every link with something to look at is planned, counted, guarded and written to the plan file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as given
from pathlib import Path
from typing import TYPE_CHECKING

from connector.engine.chunk import Chunk, Planning
from connector.engine.deriving import Deriver, computed_fields
from connector.engine.estimate import Estimate
from connector.engine.hub import Ready, confirmed_fields, hub_id, linked_ends, mappings_digest, pin_identities
from connector.engine.narrow import Narrow
from connector.engine.place import gather, place_entity
from connector.engine.placed import Placed
from connector.engine.planfile import Footer, Header, Line, PlanReader, PlanWriter, encode_line
from connector.engine.pull import Ledger, LensHistory, Pulled, pull_all
from connector.engine.spool import Spool
from connector.engine.totals import Totals, refills
from connector.mapping.model import EntityMapping
from connector.model import (
    Create,
    Entity,
    HoldKind,
    Update,
)
from connector.store.records import RunKind, Touch
from connector.sync.guard import Tally, guard, trip_json

if TYPE_CHECKING:
    from connector.match.crowd import Crowd

CHUNK = 500


def make_plan(
    ready: Ready,
    path: Path,
    *,
    kind: RunKind = RunKind.SYNC,
    link_only: frozenset[Entity] = frozenset(),
    narrow: Narrow | None = None,
    backfill: tuple[Entity, str] | None = None,
    full: bool = False,
) -> PlanReader:
    """Pulls, places and plans; writes nothing but the plan file and a temporary spool. Returns the plan, whole."""
    hub, narrow = ready.hub, narrow or Narrow()
    run = hub.new_run()
    header = Header(
        id=run,
        kind=kind,
        made_at=hub.now(),
        hub=hub_id(hub),
        mappings=mappings_digest(ready.mappings),
        schema=ready.schema,
        entities=tuple(str(m.entity) for m in ready.mappings),
        narrowed=not narrow.all,
    )
    ledger = Ledger()
    with Spool(hub.spool) as spool, PlanWriter(path, header) as writer:
        crowds = gather(ready, spool) if backfill is None else {}
        pulled = Pulled({}, 0, (), 0) if backfill else pull_all(ready, spool, ledger, writer.touches, full=full)
        planner = _Planner(
            ready, run, spool, writer, ledger, narrow, backfill, link_only, Deriver(ready), Estimate(ready)
        )
        planner.place(crowds)
        planner.preview()
        for mapping in ready.mappings:
            if backfill is None or mapping.entity is backfill[0]:
                planner.entity(mapping)
        planner.finish()
        writer.touches(planner.touches)
        # a look at every end: only when the guard has something to weigh
        linked = linked_ends(ready) if planner.tally.places else {}
        trips = guard(
            planner.tally,
            linked,
            pulled.listings,
            limits=hub.limits,
            confirmed=confirmed_fields(hub),
        )
        footer = Footer(
            cursors={} if not narrow.all or backfill else pulled.cursors,
            ledger=ledger.as_json(),
            totals=planner.totals.as_json()
            | {"records": pulled.records, "calls": planner.estimate.calls()}
            | {"refills": refills(ready.mappings, ready.shapes)},
            trips=[trip_json(t) for t in trips],
            state={
                "lenses": LensHistory(ready).as_json(),
                "identities": pin_identities(hub),
                "linked_entities": [str(e) for e in link_only],
            },
            touches=pulled.touches + len(planner.touches),
        )
        writer.close(footer)
    return PlanReader(path)


@dataclass(slots=True)
class _Planner:
    ready: Ready
    run: str
    spool: Spool
    writer: PlanWriter
    ledger: Ledger
    narrow: Narrow
    backfill: tuple[Entity, str] | None
    link_only: frozenset[Entity]
    deriver: Deriver
    estimate: Estimate
    tally: Tally = given(default_factory=Tally)
    totals: Totals = given(default_factory=Totals)
    taken: int = 0
    touches: list[Touch] = given(default_factory=list)
    placed: dict[Entity, Placed] = given(default_factory=dict)

    def place(self, crowds: dict[Entity, Crowd]) -> None:
        """Every new record of every entity finds its link first: references and derived values need to know."""
        for mapping in self.ready.mappings:
            fresh = self.backfill is None
            entity, crowd = mapping.entity, crowds.pop(mapping.entity, None)
            self.placed[entity] = place_entity(self.ready, self.spool, entity, crowd) if fresh else Placed()

    def preview(self) -> None:
        """What this run makes of the deals, before the people and companies they speak about are planned."""
        if not self.deriver.wanted or self.link_only or self.backfill is not None:
            return
        for chunk, keys in self._planned_chunks(self.ready.mapping(Entity.DEAL)):
            for key in keys:
                planned = chunk.preview(key)
                if planned is not None:
                    self.deriver.preview(planned)

    def entity(self, mapping: EntityMapping) -> None:
        done = 0
        for chunk, keys in self._planned_chunks(mapping):
            for key in keys:
                chunk.plan(key)
            done += len(keys)
            self.ready.hub.progress(f"plan {mapping.entity}", done, None)

    def _planned_chunks(self, mapping: EntityMapping) -> Iterator[tuple[Chunk, list[str]]]:
        entity = mapping.entity
        placed = self.placed[entity]
        made = self.ready.matchers[entity]
        reviewed = self._reviewed(entity, placed)
        planning = Planning(
            self.ready,
            self.run,
            self.spool,
            self.ledger,
            self.tally,
            self.backfill,
            self.link_only,
            self.emit,
            self.touches.extend,
            self.deriver,
        )
        for keys in self._chunks(entity, placed):
            yield Chunk(planning, mapping, made, placed, reviewed, keys), keys

    def _reviewed(self, entity: Entity, placed: Placed) -> set[str]:
        """Links in an unanswered match review, on either side: none of them is created elsewhere."""
        under: set[str] = set()
        for stored in self.ready.hub.store.holds(kinds=[HoldKind.MATCH], decided=False):
            if stored.entity is entity:
                under |= {stored.hold.id.link, stored.hold.id.topic}
        for holds in placed.reviews.values():
            for hold in holds:
                under |= {hold.id.link, hold.id.topic}
        return under

    def _chunks(self, entity: Entity, placed: Placed) -> Iterator[list[str]]:
        """Links with observations, then joined, reviewed and dirty ones that had none; each once."""
        if self.backfill is not None:
            for links in self.ready.hub.store.every(entity, CHUNK):
                yield [link.key for link in links]
            return
        for keys in self.spool.links(entity, CHUNK):
            yield keys
        gone = self.spool.absorbed()
        affected = sorted(self.deriver.affected) if computed_fields(self.ready.mapping(entity)) else []
        changed = [*placed.joins, *placed.reviews, *placed.duplicates, *placed.detached.values(), *affected]
        extra = self._unseen(entity, gone, list(dict.fromkeys(changed)))
        for start in range(0, len(extra), CHUNK):
            yield extra[start : start + CHUNK]
        also = set(extra)
        for keys in self.ready.hub.store.dirty(entity, CHUNK):
            fresh = [k for k in self._unseen(entity, gone, keys) if k not in also]
            if fresh:
                yield fresh

    def _unseen(self, entity: Entity, gone: Mapping[str, str], keys: list[str]) -> list[str]:
        seen = self.spool.having(entity, keys)
        return [k for k in keys if k not in seen and k not in gone]

    def emit(self, line: Line) -> None:
        plan = line.plan
        if not self.narrow.all:
            if not self.narrow.takes(plan, self.taken):
                return
            line = replace(line, plan=self.narrow.cut(plan))
        self.taken += 1
        plan = line.plan
        self.tally.add(plan)
        self.totals.add(plan)
        for step in plan.steps:
            if isinstance(step, Create):
                self.spool.reaches(plan.after.key, [step.system])
        if line.section == "consent":
            self.estimate.add("consent", plan)
            self.writer.line(line)
            return
        parts = [s.at for s in plan.steps if isinstance(s, Update) and s.at.part]
        if parts and not any(isinstance(s, Create) for s in plan.steps):
            at = parts[0]
            self.estimate.add("parts", plan)
            self.spool.defer(encode_line(line), f"{at.system}|{at.object}|{at.id}")
        else:
            self.estimate.add("main", plan)
            self.spool.defer(encode_line(line))

    def finish(self) -> None:
        """Main lines in order of entities, parents first; writes to parts of one native record side by side."""
        for raw in self.spool.deferred():
            self.writer.encoded(raw)
