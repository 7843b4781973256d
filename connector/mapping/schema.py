"""The JSON Schema of the mapping file, which editors use to complete and check it as an admin types.

docs/schema/mapping.json is `python -m connector.mapping.schema`; a test keeps the two equal.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from enum import Enum
from typing import Any

import orjson
from pydantic import BaseModel, SecretStr
from pydantic.json_schema import GenerateJsonSchema

from connector.mapping.file import MappingFile, Where


class _Generator(GenerateJsonSchema):
    """Defaults as an admin would write them."""

    def encode_default(self, dft: Any) -> Any:
        return written(dft)


def written(default: Any) -> Any:
    """A default value as it would stand in a file."""
    match default:
        case Enum():
            return default.value
        case BaseModel() | Where():
            return {}
        case SecretStr():
            return default.get_secret_value()
        case timedelta():
            return f"{default.days}d"
        case tuple() | list():
            return [written(item) for item in default]
        case _:
            return default


def schema_text(model: type[BaseModel], title: str) -> str:
    """The JSON Schema of a model as the text of a file."""
    schema = model.model_json_schema(schema_generator=_Generator)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": title}
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def mapping_schema() -> str:
    """The text of docs/schema/mapping.json."""
    return schema_text(MappingFile, "connector: mapping file")


if __name__ == "__main__":
    sys.stdout.write(mapping_schema())
