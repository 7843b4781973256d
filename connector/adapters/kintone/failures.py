"""kintone's status and code -> reaction; what refuses one record; which records an answer names.

There is no official list of codes: these are from vendor material or measured by third parties. The messages are
localised, so nothing here looks at one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connector.adapters.contract import Refusal
from connector.adapters.http import Answer, Reaction, Rule, Said

RULES: tuple[Rule, ...] = (
    Rule(None, "GAIA_TO04", Reaction.AGAIN, "adapter.throttled"),  # over 100 requests at once on the domain
    Rule(None, "GAIA_TM12", Reaction.AGAIN, "adapter.throttled"),  # over 10 cursors
    Rule(None, "GAIA_DA02", Reaction.AGAIN, "adapter.unreachable"),  # a lock in the database; rolled back
    Rule(None, "GAIA_RE18", Reaction.AGAIN, "adapter.unreachable"),
    Rule(None, "GAIA_IA02", Reaction.STOP, "adapter.denied"),  # the token is not one of this app
    Rule(None, "CB_WA01", Reaction.STOP, "adapter.denied"),  # wrong password
    Rule(None, "CB_AU01", Reaction.RENEW, "adapter.denied"),
    Rule(403, None, Reaction.TAKE),  # one record may forbid what the others allow: the batch is taken apart
    Rule(520, "", Reaction.UNSURE, "adapter.unreachable"),
    Rule(520, None, Reaction.TAKE),  # older releases: an ordinary error of the request
)

REFUSALS: Mapping[str, Refusal] = {
    "GAIA_CO02": Refusal.STALE,
    "GAIA_RE01": Refusal.MISSING,
    "GAIA_RE20": Refusal.MISSING,
    "GAIA_NO01": Refusal.DENIED,
    "CB_NO02": Refusal.DENIED,
    "CB_VA01": Refusal.INVALID,
    "GAIA_LO04": Refusal.INVALID,  # a lookup that finds nothing
    "GAIA_IL03": Refusal.INVALID,  # the status cannot go there from where it is
    "GAIA_ST02": Refusal.INVALID,  # the app has no process management
}
BY_STATUS: Mapping[int, Refusal] = {403: Refusal.DENIED, 404: Refusal.MISSING, 409: Refusal.STALE}
NO_APP = frozenset({"GAIA_AP01"})

# records[3].会社名.value, records[3].選択.values[0].value, records[3][金額].value, and inside bulkRequest the same
_NAMED = re.compile(r"records?\[(?P<place>\d+)\](?:\.record)?(?:\.(?P<code>[^.\[\]]+)|\[(?P<bracket>[^\]]+)\])?")


def said(answer: Answer) -> Said:
    """The code and words of an error, with those about single fields."""
    match answer.tree():
        case {"code": str(code), **rest}:
            details = rest.get("errors")
            told = [str(rest.get("message", ""))]
            if isinstance(details, dict):
                for place, detail in details.items():
                    words = detail.get("messages") if isinstance(detail, dict) else None
                    if isinstance(words, list):
                        told += [f"{place}: {' '.join(map(str, words))}"]
            return Said(code, " / ".join(told))
        case {"results": list(results)}:  # bulkRequest: the failed part holds the error
            return next((said_of(part) for part in results if isinstance(part, dict) and part.get("code")), Said())
        case _:
            return Said()


def said_of(part: Mapping[str, Any]) -> Said:
    return Said(str(part.get("code", "")), str(part.get("message", "")))


def refusal(answer: Answer, code: str) -> Refusal:
    return REFUSALS.get(code) or BY_STATUS.get(answer.status, Refusal.INVALID)


def named(answer: Answer) -> dict[int, tuple[tuple[str, ...], str]]:
    """Which records of a batch the answer complains about: place -> (field codes, words)."""
    tree = answer.tree()
    details = tree.get("errors") if isinstance(tree, dict) else None
    found: dict[int, tuple[tuple[str, ...], str]] = {}
    for place, detail in details.items() if isinstance(details, dict) else ():
        match = _NAMED.match(place)
        if match is None:
            continue
        code = match["code"] or match["bracket"]
        words = detail.get("messages") if isinstance(detail, dict) else None
        text = " ".join(map(str, words)) if isinstance(words, list) else ""
        codes, so_far = found.get(int(match["place"]), ((), ""))
        told = f"{code}: {text}" if code else text
        more = (code,) if code and code not in codes else ()
        found[int(match["place"])] = ((*codes, *more), f"{so_far} / {told}" if so_far else told)
    return found
