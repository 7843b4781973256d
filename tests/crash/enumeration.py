"""Death at every boundary: each call to a system and each write to the state, before and after.

A scenario is prepared undisturbed, then acted under a bell that ends the program at its nth stroke. The next runs must
reach the end state of the undisturbed act.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.errors import StalePlan
from connector.model import HoldKind
from connector.store.store import open_store
from tests.engine.kit import PERSON, Kit, kit
from tests.engine.test_parts import seeded
from tests.engine.test_parts import world as rows_with_parts

WRITES = ("acquire", "renew", "release", "start_run", "end_run", "commit", "put", "undone")


class Death(BaseException):
    """kill -9."""


class Bell:
    """Counts boundaries; ends the program at stroke `at` (0 = never)."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.strokes = 0

    def ring(self) -> None:
        self.strokes += 1
        if self.strokes == self.at:
            raise Death


class RingingStore:
    """A store that rings before and after every write."""

    def __init__(self, store: Any, bell: Bell) -> None:
        self._store = store
        self._bell = bell

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if name not in WRITES:
            return found

        def ringing(*args: Any, **options: Any) -> Any:
            self._bell.ring()
            answer = found(*args, **options)
            self._bell.ring()
            return answer

        return ringing


@dataclass(frozen=True)
class Scenario:
    name: str
    prepare: Callable[[Path], Kit]
    act: Callable[[Kit], object]


def people(folder: Path) -> Kit:
    return _filled(kit(folder), 3)


def _filled(k: Kit, number: int) -> Kit:
    for i in range(number):
        k.systems["ma"].seed("people", {"last": f"姓{i}", "first": f"名{i}", "mail": f"p{i}@example.com", "score": i})
        k.systems["sfa"].seed("contacts", {"LastName": f"姓{i}", "FirstName": f"名{i}", "Email": f"p{i}@example.com"})
    return k


def in_step(folder: Path) -> Kit:
    k = people(folder)
    for _ in range(3):
        k.sync()
    k.pass_time()
    return k


def creating(folder: Path) -> Kit:
    k = kit(
        folder,
        mappings={"person.yaml": PERSON.replace("sfa: {object: contacts}", "sfa: {object: contacts, create: on}")},
    )
    _filled(k, 1)
    k.sync()
    k.sync()
    for i in range(3):
        k.systems["ma"].seed("people", {"last": f"新{i}", "first": "人", "mail": f"new{i}@example.com", "score": 7})
    k.pass_time()
    return k


def linked(folder: Path) -> Kit:
    k = people(folder)
    k.sync()
    k.pass_time()
    return k


def edited(folder: Path) -> Kit:
    k = in_step(folder)
    for i in list(k.systems["sfa"].rows["contacts"]):
        k.systems["sfa"].edit_behind("contacts", i, {"Title": f"部長{i}", "Phone": "03-1234-5678"})
    return k


def both_edited(folder: Path) -> Kit:
    k = edited(folder)
    for i in list(k.systems["ma"].rows["people"]):
        k.systems["ma"].edit_behind("people", i, {"title": f"課長{i}", "tel": "06-1111-2222"})
    return k


def decided(folder: Path) -> Kit:
    k = both_edited(folder)
    k.sync()
    for hold in k.holds(HoldKind.CONFLICT):
        k.decide(hold, "ma")
    return k


def opted_out(folder: Path) -> Kit:
    k = edited(folder)
    for i in list(k.systems["ma"].rows["people"]):
        k.systems["ma"].edit_behind("people", i, {"optout": "1"})
    return k


def deleted(folder: Path) -> Kit:
    k = in_step(folder)
    k.systems["sfa"].delete_behind("contacts", next(iter(k.systems["sfa"].rows["contacts"])))
    k.sync()
    [hold] = k.holds(HoldKind.DELETE)
    k.decide(hold, "propagate")
    return k


def merged(folder: Path) -> Kit:
    k = in_step(folder)
    loser, winner, *_ = k.systems["sfa"].rows["contacts"]
    k.systems["sfa"].merge_behind("contacts", loser, winner)
    return k


def synced(folder: Path) -> Kit:
    k = edited(folder)
    k.last = k.sync().run  # type: ignore[attr-defined]
    k.pass_time()
    return k


def parts(folder: Path) -> Kit:
    k = rows_with_parts(folder)
    seeded(k)
    k.sync()
    k.pass_time()
    return k


def sync(k: Kit) -> object:
    return k.sync()


def save_and_apply(k: Kit) -> object:
    return k.apply(k.diff(), accept=True)


def undo(k: Kit) -> object:
    try:
        return k.undo(k.last)  # type: ignore[attr-defined]
    except StalePlan as refused:
        assert refused.message == "undo.done"
        return None


SCENARIOS = (
    Scenario("first link", people, sync),
    Scenario("first delivery", linked, sync),
    Scenario("edits on one side", edited, sync),
    Scenario("edits on both sides, a rule and a question", both_edited, sync),
    Scenario("a verdict is sent", decided, sync),
    Scenario("creates", creating, sync),
    Scenario("opt-outs go first", opted_out, sync),
    Scenario("a confirmed deletion", deleted, sync),
    Scenario("a merge inside a system", merged, sync),
    Scenario("parts of one record", parts, sync),
    Scenario("a saved plan", both_edited, save_and_apply),
    Scenario("undo", synced, undo),
)


@contextmanager
def workplace() -> Iterator[Path]:
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="crash-", dir=memory if memory.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_once(scenario: Scenario, at: int) -> tuple[Any, int]:
    """The end state after dying at stroke `at` (0 = undisturbed), and the number of strokes heard."""
    with workplace() as folder:
        k = scenario.prepare(folder)
        bell = Bell(at)
        store = k.store
        k.store = RingingStore(store, bell)  # type: ignore[assignment]
        for adapter in k.adapters.values():
            adapter.wire = lambda moment, call, payload: bell.ring()
        died = False
        try:
            scenario.act(k)
        except Death:
            died = True
        assert died == bool(at)
        store.close()
        bell.at = 0
        k.store = open_store(f"sqlite:///{folder / 'hub.db'}", now=lambda: k.now)
        k.pass_time(7200)
        if died:
            _again(scenario, k)
        for _ in range(3):
            k.sync()
        state = end_state(k)
        k.store.close()
        return state, bell.strokes


def _again(scenario: Scenario, k: Kit) -> None:
    """What a person does after a crash: the same once more; for a saved plan, a new one."""
    if scenario.act is undo:
        k.sync()
    scenario.act(k)


def end_state(k: Kit) -> Any:
    """What people can see: every record, every question; keys and ids of runs do not count."""
    records = {
        name: sorted(
            tuple(sorted((c, str(v)) for c, v in row.values.items()))
            for rows in system.rows.values()
            for row in rows.values()
        )
        for name, system in k.systems.items()
    }
    questions = sorted((str(h.id.kind), str(h.facts.get("field", ""))) for h in k.holds())
    unfinished = list(k.store.journal(unfinished=True))
    return records, questions, unfinished


def points(scenario: Scenario) -> int:
    """How many places there are to die in."""
    with workplace() as folder:
        k = scenario.prepare(folder)
        bell = Bell(0)
        k.store = RingingStore(k.store, bell)  # type: ignore[assignment]
        for adapter in k.adapters.values():
            adapter.wire = lambda moment, call, payload: bell.ring()
        scenario.act(k)
        return bell.strokes
