"""Two values that differ only in form, and what a system may have made of a value we sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from connector.cleanse.characters import formatting_off
from connector.cleanse.names import is_japanese
from connector.cleanse.numerals import fits
from connector.cleanse.phones import parse_phone
from connector.model import Address, FieldType, PersonName, Value


def alike(type: FieldType, a: Value, b: Value) -> bool:
    """Equal but for formatting: width, case, spaces, hyphens. Variant kanji and legal forms are differences.

    >>> alike(FieldType.TEXT, "ＡＢＣ 商事", "abc商事"), alike(FieldType.TEXT, "髙橋", "高橋")
    (True, False)
    >>> alike(FieldType.PHONE, "0312345678", "03-1234-5678"), alike(FieldType.PHONE, "+81312345678", "03-1234-5678")
    (True, True)
    >>> alike(FieldType.PERSON_NAME, PersonName("山田", "太郎"), PersonName("山田太郎"))
    True
    """
    if _blank(a) or _blank(b):
        return _blank(a) and _blank(b)
    match a, b:
        case str(), str():
            return a == b or _form(type, a) == _form(type, b)
        case PersonName(), PersonName():
            return _same_name(a, b)
        case Address(), Address():
            return a == b or _joined_address(a) == _joined_address(b)
        case (bool(), _) | (_, bool()):
            return a is b
        case (datetime(), _) | (_, datetime()):
            return _instant(a) == _instant(b) if isinstance(a, datetime) and isinstance(b, datetime) else False
        case (int() | Decimal(), int() | Decimal()):
            return _comparable(a) and _comparable(b) and a == b
        case _:
            return a == b


def echoes(type: FieldType, sent: Value, shown: Value) -> bool:
    """May `shown` be what a system made of the value we sent: alike, cut short, or rounded?

    >>> echoes(FieldType.TEXT, "Project Alpha", "PROJECT AL"), echoes(FieldType.TEXT, "Alpha", "Beta")
    (True, False)
    >>> echoes(FieldType.MONEY, Decimal("1.2345"), Decimal("1.23")), echoes(FieldType.INTEGER, 2, 3)
    (True, False)
    """
    if _blank(sent) or _blank(shown):
        return _blank(sent) and _blank(shown)
    if alike(type, sent, shown):
        return True
    match sent, shown:
        case str(), str():
            return type in _CUTTABLE and _cut(formatting_off(sent), formatting_off(shown))
        case PersonName(), PersonName():
            return _cut_name(sent, shown)
        case Address(), Address():
            return _cut_address(sent, shown)
        case (bool(), _) | (_, bool()):
            return False
        case datetime(), datetime():
            return _rounded_moment(sent, shown)
        case (int() | Decimal(), int() | Decimal()):
            return _rounded_number(Decimal(sent), Decimal(shown))
        case _:
            return False


# A cut choice, reference or consent is another choice, not a shorter one.
_CUTTABLE = frozenset(
    (FieldType.TEXT, FieldType.EMAIL, FieldType.PHONE, FieldType.URL, FieldType.PERSON_NAME, FieldType.ADDRESS)
)


def _comparable(number: int | Decimal) -> bool:
    # A signalling NaN raises when it is compared.
    return isinstance(number, int) or not number.is_nan()


def _blank(value: Value) -> bool:
    return value is None or value == ""


def _form(type: FieldType, text: str) -> str:
    match type:
        case FieldType.PHONE:
            parsed = parse_phone(text)
            if parsed is not None:
                return f"{parsed.e164};{parsed.extension}"
            return "".join(c for c in formatting_off(text) if c not in "-()./")
        case FieldType.EMAIL:
            return formatting_off(text)
        case FieldType.URL:
            form = formatting_off(text)
            return form[:-1] if form.endswith("/") else form
        case FieldType.REFERENCE | FieldType.CONSENT | FieldType.OWNER:
            return text
        case _:
            return formatting_off(text)


def _same_name(a: PersonName, b: PersonName) -> bool:
    if a.given is not None and b.given is not None:
        return _parts(a) == _parts(b)
    return bool(_joined_name(a) & _joined_name(b))


def _parts(name: PersonName) -> tuple[str, str]:
    return formatting_off(name.family), formatting_off(name.given or "")


def _joined_name(name: PersonName) -> frozenset[str]:
    """A split Latin name may have been joined in either order; a Japanese one in one order only."""
    given = name.given or ""
    forward = formatting_off(name.family + given)
    if not given or is_japanese(forward):
        return frozenset((forward,))
    return frozenset((forward, formatting_off(given + name.family)))


def _joined_address(address: Address) -> str:
    postal = formatting_off(address.postal_code or "").replace("-", "")
    rest = "".join(p for p in (address.prefecture, address.city, address.street, address.building) if p)
    return f"{postal} {formatting_off(rest)}"


def _cut(sent: str, shown: str) -> bool:
    return bool(shown) and sent.startswith(shown)


def _cut_name(sent: PersonName, shown: PersonName) -> bool:
    if sent.given and shown.given:
        family, given = formatting_off(sent.family), formatting_off(sent.given)
        return _cut(family, formatting_off(shown.family)) and _cut(given, formatting_off(shown.given))
    cut = formatting_off(shown.family + (shown.given or ""))
    return any(_cut(joined, cut) for joined in _joined_name(sent))


def _cut_address(sent: Address, shown: Address) -> bool:
    if _cut(_joined_address(sent), _joined_address(shown)) and _joined_address(shown).strip():
        return True
    pairs = [
        (sent.postal_code, shown.postal_code),
        (sent.prefecture, shown.prefecture),
        (sent.city, shown.city),
        (sent.street, shown.street),
        (sent.building, shown.building),
    ]
    return all(
        (not a and not b) or (bool(a and b) and _cut(formatting_off(a or ""), formatting_off(b or "")))
        for a, b in pairs
    )


def _rounded_number(sent: Decimal, shown: Decimal) -> bool:
    if not (fits(sent) and fits(shown)):
        return False
    places = -int(sent.as_tuple().exponent)
    hows = (ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_DOWN)
    for kept in range(min(places, 40) - 1, -1, -1):
        step = Decimal(1).scaleb(-kept)
        if _quantizes(sent, step) and any(sent.quantize(step, how) == shown for how in hows):
            return True
    return False


def _quantizes(number: Decimal, step: Decimal) -> bool:
    # quantize() raises when the result needs more digits than the context keeps.
    return number.adjusted() - step.adjusted() < 27


_JAPAN = timezone(timedelta(hours=9))


def _instant(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _rounded_moment(sent: datetime, shown: datetime) -> bool:
    sent, shown = _instant(sent), _instant(shown)
    for unit in (timedelta(milliseconds=1), timedelta(seconds=1), timedelta(minutes=1)):
        past = (sent - datetime(2000, 1, 1, tzinfo=UTC)) % unit
        if shown == sent - past or (past * 2 >= unit and shown == sent - past + unit):
            return True
    return any(_midnight(sent, zone) == shown for zone in (UTC, _JAPAN))


def _midnight(moment: datetime, zone: timezone) -> datetime | None:
    try:
        local = moment.astimezone(zone)
        return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    except OverflowError:
        return None
