"""A hundred errors and more, in each way of signing in: none of them tells a secret, to nobody."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connector.adapters.contract import Change, New, Remove
from connector.errors import ConnectorError
from tests.adapters.contract import assert_silent, no_secret_in_logs, vars_text
from tests.adapters.hubspot.world import HubSpotWorld
from tests.fakes.serving import Fault, Reply, Request

Make = Callable[..., HubSpotWorld]
FAULTS = tuple(Fault)


def acts(world: HubSpotWorld, id: str) -> list[Callable[[], Any]]:
    adapter, column = world.adapter, world.names.text
    return [
        adapter.check,
        lambda: adapter.describe(world.object),
        lambda: list(adapter.pull(world.object, [column], None)),
        lambda: adapter.get(world.object, "id", [id], [column]),
        lambda: adapter.push(world.object, [Change(id, {column: "x"}), Remove("999")]),
        lambda: adapter.push(world.object, [New("k", {column: "x", "associations.companies": "1"})]),
        lambda: adapter.push("task", [New("t", {"subject": "x"})]),
        lambda: list(adapter.pull(world.object, ["no_such"], None)),
        lambda: list(adapter.pull(world.object, [column], "{}")),
    ]


@pytest.mark.parametrize("oauth", [False, True])
def test_a_hundred_errors_tell_no_secret(make: Make, monkeypatch: pytest.MonkeyPatch, oauth: bool) -> None:
    world = make(oauth=oauth, settings={"timeout": 0.2})
    echoing(world, monkeypatch)
    id = world.seed({"lastname": "a"})
    errors = 0
    with no_secret_in_logs(world.secrets):
        for fault in FAULTS:
            for act in acts(world, id):
                if fault in (Fault.HANG_BEFORE, Fault.HANG_AFTER):
                    world.serving.faults.plan(fault)
                else:
                    world.serving.faults.plan(*[fault] * 10)
                try:
                    shown: list[Any] = [repr(act())]
                except ConnectorError as error:
                    errors += 1
                    shown = [
                        str(error),
                        repr(error),
                        error.facts,
                        error.args,
                        "".join(traceback.format_exception(error)),
                    ]
                    shown += [vars_text(error), repr(error.__context__), repr(error.__cause__)]
                assert_silent(world.secrets, *shown, repr(world.adapter), vars_text(world.adapter))
                world.serving.faults._planned.clear()
                world.clock.advance(timedelta(seconds=20))
    assert errors >= 50, errors


def echoing(world: HubSpotWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vendor that repeats what it was sent in the words of its errors."""
    turned_away = world.vendor.turned_away

    def telling(fault: Fault, request: Request) -> Reply:
        reply = turned_away(fault, request)
        words = f"{request.headers.get('authorization')} {request.body.decode()} access_token=CNaccess-0001"
        return Reply(reply.status, {"status": "error", "message": words, "category": words}, reply.headers)

    monkeypatch.setattr(world.vendor, "turned_away", telling)
