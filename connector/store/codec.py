"""Links, ends, holds, verdicts, journal fields and plans as JSON and back: for the plan file and the store's bodies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector.model import (
    Change,
    Create,
    Delete,
    End,
    EndId,
    EndState,
    Entity,
    Hold,
    HoldId,
    HoldKind,
    Link,
    LinkPlan,
    Provenance,
    Reason,
    Sent,
    Step,
    Update,
    Values,
    Verdict,
)
from connector.store.records import JournalField
from connector.store.values import (
    Kept,
    differing,
    dumps,
    from_form,
    loads,
    micros,
    moment,
    to_form,
    value_from_json,
    value_to_json,
    values_from_json,
    values_to_json,
)

__all__ = [
    "dumps",
    "field_from_json",
    "field_to_json",
    "from_form",
    "hold_from_json",
    "hold_to_json",
    "loads",
    "plan_from_json",
    "plan_to_json",
    "to_form",
    "value_from_json",
    "value_to_json",
    "values_from_json",
    "values_to_json",
    "verdict_from_json",
    "verdict_to_json",
]  # fmt: skip


def at_to_json(at: EndId) -> list[str]:
    return [at.system, at.object, at.id, at.part]


def sent_to_json(sent: Mapping[str, Sent]) -> dict[str, Any]:
    return {name: [to_form(s.value), s.tries] for name, s in sent.items()}


def sent_from_json(form: Mapping[str, Any]) -> dict[str, Sent]:
    return {name: Sent(from_form(value), tries) for name, (value, tries) in form.items()}


def end_to_json(end: End, golden: Values) -> dict[str, Any]:
    """Only what differs from a new end; the base as its difference from golden."""
    form: dict[str, Any] = {"at": at_to_json(end.at)}
    if end.version is not None:
        form["version"] = end.version
    if end.state is not EndState.LIVE:
        form["state"] = end.state.value
    if end.fingerprint:
        form["fingerprint"] = end.fingerprint.hex()
    if end.lens:
        form["lens"] = end.lens
    if end.base:
        form["base"] = _apart(end.base, golden)
    if end.first != {"*"}:
        form["first"] = sorted(end.first)
    if end.sent:
        form["sent"] = sent_to_json(end.sent)
    if end.accepted:
        form["accepted"] = values_to_json(end.accepted)
    if end.modified_at is not None:
        form["modified_at"] = micros(end.modified_at)
    if end.created_at is not None:
        form["created_at"] = micros(end.created_at)
    if end.url is not None:
        form["url"] = end.url
    return form


def end_from_json(form: Mapping[str, Any], golden: Kept) -> End:
    get = form.get
    return End(
        at=EndId(*form["at"]),
        version=get("version"),
        state=EndState(form["state"]) if "state" in form else EndState.LIVE,
        fingerprint=bytes.fromhex(get("fingerprint", "")),
        lens=get("lens", ""),
        base=_together(form["base"], golden) if "base" in form else {},
        first=frozenset(get("first", "*")),
        sent=sent_from_json(form["sent"]) if "sent" in form else {},
        accepted=values_from_json(form["accepted"]) if "accepted" in form else {},
        modified_at=moment(get("modified_at")),
        created_at=moment(get("created_at")),
        url=get("url"),
    )


def hold_to_json(hold: Hold) -> dict[str, Any]:
    return {
        "id": [hold.id.link, hold.id.kind.value, hold.id.topic],
        "facts": to_form(hold.facts),
        "choices": list(hold.choices),
        "seen": hold.seen,
    }


def hold_from_json(form: Mapping[str, Any]) -> Hold:
    return Hold(hold_id_from_json(form["id"]), from_form(form["facts"]), tuple(form["choices"]), form["seen"])


def hold_id_from_json(form: list[str]) -> HoldId:
    return HoldId(form[0], HoldKind(form[1]), form[2])


def verdict_to_json(verdict: Verdict) -> dict[str, Any]:
    return {
        "id": [verdict.id.link, verdict.id.kind.value, verdict.id.topic],
        "choice": verdict.choice,
        "seen": verdict.seen,
        "value": to_form(verdict.value),
        "by": verdict.by,
    }


def verdict_from_json(form: Mapping[str, Any]) -> Verdict:
    return Verdict(
        hold_id_from_json(form["id"]), form["choice"], form["seen"], value_from_json(form["value"]), form["by"]
    )


def field_to_json(field: JournalField) -> list[Any]:
    """A journal field is in JSON form already; empty places at the end are left out."""
    form = [field.before, field.after, field.reason, field.source, dict(field.lost)]
    while len(form) > 2 and not form[-1]:
        form.pop()
    return form


def field_from_json(form: list[Any]) -> JournalField:
    return JournalField(*form)


def native_to_json(native: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    return {column: [to_form(before), to_form(after)] for column, (before, after) in native.items()}


def native_from_json(form: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {column: (from_form(before), from_form(after)) for column, (before, after) in form.items()}


# --- a plan -----------------------------------------------------------------------------------------------


def _change(change: Change) -> list[Any]:
    form = [change.field, to_form(change.before), to_form(change.after), change.reason.value, change.source]
    if change.lost:
        form.append(values_to_json(change.lost))
    return form


def _change_back(form: list[Any]) -> Change:
    name, before, after, reason, source = form[:5]
    lost = values_from_json(form[5]) if len(form) > 5 else {}
    return Change(name, from_form(before), from_form(after), Reason(reason), source, lost)


def step_to_json(step: Step) -> dict[str, Any]:
    match step:
        case Create():
            target = [step.system, step.object, step.part, step.key]
            return {"create": target, "changes": [_change(c) for c in step.changes]}
        case Update():
            return {
                "update": at_to_json(step.at),
                "version": step.version,
                "changes": [_change(c) for c in step.changes],
            }
        case Delete():
            return {"delete": at_to_json(step.at), "version": step.version}


def step_from_json(form: Mapping[str, Any]) -> Step:
    changes = tuple(_change_back(c) for c in form.get("changes", ()))
    if "create" in form:
        system, object_, part, key = form["create"]
        return Create(system, object_, part, key, changes)
    if "update" in form:
        return Update(EndId(*form["update"]), form["version"], changes)
    return Delete(EndId(*form["delete"]), form["version"])


def plan_to_json(plan: LinkPlan) -> dict[str, Any]:
    """One link's plan; `dumps` makes the line of the plan file.

    Bases nearly always show the golden values, or those of the first end: each set of values is its difference from
    them.
    """
    golden = reference(plan.after)
    return {
        "values": values_to_json(golden),
        "before": None if plan.before is None else _link(plan.before, golden),
        "after": _link(plan.after, golden),
        "steps": [step_to_json(s) for s in plan.steps],
        "opened": [hold_to_json(h) for h in plan.opened],
        "closed": [[i.link, i.kind.value, i.topic] for i in plan.closed],
        "absorbed": [list(a) for a in plan.absorbed],
        "label": plan.label,
        "owner": plan.owner,
        "notes": [list(n) for n in plan.notes],
    }


def plan_from_json(form: Mapping[str, Any]) -> LinkPlan:
    golden = Kept(form["values"])
    return LinkPlan(
        before=None if form["before"] is None else _link_back(form["before"], golden),
        after=_link_back(form["after"], golden),
        steps=tuple(step_from_json(s) for s in form["steps"]),
        opened=tuple(hold_from_json(h) for h in form["opened"]),
        closed=tuple(hold_id_from_json(i) for i in form["closed"]),
        absorbed=tuple((key, version) for key, version in form["absorbed"]),
        label=form["label"],
        owner=form["owner"],
        notes=tuple((what, name) for what, name in form["notes"]),
    )


def _link(link: Link, golden: Values) -> dict[str, Any]:
    origins: dict[Provenance, list[str]] = {}
    for name, p in link.provenance.items():
        origins.setdefault(p, []).append(name)
    return {
        "key": link.key,
        "entity": link.entity.value,
        "ends": [end_to_json(e, golden) for e in link.ends],
        "golden": _apart(link.golden, golden),
        "provenance": [[p.system, micros(p.stamp), p.run, *names] for p, names in origins.items()],
        "version": link.version,
        "dirty": link.dirty,
        "aliases": list(link.aliases),
    }


def _link_back(form: Mapping[str, Any], golden: Kept) -> Link:
    provenance: dict[str, Provenance] = {}
    for system, at, run, *names in form["provenance"]:
        provenance.update(dict.fromkeys(names, Provenance(system, moment(at), run)))
    return Link(
        key=form["key"],
        entity=Entity(form["entity"]),
        ends=tuple([end_from_json(e, golden) for e in form["ends"]]),
        golden=_together(form["golden"], golden),
        provenance=provenance,
        version=form["version"],
        dirty=form["dirty"],
        aliases=tuple(form["aliases"]),
    )


def reference(link: Link) -> Values:
    """What values of a link are kept as differences from: the golden ones, or until those are decided what the first
    end shows. So a stored end is small from the first day: a row that shrinks leaves its page half empty for ever."""
    first: Values = link.ends[0].base if link.ends else {}
    return link.golden if 2 * len(link.golden) >= len(first) else first


def _apart(values: Values, golden: Values) -> list[Any]:
    """[], [what is other than in `golden`, names of what is not there], or [all of them, None] where little agrees."""
    if values is golden:
        return []
    other = differing(values, golden)
    agreed = len(values) - len(other)
    if agreed == len(golden):
        return [other] if other else []
    absent = [n for n in golden if n not in values]
    if len(absent) > agreed:
        return [values_to_json(values), None]
    return [other, absent] if absent else [other] if other else []


def _together(form: Sequence[Any], golden: Kept) -> Kept:
    if not form:
        return golden
    if len(form) == 1:
        return Kept({**golden.form, **form[0]})
    if form[1] is None:
        return Kept(form[0])
    absent = frozenset(form[1])
    return Kept({**{n: f for n, f in golden.form.items() if n not in absent}, **form[0]})
