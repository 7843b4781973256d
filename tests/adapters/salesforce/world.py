"""The world of the Salesforce adapter: an org on loopback with its users at work, and the adapter in front."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connector.adapters.contract import Adapter
from connector.adapters.salesforce.adapter import SalesforceAdapter
from connector.adapters.salesforce.settings import SalesforceSettings
from tests.adapters.contract import Failure, Names
from tests.fakes.salesforce.org import Org
from tests.fakes.salesforce.server import Salesforce
from tests.fakes.serving import Clock, Fault, Faults, Request, Serving

CLIENT, SECRET = "canary-consumer-key", "canary-consumer-secret"
MEMBER = Names("Text__c", "Note__c", "Amount__c", "Day__c", "Moment__c")
KEY = "Connector_Key__c"
KEY_FIELD = f"{KEY} string 64 NCUXIQF"
SMALL: dict[str, Any] = {"page": 3, "read_batch": 4, "write_batch": 5, "delete": True, "external_key": KEY}


def key_pair() -> tuple[str, str]:
    """A private key and its public one, PEM."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


PEM, PUBLIC = key_pair()
OTHER = key_pair()[0]


def is_push(request: Request) -> bool:
    writing = request.method in ("POST", "PATCH", "DELETE") and request.path.endswith("/composite/sobjects")
    return writing or (request.method == "PUT" and "/jobs/ingest/" in request.path)


def is_pull(request: Request) -> bool:
    return "/query" in request.path and request.method == "GET"


def is_get(request: Request) -> bool:
    return "/composite/sobjects/" in request.path


def is_lost(request: Request) -> bool:
    """Where a write is done and its answer never comes: of a job also everything that would tell what became of it."""
    job = "/jobs/ingest/" in request.path and request.method in ("PATCH", "GET")
    return job or (is_push(request) and request.method != "PUT")


def is_data(request: Request) -> bool:
    return request.path.startswith("/services/data/")


KINDS = {"push": is_push, "pull": is_pull, "get": is_get}


class SalesforceWorld:
    """`settings` change those of the adapter; `org_page` is the size of the org's own pages."""

    def __init__(
        self,
        *,
        org_page: int = 5,
        faults: Faults | None = None,
        object: str = "Member__c",
        names: Names = MEMBER,
        **settings: Any,
    ) -> None:
        self.object, self.names = object, names
        self.secrets: tuple[str, ...] = (CLIENT, SECRET, "canary-access-token", PEM.splitlines()[1])
        self.clock = Clock()
        self.vendor = Salesforce(clock=self.clock, page=org_page)
        self.vendor.door.clients[CLIENT] = SECRET
        self.vendor.door.certificates[CLIENT] = PUBLIC
        self.vendor.door.approved.add("sync@example.co.jp")
        self.org: Org = self.vendor.org
        self.org.now = self.clock.now
        for name in ("Member__c", "Account", "Contact", "Lead", "Opportunity"):
            self.org.tables[name].add(KEY_FIELD)
        self.serving = Serving(self.vendor, clock=self.clock, faults=faults)
        self.serving.__enter__()
        self.vendor.url = self.serving.url
        self.slept: list[float] = []
        self.adapters: list[SalesforceAdapter] = []
        self.given = {**SMALL, **settings}
        self.adapter = self.made()

    def made(self, **changes: Any) -> SalesforceAdapter:
        ways = {"client_id": CLIENT, "client_secret": SECRET}
        given = {name: value for name, value in {**ways, **self.given, **changes}.items() if value is not ...}
        settings = SalesforceSettings.model_validate({"url": self.serving.url, **given})
        adapter = SalesforceAdapter(
            "crm", settings, sleep=self._sleep, monotonic=lambda: sum(self.slept), jitter=lambda low, high: high
        )
        self.adapters.append(adapter)
        return adapter

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def close(self) -> None:
        for adapter in self.adapters:
            adapter.close()
        self.serving.stop()

    def seed(self, values: Mapping[str, Any]) -> str:
        return self.org.put(self.object, {name: value or None for name, value in values.items()}).id

    def edit_behind(self, id: str, values: Mapping[str, Any], *, ago: timedelta = timedelta(0)) -> None:
        self.org.touch(self.org.rows[self.object][id], values, ago=ago)

    def delete_behind(self, id: str) -> None:
        self.org.delete(self.object, id)

    def advance(self, by: timedelta) -> None:
        self.clock.advance(by)
        self.org.now = self.clock.now

    def count(self) -> int:
        return len(list(self.org.living(self.object)))

    def calls(self, call: str) -> int:
        return self.serving.count(KINDS[call])

    @contextmanager
    def failing(self, how: Failure, *, skip: int = 0) -> Iterator[None]:
        when = is_lost if how == "lost" else is_push if skip else is_data
        match how:
            case "denied":
                when, fault = (lambda request: True), Fault.DENIED
            case "throttled":
                fault = Fault.THROTTLED
            case "lost":
                fault = Fault.CUT_AFTER
        with self.serving.faults.during(fault, when, skip=skip):
            yield

    def stranger(self) -> Adapter:
        if "private_key" in self.given:
            return self.made(private_key=OTHER)
        return self.made(client_secret="canary-wrong-secret")

    def fit(self, column: str, value: Any) -> Any:
        """Salesforce takes blanks off both ends, and keeps no empty text."""
        return (value.strip() or None) if isinstance(value, str) else value
