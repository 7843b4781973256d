"""What a run works with: the wired systems, the mappings, the state, and the inputs that pure code must not take."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as given
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path

from connector.adapters.contract import Adapter, ListsUsers, Shape
from connector.errors import ConfigError, Fatal, Finding
from connector.mapping.lens import Lens, lens
from connector.mapping.model import EntityMapping, ObjectMapping, SameRecord
from connector.mapping.owners import OPEN, Owners, OwnerTable, owners_by_system
from connector.mapping.shapes import check_shapes, resolve_labels
from connector.match import Matcher, matcher
from connector.model import ENTITY_ORDER, Entity, FieldType
from connector.store.store import Store
from connector.sync.guard import Limits

Progress = Callable[[str, int, int | None], None]


def silent(stage: str, done: int, total: int | None) -> None:
    """The progress of a run nobody watches."""


def unlocked() -> None:
    """Who only reads has no lease to keep."""


@dataclass(frozen=True, slots=True)
class Hub:
    """Made by `connector.wiring`; every run is a function of it."""

    store: Store
    adapters: Mapping[str, Adapter]
    mappings: tuple[EntityMapping, ...]
    now: Callable[[], datetime]
    new_key: Callable[[], str]
    new_run: Callable[[], str]
    holder: str
    spool: Path  # a private folder for temporary files
    zone: str = "Asia/Tokyo"
    limits: Mapping[tuple[Entity, str], Limits] = given(default_factory=dict)
    owners: OwnerTable = given(default_factory=OwnerTable)
    lease: timedelta = timedelta(minutes=5)
    progress: Progress = silent
    sleep: Callable[[float], None] = time.sleep
    keep: Callable[[], None] = unlocked  # before every write outside: raises Locked when the hub is somebody else's

    @property
    def enabled(self) -> tuple[EntityMapping, ...]:
        return tuple(m for e in ENTITY_ORDER for m in self.mappings if m.entity is e and m.enabled)


@dataclass(frozen=True, slots=True)
class Held:
    """One way in which a native object holds an entity."""

    mapping: EntityMapping
    at: ObjectMapping
    lens: Lens


@dataclass(frozen=True, slots=True)
class Source:
    """A native object, pulled once for all entities it holds."""

    system: str
    object: str
    held: tuple[Held, ...]
    columns: tuple[str, ...]
    fingerprint: str  # of everything that decides what a pull would give


@dataclass(frozen=True, slots=True)
class Ready:
    """A hub whose mappings were checked against the live systems: labels resolved, lenses made."""

    hub: Hub
    mappings: tuple[EntityMapping, ...]
    sources: tuple[Source, ...]
    shapes: Mapping[tuple[str, str], Shape]
    schema: str  # fingerprint of the live schemas
    matchers: Mapping[Entity, Matcher]

    def mapping(self, entity: Entity) -> EntityMapping:
        return next(m for m in self.mappings if m.entity is entity)

    def held(self, entity: Entity, place: tuple[str, str, str]) -> Held | None:
        for source in self.sources:
            for held in source.held:
                if held.mapping.entity is entity and held.at.place == place:
                    return held
        return None


def ready(hub: Hub, mappings: tuple[EntityMapping, ...] | None = None) -> Ready:
    """Describes every object in use, checks the mappings against it and makes the lenses.

    Raises ConfigError with every finding, Fatal "org.changed" when a system is not the one pinned at the first run.
    """
    used = hub.enabled if mappings is None else mappings
    _check_identities(hub, used)
    shapes: dict[tuple[str, str], Shape] = {}
    findings: list[Finding] = []
    for m in used:
        for o in m.objects:
            if (o.system, o.object) not in shapes:
                shapes[o.system, o.object] = hub.adapters[o.system].describe(o.object)
    resolved = tuple(resolve_labels(m, shapes) for m in used)
    for m in resolved:
        findings += [f for f in check_shapes(m, shapes) if not f.message.startswith("mapping.warn.")]
    if findings:
        raise ConfigError(findings)
    # a record more is no other schema
    schema = _digest(sorted(repr(replace(s, records=None)) for s in shapes.values()))
    matchers = {m.entity: matcher(m) for m in resolved}
    sources = tuple(_sources(resolved, shapes, hub.zone, read_owners(hub, resolved)))
    return Ready(hub, resolved, sources, shapes, schema, matchers)


NEW_HUB = "new"  # a plan made before there was any state


def hub_id(hub: Hub) -> str:
    """Which hub a plan is for: its identity, or NEW_HUB until its first run."""
    return hub.store.hub if hub.store.runs(1) else NEW_HUB


def _check_identities(hub: Hub, mappings: tuple[EntityMapping, ...]) -> None:
    pinned = hub.store.get("identities") or {}
    for name in dict.fromkeys(s for m in mappings for s in m.systems):
        if name not in hub.adapters:
            raise Fatal("system.unknown", system=name)
        identity = hub.adapters[name].check()
        if name in pinned and pinned[name] != identity.id:
            raise Fatal("org.changed", system=name, expected=pinned[name], found=identity.id, name=identity.name)


def pin_identities(hub: Hub) -> dict[str, str]:
    """The identities to store at the first run that writes state."""
    pinned = dict(hub.store.get("identities") or {})
    for name in dict.fromkeys(s for m in hub.enabled for s in m.systems):
        if name not in pinned:
            pinned[name] = hub.adapters[name].check().id
    return pinned


def read_owners(hub: Hub, mappings: tuple[EntityMapping, ...]) -> dict[str, Owners]:
    """The owners of every system with a field of that type: its users are asked for once per run."""
    systems = {
        at.system
        for m in mappings
        for at in m.objects
        if any(m.fields[name].type is FieldType.OWNER for name in at.columns)
    }
    adapters = {system: hub.adapters[system] for system in sorted(systems)}
    listed = {name: one.users() if isinstance(one, ListsUsers) else None for name, one in adapters.items()}
    return owners_by_system(listed, hub.owners)


def _sources(
    mappings: tuple[EntityMapping, ...],
    shapes: Mapping[tuple[str, str], Shape],
    zone: str,
    owners: Mapping[str, Owners],
) -> list[Source]:
    places: dict[tuple[str, str], list[Held]] = {}
    for m in mappings:
        for o in m.objects:
            made = lens(m, o, shapes[o.system, o.object], zone, owners.get(o.system, OPEN))
            places.setdefault((o.system, o.object), []).append(Held(m, o, made))
    sources = []
    for (system, object_), held in places.items():
        columns = tuple(sorted({c for h in held for c in h.lens.columns}))
        wheres = [repr((h.mapping.entity, h.at.where, h.lens.columns)) for h in held]
        sources.append(Source(system, object_, tuple(held), columns, _digest(wheres)))
    return sources


def _digest(parts: list[str]) -> str:
    return blake2b("\x1e".join(parts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def linked_ends(ready: Ready) -> dict[tuple[Entity, str], int]:
    """Live ends per entity and system: what the brakes measure against."""
    counts = {m.entity: ready.hub.store.counts(m.entity) for m in ready.mappings}
    return {(entity, system): n for entity, found in counts.items() for system, n in found.items() if system}


def confirmed_fields(hub: Hub) -> frozenset[tuple[Entity, str, str]]:
    """Fields whose first overwriting a person has accepted."""
    return frozenset((Entity(e), s, f) for e, s, f in hub.store.get("confirmed") or ())


def mappings_digest(mappings: tuple[EntityMapping, ...]) -> str:
    """Changes whenever any mapping in use changes."""
    return _digest(sorted(f"{m.entity}:{m.fingerprint}" for m in mappings))


def same_record_fields(at: ObjectMapping) -> tuple[tuple[str, str], ...]:
    """(field, part) of references to another part of the same native record."""
    return tuple((f, c.part) for f, c in at.columns.items() if isinstance(c, SameRecord))
