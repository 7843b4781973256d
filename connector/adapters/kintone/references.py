"""Lookups as references: what a lookup was found by -> the id of the record that has it, and back, in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from connector.adapters.kintone import query
from connector.adapters.kintone.api import Api
from connector.adapters.kintone.form import Field, Form, Lookup

Raw = Mapping[str, Any]
BATCH = 500  # keys in one query: as many as a page has records


def number(key: str) -> str:
    """The id in a record's number.

    >>> number("14"), number("顧客-14")
    ('14', '14')
    """
    return key.rpartition("-")[2]


class References:
    """Remembers what it found for as long as one pull, one get or one push lasts."""

    def __init__(self, api: Api, forms: Callable[[int], Form]) -> None:
        """`forms` gives the form of a configured app by its id."""
        self._api, self._forms = api, forms
        self._ids: dict[tuple[int, str], dict[str, str]] = {}

    def seek(self, fields: Sequence[Field], raw: Sequence[Raw]) -> Mapping[tuple[int, str], Mapping[str, str]]:
        """(app, key field) -> key -> id, for every key in these records that a record of its app has."""
        for field in fields:
            if field.refers and field.lookup is not None:
                cells = (record[field.code]["value"] for record in raw if field.code in record)
                self._find(field.lookup, {str(cell) for cell in cells if cell})
        return self._ids

    def _find(self, lookup: Lookup, keys: Iterable[str]) -> None:
        known = self._ids.setdefault((lookup.app, lookup.key), {})
        form = self._forms(lookup.app)
        missing = sorted(key for key in keys if key not in known and query.quotable(key))
        if form.numbered(lookup.key):
            known.update({key: number(key) for key in missing})
            return
        for begin in range(0, len(missing), BATCH):
            asked = f"{query.one_of(lookup.key, missing[begin : begin + BATCH])} limit {BATCH}"
            raw, _ = self._api.records(form.object, form.settings, asked, ["$id", lookup.key], kind="references")
            known.update({str(record[lookup.key]["value"]): record["$id"]["value"] for record in raw})

    def keys(self, lookup: Lookup, ids: Iterable[str]) -> dict[str, str]:
        """id -> what a lookup must be written with to find that record; ids that no record has are left out."""
        form = self._forms(lookup.app)
        wanted = sorted({id for id in ids if id.isascii() and id.isdecimal()}, key=int)
        found: dict[str, str] = {}
        for begin in range(0, len(wanted), BATCH):
            asked = f"{query.one_of('$id', wanted[begin : begin + BATCH])} limit {BATCH}"
            raw, _ = self._api.records(form.object, form.settings, asked, ["$id", lookup.key], kind="references")
            found.update({r["$id"]["value"]: str(r[lookup.key]["value"]) for r in raw if r[lookup.key]["value"]})
        return found
