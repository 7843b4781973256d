"""Apps and their records: what is kept, and what happens when some of it is written."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tests.fakes.kintone.errors import KintoneError, invalid
from tests.fakes.kintone.values import LISTS, OWN, blank, default, empty, minute, required_place, stored
from tests.fakes.serving import Clock

NUMBER, CREATED, UPDATED, CREATOR, MODIFIER = "レコード番号", "作成日時", "更新日時", "作成者", "更新者"
STATUS = "ステータス"
VALUELESS = frozenset({"REFERENCE_TABLE", "GROUP", "LABEL", "SPACER", "HR"})  # on the form only, in no record
SYSTEM = {NUMBER: "RECORD_NUMBER", CREATED: "CREATED_TIME", UPDATED: "UPDATED_TIME", CREATOR: "CREATOR",
          MODIFIER: "MODIFIER"}  # fmt: skip


@dataclass(frozen=True)
class Record:
    id: int
    revision: int
    values: Mapping[str, Any]
    created: str
    updated: str
    creator: str
    modifier: str
    status: str = ""


@dataclass(frozen=True)
class Process:
    """The states in order, the first being the one of a new record, and (action, from, to)."""

    states: tuple[str, ...]
    actions: tuple[tuple[str, str, str], ...]


class App:
    def __init__(
        self,
        id: int,
        name: str,
        fields: Mapping[str, Mapping[str, Any]],
        clock: Clock,
        *,
        code: str = "",
        guest_space: int | None = None,
        process: Process | None = None,
        apps: Mapping[int, App] | None = None,
    ) -> None:
        """`fields`: code -> what differs from the plainest field of its type. `apps` are those that lookups find."""
        self.id, self.name, self.code, self.guest_space, self.process = id, name, code, guest_space, process
        self.clock, self.apps = clock, apps or {}
        self.properties = {code: _spec(code, spec) for code, spec in fields.items()}
        self.properties |= {code: _spec(code, {"type": type}) for code, type in SYSTEM.items()}
        self.properties[STATUS] = _spec(STATUS, {"type": "STATUS", "enabled": process is not None})
        self.records: dict[int, Record] = {}
        self.ids: list[int] = []
        self.last = 0
        self.rows = 0  # ids of the rows of tables
        self.forbidden: set[int] = set()  # records that may not be edited
        self.hidden: set[int] = set()  # records that may not be seen
        self.hidden_fields: set[str] = set()
        self._held: dict[str, dict[Any, int]] = {}  # unique field -> value -> id, as far as anybody asked
        self.notices: list[dict[str, Any]] = []  # of the app, as its settings have them
        self.record_notices: list[dict[str, Any]] = []
        self.reminders: list[dict[str, Any]] = []

    @property
    def types(self) -> dict[str, str]:
        return {code: spec["type"] for code, spec in self.properties.items()}

    # --- reading

    def cell(self, record: Record, code: str) -> Any:
        match self.properties[code]["type"] if code in self.properties else code:
            case "$id":
                return str(record.id)
            case "RECORD_NUMBER":
                return f"{self.code}-{record.id}" if self.code else str(record.id)
            case "CREATED_TIME":
                return record.created
            case "UPDATED_TIME":
                return record.updated
            case "CREATOR":
                return {"code": record.creator, "name": record.creator}
            case "MODIFIER":
                return {"code": record.modifier, "name": record.modifier}
            case "STATUS":
                return record.status
            case type:
                return record.values.get(code, empty(type))

    def shown(self, record: Record, wanted: Sequence[str] = ()) -> dict[str, Any]:
        """The record as kintone answers it."""
        every = [
            code
            for code, spec in self.properties.items()
            if spec.get("enabled", True) and code not in self.hidden_fields and spec["type"] not in VALUELESS
        ]
        found: dict[str, Any] = {}
        for code in [c for c in wanted if c in every] if wanted else every:
            found[code] = {"type": self.properties[code]["type"], "value": self.cell(record, code)}
        if not wanted or "$id" in wanted:
            found["$id"] = {"type": "__ID__", "value": str(record.id)}
        if not wanted or "$revision" in wanted:
            found["$revision"] = {"type": "__REVISION__", "value": str(record.revision)}
        return found

    def find(self, id: Any) -> Record:
        number = int(id) if str(id).isdecimal() else 0
        if number not in self.records:
            raise KintoneError("GAIA_RE01", (str(id),))
        return self.records[number]

    def by_key(self, key: Mapping[str, Any]) -> Record | None:
        spec = self.properties.get(key["field"], {})
        if spec.get("type") not in ("SINGLE_LINE_TEXT", "NUMBER") or not spec.get("unique"):
            raise invalid(**{"updateKey.field": ("parameter", "")})
        value, _ = stored(spec, key["value"])
        holder = self._holder(key["field"], value)
        return None if holder is None else self.records[holder]

    # --- writing

    @contextmanager
    def transaction(self) -> Iterator[None]:
        kept = dict(self.records), list(self.ids), self.last, self.rows
        try:
            yield
        except BaseException:
            self.records, self.ids, self.last, self.rows = kept
            self._held.clear()
            raise

    def _keep(self, record: Record) -> Record:
        before = self.records.get(record.id)
        for code, held in self._held.items():
            if before is not None and held.get(before.values.get(code)) == record.id:
                del held[before.values[code]]
            if not blank(record.values.get(code)):
                held[record.values[code]] = record.id
        self.records[record.id] = record
        return record

    def _holder(self, code: str, value: Any) -> int | None:
        """The id of the record that has this value in a unique field."""
        if code not in self._held:
            self._held[code] = {r.values[code]: r.id for r in self.records.values() if not blank(r.values.get(code))}
        return self._held[code].get(value)

    def add(self, sent: Mapping[str, Any], by: str, place: str, see: Callable[[int], bool]) -> Record:
        values, details = self._values(sent, None, place)
        self._check(values, None, place, details)
        self._look_up(values, sent, see)
        self.last += 1
        now = minute(self.clock.now)
        status = self.process.states[0] if self.process else ""
        record = Record(self.last, 1, values, now, now, by, by, status)
        insort(self.ids, record.id)
        return self._keep(record)

    def update(
        self, old: Record, sent: Mapping[str, Any], revision: Any, by: str, place: str, see: Callable[[int], bool]
    ) -> Record:
        if old.id in self.forbidden:
            raise KintoneError("GAIA_NO01")
        self._check_revision(old, revision)
        values, details = self._values(sent, old, place)
        self._check(values, old, place, details)
        self._look_up(values, sent, see)
        record = replace(old, revision=old.revision + 1, values=values, updated=minute(self.clock.now), modifier=by)
        return self._keep(record)

    def proceed(self, old: Record, action: Any, revision: Any, by: str) -> Record:
        if self.process is None:
            raise KintoneError("GAIA_ST02")
        self._check_revision(old, revision)
        to = next((to for name, start, to in self.process.actions if (name, start) == (action, old.status)), None)
        if to is None:
            raise KintoneError("GAIA_IL03")
        record = replace(old, revision=old.revision + 2, status=to, updated=minute(self.clock.now), modifier=by)
        self.records[old.id] = record
        return record

    def remove(self, old: Record, revision: Any) -> None:
        if old.id in self.forbidden:
            raise KintoneError("GAIA_NO01")
        self._check_revision(old, revision)
        self._held.clear()
        del self.records[old.id]
        self.ids.remove(old.id)

    @staticmethod
    def _check_revision(old: Record, revision: Any) -> None:
        if revision is not None and int(revision) not in (-1, old.revision):
            raise KintoneError("GAIA_CO02")

    def _values(
        self, sent: Mapping[str, Any], old: Record | None, place: str
    ) -> tuple[dict[str, Any], dict[str, tuple[str, str]]]:
        """The values as they would be kept; unknown codes are ignored, as everything that is not ours to write."""
        filled = self._filled()
        values = dict(old.values) if old else {}
        details: dict[str, tuple[str, str]] = {}
        for code, spec in self.properties.items():
            type = spec["type"]
            if type in OWN or code in filled or spec.get("expression"):
                continue
            if code not in sent:
                if old is None:
                    values[code] = [] if type == "SUBTABLE" else default(spec, self.clock.now)
                continue
            value = sent[code].get("value") if isinstance(sent[code], dict) else None
            if type == "SUBTABLE":
                values[code] = self._table(spec, value, values.get(code, []))
                continue
            values[code], problems = stored(spec, value)
            for after, problem in problems.items():
                key = f"{place}[{code}].value" if after == "]" else f"{place}.{code}{after}"
                details[key] = problem
        for code in filled:
            values.setdefault(code, empty(self.properties[code]["type"]) if code in self.properties else "")
        return values, details

    def _table(self, spec: Mapping[str, Any], value: Any, old: Sequence[Any]) -> list[Any]:
        """The whole table is replaced; rows whose id is known are merged."""
        known = {row["id"]: row for row in old}
        rows = []
        for row in value or []:
            before = known.get(str(row.get("id", "")))
            inner = dict(before["value"]) if before else {}
            for code, field_ in spec["fields"].items():
                sent = row.get("value", {}).get(code)
                if sent is not None:
                    inner[code] = {"type": field_["type"], "value": stored(field_, sent.get("value"), inner=True)[0]}
                elif code not in inner:
                    inner[code] = {"type": field_["type"], "value": default(field_, self.clock.now)}
            if before is None:
                self.rows += 1
            rows.append({"id": before["id"] if before else str(self.rows), "value": inner})
        return rows

    def _check(
        self, values: Mapping[str, Any], old: Record | None, place: str, details: dict[str, tuple[str, str]]
    ) -> None:
        for code, spec in self.properties.items():
            value = values.get(code)
            if spec.get("required") and spec["type"] not in OWN and blank(value):
                details.setdefault(f"{place}.{code}{required_place(spec['type'])}", ("required", ""))
            own = (None, old.id if old else None)
            if spec.get("unique") and not blank(value) and self._holder(code, value) not in own:
                details[f"{place}.{code}.value"] = ("unique", "")
        if details:
            raise KintoneError("CB_VA01", (), details)

    def _filled(self) -> dict[str, str]:
        return {
            mapping["field"]: code
            for code, spec in self.properties.items()
            for mapping in (spec.get("lookup") or {}).get("fieldMappings", ())
        }

    def _look_up(self, values: dict[str, Any], sent: Mapping[str, Any], see: Callable[[int], bool]) -> None:
        """Copies what the lookups find; `see` tells whether the caller may view an app."""
        for code, spec in self.properties.items():
            lookup = spec.get("lookup")
            if not lookup or code not in sent:
                continue
            value = values[code]
            source = self.apps.get(int(lookup["relatedApp"]["app"]))
            record = None
            if not blank(value):
                record = source.by_value(lookup["relatedKeyField"], value) if source and see(source.id) else None
                if record is None:
                    raise KintoneError("GAIA_LO04", (code, str(value)))
            for mapping in lookup["fieldMappings"]:
                to = mapping["field"]
                blank_ = empty(self.properties[to]["type"])
                values[to] = source.cell(record, mapping["relatedField"]) if source and record else blank_

    def by_value(self, code: str, value: Any) -> Record | None:
        if self.types.get(code) == "RECORD_NUMBER":
            number = str(value).rpartition("-")[2]
            return self.records.get(int(number)) if number.isdecimal() else None
        if self.properties.get(code, {}).get("unique"):
            holder = self._holder(code, value)
            return None if holder is None else self.records[holder]
        return next((record for record in self.records.values() if self.cell(record, code) == value), None)


def _spec(code: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A field as form/fields.json has it."""
    spec: dict[str, Any] = {"type": given["type"], "code": code, "label": given.get("label", code), "noLabel": False}
    match given["type"]:
        case "SINGLE_LINE_TEXT" | "LINK":
            spec |= {"required": False, "unique": False, "minLength": "", "maxLength": "", "defaultValue": ""}
            if given["type"] == "LINK":
                spec["protocol"] = "WEB"
            else:
                spec |= {"expression": "", "hideExpression": False}
        case "NUMBER":
            spec |= {
                "required": False, "unique": False, "minValue": "", "maxValue": "", "defaultValue": "",
                "digit": False, "displayScale": "", "unit": "", "unitPosition": "BEFORE",
            }  # fmt: skip
        case "CALC":
            spec |= {"required": False, "expression": "", "hideExpression": False, "format": "NUMBER",
                     "displayScale": "", "unit": "", "unitPosition": "BEFORE"}  # fmt: skip
        case "MULTI_LINE_TEXT" | "RICH_TEXT":
            spec |= {"required": False, "defaultValue": ""}
        case "DATE" | "DATETIME":
            spec |= {"required": False, "unique": False, "defaultValue": "", "defaultNowValue": False}
        case "TIME":
            spec |= {"required": False, "defaultValue": "", "defaultNowValue": False}
        case "RADIO_BUTTON" | "DROP_DOWN" | "CHECK_BOX" | "MULTI_SELECT":
            options = given.get("options", ())
            spec |= {"required": False, "defaultValue": [] if given["type"] in LISTS else ""}
            spec["options"] = {o: {"label": o, "index": str(n)} for n, o in enumerate(options)}
            if given["type"] in ("RADIO_BUTTON", "CHECK_BOX"):
                spec["align"] = "HORIZONTAL"
        case "USER_SELECT" | "ORGANIZATION_SELECT" | "GROUP_SELECT":
            spec |= {"required": False, "entities": [], "defaultValue": []}
        case "SUBTABLE":
            spec["fields"] = {inner: _spec(inner, one) for inner, one in given["fields"].items()}
        case "STATUS" | "STATUS_ASSIGNEE" | "CATEGORY":
            spec.pop("noLabel")
        case _:
            pass
    return spec | {name: value for name, value in given.items() if name not in ("options", "fields")}


@dataclass
class Cursor:
    app: App
    ids: list[int]
    codes: list[str]
    size: int
    until: datetime
    done: int = field(default=0)
