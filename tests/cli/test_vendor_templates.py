"""init --from for HubSpot, Salesforce and kintone: what it writes; the page lists exactly what is to be made."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connector.cleanse import RULES
from connector.cli.vendors.fields import CUSTOM, HUBSPOT, KEYS, KINTONE, SALESFORCE
from connector.cli.vendors.templates import NAMES, uncommented
from connector.config import load_config
from connector.derive import DERIVED
from connector.mapping.load import load_mappings
from connector.mapping.model import EntityMapping, SameRecord
from connector.messages import catalogue
from connector.model import Entity, FieldType
from tests.cli.conftest import World
from tests.fakes.hubspot.schema import standard
from tests.fakes.salesforce.schema import tables

ROOT = Path(__file__).parents[2]
SECRETS = {
    name: f"secret-{name.lower()}"
    for name in (
        "HUBSPOT_TOKEN", "SALESFORCE_CLIENT_ID", "SALESFORCE_CLIENT_SECRET", "KINTONE_TOKEN_1", "KINTONE_TOKEN_2",
    )
}  # fmt: skip
# the vendors' own columns that the fakes do not play: HubSpot's and Salesforce's documentation has them
ELSEWHERE = {
    (HUBSPOT, "companies", "website"), (HUBSPOT, "companies", "industry"), (HUBSPOT, "contacts", "hs_analytics_source"),
    (HUBSPOT, "deals", "hs_next_step"), (SALESFORCE, "Contact", "HasOptedOutOfEmail"),
    (SALESFORCE, "Lead", "HasOptedOutOfEmail"),
}  # fmt: skip


def loaded(texts: dict[str, str]) -> tuple[EntityMapping, ...]:
    return load_mappings(texts, systems=None, rules=set(RULES), computed=set(DERIVED))


def shipped(name: str) -> dict[str, str]:
    return {p.name: p.read_text(encoding="utf-8") for p in sorted((ROOT / "mappings" / name).glob("*.yaml"))}


def named(mappings: tuple[EntityMapping, ...]) -> set[tuple[str, str, str]]:
    """(system, object, column) of everything that the mappings read or write; of a lookup its own code."""
    found = set()
    for mapping in mappings:
        for at in mapping.objects:
            columns = [c for cs in at.columns.values() if not isinstance(cs, SameRecord) for c in cs if c]
            for column in [*columns, *([at.owner] if at.owner else []), *(w.column for w in at.where)]:
                found.add((at.system, at.object, column.removesuffix(".id")))
    return found


def listed(page: str) -> set[tuple[str, str, str]]:
    """(vendor, object, code) of every row of the page's tables."""
    found, vendor = set(), ""
    for line in page.splitlines():
        if heading := re.match(r"## \d+\. (\w+)", line):
            vendor = heading[1].lower()
        elif row := re.match(r"\| (\w+) \| [^|]+ \| `(\w+)` \|", line):
            code = row[2] if vendor != SALESFORCE else f"{row[2]}__c"
            assert (vendor, row[1], code) not in found, line
            found.add((vendor, row[1], code))
    return found


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_init_writes_config_mappings_and_the_page_and_never_over_them(world: World, name: str, lang: str) -> None:
    done = world.run("init", "--from", name, "--dir", "new", lang=lang)
    assert done.code == 0, done.err
    folder = world.folder / "new"
    written = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    entities = ("company", "deal", "person")
    assert written == {
        "config.yaml", f"setup.{lang}.md", "mappings/schema.json", *(f"mappings/{e}.yaml" for e in entities),
    }  # fmt: skip
    assert f"setup.{lang}.md" in done.out
    config = load_config((folder / "config.yaml").read_text(encoding="utf-8"), "config.yaml", SECRETS)
    assert set(config.systems) == set(name.split("-"))
    texts = {p.name: p.read_text(encoding="utf-8") for p in (folder / "mappings").glob("*.yaml")}
    made = load_mappings(texts, systems=set(config.systems), rules=set(RULES), computed=set(DERIVED))
    assert [m.entity for m in sorted(made, key=lambda m: m.entity)] == [Entity.COMPANY, Entity.DEAL, Entity.PERSON]
    assert not any(m.enabled or at.create for m in made for at in m.objects), "nothing is on before it was read"

    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    (folder / "config.yaml").unlink()
    again = world.run("init", "--from", name, "--dir", "new", lang=lang)
    assert again.code == 2 and f"setup.{lang}.md" in again.err
    assert not (folder / "config.yaml").exists(), "all of the files, or none"
    assert all(p.read_bytes() == content for p, content in before.items() if p.exists())


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_the_page_lists_what_is_to_be_made_and_nothing_else(world: World, name: str, lang: str) -> None:
    assert world.run("init", "--from", name, lang=lang).code == 0
    page = (world.folder / f"setup.{lang}.md").read_text(encoding="utf-8")
    texts = shipped(name)
    every = named(loaded({file: uncommented(text) for file, text in texts.items()}))
    custom = {(s, o, c) for s, o, c in every if c in {one.code for one in CUSTOM[s]}}
    keys = {(s, o, c) for s, o, c in listed(page) if c == KEYS[s].code}
    assert listed(page) == custom | keys
    # the keys of all objects in which records can be created; a part of a record is never created
    parts = {(at.system, at.object) for m in loaded(texts) for at in m.objects if at.part and at.system == KINTONE}
    assert {(s, o) for s, o, _ in keys} == {(at.system, at.object) for m in loaded(texts) for at in m.objects} - parts
    first = page.split(catalogue()["page.fields.later"][lang == "en"])[0]
    assert all(f"| `{c.removesuffix('__c')}` |" in page for _, _, c in named(loaded(texts)) & custom), first
    assert "{" not in re.sub(r"```.*?```", "", page, flags=re.S), "a place that nobody filled"


@pytest.mark.parametrize("name", NAMES)
def test_every_other_column_is_the_vendor_s_own(name: str) -> None:
    every = named(loaded({file: uncommented(text) for file, text in shipped(name).items()}))
    rest = {one for one in every if one[2] not in {field.code for field in CUSTOM[one[0]]}} - ELSEWHERE
    own = {(HUBSPOT, kind.name, column) for kind in standard().values() for column in kind.properties}
    own |= {(SALESFORCE, table, column) for table, made in tables().items() for column in made.fields}
    associations = {one for one in rest if one[0] == HUBSPOT and one[2].startswith("associations.")}
    assert rest - associations <= own, "neither listed nor the vendor's own"


@pytest.mark.parametrize("name", NAMES)
def test_what_stands_in_comments_can_be_used_as_it_is(name: str) -> None:
    texts = shipped(name)
    plain, whole = (
        loaded(texts),
        loaded({file: uncommented(text).replace("enabled: false", "enabled: true") for file, text in texts.items()}),
    )
    for few, many in zip(plain, whole, strict=True):
        assert 3 <= len(few.fields) <= 12 and set(few.fields) < set(many.fields) and many.enabled


@pytest.mark.parametrize("name", NAMES)
def test_scores_go_to_the_crm_and_deals_come_from_it(name: str) -> None:
    ma, crm = {HUBSPOT} & set(name.split("-")), set(name.split("-")) - {HUBSPOT}
    for mapping in loaded(shipped(name)):
        for field in mapping.fields.values():
            assert field.type is not FieldType.CONSENT or field.sources == set(name.split("-"))
            if field.name in ("score", "last_visit") and ma:
                assert field.sources == ma and field.receivers == crm
            if mapping.entity is Entity.DEAL or field.computed or (field.to and mapping.entity is Entity.PERSON):
                assert not field.sources & ma and field.receivers <= ma | ({KINTONE} if SALESFORCE in crm else set())


def test_every_kind_of_field_that_is_listed_has_a_name() -> None:
    for vendor, fields in CUSTOM.items():
        for one in (*fields, KEYS[vendor]):
            assert f"fields.kind.{vendor}.{one.kind}" in catalogue()
