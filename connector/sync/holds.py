"""The questions a plan asks: each hold with the facts a person needs, and what its verdict will cover."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connector.mapping.model import EntityMapping, FieldMapping
from connector.model import Change, EndId, FieldType, Hold, HoldId, HoldKind, Link, Problem, Verdict
from connector.sync.field import MISSING, AtEnd, Conflict, Maybe, Unfit, signature
from connector.sync.lifecycle import EndNow, replaced


def changes_seen(changes: Iterable[Change]) -> str:
    """Names a set of values sent to one end: a refusal holds for exactly these."""
    return signature({c.field: c.after for c in changes})


def end_text(at: EndId) -> str:
    """An end as one word: system/object/id, and #part where it is a part.

    >>> end_text(EndId("kintone", "5", "17", "担当者"))
    'kintone/5/17#担当者'
    """
    return f"{at.system}/{at.object}/{at.id}" + (f"#{at.part}" if at.part else "")


def conflict_hold(link: Link, spec: FieldMapping, conflict: Conflict) -> Hold:
    consent = spec.type is FieldType.CONSENT
    kind = HoldKind.CONSENT if consent else HoldKind.CONFLICT
    facts: dict[str, Any] = {
        "field": spec.name,
        "values": dict(conflict.candidates),
        "stamps": {s: t.isoformat() for s, t in conflict.stamps.items() if t is not None},
        "golden": None if conflict.golden is MISSING else conflict.golden,
    }
    choices = ("opt_in", "opt_out") if consent else (*(s for s in conflict.candidates if s), "keep", "value")
    return Hold(HoldId(link.key, kind, spec.name), facts, choices, conflict.seen)


def replaced_hold(link: Link, n: EndNow, mapping: EntityMapping, verdicts: Mapping[HoldId, Verdict]) -> Hold | None:
    moved = replaced(mapping, n)
    if moved is None:
        return None
    id_ = HoldId(link.key, HoldKind.REPLACED, end_text(n.end.at))
    seen = signature({f: after for f, (_, after) in moved.items()})
    facts = {"system": n.end.at.system, "fields": {f: [before, after] for f, (before, after) in moved.items()}}
    hold = Hold(id_, facts, ("same", "successor"), seen)
    return None if answered(verdicts, hold, "same") else hold


def answered(verdicts: Mapping[HoldId, Verdict], hold: Hold, choice: str) -> bool:
    """Whether a person gave this answer to exactly this question."""
    verdict = verdicts.get(hold.id)
    return verdict is not None and verdict.seen == hold.seen and verdict.choice == choice


def invalid_holds(link: Link, n: EndNow, open_holds: Mapping[HoldId, Hold]) -> list[Hold]:
    """Values that could not be read; while the end is not read again, an open question stays open."""
    if n.shown is None:
        here = f"@{n.end.at.system}"
        return [h for i, h in open_holds.items() if i.kind is HoldKind.INVALID and i.topic.endswith(here)]
    return [
        Hold(
            HoldId(link.key, HoldKind.INVALID, f"{field}@{n.end.at.system}"),
            {"field": field, "system": n.end.at.system, "problem": str(problem), "shown": shown[:200]},
            (),
            signature({field: shown[:200]}),
        )
        for field, (problem, shown) in n.shown.problems.items()
    ] + [
        Hold(
            HoldId(link.key, HoldKind.WAITING, f"{field}|{n.end.at.system}|{foreign}"),
            {"field": field, "system": n.end.at.system, "foreign": foreign},
            (),
        )
        for field, foreign in n.shown.waiting.items()
    ]


def duplicate_hold(link: Link, n: EndNow) -> Hold:
    values = n.shown.values if n.shown is not None else n.end.base
    facts = {"system": n.end.at.system, "object": n.end.at.object, "id": n.end.at.id, "values": dict(values)}
    return Hold(HoldId(link.key, HoldKind.DUPLICATE, end_text(n.end.at)), facts, ("leave", "separate"), n.end.at.id)


def dropped_hold(link: Link, spec: FieldMapping, n: EndNow, at_end: AtEnd) -> Hold:
    sent = at_end.sent.value if at_end.sent else None
    facts = {"system": n.end.at.system, "field": spec.name, "cause": "dropped", "sent": sent, "tries": 2}
    id_ = HoldId(link.key, HoldKind.REJECTED, f"{spec.name}@{n.end.at.system}")
    return Hold(id_, facts, ("retry",), signature({spec.name: sent}))


def refusal_seen(changes: Iterable[Change], tries: int) -> str:
    """What a verdict on a refusal covers: these values, refused so many times."""
    return f"{changes_seen(changes)}:{tries}"


def unfit_hold(link: Link, spec: FieldMapping, n: EndNow, problem: Problem | Unfit, golden: Maybe) -> Hold:
    system = n.end.at.system
    if isinstance(problem, Unfit):
        return Hold(
            HoldId(link.key, HoldKind.WAITING, f"{spec.name}>{system}"), {"field": spec.name, "system": system}, ()
        )
    value = None if golden is MISSING else golden
    facts = {"field": spec.name, "system": system, "problem": str(problem), "value": value, "outgoing": True}
    return Hold(HoldId(link.key, HoldKind.INVALID, f"{spec.name}>{system}"), facts, (), signature({spec.name: value}))
