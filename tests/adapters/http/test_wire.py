"""The HTTP layer against real servers: what every answer, and the lack of one, comes to."""

from __future__ import annotations

import gzip
import logging
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import trustme

from connector.adapters.addresses import secure_url
from connector.adapters.http import Answer, Budget, Expect, Limits, Lost, Reaction, Rule, Wire
from connector.adapters.http.redact import clean, parts
from connector.errors import ConnectorError, Fatal, Transient
from connector.messages import say
from tests.adapters.http.raw import Play, cut_body, drip_body, drip_headers, garbage, raw_server
from tests.adapters.http.shelf import FIRST, Stand, Tokens, standing
from tests.fakes.serving import PAGE, Fault, Reply


@pytest.fixture
def stand() -> Iterator[Stand]:
    with standing() as one:
        yield one


def raised(kind: type[ConnectorError], act: Callable[[], Any]) -> Any:
    with pytest.raises(kind) as caught:
        act()
    assert type(caught.value) is kind
    return caught.value


def put(wire: Wire) -> Answer | Lost:
    return wire.write("POST", "/things", json={"a": 1})


def look(wire: Wire) -> Answer:
    return wire.read("GET", "/things")


# --- answers --------------------------------------------------------------------------------------------------


def test_an_answer_is_read_and_a_thing_is_written_once(stand: Stand) -> None:
    wire = stand.wire()
    made = put(wire)
    assert isinstance(made, Answer) and made.status == 201 and made.json() == {"id": 1}
    assert look(wire).json()["things"] == [{"a": 1}]
    assert made.headers["CONTENT-TYPE"].startswith("application/json")
    assert wire.budget.counts == {"write": 1, "read": 1}


def test_queries_arrive_as_they_were(stand: Stand) -> None:
    query = {"query": '会社名 = "A&B" and x >= "1"', "fields[0]": "$id", "n": 5, "many": ["a", "b"]}
    asked = stand.wire().read("GET", "/things", params=query).json()["asked"]
    assert asked == [["query", query["query"]], ["fields[0]", "$id"], ["n", "5"], ["many", "a"], ["many", "b"]]


def test_the_vendors_own_refusal_goes_to_the_caller(stand: Stand) -> None:
    for status in (400, 404, 409, 412, 422):
        stand.shelf.replies["/things"] = Reply(status, {"code": "X", "message": "no"})
        for answer in (look(stand.wire()), put(stand.wire())):
            assert isinstance(answer, Answer) and answer.status == status and not answer.ok
            assert answer.json()["code"] == "X"
    assert stand.slept == []


def test_an_answer_that_may_be_empty_is_taken_empty(stand: Stand) -> None:
    stand.shelf.replies["/things"] = Reply(204)
    assert isinstance(put(stand.wire()), Answer)
    stand.shelf.replies["/things"] = Reply(200)
    assert isinstance(put(stand.wire()), Lost)


def test_gzip_is_unpacked_and_csv_is_left_alone(stand: Stand) -> None:
    packed = Reply(200, gzip.compress(b'{"a": 2}'), {"Content-Encoding": "gzip", "Content-Type": "application/json"})
    stand.shelf.replies["/packed"] = packed
    stand.shelf.replies["/csv"] = Reply(200, "Id,Name\r\n1,髙橋\r\n", {"Content-Type": "text/csv"})
    assert stand.wire().read("GET", "/packed").json() == {"a": 2}
    assert stand.wire().read("GET", "/csv", expect=Expect.ANY).body.decode() == "Id,Name\r\n1,髙橋\r\n"


# --- reactions ------------------------------------------------------------------------------------------------

REACTIONS: dict[Reaction, tuple[str, str]] = {
    # what reading comes to, what writing comes to; the number of tries
    Reaction.TAKE: ("answer 1", "answer 1"),
    Reaction.AGAIN: ("Transient 4", "Transient 4"),
    Reaction.UNSURE: ("Transient 4", "lost 1"),
    Reaction.LATER: ("Transient 1", "Transient 1"),
    Reaction.RENEW: ("Fatal 2", "Fatal 2"),
    Reaction.STOP: ("Fatal 1", "Fatal 1"),
}


def came_to(act: Callable[[], Answer | Lost]) -> str:
    try:
        match act():
            case Answer():
                return "answer"
            case Lost():
                return "lost"
    except ConnectorError as error:
        return type(error).__name__


@pytest.mark.parametrize("do", Reaction)
def test_every_reaction_when_reading_and_when_writing(stand: Stand, do: Reaction) -> None:
    stand.shelf.replies["/things"] = Reply(418, {"code": "TEA", "message": "a teapot"})
    rules = [Rule(range(410, 420), "COFFEE", Reaction.TAKE), Rule(418, "TEA", do)]
    found = []
    for act in (look, put):
        wire = stand.wire(rules=rules, limits=Limits(attempts=4), auth=Tokens(stand.shelf))
        before = stand.serving.count()
        found.append(f"{came_to(lambda act=act, wire=wire: act(wire))} {stand.serving.count() - before}")
    assert tuple(found) == REACTIONS[do]


@pytest.mark.parametrize(
    ("status", "reading", "writing"),
    [
        (401, "Fatal", "Fatal"),
        (403, "Fatal", "Fatal"),
        (429, "Transient", "Transient"),
        (500, "Transient", "lost"),
        (502, "Transient", "lost"),
        (503, "Transient", "lost"),
        (520, "Transient", "lost"),
        (408, "Transient", "lost"),
        (418, "answer", "answer"),
    ],
)
def test_what_http_itself_says(stand: Stand, status: int, reading: str, writing: str) -> None:
    stand.shelf.replies["/things"] = Reply(status, PAGE, {"Content-Type": "text/html"})
    wire = stand.wire(auth=Tokens(stand.shelf, times=0))
    assert (came_to(lambda: look(wire)), came_to(lambda: put(wire))) == (reading, writing)


def test_errors_carry_the_vendors_words_and_no_query(stand: Stand) -> None:
    stand.shelf.replies["/things"] = Reply(403, {"code": "NO_RIGHT", "message": "権限が\nありません"})
    error = raised(Fatal, lambda: stand.wire().read("GET", "/things?mail=a@example.jp", params={"q": "山田"}))
    assert error.message == "adapter.denied"
    assert error.facts == {
        "system": "crm", "method": "GET", "path": "/things", "status": 403, "code": "NO_RIGHT",
        "answer": "403 NO_RIGHT 権限が ありません",
    }  # fmt: skip
    assert "NO_RIGHT" in say("ja", error.message, **error.facts)


# --- failing, and tries ---------------------------------------------------------------------------------------

DONE = {Fault.HANG_AFTER, Fault.CUT_AFTER, Fault.ERROR_AFTER, Fault.TRUNCATED, Fault.HTML}
UNSURE = DONE | {Fault.HANG_BEFORE, Fault.CUT_BEFORE, Fault.ERROR_BEFORE, Fault.UNAVAILABLE}


@pytest.mark.parametrize("fault", sorted(UNSURE))
def test_a_write_that_may_have_been_done_is_lost_and_never_repeated(stand: Stand, fault: Fault) -> None:
    wire = stand.wire(limits=Limits(attempt=0.3))
    look(wire)
    began = time.monotonic()
    with stand.serving.faults.during(fault, lambda request: request.method == "POST"):
        assert isinstance(put(wire), Lost)
    assert time.monotonic() - began < 5  # also when not a byte comes
    assert len(stand.shelf.things) == (1 if fault in DONE else 0)
    assert wire.budget.counts["write"] == 1


@pytest.mark.parametrize("fault", sorted(UNSURE | {Fault.THROTTLED, Fault.EXPIRED}))
def test_a_reading_call_gets_over_one_fault(stand: Stand, fault: Fault) -> None:
    wire = stand.wire(limits=Limits(attempt=0.3))
    stand.serving.faults.plan(fault)
    assert look(wire).json()["things"] == []


def test_a_throttled_write_is_repeated_for_nothing_was_done(stand: Stand) -> None:
    stand.serving.faults.plan(Fault.THROTTLED, Fault.THROTTLED)
    assert isinstance(put(stand.wire()), Answer)
    assert len(stand.shelf.things) == 1 and len(stand.slept) == 2


def test_a_refused_connection_was_surely_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with standing(served=False) as stand:
        wire = stand.wire(url=f"http://127.0.0.1:{port}", limits=Limits(attempts=3))
        for act in (put, look):
            error = raised(Transient, lambda act=act: act(wire))
            assert error.message == "adapter.unreachable" and "ConnectError" in error.facts["answer"]
        assert len(stand.slept) == 4


def test_waits_grow_and_end_by_count(stand: Stand) -> None:
    wire = stand.wire(limits=Limits(attempts=6, first_wait=1, longest_wait=5), jitter=lambda low, high: high)
    with stand.serving.faults.during(Fault.THROTTLED):
        assert raised(Transient, lambda: look(wire)).message == "adapter.throttled"
    assert stand.slept == [1, 2, 4, 5, 5]
    assert wire.budget.counts == {"read": 6}


def test_waits_end_by_time(stand: Stand) -> None:
    wire = stand.wire(limits=Limits(attempts=100, first_wait=8, longest_wait=8, call=30), jitter=lambda low, high: high)
    with stand.serving.faults.during(Fault.THROTTLED):
        raised(Transient, lambda: look(wire))
    assert stand.slept == [8, 8, 8]


def test_waits_are_spread_by_chance(stand: Stand) -> None:
    wire = stand.wire(limits=Limits(attempts=3, first_wait=8, longest_wait=8))
    for _ in range(10):
        with stand.serving.faults.during(Fault.THROTTLED):
            raised(Transient, lambda: look(wire))
    assert all(4 <= wait <= 8 for wait in stand.slept) and len(set(stand.slept)) > 5


def throttled(stand: Stand, text: str) -> None:
    stand.shelf.replies["/things"] = Reply(429, {"message": "slow down"}, {"Retry-After": text})


def test_retry_after_is_obeyed_to_the_second(stand: Stand) -> None:
    throttled(stand, "7")
    assert raised(Transient, lambda: look(stand.wire(limits=Limits(attempts=3)))).retry_after == 7
    assert stand.slept == [7, 7]


def test_a_date_in_retry_after_counts_from_the_vendors_clock(stand: Stand) -> None:
    throttled(stand, format_datetime(stand.clock.now + timedelta(seconds=11), usegmt=True))
    raised(Transient, lambda: look(stand.wire(limits=Limits(attempts=2))))
    assert stand.slept == [11]


@pytest.mark.parametrize(("text", "seconds"), [("3600", 3600), ("99999999999999999999", 86_400)])
def test_a_long_retry_after_is_told_and_not_waited_for(stand: Stand, text: str, seconds: int) -> None:
    throttled(stand, text)
    assert raised(Transient, lambda: look(stand.wire())).retry_after == seconds
    assert stand.slept == []


@pytest.mark.parametrize("text", ["", "-5", "soon", "²", "Wed, 99 Foo 2026"])
def test_a_retry_after_that_says_nothing_is_none(stand: Stand, text: str) -> None:
    throttled(stand, text if text.isascii() else "2.5")
    assert raised(Transient, lambda: look(stand.wire(limits=Limits(attempts=1)))).retry_after is None


# --- time and size --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("play", [drip_headers, drip_body])
def test_a_server_that_drips_is_left_in_time(play: Play) -> None:
    with raw_server(play) as url, standing(served=False) as stand:
        wire = stand.wire(url=url, limits=Limits(attempt=0.4, attempts=1))
        for act, kind in ((look, Transient), (put, None)):
            began = time.monotonic()
            if kind is None:
                assert isinstance(act(wire), Lost)
            else:
                raised(kind, lambda act=act: act(wire))
            assert 0.3 < time.monotonic() - began < 2


@pytest.mark.parametrize("play", [cut_body, garbage])
def test_half_an_answer_is_none(play: Play) -> None:
    with raw_server(play) as url, standing(served=False) as stand:
        wire = stand.wire(url=url, limits=Limits(attempts=2))
        assert isinstance(put(wire), Lost)
        assert raised(Transient, lambda: look(wire)).message == "adapter.unreachable"


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_beyond_the_cap_is_not_read_to_its_end(stand: Stand, packed: bool) -> None:
    body = b'"' + b"a" * 3_000_000 + b'"'
    headers = {"Content-Encoding": "gzip"} if packed else {}
    stand.shelf.replies["/things"] = Reply(200, gzip.compress(body) if packed else body, headers)
    wire = stand.wire(limits=Limits(body=100_000))
    error = raised(Fatal, lambda: look(wire))
    assert (error.message, error.facts["limit"]) == ("adapter.too_large", 100_000)
    assert isinstance(put(wire), Lost)
    assert isinstance(stand.wire().read("GET", "/things"), Answer)


def test_no_more_calls_at_once_than_allowed(stand: Stand) -> None:
    wire = stand.wire(limits=Limits(attempt=5, concurrent=2))
    running, most, lock, gate = 0, 0, threading.Lock(), threading.Event()
    handle = stand.shelf.handle

    def slow(request: Any) -> Reply:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            if running == 2:
                gate.set()
        assert gate.wait(5)
        with lock:
            running -= 1
        return handle(request)

    stand.serving._one_at_a_time = _Open()  # type: ignore[assignment]
    stand.shelf.handle = slow  # type: ignore[method-assign]
    threads = [threading.Thread(target=look, args=(wire,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert most == 2 and stand.serving.count() == 8


class _Open:
    """A lock that locks nothing."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


# --- where the credentials go ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_nothing_goes_there(stand: Stand, status: int) -> None:
    with standing() as elsewhere:
        where = elsewhere.serving.url + "/things?token=canary-1234"
        stand.shelf.replies["/things"] = Reply(status, "moved", {"Location": where})
        for act in (look, put):
            error = raised(Fatal, lambda act=act: act(stand.wire()))
            assert (error.message, error.facts["where"]) == ("adapter.redirected", "localhost")
            assert "canary" not in str(error)
        assert elsewhere.serving.count() == 0


def test_no_address_of_another_host_is_called(stand: Stand) -> None:
    with standing() as elsewhere:
        for url in (elsewhere.serving.url + "/things", "https://example.com/x"):
            raised(Fatal, lambda url=url: stand.wire().read("GET", url))
        assert elsewhere.serving.count() == 0
    assert stand.wire().read("GET", stand.serving.url + "/things?a=1").json()["asked"] == [["a", "1"]]


def test_the_environment_has_no_say(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert look(stand.wire()).status == 200


def test_no_cookie_is_kept(stand: Stand) -> None:
    stand.shelf.replies["/login"] = Reply(200, {}, {"Set-Cookie": "session=1; Path=/"})
    wire = stand.wire()
    wire.read("GET", "/login")
    look(wire)
    assert "cookie" not in stand.serving.log[-1].headers


@pytest.mark.parametrize("url", ["http://example.com", "ftp://localhost", "https://u:p@example.com", "https://", "x",
                                 "https://example.com/?a=1"])  # fmt: skip
def test_an_address_that_would_send_credentials_in_the_open_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        secure_url(url)


def test_a_certificate_that_nobody_vouches_for_ends_the_call_before_it_is_sent() -> None:
    authority, arrived = trustme.CA(), []
    listening = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(listening)
    knows = ssl.create_default_context()
    authority.configure_trust(knows)

    def answer(connection: socket.socket, stopped: threading.Event) -> None:
        arrived.append(1)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with raw_server(answer, listening) as url, standing(served=False) as stand:
        for act in (look, put):
            error = raised(Fatal, lambda act=act: act(stand.wire(url=url)))
            assert error.message == "adapter.untrusted" and stand.slept == []
        assert arrived == []
        assert look(stand.wire(url=url, trust=knows)).json() == {} and arrived == [1]


# --- renewal --------------------------------------------------------------------------------------------------


def test_credentials_that_ran_out_are_renewed_once_and_the_call_repeated(stand: Stand) -> None:
    wire = stand.wire()
    stand.shelf.expire()
    assert isinstance(put(wire), Answer) and len(stand.shelf.things) == 1
    assert stand.tokens.renewals == 1 and stand.slept == []


def test_a_lasting_401_is_fatal_after_one_renewal(stand: Stand) -> None:
    tokens = Tokens(stand.shelf, helps=False)
    stand.shelf.expire()
    error = raised(Fatal, lambda: look(stand.wire(auth=tokens)))
    assert error.message == "adapter.denied" and tokens.renewals == 1
    assert stand.serving.count() == 2


def test_credentials_that_cannot_be_renewed_are_asked_for_once(stand: Stand) -> None:
    tokens = Tokens(stand.shelf, times=0)
    wire = stand.wire(auth=tokens)
    stand.shelf.expire()
    for _ in range(3):
        raised(Fatal, lambda: look(wire))
    assert tokens.renewals == 1


def test_many_threads_renew_once(stand: Stand) -> None:
    stand.tokens.gate = threading.Event()
    wire = stand.wire(limits=Limits(attempt=10, concurrent=8))
    stand.shelf.expire()
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(look(wire).status)) for _ in range(8)]
    for thread in threads:
        thread.start()
    reached = threading.Event()
    for _ in range(500):  # until every thread has been refused
        if stand.serving.count() >= 8:
            break
        reached.wait(0.01)
    assert stand.serving.count() == 8
    stand.tokens.gate.set()
    for thread in threads:
        thread.join(10)
    assert answers == [200] * 8 and stand.tokens.renewals == 1


# --- budget ---------------------------------------------------------------------------------------------------


def test_a_run_makes_no_more_calls_than_its_budget(stand: Stand) -> None:
    wire = stand.wire(budget=Budget("crm", run=3))
    for _ in range(3):
        look(wire)
    error = raised(Transient, lambda: put(wire))
    assert error.message == "adapter.budget" and error.facts == {"system": "crm", "used": 3, "limit": 3}
    assert stand.serving.count() == 3 and stand.shelf.things == []


def test_tries_count_too(stand: Stand) -> None:
    wire = stand.wire(budget=Budget("crm", run=3))
    with stand.serving.faults.during(Fault.THROTTLED):
        assert raised(Transient, lambda: look(wire)).message == "adapter.budget"
    assert stand.serving.count() == 3


def test_the_share_of_a_day_counts_the_calls_of_others(stand: Stand) -> None:
    budget = Budget("crm", share=50, monotonic=lambda: stand.now)

    def answered(answer: Answer) -> None:
        used, _, day = answer.headers.get("X-Usage", "0/1000").partition("/")
        budget.told(int(used), int(day))

    wire = stand.wire(budget=budget, answered=answered)
    stand.shelf.replies["/things"] = Reply(200, {}, {"X-Usage": "499/1000"})
    look(wire)
    stand.shelf.replies["/things"] = Reply(200, {}, {"X-Usage": "500/1000"})
    look(wire)
    error = raised(Transient, lambda: look(wire))
    assert error.facts == {"system": "crm", "used": 500, "limit": 500} and error.retry_after == 900
    stand.now += 901  # the day may be over: one call looks
    stand.shelf.replies["/things"] = Reply(200, {}, {"X-Usage": "1/1000"})
    look(wire)
    look(wire)


def test_the_share_of_a_day_that_nobody_tells_about_counts_ours(stand: Stand) -> None:
    wire = stand.wire(budget=Budget("crm", share=10, day=50))
    for _ in range(5):
        look(wire)
    raised(Transient, lambda: look(wire))
    assert stand.serving.count() == 5


# --- secrets --------------------------------------------------------------------------------------------------


def test_no_secret_in_a_hundred_provoked_errors(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = ("canary-t0ken", "canary-p@ss/word", "canary-p%40ss", "canary-new", "canary-query")
    echo = f"Bearer {FIRST} canary-p@ss/word canary-p%40ss%2Fword access_token=canary-new token: canary-new"
    shown: list[str] = []
    for number in range(100):
        status = (400, 401, 403, 409, 429, 500, 503, 302, 404, 200)[number % 10]
        body = {"code": echo, "message": echo} if number % 3 else f"<p>{echo}"
        stand.shelf.replies["/things"] = Reply(status, body, {"Location": f"https://{FIRST}.example.com/{echo}"[:60]})
        wire = stand.wire(
            auth=Tokens(stand.shelf), limits=Limits(attempts=2), secrets=["canary-p@ss/word"],
            rules=[Rule(404, None, Reaction.STOP), Rule(400, None, Reaction.LATER)],
        )  # fmt: skip
        try:
            end = (
                (look if number % 2 else put)(wire)
                if status != 200
                else wire.write("POST", f"/things/{FIRST}", json={})
            )
            shown.append(repr(end))
        except ConnectorError as error:
            shown += [repr(error), str(error), str(error.facts), say("ja", error.message, **error.facts)]
            shown += traceback.format_exception(error)
            assert error.__context__ is None or not isinstance(error.__context__, Exception)
        shown += [repr(wire)]
    raised(Fatal, lambda: stand.wire().read("GET", f"https://example.com/{FIRST}"))
    shown += [record.getMessage() for record in caplog.records]
    assert len(shown) > 300
    found = [(secret, text) for secret in secrets for text in shown if secret in text]
    assert found == []


def test_log_lines_tell_the_call_without_its_query(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    stand.wire().read("GET", "/things", params={"mail": "yamada@example.jp"})
    texts = [record.getMessage() for record in caplog.records]
    assert [text for text in texts if text.startswith("crm GET /things 200 ")]
    assert not [text for text in texts if "yamada" in text]


def test_short_words_are_not_taken_for_secrets() -> None:
    assert parts(["ja", "Bearer x", "Basic abcdef"]) == {"Bearer x", "Basic abcdef", "Bearer%20x", "Bearer+x",
                                                         "Basic%20abcdef", "Basic+abcdef", "abcdef"}  # fmt: skip
    assert clean("plain words stay " * 40, []) == ("plain words stay " * 40)[:300]
