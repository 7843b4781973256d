"""python -m tests.fakes.hubspot --port 8080 --token T: an empty account, or one with --people contacts in it."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime, timedelta

from tests.fakes.hubspot.portal import Portal
from tests.fakes.hubspot.schema import Property
from tests.fakes.hubspot.server import HubSpot, Rates
from tests.fakes.serving import Clock, Faults, Serving


class Wall(Clock):
    """The machine's own clock."""

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time(), UTC)

    @now.setter
    def now(self, to: datetime) -> None: ...


def people(portal: Portal, number: int) -> None:
    kind = portal.kind("contacts")
    begin = portal.clock.now - timedelta(days=30)
    for n in range(number):
        given = {"email": f"p{n}@example.jp", "lastname": f"髙橋{n}", "firstname": "花子", "phone": "03-1234-5678"}
        portal.create(kind, given, by="CRM_UI", at=begin + timedelta(seconds=n))


def main() -> None:
    ask = argparse.ArgumentParser(description="HubSpot, played on loopback")
    ask.add_argument("--port", type=int, default=8080)
    ask.add_argument("--token", default="pat-na1-fake")
    ask.add_argument("--people", type=int, default=0)
    ask.add_argument("--key", default="connector_id", help="the unique property of our key")
    ask.add_argument("--unlimited", action="store_true", help="no rate limits")
    ask.add_argument("--faults", type=float, default=0.0, help="the share of requests that meet a fault")
    ask.add_argument("--seed", type=int, default=1)
    given = ask.parse_args()
    rates = Rates(10**9, 10**9, 10**9) if given.unlimited else Rates()
    vendor = HubSpot(Wall(), rates=rates)
    vendor.tokens[given.token] = None
    for kind in ("contacts", "companies", "deals"):
        vendor.portal.add_property(kind, Property(given.key, unique=True, defined=False))
    people(vendor.portal, given.people)
    faults = Faults(seed=given.seed, rate=given.faults)
    with Serving(vendor, faults=faults, clock=vendor.clock, port=given.port) as serving:
        print(f"HubSpot on {serving.url}", flush=True)  # noqa: T201
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
