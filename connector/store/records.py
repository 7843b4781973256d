"""The rows as the engine sees them: what `Store` takes and gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as given
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from connector.model import EndId, EndState, Entity, Hold, HoldId, Link, Verdict


@dataclass(frozen=True, slots=True)
class Fence:
    """The right to write: refused by every commit once another holder took the lock."""

    number: int
    holder: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the right to write, since when, and until when unless it is renewed."""

    name: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class KnownEnd:
    """The little that tells an unchanged record from a changed one, without reading its link."""

    at: EndId
    link: str
    entity: Entity
    state: EndState
    fingerprint: bytes
    lens: str
    version: str | None


# (id, fingerprint, version): what a record must show to be unchanged. As the database gives it, for there are millions.
Sight: TypeAlias = tuple[str, bytes, str | None]


class Action(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    LINK = "link"
    UNLINK = "unlink"
    GOLDEN = "golden"  # the hub's own value changed and nothing was sent
    DECIDE = "decide"


class Done(StrEnum):
    INTENDED = "intended"  # committed before the call; still so after a crash
    APPLIED = "applied"
    HELD = "held"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    MOVED = "moved"  # the record moved since the plan; skipped
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class JournalField:
    """One field of a journal row, in JSON form (connector.store.codec)."""

    before: Any = None
    after: Any = None
    reason: str = ""
    source: str = ""
    lost: Mapping[str, Any] = given(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One step. `native` maps a column to [before, after] as the system shows them: what undo writes back."""

    seq: int
    entity: Entity
    link: str
    action: Action
    done: Done
    system: str = ""
    object: str = ""
    id: str = ""
    part: str = ""
    fields: Mapping[str, JournalField] = given(default_factory=dict)
    native: Mapping[str, tuple[Any, Any]] = given(default_factory=dict)
    message: str = ""
    label: str = ""
    run: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class JournalOutcome:
    """What became of an intended row."""

    seq: int
    done: Done
    id: str = ""
    native: Mapping[str, tuple[Any, Any]] | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class LinkWrite:
    """A link as it shall be. `expect` is the version it must have now (None = it must not exist).

    `blocks` are its blocking keys for matching (None = unchanged); `absorbed` are links joined into this one.
    An empty `label` or `owner` leaves what is stored.

    What is stored afterwards: version 1 for a new link, `expect` + 1 for any other, whatever `link.version` says;
    `absorbed` also among the link's aliases. An alias is the key of a former link, or "system/object/id" of a record
    that was merged or moved away; records that leave a link while their system still has one there become aliases
    by themselves. An end that is CREATING has the id "" until it is known.
    """

    link: Link
    expect: int | None
    blocks: Sequence[int] | None = None
    absorbed: Sequence[str] = ()
    label: str = ""
    owner: str = ""
    absorbed_at: Mapping[str, int] = given(default_factory=dict)  # versions of absorbed links, where they must hold


@dataclass(frozen=True, slots=True)
class Touch:
    """A record seen again with the same mapped values and another version."""

    at: EndId
    version: str | None
    fingerprint: bytes
    lens: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction writes. It is all there afterwards, or none of it."""

    links: Sequence[LinkWrite] = ()
    removed: Sequence[str] = ()  # links with no end left
    touches: Sequence[Touch] = ()
    opened: Sequence[Hold] = ()
    closed: Sequence[HoldId] = ()
    intents: Sequence[JournalRow] = ()
    outcomes: Sequence[JournalOutcome] = ()
    journal: Sequence[JournalRow] = ()  # rows that are final at once
    cursors: Mapping[tuple[str, str, str], str] = given(default_factory=dict)  # (system, object, fingerprint)


@dataclass(frozen=True, slots=True)
class StoredHold:
    hold: Hold
    entity: Entity
    label: str
    owner: str
    opened_at: datetime
    opened_run: str
    verdict: Verdict | None = None
    decided_at: datetime | None = None
    closed_at: datetime | None = None


class RunKind(StrEnum):
    LINK = "link"
    SYNC = "sync"
    APPLY = "apply"
    UNDO = "undo"
    BACKFILL = "backfill"
    RETRY = "retry"


class RunState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    STOPPED = "stopped"  # by the guard
    FAILED = "failed"
    CRASHED = "crashed"  # found running at start by its successor


@dataclass(frozen=True, slots=True)
class Run:
    id: str
    kind: RunKind
    state: RunState
    started_at: datetime
    ended_at: datetime | None = None
    plan: str = ""  # id of the plan it applied
    counts: Mapping[str, Any] = given(default_factory=dict)  # the ledger: entity -> system -> outcome -> number
    undone_by: str = ""
    message: str = ""
