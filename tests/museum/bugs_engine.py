"""Bugs in the engine: pulling, placing, planning, writing, recovering, undoing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connector.adapters.contract import Change, New, Refused, Unknown
from connector.engine import adopt, after, apply, chunk, planning, pull, recover, undo, writing
from connector.engine import run as runs
from connector.model import EndState, Entity
from connector.store.records import Action, Batch, Done, RunKind
from connector.store.store import Store
from tests.museum.surgery import Rig, Surgery, Wing

WING = Wing("engine")


@WING.bug("base moved on hope", 1, 5)
def base_on_hope(at: Surgery) -> None:
    """What was sent is taken for what the record shows."""

    def make(real: Any) -> Any:
        def evidence(task: Any, end: Any, *args: Any) -> Any:
            made = real(task, end, *args)
            return replace(made, base={**made.base, **{c.field: c.after for c in task.changes}}, sent={})

        return evidence

    at.replace(after, "_evidence", make)


@WING.bug("blind overwrite", 1, 2)
def blind_overwrite(at: Surgery) -> None:
    """No compare before a write, and neither version nor expected values with it."""

    def make(real: Any) -> Any:
        def prepare(task: Any, *args: Any, **options: Any) -> None:
            real(task, *args, **options)
            if isinstance(task.write, Change):
                task.write = replace(task.write, if_version=None, before={})

        return prepare

    at.replace(writing, "moved", lambda real: lambda task, now: False)
    at.replace(writing, "prepare_update", make)


@WING.bug("a stale version tried again", 1, 2)
def stale_retried(at: Surgery) -> None:
    """A system says that the record has changed, and the write is sent again without the version."""

    def make(real: Any) -> Any:
        def push(ready: Any, system: str, object_: str, tasks: Any) -> Any:
            outcomes = real(ready, system, object_, tasks)
            for i, (task, outcome) in enumerate(zip(tasks, outcomes, strict=True)):
                if isinstance(outcome, Refused) and outcome.kind.value == "stale" and isinstance(task.write, Change):
                    again = replace(task.write, if_version=None, before={})
                    outcomes[i] = ready.hub.adapters[system].push(object_, [again])[0]
            return outcomes

        return push

    at.replace(writing, "push", make)


@WING.bug("whole record written instead of its changed fields", 2)
def whole_record(at: Surgery) -> None:
    """An update carries every column of the record as it was read, changed or not."""

    def make(real: Any) -> Any:
        def prepare(task: Any, now: Any, foreign: Any) -> None:
            real(task, now, foreign)
            if isinstance(task.write, Change):
                every = {c: v for c, v in now.values.items() if c in task.held.lens.columns}
                task.write = replace(task.write, values={**every, **task.write.values})

        return prepare

    at.replace(writing, "prepare_update", make)


@WING.bug("a time-out taken for done", 5)
def unknown_is_done(at: Surgery) -> None:
    """An update without an answer is counted as written, and its value as standing there."""

    def make(real: Any) -> Any:
        def after_update(task: Any, link: Any, outcome: Any, now: Any) -> Any:
            if not isinstance(outcome, Unknown):
                return real(task, link, outcome, now)
            ends = tuple(
                replace(e, base={**e.base, **{c.field: c.after for c in task.changes}}) if e.at == task.at else e
                for e in link.ends
            )
            return replace(link, ends=ends)

        return after_update

    at.replace(after, "_after_update", make)


@WING.bug("create repeated after a time-out", 3)
def create_repeated(at: Surgery) -> None:
    """A create without an answer is sent once more, without the key by which a system would know it."""

    def make(real: Any) -> Any:
        def push(ready: Any, system: str, object_: str, tasks: Any) -> Any:
            outcomes = real(ready, system, object_, tasks)
            for i, (task, outcome) in enumerate(zip(tasks, outcomes, strict=True)):
                if isinstance(outcome, Unknown) and isinstance(task.write, New):
                    again = replace(task.write, key=f"{task.write.key}-2")
                    outcomes[i] = ready.hub.adapters[system].push(object_, [again])[0]
            return outcomes

        return push

    at.replace(writing, "push", make)


@WING.bug("a create of unknown outcome forgotten", 3)
def unknown_create_forgotten(at: Surgery) -> None:
    """Where no key can be looked up, a create without an answer counts as not done and is made again."""

    def make(real: Any) -> Any:
        def create(ready: Any, held: Any, link: Any, row: Any) -> Any:
            done, outcome, hold = real(ready, held, link, row)
            if hold is None:
                return done, outcome, hold
            rest = tuple(e for e in link.ends if e.state is not EndState.CREATING)
            return replace(link, ends=rest), outcome, None

        return create

    at.replace(recover, "_create", make)


@WING.bug("a create without an answer never looked up", 5)
def unknown_create_left(at: Surgery) -> None:
    """A create that timed out counts as done with: no later run asks what became of it."""

    def make(real: Any) -> Any:
        def commit(self: Any, fresh: Any, links: Any, expects: Any, tasks: Any, *rest: Any) -> None:
            real(self, fresh, links, expects, tasks, *rest)
            unknown = [t for t in tasks if t.done is Done.UNKNOWN and t.action is Action.CREATE]
            self.store.commit(self.fence, self.run, Batch(outcomes=[apply.journal_outcome(t) for t in unknown]))

        return commit

    at.replace(apply._Worker, "_commit_outcomes", make)


@WING.bug("link after create", 3, 8, rig=Rig.CRASH, scenario="creates")
def link_after_create(at: Surgery) -> None:
    """The link is stored only when the record was made."""

    def make(real: Any) -> Any:
        def commit(worker: Any, fresh: Any, links: Any, expects: Any, creating: Any, pending: Any) -> Any:
            return real(worker, fresh, links, expects, (), pending)

        return commit

    at.replace(apply._Worker, "_commit_intents", make)


@WING.bug("no adoption by key", 3, 8, rig=Rig.CRASH, scenario="creates")
def no_adoption(at: Surgery) -> None:
    """Our own key on a record is not looked at."""
    at.replace(adopt, "adopt", lambda real: lambda ready, reads, placed: (list(reads), []))
    at.replace(
        recover,
        "_look",
        lambda real: lambda ready, held, by, value: None if by == "key" else real(ready, held, by, value),
    )


@WING.bug("cursor before commit", 1, 8)
def cursor_before_commit(at: Surgery) -> None:
    """The cursor moves on before what it passed was written."""

    def make(real: Any) -> Any:
        def apply_plan(ready: Any, plan: Any, fence: Any, run: str, **options: Any) -> Any:
            if not options.get("stopped"):
                ready.hub.store.commit(fence, run, Batch(cursors=plan.footer.cursors))
            return real(ready, plan, fence, run, **options)

        return apply_plan

    at.replace(apply, "apply_plan", make)


@WING.bug("a held record lost behind the cursor", 1, 5)
def held_behind_cursor(at: Surgery) -> None:
    """A record with something unfinished is looked at again only when its system lists it again."""
    at.replace(chunk.Chunk, "_fetch", lambda real: lambda self, keys, reads: {})


@WING.bug("dirty mark forgotten", 5)
def dirty_forgotten(at: Surgery) -> None:
    """A run plans what it pulled, and nothing that an earlier run left undone."""
    at.replace(Store, "dirty", lambda real: lambda self, entity, chunk=1000: iter(()))


@WING.bug("recovered link: new version, old base", 1, 8, rig=Rig.CRASH, scenario="opt-outs go first")
def new_version_old_base(at: Surgery) -> None:
    """After a crash the record's version is taken over and what it shows is not."""

    def make(real: Any) -> Any:
        def update(ready: Any, held: Any, link: Any, row: Any) -> Any:
            made, outcome = real(ready, held, link, row)
            now = recover._look(ready, held, "id", row.id)
            if now is None:
                return made, outcome
            ends = tuple(
                replace(
                    e,
                    version=now.version,
                    fingerprint=held.lens.fingerprint(now.values),
                    sent=next((old.sent for old in link.ends if old.at == e.at), {}),
                )
                if (e.at.system, e.at.id) == (row.system, row.id)
                else e
                for e in made.ends
            )
            return replace(made, ends=ends), outcome

        return update

    at.replace(recover, "_update", make)


@WING.bug("no recovery", 8, 13, rig=Rig.CRASH, scenario="creates")
def no_recovery(at: Surgery) -> None:
    """What a dead run left behind is not looked into."""
    at.replace(recover, "recover", lambda real: lambda ready, fence: 0)


@WING.bug("answers matched by position", 1, 10)
def by_position(at: Surgery) -> None:
    """The records of an answer are taken in the order in which they were asked for."""

    def make(real: Any) -> Any:
        def read(self: Any, tasks: Any) -> Mapping[Any, Any]:
            found = real(self, tasks)
            asked = dict.fromkeys((t.held.at.system, t.held.at.object, t.id) for t in tasks)
            by_place: dict[Any, list[Any]] = {}
            for (system, object_, _), native in found.items():
                by_place.setdefault((system, object_), []).append(native)
            return {key: by_place[key[:2]].pop(0) for key in asked if by_place.get(key[:2])}

        return read

    at.replace(apply._Worker, "_read", make)


@WING.bug("one refusal fails the whole batch", 10)
def refusal_spreads(at: Surgery) -> None:
    """Where a system refuses one write of a batch, the others count as refused too."""

    def make(real: Any) -> Any:
        def push(ready: Any, system: str, object_: str, tasks: Any) -> Any:
            outcomes = real(ready, system, object_, tasks)
            refused = next((o for o in outcomes if isinstance(o, Refused)), None)
            return [refused] * len(outcomes) if refused is not None else outcomes

        return push

    at.replace(writing, "push", make)


@WING.bug("a stale plan applied", 1, 6)
def stale_plan_applied(at: Surgery) -> None:
    """A saved plan is written over links that moved on since."""

    moved_on: dict[str, int] = {}  # link -> the version that is written over

    def make_planned(real: Any) -> Any:
        def as_planned(self: Any, line: Any, version: Any) -> Any:
            planned, key = real(self, line, version), line.plan.after.key
            now = self.store.links([key]).get(key)
            if planned is not None or now is None:
                return planned
            moved_on[key] = now.version
            fields = frozenset(line.after_consent)
            return after.carry_consent(line.plan.after, now, fields) if fields else line.plan.after

        return as_planned

    def make_expect(real: Any) -> Any:
        return lambda self, line: moved_on.pop(line.plan.after.key, None) or real(self, line)

    at.replace(apply._Worker, "_as_planned", make_planned)
    at.replace(apply._Worker, "_expect", make_expect)


@WING.bug("apply merges anew", 6)
def apply_merges_anew(at: Surgery) -> None:
    """What is applied is not the plan that was read, but what a new look at the systems gives."""

    def make(real: Any) -> Any:
        def again(made: Any, plan: Any, fence: Any, kind: Any, **options: Any) -> Any:
            if kind is RunKind.APPLY:
                plan = planning.make_plan(made, plan.path.with_name(plan.path.name + ".anew"))
            return real(made, plan, fence, kind, **options)

        return again

    at.replace(runs, "_apply", make)


@WING.bug("a diff that remembers", 7)
def diff_remembers(at: Surgery) -> None:
    """A dry run stores the cursors of what it pulled."""

    def make(real: Any) -> Any:
        def diff(hub: Any, out: Any, **options: Any) -> Any:
            plan = real(hub, out, **options)
            fence = hub.store.acquire(hub.holder, hub.lease)
            hub.store.commit(fence, plan.header.id, Batch(cursors=plan.footer.cursors))
            hub.store.release(fence)
            return plan

        return diff

    at.replace(runs, "diff", make)


@WING.bug("steps skipped in silence", 13)
def skipped_silently(at: Surgery) -> None:
    """Steps on records that moved since the plan are counted nowhere."""
    at.replace(apply._Worker, "_moved", lambda real: lambda self, line: None)


@WING.bug("order of entities", 5, rig=Rig.PARENTS)
def children_first(at: Surgery) -> None:
    """People are written before the companies they belong to."""

    def make(real: Any) -> Any:
        def lines(self: Any, section: Any = None) -> Any:
            rank = {Entity.PERSON: 0, Entity.DEAL: 1, Entity.COMPANY: 2}
            yield from sorted(real(self, section), key=lambda line: rank[line.plan.after.entity])

        return lines

    at.replace(apply.PlanReader, "lines", make)


@WING.bug("undo over a later edit", 1, 14)
def undo_over_edit(at: Surgery) -> None:
    """Undo puts back what stood there before the run, whatever was typed since."""

    def make_updated(real: Any) -> Any:
        def updated(self: Any, end: Any, row: Any, now: Any) -> Any:
            if now is None:
                return real(self, end, row, now)
            ours = {c: after for c, (_, after) in row.native.items()}
            return real(self, end, row, replace(now, values={**now.values, **ours}))

        return updated

    def make_restore(real: Any) -> Any:
        def restore(task: Any, now: Any, wanted: Any) -> None:
            real(task, now, {c: (now.values.get(c), value) for c, (_, value) in wanted.items()})

        return restore

    at.replace(undo._Undo, "_updated", make_updated)
    at.replace(writing, "_prepare_restore", make_restore)


@WING.bug("undo reverses an opt-out", 12, 14)
def undo_opts_in(at: Surgery) -> None:
    """Undo takes an opt-out back like any other value."""

    def make(real: Any) -> Any:
        def updated(self: Any, end: Any, row: Any, now: Any) -> Any:
            changes, restore, *rest = real(self, end, row, now)
            for field, change in row.fields.items():
                if undo.from_json(change.after) == undo.OPT_OUT and now is not None:
                    changes.append(undo.Change(field, undo.OPT_OUT, undo.from_json(change.before), undo.Reason.UNDO))
                    columns = [c for c in row.native if c == "optout"]
                    restore |= {c: (now.values.get(c), row.native[c][0]) for c in columns}
            return changes, restore, *rest

        return updated

    at.replace(undo._Undo, "_updated", make)


@WING.bug("before-values not kept for undo", 14)
def before_not_kept(at: Surgery) -> None:
    """The journal keeps what was written and not what stood there."""

    def make(real: Any) -> Any:
        def row(task: Any, *args: Any) -> Any:
            made = real(task, *args)
            return replace(made, native={c: (None, v) for c, (_, v) in made.native.items()})

        return row

    at.replace(apply, "journal_row", make)


@WING.bug("absence read as deletion", 1, 5)
def absence_is_deletion(at: Surgery) -> None:
    """A record that a full listing does not show counts as deleted."""

    def make(real: Any) -> Any:
        def pages(ready: Any, source: Any, since: Any) -> Any:
            whole = since is None or not ready.hub.adapters[source.system].can.incremental
            seen: set[str] = set()
            for page in real(ready, source, since):
                seen |= {n.id for n in page.records} | {g.id for g in page.gone}
                if whole and page.cursor is not None:
                    known = {
                        e.at.id
                        for entity in {h.mapping.entity for h in source.held}
                        for links in ready.hub.store.every(entity)
                        for link in links
                        for e in link.ends
                        if (e.at.system, e.at.object) == (source.system, source.object) and e.state is EndState.LIVE
                    }
                    page = replace(page, gone=[*page.gone, *(pull.Deleted(i) for i in sorted(known - seen))])
                yield page

        return pages

    at.replace(pull, "_pages", make)


@WING.bug("a merge inside a system read as a deletion", 1, 5)
def merge_is_deletion(at: Surgery) -> None:
    """The link of a record that was merged away does not follow the winner."""

    def make(real: Any) -> Any:
        def left(source: Any, end: Any, gone: Any) -> Any:
            return real(source, end, pull.Deleted(gone.id) if isinstance(gone, pull.Merged) else gone)

        return left

    at.replace(pull, "_left", make)
