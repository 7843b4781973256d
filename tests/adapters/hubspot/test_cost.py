"""What a run costs: calls against the floor of the design, and the processor against the vendor's own limit."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from math import ceil
from pathlib import Path

import pytest

from connector.engine import run
from tests.adapters.hubspot.test_through_the_hub import Story, settle
from tests.adapters.hubspot.world import HubSpotWorld
from tests.fakes.hubspot import Rates

Make = Callable[..., HubSpotWorld]
FAST = Rates(10**6, 10**6, 10**9)
PEOPLE, COMPANIES = 500, 10
DEALS = PEOPLE // 5


def within(calls: int, floor: int) -> bool:
    """Five percent, and a constant of five: the account, and the properties of three objects."""
    return calls <= floor * 1.05 + 5


def test_runs_cost_what_they_must(tmp_path: Path) -> None:
    story = Story(tmp_path)
    try:
        story.fill(COMPANIES, PEOPLE)
        settle(story)

        def calls(full: bool = False) -> int:
            story.pass_time()
            before = len(story.ma.serving.log)
            done = run.sync(story.hub, story.path(), full=full)
            assert done is not None
            return len(story.ma.serving.log) - before

        bins, searches = 3, 3
        lists = ceil(PEOPLE / 100) + ceil(COMPANIES / 100) + ceil(DEALS / 100)
        linked = 3  # a thousand records at a time: contacts-companies, deals-companies, deals-contacts
        assert within(calls(full=True), lists + bins + linked)
        story.pass_time(timedelta(hours=2))
        calls()  # what was created just now lies within the overlap
        assert within(calls(), searches + bins)
        changed = story.people[: PEOPLE // 100]
        for id in changed:
            story.sfa.edit_behind("contacts", id, {"Title": "次長"})
        read = write = ceil(len(changed) / 100)
        assert within(calls(), searches + bins + read + write + 1)
        assert within(calls(), searches + bins + 1), "our own write comes back and is known"
    finally:
        story.close()


def test_the_diff_says_what_applying_it_will_cost(tmp_path: Path) -> None:
    story = Story(tmp_path)
    try:
        story.fill(5, 300)
        settle(story)
        for number in (3, 300):
            for id in story.people[:number]:
                story.sfa.edit_behind("contacts", id, {"Title": f"次長{number}"})
            story.pass_time()
            plan = run.diff(story.hub, story.path())
            before = len(story.ma.serving.log)
            run.apply(story.hub, plan.path)
            # the account and the properties of three objects are asked for by every command
            spent = len(story.ma.serving.log) - before - 4
            said = plan.footer.totals["calls"]["ma"]
            assert abs(said - spent) <= max(1, 0.1 * spent), (number, said, spent)
    finally:
        story.close()


@pytest.mark.parametrize("created", [250, 1_000])
def test_creates_go_out_a_hundred_at_a_time(make: Make, created: int) -> None:
    from connector.adapters.contract import New

    world = make(rates=FAST)
    world.adapter.describe("contacts")
    before = len(world.serving.log)
    world.adapter.push("contacts", [New(f"k{n}", {"lastname": str(n)}) for n in range(created)])
    assert len(world.serving.log) - before == ceil(created / 100)


def test_the_adapter_is_faster_than_hubspot_lets_anybody_be(make: Make) -> None:
    """2,000 records a second of one core is the aim; a list page of 100, 190 times in 10 seconds, is HubSpot's most."""
    world = make(rates=FAST)
    number = 4_000
    for n in range(number):
        world.seed({"lastname": f"山田{n}", "jobtitle": "部長", "email": f"p{n}@x.example", "met_on": "2026-04-01"})
    columns = ["lastname", "jobtitle", "email", "phone", "met_on", "met_at", "size_number", "lifecyclestage"]
    began = time.thread_time()
    read = sum(len(page.records) for page in world.adapter.pull("contacts", columns, None))
    assert read == number
    assert number / (time.thread_time() - began) >= 2_000
