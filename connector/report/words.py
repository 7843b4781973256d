"""Canonical values and the model's words as a person reads them: language, time zone and terms of the site."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from connector.messages import Lang, catalogue, say
from connector.model import OPT_IN, OPT_OUT, Address, Entity, FieldType, PersonName, Value
from connector.report.plain import cut

LONGEST = 60


def _unnamed(key: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Words:
    """`types` maps (entity, field) to its type; `labels` gives the label of a link key, for references."""

    lang: Lang
    zone: str = "Asia/Tokyo"
    terms: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[tuple[str, str], FieldType] = field(default_factory=dict)
    labels: Callable[[str], str] = _unnamed

    def say(self, message: str, /, **facts: Any) -> str:
        return say(self.lang, message, **facts)

    def word(self, group: str, name: str) -> str:
        """The word for a name of a closed list (a hold's kind, an outcome); an unknown one is shown as it is."""
        message = f"{group}.{name}"
        return self.say(message) if message in catalogue() else name

    def entity(self, entity: Entity | str) -> str:
        return self.terms.get(str(entity)) or self.word("entity", str(entity))

    def number(self, number: int) -> str:
        return f"{number:,}"

    def moment(self, stamp: datetime | None) -> str:
        """A moment in the site's time zone, to the minute."""
        if stamp is None:
            return ""
        aware = stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
        return aware.astimezone(ZoneInfo(self.zone)).strftime("%Y-%m-%d %H:%M")

    def value(self, value: Value, *, entity: str = "", field: str = "", columns: int = LONGEST) -> str:
        """One line, cut; a blank says so."""
        if value is None:
            return self.say("blank")
        return cut(self.full(value, entity=entity, field=field), columns)

    def full(self, value: Value, *, entity: str = "", field: str = "") -> str:
        """The whole value as text; "" for a blank."""
        type_ = self.types.get((entity, field))
        match value:
            case None:
                return ""
            case bool():
                return self.say("value.yes" if value else "value.no")
            case Decimal() | int():
                return _number(value, type_)
            case datetime():
                return self.moment(value)
            case date():
                return value.isoformat()
            case PersonName(family=family, given=given):
                return f"{family} {given}" if given else family
            case Address() as a:
                return " ".join(p for p in (a.postal_code, a.prefecture, a.city, a.street, a.building) if p)
            case str():
                return self._text(value, type_)

    def _text(self, value: str, type_: FieldType | None) -> str:
        if type_ is FieldType.CONSENT or (type_ is None and value in (OPT_IN, OPT_OUT)):
            return self.word("value", value)
        if type_ is FieldType.REFERENCE:
            return self.labels(value) or value
        return value


def _number(value: Decimal | int, type_: FieldType | None) -> str:
    try:
        return f"{value:,}" if type_ is FieldType.MONEY else f"{value:f}" if isinstance(value, Decimal) else str(value)
    except ValueError:  # more digits than Python turns into text
        return "…"


def as_json(value: Any) -> Any:
    """A value for programs: text, numbers and plain tables, never this program's own notation."""
    match value:
        case None | bool() | str() | int() | float():
            return value
        case Decimal():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case PersonName(family=family, given=given):
            return {"family": family, "given": given}
        case Address():
            parts = ("postal_code", "prefecture", "city", "street", "building")
            return {p: getattr(value, p) for p in parts if getattr(value, p) is not None}
        case Mapping():
            return {str(k): as_json(v) for k, v in value.items()}
        case list() | tuple() | set() | frozenset():
            return [as_json(v) for v in value]
    return str(value)
