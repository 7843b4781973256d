"""What pydantic cannot see: names that must exist elsewhere in the file, options that exclude each other."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pydantic_core import PydanticCustomError

from connector.errors import Finding
from connector.mapping.build import Draft, columns_by_object, flow_of
from connector.mapping.file import FieldSpec, Split
from connector.mapping.flow import RESERVED
from connector.mapping.leaf import nearest
from connector.mapping.model import COMPUTED, Choose, OnBlank, OnDrift, Wins
from connector.mapping.source import Path
from connector.model import OPT_IN, OPT_OUT, FieldType

ORDERED = frozenset({FieldType.INTEGER, FieldType.DECIMAL, FieldType.MONEY, FieldType.DATE, FieldType.DATETIME})
CHOSEN = frozenset({FieldType.PICKLIST, FieldType.BOOLEAN, FieldType.CONSENT})


@dataclass(frozen=True, slots=True)
class Known:
    """The names that exist outside the file; `systems` None when config.yaml is not at hand."""

    systems: frozenset[str] | None
    rules: frozenset[str]
    computed: frozenset[str]


def check_file(draft: Draft, known: Known) -> list[Finding]:
    """Everything wrong within one file."""
    found = [*_systems(draft, known), *_match(draft)]
    for name, field in draft.spec.fields.items():
        found += _names(draft, name, field, known)
        found += _map(draft, name, field)
        found += _flow(draft, name, field)
        found += _rules(draft, name, field)
        found += _consent(draft, name, field) if field.type is FieldType.CONSENT else _not_consent(draft, name, field)
        found += _reference(draft, name, field)
        found += _choices(draft, name, field)
    return found


def _among(
    draft: Draft, message: str, path: Path, name: str, allowed: Collection[str], *, key: bool = False
) -> Iterator[Finding]:
    if name not in allowed:
        yield draft.source.finding(
            message, path, key=key, nearest=nearest(name, allowed), name=name, allowed=sorted(allowed)
        )


def _systems(draft: Draft, known: Known) -> Iterator[Finding]:
    if not draft.spec.systems:
        yield draft.source.finding("mapping.blank_value", ("systems",))
    if not draft.spec.fields and not draft.names:
        yield draft.source.finding("mapping.blank_value", ("fields",))
    for name, system in draft.spec.systems.items():
        here = ("systems", name)
        if name in RESERVED or "," in name or "->" in name:
            yield draft.source.finding("mapping.reserved_name", here, key=True, name=name)
        elif known.systems is not None:
            yield from _among(draft, "mapping.unknown_system", here, name, known.systems, key=True)
        if system.create is True and len(system.object) > 1:
            yield draft.source.finding("mapping.create_which", (*here, "create"), allowed=list(system.object))
        elif isinstance(system.create, str):
            yield from _among(draft, "mapping.unknown_object", (*here, "create"), system.create, system.object)
        for object in system.where.of:
            yield from _among(
                draft, "mapping.unknown_object", (*here, "where", object), object, system.object, key=True
            )
        if isinstance(system.owner, Split):
            for object in system.owner.by:
                at = (*here, "owner", object)
                yield from _among(draft, "mapping.unknown_object", at, object, system.object, key=True)


def _match(draft: Draft) -> Iterator[Finding]:
    match = draft.spec.match
    for index, identifier in enumerate(match.identifiers):
        for inner, name in enumerate(identifier):
            path: Path = ("match", "identifiers", index, inner)
            yield from _among(draft, "mapping.unknown_field", path, name, draft.names)
    for name in match.advanced.weights:
        path = ("match", "advanced", "weights", name)
        yield from _among(draft, "mapping.unknown_field", path, name, draft.names, key=True)
    link, review = match.advanced.link_at, match.advanced.review_at
    if link is not None and review is not None and review > link:
        yield draft.source.finding("mapping.thresholds", ("match", "advanced", "review_at"), link=link, review=review)


def _names(draft: Draft, name: str, field: FieldSpec, known: Known) -> Iterator[Finding]:
    here = ("fields", name)
    if not name.isidentifier():
        yield draft.source.finding("mapping.field_name", here, key=True, name=name)
    for index, rule in enumerate(field.cleanse):
        yield from _among(draft, "mapping.unknown_cleanse", (*here, "cleanse", index), rule, known.rules)
    if field.computed:
        yield from _among(draft, "mapping.unknown_computed", (*here, "computed"), field.computed, known.computed)


def _map(draft: Draft, name: str, field: FieldSpec) -> Iterator[Finding]:
    if not field.map:
        yield draft.source.finding("mapping.blank_value", ("fields", name, "map"))
    for system, place in field.map.items():
        here = ("fields", name, "map", system)
        if system not in draft.spec.systems:
            yield from _among(draft, "mapping.unlisted_system", here, system, draft.spec.systems, key=True)
            continue
        try:
            columns_by_object(field.type, draft.spec.systems[system].object, place)
        except PydanticCustomError as error:
            context = error.context or {}
            path = (*here, *context["at"])
            yield draft.source.finding(error.type, path, nearest=context["nearest"], **context["facts"])


def _flow(draft: Draft, name: str, field: FieldSpec) -> Iterator[Finding]:
    here: Path = ("fields", name)
    if field.flow is None:
        if field.type is not FieldType.CONSENT:
            yield draft.source.finding("mapping.flow_missing", here, key=True, name=name)
        return
    for system in dict.fromkeys(field.flow.sources + field.flow.receivers):
        if system == COMPUTED or system in field.map:
            continue
        message = "mapping.flow_unmapped" if system in draft.spec.systems else "mapping.flow_unknown_system"
        yield from _among(draft, message, (*here, "flow"), system, field.map)
    if (COMPUTED in field.flow.sources) != bool(field.computed):
        message = "mapping.computed_flow" if field.computed else "mapping.computed_missing"
        yield draft.source.finding(message, (*here, "flow"), name=field.computed)


def _rules(draft: Draft, name: str, field: FieldSpec) -> Iterator[Finding]:
    here = ("fields", name)
    sources, receivers = flow_of(field)
    match field.if_both_changed:
        case Wins(system) if COMPUTED not in sources and field.flow is not None:
            yield from _among(draft, "mapping.rule_not_source", (*here, "if_both_changed"), system, sources)
        case Choose.MAX | Choose.MIN | Choose.STRICTEST as rule:
            fits = field.type in ORDERED and rule is not Choose.STRICTEST
            fits |= field.type in {FieldType.BOOLEAN, FieldType.CONSENT}
            if not fits and not (field.type is FieldType.PICKLIST and field.order):
                message = "mapping.rule_order" if field.type is FieldType.PICKLIST else "mapping.rule_type"
                yield draft.source.finding(message, (*here, "if_both_changed"), rule=rule.value, type=field.type.value)
        case _:
            pass
    if field.computed and field.if_both_changed is not None:
        yield draft.source.finding("mapping.computed_rule", (*here, "if_both_changed"))
    for index, system in enumerate(field.only_into_empty):
        if field.flow is not None:
            path = (*here, "only_into_empty", index)
            yield from _among(draft, "mapping.empty_not_receiver", path, system, receivers)


def _consent(draft: Draft, name: str, field: FieldSpec) -> Iterator[Finding]:
    here = ("fields", name)
    wrong = {
        "if_both_changed": field.if_both_changed not in (None, Choose.STRICTEST),
        "on_blank": field.on_blank is not OnBlank.KEEP,
        "on_drift": field.on_drift is not OnDrift.OVERWRITE,
        "only_into_empty": bool(field.only_into_empty),
        "computed": bool(field.computed),
    }
    for option, given in wrong.items():
        if given:
            yield draft.source.finding("mapping.consent_option", (*here, option), key=True, name=option)
    for index, system in enumerate(field.opt_in_from):
        yield from _among(draft, "mapping.opt_in_unmapped", (*here, "opt_in_from", index), system, field.map)
    for system in field.map:
        if OPT_OUT not in field.values.get(system, {}).values():
            yield draft.source.finding("mapping.consent_values", (*here, "map", system), key=True, name=system)


def _not_consent(draft: Draft, name: str, field: FieldSpec) -> Iterator[Finding]:
    if field.opt_in_from:
        yield draft.source.finding("mapping.not_consent", ("fields", name, "opt_in_from"), key=True)


def _reference(draft: Draft, name: str, field: FieldSpec) -> Iterator[Finding]:
    here = ("fields", name)
    if field.type is FieldType.REFERENCE:
        if field.to is None:
            yield draft.source.finding("mapping.reference_to", here, key=True, name=name)
    elif field.to is not None:
        yield draft.source.finding("mapping.to_not_reference", (*here, "to"), key=True)


def _choices(draft: Draft, name: str, field: FieldSpec) -> Iterator[Finding]:
    here = ("fields", name)
    if field.values and field.type not in CHOSEN:
        yield draft.source.finding("mapping.values_type", (*here, "values"), key=True, type=field.type.value)
        return
    match field.type:
        case FieldType.CONSENT:
            words: tuple[str, ...] = (OPT_IN, OPT_OUT)
        case FieldType.BOOLEAN:
            words = ("true", "false")
        case _:
            words = ()
    for system, choices in field.values.items():
        yield from _among(draft, "mapping.values_system", (*here, "values", system), system, field.map, key=True)
        for native, canonical in choices.items():
            if words:
                path = (*here, "values", system, native)
                yield from _among(draft, "mapping.values_word", path, canonical, words)
    if field.order and field.type is not FieldType.PICKLIST:
        yield draft.source.finding("mapping.order_type", (*here, "order"), key=True, type=field.type.value)
    elif field.values:
        canonical_words = {c for choices in field.values.values() for c in choices.values()}
        for index, choice in enumerate(field.order):
            yield from _among(draft, "mapping.order_unknown", (*here, "order", index), choice, canonical_words)
