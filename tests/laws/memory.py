"""What people did, write by write, and what the engine was seen doing meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connector.adapters.contract import Change, Native, New, Outcome, Remove, Unknown
from connector.adapters.memory.system import Row
from connector.engine import run as engine
from connector.model import EndState, Entity, HoldKind, Link, PersonName
from connector.store.records import RunState, StoredHold
from tests.laws.facts import IN, OUT, Broken, Ours, Place, Refusal, Verdicts, Write, number_of, short, token
from tests.laws.world import COLUMNS, FIRMS, OBJECT, PEOPLE, UNMAPPED, Rules, System

WHOLE = frozenset({"sync", "full sync", "settling", "quiet", "sync between"})


class Memory:
    """The people of one history: their records, what they typed, and when."""

    def __init__(self, rules: Rules, systems: Mapping[str, System]) -> None:
        self.rules, self.systems = rules, systems
        self.said: list[str] = []
        self.seq = 0
        self.parent: list[int] = []
        self.email: dict[int, str] = {}  # who -> the identifier they were made with
        self.who: dict[Place, int] = {}
        self.writes: list[Write] = []
        self.of_token: dict[tuple[str, str, str], Write] = {}
        self.mapped_by: dict[Place, dict[str, Any]] = {}
        self.extra: dict[Place, Any] = {}
        self.reads: dict[Place, list[int]] = {}
        self.deleted: set[Place] = set()
        self.ever_gone: set[Place] = set()  # deleted or merged away at some time, be it undeleted since
        self.merged: dict[Place, Place] = {}  # loser -> winner
        self.turned: dict[Place, int] = {}  # last time a record was undeleted, merged or made anew
        self.joined: dict[int, int] = {}  # group -> when two of them became one
        self.clean: list[tuple[int, int]] = []  # whole runs in which everything went well
        self.begun = 0
        self.hidden = False  # a listing of the run at work left a record out: it settles nothing for certain
        self.pulled_now: dict[str, set[str]] = {}
        self.verdicts: list[Verdicts] = []
        self.ended: set[int] = set()  # a person had the rest of the record deleted
        self.opted: list[Refusal] = []
        self.allowed_in: set[int] = set()  # groups for whom a person allowed the opt-in
        self.undoing = False
        self.redoing = False
        self.backfills: dict[str, int] = {}
        self.exempted = 0
        self.unanswered: dict[tuple[str, str], int] = {}  # (system, key) of a create -> the run that sent it
        self.retried: set[int] = set()  # a person said that a create of unknown outcome be made again
        self.apart: set[tuple[int, str]] = set()
        self.merges: list[tuple[int, Place, dict[str, str | None]]] = []  # when, the winner, what it showed then
        self.ours: list[Ours] = []
        self.run_of: dict[str, tuple[int, int]] = {}  # run that went well -> when it began and ended
        self.pinned: dict[tuple[Place, str], Ours] = {}  # (record, column) -> what an undo took back there
        self.housed: dict[Place, tuple[str, int]] = {}  # the link that a run put it on, and when
        self.planned: set[tuple[str, str, str]] | None = None  # (system, id, field) that a saved plan may write

    def say(self, text: str) -> None:
        self.said.append(text)

    def tick(self) -> int:
        self.seq += 1
        return self.seq

    def somebody(self) -> int:
        self.parent.append(len(self.parent))
        return self.parent[-1]

    def group(self, who: int) -> int:
        while self.parent[who] != who:
            who = self.parent[who]
        return who

    def copies(self) -> list[Place]:
        """The records that the engine made."""
        return [(name, id) for name, system in self.systems.items() for ids in system.made.values() for id in ids]

    def row(self, place: Place) -> Row | None:
        return self.systems[place[0]].rows.get(number_of(place[1]), {}).get(place[1])

    def who_of(self, place: Place) -> int | None:
        """Whose record this is; one that the engine made belongs to whom its values came from."""
        if place not in self.who:
            row = self.row(place)
            found = self.whose(number_of(place[1]), row.values) if row is not None else None
            if found is None:
                return None
            self.who[place] = found
        return self.group(self.who[place])

    def whose(self, object: str, values: Mapping[str, Any]) -> int | None:
        for name in ("code", "email", "name", *COLUMNS[object]):
            if name in COLUMNS[object] and name != "company":
                at = token(object, name, values)
                write = self.of_token.get((object, name, at)) if at is not None else None
                if write is not None:
                    return self.group(write.who)
        return None

    def person_of_ref(self, ref: str) -> int | None:
        system, _, id = ref.split("/")
        return self.who_of((system, id))

    def alive(self, object: str, *, made_here: bool = True) -> list[Place]:
        return [
            (name, id)
            for name, system in self.systems.items()
            for id, row in system.rows.get(object, {}).items()
            if row.visible <= system.now
        ]

    def read_value(self, place: Place, name: str) -> str | None:
        row = self.row(place)
        if row is None:
            return None
        if name == "company":
            firm = row.values.get("firm")
            return None if firm is None else f"w{self.who_of((place[0], firm))}"
        return token(number_of(place[1]), name, row.values)

    def typed(self, place: Place, values: Mapping[str, Any], *, made: bool = False, before: Any = None) -> None:
        """Somebody typed these values into a record; they stand there now. What stood there already is no edit."""
        object = number_of(place[1])
        seq = self.tick()
        for name, columns in COLUMNS[object].items():
            if columns[0] not in values:
                continue
            if name == "consent":
                self._opted(seq, place, values["optout"], before.get("optout") if before is not None else None)
                continue
            at = token(object, name, values) if name != "company" else self.read_value(place, name)
            if at is None and made:
                continue
            who = self.who_of(place)
            if who is None:
                continue
            old = before.get(name) if before is not None else None
            row = self.row(place)
            stood = tuple(row.values.get(c) for c in columns) if row is not None else ()
            write = Write(seq, who, *place, object, name, at, made, old, stood=stood)
            self.writes.append(write)
            if at is not None and name != "company":
                self.of_token.setdefault((object, name, at), write)
        if UNMAPPED in values:
            self.extra[place] = values[UNMAPPED]

    def _opted(self, seq: int, place: Place, value: str | None, stood: str | None) -> None:
        who = self.who_of(place)
        if value is None or who is None or value == stood:
            return
        made_by_us = any(place[1] in ids for ids in self.systems[place[0]].made.values())
        was_out = bool(self.reads.get(place)) or made_by_us
        self.opted.append(Refusal(seq, who, place, value, earned=value == IN and was_out))

    def landed(self, name: str, object: str, id: str, values: dict[str, Any]) -> None:
        self.say(f"  lands in {name}/{id}: {short(values)}")
        self.typed((name, id), values)

    def is_gone(self, place: Place) -> None:
        self.deleted.add(place)
        self.ever_gone.add(place)

    def run_begins(self) -> None:
        self.begun = self.tick()
        self.pulled_now = {}
        self.hidden = False

    def run_died(self) -> None:
        self.pulled_now = {}

    def pulled(self, name: str, records: Iterable[Native], seq: int) -> None:
        records = list(records)
        self.pulled_now.setdefault(name, set()).update(r.id for r in records)
        self.read(name, records, seq)

    def read(self, name: str, records: Iterable[Native], seq: int) -> None:
        """The engine saw these records as they stood at `seq`."""
        for record in records:
            self.reads.setdefault((name, record.id), []).append(seq)

    def run_ends(self, outcome: engine.Outcome, what: str) -> None:
        seq = self.tick()
        self._ledger(outcome, what)
        self.looked_at(outcome, seq)
        if outcome.state is RunState.DONE and not outcome.trips:
            self.run_of[outcome.run] = (self.begun, seq)
        if outcome.state is not RunState.DONE or outcome.trips or what not in WHOLE or self.hidden:
            return
        self.clean.append((self.begun, seq))
        for o in self.opted:
            row = self.row(o.place)
            seen = any(s > o.seq for s in self.reads.get(o.place, ()))  # a late record may not have been there yet
            if o.value == OUT and seen and o.seq < self.begun and row is not None and row.values["optout"] == OUT:
                o.bound = True

    def _ledger(self, outcome: engine.Outcome, what: str) -> None:
        done = sum(outcome.applied.done.values())
        steps = sum(len(line.plan.steps) for line in outcome.plan.lines("consent"))
        steps = 0 if what == "accepted" else steps  # the opt-outs went out when the guard stopped the rest
        steps += 0 if outcome.trips else sum(len(line.plan.steps) for line in outcome.plan.lines("main"))
        if done != steps:
            raise Broken("ledger", f"{what}: {steps} steps planned, {done} accounted for: {outcome.applied.done}")
        if what not in WHOLE:
            return
        for name in self.systems:
            counted = sum(
                n for e in outcome.plan.footer.ledger.values() for k, n in e.get(name, {}).items() if k != "gone"
            )
            read = len(self.pulled_now.get(name, ()))
            if counted < read:
                raise Broken("ledger", f"{what}: {name} gave {read} records, {counted} are accounted for")

    def looked_at(self, outcome: engine.Outcome, seq: int) -> None:
        """Where a run left the ends that it planned: on which link, and whether it takes them for gone."""
        for line in () if outcome.trips else outcome.plan.lines("main"):
            for end in line.plan.after.ends:
                place = (end.at.system, end.at.id)
                if end.state is EndState.GONE and place not in self.ever_gone:
                    raise Broken("absence", f"{place[0]}/{place[1]} is taken for deleted, and nobody deleted it")
                if self.housed.get(place, ("", 0))[0] != line.plan.after.key:
                    self.housed[place] = (line.plan.after.key, seq)

    def creates_sent(self, name: str, batch: Iterable[New | Change | Remove]) -> None:
        """A create of unknown outcome is not sent again where no key can tell whether it was done."""
        for write in batch:
            if not isinstance(write, New):
                continue
            system, sent = self.systems[name], self.unanswered.setdefault((name, write.key), self.begun)
            found = any(self.reads.get((name, id)) for id in system.made.get(write.key, ()))
            object = FIRMS if "code" in write.values or "label" in write.values else PEOPLE
            asked = self.whose(object, write.values) in self.retried
            if sent < self.begun and not (system.nature.external_key or found or asked):
                raise Broken(
                    "duplicate create", f"{name} is sent {write.key} again, and nobody knows what became of it"
                )

    def creates_answered(self, name: str, batch: Sequence[New | Change | Remove], outcomes: Iterable[Outcome]) -> None:
        for write, outcome in zip(batch, outcomes, strict=False):
            if isinstance(write, New) and not isinstance(outcome, Unknown):
                self.unanswered.pop((name, write.key), None)

    def new_since(self, seq: int, seen: int) -> bool:
        """Was it new to the engine at `seen`: done later, or earlier and no whole run lies between?"""
        return seq > seen or not any(seq < begun and ended < seen for begun, ended in self.clean)

    def unseen(self, place: Place, blank: Write) -> bool:
        """Was it our own value that was blanked before a whole run saw it there? Then, for all that can be told, it
        never arrived."""
        first = COLUMNS[blank.object][blank.field][0]
        sent = [o.seq for o in self.ours if o.place == place and o.column == first and o.seq < blank.seq]
        ours = any(place[1] in ids for ids in self.systems[place[0]].made.values())
        since = max(sent, default=0 if ours else None)
        seen = [s for s in self.reads.get(place, ()) if since is not None and since < s]
        whole = [(begun, ended) for begun, ended in self.clean if ended < blank.seq]
        return since is not None and not any(begun < s < ended for s in seen for begun, ended in whole)

    def groups_of(self, link: Link) -> set[int]:
        found = {self.who_of((e.at.system, e.at.id)) for e in link.ends}
        return {g for g in found if g is not None}

    def decided(self, stored: StoredHold, choice: str) -> None:
        id = stored.hold.id
        self.say(f"somebody decides {id.kind} of {id.link} ({id.topic}): {choice}")
        seq = self.tick()
        object = OBJECT[stored.entity]
        groups = self.groups_of(self.link(id.link)) if self.link is not None else set()
        chosen: str | None = None
        fields = "*"
        match id.kind:
            case HoldKind.CONFLICT:
                fields = id.topic
                if choice == "keep" and stored.hold.facts.get("golden") is None:
                    self.apart |= {(g, fields) for g in groups}  # both stay as they are
                value = stored.hold.facts.get("values", {}).get(choice)
                chosen = self.canonical(object, id.topic, value)
            case HoldKind.CONSENT:
                if choice == "opt_in":
                    self.allowed_in |= groups
                return
            case HoldKind.REJECTED if choice == "retry":
                self.retried |= groups
            case HoldKind.DELETE:
                if choice == "propagate":
                    self.ended |= groups
            case HoldKind.MATCH:
                other = str(stored.hold.facts.get("other", ""))
                if choice == "same":
                    for g in [*groups, *self.groups_of(self.link(other))]:
                        self.joined[g] = seq
                return
            case _:
                pass
        for g in groups:
            self.verdicts.append(Verdicts(seq, g, fields, chosen))

    def link(self, key: str) -> Link:
        return Link(key, Entity.PERSON)

    def canonical(self, object: str, name: str, value: Any) -> str | None:
        if value is None or name == "company":
            return None
        if isinstance(value, PersonName):
            value = value.family
        elif isinstance(value, dict):
            value = next(iter(value.values()), None)
        return token(object, name, {COLUMNS[object][name][0]: value})

    def undone(self, run: str, left: Iterable[tuple[str, str]]) -> None:
        """All went well with a run, and with its undo: what it wrote is back, or was edited since and is `left`."""
        if run not in self.run_of:
            return
        begun, ended = self.run_of[run]
        seq, left = self.tick(), set(left)
        first: dict[tuple[Place, str], Ours] = {}
        for o in self.ours:
            if begun < o.seq < ended:
                known = first.setdefault((o.place, o.column), o)
                first[o.place, o.column] = Ours(seq, o.place, o.field, o.column, known.before, o.after)
        for (place, column), o in first.items():
            row = self.row(place)
            edited = any((w.system, w.id, w.field) == (*place, o.field) and w.seq > begun for w in self.writes)
            if row is None or edited or o.field == "consent" or (place[0], o.field) in left:
                continue
            if row.values.get(column) != o.before:
                raise Broken("undo", f"{place[0]}/{place[1]} {column} was {o.before!r}, is {row.values.get(column)!r}")
            self.pinned[place, column] = o

    def backfilled(self, name: str) -> None:
        self.backfills[name] = self.tick()
