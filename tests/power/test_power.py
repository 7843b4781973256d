"""The power goes: no acknowledged commit is lost, no transaction is half there. More images: `make power`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.store.store import open_store
from tests.crash.worlds import workplace
from tests.power.rig import BROKEN, KEPT, LOST, cut_power, record, written_back


def _cut(weaker: tuple[str, ...], images: int) -> dict[str, int]:
    with workplace() as folder, workplace() as disks:
        log = record(folder, weaker, rounds=2 if weaker else 10)
        assert len(log.acknowledged) > 50
        assert written_back(log) > 2 or weaker, "the log was written back at closing only"
        return dict(cut_power(log, disks, range(images)))


def test_no_acknowledged_commit_is_lost() -> None:
    assert _cut((), 100) == {KEPT: 100}


@pytest.mark.parametrize(
    ("weaker", "seen"),
    [(("synchronous=NORMAL",), LOST), (("journal_mode=DELETE", "synchronous=OFF"), BROKEN)],
    ids=["normal", "off"],
)
def test_the_rig_sees_a_weaker_setting(weaker: tuple[str, ...], seen: str) -> None:
    found = _cut(weaker, 40)
    assert found.get(seen, 0) >= 5
    if seen == LOST:
        assert BROKEN not in found, "NORMAL loses commits, whole ones"


def test_the_setting_is_the_store_s_own(tmp_path: Path) -> None:
    at = datetime(2026, 4, 1, tzinfo=UTC)
    with open_store(f"sqlite:///{tmp_path / 'hub.db'}", now=lambda: at) as store, store._db.read() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
