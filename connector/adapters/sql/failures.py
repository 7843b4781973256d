"""Database errors as reactions: what stops the system, what may be tried again, what refuses one record.

Sources: SQLite result codes (sqlite.org/rescode.html), PostgreSQL error codes (Appendix A of its manual).
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from pydantic import SecretStr
from sqlalchemy import exc

from connector.adapters.contract import Refusal, Refused
from connector.errors import ConnectorError, Fatal, Transient

Secrets: TypeAlias = tuple[SecretStr, ...]

# SQLite primary result codes.
SQLITE: dict[int, str] = {
    3: "adapter.denied",
    5: "adapter.locked",
    6: "adapter.locked",
    8: "adapter.read_only",
    10: "adapter.damaged",
    11: "adapter.damaged",
    13: "adapter.disk_full",
    14: "adapter.no_database",
    23: "adapter.denied",
    26: "adapter.damaged",
}
# SQLite codes that speak about one record: TOOBIG, MISMATCH, CONSTRAINT and its extended codes.
SQLITE_RECORD: dict[int, Refusal] = {18: Refusal.INVALID, 19: Refusal.INVALID, 20: Refusal.INVALID}
SQLITE_UNIQUE = (1555, 2067, 2579)

# PostgreSQL SQLSTATEs; the longest prefix that fits counts.
POSTGRESQL: dict[str, str] = {
    "08": "adapter.unreachable",
    "25006": "adapter.read_only",
    "28": "adapter.denied",
    "3D": "adapter.no_database",
    "40": "adapter.locked",
    "42501": "adapter.denied",
    "42P01": "adapter.no_object",
    "42703": "adapter.no_column",
    "53": "adapter.unreachable",
    "53100": "adapter.disk_full",
    "55P03": "adapter.locked",
    "57": "adapter.unreachable",
    "57014": "adapter.locked",
    "58": "adapter.damaged",
    "XX": "adapter.damaged",
}
POSTGRESQL_RECORD: dict[str, Refusal] = {
    "22": Refusal.INVALID,
    "23": Refusal.INVALID,
    "23505": Refusal.DUPLICATE,
    "42804": Refusal.INVALID,
    "42846": Refusal.INVALID,
    "428C9": Refusal.INVALID,
    "44": Refusal.INVALID,
    "54": Refusal.INVALID,
    "P0001": Refusal.INVALID,
}
TRANSIENT = frozenset({"adapter.locked", "adapter.unreachable"})

# The name in "no such column: t.x", "table t has no column named x", 'column t.x does not exist', "no such table: t".
MISSING = (
    r"no such column: (?:\w+\.)?(.+)",
    r"has no column named (.+)",
    r'column "?(?:\w+\.)?(\w+)"? .*does not exist',
    r"no such table: (.+)",
)

# libpq gives a refused connection no SQLSTATE, only English words.
CONNECT: tuple[tuple[str, str], ...] = (
    (r"authentication failed|no password supplied|no pg_hba\.conf entry|role .* does not exist", "adapter.denied"),
    (r"database .* does not exist", "adapter.no_database"),
    (r"certificate verify failed|server does not support SSL", "adapter.denied"),
)
URL_PASSWORD = re.compile(r"(://[^:/@\s]*:)[^@\s]*@")


def words(error: BaseException, secrets: Secrets = ()) -> str:
    """The database's own words, first line only: details quote whole rows, with columns nobody mapped."""
    original = getattr(error, "orig", None) or error
    diagnosis = getattr(original, "diag", None)
    text = str(getattr(diagnosis, "message_primary", None) or original or "").strip()
    text = URL_PASSWORD.sub(r"\1***@", text.splitlines()[0] if text else type(original).__name__)
    for secret in secrets:
        text = text.replace(secret.get_secret_value(), "***")
    return text[:300]


def _prefix(table: dict[str, Any], state: str) -> Any:
    return next((table[state[:n]] for n in range(len(state), 1, -1) if state[:n] in table), None)


def message_of(error: BaseException) -> str:
    """The id of the message that fits the error of a whole call."""
    original = getattr(error, "orig", None) or error
    code, state = getattr(original, "sqlite_errorcode", None), getattr(original, "sqlstate", None)
    text = str(original)
    if code is not None:
        if "no such table" in text:
            return "adapter.no_object"
        if "no such column" in text or "has no column named" in text:
            return "adapter.no_column"
        return SQLITE.get(code & 0xFF, "adapter.database_error")
    if state:
        return str(_prefix(POSTGRESQL, state) or "adapter.database_error")
    for pattern, message in CONNECT:
        if re.search(pattern, text):
            return message
    if getattr(error, "connection_invalidated", False) or isinstance(error, exc.OperationalError | exc.TimeoutError):
        return "adapter.unreachable"
    return "adapter.database_error"


def reaction(error: BaseException, system: str, secrets: Secrets = (), **facts: Any) -> ConnectorError:
    """The Fatal or Transient to raise for an error of a whole call."""
    message = message_of(error)
    facts = {"system": system, **facts, "column": "?", "nearest": "-", "answer": words(error, secrets)}
    for pattern in MISSING:
        if found := re.search(pattern, str(getattr(error, "orig", None) or error)):
            facts["column" if message == "adapter.no_column" else "table"] = found.group(1)
    if message in TRANSIENT:
        return Transient(message, retry_after=None, **facts)
    return Fatal(message, **facts)


def refusal(error: BaseException, secrets: Secrets = ()) -> Refused | None:
    """The refusal of one record, or None when the error speaks about more than that record."""
    original = getattr(error, "orig", None) or error
    code, state = getattr(original, "sqlite_errorcode", None), getattr(original, "sqlstate", None)
    text = words(error, secrets)
    kind: Refusal | None = None
    if code is not None:
        kind = Refusal.DUPLICATE if code in SQLITE_UNIQUE else SQLITE_RECORD.get(code & 0xFF)
    elif state:
        kind = _prefix(POSTGRESQL_RECORD, state)
        if state == "42501" and "row-level security" in text:
            kind = Refusal.DENIED  # a policy speaks about this row; a missing grant about all of them
    elif isinstance(original, UnicodeError | OverflowError | ValueError):
        kind = Refusal.INVALID
    if kind is None:
        return None
    column = getattr(getattr(original, "diag", None), "column_name", None)
    named = re.search(r"constraint failed: [^.\s]+\.(.+)$", text) if code is not None else None
    return Refused(kind, text, (column,) if column else tuple(_columns(named)) if named else ())


def _columns(named: re.Match[str]) -> list[str]:
    return [part.rsplit(".", 1)[-1].strip() for part in named.group(1).split(",")]
