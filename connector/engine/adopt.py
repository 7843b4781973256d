"""Records that are ours: by the key they carry, or by all that a create of unknown outcome sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connector.cleanse import echoes
from connector.engine.hub import Ready
from connector.engine.placed import Placed
from connector.engine.recover import unknown_create
from connector.engine.spool import Read
from connector.mapping.model import EntityMapping
from connector.model import End, EndId, EndState, HoldKind, Link, Shown
from connector.sync.holds import end_text


def adopt(ready: Ready, reads: Sequence[Read], placed: Placed) -> tuple[list[Read], list[Read]]:
    """Records that carry a link's key are that link's, whatever their id. Returns (others, adopted)."""
    keys = [r.observation.key for r in reads if isinstance(r.observation, Shown) and r.observation.key]
    current = ready.hub.store.alias("", "", list(dict.fromkeys(keys)))  # links that were joined answer to both keys
    found = ready.hub.store.links(list(dict.fromkeys([*keys, *current.values()])))
    links = found | {key: found[link] for key, link in current.items() if link in found}
    taken: dict[tuple[str, str], EndId] = {}
    rest: list[Read] = []
    adopted: list[Read] = []
    for read in sorted(reads, key=age_of):
        shown = read.observation
        key = shown.key if isinstance(shown, Shown) and end_text(shown.at) not in placed.detached else None
        link = links.get(key) if key else None
        if link is None or link.entity is not read.entity:
            rest.append(read)
            continue
        place = (link.key, shown.at.system)
        taken_already = occupied(link, shown.at.system) or place in taken
        if taken_already:
            placed.duplicates.setdefault(link.key, set()).add(shown.at)
        taken.setdefault(place, shown.at)
        adopted.append(replace(read, link=link.key))
    return rest, adopted


def found_again(ready: Ready, mapping: EntityMapping, reads: Sequence[Read]) -> tuple[list[Read], list[Read]]:
    """At a system without keys, a new record that shows all that was sent by a create whose answer was lost is its
    record: nobody else wrote the very same. Returns (others, found)."""
    keyless = {o.system for o in mapping.objects if not ready.hub.adapters[o.system].can.external_key}
    if not any(r.observation.at.system in keyless for r in reads):
        return list(reads), []
    asked = [h.hold.id for h in ready.hub.store.holds(kinds=[HoldKind.REJECTED]) if unknown_create(h.hold)]
    links = ready.hub.store.links(list(dict.fromkeys(i.link for i in asked)))
    waiting = {
        (key, e.at.system): e for key, link in links.items() if link.entity is mapping.entity
        for e in link.ends if e.state is EndState.CREATING and e.at.system in keyless
    }  # fmt: skip
    rest: list[Read] = []
    found: list[Read] = []
    for read in sorted(reads, key=age_of):
        shown = read.observation
        at = next((at for at, e in waiting.items() if isinstance(shown, Shown) and _all_sent(mapping, e, shown)), None)
        if at is None:
            rest.append(read)
        else:
            del waiting[at]
            found.append(replace(read, link=at[0]))
    return rest, found


def _all_sent(mapping: EntityMapping, end: End, shown: Shown) -> bool:
    """Whether a record shows every value that the create carried, as far as its system can hold it."""
    if (end.at.system, end.at.object, end.at.part) != (shown.at.system, shown.at.object, shown.at.part):
        return False
    compared = {f: s.value for f, s in end.sent.items() if f in shown.values}
    return bool(compared) and all(
        shown.values[f] == value or echoes(mapping.fields[f].type, value, shown.values[f])
        for f, value in compared.items()
    )


def age_of(read: Read) -> tuple[str, str]:
    o = read.observation
    created = o.created_at.isoformat() if isinstance(o, Shown) and o.created_at else "9999"
    return created, end_text(o.at)


def occupied(link: Link, system: str) -> bool:
    """A place that waits for its id (a create whose answer never came) is free for the record that carries our key."""
    return any(e.at.system == system and e.state in (EndState.LIVE, EndState.OUT_OF_SCOPE) for e in link.ends)
