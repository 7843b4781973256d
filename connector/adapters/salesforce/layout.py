"""An object as describe shows it: which columns there are, what may be written, and how a record is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

from connector.adapters.contract import Column, ColumnKind, Native
from connector.adapters.salesforce import cells
from connector.errors import Fatal

KINDS: dict[str, ColumnKind] = {
    "boolean": ColumnKind.BOOLEAN,
    "int": ColumnKind.NUMBER,
    "long": ColumnKind.NUMBER,
    "double": ColumnKind.NUMBER,
    "currency": ColumnKind.NUMBER,
    "percent": ColumnKind.NUMBER,
    "date": ColumnKind.DATE,
    "datetime": ColumnKind.DATETIME,
    "picklist": ColumnKind.CHOICE,
    "multipicklist": ColumnKind.CHOICES,
    "reference": ColumnKind.REFERENCE,
    "id": ColumnKind.TEXT,
}
# What a whole-record sync never reads: compounds of other fields, and files.
LEFT_OUT = frozenset({"address", "location", "base64", "anyType", "complexvalue"})
STAMPS = ("SystemModstamp", "LastModifiedDate")


@dataclass(frozen=True, slots=True)
class Layout:
    """`object` is the API name, `key` the column of our external keys, if any.

    `stamp` is the column that pulls go by; an object without one is read whole every time.
    """

    object: str
    prefix: str
    types: Mapping[str, str]
    columns: tuple[Column, ...]
    createable: frozenset[str]
    updateable: frozenset[str]
    stamp: str | None
    key: str | None
    key_unique: bool
    replicated: bool  # whether deletes are listed by /deleted/

    def has(self, name: str) -> bool:
        return name in self.types

    @property
    def takes_key(self) -> bool:
        """Whether a create can carry our key, and Salesforce refuses a second one with it."""
        return self.key is not None and self.key_unique and self.key in self.createable

    @property
    def told(self) -> tuple[str, ...]:
        """The columns that every reading asks for besides those that somebody wants."""
        own = ("Id", *filter(None, (self.stamp, self.key)))
        more = ("CreatedDate", "IsDeleted", "MasterRecordId", "IsConverted", "ConvertedContactId")
        return own + tuple(name for name in more if self.has(name))


def layout_of(described: Mapping[str, Any], key: str | None) -> Layout:
    """The layout of a describe answer."""
    fields = [f for f in described["fields"] if f["type"] not in LEFT_OUT and not f.get("deprecatedAndHidden")]
    types = {f["name"]: f["type"] for f in fields}
    keyed = next((f for f in fields if f["name"] == key), None)
    return Layout(
        object=described["name"],
        prefix=described.get("keyPrefix") or "",
        types=types,
        columns=tuple(_column(f) for f in fields),
        createable=frozenset(f["name"] for f in fields if f["createable"]),
        updateable=frozenset(f["name"] for f in fields if f["updateable"]),
        stamp=next((name for name in STAMPS if name in types), None),
        key=key if keyed else None,
        key_unique=bool(keyed and keyed["externalId"] and keyed["unique"]),
        replicated=bool(described.get("replicateable")) and "IsDeleted" in types,
    )


def _column(described: Mapping[str, Any]) -> Column:
    type = described["type"]
    text = type in cells.TEXTS or type == "multipicklist"
    number = type in cells.NUMBERS
    writable = bool(described["createable"] or described["updateable"])
    return Column(
        name=described["name"],
        label=described.get("label") or "",
        kind=KINDS.get(type, ColumnKind.TEXT if text else ColumnKind.OTHER),
        writable=writable,
        required=bool(described["createable"] and not described["nillable"] and not described["defaultedOnCreate"])
        and type != "boolean",
        max_length=(described.get("length") or None) if text else None,
        decimals=(described.get("scale") or 0) if number else None,
        choices=tuple(c["value"] for c in described.get("picklistValues") or () if c["active"])
        if type in ("picklist", "multipicklist")
        else (),
    )


def known(system: str, object: str, layout: Layout, names: Iterable[str]) -> None:
    """Raises Fatal with the nearest name for the first that the object has not."""
    for name in names:
        if name not in layout.types:
            near = get_close_matches(name, list(layout.types), 1, 0.5)
            raise Fatal(
                "adapter.no_column", system=system, object=object, column=name, nearest=near[0] if near else "-"
            )


@dataclass(frozen=True, slots=True)
class Reader:
    """Records of an answer as natives with the columns asked for."""

    layout: Layout
    fields: tuple[str, ...]
    address: str  # of the org: what a record's own address begins with
    decode: Mapping[str, cells.Decode]

    def cells(self, records: Sequence[Mapping[str, Any]]) -> list[list[Any]] | None:
        """A row of values for every record, or None where a record lacks one: a lack is no blank."""
        fields, decode = self.fields, self.decode
        try:
            rows = [[record[name] for name in fields] for record in records]
        except KeyError:
            return None
        for place, name in enumerate(fields):
            if (turned := decode.get(name)) is not None:
                for row in rows:
                    row[place] = turned(row[place])
        return rows

    def native(self, record: Mapping[str, Any]) -> Native:
        layout, decode = self.layout, self.decode
        values = {
            name: decode[name](record[name]) if name in decode else record[name]
            for name in self.fields
            if name in record
        }
        return Native(
            id=record["Id"],
            values=values,
            modified_at=_stamp(record.get(layout.stamp)) if layout.stamp else None,
            created_at=_stamp(record.get("CreatedDate")),
            key=(record.get(layout.key) or None) if layout.key else None,
            url=f"{self.address}/{record['Id']}",
        )


def reader(layout: Layout, fields: Sequence[str], address: str, *, csv: bool = False) -> Reader:
    table = cells.FROM_CSV if csv else cells.FROM_JSON
    decode = {name: table[layout.types[name]] for name in fields if layout.types[name] in table}
    if csv:
        decode |= {name: cells.from_text for name in fields if name not in decode}
    return Reader(layout, tuple(fields), address, decode)


def _stamp(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
