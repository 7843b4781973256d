"""HubSpot stands the conformance suite, in accounts of several natures and in every version of its API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.contract import AdapterContract
from tests.adapters.hubspot.world import HubSpotWorld, Nature

NATURES = {
    "contacts with a key": Nature(),
    "contacts without a key": Nature(key=None, settings={"delete": False}),
    "companies, 2026-03": Nature("companies", "name", "description", version="2026-03"),
    "a custom object, 2026-09": Nature("seminars", "title", "note", version="2026-09"),
    "contacts through an OAuth app": Nature(oauth=True),
}


class TestHubSpot(AdapterContract):
    @pytest.fixture(params=NATURES)
    def world(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HubSpotWorld]:
        world = HubSpotWorld(NATURES[request.param], tmp_path)
        yield world
        world.close()
