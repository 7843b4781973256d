"""Records a second out of HubSpot, Salesforce and kintone, beside dlt's REST source on the same server.

    python -m benchmarks.adapters --records 20000 --peers .venv/peers-env

The vendors are those of tests/fakes, in a process of their own, and answer at once: what they said to the first,
unmeasured pull they say again. So what is measured is the adapter: a full pull of contacts (or of the customers of a
kintone) with twelve columns, by CPU time of one core and by the clock. dlt reads the same pages and does no more than
take the records out of them: it neither types values nor follows references.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from tests.fakes.serving import Reply, Request, Serving, Vendor
from tests.scenarios.vendors import CUSTOMERS, SECRETS, Size, vendors

COLUMNS = {
    "hubspot": ("contacts", ("lastname", "firstname", "email", "phone", "jobtitle", "company", "hs_email_optout",
                             "hubspotscore", "hs_analytics_last_visit_timestamp", "sfa_deal_stage", "sfa_lost",
                             "sfa_lost_date")),
    "salesforce": ("Contact", ("LastName", "FirstName", "Email", "Phone", "MobilePhone", "Title", "Department",
                               "AccountId", "OwnerId", "HasOptedOutOfEmail", "MA_Score__c", "MA_LastVisit__c")),
    "kintone": ("顧客管理", ("会社名", "会社電話", "住所", "担当者名", "担当者メール", "担当者電話", "役職", "取引区分",
                          "配信停止", "MAスコア", "MA最終訪問日時", "備考")),
}  # fmt: skip


class Remembering:
    """Says again what it has said: a vendor that takes no time."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        self.said: dict[Any, Reply] = {}

    def handle(self, request: Request) -> Reply:
        key = (request.method, request.path, request.query, request.body)
        if key not in self.said:
            import orjson

            reply = self.vendor.handle(request)
            whole = isinstance(reply.body, dict | list)
            headers = {"Content-Type": "application/json;charset=UTF-8", **reply.headers} if whole else reply.headers
            self.said[key] = replace(reply, body=orjson.dumps(reply.body) if whole else reply.body, headers=headers)
        return self.said[key]

    def turned_away(self, fault: Any, request: Request) -> Reply:
        return self.vendor.turned_away(fault, request)

    def disturbed(self, fault: Any, request: Request, reply: Reply) -> Reply:
        return reply

    def expire(self) -> None:
        pass


def serve(system: str, records: int, told: Any) -> None:
    """One vendor with at least so many records, until the process is ended."""
    size = {"hubspot": Size(records * 6 // 5 + 6, 50, 0), "salesforce": Size(records * 3 // 2 + 6, 50, 0),
            "kintone": Size(10, records * 5 // 4 + 5, 0)}[system]  # fmt: skip
    with vendors(size) as made:
        vendor: Any = {"hubspot": made.hubspot, "salesforce": made.salesforce, "kintone": made.kintone}[system]
        with Serving(Remembering(vendor), clock=made.clock) as serving:
            made.salesforce.url = serving.url
            told.put(serving.url)
            while True:
                time.sleep(3600)


def adapter(system: str, url: str) -> Any:
    from connector.adapters.hubspot.adapter import hubspot_adapter
    from connector.adapters.hubspot.settings import HubSpotSettings
    from connector.adapters.kintone.adapter import kintone_adapter
    from connector.adapters.kintone.settings import KintoneSettings
    from connector.adapters.salesforce.adapter import salesforce_adapter
    from connector.config import SalesforceSystem

    match system:
        case "hubspot":
            return hubspot_adapter(
                system, HubSpotSettings.model_validate({"url": url, "token": SECRETS["HUBSPOT_TOKEN"]})
            )
        case "salesforce":
            given = {"client_id": SECRETS["SALESFORCE_CLIENT_ID"], "client_secret": SECRETS["SALESFORCE_CLIENT_SECRET"]}
            return salesforce_adapter(
                system, SalesforceSystem.model_validate({"url": url, "bulk_read_from": 0, **given})
            )
        case _:
            apps = {"顧客管理": {"app": CUSTOMERS, "token": SECRETS["KINTONE_TOKEN_1"]}}
            return kintone_adapter(system, KintoneSettings.model_validate({"url": url, "apps": apps}))


def pulled(system: str, url: str) -> tuple[int, int, float, float]:
    """Records and pages of one full pull, CPU seconds, seconds by the clock."""
    object_, columns = COLUMNS[system]
    made = adapter(system, url)
    begun, wall = time.process_time(), time.perf_counter()
    pages = records = 0
    for page in made.pull(object_, columns, None):
        pages += 1
        for record in page.records:
            records += len(record.values) == len(columns)
    took = time.process_time() - begun, time.perf_counter() - wall
    made.close()
    return records, pages, *took


def beside(peers: Path, system: str, url: str) -> dict[str, Any]:
    program = Path(__file__).with_name("peers_rest.py")
    words = [system, url, json.dumps(COLUMNS[system][1]), json.dumps(SECRETS)]
    ran = subprocess.run(  # noqa: S603  our own program
        [str(peers / "bin" / "python"), str(program), *words], capture_output=True, text=True, check=False, timeout=500
    )
    if ran.returncode:
        raise SystemExit(ran.stderr[-2000:])
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--records", type=int, default=20_000)
    ask.add_argument("--rounds", type=int, default=3)
    ask.add_argument("--peers", type=Path, help="the environment of benchmarks/peers.txt")
    given = ask.parse_args()
    say = sys.stdout.write
    header = ("system", "records", "pages", "records/s of CPU", "by the clock", "dlt REST, of CPU", "by the clock")
    say(f"| {' | '.join(header)} |\n")
    say("|---|---|---|---|---|---|---|\n")
    context = multiprocessing.get_context("spawn")
    for system in COLUMNS:
        told: Any = context.Queue()
        server = context.Process(target=serve, args=(system, given.records, told), daemon=True)
        server.start()
        url = told.get(timeout=300)
        pulled(system, url)  # the vendor learns what to say
        if given.peers:
            beside(given.peers, system, url)
        rounds = [pulled(system, url) for _ in range(given.rounds)]
        peer = [beside(given.peers, system, url) for _ in range(given.rounds)] if given.peers else []
        server.terminate()
        records, pages = rounds[0][:2]
        cells = [f"{records / median(r[2] for r in rounds):,.0f}", f"{records / median(r[3] for r in rounds):,.0f}"]
        theirs = [median(p["records"] / p[took] for p in peer) for took in ("cpu", "wall")] if peer else []
        cells += [f"{rate:,.0f}" for rate in theirs]
        say(f"| {system} | {records:,} | {pages} | {' | '.join(cells)} |\n")


if __name__ == "__main__":
    main()
