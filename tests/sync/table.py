"""The words of the planner's tables: a row says what each system shows and what must come of it.

A row is run through `plan_link` as a whole, then once more with the answer of a system that keeps exactly what it was
given: the second run must be silent. `rendered` gives the same rows as a page for people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as given
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from connector.mapping.flow import conflict_rule, flow
from connector.mapping.model import EntityMapping, FieldMapping, ObjectMapping, OnBlank, OnDelete, OnDrift
from connector.model import (
    Create,
    Delete,
    End,
    EndId,
    EndState,
    Entity,
    Fate,
    FieldType,
    Hold,
    HoldId,
    HoldKind,
    Left,
    Link,
    LinkPlan,
    Observation,
    Provenance,
    Reason,
    Sent,
    Shown,
    Step,
    Update,
    Value,
    Verdict,
)
from connector.sync.context import Context, Place
from connector.sync.field import MISSING, Absent, Fitted, Maybe, signature
from connector.sync.holds import end_text
from connector.sync.plan import plan_link

FIELD = "f"
LINK = "L"
EPOCH = datetime(2026, 4, 1, 9, tzinfo=UTC)
SYSTEMS = ("ma", "sfa", "kintone")
OBJECTS = (("ma", "people"), ("sfa", "contacts"), ("sfa", "leads"), ("kintone", "customers"))
# the names of a row's columns and where each lives; `sfa2` is a second record of the same system
PLACES = {
    "ma": EndId("ma", "people", "1"),
    "sfa": EndId("sfa", "contacts", "2"),
    "sfa2": EndId("sfa", "contacts", "3"),
    "lead": EndId("sfa", "leads", "4"),
    "kintone": EndId("kintone", "customers", "5"),
}


class Seen(Enum):
    """What this run saw of an end."""

    SHOWN = "shown"
    UNREAD = "not read"
    DELETED = "deleted"
    LEFT_SCOPE = "left `where`"


@dataclass(frozen=True, slots=True)
class Cell:
    """One end: what it showed when we last agreed, what it shows now, and what is known beside that."""

    base: Maybe = MISSING
    shown: Maybe = MISSING
    seen: Seen = Seen.SHOWN
    fresh: bool = False  # this end joined the link in this very run
    undecided: bool = False  # remembered by the first run, never decided
    sent: Maybe = MISSING
    tries: int = 1
    accepted: Maybe = MISSING
    minute: int | None = None  # the record's own stamp
    rebased: bool = False
    state: EndState = EndState.LIVE
    becomes: str = ""  # the end this one moved to or was merged into
    fate: Fate = Fate.DELETED


def same(value: Value, **beside: Any) -> Cell:
    """Shows what it showed when we last agreed."""
    return Cell(value, value, **beside)


def edit(base: Value, shown: Value, **beside: Any) -> Cell:
    """Shows something else than when we last agreed."""
    return Cell(base, shown, **beside)


def new(shown: Maybe, **beside: Any) -> Cell:
    """An end that joined the link in this run: no base."""
    return Cell(MISSING, shown, fresh=True, **beside)


def unmapped(shown: Value, **beside: Any) -> Cell:
    """A known end whose field is newly mapped: no base for this field."""
    return Cell(MISSING, shown, **beside)


def undecided(shown: Value, **beside: Any) -> Cell:
    """An end that the first run only linked: its values are remembered and were never decided."""
    return Cell(shown, shown, undecided=True, **beside)


def absent(base: Maybe, **beside: Any) -> Cell:
    """The field is missing in the answer."""
    return Cell(base, MISSING, **beside)


def unread(base: Value, **beside: Any) -> Cell:
    return Cell(base, base, Seen.UNREAD, **beside)


def deleted(base: Value, **beside: Any) -> Cell:
    return Cell(base, MISSING, Seen.DELETED, **beside)


def outside(base: Value, shown: Value, **beside: Any) -> Cell:
    """The record does not meet `where` any more."""
    return Cell(base, shown, Seen.LEFT_SCOPE, **beside)


def became(cell: str, base: Value, fate: Fate) -> Cell:
    """The record was moved to, or merged into, the record in another column."""
    return Cell(base, MISSING, Seen.DELETED, becomes=cell, fate=fate)


@dataclass(frozen=True, slots=True)
class Answer:
    """A person's verdict and the values it was given on."""

    kind: HoldKind
    choice: str
    topic: str = FIELD
    seen: str = ""
    value: Value = None


def decided(choice: str, over: Mapping[str, Value], value: Value = None) -> Answer:
    return Answer(HoldKind.CONFLICT, choice, FIELD, signature(over), value)


def about(column: str, choice: str) -> Answer:
    """A verdict on a record that is gone."""
    return Answer(HoldKind.DELETE, choice, end_text(PLACES[column]), PLACES[column].id)


@dataclass(frozen=True, slots=True)
class Limit:
    """What one system can hold."""

    says: str
    fit: Callable[[Value], Fitted]


@dataclass(frozen=True, slots=True)
class Row:
    says: str
    golden: Maybe = MISSING
    ma: Cell | None = None
    sfa: Cell | None = None
    sfa2: Cell | None = None
    lead: Cell | None = None
    kintone: Cell | None = None
    flow: str = "ma <-> sfa"
    rule: str = "ask"
    type: FieldType = FieldType.TEXT
    on_blank: str = "keep"
    on_drift: str = "overwrite"
    on_delete: str = "hold"
    only_into_empty: tuple[str, ...] = ()
    opt_in_from: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    holds_only: Mapping[str, Limit] = given(default_factory=dict)
    resolution: Mapping[str, int] = given(default_factory=dict)  # minutes
    computed: Maybe = MISSING
    backfill: bool = False
    create: tuple[str, ...] = ()
    in_review: bool = False
    answer: Answer | None = None
    open: tuple[str, ...] = ()  # kinds of holds that stand open on this field
    # --- what must come of it
    then: Maybe = MISSING  # golden value
    send: Mapping[str, Any] = given(default_factory=dict)  # column -> (value, reason) | "deleted" | "created"
    held: tuple[str, ...] = ()
    note: str = ""
    base: Mapping[str, Maybe] = given(default_factory=dict)  # column -> base afterwards, where it is the point
    ends: Mapping[str, str] = given(default_factory=dict)  # column -> state afterwards, "none" when it left the link
    quiet: bool = True  # an exact system answers and the next run sends nothing

    @property
    def cells(self) -> dict[str, Cell]:
        every = {name: getattr(self, name) for name in PLACES}
        return {name: cell for name, cell in every.items() if cell is not None}


# --- running a row ----------------------------------------------------------------------------------------


def mapping_of(row: Row) -> EntityMapping:
    arrow = flow(row.flow)
    sources = SYSTEMS if row.type is FieldType.CONSENT else arrow.sources
    spec = FieldMapping(
        name=FIELD,
        type=row.type,
        sources=frozenset(sources),
        receivers=frozenset(arrow.receivers),
        rule=conflict_rule(row.rule),
        on_blank=OnBlank(row.on_blank),
        on_drift=OnDrift(row.on_drift),
        only_into_empty=frozenset(row.only_into_empty),
        opt_in_from=frozenset(row.opt_in_from),
        order=row.order,
    )
    objects = tuple(
        ObjectMapping(system, object_, create=system in row.create and object_ != "leads", columns={FIELD: ("c",)})
        for system, object_ in OBJECTS
    )
    return EntityMapping(Entity.PERSON, objects, {FIELD: spec}, enabled=True, on_delete=OnDelete(row.on_delete))


def context_of(row: Row) -> Context:
    def fit(place: Place, field: str, value: Value) -> Fitted:
        return row.holds_only[place[0]].fit(value) if place[0] in row.holds_only else value

    return Context(
        mapping=mapping_of(row),
        run="run",
        fit=fit,
        resolution={system: timedelta(minutes=m) for system, m in row.resolution.items()},
        computed={} if row.computed is MISSING else {FIELD: row.computed},
        creatable=not row.in_review,
        backfill=frozenset({FIELD}) if row.backfill else frozenset(),
    )


def link_of(row: Row) -> Link:
    golden = {} if row.golden is MISSING else {FIELD: row.golden}
    provenance = {FIELD: Provenance("ma", EPOCH, "earlier")} if golden else {}
    ends = tuple(_end(name, cell) for name, cell in row.cells.items() if not cell.fresh)
    return Link(LINK, Entity.PERSON, ends, golden, provenance, version=1)


def _end(name: str, cell: Cell) -> End:
    return End(
        at=PLACES[name],
        state=cell.state,
        base={} if cell.base is MISSING else {FIELD: cell.base},
        first=frozenset({"*"}) if cell.undecided else frozenset(),
        sent={} if cell.sent is MISSING else {FIELD: Sent(cell.sent, cell.tries)},
        accepted={} if cell.accepted is MISSING else {FIELD: cell.accepted},
        modified_at=_stamp(cell),
    )


def _stamp(cell: Cell) -> datetime | None:
    return None if cell.minute is None else EPOCH + timedelta(minutes=cell.minute)


def seen_in(row: Row) -> list[Observation]:
    seen: list[Observation] = []
    for name, cell in row.cells.items():
        at = PLACES[name]
        match cell.seen:
            case Seen.UNREAD:
                continue
            case Seen.DELETED:
                seen.append(Left(at, cell.fate, PLACES[cell.becomes] if cell.becomes else None))
            case Seen.SHOWN | Seen.LEFT_SCOPE:
                values = {} if cell.shown is MISSING else {FIELD: cell.shown}
                rebased = frozenset({FIELD}) if cell.rebased else frozenset()
                seen.append(
                    Shown(
                        at,
                        values,
                        modified_at=_stamp(cell),
                        in_scope=cell.seen is Seen.SHOWN,
                        rebased=rebased,
                    )
                )
    return seen


def open_in(row: Row) -> dict[HoldId, Hold]:
    ids = [HoldId(LINK, HoldKind(kind), FIELD) for kind in row.open]
    if row.answer is not None:
        ids.append(HoldId(LINK, row.answer.kind, row.answer.topic))
    return {i: Hold(i, {}, ()) for i in ids}


def planned(row: Row) -> LinkPlan:
    link = link_of(row)
    answer = row.answer
    verdicts = {}
    if answer is not None:
        id_ = HoldId(LINK, answer.kind, answer.topic)
        verdicts[id_] = Verdict(id_, answer.choice, answer.seen, answer.value)
    return plan_link(
        link,
        seen_in(row),
        context_of(row),
        verdicts=verdicts,
        open_holds=open_in(row),
        known=link if link.ends else None,
    )


def still_open(plan: LinkPlan, before: Mapping[HoldId, Hold]) -> dict[HoldId, Hold]:
    """The holds that stand after this plan."""
    now = {i: h for i, h in before.items() if i not in plan.closed}
    return now | {h.id: h for h in plan.opened}


def column_of(at: EndId) -> str:
    return next(name for name, place in PLACES.items() if place == at)


def sent_by(steps: Sequence[Step]) -> dict[str, Any]:
    """Steps in a row's words."""
    said: dict[str, Any] = {}
    for step in steps:
        match step:
            case Create(system=system):
                said[system] = "created"
            case Delete(at=at):
                said[column_of(at)] = "deleted"
            case Update(at=at, changes=(change,)):
                assert column_of(at) not in said, f"two steps for {column_of(at)}"
                said[column_of(at)] = (change.after, change.reason)
            case _:
                raise AssertionError(f"one field, one change: {step}")
    return said


def states_of(link: Link) -> dict[str, str]:
    found: dict[str, str] = {}
    for end in link.ends:
        name = column_of(end.at)
        assert name not in found, f"the end {name} stands twice on the link"
        found[name] = str(end.state)
    return found


def check(row: Row) -> LinkPlan:
    """Runs a row and compares every word of it."""
    plan = planned(row)
    assert plan.after.golden.get(FIELD, MISSING) == row.then, "golden value"
    assert sent_by(plan.steps) == dict(row.send), "sent"
    held = tuple(sorted(str(i.kind) for i in still_open(plan, open_in(row))))
    assert held == tuple(sorted(row.held)), "held"
    if row.note:
        assert (row.note, FIELD) in plan.notes
    ends = {e.at: e for e in plan.after.ends}
    for name, value in row.base.items():
        assert ends[PLACES[name]].base.get(FIELD, MISSING) == value, f"base of {name}"
    states = states_of(plan.after)
    for name, state in row.ends.items():
        assert states.get(name, "none") == state, f"end {name}"
    if row.quiet:
        again = after_exact_answers(row, plan)
        assert sent_by(again.steps) == {}, "sent again by the next run"
        assert again.after.golden == plan.after.golden, "golden value of the next run"
    return plan


def after_exact_answers(row: Row, plan: LinkPlan) -> LinkPlan:
    """The next run, after every step was done by a system that keeps exactly what it is given."""
    showing = {PLACES[n]: c.shown for n, c in row.cells.items()}
    ends: list[End] = []
    seen: list[Observation] = []
    for end in plan.after.ends:
        step = next((s for s in plan.steps if isinstance(s, Update) and s.at == end.at), None)
        if any(isinstance(s, Delete) and s.at == end.at for s in plan.steps):
            continue
        shown = showing.get(end.at, MISSING)
        sent = dict(end.sent)
        if step is not None:
            (change,) = step.changes
            shown = change.after
            sent[FIELD] = Sent(change.after)
        ends.append(replace(end, sent=sent))
        if end.state in (EndState.LIVE, EndState.OUT_OF_SCOPE, EndState.DUPLICATE):
            values = {} if shown is MISSING else {FIELD: shown}
            in_scope = end.state is not EndState.OUT_OF_SCOPE
            seen.append(Shown(end.at, values, modified_at=end.modified_at, in_scope=in_scope))
    for made in plan.steps:
        if isinstance(made, Create):
            at = next(p for p in PLACES.values() if (p.system, p.object) == (made.system, made.object))
            base = {c.field: c.after for c in made.changes}
            ends.append(End(at, base=base, first=frozenset()))
            seen.append(Shown(at, base))
    link = replace(plan.after, ends=tuple(ends), version=2)
    before = still_open(plan, open_in(row))
    return plan_link(link, seen, replace(context_of(row), backfill=frozenset()), open_holds=before, known=link)


# --- a row for people -------------------------------------------------------------------------------------

_LABELS = {"ma": "ma", "sfa": "sfa", "sfa2": "sfa, 2nd record", "lead": "sfa lead", "kintone": "kintone"}


def rendered(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    columns = [name for name in PLACES if any(name in row.cells for row in rows)]
    with_golden = any(row.golden is not MISSING or row.then is not MISSING for row in rows)
    heads = ["case", "rule"]
    heads += (["golden"] if with_golden else []) + [_LABELS[c] for c in columns]
    heads += (["golden after"] if with_golden else []) + ["sent", "held"]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row in rows:
        cells = [row.says, _rule_text(row)]
        cells += [_text(row.golden, "-")] if with_golden else []
        cells += [_cell_text(row.cells[c]) if c in row.cells else "" for c in columns]
        cells += [_text(row.then, "-")] if with_golden else []
        cells += ["<br>".join(_sent_text(c, s) for c, s in row.send.items()) or "-", ", ".join(row.held) or "-"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _rule_text(row: Row) -> str:
    said = [f"`{row.flow}`"]
    if row.rule != "ask":
        said.append(row.rule)
    said += [f"{k}: {v}" for k, v, usual in _options(row) if v != usual]
    said += [f"{system} {limit.says}" for system, limit in row.holds_only.items()]
    said += [f"{system}: stamps of {m} min" for system, m in row.resolution.items()]
    if row.computed is not MISSING:
        said.append(f"computed: {_text(row.computed, '-')}")
    if row.backfill:
        said.append("backfill")
    if row.in_review:
        said.append("in match review")
    if row.open:
        said.append("open: " + ", ".join(row.open))
    if row.answer is not None:
        value = f" {_text(row.answer.value, '-')}" if row.answer.choice == "value" else ""
        said.append(f"verdict: {row.answer.choice}{value}")
    return "; ".join(said)


def _options(row: Row) -> list[tuple[str, str, str]]:
    return [
        ("on_blank", row.on_blank, "keep"),
        ("on_drift", row.on_drift, "overwrite"),
        ("on_delete", row.on_delete, "hold"),
        ("only_into_empty", ", ".join(row.only_into_empty), ""),
        ("opt_in_from", ", ".join(row.opt_in_from), ""),
        ("create", ", ".join(row.create), ""),
    ]


def _text(value: Maybe, missing: str) -> str:
    match value:
        case Absent.MISSING:
            return missing
        case None:
            return "blank"
        case date() | Decimal() | int() | str():
            return str(value)
        case _:
            raise AssertionError(value)


def _cell_text(cell: Cell) -> str:
    now = _text(cell.shown, "missing")
    match cell.seen:
        case Seen.DELETED if cell.becomes:
            said = f"{cell.fate} -> {_LABELS[cell.becomes]}"
        case Seen.DELETED:
            said = "deleted"
        case Seen.UNREAD:
            said = f"{now} (not read)"
        case Seen.SHOWN | Seen.LEFT_SCOPE:
            if cell.base is MISSING or cell.undecided:
                said = f"new: {now}"
            else:
                was = _text(cell.base, "-")
                said = now if was == now else f"{was} -> {now}"
            said += " (left `where`)" if cell.seen is Seen.LEFT_SCOPE else ""
    beside = [] if cell.state is EndState.LIVE else [str(cell.state)]
    beside += [] if cell.sent is MISSING else [f"sent {_text(cell.sent, '-')}" + (", twice" if cell.tries > 1 else "")]
    beside += [] if cell.accepted is MISSING else [f"accepted at {_text(cell.accepted, '-')}"]
    beside += [] if cell.minute is None else [f"at {9 + cell.minute // 60}:{cell.minute % 60:02}"]
    beside += ["lens changed"] if cell.rebased else []
    return said + (f" ({'; '.join(beside)})" if beside else "")


def _sent_text(column: str, said: Any) -> str:
    if isinstance(said, str):
        return f"{_LABELS[column]}: {said}"
    value, reason = said
    assert isinstance(reason, Reason)
    return f"{_LABELS[column]}: {_text(value, '-')} ({reason})"
