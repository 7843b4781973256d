"""`make power`: power cuts, and the proof that the rig would see a weaker setting.

python -m tests.power.run [--images 500] [--seed 1]
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from typing import Any

from tests.crash.worlds import workplace
from tests.power.rig import BROKEN, KEPT, LOST, cut_power, record, written_back

# pragmas in place of the store's, and what they must be found to do
SETTINGS: dict[str, tuple[tuple[str, ...], str]] = {
    "WAL, synchronous=FULL (the product)": ((), ""),
    "WAL, synchronous=NORMAL": (("synchronous=NORMAL",), LOST),
    "DELETE, synchronous=OFF": (("journal_mode=DELETE", "synchronous=OFF"), BROKEN),
}


def _task(task: tuple[str, range]) -> tuple[str, Counter[str], int, int, float]:
    name, seeds = task
    begun = time.process_time()
    with workplace() as folder, workplace() as images:
        log = record(folder, SETTINGS[name][0])
        found = cut_power(log, images, seeds)
        return name, found, len(log.acknowledged), written_back(log), time.process_time() - begun


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options: Any = parser.parse_args(argv)
    tasks = []
    for name, (_, expected) in SETTINGS.items():
        number = options.images if not expected else min(options.images, 200)
        share = -(-number // options.jobs)
        tasks += [
            (name, range(options.seed + i, options.seed + min(i + share, number))) for i in range(0, number, share)
        ]
    found: dict[str, Counter[str]] = {name: Counter() for name in SETTINGS}
    seconds = dict.fromkeys(SETTINGS, 0.0)
    facts: dict[str, tuple[int, int]] = {}
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
        for name, part, commits, back, cost in pool.imap_unordered(_task, tasks):
            found[name] += part
            seconds[name] += cost
            facts[name] = commits, back
    wrong = []
    out = sys.stdout.write
    out(f"{'setting':38} {'commits':>7} {'images':>6} {KEPT:>6} {LOST:>6} {BROKEN:>12} {'CPU s':>6}\n")
    for name, (_, expected) in SETTINGS.items():
        c = found[name]
        out(f"{name:38} {facts[name][0]:7} {c.total():6} {c[KEPT]:6} {c[LOST]:6} {c[BROKEN]:12} {seconds[name]:6.1f}\n")
        if expected and not c[expected]:
            wrong.append(f"{name}: the rig does not see that a commit is {expected}")
        if not expected and c.total() != c[KEPT]:
            wrong.append(f"{name}: {c[LOST]} lost, {c[BROKEN]} inconsistent (seeds from {options.seed})")
    for line in wrong:
        out(f"WRONG {line}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
