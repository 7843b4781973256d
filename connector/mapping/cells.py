"""Native cells <-> canonical values, per type: the two halves of a lens, made once per field."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import Enum
from functools import lru_cache
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from connector.cleanse import Unreadable, clean, read, ready, ready_name, write_address, write_name
from connector.mapping.build import ADDRESS_PARTS
from connector.mapping.model import Columns, FieldMapping
from connector.mapping.owners import Owners
from connector.mapping.shape import Column
from connector.model import OPT_IN, OPT_OUT, Address, FieldType, NativeValue, NativeValues, PersonName, Problem, Value


class Absent(Enum):
    MISSING = "missing"


MISSING: Final = Absent.MISSING  # the answer did not contain the columns
# cells per field whose reading is kept, and values whose fit is: names of companies, choices and dates repeat, and
# the merge asks for the fit of one value several times
REMEMBERED = 1024
WHOLE = 10**15  # a whole number below needs no look at its length

Read: TypeAlias = Callable[[NativeValues], "Value | Unreadable | Absent"]
Dress: TypeAlias = Callable[[Value], "NativeValues | Problem"]
One: TypeAlias = Callable[[Value], "NativeValue | Problem"]

TRUES = frozenset({"true", "1", "yes", "on"})
FALSES = frozenset({"false", "0", "no", "off"})


def is_blank(cell: NativeValue) -> bool:
    """Nothing, empty text, only spaces, an empty list."""
    return (
        cell is None or (isinstance(cell, str) and not cell.strip()) or (isinstance(cell, (list, tuple)) and not cell)
    )


def choice_text(cell: NativeValue) -> str:
    """A cell as the key of a values table: true, 1, 1.0 and "1" are told apart only as far as a table must."""
    match cell:
        case bool():
            return "true" if cell else "false"
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 10**15 else str(cell)
        case Decimal():
            whole = cell.is_finite() and abs(cell) < 10**15 and cell == int(cell)
            return str(int(cell)) if whole else str(cell)
        case int():
            return str(cell) if abs(cell) < 10**60 else "..."  # str() refuses more than 4,300 digits
        case list() | tuple():
            return ";".join(choice_text(item) for item in cell)
        case _:
            return str(cell).strip()


def native_table(field: FieldMapping, system: str) -> dict[str, Value]:
    """Native choice -> canonical value, cleaned; 1 and true stand for each other unless both are named."""
    found: dict[str, Value] = {}
    for native, canonical in field.values.get(system, {}).items():
        value: Value = canonical == "true" if field.type is FieldType.BOOLEAN else canonical
        found[native.strip()] = clean(field.type, field.cleanse, value).display
    if field.type in (FieldType.BOOLEAN, FieldType.CONSENT):
        for words in (TRUES, FALSES):
            named = [found[n] for n in found if n.lower() in words]
            if named:
                for word in words:
                    found.setdefault(word, named[0])
    return found


def reader(field: FieldMapping, columns: Columns, system: str, zone: str, owners: Owners) -> Read:
    """The reading of one field: a value, None for a blank, MISSING, or why it could not be read."""
    match field.type:
        case FieldType.PERSON_NAME if len(columns) == 2:
            return _name_reader(field, columns)
        case FieldType.ADDRESS if len(columns) == len(ADDRESS_PARTS):
            return _address_reader(field, columns)
        case FieldType.OWNER:
            return _owner_reader(columns[0], owners)
        case _:
            return _cell_reader(field, columns[0], native_table(field, system), zone)


def _cell_reader(field: FieldMapping, column: str, table: Mapping[str, Value], zone: str) -> Read:
    type, rules = field.type, field.cleanse

    def convert(cell: NativeValue) -> Value | Unreadable:
        found = read(type, cell, zone=zone)
        if isinstance(found, Unreadable) or found is None:
            return found
        return clean(type, rules, found).display

    def choose(cell: NativeValue) -> Value | Unreadable:
        if is_blank(cell):
            return None
        text = choice_text(cell)
        if text in table:
            return table[text]
        if text.lower() in table:
            return table[text.lower()]
        match type:
            case FieldType.BOOLEAN:
                return convert(cell)
            case FieldType.CONSENT:
                return Unreadable(Problem.NOT_CONSENT, text[:80])
            case _:
                return Unreadable(Problem.UNKNOWN_CHOICE, text[:80])

    work = choose if table else convert
    final = None if table else ready(type, rules, zone)
    remembered: Callable[[NativeValue], Value | Unreadable] = lru_cache(maxsize=REMEMBERED)(work)

    def one(native: NativeValues) -> Value | Unreadable | Absent:
        try:
            cell = native[column]
        except KeyError:
            return MISSING
        if cell is None:
            return None
        if cell.__class__ is str:
            if final is not None and (found := final(cell)) is not None:
                return found
        elif cell.__class__ is int:
            if type is FieldType.INTEGER and not table and -WHOLE < cell < WHOLE:
                return int(cell)
            if table and -WHOLE < cell < WHOLE:
                return remembered(cell)
        if isinstance(cell, Decimal) and not cell.is_finite():  # comparing a signalling NaN raises
            return Unreadable(Problem.NOT_A_NUMBER, str(cell))
        return remembered(cell) if cell.__class__ is str and len(cell) < 200 else work(cell)

    return one


def _owner_reader(column: str, owners: Owners) -> Read:
    def owner(native: NativeValues) -> Value | Unreadable | Absent:
        if column not in native:
            return MISSING
        cell = native[column]
        if isinstance(cell, (list, tuple)) and len(cell) > 1:
            return Unreadable(Problem.SEVERAL_OWNERS, choice_text(cell)[:80])
        found = _text(cell)
        return found if found is None or isinstance(found, Unreadable) else owners.read(found.strip())

    return owner


def _text(cell: NativeValue) -> str | Unreadable | None:
    found = read(FieldType.TEXT, cell)
    if isinstance(found, Unreadable) or found is None:
        return found
    return str(found)


def _name_reader(field: FieldMapping, columns: Columns) -> Read:
    first, second = columns
    rules = field.cleanse
    plain = rules in ((), ("person_name",))

    @lru_cache(maxsize=REMEMBERED)
    def cleaned(family: str | None, given: str | None) -> Value:
        return clean(FieldType.PERSON_NAME, rules, PersonName(family or "", given)).display if family or given else None

    def name(native: NativeValues) -> Value | Unreadable | Absent:
        try:
            one, two = native[first], native[second]
        except KeyError:
            return MISSING
        if plain and (found := ready_name(one, two)) is not None:
            return found
        family, given = _text(one), _text(two)
        if isinstance(family, Unreadable):
            return family
        return given if isinstance(given, Unreadable) else cleaned(family, given)

    return name


def _address_reader(field: FieldMapping, columns: Columns) -> Read:
    rules = field.cleanse
    held = [(part, column) for part, column in zip(ADDRESS_PARTS, columns, strict=True) if column]

    def address(native: NativeValues) -> Value | Unreadable | Absent:
        parts: dict[str, str | None] = {}
        for part, column in held:
            if column not in native:
                return MISSING
            found = _text(native[column])
            if isinstance(found, Unreadable):
                return found
            parts[part] = found
        if not any(parts.values()):
            return None
        return clean(FieldType.ADDRESS, rules, Address(**parts)).display

    return address


def dresser(
    field: FieldMapping, columns: Columns, system: str, shape: Mapping[str, Column], zone: str, owners: Owners
) -> Dress:
    """The way back: a value as the cells of its columns, or why this system cannot hold it."""
    match field.type:
        case FieldType.PERSON_NAME if len(columns) == 2:
            return _name_dresser(columns, shape)
        case FieldType.ADDRESS if len(columns) == len(ADDRESS_PARTS):
            return _address_dresser(columns, shape)
        case _:
            column = columns[0]
            work = (
                _owner_dresser(owners, shape.get(column))
                if field.type is FieldType.OWNER
                else _cell_dresser(
                    field, native_table(field, system), field.values.get(system, {}), shape.get(column), zone
                )
            )

            def one(value: Value) -> NativeValues | Problem:
                if value is None:
                    return {} if field.type is FieldType.CONSENT else {column: None}
                cell = work(value)
                return cell if isinstance(cell, Problem) else {column: cell}

            return one


def cut(text: str, most: int | None) -> str:
    """The longest beginning that fits and does not part a letter from its marks."""
    if most is None or len(text) <= most:
        return text
    end = most
    while end > 0 and (unicodedata.combining(text[end]) or text[end] in "\u200d\ufe0f" or text[end] >= "\U000e0100"):
        end -= 1
    return text[:end].rstrip()


def _length(shape: Mapping[str, Column], column: str) -> int | None:
    return shape[column].max_length if column in shape else None


def _name_dresser(columns: Columns, shape: Mapping[str, Column]) -> Dress:
    first, second = columns
    most, more = _length(shape, first), _length(shape, second)

    def name(value: Value) -> NativeValues | Problem:
        match value:
            case PersonName(family, given):
                return {first: cut(family, most) or None, second: cut(given or "", more) or None}
            case None:
                return {first: None, second: None}
            case _:
                return Problem.NOT_TEXT

    return name


def _address_dresser(columns: Columns, shape: Mapping[str, Column]) -> Dress:
    at = dict(zip(ADDRESS_PARTS, columns, strict=True))
    most = {column: _length(shape, column) for column in columns if column}

    def address(value: Value) -> NativeValues | Problem:
        match value:
            case Address():
                parts = {part: getattr(value, part) or "" for part in ADDRESS_PARTS}
            case None:
                parts = dict.fromkeys(ADDRESS_PARTS, "")
            case _:
                return Problem.NOT_TEXT
        # a part without a column goes to the next one that has, so that nothing of the place is lost
        for part, following in (("prefecture", "city"), ("city", "street")):
            if not at[part]:
                parts[following] = parts[part] + parts[following]
        if not at["building"] and parts["building"]:
            parts["street"] = f"{parts['street']} {parts['building']}".strip()
        return {column: cut(parts[part], most[column]) or None for part, column in at.items() if column}

    return address


def _cell_dresser(
    field: FieldMapping,
    table: Mapping[str, Value],
    written: Mapping[str, str],
    column: Column | None,
    zone: str,
) -> One:
    kind = column.kind if column else ""
    most = column.max_length if column else None
    choices = tuple(column.choices) if column else ()
    match field.type:
        case FieldType.PICKLIST | FieldType.BOOLEAN | FieldType.CONSENT:
            return _choice_dresser(field, {n.strip(): table[n.strip()] for n in written}, kind, choices)
        case FieldType.INTEGER | FieldType.DECIMAL | FieldType.MONEY:
            return lambda value: _number(value, kind, column.decimals if column else None, most)
        case FieldType.DATE | FieldType.DATETIME:
            local = ZoneInfo(zone)
            digits = column.decimals if column else None
            return lambda value: _when(value, field.type, kind, local, digits)
        case FieldType.PERSON_NAME:
            return lambda value: cut(write_name(value), most) if isinstance(value, PersonName) else Problem.NOT_TEXT
        case FieldType.ADDRESS:
            return lambda value: cut(write_address(value), most) if isinstance(value, Address) else Problem.NOT_TEXT
        case FieldType.TEXT:
            return lambda value: _plain_text(value, kind, most)
        case FieldType.EMAIL | FieldType.PHONE | FieldType.URL | FieldType.REFERENCE | FieldType.OWNER:
            return lambda value: _whole_text(value, most)


def _owner_dresser(owners: Owners, column: Column | None) -> One:
    kind, most = (column.kind, column.max_length) if column else ("", None)

    def owner(value: Value) -> NativeValue | Problem:
        found = owners.write(value) if isinstance(value, str) else Problem.NOT_TEXT
        if not isinstance(found, Problem):
            found = _whole_text(found, most)
        return found if isinstance(found, Problem) else _native_choice(found, kind)

    return owner


def _plain_text(value: Value, kind: str, most: int | None) -> NativeValue | Problem:
    if not isinstance(value, str):
        return Problem.NOT_TEXT
    if kind == "number":
        try:
            return int(value) if value.isdecimal() else Decimal(value)
        except InvalidOperation:
            return Problem.NOT_A_NUMBER
    return cut(value, most) or None


def _whole_text(value: Value, most: int | None) -> NativeValue | Problem:
    """Text that is wrong when it is cut."""
    if not isinstance(value, str):
        return Problem.NOT_TEXT
    return Problem.TOO_LONG if most is not None and len(value) > most else value


def _number(value: Value, kind: str, decimals: int | None, most: int | None) -> NativeValue | Problem:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return Problem.NOT_A_NUMBER
    if isinstance(value, Decimal) and decimals is not None:
        try:
            value = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
        except InvalidOperation:
            return Problem.TOO_LONG
    if kind in ("", "number", "other"):
        return value
    text = str(value) if isinstance(value, int) else format(value, "f")
    return Problem.TOO_LONG if most is not None and len(text) > most else text


def _when(value: Value, type: FieldType, kind: str, zone: ZoneInfo, digits: int | None) -> NativeValue | Problem:
    match value:
        case datetime():
            moment = value if value.tzinfo else value.replace(tzinfo=zone)
            if digits is not None and digits < 0:  # whole minutes
                moment = moment.replace(second=0, microsecond=0)
            elif digits is not None and digits < 6:
                moment = moment.replace(microsecond=moment.microsecond - moment.microsecond % 10 ** (6 - digits))
            try:
                local, utc = moment.astimezone(zone), moment.astimezone(UTC)
            except OverflowError:
                return Problem.NOT_A_DATE
        case date():
            local = datetime.combine(value, time(), zone)
            if kind == "datetime":
                try:
                    return local.astimezone(UTC)
                except OverflowError:
                    return Problem.NOT_A_DATE
            return value.isoformat() if kind in ("text", "choice") else value
        case _:
            return Problem.NOT_A_DATE
    match kind:
        case "date":
            return local.date()
        case "text" | "choice":
            return utc.isoformat().replace("+00:00", "Z")
        case _:
            return local.date() if type is FieldType.DATE else utc


def _choice_dresser(field: FieldMapping, table: Mapping[str, Value], kind: str, choices: tuple[str, ...]) -> One:
    natives: dict[Value, NativeValue] = {}
    for native, value in table.items():
        # of several words for one value, one that the live column has; none, when its option was taken away
        if not choices or native in choices:
            natives.setdefault(value, _native_choice(native, kind))
    if not table and field.type is not FieldType.PICKLIST:
        natives = _unlisted(field.type, kind, choices)

    def choose(value: Value) -> NativeValue | Problem:
        if value in natives:
            return natives[value]
        if table or natives or not isinstance(value, str):
            return Problem.UNKNOWN_CHOICE
        if choices and value not in choices:
            folded = [c for c in choices if c.casefold() == value.casefold()]
            return _native_choice(folded[0], kind) if folded else Problem.UNKNOWN_CHOICE
        return _native_choice(value, kind)

    return choose


def _native_choice(native: str, kind: str) -> NativeValue:
    match kind:
        case "boolean" if native.lower() in TRUES | FALSES:
            return native.lower() in TRUES
        case "number" if native.lower() in ("true", "false"):
            return int(native.lower() == "true")
        case "number":
            try:
                return int(native) if native.lstrip("-").isdecimal() else Decimal(native)
            except InvalidOperation:
                return native
        case "choices":
            return [native]
        case _:
            return native


def _unlisted(type: FieldType, kind: str, choices: tuple[str, ...]) -> dict[Value, Any]:
    """Yes and no, consent given and withdrawn, where the mapping has no table for them."""
    if type is FieldType.CONSENT:
        return {w: _native_choice(w, kind) for w in (OPT_IN, OPT_OUT)} if kind not in ("boolean", "number") else {}
    match kind:
        case "" | "boolean":
            return {True: True, False: False}
        case "number":
            return {True: 1, False: 0}
        case _ if choices:
            named = {read(FieldType.BOOLEAN, choice): _native_choice(choice, kind) for choice in reversed(choices)}
            return {value: native for value, native in named.items() if isinstance(value, bool)}
        case _:
            return {True: "true", False: "false"}


__all__ = ["MISSING", "Absent", "Dress", "Read", "choice_text", "cut", "dresser", "is_blank", "native_table", "reader"]
