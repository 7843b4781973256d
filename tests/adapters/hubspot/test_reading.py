"""What HubSpot's lists, its lagging search and its recycle bin do, and what the adapter makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.adapters.contract import ColumnKind, Deleted, Gone, Merged, Native
from connector.errors import Fatal, Transient
from tests.adapters.hubspot.world import KEY, TOKEN, HubSpotWorld
from tests.fakes.hubspot import Owner, Property, Rates
from tests.fakes.serving import Fault

Make = Callable[..., HubSpotWorld]
FAST = Rates(10**6, 10**6, 10**9)


def drain(world: HubSpotWorld, since: str | None = None, fields: Any = None) -> tuple[list[Native], list[Gone], str]:
    pages = list(world.adapter.pull(world.object, [world.names.text] if fields is None else fields, since))
    assert pages[-1].cursor is not None
    records = [record for page in pages for record in page.records]
    return records, [gone for page in pages for gone in page.gone], pages[-1].cursor


def ids(records: list[Native]) -> set[str]:
    return {record.id for record in records}


# --- the search index ---------------------------------------------------------------------------------------------


def test_what_the_index_shows_late_comes_with_a_later_pull(make: Make) -> None:
    world = make(index_lag=30.0)
    old = world.seed({"lastname": "前"})
    world.advance(timedelta(hours=2))
    cursor = drain(world)[2]
    late = world.seed({"lastname": "遅い"})
    world.edit_behind(old, {"lastname": "後"})
    found, _, cursor = drain(world, cursor)
    assert not ids(found), "the index does not know yet"
    world.advance(timedelta(seconds=31))
    found, _, cursor = drain(world, cursor)
    assert {(one.id, one.values["lastname"]) for one in found} == {(late, "遅い"), (old, "後")}


def test_an_index_that_stands_still_for_an_hour_loses_nothing(make: Make) -> None:
    world = make(index_lag=3500.0)
    first = world.seed({"lastname": "a"})
    world.advance(timedelta(hours=2))
    cursor = drain(world)[2]
    world.edit_behind(first, {"lastname": "b"})
    for _ in range(11):
        world.advance(timedelta(minutes=5))
        _, _, cursor = drain(world, cursor)
    world.advance(timedelta(minutes=5))
    assert first in ids(drain(world, cursor)[0])


def test_the_record_found_is_the_one_that_stands_now_whatever_the_index_thought(make: Make) -> None:
    world = make(index_lag=60.0)
    one, other = world.seed({"lastname": "a"}), world.seed({"lastname": "b"})
    world.advance(timedelta(hours=2))
    cursor = drain(world)[2]
    world.edit_behind(one, {"lastname": "first"})
    world.advance(timedelta(seconds=61))
    world.edit_behind(one, {"lastname": "second"})  # not in the index, but in the answer
    world.edit_behind(other, {"lastname": "unseen"})
    found, _, cursor = drain(world, cursor)
    assert [(r.id, r.values["lastname"]) for r in found] == [(one, "second")]
    world.advance(timedelta(seconds=61))
    assert ids(drain(world, cursor)[0]) == {one, other}


def test_totals_that_lie_change_nothing(make: Make) -> None:
    world = make(rates=FAST)
    cursor = drain(world)[2]
    world.portal.lying_totals = True
    seeded = {world.seed({"lastname": str(n)}) for n in range(405)}
    assert ids(drain(world, cursor)[0]) == seeded


def test_more_changes_than_the_wall_are_read_in_one_pull(make: Make) -> None:
    world = make(rates=FAST)
    cursor = drain(world)[2]
    seeded = {world.seed({"lastname": str(n)}) for n in range(10_250)}
    before = world.calls("pull")
    assert ids(drain(world, cursor)[0]) == seeded
    assert world.calls("pull") - before <= 10_250 / 200 + 2


def test_records_edited_between_the_pages_of_a_search_are_not_missed_and_push_none_out(make: Make) -> None:
    world = make(rates=FAST)
    cursor = drain(world)[2]
    seeded = [world.seed({"lastname": str(n)}) for n in range(450)]
    pages = world.adapter.pull(world.object, ["lastname"], cursor)
    found = [record.id for record in next(pages).records]
    for id in seeded[:200:2]:
        world.edit_behind(id, {"lastname": "moved to the end of the index"})
    found += [record.id for page in pages for record in page.records]
    assert set(found) == set(seeded) and len(found) == len(seeded)


def test_searches_keep_to_the_rate_of_the_account(make: Make) -> None:
    world = make()
    cursor = drain(world)[2]
    for n in range(1_500):
        world.seed({"lastname": str(n)})
    assert len(drain(world, cursor)[0]) == 1_500
    assert not world.serving.faults.happened
    assert 1.2 <= sum(world.slept) <= 2.5, "eight searches, five in a second"


def test_reordered_search_results_are_never_read_past(world: HubSpotWorld) -> None:
    cursor = drain(world)[2]
    for n in range(3):
        world.seed({"lastname": str(n)})
    world.serving.faults.plan(Fault.REORDERED, when=lambda r: r.path.endswith("search"))
    with pytest.raises(Transient):
        drain(world, cursor)
    assert len(drain(world, cursor)[0]) == 3


def test_a_search_page_with_a_result_missing_is_made_up_for_by_the_next(make: Make) -> None:
    world = make(rates=FAST)
    cursor = drain(world)[2]
    seeded = {world.seed({"lastname": str(n)}) for n in range(250)}
    world.serving.faults.plan(Fault.MISSING, when=lambda r: r.path.endswith("search"))
    assert ids(drain(world, cursor)[0]) == seeded


# --- full loads ---------------------------------------------------------------------------------------------------


def test_a_token_that_ends_between_two_pages_is_renewed_and_nothing_is_lost(make: Make) -> None:
    world = make(oauth=True)
    seeded = {world.seed({"lastname": str(n)}) for n in range(250)}
    pages = world.adapter.pull(world.object, ["lastname"], None)
    found = ids(list(next(pages).records))
    world.vendor.expire()
    found |= {record.id for page in pages for record in page.records}
    assert found == seeded and world.vendor.refreshed == 2


def test_a_list_cut_in_mid_page_is_asked_for_again(world: HubSpotWorld) -> None:
    seeded = {world.seed({"lastname": str(n)}) for n in range(150)}
    for fault in (Fault.TRUNCATED, Fault.HTML, Fault.CUT_AFTER, Fault.UNAVAILABLE):
        world.serving.faults.plan(fault, when=lambda r: "/objects/" in r.path)
        assert ids(drain(world)[0]) == seeded


def test_properties_too_many_for_an_address_are_read_in_batches(make: Make) -> None:
    world = make(rates=FAST)
    names = [f"a_long_property_name_for_a_questionnaire_{n:03d}" for n in range(150)]
    for name in names:
        world.portal.add_property("contacts", Property(name, defined=False))
    cursor = drain(world)[2]
    id = world.seed({"lastname": "a", names[7]: "x"})
    for since in (None, cursor):
        (record,) = drain(world, since, [*names, "lastname"])[0]
        assert record.id == id and record.values[names[7]] == "x" and len(record.values) == 151
    assert max(len(str(r.query)) for r in world.serving.log) < 8_000
    assert max(len(r.body) for r in world.serving.log if r.path.endswith("search")) <= 3_000


def test_values_come_as_what_they_are(world: HubSpotWorld) -> None:
    given = {
        "size_number": "12.50", "met_on": "2026-04-01", "met_at": "2026-04-01T09:30:15.120Z", "vip": "true",
        "tags": "製品A;製品C", "lifecyclestage": "lead", "hs_analytics_num_page_views": "17", "jobtitle": "",
    }  # fmt: skip
    world.seed(given)
    (record,) = drain(world, None, list(given))[0]
    assert record.values["size_number"] == Decimal("12.5") and record.values["hs_analytics_num_page_views"] == 17
    assert str(record.values["met_on"]) == "2026-04-01"
    assert record.values["met_at"].isoformat() == "2026-04-01T09:30:15.120000+00:00"
    assert record.values["vip"] is True and record.values["tags"] == ["製品A", "製品C"]
    assert record.values["lifecyclestage"] == "lead" and record.values["jobtitle"] is None


def test_the_shape_tells_what_an_admin_must_know(world: HubSpotWorld) -> None:
    columns = {column.name: column for column in world.adapter.describe("contacts").columns}
    assert columns["lastname"].label == "姓" and columns["lastname"].max_length == 65_536
    assert columns["tags"].kind is ColumnKind.CHOICES and columns["tags"].choices == ("製品A", "製品B", "製品C")
    assert not columns["hs_analytics_num_visits"].writable and columns["hs_email_optout"].writable
    assert columns["associations.companies"].kind is ColumnKind.REFERENCE
    deals = {column.name: column for column in world.adapter.describe("deals").columns}
    assert deals["dealname"].required and deals["closedate"].kind is ColumnKind.DATETIME


def test_an_unknown_object_and_column_are_named_with_the_nearest(world: HubSpotWorld) -> None:
    with pytest.raises(Fatal) as error:
        drain(world, None, ["lastnam"])
    assert (error.value.message, error.value.facts["nearest"]) == ("adapter.no_column", "lastname")
    with pytest.raises(Fatal) as error:
        world.adapter.describe("contatcs/../../x")
    assert error.value.message == "adapter.no_object"


def test_a_key_property_that_allows_duplicates_is_refused_before_anything_is_read(world: HubSpotWorld) -> None:
    world.portal.add_property("contacts", Property(KEY, unique=False, defined=False))
    with pytest.raises(Fatal) as error:
        world.adapter.describe("contacts")
    assert (error.value.message, error.value.facts["why"]) == ("adapter.no_unique_property", "not_unique")
    del world.kind.properties[KEY]
    with pytest.raises(Fatal) as error:
        drain(world)
    assert error.value.facts["why"] == "missing"


def test_a_missing_scope_is_named(world: HubSpotWorld) -> None:
    world.vendor.tokens[TOKEN] = frozenset({"crm.objects.contacts.read"})
    world.adapter.describe("deals")
    with pytest.raises(Fatal) as error:
        list(world.adapter.pull("deals", ["dealname"], None))
    assert error.value.message == "adapter.missing_scope"
    assert "crm.objects.deals.read" in error.value.facts["answer"]


# --- what is gone -------------------------------------------------------------------------------------------------


def test_the_recycle_bin_tells_what_was_deleted_since(world: HubSpotWorld) -> None:
    old, new, restored = (world.seed({"lastname": x}) for x in "abc")
    world.delete_behind(old)
    world.advance(timedelta(hours=1))
    assert drain(world)[1] == [Deleted(old)], "a full load tells everything that is in the bin"
    cursor = drain(world)[2]
    world.advance(timedelta(hours=1))
    world.delete_behind(new)
    world.delete_behind(restored)
    world.portal.restore(world.kind, restored)
    records, gone, _ = drain(world, cursor)
    assert gone == [Deleted(new)] and ids(records) == {restored}


def test_the_bin_is_looked_at_as_seldom_as_the_admin_wants(make: Make) -> None:
    world = make(settings={"deletes_every": 3600})
    one, other = world.seed({"lastname": "a"}), world.seed({"lastname": "b"})
    cursor = drain(world)[2]
    world.delete_behind(one)
    world.advance(timedelta(minutes=30))
    _, gone, cursor = drain(world, cursor)
    assert gone == []
    world.delete_behind(other)
    world.advance(timedelta(minutes=31))
    assert set(drain(world, cursor)[1]) == {Deleted(one), Deleted(other)}


@pytest.mark.parametrize(("object", "text"), [("contacts", "lastname"), ("companies", "name")])
def test_merged_records_follow_the_winner(make: Make, object: str, text: str) -> None:
    world = make(object=object, text=text, other="phone")
    first, second, third = (world.seed({text: x}) for x in "abc")
    cursor = drain(world)[2]
    world.advance(timedelta(hours=1))
    winner = world.portal.merge(world.kind, first, second).id
    records, gone, cursor = drain(world, cursor)
    losers = {second} if object == "contacts" else {first, second}
    assert winner in ids(records) and set(gone) == {Merged(id, winner) for id in losers}
    world.advance(timedelta(hours=1))
    last = world.portal.merge(world.kind, third, winner).id
    _, gone, _ = drain(world, cursor)
    assert {one.id for one in gone if isinstance(one, Merged)} == {first, second, third, winner} - {last}
    assert all(isinstance(one, Merged) and one.into == last for one in gone)
    assert world.adapter.get(object, "id", [second], []) == []


def test_a_merge_that_the_index_shows_late_is_not_lost(make: Make) -> None:
    world = make(index_lag=30.0)
    first, second = world.seed({"lastname": "a"}), world.seed({"lastname": "b"})
    world.advance(timedelta(hours=1))
    cursor = drain(world)[2]
    world.portal.merge(world.kind, first, second)
    cursor = drain(world, cursor)[2]
    world.advance(timedelta(seconds=31))
    assert drain(world, cursor)[1] == [Merged(second, first)]


# --- look-ups -----------------------------------------------------------------------------------------------------


def test_an_answer_that_leaves_a_record_out_is_not_taken_for_its_end(world: HubSpotWorld) -> None:
    seeded = [world.seed({"lastname": str(n)}) for n in range(5)]
    world.serving.faults.plan(Fault.MISSING, when=lambda r: r.path.endswith("batch/read"))
    assert ids(world.adapter.get("contacts", "id", seeded, [])) == set(seeded)
    calls = world.calls("get")
    assert ids(world.adapter.get("contacts", "id", [*seeded, "999"], [])) == set(seeded)
    assert world.calls("get") == calls + 1, "what HubSpot says is missing is not asked for twice"


def test_owners_are_read_with_those_who_left(world: HubSpotWorld) -> None:
    for n in range(130):
        archived = n % 2 == 1
        world.portal.owners[str(n + 1)] = Owner(str(n + 1), f"o{n}@example.jp", "花子", f"岡部{n}", 900 + n, archived)
    pages = list(world.adapter.pull("owners", ["email", "archived", "userId"], None))
    records = [record for page in pages for record in page.records]
    assert len(records) == 130 and sum(bool(r.values["archived"]) for r in records) == 65
    (one,) = world.adapter.get("owners", "id", ["3"], ["email"])
    assert dict(one.values) == {"email": "o2@example.jp"}
    assert {c.name for c in world.adapter.describe("owners").columns} >= {"email", "lastName"}
    assert json.loads(pages[-1].cursor or "")["object"] == "owners"


# --- associations -------------------------------------------------------------------------------------------------


def test_association_columns_show_the_primary_one_else_the_oldest(world: HubSpotWorld) -> None:
    portal, kinds = world.portal, world.portal.kinds
    companies = [portal.create(kinds["companies"], {"name": x}).id for x in "abc"]
    none, one, several, primary = (world.seed({"lastname": str(n)}) for n in range(4))
    portal.link("contacts", one, "companies", companies[2], [])
    for company in companies[1:]:
        portal.link("contacts", several, "companies", company, [])
        portal.link("contacts", primary, "companies", company, [1])
    wanted = {none: None, one: companies[2], several: companies[1], primary: companies[2]}
    column = "associations.companies"
    records, _, cursor = drain(world, None, [column])
    assert {r.id: r.values[column] for r in records} == wanted
    assert {r.id: r.values[column] for r in world.adapter.get("contacts", "id", list(wanted), [column])} == wanted
    world.edit_behind(several, {"lastname": "x"})
    assert wanted.items() >= {r.id: r.values[column] for r in drain(world, cursor, [column])[0]}.items()


def test_associations_are_read_a_thousand_records_at_a_time(make: Make) -> None:
    world = make(rates=FAST)
    company = world.portal.create(world.portal.kinds["companies"], {"name": "a"}).id
    for n in range(1_050):
        world.portal.link("contacts", world.seed({"lastname": str(n)}), "companies", company, [])
    records = drain(world, None, ["associations.companies"])[0]
    assert len(records) == 1_050 and {r.values["associations.companies"] for r in records} == {company}
    assert world.serving.count(lambda r: "associations" in r.path) == 2
    (shown,) = world.adapter.get("companies", "id", [company], ["associations.contacts"])
    assert shown.values["associations.contacts"] == records[0].id, "more than a page of them"
