"""Writing: sObject Collections of up to 200 records, each with an outcome of its own, or one job of the Bulk API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from connector.adapters.contract import Change, New, Outcome, Refusal, Refused, Remove, Unknown, Write, Written
from connector.adapters.http import Lost
from connector.adapters.salesforce import bulk
from connector.adapters.salesforce.cells import Unfit, to_csv, to_json
from connector.adapters.salesforce.client import Client
from connector.adapters.salesforce.failures import Declined, of_row, worn_out
from connector.adapters.salesforce.layout import Layout
from connector.adapters.salesforce.settings import SalesforceSettings
from connector.adapters.salesforce.soql import long_id
from connector.errors import Fatal, Transient

MOST = 200  # records in one call
TRIES = 4  # of records that were locked
FIRST_WAIT, LONGEST_WAIT = 0.5, 8.0  # seconds before they are tried again

# Where a write stands in what was pushed.
Place: TypeAlias = int


@dataclass(slots=True)
class Pushing:
    """One push: outcomes find their places as calls come back."""

    client: Client
    settings: SalesforceSettings
    layout: Layout
    writes: Sequence[Write]
    outcomes: dict[Place, Outcome] = field(default_factory=dict)
    called: bool = False  # whether anything may have been done

    def push(self) -> list[Outcome]:
        try:
            for kind, places in self._sendable().items():
                self._send(kind, places)
        except (Transient, Fatal) as error:
            if not self.called:
                raise
            return [self.outcomes.get(n, Unknown(error.message)) for n in range(len(self.writes))]
        return [self.outcomes[n] for n in range(len(self.writes))]

    def _sendable(self) -> dict[type[Write], list[Place]]:
        """Writes by kind, for a call holds one kind. What cannot be sent at all gets its outcome here."""
        kinds: dict[type[Write], list[Place]] = {New: [], Change: [], Remove: []}
        for place, write in enumerate(self.writes):
            refused = self._refused(write)
            if refused is None:
                kinds[type(write)].append(place)
            else:
                self.outcomes[place] = refused
        return kinds

    def _send(self, kind: type[Write], places: list[Place]) -> None:
        if self._by_bulk(kind, len(places)):
            size = self.settings.write_batch
            jobs = [self._job(kind, places[begin : begin + size]) for begin in range(0, len(places), size)]
            places = [place for rest in jobs for place in rest]
        size = min(MOST, self.settings.write_batch)
        for begin in range(0, len(places), size):
            self._collections(kind, places[begin : begin + size])

    def _by_bulk(self, kind: type[Write], number: int) -> bool:
        """Results of a job come in any order: creates without a key could not be told apart.

        A job runs no assignment rule but one that is named, and is never let past a duplicate rule.
        """
        least, settings = self.settings.bulk_write_from, self.settings
        needs_headers = settings.allow_duplicates or settings.assignment_rules is True
        creates = self.layout.key is not None and not needs_headers
        return 0 < least <= number and (creates if kind is New else settings.assignment_rules is not True)

    def _refused(self, write: Write) -> Refused | None:
        layout = self.layout
        match write:
            case New():
                return self._unfit(self._given(write), layout.createable)
            case Change(if_version=None):
                return self._unfit(write.values, layout.updateable)
            case Change():
                return Refused(Refusal.DENIED, "Salesforce checks no versions in a batch")
            case Remove() if not self.settings.delete:
                return Refused(Refusal.DENIED, "deleting is off for this system (delete: true)")
            case Remove(if_version=str()):
                return Refused(Refusal.DENIED, "Salesforce checks no versions in a batch")
            case Remove():
                return None if self._mine(write.id) else Refused(Refusal.MISSING, "no such record")

    def _unfit(self, values: Mapping[str, Any], writable: frozenset[str]) -> Refused | None:
        unknown = tuple(name for name in values if name not in writable)
        if unknown:
            return Refused(Refusal.INVALID, f"no such field, or not to be written: {', '.join(unknown)}", unknown)
        for name, value in values.items():
            try:
                to_json(self.layout.types[name], value)
            except Unfit as unfit:
                return Refused(Refusal.INVALID, f"{name}: {unfit}", (name,))
        return None

    def _mine(self, id: str) -> bool:
        whole = long_id(id)
        return whole is not None and whole.startswith(self.layout.prefix)

    # --- one call, with what it takes to repeat locked records ------------------------------------------------

    def _collections(self, kind: type[Write], places: list[Place]) -> None:
        wait = FIRST_WAIT
        for _ in range(TRIES - 1):
            locked = self._collection(kind, places)
            if not locked:
                return
            self.client.sleep(self.client.jitter(wait / 2, wait))
            places, wait = list(locked), min(2 * wait, LONGEST_WAIT)
        locked = self._collection(kind, places)
        self.outcomes |= {place: worn_out(*words) for place, words in locked.items()}

    def _collection(self, kind: type[Write], places: list[Place]) -> dict[Place, tuple[str, str]]:
        """Sends one call. Gives the records that were locked, with the words for it."""
        try:
            answer = self._call(kind, places)
        except Declined as refused:
            return self._halved(kind, places, refused)
        self.called = True
        if isinstance(answer, Lost):
            self.outcomes |= {place: Unknown(answer.words) for place in places}
            return {}
        if not isinstance(answer, list) or len(answer) != len(places):
            # which of them is missing, nobody can tell
            self.outcomes |= {place: Unknown("the answer has another length") for place in places}
            return {}
        locked: dict[Place, tuple[str, str]] = {}
        for place, result in zip(places, answer, strict=True):
            outcome = self._outcome(self.writes[place], result)
            if isinstance(outcome, tuple):
                locked[place] = outcome
            else:
                self.outcomes[place] = outcome
        return locked

    def _halved(self, kind: type[Write], places: list[Place], refused: Declined) -> dict[Place, tuple[str, str]]:
        """A call that was refused as a whole, with nothing done: one record in it is to blame, or all are."""
        if refused.status == 404 or refused.code in ("INVALID_TYPE", "NOT_FOUND"):
            raise refused.error(self.client.system, self.layout.object) from None
        if len(places) == 1:
            self.outcomes[places[0]] = Refused(Refusal.INVALID, f"{refused.code}: {refused.words}")
            return {}
        half = len(places) // 2
        return self._collection(kind, places[:half]) | self._collection(kind, places[half:])

    def _call(self, kind: type[Write], places: list[Place]) -> Any:
        writes = [self.writes[place] for place in places]
        if kind is Remove:
            ids = ",".join(write.id for write in writes if isinstance(write, Remove))
            params = {"ids": ids, "allOrNone": "false"}
            return self.client.write("DELETE", "composite/sobjects", params=params, headers=self._headers())
        body = {"allOrNone": False, "records": [self._record(write) for write in writes]}
        method = "POST" if kind is New else "PATCH"
        return self.client.write(method, "composite/sobjects", json=body, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        rules = self.settings.assignment_rules
        headers = {"Sforce-Auto-Assign": rules if isinstance(rules, str) else str(rules).upper()}
        if self.settings.allow_duplicates:
            headers["Sforce-Duplicate-Rule-Header"] = "allowSave=true"
        return headers

    def _record(self, write: Write) -> dict[str, Any]:
        record: dict[str, Any] = {"attributes": {"type": self.layout.object}}
        match write:
            case New(key=key):
                if self.layout.key is not None:
                    record[self.layout.key] = key
            case Change(id=id) | Remove(id=id):
                record["id"] = id
        if not isinstance(write, Remove):
            types = self.layout.types
            record |= {name: to_json(types[name], value) for name, value in self._given(write).items()}
        return record

    def _given(self, write: New | Change) -> Mapping[str, Any]:
        """The values to send: a checkbox that a new record leaves open gets its default."""
        if isinstance(write, Change):
            return write.values
        types = self.layout.types
        return {n: v for n, v in write.values.items() if v is not None or types.get(n) != "boolean"}

    def _outcome(self, write: Write, result: Any) -> Outcome | tuple[str, str]:
        """What became of one record, or the words of the lock that it met."""
        if not isinstance(result, dict):
            return Unknown("no result for this record")
        if result.get("success"):
            id = long_id(str(result.get("id"))) or ""
            asked = None if isinstance(write, New) else long_id(write.id)
            if not id or (asked is not None and asked != id):
                return Unknown("the result is of another record")
            return Written(id)
        errors = [error for error in result.get("errors") or () if isinstance(error, dict)] or [{}]
        code, words = str(errors[0].get("statusCode", "")), self.client.wire.words(str(errors[0].get("message", "")))
        fields = tuple(name for error in errors for name in error.get("fields") or ())
        return of_row(code, words, fields) or (code, words)

    # --- one job ----------------------------------------------------------------------------------------------

    def _job(self, kind: type[Write], places: list[Place]) -> list[Place]:
        """Writes by Bulk API what can go there; gives the rest."""
        key = "Id" if kind is not New else str(self.layout.key)
        operation = {New: "insert", Change: "update", Remove: "delete"}[kind]
        lines: dict[Place, bulk.Line] = {}
        seen: set[str] = set()
        size = 0
        for place in places:
            line = self._line(self.writes[place])
            if line is None or line.key in seen or size > bulk.MOST_BYTES:
                continue
            seen.add(line.key)
            lines[place] = line
            size += sum(3 * len(cell) + 4 for cell in line.cells.values()) + len(line.key) + 2
        if lines:
            rule = self.settings.assignment_rules
            found = bulk.ingest(
                self.client,
                bulk.Job(self.layout.object, operation, key, rule if isinstance(rule, str) else None),
                list(lines.values()),
                self.settings.bulk_wait,
            )
            self.called = True
            self.outcomes |= dict(zip(lines, found, strict=True))
        return [place for place in places if place not in lines]

    def _line(self, write: Write) -> bulk.Line | None:
        """The line of a write, or None for one whose text a CSV would turn into something else."""
        try:
            match write:
                case New(key=key, values=values):
                    # what is empty in a new record is left out
                    filled = {name: value for name, value in values.items() if value not in (None, "")}
                    return bulk.Line(key, {n: to_csv(self.layout.types[n], v) for n, v in filled.items()})
                case Change(id=id, values=values):
                    whole = long_id(id)
                    cells = {n: to_csv(self.layout.types[n], v) for n, v in values.items()}
                    return bulk.Line(whole, cells) if whole is not None else None
                case Remove(id=id):
                    whole = long_id(id)
                    return bulk.Line(whole, {}) if whole is not None else None
        except Unfit:
            return None
