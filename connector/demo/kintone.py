"""A third system for the demo: a 顧客管理 table in which one row holds a company and its 担当者."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.demo import tables as t
from connector.demo.database import KINTONE_DB, KINTONE_TABLES, SFA_DB, create, insert, opened
from connector.demo.disguise import half_kana
from connector.demo.people import Population, companies
from connector.demo.truth import Truth
from connector.demo.world import record_stamps

ROWS = 300
SHARE_KNOWN = 0.9


@dataclass(frozen=True, slots=True)
class KintoneTruth:
    """Record number -> the SFA contact and account that are the same; records that stand alone are absent."""

    person: Mapping[str, str]
    company: Mapping[str, str]


def build_kintone(folder: Path, truth: Truth, seed: int = 2026, rows: int = ROWS) -> KintoneTruth:
    """Writes kintone.db beside the world that `truth` is about."""
    rng = random.Random(seed + 1)  # noqa: S311  a made-up world, nothing secret
    junk = {id for system, id in truth.junk if system == "sfa"} | {d.id for d in truth.duplicates}
    with opened(folder / SFA_DB) as db:
        known = [row for row in db.execute(_KNOWN) if row["id"] not in junk]
    chosen = rng.sample(known, min(int(rows * SHARE_KNOWN), len(known)))
    numbers = list(range(1, rows + 1))
    rng.shuffle(numbers)
    made, person, company = [], {}, {}
    for number, row in zip(numbers, chosen, strict=False):
        person[str(number)], company[str(number)] = row["id"], row["account_id"]
        made.append(_known(rng, number, row) | _system_columns(rng, truth))
    strangers = Population(rng, companies(random.Random(seed + 2), 50))  # noqa: S311
    made += [_stranger(rng, number, strangers) | _system_columns(rng, truth) for number in numbers[len(chosen) :]]
    create(folder / KINTONE_DB, KINTONE_TABLES)
    with opened(folder / KINTONE_DB) as db:
        columns = list(KINTONE_TABLES["顧客管理"])
        insert(db, "顧客管理", columns, sorted(made, key=lambda one: int(one["レコード番号"])))
    return KintoneTruth(person, company)


_KNOWN = """
SELECT c.id, c.account_id, c.last_name, c.first_name, c.email, c.phone, c.mobile, c.title, c.department,
       a.name AS company, a.phone AS company_phone, a.prefecture, a.city, a.street
FROM contacts c JOIN accounts a ON a.id = c.account_id ORDER BY c.id
"""


def _system_columns(rng: random.Random, truth: Truth) -> dict[str, Any]:
    when = record_stamps(rng, truth.today)
    return {
        "取引区分": rng.choices(t.DEAL_CLASSES, weights=(40, 40, 15, 5))[0],
        "配信停止": 1 if rng.random() < 0.03 else 0,
        "作成日時": when["created_at"],
        "更新日時": when["updated_at"],
    }


def _known(rng: random.Random, number: int, row: sqlite3.Row) -> dict[str, Any]:
    gap = rng.choice((" ", "　", ""))
    name = f"{row['last_name']}{gap}{row['first_name'] or ''}".strip()
    company = row["company"]
    way = rng.random()
    if way < 0.3:
        company = company.replace("株式会社", "(株)")
    elif way < 0.4:
        company = half_kana(company)
    return {
        "レコード番号": number,
        "会社名": company,
        "会社電話": row["company_phone"],
        "住所": f"{row['prefecture']}{row['city']}{row['street']}",
        "担当者名": name,
        "部署": row["department"],
        "役職": row["title"] if rng.random() < 0.9 else rng.choice(t.TITLES),
        "担当者メール": row["email"] if rng.random() < 0.9 else None,
        "担当者電話": row["mobile"] or row["phone"],
    }


def _stranger(rng: random.Random, number: int, strangers: Population) -> dict[str, Any]:
    human = strangers.person()
    firm = human.company
    return {
        "レコード番号": number,
        "会社名": f"{firm.name} {firm.city.removesuffix('市')}支店",
        "会社電話": firm.phone,
        "住所": f"{firm.prefecture}{firm.city}{firm.street}",
        "担当者名": f"{human.family} {human.given}",
        "部署": human.department,
        "役職": human.title,
        "担当者メール": human.email.replace("@", "@branch."),
        "担当者電話": human.mobile,
    }
