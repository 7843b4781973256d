"""Owners on three systems at once: Salesforce and HubSpot list their users, the third has logins and a table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from connector.adapters.contract import Adapter, Change, Column, ColumnKind, ListsUsers, User, Written
from connector.adapters.memory import MemoryAdapter, MemorySystem
from connector.cleanse import RULES
from connector.engine import run
from connector.engine.hub import Hub
from connector.mapping.lens import lens
from connector.mapping.load import load_mappings
from connector.mapping.model import EntityMapping, FieldMapping, ObjectMapping
from connector.mapping.owners import OwnerTable, owners_by_system
from connector.model import Entity, FieldType, Hold, HoldKind
from connector.store.store import open_store
from tests.adapters.hubspot.world import HubSpotWorld, Nature
from tests.adapters.kintone_world import KintoneWorld
from tests.adapters.salesforce.world import SalesforceWorld
from tests.fakes.hubspot import Rates
from tests.fakes.hubspot.portal import Owner
from tests.fakes.kintone import Token
from tests.fakes.salesforce.org import ADMIN, GONE_USER

MAPPING = """
    entity: person
    enabled: true
    systems:
      crm: {object: Contact}
      ma: {object: contacts, owner: hubspot_owner_id}
      kintone: {object: 顧客}
    match: {identifiers: [email]}
    fields:
      email: {type: email, map: {crm: Email, ma: email, kintone: メール}, flow: "crm -> ma, kintone"}
      owner: {type: owner, map: {crm: OwnerId, ma: hubspot_owner_id, kintone: 担当者}, flow: "crm -> ma, kintone"}
"""
SATO, ITO, BOSS, GONE = "sato@example.jp", "ito@example.jp", "boss@example.jp", "gone@example.jp"
TABLE = OwnerTable(people={SATO: {"kintone": ("sato",)}, ITO: {"kintone": ("ito",)}, BOSS: {"kintone": ("boss",)}})
FALLBACK = OwnerTable(TABLE.people, {"": BOSS})


class World:
    """A contact that all three systems have; Salesforce says who owns it."""

    def __init__(self, folder: Path, table: OwnerTable) -> None:
        self.folder, self.table, self.serial = folder, table, count(1)
        self.ma = HubSpotWorld(Nature(rates=Rates(100_000, 100_000, 10_000_000)), folder)
        self.crm = SalesforceWorld(object="Contact")
        self.kintone = MemorySystem({"顧客": (Column("メール"), Column("担当者", kind=ColumnKind.CHOICES))}, org="k")
        for id, mail in ((ADMIN, "Sato@example.jp"), (GONE_USER, f"{GONE}.invalid")):
            self.crm.org.rows["User"][id].values["Email"] = mail
        self.ito = self.crm.org.put("User", {"Name": "伊藤", "Email": ITO, "IsActive": True}).id
        self.boss = self.crm.org.put("User", {"Name": "部長", "Email": BOSS, "IsActive": True}).id
        self.queue = self.crm.org.put("Group", {"Name": "未割当", "Type": "Queue"}).id
        for id, mail, left in (("201", SATO, False), ("202", BOSS, False), ("203", GONE, True)):
            self.ma.portal.owners[id] = Owner(id, mail, archived=left)
        self.adapters: dict[str, Adapter] = {
            "crm": self.crm.adapter, "ma": self.ma.adapter, "kintone": MemoryAdapter("kintone", self.kintone),
        }  # fmt: skip
        self.store = open_store(f"sqlite:///{folder / 'hub.db'}", now=lambda: self.ma.clock.now)
        self.contact = self.crm.seed({"LastName": "山田", "Email": "yamada@customer.jp", "OwnerId": ADMIN})
        contact = {"lastname": "山田", "email": "yamada@customer.jp"}
        self.record = self.ma.portal.create(self.ma.portal.kinds["contacts"], contact, by="CRM_UI")
        self.row = self.kintone.seed("顧客", {"メール": "yamada@customer.jp"})

    @property
    def hub(self) -> Hub:
        systems = set(self.adapters)
        return Hub(
            store=self.store, adapters=self.adapters, now=lambda: self.ma.clock.now, holder="test",
            mappings=load_mappings({"p.yaml": dedent(MAPPING)}, systems=systems, rules=set(RULES), computed=set()),
            new_key=lambda: f"L{next(self.serial)}", new_run=lambda: f"R{next(self.serial)}",
            spool=self.folder / "spool", sleep=self.ma._sleep, owners=self.table,
        )  # fmt: skip

    def sync(self) -> None:
        self.pass_time()
        run.sync(self.hub, self.path())

    def pass_time(self) -> None:
        self.ma.advance(timedelta(hours=1))
        self.crm.advance(timedelta(hours=1))
        self.kintone.now = self.ma.clock.now

    def path(self) -> Path:
        return self.folder / f"plan{next(self.serial)}.jsonl"

    def steps(self) -> list[Any]:
        self.pass_time()
        return [step for line in run.diff(self.hub, self.path()).lines() for step in line.plan.steps]

    def give(self, id: str) -> None:
        self.crm.edit_behind(self.contact, {"OwnerId": id})
        self.sync()

    def owners(self) -> tuple[Any, Any, Any]:
        """Who owns it in Salesforce, in HubSpot, in the third."""
        row = self.kintone.values("顧客", self.row) or {}
        contact = self.crm.org.rows["Contact"][self.contact]
        return contact.values["OwnerId"], self.record.properties.get("hubspot_owner_id"), row.get("担当者")

    def holds(self) -> list[Hold]:
        return [one.hold for one in self.store.holds() if one.hold.id.kind is HoldKind.INVALID]

    def close(self) -> None:
        self.crm.close()
        self.ma.close()
        self.store.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, FALLBACK)
    made.sync()  # who is who
    made.sync()
    yield made
    made.close()


def test_the_users_that_vendors_list(world: World) -> None:
    crm, ma = world.crm.adapter, world.ma.adapter
    assert isinstance(crm, ListsUsers) and isinstance(ma, ListsUsers)
    world.ma.portal.owners["204"] = Owner("204", "")
    assert User("204") in ma.users() and User("203", GONE, active=False) in ma.users()
    told = {user.id: user for user in crm.users()}
    assert told[GONE_USER] == User(GONE_USER, GONE, "退職者", active=False)  # a sandbox hangs .invalid on addresses
    assert told[world.queue] == User(world.queue, "", "未割当") and told[ADMIN].active
    assert not isinstance(world.adapters["kintone"], ListsUsers)


def test_the_owner_of_the_crm_arrives_as_each_system_names_him(world: World) -> None:
    assert world.owners() == (ADMIN, "201", ["sato"])
    assert world.steps() == [] and world.holds() == []
    world.give(world.boss)
    assert world.owners() == (world.boss, "202", ["boss"]) and world.steps() == []


def test_who_has_no_seat_in_one_system_is_replaced_there_only(world: World) -> None:
    world.give(world.ito)
    assert world.owners() == (world.ito, "202", ["ito"])
    assert world.steps() == [] and world.holds() == []


def test_records_of_people_who_left_go_to_the_fallback(world: World) -> None:
    world.give(GONE_USER)
    assert world.owners() == (GONE_USER, "202", ["boss"])
    assert world.steps() == [] and world.holds() == []


def test_a_queue_is_nobody_and_takes_no_record_away(world: World) -> None:
    world.give(world.queue)
    assert world.owners() == (world.queue, "201", ["sato"]) and world.holds() == []


def test_without_a_fallback_one_field_is_held_and_the_table_releases_it(world: World) -> None:
    world.table = TABLE
    world.crm.edit_behind(world.contact, {"Email": "yamada@new.jp"})
    world.give(world.ito)
    assert world.owners() == (world.ito, "201", ["ito"])
    assert world.record.properties["email"] == "yamada@new.jp"  # the rest of the record goes on
    (hold,) = world.holds()
    assert hold.facts["problem"] == "unknown_owner" and hold.facts["value"] == ITO and hold.facts["system"] == "ma"
    world.table = FALLBACK
    world.sync()
    assert world.owners() == (world.ito, "202", ["ito"]) and world.holds() == []


def test_who_changed_the_address_in_one_system_first_keeps_the_records(world: World) -> None:
    world.crm.org.rows["User"][ADMIN].values["Email"] = "suzuki@example.jp"
    table = {**TABLE.people, "suzuki@example.jp": {"kintone": ("sato",)}}
    del table[SATO]
    world.table = OwnerTable(table, {"": BOSS}, {SATO: "suzuki@example.jp"})
    assert world.steps() == []
    world.crm.edit_behind(world.contact, {"Email": "yamada@new.jp"})
    world.sync()
    assert world.owners() == (ADMIN, "201", ["sato"]) and world.record.properties["email"] == "yamada@new.jp"
    assert world.steps() == [] and world.holds() == []
    world.give(world.boss)  # HubSpot's record shows another address than the hub remembers: it is read anew first
    world.sync()
    assert world.owners() == (world.boss, "202", ["boss"]) and world.steps() == [] and world.holds() == []


def test_an_id_that_nobody_lists_is_held_until_the_table_names_it(world: World) -> None:
    world.kintone.edit_behind("顧客", world.row, {"担当者": ["suzuki"]})
    world.sync()
    (hold,) = world.holds()
    assert hold.facts["problem"] == "unknown_owner" and hold.facts["shown"] == "suzuki"
    assert world.owners() == (ADMIN, "201", ["suzuki"])
    world.table = OwnerTable({**TABLE.people, "suzuki@example.jp": {"kintone": ("suzuki",)}})
    world.sync()
    assert world.owners() == (ADMIN, "201", ["sato"]) and world.holds() == []  # a receiver: the CRM says who


def test_a_user_field_of_kintone_takes_and_shows_one_login() -> None:
    real = KintoneWorld()
    try:
        real.kintone.app(9, "案件", {"担当営業": {"type": "USER_SELECT"}})
        real.kintone.tokens["owner-token"] = Token(9)
        adapter = real.made(apps={"案件": {"app": 9, "token": "owner-token"}})
        shape = adapter.describe("案件")
        both = frozenset({"sfa"})
        at = ObjectMapping("sfa", "案件", columns={"owner": ("担当営業",)})
        mapping = EntityMapping(Entity.DEAL, (at,), {"owner": FieldMapping("owner", FieldType.OWNER, both, both)})
        made = lens(mapping, at, shape, "Asia/Tokyo", owners_by_system({"kintone": None}, TABLE)["kintone"])
        id = real.kintone.seed(9, {"担当営業": [{"code": "ito"}]})
        (before,) = adapter.get("案件", "id", [id], ["担当営業"])
        assert made.get(before.values).values == {"owner": ITO}
        change = Change(id, made.put({"owner": SATO}, {}), before.values, before.version)
        assert isinstance(adapter.push("案件", [change])[0], Written)
        (after,) = adapter.get("案件", "id", [id], ["担当営業"])
        assert made.get(after.values).values == {"owner": SATO} and made.put({"owner": SATO}, {}) == after.values
    finally:
        real.close()


def test_users_are_read_once_a_run(world: World) -> None:
    for n in range(30):
        mail = f"p{n}@customer.jp"
        world.crm.seed({"LastName": "山田", "Email": mail, "OwnerId": ADMIN})
        world.ma.portal.create(world.ma.portal.kinds["contacts"], {"lastname": "山田", "email": mail}, by="CRM_UI")
    before = world.ma.serving.count(lambda request: "/owners" in request.path)
    world.sync()
    assert world.ma.serving.count(lambda request: "/owners" in request.path) - before == 2  # present ones, former ones
    owned = [r for r in world.ma.portal.records["contacts"].values() if r.properties.get("hubspot_owner_id") == "201"]
    assert len(owned) == 31


def test_an_owner_who_leaves_between_diff_and_apply_stops_one_record(world: World) -> None:
    world.table = TABLE
    world.crm.edit_behind(world.contact, {"OwnerId": world.boss})
    world.pass_time()
    plan = world.path()
    run.diff(world.hub, plan)
    world.ma.portal.owners["202"] = Owner("202", BOSS, archived=True)
    run.apply(world.hub, plan)
    assert world.owners() == (world.boss, "201", ["boss"])
    assert {one.hold.id.kind for one in world.store.holds()} == {HoldKind.REJECTED}
    world.sync()
    assert [h.facts["problem"] for h in world.holds()] == ["unknown_owner"]
