"""Records to be made, and writes that a system refused too often to be tried again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from connector.mapping.model import EntityMapping, ObjectMapping, SameRecord
from connector.model import (
    OPT_IN,
    Change,
    Create,
    End,
    EndState,
    FieldType,
    Hold,
    HoldId,
    HoldKind,
    Link,
    Problem,
    Reason,
    Step,
    Verdict,
)
from connector.sync.context import Context
from connector.sync.field import Unfit
from connector.sync.holds import refusal_seen


def creates(
    after: Link,
    context: Context,
    open_holds: Mapping[HoldId, Hold],
    verdicts: Mapping[HoldId, Verdict],
    revived: Collection[str] = (),
) -> tuple[list[Step], list[Hold]]:
    """A create for every object with `create:`, or to be revived, in whose system this link has no place yet."""
    if not any(e.state is EndState.LIVE for e in after.ends):
        return [], []
    taken = {e.at.system for e in after.ends}
    steps: list[Step] = []
    holds: list[Hold] = []
    for o in context.mapping.objects:
        if o.system in taken or not (o.create or o.system in revived):
            continue
        create = _create(after, o, context)
        if isinstance(create, Hold):
            holds.append(create)
            taken.add(o.system)
        elif create is not None:
            refused = open_holds.get(HoldId(after.key, HoldKind.REJECTED, o.system))
            if refused is not None and given_up(refused, create.changes, context, verdicts):
                holds.append(refused)
            else:
                steps.append(create)
            taken.add(o.system)
    return steps, holds


def _create(after: Link, o: ObjectMapping, context: Context) -> Create | Hold | None:
    changes: list[Change] = []
    for spec in context.mapping.fields.values():
        columns = o.columns.get(spec.name)
        value = after.golden.get(spec.name)
        if columns is None or value is None or isinstance(columns, SameRecord):
            continue
        if o.system not in spec.receivers and spec.name not in _identifying(context.mapping):
            continue
        if value == OPT_IN and spec.type is FieldType.CONSENT and o.system not in spec.receivers:
            continue  # an opt-out goes everywhere, an opt-in where the arrow says
        fitted = context.fit(o.place, spec.name, value)
        if isinstance(fitted, Unfit):
            id_ = HoldId(after.key, HoldKind.WAITING, f"{spec.name}>{o.system}")
            return Hold(id_, {"field": spec.name, "system": o.system, "value": str(value)}, ())
        if isinstance(fitted, Problem) or fitted is None:
            continue
        source = after.provenance[spec.name].system if spec.name in after.provenance else ""
        changes.append(Change(spec.name, None, fitted, Reason.CREATED, source))
    if not changes or not _tells_who(context.mapping, changes):
        return None
    return Create(o.system, o.object, o.part, after.key, tuple(changes))


def _identifying(mapping: EntityMapping) -> frozenset[str]:
    """A new record carries what identifies it, whatever its flow: a person without a name helps nobody."""
    named = {f for identifier in mapping.match.identifiers for f in identifier}
    names = {f.name for f in mapping.fields.values() if f.type in (FieldType.PERSON_NAME, FieldType.CONSENT)}
    return frozenset(named | names | ({"name"} & set(mapping.fields)))


def _tells_who(mapping: EntityMapping, changes: Iterable[Change]) -> bool:
    """Nothing is made of which only a reference or a consent is known: nobody could tell what it is."""
    consents = {f.name for f in mapping.fields.values() if f.type is FieldType.CONSENT}
    wanted = _identifying(mapping) - consents
    return not wanted or any(change.field in wanted for change in changes)


def allowed(
    link: Link,
    end: End,
    changes: list[Change],
    open_holds: Mapping[HoldId, Hold],
    context: Context,
    verdicts: Mapping[HoldId, Verdict],
) -> tuple[list[Change], list[Hold]]:
    """Drops what a system refused `max_tries` times with these very values; the hold stays until they change."""
    if not changes:
        return [], []
    holds: list[Hold] = []
    whole = open_holds.get(HoldId(link.key, HoldKind.REJECTED, end.at.system))
    if whole is not None and given_up(whole, changes, context, verdicts):
        return [], [whole]
    allowed: list[Change] = []
    for change in changes:
        one = open_holds.get(HoldId(link.key, HoldKind.REJECTED, f"{change.field}@{end.at.system}"))
        if one is not None and given_up(one, (change,), context, verdicts):
            holds.append(one)
        else:
            allowed.append(change)
    return allowed, holds


def given_up(hold: Hold, changes: Iterable[Change], context: Context, verdicts: Mapping[HoldId, Verdict]) -> bool:
    """Refused too often with these very values, and nobody asked for another try since."""
    tries = int(hold.facts.get("tries", 0))
    verdict = verdicts.get(hold.id)
    asked = verdict is not None and verdict.choice == "retry" and verdict.seen == hold.seen
    return hold.seen == refusal_seen(changes, tries) and tries >= context.max_tries and not asked
