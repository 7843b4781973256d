"""The one way to a vendor over HTTP. What an adapter may rely on:

- `read` gives an Answer; `write` an Answer, or `Lost` when it was sent and nobody knows whether it was done. A write
  that may have been done is never repeated here.
- An Answer is a 2xx whose body is what was expected, or a status that the tables (`rules`, then `rules.USUAL`) hand to
  the caller: 400, 404, 409 and the like, with the vendor's own body. Everything else raises: Transient (after a
  bounded number of tries within a bounded time), or Fatal.
- Every call ends in time: `Limits.attempt` for one try to its last byte, `Limits.call` for all with their waits.
- A redirect is never followed: it would carry the credentials elsewhere. Cookies are not kept, proxies and credentials
  of the environment not used, certificates always checked.
- No error, repr or log line holds a header value, a query, a body or a secret.
"""

from __future__ import annotations

import logging
import random
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, assert_never
from urllib.parse import urlsplit

import httpx2
import orjson
from tenacity import RetryCallState, Retrying, retry_if_result

from connector import __version__
from connector.adapters.http.answer import Answer, Lost, Said
from connector.adapters.http.auth import Auth
from connector.adapters.http.limits import Budget, Limits
from connector.adapters.http.redact import clean, parts
from connector.adapters.http.rules import Reaction, Rule, reaction
from connector.adapters.http.sockets import Broken, NotSent, Sockets, TooLarge
from connector.errors import Fatal, Transient

LOG = logging.getLogger("connector.http")
LONGEST_RETRY_AFTER = 86_400.0
MAY_BE_EMPTY = (202, 204, 205)
Query = Mapping[str, str | int | Sequence[str]]


class Expect(StrEnum):
    """What a 2xx must hold, but for 202, 204 and 205, which may be empty. HTML with 200 is some proxy's page."""

    JSON = "json"
    ANY = "any"  # CSV and the like: the caller looks for itself


@dataclass(slots=True)
class _Call:
    """One call of an adapter, through all its tries."""

    request: Callable[[Mapping[str, str]], httpx2.Request]
    method: str
    path: str
    kind: str
    writing: bool
    expect: Expect
    until: float
    renewed: bool = False


@dataclass(frozen=True, slots=True)
class _Again:
    """Not done, or only reading: worth another try. `error` is raised when there is none."""

    error: Transient


@dataclass(frozen=True, slots=True)
class _Expired:
    """The credentials of this generation were not accepted."""

    generation: int
    error: Fatal


_End = Answer | Lost | _Again | _Expired | Transient | Fatal


def nothing_said(answer: Answer) -> Said:
    return Said()


class Wire:
    """Calls to one vendor under `base_url`; safe to use from several threads.

    `said` reads a vendor's error body; it is asked for every status that is not 2xx. `secrets` are blanked beside the
    values of the auth's headers. `budget` counts every try. `answered` sees every answer, whatever its status, before
    anything else does: for headers that tell how many calls are left. Neither `said` nor `answered` may raise.
    """

    def __init__(
        self,
        system: str,
        base_url: str,
        *,
        auth: Auth,
        rules: Sequence[Rule] = (),
        said: Callable[[Answer], Said] = nothing_said,
        limits: Limits | None = None,
        budget: Budget | None = None,
        answered: Callable[[Answer], None] | None = None,
        secrets: Iterable[str] = (),
        trust: ssl.SSLContext | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.system = system
        self.budget = budget or Budget(system)
        self._base = httpx2.URL(base_url.rstrip("/") + "/")
        self._auth, self._rules, self._said, self._answered = auth, tuple(rules), said, answered
        self._limits = limits or Limits()
        self._sleep, self._monotonic, self._jitter = sleep, monotonic, jitter
        self._secrets = parts(secrets)
        self._shown: Mapping[str, str] = {}  # the headers of the auth whose secrets are known
        if trust is None and self._base.scheme == "https":
            trust = httpx2.create_ssl_context(trust_env=False)  # the operating system's certificates
        self._sockets = Sockets(self._limits, trust)
        self._turns = threading.BoundedSemaphore(self._limits.concurrent)
        self._renewing = threading.Lock()
        self._generation = 0
        self._refused = -1  # the generation whose renewal failed

    def __repr__(self) -> str:
        return f"Wire(system={self.system!r}, host={self._base.host!r})"

    def read(
        self,
        method: str,
        path: str,
        *,
        params: Query | None = None,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        kind: str = "read",
        expect: Expect = Expect.JSON,
    ) -> Answer:
        """A call that changes nothing, whatever its method: it is repeated when in doubt.

        `path` stands under the base, or is an address on the same host. `kind` is what the budget counts it as.
        Raises Transient or Fatal; TypeError when `json` holds what JSON cannot.
        """
        make = self._maker(method, path, params, json, data, content, headers)
        end = self._call(make, method, path, kind, writing=False, expect=expect)
        assert isinstance(end, Answer)
        return end

    def write(
        self,
        method: str,
        path: str,
        *,
        params: Query | None = None,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        kind: str = "write",
        expect: Expect = Expect.JSON,
    ) -> Answer | Lost:
        """A call that may change something: repeated only when it was surely not done. Raises as `read` does, and only
        while nothing was done.
        """
        make = self._maker(method, path, params, json, data, content, headers)
        return self._call(make, method, path, kind, writing=True, expect=expect)

    def close(self) -> None:
        """Closes the connections. Closing twice is harmless."""
        self._sockets.close()

    def words(self, text: str) -> str:
        """A text of the vendor's as one short line without our secrets."""
        return clean(text, self._secrets)

    # --- one call ---------------------------------------------------------------------------------------------

    def _maker(
        self,
        method: str,
        path: str,
        params: Query | None,
        json: Any,
        data: Mapping[str, str] | None,
        content: bytes | None,
        headers: Mapping[str, str] | None,
    ) -> Callable[[Mapping[str, str]], httpx2.Request]:
        url = self._base.join(path.lstrip("/") if "://" not in path else path)
        if (url.scheme, url.host, url.port) != (self._base.scheme, self._base.host, self._base.port):
            raise Fatal("adapter.redirected", system=self.system, where=url.host)
        body, usual = content, {"Accept": "application/json", "Accept-Encoding": "gzip, deflate"}
        usual["User-Agent"] = f"connector/{__version__}"
        if json is not None:
            body = orjson.dumps(json)
            usual["Content-Type"] = "application/json"
        given = None if params is None else {k: v if isinstance(v, str | int) else list(v) for k, v in params.items()}

        def make(auth: Mapping[str, str]) -> httpx2.Request:
            together = httpx2.Headers(usual)
            together.update(headers)
            together.update(auth)
            return httpx2.Request(method, url, params=given, headers=together, content=body, data=data)

        return make

    def _call(
        self,
        make: Callable[[Mapping[str, str]], httpx2.Request],
        method: str,
        path: str,
        kind: str,
        *,
        writing: bool,
        expect: Expect,
    ) -> Answer | Lost:
        until = self._monotonic() + self._limits.call
        call = _Call(make, method, urlsplit(path).path, kind, writing, expect, until)
        tries = Retrying(
            stop=lambda state: self._stop(state, until),
            wait=self._wait,
            retry=retry_if_result(lambda end: isinstance(end, _Again)),
            sleep=self._sleep,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        end: _End = tries(self._attempt, call)
        # raised here, with nothing of the request in its context
        match end:
            case Answer() | Lost():
                return end
            case _Again():
                raise end.error
            case _Expired():
                raise end.error
            case Transient() | Fatal():
                raise end
            case _:
                assert_never(end)

    def _stop(self, state: RetryCallState, until: float) -> bool:
        return state.attempt_number >= self._limits.attempts or self._monotonic() + state.upcoming_sleep >= until

    def _wait(self, state: RetryCallState) -> float:
        """Seconds: what the vendor asks for, else twice as long each time, with jitter."""
        end = state.outcome.result() if state.outcome else None
        asked = end.error.retry_after if isinstance(end, _Again) else None
        if asked is not None:
            # beyond the cap it is longer than any call may take: `_stop` ends it
            return asked if asked <= self._limits.retry_after else self._limits.call
        longest: float = min(self._limits.longest_wait, self._limits.first_wait * 2 ** (state.attempt_number - 1))
        return self._jitter(longest / 2, longest)

    def _attempt(self, call: _Call) -> _End:
        end = self._once(call)
        if not isinstance(end, _Expired):
            return end
        if call.renewed or not self._renew(end.generation):
            return end.error
        call.renewed = True
        return self._once(call)

    def _renew(self, generation: int) -> bool:
        """New credentials, fetched by one thread however many found the old ones refused."""
        with self._renewing:
            if self._generation != generation:
                return True
            if self._refused == generation:
                return False
            if not self._auth.renew():
                self._refused = generation
                return False
            self._generation += 1
            return True

    def _once(self, call: _Call) -> _End:
        """One try."""
        began = self._monotonic()
        left = min(self._limits.attempt, call.until - began)
        if left <= 0 or not self._turns.acquire(timeout=left):
            return self._unreachable(call, "no time left for this call")
        try:
            generation = self._generation
            auth = self._auth.headers()
            if auth != self._shown:
                self._secrets, self._shown = self._secrets | parts(auth.values()), auth
            self.budget.spend(call.kind)
            left = min(left, call.until - self._monotonic())
            if left <= 0:
                return self._unreachable(call, "no time left for this call")
            got = self._sockets.send(call.request(auth), left)
        finally:
            self._turns.release()
        if LOG.isEnabledFor(logging.DEBUG):
            status = got.status if isinstance(got, Answer) else type(got).__name__
            took = (self._monotonic() - began) * 1000
            LOG.debug("%s %s %s %s %.0f ms", self.system, call.method, self.words(call.path), status, took)
        match got:
            case Answer():
                if self._answered is not None:
                    self._answered(got)
                return self._judged(call, got, generation)
            case NotSent(words, untrusted):
                if untrusted:
                    return Fatal("adapter.untrusted", **self._facts(call, answer=self.words(words)))
                return _Again(self._unreachable(call, words))
            case Broken(words):
                return Lost(self.words(words)) if call.writing else _Again(self._unreachable(call, words))
            case TooLarge(limit):
                if call.writing:
                    return Lost(f"an answer of more than {limit} bytes")
                return Fatal("adapter.too_large", **self._facts(call, limit=limit))
            case _:
                assert_never(got)

    # --- what an answer means ---------------------------------------------------------------------------------

    def _judged(self, call: _Call, answer: Answer, generation: int) -> _End:
        if answer.ok:
            return self._taken(call, answer)
        if 300 <= answer.status < 400:
            where = urlsplit(answer.headers.get("Location", "")).hostname or "-"
            return Fatal("adapter.redirected", **self._facts(call, where=self.words(where), status=answer.status))
        said = self._said(answer)
        do, message = reaction(self._rules, answer.status, said.code)
        told = self.words(f"{answer.status} {said.code} {said.words}")
        facts = self._facts(call, answer=told, status=answer.status, code=self.words(said.code))
        match do:
            case Reaction.TAKE:
                return answer
            case Reaction.AGAIN:
                return _Again(Transient(message, retry_after=_retry_after(answer), **facts))
            case Reaction.UNSURE:
                error = Transient(message, retry_after=_retry_after(answer), **facts)
                return Lost(told) if call.writing else _Again(error)
            case Reaction.LATER:
                return Transient(message, retry_after=_retry_after(answer), **facts)
            case Reaction.RENEW:
                return _Expired(generation, Fatal(message, **facts))
            case Reaction.STOP:
                return Fatal(message, **facts)
            case _:
                assert_never(do)

    def _taken(self, call: _Call, answer: Answer) -> Answer | Lost | _Again:
        """A success, once its body is what was expected: HTML with 200 comes from a proxy, a cut body from nowhere."""
        if call.expect is Expect.ANY or (not answer.body and answer.status in MAY_BE_EMPTY):
            return answer
        try:
            return replace(answer, read=orjson.loads(answer.body))
        except ValueError:
            kind = answer.headers.get("Content-Type", "").partition(";")[0]
            words = self.words(f"{answer.status} {kind}: this is not JSON, or not whole ({len(answer.body)} bytes)")
            return Lost(words) if call.writing else _Again(self._unreachable(call, words))

    def _unreachable(self, call: _Call, words: str) -> Transient:
        return Transient("adapter.unreachable", **self._facts(call, answer=self.words(words)))

    def _facts(self, call: _Call, **more: Any) -> dict[str, Any]:
        return {"system": self.system, "method": call.method, "path": self.words(call.path), **more}


def _retry_after(answer: Answer) -> float | None:
    """Seconds of a Retry-After, capped at a day. A date counts from the vendor's own clock, never from ours."""
    text = answer.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_RETRY_AFTER)
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(answer.headers.get("Date", ""))
    except (TypeError, ValueError):
        return None
    return max(0.0, min(wait.total_seconds(), LONGEST_RETRY_AFTER))
