"""Death at every boundary, and death again during the next run: the runs after that end as if nobody had died."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.crash.bell import Bell, Death, hang
from tests.crash.scenarios import Scenario, undo
from tests.crash.worlds import Frozen, Place, Seen, look
from tests.engine.kit import Kit

QUIET = 2  # runs after the one that a person starts again


@dataclass
class Found:
    """What an enumeration of one scenario saw."""

    scenario: str
    points: int = 0  # places there are
    died: int = 0
    pairs: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    different: list[str] = field(default_factory=list)


class Enumeration:
    """One scenario on one database."""

    def __init__(self, scenario: Scenario, place: Place, prepared: Frozen) -> None:
        self.scenario, self.place, self.prepared = scenario, place, prepared
        self.found = Found(scenario.name)
        k = place.thaw(prepared)
        self.kinds = self._act_under(k, Bell(0)).kinds
        self.found.points = len(self.kinds)
        self.undisturbed = self._settle(k, died=False)

    def points(self, statements: int = 1, others: int = 1, start: int = 0) -> Found:
        """Death at every nth statement, and at every nth of the other boundaries."""
        seen: Counter[bool] = Counter()
        for at, kind in enumerate(self.kinds, 1):
            inside = kind == "statement"
            seen[inside] += 1
            if (seen[inside] + start) % (statements if inside else others) == 0:
                self._point(at)
        return self.found

    def pairs(self, firsts: Iterable[int], stride: int) -> Found:
        """After death at each of `firsts`, death at every `stride`th boundary of the next run."""
        for number, first in enumerate(firsts):
            k = self.place.thaw(self.prepared)
            self._act_under(k, Bell(first))
            k.store.close()
            dead = self.place.freeze(k)
            second = 1 + number % stride
            while True:
                k = self.place.thaw(dead)
                bell = self._act_under(k, Bell(second), again=True)
                if bell.strokes < second:
                    k.store.close()
                    break
                self.found.pairs += 1
                self._compare(k, f"{first} {self.kinds[first - 1]}, then {second} {bell.kinds[-1]}")
                second += stride
        return self.found

    def _point(self, at: int) -> None:
        k = self.place.thaw(self.prepared)
        bell = self._act_under(k, Bell(at))
        assert bell.strokes >= at, f"{self.scenario.name}: lived through stroke {at}"
        self.found.died += 1
        self.found.kinds[self.kinds[at - 1]] += 1
        self._compare(k, f"{at} {self.kinds[at - 1]}")

    def _compare(self, k: Kit, where: str) -> None:
        differences = self.undisturbed.differences(self._settle(k, died=True))
        if differences:
            self.found.different.append(f"{self.scenario.name}: died at {where}: " + "; ".join(differences))

    def _act_under(self, k: Kit, bell: Bell, *, again: bool = False) -> Bell:
        if again:
            k.pass_time(7200)  # the lease of the dead has run out
        hang(bell, k)
        try:
            self._again(k) if again else self.scenario.act(k)
        except Death:
            assert bell.strokes >= bell.at > 0
        return bell

    def _settle(self, k: Kit, *, died: bool) -> Seen:
        """A new process: it starts the act once more if the last one died, and then the schedule goes on."""
        k.store.close()
        for adapter in k.adapters.values():
            adapter.wire = lambda moment, call, payload: None
        self.place.reopen(k)
        k.pass_time(7200)
        if died:
            self._again(k)
        for _ in range(QUIET):
            k.sync()
        seen = look(k)
        k.store.close()
        return seen

    def _again(self, k: Kit) -> None:
        """What a person does after a crash: the same once more; for a saved plan, a new one."""
        if self.scenario.act is undo:
            k.sync()
        self.scenario.act(k)


def prepared(scenario: Scenario, place: Place) -> Frozen:
    """The scenario's world before the act; prepared on SQLite, for either database."""
    k = scenario.prepare(place.folder)
    return Place(place.folder).freeze(k)
