"""What a stop promises: opt-outs go out all the same, an acceptance is for one plan, limits are a site's own."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from connector.engine import run
from connector.engine.narrow import Narrow
from connector.engine.undo import UndoOptions
from connector.errors import Fatal, StalePlan
from connector.model import HoldKind
from connector.store.records import RunState
from tests.brakes.site import NUMBER, Site

# --- which one plan a person allows -------------------------------------------------------------------------


def titles(site: Site, system: str) -> set[object]:
    return {t for (t,) in site.db(system, "SELECT title FROM person")}


def test_an_acceptance_runs_exactly_that_plan(site: Site) -> None:
    site.edit("crm", "person", "title = '部長'", where="id <> 'p0'")
    plan = site.diff()
    assert [(t["brake"], t["field"], t["count"]) for t in plan.footer.trips] == [("changes", "title", NUMBER - 1)]
    site.edit("crm", "person", "title = '社長'", where="id = 'p0'")
    site.edit("crm", "company", "phone = '03-9999-0001'", where="id = 'c0'")
    outcome = site.apply(plan, accept=True)
    assert (outcome.state, outcome.applied.done) == (RunState.DONE, {"applied": NUMBER - 1})
    assert site.db("ma", "SELECT title FROM person WHERE id = 'p0'") == [("課長",)], "newer than the plan"
    assert site.db("ma", "SELECT phone FROM company WHERE id = 'c0'") == [("03-1000-0000",)], "newer than the plan"
    assert titles(site, "ma") == {"課長", "部長"}


def test_a_record_of_the_plan_that_was_edited_since_is_left_out(site: Site) -> None:
    site.edit("crm", "person", "title = NULL")
    plan = site.diff()
    site.edit("ma", "person", "title = '顧問'", where="id = 'p0'")
    outcome = site.apply(plan, accept=True)
    assert outcome.applied.done == {"applied": NUMBER - 1, "moved": 1}
    assert titles(site, "ma") == {None, "顧問"}


def test_the_next_plan_is_not_accepted_by_the_last_acceptance(site: Site) -> None:
    site.edit("crm", "person", "title = '部長'")
    site.apply(site.diff(), accept=True)
    site.now += timedelta(hours=1)
    site.edit("crm", "person", "title = '本部長'")
    before = site.systems()
    assert site.sync().state is RunState.STOPPED
    assert site.systems() == before
    plan = site.diff()
    assert site.apply(plan).state is RunState.STOPPED, "a saved plan is not allowed by being saved"
    assert site.systems() == before
    assert site.apply(plan, accept=True).applied.done == {"applied": NUMBER}
    with pytest.raises(StalePlan, match=r"plan\.applied"):
        site.apply(plan, accept=True)


def test_a_plan_made_anew_needs_an_acceptance_of_its_own(site: Site) -> None:
    site.edit("crm", "person", "title = '部長'")
    first, second = site.diff(), site.diff()
    site.apply(first, accept=True)
    site.edit("ma", "company", "staff = 7", where="id = 'c0'")
    outcome = site.apply(second)
    assert outcome.state is RunState.STOPPED
    assert site.db("crm", "SELECT staff FROM company WHERE id = 'c0'") == [(10,)]


def test_an_accepted_loss_is_not_asked_about_again(site: Site) -> None:
    site.edit("crm", "person", "title = NULL")
    site.apply(site.diff(), accept=True)
    assert site.sync().applied.done == {}
    assert titles(site, "ma") == {None}


def test_what_was_mended_is_no_reason_any_more(site: Site) -> None:
    site.edit("crm", "person", "title = NULL")
    assert site.sync().state is RunState.STOPPED
    site.edit("crm", "person", "title = '課長'")
    outcome = site.sync()
    assert (outcome.state, outcome.applied.done) == (RunState.DONE, {})


# --- a few of a stopped plan --------------------------------------------------------------------------------


def test_a_few_of_a_stopped_plan_are_tried_without_an_acceptance(site: Site) -> None:
    site.edit("crm", "person", "title = '部長'")
    plan = site.diff()
    outcome = site.apply(plan, narrow=Narrow(first=5))
    assert (outcome.state, outcome.applied.done) == (RunState.DONE, {"applied": 5})
    assert site.sync().trips[0]["count"] == NUMBER - 5


def test_too_many_of_a_stopped_plan_are_not(site: Site) -> None:
    site.edit("crm", "person", "title = NULL")
    before = site.systems()
    outcome = site.apply(site.diff(), narrow=Narrow(first=11))
    assert [(t["brake"], t["count"]) for t in outcome.trips] == [("blanks", 11)]
    assert site.systems() == before


def test_a_few_are_not_tried_on_a_system_that_hides_most_of_its_records(site: Site) -> None:
    site.incremental = False
    site.sync(full=True)
    site.db("crm", "DELETE FROM person WHERE id NOT IN ('p1', 'p2', 'p3')")
    site.edit("crm", "person", "title = '部長'")
    before = site.systems()
    outcome = site.apply(site.diff(), narrow=Narrow(first=1))
    assert [t["brake"] for t in outcome.trips] == ["hidden"]
    assert site.systems() == before


# --- opt-outs -----------------------------------------------------------------------------------------------

DISASTERS = {
    "blanks": ("crm", "title = NULL"),
    "changes": ("crm", "visited = '2026-01-05 19:00:00'"),
    "gone": ("crm", "gone = CASE WHEN id > 'p1' THEN 1 END"),
    "left_scope": ("crm", "region = CASE WHEN id > 'p1' THEN '西' ELSE '東' END"),
}


@pytest.mark.parametrize("brake", DISASTERS)
def test_an_opt_out_goes_out_past_a_stop(site: Site, brake: str) -> None:
    text = site.mappings["person.yaml"]
    site.mappings["person.yaml"] = text.replace("crm: {object: person", "crm: {object: person, where: {region: 東}")
    site.sync()
    system, sets = DISASTERS[brake]
    site.edit(system, "person", sets)
    site.edit("crm", "person", "mail = '1'", where="id = 'p0'")
    before = site.systems()["ma"]
    outcome = site.sync()
    assert {t["brake"] for t in outcome.trips} == {brake}
    assert (outcome.state, outcome.applied.done) == (RunState.STOPPED, {"applied": 1})
    changed = set(site.systems()["ma"]) ^ set(before)
    assert len(changed) == 2 and all("p0" in row for row in changed)
    assert site.db("ma", "SELECT id FROM person WHERE mail = '1'") == [("p0",)]
    assert site.db("ma", "SELECT title, visited FROM person WHERE id = 'p0'") == [("課長", "2026-01-05 10:00:00")]
    again = site.sync()
    assert {t["brake"] for t in again.trips} == {brake}, "the reason is still there"
    assert again.applied.done == {}, "and the opt-out is done"


def test_an_opt_out_past_a_stop_takes_no_opt_in_with_it(site: Site) -> None:
    site.edit("crm", "person", "mail = '1', post = '0'")
    outcome = site.sync()
    assert [(t["brake"], t["field"], t["count"]) for t in outcome.trips] == [("changes", "post", NUMBER)]
    assert set(site.db("ma", "SELECT mail, post FROM person")) == {("1", "1")}
    assert site.sync().state is RunState.STOPPED
    assert site.apply(site.diff(), accept=True).applied.done == {"applied": NUMBER}
    assert set(site.db("ma", "SELECT mail, post FROM person")) == {("1", "0")}
    assert site.sync().applied.done == {}


def test_a_stopped_plan_with_opt_outs_is_accepted_later(site: Site) -> None:
    site.edit("crm", "person", "mail = '1', title = NULL")
    plan = site.diff()
    assert site.apply(plan).applied.done == {"applied": NUMBER}
    assert set(site.db("ma", "SELECT mail, title FROM person")) == {("1", "課長")}
    assert site.apply(plan, accept=True).applied.done == {"applied": NUMBER}
    assert set(site.db("ma", "SELECT mail, title FROM person")) == {("1", None)}
    assert site.sync().applied.done == {}


# --- another database behind the same name ------------------------------------------------------------------


def test_a_sandbox_in_the_place_of_production(site: Site) -> None:
    site.edit("crm", "person", "mail = '1'", where="id = 'p0'")
    shutil.copy(site.folder / "crm.db", site.folder / "sandbox.db")
    site.db("sandbox", "UPDATE connector_identity SET id = 'sandbox-crm'")
    site.url = {"crm": f"sqlite:///{site.folder / 'sandbox.db'}"}
    before = site.systems(), site.state(), site._dump("sandbox")
    with pytest.raises(Fatal) as refused:
        site.sync()
    assert refused.value.message == "org.changed"
    assert (refused.value.facts["system"], refused.value.facts["name"]) == ("crm", "sandbox-crm")
    with pytest.raises(Fatal, match=r"org\.changed"):
        site.diff()
    assert (site.systems(), site.state(), site._dump("sandbox")) == before


def test_a_saved_plan_is_not_applied_to_a_sandbox(site: Site) -> None:
    site.edit("ma", "person", "title = '部長'", where="id = 'p0'")
    plan = site.diff()
    site.db("crm", "UPDATE connector_identity SET id = 'sandbox-crm'")
    before = site.systems()
    with pytest.raises(Fatal, match=r"org\.changed"):
        site.apply(plan, accept=True)
    assert site.systems() == before


def test_a_database_rebuilt_with_other_ids_is_seen_by_its_listing(site: Site) -> None:
    """The identity is the same and as many records are there; none of them is one that we know."""
    site.incremental = False
    site.sync(full=True)
    for entity in ("company", "person", "deal"):
        site.db("crm", f"UPDATE {entity} SET id = 'new' || id, connector_key = NULL")
    before = site.systems(), site.state()
    outcome = site.sync()
    assert [(t["brake"], t["entity"], t["count"]) for t in outcome.trips] == [
        ("hidden", e, NUMBER) for e in ("company", "deal", "person")
    ]
    assert (site.systems(), site.state()) == before


# --- limits -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("records", "stopped"), [(10, False), (11, True)])
def test_the_floor_leaves_small_sets_in_peace(site: Site, records: int, stopped: bool) -> None:
    site.edit("crm", "person", "title = NULL", where=f"CAST(substr(id, 2) AS INTEGER) < {records}")
    assert (site.sync().state is RunState.STOPPED) is stopped


@pytest.mark.parametrize(
    ("limits", "stopped"),
    [
        ({"default": {"blanks": {"floor": 0, "percent": 100, "count": 2}}}, True),  # by number
        ({"default": {"blanks": {"floor": 0, "percent": 5}}}, True),  # by percent
        ({"default": {"blanks": {"floor": 3, "percent": 0, "count": 0}}}, False),  # below the floor
        ({"systems": {"ma": {"blanks": {"floor": 0, "count": 2}}}}, True),
        ({"systems": {"crm": {"blanks": {"floor": 0, "count": 2}}}}, False),  # nothing is written there
        ({"entities": {"person": {"blanks": {"floor": 0, "count": 2}}}}, True),
        ({"entities": {"company": {"blanks": {"floor": 0, "count": 2}}}}, False),
        # the entity has the last word
        ({"systems": {"ma": {"blanks": {"floor": 0}}}, "entities": {"person": {"blanks": {"floor": 3}}}}, False),
    ],
)
def test_limits_of_the_site_by_system_and_entity(site: Site, limits: Mapping[str, Any], stopped: bool) -> None:
    site.limits = limits
    site.edit("crm", "person", "title = NULL", where="id IN ('p1', 'p2', 'p3')")
    outcome = site.sync()
    assert (outcome.state is RunState.STOPPED) is stopped
    assert outcome.applied.done == ({} if stopped else {"applied": 3})


# --- undo and deletion --------------------------------------------------------------------------------------


def test_an_undo_is_braked_like_any_plan(site: Site) -> None:
    site.edit("crm", "person", "title = '部長'")
    done = site.apply(site.diff(), accept=True)
    before = site.systems()
    plan = run.undo(site.hub(), site.path(), done.run, UndoOptions())
    assert [(t["brake"], t["system"], t["field"], t["count"], t["of"]) for t in plan.footer.trips] == [
        ("changes", "ma", "title", NUMBER, NUMBER)
    ]
    stopped = site.apply(plan)
    assert stopped.state is RunState.STOPPED
    assert site.systems() == before
    assert list(site.store.holds(kinds=[HoldKind.UNDONE])) == []
    assert site.apply(plan, accept=True).applied.done == {"applied": NUMBER}
    assert titles(site, "ma") == {"課長"}


def test_an_unlinked_deletion_is_not_made_again(site: Site) -> None:
    text = site.mappings["person.yaml"].replace("on_delete: hold", "on_delete: unlink")
    site.mappings["person.yaml"] = text.replace("crm: {object: person", "crm: {object: person, create: on")
    site.sync()
    site.edit("crm", "person", "gone = 1", where="id = 'p0'")
    for _ in range(3):
        assert site.sync().applied.done == {}
    site.edit("ma", "person", "title = '部長'", where="id = 'p0'")
    assert site.sync().applied.done == {}
    assert site.db("crm", "SELECT count(*) FROM person") == [(NUMBER,)]
    site.edit("crm", "person", "gone = NULL", where="id = 'p0'")
    site.sync()
    assert site.db("crm", "SELECT title, count(*) FROM person WHERE id = 'p0'") == [("課長", 1)]
