"""An account with the adapter in front, for the tests of what is HubSpot's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.hubspot.world import HubSpotWorld, Nature

Make = Callable[..., HubSpotWorld]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[HubSpotWorld] = []

    def one(**nature: Any) -> HubSpotWorld:
        made.append(HubSpotWorld(Nature(**nature), tmp_path))
        return made[-1]

    yield one
    for world in made:
        world.close()


@pytest.fixture
def world(make: Make) -> HubSpotWorld:
    return make()
