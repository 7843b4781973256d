"""The engine at work, as its writes are seen on the wire: the laws that are looked at while a history goes on."""

from __future__ import annotations

from typing import Any

from connector.adapters.contract import Change, New, Remove
from connector.adapters.memory.system import Row
from tests.laws.facts import OUT, Broken, Ours, Place, number_of, short, token
from tests.laws.memory import Memory
from tests.laws.world import COLUMNS, FIRMS, PEOPLE, UNMAPPED


class Watch:
    """Sees every write before its system does; raises Broken."""

    def __init__(self, memory: Memory) -> None:
        self.m = memory

    def engine_writes(self, name: str, write: New | Change | Remove) -> None:
        seq = self.m.tick()
        match write:
            case New():
                self._creating(name, write)
            case Change():
                self._changing(name, write, seq)
            case Remove():
                self._removing(name, write)

    def _creating(self, name: str, write: New) -> None:
        object = FIRMS if "code" in write.values or "label" in write.values else PEOPLE
        who = self.m.whose(object, write.values)
        self.m.say(f"  engine makes a record in {name}: {short(write.values)}")
        if UNMAPPED in write.values:
            raise Broken("unmapped", f"a create in {name} sets a column that is not mapped")
        by = "code" if object == FIRMS else "email"
        mine = token(object, by, write.values)
        if mine is None:
            by, mine = "name", token(object, "name", write.values)
        if who is None or mine is None or who in self.m.retried:
            return
        for id, row in self.m.systems[name].rows.get(object, {}).items():
            if token(object, "name", row.values) != token(object, "name", write.values):
                continue  # two names on one address are an office
            seen = [s for s in self.m.reads.get((name, id), ()) if s < self.m.begun]
            if by == "name" and token(object, "code" if object == FIRMS else "email", row.values) is not None:
                continue  # a namesake, as far as anybody can tell
            if self.m.who_of((name, id)) == who and token(object, by, row.values) == mine and seen:
                raise Broken("duplicate create", f"{name}/{id} was there, read by an earlier run, and one more is made")

    def _changing(self, name: str, write: Change, seq: int) -> None:
        place = (name, write.id)
        row = self.m.row(place)
        self.m.say(f"  engine writes {name}/{write.id}: {short(write.values)}")
        if UNMAPPED in write.values:
            raise Broken("unmapped", f"a write to {name}/{write.id} touches a column that is not mapped")
        if row is None:
            return
        nature = self.m.systems[name].nature
        versions = write.if_version is not None and nature.versions
        if not versions and not nature.compares_before:
            last = max(self.m.reads.get(place, [0]))
            for w in self.m.writes:
                columns = COLUMNS[w.object][w.field]
                if (w.system, w.id) == place and last < w.seq < seq and set(columns) & set(write.values):
                    w.exempt = True
                    self.m.exempted += 1
            for o in self.m.opted:
                if o.place == place and last < o.seq < seq and "optout" in write.values:
                    o.bound, o.exempt = False, True
                    self.m.exempted += 1
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
        last = max(self.m.reads.get(place, [0]))
        touched = {
            c for w in self.m.writes if (w.system, w.id) == place and w.seq > last for c in COLUMNS[w.object][w.field]
        }
        touched |= {"optout"} if any(o.place == place and o.seq > last for o in self.m.opted) else set()
        for column, value in write.values.items():
            if row.values.get(column) == value and column not in touched:
                raise Broken("whole record", f"a write to {place[0]}/{place[1]} carries {column}, which it changes not")
            field = next((f for f, cs in COLUMNS[number_of(place[1])].items() if column in cs), "")
            if self.m.planned is not None and (*place, field) not in self.m.planned:
                raise Broken("plan is not apply", f"{place[0]}/{place[1]} {column} is written and was not in the plan")

    def _noted(self, place: Place, row: Row, write: Change, seq: int) -> None:
        system = self.m.systems[place[0]]
        for field, columns in COLUMNS[number_of(place[1])].items():
            for column in columns:
                if column not in write.values:
                    continue
                after = system.nature.fit(column, write.values[column])
                self._redoing(place, field, column, after)
                self.m.ours.append(Ours(seq, place, field, column, row.values.get(column), after))

    def _redoing(self, place: Place, field: str, column: str, after: Any) -> None:
        """What was undone stays so until a source changes or a person lets it flow."""
        pin = self.m.pinned.get((place, column))
        who = self.m.who_of(place)
        if pin is None or who is None or self.m.undoing or after != pin.after or after == pin.before:
            return
        if self.m.redoing:
            return  # somebody undid the undo
        since = [w for w in self.m.writes if w.seq > pin.seq and w.field == field and self.m.group(w.who) == who]
        decided = [v for v in self.m.verdicts if v.seq > pin.seq and self.m.group(v.group) == who]
        joined = [s for g, s in self.m.joined.items() if self.m.new_since(s, pin.seq) and self.m.group(g) == who]
        turned = [s for p, s in self.m.turned.items() if self.m.new_since(s, pin.seq) and self.m.who_of(p) == who]
        backfilled = self.m.backfills.get(field, 0) > pin.seq
        if not (since or decided or joined or turned or backfilled):
            raise Broken("undo redone", f"{place[0]}/{place[1]} {column} is {after!r} again, and nobody asked for it")

    def _reversing(self, place: Place) -> None:
        who = self.m.who_of(place)
        if who is None or who in self.m.allowed_in:
            return
        if any(o.exempt and o.place == place for o in self.m.opted):
            return
        earned = [o for o in self.m.opted if o.earned and self.m.group(o.who) == who]
        if not any(o.place[0] == self.m.rules.opt_in_from for o in earned):
            raise Broken("opt-out reversed", f"{place[0]}/{place[1]} is opted in again, and nobody allowed it")

    def _removing(self, name: str, write: Remove) -> None:
        place = (name, write.id)
        self.m.say(f"  engine deletes {name}/{write.id}")
        who = self.m.who_of(place)
        ours = any(write.id in ids for ids in self.m.systems[name].made.values())
        if who in self.m.ended or (self.m.undoing and ours):
            self.m.is_gone(place)
            return
        raise Broken("delete", f"{name}/{write.id} is deleted, and nobody asked for it")
