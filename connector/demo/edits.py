"""What people do in a day: edits on both sides of the demo's world, each with a later stamp."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from connector.demo import tables as t
from connector.demo.database import MA_DB, MA_TABLES, SFA_DB, SFA_TABLES, insert, opened, stamp
from connector.demo.people import landline
from connector.demo.truth import Truth


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing a person did. `field` is "" for a new or a deleted record."""

    # phone, title, both_differ, both_agree, score, deal_lost, opt_out, blanked, created, created_twice, deleted
    what: str
    system: str
    object: str
    id: str
    field: str = ""
    before: Any = None
    after: Any = None


@dataclass(slots=True)
class _Day:
    """The open books of one round."""

    rng: random.Random
    truth: Truth
    round: int
    db: dict[str, sqlite3.Connection]
    pairs: list[tuple[str, str]]
    done: list[Edit] = field(default_factory=list)

    latest: str = ""  # the latest stamp found in the world, which a connector may have touched meanwhile

    def planned(self) -> str:
        """The same in every telling of the story, whenever it is told."""
        return stamp(self.truth.today + timedelta(days=self.round), 9 * 3600 + 60 * len(self.done))

    def now(self) -> str:
        """Office hours of the round's day, one minute per edit; never earlier than what stands in the world."""
        if self.planned() > self.latest:
            return self.planned()
        touched = datetime.fromisoformat(self.latest) + timedelta(seconds=1 + len(self.done))
        return touched.strftime("%Y-%m-%dT%H:%M:%SZ")

    def set(self, what: str, system: str, table: str, id: str, column: str, value: Any) -> None:
        db = self.db[system]
        row = db.execute(f'SELECT "{column}" AS was FROM "{table}" WHERE id = ?', (id,)).fetchone()  # noqa: S608
        db.execute(
            f'UPDATE "{table}" SET "{column}" = ?, updated_at = ? WHERE id = ?',  # noqa: S608
            (value, self.now(), id),
        )
        self.done.append(Edit(what, system, table, id, column, row["was"], value))

    def take(self, count: int) -> list[tuple[str, str]]:
        """Pairs nobody has touched in this round."""
        taken, self.pairs = self.pairs[:count], self.pairs[count:]
        return taken


def edit_world(folder: Path, seed: int = 2026, round: int = 1) -> list[Edit]:
    """Does the edits of one round (1, 2, ...) to the world in `folder` and says what they were.

    The same world, seed and round give the same edits.
    """
    truth = Truth.load(folder)
    rng = random.Random(f"{seed}/{round}")  # noqa: S311  a made-up world, nothing secret
    with opened(folder / MA_DB) as ma, opened(folder / SFA_DB) as sfa:
        here = {str(row["id"]) for row in ma.execute("SELECT id FROM contacts")}
        there = {row["id"] for row in sfa.execute("SELECT id FROM contacts")}
        doubled = {(d.system, d.of) for d in truth.duplicates}
        pairs = [
            (a, b)
            for a, b in truth.pairs
            if a in here and b in there and ("ma", a) not in doubled and ("sfa", b) not in doubled
        ]
        rng.shuffle(pairs)
        stamps = [
            ma.execute("SELECT max(updated_at) FROM contacts"),
            *(sfa.execute(f"SELECT max(updated_at) FROM {name}") for name in ("accounts", "contacts", "opportunities")),  # noqa: S608
        ]
        latest = max(row[0] or "" for cursor in stamps for row in cursor)
        day = _Day(rng, truth, round, {"ma": ma, "sfa": sfa}, pairs, latest=latest)
        for act in _ACTS:
            act(day)
    return day.done


def _new_phones(day: _Day) -> None:
    for _, contact in day.take(12):
        day.set("phone", "sfa", "contacts", contact, "phone", landline(day.rng, day.rng.choice(t.PLACES)[3]))


def _new_titles(day: _Day) -> None:
    for lead, _ in day.take(8):
        day.set("title", "ma", "contacts", lead, "title", f"{day.rng.choice(t.DEPARTMENTS)}{day.rng.choice(t.TITLES)}")


def _both_differ(day: _Day) -> None:
    for lead, contact in day.take(4):
        one, other = day.rng.sample(t.TITLES, 2)
        day.set("both_differ", "ma", "contacts", lead, "title", f"{one}(新任)")
        day.set("both_differ", "sfa", "contacts", contact, "title", f"{other}(兼任)")


def _both_agree(day: _Day) -> None:
    for lead, contact in day.take(2):
        phone = landline(day.rng, "03")
        day.set("both_agree", "ma", "contacts", lead, "phone", phone.replace("-", ""))
        day.set("both_agree", "sfa", "contacts", contact, "phone", phone)


def _visits(day: _Day) -> None:
    for lead, _ in day.take(40):
        row = day.db["ma"].execute("SELECT score FROM contacts WHERE id = ?", (lead,)).fetchone()
        day.set("score", "ma", "contacts", lead, "score", min(100, (row["score"] or 0) + day.rng.randint(3, 30)))
        day.set("score", "ma", "contacts", lead, "last_visit", day.planned())


def _deals_lost(day: _Day) -> None:
    open_deals = (
        "SELECT id FROM opportunities WHERE contact_id IN "
        "(SELECT value FROM json_each(?)) AND stage NOT IN ('受注', '失注') ORDER BY id"
    )
    shared = json.dumps([contact for _, contact in day.pairs])
    deals = [row["id"] for row in day.db["sfa"].execute(open_deals, (shared,))]
    for deal in day.rng.sample(deals, min(5, len(deals))):
        day.set("deal_lost", "sfa", "opportunities", deal, "stage", t.LOST)
        day.set("deal_lost", "sfa", "opportunities", deal, "lost_reason", day.rng.choice(t.LOST_REASONS))


def _opt_outs(day: _Day) -> None:
    for lead, _ in day.take(2):
        day.set("opt_out", "ma", "contacts", lead, "mail_optout", 1)
    for _, contact in day.take(1):
        day.set("opt_out", "sfa", "contacts", contact, "mail_optout", 1)


def _blanked(day: _Day) -> None:
    for _, contact in day.take(1):
        day.set("blanked", "sfa", "contacts", contact, "phone", None)
    for lead, _ in day.take(1):
        day.set("blanked", "ma", "contacts", lead, "title", None)


def _created(day: _Day) -> None:
    """A new person on each side, and one whom both sides entered before the next run."""
    for number, (what, systems) in enumerate(
        (("created", ("ma",)), ("created", ("sfa",)), ("created_twice", ("ma", "sfa")))
    ):
        family, given = day.rng.choice(t.SURNAMES), day.rng.choice(t.GIVEN)
        address = f"{family[2]}.{given[2]}.r{day.round}{number}"
        account = day.db["sfa"].execute(_AN_ACCOUNT, (day.rng.randrange(1000),)).fetchone()
        host = (account["website"] or "https://www.newcomer.example/").split("www.")[-1].rstrip("/")
        person = {
            "last_name": family[0],
            "first_name": given[0],
            "email": f"{address}@{host}",
            "title": day.rng.choice(t.TITLES),
            "phone": landline(day.rng, "03"),
            "mail_optout": 0,
        }
        for system in systems:
            _enter(day, what, system, person, account)


_AN_ACCOUNT = "SELECT id, name, website FROM accounts ORDER BY id LIMIT 1 OFFSET (? % (SELECT COUNT(*) FROM accounts))"


def _enter(day: _Day, what: str, system: str, person: dict[str, Any], account: sqlite3.Row) -> None:
    stamps = {"created_at": day.now(), "updated_at": day.now()}
    if system == "ma":
        number = day.db["ma"].execute("SELECT MAX(id) + 1 AS next FROM contacts").fetchone()["next"]
        id = str(number)
        row = person | {"id": number, "company": account["name"], "score": 5, "stage": t.MA_STAGES[0], "lost_flag": 0}
        insert(day.db["ma"], "contacts", list(MA_TABLES["contacts"]), [row | stamps])
    else:
        newest = day.db["sfa"].execute("SELECT MAX(id) AS id FROM contacts").fetchone()["id"]
        id = f"C{int(newest[1:]) + 1:05d}"
        row = person | {"id": id, "account_id": account["id"], "owner": day.rng.choice(t.OWNERS)}
        insert(day.db["sfa"], "contacts", list(SFA_TABLES["contacts"]), [row | stamps])
    day.done.append(Edit(what, system, "contacts", id))


def _deleted(day: _Day) -> None:
    """One person gone from each side; nobody with a deal."""
    with_deal = {row["contact_id"] for row in day.db["sfa"].execute("SELECT DISTINCT contact_id FROM opportunities")}
    free = [pair for pair in day.pairs if pair[1] not in with_deal]
    for system, id in (("ma", free[0][0]), ("sfa", free[1][1])) if len(free) > 1 else ():
        day.db[system].execute("DELETE FROM contacts WHERE id = ?", (id,))
        day.db[system].execute("INSERT INTO tombstones VALUES ('contacts', ?, ?)", (id, day.now()))
        day.done.append(Edit("deleted", system, "contacts", id))


_ACTS: tuple[Callable[[_Day], None], ...] = (
    _new_phones, _new_titles, _both_differ, _both_agree, _visits, _deals_lost, _opt_outs, _blanked, _created, _deleted,
)  # fmt: skip
