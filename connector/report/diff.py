"""A plan as a person reads it: one summary line, the table per field and direction, or record by record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from connector.engine.planfile import Line as PlanLine
from connector.engine.planfile import PlanReader
from connector.engine.totals import joins_systems
from connector.model import Change, Create, Delete, End, EndState, LinkPlan, Reason, Update
from connector.report.blocks import Block, Heading, Line, Page, Span, Style, line, spans, table
from connector.report.holds import hold_json, number, plan_holds, what
from connector.report.refills import NO_REFILLS, Refills, of_totals, sentence
from connector.report.words import Words, as_json
from connector.store.values import value_from_json

FEW = 50  # up to so many records are shown one by one
KINDS = ("fill", "overwrite", "blank", "first_contact", "create", "delete")
_STYLE: Mapping[str, Style] = {"fill": "add", "create": "add", "delete": "remove", "blank": "remove"}
_OPEN = (EndState.LIVE, EndState.CREATING, EndState.OUT_OF_SCOPE)


def counts(plan: PlanReader) -> dict[str, int]:
    """create, update, delete, linked, holds, links: what the summary line says."""
    found: Mapping[str, int] = plan.footer.totals.get("counts", {})
    holds = sum(n for k, n in found.items() if k.startswith("hold."))
    return {
        "create": found.get("create", 0),
        "update": found.get("update", 0),
        "delete": found.get("delete", 0),
        "linked": found.get("linked", 0),
        "new": found.get("new_links", 0),
        "holds": holds,
        "links": found.get("links", 0),
        "visible": found.get("visible", found.get("links", 0)),
    }


def changed(plan: PlanReader) -> bool:
    """Whether anything would happen that a person can see: in a system, in the queue, or who is linked to whom."""
    c = counts(plan)
    return any(c[name] for name in ("create", "update", "delete", "linked", "new", "holds"))


def summary(plan: PlanReader, words: Words) -> str:
    c = {name: words.number(n) for name, n in counts(plan).items()}
    if not changed(plan):
        return words.say("diff.nothing")
    return words.say("diff.summary", **c)


def diff_page(plan: PlanReader, words: Words, *, every: bool = False, title: str = "") -> Page:
    """Record by record when they are few (or `every`), else the table per field and direction."""
    return Page(
        title or words.say("diff.title"),
        lambda: _blocks(plan, words, every),
        lambda: _data(plan, words),
        lambda: _rows(plan, words),
    )


def _blocks(plan: PlanReader, words: Words, every: bool) -> Iterator[Block]:
    c = counts(plan)
    few = c["visible"] <= FEW
    if not few:
        yield from _first_page(plan, words)
        if not every:
            yield Line(())
            yield line(words.say("diff.more"), "dim")
    if few or every:
        yield from _records(plan, words)
    yield from _after(plan, words, c)


def _after(plan: PlanReader, words: Words, c: Mapping[str, int]) -> Iterator[Block]:
    held = {k.removeprefix("hold."): n for k, n in plan.footer.totals.get("counts", {}).items() if k[:5] == "hold."}
    if held:
        parts = [f"{words.word('hold', k)} {words.number(n)}" for k, n in sorted(held.items())]
        yield Line(())
        yield spans(Span(words.say("diff.holds"), "ask"), " " + words.say("list.joiner").join(parts))
    yield from trip_lines(plan.footer.trips, words)
    calls: Mapping[str, int] = plan.footer.totals.get("calls", {})
    if calls:
        parts = [f"{s} {words.number(n)}" for s, n in sorted(calls.items())]
        yield line(words.say("diff.calls", calls=words.say("list.joiner").join(parts)), "dim")
    yield Line(())
    yield line(summary(plan, words), "strong")
    if plan.header.kind.value == "link":
        yield line(words.say("diff.link_only"), "dim")
    elif c["new"] and not c["linked"]:
        yield line(words.say("diff.new_alone", new=words.number(c["new"])), "dim")


# --- the first page ---------------------------------------------------------------------------------------


def field_rows(plan: PlanReader) -> list[dict[str, Any]]:
    """entity, field, system, kind, count, samples; in the order of entities and of danger."""
    rows = []
    for key, row in plan.footer.totals.get("fields", {}).items():
        entity, field, system, kind = key.split("|")
        rows.append({"entity": entity, "field": field, "system": system, "kind": kind, **row})
    order = {"delete": 0, "blank": 1, "first_contact": 2, "overwrite": 3, "create": 4, "fill": 5}
    return sorted(rows, key=lambda r: (r["entity"], order.get(r["kind"], 9), -r["count"], r["field"], r["system"]))


def _first_page(plan: PlanReader, words: Words) -> Iterator[Block]:
    rows, refills = field_rows(plan), of_totals(plan.footer.totals)
    first = [r for r in rows if r["kind"] == "first_contact"]
    for heading, chosen in (("diff.by_field", [r for r in rows if r not in first]), ("diff.first_contact", first)):
        if not chosen:
            continue
        yield Heading(words.say(heading))
        header = [words.say(f"diff.column.{c}") for c in ("entity", "field", "to", "kind", "count", "samples")]
        body = [
            [
                words.entity(r["entity"]),
                r["field"] or "-",
                f"→ {r['system']}",
                Span(words.word("kind", r["kind"]), _STYLE.get(r["kind"], "change")),
                words.number(r["count"]),
                " | ".join(_sample(s, r, words) for s in r["samples"]),
            ]
            for r in chosen
        ]
        yield table(header, body, (4,))
        yield from _refilled(chosen, refills, words)
        yield Line(())
    if not rows:
        yield from linked_examples(plan, words)


def _refilled(rows: Iterable[Mapping[str, Any]], refills: Refills, words: Words) -> Iterator[Block]:
    told: dict[str, None] = {}
    for r in rows:
        if names := refills.of_row(r):
            facts = {"system": r["system"], "entity": words.entity(r["entity"]), "field": r["field"]}
            told[words.say("diff.refills.field", names=words.say("list.joiner").join(names), **facts)] = None
    yield from (line(text, "warn", 2) for text in told)


def _sample(sample: list[Any], row: Mapping[str, Any], words: Words) -> str:
    record, *values = sample
    if row["kind"] in ("create", "delete"):
        return str(record)
    at = {"entity": row["entity"], "field": row["field"]}
    before, after = (words.value(value_from_json(v), columns=28, **at) for v in values)
    return f"{record}: {before} → {after}"


def linked_examples(plan: PlanReader, words: Words) -> Iterator[Block]:
    shown = 0
    for one in plan.lines("main"):
        if joins_systems(one.plan):
            if not shown:
                yield Heading(words.say("diff.linked_examples"))
            yield _linked_line(one.plan, words)
            shown += 1
        if shown >= 5:
            break


# --- record by record -------------------------------------------------------------------------------------


def visible(plan: LinkPlan) -> bool:
    return bool(plan.steps or plan.opened or joins_systems(plan))


def _records(plan: PlanReader, words: Words) -> Iterator[Block]:
    refills = of_totals(plan.footer.totals)
    for one in plan.lines():
        if visible(one.plan):
            yield from record_blocks(one, words, refills)


def record_blocks(one: PlanLine, words: Words, refills: Refills = NO_REFILLS) -> Iterator[Block]:
    """`~ 山田 太郎 (株式会社X)`, then each field: before -> after, and where it came from."""
    plan = one.plan
    entity = str(plan.after.entity)
    sign, style = _sign(plan)
    head: list[str | Span] = [Span(f"{sign} {plan.label or plan.after.key}", style)]
    head.append(Span(f"  [{words.entity(entity)}]" + (f" {plan.owner}" if plan.owner else ""), "dim"))
    yield spans(*head)
    if joins_systems(plan):
        yield spans(Span(_places(plan.after.ends), "link"), indent=4)
    for step in plan.steps:
        match step:
            case Create(system=system, object=object_, changes=changes):
                yield line(words.say("diff.step.create", system=system, object=object_), "add", 4)
                for c in changes:
                    if c.after is not None:
                        yield spans(f"{c.field}: ", words.value(c.after, entity=entity, field=c.field), indent=8)
                        if names := refills.at(entity, system, object_, c):
                            yield line(sentence(names, system, c, words), "dim", 10)
            case Update(at=at, changes=changes):
                for c in changes:
                    yield _change_line(at.system, c, entity, words)
                    if names := refills.at(entity, at.system, at.object, c):
                        yield line(sentence(names, at.system, c, words), "warn", 6)
            case Delete(at=at):
                yield line(words.say("diff.step.delete", system=at.system, object=at.object, id=at.id), "remove", 4)
    yield from plan_holds(plan, words, 4)


def _sign(plan: LinkPlan) -> tuple[str, Style]:
    if any(isinstance(s, Delete) for s in plan.steps):
        return "-", "remove"
    if any(isinstance(s, Create) for s in plan.steps):
        return "+", "add"
    if plan.steps:
        return "~", "change"
    return ("=", "link") if joins_systems(plan) else ("?", "ask")


def _places(ends: Iterable[End]) -> str:
    return " = ".join(f"{e.at.system}/{e.at.object}/{e.at.id}" for e in ends if e.state in _OPEN)


def _linked_line(plan: LinkPlan, words: Words) -> Line:
    return spans(Span(f"= {plan.label}", "link"), Span(f"  {_places(plan.after.ends)}", "dim"), indent=2)


def _change_line(system: str, c: Change, entity: str, words: Words) -> Line:
    before = words.value(c.before, entity=entity, field=c.field)
    after = words.value(c.after, entity=entity, field=c.field)
    style: Style = "remove" if c.after is None else "add" if c.before is None else "change"
    return spans(
        f"{system}  {c.field}: {before} -> ", Span(after, style), Span(f"   ({reason(c, words)})", "dim"), indent=4
    )


def reason(c: Change, words: Words) -> str:
    text = words.word("reason", str(c.reason))
    if not c.source and c.reason is Reason.OPT_OUT:
        return words.word("reason", str(Reason.UNDELIVERED))  # decided in an earlier run
    if c.source:
        text = words.say("diff.from", source=words.word("source", c.source), reason=text)
    if c.lost:
        lost = words.say("list.joiner").join(f"{s}: {words.value(v, columns=24)}" for s, v in c.lost.items())
        text += words.say("diff.lost", lost=lost)
    return text


# --- brakes -----------------------------------------------------------------------------------------------


def trip_lines(trips: Iterable[Mapping[str, Any]], words: Words) -> Iterator[Block]:
    """Each brake that trips: which field, how many of how many, and what to do."""
    for n, trip in enumerate(trips):
        if not n:
            yield Line(())
            yield line(words.say("guard.heading"), "bad")
        facts = {
            "entity": words.entity(trip["entity"]),
            "system": trip["system"],
            "field": trip["field"],
            "count": words.number(int(trip["count"])),
            "of": words.number(int(trip["of"])),
            "limit": trip["limit"],
        }
        yield line(words.say(f"brake.{trip['brake']}", **facts), "bad", 2)
        yield line(words.say(f"brake.{trip['brake']}.advice", **facts), indent=4)


# --- rows and data ----------------------------------------------------------------------------------------


def _rows(plan: PlanReader, words: Words) -> tuple[list[str], Iterator[list[str]]]:
    names = ("action", "entity", "record", "owner", "system", "id", "field", "before", "after", "reason")
    return [words.say(f"sheet.{n}") for n in names], _row_stream(plan, words)


def _row_stream(plan: PlanReader, words: Words) -> Iterator[list[str]]:
    refills = of_totals(plan.footer.totals)
    for one in plan.lines():
        p = one.plan
        entity = str(p.after.entity)
        head = [words.entity(entity), p.label, p.owner]
        for step in p.steps:
            match step:
                case Create(system=system, object=object_, changes=changes):
                    for c in changes:
                        names = refills.at(entity, system, object_, c)
                        yield [words.say("kind.create"), *head, system, "", *_cells(c, entity, system, names, words)]
                case Update(at=at, changes=changes):
                    for c in changes:
                        cells = _cells(c, entity, at.system, refills.at(entity, at.system, at.object, c), words)
                        yield [words.say("kind.update"), *head, at.system, at.id, *cells]
                case Delete(at=at):
                    yield [words.say("kind.delete"), *head, at.system, at.id, "", "", "", ""]
        if joins_systems(p):
            yield [words.say("kind.linked"), *head, "", "", "", "", _places(p.after.ends), ""]
        for hold in p.opened:
            field = str(hold.facts.get("field", ""))
            kind = words.word("hold", str(hold.id.kind))
            asked = what(hold, entity, words)
            yield [words.say("kind.held"), *head, "", number(hold.id), field, "", asked, kind]


def _cells(c: Change, entity: str, system: str, names: list[str], words: Words) -> list[str]:
    """`names` are what the system fills anew."""
    before = words.full(c.before, entity=entity, field=c.field)
    more = words.say("diff.refills.cell", text=sentence(names, system, c, words)) if names else ""
    return [c.field, before, words.full(c.after, entity=entity, field=c.field), reason(c, words) + more]


def _data(plan: PlanReader, words: Words) -> dict[str, Any]:
    refills = of_totals(plan.footer.totals)
    return {
        "plan": {
            "id": plan.header.id,
            "kind": str(plan.header.kind),
            "made_at": plan.header.made_at.isoformat(),
            "narrowed": plan.header.narrowed,
        },
        "summary": counts(plan),
        "changed": changed(plan),
        "fields": [
            r | {"samples": [_sample_json(s) for s in r["samples"]], "refills": refills.of_row(r)}
            for r in field_rows(plan)
        ],
        "trips": [dict(t) for t in plan.footer.trips],
        "calls": dict(plan.footer.totals.get("calls", {})),
        "read": dict(plan.footer.ledger),
        "records": [_record_json(one.plan, words, refills) for one in plan.lines() if visible(one.plan)],
    }


def _sample_json(sample: list[Any]) -> dict[str, Any]:
    record, before, after = sample
    return {"record": record, "before": as_json(value_from_json(before)), "after": as_json(value_from_json(after))}


def _record_json(plan: LinkPlan, words: Words, refills: Refills) -> dict[str, Any]:
    return {
        "link": plan.after.key,
        "entity": str(plan.after.entity),
        "record": plan.label,
        "owner": plan.owner,
        "linked": [_end_json(e) for e in plan.after.ends if e.state in _OPEN] if joins_systems(plan) else [],
        "steps": [_step_json(s, str(plan.after.entity), refills) for s in plan.steps],
        "holds": [hold_json(h, words) for h in plan.opened],
    }


def _end_json(end: End) -> dict[str, str]:
    return {"system": end.at.system, "object": end.at.object, "id": end.at.id, "part": end.at.part}


def _step_json(step: Create | Update | Delete, entity: str, refills: Refills) -> dict[str, Any]:
    match step:
        case Create(system=system, object=object_, part=part, changes=changes):
            at = {"system": system, "object": object_, "id": "", "part": part}
            return {
                "action": "create",
                **at,
                "changes": [_change_json(c, refills.at(entity, system, object_, c)) for c in changes],
            }
        case Update(at=at_, changes=changes):
            told = [_change_json(c, refills.at(entity, at_.system, at_.object, c)) for c in changes]
            return {"action": "update", **_at_json(at_), "changes": told}
        case Delete(at=at_):
            return {"action": "delete", **_at_json(at_), "changes": []}


def _at_json(at: Any) -> dict[str, str]:
    return {"system": at.system, "object": at.object, "id": at.id, "part": at.part}


def _change_json(c: Change, refills: list[str]) -> dict[str, Any]:
    return {
        "field": c.field,
        "before": as_json(c.before),
        "after": as_json(c.after),
        "reason": str(c.reason),
        "source": c.source,
        "lost": as_json(c.lost),
        "refills": refills,
    }


__all__ = ["changed", "counts", "diff_page", "linked_examples", "record_blocks", "summary", "trip_lines"]
