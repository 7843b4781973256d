"""Salesforce: a hundred provoked errors, and not one of our secrets in anything that they leave."""

from __future__ import annotations

import itertools
import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from connector.adapters.contract import Change, New, Outcome, Remove
from connector.errors import ConnectorError
from connector.messages import say
from tests.adapters.contract import vars_text
from tests.adapters.salesforce.world import PEM, SalesforceWorld
from tests.fakes.serving import Fault, Request

Make = Callable[..., SalesforceWorld]
WAYS: tuple[dict[str, Any], ...] = (
    {},
    {"client_secret": ..., "username": "sync@example.co.jp", "private_key": PEM},
    {
        "client_id": ..., "client_secret": ..., "username": "sync@example.co.jp", "password": "canary-password",
        "security_token": "canaryToken", "password_login": True,
    },
    {"bulk_read_from": 1, "bulk_write_from": 1, "write_batch": 5},
)  # fmt: skip
FAULTS = tuple(fault for fault in Fault if fault not in (Fault.HANG_BEFORE, Fault.HANG_AFTER))


def everything(request: Request) -> bool:
    return True


def data(request: Request) -> bool:
    return request.path.startswith("/services/data/")


def acts(world: SalesforceWorld, id: str) -> list[Callable[[], Any]]:
    adapter = world.adapter
    return [
        adapter.check,
        lambda: adapter.describe("Member__c"),
        lambda: list(adapter.pull("Member__c", ["Text__c"], None)),
        lambda: adapter.get("Member__c", "id", [id], ["Text__c"]),
        lambda: adapter.get("Member__c", "key", ["k"], ["Text__c"]),
        lambda: adapter.push("Member__c", [New("k", {"Text__c": "a"}), Change(id, {"Text__c": "b"}), Remove("x")]),
        lambda: adapter.describe("NoSuchObject"),
    ]


def test_a_hundred_errors_show_no_secret(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    shown: list[str] = []
    errors = 0
    with caplog.at_level(logging.DEBUG):
        for way in WAYS:
            world = make(**way)
            world.vendor.door.passwords["sync@example.co.jp"] = "canary-passwordcanaryToken"
            ids = [world.seed({"Text__c": f"{n}"}) for n in range(4)]
            for fault, when in itertools.product(FAULTS, (data, everything)):
                if when is everything:
                    world.adapter = world.made()  # it has to sign in first
                with world.serving.faults.during(fault, when):
                    for act in acts(world, ids[0]):
                        try:
                            outcomes: list[Outcome] = act()
                            shown.append(repr(outcomes))
                        except ConnectorError as error:
                            errors += 1
                            shown += [str(error), repr(error), repr(error.facts)]
                            shown += [say(lang, error.message, **error.facts) for lang in ("ja", "en")]
                            shown.append("".join(traceback.format_exception(error)))
            shown += [repr(world.adapter), vars_text(world.adapter), repr(world.adapter._settings)]
    text = "\n".join(shown) + caplog.text
    assert errors >= 100
    assert "canary" not in text.lower()
    assert PEM.splitlines()[1] not in text
