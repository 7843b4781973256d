"""What a link becomes once the outcomes of its steps are known: bases move on evidence alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

from connector.adapters.contract import Native, Outcome, Written
from connector.cleanse import echoes
from connector.engine.writing import Task, creating_id
from connector.model import (
    Change,
    Create,
    Delete,
    End,
    EndState,
    Link,
    Sent,
    Update,
    Value,
)
from connector.store.records import Done


def after_task(task: Task, link: Link, outcome: Outcome | None, now: Native | None) -> Link:
    """The link with this step's outcome: bases move on evidence, otherwise `sent` stands beside them."""
    match task.step:
        case Create():
            return _after_create(task, link, outcome)
        case Update():
            return _after_update(task, link, outcome, now)
        case Delete(at=at):
            if task.done is Done.APPLIED:
                return replace(link, ends=tuple(e for e in link.ends if e.at != at))
            return replace(link, dirty=True)


def intended(task: Task) -> dict[str, Sent]:
    """What a record that is about to be made will show: evidence for whoever finds it when the answer is lost."""
    return {c.field: Sent(c.after) for c in task.changes}


def _after_create(task: Task, link: Link, outcome: Outcome | None) -> Link:
    pending = creating_id(task)
    ends = [e for e in link.ends if e.at != pending]
    match task.done:
        case Done.APPLIED:
            end = End(task.at, state=EndState.LIVE, first=frozenset())
            end = _evidence(task, end, outcome if isinstance(outcome, Written) else None, link, None)
            return replace(link, ends=(*ends, end))
        case Done.UNKNOWN:
            return replace(link, dirty=True)
        case _:
            return replace(link, ends=tuple(ends), dirty=True)


def _after_update(task: Task, link: Link, outcome: Outcome | None, now: Native | None) -> Link:
    index = next((i for i, e in enumerate(link.ends) if e.at == task.at), None)
    if index is None:
        return link
    end = link.ends[index]
    ends = list(link.ends)
    match task.done:
        case Done.APPLIED if isinstance(outcome, Written):
            ends[index] = _evidence(task, end, outcome, link, now)
        case Done.APPLIED:
            ends[index] = _standing(task, end, now)
        case Done.UNKNOWN:
            ends[index] = replace(end, sent={**end.sent, **_sent(task, end, task.changes)})
            return replace(link, ends=tuple(ends), dirty=True)
        case _:
            # not done: the base stays, so the next plan finds the value undelivered
            return replace(link, dirty=True)
    return replace(link, ends=tuple(ends))


def _standing(task: Task, end: End, now: Native | None) -> End:
    base = {**end.base, **{c.field: c.after for c in task.changes}}
    accepted = {f: v for f, v in end.accepted.items() if f not in {c.field for c in task.changes}}
    version = now.version if now is not None else end.version
    fingerprint = _whole(task, end, now, now.values) if now is not None else b""
    return replace(
        end, base=base, accepted=accepted, version=version, fingerprint=fingerprint, lens=task.held.lens.version
    )


def _whole(task: Task, end: End, now: Native, record: Mapping[str, Any]) -> bytes:
    """The record's fingerprint when nothing but our own write is new since the plan; else the next run reads it."""
    lens = task.held.lens
    return lens.fingerprint(record) if end.fingerprint == lens.fingerprint(now.values) else b""


def _evidence(task: Task, end: End, written: Written | None, link: Link, now: Native | None) -> End:
    """What the write answer shows, over what the re-read just before it showed."""
    base, sent, accepted = dict(end.base), dict(end.sent), dict(end.accepted)
    record: Mapping[str, Any] = {}
    if written is not None and written.shown is not None:
        record = {**(now.values if now is not None else {}), **written.shown.values}
    reading = task.held.lens.get(record)
    shown = {**reading.values, **_references(task, reading.foreign)}
    unseen: list[Change] = []
    for change in task.changes:
        field = task.held.mapping.fields[change.field]
        sent.pop(change.field, None)
        accepted.pop(change.field, None)  # what stood there instead of the golden value does no more
        if change.field not in shown:
            unseen.append(change)
        elif shown[change.field] == change.after or echoes(field.type, change.after, shown[change.field]):
            base[change.field] = shown[change.field]
            if shown[change.field] != change.after and change.field in link.golden:
                accepted[change.field] = link.golden[change.field]
        elif shown[change.field] == change.before:
            unseen.append(change)  # acknowledged and dropped: one more try, then a person
        # anything else is an edit: the base stays where it was and the next read finds the difference
    sent |= _sent(task, end, unseen)
    for change in unseen:
        base.setdefault(change.field, change.before)
    version = written.version if written is not None else end.version
    return replace(
        end,
        base=base,
        sent=sent,
        accepted=accepted,
        version=version,
        fingerprint=_whole(task, end, now, record) if record and now is not None else b"",
        lens=task.held.lens.version,
        first=end.first - {c.field for c in task.changes},
    )


def _references(task: Task, foreign: Mapping[str, str]) -> dict[str, Value]:
    """The references that show the foreign id we wrote; what any other id means, the next read resolves."""
    return {
        c.field: c.after
        for c in task.changes
        for column in task.held.lens.columns_of.get(c.field, ())
        if c.field in foreign and column in task.native and foreign[c.field] == str(task.native[column][1])
    }


def _sent(task: Task, end: End, changes: Sequence[Change]) -> dict[str, Sent]:
    return {
        c.field: Sent(
            c.after, end.sent[c.field].tries + 1 if c.field in end.sent and end.sent[c.field].value == c.after else 1
        )
        for c in changes
    }


def with_fields(end: End, current: End, fields: Set[str]) -> End:
    """`end` with everything `current` knows about these fields."""

    def carried(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
        return {f: v for f, v in mine.items() if f not in fields} | {f: v for f, v in theirs.items() if f in fields}

    return replace(
        end,
        version=current.version if current.fingerprint != end.fingerprint else end.version,
        fingerprint=current.fingerprint,
        base=carried(end.base, current.base),
        sent=carried(end.sent, current.sent),
        accepted=carried(end.accepted, current.accepted),
        first=(end.first - fields) | (fields if "*" in current.first else current.first & fields),
    )


def undecide(link: Link, before: Link | None, fields: Set[str]) -> Link:
    """The link as if nothing had been decided about these fields: their edits are still edits."""
    known = {e.at: e for e in before.ends} if before is not None else {}
    golden = dict(link.golden)
    provenance = dict(link.provenance)
    for f in fields:
        golden.pop(f, None)
        provenance.pop(f, None)
        if before is not None and f in before.golden:
            golden[f] = before.golden[f]
        if before is not None and f in before.provenance:
            provenance[f] = before.provenance[f]
    ends = tuple(
        with_fields(e, replace(known[e.at], version=e.version, fingerprint=b""), fields)
        if e.at in known
        else replace(e, first=e.first | fields)
        for e in link.ends
    )
    return replace(link, golden=golden, provenance=provenance, ends=ends, dirty=True)


def carry_consent(after: Link, current: Link, fields: Set[str]) -> Link:
    """The consent line of this link was applied just before: what it decided of these fields stays."""
    golden = {**after.golden, **{f: v for f, v in current.golden.items() if f in fields}}
    provenance = {**after.provenance, **{f: p for f, p in current.provenance.items() if f in fields}}
    by_place = {e.at: e for e in current.ends}
    ends = tuple(with_fields(e, by_place[e.at], fields) if e.at in by_place else e for e in after.ends)
    return replace(after, golden=golden, provenance=provenance, ends=ends)


def undecided(tasks: Iterable[Task]) -> set[str]:
    """Fields that were to be written to records that moved, and to no other: the next plan decides them anew."""
    by_done: dict[bool, set[str]] = {True: set(), False: set()}
    for task in tasks:
        by_done[task.done is Done.MOVED].update(c.field for c in task.changes)
    return by_done[True] - by_done[False]
