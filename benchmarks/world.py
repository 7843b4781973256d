"""The benchmark's world: the same N people in two SQLite systems of 20 fields, some written in another way.

    python -m benchmarks.world FOLDER --people 100000

makes `ma.db`, `sfa.db`, `config.yaml` and `mappings/person.yaml`. Every person is a function of their number, so the
same arguments give the same rows and no row waits in memory for another.
"""

from __future__ import annotations

import argparse
import math
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import words as w
from connector.demo import tables as t
from connector.demo.disguise import full_width

COLUMNS = (
    "last_name", "first_name", "name_kana", "email", "company", "department", "title", "phone", "mobile",
    "postal_code", "address", "website", "industry", "employees", "revenue", "source", "mail_optout", "score",
    "last_visit", "next_contact", "memo",
)  # fmt: skip
NUMBERS = {"employees", "revenue", "mail_optout", "score"}
START = datetime(2024, 1, 1, tzinfo=UTC)  # stamps lie in the two years from here, long before any overlap
MIX = 2**64 - 1


class Dice:
    """Random numbers of one person: splitmix64 of their number, a few bits at a time."""

    __slots__ = ("bits",)

    def __init__(self, number: int, salt: int = 0) -> None:
        seed = _mix(number * 4 + salt)
        self.bits = seed << 192 | _mix(seed) << 128 | _mix(seed + 1) << 64 | _mix(seed + 2)

    def under(self, size: int) -> int:
        self.bits, found = divmod(self.bits, size)
        return found

    def one_in(self, size: int) -> bool:
        return self.under(size) == 0


def _mix(number: int) -> int:
    x = (number + 1) * 0x9E3779B97F4A7C15 & MIX
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & MIX
    x = (x ^ x >> 27) * 0x94D049BB133111EB & MIX
    return x ^ x >> 31


def person(number: int, firms: int) -> list[Any]:
    """The twenty fields of a person, as the MA has them."""
    d = Dice(number)
    firm = d.under(firms) * d.under(16) // 15 % firms  # some firms employ many
    family = t.SURNAMES[d.under(len(t.SURNAMES)) * d.under(8) // 7 % len(t.SURNAMES)]
    given = w.GIVEN[d.under(len(w.GIVEN))]
    core, _kana, domain, industry = w.company(firm * 7919 % w.COMPANIES)
    prefecture, city, postal, area = t.PLACES[firm % len(t.PLACES)]
    form = t.LEGAL_FORMS[(0, 0, 0, 0, 1, 2)[firm % 6]][0]
    exchange = 10 ** (5 - len(area))
    phone = f"{area}-{exchange * 2 + d.under(exchange * 7)}-{d.under(10000):04d}"
    visited = START + timedelta(days=d.under(700), seconds=d.under(86400))
    return [
        family[0],
        given[0],
        family[1],
        f"{given[1]}.{family[2]}{number}@{domain}.example",
        form + core if firm % 5 < 3 else core + form,
        t.DEPARTMENTS[d.under(len(t.DEPARTMENTS))],
        t.TITLES[d.under(len(t.TITLES))],
        phone,
        f"0{7 + d.under(3)}0-{1000 + d.under(9000)}-{d.under(10000):04d}",
        f"{postal}-{firm % 10000:04d}",
        f"{prefecture}{city}{t.STREETS[firm % len(t.STREETS)]}{1 + firm % 5}-{1 + firm % 29}-{1 + firm % 19}",
        f"https://www.{domain}.example/",
        industry,
        10 + firm * 37 % 9000,
        (firm * 7919 % 90_000 + 100) * 10_000,
        w.SOURCES[d.under(len(w.SOURCES))],
        1 if d.one_in(25) else 0,
        d.under(100),
        visited.strftime("%Y-%m-%d %H:%M:%S"),
        (visited + timedelta(days=30)).strftime("%Y-%m-%d"),
        w.MEMOS[d.under(len(w.MEMOS))] if d.one_in(3) else None,
    ]


AT = {name: position for position, name in enumerate(COLUMNS)}


def as_sfa(number: int, row: list[Any]) -> list[Any]:
    """The same person as the SFA has them: about a third with something written otherwise, a few with other values."""
    d = Dice(number, 1)
    phone, company, name = d.under(100), d.under(100), d.under(100)
    if phone < 12:
        row[AT["phone"]] = row[AT["phone"]].replace("-", "")
    elif phone < 17:
        row[AT["phone"]] = full_width(row[AT["phone"]])
    elif phone < 20:
        row[AT["phone"]] = "+81-" + row[AT["phone"]][1:]
    if company < 10:
        row[AT["company"]] = row[AT["company"]].replace("株式会社", "㈱")
    elif company < 14:
        row[AT["company"]] = row[AT["company"]].replace("株式会社", "(株)")
    if name < 3:
        row[AT["first_name"]] += "　"
    elif name < 5:
        row[AT["last_name"]] = "".join(t.OLD_KANJI.get(c, c) for c in row[AT["last_name"]])
    if d.one_in(30):
        row[AT["email"]] = row[AT["email"]].upper()
    if d.one_in(100):
        row[AT["email"]] = None
    if d.one_in(40):
        row[AT["postal_code"]] = row[AT["postal_code"]].replace("-", "")
    if d.one_in(50):
        row[AT["title"]] = t.TITLES[d.under(len(t.TITLES))]
    if d.one_in(25):
        row[AT["department"]] = None
    if d.one_in(50):
        row[AT["score"]] = None
    return row


def stamps(number: int, salt: int) -> tuple[str, str]:
    d = Dice(number, salt)
    made = START + timedelta(seconds=d.under(300 * 86400))
    changed = made + timedelta(seconds=d.under(400 * 86400))
    return made.strftime("%Y-%m-%d %H:%M:%S"), changed.strftime("%Y-%m-%d %H:%M:%S")


def stride(people: int) -> int:
    """The SFA lists the same people in another order: number = place * stride, modulo the number of people."""
    found = int(people * 0.618) | 1
    while math.gcd(found, people) != 1:
        found += 2
    return found


def ma_rows(people: int, firms: int) -> Iterator[tuple[Any, ...]]:
    for number in range(people):
        yield (number + 1, *person(number, firms), None, *stamps(number, 2))


def sfa_rows(people: int, firms: int) -> Iterator[tuple[Any, ...]]:
    step = stride(people)
    for place in range(people):
        number = place * step % people
        yield (f"C{place + 1:07d}", *as_sfa(number, person(number, firms)), None, *stamps(number, 3))


def build(folder: Path, people: int) -> None:
    """Both databases, config.yaml and the mapping."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mappings").mkdir(exist_ok=True)
    shutil.rmtree(folder / "state", ignore_errors=True)
    firms = min(w.COMPANIES, max(20, people // 20))
    _table(folder / "ma.db", "INTEGER PRIMARY KEY", ma_rows(people, firms))
    _table(folder / "sfa.db", "TEXT PRIMARY KEY", sfa_rows(people, firms))
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    (folder / "mappings" / "person.yaml").write_text(MAPPING, encoding="utf-8")


def _table(path: Path, key: str, rows: Iterator[tuple[Any, ...]]) -> None:
    path.unlink(missing_ok=True)
    body = ", ".join(f"{c} {'INTEGER' if c in NUMBERS else 'TEXT'}" for c in COLUMNS)
    kept = "connector_key TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL"
    with closing(sqlite3.connect(path)) as db:
        db.executescript("PRAGMA journal_mode = wal; PRAGMA synchronous = off")
        db.execute(f"CREATE TABLE leads (id {key}, {body}, {kept})")
        marks = ", ".join("?" * (len(COLUMNS) + 4))
        with db:
            db.executemany(f"INSERT INTO leads VALUES ({marks})", rows)  # noqa: S608  question marks
        db.execute("CREATE INDEX leads_updated_at ON leads (updated_at)")
        db.execute("CREATE INDEX leads_key ON leads (connector_key) WHERE connector_key IS NOT NULL")
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


CONFIG = """\
hub: {state: state/hub.db}
mappings: mappings
lang: en
timezone: Asia/Tokyo
systems:
  ma:
    type: sql
    url: sqlite:///ma.db
    tables: {leads: {table: leads, key: id, modified: updated_at, external_key: connector_key}}
  sfa:
    type: sql
    url: sqlite:///sfa.db
    tables: {leads: {table: leads, key: id, modified: updated_at, external_key: connector_key}}
"""

_BOTH = "{ma: %s, sfa: %s}"


def _field(name: str, kind: str, column: str = "", flow: str = "ma <-> sfa", more: str = "") -> str:
    column = column or name
    rule = "\n    if_both_changed: sfa wins" if "<->" in flow and kind != "consent" else ""
    where = _BOTH % (column, column)
    return f"  {name}:\n    type: {kind}\n    map: {where}\n    flow: {flow}{rule}{more}\n"


_CHOICES = "".join(
    f"\n      {system}: {{" + ", ".join(f"{c}: {c}" for c in w.INDUSTRIES) + "}" for system in ("ma", "sfa")
)
_CONSENT = '\n    values:\n      ma: {"1": opt_out, "0": opt_in}\n      sfa: {"1": opt_out, "0": opt_in}'

MAPPING = (
    """\
entity: person
enabled: true
systems:
  ma: {object: leads, create: off}
  sfa: {object: leads, create: off}
match:
  identifiers: [email, [name, company, phone]]
  care: cautious
fields:
"""
    + _field("name", "person_name", "[last_name, first_name]")
    + _field("name_kana", "text")
    + _field("email", "email")
    + _field("company", "text", more="\n    cleanse: company")
    + _field("department", "text")
    + _field("title", "text")
    + _field("phone", "phone")
    + _field("mobile", "phone")
    + _field("postal_code", "text")
    + _field("address", "address")
    + _field("website", "url")
    + _field("industry", "picklist", more=f"\n    values:{_CHOICES}")
    + _field("employees", "integer")
    + _field("revenue", "money")
    + _field("source", "text")
    + _field("mail_consent", "consent", "mail_optout", more=_CONSENT)
    + _field("score", "integer", flow="ma -> sfa")
    + _field("last_visit", "datetime", flow="ma -> sfa")
    + _field("next_contact", "date")
    + _field("memo", "text")
)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--people", type=int, default=10_000)
    given = parser.parse_args()
    build(given.folder, given.people)
