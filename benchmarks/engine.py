"""How fast the engine is: two SQLite systems of 20 fields, each phase in a process of its own.

python -m benchmarks.engine --people 10000 [--keep FOLDER] [--profile FOLDER]
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.results import Row, environment, medians, write
from benchmarks.world import build


@dataclass(frozen=True, slots=True)
class Phase:
    """What one run took. `people` is what the rate counts: all of them, or the changed ones."""

    name: str
    people: int
    wall: float
    cpu: float
    start: float  # CPU of imports and wiring
    rss_mb: float
    state_bytes: int  # the hub's file without the journal, per person
    told: dict[str, Any]

    @property
    def rate(self) -> float:
        """People a second of one core."""
        return self.people / self.cpu

    @property
    def micros(self) -> float:
        return self.cpu / self.people * 1e6


REST = ("absorb", "absorb again")  # they let time pass and are not measured


def phases(folder: Path, people: int, profile: Path | None = None) -> list[Phase]:
    """Every phase of the life of two systems, in this order."""
    done: list[Phase] = []

    def step(name: str, *switches: str, count: int = people) -> None:
        command = [sys.executable, "-m", "benchmarks.phase", str(folder), *switches]
        if profile is not None:
            command += ["--profile", str(profile / f"{name}.prof")]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own program and arguments
        if answer.returncode:
            raise SystemExit(f"{name}: {answer.stderr}")
        found = json.loads(answer.stdout)
        state = state_size(folder / "state" / "hub.db") // people
        done.append(
            Phase(name, count, found["wall"], found["cpu"], found["start_cpu"], found["rss_mb"], state, found["told"])
        )
        print(line(done[-1]), file=sys.stderr, flush=True)  # noqa: T201  the screen is its output

    few = max(1, people // 200)
    step("first")
    step("second", "--accept")
    age(folder)
    step("absorb", "--full")
    step("full, nothing changed", "--full")
    step("incremental, nothing changed", count=1)
    change(folder, few, 0)
    step("full, 1 % changed", "--full")
    age(folder)
    step("absorb again", "--full")
    change(folder, few, 1)
    step("incremental, 1 % changed", count=2 * few)
    return done


def age(folder: Path) -> None:
    """Hours pass: what was stamped today was stamped long before any overlap, but for one record of each system.

    That one moves the cursor: a pull starts an overlap before the latest stamp, and were that the last of our own
    writes, every run would read all that was written in the minutes before it.
    """
    for system in ("ma", "sfa"):
        with closing(sqlite3.connect(folder / f"{system}.db")) as db, db:
            db.execute(
                "UPDATE leads SET updated_at = strftime('%Y-%m-%d %H:%M:%S', updated_at, '-3 hours')"
                " WHERE updated_at >= strftime('%Y-%m-%d %H:%M:%S', 'now', '-2 hours')"
            )
            db.execute("UPDATE leads SET updated_at = strftime('%Y-%m-%d %H:%M:%S', 'now') WHERE rowid = 1")


def change(folder: Path, few: int, turn: int) -> None:
    """`few` people of each system get another title and telephone number, just now; nobody in both."""
    for system, odd in (("ma", 0), ("sfa", 1)):
        with closing(sqlite3.connect(folder / f"{system}.db")) as db, db:
            people = db.execute("SELECT max(rowid) FROM leads").fetchone()[0]
            gap = people // few
            rows = [
                (f"室長{turn}", f"090-{turn + 1}{n % 1000:03d}-{n % 10000:04d}", 1 + (n * gap + odd) % people)
                for n in range(few)
            ]
            db.executemany(
                "UPDATE leads SET title = ?, mobile = ?, updated_at = strftime('%Y-%m-%d %H:%M:%S', 'now')"
                " WHERE rowid = ?",
                rows,
            )


def state_size(hub: Path) -> int:
    """Bytes of the hub's tables and indexes in use, the journal apart."""
    with closing(sqlite3.connect(hub)) as db:
        pages, free, size = (
            db.execute(f"PRAGMA {p}").fetchone()[0] for p in ("page_count", "freelist_count", "page_size")
        )
        try:
            journal = db.execute("SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'journal%'").fetchone()[0] or 0
        except sqlite3.OperationalError:  # a SQLite without dbstat
            journal = 0
    return int((pages - free) * size - journal)


def line(phase: Phase) -> str:
    return (
        f"{phase.name:30} {phase.people:>9,} people {phase.cpu:8.2f} s CPU {phase.wall:8.2f} s wall"
        f" {phase.micros:8.1f} us {phase.rate:10,.0f}/s {phase.rss_mb:6.0f} MB start {phase.start:.2f} s"
        f" state {phase.state_bytes} B  {json.dumps(phase.told['done'])} held {phase.told['held']}"
        + (f" TRIPS {phase.told['trips']}" if phase.told["trips"] else "")
    )


def by_peer(name: str, peers: Path, folder: Path) -> list[dict[str, Any]]:
    script = Path(__file__).with_name("peers.py")
    command = [str(peers / "bin" / "python"), str(script), name, str(folder)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own program and arguments
    if answer.returncode:
        raise SystemExit(f"{name}: {answer.stderr}")
    found: list[dict[str, Any]] = json.loads(answer.stdout.splitlines()[-1])
    return found


def peer_versions(peers: Path) -> dict[str, str]:
    said = "from importlib.metadata import version as v; print(*(f'{n}={v(n)}' for n in ('dlt','duckdb','vdirsyncer')))"
    answer = subprocess.run(  # noqa: S603  our own program and arguments
        [str(peers / "bin" / "python"), "-c", said], capture_output=True, text=True, check=True
    )
    return dict(pair.split("=") for pair in answer.stdout.split())


# At a million people vdirsyncer is left out: a million files in each of two folders measure the file system.
VDIRSYNCER_MOST = 100_000


def compare(people: int, rounds: int, peers: Path | None) -> list[Row]:
    """Ours and the peers', one after the other in every round, so that all of them meet the same machine."""
    ours: list[list[dict[str, Any]]] = []
    others: dict[str, list[list[dict[str, Any]]]] = {}
    for number in range(rounds):
        print(f"{people:,} people, round {number + 1} of {rounds}", file=sys.stderr, flush=True)  # noqa: T201  the screen is its output
        with tempfile.TemporaryDirectory(prefix="bench-") as place:
            folder = Path(place)
            build(folder, people)
            ours.append([asdict(phase) for phase in phases(folder, people) if phase.name not in REST])
            for name in ("dlt", "vdirsyncer") if peers is not None else ():
                if peers is not None and (name == "dlt" or people <= VDIRSYNCER_MOST):
                    others.setdefault(name, []).append(by_peer(name, peers, folder))
    rows = medians("connector", people, 2, ours)
    for name, found in others.items():
        rows += medians(name, people, 2 if name == "vdirsyncer" else 1, found)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[10_000])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--peers", type=Path, help="the environment with dlt and vdirsyncer")
    parser.add_argument("--results", type=Path, help="a folder for the table, the plot and the figures")
    parser.add_argument("--keep", type=Path, help="one size only: the folder of the world; it stays")
    parser.add_argument("--profile", type=Path, help="with --keep: a folder for one cProfile file a phase")
    given = parser.parse_args()
    if given.keep:
        if given.profile:
            given.profile.mkdir(parents=True, exist_ok=True)
        build(given.keep, given.people[0])
        phases(given.keep, given.people[0], given.profile)
        return
    found = environment(peer_versions(given.peers) if given.peers else {})
    rows: list[Row] = []
    for people in given.people:
        # a million takes long enough to be its own average
        rows += compare(people, given.rounds if people <= VDIRSYNCER_MOST else 1, given.peers)
        if given.results:
            write(given.results, rows, found)


if __name__ == "__main__":
    main()
