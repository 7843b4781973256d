"""HubSpot's error bodies."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

CORRELATION = "c033cdaa-2c40-4a64-ae48-b4cec88dad24"


@dataclass(slots=True)
class Problem(Exception):
    """An answer that is an error; `about` is what the vendor puts into `context` of one failed input."""

    status: int
    category: str
    message: str
    errors: Sequence[Mapping[str, Any]] = ()
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    whole: bool = False  # fails the whole batch, trace ids or not

    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = {"status": "error", "message": self.message, "correlationId": CORRELATION}
        if self.category:
            found["category"] = self.category
        if self.errors:
            found["errors"] = list(self.errors)
        if self.context:
            found["context"] = {name: list(values) for name, values in self.context.items()}
        return {**found, **self.more}

    def of_input(self, context: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """This problem as one of the `errors` of a 207."""
        return {
            "status": "error",
            "category": self.category,
            "message": self.message,
            "context": {name: list(values) for name, values in {**self.context, **context}.items()},
        }


def invalid(code: str, name: str, words: str) -> Problem:
    """A property value that is refused; the details stand as JSON inside the message."""
    detail = {"isValid": False, "message": words, "error": code, "name": name, "localizedErrorMessage": words}
    message = f"Property values were not valid: {json.dumps([detail], ensure_ascii=False)}"
    return Problem(
        400,
        "VALIDATION_ERROR",
        message,
        [{"message": words, "code": code, "context": {"propertyName": [name]}}],
    )


def not_found(kind: str, id: str) -> Problem:
    return Problem(404, "OBJECT_NOT_FOUND", f"Object not found.  objectId are usually numeric. ({kind} {id[:40]})")


def bad_request(words: str) -> Problem:
    return Problem(400, "VALIDATION_ERROR", words)


def contact_exists(id: str) -> Problem:
    """In a batch this fails all of it, trace ids or not."""
    return Problem(409, "CONFLICT", f"Contact already exists. Existing ID: {id}", whole=True)
