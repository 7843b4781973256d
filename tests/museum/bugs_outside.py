"""Bugs in the store and in adapters."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from connector.adapters import cursor as cursors
from connector.adapters.contract import Change, Native, Unknown, Written
from connector.adapters.memory import MemoryAdapter
from connector.store import lock, rows, store
from connector.store.records import Batch, Fence
from connector.store.values import micros
from tests.museum.surgery import Rig, Surgery, Wing

STORE = Wing("store")
ADAPTERS = Wing("adapters")


@STORE.bug("what was sent is not kept", 4, 5)
def sent_not_kept(at: Surgery) -> None:
    """The state forgets which values were written and not yet seen."""

    def make(real: Any) -> Any:
        def end_row(*where: Any) -> Any:
            *before, end = where
            return real(*before, replace(end, sent={}))

        return end_row

    at.replace(rows, "end_row", make)


@STORE.bug("a base stored against the golden value of the run before", 1, 4)
def base_against_old_golden(at: Surgery) -> None:
    """Bases are stored as their difference from golden: where both moved, the end is said to show the golden value."""

    def make(real: Any) -> Any:
        def end_row(names: Any, c: Any, no: int, link: Any, *rest: Any) -> Any:
            *between, end = rest
            base = {f: link.golden.get(f, v) if v is not None else v for f, v in end.base.items()}
            return real(names, c, no, link, *between, replace(end, base=base))

        return end_row

    at.replace(rows, "end_row", make)


@STORE.bug("outcomes in a commit of their own", 8, rig=Rig.CRASH, scenario="edits on one side")
def outcomes_apart(at: Surgery) -> None:
    """The journal says that a step is done before the link knows."""

    def make(real: Any) -> Any:
        def commit(self: Any, fence: Any, run: str, batch: Any) -> Any:
            if batch.outcomes and batch.links:
                type(self).commit(self, fence, run, Batch(outcomes=batch.outcomes))
                batch = replace(batch, outcomes=())
            return real(self, fence, run, batch)

        return commit

    at.replace(store.Store, "commit", make)


@STORE.bug("lock by exists-then-write", 15, rig=Rig.WRITERS)
def lock_by_looking(at: Surgery) -> None:
    """Whether somebody holds the hub is read first and written afterwards, in two transactions."""

    def make(real: Any) -> Any:
        def acquire(database: Any, holder: str, now: datetime, lease: timedelta) -> Fence:
            table = lock._T
            with database.read() as c:
                row = c.execute(select(table.c.fence, table.c.until)).first()
            if row is not None and row.until > micros(now):
                with database.write() as c:
                    raise lock._held(c)
            number = 1 if row is None else row.fence + 1
            taken = {"holder": holder, "fence": number, "since": micros(now), "until": micros(now + lease)}
            with database.write() as c:
                if c.execute(update(table).values(taken)).rowcount == 0:
                    c.execute(insert(table).values({"name": lock._NAME, **taken}))
            return Fence(number, holder)

        return acquire

    at.replace(lock, "acquire", make)


@STORE.bug("a fence that nobody checks", 15, rig=Rig.WRITERS)
def fence_unchecked(at: Surgery) -> None:
    """A process that slept past its lease goes on writing."""
    at.replace(lock, "check", lambda real: lambda connection, fence: None)


@ADAPTERS.bug("cursor from our clock", 1)
def cursor_from_our_clock(at: Surgery) -> None:
    """The cursor is the time of our last read: what appears later with an older stamp is lost."""

    def make(real: Any) -> Any:
        def pull(self: Any, object: str, fields: Any, since: Any) -> Any:
            for page in real(self, object, fields, since):
                if page.cursor is not None:
                    ours = self.system.now.isoformat()
                    page = replace(page, cursor=_cursor(self, object, ours))
                yield page

        return pull

    at.replace(MemoryAdapter, "pull", make)


@ADAPTERS.bug("strict > cursor on coarse stamps", 1)
def strict_cursor(at: Surgery) -> None:
    """The cursor is the last stamp seen, and only later ones are asked for."""

    def make_pull(real: Any) -> Any:
        def pull(self: Any, object: str, fields: Any, since: Any) -> Any:
            last = _cursor_time(self, object, since)
            for page in real(self, object, fields, since):
                last = max([*([last] if last else []), *(n.modified_at for n in page.records)], default=None)
                if page.cursor is not None:
                    page = replace(page, cursor=_cursor(self, object, last.isoformat()) if last else None)
                yield page

        return pull

    def make_since(real: Any) -> Any:
        def since_of(self: Any, object: str, since: Any) -> Any:
            last = _cursor_time(self, object, since)
            return last + timedelta(microseconds=1) if last is not None else None

        return since_of

    at.replace(MemoryAdapter, "pull", make_pull)
    at.replace(MemoryAdapter, "_since", make_since)


@ADAPTERS.bug("part of a batch taken for all of it", 5)
def all_good(at: Surgery) -> None:
    """An answer that breaks off in the middle is read as success for the whole batch."""

    def make(real: Any) -> Any:
        def send(self: Any, object: str, batch: Any) -> Any:
            outcomes = real(self, object, batch)
            return [
                Written(w.id, None, Native(w.id, dict(w.values), None))
                if isinstance(w, Change) and isinstance(o, Unknown)
                else o
                for w, o in zip(batch, outcomes, strict=True)
            ]

        return send

    at.replace(MemoryAdapter, "_send", make)


@ADAPTERS.bug("versions not passed on", 1, 2)
def versions_dropped(at: Surgery) -> None:
    """The adapter sends a write without the version and the values that the engine insists on."""

    def make(real: Any) -> Any:
        def push(self: Any, object: str, batch: Any) -> Any:
            plain = [replace(w, if_version=None, before={}) if isinstance(w, Change) else w for w in batch]
            return real(self, object, plain)

        return push

    at.replace(MemoryAdapter, "push", make)


def _cursor(adapter: Any, object: str, at: str) -> str:
    return cursors.encode("memory", adapter.name, object, at=at)


def _cursor_time(adapter: Any, object: str, since: Any) -> datetime | None:
    if since is None:
        return None
    return cursors.stamp("memory", adapter.name, object, cursors.decode("memory", adapter.name, object, since)["at"])
