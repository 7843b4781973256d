"""Salesforce, what it costs: calls against the floor, the share of the day, records per second."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from connector.adapters.contract import Change, New
from connector.adapters.salesforce.adapter import SalesforceAdapter
from connector.adapters.salesforce.settings import SalesforceSettings
from connector.errors import Transient
from tests.adapters.salesforce.world import KEY, SalesforceWorld, is_data

Make = Callable[..., SalesforceWorld]
LARGE = {"page": 2000, "read_batch": 2000, "write_batch": 200}
OBJECTS = {"Account": 1_500, "Contact": 9_000, "Lead": 4_500, "Opportunity": 2_400}
ROOT = Path(__file__).parents[3]


def filled(make: Make) -> SalesforceWorld:
    world = make(**LARGE)
    world.vendor.page = 2000
    for object, number in OBJECTS.items():
        for n in range(number):
            world.org.put(object, {"LastName": f"{n}", "Name": f"{n}", "Company": "c"})
    return world


def run(world: SalesforceWorld, cursors: dict[str, str | None]) -> tuple[int, int, int]:
    """A run as the engine makes it: check, describe, pull, re-read and write what changed.

    Calls made, the floor for them, and records read.
    """
    adapter = world.made()
    began = world.serving.count(is_data)
    adapter.check()
    floor = read = 0
    for object in OBJECTS:
        adapter.describe(object)
        changed = []
        for page in adapter.pull(object, ["Name"], cursors[object]):
            changed += [r.id for r in page.records]
            cursors[object] = page.cursor or cursors[object]
        read += len(changed)
        floor += -(-max(1, len(changed)) // 2000) + 1  # its pages, and its feed of deletes
        if 0 < len(changed) < 1000:
            adapter.get(object, "id", changed, ["Name"])
            adapter.push(object, [Change(id, {}) for id in changed])
            floor += -(-len(changed) // 2000) + -(-len(changed) // 200)
    return world.serving.count(is_data) - began, floor, read


def test_calls_of_a_full_load_a_quiet_run_and_one_percent_changed_are_near_the_floor(make: Make) -> None:
    world = filled(make)
    cursors: dict[str, str | None] = dict.fromkeys(OBJECTS)
    world.advance(_past(world))
    calls, floor, read = run(world, cursors)
    assert read == sum(OBJECTS.values()) and calls <= floor * 1.05 + 5, (calls, floor)
    world.advance(_past(world))
    calls, floor, read = run(world, cursors)
    assert read == 0 and calls <= floor * 1.05 + 5, (calls, floor)
    world.advance(_past(world))
    for object, number in OBJECTS.items():
        for row in list(world.org.rows[object].values())[: number // 100]:
            world.org.touch(row, {})
    calls, floor, read = run(world, cursors)
    assert read == sum(n // 100 for n in OBJECTS.values()) and calls <= floor * 1.05 + 5, (calls, floor)


def _past(world: SalesforceWorld) -> timedelta:
    return 3 * world.adapter.can.overlap


def test_a_thousand_creates_cost_five_calls(make: Make) -> None:
    world = make(**LARGE)
    world.adapter.describe("Member__c")
    before = world.serving.count(is_data)
    world.adapter.push("Member__c", [New(f"k-{n}", {"Text__c": "a"}) for n in range(1000)])
    assert world.serving.count(is_data) - before == 5


def test_large_reads_go_by_bulk_in_a_few_calls(make: Make) -> None:
    world = make(**LARGE, bulk_read_from=20_000, bulk_page=25_000)
    world.vendor.page = 2000
    for n in range(30_000):
        world.org.put("Member__c", {"Text__c": f"{n}"})
    before = world.serving.count(is_data)
    pages = list(world.adapter.pull("Member__c", ["Text__c"], None))
    assert sum(len(p.records) for p in pages) == 30_000 and max(len(p.records) for p in pages) <= 2000
    assert world.serving.count(is_data) - before <= 9


# --- the day --------------------------------------------------------------------------------------------------


def test_the_share_of_the_day_is_never_exceeded_whoever_used_it(make: Make) -> None:
    world = make(daily_share=50, page=1)
    world.vendor.page = 1
    world.vendor.allowance = 200
    for n in range(300):
        world.seed({"Text__c": f"{n}"})
    world.adapter.check()
    world.vendor.usage = 60  # others are at work
    with pytest.raises(Transient, match="budget"):
        list(world.adapter.pull("Member__c", ["Text__c"], None))
    assert world.vendor.usage == 100
    with pytest.raises(Transient, match="budget"):
        world.adapter.push("Member__c", [New("k", {})])
    assert world.vendor.usage == 100


def test_a_day_that_others_have_used_up_is_not_knocked_at_again_and_again(make: Make) -> None:
    world = make()
    world.vendor.usage = world.vendor.allowance
    with pytest.raises(Transient, match="day_spent"):
        world.adapter.check()
    assert world.serving.count(is_data) == 1 and world.slept == []


# --- speed ----------------------------------------------------------------------------------------------------


@contextmanager
def another_process(records: int) -> Iterator[str]:
    """The org in a process of its own, so that its work is not taken for the adapter's."""
    command = [sys.executable, "-m", "tests.fakes.salesforce", "--port", "0", "--records", str(records)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@pytest.mark.parametrize("bulk", [0, 1])
def test_one_core_pulls_more_than_five_thousand_records_a_second(bulk: int) -> None:
    records = 40_000
    fields = ["Name", "Text__c", "Amount__c", "Day__c", "Moment__c", "Active__c", "OwnerId", "Account__c"]
    with another_process(records) as url:
        settings = SalesforceSettings.model_validate(
            {"url": url, "client_id": "demo", "client_secret": "demo-secret", "bulk_read_from": bulk}
        )
        adapter = SalesforceAdapter("crm", settings, sleep=lambda seconds: None)
        adapter.describe("Member__c")
        began = time.process_time()
        shown = [dict(r.values) for page in adapter.pull("Member__c", fields, None) for r in page.records]
        spent = time.process_time() - began
        adapter.close()
    assert len(shown) == records and KEY not in shown[0]
    assert records / spent >= 5_000, f"{records / spent:.0f} records a second"
