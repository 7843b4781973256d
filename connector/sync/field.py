"""One field of one link: what each end shows, what the hub makes of it, what each end shall be sent.

The rows of `docs/how-it-works.md` are the cases of `decide` and `deliver`; tests/test_plan.py is the same table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as given
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from hashlib import blake2b
from typing import Any, Final, Literal, TypeAlias, cast

from connector.cleanse import alike, echoes
from connector.mapping.model import COMPUTED, Choose, FieldMapping, OnBlank, OnDrift, Wins
from connector.model import Change, Problem, Provenance, Reason, Sent, Value, Verdict


class Absent(Enum):
    """Not there: neither a value nor a blank."""

    MISSING = "missing"


MISSING: Final = Absent.MISSING
Maybe: TypeAlias = Value | Literal[Absent.MISSING]


class Unfit(Enum):
    """Why an end cannot be given a value now, apart from a Problem with the value itself."""

    WAITING = "waiting"  # a reference whose target is not linked in that system yet


Fitted: TypeAlias = Value | Problem | Unfit


@dataclass(frozen=True, slots=True)
class AtEnd:
    """A field at one live end. `base` is MISSING at first contact; `seen` tells a read from an assumption."""

    system: str
    shown: Maybe
    base: Maybe
    seen: bool
    fit: Callable[[Value], Fitted]
    sent: Sent | None = None
    accepted: Maybe = MISSING
    stamp: datetime | None = None
    resolution: timedelta = timedelta(0)
    rebased: bool = False  # its lens changed and its native value did not
    writable: bool = True  # False: this end can show the field and never receive it
    place: str = ""  # tells apart several ends of one system (consent is read at duplicates too)

    @property
    def slot(self) -> str:
        return self.place or self.system

    @property
    def edited(self) -> bool:
        return self.base is not MISSING and self.shown is not MISSING and self.shown != self.base

    @property
    def first_contact(self) -> bool:
        return self.base is MISSING and self.shown is not MISSING


@dataclass(frozen=True, slots=True)
class Golden:
    value: Maybe = MISSING
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True)
class EndAfter:
    """The field at one end once the run has decided; `change` is what to send, `problem` why it cannot be sent."""

    base: Maybe
    sent: Sent | None
    accepted: Maybe
    change: Change | None = None
    problem: Problem | Unfit | None = None
    rejected: bool = False  # written twice and never shown
    note: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Several candidates and nothing to choose by: a person decides. `candidates` maps a system to its value."""

    candidates: Mapping[str, Value]
    stamps: Mapping[str, datetime | None]
    golden: Maybe
    seen: str


@dataclass(frozen=True, slots=True)
class Merged:
    golden: Golden
    ends: Mapping[str, EndAfter]  # by slot
    conflict: Conflict | None = None
    released: bool = False  # a source changed: a pinned field flows again


@dataclass(frozen=True, slots=True)
class Candidate:
    system: str
    value: Value
    stamp: datetime | None
    resolution: timedelta
    fit: Callable[[Value], Fitted]


@dataclass(frozen=True, slots=True)
class Decision:
    golden: Golden
    reason: Reason
    source: str = ""
    lost: Mapping[str, Value] = given(default_factory=dict)
    settled_alike: bool = False


def merge_field(
    spec: FieldMapping,
    golden: Golden,
    ends: Sequence[AtEnd],
    *,
    run: str,
    computed: Maybe = MISSING,
    verdict: Verdict | None = None,
    pinned: bool = False,
    backfill: bool = False,
) -> Merged:
    """Total: every combination of inputs has an answer. `ends` are in the mapping's order of systems."""
    settled = [settle_sent(spec, golden, end) for end in ends]
    changed = computed is not MISSING and computed != golden.value
    spoken = any(e.edited and e.system in spec.sources and _speaks(spec, e) for e in settled)
    if pinned and not changed and not spoken:
        return Merged(golden, {e.slot: _keep(e) for e in settled})
    decision = decide(spec, golden, settled, run=run, computed=computed, verdict=verdict)
    if isinstance(decision, Conflict):
        return Merged(golden, {e.slot: _keep(e) for e in settled}, decision)
    after = {e.slot: deliver(spec, golden, decision, e, backfill=backfill) for e in settled}
    return Merged(decision.golden, after, released=pinned)


def settle_sent(spec: FieldMapping, golden: Golden, end: AtEnd) -> AtEnd:
    """Bases move on evidence: what a read says about a value that was written and not yet seen."""
    if end.sent is None or not end.seen or end.shown is MISSING:
        return end
    dropped = end.shown == end.base and not alike(spec.type, end.sent.value, end.shown)
    if end.shown == end.sent.value or (not dropped and echoes(spec.type, end.sent.value, end.shown)):
        current = golden.value is not MISSING and end.fit(golden.value) == end.sent.value
        return replace(end, base=end.shown, sent=None, accepted=golden.value if current else end.accepted)
    if end.shown == end.base:
        return end  # dropped: `deliver` sends once more, then gives up
    return replace(end, sent=None)  # neither: somebody edited it


def decide(
    spec: FieldMapping,
    golden: Golden,
    ends: Sequence[AtEnd],
    *,
    run: str,
    computed: Maybe,
    verdict: Verdict | None,
) -> Decision | Conflict:
    """Who may speak, and who is heard."""
    if COMPUTED in spec.sources:
        silent = computed is None and golden.value is MISSING  # nothing to say is no reason to blank a column
        if computed is MISSING or computed == golden.value or silent:
            return Decision(golden, Reason.UNDELIVERED, COMPUTED)
        return Decision(Golden(computed, Provenance(COMPUTED, None, run)), Reason.COMPUTED, COMPUTED)

    candidates = [_candidate(e) for e in ends if e.system in spec.sources and _speaks(spec, e)]
    held = golden.value
    if held is not MISSING and held is not None:
        # somebody typed what the golden value looks like there: nothing to decide
        agreed = [c for c in candidates if c.value == held or c.fit(held) == c.value]
        candidates = [] if len(agreed) == len(candidates) else candidates
    if not candidates:
        return Decision(golden, Reason.UNDELIVERED, golden.provenance.system if golden.provenance else "")
    first = any(e.first_contact for e in ends if e.system in spec.sources)
    edited = any(e.edited for e in ends if e.system in spec.sources and _speaks(spec, e))
    if first and not edited and golden.value is not MISSING and golden.value is not None:
        candidates = [*_golden_candidates(spec, golden, ends), *candidates]

    best = _agreed(candidates)
    if best is not None:
        return _chosen(best, candidates, run, Reason.EDITED)
    if first and all(alike(spec.type, candidates[0].value, c.value) for c in candidates[1:]):
        best = next((c for c in candidates if spec.rule == Wins(c.system)), candidates[0])
        return replace(_chosen(best, (), run, Reason.EDITED), settled_alike=True)

    seen = signature({c.system: c.value for c in candidates})
    if verdict is not None and verdict.seen == seen:
        return _by_verdict(verdict, candidates, golden, run)
    winner = by_rule(spec, candidates)
    if winner is None:
        return Conflict(
            {c.system: c.value for c in candidates}, {c.system: c.stamp for c in candidates}, golden.value, seen
        )
    return _chosen(winner, candidates, run, Reason.CONFLICT_RULE)


def by_rule(spec: FieldMapping, candidates: Sequence[Candidate]) -> Candidate | None:
    """The winner by `if_both_changed`, or None when a person must decide."""
    match spec.rule:
        case Wins(system):
            return next((c for c in candidates if c.system == system), None)
        case Choose.ASK:
            return None
        case Choose.NEWEST:
            return _newest(candidates)
        case Choose.MAX | Choose.STRICTEST:
            return _extreme(spec, candidates, highest=True)
        case Choose.MIN:
            return _extreme(spec, candidates, highest=False)


def deliver(spec: FieldMapping, before: Golden, decision: Decision, end: AtEnd, *, backfill: bool = False) -> EndAfter:
    """What one end is sent, given the golden value. Its base moves to what it shows: that has been decided now."""
    golden = decision.golden.value
    changed = golden != before.value
    accepted = MISSING if changed else end.accepted
    shown = end.shown
    if shown is MISSING:
        return EndAfter(end.base, end.sent, accepted)
    still = EndAfter(shown, end.sent, accepted)
    if end.system not in spec.receivers or golden is MISSING or not end.writable:
        return still
    if golden == shown:
        return replace(still, sent=None, accepted=MISSING)
    desired = end.fit(golden)
    if isinstance(desired, Problem | Unfit):
        return replace(still, problem=desired)
    if desired == shown:
        return replace(still, sent=None, accepted=MISSING)
    if end.sent is not None:
        return _again(spec, decision, end, still, shown, desired)
    if accepted is not MISSING and accepted == golden and not end.edited:
        return still
    if (end.rebased and not changed) or (decision.settled_alike and alike(spec.type, golden, shown)):
        return replace(still, accepted=golden)
    if end.system in spec.only_into_empty and shown is not None:
        return replace(still, note="only_into_empty")
    if end.system in spec.sources:
        if end.edited and shown is None and spec.on_blank is OnBlank.KEEP and not changed:
            return replace(still, accepted=golden, note="kept_blank")
    elif end.edited and not changed and spec.on_drift is not OnDrift.OVERWRITE:
        return replace(still, accepted=golden, note=f"drift_{spec.on_drift}")
    reason = _reason(spec, decision, end, changed=changed, backfill=backfill)
    return replace(still, change=Change(spec.name, shown, desired, reason, decision.source, decision.lost))


def _again(
    spec: FieldMapping, decision: Decision, end: AtEnd, still: EndAfter, shown: Value, desired: Value
) -> EndAfter:
    """A value was written and the read shows the old one: once more, then a person."""
    sent = cast(Sent, end.sent)
    if not end.seen:
        return still  # no evidence yet
    if sent.value != desired:  # the golden value went on since
        change = Change(spec.name, shown, desired, decision.reason, decision.source, decision.lost)
        return replace(still, sent=None, change=change)
    if sent.tries >= 2:
        return replace(still, rejected=True)
    return replace(still, change=Change(spec.name, shown, desired, Reason.UNDELIVERED, decision.source))


def _reason(spec: FieldMapping, decision: Decision, end: AtEnd, *, changed: bool, backfill: bool) -> Reason:
    if backfill:
        return Reason.BACKFILL
    if end.first_contact:
        return Reason.FILLED if end.shown is None else Reason.FIRST_CONTACT
    if end.edited and end.system not in spec.sources:
        return Reason.DRIFT
    if not changed and decision.reason is Reason.EDITED:
        return Reason.UNDELIVERED
    return decision.reason


def _speaks(spec: FieldMapping, end: AtEnd) -> bool:
    if end.rebased:
        return False
    if end.edited:
        return end.shown is not None or spec.on_blank is OnBlank.CLEAR
    return end.first_contact and end.shown is not None


def _candidate(end: AtEnd) -> Candidate:
    return Candidate(end.system, cast(Value, end.shown), end.stamp, end.resolution, end.fit)


def _golden_candidates(spec: FieldMapping, golden: Golden, ends: Sequence[AtEnd]) -> list[Candidate]:
    """The golden value speaks for every end that agreed to it and did not edit since."""
    value = cast(Value, golden.value)
    speakers = [
        e
        for e in ends
        if e.system in spec.sources
        and e.base is not MISSING
        and not e.edited
        and (e.accepted == value or e.fit(value) == e.base)
    ]
    stamp = golden.provenance.stamp if golden.provenance else None
    if not speakers:
        return [Candidate("", value, stamp, timedelta(0), lambda v: v)]
    return [Candidate(e.system, value, stamp, e.resolution, e.fit) for e in speakers]


def _agreed(candidates: Sequence[Candidate]) -> Candidate | None:
    """The fullest candidate with which all others agree as far as each can hold it, if there is one."""
    for best in candidates:
        if all(c.value == best.value or c.fit(best.value) == c.value for c in candidates):
            return best
    return None


def _chosen(winner: Candidate, candidates: Sequence[Candidate], run: str, reason: Reason) -> Decision:
    lost = {
        c.system: c.value for c in candidates if c.value != winner.value and c.fit(winner.value) != c.value and c.system
    }
    provenance = Provenance(winner.system, winner.stamp, run)
    return Decision(Golden(winner.value, provenance), reason, winner.system, lost)


def _by_verdict(verdict: Verdict, candidates: Sequence[Candidate], golden: Golden, run: str) -> Decision:
    for c in candidates:
        if c.system == verdict.choice:
            return _chosen(c, candidates, run, Reason.VERDICT)
    lost = {c.system: c.value for c in candidates if c.system}
    if verdict.choice == "keep":
        return Decision(golden, Reason.VERDICT, "", lost)
    return Decision(Golden(verdict.value, Provenance("", None, run)), Reason.VERDICT, "", lost)


def _newest(candidates: Sequence[Candidate]) -> Candidate | None:
    """None when a stamp is missing or two are nearer than both resolutions and two minutes: clocks differ."""
    if any(c.stamp is None for c in candidates):
        return None
    ordered = sorted(candidates, key=lambda c: (cast(datetime, c.stamp), c.system))
    last = ordered[-1]
    for other in ordered[:-1]:
        if other.value == last.value:
            continue
        margin = other.resolution + last.resolution + timedelta(minutes=2)
        if cast(datetime, last.stamp) - cast(datetime, other.stamp) <= margin:
            return None
    return last


def _extreme(spec: FieldMapping, candidates: Sequence[Candidate], *, highest: bool) -> Candidate | None:
    ranked: list[tuple[Any, str, Candidate]] = []
    for c in candidates:
        rank = _rank(spec, c.value)
        if rank is None:
            return None
        ranked.append((rank, c.system, c))
    if len({type(rank) for rank, _, _ in ranked}) > 1:
        return None
    ranked.sort(key=lambda r: r[:2])
    return ranked[-1 if highest else 0][2]


def _rank(spec: FieldMapping, value: Value) -> Decimal | datetime | date | None:
    match value:
        case bool() | int() | Decimal():
            return Decimal(value)
        case datetime():
            return value
        case date():
            return value
        case str() if value in spec.order:
            return Decimal(spec.order.index(value))
        case _:
            return None


def _keep(end: AtEnd) -> EndAfter:
    """Nothing is sent and the base stays: what this end shows is still to be decided."""
    return EndAfter(end.base, end.sent, end.accepted)


def signature(values: Mapping[str, Value]) -> str:
    """Names what a person saw when they decided.

    >>> signature({"ma": "a", "sfa": "b"}) == signature({"sfa": "b", "ma": "a"})
    True
    """
    text = "\x1f".join(f"{system}={values[system]!r}" for system in sorted(values))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
