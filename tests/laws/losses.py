"""What may be lost of what people typed, and why: the laws about single values, held against a history at rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.model import HoldKind
from tests.laws.facts import Broken, Write, number_of, token
from tests.laws.world import COLUMNS, PEOPLE

if TYPE_CHECKING:
    from tests.laws.laws import AtRest


class Losses:
    """Looks at every value that was typed, blanked or spelt; knows what excuses a loss."""

    def __init__(self, rest: AtRest) -> None:
        self.rest, self.memory = rest, rest.memory

    def no_lost_update(self) -> None:
        m = self.memory
        current: dict[tuple[int, str, str], set[str]] = {}
        for place, row in self.rest.live():
            who, object = m.who_of(place), number_of(place[1])
            if who is None:
                continue
            for name in COLUMNS[object]:
                if name not in ("consent", "company") and (at := token(object, name, row.values)) is not None:
                    current.setdefault((who, object, name), set()).add(at)
        held: dict[int, str] = {}
        for link in self.rest.links:
            for g in m.groups_of(link):
                held[g] = held.get(g, "") + self.rest.held_text.get(link.key, "")
        by_field: dict[tuple[int, str, str], list[Write]] = {}
        for w in m.writes:
            by_field.setdefault((m.group(w.who), w.object, w.field), []).append(w)
        for place_of, writes in by_field.items():
            if place_of[2] == "company":
                continue
            for w in writes:
                if w.token is None or w.exempt or w.token in current.get(place_of, ()):
                    continue
                if m.row((w.system, w.id)) is None or w.token in held.get(place_of[0], ""):
                    continue
                if place_of[0] in m.ended or any(self._excuses(o, w) for o in writes) or self._decided(w):
                    continue
                if self._merged_over(w):
                    continue
                raise Broken(
                    "lost update",
                    f"{w.field} {w.token!r} typed into {w.system}/{w.id} is nowhere: not replaced, not held",
                )

    def _decided(self, w: Write) -> bool:
        g = self.memory.group(w.who)
        return any(
            v.seq > w.seq and self.memory.group(v.group) == g and v.field in ("*", w.field) and v.chosen != w.token
            for v in self.memory.verdicts
        )

    def _merged_over(self, w: Write) -> bool:
        """Did somebody merge two records of the system that wins, and choose what the winner showed?"""
        m = self.memory
        source = m.rules.source.get(w.field) if w.object == PEOPLE else None
        winner = source or m.rules.rule.get((w.object, w.field), "").removesuffix(" wins")
        return any(
            seq > w.seq and place[0] == winner != w.system and stands.get(w.field) is not None
            and m.who_of(place) == m.group(w.who)
            for seq, place, stands in m.merges
        )  # fmt: skip

    def _first(self, w: Write) -> bool:
        """May the record have had no base for this write? Then the rule decides between it and the golden value."""
        m = self.memory
        place = (w.system, w.id)
        group = m.group(w.who)
        joined = max((s for g, s in m.joined.items() if m.group(g) == group), default=0)
        turned = max(m.turned.get(place, 0), joined)
        return (
            w.made
            or turned > w.seq
            or m.backfills.get(w.field, 0) > w.seq
            or not any(turned < begun and end < w.seq for begun, end in m.clean[1:])
        )

    def _seen_between(self, early: Write, late: Write) -> bool:
        """May the engine have settled the early one before the late one was typed?"""
        return any(early.seq < s < late.seq for s in self.memory.reads.get((early.system, early.id), ()))

    def _settled_between(self, early: Write, late: Write) -> bool:
        """Has it certainly?"""
        nature = self.memory.systems[early.system].nature
        if nature.commit_delay or nature.lookup_lag:
            return False
        return any(early.seq < begun and end < late.seq for begun, end in self.memory.clean)

    def _together_between(self, early: Write, late: Write) -> bool:
        """Has the engine certainly settled the early one with the record of the late one before that was typed?"""
        m = self.memory
        one, other = (m.housed.get((w.system, w.id), ("", 0)) for w in (early, late))
        turned = max(m.turned.get((w.system, w.id), 0) for w in (early, late))
        last = max(early.seq, turned, one[1], other[1])
        nature = m.systems[early.system].nature
        if one[0] != other[0] or nature.commit_delay or nature.lookup_lag:
            return False
        return any(last < begun and end < late.seq for begun, end in m.clean)

    def _excuses(self, other: Write, w: Write) -> bool:
        """Is `other` why `w` may be gone?"""
        m = self.memory
        if other is w:
            return False
        same = (other.system, other.id) == (w.system, w.id)
        back = m.turned.get((w.system, w.id), 0) > w.seq  # undeleted since: the golden value is its rival
        if same and (other.seq > w.seq or not back):
            return other.seq > w.seq
        if other.token is None and (w.object, w.field) not in m.rules.clear:
            return False
        source = m.rules.source.get(w.field) if w.object == PEOPLE else None
        if source is not None:
            if w.system == source:
                return other.system == source  # two records of the source became one link
            if m.rules.drift[w.field] == "overwrite" or self._first(w):
                return other.system == source
            return other.system == source and not self._together_between(other, w)
        if w.field == "memo" and w.system == m.rules.into_empty:
            return False
        rule = m.rules.rule[w.object, w.field]
        winner = rule.removesuffix(" wins") if rule.endswith(" wins") else ""
        if w.system != winner and self._carried(winner, other, w):
            return True
        joins = other.made and other.seq > w.seq and not same and self._seen_between(w, other)
        if joins and rule != "newest" and other.system != winner:
            return False  # whoever joins is a rival of what was settled, and no later edit of it
        if other.seq > w.seq and (self._seen_between(w, other) or other.before == w.token):
            return True  # the later one replaced it, be it where another system had the same
        if rule == "newest":
            return other.seq > w.seq or not self._settled_between(other, w) or self._first(w) or self._first(other)
        if not winner:
            return False
        if other.seq > w.seq:
            return other.system == winner or (w.system != winner and self._first(w))
        if self._first(w) and w.system != winner:
            return True
        if other.system == winner and w.system != winner:
            return self._first(other) or not self._settled_between(other, w)
        return False

    def _carried(self, winner: str, other: Write, w: Write) -> bool:
        """Did the system that wins show the other value already, from us, when the two records became one?"""
        m = self.memory
        group = m.group(w.who)
        joined = max((s for g, s in m.joined.items() if m.group(g) == group), default=0)
        copied = any(
            place[0] == winner and m.who_of(place) == group and m.read_value(place, w.field) == other.token
            and not any((t.system, t.id, t.field) == (*place, w.field) for t in m.writes)
            for place in m.copies()
        )  # fmt: skip
        return (copied and w.seq < joined) or any(
            o.place[0] == winner and o.field == w.field and o.seq < joined and w.seq < joined
            and m.who_of(o.place) == group and token(w.object, w.field, {o.column: o.after}) == other.token
            for o in m.ours
        )  # fmt: skip

    def as_typed(self) -> None:
        """What a person typed stands there as they typed it, not as another system spells it."""
        m = self.memory
        last = {(w.system, w.id, w.field): w for w in m.writes if w.field != "company"}
        for w in last.values():
            row = m.row((w.system, w.id))
            if row is None or w.token is None or w.exempt or token(w.object, w.field, row.values) != w.token:
                continue
            stands = tuple(row.values.get(c) for c in COLUMNS[w.object][w.field])
            others = {o.token for o in m.writes if o is not w and o.field == w.field and o.token == w.token}
            if stands != w.stood and not others:
                raise Broken(
                    "spelt anew", f"{w.field} of {w.system}/{w.id}: {w.stood!r} was typed, {stands!r} stands there"
                )

    def clears_stand(self) -> None:
        """What a person blanked does not come back by itself."""
        m = self.memory
        for w in m.writes:
            place = (w.system, w.id)
            if w.token is not None or w.before is None or w.exempt or m.row(place) is None:
                continue
            if m.read_value(place, w.field) != w.before or self._first(w) or self._decided(w):
                continue
            if w.field == "memo" or any(
                o.seq > w.seq and o.field == w.field and m.group(o.who) == m.group(w.who) for o in m.writes
            ):
                continue
            rule = m.rules.rule[w.object, w.field]
            if (w.object, w.field) in m.rules.clear and rule.endswith(" wins") and not rule.startswith(w.system):
                continue
            if self.rest.open(m.who_of(place), HoldKind.UNDONE) or m.unseen(place, w):
                continue
            raise Broken("clear undone", f"{w.field} of {w.system}/{w.id} was blanked, and {w.before!r} is back")
