"""HubSpot's endpoints as methods: what is asked, what comes back, and how often it may be asked."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from connector.adapters.http import Answer, Auth, Budget, Fixed, Limits, Lost, Wire
from connector.adapters.hubspot import failures
from connector.adapters.hubspot.auth import Refreshing
from connector.adapters.hubspot.paths import Paths
from connector.adapters.hubspot.settings import HubSpotSettings
from connector.errors import Fatal, Transient

LIST_PAGE, SEARCH_PAGE, BATCH, HISTORY_BATCH, LINK_BATCH = 100, 200, 100, 50, 1_000
SEARCH_BODY = 3_000  # characters
LONGEST_QUERY = 6_000  # characters of a list's address; beyond a few thousand the answer is 414
BETWEEN_SEARCHES = 0.21  # seconds: 5 searches a second for the whole account, everybody's together
Inputs = Sequence[Mapping[str, Any]]
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Timing:
    """The waits and clocks of the wire, given by tests."""

    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    jitter: Callable[[float, float], float] = random.uniform


@dataclass(frozen=True, slots=True)
class Found:
    """A page of records. `after` is where the next one starts, None when there is none; `at` is HubSpot's clock."""

    records: list[Record] = field(repr=False)
    after: str | None
    at: datetime | None


class Api:
    """Every method raises Transient or Fatal for the whole call; those that write give Lost when nobody knows."""

    def __init__(self, system: str, settings: HubSpotSettings, timing: Timing) -> None:
        self.system = system
        self._paths = Paths(settings.version)
        self._budget = Budget(
            system, share=settings.daily_share, run=settings.calls_per_run, monotonic=timing.monotonic
        )
        # a burst is over after ten seconds, and no Retry-After says so: 1 + 2 + 4 + 8 + 16 s, or half of it
        call = max(60.0, 3 * settings.timeout)
        self._limits = Limits(attempt=settings.timeout, call=call, attempts=6, first_wait=1.0)
        self._timing = timing
        self._wire = Wire(
            system,
            settings.url,
            auth=self._auth(settings),
            rules=failures.RULES,
            said=failures.said,
            limits=self._limits,
            budget=self._budget,
            answered=self._answered,
            secrets=_secrets(settings),
            sleep=timing.sleep,
            monotonic=timing.monotonic,
            jitter=timing.jitter,
        )
        self._turn = threading.Lock()
        self._next_search = 0.0

    def _auth(self, settings: HubSpotSettings) -> Auth:
        self._token_wire: Wire | None = None
        if settings.oauth is None:
            assert settings.token is not None
            return Fixed({"Authorization": _bearer(settings.token)})
        self._token_wire = Wire(
            self.system,
            settings.url,
            auth=Fixed({}),
            rules=failures.TOKEN_RULES,
            said=failures.said,
            limits=self._limits,
            secrets=_secrets(settings),
            sleep=self._timing.sleep,
            monotonic=self._timing.monotonic,
            jitter=self._timing.jitter,
        )
        path = self._paths.token()
        return Refreshing(self.system, settings.oauth, self._token_wire, path, self._timing.monotonic)

    @property
    def calls(self) -> Mapping[str, int]:
        """The calls made so far, by kind."""
        return self._budget.counts

    def words(self, text: str) -> str:
        return self._wire.words(text)

    def close(self) -> None:
        self._wire.close()
        if self._token_wire is not None:
            self._token_wire.close()

    # --- reading ----------------------------------------------------------------------------------------------

    def account(self) -> Record:
        return self._body(self._wire.read("GET", self._paths.account(), kind="check"))

    def properties(self, type: str) -> list[Record]:
        answer = self._wire.read("GET", self._paths.properties(type), params={"archived": "false"}, kind="describe")
        return self._results(answer, type)

    def listed(self, type: str, names: Sequence[str], after: str | None, *, archived: bool = False) -> Found:
        """A page of all records by id. Unknown names are dropped without a word."""
        params = {"limit": str(LIST_PAGE), "archived": "true" if archived else "false", "properties": ",".join(names)}
        if after is not None:
            params["after"] = after
        return self._found(self._wire.read("GET", self._paths.objects(type), params=params, kind="list"), type)

    def owners(self, after: str | None, *, archived: bool) -> Found:
        params = {"limit": "100", "archived": "true" if archived else "false"}
        if after is not None:
            params["after"] = after
        return self._found(self._wire.read("GET", self._paths.owners(), params=params, kind="list"), "owners")

    def workflows(self, after: str | None) -> Found:
        params = {"limit": "100"} if after is None else {"limit": "100", "after": after}
        answer = self._wire.read("GET", self._paths.workflows(), params=params, kind="check")
        return self._found(answer, "workflows")

    def search(self, type: str, body: Mapping[str, Any]) -> Found:
        """Up to 200 records out of an index that lags. Its total is not to be trusted."""
        with self._turn:
            now = self._timing.monotonic()
            if now < self._next_search:
                self._timing.sleep(self._next_search - now)
            self._next_search = max(now, self._next_search) + BETWEEN_SEARCHES
        answer = self._wire.read("POST", self._paths.objects(type, "search"), json=body, kind="search")
        return self._found(answer, type)

    def read(self, type: str, ids: Sequence[str], names: Sequence[str], *, by: str | None = None) -> list[Record]:
        """Up to 100 records by id or by a unique property, asked for once more when an answer leaves some out."""
        found, missing = self._read(type, ids, names, by)
        left = set(ids) - missing - {str(r["properties"].get(by) if by else r["id"]) for r in found}
        if not left:
            return found
        return found + self._read(type, [id for id in ids if id in left], names, by)[0]

    def _read(
        self, type: str, ids: Sequence[str], names: Sequence[str], by: str | None
    ) -> tuple[list[Record], set[str]]:
        body: dict[str, Any] = {"properties": list(names), "inputs": [{"id": id} for id in ids]}
        if by is not None:
            body |= {"idProperty": by, "properties": [*names, by]}
        answer = self._wire.read("POST", self._paths.objects(type, "batch/read"), json=body, kind="get")
        found = self._results(answer, type)
        missing = {id for error in failures.errors(answer.json()) for id in failures.named(error)[1]}
        return found, missing

    def histories(self, type: str, ids: Sequence[str], names: Sequence[str]) -> list[Record]:
        """Up to 50 records with every value that these properties ever had, newest first."""
        body = {"properties": [], "propertiesWithHistory": list(names), "inputs": [{"id": id} for id in ids]}
        return self._results(
            self._wire.read("POST", self._paths.objects(type, "batch/read"), json=body, kind="history"), type
        )

    def links(self, a: str, b: str, inputs: Inputs) -> list[Record]:
        """What up to 1,000 records of `a` are associated with among `b`; one without any is not there."""
        path = self._paths.associations(a, b, "batch/read")
        return self._results(self._wire.read("POST", path, json={"inputs": list(inputs)}, kind="associations"), a)

    def labels(self, a: str, b: str) -> list[Record]:
        return self._results(self._wire.read("GET", self._paths.associations(a, b, "labels"), kind="describe"), a)

    # --- writing ----------------------------------------------------------------------------------------------

    def batch(self, type: str, act: str, inputs: Inputs) -> Answer | Lost:
        """create, update or archive, of up to 100 inputs."""
        path = self._paths.objects(type, f"batch/{act}")
        return self._wire.write("POST", path, json={"inputs": list(inputs)}, kind=act)

    # These two may be done twice without harm: they are sent again when in doubt, as a read is.

    def link(self, a: str, b: str, act: str, inputs: Inputs) -> Answer:
        """create or archive associations."""
        path = self._paths.associations(a, b, f"batch/{act}")
        return self._wire.read("POST", path, json={"inputs": list(inputs)}, kind="associate")

    def unsubscribe(self, emails: Sequence[str]) -> Answer:
        """Takes addresses out of all marketing mail."""
        params, body = {"channel": "EMAIL"}, {"inputs": list(emails)}
        return self._wire.read("POST", self._paths.unsubscribe(), params=params, json=body, kind="unsubscribe")

    def unsubscribe_one(self, email: str) -> Answer:
        """The same for one address: the call that accounts of every edition have."""
        params = {"channel": "EMAIL", "verbose": "true"}  # else the answer is empty
        return self._wire.read("POST", self._paths.unsubscribe(email), params=params, kind="unsubscribe")

    # --- answers ----------------------------------------------------------------------------------------------

    def _found(self, answer: Answer, type: str) -> Found:
        records = self._results(answer, type)
        body = answer.json()
        paging = body.get("paging")
        following = paging.get("next") if isinstance(paging, dict) else None
        after = following.get("after") if isinstance(following, dict) else None
        return Found(records, None if after is None else str(after), _date(answer))

    def _results(self, answer: Answer, type: str) -> list[Record]:
        results = self._body(answer, type).get("results")
        if not isinstance(results, list):
            raise self._odd(type)
        return results

    def _body(self, answer: Answer, type: str = "") -> Record:
        if not answer.ok:
            raise self._refusal(answer, type)
        body = answer.tree()
        if not isinstance(body, dict):
            raise self._odd(type)
        return body

    def _odd(self, type: str) -> Transient:
        return Transient("adapter.unreachable", system=self.system, object=type, answer="not an answer of HubSpot's")

    def _refusal(self, answer: Answer, type: str) -> Fatal:
        """Reading was refused: the request is wrong, and would be so again."""
        said = failures.said(answer)
        words = self._wire.words(f"{answer.status} {said.code} {said.words}")
        if failures.unknown_object(answer):
            return Fatal("adapter.no_object", system=self.system, object=type, nearest="-", answer=words)
        return Fatal("adapter.refused_call", system=self.system, object=type, answer=words)

    def _answered(self, answer: Answer) -> None:
        """What is left of the day; OAuth apps and searches are not told."""
        day, left = (answer.headers.get(f"X-HubSpot-RateLimit-{name}", "") for name in ("Daily", "Daily-Remaining"))
        if day.isdigit() and left.isdigit():
            self._budget.told(int(day) - int(left), int(day))


def size_of(body: Mapping[str, Any]) -> int:
    return len(orjson.dumps(body))


def _bearer(token: Any) -> Any:
    return type(token)(f"Bearer {token.get_secret_value()}")


def _secrets(settings: HubSpotSettings) -> list[str]:
    oauth = settings.oauth
    given = [settings.token, *([oauth.client_secret, oauth.refresh_token] if oauth else [])]
    return [secret.get_secret_value() for secret in given if secret is not None]


def _date(answer: Answer) -> datetime | None:
    try:
        found = parsedate_to_datetime(answer.headers.get("Date", ""))
    except (TypeError, ValueError):
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
