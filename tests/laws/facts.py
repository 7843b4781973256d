"""What is remembered of a history: what people typed and decided, and what was seen of the engine. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.laws.world import COLUMNS, FIRMS, PEOPLE

OUT, IN = "1", "0"
Place = tuple[str, str]  # system, id


class Broken(Exception):
    def __init__(self, law: str, text: str) -> None:
        super().__init__(f"{law}: {text}")
        self.law, self.text = law, text


@dataclass(slots=True)
class Write:
    """A value that a person typed; token None is a blank they made."""

    seq: int
    who: int
    system: str
    id: str
    object: str
    field: str
    token: str | None
    made: bool  # typed when the record was made
    before: str | None = None  # what stood there
    exempt: bool = False  # fell between our last look and our write, at a system that can check neither
    stood: tuple[Any, ...] = ()  # what the system made of it


@dataclass(slots=True)
class Verdicts:
    seq: int
    group: int
    field: str  # "*": anything
    chosen: str | None


@dataclass(slots=True)
class Ours:
    """A column that the engine wrote, as it stood before and after."""

    seq: int
    place: Place
    field: str
    column: str
    before: Any
    after: Any


@dataclass(slots=True)
class Refusal:
    """A person opted out, or in, somewhere."""

    seq: int
    who: int
    place: Place
    value: str
    earned: bool = False  # an opt-in where a run may have seen the opt-out
    exempt: bool = False  # fell between our last look and our write, at a system that can check neither
    bound: bool = False  # an opt-out that stood through a whole clean run


def word(n: int, syllables: int = 4) -> str:
    """A made-up name, unlike the next one.

    >>> word(1) != word(2)
    True
    """
    rng = Random(f"word {n}")
    return "".join(rng.choice("bdfgkmnprstvz") + rng.choice("aeiou") for _ in range(syllables)).capitalize()


def number_of(id: str) -> str:
    return PEOPLE if id[:1] == "P" else FIRMS


def token(object: str, name: str, values: Mapping[str, Any]) -> str | None:
    """A value as something to compare whatever its system made of it."""
    value = values.get(COLUMNS[object][name][0])
    if value is None or value == "":
        return None
    text = str(value).casefold()
    match object, name:
        case _, "phone" if not text.startswith("zz"):
            return "".join(c for c in text if c.isdigit())[-8:]
        case (_, "title" | "note" | "memo"):
            return text[:5]
        case "firms", "name":
            return text[:8]
        case _:
            return text


def short(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{k}={v}" for k, v in values.items())
