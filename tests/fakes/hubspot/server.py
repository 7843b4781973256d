"""HubSpot's API over a portal: paths of every version, tokens and scopes, rate limits, error shapes."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from tests.fakes.hubspot import associations, batches, search
from tests.fakes.hubspot.batches import Answered, obj
from tests.fakes.hubspot.portal import Owner, Portal
from tests.fakes.hubspot.problems import CORRELATION, Problem, bad_request, not_found
from tests.fakes.hubspot.schema import FIELD_TYPES, Kind, Property
from tests.fakes.hubspot.values import iso
from tests.fakes.serving import PAGE, Clock, Fault, Reply, Request

DATED = r"20\d\d-\d\d"
LIST_PAGE = 100
FAMILIES = "objects|properties|owners|pipelines|associations"
SCOPED = {"contacts": "contacts", "companies": "companies", "deals": "deals", "tasks": "contacts"}


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests; a portal with a private app of the Professional edition."""

    burst: int = 190  # in ten seconds
    search: int = 5  # in one second
    daily: int = 650_000


@dataclass(slots=True)
class App:
    """An OAuth app; every refresh gives a new refresh token, and the old one ends."""

    client_id: str
    client_secret: str
    refresh_token: str
    life: int = 1800
    rotates: bool = True


class HubSpot:
    """The vendor. `tokens` are the access tokens that are good now, with the scopes of each (None: all)."""

    def __init__(self, clock: Clock | None = None, *, rates: Rates | None = None, index_lag: float = 0.0) -> None:
        self.clock = clock or Clock()
        self.portal = Portal(self.clock, index_lag=index_lag)
        self.rates = rates or Rates()
        self.tokens: dict[str, frozenset[str] | None] = {}
        self.ends: dict[str, datetime] = {}
        self.app: App | None = None
        self.refreshed = 0
        self.used_today = 0
        self._calls: deque[datetime] = deque()
        self._searches: deque[datetime] = deque()

    # --- the server's side of faults --------------------------------------------------------------------------

    def handle(self, request: Request) -> Reply:
        parts = path_of(request.path)
        try:
            if parts[:1] == ["oauth"]:
                return Reply(*self._oauth(parts, request))
            self._authorised(parts, request)
            self._within_limits(parts)
            status, body = self._routed(parts, request)
        except Problem as problem:
            return Reply(problem.status, problem.body(), self._headers(parts))
        except (KeyError, TypeError, ValueError) as error:
            return Reply(400, bad_request(f"Invalid input JSON: {type(error).__name__}").body(), self._headers(parts))
        return Reply(status, body, self._headers(parts))

    def turned_away(self, fault: Fault, request: Request) -> Reply:
        match fault:
            case Fault.THROTTLED:
                problem = limit("TEN_SECONDLY_ROLLING", "You have reached your ten_secondly_rolling limit.")
                return Reply(429, problem.body())
            case Fault.DENIED:
                return Reply(401, unauthorised().body())
            case Fault.UNAVAILABLE:
                return Reply(503, PAGE, {"Content-Type": "text/html"})
            case _:
                return Reply(500, {"status": "error", "message": "internal error", "correlationId": CORRELATION})

    def disturbed(self, fault: Fault, request: Request, reply: Reply) -> Reply:
        results = reply.body.get("results") if isinstance(reply.body, dict) else None
        if not isinstance(results, list):
            return reply
        changed = list(reversed(results)) if fault is Fault.REORDERED else results[:-1]
        return Reply(reply.status, {**reply.body, "results": changed}, reply.headers)

    def expire(self) -> None:
        if self.app is not None:
            self.ends = dict.fromkeys(self.ends, self.clock.now - timedelta(seconds=7))

    # --- doors ------------------------------------------------------------------------------------------------

    def _authorised(self, parts: Sequence[str], request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self.tokens:
            raise unauthorised()
        end = self.ends.get(token)
        if end is not None and end <= self.clock.now:
            late = int((self.clock.now - end).total_seconds())
            raise Problem(
                401, "EXPIRED_AUTHENTICATION",
                f"The OAuth token used to make this call expired {late} second(s) ago.",
                more={"context": {"expire time": [iso(end)]}},
            )  # fmt: skip
        scopes = self.tokens[token]
        if scopes is not None and parts[0] == "automation" and "automation" not in scopes:
            detail = {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": ["automation"]},
            }
            words = "This app hasn't been granted all required scopes to make this call."
            raise Problem(403, "MISSING_SCOPES", words, [detail])
        if scopes is not None and parts[0] == "communication-preferences":
            self._may_unsubscribe(scopes, many=parts[2] == "batch")
        if scopes is None or parts[0] != "objects" or len(parts) < 2:
            return
        kind = self.portal.kind(parts[1])
        reading = request.method == "GET" or parts[-1] in ("search", "read")
        family = SCOPED.get(kind.name, "custom")
        needed = f"crm.objects.{family}.{'read' if reading else 'write'}"
        if needed not in scopes:
            words = "This app hasn't been granted all required scopes to make this call."
            detail = {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": [needed]},
            }
            raise Problem(403, "MISSING_SCOPES", words, [detail])

    def _may_unsubscribe(self, scopes: frozenset[str], *, many: bool) -> None:
        """The scope for batches can be chosen with Marketing Hub Enterprise only."""
        needed = {"communication_preferences.statuses.batch.write"}
        if not many:
            needed = {"communication_preferences.write", "communication_preferences.read_write"}
        if not needed & scopes:
            detail = {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": sorted(needed)},
            }
            words = "This app hasn't been granted all required scopes to make this call."
            raise Problem(403, "MISSING_SCOPES", words, [detail])

    def _within_limits(self, parts: Sequence[str]) -> None:
        now = self.clock.now
        if self.used_today >= self.rates.daily:
            raise limit("DAILY", "You have reached your daily limit.")
        self.used_today += 1
        if parts[-1] == "search":
            _drop(self._searches, now - timedelta(seconds=1))
            if len(self._searches) >= self.rates.search:
                raise limit("SECONDLY", "You have reached your secondly limit.")
            self._searches.append(now)
        _drop(self._calls, now - timedelta(seconds=10))
        if len(self._calls) >= self.rates.burst:
            raise limit("TEN_SECONDLY_ROLLING", "You have reached your ten_secondly_rolling limit.")
        self._calls.append(now)

    def _headers(self, parts: Sequence[str]) -> dict[str, str]:
        if parts[-1:] == ["search"]:
            return {}
        found = {
            "X-HubSpot-RateLimit-Max": str(self.rates.burst),
            "X-HubSpot-RateLimit-Remaining": str(max(0, self.rates.burst - len(self._calls))),
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
        }
        if self.app is None:
            found["X-HubSpot-RateLimit-Daily"] = str(self.rates.daily)
            found["X-HubSpot-RateLimit-Daily-Remaining"] = str(max(0, self.rates.daily - self.used_today))
        return found

    def _oauth(self, parts: Sequence[str], request: Request) -> tuple[int, Any]:
        form = dict(parse_qsl(request.body.decode()))
        app = self.app
        if parts[1:] != ["token"] or app is None:
            return 404, {"status": "error", "message": "not found", "correlationId": CORRELATION}
        if (form.get("client_id"), form.get("client_secret")) != (app.client_id, app.client_secret):
            return 401, {
                "status": "BAD_CLIENT_ID",
                "message": "missing or invalid client id",
                "error": "invalid_client",
            }
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != app.refresh_token:
            words = "refresh token is invalid, expired or revoked"
            body = {"error": "invalid_grant", "error_description": words, "status": "BAD_REFRESH_TOKEN"}
            return 400, {**body, "message": words}
        self.refreshed += 1
        token = f"CNaccess-{self.refreshed:04d}-{self.portal.id}"
        self.tokens[token], self.ends[token] = None, self.clock.now + timedelta(seconds=app.life)
        if app.rotates:
            app.refresh_token = f"na1-refresh-{self.refreshed:04d}-{self.portal.id}"
        return 200, {
            "token_type": "bearer", "access_token": token, "refresh_token": app.refresh_token,
            "expires_in": app.life, "hub_id": self.portal.id, "scopes": ["oauth"],
        }  # fmt: skip

    # --- routes -----------------------------------------------------------------------------------------------

    def _routed(self, parts: Sequence[str], request: Request) -> Answered:
        portal, method, params = self.portal, request.method, request.params
        match method, parts:
            case "POST", ["objects", type, "search"]:
                return search.search(portal, portal.kind(type), request.json(), len(request.body.decode()))
            case "POST", ["objects", type, "batch", act]:
                return self._batch(portal.kind(type), act, request.json())
            case "POST", ["objects", type, "merge"]:
                body, kind = request.json(), portal.kind(type)
                winner = portal.merge(kind, str(body["primaryObjectId"]), str(body["objectIdToMerge"]))
                return 200, obj(portal, kind, winner, None)
            case _, ["objects", type, id, "associations", *rest]:
                return associations.of_one(portal, method, type, id, rest, request)
            case _, ["associations", a, b, *rest]:
                return associations.of_many(portal, method, a, b, rest, request)
            case "GET", ["objects", type]:
                return self._list(portal.kind(type), request)
            case "POST", ["objects", type]:
                body, kind = request.json(), portal.kind(type)
                record = portal.create(kind, body.get("properties") or {}, batches.links_of(portal, kind, body))
                return 201, obj(portal, kind, record, list(body.get("properties") or {}))
            case _, ["objects", type, id]:
                return self._one(portal.kind(type), id, request)
            case _, ["properties", type, *rest]:
                return self._properties(portal.kind(type), method, rest, request)
            case "GET", ["owners", *rest]:
                return self._owners(rest, params)
            case "GET", ["pipelines", type]:
                return 200, {"results": [self._pipeline(portal.kind(type))]}
            case "POST", ["communication-preferences", "statuses", "batch", "unsubscribe-all"]:
                return self._unsubscribe(request)
            case "POST", ["communication-preferences", "statuses", email, "unsubscribe-all"]:
                if params.get("channel") != "EMAIL":
                    raise bad_request("channel must be EMAIL")
                self.portal.opt_out(email.strip().lower())
                return 200, {"status": "SUCCESS", "results": []} if is_true(params.get("verbose")) else None
            case "GET", ["automation", "flows"]:
                return self._workflows(params)
            case "GET", ["account-info", "details"]:
                return 200, {
                    "portalId": portal.id, "accountType": "STANDARD", "timeZone": "Asia/Tokyo",
                    "companyCurrency": "JPY", "additionalCurrencies": [], "utcOffset": "+09:00",
                    "utcOffsetMilliseconds": 32_400_000, "uiDomain": "app.hubspot.com", "dataHostingLocation": "na1",
                }  # fmt: skip
            case "GET", ["account-info", "api-usage", "daily", "private-apps"]:
                return 200, {"results": [{
                    "name": "private-apps-api-calls-daily", "usageLimit": self.rates.daily,
                    "currentUsage": self.used_today, "collectedAt": iso(self.clock.now), "fetchStatus": "SUCCESS",
                    "resetsAt": iso(self.clock.now + timedelta(hours=5)),
                }]}  # fmt: skip
        raise Problem(404, "", "resource not found")

    def _batch(self, kind: Kind, act: str, body: Any) -> Answered:
        match act:
            case "read":
                return batches.read(self.portal, kind, body)
            case "create":
                return batches.create(self.portal, kind, body)
            case "update":
                return batches.update(self.portal, kind, body)
            case "upsert":
                return batches.upsert(self.portal, kind, body)
            case "archive":
                return batches.archive(self.portal, kind, body)
        raise Problem(404, "", "resource not found")

    def _unsubscribe(self, request: Request) -> Answered:
        """By address, whether a contact has it or not; hs_email_optout follows."""
        if request.params.get("channel") != "EMAIL":
            raise bad_request("channel must be EMAIL")
        emails = [str(one).strip().lower() for one in batches.inputs_of(request.json())]
        for email in emails:
            self.portal.opt_out(email)
        results = [{"subscriberIdString": email, "statuses": []} for email in emails]
        return 200, {"status": "COMPLETE", "results": results, "startedAt": iso(self.clock.now)}

    def _list(self, kind: Kind, request: Request) -> Answered:
        params = request.params
        limit_ = int(params.get("limit") or 10)
        if limit_ > LIST_PAGE:
            raise bad_request(f"The limit must be at most {LIST_PAGE}")
        names, archived = asked_for(request), is_true(params.get("archived"))
        records, after = self.portal.page(kind, params.get("after", ""), limit_, archived=archived)
        results = [obj(self.portal, kind, record, names) for record in records]
        for other in filter(None, params.get("associations", "").split(",")):
            associations.shown_in_list(self.portal, kind, other, results)
        body: dict[str, Any] = {"results": results}
        if after is not None:
            body["paging"] = {"next": {"after": after, "link": f"https://api.hubapi.com/?after={after}"}}
        return 200, body

    def _one(self, kind: Kind, id: str, request: Request) -> Answered:
        portal, params = self.portal, request.params
        names = asked_for(request)
        if by := params.get("idProperty"):
            id = portal.by_unique(kind, by, id) or "0"
        match request.method:
            case "GET":
                record = portal.records[kind.name].get(int(id)) if id.isdecimal() else None
                if record is None or record.archived is None or not is_true(params.get("archived")):
                    record = portal.resolved(kind, id)
                return 200, obj(portal, kind, record, names)
            case "PATCH":
                record, body = portal.resolved(kind, id), request.json()
                portal.update(kind, record, body.get("properties") or {})
                return 200, obj(portal, kind, record, list(body.get("properties") or {}))
            case "DELETE":
                try:
                    portal.archive(kind, id)
                except Problem as problem:
                    if problem.status != 404:
                        raise
                return 204, None
        raise Problem(405, "", "method not allowed")

    def _properties(self, kind: Kind, method: str, rest: Sequence[str], request: Request) -> Answered:
        stamp = iso(self.clock.now)
        match method, rest:
            case "GET", []:
                return 200, {"results": [one.body(stamp) for one in kind.properties.values()]}
            case "GET", [name] if name in kind.properties:
                return 200, kind.properties[name].body(stamp)
            case "POST", []:
                body = request.json()
                if body["name"] in kind.properties or body["type"] not in FIELD_TYPES:
                    raise Problem(409, "OBJECT_ALREADY_EXISTS", f"A property named '{body['name']}' already exists.")
                options = tuple(o["value"] for o in body.get("options") or [])
                made = Property(
                    body["name"], body["type"], body.get("label", ""), options, body.get("fieldType") == "checkbox",
                    bool(body.get("hasUniqueValue")), defined=False,
                )  # fmt: skip
                kind.properties[made.name] = made
                return 201, made.body(stamp)
            case "DELETE", [name] if name in kind.properties and not kind.properties[name].defined:
                del kind.properties[name]
                return 204, None
        raise not_found("property", "/".join(rest))

    def _workflows(self, params: Mapping[str, str]) -> Answered:
        """Pages of 100 at most, in the order in which they were made."""
        first, size = int(params.get("after") or 0), min(100, int(params.get("limit") or 100))
        shown = self.portal.workflows[first : first + size]
        body: dict[str, Any] = {"results": shown}
        if first + size < len(self.portal.workflows):
            body["paging"] = {"next": {"after": str(first + size), "link": ""}}
        return 200, body

    def _owners(self, rest: Sequence[str], params: Mapping[str, str]) -> Answered:
        owners = self.portal.owners
        if rest:
            if rest[0] not in owners:
                raise not_found("owner", rest[0])
            return 200, self._owner(owners[rest[0]])
        archived, limit_ = is_true(params.get("archived")), int(params.get("limit") or 100)
        every = [o for o in owners.values() if o.archived is archived and o.email == params.get("email", o.email)]
        begin = next((n for n, o in enumerate(every) if o.id == params.get("after")), 0)
        body: dict[str, Any] = {"results": [self._owner(o) for o in every[begin : begin + limit_]]}
        if begin + limit_ < len(every):
            body["paging"] = {"next": {"after": every[begin + limit_].id}}
        return 200, body

    def _owner(self, owner: Owner) -> dict[str, Any]:
        stamp = iso(self.clock.now)
        return {
            "id": owner.id, "email": owner.email, "type": "PERSON", "firstName": owner.first, "lastName": owner.last,
            "userId": None if owner.archived else owner.user, "userIdIncludingInactive": owner.user,
            "createdAt": stamp, "updatedAt": stamp, "archived": owner.archived,
        }  # fmt: skip

    def _pipeline(self, kind: Kind) -> dict[str, Any]:
        property = kind.properties.get("dealstage")
        stamp = iso(self.clock.now)
        shares = {"closedwon": "1.0", "closedlost": "0.0"}
        stages = [
            {"id": o, "label": o, "displayOrder": n, "archived": False, "createdAt": stamp, "updatedAt": stamp,
             "metadata": {"isClosed": str(o in shares).lower(), "probability": shares.get(o, "0.5")}}
            for n, o in enumerate(property.options if property else ())
        ]  # fmt: skip
        return {
            "id": "default", "label": "Sales Pipeline", "displayOrder": 0, "archived": False, "createdAt": stamp,
            "updatedAt": stamp, "stages": stages,
        }  # fmt: skip


def path_of(path: str) -> list[str]:
    """The parts of a path without its version, the same for every version of the API.

    >>> path_of("/crm/v3/objects/contacts"), path_of("/crm/objects/2026-03/contacts")
    (['objects', 'contacts'], ['objects', 'contacts'])
    """
    path = path.rstrip("/")
    for pattern in (
        rf"/crm/(?:v3|v4)/((?:{FAMILIES})(?:/.*)?)",
        rf"/crm/({FAMILIES})/{DATED}((?:/.*)?)",
        rf"/(oauth)/(?:v1|v3|{DATED})(/.*)",
        rf"/(account-info)/(?:v3|{DATED})(/.*)",
        rf"/(communication-preferences)/(?:v4|{DATED})(/.*)",
        rf"/(automation)/(?:v4|{DATED})(/.*)",
    ):
        if found := re.fullmatch(pattern, path):
            return "".join(found.groups()).split("/")
    return ["?", path]


def asked_for(request: Request) -> list[str] | None:
    """The names of properties, written with commas or one by one."""
    given = [text for name, text in request.query if name == "properties" and text]
    return [name for text in given for name in text.split(",")] if given else None


def is_true(text: str | None) -> bool:
    return (text or "").lower() == "true"


def limit(policy: str, words: str) -> Problem:
    """A 429; there is never a Retry-After."""
    more = {"errorType": "RATE_LIMIT", "policyName": policy, "groupName": "publicapi:private-apps:24681357"}
    return Problem(429, "", words, more=more)


def unauthorised() -> Problem:
    words = "Authentication credentials not found. This API supports OAuth 2.0 authentication."
    return Problem(401, "INVALID_AUTHENTICATION", words)


def _drop(calls: deque[datetime], until: datetime) -> None:
    while calls and calls[0] <= until:
        calls.popleft()
