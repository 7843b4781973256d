"""The peers' side of the benchmark; runs in an environment of its own that knows neither the engine nor its libraries.

    PEERS/bin/python benchmarks/peers.py dlt FOLDER        reads ma.db, merges into DuckDB by its parquet loader
    PEERS/bin/python benchmarks/peers.py vdirsyncer FOLDER the same people as vCards in two local storages

Prints one JSON list: what each phase took.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Phase = dict[str, Any]


def cpu() -> float:
    """Seconds of this process and of the children it waited for."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in both)


def peak_mb() -> float:
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024


def timed(name: str, people: int, work: Callable[[], object], state: Callable[[], int]) -> Phase:
    begun, wall = cpu(), time.perf_counter()
    work()
    return {
        "name": name,
        "people": people,
        "cpu": cpu() - begun,
        "wall": time.perf_counter() - wall,
        "rss_mb": peak_mb(),
        "state_bytes": state(),
    }


def with_dlt(folder: Path) -> list[Phase]:
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}
    import dlt

    source, place = folder / "ma.db", folder / "dlt"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    pipeline = dlt.pipeline(
        "bench", pipelines_dir=str(place / "pipelines"), destination=dlt.destinations.duckdb(str(place / "to.duckdb")),
        dataset_name="leads",
    )  # fmt: skip
    with sqlite3.connect(source) as db:
        people = db.execute("SELECT count(*) FROM leads").fetchone()[0]

    def rows() -> Iterator[list[dict[str, Any]]]:
        with sqlite3.connect(f"file:{source}?mode=ro", uri=True) as db:
            found = db.execute("SELECT * FROM leads ORDER BY id")
            names = [column[0] for column in found.description]
            while page := found.fetchmany(2000):
                yield [dict(zip(names, row, strict=True)) for row in page]

    def load() -> object:
        made = dlt.resource(rows, name="leads", primary_key="id", write_disposition="merge")
        return pipeline.run(made, loader_file_format="parquet")

    def state() -> int:
        return sum(f.stat().st_size for f in place.glob("to.duckdb*")) // people

    return [timed("first", people, load, state), timed("full, nothing changed", people, load, state)]


CARD = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{id}\r\nN:{last_name};{first_name};;;\r\nFN:{last_name} {first_name}\r\n"
    "X-PHONETIC-LAST-NAME:{name_kana}\r\nEMAIL:{email}\r\nORG:{company};{department}\r\nTITLE:{title}\r\n"
    "TEL;TYPE=WORK:{phone}\r\nTEL;TYPE=CELL:{mobile}\r\nADR:;;{address};;;{postal_code};\r\nURL:{website}\r\n"
    "X-INDUSTRY:{industry}\r\nX-EMPLOYEES:{employees}\r\nX-REVENUE:{revenue}\r\nX-SOURCE:{source}\r\n"
    "X-OPTOUT:{mail_optout}\r\nX-SCORE:{score}\r\nX-VISIT:{last_visit}\r\nX-NEXT:{next_contact}\r\nNOTE:{memo}\r\n"
    "END:VCARD\r\n"
)


def with_vdirsyncer(folder: Path) -> list[Phase]:
    place = folder / "vdir"
    shutil.rmtree(place, ignore_errors=True)
    (place / "a" / "leads").mkdir(parents=True)
    (place / "b" / "leads").mkdir(parents=True)
    with sqlite3.connect(folder / "ma.db") as db:
        db.row_factory = sqlite3.Row
        people = 0
        for row in db.execute("SELECT * FROM leads"):
            people += 1
            card = {name: row[name] if row[name] is not None else "" for name in row.keys()}  # noqa: SIM118  a sqlite3.Row iterates over its values
            (place / "a" / "leads" / f"{row['id']}.vcf").write_text(CARD.format(**card), encoding="utf-8", newline="")
    config = place / "config"
    storage = '[storage {name}]\ntype = "filesystem"\npath = "{path}"\nfileext = ".vcf"\n'
    config.write_text(
        f'[general]\nstatus_path = "{place}/status/"\n[pair both]\na = "a"\nb = "b"\ncollections = ["leads"]\n'
        'conflict_resolution = "a wins"\n'
        + storage.format(name="a", path=place / "a")
        + storage.format(name="b", path=place / "b")
    )
    program = [str(Path(sys.executable).with_name("vdirsyncer")), "-v", "ERROR", "-c", str(config)]
    subprocess.run([*program, "discover"], check=True, capture_output=True, input=b"y\n" * 4)  # noqa: S603  our own program and arguments

    def sync() -> object:
        return subprocess.run([*program, "sync"], check=True, capture_output=True)  # noqa: S603  our own program and arguments

    def state() -> int:
        return sum(f.stat().st_size for f in (place / "status").rglob("*") if f.is_file()) // people

    done = [timed("first", people, sync, state), timed("full, nothing changed", people, sync, state)]
    for system, odd in (("a", 0), ("b", 1)):
        files = sorted((place / system / "leads").iterdir())
        for file in files[odd * 50 :: 200]:
            file.write_bytes(file.read_bytes().replace(b"\r\nTITLE:", "\r\nTITLE:新".encode()))
    return [*done, timed("full, 1 % changed", people, sync, state)]


if __name__ == "__main__":
    peer, folder = sys.argv[1], Path(sys.argv[2])
    print(json.dumps({"dlt": with_dlt, "vdirsyncer": with_vdirsyncer}[peer](folder)))  # noqa: T201  the screen is its output
