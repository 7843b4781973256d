"""A history: people at work on every side, runs among them, faults on the wire, deaths. All from one seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from connector.adapters.contract import Change, Native, New, Outcome, Remove, Unknown, Written
from connector.adapters.memory import MemoryAdapter
from connector.adapters.memory.system import START
from connector.engine import run as engine
from connector.engine.hub import Hub
from connector.engine.narrow import Narrow
from connector.engine.planfile import PlanReader
from connector.engine.undo import UndoOptions
from connector.errors import ConnectorError, Fatal, Transient
from connector.model import EndState, Entity, HoldKind, Link, Update, Verdict
from connector.store.records import RunKind, RunState, StoredHold
from tests.laws.facts import Broken
from tests.laws.history import RUNS, History, Step
from tests.laws.laws import check
from tests.laws.memory import Memory
from tests.laws.people import People
from tests.laws.watch import Watch
from tests.laws.world import (
    COLUMNS,
    FIRMS,
    PEOPLE,
    Bench,
    Died,
    Rules,
    mappings,
    rules,
    system,
)


@dataclass
class Play:
    """A history while it happens: the systems, the hub, and the memory of what people did."""

    history: History
    bench: Bench
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        h = self.history
        random.seed(h.seed)  # the engine's waits are jittered
        self.rules: Rules = rules(h.variant, h.systems)
        self.systems = {name: system(name, traits) for name, traits in zip(h.systems, h.traits, strict=True)}
        self.now = START
        self.memory = Memory(self.rules, self.systems)
        self.people, self.watch = People(self.memory), Watch(self.memory)
        self.memory.link = self._link  # type: ignore[method-assign]
        self.unreachable: dict[str, int] = {}
        self.adapters = {name: MemoryAdapter(name, made, wire=self._wire(name)) for name, made in self.systems.items()}
        self.store = self.bench.store(lambda: self.now)
        self.store.mortal = self._at_store
        self.batch: list[New | Change | Remove] = []  # on the wire now
        self.step: Step | None = None
        self.rng = Random(0)
        self.luck = Random(f"hidden {h.seed}")  # of its own: whether it strikes changes no other draw
        self.dead = False
        self.in_run = False
        self.patience = 0  # faults that this run may still meet
        self.deaths = 0
        self.keys = 0
        self.runs = 0
        self.hub = self._hub()
        if h.confirmed:
            every = [(str(e), s, f) for e, o in ((Entity.PERSON, PEOPLE), (Entity.COMPANY, FIRMS))
                     for s in h.systems for f in COLUMNS[o]]  # fmt: skip
            self.store.put(None, "confirmed", every)

    def _hub(self) -> Hub:
        def new_key() -> str:
            self.keys += 1
            return f"L{self.keys:05d}"

        def new_run() -> str:
            self.runs += 1
            return f"R{self.runs:04d}"

        return Hub(
            store=self.store,
            adapters=self.adapters,
            mappings=mappings(self.history.variant, self.history.systems),
            now=lambda: self.now,
            new_key=new_key,
            new_run=new_run,
            holder="laws",
            sleep=self.advance,
            spool=self.bench.folder / "spool",
        )

    def say(self, text: str) -> None:
        self.memory.say(text)

    def _link(self, key: str) -> Link:
        return self.store.links([key]).get(key) or Link(key, Entity.PERSON)

    # --- time

    def advance(self, seconds: float) -> None:
        by = timedelta(seconds=int(seconds) + 1)  # whole seconds, as the systems keep them
        self.now += by
        for name, made in self.systems.items():
            made.advance(by)
            for object, id, values in made.landed:
                self.memory.landed(name, object, id, values)
            made.landed.clear()

    # --- the whole story

    def play(self) -> None:
        for step in self.history.steps:
            self.step, self.rng = step, Random(step.seed)
            self.take(step)
        self.step = None
        self.settle()
        check(self)

    def take(self, step: Step) -> None:
        self.counts[f"step {step.kind}"] += 1
        if step.kind in RUNS:
            self.advance(self.rng.choice([60, 400, 3600, 7200]))
            self.patience = self.rng.choice([1, 2, 3, 6]) if step.faults else 0
            self.deaths = self.rng.choice([3, 10, 25, 60]) if step.death else 0
            getattr(self, f"_run_{step.kind}")()
        elif step.kind == "time":
            self.advance(self.rng.choice([5, 60, 130, 3600, 86400]))
        elif step.kind == "decide":
            self._decide()
        else:
            self.advance(self.rng.choice([1, 1, 20, 70, 200]))
            self.people.act(step.kind, self.rng)

    # --- runs

    def _run(self, what: str, call: Callable[[], Any]) -> Any:
        """A run with everything that may happen to it; None when it failed or died."""
        self.in_run = True
        self.memory.run_begins()
        pushes = self.pushes()
        try:
            made = call()
        except Died:
            self.say(f"{what}: killed")
            self._revive()
            return None
        except ConnectorError as error:
            self.say(f"{what}: failed with {error.message}")
            self.counts[f"failed {error.message}"] += 1
            if self.dead:
                raise Broken("died quietly", "somebody swallowed the process's death") from error
            return None
        finally:
            self.in_run = False
        if self.dead:
            raise Broken("died quietly", "somebody swallowed the process's death")
        if isinstance(made, engine.Outcome):
            self.counts[f"run {made.kind}"] += 1
            self.memory.run_ends(made, what)
            self.say(f"{what}: {made.state} {dict(made.applied.done)}, {self.pushes() - pushes} write calls")
        return made

    def _revive(self) -> None:
        self.dead = False
        self.deaths = 0
        self.advance(600)  # past the dead process's lease
        self.store = self.bench.reopened(lambda: self.now)
        self.store.mortal = self._at_store
        self.hub = self._hub()
        self.memory.run_died()

    def pushes(self) -> int:
        return sum(1 for s in self.systems.values() for c in s.calls if c[0] == "push")

    def _accepted(self, outcome: engine.Outcome | None) -> engine.Outcome | None:
        """A person reads what the guard stopped and lets it pass."""
        if outcome is None or not outcome.trips:
            return outcome
        self.counts["guard stopped"] += 1
        made: engine.Outcome | None = self._run(
            "accepted", lambda: engine.apply(self.hub, outcome.plan.path, accept=True)
        )
        return made

    def _run_sync(self) -> None:
        outcome = self._run("sync", lambda: engine.sync(self.hub, self.bench.path()))
        if outcome is not None and self.rng.random() < 0.7:
            self._accepted(outcome)

    def _run_full(self) -> None:
        self._run("full sync", lambda: engine.sync(self.hub, self.bench.path(), full=True))

    def _run_narrow(self) -> None:
        narrow = self.rng.choice([Narrow(first=1), Narrow(field="phone"), Narrow(field="title"), Narrow(first=2)])
        self._run(f"sync of {narrow.field or narrow.first}",
                  lambda: engine.sync(self.hub, self.bench.path(), narrow=narrow))  # fmt: skip

    def _run_saved(self) -> None:
        before = self.state()
        plan: PlanReader | None = self._run("diff", lambda: engine.diff(self.hub, self.bench.path()))
        if plan is None:
            return
        if self.state() != before:
            raise Broken("dry run", "a diff changed the state")
        for _ in range(self.rng.choice([0, 0, 1, 2])):
            self.advance(20)
            self.people.act(self.rng.choice(["edit", "clear", "refuse", "delete", "create"]), self.rng)
        if self.rng.random() < 0.2:
            self._run("sync between", lambda: engine.sync(self.hub, self.bench.path()))
        self.memory.planned = _planned(plan)
        left = self._moved_on(plan)
        self._run("apply", lambda: engine.apply(self.hub, plan.path, accept=self.rng.random() < 0.5))
        self.memory.planned = None
        for key, now in self._known(left).items():
            if now != left[key]:
                raise Broken("plan is not apply", f"{key} had moved on since the plan, and is {now}, not {left[key]}")

    def _moved_on(self, plan: PlanReader) -> dict[str, Any]:
        """The links that are not what a plan has seen: nothing of it may be done to them."""
        seen = {line.plan.after.key: line.plan.before for line in plan.lines() if line.plan.before is not None}
        moved = [x for x in self.store.links(list(seen)).values() if x.version != seen[x.key].version]
        recovered = {row.link for row in self.store.journal(unfinished=True)}  # before the plan, by what finds them
        moved = [x for x in moved if x.key not in recovered]
        return {x.key: _decided(x) for x in moved}

    def _known(self, keys: Iterable[str]) -> dict[str, Any]:
        return {key: _decided(link) for key, link in self.store.links(list(keys)).items()}

    def state(self) -> dict[str, Any]:
        """Everything a diff must leave as it is."""
        return dict(self.bench.database.tables())

    def _run_undo(self) -> None:
        runs = [r for r in self.store.runs(50) if r.state in (RunState.DONE, RunState.PARTIAL) and not r.undone_by]
        if not runs:
            return
        chosen = self.rng.choice(runs[:6])
        options = UndoOptions(delete_created=self.rng.random() < 0.4)
        plan: PlanReader | None = self._run(
            f"undo of {chosen.id}", lambda: engine.undo(self.hub, self.bench.path(), chosen.id, options)
        )
        if plan is None:
            return
        self.memory.undoing = options.delete_created
        self.memory.redoing = chosen.kind is RunKind.UNDO
        again = " (itself an undo)" if self.memory.redoing else ""
        undone = self._run(f"undo of {chosen.id}{again} applied", lambda: engine.apply(self.hub, plan.path))
        self.memory.undoing = self.memory.redoing = False
        if undone is None:
            return
        self.counts["undone"] += 1
        if undone.state is RunState.DONE and not undone.trips:
            held = (h.hold.facts for h in self.store.holds(kinds=[HoldKind.UNDONE]))
            self.memory.undone(
                chosen.id, [(s, f["field"]) for f in held if f["run"] == chosen.id for s in f.get("edited_in", ())]
            )

    def _run_retry(self) -> None:
        self._run("retry", lambda: engine.retry(self.hub))

    def _run_backfill(self) -> None:
        field = self.rng.choice(["phone", "title", "score"])
        plan: PlanReader | None = self._run(
            f"backfill of {field}", lambda: engine.backfill(self.hub, self.bench.path(), Entity.PERSON, field)
        )
        if plan is not None:
            self.memory.backfilled(field)
            self._run("backfill applied", lambda: engine.apply(self.hub, plan.path, accept=True))

    def settle(self) -> None:
        """Faults off; runs until one writes nothing; then two further runs must write nothing either."""
        self.patience = self.deaths = 0
        self.say("- from here on nothing goes wrong")
        quiet = 0
        for _ in range(6):
            self.advance(7200)
            before = self.pushes()
            outcome = self._run("settling", lambda: engine.sync(self.hub, self.bench.path()))
            self._accepted(outcome)
            done = self.pushes() == before and outcome is not None and outcome.kind is not RunKind.LINK
            quiet = quiet + 1 if done and not outcome.applied.done else 0
            if quiet == 2:
                return
        for _ in range(2):
            self.advance(7200)
            before = self.pushes()
            self._run("quiet", lambda: engine.sync(self.hub, self.bench.path()))
            if self.pushes() != before:
                writes = "; ".join(self.memory.said[-4:])
                raise Broken("echo", f"a run after the last edit still writes: {writes}")

    # --- people who decide

    def open_holds(self) -> list[StoredHold]:
        return list(self.store.holds())

    def _decide(self) -> None:
        holds = [h for h in self.open_holds() if h.verdict is None and h.hold.choices]
        if not holds:
            return
        stored = self.rng.choice(holds)
        hold = stored.hold
        choices = [c for c in hold.choices if c not in ("value", "successor", "separate")]
        if hold.id.kind is HoldKind.MATCH:
            one, other = (self.memory.person_of_ref(str(hold.facts[k])) for k in ("a", "b"))
            choices = ["same" if one is not None and one == other else "different"]
        choice = self.rng.choice(choices)
        if self.store.decide([Verdict(hold.id, choice, hold.seen, None, "somebody")]):
            self.counts[f"verdict {hold.id.kind}"] += 1
            self.memory.decided(stored, choice)

    # --- the wire

    def _kill(self, where: str) -> None:
        self.dead = True
        self.counts[f"fault {where}"] += 1
        self.say(f"  the process dies ({where})")
        raise Died(where)

    def _at_store(self, moment: str) -> None:
        if self.dead:
            raise Died("still dead")
        if self.in_run and self.deaths and self.rng.randrange(self.deaths) == 0:
            self._kill("death at the store")

    def _fault(self, chance: float) -> bool:
        if not self.in_run or self.patience <= 0 or self.rng.random() >= chance:
            return False
        self.patience -= 1
        return True

    def _met(self, fault: str, text: str) -> None:
        self.counts[f"fault {fault}"] += 1
        self.say(f"  {fault}: {text}")

    def _wire(self, name: str) -> Callable[[str, str, object], None]:
        def wire(moment: str, call: str, payload: object) -> None:
            if self.dead:
                raise Died("still dead")
            if self.in_run and self.deaths and self.rng.randrange(self.deaths) == 0:
                self._kill("death on the wire")
            looked = self.memory.tick()  # what an answer carries was read before somebody meddles
            if self.in_run and self.step is not None and self.step.edits and call != "describe":
                self._meddle(name, moment, call, payload)
            match moment, call:
                case "before", _:
                    self._before(name, call)
                    if call == "push":
                        assert isinstance(payload, list)
                        self.batch = payload
                        self.memory.creates_sent(name, payload)
                case "write", _:
                    if self._fault(0.06):
                        self._met("partial batch", f"{name} stops answering in the middle of a batch")
                        raise Transient("gone", retry_after=1)
                    assert isinstance(payload, New | Change | Remove)
                    self.watch.engine_writes(name, payload)
                case "after", "push":
                    assert isinstance(payload, list)
                    self._after_push(name, payload)
                    self.memory.read(name, [o.shown for o in payload if isinstance(o, Written) and o.shown], looked)
                case "after", _:
                    assert isinstance(payload, list)
                    self._after_read(name, call, payload, looked)

        return wire

    def _meddle(self, name: str, moment: str, call: str, payload: object) -> None:
        """Somebody works in a system while the run is at it, best of all on the very record it is about to write."""
        chance = {"write": 0.25, "before": 0.08, "after": 0.05}[moment]
        if self.rng.random() >= chance:
            return
        self.counts["fault edit during a run"] += 1
        if moment == "write" and isinstance(payload, Change) and self.rng.random() < 0.8:
            self.people.act("edit", self.rng, at=(name, payload.id), columns=tuple(payload.values))
        else:
            self.people.act(self.rng.choice(["edit", "edit", "edit", "clear", "refuse", "delete", "create"]), self.rng)

    def _hides(self, name: str) -> bool:
        """Whether a system that is read whole every time leaves a record out: the next listing shows it again."""
        whole = self.in_run and self.step is not None and self.step.faults and not self.systems[name].nature.incremental
        return whole and self.luck.random() < 0.1

    def _before(self, name: str, call: str) -> None:
        if self._fault(0.05):
            self._met("throttled", f"{name} answers {call} with: too many requests")
            raise Transient("throttled", retry_after=self.rng.choice([1, 30, None]))
        if call == "push" and self._fault(0.08):
            self._met("time-out before", f"{name} never gets the {call}")
            self.unreachable[name] = 4
        if call == "push" and self.unreachable.get(name, 0) > 0:
            self.unreachable[name] -= 1
            raise Transient("time-out", retry_after=1)
        if call in ("check", "pull") and self._fault(0.02):
            self._met("denied", f"{name} refuses our credentials")
            raise Fatal("adapter.denied", system=name)

    def _after_push(self, name: str, outcomes: list[Outcome]) -> None:
        if self._fault(0.15):
            self._met("time-out after", f"{name} did the writes, and its answer is lost")
            raise Transient("time-out")
        if outcomes and self._fault(0.15):
            self._met("lost answer", f"{name} did the writes, and one outcome is lost")
            outcomes[self.rng.randrange(len(outcomes))] = Unknown("lost")
        self.memory.creates_answered(name, self.batch, outcomes)

    def _after_read(self, name: str, call: str, records: list[Native], looked: int) -> None:
        if call == "get" and records and self._fault(0.03):
            self._met("unreadable record", f"{name} leaves a record out of its answer")
            records.pop(self.rng.randrange(len(records)))
        if call == "pull" and records and self._hides(name):
            self._met("hidden record", f"{name} leaves a record out of its listing")
            records.pop(self.luck.randrange(len(records)))
            self.memory.hidden = True
        if len(records) > 1 and self._fault(0.05):
            self._met("reordered", f"{name} answers in another order")
            self.rng.shuffle(records)
        if call == "pull":
            self.memory.pulled(name, records, looked)
        else:
            self.memory.read(name, records, looked)


def _decided(link: Link) -> tuple[Any, ...]:
    """What runs have decided about a link so far, as something to compare."""
    return dict(link.golden), {(e.at.system, e.at.id): dict(e.base) for e in link.ends if e.state is EndState.LIVE}


def _planned(plan: PlanReader) -> set[tuple[str, str, str]]:
    """(system, id, field) of every update in a plan."""
    return {
        (step.at.system, step.at.id, change.field)
        for line in plan.lines()
        for step in line.plan.steps
        if isinstance(step, Update)
        for change in step.changes
    }


def play(made: History, bench: Bench, counts: Counter[str] | None = None) -> tuple[Play, Broken | None]:
    """Plays a history. Gives what became of it, and the law that was broken, if one was."""
    one = Play(made, bench, counts if counts is not None else Counter())
    broken: Broken | None = None
    try:
        one.play()
    except Broken as error:
        broken = error
    except AssertionError as error:
        broken = Broken("assertion", repr(error))
    except Exception as error:
        broken = Broken(f"crash {type(error).__name__}", f"{error}")
        broken.__cause__ = error
    for hold in one.store.holds(open_only=False):
        one.counts[f"hold {hold.hold.id.kind}"] += 1
    bench.sweep()
    return one, broken
