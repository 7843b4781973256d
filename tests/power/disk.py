"""A disk that remembers every write and every sync, and what it may hold after the power went.

Model: what was written before the last sync of its file is there. Each later write is there, missing, or torn: some of
its sectors of 512 bytes are there. A later size is taken over or not. Deleting a file happens at once and in order
(SQLite's recovery relies on the journal's deletion being its commit; a model without order gives false alarms).
"""

from __future__ import annotations

import random
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512


@dataclass(frozen=True, slots=True)
class Event:
    file: str  # its name without the folder
    kind: str  # write, truncate, sync, delete
    at: int = 0
    data: bytes = b""


@dataclass
class Log:
    """Everything the disk was told, and where in it each commit was acknowledged."""

    events: list[Event] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)  # number of events when commit n was acknowledged
    hub: str = ""
    states: list[str] = field(default_factory=list)  # the whole state as it stood after commit n

    def acknowledge(self, state: str) -> None:
        self.acknowledged.append(len(self.events))
        self.states.append(state)


def recording(log: Log, name: str) -> apsw.VFS:
    """A VFS over the system's own that writes down what passes; kept alive by its owner."""

    class File(apsw.VFSFile):
        def __init__(self, base: str, path: Any, flags: list[int]) -> None:
            super().__init__(base, path, flags)
            text = path.filename() if hasattr(path, "filename") else path
            self.name = Path(str(text)).name

        def xWrite(self, data: Any, offset: int) -> None:
            log.events.append(Event(self.name, "write", offset, bytes(data)))
            super().xWrite(data, offset)

        def xTruncate(self, size: int) -> None:
            log.events.append(Event(self.name, "truncate", size))
            super().xTruncate(size)

        def xSync(self, flags: int) -> None:
            super().xSync(flags)
            log.events.append(Event(self.name, "sync"))

    class Disk(apsw.VFS):
        def __init__(self) -> None:
            super().__init__(name, "")

        def xOpen(self, path: Any, flags: list[int]) -> File:
            return File("", path, flags)

        def xDelete(self, path: str, sync: bool) -> None:
            super().xDelete(path, sync)
            log.events.append(Event(Path(path).name, "delete"))

    return Disk()


class Images:
    """Disks as they may look when the power goes after `cut` events."""

    def __init__(self, log: Log, seed: int) -> None:
        self.log = log
        self.random = random.Random(seed)

    def cut(self) -> int:
        return self.random.randint(self.log.acknowledged[0], len(self.log.events))

    def image(self, cut: int) -> dict[str, bytes]:
        durable: dict[str, bytearray] = {}
        waiting: dict[str, list[Event]] = {}
        for event in self.log.events[:cut]:
            match event.kind:
                case "sync":
                    for pending in waiting.pop(event.file, []):
                        apply(durable, pending)
                case "delete":
                    waiting.pop(event.file, None)
                    durable.pop(event.file, None)
                case _:
                    waiting.setdefault(event.file, []).append(event)
        for events in waiting.values():
            for event in events:
                for part in self._what_arrived(event):
                    apply(durable, part)
        return {name: bytes(content) for name, content in durable.items()}

    def _what_arrived(self, event: Event) -> list[Event]:
        chance = self.random.random()
        if chance < 0.4:
            return [event]
        if chance < 0.7 or event.kind == "truncate":
            return []
        sectors = [
            Event(event.file, "write", event.at + start, event.data[start : start + SECTOR])
            for start in range(0, len(event.data), SECTOR)
        ]
        return [s for s in sectors if self.random.random() < 0.5]

    def expected(self, cut: int) -> tuple[int, int]:
        """The numbers of the last acknowledged commit, and of the one that may have been under way."""
        done = bisect_right(self.log.acknowledged, cut) - 1
        return done, min(done + 1, len(self.log.states) - 1)


def apply(disk: dict[str, bytearray], event: Event) -> None:
    content = disk.setdefault(event.file, bytearray())
    if event.kind == "truncate":
        del content[event.at :]
        content.extend(bytes(max(0, event.at - len(content))))
        return
    content.extend(bytes(max(0, event.at - len(content))))
    content[event.at : event.at + len(event.data)] = event.data
