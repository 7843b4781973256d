"""What Excel did to a column. Found and counted; a repair is proposed, never done behind anybody's back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from connector.exports import salesforce
from connector.exports.dates import Form, form_of, serial_text


class Kind(StrEnum):
    ID = "id"
    PHONE = "phone"
    POSTAL = "postal"
    DATE = "date"
    OTHER = "other"


class Fix(StrEnum):
    """What loading does to a column's cells, always reported."""

    STRIP_FRACTION = "strip_fraction"
    SERIAL_DATE = "serial_date"
    TO_18 = "to_18"
    RECORD_NUMBER = "record_number"


@dataclass(frozen=True, slots=True)
class Damage:
    """One kind of damage in one column; `samples` are (as it stands, what it probably was)."""

    message: str
    column: str
    count: int
    samples: tuple[tuple[str, str], ...] = ()
    refuses: bool = False


KINDS = {
    "phone": Kind.PHONE, "direct_phone": Kind.PHONE, "department_phone": Kind.PHONE, "mobile": Kind.PHONE,
    "fax": Kind.PHONE, "postal_code": Kind.POSTAL, "created": Kind.DATE, "modified": Kind.DATE,
    "close_date": Kind.DATE, "last_visit": Kind.DATE, "exchanged": Kind.DATE,
}  # fmt: skip

_SCIENTIFIC = re.compile(r"-?\d(\.\d+)?[Ee]\+?\d+$")
_WRAPPED = re.compile(r'="(.*)"$', re.DOTALL)
_FRACTION = re.compile(r"\d+\.0$")
_TURNED = re.compile(r"(\d{1,2}月\d{1,2}日|\d{1,2}-[A-Z][a-z]{2}|[A-Z][a-z]{2}-\d{2})$")
_ERROR = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|#+)$")
_SAMPLES = 3
CUT_AT = 255
MOST_DATES = 50_000


def unwrap(value: str) -> str:
    """
    >>> unwrap('="0012"'), unwrap("=1+1")
    ('0012', '=1+1')
    """
    found = _WRAPPED.match(value)
    return found[1].replace('""', '"') if found else value


def phone_without_zero(value: str) -> str | None:
    """The number a damaged one probably was: nine digits of a landline, ten that begin 70, 80 or 90.

    >>> phone_without_zero("312345678"), phone_without_zero("9012345678"), phone_without_zero("0312345678")
    ('0312345678', '09012345678', None)
    """
    if not value.isascii() or not value.isdigit() or value.startswith("0"):
        return None
    if len(value) == 9 or (len(value) == 10 and value[:2] in ("70", "80", "90", "50")):
        return "0" + value
    return None


def postal_without_zero(value: str) -> str | None:
    """
    >>> postal_without_zero("600000"), postal_without_zero("060-0000"), postal_without_zero("10001")
    ('060-0000', None, '001-0001')
    """
    if value.isascii() and value.isdigit() and 4 <= len(value) <= 6:
        whole = value.zfill(7)
        return f"{whole[:3]}-{whole[3:]}"
    return None


@dataclass(slots=True)
class Watch:
    """Looks at one column while the rows pass by."""

    column: str
    kind: Kind
    salesforce_ids: bool = False
    record_numbers: bool = False
    epoch_1904: bool = False
    filled: int = 0
    _found: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)
    _fractions: int = 0
    _at_limit: int = 0
    _dates: dict[str, int] = field(default_factory=dict)
    _ids: list[str] = field(default_factory=list)

    def add(self, value: str) -> None:
        """One filled, trimmed cell."""
        self.filled += 1
        if value[0] in "=#":
            if _WRAPPED.match(value):
                self._note("wrapped", value, unwrap(value))
                value = unwrap(value)
            elif _ERROR.match(value):
                self._note("excel_error", value, "")
        if len(value) == CUT_AT:
            self._at_limit += 1
        match self.kind:
            case Kind.ID:
                self._id(value)
            case Kind.PHONE:
                self._number(value, phone_without_zero, "phone_lost_zero")
            case Kind.POSTAL:
                self._number(value, postal_without_zero, "postal_lost_zero")
            case Kind.DATE:
                if value in self._dates or len(self._dates) < MOST_DATES:
                    self._dates[value] = self._dates.get(value, 0) + 1
            case Kind.OTHER:
                if len(value) <= 6 and _TURNED.match(value):
                    self._note("date_turned", value, "")
                elif value[-1] == "0" and _FRACTION.match(value):
                    self._fractions += 1
                elif value[0].isdigit() and "+" in value and _SCIENTIFIC.match(value):
                    self._note("scientific", value, "")

    def _note(self, what: str, before: str, after: str) -> None:
        self._counts[what] = self._counts.get(what, 0) + 1
        samples = self._found.setdefault(what, [])
        if len(samples) < _SAMPLES:
            samples.append((before[:60], after[:60]))

    def _id(self, value: str) -> None:
        self._ids.append(value)
        if _SCIENTIFIC.match(value):
            self._note("id_scientific", value, "")
        elif _FRACTION.match(value):
            self._fractions += 1

    def _number(self, value: str, whole: object, what: str) -> None:
        if _SCIENTIFIC.match(value):
            self._note("scientific", value, "")
        elif _FRACTION.match(value):
            self._fractions += 1
            value = value[:-2]
        if callable(whole) and (repaired := whole(value)):
            self._note(what, value, repaired)

    # --- after the last row ---

    def distinct_dates(self) -> Iterable[str] | None:
        """Every date that occurs, or None when there were too many to keep."""
        return list(self._dates) if len(self._dates) < MOST_DATES else None

    def date_form(self) -> Form:
        return form_of(self._dates)[0] if self.kind is Kind.DATE else Form.NONE

    def fixes(self) -> tuple[Fix, ...]:
        found: list[Fix] = []
        if self.filled and self._fractions == self.filled:
            found.append(Fix.STRIP_FRACTION)
        if self.kind is Kind.DATE and self.date_form() is Form.SERIAL:
            found.append(Fix.SERIAL_DATE)
        if self.kind is Kind.ID and self.salesforce_ids:
            found.append(Fix.TO_18)
        if self.kind is Kind.ID and self.record_numbers and any("-" in id for id in self._ids):
            found.append(Fix.RECORD_NUMBER)
        return tuple(found)

    def damages(self) -> Iterable[Damage]:
        for what, count in self._counts.items():
            yield self._damage(what, count, tuple(self._found[what]), refuses=what == "id_scientific")
        if self._fractions:
            every = self._fractions == self.filled
            # some values with and some without: nobody knows which ones a tool touched
            yield self._damage("fraction" if every else "fraction_some", self._fractions)
        if self.kind is Kind.ID:
            yield from self._id_damages()
        if self.kind is Kind.DATE:
            yield from self._date_damages()
        if self.kind is Kind.OTHER and self._at_limit >= 3:
            yield self._damage("cut_at_255", self._at_limit)

    def _id_damages(self) -> Iterable[Damage]:
        long = [id for id in self._ids if len(id) > 15 and id.isdigit()]
        if len(long) > 1 and all(not id[15:].strip("0") for id in long):
            yield self._damage("id_rounded", len(long), tuple((id, "") for id in long[:_SAMPLES]), refuses=True)
        digits = [id for id in self._ids if id.isdigit()]
        zeroed = {len(id) for id in digits if id[0] == "0" and len(id) > 1}
        if len(zeroed) == 1 and len(digits) == len(self._ids):
            width = zeroed.pop()
            short = [id for id in digits if len(id) < width]
            if short and all(len(id) <= width for id in digits):
                samples = tuple((id, id.zfill(width)) for id in short[:_SAMPLES])
                yield self._damage("id_lost_zero", len(short), samples, refuses=True)
        if self.salesforce_ids:
            if salesforce.flattened(self._ids):
                yield self._damage("id_case_lost", len(self._ids), refuses=True)
            repaired = [
                (id, fixed) for id in self._ids if len(id) == 18 and (fixed := salesforce.repaired_18(id)) != id
            ]
            if repaired:
                yield self._damage("id_case_repaired", len(repaired), tuple(repaired[:_SAMPLES]))

    def _date_damages(self) -> Iterable[Damage]:
        form, odd = form_of(self._dates)
        sample = next(iter(self._dates), "")
        match form:
            case Form.SERIAL:
                yield self._damage("serial_days", self.filled, ((sample, serial_text(sample, self.epoch_1904)),))
            case Form.MIXED:
                samples = tuple((value, "") for value in list(self._dates)[:_SAMPLES])
                yield self._damage("dates_mixed", self.filled, samples)
            case Form.AMBIGUOUS:
                yield self._damage("dates_ambiguous", self.filled, ((sample, ""),))
            case Form.NONE if self.filled:
                yield self._damage("dates_unreadable", self.filled, ((sample, ""),))
            case _ if odd:
                yield self._damage("dates_unreadable", odd)

    def _damage(
        self, what: str, count: int, samples: tuple[tuple[str, str], ...] = (), refuses: bool = False
    ) -> Damage:
        return Damage(f"exports.damage.{what}", self.column, count, samples, refuses)


def repair(value: str, fixes: tuple[Fix, ...], epoch_1904: bool = False) -> str:
    """A cell with its column's fixes; every cell loses the ="..." wrapper."""
    if value[:2] == '="':
        value = unwrap(value)
    for fix in fixes:
        match fix:
            case Fix.STRIP_FRACTION:
                value = value.strip().removesuffix(".0")
            case Fix.SERIAL_DATE:
                value = serial_text(value.strip(), epoch_1904)
            case Fix.TO_18:
                value = salesforce.to_18(value.strip())
            case Fix.RECORD_NUMBER:
                value = value.strip().rpartition("-")[2]
    return value
