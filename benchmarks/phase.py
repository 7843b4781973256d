"""One phase of the benchmark in a process of its own: runs the engine as the CLI wires it and prints what it took."""

from __future__ import annotations

import sys
import time

_BEGUN = time.process_time(), time.perf_counter()  # before the imports, so that start-up is measured

import argparse  # noqa: E402  the clock starts before the imports
import json  # noqa: E402  the clock starts before the imports
import resource  # noqa: E402  the clock starts before the imports
import tempfile  # noqa: E402  the clock starts before the imports
from pathlib import Path  # noqa: E402  the clock starts before the imports
from typing import Any  # noqa: E402  the clock starts before the imports


def peak_mb() -> float:
    """This process's own peak; ru_maxrss also remembers the parent it was started from."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def run(folder: Path, *, full: bool, accept: bool) -> dict[str, Any]:
    from connector.engine import run
    from connector.wiring import wire

    with wire(folder / "config.yaml") as wired, tempfile.TemporaryDirectory(dir=folder) as out:
        cpu, wall = time.process_time(), time.perf_counter()
        plan = Path(out) / "plan"
        outcome = run.sync(wired.hub, plan, full=full)
        if outcome is not None and outcome.trips and accept:  # first overwriting: a person reads the plan and accepts
            outcome = run.apply(wired.hub, plan, accept=True)
        assert outcome is not None
        took = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
        told = {
            "read": outcome.plan.footer.ledger,
            "done": dict(outcome.applied.done),
            "held": outcome.applied.opened,
            "trips": outcome.trips,
            "state": str(outcome.state),
        }
    start = {"start_cpu": cpu - _BEGUN[0], "start_wall": wall - _BEGUN[1]}
    return took | start | {"rss_mb": peak_mb(), "told": told}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--accept", action="store_true", help="what the guard stops is accepted")
    parser.add_argument("--profile", type=Path, help="write a cProfile of the run to this file")
    given = parser.parse_args()
    if given.profile:
        import cProfile

        profile = cProfile.Profile()
        found = profile.runcall(run, given.folder, full=given.full, accept=given.accept)
        profile.dump_stats(given.profile)
    else:
        found = run(given.folder, full=given.full, accept=given.accept)
    json.dump(found, sys.stdout)
