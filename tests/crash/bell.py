"""Where a program can die: every statement and commit of the state, every call to a system, every record of a batch.

A dead program does nothing more: once the bell has tolled, every further boundary ends it again, so no `finally` of
ours tidies up what `kill -9` would have left.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import event

from connector.store.store import Store
from tests.engine.kit import Kit

# what a run can be at when it dies; `read` and `write` are one record of a batch on the system's side
KINDS = frozenset(
    {
        "statement",  # inside a transaction of the state: it is rolled back
        "commit",  # all statements done, not committed
        "committed",
        "before describe",
        "before check",
        "before pull",
        "after pull",
        "before get",
        "after get",
        "before push",
        "write push",  # between two records of a batch: the ones before are done and stay
        "after push",  # all done, the answer never arrives
    }
)


class Death(BaseException):
    """kill -9."""


class Bell:
    """Counts boundaries; ends the program at stroke `at` (0 = never)."""

    def __init__(self, at: int = 0) -> None:
        self.at = at
        self.kinds: list[str] = []

    @property
    def strokes(self) -> int:
        return len(self.kinds)

    @property
    def heard(self) -> Counter[str]:
        return Counter(self.kinds)

    def ring(self, kind: str) -> None:
        self.kinds.append(kind)
        if self.at and self.strokes >= self.at:
            raise Death(kind)


def hang(bell: Bell, kit: Kit) -> None:
    """Connects the bell to the state and to every system of a kit."""
    listen(bell, kit.store)
    for adapter in kit.adapters.values():
        adapter.wire = lambda moment, call, payload: bell.ring(f"{moment} {call}")


def listen(bell: Bell, store: Store) -> None:
    engine = store._db.engine
    commit = engine.dialect.do_commit

    def statement(connection: Any, cursor: Any, text: str, *_: Any) -> None:
        if connection.get_execution_options().get("writes") and not text.startswith(("BEGIN", "SELECT")):
            bell.ring("statement")

    def committing(connection: Any) -> None:
        bell.ring("commit")
        commit(connection)
        bell.ring("committed")

    event.listen(engine, "before_cursor_execute", statement)
    engine.dialect.do_commit = committing  # type: ignore[method-assign]  # a driver's hook, replaced for the test
