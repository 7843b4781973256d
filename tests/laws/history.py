"""A history before it happens: who works where and when, and what goes wrong; a function of its seed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.laws.world import TRAITS, VARIANTS


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens. Its seed draws everything else, so that steps can be left out one by one."""

    kind: str
    seed: int
    faults: bool = False
    edits: bool = False
    death: bool = False


@dataclass(frozen=True, slots=True)
class History:
    seed: int
    variant: int
    traits: tuple[tuple[str, ...], ...]  # per system
    confirmed: bool  # a person has confirmed every first overwriting beforehand
    steps: tuple[Step, ...]

    @property
    def systems(self) -> tuple[str, ...]:
        return ("a", "b", "c")[: len(self.traits)]


# How often each kind of step is drawn.
WEIGHTS = {
    "create": 10, "pair": 10, "firm": 5, "edit": 26, "both": 10, "clear": 6, "delete": 4, "undelete": 3, "merge": 3,
    "garbage": 2, "successor": 2, "refuse": 6, "consent": 4, "employ": 6, "unmapped": 2, "agree": 2,
    "sync": 30, "saved": 6, "narrow": 3, "full": 2, "undo": 5, "decide": 14, "retry": 2, "backfill": 2, "time": 8,
}  # fmt: skip
RUNS = frozenset({"sync", "saved", "narrow", "full", "undo", "retry", "backfill"})
FAULTS = (
    "throttled", "time-out before", "time-out after", "lost answer", "partial batch", "reordered", "unreadable record",
    "hidden record", "denied", "death on the wire", "death at the store", "edit during a run",
)  # fmt: skip


def history(seed: int, length: int | None = None) -> History:
    rng = Random(seed)
    names = tuple(TRAITS)
    traits = []
    for _ in range(rng.choice([2, 2, 3])):
        chosen = rng.sample(names, rng.choice([0, 1, 1, 2, 3]))
        if {"lossy", "normalising"} <= set(chosen):
            chosen.remove("lossy")
        traits.append(tuple(chosen))
    steps = [Step("pair", rng.getrandbits(32)), Step(rng.choice(["firm", "create"]), rng.getrandbits(32))]
    kinds, weights = list(WEIGHTS), list(WEIGHTS.values())
    fair, clean = rng.random() < 0.15, rng.random() < 0.25
    for i in range(length or rng.choice([6, 10, 14, 18, 24])):
        kind = "sync" if i in (1, 3) else rng.choices(kinds, weights)[0]
        mine = kind in RUNS and not fair
        steps.append(
            Step(
                kind,
                rng.getrandbits(32),
                faults=mine and not clean and rng.random() < 0.5,
                edits=mine and rng.random() < 0.6,
                death=mine and not clean and rng.random() < 0.25,
            )
        )
    return History(seed, rng.randrange(VARIANTS), tuple(traits), rng.random() < 0.6, tuple(steps))
