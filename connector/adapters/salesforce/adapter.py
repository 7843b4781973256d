"""The adapter to Salesforce: REST for what is small or has just changed, Bulk API 2.0 for what is large."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any
from urllib.parse import quote

from connector.adapters import cursor as cursors
from connector.adapters.contract import (
    Adapter,
    Capabilities,
    Cursor,
    Gone,
    Identity,
    Native,
    New,
    Outcome,
    Page,
    Reaction,
    Refusal,
    Refused,
    Shape,
    User,
    Write,
)
from connector.adapters.salesforce import bulk, people, reactions, reading, tasks
from connector.adapters.salesforce.client import Client
from connector.adapters.salesforce.failures import Declined
from connector.adapters.salesforce.layout import Layout, Reader, known, layout_of, reader
from connector.adapters.salesforce.settings import SalesforceSettings
from connector.adapters.salesforce.soql import among, long_id, select
from connector.adapters.salesforce.writing import Pushing
from connector.errors import Fatal, Rejected

NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
LONGEST_QUERY = 6_000  # bytes of conditions in one address; 16,384 are the limit for address and headers together
FIRST = datetime(1999, 3, 8, tzinfo=UTC)  # before this there was no org
MISSING_LOOKUP = frozenset({"INVALID_FIELD", "INVALID_TYPE", "NOT_FOUND"})


def salesforce_adapter(name: str, settings: SalesforceSettings) -> Adapter:
    """The adapter for the system `name`. Connects to nothing yet."""
    return SalesforceAdapter(name, settings)


class SalesforceAdapter:
    def __init__(
        self,
        name: str,
        settings: SalesforceSettings,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.name = name
        self.can = Capabilities(
            delete=settings.delete and not settings.read_only,
            reports_deletes=True,
            version_check=False,  # a batch takes no condition, and one call per record would eat the day's calls
            compares_before=False,
            external_key=settings.external_key is not None,
            history=0,
            incremental=True,
            page=settings.page,
            read_batch=settings.read_batch,
            write_batch=settings.write_batch,
            time_resolution=timedelta(seconds=1),
            # a call whose answer was lost may work on for ten minutes, the vendor's own limit
            visibility_lag=timedelta(minutes=10),
            overlap=timedelta(seconds=settings.overlap),
        )
        self._settings = settings
        self._client = Client(name, settings, sleep=sleep, monotonic=monotonic, jitter=jitter)
        self._layouts: dict[str, Layout] = {}

    def check(self) -> Identity:
        notes = ("adapter.password_ends",) if self._settings.password is not None else ()
        try:
            found = self._client.query(select(("Id", "Name"), "Organization"), deleted=False, size=200)["records"]
            if found:
                return Identity(found[0]["Id"], found[0]["Name"], notes)
        except Declined as refused:
            if refused.code not in MISSING_LOOKUP:
                raise Fatal("adapter.denied", system=self.name, answer=f"{refused.code} {refused.words}") from None
        # a user that may not see the organisation's record still knows whose user it is
        return Identity(self._client.whose(), notes=notes)

    def describe(self, object: str) -> Shape:
        self._layouts.pop(object, None)
        layout = self._layout(object)
        needed = layout.object != tasks.OBJECT and not layout.takes_key
        return Shape(object, layout.columns, unkeyed=self._settings.external_key if needed else None)

    def user(self) -> str:
        return self._client.username()

    def users(self) -> list[User]:
        try:
            return people.users(self._client)
        except Declined as refused:
            raise refused.error(self.name, "User") from None

    def reactions(self, object: str) -> list[Reaction]:
        layout = self._layout(object)
        try:
            return reactions.reactions(self._client, layout.object)
        except Declined as refused:
            raise refused.error(self.name, object) from None

    # --- reading ----------------------------------------------------------------------------------------------

    def pull(self, object: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        at = self._since(object, since)
        layout = self._layout(object)
        known(self.name, object, layout, fields)
        query = reading.Query(layout, tuple(fields), at - self.can.overlap if at is not None else None)
        try:
            yield from self._pages(object, query, at)
        except Declined as refused:
            self._layouts.pop(object, None)
            raise refused.error(self.name, object) from None

    def sample(self, object: str, fields: Sequence[str], most: int) -> list[Native]:
        """One query with a limit: a pull of a large object would start a bulk job first."""
        layout = self._layout(object)
        known(self.name, object, layout, fields)
        how = reader(layout, fields, self._settings.url)
        try:
            records = reading.whole(self._client, f"{select((*layout.told, *fields), layout.object)} LIMIT {most}")
        except Declined as refused:
            raise refused.error(self.name, object) from None
        return self._living(layout, how, records)

    def _pages(self, object: str, query: reading.Query, at: datetime | None) -> Iterator[Page]:
        client, layout = self._client, query.layout
        begun = reading.begin(client, query, self.can.page)
        now = begun.now or at or FIRST
        if at is not None and begun.now is not None and at > begun.now + timedelta(hours=1):
            raise Fatal("adapter.future_cursor", system=self.name, object=object, at=at.isoformat())
        sorter = reading.Sorter(layout, reading.deletes(client, layout, query.since, begun.now))
        cursor = cursors.encode("salesforce", self.name, object, at=now.isoformat())
        least = self._settings.bulk_read_from
        by_bulk = begun.more is not None and 0 < least <= begun.total
        how = reader(layout, query.columns, self._settings.url, csv=by_bulk)
        page: Page | None = None
        for batch in self._bulk(query) if by_bulk else self._rest(query, begun):
            living, gone = sorter.sort(batch)
            for more in self._cut(how, living, gone):
                if page is not None:
                    yield page
                page = more
        last = page or Page([])
        yield replace(last, gone=(*last.gone, *sorter.never_shown()), cursor=cursor)

    def _rest(self, query: reading.Query, begun: reading.Begun) -> Iterator[list[Any]]:
        yield list(begun.records)
        yield from reading.rest(self._client, query, begun, self.can.page)

    def _bulk(self, query: reading.Query) -> Iterator[list[Any]]:
        """What tells where a record went is made what JSON would have said."""
        s = self._settings
        texts = bulk.query(
            self._client, query.soql(ordered=False), deleted=query.deleted, page=s.bulk_page, patience=s.bulk_wait
        )
        flags = [name for name in ("IsDeleted", "IsConverted") if query.layout.has(name)]
        for records in texts:
            yield [{**record, **{name: record[name] == "true" for name in flags}} for record in records]

    def _cut(self, how: Reader, living: list[Any], gone: list[Gone]) -> Iterator[Page]:
        """Pages of no more records than declared: the size of a page is only a wish at Salesforce."""
        size = self.can.page
        for begin in range(0, max(1, len(living)), size):
            yield Page(reading.natives(how, living[begin : begin + size]), gone if begin == 0 else ())

    def get(self, object: str, by: str, values: Sequence[str], fields: Sequence[str]) -> list[Native]:
        layout = self._layout(object)
        known(self.name, object, layout, fields)
        how = reader(layout, fields, self._settings.url)
        try:
            match by:
                case "id":
                    return self._by_id(layout, how, values)
                case "key" if layout.key is not None:
                    return self._by_key(layout, layout.key, how, values)
        except Declined as refused:
            self._layouts.pop(object, None)
            raise refused.error(self.name, object) from None
        raise Rejected("adapter.no_lookup", system=self.name, object=object, by=by)

    def _by_id(self, layout: Layout, how: Reader, values: Sequence[str]) -> list[Native]:
        """A malformed id would spoil the call for all the others; it is nobody's."""
        whole = [id for value in values if (id := long_id(value)) is not None and id.startswith(layout.prefix)]
        wanted, size = list(dict.fromkeys(whole)), self.can.read_batch
        columns = list(dict.fromkeys((*layout.told, *how.fields)))
        found: list[Native] = []
        for begin in range(0, len(wanted), size):
            answer = self._client.records(layout.object, wanted[begin : begin + size], columns)
            found += self._living(layout, how, answer)
        return found

    def _by_key(self, layout: Layout, key: str, how: Reader, values: Sequence[str]) -> list[Native]:
        found: list[Native] = []
        columns = (*layout.told, *how.fields)
        wanted = set(values) - {""}
        for batch in _batches(sorted(wanted), self.can.read_batch):
            soql = select(columns, layout.object, [among(key, batch)])
            records = reading.whole(self._client, soql)
            # the comparison there does not tell upper from lower case
            found += [native for native in self._living(layout, how, records) if native.key in wanted]
        return found

    def _living(self, layout: Layout, how: Reader, records: Sequence[Any]) -> list[Native]:
        there = [record for record in records if record is not None]
        return [how.native(record) for record in there if reading.departed(layout, record) is None]

    # --- writing ----------------------------------------------------------------------------------------------

    def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
        if not writes:
            return []
        if self._settings.read_only:
            return [Refused(Refusal.DENIED, "this system is configured read-only")] * len(writes)
        layout = self._layout(object)
        if object == tasks.TASK:
            writes = [tasks.native(write) for write in writes]
        if any(isinstance(write, New) for write in writes):
            self._keyed(object, layout)
        return Pushing(self._client, self._settings, layout, writes).push()

    def _keyed(self, object: str, layout: Layout) -> None:
        """A create needs a field for its key that Salesforce itself keeps unique; a task does without."""
        key = self._settings.external_key
        if key is None or (layout.object == tasks.OBJECT and layout.key is None):
            return
        if layout.key is None:
            raise Fatal("adapter.no_key_field", system=self.name, object=object, column=key)
        if not layout.takes_key:
            raise Fatal("adapter.key_not_unique", system=self.name, object=object, column=key)

    def close(self) -> None:
        self._client.close()

    # --- common -----------------------------------------------------------------------------------------------

    def _layout(self, object: str) -> Layout:
        if object not in self._layouts:
            self._layouts[object] = self._described(object)
        return self._layouts[object]

    def _described(self, object: str) -> Layout:
        name = tasks.OBJECT if object == tasks.TASK else object
        if NAME.fullmatch(name) is None:
            raise self._no_object(object)
        try:
            described = self._client.read(f"sobjects/{quote(name)}/describe", "name", "fields")
        except Declined as refused:
            if refused.code in MISSING_LOOKUP or refused.status == 404:
                raise self._no_object(object) from None
            raise refused.error(self.name, object) from None
        return layout_of(described, self._settings.external_key)

    def _no_object(self, object: str) -> Fatal:
        listed = self._client.read("sobjects", "sobjects")
        near = get_close_matches(object, [one["name"] for one in listed["sobjects"]], 1, 0.5)
        return Fatal(
            "adapter.no_object", system=self.name, object=object, table=object, nearest=near[0] if near else "-"
        )

    def _since(self, object: str, since: Cursor | None) -> datetime | None:
        if since is None:
            return None
        place = cursors.decode("salesforce", self.name, object, since)
        at = cursors.stamp("salesforce", self.name, object, place.get("at"))
        if at < FIRST:
            raise Fatal("adapter.foreign_cursor", system=self.name, object=object)
        return at


def _batches(values: Sequence[str], most: int) -> Iterator[list[str]]:
    """As many texts as go into one address."""
    batch: list[str] = []
    size = 0
    for value in values:
        cost = len(quote(value, safe="")) + 10
        if batch and (size + cost > LONGEST_QUERY or len(batch) >= most):
            yield batch
            batch, size = [], 0
        batch.append(value)
        size += cost
    if batch:
        yield batch
