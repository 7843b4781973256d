"""Real deaths: SIGKILL to a run in a process of its own, on real files; then a new process, and the end is the same.

Half of the kills fall at enumerated boundaries (the process kills itself there), half come from outside after it has
passed a boundary, wherever it is by then.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import create_engine, text

from connector.store.store import open_store
from tests.crash.process import Site, at_every_boundary, edit, site, start, synced
from tests.crash.worlds import Seen, look_at, workplace


@dataclass
class Killed:
    state: str
    boundaries: int = 0
    kills: int = 0
    outside: int = 0  # of these, by another process
    too_late: int = 0  # the run had ended before the signal came
    different: tuple[str, ...] = ()


class Rig:
    """A prepared story, and copies of it to kill runs in."""

    def __init__(self, folder: Path, server_url: str | None) -> None:
        self.folder, self.server_url = folder, server_url
        self.number = 0
        self.origin = self._site("origin", template=None)
        self._run(self.origin, "before", 0, times=2)
        edit(self.origin)
        shutil.copytree(self.origin.folder, self.folder / "kept")
        undisturbed = self.copy()
        self._run(undisturbed, "dying", 1)
        self._run(undisturbed, "next", 3, times=2)
        self.expected = look(undisturbed)
        self.found = Killed("PostgreSQL" if server_url else "SQLite")
        self.found.boundaries = self._count()

    def kill_at(self, stroke: int) -> None:
        """The process ends itself at this boundary."""
        here = self.copy()

        def work(say: Callable[[str], None]) -> None:
            strokes = 0

            def heard(kind: str) -> None:
                nonlocal strokes
                strokes += 1
                if strokes == stroke:
                    os.kill(os.getpid(), signal.SIGKILL)

            at_every_boundary(heard)
            synced(here, "dying", 1)

        status = start(work).wait()
        self._judge(here, status, f"at boundary {stroke}", outside=False)

    def kill_after(self, stroke: int) -> None:
        """Another process sends the signal once this boundary has been passed."""
        here = self.copy()

        def work(say: Callable[[str], None]) -> None:
            at_every_boundary(say)
            synced(here, "dying", 1)

        process = start(work)
        heard = 0
        while heard < stroke:
            said = os.read(process.said, stroke - heard)
            if not said:
                break
            heard += len(said)
        process.kill()
        self._judge(here, process.wait(), f"after boundary {stroke}", outside=True)

    def _judge(self, here: Site, status: int, where: str, *, outside: bool) -> None:
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            self.found.kills += 1
            self.found.outside += outside
        else:
            assert os.WEXITSTATUS(status) == 0
            self.found.too_late += 1
        self._run(here, "next", 3, times=3)
        differences = self.expected.differences(look(here))
        if differences:
            self.found.different += (f"{self.found.state}, killed {where}: {'; '.join(differences)}",)
        self.drop()

    def _run(self, here: Site, holder: str, hours: float, times: int = 1) -> None:
        status = start(lambda say: synced(here, holder, hours, times)).wait()
        assert status == 0, f"{holder} ended with {status}"

    def _count(self) -> int:
        here = self.copy()

        def work(say: Callable[[str], None]) -> None:
            strokes = 0

            def heard(kind: str) -> None:
                nonlocal strokes
                strokes += 1

            at_every_boundary(heard)
            synced(here, "dying", 1)
            (here.folder / "strokes").write_text(str(strokes))

        assert start(work).wait() == 0
        return int((here.folder / "strokes").read_text())

    def copy(self) -> Site:
        """The prepared story once more, where it was made: a system that stands elsewhere is another one."""
        self.number += 1
        shutil.rmtree(self.origin.folder)
        shutil.copytree(self.folder / "kept", self.origin.folder)
        url = self._database(f"kill{self.number}", "origin")
        return replace(self.origin, state=url) if url else self.origin

    def drop(self) -> None:
        """The last copy of the state, where dropping it is needed."""
        if self.server_url is not None:
            self._admin(f'DROP DATABASE "kill{self.number}" WITH (FORCE)')

    def _site(self, name: str, template: str | None) -> Site:
        (self.folder / name).mkdir()
        return site(self.folder / name, self._database(name, template))

    def _database(self, name: str, template: str | None) -> str | None:
        if self.server_url is None:
            return None
        self._admin(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
        return self.server_url.replace("/postgres?", f"/{name}?", 1)

    def _admin(self, statement: str) -> None:
        assert self.server_url is not None
        engine = create_engine(self.server_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def close(self) -> None:
        if self.server_url is not None:
            for name in ["origin", *(f"kill{n}" for n in range(1, self.number + 1))]:
                self._admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def look(here: Site) -> Seen:
    from datetime import UTC, datetime, timedelta

    later = datetime.now(UTC) + timedelta(hours=9)  # noqa: TID251  every lease has run out
    with open_store(here.state, now=lambda: later) as store:
        seen = look_at(store, _records(here), {})
    return replace(seen, held=False)


def _records(here: Site) -> Iterator[str]:
    for system, table, columns in (
        ("ma", "people", "id, last, first, mail, tel, title, score, optout"),
        ("sfa", "contacts", 'id, "LastName", "FirstName", "Email", "Phone", "Title", "Score", "OptOut"'),
    ):
        for row in here.sql(system, f"SELECT {columns}, written, connector_key IS NULL FROM {table}"):
            yield f"{system} {row}"


@contextmanager
def rig(server_url: str | None) -> Iterator[Rig]:
    with workplace() as folder:
        made = Rig(folder, server_url)
        try:
            yield made
        finally:
            made.close()


def kill(made: Rig, number: int) -> Killed:
    """Half at boundaries spread over the run, half from outside after boundaries spread over it."""
    for n in range(number):
        stroke = 1 + (n * made.found.boundaries) // number
        if n % 2:
            made.kill_after(stroke)
        else:
            made.kill_at(stroke)
    return made.found


def _killed(task: tuple[str | None, int]) -> tuple[Killed, float, float]:
    """What became of so many kills, the CPU seconds of all processes, and the seconds it took."""
    url, count = task
    begun, before = time.monotonic(), os.times()
    with rig(url) as made:
        found = kill(made, count)
    return found, sum(os.times()[:4]) - sum(before[:4]), time.monotonic() - begun


def kill_all(server_url: str, number: int, on_postgresql: int, jobs: int) -> list[str]:
    wrong: list[str] = []
    tasks: list[tuple[str | None, int]] = [(None, number), (server_url, on_postgresql)]
    with multiprocessing.get_context("spawn").Pool(min(jobs, len(tasks))) as pool:
        for (_, count), (found, cpu, seconds) in zip(tasks, pool.imap(_killed, tasks), strict=True):
            sys.stdout.write(
                f"SIGKILL, state in {found.state}: {found.kills} kills over {found.boundaries} boundaries"
                f" ({found.outside} from outside; {found.too_late} came too late),"
                f" {len(found.different)} different, {cpu:.0f} CPU s, {seconds:.0f} s\n"
            )
            wrong += found.different
            if found.kills < count * 0.95:
                wrong.append(f"only {found.kills} of {count} kills on {found.state}")
    return wrong
