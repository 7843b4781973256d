"""The right to write while a run is at work: kept alive through long stages and waits, and lost without a word more.

A run that was stopped past its lease and woken finds here that somebody took over, before it writes anything outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from connector.engine.hub import Hub
from connector.errors import Locked
from connector.store.records import Fence


@contextmanager
def locked(hub: Hub) -> Iterator[tuple[Hub, Fence]]:
    """The hub with the right to write, given back at the end. Raises Locked with the holder."""
    fence = hub.store.acquire(hub.holder, hub.lease)
    try:
        yield _kept(hub, fence), fence
    finally:
        with suppress(Locked):  # somebody took over after our lease ran out: theirs now
            hub.store.release(fence)


def _kept(hub: Hub, fence: Fence) -> Hub:
    """The hub whose every sign of life keeps the lease. Half of it may pass before it is renewed."""
    renewed = hub.now()

    def keep() -> None:
        nonlocal renewed
        now = hub.now()
        if not renewed <= now < renewed + hub.lease / 2:  # a clock that was set back tells nothing
            hub.store.renew(fence, hub.lease)
            renewed = now

    def progress(stage: str, done: int, total: int | None) -> None:
        keep()
        hub.progress(stage, done, total)

    def sleep(seconds: float) -> None:
        """In pieces that the lease outlives."""
        piece = hub.lease.total_seconds() / 3
        while seconds > piece:
            hub.sleep(piece)
            keep()
            seconds -= piece
        hub.sleep(seconds)
        keep()

    return replace(hub, progress=progress, sleep=sleep, keep=keep)
