"""The adapter that docs/add-an-adapter.md leads to, under the conformance suite."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from connector.adapters.contract import Change, Refusal, Refused
from tests.adapters.contract import AdapterContract
from tests.adapters.small.world import SmallWorld


@pytest.fixture
def world() -> Iterator[SmallWorld]:
    world = SmallWorld()
    yield world
    world.close()


class TestSmall(AdapterContract):
    pass


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), Decimal("0.5"), 2**60])
def test_a_number_that_json_would_change_is_refused_and_the_old_one_stays(world: SmallWorld, value: Any) -> None:
    id = world.seed({"amount": 7})
    (outcome,) = world.adapter.push("contacts", [Change(id, {"amount": value})])
    assert isinstance(outcome, Refused) and outcome.kind is Refusal.INVALID
    assert outcome.fields == ("amount",)
    assert world.book.records[id].values["amount"] == 7
