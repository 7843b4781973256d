"""The adapter to kintone. docs/vendors/kintone.md tells what each of its quirks is and what is done about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from connector.adapters import cursor as cursors
from connector.adapters.contract import (
    Adapter,
    Capabilities,
    Copies,
    Cursor,
    Deleted,
    Gone,
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
from connector.adapters.kintone import query
from connector.adapters.kintone.api import Api
from connector.adapters.kintone.copies import stale
from connector.adapters.kintone.form import Form, form
from connector.adapters.kintone.reactions import reactions
from connector.adapters.kintone.records import natives
from connector.adapters.kintone.references import References
from connector.adapters.kintone.settings import TASK, AppSettings, KintoneSettings
from connector.adapters.kintone.sweep import Ids
from connector.adapters.kintone.users import users
from connector.adapters.kintone.writing import Writer, is_id
from connector.errors import Fatal, Rejected

FUTURE = timedelta(hours=1)
SWEEP_PAGE = 500
JUST_NOW = 60.0  # seconds for which a form that was looked at serves the next step of a run
CONFIRMED = 200  # vanished records that one sweep asks for one by one; the next goes on


def kintone_adapter(
    name: str,
    settings: KintoneSettings,
    *,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> Adapter:
    """The adapter for the system `name`. Connects to nothing yet."""
    return KintoneAdapter(name, settings, sleep=sleep, monotonic=monotonic)


class KintoneAdapter:
    """An object is an app, by the name that it has in `apps:` or by its id; `task` makes tasks."""

    def __init__(
        self,
        name: str,
        settings: KintoneSettings,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.can = Capabilities(
            delete=settings.delete and not settings.read_only,
            reports_deletes=settings.sweep_hours is not None,
            version_check=True,
            compares_before=False,
            external_key=all(app.key for app in settings.apps.values()),
            history=0,
            incremental=True,
            page=settings.page,
            read_batch=settings.read_batch,
            write_batch=settings.write_batch,
            time_resolution=timedelta(minutes=1),
            visibility_lag=timedelta(0),
            overlap=timedelta(seconds=settings.overlap),
        )
        self._settings = settings
        self._api = Api(name, settings, sleep, monotonic)
        self._forms: dict[str, Form] = {}
        self._monotonic = monotonic
        self._looks: dict[tuple[str, str], float] = {}  # object and step -> when

    @property
    def calls(self) -> Mapping[str, int]:
        """The calls made so far, by kind."""
        return self._api.wire.budget.counts

    def check(self) -> Identity:
        names = []
        for object, app in self._settings.apps.items():
            names.append(self._api.app_name(object, app))
            self._seen(object, "check", self._load(object))
        host = urlsplit(self._settings.url).netloc
        return Identity(self._settings.url, f"{host} ({'、'.join(names)})")

    def describe(self, object: str) -> Shape:
        return self._just_seen(object, "check", states=True).shape()

    def user(self) -> str:
        """What an API token does shows as done by Administrator."""
        return self._settings.user or ("" if self._settings.oauth is not None else "Administrator")

    def reactions(self, object: str) -> Iterator[Reaction]:
        return reactions(self._api, object, self._app(object))

    def users(self) -> list[User] | None:
        listed = self._api.users()
        return None if listed is None else users(listed)

    def copies(self, object: str, most: int) -> list[Copies]:
        app, form = self._app(object), self._known(object, ())
        names = {one.app: name for name, one in self._settings.apps.items()}
        sources = {id: self._known(names[id], ()) for id in form.related() if id in names}
        return stale(self._api, form, sources, self._api.show(app), min(most, self.can.page))

    # --- reading ----------------------------------------------------------------------------------------------

    def pull(self, object: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        app = self._app(object)
        place = {} if since is None else self._place(object, app, since)
        at = cursors.stamp("kintone", self.name, object, place["at"]) if place.get("at") else None
        form = self._just_seen(object, "describe")  # codes are looked up: kintone answers 200 to unknown ones
        wanted = form.known(self.name, fields)
        conditions = [query.since(form.updated, at)] if at is not None else []
        references, began, seen, last = self._references(), None, Ids(), 0
        while True:
            asked = query.page(conditions, last, self.can.page)
            raw, now = self._api.records(object, app, asked, form.codes(wanted), kind="pull")
            began = began or now
            if at is not None and now is not None and at > now + FUTURE:
                raise Fatal("adapter.future_cursor", system=self.name, object=object, at=at.isoformat())
            for record in raw:
                last = max(last, int(record["$id"]["value"]))
                if self._settings.sweep_hours is not None:
                    seen.add(int(record["$id"]["value"]))
            records = natives(form, wanted, raw, self._api.show(app), references.seek(wanted, raw))
            if len(raw) < self.can.page:
                gone, swept = self._swept(object, app, place, seen, began)
                yield Page(records, gone, self._cursor(object, app, began, swept))
                return
            yield Page(records)

    def get(self, object: str, by: str, values: Sequence[str], fields: Sequence[str]) -> list[Native]:
        app = self._app(object)
        if by not in ("id", "key") or (by == "key" and not app.key):
            raise Rejected("adapter.no_lookup", system=self.name, object=object, by=by)
        form = self._known(object, fields)
        wanted = form.known(self.name, fields)
        column = "$id" if by == "id" else str(app.key)
        asked = [v for v in dict.fromkeys(values) if (is_id(v) if by == "id" else v and query.quotable(v))]
        found: list[Native] = []
        references = self._references()
        for begin in range(0, len(asked), self.can.read_batch):
            batch = asked[begin : begin + self.can.read_batch]
            text = f"{query.one_of(column, batch)} limit {len(batch)}"
            raw, _ = self._api.records(object, app, text, form.codes(wanted), kind="get")
            shown = natives(form, wanted, raw, self._api.show(app), references.seek(wanted, raw))
            # the comparison is kintone's: a key that it takes for equal to ours is another one to us
            found += [one for one in shown if by == "id" or one.key in batch]
        return found

    def sample(self, object: str, fields: Sequence[str], most: int) -> Sequence[Native]:
        app, form = self._app(object), self._known(object, fields)
        wanted, references = form.known(self.name, fields), self._references()
        asked = f"order by $id desc limit {min(most, self.can.page)}"
        raw, _ = self._api.records(object, app, asked, form.codes(wanted), kind="sample")
        return natives(form, wanted, raw, self._api.show(app), references.seek(wanted, raw))

    # --- writing ----------------------------------------------------------------------------------------------

    def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
        self._app(object)
        if not writes:
            return []
        if self._settings.read_only:
            return [Refused(Refusal.DENIED, "this system is configured read-only")] * len(writes)
        names = {name for write in writes for name in getattr(write, "values", ())}
        form = self._known(object, sorted(names))
        writer = Writer(self._api, form, self._references(), self.can.write_batch, delete=self.can.delete)
        return writer.write(writes)

    def close(self) -> None:
        self._api.close()

    # --- apps and forms ---------------------------------------------------------------------------------------

    def _app(self, object: str) -> AppSettings:
        """The app of an object. Raises Fatal when there is none."""
        apps = self._settings.apps
        if object in apps:
            return apps[object]
        if object == TASK and self._settings.task is not None:
            return apps[self._settings.task.object]
        by_id = [app for app in apps.values() if str(app.app) == object]
        if by_id:
            return by_id[0]
        if is_id(object) and all(app.token is None for app in apps.values()):
            return AppSettings(app=int(object))  # a user may see it; a token opens its own app only
        near = get_close_matches(object, list(apps), 1, 0.5)
        raise Fatal(
            "adapter.no_object", system=self.name, object=object, table=object, nearest=near[0] if near else "-"
        )

    def _load(self, object: str, *, states: bool = False) -> Form:
        app = self._app(object)
        properties = self._api.properties(object, app)
        process = any(spec.get("type") == "STATUS" and spec.get("enabled") for spec in properties.values())
        found = form(
            object,
            app,
            properties,
            states=self._api.states(object, app) if process and states else (),
            apps=frozenset(one.app for one in self._settings.apps.values()),
        )
        self._check_key(found)
        if object == TASK and self._settings.task is not None:
            found = found.renamed(TASK, self._settings.task.fields)
        self._forms[object] = found
        return found

    def _seen(self, object: str, step: str, found: Form) -> Form:
        self._looks[object, step] = self._monotonic()
        return found

    def _just_seen(self, object: str, after: str, *, states: bool = False) -> Form:
        """The form that the step before has just loaded, once; else as it is now. A run checks, describes and pulls."""
        at = self._looks.pop((object, after), None)
        found = self._forms.get(object)
        fresh = at is not None and 0 <= self._monotonic() - at < JUST_NOW
        if found is None or not fresh or (states and any(f.type == "STATUS" for f in found.fields.values())):
            found = self._load(object, states=states)
        return self._seen(object, "describe", found) if states else found

    def _known(self, object: str, names: Sequence[str]) -> Form:
        """The form as last seen, or as it is now when it lacked one of these names."""
        held = self._forms.get(object)
        return held if held is not None and all(name in held.fields for name in names) else self._load(object)

    def _check_key(self, found: Form) -> None:
        """Our key must be unique in kintone's own eyes: nothing else prevents a second create."""
        key = found.settings.key
        if key is None:
            return
        (field,) = found.known(self.name, [key])
        if field.type != "SINGLE_LINE_TEXT" or not field.unique:
            raise Fatal("adapter.key_unfit", system=self.name, object=found.object, column=key)

    def _references(self) -> References:
        names = {app.app: name for name, app in self._settings.apps.items()}
        return References(self._api, lambda app: self._known(names[app], ()))

    # --- cursors ----------------------------------------------------------------------------------------------

    def _place(self, object: str, app: AppSettings, since: Cursor) -> Mapping[str, Any]:
        place = cursors.decode("kintone", self.name, object, since)
        if place.get("app") != app.app:
            raise Fatal("adapter.foreign_cursor", system=self.name, object=object)
        return place

    def _cursor(self, object: str, app: AppSettings, began: datetime | None, swept: Mapping[str, str]) -> Cursor:
        """Where the next pull starts: the server's own time when this one began, less the overlap."""
        at = (began - self.can.overlap).isoformat() if began is not None else None
        return cursors.encode("kintone", self.name, object, app=app.app, at=at, **swept)

    def _swept(
        self, object: str, app: AppSettings, place: Mapping[str, Any], seen: Ids, now: datetime | None
    ) -> tuple[list[Gone], dict[str, str]]:
        """What was found to be deleted, and what the cursor must remember of the ids."""
        if self._settings.sweep_hours is None or now is None:
            return [], {}
        if not place.get("at"):  # everything was read: that was a sweep
            return [], {"swept": now.isoformat(), "ids": seen.packed()}
        if not place.get("swept"):
            return [], {"swept": now.isoformat(), "ids": self._every_id(object, app).packed()}
        before = cursors.stamp("kintone", self.name, object, place["swept"])
        try:
            known = Ids.unpacked(str(place.get("ids", "")))
        except ValueError:
            raise Fatal("adapter.foreign_cursor", system=self.name, object=object) from None
        if now - before < timedelta(hours=self._settings.sweep_hours):
            for id in seen.without(known):
                known.add(id)
            return [], {"swept": before.isoformat(), "ids": known.packed()}
        there = self._every_id(object, app)
        gone: list[Gone] = []
        for number, id in enumerate(known.without(there)):
            if number < CONFIRMED and not self._api.exists(object, app, str(id)):
                gone.append(Deleted(str(id)))
            else:
                there.add(id)
        return gone, {"swept": now.isoformat(), "ids": there.packed()}

    def _every_id(self, object: str, app: AppSettings) -> Ids:
        ids, last = Ids(), 0
        while True:
            raw, _ = self._api.records(object, app, query.page([], last, SWEEP_PAGE), ["$id"], kind="sweep")
            for record in raw:
                last = int(record["$id"]["value"])
                ids.add(last)
            if len(raw) < SWEEP_PAGE:
                return ids
