"""What `check` sees of the live systems beside their schema: how full mapped columns are, and what reacts to writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from connector.adapters.contract import Adapter, KeepsCopies, Reaction, Reacts, Shape
from connector.engine.sample import sample
from connector.errors import ConnectorError, Finding
from connector.mapping.model import EntityMapping, ObjectMapping
from connector.mapping.seen import creates_without_key, rarely_filled, sources
from connector.model import FieldType


@dataclass(frozen=True, slots=True)
class Reacting:
    """What reacts in one object; `unseen` is why we could not look, or not at everything."""

    system: str
    object: str
    found: tuple[Reaction, ...] = ()
    unseen: ConnectorError | None = None


def warnings(
    mapping: EntityMapping,
    shapes: Mapping[tuple[str, str], Shape],
    adapters: Mapping[str, Adapter],
    kinds: Mapping[str, str],
    most: int,
) -> list[Finding]:
    """Of a mapping whose labels are resolved; looks at `most` records of each object, at none when that is 0."""
    keyless = {system: kind for system, kind in kinds.items() if not adapters[system].can.external_key}
    found = list(creates_without_key(mapping, keyless))
    for at in mapping.objects if most else ():
        there = {column.name for column in shapes[at.system, at.object].columns}
        columns = sorted({c for columns in sources(mapping, at).values() for c in columns} & there)
        if not columns:
            continue
        try:
            seen = sample(adapters[at.system], at.object, columns, most)
        except ConnectorError as error:
            found.append(Finding(error.message, mapping.file, facts=error.facts))
            continue
        found += rarely_filled(mapping, at, seen.records, {column: seen.rate(column) for column in columns})
    return found


def stale_copies(
    mapping: EntityMapping, objects: Iterable[ObjectMapping], adapters: Mapping[str, Adapter], most: int
) -> Iterator[Finding]:
    """Copies of other records that have gone stale, in at most so many records of each of these objects."""
    for at in objects:
        adapter = adapters[at.system]
        if not most or not isinstance(adapter, KeepsCopies):
            continue
        try:
            found = adapter.copies(at.object, most)
        except ConnectorError as error:
            yield Finding(error.message, mapping.file, facts=error.facts)
            continue
        for one in found:
            facts = {
                "system": at.system,
                "object": at.object,
                "column": one.label,
                "key": one.key,
                "source": one.source,
                "count": f"{one.stale:,}",
                "of": f"{one.looked_at:,}",
                "names": list(one.examples),
            }
            yield Finding("mapping.warn.stale_copies", mapping.file, facts=facts)


def reacting(mapping: EntityMapping, adapters: Mapping[str, Adapter]) -> Iterator[Reacting]:
    """Of every object that the mapping writes to, where the system tells."""
    for at in mapping.objects:
        adapter = adapters[at.system]
        if not isinstance(adapter, Reacts) or not _writes(mapping, at):
            continue
        found: list[Reaction] = []
        unseen: ConnectorError | None = None
        try:
            found.extend(adapter.reactions(at.object))
        except ConnectorError as error:
            unseen = error
        yield Reacting(at.system, at.object, tuple(found), unseen)


def _writes(mapping: EntityMapping, at: ObjectMapping) -> bool:
    """Opt-outs are written whatever the arrow says."""
    fields = [mapping.fields[name] for name in at.columns]
    return at.create or any(at.system in one.receivers or one.type is FieldType.CONSENT for one in fields)
