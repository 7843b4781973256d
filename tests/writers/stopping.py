"""A holder is stopped (SIGSTOP) past its lease, another takes over and finishes, and the first one wakes (SIGCONT).

It is stopped outside the transactions of others, at every commit of the state and around every call in turn: also
between its last look at the lease and the call that follows, where the write's own precondition must do.
"""

from __future__ import annotations

import os
import select
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import create_engine, text

from connector.adapters.contract import Adapter
from connector.engine import run
from connector.engine.hub import Hub
from connector.store import schema
from tests.crash.kills import Rig
from tests.crash.process import Process, Site, hub_of, start, synced

LOCKED, FINE = 75, 0


class Watched:
    """An adapter that says when it is called."""

    def __init__(self, adapter: Any, heard: Callable[[str], None]) -> None:
        self._adapter, self._heard = adapter, heard

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._adapter, name)
        if name not in ("pull", "get", "push"):
            return found

        def called(*args: Any) -> Any:
            self._heard(f"before {name}")
            answer = list(found(*args))
            self._heard(f"after {name}")
            return iter(answer) if name == "pull" else answer

        return called


def watched(hub: Hub, heard: Callable[[str], None]) -> Hub:
    dialect = hub.store._db.engine.dialect
    commit = dialect.do_commit

    def committing(connection: Any) -> None:
        commit(connection)
        heard("committed")

    dialect.do_commit = committing  # type: ignore[method-assign]  # a driver's hook, replaced for the test
    adapters: Mapping[str, Adapter] = {
        name: Watched(a, heard)  # type: ignore[misc]  # names known only at run time
        for name, a in hub.adapters.items()
    }
    return replace(hub, adapters=adapters)


def at_work(site: Site, holder: str, hours: float, heard: Callable[[str], None]) -> None:
    close: list[Callable[[], None]] = []
    hub = watched(hub_of(site, holder, hours, close), heard)
    try:
        run.sync(hub, site.folder / f"plan-{holder}")
    finally:
        for one in close:
            one()


@dataclass
class Stops:
    kinds: Counter[str] = field(default_factory=Counter)
    boundaries: Sequence[str] = ()
    taken_over: int = 0
    fenced_off: int = 0
    wrong: list[str] = field(default_factory=list)


def boundaries(made: Rig) -> list[str]:
    here = made.copy()

    def work(say: Callable[[str], None]) -> None:
        heard: list[str] = []
        at_work(here, "dying", 1, heard.append)
        (here.folder / "heard").write_text("\n".join(heard))

    assert start(work).wait() == 0
    made.drop()
    return (here.folder / "heard").read_text().splitlines()


def stop_at(made: Rig, stops: Stops, at: int, *, weaken: Callable[[], None] = lambda: None) -> None:
    """One take-over, of a holder that is stopped at this boundary."""
    here = made.copy()

    def work(say: Callable[[str], None]) -> None:
        heard = 0

        def stop(kind: str) -> None:
            nonlocal heard
            heard += 1
            if heard == at:
                say(kind)
                os.kill(os.getpid(), signal.SIGSTOP)

        weaken()
        at_work(here, "dying", 1, stop)

    process = start(work)
    _stopped(process)
    taker = start(lambda say: synced(here, "taker", 3, times=2)).wait()
    assert taker == 0, f"the one that took over ended with {taker}"
    before = sorted(everything(here))
    (here.folder / "hours-dying").write_text("3")  # what the clock shows when it wakes
    process.kill(signal.SIGCONT)
    status = os.waitstatus_to_exitcode(process.wait())
    after = sorted(everything(here))
    kind = stops.boundaries[at - 1]
    last = at == len(stops.boundaries)
    stops.taken_over += 1
    stops.kinds[kind] += 1
    stops.fenced_off += status == LOCKED
    if status != LOCKED and not (last and status == FINE):
        stops.wrong.append(f"stopped at {at} ({kind}), woke and ended with {status}")
    if before != after:
        changed = Counter(after) - Counter(before) or Counter(before) - Counter(after)
        stops.wrong.append(f"stopped at {at} ({kind}), woke and wrote: {list(changed)[:3]}")
    made.drop()


def _stopped(process: Process) -> None:
    ready, _, _ = select.select([process.said], [], [], 120)
    assert ready and os.read(process.said, 1), "it ended before it could be stopped"
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)


def everything(here: Site) -> Iterator[str]:
    """Every row of both systems and of the state."""
    for system, table in (("ma", "people"), ("sfa", "contacts")):
        yield from (f"{system} {row}" for row in here.sql(system, f"SELECT * FROM {table}"))
    engine = create_engine(here.state.replace("postgresql://", "postgresql+psycopg://", 1))
    with closing(engine.connect()) as connection:
        for table_ in schema.metadata.sorted_tables:
            yield from (f"{table_.name} {row}" for row in connection.execute(text(f'SELECT * FROM "{table_.name}"')))
    engine.dispose()
