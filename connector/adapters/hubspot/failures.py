"""HubSpot's answers as reactions: status and code -> what to do, and what refuses one record.

Sources: the vendor's pages on error handling and usage limits; where a batch fails as a whole because of one record
(409 for a contact's e-mail) the public record of other connectors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from connector.adapters.contract import Refusal, Refused
from connector.adapters.http import Answer, Reaction, Rule, Said

RULES: tuple[Rule, ...] = (
    Rule(401, None, Reaction.RENEW, "adapter.denied"),
    Rule(403, "MISSING_SCOPES", Reaction.STOP, "adapter.missing_scope"),
    Rule(403, None, Reaction.STOP, "adapter.denied"),
    Rule(423, None, Reaction.AGAIN, "adapter.throttled"),  # locked by heavy writes, for about 2 s
    Rule(429, "DAILY", Reaction.LATER, "adapter.daily_limit"),  # until midnight of the account
    Rule(429, None, Reaction.AGAIN, "adapter.throttled"),
    Rule(477, None, Reaction.AGAIN, "adapter.throttled"),  # the account is being moved; Retry-After tells
)

# The token endpoint: a refused refresh token is for Refreshing to name.
TOKEN_RULES: tuple[Rule, ...] = (Rule(range(400, 405), None, Reaction.TAKE), *RULES)

# Codes inside a VALIDATION_ERROR, and categories: what they say of one record.
REFUSALS: Mapping[str, Refusal] = {
    "CONFLICTING_UNIQUE_VALUE": Refusal.DUPLICATE,
    "STORAGE_UNIQUE_CONFLICT": Refusal.DUPLICATE,
    "CONFLICT": Refusal.DUPLICATE,
    "OBJECT_ALREADY_EXISTS": Refusal.DUPLICATE,
    "OBJECT_NOT_FOUND": Refusal.MISSING,
    "MISSING_SCOPES": Refusal.DENIED,
    "READ_ONLY_VALUE": Refusal.INVALID,
    "VALIDATION_ERROR": Refusal.INVALID,
}
EXISTING = re.compile(r"Existing ID: *([0-9]{1,19})")
TAKEN = re.compile(r"already (?:exists|has that value)", re.IGNORECASE)
UNKNOWN_OBJECT = re.compile(r"infer object type|object type .*(?:not exist|not found|invalid)", re.IGNORECASE)


def said(answer: Answer) -> Said:
    """The code by which the tables look things up, and HubSpot's own words."""
    body = answer.tree()
    if not isinstance(body, dict):
        return Said()
    code = str(body.get("policyName") or body.get("category") or body.get("status") or "")
    words = str(body.get("message") or body.get("error_description") or "")
    scopes = [s for e in errors(body) for s in _listed(e.get("context"), "requiredGranularScopes")]
    return Said(code, f"{words} {', '.join(scopes)}".strip())


def refused(error: Mapping[str, Any]) -> Refused:
    """One record's refusal, of an error body or of one of the `errors` of a 207."""
    message = str(error.get("message") or error.get("category") or "refused")
    details = [*_details(message), *errors(error)]
    names = [str(d["name"]) for d in details if d.get("name")]
    names += [name for d in details for name in _listed(d.get("context"), "propertyName")]
    names += _listed(error.get("context"), "properties")
    kinds = [REFUSALS[code] for code in (*codes(error), str(error.get("category"))) if code in REFUSALS]
    kind = kinds[0] if kinds else Refusal.INVALID
    if kind is Refusal.INVALID and TAKEN.search(message):
        kind = Refusal.DUPLICATE
    words = "; ".join(dict.fromkeys(str(d["message"]) for d in details if d.get("message"))) or message
    return Refused(kind, words[:300], tuple(dict.fromkeys(names)))


def codes(error: Mapping[str, Any]) -> list[str]:
    """What an error says of single properties: INVALID_OPTION and the like."""
    details = [*_details(str(error.get("message") or "")), *errors(error)]
    return list(filter(None, (str(d.get("error") or d.get("code") or "") for d in details)))


def speaks_of_schema(code: str) -> bool:
    """Whether it is wrong for every record that has the property."""
    return code in ("PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE")


def named(error: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The trace ids and the record ids that an error of a 207 names."""
    context = error.get("context")
    return _listed(context, "objectWriteTraceId"), [*_listed(context, "ids"), *_listed(context, "id")]


def existing(error: Mapping[str, Any]) -> str | None:
    """The id of the contact that has the e-mail already: it stands in the words only."""
    found = EXISTING.search(str(error.get("message") or ""))
    return found[1] if found else None


def unknown_object(answer: Answer) -> bool:
    return answer.status == 404 or (answer.status == 400 and UNKNOWN_OBJECT.search(said(answer).words) is not None)


def _details(message: str) -> Iterator[Mapping[str, Any]]:
    """The list of faults that stands as JSON inside the words "Property values were not valid: [...]"."""
    begin = message.find("[{")
    if begin < 0:
        return
    try:
        found = json.loads(message[begin : message.rindex("]") + 1])
    except ValueError:
        return
    yield from (one for one in found if isinstance(one, dict))


def errors(body: Any) -> list[Mapping[str, Any]]:
    """The `errors` of a 207, or the details of one error."""
    found = body.get("errors") if isinstance(body, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _listed(context: Any, name: str) -> list[str]:
    found = context.get(name) if isinstance(context, dict) else None
    return [str(one) for one in found] if isinstance(found, list) else []
