"""Kill it anywhere: the next runs end where an undisturbed one would have ended. All of it: `make crash`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.bell import KINDS, Bell, Death, hang
from tests.crash.enumeration import Enumeration, prepared
from tests.crash.scenarios import SCENARIOS, Scenario, synced, undo
from tests.crash.worlds import Place, workplace

# the ordinary tests: every 24th boundary, starting elsewhere in each scenario; the databases take turns
STRIDE = 24


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_killed_anywhere_it_ends_the_same(scenario: Scenario, request: pytest.FixtureRequest) -> None:
    number = SCENARIOS.index(scenario)
    url = request.getfixturevalue("pg_url") if number % 2 else None
    with workplace() as folder:
        first = prepared(scenario, Place(folder))
        place = Place(folder, url)
        work = Enumeration(scenario, place, first)
        assert work.found.points >= 40
        assert work.undisturbed.open == work.undisturbed.running == 0
        found = work.points(STRIDE, STRIDE, number * 5)
        found = work.pairs([1 + (number * 17) % found.points], 2 * STRIDE)
        place.close()
    assert found.died >= 1 and found.pairs >= 1
    assert found.different == []


def test_every_kind_of_boundary_is_there_to_die_at() -> None:
    heard: set[str] = set()
    for scenario in SCENARIOS[:2]:
        with workplace() as folder:
            heard |= set(Enumeration(scenario, Place(folder), prepared(scenario, Place(folder))).kinds)
    assert heard == KINDS


def test_a_state_that_forgets_its_intents_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rig sees: without recovery, what a dead run had sent is sent again or stays open for ever."""
    monkeypatch.setattr("connector.engine.run.recover", lambda ready, fence: 0)
    scenario = next(s for s in SCENARIOS if s.name == "creates")
    with workplace() as folder:
        work = Enumeration(scenario, Place(folder), prepared(scenario, Place(folder)))
        assert work.points(10_000, 5).different


def test_what_an_undo_put_back_before_it_died_is_not_done_again(tmp_path: Path) -> None:
    k = synced(tmp_path)
    done = {i: row.values["title"] for i, row in k.systems["ma"].rows["people"].items()}
    bell = Bell()
    hang(bell, k)

    def wire(moment: str, call: str, payload: object) -> None:
        if (moment, call) == ("after", "push"):
            raise Death

    for adapter in k.adapters.values():
        adapter.wire = wire
    with pytest.raises(Death):
        undo(k)
    k.store.close()
    back = {i for i, row in k.systems["ma"].rows["people"].items() if row.values["title"] != done[i]}
    assert back
    for adapter in k.adapters.values():
        adapter.wire = lambda moment, call, payload: None
    Place(tmp_path).reopen(k)
    k.pass_time(7200)
    for _ in range(2):
        k.sync()
    assert {i for i, row in k.systems["ma"].rows["people"].items() if row.values["title"] != done[i]} == back
    undo(k)
    shown = [row.values["title"] for row in k.systems["ma"].rows["people"].values()]
    assert shown == [None] * len(shown)
    assert not any(h.facts.get("edited_since") for h in k.holds())
    k.sync()
    assert [row.values["title"] for row in k.systems["ma"].rows["people"].values()] == shown
    k.store.close()
