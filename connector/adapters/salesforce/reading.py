"""Pulling: pages of a query in the order of the stamps, resumed where a locator dies, and the feed of deleted ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connector.adapters.contract import Deleted, Gone, Merged, Moved, Native, Rows
from connector.adapters.salesforce.client import Client
from connector.adapters.salesforce.failures import Declined
from connector.adapters.salesforce.layout import Layout, Reader
from connector.adapters.salesforce.soql import quoted, select

# How far back /deleted/ reaches, with a margin for the minutes that pass while we ask.
REACH = timedelta(days=15) - timedelta(minutes=5)
SHORTEST = timedelta(minutes=2)  # the feed wants more than a minute between start and end
RESUMES = 5

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """What a pull asks: everything of an object from a stamp on, deleted records included where there is a bin."""

    layout: Layout
    columns: tuple[str, ...]
    since: datetime | None

    @property
    def deleted(self) -> bool:
        return self.layout.has("IsDeleted")

    def soql(self, after: Record | None = None, *, ordered: bool = True) -> str:
        """`after` is the last record that was read."""
        layout, where = self.layout, []
        stamp = layout.stamp
        if stamp is not None and self.since is not None:
            where.append(f"{stamp} >= {quoted(self.since)}")
        if after is not None and stamp is not None:
            at, id = quoted(datetime.fromisoformat(after[stamp])), quoted(after["Id"])
            where.append(f"({stamp} > {at} OR ({stamp} = {at} AND Id > {id}))")
        elif after is not None:
            where.append(f"Id > {quoted(after['Id'])}")
        if layout.has("IsArchived"):
            where.append("IsArchived = false")  # old tasks, which nobody can change any more
        order = [*filter(None, (stamp,)), "Id"] if ordered else []
        return select((*layout.told, *self.columns), layout.object, where, order)


@dataclass(frozen=True, slots=True)
class Begun:
    """The first page, how many records there are, and what the org's clock showed."""

    records: list[Record]
    total: int
    more: str | None  # where the next page is
    now: datetime | None


def begin(client: Client, query: Query, size: int) -> Begun:
    answer = client.query(query.soql(), deleted=query.deleted, size=size)
    return Begun(answer["records"], answer["totalSize"], _next(answer), client.server_time())


def rest(client: Client, query: Query, begun: Begun, size: int) -> Iterator[list[Record]]:
    """The pages after the first. A query that the org forgot is asked anew from the last record on."""
    last, more, resumed = begun.records[-1:], begun.more, 0
    while more is not None:
        try:
            answer = client.more(more, size=size)
        except Declined as refused:
            if refused.code != "INVALID_QUERY_LOCATOR" or resumed >= RESUMES or not last:
                raise
            resumed += 1
            answer = client.query(query.soql(last[0]), deleted=query.deleted, size=size)
        records, more = answer["records"], _next(answer)
        last = records[-1:] or last
        yield records


def whole(client: Client, soql: str) -> list[Record]:
    """Every record of a query that has not many."""
    answer = client.query(soql, deleted=False, size=2000)
    records = list(answer["records"])
    while (more := _next(answer)) is not None:
        answer = client.more(more, size=2000)
        records += answer["records"]
    return records


def _next(answer: Mapping[str, Any]) -> str | None:
    """The page may be short with more to come: only `done` tells."""
    return None if answer["done"] else str(answer["nextRecordsUrl"])


@dataclass(slots=True)
class Sorter:
    """Tells living records from those that are gone, over the pages of one pull.

    `listed` are the ids of the feed of deletes that no page has shown yet: the bin may have been emptied since.
    """

    layout: Layout
    listed: dict[str, None] = field(default_factory=dict)

    def sort(self, records: Sequence[Record]) -> tuple[list[Record], list[Gone]]:
        layout, listed = self.layout, self.listed
        living: list[Record] = []
        gone: list[Gone] = []
        for record in records:
            if listed:
                listed.pop(record["Id"], None)
            left = departed(layout, record)
            if left is None:
                living.append(record)
            else:
                gone.append(left)
        return living, gone

    def never_shown(self) -> list[Gone]:
        return [Deleted(id) for id in self.listed]


def departed(layout: Layout, record: Record) -> Gone | None:
    """Where a record went, or None where it is here: to the bin, into another one, or from lead to contact."""
    id = record["Id"]
    if record.get("IsDeleted"):
        winner = record.get("MasterRecordId")
        return Merged(id, winner) if winner else Deleted(id)
    contact = record.get("ConvertedContactId")
    if record.get("IsConverted") and contact:
        return Moved(id, "Contact", contact)
    return None


def deletes(client: Client, layout: Layout, since: datetime | None, now: datetime | None) -> dict[str, None]:
    """The ids that the feed of deletes lists; records undeleted since may be among them."""
    if not layout.replicated or now is None:
        return {}
    start = max(now - REACH, since) if since is not None else now - REACH
    return dict.fromkeys(_deleted_between(client, layout.object, min(start, now - SHORTEST), now))


def _deleted_between(client: Client, object: str, start: datetime, end: datetime) -> list[str]:
    params = {"start": _minute(start), "end": _minute(end)}
    try:
        answer = client.read(f"sobjects/{object}/deleted/", "deletedRecords", params=params)
    except Declined as refused:
        if refused.code == "INVALID_REPLICATION_DATE":
            return []  # the feed began later than this; the recycle bin, which the query reads, still tells
        if refused.code != "EXCEEDED_ID_LIMIT" or end - start <= 2 * SHORTEST:
            raise
        half = start + (end - start) / 2
        return _deleted_between(client, object, start, half) + _deleted_between(client, object, half, end)
    return [one["id"] for one in answer["deletedRecords"]]


def _minute(at: datetime) -> str:
    """Seconds are not looked at there."""
    return at.strftime("%Y-%m-%dT%H:%M:00+00:00")


def natives(reader: Reader, records: Sequence[Record]) -> Sequence[Native]:
    """Records as the engine wants them: plain rows where every record has every column."""
    cells = reader.cells(records)
    if cells is None:
        return [reader.native(record) for record in records]
    return Rows(
        ids=[record["Id"] for record in records],
        versions=[None] * len(records),
        cells=cells,
        places={name: place for place, name in enumerate(reader.fields)},
        native=lambda position: reader.native(records[position]),
    )
