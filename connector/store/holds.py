"""Questions for people, their answers, and what was said about pairs of records."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, case, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from connector.model import Entity, Hold, HoldId, HoldKind, Verdict
from connector.store.codec import verdict_from_json, verdict_to_json
from connector.store.database import Database
from connector.store.lock import wait
from connector.store.names import Names
from connector.store.records import StoredHold
from connector.store.rows import ENTITY_OF, NEW
from connector.store.schema import end, hold, link, pair
from connector.store.values import dumps, from_form, loads, micros, moment, to_form
from connector.store.writes import upsert

SAME: Final = "same"
DIFFERENT: Final = "different"

_KEY = (
    hold.c.link == bindparam("at_link"),
    hold.c.kind == bindparam("at_kind"),
    hold.c.topic == bindparam("at_topic"),
)
_CHUNK: Final = 500
_Row: Final = namedtuple("_Row", [*(c.name for c in hold.columns), "entity", "label", "owner"])  # type: ignore[misc]  # names known only at run time


class Holds:
    def __init__(self, database: Database, names: Names) -> None:
        self._db = database
        self._names = names
        self._open = self._opening()
        self._pages: dict[tuple[bool, bool, bool, bool | None], tuple[Select[Any], Select[Any]]] = {}
        # An answered question stays in the history; one that answered itself does not.
        self._close_answered = (
            update(hold)
            .where(hold.c.verdict.is_not(None), hold.c.closed.is_(None), *_KEY)
            .values(closed=bindparam("now"))
        )
        self._close = delete(hold).where(hold.c.verdict.is_(None), *_KEY)
        # a verdict on a match may be revised after it was acted on: then it waits to be acted on again
        self._decide = (
            update(hold).where(*_KEY).values(verdict=bindparam("answer"), decided=bindparam("now"), closed=None)
        )
        self._dirty = update(link).where(link.c.key == bindparam("at_key")).values(dirty=1)
        self._pair = upsert(database, pair)
        self._ends = (
            select(link.c.key, end.c.place, end.c.id)
            .join_from(link, end, end.c.link == link.c.no)
            .where(database.among(link.c.key))
        )

    def _opening(self) -> Any:
        make = sqlite.insert if self._db.sqlite else postgresql.insert
        new: Any = make(hold).values({c.name: bindparam(c.name) for c in hold.columns})
        was_open = hold.c.closed.is_(None)
        covered = was_open & (hold.c.seen == new.excluded.seen)
        return new.on_conflict_do_update(
            index_elements=["link", "kind", "topic"],
            set_={
                "awaits": new.excluded.awaits,
                "facts": new.excluded.facts,
                "choices": new.excluded.choices,
                "seen": new.excluded.seen,
                "opened": case((was_open, hold.c.opened), else_=new.excluded.opened),
                "opened_run": case((was_open, hold.c.opened_run), else_=new.excluded.opened_run),
                "verdict": case((covered, hold.c.verdict), else_=new.excluded.verdict),
                "decided": case((covered, hold.c.decided), else_=new.excluded.decided),
                "closed": new.excluded.closed,
            },
        )

    # --- inside a batch

    def open(self, c: Connection, holds: Iterable[Hold], run: str, now: datetime) -> None:
        rows = [
            (
                h.id.link, h.id.kind.value, h.id.topic, _awaits(h.id), dumps(to_form(h.facts)), dumps(list(h.choices)),
                h.seen, micros(now), run, None, None, None,
            )
            for h in holds
        ]  # fmt: skip
        self._db.many(c, self._open, rows)

    def close(self, c: Connection, ids: Iterable[HoldId], now: datetime) -> None:
        keys = [(i.link, i.kind.value, i.topic) for i in ids]
        self._db.many(c, self._close_answered, [(micros(now), *k) for k in keys])
        self._db.many(c, self._close, keys)

    # --- reading

    def read(
        self,
        kinds: Iterable[HoldKind] | None,
        links: Sequence[str] | None,
        open_only: bool,
        decided: bool | None,
    ) -> Iterator[StoredHold]:
        wanted = None if kinds is None else [k.value for k in kinds]
        page, further = self._page(wanted is not None, links is not None, open_only, decided)
        values = [self._db.listed(x) for x in (wanted, links) if x is not None]
        after: tuple[str, ...] = ()
        while True:
            with self._db.read() as c:
                rows = self._db.rows(c, further if after else page, *values, *after)
            for row in rows:
                yield _stored(_Row(*row))
            if len(rows) < _CHUNK:
                return
            after = rows[-1][:3]

    def _page(self, kinds: bool, links: bool, open_only: bool, decided: bool | None) -> tuple[Select[Any], Select[Any]]:
        """The first page, and those after a hold; each made once."""
        known = self._pages.get((kinds, links, open_only, decided))
        if known is not None:
            return known
        page = (
            select(*hold.columns, link.c.entity, link.c.label, link.c.owner)
            .join_from(hold, link, link.c.key == hold.c.link, isouter=True)
            .order_by(hold.c.link, hold.c.kind, hold.c.topic)
            .limit(_CHUNK)
        )
        if kinds:
            page = page.where(self._db.among(hold.c.kind, "kinds"))
        if links:
            page = page.where(self._db.among(hold.c.link, "held"))
        if open_only:
            page = page.where(hold.c.closed.is_(None))
        if decided is not None:
            page = page.where(hold.c.verdict.is_not(None) if decided else hold.c.verdict.is_(None))
        key = (hold.c.link, hold.c.kind, hold.c.topic)
        made = page, page.where(tuple_(*key) > tuple_(*(bindparam(f"after_{c.name}", type_=c.type) for c in key)))
        self._pages[kinds, links, open_only, decided] = made
        return made

    # --- answers

    def decide(self, verdicts: Sequence[Verdict], now: datetime) -> int:
        found = 0
        at = micros(now)
        with self._db.write() as c:
            wait(c)
            for verdict in verdicts:
                key = {"at_link": verdict.id.link, "at_kind": verdict.id.kind.value, "at_topic": verdict.id.topic}
                row = c.execute(select(hold.c.seen, hold.c.facts, hold.c.closed).where(*_KEY), key).first()
                lasting = verdict.id.kind is HoldKind.MATCH
                if row is None or (row.closed is not None and not lasting):
                    continue
                if verdict.seen and verdict.seen != row.seen and not lasting:
                    continue  # it answers another question than the one that is open now
                answer = Verdict(verdict.id, verdict.choice, row.seen, verdict.value, verdict.by)
                c.execute(self._decide, {**key, "answer": dumps(verdict_to_json(answer)), "now": at})
                if lasting and verdict.choice in (SAME, DIFFERENT):
                    pairs = self._pairs(c, verdict.id, from_form(loads(row.facts)))
                    said = [(*p, int(verdict.choice == SAME), verdict.by, at) for p in sorted(pairs)]
                    self._db.many(c, self._pair, said)
                c.execute(self._dirty, {"at_key": verdict.id.link})
                found += 1
        return found

    def _pairs(self, c: Connection, id_: HoldId, facts: dict[str, Any]) -> set[tuple[str, str]]:
        """The records that a verdict on a match is about: facts "pair", or else "a" and "b" and those of both links."""
        given = facts.get("pair")
        if given is not None:
            return {_ordered(str(given[0]), str(given[1]))}
        refs: dict[str, set[str]] = {id_.link: set(), id_.topic: set()}
        for key, place, record in self._db.rows(c, self._ends, self._db.listed([id_.link, id_.topic])):
            if not record.startswith(NEW):
                system, object_, part = self._names.at(c, place)
                refs[key].add(f"{system}/{object_}/{record}" + (f"#{part}" if part else ""))
        others = refs[id_.topic] or {id_.topic}
        named = {_ordered(str(facts["a"]), str(facts["b"]))} if {"a", "b"} <= facts.keys() else set()
        return named | {_ordered(a, b) for a in refs[id_.link] for b in others if a != b}

    def judged(self) -> bool:
        with self._db.read() as c:
            return c.execute(select(pair.c.one).limit(1)).first() is not None

    def said(self, ends: Sequence[str]) -> dict[frozenset[str], bool]:
        with self._db.read() as c:
            listed = self._db.listed(ends)
            found: dict[frozenset[str], bool] = {}
            for column in (pair.c.one, pair.c.other):
                query = select(pair.c.one, pair.c.other, pair.c.same).where(self._db.among(column))
                for one, other, same in c.execute(query, {"among": listed}):
                    found[frozenset((one, other))] = bool(same)
            return found


def _ordered(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def _awaits(id_: HoldId) -> str | None:
    if id_.kind is not HoldKind.WAITING:
        return None
    return id_.topic.partition("|")[2] or None


def _stored(row: Any) -> StoredHold:
    facts = from_form(loads(row.facts))
    entity = Entity(facts.get("entity", Entity.PERSON)) if row.entity is None else ENTITY_OF[row.entity]
    id_ = HoldId(row.link, HoldKind(row.kind), row.topic)
    return StoredHold(
        hold=Hold(id_, facts, tuple(loads(row.choices)), row.seen),
        entity=entity,
        label=row.label or str(facts.get("label", "")),
        owner=row.owner or "",
        opened_at=moment(row.opened) or datetime.min,
        opened_run=row.opened_run,
        verdict=None if row.verdict is None else verdict_from_json(loads(row.verdict)),
        decided_at=moment(row.decided),
        closed_at=moment(row.closed),
    )
