"""What lookups copied, beside the records that it was copied from as they are now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from connector.adapters.contract import Copies
from connector.adapters.kintone import query
from connector.adapters.kintone.api import Api
from connector.adapters.kintone.form import Field, Form, Lookup
from connector.adapters.kintone.references import number
from connector.model import NativeValue

Raw = Mapping[str, Any]
EXAMPLES = 3
KEYS = 100  # in one question; what they find may be more, for keys need not be unique
FOUND = 500


def stale(api: Api, form: Form, sources: Mapping[int, Form], show: str, most: int) -> list[Copies]:
    """Of the records that were left alone for longest, at most so many. `sources` are the forms of other apps, by id.

    `show` is the address of the app's records up to the id.
    """
    lookups = [
        (field, field.lookup)
        for field in form.fields.values()
        if field.lookup is not None and not field.refers and field.lookup.copied and field.lookup.app in sources
    ]
    if not lookups:
        return []
    codes = ["$id", *(code for field, lookup in lookups for code in (field.code, *lookup.fills))]
    order = f"order by {form.updated} asc, $id asc" if form.updated else "order by $id asc"
    raw, _ = api.records(form.object, form.settings, f"{order} limit {most}", list(dict.fromkeys(codes)), kind="sample")
    return [one for key, lookup in lookups for one in _of(api, form, key, lookup, sources[lookup.app], raw, show)]


def _of(
    api: Api, form: Form, key: Field, lookup: Lookup, source: Form, raw: Sequence[Raw], show: str
) -> Iterator[Copies]:
    originals = _originals(api, source, lookup, {str(r[key.code]["value"]) for r in raw if _filled(r, key.code)})
    for code, origin in lookup.copied:
        if code not in form.fields or origin not in source.fields:
            continue
        here, there = form.fields[code], source.fields[origin]
        pairs = [
            (record, originals[str(record[key.code]["value"])])
            for record in raw
            if code in record and _filled(record, key.code) and str(record[key.code]["value"]) in originals
        ]
        differ = [
            show + record["$id"]["value"]
            for record, original in pairs
            if origin in original
            and not _alike(here.read(record[code]["value"]), there.read(original[origin]["value"]))
        ]
        if differ:
            label, by = here.column.label or code, key.column.label or key.code
            yield Copies(code, label, by, source.object, len(pairs), len(differ), tuple(differ[:EXAMPLES]))


def _originals(api: Api, source: Form, lookup: Lookup, keys: set[str]) -> dict[str, Raw]:
    """Key -> the one record that has it; a key that several have tells nothing."""
    by_number = source.numbered(lookup.key)
    asked = {number(key): key for key in keys if number(key).isdecimal()} if by_number else {key: key for key in keys}
    column = "$id" if by_number else lookup.key
    wanted = sorted(key for key in asked if query.quotable(key))
    codes = list(dict.fromkeys(["$id", lookup.key, *(origin for _, origin in lookup.copied)]))
    found: dict[str, Raw] = {}
    for begin in range(0, len(wanted), KEYS):
        text = f"{query.one_of(column, wanted[begin : begin + KEYS])} limit {FOUND}"
        records, _ = api.records(source.object, source.settings, text, codes, kind="sample")
        if len(records) == FOUND:  # there may be more of them
            continue
        held = [str(record[column]["value"]) for record in records if column in record]
        often = Counter(held)
        found |= {asked[one]: r for one, r in zip(held, records, strict=True) if often[one] == 1 and one in asked}
    return found


def _filled(record: Raw, code: str) -> bool:
    return code in record and bool(record[code]["value"])


def _alike(copy: NativeValue, original: NativeValue) -> bool:
    """Whether one is a copy of the other; a number may have been copied into text."""
    if copy == original or isinstance(copy, type(original)) or copy is None or original is None:
        return bool(copy == original)
    try:
        return Decimal(str(copy)) == Decimal(str(original))
    except InvalidOperation:
        return str(copy) == str(original)
