"""Kill it anywhere: the next runs end where an undisturbed one would have ended."""

from __future__ import annotations

import os

import pytest

from tests.crash.enumeration import SCENARIOS, Scenario, points, run_once

# every point by `make crash`; every seventh, starting elsewhere in each scenario, in the ordinary tests
STRIDE = int(os.environ.get("CRASH_STRIDE", "7"))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_killed_anywhere_it_ends_the_same(scenario: Scenario) -> None:
    undisturbed, _ = run_once(scenario, 0)
    total = points(scenario)
    assert total > 10
    start = 1 + SCENARIOS.index(scenario) % STRIDE
    different = {at for at in range(start, total + 1, STRIDE) if run_once(scenario, at)[0] != undisturbed}
    assert different == set(), f"{scenario.name}: of {total} points"
