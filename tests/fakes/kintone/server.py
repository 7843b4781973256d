"""A kintone on loopback: its REST API over `apps`, as cybozu.dev and measurements by third parties describe it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from tests.fakes.kintone.apps import App, Cursor, Process, Record
from tests.fakes.kintone.errors import KintoneError, invalid
from tests.fakes.kintone.search import answer, parse
from tests.fakes.serving import PAGE, Clock, Fault, Reply, Request

ALL = frozenset({"view", "add", "edit", "delete", "settings"})
LONGEST_ADDRESS = 8192


@dataclass(frozen=True)
class Token:
    app: int
    may: frozenset[str] = ALL


@dataclass(frozen=True)
class Caller:
    """Who calls: a user sees every app; tokens open their own."""

    name: str
    tokens: tuple[Token, ...] | None = None

    def may(self, app: int, what: str) -> bool:
        return self.tokens is None or any(token.app == app and what in token.may for token in self.tokens)


class Kintone:
    """`apps`, `tokens` and `users` may be changed at any time; `edit`, `seed` and `delete` are its users at work."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.apps: dict[int, App] = {}
        self.tokens: dict[str, Token] = {}
        self.users: dict[str, str] = {}
        self.people: list[dict[str, Any]] = []  # as the API of the users tells them
        self.may_list_users = True
        self.clients: dict[tuple[str, str], str] = {}  # OAuth client -> its refresh token
        self.access: set[str] = set()
        self.issued = 0
        self.cursors: dict[str, Cursor] = {}
        self.errors = 0
        self.calls: dict[tuple[str, str], int] = {}

    def app(self, id: int, name: str, fields: Mapping[str, Mapping[str, Any]], **more: Any) -> App:
        """A new app. `more`: code, guest_space, process."""
        self.apps[id] = App(id, name, fields, self.clock, apps=self.apps, **more)
        return self.apps[id]

    # --- its users at work

    def seed(self, app: int, values: Mapping[str, Any]) -> str:
        sent = {code: {"value": value} for code, value in values.items()}
        return str(self.apps[app].add(sent, "tanaka", "record", lambda app: True).id)

    def edit(self, app: int, id: str, values: Mapping[str, Any], *, ago: timedelta = timedelta(0)) -> None:
        now = self.clock.now
        self.clock.now -= ago
        try:
            one = self.apps[app]
            sent = {code: {"value": value} for code, value in values.items()}
            one.update(one.find(id), sent, None, "tanaka", "record", lambda app: True)
        finally:
            self.clock.now = now

    def delete(self, app: int, id: str) -> None:
        self.apps[app].remove(self.apps[app].find(id), None)

    # --- the vendor's side of `tests.fakes.serving`

    def handle(self, request: Request) -> Reply:
        english = request.headers.get("accept-language", "").startswith("en")
        try:
            reply = self._answered(request)
        except KintoneError as error:
            self.errors += 1
            reply = error.reply(english, f"fake-{self.errors}")
        return replace(reply, headers={**RUNNING, **reply.headers})

    def turned_away(self, fault: Fault, request: Request) -> Reply:
        match fault:
            case Fault.THROTTLED:
                reply = KintoneError("GAIA_TO04").reply(False, "fake")
                return replace(reply, headers={**reply.headers, **RUNNING, "X-ConcurrencyLimit-Running": "101"})
            case Fault.DENIED:
                code = "GAIA_IA02" if "x-cybozu-api-token" in request.headers else "CB_WA01"
                return KintoneError(code).reply(False, "fake")
            case Fault.UNAVAILABLE:
                return Reply(503, PAGE, {"Content-Type": "text/html; charset=utf-8"})
            case _:
                return Reply(500, {"code": "CB_IJ01", "id": "fake", "message": "内部エラーが発生しました。"})

    def disturbed(self, fault: Fault, request: Request, reply: Reply) -> Reply:
        """Lists of results turned round, or without their last."""
        if not isinstance(reply.body, dict) or reply.status != 200:
            return reply
        turn: Callable[[list[Any]], list[Any]] = (
            (lambda one: one[::-1]) if fault is Fault.REORDERED else (lambda one: one[:-1])
        )
        return replace(reply, body={k: turn(v) if isinstance(v, list) else v for k, v in reply.body.items()})

    def expire(self) -> None:
        self.access.clear()

    # --- requests

    def _answered(self, request: Request) -> Reply:
        if len(request.path) + len(urlencode(request.query)) > LONGEST_ADDRESS:
            return Reply(414, "<html>Request-URI Too Large</html>", {"Content-Type": "text/html"})
        if request.path == "/oauth2/token":
            return self._token(request)
        space, resource = _resource(request.path)
        method, args = _arguments(request)
        caller = self._caller(request)
        self.calls[method, resource] = self.calls.get((method, resource), 0) + 1
        act = getattr(self, f"_{method.lower()}_{resource.removesuffix('.json').replace('/', '_')}", None)
        if act is None:
            return Reply(404, "<html>Not Found</html>", {"Content-Type": "text/html"})
        return Reply(200, act(args, caller, space))

    def _token(self, request: Request) -> Reply:
        scheme, _, pair = request.headers.get("authorization", "").partition(" ")
        client, _, secret = base64.b64decode(pair).decode().partition(":") if scheme == "Basic" else ("", "", "")
        form = dict(one.split("=", 1) for one in request.body.decode().split("&") if "=" in one)
        if self.clients.get((client, secret)) is None:
            return Reply(401, {"error": "invalid_client"})
        if form.get("refresh_token") != self.clients[client, secret]:
            return Reply(400, {"error": "invalid_grant"})
        self.issued += 1
        token = f"access-canary-{self.issued}"
        self.access = {token}
        return Reply(
            200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": "k:app_record:read"}
        )

    def _caller(self, request: Request) -> Caller:
        password = request.headers.get("x-cybozu-authorization")
        tokens = request.headers.get("x-cybozu-api-token")
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        if password is not None:  # wins over a token
            user, _, given = base64.b64decode(password).decode(errors="replace").partition(":")
            if self.users.get(user) != given or not given:
                raise KintoneError("CB_WA01")
            return Caller(user)
        if tokens is not None:
            listed = [one.strip() for one in tokens.split(",")]
            if len(listed) > 9:
                raise KintoneError("CB_IL02")
            known = tuple(self.tokens[one] for one in listed if one in self.tokens)
            if len(known) < len(listed):
                raise KintoneError("GAIA_IA02")
            return Caller("Administrator", known)
        if scheme == "Bearer" and bearer in self.access:
            return Caller("oauth")
        raise KintoneError("CB_AU01")

    def _opened(self, args: Mapping[str, Any], caller: Caller, space: int | None, what: str, name: str = "app") -> App:
        """The app that is asked for, if the caller may do this there."""
        given = args.get(name)
        if given in (None, ""):
            raise invalid(**{name: ("parameter", "")})
        id = int(given) if str(given).isdecimal() else -1
        if id < 1:
            raise invalid(**{name: ("least", "")})
        if caller.tokens is not None and all(token.app != id for token in caller.tokens):
            raise KintoneError("GAIA_IA02")
        app = self.apps.get(id)
        if app is None:
            raise KintoneError("GAIA_AP01", (str(given),))
        if app.guest_space != space:
            raise KintoneError("GAIA_IL23")
        if what and not caller.may(id, what):
            raise KintoneError("GAIA_NO01")
        return app

    # --- apps

    def _get_app(self, args: Mapping[str, Any], caller: Caller, space: int | None) -> Any:
        return _app(self._opened(args, caller, space, "", "id"))

    def _get_apps(self, args: Mapping[str, Any], caller: Caller, space: int | None) -> Any:
        if caller.tokens is not None:
            raise KintoneError("GAIA_NO01")
        return {"apps": [_app(app) for app in self.apps.values() if app.guest_space == space]}

    def _get_app_form_fields(self, args: Mapping[str, Any], caller: Caller, space: int | None) -> Any:
        return {"properties": self._opened(args, caller, space, "").properties, "revision": "12"}

    def _get_app_notifications_general(self, args: Mapping[str, Any], caller: Caller, space: int | None) -> Any:
        app = self._opened(args, caller, space, "settings")
        return {"notifications": app.notices, "notifyToCommenter": True, "revision": "12"}

    def _get_app_notifications_perRecord(self, args: Mapping[str, Any], caller: Caller, space: int | None) -> Any:
        return {"notifications": self._opened(args, caller, space, "settings").record_notices, "revision": "12"}

    def _get_app_status(self, args: Mapping[str, Any], caller: Caller, space: int | None) -> Any:
        process = self._opened(args, caller, space, "").process
        if process is None:
            return {"enable": False, "states": None, "actions": None, "revision": "12"}
        return {"enable": True, "states": _states(process), "actions": _actions(process), "revision": "12"}

    def _get_app_notifications_reminder(self, args: Mapping[str, Any], caller: Caller, space: int | None) -> Any:
        app = self._opened(args, caller, space, "settings")
        return {"notifications": app.reminders, "timezone": "Asia/Tokyo" if app.reminders else None, "revision": "12"}

    # --- the users of the domain

    def _get_common_users(self, args: Mapping[str, Any], caller: Caller, space: int | None) -> Any:
        if caller.tokens is not None or caller.name == "oauth":  # a user only
            raise KintoneError("CB_AU01")
        if not self.may_list_users:
            raise KintoneError("CB_NO02")
        size, offset = int(args.get("size", 100)), int(args.get("offset", 0))
        if not 1 <= size <= 100:
            raise invalid(size=("least", ""))
        return {"users": self.people[offset : offset + size]}

    # --- records

    def _get_record(self, args: Mapping[str, Any], caller: Caller, space: int | None) -> Any:
        app = self._opened(args, caller, space, "view")
        if args.get("id") in (None, ""):
            raise invalid(id=("parameter", ""))
        record = app.find(args["id"])
        if record.id in app.hidden:
            raise KintoneError("GAIA_NO01")
        return {"record": app.shown(record)}

    def _get_records(self, args: Mapping[str, Any], caller: Caller, space: int | None) -> Any:
        app = self._opened(args, caller, space, "view")
        query = parse(args.get("query") or "", app.types, app.cell, self.clock.now)
        found = [r for r in answer(query, app.ids, app.records, app.cell) if r.id not in app.hidden]
        total = None
        if str(args.get("totalCount", "")).lower() == "true":
            total = str(sum(1 for r in app.records.values() if query.fits(r) and r.id not in app.hidden))
        page = found[query.offset : query.offset + query.limit]
        return {"records": [app.shown(record, args.get("fields") or ()) for record in page], "totalCount": total}

    def _post_record(self, args: Mapping[str, Any], caller: Caller, space: int | None) -> Any:
        app = self._opened(args, caller, space, "add")
        with app.transaction():
            made = app.add(args.get("record") or {}, caller.name, "record", self._sight(caller))
        return {"id": str(made.id), "revision": "1"}

    def _post_records(self, args: Mapping[str, Any], caller: Caller, space: int | None) -> Any:
        app = self._opened(args, caller, space, "add")
        records = _listed(args, "add")
        with app.transaction():
            made = [app.add(sent, caller.name, f"records[{n}]", self._sight(caller)) for n, sent in enumerate(records)]
        return {"ids": [str(r.id) for r in made], "revisions": [str(r.revision) for r in made]}

    def _put_record(self, args: Mapping[str, Any], caller: Caller, space: int | None) -> Any:
        app = self._opened(args, caller, space, "edit")
        with app.transaction():
            record, _ = self._changed(app, args, caller, "record", upsert=False)
        return {"revision": str(record.revision)}

    def _put_records(self, args: Mapping[str, Any], caller: Caller, space: int | None) -> Any:
        app = self._opened(args, caller, space, "edit")
        upsert = bool(args.get("upsert"))
        records = _listed(args, "update")
        if len({str(one["id"]) for one in records if "id" in one}) < sum(1 for one in records if "id" in one):
            raise invalid(records=("twice", ""))
        with app.transaction():
            done = [self._changed(app, one, caller, f"records[{n}]", upsert=upsert) for n, one in enumerate(records)]
        return {
            "records": [
                {"id": str(r.id), "revision": str(r.revision)} | ({"operation": how} if upsert else {})
                for r, how in done
            ]
        }

    def _changed(
        self, app: App, args: Mapping[str, Any], caller: Caller, place: str, *, upsert: bool
    ) -> tuple[Record, str]:
        sent, key, see = dict(args.get("record") or {}), args.get("updateKey"), self._sight(caller)
        if key is not None:
            if key["field"] in sent:
                raise invalid(**{f"{place}.{key['field']}": ("parameter", "")})
            old = app.by_key(key)
            if old is None and upsert:
                return app.add({**sent, key["field"]: {"value": key["value"]}}, caller.name, place, see), "INSERT"
            if old is None:
                raise KintoneError("GAIA_RE20")
        else:
            if args.get("id") in (None, ""):
                raise invalid(**{f"{place}.id": ("parameter", "")})
            old = app.find(args["id"])
        return app.update(old, sent, args.get("revision"), caller.name, place, see), "UPDATE"

    def _delete_records(self, args: Mapping[str, Any], caller: Caller, space: int | None) -> Any:
        app = self._opened(args, caller, space, "delete")
        ids, revisions = args.get("ids") or [], args.get("revisions") or []
        if not 1 <= len(ids) <= 100:
            raise invalid(ids=("delete", ""))
        with app.transaction():
            for place, id in enumerate(ids):
                app.remove(app.find(id), revisions[place] if revisions else None)
        return {}

    def _put_record_status(self, args: Mapping[str, Any], caller: Caller, space: int | None) -> Any:
        app = self._opened(args, caller, space, "edit")
        with app.transaction():
            record = app.proceed(app.find(args.get("id")), args.get("action"), args.get("revision"), caller.name)
        return {"revision": str(record.revision)}

    def _put_records_status(self, args: Mapping[str, Any], caller: Caller, space: int | None) -> Any:
        app = self._opened(args, caller, space, "edit")
        with app.transaction():
            done = [
                app.proceed(app.find(one.get("id")), one.get("action"), one.get("revision"), caller.name)
                for one in _listed(args, "update")
            ]
        return {"records": [{"id": str(r.id), "revision": str(r.revision)} for r in done]}

    def _sight(self, caller: Caller) -> Callable[[int], bool]:
        return lambda app: caller.may(app, "view")

    # --- several at once, cursors

    def _post_bulkRequest(self, args: Mapping[str, Any], caller: Caller, space: int | None) -> Any:
        requests = args.get("requests") or []
        if not 1 <= len(requests) <= 20:
            raise invalid(requests=("parameter", ""))
        results: list[Any] = []
        with ExitStack() as stack:
            for app in self.apps.values():
                stack.enter_context(app.transaction())
            for place, one in enumerate(requests):
                inner, resource = _resource(one["api"])
                name = f"_{one['method'].lower()}_{resource.removesuffix('.json').replace('/', '_')}"
                try:
                    results.append(getattr(self, name)(one["payload"], caller, inner))
                except KintoneError as error:
                    raise _BulkError(error, place, len(requests)) from None
        return {"results": results}

    def _post_records_cursor(self, args: Mapping[str, Any], caller: Caller, space: int | None) -> Any:
        app = self._opened(args, caller, space, "view")
        self.cursors = {id: c for id, c in self.cursors.items() if c.until > self.clock.now}
        if len(self.cursors) >= 10:
            raise KintoneError("GAIA_TM12")
        size = int(args.get("size") or 100)
        query = parse(args.get("query") or "", app.types, app.cell, self.clock.now)
        if not 1 <= size <= 500:
            raise invalid(size=("above", "500"))
        found = answer(replace(query, limit=10**9, offset=0), app.ids, app.records, app.cell)
        id = f"cursor-{len(self.calls)}-{self.errors}-{len(self.cursors)}"
        until = self.clock.now + timedelta(minutes=10)
        self.cursors[id] = Cursor(app, [r.id for r in found], list(args.get("fields") or ()), size, until)
        return {"id": id, "totalCount": str(len(found))}

    def _get_records_cursor(self, args: Mapping[str, Any], caller: Caller, space: int | None) -> Any:
        cursor = self._cursor(args)
        ids = cursor.ids[cursor.done : cursor.done + cursor.size]
        cursor.done += cursor.size
        cursor.until = self.clock.now + timedelta(minutes=10)
        more = cursor.done < len(cursor.ids)
        if not more:
            del self.cursors[args["id"]]
        shown = [cursor.app.shown(cursor.app.records[id], cursor.codes) for id in ids if id in cursor.app.records]
        return {"records": shown, "next": more}

    def _delete_records_cursor(self, args: Mapping[str, Any], caller: Caller, space: int | None) -> Any:
        self._cursor(args)
        del self.cursors[args["id"]]
        return {}

    def _cursor(self, args: Mapping[str, Any]) -> Cursor:
        cursor = self.cursors.get(str(args.get("id", "")))
        if cursor is None or cursor.until <= self.clock.now:
            raise KintoneError("GAIA_CN01")
        return cursor


class _BulkError(KintoneError):
    """The part that failed has its error; every other slot is empty, and nothing is done."""

    def __init__(self, error: KintoneError, place: int, count: int) -> None:
        super().__init__(error.code, error.about, error.details)
        self.place, self.count = place, count

    def reply(self, english: bool, id: str) -> Reply:
        one = super().reply(english, id)
        return replace(one, body={"results": [one.body if n == self.place else {} for n in range(self.count)]})


RUNNING = {"X-ConcurrencyLimit-Limit": "100", "X-ConcurrencyLimit-Running": "1"}


def _resource(path: str) -> tuple[int | None, str]:
    """The guest space and the resource of a path."""
    match path.split("/"):
        case ["", "k", "v1", *rest] if rest:
            return None, "/".join(rest)
        case ["", "k", "guest", space, "v1", *rest] if rest and space.isdecimal():
            return int(space), "/".join(rest)
        case ["", "v1", *rest] if rest:
            return None, "common/" + "/".join(rest)
        case _:
            return None, path


def _arguments(request: Request) -> tuple[str, dict[str, Any]]:
    """The method that is meant, and its arguments: of the address with its arrays, or of the body."""
    args: dict[str, Any] = {}
    for name, value in request.query:
        if name.endswith("]") and "[" in name:
            args.setdefault(name[: name.index("[")], []).append(value)
        else:
            args[name] = value
    if request.body:
        if "application/json" not in request.headers.get("content-type", ""):
            raise KintoneError("CB_IL02")
        try:
            body = json.loads(request.body)
        except ValueError:
            raise KintoneError("CB_IL02") from None
        args |= body if isinstance(body, dict) else {}
    return request.headers.get("x-http-method-override", request.method).upper(), args


def _listed(args: Mapping[str, Any], what: str) -> list[Any]:
    records = args.get("records")
    if not isinstance(records, list):
        raise invalid(records=("parameter", ""))
    if len(records) > 100:
        raise invalid(records=(what, ""))
    return records


def _app(app: App) -> dict[str, Any]:
    who = {"code": "tanaka", "name": "田中"}
    return {
        "appId": str(app.id), "code": app.code, "name": app.name, "description": "",
        "spaceId": str(app.guest_space) if app.guest_space else None, "threadId": None,
        "createdAt": "2026-01-01T00:00:00.000Z", "creator": who, "modifiedAt": "2026-01-01T00:00:00.000Z",
        "modifier": who,
    }  # fmt: skip


def _states(process: Process) -> dict[str, Any]:
    assignee = {"type": "ONE", "entities": []}
    return {name: {"name": name, "index": str(n), "assignee": assignee} for n, name in enumerate(process.states)}


def _actions(process: Process) -> list[dict[str, Any]]:
    return [
        {"name": name, "from": start, "to": to, "filterCond": "", "type": "PRIMARY"}
        for name, start, to in process.actions
    ]
