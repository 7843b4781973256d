"""Which vendor wrote this file, what is in it, and why we think so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any

from connector.exports import salesforce
from connector.exports.labels import SAYS_ALLOWED, SAYS_REFUSED, concept, key, keys
from connector.exports.shapes import (
    RESULT_FILE,
    RESULT_LABELS,
    SHAPES,
    SUMMARY_LABELS,
    SUMMARY_START,
    Object,
    Shape,
    shape_named,
)
from connector.exports.table import Row, Table

SAMPLE = 1000
MOST = 0.95
_ADDRESS = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+$")
_STOPPED = re.compile(
    "配信停止|^停止日|停止リスト|登録解除|除外|オプトアウト|opt.?out|unsubscri|suppress", re.IGNORECASE
)


class Grade(StrEnum):
    CERTAIN = "certain"
    STRONG = "strong"
    WEAK = "weak"
    UNKNOWN = "unknown"


_ORDER = (Grade.UNKNOWN, Grade.WEAK, Grade.STRONG, Grade.CERTAIN)


@dataclass(frozen=True, slots=True)
class Reason:
    """A message id and its facts."""

    message: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recognition:
    """`shape` is what an admin would write as the answer; `refused` says why the file is no source data."""

    shape: str
    vendor: str
    system: str
    role: str
    object: Object | str
    grade: Grade
    reasons: tuple[Reason, ...]
    id_column: int | None = None
    runner_up: str = ""
    refused: Reason | None = None

    @property
    def accepted(self) -> bool:
        return self.refused is None and self.grade in (Grade.CERTAIN, Grade.STRONG)


@dataclass(frozen=True, slots=True)
class _Seen:
    table: Table
    sample: tuple[tuple[str, ...], ...]
    concepts: frozenset[str]

    def column(self, place: int) -> list[str]:
        return [row[place].strip() for row in self.sample if row[place].strip()]

    def place(self, labels: Sequence[str]) -> int | None:
        for label in keys(labels):
            if label in self.table.keys:
                return self.table.keys.index(label)
        return None


def recognise(table: Table, answer: str = "") -> Recognition:
    """The shape of a table; `answer` is what an admin said about it before, and settles it."""
    sample = tuple(cells for _, cells in islice(_rows(table), SAMPLE))
    seen = _Seen(table, sample, frozenset(filter(None, (concept(k) for k in table.keys))))
    if refused := _refusal(seen):
        return Recognition("", "", "", "", "", Grade.CERTAIN, (refused,), refused=refused)
    if answer and (named := shape_named(answer)):
        shape, object = named
        return _made(seen, shape, object, Grade.CERTAIN, (Reason("exports.reason.answered", {"shape": answer}),))
    if optout := _optout_list(seen):
        return optout
    graded = [(grade, reasons, shape) for shape in SHAPES for grade, reasons in [_grade(seen, shape)] if reasons]
    graded.sort(key=lambda one: (_ORDER.index(one[0]), len(one[1]), one[1][-1].facts.get("count", 0)), reverse=True)
    if not graded:
        return _unknown(seen)
    grade, reasons, shape = graded[0]
    runner_up = ""
    for other_grade, _, other in graded[1:]:
        if other.system != shape.system:
            runner_up = other.name
            if grade is Grade.STRONG and other_grade is Grade.STRONG:
                grade = Grade.WEAK
                reasons = (*reasons, Reason("exports.reason.no_gap", {"other": other.vendor}))
            break
    return _made(seen, shape, _object(seen, shape), grade, reasons, runner_up)


def _rows(table: Table) -> Sequence[Row]:
    return list(islice(table.rows(), SAMPLE))


def _made(
    seen: _Seen, shape: Shape, object: Object, grade: Grade, reasons: tuple[Reason, ...], runner_up: str = ""
) -> Recognition:
    name = shape.name if shape.role == "optout" else f"{shape.name}_{object}"
    id_column = seen.place((shape.ids or {}).get(object, ()))
    if id_column is None and shape.ids:
        reasons = (*reasons, Reason("exports.reason.no_id"))
    return Recognition(name, shape.vendor, shape.system, shape.role, object, grade, reasons, id_column, runner_up)


def _unknown(seen: _Seen) -> Recognition:
    """Nothing tells who wrote it; the labels may still say what it is about."""
    about: Object | str = ""
    if seen.concepts & {"email", "family", "full_name", "company", "deal_name"}:
        about = _by_concepts(seen.concepts)
    shape = f"generic_{about}" if about else ""
    return Recognition(shape, "", "", "", about, Grade.UNKNOWN, (Reason("exports.reason.no_sign"),))


# --- grades ---------------------------------------------------------------------------------------------------


def _grade(seen: _Seen, shape: Shape) -> tuple[Grade, tuple[Reason, ...]]:
    if sure := _certain(seen, shape):
        return Grade.CERTAIN, (sure,)
    labels = set(seen.table.keys)
    hits = [label for label in shape.strong if key(label) in labels]
    reasons: list[Reason] = []
    id_label = _id_values(seen, shape)
    if id_label:
        reasons.append(Reason("exports.reason.id_form", {"column": id_label}))
    if shape.file_form and re.search(shape.file_form, seen.table.path.name):
        reasons.append(Reason("exports.reason.file_name", {"file": seen.table.path.name}))
    if hits:
        reasons.append(Reason("exports.reason.labels", {"labels": ", ".join(hits[:6]), "count": len(hits)}))
    complete = any(set(keys(one)) <= labels for one in shape.strong_sets)
    many = shape.strong_many and len(hits) >= shape.strong_many
    if (id_label and len(hits) >= shape.need) or complete or many:
        return Grade.STRONG, tuple(reasons)
    # a label or two that every tool has are no sign of this one
    weak = id_label or len(hits) >= 3 or any(r.message == "exports.reason.file_name" for r in reasons)
    return (Grade.WEAK, tuple(reasons)) if weak else (Grade.UNKNOWN, ())


def _certain(seen: _Seen, shape: Shape) -> Reason | None:
    labels = seen.table.keys
    for label in shape.sure_any:
        if key(label) in labels and _start_marks(seen, label):
            return Reason("exports.reason.sure_label", {"label": label})
    if shape.sure_all and set(keys(shape.sure_all)) <= set(labels):
        return Reason("exports.reason.sure_label", {"label": ", ".join(shape.sure_all)})
    if shape.prefix and labels[: len(shape.prefix)] == keys(shape.prefix):
        return Reason("exports.reason.header", {"vendor": shape.vendor})
    if shape.first and labels and labels[0] == shape.first:
        return Reason("exports.reason.sure_label", {"label": shape.first})
    if shape.sure_pattern and sum(bool(re.match(shape.sure_pattern, label)) for label in labels) >= 2:
        return Reason("exports.reason.sure_label", {"label": shape.sure_pattern.rstrip("$")})
    if shape.footer and seen.table.salesforce_footer:
        return Reason("exports.reason.footer")
    beside = next((label for label in shape.sure_with_id if key(label) in labels), "")
    if beside and (column := _id_values(seen, shape)):
        return Reason("exports.reason.id_beside", {"column": column, "label": beside})
    if shape.name == "salesforce_api" and _id_values(seen, shape):
        for label in seen.table.keys:
            if label in keys(("SystemModstamp", "CreatedById", "IsDeleted", "OwnerId")) or label.endswith("__c"):
                return Reason("exports.reason.api_ids", {"label": label})
    return None


def _start_marks(seen: _Seen, label: str) -> bool:
    """A label that marks the start of a record must hold marks and nothing else."""
    if key(label) not in keys(("レコードの開始行", "New Record Flag")):
        return True
    place = seen.place((label,))
    return place is not None and set(seen.column(place)) <= {"*"}


def _id_values(seen: _Seen, shape: Shape) -> str:
    """The label of an id column whose values have the shape's form, or ""."""
    for labels in (shape.ids or {}).values():
        place = seen.place(labels)
        if place is None:
            continue
        values = seen.column(place)
        good = [v for v in values if re.match(shape.id_form, v)]
        if values and len(good) >= MOST * len(values) and _one_prefix(shape, good):
            return seen.table.header[place]
    return ""


def _one_prefix(shape: Shape, ids: Sequence[str]) -> bool:
    return shape.system != "salesforce" or bool(
        {id[:3].upper() for id in ids} <= {p.upper() for p in salesforce.PREFIXES}
    )


# --- objects --------------------------------------------------------------------------------------------------


def _object(seen: _Seen, shape: Shape) -> Object:
    if len(shape.objects) == 1:
        return shape.objects[0]
    if shape.name == "salesforce_api":
        place = seen.place(("Id",))
        prefixes = {value[:3].upper() for value in seen.column(place)} if place is not None else set()
        for prefix, about in salesforce.PREFIXES.items():
            if prefixes == {prefix.upper()}:
                return about  # type: ignore[return-value]
    if shape.name == "hubspot":
        for label, about in (
            ("Record ID - Contact", "person"),
            ("Record ID - Company", "company"),
            ("Record ID - Deal", "deal"),
        ):
            if key(label) in seen.table.keys and not (about == "company" and "email" in seen.concepts):
                return about  # type: ignore[return-value]
    found = _by_concepts(seen.concepts)
    # a deal report may hold the account's id and no id of the deal, so the labels speak first
    if shape.name == "salesforce_report" and found == "company" and "company" not in seen.concepts:
        for about, labels in (shape.ids or {}).items():
            if seen.place(labels) is not None:
                return about  # type: ignore[return-value]
    return found


def _by_concepts(concepts: frozenset[str]) -> Object:
    """A deal has its name or its stage and date; a person a name or an address; what is left is a company."""
    if "deal_name" in concepts or {"stage", "close_date"} <= concepts or {"stage", "amount"} <= concepts:
        return "deal"
    if concepts & {"email", "family", "full_name", "given"}:
        return "person"
    return "company"


# --- opt-out lists, and files that hold no source data ----------------------------------------------------------


def _optout_list(seen: _Seen) -> Recognition | None:
    """One column of addresses, or an address and little else; that it is a list of refusals must be said somewhere."""
    width = len(seen.table.header)
    if not seen.sample or width > 4:
        return None
    for place in range(width):
        values = seen.column(place)
        if not values or sum(bool(_ADDRESS.match(v)) for v in values) < MOST * len(values):
            continue
        said = next((h for h in seen.table.header if _STOPPED.search(h)), "") if seen.table.has_header else ""
        others = {concept(k) for k in seen.table.keys} - {"email", ""}
        if width > 1 and not said and not (others <= {"created", "note"} and _STOPPED.search(seen.table.path.name)):
            return None
        # an address beside a flag: the flag's label decides row by row, so it is no plain list
        if width > 1 and others & {"optout", "optin", "consent_open"}:
            continue
        grade = Grade.CERTAIN if said or _STOPPED.search(seen.table.path.name) else Grade.WEAK
        reason = "exports.reason.addresses" if grade is Grade.CERTAIN else "exports.reason.addresses_of_what"
        where = said or seen.table.path.name
        return Recognition(
            "optout_list", "", "optout", "optout", "optout", grade, (Reason(reason, {"where": where}),), place
        )
    return None


def _refusal(seen: _Seen) -> Reason | None:
    labels = set(seen.table.keys)
    if RESULT_FILE.match(seen.table.path.name) and labels & RESULT_LABELS:
        return Reason("exports.refused.result_file")
    if "error" in labels and "id" in labels:
        return Reason("exports.refused.result_file")
    if "status" in labels and "id" in labels:
        place = seen.table.keys.index("status")
        if set(seen.column(place)) <= {"Item Created", "Item Updated", "Item Deleted"} and seen.column(place):
            return Reason("exports.refused.result_file")
    counted = labels & SUMMARY_LABELS or {k for k in labels if SUMMARY_START.match(k)}
    if counted and not seen.concepts & {"email", "family", "full_name", "deal_name", "phone"}:
        return Reason("exports.refused.summary", {"label": sorted(counted)[0]})
    if not seen.sample:
        return Reason("exports.refused.no_rows")
    return None


def states_refusal(values: Sequence[str]) -> bool:
    """Whether values carry their own polarity: 配信可能 / 配信停止 and the like."""
    folded = {key(v) for v in values if v.strip()}
    return bool(folded) and folded <= {key(v) for v in SAYS_REFUSED | SAYS_ALLOWED}
