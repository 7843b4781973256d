"""A lens: one native object seen as one entity. `get` reads, `put` writes, `fit` is what that system can hold.

Laws, for every field and every value v of its type that fits:
get(put(v)) == fit(v) · fit(fit(v)) == fit(v) · put names only mapped columns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeAlias

import orjson

from connector.cleanse import DEFAULT_RULES, Unreadable, rules_version
from connector.mapping.cells import REMEMBERED, Absent, Dress, Read, choice_text, dresser, is_blank, reader
from connector.mapping.model import Columns, Condition, EntityMapping, FieldMapping, ObjectMapping, SameRecord
from connector.mapping.model import Test as Where
from connector.mapping.owners import OPEN, Owners
from connector.mapping.shape import Shape
from connector.model import FieldType, NativeValue, NativeValues, Problem, Value, Values

# Raised whenever the reading of native values changes in a way that the versions of the rules do not show.
READING = 1

Fit: TypeAlias = Callable[[Value], "Value | Problem"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A native record in canonical form.

    A field is missing from `values` when its columns were not in the answer or could not be read (then it is in
    `problems`). A reference stands in `foreign` with its native id; a blank one is None in `values`.
    """

    values: Values
    problems: Mapping[str, tuple[Problem, str]]
    foreign: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Lens:
    """Made by `lens`. `columns` is everything to pull, `mapped` what makes the fingerprint; both sorted."""

    system: str
    object: str
    part: str
    version: str
    field_versions: Mapping[str, str]
    columns: tuple[str, ...]
    mapped: tuple[str, ...]
    parts: Mapping[str, str]  # reference field -> the part of the same record it points to
    columns_of: Mapping[str, tuple[str, ...]]  # field -> its columns, without the gaps of an address
    _readers: tuple[tuple[str, Read], ...] = field(repr=False)
    _fitters: Mapping[str, Fit] = field(repr=False)
    _dressers: Mapping[str, Dress] = field(repr=False)
    _references: tuple[tuple[str, str], ...] = field(repr=False)
    _pick: Callable[[NativeValues], Any] = field(repr=False)
    _where: tuple[Condition, ...] = field(repr=False)
    _owner: str = field(repr=False)
    _owners: Owners = field(repr=False)
    _evidence: tuple[str, ...] = field(repr=False)

    def get(self, native: NativeValues) -> Reading:
        """The canonical values of a native record. Total: what cannot be read is a problem, not an exception."""
        values: dict[str, Value] = {}
        problems: dict[str, tuple[Problem, str]] = {}
        foreign: dict[str, str] = {}
        for name, read in self._readers:
            found = read(native)
            if found is None or found.__class__ is str:
                values[name] = found
            elif isinstance(found, Unreadable):
                problems[name] = (found.problem, found.shown)
            elif not isinstance(found, Absent):
                values[name] = found
        for name, column in self._references:
            if column in native:
                cell = native[column]
                if is_blank(cell):
                    values[name] = None
                else:
                    foreign[name] = choice_text(cell)
        return Reading(values, problems, foreign)

    def put(self, values: Values, foreign: Mapping[str, str | None]) -> dict[str, NativeValue]:
        """The native cells of the fields named. A field that is not mapped here, and a value that does not fit, are
        left out: `fit` has said so when the step was planned."""
        cells: dict[str, NativeValue] = {}
        for name, value in values.items():
            dress = self._dressers.get(name)
            fitted = self.fit(name, value) if dress is not None else None
            if dress is None or isinstance(fitted, Problem):
                continue
            dressed = dress(fitted)
            if not isinstance(dressed, Problem):
                cells.update(dressed)
        for name, column in self._references:
            if name in foreign:
                cells[column] = foreign[name]
        return cells

    def fit(self, field: str, value: Value) -> Value | Problem:
        """What this system can hold of a value, or why it cannot hold it at all. References fit as they are."""
        fitter = self._fitters.get(field)
        return value if value is None or fitter is None else fitter(value)

    def fingerprint(self, native: NativeValues) -> bytes:
        """16 bytes that change when a mapped native value changes; equal in every process. Total."""
        try:
            picked = self._pick(native)
        except KeyError:
            picked = [native.get(column, GAP) for column in self.mapped]
        return digest(picked)

    def printer(self, places: Mapping[str, int]) -> Callable[[Sequence[NativeValue]], bytes]:
        """`fingerprint` for rows that have the value of a column at its place."""
        if not all(column in places for column in self.mapped):
            return lambda row: digest([row[places[c]] if c in places else GAP for c in self.mapped])
        pick: Callable[[Sequence[NativeValue]], Any] = _picker(tuple(places[column] for column in self.mapped))
        return lambda row: digest(pick(row))

    def scope(self, places: Mapping[str, int]) -> Callable[[Sequence[NativeValue]], bool]:
        """`in_scope` for rows that have the value of a column at its place."""
        asked = [(condition, places[condition.column]) for condition in self._where if condition.column in places]
        return lambda row: all(holds(condition, row[place]) for condition, place in asked)

    @property
    def whole(self) -> bool:
        """Whether every record is in scope."""
        return not self._where

    def in_scope(self, native: NativeValues) -> bool:
        """Whether `where` holds. A column that the answer does not contain is no evidence against it."""
        return all(
            holds(condition, native[condition.column]) for condition in self._where if condition.column in native
        )

    def owner(self, native: NativeValues) -> str:
        """The address of the record's owner where it is known, else what the system names it by, or ""."""
        cell = native.get(self._owner) if self._owner else None
        if is_blank(cell):
            return ""
        named = choice_text(cell)
        return self._owners.addresses.get(named) or named

    def blank(self, native: NativeValues) -> bool:
        """An absent part: every column that people fill is in the answer and blank.

        Check boxes, choices, references and what is only delivered here are no evidence that somebody is there:
        they hold defaults and our own writes.
        """
        return bool(self._evidence) and all(c in native and is_blank(native[c]) for c in self._evidence)


GAP = {"": "missing"}  # told apart from a blank; no cell has this form
WEAK = frozenset({FieldType.BOOLEAN, FieldType.CONSENT, FieldType.PICKLIST, FieldType.REFERENCE, FieldType.OWNER})


def lens(mapping: EntityMapping, at: ObjectMapping, shape: Shape | None, zone: str, owners: Owners = OPEN) -> Lens:
    """The lens of one object of a mapping. `shape` is its live schema, None when it is not known."""
    by_name = {column.name: column for column in shape.columns} if shape else {}
    held: dict[str, Columns] = {n: c for n, c in at.columns.items() if not isinstance(c, SameRecord)}
    plain = {name: columns for name, columns in held.items() if mapping.fields[name].type is not FieldType.REFERENCE}
    fields = mapping.fields
    readers = {name: reader(fields[name], columns, at.system, zone, owners) for name, columns in plain.items()}
    dressers = {
        name: dresser(fields[name], columns, at.system, by_name, zone, owners) for name, columns in plain.items()
    }
    mapped = tuple(sorted({column for columns in held.values() for column in columns if column}))
    versions = {name: _version(mapping.fields[name], columns, at.system, zone) for name, columns in held.items()}
    return Lens(
        system=at.system,
        object=at.object,
        part=at.part,
        version=_hash(sorted(versions.items())),
        field_versions=versions,
        columns=tuple(sorted({*mapped, *(c.column for c in at.where), *((at.owner,) if at.owner else ())})),
        mapped=mapped,
        parts={name: c.part for name, c in at.columns.items() if isinstance(c, SameRecord)},
        columns_of={name: tuple(filter(None, columns)) for name, columns in held.items()},
        _readers=tuple(readers.items()),
        _fitters={name: _fitter(dressers[name], read) for name, read in readers.items()},
        _dressers=dressers,
        _references=tuple((name, columns[0]) for name, columns in held.items() if name not in plain),
        _pick=_picker(mapped),
        _where=at.where,
        _owner=at.owner,
        _owners=owners,
        _evidence=_evidence(mapping, at.system, held),
    )


def _fitter(dress: Dress, read: Read) -> Fit:
    def fit(value: Value) -> Value | Problem:
        for _ in range(8):  # cutting may open what cleansing trims, and the other way round
            cells = dress(value)
            if isinstance(cells, Problem):
                return cells
            shown = read(cells)
            if isinstance(shown, Unreadable):
                return shown.problem
            if isinstance(shown, Absent) or shown == value:
                return value
            value = shown
            if value is None:
                break
        return value

    # typed: 1, True and Decimal(1) are equal, and what becomes of them is not
    remembered: Fit = lru_cache(maxsize=REMEMBERED, typed=True)(fit)
    return remembered


def fingerprint_of(columns: Sequence[str], native: NativeValues) -> bytes | None:
    """The fingerprint over other columns, for an older lens; None when one of them is not in the record."""
    if not all(column in native for column in columns):
        return None
    return digest([native[column] for column in columns])


def digest(cells: Sequence[NativeValue]) -> bytes:
    """16 bytes of any list of cells. Total: what JSON cannot say is said as text."""
    try:
        said = orjson.dumps(cells, _unsaid, orjson.OPT_NON_STR_KEYS)
    except (TypeError, ValueError, RecursionError):  # lone surrogates, whole numbers over 64 bits, circles
        said = b"\x00" + "\x1f".join(_said(cell) for cell in cells).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(said, digest_size=16).digest()


def _said(cell: NativeValue) -> str:
    match cell:
        case None | bool() | int() | float() | Decimal() | str() | bytes():
            return f"{type(cell).__name__}:{cell!r}"
        case list() | tuple() | dict() | set() | frozenset():
            return f"{type(cell).__name__}:{len(cell)}"
        case _:
            return f"{type(cell).__name__}"


def _unsaid(cell: Any) -> Any:
    match cell:
        case Decimal():
            return {"decimal": str(cell)}
        case bytes() | bytearray():
            return {"bytes": cell.hex()}
        case set() | frozenset():
            return {"set": sorted(_said(item) for item in cell)}
        case _:
            return {"other": f"{type(cell).__name__}:{cell!s:.200}" if hasattr(type(cell), "__str__") else ""}


def _picker(mapped: tuple[Any, ...]) -> Callable[[Any], Any]:
    """Takes these keys of a record, or these places of a row."""
    match len(mapped):
        case 0:
            return lambda cells: ()
        case 1:
            only = mapped[0]
            return lambda cells: (cells[only],)
        case _:
            return itemgetter(*mapped)


def _evidence(mapping: EntityMapping, system: str, held: Mapping[str, Columns]) -> tuple[str, ...]:
    def filled_by_people(name: str) -> bool:
        one = mapping.fields[name]
        return one.type not in WEAK and system in one.sources

    strong = [name for name in held if filled_by_people(name)]
    return tuple(sorted({c for name in strong or held for c in held[name] if c}))


def _version(field: FieldMapping, columns: Columns, system: str, zone: str) -> str:
    dated = field.type in (FieldType.DATE, FieldType.DATETIME)
    return _hash(
        [
            READING,
            field.type.value,
            list(columns),
            rules_version(field.cleanse or DEFAULT_RULES[field.type]),
            sorted(field.values.get(system, {}).items()),
            zone if dated else "",
        ]
    )


def _hash(content: Any) -> str:
    return hashlib.blake2b(orjson.dumps(content), digest_size=8).hexdigest()


def holds(condition: Condition, cell: NativeValue) -> bool:
    """Whether a cell meets a condition of `where`; of a multiple choice, any item may."""
    match condition.test:
        case Where.EMPTY:
            return is_blank(cell)
        case Where.FILLED:
            return not is_blank(cell)
        case Where.EQUALS | Where.ONE_OF:
            return bool(_texts(cell) & {v.strip() for v in condition.values})
        case Where.NOT:
            return not _texts(cell) & {v.strip() for v in condition.values}


def _texts(cell: NativeValue) -> set[str]:
    """Everything a person may have meant this cell by: a database's 1 is also true."""
    match cell:
        case list() | tuple():
            return {text for item in cell for text in _texts(item)}
        case bool():
            return {"true", "True", "TRUE", "1"} if cell else {"false", "False", "FALSE", "0"}
        case int() if cell in (0, 1):
            return {str(cell)} | _texts(bool(cell))
        case str() if cell.strip().lower() in ("true", "false"):
            return {cell.strip()} | _texts(cell.strip().lower() == "true") - {"0", "1"}
        case None:
            return {""}
        case _:
            return {choice_text(cell)}


__all__ = ["Lens", "Reading", "digest", "fingerprint_of", "holds", "lens"]
