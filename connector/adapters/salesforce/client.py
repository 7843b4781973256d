"""`simple-salesforce`, put on our one way to a vendor.

It gets a session that looks like one of `requests` and sends through `Wire`: deadlines, size caps, bounded retries, the
budget and the blanking of secrets hold for it too. It never sees an answer that is no success, nor a token: its own
retry after a 401, which drops headers and may not end, and its errors, which carry whole queries, never come to work.
Its Bulk code is not used (docs/decisions/0016-salesforce.md); those calls go over the wire directly.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, cast
from urllib.parse import urlsplit

from pydantic import SecretStr

from connector.adapters.http import Answer, Budget, Expect, Fixed, Limits, Lost, Rule, Said, Wire
from connector.adapters.salesforce import failures
from connector.adapters.salesforce.failures import Declined
from connector.adapters.salesforce.settings import SalesforceSettings
from connector.errors import ConnectorError, Fatal, Transient

USAGE = re.compile(r"\bapi-usage=(\d+)/(\d+)")
# The last version of the API with a login() of its own.
SOAP_VERSION = "64.0"
# What the client sends of its own accord and the wire does without: its token is a stand-in, and blanks cost time.
NOT_SENT = frozenset({"authorization", "x-prettyprint", "content-type"})


class _LostOnTheWay(Exception):
    """Carries a lost write through the client."""

    def __init__(self, lost: Lost) -> None:
        super().__init__("lost")
        self.lost = lost


class _Response:
    """An answer as `requests` would show it."""

    def __init__(self, answer: Answer, url: str) -> None:
        self.status_code, self.headers, self.content, self.url = answer.status, answer.headers, answer.body, url
        self._answer = answer

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    def json(self, **_: Any) -> Any:
        return self._answer.json()


class Session:
    """What the client takes for a session of `requests`. Whatever host it asks for, the wire has its own."""

    def __init__(self, wire: Wire, *, expect: Expect = Expect.JSON, keep: frozenset[str] = frozenset()) -> None:
        self.proxies: dict[str, str] = {}
        self.headers: dict[str, str] = {}
        self._wire, self._expect, self._keep = wire, expect, keep

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        data: Mapping[str, str] | str | None = None,
        headers: Mapping[str, str] | None = None,
        reading: bool | None = None,
        **_: Any,
    ) -> _Response:
        """`reading` tells a POST that changes nothing; other calls tell by their method."""
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        call = self._wire.read if (method == "GET" if reading is None else reading) else self._wire.write
        kept = {n: v for n, v in (headers or {}).items() if n.lower() not in NOT_SENT or n.lower() in self._keep}
        answer = call(
            method,
            path,
            params=params,
            json=json,
            data=data if isinstance(data, Mapping) else None,
            content=data.encode() if isinstance(data, str) else None,
            headers=kept,
            expect=self._expect,
        )
        if isinstance(answer, Lost):
            raise _LostOnTheWay(answer)
        if not answer.ok:
            raise declined(self._wire, answer)
        if self._expect is Expect.JSON and answer.body and not isinstance(answer.json(), dict | list):
            # the client would stumble over it
            raise _LostOnTheWay(Lost(f"{answer.status}: this is no answer of Salesforce"))
        return _Response(answer, url)

    def get(self, url: str, **given: Any) -> _Response:
        return self.request("GET", url, **given)

    def post(self, url: str, data: Any = None, **given: Any) -> _Response:
        return self.request("POST", url, data=data, **given)


def declined(wire: Wire, answer: Answer, said: Callable[[Answer], Said] = failures.said) -> Declined:
    told = said(answer)
    return Declined(answer.status, told.code, wire.words(told.words))


class SignIn:
    """A token, fetched when first needed and again when it is refused."""

    def __init__(self, system: str, settings: SalesforceSettings, make: Callable[..., Wire]) -> None:
        self._system, self._settings = system, settings
        self._wire = make(auth=Fixed({}), rules=failures.SIGN_IN, said=failures.said_at_sign_in)
        self._lock = threading.Lock()
        self._token: SecretStr | None = None

    def headers(self) -> Mapping[str, str]:
        with self._lock:
            if self._token is None:
                self._token = self._fetch()
            return {"Authorization": f"Bearer {self._token.get_secret_value()}"}

    def renew(self) -> bool:
        with self._lock:
            self._token = self._fetch()
        return True

    def _fetch(self) -> SecretStr:
        try:
            token = self._login()
        except ConnectorError:
            raise
        except Declined as refused:
            words = f"{refused.status} {refused.code} {refused.words}"
        except Exception as error:  # of the client, of XML, of a key library: their words may repeat what we sent
            words = f"no token came of it ({type(error).__name__})"
            if self._settings.private_key is not None:
                words += ": is private_key an RSA key in PEM form?"
        else:
            if isinstance(token, str) and token:
                return SecretStr(token)
            words = "no token in the answer"
        raise Fatal("adapter.denied", system=self._system, answer=words)

    def _login(self) -> Any:
        from simple_salesforce.login import SalesforceLogin

        s = self._settings
        if s.password is not None:
            soap = Session(self._wire, expect=Expect.ANY, keep=frozenset({"content-type"}))
            token = s.security_token.get_secret_value() if s.security_token else ""
            return SalesforceLogin(
                username=s.username,
                password=s.password.get_secret_value(),
                security_token=token,
                sf_version=SOAP_VERSION,
                session=cast(Any, _Reading(soap)),
            )[0]
        assert s.client_id is not None
        oauth = cast(Any, _Reading(Session(self._wire, keep=frozenset({"authorization"}))))
        client = s.client_id.get_secret_value()
        if s.private_key is not None:
            key = s.private_key.get_secret_value()
            domain = "test" if s.sandbox else "login"
            return SalesforceLogin(
                username=s.username, consumer_key=client, privatekey=key, domain=domain, session=oauth
            )[0]
        assert s.client_secret is not None
        secret = s.client_secret.get_secret_value()
        return SalesforceLogin(consumer_key=client, consumer_secret=secret, domain="my", session=oauth)[0]

    def close(self) -> None:
        self._wire.close()


class _Reading:
    """A session whose posts change nothing: a sign-in may be tried again."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def post(self, url: str, data: Any = None, **given: Any) -> _Response:
        return self._session.post(url, data=data, reading=True, **given)


class Client:
    """Calls to one org. Reads give JSON, writes JSON or Lost; both raise Declined, Transient or Fatal."""

    def __init__(
        self,
        system: str,
        settings: SalesforceSettings,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.system, self.sleep, self.monotonic, self.jitter = system, sleep, monotonic, jitter
        self._settings = settings
        limits = Limits(attempt=settings.timeout, call=2.5 * settings.timeout, concurrent=settings.concurrent)

        def make(**given: Any) -> Wire:
            return Wire(
                system,
                settings.url,
                limits=limits,
                secrets=settings.secrets,
                sleep=sleep,
                monotonic=monotonic,
                jitter=jitter,
                **given,
            )

        self._sign_in = SignIn(system, settings, make)
        self.budget = Budget(system, share=settings.daily_share, monotonic=monotonic)
        rules: tuple[Rule, ...] = failures.CALLS
        self.wire = make(
            auth=self._sign_in, rules=rules, said=failures.said, budget=self.budget, answered=self._answered
        )
        self._base = f"/services/data/v{settings.api_version}/"
        self._last = threading.local()

    @cached_property
    def _client(self) -> Any:
        from simple_salesforce.api import Salesforce  # it brings a SOAP stack that takes half a second to load

        return Salesforce(
            session_id="-",
            instance_url="https://org.invalid",
            version=self._settings.api_version,
            session=cast(Any, Session(self.wire)),
            object_pairs_hook=None,
        )

    def _answered(self, answer: Answer) -> None:
        """Every answer tells how much of the day is used, and what time it is at Salesforce."""
        usage = USAGE.search(answer.headers.get("Sforce-Limit-Info", ""))
        if usage is not None:
            self.budget.told(int(usage[1]), int(usage[2]))
        try:
            self._last.time = parsedate_to_datetime(answer.headers.get("Date", "")).astimezone(UTC)
        except (TypeError, ValueError):
            self._last.time = None

    def server_time(self) -> datetime | None:
        """What the clock of the org showed when it gave this thread its last answer."""
        found = getattr(self._last, "time", None)
        return found if isinstance(found, datetime) else None

    def query(self, soql: str, *, deleted: bool, size: int) -> Any:
        """The first page of a query; `deleted` includes what lies in the recycle bin."""
        hint = {"Sforce-Query-Options": f"batchSize={max(200, size)}"}
        with self._found():
            tree = self._client.query(soql, include_deleted=deleted, headers=hint)
        return self.shaped(tree, "records", "done")

    def more(self, address: str, *, size: int) -> Any:
        """The page that `nextRecordsUrl` names."""
        hint = {"Sforce-Query-Options": f"batchSize={max(200, size)}"}
        with self._found():
            tree = self._client.query_more(address, identifier_is_url=True, headers=hint)
        return self.shaped(tree, "records", "done")

    def read(self, path: str, *names: str, params: Mapping[str, str] | None = None) -> Any:
        """A call that changes nothing, to a path below the version. The answer has these names."""
        return self.shaped(self._asked(path, params=params), *names)

    def records(self, object: str, ids: Sequence[str], columns: Sequence[str]) -> list[Any]:
        """The records with these ids, in their order, and None for each that is not there."""
        asked = {"ids": list(ids), "fields": list(columns)}
        tree = self._asked(f"composite/sobjects/{object}", method="POST", json=asked)
        found = tree if isinstance(tree, list) else []
        if len(found) != len(ids) or not all(_record(one) for one in found):
            raise Transient("adapter.unreachable", system=self.system, answer="an answer without records")
        return found

    def _asked(self, path: str, **given: Any) -> Any:
        with self._found():
            return self._client.restful(path, reading=True, **given)

    @contextmanager
    def _found(self) -> Iterator[None]:
        """A reading whose answer is no answer may be tried again."""
        try:
            yield
        except _LostOnTheWay as lost:
            error = Transient("adapter.unreachable", system=self.system, answer=lost.lost.words)
        else:
            return
        raise error

    def shaped(self, tree: Any, *names: str) -> Any:
        """The tree, which is an object with these names. Raises Transient for what is JSON and no answer of the org."""
        if not isinstance(tree, Mapping) or any(tree.get(name) is None for name in names):
            words = f"an answer without {' and '.join(names)}"
            raise Transient("adapter.unreachable", system=self.system, answer=words)
        return tree

    def whose(self) -> str:
        """The id of the org that our user belongs to. Raises Fatal where the app may not ask."""
        status, found = self._userinfo()
        if not found.get("organization_id"):
            raise Fatal("adapter.denied", system=self.system, answer=f"{status}: the org cannot be named")
        return str(found["organization_id"])

    def username(self) -> str:
        """The name that our user signs in with, or "" where the app may not ask."""
        return str(self._userinfo()[1].get("preferred_username") or "")

    def _userinfo(self) -> tuple[int, Mapping[str, Any]]:
        answer = self.wire.read("GET", "/services/oauth2/userinfo")
        found = answer.tree() if answer.ok else None
        return answer.status, found if isinstance(found, dict) else {}

    def write(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any | Lost:
        try:
            return self._client.restful(path, params=params, method=method, json=json, headers=headers or {})
        except _LostOnTheWay as lost:
            return lost.lost

    def raw(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | None = None,
        reading: bool = True,
        expect: Expect = Expect.JSON,
    ) -> Answer | Lost:
        """A call of Bulk API 2.0. `content` is CSV."""
        headers = {"Content-Type": "text/csv; charset=UTF-8"} if content is not None else {}
        if expect is Expect.ANY:
            headers["Accept"] = "text/csv"
        call = self.wire.read if reading else self.wire.write
        answer = call(
            method, self._base + path, params=params, json=json, content=content, headers=headers, expect=expect
        )
        if isinstance(answer, Answer) and not answer.ok:
            raise declined(self.wire, answer)
        return answer

    def close(self) -> None:
        self.wire.close()
        self._sign_in.close()


def _record(one: Any) -> bool:
    """A record, or None for one that is not there."""
    return one is None or (isinstance(one, Mapping) and "Id" in one)
