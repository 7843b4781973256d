"""Exports of any size as four tools write them: invented people at real organisations, many in several files."""

# ruff: noqa: E501  rows of labels; a full-width character counts as two

from __future__ import annotations

import csv
import random
import unicodedata
from pathlib import Path

from connector.demo import tables as t
from tests.exports.files import EIGHT, HUBSPOT_JA, SF_FOOTER_JA, offices, text, write

SALESFORCE = [
    "取引先責任者 ID", "取引先名", "姓", "名", "メール", "電話", "携帯電話", "役職", "部署", "メール配信停止", "取引先責任者 所有者",
    "最終更新日",
]  # fmt: skip
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
OWNERS = ("岡部 真司", "早川 美和", "平田 宗一", "堀 由紀子")


class Card:
    """One person as everybody who met them would write them down."""

    def __init__(self, number: int) -> None:
        rng = random.Random(number)  # the same person in every file
        office = offices()[number * 7 % len(offices())]
        family, given = rng.choice(t.SURNAMES), rng.choice(t.GIVEN)
        self.number = number
        self.company, self.postal = office["name"], office["postal_code"]
        self.address = office["prefecture"] + office["city"] + office["neighborhood"] + office["banchi"]
        self.family, self.given = family[0], given[0]
        self.email = f"{given[2]}.{family[2]}{number}@org{number * 7 % len(offices())}.example"
        self.phone = f"03-{rng.randrange(3000, 6999)}-{rng.randrange(10000):04d}"
        self.mobile = f"090-{rng.randrange(1000, 9999)}-{rng.randrange(10000):04d}"
        self.title, self.department = rng.choice(t.TITLES), rng.choice(t.DEPARTMENTS)
        self.owner = OWNERS[number % len(OWNERS)]

    @property
    def id15(self) -> str:
        """A Salesforce id of a report: case matters, and every character of it."""
        digits, n = "", self.number
        for _ in range(4):
            digits, n = _BASE62[n % 62] + digits, n // 62
        return f"0035g00000Q{digits}"


def hubspot(path: Path, first: int, count: int, changed: frozenset[int] = frozenset()) -> Path:
    """Japanese labels, digits as ids, UTF-8 with BOM. `changed`: people whose title is another one now."""
    rows = [HUBSPOT_JA]
    for card in map(Card, range(first, first + count)):
        rng = random.Random(f"ma{card.number}")
        email = "" if rng.random() < 0.03 else card.email.upper() if rng.random() < 0.05 else card.email
        phone = card.phone.replace("-", "") if rng.random() < 0.7 else ""
        title = "執行役員" if card.number in changed else card.title if rng.random() < 0.6 else ""
        stamp = "2026-03-09 09:00" if card.number in changed else f"2026-03-0{card.number % 7 + 1} 10:30"
        rows.append(
            [str(10_000_000_000 + card.number), card.family, card.given, email, phone, title, card.company, card.owner,
             "リード", str(rng.randrange(100)), "true" if rng.random() < 0.02 else "false", "2025-03-05 14:15", "2025-03-05",
             stamp]
        )  # fmt: skip
    return write(path, text(rows), "utf-8-sig")


def salesforce(path: Path, first: int, count: int) -> Path:
    """A report: CP932, every value quoted, rows end in LF, 15-character ids, the footer behind."""
    rows = [SALESFORCE]
    for card in map(Card, range(first, first + count)):
        rng = random.Random(f"crm{card.number}")
        family = card.family.replace("高", "髙") if rng.random() < 0.5 else card.family
        company = unicodedata.normalize("NFKC", card.company) if rng.random() < 0.3 else card.company
        email = "" if rng.random() < 0.1 else f"{card.number} 未確認" if rng.random() < 0.002 else card.email
        rows.append(
            [card.id15, company, family, card.given, email, card.phone if rng.random() < 0.9 else "",
             card.mobile if rng.random() < 0.4 else "", rng.choice(t.TITLES) if rng.random() < 0.1 else card.title,
             card.department, "1" if rng.random() < 0.02 else "0", card.owner, f"2026/03/0{card.number % 7 + 1}"]
        )  # fmt: skip
    return write(path, text(rows, quote=csv.QUOTE_ALL, eol="\n") + SF_FOOTER_JA, "cp932")


def eight(path: Path, first: int, count: int) -> Path:
    """Business cards: no id, zeros gone from some phones."""
    rows = [EIGHT]
    for card in map(Card, range(first, first + count)):
        rng = random.Random(f"card{card.number}")
        phone = card.phone if rng.random() < 0.95 else card.phone.replace("-", "")[1:]
        rows.append(
            [card.company, card.department, card.title, card.family, card.given, card.email if rng.random() < 0.9 else "",
             card.postal, card.address, phone, "", "", "", card.mobile, "", "2026/02/01", "1", ""]
        )  # fmt: skip
    return write(path, text(rows), "utf-8")


def optouts(path: Path, numbers: range) -> Path:
    """One address per line; every tenth is nobody's."""
    lines = [Card(n).email if n % 10 else f"gone{n}@nowhere.example" for n in numbers]
    return write(path, "\r\n".join(lines) + "\r\n", "ascii")


def folder_of(folder: Path, rows: int) -> Path:
    """The four files: half of the people are in both, a tenth on cards, one in a hundred stopped."""
    folder.mkdir(parents=True, exist_ok=True)
    hubspot(folder / "hubspot-all-contacts.csv", 0, rows)
    salesforce(folder / "report1772690000000.csv", rows // 2, rows)
    eight(folder / "名刺.csv", rows // 2 - rows // 20, rows // 10)
    optouts(folder / "配信停止リスト.txt", range(rows // 2 - rows // 200, rows // 2 + rows // 200 + 10))
    return folder
