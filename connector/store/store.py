"""The state behind whole transactions: nobody outside sees a connection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Self

from connector.errors import Fatal
from connector.model import EndId, EndState, Entity, HoldId, HoldKind, Link, Verdict
from connector.store import lock
from connector.store.database import Database
from connector.store.holds import Holds
from connector.store.links import Reader
from connector.store.names import Names
from connector.store.open import HUB, opened
from connector.store.records import Batch, Done, Fence, Holder, JournalRow, KnownEnd, Run, RunState, Sight, StoredHold
from connector.store.runs import Runs
from connector.store.schema import HEAD
from connector.store.writes import LinkWriter


class Store:
    """Opened by `open_store`; SQLite (WAL, synchronous=FULL) or PostgreSQL."""

    hub: str  # identity of this hub, made with the state
    schema: str = HEAD

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._db = database
        self._now = now
        self._names = Names(database)
        self._reader = Reader(database, self._names)
        self._writer = LinkWriter(database, self._names)
        self._holds = Holds(database, self._names)
        self._runs = Runs(database, self._names)
        hub = self._runs.get(HUB)
        if not isinstance(hub, str):
            raise Fatal("store.damaged", where=database.where, cause="no hub id")
        self.hub = hub

    def close(self) -> None:
        self._db.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- one writer

    def acquire(self, holder: str, lease: timedelta) -> Fence:
        """Takes the lock. Raises Locked(holder=, since=) while another holder's lease runs."""
        return lock.acquire(self._db, holder, self._now(), lease)

    def renew(self, fence: Fence, lease: timedelta) -> None:
        """Raises Locked when the lock was taken over."""
        lock.renew(self._db, fence, self._now(), lease)

    def holder(self) -> Holder | None:
        """Who holds the lock now, if anybody does."""
        return lock.holder(self._db, self._now())

    def release(self, fence: Fence) -> None:
        lock.release(self._db, fence)

    # --- links

    def known(self, system: str, object: str, ids: Sequence[str]) -> dict[str, list[KnownEnd]]:
        """The ends of these records (a record may hold several parts), aliases not followed."""
        return self._reader.known(system, object, ids)

    def seen(
        self,
        system: str,
        object: str,
        part: str,
        ids: Sequence[str],
        *,
        entity: Entity,
        lens: str,
        states: frozenset[EndState],
    ) -> Mapping[str, Sight]:
        """Of the ends in these states that were last read through this lens, what their records showed."""
        return self._reader.seen(system, object, part, entity, lens, states, ids)

    def alias(self, system: str, object: str, ids: Sequence[str]) -> dict[str, str]:
        """Ids of records that were merged or moved away -> key of the link they belonged to.

        With system "" and object "": keys of links that were absorbed -> key of the link they became.
        """
        return self._reader.alias(system, object, ids)

    def links(self, keys: Sequence[str]) -> dict[str, Link]:
        return self._reader.links(keys)

    def versions(self, keys: Sequence[str]) -> dict[str, int]:
        """key -> version, of the links that there are"""
        return self._reader.versions(keys)

    def labels(self, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
        """key -> (label, owner)"""
        return self._reader.labels(keys)

    def places(self, keys: Sequence[str], system: str) -> dict[str, list[EndId]]:
        """Where these links live in one system (live and creating-with-id ends): for references on the way out."""
        return self._reader.places(keys, system)

    def candidates(self, entity: Entity, blocks: Sequence[int]) -> dict[int, list[str]]:
        """Links that carry these blocking keys."""
        return self._reader.candidates(entity, blocks)

    def dirty(self, entity: Entity, chunk: int = 1000) -> Iterator[list[str]]:
        return self._reader.dirty(entity, chunk)

    def referring(self, keys: Sequence[str]) -> list[str]:
        """Links with a `waiting` hold on a foreign record of one of these parents.

        The hold's topic is "field|system|object|id" or "field|system|id".
        """
        return self._reader.referring(keys)

    def find(self, entity: Entity, text: str, limit: int = 20) -> list[str]:
        """Links whose label, key, e-mail or remote id is, or contains, the text."""
        return self._reader.find(entity, text, limit)

    def counts(self, entity: Entity) -> dict[str, int]:
        """system -> number of live ends; "" -> number of links."""
        return self._reader.counts(entity)

    def every(self, entity: Entity, chunk: int = 1000) -> Iterator[list[Link]]:
        return self._reader.every(entity, chunk)

    # --- runs

    def start_run(self, fence: Fence, run: Run) -> None:
        """Runs that are still marked as running become `crashed`: the fence proves that they are dead."""
        with self._db.write() as c:
            lock.check(c, fence)
            self._runs.start(c, run, self._now())

    def end_run(self, fence: Fence, run: str, state: RunState, counts: Mapping[str, Any], message: str = "") -> None:
        with self._db.write() as c:
            lock.check(c, fence)
            self._runs.end(c, run, state, counts, message, self._now())

    def undone(self, fence: Fence, run: str, by: str) -> None:
        """Notes that a run was undone by another one."""
        with self._db.write() as c:
            lock.check(c, fence)
            self._runs.undone(c, run, by)

    def run(self, id: str) -> Run | None:
        return self._runs.one(id)

    def runs(self, limit: int = 50) -> list[Run]:
        """The latest first."""
        return self._runs.latest(limit)

    def run_of_plan(self, plan: str) -> Run | None:
        return self._runs.of_plan(plan)

    # --- the one way to write

    def commit(self, fence: Fence, run: str, batch: Batch) -> list[str]:
        """Writes the batch in one transaction; gives the keys of links that had moved.

        Nothing of those is written: no hold, no journal row, no intent. What has happened outside is: outcomes,
        touches and cursors stand. Raises Locked when the fence is stale.
        """
        now = self._now()
        try:
            with self._db.write() as c:
                lock.check(c, fence)
                self._writer.touch(c, batch.touches)
                before = self._writer.before(c, batch)
                moved = before.moved
                self._writer.write(c, batch, before, now)
                self._holds.close(c, (i for i in batch.closed if i.link not in moved), now)
                self._holds.open(c, (h for h in batch.opened if h.id.link not in moved), run, now)
                self._runs.write(c, (_intended(r) for r in batch.intents if r.link not in moved), run, now)
                self._runs.write(c, (r for r in batch.journal if r.link not in moved), run, now)
                self._runs.settle(c, batch.outcomes, run)
                self._runs.move(c, batch.cursors)
                self._writer.stay_dirty(c, batch, moved)
        except BaseException:
            self._names.forget()
            raise
        return [w.link.key for w in batch.links if w.link.key in moved]

    def forget(self, fence: Fence, keys: Sequence[str]) -> None:
        """Takes these links and everything the state says about them, the journal's values included."""
        with self._db.write() as c:
            lock.check(c, fence)
            before = self._writer.before(c, Batch(removed=keys))
            self._writer.write(c, Batch(removed=keys), before, self._now())
            self._runs.erase(c, keys)

    # --- journal

    def journal(
        self, *, run: str | None = None, link: str | None = None, unfinished: bool = False
    ) -> Iterator[JournalRow]:
        """In the order of runs and steps. Unfinished rows are intended and have no outcome."""
        return self._runs.journal(run, link, unfinished)

    # --- holds

    def holds(
        self,
        *,
        kinds: Iterable[HoldKind] | None = None,
        links: Sequence[str] | None = None,
        open_only: bool = True,
        decided: bool | None = None,
    ) -> Iterator[StoredHold]:
        """Of the closed ones, those that a person decided are still there."""
        return self._holds.read(kinds, links, open_only, decided)

    def decide(self, verdicts: Sequence[Verdict]) -> int:
        """Stores verdicts and marks their links dirty; a verdict may be revised. Gives how many holds there were.

        A verdict that names other values (`seen`) than the hold has now is not taken. A verdict on a match is also
        kept for its records: those in facts "pair" ("system/object/id#part", without # where there is no part), or
        else those in facts "a" and "b", and those of the hold's link and of the link that is its topic.
        """
        return self._holds.decide(verdicts, self._now())

    def match_verdicts(self, ends: Sequence[str]) -> dict[frozenset[str], bool]:
        """Verdicts on matches that name one of these records ("system/object/id#part"): pair -> same?"""
        return self._holds.said(ends)

    def judged(self) -> bool:
        """Whether anybody ever gave a verdict on a match."""
        return self._holds.judged()

    # --- settings of the hub

    def cursors(self) -> dict[tuple[str, str, str], str]:
        return self._runs.cursors()

    def get(self, name: str) -> Any:
        """A named JSON value: pinned identities, lenses seen, phases of mappings, last full listings."""
        return self._runs.get(name)

    def put(self, fence: Fence | None, name: str, value: Any) -> None:
        """None takes the name away."""
        with self._db.write() as c:
            if fence is None:
                lock.wait(c)
            else:
                lock.check(c, fence)
            self._runs.put(c, name, value)


def _intended(row: JournalRow) -> JournalRow:
    assert row.done is Done.INTENDED, "an intent has no outcome yet"
    return row


def open_store(url: str, *, now: Callable[[], datetime], create: bool = True) -> Store:
    """The store at an SQLAlchemy URL; made or migrated when needed.

    `create=False` opens to read: nothing is written, made or migrated (see `connector.store.open`).

    Raises Fatal: "store.newer" (made by a newer version), "store.damaged", "store.unreachable", "store.read_only",
    "store.full"; and "store.older" where it would have to be migrated and may not be written.
    """
    database = opened(url, create=create)
    try:
        return Store(database, now)
    except BaseException:
        database.engine.dispose()
        raise


__all__ = ["HoldId", "Store", "open_store"]
