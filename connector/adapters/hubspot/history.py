"""What a person typed between our re-read and our write, found in HubSpot's history and put back.

No write is conditional here, so an edit in that moment is overwritten. HubSpot keeps every value of a property: right
after a write the history of what was written is read, and where the value before ours is not the one that the write was
planned from, it is written back and our own write counts as stale. The next run sees the edit and decides about it.
What is left is an edit in the moment between this look and the writing back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connector.adapters.contract import Column, Outcome, Refusal, Refused, Written
from connector.adapters.hubspot import values
from connector.adapters.hubspot.api import HISTORY_BATCH, Api, Record
from connector.adapters.hubspot.batches import Input
from connector.errors import Fatal, Transient

Before = Mapping[str, Mapping[str, Any]]  # trace -> what its columns showed when the write was planned
Update = Callable[[Sequence[Input]], dict[str, Outcome]]


def checked(
    api: Api,
    object: str,
    columns: Mapping[str, Column],
    inputs: Sequence[Input],
    before: Before,
    outcomes: Mapping[str, Outcome],
    update: Update,
) -> dict[str, Outcome]:
    """The same outcomes, but for writes that fell upon somebody's edit: the edit stands again, the write is stale."""
    done = [
        one
        for one in inputs
        if isinstance(outcomes.get(one.trace), Written) and set(one.properties) & set(before.get(one.trace, {}))
    ]
    found = dict(outcomes)
    back: list[Input] = []
    for begin in range(0, len(done), HISTORY_BATCH):
        some = done[begin : begin + HISTORY_BATCH]
        names = sorted({name for one in some for name in one.properties})
        try:
            records = {str(r["id"]): r for r in api.histories(object, [one.id or "" for one in some], names)}
        except (Transient, Fatal):
            continue  # the writes are done: what is known of them must reach the caller
        for one in some:
            lost = _lost(records.get(one.id or ""), one, before[one.trace], columns)
            if lost:
                back.append(replace(one, properties=lost))
    if not back:
        return found
    try:
        restored = update(back)
    except (Transient, Fatal):
        restored = {}
    for one in back:
        fields = tuple(one.properties)
        stands = isinstance(restored.get(one.trace), Written)
        words = "edited while it was being written; " + ("the edit was put back" if stands else "see its history")
        found[one.trace] = Refused(Refusal.STALE, words, fields)
    return found


def _lost(
    record: Record | None, one: Input, before: Mapping[str, Any], columns: Mapping[str, Column]
) -> dict[str, str]:
    """The values, as HubSpot has them, that stood just before ours and that nobody had seen."""
    histories = record.get("propertiesWithHistory") if record is not None else None
    found: dict[str, str] = {}
    for name, sent in one.properties.items():
        entries = histories.get(name) if isinstance(histories, dict) else None
        if name not in before or not isinstance(entries, list) or len(entries) < 2:
            continue
        newest, previous = (str(entry.get("value") or "") for entry in entries[:2])
        if _same(columns[name], newest, sent) and not _same(columns[name], previous, sent):
            seen = values.encode(columns[name], before[name])
            if not _same(columns[name], previous, seen if isinstance(seen, str) else ""):
                found[name] = previous
    return found


def _same(column: Column, one: str, other: str) -> bool:
    decode = values.decoder(column.kind)
    if one == other or decode is None or not one or not other:
        return one.strip().lower() == other.strip().lower()
    return bool(decode(one) == decode(other))
