"""The stored world of one org: rows, recycle bin, rules, locks, merges and conversions, on a clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import Any

from tests.fakes.salesforce import cells, ids
from tests.fakes.salesforce.cells import RowError
from tests.fakes.salesforce.schema import Field, Table, tables

START = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)
ORG_ID = ids.long_id("00D5g000000ABCD")
ADMIN = ids.long_id("0055g000000Admi")
CONNECTOR = ids.long_id("0055g000000Sync")
GONE_USER = ids.long_id("0055g000000Left")
STAGES = {
    "Prospecting": (False, False, 10),
    "Qualification": (False, False, 20),
    "Proposal/Price Quote": (False, False, 75),
    "Closed Won": (True, True, 100),
    "Closed Lost": (True, False, 0),
}
BIN = timedelta(days=15)


@dataclass(slots=True)
class Row:
    id: str
    values: dict[str, Any]
    visible: datetime  # when the transaction committed: a row may be stamped earlier
    deleted: bool = False
    deleted_at: datetime | None = None
    purged: bool = False

    def get(self, name: str) -> Any:
        return self.deleted if name == "IsDeleted" else self.values.get(name)


@dataclass(frozen=True, slots=True)
class Validation:
    """A validation rule: the message where `wrong` says so."""

    object: str
    wrong: Callable[[Mapping[str, Any]], bool]
    message: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """Two records with the same values in `fields`; one that blocks is not let past by allowSave."""

    object: str
    fields: tuple[str, ...]
    blocks: bool = False


@dataclass(frozen=True, slots=True)
class Manner:
    """What the headers of a request ask for."""

    assign: bool = True  # assignment rules run by default
    allow_duplicates: bool = False
    user: str = CONNECTOR


@dataclass(slots=True)
class Org:
    now: datetime = START
    tables: dict[str, Table] = field(default_factory=tables)
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    validations: list[Validation] = field(default_factory=list)
    duplicate_rules: list[DuplicateRule] = field(default_factory=list)
    lead_queue: str = ""  # the owner whom the active assignment rule gives to new leads
    locked: dict[str, int] = field(default_factory=dict)  # id -> how many writes of it still meet the lock
    lock: RLock = field(default_factory=RLock)
    made: int = 0

    def __post_init__(self) -> None:
        self.rows = {name: {} for name in self.tables}
        self.put("Organization", {"Name": "株式会社サンプル", "IsSandbox": False}, id=ORG_ID)
        people = ((ADMIN, "管理者", True), (CONNECTOR, "連携ユーザー", True), (GONE_USER, "退職者", False))
        for id, name, active in people:
            mail = f"{id[11:15].lower()}@example.co.jp"
            values = {"LastName": name, "Name": name, "Username": mail, "Email": mail, "IsActive": active}
            self.put("User", {**values, "UserType": "Standard"}, id=id)
        for order, (name, (closed, won, odds)) in enumerate(STAGES.items(), 1):
            stage = {"ApiName": name, "MasterLabel": name, "IsActive": True, "IsClosed": closed, "IsWon": won}
            self.put("OpportunityStage", {**stage, "DefaultProbability": odds, "SortOrder": order})

    # --- rows as they are

    def stamp(self) -> datetime:
        return self.now.replace(microsecond=0)

    def put(self, object: str, values: Mapping[str, Any], *, id: str = "", user: str = ADMIN) -> Row:
        """Stores a new row, checked by nothing."""
        self.made += 1
        id = id or ids.made(self.tables[object].prefix, self.made)
        at = self.stamp()
        stamps = {"CreatedDate": at, "LastModifiedDate": at, "SystemModstamp": at}
        people = {"CreatedById": user, "LastModifiedById": user}
        cells_ = {name: None for name in self.tables[object].fields if name not in ("IsDeleted",)}
        row = Row(id, {**cells_, **stamps, **people, **values, "Id": id}, self.now)
        self.rows[object][id] = row
        return row

    def touch(self, row: Row, values: Mapping[str, Any], *, ago: timedelta = timedelta(0), user: str = ADMIN) -> None:
        at = (self.now - ago).replace(microsecond=0)
        row.values |= values
        row.values |= {"LastModifiedDate": at, "SystemModstamp": at, "LastModifiedById": user}

    def living(self, object: str) -> Iterable[Row]:
        return (row for row in self.rows[object].values() if not row.deleted and row.visible <= self.now)

    def find(self, object: str, id: object) -> Row:
        """The living row, or the error of a write to it."""
        whole = ids.known(id)
        if whole is None:
            raise RowError("MALFORMED_ID", f"malformed id {id}", ("Id",))
        row = self.rows[object].get(whole)
        if row is None or row.purged:
            raise RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if row.deleted:
            raise RowError("ENTITY_IS_DELETED", "entity is deleted")
        return row

    # --- what users and clients do

    def insert(self, object: str, given: Mapping[str, Any], manner: Manner | None = None) -> Row:
        manner = manner or Manner()
        values = self._checked(object, given, "C", "INVALID_FIELD_FOR_INSERT_UPDATE")
        missing = [f.name for f in self.tables[object].fields.values() if f.required and not values.get(f.name)]
        missing = [name for name in missing if self.tables[object].fields[name].type != "boolean"]
        if missing:
            raise RowError(
                "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", tuple(missing)
            )
        values = {**self._defaults(object, manner), **values}
        self._rules(object, values, None, manner)
        row = self.put(object, values, user=manner.user)
        self._computed(object, row)
        if "Name" in self.tables[object].fields and object.endswith("__c") and not row.values["Name"]:
            row.values["Name"] = row.id
        if object == "Lead" and self.lead_queue and manner.assign:
            row.values["OwnerId"] = self.lead_queue
        return row

    def update(self, object: str, id: object, given: Mapping[str, Any], manner: Manner | None = None) -> Row:
        manner = manner or Manner()
        row = self.find(object, id)
        if self.locked.get(row.id, 0) > 0:
            self.locked[row.id] -= 1
            words = f"unable to obtain exclusive access to this record or 1 records: {row.id}"
            raise RowError("UNABLE_TO_LOCK_ROW", words)
        if object == "Lead" and row.values.get("IsConverted"):
            raise RowError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        values = self._checked(object, given, "U", "INVALID_FIELD_FOR_INSERT_UPDATE")
        blank = [n for n, v in values.items() if v is None and self.tables[object].fields[n].required]
        if blank:
            raise RowError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(blank)}]", tuple(blank))
        self._rules(object, {**row.values, **values}, row.id, manner)
        self.touch(row, values, user=manner.user)
        self._computed(object, row)
        return row

    def delete(self, object: str, id: object, user: str = CONNECTOR) -> Row:
        row = self.find(object, id)
        self.touch(row, {}, user=user)
        row.deleted, row.deleted_at = True, self.now
        if object == "Opportunity":
            for role in [r for r in self.living("OpportunityContactRole") if r.values["OpportunityId"] == row.id]:
                self.delete("OpportunityContactRole", role.id, user)
        return row

    def undelete(self, object: str, id: str) -> None:
        row = self.rows[object][id]
        row.deleted, row.deleted_at = False, None
        self.touch(row, {})

    def empty_bin(self, object: str) -> None:
        for row in self.rows[object].values():
            row.purged = row.purged or row.deleted

    def merge(self, object: str, loser: str, winner: str) -> None:
        row = self.delete(object, loser, ADMIN)
        row.values["MasterRecordId"] = winner
        self.touch(self.rows[object][winner], {})

    def convert(self, lead: str, *, contact: str = "") -> str:
        """Makes the lead a contact, of a new account; gives the contact's id."""
        row = self.find("Lead", lead)
        v = row.values
        account = self.put("Account", {"Name": v["Company"], "OwnerId": v["OwnerId"]})
        if not contact:
            same = ("LastName", "FirstName", "Email", "Phone", "MobilePhone", "Title", "LeadSource", "OwnerId", "Name")
            contact = self.put("Contact", {**{n: v[n] for n in same}, "AccountId": account.id}).id
        became = {"ConvertedAccountId": account.id, "ConvertedContactId": contact}
        self.touch(
            row, {**became, "IsConverted": True, "ConvertedDate": self.now.date(), "Status": "Closed - Converted"}
        )
        return contact

    def unique_match(self, object: str, name: str, value: Any) -> list[Row]:
        wanted = str(value).casefold()
        return [r for r in self.living(object) if r.get(name) is not None and str(r.get(name)).casefold() == wanted]

    # --- the checks of a write

    def _checked(self, object: str, given: Mapping[str, Any], flag: str, code: str) -> dict[str, Any]:
        """The values as the org holds them; raises the first thing that is wrong with the row."""
        table, values = self.tables[object], {}
        for name, value in given.items():
            described = table.fields.get(name)
            if described is None or not described.has(flag):
                words = (
                    f"Unable to create/update fields: {name}. Please check the security settings of this field and "
                    "verify that it is read/write for your profile or permission set."
                )
                raise RowError(code, words, (name,))
            held = cells.held(described, value)
            if described.type == "reference" and held is not None:
                self._target(described, held)
            values[name] = held
        return values

    def _target(self, described: Field, id: str) -> None:
        for object in described.targets:
            row = self.rows.get(object, {}).get(id)
            if row is not None and row.deleted:
                raise RowError("ENTITY_IS_DELETED", "entity is deleted", (described.name,))
            if row is not None and object == "User" and not row.values["IsActive"]:
                raise RowError("INACTIVE_OWNER_OR_USER", "operation performed with inactive user", (described.name,))
            if row is not None or object == "Group":
                return
        raise RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", (described.name,))

    def _defaults(self, object: str, manner: Manner) -> dict[str, Any]:
        fields = self.tables[object].fields
        values: dict[str, Any] = {f.name: False for f in fields.values() if f.type == "boolean"}
        values.pop("IsDeleted", None)
        if "OwnerId" in fields:
            values["OwnerId"] = manner.user
        match object:
            case "Lead":
                values["Status"] = "Open - Not Contacted"
            case "Task":
                values |= {"Status": "Not Started", "Priority": "Normal"}
        return values

    def _rules(self, object: str, values: Mapping[str, Any], id: str | None, manner: Manner) -> None:
        for described in self.tables[object].fields.values():
            value = values.get(described.name)
            if described.has("Q") and value is not None:
                others = [r for r in self.unique_match(object, described.name, value) if r.id != id]
                if others:
                    words = (
                        f"duplicate value found: {described.name} duplicates value on record with id: {others[0].id}"
                    )
                    raise RowError("DUPLICATE_VALUE", words)
        for rule in self.validations:
            if rule.object == object and rule.wrong(values):
                raise RowError("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, rule.fields)
        for duplicates in self.duplicate_rules:
            if duplicates.object != object or id is not None or (manner.allow_duplicates and not duplicates.blocks):
                continue
            wanted = [values.get(name) for name in duplicates.fields]
            if any(wanted) and any([r.get(n) for n in duplicates.fields] == wanted for r in self.living(object)):
                words = "You're creating a duplicate record. We recommend you use an existing record instead."
                raise RowError("DUPLICATES_DETECTED", words)

    def _computed(self, object: str, row: Row) -> None:
        v = row.values
        if object in ("Contact", "Lead", "User"):
            v["Name"] = " ".join(part for part in (v["FirstName"], v["LastName"]) if part)
        if object == "Opportunity":
            v["IsClosed"], v["IsWon"], odds = STAGES.get(v["StageName"], (False, False, 0))
            v["Probability"] = v["Probability"] if v["Probability"] is not None else odds
            v["ExpectedRevenue"] = None if v["Amount"] is None else v["Amount"] * v["Probability"] / 100
        if object == "Task":
            v["IsClosed"] = v["Status"] == "Completed"
