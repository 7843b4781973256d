"""What a pull of kintone asks for, what it costs, what it never misses; deletions; ways in; secrets."""

# ruff: noqa: E501  one record per case

from __future__ import annotations

import json
import logging
import math
import random
import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connector.adapters.contract import (
    Change,
    Deleted,
    New,
    Outcome,
    Refusal,
    Refused,
    Samples,
    Unknown,
    Write,
    Written,
)
from connector.adapters.kintone.adapter import KintoneAdapter
from connector.adapters.kintone.settings import KintoneSettings
from connector.errors import ConnectorError, Fatal, Transient
from connector.messages import say
from tests.adapters.kintone_site import CUSTOMERS, DEALS, Site, kinds, site
from tests.adapters.kintone_world import CLIENT_SECRET, OUTER, PASSWORD, REFRESH, TOKEN, KintoneWorld, Setting
from tests.fakes.kintone import Token
from tests.fakes.serving import Fault, Faults, Request


@pytest.fixture
def here() -> Iterator[Site]:
    with site() as one:
        yield one


def seeded(here: Site, count: int) -> list[str]:
    return [here.kintone.seed(CUSTOMERS, {"文字列__1行_": f"会社{n}"}) for n in range(count)]


def cursor_of(here: Site) -> str:
    cursor = here.pages("顧客管理", "文字列__1行_")[-1].cursor
    assert cursor is not None
    return cursor


# --- increments -----------------------------------------------------------------------------------------------


def test_edits_of_one_minute_differ_by_their_revision(here: Site) -> None:
    (id,) = seeded(here, 1)
    cursor = cursor_of(here)
    here.kintone.clock.advance(timedelta(seconds=70))
    seen = []
    for number in range(3):
        here.kintone.edit(CUSTOMERS, id, {"文字列__1行_": f"edit {number}"})
        (record,) = here.pulled("顧客管理", "文字列__1行_", since=cursor)
        assert record.modified_at == here.kintone.clock.now.replace(second=0)
        seen.append((record.version, record.values["文字列__1行_"]))
        here.kintone.clock.advance(timedelta(seconds=5))
    assert seen == [("2", "edit 0"), ("3", "edit 1"), ("4", "edit 2")]


def test_the_cursor_is_kintones_time_when_the_pull_began(here: Site) -> None:
    here.kintone.clock.advance(timedelta(seconds=45))
    at = json.loads(cursor_of(here))["at"]
    assert at == (here.kintone.clock.now - timedelta(seconds=300)).isoformat()


def test_what_is_edited_while_a_pull_goes_on_comes_with_the_next(here: Site) -> None:
    with site(page=2) as here:
        ids = seeded(here, 6)
        pages = here.adapter.pull("顧客管理", ["文字列__1行_"], None)
        first = next(pages)
        here.kintone.edit(CUSTOMERS, ids[0], {"文字列__1行_": "edited behind"})
        here.kintone.delete(CUSTOMERS, ids[3])
        here.kintone.clock.advance(timedelta(minutes=20))
        rest = list(pages)
        assert [r.id for page in [first, *rest] for r in page.records] == [*ids[:3], *ids[4:]]
        cursor = rest[-1].cursor
        here.kintone.clock.advance(timedelta(minutes=60))
        changed = here.pulled("顧客管理", "文字列__1行_", since=cursor)
        assert [r.values["文字列__1行_"] for r in changed if r.id == ids[0]] == ["edited behind"]


def test_a_cursor_of_another_app_is_refused(here: Site) -> None:
    cursor = json.loads(cursor_of(here))
    for other in ({**cursor, "app": DEALS}, {**cursor, "object": "案件管理"}, {**cursor, "at": "yesterday"}):
        with pytest.raises(Fatal):
            here.pages("顧客管理", "文字列__1行_", since=json.dumps(other))


def test_a_key_that_kintone_takes_for_ours_is_another_one_to_us(here: Site) -> None:
    """Nothing tells whether kintone compares letter by letter: here it does not look at their case."""
    handle = here.kintone.handle
    here.kintone.handle = lambda request: handle(  # type: ignore[method-assign]
        replace(request, query=tuple((k, v.lower() if k == "query" else v) for k, v in request.query))
    )
    here.kintone.seed(CUSTOMERS, {"連携キー": "k-1"})
    assert here.adapter.get("顧客管理", "key", ["K-1"], []) == []
    assert [r.key for r in here.adapter.get("顧客管理", "key", ["k-1"], [])] == ["k-1"]


def test_a_look_at_some_records_is_one_call(here: Site) -> None:
    ids = seeded(here, 700)
    here.adapter.describe("顧客管理")
    before = here.serving.count()
    some = here.adapter.sample("顧客管理", ["文字列__1行_"], 20)
    assert [record.id for record in some] == ids[:-21:-1] and here.serving.count() - before == 1
    assert len(here.adapter.sample("顧客管理", ["文字列__1行_"], 10_000)) == 500
    assert isinstance(here.adapter, Samples)


# --- what it costs --------------------------------------------------------------------------------------------


def test_calls_are_within_5_percent_and_5_of_the_floor() -> None:
    with site() as here:
        ids = seeded(here, 12_000)
        here.kintone.clock.advance(timedelta(hours=1))
        here.adapter.describe("顧客管理")
        before = here.serving.count()
        pages = here.pages("顧客管理", "文字列__1行_", "メモ")
        full = here.serving.count() - before
        assert sum(len(page.records) for page in pages) == 12_000
        assert full <= 1.05 * math.ceil(12_000 / 500) + 5

        here.kintone.clock.advance(timedelta(hours=1))
        before = here.serving.count()
        assert here.pulled("顧客管理", "文字列__1行_", since=pages[-1].cursor) == []
        assert here.serving.count() - before <= 1 + 5

        for id in random.Random(1).sample(ids, 120):
            here.kintone.edit(CUSTOMERS, id, {"メモ": "x"})
        before = here.serving.count()
        changed = here.pulled("顧客管理", "文字列__1行_", since=pages[-1].cursor)
        here.adapter.get("顧客管理", "id", [r.id for r in changed], ["メモ"])
        here.push("顧客管理", *(Change(r.id, {"メモ": "y"}, if_version=r.version) for r in changed))
        floor = math.ceil(120 / 500) + math.ceil(120 / 100) + math.ceil(120 / 100)
        assert here.serving.count() - before <= 1.05 * floor + 5


def test_a_long_question_goes_in_the_body(here: Site) -> None:
    for number in range(200):
        here.customers.properties[f"とても長い名前の項目{number}"] = {
            **here.customers.properties["メモ"], "code": f"とても長い名前の項目{number}",
        }  # fmt: skip
    seeded(here, 2)
    names = [f"とても長い名前の項目{number}" for number in range(200)]
    assert len(here.pulled("顧客管理", *names)) == 2
    request = here.requests()[-1]
    assert request.method == "POST" and request.headers["x-http-method-override"] == "GET"
    # and a short one is what it looks like
    here.pulled("顧客管理", "メモ")
    assert here.requests()[-1].method == "GET"


def test_the_calls_of_a_day_are_shared() -> None:
    with site(day_calls=20, share=50) as here:
        seeded(here, 1)
        with pytest.raises(Transient) as caught:
            for _ in range(20):
                here.pulled("顧客管理", "メモ")
        assert caught.value.message == "adapter.budget" and here.serving.count() == 10


def test_5000_records_a_second_come_in() -> None:
    """Of eleven fields; the time is that of our own thread, for the server answers at once."""
    with site() as here:
        for n in range(10_000):
            here.kintone.seed(CUSTOMERS, {
                "文字列__1行_": f"株式会社{n}", "顧客コード": f"C-{n}", "メモ": "髙橋様ご担当 " * 3, "MAスコア": str(n % 1000),
                "取引区分": "取引中", "興味": ["製品A", "製品B"], "初回訪問日": "2026-04-01", "次回連絡": "2026-04-01T00:00:00Z",
                "営業担当": [{"code": "sato"}], "サイト": "https://example.jp",
            })  # fmt: skip
        names = ["文字列__1行_", "顧客コード", "メモ", "MAスコア", "取引区分", "興味", "初回訪問日", "次回連絡", "営業担当", "サイト",
                 "更新日時"]  # fmt: skip
        best = 0.0
        for _ in range(3):
            began = time.thread_time()
            count = sum(len(page.records) for page in here.adapter.pull("顧客管理", names, None))
            best = max(best, count / (time.thread_time() - began))
        assert count == 10_000 and best >= 5_000, best


# --- deletions ------------------------------------------------------------------------------------------------


def test_a_sweep_tells_what_was_deleted_and_nothing_else() -> None:
    with site(sweep_hours=24) as here:
        ids = seeded(here, 5)
        cursor = cursor_of(here)
        here.kintone.delete(CUSTOMERS, ids[1])
        here.customers.hidden.add(int(ids[2]))  # a right was taken from us: it is still there
        here.kintone.clock.advance(timedelta(hours=1))
        page = here.pages("顧客管理", since=cursor)[-1]
        assert page.gone == [] and here.adapter.calls.get("sweep") is None
        assert page.cursor is not None
        here.kintone.clock.advance(timedelta(hours=24))
        page = here.pages("顧客管理", since=page.cursor)[-1]
        assert page.gone == [Deleted(ids[1])]
        here.kintone.clock.advance(timedelta(hours=25))
        here.kintone.delete(CUSTOMERS, ids[2])
        page = here.pages("顧客管理", since=page.cursor)[-1]
        assert page.gone == [Deleted(ids[2])]


def test_a_record_made_between_two_sweeps_is_missed_when_it_goes() -> None:
    with site(sweep_hours=24) as here:
        cursor = cursor_of(here)
        (id,) = seeded(here, 1)
        here.kintone.clock.advance(timedelta(hours=2))
        page = here.pages("顧客管理", since=cursor)[-1]
        assert [r.id for r in here.pulled("顧客管理", since=cursor)] == [id] or page.gone == []
        here.kintone.delete(CUSTOMERS, id)
        here.kintone.clock.advance(timedelta(hours=24))
        assert here.pages("顧客管理", since=page.cursor)[-1].gone == [Deleted(id)]


def test_many_deletions_are_confirmed_in_portions() -> None:
    with site(sweep_hours=0) as here:
        ids = seeded(here, 250)
        cursor: str | None = cursor_of(here)
        for id in ids:
            here.kintone.delete(CUSTOMERS, id)
        found: list[str] = []
        for expected in (200, 50, 0):
            page = here.pages("顧客管理", since=cursor)[-1]
            assert len(page.gone) == expected
            found += [gone.id for gone in page.gone]
            cursor = page.cursor
        assert sorted(found) == sorted(ids)


def test_a_million_ids_pack_small() -> None:
    from connector.adapters.kintone.sweep import Ids

    ids, gone = Ids(), Ids()
    for id in range(1, 1_000_001):
        ids.add(id)
        if id % 1000:
            gone.add(id)
    assert len(ids.packed()) < 20_000 and ids.without(gone) == list(range(1000, 1_000_001, 1000))
    for text in ("", "x", "AAAA", ids.packed()[:-8]):
        with pytest.raises(ValueError):
            Ids.unpacked(text)


# --- ways in, and what check says -----------------------------------------------------------------------------


def test_check_names_the_apps(here: Site) -> None:
    identity = here.adapter.check()
    assert identity.id == here.serving.url and "顧客管理、案件管理、連絡タスク" in identity.name


@pytest.mark.parametrize("change", [{"unique": False}, {"type": "MULTI_LINE_TEXT"}, {"type": "NUMBER"}])
def test_a_key_field_that_prevents_nothing_is_refused(here: Site, change: dict[str, Any]) -> None:
    here.customers.properties["連携キー"] |= change
    with pytest.raises(Fatal) as caught:
        here.adapter.check()
    assert caught.value.message == "adapter.key_unfit"
    assert "値の重複を禁止する" in say("ja", caught.value.message, **caught.value.facts)


def test_a_token_of_another_app_is_denied(here: Site) -> None:
    here.kintone.tokens[f"canary-t0ken-{DEALS}"] = Token(CUSTOMERS)
    with pytest.raises(Fatal) as caught:
        here.adapter.check()
    assert caught.value.message == "adapter.denied" and "GAIA_IA02" in caught.value.facts["answer"]


def test_a_user_may_open_an_app_by_its_id() -> None:
    world = KintoneWorld(Setting(way="password"))
    try:
        world.kintone.app(99, "別のアプリ", {"題": {"type": "SINGLE_LINE_TEXT"}})
        world.kintone.seed(99, {"題": "x"})
        assert [r.values for page in world.adapter.pull("99", ["題"], None) for r in page.records] == [{"題": "x"}]
    finally:
        world.close()


def test_an_access_token_that_runs_out_between_two_pages_is_renewed() -> None:
    world = KintoneWorld(Setting(way="oauth"))
    try:
        ids = [world.seed({"会社名": str(n)}) for n in range(8)]
        world.serving.faults.plan(None, Fault.EXPIRED, when=lambda r: "order by" in r.params.get("query", ""))
        records = [r for page in world.adapter.pull(world.object, ["会社名"], None) for r in page.records]
        assert [r.id for r in records] == ids and world.kintone.issued == 2
    finally:
        world.close()


def test_ten_tokens_are_never_sent_together() -> None:
    lookups = {f"l{n}": {"type": "SINGLE_LINE_TEXT", "lookup": {
        "relatedApp": {"app": str(100 + n), "code": ""}, "relatedKeyField": "k", "fieldMappings": []}}
        for n in range(12)}  # fmt: skip
    with site() as here:
        here.kintone.app(50, "多い", {"a": {"type": "SINGLE_LINE_TEXT"}, **lookups})
        apps = {"多い": {"app": 50, "token": "canary-t0ken-50"}}
        here.kintone.tokens["canary-t0ken-50"] = Token(50)
        for n in range(12):
            here.kintone.app(100 + n, f"元{n}", {"k": {"type": "SINGLE_LINE_TEXT", "unique": True}})
            here.kintone.tokens[f"canary-t0ken-{100 + n}"] = Token(100 + n)
            apps[f"元{n}"] = {"app": 100 + n, "token": f"canary-t0ken-{100 + n}"}
        adapter = here.made(apps=apps, task=None)
        assert kinds(adapter.push("多い", [New("", {"a": "x"})])) == ["written"]
        assert len(here.requests()[-1].headers["x-cybozu-api-token"].split(",")) == 9
        adapter.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://example.cybozu.com"},
        {"url": "https://u:p@example.cybozu.com"},
        {"apps": {}},
        {"apps": {"顧客管理": {"app": 5}}},
        {"apps": {"a": {"app": 5, "token": "x"}, "b": {"app": 6}}},
        {"user": "a", "password": "b"},
        {"apps": {"task": {"app": 5, "token": "x"}}},
        {"task": {"object": "b", "fields": {"subject": "x"}}},
        {"page": 501},
        {"write_batch": 101},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    good = {"url": "https://example.cybozu.com", "apps": {"a": {"app": 5, "token": "x"}}}
    KintoneSettings.model_validate(good)
    with pytest.raises(ValidationError):
        KintoneSettings.model_validate({**good, **wrong})


# --- faults and secrets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_with_faults_everywhere_no_record_is_made_twice_and_no_outcome_lies(seed: int) -> None:
    """A caller as careful as the engine: unknown writes are looked up before anything is repeated."""
    faults = Faults(seed=seed, rate=0.3, kinds=[f for f in Fault if f not in (Fault.DENIED, Fault.HANG_BEFORE,
                                                                            Fault.HANG_AFTER)])  # fmt: skip
    with site(faults, timeout=5, write_batch=10, read_batch=20) as here:
        wanted = {f"key-{n}": f"会社{n}" for n in range(230)}
        rest = dict(wanted)
        for _ in range(40):
            if not rest:
                break
            try:
                there = here.adapter.get("顧客管理", "key", list(rest), ["文字列__1行_"])
                for record in there:
                    assert record.values["文字列__1行_"] == rest.pop(str(record.key))
                outcomes = here.push("顧客管理", *(New(key, {"文字列__1行_": name}) for key, name in rest.items()))
            except Transient:
                continue
            for key, outcome in zip(list(rest), outcomes, strict=True):
                # a listing that leaves one out makes us try again: refused by kintone itself
                assert isinstance(outcome, Written | Unknown) or outcome.kind is Refusal.DUPLICATE, outcome
                if isinstance(outcome, Written):
                    assert here.customers.records[int(outcome.id)].values["連携キー"] == key
        assert not rest and len(faults.happened) > 5
        made = [record.values["連携キー"] for record in here.customers.records.values()]
        assert sorted(made) == sorted(wanted)


@pytest.mark.parametrize("way", ["token", "password", "oauth"])
def test_no_secret_in_a_hundred_provoked_errors(way: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    world = KintoneWorld(Setting(way=way))
    secrets = (TOKEN, PASSWORD, OUTER, CLIENT_SECRET, REFRESH, "access-canary")
    kinds_ = [f for f in Fault if f not in (Fault.HANG_BEFORE, Fault.HANG_AFTER)]
    shown: list[str] = []
    errors = 0

    def note(outcomes: list[Outcome]) -> int:
        shown.extend(map(repr, outcomes))
        return sum(isinstance(outcome, Refused | Unknown) for outcome in outcomes)

    try:
        id = world.seed({"会社名": "a", "連携キー": "k"})
        every = list(world.secrets)
        bad: list[Write] = [Change(id, {"見積金額": secret}) for secret in every]
        bad += [New("k", {"会社名": secret}) for secret in every[:1]]
        number = 0
        while errors < 100:
            number += 1
            fault = kinds_[number % len(kinds_)]
            try:
                # a vendor that repeats what it was sent, in its words and in its codes
                with world.serving.faults.during(fault, lambda r, n=number: n % 3 > 0):
                    if number % 2:
                        errors += note(world.adapter.push(world.object, [bad[number % len(bad)]]))
                    else:
                        shown += [repr(page) for page in world.adapter.pull(world.object, ["会社名"], None)]
                if number % 5 == 0:
                    world.stranger().check()
            except ConnectorError as error:
                errors += 1
                shown += [repr(error), str(error), str(error.facts), *traceback.format_exception(error)]
                shown += [say(lang, error.message, **error.facts) for lang in ("ja", "en")]
            shown += [repr(world.adapter), repr(vars(world.adapter)), repr(vars(world.adapter._api))]
    finally:
        world.close()
    shown += [record.getMessage() for record in caplog.records]
    assert errors >= 100 and len(shown) > 500
    found = [(secret, text[:200]) for secret in secrets for text in shown if secret in text]
    assert found == []


def test_the_settings_show_no_secret(here: Site) -> None:
    settings = here.adapter._settings
    assert "canary" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


def is_write(request: Request) -> bool:
    return request.method in ("POST", "PUT", "DELETE") and "x-http-method-override" not in request.headers


def test_reading_only_makes_no_writing_request() -> None:
    with site(read_only=True) as here:
        (id,) = seeded(here, 1)
        assert kinds(here.push("顧客管理", Change(id, {"メモ": "x"}), New("k", {}))) == ["denied"] * 2
        here.adapter.check()
        here.pulled("顧客管理", "メモ")
        assert here.serving.count(is_write) == 0 and isinstance(here.adapter, KintoneAdapter)
        assert not here.adapter.can.delete
