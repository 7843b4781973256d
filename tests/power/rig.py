"""The store's own code writes through a disk that remembers; then the power goes, many times, and the state is opened.

The whole engine runs its real store (SQLAlchemy, the store's statements and pragmas) over APSW, whose VFS passes every
call on to the system's own and writes it down. The images are opened with the standard library's SQLite.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import connector.store.open as opening
from connector.errors import ConnectorError
from connector.model import HoldKind
from connector.store import schema
from connector.store.records import RunState
from connector.store.store import open_store
from tests.engine.kit import PERSON, Kit, kit
from tests.power.disk import Images, Log, recording
from tests.power.driver import Driver

KEPT, LOST, BROKEN = "kept", "lost", "inconsistent"
TABLES = [f'"{t.name}"' for t in schema.metadata.sorted_tables]


@contextmanager
def over(driver: Any) -> Iterator[None]:
    """Stores opened here talk to their file through this driver."""
    plain = opening.sqlite3
    opening.sqlite3 = driver  # type: ignore[misc]  # names known only at run time
    try:
        yield
    finally:
        opening.sqlite3 = plain  # type: ignore[misc]  # names known only at run time


def record(folder: Path, weaker: Sequence[str] = (), rounds: int = 10) -> Log:
    """The log of a story; `weaker` are pragmas set in place of the store's own."""
    log = Log()
    name = f"power-{folder.name}"
    disk = recording(log, name)
    with over(Driver(name, weaker)):
        _story(folder, log, rounds)
    disk.unregister()
    return log


def _story(folder: Path, log: Log, rounds: int) -> None:
    text = PERSON.replace("sfa: {object: contacts}", "sfa: {object: contacts, create: on}")
    k = kit(folder, mappings={"person.yaml": text})
    _note(k, log)
    for i in range(60):
        k.systems["ma"].seed("people", {"last": f"姓{i}", "first": f"名{i}", "mail": f"p{i}@example.com", "score": i})
        k.systems["sfa"].seed("contacts", {"LastName": f"姓{i}", "FirstName": f"名{i}", "Email": f"p{i}@example.com"})
    k.sync()
    k.sync()
    for n in range(rounds):
        _round(k, n)
        if n == 8:  # a process ends and another begins: the log is written back and deleted
            k.store.close()
            k.store = open_store(f"sqlite:///{folder / 'hub.db'}", now=lambda: k.now)
            _note(k, log)
    k.store.close()


def _round(k: Kit, n: int) -> None:
    k.pass_time()
    people, contacts = list(k.systems["ma"].rows["people"]), list(k.systems["sfa"].rows["contacts"])
    for i in people[n % 3 :: 3]:  # fewer than the brakes mind
        k.systems["ma"].edit_behind("people", i, {"title": f"課長{n}", "tel": f"06-1111-22{n:02}"})
    for i in contacts[n % 3 :: 6]:
        k.systems["sfa"].edit_behind("contacts", i, {"Title": f"部長{n}", "Phone": f"03-1234-56{n:02}"})
    k.systems["ma"].seed("people", {"last": f"新{n}", "first": "人", "mail": f"new{n}@example.com", "score": n})
    k.systems["ma"].edit_behind("people", people[n % len(people)], {"optout": "1"})
    done = k.sync()
    assert done.state is RunState.DONE
    for hold in k.holds(HoldKind.CONFLICT)[:3]:
        k.decide(hold, "ma")
    k.sync()
    if n % 3 == 1:
        k.undo(done.run)


def _note(k: Kit, log: Log) -> None:
    """From now on every commit is noted, with the state as it stands after it."""
    engine = k.store._db.engine
    commit = engine.dialect.do_commit

    def committing(connection: Any) -> None:
        commit(connection)
        log.acknowledge(_state(connection.driver_connection))

    engine.dialect.do_commit = committing  # type: ignore[method-assign]  # a driver's hook, replaced for the test
    log.hub = k.store.hub
    with k.store._db.read() as connection:
        log.acknowledge(_state(connection.connection.driver_connection))


def _state(connection: Any) -> str:
    """Everything the tables hold, as one digest."""
    whole = hashlib.blake2b(digest_size=16)
    for table in TABLES:
        for row in sorted(map(repr, connection.execute(f"SELECT * FROM {table}").fetchall())):
            whole.update(row.encode("utf-8", "surrogatepass"))
        whole.update(b"\x1e")
    return whole.hexdigest()


def judge(log: Log, folder: Path, seed: int) -> str:
    """What one power cut did to the state."""
    images = Images(log, seed)
    cut = images.cut()
    for left in folder.iterdir():
        left.unlink()
    for name, content in images.image(cut).items():
        (folder / name).write_bytes(content)
    try:
        with open_store(f"sqlite:///{folder / 'hub.db'}", now=lambda: _no_clock()) as store, store._db.read() as c:
            if c.exec_driver_sql("PRAGMA integrity_check").scalar() != "ok":
                return BROKEN
            if c.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                return BROKEN
            state, hub = _state(c.connection.driver_connection), store.hub
    except ConnectorError:
        return BROKEN
    done, under_way = images.expected(cut)
    if hub != log.hub:
        return LOST  # nothing was there, and a new state was made: everything that was acknowledged
    if state in log.states[done : under_way + 1]:
        return KEPT
    return LOST if state in log.states[:done] else BROKEN


def _no_clock() -> Any:
    raise AssertionError("opening the state asks no clock")


def cut_power(log: Log, folder: Path, seeds: range) -> Counter[str]:
    return Counter(judge(log, folder, seed) for seed in seeds)


def written_back(log: Log) -> int:
    """How often the log went into the file itself; more than the closings show that it did so in the middle, too."""
    return sum(e.file == "hub.db" and e.kind == "sync" for e in log.events[log.acknowledged[0] :])
