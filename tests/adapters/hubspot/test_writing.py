"""HubSpot's batches: what is refused, what fails as a whole, what nobody answers for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from math import ceil, log2
from typing import Any

import pytest

from connector.adapters.contract import Change, New, Outcome, Refusal, Refused, Remove, Unknown, Write, Written
from connector.errors import Fatal, Transient
from tests.adapters.hubspot.world import TOKEN, HubSpotWorld, is_push
from tests.fakes.hubspot import Owner, Rates
from tests.fakes.serving import Fault

Make = Callable[..., HubSpotWorld]


def push(world: HubSpotWorld, *writes: Write, object: str | None = None) -> list[Outcome]:
    return world.adapter.push(object or world.object, writes)


def new(n: int | str, **values: Any) -> New:
    return New(f"k-{n}", {"lastname": f"山田{n}", **values})


def stored(world: HubSpotWorld, id: str) -> dict[str, str]:
    return world.portal.records[world.kind.name][int(id)].properties


def written(outcomes: list[Outcome]) -> list[bool]:
    return [isinstance(outcome, Written) for outcome in outcomes]


# --- values -------------------------------------------------------------------------------------------------------


def test_values_are_written_in_the_vendors_words_and_shown_as_they_stand(world: HubSpotWorld) -> None:
    values = {
        "size_number": 12, "met_on": date(2026, 4, 1), "met_at": datetime(2026, 4, 1, 9, 30, 15, 123456, tzinfo=UTC),
        "vip": False, "tags": ["製品A", "製品C"], "lifecyclestage": "lead", "email": "Taro@Aozora.example",
    }  # fmt: skip
    (outcome,) = push(world, new(1, **values))
    assert isinstance(outcome, Written) and outcome.shown is not None
    found = stored(world, outcome.id)
    assert found["size_number"] == "12" and found["met_on"] == "2026-04-01"
    assert found["met_at"] == "2026-04-01T09:30:15.123Z" and found["vip"] == "false"
    assert found["tags"] == "製品A;製品C" and found["email"] == "taro@aozora.example"
    assert outcome.shown.values["email"] == "taro@aozora.example", "as HubSpot keeps it"
    assert outcome.shown.values["tags"] == ["製品A", "製品C"]


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"size_number": "many"}, ("size_number",)),
        ({"met_on": "2026-13-01"}, ("met_on",)),
        ({"tags": ["製品Z"]}, ("tags",)),
        ({"tags": ["製品A;製品B"]}, ("tags",)),
        ({"email": "not an address"}, ("email",)),
        ({"hubspot_owner_id": "999"}, ("hubspot_owner_id",)),
        ({"hs_analytics_num_visits": 3}, ("hs_analytics_num_visits",)),
        ({"no_such": "x"}, ("no_such",)),
        ({"associations.companies": "not an id"}, ("associations.companies",)),
    ],
)
def test_a_value_that_does_not_fit_names_its_field_and_leaves_the_others_alone(
    world: HubSpotWorld, values: dict[str, Any], fields: tuple[str, ...]
) -> None:
    id, other = world.seed({"lastname": "a"}), world.seed({"lastname": "b"})
    bad, good = push(world, Change(id, {"jobtitle": "課長", **values}), Change(other, {"jobtitle": "課長"}))
    assert isinstance(bad, Refused) and bad.kind is Refusal.INVALID and bad.fields == fields
    assert isinstance(good, Written) and "jobtitle" not in stored(world, id)


def test_a_validation_rule_of_the_account_refuses_one_record(world: HubSpotWorld) -> None:
    world.portal.rules["contacts", "zip"] = lambda text: "" if len(text) == 8 else "郵便番号は 8 文字です"
    outcomes = push(world, new(1, zip="150-0001"), new(2, zip="1500001"))
    assert written(outcomes) == [True, False]
    assert outcomes[1] == Refused(Refusal.INVALID, "郵便番号は 8 文字です", ("zip",))


# --- creates ------------------------------------------------------------------------------------------------------


def test_a_key_that_is_taken_refuses_the_create_and_overwrites_nothing(world: HubSpotWorld) -> None:
    (first,) = push(world, new(1, jobtitle="部長"))
    assert isinstance(first, Written)
    world.edit_behind(first.id, {"jobtitle": "社長"})
    outcomes = push(world, new(1, jobtitle="部長"), new(2))
    assert written(outcomes) == [False, True]
    assert isinstance(outcomes[0], Refused) and outcomes[0].kind is Refusal.DUPLICATE
    assert outcomes[0].fields == ("connector_id",) and stored(world, first.id)["jobtitle"] == "社長"


@pytest.mark.parametrize("by", ["email", "hs_additional_emails"])
def test_an_address_that_is_taken_fails_the_batch_and_only_its_record_is_refused(make: Make, by: str) -> None:
    world = make(rates=Rates(10**6, 10**6))
    taken = world.seed({"lastname": "a", by: "p7@x.example"})
    if by == "hs_additional_emails":
        world.portal.unique.setdefault(("contacts", "email"), {})["p7@x.example"] = taken
    world.adapter.get("contacts", "id", ["1"], [])
    before = len(world.serving.log)
    outcomes = push(world, *(new(n, email=f"P{n}@x.example") for n in range(100)))
    assert [n for n, ok in enumerate(written(outcomes)) if not ok] == [7]
    refused = outcomes[7]
    assert isinstance(refused, Refused) and refused.kind is Refusal.DUPLICATE and taken in refused.message
    assert len(world.serving.log) - before == 3, "the batch, whose address it is, the batch without it"
    assert world.count() == 100


def test_a_batch_refused_without_a_word_is_halved_until_the_bad_record_is_alone(make: Make) -> None:
    world = make(rates=Rates(10**6, 10**6))
    taken = world.seed({"lastname": "a", "email": "p7@x.example"})
    world.vendor.portal.unique["contacts", "email"]["p7@x.example"] = "33451000"  # an id that nobody can read
    before = world.calls("push")
    outcomes = push(world, *(new(n, email=f"p{n}@x.example") for n in range(100)))
    assert [n for n, ok in enumerate(written(outcomes)) if not ok] == [7]
    assert world.calls("push") - before - 1 <= 2 * ceil(log2(100)) + 1
    assert world.count() == 100 and taken


def test_results_that_are_reordered_or_missing_are_told_apart_by_their_trace(world: HubSpotWorld) -> None:
    world.serving.faults.plan(Fault.REORDERED, when=is_push)
    outcomes = push(world, *(new(n) for n in range(5)))
    names = [stored(world, o.id)["lastname"] for o in outcomes if isinstance(o, Written)]
    assert names == [f"山田{n}" for n in range(5)]
    world.serving.faults.plan(Fault.MISSING, when=is_push)
    outcomes = push(world, *(new(n) for n in range(5, 8)))
    assert written(outcomes) == [True, True, False] and isinstance(outcomes[2], Unknown)
    ids = [world.seed({"lastname": str(n)}) for n in range(3)]
    world.serving.faults.plan(Fault.REORDERED, when=is_push)
    outcomes = push(world, *(Change(id, {"jobtitle": id}) for id in ids))
    assert [o.id for o in outcomes if isinstance(o, Written)] == ids


@pytest.mark.parametrize(
    "fault", [Fault.CUT_AFTER, Fault.CUT_BEFORE, Fault.ERROR_AFTER, Fault.TRUNCATED, Fault.HTML, Fault.HANG_AFTER]
)
def test_a_create_without_a_clear_answer_is_unknown_and_sent_once(make: Make, fault: Fault) -> None:
    world = make(settings={"timeout": 0.3})
    world.serving.faults.plan(fault, when=is_push)
    (outcome,) = push(world, new(1))
    assert isinstance(outcome, Unknown) and world.calls("push") == 1
    found = world.adapter.get("contacts", "key", ["k-1"], [])
    assert len(found) == world.count() == (0 if fault is Fault.CUT_BEFORE else 1)


def test_two_changes_of_one_record_are_sent_one_after_the_other(world: HubSpotWorld) -> None:
    id = world.seed({"lastname": "a"})
    outcomes = push(world, Change(id, {"jobtitle": "1"}), Change(id, {"jobtitle": "2"}))
    assert written(outcomes) == [True, True] and stored(world, id)["jobtitle"] == "2"


def test_a_contact_merged_away_is_missing_and_not_made_anew(world: HubSpotWorld) -> None:
    first, second = world.seed({"lastname": "a"}), world.seed({"lastname": "b"})
    world.portal.merge(world.kind, first, second)
    outcomes = push(world, Change(second, {"jobtitle": "x"}), Change(first, {"jobtitle": "y"}))
    assert isinstance(outcomes[0], Refused) and outcomes[0].kind is Refusal.MISSING and isinstance(outcomes[1], Written)


def test_a_property_that_is_gone_since_refuses_those_who_set_it_without_halving(world: HubSpotWorld) -> None:
    ids = [world.seed({"lastname": str(n)}) for n in range(8)]
    world.adapter.get("contacts", "id", ids, ["jobtitle", "vip"])
    del world.kind.properties["vip"]
    writes = [Change(id, {"vip": True} if n % 2 else {"jobtitle": "x"}) for n, id in enumerate(ids)]
    before = world.calls("push")
    assert written(push(world, *writes)) == [n % 2 == 0 for n in range(8)]
    assert world.calls("push") - before == 1


# --- deletes and rights -------------------------------------------------------------------------------------------


def test_a_delete_goes_to_the_recycle_bin(world: HubSpotWorld) -> None:
    one, gone = world.seed({"lastname": "a"}), world.seed({"lastname": "b"})
    world.delete_behind(gone)
    outcomes = push(world, Remove(one), Remove(gone), Remove("x"))
    assert written(outcomes) == [True, False, False]
    assert all(isinstance(o, Refused) and o.kind is Refusal.MISSING for o in outcomes[1:])
    assert world.portal.records["contacts"][int(one)].archived is not None


def test_a_read_only_system_is_never_called_to_write(make: Make) -> None:
    world = make(settings={"read_only": True})
    (outcome,) = push(world, new(1))
    assert isinstance(outcome, Refused) and outcome.kind is Refusal.DENIED and not world.calls("push")
    assert not world.adapter.can.delete


def test_a_right_that_is_missing_stops_the_system_with_nothing_done(world: HubSpotWorld) -> None:
    world.vendor.tokens[TOKEN] = frozenset({"crm.objects.contacts.read"})
    with pytest.raises(Fatal) as error:
        push(world, new(1))
    assert error.value.message == "adapter.missing_scope" and "contacts.write" in error.value.facts["answer"]
    assert world.count() == 0


# --- lifecycle stages ---------------------------------------------------------------------------------------------


def test_a_stage_goes_forward_and_a_step_back_is_left_out_but_shown(world: HubSpotWorld) -> None:
    id = world.seed({"lastname": "a", "lifecyclestage": "lead"})
    (outcome,) = push(world, Change(id, {"lifecyclestage": "customer"}, before={"lifecyclestage": "lead"}))
    assert isinstance(outcome, Written) and stored(world, id)["lifecyclestage"] == "customer"
    back = {"lifecyclestage": "lead", "jobtitle": "部長"}
    for before in ({"lifecyclestage": "customer", "jobtitle": None}, {}):
        (outcome,) = push(world, Change(id, back, before=before))
        assert isinstance(outcome, Written) and outcome.shown is not None
        assert dict(outcome.shown.values) == {"lifecyclestage": "customer", "jobtitle": "部長"}
    (outcome,) = push(world, Change(id, {"lifecyclestage": "lead"}))
    assert isinstance(outcome, Refused) and outcome.fields == ("lifecyclestage",)


def test_where_it_is_allowed_a_step_back_clears_the_stage_first(make: Make) -> None:
    world = make(settings={"objects": {"contacts": {"lifecycle_backwards": True}}})
    back, on = (world.seed({"lastname": x, "lifecyclestage": "customer"}) for x in "ab")
    before = world.calls("push")
    outcomes = push(
        world,
        Change(back, {"lifecyclestage": "lead", "jobtitle": "x"}, before={"lifecyclestage": "customer"}),
        Change(on, {"lifecyclestage": "evangelist"}, before={"lifecyclestage": "customer"}),
    )
    assert written(outcomes) == [True, True] and world.calls("push") - before == 2
    assert [stored(world, id)["lifecyclestage"] for id in (back, on)] == ["lead", "evangelist"]


def test_a_stage_that_was_cleared_and_then_refused_is_put_back(make: Make) -> None:
    world = make(settings={"objects": {"contacts": {"lifecycle_backwards": True}}})
    id = world.seed({"lastname": "a", "lifecyclestage": "customer"})
    (outcome,) = push(world, Change(id, {"lifecyclestage": "lead", "size_number": "many"}))
    assert isinstance(outcome, Refused) and outcome.fields == ("size_number",)
    assert stored(world, id)["lifecyclestage"] == "customer"
    world.serving.faults.plan(None, Fault.THROTTLED, Fault.THROTTLED, *([Fault.THROTTLED] * 8), when=is_push)
    (outcome,) = push(world, Change(id, {"lifecyclestage": "lead"}))
    assert isinstance(outcome, Unknown), "the stage is cleared: the engine must look"


# --- edits in between ---------------------------------------------------------------------------------------------


def test_an_edit_that_a_write_fell_upon_is_put_back_and_the_write_is_stale(world: HubSpotWorld) -> None:
    seen = {"lastname": "a", "jobtitle": "課長", "size_number": 3, "met_on": None}
    edited, calm = (world.seed({"lastname": "a", "jobtitle": "課長", "size_number": "3"}) for _ in "ab")
    world.edit_behind(edited, {"jobtitle": "社長", "met_on": "2026-05-01"})
    ours = {"jobtitle": "部長", "size_number": 4, "met_on": date(2026, 4, 1)}
    outcomes = push(world, Change(edited, ours, before=seen), Change(calm, ours, before=seen))
    assert written(outcomes) == [False, True]
    assert isinstance(outcomes[0], Refused) and outcomes[0].kind is Refusal.STALE
    assert set(outcomes[0].fields) == {"jobtitle", "met_on"} and "put back" in outcomes[0].message
    assert {n: stored(world, edited)[n] for n in ours} == {
        "jobtitle": "社長", "size_number": "4", "met_on": "2026-05-01",
    }  # fmt: skip
    assert stored(world, calm)["jobtitle"] == "部長"


def test_a_value_cleared_in_between_is_cleared_again_and_the_same_value_typed_in_between_is_none(
    world: HubSpotWorld,
) -> None:
    cleared, same = (world.seed({"lastname": "a", "jobtitle": "課長"}) for _ in "ab")
    world.edit_behind(cleared, {"jobtitle": ""})
    world.edit_behind(same, {"jobtitle": "部長"})
    writes = [Change(id, {"jobtitle": "部長"}, before={"jobtitle": "課長"}) for id in (cleared, same)]
    assert written(push(world, *writes)) == [False, True]
    assert "jobtitle" not in stored(world, cleared) and stored(world, same)["jobtitle"] == "部長"


def test_a_lifecycle_stage_is_put_back_even_when_it_lies_behind_ours(make: Make) -> None:
    world = make(settings={"objects": {"contacts": {"lifecycle_backwards": True}}})
    on, back = (world.seed({"lastname": "a", "lifecyclestage": x}) for x in ("lead", "customer"))
    world.edit_behind(on, {"lifecyclestage": "opportunity"})
    outcomes = push(
        world,
        Change(on, {"lifecyclestage": "customer"}, before={"lifecyclestage": "lead"}),
        Change(back, {"lifecyclestage": "lead"}, before={"lifecyclestage": "customer"}),
    )
    assert written(outcomes) == [False, True]
    assert [stored(world, id)["lifecyclestage"] for id in (on, back)] == ["opportunity", "lead"]


def test_a_look_back_that_fails_loses_no_outcome(make: Make) -> None:
    world = make(rates=Rates(10**6, 10**6))
    ids = [world.seed({"lastname": str(n)}) for n in range(60)]
    changes = [Change(id, {"jobtitle": "x"}, before={"jobtitle": None}) for id in ids]
    world.adapter.get("contacts", "id", ids[:1], [])
    world.serving.faults.plan(*[Fault.THROTTLED] * 6, when=lambda r: b"WithHistory" in r.body)
    before = len(world.serving.log)
    assert all(written(push(world, *changes)))
    assert len(world.serving.log) - before == 1 + 6 + 1
    calm = world.another(check_history=False)
    before = len(world.serving.log)
    assert all(isinstance(o, Written) for o in calm.push("contacts", changes)) and not calm.can.history
    assert len(world.serving.log) - before == 2, "the properties, and the batch"


# --- associations -------------------------------------------------------------------------------------------------


def test_an_association_is_put_and_taken_with_the_record(world: HubSpotWorld) -> None:
    portal = world.portal
    first, second = (portal.create(portal.kinds["companies"], {"name": x}).id for x in "ab")
    (outcome,) = push(world, new(1, **{"associations.companies": first}))
    assert isinstance(outcome, Written)
    assert portal.linked("contacts", outcome.id, "companies") == {first: {279, 1}}
    assert written(push(world, Change(outcome.id, {"associations.companies": second, "jobtitle": "x"}))) == [True]
    assert portal.linked("contacts", outcome.id, "companies") == {first: {279}, second: {279, 1}}, "the old one stays"
    (shown,) = world.adapter.get("contacts", "id", [outcome.id], ["associations.companies", "jobtitle"])
    assert dict(shown.values) == {"associations.companies": second, "jobtitle": "x"}
    (kept,) = push(world, Change(outcome.id, {"associations.companies": None}))
    assert isinstance(kept, Refused) and kept.kind is Refusal.INVALID, "two are there: a person decides"
    portal.unlink("contacts", outcome.id, "companies", first)
    assert written(push(world, Change(outcome.id, {"associations.companies": None}))) == [True]
    assert portal.linked("contacts", outcome.id, "companies") == {}


def test_an_association_whose_answer_is_lost_is_sent_again_and_is_there_once(world: HubSpotWorld) -> None:
    portal, one = world.portal, world.seed({"lastname": "a"})
    company = portal.create(portal.kinds["companies"], {"name": "x"}).id
    change = Change(one, {"associations.companies": company, "jobtitle": "x"})
    for fault in (Fault.ERROR_AFTER, Fault.TRUNCATED, Fault.CUT_BEFORE):
        portal.unlink("contacts", one, "companies", company)
        world.serving.faults.plan(fault, when=lambda r: r.path.endswith("companies/batch/create"))
        assert written(push(world, change)) == [True]
        assert portal.linked("contacts", one, "companies") == {company: {279, 1}}


def test_one_association_without_a_primary_is_exchanged_and_several_are_left_alone(world: HubSpotWorld) -> None:
    portal, kinds = world.portal, world.portal.kinds
    people = [world.seed({"lastname": x}) for x in "abc"]
    deals = [portal.create(kinds["deals"], {"dealname": x, "dealstage": "closedwon"}).id for x in "xy"]
    portal.link("deals", deals[0], "contacts", people[0], [])
    for person in people[:2]:
        portal.link("deals", deals[1], "contacts", person, [])
    outcomes = push(world, *(Change(d, {"associations.contacts": people[2]}) for d in deals), object="deals")
    assert written(outcomes) == [True, False]
    assert set(portal.linked("deals", deals[0], "contacts")) == {people[2]}
    assert set(portal.linked("deals", deals[1], "contacts")) == set(people[:2])


def test_an_association_with_a_record_that_is_gone_refuses_only_its_own(world: HubSpotWorld) -> None:
    portal = world.portal
    company, gone = (portal.create(portal.kinds["companies"], {"name": x}).id for x in "ab")
    portal.archive(portal.kinds["companies"], gone)
    one, other = world.seed({"lastname": "a"}), world.seed({"lastname": "b"})
    outcomes = push(
        world,
        Change(one, {"associations.companies": gone, "jobtitle": "x"}),
        Change(other, {"associations.companies": company, "jobtitle": "x"}),
    )
    assert written(outcomes) == [False, True]
    assert isinstance(outcomes[0], Refused) and outcomes[0].fields == ("associations.companies",)
    assert "jobtitle" not in stored(world, one) and stored(world, other)["jobtitle"] == "x"


def test_associations_of_custom_objects_are_numbered_by_the_account(make: Make) -> None:
    world = make(object="seminars", text="title", other="note")
    person = world.portal.create(world.portal.kinds["contacts"], {"lastname": "a"}).id
    (outcome,) = push(world, New("k-1", {"title": "展示会", "associations.contacts": person}))
    assert isinstance(outcome, Written)
    assert set(world.portal.linked("seminars", outcome.id, "contacts")) == {person}


# --- opt-outs -----------------------------------------------------------------------------------------------------


def test_an_opt_out_is_sent_to_the_subscription_preferences_first(world: HubSpotWorld) -> None:
    id = world.seed({"lastname": "a", "email": "a@x.example"})
    outcomes = push(
        world, Change(id, {"hs_email_optout": True, "jobtitle": "x"}), new(2, hs_email_optout=True, email="B@x.example")
    )
    assert written(outcomes) == [True, True] and world.portal.opted_out == {"a@x.example", "b@x.example"}
    assert stored(world, id)["jobtitle"] == "x"
    records, flag = world.portal.records["contacts"].values(), "hs_email_optout"
    assert [record.properties[flag] for record in records] == ["true", "true"]
    paths = [r.path for r in world.serving.log if r.path.endswith(("unsubscribe-all", "batch/create"))]
    assert [path.rsplit("/", 1)[1] for path in paths[-2:]] == ["unsubscribe-all", "create"]


def test_an_opt_out_arrives_without_the_scope_for_batches(world: HubSpotWorld) -> None:
    """Which HubSpot gives to Marketing Hub Enterprise only."""
    ids = [world.seed({"lastname": c, "email": f"{c}+x@x.example"}) for c in "abc"]
    crm = {"crm.objects.contacts.read", "crm.objects.contacts.write", "crm.objects.companies.read"}
    world.vendor.tokens[TOKEN] = frozenset({*crm, "communication_preferences.write"})
    outcomes = push(world, *(Change(id, {"hs_email_optout": True, "jobtitle": "x"}) for id in ids))
    assert written(outcomes) == [True] * 3
    assert world.portal.opted_out == {"a+x@x.example", "b+x@x.example", "c+x@x.example"}
    world.vendor.tokens[TOKEN] = frozenset(crm)
    with pytest.raises(Fatal) as stopped:
        push(world, new(4, hs_email_optout=True, email="d@x.example"))
    assert stopped.value.message == "adapter.missing_scope" and world.count() == 3


def test_an_opt_out_that_cannot_be_kept_makes_no_contact(world: HubSpotWorld) -> None:
    nobody = world.seed({"lastname": "a"})
    with world.serving.faults.during(Fault.CUT_AFTER, lambda r: "unsubscribe" in r.path), pytest.raises(Transient):
        push(world, new(1, hs_email_optout=True, email="a@x.example"))
    assert world.count() == 1
    world.serving.faults.plan(Fault.CUT_AFTER, when=lambda r: "unsubscribe" in r.path)
    assert written(push(world, new(1, hs_email_optout=True, email="a@x.example"))) == [True], "once more does no harm"
    (outcome,) = push(world, Change(nobody, {"hs_email_optout": True}))
    assert isinstance(outcome, Refused) and outcome.fields == ("hs_email_optout",)
    (outcome,) = push(world, Change(nobody, {"hs_email_optout": False}, before={"hs_email_optout": True}))
    assert isinstance(outcome, Refused) and outcome.kind is Refusal.DENIED


# --- tasks --------------------------------------------------------------------------------------------------------


def test_a_task_for_the_owner_about_a_person_and_a_deal(world: HubSpotWorld) -> None:
    portal, person = world.portal, world.seed({"lastname": "a"})
    portal.owners["7"] = Owner("7", "okabe@x.example")
    deal = portal.create(portal.kinds["deals"], {"dealname": "x", "dealstage": "contractsent"}).id
    values = {
        "subject": "Web再訪問: 料金ページ", "body": "商談が止まっています", "due": date(2026, 4, 2), "owner": "7",
        "person": person, "deal": deal,
    }  # fmt: skip
    (outcome, refused) = push(world, New("t-1", values), Change("1", {"subject": "x"}), object="task")
    assert isinstance(outcome, Written) and isinstance(refused, Refused)
    task = portal.records["tasks"][int(outcome.id)].properties
    assert task["hs_task_subject"] == "Web再訪問: 料金ページ" and task["hubspot_owner_id"] == "7"
    assert task["hs_timestamp"] == "2026-04-02T00:00:00Z" and task["hs_task_status"] == "NOT_STARTED"
    assert set(portal.linked("tasks", outcome.id, "contacts")) == {person}
    assert set(portal.linked("tasks", outcome.id, "deals")) == {deal}
    (bad,) = push(world, New("t-2", {"subject": "x"}), object="task")
    assert isinstance(bad, Refused) and bad.kind is Refusal.INVALID


# --- limits -------------------------------------------------------------------------------------------------------


def test_a_burst_limit_is_waited_out_and_nothing_is_lost(make: Make) -> None:
    world = make(rates=Rates(burst=8))
    ids = [world.seed({"lastname": str(n)}) for n in range(950)]
    assert {r.id for page in world.adapter.pull("contacts", [], None) for r in page.records} == set(ids)
    assert sum(world.slept) >= 9
    outcomes = [o for n in range(20) for o in push(world, new(n))]
    assert all(written(outcomes)) and world.count() == 970


def test_the_daily_limit_ends_the_call_at_once(make: Make) -> None:
    world = make(rates=Rates(daily=3))
    world.adapter.check()
    world.adapter.check()
    world.vendor.used_today = 3
    with pytest.raises(Transient) as error:
        world.another(daily_share=100).check()
    assert error.value.message == "adapter.daily_limit" and not world.slept


def test_the_share_of_the_day_is_left_to_the_others(make: Make) -> None:
    world = make(rates=Rates(daily=1_000), settings={"daily_share": 50})
    world.vendor.used_today = 480
    world.adapter.check()
    with pytest.raises(Transient) as error:
        for _ in range(100):
            world.adapter.check()
    assert error.value.message == "adapter.budget" and world.vendor.used_today == 500


def test_a_run_stops_at_its_own_number_of_calls(make: Make) -> None:
    world = make(settings={"calls_per_run": 3})
    with pytest.raises(Transient) as error:
        for _ in range(5):
            world.adapter.check()
    assert error.value.message == "adapter.budget" and len(world.serving.log) == 3
