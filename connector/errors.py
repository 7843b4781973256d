"""Errors, named by the reaction they ask for. They carry facts; prose is made by `connector.messages`.

ConnectorError
 +- ConfigError        the admin's files or arguments are wrong; carries every problem at once
 +- Fatal              stop this system (or, for the state, the program): credentials, schema, identity
 +- Transient          the whole call may be tried again, after `retry_after` seconds
 +- Rejected           this call was refused for good; go on with the others
 +- SafetyStop         the guard refused the plan
 +- Locked             another run holds the hub
 +- StalePlan          a saved plan may not be applied any more
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong in a file: where, which message, and its facts. `nearest` is the nearest right name."""

    message: str  # an id in connector.messages
    file: str = ""
    line: int | None = None
    column: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    nearest: str | None = None


class ConnectorError(Exception):
    """`message` is an id in connector.messages; the facts fill its places."""

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value!s:.200}" for name, value in self.facts.items())
        return f"{self.message}({shown})" if shown else self.message


class ConfigError(ConnectorError):
    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("config.wrong", count=len(findings))
        self.findings = tuple(findings)


class Fatal(ConnectorError):
    pass


class Transient(ConnectorError):
    def __init__(self, message: str, *, retry_after: float | None = None, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.retry_after = retry_after


class Rejected(ConnectorError):
    pass


class SafetyStop(ConnectorError):
    """`trips` are the brakes that tripped (connector.sync.guard.Trip)."""

    def __init__(self, trips: Sequence[Any]) -> None:
        super().__init__("guard.stopped", count=len(trips))
        self.trips = tuple(trips)


class Locked(ConnectorError):
    pass


class StalePlan(ConnectorError):
    pass
