"""One record: every end side by side, where each value came from, and the chain of its changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from connector.model import EndState, Link
from connector.report.blocks import Block, Heading, Line, Page, Span, line, spans, table
from connector.report.holds import number, what
from connector.report.words import Words, as_json
from connector.store.records import Action, JournalField, JournalRow, StoredHold
from connector.store.values import value_from_json


def show_page(
    link: Link, label: str, owner: str, holds: Sequence[StoredHold], journal: Sequence[JournalRow], words: Words
) -> Page:
    """The single customer view."""
    entity = str(link.entity)
    fields = list(dict.fromkeys([*link.golden, *(f for e in link.ends for f in e.base)]))

    def grid() -> tuple[list[str], list[list[str | Span]]]:
        header = [words.say("sheet.field"), words.say("show.golden"), words.say("show.from")]
        header += [f"{e.at.system} {e.at.id}" + (f"#{e.at.part}" if e.at.part else "") for e in link.ends]
        rows: list[list[str | Span]] = []
        for field in fields:
            golden = link.golden.get(field)
            row: list[str | Span] = [field]
            row.append(Span(words.value(golden, entity=entity, field=field), "strong") if field in link.golden else "-")
            row.append(_provenance(link, field, words))
            for end in link.ends:
                if field not in end.base:
                    row.append(Span("-", "dim"))
                    continue
                mark = " *" if field in end.sent else ""
                row.append(words.value(end.base[field], entity=entity, field=field) + mark)
            rows.append(row)
        return header, rows

    def blocks() -> Iterable[Block]:
        yield spans(Span(label or link.key, "strong"), Span(f"  [{words.entity(entity)}] {owner}".rstrip(), "dim"))
        yield line(words.say("show.key", key=link.key), "dim")
        for end in link.ends:
            state = "" if end.state is EndState.LIVE else f" ({words.word('end', str(end.state))})"
            changed = words.moment(end.modified_at)
            when = words.say("show.modified", when=changed) if changed else ""
            yield line(f"{end.at.system}/{end.at.object}/{end.at.id}{state}  {when} {end.url or ''}".rstrip(), indent=2)
        yield Line(())
        header, rows = grid()
        yield table(header, rows)
        if any(e.sent for e in link.ends):
            yield line(words.say("show.sent"), "dim")
        if holds:
            yield Line(())
            yield Heading(words.say("show.holds"))
            for s in holds:
                kind = words.word("hold", str(s.hold.id.kind))
                yield line(f"{number(s.hold.id)}  {kind}: {what(s.hold, entity, words)}", "ask", 2)
        if journal:
            yield Line(())
            yield Heading(words.say("show.journal"))
            for row in journal[-10:]:
                yield from _journal_lines(row, entity, words)

    def data() -> dict[str, Any]:
        return {
            "link": link.key,
            "entity": entity,
            "record": label,
            "owner": owner,
            "golden": as_json(link.golden),
            "provenance": {
                f: {"system": p.system, "stamp": as_json(p.stamp), "run": p.run} for f, p in link.provenance.items()
            },
            "ends": [
                {
                    "system": e.at.system, "object": e.at.object, "id": e.at.id, "part": e.at.part,
                    "state": str(e.state), "values": as_json(e.base),
                    "sent": {f: as_json(s.value) for f, s in e.sent.items()}, "modified_at": as_json(e.modified_at),
                }
                for e in link.ends
            ],
            "holds": [number(s.hold.id) for s in holds],
            "journal": [journal_json(r) for r in journal],
        }  # fmt: skip

    def rows() -> tuple[list[str], list[list[str]]]:
        header, body = grid()
        return header, [[c.text if isinstance(c, Span) else c for c in row] for row in body]

    return Page(label or link.key, blocks, data, rows)


def _provenance(link: Link, field: str, words: Words) -> str:
    p = link.provenance.get(field)
    return "" if p is None else " ".join(part for part in (p.system, words.moment(p.stamp)) if part)


def _journal_lines(row: JournalRow, entity: str, words: Words) -> Iterator[Block]:
    head = f"{words.moment(row.at)}  {row.run}  {words.word('kind', str(row.action))}  {row.system}"
    if row.action in (Action.CREATE, Action.DELETE) or not row.fields:
        yield spans(head, Span(f"  {words.word('done', str(row.done))}", "dim"), indent=2)
        return
    for field, change in row.fields.items():
        yield change_line(row, field, change, entity, words)


def change_line(row: JournalRow, field: str, change: JournalField, entity: str, words: Words) -> Line:
    before = words.value(value_from_json(change.before), entity=entity, field=field)
    after = words.value(value_from_json(change.after), entity=entity, field=field)
    why = words.word("reason", change.reason)
    if change.source:
        why = words.say("diff.from", source=words.word("source", change.source), reason=why)
    done = words.word("done", str(row.done))
    return spans(
        f"{words.moment(row.at)}  {row.run}  {row.system}  {field}: {before} -> ",
        Span(after, "change"),
        Span(f"   ({why})  {done}", "dim"),
        indent=2,
    )


def why_page(link: Link, label: str, field: str, journal: Sequence[JournalRow], words: Words) -> Page:
    """Why this value stands there: where it came from, what each end shows, and every change of it."""
    entity = str(link.entity)
    rows = [(r, r.fields[field]) for r in journal if field in r.fields]

    def blocks() -> Iterable[Block]:
        yield spans(Span(label or link.key, "strong"), Span(f"  [{words.entity(entity)}]  {field}", "dim"))
        if field in link.golden:
            yield spans(
                words.say("show.golden") + ": ",
                Span(words.full(link.golden[field], entity=entity, field=field), "strong"),
            )
        else:
            yield line(words.say("why.no_golden"), "dim")
        p = link.provenance.get(field)
        if p is not None:
            when = words.moment(p.stamp) or "-"
            yield line(words.say("why.from", system=p.system, when=when, run=p.run or "-"))
        for end in link.ends:
            if field in end.base:
                value = words.value(end.base[field], entity=entity, field=field)
                sent = f"  -> {words.value(end.sent[field].value)} *" if field in end.sent else ""
                yield line(f"{end.at.system} {end.at.id}: {value}{sent}", indent=2)
        yield Line(())
        yield Heading(words.say("why.chain"))
        if not rows:
            yield line(words.say("why.no_changes"), "dim", 2)
        for row, change in rows:
            yield change_line(row, field, change, entity, words)
            if change.lost:
                lost = ", ".join(f"{s}: {words.value(value_from_json(v))}" for s, v in change.lost.items())
                yield line(words.say("diff.lost", lost=lost), "warn", 8)

    def data() -> dict[str, Any]:
        p = link.provenance.get(field)
        return {
            "link": link.key,
            "entity": entity,
            "field": field,
            "golden": as_json(link.golden.get(field)),
            "provenance": None if p is None else {"system": p.system, "stamp": as_json(p.stamp), "run": p.run},
            "ends": {f"{e.at.system}/{e.at.object}/{e.at.id}": as_json(e.base.get(field)) for e in link.ends},
            "journal": [journal_json(r) for r, _ in rows],
        }

    def table_rows() -> tuple[list[str], list[list[str]]]:
        header = [words.say(f"sheet.{c}") for c in ("at", "run", "system", "before", "after", "reason", "from", "done")]
        body = []
        for row, c in rows:
            before = words.full(value_from_json(c.before), entity=entity, field=field)
            after = words.full(value_from_json(c.after), entity=entity, field=field)
            reason, done = words.word("reason", c.reason), words.word("done", str(row.done))
            body.append([words.moment(row.at), row.run, row.system, before, after, reason, c.source, done])
        return header, body

    return Page(f"{label} {field}", blocks, data, table_rows)


def journal_json(row: JournalRow) -> dict[str, Any]:
    return {
        "run": row.run,
        "seq": row.seq,
        "at": as_json(row.at),
        "entity": str(row.entity),
        "link": row.link,
        "record": row.label,
        "action": str(row.action),
        "done": str(row.done),
        "system": row.system,
        "object": row.object,
        "id": row.id,
        "message": row.message,
        "fields": {
            f: {
                "before": as_json(value_from_json(c.before)),
                "after": as_json(value_from_json(c.after)),
                "reason": c.reason,
                "source": c.source,
                "lost": {s: as_json(value_from_json(v)) for s, v in c.lost.items()},
            }
            for f, c in row.fields.items()
        },
    }
