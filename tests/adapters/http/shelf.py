"""A vendor as small as one can be: things are put on a shelf and looked at, with a token that may run out."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from connector.adapters.http import Answer, Auth, Limits, Said, Wire
from tests.fakes.serving import Clock, Faults, Plain, Reply, Request, Serving

FIRST = "canary-t0ken-first"


class Shelf(Plain):
    def __init__(self) -> None:
        self.things: list[Any] = []
        self.good = {FIRST}
        self.replies: dict[str, Reply] = {}  # path -> what it answers

    def handle(self, request: Request) -> Reply:
        if request.path in self.replies:
            return self.replies[request.path]
        if request.headers.get("authorization", "") not in {f"Bearer {token}" for token in self.good}:
            return Reply(401, {"code": "EXPIRED", "message": f"not good: {request.headers.get('authorization')}"})
        if request.method == "POST":
            self.things.append(request.json())
            return Reply(201, {"id": len(self.things)})
        return Reply(200, {"things": self.things, "asked": list(request.query)})

    def expire(self) -> None:
        self.good.clear()


class Tokens:
    """An auth whose token can be renewed `times` times; each renewal waits at `gate` when one is given."""

    def __init__(self, shelf: Shelf, times: int = 10, *, token: str = FIRST, helps: bool = True) -> None:
        self.shelf, self.left, self.token, self.helps = shelf, times, token, helps
        self.renewals = 0
        self.gate: threading.Event | None = None

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def renew(self) -> bool:
        self.renewals += 1
        if self.gate is not None:
            assert self.gate.wait(10)
        if not self.left:
            return False
        self.left -= 1
        self.token = f"canary-t0ken-{self.renewals}"
        if self.helps:
            self.shelf.good = {self.token}
        return True


def said(answer: Answer) -> Said:
    match answer.tree():
        case {"code": str(code), "message": str(words)}:
            return Said(code, words)
        case {"message": str(words)}:
            return Said("", words)
        case _:
            return Said()


class Stand:
    """A shelf, its server, and a wire to it that sleeps without waiting."""

    def __init__(self, faults: Faults | None = None) -> None:
        self.shelf = Shelf()
        self.clock = Clock()
        self.serving = Serving(self.shelf, faults=faults, clock=self.clock)
        self.slept: list[float] = []
        self.now = 1000.0
        self.tokens = Tokens(self.shelf)
        self._wires: list[Wire] = []

    def wire(self, *, auth: Auth | None = None, limits: Limits | None = None, url: str = "", **more: Any) -> Wire:
        wire = Wire(
            "crm",
            url or self.serving.url,
            auth=auth or self.tokens,
            said=more.pop("said", said),
            limits=limits or Limits(attempt=5.0),
            sleep=more.pop("sleep", self._sleep),
            monotonic=lambda: self.now,
            **more,
        )
        self._wires.append(wire)
        return wire

    def close(self) -> None:
        for wire in self._wires:
            wire.close()
        self.serving.stop()

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@contextmanager
def standing(faults: Faults | None = None, *, served: bool = True) -> Iterator[Stand]:
    """`served` off: the wires lead elsewhere."""
    stand = Stand(faults)
    with closing(stand):
        if served:
            stand.serving.__enter__()
        yield stand
