"""From one native cell to a canonical value, before any cleansing. What cannot be read is held, never guessed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from connector.cleanse.characters import UNSTORABLE, one_width, tidy_line
from connector.cleanse.dates import day_in, read_date, read_datetime, utc
from connector.cleanse.names import read_name
from connector.cleanse.numerals import EXPONENT, fits, plain_decimal, read_number
from connector.cleanse.places import read_address
from connector.cleanse.textual import is_placeholder
from connector.cleanse.words import read_boolean, read_consent
from connector.model import Address, FieldType, NativeValue, PersonName, Problem, Value

LONGEST_TEXT = 1_000_000
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a cell has no canonical value, and the cell as a person may be shown it."""

    problem: Problem
    shown: str


def _shown(cell: object) -> str:
    # str() of a huge int raises: Python caps the conversion at 4,300 digits.
    if isinstance(cell, int) and abs(cell) >= 10**60:
        return "…"
    text = str(cell) if not isinstance(cell, str) else cell
    cut = text[:_SHOWN]
    safe = "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode("ascii") for c in cut)
    return safe + "…" if len(text) > _SHOWN else safe


def read(
    type: FieldType,
    cell: NativeValue,
    *,
    zone: str = "Asia/Tokyo",
    currency: str = "JPY",
    dayfirst: bool | None = None,
) -> Value | Unreadable:
    """Read one cell as a value of `type`; blanks and white space are None.

    >>> read(FieldType.MONEY, "3億2千万円"), read(FieldType.PERSON_NAME, "山田　太郎")
    (Decimal('320000000'), PersonName(family='山田', given='太郎'))
    >>> read(FieldType.DATE, "01/02/2026")
    Unreadable(problem=<Problem.AMBIGUOUS_DATE: 'ambiguous_date'>, shown='01/02/2026')
    """
    if isinstance(cell, list | tuple):
        cell = _joined(cell)
    if cell is None:
        return None
    if isinstance(cell, str):
        if len(cell) > LONGEST_TEXT:
            return Unreadable(Problem.TOO_LONG, _shown(cell))
        if UNSTORABLE.search(cell):
            return Unreadable(Problem.CONTROL_CHARACTERS, _shown(cell))
        if not cell or cell.isspace():
            return None
    value = _typed(type, cell, zone, currency, dayfirst)
    return Unreadable(value, _shown(cell)) if isinstance(value, Problem) else value


def _joined(cells: list[object] | tuple[object, ...]) -> NativeValue:
    """A multi-select as one text, the way CRMs write it: A;B. A choice with a semicolon has no such form."""
    if len(cells) < 2:
        return cells[0] if cells else None
    if any(not isinstance(c, str) or ";" in c for c in cells):
        return {"choices": len(cells)}
    return ";".join(str(c) for c in cells)


def _typed(
    type: FieldType,
    cell: NativeValue,
    zone: str,
    currency: str,
    dayfirst: bool | None,
) -> Value | Problem:
    match type:
        case FieldType.TEXT | FieldType.PICKLIST | FieldType.REFERENCE | FieldType.OWNER:
            return _text(cell)
        case FieldType.EMAIL:
            return _email(_text(cell))
        case FieldType.PHONE:
            return _phone(_text(cell))
        case FieldType.URL:
            return _url(_text(cell))
        case FieldType.PERSON_NAME:
            return cell if isinstance(cell, PersonName) else _from_line(_text(cell), read_name)
        case FieldType.ADDRESS:
            return cell if isinstance(cell, Address) else _from_line(_text(cell), read_address)
        case FieldType.INTEGER | FieldType.DECIMAL | FieldType.MONEY:
            return _number(type, cell, currency)
        case FieldType.BOOLEAN:
            return _boolean(cell)
        case FieldType.CONSENT:
            return (read_consent(cell) if isinstance(cell, str) else None) or Problem.NOT_CONSENT
        case FieldType.DATE:
            return _date(cell, zone, dayfirst)
        case FieldType.DATETIME:
            return _datetime(cell, zone, dayfirst)


def _text(cell: NativeValue) -> str | Problem:
    match cell:
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case int():
            return str(cell) if abs(cell) < 10**60 else Problem.NOT_TEXT
        case float() if math.isfinite(cell):
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        case Decimal() if fits(cell):
            return format(plain_decimal(cell), "f")
        case date():
            return cell.isoformat()
        case _:
            return Problem.NOT_TEXT


def _from_line(text: str | Problem, reader: object) -> Value | Problem:
    if isinstance(text, Problem) or not callable(reader):
        return text
    value: Value = reader(text)
    return value


def _email(text: str | Problem) -> Value | Problem:
    if isinstance(text, Problem) or "@" in text or "＠" in text or is_placeholder(text):
        return text
    return Problem.NOT_AN_EMAIL


def _phone(text: str | Problem) -> Value | Problem:
    if isinstance(text, Problem) or is_placeholder(text):
        return text
    if len(text) > 200:
        return Problem.NOT_A_PHONE
    plain = one_width(text).strip()
    if EXPONENT.fullmatch(plain):
        return Problem.EXCEL_DAMAGE
    digits = sum(c.isascii() and c.isdigit() for c in plain)
    if digits < 2:
        return Problem.NOT_A_PHONE
    # A spreadsheet's number: the digits are all there, only the ".0" is its own.
    return plain[:-2] if plain.endswith(".0") and plain[:-2].isdigit() else text


def _url(text: str | Problem) -> Value | Problem:
    if isinstance(text, Problem) or is_placeholder(text):
        return text
    plain = tidy_line(text)
    return text if plain and " " not in plain and ("." in plain or ":" in plain) else Problem.NOT_A_URL


def _number(type: FieldType, cell: NativeValue, currency: str) -> Value | Problem:
    match cell:
        case bool():
            return Problem.NOT_A_NUMBER
        case int():
            number: Decimal | Problem = Decimal(cell) if abs(cell) < 10**40 else Problem.NOT_A_NUMBER
        case float():
            number = Decimal(repr(cell)) if math.isfinite(cell) else Problem.NOT_A_NUMBER
        case Decimal():
            number = cell
        case str() if is_placeholder(cell):
            return None
        case str():
            number = read_number(cell, currency if type is FieldType.MONEY else None)
        case _:
            return Problem.NOT_A_NUMBER
    if isinstance(number, Problem):
        return number
    if not fits(number):
        return Problem.NOT_A_NUMBER
    number = plain_decimal(number)
    if type is not FieldType.INTEGER:
        return number
    return int(number) if number == number.to_integral_value() else Problem.NOT_A_NUMBER


def _boolean(cell: NativeValue) -> Value | Problem:
    match cell:
        case bool():
            return cell
        case Decimal() if not cell.is_finite():
            return Problem.NOT_A_BOOLEAN
        case int() | float() | Decimal() if cell == 0 or cell == 1:
            return cell == 1
        case str():
            read_as = read_boolean(cell)
            return Problem.NOT_A_BOOLEAN if read_as is None else read_as
        case _:
            return Problem.NOT_A_BOOLEAN


def _date(cell: NativeValue, zone: str, dayfirst: bool | None) -> Value | Problem:
    match cell:
        case datetime():
            return day_in(cell, zone)
        case date():
            return cell
        case str() if is_placeholder(cell):
            return None
        case str():
            return read_date(cell, zone, dayfirst)
        case _:
            return Problem.NOT_A_DATE


def _datetime(cell: NativeValue, zone: str, dayfirst: bool | None) -> Value | Problem:
    match cell:
        case datetime():
            return utc(cell, zone)
        case date():
            return utc(datetime(cell.year, cell.month, cell.day), zone)
        case str() if is_placeholder(cell):
            return None
        case str():
            return read_datetime(cell, zone, dayfirst)
        case _:
            return Problem.NOT_A_DATE
