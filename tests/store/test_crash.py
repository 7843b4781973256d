"""`kill -9` between the intents and the outcomes: what was intended is there, and says that it has no outcome."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from typing import Any

from connector.errors import Locked
from connector.model import End, EndId, EndState, Entity
from connector.store.records import Batch, Done, JournalOutcome, Run, RunKind, RunState
from connector.store.store import open_store

PROGRAM = """
import sys, time
from datetime import UTC, datetime, timedelta
from connector.model import *
from connector.store.records import *
from connector.store.store import open_store

now = lambda: datetime(2026, 4, 1, 9, tzinfo=UTC)
store = open_store(sys.argv[1], now=now)
fence = store.acquire("dying", timedelta(minutes=10))
store.start_run(fence, Run("R1", RunKind.SYNC, RunState.RUNNING, now()))
link = Link("L1", Entity.PERSON, (End(EndId("hubspot", "contacts", ""), state=EndState.CREATING),), dirty=True)
row = JournalRow(1, Entity.PERSON, "L1", Action.CREATE, Done.INTENDED, "hubspot", "contacts")
store.commit(fence, "R1", Batch(links=[LinkWrite(link, None)], intents=[row]))
print("intended", flush=True)
time.sleep(60)
"""


def test_intents_survive_and_are_found(url: str, clock: Any) -> None:
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "intended\n"
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    with open_store(url, now=clock) as store:
        (row,) = store.journal(unfinished=True)
        assert (row.run, row.seq, row.link, row.done) == ("R1", 1, "L1", Done.INTENDED)
        assert list(store.dirty(Entity.PERSON)) == [["L1"]]
        creating = store.links(["L1"])["L1"].ends
        assert creating == (End(EndId("hubspot", "contacts", ""), state=EndState.CREATING),)
        try:
            store.acquire("next", timedelta(minutes=10))
            raise AssertionError("the lease of the dead still runs")
        except Locked as locked:
            assert locked.facts["holder"] == "dying"
        clock.forward(minutes=11)
        fence = store.acquire("next", timedelta(minutes=10))
        store.start_run(fence, Run("R2", RunKind.SYNC, RunState.RUNNING, clock()))
        died = store.run("R1")
        assert died is not None
        assert died.state is RunState.CRASHED
        store.commit(fence, "R1", Batch(outcomes=[JournalOutcome(1, Done.APPLIED, "77")]))
        assert list(store.journal(unfinished=True)) == []
        assert [(r.id, r.done) for r in store.journal(link="L1")] == [("77", Done.APPLIED)]


def test_a_transaction_that_dies_midway_leaves_nothing(url: str, clock: Any) -> None:
    program = PROGRAM.replace(
        'print("intended", flush=True)',
        "with store._db.write() as c:\n"
        '    c.exec_driver_sql("UPDATE link SET dirty = 0")\n'
        '    print("intended", flush=True)\n'
        "    time.sleep(60)",
    )
    process = subprocess.Popen([sys.executable, "-c", program, url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "intended\n"
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    with open_store(url, now=clock) as store:
        assert list(store.dirty(Entity.PERSON)) == [["L1"]]
