"""The Salesforce adapter before an org on loopback, in its several natures, under the conformance suite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.adapters.contract import AdapterContract, Names
from tests.adapters.salesforce.world import PEM, SalesforceWorld

NATURES: dict[str, dict[str, Any]] = {
    "with a key": {},
    "without a key": {"external_key": ...},
    "no deletes": {"delete": False},
    "read by bulk": {"bulk_read_from": 4, "bulk_page": 4, "page": 3},
    "written by bulk": {"bulk_write_from": 2, "write_batch": 5},
    "accounts": {"object": "Account", "names": Names("Name", "Description", "AnnualRevenue", None, None)},
    "signed in by JWT": {"client_secret": ..., "username": "sync@example.co.jp", "private_key": PEM},
    "bulk both ways": {"bulk_read_from": 1, "bulk_page": 2, "bulk_write_from": 1, "write_batch": 3},
}


class TestSalesforce(AdapterContract):
    @pytest.fixture(params=NATURES)
    def world(self, request: pytest.FixtureRequest) -> Iterator[SalesforceWorld]:
        world = SalesforceWorld(**NATURES[request.param])
        yield world
        world.close()
