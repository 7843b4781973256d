"""A tree against a pydantic model: the model, or every finding with its line."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from connector.errors import Finding
from connector.mapping.leaf import nearest, shown
from connector.mapping.source import Path, Source

M = TypeVar("M", bound=BaseModel)


class Strict(BaseModel):
    """A part of an admin's file: unknown keys are refused, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def _open(path: Path) -> bool:
    return False


def validate(
    model: type[M], source: Source, *, secret: Callable[[Path], bool] = _open
) -> tuple[M | None, list[Finding], list[Path]]:
    """The model, the findings, and the paths they blame (model is None when there are findings).

    Where `secret` says so of a path, no value from the file is repeated in a finding.
    """
    if not isinstance(source.tree, dict):
        message = "mapping.empty_file" if source.tree is None else "mapping.not_a_mapping_file"
        if isinstance(source.tree, str) and "：" in source.tree:
            message = "mapping.yaml_fullwidth"
        at = source.mark(())
        text = "" if secret(()) else shown(source.tree)
        return None, [Finding(message, source.file, at.line if at else 1, at.column if at else 1, {"text": text})], [()]
    try:
        return model.model_validate(source.tree), [], []
    except ValidationError as error:
        details = error.errors(include_url=False)
    pairs = [_finding(model, source, detail, secret) for detail in details]
    return None, [finding for finding, _ in pairs], [path for _, path in pairs]


def _finding(
    model: type[BaseModel], source: Source, detail: ErrorDetails, secret: Callable[[Path], bool]
) -> tuple[Finding, Path]:
    path = _path(source.tree, detail["loc"], absent=detail["type"] == "missing")
    context = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            key = str(path[-1])
            allowed = _keys(model, detail["loc"][:-1])
            message = "mapping.unknown_key_fullwidth" if "：" in key else "mapping.unknown_key"
            found = source.finding(message, path, key=True, nearest=nearest(key, allowed), name=key, allowed=allowed)
        case "missing":
            found = source.finding("mapping.missing_key", path[:-1], key=True, name=str(path[-1]))
        case "model_type" | "model_attributes_type" | "dict_type" | "dataclass_type" | "mapping_type":
            value = _value(source.tree, path)
            message = "mapping.blank_value" if value is None else "mapping.not_table"
            found = source.finding(message, path, value="" if secret(path) else shown(value))
        case "union_tag_not_found":
            found = source.finding("mapping.missing_key", path, key=True, name="type")
        case "union_tag_invalid":
            tags = [t.strip("'\" ") for t in str(context.get("expected_tags", "")).split(",")]
            tag = str(context.get("tag", ""))
            found = source.finding(
                "mapping.unknown_word", (*path, "type"), nearest=nearest(tag, tags), value=tag, allowed=tags
            )
        case kind if "facts" in context:
            at = (*path, *context["at"])
            facts = dict(context["facts"])
            if secret(path):
                facts.pop("value", None)
            found = source.finding(kind, at, nearest=context["nearest"], **facts)
        case _:
            value = _value(source.tree, path)
            found = source.finding(
                "mapping.bad_value",
                path,
                value="" if secret(path) else shown(value),
                why=detail["msg"].removeprefix("Value error, "),
            )
    return found, path


def _path(tree: Any, loc: tuple[int | str, ...], *, absent: bool) -> Path:
    """The part of pydantic's location that is in the file, without union tags; `absent`: the last step is not there."""
    path: list[str | int] = []
    here = tree
    for index, step in enumerate(loc):
        if step == "[key]":  # pydantic's mark for a wrong key of a table
            continue
        if isinstance(here, Mapping) and step in here:
            here = here[str(step)]
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            here = here[step]
        elif not absent or index < len(loc) - 1:
            continue
        path.append(step)
    return tuple(path)


def _value(tree: Any, path: Path) -> Any:
    here = tree
    for step in path:
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            return None
    return here


def _keys(model: Any, loc: tuple[int | str, ...]) -> list[str]:
    """The keys that are allowed at a location."""
    here: list[Any] = [model]
    for step in loc:
        tagged = [one for one in here if str(step) in _tags(one)]
        here = tagged or [member for one in here for member in _below(one, step)]
    return sorted(key for one in here for key in keys_of(one))


def keys_of(model: Any) -> list[str]:
    """The keys of a model as they are written in a file."""
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _below(one: Any, step: int | str) -> list[Any]:
    if isinstance(one, type) and issubclass(one, BaseModel):
        fields = [f for name, f in one.model_fields.items() if step in (name, f.alias)]
        return [member for field in fields for member in _members(field.annotation)]
    return [member for argument in typing.get_args(one)[-1:] for member in _members(argument)]


def _tags(one: Any) -> tuple[str, ...]:
    if not (isinstance(one, type) and issubclass(one, BaseModel)) or "type" not in one.model_fields:
        return ()
    return tuple(str(a) for a in typing.get_args(one.model_fields["type"].annotation))


def _members(annotation: Any) -> list[Any]:
    """The members of a union, with Annotated taken off."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _members(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return [m for argument in typing.get_args(annotation) for m in _members(argument)]
    return [annotation]
