"""The demo's world: two systems that grew apart, made from one seed, and the truth about who is who."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from connector.demo import tables as t
from connector.demo.database import MA_DB, MA_TABLES, SFA_DB, SFA_TABLES, create, insert, opened, stamp
from connector.demo.disguise import Card, company_written, disguise, phone_written, plain
from connector.demo.people import Company, Human, Population, companies
from connector.demo.truth import Duplicate, Truth

TODAY = date(2026, 3, 2)


@dataclass(frozen=True, slots=True)
class Scale:
    """How many rows; `shared` people stand in both systems."""

    ma: int = 5000
    accounts: int = 800
    contacts: int = 3500
    deals: int = 1200
    shared: int = 2000
    kintone: int = 300  # of the third system, which joins at the end

    def times(self, factor: float) -> Scale:
        return Scale(*(max(1, int(n * factor)) for n in astuple(self)))


def build_world(folder: Path, seed: int = 2026, scale: Scale | None = None, today: date = TODAY) -> Truth:
    """Writes ma.db, sfa.db and truth.json into `folder`. The same arguments give the same rows."""
    scale = scale or Scale()
    rng = random.Random(seed)  # noqa: S311  a made-up world, nothing secret
    folder.mkdir(parents=True, exist_ok=True)
    firms = companies(rng, scale.accounts)
    population = Population(rng, firms)
    ma, sfa = _share_out(scale)
    shared = [population.person() for _ in range(scale.shared)]
    sfa_people = shared + [population.person() for _ in range(sfa.people - scale.shared)]
    ma_people = shared + [population.person() for _ in range(ma.people - scale.shared)]

    contacts, sfa_ids, sfa_doubles, sfa_junk = _sfa_contacts(rng, sfa_people, sfa, today)
    leads, ma_ids, ma_doubles, ma_junk, noise = _ma_contacts(rng, ma_people, {h.number for h in shared}, ma, today)
    deals = _deals(rng, sfa_people, sfa_ids, scale.deals, today)
    create(folder / SFA_DB, SFA_TABLES)
    with opened(folder / SFA_DB) as db:
        insert(db, "accounts", list(SFA_TABLES["accounts"]), (_account(rng, firm, today) for firm in firms))
        insert(db, "contacts", list(SFA_TABLES["contacts"]), contacts)
        insert(db, "opportunities", list(SFA_TABLES["opportunities"]), deals)
    create(folder / MA_DB, MA_TABLES)
    with opened(folder / MA_DB) as db:
        insert(db, "contacts", list(MA_TABLES["contacts"]), leads)

    truth = Truth(
        today=today,
        pairs=tuple(sorted((ma_ids[h.number], sfa_ids[h.number]) for h in shared)),
        duplicates=tuple(ma_doubles + sfa_doubles),
        junk=tuple([("ma", id) for id in ma_junk] + [("sfa", id) for id in sfa_junk]),
        noise={ma_ids[number]: names for number, names in sorted(noise.items())},
    )
    truth.save(folder)
    return truth


@dataclass(frozen=True, slots=True)
class _Share:
    people: int
    doubles: int
    junk: int
    roles: int  # rows of several people who share info@


def _share_out(scale: Scale) -> tuple[_Share, _Share]:
    """About 1 % of a system are double rows, and a little of it is junk."""

    def share(rows: int, roles: int) -> _Share:
        doubles, junk = rows // 100, rows // 100
        roles = min(roles, rows // 50)
        return _Share(rows - doubles - junk, doubles, junk, roles)

    return share(scale.ma, 60), share(scale.contacts, 40)


def account_id(company: Company) -> str:
    return f"A{company.number + 1:05d}"


def _moment(rng: random.Random, today: date, oldest: int, newest: int) -> str:
    return stamp(today - timedelta(days=rng.randint(newest, oldest)), rng.randrange(86_400))


def record_stamps(rng: random.Random, today: date) -> dict[str, str]:
    """Created some time ago, last touched later, and both before today."""
    age = rng.randint(40, 900)
    changed = rng.randint(2, age)
    return {
        "created_at": stamp(today - timedelta(days=age), rng.randrange(43_200)),
        "updated_at": stamp(today - timedelta(days=changed), 43_200 + rng.randrange(43_200)),
    }


def _account(rng: random.Random, firm: Company, today: date) -> dict[str, Any]:
    return {
        "id": account_id(firm),
        "name": firm.name if rng.random() < 0.8 else company_written(rng, firm),
        "name_kana": firm.kana if rng.random() < 0.7 else None,
        "phone": firm.phone if rng.random() < 0.95 else None,
        "postal_code": firm.postal_code if rng.random() < 0.8 else firm.postal_code.replace("-", ""),
        "prefecture": firm.prefecture,
        "city": firm.city,
        "street": firm.street,
        "website": f"https://www.{firm.domain}/" if rng.random() < 0.85 else None,
        "industry": firm.industry,
        "corporate_number": firm.corporate_number if rng.random() < 0.6 else None,
        "owner": rng.choice(t.OWNERS),
        **record_stamps(rng, today),
    }


def _sfa_row(rng: random.Random, id: str, human: Human, card: Card, today: date) -> dict[str, Any]:
    return {
        "id": id,
        "account_id": account_id(human.company),
        "last_name": card.family,
        "first_name": card.given or None,
        "email": card.email or None,
        "phone": card.phone or None,
        "mobile": card.mobile or None,
        "title": card.title or None,
        "department": card.department or None,
        "ma_score": None,
        "ma_last_visit": None,
        "mail_optout": 1 if rng.random() < 0.02 else 0,
        "owner": t.OWNERS[human.company.number % len(t.OWNERS)],
        **record_stamps(rng, today),
    }


def _sfa_contacts(
    rng: random.Random, people: Sequence[Human], share: _Share, today: date
) -> tuple[list[dict[str, Any]], dict[int, str], list[Duplicate], list[str]]:
    ids = _ids(rng, len(people) + share.doubles + share.junk, "C{:05d}")
    rows, of_human, doubles, junk = [], {}, [], []
    roles = _sharers(rng, people, share.roles)
    for human in people:
        card = plain(human)
        if rng.random() < 0.15:
            card = replace(card, email="")
        if human.number in roles:
            card = _role_address(rng, human, card)
        if rng.random() < 0.5:
            card = replace(card, mobile="")
        of_human[human.number] = id = next(ids)
        rows.append(_sfa_row(rng, id, human, card, today))
    for human in rng.sample(list(people), share.doubles):
        card, _ = disguise(rng, human)
        id = next(ids)
        doubles.append(Duplicate("sfa", id, of_human[human.number]))
        rows.append(_sfa_row(rng, id, human, card, today))
    for _ in range(share.junk):
        family, given, email, _company = rng.choice(t.JUNK_ROWS)
        card = Card(family, given, email, "", "", "", "", "")
        id = next(ids)
        junk.append(id)
        rows.append(_sfa_row(rng, id, rng.choice(people), card, today))
    rows.sort(key=lambda row: str(row["id"]))
    return rows, of_human, doubles, junk


def _ma_row(rng: random.Random, id: str, card: Card, today: date) -> dict[str, Any]:
    score = int(rng.random() ** 3 * 100)
    return {
        "id": int(id),
        "last_name": card.family,
        "first_name": card.given or None,
        "email": card.email or None,
        "company": card.company or None,
        "phone": card.phone or None,
        "title": card.title or None,
        "mail_optout": 1 if rng.random() < 0.04 else 0,
        "score": score,
        "stage": rng.choice(t.MA_STAGES[:2]),
        "lost_flag": 0,
        "lost_reason": None,
        "last_visit": _moment(rng, today, 200, 1) if score > 10 else None,
        **record_stamps(rng, today),
    }


def _ma_contacts(
    rng: random.Random, people: Sequence[Human], shared: set[int], share: _Share, today: date
) -> tuple[list[dict[str, Any]], dict[int, str], list[Duplicate], list[str], dict[int, tuple[str, ...]]]:
    ids = _ids(rng, len(people) + share.doubles + share.junk, "{}")
    rows, of_human, doubles, junk = [], {}, [], []
    noise: dict[int, tuple[str, ...]] = {}
    # an address that several people share is put only where the person stands in this system alone
    alone = [h for h in people if h.number not in shared]
    roles = _sharers(rng, alone, share.roles)
    for human in people:
        if human.number in shared:
            card, noise[human.number] = disguise(rng, human)
        else:
            card = replace(plain(human), company=company_written(rng, human.company))
            card = replace(card, phone=phone_written(rng, human.phone) if rng.random() < 0.7 else "")
        if human.number in roles:
            card = _role_address(rng, human, card)
        of_human[human.number] = id = next(ids)
        rows.append(_ma_row(rng, id, card, today))
    for human in rng.sample(list(people), share.doubles):
        card, _ = disguise(rng, human)
        id = next(ids)
        doubles.append(Duplicate("ma", id, of_human[human.number]))
        rows.append(_ma_row(rng, id, card, today))
    for _ in range(share.junk):
        family, given, email, company = rng.choice(t.JUNK_ROWS)
        id = next(ids)
        junk.append(id)
        rows.append(_ma_row(rng, id, Card(family, given, email, company, "", "", "", ""), today))
    rows.sort(key=lambda row: int(row["id"]))
    return rows, of_human, doubles, junk, noise


def _sharers(rng: random.Random, people: Sequence[Human], count: int) -> set[int]:
    """About `count` people in groups of two to four colleagues."""
    by_company: dict[int, list[Human]] = {}
    for human in people:
        by_company.setdefault(human.company.number, []).append(human)
    firms = [colleagues for colleagues in by_company.values() if len(colleagues) > 1]
    rng.shuffle(firms)
    chosen: set[int] = set()
    for colleagues in firms:
        if len(chosen) >= count:
            break
        chosen |= {human.number for human in colleagues[: rng.randint(2, 4)]}
    return chosen


def _role_address(rng: random.Random, human: Human, card: Card) -> Card:
    """The company's own address and switchboard, as colleagues who have no others share them."""
    role = t.ROLE_ADDRESSES[human.company.number % len(t.ROLE_ADDRESSES)]
    return replace(card, email=f"{role}@{human.company.domain}", phone=human.company.phone)


def _ids(rng: random.Random, count: int, form: str) -> Any:
    numbers = list(range(1, count + 1))
    rng.shuffle(numbers)
    return iter([form.format(n) for n in numbers])


def _deals(
    rng: random.Random, people: Sequence[Human], ids: dict[int, str], count: int, today: date
) -> list[dict[str, Any]]:
    rows = []
    for number in range(1, count + 1):
        human = rng.choice(people)
        stage = rng.choices(t.DEAL_STAGES, weights=(20, 15, 15, 10, 8, 20, 12))[0]
        closed = stage in t.DEAL_STAGES[-2:]
        close = today + timedelta(days=rng.randint(-400, -3) if closed else rng.randint(3, 200))
        rows.append(
            {
                "id": f"D{number:05d}",
                "account_id": account_id(human.company),
                "contact_id": ids[human.number] if rng.random() < 0.92 else None,
                "name": f"{human.company.core} {rng.choice(t.DEAL_NAMES)}",
                "stage": stage,
                "amount": rng.randint(3, 400) * 50_000 if rng.random() < 0.95 else None,
                "close_date": close.isoformat(),
                "lost_reason": rng.choice(t.LOST_REASONS) if stage == t.LOST else None,
                "owner": t.OWNERS[human.company.number % len(t.OWNERS)],
                **record_stamps(rng, today),
            }
        )
    return rows
