"""One request over a socket, under one deadline: it is answered, surely not sent, or broken off in the middle.

httpcore's time-outs are per read: a server that sends a byte a second would hold a call for ever. Here every wait of a
request gets only what is left of its time.
"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import httpcore2
import httpx2

from connector.adapters.http.answer import Answer
from connector.adapters.http.limits import Limits

# Both log whole header lists and addresses with their queries: tokens, and the mail addresses of customers.
for _name in ("httpcore2", "httpx2"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

Options = Iterable[tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]]

NOT_SENT = (
    httpcore2.ConnectError,
    httpcore2.ConnectTimeout,
    httpcore2.PoolTimeout,
    httpcore2.ProxyError,
    httpcore2.UnsupportedProtocol,
    httpcore2.LocalProtocolError,
)
BROKEN = (
    httpcore2.NetworkError,
    httpcore2.TimeoutException,
    httpcore2.RemoteProtocolError,
    httpx2.DecodingError,
)


@dataclass(frozen=True, slots=True)
class NotSent:
    """No byte of the request left us. `untrusted`: whoever answered showed no certificate that we trust."""

    words: str
    untrusted: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """It was sent, wholly or in part, and no whole answer came."""

    words: str


@dataclass(frozen=True, slots=True)
class TooLarge:
    bytes: int


class _Until(threading.local):
    """When the request of this thread must be over."""

    at = float("inf")

    def left(self, timeout: float | None) -> float:
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the time for this call is over")
        return left if timeout is None else min(left, timeout)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream, until: _Until) -> None:
        self._inner, self._until = inner, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._until.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._until.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._until.left(timeout)), self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.NetworkBackend):
    def __init__(self, until: _Until) -> None:
        self._inner, self._until = httpcore2.SyncBackend(), until

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Options | None = None,
    ) -> httpcore2.NetworkStream:
        stream = self._inner.connect_tcp(host, port, self._until.left(timeout), local_address, socket_options)
        return _Stream(stream, self._until)


class _Body(httpx2.SyncByteStream):
    def __init__(self, response: httpcore2.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class Sockets:
    """A pool of connections to one vendor. No cookie is kept, no redirect followed, no proxy taken from outside."""

    def __init__(self, limits: Limits, trust: ssl.SSLContext | None) -> None:
        """`trust` is None only where nothing is encrypted: on this machine."""
        self._limits = limits
        self._until = _Until()
        self._pool = httpcore2.ConnectionPool(
            ssl_context=trust,
            max_connections=limits.concurrent,
            max_keepalive_connections=limits.concurrent,
            keepalive_expiry=30.0,
            network_backend=_Backend(self._until),
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )

    def send(self, request: httpx2.Request, seconds: float) -> Answer | NotSent | Broken | TooLarge:
        """One try that takes at most `seconds`."""
        self._until.at = time.monotonic() + seconds
        try:
            return self._sent(request, min(seconds, self._limits.connect))
        except NOT_SENT as error:
            return NotSent(_words(error), untrusted=_untrusted(error))
        except BROKEN as error:
            return Broken(_words(error))
        finally:
            self._until.at = float("inf")

    def _sent(self, request: httpx2.Request, connect: float) -> Answer | TooLarge:
        url = request.url
        asked = httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.read(),
            extensions={"timeout": {"connect": connect, "pool": connect}},
        )
        response = self._pool.handle_request(asked)
        try:
            # httpx2 unpacks gzip and the like
            unpacked = httpx2.Response(response.status, headers=response.headers, stream=_Body(response))
            body = bytearray()
            for piece in unpacked.iter_bytes():
                body += piece
                if len(body) > self._limits.body:
                    return TooLarge(self._limits.body)
            return Answer(response.status, unpacked.headers, bytes(body))
        finally:
            response.close()

    def close(self) -> None:
        self._pool.close()


def _words(error: Exception) -> str:
    """What went wrong, never what was sent."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _untrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
