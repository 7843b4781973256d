"""How the hub stands, the list of runs, and one run with its ledger and steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from connector.engine.hub import Hub
from connector.report.blocks import Block, Heading, Line, Page, Span, Style, line, spans, table
from connector.report.outcome import IN, OUT, ledger_table
from connector.report.records import change_line, journal_json
from connector.report.words import Words, as_json
from connector.store.records import JournalRow, Run, RunState

STEPS = 50
_STATE: Mapping[RunState, Style] = {
    RunState.DONE: "good", RunState.PARTIAL: "warn", RunState.STOPPED: "bad", RunState.FAILED: "bad",
    RunState.CRASHED: "bad", RunState.RUNNING: "change",
}  # fmt: skip


def status_page(hub: Hub, config: str, state: str, systems: Mapping[str, str], words: Words) -> Page:
    runs = hub.store.runs(1)
    counts = {str(m.entity): hub.store.counts(m.entity) for m in hub.mappings}
    linked = set(hub.store.get("linked") or ())
    kinds: dict[str, dict[str, int]] = {}
    for held in hub.store.holds():
        kind = kinds.setdefault(str(held.hold.id.kind), {"open": 0, "decided": 0})
        kind["decided" if held.verdict is not None else "open"] += 1

    def blocks() -> Iterable[Block]:
        for name, value in (("config", config), ("state", state), ("hub", hub.store.hub)):
            yield spans(Span(words.say(f"status.{name}") + ": ", "dim"), value)
        yield spans(
            Span(words.say("status.systems") + ": ", "dim"),
            words.say("list.joiner").join(f"{name} ({kind})" for name, kind in systems.items()),
        )
        yield Line(())
        names = list(systems)
        header = [words.say("sheet.entity"), words.say("status.mapping"), words.say("status.links"), *names]
        rows: list[list[str | Span]] = []
        for m in hub.mappings:
            here = counts[str(m.entity)]
            phase = "status.off" if not m.enabled else "status.on" if str(m.entity) in linked else "status.unlinked"
            phased = Span(words.say(phase), "good" if phase == "status.on" else "warn")
            numbers = [words.number(here.get(s, 0)) if s in m.systems else "-" for s in names]
            rows.append([words.entity(m.entity), phased, words.number(here.get("", 0)), *numbers])
        yield table(header, rows, range(2, len(header)))
        yield Line(())
        yield (
            spans(Span(words.say("status.last_run") + ": ", "dim"), *_brief(runs[0], words))
            if runs
            else line(words.say("status.no_run"), "dim")
        )
        if runs and runs[0].state is RunState.RUNNING:
            yield line(words.say("status.running", run=runs[0].id, since=words.moment(runs[0].started_at)), "change")
        if kinds:
            parts = [f"{words.word('hold', k)} {words.number(n['open'])}" for k, n in sorted(kinds.items())]
            yield spans(Span(words.say("status.holds") + ": ", "ask"), words.say("list.joiner").join(parts))
            decided = sum(n["decided"] for n in kinds.values())
            if decided:
                yield line(words.say("status.decided", count=words.number(decided)), "dim")
        else:
            yield line(words.say("holds.none"), "good")

    def data() -> dict[str, Any]:
        return {
            "hub": hub.store.hub,
            "config": config,
            "state": state,
            "systems": dict(systems),
            "mappings": [
                {"entity": str(m.entity), "file": m.file, "enabled": m.enabled, "linked": str(m.entity) in linked}
                for m in hub.mappings
            ],
            "counts": {e: {"links" if s == "" else s: n for s, n in c.items()} for e, c in counts.items()},
            "holds": kinds,
            "last_run": run_json(runs[0]) if runs else None,
        }

    def rows() -> tuple[list[str], list[list[str]]]:
        body = [[e, s or "*", str(n)] for e, c in counts.items() for s, n in c.items()]
        return [words.say("sheet.entity"), words.say("sheet.system"), words.say("diff.column.count")], body

    return Page(words.say("status.title"), blocks, data, rows)


def _brief(run: Run, words: Words) -> tuple[str | Span, ...]:
    kind, state = words.word("run", str(run.kind)), words.word("state", str(run.state))
    return (f"{run.id}  {words.moment(run.started_at)}  {kind}  ", Span(state, _STATE[run.state]))


def run_json(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "kind": str(run.kind),
        "state": str(run.state),
        "started_at": as_json(run.started_at),
        "ended_at": as_json(run.ended_at),
        "plan": run.plan,
        "undone_by": run.undone_by,
        "message": run.message,
        "counts": as_json(run.counts),
    }


def runs_page(runs: Sequence[Run], words: Words) -> Page:
    columns = ("run", "started", "ended", "kind", "state", "applied", "held", "undone")

    def row(run: Run) -> list[str | Span]:
        done = run.counts.get("done") or {}
        return [
            run.id,
            words.moment(run.started_at),
            words.moment(run.ended_at),
            words.word("run", str(run.kind)),
            Span(words.word("state", str(run.state)), _STATE[run.state]),
            words.number(int(done.get("applied", 0))),
            words.number(int(run.counts.get("held", 0) or 0)),
            run.undone_by,
        ]

    def blocks() -> Iterable[Block]:
        if not runs:
            yield line(words.say("status.no_run"), "dim")
            return
        yield table([words.say(f"runs.{c}") for c in columns], [row(r) for r in runs], (5, 6))

    def rows() -> tuple[list[str], list[list[str]]]:
        body = [[c.text if isinstance(c, Span) else c for c in row(r)] for r in runs]
        return [words.say(f"runs.{c}") for c in columns], body

    return Page(words.say("runs.title"), blocks, lambda: {"runs": [run_json(r) for r in runs]}, rows)


def run_page(run: Run, journal: Callable[[], Iterator[JournalRow]], words: Words, *, every: bool) -> Page:
    """`journal` starts a fresh reading of the run's steps."""

    def blocks() -> Iterable[Block]:
        yield spans(*_brief(run, words))
        if run.undone_by:
            yield line(words.say("runs.undone_by", run=run.undone_by), "warn")
        if run.message:
            yield line(run.message, "dim")
        for heading, name, outcomes in (("runs.in", "in", IN), ("runs.out", "out", OUT)):
            ledger = run.counts.get(name) or {}
            if ledger:
                yield Line(())
                yield Heading(words.say(heading))
                yield ledger_table(ledger, outcomes, words)
        yield Line(())
        yield Heading(words.say("runs.steps"))
        shown = 0
        for row in journal() if every else islice(journal(), STEPS + 1):
            if not every and shown == STEPS:
                yield line(words.say("runs.more"), "dim", 2)
                break
            yield from _step(row, words)
            shown += 1
        if not shown:
            yield line(words.say("runs.no_steps"), "dim", 2)

    def rows() -> tuple[list[str], Iterator[list[str]]]:
        names = (
            "at",
            "action",
            "entity",
            "record",
            "system",
            "id",
            "field",
            "before",
            "after",
            "reason",
            "from",
            "done",
        )
        return [words.say(f"sheet.{n}") for n in names], _rows(journal(), words)

    def data() -> dict[str, Any]:
        return run_json(run) | {"steps": [journal_json(r) for r in journal()]}

    return Page(words.say("runs.one", run=run.id), blocks, data, rows)


def _step(row: JournalRow, words: Words) -> Iterator[Block]:
    done: Style = "good" if row.done.value == "applied" else "warn"
    action, said = words.word("kind", str(row.action)), words.word("done", str(row.done))
    what = f"{action}  {row.label or row.link}  {row.system} {row.id}  "
    yield spans(what, Span(said, done), f"  {row.message}" if row.message else "", indent=2)
    for field, change in row.fields.items():
        whole = change_line(row, field, change, str(row.entity), words)
        head, *rest = whole.spans
        yield Line((Span(head.text.split("  ", 3)[-1]), *rest[:-1]), 6)


def _rows(journal: Iterator[JournalRow], words: Words) -> Iterator[list[str]]:
    from connector.store.values import value_from_json

    for row in journal:
        entity = str(row.entity)
        head = [words.moment(row.at), words.word("kind", str(row.action)), words.entity(entity), row.label]
        head += [row.system, row.id]
        done = words.word("done", str(row.done))
        for field, c in row.fields.items() or [("", None)]:
            if c is None:
                yield [*head, "", "", "", "", "", done]
                continue
            before = words.full(value_from_json(c.before), entity=entity, field=field)
            after = words.full(value_from_json(c.after), entity=entity, field=field)
            yield [*head, field, before, after, words.word("reason", c.reason), c.source, done]
