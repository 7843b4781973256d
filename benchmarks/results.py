"""What was measured, as JSON, as a Markdown table and as a plot, with the environment it was measured in."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One phase of one program at one size: medians over the rounds."""

    program: str
    people: int
    phase: str
    counted: int  # how many people the rate counts: all of them, or the changed ones
    records: int  # of one person: two where both systems are read
    cpu: float
    wall: float
    rss_mb: float
    state_bytes: int
    rounds: int

    @property
    def rate(self) -> float:
        return self.counted / self.cpu

    @property
    def micros(self) -> float:
        return self.cpu / self.counted / self.records * 1e6


def medians(program: str, people: int, records: int, rounds: Sequence[Sequence[dict[str, Any]]]) -> list[Row]:
    rows = []
    for at, first in enumerate(rounds[0]):
        same = [r[at] for r in rounds]

        def middle(name: str, same: list[dict[str, Any]] = same) -> float:
            return float(median(r[name] for r in same))

        rows.append(
            Row(
                program, people, first["name"], first["people"], records, middle("cpu"), middle("wall"),
                middle("rss_mb"), int(middle("state_bytes")), len(rounds),
            )
        )  # fmt: skip
    return rows


def environment(peers: dict[str, str]) -> dict[str, Any]:
    model = platform.processor()
    if (info := Path("/proc/cpuinfo")).exists():
        model = next((x.partition(": ")[2] for x in info.read_text().splitlines() if x.startswith("model name")), model)
    return {
        "date": datetime.fromtimestamp(_now(), UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": model,
        "cores": os.cpu_count(),
        "load": [round(x, 1) for x in os.getloadavg()],
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "versions": {name: version(name) for name in ("connector", "sqlalchemy", "orjson")} | peers,
    }


def _now() -> float:
    import time

    return time.time()


def write(folder: Path, rows: Sequence[Row], found: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    said = {"environment": found, "rows": [asdict(row) for row in rows]}
    (folder / "results.json").write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "results.md").write_text(table(rows, found), encoding="utf-8")
    (folder / "results.svg").write_text(plot(rows), encoding="utf-8")


def table(rows: Sequence[Row], found: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    head = (
        "# Results\n\n"
        f"{found['date']}; {found['cpu']}, {found['cores']} cores, load {found['load']}; {found['system']}; Python "
        f"{found['python']}, SQLite {found['sqlite']}; {versions}.\n\n"
        "People a second of one core are by CPU time, medians of the rounds. `connector` reads two systems, so one\n"
        "person is two records; `dlt` reads one and writes one; `vdirsyncer` compares two storages of items.\n\n"
        "![people a second](results.svg)\n\n"
        "| people | program | phase | people/s of one core | CPU us/record | CPU s | wall s | peak MB |"
        " state B/person | rounds |\n|---|---|---|---|---|---|---|---|---|---|\n"
    )
    lines = [
        f"| {r.people:,} | {r.program} | {r.phase} | {r.rate:,.0f} | {r.micros:,.1f} | {r.cpu:,.2f} | {r.wall:,.2f} |"
        f" {r.rss_mb:,.0f} | {r.state_bytes:,} | {r.rounds} |"
        for r in rows
    ]
    return head + "\n".join(lines) + "\n"


COLOURS = {"connector": "#1f6feb", "dlt": "#d29922", "vdirsyncer": "#8b949e"}


def plot(rows: Sequence[Row]) -> str:
    """Bars: people a second of one core, a phase a bar; runs with nothing to count have none."""
    shown = [r for r in rows if r.counted > 1]
    most = max(r.rate for r in shown)
    height = 22 * len(shown) + 40
    bars = []
    for at, row in enumerate(shown):
        y, width = 30 + 22 * at, max(1.0, 420 * row.rate / most)
        bars.append(
            f'<text x="330" y="{y + 12}" text-anchor="end">{row.people:,} {row.program}: {row.phase}</text>'
            f'<rect x="338" y="{y}" width="{width:.0f}" height="16" fill="{COLOURS[row.program]}"/>'
            f'<text x="{344 + width:.0f}" y="{y + 12}">{row.rate:,.0f}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="840" height="{height}" font-family="sans-serif"'
        f' font-size="12"><rect width="840" height="{height}" fill="white"/>'
        f'<text x="338" y="18" font-weight="bold">people a second of one core</text>{"".join(bars)}</svg>\n'
    )
