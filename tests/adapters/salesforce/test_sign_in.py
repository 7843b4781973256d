"""Salesforce, signing in: three ways, what is refused at each, and what an admin is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connector.adapters.salesforce.settings import SalesforceSettings
from connector.errors import Fatal, Transient
from tests.adapters.contract import no_secret_in_logs
from tests.adapters.salesforce.world import OTHER, PEM, SECRET, SalesforceWorld
from tests.fakes.salesforce.org import ORG_ID
from tests.fakes.serving import Fault

Make = Callable[..., SalesforceWorld]
JWT: dict[str, Any] = {"client_secret": ..., "username": "sync@example.co.jp", "private_key": PEM}
PASSWORD: dict[str, Any] = {
    "client_id": ..., "client_secret": ..., "username": "sync@example.co.jp", "password": "canary-<pass&word>",
    "security_token": "CanaryToken123", "password_login": True,
}  # fmt: skip
WAYS = {"client credentials": {}, "JWT": JWT, "JWT of a sandbox": {**JWT, "sandbox": True}, "password": PASSWORD}


def welcoming(make: Make, way: dict[str, Any]) -> SalesforceWorld:
    world = make(**way)
    world.vendor.door.passwords["sync@example.co.jp"] = "canary-<pass&word>CanaryToken123"
    return world


@pytest.mark.parametrize("way", WAYS)
def test_each_way_in_leads_to_the_org(make: Make, way: str) -> None:
    world = welcoming(make, WAYS[way])
    identity = world.adapter.check()
    assert (identity.id, identity.name) == (ORG_ID, "株式会社サンプル")
    assert identity.notes == (("adapter.password_ends",) if way == "password" else ())
    world.advance(timedelta(hours=3))  # beyond the session policy
    assert world.adapter.check() == identity and world.vendor.door.given == 2


def test_a_user_that_may_not_see_the_organisation_names_it_all_the_same(make: Make) -> None:
    world = make()
    identity = world.adapter.check()
    del world.org.tables["Organization"]
    assert world.adapter.check().id == identity.id
    with world.serving.faults.during(Fault.DENIED), pytest.raises(Fatal, match="denied"):
        world.adapter.check()


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ({"client_secret": "canary-wrong"}, "invalid_client"),
        ({"client_id": "canary-unknown"}, "invalid_client_id"),
        ({**JWT, "private_key": OTHER}, "invalid assertion"),
        ({**JWT, "username": "stranger@example.co.jp"}, "user hasn't approved this consumer"),
        ({**JWT, "private_key": "-----BEGIN canary"}, "an RSA key"),
        ({**PASSWORD, "password": "canary-wrong"}, "Invalid username, password, security token"),
    ],
)
def test_a_refused_sign_in_is_fatal_in_the_vendors_words_without_our_secrets(
    make: Make, way: dict[str, Any], words: str
) -> None:
    world = welcoming(make, way)
    with no_secret_in_logs(("canary",)), pytest.raises(Fatal) as error:
        world.adapter.check()
    assert error.value.message == "adapter.denied" and words in error.value.facts["answer"]
    assert "canary" not in str(error.value) + repr(error.value.facts)


def test_a_lasting_401_ends_after_one_renewal(make: Make) -> None:
    world = make()
    world.seed({"Text__c": "a"})
    world.adapter.describe("Member__c")
    denied = world.serving.faults.during(Fault.DENIED, lambda r: r.path.startswith("/services/data"))
    with denied, pytest.raises(Fatal, match="denied"):
        list(world.adapter.pull("Member__c", [], None))
    assert world.vendor.door.given == 2


def test_threads_that_find_the_token_expired_fetch_one(make: Make) -> None:
    world = make()
    id = world.seed({"Text__c": "a"})
    world.adapter.get("Member__c", "id", [id], [])
    world.vendor.expire()
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.extend(n.id for n in world.adapter.get("Member__c", "id", [id], [])))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [id] * 8 and world.vendor.door.given == 2


def test_a_sign_in_that_cannot_be_reached_is_transient(make: Make) -> None:
    world = make()
    with world.serving.faults.during(Fault.UNAVAILABLE), pytest.raises(Transient):
        world.adapter.check()
    with world.serving.faults.during(Fault.HTML), pytest.raises(Transient):
        world.adapter.check()


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "https://login.salesforce.com"},
        {"url": "https://acme.lightning.force.com"},
        {"url": "http://acme.my.salesforce.com"},
        {"url": "https://acme.my.salesforce.com/services"},
        {"client_secret": None},
        {"private_key": PEM},
        {"client_secret": None, "private_key": PEM},
        {"username": "u", "password": "p"},
        {"external_key": "Key; DROP"},
        {"bulk_write_from": 5000},
        {"api_version": "v66"},
    ],
)
def test_settings_that_cannot_work_are_refused_without_repeating_a_secret(wrong: dict[str, Any]) -> None:
    good = {"url": "https://acme.my.salesforce.com", "client_id": "id", "client_secret": SECRET}
    SalesforceSettings.model_validate(good)
    with pytest.raises(ValidationError) as error:
        SalesforceSettings.model_validate({**good, **wrong})
    assert SECRET not in str(error.value) and "BEGIN" not in str(error.value)
