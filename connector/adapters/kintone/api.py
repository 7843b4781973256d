"""The calls that we make to kintone, one function each: paths, tokens, bodies."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from pydantic import SecretStr

from connector.adapters.http import Answer, Budget, Fixed, Limits, Lost, Wire
from connector.adapters.kintone import failures
from connector.adapters.kintone.oauth import OAuth
from connector.adapters.kintone.settings import MOST_TOKENS, AppSettings, KintoneSettings
from connector.errors import Fatal

# An address over 8 KB fails; kintone's own client changes over here.
LONGEST_ADDRESS = 4096
USERS = 100  # in one answer, at most
TOKEN = "X-Cybozu-API-Token"  # noqa: S105  a header's name


class Api:
    """Raises Transient and Fatal as `Wire` does; reading also Fatal for what kintone refuses."""

    def __init__(
        self,
        system: str,
        settings: KintoneSettings,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.system = system
        self._settings = settings
        self._by_app = {app.app: app for app in settings.apps.values()}
        limits = Limits(attempt=settings.timeout, call=3 * settings.timeout, concurrent=settings.concurrent)
        self._auth = _auth(system, settings, limits, sleep, monotonic)
        self.wire = Wire(
            system,
            settings.url,
            auth=self._auth,
            rules=failures.RULES,
            said=failures.said,
            limits=limits,
            budget=Budget(system, day=settings.day_calls, share=settings.share, monotonic=monotonic),
            secrets=_secrets(settings),
            sleep=sleep,
            monotonic=monotonic,
        )

    # --- reading ----------------------------------------------------------------------------------------------

    def app_name(self, object: str, app: AppSettings) -> str:
        return str(self._get(object, app, "app.json", {"id": app.app}).json().get("name", ""))

    def properties(self, object: str, app: AppSettings) -> Mapping[str, Any]:
        answer = self._get(object, app, "app/form/fields.json", {"app": app.app}, kind="describe")
        found: Mapping[str, Any] = answer.json().get("properties", {})
        return found

    def states(self, object: str, app: AppSettings) -> list[str]:
        """The states of the process, in order."""
        states = self._get(object, app, "app/status.json", {"app": app.app}, kind="describe").json().get("states") or {}
        return sorted(states, key=lambda name: int(states[name].get("index", 0)))

    def notifications(self, object: str, app: AppSettings, which: str) -> list[Mapping[str, Any]]:
        """`which` is general or perRecord."""
        answer = self._get(object, app, f"app/notifications/{which}.json", {"app": app.app}, kind="check")
        return list(answer.json().get("notifications") or ())

    def users(self) -> list[Mapping[str, Any]] | None:
        """Every user of the domain, also those who were stopped; None where we may not ask."""
        if self._settings.user is None:  # tokens are of one app, and there is no such scope for OAuth
            return None
        found: list[Mapping[str, Any]] = []
        while True:
            params = {"size": str(USERS), "offset": str(len(found))}
            answer = self.wire.read("GET", "/v1/users.json", params=params, kind="users")
            if not answer.ok:
                return None
            page = answer.json()["users"]
            found += page
            if len(page) < USERS:
                return found

    def records(
        self, object: str, app: AppSettings, query: str, codes: Sequence[str], *, kind: str
    ) -> tuple[list[Mapping[str, Any]], datetime | None]:
        """The records, and the server's own time."""
        answer = self._get(object, app, "records.json", {"app": app.app, "query": query, "fields": codes}, kind=kind)
        return answer.json()["records"], _date(answer)

    def exists(self, object: str, app: AppSettings, id: str) -> bool:
        """False only when kintone itself says that there is no such record: one that we may not see does exist."""
        path, headers = self._path(app, "record.json"), self._tokens(app)
        answer = self.wire.read("GET", path, params={"app": app.app, "id": id}, headers=headers, kind="sweep")
        return answer.ok or failures.said(answer).code != "GAIA_RE01"

    def _get(
        self, object: str, app: AppSettings, resource: str, params: Mapping[str, Any], *, kind: str = "check"
    ) -> Answer:
        query: list[tuple[str, str]] = []
        for name, value in params.items():
            listed = [(f"{name}[{n}]", str(one)) for n, one in enumerate(value)] if isinstance(value, list) else None
            query += listed if listed is not None else [(name, str(value))]
        path, headers = self._path(app, resource), self._tokens(app)
        if len(path) + len(urlencode(query)) <= LONGEST_ADDRESS:
            answer = self.wire.read("GET", path, params=dict(query), headers=headers, kind=kind)
        else:
            override = {**headers, "X-HTTP-Method-Override": "GET"}
            answer = self.wire.read("POST", path, json=dict(params), headers=override, kind=kind)
        if not answer.ok:
            raise self.refused(object, answer)
        return answer

    def refused(self, object: str, answer: Answer) -> Fatal:
        """Why a whole call was refused."""
        told = failures.said(answer)
        words = self.wire.words(f"{answer.status} {told.code} {told.words}")
        facts = {"system": self.system, "object": object, "answer": words}
        if told.code in failures.NO_APP:
            return Fatal("adapter.no_object", **facts, table=object, nearest="-")
        return Fatal("adapter.denied" if answer.status in (401, 403) else "adapter.call_refused", **facts)

    # --- writing ----------------------------------------------------------------------------------------------

    def create(self, app: AppSettings, records: Sequence[Any], related: Iterable[int]) -> Answer | Lost:
        return self._send("POST", app, "records.json", {"app": app.app, "records": list(records)}, related)

    def update(self, app: AppSettings, records: Sequence[Any], related: Iterable[int]) -> Answer | Lost:
        return self._send("PUT", app, "records.json", {"app": app.app, "records": list(records)}, related)

    def delete(self, app: AppSettings, ids: Sequence[str], revisions: Sequence[int]) -> Answer | Lost:
        body = {"app": app.app, "ids": list(ids), "revisions": list(revisions)}
        return self._send("DELETE", app, "records.json", body, ())

    def together(self, app: AppSettings, requests: Sequence[Any], related: Iterable[int]) -> Answer | Lost:
        """Several writes in one transaction; each is (method, resource, payload)."""
        parts = [
            {"method": method, "api": self._path(app, resource), "payload": payload}
            for method, resource, payload in requests
        ]
        return self._send("POST", app, "bulkRequest.json", {"requests": parts}, related)

    def _send(
        self, method: str, app: AppSettings, resource: str, body: Mapping[str, Any], related: Iterable[int]
    ) -> Answer | Lost:
        headers = self._tokens(app, related)
        return self.wire.write(method, self._path(app, resource), json=body, headers=headers, kind="push")

    # --- common -----------------------------------------------------------------------------------------------

    def show(self, app: AppSettings) -> str:
        """The address of an app's records for people, up to the id."""
        guest = f"guest/{app.guest_space}/" if app.guest_space else ""
        return f"{self._settings.url}/k/{guest}{app.app}/show#record="

    def close(self) -> None:
        self.wire.close()
        if isinstance(self._auth, OAuth):
            self._auth.close()

    def _path(self, app: AppSettings, resource: str) -> str:
        return f"/k/guest/{app.guest_space}/v1/{resource}" if app.guest_space else f"/k/v1/{resource}"

    def _tokens(self, app: AppSettings, related: Iterable[int] = ()) -> dict[str, str]:
        """The app's own token, and those of the apps that its lookups read; no other app's leaves us."""
        wanted = [app, *(self._by_app[id] for id in dict.fromkeys(related) if id in self._by_app and id != app.app)]
        tokens = [one.token.get_secret_value() for one in wanted if one.token is not None][:MOST_TOKENS]
        return {TOKEN: ",".join(tokens)} if tokens else {}


def _auth(
    system: str,
    settings: KintoneSettings,
    limits: Limits,
    sleep: Callable[[float], None],
    monotonic: Callable[[], float],
) -> OAuth | Fixed:
    if settings.oauth is not None:
        return OAuth(system, settings.url, settings.oauth, limits, sleep, monotonic)
    headers: dict[str, SecretStr] = {}
    if settings.user is not None and settings.password is not None:
        headers["X-Cybozu-Authorization"] = _pair(settings.user, settings.password)
    if settings.basic is not None:
        pair = _pair(settings.basic.user, settings.basic.password)
        headers["Authorization"] = SecretStr(f"Basic {pair.get_secret_value()}")
    return Fixed(headers)


def _pair(user: str, password: SecretStr) -> SecretStr:
    return SecretStr(base64.b64encode(f"{user}:{password.get_secret_value()}".encode()).decode())


def _secrets(settings: KintoneSettings) -> list[str]:
    held = [app.token for app in settings.apps.values()]
    held += [settings.password, settings.basic.password if settings.basic else None]
    return [secret.get_secret_value() for secret in held if secret is not None]


def _date(answer: Answer) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers.get("Date", "")).astimezone(UTC)
    except (TypeError, ValueError):
        return None
