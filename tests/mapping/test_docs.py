"""What is generated and checked in stays equal to what the models say."""

from __future__ import annotations

import re

import pytest

from connector.config import config_schema
from connector.mapping.file import AdvancedMatch, FieldSpec, MappingFile, MatchSpec, SystemSpec
from connector.mapping.reference import mapping_reference
from connector.mapping.schema import mapping_schema
from connector.messages import catalogue
from tests.mapping.test_lens import ROOT


@pytest.mark.parametrize(
    ("file", "text", "command"),
    [
        ("docs/schema/mapping.json", mapping_schema(), "python -m connector.mapping.schema"),
        ("docs/schema/config.json", config_schema(), "python -m connector.config"),
        ("docs/mapping-reference.md", mapping_reference(), "python -m connector.mapping.reference"),
    ],
)
def test_checked_in_files_are_current(file: str, text: str, command: str) -> None:
    assert (ROOT / file).read_text(encoding="utf-8") == text, f"run: {command} > {file}"


@pytest.mark.parametrize("model", [MappingFile, SystemSpec, MatchSpec, AdvancedMatch, FieldSpec])
def test_every_key_is_described_in_both_languages(model: type[MappingFile]) -> None:
    for name, field in model.model_fields.items():
        assert field.description and " / " in field.description, name


def test_every_message_of_this_layer_is_used() -> None:
    sources = "".join(
        path.read_text(encoding="utf-8")
        # a warning about a mapping may need a look at records, which is the engine's
        for path in [
            *(ROOT / "connector/mapping").glob("*.py"),
            ROOT / "connector/engine/looking.py",
            ROOT / "connector/config.py",
        ]
    )
    used = set(re.findall(r'"((?:mapping|config)\.[a-z_.]+)"', sources))
    used -= {name for name in used if name.endswith(".")} | {"config.yaml"}
    there = {name for name in catalogue() if name.startswith(("mapping.", "config."))}
    assert used <= there
    assert {name for name in there if name.startswith("mapping.")} <= used
