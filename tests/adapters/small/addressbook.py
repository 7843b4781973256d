"""An address book on the web, as an invented vendor sells it: one object, a version, no key of ours, no deletes.

It shows how little an adapter over `connector.adapters.http` needs; it is no part of the product.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches
from typing import TypeAlias, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError

from connector.adapters import cursor as cursors
from connector.adapters.contract import (
    Adapter,
    Capabilities,
    Change,
    Column,
    Cursor,
    Identity,
    Native,
    New,
    Outcome,
    Page,
    Refusal,
    Refused,
    Remove,
    Shape,
    Unknown,
    Write,
    Written,
)
from connector.adapters.http import Answer, Fixed, Lost, Wire
from connector.errors import Fatal, Rejected, Transient
from tests.adapters.small.answers import REFUSALS, UNFIT, Book, Described, Entries, Entry, cell, native, said
from tests.adapters.small.settings import AddressBookSettings

OBJECT = "contacts"
ID = re.compile(r"[1-9][0-9]{0,17}")
OVERLAP = timedelta(seconds=60)
Query: TypeAlias = Mapping[str, str | int | Sequence[str]]
A = TypeVar("A", bound=BaseModel)


def addressbook_adapter(
    name: str, settings: AddressBookSettings, *, sleep: Callable[[float], None] = time.sleep
) -> Adapter:
    return AddressBookAdapter(name, settings, sleep)


class AddressBookAdapter:
    def __init__(self, name: str, settings: AddressBookSettings, sleep: Callable[[float], None]) -> None:
        self.name = name
        self.can = Capabilities(
            delete=False,
            reports_deletes=False,
            version_check=True,
            compares_before=False,
            external_key=False,
            history=0,
            incremental=True,
            page=settings.page,
            read_batch=settings.read_batch,
            write_batch=1,
            time_resolution=timedelta(seconds=1),
            visibility_lag=timedelta(0),
            overlap=OVERLAP,
        )
        bearer = SecretStr(f"Bearer {settings.token.get_secret_value()}")
        self._wire = Wire(name, settings.url, auth=Fixed({"Authorization": bearer}), said=said, sleep=sleep)

    def check(self) -> Identity:
        book = self._read("v1/me", Book)
        return Identity(book.id, book.name)

    def describe(self, object: str) -> Shape:
        self._known(object)
        found = self._read("v1/fields", Described).fields
        columns = (Column(f.name, f.label, f.type, max_length=f.max, decimals=f.decimals) for f in found)
        return Shape(object, tuple(columns))

    def pull(self, object: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        self._known(object)
        query: dict[str, str | int] = {"limit": self.can.page}
        at = None
        if since is not None:
            place = cursors.decode("addressbook", self.name, object, since)
            at = cursors.stamp("addressbook", self.name, object, place.get("at"))
            query["updated_from"] = at.isoformat()
        begun = None
        while True:
            found = self._entries(query, fields)
            begun = begun or found.now
            if at is not None and at > begun:
                raise Fatal("adapter.future_cursor", system=self.name, object=object, at=at.isoformat())
            records = [native(entry, fields) for entry in found.contacts]
            if len(records) < self.can.page:
                at = begun - OVERLAP
                yield Page(records, cursor=cursors.encode("addressbook", self.name, object, at=at.isoformat()))
                return
            yield Page(records)
            query["after"] = records[-1].id  # in order of id: an edit meanwhile moves nobody to another page

    def get(self, object: str, by: str, values: Sequence[str], fields: Sequence[str]) -> list[Native]:
        self._known(object)
        if by != "id":
            raise Rejected("adapter.no_lookup", system=self.name, object=object, by=by)
        ids = [id for id in dict.fromkeys(values) if ID.fullmatch(id)]
        size = self.can.read_batch
        return [
            native(entry, fields)
            for start in range(0, len(ids), size)
            for entry in self._entries({"id": ids[start : start + size]}, fields).contacts
        ]

    def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
        self._known(object)
        outcomes: list[Outcome] = []
        for write in writes:
            try:
                outcomes.append(self._written(write))
            except (Transient, Fatal) as error:
                if all(isinstance(outcome, Refused) for outcome in outcomes):
                    raise
                return outcomes + [Unknown(error.message)] * (len(writes) - len(outcomes))
        return outcomes

    def close(self) -> None:
        self._wire.close()

    # --- one call ---------------------------------------------------------------------------------------------

    def _written(self, write: Write) -> Outcome:
        if isinstance(write, Remove):
            return Refused(Refusal.DENIED, "an address book deletes nothing")
        if isinstance(write, Change) and not ID.fullmatch(write.id):
            return Refused(Refusal.MISSING, "no such record")
        cells = {name: cell(value) for name, value in write.values.items()}
        if bad := tuple(name for name, value in cells.items() if value is UNFIT):
            return Refused(Refusal.INVALID, "not a value", bad)
        match write:
            case New():
                found = self._wire.write("POST", "v1/contacts", json=cells)
            case Change():
                headers = {"If-Match": write.if_version} if write.if_version is not None else None
                found = self._wire.write("PATCH", f"v1/contacts/{write.id}", json=cells, headers=headers)
        match found:
            case Lost(words):
                return Unknown(words)
            case Answer(ok=True):
                try:
                    shown = native(Entry.model_validate(found.tree()), list(write.values))
                except ValidationError:
                    return Unknown("a success without the record")
                return Written(shown.id, shown.version, shown)
        told = said(found)
        names = (told.code,) if told.code in write.values else ()
        return Refused(REFUSALS.get(found.status, Refusal.INVALID), self._wire.words(told.words), names)

    def _entries(self, query: Query, fields: Sequence[str]) -> Entries:
        return self._read("v1/contacts", Entries, {**query, "fields": ",".join(fields)}, fields)

    def _read(self, path: str, shape: type[A], query: Query | None = None, fields: Sequence[str] = ()) -> A:
        """What stands under a path, in the shape that we expect. Raises Fatal when it is refused or looks otherwise."""
        found = self._wire.read("GET", path, params=query)
        told = said(found)
        if found.status == 400 and told.code in fields:
            columns = [column.name for column in self.describe(OBJECT).columns]
            (near,) = get_close_matches(told.code, columns, 1, 0.5) or ["-"]
            raise Fatal("adapter.no_column", system=self.name, object=OBJECT, column=told.code, nearest=near)
        words = f"{found.status} {told.words}"
        if found.ok:
            try:
                return shape.model_validate(found.tree())
            except ValidationError as error:
                # by their places alone: the error itself quotes records
                words = f"not as expected: {[each['loc'] for each in error.errors()[:3]]}"
        raise Fatal("adapter.call_refused", system=self.name, object=OBJECT, answer=self._wire.words(words))

    def _known(self, object: str) -> None:
        if object != OBJECT:
            raise Fatal("adapter.no_object", system=self.name, object=object, nearest=OBJECT)
