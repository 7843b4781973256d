"""Salesforce's statuses and error codes -> reactions: of a whole call, and of one record in it.

Sources: REST API Developer Guide (error codes, sObject Collections), SOAP API Developer Guide (StatusCode).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from connector.adapters.contract import Outcome, Refusal, Refused, Unknown
from connector.adapters.http import Answer, Reaction, Rule, Said
from connector.errors import ConnectorError, Fatal, Rejected

# One code stands for both the day's limit and too many long calls at once; only the words tell them apart.
DAY_SPENT = "REQUEST_LIMIT_EXCEEDED/day"

CALLS: tuple[Rule, ...] = (
    Rule(None, DAY_SPENT, Reaction.LATER, "adapter.day_spent"),
    Rule(None, "REQUEST_LIMIT_EXCEEDED", Reaction.AGAIN, "adapter.throttled"),
    Rule(None, "INVALID_SESSION_ID", Reaction.RENEW, "adapter.denied"),
    Rule(None, "UNABLE_TO_LOCK_ROW", Reaction.AGAIN, "adapter.throttled"),
    Rule(None, "SERVER_UNAVAILABLE", Reaction.AGAIN, "adapter.unreachable"),
    Rule(None, "API_CURRENTLY_DISABLED", Reaction.LATER, "adapter.unreachable"),
    Rule(None, "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", Reaction.LATER, "adapter.unreachable"),
    Rule(None, "QUERY_TIMEOUT", Reaction.UNSURE, "adapter.unreachable"),
    Rule(None, "UNKNOWN_EXCEPTION", Reaction.UNSURE, "adapter.unreachable"),
    Rule(None, "API_DISABLED_FOR_ORG", Reaction.STOP, "adapter.denied"),
    Rule(None, "UNSUPPORTED_API_VERSION", Reaction.STOP, "adapter.call_refused"),
    Rule(420, None, Reaction.UNSURE, "adapter.unreachable"),
)
# A refused sign-in: OAuth says 400, the SOAP login 500.
LOGIN_FAULT, LOGIN_BUSY = "login fault", "login busy"
SIGN_IN: tuple[Rule, ...] = (
    Rule(None, LOGIN_BUSY, Reaction.AGAIN, "adapter.throttled"),
    Rule(None, LOGIN_FAULT, Reaction.STOP, "adapter.denied"),
)
BUSY = re.compile(r"rate[ _]exceeded|server[ _](error|unavailable)|temporarily[ _]unavailable", re.IGNORECASE)


class Row(StrEnum):
    """What else may become of one record."""

    AGAIN = "again"  # not done, and worth another try
    UNSURE = "unsure"


# Codes of one record; any other is Refusal.INVALID.
ROWS: dict[str, Refusal | Row] = {
    "UNABLE_TO_LOCK_ROW": Row.AGAIN,
    "SERVER_UNAVAILABLE": Row.AGAIN,
    "UNKNOWN_EXCEPTION": Row.UNSURE,
    "ENTITY_IS_DELETED": Refusal.MISSING,
    "NOT_FOUND": Refusal.MISSING,
    "INVALID_CROSS_REFERENCE_KEY": Refusal.MISSING,
    "MALFORMED_ID": Refusal.MISSING,
    "MISSING_ARGUMENT": Refusal.MISSING,
    "DUPLICATE_VALUE": Refusal.DUPLICATE,
    "DUPLICATES_DETECTED": Refusal.DUPLICATE,
    "DUPLICATE_EXTERNAL_ID": Refusal.DUPLICATE,
    "CANNOT_UPDATE_CONVERTED_LEAD": Refusal.STALE,  # the next pull shows where it went
    "ENTITY_IS_LOCKED": Refusal.DENIED,
    "INSUFFICIENT_ACCESS": Refusal.DENIED,
    "INSUFFICIENT_ACCESS_OR_READONLY": Refusal.DENIED,
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": Refusal.DENIED,
    "CANNOT_EXECUTE_FLOW_TRIGGER": Refusal.DENIED,
    "DELETE_FAILED": Refusal.DENIED,
    "STORAGE_LIMIT_EXCEEDED": Refusal.DENIED,
}
OF_THE_RECORD = frozenset({"Id", "id"})
NO_COLUMN = re.compile(r"No such column '([^']+)'")


def said(answer: Answer) -> Said:
    """What the body of an error of the REST API says: `[{"errorCode", "message", "fields"}]`."""
    tree = answer.tree()
    first = tree[0] if isinstance(tree, list) and tree else tree
    if not isinstance(first, dict):
        return Said()
    code, words = str(first.get("errorCode", "")), str(first.get("message", ""))
    if code == "REQUEST_LIMIT_EXCEEDED" and words.startswith("TotalRequests"):
        code = DAY_SPENT
    return Said(code, words)


def said_at_sign_in(answer: Answer) -> Said:
    """What a refused sign-in says: JSON by OAuth, XML by the SOAP login."""
    tree = answer.tree()
    if isinstance(tree, dict) and tree.get("error"):
        words = f"{tree['error']}: {tree.get('error_description', '')}"
    else:
        text = answer.body[:10_000].decode("utf-8", "replace")
        code = re.search(r"<sf:exceptionCode>(\w+)", text)
        if code is None:
            return Said()  # of a proxy, not of the org
        told = re.search(r"<sf:exceptionMessage>([^<]*)", text)
        words = f"{code[1]}: {told[1] if told else ''}"
    return Said(LOGIN_BUSY if BUSY.search(words) else LOGIN_FAULT, words)


class Declined(Exception):
    """A whole call was refused for good, with nothing done. `words` hold no secret."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code, self.words = status, code, words

    def error(self, system: str, object: str) -> ConnectorError:
        """What to raise for it where it concerns an object."""
        facts: dict[str, Any] = {"system": system, "object": object, "answer": f"{self.code} {self.words}".strip()}
        if self.code == "INVALID_FIELD" and (column := NO_COLUMN.search(self.words)):
            return Fatal("adapter.no_column", column=column[1], nearest="-", **facts)
        if self.code in ("INVALID_TYPE", "INVALIDENTITY") or (self.code, self.status) == ("NOT_FOUND", 404):
            return Fatal("adapter.no_object", table=object, nearest="-", **facts)
        if self.code in ("INVALID_FIELD", "MALFORMED_QUERY"):
            return Fatal("adapter.call_refused", **facts)
        return Rejected("adapter.call_refused", **facts)


def of_row(code: str, words: str, fields: Sequence[str]) -> Outcome | None:
    """The outcome of one record that was refused, or None where it is worth another try."""
    meaning = ROWS.get(code, Refusal.INVALID)
    if meaning is Refusal.MISSING and not OF_THE_RECORD.issuperset(fields):
        meaning = Refusal.INVALID  # a record that it refers to is missing
    text = f"{code}: {words}"
    match meaning:
        case Refusal():
            return Refused(meaning, text, tuple(fields))
        case Row.UNSURE:
            return Unknown(text)
        case Row.AGAIN:
            return None


def worn_out(code: str, words: str) -> Refused:
    """A record that stayed locked through every try: nothing was done, and the next run may try again."""
    return Refused(Refusal.STALE, f"{code}: {words}")
