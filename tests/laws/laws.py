"""The laws, held against a history at rest. Knows nothing of how the engine merges: only what may be lost, and why.

Which of the invariants is looked at where ("while" the history goes on: watch.py, memory.py, story.py; or "rest"):

 1 no lost update        rest   Losses: no_lost_update, clears_stand, as_typed
 2 no blind overwrite    while  Watch._changing (counts the one exception), Watch._sparing
 3 no duplicate create   while  Watch._creating, Memory.creates_sent; rest no_duplicates, adopted, created
 4 no echo               while  Play.settle
 5 convergence           rest   convergence, linked
 6 plan = apply          while  Watch._sparing with Memory.planned, Play._run_saved
 7 dry run is pure       while  Play._run_saved
 8 crash anywhere        rest   all of them, and intents
10 one bad record        rest   convergence and linked: the records beside a refused or unreadable one arrive
12 opt-out is sticky     while  Watch._reversing; rest consent
13 the ledger closes     while  Memory._ledger
14 undo is a plan        while  Memory.undone, Watch._redoing, Watch._removing

9 and 15 have rigs of their own. Of 11, nothing_invented and Watch._changing see that an unmapped column stays alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connector.adapters.memory.system import Row
from connector.model import EndState, Entity, HoldKind, Link
from connector.store.records import StoredHold
from tests.laws.facts import OUT, Broken, Place, number_of, token
from tests.laws.losses import Losses
from tests.laws.memory import Memory
from tests.laws.world import COLUMNS, FIRMS, OBJECT, PEOPLE, UNMAPPED

if TYPE_CHECKING:
    from tests.laws.story import Play


def check(play: Play) -> None:
    state = AtRest(play.memory, play)
    losses = Losses(state)
    play.counts["exempt"] += play.memory.exempted
    state.no_duplicates()
    state.adopted()
    state.intents()
    state.nothing_invented()
    losses.no_lost_update()
    losses.as_typed()
    losses.clears_stand()
    state.convergence()
    state.consent()
    state.linked()
    state.created()


@dataclass
class AtRest:
    """The state of everything when a history has settled."""

    memory: Memory
    play: Play
    holds: dict[str, list[StoredHold]] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)

    def __post_init__(self) -> None:
        store = self.play.store
        for stored in store.holds():
            self.holds.setdefault(stored.hold.id.link, []).append(stored)
            if stored.hold.id.kind is HoldKind.MATCH:
                self.holds.setdefault(stored.hold.id.topic, []).append(stored)
        for entity in (Entity.COMPANY, Entity.PERSON):
            for chunk in store.every(entity):
                self.links += chunk
        self.link_of = {(e.at.system, e.at.id): (x, e) for x in self.links for e in x.ends}
        self.held_text = {
            link: json.dumps([h.hold.facts for h in holds], default=str, ensure_ascii=False).casefold().replace("-", "")
            for link, holds in self.holds.items()
        }

    def live(self) -> Iterable[tuple[Place, Row]]:
        for name, system in self.memory.systems.items():
            for rows in system.rows.values():
                for id, row in rows.items():
                    yield (name, id), row

    def no_duplicates(self) -> None:
        for name, system in self.memory.systems.items():
            alive = {id for rows in system.rows.values() for id in rows}
            for key, ids in system.made.items():
                # deleted by a person, then undeleted; or made again because a person said so
                back = {
                    id
                    for id in ids
                    if self.memory.turned.get((name, id)) or self.memory.who_of((name, id)) in self.memory.retried
                }
                if len((alive & set(ids)) - back) > 1:
                    raise Broken("duplicate create", f"{name} has {sorted(alive & set(ids))}, all made for {key}")
            mine: dict[int, list[str]] = {}
            for id in sorted({id for ids in system.made.values() for id in ids} & alive):
                who = self.memory.who_of((name, id))
                if (
                    who is not None
                    and who not in self.memory.joined | dict.fromkeys(self.memory.retried, 0)
                    and not self.memory.turned.get((name, id))
                ):
                    mine.setdefault(who, []).append(id)
            for who, ids in mine.items():
                made = {(name, id) for id in ids}
                theirs = [p for p in self.memory.turned if self.memory.who.get(p) == who and p not in made]
                if len(ids) > 1 and len(theirs) < 2:  # two records that people made may be two links
                    raise Broken("duplicate create", f"{name} has {ids}, all made for one person")

    def adopted(self) -> None:
        """A record that carries our key is on the link of that key, whatever happened to the answer of its create."""
        m = self.memory
        for name, system in m.systems.items():
            for key, ids in system.made.items() if system.nature.external_key else ():
                for id in ids:
                    place = (name, id)
                    who = m.who_of(place) if m.row(place) is not None else None
                    if who is None or m.turned.get(place) or who in m.joined or any(v.group == who for v in m.verdicts):
                        continue
                    link = self.link_of[place][0] if place in self.link_of else None
                    if link is None or key not in (link.key, *link.aliases):
                        raise Broken("not adopted", f"{name}/{id} was made for {key} and is on {link and link.key}")

    def intents(self) -> None:
        left = list(self.play.store.journal(unfinished=True))
        if left:
            raise Broken("intent without outcome", f"{[(r.run, r.link, r.system, r.action) for r in left]}")

    def nothing_invented(self) -> None:
        m = self.memory
        for place, row in self.live():
            if row.values.get(UNMAPPED) != m.extra.get(place):
                raise Broken("unmapped", f"{place[0]}/{place[1]} {UNMAPPED} is {row.values.get(UNMAPPED)!r}")
            who = m.who_of(place)
            object = number_of(place[1])
            for name in COLUMNS[object]:
                if name in ("consent", "company"):
                    continue
                at = token(object, name, row.values)
                if at is None:
                    continue
                write = m.of_token.get((object, name, at))
                if write is None:
                    raise Broken("invented", f"{place[0]}/{place[1]} {name}: nobody ever typed {at!r}")
                if m.group(write.who) != who:
                    raise Broken("somebody else's", f"{place[0]}/{place[1]} {name}: {at!r} is another person's")

    def open(self, group: int | None, kind: HoldKind) -> bool:
        return any(
            h.hold.id.kind is kind
            for x in self.links
            if group in self.memory.groups_of(x)
            for h in self.holds.get(x.key, ())
        )

    # --- convergence

    def convergence(self) -> None:
        m = self.memory
        for link in self.links:
            object = OBJECT[link.entity]
            holds = [h.hold for h in self.holds.get(link.key, ())]
            if any(h.id.kind in (HoldKind.REPLACED,) for h in holds):
                continue
            ends = [
                (e.at.system, e.at.id)
                for e in link.ends
                if e.state is EndState.LIVE and m.row((e.at.system, e.at.id)) is not None
            ]
            for name in COLUMNS[object]:
                if name == "consent":
                    continue
                free = [p for p in ends if not self._held(holds, name, p[0])]
                if any(h.id.kind in (HoldKind.CONFLICT, HoldKind.UNDONE) and h.id.topic == name for h in holds):
                    continue
                if object == PEOPLE and name in m.rules.source:
                    self._one_way(link, name, free)
                else:
                    self._two_way(link, object, name, free)

    def _held(self, holds: Sequence[Any], name: str, system: str) -> bool:
        for h in holds:
            topic = h.id.topic
            if h.id.kind in (HoldKind.INVALID, HoldKind.REJECTED, HoldKind.WAITING):
                if topic in (system, f">{system}", f"{name}@{system}", f"{name}>{system}"):
                    return True
                if topic.startswith(f"{name}|{system}|"):
                    return True
        return False

    def _two_way(self, link: Link, object: str, name: str, ends: Sequence[Place]) -> None:
        m = self.memory
        shown = {p: m.read_value(p, name) for p in ends}
        if any((m.group(g), field) in {(h, name) for h in m.groups_of(link)} for g, field in m.apart):
            return
        if name == "company" and any(
            v is not None and not self._firm_known(v, p) for p in ends for v in shown.values()
        ):
            return
        if name == "memo":
            shown = {p: v for p, v in shown.items() if p[0] != m.rules.into_empty}
        filled = {v for v in shown.values() if v is not None}
        if len(filled) > 1:
            raise Broken("convergence", f"{link.key} {name} differs: {_places(shown)}")
        for place, value in shown.items():
            if value is None and filled and not self._blanked(place, name):
                raise Broken("convergence", f"{link.key} {name} is blank in {place[0]}/{place[1]}: {_places(shown)}")

    def _firm_known(self, firm: str, place: Place) -> bool:
        """Is the company linked and alive in that record's system?"""
        m = self.memory
        if firm == "wNone":
            return False
        who = int(firm[1:])
        here = [x for x in self.links if x.entity is Entity.COMPANY and who in m.groups_of(x)]
        return any(
            e.at.system == place[0] and e.state is EndState.LIVE and m.row((e.at.system, e.at.id)) is not None
            for x in here for e in x.ends
        )  # fmt: skip

    def _blanked(self, place: Place, name: str) -> bool:
        """Did a person blank it last, and is such a blank to be kept?"""
        m = self.memory
        own = [w for w in m.writes if (w.system, w.id) == place and w.field == name]
        return bool(own) and own[-1].token is None and (own[-1].object, name) not in m.rules.clear

    def _one_way(self, link: Link, name: str, ends: Sequence[Place]) -> None:
        m = self.memory
        source = next((p for p in ends if p[0] == m.rules.source[name]), None)
        value = m.read_value(source, name) if source is not None else None
        if source is None or value is None:
            return
        for place in ends:
            if place == source or m.read_value(place, name) == value:
                continue
            own = [w for w in m.writes if (w.system, w.id) == place and w.field == name]
            if m.rules.drift[name] == "keep" and own and m.read_value(place, name) == own[-1].token:
                continue
            raise Broken(
                "one-way",
                f"{link.key} {name}: {source[0]} has {value!r}, {_places({place: m.read_value(place, name)})}",
            )

    # --- consent and links

    def consent(self) -> None:
        m = self.memory
        groups = {m.group(o.who) for o in m.opted if o.value == OUT and o.bound}
        for g in groups:
            events = [o for o in m.opted if m.group(o.who) == g]
            last = max(o.seq for o in events if o.value == OUT and o.bound)
            if g in m.allowed_in or any(
                o.earned and o.seq > last and o.place[0] == m.rules.opt_in_from for o in events
            ):
                continue
            bound = {o.place for o in events if o.value == OUT and o.bound and o.seq == last}
            for link in self.links:
                ends = {(e.at.system, e.at.id): e for e in link.ends}
                if not bound & set(ends):
                    continue
                holds = [h.hold for h in self.holds.get(link.key, ())]
                if any(h.id.kind is HoldKind.CONSENT for h in holds):
                    continue
                for place, end in ends.items():
                    row = m.row(place)
                    if row is None or end.state not in (EndState.LIVE, EndState.OUT_OF_SCOPE, EndState.DUPLICATE):
                        continue
                    if row.values["optout"] != OUT and not self._held(holds, "consent", place[0]):
                        raise Broken(
                            "opt-out", f"{place[0]}/{place[1]} shows {row.values['optout']!r} after an opt-out"
                        )

    def linked(self) -> None:
        """Every record that runs could read has its link, and what was merged away follows the winner."""
        m = self.memory
        for loser, winner in m.merged.items():
            while winner in m.merged:
                winner = m.merged[winner]
            left, into = self.link_of.get(loser), self.link_of.get(winner)
            if m.systems[loser[0]].nature.reports_deletes and left and into and left[0].key != into[0].key:
                raise Broken(
                    "merge not followed", f"{loser[0]}/{loser[1]} is on {left[0].key}, its winner on {into[0].key}"
                )
        for place, _row in self.live():
            if place not in self.link_of and place not in m.deleted:
                raise Broken("unlinked", f"{place[0]}/{place[1]} is on no link")
        by_mail: dict[tuple[int, str, str], dict[str, list[Place]]] = {}
        for place, row in self.live():
            object = number_of(place[1])
            mail = token(object, "code" if object == FIRMS else "email", row.values)
            who = m.who_of(place)
            if mail is not None and who is not None and not mail.startswith("zz"):
                by_mail.setdefault((who, object, mail), {}).setdefault(place[0], []).append(place)
        for (_, object, mail), systems in by_mail.items():
            if any(len(p) > 1 for p in systems.values()) or len(systems) < 2:
                continue
            places = [p[0] for p in systems.values()]
            found = [self.link_of[p] for p in places if p in self.link_of]
            odd = any(e.state is not EndState.LIVE for _, e in found)
            reviewed = any(h.hold.id.kind is HoldKind.MATCH for x, _ in found for h in self.holds.get(x.key, ()))
            if len({x.key for x, _ in found}) > 1 and not odd and not reviewed and self._always(object, places, mail):
                raise Broken("not matched", f"{mail} stands on {sorted({x.key for x, _ in found})}")

    def created(self) -> None:
        """Every record stands in every system that is to have it, or a question tells why it does not."""
        m = self.memory
        for link in self.links:
            if not any(e.state is EndState.LIVE and m.row((e.at.system, e.at.id)) is not None for e in link.ends):
                continue
            asked = {h.hold.id.kind for h in self.holds.get(link.key, ())}
            for end in link.ends:
                if end.state is EndState.CREATING and HoldKind.REJECTED not in asked:
                    raise Broken("forgotten", f"{link.key}: nobody knows whether {end.at.system} made it, or asks")
            wanted = {system for object, system in m.rules.create if object == OBJECT[link.entity]}
            missing = wanted - {e.at.system for e in link.ends}
            if missing and not asked:
                raise Broken("not created", f"{link.key} stands on {[e.at for e in link.ends]}, not in {missing}")

    def _always(self, object: str, places: Sequence[Place], mail: str) -> bool:
        """Were they made with this identifier, and never merged, deleted or renamed?"""
        m = self.memory
        name = "code" if object == FIRMS else "email"
        for place in places:
            own = [w for w in m.writes if (w.system, w.id) == place and w.field == name]
            if len(own) != 1 or not own[0].made or self.play.counts["undone"]:
                return False
        return not any(m.group(g) == m.who_of(p) for g in m.joined for p in places)


def _places(shown: Mapping[Place, str | None]) -> str:
    return ", ".join(f"{s}/{i}={v}" for (s, i), v in shown.items())
