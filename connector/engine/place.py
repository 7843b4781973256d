"""Stage two: every new record finds its link: by our key, by id, by exact identifier, by weight; or gets its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from connector.engine.adopt import adopt, found_again
from connector.engine.hub import Ready
from connector.engine.merges import follow, home_of, join_links, with_losers
from connector.engine.placed import Placed
from connector.engine.pull import patience, read_through
from connector.engine.references import resolve
from connector.engine.spool import Read, Spool
from connector.mapping.model import EntityMapping
from connector.match import Candidate, Decisions, Evidence, Matcher, Subject
from connector.model import (
    End,
    EndId,
    EndState,
    Entity,
    Hold,
    HoldId,
    HoldKind,
    Link,
    Shown,
)
from connector.sync.holds import end_text
from connector.sync.label import label

if TYPE_CHECKING:
    from connector.match.crowd import Crowd

# Duplicates too: whoever is the same as one of them is no stranger, to be made in other systems.
_OPEN_PLACES = (EndState.LIVE, EndState.CREATING, EndState.OUT_OF_SCOPE, EndState.DUPLICATE)


def gather(ready: Ready, spool: Spool) -> dict[Entity, Crowd]:
    """The entities that no link is of yet: their first records are told apart without keeping them in memory."""
    crowds: dict[Entity, Crowd] = {}
    store = ready.hub.store
    for mapping in ready.mappings:
        rules = ready.matchers[mapping.entity].rules
        if next(store.every(mapping.entity, 1), None) is None and not store.judged() and not rules.refers:
            from connector.match.crowd import Crowd

            crowds[mapping.entity] = Crowd(rules)
            spool.gather(mapping.entity, rules, crowds[mapping.entity])
    return crowds


def place_entity(ready: Ready, spool: Spool, entity: Entity, crowd: Crowd | None = None) -> Placed:
    """Places every unplaced record of one entity and follows merges, moves and verdicts on matches."""
    mapping = ready.mapping(entity)
    placed = Placed()
    if crowd is not None:
        placed.first = True
        _place_crowd(ready, mapping, spool, crowd, placed)
        return placed
    strangers = follow(ready, spool, entity, placed)
    _answer(ready, spool, entity, placed)
    _detach(ready, spool, entity, placed)
    reads = _distinct(spool.unplaced(entity))
    rest, adopted = adopt(ready, reads, placed)
    rest, again = found_again(ready, mapping, rest)
    adopted += again
    ready.hub.keep()
    found = _match(ready, mapping, spool, rest, placed)
    ready.hub.keep()
    spool.place(entity, with_losers(ready, spool, placed, strangers, [*adopted, *found]))
    return placed


def _distinct(reads: Iterable[Read]) -> list[Read]:
    """A record that was read twice (overlap, drifting pages) counts once, as last seen."""
    return list({r.observation.at: r for r in reads}.values())


# --- the first records of an entity -------------------------------------------------------------------------


def _place_crowd(ready: Ready, mapping: EntityMapping, spool: Spool, crowd: Crowd, placed: Placed) -> None:
    """No link is known, so there is nobody to adopt, to follow or to answer: who is who is all there is to find."""
    from connector.match.crowd import decide

    entity, new_key = mapping.entity, ready.hub.new_key
    if not len(crowd):
        return
    for twins in crowd.twins():
        last: dict[EndId, int] = {}
        for number, read in zip(twins, spool.gathered(entity, twins), strict=True):
            if read.observation.at in last:
                crowd.drop(last[read.observation.at])
            last[read.observation.at] = number
    order = {o.place: i for i, o in enumerate(mapping.objects)}
    told = crowd.sorted()
    spool.house(entity, ((new_key(), number) for number in told.alone))
    placed.linked += len(told.pairs)
    spool.house(entity, ((key, number) for pair in told.pairs for key in (new_key(),) for number in pair))
    for part in told.parts:
        numbers = list(dict.fromkeys([*part.records, *(n for of in part.holders.values() for g in of for n in g)]))
        reads = dict(zip(numbers, spool.gathered(entity, numbers), strict=True))
        decisions = decide(ready.matchers[entity].rules, part, {n: _subject(r, order) for n, r in reads.items()})
        by_ref = {end_text(reads[n].observation.at): reads[n] for n in part.records}
        number_of = {end_text(reads[n].observation.at): n for n in part.records}
        link_of = _homes(ready, decisions, by_ref, placed)
        _review(ready, mapping, decisions, by_ref, (), link_of, placed)
        spool.house(entity, [(link, number_of[ref]) for ref, link in link_of.items()])
    spool.housed(entity, told=any(f.to is entity for m in ready.mappings for f in m.fields.values()))


# --- verdicts ---------------------------------------------------------------------------------------------


def _answer(ready: Ready, spool: Spool, entity: Entity, placed: Placed) -> None:
    """Verdicts given since the last run: "same" joins two links, "different" closes the question."""
    for stored in ready.hub.store.holds(kinds=[HoldKind.MATCH], decided=True):
        if stored.entity is not entity or stored.verdict is None:
            continue
        placed.answered.append(stored.hold.id)
        other = _home(ready, entity, stored.hold.facts.get("b_at")) or str(stored.hold.facts.get("other", ""))
        if stored.verdict.choice == "same" and other:
            join_links(spool, placed, stored.hold.id.link, other)
        elif stored.verdict.choice == "different":
            _part(ready, spool, entity, placed, stored.hold)


def _detach(ready: Ready, spool: Spool, entity: Entity, placed: Placed) -> None:
    """Records that a person took off their link: a successor typed over a predecessor, a duplicate that is none."""
    for stored in ready.hub.store.holds(kinds=[HoldKind.REPLACED, HoldKind.DUPLICATE], decided=True):
        if stored.entity is not entity or stored.verdict is None or stored.closed_at is not None:
            continue
        if stored.verdict.choice not in ("successor", "separate") or stored.verdict.seen != stored.hold.seen:
            continue
        link = ready.hub.store.links([stored.hold.id.link]).get(stored.hold.id.link)
        end = next((e for e in link.ends if end_text(e.at) == stored.hold.id.topic), None) if link else None
        if end is not None and link is not None:
            _take_off(ready, spool, entity, placed, link, end)


def _read_again(ready: Ready, spool: Spool, entity: Entity, at: EndId) -> bool:
    held = ready.held(entity, (at.system, at.object, at.part))
    if held is None:
        return False
    for attempt in patience(ready.hub):
        with attempt:
            found = ready.hub.adapters[at.system].get(at.object, "id", [at.id], held.lens.columns)
    spool.add([read_through(held, native, "") for native in found])
    return bool(found)


def _home(ready: Ready, entity: Entity, at: Sequence[str] | None) -> str:
    """The link that holds a record now."""
    if at is None:
        return ""
    system, object_, id_, part = at
    known = ready.hub.store.known(system, object_, [id_]).get(id_, [])
    return next((k.link for k in known if k.at.part == part and k.entity is entity), "")


def _part(ready: Ready, spool: Spool, entity: Entity, placed: Placed, hold: Hold) -> None:
    """A verdict revised to "different": the second record leaves the link that the first verdict made."""
    link = ready.hub.store.links([hold.id.link]).get(hold.id.link)
    ends = {end_text(e.at): e for e in link.ends} if link is not None else {}
    if link is not None and hold.facts.get("b") in ends and len(ends) > 1:
        _take_off(ready, spool, entity, placed, link, ends[str(hold.facts["b"])])


def _take_off(ready: Ready, spool: Spool, entity: Entity, placed: Placed, link: Link, end: End) -> None:
    if spool.take_back(entity, end.at) or _read_again(ready, spool, entity, end.at):
        placed.detached[end_text(end.at)] = link.key


# --- matching ---------------------------------------------------------------------------------------------


def _match(ready: Ready, mapping: EntityMapping, spool: Spool, reads: Sequence[Read], placed: Placed) -> list[Read]:
    made = ready.matchers[mapping.entity]
    order = {o.place: i for i, o in enumerate(mapping.objects)}
    fresh = [_subject(r, order) for r in (resolve(ready, spool, mapping, reads) if made.rules.refers else reads)]
    changed, homes, new_blocks = _changed(ready, mapping, spool, made, order)
    subjects = [*fresh, *changed]
    if not subjects:
        return []
    blocks = [*(made.blocks(s.values) for s in fresh), *new_blocks]
    known = _candidates(ready, mapping, blocks, homes, spool, placed)
    same, different = _verdicts(ready, subjects, known, placed)
    decisions = made.decide(subjects, known, same=same, different=different)
    by_ref = {end_text(r.observation.at): r for r in reads}
    for one, other, _ in decisions.joins:
        join_links(spool, placed, min(one, other), max(one, other))
    link_of = _homes(ready, decisions, by_ref, placed)
    _review(ready, mapping, decisions, by_ref, known, link_of, placed)
    gone = spool.absorbed()
    return [replace(by_ref[ref], link=gone.get(link, link)) for ref, link in link_of.items() if ref in by_ref]


def _homes(ready: Ready, decisions: Decisions, by_ref: Mapping[str, Read], placed: Placed) -> dict[str, str]:
    """The link of every record that was decided about."""
    link_of: dict[str, str] = {}
    for group in decisions.groups:
        link = group.link or ready.hub.new_key()
        placed.linked += max(0, len(group.members) + (1 if group.link else 0) - 1)
        link_of |= dict.fromkeys(group.members, link)
    for duplicate in decisions.duplicates:
        link = _target(duplicate.of, link_of)
        if duplicate.ref not in by_ref:
            continue  # an end of a known link stays there
        link_of[duplicate.ref] = link
        placed.duplicates.setdefault(link, set()).add(by_ref[duplicate.ref].observation.at)
    return link_of


def _changed(
    ready: Ready, mapping: EntityMapping, spool: Spool, made: Matcher, order: Mapping[tuple[str, str, str], int]
) -> tuple[list[Subject], set[str], list[tuple[int, ...]]]:
    """Known records that can be found by something new: an e-mail typed in later may show who they are.

    Returns them, their links, and the blocks of each.
    """
    subjects: list[Subject] = []
    homes: set[str] = set()
    blocks: list[tuple[int, ...]] = []
    for keys in spool.links(mapping.entity, 500):
        links = ready.hub.store.links(keys)
        for key, found in spool.reads(mapping.entity, keys).items():
            reads = resolve(ready, spool, mapping, found) if made.rules.refers else found
            ends = {e.at: e for e in links[key].ends if e.state is EndState.LIVE} if key in links else {}
            for read in reads:
                shown = read.observation
                if not isinstance(shown, Shown) or shown.at not in ends:
                    continue
                base = ends[shown.at].base
                if made.alike(shown.values, base):
                    continue
                now = made.blocks(shown.values)
                if not set(now) <= set(made.blocks(base)):
                    subjects.append(_subject(read, order))
                    homes.add(key)
                    blocks.append(now)
    return subjects, homes, blocks


def _subject(read: Read, order: Mapping[tuple[str, str, str], int]) -> Subject:
    shown = read.observation
    assert isinstance(shown, Shown)
    at = shown.at
    return Subject(
        ref=end_text(at),
        system=at.system,
        object=at.object,
        values=shown.values,
        created_at=shown.created_at,
        preferred=order.get((at.system, at.object, at.part), 0),
    )


def _candidates(
    ready: Ready,
    mapping: EntityMapping,
    blocks: Iterable[Sequence[int]],
    homes: Iterable[str],
    spool: Spool,
    placed: Placed,
) -> list[Candidate]:
    """Known links that share a block with any new record, each with what its ends showed last."""
    store = ready.hub.store
    wanted = list(dict.fromkeys(b for keys in blocks for b in keys))
    keys: dict[str, None] = dict.fromkeys(homes)
    for start in range(0, len(wanted), 1000):
        for links in store.candidates(mapping.entity, wanted[start : start + 1000]).values():
            keys.update(dict.fromkeys(links))
    gone = spool.absorbed()
    # what was joined just now speaks with one voice
    every = list(dict.fromkeys([*keys, *(home_of(gone, k) for k in keys)]))
    order = {o.place: i for i, o in enumerate(mapping.objects)}
    subjects: dict[str, list[Subject]] = {}
    for start in range(0, len(every), 1000):
        for link in store.links(every[start : start + 1000]).values():
            ends = (e for e in link.ends if e.state in _OPEN_PLACES and end_text(e.at) not in placed.detached)
            subjects.setdefault(home_of(gone, link.key), []).extend(_end_subject(e, order) for e in ends)
            placed.addresses |= {end_text(e.at): _address(e.at) for e in link.ends}
    return [Candidate(key, tuple(of)) for key, of in subjects.items() if of]


def _address(at: EndId) -> tuple[str, str, str, str]:
    return (at.system, at.object, at.id, at.part)


def _end_subject(end: End, order: Mapping[tuple[str, str, str], int]) -> Subject:
    at = end.at
    return Subject(
        end_text(at), at.system, at.object, end.base, end.created_at, order.get((at.system, at.object, at.part), 0)
    )


def _verdicts(
    ready: Ready, subjects: Sequence[Subject], known: Sequence[Candidate], placed: Placed
) -> tuple[set[frozenset[str]], set[frozenset[str]]]:
    refs = [s.ref for s in subjects] + [s.ref for c in known for s in c.subjects]
    same: set[frozenset[str]] = set()
    different: set[frozenset[str]] = set()
    for start in range(0, len(refs), 1000):
        for pair, is_same in ready.hub.store.match_verdicts(refs[start : start + 1000]).items():
            (same if is_same else different).add(pair)
    for ref, left in placed.detached.items():
        different |= {frozenset({ref, s.ref}) for c in known if c.link == left for s in c.subjects}
    return same, different


def _target(of: str, link_of: Mapping[str, str]) -> str:
    return of.removeprefix("link:") if of.startswith("link:") else link_of[of]


def _review(
    ready: Ready,
    mapping: EntityMapping,
    decisions: Decisions,
    by_ref: Mapping[str, Read],
    known: Sequence[Candidate],
    link_of: Mapping[str, str],
    placed: Placed,
) -> None:
    """A hold for each pair that only a person can decide; until then neither side is created elsewhere."""
    ends_of = {c.link: c.subjects for c in known}
    place_of = {ref: _address(r.observation.at) for ref, r in by_ref.items()} | placed.addresses
    home_of = {s.ref: c.link for c in known for s in c.subjects}

    def side(name: str) -> tuple[str, str, Mapping[str, object]]:
        link = name.removeprefix("link:") if name.startswith("link:") else home_of.get(name)
        if link is not None:
            first = ends_of[link][0]
            return link, first.ref, dict(first.values)
        shown = by_ref[name].observation
        assert isinstance(shown, Shown)
        return link_of[name], name, dict(shown.values)

    owners = {key: owner for key, (_, owner) in ready.hub.store.labels(list(ends_of)).items()}
    owners |= {link_of[ref]: r.owner for ref, r in by_ref.items() if r.owner and ref in link_of}
    for review in decisions.reviews:
        link_a, ref_a, values_a = side(review.a)
        link_b, ref_b, values_b = side(review.b)
        if link_a == link_b:
            continue
        # the question goes to whoever owns one of the records
        if (not owners.get(link_b), link_b) < (not owners.get(link_a), link_a):
            link_a, ref_a, values_a, link_b, ref_b, values_b = link_b, ref_b, values_b, link_a, ref_a, values_a
        facts = {
            "pair": [ref_a, ref_b],
            "b_at": list(place_of[ref_b]),
            "a": ref_a,
            "b": ref_b,
            "other": link_b,
            "values_a": values_a,
            "values_b": values_b,
            "other_label": label(mapping, values_b),  # type: ignore[arg-type]
            "evidence": _evidence(review.evidence),
        }
        hold = Hold(HoldId(link_a, HoldKind.MATCH, link_b), facts, ("same", "different"), f"{ref_a}={ref_b}")
        placed.reviews.setdefault(link_a, []).append(hold)


def _evidence(evidence: Evidence) -> dict[str, object]:
    return {
        "identifier": list(evidence.identifier) if evidence.identifier else None,
        "weight": round(evidence.weight, 2),
        "levels": [[f, level, round(w, 2)] for f, level, w in evidence.levels],
    }
