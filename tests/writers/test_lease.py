"""A run at work keeps its lease through long stages and waits, and asks for it before it writes anything outside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.errors import Locked, Transient
from connector.store.records import RunState
from connector.store.store import open_store
from tests.crash.scenarios import edited, people
from tests.engine.kit import Kit

LEASE = timedelta(minutes=5)


def _refused(k: Kit) -> None:
    with pytest.raises(Locked) as locked:
        k.store.acquire("other", LEASE)
    assert locked.value.facts["holder"] == "test"


def test_a_pull_longer_than_the_lease_keeps_it(tmp_path: Path) -> None:
    k = people(tmp_path)
    pages = 0

    def wire(moment: str, call: str, payload: object) -> None:
        nonlocal pages
        if (moment, call) == ("after", "pull"):
            pages += 1
            k.pass_time(200)
            _refused(k)

    for adapter in k.adapters.values():
        adapter.wire = wire
    assert k.sync().state is RunState.DONE
    assert pages * 200 > 2 * LEASE.total_seconds()
    k.store.close()


def test_a_wait_that_a_system_asks_for_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    k = edited(tmp_path)
    waits: list[float] = []
    plain = k.pass_time

    def wait(seconds: float = 3600) -> None:
        plain(seconds)
        if waits:
            waits.append(seconds)
            _refused(k)

    def wire(moment: str, call: str, payload: object) -> None:
        if (moment, call) == ("before", "push") and len(waits) < 6:
            waits.append(0)
            raise Transient("adapter.busy", retry_after=280)

    monkeypatch.setattr(k, "pass_time", wait)
    for adapter in k.adapters.values():
        adapter.wire = wire
    assert k.sync().state is RunState.DONE
    assert sum(waits) > LEASE.total_seconds()
    k.store.close()


def test_taken_over_between_two_tries_it_does_not_try_again(tmp_path: Path) -> None:
    k = edited(tmp_path)
    pushes = 0

    def wire(moment: str, call: str, payload: object) -> None:
        nonlocal pushes
        if (moment, call) == ("before", "push"):
            pushes += 1
            k.pass_time(7200)
            k.store.acquire("other", LEASE)
            raise Transient("adapter.busy", retry_after=1)

    for adapter in k.adapters.values():
        adapter.wire = wire
    with pytest.raises(Locked) as locked:
        k.sync()
    assert locked.value.facts["holder"] == "other"
    assert pushes == 1
    k.store.close()


def test_a_transaction_stopped_in_postgresql_ends_by_itself(pg_url: str) -> None:
    at = datetime(2026, 4, 1, tzinfo=UTC)
    with open_store(pg_url, now=lambda: at) as store, store._db.read() as connection:
        assert connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar() == "30s"
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "1min"
