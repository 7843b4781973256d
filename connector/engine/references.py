"""References are link keys on the hub and foreign ids outside; here one becomes the other, in batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from connector.engine.hub import Held, Ready, same_record_fields
from connector.engine.spool import Read, Spool
from connector.mapping.model import EntityMapping
from connector.model import EndId, Entity, FieldType, Shown

Foreign = tuple[str, str]  # system, id


def resolve(ready: Ready, spool: Spool | None, mapping: EntityMapping, reads: Sequence[Read]) -> list[Read]:
    """The same reads with references as link keys; a target that no link holds is `waiting`: neither blank nor edit."""
    if all(f.type is not FieldType.REFERENCE for f in mapping.fields.values()):
        return list(reads)
    wanted = _wanted(ready, mapping, reads)
    if not wanted:
        return list(reads)
    found = {entity: _links_of(ready, spool, entity, ids) for entity, ids in wanted.items()}
    return [_resolved(ready, mapping, read, found) for read in reads]


def _wanted(ready: Ready, mapping: EntityMapping, reads: Iterable[Read]) -> dict[Entity, set[Foreign]]:
    wanted: dict[Entity, set[Foreign]] = {}
    for read in reads:
        at = read.observation.at
        for field, foreign in read.foreign.items():
            target = mapping.fields[field].to
            if target is not None:
                wanted.setdefault(target, set()).add((at.system, foreign))
        held = ready.held(mapping.entity, (at.system, at.object, at.part))
        for field, _ in same_record_fields(held.at) if held else ():
            target = mapping.fields[field].to
            if target is not None:
                wanted.setdefault(target, set()).add((at.system, at.id))
    return wanted


def _links_of(ready: Ready, spool: Spool | None, entity: Entity, ids: Iterable[Foreign]) -> dict[Foreign, str]:
    """Links of an entity by where they live, the records placed in this very run included."""
    try:
        mapping = ready.mapping(entity)
    except StopIteration:
        return {}
    by_system: dict[str, list[str]] = {}
    for system, id_ in ids:
        by_system.setdefault(system, []).append(id_)
    found: dict[Foreign, str] = {}
    for system, wanted in by_system.items():
        for o in mapping.objects_of(system):
            for id_, ends in ready.hub.store.known(system, o.object, wanted).items():
                for end in ends:
                    if end.entity is entity and end.at.part == o.part:
                        found[system, id_] = end.link
            if spool is not None:
                for id_, link in spool.placed(system, o.object, wanted, o.part).items():
                    found[system, id_] = link
    absorbed = spool.absorbed() if spool is not None else {}
    return {place: absorbed.get(link, link) for place, link in found.items()}


def _resolved(ready: Ready, mapping: EntityMapping, read: Read, found: Mapping[Entity, Mapping[Foreign, str]]) -> Read:
    shown = read.observation
    if not isinstance(shown, Shown):
        return read
    values = dict(shown.values)
    waiting = dict(shown.waiting)

    def take(field: str, foreign: str) -> None:
        target = mapping.fields[field].to
        link = found.get(target, {}).get((shown.at.system, foreign)) if target else None
        if link is None:
            waiting[field] = foreign
        else:
            values[field] = link

    for field, foreign in read.foreign.items():
        take(field, foreign)
    held = ready.held(mapping.entity, (shown.at.system, shown.at.object, shown.at.part))
    for field, _ in same_record_fields(held.at) if held else ():
        take(field, shown.at.id)
    if not waiting and values == shown.values:
        return read
    return replace(read, observation=replace(shown, values=values, waiting=waiting), blocks=None)


def places_of(ready: Ready, keys: Sequence[str], system: str) -> dict[str, EndId]:
    """Where these links live in one system, one place each."""
    return {key: ends[0] for key, ends in ready.hub.store.places(keys, system).items() if ends}


def reference_fields(held: Held) -> tuple[str, ...]:
    return tuple(f for f in held.at.columns if held.mapping.fields[f].type is FieldType.REFERENCE)
