"""Every combination of what two systems can show, and a smaller product for three: what must hold in each of them.

`merge_field` and `merge_consent` are asked alone here. An end's state is (base, shown) out of missing, blank, a and b;
`_after` gives the ends of the next run, after a system that keeps exactly what it is given, or after one that refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import pytest

from connector.cleanse import echoes
from connector.mapping.flow import conflict_rule
from connector.mapping.model import FieldMapping, OnBlank, OnDrift
from connector.model import OPT_IN, OPT_OUT, FieldType, Provenance, Sent, Value
from connector.sync.consent import merge_consent
from connector.sync.field import MISSING, AtEnd, EndAfter, Fitted, Golden, Maybe, Merged, merge_field

VALUES: tuple[Maybe, ...] = (MISSING, None, "ab", "cde")
ROLES = ("source", "receiver", "both", "neither")
RULES = ("ma wins", "sfa wins", "newest", "ask", "max")
_THREE_RULES = (conflict_rule("sfa wins"), conflict_rule("ask"), conflict_rule("max"))


def exact(value: Value) -> Fitted:
    return value


def capitals(value: Value) -> Fitted:
    return value.upper() if isinstance(value, str) else value


def one_letter(value: Value) -> Fitted:
    return value[:1] if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Case:
    spec: FieldMapping
    golden: Golden
    ends: tuple[AtEnd, ...]
    merged: Merged

    def of(self, end: AtEnd) -> Any:
        return self.merged.ends[end.slot]

    def speaks(self, end: AtEnd) -> bool:
        """A person edited this end, and it is a source."""
        if end.system not in self.spec.sources or not end.edited:
            return False
        return end.shown is not None or self.spec.on_blank is OnBlank.CLEAR


def _merge(spec: FieldMapping, golden: Golden, ends: Sequence[AtEnd]) -> Merged:
    if spec.type is FieldType.CONSENT:
        return merge_consent(spec, golden, ends, run="r")
    return merge_field(spec, golden, ends, run="r")


def _case(spec: FieldMapping, golden: Maybe, ends: Sequence[AtEnd]) -> Case:
    before = Golden(golden, None if golden is MISSING else Provenance("ma", None, "earlier"))
    return Case(spec, before, tuple(ends), _merge(spec, before, ends))


def _specs(systems: Sequence[str], roles: Sequence[str]) -> Iterator[FieldMapping]:
    """Every mapping for these roles in which an option can make a difference."""
    sources = frozenset(s for s, role in zip(systems, roles, strict=True) if role in ("source", "both"))
    receivers = frozenset(s for s, role in zip(systems, roles, strict=True) if role in ("receiver", "both"))
    rules = RULES if len(sources) > 1 else ("ask",)
    drifts = tuple(OnDrift) if receivers - sources else (OnDrift.OVERWRITE,)
    for rule, on_blank, on_drift in product(rules, OnBlank, drifts):
        yield FieldMapping(
            "f",
            FieldType.PICKLIST,
            sources,
            receivers,
            conflict_rule(rule),
            on_blank,
            on_drift,
            order=("ab", "cde"),
        )


def _end(system: str, base: Maybe, shown: Maybe, fit: Callable[[Value], Fitted] = exact) -> AtEnd:
    return AtEnd(system, shown, base, seen=True, fit=fit)


def _pairs(specs: Sequence[FieldMapping], fit: Callable[[Value], Fitted] = exact) -> Iterator[Case]:
    for golden, base_ma, shown_ma, base_sfa, shown_sfa in product(VALUES, repeat=5):
        ends = (_end("ma", base_ma, shown_ma), _end("sfa", _held(base_sfa, fit), _held(shown_sfa, fit), fit))
        for spec in specs:
            yield _case(spec, golden, ends)


def _held(value: Maybe, fit: Callable[[Value], Fitted]) -> Maybe:
    """What a system with this fit can show at all."""
    return value if value is MISSING else fit(value)  # type: ignore[return-value]


def _triples() -> Iterator[Case]:
    shows: tuple[tuple[Maybe, Maybe], ...] = (
        ("ab", None),
        ("ab", "ab"),
        ("ab", "cde"),
        ("ab", "x"),
        (MISSING, None),
        (MISSING, "ab"),
        (MISSING, "cde"),
    )
    roles = (("both",) * 3, ("both", "both", "receiver"), ("source", "source", "receiver"))
    for three in roles:
        every = _specs(("ma", "sfa", "kintone"), three)
        specs = [s for s in every if s.on_drift is not OnDrift.REPORT and s.rule in _THREE_RULES]
        goldens: tuple[Maybe, ...] = (MISSING, "ab") if three == roles[-1] else ("ab",)
        for golden, ma, sfa, kintone in product(goldens, shows, shows, shows):
            ends = (_end("ma", *ma), _end("sfa", *sfa), _end("kintone", *kintone))
            for spec in specs:
                yield _case(spec, golden, ends)


# --- what must hold ---------------------------------------------------------------------------------------


def total(case: Case) -> None:
    """There is an answer for every end, and a base is only ever what an end was seen to show."""
    assert set(case.merged.ends) == {e.slot for e in case.ends}
    for end in case.ends:
        after = case.of(end)
        assert after.base in (end.base, end.shown)
        assert case.merged.conflict is None or after.change is None


def quiet(case: Case) -> None:
    """Nobody edited and everybody has the golden value: nothing changes and nothing is sent."""
    if any(e.edited or e.first_contact for e in case.ends):
        return
    assert case.merged.conflict is None
    assert case.merged.golden == case.golden
    for end in case.ends:
        if end.base is not MISSING and end.base == case.golden.value:
            assert case.of(end).change is None


def no_lost_update(case: Case) -> None:
    """An edit at a source is golden, or still stands at its own end, or lost by the rule, or is asked about."""
    golden, conflict = case.merged.golden.value, case.merged.conflict
    lost = [c.lost for c in (after.change for after in case.merged.ends.values()) if c is not None]
    for end in case.ends:
        if not case.speaks(end):
            continue
        if conflict is not None:
            assert conflict.candidates[end.system] == end.shown
            continue
        is_golden = golden is not MISSING and end.shown in (golden, end.fit(golden))
        change = case.of(end).change
        stands = change is None
        told = change is not None and change.before == end.shown and any(end.system in by for by in lost)
        assert is_golden or stands or told


def delivered(case: Case) -> None:
    """A receiver that does not show what it should gets a step, but for the reasons the mapping names."""
    golden = case.merged.golden.value
    changed = golden != case.golden.value
    for end in case.ends:
        change = case.of(end).change
        if end.system not in case.spec.receivers or end.shown is MISSING or golden is MISSING:
            assert change is None
            continue
        desired = end.fit(golden)
        if case.merged.conflict is not None or end.shown == desired:
            assert change is None
            continue
        keeps_blank = end.system in case.spec.sources and end.edited and end.shown is None and not changed
        if keeps_blank and case.spec.on_blank is OnBlank.KEEP:
            assert change is None
            continue
        drifted = end.system not in case.spec.sources and end.edited and not changed
        if drifted and case.spec.on_drift is not OnDrift.OVERWRITE:
            assert change is None
            continue
        assert change is not None
        assert (change.before, change.after) == (end.shown, desired)


def nothing_invented(case: Case) -> None:
    """Missing never becomes a blank, a blank appears only where somebody blanked, and no value comes from nowhere."""
    known = [v for v in (case.golden.value, *(e.shown for e in case.ends)) if v is not MISSING]
    golden = case.merged.golden.value
    assert golden is MISSING or golden in known
    if golden is None and case.golden.value is not None:
        assert case.spec.on_blank is OnBlank.CLEAR
        assert any(e.edited and e.shown is None and e.system in case.spec.sources for e in case.ends)
    if golden is not MISSING and golden != case.golden.value:
        assert any(e.shown == golden and e.system in case.spec.sources for e in case.ends)


def _after(case: Case, *, refuse: bool = False, drop: bool = False) -> tuple[Golden, list[AtEnd]]:
    ends = []
    for end in case.ends:
        after = case.of(end)
        shown, sent = end.shown, after.sent
        if after.change is not None and not refuse:
            shown = end.shown if drop else after.change.after
            sent = Sent(after.change.after)
        ends.append(replace(end, base=after.base, shown=shown, sent=sent, accepted=after.accepted))
    return case.merged.golden, ends


def settles(case: Case) -> None:
    """Once every step was done, the next run sends nothing, and the one after it neither."""
    golden, ends = _after(case)
    again = Case(case.spec, golden, tuple(ends), _merge(case.spec, golden, ends))
    assert again.merged.golden.value == golden.value
    assert all(after.change is None for after in again.merged.ends.values())
    assert (again.merged.conflict is None) == (case.merged.conflict is None)
    if case.merged.conflict is not None and again.merged.conflict is not None:
        assert again.merged.conflict.seen == case.merged.conflict.seen
    golden, ends = _after(again)
    third = _merge(case.spec, golden, ends)
    assert third.golden.value == golden.value
    assert all(after.change is None for after in third.ends.values())


def winner_stays(case: Case) -> None:
    """A write that is refused or dropped does not turn the decision around: the same value is sent again."""
    if case.merged.conflict is not None:
        return
    for refuse, drop in ((True, False), (False, True)):
        golden, ends = _after(case, refuse=refuse, drop=drop)
        again = _merge(case.spec, golden, ends)
        assert again.conflict is None
        assert again.golden.value == golden.value
        for end in case.ends:
            first, second = case.of(end).change, again.ends[end.slot].change
            if drop and first is not None and echoes(case.spec.type, first.after, end.shown):  # type: ignore[arg-type]
                continue  # what stands there could as well be what the system made of our value
            assert (first is None) == (second is None)
            assert first is None or second is None or first.after == second.after


def order_does_not_matter(case: Case) -> None:
    """Which system the mapping names first decides nothing."""
    other = _merge(case.spec, case.golden, tuple(reversed(case.ends)))
    assert other.golden.value == case.merged.golden.value
    assert (other.conflict is None) == (case.merged.conflict is None)


LAWS = (total, quiet, no_lost_update, delivered, nothing_invented, settles, winner_stays, order_does_not_matter)


def _hold(cases: Iterator[Case], laws: Sequence[Callable[[Case], None]]) -> int:
    count = 0
    for case in cases:
        count += 1
        for law in laws:
            try:
                law(case)
            except AssertionError as error:
                raise AssertionError(f"{law.__name__}: {_told(case)}: {error}") from error
    return count


def _told(case: Case) -> str:
    ends = ", ".join(f"{e.slot} {e.base!r} -> {e.shown!r}" for e in case.ends)
    spec = case.spec
    rules = f"{sorted(spec.sources)} -> {sorted(spec.receivers)}, {spec.rule}, {spec.on_blank}, {spec.on_drift}"
    return f"golden {case.golden.value!r}; {ends}; {rules}; became {case.merged}"


@pytest.mark.parametrize("sfa", ROLES)
@pytest.mark.parametrize("ma", ROLES)
def test_two_systems(ma: str, sfa: str) -> None:
    specs = list(_specs(("ma", "sfa"), (ma, sfa)))
    assert _hold(_pairs(specs), LAWS) == 4**5 * len(specs)


@pytest.mark.parametrize("fit", [capitals, one_letter])
def test_two_systems_of_which_one_holds_less(fit: Callable[[Value], Fitted]) -> None:
    rules = [s for s in _specs(("ma", "sfa"), ("both", "both")) if str(s.rule) in ("ask", "newest")]
    one_way = [s for s in _specs(("ma", "sfa"), ("source", "receiver")) if s.on_drift is OnDrift.OVERWRITE]
    laws = (total, quiet, no_lost_update, delivered, settles, winner_stays)
    assert _hold(_pairs([*rules, *one_way], fit), laws) == 4**5 * 6


def test_three_systems() -> None:
    assert _hold(_triples(), LAWS) == 14_406


# --- kept, accepted, written where empty ------------------------------------------------------------------


@pytest.mark.parametrize("accepted", ["ab", "cde"])
def test_what_was_accepted_stays_until_the_golden_value_changes(accepted: str) -> None:
    for golden, shown_ma, shown_sfa, on_blank in product(("ab", "cde"), VALUES, VALUES, OnBlank):
        both = frozenset({"ma", "sfa"})
        spec = FieldMapping("f", FieldType.TEXT, both, both, on_blank=on_blank)
        ma = _end("ma", golden, shown_ma)
        sfa = replace(_end("sfa", "x", "x" if shown_sfa is MISSING else shown_sfa), accepted=accepted)
        case = _case(spec, golden, (ma, sfa))
        if case.merged.golden.value != golden:
            assert case.of(sfa).accepted in (MISSING, case.merged.golden.value), _told(case)
        if sfa.edited or ma.edited or golden != accepted:
            continue
        assert case.of(sfa).change is None, _told(case)
        assert case.of(sfa).accepted == accepted


def test_only_into_empty_never_overwrites() -> None:
    for golden, base, shown, shown_ma in product(VALUES, repeat=4):
        for rule, on_blank in product(RULES, OnBlank):
            both = frozenset({"ma", "sfa"})
            spec = FieldMapping(
                "f", FieldType.PICKLIST, both, both, conflict_rule(rule), on_blank, only_into_empty=frozenset({"sfa"})
            )
            case = _case(spec, golden, (_end("ma", "ab", shown_ma), _end("sfa", base, shown)))
            change = case.of(case.ends[1]).change
            assert change is None or change.before is None, _told(case)


def test_sent_and_not_read_waits() -> None:
    for golden, base, shown_ma in product(("ab", "cde"), VALUES, VALUES):
        both = frozenset({"ma", "sfa"})
        spec = FieldMapping("f", FieldType.TEXT, both, both)
        sfa = replace(_end("sfa", base, base), sent=Sent("cde"), seen=False)
        case = _case(spec, golden, (_end("ma", golden, shown_ma), sfa))
        if sfa.first_contact:
            continue
        assert case.of(sfa).change is None, _told(case)


# --- consent ----------------------------------------------------------------------------------------------

CONSENTS: tuple[Maybe, ...] = (MISSING, None, OPT_IN, OPT_OUT)


def _consents(trusted: frozenset[str]) -> Iterator[Case]:
    for receivers in (frozenset({"ma", "sfa"}), frozenset({"sfa"})):
        spec = FieldMapping("c", FieldType.CONSENT, frozenset({"ma", "sfa"}), receivers, opt_in_from=trusted)
        for golden, base_ma, shown_ma, base_sfa, shown_sfa in product(CONSENTS, repeat=5):
            yield _case(spec, golden, (_end("ma", base_ma, shown_ma), _end("sfa", base_sfa, shown_sfa)))


def _three_consents() -> Iterator[Case]:
    every = frozenset({"ma", "sfa", "kintone"})
    spec = FieldMapping("c", FieldType.CONSENT, every, every)
    bases: tuple[Maybe, ...] = (MISSING, OPT_IN, OPT_OUT)
    shows = list(product(bases, CONSENTS))
    for golden, ma, sfa, kintone in product((OPT_IN, OPT_OUT), shows, shows, shows):
        yield _case(spec, golden, (_end("ma", *ma), _end("sfa", *sfa), _end("kintone", *kintone)))


def opt_out_is_heard(case: Case) -> None:
    """An opt-out that is new anywhere is golden, and nothing else is asked first."""
    if any(e.shown == OPT_OUT and e.base != OPT_OUT for e in case.ends):
        assert case.merged.golden.value == OPT_OUT
        assert case.merged.conflict is None


def opt_out_is_sticky(case: Case) -> None:
    """An opt-out becomes an opt-in only where a trusted system showed it and then shows an opt-in."""
    if case.golden.value != OPT_OUT:
        return
    if case.merged.golden.value == OPT_OUT:
        return
    assert any(e.system in case.spec.opt_in_from and (e.base, e.shown) == (OPT_OUT, OPT_IN) for e in case.ends)
    assert all(not (e.shown == OPT_OUT and e.base != OPT_OUT) for e in case.ends)


def opt_in_is_earned(case: Case) -> None:
    """An opt-in is written only where it is the golden value."""
    for end in case.ends:
        change = case.of(end).change
        assert change is None or change.after == case.merged.golden.value
        assert change is None or change.after in (OPT_IN, OPT_OUT)


def opt_out_reaches_everywhere(case: Case) -> None:
    """Every receiver that does not show the opt-out is sent it, but for the end whose opt-in waits for a person."""
    if case.merged.golden.value != OPT_OUT:
        return
    asked = case.merged.conflict.candidates if case.merged.conflict is not None else {}
    for end in case.ends:
        if end.system not in case.spec.receivers or end.shown in (MISSING, OPT_OUT) or end.system in asked:
            continue
        change = case.of(end).change
        assert change is not None, "not sent"
        assert change.after == OPT_OUT


def typed_opt_in_is_held(case: Case) -> None:
    """An opt-in typed over an opt-out is asked about, unless an opt-out is new somewhere or the system is trusted."""
    undoing = [e for e in case.ends if (e.base, e.shown) == (OPT_OUT, OPT_IN)]
    if case.golden.value != OPT_OUT or not undoing:
        return
    if any(e.system in case.spec.opt_in_from for e in undoing):
        return
    if any(e.shown == OPT_OUT and e.base != OPT_OUT for e in case.ends):
        return
    assert case.merged.conflict is not None
    for end in undoing:
        assert case.of(end).base == OPT_OUT


CONSENT_LAWS = (opt_out_is_heard, opt_out_is_sticky, opt_in_is_earned, typed_opt_in_is_held)


@pytest.mark.parametrize("trusted", [frozenset[str](), frozenset({"sfa"}), frozenset({"ma", "sfa"})], ids=len)
def test_consent_of_two_systems(trusted: frozenset[str]) -> None:
    assert _hold(_consents(trusted), (*CONSENT_LAWS, settles)) == 2 * 4**5


def test_consent_of_three_systems() -> None:
    assert _hold(_three_consents(), (*CONSENT_LAWS, settles)) == 2 * 12**3


def test_an_opt_out_reaches_two_systems() -> None:
    assert _hold(_consents(frozenset()), (opt_out_reaches_everywhere,)) == 2 * 4**5


def test_an_opt_out_reaches_three_systems() -> None:
    assert _hold(_three_consents(), (opt_out_reaches_everywhere,)) == 2 * 12**3


# --- the laws see a bug when there is one -----------------------------------------------------------------


def _broken(case: Case, **ends: Any) -> Case:
    """The case with another answer for some ends."""
    after: Mapping[str, Any] = {**case.merged.ends, **ends}
    return replace(case, merged=replace(case.merged, ends=after))


def test_the_laws_see_seeded_bugs() -> None:
    both = frozenset({"ma", "sfa"})
    spec = FieldMapping("f", FieldType.TEXT, both, both, conflict_rule("sfa wins"))
    edited = _case(spec, "ab", (_end("ma", "ab", "cde"), _end("sfa", "ab", "ab")))
    ruled = _case(spec, "ab", (_end("ma", "ab", "b"), _end("sfa", "ab", "cde")))
    still = _case(spec, "ab", (_end("ma", "ab", "ab"), _end("sfa", "ab", "ab")))
    for good in (edited, ruled, still):
        assert _hold(iter([good]), LAWS) == 1
    to_ma = ruled.of(ruled.ends[0]).change
    seeded: list[tuple[Callable[[Case], None], Case]] = [
        (total, _broken(edited, sfa=EndAfter("x", None, MISSING))),
        (quiet, replace(still, merged=replace(still.merged, golden=Golden(None)))),
        (delivered, _broken(edited, sfa=EndAfter("ab", None, MISSING))),
        # the other end's edit is overwritten and nobody is told that it lost
        (no_lost_update, _broken(ruled, ma=EndAfter("b", None, MISSING, replace(to_ma, lost={})))),
        # a value that nobody has
        (nothing_invented, replace(edited, merged=replace(edited.merged, golden=Golden("x")))),
        # the golden value stays behind the base
        (settles, replace(edited, merged=replace(edited.merged, golden=edited.golden))),
        # the base moved on hope: a refused write makes the loser look edited
        (winner_stays, _broken(ruled, ma=EndAfter("cde", None, MISSING, to_ma))),
    ]
    for law, case in seeded:
        with pytest.raises(AssertionError):
            law(case)
