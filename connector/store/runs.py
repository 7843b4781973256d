"""Runs, their journal, cursors and named values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, literal_column, select, tuple_, update

from connector.store.codec import field_from_json, field_to_json, native_from_json, native_to_json
from connector.store.database import Database
from connector.store.names import Names
from connector.store.records import Action, Done, JournalOutcome, JournalRow, Run, RunKind, RunState
from connector.store.rows import ENTITY_CODE, ENTITY_OF, plain
from connector.store.schema import cursor, journal, meta, run
from connector.store.values import dumps, loads, micros, moment
from connector.store.writes import upsert, whole

_CHUNK: Final = 500
_NAMED: Final = select(meta.c.value).where(meta.c.name == bindparam("name"))
_CURSORS: Final = select(cursor.c.system, cursor.c.object, cursor.c.fingerprint, cursor.c.value)


class Runs:
    def __init__(self, database: Database, names: Names) -> None:
        self._db = database
        self._names = names
        self._insert = whole(journal)
        self._outcome = (
            update(journal)
            .where(journal.c.run == bindparam("at_run"), journal.c.seq == bindparam("at_seq"))
            .ordered_values(
                (journal.c.done, bindparam("done")),
                (journal.c.id, func.coalesce(bindparam("id"), journal.c.id)),
                (journal.c.native, func.coalesce(bindparam("native"), journal.c.native)),
                (journal.c.message, func.coalesce(bindparam("message"), journal.c.message)),
            )
        )
        self._cursor = upsert(database, cursor)
        self._meta = upsert(database, meta)

    # --- runs

    def start(self, c: Connection, new: Run, now: datetime) -> None:
        """Whoever starts holds the lock, so a run that is still marked as running has died."""
        c.execute(
            update(run)
            .where(run.c.state == RunState.RUNNING.value, run.c.id != new.id)
            .values(state=RunState.CRASHED.value, ended=micros(now))
        )
        c.execute(
            insert(run).values(
                id=new.id,
                kind=new.kind.value,
                state=new.state.value,
                started=micros(new.started_at),
                ended=micros(new.ended_at),
                plan=new.plan,
                counts=dumps(new.counts),
                undone_by=new.undone_by,
                message=plain(new.message),
            )
        )

    def end(
        self, c: Connection, id_: str, state: RunState, counts: Mapping[str, Any], message: str, now: datetime
    ) -> None:
        c.execute(
            update(run)
            .where(run.c.id == id_)
            .values(state=state.value, ended=micros(now), counts=dumps(counts), message=plain(message))
        )

    def undone(self, c: Connection, id_: str, by: str) -> None:
        c.execute(update(run).where(run.c.id == id_).values(undone_by=by))

    def one(self, id_: str) -> Run | None:
        return next(iter(self._read(select(run).where(run.c.id == id_))), None)

    def of_plan(self, plan: str) -> Run | None:
        if not plan:
            return None
        return next(iter(self._read(select(run).where(run.c.plan == plan, run.c.plan != "").limit(1))), None)

    def latest(self, limit: int) -> list[Run]:
        return self._read(select(run).order_by(run.c.started.desc(), run.c.id.desc()).limit(limit))

    def _read(self, query: Select[Any]) -> list[Run]:
        with self._db.read() as c:
            return [_run(row) for row in c.execute(query)]

    # --- journal

    def write(self, c: Connection, rows: Iterable[JournalRow], run_id: str, now: datetime) -> None:
        self._db.many(
            c,
            self._insert,
            [
                (
                    r.run or run_id,
                    r.seq,
                    ENTITY_CODE[r.entity],
                    r.link,
                    r.action.value,
                    r.done.value,
                    self._names.place(c, r.system, r.object, r.part),
                    r.id,
                    plain(r.label),
                    plain(r.message),
                    micros(r.at or now),
                    dumps({name: field_to_json(f) for name, f in r.fields.items()}),
                    dumps(native_to_json(r.native)),
                )
                for r in rows
            ],
        )

    def settle(self, c: Connection, outcomes: Iterable[JournalOutcome], run_id: str) -> None:
        self._db.many(
            c,
            self._outcome,
            [
                (
                    o.done.value,
                    o.id or None,
                    None if o.native is None else dumps(native_to_json(o.native)),
                    plain(o.message) or None,
                    run_id,
                    o.seq,
                )
                for o in outcomes
            ],
        )

    def journal(self, run_id: str | None, link_key: str | None, unfinished: bool) -> Iterator[JournalRow]:
        page = select(journal).order_by(journal.c.run, journal.c.seq).limit(_CHUNK)
        if run_id is not None:
            page = page.where(journal.c.run == run_id)
        if link_key is not None:
            page = page.where(journal.c.link == link_key)
        if unfinished:
            # the literal, not a parameter: the index of open rows is partial
            page = page.where(literal_column("journal.done = 'intended'"))
        after: tuple[str, int] | None = None
        while True:
            here = page if after is None else page.where(tuple_(journal.c.run, journal.c.seq) > tuple_(*after))
            with self._db.read() as c:
                rows = c.execute(here).all()
                found = [self._row(c, row) for row in rows]
            yield from found
            if len(rows) < _CHUNK:
                return
            after = (rows[-1].run, rows[-1].seq)

    def _row(self, c: Connection, row: Any) -> JournalRow:
        system, object_, part = self._names.at(c, row.place)
        return JournalRow(
            seq=row.seq,
            entity=ENTITY_OF[row.entity],
            link=row.link,
            action=Action(row.action),
            done=Done(row.done),
            system=system,
            object=object_,
            id=row.id,
            part=part,
            fields={name: field_from_json(f) for name, f in loads(row.fields).items()},
            native=native_from_json(loads(row.native)),
            message=row.message,
            label=row.label,
            run=row.run,
            at=moment(row.at),
        )

    def erase(self, c: Connection, keys: Sequence[str]) -> None:
        """Takes what the journal says about these records; that something was done, and when, stays."""
        c.execute(
            update(journal)
            .where(self._db.among(journal.c.link, "erased"))
            .values(fields="{}", native="{}", label="", message=""),
            {"erased": self._db.listed(keys)},
        )

    # --- cursors and named values

    def move(self, c: Connection, cursors: Mapping[tuple[str, str, str], str]) -> None:
        self._db.many(c, self._cursor, [(*key, value) for key, value in cursors.items()])

    def cursors(self) -> dict[tuple[str, str, str], str]:
        with self._db.read() as c:
            return {(system, object_, mark): value for system, object_, mark, value in self._db.rows(c, _CURSORS)}

    def get(self, name: str) -> Any:
        with self._db.read() as c:
            found = self._db.rows(c, _NAMED, name)
            return loads(found[0][0]) if found else None

    def put(self, c: Connection, name: str, value: Any) -> None:
        if value is None:
            c.execute(delete(meta).where(meta.c.name == name))
        else:
            self._db.many(c, self._meta, [(name, dumps(value))])


def _run(row: Any) -> Run:
    return Run(
        id=row.id,
        kind=RunKind(row.kind),
        state=RunState(row.state),
        started_at=moment(row.started) or datetime.min,
        ended_at=moment(row.ended),
        plan=row.plan,
        counts=loads(row.counts),
        undone_by=row.undone_by,
        message=row.message,
    )
