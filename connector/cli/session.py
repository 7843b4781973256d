"""What every command shares: language, form of the answer, the wired hub, and the words to print it with."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from connector.cli import screen
from connector.messages import Lang, say

if TYPE_CHECKING:
    from connector.engine.hub import Hub
    from connector.report.blocks import Page
    from connector.report.words import Words
    from connector.wiring import Settings, Wired

DONE, ERROR, USAGE, PARTIAL, HELD, STOPPED, LOCKED = 0, 1, 2, 3, 4, 5, 6
FORMATS = ("table", "json", "csv", "html")


class Interrupted(Exception):
    """Ctrl-C. The parser would end the program by itself, without a word."""


@dataclass(slots=True)
class Session:
    """One call of the program."""

    lang: Lang
    config: Path | None = None
    format: str = "table"
    quiet: bool = False
    chosen: bool = False  # --lang was given
    progress: screen.Progress = field(init=False)
    zone: str = "Asia/Tokyo"
    log_folder: Path | None = None  # where a traceback may be written: beside the state

    def __post_init__(self) -> None:
        self.progress = screen.Progress(quiet=self.quiet or self.format != "table")

    # --- printing

    def say(self, message: str, /, **facts: object) -> str:
        return say(self.lang, message, **facts)

    def tell(self, message: str, /, **facts: object) -> None:
        """A sentence beside the answer: on stderr when the answer is for a program."""
        if self.quiet:
            return
        from connector.report.plain import safe

        self.progress.pause()
        out = sys.stdout if self.format == "table" else sys.stderr
        print(safe(self.say(message, **facts)), file=out)

    def tell_note(self, message: str, /, **facts: object) -> None:
        """A sentence on stderr that --quiet silences."""
        if not self.quiet:
            self.tell_error(message, **facts)

    def tell_error(self, message: str, /, **facts: object) -> None:
        """A sentence on stderr, whatever the form of the answer."""
        from connector.report.plain import safe

        self.progress.pause()
        print(safe(self.say(message, **facts)), file=sys.stderr)

    def show(self, page: Page) -> None:
        from connector.report import forms

        self.progress.pause()
        match self.format:
            case "json":
                print(forms.json_text(page.data()))
            case "csv":
                header, rows = page.rows()
                _raw(forms.csv_text(header, rows))
            case "html":
                _raw(forms.html_parts(page.title, page.blocks(), self.lang))
            case _:
                for text in forms.text_lines(page.blocks(), colour=screen.coloured(), columns=screen.columns()):
                    print(text)

    def ask(self, message: str, /, **facts: object) -> bool:
        """Yes or no, at a terminal; the default is no."""
        self.progress.pause()
        answer = input(self.say(message, **facts) + " [y/N] ")
        return answer.strip().lower() in ("y", "yes", "はい", "ｙ")

    # --- the hub

    def settings(self) -> Settings:
        from connector.wiring import read_settings

        settings = read_settings(self.config)
        self.follow(settings)
        return settings

    def follow(self, settings: Settings) -> None:
        self.log_folder = settings.state_folder
        self.zone = settings.config.timezone
        if not self.chosen and settings.config.lang != "auto":
            self.lang = settings.config.lang

    @contextmanager
    def wired(self, *, read_only: bool) -> Iterator[Wired]:
        from connector.wiring import wire

        with self.progress, wire(settings=self.settings(), read_only=read_only, progress=self.progress) as wired:
            yield wired

    @contextmanager
    def plan_path(self, out: Path | None) -> Iterator[Path]:
        """Where a plan is written: as asked, or a private place that is gone afterwards."""
        import tempfile

        if out is not None:
            yield out
            return
        with tempfile.TemporaryDirectory(prefix="connector-") as folder:
            yield Path(folder) / "plan"

    def words(self, settings: Settings, hub: Hub | None = None) -> Words:
        from connector.report.words import Words

        known: dict[str, str] = {}

        def label(key: str) -> str:
            if hub is not None and key not in known:
                known[key] = hub.store.labels([key]).get(key, ("", ""))[0]
            return known.get(key, "")

        types = {(str(m.entity), f.name): f.type for m in settings.mappings for f in m.fields.values()}
        return Words(self.lang, settings.config.timezone, settings.config.terms, types, label)


def _raw(parts: Iterator[str]) -> None:
    """UTF-8 whatever the console is: a file for Excel or a browser comes out of a redirection."""
    binary = getattr(sys.stdout, "buffer", None)
    sys.stdout.flush()
    for part in parts:
        if binary is None:
            sys.stdout.write(part)
        else:
            binary.write(part.encode("utf-8", "backslashreplace"))
    if binary is not None:
        binary.flush()
