"""Stage one: pages in, unchanged records recognised by fingerprint, the rest read through their lenses and spooled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as given
from typing import Any

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from connector.adapters.contract import Deleted, Gone, Merged, Moved, Native, Page, Rows
from connector.engine.hub import Held, Hub, Ready, Source
from connector.engine.spool import Read, Spool
from connector.errors import Transient
from connector.mapping.lens import fingerprint_of
from connector.model import EndId, EndState, Entity, Fate, Left, Shown
from connector.store.records import KnownEnd, Touch
from connector.sync.guard import Listing


@dataclass(slots=True)
class Ledger:
    """What became of every record read: entity -> system -> outcome -> number."""

    counts: dict[Entity, dict[str, dict[str, int]]] = given(default_factory=dict)

    def add(self, entity: Entity, system: str, outcome: str, number: int = 1) -> None:
        place = self.counts.setdefault(entity, {}).setdefault(system, {})
        place[outcome] = place.get(outcome, 0) + number

    def of(self, entity: Entity, system: str, outcome: str) -> int:
        return self.counts.get(entity, {}).get(system, {}).get(outcome, 0)

    def as_json(self) -> dict[str, Any]:
        return {str(e): {s: dict(o) for s, o in systems.items()} for e, systems in self.counts.items()}


@dataclass(frozen=True, slots=True)
class Pulled:
    """The outcome of stage one."""

    cursors: Mapping[tuple[str, str, str], str]
    touches: int
    listings: Sequence[Listing]  # full listings only
    records: int


def pull_all(
    ready: Ready, spool: Spool, ledger: Ledger, touched: Callable[[Sequence[Touch]], None], *, full: bool = False
) -> Pulled:
    """Pulls every source once, from its cursor or, when `full` or without one, from the beginning."""
    cursors = {} if full else ready.hub.store.cursors()
    new_cursors: dict[tuple[str, str, str], str] = {}
    touches = 0
    listed = _Listed()
    records = 0
    lenses_seen = LensHistory(ready)
    for source in ready.sources:
        place = (source.system, source.object, source.fingerprint)
        since = cursors.get(place)
        count = 0
        for page in _pages(ready, source, since):
            count += len(page.records)
            reads, same = _page(ready, source, page, ledger, lenses_seen, listed)
            spool.add(reads)
            touched(same)
            touches += len(same)
            if page.cursor is not None:
                new_cursors[place] = page.cursor
            ready.hub.progress(
                f"{source.system} {source.object}", count, ready.shapes[source.system, source.object].records
            )
        records += count
        full_listing = since is None or not ready.hub.adapters[source.system].can.incremental
        listed.source(source, count, full=full_listing)
    return Pulled(new_cursors, touches, listed.whole(ready), records)


class _Listed:
    """What full listings contained, per entity and system, whatever objects and parts hold the entity there."""

    def __init__(self) -> None:
        self._records: dict[tuple[Entity, str], int] = {}
        self._known: dict[tuple[Entity, str], int] = {}
        self._partly: set[tuple[Entity, str]] = set()

    def known(self, entity: Entity, system: str, number: int = 1) -> None:
        """Ends that were listed, or reported gone: either way they are accounted for."""
        self._known[entity, system] = self._known.get((entity, system), 0) + number

    def source(self, source: Source, records: int, *, full: bool) -> None:
        for place in {(held.mapping.entity, source.system) for held in source.held}:
            self._records[place] = self._records.get(place, 0) + records
            if not full:
                self._partly.add(place)

    def whole(self, ready: Ready) -> tuple[Listing, ...]:
        listed = {place: records for place, records in sorted(self._records.items()) if place not in self._partly}
        linked = {entity: ready.hub.store.counts(entity) for entity in {e for e, _ in listed}}
        return tuple(
            Listing(entity, system, records, self._known.get((entity, system), 0), linked[entity].get(system, 0))
            for (entity, system), records in listed.items()
        )


def _pages(ready: Ready, source: Source, since: str | None) -> Iterator[Page]:
    """Only the first page is asked for again: later ones are the adapter's to repeat, it alone knows where it stood."""
    adapter = ready.hub.adapters[source.system]
    for attempt in patience(ready.hub):
        with attempt:
            pages = adapter.pull(source.object, source.columns, since)
            first = next(pages, None)
    if first is not None:
        yield first
        yield from pages


def patience(hub: Hub) -> Retrying:
    """A few tries with growing, jittered waits; a system's own Retry-After is obeyed up to five minutes."""
    backoff = wait_random_exponential(multiplier=0.2, max=20)

    def wait(state: Any) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, Transient) and error.retry_after is not None:
            return min(max(error.retry_after, 0.0), 300.0)
        return float(backoff(state))

    return Retrying(
        retry=retry_if_exception_type(Transient),
        stop=stop_after_attempt(4),
        wait=wait,
        sleep=hub.sleep,
        reraise=True,
    )


def _page(
    ready: Ready, source: Source, page: Page, ledger: Ledger, lenses: LensHistory, listed: _Listed
) -> tuple[list[Read], list[Touch]]:
    rest: dict[int, list[Held]] = {}
    for held in source.held:
        moved, here = _moved(ready, held, page.records) if page.records else ((), 0)
        listed.known(held.mapping.entity, source.system, here)
        for position in moved:
            rest.setdefault(position, []).append(held)
        if len(moved) < len(page.records):
            ledger.add(held.mapping.entity, source.system, "unchanged", len(page.records) - len(moved))
    natives = {position: page.records[position] for position in sorted(rest)}
    ids = [n.id for n in natives.values()] + [g.id for g in page.gone]
    known = ready.hub.store.known(source.system, source.object, ids) if ids else {}
    reads: list[Read] = []
    touches: list[Touch] = []
    for position, native in natives.items():
        ends = known.get(native.id, ())
        for held in rest[position]:
            end = next((k for k in ends if k.at.part == held.at.part and k.entity is held.mapping.entity), None)
            if end is not None and end.state is EndState.LIVE:
                listed.known(end.entity, source.system)
            outcome = _record(held, source, native, end, lenses)
            match outcome:
                case Read():
                    reads.append(outcome)
                case Touch():
                    touches.append(outcome)
                    ledger.add(held.mapping.entity, source.system, "unchanged")
                case str():
                    ledger.add(held.mapping.entity, source.system, outcome)
    for gone in page.gone:
        for k in known.get(gone.id, ()):
            if k.state is EndState.LIVE:
                listed.known(k.entity, source.system)
            # deleted, taken back and merged between two runs: the link follows the winner all the same
            followed = k.state is EndState.GONE and isinstance(gone, Merged)
            if followed or k.state not in (EndState.GONE, EndState.BURIED):
                reads.append(Read(k.entity, _left(source, k, gone), k.link))
    return reads, touches


# The states in which a record with nothing new stays as it is, by whether it is in scope.
_SETTLED: Mapping[bool, frozenset[EndState]] = {
    True: frozenset({EndState.LIVE, EndState.CREATING, EndState.DUPLICATE, EndState.UNLINKED}),
    False: frozenset({EndState.OUT_OF_SCOPE, EndState.DUPLICATE, EndState.UNLINKED}),
}


def _moved(ready: Ready, held: Held, records: Sequence[Native]) -> tuple[Sequence[int], int]:
    """Where the records stand that differ in anything from what was last seen; no Native is made of the others.

    And how many of the others are in scope: records that are known, and still here.
    """
    lens, at = held.lens, held.at
    match records:
        case Rows(ids=ids, versions=versions, cells=cells, places=places):
            shown: Sequence[Any] = cells
            fingerprint: Callable[[Any], bytes] = lens.printer(places)
            scope: Callable[[Any], bool] = lens.scope(places)
        case _:
            ids, versions = [n.id for n in records], [n.version for n in records]
            shown, fingerprint, scope = [n.values for n in records], lens.fingerprint, lens.in_scope
    moved: list[int] = []
    here = 0
    for within, states in _SETTLED.items():
        among: Sequence[int] = range(len(ids) if within else 0)
        if not lens.whole:
            among = [position for position, row in enumerate(shown) if scope(row) is within]
        if not among:
            continue
        asked = [ids[position] for position in among]
        seen = ready.hub.store.seen(
            at.system, at.object, at.part, asked, entity=held.mapping.entity, lens=lens.version, states=states
        )
        differ = [
            p
            for p in among
            if (sight := seen.get(ids[p])) is None or sight != (ids[p], fingerprint(shown[p]), versions[p])
        ]
        moved += differ
        here += len(among) - len(differ) if within else 0
    return moved, here


def _record(
    held: Held, source: Source, native: Native, end: KnownEnd | None, lenses: LensHistory
) -> Read | Touch | str:
    """What one record means for one entity: something to look at, a new version of the same, or nothing at all."""
    in_scope = held.lens.in_scope(native.values)
    if end is None and not in_scope:
        return "skipped"
    fingerprint = held.lens.fingerprint(native.values)
    if (
        end is not None
        and end.fingerprint == fingerprint
        and end.lens == held.lens.version
        and _same_scope(end, in_scope)
    ):
        if end.version == native.version:
            return "unchanged"
        return Touch(end.at, native.version, fingerprint, held.lens.version)
    if end is None and held.at.part and held.lens.blank(native.values):
        return "skipped"  # nobody fills this part of the record
    rebased = lenses.rebased(held, native, end) if end is not None and end.lens != held.lens.version else frozenset()
    return read_through(
        held, native, end.link if end else "", fingerprint=fingerprint, in_scope=in_scope, rebased=rebased
    )


def _same_scope(end: KnownEnd, in_scope: bool) -> bool:
    return end.state in _SETTLED[in_scope]


def read_through(
    held: Held,
    native: Native,
    link: str,
    *,
    fingerprint: bytes | None = None,
    in_scope: bool | None = None,
    rebased: frozenset[str] = frozenset(),
) -> Read:
    """A record seen through a lens, references still foreign."""
    reading = held.lens.get(native.values)
    shown = Shown(
        at=EndId(held.at.system, held.at.object, native.id, held.at.part),
        values=reading.values,
        version=native.version,
        fingerprint=held.lens.fingerprint(native.values) if fingerprint is None else fingerprint,
        lens=held.lens.version,
        modified_at=native.modified_at,
        created_at=native.created_at,
        key=native.key,
        problems=reading.problems,
        in_scope=held.lens.in_scope(native.values) if in_scope is None else in_scope,
        rebased=rebased,
        url=native.url,
    )
    return Read(held.mapping.entity, shown, link, reading.foreign, held.lens.owner(native.values))


def _left(source: Source, end: KnownEnd, gone: Gone) -> Left:
    match gone:
        case Deleted():
            return Left(end.at, Fate.DELETED)
        case Merged(into=into):
            return Left(end.at, Fate.MERGED, EndId(source.system, source.object, into, end.at.part))
        case Moved(object=object_, to=to):
            return Left(end.at, Fate.MOVED, EndId(source.system, object_, to, end.at.part))


class LensHistory:
    """The lenses that earlier runs read through, so that a changed mapping is told from a changed record."""

    def __init__(self, ready: Ready) -> None:
        self._known: dict[str, Any] = dict(ready.hub.store.get("lenses") or {})
        for source in ready.sources:
            for held in source.held:
                self._known.setdefault(
                    held.lens.version, {"fields": dict(held.lens.field_versions), "mapped": list(held.lens.mapped)}
                )

    def as_json(self) -> dict[str, Any]:
        return self._known

    def rebased(self, held: Held, native: Native, end: KnownEnd) -> frozenset[str]:
        """Fields whose lens changed while the record did not: their new forms are taken over and nothing is sent.

        When the record itself changed too, a field that is merely new stays quiet; the others count as edited.
        """
        if not end.lens:
            return frozenset()  # adopted, and never read since
        old = self._known.get(end.lens)
        if old is None:
            return frozenset(held.lens.field_versions)
        changed = frozenset(f for f, v in held.lens.field_versions.items() if old["fields"].get(f) != v)
        before = fingerprint_of(old["mapped"], native.values)
        if before is None or before == end.fingerprint:
            return changed
        return frozenset(f for f in changed if f not in old["fields"])
