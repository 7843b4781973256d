"""A holder stopped past its lease and woken is fenced off: no commit, no write outside. More: `make writers`."""

from __future__ import annotations

import os
import sys

import pytest

from tests.crash.kills import rig
from tests.writers.stopping import Stops, boundaries, stop_at

STOPS = int(os.environ.get("WRITERS_STOPS", "4"))


@pytest.mark.parametrize("state", ["sqlite", "postgresql"])
def test_woken_after_a_take_over_it_writes_nothing(state: str, request: pytest.FixtureRequest) -> None:
    with rig(request.getfixturevalue("pg_server") if state == "postgresql" else None) as made:
        stops = Stops(boundaries=boundaries(made))
        calls = [n for n, kind in enumerate(stops.boundaries, 1) if kind == "before push"]
        assert len(calls) >= 3
        total = len(stops.boundaries)
        spread = [1 + (n * total) // STOPS for n in range(STOPS - 1)]
        for at in [calls[0], *spread]:
            stop_at(made, stops, at)
    sys.stdout.write(f"\nstopped and woken, state in {state}: {stops.taken_over} take-overs of {total} boundaries, ")
    sys.stdout.write(f"{stops.fenced_off} fenced off, {len(stops.wrong)} wrong; {dict(stops.kinds)}\n")
    assert stops.wrong == []
    assert stops.taken_over == STOPS


def test_without_the_fence_the_rig_sees_it() -> None:
    def weaken() -> None:
        from connector.store import lock

        lock.check = lambda connection, fence: None  # type: ignore[assignment]  # the lock is taken out on purpose
        lock.renew = lambda database, fence, now, lease: None  # type: ignore[assignment]  # the lock is taken out on purpose

    with rig(None) as made:
        stops = Stops(boundaries=boundaries(made))
        at = stops.boundaries.index("after push") + 1
        stop_at(made, stops, at, weaken=weaken)
    assert stops.wrong
