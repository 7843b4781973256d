"""The proposed mapping of one entity, as the text of a mapping file with the reason for each field beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connector.messages import Lang, say
from connector.model import OPT_OUT, Entity, FieldType

MOST_FIELDS = 12

Concepts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A field that may be proposed; the first alternative whose first column exists is taken."""

    name: str
    type: FieldType
    alternatives: tuple[Concepts, ...]
    from_ma: bool = False  # MA tells it, the others receive it
    cleanse: str = ""  # a rule of connector.cleanse, where it is not the type's own


_ADDRESS = ("postal_code", "prefecture", "city", "street", "building")

# in the order of what matters: at most MOST_FIELDS of those that two systems hold are proposed
CANDIDATES: Mapping[Entity, tuple[Candidate, ...]] = {
    Entity.PERSON: (
        Candidate("name", FieldType.PERSON_NAME, (("family", "given"), ("full_name",))),
        Candidate("email", FieldType.EMAIL, (("email",),)),
        Candidate("company", FieldType.TEXT, (("company",),), cleanse="company"),
        Candidate("phone", FieldType.PHONE, (("phone",), ("direct_phone",))),
        Candidate("mobile", FieldType.PHONE, (("mobile",),)),
        Candidate("title", FieldType.TEXT, (("title",),)),
        Candidate("department", FieldType.TEXT, (("department",),)),
        Candidate("score", FieldType.INTEGER, (("score",),), from_ma=True),
        Candidate("last_visit", FieldType.DATETIME, (("last_visit",),), from_ma=True),
        Candidate("address", FieldType.ADDRESS, (_ADDRESS,)),
        Candidate("lead_source", FieldType.TEXT, (("lead_source",),)),
        Candidate("industry", FieldType.TEXT, (("industry",),)),
    ),
    Entity.COMPANY: (
        Candidate("name", FieldType.TEXT, (("company",), ("full_name",)), cleanse="company"),
        Candidate("corporate_number", FieldType.TEXT, (("corporate_number",),)),
        Candidate("phone", FieldType.PHONE, (("phone",),)),
        Candidate("address", FieldType.ADDRESS, (_ADDRESS,)),
        Candidate("address_line", FieldType.TEXT, (("address",),)),
        Candidate("url", FieldType.URL, (("url",),)),
        Candidate("industry", FieldType.TEXT, (("industry",),)),
        Candidate("name_kana", FieldType.TEXT, (("company_kana",),)),
        Candidate("relation", FieldType.TEXT, (("relation",),)),
    ),
    Entity.DEAL: (
        Candidate("name", FieldType.TEXT, (("deal_name",), ("full_name",))),
        Candidate("company", FieldType.TEXT, (("company",),), cleanse="company"),
        Candidate("stage", FieldType.TEXT, (("stage",),)),
        Candidate("amount", FieldType.MONEY, (("amount",),)),
        Candidate("close_date", FieldType.DATE, (("close_date",),)),
        Candidate("lost_reason", FieldType.TEXT, (("lost_reason",),)),
    ),
}

IDENTIFIERS: Mapping[Entity, tuple[tuple[str, ...], ...]] = {
    Entity.PERSON: (("email",), ("name", "company", "phone")),
    Entity.COMPANY: (("corporate_number",), ("name", "phone"), ("name", "address")),
    Entity.DEAL: (("name", "company"),),
}


@dataclass(frozen=True, slots=True)
class Side:
    """One system's place in a mapping: where the entity lives, and the column of each concept."""

    system: str
    vendor: str
    object: str
    part: str
    role: str
    applicable: bool
    columns: Mapping[str, str]  # concept -> column
    consent_column: str = ""
    consent_values: Mapping[str, str] = field(default_factory=dict)
    addresses: frozenset[str] = frozenset()
    borrowed: frozenset[str] = (
        frozenset()
    )  # concepts whose column belongs to another record or part: never written here


def mapping_text(entity: Entity, sides: Sequence[Side], lang: Lang) -> str | None:
    """None when fewer than two systems hold the entity, or nothing tells their records apart."""
    if len({side.system for side in sides}) < 2:
        return None
    fields = [(c.name, lines) for c in CANDIDATES[entity] if (lines := _field(c, sides, lang))]
    consent = _consent(sides, lang) if entity is Entity.PERSON else []
    fields = fields[: MOST_FIELDS - bool(consent)]
    if consent:
        fields.append(("mail_optout", consent))
    names = {name for name, _ in fields}
    if not names & {"name", "email"}:
        return None
    identifiers = [one for one in IDENTIFIERS[entity] if set(one) <= names]
    if entity is Entity.PERSON and len(identifiers) < 2 and {"name", "company"} <= names:
        identifiers.append(("name", "company"))
    out = ["# yaml-language-server: $schema=schema.json"]
    out += _comment(say(lang, "exports.mapping.intro", entity=say(lang, f"entity.{entity.value}")), "")
    for side in sides:
        if entity is Entity.PERSON and not side.consent_column:
            out += _comment(say(lang, "exports.consent.unknown", system=side.system), "")
    out += [f"entity: {entity.value}", "enabled: false", "systems:"]
    out += [f"  {side.system}: {_system(side)}" for side in sides]
    out += ["match:"]
    if identifiers:
        shown = (one[0] if len(one) == 1 else f"[{', '.join(one)}]" for one in identifiers)
        out += [f"  identifiers: [{', '.join(shown)}]"]
    out += ["  care: cautious", "fields:"]
    for name, lines in fields:
        out += [line for line in lines if line.startswith("  #")]
        out += [f"  {name}:", *(f"    {line}" for line in lines if not line.startswith("  #"))]
    return "\n".join(out) + "\n"


def _system(side: Side) -> str:
    parts = [f"object: {quoted(side.object)}"]
    if side.part:
        parts.append(f"part: {quoted(side.part)}")
    if side.applicable:
        parts.append("create: off")
    if owner := side.columns.get("owner"):
        parts.append(f"owner: {quoted(owner)}")
    return "{" + ", ".join(parts) + "}"


def _field(candidate: Candidate, sides: Sequence[Side], lang: Lang) -> list[str]:
    """The lines of one field, or nothing when fewer than two systems hold it."""
    found = [(side, place) for side in sides if (place := _place(candidate, side)) is not None]
    if len(found) < 2:
        return []
    holders = [side for side, _ in found]
    # a list of refusals serves matching: its spelling of an address is nobody's edit
    sources = [s for s in holders if (s.role == "ma" if candidate.from_ma else s.role != "optout")]
    receivers = [
        side
        for side, place in found
        if side.applicable and place[0][0] not in side.borrowed and not (candidate.from_ma and side.role == "ma")
    ]
    if candidate.from_ma and (not sources or not receivers):
        return []
    labels = say(lang, "exports.list_joiner").join(
        say(lang, "exports.mapping.column", system=side.vendor or side.system, column=_shown(place))
        for side, place in found
    )
    lines = _comment(say(lang, "exports.mapping.same_meaning", columns=labels), "  ")
    if candidate.name == "email":
        lines += _overlap(holders, lang)
    if candidate.from_ma:
        lines += _comment(say(lang, "exports.mapping.from_ma"), "  ")
    lines.append(f"type: {candidate.type.value}")
    lines.append("map: {" + ", ".join(f"{side.system}: {_written(place)}" for side, place in found) + "}")
    if candidate.cleanse:
        lines.append(f"cleanse: {candidate.cleanse}")
    lines.append(f"flow: {_flow([s.system for s in sources], [s.system for s in receivers])}")
    if len(sources) > 1:
        lines.append("if_both_changed: ask")
    return lines


def _overlap(holders: Sequence[Side], lang: Lang) -> list[str]:
    lines: list[str] = []
    for number, one in enumerate(holders):
        for other in holders[number + 1 :]:
            both = len(one.addresses & other.addresses)
            lines += _comment(
                say(lang, "exports.mapping.shared_addresses", one=one.system, other=other.system, count=f"{both:,}"),
                "  ",
            )
    return lines


Place = tuple[tuple[str, str], ...]  # concept and column


def _place(candidate: Candidate, side: Side) -> Place | None:
    for concepts in candidate.alternatives:
        if candidate.type is FieldType.ADDRESS:
            parts = tuple((c, side.columns[c]) for c in concepts if c in side.columns)
            return parts if len(parts) > 1 else None
        if concepts[0] in side.columns:
            return tuple((c, side.columns[c]) for c in concepts if c in side.columns)
    return None


def _shown(place: Place) -> str:
    return " + ".join(column for _, column in place)


def _written(place: Place) -> str:
    if place[0][0] in _ADDRESS:
        return "{" + ", ".join(f"{part}: {quoted(column)}" for part, column in place) + "}"
    if len(place) == 1:
        return quoted(place[0][1])
    return "[" + ", ".join(quoted(column) for _, column in place) + "]"


def _flow(sources: list[str], receivers: list[str]) -> str:
    if not receivers or (len(sources) == 1 and sources == receivers):
        return f"{', '.join(sources)} -> hub"
    if set(sources) == set(receivers):
        return f"{sources[0]} <-> {', '.join(sources[1:])}"
    return f"{', '.join(sources)} -> {', '.join(receivers)}"


def _consent(sides: Sequence[Side], lang: Lang) -> list[str]:
    """Who may be mailed: only from columns whose polarity is stated; the most restrictive wins by itself."""
    found = [side for side in sides if side.consent_column and OPT_OUT in side.consent_values.values()]
    if not found:
        return []
    lines: list[str] = []
    for side in found:
        stopped = [value for value, meaning in side.consent_values.items() if meaning == OPT_OUT]
        facts = {"system": side.vendor or side.system, "column": side.consent_column, "values": ", ".join(stopped)}
        lines += _comment(say(lang, "exports.mapping.consent", **facts), "  ")
    lines.append("type: consent")
    lines.append("map: {" + ", ".join(f"{s.system}: {quoted(s.consent_column)}" for s in found) + "}")
    receivers = [s.system for s in found if s.applicable]
    systems = [s.system for s in found]
    lines.append(f"flow: {_flow(systems, receivers)}")
    lines.append("values:")
    for side in found:
        table = ", ".join(f"{json.dumps(v, ensure_ascii=False)}: {m}" for v, m in side.consent_values.items())
        lines.append(f"  {side.system}: {{{table}}}")
    return lines


_PLAIN = re.compile(r"[^\W\d][\w./・()（）-]*$")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def quoted(text: str) -> str:
    """A YAML scalar that is surely read back as this text.

    >>> quoted("会社名"), quoted("Record ID"), quoted("no")
    ('会社名', '"Record ID"', '"no"')
    """
    if _PLAIN.match(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


def _comment(text: str, indent: str) -> list[str]:
    # a label may hold anything; a comment must stay one line
    return [f"{indent}# {line}" for line in text.split("\n")]
