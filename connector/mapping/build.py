"""The admin's file, validated -> the compiled mapping."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import Enum
from typing import Any

import orjson

from connector.mapping.file import Cols, FieldSpec, MappingFile, OtherPart, Place, Split, SystemSpec
from connector.mapping.leaf import nearest, wrong
from connector.mapping.model import (
    COMPUTED,
    Choose,
    Columns,
    ConflictRule,
    EntityMapping,
    FieldMapping,
    MatchRules,
    ObjectMapping,
    SameRecord,
    Wins,
)
from connector.mapping.source import Source
from connector.model import FieldType

ADDRESS_PARTS = ("postal_code", "prefecture", "city", "street", "building")


@dataclass(frozen=True, slots=True)
class Draft:
    """A file that could be validated, perhaps without its broken fields, whose names are still known."""

    source: Source
    spec: MappingFile
    names: frozenset[str]  # every field the file names, broken ones too


def columns_by_object(type: FieldType, objects: Sequence[str], place: Place) -> dict[str, Columns | SameRecord]:
    """The columns of a field in each object of a system. Raises what is wrong with them."""
    match place:
        case Cols() | OtherPart():
            one = _columns(type, place)
            return dict.fromkeys(objects, one)
        case Split(by) if type is FieldType.ADDRESS and not set(by) & set(objects):
            return dict.fromkeys(objects, _address(by))
        case Split(by):
            found: dict[str, Columns | SameRecord] = {}
            for object, below in by.items():
                if object not in objects:
                    raise wrong(
                        "mapping.unknown_object",
                        at=(object,),
                        nearest=nearest(object, objects),
                        name=object,
                        allowed=list(objects),
                    )
                if isinstance(below, Split):
                    if type is not FieldType.ADDRESS:
                        raise wrong("mapping.not_text", at=(object,))
                    found[object] = _address(below.by, (object,))
                else:
                    found[object] = _columns(type, below, (object,))
            return found


def _columns(type: FieldType, place: Cols | OtherPart, at: tuple[str, ...] = ()) -> Columns | SameRecord:
    if isinstance(place, OtherPart):
        if type is not FieldType.REFERENCE:
            raise wrong("mapping.part_not_reference", at=at, name=place.part)
        return SameRecord(place.part)
    match type:
        case FieldType.PERSON_NAME:
            most = 2
        case FieldType.ADDRESS:
            most = len(ADDRESS_PARTS)
        case _:
            most = 1
    if len(place.names) > most:
        raise wrong("mapping.columns_count", at=at, type=type.value, most=most, given=len(place.names))
    if type is FieldType.ADDRESS and len(place.names) > 1:
        return place.names + ("",) * (len(ADDRESS_PARTS) - len(place.names))
    return place.names


def _address(by: Mapping[str, Place], at: tuple[str, ...] = ()) -> Columns:
    found = dict.fromkeys(ADDRESS_PARTS, "")
    for part, place in by.items():
        if part not in found:
            raise wrong(
                "mapping.address_part",
                at=(*at, part),
                nearest=nearest(part, ADDRESS_PARTS),
                name=part,
                allowed=list(ADDRESS_PARTS),
            )
        if not isinstance(place, Cols) or len(place.names) != 1:
            raise wrong("mapping.not_text", at=(*at, part))
        found[part] = place.names[0]
    return tuple(found.values())


def owner_of(system: SystemSpec, object: str) -> str:
    """The owner column of one object, or ""."""
    match system.owner:
        case Cols(names):
            return names[0]
        case Split(by):
            below = by.get(object)
            return below.names[0] if isinstance(below, Cols) else ""
        case _:
            return ""


def creates_in(system: SystemSpec) -> str:
    """The object that is created, or "" when nothing is."""
    match system.create:
        case True:
            return system.object[0]
        case False:
            return ""
        case object:
            return object


def flow_of(spec: FieldSpec) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Sources and receivers; every system that holds a consent is a source of it."""
    if spec.flow is None:
        return tuple(spec.map), tuple(spec.map)
    return (tuple(spec.map) if spec.type is FieldType.CONSENT else spec.flow.sources), spec.flow.receivers


def build(draft: Draft) -> EntityMapping:
    """The compiled mapping of a draft that was found right."""
    spec = draft.spec
    places = {
        (field, system): columns_by_object(one.type, spec.systems[system].object, place)
        for field, one in spec.fields.items()
        for system, place in one.map.items()
    }
    objects = tuple(
        ObjectMapping(
            system=name,
            object=object,
            part=system.part,
            where=system.where.all + system.where.of.get(object, ()),
            create=creates_in(system) == object,
            on_create=dict(system.on_create) if creates_in(system) in ("", object) else {},
            owner=owner_of(system, object),
            columns={
                field: places[field, name][object]
                for field, one in spec.fields.items()
                if name in one.map and object in places[field, name]
            },
        )
        for name, system in spec.systems.items()
        for object in system.object
    )
    compiled = EntityMapping(
        entity=spec.entity,
        objects=objects,
        fields={name: _field(draft.source, name, one) for name, one in spec.fields.items()},
        match=MatchRules(
            spec.match.identifiers,
            spec.match.care,
            spec.match.advanced.link_at,
            spec.match.advanced.review_at,
            dict(spec.match.advanced.weights),
        ),
        enabled=spec.enabled,
        on_delete=spec.on_delete,
        file=draft.source.file,
    )
    return replace(compiled, fingerprint=fingerprint(compiled))


def _field(source: Source, name: str, spec: FieldSpec) -> FieldMapping:
    sources, receivers = flow_of(spec)
    at = source.mark(("fields", name), key=True)
    return FieldMapping(
        name=name,
        type=spec.type,
        sources=frozenset(sources),
        receivers=frozenset(receivers),
        rule=_rule(spec),
        on_blank=spec.on_blank,
        on_drift=spec.on_drift,
        only_into_empty=frozenset(spec.only_into_empty),
        opt_in_from=frozenset(spec.opt_in_from),
        to=spec.to,
        cleanse=spec.cleanse,
        values={system: dict(choices) for system, choices in spec.values.items()},
        order=spec.order,
        computed=spec.computed,
        line=at.line if at else None,
    )


def _rule(spec: FieldSpec) -> ConflictRule:
    if spec.type is FieldType.CONSENT:
        return Choose.STRICTEST
    return spec.if_both_changed or Choose.ASK


def fingerprint(mapping: EntityMapping) -> str:
    """A stable hash of everything but `enabled`, comments, layout and line numbers."""
    content = asdict(replace(mapping, enabled=False, file="", fingerprint=""))
    for field in content["fields"].values():
        field.pop("line")
    return hashlib.blake2b(orjson.dumps(_plain(content), option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def _plain(value: Any) -> Any:
    match value:
        case Mapping():
            return {str(k): _plain(v) for k, v in value.items()}
        case set() | frozenset():
            return sorted(_plain(v) for v in value)
        case list() | tuple():
            return [_plain(v) for v in value]
        case Wins(system):
            return {"wins": system}
        case Enum():
            return value.value
        case _:
            return value


__all__ = ["COMPUTED", "Draft", "build", "columns_by_object", "creates_in", "fingerprint", "flow_of", "owner_of"]
