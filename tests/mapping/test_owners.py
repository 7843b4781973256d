"""Owners: who is who in each system, who takes over, and the laws of a lens whatever the lists say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.adapters.contract import Column, ColumnKind, Shape, User
from connector.config import load_config
from connector.errors import ConfigError
from connector.mapping.lens import Lens, lens
from connector.mapping.load import render
from connector.mapping.model import EntityMapping, FieldMapping, ObjectMapping
from connector.mapping.owners import Owners, OwnerTable, owners_by_system
from connector.model import Entity, FieldType, Problem
from tests.mapping.test_lens import HOSTILE, laws

SATO, ITO, BOSS, GONE, NEW = (f"{name}@example.jp" for name in ("sato", "ito", "boss", "gone", "new"))
CRM = (User("005A", "Sato@Example.jp"), User("005B", BOSS), User("005C", GONE, active=False), User("00GQ"))
MA = (User("11", SATO), User("12", BOSS), User("13", ITO))
TABLE = OwnerTable(people={SATO: {"kintone": ("sato", "sato2")}, BOSS: {"kintone": ("boss",)}}, fallback={"": BOSS})


def made(owners: Owners, kind: ColumnKind = ColumnKind.TEXT, most: int | None = None) -> Lens:
    both = frozenset({"s"})
    at = ObjectMapping("s", "o", columns={"f": ("c",)}, owner="c")
    mapping = EntityMapping(Entity.PERSON, (at,), {"f": FieldMapping("f", FieldType.OWNER, both, both)})
    return lens(mapping, at, Shape("o", (Column("c", kind=kind, max_length=most),)), "Asia/Tokyo", owners)


def every(table: OwnerTable = TABLE) -> dict[str, Owners]:
    return owners_by_system({"crm": CRM, "ma": MA, "kintone": None, "book": None}, table)


def test_an_owner_is_an_address_on_the_hub_and_an_id_in_each_system() -> None:
    lenses = {system: made(owners) for system, owners in every().items()}
    shown = {"crm": "005A", "ma": "11", "kintone": "sato", "book": "SATO@example.JP"}
    for system, cell in shown.items():
        assert lenses[system].get({"c": cell}).values == {"f": SATO}, system
    assert {s: one.put({"f": SATO}, {})["c"] for s, one in lenses.items()} == {**shown, "book": SATO}
    assert lenses["kintone"].get({"c": ["sato2"]}).values == {"f": SATO}
    assert made(every()["kintone"], ColumnKind.CHOICES).put({"f": SATO}, {}) == {"c": ["sato"]}
    assert made(owners_by_system({"db": [User("7", SATO)]}, OwnerTable())["db"], ColumnKind.NUMBER).put(
        {"f": SATO}, {}
    ) == {"c": 7}


def test_blank_queue_unknown_and_several_are_told_apart() -> None:
    crm, kintone = made(every()["crm"]), made(every()["kintone"])
    assert crm.get({"c": ""}).values == crm.get({"c": None}).values == crm.get({"c": "00GQ"}).values == {"f": None}
    assert crm.get({}).values == {} and crm.get({}).problems == {}
    assert crm.get({"c": "005X"}).problems == {"f": (Problem.UNKNOWN_OWNER, "005X")}
    assert kintone.get({"c": ["sato", "boss"]}).problems == {"f": (Problem.SEVERAL_OWNERS, "sato;boss")}
    # a login that looks like an address is no answer where a table says who is who
    assert kintone.get({"c": "ito@example.jp"}).problems["f"][0] is Problem.UNKNOWN_OWNER
    assert made(every()["book"]).get({"c": "佐藤"}).problems["f"][0] is Problem.UNKNOWN_OWNER


def test_who_left_or_has_no_account_is_replaced_by_the_fallback() -> None:
    found = every()
    assert found["crm"].read("005C") == GONE  # their records still say so
    assert [found[system].write(GONE) for system in ("crm", "ma", "kintone", "book")] == ["005B", "12", "boss", BOSS]
    assert found["kintone"].write(ITO) == "boss" and found["book"].write(ITO) == ITO
    assert found["ma"].write("never@example.jp") is Problem.UNKNOWN_OWNER  # perhaps a former address: no fallback


def test_without_a_fallback_they_are_held() -> None:
    found = every(OwnerTable(people=TABLE.people))
    assert [found[system].write(GONE) for system in ("crm", "ma", "kintone", "book")] == [Problem.UNKNOWN_OWNER] * 4
    only = every(OwnerTable(people=TABLE.people, fallback={"ma": BOSS, "crm": ITO}))
    assert only["ma"].write(GONE) == "12" and only["kintone"].write(GONE) is Problem.UNKNOWN_OWNER
    assert only["crm"].write(GONE) is Problem.UNKNOWN_OWNER  # the fallback has no account there either


def test_the_table_has_the_last_word() -> None:
    table = OwnerTable(people={NEW: {"crm": ("005A",)}}, renamed={GONE: NEW, ITO: SATO}, left=frozenset({BOSS}))
    found = every(table)
    assert found["crm"].read("005A") == NEW and found["crm"].write(NEW) == "005A"
    assert found["crm"].write(GONE) == "005A"  # renamed
    assert found["crm"].read("005B") == BOSS and found["crm"].write(BOSS) is Problem.UNKNOWN_OWNER  # left
    assert found["ma"].read("13") == SATO


def test_an_address_that_several_users_share_names_nobody() -> None:
    users = [User("1", SATO), User("2", SATO), User("3", SATO, active=False), User("4", BOSS)]
    shared = owners_by_system({"s": users}, OwnerTable(fallback={"": BOSS}))["s"]
    assert shared.read("2") == SATO and shared.write(SATO) is Problem.SEVERAL_OWNERS
    chosen = owners_by_system({"s": users}, OwnerTable(people={SATO: {"s": ("2",)}}))["s"]
    assert chosen.write(SATO) == "2" and chosen.read("1") == SATO
    back = owners_by_system({"s": [User("1", SATO, active=False), User("2", SATO)]}, OwnerTable())["s"]
    assert back.write(SATO) == "2"  # somebody who came back


def test_lists_name_the_owner_by_address() -> None:
    assert made(every()["crm"]).owner({"c": "005A"}) == SATO
    assert made(every()["crm"]).owner({"c": "00GQ"}) == "00GQ" and made(every()["crm"]).owner({"c": None}) == ""


def test_an_id_that_does_not_fit_is_not_cut() -> None:
    assert made(every()["crm"], most=3).fit("f", SATO) is Problem.TOO_LONG


ADDRESSES = st.sampled_from([SATO, ITO, BOSS, GONE, NEW, "Sato@Example.jp"])
USERS = st.lists(
    st.builds(User, st.sampled_from("12345"), st.just("") | ADDRESSES, st.just(""), st.booleans()),
    unique_by=lambda user: user.id,
)
CANONICAL = st.sampled_from([SATO, ITO, BOSS, GONE, NEW])
TABLES = st.builds(
    OwnerTable,
    people=st.dictionaries(
        CANONICAL,
        st.fixed_dictionaries({}, optional={s: st.just((f"{s}1",)) for s in "ab"}),
        max_size=1,
    ),
    fallback=st.dictionaries(st.sampled_from(["", "a"]), CANONICAL),
    renamed=st.dictionaries(st.sampled_from([GONE, NEW]), st.sampled_from([SATO, ITO, BOSS])),
    left=st.frozensets(st.sampled_from([SATO, ITO, GONE])),
)


@settings(max_examples=500, deadline=None)
@given(st.none() | USERS, st.none() | USERS, TABLES, st.sampled_from("ab"), ADDRESSES, st.sampled_from(ColumnKind))
def test_the_laws_hold_whatever_the_lists_say(
    a: list[User] | None, b: list[User] | None, table: OwnerTable, system: str, raw: str, kind: ColumnKind
) -> None:
    found = made(owners_by_system({"a": a, "b": b}, table)[system], kind)
    laws(found, "f", FieldType.OWNER, (), raw)


@given(st.sampled_from(HOSTILE) | st.text() | st.integers() | st.floats())
def test_reading_is_total(cell: Any) -> None:
    for owners in every().values():
        read = made(owners).get({"c": cell})
        assert set(read.values) | set(read.problems) == {"f"}


CONFIG = """\
systems:
  crm: {type: memory}
  kintone: {type: memory}
owners:
"""


def config(owners: str) -> OwnerTable:
    return load_config(CONFIG + owners, "config.yaml", {}).owners.table()


def test_the_table_of_config_yaml() -> None:
    table = config("""\
  people:
    Sato@example.jp: {kintone: sato}
    boss@example.jp: {kintone: [boss, old-boss], crm: 005B}
  fallback: boss@example.jp
  left: [Gone@example.jp]
  renamed: {former@example.jp: sato@example.jp}
""")
    assert table == OwnerTable(
        {SATO: {"kintone": ("sato",)}, BOSS: {"kintone": ("boss", "old-boss"), "crm": ("005B",)}},
        {"": BOSS},
        {"former@example.jp": SATO},
        frozenset({GONE}),
    )
    assert config("  fallback: {crm: boss@example.jp}\n").fallback == {"crm": BOSS}
    assert load_config(CONFIG.replace("owners:\n", ""), "config.yaml", {}).owners.table() == OwnerTable()


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("  people: {sato: {kintone: sato}}\n", "config.owner_address", 5),
        ("  people: {a@b.jp: {kintnoe: sato}}\n", "mapping.unknown_system", 5),
        ("  people:\n    a@b.jp: {crm: x}\n    c@d.jp: {crm: x}\n", "config.owner_twice", 7),
        ("  fallback: boss\n", "config.owner_address", 5),
        ("  fallback: {krm: boss@example.jp}\n", "mapping.unknown_system", 5),
        ("  left: [boss@example.jp, boss]\n", "config.owner_address", 5),
        ("  renamed: {a@b.jp: c}\n", "config.owner_address", 5),
        ("  fallbak: a@b.jp\n", "mapping.unknown_key", 5),
    ],
)
def test_what_is_wrong_is_said_at_its_line(text: str, message: str, line: int) -> None:
    with pytest.raises(ConfigError) as caught:
        config(text)
    (finding,) = caught.value.findings
    assert (finding.message, finding.line) == (message, line)
    for lang in ("ja", "en"):
        assert message not in render(finding, lang)
