"""The adapter to HubSpot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from difflib import get_close_matches

from connector.adapters import cursor as cursors
from connector.adapters.contract import (
    Adapter,
    Capabilities,
    Cursor,
    Identity,
    Native,
    Outcome,
    Page,
    Reaction,
    Refusal,
    Refused,
    Shape,
    User,
    Write,
)
from connector.adapters.hubspot import owners, reactions, tasks
from connector.adapters.hubspot.api import BATCH, HISTORY_BATCH, LIST_PAGE, Api, Timing
from connector.adapters.hubspot.associations import Associations
from connector.adapters.hubspot.reading import Place, Reader
from connector.adapters.hubspot.schema import Type, Types
from connector.adapters.hubspot.settings import HubSpotObject, HubSpotSettings
from connector.adapters.hubspot.writing import Writer, is_id
from connector.errors import Fatal, Rejected

# A look-up by our unique property is not documented to be immediate; a lost create is judged after this.
VISIBILITY_LAG = timedelta(seconds=60)
PAGES = {"contacts": "0-1", "companies": "0-2", "deals": "0-3"}  # in addresses of the user interface


def hubspot_adapter(name: str, settings: HubSpotSettings, timing: Timing | None = None) -> Adapter:
    """The adapter for the system `name`. Connects to nothing yet."""
    return HubSpotAdapter(name, settings, timing or Timing())


class HubSpotAdapter:
    """No write is conditional here: the engine reads a record again just before it writes, we look back just after."""

    def __init__(self, name: str, settings: HubSpotSettings, timing: Timing) -> None:
        self.name = name
        self.can = Capabilities(
            delete=settings.delete and not settings.read_only,
            reports_deletes=True,
            version_check=False,
            compares_before=False,
            external_key=settings.keyed,
            history=HISTORY_BATCH if settings.check_history else 0,
            incremental=True,
            page=LIST_PAGE,
            read_batch=BATCH,
            write_batch=BATCH,
            time_resolution=timedelta(milliseconds=1),
            visibility_lag=VISIBILITY_LAG,
            overlap=timedelta(seconds=settings.overlap),
        )
        self._settings = settings
        self._api = Api(name, settings, timing)
        self._types = Types(self._api, settings)
        self._links = Associations(self._api)
        self._home: str | None = None

    def __repr__(self) -> str:
        return f"HubSpotAdapter(name={self.name!r})"

    @property
    def calls(self) -> dict[str, int]:
        """The calls made so far, by kind."""
        return dict(self._api.calls)

    def check(self) -> Identity:
        account = self._api.account()
        portal = str(account.get("portalId") or "")
        if not portal:
            raise Fatal("adapter.refused_call", system=self.name, object="account", answer="no portalId")
        self._home = f"https://{account.get('uiDomain') or 'app.hubspot.com'}/contacts/{portal}/record"
        return Identity(portal, f"HubSpot {portal}")

    def describe(self, object: str) -> Shape:
        if object == owners.OBJECT:
            return Shape(object, owners.COLUMNS)
        return Shape(object, tuple(self._types.now(object).columns.values()))

    def pull(self, object: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        if object == owners.OBJECT:
            yield from self._owners(fields, since)
            return
        place = Place.read(self.name, object, since) if since is not None else None
        type = self._types.of(object, fields)
        reader = self._reader(type, fields)
        if place is None:
            yield from reader.everything()
        else:
            yield from reader.since(place, self.can.overlap, timedelta(seconds=self._settings.deletes_every))

    def get(self, object: str, by: str, values: Sequence[str], fields: Sequence[str]) -> list[Native]:
        key = self._settings.key_of(object)
        if by not in ("id", "key") or (by == "key" and key is None):
            raise Rejected("adapter.no_lookup", system=self.name, object=object, by=by)
        if object == owners.OBJECT:
            asked = set(values)
            return [
                one for page in owners.pages(self._api, self._owner_fields(fields)) for one in page if one.id in asked
            ]
        wanted = [value for value in dict.fromkeys(values) if (is_id(value) if by == "id" else _says(value))]
        type = self._types.of(object, fields)
        return self._reader(type, fields).get(wanted, key if by == "key" else None)

    def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
        if not writes:
            return []
        if self._settings.read_only or object == owners.OBJECT:
            return [Refused(Refusal.DENIED, "this system is configured read-only")] * len(writes)
        if object == "task":
            news, places, outcomes = tasks.split(writes)
            if news:
                made = self._writer(tasks.OBJECT).push(news)
                outcomes.update(zip(places, made, strict=True))
            return [outcomes[place] for place in range(len(writes))]
        return self._writer(object).push(writes)

    def reactions(self, object: str) -> list[Reaction]:
        return reactions.reactions(self._api, PAGES.get(object, object))

    def users(self) -> list[User]:
        return owners.users(self._api)

    def close(self) -> None:
        self._api.close()

    # --- inside -----------------------------------------------------------------------------------------------

    def _reader(self, type: Type, fields: Sequence[str]) -> Reader:
        return Reader(self._api, self._links, type, fields, self._page_of(type.object))

    def _writer(self, object: str) -> Writer:
        own = self._settings.objects.get(object, HubSpotObject())
        return Writer(
            self._api,
            self._links,
            self._types.of(object),
            delete=self.can.delete,
            backwards=own.lifecycle_backwards,
            check_history=self._settings.check_history,
            url=self._page_of(object),
        )

    def _page_of(self, object: str) -> str | None:
        """The address of a record for people, but for its id: known once the account is."""
        place = PAGES.get(object, object if object.startswith("2-") else None)
        return f"{self._home}/{place}/" if self._home is not None and place is not None else None

    def _owners(self, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        """All of them, every time: there are few."""
        if since is not None:
            cursors.decode("hubspot", self.name, owners.OBJECT, since)
        names = self._owner_fields(fields)
        held: list[Native] | None = None
        for page in owners.pages(self._api, names):
            if held:
                yield Page(held)
            held = page
        yield Page(held or [], (), cursors.encode("hubspot", self.name, owners.OBJECT))

    def _owner_fields(self, fields: Sequence[str]) -> Sequence[str]:
        known = [column.name for column in owners.COLUMNS]
        for name in fields:
            if name not in known:
                near = get_close_matches(name, known, 1, 0.5)
                facts = {"object": owners.OBJECT, "column": name, "nearest": near[0] if near else "-"}
                raise Fatal("adapter.no_column", system=self.name, **facts)
        return fields


def _says(key: str) -> bool:
    try:
        return bool(key.encode())
    except UnicodeEncodeError:
        return False
