"""The bug museum: every bug is put in, one at a time, until something of the proof notices.

python -m tests.museum.run [--only NAME ...] [--histories 2000] [--json] [--record]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.laws.world import Bench
from tests.museum.catalogue import BUGS
from tests.museum.rigs import LIMIT, Caught, Inert, caught_from, crash, histories, named
from tests.museum.surgery import Bug, Rig

RECORD = Path(__file__).with_name("caught.json")


def recorded() -> dict[str, Caught]:
    """Where each bug was caught when the museum was last shown."""
    return {name: caught_from(form) for name, form in json.loads(RECORD.read_text()).items()}


def catch(bug: Bug, bench: Bench, limit: int) -> Caught | None:
    match bug.rig:
        case Rig.HISTORIES:
            return histories(bug, bench, range(limit))
        case Rig.CRASH:
            return crash(bug)
        case Rig.WRITERS | Rig.PARENTS:
            return named(bug, bug.rig)


def show(found: Mapping[str, Caught | None]) -> Table:
    table = Table(title="Bug museum")
    for heading in ("bug", "layer", "what it does", "breaks", "caught by", "after"):
        table.add_column(heading, overflow="fold")
    for name, caught in found.items():
        bug = BUGS[name]
        table.add_row(name, bug.layer, bug.story, _numbers(bug), _by(caught), _after(caught))
    return table


def markdown(found: Mapping[str, Caught | None]) -> Iterable[str]:
    """The same as rows for docs/proof.md."""
    yield "| bug | layer | what it does | breaks | caught by | after |"
    yield "|---|---|---|---|---|---:|"
    for name, caught in found.items():
        bug = BUGS[name]
        yield f"| {name} | {bug.layer} | {bug.story} | {_numbers(bug)} | {_by(caught)} | {_after(caught)} |"


def _numbers(bug: Bug) -> str:
    return ", ".join(str(n) for n in bug.breaks)


def _by(caught: Caught | None) -> str:
    if caught is None:
        return "NOT CAUGHT"
    return f"law: {caught.what}" if caught.by is Rig.HISTORIES else f"{caught.by}: {caught.what}"


def _after(caught: Caught | None) -> str:
    return f"{caught.after:,}" if caught is not None else ""


def as_json(found: Mapping[str, Caught | None]) -> list[dict[str, Any]]:
    return [
        {"bug": name, "layer": BUGS[name].layer, "does": BUGS[name].story, "breaks": list(BUGS[name].breaks)}
        | {"caught": caught.as_json() if caught is not None else None}
        for name, caught in found.items()
    ]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.museum.run")
    parser.add_argument("--only", nargs="*", default=list(BUGS), choices=list(BUGS), metavar="NAME")
    parser.add_argument("--histories", type=int, default=LIMIT, help="histories before a bug counts as not caught")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--record", action="store_true", help="keep where each was caught, for the ordinary tests")
    args = parser.parse_args(argv)
    console, said = Console(), Console(stderr=True)
    bench = Bench()
    found: dict[str, Caught | None] = {}
    try:
        for name in args.only:
            begun = time.process_time()
            try:
                found[name] = catch(BUGS[name], bench, args.histories)
            except Inert as inert:
                said.print(f"{inert}", highlight=False)
                found[name] = None
            spent = time.process_time() - begun
            said.print(f"{name}: {_by(found[name])} {_after(found[name])} ({spent:.1f} s)", highlight=False)
            if args.record and (caught := found[name]) is not None:
                keep(name, caught)
    finally:
        bench.close()
    if args.json:
        console.print_json(data=as_json(found))
    elif args.markdown:
        for line in markdown(found):
            sys.stdout.write(line + "\n")
    else:
        console.print(show(found))
    missed = [name for name, caught in found.items() if caught is None]
    said.print(f"{len(found) - len(missed)} of {len(found)} caught", highlight=False)
    return 1 if missed else 0


def keep(name: str, caught: Caught) -> None:
    known = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    known[name] = caught.as_json()
    in_order = {n: known[n] for n in BUGS if n in known}
    RECORD.write_text(json.dumps(in_order, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
