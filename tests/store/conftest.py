"""A store on each of the two databases, and a clock that stands still until it is moved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.store.records import Fence
from connector.store.store import Store, open_store


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 4, 1, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/state/hub.db"
    found: str = request.getfixturevalue("pg_url")
    return found


@pytest.fixture
def store(url: str, clock: Clock) -> Iterator[Store]:
    with open_store(url, now=clock) as opened:
        yield opened


@pytest.fixture
def fence(store: Store) -> Fence:
    return store.acquire("host pid 1", timedelta(minutes=10))
