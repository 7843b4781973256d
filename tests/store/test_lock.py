"""One writer: four processes start at once, and one of them holds the hub."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.errors import Locked
from connector.model import Entity, Link
from connector.store.records import Batch, Fence, LinkWrite
from connector.store.store import open_store

STARTERS = 4
ROUNDS = int(os.environ.get("WRITERS_ROUNDS", "20"))
LEASE = timedelta(minutes=30)


def _starter(url: str, number: int, gate: Any, results: Any) -> None:
    try:
        _compete(url, number, gate, results)
        results.put(None)
    except BaseException as error:
        gate.abort()
        results.put(error.__class__(str(error)))
        raise


def _compete(url: str, number: int, gate: Any, results: Any) -> None:
    at = datetime(2026, 4, 1, tzinfo=UTC)
    held: Fence | None = None
    gate.wait()
    with open_store(url, now=lambda: at) as store:  # nobody has made it yet
        for turn in range(ROUNDS):
            at = datetime(2026, 4, 1, tzinfo=UTC) + timedelta(hours=turn)  # the lease of the last round has run out
            before = held
            gate.wait()
            try:
                held = store.acquire(f"starter {number}", LEASE)
                results.put((turn, "held", held.number, store.hub))
            except Locked as locked:
                assert str(locked.facts["holder"]).startswith("starter ")
                assert locked.facts["since"] == at
                results.put((turn, "locked", 0, store.hub))
                held = None
            gate.wait()
            if before is not None and before != held:
                try:
                    store.commit(before, "R", Batch(links=[LinkWrite(Link(f"stale{turn}", Entity.PERSON), None)]))
                    results.put((turn, "stale commit", before.number, store.hub))
                except Locked:
                    results.put((turn, "refused", before.number, store.hub))
            elif held is not None:
                store.commit(held, "R", Batch(links=[LinkWrite(Link(f"L{held.number}", Entity.PERSON), None)]))
            if turn % 2 and held is not None:
                store.release(held)
                held = None
            gate.wait()


def test_four_processes_start_at_once_and_one_holds_the_hub(url: str) -> None:
    context = multiprocessing.get_context("fork")
    gate, results = context.Barrier(STARTERS, timeout=60), context.Queue()
    starters = [context.Process(target=_starter, args=(url, n, gate, results)) for n in range(STARTERS)]
    for starter in starters:
        starter.start()
    seen: list[tuple[int, str, int, str]] = []
    ended = 0
    while ended < STARTERS:
        result = results.get(timeout=60)
        assert not isinstance(result, BaseException), result
        if result is None:
            ended += 1
        else:
            seen.append(result)
    for starter in starters:
        starter.join(60)
        assert starter.exitcode == 0
    holders = Counter(turn for turn, what, _, _ in seen if what == "held")
    assert holders == Counter(dict.fromkeys(range(ROUNDS), 1))
    assert sorted(number for _, what, number, _ in seen if what == "held") == list(range(1, ROUNDS + 1))
    assert not [s for s in seen if s[1] == "stale commit"]
    assert len({hub for *_, hub in seen}) == 1  # whoever made the state, everybody has the same
    with open_store(url, now=lambda: datetime(2026, 4, 1, tzinfo=UTC)) as store:
        keys = [link.key for page in store.every(Entity.PERSON) for link in page]
    assert keys
    assert not [k for k in keys if k.startswith("stale")]


def test_a_lease_can_be_renewed_and_released(store: Any, fence: Fence, clock: Any) -> None:
    clock.forward(minutes=9)
    store.renew(fence, timedelta(minutes=10))
    clock.forward(minutes=9)
    with pytest.raises(Locked) as error:
        store.acquire("other", LEASE)
    assert error.value.facts["holder"] == "host pid 1"
    assert error.value.facts["since"] == clock() - timedelta(minutes=18)
    store.release(fence)
    assert store.acquire("other", LEASE).number == fence.number + 1


def test_who_holds_the_hub_can_be_asked(url: str) -> None:
    at = datetime(2026, 4, 1, tzinfo=UTC)
    with open_store(url, now=lambda: at) as store:
        assert store.holder() is None
        fence = store.acquire("sato@office pid 7", LEASE)
        held = store.holder()
        assert held is not None and (held.name, held.since, held.until) == ("sato@office pid 7", at, at + LEASE)
        store.release(fence)
        assert store.holder() is None
        store.acquire("sato@office pid 8", LEASE)
        at += LEASE
        assert store.holder() is None, "a lease that ran out holds nobody back"
