"""What a dead run left behind: every intent gets an outcome before anything new is planned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from connector.adapters.contract import Native
from connector.engine.hub import Held, Ready
from connector.engine.pull import patience
from connector.model import End, EndId, EndState, Hold, HoldId, HoldKind, Link, Provenance, Sent
from connector.store.records import Action, Batch, Done, Fence, JournalOutcome, JournalRow, LinkWrite
from connector.store.values import value_from_json as from_json

# `seen` of the question whether a create whose answer was lost was done, at a system where no look-up can tell.
UNKNOWN_CREATE = "unknown"


def unknown_create(hold: Hold) -> bool:
    return hold.id.kind is HoldKind.REJECTED and hold.seen == UNKNOWN_CREATE


def recover(ready: Ready, fence: Fence) -> int:
    """Resolves intents without an outcome by looking at the systems; returns how many there were.

    A record found by our key is adopted; one that is not there may be made again only where a look-up is proof:
    with an external key, and after the system's visibility lag.
    """
    store = ready.hub.store
    rows = list(store.journal(unfinished=True))
    by_run: dict[str, list[JournalRow]] = {}
    for row in rows:
        by_run.setdefault(row.run, []).append(row)
    for run, unfinished in by_run.items():
        for start in range(0, len(unfinished), 200):
            _resolve(ready, fence, run, unfinished[start : start + 200])
    return len(rows)


def _resolve(ready: Ready, fence: Fence, run: str, rows: Sequence[JournalRow]) -> None:
    links = ready.hub.store.links(list(dict.fromkeys(r.link for r in rows)))
    versions = {key: link.version for key, link in links.items()}
    outcomes: list[JournalOutcome] = []
    holds: list[Hold] = []
    for row in rows:
        held = ready.held(row.entity, (row.system, row.object, row.part))
        link = links.get(row.link)
        if held is None or link is None:
            outcomes.append(JournalOutcome(row.seq, Done.STOPPED, row.id, None, "no longer mapped"))
            continue
        match row.action:
            case Action.CREATE:
                links[row.link], outcome, hold = _create(ready, held, link, row)
                holds += [hold] if hold is not None else []
            case Action.UPDATE:
                links[row.link], outcome = _update(ready, held, link, row)
            case _:
                links[row.link], outcome = _delete(ready, held, link, row)
        if outcome is not None:
            outcomes.append(outcome)
    writes = [LinkWrite(replace(link, dirty=True), versions[key]) for key, link in links.items() if link.ends]
    removed = [key for key, link in links.items() if not link.ends]
    ready.hub.store.commit(fence, run, Batch(links=writes, removed=removed, opened=holds, outcomes=outcomes))


def _look(ready: Ready, held: Held, by: str, value: str) -> Native | None:
    adapter = ready.hub.adapters[held.at.system]
    for attempt in patience(ready.hub):
        with attempt:
            found = adapter.get(held.at.object, by, [value], held.lens.columns)
    return found[0] if found else None


def _create(ready: Ready, held: Held, link: Link, row: JournalRow) -> tuple[Link, JournalOutcome | None, Hold | None]:
    can = ready.hub.adapters[held.at.system].can
    rest = tuple(e for e in link.ends if not (e.state is EndState.CREATING and e.at.system == row.system))
    here = next((e for e in rest if e.at.system == row.system and e.state is EndState.LIVE), None)
    if here is not None:
        return replace(link, ends=rest), JournalOutcome(row.seq, Done.APPLIED, here.at.id), None
    if can.external_key:
        found = _look(ready, held, "key", link.key)
        if found is not None:
            at = EndId(row.system, row.object, found.id, row.part)
            sent = next((e.sent for e in link.ends if e.state is EndState.CREATING and e.at.system == row.system), {})
            adopted = End(at, version=found.version, first=frozenset(), sent=sent)
            return replace(link, ends=(*rest, adopted)), JournalOutcome(row.seq, Done.APPLIED, found.id), None
        if row.at is not None and ready.hub.now() - row.at < can.visibility_lag:
            return link, None, None  # too early to tell: asked again by the next run
        return replace(link, ends=rest), JournalOutcome(row.seq, Done.REFUSED, "", None, "not done"), None
    facts: dict[str, Any] = {
        "system": row.system,
        "object": row.object,
        "cause": "unknown",
        "message": row.message,
    }
    hold = Hold(HoldId(link.key, HoldKind.REJECTED, row.system), facts, ("retry",), UNKNOWN_CREATE)
    return link, JournalOutcome(row.seq, Done.HELD, "", None, "unknown"), hold


def _update(ready: Ready, held: Held, link: Link, row: JournalRow) -> tuple[Link, JournalOutcome]:
    """The written values stand beside the base; the next plan reads the record and knows."""
    at = EndId(row.system, row.object, row.id, row.part)
    now = _look(ready, held, "id", row.id)
    if now is None:
        return link, JournalOutcome(row.seq, Done.REFUSED, row.id, None, "missing")
    done = all(now.values.get(c) == after for c, (_, after) in row.native.items())
    undone = all(now.values.get(c) == before for c, (before, _) in row.native.items())
    sent = {f: Sent(from_json(change.after)) for f, change in row.fields.items()}
    ends = tuple(
        replace(e, sent={**e.sent, **sent}, fingerprint=b"") if e.at == at and not undone else e for e in link.ends
    )
    if done:
        link = _noted(link, row)
    outcome = Done.APPLIED if done else Done.REFUSED if undone else Done.UNKNOWN
    message = "" if done else "not done" if undone else "edited since"
    if outcome is Done.UNKNOWN:
        outcome = Done.MOVED
    return replace(link, ends=ends), JournalOutcome(row.seq, outcome, row.id, None, message)


def _noted(link: Link, row: JournalRow) -> Link:
    """What arrived and was chosen by a run that died before it noted the choice: the value of a first contact."""
    new = {f: c for f, c in row.fields.items() if f not in link.golden and c.after is not None}
    golden = {**link.golden, **{f: from_json(c.after) for f, c in new.items()}}
    provenance = {**link.provenance, **{f: Provenance(c.source, None, row.run) for f, c in new.items()}}
    return replace(link, golden=golden, provenance=provenance)


def _delete(ready: Ready, held: Held, link: Link, row: JournalRow) -> tuple[Link, JournalOutcome]:
    if _look(ready, held, "id", row.id) is not None:
        return link, JournalOutcome(row.seq, Done.REFUSED, row.id, None, "not done")
    at = EndId(row.system, row.object, row.id, row.part)
    rest = tuple(e for e in link.ends if e.at != at)
    return replace(link, ends=rest), JournalOutcome(row.seq, Done.APPLIED, row.id)
