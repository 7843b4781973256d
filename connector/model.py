"""The words: canonical values, what an end showed, links, holds and steps. Data only, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as given
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias


class Entity(StrEnum):
    """What a canonical record is about."""

    COMPANY = "company"
    PERSON = "person"
    DEAL = "deal"
    ACTIVITY = "activity"


# Parents before children: the order of pulling, planning and applying.
ENTITY_ORDER: tuple[Entity, ...] = (Entity.COMPANY, Entity.PERSON, Entity.DEAL, Entity.ACTIVITY)


class FieldType(StrEnum):
    """The canonical type of a field; `connector.cleanse.DEFAULT_RULES` names its rules."""

    TEXT = "text"
    PERSON_NAME = "person_name"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    PICKLIST = "picklist"
    URL = "url"
    REFERENCE = "reference"
    CONSENT = "consent"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name; `given` is None where nobody has split it yet (it is split only at a space)."""

    family: str
    given: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """An address, each part as its owner wrote it; a system may hold any subset of the parts."""

    postal_code: str | None = None
    prefecture: str | None = None
    city: str | None = None
    street: str | None = None
    building: str | None = None


OPT_IN = "opt_in"
OPT_OUT = "opt_out"

# None is a blank. A field that is absent from Values is missing: neither a blank nor an edit.
Value: TypeAlias = str | int | bool | Decimal | date | datetime | PersonName | Address | None
Values: TypeAlias = Mapping[str, Value]

# A cell as the adapter gives it: JSON scalars, Decimal, dates, and lists of text for multi-selects.
NativeValue: TypeAlias = Any
NativeValues: TypeAlias = Mapping[str, NativeValue]


# --- an end: one system's place on a link -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class EndId:
    """Where a record lives. `part` tells apart the entities that share one native record ("" = all of it)."""

    system: str
    object: str
    id: str
    part: str = ""


class EndState(StrEnum):
    LIVE = "live"
    CREATING = "creating"  # a create was sent, or is about to be; its id is not known yet
    OUT_OF_SCOPE = "out_of_scope"  # left `where`: nothing flows but consent
    GONE = "gone"  # a tombstone was seen
    BURIED = "buried"  # gone for good: the other ends go on without it, and it is not made again
    UNLINKED = "unlinked"  # made by a run that was undone: known, so that it is neither adopted nor made again
    DUPLICATE = "duplicate"  # a second record of one system that fits this link; only consent is read


@dataclass(frozen=True, slots=True)
class Sent:
    """A value that was written and not yet seen: it stands beside the base until a read is the evidence."""

    value: Value
    tries: int = 1


@dataclass(frozen=True, slots=True)
class End:
    """One end of a link.

    `base` holds, in canonical form, what this end showed when the field was last decided.
    `first` names the fields seen but never decided: first contact ("*" in it means all of them).
    `accepted` maps a field to the golden value at which a differing base was accepted as it is: a normalised echo,
    a blank that is kept, a drift that is kept. It holds until the golden value changes.
    """

    at: EndId
    version: str | None = None
    state: EndState = EndState.LIVE
    fingerprint: bytes = b""
    lens: str = ""
    base: Values = given(default_factory=dict)
    first: frozenset[str] = frozenset({"*"})
    sent: Mapping[str, Sent] = given(default_factory=dict)
    accepted: Values = given(default_factory=dict)
    modified_at: datetime | None = None
    created_at: datetime | None = None
    url: str | None = None

    @property
    def undecided(self) -> bool:
        """Something that this end showed was never decided, and is not in its base either: only a read can tell."""
        return bool(self.first) and (
            not self.base if "*" in self.first else any(f not in self.base for f in self.first)
        )


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a golden value came from: the system, the record's own stamp there, the run that took it over."""

    system: str
    stamp: datetime | None
    run: str


@dataclass(frozen=True, slots=True)
class Link:
    """One canonical record: golden values with provenance, and an end per system."""

    key: str
    entity: Entity
    ends: tuple[End, ...] = ()
    golden: Values = given(default_factory=dict)
    provenance: Mapping[str, Provenance] = given(default_factory=dict)
    version: int = 0
    dirty: bool = False
    aliases: tuple[str, ...] = ()


# --- what a run saw at an end -----------------------------------------------------------------------------


class Problem(StrEnum):
    """Why a native value could not be read into the hub."""

    NOT_A_NUMBER = "not_a_number"
    NOT_A_DATE = "not_a_date"
    AMBIGUOUS_DATE = "ambiguous_date"
    NOT_AN_EMAIL = "not_an_email"
    NOT_A_PHONE = "not_a_phone"
    NOT_A_URL = "not_a_url"
    NOT_A_BOOLEAN = "not_a_boolean"
    NOT_CONSENT = "not_consent"
    NOT_TEXT = "not_text"
    TOO_LONG = "too_long"
    UNKNOWN_CHOICE = "unknown_choice"
    OTHER_CURRENCY = "other_currency"
    EXCEL_DAMAGE = "excel_damage"
    CONTROL_CHARACTERS = "control_characters"
    UNKNOWN_OWNER = "unknown_owner"
    SEVERAL_OWNERS = "several_owners"


@dataclass(frozen=True, slots=True)
class Shown:
    """What an end shows now, read through its lens. `problems` fields are missing from `values`."""

    at: EndId
    values: Values
    version: str | None = None
    fingerprint: bytes = b""
    lens: str = ""
    modified_at: datetime | None = None
    created_at: datetime | None = None
    key: str | None = None  # our external key, when the record carries one
    problems: Mapping[str, tuple[Problem, str]] = given(default_factory=dict)
    in_scope: bool = True
    # the lens changed and the native values did not: take the new forms over, send nothing
    rebased: frozenset[str] = frozenset()
    # references whose target is not linked yet: field -> foreign id
    waiting: Mapping[str, str] = given(default_factory=dict)
    url: str | None = None


class Fate(StrEnum):
    DELETED = "deleted"
    MERGED = "merged"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Left:
    """A record that is no longer where it was; `into` is its new place when it was merged or moved."""

    at: EndId
    fate: Fate
    into: EndId | None = None


Observation: TypeAlias = Shown | Left


# --- holds: the one queue for people ----------------------------------------------------------------------


class HoldKind(StrEnum):
    CONFLICT = "conflict"
    MATCH = "match"
    DUPLICATE = "duplicate"
    REPLACED = "replaced"
    INVALID = "invalid"
    REJECTED = "rejected"
    DELETE = "delete"
    UNDONE = "undone"
    CONSENT = "consent"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class HoldId:
    """One hold per link, kind and topic; the topic is a field, an end or another link."""

    link: str
    kind: HoldKind
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """A question for a person. `facts` is plain JSON: what was seen, enough to decide without another page.

    `choices` are the verdicts that may be given; `seen` identifies what the verdict will cover.
    """

    id: HoldId
    facts: Mapping[str, Any]
    choices: tuple[str, ...]
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A person's answer. On a conflict it covers the values seen; on a match it lasts until it is revised."""

    id: HoldId
    choice: str
    seen: str = ""
    value: Value = None
    by: str = ""


# --- steps ------------------------------------------------------------------------------------------------


class Reason(StrEnum):
    """Why a field is written: shown in the diff, kept in the journal."""

    EDITED = "edited"  # a person edited it at `source`
    CONFLICT_RULE = "conflict_rule"  # several edited it; the rule chose `source`
    VERDICT = "verdict"
    FILLED = "filled"  # first contact, this end was blank
    FIRST_CONTACT = "first_contact"  # first contact, the rule chose another value
    DRIFT = "drift"  # this end is no source; its edit is overwritten
    COMPUTED = "computed"
    UNDELIVERED = "undelivered"  # decided in an earlier run and not yet delivered
    CREATED = "created"
    BACKFILL = "backfill"
    OPT_OUT = "opt_out"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one step, in canonical form."""

    field: str
    before: Value
    after: Value
    reason: Reason
    source: str = ""  # the system the value came from, "" when none did
    lost: Values = given(default_factory=dict)  # system -> value that lost by the rule


@dataclass(frozen=True, slots=True)
class Create:
    """Make the record in a system; `key` goes into its external-id field."""

    system: str
    object: str
    part: str
    key: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Update:
    at: EndId
    version: str | None
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Delete:
    at: EndId
    version: str | None


Step: TypeAlias = Create | Update | Delete


@dataclass(frozen=True, slots=True)
class LinkPlan:
    """Everything one run would do to one link: the link as it will be, the steps, and the holds."""

    before: Link | None
    after: Link
    steps: tuple[Step, ...] = ()
    opened: tuple[Hold, ...] = ()
    closed: tuple[HoldId, ...] = ()
    absorbed: tuple[tuple[str, int], ...] = ()  # links joined into this one: key and the version seen
    label: str = ""  # the record as a person knows it
    owner: str = ""
    notes: tuple[tuple[str, str], ...] = ()  # (what, field): kept drift, kept blank, for the report


def live_end(link: Link, system: str) -> End | None:
    """The end of `link` in `system` that takes part in the sync, if there is one."""
    for end in link.ends:
        if end.at.system == system and end.state in (EndState.LIVE, EndState.CREATING, EndState.OUT_OF_SCOPE):
            return end
    return None
