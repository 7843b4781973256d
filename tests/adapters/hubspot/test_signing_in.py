"""Tokens that last, tokens that run out, and the file that keeps the newest refresh token."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from connector.adapters.hubspot.auth import TokenFile
from connector.adapters.hubspot.settings import HubSpotSettings
from connector.errors import Fatal
from tests.adapters.hubspot.world import CLIENT_SECRET, REFRESH, HubSpotWorld
from tests.fakes.serving import Fault

Make = Callable[..., HubSpotWorld]


def test_a_token_that_is_refused_is_not_tried_again(world: HubSpotWorld) -> None:
    world.vendor.tokens.clear()
    with pytest.raises(Fatal) as error:
        world.adapter.check()
    assert error.value.message == "adapter.denied" and len(world.serving.log) == 1


def test_an_access_token_is_replaced_before_it_ends(make: Make) -> None:
    world = make(oauth=True)
    for _ in range(5):
        world.adapter.check()
        world.advance(timedelta(minutes=10))
    assert world.vendor.refreshed == 2
    assert not [r for r in world.serving.log if r.path.startswith("/account") and "expired" in str(r)]


def test_a_new_refresh_token_is_kept_for_the_next_process_and_for_nobody_else(make: Make, tmp_path: Path) -> None:
    world = make(oauth=True)
    world.adapter.check()
    file = tmp_path / "token.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and list(tmp_path.glob(".token-*")) == []
    assert world.vendor.app is not None
    assert json.loads(file.read_text())["refresh_token"] == world.vendor.app.refresh_token != REFRESH
    assert world.another().check() and world.vendor.refreshed == 2, "the old one would be refused"


def test_a_refresh_token_that_was_revoked_is_fatal(make: Make) -> None:
    world = make(oauth=True)
    assert world.vendor.app is not None
    world.vendor.app.refresh_token = "another"
    with pytest.raises(Fatal) as error:
        world.adapter.check()
    assert error.value.message == "adapter.denied" and "BAD_REFRESH_TOKEN" in error.value.facts["answer"]


def test_a_refresh_token_newly_configured_is_a_new_start(make: Make, tmp_path: Path) -> None:
    world = make(oauth=True)
    world.adapter.check()
    assert world.vendor.app is not None
    world.vendor.app.refresh_token = "authorised-again"
    oauth = {"client_id": "client-1", "client_secret": CLIENT_SECRET, "token_file": str(tmp_path / "token.json")}
    assert world.another(oauth={**oauth, "refresh_token": "authorised-again"}).check()


def test_many_threads_refresh_once(make: Make) -> None:
    world = make(oauth=True)
    world.adapter.check()
    world.vendor.expire()
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(world.adapter.check())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and world.vendor.refreshed == 2


def test_a_token_endpoint_that_stumbles_is_asked_again(make: Make) -> None:
    world = make(oauth=True)
    world.serving.faults.plan(Fault.UNAVAILABLE, Fault.CUT_BEFORE, when=lambda r: "oauth" in r.path)
    assert world.adapter.check() and world.vendor.refreshed == 1


def test_a_token_file_that_others_may_read_is_refused(make: Make, tmp_path: Path) -> None:
    world = make(oauth=True)
    world.adapter.check()
    (tmp_path / "token.json").chmod(0o644)
    with pytest.raises(Fatal) as error:
        world.another().check()
    assert error.value.message == "adapter.token_file"


def test_a_token_file_that_is_no_file_is_named(tmp_path: Path) -> None:
    from pydantic import SecretStr

    (tmp_path / "broken").write_text("{")
    (tmp_path / "broken").chmod(0o600)
    for name in ("broken", "."):
        with pytest.raises(Fatal):
            TokenFile("ma", tmp_path / name).read(SecretStr("x"))
    with pytest.raises(Fatal):
        TokenFile("ma", tmp_path / "broken" / "x").write(SecretStr("x"), SecretStr("y"))
    assert TokenFile("ma", tmp_path / "none").read(SecretStr("x")).get_secret_value() == "x"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"token": "t", "oauth": {"client_id": "a", "client_secret": "b", "refresh_token": "c"}},
        {"token": "t", "url": "http://api.hubapi.com"},
        {"token": "t", "url": "https://user:secret@api.hubapi.com"},
        {"token": "t", "version": "v1"},
        {"token": "t", "overlap": 0},
        {"token": "t", "unknown": 1},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError) as error:
        HubSpotSettings.model_validate(wrong)
    assert "secret@" not in str(error.value)
