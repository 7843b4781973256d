"""Reading links and ends, a page at a time. Every statement takes its list as one parameter and uses an index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Executable, Integer, Select, Text, and_, bindparam, func, literal_column, or_, select, text

from connector.model import End, EndId, EndState, Entity, Link, Value
from connector.store.database import Database
from connector.store.names import LENS, PLACE, Names
from connector.store.records import KnownEnd, Sight
from connector.store.rows import (
    ENTITY_CODE,
    ENTITY_OF,
    NEW,
    READ_END,
    STATE_CODE,
    STATE_OF,
    folded,
    plain,
    read_end,
    read_provenance,
    read_values,
)
from connector.store.schema import alias, block, end, hold, link
from connector.store.values import dumps, loads

_LIVE = STATE_CODE[EndState.LIVE]
_CREATING = STATE_CODE[EndState.CREATING]
_LINK = (link.c.no, link.c.key, link.c.entity, link.c.version, link.c.dirty, link.c.aliases, link.c.provenance,
         link.c.golden, link.c.shown)  # fmt: skip


class Reader:
    """The reading half of the store."""

    def __init__(self, database: Database, names: Names) -> None:
        self._db = database
        self._names = names
        among = database.among
        self._known = (
            select(end.c.place, end.c.id, link.c.key, end.c.entity, end.c.state, end.c.fingerprint, end.c.lens,
                   end.c.version)
            .join_from(end, link, link.c.no == end.c.link)
            .where(end.c.place == bindparam("place"), among(end.c.id))
        )  # fmt: skip
        self._seen: dict[frozenset[EndState], Select[Any]] = {}
        self._alias = (
            select(alias.c.id, link.c.key)
            .join_from(alias, link, link.c.no == alias.c.link)
            .where(alias.c.place == bindparam("place"), among(alias.c.id))
        )
        self._by_key = select(*_LINK).where(among(link.c.key))
        self._ends = select(*READ_END).where(among(end.c.link)).order_by(end.c.link, end.c.seat)
        self._versions = select(link.c.key, link.c.version).where(among(link.c.key))
        self._labels = select(link.c.key, link.c.label, link.c.owner).where(among(link.c.key))
        self._places = (
            select(link.c.key, end.c.place, end.c.id, end.c.state)
            .join_from(link, end, end.c.link == link.c.no)
            .where(among(link.c.key))
            .order_by(end.c.link, end.c.seat)
        )
        self._candidates = (
            select(block.c.block, link.c.key)
            .join_from(block, link, link.c.no == block.c.link)
            .where(block.c.entity == bindparam("entity"), among(block.c.block))
            .order_by(block.c.block, block.c.link)
        )
        # the literal, not a parameter: a partial index is used only where the condition stands in the statement;
        # and SQLite, left to itself, walks every link of the entity instead
        self._dirty: Executable = (
            select(literal_column("link.no", Integer), literal_column("link.key", Text))
            .select_from(text("link INDEXED BY link_dirty" if database.sqlite else "link"))
            .where(
                literal_column("link.entity") == bindparam("entity"),
                literal_column("link.no") > bindparam("after"),
                literal_column("link.dirty = 1"),
            )
            .order_by(literal_column("link.no"))
            .limit(bindparam("most"))
        )
        self._page = (
            select(*_LINK)
            .where(link.c.entity == bindparam("entity"), link.c.no > bindparam("after"))
            .order_by(link.c.no)
            .limit(bindparam("most"))
        )
        self._referring = select(hold.c.link).where(
            hold.c.awaits.is_not(None), hold.c.closed.is_(None), among(hold.c.awaits)
        )

    def known(self, system: str, object_: str, ids: Sequence[str]) -> dict[str, list[KnownEnd]]:
        found: dict[str, list[KnownEnd]] = {}
        db, names = self._db, self._names
        listed = db.listed(sorted(ids))  # in the order of the index
        with db.read() as c:
            for place in names.places(c, system, object_):
                part = names.at(c, place)[2]
                for _, id_, key, entity, state, fingerprint, lens, version in db.rows(c, self._known, place, listed):
                    known = KnownEnd(
                        EndId(system, object_, id_, part), key, ENTITY_OF[entity], STATE_OF[state], fingerprint,
                        names.text(c, lens), version,
                    )  # fmt: skip
                    found.setdefault(id_, []).append(known)
        return found

    def seen(
        self, system: str, object_: str, part: str, entity: Entity, lens: str, states: frozenset[EndState],
        ids: Sequence[str],
    ) -> dict[str, Sight]:  # fmt: skip
        db, names = self._db, self._names
        with db.read() as c:
            place = names.find(c, PLACE, dumps([system, object_, part]))
            through = names.find(c, LENS, lens)
            if place is None or through is None:
                return {}
            rows = db.rows(c, self._sights(states), place, ENTITY_CODE[entity], through, db.listed(sorted(ids)))
        return {row[0]: row for row in rows}

    def _sights(self, states: frozenset[EndState]) -> Select[Any]:
        if states not in self._seen:
            codes = ", ".join(str(STATE_CODE[state]) for state in states)
            self._seen[states] = select(end.c.id, end.c.fingerprint, end.c.version).where(
                end.c.place == bindparam("place"),
                end.c.entity == bindparam("entity"),
                end.c.lens == bindparam("lens"),
                literal_column(f'"end".state IN ({codes})'),
                self._db.among(end.c.id),
            )
        return self._seen[states]

    def alias(self, system: str, object_: str, ids: Sequence[str]) -> dict[str, str]:
        db = self._db
        with db.read() as c:
            found: dict[str, str] = {}
            for place in self._names.places(c, system, object_):
                found.update((i, key) for i, key in db.rows(c, self._alias, place, db.listed(ids)))
            return found

    def links(self, keys: Sequence[str]) -> dict[str, Link]:
        db = self._db
        with db.read() as c:
            return {found.key: found for found in self._built(c, db.rows(c, self._by_key, db.listed(keys)))}

    def _built(self, c: Any, rows: Sequence[Sequence[Any]]) -> Iterator[Link]:
        if not rows:
            return
        db, names = self._db, self._names
        golden: dict[int, dict[str, Value]] = {row[0]: read_values(names, c, row[7]) for row in rows}
        against = {row[0]: read_values(names, c, row[8]) for row in rows if row[8] is not None}
        ends: dict[int, list[End]] = {no: [] for no in golden}
        for row in db.rows(c, self._ends, db.listed(list(golden))):
            ends[row[0]].append(read_end(names, c, golden[row[0]], against.get(row[0], golden[row[0]]), row))
        for no, key, entity, version, dirty, aliases, provenance, *_ in rows:
            yield Link(
                key=key,
                entity=ENTITY_OF[entity],
                ends=tuple(ends[no]),
                golden=golden[no],
                provenance=read_provenance(names, c, golden[no], provenance),
                version=version,
                dirty=bool(dirty),
                aliases=tuple(loads(aliases)) if aliases else (),
            )

    def versions(self, keys: Sequence[str]) -> dict[str, int]:
        db = self._db
        with db.read() as c:
            return dict(db.rows(c, self._versions, db.listed(keys)))

    def labels(self, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
        db = self._db
        with db.read() as c:
            return {key: (label, owner) for key, label, owner in db.rows(c, self._labels, db.listed(keys))}

    def places(self, keys: Sequence[str], system: str) -> dict[str, list[EndId]]:
        db, names = self._db, self._names
        found: dict[str, list[EndId]] = {}
        with db.read() as c:
            for key, place, id_, state in db.rows(c, self._places, db.listed(keys)):
                at = names.at(c, place)
                if at[0] == system and (state == _LIVE or (state == _CREATING and not id_.startswith(NEW))):
                    found.setdefault(key, []).append(EndId(system, at[1], id_, at[2]))
        return found

    def candidates(self, entity: Entity, blocks: Sequence[int]) -> dict[int, list[str]]:
        db = self._db
        found: dict[int, list[str]] = {}
        with db.read() as c:
            for value, key in db.rows(c, self._candidates, ENTITY_CODE[entity], db.listed(blocks)):
                found.setdefault(value, []).append(key)
        return found

    def dirty(self, entity: Entity, chunk: int) -> Iterator[list[str]]:
        db, after = self._db, -1
        while True:
            with db.read() as c:
                rows = db.rows(c, self._dirty, ENTITY_CODE[entity], after, chunk)
            if not rows:
                return
            after = rows[-1][0]
            yield [key for _, key in rows]

    def every(self, entity: Entity, chunk: int) -> Iterator[list[Link]]:
        db, after = self._db, -1
        while True:
            with db.read() as c:
                rows = db.rows(c, self._page, ENTITY_CODE[entity], after, chunk)
                found = list(self._built(c, rows))
            if not rows:
                return
            after = rows[-1][0]
            yield found

    def referring(self, keys: Sequence[str]) -> list[str]:
        db, names = self._db, self._names
        with db.read() as c:
            awaited: set[str] = set()
            for _, place, id_, _ in db.rows(c, self._places, db.listed(keys)):
                system, object_, _ = names.at(c, place)
                awaited |= {f"{system}|{object_}|{id_}", f"{system}|{id_}"}
            if not awaited:
                return []
            return sorted({key for (key,) in db.rows(c, self._referring, db.listed(sorted(awaited)))})

    def find(self, entity: Entity, text: str, limit: int) -> list[str]:
        """The exact ones first: key, remote id, then what contains the text."""
        text = plain(text.strip())
        needle = folded(text)
        if not needle:
            return []
        code = ENTITY_CODE[entity]
        with self._db.read() as c:
            everywhere = self._names.places(c)
            by_id = select(end.c.link).where(end.c.place.in_(everywhere), end.c.id == text).scalar_subquery()
            exact: Select[Any] = select(link.c.key).where(
                link.c.entity == code, or_(link.c.key == text, link.c.key == text.upper(), link.c.no.in_(by_id))
            )
            found = list(c.execute(exact.limit(limit)).scalars())
            if len(found) < limit:
                contains = (
                    select(link.c.key)
                    .where(and_(link.c.entity == code, link.c.search.contains(needle, autoescape=True)))
                    .order_by(func.length(link.c.search), link.c.no)
                    .limit(limit)
                )
                found += [key for key in c.execute(contains).scalars() if key not in found]
        return found[:limit]

    def counts(self, entity: Entity) -> dict[str, int]:
        code = ENTITY_CODE[entity]
        with self._db.read() as c:
            total = c.execute(select(func.count()).select_from(link).where(link.c.entity == code)).scalar_one()
            per_place = select(end.c.place, func.count()).where(end.c.entity == code, end.c.state == _LIVE)
            found = {"": total}
            for place, number in c.execute(per_place.group_by(end.c.place)):
                system = self._names.at(c, place)[0]
                found[system] = found.get(system, 0) + number
            return found
