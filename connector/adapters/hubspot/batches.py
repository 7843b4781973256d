"""One batch of writes and its answer: a 207 is read record by record, and what nobody answers for is Unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connector.adapters.contract import Outcome, Refusal, Refused, Unknown, Written
from connector.adapters.http import Answer, Lost
from connector.adapters.hubspot import failures
from connector.adapters.hubspot.api import Record
from connector.errors import Fatal, Transient

UNANSWERED = "HubSpot's answer says nothing of this record"


@dataclass(frozen=True, slots=True)
class Input:
    """One write as HubSpot is sent it. `trace` is its own in the batch; `id` is that of a change."""

    trace: str
    id: str | None
    properties: Mapping[str, str]
    associations: tuple[Mapping[str, Any], ...] = ()

    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = {"objectWriteTraceId": self.trace, "properties": dict(self.properties)}
        if self.id is not None:
            return {**found, "id": self.id}
        return {**found, "associations": list(self.associations)}


Send = Callable[[Sequence[Input]], Answer | Lost]
Show = Callable[[Record, Input], Written]
Suspect = Callable[[Mapping[str, Any], Sequence[Input]], set[str]]


def outcomes(inputs: Sequence[Input], send: Send, show: Show, suspect: Suspect) -> dict[str, Outcome]:
    """The outcome of every trace.

    HubSpot answers record by record, but fails some batches as a whole because of one record (a contact's e-mail that
    is taken: 409). Nothing was done then: `suspect` may name the traces at fault from what the error says; else the
    batch is halved until the bad record is alone. Raises what `send` raises, while nothing was done.
    """
    if not inputs:
        return {}
    answer = send(inputs)
    if isinstance(answer, Lost):
        return {one.trace: Unknown(answer.words) for one in inputs}
    if answer.ok:
        return _answered(inputs, answer, show)
    body = answer.tree()
    error: Mapping[str, Any] = body if isinstance(body, dict) else {"message": f"HTTP {answer.status}"}
    if len(inputs) == 1:
        return {inputs[0].trace: _refused(error)}
    bad = suspect(error, inputs)
    if bad and len(bad) < len(inputs):
        rest = [one for one in inputs if one.trace not in bad]
        return {**dict.fromkeys(bad, _refused(error)), **_after(rest, send, show, suspect, {})}
    if bad:
        return dict.fromkeys(bad, _refused(error))
    middle = len(inputs) // 2
    first = outcomes(inputs[:middle], send, show, suspect)
    return {**first, **_after(inputs[middle:], send, show, suspect, first)}


def _after(
    inputs: Sequence[Input], send: Send, show: Show, suspect: Suspect, done: Mapping[str, Outcome]
) -> dict[str, Outcome]:
    """The same behind a part whose outcomes are known: they must not be lost when this part cannot be sent."""
    try:
        return outcomes(inputs, send, show, suspect)
    except (Transient, Fatal) as error:
        if not any(isinstance(one, Written | Unknown) for one in done.values()):
            raise
        return {one.trace: Unknown(error.message) for one in inputs}


def _answered(inputs: Sequence[Input], answer: Answer, show: Show) -> dict[str, Outcome]:
    body = answer.tree()
    results = body.get("results") if isinstance(body, dict) else None
    by_trace = {one.trace: one for one in inputs}
    by_id = {one.id: one for one in inputs if one.id is not None}
    found: dict[str, Outcome] = {}
    for record in results if isinstance(results, list) else ():
        one = by_trace.get(str(record.get("objectWriteTraceId"))) or by_id.get(str(record.get("id")))
        if one is not None:
            found[one.trace] = show(record, one)
    for error in failures.errors(body):
        traces, ids = failures.named(error)
        for trace in (*traces, *(by_id[id].trace for id in ids if id in by_id)):
            if trace in by_trace and trace not in found:
                found[trace] = _refused(error)
    return {one.trace: found.get(one.trace, Unknown(UNANSWERED)) for one in inputs}


def _refused(error: Mapping[str, Any]) -> Refused:
    found = failures.refused(error)
    if found.kind is Refusal.DUPLICATE and (id := failures.existing(error)) is not None:
        return replace(found, message=f"{found.message} (id {id})"[:300] if id not in found.message else found.message)
    return found
