"""docs/cli.md says what the program says, and every command stands in it."""

from __future__ import annotations

from pathlib import Path

from connector.cli.app import COMMANDS
from connector.cli.reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_page_is_what_the_commands_say() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == reference(), "run: python -m connector.cli.reference"
    for name in COMMANDS:
        assert f"### connector {name}\n" in page
