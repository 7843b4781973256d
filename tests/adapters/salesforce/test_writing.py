"""Salesforce, writing: what a rule refuses, what a lock delays, what never happens twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connector.adapters.contract import Change, New, Outcome, Refusal, Refused, Remove, Unknown, Write, Written
from connector.errors import Fatal, Transient
from tests.adapters.salesforce.world import KEY, SalesforceWorld, is_push
from tests.fakes.salesforce.org import ADMIN, GONE_USER, DuplicateRule, Validation
from tests.fakes.serving import Fault, Faults

Make = Callable[..., SalesforceWorld]
PERSON = {"LastName": "髙橋", "Email": "t@example.co.jp"}
LEAD = {**PERSON, "Company": "株式会社髙島"}
TOKYO = ZoneInfo("Asia/Tokyo")
QUEUE = "00G5g000000Queu" + "AAA"
RULE = "01Q5g000000Rule" + "AAA"
BULK = {"bulk_write_from": 1, "write_batch": 500}
QUICK = tuple(fault for fault in Fault if fault not in (Fault.HANG_BEFORE, Fault.HANG_AFTER, Fault.DENIED))
WAYS: tuple[dict[str, Any], ...] = ({"write_batch": 200}, BULK)


def push(world: SalesforceWorld, object: str, *writes: Write) -> list[Outcome]:
    return world.adapter.push(object, writes)


def kinds(outcomes: list[Outcome]) -> list[Any]:
    return [o.kind if isinstance(o, Refused) else type(o) for o in outcomes]


# --- creates --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_a_create_never_overwrites_the_record_that_has_its_key(make: Make, way: dict[str, Any]) -> None:
    world = make(**way)
    there = world.org.put("Contact", {**PERSON, KEY: "k-1", "Title": "部長"}).id
    (outcome,) = push(world, "Contact", New("k-1", {"LastName": "高橋", "Title": "課長"}))
    assert isinstance(outcome, Refused) and outcome.kind is Refusal.DUPLICATE
    assert there in outcome.message
    assert world.org.rows["Contact"][there].values["Title"] == "部長"


@pytest.mark.parametrize(("rules", "owner"), [(False, "005"), (True, "00G"), (RULE, "00G")])
@pytest.mark.parametrize("way", WAYS)
def test_assignment_rules_run_only_when_asked(make: Make, way: dict[str, Any], rules: bool | str, owner: str) -> None:
    world = make(**way, assignment_rules=rules)
    world.org.lead_queue = QUEUE
    (outcome,) = push(world, "Lead", New("k", LEAD))
    assert isinstance(outcome, Written)
    assert world.org.rows["Lead"][outcome.id].values["OwnerId"].startswith(owner)


@pytest.mark.parametrize("blocks", [False, True])
def test_duplicate_rules_refuse_unless_allowed_and_blocking_ones_always(make: Make, blocks: bool) -> None:
    world = make()
    world.org.duplicate_rules.append(DuplicateRule("Contact", ("Email",), blocks))
    world.org.put("Contact", PERSON)
    assert kinds(push(world, "Contact", New("k-1", PERSON), New("k-2", {"LastName": "別人"}))) == [
        Refusal.DUPLICATE,
        Written,
    ]
    world.adapter = world.made(allow_duplicates=True)
    assert kinds(push(world, "Contact", New("k-3", PERSON))) == [Refusal.DUPLICATE if blocks else Written]


def test_a_key_field_that_is_missing_or_not_unique_stops_creates_before_the_first(make: Make) -> None:
    world = make()
    del world.org.tables["Contact"].fields[KEY]
    with pytest.raises(Fatal, match="no_key_field"):
        push(world, "Contact", New("k", PERSON))
    world.org.tables["Contact"].add(f"{KEY} string 64 NCUXIF")
    world.adapter.describe("Contact")
    with pytest.raises(Fatal, match="key_not_unique"):
        push(world, "Contact", New("k", PERSON))
    assert world.calls("push") == 0
    assert world.adapter.describe("Contact").unkeyed == world.adapter.describe("User").unkeyed == KEY
    assert world.adapter.describe("Lead").unkeyed is None
    id = world.org.put("Contact", PERSON).id
    assert kinds(push(world, "Contact", Change(id, {"Title": "x"}))) == [Written]


def test_a_task_is_a_new_record_of_object_task(make: Make) -> None:
    world = make()
    contact = world.org.put("Contact", PERSON).id
    deal = world.org.put("Opportunity", {"Name": "商談"}).id
    account = world.org.put("Account", {"Name": "青空"}).id
    values = {
        "subject": "料金ページを見ています", "body": "3 回", "due": datetime(2026, 4, 2, 0, 30, tzinfo=TOKYO),
        "owner": ADMIN, "person": contact, "company": account, "deal": deal, "Priority": "High",
    }  # fmt: skip
    (outcome,) = push(world, "task", New("alert-1", values))
    assert isinstance(outcome, Written)
    row = world.org.rows["Task"][outcome.id].values
    assert (row["Subject"], row["WhoId"], row["WhatId"], row["OwnerId"], row["Priority"]) == (
        values["subject"], contact, deal, ADMIN, "High",
    )  # fmt: skip
    assert str(row["ActivityDate"]) == "2026-04-02" and row["Status"] == "Not Started"
    (outcome,) = push(world, "task", New("alert-2", {**values, "deal": None}))
    assert isinstance(outcome, Written) and world.org.rows["Task"][outcome.id].values["WhatId"] == account


# --- refusals -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_each_refusal_has_its_kind_its_words_and_its_fields(make: Make, way: dict[str, Any]) -> None:
    world = make(**way)
    world.org.validations.append(
        Validation("Contact", lambda v: v.get("Title") == "社長", "役職の変更は申請が必要です", ("Title",))
    )
    ids = [world.org.put("Contact", PERSON).id for _ in range(9)]
    deleted = world.org.put("Contact", PERSON).id
    world.org.delete("Contact", deleted)
    account = world.org.put("Account", {"Name": "閉じた会社"}).id
    world.org.delete("Account", account)
    cases: list[tuple[Write, Refusal | type, tuple[str, ...]]] = [
        (Change(ids[0], {"Title": "社長"}), Refusal.INVALID, ("Title",)),
        (Change(ids[1], {"Email": "not an address"}), Refusal.INVALID, ("Email",)),
        (Change(ids[2], {"LastName": "あ" * 81}), Refusal.INVALID, ("LastName",)),
        (Change(ids[3], {"LastName": None}), Refusal.INVALID, ("LastName",)),
        (Change(ids[4], {"OwnerId": GONE_USER}), Refusal.INVALID, ("OwnerId",)),
        (Change(ids[5], {"AccountId": account}), Refusal.INVALID, ("AccountId",)),
        (Change(ids[6], {"AccountId": ids[0]}), Refusal.INVALID, ("AccountId",)),
        (Change(ids[7], {"Name": "x"}), Refusal.INVALID, ("Name",)),
        (Change(deleted, {"Title": "x"}), Refusal.MISSING, ()),
        (Change("0035g999999999", {"Title": "x"}), Refusal.MISSING, ("Id",)),
        (Change(ids[8], {"Title": "課長", "Birthdate": "1990-05-05"}), Written, ()),
        (New("k-1", {"FirstName": "名だけ"}), Refusal.INVALID, ("LastName",)),
    ]
    outcomes = push(world, "Contact", *(write for write, _, _ in cases))
    assert kinds(outcomes) == [kind for _, kind, _ in cases]
    assert [o.fields for o in outcomes if isinstance(o, Refused)] == [f for _, k, f in cases if k is not Written]
    assert "役職の変更は申請が必要です" in str(outcomes[0])


def test_a_lead_converted_since_it_was_read_is_stale(make: Make) -> None:
    world = make()
    lead = world.org.put("Lead", LEAD).id
    world.org.convert(lead)
    assert kinds(push(world, "Lead", Change(lead, {"Title": "x"}))) == [Refusal.STALE]


def test_a_field_that_only_a_new_record_may_have_is_refused_in_a_change(make: Make) -> None:
    world = make()
    account = world.org.put("Account", {"Name": "a"}).id
    contact = world.org.put("Contact", PERSON).id
    deal = {"Name": "商談", "StageName": "Prospecting", "CloseDate": "2026-06-30", "ContactId": contact}
    made, changed = push(
        world, "Opportunity", New("k", {**deal, "AccountId": account, "Amount": Decimal("1200000.50")}), Change("x", {})
    )
    assert isinstance(made, Written) and isinstance(changed, Refused)
    assert world.org.rows["Opportunity"][made.id].values["Amount"] == 1200000.5
    assert kinds(push(world, "Opportunity", Change(made.id, {"ContactId": contact}))) == [Refusal.INVALID]


def test_values_that_would_spoil_the_whole_batch_never_leave_us(make: Make) -> None:
    world = make()
    id = world.seed({"Text__c": "a"})
    bad: list[dict[str, Any]] = [
        {"Text__c": "a\x00b"}, {"Text__c": "\ud83d"}, {"Text__c": True}, {"Amount__c": "abc"},
        {"Amount__c": float("inf")}, {"Amount__c": 10**18}, {"Day__c": "昨日"}, {"Moment__c": datetime(2026, 4, 1)},
        {"Active__c": "perhaps"}, {"Active__c": None}, {"Tags__c": ["a;b"]}, {"Tags__c": 5},
    ]  # fmt: skip
    outcomes = push(world, "Member__c", *(Change(id, values) for values in bad), Change(id, {"Text__c": "good"}))
    assert kinds(outcomes) == [Refusal.INVALID] * len(bad) + [Written]
    assert [set(o.fields) for o in outcomes if isinstance(o, Refused)] == [set(values) for values in bad]


def test_a_batch_refused_as_a_whole_is_halved_until_the_bad_record_stands_alone(make: Make) -> None:
    world = make(write_batch=200)
    ids = [world.seed({"Text__c": "a"}) for _ in range(64)]
    world.adapter.describe("Member__c")
    # the org now wants a date where there was text: only one record's text is none
    world.org.tables["Member__c"].add("Text__c date 0 NCUF")
    outcomes = push(
        world, "Member__c", *(Change(id, {"Text__c": "x" if n == 37 else "2026-04-01"}) for n, id in enumerate(ids))
    )
    assert [n for n, o in enumerate(outcomes) if not isinstance(o, Written)] == [37]
    assert world.calls("push") <= 2 * 6 + 1


# --- locks, losses and strange answers ------------------------------------------------------------------------


def test_a_locked_record_is_tried_again_alone_and_in_the_end_left_to_the_next_run(make: Make) -> None:
    world = make(write_batch=200)
    ids = [world.seed({"Text__c": "a"}) for _ in range(5)]
    world.org.locked |= {ids[1]: 2, ids[3]: 99}
    outcomes = push(world, "Member__c", *(Change(id, {"Text__c": "b"}) for id in ids))
    assert kinds(outcomes) == [Written, Written, Written, Refusal.STALE, Written]
    assert world.calls("push") == 4 and 0 < sum(world.slept) < 30
    sent = [len(r.json()["records"]) for r in world.serving.log if is_push(r)]
    assert sent == [5, 2, 2, 1]


@pytest.mark.parametrize("fault", [Fault.REORDERED, Fault.MISSING])
def test_results_that_do_not_fit_the_writes_are_unknown_and_never_another_records(make: Make, fault: Fault) -> None:
    world = make(write_batch=200)
    ids = [world.seed({"Text__c": "a"}) for _ in range(4)]
    world.serving.faults.plan(fault, when=is_push)
    outcomes = push(world, "Member__c", *(Change(id, {"Text__c": "b"}) for id in ids))
    assert {type(o) for o in outcomes} == {Unknown}


@pytest.mark.parametrize("fault", [Fault.CUT_AFTER, Fault.ERROR_AFTER, Fault.TRUNCATED, Fault.HTML, Fault.UNAVAILABLE])
def test_a_create_without_a_clear_answer_is_unknown_and_sent_once(make: Make, fault: Fault) -> None:
    world = make()
    world.serving.faults.plan(fault, when=is_push)
    outcomes = push(world, "Member__c", New("k-1", {"Text__c": "a"}))
    assert kinds(outcomes) == [Unknown]
    assert world.calls("push") == 1 and world.count() == (0 if fault is Fault.UNAVAILABLE else 1)


def test_a_token_that_runs_out_before_a_write_keeps_the_headers(make: Make) -> None:
    world = make()
    world.org.lead_queue = QUEUE
    world.adapter.describe("Lead")
    world.serving.faults.plan(Fault.EXPIRED, when=is_push)
    (outcome,) = push(world, "Lead", New("k", LEAD))
    assert isinstance(outcome, Written)
    assert not world.org.rows["Lead"][outcome.id].values["OwnerId"].startswith("00G")
    assert len(list(world.org.living("Lead"))) == 1 and world.vendor.door.given == 2


def test_a_version_cannot_be_asked_for(make: Make) -> None:
    world = make()
    id = world.seed({"Text__c": "a"})
    assert (
        kinds(push(world, "Member__c", Change(id, {}, if_version="1"), Remove(id, if_version="1")))
        == [Refusal.DENIED] * 2
    )


def test_a_read_only_org_is_not_written(make: Make) -> None:
    world = make(read_only=True)
    id = world.seed({"Text__c": "a"})
    outcomes = push(world, "Member__c", Change(id, {"Text__c": "b"}), New("k", {}), Remove(id))
    assert kinds(outcomes) == [Refusal.DENIED] * 3 and world.serving.log == []


# --- bulk -----------------------------------------------------------------------------------------------------


def test_a_bulk_job_clears_keeps_and_never_empties_by_a_text(make: Make) -> None:
    world = make(**BULK)
    ids = [world.org.put("Member__c", {"Text__c": "a", "Note__c": "b", "Amount__c": 1.0}).id for _ in range(4)]
    text = '一行目\r\n"引用", #N/A'
    outcomes = push(
        world,
        "Member__c",
        Change(ids[0], {"Note__c": None}),
        Change(ids[1], {"Text__c": text, "Amount__c": Decimal("2.50")}),
        Change(ids[2], {"Text__c": "#N/A"}),
        Change(ids[3], {"Tags__c": ["黄", "赤"], "Active__c": True, "Day__c": "2026-04-01"}),
    )
    assert kinds(outcomes) == [Written] * 4
    rows = [world.org.rows["Member__c"][id].values for id in ids]
    assert (rows[0]["Text__c"], rows[0]["Note__c"]) == ("a", None)
    assert (rows[1]["Text__c"], rows[1]["Note__c"], rows[1]["Amount__c"]) == (text, "b", 2.5)
    assert rows[2]["Text__c"] == "#N/A"  # by a collection
    assert (rows[3]["Tags__c"], rows[3]["Active__c"], str(rows[3]["Day__c"])) == ("赤;黄", True, "2026-04-01")
    assert world.serving.count(lambda r: r.method == "PUT") == 1
    assert world.serving.count(lambda r: r.path.endswith("/composite/sobjects")) == 1


def test_bulk_creates_find_their_results_by_key_whatever_the_order(make: Make) -> None:
    world = make(**BULK)
    taken = world.org.put("Member__c", {KEY: "k-7"}).id
    outcomes = push(world, "Member__c", *(New(f"k-{n}", {"Text__c": f"t{n}"}) for n in range(20)))
    for n, outcome in enumerate(outcomes):
        if n == 7:
            assert isinstance(outcome, Refused) and outcome.kind is Refusal.DUPLICATE and taken in outcome.message
        else:
            assert isinstance(outcome, Written)
            assert world.org.rows["Member__c"][outcome.id].values["Text__c"] == f"t{n}"


def test_records_that_a_job_never_came_to_are_left_to_the_next_run(make: Make) -> None:
    world = make(**BULK)
    ids = [world.seed({"Text__c": "a"}) for _ in range(6)]
    world.vendor.bulk.dies = 4
    outcomes = push(world, "Member__c", *(Change(id, {"Text__c": "b"}) for id in ids))
    assert kinds(outcomes) == [Written] * 4 + [Refusal.STALE] * 2


def test_an_upload_that_is_lost_has_done_nothing_and_a_closing_that_is_lost_is_looked_up(make: Make) -> None:
    world = make(**BULK)
    id = world.seed({"Text__c": "a"})
    world.serving.faults.plan(Fault.CUT_AFTER, when=lambda r: r.method == "PUT")
    with pytest.raises(Transient):
        push(world, "Member__c", Change(id, {"Text__c": "b"}))
    assert world.org.rows["Member__c"][id].values["Text__c"] == "a"
    world.serving.faults.plan(Fault.CUT_AFTER, when=lambda r: r.method == "PATCH")
    assert kinds(push(world, "Member__c", Change(id, {"Text__c": "c"}))) == [Written]


def test_a_job_that_is_given_up_leaves_its_writes_unknown(make: Make) -> None:
    world = make(**BULK, bulk_wait=60)
    id = world.seed({"Text__c": "a"})
    world.vendor.bulk.slow = 10**6
    assert kinds(push(world, "Member__c", Change(id, {"Text__c": "b"}), New("k", {}))) == [Unknown, Unknown]


def test_bulk_deletes(make: Make) -> None:
    world = make(**BULK)
    ids = [world.seed({"Text__c": "a"}) for _ in range(3)]
    world.org.delete("Member__c", ids[1])
    assert kinds(push(world, "Member__c", *(Remove(id) for id in ids))) == [Written, Refusal.MISSING, Written]


# --- in bad weather -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(1, 7))
@pytest.mark.parametrize("way", WAYS)
def test_whatever_goes_wrong_on_the_way_each_record_is_made_once_and_ends_the_same(
    make: Make, way: dict[str, Any], seed: int
) -> None:
    world = make(**{**way, "write_batch": 5}, faults=Faults(seed=seed, rate=0.15, kinds=QUICK), org_page=50)
    wanted = {f"k-{n}": f"名 {n}" for n in range(100)}
    left = [New(key, {"Text__c": text}) for key, text in wanted.items()]
    for _ in range(20):
        outcomes = patient(push, world, "Member__c", *left)
        assert not [o for o in outcomes if isinstance(o, Refused) and o.kind is not Refusal.STALE]
        left = [write for write, outcome in zip(left, outcomes, strict=True) if not isinstance(outcome, Written)]
        world.advance(world.adapter.can.visibility_lag)
        there = {n.key for n in patient(world.adapter.get, "Member__c", "key", [write.key for write in left], [])}
        left = [write for write in left if write.key not in there]
        if not left:
            break
    world.serving.faults.rate = 0
    rows = list(world.org.living("Member__c"))
    assert {row.values[KEY]: row.values["Text__c"] for row in rows} == wanted and len(rows) == 100
    assert world.serving.faults.happened


def patient(act: Callable[..., Any], *given: Any) -> Any:
    for _ in range(50):
        try:
            return act(*given)
        except Transient:
            continue
    raise AssertionError("it never came through")
