"""The org's HTTP face: sign-in, the REST API and Bulk API 2.0, with the vendor's paths, bodies and headers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeAlias
from urllib.parse import parse_qsl

from tests.fakes.salesforce import bulk, collections, queries, records
from tests.fakes.salesforce.org import CONNECTOR, ORG_ID, Manner, Org
from tests.fakes.salesforce.signin import Door
from tests.fakes.salesforce.wire import Call, Refusal, errors
from tests.fakes.serving import PAGE, Clock, Fault, Plain, Reply, Request

DATA = re.compile(r"/services/data/v(\d+\.\d)(/.*)?")
OLDEST, NEWEST = 31.0, 68.0
Route: TypeAlias = tuple[str, re.Pattern[str], Callable[..., Reply]]


@dataclass
class Salesforce(Plain):
    """One org behind one address. `usage` of `allowance` calls of the day are used up, by whomever."""

    org: Org = field(default_factory=Org)
    clock: Clock | None = None
    door: Door = field(default_factory=Door)
    url: str = ""
    usage: int = 0
    allowance: int = 100_000
    page: int = 2_000
    most_ids: int = 600_000  # that one answer of the feed of deleted records lists
    calls: dict[str, int] = field(default_factory=dict)
    sees_setup: bool = True  # whether the connector's user may view the setup

    def __post_init__(self) -> None:
        self.bulk = bulk.Jobs(self.org)
        self.locators = queries.Locators()

    def handle(self, request: Request) -> Reply:
        if self.clock is not None:
            self.org.now = self.clock.now
        path = request.path
        try:
            if path == "/services/oauth2/token":
                return self.door.token(request, self.org.now, self.url)
            if path.startswith("/services/Soap/u/"):
                return self.door.soap(request, self.org.now, self.url)
            if path in ("/services/data", "/services/data/"):
                return Reply(200, [_version(number) for number in range(int(OLDEST), int(NEWEST) + 1)])
            if path == "/services/oauth2/revoke":
                self.door.tokens.pop(dict(parse_qsl(request.body.decode())).get("token", ""), None)
                return Reply(200, None)
            if path == "/services/oauth2/userinfo":
                self.door.known(request, self.org.now)
                me = {"user_id": CONNECTOR, "name": "連携ユーザー", "preferred_username": "sync@example.co.jp"}
                return Reply(200, {"organization_id": ORG_ID, **me})
            return self._data(request)
        except Refusal as refusal:
            return refusal.reply

    def _data(self, request: Request) -> Reply:
        found = DATA.fullmatch(request.path)
        if found is None:
            return errors(404, "NOT_FOUND", "The requested resource does not exist")
        self.door.known(request, self.org.now)
        if self.usage >= self.allowance:
            return self._limited(errors(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."))
        self.usage += 1
        if not OLDEST <= float(found[1]) <= NEWEST:
            return self._limited(errors(404, "NOT_FOUND", "The requested resource does not exist"))
        call = Call(request, found[1], _manner(request.headers), self.page)
        rest = (found[2] or "/").rstrip("/") or "/"
        with self.org.lock:
            try:
                reply = self._routed(call, rest)
            except Refusal as refusal:
                reply = refusal.reply
        return self._limited(reply)

    def _routed(self, call: Call, rest: str) -> Reply:
        for method, pattern, act in ROUTES:
            found = pattern.fullmatch(rest)
            if found is not None and method == call.request.method:
                self.calls[act.__name__] = self.calls.get(act.__name__, 0) + 1
                return act(self, call, *found.groups())
        if any(pattern.fullmatch(rest) for _, pattern, _ in ROUTES):
            words = f"HTTP Method '{call.request.method}' not allowed. Allowed are HEAD,GET,POST"
            return errors(405, "METHOD_NOT_ALLOWED", words)
        return errors(404, "NOT_FOUND", "The requested resource does not exist")

    def _limited(self, reply: Reply) -> Reply:
        return replace(
            reply, headers={**reply.headers, "Sforce-Limit-Info": f"api-usage={self.usage}/{self.allowance}"}
        )

    # --- faults -----------------------------------------------------------------------------------------------

    def turned_away(self, fault: Fault, request: Request) -> Reply:
        signing_in = request.path == "/services/oauth2/token"
        match fault:
            case Fault.THROTTLED if signing_in:
                return Reply(400, {"error": "login_rate_exceeded", "error_description": "login rate exceeded"})
            case Fault.THROTTLED:
                words = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
                return self._limited(errors(403, "REQUEST_LIMIT_EXCEEDED", words))
            case Fault.UNAVAILABLE:
                return Reply(503, PAGE, {"Content-Type": "text/html; charset=UTF-8"})
            case Fault.DENIED if signing_in:
                return Reply(400, {"error": "invalid_client", "error_description": "invalid client credentials"})
            case Fault.DENIED:
                return errors(401, "INVALID_SESSION_ID", "Session expired or invalid")
            case _:
                return errors(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred. ErrorId: 123-456")

    def disturbed(self, fault: Fault, request: Request, reply: Reply) -> Reply:
        if not isinstance(reply.body, list) or len(reply.body) < 2:
            return reply
        return replace(reply, body=reply.body[::-1] if fault is Fault.REORDERED else reply.body[:-1])

    def expire(self) -> None:
        self.door.expire()


def _version(number: int) -> dict[str, str]:
    return {"label": f"Release {number}", "url": f"/services/data/v{number}.0", "version": f"{number}.0"}


def _manner(headers: Mapping[str, str]) -> Manner:
    assign = headers.get("sforce-auto-assign", "TRUE").upper() != "FALSE"
    duplicates = headers.get("sforce-duplicate-rule-header", "")
    return Manner(assign=assign, allow_duplicates="allowsave=true" in duplicates.lower())


def _limits(server: Salesforce, call: Call) -> Reply:
    left = {"Max": server.allowance, "Remaining": server.allowance - server.usage}
    return Reply(200, {"DailyApiRequests": left, "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000}})


def _record_count(server: Salesforce, call: Call) -> Reply:
    names = call.request.params.get("sObjects", "").split(",")
    counted = [{"count": len(list(server.org.living(n))), "name": n} for n in names if n in server.org.tables]
    return Reply(200, {"sObjects": counted})


def _global(server: Salesforce, call: Call) -> Reply:
    listed = [table.summary(call.version) for table in server.org.tables.values()]
    return Reply(200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed})


def _resources(server: Salesforce, call: Call) -> Reply:
    base = f"/services/data/v{call.version}"
    return Reply(
        200, {name: f"{base}/{name}" for name in ("composite", "jobs", "limits", "query", "queryAll", "sobjects")}
    )


def _about(server: Salesforce, call: Call, object: str) -> Reply:
    summary = records.table(server.org, object).summary(call.version)
    return Reply(200, {"objectDescribe": summary, "recentItems": []})


def _describe(server: Salesforce, call: Call, object: str) -> Reply:
    return Reply(200, records.table(server.org, object).described(call.version))


def _route(method: str, pattern: str, act: Callable[..., Reply]) -> Route:
    return method, re.compile(pattern), act


ROUTES: tuple[Route, ...] = (
    _route("GET", "/", _resources),
    _route("GET", "/limits", _limits),
    _route("GET", "/limits/recordCount", _record_count),
    _route("GET", "/sobjects", _global),
    _route("GET", r"/sobjects/(\w+)", _about),
    _route("GET", r"/sobjects/(\w+)/describe", _describe),
    _route("GET", r"/sobjects/(\w+)/deleted", records.deleted),
    _route("GET", r"/sobjects/(\w+)/updated", records.updated),
    _route("GET", r"/tooling/query", queries.tooling),
    _route("GET", r"/query", queries.query),
    _route("GET", r"/queryAll", queries.query_all),
    _route("GET", r"/query(?:All)?/(\w+-\d+)", queries.more),
    _route("POST", r"/composite/sobjects", collections.create),
    _route("PATCH", r"/composite/sobjects", collections.update),
    _route("DELETE", r"/composite/sobjects", collections.delete),
    _route("PATCH", r"/composite/sobjects/(\w+)/(\w+)", collections.upsert),
    _route("POST", r"/composite/sobjects/(\w+)", collections.retrieve),
    _route("GET", r"/composite/sobjects/(\w+)", collections.retrieve_few),
    _route("GET", r"/jobs/(query|ingest)", bulk.every),
    _route("POST", r"/jobs/(query|ingest)", bulk.create),
    _route("GET", r"/jobs/(query|ingest)/(\w+)", bulk.state),
    _route("PATCH", r"/jobs/(query|ingest)/(\w+)", bulk.set_state),
    _route("DELETE", r"/jobs/(query|ingest)/(\w+)", bulk.remove),
    _route("PUT", r"/jobs/ingest/(\w+)/batches", bulk.upload),
    _route("GET", r"/jobs/query/(\w+)/results", bulk.results),
    _route("GET", r"/jobs/ingest/(\w+)/(successfulResults|failedResults|unprocessedrecords)", bulk.outcomes),
    _route("POST", r"/sobjects/(\w+)", records.create),
    _route("GET", r"/sobjects/(\w+)/([^/]+)", records.get),
    _route("PATCH", r"/sobjects/(\w+)/([^/]+)", records.update),
    _route("DELETE", r"/sobjects/(\w+)/([^/]+)", records.delete),
    _route("GET", r"/sobjects/(\w+)/(\w+)/(.+)", records.get_by_key),
    _route("PATCH", r"/sobjects/(\w+)/(\w+)/(.+)", records.upsert),
)

DAY = timedelta(days=1)
