"""One writer: a lease with a fencing number. Each take-over is one statement, so two can never both succeed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from connector.errors import Locked
from connector.store import schema
from connector.store.database import Database
from connector.store.records import Fence, Holder
from connector.store.values import micros, moment

_NAME: Final = "run"
_T: Final = schema.lock


def acquire(database: Database, holder: str, now: datetime, lease: timedelta) -> Fence:
    row = {"name": _NAME, "holder": holder, "fence": 1, "since": micros(now), "until": micros(now + lease)}
    statement: Any
    if database.sqlite:
        on_sqlite = sqlite.insert(_T).values(row)
        statement = on_sqlite.on_conflict_do_update(
            index_elements=["name"],
            set_=_taken(on_sqlite.excluded),
            where=_T.c.until <= micros(now),
        )
    else:
        on_postgresql = postgresql.insert(_T).values(row)
        statement = on_postgresql.on_conflict_do_update(
            index_elements=["name"],
            set_=_taken(on_postgresql.excluded),
            where=_T.c.until <= micros(now),
        )
    with database.write() as connection:
        fence = connection.execute(statement.returning(_T.c.fence)).scalar()
        if fence is None:
            raise _held(connection)
    return Fence(fence, holder)


def _taken(new: Any) -> dict[str, Any]:
    return {"holder": new.holder, "fence": _T.c.fence + 1, "since": new.since, "until": new.until}


def _held(connection: Connection) -> Locked:
    row = connection.execute(select(_T.c.holder, _T.c.since, _T.c.until).where(_T.c.name == _NAME)).first()
    if row is None or not row.holder:
        return Locked("store.lock_lost", holder="", since=None)
    return Locked("store.locked", holder=row.holder, since=moment(row.since), until=moment(row.until))


def holder(database: Database, now: datetime) -> Holder | None:
    """Who may write at this moment; None when nobody does."""
    with database.read() as connection:
        row = connection.execute(select(_T.c.holder, _T.c.since, _T.c.until).where(_T.c.name == _NAME)).first()
    if row is None or not row.holder or row.until <= micros(now):
        return None
    return Holder(row.holder, moment(row.since) or now, moment(row.until) or now)


_OURS: Final = (_T.c.name == _NAME, _T.c.fence == bindparam("at_fence"), _T.c.holder == bindparam("by_holder"))
_CHECK: Final = update(_T).where(*_OURS).values(fence=_T.c.fence)
_RENEW: Final = update(_T).where(*_OURS).values(until=bindparam("new_until"))
_RELEASE: Final = update(_T).where(*_OURS).values(until=0, holder="")


def check(connection: Connection, fence: Fence) -> None:
    """The first statement of every write: it also makes other writers wait until this one has committed."""
    _change(connection, _CHECK, fence)


def renew(database: Database, fence: Fence, now: datetime, lease: timedelta) -> None:
    with database.write() as connection:
        _change(connection, _RENEW, fence, new_until=micros(now + lease))


def release(database: Database, fence: Fence) -> None:
    """Nothing happens when somebody else has taken over."""
    with database.write() as connection:
        connection.execute(_RELEASE, {"at_fence": fence.number, "by_holder": fence.holder})


def wait(connection: Connection) -> None:
    """For writers that need no fence (a person decides): one at a time with those that do."""
    connection.execute(update(_T).where(_T.c.name == _NAME).values(fence=_T.c.fence))


def _change(connection: Connection, statement: Any, fence: Fence, **values: Any) -> None:
    changed = connection.execute(statement, {"at_fence": fence.number, "by_holder": fence.holder, **values})
    if changed.rowcount != 1:
        raise _held(connection)
