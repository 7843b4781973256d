"""What people did, write by write, and what the engine was seen doing meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from connector.adapters.contract import Change, Native, New, Outcome, Remove, Unknown
from connector.adapters.memory.system import Row
from connector.engine import run as engine
from connector.model import EndState, Entity, HoldKind, Link, PersonName
from connector.store.records import RunState, StoredHold
from tests.laws.world import COLUMNS, FIRMS, OBJECT, PEOPLE, UNMAPPED, Rules, System

if TYPE_CHECKING:
    pass

OUT, IN = "1", "0"
Place = tuple[str, str]  # system, id
WHOLE = frozenset({"sync", "full sync", "settling", "quiet", "sync between"})


class Broken(Exception):
    def __init__(self, law: str, text: str) -> None:
        super().__init__(f"{law}: {text}")
        self.law, self.text = law, text


@dataclass(slots=True)
class Write:
    """A value that a person typed; token None is a blank they made."""

    seq: int
    who: int
    system: str
    id: str
    object: str
    field: str
    token: str | None
    made: bool  # typed when the record was made
    before: str | None = None  # what stood there
    exempt: bool = False  # fell between our last look and our write, at a system that can check neither
    stood: tuple[Any, ...] = ()  # what the system made of it


@dataclass(slots=True)
class Verdicts:
    seq: int
    group: int
    field: str  # "*": anything
    chosen: str | None


@dataclass(slots=True)
class Ours:
    """A column that the engine wrote, as it stood before and after."""

    seq: int
    place: Place
    field: str
    column: str
    before: Any
    after: Any


@dataclass(slots=True)
class Refusal:
    """A person opted out, or in, somewhere."""

    seq: int
    who: int
    place: Place
    value: str
    earned: bool = False  # an opt-in where a run may have seen the opt-out
    exempt: bool = False  # fell between our last look and our write, at a system that can check neither
    bound: bool = False  # an opt-out that stood through a whole clean run


def word(n: int, syllables: int = 4) -> str:
    """A made-up name, unlike the next one.

    >>> word(1) != word(2)
    True
    """
    rng = Random(f"word {n}")
    return "".join(rng.choice("bdfgkmnprstvz") + rng.choice("aeiou") for _ in range(syllables)).capitalize()


def number_of(id: str) -> str:
    return PEOPLE if id[:1] == "P" else FIRMS


def token(object: str, name: str, values: Mapping[str, Any]) -> str | None:
    """A value as something to compare whatever its system made of it."""
    value = values.get(COLUMNS[object][name][0])
    if value is None or value == "":
        return None
    text = str(value).casefold()
    match object, name:
        case _, "phone" if not text.startswith("zz"):
            return "".join(c for c in text if c.isdigit())[-8:]
        case (_, "title" | "note" | "memo"):
            return text[:5]
        case "firms", "name":
            return text[:8]
        case _:
            return text


class Memory:
    """The people of one history: their records, what they typed, and when."""

    def __init__(self, rules: Rules, systems: Mapping[str, System]) -> None:
        self.rules, self.systems = rules, systems
        self.said: list[str] = []
        self.seq = 0
        self.numbers = 0
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

    # --- who is who

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

    # --- people at work

    def act(self, kind: str, rng: Random, at: Place | None = None, columns: Sequence[str] = ()) -> None:
        getattr(self, f"_{kind}")(rng, *((at, columns) if at is not None else ()))

    def fresh(self, object: str, name: str, rng: Random) -> dict[str, Any]:
        self.numbers += 1
        n = self.numbers
        match object, name:
            case _, "phone":
                return {"tel": f"03-3{n // 10000:03d}-{n % 10000:04d}"}
            case _, "email":
                return {"mail": f"u{n:05d}@ex.jp"}
            case "people", "name":
                return {"last": word(n), "first": word(-n, 3)}
            case "firms", "name":
                return {"label": word(n)}
            case _, "code":
                return {"code": f"c{n:05d}"}
            case _, "title" | "note" | "memo":
                return {name: f"t{n:04d}{rng.choice([' Chief', '  of Works', ''])}"}
            case _, "score" | "rank":
                return {name: n}
            case _:
                raise AssertionError(name)

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

    def _type(self, place: Place, values: dict[str, Any], what: str) -> None:
        system = self.systems[place[0]]
        object = number_of(place[1])
        self.who_of(place)  # while its values still tell
        before = {name: self.read_value(place, name) for name in COLUMNS[object]}
        row = self.row(place)
        before["optout"] = row.values.get("optout") if row is not None else None
        stood = {} if row is None else {c: v for c, v in values.items() if c != "optout" and row.values.get(c) == v}
        system.edit_behind(object, place[1], values)
        self.say(
            f"{what} {place[0]}/{place[1]}: {_short(values)}" + (" (lands late)" if system.nature.commit_delay else "")
        )
        if not system.nature.commit_delay:
            self.typed(place, {c: v for c, v in values.items() if not self._retyped(object, c, stood)}, before=before)

    def _retyped(self, object: str, column: str, stood: Mapping[str, Any]) -> bool:
        """Was every column of this one's field typed as it stood?"""
        return any(column in columns and set(columns) <= set(stood) for columns in COLUMNS[object].values())

    def landed(self, name: str, object: str, id: str, values: dict[str, Any]) -> None:
        self.say(f"  lands in {name}/{id}: {_short(values)}")
        self.typed((name, id), values)

    def _make(self, system: str, object: str, who: int, values: dict[str, Any]) -> Place:
        made = self.systems[system].create_behind(object, values)
        place = (system, made)
        self.who[place] = who
        self.turned[place] = self.seq
        self.extra[place] = values.get(UNMAPPED)
        self.say(f"{system}: somebody makes {made}: {_short(values)}")
        self.typed(place, values, made=True)
        return place

    def _person(self, rng: Random, system: str, shared: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = dict(shared)
        for name in ("phone", "title", "note", "memo", "score", "rank"):
            if rng.random() < 0.6:
                values |= self.fresh(PEOPLE, name, rng)
        firms = [p for p in self.alive(FIRMS) if p[0] == system]
        if firms and rng.random() < 0.6:
            values["firm"] = rng.choice(firms)[1]
        if rng.random() < 0.5:
            values["optout"] = rng.choice([IN, IN, OUT])
        if rng.random() < 0.3:
            self.numbers += 1
            values[UNMAPPED] = f"secret {self.numbers}"
        return values

    def _create(self, rng: Random) -> None:
        who = self.somebody()
        shared = self.fresh(PEOPLE, "name", rng)
        if rng.random() < 0.65:  # the others can be told from nobody but by our key
            shared |= self.fresh(PEOPLE, "email", rng)
        system = rng.choice(list(self.systems))
        self._make(system, PEOPLE, who, self._person(rng, system, shared))

    def _pair(self, rng: Random) -> None:
        who = self.somebody()
        shared = self.fresh(PEOPLE, "name", rng) | self.fresh(PEOPLE, "email", rng)
        for system in rng.sample(list(self.systems), rng.choice([2, 2, len(self.systems)])):
            self._make(system, PEOPLE, who, self._person(rng, system, shared))

    def _firm(self, rng: Random) -> None:
        who = self.somebody()
        shared = self.fresh(FIRMS, "name", rng) | self.fresh(FIRMS, "code", rng)
        for system in rng.sample(list(self.systems), rng.choice([1, 2])):
            more = self.fresh(FIRMS, "phone", rng) if rng.random() < 0.6 else {}
            self._make(system, FIRMS, who, shared | more)

    def _target(self, rng: Random) -> Place | None:
        object = PEOPLE if rng.random() < 0.85 else FIRMS
        places = self.alive(object)
        return rng.choice(places) if places else None

    def _editable(self, object: str) -> list[str]:
        return [n for n in COLUMNS[object] if n not in ("consent", "company")]

    def _edit(self, rng: Random, at: Place | None = None, columns: Sequence[str] = ()) -> None:
        place = at or self._target(rng)
        if place is None or self.row(place) is None:
            return
        object = number_of(place[1])
        names = [n for n in self._editable(object) if not columns or COLUMNS[object][n][0] in columns]
        if not names:
            return
        chosen = rng.sample(names, min(len(names), rng.choice([1, 1, 2])))
        if {"name", "email"} <= set(chosen):
            chosen.remove("email")
        values: dict[str, Any] = {}
        for name in chosen:
            values |= self.fresh(object, name, rng)
        self._type(place, values, "edit")

    def _both(self, rng: Random) -> None:
        """The same field of one person, in two systems."""
        place = self._target(rng)
        if place is None:
            return
        others = [p for p in self.alive(number_of(place[1])) if self.who_of(p) == self.who_of(place) and p != place]
        if not others:
            return
        name = rng.choice(self._editable(number_of(place[1])))
        for one in (place, rng.choice(others)):
            self._type(one, self.fresh(number_of(place[1]), name, rng), "edit on both sides")

    def _agree(self, rng: Random) -> None:
        """Somebody copies a value over by hand."""
        place = self._target(rng)
        if place is None:
            return
        object = number_of(place[1])
        others = [p for p in self.alive(object) if self.who_of(p) == self.who_of(place) and p != place]
        row = self.row(place)
        if not others or row is None:
            return
        columns = COLUMNS[object][rng.choice(self._editable(object))]
        values = {c: row.values[c] for c in columns}
        if None not in values.values():
            self._type(rng.choice(others), values, "copy by hand")

    def _clear(self, rng: Random) -> None:
        place = self._target(rng)
        if place is None:
            return
        names = [n for n in ("phone", "title", "note", "memo") if n in COLUMNS[number_of(place[1])]]
        self._type(place, dict.fromkeys(COLUMNS[number_of(place[1])][rng.choice(names)]), "clear")

    def _garbage(self, rng: Random) -> None:
        place = self._target(rng)
        if place is not None and number_of(place[1]) == PEOPLE:
            self.numbers += 1
            self._type(place, {"mail": f"zz{self.numbers:05d} at home"}, "nonsense")

    def _successor(self, rng: Random) -> None:
        """Name and e-mail typed over at once."""
        place = self._target(rng)
        if place is not None and number_of(place[1]) == PEOPLE:
            self._type(place, self.fresh(PEOPLE, "name", rng) | self.fresh(PEOPLE, "email", rng), "typed over")

    def _refuse(self, rng: Random) -> None:
        places = self.alive(PEOPLE)
        if places:
            self._type(rng.choice(places), {"optout": OUT}, "opt-out")

    def _consent(self, rng: Random) -> None:
        places = [p for p in self.alive(PEOPLE) if (r := self.row(p)) is not None and r.values["optout"] == OUT]
        if places:
            self._type(rng.choice(places), {"optout": IN}, "opt-in")

    def _employ(self, rng: Random) -> None:
        places = self.alive(PEOPLE)
        if not places:
            return
        place = rng.choice(places)
        firms = [p for p in self.alive(FIRMS) if p[0] == place[0]]
        if firms:
            self._type(place, {"firm": rng.choice(firms)[1]}, "changes company")

    def _unmapped(self, rng: Random) -> None:
        place = self._target(rng)
        if place is not None and not self.systems[place[0]].nature.commit_delay:
            self.numbers += 1
            self._type(place, {UNMAPPED: f"secret {self.numbers}"}, "unmapped")

    def _delete(self, rng: Random) -> None:
        place = self._target(rng)
        if place is None:
            return
        self.who_of(place)
        self.systems[place[0]].delete_behind(number_of(place[1]), place[1])
        self._is_gone(place)
        self.tick()
        self.say(f"delete {place[0]}/{place[1]}")

    def _is_gone(self, place: Place) -> None:
        self.deleted.add(place)
        self.ever_gone.add(place)

    def _undelete(self, rng: Random) -> None:
        gone = [p for p in sorted(self.deleted) if self.row(p) is None]
        if gone:
            place = rng.choice(gone)
            self.systems[place[0]].undelete(number_of(place[1]), place[1])
            self.deleted.discard(place)
            self.merged.pop(place, None)
            self.turned[place] = self.tick()
            self.say(f"undelete {place[0]}/{place[1]}")
            self._back(place)

    def _back(self, place: Place) -> None:
        """What an undeleted record holds are rivals of what stands elsewhere, as if typed now; none is owed."""
        first = len(self.writes)
        row = self.row(place)
        if row is not None:
            self.typed(place, {c: v for c, v in row.values.items() if c not in ("optout", UNMAPPED)}, made=True)
        for write in self.writes[first:]:
            write.exempt = True

    def _merge(self, rng: Random) -> None:
        """Two records of one system turn out to be one person."""
        winner = self._target(rng)
        if winner is None:
            return
        object = number_of(winner[1])
        losers = [p for p in self.alive(object) if p[0] == winner[0] and p != winner]
        if not losers:
            return
        loser = rng.choice(losers)
        one, other = self.who_of(winner), self.who_of(loser)
        if one is None or other is None:
            return
        self.systems[winner[0]].merge_behind(object, loser[1], winner[1])
        stands = {name: self.read_value(winner, name) for name in COLUMNS[object] if name != "consent"}
        self.parent[other] = one
        self.joined[one] = self.turned[winner] = self.tick()
        self.merges.append((self.seq, winner, stands))
        self.say(f"merge {winner[0]}/{loser[1]} into {winner[1]}")
        self._is_gone(loser)
        self.merged[loser] = winner

    # --- the engine at work, as seen from outside

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
        self._looked_at(outcome, seq)
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

    def _looked_at(self, outcome: engine.Outcome, seq: int) -> None:
        """Where a run left the ends that it planned: on which link, and whether it takes them for gone."""
        for line in () if outcome.trips else outcome.plan.lines("main"):
            for end in line.plan.after.ends:
                place = (end.at.system, end.at.id)
                if end.state is EndState.GONE and place not in self.ever_gone:
                    raise Broken("absence", f"{place[0]}/{place[1]} is taken for deleted, and nobody deleted it")
                if self.housed.get(place, ("", 0))[0] != line.plan.after.key:
                    self.housed[place] = (line.plan.after.key, seq)

    def engine_writes(self, name: str, write: New | Change | Remove) -> None:
        seq = self.tick()
        match write:
            case New():
                self._creating(name, write)
            case Change():
                self._changing(name, write, seq)
            case Remove():
                self._removing(name, write)

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

    def _creating(self, name: str, write: New) -> None:
        object = FIRMS if "code" in write.values or "label" in write.values else PEOPLE
        who = self.whose(object, write.values)
        self.say(f"  engine makes a record in {name}: {_short(write.values)}")
        if UNMAPPED in write.values:
            raise Broken("unmapped", f"a create in {name} sets a column that is not mapped")
        by = "code" if object == FIRMS else "email"
        mine = token(object, by, write.values)
        if mine is None:
            by, mine = "name", token(object, "name", write.values)
        if who is None or mine is None or who in self.retried:
            return
        for id, row in self.systems[name].rows.get(object, {}).items():
            if token(object, "name", row.values) != token(object, "name", write.values):
                continue  # two names on one address are an office
            seen = [s for s in self.reads.get((name, id), ()) if s < self.begun]
            if by == "name" and token(object, "code" if object == FIRMS else "email", row.values) is not None:
                continue  # a namesake, as far as anybody can tell
            if self.who_of((name, id)) == who and token(object, by, row.values) == mine and seen:
                raise Broken("duplicate create", f"{name}/{id} was there, read by an earlier run, and one more is made")

    def _changing(self, name: str, write: Change, seq: int) -> None:
        place = (name, write.id)
        row = self.row(place)
        self.say(f"  engine writes {name}/{write.id}: {_short(write.values)}")
        if UNMAPPED in write.values:
            raise Broken("unmapped", f"a write to {name}/{write.id} touches a column that is not mapped")
        if row is None:
            return
        nature = self.systems[name].nature
        versions = write.if_version is not None and nature.versions
        if not versions and not nature.compares_before:
            last = max(self.reads.get(place, [0]))
            for w in self.writes:
                columns = COLUMNS[w.object][w.field]
                if (w.system, w.id) == place and last < w.seq < seq and set(columns) & set(write.values):
                    w.exempt = True
                    self.exempted += 1
            for o in self.opted:
                if o.place == place and last < o.seq < seq and "optout" in write.values:
                    o.bound, o.exempt = False, True
                    self.exempted += 1
        self._sparing(place, row, write)
        stale = (versions and write.if_version != str(row.version)) or (
            nature.compares_before and any(row.values.get(c) != v for c, v in write.before.items())
        )
        if not stale and row.values.get("optout") == OUT and write.values.get("optout", OUT) != OUT:
            self._reversing(place)
        if not stale:
            self._noted(place, row, write, seq)

    def _sparing(self, place: Place, row: Row, write: Change) -> None:
        """A write names what it changes and no other column, and only what its plan said."""
        last = max(self.reads.get(place, [0]))
        touched = {
            c for w in self.writes if (w.system, w.id) == place and w.seq > last for c in COLUMNS[w.object][w.field]
        }
        touched |= {"optout"} if any(o.place == place and o.seq > last for o in self.opted) else set()
        for column, value in write.values.items():
            if row.values.get(column) == value and column not in touched:
                raise Broken("whole record", f"a write to {place[0]}/{place[1]} carries {column}, which it changes not")
            field = next((f for f, cs in COLUMNS[number_of(place[1])].items() if column in cs), "")
            if self.planned is not None and (*place, field) not in self.planned:
                raise Broken("plan is not apply", f"{place[0]}/{place[1]} {column} is written and was not in the plan")

    def _noted(self, place: Place, row: Row, write: Change, seq: int) -> None:
        system = self.systems[place[0]]
        for field, columns in COLUMNS[number_of(place[1])].items():
            for column in columns:
                if column not in write.values:
                    continue
                after = system.nature.fit(column, write.values[column])
                self._redoing(place, field, column, after)
                self.ours.append(Ours(seq, place, field, column, row.values.get(column), after))

    def _redoing(self, place: Place, field: str, column: str, after: Any) -> None:
        """What was undone stays so until a source changes or a person lets it flow."""
        pin = self.pinned.get((place, column))
        who = self.who_of(place)
        if pin is None or who is None or self.undoing or after != pin.after or after == pin.before:
            return
        if self.redoing:
            return  # somebody undid the undo
        since = [w for w in self.writes if w.seq > pin.seq and w.field == field and self.group(w.who) == who]
        decided = [v for v in self.verdicts if v.seq > pin.seq and self.group(v.group) == who]
        joined = [s for g, s in self.joined.items() if self._new_since(s, pin.seq) and self.group(g) == who]
        turned = [s for p, s in self.turned.items() if self._new_since(s, pin.seq) and self.who_of(p) == who]
        backfilled = self.backfills.get(field, 0) > pin.seq
        if not (since or decided or joined or turned or backfilled):
            raise Broken("undo redone", f"{place[0]}/{place[1]} {column} is {after!r} again, and nobody asked for it")

    def _new_since(self, seq: int, seen: int) -> bool:
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

    def _reversing(self, place: Place) -> None:
        who = self.who_of(place)
        if who is None or who in self.allowed_in:
            return
        if any(o.exempt and o.place == place for o in self.opted):
            return
        earned = [o for o in self.opted if o.earned and self.group(o.who) == who]
        if not any(o.place[0] == self.rules.opt_in_from for o in earned):
            raise Broken("opt-out reversed", f"{place[0]}/{place[1]} is opted in again, and nobody allowed it")

    def _removing(self, name: str, write: Remove) -> None:
        place = (name, write.id)
        self.say(f"  engine deletes {name}/{write.id}")
        who = self.who_of(place)
        ours = any(write.id in ids for ids in self.systems[name].made.values())
        if who in self.ended or (self.undoing and ours):
            self._is_gone(place)
            return
        raise Broken("delete", f"{name}/{write.id} is deleted, and nobody asked for it")

    # --- people who decide

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

    # --- undo

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


def _short(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{k}={v}" for k, v in values.items())
