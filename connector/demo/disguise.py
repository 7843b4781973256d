"""The same person, typed by somebody else: how one value comes to be written in two ways."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

from connector.demo import tables as t
from connector.demo.people import Company, Human, landline


@dataclass(frozen=True, slots=True)
class Card:
    """What one system holds about a person."""

    family: str
    given: str
    email: str
    company: str
    phone: str
    mobile: str
    title: str
    department: str


_HALF_KANA = {unicodedata.normalize("NFKC", chr(c)): chr(c) for c in range(0xFF66, 0xFF9E)}
_MARKS = {"\u3099": "ﾞ", "\u309a": "ﾟ"}


def half_kana(text: str) -> str:
    """
    >>> half_kana("ガクエン")
    'ｶﾞｸｴﾝ'
    """
    return "".join(_MARKS.get(c) or _HALF_KANA.get(c, c) for c in unicodedata.normalize("NFD", text))


def full_width(text: str) -> str:
    """
    >>> full_width("ABC-12")
    'ＡＢＣ－１２'
    """
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def hiragana(text: str) -> str:
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in text)


def company_written(rng: random.Random, company: Company) -> str:
    """The company's name with its legal form as people write it, or without one."""
    form, others, _ = t.LEGAL_FORMS[company.form]
    way = rng.random()
    if way < 0.45:
        return company.name
    shown = rng.choice(others) if way < 0.85 else ("" if way < 0.93 else form)
    gap = rng.choice(("", "", " ", "　"))
    core = company.core if rng.random() < 0.9 else half_kana(company.core)
    return (shown + gap + core if company.form_first else core + gap + shown).strip()


def phone_written(rng: random.Random, phone: str) -> str:
    """A telephone number in one of the shapes that stand in real files; some come back from Excel damaged."""
    if not phone:
        return ""
    way = rng.random()
    digits = phone.replace("-", "")
    if way < 0.45:
        return phone
    if way < 0.6:
        return digits
    if way < 0.7:
        return full_width(phone)
    if way < 0.8:
        area, first, last = phone.split("-")
        return f"{area}({first}){last}"
    if way < 0.9:
        return "+81-" + phone[1:]
    if way < 0.96:
        return f"{phone} 内線{rng.randint(100, 999)}"
    return digits[1:]  # opened and saved in Excel


def plain(human: Human) -> Card:
    return Card(
        family=human.family,
        given=human.given,
        email=human.email,
        company=human.company.name,
        phone=human.phone,
        mobile=human.mobile,
        title=human.title,
        department=human.department,
    )


Noise = Callable[[random.Random, Human, Card], Card]


def _width(rng: random.Random, human: Human, card: Card) -> Card:
    if human.western:
        return replace(card, family=full_width(card.family), given=full_width(card.given))
    return replace(card, family=f"　{card.family} ", given=f"{card.given}　")


def _old_kanji(rng: random.Random, human: Human, card: Card) -> Card:
    return replace(card, family="".join(t.OLD_KANJI.get(c, c) for c in card.family))


def _kana(rng: random.Random, human: Human, card: Card) -> Card:
    form = rng.choice((str, hiragana, half_kana))
    return replace(card, family=form(human.family_kana), given=form(human.given_kana))


def _email_changed(rng: random.Random, human: Human, card: Card) -> Card:
    local, domain = card.email.split("@")
    other = rng.choice(
        (f"{local}@mail.{domain}", f"{local}.{rng.randint(10, 99)}@{domain}", f"{local}@webmail.example")
    )
    return replace(card, email=other)


def _email_case(rng: random.Random, human: Human, card: Card) -> Card:
    return replace(card, email=card.email.upper() if rng.random() < 0.5 else card.email.title())


def _nickname(rng: random.Random, human: Human, card: Card) -> Card:
    return replace(card, given=human.nickname)


def _swapped(rng: random.Random, human: Human, card: Card) -> Card:
    return replace(card, family=card.given, given=card.family)


def _joined(rng: random.Random, human: Human, card: Card) -> Card:
    if human.western:
        return replace(card, family=f"{card.given} {card.family}", given="")
    return replace(card, family=f"{card.family} {card.given}", given="")


def _missing(rng: random.Random, human: Human, card: Card) -> Card:
    # never the e-mail and the phone at once: nobody could tell who it is
    gone = rng.choice(("email", "phone", "title", "company", "given"))
    return replace(card, **{gone: ""})


def _title_differs(rng: random.Random, human: Human, card: Card) -> Card:
    return replace(card, title=rng.choice([x for x in t.TITLES if x != card.title]))


def _phone_differs(rng: random.Random, human: Human, card: Card) -> Card:
    return replace(card, phone=landline(rng, human.company.phone.split("-")[0]))


# name, share of the shared people who get it, whom it fits
NOISE: tuple[tuple[str, float, Noise, Callable[[Human], bool]], ...] = (
    ("old_kanji", 0.5, _old_kanji, lambda h: any(c in t.OLD_KANJI for c in h.family)),
    ("width", 0.12, _width, lambda h: True),
    ("kana", 0.03, _kana, lambda h: not h.western),
    ("nickname", 0.6, _nickname, lambda h: bool(h.nickname)),
    ("swapped", 0.03, _swapped, lambda h: True),
    ("joined", 0.05, _joined, lambda h: True),
    ("email_case", 0.08, _email_case, lambda h: True),
    ("email_changed", 0.08, _email_changed, lambda h: True),
    ("title_differs", 0.10, _title_differs, lambda h: True),
    ("phone_differs", 0.06, _phone_differs, lambda h: True),
    ("missing", 0.15, _missing, lambda h: True),
)


def disguise(rng: random.Random, human: Human) -> tuple[Card, tuple[str, ...]]:
    """The card as another system holds it, and the names of what was done to it."""
    card = plain(human)
    done: list[str] = []
    for name, share, apply, fits in NOISE:
        if fits(human) and rng.random() < share and not _clash(name, done):
            card = apply(rng, human, card)
            done.append(name)
    company = company_written(rng, human.company) if card.company else ""
    return replace(card, company=company, phone=phone_written(rng, card.phone)), tuple(done)


def _clash(name: str, done: list[str]) -> bool:
    """Name forms that undo each other, and losing every way to tell who it is."""
    names = {"kana", "swapped", "joined", "nickname", "old_kanji"}
    if name in names - {"old_kanji"} and names & set(done):
        return True
    return name == "missing" and bool({"email_changed", "phone_differs", "joined"} & set(done))
