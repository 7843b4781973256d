"""Steps as the journal keeps them."""

from __future__ import annotations

from connector.engine.writing import Task
from connector.store.records import Done, JournalField, JournalOutcome, JournalRow
from connector.store.values import value_to_json as to_json


def journal_row(task: Task, done: Done, run: str) -> JournalRow:
    """A step as the journal keeps it: canonical for people, native for undo."""
    return JournalRow(
        seq=task.seq,
        entity=task.link.entity,
        link=task.link.key,
        action=task.action,
        done=done,
        system=task.held.at.system,
        object=task.held.at.object,
        id=task.id,
        part=task.held.at.part,
        fields={
            c.field: JournalField(
                to_json(c.before),
                to_json(c.after),
                str(c.reason),
                c.source,
                {s: to_json(v) for s, v in c.lost.items()},
            )
            for c in task.changes
        },
        native=task.native,
        message=task.message,
        label=task.line.plan.label,
        run=run,
    )


def journal_outcome(task: Task) -> JournalOutcome:
    return JournalOutcome(task.seq, task.done or Done.UNKNOWN, task.id, None, task.message)
