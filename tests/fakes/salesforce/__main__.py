"""python -m tests.fakes.salesforce --port 8080: an org to try things on. Client credentials: demo / demo-secret."""

from __future__ import annotations

import argparse
import sys
import threading
import time
from datetime import UTC, datetime

from tests.fakes.salesforce.server import Salesforce
from tests.fakes.serving import Clock, Faults, Serving


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--faults", type=float, default=0.0, help="share of requests that meet a fault, e.g. 0.05")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--records", type=int, default=0, help="members to begin with")
    given = parser.parse_args()
    clock = Clock(datetime.fromtimestamp(time.time(), UTC))
    vendor = Salesforce(clock=clock)
    vendor.door.clients["demo"] = "demo-secret"
    vendor.org.now = clock.now
    for number in range(given.records):
        vendor.org.put("Member__c", {"Name": f"会員 {number}", "Text__c": f"会員 {number}", "Amount__c": float(number)})
    with Serving(vendor, faults=Faults(seed=given.seed, rate=given.faults), clock=clock, port=given.port) as serving:
        vendor.url = serving.url
        sys.stdout.write(f"{serving.url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
