"""What a call came to: an answer, or a write of which nobody knows whether it was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

_UNREAD = object()


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` are found whatever their case. The body shows in no repr: it holds records, or a token."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    read: Any = field(default=_UNREAD, repr=False, compare=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON. Raises ValueError when it is none."""
        return orjson.loads(self.body) if self.read is _UNREAD else self.read

    def tree(self) -> Any:
        """The body as JSON, or None when it is none: for bodies of errors, which are often HTML."""
        try:
            return self.json()
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Lost:
    """A write was sent and its answer never came, or cannot be read: look it up before anything is repeated."""

    words: str


@dataclass(frozen=True, slots=True)
class Said:
    """What a vendor's error body says: its own code and its own words."""

    code: str = ""
    words: str = ""
