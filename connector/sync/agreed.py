"""Fields on which all ends of a link show the same: most fields of most links, settled by comparing alone.

What `agree` settles is what `merge_field` and `merge_consent` make of it, and what it does not settle is left to them;
`tests/sync/test_agreed.py` asks both about the same links.
"""

from __future__ import annotations

from collections.abc import Sequence

from connector.model import OPT_IN, OPT_OUT, Provenance, Value, Values
from connector.sync.field import MISSING, Maybe
from connector.sync.seats import Asked, Seat


def all_quiet(seats: Sequence[Seat]) -> bool:
    """Every end takes part, nothing is under way to it and its lens is the old one: values alone decide."""
    for seat in seats:
        now = seat.now
        if not now.live or seat.sent or (now.shown is not None and now.shown.rebased):
            return False
    return True


def agree(
    asked: Asked,
    seats: Sequence[Seat],
    golden: dict[str, Value],
    provenance: dict[str, Provenance],
    computed: Values,
    run: str,
) -> bool:
    """Settles the field at every end and in the golden values; False when it is not so simple: then nothing is done.

    Nothing is held, sent or asked here, so that neither what a system can hold nor a rule comes into it.
    """
    name, at = asked.name, asked.at
    value: Maybe = MISSING
    for turn, _, _ in at:
        shown = seats[turn].shown.get(name, MISSING)
        if value is MISSING:
            value = shown
        if shown is MISSING or (shown is not value and shown != value):
            return False
    if value is MISSING:
        return False
    was = golden.get(name, MISSING)
    if asked.consent:
        return _consent(asked, seats, was, value, golden, provenance, run)
    changed = False
    if asked.computed:
        derived = computed.get(name, MISSING)
        if derived is not MISSING and derived != was and not (derived is None and was is MISSING):
            return False
        if was is not MISSING and was != value and asked.received:
            return False
    elif value is None:
        if was is not MISSING and was is not None:
            return False
        for turn, _, _ in at:
            if name not in seats[turn].first and seats[turn].base[name] is not None:
                return False  # somebody blanked it
    elif was is MISSING or was is None:
        for turn, source, _ in at:
            if source and _speaks(seats[turn], name, value):
                golden[name], provenance[name] = value, seats[turn].provenance(run)
                changed = True
                break
        else:
            if was is None:
                return False
    elif was is not value and was != value:
        return False
    for turn, _, receives in at:
        seat = seats[turn]
        seat.base[name] = seat.shown[name]
        seat.first.discard(name)
        if seat.accepted and (changed or (receives and was is not MISSING)):
            seat.accepted.pop(name, None)
    return True


def _consent(
    asked: Asked,
    seats: Sequence[Seat],
    was: Maybe,
    value: Value,
    golden: dict[str, Value],
    provenance: dict[str, Provenance],
    run: str,
) -> bool:
    name = asked.name
    if was is MISSING:
        first = seats[asked.at[0][0]]
        if value == OPT_IN or (value == OPT_OUT and _speaks(first, name, value)):
            golden[name], provenance[name] = value, first.provenance(run)
        elif value is not None:
            return False
    elif was != value:
        return False
    for turn, _, _ in asked.at:
        seat = seats[turn]
        seat.base[name] = seat.shown[name]
        seat.first.discard(name)
        seat.accepted.pop(name, None)
    return True


def _speaks(seat: Seat, name: str, value: Value) -> bool:
    """First contact, or an edit."""
    return name in seat.first or seat.base[name] != value
