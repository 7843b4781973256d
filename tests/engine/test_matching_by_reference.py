"""Deals of two systems are the same when their name and their company are: the companies find each other first."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from connector.model import Entity
from tests.engine.kit import Kit, columns, kit

COMPANY = """
    entity: company
    enabled: true
    systems: {ma: {object: firms}, sfa: {object: accounts}}
    match: {identifiers: [name]}
    fields:
      name: {type: text, map: {ma: name, sfa: Name}, flow: sfa -> ma}
"""
DEAL = """
    entity: deal
    enabled: true
    systems: {ma: {object: deals}, sfa: {object: opportunities}}
    match: {identifiers: [[name, company]]}
    fields:
      name: {type: text, map: {ma: name, sfa: Name}, flow: sfa -> ma}
      company: {type: reference, to: company, map: {ma: firm, sfa: AccountId}, flow: sfa -> ma}
"""


def site(folder: Path) -> Kit:
    made = kit(
        folder,
        mappings={"company.yaml": dedent(COMPANY), "deal.yaml": dedent(DEAL)},
        objects={
            "ma": {"firms": columns("name"), "deals": columns("name", "firm")},
            "sfa": {"accounts": columns("Name"), "opportunities": columns("Name", "AccountId")},
        },
    )
    for name in ("青空", "みどり"):
        firm = made.systems["ma"].seed("firms", {"name": name})
        account = made.systems["sfa"].seed("accounts", {"Name": name})
        made.systems["ma"].seed("deals", {"name": "更新", "firm": firm})
        made.systems["sfa"].seed("opportunities", {"Name": "更新", "AccountId": account})
    return made


def pairs(made: Kit) -> set[frozenset[str]]:
    links = [link for several in made.store.every(Entity.DEAL, 100) for link in several]
    return {frozenset(f"{e.at.system}:{e.at.id}" for e in link.ends) for link in links}


def test_in_the_first_run(tmp_path: Path) -> None:
    made = site(tmp_path)
    made.sync()
    found = pairs(made)
    assert len(found) == 2 and all(len({at.split(":")[0] for at in pair}) == 2 for pair in found)


def test_and_later(tmp_path: Path) -> None:
    made = site(tmp_path)
    made.sync()
    firm = made.systems["ma"].seed("firms", {"name": "海運"})
    account = made.systems["sfa"].seed("accounts", {"Name": "海運"})
    deal = made.systems["ma"].seed("deals", {"name": "更新", "firm": firm})
    lonely = made.systems["sfa"].seed("opportunities", {"Name": "更新", "AccountId": None})
    made.sync()
    assert len(pairs(made)) == 4, "without its company a deal is nobody's"
    made.systems["sfa"].edit_behind("opportunities", lonely, {"AccountId": account})
    made.sync()
    assert frozenset({f"ma:{deal}", f"sfa:{lonely}"}) in pairs(made)
