"""Records as kintone answers them -> what the contract calls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from connector.adapters.contract import Native, Rows
from connector.adapters.kintone.cells import Reader
from connector.adapters.kintone.form import Field, Form
from connector.model import NativeValues

Raw = Mapping[str, Any]
Found = Mapping[tuple[int, str], Mapping[str, str]]  # (app, key field) -> key -> id of the record that has it


def natives(form: Form, fields: Sequence[Field], raw: Sequence[Raw], show: str, found: Found) -> Sequence[Native]:
    """Rows, or records one by one where a field is missing from some: one that we may not see is no blank.

    `show` is the address of the app's records up to the id.
    """
    make = _maker(form, show)
    names = [field.column.name for field in fields]
    readers = [(field.code, _reader(field, found)) for field in fields]
    try:
        cells = [[read(record[code]["value"]) for code, read in readers] for record in raw]
    except KeyError:
        return [make(record, _seen(record, names, readers)) for record in raw]
    return Rows(
        ids=[record["$id"]["value"] for record in raw],
        versions=[record["$revision"]["value"] for record in raw],
        cells=cells,
        places={name: place for place, name in enumerate(names)},
        native=lambda place: make(raw[place], dict(zip(names, cells[place], strict=True))),
    )


def _seen(record: Raw, names: Sequence[str], readers: Sequence[tuple[str, Reader]]) -> NativeValues:
    pairs = zip(names, readers, strict=True)
    return {name: read(record[code]["value"]) for name, (code, read) in pairs if code in record}


def _reader(field: Field, found: Found) -> Reader:
    if not field.refers or field.lookup is None:
        return field.read
    ids = found.get((field.lookup.app, field.lookup.key), {})
    # a key that no record has any more: an id that nothing is linked to, neither blank nor edit
    return lambda cell: ids.get(str(cell), f"?{cell}") if cell else None


def _maker(form: Form, show: str) -> Callable[[Raw, NativeValues], Native]:
    key = form.settings.key

    def make(record: Raw, values: NativeValues) -> Native:
        id = record["$id"]["value"]
        return Native(
            id=id,
            values=values,
            version=record["$revision"]["value"],
            modified_at=_stamp(record, form.updated),
            created_at=_stamp(record, form.created),
            key=(record[key]["value"] or None) if key and key in record else None,
            url=show + id,
        )

    return make


def _stamp(record: Raw, code: str) -> datetime | None:
    cell = record.get(code)
    return datetime.fromisoformat(cell["value"]) if cell and cell["value"] else None
