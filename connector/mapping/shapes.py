"""The mapping against the live schema: labels become codes, and what does not fit becomes a finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from connector.errors import Finding
from connector.mapping.leaf import nearest
from connector.mapping.model import Columns, EntityMapping, FieldMapping, ObjectMapping, SameRecord
from connector.mapping.shape import Column, Shape
from connector.model import FieldType

Shapes = Mapping[tuple[str, str], Shape]
WARNING = "mapping.warn."  # findings with this beginning are told and do not stop a run

BOUNDLESS = 32_000  # characters: a limit of the vendor's, which says nothing of how long the texts in it are
CUT = frozenset({FieldType.TEXT, FieldType.PERSON_NAME, FieldType.ADDRESS, FieldType.EMAIL, FieldType.URL})


def resolve_labels(mapping: EntityMapping, shapes: Shapes) -> EntityMapping:
    """The mapping with every column by its code. People type 会社名 where kintone's code is 文字列__1行_.

    A name that is a code stays; a label that only one column has becomes that column's code; anything else stays as
    it is and is reported by `check_shapes`. The fingerprint stays that of the file.
    """
    return replace(mapping, objects=tuple(_resolved(at, shapes.get((at.system, at.object))) for at in mapping.objects))


def _resolved(at: ObjectMapping, shape: Shape | None) -> ObjectMapping:
    if shape is None:
        return at
    columns: dict[str, Columns | SameRecord] = {
        field: held if isinstance(held, SameRecord) else tuple(_code(name, shape) for name in held)
        for field, held in at.columns.items()
    }
    return replace(
        at,
        columns=columns,
        where=tuple(replace(c, column=_code(c.column, shape)) for c in at.where),
        on_create={_code(name, shape): value for name, value in at.on_create.items()},
        owner=_code(at.owner, shape),
    )


def _code(name: str, shape: Shape) -> str:
    if not name or any(column.name == name for column in shape.columns):
        return name
    labelled = [column.name for column in shape.columns if column.label == name]
    return labelled[0] if len(labelled) == 1 else name


def check_shapes(mapping: EntityMapping, shapes: Shapes) -> list[Finding]:
    """Everything in the live schema that a mapping does not fit. Labels need not be resolved before.

    An object of the mapping without a shape is reported as gone. Findings whose message starts with `mapping.warn.`
    are warnings.
    """
    mapping = resolve_labels(mapping, shapes)
    findings: list[Finding] = []
    for at in mapping.objects:
        shape = shapes.get((at.system, at.object))
        if shape is None:
            findings.append(
                Finding("mapping.object_gone", mapping.file, facts={"system": at.system, "object": at.object})
            )
            continue
        findings += _object(mapping, at, shape)
    for field in mapping.fields.values():
        findings += _lengths(mapping, field, shapes)
        findings += _choices(mapping, field, shapes)
    # a contact and a lead are wrong in the same way
    return [finding for place, finding in enumerate(findings) if finding not in findings[:place]]


def _object(mapping: EntityMapping, at: ObjectMapping, shape: Shape) -> Iterator[Finding]:
    columns = {column.name: column for column in shape.columns}
    filled = {name: column for column in reversed(shape.columns) for name in column.fills}
    writers: dict[str, str] = {}
    for name, held in at.columns.items():
        if isinstance(held, SameRecord):
            continue
        field = mapping.fields[name]
        for column in filter(None, held):
            yield from _known(mapping, at, shape, column, field.line)
            if column in filled and _reads(field, at.system):
                facts = {"system": at.system, "object": at.object, "field": name, "column": column}
                key = filled[column].label or filled[column].name
                yield _found(mapping, "mapping.filled_source", field.line, key=key, **facts)
            if at.system not in field.receivers:
                continue
            if column in columns and not columns[column].writable:
                yield _found(mapping, "mapping.read_only", field.line, system=at.system, name=column)
            other = writers.setdefault(column, name)
            if other != name:
                facts = {"column": column, "other": other, "file": mapping.file}
                yield _found(mapping, "mapping.column_twice", field.line, **facts)
    for column in dict.fromkeys([c.column for c in at.where] + [at.owner] * bool(at.owner) + list(at.on_create)):
        yield from _known(mapping, at, shape, column, None)
    for column in at.on_create:
        if column in columns and not columns[column].writable:
            yield _found(mapping, "mapping.read_only", None, system=at.system, name=column)
    if at.create:
        if shape.unkeyed is not None:
            facts = {"system": at.system, "object": at.object, "name": shape.unkeyed}
            yield _found(mapping, "mapping.no_key_column", None, **facts)
        for column, live in columns.items():
            if live.required and live.writable and column not in writers and column not in at.on_create:
                name = live.label or column
                yield _found(mapping, "mapping.required_column", None, system=at.system, object=at.object, name=name)


def _reads(field: FieldMapping, system: str) -> bool:
    """Every end is a source of consent."""
    return system in field.sources or field.type is FieldType.CONSENT


def _found(
    mapping: EntityMapping, message: str, line: int | None, near: str | None = None, /, **facts: object
) -> Finding:
    return Finding(message, mapping.file, line, None, facts, near)


def _known(mapping: EntityMapping, at: ObjectMapping, shape: Shape, name: str, line: int | None) -> Iterator[Finding]:
    if any(column.name == name for column in shape.columns):
        return
    facts = {"system": at.system, "object": at.object, "name": name}
    labelled = [column.name for column in shape.columns if column.label == name]
    if labelled:
        yield _found(mapping, "mapping.ambiguous_label", line, count=len(labelled), allowed=labelled, **facts)
        return
    words = {word for column in shape.columns for word in (column.name, column.label) if word}
    yield _found(mapping, "mapping.unknown_column", line, nearest(name, words), **facts)


def _live(mapping: EntityMapping, field: FieldMapping, shapes: Shapes) -> Iterator[tuple[ObjectMapping, int, Column]]:
    """Where a field stands: the object, which part of the value, and the column."""
    for at in mapping.objects:
        held = at.columns.get(field.name, ())
        shape = shapes.get((at.system, at.object))
        if shape is None or isinstance(held, SameRecord):
            continue
        columns = {column.name: column for column in shape.columns}
        for index, name in enumerate(held):
            if name in columns:
                yield at, index if len(held) > 1 else -1, columns[name]


def _lengths(mapping: EntityMapping, field: FieldMapping, shapes: Shapes) -> Iterator[Finding]:
    if field.type not in CUT:
        return
    live = list(_live(mapping, field, shapes))
    for at, index, column in live:
        most = column.max_length
        if most is None or at.system not in field.receivers:
            continue
        longer = [
            (length, other.system)
            for other, part, source in live
            if other.system in field.sources
            and other.system != at.system
            and part == index
            and (length := source.max_length) is not None
            and most < length < BOUNDLESS
        ]
        if longer:
            given, other_system = max(longer)
            facts: dict[str, object] = {
                "system": at.system,
                "name": column.name,
                "most": most,
                "other": other_system,
                "given": given,
            }
            yield _found(mapping, "mapping.warn.short_column", field.line, **facts)


def _choices(mapping: EntityMapping, field: FieldMapping, shapes: Shapes) -> Iterator[Finding]:
    if field.type is not FieldType.PICKLIST and not field.values:
        return
    live = [(at, column) for at, _, column in _live(mapping, field, shapes)]
    for at, column in live:
        table = field.values.get(at.system, {})
        if column.kind not in ("choice", "choices") or not column.choices:
            continue
        for native in table:
            if native not in column.choices:
                facts: dict[str, object] = {
                    "system": at.system,
                    "column": column.name,
                    "name": native,
                    "allowed": list(column.choices),
                }
                near = nearest(native, column.choices)
                # not an end of all runs: an option that somebody took away concerns the records that need it
                yield _found(mapping, "mapping.warn.unknown_choice", field.line, near, **facts)
        unnamed = [choice for choice in column.choices if choice not in table]
        if table and unnamed and at.system in field.sources:
            facts = {"system": at.system, "column": column.name, "names": unnamed}
            yield _found(mapping, "mapping.warn.unmapped_choice", field.line, **facts)
        if at.system in field.receivers:
            holds = set(table.values()) or set(column.choices)
            given = {
                word
                for other, source in live
                if other.system in field.sources
                for word in field.values.get(other.system, {}).values() or source.choices
            }
            if given - holds:
                facts = {"system": at.system, "column": column.name, "names": sorted(given - holds)}
                yield _found(mapping, "mapping.warn.undeliverable_choice", field.line, **facts)
