"""Records told apart by numbers are placed as if all of them were compared at once."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from connector.match import Decisions, Matcher, Subject
from connector.match import crowd as crowds
from connector.match.crowd import Crowd, decide
from connector.match.placing import near, nodes_of, shared_values
from connector.model import Entity, PersonName, Value
from tests.match.worlds import matching

FAMILY = ["山田", "鈴木", "佐藤", "髙橋", "高橋", "Suzuki", "ヤマダ"]
GIVEN = ["太郎", "太朗", "花子", "次郎", "Taro", "T", None]
FIRMS = [
    "株式会社山田商事",
    "山田商事㈱",
    "山田商事株式会社 大阪支店",
    "鈴木工業",
    "Yamada Trading",
    "有限会社山田商事",
]


def subject(dice: random.Random, entity: Entity, number: int, crowding: int) -> Subject:
    system = dice.choice(["ma", "crm", "kintone"])
    values: dict[str, Value] = {}

    def maybe(field: str, made: Value) -> None:
        if dice.random() < 0.75:
            values[field] = made

    phone = f"03-3123-{dice.randrange(crowding):04d}"
    if entity is Entity.PERSON:
        maybe("name", PersonName(dice.choice(FAMILY), dice.choice(GIVEN)))
        maybe("company", dice.choice(FIRMS))
        local = dice.choice(["taro", "info", "hanako", f"p{dice.randrange(crowding)}"])
        maybe("email", f"{local}@{dice.choice(['yamada.co.jp', 'gmail.com', 'suzuki.jp'])}")
        maybe("phone", phone)
        maybe("address", None)
    elif entity is Entity.COMPANY:
        maybe("name", dice.choice(FIRMS) + dice.choice(["", "", " 東京支店"]))
        maybe("corporate_number", str(7000012050002 + dice.randrange(crowding)))
        maybe("phone", phone)
        maybe("url", f"https://www.{dice.choice(['yamada', 'suzuki', 'sato'])}.co.jp/")
    else:
        maybe("deal_no", str(dice.randrange(crowding)))
        maybe("name", dice.choice(["更新", "新規"]))
    made = datetime(2020 + dice.randrange(4), 1, 1, tzinfo=UTC) if dice.random() < 0.8 else None
    return Subject(f"{system}/contacts/{number}", system, "contacts", values, made, dice.randrange(2))


def batched(made: Matcher, subjects: list[Subject]) -> Decisions:
    crowd = Crowd(made.rules)
    for s in subjects:
        assert set(crowd.add((s.system, s.ref), made.rules.features(s.values))) == set(made.blocks(s.values))
    told = crowd.sorted()
    groups = {(None, (subjects[i].ref,)) for i in told.alone}
    groups |= {(None, tuple(sorted((subjects[a].ref, subjects[b].ref)))) for a, b in told.pairs}
    reviews, duplicates = [], []
    for part in told.parts:
        found = decide(made.rules, part, dict(enumerate(subjects)))
        groups |= {(g.link, g.members) for g in found.groups}
        reviews += found.reviews
        duplicates += found.duplicates
    return groups, sorted(reviews, key=lambda r: (r.a, r.b)), sorted(duplicates, key=lambda d: d.ref)  # type: ignore[return-value]  # tuples of the same members


def at_once(made: Matcher, subjects: list[Subject]) -> Decisions:
    found = made.decide(subjects, ())
    groups = {(g.link, g.members) for g in found.groups}
    return groups, sorted(found.reviews, key=lambda r: (r.a, r.b)), list(found.duplicates)  # type: ignore[return-value]  # tuples of the same members


WORLDS = [
    (Entity.PERSON, (("email",), ("name", "company", "phone"))),
    (Entity.PERSON, (("email",), ("phone",))),
    (Entity.PERSON, (("name", "phone"),)),
    (Entity.COMPANY, (("corporate_number",), ("name", "phone"))),
    (Entity.COMPANY, (("url",),)),
    (Entity.DEAL, (("deal_no",),)),
]


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize(("entity", "identifiers"), WORLDS)
def test_batched_is_at_once(
    entity: Entity, identifiers: tuple[tuple[str, ...], ...], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(f"{entity}{identifiers}{seed}")
    monkeypatch.setattr(crowds, "_PART", dice.choice([1, 5, 1000]))
    monkeypatch.setattr(crowds, "_PAIRS_AT_ONCE", dice.choice([1, 7, 1000]))
    made = matching(entity, identifiers)
    size = dice.choice([0, 1, 2, 8, 40])
    subjects = [subject(dice, entity, n, dice.choice([2, 20, 200])) for n in range(size)]
    assert batched(made, subjects) == at_once(made, subjects)


def test_most_records_are_placed_without_their_values() -> None:
    made = matching()
    subjects = []
    for n in range(300):
        values: dict[str, Value] = {
            "name": PersonName(FAMILY[n % 3], GIVEN[n % 4]),
            "email": f"p{n}@firm{n % 37}.co.jp",
            "phone": f"03-3123-{n:04d}",
        }
        subjects += [Subject(f"{s}/{n}", s, "contacts", values) for s in ("ma", "crm")]
    crowd = Crowd(made.rules)
    for s in subjects:
        crowd.add((s.system, s.ref), made.rules.features(s.values))
    told = crowd.sorted()
    assert len(told.pairs) == 300 and not told.alone and not list(told.parts)
    assert batched(made, subjects) == at_once(made, subjects)


@pytest.mark.parametrize("seed", range(20))
def test_what_a_pair_weighs_at_most(seed: int) -> None:
    dice = random.Random(seed)
    made = matching()
    subjects = [subject(dice, Entity.PERSON, n, 5) for n in range(30)]
    nodes = nodes_of(made.rules, subjects, ())
    crowd = Crowd(made.rules)
    for node in nodes:
        crowd.add((node.subject.system, node.ref), node.features)
    shared = shared_values(made.rules, nodes)
    may = {tuple(sorted(pair)) for pair in zip(*(x.tolist() for x in crowd._near(crowd._here())), strict=True)}
    for a, b in near(made.rules, nodes):
        if made.rules.compare(nodes[a].features, nodes[b].features, shared).weight >= made.rules.review_at:
            assert (a, b) in may


def test_a_record_read_twice_counts_once() -> None:
    made = matching()
    crowd = Crowd(made.rules)
    for n in (1, 2, 1, 3, 1):
        crowd.add(("ma", "contacts", str(n)), made.rules.features({"email": f"p{n}@yamada.co.jp"}))
    assert crowd.twins() == [[0, 2, 4]]
    crowd.drop(0)
    crowd.drop(2)
    assert crowd.sorted().alone == [1, 3, 4]
