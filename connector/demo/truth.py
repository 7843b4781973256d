"""Who is who in the demo world, and how well a matcher found it out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

FILE = "truth.json"
Pair = tuple[str, str]  # ma id, sfa contact id


@dataclass(frozen=True, slots=True)
class Duplicate:
    """`id` is a second row about the person of `of`, both in `system`."""

    system: str
    id: str
    of: str


@dataclass(frozen=True, slots=True)
class Score:
    """`recall` counts what was linked; `recall_with_review` also what a person was asked about."""

    precision: float
    recall: float
    recall_with_review: float
    linked: int
    wrong: tuple[Pair, ...]
    missed: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    today: date
    pairs: tuple[Pair, ...]
    duplicates: tuple[Duplicate, ...]
    junk: tuple[tuple[str, str], ...]  # system, id
    noise: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # ma id of a pair -> how it differs

    def same(self) -> Mapping[tuple[str, str], str]:
        """(system, id) -> a name of the person, for every row that has a counterpart or a duplicate."""
        person: dict[tuple[str, str], str] = {}
        for ma, sfa in self.pairs:
            person["ma", ma] = person["sfa", sfa] = f"ma{ma}"
        for twin in self.duplicates:
            person.setdefault((twin.system, twin.of), f"{twin.system}{twin.of}")
            person[twin.system, twin.id] = person[twin.system, twin.of]
        return person

    def score(self, links: Iterable[Pair], reviewed: Iterable[Pair] = ()) -> Score:
        """Precision over the links; recall over the people who stand in both systems.

        A link through a duplicate row is right: it is the same person.
        """
        person = self.same()

        def who(pair: Pair) -> str | None:
            ma, sfa = person.get(("ma", pair[0])), person.get(("sfa", pair[1]))
            return ma if ma is not None and ma == sfa else None

        made = sorted(set(links))
        right = {who(pair) for pair in made} - {None}
        asked = {who(pair) for pair in reviewed} - {None}
        wrong = tuple(pair for pair in made if who(pair) is None)
        people = {person["ma", ma]: (ma, sfa) for ma, sfa in self.pairs}
        found = right & people.keys()
        return Score(
            precision=1 - len(wrong) / len(made) if made else 1.0,
            recall=len(found) / len(people) if people else 1.0,
            recall_with_review=len((right | asked) & people.keys()) / len(people) if people else 1.0,
            linked=len(made),
            wrong=wrong,
            missed=tuple(pair for name, pair in people.items() if name not in found),
        )

    def save(self, folder: Path) -> None:
        text = json.dumps(asdict(self) | {"today": self.today.isoformat()}, ensure_ascii=False)
        (folder / FILE).write_text(text, encoding="utf-8")

    @staticmethod
    def load(folder: Path) -> Truth:
        raw = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return Truth(
            today=date.fromisoformat(raw["today"]),
            pairs=tuple((ma, sfa) for ma, sfa in raw["pairs"]),
            duplicates=tuple(Duplicate(**one) for one in raw["duplicates"]),
            junk=tuple((system, id) for system, id in raw["junk"]),
            noise={ma: tuple(names) for ma, names in raw["noise"].items()},
        )
