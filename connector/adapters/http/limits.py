"""What one call may cost, and how many calls there may be."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from connector.errors import Transient

# After so long the vendor is asked once more how much of the day is used: the day may have rolled over.
RECHECK = 900.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, counts and bytes."""

    connect: float = 10.0  # to open a connection
    attempt: float = 60.0  # one try, from the connection to the last byte, however slowly they come
    call: float = 180.0  # a call with all its tries and waits
    attempts: int = 5
    first_wait: float = 0.5  # doubled before every further try, with jitter
    longest_wait: float = 30.0
    retry_after: float = 60.0  # a longer wait that the vendor asks for is left to the next run
    body: int = 64 * 2**20  # of one answer, unpacked
    concurrent: int = 4


class Budget:
    """The calls that may be made: at most `run` of them, and none once `share` percent of the day's calls are used.

    Of `day` calls a day where the vendor does not tell; else as it tells (`told`): calls of others count too, for
    the limit is the whole company's.
    """

    def __init__(
        self,
        system: str,
        *,
        share: float = 100.0,
        day: int | None = None,
        run: int | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._system, self._share, self._day, self._run = system, share, day, run
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._used = 0
        self._told_at: float | None = None

    @property
    def counts(self) -> Mapping[str, int]:
        """The calls made so far, by kind; a repeated try is a call."""
        with self._lock:
            return dict(self._counts)

    def spend(self, kind: str) -> None:
        """Counts one call. Raises Transient("adapter.budget") instead when the budget has none left."""
        with self._lock:
            made = self._counts.total()
            if self._run is not None and made >= self._run:
                raise Transient("adapter.budget", system=self._system, used=made, limit=self._run)
            if self._day is not None:
                limit = int(self._day * self._share / 100)
                if self._used >= limit and not self._old():
                    raise Transient(
                        "adapter.budget", retry_after=RECHECK, system=self._system, used=self._used, limit=limit
                    )
            self._counts[kind] += 1
            self._used += 1

    def told(self, used: int, day: int) -> None:
        """What the vendor says: so many of the day's calls are used, by whomever."""
        with self._lock:
            self._used, self._day, self._told_at = used, day, self._monotonic()

    def _old(self) -> bool:
        if self._told_at is None or self._monotonic() - self._told_at < RECHECK:
            return False
        self._told_at = self._monotonic()
        return True
