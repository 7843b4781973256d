"""What a cleansing rule is: a named, versioned, pure function from a canonical value to forms of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from connector.model import Value


class Status(StrEnum):
    SAME = "same"
    FORMATTED = "formatted"
    SUGGESTED = "suggested"
    INVALID = "invalid"
    MISSING = "missing"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Cleansed:
    """`display` changes format only and may be written; `key` is lossy, for comparison, and never leaves."""

    display: Value
    key: str
    status: Status = Status.SAME
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the registry. `version` is raised whenever any output changes."""

    name: str
    version: int
    apply: Callable[[Value], Cleansed]
