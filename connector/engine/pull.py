"""Stage one: pages in, unchanged records recognised by fingerprint, the rest read through their lenses and spooled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as given
from typing import Any

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from connector.adapters.contract import Deleted, Gone, Merged, Moved, Native, Page
from connector.engine.hub import Held, Hub, Ready, Source
from connector.engine.spool import Read, Spool
from connector.errors import Transient
from connector.mapping.lens import fingerprint_of
from connector.model import EndId, EndState, Entity, Fate, Left, Shown
from connector.store.records import KnownEnd, Touch


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
    touches: Sequence[Touch]
    listed: Mapping[tuple[str, str], int]  # full listings only: (system, object) -> records
    records: int


def pull_all(ready: Ready, spool: Spool, ledger: Ledger, *, full: bool = False) -> Pulled:
    """Pulls every source once, from its cursor or, when `full` or without one, from the beginning."""
    cursors = {} if full else ready.hub.store.cursors()
    new_cursors: dict[tuple[str, str, str], str] = {}
    touches: list[Touch] = []
    listed: dict[tuple[str, str], int] = {}
    records = 0
    lenses_seen = LensHistory(ready)
    for source in ready.sources:
        place = (source.system, source.object, source.fingerprint)
        since = cursors.get(place)
        count = 0
        for page in _pages(ready, source, since):
            count += len(page.records)
            reads, touched = _page(ready, source, page, ledger, lenses_seen)
            spool.add(reads)
            touches += touched
            if page.cursor is not None:
                new_cursors[place] = page.cursor
            ready.hub.progress(
                f"{source.system} {source.object}", count, ready.shapes[source.system, source.object].records
            )
        records += count
        if since is None or not ready.hub.adapters[source.system].can.incremental:
            listed[source.system, source.object] = count
    return Pulled(new_cursors, touches, listed, records)


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
    ready: Ready, source: Source, page: Page, ledger: Ledger, lenses: LensHistory
) -> tuple[list[Read], list[Touch]]:
    ids = [n.id for n in page.records] + [g.id for g in page.gone]
    known = ready.hub.store.known(source.system, source.object, ids) if ids else {}
    reads: list[Read] = []
    touches: list[Touch] = []
    for native in page.records:
        ends = known.get(native.id, ())
        for held in source.held:
            end = next((k for k in ends if k.at.part == held.at.part and k.entity is held.mapping.entity), None)
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
        reads += [
            Read(k.entity, _left(source, k, gone), k.link)
            for k in known.get(gone.id, ())
            if k.state not in (EndState.GONE, EndState.BURIED)
        ]
    return reads, touches


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
    match end.state:
        case EndState.LIVE | EndState.CREATING:
            return in_scope
        case EndState.OUT_OF_SCOPE:
            return not in_scope
        case EndState.GONE | EndState.BURIED:
            return False
        case EndState.DUPLICATE | EndState.UNLINKED:
            return True


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
        old = self._known.get(end.lens)
        if old is None:
            return frozenset(held.lens.field_versions)
        changed = frozenset(f for f, v in held.lens.field_versions.items() if old["fields"].get(f) != v)
        before = fingerprint_of(old["mapped"], native.values)
        if before is None or before == end.fingerprint:
            return changed
        return frozenset(f for f in changed if f not in old["fields"])
