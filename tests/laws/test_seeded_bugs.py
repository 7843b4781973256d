"""Each bug put in on purpose is seen by the laws: a simulator that does not see them has gone blind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.laws.bugs import BUGS
from tests.laws.story import history, play
from tests.laws.world import Bench

# Where each bug is known to be met; from there on, up to so many further histories are tried.
FIRST = {"cursor before commit": 6, "no adoption by key": 725, "link after create": 105}
FURTHER = 30


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


@pytest.mark.parametrize("bug", BUGS)
def test_bug_is_caught(bug: str, bench: Bench) -> None:
    first = FIRST.get(bug, 0)
    for seed in range(first, first + FURTHER):
        with pytest.MonkeyPatch.context() as patch:
            BUGS[bug](patch)
            _, law = play(history(seed), bench)
        if law is not None and play(history(seed), bench)[1] is None:
            return
    pytest.fail(f"{FURTHER} histories from {first} did not meet it")
