"""Consent is no ordinary field: every end is a source, opt-out wins, and an opt-in must be earned.

| what ends show | golden before | result |
|---|---|---|
| any opt-out that is new there | anything | opt-out, everywhere, first of all |
| blank or missing | anything | nothing |
| opt-in, first sight | none or opt-in | opt-in |
| opt-in, first sight | opt-out | opt-out stays and is written there |
| opt-in where the base shows the opt-out | opt-out | hold, unless the mapping names that system in `opt_in_from` |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connector.mapping.model import FieldMapping
from connector.model import OPT_IN, OPT_OUT, Change, Problem, Provenance, Reason, Verdict
from connector.sync.field import (
    MISSING,
    AtEnd,
    Conflict,
    Decision,
    EndAfter,
    Golden,
    Merged,
    Unfit,
    settle_sent,
    signature,
)


def merge_consent(
    spec: FieldMapping, golden: Golden, ends: Sequence[AtEnd], *, run: str, verdict: Verdict | None = None
) -> Merged:
    """`ends` holds every end of the link that shows this field, duplicates and out-of-scope ends included."""
    settled = [settle_sent(spec, golden, end) for end in ends]
    decision = _decide(spec, golden, settled, run=run, verdict=verdict)
    if isinstance(decision, Conflict):
        # while an opt-in waits for a person, the opt-out still goes to those who lack it
        stands = Decision(golden, Reason.OPT_OUT, golden.provenance.system if golden.provenance else "")
        after = {
            e.slot: EndAfter(e.base, e.sent, e.accepted)
            if e.system in decision.candidates
            else _deliver(spec, golden, stands, e)
            for e in settled
        }
        return Merged(golden, after, decision)
    return Merged(decision.golden, {e.slot: _deliver(spec, golden, decision, e) for e in settled})


def _decide(
    spec: FieldMapping, golden: Golden, ends: Sequence[AtEnd], *, run: str, verdict: Verdict | None
) -> Decision | Conflict:
    refusing = [e for e in ends if e.shown == OPT_OUT and e.base != OPT_OUT]
    if refusing:
        if golden.value == OPT_OUT:
            return Decision(golden, Reason.OPT_OUT, refusing[0].system)
        return Decision(_golden(OPT_OUT, refusing[0], run), Reason.OPT_OUT, refusing[0].system)
    if golden.value == OPT_OUT:
        undoing = [e for e in ends if e.shown == OPT_IN and e.base == OPT_OUT]
        allowed = [e for e in undoing if e.system in spec.opt_in_from]
        if allowed:
            return Decision(_golden(OPT_IN, allowed[0], run), Reason.EDITED, allowed[0].system)
        if undoing:
            seen = signature({e.system: e.shown for e in undoing if e.shown is not MISSING})
            if verdict is not None and verdict.seen == seen:
                if verdict.choice == OPT_IN:
                    return Decision(_golden(OPT_IN, undoing[0], run), Reason.VERDICT, undoing[0].system)
                return Decision(golden, Reason.VERDICT, undoing[0].system)
            shown = {e.system: e.shown for e in undoing if e.shown is not MISSING}
            return Conflict(shown, {e.system: e.stamp for e in undoing}, golden.value, seen)
        return Decision(golden, Reason.OPT_OUT, golden.provenance.system if golden.provenance else "")
    consenting = next((e for e in ends if e.shown == OPT_IN), None)
    if consenting is not None and golden.value != OPT_IN:
        return Decision(_golden(OPT_IN, consenting, run), Reason.EDITED, consenting.system)
    return Decision(golden, Reason.UNDELIVERED, golden.provenance.system if golden.provenance else "")


def _golden(value: str, end: AtEnd, run: str) -> Golden:
    return Golden(value, Provenance(end.system, end.stamp, run))


def _deliver(spec: FieldMapping, before: Golden, decision: Decision, end: AtEnd) -> EndAfter:
    golden, shown = decision.golden.value, end.shown
    if shown is MISSING:
        return EndAfter(end.base, end.sent, MISSING)
    still = EndAfter(shown, end.sent, MISSING)
    if golden is MISSING or golden is None or (end.system not in spec.receivers and golden != OPT_OUT):
        return still  # no arrow stops an opt-out
    if golden == shown:
        return replace(still, sent=None)
    desired = end.fit(golden)
    if isinstance(desired, Problem | Unfit):
        return replace(still, problem=desired)
    if desired == shown:
        return replace(still, sent=None)
    if end.sent is not None and not end.seen:
        return still
    if end.sent is not None and end.sent.value == desired and end.sent.tries >= 2:
        return replace(still, rejected=True)
    reason = Reason.OPT_OUT if golden == OPT_OUT else decision.reason
    if reason is not Reason.OPT_OUT and golden == before.value:
        reason = Reason.UNDELIVERED
    sent = end.sent if end.sent is not None and end.sent.value == desired else None
    return replace(still, sent=sent, change=Change(spec.name, shown, desired, reason, decision.source))
