"""The mapping against what the records and the abilities of the live systems show: warnings beside the schema's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connector.errors import Finding
from connector.mapping.model import EntityMapping, ObjectMapping, SameRecord
from connector.model import FieldType

RARELY = 0.05  # a column that no more of the records fill is worth a word
FEW = 20  # fewer records say nothing about a column
# Boxes and opt-outs are empty for nearly everybody, and rightly so.
OFTEN_EMPTY = frozenset({FieldType.CONSENT, FieldType.BOOLEAN})
NO_KEY = {
    "hubspot": "mapping.warn.no_key_hubspot",
    "salesforce": "mapping.warn.no_key_salesforce",
    "kintone": "mapping.warn.no_key_kintone",
    "sql": "mapping.warn.no_key_sql",
}


def sources(mapping: EntityMapping, at: ObjectMapping) -> dict[str, tuple[str, ...]]:
    """Field -> the columns of one object that it is read from, for the fields that people are expected to fill."""
    return {
        name: tuple(filter(None, columns))
        for name, columns in at.columns.items()
        if not isinstance(columns, SameRecord)
        and at.system in mapping.fields[name].sources
        and mapping.fields[name].type not in OFTEN_EMPTY
    }


def rarely_filled(
    mapping: EntityMapping, at: ObjectMapping, records: int, rates: Mapping[str, float | None]
) -> Iterator[Finding]:
    """Fields whose columns hardly any of `records` fills; `rates` are between 0 and 1, by column."""
    for name, columns in sources(mapping, at).items() if records >= FEW else ():
        known = [rate for column in columns if (rate := rates.get(column)) is not None]
        if known and max(known) < RARELY:
            facts = {
                "system": at.system,
                "object": at.object,
                "names": list(columns),
                "field": name,
                "percent": f"{max(known):.1%}",
                "count": f"{records:,}",
            }
            yield Finding("mapping.warn.rarely_filled", mapping.file, mapping.fields[name].line, None, facts)


def creates_without_key(mapping: EntityMapping, kinds: Mapping[str, str]) -> Iterator[Finding]:
    """Objects in which records may be made although their system has no field for our key.

    `kinds` has the kind of each such system.
    """
    for at in mapping.objects:
        if at.create and kinds.get(at.system) in NO_KEY:
            facts = {"system": at.system, "object": at.object}
            yield Finding(NO_KEY[kinds[at.system]], mapping.file, facts=facts)
