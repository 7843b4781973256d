"""The registry of rules, what is applied where nothing is named, and `clean`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType

from connector.cleanse import companies, emails, names, phones, places, textual
from connector.cleanse.contract import Cleansed, Rule, Status
from connector.cleanse.numerals import fits, plain_decimal
from connector.model import FieldType, Value


def _decimal(value: Value) -> Cleansed:
    if isinstance(value, Decimal) and fits(value):
        plain = plain_decimal(value)
        return Cleansed(plain, str(plain))
    return textual.as_it_is(value)


_ALL = (
    Rule("trim", 1, textual.trim),
    Rule("invisible", 1, textual.invisible),
    Rule("width", 1, textual.width),
    Rule("kana", 1, textual.kana),
    Rule("html_entities", 1, textual.html_entities),
    Rule("placeholder", 1, textual.placeholder),
    Rule("text", 1, textual.text),
    Rule("email", 1, emails.email),
    Rule("phone", 1, phones.phone),
    Rule("company", 1, companies.company),
    Rule("person_name", 1, names.person_name),
    Rule("address", 1, places.address),
    Rule("postal_code", 1, places.postal_code),
    Rule("url", 1, places.url),
    Rule("integer", 1, textual.as_it_is),
    Rule("decimal", 1, _decimal),
    Rule("money", 1, _decimal),
    Rule("boolean", 1, textual.as_it_is),
    Rule("date", 1, textual.as_it_is),
    Rule("datetime", 1, textual.as_it_is),
    Rule("picklist", 1, textual.as_it_is),
    Rule("reference", 1, textual.as_it_is),
    Rule("consent", 1, textual.as_it_is),
    Rule("owner", 1, emails.owner),
)

RULES: Mapping[str, Rule] = MappingProxyType({rule.name: rule for rule in _ALL})

# Every type has the rule of its own name.
DEFAULT_RULES: Mapping[FieldType, tuple[str, ...]] = MappingProxyType({type: (type.value,) for type in FieldType})

# These know nothing of the field: the key is left to the field's own rule.
_OF_CHARACTERS = frozenset(("trim", "invisible", "width", "kana", "html_entities", "placeholder"))
_WITHOUT_OPINION = _OF_CHARACTERS | {"text", "picklist"}

_ROUNDS = 5
_LONGEST_REMEMBERED = 256
_SEVERITY = (Status.SAME, Status.FORMATTED, Status.SUGGESTED, Status.REVIEW, Status.INVALID, Status.MISSING)


def rules_version(rules: tuple[str, ...]) -> str:
    """What a lens version needs to know of its rules.

    >>> rules_version(("trim", "width"))
    'trim@1+width@1'
    """
    return "+".join(f"{name}@{RULES[name].version}" for name in rules)


def clean(type: FieldType, rules: tuple[str, ...], value: Value) -> Cleansed:
    """Apply the rules in order; none named means those of the type. Idempotent on `display`.

    >>> clean(FieldType.TEXT, ("company",), "㈱ﾔﾏﾀﾞ　電機").display
    '株式会社ヤマダ 電機'
    >>> clean(FieldType.EMAIL, (), "Taro@EXAMPLE.com").display
    'Taro@example.com'
    """
    if isinstance(value, str) and len(value) > _LONGEST_REMEMBERED:
        return _cleaned(type, rules, value)
    return _remembered(type, rules, value)


def match_key(type: FieldType, rules: tuple[str, ...], value: Value) -> str:
    """The lossy key of a value, "" when it is blank.

    >>> match_key(FieldType.TEXT, ("company",), "㈱ﾔﾏﾀﾞ電機")
    'ヤマダ電機'
    """
    return clean(type, rules, value).key if value is not None else ""


def _cleaned(type: FieldType, rules: tuple[str, ...], value: Value) -> Cleansed:
    names_of_rules = rules or DEFAULT_RULES[type]
    if len(names_of_rules) == 1 and names_of_rules[0] not in _OF_CHARACTERS:
        return RULES[names_of_rules[0]].apply(value)
    chain = [RULES[name] for name in names_of_rules]
    display, statuses, reasons = value, [Status.SAME], list[str]()
    last = Cleansed(value, "")
    for turn in range(_ROUNDS):
        before = display
        for rule in chain:
            last = rule.apply(display)
            display = last.display
            if turn == 0:
                statuses.append(last.status)
                reasons.extend(reason for reason in last.reasons if reason not in reasons)
        # One rule alone is idempotent by itself; several may undo each other's work.
        if display == before or len(chain) == 1:
            break
    else:
        display = value
    if display is None:
        return Cleansed(None, "", Status.MISSING, tuple(reasons))
    keyed_by = next((name for name in reversed(names_of_rules) if name not in _WITHOUT_OPINION), type.value)
    key = last.key if keyed_by == names_of_rules[-1] and last.display is display else RULES[keyed_by].apply(display).key
    status = max(statuses, key=_SEVERITY.index)
    if status in (Status.SAME, Status.FORMATTED):
        status = Status.SAME if display == value else Status.FORMATTED
    return Cleansed(display, key, status, tuple(reasons))


# Typed, because 1, True and Decimal(1) are equal and their displays are not.
_remembered = lru_cache(maxsize=65536, typed=True)(_cleaned)
