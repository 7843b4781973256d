"""HubSpot, Salesforce and kintone on one hub through the command line, at a twentieth of `make scenario`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.three_vendors import State, Story, tell
from tests.scenarios.vendors import Size

SMALL = Size().smaller(20)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Story, State]:
    """The story in good weather. Its promises are asserted while it is told."""
    return tell(tmp_path_factory.mktemp("story"), SMALL)


def test_runs_cost_what_they_must(told: tuple[Story, State]) -> None:
    """Pages, feeds, re-reads and writes in the fewest calls, and five more to know who is there and what there is."""
    story, _ = told
    for run in ("no change", "1 % changed"):
        for system, figures in story.spent[run].items():
            assert figures["calls"] <= 1.05 * figures["floor"] + 5, (run, system, figures)
    for system, figures in story.spent["full load"].items():
        # a run that writes its first links looks at the schema twice
        assert figures["calls"] - figures["constant"] <= 1.05 * figures["floor"], (system, figures)


def test_the_diff_says_what_applying_will_cost(told: tuple[Story, State]) -> None:
    story, _ = told
    assert len(story.estimates) >= 3
    for estimate in story.estimates:
        for system, (said, spent) in estimate.items():
            assert abs(said - spent) <= max(3, 0.1 * spent), (system, said, spent)


def test_only_mapped_fields_are_written_and_questions_are_few(told: tuple[Story, State]) -> None:
    story, _ = told
    assert story.columns_written and not story.columns_unmapped
    assert story.questions == {"delete": 1, "duplicate": 1, "invalid": 1}


def test_with_faults_the_end_is_the_same(told: tuple[Story, State], tmp_path: Path) -> None:
    """One call in twenty is lost, cut, throttled or answered with a page: the same end, and nobody twice."""
    story, state = tell(tmp_path, SMALL, rate=0.05)
    happened = [fault for faults in story.vendors.faults.values() for fault, _, _ in faults.happened]
    assert len(happened) > 20 and len(set(happened)) > 5
    assert story.questions == told[0].questions
    assert state == told[1]
