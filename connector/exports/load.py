"""Recognised files into SQLite, in place: what a newer file shows as before keeps its version."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from connector.exports.layout import EXTERNAL, KEY, MODIFIED, VERSION, Layout, Loaded

BATCH = 2_000
SHOWN = 3  # cells of a column, as examples


@dataclass(frozen=True, slots=True)
class Edited:
    """One cell that a newer file shows differently."""

    key: str
    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What a load did to one table; `unchanged` files are not read again."""

    new: int = 0
    changed: int = 0
    gone: int = 0
    same: int = 0
    unchanged: bool = False
    edits: Mapping[str, int] = field(default_factory=dict)  # column -> how many cells a newer file changed
    samples: tuple[Edited, ...] = ()


def fingerprint(paths: Iterable[Path], layout: Layout) -> str:
    """Of the files' bytes and of the way they are read."""
    digest = hashlib.sha256(repr(layout).encode())
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def load(db_path: Path, table: str, layout: Layout, rows: Iterable[Loaded], print_: str) -> Counts:
    """Brings one table to what the files show now, in one transaction."""
    db_path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(db_path)) as db, db:
        db.execute("CREATE TABLE IF NOT EXISTS _loaded (name TEXT PRIMARY KEY, fingerprint TEXT NOT NULL)")
        before = db.execute("SELECT fingerprint FROM _loaded WHERE name = ?", (table,)).fetchone()
        if before and before[0] == print_:
            same = db.execute(f"SELECT COUNT(*) FROM {_q(table)}").fetchone()[0]  # noqa: S608
            return Counts(same=same, unchanged=True)
        columns = _columns(layout)
        _prepare(db, table, layout.key, columns)
        _incoming(db, layout, columns, rows)
        counts = _merge(db, table, layout.key, columns)
        db.execute("INSERT OR REPLACE INTO _loaded VALUES (?, ?)", (table, print_))
        return counts


def _q(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _columns(layout: Layout) -> tuple[str, ...]:
    """The data columns, the key among them."""
    return layout.names if layout.key in layout.names else (layout.key, *layout.names)


def _prepare(db: sqlite3.Connection, table: str, key: str, columns: tuple[str, ...]) -> None:
    """The table with at least these columns; a column that left the export stays and keeps its values."""
    existing = [row[1] for row in db.execute(f"PRAGMA table_info({_q(table)})")]
    if existing and key not in existing:
        db.execute(f"DROP TABLE {_q(table)}")  # another key: nothing of the old rows can be recognised
        existing = []
    if not existing:
        body = ", ".join(f"{_q(c)} TEXT{' PRIMARY KEY' if c == key else ''}" for c in columns)
        db.execute(
            f"CREATE TABLE {_q(table)} ({body}, {MODIFIED} TEXT, {VERSION} INTEGER NOT NULL DEFAULT 1, {EXTERNAL} TEXT)"
        )
        db.execute(f"CREATE INDEX {_q(table + ' modified')} ON {_q(table)} ({MODIFIED})")
        db.execute(f"CREATE UNIQUE INDEX {_q(table + ' external')} ON {_q(table)} ({EXTERNAL})")
        return
    folded = {c.casefold() for c in existing}
    for column in columns:
        if column.casefold() not in folded:
            db.execute(f"ALTER TABLE {_q(table)} ADD COLUMN {_q(column)} TEXT")


def _incoming(db: sqlite3.Connection, layout: Layout, columns: tuple[str, ...], rows: Iterable[Loaded]) -> None:
    body = ", ".join(f"{_q(c)} TEXT{' PRIMARY KEY' if c == layout.key else ''}" for c in columns)
    db.execute("DROP TABLE IF EXISTS temp.incoming")
    db.execute(f"CREATE TEMP TABLE incoming ({body}, {MODIFIED} TEXT)")
    marks = ", ".join("?" for _ in range(len(columns) + 1))
    own = layout.names.index(layout.key) if layout.key in layout.names else -1
    # the first of two rows with one id stands; the second was reported
    insert = f"INSERT OR IGNORE INTO temp.incoming VALUES ({marks})"  # noqa: S608
    waiting = _tuples(rows, own)
    while batch := list(islice(waiting, BATCH)):
        db.executemany(insert, batch)


def _tuples(rows: Iterable[Loaded], own: int) -> Iterator[tuple[str | None, ...]]:
    for row in rows:
        if own >= 0:
            yield (*row.cells[:own], row.key, *row.cells[own + 1 :], row.updated_at)
        else:
            yield (row.key, *row.cells, row.updated_at)


def _merge(db: sqlite3.Connection, table: str, key: str, columns: tuple[str, ...]) -> Counts:
    t, k = _q(table), _q(key)
    names = ", ".join(_q(c) for c in columns)
    data = [c for c in columns if c != key] + [MODIFIED]

    def one(sql: str) -> int:
        return int(db.execute(sql).fetchone()[0])

    old = one(f"SELECT COUNT(*) FROM {t}")  # noqa: S608
    gone = db.execute(f"DELETE FROM {t} WHERE {k} NOT IN (SELECT {k} FROM temp.incoming)").rowcount  # noqa: S608
    differs = " OR ".join(f"t.{_q(c)} IS NOT i.{_q(c)}" for c in data)
    updates = ", ".join(f"{_q(c)} = i.{_q(c)}" for c in data)
    changed = 0
    edits: dict[str, int] = {}
    samples: tuple[Edited, ...] = ()
    if old - gone:
        edits, samples = _edits(db, table, key, [c for c in data if c != MODIFIED])
        # a long OR is too deep for SQLite: compare as rows
        if len(data) > 200:
            differs = f"({', '.join(f't.{_q(c)}' for c in data)}) IS NOT ({', '.join(f'i.{_q(c)}' for c in data)})"
        changed = db.execute(
            f"UPDATE {t} AS t SET {updates}, {VERSION} = t.{VERSION} + 1 FROM temp.incoming AS i "  # noqa: S608
            f"WHERE t.{k} = i.{k} AND ({differs})"
        ).rowcount
    new = db.execute(
        f"INSERT INTO {t} ({names}, {MODIFIED}) SELECT {names}, {MODIFIED} FROM temp.incoming "  # noqa: S608
        f"WHERE {k} NOT IN (SELECT {k} FROM {t})"
    ).rowcount
    total = one(f"SELECT COUNT(*) FROM {t}")  # noqa: S608
    same = total - new - changed
    return Counts(new=new, changed=changed, gone=gone, same=same, edits=edits, samples=samples)


def _edits(
    db: sqlite3.Connection, table: str, key: str, columns: list[str]
) -> tuple[dict[str, int], tuple[Edited, ...]]:
    """Which columns a newer file changed and how often, with the first few cells."""
    edits: dict[str, int] = {}
    samples: list[Edited] = []
    both = f"FROM {_q(table)} AS t JOIN temp.incoming AS i ON t.{_q(key)} = i.{_q(key)}"
    for column in columns:
        c = _q(column)
        differ = f"{both} WHERE t.{c} IS NOT i.{c}"
        count = int(db.execute(f"SELECT COUNT(*) {differ}").fetchone()[0])
        if count:
            edits[column] = count
            rows = db.execute(f"SELECT t.{_q(key)}, t.{c}, i.{c} {differ} ORDER BY 1 LIMIT {SHOWN}")
            samples += [Edited(str(id), column, before or "", after or "") for id, before, after in rows]
    return edits, tuple(samples)


__all__ = ["KEY", "Counts", "fingerprint", "load"]
