"""A killed run leaves copies of records beside the state; the next one takes them away, and those of nobody alive."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path

from connector.wiring import _spool
from tests.crash.process import start


def test_what_a_killed_run_left_is_gone_and_what_a_living_one_uses_stays(tmp_path: Path) -> None:
    def dying(say: Callable[[str], None]) -> None:
        with _spool(tmp_path) as folder:
            (folder / "records").write_text("姓 名")
            os.kill(os.getpid(), signal.SIGKILL)

    with _spool(tmp_path) as mine:
        assert os.WTERMSIG(start(dying).wait()) == signal.SIGKILL
        assert len(list(tmp_path.glob("spool-*/records"))) == 1
        with _spool(tmp_path) as next_:
            assert sorted(tmp_path.glob("spool-*")) == sorted([mine, next_])
            assert stat.S_IMODE(next_.stat().st_mode) == 0o700
    assert list(tmp_path.glob("spool-*")) == []
