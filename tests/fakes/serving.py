"""What every vendor's fake stands on: real HTTP on loopback, a clock to move, a log of requests, faults from a plan.

A fake is a `Vendor`: `handle` answers a request and changes its state. The faults happen around it:

    server = Serving(vendor, faults=Faults(seed=1, rate=0.05))
    with server:
        ... server.url ...
    with server.faults.during(Fault.THROTTLED, lambda request: request.method != "GET", skip=1):
        ...
"""

from __future__ import annotations

import json
import random
import select
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

PATIENCE = 30.0  # seconds after which a hanging request is given up, should its client never hang up


class Fault(StrEnum):
    # nothing is done
    HANG_BEFORE = "hang_before"  # no answer until the client hangs up
    CUT_BEFORE = "cut_before"  # the connection is closed
    THROTTLED = "throttled"
    ERROR_BEFORE = "error_before"  # 500
    UNAVAILABLE = "unavailable"  # 503 with a page for people
    DENIED = "denied"  # the credentials are not accepted
    # it is done
    HANG_AFTER = "hang_after"
    CUT_AFTER = "cut_after"
    ERROR_AFTER = "error_after"
    TRUNCATED = "truncated"  # a 200 whose body stops in the middle
    HTML = "html"  # a 200 with a page for people
    REORDERED = "reordered"  # the results in another order
    MISSING = "missing"  # the last result is not there
    # the credentials run out first
    EXPIRED = "expired"


BEFORE = frozenset({
    Fault.HANG_BEFORE, Fault.CUT_BEFORE, Fault.THROTTLED, Fault.ERROR_BEFORE, Fault.UNAVAILABLE, Fault.DENIED,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """`query` keeps the order and repetitions of the address; `headers` have lower-case names."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def params(self) -> dict[str, str]:
        return dict(self.query)


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` is JSON unless it is text or bytes; None is no body at all."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Vendor(Protocol):
    def handle(self, request: Request) -> Reply: ...

    def turned_away(self, fault: Fault, request: Request) -> Reply:
        """How this vendor says THROTTLED, ERROR_BEFORE, ERROR_AFTER, UNAVAILABLE and DENIED."""

    def disturbed(self, fault: Fault, request: Request, reply: Reply) -> Reply:
        """The reply with its results REORDERED, or one MISSING; as it was where there is no list in it."""

    def expire(self) -> None:
        """Every access token given out so far is no good any more."""


class Plain:
    """How a vendor says things that has no words of its own for them; a fake may inherit what fits it."""

    def turned_away(self, fault: Fault, request: Request) -> Reply:
        match fault:
            case Fault.THROTTLED:
                return Reply(429, {"message": "too many requests"})
            case Fault.UNAVAILABLE:
                return Reply(503, PAGE, {"Content-Type": "text/html"})
            case Fault.DENIED:
                return Reply(401, {"message": "unauthorized"})
            case _:
                return Reply(500, {"message": "internal error"})

    def disturbed(self, fault: Fault, request: Request, reply: Reply) -> Reply:
        return reply

    def expire(self) -> None:
        pass


PAGE = "<!doctype html><html><body>ただいまメンテナンス中です</body></html>"


class Clock:
    """The vendor's own time; it stands still until it is moved."""

    def __init__(self, now: datetime = datetime(2026, 4, 1, tzinfo=UTC)) -> None:
        self.now = now

    def advance(self, by: timedelta) -> None:
        self.now += by


@dataclass
class _During:
    fault: Fault
    when: Callable[[Request], bool]
    skip: int


class Faults:
    """Which request meets which fault: what stands in a `during` block, then what was `planned`, then chance."""

    def __init__(self, *, seed: int = 0, rate: float = 0.0, kinds: Sequence[Fault] = tuple(Fault)) -> None:
        self._random = random.Random(seed)
        self.rate, self.kinds = rate, tuple(kinds)
        self._planned: deque[tuple[Fault | None, Callable[[Request], bool]]] = deque()
        self._during: list[_During] = []
        self._lock = threading.Lock()
        self.happened: list[tuple[Fault, str, str]] = []

    def plan(self, *faults: Fault | None, when: Callable[[Request], bool] = lambda request: True) -> None:
        """The next requests that fit meet these, one each; None is none."""
        self._planned.extend((fault, when) for fault in faults)

    @contextmanager
    def during(
        self, fault: Fault, when: Callable[[Request], bool] = lambda request: True, *, skip: int = 0
    ) -> Iterator[None]:
        """Every request that fits meets the fault inside the block, but for the first `skip`."""
        rule = _During(fault, when, skip)
        self._during.append(rule)
        try:
            yield
        finally:
            self._during.remove(rule)

    def next(self, request: Request) -> Fault | None:
        with self._lock:
            fault = self._next(request)
            if fault is not None:
                self.happened.append((fault, request.method, request.path))
            return fault

    def _next(self, request: Request) -> Fault | None:
        for rule in self._during:
            if rule.when(request):
                if rule.skip:
                    rule.skip -= 1
                    continue
                return rule.fault
        for place, (fault, when) in enumerate(self._planned):
            if when(request):
                del self._planned[place]
                return fault
        if self.rate and self._random.random() < self.rate:
            return self._random.choice(self.kinds)
        return None


class Serving:
    """The vendor on http://localhost:PORT from the beginning of a `with` block to its end."""

    def __init__(self, vendor: Vendor, *, faults: Faults | None = None, clock: Clock | None = None, port: int = 0):
        self.vendor = vendor
        self.faults = faults or Faults()
        self.clock = clock or Clock()
        self.log: list[Request] = []
        self._stopped = threading.Event()
        self._one_at_a_time = threading.Lock()
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self.port = int(self._server.server_address[1])
        self.url = f"http://localhost:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Serving:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()

    def count(self, when: Callable[[Request], bool] = lambda request: True) -> int:
        return sum(1 for request in list(self.log) if when(request))

    def answer(self, request: Request) -> Reply | Fault:
        """The reply, or the fault that leaves the client without one."""
        self.log.append(request)
        fault = self.faults.next(request)
        if fault in (Fault.HANG_BEFORE, Fault.CUT_BEFORE):
            return fault
        if fault in BEFORE:
            assert fault is not None
            return self.vendor.turned_away(fault, request)
        with self._one_at_a_time:
            if fault is Fault.EXPIRED:
                self.vendor.expire()
            reply = self.vendor.handle(request)
        match fault:
            case Fault.HANG_AFTER | Fault.CUT_AFTER:
                return fault
            case Fault.ERROR_AFTER:
                return self.vendor.turned_away(fault, request)
            case Fault.TRUNCATED:
                body = _bytes(reply.body)
                kind = {"Content-Type": "application/json"}
                return replace(reply, body=body[: len(body) // 2], headers={**kind, **reply.headers})
            case Fault.HTML:
                return Reply(200, PAGE, {"Content-Type": "text/html; charset=utf-8"})
            case Fault.REORDERED | Fault.MISSING:
                return self.vendor.disturbed(fault, request, reply)
            case _:
                return reply

    def hang(self, connection: socket.socket) -> None:
        """Until the client hangs up, or the server stops."""
        waited = 0.0
        while not self._stopped.is_set() and waited < PATIENCE:
            if select.select([connection], [], [], 0.05)[0]:
                return
            waited += 0.05


def _bytes(body: Any) -> bytes:
    match body:
        case None:
            return b""
        case bytes():
            return body
        case str():
            return body.encode()
        case _:
            return orjson.dumps(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *args: Any) -> None:
        self.connections: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        for connection in list(self.connections):
            with suppress(OSError):  # it has gone already
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the play; anything else is a defect of the fake, and shows."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def _handler(serving: Serving) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        server_version = "vendor"
        sys_version = ""

        def date_time_string(self, timestamp: float | None = None) -> str:
            return format_datetime(serving.clock.now, usegmt=True)

        def log_message(self, *_: object) -> None:
            pass

        def _serve(self) -> None:
            raw = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            query = tuple(parse_qsl(raw.query, keep_blank_values=True))
            reply = serving.answer(Request(self.command, unquote(raw.path), query, headers, body))
            match reply:
                case Reply():
                    self._say(reply)
                case Fault.HANG_BEFORE | Fault.HANG_AFTER:
                    serving.hang(self.connection)
                    self.close_connection = True
                case _:
                    self.close_connection = True

        def _say(self, reply: Reply) -> None:
            body = _bytes(reply.body)
            self.send_response(reply.status)
            given = {name.lower() for name in reply.headers}
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if "content-type" not in given and reply.body is not None:
                kind = "text/plain" if isinstance(reply.body, str | bytes) else "application/json"
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
            if "content-length" not in given and reply.status != 204:
                self.send_header("Content-Length", str(len(body)))
            # one write: two small ones wait for each other
            self._headers_buffer.append(b"\r\n")  # type: ignore[attr-defined]
            self._headers_buffer.append(body)  # type: ignore[attr-defined]
            self.flush_headers()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815  the library's names

    return Handler
