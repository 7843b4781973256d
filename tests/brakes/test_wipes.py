"""Every field of every entity, cleared or migrated on either side: nothing leaks past the brakes."""

from __future__ import annotations

import pytest

from connector.store.records import RunState
from tests.brakes.site import FIELDS, NUMBER, SYSTEMS, Site

# A name or e-mail that changes on its own is an edit; both at once would be a question per person (担当者交代?).
FIELDS_OF_RECORDS = [
    (entity, name) for entity, fields in FIELDS.items() for name, f in fields.items() if f.type != "consent"
]
WIPES = [(s, e, f) for s in SYSTEMS for e, f in FIELDS_OF_RECORDS]


def other(system: str) -> str:
    return "crm" if system == "ma" else "ma"


def stops(site: Site, brake: str, entity: str, system: str, field: str, count: int) -> None:
    """The run stops for exactly this reason: no cell of a system and nothing that the hub knows has changed."""
    before = site.systems(), site.state()
    outcome = site.sync()
    assert outcome.state is RunState.STOPPED
    assert [(t["brake"], t["entity"], t["system"], t["field"], t["count"], t["of"]) for t in outcome.trips] == [
        (brake, entity, system, field, count, NUMBER)
    ]
    assert outcome.applied.done == {}
    assert (site.systems(), site.state()) == before


@pytest.mark.parametrize(("system", "entity", "name"), WIPES)
def test_a_field_emptied_on_all_records(site: Site, system: str, entity: str, name: str) -> None:
    site.edit(system, entity, f"{name} = NULL")
    stops(site, "blanks", entity, other(system), name, NUMBER)


@pytest.mark.parametrize(("system", "entity", "name"), WIPES)
def test_a_migration_that_touches_all_records(site: Site, system: str, entity: str, name: str) -> None:
    for i in range(NUMBER):
        value = FIELDS[entity][name].migrated(i)
        site.edit(system, entity, f"{name} = ?", value, where=f"id = '{entity[0]}{i}'")
    stops(site, "changes", entity, other(system), name, NUMBER)


@pytest.mark.parametrize("blank", ["''", "' '", "'　'"], ids=["empty", "space", "full-width space"])
def test_a_blank_by_any_spelling(site: Site, blank: str) -> None:
    site.edit("crm", "person", f"title = {blank}")
    stops(site, "blanks", "person", "ma", "title", NUMBER)


@pytest.mark.parametrize("entity", list(FIELDS))
@pytest.mark.parametrize("system", SYSTEMS)
def test_records_deleted_by_the_table(site: Site, system: str, entity: str) -> None:
    site.edit(system, entity, "gone = 1")
    stops(site, "gone", entity, system, "", NUMBER)


@pytest.mark.parametrize("entity", list(FIELDS))
@pytest.mark.parametrize("system", SYSTEMS)
def test_deletions_confirmed_by_the_table(site: Site, system: str, entity: str) -> None:
    """Somebody accepted the loss, and then answered all questions with "propagate": the deletes stop once more."""
    from connector.model import Verdict

    site.edit(system, entity, "gone = 1")
    site.apply(site.diff(), accept=True)
    holds = [h.hold for h in site.store.holds()]
    assert site.store.decide([Verdict(h.id, "propagate", h.seen, None, "test") for h in holds]) == NUMBER
    stops(site, "deletes", entity, other(system), "", NUMBER)


@pytest.mark.parametrize("entity", list(FIELDS))
@pytest.mark.parametrize("system", SYSTEMS)
def test_an_import_into_one_side(site: Site, system: str, entity: str) -> None:
    there = f"{other(system)}: {{object: {entity}"
    site.mappings[f"{entity}.yaml"] = site.mappings[f"{entity}.yaml"].replace(there, there + ", create: on")
    site.sync()  # the mapping as such changes nothing
    site.add(system, entity, range(NUMBER, NUMBER + 21))
    stops(site, "creates", entity, other(system), "", 21)


@pytest.mark.parametrize("entity", list(FIELDS))
@pytest.mark.parametrize("system", SYSTEMS)
def test_an_emptied_table(site: Site, system: str, entity: str) -> None:
    site.incremental = False
    site.sync(full=True)
    site.db(system, f"DELETE FROM {entity}")
    stops(site, "empty_side", entity, system, "", NUMBER)


@pytest.mark.parametrize("entity", list(FIELDS))
@pytest.mark.parametrize("system", SYSTEMS)
def test_hidden_records(site: Site, system: str, entity: str) -> None:
    """Nine of ten may not be read any more; as many that nobody has linked are listed in their place."""
    site.incremental = False
    site.sync(full=True)
    site.db(system, f"DELETE FROM {entity} WHERE CAST(substr(id, 2) AS INTEGER) >= {NUMBER // 10}")
    stops(site, "hidden", entity, system, "", NUMBER - NUMBER // 10)
    site.add(system, entity, range(1000, 1000 + NUMBER))
    stops(site, "hidden", entity, system, "", NUMBER - NUMBER // 10)


@pytest.mark.parametrize("entity", list(FIELDS))
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_narrowed_filter(site: Site, system: str, entity: str) -> None:
    site.db(system, f"UPDATE {entity} SET region = '西' WHERE id <> '{entity[0]}0'")
    here = f"{system}: {{object: {entity}"
    text = site.mappings[f"{entity}.yaml"]
    site.mappings[f"{entity}.yaml"] = text.replace(here, here + ", where: {region: 東}")
    stops(site, "left_scope", entity, system, "", NUMBER - 1)


@pytest.mark.parametrize("entity", list(FIELDS))
@pytest.mark.parametrize("system", SYSTEMS)
def test_values_that_leave_the_filter(site: Site, system: str, entity: str) -> None:
    here = f"{system}: {{object: {entity}"
    text = site.mappings[f"{entity}.yaml"]
    site.mappings[f"{entity}.yaml"] = text.replace(here, here + ", where: {region: 東}")
    assert site.sync().trips == ()
    site.edit(system, entity, "region = '西'")
    stops(site, "left_scope", entity, system, "", NUMBER)


def test_there_are_more_than_forty_of_them() -> None:
    assert 2 * len(WIPES) >= 40
