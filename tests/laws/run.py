"""Histories by the thousand, or one of them as a story.

python -m tests.laws.run --histories 10000 [--first 20000] [--jobs 2]
python -m tests.laws.run --seed 17 [--steps 10] [--shrink]

Seeds are played in any number of processes; what happens in a history depends on its seed alone.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from hashlib import blake2b
from textwrap import indent
from typing import TextIO

from tests.laws.facts import Broken
from tests.laws.history import FAULTS, WEIGHTS, History, history
from tests.laws.shrink import shrink
from tests.laws.story import Play, play
from tests.laws.world import Bench

# Kinds of holds that these worlds can bring about.
ENOUGH = 500  # histories after which everything must have happened
HOLDS = ("conflict", "duplicate", "replaced", "invalid", "rejected", "delete", "undone", "consent", "waiting", "match")


def say(text: str, to: TextIO | None = None) -> None:
    (to or sys.stdout).write(text + "\n")


def many(seeds: Sequence[int], bench: Bench, counts: Counter[str], *, progress: bool = False) -> dict[int, Broken]:
    """Plays histories; gives the seeds that broke a law."""
    broken: dict[int, Broken] = {}
    gc.collect()
    gc.freeze()
    begun = time.monotonic()
    for number, seed in enumerate(seeds, 1):
        one, law = play(history(seed), bench, counts)
        counts["digest"] = (counts["digest"] + digest(one)) % (1 << 64)
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


def digest(one: Play) -> int:
    """Everything that was said in a history, as a number: the same seed gives the same."""
    text = "\n".join(one.memory.said).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


def _share(seeds: Sequence[int]) -> tuple[dict[int, tuple[str, str]], Counter[str], float]:
    """What one process plays, and the processor time it took."""
    bench = Bench()
    counts: Counter[str] = Counter()
    begun = time.process_time()
    try:
        broken = many(seeds, bench, counts, progress=True)
    finally:
        bench.close()
    return {seed: (b.law, b.text) for seed, b in broken.items()}, counts, time.process_time() - begun


def _all(seeds: range, jobs: int) -> tuple[dict[int, Broken], Counter[str], float]:
    shares = [seeds[i : i + 500] for i in range(0, len(seeds), 500)]
    if jobs > 1:
        with ProcessPoolExecutor(jobs) as pool:
            done = list(pool.map(_share, shares))
    else:
        done = [_share(seeds)]
    broken: dict[int, Broken] = {}
    counts: Counter[str] = Counter()
    for found, counted, _ in done:
        broken |= {seed: Broken(*law) for seed, law in found.items()}
        total = (counts["digest"] + counted["digest"]) % (1 << 64)
        counts += counted
        counts["digest"] = total
    return dict(sorted(broken.items())), counts, sum(spent for _, _, spent in done)


def _told_of(seeds: range, broken: Mapping[int, Broken], counts: Counter[str], spent: float) -> bool:
    """Says what came of it; whether all is well."""
    trace = counts.pop("digest", 0)
    for kind in sorted(counts):
        say(f"{counts[kind]:>8}  {kind}")
    say(f"seeds {seeds[0]} to {seeds[-1]}, {len(seeds) / spent:.1f} histories per second and core, digest {trace:016x}")
    say(f"{counts['exempt']} edits fell between our look and our write at a system that can check neither")
    for law, of in _by_law(broken).items():
        say(f"BROKEN {law}: {len(of)} histories, first {of[:8]}")
        say(indent(str(broken[of[0]]), "    "))
        say(f"    replay and shrink: python -m tests.laws.run --seed {of[0]} --shrink")
    blind = blind_spots(counts) if len(seeds) >= ENOUGH else []
    for spot in blind:
        say(f"NEVER HAPPENED: {spot}")
    return not broken and not blind


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.laws.run")
    parser.add_argument("--histories", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--shrink", action="store_true")
    parser.add_argument("--trace", action="store_true")
    args = parser.parse_args()
    if args.seed is not None:
        bench = Bench()
        try:
            return _one(args, bench)
        finally:
            bench.close()
    seeds = range(args.first, args.first + args.histories)
    return 0 if _told_of(seeds, *_all(seeds, args.jobs)) else 1


def _by_law(broken: Mapping[int, Broken]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for seed, law in broken.items():
        found.setdefault(law.law, []).append(seed)
    return found


__all__ = ["HOLDS", "blind_spots", "digest", "main", "many", "told"]

if __name__ == "__main__":
    sys.exit(main())
