"""What is going on when death comes: a world prepared undisturbed, and an act."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from connector.adapters.memory import Nature
from connector.engine import run
from connector.errors import StalePlan
from connector.model import Entity, HoldKind
from tests.crash.bell import Bell, Death, hang
from tests.engine.kit import CONTACTS, PEOPLE, PERSON, Kit, columns, kit
from tests.engine.test_parts import seeded
from tests.engine.test_parts import world as rows_with_parts

# small pages and batches: many calls, and batches that death divides
SMALL = Nature(page=2, read_batch=2, write_batch=3)
NATURES = {"ma": SMALL, "sfa": SMALL, "kintone": SMALL}
NUMBER = 5


@dataclass(frozen=True)
class Scenario:
    name: str
    prepare: Callable[[Path], Kit]
    act: Callable[[Kit], object]


def _people(k: Kit, number: int = NUMBER) -> Kit:
    for i in range(number):
        k.systems["ma"].seed("people", {"last": f"姓{i}", "first": f"名{i}", "mail": f"p{i}@example.com", "score": i})
        k.systems["sfa"].seed("contacts", {"LastName": f"姓{i}", "FirstName": f"名{i}", "Email": f"p{i}@example.com"})
    return k


def _rounds(k: Kit, number: int) -> Kit:
    for _ in range(number):
        k.sync()
    k.pass_time()
    return k


def people(folder: Path) -> Kit:
    return _people(kit(folder, natures=NATURES))


def linked(folder: Path) -> Kit:
    return _rounds(people(folder), 1)


def in_step(folder: Path) -> Kit:
    return _rounds(people(folder), 3)


def edited(folder: Path) -> Kit:
    k = in_step(folder)
    for i in list(k.systems["sfa"].rows["contacts"]):
        k.systems["sfa"].edit_behind("contacts", i, {"Title": f"部長{i}", "Phone": "03-1234-5678"})
    return k


def both_edited(folder: Path) -> Kit:
    k = edited(folder)
    for i in list(k.systems["ma"].rows["people"]):
        k.systems["ma"].edit_behind("people", i, {"title": f"課長{i}", "tel": "06-1111-2222"})
    return k


def decided(folder: Path) -> Kit:
    k = both_edited(folder)
    k.sync()
    for hold in k.holds(HoldKind.CONFLICT):
        k.decide(hold, "ma")
    return k


def creating(folder: Path) -> Kit:
    text = PERSON.replace("sfa: {object: contacts}", "sfa: {object: contacts, create: on}")
    k = _rounds(_people(kit(folder, mappings={"person.yaml": text}, natures=NATURES), 1), 2)
    for i in range(NUMBER):
        k.systems["ma"].seed("people", {"last": f"新{i}", "first": "人", "mail": f"new{i}@example.com", "score": 7})
    k.pass_time()
    return k


def opted_out(folder: Path) -> Kit:
    k = edited(folder)
    for i in list(k.systems["ma"].rows["people"]):
        k.systems["ma"].edit_behind("people", i, {"optout": "1"})
    return k


def deleted(folder: Path) -> Kit:
    k = in_step(folder)
    for id_ in list(k.systems["sfa"].rows["contacts"])[:2]:
        k.systems["sfa"].delete_behind("contacts", id_)
    k.sync()
    for hold in k.holds(HoldKind.DELETE):
        k.decide(hold, "propagate")
    return k


def merged(folder: Path) -> Kit:
    k = in_step(folder)
    loser, winner, *_ = k.systems["sfa"].rows["contacts"]
    k.systems["sfa"].edit_behind("contacts", winner, {"Title": "統合後"})
    k.systems["sfa"].merge_behind("contacts", loser, winner)
    return k


def synced(folder: Path) -> Kit:
    k = edited(folder)
    k.notes["run"] = k.sync().run
    k.pass_time()
    return k


def parts(folder: Path) -> Kit:
    k = rows_with_parts(folder)
    seeded(k)
    for i in range(2):
        k.systems["kintone"].seed(
            "顧客管理",
            {
                "会社名": f"佐藤{i}工業",
                "会社電話": f"06-1234-567{i}",
                "担当者名": f"佐藤 {i}",
                "担当者メール": f"s{i}@sato.example",
            },
        )
        k.systems["sfa"].seed("accounts", {"Name": f"佐藤{i}工業", "Phone": f"061234567{i}", "Rank": "B"})
        k.systems["ma"].seed("people", {"last": "佐藤", "first": f"{i}", "mail": f"s{i}@sato.example", "score": 5})
    return _rounds(k, 1)


COMPANY = dedent(
    """
    entity: company
    enabled: true
    systems:
      ma: {object: companies}
      sfa: {object: accounts, create: on}
    match:
      identifiers: [[name, phone]]
    fields:
      name:
        type: text
        cleanse: company
        map: {ma: name, sfa: Name}
        flow: ma <-> sfa
        if_both_changed: sfa wins
      phone:
        type: phone
        map: {ma: tel, sfa: Phone}
        flow: ma <-> sfa
        if_both_changed: sfa wins
    """
)
EMPLOYED = (
    PERSON.replace("sfa: {object: contacts}", "sfa: {object: contacts, create: on}")
    + """
  company:
    type: reference
    to: company
    map: {ma: company_id, sfa: AccountId}
    flow: ma <-> sfa
    if_both_changed: sfa wins
"""
)


def employed(folder: Path) -> Kit:
    """New companies and their people on one side: parents are made first, children refer to them."""
    k = kit(
        folder,
        mappings={"company.yaml": COMPANY, "person.yaml": EMPLOYED},
        objects={
            "ma": {"people": PEOPLE, "companies": columns("name", "tel")},
            "sfa": {"contacts": CONTACTS, "accounts": columns("Name", "Phone")},
        },
        natures=NATURES,
    )
    _rounds(_people(k, 1), 2)
    for i in range(2):
        company = k.systems["ma"].seed("companies", {"name": f"株式会社山田{i}", "tel": f"03-1234-567{i}"})
        for j in range(2):
            k.systems["ma"].seed(
                "people",
                {
                    "last": "山田",
                    "first": f"{i}{j}",
                    "mail": f"y{i}{j}@yamada.example",
                    "company_id": company,
                    "score": 1,
                },
            )
    k.pass_time()
    return k


def changed_unseen(folder: Path) -> Kit:
    """Scores that changed without a stamp: only a backfill delivers them."""
    k = in_step(folder)
    for row in k.systems["ma"].rows["people"].values():
        row.values["score"] = 70
    return k


def half_done(folder: Path) -> Kit:
    """A run died between its calls and their outcomes: the next one has intents to resolve."""
    k = creating(folder)
    for i in list(k.systems["sfa"].rows["contacts"]):
        k.systems["sfa"].edit_behind("contacts", i, {"Title": f"部長{i}"})
    bell = Bell()
    hang(bell, k)
    answers = 0

    def wire(moment: str, call: str, payload: object) -> None:
        nonlocal answers
        answers += (moment, call) == ("after", "push")
        if answers == 2:
            bell.at = 1  # nothing is done any more
        bell.ring(f"{moment} {call}")

    for adapter in k.adapters.values():
        adapter.wire = wire
    with suppress(Death):
        k.sync()
    assert list(k.store.journal(unfinished=True))
    for adapter in k.adapters.values():
        adapter.wire = lambda moment, call, payload: None
    return k


def sync(k: Kit) -> object:
    return k.sync()


def save_and_apply(k: Kit) -> object:
    return k.apply(k.diff(), accept=True)


def backfill(k: Kit) -> object:
    return k.apply(run.backfill(k.hub, k.path(), Entity.PERSON, "score"), accept=True)


def undo(k: Kit) -> object:
    try:
        return k.undo(k.notes["run"])
    except StalePlan as refused:
        assert refused.message == "undo.done"
        return None


SCENARIOS = (
    Scenario("first link", people, sync),
    Scenario("first delivery", linked, sync),
    Scenario("edits on one side", edited, sync),
    Scenario("edits on both sides, a rule and a question", both_edited, sync),
    Scenario("a verdict is sent", decided, sync),
    Scenario("creates", creating, sync),
    Scenario("parents first, then who refers to them", employed, sync),
    Scenario("opt-outs go first", opted_out, sync),
    Scenario("a confirmed deletion", deleted, sync),
    Scenario("a merge inside a system", merged, sync),
    Scenario("parts of one record", parts, sync),
    Scenario("a backfill", changed_unseen, backfill),
    Scenario("a saved plan", both_edited, save_and_apply),
    Scenario("undo", synced, undo),
    Scenario("recovery", half_done, sync),
)
