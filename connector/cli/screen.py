"""The terminal: what may be coloured, how wide it is, and progress on anything longer than a second."""

from __future__ import annotations

import os
import shutil
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

PATIENCE = 1.0  # seconds before a bar is shown


def prepare_streams() -> None:
    """A console that cannot show a character (cp932, cp1252) shows an escape instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def coloured() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def interactive() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def columns() -> int:
    return max(60, shutil.get_terminal_size((120, 24)).columns) if sys.stdout.isatty() else 160


class Progress:
    """Called by the engine with (stage, done, total); draws on stderr, at a terminal only."""

    def __init__(self, *, quiet: bool) -> None:
        self._on = not quiet and sys.stderr.isatty()
        self._since = time.monotonic()
        self._bars: Bars | None = None
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        if not self._on or (self._bars is None and time.monotonic() - self._since < PATIENCE):
            return
        bars = self._bars or self._start()
        if stage not in self._tasks:
            self._tasks[stage] = bars.add_task(_plain(stage), total=total)
        bars.update(self._tasks[stage], completed=done, total=total)

    def _start(self) -> Bars:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        shown: tuple[Any, ...] = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._bars = Bars(*shown, TimeElapsedColumn(), console=Console(stderr=True), transient=True)
        self._bars.start()
        return self._bars

    def pause(self) -> None:
        """Before anything is printed or asked."""
        if self._bars is not None:
            self._bars.stop()
            self._bars, self._tasks, self._since = None, {}, time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pause()


def _plain(stage: str) -> str:
    from rich.markup import escape

    from connector.report.plain import safe

    return escape(safe(stage))
