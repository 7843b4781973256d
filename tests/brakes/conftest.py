from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brakes.site import Site, in_step


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    in_step(folder)
    return folder


@pytest.fixture
def site(_made: Path, tmp_path: Path) -> Iterator[Site]:
    """The site in step, on files of its own, a day later."""
    folder = tmp_path / "site"
    shutil.copytree(_made, folder)
    made = Site(folder)
    made.now = made.now.replace(day=2)
    yield made
    made.close()
