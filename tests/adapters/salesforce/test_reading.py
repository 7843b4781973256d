"""Salesforce, reading: conversions, merges, the recycle bin, locators, stamps, bulk results and who owns a record."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.adapters.contract import Change, ColumnKind, Deleted, Gone, Merged, Moved, Native, Unknown
from connector.adapters.salesforce.reading import REACH
from connector.errors import Fatal, Transient
from tests.adapters.salesforce.world import KEY, SalesforceWorld, is_data, is_pull
from tests.fakes.salesforce.org import ADMIN
from tests.fakes.serving import Fault, Reply, Request

Make = Callable[..., SalesforceWorld]
PERSON = {"LastName": "髙橋", "Email": "t@example.co.jp"}
LEAD = {**PERSON, "Company": "株式会社髙島"}


def pulled(
    world: SalesforceWorld, object: str, fields: list[str], since: str | None = None
) -> tuple[list[Native], list[Gone], str]:
    pages = list(world.adapter.pull(object, fields, since))
    assert pages[-1].cursor is not None
    return [r for p in pages for r in p.records], [g for p in pages for g in p.gone], pages[-1].cursor


# --- where records go -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("bulk", [0, 1])
def test_a_converted_lead_has_moved_to_its_contact(make: Make, bulk: int) -> None:
    world = make(bulk_read_from=bulk, org_page=2)
    ids = [world.org.put("Lead", LEAD).id for _ in range(8)]
    contact = world.org.convert(ids[1])
    records, gone, _ = pulled(world, "Lead", ["LastName", "Company"])
    assert gone == [Moved(ids[1], "Contact", contact)]
    assert sorted(r.id for r in records) == sorted(set(ids) - {ids[1]})
    assert world.adapter.get("Lead", "id", ids[:2], [])[0].id == ids[0]
    assert [r.id for r in pulled(world, "Contact", ["LastName"])[0]] == [contact]


def test_a_lead_converted_into_a_company_alone_stays_where_it_is(make: Make) -> None:
    world = make()
    lead = world.org.put("Lead", {**LEAD, "IsConverted": True, "ConvertedContactId": None}).id
    records, gone, _ = pulled(world, "Lead", ["LastName"])
    assert [r.id for r in records] == [lead] and gone == []


@pytest.mark.parametrize("bulk", [0, 1])
def test_a_merged_record_names_its_winner_once(make: Make, bulk: int) -> None:
    world = make(bulk_read_from=bulk, org_page=2)
    ids = [world.org.put("Contact", PERSON).id for _ in range(7)]
    cursor = pulled(world, "Contact", ["Email"])[2]
    world.advance(timedelta(minutes=5))
    world.org.merge("Contact", ids[0], ids[1])
    world.org.delete("Contact", ids[2])
    world.advance(timedelta(minutes=5))
    for since in (cursor, None):
        records, gone, _ = pulled(world, "Contact", ["Email"], since)
        assert sorted(gone, key=lambda g: g.id) == [Merged(ids[0], ids[1]), Deleted(ids[2])]
        assert {r.id for r in records} == set(ids[3:]) | {ids[1]}


def test_a_delete_is_seen_although_the_recycle_bin_was_emptied(make: Make) -> None:
    world = make()
    id = world.org.put("Contact", PERSON).id
    cursor = pulled(world, "Contact", [])[2]
    world.advance(timedelta(hours=1))
    world.org.delete("Contact", id)
    world.org.empty_bin("Contact")
    world.advance(timedelta(hours=1))
    assert pulled(world, "Contact", [], cursor)[1] == [Deleted(id)]


def test_a_cursor_older_than_the_feed_reaches_still_reads_the_bin(make: Make) -> None:
    world = make()
    id, gone = (world.org.put("Contact", PERSON).id for _ in range(2))
    cursor = pulled(world, "Contact", [])[2]
    world.advance(timedelta(days=1))
    world.org.delete("Contact", gone)
    world.advance(REACH + timedelta(days=10))
    world.org.touch(world.org.rows["Contact"][id], {"Email": "u@example.co.jp"})
    records, tombs, _ = pulled(world, "Contact", [], cursor)
    assert [r.id for r in records] == [id] and tombs == [Deleted(gone)]


def test_an_undeleted_record_is_a_record(make: Make) -> None:
    world = make()
    id = world.org.put("Contact", PERSON).id
    cursor = pulled(world, "Contact", [])[2]
    world.advance(timedelta(minutes=30))
    world.org.delete("Contact", id)
    world.advance(timedelta(minutes=30))
    world.org.undelete("Contact", id)
    records, gone, _ = pulled(world, "Contact", [], cursor)
    assert [r.id for r in records] == [id] and gone == []


def test_a_feed_with_too_many_ids_is_asked_for_in_halves(make: Make) -> None:
    world = make()
    ids = []
    for _ in range(9):
        ids.append(world.org.put("Contact", PERSON).id)
        world.org.delete("Contact", ids[-1])
        world.advance(timedelta(hours=30))
    world.org.empty_bin("Contact")
    world.vendor.most_ids = 2
    assert {g.id for g in pulled(world, "Contact", [])[1]} == set(ids)


def test_users_are_read_and_have_no_feed_of_deletes(make: Make) -> None:
    world = make()
    records, gone, _ = pulled(world, "User", ["Email", "IsActive"])
    assert {r.id: r.values["IsActive"] for r in records}[ADMIN] is True
    assert gone == [] and world.serving.count(lambda r: "/deleted" in r.path) == 0


def test_archived_tasks_are_left_out(make: Make) -> None:
    world = make()
    task = world.org.put("Task", {"Subject": "Call", "IsArchived": False}).id
    world.org.put("Task", {"Subject": "old", "IsArchived": True})
    for object in ("Task", "task"):
        assert [r.id for r in pulled(world, object, ["Subject"])[0]] == [task]


# --- pages ----------------------------------------------------------------------------------------------------


def test_a_query_that_the_org_forgot_goes_on_after_the_last_record(make: Make) -> None:
    world = make(org_page=4)
    ids = [world.seed({"Text__c": str(n)}) for n in range(14)]
    world.advance(timedelta(seconds=1))
    ids += [world.seed({"Text__c": str(n)}) for n in range(14, 18)]
    pages = world.adapter.pull("Member__c", ["Text__c"], None)
    found = [r.id for r in next(pages).records]
    world.vendor.locators.open.clear()
    for number, page in enumerate(pages):
        found += [r.id for r in page.records]
        if number == 3:
            world.vendor.locators.open.clear()
    assert found == ids


def test_a_token_that_runs_out_between_two_pages_is_renewed(make: Make) -> None:
    world = make()
    ids = [world.seed({"Text__c": str(n)}) for n in range(11)]
    world.serving.faults.plan(None, Fault.EXPIRED, when=is_pull)
    records = pulled(world, "Member__c", ["Text__c"])[0]
    assert [r.id for r in records] == ids
    assert world.vendor.door.given == 2


def test_a_page_that_comes_in_half_or_as_html_is_asked_for_again(make: Make) -> None:
    world = make()
    ids = [world.seed({"Text__c": str(n)}) for n in range(11)]
    world.serving.faults.plan(Fault.TRUNCATED, None, Fault.HTML, Fault.UNAVAILABLE, Fault.CUT_AFTER, when=is_pull)
    assert [r.id for r in pulled(world, "Member__c", ["Text__c"])[0]] == ids
    assert len(world.slept) == 4


def test_the_size_of_a_page_is_a_wish_that_the_org_may_not_grant(make: Make) -> None:
    world = make(org_page=7)  # the adapter's own is 3
    for n in range(20):
        world.seed({"Text__c": str(n)})
    sizes = [len(p.records) for p in world.adapter.pull("Member__c", [], None)]
    assert sizes == [3, 3, 1, 3, 3, 1, 3, 3]


def test_a_commit_that_shows_late_is_inside_the_overlap(make: Make) -> None:
    world = make()
    id = world.seed({"Text__c": "a"})
    world.org.rows["Member__c"][id].visible = world.org.now + timedelta(minutes=8)
    records, _, cursor = pulled(world, "Member__c", [])
    assert records == []
    world.advance(timedelta(minutes=9))
    assert [r.id for r in pulled(world, "Member__c", [], cursor)[0]] == [id]


def test_the_cursor_comes_from_the_clock_of_the_org(make: Make) -> None:
    world = make()
    world.advance(timedelta(days=400))
    assert world.org.now.isoformat() in pulled(world, "Member__c", [])[2]


def test_an_object_without_stamps_is_read_whole_every_time(make: Make) -> None:
    world = make(org_page=2)
    for name in ("SystemModstamp", "LastModifiedDate", "CreatedDate"):
        world.org.tables["Member__c"].fields[name] = replace(
            world.org.tables["Member__c"].fields[name], name=f"{name}X"
        )
        world.org.tables["Member__c"].fields[f"{name}X"] = world.org.tables["Member__c"].fields.pop(name)
    ids = [world.seed({"Text__c": f"{n}"}) for n in range(7)]
    world.advance(timedelta(days=1))
    records, _, cursor = pulled(world, "Member__c", ["Text__c"])
    assert [r.id for r in records] == ids and records[0].modified_at is None
    world.advance(timedelta(days=1))
    pages = world.adapter.pull("Member__c", ["Text__c"], cursor)
    found = [r.id for r in next(pages).records]
    world.vendor.locators.open.clear()
    assert found + [r.id for page in pages for r in page.records] == ids


# --- cells ----------------------------------------------------------------------------------------------------

CELLS: dict[str, Any] = {
    "Text__c": "一行目\n\"二行目\",'三'",
    "Note__c": None,
    "Amount__c": 1234.5,
    "Day__c": date(2026, 4, 1),
    "Moment__c": datetime(2026, 4, 1, 9, 30, 15, tzinfo=UTC),
    "Active__c": True,
    "Tags__c": "赤;黄",
    "Grade__c": "A",
    "Account__c": None,
}
SHOWN = {**CELLS, "Amount__c": Decimal("1234.5"), "Tags__c": ["赤", "黄"]}


def test_bulk_and_rest_show_the_same_record(make: Make) -> None:
    world = make(org_page=2)
    ids = [world.org.put("Member__c", CELLS if n % 2 else {"Active__c": False}).id for n in range(6)]
    rest = pulled(world, "Member__c", list(CELLS))[0]
    world.adapter = world.made(bulk_read_from=1, bulk_page=2)
    assert sorted(pulled(world, "Member__c", list(CELLS))[0], key=lambda r: r.id) == rest
    assert world.serving.count(lambda r: r.path.endswith("/results")) == 3
    assert world.adapter.get("Member__c", "id", ids, list(CELLS)) == rest
    assert dict(rest[1].values) == SHOWN
    assert [type(value) for value in rest[1].values.values()] == [type(value) for value in SHOWN.values()]


def test_a_bulk_result_that_lost_lines_on_the_way_is_asked_for_again(make: Make) -> None:
    world = make(org_page=2, bulk_read_from=1, bulk_page=3)
    ids = {world.org.put("Member__c", CELLS).id for _ in range(7)}
    results = lambda r: r.path.endswith("/results")  # noqa: E731
    with world.serving.faults.during(Fault.TRUNCATED, results), pytest.raises(Transient):
        pulled(world, "Member__c", ["Text__c"])
    with world.serving.faults.during(Fault.HTML, results), pytest.raises(Transient):
        pulled(world, "Member__c", ["Text__c"])
    world.serving.faults.plan(Fault.CUT_AFTER, Fault.ERROR_BEFORE, when=results)
    assert {r.id for r in pulled(world, "Member__c", ["Text__c"])[0]} == ids


def test_a_bulk_job_that_never_ends_is_given_up(make: Make) -> None:
    world = make(org_page=2, bulk_read_from=1, bulk_wait=100)
    for _ in range(6):
        world.org.put("Member__c", CELLS)
    world.vendor.bulk.slow = 10**6
    with pytest.raises(Transient, match="job_slow"):
        pulled(world, "Member__c", ["Text__c"])
    assert sum(world.slept) <= 100
    assert [job.state for job in world.vendor.bulk.jobs.values()] == ["Aborted"]


def test_a_column_that_the_answer_leaves_out_is_no_blank(make: Make) -> None:
    from connector.adapters.salesforce.layout import layout_of, reader
    from connector.adapters.salesforce.reading import natives

    described = make().org.tables["Member__c"].described("66.0")
    how = reader(layout_of(described, None), ["Text__c", "Note__c"], "https://acme")
    base = {"Id": "a015g0000000001AAA", "SystemModstamp": "2026-04-01T00:00:00.000+0000"}
    rows = natives(how, [{**base, "Text__c": "a", "Note__c": None}, {**base, "Text__c": "b"}])
    assert [dict(row.values) for row in rows] == [{"Text__c": "a", "Note__c": None}, {"Text__c": "b"}]


@pytest.mark.parametrize("body", [{"ok": True}, [], [1], "x", None, {"records": None}, {"state": "JobComplete"}])
def test_json_that_is_no_answer_of_the_org_is_transient_and_never_nothing(make: Make, body: Any) -> None:
    world = make(bulk_read_from=1, bulk_write_from=1)
    id = world.seed({"Text__c": "a"})
    world.adapter.describe("Member__c")
    handle = world.vendor.handle

    def strange(request: Request) -> Reply:
        return (
            Reply(200, json.dumps(body), {"Content-Type": "application/json"}) if is_data(request) else handle(request)
        )

    world.vendor.handle = strange  # type: ignore[method-assign]
    adapter = world.adapter
    for act in (
        lambda: list(adapter.pull("Member__c", [], None)),
        lambda: adapter.get("Member__c", "id", [id], []),
        lambda: adapter.get("Member__c", "key", ["k"], []),
        lambda: adapter.describe("Contact"),
        lambda: adapter.push("Member__c", [Change(id, {"Text__c": "b"})]),
    ):
        with pytest.raises(Transient):
            act()
    small = world.made(bulk_write_from=0)
    small._layouts |= adapter._layouts
    (outcome,) = small.push("Member__c", [Change(id, {"Text__c": "b"})])
    assert isinstance(outcome, Unknown)


# --- describe and look-ups ------------------------------------------------------------------------------------


def test_columns_are_what_describe_says(make: Make) -> None:
    columns = {c.name: c for c in make().adapter.describe("Opportunity").columns}
    assert columns["Name"].required and columns["CloseDate"].required and not columns["OwnerId"].required
    assert columns["Amount"].kind is ColumnKind.NUMBER and columns["Amount"].decimals == 2
    assert "Closed Won" in columns["StageName"].choices and columns["StageName"].kind is ColumnKind.CHOICE
    assert not columns["IsWon"].writable and columns["ContactId"].writable
    assert columns["AccountId"].kind is ColumnKind.REFERENCE and columns["Name"].max_length == 120
    assert "MailingAddress" not in {c.name for c in make().adapter.describe("Contact").columns}


def test_an_unknown_object_or_column_has_a_nearest_name(make: Make) -> None:
    adapter = make().adapter
    with pytest.raises(Fatal) as error:
        adapter.describe("Oportunity")
    assert error.value.facts["nearest"] == "Opportunity"
    with pytest.raises(Fatal) as error:
        list(adapter.pull("Contact", ["Emial"], None))
    assert error.value.facts["nearest"] == "Email"
    for hostile in ("Contact/describe?", "../limits", "Contact Account", "髙"):
        with pytest.raises(Fatal):
            adapter.describe(hostile)


def test_a_field_removed_behind_our_back_is_fatal_and_described_anew(make: Make) -> None:
    world = make()
    world.seed({"Text__c": "a"})
    pulled(world, "Member__c", ["Text__c"])
    del world.org.tables["Member__c"].fields["Text__c"]
    with pytest.raises(Fatal) as error:
        pulled(world, "Member__c", ["Text__c"])
    assert (error.value.message, error.value.facts["column"]) == ("adapter.no_column", "Text__c")


def test_hundreds_of_keys_are_looked_up_in_addresses_that_are_not_too_long(make: Make) -> None:
    world = make(read_batch=2000)
    keys = [f"鍵-{n}-" + "x" * 20 for n in range(300)]
    for key in keys:
        world.org.put("Member__c", {KEY: key})
    found = world.adapter.get("Member__c", "key", [*keys, "X'; DROP", "鍵-0-" + "X" * 20], [])
    assert sorted(n.key or "" for n in found) == sorted(keys)


def test_ids_are_taken_in_both_lengths(make: Make) -> None:
    world = make()
    id = world.seed({"Text__c": "a"})
    wrong = id[:15] + ("AAA" if not id.endswith("AAA") else "BBB")
    assert [n.id for n in world.adapter.get("Member__c", "id", [id[:15], wrong, ADMIN], [])] == [id]
