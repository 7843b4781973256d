"""The system in memory, in its several natures, under the conformance suite."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connector.adapters.contract import Change, Deleted, Merged, Moved, New, Refused, Unknown, Written
from connector.adapters.memory import MemoryAdapter, MemorySystem, Nature
from connector.errors import Transient
from tests.adapters.contract import AdapterContract
from tests.adapters.worlds import MemoryWorld

SMALL: dict[str, Any] = {"page": 3, "read_batch": 4, "write_batch": 5}


def shouting(column: str, value: Any) -> Any:
    """A system that trims, cuts to 20 and shouts."""
    return value.strip().upper()[:20] if isinstance(value, str) else value


NATURES: dict[str, Nature] = {
    "exact": Nature(**SMALL),
    "lossy": Nature(fit=shouting, **SMALL),
    "minutes": Nature(resolution=timedelta(minutes=1), **SMALL),
    "versionless": Nature(versions=False, **SMALL),
    "trusting": Nature(versions=False, compares_before=False, **SMALL),
    "keyless": Nature(external_key=False, **SMALL),
    "no deletes": Nature(delete=False, reports_deletes=False, **SMALL),
    "read whole": Nature(incremental=False, **SMALL),
    "silent": Nature(answers=False, **SMALL),
    "late": Nature(commit_delay=timedelta(minutes=2), **SMALL),
    "lagging": Nature(lookup_lag=timedelta(seconds=30), **SMALL),
    "poor": Nature(
        versions=False, compares_before=False, external_key=False, delete=False, reports_deletes=False,
        incremental=False, answers=False, resolution=timedelta(minutes=1), **SMALL,
    ),
}  # fmt: skip


class TestMemory(AdapterContract):
    @pytest.fixture(params=NATURES)
    def world(self, request: pytest.FixtureRequest) -> MemoryWorld:
        return MemoryWorld(NATURES[request.param])


def make(**nature: Any) -> tuple[MemorySystem, MemoryAdapter]:
    system = MemorySystem({"Lead": ["name", "phone"], "Contact": ["name", "mail"]}, Nature(**nature))
    return system, MemoryAdapter("crm", system)


def test_a_merge_shows_the_winner() -> None:
    system, adapter = make()
    loser, winner = system.seed("Lead", {"name": "a"}), system.seed("Lead", {"name": "b"})
    system.merge_behind("Lead", loser, winner)
    (page,) = adapter.pull("Lead", ["name"], None)
    assert list(page.gone) == [Merged(loser, winner)]
    assert [record.id for record in page.records] == [winner]


def test_a_conversion_moves_the_record_with_the_columns_both_have() -> None:
    system, adapter = make()
    lead = system.seed("Lead", {"name": "髙橋", "phone": "03"})
    contact = system.move_behind("Lead", lead, "Contact")
    (page,) = adapter.pull("Lead", ["name"], None)
    assert list(page.gone) == [Moved(lead, "Contact", contact)]
    assert system.values("Contact", contact) == {"name": "髙橋", "mail": None}


def test_an_undeleted_record_comes_back_as_itself() -> None:
    system, adapter = make()
    id = system.seed("Lead", {"name": "a"})
    (page,) = adapter.pull("Lead", ["name"], None)
    system.advance(60)
    system.delete_behind("Lead", id)
    system.advance(60)
    system.undelete("Lead", id)
    (page,) = adapter.pull("Lead", ["name"], page.cursor)
    assert [record.id for record in page.records] == [id] and list(page.gone) == []


def test_a_late_commit_appears_with_an_old_stamp_and_is_not_missed() -> None:
    system, adapter = make(commit_delay=timedelta(minutes=2))
    id = system.seed("Lead", {"name": "a"})
    system.advance(3600)
    system.edit_behind("Lead", id, {"name": "b"})
    system.advance(60)
    (page,) = adapter.pull("Lead", ["name"], None)
    assert page.records[0].values == {"name": "a"}
    system.advance(61)
    (page,) = adapter.pull("Lead", ["name"], page.cursor)
    assert page.records[0].values == {"name": "b"}
    assert page.records[0].modified_at == system.now - timedelta(seconds=121)


def test_a_new_record_hides_from_look_ups_until_the_lag_is_over() -> None:
    system, adapter = make(lookup_lag=timedelta(seconds=30))
    (outcome,) = adapter.push("Lead", [New("k", {"name": "a"})])
    assert isinstance(outcome, Written)
    assert adapter.get("Lead", "key", ["k"], []) == []
    assert [record.id for record in adapter.get("Lead", "id", [outcome.id], [])] == [outcome.id]
    system.advance(30)
    assert [record.id for record in adapter.get("Lead", "key", ["k"], [])] == [outcome.id]


def test_a_dropped_write_is_answered_with_success() -> None:
    system, adapter = make(drops=lambda object, write: True)
    id = system.seed("Lead", {"name": "a"})
    (outcome,) = adapter.push("Lead", [Change(id, {"name": "b"})])
    assert isinstance(outcome, Written) and outcome.shown is not None
    assert outcome.shown.values == {"name": "a"} and outcome.version == "1"


def wired(act: Callable[[str, str, Any], None]) -> tuple[MemorySystem, MemoryAdapter, str]:
    system, _ = make()
    return system, MemoryAdapter("crm", system, wire=act), system.seed("Lead", {"name": "a", "phone": "1"})


def test_a_user_can_edit_in_the_middle_of_a_batch() -> None:
    def edit(moment: str, call: str, payload: Any) -> None:
        if moment == "write":
            system.edit_behind("Lead", payload.id, {"phone": "2"})

    system, adapter, id = wired(edit)
    (outcome,) = adapter.push("Lead", [Change(id, {"name": "b"}, if_version="1")])
    assert isinstance(outcome, Refused)
    assert system.values("Lead", id) == {"name": "a", "phone": "2"}


def test_a_wire_may_lose_single_answers_and_cut_the_list() -> None:
    def lose(moment: str, call: str, payload: Any) -> None:
        if (moment, call) == ("after", "push"):
            payload[0] = Unknown("lost")
            del payload[2:]

    _, adapter, id = wired(lose)
    outcomes = adapter.push("Lead", [Change(id, {"name": name}) for name in "bcd"])
    assert [type(outcome) for outcome in outcomes] == [Unknown, Written, Unknown]


def test_a_death_after_the_commit_leaves_it_done() -> None:
    class Killed(BaseException):
        pass

    def kill(moment: str, call: str, payload: Any) -> None:
        if (moment, call) == ("after", "push"):
            raise Killed

    system, adapter, id = wired(kill)
    with pytest.raises(Killed):
        adapter.push("Lead", [Change(id, {"name": "b"})])
    assert (system.values("Lead", id) or {})["name"] == "b"


def test_a_failure_in_the_middle_of_a_batch_leaves_every_outcome_unknown() -> None:
    def fail(moment: str, call: str, payload: Any) -> None:
        if moment == "write" and payload.values == {"name": "c"}:
            raise Transient("adapter.unreachable", system="crm")

    system, adapter, id = wired(fail)
    outcomes = adapter.push("Lead", [Change(id, {"name": name}) for name in "bcd"])
    assert [type(outcome) for outcome in outcomes] == [Unknown] * 3
    assert (system.values("Lead", id) or {})["name"] == "b"


def test_a_deletion_is_reported_again_for_as_long_as_the_overlap_reaches() -> None:
    system, adapter = make()
    id = system.seed("Lead", {"name": "a"})
    (page,) = adapter.pull("Lead", [], None)
    system.delete_behind("Lead", id)
    for _ in range(2):
        (page,) = adapter.pull("Lead", [], page.cursor)
        assert list(page.gone) == [Deleted(id)]
    system.advance(60)
    (page,) = adapter.pull("Lead", [], page.cursor)
    (page,) = adapter.pull("Lead", [], page.cursor)
    assert list(page.gone) == []
