"""Edits by the program keep every comment."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.cleanse import RULES
from connector.errors import ConfigError
from connector.mapping.edit import add_field, set_create, switch_enabled
from connector.mapping.load import load_mappings
from connector.mapping.model import EntityMapping
from connector.mapping.source import read_source
from tests.mapping.test_lens import COMPUTED, ROOT

FILES = sorted((ROOT / "mappings").rglob("*.yaml"))


def comments(text: str) -> list[str]:
    return [line[line.index("#") :].strip() for line in text.splitlines() if "#" in line]


def load(text: str) -> EntityMapping:
    return load_mappings({"x": text}, systems=None, rules=RULES, computed=COMPUTED)[0]


@pytest.mark.parametrize("file", FILES, ids=[f"{f.parent.name}-{f.stem}" for f in FILES])
def test_comments_survive(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    on = switch_enabled(text, True)
    assert on == text.replace("enabled: false", "enabled: true") and switch_enabled(on, False) == text
    system = next(iter(read_source(text).tree["systems"]))
    for edited in (
        set_create(text, system, True),
        add_field(text, "extra", {"type": "text", "map": {system: "no"}, "flow": f"{system} -> hub"}),
    ):
        assert comments(edited) == comments(text)


def test_what_was_edited_is_there() -> None:
    text = (
        "entity: deal  # 商談\nsystems:\n  a: {object: x}\n  b: {object: [x, y], create: off}\n"
        "fields:\n  n: {type: text, map: {a: n}, flow: a -> hub}\n"
    )
    assert load(switch_enabled(text, True)).enabled
    assert [o.create for o in load(set_create(text, "a", True)).objects] == [True, False, False]
    assert [o.create for o in load(set_create(text, "b", "y")).objects] == [False, False, True]
    assert not any(o.create for o in load(set_create(set_create(text, "a", True), "a", False)).objects)
    more = load(add_field(text, "mail", {"type": "email", "map": {"a": "true", "b": {"x": "m"}}, "flow": "a -> b"}))
    assert more.at("a", "x").columns["mail"] == ("true",) and more.at("b", "x").columns["mail"] == ("m",)


def test_what_cannot_be_edited() -> None:
    text = "entity: deal\nsystems:\n  a: {object: x}\nfields:\n  n: {type: text}\n"
    for call in (
        lambda: set_create(text, "b", True),
        lambda: add_field(text, "n", {}),
        lambda: switch_enabled("a: [", True),
        lambda: add_field("- a", "n", {}),
    ):
        with pytest.raises(ConfigError):
            call()
