"""The stored world of a system in memory: records, tombstones, users at work, and a clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connector.adapters.contract import Capabilities, Column, Deleted, Gone, Merged, Moved, Write
from connector.model import NativeValue

START = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)


def exact(column: str, value: NativeValue) -> NativeValue:
    """A system that keeps what it is given."""
    return value


def obedient(object: str, write: Write) -> bool:
    """A system that drops no write."""
    return False


@dataclass(frozen=True, slots=True)
class Nature:
    """What kind of system it is.

    `fit` is what a column makes of a value, ours or a user's (upper case, a cut, a trim). `drops` says which of our
    writes are answered with success and not done. `commit_delay` makes a user's edit visible that much later than
    its stamp; `lookup_lag` hides a new record that long from look-ups by key and from pulls.
    """

    versions: bool = True
    compares_before: bool = True
    external_key: bool = True
    delete: bool = True
    reports_deletes: bool = True
    incremental: bool = True
    answers: bool = True  # a write answers with the record
    resolution: timedelta = timedelta(seconds=1)
    commit_delay: timedelta = timedelta(0)
    lookup_lag: timedelta = timedelta(0)
    fit: Callable[[str, NativeValue], NativeValue] = exact
    drops: Callable[[str, Write], bool] = obedient
    page: int = 100
    read_batch: int = 100
    write_batch: int = 50

    def capabilities(self) -> Capabilities:
        return Capabilities(
            delete=self.delete,
            reports_deletes=self.reports_deletes,
            version_check=self.versions,
            compares_before=self.compares_before,
            external_key=self.external_key,
            history=0,
            incremental=self.incremental,
            page=self.page,
            read_batch=self.read_batch,
            write_batch=self.write_batch,
            time_resolution=self.resolution,
            visibility_lag=self.lookup_lag,
            overlap=2 * self.resolution + self.commit_delay + self.lookup_lag,
        )


@dataclass(slots=True)
class Row:
    """A stored record."""

    id: str
    values: dict[str, NativeValue]
    key: str | None
    created: datetime
    modified: datetime
    visible: datetime
    version: int = 1


@dataclass(slots=True)
class Grave:
    gone: Gone
    at: datetime
    row: Row


@dataclass(slots=True)
class MemorySystem:
    """The stored world. Methods that end in `_behind` are its users at work, unseen by the adapter.

    `objects` gives the columns of each object, as names or as Columns. Time passes by `advance` alone.
    """

    objects: Mapping[str, Sequence[str | Column]]
    nature: Nature = field(default_factory=Nature)
    org: str = "memory"
    token: str = field(default="open", repr=False)  # the credential that `check` and every call demand
    now: datetime = START
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    graves: dict[str, list[Grave]] = field(default_factory=dict)
    calls: list[tuple[str, str, int]] = field(default_factory=list)  # (call, object, size), refused ones too
    _pending: list[tuple[datetime, datetime, str, str, dict[str, NativeValue]]] = field(default_factory=list)
    _serial: int = 0

    def columns(self, object: str) -> tuple[Column, ...]:
        return tuple(c if isinstance(c, Column) else Column(c) for c in self.objects[object])

    def stamp(self) -> datetime:
        """The system's clock as it writes it on records: cut to its resolution."""
        step = self.nature.resolution
        return self.now - (self.now - START) % step if step else self.now

    def advance(self, by: timedelta | float) -> None:
        """Lets time pass; late commits become visible with the stamp of their beginning."""
        self.now += by if isinstance(by, timedelta) else timedelta(seconds=by)
        due = [p for p in self._pending if p[0] <= self.now]
        self._pending = [p for p in self._pending if p[0] > self.now]
        for _, begun, object, id, values in sorted(due, key=lambda p: p[:2]):
            row = self.rows.get(object, {}).get(id)
            if row is not None:
                self.store(row, values, begun)

    def seed(
        self, object: str, values: Mapping[str, NativeValue], *, id: str | None = None, key: str | None = None
    ) -> str:
        """A record that a user made, visible from the start. Gives its id."""
        return self.insert(object, values, id=id, key=key, lag=timedelta(0)).id

    def create_behind(self, object: str, values: Mapping[str, NativeValue]) -> str:
        """A record that a user makes now; it shows as late as this system's records do."""
        return self.insert(object, values, lag=self.nature.lookup_lag + self.nature.commit_delay).id

    def insert(
        self,
        object: str,
        values: Mapping[str, NativeValue],
        *,
        id: str | None = None,
        key: str | None = None,
        lag: timedelta,
    ) -> Row:
        if id is None:
            self._serial += 1
            id = f"{object[:1].upper()}{self._serial:04d}"
        blank: dict[str, NativeValue] = {column.name: None for column in self.columns(object)}
        stamp = self.stamp()
        row = Row(id, blank, key if self.nature.external_key else None, stamp, stamp, self.now + lag)
        self.rows.setdefault(object, {})[id] = row
        row.values.update({name: self.nature.fit(name, value) for name, value in values.items()})
        return row

    def store(self, row: Row, values: Mapping[str, NativeValue], stamp: datetime) -> None:
        row.values.update({name: self.nature.fit(name, value) for name, value in values.items()})
        row.modified = max(row.modified, stamp)
        row.version += 1

    def edit_behind(self, object: str, id: str, values: Mapping[str, NativeValue]) -> None:
        if self.nature.commit_delay:
            self._pending.append((self.now + self.nature.commit_delay, self.stamp(), object, id, dict(values)))
        else:
            self.store(self.rows[object][id], values, self.stamp())

    def delete_behind(self, object: str, id: str) -> None:
        self.bury(object, Deleted(id))

    def merge_behind(self, object: str, loser: str, winner: str) -> None:
        self.store(self.rows[object][winner], {}, self.stamp())
        self.bury(object, Merged(loser, winner))

    def move_behind(self, object: str, id: str, object2: str) -> str:
        """Converts a record into one of `object2`; columns of the same name go with it. Gives the new id."""
        shared = {column.name for column in self.columns(object2)}
        values = {name: v for name, v in self.rows[object][id].values.items() if name in shared}
        to = self.insert(object2, values, lag=timedelta(0)).id
        self.bury(object, Moved(id, object2, to))
        return to

    def undelete(self, object: str, id: str) -> None:
        """Takes a record out of the recycle bin, with its values and its key."""
        grave = next(g for g in self.graves[object] if g.gone.id == id)
        self.graves[object].remove(grave)
        self.rows[object][id] = grave.row
        self.store(grave.row, {}, self.stamp())

    def bury(self, object: str, gone: Gone) -> None:
        row = self.rows[object].pop(gone.id)
        self.graves.setdefault(object, []).append(Grave(gone, self.stamp(), row))

    def values(self, object: str, id: str) -> dict[str, NativeValue] | None:
        """What the record holds now, or None when there is no such record: for a test's eyes."""
        row = self.rows.get(object, {}).get(id)
        return dict(row.values) if row else None
