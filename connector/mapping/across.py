"""What is wrong between mapping files, and between the entities that share native records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic_core import PydanticCustomError

from connector.errors import Finding
from connector.mapping.build import Draft, columns_by_object, flow_of
from connector.mapping.file import OtherPart
from connector.mapping.leaf import nearest
from connector.mapping.model import SameRecord
from connector.model import Entity, FieldType


def check_across(drafts: Sequence[Draft], *, whole: bool) -> list[Finding]:
    """Entities and parts named twice, columns written twice, references that lead nowhere or in a circle.

    With `whole` False some file could not be read, and nothing is said about what may stand in it.
    """
    return [
        *_twice(drafts),
        *_columns(drafts),
        *_references(drafts, whole),
        *_parts(drafts, whole),
        *_cycles(drafts),
    ]


def _twice(drafts: Sequence[Draft]) -> Iterator[Finding]:
    entities: dict[Entity, Draft] = {}
    places: dict[tuple[str, str, str], Draft] = {}
    for draft in drafts:
        entity = draft.spec.entity
        if entity in entities:
            other = entities[entity].source.file
            yield draft.source.finding("mapping.entity_twice", ("entity",), entity=entity.value, other=other)
            continue
        entities[entity] = draft
        for name, system in draft.spec.systems.items():
            for object in system.object:
                place = (name, object, system.part)
                if place in places:
                    yield draft.source.finding(
                        "mapping.part_twice",
                        ("systems", name),
                        key=True,
                        object=object,
                        part=system.part,
                        other=places[place].source.file,
                    )
                places.setdefault(place, draft)


def _columns(drafts: Sequence[Draft]) -> Iterator[Finding]:
    writers: dict[tuple[str, str, str], tuple[Draft, str]] = {}
    for draft in drafts:
        for name, field in draft.spec.fields.items():
            _, receivers = flow_of(field)
            for system, place in field.map.items():
                if system not in receivers or system not in draft.spec.systems:
                    continue
                try:
                    by_object = columns_by_object(field.type, draft.spec.systems[system].object, place)
                except PydanticCustomError:
                    continue  # reported by check_file
                for object, columns in by_object.items():
                    for column in () if isinstance(columns, SameRecord) else filter(None, columns):
                        other, field_name = writers.setdefault((system, object, column), (draft, name))
                        if (other, field_name) != (draft, name):
                            yield draft.source.finding(
                                "mapping.column_twice",
                                ("fields", name, "map", system),
                                key=True,
                                column=column,
                                other=field_name,
                                file=other.source.file,
                            )


def _references(drafts: Sequence[Draft], whole: bool) -> Iterator[Finding]:
    entities = {draft.spec.entity for draft in drafts}
    for draft in drafts:
        for name, field in draft.spec.fields.items():
            if whole and field.to is not None and field.to not in entities:
                yield draft.source.finding("mapping.reference_unmapped", ("fields", name, "to"), to=field.to.value)


def _parts(drafts: Sequence[Draft], whole: bool) -> Iterator[Finding]:
    """{part: NAME} must name a part of the same object, and the entity that the reference points to."""
    parts = {
        (name, object, system.part): draft.spec.entity
        for draft in drafts
        for name, system in draft.spec.systems.items()
        for object in system.object
    }
    for draft in drafts:
        for name, field in draft.spec.fields.items():
            for system, place in field.map.items():
                if not isinstance(place, OtherPart) or field.type is not FieldType.REFERENCE:
                    continue
                objects = draft.spec.systems[system].object if system in draft.spec.systems else ()
                here = [(part, entity) for (s, o, part), entity in parts.items() if s == system and o in objects]
                names = {part for part, entity in here if entity != draft.spec.entity and part}
                path = ("fields", name, "map", system, "part")
                if (place.part, field.to) not in here and whole and field.to is not None:
                    yield draft.source.finding(
                        "mapping.unknown_part",
                        path,
                        nearest=nearest(place.part, names),
                        name=place.part,
                        allowed=sorted(names),
                    )


def _cycles(drafts: Sequence[Draft]) -> Iterator[Finding]:
    """company.parent may point to companies; two entities may not point at each other."""
    points: dict[Entity, dict[Entity, tuple[Draft, str]]] = {}
    for draft in drafts:
        for name, field in draft.spec.fields.items():
            if field.to is not None and field.to != draft.spec.entity:
                points.setdefault(draft.spec.entity, {}).setdefault(field.to, (draft, name))
    reported: set[frozenset[Entity]] = set()
    for start in points:
        for path in _loops(points, start):
            if frozenset(path) not in reported:
                reported.add(frozenset(path))
                draft, name = points[path[-1]][start]
                circle = " -> ".join(e.value for e in (*path, start))
                yield draft.source.finding("mapping.reference_cycle", ("fields", name), key=True, circle=circle)


def _loops(points: dict[Entity, dict[Entity, tuple[Draft, str]]], start: Entity) -> Iterator[list[Entity]]:
    paths = [[start]]
    while paths:
        path = paths.pop()
        for target in points.get(path[-1], {}):
            if target == start:
                yield path
            elif target not in path:
                paths.append([*path, target])
