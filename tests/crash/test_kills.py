"""kill -9 for real, on both databases; 264 of them by `make crash`."""

from __future__ import annotations

import pytest

from tests.crash.kills import kill, rig

KILLS = {"sqlite": 8, "postgresql": 4}


@pytest.mark.parametrize("state", KILLS)
def test_a_killed_process_leaves_nothing_half_done(state: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue("pg_server") if state == "postgresql" else None
    with rig(url) as made:
        found = kill(made, KILLS[state])
    assert found.boundaries > 100
    assert found.kills >= KILLS[state] - 2
    assert found.different == ()
