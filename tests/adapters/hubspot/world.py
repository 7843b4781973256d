"""A HubSpot account on loopback with the adapter in front, as the conformance suite wants it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connector.adapters.contract import Adapter
from connector.adapters.hubspot.adapter import HubSpotAdapter, hubspot_adapter
from connector.adapters.hubspot.api import Timing
from connector.adapters.hubspot.settings import HubSpotSettings
from tests.adapters.contract import Failure, Names
from tests.fakes.hubspot import App, HubSpot, Property, Rates
from tests.fakes.serving import Clock, Fault, Faults, Request, Serving

TOKEN = "pat-na1-canary-5ecret-t0ken"
CLIENT_SECRET, REFRESH = "canary-cl1ent-5ecret", "na1-canary-refre5h"
KEY = "connector_id"


@dataclass(frozen=True, slots=True)
class Nature:
    """What kind of account it is, and what the adapter is told of it."""

    object: str = "contacts"
    text: str = "lastname"
    other: str = "jobtitle"
    key: str | None = KEY
    version: str = "v3"
    oauth: bool = False
    index_lag: float = 0.0
    rates: Rates = field(default_factory=Rates)
    settings: Mapping[str, Any] = field(default_factory=dict)


def is_push(request: Request) -> bool:
    return (
        request.path.endswith(("batch/create", "batch/update", "batch/archive")) and "associations" not in request.path
    )


def is_get(request: Request) -> bool:
    return (
        request.path.endswith("batch/read")
        and "associations" not in request.path
        and b"propertiesWithHistory" not in request.body
    )


def is_pull(request: Request) -> bool:
    listed = request.method == "GET" and "/objects/" in request.path and "batch" not in request.path
    return listed or request.path.endswith("/search")


KINDS = {"pull": is_pull, "get": is_get, "push": is_push}


class HubSpotWorld:
    def __init__(self, nature: Nature | None = None, folder: Path | None = None, faults: Faults | None = None) -> None:
        self.nature = nature = nature or Nature()
        self.object = nature.object
        self.names = Names(nature.text, nature.other, "size_number", "met_on", "met_at")
        self.clock = Clock(datetime(2026, 4, 1, 9, 0, tzinfo=UTC))
        self.vendor = HubSpot(self.clock, rates=nature.rates, index_lag=nature.index_lag)
        self.portal = self.vendor.portal
        self.slept: list[float] = []
        if nature.object not in self.portal.kinds:
            own = (Property("title", label="件名", defined=False), Property("note", defined=False))
            self.portal.add_kind(nature.object, "2-1001", own, ["title"])
        for property in (
            Property("size_number", "number", "人数", defined=False),
            Property("met_on", "date", "面談日", defined=False),
            Property("met_at", "datetime", "面談日時", defined=False),
            Property("tags", "enumeration", "興味", ("製品A", "製品B", "製品C"), several=True, defined=False),
            Property("vip", "bool", "重要", defined=False),
        ):
            self.portal.add_property(nature.object, property)
        for kind in self.portal.kinds:
            if nature.key is not None and kind != "tasks":
                self.portal.add_property(kind, Property(nature.key, label="連携ID", unique=True, defined=False))
        self.kind = self.portal.kind(nature.object)
        self.folder = folder
        self.secrets: tuple[str, ...] = (TOKEN,)
        if nature.oauth:
            assert folder is not None
            self.vendor.app = App("client-1", CLIENT_SECRET, REFRESH)
            self.secrets = (CLIENT_SECRET, REFRESH, "CNaccess", "na1-refresh")
        else:
            self.vendor.tokens[TOKEN] = None
        self.serving = Serving(self.vendor, faults=faults, clock=self.clock)
        self.serving.__enter__()
        self.adapters: list[HubSpotAdapter] = []
        self.adapter: HubSpotAdapter = self.another()

    def another(self, **more: Any) -> HubSpotAdapter:
        """A second adapter to the same account; `more` are settings."""
        nature = self.nature
        settings: dict[str, Any] = {
            "url": self.serving.url, "version": nature.version, "key": nature.key, "delete": True, "timeout": 2,
            **nature.settings,
        }  # fmt: skip
        if nature.oauth:
            settings["oauth"] = {
                "client_id": "client-1", "client_secret": CLIENT_SECRET, "refresh_token": REFRESH,
                "token_file": str(self.folder / "token.json") if self.folder else "",
            }  # fmt: skip
        else:
            settings["token"] = TOKEN
        timing = Timing(self._sleep, lambda: self.clock.now.timestamp(), lambda low, high: high)
        adapter = hubspot_adapter("ma", HubSpotSettings.model_validate({**settings, **more}), timing)
        assert isinstance(adapter, HubSpotAdapter)
        self.adapters.append(adapter)
        return adapter

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))

    def close(self) -> None:
        for adapter in self.adapters:
            adapter.close()
        self.serving.stop()

    # --- users at work ----------------------------------------------------------------------------------------

    def seed(self, values: Mapping[str, Any]) -> str:
        usual = {"contacts": {"firstname": "花子"}, "companies": {"domain": "example.jp"}}.get(
            self.object, {"title": "-"}
        )
        given = {**usual, **{name: _text(value) for name, value in values.items()}}
        if self.object not in ("contacts", "companies") and not given.get("title"):
            record = self.portal.create(self.kind, {**given, "title": "-"}, by="CRM_UI")
            self.portal.update(self.kind, record, {"title": ""}, by="CRM_UI")
            return record.id
        return self.portal.create(self.kind, given, by="CRM_UI").id

    def edit_behind(self, id: str, values: Mapping[str, Any], *, ago: timedelta = timedelta(0)) -> None:
        record = self.portal.living(self.kind, id)
        at = self.portal.stamp() - ago
        self.portal.update(self.kind, record, {n: _text(v) for n, v in values.items()}, by="CRM_UI", at=at)

    def delete_behind(self, id: str) -> None:
        self.portal.archive(self.kind, id)

    def advance(self, by: timedelta) -> None:
        self.clock.advance(by)

    def count(self) -> int:
        return sum(record.archived is None for record in self.portal.records[self.kind.name].values())

    def calls(self, call: str) -> int:
        return self.serving.count(KINDS[call])

    @contextmanager
    def failing(self, how: Failure, *, skip: int = 0) -> Iterator[None]:
        match how:
            case "throttled":
                rule = self.serving.faults.during(Fault.THROTTLED, is_push if skip else lambda r: True, skip=skip)
            case "denied":
                rule = self.serving.faults.during(Fault.DENIED, lambda r: "oauth" not in r.path)
            case "lost":
                rule = self.serving.faults.during(Fault.CUT_AFTER, is_push)
        with rule:
            yield

    def stranger(self) -> Adapter:
        if self.nature.oauth:
            other = {
                "client_id": "client-1", "client_secret": CLIENT_SECRET, "refresh_token": REFRESH + "x",
                "token_file": str(self.folder / "other.json") if self.folder else "",
            }  # fmt: skip
            return self.another(oauth=other)
        return self.another(token=TOKEN + "x")

    def fit(self, column: str, value: Any) -> Any:
        return None if value == "" else value


def _text(value: Any) -> Any:
    return "" if value is None else value
