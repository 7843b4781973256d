"""A prepared world, taken out as often as there are places to die in; and how it looks at the end."""

from __future__ import annotations

import pickle
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, insert, select, text

from connector.adapters.memory import MemoryAdapter
from connector.model import Entity, Link
from connector.store import schema
from connector.store.records import Done, RunState
from connector.store.store import Store, open_store
from tests.engine.kit import Kit


@contextmanager
def workplace() -> Iterator[Path]:
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="crash-", dir=memory if memory.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Frozen:
    """Systems, state and counters at one moment, none of them open."""

    systems: bytes
    mappings: dict[str, str]
    now: datetime
    counters: bytes
    hub: bytes  # the SQLite file
    notes: dict[str, Any]  # what preparing left for the act


class Place:
    """Where the state of the worlds lives: a SQLite file in a folder, or a PostgreSQL database."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.folder = folder
        self.file = folder / "hub.db"
        self.url = url
        self._engine: Engine | None = None if url is None else create_engine(url)
        if url is not None:
            open_store(url, now=lambda: datetime.min).close()

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()

    def thaw(self, frozen: Frozen) -> Kit:
        for left in self.folder.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        systems = pickle.loads(frozen.systems)
        adapters = {name: MemoryAdapter(name, system) for name, system in systems.items()}
        keys, runs, plans = pickle.loads(frozen.counters)
        self.file.write_bytes(frozen.hub)
        if self._engine is not None:
            self._fill(self._engine)
        k = Kit(
            self.folder,
            frozen.mappings,
            systems,
            adapters,
            None,  # type: ignore[arg-type]
            now=frozen.now,
            keys=keys,
            runs=runs,
            plans=plans,
            notes=dict(frozen.notes),
        )
        self.reopen(k)
        return k

    def reopen(self, k: Kit) -> None:
        """What a new process does."""
        k.store = open_store(self.url or f"sqlite:///{self.file}", now=lambda: k.now)

    def freeze(self, k: Kit) -> Frozen:
        """Puts the world away; its store is closed."""
        k.store.close()
        if self._engine is not None:
            self._empty_into(self.file, self._engine)
        return Frozen(
            pickle.dumps(k.systems),
            dict(k.mappings),
            k.now,
            pickle.dumps((k.keys, k.runs, k.plans)),
            self.file.read_bytes(),
            dict(k.notes),
        )

    def _fill(self, engine: Engine) -> None:
        """The database gets the rows of the file."""
        tables = schema.metadata.sorted_tables
        file = create_engine(f"sqlite:///{self.file}")
        with engine.begin() as to, file.connect() as source:
            to.execute(text(f"TRUNCATE {', '.join(quoted(t.name) for t in tables)}"))
            for table in tables:
                rows = [dict(row) for row in source.execute(select(table)).mappings()]
                if rows:
                    to.execute(insert(table), rows)
        file.dispose()

    def _empty_into(self, path: Path, engine: Engine) -> None:
        """The file gets the rows of the database."""
        tables = schema.metadata.sorted_tables
        file = create_engine(f"sqlite:///{path}")
        with engine.connect() as source, file.begin() as to:
            for table in reversed(tables):
                to.execute(table.delete())
            for table in tables:
                rows = [dict(row) for row in source.execute(select(table)).mappings()]
                if rows:
                    to.execute(insert(table), rows)
        file.dispose()


def quoted(name: str) -> str:
    return f'"{name}"'


# --- how it looks -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """What must be the same whether anybody died or not. Keys of links, ids of runs and moments do not count."""

    records: tuple[Any, ...]  # every record of every system, with how often it was written
    links: tuple[Any, ...]
    holds: tuple[Any, ...]
    journal: tuple[Any, ...]  # every value that was written, once
    open: int  # intents without an outcome
    running: int  # runs that nobody ended
    held: bool  # somebody still has the right to write

    def differences(self, other: Seen) -> list[str]:
        found = []
        for part in ("records", "links", "holds", "journal"):
            mine, theirs = Counter(getattr(self, part)), Counter(getattr(other, part))
            found += [f"{part} -{x}" for x in (mine - theirs)] + [f"{part} +{x}" for x in (theirs - mine)]
        found += [f"{part}: {getattr(other, part)}" for part in ("open", "running", "held") if getattr(other, part)]
        return found


def look(k: Kit) -> Seen:
    ids = {
        (name, row.id): f"<{name} {_record_name(row.values)}>"
        for name, system in k.systems.items()
        for rows in system.rows.values()
        for row in rows.values()
    }
    return look_at(k.store, _records(k), ids)


def look_at(store: Store, records: Iterable[str], ids: Mapping[tuple[str, str], str]) -> Seen:
    """`ids`: names for records whose ids depend on who made them."""
    links = {x.key: x for e in Entity for page in store.every(e) for x in page}
    names = {key: _name(link) for key, link in links.items()}
    return Seen(
        records=tuple(sorted(records)),
        links=tuple(sorted(str(_link(link, names, ids)) for link in links.values())),
        holds=tuple(
            sorted(
                f"{names.get(h.id.link, '?')} {h.id.kind} {h.facts.get('field', '')} {h.facts.get('system', '')}"
                f" {h.facts.get('cause', '')}"
                for h in (stored.hold for stored in store.holds())
            )
        ),
        journal=tuple(sorted(_journal(store, names))),
        open=len(list(store.journal(unfinished=True))),
        running=sum(r.state is RunState.RUNNING for r in store.runs(1000)),
        held=store.holder() is not None,
    )


def _records(k: Kit) -> Iterator[str]:
    for name, system in k.systems.items():
        for object_, rows in system.rows.items():
            by_id = {row.id: _record_name(row.values) for r in system.rows.values() for row in r.values()}
            for row in rows.values():
                shown = {c: by_id.get(str(v), v) for c, v in sorted(row.values.items())}
                yield f"{name} {object_} written {row.version} {shown} key {row.key is not None}"


def _record_name(values: Any) -> str:
    return "/".join(str(v) for c, v in sorted(values.items()) if c.lower() in _NAMING and v)


_NAMING = frozenset({"mail", "email", "name", "会社名", "担当者メール"})


def _name(link: Link) -> str:
    return f"{link.entity} {link.golden.get('email') or link.golden.get('name')}"


def _link(link: Link, names: Mapping[str, str], ids: Mapping[tuple[str, str], str]) -> tuple[Any, ...]:
    def plain(values: Any) -> dict[str, str]:
        return {f: names.get(str(v), repr(v)) for f, v in sorted(values.items())}

    ends = sorted(
        (
            e.at.system,
            e.at.object,
            ids.get((e.at.system, e.at.id), e.at.id),
            e.at.part,
            str(e.state),
            str(plain(e.base)),
            str(plain(e.sent)),
            str(plain(e.accepted)),
            str(sorted(e.first)),
        )
        for e in link.ends
    )
    sources = {f: p.system for f, p in sorted(link.provenance.items())}
    return (_name(link), str(plain(link.golden)), str(sources), link.dirty, str(ends))


def _journal(store: Store, names: Mapping[str, str]) -> Iterator[str]:
    for row in store.journal():
        if row.done is Done.APPLIED:
            for field, change in sorted(row.fields.items()):
                after = names.get(str(change.after), change.after)
                yield f"{names.get(row.link, row.link)} {row.action} {row.system} {row.part} {field} = {after}"
            if not row.fields:
                yield f"{row.action} {row.system} {row.label}"
