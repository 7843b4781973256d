"""HubSpot and a sales system on one hub: what the engine makes of the adapter, also when answers are lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from connector.adapters.contract import Adapter, Column, ColumnKind
from connector.adapters.memory import MemoryAdapter, MemorySystem
from connector.cleanse import RULES
from connector.engine import run
from connector.engine.hub import Hub
from connector.mapping.load import load_mappings
from connector.model import Entity, HoldKind
from connector.store.store import open_store
from connector.sync.guard import Limit, Limits
from tests.adapters.hubspot.world import HubSpotWorld, Nature
from tests.fakes.hubspot import Rates
from tests.fakes.serving import Fault, Faults, Request

COMPANY = """
    entity: company
    enabled: true
    systems: {ma: {object: companies, create: on}, sfa: {object: accounts}}
    match: {identifiers: [name]}
    fields:
      name:
        type: text
        map: {ma: name, sfa: Name}
        flow: ma <-> sfa
        if_both_changed: sfa wins
      employees:
        type: integer
        map: {ma: numberofemployees, sfa: Employees}
        flow: sfa -> ma
"""
PERSON = """
    entity: person
    enabled: true
    systems: {ma: {object: contacts, create: on}, sfa: {object: contacts, create: on}}
    match: {identifiers: [email]}
    fields:
      name:
        type: person_name
        map: {ma: [lastname, firstname], sfa: [LastName, FirstName]}
        flow: ma <-> sfa
        if_both_changed: sfa wins
      email:
        type: email
        map: {ma: email, sfa: Email}
        flow: ma <-> sfa
        if_both_changed: sfa wins
      title:
        type: text
        map: {ma: jobtitle, sfa: Title}
        flow: ma <-> sfa
        if_both_changed: sfa wins
        on_blank: clear
      note:
        type: text
        map: {ma: message, sfa: Note}
        flow: ma <-> sfa
        if_both_changed: ask
      met:
        type: date
        map: {ma: met_on, sfa: Met}
        flow: sfa -> ma
      met_at:
        type: datetime
        map: {ma: met_at, sfa: MetAt}
        flow: sfa -> ma
      visits:
        type: integer
        map: {ma: hs_analytics_num_visits, sfa: Visits}
        flow: ma -> sfa
      company:
        type: reference
        to: company
        map: {ma: associations.companies, sfa: AccountId}
        flow: sfa -> ma
      consent:
        type: consent
        map: {ma: hs_email_optout, sfa: OptOut}
        flow: ma -> sfa
        values:
          ma: {"true": opt_out, "false": opt_in}
          sfa: {"1": opt_out, "0": opt_in}
"""
DEAL = """
    entity: deal
    enabled: true
    systems: {ma: {object: deals, create: on, on_create: {pipeline: default}}, sfa: {object: opportunities}}
    match: {identifiers: [name]}
    fields:
      name: {type: text, map: {ma: dealname, sfa: Name}, flow: sfa -> ma}
      amount: {type: money, map: {ma: amount, sfa: Amount}, flow: sfa -> ma}
      stage:
        type: picklist
        map: {ma: dealstage, sfa: Stage}
        flow: sfa -> ma
        values:
          ma: {contractsent: 見積, closedwon: 受注, closedlost: 失注}
          sfa: {見積: 見積, 受注: 受注, 失注: 失注}
      company: {type: reference, to: company, map: {ma: associations.companies, sfa: AccountId}, flow: sfa -> ma}
      person: {type: reference, to: person, map: {ma: associations.contacts, sfa: ContactId}, flow: sfa -> ma}
"""
SALES = {
    "accounts": (Column("Name"), Column("Employees", kind=ColumnKind.NUMBER)),
    "contacts": (
        Column("LastName"), Column("FirstName"), Column("Email"), Column("Title"), Column("Note"), Column("AccountId"),
        Column("Met", kind=ColumnKind.DATE), Column("MetAt", kind=ColumnKind.DATETIME),
        Column("Visits", kind=ColumnKind.NUMBER), Column("OptOut"),
    ),
    "opportunities": (
        Column("Name"), Column("Amount", kind=ColumnKind.NUMBER), Column("Stage"), Column("AccountId"),
        Column("ContactId"),
    ),
}  # fmt: skip
MET, MET_AT = date(2026, 3, 2), datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
UNBRAKED = {
    (entity, system): Limits(**{name: Limit(100, 10_000, 10_000) for name in Limits.__dataclass_fields__})
    for entity in Entity
    for system in ("ma", "sfa")
}
FAST = Nature(rates=Rates(100_000, 100_000, 10_000_000))


class Story:
    def __init__(self, folder: Path, *, rate: float = 0.0, seed: int = 1) -> None:
        self.folder = folder
        self.faults = Faults(seed=seed, rate=0.0, kinds=KINDS)
        self.rate = rate
        self.ma = HubSpotWorld(FAST, folder, self.faults)
        self.sfa = MemorySystem(SALES, org="sfa")
        self.adapters: dict[str, Adapter] = {"ma": self.ma.adapter, "sfa": MemoryAdapter("sfa", self.sfa)}
        self.store = open_store(f"sqlite:///{folder / 'hub.db'}", now=lambda: self.ma.clock.now)
        self.mappings = load_mappings(
            {"company.yaml": dedent(COMPANY), "person.yaml": dedent(PERSON), "deal.yaml": dedent(DEAL)},
            systems={"ma", "sfa"}, rules=set(RULES), computed=set(),
        )  # fmt: skip
        self.serial = count(1)
        self.accounts: list[str] = []
        self.people: list[str] = []

    def close(self) -> None:
        self.ma.close()
        self.store.close()

    @property
    def hub(self) -> Hub:
        return Hub(
            store=self.store, adapters=self.adapters, mappings=self.mappings, now=lambda: self.ma.clock.now,
            new_key=lambda: f"L{next(self.serial):06d}", new_run=lambda: f"R{next(self.serial):06d}",
            holder="test", sleep=self.ma._sleep, spool=self.folder / "spool", limits=UNBRAKED,
        )  # fmt: skip

    def pass_time(self, by: timedelta = timedelta(hours=1)) -> None:
        self.ma.clock.advance(by)
        self.sfa.now = self.ma.clock.now

    def path(self) -> Path:
        return self.folder / f"plan{next(self.serial)}.jsonl"

    def sync(self) -> run.Outcome | None:
        self.pass_time()
        self.faults.rate = self.rate
        try:
            return run.sync(self.hub, self.path())
        finally:
            self.faults.rate = 0.0

    def steps(self) -> list[Any]:
        """What a further run would do."""
        self.pass_time()
        return [step for line in run.diff(self.hub, self.path()).lines() for step in line.plan.steps]

    def fill(self, companies: int, people: int) -> None:
        """Everybody is in the sales system, every other one in HubSpot too; a deal for every fifth."""
        kinds = self.ma.portal.kinds
        self.accounts = [
            self.sfa.seed("accounts", {"Name": f"株式会社青空{n}", "Employees": 10 + n}) for n in range(companies)
        ]
        for n in range(people):
            account = self.accounts[n % companies]
            person = {"LastName": f"山田{n}", "FirstName": "太郎", "Email": f"p{n}@aozora{n % companies}.example"}
            more = {"Title": "部長", "OptOut": "0", "AccountId": account, "Met": MET, "MetAt": MET_AT}
            self.people.append(self.sfa.seed("contacts", {**person, **more}))
            if n % 5 == 0:
                deal = {"Name": f"案件{n}", "Amount": 1000 * n, "Stage": "見積", "AccountId": account}
                self.sfa.seed("opportunities", {**deal, "ContactId": self.people[-1]})
            if n % 2 == 0:
                given = {"lastname": f"山田{n}", "firstname": "太郎", "email": person["Email"], "jobtitle": "課長"}
                self.ma.portal.create(kinds["contacts"], {**given, "hs_analytics_num_visits": str(n)}, by="CRM_UI")

    def contacts(self) -> dict[str, dict[str, str]]:
        """HubSpot's contacts by e-mail, as they stand there."""
        records = self.ma.portal.records["contacts"].values()
        return {r.properties.get("email", r.id): r.properties for r in records if r.archived is None}


KINDS = (
    Fault.CUT_BEFORE, Fault.THROTTLED, Fault.ERROR_BEFORE, Fault.UNAVAILABLE, Fault.CUT_AFTER, Fault.ERROR_AFTER,
    Fault.TRUNCATED, Fault.HTML, Fault.REORDERED,
)  # fmt: skip


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    made = Story(tmp_path)
    yield made
    made.close()


def settle(story: Story, most: int = 12) -> int:
    for rounds in range(most):
        story.sync()
        if not story.steps():
            return rounds
    raise AssertionError(f"not settled: {story.steps()[:3]}")


def test_everybody_arrives_once_and_then_there_is_nothing_to_do(story: Story) -> None:
    story.fill(5, 40)
    settle(story)
    contacts, portal = story.contacts(), story.ma.portal
    assert len(contacts) == 40 and len(story.sfa.rows["contacts"]) == 40
    assert all(p["jobtitle"] == "部長" and p["met_on"] == "2026-03-02" for p in contacts.values())
    assert {p["met_at"] for p in contacts.values()} == {"2026-03-02T10:30:00Z"}
    assert story.sfa.values("contacts", story.people[2])["Visits"] == 2  # type: ignore[index]
    deals = list(portal.records["deals"].values())
    assert len(deals) == 8 and {d.properties["dealstage"] for d in deals} == {"contractsent"}
    for record in portal.records["contacts"].values():
        (company,) = portal.linked("contacts", record.id, "companies")
        n = int(record.properties["email"].split("@aozora")[1].split(".")[0])
        assert portal.records["companies"][int(company)].properties["name"] == f"株式会社青空{n}"
    for deal in deals:
        assert (
            len(portal.linked("deals", deal.id, "contacts")) == len(portal.linked("deals", deal.id, "companies")) == 1
        )


def test_edits_on_both_sides_an_opt_out_a_merge_and_a_delete(story: Story) -> None:
    story.fill(3, 12)
    settle(story)
    portal, kind = story.ma.portal, story.ma.portal.kinds["contacts"]
    by_mail = {r.properties["email"]: r for r in portal.records["contacts"].values()}
    story.pass_time()
    portal.update(kind, by_mail["p1@aozora1.example"], {"jobtitle": "社長"}, by="CRM_UI")
    story.sfa.edit_behind("contacts", story.people[2], {"OptOut": "1"})
    story.sfa.edit_behind("contacts", story.people[3], {"Title": None, "AccountId": story.accounts[1]})
    portal.merge(kind, by_mail["p4@aozora1.example"].id, by_mail["p5@aozora2.example"].id)
    portal.archive(kind, by_mail["p6@aozora0.example"].id)
    settle(story)
    assert story.sfa.values("contacts", story.people[1])["Title"] == "社長"  # type: ignore[index]
    assert story.contacts()["p2@aozora2.example"]["hs_email_optout"] == "true"
    assert "p2@aozora2.example" in portal.opted_out
    moved = by_mail["p3@aozora0.example"]
    assert "jobtitle" not in moved.properties
    primary = [to for to, types in portal.linked("contacts", moved.id, "companies").items() if 1 in types]
    assert portal.records["companies"][int(primary[0])].properties["name"] == "株式会社青空1"
    kinds = {hold.hold.id.kind for hold in story.store.holds(kinds=None)}
    assert HoldKind.DELETE in kinds


def test_an_edit_in_the_very_moment_of_a_write_is_held_with_both_values(story: Story) -> None:
    story.fill(2, 6)
    settle(story)
    portal, kind = story.ma.portal, story.ma.portal.kinds["contacts"]
    record = next(r for r in portal.records["contacts"].values() if r.properties["email"] == "p2@aozora0.example")
    story.sfa.edit_behind("contacts", story.people[2], {"Note": "営業のメモ"})

    def typing(request: Request) -> bool:
        """Somebody saves the contact when our update is on its way."""
        if request.path.endswith("batch/update") and "message" not in record.properties:
            portal.update(kind, record, {"message": "マーケのメモ"}, by="CRM_UI")
        return False

    with story.faults.during(Fault.CUT_BEFORE, typing):
        story.sync()
    assert record.properties["message"] == "マーケのメモ"
    story.sync()
    (hold,) = [h.hold for h in story.store.holds(kinds=None)]
    assert hold.id.kind is HoldKind.CONFLICT and hold.id.topic == "note"
    assert "マーケのメモ" in str(hold.facts) and "営業のメモ" in str(hold.facts)
    assert record.properties["message"] == "マーケのメモ"
    assert story.sfa.values("contacts", story.people[2])["Note"] == "営業のメモ"  # type: ignore[index]


@pytest.mark.parametrize("seed", range(2))
def test_with_faults_the_end_is_the_same_and_nobody_is_there_twice(tmp_path: Path, seed: int) -> None:
    story = Story(tmp_path, rate=0.05, seed=seed)
    try:
        story.fill(5, 60)
        for _ in range(12):
            try:
                story.sync()
            except Exception as error:  # a run may end; the next one goes on
                assert type(error).__name__ in ("Transient", "Fatal"), error
        story.rate = 0.0
        settle(story)
        assert story.faults.happened
        assert len(story.contacts()) == 60 == len(story.ma.portal.records["contacts"])
        assert len(story.ma.portal.records["companies"]) == 5 and len(story.ma.portal.records["deals"]) == 12
        assert not [h.hold for h in story.store.holds(kinds=None)]
    finally:
        story.close()
