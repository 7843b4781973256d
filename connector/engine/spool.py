"""A private temporary file for what a run pulled, so that memory does not grow with the number of records."""

from __future__ import annotations

import sqlite3
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as given
from datetime import datetime
from pathlib import Path
from struct import pack, unpack
from typing import TYPE_CHECKING, Any, Self

import orjson

from connector.model import EndId, Entity, Fate, Left, Observation, Problem, Shown
from connector.store.values import Kept, values_to_json

if TYPE_CHECKING:
    from connector.match.comparing import Comparing
    from connector.match.crowd import Crowd

_SCHEMA = """
CREATE TABLE obs (no INTEGER PRIMARY KEY, entity TEXT, system TEXT, object TEXT, id TEXT, part TEXT, body BLOB,
  blocks BLOB);
CREATE TABLE home (entity TEXT, link TEXT, obs INTEGER, PRIMARY KEY (entity, link, obs)) WITHOUT ROWID;
CREATE TABLE placed (system TEXT, object TEXT, id TEXT, part TEXT, link TEXT,
  PRIMARY KEY (system, object, id, part)) WITHOUT ROWID;
CREATE INDEX placed_link ON placed (link);
CREATE TABLE absorbed (link TEXT PRIMARY KEY, into_link TEXT) WITHOUT ROWID;
CREATE TABLE reach (link TEXT, system TEXT, PRIMARY KEY (link, system)) WITHOUT ROWID;
CREATE TABLE line (sort TEXT, body BLOB);
"""


@dataclass(frozen=True, slots=True)
class Read:
    """One record as read through one lens: an observation, its unresolved references and its owner."""

    entity: Entity
    observation: Observation
    link: str = ""  # "" until it is placed
    foreign: Mapping[str, str] = given(default_factory=dict)
    owner: str = ""
    blocks: tuple[int, ...] | None = None  # of its values as read; None = not known


class Spool:
    """Rows in, rows out by link; gone when closed."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = tempfile.NamedTemporaryFile(dir=folder, prefix="spool-", suffix=".db")  # noqa: SIM115  closed in close()
        self._lines = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  closed in close()
        self._db = sqlite3.connect(self._file.name, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-20000;" + _SCHEMA)
        self._db.execute("BEGIN")
        self._last = 0
        self._crowds: dict[Entity, tuple[Comparing, Crowd]] = {}
        self._told: dict[Entity, array[int]] = {}  # number in the crowd -> observation

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()
        self._file.close()
        self._lines.close()

    def gather(self, entity: Entity, rules: Comparing, crowd: Crowd) -> None:
        """From now on the unplaced records of this entity are told to the crowd; the first is number 0 there."""
        self._crowds[entity] = (rules, crowd)

    def add(self, reads: Iterable[Read]) -> None:
        rows, homes = [], []
        for r in reads:
            self._last += 1
            at, blocks = r.observation.at, None
            gathered = self._crowds.get(r.entity) if not r.link else None
            if gathered is not None and isinstance(r.observation, Shown):
                rules, crowd = gathered
                found = crowd.add((at.system, at.object, at.id, at.part), rules.features(r.observation.values))
                blocks = pack(f"<{len(found)}q", *found)
                self._told.setdefault(r.entity, array("q")).append(self._last)
            else:
                homes.append((str(r.entity), r.link, self._last))
            rows.append((self._last, str(r.entity), at.system, at.object, at.id, at.part, _dump(r), blocks))
        self._db.executemany("INSERT INTO obs VALUES (?,?,?,?,?,?,?,?)", rows)
        self._db.executemany("INSERT INTO home VALUES (?,?,?)", homes)

    def unplaced(self, entity: Entity) -> list[Read]:
        """Records of this entity that no link holds yet."""
        rows = self._db.execute(
            "SELECT o.body FROM home h CROSS JOIN obs o ON o.no=h.obs WHERE h.entity=? AND h.link=''"
            " ORDER BY o.system, o.object, o.id, o.no",
            (str(entity),),
        )
        return [_load(entity, "", body) for (body,) in rows]

    def gathered(self, entity: Entity, numbers: Sequence[int]) -> list[Read]:
        """Records by their numbers in the crowd."""
        told = self._told[entity]
        every = orjson.dumps([told[n] for n in numbers]).decode()
        rows = self._db.execute(
            "SELECT o.body FROM json_each(?) j CROSS JOIN obs o ON o.no=j.value ORDER BY j.key", (every,)
        )
        return [_load(entity, "", body) for (body,) in rows]

    def house(self, entity: Entity, links: Iterable[tuple[str, int]]) -> None:
        """Gives records of the crowd, by their numbers, their links."""
        told, name = self._told[entity], str(entity)
        self._db.executemany("INSERT INTO home VALUES (?,?,?)", ((name, link, told[n]) for link, n in links))

    def housed(self, entity: Entity, *, told: bool) -> None:
        """Every record of the crowd has its link; `told`: other records ask where they are."""
        self._told.pop(entity, None)
        self._crowds.pop(entity, None)
        if told:
            self._db.execute(
                "INSERT OR REPLACE INTO placed SELECT o.system, o.object, o.id, o.part, h.link"
                " FROM home h CROSS JOIN obs o ON o.no=h.obs WHERE h.entity=?",
                (str(entity),),
            )

    def place(self, entity: Entity, reads: Sequence[Read]) -> None:
        """Gives unplaced records their links, all at once."""
        self._db.execute(
            "DELETE FROM obs WHERE no IN (SELECT obs FROM home WHERE entity=? AND link='')", (str(entity),)
        )
        self._db.execute("DELETE FROM home WHERE entity=? AND link=''", (str(entity),))
        self.add(reads)
        self._db.executemany(
            "INSERT OR REPLACE INTO placed VALUES (?,?,?,?,?)",
            [
                (r.observation.at.system, r.observation.at.object, r.observation.at.id, r.observation.at.part, r.link)
                for r in reads
            ],
        )

    def having(self, entity: Entity, links: Sequence[str]) -> set[str]:
        """Those of these links that have observations."""
        rows = self._db.execute(
            "SELECT j.value FROM json_each(?) j"
            " WHERE EXISTS (SELECT 1 FROM home h WHERE h.entity=? AND h.link=j.value)",
            (orjson.dumps(list(links)).decode(), str(entity)),
        )
        return {link for (link,) in rows}

    def links(self, entity: Entity, chunk: int) -> Iterator[list[str]]:
        """Links with observations, in order, in chunks."""
        last = ""
        while True:
            rows = self._db.execute(
                "SELECT DISTINCT link FROM home WHERE entity=? AND link>? ORDER BY link LIMIT ?",
                (str(entity), last, chunk),
            ).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            yield [link for (link,) in rows]

    def reads(self, entity: Entity, links: Sequence[str]) -> dict[str, list[Read]]:
        found: dict[str, list[Read]] = {}
        for link, body, blocks in self._db.execute(
            "SELECT h.link, o.body, o.blocks FROM json_each(?) j CROSS JOIN home h ON h.entity=? AND h.link=j.value"
            " CROSS JOIN obs o ON o.no=h.obs",
            (orjson.dumps(list(links)).decode(), str(entity)),
        ):
            found.setdefault(link, []).append(_load(entity, link, body, blocks))
        return found

    def placed(self, system: str, object_: str, ids: Sequence[str], part: str) -> dict[str, str]:
        rows = self._db.execute(
            "SELECT p.id, p.link FROM json_each(?) j CROSS JOIN placed p"
            " ON p.system=? AND p.object=? AND p.id=j.value AND p.part=?",
            (orjson.dumps(list(ids)).decode(), system, object_, part),
        )
        return dict(rows.fetchall())

    def take_back(self, entity: Entity, at: EndId) -> bool:
        """A record that was pulled for a link is without one again; whether there was such a record."""
        done = self._db.execute(
            "UPDATE home SET link='' WHERE entity=? AND obs IN"
            " (SELECT no FROM obs WHERE entity=? AND system=? AND object=? AND id=? AND part=?)",
            (str(entity), str(entity), at.system, at.object, at.id, at.part),
        )
        return done.rowcount > 0

    def placed_in(self, links: Sequence[str]) -> set[tuple[str, str]]:
        """(link, system) pairs of records placed in this run."""
        rows = self._db.execute(
            "SELECT p.link, p.system FROM json_each(?) j CROSS JOIN placed p ON p.link=j.value",
            (orjson.dumps(list(links)).decode(),),
        )
        return set(rows.fetchall())

    def absorb(self, link: str, into: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO absorbed VALUES (?,?)", (link, into))
        for entity in Entity:
            self._db.execute("UPDATE home SET link=? WHERE entity=? AND link=?", (into, str(entity), link))
        self._db.execute("UPDATE placed SET link=? WHERE link=?", (into, link))

    def absorbed(self) -> dict[str, str]:
        return dict(self._db.execute("SELECT link, into_link FROM absorbed").fetchall())

    def reaches(self, link: str, systems: Iterable[str]) -> None:
        """This link will have a place in these systems once the plan is applied."""
        self._db.executemany("INSERT OR IGNORE INTO reach VALUES (?,?)", [(link, s) for s in systems])

    def reached(self, links: Sequence[str]) -> set[tuple[str, str]]:
        rows = self._db.execute(
            "SELECT r.link, r.system FROM json_each(?) j CROSS JOIN reach r ON r.link=j.value",
            (orjson.dumps(list(links)).decode(),),
        )
        return set(rows.fetchall())

    def defer(self, line: bytes, beside: str = "") -> None:
        """A line for later: in the order they came in, then those that belong `beside` each other."""
        if beside:
            self._db.execute("INSERT INTO line VALUES (?,?)", (beside, line))
        else:
            self._lines.write(line + b"\n")

    def deferred(self) -> Iterator[bytes]:
        self._lines.seek(0)
        for line in self._lines:
            yield line[:-1]
        for (body,) in self._db.execute("SELECT body FROM line ORDER BY sort, rowid"):
            yield body


def _dump(read: Read) -> bytes:
    o = read.observation
    match o:
        case Shown():
            body: dict[str, Any] = {
                "v": values_to_json(o.values),
                "n": o.version,
                "f": o.fingerprint.hex(),
                "l": o.lens,
                "m": _stamp(o.modified_at),
                "c": _stamp(o.created_at),
            }
            if o.key is not None:
                body["k"] = o.key
            if o.problems:
                body["p"] = {f: [str(p), text[:500]] for f, (p, text) in o.problems.items()}
            if not o.in_scope:
                body["s"] = False
            if o.rebased:
                body["r"] = sorted(o.rebased)
            if o.url is not None:
                body["u"] = o.url
        case Left():
            into = [o.into.system, o.into.object, o.into.id, o.into.part] if o.into else None
            body = {"fate": str(o.fate), "into": into}
    body["at"] = [o.at.system, o.at.object, o.at.id, o.at.part]
    if read.foreign:
        body["g"] = dict(read.foreign)
    if read.owner:
        body["o"] = read.owner
    return orjson.dumps(body)


def _load(entity: Entity, link: str, raw: bytes, blocks: bytes | None = None) -> Read:
    body = orjson.loads(raw)
    get = body.get
    at = EndId(*body["at"])
    observation: Observation
    if "fate" in body:
        observation = Left(at, Fate(body["fate"]), EndId(*body["into"]) if body["into"] else None)
    else:
        observation = Shown(
            at=at,
            values=Kept(body["v"]),
            version=body["n"],
            fingerprint=bytes.fromhex(body["f"]),
            lens=body["l"],
            modified_at=_time(body["m"]),
            created_at=_time(body["c"]),
            key=get("k"),
            problems={f: (Problem(p), text) for f, (p, text) in body["p"].items()} if "p" in body else {},
            in_scope=get("s", True),
            rebased=frozenset(get("r", ())),
            url=get("u"),
        )
    known = unpack(f"<{len(blocks) // 8}q", blocks) if blocks is not None else None
    return Read(entity, observation, link, get("g", {}), get("o", ""), known)


def _stamp(value: datetime | None) -> str | None:
    return value.isoformat() if value is not None else None


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value is not None else None
