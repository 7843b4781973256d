"""Bugs in the merge: who is heard, what becomes golden, what a read is evidence of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from connector.mapping.model import OnDrift
from connector.model import OPT_IN, OPT_OUT, EndState, Reason
from connector.sync import consent, field, fields, lifecycle, plan
from connector.sync.field import MISSING, Decision, EndAfter, Golden
from tests.museum.surgery import Surgery, Wing

WING = Wing("merge")


@WING.bug("one shared base", 1, 4)
def shared_base(at: Surgery) -> None:
    """Every end is compared with what the hub holds, not with what it showed itself."""

    def make(real: Any) -> Any:
        def plan_link(*args: Any, **options: Any) -> Any:
            made = real(*args, **options)
            golden = made.after.golden
            ends = tuple(
                replace(e, base={f: golden.get(f, v) if f not in e.first else v for f, v in e.base.items()})
                for e in made.after.ends
            )
            return replace(made, after=replace(made.after, ends=ends))

        return plan_link

    at.replace(plan, "plan_link", make)


@WING.bug("no read-back", 5)
def no_read_back(at: Surgery) -> None:
    """Whatever the next read shows is taken for the value that was written."""

    def make(real: Any) -> Any:
        def settle(spec: Any, golden: Golden, end: Any) -> Any:
            if end.sent is None or not end.seen or end.shown is MISSING:
                return end
            return replace(end, base=end.shown, sent=None, accepted=golden.value)

        return settle

    at.replace(field, "settle_sent", make)


@WING.bug("a dropped write taken for an edit", 1)
def dropped_is_edit(at: Surgery) -> None:
    """A write that was acknowledged and dropped: the old value that still stands there is taken for a new one."""

    def make(real: Any) -> Any:
        def settle(spec: Any, golden: Golden, end: Any) -> Any:
            made = real(spec, golden, end)
            if end.sent is not None and end.seen and end.shown == end.base != end.sent.value and made is end:
                return replace(end, base=end.sent.value, sent=None)
            return made

        return settle

    at.replace(field, "settle_sent", make)


@WING.bug("our own write taken for an edit", 4)
def echo_is_edit(at: Surgery) -> None:
    """What a system made of our value (upper case, cut, trimmed) comes back and becomes golden."""
    at.replace(field, "echoes", lambda real: lambda type, sent, shown: sent == shown)

    def make(real: Any) -> Any:
        def decide(spec: Any, golden: Golden, ends: Any, **options: Any) -> Any:
            exact = [replace(e, fit=lambda value: value) for e in ends]
            return real(spec, golden, exact, **options)

        return decide

    at.replace(field, "decide", make)


@WING.bug("blank overwrites", 1)
def blank_overwrites(at: Surgery) -> None:
    """`on_blank: keep` is forgotten."""
    at.replace(field, "_speaks", lambda real: lambda spec, end: not end.rebased and (end.edited or end.first_contact))


@WING.bug("a blank that was kept is filled again", 4)
def kept_blank_filled(at: Surgery) -> None:
    """`on_blank: keep` holds for the run that sees the blank, and the next one fills it."""

    def make(real: Any) -> Any:
        def deliver(*args: Any, **options: Any) -> Any:
            after = real(*args, **options)
            return replace(after, accepted=MISSING) if after.note == "kept_blank" else after

        return deliver

    at.replace(field, "deliver", make)


@WING.bug("missing read as blank", 1)
def missing_is_blank(at: Surgery) -> None:
    """A field that could not be read is taken for an empty one."""

    def make(real: Any) -> Any:
        def at_end(seat: Any, spec: Any, *args: Any) -> Any:
            made = real(seat, spec, *args)
            return replace(made, shown=None) if made.seen and made.shown is MISSING else made

        return at_end

    at.replace(fields, "_at_end", make)


@WING.bug("a new end overwrites settled values", 1)
def newcomer_wins(at: Surgery) -> None:
    """At first contact the golden value is no candidate: whoever joins a link last is heard alone."""
    at.replace(field, "_golden_candidates", lambda real: lambda spec, golden, ends: [])


@WING.bug("a held edit forgotten", 1)
def held_edit_forgotten(at: Surgery) -> None:
    """A conflict moves the bases: the edits that wait for a person are edits no more."""
    at.replace(
        field,
        "_keep",
        lambda real: lambda end: EndAfter(end.shown if end.shown is not MISSING else end.base, end.sent, end.accepted),
    )


@WING.bug("a verdict covers newer values", 1)
def verdict_covers_all(at: Surgery) -> None:
    """What a person decided about two values is applied to whatever stands there by now."""

    def make(real: Any) -> Any:
        def decide(spec: Any, golden: Golden, ends: Any, *, run: str, computed: Any, verdict: Any) -> Any:
            made = real(spec, golden, ends, run=run, computed=computed, verdict=verdict)
            if verdict is not None and isinstance(made, field.Conflict):
                return real(spec, golden, ends, run=run, computed=computed, verdict=replace(verdict, seen=made.seen))
            return made

        return decide

    at.replace(field, "decide", make)


@WING.bug("drift that is to be kept is overwritten", 1)
def drift_overwritten(at: Surgery) -> None:
    """`on_drift: keep` is forgotten."""

    def make(real: Any) -> Any:
        def deliver(spec: Any, *args: Any, **options: Any) -> Any:
            return real(replace(spec, on_drift=OnDrift.OVERWRITE), *args, **options)

        return deliver

    at.replace(field, "deliver", make)


@WING.bug("a filled cell written although only empty ones may be", 1)
def into_filled(at: Surgery) -> None:
    """`only_into_empty` is forgotten."""

    def make(real: Any) -> Any:
        def deliver(spec: Any, *args: Any, **options: Any) -> Any:
            return real(replace(spec, only_into_empty=frozenset()), *args, **options)

        return deliver

    at.replace(field, "deliver", make)


@WING.bug("opt-out reversed", 12)
def opt_out_reversed(at: Surgery) -> None:
    """The last opt-in heard wins."""

    def make(real: Any) -> Any:
        def merge(spec: Any, golden: Golden, ends: Any, **options: Any) -> Any:
            if golden.value == OPT_OUT and any(e.shown == OPT_IN for e in ends):
                heard = next(e for e in ends if e.shown == OPT_IN)
                decision = Decision(replace(golden, value=OPT_IN), Reason.EDITED, heard.system)
                after = {e.slot: field.deliver(spec, golden, decision, e) for e in ends}
                return field.Merged(decision.golden, after)
            return real(spec, golden, ends, **options)

        return merge

    at.replace(consent, "merge_consent", make)


@WING.bug("an opt-out at a duplicate is not heard", 12)
def duplicate_unheard(at: Surgery) -> None:
    """Consent is read from live records alone, and reaches no other."""
    at.replace(fields, "_takes_part", lambda real: lambda n, consent: n.live)


@WING.bug("undo redone by the next run", 14)
def undo_redone(at: Surgery) -> None:
    """What was undone is not pinned: the next run delivers the golden value again."""

    def make(real: Any) -> Any:
        def merge(*args: Any, **options: Any) -> Any:
            return real(*args, **{**options, "pinned": False})

        return merge

    at.replace(field, "merge_field", make)


@WING.bug("a deletion passed on unasked", 1)
def deletes_spread(at: Surgery) -> None:
    """A record that is gone in one system is deleted in the others without a question."""

    def make(real: Any) -> Any:
        def gone(link: Any, now: Any, context: Any, verdicts: Any) -> Any:
            kept, holds, steps, revived = real(link, now, context, verdicts)
            if any(n.gone_now for n in now):
                steps = [plan.Delete(n.end.at, n.end.version) for n in now if n.live]
            return kept, holds, steps, revived

        return gone

    at.replace(plan, "_gone", make)


@WING.bug("two live ends in one system", 1, 5)
def two_live_ends(at: Surgery) -> None:
    """Two links that turn out to be one keep both their records of a system alive."""

    def make(real: Any) -> Any:
        def join(link: Any, other: Any) -> Any:
            made = real(link, other)
            ends = tuple(replace(e, state=EndState.LIVE) if e.state is EndState.DUPLICATE else e for e in made.ends)
            return replace(made, ends=ends)

        return join

    at.replace(lifecycle, "join", make)
