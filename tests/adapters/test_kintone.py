"""kintone in its several natures under the conformance suite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.adapters.contract import AdapterContract
from tests.adapters.kintone_world import KintoneWorld, Setting

SETTINGS: dict[str, Setting] = {
    "a token, a key field": Setting(),
    "no key field": Setting({"key": None}),
    "user and password": Setting(way="password"),
    "OAuth": Setting(way="oauth"),
    "a guest space": Setting({"guest_space": 4}),
    "ids are swept": Setting(system={"sweep_hours": 0}),
    "nothing is deleted": Setting(system={"delete": False}),
}


class TestKintone(AdapterContract):
    @pytest.fixture(params=SETTINGS)
    def world(self, request: pytest.FixtureRequest) -> Iterator[KintoneWorld]:
        world = KintoneWorld(SETTINGS[request.param])
        yield world
        world.close()
