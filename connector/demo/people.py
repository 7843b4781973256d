"""The people and companies behind the demo world, before anybody typed them into a system."""

from __future__ import annotations

import importlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from connector.demo import tables as t


@dataclass(frozen=True, slots=True)
class Company:
    """One organisation. `core` is the name without its legal form."""

    number: int
    core: str
    kana: str
    form: int  # row of tables.LEGAL_FORMS
    form_first: bool
    domain: str
    phone: str
    postal_code: str
    prefecture: str
    city: str
    street: str
    industry: str
    corporate_number: str

    @property
    def name(self) -> str:
        form = t.LEGAL_FORMS[self.form][0]
        return form + self.core if self.form_first else self.core + form


@dataclass(frozen=True, slots=True)
class Human:
    """One person in one company; `number` is who they truly are."""

    number: int
    family: str
    given: str
    family_kana: str
    given_kana: str
    western: bool
    nickname: str
    email: str
    company: Company
    title: str
    department: str
    phone: str
    mobile: str


def corporate_number(rng: random.Random) -> str:
    """Thirteen digits with a right check digit: 9 - (sum of the digits, weights 1 and 2 from the right, mod 9)."""
    base = "9" + "".join(str(rng.randrange(10)) for _ in range(11))
    total = sum(int(digit) * (1 if place % 2 == 0 else 2) for place, digit in enumerate(reversed(base)))
    return f"{9 - total % 9}{base}"


def landline(rng: random.Random, area: str) -> str:
    """Ten digits in three groups, as the area code asks."""
    exchange = 10 - len(area) - 4
    first = str(rng.randrange(2, 9)) + "".join(str(rng.randrange(10)) for _ in range(exchange - 1))
    return f"{area}-{first}-{rng.randrange(10000):04d}"


def companies(rng: random.Random, count: int) -> list[Company]:
    every = list(product(t.COMPANY_HEADS, t.COMPANY_KINDS))
    rng.shuffle(every)
    if count > len(every):
        raise ValueError(f"at most {len(every)} companies can be named")
    made = []
    for number, (head, kind) in enumerate(every[:count]):
        prefecture, city, postal, area = rng.choice(t.PLACES)
        street = f"{rng.choice(t.STREETS)}{rng.randint(1, 5)}-{rng.randint(1, 30)}-{rng.randint(1, 20)}"
        building = rng.choice(t.BUILDINGS)
        made.append(
            Company(
                number=number,
                core=head[0] + kind[0],
                kana=head[1] + kind[1],
                form=rng.choices(range(len(t.LEGAL_FORMS)), weights=(88, 6, 4, 2))[0],
                form_first=rng.random() < 0.6,
                domain=f"{head[2]}-{kind[2]}.example",
                phone=landline(rng, area),
                postal_code=f"{postal}-{rng.randrange(10000):04d}",
                prefecture=prefecture,
                city=city,
                street=f"{street} {building}".strip(),
                industry=kind[3],
                corporate_number=corporate_number(rng),
            )
        )
    return made


def _western_names(rng: random.Random) -> Iterator[tuple[str, str]]:
    """Family and given names, from Faker when it is installed (the extra `demo`)."""
    try:
        faker = importlib.import_module("faker").Faker(["en_US", "en_GB"])
    except ModuleNotFoundError:
        while True:
            yield rng.choice(t.WESTERN_FAMILY), rng.choice(t.WESTERN_GIVEN)
    faker.seed_instance(rng.randrange(2**32))
    while True:
        yield faker.last_name(), faker.first_name()


class Population:
    """Makes people; no two of one company share a name, no two share a personal address."""

    def __init__(self, rng: random.Random, firms: list[Company]) -> None:
        self.rng = rng
        self.firms = firms
        self.made = 0
        self._western = _western_names(rng)
        self._names: set[tuple[int, str, str]] = set()
        self._addresses: set[str] = set()

    def person(self) -> Human:
        rng = self.rng
        # a few companies employ most of the people, as in any CRM
        company = self.firms[int(len(self.firms) * rng.random() ** 1.6)]
        western = rng.random() < 0.08
        while True:
            family, given, family_kana, given_kana, local, nickname = self._name(western)
            if (company.number, family, given) not in self._names:
                break
        self._names.add((company.number, family, given))
        address = f"{local}@{company.domain}"
        suffix = 1
        while address in self._addresses:
            suffix += 1
            address = f"{local}{suffix}@{company.domain}"
        self._addresses.add(address)
        self.made += 1
        direct = rng.random() < 0.6
        area = company.phone.split("-")[0]
        return Human(
            number=self.made,
            family=family,
            given=given,
            family_kana=family_kana,
            given_kana=given_kana,
            western=western,
            nickname=nickname,
            email=address,
            company=company,
            title=rng.choice(t.WESTERN_TITLES if western else t.TITLES),
            department=rng.choice(t.DEPARTMENTS),
            phone=landline(rng, area) if direct else company.phone,
            mobile=f"0{rng.choice((7, 8, 9))}0-{rng.randrange(1000, 10000)}-{rng.randrange(10000):04d}",
        )

    def _name(self, western: bool) -> tuple[str, str, str, str, str, str]:
        rng = self.rng
        if not western:
            # real surnames are far from evenly spread
            family = t.SURNAMES[int(len(t.SURNAMES) * rng.random() ** 1.5)]
            given = rng.choice(t.GIVEN)
            style = rng.randrange(3)
            local = (f"{given[2]}.{family[2]}", f"{family[2]}.{given[2]}", f"{given[2][0]}-{family[2]}")[style]
            return family[0], given[0], family[1], given[1], local, ""
        last, first = next(self._western)
        nickname = ""
        if rng.random() < 0.5:
            first, nickname = rng.choice(t.NICKNAMES)
        local = f"{first}.{last}".lower().replace("'", "").replace(" ", "")
        return last, first, "", "", local, nickname
