"""Opt-outs of marketing mail: a property that can be read but not set.

`hs_email_optout` follows HubSpot's subscription preferences, which belong to the address and not to the record. So an
opt-out is sent there, before anything else of the record is written: a new contact is never mailed in between. Back in
is a matter between HubSpot and the person: an opt-in is not sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connector.adapters.contract import Change, New, Outcome, Refusal, Refused, Unknown, Written
from connector.adapters.http import Answer
from connector.adapters.hubspot import failures
from connector.adapters.hubspot.api import Api
from connector.errors import Fatal

COLUMN = "hs_email_optout"
NOT_BACK = "an opt-in is not written to HubSpot: an address gets back in by its owner only"
Emails = Callable[[Sequence[str]], Mapping[str, str]]


def carried_out(api: Api, writes: Mapping[int, New | Change], emails: Emails) -> dict[int, Outcome]:
    """Sends the opt-outs among these writes: the outcomes of those that failed. Sending one twice does no harm."""
    failed: dict[int, Outcome] = {}
    wanted: dict[int, New | Change] = {}
    for place, write in writes.items():
        match write.values.get(COLUMN):
            case True | "true":
                wanted[place] = write
            case False | "false" if isinstance(write, Change) and write.before.get(COLUMN) is not False:
                failed[place] = Refused(Refusal.DENIED, NOT_BACK, (COLUMN,))
            case _:
                pass
    if not wanted:
        return failed
    unseen = [w.id for w in wanted.values() if isinstance(w, Change) and not w.values.get("email")]
    known = emails(unseen) if unseen else {}
    addresses: dict[int, str] = {}
    for place, write in wanted.items():
        given = write.values.get("email") or (known.get(write.id) if isinstance(write, Change) else None)
        if given:
            addresses[place] = str(given).strip().lower()
        else:
            words = "without an e-mail address HubSpot keeps no opt-out"
            failed[place] = Refused(Refusal.INVALID, words, (COLUMN,))
    if not addresses:
        return failed
    try:
        answer = api.unsubscribe(list(dict.fromkeys(addresses.values())))
    except Fatal as error:
        if error.message != "adapter.missing_scope":
            raise
        # the scope of the batch is for Marketing Hub Enterprise alone; an opt-out must arrive with every edition
        return failed | _one_by_one(api, addresses)
    return failed | _outcomes(answer, addresses)


def _one_by_one(api: Api, addresses: Mapping[int, str]) -> dict[int, Outcome]:
    """One call for each address. Raises Fatal when the scope for that is missing too."""
    refused: dict[str, Outcome] = {}
    for address in dict.fromkeys(addresses.values()):
        answer = api.unsubscribe_one(address)
        if not answer.ok:
            body = answer.tree()
            found = failures.refused(body if isinstance(body, dict) else {})
            refused[address] = Refused(found.kind, found.message, (COLUMN,))
    return {place: refused[address] for place, address in addresses.items() if address in refused}


def seen(new: New, outcome: Outcome) -> Outcome:
    """The outcome of a create that asks for no opt-out: that there is none needs no writing, and HubSpot shows a blank.

    Should the address be opted out from earlier, the next pull shows it, and it counts.
    """
    if not isinstance(outcome, Written) or outcome.shown is None or new.values.get(COLUMN) not in (False, "false"):
        return outcome
    values = {**outcome.shown.values, COLUMN: new.values[COLUMN]}
    return replace(outcome, shown=replace(outcome.shown, values=values))


def _outcomes(answer: Answer, addresses: Mapping[int, str]) -> dict[int, Outcome]:
    body = answer.tree()
    if not answer.ok:
        found = failures.refused(body if isinstance(body, dict) else {})
        return {place: Refused(found.kind, found.message, (COLUMN,)) for place in addresses}
    done = _done(body)
    missing = {place for place, address in addresses.items() if address not in done}
    errors = failures.errors(body)
    if errors:
        words = failures.refused(errors[0]).message
        return {place: Refused(Refusal.INVALID, words, (COLUMN,)) for place in missing}
    return {place: Unknown("HubSpot's answer says nothing of this address") for place in missing}


def _done(body: Any) -> set[str]:
    results = body.get("results") if isinstance(body, dict) else None
    return {str(one.get("subscriberIdString")).lower() for one in results or () if isinstance(one, dict)}
