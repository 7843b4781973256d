"""Batches that kintone does as a whole or not at all, taken apart: only the bad record is refused, and at what cost."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any

import pytest

from connector.adapters.contract import Change, New, Refusal, Refused, Remove, Unknown, Write, Written
from connector.errors import Fatal, Transient
from tests.adapters.kintone_site import CUSTOMERS, DEALS, Site, kinds, site
from tests.fakes.kintone import Token
from tests.fakes.serving import Fault


@pytest.fixture
def here() -> Iterator[Site]:
    with site() as one:
        yield one


def deals(here: Site, count: int) -> list[str]:
    here.kintone.seed(CUSTOMERS, {"文字列__1行_": "株式会社A", "顧客コード": "C-1"})
    return [here.kintone.seed(DEALS, {"案件名": f"案件{n}", "顧客": "C-1"}) for n in range(count)]


def names(here: Site) -> dict[str, Any]:
    return {str(id): record.values["案件名"] for id, record in here.deals.records.items()}


# Each spoils one update in a way of its own; what kintone answers names the record, or does not.
def wrong_value(here: Site, id: str) -> Write:
    return Change(id, {"案件名": "x", "見積金額": "一万円"}, if_version="1")


def no_such_lookup(here: Site, id: str) -> Write:
    return Change(id, {"案件名": "x", "顧客": "C-9"}, if_version="1")


def edited(here: Site, id: str) -> Write:
    here.kintone.edit(DEALS, id, {"案件名": "a person was here"})
    return Change(id, {"案件名": "x"}, if_version="1")


def deleted(here: Site, id: str) -> Write:
    here.kintone.delete(DEALS, id)
    return Change(id, {"案件名": "x"}, if_version="1")


def forbidden(here: Site, id: str) -> Write:
    here.deals.forbidden.add(int(id))
    return Change(id, {"案件名": "x"}, if_version="1")


def required(here: Site, id: str) -> Write:
    return Change(id, {"案件名": None}, if_version="1")


SPOILS = {
    wrong_value: Refusal.INVALID, no_such_lookup: Refusal.INVALID, edited: Refusal.STALE, deleted: Refusal.MISSING,
    forbidden: Refusal.DENIED, required: Refusal.INVALID,
}  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize("place", [0, 1, 49, 50, 98, 99])
def test_one_bad_record_among_a_hundred_costs_at_most_2_log2_n_plus_1_calls(here: Site, spoil: Any, place: int) -> None:
    ids = deals(here, 100)
    here.adapter.describe("案件管理")
    writes: list[Write] = [Change(id, {"案件名": f"new {id}"}, if_version="1") for id in ids]
    writes[place] = spoil(here, ids[place])
    before = len(here.serving.log)
    outcomes = here.push("案件管理", *writes)
    assert kinds(outcomes) == ["written"] * place + [str(SPOILS[spoil])] + ["written"] * (99 - place)
    assert len(here.serving.log) - before - 1 <= 2 * math.log2(100) + 1
    shown = names(here)
    assert all(shown[id] == f"new {id}" for id in ids[:place] + ids[place + 1 :])
    assert shown.get(ids[place]) in (f"案件{place}", "a person was here", None)


def test_however_many_moved_or_went_one_look_finds_them(here: Site) -> None:
    ids = deals(here, 100)
    here.adapter.describe("案件管理")
    for id in ids[10:20]:
        here.kintone.edit(DEALS, id, {"案件名": "a person was here"})
    for id in ids[60:70]:
        here.kintone.delete(DEALS, id)
    before = here.serving.count()
    outcomes = here.push("案件管理", *(Change(id, {"案件名": "x"}, if_version="1") for id in ids))
    wanted = ["written"] * 10 + ["stale"] * 10 + ["written"] * 40 + ["missing"] * 10 + ["written"] * 30
    assert kinds(outcomes) == wanted and here.serving.count() - before == 3


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_bad_exactly_that_is_refused_within_the_bound(here: Site, seed: int) -> None:
    rng = random.Random(seed)
    count, bad = rng.choice([2, 3, 5, 17, 64, 100]), rng.choice([1, 2, 3, 8])
    ids = deals(here, count)
    here.adapter.describe("案件管理")
    writes: list[Write] = [Change(id, {"案件名": f"new {id}"}, if_version="1") for id in ids]
    spoiled = rng.sample(range(count), min(bad, count))
    # at most two forbidden ones: with three and nothing written it is the right itself that is missing
    chosen = [rng.choice([s for s in SPOILS if s is not forbidden]) for _ in spoiled]
    for place, spoil in zip(spoiled, chosen, strict=True):
        writes[place] = spoil(here, ids[place])
    before = len(here.serving.log)
    outcomes = here.push("案件管理", *writes)
    expected = {place: str(SPOILS[spoil]) for place, spoil in zip(spoiled, chosen, strict=True)}
    assert kinds(outcomes) == [expected.get(place, "written") for place in range(count)]
    assert len(here.serving.log) - before - 1 <= len(spoiled) * (2 * math.log2(count) + 1)
    shown = names(here)
    assert all(shown[id] == f"new {id}" for place, id in enumerate(ids) if place not in expected)


def test_outcomes_carry_the_revision_and_the_field(here: Site) -> None:
    good, bad = deals(here, 2)
    outcomes = here.push("案件管理", Change(good, {"案件名": "b"}, if_version="1"), wrong_value(here, bad))
    assert outcomes[0] == Written(good, "2")
    refused = outcomes[1]
    assert isinstance(refused, Refused) and refused.fields == ("見積金額",) and "数字" in refused.message
    assert here.pulled("案件管理", "案件名")[0].version == "2"


def test_an_update_says_the_revision_it_is_based_on_and_only_its_fields(here: Site) -> None:
    (id,) = deals(here, 1)
    here.push("案件管理", Change(id, {"見積金額": 5}, if_version="1"))
    (sent,) = [r.json()["records"] for r in here.requests() if r.method == "PUT"]
    assert sent == [{"id": id, "revision": 1, "record": {"見積金額": {"value": "5"}}}]


# --- creates --------------------------------------------------------------------------------------------------


def test_a_create_never_touches_the_record_that_has_its_key(here: Site) -> None:
    first = here.push("案件管理", New("k-1", {"案件名": "a"}))
    here.kintone.edit(DEALS, "1", {"案件名": "a person was here"})
    second, third = here.push("案件管理", New("k-1", {"案件名": "b"}), New("k-2", {"案件名": "c"}))
    assert kinds(first) == ["written"] and kinds([second, third]) == ["duplicate", "written"]
    assert names(here) == {"1": "a person was here", "2": "c"}
    assert not [r for r in here.requests() if b"upsert" in r.body]


def test_a_duplicate_of_another_unique_field_is_told_from_a_wrong_value(here: Site) -> None:
    here.kintone.seed(CUSTOMERS, {"顧客コード": "C-1"})
    id = here.kintone.seed(CUSTOMERS, {"顧客コード": "C-2"})
    outcomes = here.push(
        "顧客管理", New("k", {"顧客コード": "C-1"}), New("l", {"MAスコア": 5000}), Change(id, {"顧客コード": "C-1"})
    )
    assert kinds(outcomes) == ["duplicate", "invalid", "duplicate"]
    assert here.push("顧客管理", Change(id, {"顧客コード": "C-2"}))[0] == Written(id, "2")


def test_one_key_twice_in_a_push_makes_one_record(here: Site) -> None:
    outcomes = here.push("案件管理", *(New("k", {"案件名": str(n)}) for n in range(3)))
    assert kinds(outcomes) == ["written", "duplicate", "duplicate"] and names(here) == {"1": "0"}


@pytest.mark.parametrize("fault", [Fault.REORDERED, Fault.MISSING])
def test_an_answer_that_cannot_be_told_apart_leaves_creates_unknown(here: Site, fault: Fault) -> None:
    here.serving.faults.plan(fault, when=lambda request: request.method == "POST")
    outcomes = here.push("案件管理", *(New(f"k{n}", {"案件名": str(n)}) for n in range(3)))
    assert kinds(outcomes) == ["unknown"] * 3 and len(names(here)) == 3


def test_updates_are_told_apart_by_their_ids(here: Site) -> None:
    ids = deals(here, 3)
    here.serving.faults.plan(Fault.REORDERED, Fault.MISSING, when=lambda request: request.method == "PUT")
    writes = [Change(id, {"案件名": f"new {id}"}) for id in ids]
    assert here.push("案件管理", *writes) == [Written(id, "2") for id in ids]
    assert kinds(here.push("案件管理", *writes)) == ["written", "written", "unknown"]


# --- rights ---------------------------------------------------------------------------------------------------


def test_a_right_that_is_missing_for_the_app_stops_the_system(here: Site) -> None:
    ids = deals(here, 100)
    here.kintone.tokens[f"canary-t0ken-{DEALS}"] = Token(DEALS, frozenset({"view"}))
    here.adapter.describe("案件管理")
    before = here.writes()
    with pytest.raises(Fatal) as caught:
        here.push("案件管理", *(Change(id, {"案件名": "x"}) for id in ids))
    assert caught.value.message == "adapter.denied" and here.writes() - before <= 16
    assert set(names(here).values()) == {f"案件{n}" for n in range(100)}


def test_records_that_one_may_not_edit_are_refused_each(here: Site) -> None:
    ids = deals(here, 20)
    here.deals.forbidden |= {int(id) for id in ids[3:9]}
    outcomes = here.push("案件管理", *(Change(id, {"案件名": "x"}) for id in ids))
    assert kinds(outcomes) == ["written"] * 3 + ["denied"] * 6 + ["written"] * 11


def test_a_lookup_is_written_with_the_token_of_the_app_it_looks_into(here: Site) -> None:
    (id,) = deals(here, 1)
    here.kintone.seed(CUSTOMERS, {"文字列__1行_": "株式会社B", "顧客コード": "C-2"})
    assert kinds(here.push("案件管理", Change(id, {"顧客": "C-2"}))) == ["written"]
    assert here.deals.records[int(id)].values["顧客名"] == "株式会社B"
    tokens = [r.headers["x-cybozu-api-token"] for r in here.requests() if r.method == "PUT"]
    assert tokens == [f"canary-t0ken-{DEALS},canary-t0ken-{CUSTOMERS}"]
    # and no app's token goes where it is not needed
    here.pulled("顧客管理", "文字列__1行_")
    assert here.requests()[-1].headers["x-cybozu-api-token"] == f"canary-t0ken-{CUSTOMERS}"


def test_an_app_that_is_gone_stops_the_system(here: Site) -> None:
    (id,) = deals(here, 1)
    here.adapter.describe("案件管理")
    del here.kintone.apps[DEALS]
    with pytest.raises(Fatal) as caught:
        here.push("案件管理", Change(id, {"案件名": "x"}))
    assert caught.value.message == "adapter.no_object"


# --- in the middle --------------------------------------------------------------------------------------------


def test_what_was_done_before_a_failure_is_told_and_the_rest_is_unknown(here: Site) -> None:
    ids = deals(here, 100)
    here.adapter.describe("案件管理")
    writes: list[Write] = [Change(id, {"案件名": f"new {id}"}) for id in ids]
    writes[70] = Change(
        ids[70], {"案件名": "x", "顧客": "C-9"}
    )  # halving: the first half is written, then the line dies
    with here.serving.faults.during(Fault.THROTTLED, lambda request: request.method == "PUT", skip=2):
        outcomes = here.push("案件管理", *writes)
    assert kinds(outcomes) == ["written"] * 50 + ["unknown"] * 50
    assert [isinstance(o, Unknown) for o in outcomes].count(True) == 50


def test_nothing_done_is_raised_as_it_is(here: Site) -> None:
    (id,) = deals(here, 1)
    with here.serving.faults.during(Fault.THROTTLED), pytest.raises(Transient):
        here.push("案件管理", Change(id, {"案件名": "x"}))


def test_a_lost_batch_is_unknown_and_the_next_one_goes_on(here: Site) -> None:
    ids = deals(here, 150)
    here.serving.faults.plan(Fault.CUT_AFTER, when=lambda request: request.method == "PUT")
    outcomes = here.push("案件管理", *(Change(id, {"案件名": f"new {id}"}) for id in ids))
    assert kinds(outcomes) == ["unknown"] * 100 + ["written"] * 50
    assert all(name == f"new {id}" for id, name in names(here).items())


def test_one_record_twice_in_a_push_is_written_twice(here: Site) -> None:
    (id,) = deals(here, 1)
    outcomes = here.push("案件管理", Change(id, {"案件名": "b"}), Change(id, {"見積金額": 1}))
    assert outcomes == [Written(id, "2"), Written(id, "3")]


def test_deletes_check_the_revision_and_are_taken_apart_too(here: Site) -> None:
    ids = deals(here, 4)
    here.kintone.edit(DEALS, ids[1], {"案件名": "edited"})
    here.kintone.delete(DEALS, ids[2])
    outcomes = here.push("案件管理", *(Remove(id, if_version="1") for id in ids))
    assert kinds(outcomes) == ["written", "stale", "missing", "written"] and list(names(here)) == [ids[1]]


def test_creates_updates_and_deletes_in_one_push_keep_their_places(here: Site) -> None:
    ids = deals(here, 2)
    outcomes = here.push("案件管理", Remove(ids[0]), New("k", {"案件名": "n"}), Change(ids[1], {"案件名": "u"}))
    assert kinds(outcomes) == ["written"] * 3 and names(here) == {ids[1]: "u", "3": "n"}


# --- the process ----------------------------------------------------------------------------------------------


def test_a_status_is_only_read_unless_its_actions_are_named(here: Site) -> None:
    (id,) = deals(here, 1)
    column = next(c for c in here.adapter.describe("案件管理").columns if c.name == "ステータス")
    assert not column.writable and column.choices == ("商談中", "受注", "失注")
    assert here.pulled("案件管理", "ステータス")[0].values == {"ステータス": "商談中"}
    assert kinds(here.push("案件管理", Change(id, {"ステータス": "受注"}))) == ["invalid"]
    assert here.deals.records[1].status == "商談中"


def test_a_status_moves_by_its_action_together_with_the_fields() -> None:
    with site(actions={"受注": "受注する"}) as here:
        ids = deals(here, 4)
        here.push("案件管理", Change(ids[1], {"ステータス": "受注"}))
        outcomes = here.push(
            "案件管理",
            Change(ids[0], {"ステータス": "受注", "見積金額": 7}, if_version="1"),
            Change(ids[1], {"ステータス": "受注", "見積金額": 8}),  # it is there already: the action cannot be done
            Change(ids[2], {"ステータス": "失注"}),  # no action is named for it
            Change(ids[3], {"ステータス": "受注"}, if_version="9"),
        )
        assert kinds(outcomes) == ["written", "invalid", "invalid", "stale"]
        assert outcomes[0] == Written(ids[0], "4")
        first, second = (here.deals.records[int(id)] for id in ids[:2])
        assert (first.status, first.values["見積金額"], second.values["見積金額"]) == ("受注", "7", "")
        assert here.pulled("案件管理", "見積金額")[0].version == "4"
