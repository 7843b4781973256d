"""Random histories keep the laws; the seeds are fixed, so that a failure stays one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.laws.run import many, told
from tests.laws.story import FAULTS, RUNS, WEIGHTS, history, play
from tests.laws.world import Bench

# Histories that once broke a law: a run of one field, a refusal at a record of an undone run, a pinned field.
MENDED = (270, 325, 452, 468, 536, 5129, 5492, 5708)
SEEDS = (*range(150), *MENDED)
# Seeds that break a law for a reason that is known and not mended yet: seed -> the law.
KNOWN: dict[int, str] = {}


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


def test_the_laws_hold(bench: Bench) -> None:
    counts: Counter[str] = Counter()
    broken = many([s for s in SEEDS if s not in KNOWN], bench, counts)
    assert not broken, "\n\n".join(told(*play(history(seed), bench)) for seed in list(broken)[:3])
    assert not [kind for kind in WEIGHTS if not counts[f"step {kind}"]]
    assert not [fault for fault in FAULTS if not counts[f"fault {fault}"]]


def test_a_history_is_a_function_of_its_seed(bench: Bench) -> None:
    told_once, told_again = (told(*play(history(5), bench)) for _ in range(2))
    assert told_once == told_again
    assert {s.kind for s in history(5).steps} & RUNS
