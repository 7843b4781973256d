"""The adapter that docs/add-an-adapter.md leads to, under the conformance suite."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from connector.adapters.contract import Change, New, Refusal, Refused, Unknown
from connector.errors import Fatal
from tests.adapters.contract import AdapterContract
from tests.adapters.small.world import SmallWorld
from tests.fakes.serving import Fault


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


def test_a_success_of_another_shape_is_unknown_when_writing(world: SmallWorld) -> None:
    world.serving.faults.plan(Fault.MISSING)
    (outcome,) = world.adapter.push("contacts", [New("k-1", {"name": "髙橋"})])
    assert isinstance(outcome, Unknown)
    assert world.count() == 1


def test_an_answer_of_another_shape_is_fatal_when_reading_and_tells_no_value(world: SmallWorld) -> None:
    id = world.seed({"name": "髙橋"})
    world.serving.faults.plan(Fault.MISSING)
    with pytest.raises(Fatal) as error:
        world.adapter.get("contacts", "id", [id], ["name"])
    assert "updated_at" in str(error.value)
    assert "髙橋" not in repr(error.value.facts)
    assert error.value.__context__ is None  # a chained error would quote the record in a traceback
