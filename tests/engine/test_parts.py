"""A kintone-like table holds company and person in one row: two ends, one native record, one write."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from connector.store.records import RunState
from tests.engine.kit import Kit, columns, kit

COMPANY = dedent(
    """
    entity: company
    enabled: true
    systems:
      sfa: {object: accounts}
      kintone: {object: 顧客管理, part: 会社}
    match:
      identifiers: [[name, phone]]
    fields:
      name:
        type: text
        cleanse: company
        map: {sfa: Name, kintone: 会社名}
        flow: sfa <-> kintone
        if_both_changed: sfa wins
      phone:
        type: phone
        map: {sfa: Phone, kintone: 会社電話}
        flow: sfa <-> kintone
        if_both_changed: sfa wins
      rank:
        type: text
        map: {sfa: Rank, kintone: ランク}
        flow: sfa -> kintone
    """
)
PERSON = dedent(
    """
    entity: person
    enabled: true
    systems:
      ma: {object: people}
      kintone: {object: 顧客管理, part: 担当者}
    match:
      identifiers: [email]
    fields:
      name:
        type: person_name
        map: {ma: [last, first], kintone: 担当者名}
        flow: ma <-> kintone
        if_both_changed: kintone wins
      email:
        type: email
        map: {ma: mail, kintone: 担当者メール}
        flow: ma <-> kintone
      score:
        type: integer
        map: {ma: score, kintone: MAスコア}
        flow: ma -> kintone
      company:
        type: reference
        to: company
        map: {kintone: {part: 会社}}
        flow: kintone -> hub
    """
)


def world(folder: Path, **changes: str) -> Kit:
    return kit(
        folder,
        mappings={"company.yaml": COMPANY, "person.yaml": PERSON, **changes},
        objects={
            "ma": {"people": columns("last", "first", "mail", "score")},
            "sfa": {"accounts": columns("Name", "Phone", "Rank")},
            "kintone": {
                "顧客管理": columns("会社名", "会社電話", "ランク", "担当者名", "担当者メール", "MAスコア", "備考")
            },
        },
    )


def seeded(k: Kit) -> tuple[str, str, str]:
    row = k.systems["kintone"].seed(
        "顧客管理",
        {
            "会社名": "㈱山田商事",
            "会社電話": "03-1234-5678",
            "担当者名": "山田 太郎",
            "担当者メール": "taro@yamada.example",
            "備考": "手書き",
        },
    )
    account = k.systems["sfa"].seed("accounts", {"Name": "株式会社山田商事", "Phone": "0312345678", "Rank": "A"})
    lead = k.systems["ma"].seed("people", {"last": "山田", "first": "太郎", "mail": "TARO@yamada.example", "score": 70})
    return row, account, lead


def test_one_row_is_a_company_and_a_person(tmp_path: Path) -> None:
    k = world(tmp_path)
    _row, account, lead = seeded(k)
    k.sync()
    company, person = k.link_of("sfa", "accounts", account), k.link_of("ma", "people", lead)
    assert {(e.at.system, e.at.part) for e in company.ends} == {("sfa", ""), ("kintone", "会社")}
    assert {(e.at.system, e.at.part) for e in person.ends} == {("ma", ""), ("kintone", "担当者")}


def test_both_parts_are_written_in_one_call(tmp_path: Path) -> None:
    k = world(tmp_path)
    row, account, lead = seeded(k)
    k.sync()
    before = len([c for c in k.systems["kintone"].calls if c[0] == "push"])
    outcome = k.sync()
    assert outcome.state is RunState.DONE
    shown = k.systems["kintone"].values("顧客管理", row)
    assert (shown["ランク"], shown["MAスコア"]) == ("A", "70")
    assert shown["会社名"] == "㈱山田商事", "the spelling at its origin is nobody's business"
    assert shown["備考"] == "手書き"
    assert len([c for c in k.systems["kintone"].calls if c[0] == "push"]) == before + 1
    assert k.systems["kintone"].rows["顧客管理"][row].version == 2, "one write, one version"
    assert k.link_of("ma", "people", lead).golden["company"] == k.link_of("sfa", "accounts", account).key
    assert k.sync().applied.done == {}


def test_a_person_without_a_row_fills_the_part_of_their_company(tmp_path: Path) -> None:
    person = PERSON.replace(
        "kintone: {object: 顧客管理, part: 担当者}", "kintone: {object: 顧客管理, part: 担当者, create: on}"
    )
    person = person.replace(
        "map: {kintone: {part: 会社}}\n    flow: kintone -> hub",
        "map: {ma: company_id, kintone: {part: 会社}}\n    flow: ma, kintone -> hub",
    )
    company = COMPANY.replace(
        "  kintone: {object: 顧客管理, part: 会社}",
        "  kintone: {object: 顧客管理, part: 会社}\n  ma: {object: companies}",
    )
    company = company.replace(
        "map: {sfa: Name, kintone: 会社名}\n    flow: sfa <-> kintone",
        "map: {sfa: Name, kintone: 会社名, ma: name}\n    flow: sfa <-> kintone, ma",
    )
    company = company.replace(
        "map: {sfa: Phone, kintone: 会社電話}\n    flow: sfa <-> kintone",
        "map: {sfa: Phone, kintone: 会社電話, ma: tel}\n    flow: sfa <-> kintone, ma",
    )
    k = kit(
        tmp_path,
        mappings={"company.yaml": company, "person.yaml": person},
        objects={
            "ma": {
                "people": columns("last", "first", "mail", "score", "company_id"),
                "companies": columns("name", "tel"),
            },
            "sfa": {"accounts": columns("Name", "Phone", "Rank")},
            "kintone": {
                "顧客管理": columns("会社名", "会社電話", "ランク", "担当者名", "担当者メール", "MAスコア", "備考")
            },
        },
    )
    row = k.systems["kintone"].seed("顧客管理", {"会社名": "山田商事株式会社", "会社電話": "03-1234-5678"})
    firm = k.systems["ma"].seed("companies", {"name": "山田商事株式会社", "tel": "03-1234-5678"})
    k.systems["ma"].seed(
        "people", {"last": "佐藤", "first": "花", "mail": "hana@yamada.example", "score": 3, "company_id": firm}
    )
    k.sync()
    k.sync()
    shown = k.systems["kintone"].values("顧客管理", row)
    assert shown["担当者名"] == "佐藤 花"
    assert len(k.systems["kintone"].rows["顧客管理"]) == 1, "a part is never a second record"
    assert k.sync().applied.done == {}
