"""The contract between the engine and a system: six methods, declared capabilities, outcomes as values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeAlias, overload, runtime_checkable

from connector.model import NativeValue, NativeValues


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a system can do; each is proved by the conformance suite (a capability that is off is proved off)."""

    delete: bool
    reports_deletes: bool
    version_check: bool  # an update with a stale version is refused by the system itself
    compares_before: bool  # an update is refused by the system itself unless `before` still stands
    external_key: bool  # a create with a key can be found again by that key
    # An update that fell upon an edit finds it in the system's history, puts it back and is refused: so many of them
    # are looked back at in one call; 0 where there is no history.
    history: int
    incremental: bool  # pull(since=cursor) reads only what changed
    page: int  # records per read call
    read_batch: int  # ids per get call
    write_batch: int  # writes per write call
    time_resolution: timedelta
    visibility_lag: timedelta  # how long a committed record may stay invisible to a look-up
    overlap: timedelta  # how far a cursor reaches back on purpose


class ColumnKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    CHOICE = "choice"
    CHOICES = "choices"
    REFERENCE = "reference"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    label: str = ""
    kind: ColumnKind = ColumnKind.TEXT
    writable: bool = True
    required: bool = False  # a create without it is refused
    max_length: int | None = None  # characters
    decimals: int | None = None  # digits after the point that a number, or a second, keeps; -2: whole minutes
    choices: tuple[str, ...] = ()
    apart: bool = False  # read by a call of its own, beside the record's
    fills: tuple[str, ...] = ()  # columns that the system fills anew, from another record, when this one is written


@dataclass(frozen=True, slots=True)
class Shape:
    """The live schema of one object. `records` is the number of records when counting costs nothing, else None.

    `unkeyed` is the column that our keys were to stand in, where it is missing or not unique: creates are refused.
    """

    object: str
    columns: tuple[Column, ...]
    records: int | None = None
    unkeyed: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Which organisation or database answers; `id` is pinned at the first run.

    `notes` are ids of messages, with the place {system}, about what an admin should know although all works.
    """

    id: str
    name: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Native:
    """A record as the system gives it. `values` holds exactly the columns asked for that the answer contained."""

    id: str
    values: NativeValues
    version: str | None = None
    modified_at: datetime | None = None  # aware, UTC
    created_at: datetime | None = None  # aware, UTC
    key: str | None = None  # our external key, when the record carries one
    url: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rows(Sequence[Native]):
    """Records as the driver gave them: a Native is made only of one that somebody looks at.

    `cells` has a row for every record, with the value of a column at `places[column]`, as the Native would hold it.
    """

    ids: Sequence[str]
    versions: Sequence[str | None]
    cells: Sequence[Sequence[NativeValue]]
    places: Mapping[str, int]
    native: Callable[[int], Native]

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, index: int) -> Native: ...
    @overload
    def __getitem__(self, index: slice) -> list[Native]: ...
    def __getitem__(self, index: int | slice) -> Native | list[Native]:
        if isinstance(index, slice):
            return [self.native(position) for position in range(len(self))[index]]
        return self.native(range(len(self))[index])


@dataclass(frozen=True, slots=True)
class Deleted:
    id: str


@dataclass(frozen=True, slots=True)
class Merged:
    id: str
    into: str


@dataclass(frozen=True, slots=True)
class Moved:
    id: str
    object: str
    to: str


Gone: TypeAlias = Deleted | Merged | Moved

# Opaque to the engine; survives a JSON round trip. A cursor of another adapter or format is refused with Fatal.
Cursor: TypeAlias = str


@dataclass(frozen=True, slots=True)
class Page:
    """`cursor` is set on the last page only: where the next pull starts.

    An adapter whose driver gives plain rows hands them over as `Rows`: most records of most pulls are unchanged.
    """

    records: Sequence[Native]
    gone: Sequence[Gone] = ()
    cursor: Cursor | None = None


@dataclass(frozen=True, slots=True)
class New:
    """Create a record that carries `key`."""

    key: str
    values: NativeValues


@dataclass(frozen=True, slots=True)
class Change:
    """Set `values` on one record; None clears. `before` is what those columns showed when the step was planned.

    `if_version` belongs to systems with `can.version_check`; where nothing can check it the write is Refused(DENIED),
    for ignoring it would overwrite blindly. Where neither it nor `can.compares_before` protects, the caller re-reads.
    """

    id: str
    values: NativeValues
    before: NativeValues = field(default_factory=dict)
    if_version: str | None = None


@dataclass(frozen=True, slots=True)
class Remove:
    id: str
    before: NativeValues = field(default_factory=dict)
    if_version: str | None = None


Write: TypeAlias = New | Change | Remove


class Refusal(StrEnum):
    STALE = "stale"  # the record moved since it was read
    MISSING = "missing"
    INVALID = "invalid"
    DUPLICATE = "duplicate"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Written:
    """`shown` is the record as the write answered it, with the columns written, or None if it answered nothing."""

    id: str
    version: str | None = None
    shown: Native | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    kind: Refusal
    message: str = ""  # the system's own words, without secrets
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """Sent, and nobody knows whether it was done: look it up before anything is repeated."""

    message: str = ""


Outcome: TypeAlias = Written | Refused | Unknown


class Adapter(Protocol):
    """A system. Calls that fail as a whole raise Fatal, Transient or Rejected; per-record outcomes are values."""

    name: str  # the system's name in config.yaml
    can: Capabilities

    def check(self) -> Identity:
        """Proves reach and credentials. Raises Fatal, or Transient when the system cannot be reached just now."""

    def describe(self, object: str) -> Shape:
        """The live schema of one object. Raises Fatal when there is no such object."""

    def pull(self, object: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        """Records changed since the cursor, at least once, with an overlap; everything when `since` is None.

        Exactly one page, the last, carries the next cursor; an empty system gives one empty page. A column or object
        that does not exist is Fatal with the nearest name, before the first page.
        """

    def get(self, object: str, by: str, values: Sequence[str], fields: Sequence[str]) -> list[Native]:
        """Records whose id (by="id") or external key (by="key") is in `values`; absent ones are simply not there.

        Each record once, in any order. Raises Rejected for by="key" where the object has no external key.
        """

    def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
        """One outcome per write, in order. More writes than `can.write_batch` are split by the adapter.

        It raises only while nothing was done. When an answer is lost its writes are Unknown; when a later batch fails,
        the outcomes so far are given and the rest are Unknown. Pushing one batch at a time avoids the latter.
        A New whose key exists is Refused(DUPLICATE), or Written with the id of the record that has it; never a second.
        """

    def close(self) -> None:
        """Releases connections. Closing twice is harmless."""


@dataclass(frozen=True, slots=True)
class User:
    """Who may own records. `id` is what an owner column holds; a queue or a team owns records and has no `email`."""

    id: str
    email: str = ""
    name: str = ""
    active: bool = True


@runtime_checkable
class ListsUsers(Protocol):
    """A system that tells who its users are."""

    def users(self) -> Sequence[User] | None:
        """Everybody, also who left: their records still carry their id. Raises like `describe`.

        None where our way in may not ask, as with an API token of kintone.
        """


@runtime_checkable
class Samples(Protocol):
    """A system whose whole listing costs more than its beginning: a look at some records is a call of its own."""

    def sample(self, object: str, fields: Sequence[str], most: int) -> Sequence[Native]:
        """Some living records, at most so many. Raises like `pull`."""


class ReactionKind(StrEnum):
    """What may happen by itself when a record is written."""

    AUTOMATION = "automation"  # workflows, flows, triggers: they change records, create tasks, send mail
    CHECK = "check"  # validation rules: they refuse writes
    NOTICE = "notice"  # people are notified


@dataclass(frozen=True, slots=True)
class Reaction:
    """Something switched on in the system, by the name that its admin knows it by."""

    kind: ReactionKind
    name: str
    what: str = ""  # the vendor's word for such a thing: Flow, Apex trigger


@runtime_checkable
class Reacts(Protocol):
    """A system that tells what reacts to writes."""

    def reactions(self, object: str) -> Iterable[Reaction]:
        """What is active for one object. Raises where we may not look, after what may be seen all the same."""


@dataclass(frozen=True, slots=True)
class Copies:
    """A column that the system once copied from another record. In `stale` of `looked_at` records it differs by now."""

    column: str
    label: str
    key: str  # the label of the column that is written to have it copied anew
    source: str  # the object that it is copied from
    looked_at: int
    stale: int
    examples: tuple[str, ...]  # ids of a few such records, or their addresses


@runtime_checkable
class KeepsCopies(Protocol):
    """A system in which columns are copies of another record's, made once."""

    def copies(self, object: str, most: int) -> Sequence[Copies]:
        """The copies in some living records, at most so many, that have gone stale. Raises like `pull`."""


@runtime_checkable
class SignedIn(Protocol):
    """A system that tells whom our writes show as in the history of its records."""

    def user(self) -> str:
        """The user's name there, or "" where we may not ask."""
