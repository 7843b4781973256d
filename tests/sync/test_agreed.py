"""The short path of a field on which all ends agree gives what the merge of that field gives.

Both are asked about the same link: a verdict on another question closes the short path and says nothing to the merge.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from random import Random

from connector.mapping.flow import conflict_rule
from connector.mapping.model import (
    COMPUTED,
    EntityMapping,
    FieldMapping,
    MatchRules,
    ObjectMapping,
    OnBlank,
    OnDrift,
    SameRecord,
)
from connector.model import (
    OPT_IN,
    OPT_OUT,
    End,
    EndId,
    EndState,
    Entity,
    FieldType,
    HoldId,
    HoldKind,
    Link,
    Provenance,
    Sent,
    Shown,
    Value,
    Verdict,
)
from connector.sync.agreed import agree
from connector.sync.context import Context, Place
from connector.sync.field import MISSING, Fitted, Maybe
from connector.sync.fields import Fields, merge_all
from connector.sync.lifecycle import EndNow
from connector.sync.seats import seat, seating

SYSTEMS = ("ma", "sfa", "kintone")
VALUES: tuple[Maybe, ...] = (MISSING, None, "ab", "cde")
CONSENTS: tuple[Maybe, ...] = (MISSING, None, OPT_IN, OPT_OUT)
ELSEWHERE = HoldId("another link", HoldKind.CONFLICT, "f")
AT = datetime(2026, 4, 1, tzinfo=UTC)


def _short_letters(place: Place, field: str, value: Value) -> Fitted:
    """kintone holds one letter and shows more where people typed more."""
    return value[:1] if place[0] == "kintone" and isinstance(value, str) else value


def _mapping(spec: FieldMapping, systems: Sequence[str], *, writable: bool = True) -> EntityMapping:
    columns = {spec.name: (spec.name,) if writable else SameRecord("x")}
    objects = tuple(ObjectMapping(s, "people", columns=columns) for s in systems)
    return EntityMapping(Entity.PERSON, objects, {spec.name: spec}, MatchRules(), enabled=True)


def _end(system: str, base: Maybe, shown: Maybe, accepted: Maybe = MISSING) -> EndNow:
    at = EndId(system, "people", "1")
    end = End(
        at,
        base={} if base is MISSING else {"f": base},
        first=frozenset({"*"}) if base is MISSING else frozenset(),
        accepted={} if accepted is MISSING else {"f": accepted},
        modified_at=AT,
    )
    return EndNow(end, Shown(at, {} if shown is MISSING else {"f": shown}))


def _link(golden: Maybe, now: Sequence[EndNow]) -> Link:
    known = golden is not MISSING
    return Link(
        "L",
        Entity.PERSON,
        tuple(n.end for n in now),
        {"f": golden} if golden is not MISSING else {},
        {"f": Provenance("ma", None, "earlier")} if known else {},
    )


def _both(link: Link, now: tuple[EndNow, ...], context: Context) -> tuple[Fields, Fields]:
    short = merge_all(link, now, set(), context, {}, {})
    whole = merge_all(link, now, set(), context, {ELSEWHERE: Verdict(ELSEWHERE, "keep")}, {})
    return short, whole


def _is_short(link: Link, now: Sequence[EndNow], context: Context) -> bool:
    places = tuple((n.end.at.system, n.end.at.object, n.end.at.part) for n in now)
    of = seating(context.mapping, places)
    seats = [seat(n, c, e) for n, c, e in zip(now, of.columns, of.every, strict=True)]
    return agree(of.fields[0], seats, dict(link.golden), dict(link.provenance), context.computed, "r")


def _specs(systems: Sequence[str], type_: FieldType) -> Iterator[FieldMapping]:
    for roles in product(("source", "receiver", "both", "neither"), repeat=len(systems)):
        sources = frozenset(s for s, r in zip(systems, roles, strict=True) if r in ("source", "both"))
        receivers = frozenset(s for s, r in zip(systems, roles, strict=True) if r in ("receiver", "both"))
        for blank in OnBlank:
            yield FieldMapping("f", type_, sources, receivers, conflict_rule("ask"), blank)


def test_every_pair() -> None:
    short = 0
    for type_, values in ((FieldType.TEXT, VALUES), (FieldType.CONSENT, CONSENTS)):
        contexts = [
            Context(_mapping(s, ("ma", "kintone")), "r", _short_letters) for s in _specs(("ma", "kintone"), type_)
        ]
        for golden, base_ma, shown_ma, base_k, shown_k in product(values, repeat=5):
            now = (_end("ma", base_ma, shown_ma), _end("kintone", base_k, shown_k))
            link = _link(golden, now)
            for context in contexts:
                one, other = _both(link, now, context)
                assert one == other, (context.mapping.fields["f"], link, now)
                short += _is_short(link, now, context)
    assert short > 3_000


def test_random_links() -> None:
    """Three systems, derived values, read-only fields, accepted values, ends that were not read or take no part."""
    dice = Random(20260401)
    three = list(_specs(SYSTEMS, FieldType.TEXT))
    consent = list(_specs(SYSTEMS, FieldType.CONSENT))
    short = 0
    for _ in range(20_000):
        kind = dice.randrange(4)
        spec = dice.choice(consent if kind == 0 else three)
        if kind == 1:
            spec = replace(spec, sources=frozenset({COMPUTED}), computed="deals.latest.stage")
        spec = replace(spec, on_drift=dice.choice(list(OnDrift)), only_into_empty=frozenset(dice.sample(SYSTEMS, 1)))
        values = CONSENTS if kind == 0 else VALUES
        alike = dice.choice(values)

        def value(values: Sequence[Maybe] = values, alike: Maybe = alike) -> Maybe:
            return alike if dice.random() < 0.75 else dice.choice(values)

        now = []
        for system in dice.sample(SYSTEMS, dice.randrange(1, 4)):
            n = _end(system, value(), value(), value() if dice.random() < 0.3 else MISSING)
            luck = dice.random()
            if luck < 0.1:
                n = replace(n, shown=None)
            elif luck < 0.15:
                n = replace(n, end=replace(n.end, sent={"f": Sent(dice.choice(("ab", "cde", None)))}))
            elif luck < 0.2:
                n = replace(n, end=replace(n.end, state=dice.choice(list(EndState))))
            elif luck < 0.25 and n.shown is not None:
                n = replace(n, shown=replace(n.shown, rebased=frozenset({"f"})))
            now.append(n)
        computed = value() if kind == 1 else MISSING
        context = Context(
            _mapping(spec, SYSTEMS, writable=dice.random() < 0.9),
            "r",
            _short_letters,
            computed={} if computed is MISSING else {"f": computed},
            fields=frozenset({"f"}) if dice.random() < 0.1 else None,
        )
        link = _link(value(), now)
        one, other = _both(link, tuple(now), context)
        assert one == other, (spec, link, now)
        short += _is_short(link, now, context)
    assert short > 5_000


def test_an_end_that_shows_the_golden_value_is_left_alone() -> None:
    """Its column is declared shorter than what it shows; what stands there is not cut by us."""
    spec = FieldMapping("f", FieldType.TEXT, frozenset({"ma"}), frozenset({"kintone"}))
    context = Context(_mapping(spec, ("ma", "kintone")), "r", _short_letters)
    now = (_end("ma", "ab", "cde"), _end("kintone", "ab", "cde"))
    for merged in _both(_link("ab", now), now, context):
        assert merged.golden == {"f": "cde"}
        assert merged.changes == {}
        assert merged.holds == []
