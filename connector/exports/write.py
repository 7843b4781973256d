"""A proposal into its folder: the databases, the configuration and the mappings an admin has not made their own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

from connector.exports.layout import Loaded, lay_out, records
from connector.exports.load import Counts, fingerprint, load
from connector.exports.propose import STATE, Proposal, TablePlan, database
from connector.mapping.schema import mapping_schema

WRITTEN = "written.json"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`kept` names the files that somebody edited since they were proposed; they stay as they are."""

    counts: Mapping[tuple[str, str], Counts]  # system, object
    config: Path
    written: tuple[Path, ...]
    kept: tuple[Path, ...]


def write_folder(proposal: Proposal) -> Outcome:
    """Loads the files into FOLDER/.connector/SYSTEM.db and writes config.yaml and mappings/ beside them."""
    state = proposal.folder / STATE
    state.mkdir(mode=0o700, exist_ok=True)
    counts = {}
    for plan in proposal.tables:
        paths = [read.table.path for read in plan.files]
        print_ = fingerprint(paths, plan.layout)
        counts[plan.system, plan.object] = load(
            database(proposal.folder, plan.system), plan.object, plan.layout, _rows(plan), print_
        )
    texts = {state / "config.yaml": proposal.config}
    texts |= {state / "mappings" / name: text for name, text in proposal.mappings.items()}
    texts[state / "mappings" / "schema.json"] = mapping_schema()  # what an editor checks the mapping with
    written, kept = _write(state, texts)
    return Outcome(counts, state / "config.yaml", written, kept)


def _rows(plan: TablePlan) -> Iterator[Loaded]:
    for read in plan.files:
        # one file of a set may have been through Excel and the other not: each with its own fixes
        yield from records(read.table, read.about, read.survey, lay_out(read.table, read.about, read.survey))


def lines_of(plan: TablePlan, keys: Set[str]) -> dict[str, tuple[str, int]]:
    """Where records stand: id -> file and line. Reads the files again, until all are found."""
    found: dict[str, tuple[str, int]] = {}
    for read in plan.files:
        layout = lay_out(read.table, read.about, read.survey)
        for row in records(read.table, read.about, read.survey, layout):
            if row.key in keys and row.key not in found:
                found[row.key] = (read.table.path.name, row.line)
                if len(found) == len(keys):
                    return found
    return found


def _write(state: Path, texts: Mapping[Path, str]) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    book = state / WRITTEN
    before: dict[str, str] = json.loads(book.read_text(encoding="utf-8")) if book.exists() else {}
    written, kept = [], []
    for path, text in texts.items():
        name = str(path.relative_to(state))
        if path.exists() and before.get(name) != _hash(path.read_text(encoding="utf-8")):
            kept.append(path)
            continue
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        before[name] = _hash(text)
        written.append(path)
    book.write_text(json.dumps(before, ensure_ascii=False, indent=1), encoding="utf-8")
    return tuple(written), tuple(kept)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
