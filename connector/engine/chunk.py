"""Some links of one entity, planned with everything their plans need, read in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connector.adapters.contract import Native
from connector.engine.after import with_fields
from connector.engine.deriving import Deriver, child_blocks
from connector.engine.hub import Ready
from connector.engine.placed import Placed
from connector.engine.planfile import Line
from connector.engine.pull import Ledger, patience, read_through
from connector.engine.references import resolve
from connector.engine.spool import Read, Spool
from connector.mapping.model import EntityMapping
from connector.match import Matcher
from connector.model import (
    OPT_OUT,
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
    Sent,
    Shown,
    Update,
    Value,
    Verdict,
)
from connector.store.records import StoredHold, Touch
from connector.sync.context import Context, Place
from connector.sync.field import Fitted, Unfit
from connector.sync.guard import Tally
from connector.sync.holds import duplicate_hold, end_text, invalid_holds
from connector.sync.label import label
from connector.sync.lifecycle import ends_now, join
from connector.sync.plan import UNFINISHED_HOLDS, plan_link

_READABLE = (EndState.LIVE, EndState.OUT_OF_SCOPE, EndState.DUPLICATE)


@dataclass(frozen=True, slots=True)
class Planning:
    """What all chunks of a plan share. `emit` takes each finished line."""

    ready: Ready
    run: str
    spool: Spool
    ledger: Ledger
    tally: Tally
    backfill: tuple[Entity, str] | None
    link_only: frozenset[Entity]
    emit: Callable[[Line], None]
    touch: Callable[[Sequence[Touch]], None]
    deriver: Deriver


class Chunk:
    """Some links of one entity with everything their plans need, read in batches."""

    def __init__(
        self,
        planning: Planning,
        mapping: EntityMapping,
        made: Matcher,
        placed: Placed,
        reviewed: set[str],
        keys: Sequence[str],
    ) -> None:
        self.planning, self.mapping, self.made, self.placed, self.reviewed = planning, mapping, made, placed, reviewed
        ready, entity = planning.ready, mapping.entity
        joined = [k for key in keys for k in placed.joins.get(key, ())]
        store = ready.hub.store
        self.links: dict[str, Link] = {} if placed.first else store.links([*keys, *joined])
        stored = [] if placed.first else list(store.holds(links=[*keys, *joined], open_only=False))
        self.holds: dict[str, dict[HoldId, Hold]] = {}
        self.verdicts: dict[str, dict[HoldId, Verdict]] = {}
        self._take_holds(stored)
        reads = planning.spool.reads(entity, keys)
        self.fetched = self._fetch(keys, reads)
        every = [r for key in keys for r in [*reads.get(key, ()), *self.fetched.get(key, ())]]
        resolved = resolve(ready, planning.spool, mapping, every)
        self.seen: dict[str, list[Read]] = {}
        for read in resolved:
            self.seen.setdefault(read.link, []).append(read)
        self.context = Context(
            mapping=mapping,
            run=planning.run,
            fit=self._fit,
            resolution={s: ready.hub.adapters[s].can.time_resolution for s in mapping.systems},
            backfill=frozenset({planning.backfill[1]}) if planning.backfill else frozenset(),
            fields=frozenset({planning.backfill[1]}) if planning.backfill else None,
        )
        self._reached = self._reach()
        self._known_as = store.labels(list(self.links)) if self.links else {}
        self._derived = planning.deriver.values(mapping, keys)

    def _take_holds(self, stored: Iterable[StoredHold]) -> None:
        for s in stored:
            if s.hold.id.kind is HoldKind.MATCH:
                continue
            if s.closed_at is None:
                self.holds.setdefault(s.hold.id.link, {})[s.hold.id] = s.hold
            if s.verdict is not None:
                self.verdicts.setdefault(s.hold.id.link, {})[s.hold.id] = s.verdict

    def _fetch(self, keys: Sequence[str], reads: Mapping[str, Sequence[Read]]) -> dict[str, list[Read]]:
        """Ends of unfinished links that were not pulled, read by id: a held edit stands behind the cursor."""
        wanted: dict[tuple[str, str], dict[str, list[tuple[str, End]]]] = {}
        for key in keys:
            link = self.links.get(key)
            released = self._released(link) if link is not None else frozenset()
            if link is None or not (released or self._unfinished(link)):
                continue
            known = {r.observation.at for r in reads.get(key, ())}
            known |= {e.at for e in link.ends if end_text(e.at) in self.placed.detached}
            for end in link.ends:
                if end.at not in known and (end.state in _READABLE or end.at in released):
                    place = wanted.setdefault((end.at.system, end.at.object), {})
                    place.setdefault(end.at.id, []).append((key, end))
        found: dict[str, list[Read]] = {}
        for (system, object_), ends in wanted.items():
            for native in self._get(system, object_, list(ends)):
                for key, end in ends[native.id]:
                    held = self.planning.ready.held(self.mapping.entity, (system, object_, end.at.part))
                    if held is not None:
                        found.setdefault(key, []).append(read_through(held, native, key))
        return found

    def _released(self, link: Link) -> frozenset[EndId]:
        """Records of an undone run that a person takes back: what they show now is read, pulled or not."""
        verdicts = self.verdicts.get(link.key, {})
        found = {e.at: verdicts.get(HoldId(link.key, HoldKind.UNDONE, end_text(e.at))) for e in link.ends}
        return frozenset(at for at, verdict in found.items() if verdict is not None and verdict.choice == "release")

    def _get(self, system: str, object_: str, ids: Sequence[str]) -> list[Native]:
        source = next(s for s in self.planning.ready.sources if (s.system, s.object) == (system, object_))
        adapter = self.planning.ready.hub.adapters[system]
        natives: list[Native] = []
        for start in range(0, len(ids), adapter.can.read_batch):
            for attempt in patience(self.planning.ready.hub):
                with attempt:
                    part = adapter.get(object_, "id", ids[start : start + adapter.can.read_batch], source.columns)
            natives += part
        return natives

    def _unfinished(self, link: Link) -> bool:
        if link.dirty and any(not e.fingerprint for e in link.ends if e.state is EndState.LIVE):
            return True  # a step was skipped: edits that it was to carry are undecided again
        if any(e.undecided for e in link.ends if e.state is EndState.LIVE):
            return True
        return any(e.sent for e in link.ends) or any(i.kind in UNFINISHED_HOLDS for i in self.holds.get(link.key, ()))

    def _unread(self, link: Link) -> dict[EndId, Mapping[str, Sent]]:
        """Ends that are not there, with what was sent: nobody can tell whether it arrived, so it is sent again."""
        read = {r.observation.at for r in self.seen.get(link.key, ())}
        return {e.at: e.sent for e in link.ends if e.sent and e.state is EndState.LIVE and e.at not in read}

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
        if not targets:
            return set()
        reached = self.planning.spool.reached(list(targets))
        for system in self.mapping.systems:
            reached |= {
                (key, system) for key, at in self.planning.ready.hub.store.places(list(targets), system).items() if at
            }
        reached |= self._placed_now(targets)
        return reached

    def _placed_now(self, targets: set[str]) -> set[tuple[str, str]]:
        return {(link, system) for link, system in self.planning.spool.placed_in(list(targets))}

    def _fit(self, place: Place, field: str, value: Value) -> Fitted:
        held = self.planning.ready.held(self.mapping.entity, place)
        if held is None or field not in held.at.columns:
            return value
        if self.mapping.fields[field].type is FieldType.REFERENCE and value is not None:
            return value if (str(value), place[0]) in self._reached else Unfit.WAITING
        fitted: Value | Problem = held.lens.fit(field, value)
        return fitted

    # --- one link

    def preview(self, key: str) -> LinkPlan | None:
        """The plan of one link, without a trace."""
        return self._planned(key)

    def plan(self, key: str) -> None:
        planned = self._planned(key)
        if planned is None:
            return
        reads = self.seen.get(key, [])
        self._note_leaving(planned.before, [r.observation for r in reads])
        self._count(planned, reads)
        if _idle(planned, planned.before):
            self.planning.touch(_touches(planned, planned.before))
        else:
            self._emit(planned, reads)

    def _planned(self, key: str) -> LinkPlan | None:
        before = self.links.get(key)
        reads = self.seen.get(key, [])
        if before is not None and before.entity is not self.mapping.entity:
            return None
        link, absorbed = self._joined(key, before)
        if link is None and not reads:
            return None
        base = self._with_duplicates(link or Link(key, self.mapping.entity), [r.observation for r in reads])
        if self.placed.detached:
            base = replace(base, ends=tuple(e for e in base.ends if self.placed.detached.get(end_text(e.at)) != key))
        unread = self._unread(base)
        if unread:
            base = replace(base, ends=tuple(replace(e, sent={}) if e.at in unread else e for e in base.ends))
        observations = [r.observation for r in reads]
        if self.mapping.entity in self.planning.link_only:
            planned = self._link_only(base, before, observations, absorbed)
        else:
            planned = plan_link(
                base,
                observations,
                self._context(key),
                verdicts=self.verdicts.get(key),
                open_holds=self.holds.get(key),
                known=before,
                absorbed=absorbed,
            )
        answered = (i for i in self.placed.answered if i.link == key)  # of absorbed links the state forgets them
        return replace(
            planned,
            after=_still_sent(planned.after, unread),
            label=planned.label or self._known_as.get(key, ("", ""))[0],
            owner=next((r.owner for r in reads if r.owner), "") or self._known_as.get(key, ("", ""))[1],
            opened=(*planned.opened, *self.placed.reviews.get(key, ())),
            closed=(*planned.closed, *answered),
        )

    def _context(self, key: str) -> Context:
        creatable, computed = key not in self.reviewed, self._derived(key)
        if creatable and not computed:
            return self.context  # as it is for nearly every link
        return replace(self.context, creatable=creatable, computed=computed)

    def _joined(self, key: str, before: Link | None) -> tuple[Link | None, tuple[tuple[str, int], ...]]:
        """The link with the ends of the links that turned out to be the same; taken places become duplicates."""
        link = before
        absorbed: list[tuple[str, int]] = []
        for other_key in self.placed.joins.get(key, ()):
            other = self.links.get(other_key)
            if other is None:
                continue
            absorbed.append((other_key, other.version))
            refused = {
                f: v
                for f, v in other.golden.items()
                if v == OPT_OUT and self.mapping.fields[f].type is FieldType.CONSENT
            }
            link = join(link or Link(key, self.mapping.entity), other)
            link = replace(link, golden={**link.golden, **refused})
        return link, tuple(absorbed)

    def _with_duplicates(self, link: Link, observations: Sequence[Observation]) -> Link:
        """Records that found their place taken become duplicate ends; a create that was waiting gets its record."""
        if not link.ends and link.key not in self.placed.duplicates:
            return link
        taken = self.placed.duplicates.get(link.key, set())
        ends = list(link.ends)
        for o in observations:
            if o.at in taken and all(e.at != o.at for e in ends):
                ends.append(End(o.at, state=EndState.DUPLICATE))
            elif isinstance(o, Shown) and all(e.at != o.at for e in ends):
                waiting = [e for e in ends if e.state is EndState.CREATING and e.at.system == o.at.system]
                ends = [e for e in ends if e not in waiting]
                ends += [End(o.at, first=frozenset(), sent=e.sent) for e in waiting[:1]]  # what we wrote is no edit
        if len(ends) == len(link.ends) and all(now is was for now, was in zip(ends, link.ends, strict=True)):
            return link
        return replace(link, ends=tuple(ends))

    def _note_leaving(self, before: Link | None, observations: Sequence[Observation]) -> None:
        known = {e.at: e.state for e in before.ends} if before is not None else {}
        for o in observations:
            if isinstance(o, Left) and known.get(o.at) not in (EndState.GONE, EndState.BURIED):
                self.planning.tally.seen_leaving(self.mapping.entity, o.at.system, "gone")
            elif isinstance(o, Shown) and not o.in_scope and known.get(o.at) is EndState.LIVE:
                self.planning.tally.seen_leaving(self.mapping.entity, o.at.system, "left_scope")

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
            replace(n.end, base=n.shown.values, first=frozenset({"*"})) if n.shown is not None else n.end for n in now
        )
        duplicates = tuple(duplicate_hold(link, n) for n in now if n.end.state is EndState.DUPLICATE)
        shown = next((n.shown.values for n in now if n.shown is not None), {})
        refused = {
            f.name: OPT_OUT
            for f in self.mapping.fields.values()
            if f.type is FieldType.CONSENT and any(e.base.get(f.name) == OPT_OUT for e in ends)
        }
        after = replace(link, ends=ends, golden={**link.golden, **refused}, dirty=True)
        unread = (h for n in now for h in invalid_holds(link, n, {}) if h.id.kind is HoldKind.INVALID)
        opened = (*duplicates, *unread)
        return LinkPlan(before, after, opened=opened, absorbed=absorbed, label=label(self.mapping, shown))

    def _count(self, planned: LinkPlan, reads: Sequence[Read]) -> None:
        entity = self.mapping.entity
        outcome = "held" if planned.opened else "planned" if planned.steps else "settled"
        for at in {r.observation.at for r in reads} - {
            r.observation.at for r in self.fetched.get(planned.after.key, ())
        }:
            self.planning.ledger.add(entity, at.system, outcome)

    def _emit(self, planned: LinkPlan, reads: Sequence[Read]) -> None:
        blocks = self._blocks(planned, reads)
        changes = (c for s in planned.steps if isinstance(s, Update) for c in s.changes)
        refused = frozenset(c.field for c in changes if c.reason is Reason.OPT_OUT)
        if not refused:
            self.planning.emit(Line(planned, blocks))
            return
        self.planning.emit(Line(_only(planned, refused, frozenset(self.mapping.fields)), blocks, section="consent"))
        self.planning.emit(Line(_without(planned, refused), None, after_consent=tuple(sorted(refused))))

    def _found_alike(self, planned: LinkPlan) -> bool:
        """The same ends with the same parents as before, and nothing else in them that matching looks at."""
        before, after = planned.before, planned.after
        if before is None or planned.absorbed:
            return False
        if child_blocks(self.mapping, before.golden) != child_blocks(self.mapping, after.golden):
            return False
        was = {e.at: e.base for e in before.ends}
        now = {e.at: e.base for e in after.ends}
        return was.keys() == now.keys() and all(self.made.alike(was[at], base) for at, base in now.items())

    def _blocks(self, planned: LinkPlan, reads: Sequence[Read]) -> tuple[int, ...] | None:
        """Where the link is found again; None where nothing it is found by has changed."""
        if self._found_alike(planned):
            return None
        told = {r.observation.at: r for r in reads if r.blocks is not None}
        keys: dict[int, None] = {}
        for end in planned.after.ends:
            read = told.get(end.at)
            shown = read.observation if read is not None else None
            # of a duplicate nothing is decided: it is found by what it shows
            as_read = isinstance(shown, Shown) and (end.base is shown.values or end.state is EndState.DUPLICATE)
            if read is not None and as_read:
                keys.update(dict.fromkeys(read.blocks or ()))
            else:
                keys.update(dict.fromkeys(self.made.blocks(end.base)))
        keys.update(dict.fromkeys(child_blocks(self.mapping, planned.after.golden)))
        return tuple(sorted(keys))


def _only(planned: LinkPlan, fields: frozenset[str], every: frozenset[str]) -> LinkPlan:
    """What a plan does to these fields alone, on the link as it is known: opt-outs go before all else."""
    before = planned.before
    steps = tuple(
        replace(s, changes=tuple(c for c in s.changes if c.field in fields))
        for s in planned.steps
        if isinstance(s, Update) and any(c.field in fields for c in s.changes)
    )
    known = {e.at for e in before.ends} if before is not None else set()
    if before is None or planned.absorbed or any(e.at not in known for e in planned.after.ends):
        # a new or a grown link is written whole, its consent first; unread, so that a crash here loses nothing
        unread = tuple(replace(e, fingerprint=b"") for e in planned.after.ends)
        after = replace(planned.after, ends=unread, dirty=True)
        return replace(planned, after=after, steps=steps, opened=(), closed=())
    decided = {e.at: e for e in planned.after.ends}
    ends = tuple(
        # no fingerprint: what else this record shows is not decided yet, and must be read again after a crash
        replace(with_fields(_spelt_out(e, every), decided[e.at], fields), fingerprint=b"") if e.at in decided else e
        for e in before.ends
    )
    after = replace(
        before,
        ends=ends,
        golden={**before.golden, **{f: v for f, v in planned.after.golden.items() if f in fields}},
        provenance={**before.provenance, **{f: p for f, p in planned.after.provenance.items() if f in fields}},
        dirty=True,
    )
    return replace(planned, after=after, steps=steps, opened=(), closed=())


def _spelt_out(end: End, every: frozenset[str]) -> End:
    """An end whose undecided fields are named one by one."""
    return replace(end, first=every) if "*" in end.first else end


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


def _still_sent(link: Link, unread: Mapping[EndId, Mapping[str, Sent]]) -> Link:
    """What was sent to an end that could not be read stays known until a read tells what became of it."""
    if not unread:
        return link
    ends = tuple(replace(e, sent={**unread.get(e.at, {}), **e.sent}) for e in link.ends)
    return replace(link, ends=ends, dirty=True)


def _idle(planned: LinkPlan, before: Link | None) -> bool:
    """Nothing to write, here or anywhere, but that a record was seen again."""
    if before is None or planned.steps or planned.opened or planned.closed or planned.absorbed:
        return False
    return _told(planned.after) == _told(before)


def _told(link: Link) -> Link:
    """The link without what only tells a known version of a record from an unknown one."""
    ends = tuple(
        replace(e, version=None, fingerprint=b"", lens="", modified_at=None, created_at=None, url=None)
        for e in link.ends
    )
    return replace(link, ends=ends)


def _touches(planned: LinkPlan, before: Link | None) -> list[Touch]:
    known = {e.at: e for e in before.ends} if before is not None else {}
    return [
        Touch(e.at, e.version, e.fingerprint, e.lens)
        for e in planned.after.ends
        if e.at in known and (e.version, e.fingerprint, e.lens) != _marks(known[e.at])
    ]


def _marks(end: End) -> tuple[str | None, bytes, str]:
    return (end.version, end.fingerprint, end.lens)
