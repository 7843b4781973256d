"""An address book with users at work and the adapter in front, as the conformance suite wants it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from connector.adapters.contract import Adapter
from tests.adapters.contract import Failure, Names
from tests.adapters.small.addressbook import addressbook_adapter
from tests.adapters.small.fake import AddressBook
from tests.adapters.small.settings import AddressBookSettings
from tests.fakes.serving import Fault, Request, Serving

TOKEN = "canary-t0ken-0123456789"


def is_push(request: Request) -> bool:
    return request.method != "GET"


KINDS: Mapping[str, Callable[[Request], bool]] = {
    "push": is_push,
    "get": lambda request: request.method == "GET" and "id" in request.params,
    "pull": lambda request: request.path == "/v1/contacts" and "limit" in request.params,
}


class SmallWorld:
    def __init__(self) -> None:
        self.object, self.names, self.secrets = "contacts", Names(), (TOKEN,)
        self.book = AddressBook(TOKEN)
        self.serving = Serving(self.book, clock=self.book.clock)
        self.serving.__enter__()
        self._made: list[Adapter] = []
        self.adapter: Adapter = self.made(TOKEN)

    def made(self, token: str) -> Adapter:
        told = {"url": self.serving.url, "token": token, "page": 3, "read_batch": 4}
        adapter = addressbook_adapter("book", AddressBookSettings.model_validate(told), sleep=lambda seconds: None)
        self._made.append(adapter)
        return adapter

    def close(self) -> None:
        for adapter in self._made:
            adapter.close()
        self.serving.stop()

    def seed(self, values: Mapping[str, Any]) -> str:
        return self.book.seed(values)

    def edit_behind(self, id: str, values: Mapping[str, Any], *, ago: timedelta = timedelta(0)) -> None:
        self.book.clock.advance(-ago)
        self.book.edit(id, values)
        self.book.clock.advance(ago)

    def delete_behind(self, id: str) -> None:
        del self.book.records[id]

    def advance(self, by: timedelta) -> None:
        self.book.clock.advance(by)

    def count(self) -> int:
        return len(self.book.records)

    def calls(self, call: str) -> int:
        return self.serving.count(KINDS[call])

    @contextmanager
    def failing(self, how: Failure, *, skip: int = 0) -> Iterator[None]:
        fault = {"throttled": Fault.THROTTLED, "denied": Fault.DENIED, "lost": Fault.CUT_AFTER}[how]
        every = how != "lost" and not skip
        with self.serving.faults.during(fault, (lambda request: True) if every else is_push, skip=skip):
            yield

    def stranger(self) -> Adapter:
        return self.made(TOKEN + "x")

    def fit(self, column: str, value: Any) -> Any:
        return (value.strip() or None) if isinstance(value, str) else value
