"""lifecyclestage goes only forward through the API; back, it must be cleared first.

A step back that is not allowed is left out of the write: what HubSpot answers to one is not documented, and the other
fields of the record must not wait for it. The answer shows the stage that stands, so nobody takes it for written.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connector.adapters.contract import Outcome, Refusal, Refused, Unknown, Written
from connector.adapters.hubspot.batches import Input
from connector.errors import Fatal, Transient

STAGE = "lifecyclestage"
FORWARD = "lifecyclestage goes only forward; lifecycle_backwards: true lets it go back"
Update = Callable[[Sequence[Input]], dict[str, Outcome]]


@dataclass(frozen=True, slots=True)
class Stages:
    """`inputs` are to be sent. `back` are those whose stage is cleared first; `kept` those whose step back was left
    out; both by trace, with the stage that stands."""

    inputs: list[Input]
    back: dict[str, str]
    kept: dict[str, str]


def plan(
    inputs: Sequence[Input],
    before: Mapping[str, Mapping[str, Any]],
    order: Sequence[str],
    *,
    backwards: bool,
    current: Callable[[Sequence[str]], Mapping[str, str]],
) -> Stages:
    """`before` is what each record showed, by trace; where it does not tell the stage, `current` is asked."""
    setting = [one for one in inputs if one.properties.get(STAGE)]
    unseen = [one.id for one in setting if STAGE not in before.get(one.trace, {}) and one.id is not None]
    seen = current(unseen) if unseen else {}
    stands = {
        one.trace: str(before[one.trace][STAGE] or "")
        if STAGE in before.get(one.trace, {})
        else seen.get(one.id or "", "")
        for one in setting
    }
    back = {t: stage for t, stage in stands.items() if _earlier(order, _wish(inputs, t), stage)}
    if backwards:
        return Stages(list(inputs), back, {})
    return Stages(without(inputs, back), {}, back)


def without(inputs: Sequence[Input], traces: Container[str]) -> list[Input]:
    """The same inputs, these without their stage."""
    return [
        replace(one, properties={n: v for n, v in one.properties.items() if n != STAGE}) if one.trace in traces else one
        for one in inputs
    ]


def cleared_first(inputs: Sequence[Input]) -> Stages:
    """Whatever stage stands there, these are set."""
    return Stages(list(inputs), {one.trace: one.properties[STAGE] for one in inputs if STAGE in one.properties}, {})


def carried_out(stages: Stages, update: Update) -> dict[str, Outcome]:
    """The outcome of every trace. A stage that was cleared and then refused is put back."""
    done: dict[str, Outcome] = {}
    if stages.back:
        cleared = [replace(one, properties={STAGE: ""}) for one in stages.inputs if one.trace in stages.back]
        done = {t: outcome for t, outcome in update(cleared).items() if not isinstance(outcome, Written)}
    nothing = [one for one in stages.inputs if one.trace in stages.kept and not one.properties]
    done |= {one.trace: Refused(Refusal.INVALID, FORWARD, (STAGE,)) for one in nothing}
    left = [one for one in stages.inputs if one.trace not in done]
    try:
        found = update(left) if left else {}
    except (Transient, Fatal) as error:
        if not stages.back:
            raise
        return {**done, **{one.trace: Unknown(error.message) for one in left}}
    spoiled = [
        replace(one, properties={STAGE: stages.back[one.trace]})
        for one in left
        if one.trace in stages.back and isinstance(found[one.trace], Refused)
    ]
    if spoiled:
        try:
            restored = update(spoiled)
        except (Transient, Fatal) as error:
            restored = {one.trace: Unknown(error.message) for one in spoiled}
        found |= {t: outcome for t, outcome in restored.items() if not isinstance(outcome, Written)}
    return {**done, **{trace: _kept(outcome, stages.kept.get(trace)) for trace, outcome in found.items()}}


def _kept(outcome: Outcome, stage: str | None) -> Outcome:
    if stage is None or not isinstance(outcome, Written) or outcome.shown is None:
        return outcome
    return replace(outcome, shown=replace(outcome.shown, values={**outcome.shown.values, STAGE: stage}))


def _wish(inputs: Sequence[Input], trace: str) -> str:
    return next(one.properties[STAGE] for one in inputs if one.trace == trace)


def _earlier(order: Sequence[str], wish: str, stage: str) -> bool:
    return wish in order and stage in order and order.index(wish) < order.index(stage)
