"""A shorter history that breaks the same law."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.laws.history import History, Step
from tests.laws.story import play
from tests.laws.world import Bench


def shrink(made: History, bench: Bench, law: str, tries: int = 400) -> History:
    """A shorter history that breaks the same law: steps left out, natures made plain, faults taken away."""

    def breaks(one: History) -> bool:
        nonlocal tries
        tries -= 1
        return tries >= 0 and (b := play(one, bench)[1]) is not None and b.law == law

    size = len(made.steps) // 2
    while size and tries > 0:
        at = 0
        while at < len(made.steps):
            shorter = replace(made, steps=made.steps[:at] + made.steps[at + size :])
            if breaks(shorter):
                made = shorter
            else:
                at += size
        size //= 2
    for i in range(len(made.traits)):
        for trait in made.traits[i]:
            plain = tuple(t for t in made.traits[i] if t != trait)
            if breaks(other := replace(made, traits=made.traits[:i] + (plain,) + made.traits[i + 1 :])):
                made = other
    for i, step in enumerate(made.steps):
        for calmer in _calmer(step):
            if breaks(other := replace(made, steps=made.steps[:i] + (calmer,) + made.steps[i + 1 :])):
                made = other
                break
    at = 0
    while at < len(made.steps):
        if breaks(other := replace(made, steps=made.steps[:at] + made.steps[at + 1 :])):
            made = other
        else:
            at += 1
    return made


def _calmer(step: Step) -> Sequence[Step]:
    quiet = [replace(step, faults=False, edits=False, death=False)] if step.faults or step.edits or step.death else []
    return [
        *quiet,
        *([replace(step, death=False)] if step.death else []),
        *([replace(step, faults=False)] if step.faults else []),
        *([replace(step, edits=False)] if step.edits else []),
    ]
