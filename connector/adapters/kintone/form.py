"""An app's form as it is now: its fields as columns, how their cells are read and written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from connector.adapters.contract import Column, ColumnKind, Shape
from connector.adapters.kintone.cells import CALC_READERS, READERS, WRITERS, Reader, Writer, read_text
from connector.adapters.kintone.settings import AppSettings
from connector.errors import Fatal

KINDS: Mapping[str, ColumnKind] = {
    "SINGLE_LINE_TEXT": ColumnKind.TEXT,
    "MULTI_LINE_TEXT": ColumnKind.TEXT,
    "RICH_TEXT": ColumnKind.TEXT,
    "LINK": ColumnKind.TEXT,
    "NUMBER": ColumnKind.NUMBER,
    "RADIO_BUTTON": ColumnKind.CHOICE,
    "DROP_DOWN": ColumnKind.CHOICE,
    "CHECK_BOX": ColumnKind.CHOICES,
    "MULTI_SELECT": ColumnKind.CHOICES,
    "DATE": ColumnKind.DATE,
    "DATETIME": ColumnKind.DATETIME,
    "CREATED_TIME": ColumnKind.DATETIME,
    "UPDATED_TIME": ColumnKind.DATETIME,
    "STATUS": ColumnKind.CHOICE,
    "CATEGORY": ColumnKind.CHOICES,
    "USER_SELECT": ColumnKind.CHOICES,  # login names; who may be chosen is not told here
    "RECORD_NUMBER": ColumnKind.TEXT,
}
# Without a value of their own (the fields in a group stand in the list by themselves), or files, which are not mapped.
LEFT_OUT = frozenset({"REFERENCE_TABLE", "GROUP", "LABEL", "SPACER", "HR", "FILE"})
SWITCHED = frozenset({"STATUS", "STATUS_ASSIGNEE", "CATEGORY"})  # not in the records while they are switched off
MINUTES = -2  # digits after the point of a second that a moment keeps: whole minutes
REFERENCE = ".id"  # 顧客コード.id: the record that a lookup found, where 顧客コード is what it was found by


@dataclass(frozen=True, slots=True)
class Lookup:
    """A field that finds a record of another app by `key`, and fills fields from it."""

    app: int
    key: str
    copied: tuple[tuple[str, str], ...]  # (field that is filled, field of the other app)

    @property
    def fills(self) -> tuple[str, ...]:
        return tuple(field for field, _ in self.copied)


@dataclass(frozen=True, slots=True)
class Field:
    """`column.name` is what it is called outside: its code, but in a task. `write` is None where nothing may write."""

    code: str
    type: str
    column: Column
    read: Reader
    write: Writer | None
    unique: bool = False
    lookup: Lookup | None = None
    refers: bool = False  # shows the record that a lookup found, not what it was found by


@dataclass(frozen=True, slots=True)
class Form:
    object: str
    settings: AppSettings
    fields: Mapping[str, Field]  # by the name outside
    updated: str
    created: str

    def shape(self) -> Shape:
        return Shape(self.object, tuple(field.column for field in self.fields.values()))

    def known(self, system: str, names: Sequence[str]) -> list[Field]:
        """The fields of these names. Raises Fatal with the nearest name for one that is none: kintone would say 200."""
        for name in names:
            if name not in self.fields:
                near = get_close_matches(name, list(self.fields), 1, 0.5)
                facts = {"system": system, "object": self.object, "column": name}
                raise Fatal("adapter.no_column", **facts, nearest=near[0] if near else "-")
        return [self.fields[name] for name in names]

    def codes(self, fields: Sequence[Field]) -> list[str]:
        """What a query must ask for: these, and what every record needs."""
        key = [self.settings.key] if self.settings.key else []
        return list(dict.fromkeys(["$id", "$revision", self.updated, self.created, *key, *(f.code for f in fields)]))

    def numbered(self, code: str) -> bool:
        """Whether a field is the number of the record."""
        return any(field.type == "RECORD_NUMBER" and field.code == code for field in self.fields.values())

    def related(self) -> frozenset[int]:
        """The apps that lookups read: writing one needs their tokens too."""
        return frozenset(field.lookup.app for field in self.fields.values() if field.lookup is not None)

    def renamed(self, object: str, names: Mapping[str, str]) -> Form:
        """The form under other names for some of its codes: a task."""
        outside = {code: name for name, code in names.items()}
        fields = [
            replace(f, column=replace(f.column, name=outside.get(f.code, f.code))) if not f.refers else f
            for f in self.fields.values()
        ]
        return replace(self, object=object, fields={field.column.name: field for field in fields})


def form(
    object: str,
    settings: AppSettings,
    properties: Mapping[str, Any],
    *,
    states: Sequence[str] = (),
    apps: frozenset[int] = frozenset(),
) -> Form:
    """The form of `app/form/fields.json`; `states` are those of the process, where they were asked for.

    `apps` are the ids of the configured apps: a lookup into one of them is a reference too.
    """
    filled = frozenset(
        str(mapping.get("field"))
        for spec in properties.values()
        for mapping in (spec.get("lookup") or {}).get("fieldMappings", ())
    )
    fields = {
        field.column.name: field
        for spec in properties.values()
        for field in _fields(spec, filled, settings, states)
        if not field.refers or (field.lookup is not None and field.lookup.app in apps)
    }
    types = {spec.get("type"): spec["code"] for spec in properties.values() if "code" in spec}
    return Form(object, settings, fields, types.get("UPDATED_TIME", ""), types.get("CREATED_TIME", ""))


def _fields(
    spec: Mapping[str, Any], filled: frozenset[str], settings: AppSettings, states: Sequence[str]
) -> Iterator[Field]:
    code, type = str(spec.get("code", "")), str(spec.get("type", ""))
    if not code or type in LEFT_OUT or (type in SWITCHED and not spec.get("enabled", True)):
        return
    writer = WRITERS.get(type)
    if code in filled or spec.get("expression"):
        writer = None  # kintone fills it itself, and ignores what we would write
    if type == "STATUS" and settings.status_actions:
        writer = WRITERS["DROP_DOWN"]
    lookup = _lookup(spec)
    column = Column(
        name=code,
        label=str(spec.get("label", "")),
        kind=_kind(spec, type),
        writable=writer is not None,
        required=bool(spec.get("required")) and writer is not None and not _filled_by_default(spec),
        max_length=_whole(spec.get("maxLength")),
        decimals=MINUTES if type in ("DATETIME", "CREATED_TIME", "UPDATED_TIME") else None,
        choices=tuple(states) if type == "STATUS" else _choices(spec),
        fills=lookup.fills if lookup is not None else (),
    )
    reader = CALC_READERS.get(str(spec.get("format")), read_text) if type == "CALC" else READERS.get(type, read_text)
    yield Field(code, type, column, reader, writer, bool(spec.get("unique")), lookup)
    if lookup is not None:
        refers = replace(
            column, name=code + REFERENCE, label=f"{column.label}（参照先レコード）", kind=ColumnKind.REFERENCE,
            required=False, max_length=None, choices=(),
        )  # fmt: skip
        yield Field(code, type, refers, read_text, writer, lookup=lookup, refers=True)


def _kind(spec: Mapping[str, Any], type: str) -> ColumnKind:
    if type == "CALC":
        return ColumnKind.NUMBER if str(spec.get("format", "NUMBER")).startswith("NUMBER") else ColumnKind.OTHER
    return KINDS.get(type, ColumnKind.OTHER)


def _lookup(spec: Mapping[str, Any]) -> Lookup | None:
    match spec.get("lookup"):
        case {"relatedApp": {"app": app}, "relatedKeyField": str(key), **rest}:
            mappings = rest.get("fieldMappings")
            listed = mappings if isinstance(mappings, list) else ()
            copied = tuple((str(one.get("field")), str(one.get("relatedField"))) for one in listed)
            return Lookup(int(str(app)), key, copied)
        case _:
            return None


def _choices(spec: Mapping[str, Any]) -> tuple[str, ...]:
    options = spec.get("options")
    if not isinstance(options, dict):
        return ()
    return tuple(sorted(options, key=lambda name: _whole(options[name].get("index")) or 0))


def _filled_by_default(spec: Mapping[str, Any]) -> bool:
    return bool(spec.get("defaultValue")) or bool(spec.get("defaultNowValue"))


def _whole(text: object) -> int | None:
    return int(text) if isinstance(text, str | int) and str(text).isdecimal() else None
