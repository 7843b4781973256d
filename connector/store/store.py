"""The state behind whole transactions: nobody outside sees a connection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Self

from connector.model import EndId, Entity, HoldId, HoldKind, Link, Verdict
from connector.store.records import Batch, Fence, JournalRow, KnownEnd, Run, RunKind, RunState, StoredHold


class Store:
    """Opened by `open_store`; SQLite (WAL, synchronous=FULL) or PostgreSQL."""

    hub: str  # identity of this hub, made with the state

    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

    # --- one writer
    def acquire(self, holder: str, lease: timedelta) -> Fence:
        """Takes the lock. Raises Locked(holder=, since=) while another holder's lease runs."""

    def renew(self, fence: Fence, lease: timedelta) -> None:
        """Raises Locked when the lock was taken over."""

    def release(self, fence: Fence) -> None: ...

    # --- links
    def known(self, system: str, object: str, ids: Sequence[str]) -> dict[str, list[KnownEnd]]:
        """The ends of these records (a record may hold several parts), aliases not followed."""

    def alias(self, system: str, object: str, ids: Sequence[str]) -> dict[str, str]:
        """Ids of records that were merged or moved away -> key of the link they belonged to."""

    def links(self, keys: Sequence[str]) -> dict[str, Link]: ...

    def labels(self, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
        """key -> (label, owner)"""

    def places(self, keys: Sequence[str], system: str) -> dict[str, list[EndId]]:
        """Where these links live in one system (live and creating-with-id ends): for references on the way out."""

    def candidates(self, entity: Entity, blocks: Sequence[int]) -> dict[int, list[str]]:
        """Links that carry these blocking keys."""

    def dirty(self, entity: Entity, chunk: int = 1000) -> Iterator[list[str]]: ...

    def referring(self, keys: Sequence[str]) -> list[str]:
        """Links that hold a `waiting` hold on one of these parents' foreign records: hold topic = "field|system|object|id"."""

    def find(self, entity: Entity, text: str, limit: int = 20) -> list[str]:
        """Links whose label, key, e-mail or remote id is, or contains, the text."""

    def counts(self, entity: Entity) -> dict[str, int]:
        """system -> number of live ends; "" -> number of links."""

    def every(self, entity: Entity, chunk: int = 1000) -> Iterator[list[Link]]: ...

    # --- runs
    def start_run(self, fence: Fence, run: Run) -> None: ...
    def end_run(self, fence: Fence, run: str, state: RunState, counts: Mapping[str, Any], message: str = "") -> None: ...
    def run(self, id: str) -> Run | None: ...
    def runs(self, limit: int = 50) -> list[Run]: ...
    def run_of_plan(self, plan: str) -> Run | None: ...

    # --- the one way to write
    def commit(self, fence: Fence, run: str, batch: Batch) -> list[str]:
        """Writes the batch in one transaction; gives the keys of links that had moved (nothing of those is written).

        Raises Locked when the fence is stale.
        """

    # --- journal
    def journal(self, *, run: str | None = None, link: str | None = None, unfinished: bool = False) -> Iterator[JournalRow]: ...

    # --- holds
    def holds(self, *, kinds: Iterable[HoldKind] | None = None, links: Sequence[str] | None = None,
              open_only: bool = True, decided: bool | None = None) -> Iterator[StoredHold]: ...
    def decide(self, verdicts: Sequence[Verdict]) -> int:
        """Stores verdicts and marks their links dirty; a verdict may be revised. Gives how many holds there were."""

    def match_verdicts(self, ends: Sequence[str]) -> dict[frozenset[str], bool]:
        """Verdicts on matches that name one of these records ("system/object/id#part"): pair -> same?"""

    # --- settings of the hub
    def cursors(self) -> dict[tuple[str, str, str], str]: ...
    def get(self, name: str) -> Any:
        """A named JSON value: pinned identities, lenses seen, phases of mappings, last full listings."""

    def put(self, fence: Fence | None, name: str, value: Any) -> None: ...


def open_store(url: str, *, now: Callable[[], datetime], create: bool = True) -> Store:
    """The store at an SQLAlchemy URL; made or migrated when needed.

    Raises Fatal: "store.newer" (made by a newer version), "store.damaged", "store.unreachable", "store.read_only",
    "store.full".
    """
    raise Fatal_placeholder  # noqa


__all__ = ["HoldId", "Store", "open_store"]
