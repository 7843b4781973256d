"""The mapping file as an admin writes it: pydantic models, unknown keys refused, every key described.

The descriptions are the source of docs/mapping-reference.md and of the JSON Schema that editors show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from pydantic import Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from connector.mapping.flow import Flow, conflict_rule
from connector.mapping.flow import flow as read_flow
from connector.mapping.leaf import (
    Boolean,
    Name,
    Names,
    Number,
    boolean,
    constant,
    name,
    names,
    nearest,
    schema_of,
    table,
    text,
    word,
    wrong,
)
from connector.mapping.model import Care, Condition, ConflictRule, OnBlank, OnDelete, OnDrift, Test
from connector.mapping.source import Plain
from connector.mapping.validate import Strict
from connector.model import Entity, FieldType

PART = "part"
CONDITIONS = ("not", "empty", "filled")


@dataclass(frozen=True, slots=True)
class Cols:
    """Native columns in the order of the value's parts."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OtherPart:
    """A reference to another part of the same native record."""

    part: str


@dataclass(frozen=True, slots=True)
class Split:
    """Columns by object, or an address by its parts: the field's type and the system's objects decide which."""

    by: Mapping[str, Place]


Place: TypeAlias = Cols | OtherPart | Split


@dataclass(frozen=True, slots=True)
class Where:
    """Conditions that hold for every object, and those of one object."""

    all: tuple[Condition, ...]
    of: Mapping[str, tuple[Condition, ...]]


def place(value: Any) -> Place:
    """A column, a list of columns, a table by object or by address part, or {part: NAME}."""
    match value:
        case dict() if set(value) == {PART}:
            return OtherPart(name(value[PART]))
        case dict():
            if not value:
                raise wrong("mapping.blank_value")
            return Split({key: _below(place, key, item) for key, item in value.items()})
        case _:
            return Cols(names(value))


def _below(read: Any, key: str, item: Any) -> Any:
    """Reads a value under a key; what is wrong with it is reported at the key."""
    try:
        return read(item)
    except PydanticCustomError as error:
        given = error.context or {}
        raise wrong(error.type, at=(key, *given["at"]), nearest=given["nearest"], **given["facts"]) from None


def condition(column: str, value: Any) -> tuple[Condition, ...]:
    """The conditions on one column: a value, a list, {not: [...]}, {empty: true}, {filled: true}."""
    match value:
        case list():
            return (Condition(column, Test.ONE_OF, names(value)),)
        case dict():
            if not value:
                raise wrong("mapping.blank_value")
            return tuple(_below(lambda item, k=key: _test(column, k, item), key, item) for key, item in value.items())
        case _:
            return (Condition(column, Test.EQUALS, (name(value),)),)


def _test(column: str, key: str, value: Any) -> Condition:
    match key:
        case "not":
            return Condition(column, Test.NOT, names(value))
        case "empty" | "filled":
            return Condition(column, Test.EMPTY if boolean(value) == (key == "empty") else Test.FILLED)
        case _:
            raise wrong("mapping.unknown_condition", name=key, allowed=CONDITIONS, nearest=nearest(key, CONDITIONS))


def read_where(value: Any) -> Where:
    """Conditions by column; a key may also be an object that holds conditions of its own."""
    every: list[Condition] = []
    of: dict[str, tuple[Condition, ...]] = {}
    for key, item in table(value).items():
        if isinstance(item, dict) and item and not set(item) & set(CONDITIONS):
            if any(nearest(k, CONDITIONS) for k in item):  # {empy: true}, {nto: [..]}: a slip, not an object
                _below(lambda found, k=key: condition(k, found), key, item)
            of[key] = tuple(
                c
                for column, below in item.items()
                for c in _below(lambda found, n=column: _below(lambda f: condition(n, f), n, found), key, below)
            )
        else:
            every += _below(lambda found, k=key: condition(k, found), key, item)
    return Where(tuple(every), of)


def read_create(value: Any) -> bool | str:
    """off | on | the object to create; the bare `yes` and `no` are refused with advice."""
    if isinstance(value, Plain):
        match value:
            case "on" | "true":
                return True
            case "off" | "false":
                return False
            case _ if value.lower() in {"yes", "no", "y", "n", "on", "off", "true", "false"}:
                write = "on" if value.lower() in {"yes", "y", "on", "true"} else "off"
                raise wrong("mapping.switch", value=str(value), write=write)
    return name(value)


def read_identifiers(value: Any) -> tuple[tuple[str, ...], ...]:
    """[email, [name, company]]: each is one field or several that must all agree."""
    if not isinstance(value, list):
        return (names(value),)
    return tuple(_below(names, index, item) for index, item in enumerate(value))  # type: ignore[arg-type]


def native(value: Any) -> dict[str, str]:
    """A values table of one system: native choice -> canonical choice."""
    return {key: _below(text, key, item) for key, item in table(value).items()}


def constants(value: Any) -> dict[str, Any]:
    return {key: _below(constant, key, item) for key, item in table(value).items()}


_COLUMNS = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 5}]}
_PLACE = {
    "oneOf": [
        *_COLUMNS["oneOf"],
        {"type": "object", "minProperties": 1, "additionalProperties": {"type": ["string", "array", "object"]}},
    ]
}
_SCALARS = {"type": "array", "items": {"type": ["string", "number", "boolean"]}, "minItems": 1}
_WHERE = {
    "type": "object",
    "additionalProperties": {"oneOf": [{"type": ["string", "number", "boolean"]}, _SCALARS, {"type": "object"}]},
}


class SystemSpec(Strict):
    """Where the entity lives in one system."""

    object: Names = Field(
        description="アプリ・オブジェクト・テーブルの名前。複数なら並べる（先のものを優先）。 / "
        "The app, object or table; several in order of preference."
    )
    part: Name = Field(
        default="",
        description="1件のレコードに会社と担当者などが同居するとき、その部分の名前。 / "
        "The name of this part when one native record holds several entities.",
    )
    where: Annotated[Where, PlainValidator(read_where), WithJsonSchema(_WHERE)] = Field(
        default_factory=lambda: Where((), {}),
        description="対象にするレコードの条件: `項目: 値`（等しい）, `項目: [値, 値]`（どれか）, `項目: {not: [値]}`, "
        "`項目: {empty: true}`, `項目: {filled: true}`。条件から外れても削除はされません。 / "
        "Which records take part: equals, one of, not, empty, filled. Leaving the filter stops updates, never deletes.",
    )
    create: Annotated[
        bool | str,
        PlainValidator(read_create),
        WithJsonSchema({"oneOf": [{"type": "boolean"}, {"type": "string", "minLength": 1}]}),
    ] = Field(
        default=False,
        description="この側にないレコードを新しく作るか: off | on | 作成先のオブジェクト名。最初は off のまま。 / "
        "Create records that are missing here: off | on | the object to create. Start with off.",
    )
    on_create: Annotated[
        Mapping[str, Any],
        PlainValidator(constants),
        WithJsonSchema({"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}}),
    ] = Field(default_factory=dict, description="新規作成のときだけ入れる固定値。 / Constants written on create only.")
    owner: Annotated[Place | None, PlainValidator(place), WithJsonSchema(_PLACE)] = Field(
        default=None,
        description="レコードの担当者（所有者）の項目。一覧や絞り込みに使います。 / "
        "The column that names the record's owner, for lists and narrowing.",
    )


class AdvancedMatch(Strict):
    """Numbers for those who measured; otherwise leave it out."""

    link_at: Number | None = Field(
        default=None, description="この重み以上なら自動で紐づける。 / Weight from which records are linked."
    )
    review_at: Number | None = Field(
        default=None, description="この重み以上なら人が確認する。 / Weight from which a person is asked."
    )
    weights: Mapping[str, Number] = Field(
        default_factory=dict, description="項目ごとの一致の重み。 / Weight of full agreement, by field."
    )


class MatchSpec(Strict):
    """How the same company, person or deal is recognised."""

    identifiers: Annotated[
        tuple[tuple[str, ...], ...],
        PlainValidator(read_identifiers),
        WithJsonSchema({"type": "array", "items": {"oneOf": [{"type": "string"}, {"type": "array"}]}}),
    ] = Field(
        default=(),
        description="一致すれば同じとみなす項目。`[name, company]` のように囲むと全部の一致が必要。 / "
        "Fields whose agreement means the same record; a list in the list must agree as a whole.",
    )
    care: Annotated[Care, PlainValidator(word(Care)), WithJsonSchema(schema_of(Care))] = Field(
        default=Care.CAUTIOUS,
        description="cautious: 迷ったら人に聞く。normal: ほぼ確実なら紐づける。 / "
        "cautious asks a person when in doubt; normal links what is nearly certain.",
    )
    advanced: AdvancedMatch = Field(
        default=AdvancedMatch(), description="しきい値を数値で決める場合だけ。 / Thresholds as numbers."
    )


class FieldSpec(Strict):
    """One field: its type, where it stands in each system, and who may change it."""

    type: Annotated[FieldType, PlainValidator(word(FieldType)), WithJsonSchema(schema_of(FieldType))] = Field(
        description="項目の種類。 / What kind of value it is."
    )
    map: Mapping[str, Annotated[Place, PlainValidator(place), WithJsonSchema(_PLACE)]] = Field(
        description="システムごとの項目。`列`、`[姓, 名]`、`{オブジェクト: 列}`、住所は `{postal_code: 列, ...}`、"
        "同じレコードの別の部分への参照は `{part: 名前}`。 / "
        "The column per system: one, several, per object, an address by its parts, or {part: NAME} for a reference to "
        "another part of the same record."
    )
    flow: Annotated[Flow | None, PlainValidator(read_flow), WithJsonSchema({"type": "string"})] = Field(
        default=None,
        description="矢印1本で向きを書く: `a <-> b`, `a -> b, c`, `a, b -> c`, `computed -> b`, "
        "`a -> hub`（配らない）。 "
        "/ The direction as one arrow; `-> hub` keeps the value and delivers it nowhere.",
    )
    if_both_changed: Annotated[
        ConflictRule | None,
        PlainValidator(conflict_rule),
        WithJsonSchema({"type": "string", "pattern": "^(newest|ask|max|min|strictest|.+ wins)$"}),
    ] = Field(
        default=None,
        description="両方で変わったとき: `システム名 wins` | newest | ask（人に聞く。既定） | max | min | strictest。 "
        "/ When several sources changed it: a system wins, the newest, ask (default), max, min, strictest.",
    )
    on_blank: Annotated[OnBlank, PlainValidator(word(OnBlank)), WithJsonSchema(schema_of(OnBlank))] = Field(
        default=OnBlank.KEEP,
        description="空欄にされたとき: keep（他を消さない。既定） | clear（他も空欄にする）。 / "
        "When somebody empties it: keep the others (default) or clear them too.",
    )
    on_drift: Annotated[OnDrift, PlainValidator(word(OnDrift)), WithJsonSchema(schema_of(OnDrift))] = Field(
        default=OnDrift.OVERWRITE,
        description="受け取るだけの側で変えられたとき: overwrite（戻す。既定） | keep（残す） | report（知らせる）。 / "
        "When it was changed where it is only received: overwrite (default), keep, report.",
    )
    only_into_empty: Names = Field(
        default=(), description="空欄のときだけ書き込むシステム。 / Systems that are written only where they are empty."
    )
    opt_in_from: Names = Field(
        default=(),
        description="consent のみ: 配信停止の解除を受け付けるシステム。 / "
        "Consent only: systems whose opt-in is accepted.",
    )
    to: Annotated[Entity | None, PlainValidator(word(Entity)), WithJsonSchema(schema_of(Entity))] = Field(
        default=None, description="reference のみ: 参照先。 / Reference only: the entity it points to."
    )
    cleanse: Names = Field(
        default=(),
        description="整形ルールの名前。省略すると種類ごとの既定。 / Names of cleansing rules; the type's default.",
    )
    values: Mapping[
        str,
        Annotated[
            Mapping[str, str],
            PlainValidator(native),
            WithJsonSchema({"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}),
        ],
    ] = Field(
        default_factory=dict,
        description="選択肢の対応表: `{システム: {その選択肢: 共通の値}}`。consent では必須（opt_in / opt_out）。 / "
        "Choices per system: native -> canonical. Required for consent (opt_in / opt_out).",
    )
    order: Names = Field(
        default=(),
        description="選択肢の順（小さい→大きい）。max, min, strictest に使う。 / Choices from least to most.",
    )
    computed: Name = Field(
        default="",
        description="ハブで計算する値の名前。`flow: computed -> ...` と一緒に使う。 / "
        "The name of a value computed on the hub; goes with `flow: computed -> ...`.",
    )


class MappingFile(Strict):
    """One mapping file: one entity."""

    entity: Annotated[Entity, PlainValidator(word(Entity)), WithJsonSchema(schema_of(Entity))] = Field(
        description="何の対応表か。 / What this file maps."
    )
    enabled: Boolean = Field(
        default=False,
        description="最初の差分を読んでから true にする。 / Switched on after the first diff has been read.",
    )
    systems: Mapping[Name, SystemSpec] = Field(
        description="対象のシステム（config.yaml の名前）。 / The systems, by their names in config.yaml."
    )
    match: MatchSpec = Field(default=MatchSpec(), description="名寄せのしかた。 / How the same record is recognised.")
    on_delete: Annotated[OnDelete, PlainValidator(word(OnDelete)), WithJsonSchema(schema_of(OnDelete))] = Field(
        default=OnDelete.HOLD,
        description="片方で削除されたとき: hold（人に聞く。既定） | unlink | propagate | revive。 / "
        "When a record was deleted in one system: hold (default), unlink, propagate, revive.",
    )
    fields: Mapping[Name, FieldSpec] = Field(description="項目の対応。 / The fields.")
