"""Between steps and an adapter: native writes on the way out, outcomes and evidence on the way back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as given
from typing import Any

from connector.adapters.contract import Change as NativeChange
from connector.adapters.contract import Native, New, Outcome, Refusal, Refused, Remove, Unknown, Write, Written
from connector.engine.hub import Held, Ready
from connector.engine.planfile import Line
from connector.engine.pull import patience
from connector.errors import Fatal, Rejected, Transient
from connector.mapping.model import SameRecord
from connector.model import (
    Change,
    Delete,
    EndId,
    FieldType,
    Hold,
    HoldId,
    HoldKind,
    Link,
    Problem,
    Step,
    Update,
    Value,
)
from connector.store.records import Action, Done
from connector.sync.holds import end_text, refusal_seen


@dataclass(slots=True)
class Task:
    """One step on its way: what it wants, what stands there now, what is written, what came of it."""

    seq: int
    line: Line
    link: Link  # as it will be, outcomes applied one by one
    step: Step
    held: Held
    action: Action
    changes: tuple[Change, ...]
    id: str = ""
    versioned: bool = True
    native: dict[str, tuple[Any, Any]] = given(default_factory=dict)
    write: Write | None = None
    done: Done | None = None
    message: str = ""
    refused: Refused | None = None

    def version(self, now: Native) -> str | None:
        """The version to insist on, where the system can check it."""
        return now.version if self.versioned else None

    @property
    def at(self) -> EndId:
        return EndId(self.held.at.system, self.held.at.object, self.id, self.held.at.part)


def foreign_ids(ready: Ready, tasks: Sequence[Task]) -> dict[tuple[str, str], str]:
    """(link, system) -> id there, for every reference that these tasks write."""
    wanted: dict[str, set[str]] = {}
    for task in tasks:
        for change in task.changes:
            if task.held.mapping.fields[change.field].type is FieldType.REFERENCE and change.after is not None:
                wanted.setdefault(task.held.at.system, set()).add(str(change.after))
    found: dict[tuple[str, str], str] = {}
    for system, keys in wanted.items():
        for key, places in ready.hub.store.places(list(keys), system).items():
            real = [p for p in places if p.id and not p.id.startswith("new:")]
            if real:
                found[key, system] = real[0].id
    return found


def native_values(task: Task, foreign: Mapping[tuple[str, str], str]) -> dict[str, Any] | None:
    """The columns this step sets, or None while a reference has no place in that system yet."""
    values: dict[str, Value] = {}
    ids: dict[str, str | None] = {}
    for change in task.changes:
        if task.held.mapping.fields[change.field].type is FieldType.REFERENCE:
            if change.after is not None and (str(change.after), task.held.at.system) not in foreign:
                return None
            ids[change.field] = foreign[str(change.after), task.held.at.system] if change.after is not None else None
        else:
            values[change.field] = change.after
    return dict(task.held.lens.put(values, ids))


def refuse_unfit(task: Task) -> bool:
    """Refuses a step whose owner could be given the record when the plan was made, and cannot now."""
    names = [
        change.field
        for change in task.changes
        if task.held.mapping.fields[change.field].type is FieldType.OWNER
        and isinstance(task.held.lens.fit(change.field, change.after), Problem)
    ]
    if names:
        columns = tuple(column for name in names for column in _columns(task, name))
        task.done, task.refused = Done.REFUSED, Refused(Refusal.INVALID, "", columns)
    return bool(names)


def prepare_update(task: Task, now: Native | None, foreign: Mapping[tuple[str, str], str]) -> None:
    """Fills in the write, or says at once why there is none: the record moved, or already shows it."""
    step = task.step
    assert isinstance(step, Update)
    if now is None:
        task.done, task.refused = Done.REFUSED, Refused(Refusal.MISSING)
        return
    restore = task.line.native.get(end_text(step.at))
    if restore is not None:
        _prepare_restore(task, now, restore)
        return
    if moved(task, now):
        task.done = Done.MOVED
        return
    if refuse_unfit(task):
        return
    values = native_values(task, foreign)
    if values is None:
        task.done, task.message = Done.HELD, "waiting"
        return
    task.native = {c: (now.values.get(c), v) for c, v in values.items()}
    different = {c: v for c, v in values.items() if now.values.get(c) != v}
    before = {c: now.values.get(c) for c in different}
    task.write = NativeChange(now.id, different, before, task.version(now)) if different else None
    if task.write is None:
        task.done = Done.APPLIED  # it stands there already; the evidence is the read


def _prepare_restore(task: Task, now: Native, restore: Mapping[str, tuple[Any, Any]]) -> None:
    """Undo writes back native values, where what the run wrote still stands."""
    if any(now.values.get(c) != expected for c, (expected, _) in restore.items()):
        task.done = Done.MOVED
        return
    task.native = {c: (now.values.get(c), value) for c, (_, value) in restore.items()}
    values = {c: value for c, (_, value) in restore.items()}
    task.write = NativeChange(now.id, values, {c: now.values.get(c) for c in values}, task.version(now))


def moved(task: Task, now: Native) -> bool:
    """The record is not what the plan saw: it is skipped and reported, never merged anew."""
    reading = task.held.lens.get(now.values)
    for change in task.changes:
        if task.held.mapping.fields[change.field].type is FieldType.REFERENCE:
            continue
        shown = reading.values.get(change.field)
        if change.field in reading.values and shown != change.before:
            return True
    planned = next((e for e in task.link.ends if e.at == task.at), None)
    if planned is None or not planned.fingerprint or (now.version is not None and planned.version == now.version):
        return False
    return task.held.lens.fingerprint(now.values) != planned.fingerprint


def prepare_delete(task: Task, step: Delete, now: Native | None) -> None:
    """Fills in the removal of a record that still is what the plan saw; one that is gone already needs none."""
    if now is None:
        task.done = Done.APPLIED
    elif moved(task, now) or (step.version is not None and now.version != step.version):
        task.done = Done.MOVED
    else:
        task.write = Remove(now.id, dict(now.values), task.version(now))


def push(ready: Ready, system: str, object_: str, tasks: Sequence[Task]) -> list[Outcome]:
    """One outcome per task, a batch of the system at a time: before each, the hub must still be ours."""
    writes = [t.write for t in tasks if t.write is not None]
    size = ready.hub.adapters[system].can.write_batch
    outcomes: list[Outcome] = []
    for start in range(0, len(writes), size):
        try:
            outcomes += _push(ready, system, object_, writes[start : start + size])
        except Fatal as error:
            if not outcomes:
                raise
            # what was answered is kept; the next call meets the error again
            return outcomes + [Unknown(str(error))] * (len(writes) - len(outcomes))
    return outcomes


def _push(ready: Ready, system: str, object_: str, writes: Sequence[Write]) -> list[Outcome]:
    """A call that fails as a whole before it was sent is tried again; a create never blindly."""
    adapter = ready.hub.adapters[system]
    try:
        for attempt in patience(ready.hub):
            with attempt:
                ready.hub.keep()
                outcomes = adapter.push(object_, writes)
    except Transient as error:
        return [Unknown(str(error)) for _ in writes]
    except Rejected as error:
        return [Refused(Refusal.DENIED, str(error)) for _ in writes]
    if len(outcomes) != len(writes):
        return [Unknown("the answer has another length") for _ in writes]
    return outcomes


def take_outcome(task: Task, outcome: Outcome) -> None:
    match outcome:
        case Written(id=id_):
            task.done, task.id = Done.APPLIED, id_
        case Refused() as refused:
            task.refused = refused
            task.message = refused.message
            task.done = Done.MOVED if refused.kind.value == "stale" else Done.REFUSED
        case Unknown(message=message):
            task.done, task.message = Done.UNKNOWN, message


def creating_id(task: Task) -> EndId:
    """The place of a record whose id is not known yet."""
    return EndId(task.held.at.system, task.held.at.object, f"new:{task.link.key}", task.held.at.part)


def refusal_hold(task: Task, tries_before: Mapping[HoldId, Hold]) -> Hold:
    """What a system refused, with a cause: for one field when it named one, otherwise for the record there."""
    refused = task.refused
    named = refused.fields if refused is not None else ()
    fields = [c.field for c in task.changes for column in named if column in _columns(task, c.field)]
    field = fields[0] if len(set(fields)) == 1 and isinstance(task.step, Update) else ""
    changes = [c for c in task.changes if not field or c.field == field]
    topic = f"{field}@{task.held.at.system}" if field else task.held.at.system
    id_ = HoldId(task.link.key, HoldKind.REJECTED, topic)
    earlier = tries_before.get(id_)
    before = int(earlier.facts.get("tries", 0)) if earlier is not None else 0
    tries = before + 1 if earlier is not None and earlier.seen == refusal_seen(changes, before) else 1
    facts = {
        "system": task.held.at.system,
        "object": task.held.at.object,
        "id": task.id,
        "field": field,
        "cause": str(refused.kind) if refused is not None else "",
        "message": task.message[:500],
        "values": {c.field: c.after for c in changes},
        "tries": tries,
    }
    return Hold(id_, facts, ("retry",), refusal_seen(changes, tries))


def _columns(task: Task, field: str) -> tuple[str, ...]:
    columns = task.held.at.columns.get(field, ())
    return columns if isinstance(columns, tuple) else ()


def new_write(task: Task, values: Mapping[str, Any]) -> New:
    return New(task.link.key, {**task.held.at.on_create, **values})


def one_write_per_record(tasks: Sequence[Task]) -> Iterator[tuple[list[Task], list[list[Task]]]]:
    """Steps on parts of one native record become one write under one version."""
    groups: dict[str, list[Task]] = {}
    for task in tasks:
        groups.setdefault(task.id or f"new {task.seq}", []).append(task)
    heads: list[Task] = []
    for members in groups.values():
        head = members[0]
        if len(members) > 1 and all(isinstance(m.write, NativeChange) for m in members):
            values: dict[str, Any] = {}
            before: dict[str, Any] = {}
            for m in members:
                assert isinstance(m.write, NativeChange)
                values |= m.write.values
                before |= m.write.before
            assert isinstance(head.write, NativeChange)
            head.write = replace(head.write, values=values, before=before)
        heads.append(head)
    yield heads, list(groups.values())


def fills(task: Task) -> bool:
    return any(isinstance(c, SameRecord) for c in task.held.at.columns.values())
