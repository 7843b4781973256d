"""Histories by the thousand, or one of them as a story.

python -m tests.laws.run --histories 10000
python -m tests.laws.run --seed 17 [--steps 10] [--shrink]
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections import Counter
from collections.abc import Sequence
from textwrap import indent
from typing import TextIO

from tests.laws.memory import Broken
from tests.laws.story import FAULTS, WEIGHTS, History, Play, history, play, shrink
from tests.laws.world import Bench

# Kinds of holds that these worlds can bring about.
HOLDS = ("conflict", "duplicate", "replaced", "invalid", "rejected", "delete", "undone", "consent", "waiting")


def say(text: str, to: TextIO | None = None) -> None:
    (to or sys.stdout).write(text + "\n")


def many(seeds: Sequence[int], bench: Bench, counts: Counter[str], *, progress: bool = False) -> dict[int, Broken]:
    """Plays histories; gives the seeds that broke a law."""
    broken: dict[int, Broken] = {}
    gc.collect()
    gc.freeze()
    begun = time.monotonic()
    for number, seed in enumerate(seeds, 1):
        _, law = play(history(seed), bench, counts)
        if law is not None:
            broken[seed] = law
            if progress:
                say(f"seed {seed}: {law}", sys.stderr)
        if progress and number % 200 == 0:
            rate = number / (time.monotonic() - begun)
            say(f"{number} histories, {rate:.1f}/s, {len(broken)} broken", sys.stderr)
    return broken


def blind_spots(counts: Counter[str]) -> list[str]:
    """What should have happened and did not."""
    wanted = [f"step {k}" for k in WEIGHTS] + [f"fault {k}" for k in FAULTS] + [f"hold {k}" for k in HOLDS]
    return [w for w in [*wanted, "exempt"] if not counts[w]]


def told(one: Play, broken: Broken | None) -> str:
    """A history in words."""
    h = one.history
    lines = [
        f"history {h.seed}: "
        + "; ".join(f"{s} is {', '.join(t) or 'exact'}" for s, t in zip(h.systems, h.traits, strict=True)),
        f"rules: {_rules(one)}",
        *one.memory.said,
        f"BROKEN {broken}" if broken is not None else "all laws hold",
    ]
    return "\n".join(lines)


def _rules(one: Play) -> str:
    r = one.rules
    said = [f"{o}.{f}: {rule}" + (" (clear)" if (o, f) in r.clear else "") for (o, f), rule in r.rule.items()]
    said += [f"{f}: from {s}, drift {r.drift[f]}" for f, s in r.source.items()]
    said += [
        f"memo only into empty {r.into_empty}",
        f"opt-in from {r.opt_in_from or 'nobody'}",
        f"delete: {r.on_delete}",
    ]
    return "; ".join([*said, "create: " + ", ".join(sorted(f"{o} in {s}" for o, s in r.create))])


def _one(args: argparse.Namespace, bench: Bench) -> int:
    made: History = history(args.seed, args.steps)
    one, broken = play(made, bench)
    if broken is not None and args.shrink:
        made = shrink(made, bench, broken.law)
        one, broken = play(made, bench)
    say(told(one, broken))
    if broken is not None and broken.__cause__ is not None and args.trace:
        raise broken.__cause__
    return 1 if broken is not None else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.laws.run")
    parser.add_argument("--histories", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--shrink", action="store_true")
    parser.add_argument("--trace", action="store_true")
    args = parser.parse_args()
    bench = Bench()
    try:
        if args.seed is not None:
            return _one(args, bench)
        counts: Counter[str] = Counter()
        begun = time.process_time()
        broken = many(range(args.first, args.first + args.histories), bench, counts, progress=True)
        spent = time.process_time() - begun
        for kind in sorted(counts):
            say(f"{counts[kind]:>8}  {kind}")
        say(f"{args.histories} histories, {args.histories / spent:.1f} per second and core")
        say(f"{counts['exempt']} edits fell between our look and our write at a system that can check neither")
        for law, seeds in _by_law(broken).items():
            say(f"BROKEN {law}: {len(seeds)} histories, first {seeds[:8]}")
            say(indent(str(broken[seeds[0]]), "    "))
        blind = blind_spots(counts) if args.histories >= 500 else []
        for spot in blind:
            say(f"NEVER HAPPENED: {spot}")
        return 1 if broken or blind else 0
    finally:
        bench.close()


def _by_law(broken: dict[int, Broken]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for seed, law in broken.items():
        found.setdefault(law.law, []).append(seed)
    return found


__all__ = ["HOLDS", "blind_spots", "main", "many", "told"]

if __name__ == "__main__":
    sys.exit(main())
