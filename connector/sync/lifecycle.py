"""What became of each end: seen, gone, moved, back, out of scope, or taken over by somebody else.

Rows of the lifecycle table in `docs/how-it-works.md`. Merges and moves across links are joined before this by the
matching stage; here an end only changes its own state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from connector.cleanse import echoes, match_key
from connector.mapping.model import EntityMapping
from connector.model import End, EndId, EndState, Fate, FieldType, Left, Link, Observation, Shown, Value


@dataclass(frozen=True, slots=True)
class EndNow:
    """An end with what this run saw of it; `shown` None means not read: taken to show its base."""

    end: End
    shown: Shown | None = None
    gone_now: bool = False
    back: bool = False  # undeleted or relinked: no base

    @property
    def live(self) -> bool:
        return self.end.state is EndState.LIVE


def ends_now(link: Link, seen: Iterable[Observation]) -> tuple[EndNow, ...]:
    """The link's ends, in order, each with what was seen of it; ends seen for the first time come last."""
    seen = tuple(seen)
    observed: dict[EndId, Observation] = {}
    for o in seen:
        observed[o.at] = o
    here = {e.at: e for e in link.ends}
    winners = {o.into for o in seen if isinstance(o, Left) and o.into is not None and _counts(here.get(o.at))}
    known: list[EndNow] = []
    for end in link.ends:
        promoted = end.at in winners and not _counts(end)
        now = _known(replace(end, state=EndState.GONE) if promoted else end, observed, here)
        known += [_relinked(n.end) if promoted and n.shown is None else n for n in now]
    return _one_place(*known, *(_new(o) for o in observed.values() if isinstance(o, Shown)))


def _one_place(*ends: EndNow) -> tuple[EndNow, ...]:
    """One live end a system: a record that comes back and finds its place taken is a duplicate."""
    live = (EndState.LIVE, EndState.OUT_OF_SCOPE)
    settled = {n.end.at.system for n in ends if n.end.state in live and not n.back}
    kept: list[EndNow] = []
    for n in ends:
        if n.end.state in live and n.back:
            if n.end.at.system in settled:
                n = replace(n, end=replace(n.end, state=EndState.DUPLICATE))
            settled.add(n.end.at.system)
        kept.append(n)
    return tuple(kept)


def _counts(end: End | None) -> bool:
    return end is not None and end.state not in (EndState.DUPLICATE, EndState.UNLINKED)


def _relinked(end: End) -> EndNow:
    return EndNow(End(at=end.at, created_at=end.created_at, url=end.url), back=True)


def _known(end: End, observed: dict[EndId, Observation], here: Mapping[EndId, End]) -> tuple[EndNow, ...]:
    """The end with what was seen of it; none when it goes.

    A duplicate that somebody deleted or merged away is mended. An end that was converted or merged follows the
    winner; when the winner is an end of this link already, that end stands for both.
    """
    match observed.pop(end.at, None):
        case None:
            return (EndNow(end),)
        case Left() if end.state in (EndState.UNLINKED, EndState.BURIED):
            return (EndNow(end),)  # remembered, so that it is not made again
        case Left(fate=Fate.DELETED | Fate.MERGED as fate) if end.state is EndState.DUPLICATE:
            return (_alias(end),) if fate is Fate.MERGED else ()
        case Left(fate=Fate.MOVED | Fate.MERGED as fate, into=EndId() as into):
            loser = (_alias(end),) if fate is Fate.MERGED else ()
            if into in here:
                return loser
            winner = observed.pop(into, None)
            return (*loser, _new(winner) if isinstance(winner, Shown) else EndNow(End(at=into), back=True))
        case Left(fate=Fate.DELETED | Fate.MERGED):
            gone_now = end.state is not EndState.GONE
            return (EndNow(replace(end, state=EndState.GONE, sent={}), gone_now=gone_now),)
        case Left():
            return (EndNow(end),)
        case Shown() as shown:
            return (_seen(end, shown),)


def _alias(end: End) -> EndNow:
    """The loser of a merge, remembered by its id alone: undeleted, it finds its link, and is not made elsewhere."""
    return EndNow(End(end.at, state=EndState.BURIED, created_at=end.created_at))


def _seen(end: End, shown: Shown) -> EndNow:
    fresh = replace(
        end,
        version=shown.version,
        fingerprint=shown.fingerprint,
        lens=shown.lens,
        modified_at=end.modified_at if _as_left(end, shown) else shown.modified_at,
        created_at=shown.created_at or end.created_at,
        url=shown.url or end.url,
    )
    match end.state:
        case EndState.DUPLICATE | EndState.UNLINKED:
            return EndNow(fresh, shown)
        case EndState.GONE | EndState.BURIED:
            undeleted = replace(fresh, state=EndState.LIVE, base={}, first=frozenset({"*"}), sent={}, accepted={})
            return EndNow(
                undeleted if shown.in_scope else replace(undeleted, state=EndState.OUT_OF_SCOPE), shown, back=True
            )
        case EndState.LIVE | EndState.CREATING | EndState.OUT_OF_SCOPE:
            state = EndState.LIVE if shown.in_scope else EndState.OUT_OF_SCOPE
            return EndNow(replace(fresh, state=state), shown)


def _as_left(end: End, shown: Shown) -> bool:
    """Nobody has touched the record since our own write, whose stamp says nothing about when a person typed."""
    if end.modified_at is None:
        return False
    if shown.version is not None:
        return shown.version == end.version
    return bool(end.fingerprint) and shown.fingerprint == end.fingerprint


def _new(shown: Shown) -> EndNow:
    end = End(
        at=shown.at,
        version=shown.version,
        state=EndState.LIVE if shown.in_scope else EndState.OUT_OF_SCOPE,
        fingerprint=shown.fingerprint,
        lens=shown.lens,
        modified_at=shown.modified_at,
        created_at=shown.created_at,
        url=shown.url,
    )
    return EndNow(end, shown, back=True)


def replaced(mapping: EntityMapping, now: EndNow) -> Mapping[str, tuple[Value, Value]] | None:
    """Name and e-mail both moved away from the base: another person may have been typed over this one (担当者交代?).

    Returns field -> (before, after), or None.
    """
    if now.shown is None or "*" in now.end.first:
        return None
    moved: dict[str, tuple[Value, Value]] = {}
    for type_ in (FieldType.PERSON_NAME, FieldType.EMAIL):
        spec = next((f for f in mapping.fields.values() if f.type is type_), None)
        if spec is None or spec.name in now.end.first:
            return None
        before, after = now.end.base.get(spec.name), now.shown.values.get(spec.name)
        if before is None or after is None or before == after:
            return None
        if match_key(spec.type, spec.cleanse, before) == match_key(spec.type, spec.cleanse, after):
            return None
        sent = now.end.sent.get(spec.name)
        if sent is not None and (sent.value == after or echoes(spec.type, sent.value, after)):
            return None
        moved[spec.name] = (before, after)
    return moved


def join(link: Link, other: Link) -> Link:
    """Two links that are one: the ends of both; where both live in one system the later one is a duplicate."""
    ends = list(link.ends)
    for end in other.ends:
        occupied = any(e.at.system == end.at.system and e.state in (EndState.LIVE, EndState.OUT_OF_SCOPE) for e in ends)
        live = end.state in (EndState.LIVE, EndState.OUT_OF_SCOPE)
        fresh = replace(end, first=frozenset({"*"}), sent={}, accepted={})
        ends.append(replace(fresh, state=EndState.DUPLICATE) if occupied and live else fresh)
    return replace(link, ends=tuple(ends), aliases=(*link.aliases, other.key, *other.aliases))
