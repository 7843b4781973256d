"""Every bug of the museum is still seen where it was caught last, and there is nothing to see without it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.laws.world import Bench
from tests.museum import rigs
from tests.museum.catalogue import BUGS
from tests.museum.run import recorded
from tests.museum.surgery import Rig, operated

CAUGHT = recorded()
NEAR = 20  # histories tried when the recorded one tells another story by now


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


def test_every_bug_has_been_caught() -> None:
    assert set(CAUGHT) == set(BUGS), "make museum RECORD=1"
    assert all(c.after <= rigs.LIMIT for c in CAUGHT.values())


@pytest.mark.parametrize("name", [n for n, b in BUGS.items() if b.rig is Rig.HISTORIES])
def test_the_laws_see(name: str, bench: Bench) -> None:
    """At its recorded seed, or near where it is met often; a rare one that moved is recorded anew."""
    known = CAUGHT[name]
    assert rigs.histories(BUGS[name], bench, [known.at, *range(NEAR)]), f"make museum RECORD=1 ONLY='{name}'"


@pytest.mark.parametrize("name", [n for n, b in BUGS.items() if b.rig is Rig.CRASH])
def test_the_crash_enumeration_sees(name: str) -> None:
    found = rigs.crash(BUGS[name], CAUGHT[name].at) or rigs.crash(BUGS[name])
    assert found, f"make museum RECORD=1 ONLY='{name}'"


@pytest.mark.parametrize("name", [n for n, b in BUGS.items() if b.rig in rigs.NAMED])
def test_its_own_rig_sees(name: str) -> None:
    assert rigs.named(BUGS[name], BUGS[name].rig)


@pytest.mark.parametrize("rig", list(rigs.NAMED))
def test_a_rig_sees_nothing_where_nothing_is(rig: Rig) -> None:
    assert rigs.clean(rig)


def test_every_bug_tells_its_story() -> None:
    for bug in BUGS.values():
        assert bug.story.endswith("."), bug.name
        assert bug.breaks and set(bug.breaks) <= set(range(1, 16)), bug.name


def test_a_bug_whose_place_is_gone_is_an_error() -> None:
    from connector.sync import field

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyError):
        rigs.Surgery(patch).replace(field, "no_such_name", lambda real: real)
    with operated(BUGS["one shared base"]) as surgery:
        assert surgery.places == ["connector.sync.plan.plan_link"]
