"""A look at an org: some records, without starting what a whole listing starts."""

from __future__ import annotations

import pytest

from connector.adapters.contract import Samples
from connector.engine.sample import sample
from connector.errors import Fatal
from tests.adapters.salesforce.world import SalesforceWorld


def test_some_records_are_one_query_and_no_bulk_job() -> None:
    world = SalesforceWorld(bulk_read_from=4)
    try:
        for n in range(12):
            world.seed({"Text__c": f"t{n}", "Note__c": "x" if n < 3 else ""})
        gone = world.seed({"Text__c": "gone"})
        world.delete_behind(gone)
        adapter = world.adapter
        assert isinstance(adapter, Samples)
        seen = sample(adapter, "Member__c", ["Text__c", "Note__c"], 10)
        assert seen.records == 10 and seen.filled == {"Text__c": 10, "Note__c": 3}
        assert world.serving.count(lambda request: "/jobs/" in request.path) == 0
        with pytest.raises(Fatal):
            adapter.sample("Member__c", ["Txt__c"], 10)
    finally:
        world.close()
