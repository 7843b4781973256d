"""People at work in the systems, on every side and at any time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from tests.laws.facts import IN, OUT, Place, number_of, short, word
from tests.laws.memory import Memory
from tests.laws.world import COLUMNS, FIRMS, PEOPLE, UNMAPPED


class People:
    """Does things in the systems as their users do, and has them remembered."""

    def __init__(self, memory: Memory) -> None:
        self.m = memory
        self.numbers = 0

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

    def _type(self, place: Place, values: dict[str, Any], what: str) -> None:
        system = self.m.systems[place[0]]
        object = number_of(place[1])
        self.m.who_of(place)  # while its values still tell
        before = {name: self.m.read_value(place, name) for name in COLUMNS[object]}
        row = self.m.row(place)
        before["optout"] = row.values.get("optout") if row is not None else None
        stood = {} if row is None else {c: v for c, v in values.items() if c != "optout" and row.values.get(c) == v}
        system.edit_behind(object, place[1], values)
        self.m.say(
            f"{what} {place[0]}/{place[1]}: {short(values)}" + (" (lands late)" if system.nature.commit_delay else "")
        )
        if not system.nature.commit_delay:
            self.m.typed(place, {c: v for c, v in values.items() if not self._retyped(object, c, stood)}, before=before)

    def _retyped(self, object: str, column: str, stood: Mapping[str, Any]) -> bool:
        """Was every column of this one's field typed as it stood?"""
        return any(column in columns and set(columns) <= set(stood) for columns in COLUMNS[object].values())

    def _make(self, system: str, object: str, who: int, values: dict[str, Any]) -> Place:
        made = self.m.systems[system].create_behind(object, values)
        place = (system, made)
        self.m.who[place] = who
        self.m.turned[place] = self.m.seq
        self.m.extra[place] = values.get(UNMAPPED)
        self.m.say(f"{system}: somebody makes {made}: {short(values)}")
        self.m.typed(place, values, made=True)
        return place

    def _person(self, rng: Random, system: str, shared: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = dict(shared)
        for name in ("phone", "title", "note", "memo", "score", "rank"):
            if rng.random() < 0.6:
                values |= self.fresh(PEOPLE, name, rng)
        firms = [p for p in self.m.alive(FIRMS) if p[0] == system]
        if firms and rng.random() < 0.6:
            values["firm"] = rng.choice(firms)[1]
        if rng.random() < 0.5:
            values["optout"] = rng.choice([IN, IN, OUT])
        if rng.random() < 0.3:
            self.numbers += 1
            values[UNMAPPED] = f"secret {self.numbers}"
        return values

    def _create(self, rng: Random) -> None:
        who = self.m.somebody()
        shared = self.fresh(PEOPLE, "name", rng)
        if rng.random() < 0.65:  # the others can be told from nobody but by our key
            shared |= self.fresh(PEOPLE, "email", rng)
        system = rng.choice(list(self.m.systems))
        self._make(system, PEOPLE, who, self._person(rng, system, shared))

    def _pair(self, rng: Random) -> None:
        who = self.m.somebody()
        shared = self.fresh(PEOPLE, "name", rng) | self.fresh(PEOPLE, "email", rng)
        for system in rng.sample(list(self.m.systems), rng.choice([2, 2, len(self.m.systems)])):
            self._make(system, PEOPLE, who, self._person(rng, system, shared))

    def _firm(self, rng: Random) -> None:
        who = self.m.somebody()
        shared = self.fresh(FIRMS, "name", rng) | self.fresh(FIRMS, "code", rng)
        for system in rng.sample(list(self.m.systems), rng.choice([1, 2])):
            more = self.fresh(FIRMS, "phone", rng) if rng.random() < 0.6 else {}
            self._make(system, FIRMS, who, shared | more)

    def _target(self, rng: Random) -> Place | None:
        object = PEOPLE if rng.random() < 0.85 else FIRMS
        places = self.m.alive(object)
        return rng.choice(places) if places else None

    def _editable(self, object: str) -> list[str]:
        return [n for n in COLUMNS[object] if n not in ("consent", "company")]

    def _edit(self, rng: Random, at: Place | None = None, columns: Sequence[str] = ()) -> None:
        place = at or self._target(rng)
        if place is None or self.m.row(place) is None:
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
        others = [
            p for p in self.m.alive(number_of(place[1])) if self.m.who_of(p) == self.m.who_of(place) and p != place
        ]
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
        others = [p for p in self.m.alive(object) if self.m.who_of(p) == self.m.who_of(place) and p != place]
        row = self.m.row(place)
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
        places = self.m.alive(PEOPLE)
        if places:
            self._type(rng.choice(places), {"optout": OUT}, "opt-out")

    def _consent(self, rng: Random) -> None:
        places = [p for p in self.m.alive(PEOPLE) if (r := self.m.row(p)) is not None and r.values["optout"] == OUT]
        if places:
            self._type(rng.choice(places), {"optout": IN}, "opt-in")

    def _employ(self, rng: Random) -> None:
        places = self.m.alive(PEOPLE)
        if not places:
            return
        place = rng.choice(places)
        firms = [p for p in self.m.alive(FIRMS) if p[0] == place[0]]
        if firms:
            self._type(place, {"firm": rng.choice(firms)[1]}, "changes company")

    def _unmapped(self, rng: Random) -> None:
        place = self._target(rng)
        if place is not None and not self.m.systems[place[0]].nature.commit_delay:
            self.numbers += 1
            self._type(place, {UNMAPPED: f"secret {self.numbers}"}, "unmapped")

    def _delete(self, rng: Random) -> None:
        place = self._target(rng)
        if place is None:
            return
        self.m.who_of(place)
        self.m.systems[place[0]].delete_behind(number_of(place[1]), place[1])
        self.m.is_gone(place)
        self.m.tick()
        self.m.say(f"delete {place[0]}/{place[1]}")

    def _undelete(self, rng: Random) -> None:
        gone = [p for p in sorted(self.m.deleted) if self.m.row(p) is None]
        if gone:
            place = rng.choice(gone)
            self.m.systems[place[0]].undelete(number_of(place[1]), place[1])
            self.m.deleted.discard(place)
            self.m.merged.pop(place, None)
            self.m.turned[place] = self.m.tick()
            self.m.say(f"undelete {place[0]}/{place[1]}")
            self._back(place)

    def _back(self, place: Place) -> None:
        """What an undeleted record holds are rivals of what stands elsewhere, as if typed now; none is owed."""
        first = len(self.m.writes)
        row = self.m.row(place)
        if row is not None:
            self.m.typed(place, {c: v for c, v in row.values.items() if c not in ("optout", UNMAPPED)}, made=True)
        for write in self.m.writes[first:]:
            write.exempt = True

    def _merge(self, rng: Random) -> None:
        """Two records of one system turn out to be one person."""
        winner = self._target(rng)
        if winner is None:
            return
        object = number_of(winner[1])
        losers = [p for p in self.m.alive(object) if p[0] == winner[0] and p != winner]
        if not losers:
            return
        loser = rng.choice(losers)
        one, other = self.m.who_of(winner), self.m.who_of(loser)
        if one is None or other is None:
            return
        self.m.systems[winner[0]].merge_behind(object, loser[1], winner[1])
        stands = {name: self.m.read_value(winner, name) for name in COLUMNS[object] if name != "consent"}
        self.m.parent[other] = one
        self.m.joined[one] = self.m.turned[winner] = self.m.tick()
        self.m.merges.append((self.m.seq, winner, stands))
        self.m.say(f"merge {winner[0]}/{loser[1]} into {winner[1]}")
        self.m.is_gone(loser)
        self.m.merged[loser] = winner
