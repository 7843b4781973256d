"""The worlds in which histories happen: systems of different natures, mappings of different rules, one hub each."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from textwrap import indent
from typing import Any

from connector.adapters.contract import Column, ColumnKind, Write
from connector.adapters.memory import MemorySystem, Nature
from connector.adapters.memory.system import Row
from connector.cleanse import RULES
from connector.mapping.load import load_mappings
from connector.mapping.model import EntityMapping
from connector.model import Entity, NativeValue
from connector.store.store import Store, open_store
from tests.laws.direct import DirectDatabase

PEOPLE, FIRMS = "people", "firms"
OBJECT = {Entity.PERSON: PEOPLE, Entity.COMPANY: FIRMS}
ENTITY = {PEOPLE: Entity.PERSON, FIRMS: Entity.COMPANY}

# field -> columns, the same names in every system
PERSON_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("last", "first"),
    "email": ("mail",),
    "phone": ("tel",),
    "title": ("title",),
    "note": ("note",),
    "memo": ("memo",),
    "score": ("score",),
    "rank": ("rank",),
    "consent": ("optout",),
    "company": ("firm",),
}
COMPANY_COLUMNS: Mapping[str, tuple[str, ...]] = {"name": ("label",), "code": ("code",), "phone": ("tel",)}
COLUMNS = {PEOPLE: PERSON_COLUMNS, FIRMS: COMPANY_COLUMNS}
UNMAPPED = "extra"
KINDS = {"score": ColumnKind.NUMBER, "rank": ColumnKind.NUMBER, "firm": ColumnKind.REFERENCE}
CUT = 8  # characters that a lossy system keeps of its text columns
LOSSY = ("title", "note", "memo", "label")


# --- natures ----------------------------------------------------------------------------------------------


def _lossy(column: str, value: NativeValue) -> NativeValue:
    return value.upper()[:CUT] if column in LOSSY and isinstance(value, str) else value


def _normal(column: str, value: NativeValue) -> NativeValue:
    if not isinstance(value, str):
        return value
    match column:
        case "tel":
            return value.replace("-", "")
        case "mail":
            return value.lower()
        case "title" | "note" | "memo" | "label":
            return " ".join(value.split()).capitalize()
        case _:
            return value


def _dropping() -> Callable[[str, Write], bool]:
    """Drops every change of one record in seven, and the first change of another one."""
    dropped: set[str] = set()

    def drops(object: str, write: Write) -> bool:
        number = int(getattr(write, "id", "")[1:] or 0) if getattr(write, "values", None) else 0
        if number % 7 == 3:
            return True
        if number % 7 == 5 and str(number) not in dropped:
            dropped.add(str(number))
            return True
        return False

    return drops


TRAITS: Mapping[str, Callable[[Nature], Nature]] = {
    "exact": lambda n: n,
    "lossy": lambda n: replace(n, fit=_lossy),
    "minute": lambda n: replace(n, resolution=timedelta(minutes=1)),
    "blind": lambda n: replace(n, versions=False, compares_before=False),
    "unversioned": lambda n: replace(n, versions=False),
    "keyless": lambda n: replace(n, external_key=False),
    "late": lambda n: replace(n, commit_delay=timedelta(seconds=90)),
    "lagging": lambda n: replace(n, lookup_lag=timedelta(seconds=120)),
    "dropping": lambda n: replace(n, drops=_dropping()),
    "normalising": lambda n: replace(n, fit=_normal),
    "untold": lambda n: replace(n, reports_deletes=False),
    "silent": lambda n: replace(n, answers=False),
    "whole": lambda n: replace(n, incremental=False),
    "undeletable": lambda n: replace(n, delete=False),
}


def nature(traits: tuple[str, ...]) -> Nature:
    made = Nature(page=4, read_batch=3, write_batch=2)
    for trait in traits:
        made = TRAITS[trait](made)
    return made


# --- mappings ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rules:
    """What the oracle must know of a mapping; the mapping text is written from it."""

    systems: tuple[str, ...]
    rule: Mapping[tuple[str, str], str]  # (object, field) -> "a wins" | ask | newest
    clear: frozenset[tuple[str, str]]  # on_blank: clear
    source: Mapping[str, str]  # one-way fields of a person -> their source
    drift: Mapping[str, str]  # one-way field -> overwrite | keep
    into_empty: str  # memo is written only into empty cells of this system
    opt_in_from: str
    create: frozenset[tuple[str, str]]  # (object, system)
    on_delete: str

    def two_way(self, object: str, field: str) -> bool:
        return field not in self.source and field != "consent"


VARIANTS = 24


@cache
def rules(variant: int, systems: tuple[str, ...]) -> Rules:
    rng = Random(f"rules {variant} {len(systems)}")
    wins = [f"{s} wins" for s in systems]
    rule: dict[tuple[str, str], str] = {
        (PEOPLE, "name"): rng.choice(wins),
        (PEOPLE, "email"): "ask",
        (PEOPLE, "phone"): rng.choice([*wins, "ask", "newest"]),
        (PEOPLE, "title"): rng.choice([*wins, "ask"]),
        (PEOPLE, "note"): rng.choice(["newest", "ask"]),
        (PEOPLE, "memo"): rng.choice(wins),
        (PEOPLE, "company"): rng.choice([*wins, "ask"]),
        (FIRMS, "name"): rng.choice(wins),
        (FIRMS, "code"): rng.choice(wins),
        (FIRMS, "phone"): rng.choice([*wins, "ask", "newest"]),
    }
    blankable = [(PEOPLE, "phone"), (PEOPLE, "title"), (PEOPLE, "note"), (FIRMS, "phone")]
    return Rules(
        systems=systems,
        rule=rule,
        clear=frozenset(f for f in blankable if rng.random() < 0.5),
        source={"score": rng.choice(systems), "rank": rng.choice(systems)},
        drift={"score": "overwrite", "rank": "keep"},
        into_empty=rng.choice(systems),
        opt_in_from=rng.choice([*systems, "", ""]),
        create=frozenset((o, s) for o in (PEOPLE, FIRMS) for s in systems if rng.random() < 0.55),
        on_delete=rng.choice(["hold", "hold", "unlink", "revive"]),
    )


@cache
def mappings(variant: int, systems: tuple[str, ...]) -> tuple[EntityMapping, ...]:
    r = rules(variant, systems)
    texts = {"company.yaml": _mapping_text(r, FIRMS), "person.yaml": _mapping_text(r, PEOPLE)}
    return load_mappings(texts, systems=set(systems), rules=RULES, computed=())


def _mapping_text(r: Rules, object: str) -> str:
    entity = ENTITY[object]
    lines = [f"entity: {entity}", "enabled: true", f"on_delete: {r.on_delete}", "systems:"]
    lines += [f"  {s}: {{object: {object}, create: {'on' if (object, s) in r.create else 'off'}}}" for s in r.systems]
    lines += ["match:", f"  identifiers: [{'email' if object == PEOPLE else 'code'}]", "fields:"]
    for name, columns in COLUMNS[object].items():
        lines += [f"  {name}:", indent(_field_text(r, object, name, columns), "    ")]
    return "\n".join(lines) + "\n"


TYPES = {
    (PEOPLE, "name"): "person_name",
    (PEOPLE, "email"): "email",
    (PEOPLE, "phone"): "phone",
    (PEOPLE, "score"): "integer",
    (PEOPLE, "rank"): "integer",
    (PEOPLE, "consent"): "consent",
    (PEOPLE, "company"): "reference",
    (FIRMS, "phone"): "phone",
}


def _field_text(r: Rules, object: str, name: str, columns: tuple[str, ...]) -> str:
    column = columns[0] if len(columns) == 1 else f"[{', '.join(columns)}]"
    lines = [
        f"type: {TYPES.get((object, name), 'text')}",
        f"map: {{{', '.join(f'{s}: {column}' for s in r.systems)}}}",
    ]
    everyone = f"{r.systems[0]} <-> {', '.join(r.systems[1:])}"
    if name in r.source and object == PEOPLE:
        source = r.source[name]
        lines += [f"flow: {source} -> {', '.join(s for s in r.systems if s != source)}", f"on_drift: {r.drift[name]}"]
        return "\n".join(lines)
    lines.append(f"flow: {everyone}")
    if name == "consent":
        table = '{"1": opt_out, "0": opt_in}'
        lines.append(f"values: {{{', '.join(f'{s}: {table}' for s in r.systems)}}}")
        if r.opt_in_from:
            lines.append(f"opt_in_from: [{r.opt_in_from}]")
        return "\n".join(lines)
    lines.append(f"if_both_changed: {r.rule[object, name]}")
    if name == "company":
        lines.append("to: company")
    if (object, name) in r.clear:
        lines.append("on_blank: clear")
    if name == "memo":
        lines.append(f"only_into_empty: [{r.into_empty}]")
    return "\n".join(lines)


# --- systems ----------------------------------------------------------------------------------------------


def _shape() -> dict[str, tuple[Column, ...]]:
    return {
        object: tuple(
            Column(c, c, KINDS.get(c, ColumnKind.TEXT)) for c in (*(c for cs in fields.values() for c in cs), UNMAPPED)
        )
        for object, fields in COLUMNS.items()
    }


@dataclass(slots=True)
class System(MemorySystem):
    """A memory system that tells who made a record, also where it cannot hold our key."""

    made: dict[str, list[str]] = field(default_factory=dict)  # key of the create -> ids of the records it made
    landed: list[tuple[str, str, dict[str, NativeValue]]] = field(default_factory=list)  # late commits that came in

    def insert(
        self,
        object: str,
        values: Mapping[str, NativeValue],
        *,
        id: str | None = None,
        key: str | None = None,
        lag: timedelta,
    ) -> Row:
        row = MemorySystem.insert(self, object, values, id=id, key=key, lag=lag)
        if key is not None:
            self.made.setdefault(key, []).append(row.id)
        return row

    def advance(self, by: timedelta | float) -> None:
        due = self.now + (by if isinstance(by, timedelta) else timedelta(seconds=by))
        landing = sorted((p for p in self._pending if p[0] <= due), key=lambda p: p[:2])
        MemorySystem.advance(self, by)
        self.landed += [(o, i, v) for _, _, o, i, v in landing if i in self.rows.get(o, {})]

    def waiting(self, id: str) -> bool:
        return any(p[3] == id for p in self._pending)


def system(name: str, traits: tuple[str, ...]) -> System:
    return System(_shape(), nature=nature(traits), org=name)


# --- the state --------------------------------------------------------------------------------------------


class Died(BaseException):
    """The process was killed here."""


class LawStore(Store):
    """The real store; `mortal` is asked before and after every commit, and may kill the process there."""

    mortal: Callable[[str], None] = staticmethod(lambda moment: None)

    def commit(self, *args: Any, **options: Any) -> list[str]:
        self.mortal("before commit")
        moved = super().commit(*args, **options)
        self.mortal("after commit")
        return moved

    def put(self, *args: Any, **options: Any) -> None:
        self.mortal("before put")
        super().put(*args, **options)
        self.mortal("after put")

    def start_run(self, *args: Any, **options: Any) -> None:
        self.mortal("before start")
        super().start_run(*args, **options)
        self.mortal("after start")

    def end_run(self, *args: Any, **options: Any) -> None:
        self.mortal("before end")
        super().end_run(*args, **options)
        self.mortal("after end")

    def release(self, *args: Any, **options: Any) -> None:
        self.mortal("before release")
        super().release(*args, **options)


class Bench:
    """One database file in memory's file system, put back to a migrated template before every history."""

    def __init__(self) -> None:
        shm = Path("/dev/shm")
        self._temporary = tempfile.TemporaryDirectory(prefix="laws-", dir=shm if shm.is_dir() else None)
        self.folder = Path(self._temporary.name)
        file = self.folder / "hub.db"
        with open_store(f"sqlite:///{file}", now=lambda: datetime.min) as first:
            migrated = first._db
        self.database = DirectDatabase(migrated, file)
        self._template = sqlite3.connect(":memory:")
        with closing(sqlite3.connect(file)) as raw:
            raw.backup(self._template)
        self._store = LawStore(self.database, lambda: datetime.min)
        self.plans = 0

    def store(self, now: Callable[[], datetime]) -> LawStore:
        """An empty state."""
        self.database.put_back(self._template)
        return self.reopened(now)

    def reopened(self, now: Callable[[], datetime]) -> LawStore:
        """The state as a new process finds it: nothing is remembered but statements."""
        self._store._names.forget()
        self._store._now = now
        return self._store

    def path(self) -> Path:
        self.plans += 1
        return self.folder / f"plan{self.plans}.jsonl"

    def sweep(self) -> None:
        for plan in self.folder.glob("plan*"):
            plan.unlink()

    def close(self) -> None:
        self.database.close()
        self._template.close()
        self._temporary.cleanup()
