"""The layers hold, and the check that says so fails on a planted violation."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--config", "pyproject.toml", "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("sync/plan.py", "import sqlalchemy", "The middle is pure"),
        ("cleanse/phones.py", "import time", "The middle is pure"),
        ("match/matcher.py", "from connector.store import records", "Arrows point down"),
        ("adapters/memory/adapter.py", "from connector.adapters import sql", "Adapters do not know each other"),
        ("adapters/sql/adapter.py", "from connector import cleanse", "Adapters know only the words"),
        ("adapters/http/wire.py", "from connector.adapters import sql", "The HTTP layer knows no adapter"),
        ("newcomer.py", "", "Arrows point down"),
    ],
)
def test_a_planted_violation_is_seen(tmp_path: Path, file: str, line: str, broken: str) -> None:
    shutil.copytree(ROOT / "connector", tmp_path / "connector", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    target = tmp_path / "connector" / file
    target.write_text((target.read_text(encoding="utf-8") if target.exists() else "") + f"\n{line}\n", encoding="utf-8")
    done = lint(tmp_path)
    assert done.returncode != 0
    assert broken in done.stdout.replace("\n", " ")


def test_the_layers_hold() -> None:
    assert lint(ROOT).returncode == 0
