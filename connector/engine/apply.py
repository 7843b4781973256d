"""Stage five: exactly the steps of a plan, in batches: intents committed before the call, outcomes after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as given

from connector.adapters.contract import Change as NativeChange
from connector.adapters.contract import Native, Outcome
from connector.engine.after import after_task, carry_consent, intended, undecide, undecided
from connector.engine.estimate import CHUNK
from connector.engine.hub import Ready
from connector.engine.journal import journal_outcome, journal_row
from connector.engine.planfile import Line, PlanReader
from connector.engine.pull import Ledger, patience
from connector.engine.recover import unknown_create
from connector.engine.writing import (
    Task,
    creating_id,
    fills,
    foreign_ids,
    native_values,
    new_write,
    one_write_per_record,
    prepare_delete,
    prepare_update,
    push,
    refusal_hold,
    refuse_unfit,
    take_outcome,
)
from connector.mapping.model import SameRecord
from connector.model import (
    OPT_OUT,
    Create,
    Delete,
    End,
    EndId,
    EndState,
    Hold,
    HoldId,
    HoldKind,
    Link,
    LinkPlan,
    Update,
)
from connector.store.records import (
    Action,
    Batch,
    Done,
    Fence,
    LinkWrite,
)

QUIET = 2000  # links without: nothing outside waits for them


@dataclass(slots=True)
class Applied:
    """What a plan became: step outcomes per entity and system, and what a person should hear about."""

    ledger: Ledger = given(default_factory=Ledger)
    done: dict[str, int] = given(default_factory=dict)
    moved: list[str] = given(default_factory=list)  # labels of records that moved since the plan
    opened: int = 0

    def add(self, task: Task) -> None:
        outcome = str(task.done)
        self.ledger.add(task.link.entity, task.held.at.system, outcome)
        self.done[outcome] = self.done.get(outcome, 0) + 1


def apply_plan(
    ready: Ready, plan: PlanReader, fence: Fence, run: str, *, stopped: bool = False, consented: bool = False
) -> Applied:
    """Applies a plan; `stopped` (the guard) leaves only the opt-outs, which no brake may delay.

    `consented`: an earlier try was stopped and has written the opt-outs.
    """
    worker = _Worker(ready, plan, fence, run, consented=consented)
    for lines in () if consented else _chunks(plan.lines("consent")):
        worker.chunk(lines)
    if stopped:
        return worker.applied
    worker.touch()
    for lines in _chunks(plan.lines("main")):
        worker.chunk(lines)
    worker.finish()
    return worker.applied


def _chunks(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """Lines of one entity at a time, so that parents are written before their children are sent."""
    chunk: list[Line] = []
    loud = 0
    for line in lines:
        if (
            loud >= CHUNK
            or len(chunk) >= QUIET
            or (chunk and chunk[-1].plan.after.entity is not line.plan.after.entity and not _parts(line))
        ):
            yield chunk
            chunk, loud = [], 0
        chunk.append(line)
        loud += bool(line.plan.steps)
    if chunk:
        yield chunk


def _parts(line: Line) -> bool:
    return any(isinstance(s, Update) and s.at.part for s in line.plan.steps)


def _by_link(tasks: Iterable[Task]) -> dict[str, list[Task]]:
    found: dict[str, list[Task]] = {}
    for task in tasks:
        found.setdefault(task.link.key, []).append(task)
    return found


def _pins(pending: Sequence[Task]) -> list[Hold]:
    """What is about to be undone is pinned before the call: a run after a crash must not do it again."""
    lines = {t.link.key: t.line for t in pending}
    return [h for line in lines.values() for h in line.plan.opened if h.id.kind is HoldKind.UNDONE]


class _Worker:
    """Applies a plan chunk by chunk. One chunk = one commit of intents, the calls, one commit of outcomes."""

    def __init__(self, ready: Ready, plan: PlanReader, fence: Fence, run: str, *, consented: bool) -> None:
        self.ready, self.plan, self.fence, self.run, self.consented = ready, plan, fence, run, consented
        self.store = ready.hub.store
        self.applied = Applied()
        self.seq = 0
        self.done = 0
        self.moved: dict[str, LinkPlan] = {}  # parts of the plan that were not taken over, by link
        self.joined: set[str] = set()  # links that an earlier commit of this run has taken in

    def touch(self) -> None:
        for touches in self.plan.touches():
            self.store.commit(self.fence, self.run, Batch(touches=touches))

    def finish(self) -> None:
        """The cursors move last, with what belongs to them."""
        footer = self.plan.footer
        for name in ("lenses", "identities"):
            if footer.state.get(name):
                self.store.put(self.fence, name, footer.state[name])
        known = self._look_again()
        # a new record whose link moved on without it stands on no link that remembers it: it must be pulled again
        seen = {e.at for plan in self.moved.values() for e in plan.after.ends if e.state is not EndState.CREATING}
        cursors = footer.cursors if seen <= known else {}
        self.store.commit(self.fence, self.run, Batch(cursors=cursors))
        linked = set(self.store.get("linked") or ()) | set(self.plan.header.entities)
        self.store.put(self.fence, "linked", sorted(linked))

    def _look_again(self) -> set[EndId]:
        """Marks the links that had moved: what the plan had seen of them stands behind the cursor now."""
        if not self.moved:
            return set()
        links = self.store.links(sorted({*self.moved, *(k for p in self.moved.values() for k, _ in p.absorbed)}))
        writes = [
            LinkWrite(replace(x, dirty=True, ends=tuple(replace(e, fingerprint=b"") for e in x.ends)), x.version)
            for x in links.values()
        ]
        for start in range(0, len(writes), CHUNK):
            self.store.commit(self.fence, self.run, Batch(links=writes[start : start + CHUNK]))
        return {e.at for x in links.values() for e in x.ends}

    def chunk(self, lines: Sequence[Line]) -> None:
        self.ready.hub.keep()
        current = self.store.versions([line.plan.after.key for line in lines if line.plan.before is not None])
        fresh: list[tuple[Line, Link]] = []
        for line in lines:
            link = self._as_planned(line, current.get(line.plan.after.key))
            if link is None:
                self._moved(line)
            else:
                fresh.append((line, link))
        tasks = [t for line, link in fresh for t in self._tasks(line, link)]
        self._steps(fresh, tasks)
        self.done += len(lines)
        self.ready.hub.progress("apply", self.done, int(self.plan.footer.totals["counts"].get("links", 0)) or None)

    def _as_planned(self, line: Line, version: int | None) -> Link | None:
        """The link as the plan wants it, or None when it moved since; `version` is the one it has now."""
        before, after = line.plan.before, line.plan.after
        if not line.after_consent:
            return after if before is None or version == before.version else None
        current = self.store.links([after.key]).get(after.key)
        expected = (before.version if before is not None else 0) + 1
        if current is None or current.version != expected:
            return None
        if self.consented:  # by an earlier try, or not: the link may have moved on by one before that
            unheard = any(current.golden.get(f) != OPT_OUT for f in line.after_consent)
        else:
            unheard = after.key in self.moved
        if unheard:
            return None
        return carry_consent(after, current, frozenset(line.after_consent))

    def _moved(self, line: Line) -> None:
        self.applied.moved.append(line.plan.label)
        self.moved[line.plan.after.key] = line.plan
        for step in line.plan.steps:
            system = step.system if isinstance(step, Create) else step.at.system
            self.applied.ledger.add(line.plan.after.entity, system, str(Done.MOVED))
            self.applied.done["moved"] = self.applied.done.get("moved", 0) + 1

    # --- steps to tasks

    def _tasks(self, line: Line, link: Link) -> list[Task]:
        tasks = []
        for step in line.plan.steps:
            place = (
                (step.system, step.object, step.part)
                if isinstance(step, Create)
                else (step.at.system, step.at.object, step.at.part)
            )
            held = self.ready.held(link.entity, place)
            if held is None:
                continue
            self.seq += 1
            versioned = self.ready.hub.adapters[held.at.system].can.version_check
            match step:
                case Create(changes=changes):
                    tasks.append(Task(self.seq, line, link, step, held, Action.CREATE, changes))
                case Update(at=at, changes=changes):
                    tasks.append(Task(self.seq, line, link, step, held, Action.UPDATE, changes, at.id, versioned))
                case Delete(at=at):
                    tasks.append(Task(self.seq, line, link, step, held, Action.DELETE, (), at.id, versioned))
        return tasks

    def _steps(self, fresh: Sequence[tuple[Line, Link]], tasks: Sequence[Task]) -> None:
        now = self._read(tasks)
        foreign = foreign_ids(self.ready, tasks)
        for task in tasks:
            self._prepare(task, now.get((task.held.at.system, task.held.at.object, task.id)), foreign)
        pending = {id(t): t for t in tasks if t.write is not None}
        links = {link.key: link for _, link in fresh}
        expects = {line.plan.after.key: self._expect(line) for line, _ in fresh}
        creating = [t for t in pending.values() if t.action is Action.CREATE]
        early = self._commit_intents(fresh, links, expects, creating, list(pending.values()))
        outcomes = self._call(list(pending.values()), early)
        self._commit_outcomes(fresh, links, expects, tasks, outcomes, now, early)

    def _expect(self, line: Line) -> int | None:
        if line.plan.before is None and not line.after_consent:
            return None
        version = line.plan.before.version if line.plan.before is not None else 0
        return version + (1 if line.after_consent else 0)

    def _read(self, tasks: Sequence[Task]) -> dict[tuple[str, str, str], Native]:
        """The records about to be written, as they are now: the last compare, and the before-values for undo."""
        wanted: dict[tuple[str, str], dict[str, None]] = {}
        for task in tasks:
            if task.action is not Action.CREATE:
                wanted.setdefault((task.held.at.system, task.held.at.object), {})[task.id] = None
        found: dict[tuple[str, str, str], Native] = {}
        for (system, object_), ids in wanted.items():
            adapter = self.ready.hub.adapters[system]
            columns = next(s.columns for s in self.ready.sources if (s.system, s.object) == (system, object_))
            every = list(ids)
            for start in range(0, len(every), adapter.can.read_batch):
                for attempt in patience(self.ready.hub):
                    with attempt:
                        natives = adapter.get(object_, "id", every[start : start + adapter.can.read_batch], columns)
                for native in natives:
                    found[system, object_, native.id] = native
        return found

    def _prepare(self, task: Task, now: Native | None, foreign: Mapping[tuple[str, str], str]) -> None:
        match task.step:
            case Update():
                prepare_update(task, now, foreign)
            case Create() if refuse_unfit(task):
                pass
            case Create(part=part) if part and fills(task):
                self._prepare_fill(task, foreign)
            case Create():
                values = native_values(task, foreign)
                if values is None:
                    task.done, task.message = Done.HELD, "waiting"
                else:
                    task.write = new_write(task, values)
                    task.native = {c: (None, v) for c, v in values.items()}
            case Delete() as step:
                if self.ready.hub.adapters[task.held.at.system].can.delete:
                    prepare_delete(task, step, now)
                else:
                    task.done, task.message = Done.HELD, "cannot_delete"

    def _prepare_fill(self, task: Task, foreign: Mapping[tuple[str, str], str]) -> None:
        """A part is never created as a second record: it fills the native record of the part it refers to."""
        field = next(f for f, c in task.held.at.columns.items() if isinstance(c, SameRecord))
        parent = task.link.golden.get(field)
        places = self.store.places([str(parent)], task.held.at.system).get(str(parent), []) if parent else []
        place = next((p for p in places if p.object == task.held.at.object and not p.id.startswith("new:")), None)
        values = native_values(task, foreign)
        if place is None or values is None:
            task.done, task.message = Done.HELD, "waiting"
            return
        task.id = place.id
        task.native = {c: (None, v) for c, v in values.items()}
        task.write = NativeChange(place.id, values, dict.fromkeys(values), None)

    # --- commits and calls

    def _commit_intents(
        self,
        fresh: Sequence[tuple[Line, Link]],
        links: dict[str, Link],
        expects: dict[str, int | None],
        creating: Sequence[Task],
        pending: Sequence[Task],
    ) -> set[str]:
        """Before the call: the intents, and for creates the link with its key. Returns keys of links that had moved."""
        if not pending:
            return set()
        writes: list[LinkWrite] = []
        lines = {line.plan.after.key: line for line, _ in fresh}
        for key, made in _by_link(creating).items():
            link = links[key]
            ends = [End(creating_id(t), state=EndState.CREATING, first=frozenset(), sent=intended(t)) for t in made]
            links[key] = replace(link, ends=(*link.ends, *ends))
            writes.append(self._write(lines[key], replace(links[key], dirty=True), expects[key]))
        moved = set(
            self.store.commit(
                self.fence,
                self.run,
                Batch(
                    links=writes,
                    opened=_pins(pending),
                    intents=[journal_row(t, Done.INTENDED, self.run) for t in pending],
                ),
            )
        )
        for write in writes:
            if write.link.key not in moved:
                expects[write.link.key] = (write.expect + 1) if write.expect is not None else 1
                self.joined.update(write.absorbed)
        return moved

    def _call(self, pending: Sequence[Task], moved: set[str]) -> dict[int, Outcome]:
        outcomes: dict[int, Outcome] = {}
        # creates, updates and deletes apart: a call of most systems holds one kind
        by_place: dict[tuple[str, str, type], list[Task]] = {}
        for task in pending:
            if task.link.key not in moved:
                by_place.setdefault((task.held.at.system, task.held.at.object, type(task.write)), []).append(task)
        for (system, object_, _), tasks in by_place.items():
            self.ready.hub.keep()
            for merged, members in one_write_per_record(tasks):
                merged_outcomes = push(self.ready, system, object_, merged)
                for group, outcome in zip(members, merged_outcomes, strict=True):
                    for task in group:
                        take_outcome(task, outcome)
                        outcomes[task.seq] = outcome
        return outcomes

    def _commit_outcomes(
        self,
        fresh: Sequence[tuple[Line, Link]],
        links: dict[str, Link],
        expects: dict[str, int | None],
        tasks: Sequence[Task],
        outcomes: Mapping[int, Outcome],
        now: Mapping[tuple[str, str, str], Native],
        moved: set[str],
    ) -> None:
        holds: dict[str, list[Hold]] = {}
        closed: dict[str, list[HoldId]] = {}
        tries = self._tries(tasks)
        for task in tasks:
            if task.link.key in moved:
                task.done = Done.MOVED
            native = now.get((task.held.at.system, task.held.at.object, task.id))
            links[task.link.key] = after_task(task, links[task.link.key], outcomes.get(task.seq), native)
            self._ask(task, holds, closed, tries)
            self.applied.add(task)
            if task.done is Done.MOVED:
                self.applied.moved.append(task.line.plan.label)
        mine = _by_link(tasks)
        for line, link in fresh:
            fields = undecided(mine.get(link.key, ()))
            if fields:
                links[link.key] = undecide(links[link.key], line.plan.before, fields)
        writes = []
        for line, link in fresh:
            if link.key in moved:
                self.moved[link.key] = line.plan
                continue  # its steps are counted, each as moved
            done = links[link.key]
            if not done.dirty and any(e.sent for e in done.ends):
                done = replace(done, dirty=True)
            writes.append(self._write(line, done, expects[link.key]))
        opened = [
            h for line, link in fresh if link.key not in moved for h in (*line.plan.opened, *holds.get(link.key, ()))
        ]
        closing = [
            i for line, link in fresh if link.key not in moved for i in (*line.plan.closed, *closed.get(link.key, ()))
        ]
        self.applied.opened += len(opened)
        batch = Batch(
            links=[w for w in writes if w.link.ends],
            removed=[w.link.key for w in writes if not w.link.ends],
            opened=opened,
            closed=closing,
            # what nobody knows stays an intent: the next run looks it up before it plans
            outcomes=[
                journal_outcome(t)
                for t in tasks
                if t.write is not None and t.link.key not in moved and t.done is not Done.UNKNOWN
            ],
            journal=[
                journal_row(t, t.done or Done.STOPPED, self.run)
                for t in tasks
                if t.write is None and t.link.key not in moved
            ],
        )
        plans = {line.plan.after.key: line.plan for line, _ in fresh}
        for key in self.store.commit(self.fence, self.run, batch):
            self.applied.moved.append(key)
            self.moved[key] = plans[key]

    def _tries(self, tasks: Sequence[Task]) -> dict[HoldId, Hold]:
        keys = list({t.link.key for t in tasks})
        return {s.hold.id: s.hold for s in self.store.holds(kinds=[HoldKind.REJECTED], links=keys)} if keys else {}

    def _ask(
        self, task: Task, holds: dict[str, list[Hold]], closed: dict[str, list[HoldId]], tries: Mapping[HoldId, Hold]
    ) -> None:
        key = task.link.key
        match task.done:
            case Done.REFUSED:
                holds.setdefault(key, []).append(refusal_hold(task, tries))
            case Done.HELD:
                kind = HoldKind.WAITING if task.message == "waiting" else HoldKind.DELETE
                facts = {"system": task.held.at.system, "cause": task.message}
                holds.setdefault(key, []).append(Hold(HoldId(key, kind, f">{task.held.at.system}"), facts, ()))
            case Done.APPLIED:
                topics = {task.held.at.system, *(f"{c.field}@{task.held.at.system}" for c in task.changes)}
                closed.setdefault(key, []).extend(
                    i for i, hold in tries.items() if i.link == key and i.topic in topics and not unknown_create(hold)
                )
            case _:
                pass

    def _write(self, line: Line, link: Link, expect: int | None) -> LinkWrite:
        return LinkWrite(
            link=link,
            expect=expect,
            blocks=line.blocks,
            absorbed=[key for key, _ in line.plan.absorbed if key not in self.joined],
            label=line.plan.label,
            owner=line.plan.owner,
        )
