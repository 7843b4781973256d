"""Which records are one: identifiers, weights, verdicts, one end of a system, and what is left to a person."""

from __future__ import annotations

import random

import pytest

from connector.mapping.model import Care
from connector.match import Candidate, Decisions, Duplicate, Subject
from connector.model import Entity, Value
from tests.match.worlds import matching, members, person, record

MAIL = "taro@yamada.co.jp"
PHONE = "03-3123-4567"
YAMADA = "株式会社山田商事"


def decide(*new: Subject, known: tuple[Candidate, ...] = (), **verdicts: frozenset[frozenset[str]]) -> Decisions:
    return matching().decide(new, known, **verdicts)


def reviews(decisions: Decisions) -> set[tuple[str, str]]:
    return {(review.a, review.b) for review in decisions.reviews}


def duplicates(decisions: Decisions) -> set[tuple[str, str]]:
    return {(duplicate.ref, duplicate.of) for duplicate in decisions.duplicates}


# --- identifiers ------------------------------------------------------------------------------------------


def test_one_address_is_one_person() -> None:
    found = decide(person("ma/1", "山田 太郎", email=MAIL), person("crm/1", "山田 太郎", email="Taro@Yamada.co.jp"))
    assert members(found.groups) == {(None, ("crm/1", "ma/1"))}
    assert found.groups[0].evidence[0][2].identifier == ("email",)
    assert not found.reviews


def test_a_missing_name_does_not_stand_in_the_way() -> None:
    found = decide(person("ma/1", email=MAIL), person("crm/1", "山田 太郎", email=MAIL))
    assert members(found.groups) == {(None, ("crm/1", "ma/1"))}


@pytest.mark.parametrize("other", ["髙橋 太郎", "高橋太郎", "タカハシ タロウ", "Taro Takahashi", "高橋"])
def test_another_spelling_or_script_is_no_other_person(other: str) -> None:
    found = decide(person("ma/1", "高橋 太郎", email=MAIL), person("crm/1", other, email=MAIL))
    assert members(found.groups) == {(None, ("crm/1", "ma/1"))}


@pytest.mark.parametrize("other", ["鈴木 花子", "佐藤 太郎", "山田 花子"])
def test_one_address_with_another_name_is_for_a_person_to_decide(other: str) -> None:
    found = decide(person("ma/1", "山田 太郎", email=MAIL), person("crm/1", other, email=MAIL))
    assert members(found.groups) == {(None, ("ma/1",)), (None, ("crm/1",))}
    assert reviews(found) == {("crm/1", "ma/1")}
    assert found.reviews[0].evidence.identifier == ("email",)


def test_a_compound_identifier_needs_every_field() -> None:
    full: dict[str, Value] = {"company": YAMADA, "phone": PHONE}
    found = decide(
        person("ma/1", "山田 太郎", company="㈱山田商事", phone="0331234567"), person("crm/1", "山田 太郎", **full)
    )
    assert found.groups[0].evidence[0][2].identifier == ("name", "company", "phone")
    found = decide(person("ma/1", "山田 太郎", company=YAMADA), person("crm/1", "山田 太郎", **full))
    assert members(found.groups) == {(None, ("ma/1",)), (None, ("crm/1",))}


def test_a_role_address_identifies_nobody() -> None:
    found = decide(
        person("ma/1", "山田 太郎", email="info@yamada.co.jp"), person("crm/1", "鈴木 花子", email="info@yamada.co.jp")
    )
    assert len(found.groups) == 2
    assert not found.reviews


def test_an_address_shared_by_an_office_identifies_nobody() -> None:
    names = ["山田 太郎", "鈴木 花子", "佐藤 一郎"]
    found = decide(*(person(f"{s}/{i}", n, email=MAIL) for s in ("ma", "crm") for i, n in enumerate(names)))
    assert members(found.groups) == {(None, (f"crm/{i}", f"ma/{i}")) for i in range(3)}
    assert not found.reviews


def test_a_switchboard_does_not_make_colleagues_one() -> None:
    found = decide(
        person("ma/1", "山田 太郎", company=YAMADA, phone=PHONE),
        person("crm/1", "鈴木 花子", company=YAMADA, phone=PHONE),
        person("crm/2", "山田 花子", company=YAMADA, phone=PHONE),
    )
    assert len(found.groups) == 3
    assert not found.reviews and not found.duplicates


def test_a_phone_alone_as_identifier_needs_the_same_name() -> None:
    by_phone = matching(identifiers=(("phone",),))
    brothers = [person("ma/1", "田中 健一", phone=PHONE), person("crm/1", "田中 健二", phone=PHONE)]
    assert len(by_phone.decide(brothers, ()).groups) == 2
    same = [person("ma/1", "田中 健一", phone=PHONE), person("crm/1", "田中 健一", phone=PHONE)]
    assert len(by_phone.decide(same, ()).groups) == 1


# --- one end of a system ----------------------------------------------------------------------------------


def test_the_preferred_object_is_the_end_and_the_other_its_duplicate() -> None:
    found = decide(
        person("crm/lead", "山田 太郎", preferred=1, year=2020, email=MAIL),
        person("crm/contact", "山田 太郎", preferred=0, year=2024, email=MAIL),
        person("ma/1", "山田 太郎", email=MAIL),
    )
    assert members(found.groups) == {(None, ("crm/contact", "ma/1"))}
    assert duplicates(found) == {("crm/lead", "crm/contact")}


def test_of_two_of_one_object_the_older_is_the_end() -> None:
    found = decide(
        person("crm/a", "山田 太郎", year=2024, email=MAIL), person("crm/b", "山田 太郎", year=2020, email=MAIL)
    )
    assert members(found.groups) == {(None, ("crm/b",))}
    assert duplicates(found) == {("crm/a", "crm/b")}


def test_a_better_end_found_later_takes_the_place() -> None:
    found = decide(
        person("crm/lead", "山田 太郎", preferred=1, email=MAIL, company=YAMADA, phone=PHONE),
        person("ma/1", "山田 太郎", email=MAIL),
        person("crm/contact", "山田 太郎", company=YAMADA, phone=PHONE),
    )
    assert members(found.groups) == {(None, ("crm/contact", "ma/1"))}
    assert duplicates(found) == {("crm/lead", "crm/contact")}


def test_a_known_link_takes_a_new_record_in() -> None:
    known = (Candidate("L1", (person("crm/1", "山田 太郎", email=MAIL),)),)
    found = decide(person("ma/1", "山田 太郎", email=MAIL), known=known)
    assert members(found.groups) == {("L1", ("ma/1",))}


def test_a_taken_place_makes_a_duplicate_of_the_link() -> None:
    known = (Candidate("L1", (person("crm/1", "山田 太郎", email=MAIL),)),)
    found = decide(person("crm/2", "山田 太郎", preferred=-1, email=MAIL), known=known)
    assert not found.groups
    assert duplicates(found) == {("crm/2", "link:L1")}


def test_a_lone_newcomer_with_another_name_and_a_taken_place_asks_nothing() -> None:
    known = (Candidate("L1", (person("crm/1", "山田 太郎", email=MAIL),)),)
    found = decide(person("crm/2", "鈴木 花子", email=MAIL), known=known)
    assert members(found.groups) == {(None, ("crm/2",))}
    assert not found.reviews


def test_two_links_with_one_address_are_not_chosen_between() -> None:
    known = tuple(
        Candidate(f"L{i}", (person(f"{s}/1", "山田 太郎", email=MAIL),)) for i, s in ((1, "crm"), (2, "kintone"))
    )
    found = decide(person("ma/1", "山田 太郎", email=MAIL), known=known)
    assert members(found.groups) == {(None, ("ma/1",))}
    assert reviews(found) == {("link:L1", "ma/1"), ("link:L2", "ma/1")}
    assert not found.joins


def test_a_changed_record_brings_two_links_together() -> None:
    changed = person("ma/1", "山田 太郎", email=MAIL)
    known = (
        Candidate("L2", (person("ma/1", "山田 太郎", email="old@yamada.co.jp"),)),
        Candidate("L1", (person("crm/1", "山田 太郎", email=MAIL),)),
    )
    found = decide(changed, known=known)
    assert [(a, b) for a, b, _ in found.joins] == [("L1", "L2")]
    assert not found.groups and not found.reviews


def test_two_links_that_hold_one_system_both_are_never_joined() -> None:
    known = (
        Candidate("L2", (person("ma/1", "山田 太郎"), person("crm/2", "山田 太郎"))),
        Candidate("L1", (person("crm/1", "山田 太郎", email=MAIL),)),
    )
    found = decide(person("ma/1", "山田 太郎", email=MAIL), known=known)
    assert not found.joins
    assert reviews(found) == {("link:L1", "link:L2")}


# --- weights ----------------------------------------------------------------------------------------------


def test_name_and_phone_are_enough() -> None:
    found = decide(person("ma/1", "山田 太郎", phone=PHONE), person("crm/1", "山田 太郎", phone=PHONE))
    assert members(found.groups) == {(None, ("crm/1", "ma/1"))}


def test_swapped_family_and_given_are_seen() -> None:
    found = decide(
        person("ma/1", "太郎 山田", company=YAMADA, phone=PHONE),
        person("crm/1", "山田 太郎", company=YAMADA, phone=PHONE),
    )
    assert members(found.groups) == {(None, ("crm/1", "ma/1"))}


def test_name_and_company_are_for_a_person_to_decide_unless_care_is_normal() -> None:
    pair = [person("ma/1", "山田 太郎", company=YAMADA), person("crm/1", "山田 太郎", company="山田商事㈱")]
    assert reviews(matching().decide(pair, ())) == {("crm/1", "ma/1")}
    assert len(matching(care=Care.NORMAL).decide(pair, ()).groups) == 1


def test_a_name_alone_is_nothing() -> None:
    found = decide(person("ma/1", "佐藤 誠"), person("crm/1", "佐藤 誠"))
    assert len(found.groups) == 2 and not found.reviews


def test_names_that_are_only_close_never_link_by_weight() -> None:
    found = decide(
        person("ma/1", "田中 健一", company=YAMADA, phone=PHONE, email="kenichi@yamada.co.jp"),
        person("crm/1", "田中 健二", company=YAMADA, phone=PHONE, email="kenji@yamada.co.jp"),
    )
    assert len(found.groups) == 2
    assert reviews(found) == {("crm/1", "ma/1")}


def test_two_equally_good_candidates_are_for_a_person_to_decide() -> None:
    known = tuple(Candidate(f"L{i}", (person(f"crm/{i}", "佐藤 誠", phone=PHONE),)) for i in (1, 2))
    found = decide(person("ma/1", "佐藤 誠", phone=PHONE), known=known)
    assert members(found.groups) == {(None, ("ma/1",))}
    assert reviews(found) == {("link:L1", "ma/1"), ("link:L2", "ma/1")}


def test_the_better_candidate_wins_when_it_is_clearly_better() -> None:
    known = (
        Candidate("L1", (person("crm/1", "佐藤 誠", phone=PHONE, company=YAMADA),)),
        Candidate("L2", (person("crm/2", "佐藤 誠", phone=PHONE, company="株式会社鈴木工業"),)),
    )
    found = matching(identifiers=(("email",),)).decide([person("ma/1", "佐藤 誠", phone=PHONE, company=YAMADA)], known)
    assert members(found.groups) == {("L1", ("ma/1",))}
    assert not found.reviews


def test_three_systems_meet_in_one_group() -> None:
    found = decide(
        person("ma/1", "山田 太郎", email=MAIL),
        person("crm/1", "山田 太郎", email=MAIL, phone=PHONE),
        person("kintone/1", "山田 太郎", phone=PHONE),
    )
    assert members(found.groups) == {(None, ("crm/1", "kintone/1", "ma/1"))}


def test_thresholds_and_weights_may_be_given() -> None:
    pair = [person("ma/1", "山田 太郎", company=YAMADA), person("crm/1", "山田 太郎", company=YAMADA)]
    assert len(matching(link_at=8.5).decide(pair, ()).groups) == 1
    assert not matching(review_at=9.5).decide(pair, ()).reviews
    assert len(matching(weights={"company": 6.0}).decide(pair, ()).groups) == 1


# --- verdicts ---------------------------------------------------------------------------------------------

SAME = frozenset({frozenset({"ma/1", "crm/1"})})


def test_different_outranks_an_identifier() -> None:
    pair = [person("ma/1", "山田 太郎", email=MAIL), person("crm/1", "山田 太郎", email=MAIL)]
    found = decide(*pair, different=SAME)
    assert len(found.groups) == 2 and not found.reviews


def test_same_outranks_everything() -> None:
    found = decide(person("ma/1", "山田 太郎"), person("crm/1", "鈴木 花子"), same=SAME)
    assert members(found.groups) == {(None, ("crm/1", "ma/1"))}


def test_a_verdict_counts_for_the_end_of_a_known_link() -> None:
    known = (Candidate("L1", (person("crm/1", "鈴木 花子"),)),)
    assert members(decide(person("ma/1", "山田 太郎"), known=known, same=SAME).groups) == {("L1", ("ma/1",))}
    known = (Candidate("L1", (person("crm/1", "山田 太郎", email=MAIL),)),)
    found = decide(person("ma/1", "山田 太郎", email=MAIL), known=known, different=SAME)
    assert members(found.groups) == {(None, ("ma/1",))}


# --- companies and deals ----------------------------------------------------------------------------------

COMPANIES: list[tuple[dict[str, Value], dict[str, Value], str]] = [
    ({"name": "株式会社山田商事", "phone": PHONE}, {"name": "㈱山田商事", "phone": PHONE}, "link"),
    ({"name": "山田商事", "phone": PHONE}, {"name": "株式会社山田商事", "phone": PHONE}, "link"),
    ({"name": "株式会社山田商事", "url": "https://y.co.jp"}, {"name": "山田商事㈱", "url": "www.y.co.jp/x"}, "link"),
    ({"name": "株式会社山田商事", "phone": PHONE}, {"name": "有限会社山田商事", "phone": PHONE}, "apart"),
    ({"name": "株式会社山田商事"}, {"name": "株式会社山田商事"}, "review"),
    ({"name": "㈱山田商事 東京支店", "phone": PHONE}, {"name": "㈱山田商事 大阪支店", "phone": PHONE}, "apart"),
    ({"name": "株式会社山田商事", "phone": PHONE}, {"name": "株式会社鈴木工業", "phone": PHONE}, "apart"),
    ({"name": "旧", "corporate_number": "7000012050002"}, {"name": "新", "corporate_number": "７000012050002"}, "link"),
]  # fmt: skip


NUMBER = "7000012050002"


def test_branches_share_a_corporate_number_and_stay_apart() -> None:
    companies = matching(Entity.COMPANY, (("corporate_number",),))
    whole = [
        record("ma/0", name="㈱山田商事", corporate_number=NUMBER),
        record("crm/0", name="山田商事㈱", corporate_number=NUMBER),
    ]
    tokyo = [record(f"{s}/1", name="㈱山田商事 東京支店", corporate_number=NUMBER) for s in ("ma", "crm")]
    osaka = [record(f"{s}/2", name="㈱山田商事 大阪支店", corporate_number=NUMBER) for s in ("ma", "crm")]
    found = companies.decide([*whole, *tokyo, *osaka], ())
    assert members(found.groups) == {(None, (f"crm/{i}", f"ma/{i}")) for i in range(3)}
    assert not found.duplicates and not found.reviews
    found = companies.decide([whole[0], tokyo[1]], ())
    assert len(found.groups) == 2
    assert reviews(found) == {("crm/1", "ma/0")}


@pytest.mark.parametrize(("a", "b", "expected"), COMPANIES)
def test_companies(a: dict[str, Value], b: dict[str, Value], expected: str) -> None:
    companies = matching(Entity.COMPANY, (("corporate_number",),))
    found = companies.decide([record("ma/1", **a), record("crm/1", **b)], ())
    outcome = "link" if len(found.groups) == 1 else "review" if found.reviews else "apart"
    assert outcome == expected


def test_deals_have_identifiers_only() -> None:
    deals = matching(Entity.DEAL, (("deal_no",),))
    found = deals.decide([record("ma/1", deal_no="D-1", name="更新"), record("crm/1", deal_no="Ｄ-1")], ())
    assert len(found.groups) == 1
    found = deals.decide([record("ma/1", name="更新"), record("crm/1", name="更新")], ())
    assert len(found.groups) == 2 and not found.reviews
    weighed = matching(Entity.DEAL, (("deal_no",),), weights={"name": 8.0})
    assert weighed.decide([record("ma/1", name="更新"), record("crm/1", name="更新")], ()).reviews


# --- whatever the order -----------------------------------------------------------------------------------


def _crowd(seed: int) -> tuple[list[Subject], list[Candidate]]:
    chance = random.Random(seed)
    families, givens = ["山田", "高橋", "髙橋", "鈴木"], ["太郎", "花子", "健一", "健二"]

    def some(ref: str) -> Subject:
        values: dict[str, Value] = {}
        if chance.random() < 0.6:
            values["email"] = f"{chance.choice('abc')}@yamada.co.jp"
        if chance.random() < 0.6:
            values["phone"] = f"03-3123-456{chance.randrange(3)}"
        if chance.random() < 0.6:
            values["company"] = chance.choice(["株式会社山田商事", "㈱山田商事", "鈴木工業"])
        name = f"{chance.choice(families)} {chance.choice(givens)}" if chance.random() < 0.9 else ""
        return person(ref, name, chance.randrange(2), chance.choice([None, 2020, 2024]), **values)

    new = [some(f"{system}/{i}") for system in ("ma", "crm", "kintone") for i in range(chance.randrange(7))]
    known = [
        Candidate(f"L{i}", tuple(some(f"{system}/k{i}") for system in chance.sample(["ma", "crm", "kintone"], 2)))
        for i in range(chance.randrange(4))
    ]
    if known and chance.random() < 0.5:
        new.append(some(known[0].subjects[0].ref))
    return new, known


@pytest.mark.parametrize("seed", range(300))
def test_the_order_does_not_matter_and_every_record_has_one_place(seed: int) -> None:
    new, known = _crowd(seed)
    chance = random.Random(seed + 1)
    refs = [s.ref for s in new] + [end.ref for link in known for end in link.subjects]
    pairs = [frozenset(chance.sample(refs, 2)) for _ in range(4)] if len(refs) > 1 else []
    same, different = frozenset(pairs[:1]), frozenset(pairs[2 : chance.randrange(2, 5)])
    first = matching(care=Care.NORMAL).decide(new, known, same=same, different=different)
    for _ in range(2):
        again, links = chance.sample(new, len(new)), chance.sample(known, len(known))
        links = [Candidate(link.link, tuple(chance.sample(link.subjects, len(link.subjects)))) for link in links]
        assert matching(care=Care.NORMAL).decide(again, links, same=same, different=different) == first

    homes = {end.ref: link for link in known for end in link.subjects}
    placed = [ref for group in first.groups for ref in group.members] + [d.ref for d in first.duplicates]
    assert sorted(placed) == sorted(s.ref for s in new if s.ref not in homes)
    absorbed = {b: a for a, b, _ in first.joins}
    occupied: dict[str, set[str]] = {}
    for link in known:
        key = absorbed.get(link.link, link.link)
        systems = [end.system for end in link.subjects]
        assert not occupied.get(key, set()) & set(systems)
        occupied.setdefault(key, set()).update(systems)
    for group in first.groups:
        systems = [ref.partition("/")[0] for ref in group.members]
        assert len(systems) == len(set(systems))
        assert not set(systems) & occupied.get(group.link or "", set())
        ends = [end.ref for link in known if group.link and link.link == group.link for end in link.subjects]
        assert not any(pair <= {*group.members, *ends} and not pair <= set(ends) for pair in different)
    for review in first.reviews:
        assert review.a < review.b
    assert all(isinstance(duplicate, Duplicate) for duplicate in first.duplicates)
