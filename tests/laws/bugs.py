"""Bugs put into the engine on purpose: an oracle that does not see them is blind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from connector.adapters.contract import Change
from connector.engine import after as aftermath
from connector.engine import apply as applying
from connector.engine import chunk as chunks
from connector.engine import place, recover, writing
from connector.engine import run as runs
from connector.model import OPT_IN, OPT_OUT, Reason
from connector.store.records import Batch
from connector.sync import field, fields
from connector.sync.field import Decision, EndAfter, Golden

Patch = pytest.MonkeyPatch


def shared_base(patch: Patch) -> None:
    """Every end is compared with what the hub holds, not with what it showed itself."""
    real: Any = vars(chunks)["plan_link"]

    def plan_link(*args: Any, **options: Any) -> Any:
        plan = real(*args, **options)
        ends = tuple(
            replace(e, base={f: plan.after.golden.get(f, v) if f not in e.first else v for f, v in e.base.items()})
            for e in plan.after.ends
        )
        return replace(plan, after=replace(plan.after, ends=ends))

    patch.setattr(chunks, "plan_link", plan_link)


def blind_overwrite(patch: Patch) -> None:
    """No compare before a write, and neither version nor expected values with it."""
    real: Any = vars(applying)["prepare_update"]

    def prepare(task: Any, *args: Any, **options: Any) -> None:
        real(task, *args, **options)
        if isinstance(task.write, Change):
            task.write = replace(task.write, if_version=None, before={})

    patch.setattr(writing, "moved", lambda task, now: False)
    patch.setattr(applying, "prepare_update", prepare)


def cursor_before_commit(patch: Patch) -> None:
    """The cursor moves on before what it passed was written."""
    real = runs._apply

    def apply(made: Any, plan: Any, fence: Any, *args: Any, **options: Any) -> Any:
        made.hub.store.commit(fence, "early", Batch(cursors=plan.footer.cursors))
        return real(made, plan, fence, *args, **options)

    patch.setattr(runs, "_apply", apply)


def link_after_create(patch: Patch) -> None:
    """The link is stored only when the record was made."""
    real = applying._Worker._commit_intents

    def commit(self: Any, fresh: Any, links: Any, expects: Any, creating: Any, pending: Any) -> Any:
        return real(self, fresh, links, expects, (), pending)

    patch.setattr(applying._Worker, "_commit_intents", commit)


def no_adoption(patch: Patch) -> None:
    """Our own key on a record is not looked at."""
    patch.setattr(place, "_adopt", lambda ready, reads, placed: (list(reads), []))
    real = recover._look
    patch.setattr(recover, "_look", lambda r, held, by, value: None if by == "key" else real(r, held, by, value))


def blank_overwrites(patch: Patch) -> None:
    """`on_blank: keep` is forgotten."""
    patch.setattr(field, "_speaks", lambda spec, end: not end.rebased and (end.edited or end.first_contact))


def base_on_hope(patch: Patch) -> None:
    """What was sent is taken for what the record shows."""
    real = aftermath._evidence

    def evidence(task: Any, end: Any, *args: Any) -> Any:
        made = real(task, end, *args)
        return replace(made, base={**made.base, **{c.field: c.after for c in task.changes}}, sent={})

    patch.setattr(aftermath, "_evidence", evidence)


def opt_out_reversed(patch: Patch) -> None:
    """The last opt-in heard wins."""
    real: Any = vars(fields)["merge_consent"]

    def merge(spec: Any, golden: Golden, ends: Any, **options: Any) -> Any:
        if golden.value == OPT_OUT and any(e.shown == OPT_IN for e in ends):
            heard = next(e for e in ends if e.shown == OPT_IN)
            decision = Decision(replace(golden, value=OPT_IN), Reason.EDITED, heard.system)
            after = {e.slot: field.deliver(spec, golden, decision, e) for e in ends}
            return field.Merged(decision.golden, after)
        return real(spec, golden, ends, **options)

    patch.setattr(fields, "merge_consent", merge)


def held_edit_forgotten(patch: Patch) -> None:
    """A conflict moves the bases: the edits that wait for a person are edits no more."""
    patch.setattr(
        field,
        "_keep",
        lambda end: EndAfter(end.shown if end.shown is not field.MISSING else end.base, end.sent, end.accepted),
    )


BUGS: Mapping[str, Callable[[Patch], None]] = {
    "one shared base": shared_base,
    "blind overwrite": blind_overwrite,
    "cursor before commit": cursor_before_commit,
    "link after create": link_after_create,
    "no adoption by key": no_adoption,
    "blank overwrites": blank_overwrites,
    "base moved on hope": base_on_hope,
    "opt-out reversed": opt_out_reversed,
    "held edit forgotten": held_edit_forgotten,
}
