"""The one way to write: a batch in one transaction, without the links that moved since they were read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from connector.store.codec import reference
from connector.store.database import Database
from connector.store.names import LENS, Names
from connector.store.records import Batch, LinkWrite, Touch
from connector.store.rows import (
    ENTITY_CODE,
    EndKey,
    end_row,
    packed,
    plain,
    provenance_text,
    search_text,
    stored_id,
    unpacked,
    values_text,
)
from connector.store.schema import alias, block, end, hold, link
from connector.store.values import dumps, micros


def upsert(database: Database, table: Table) -> Any:
    """INSERT of a whole row, or UPDATE of the row with this key."""
    values: dict[str, Any] = {c.name: bindparam(c.name) for c in table.columns}
    keys = [c.name for c in table.primary_key.columns]
    rest = [c.name for c in table.columns if not c.primary_key]
    if database.sqlite:
        one = sqlite.insert(table).values(values)
        return one.on_conflict_do_update(index_elements=keys, set_={n: one.excluded[n] for n in rest})
    other = postgresql.insert(table).values(values)
    return other.on_conflict_do_update(index_elements=keys, set_={n: other.excluded[n] for n in rest})


def whole(table: Table) -> Any:
    return insert(table).values({c.name: bindparam(c.name) for c in table.columns})


def deletion(table: Table) -> Any:
    """By the primary key, in the order of its columns."""
    return delete(table).where(*(c == bindparam(f"at_{c.name}") for c in table.primary_key.columns))


@dataclass(frozen=True, slots=True)
class _Row:
    """What the store has of a link before the batch."""

    no: int
    entity: int
    version: int
    label: str
    owner: str
    blocks: bytes


@dataclass(slots=True)
class _Before:
    rows: dict[str, _Row]
    ends: dict[int, set[EndKey]]  # link -> its ends
    owner: dict[EndKey, int]  # of the ends that the batch writes
    wants: dict[str, list[EndKey]] = field(default_factory=dict)  # link of the batch -> the ends it shall have
    moved: set[str] = field(default_factory=set)


class LinkWriter:
    """Links, ends, aliases and blocks of a batch."""

    def __init__(self, database: Database, names: Names) -> None:
        self._db = database
        self._names = names
        among = database.among
        self._rows = select(
            link.c.key, link.c.no, link.c.entity, link.c.version, link.c.label, link.c.owner, link.c.blocks
        ).where(among(link.c.key))
        self._ends_of = select(end.c.link, end.c.place, end.c.id).where(among(end.c.link))
        self._owners = select(end.c.id, end.c.link).where(end.c.place == bindparam("place"), among(end.c.id))
        self._insert_link = whole(link)
        self._update_link = (
            update(link)
            .where(link.c.no == bindparam("at_no"))
            .values({c.name: bindparam(c.name) for c in link.columns if c.name not in ("no", "key", "entity")})
        )
        self._delete_link = deletion(link)
        self._upsert_end = upsert(database, end)
        self._insert_end = whole(end)
        self._delete_end = deletion(end)
        self._insert_block = whole(block)
        self._delete_block = deletion(block)
        self._upsert_alias = upsert(database, alias)
        self._delete_alias = deletion(alias)
        self._follow = update(alias).where(alias.c.link == bindparam("at_link")).values(link=bindparam("link"))
        self._drop_aliases = delete(alias).where(alias.c.link == bindparam("at_link"))
        self._drop_holds = delete(hold).where(hold.c.link == bindparam("at_link"))
        self._touch = (
            update(end)
            .where(end.c.place == bindparam("at_place"), end.c.id == bindparam("at_id"))
            .ordered_values(*((end.c[n], bindparam(n)) for n in ("version", "fingerprint", "lens")))
        )
        decided = select(hold.c.link).where(
            hold.c.verdict.is_not(None), hold.c.closed.is_(None), among(hold.c.link, "held")
        )
        self._decided = update(link).where(link.c.key.in_(decided)).values(dirty=1)

    # --- what is there, and what moved

    def before(self, c: Connection, batch: Batch) -> _Before:
        keys = {w.link.key for w in batch.links}
        if len(keys) < len(batch.links):
            raise ValueError("a batch writes a link once")
        every = {*keys, *batch.removed, *(k for w in batch.links for k in w.absorbed)}
        if not every:
            return _Before({}, {}, {})
        db = self._db
        rows = {key: _Row(*rest) for key, *rest in db.rows(c, self._rows, db.listed(sorted(every)))}
        ends: dict[int, set[EndKey]] = {row.no: set() for row in rows.values()}
        if ends:
            for no, place, id_ in db.rows(c, self._ends_of, db.listed(list(ends))):
                ends[no].add((place, id_))
        before = _Before(rows, ends, {k: no for no, of in ends.items() for k in of})
        before.wants = {w.link.key: self._keys(c, w) for w in batch.links}
        wanted: dict[int, list[str]] = {}
        for wants in before.wants.values():
            for place, id_ in wants:
                if (place, id_) not in before.owner:
                    wanted.setdefault(place, []).append(id_)
        for place, ids in wanted.items():
            before.owner.update(((place, i), no) for i, no in db.rows(c, self._owners, place, db.listed(ids)))
        before.moved = _moved(batch, before)
        return before

    def _keys(self, c: Connection, w: LinkWrite) -> list[EndKey]:
        return [(self._names.place(c, e.at.system, e.at.object, e.at.part), stored_id(w.link, e)) for e in w.link.ends]

    # --- writing

    def write(self, c: Connection, batch: Batch, before: _Before, now: datetime) -> None:
        writes = [w for w in batch.links if w.link.key not in before.moved]
        db, rows = self._db, before.rows
        absorbed = {k: w.link.key for w in writes for k in w.absorbed}
        gone = [rows[k].no for k in (*batch.removed, *absorbed) if k in rows]
        last = c.execute(select(func.max(link.c.no))).scalar() or 0
        nos: dict[str, int] = {}
        for w in writes:
            if w.link.key in rows:
                nos[w.link.key] = rows[w.link.key].no
            else:
                last += 1
                nos[w.link.key] = last
        kept = {w.link.key: set(before.wants[w.link.key]) for w in writes}
        left = {
            at
            for w in writes
            if (row := rows.get(w.link.key)) is not None
            for at in before.ends[row.no] - kept[w.link.key]
        }
        left |= {at for no in gone for at in before.ends[no]}
        db.many(c, self._delete_end, sorted(left))
        self._blocks(c, writes, before, nos, gone)
        self._links(c, writes, before, nos, now)
        self._ends(c, writes, before, nos, left)
        self._aliases(c, writes, before, nos, kept)
        db.many(c, self._drop_aliases, [(rows[k].no,) for k in batch.removed if k in rows])
        db.many(c, self._drop_holds, [(k,) for k in (*batch.removed, *absorbed)])
        db.many(c, self._delete_link, [(no,) for no in gone])

    def _links(
        self, c: Connection, writes: Sequence[LinkWrite], before: _Before, nos: dict[str, int], now: datetime
    ) -> None:
        new: list[tuple[Any, ...]] = []
        changed: list[tuple[Any, ...]] = []
        updated = micros(now)
        for w in writes:
            at, row = w.link, before.rows.get(w.link.key)
            against = reference(at)
            label = plain(w.label) or (row.label if row else "")
            owner = plain(w.owner) or (row.owner if row else "")
            blocks = packed(w.blocks) if w.blocks is not None else (row.blocks if row else b"")
            aliases = list(dict.fromkeys((*at.aliases, *w.absorbed)))
            rest = (
                1 if row is None else row.version + 1,
                int(at.dirty),
                label,
                owner,
                search_text(label, at.golden),
                updated,
                blocks,
                dumps(aliases) if aliases else None,
                provenance_text(self._names, c, at),
                values_text(self._names, c, at.golden),
                None if against is at.golden else values_text(self._names, c, against),
            )
            if row is None:
                new.append((nos[at.key], at.key, ENTITY_CODE[at.entity], *rest))
            else:
                changed.append((*rest, row.no))
        self._db.many(c, self._insert_link, new)
        self._db.many(c, self._update_link, changed)

    def _ends(
        self, c: Connection, writes: Sequence[LinkWrite], before: _Before, nos: dict[str, int], left: set[EndKey]
    ) -> None:
        there = before.owner.keys() - left
        new: list[tuple[Any, ...]] = []
        changed: list[tuple[Any, ...]] = []
        for w in writes:
            against = reference(w.link)
            for seat, e in enumerate(w.link.ends):
                row = end_row(self._names, c, nos[w.link.key], w.link, against, seat, e)
                (changed if row[:2] in there else new).append(row)
        self._db.many(c, self._insert_end, new)
        self._db.many(c, self._upsert_end, changed)

    def _blocks(
        self, c: Connection, writes: Sequence[LinkWrite], before: _Before, nos: dict[str, int], gone: Iterable[int]
    ) -> None:
        rows = {row.no: row for row in before.rows.values()}
        out = [(rows[no].entity, b, no) for no in gone for b in set(unpacked(rows[no].blocks))]
        into: list[tuple[int, int, int]] = []
        for w in writes:
            if w.blocks is not None:
                row, code, no = before.rows.get(w.link.key), ENTITY_CODE[w.link.entity], nos[w.link.key]
                had = set(unpacked(row.blocks)) if row else set()
                now = set(w.blocks)
                out += [(code, b, no) for b in had - now]
                into += [(code, b, no) for b in now - had]
        self._db.many(c, self._delete_block, out)
        self._db.many(c, self._insert_block, sorted(into))

    def _aliases(
        self,
        c: Connection,
        writes: Sequence[LinkWrite],
        before: _Before,
        nos: dict[str, int],
        kept: dict[str, set[EndKey]],
    ) -> None:
        names, db = self._names, self._db
        everywhere = {at for of in kept.values() for at in of}
        new: dict[EndKey, int] = {}
        follow: list[tuple[int, int]] = []
        for w in writes:
            key, no = w.link.key, nos[w.link.key]
            row = before.rows.get(key)
            was = set(before.ends[row.no]) if row else set()
            for old in w.absorbed:
                was |= before.ends[before.rows[old].no]
                follow.append((no, before.rows[old].no))
                new[names.place(c, "", ""), old] = no
            systems = {names.at(c, place)[0] for place, _ in kept[key]}
            for place, id_ in was - everywhere:
                system, object_, _ = names.at(c, place)
                # Where the system still has a record here, the one that left was merged into it or moved to it.
                if system in systems:
                    new[names.place(c, system, object_), id_] = no
            for text in w.link.aliases:
                at = text.split("/", 2)
                if len(at) == 3:
                    new[names.place(c, at[0], at[1]), at[2].partition("#")[0]] = no
                elif text != key:
                    new[names.place(c, "", ""), text] = no
        db.many(c, self._follow, follow)
        db.many(c, self._upsert_alias, [(*at, no) for at, no in new.items()])
        if c.execute(select(alias.c.id).limit(1)).first() is not None:
            arrived = {(names.place(c, *names.at(c, p)[:2]), i) for p, i in everywhere if (p, i) not in before.owner}
            db.many(c, self._delete_alias, sorted(arrived))

    def touch(self, c: Connection, touches: Sequence[Touch]) -> None:
        rows = [
            (
                t.version,
                t.fingerprint,
                self._names.code(c, LENS, t.lens),
                self._names.place(c, t.at.system, t.at.object, t.at.part),
                t.at.id,
            )
            for t in touches
        ]
        self._db.many(c, self._touch, rows)

    def stay_dirty(self, c: Connection, batch: Batch, moved: set[str]) -> None:
        """A verdict given while the run was planning has not been acted on yet."""
        keys = [w.link.key for w in batch.links if w.link.key not in moved]
        if keys:
            c.execute(self._decided, {"held": self._db.listed(keys)})


def _as_expected(w: LinkWrite, rows: dict[str, _Row]) -> bool:
    row = rows.get(w.link.key)
    if (None if row is None else row.version) != w.expect:
        return False
    expected = dict(w.absorbed_at)
    return all(k in rows and expected.get(k, rows[k].version) == rows[k].version for k in w.absorbed)


def _moved(batch: Batch, before: _Before) -> set[str]:
    """Links of another version than expected, and links that want a record which stays on another link."""
    rows, wants = before.rows, before.wants
    moved = {w.link.key for w in batch.links if not _as_expected(w, rows)}
    removed = {rows[k].no for k in batch.removed if k in rows}
    while True:
        leaves: dict[int, set[EndKey]] = {no: set() for no in removed}  # link -> the ends it keeps
        for w in batch.links:
            if w.link.key not in moved:
                if w.link.key in rows:
                    leaves[rows[w.link.key].no] = set(wants[w.link.key])
                leaves.update((rows[k].no, set()) for k in w.absorbed)
        taken: dict[EndKey, str] = {}
        more: set[str] = set()
        for w in batch.links:
            key = w.link.key
            if key in moved:
                continue
            own = rows[key].no if key in rows else None
            for at in wants[key]:
                owner = before.owner.get(at)
                stays = owner is not None and owner != own and at in leaves.get(owner, {at})
                if stays or taken.setdefault(at, key) != key:
                    more.add(key)
        if not more:
            return moved
        moved |= more
