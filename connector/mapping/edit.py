"""Edits of a mapping file by the program: comments, order and quotes stay as the admin wrote them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, PlainScalarString

from connector.errors import ConfigError, Finding
from connector.mapping.leaf import TRAPS
from connector.mapping.source import read_source

ENABLED = re.compile(r"(?m)^(enabled[ \t]*:[ \t]*)(true|false)\b")


def switch_enabled(text: str, on: bool) -> str:
    """The text with `enabled:` switched. Raises ConfigError when the text is no YAML.

    >>> switch_enabled("enabled: false   # later\\n", True)
    'enabled: true   # later\\n'
    """
    word = "true" if on else "false"
    _refuse_broken(text)
    if ENABLED.search(text):
        return ENABLED.sub(lambda found: found[1] + word, text, count=1)
    tree = _tree(text)
    if "enabled" in tree:
        tree["enabled"] = on
    else:
        tree.insert(1 if "entity" in tree else 0, "enabled", on)
    return _text(tree)


def set_create(text: str, system: str, on: bool | str) -> str:
    """The text with `create:` of one system set to on, off or the object to create. Raises ConfigError."""
    tree = _tree(text)
    systems = tree.get("systems")
    if not isinstance(systems, dict) or not isinstance(systems.get(system), dict):
        raise ConfigError([Finding("mapping.unlisted_system", facts={"name": system, "allowed": list(systems or ())})])
    if isinstance(on, str):
        reserved = on.lower() in TRAPS | {"true", "false"}
        systems[system]["create"] = DoubleQuotedScalarString(on) if reserved else on
    else:
        systems[system]["create"] = PlainScalarString("on" if on else "off")
    return _text(tree)


def add_field(text: str, name: str, spec: Mapping[str, Any]) -> str:
    """The text with a field appended under `fields:`. Raises ConfigError when there is one of that name."""
    tree = _tree(text)
    fields = tree.get("fields")
    if fields is None:
        tree["fields"] = fields = CommentedMap()
    if name in fields:
        line = fields.lc.key(name)[0] + 1
        raise ConfigError([Finding("mapping.yaml_duplicate", line=line, facts={"key": name, "first": line})])
    fields[name] = _styled(spec)
    return _text(tree)


def _styled(value: Any, depth: int = 0) -> Any:
    """A field as people write it: one option per line, the option itself on one line."""
    match value:
        case Mapping():
            table = CommentedMap((key, _styled(item, depth + 1)) for key, item in value.items())
            if depth:
                table.fa.set_flow_style()
            return table
        case list() | tuple():
            return [_styled(item, depth + 1) for item in value]
        case _:
            return value


def _refuse_broken(text: str) -> None:
    findings = read_source(text).findings
    if findings:
        raise ConfigError(findings)


def _yaml() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.preserve_quotes = True
    yaml.width = 10_000  # a line that an admin wrote is never broken
    return yaml


def _tree(text: str) -> CommentedMap:
    _refuse_broken(text)
    try:
        tree = _yaml().load(text)
    except (YAMLError, ValueError, TypeError, AttributeError):
        raise ConfigError([Finding("mapping.yaml", line=1, column=1)]) from None
    if not isinstance(tree, CommentedMap):
        raise ConfigError([Finding("mapping.not_a_mapping_file", line=1, column=1)])
    return tree


def _text(tree: CommentedMap) -> str:
    out = StringIO()
    _yaml().dump(tree, out)
    return out.getvalue()
