"""The commands that README.md, README.ja.md and the quickstart show are run as they stand, on SQLite, in a new folder.

A shell block counts when `<!-- test -->` stands above it. `<!-- test: 4 -->` says that its last command ends with 4.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "README.ja.md", "docs/quickstart.md")
BLOCK = re.compile(r"^<!-- test(?:: (?P<code>\d+))? -->\n```bash\n(?P<script>.*?)^```$", re.MULTILINE | re.DOTALL)

# Python's own SQLite, for machines that lack the command.
SQLITE3 = """\
#!{python}
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
if len(sys.argv) > 2 and sys.argv[2].lstrip().upper().startswith("SELECT"):
    for row in db.execute(sys.argv[2]):
        print("|".join("" if cell is None else str(cell) for cell in row))
else:
    db.executescript(sys.argv[2] if len(sys.argv) > 2 else sys.stdin.read())
"""
CONNECTOR = """\
#!{python}
from connector.__main__ import main
main()
"""


def blocks(page: str) -> list[tuple[str, int]]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [(found["script"], int(found["code"] or 0)) for found in BLOCK.finditer(text)]


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH whose first folder has this checkout's program and an sqlite3."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in (("sqlite3", SQLITE3), ("connector", CONNECTOR)):
        script = folder / name
        script.write_text(text.format(python=sys.executable), encoding="utf-8")
        script.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_the_page_work(page: str, path: str, tmp_path: Path) -> None:
    found = blocks(page)
    assert found, f"{page} has no block marked <!-- test -->"
    folder = tmp_path / "here"
    folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONNECTOR_")}
    env = kept | {"PATH": path, "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    for script, code in found:
        done = subprocess.run(
            ["bash", "-euc", script], cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == code, f"{page}:\n{script}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("page", PAGES)
def test_every_mark_is_a_block(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert text.count("<!-- test") == len(blocks(page))


def test_both_readmes_run_the_same_commands() -> None:
    """Comments differ by language, commands do not."""

    def commands(page: str) -> list[str]:
        return [re.sub(r"\s+#.*$", "", script, flags=re.MULTILINE) for script, _ in blocks(page)]

    assert commands("README.md") == commands("README.ja.md")
