"""A kintone with users at work and the adapter in front, as the conformance suite wants it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.adapters.contract import Adapter
from connector.adapters.kintone.adapter import KintoneAdapter
from connector.adapters.kintone.settings import KintoneSettings
from tests.adapters.contract import Failure, Names
from tests.fakes.kintone import Kintone, Token
from tests.fakes.serving import Fault, Request, Serving

NAMES = Names(text="メモ", other="会社名", number="見積金額", date="受注予定日", moment="次回連絡日時")
FIELDS: dict[str, Any] = {
    "メモ": {"type": "MULTI_LINE_TEXT"},
    "会社名": {"type": "SINGLE_LINE_TEXT"},
    "見積金額": {"type": "NUMBER"},
    "受注予定日": {"type": "DATE"},
    "次回連絡日時": {"type": "DATETIME"},
    "連携キー": {"type": "SINGLE_LINE_TEXT", "unique": True},
}
APP = 7
TOKEN, PASSWORD, OUTER = "canary-t0ken-0123456789abcdef", "canary-passw0rd-ÜÄ", "canary-0uter"
CLIENT_SECRET, REFRESH = "canary-client-secret", "canary-refresh-token"
SMALL: dict[str, Any] = {"page": 3, "read_batch": 4, "write_batch": 5, "overlap": 180}


@dataclass(frozen=True)
class Setting:
    """How the adapter is told to come in, and what it is told about the app."""

    app: dict[str, Any] = field(default_factory=dict)
    system: dict[str, Any] = field(default_factory=dict)
    way: str = "token"  # token | password | oauth


def ways(way: str) -> dict[str, Any]:
    match way:
        case "password":
            return {
                "user": "sync", "password": PASSWORD, "basic": {"user": "outer", "password": OUTER},
            }  # fmt: skip
        case "oauth":
            return {"oauth": {"client_id": "l.1.abc", "client_secret": CLIENT_SECRET, "refresh_token": REFRESH}}
        case _:
            return {}


def is_push(request: Request) -> bool:
    """A write of records: reading goes by GET, or says that it is one."""
    writes = request.method in ("POST", "PUT", "DELETE") and "x-http-method-override" not in request.headers
    return writes and request.path.startswith("/k/") and "cursor" not in request.path


class KintoneWorld:
    def __init__(self, setting: Setting | None = None, *, small: bool = True) -> None:
        self.setting = setting or Setting()
        self.object, self.names = "顧客管理", NAMES
        self.secrets = (TOKEN, PASSWORD, OUTER, CLIENT_SECRET, REFRESH, "access-canary")
        self.kintone = Kintone()
        self.kintone.app(APP, "顧客管理", FIELDS, guest_space=self.setting.app.get("guest_space"))
        self._open()
        self.serving = Serving(self.kintone, clock=self.kintone.clock)
        self.serving.__enter__()
        self._small = SMALL if small else {}
        self.adapters: list[KintoneAdapter] = []
        self.adapter: Adapter = self.made()

    def made(self, *, token: str = TOKEN, password: str = PASSWORD, **more: Any) -> KintoneAdapter:
        app = {"app": APP, "key": "連携キー", **self.setting.app}
        told = ways(self.setting.way)
        if self.setting.way == "token":
            app["token"] = token
        if "password" in told:
            told["password"] = password
        if "oauth" in told and password != PASSWORD:
            told["oauth"] = {**told["oauth"], "refresh_token": password}
        settings = KintoneSettings.model_validate(
            {"url": self.serving.url, "apps": {self.object: {k: v for k, v in app.items() if v is not None}},
             "delete": True, **self._small, **told, **self.setting.system, **more}
        )  # fmt: skip
        adapter = KintoneAdapter("sfa", settings, sleep=lambda seconds: None)
        self.adapters.append(adapter)
        return adapter

    def close(self) -> None:
        for adapter in self.adapters:
            adapter.close()
        self.serving.stop()

    def _open(self) -> None:
        self.kintone.tokens = {TOKEN: Token(APP)}
        self.kintone.users = {"sync": PASSWORD}
        self.kintone.clients = {("l.1.abc", CLIENT_SECRET): REFRESH}

    def seed(self, values: Mapping[str, Any]) -> str:
        return self.kintone.seed(APP, values)

    def edit_behind(self, id: str, values: Mapping[str, Any], *, ago: timedelta = timedelta(0)) -> None:
        self.kintone.edit(APP, id, values, ago=ago)

    def delete_behind(self, id: str) -> None:
        self.kintone.delete(APP, id)

    def advance(self, by: timedelta) -> None:
        self.kintone.clock.advance(by)

    def count(self) -> int:
        return len(self.kintone.apps[APP].records)

    def calls(self, call: str) -> int:
        kinds: dict[str, Callable[[Request], bool]] = {
            "push": is_push,
            "pull": lambda request: "order by" in request.params.get("query", ""),
            "get": lambda request: " in (" in request.params.get("query", ""),
        }
        return self.serving.count(kinds[call])

    @contextmanager
    def failing(self, how: Failure, *, skip: int = 0) -> Iterator[None]:
        if how == "denied":
            self.kintone.tokens, self.kintone.users, self.kintone.clients = {}, {}, {}
            self.kintone.access.clear()
            try:
                yield
            finally:
                self._open()
            return
        fault = Fault.THROTTLED if how == "throttled" else Fault.CUT_AFTER
        every = how == "throttled" and not skip
        with self.serving.faults.during(fault, (lambda request: True) if every else is_push, skip=skip):
            yield

    def stranger(self) -> Adapter:
        return self.made(token=TOKEN + "x", password=PASSWORD + "x")

    def fit(self, column: str, value: Any) -> Any:
        match value:
            case "":
                return None
            case datetime():
                return value.astimezone(UTC).replace(second=0, microsecond=0)
            case _:
                return value
