"""Owners, read only: active ones and those who left, so that their records still have a name on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector.adapters.contract import Column, ColumnKind, Native, User
from connector.adapters.hubspot.api import Api, Record

OBJECT = "owners"
COLUMNS: tuple[Column, ...] = tuple(
    Column(name, label, kind, writable=False)
    for name, label, kind in (
        ("email", "Eメール", ColumnKind.TEXT),
        ("firstName", "名", ColumnKind.TEXT),
        ("lastName", "姓", ColumnKind.TEXT),
        ("type", "種類", ColumnKind.TEXT),
        ("userId", "ユーザーID", ColumnKind.NUMBER),
        ("archived", "退職・無効", ColumnKind.BOOLEAN),
    )
)


def pages(api: Api, fields: Sequence[str]) -> Iterator[list[Native]]:
    for archived in (False, True):
        after: str | None = None
        while True:
            page = api.owners(after, archived=archived)
            yield [_native(record, fields) for record in page.records]
            if page.after is None or page.after == after:
                break
            after = page.after


def _native(record: Record, fields: Sequence[str]) -> Native:
    return Native(str(record["id"]), {name: record.get(name) for name in fields if name in record})


def users(api: Api) -> list[User]:
    """Who may own records; a queue of the help desk has an id and no address."""
    names = [column.name for column in COLUMNS]
    return [_user(native) for page in pages(api, names) for native in page]


def _user(native: Native) -> User:
    told = native.values
    person = told.get("type") in (None, "PERSON")
    name = " ".join(str(told[part]) for part in ("lastName", "firstName") if told.get(part))
    return User(native.id, str(told.get("email") or "") if person else "", name, not told.get("archived"))
