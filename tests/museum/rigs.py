"""What catches bugs: histories, the crash enumeration, and rigs for what neither can see."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connector.errors import Locked
from connector.store.records import Batch
from connector.store.store import open_store
from tests.crash.enumeration import Enumeration, prepared
from tests.crash.scenarios import SCENARIOS, Scenario
from tests.crash.worlds import Frozen, Place, workplace
from tests.engine.kit import columns, kit
from tests.laws.history import history
from tests.laws.story import play
from tests.laws.world import Bench
from tests.museum.surgery import Bug, Rig, Surgery, operated

LIMIT = 2000  # histories after which a rig counts as blind


@dataclass(frozen=True)
class Caught:
    """Where a bug was caught: a law at a seed, a scenario at a stroke, or what a rig said; `after` how many tries."""

    by: Rig
    what: str
    at: int
    after: int
    ran: int = 0  # calls through the replaced code when it was caught

    def as_json(self) -> dict[str, Any]:
        return {"by": str(self.by), "what": self.what, "at": self.at, "after": self.after}


def caught_from(form: Mapping[str, Any]) -> Caught:
    return Caught(Rig(form["by"]), form["what"], form["at"], form["after"])


class Inert(Exception):
    """The bug was put in, and nothing ever went through it."""


# --- histories --------------------------------------------------------------------------------------------


def histories(bug: Bug, bench: Bench, seeds: Iterable[int]) -> Caught | None:
    """The first history that breaks a law with the bug in, and keeps all laws without it."""
    ran = 0
    for after, seed in enumerate(seeds, 1):
        with operated(bug) as surgery:
            _, law = play(history(seed), bench)
        ran += surgery.ran
        if law is not None and law.law.startswith("crash "):
            raise law  # the bug as it is written here does not fit the product any more
        if law is not None and play(history(seed), bench)[1] is None:
            return Caught(Rig.HISTORIES, law.law, seed, after, surgery.ran)
    if not ran:
        raise Inert(f"{bug.name}: nothing ever went through {', '.join(surgery.places)}")
    return None


# --- crash enumeration ------------------------------------------------------------------------------------


def crash(bug: Bug, at: int = 0) -> Caught | None:
    """The first point at which a death shows with the bug in, and does not show without it.

    Prepared without the bug. `at`: that boundary alone; otherwise every commit and call, statements left out.
    """
    after = ran = 0
    for scenario in (s for s in SCENARIOS if s.name == bug.scenario):
        with workplace() as folder:
            place = Place(folder)
            first = prepared(scenario, place)
            with operated(bug) as surgery:
                work = Enumeration(scenario, place, first)
                points = [at] if at else [n for n, kind in enumerate(work.kinds, 1) if kind != "statement"]
                for point in points:
                    after += 1
                    work.found.different.clear()
                    work._point(point)
                    if not work.found.different:
                        continue
                    surgery.patch.undo()
                    if quiet(scenario, place, first, point):
                        return Caught(Rig.CRASH, scenario.name, point, after, surgery.ran)
                    break  # the product itself ends otherwise after a death there
            ran += surgery.ran
    if not ran:
        raise Inert(bug.name)
    return None


def quiet(scenario: Scenario, place: Place, first: Frozen, point: int) -> bool:
    """Whether a death at this boundary does not show in the product as it is."""
    work = Enumeration(scenario, place, first)
    work._point(min(point, work.found.points))
    return not work.found.different


# --- one writer -------------------------------------------------------------------------------------------

STARTERS = 4
ROUNDS = 200
LEASE = timedelta(minutes=30)
BEGIN = datetime(2026, 4, 2, tzinfo=UTC)


def _start(url: str, number: int, rounds: int, gate: Any, results: Any) -> None:
    at = BEGIN
    with open_store(url, now=lambda: at) as state:
        for turn in range(rounds):
            at = BEGIN + timedelta(hours=turn)  # the lease of the round before has run out
            gate.wait()
            try:
                results.put((turn, state.acquire(f"starter {number}", LEASE).number))
            except Locked:
                results.put((turn, 0))
            gate.wait()


def starters(url: str, rounds: int = ROUNDS) -> Iterator[tuple[int, str]]:
    """Four processes start at once, round after round; gives each round in which not exactly one may write."""
    context = multiprocessing.get_context("fork")
    gate, results = context.Barrier(STARTERS, timeout=60), context.Queue()
    made = [context.Process(target=_start, args=(url, n, rounds, gate, results)) for n in range(STARTERS)]
    for process in made:
        process.start()
    seen: dict[int, list[int]] = {}
    try:
        for _ in range(rounds * STARTERS):
            turn, number = results.get(timeout=60)
            seen.setdefault(turn, []).append(number)
            if len(seen[turn]) == STARTERS and len([n for n in seen[turn] if n]) != 1:
                yield turn + 1, f"{len([n for n in seen[turn] if n])} of {STARTERS} starters may write"
    finally:
        for process in made:
            process.terminate()
            process.join(60)


def sleeper(url: str) -> Iterator[tuple[int, str]]:
    """A holder sleeps past its lease, another takes over, the first wakes and writes."""
    at = BEGIN - timedelta(days=1)
    with open_store(url, now=lambda: at) as state:
        first = state.acquire("sleeper", LEASE)
        at += 2 * LEASE
        state.acquire("other", LEASE)
        try:
            state.commit(first, "R1", Batch(cursors={("ma", "people", "f"): "stale"}))
        except Locked:
            return
        yield 1, "a process that lost the hub still writes"


def writers(folder: Path) -> Iterator[tuple[int, str]]:
    url = f"sqlite:///{folder / 'hub.db'}"
    open_store(url, now=lambda: BEGIN).close()
    yield from sleeper(url)
    yield from starters(url)


# --- parents first ----------------------------------------------------------------------------------------

_COMPANY = """
entity: company
enabled: true
systems:
  ma: {object: firms}
  sfa: {object: accounts, create: on}
match:
  identifiers: [code]
fields:
  name: {type: text, map: {ma: label, sfa: Name}, flow: ma -> sfa}
  code: {type: text, map: {ma: code, sfa: Code}, flow: ma -> sfa}
"""
_PERSON = """
entity: person
enabled: true
systems:
  ma: {object: people}
  sfa: {object: contacts, create: on}
match:
  identifiers: [email]
fields:
  name: {type: text, map: {ma: last, sfa: LastName}, flow: ma -> sfa}
  email: {type: email, map: {ma: mail, sfa: Email}, flow: ma -> sfa}
  company: {type: reference, to: company, map: {ma: firm, sfa: AccountId}, flow: ma -> sfa}
"""


def parents(folder: Path) -> Iterator[tuple[int, str]]:
    """A new company with its people is there after one run, the people at their company."""
    shapes = {
        "ma": {"people": columns("last", "mail", "firm"), "firms": columns("label", "code")},
        "sfa": {"contacts": columns("LastName", "Email", "AccountId"), "accounts": columns("Name", "Code")},
    }
    k = kit(folder, mappings={"company.yaml": _COMPANY, "person.yaml": _PERSON}, objects=shapes)
    k.sync()  # the first run only links
    firm = k.systems["ma"].seed("firms", {"label": "青葉商事", "code": "c1"})
    for n in range(3):
        k.systems["ma"].seed("people", {"last": f"姓{n}", "mail": f"p{n}@example.com", "firm": firm})
    k.pass_time()
    k.sync()
    [account] = k.systems["sfa"].rows.get("accounts") or [None]
    contacts = list(k.systems["sfa"].rows.get("contacts", {}).values())
    k.store.close()
    if account is None or len(contacts) != 3 or any(c.values["AccountId"] != account for c in contacts):
        yield 1, f"{len(contacts)} of 3 people are there after the run that made their company"


NAMED: Mapping[Rig, Callable[[Path], Iterator[tuple[int, str]]]] = {Rig.WRITERS: writers, Rig.PARENTS: parents}


def named(bug: Bug, rig: Rig) -> Caught | None:
    with workplace() as folder, operated(bug) as surgery, closing(NAMED[rig](folder)) as rounds:
        found = next(rounds, None)
    return Caught(rig, found[1], found[0], found[0], surgery.ran) if found is not None else None


def clean(rig: Rig) -> bool:
    """Whether a rig finds nothing in the product as it is."""
    with workplace() as folder:
        return next(NAMED[rig](folder), None) is None


__all__ = ["LIMIT", "Caught", "Inert", "Surgery", "caught_from", "clean", "crash", "histories", "named", "workplace"]
