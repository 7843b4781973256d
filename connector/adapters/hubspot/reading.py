"""Full loads by the list, increments by search, deletions out of the recycle bin.

Search is asked for what was modified since a moment, in the order of the record ids, page after page behind the last
id. So no wall of 10,000 results is met; no record is missed because another one moved; and what the index still holds
of a record does not matter. Its total is never used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.adapters import cursor as cursors
from connector.adapters.contract import Cursor, Deleted, Gone, Merged, Native, Page
from connector.adapters.hubspot import associations, values
from connector.adapters.hubspot.api import (
    BATCH,
    LINK_BATCH,
    LIST_PAGE,
    LONGEST_QUERY,
    SEARCH_BODY,
    SEARCH_PAGE,
    Api,
    Found,
    Record,
    size_of,
)
from connector.adapters.hubspot.schema import ASSOCIATIONS, MERGED, Decoder, Type, split
from connector.errors import Fatal, Transient
from connector.model import NativeValue

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STALE_INDEX = timedelta(hours=1)  # a cursor never stands nearer to now than the last record seen, or than this


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pull stands: `at` is what was read up to, `bin` when the recycle bin was looked at."""

    at: datetime
    bin: datetime

    @classmethod
    def read(cls, system: str, object: str, cursor: Cursor) -> Place:
        found = cursors.decode("hubspot", system, object, cursor)
        return cls(
            cursors.stamp("hubspot", system, object, found.get("at")),
            cursors.stamp("hubspot", system, object, found.get("bin")),
        )

    def text(self, system: str, object: str) -> Cursor:
        return cursors.encode("hubspot", system, object, at=self.at.isoformat(), bin=self.bin.isoformat())


class Reader:
    """Reads one object with these columns."""

    def __init__(
        self, api: Api, links: associations.Associations, type: Type, fields: Sequence[str], link: str | None
    ) -> None:
        self._api, self._links, self._type, self._url = api, links, type, link
        self.properties, self.others = split(fields)
        self._decoders: list[tuple[str, Decoder | None]] = [
            (name, values.decoder(type.columns[name].kind)) for name in self.properties
        ]
        self._names = list(dict.fromkeys((*self.properties, *type.extra)))

    # --- pulls ------------------------------------------------------------------------------------------------

    def everything(self) -> Iterator[Page]:
        """Every record by the list, and everything in the recycle bin."""
        return self._pages(self._listed(), None, timedelta(0), timedelta(0))

    def since(self, place: Place, overlap: timedelta, between_bins: timedelta) -> Iterator[Page]:
        return self._pages(self._searched(place.at - overlap), place, overlap, between_bins)

    def _pages(
        self, found: Iterator[Found], place: Place | None, overlap: timedelta, between_bins: timedelta
    ) -> Iterator[Page]:
        began: datetime | None = None
        newest = place.at if place is not None else None
        waiting: list[Record] = []
        held: Page | None = None
        for page in found:
            if began is None:
                began = page.at
                self._possible(place, began, overlap)
            stamps = [at for record in page.records if (at := _stamp(record)) is not None]
            newest = max([*stamps, *([newest] if newest is not None else [])], default=None)
            waiting += page.records
            # associations are asked for a thousand records at a time
            if self.others and len(waiting) < LINK_BATCH and page.after is not None:
                continue
            for made in self._made(waiting):
                if held is not None:
                    yield held
                held = made
            waiting = []
        if held is None:
            held = Page([])
        bin = self._bin(place, began, overlap, between_bins)
        following = Place(_next(began, newest), began or EPOCH) if bin is not None else None
        if following is None:
            assert place is not None
            following = Place(_next(began, newest), place.bin)
        gone = [*held.gone, *(bin or ())]
        yield Page(held.records, gone, following.text(self._api.system, self._type.object))

    def _possible(self, place: Place | None, now: datetime | None, overlap: timedelta) -> None:
        if place is None or now is None:
            return
        if max(place.at, place.bin) > now + max(overlap, timedelta(minutes=5)):
            at = max(place.at, place.bin).isoformat()
            raise Fatal("adapter.future_cursor", system=self._api.system, object=self._type.object, at=at)

    def _listed(self) -> Iterator[Found]:
        names = self._names if sum(map(len, self._names)) + len(self._names) < LONGEST_QUERY else []
        after: str | None = None
        while True:
            page = self._api.listed(self._type.object, names or ["hs_object_id"], after)
            yield page if names or not self._names else self._filled(page)
            if page.after is None:
                return
            if page.after == after:
                raise Transient("adapter.unreachable", system=self._api.system, answer="the list does not go on")
            after = page.after

    def _searched(self, at: datetime) -> Iterator[Found]:
        since = {"propertyName": self._type.modified, "operator": "GTE", "value": str(_milliseconds(at))}
        last = ""
        while True:
            behind = [{"propertyName": "hs_object_id", "operator": "GT", "value": last}] if last else []
            body: dict[str, Any] = {
                "filterGroups": [{"filters": [since, *behind]}],
                "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
                "properties": self._names,
                "limit": SEARCH_PAGE,
            }
            few = size_of(body) < SEARCH_BODY
            page = self._api.search(self._type.object, body if few else {**body, "properties": ["hs_object_id"]})
            ids = [int(record["id"]) for record in page.records]
            if ids != sorted(set(ids)) or (ids and last and ids[0] <= int(last)):
                raise Transient("adapter.unreachable", system=self._api.system, answer="search results out of order")
            more = page.after is not None or len(ids) >= SEARCH_PAGE
            page = Found(page.records, "more" if more and ids else None, page.at)
            yield page if few else self._filled(page)
            if page.after is None:
                return
            last = str(ids[-1])

    def _filled(self, page: Found) -> Found:
        """The same records with all their properties: the names are too long for the request that found them."""
        return Found(self._read([str(record["id"]) for record in page.records]), page.after, page.at)

    def _made(self, records: Sequence[Record]) -> Iterator[Page]:
        natives = self.natives(records)
        gone = [self._merged(record) for record in records]
        for begin in range(0, len(natives), LIST_PAGE):
            some = slice(begin, begin + LIST_PAGE)
            yield Page(natives[some], [one for several in gone[some] for one in several])

    def _merged(self, record: Record) -> list[Gone]:
        """The records that went into this one: HubSpot keeps their ids for ever."""
        ids = str(record["properties"].get(MERGED) or "").split(";")
        return [Merged(id, str(record["id"])) for id in ids if id and id != str(record["id"])]

    def _bin(
        self, place: Place | None, now: datetime | None, overlap: timedelta, between: timedelta
    ) -> list[Gone] | None:
        """What was moved to the recycle bin since it was last looked at; None when it is not yet time for that."""
        if place is not None and now is not None and between and now - place.bin < between:
            return None
        since = place.bin - overlap if place is not None else None
        gone: list[Gone] = []
        after: str | None = None
        while True:
            page = self._api.listed(self._type.object, ["hs_object_id"], after, archived=True)
            for record in page.records:
                at = values.moment(str(record.get("archivedAt") or ""))
                if since is None or not isinstance(at, datetime) or at >= since:
                    gone.append(Deleted(str(record["id"])))
            if page.after is None or page.after == after:
                return gone
            after = page.after

    # --- records ----------------------------------------------------------------------------------------------

    def get(self, wanted: Sequence[str], by: str | None) -> list[Native]:
        found: list[Record] = []
        for begin in range(0, len(wanted), BATCH):
            some = wanted[begin : begin + BATCH]
            found += self._read(some, by)
        asked = set(wanted)
        mine = {str(r["id"]): r for r in found if (str(r["id"]) if by is None else r["properties"].get(by)) in asked}
        return self.natives(list(mine.values()))

    def _read(self, ids: Sequence[str], by: str | None = None) -> list[Record]:
        found: list[Record] = []
        for begin in range(0, len(ids), BATCH):
            found += self._api.read(self._type.object, ids[begin : begin + BATCH], self._names, by=by)
        return [record for record in found if not record.get("archived")]

    def natives(self, records: Sequence[Record]) -> list[Native]:
        linked: list[tuple[str, Mapping[str, Mapping[str, bool]]]] = []
        for other in self.others:
            ids = [str(record["id"]) for record in records]
            found = self._links.of(self._type.object, other, ids) if ids else {}
            linked.append((f"{ASSOCIATIONS}{other}", found))
        return [self.native(record, linked) for record in records]

    def native(self, record: Record, linked: Sequence[tuple[str, Mapping[str, Mapping[str, bool]]]] = ()) -> Native:
        """A record with exactly the columns asked for that the answer contains."""
        properties, id = record["properties"], str(record["id"])
        cells: dict[str, NativeValue] = {}
        for name, decode in self._decoders:
            if name in properties:
                text = properties[name]
                if text is None or text == "":
                    cells[name] = None
                else:
                    cells[name] = text if decode is None else decode(text)
        for column, found in linked:
            cells[column] = associations.shown(found.get(id, {}))
        key = self._type.key
        return Native(
            id,
            cells,
            None,
            _stamp(record),
            _read_stamp(record.get("createdAt")),
            (properties.get(key) or None) if key is not None else None,
            f"{self._url}{id}" if self._url else None,
        )


def _stamp(record: Record) -> datetime | None:
    return _read_stamp(record.get("updatedAt"))


def _read_stamp(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def _milliseconds(at: datetime) -> int:
    return max(0, (at - EPOCH) // timedelta(milliseconds=1))


def _next(began: datetime | None, newest: datetime | None) -> datetime:
    """Where the next pull starts: never behind the last record seen, and not far behind when nothing happens.

    Search may be late by more than the overlap when HubSpot's index is ill: then no newer record is seen either.
    """
    if began is None:
        return newest or EPOCH
    return min(began, max(newest or EPOCH, began - STALE_INDEX))
