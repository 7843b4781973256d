"""A create without an answer: looked up before anything is repeated, and held where no look-up is proof."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from connector.adapters.memory import Nature
from connector.engine import run
from connector.errors import Transient
from connector.model import EndState, HoldKind
from tests.engine.kit import PERSON, Kit, kit

CREATING = PERSON.replace("sfa: {object: contacts}", "sfa: {object: contacts, create: on}")
LAG = timedelta(hours=3)


def unanswered(folder: Path, moment: str, nature: Nature, values: dict[str, str]) -> Kit:
    """One person whose create in the sfa got no answer: it never arrived ("before"), or was done ("after")."""
    k = kit(folder, mappings={"person.yaml": CREATING}, natures={"sfa": nature})
    k.systems["sfa"].seed("contacts", {"LastName": "既存", "Email": "old@example.com"})
    k.sync()  # the first run only links
    k.systems["ma"].seed("people", values)

    def wire(now: str, call: str, payload: object) -> None:
        if (now, call) == (moment, "push"):
            raise Transient("no answer")

    k.adapters["sfa"].wire = wire
    assert k.sync().applied.done == {"unknown": 1}
    k.adapters["sfa"].wire = lambda now, call, payload: None
    return k


def made(k: Kit) -> list[str]:
    return [id for id, row in k.systems["sfa"].rows["contacts"].items() if row.values["LastName"] == "新"]


def states(k: Kit) -> list[EndState]:
    return [e.state for e in k.link_of("ma", "people", "P0001").ends if e.at.system == "sfa"]


NEW = {"last": "新", "first": "人", "mail": "new@example.com"}
NAMELESS = {"last": "新", "first": "人"}


@pytest.mark.parametrize("moment", ["before", "after"])
def test_it_is_looked_up_by_our_key(tmp_path: Path, moment: str) -> None:
    k = unanswered(tmp_path, moment, Nature(), NAMELESS)
    k.sync()
    assert len(made(k)) == 1 and states(k) == [EndState.LIVE] and k.holds() == []
    assert k.sync().applied.done == {} and len(made(k)) == 1


@pytest.mark.parametrize("moment", ["before", "after"])
def test_it_is_not_looked_up_too_early(tmp_path: Path, moment: str) -> None:
    k = unanswered(tmp_path, moment, Nature(lookup_lag=LAG), NAMELESS)
    k.sync()  # an hour later
    assert len(made(k)) == (moment == "after") and states(k) == [EndState.CREATING]
    for _ in range(4):
        k.sync()
    assert len(made(k)) == 1 and states(k) == [EndState.LIVE] and k.holds() == []


@pytest.mark.parametrize("moment", ["before", "after"])
def test_without_a_key_a_person_is_asked_and_nothing_repeated(tmp_path: Path, moment: str) -> None:
    k = unanswered(tmp_path, moment, Nature(external_key=False, lookup_lag=LAG), NAMELESS)
    k.sync()
    [hold] = k.holds(HoldKind.REJECTED)
    assert (hold.facts["cause"], hold.facts["system"], hold.choices) == ("unknown", "sfa", ("retry",))
    assert run.retry(k.hub) == 0  # whoever retries everything has not looked at this one
    k.sync()
    assert len(made(k)) == (moment == "after") and k.holds(HoldKind.REJECTED) == [hold]


def test_without_a_key_it_is_made_again_when_a_person_says_so(tmp_path: Path) -> None:
    k = unanswered(tmp_path, "before", Nature(external_key=False), NAMELESS)
    k.sync()
    [hold] = k.holds(HoldKind.REJECTED)
    k.decide(hold, "retry")
    k.sync()
    assert len(made(k)) == 1 and states(k) == [EndState.LIVE] and k.holds() == []


def test_without_a_key_it_is_found_by_its_e_mail(tmp_path: Path) -> None:
    k = unanswered(tmp_path, "after", Nature(external_key=False), NEW)
    k.sync()
    assert len(made(k)) == 1 and states(k) == [EndState.LIVE] and k.holds() == []
