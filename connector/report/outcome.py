"""What a run did: the ledger per entity and system, what moved, what is held, what the guard stopped, what is next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connector.engine.run import Outcome
from connector.report.blocks import Block, Line, Page, Style, line, table
from connector.report.diff import counts, trip_lines
from connector.report.words import Words
from connector.store.records import RunKind, RunState

OUT = ("applied", "held", "refused", "unknown", "moved", "stopped")
IN = ("unchanged", "settled", "planned", "held", "skipped")
_STATE: Mapping[RunState, Style] = {RunState.DONE: "good", RunState.PARTIAL: "warn", RunState.STOPPED: "bad"}


def outcome_page(outcome: Outcome, words: Words) -> Page:
    out = outcome.applied.ledger.as_json()

    def blocks() -> Iterable[Block]:
        yield from trip_lines(outcome.trips, words)
        if out:
            yield ledger_table(out, OUT, words)
        yield from _moved(outcome, words)
        if outcome.recovered:
            yield line(words.say("outcome.recovered", count=words.number(outcome.recovered)), "dim")
        yield line(headline(outcome, words), _STATE.get(outcome.state, ""))
        for text in next_steps(outcome, words):
            yield line(text, "dim", 2)

    def data() -> dict[str, Any]:
        return {
            "run": outcome.run,
            "kind": str(outcome.kind),
            "state": str(outcome.state),
            "plan": outcome.plan.header.id,
            "done": dict(outcome.applied.done),
            "out": out,
            "in": dict(outcome.plan.footer.ledger),
            "moved": list(outcome.applied.moved),
            "holds_opened": outcome.applied.opened,
            "trips": [dict(t) for t in outcome.trips],
            "recovered": outcome.recovered,
        }

    return Page(words.say("outcome.title", run=outcome.run), blocks, data, lambda: ledger_rows(out, OUT, words))


def headline(outcome: Outcome, words: Words) -> str:
    done = {k: words.number(outcome.applied.done.get(k, 0)) for k in OUT}
    state = words.word("state", str(outcome.state))
    if outcome.state is RunState.STOPPED:
        return words.say("outcome.stopped", run=outcome.run, **done)
    if outcome.kind is RunKind.LINK and not sum(outcome.applied.done.values()):
        c = counts(outcome.plan)
        return words.say(
            "outcome.linked", run=outcome.run, linked=words.number(c["linked"]), opened=words.number(c["holds"])
        )
    return words.say("outcome.done", run=outcome.run, state=state, opened=words.number(outcome.applied.opened), **done)


def next_steps(outcome: Outcome, words: Words) -> list[str]:
    steps = []
    if outcome.state is RunState.STOPPED:
        undone = outcome.plan.footer.state.get("undoes")
        steps.append(words.say("next.stopped_undo", run=undone) if undone else words.say("next.stopped"))
    elif outcome.kind is RunKind.LINK:
        steps.append(words.say("next.linked"))
    if outcome.applied.opened:
        steps.append(words.say("next.holds"))
    if any(outcome.applied.done.get(k) for k in ("refused", "unknown")):
        steps.append(words.say("next.refused", run=outcome.run))
    if outcome.applied.moved:
        steps.append(words.say("next.moved"))
    undoable = outcome.kind in (RunKind.SYNC, RunKind.APPLY, RunKind.BACKFILL) and not outcome.trips
    if undoable and outcome.applied.done.get("applied"):
        steps.append(words.say("next.undo", run=outcome.run))
    return steps


def _moved(outcome: Outcome, words: Words) -> Iterable[Block]:
    moved = outcome.applied.moved
    if not moved:
        return
    yield line(words.say("outcome.moved", count=words.number(len(moved))), "warn")
    for label in moved[:10]:
        yield line(label, indent=4)
    if len(moved) > 10:
        yield line("…", indent=4)
    yield Line(())


def ledger_rows(
    ledger: Mapping[str, Mapping[str, Mapping[str, int]]], outcomes: tuple[str, ...], words: Words
) -> tuple[list[str], list[list[str]]]:
    used = [o for o in outcomes if any(counts.get(o) for systems in ledger.values() for counts in systems.values())]
    header = [words.say("sheet.entity"), words.say("sheet.system"), *(words.word("done", o) for o in used)]
    rows = [
        [words.entity(entity), system, *(words.number(counts.get(o, 0)) for o in used)]
        for entity, systems in ledger.items()
        for system, counts in sorted(systems.items())
    ]
    return header, rows


def ledger_table(
    ledger: Mapping[str, Mapping[str, Mapping[str, int]]], outcomes: tuple[str, ...], words: Words
) -> Block:
    header, rows = ledger_rows(ledger, outcomes, words)
    return table(header, rows, range(2, len(header)))
