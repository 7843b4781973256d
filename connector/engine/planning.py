"""Stage three: every link with something to look at is planned, counted, guarded and written to the plan file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as given
from pathlib import Path
from typing import Any

from connector.adapters.contract import Native
from connector.engine.hub import Ready, mappings_digest, pin_identities
from connector.engine.place import Placed, place_entity
from connector.engine.planfile import Footer, Header, Line, PlanReader, PlanWriter, encode_line
from connector.engine.pull import Ledger, LensHistory, Pulled, patience, pull_all, read_through
from connector.engine.references import resolve
from connector.engine.spool import Read, Spool
from connector.mapping.model import EntityMapping
from connector.match import Matcher, matcher
from connector.model import (
    Create,
    Delete,
    End,
    EndId,
    EndState,
    Entity,
    FieldType,
    Hold,
    HoldId,
    HoldKind,
    Left,
    Link,
    LinkPlan,
    Observation,
    Problem,
    Reason,
    Shown,
    Update,
    Value,
    Verdict,
)
from connector.store.records import RunKind, StoredHold
from connector.sync.field import Fitted, Unfit
from connector.sync.guard import Listing, Tally, guard
from connector.sync.holds import duplicate_hold
from connector.sync.label import label
from connector.sync.lifecycle import ends_now
from connector.sync.plan import UNFINISHED_HOLDS, Context, Place, plan_link

CHUNK = 500


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
        if self.first is not None and taken >= self.first:
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
        for step in plan.steps:
            if isinstance(step, Update):
                kept = tuple(c for c in step.changes if c.field == self.field)
                if kept:
                    steps.append(replace(step, changes=kept))
        return replace(plan, steps=tuple(steps), after=replace(plan.after, dirty=True))


def _fields_of(step: Create | Update | Delete) -> tuple[str, ...]:
    return tuple(c.field for c in step.changes) if isinstance(step, Update) else ()


@dataclass(slots=True)
class Totals:
    """What the first page of a diff shows, added up while the plan is written."""

    fields: dict[str, dict[str, Any]] = given(default_factory=dict)  # "entity|field|system|kind" -> count, samples
    counts: dict[str, int] = given(default_factory=dict)

    def add(self, plan: LinkPlan) -> None:
        self._count("links")
        if plan.before is None:
            self._count("new_links")
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


def _shown(value: Any) -> str | None:
    from connector.sync.label import text_of

    return None if value is None else text_of(value)[:120]


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
        hub=hub.store.hub,
        mappings=mappings_digest(ready.mappings),
        schema=ready.schema,
        entities=tuple(str(m.entity) for m in ready.mappings),
        narrowed=not narrow.all,
    )
    ledger = Ledger()
    with Spool(hub.spool) as spool, PlanWriter(path, header) as writer:
        pulled = Pulled({}, (), {}, 0) if backfill else pull_all(ready, spool, ledger, full=full)
        planner = _Planner(ready, run, spool, writer, ledger, narrow, backfill, link_only)
        for mapping in ready.mappings:
            if backfill is None or mapping.entity is backfill[0]:
                planner.entity(mapping)
        planner.finish()
        writer.touches(pulled.touches)
        linked = {(m.entity, s): n for m in ready.mappings for s, n in hub.store.counts(m.entity).items() if s}
        trips = guard(
            planner.tally,
            linked,
            _listings(ready, pulled, linked),
            limits=hub.limits,
            confirmed=frozenset((Entity(e), s, f) for e, s, f in hub.store.get("confirmed") or ()),
        )
        footer = Footer(
            cursors={} if not narrow.all or backfill else pulled.cursors,
            ledger=ledger.as_json(),
            totals=planner.totals.as_json() | {"records": pulled.records, "calls": _calls(ready, planner, pulled)},
            trips=[_trip_json(t) for t in trips],
            state={
                "lenses": LensHistory(ready).as_json(),
                "identities": pin_identities(hub),
                "linked_entities": [str(e) for e in link_only],
            },
            touches=len(pulled.touches),
        )
        writer.close(footer)
    return PlanReader(path)


def _trip_json(trip: Any) -> dict[str, Any]:
    return {
        "brake": str(trip.brake),
        "entity": str(trip.entity),
        "system": trip.system,
        "field": trip.field,
        "count": trip.count,
        "of": trip.of,
        "limit": trip.limit,
    }


def _listings(ready: Ready, pulled: Pulled, linked: Mapping[tuple[Entity, str], int]) -> list[Listing]:
    """Full listings, where one object holds all of an entity in that system."""
    listings = []
    for (system, object_), count in pulled.listed.items():
        for source in ready.sources:
            if (source.system, source.object) != (system, object_):
                continue
            for held in source.held:
                if len(held.mapping.objects_of(system)) == 1 and not held.at.part:
                    listings.append(
                        Listing(held.mapping.entity, system, count, linked.get((held.mapping.entity, system), 0))
                    )
    return listings


def _calls(ready: Ready, planner: _Planner, pulled: Pulled) -> dict[str, int]:
    """API calls per system that applying this plan would cost: re-reads and writes in batches."""
    calls: dict[str, int] = {}
    for (system, _object), writes in planner.writes.items():
        can = ready.hub.adapters[system].can
        calls[system] = calls.get(system, 0) + -(-writes // can.read_batch) + -(-writes // can.write_batch)
    return calls


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
    tally: Tally = given(default_factory=Tally)
    totals: Totals = given(default_factory=Totals)
    writes: dict[tuple[str, str], int] = given(default_factory=dict)
    taken: int = 0
    reachable: set[tuple[str, str]] = given(default_factory=set)
    _main: list[bytes] = given(default_factory=list)

    def entity(self, mapping: EntityMapping) -> None:
        entity = mapping.entity
        placed = place_entity(self.ready, self.spool, entity) if self.backfill is None else Placed()
        made = matcher(mapping)
        reviewed = self._reviewed(entity, placed)
        done = 0
        for keys in self._chunks(entity, placed):
            done += len(keys)
            self.ready.hub.progress(f"plan {entity}", done, None)
            chunk = _Chunk(self, mapping, made, placed, reviewed, keys)
            for link in keys:
                chunk.plan(link)

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
        seen = set(self.spool.known_links(entity)) | set(gone)
        extra = [k for k in dict.fromkeys([*placed.joins, *placed.reviews, *placed.duplicates]) if k not in seen]
        for start in range(0, len(extra), CHUNK):
            yield extra[start : start + CHUNK]
        seen |= set(extra)
        for keys in self.ready.hub.store.dirty(entity, CHUNK):
            fresh = [k for k in keys if k not in seen]
            if fresh:
                yield fresh

    def emit(self, line: Line, *, held: bool) -> None:
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
            match step:
                case Create(system=system, object=object_):
                    self.spool.reaches(plan.after.key, [system])
                    self.writes[system, object_] = self.writes.get((system, object_), 0) + 1
                case Update(at=at) | Delete(at=at):
                    self.writes[at.system, at.object] = self.writes.get((at.system, at.object), 0) + 1
        if line.section == "consent":
            self.writer.line(line)
            return
        parts = [s.at for s in plan.steps if isinstance(s, Update) and s.at.part]
        if parts and not any(isinstance(s, Create) for s in plan.steps):
            at = parts[0]
            self.spool.defer(f"3|{at.system}|{at.object}|{at.id}", encode_line(line))
        else:
            rank = list(Entity).index(plan.after.entity)
            self.spool.defer(f"{rank}", encode_line(line))

    def finish(self) -> None:
        """Main lines in order of entities, parents first; writes to parts of one native record side by side."""
        for raw in self.spool.deferred():
            self.writer.encoded(raw)


class _Chunk:
    """Some links of one entity with everything their plans need, read in batches."""

    def __init__(
        self,
        planner: _Planner,
        mapping: EntityMapping,
        made: Matcher,
        placed: Placed,
        reviewed: set[str],
        keys: Sequence[str],
    ) -> None:
        self.planner, self.mapping, self.made, self.placed, self.reviewed = planner, mapping, made, placed, reviewed
        ready, entity = planner.ready, mapping.entity
        joined = [k for key in keys for k in placed.joins.get(key, ())]
        self.links = ready.hub.store.links([*keys, *joined])
        stored = list(ready.hub.store.holds(links=[*keys, *joined]))
        self.holds: dict[str, dict[HoldId, Hold]] = {}
        self.verdicts: dict[str, dict[HoldId, Verdict]] = {}
        self._take_holds(stored)
        reads = planner.spool.reads(entity, keys)
        self.fetched = self._fetch(keys, reads)
        every = [r for key in keys for r in [*reads.get(key, ()), *self.fetched.get(key, ())]]
        resolved = resolve(ready, planner.spool, mapping, every)
        self.seen: dict[str, list[Read]] = {}
        for read in resolved:
            self.seen.setdefault(read.link, []).append(read)
        self.unread = self._unread(keys)
        self.context = Context(
            mapping=mapping,
            run=planner.run,
            fit=self._fit,
            resolution={s: ready.hub.adapters[s].can.time_resolution for s in mapping.systems},
            backfill=frozenset({planner.backfill[1]}) if planner.backfill else frozenset(),
        )
        self._reached = self._reach()

    def _take_holds(self, stored: Iterable[StoredHold]) -> None:
        for s in stored:
            if s.hold.id.kind is HoldKind.MATCH:
                continue
            self.holds.setdefault(s.hold.id.link, {})[s.hold.id] = s.hold
            if s.verdict is not None:
                self.verdicts.setdefault(s.hold.id.link, {})[s.hold.id] = s.verdict

    def _fetch(self, keys: Sequence[str], reads: Mapping[str, Sequence[Read]]) -> dict[str, list[Read]]:
        """Ends of unfinished links that were not pulled are read by id, in batches: a held edit stands behind the cursor."""
        wanted: dict[tuple[str, str], dict[str, list[tuple[str, End]]]] = {}
        for key in keys:
            link = self.links.get(key)
            if link is None or not self._unfinished(link):
                continue
            pulled = {r.observation.at for r in reads.get(key, ())}
            for end in link.ends:
                if end.at not in pulled and end.state in (EndState.LIVE, EndState.OUT_OF_SCOPE, EndState.DUPLICATE):
                    place = wanted.setdefault((end.at.system, end.at.object), {})
                    place.setdefault(end.at.id, []).append((key, end))
        found: dict[str, list[Read]] = {}
        for (system, object_), ends in wanted.items():
            for native in self._get(system, object_, list(ends)):
                for key, end in ends[native.id]:
                    held = self.planner.ready.held(self.mapping.entity, (system, object_, end.at.part))
                    if held is not None:
                        found.setdefault(key, []).append(read_through(held, native, key))
        return found

    def _get(self, system: str, object_: str, ids: Sequence[str]) -> list[Native]:
        source = next(s for s in self.planner.ready.sources if (s.system, s.object) == (system, object_))
        adapter = self.planner.ready.hub.adapters[system]
        natives: list[Native] = []
        for start in range(0, len(ids), adapter.can.read_batch):
            for attempt in patience():
                with attempt:
                    part = adapter.get(object_, "id", ids[start : start + adapter.can.read_batch], source.columns)
            natives += part
        return natives

    def _unfinished(self, link: Link) -> bool:
        return any(e.sent for e in link.ends) or any(i.kind in UNFINISHED_HOLDS for i in self.holds.get(link.key, ()))

    def _unread(self, keys: Sequence[str]) -> set[str]:
        """Unfinished links with an end that could not be read now: they wait for a run that can."""
        unread = set()
        for key in keys:
            link = self.links.get(key)
            if link is None or not self._unfinished(link):
                continue
            read = {r.observation.at for r in self.seen.get(key, ())}
            if any(e.sent and e.at not in read for e in link.ends if e.state is EndState.LIVE):
                unread.add(key)
        return unread

    def _reach(self) -> set[tuple[str, str]]:
        """(link, system) pairs of reference targets that have, or will have, a place there."""
        fields = [f.name for f in self.mapping.fields.values() if f.type is FieldType.REFERENCE]
        targets: set[str] = set()
        for link in self.links.values():
            targets |= {str(link.golden[f]) for f in fields if link.golden.get(f) is not None}
        for reads in self.seen.values():
            for read in reads:
                if isinstance(read.observation, Shown):
                    targets |= {
                        str(read.observation.values[f]) for f in fields if read.observation.values.get(f) is not None
                    }
        reached = self.planner.spool.reached(list(targets))
        for system in self.mapping.systems:
            reached |= {
                (key, system) for key, at in self.planner.ready.hub.store.places(list(targets), system).items() if at
            }
        reached |= self._placed_now(targets)
        return reached

    def _placed_now(self, targets: set[str]) -> set[tuple[str, str]]:
        return {(link, system) for link, system in self.planner.spool.placed_in(list(targets))}

    def _fit(self, place: Place, field: str, value: Value) -> Fitted:
        held = self.planner.ready.held(self.mapping.entity, place)
        if held is None or field not in held.at.columns:
            return value
        if self.mapping.fields[field].type is FieldType.REFERENCE and value is not None:
            return value if (str(value), place[0]) in self._reached else Unfit.WAITING
        fitted: Value | Problem = held.lens.fit(field, value)
        return fitted

    # --- one link

    def plan(self, key: str) -> None:
        planner, mapping = self.planner, self.mapping
        before = self.links.get(key)
        if key in self.unread:
            return
        reads = self.seen.get(key, [])
        observations: list[Observation] = [r.observation for r in reads]
        link, absorbed = self._joined(key, before)
        if link is None and not observations:
            return
        base = link or Link(key, mapping.entity)
        base, observations = self._with_duplicates(base, observations)
        owner = next((r.owner for r in reads if r.owner), "")
        self._note_leaving(base, observations)
        if mapping.entity in planner.link_only:
            planned = self._link_only(base, before, observations, absorbed)
        else:
            planned = plan_link(
                base,
                observations,
                replace(self.context, creatable=key not in self.reviewed),
                verdicts=self.verdicts.get(key),
                open_holds=self.holds.get(key),
                known=before,
                absorbed=absorbed,
            )
        planned = replace(planned, owner=owner, opened=(*planned.opened, *self.placed.reviews.get(key, ())))
        answered = tuple(i for i in self.placed.answered if i.link == key)
        planned = replace(planned, closed=(*planned.closed, *answered))
        self._count(planned, reads)
        if not _idle(planned, before):
            self._emit(planned, base, observations, owner)

    def _joined(self, key: str, before: Link | None) -> tuple[Link | None, tuple[tuple[str, int], ...]]:
        """The link with the ends of the links that turned out to be the same; taken places become duplicates."""
        link = before
        absorbed: list[tuple[str, int]] = []
        for other_key in self.placed.joins.get(key, ()):
            other = self.links.get(other_key)
            if other is None:
                continue
            absorbed.append((other_key, other.version))
            link = join(link or Link(key, self.mapping.entity), other)
        return link, tuple(absorbed)

    def _with_duplicates(self, link: Link, observations: list[Observation]) -> tuple[Link, list[Observation]]:
        """Records that found their place taken become duplicate ends; a create that was waiting gets its record."""
        taken = self.placed.duplicates.get(link.key, set())
        ends = list(link.ends)
        for o in observations:
            if o.at in taken and all(e.at != o.at for e in ends):
                ends.append(End(o.at, state=EndState.DUPLICATE))
            elif isinstance(o, Shown) and all(e.at != o.at for e in ends):
                ends = [e for e in ends if not (e.state is EndState.CREATING and e.at.system == o.at.system)]
        return replace(link, ends=tuple(ends)), observations

    def _note_leaving(self, link: Link, observations: Sequence[Observation]) -> None:
        for o in observations:
            state = next((e.state for e in link.ends if e.at == o.at), None)
            if isinstance(o, Left) and state is not EndState.GONE:
                self.planner.tally.seen_leaving(self.mapping.entity, o.at.system, "gone")
            elif isinstance(o, Shown) and not o.in_scope and state is EndState.LIVE:
                self.planner.tally.seen_leaving(self.mapping.entity, o.at.system, "left_scope")

    def _link_only(
        self,
        link: Link,
        before: Link | None,
        observations: Sequence[Observation],
        absorbed: tuple[tuple[str, int], ...],
    ) -> LinkPlan:
        """The first run: who is who, and nothing else. Values are remembered as first contact."""
        now = ends_now(link, observations)
        ends = tuple(
            replace(n.end, base=dict(n.shown.values), first=frozenset({"*"})) if n.shown is not None else n.end
            for n in now
        )
        duplicates = tuple(duplicate_hold(link, n) for n in now if n.end.state is EndState.DUPLICATE)
        shown = next((n.shown.values for n in now if n.shown is not None), {})
        after = replace(link, ends=ends, dirty=True)
        return LinkPlan(before, after, opened=duplicates, absorbed=absorbed, label=label(self.mapping, shown))

    def _count(self, planned: LinkPlan, reads: Sequence[Read]) -> None:
        entity = self.mapping.entity
        outcome = "held" if planned.opened else "planned" if planned.steps else "settled"
        for at in {r.observation.at for r in reads} - {
            r.observation.at for r in self.fetched.get(planned.after.key, ())
        }:
            self.planner.ledger.add(entity, at.system, outcome)

    def _emit(self, planned: LinkPlan, base: Link, observations: list[Observation], owner: str) -> None:
        blocks = self._blocks(planned)
        held = bool(planned.opened)
        opt_out = any(
            isinstance(s, Update) and any(c.reason is Reason.OPT_OUT for c in s.changes) for s in planned.steps
        )
        if not opt_out:
            self.planner.emit(Line(planned, blocks), held=held)
            return
        consent = frozenset(f.name for f in self.mapping.fields.values() if f.type is FieldType.CONSENT)
        first = plan_link(
            base,
            observations,
            replace(self.context, fields=consent, creatable=False),
            verdicts=self.verdicts.get(planned.after.key),
            open_holds={},
            known=planned.before,
        )
        first = replace(first, label=planned.label, owner=owner, opened=(), closed=(), absorbed=planned.absorbed)
        self.planner.emit(Line(first, blocks, section="consent"), held=held)
        self.planner.emit(Line(_without(planned, consent), None, after_consent=True), held=held)

    def _blocks(self, planned: LinkPlan) -> tuple[int, ...] | None:
        keys: dict[int, None] = {}
        for end in planned.after.ends:
            if end.state is not EndState.DUPLICATE:
                keys.update(dict.fromkeys(self.made.blocks(end.base)))
        return tuple(sorted(keys))


def _without(planned: LinkPlan, fields: frozenset[str]) -> LinkPlan:
    """The plan less what its consent line does already."""
    steps: list[Any] = []
    for step in planned.steps:
        if isinstance(step, Update):
            kept = tuple(c for c in step.changes if c.field not in fields)
            if kept:
                steps.append(replace(step, changes=kept))
        else:
            steps.append(step)
    return replace(planned, steps=tuple(steps), absorbed=())


def _idle(planned: LinkPlan, before: Link | None) -> bool:
    """Nothing to write, here or anywhere."""
    return (
        before is not None
        and not planned.steps
        and not planned.opened
        and not planned.closed
        and not planned.absorbed
        and planned.after == before
    )


def join(link: Link, other: Link) -> Link:
    """Two links that are one: the ends of both; where both live in one system the later one is a duplicate."""
    ends = list(link.ends)
    for end in other.ends:
        occupied = any(e.at.system == end.at.system and e.state in (EndState.LIVE, EndState.OUT_OF_SCOPE) for e in ends)
        live = end.state in (EndState.LIVE, EndState.OUT_OF_SCOPE)
        fresh = replace(end, first=frozenset({"*"}), sent={}, accepted={})
        ends.append(replace(fresh, state=EndState.DUPLICATE) if occupied and live else fresh)
    return replace(link, ends=tuple(ends), aliases=(*link.aliases, other.key, *other.aliases))


__all__ = ["EndId", "Narrow", "Totals", "join", "make_plan"]
