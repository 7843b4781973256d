"""`make crash`: the whole enumeration on both databases and the kills, with a table of what was done and what it cost.

    python -m tests.crash.run [--nightly] [--only points|pairs|kills]

Push: every call and commit boundary, every third statement. Nightly: every statement too, and more pairs and kills.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import create_engine, text

from tests.crash.bell import KINDS
from tests.crash.enumeration import Enumeration, Found, prepared
from tests.crash.scenarios import SCENARIOS, Scenario
from tests.crash.worlds import Place, workplace


@dataclass(frozen=True)
class Size:
    statements: int  # every nth statement inside a transaction; everything else always
    firsts: int  # first deaths of pairs, per scenario and database
    seconds: int  # the second death at every nth boundary
    kills: int
    kills_postgresql: int


PUSH = Size(statements=3, firsts=2, seconds=11, kills=220, kills_postgresql=44)
NIGHTLY = Size(statements=1, firsts=6, seconds=5, kills=1000, kills_postgresql=200)
LEAST_POINTS, LEAST_PAIRS = 1500, 300


@contextmanager
def server() -> Iterator[str]:
    """A real PostgreSQL server of our own."""
    import tests.conftest as shared

    made = shared.pg_server.__wrapped__()  # type: ignore[attr-defined]
    yield next(made)
    next(made, None)


def database(server_url: str, name: str) -> str:
    admin = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    admin.dispose()
    return server_url.replace("/postgres?", f"/{name}?", 1)


def enumerate_one(scenario: Scenario, url: str | None, size: Size, what: str) -> tuple[Found, float]:
    begun = time.process_time()
    with workplace() as folder:
        first = prepared(scenario, Place(folder))
        place = Place(folder, url)
        found = Enumeration(scenario, place, first)
        if what in ("all", "points"):
            found.points(size.statements)
        if what in ("all", "pairs"):
            step = max(1, found.found.points // size.firsts)
            found.pairs(range(1 + SCENARIOS.index(scenario) % step, found.found.points + 1, step), size.seconds)
        place.close()
    return found.found, time.process_time() - begun


def _task(task: tuple[int, str | None, Size, str]) -> tuple[int, str, Found, float]:
    number, url, size, what = task
    found, seconds = enumerate_one(SCENARIOS[number], url, size, what)
    return number, "PostgreSQL" if url else "SQLite", found, seconds


def enumerate_all(server_url: str, size: Size, what: str, jobs: int) -> list[str]:
    """Prints the table; gives what ended differently."""
    urls: list[str | None] = [None] * len(SCENARIOS)
    urls += [database(server_url, f"crash{n}") for n in range(len(SCENARIOS))]
    tasks = [(n % len(SCENARIOS), url, size, what) for n, url in enumerate(urls)]
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        done = sorted(pool.imap_unordered(_task, tasks), key=lambda d: (d[1] == "PostgreSQL", d[0]))
    say(f"{'scenario':45} {'state':10} {'places':>6} {'died':>5} {'pairs':>5} {'CPU s':>6}")
    kinds: Counter[str] = Counter()
    for _, name, found, seconds in done:
        say(f"{found.scenario:45} {name:10} {found.points:6} {found.died:5} {found.pairs:5} {seconds:6.1f}")
        kinds += found.kinds
    points, pairs = sum(d[2].died for d in done), sum(d[2].pairs for d in done)
    say(f"{points} points, {pairs} pairs, {sum(d[3] for d in done):.0f} CPU s (without the servers')")
    say("deaths by kind: " + ", ".join(f"{kind} {n}" for kind, n in sorted(kinds.items())))
    wrong = [d for _, _, found, _ in done for d in found.different]
    if what in ("all", "points"):
        wrong += [f"no death at: {kind}" for kind in sorted(KINDS - set(kinds))]
        wrong += [f"only {points} points"] * (points < LEAST_POINTS)
    if what in ("all", "pairs"):
        wrong += [f"only {pairs} pairs"] * (pairs < LEAST_PAIRS)
    return wrong


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--nightly", action="store_true")
    parser.add_argument("--only", choices=["points", "pairs", "kills"], default="all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options: Any = parser.parse_args(argv)
    size = NIGHTLY if options.nightly else PUSH
    wrong: list[str] = []
    with server() as url:
        if options.only != "kills":
            wrong += enumerate_all(url, size, options.only, options.jobs)
        if options.only in ("all", "kills"):
            from tests.crash.kills import kill_all

            wrong += kill_all(url, size.kills, size.kills_postgresql, options.jobs)
    for line in wrong:
        say(f"WRONG {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
