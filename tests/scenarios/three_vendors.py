"""HubSpot, Salesforce and kintone on one hub, from `init` to a quiet hub, with a week of edits in between.

python -m tests.scenarios.three_vendors [--people 3000] [--rate 0.05]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.scenarios.cost import CONSTANT, calls, floor, summary
from tests.scenarios.site import RunFailed, Site
from tests.scenarios.vendors import CUSTOMERS, DEALS, STAGES, Size, Vendors, mail, vendors, where

CREATES: Mapping[str, Mapping[str, bool | str]] = {
    "company": {"hubspot": True},
    "person": {"hubspot": True, "salesforce": "Lead"},
    "deal": {"hubspot": True},
}
HOUR = timedelta(hours=1)
MOST_ROUNDS = 14
WEATHER_ROUNDS = 12
WRITES = ("POST", "PUT", "PATCH", "DELETE")
NOTE = "秘密のメモ"  # in a field that no mapping names
State = dict[str, dict[str, dict[str, Any]]]


class Story:
    def __init__(self, folder: Path, made: Vendors, size: Size, *, rate: float = 0.0) -> None:
        self.site, self.vendors, self.size, self.rate = Site(folder, made), made, size, rate
        self.spent: dict[str, dict[str, dict[str, Any]]] = {}  # run -> system -> figures
        self.estimates: list[dict[str, tuple[int, int]]] = []  # system -> said, spent
        self.failed_runs = 0
        self.columns_written: Counter[str] = Counter()
        self.columns_unmapped: set[str] = set()
        self.questions: Counter[str] = Counter()

    # --- scenes

    def link(self) -> None:
        """init, check, and the first run, which only links."""
        self.site.set_up()
        checked = self.site.run("check")
        assert checked.code == 0, checked.out + checked.err
        self.site.switch_on(CREATES)
        with_creates = self.site.run("check")
        assert with_creates.code == 0, with_creates.out + with_creates.err
        _, said = self.site.diff()
        assert said["summary"]["linked"] == 0 or said["changed"]
        self.clear()
        self.sync("full load")
        assert not self.written(), "the first run wrote"

    def settle(self) -> int:
        """Diffs and applies until there is nothing to do; in bad weather first, then in good."""
        if self.rate:
            self._weather(self.rate)
            for _ in range(WEATHER_ROUNDS):
                self.vendors.clock.advance(HOUR)
                self.clear()
                try:
                    self.site.step()
                except RunFailed as failed:
                    self.failed_runs += 1
                    assert failed.ran.code in (1, 3), failed.ran.err
                self._note_columns()
            self._weather(0.0)
        for rounds in range(MOST_ROUNDS):
            self.vendors.clock.advance(HOUR)
            plan, said = self.site.diff()
            if not said["changed"]:
                self.site.apply(plan)
                return rounds
            self.clear()
            self.site.apply(plan)
            self._note_columns()
            if not self.rate:
                self.estimates.append({s: (said["calls"].get(s, 0), n) for s, n in self.counts().items()})
        raise AssertionError(f"not settled: {said['summary']}")

    def quiet(self, name: str) -> None:
        """Nothing to do, and nothing done, however often it is asked."""
        for _ in range(2):
            self.vendors.clock.advance(HOUR)
            again = self.site.run("diff", "--detailed-exitcode")
            assert again.code == 0, again.out
            self.clear()
            self.sync(name)
            assert not self.written(), "an echo"

    def edits(self) -> None:
        """One percent of the people, on every side."""
        made, org = self.vendors, self.vendors.salesforce.org
        some = max(1, self.size.people // 600)
        crm = [n for n in range(self.size.people) if where(n) == "both"]
        leads = [n for n in range(self.size.people) if where(n) == "lead_both"]
        in_kintone = sorted(made.ids["kintone", "担当者"])
        for n in crm[:some]:
            made.edit_salesforce("Contact", made.at("salesforce", "Contact", n), {"Title": "本部長"})
        for n in crm[some : 2 * some]:
            made.edit_hubspot("contacts", made.at("hubspot", "contacts", n), {"jobtitle": "室長"})
        for n in crm[2 * some : 3 * some]:
            made.edit_hubspot("contacts", made.at("hubspot", "contacts", n), {"hubspotscore": "777"})
        for n in leads[:some]:
            made.edit_salesforce("Lead", made.at("salesforce", "Lead", n), {"LastName": "改姓"})
        for n in in_kintone[-some:]:
            made.edit_kintone(CUSTOMERS, made.at("kintone", "担当者", n), {"役職": "支店長"})
        assert org.now == made.clock.now

    def events(self) -> None:
        """What a week brings: a conversion, a merge, a delete, opt-outs, lost deals, a stage that is gone."""
        made, org = self.vendors, self.vendors.salesforce.org
        org.now = made.clock.now
        portal = made.hubspot.portal
        crm = [n for n in range(self.size.people) if where(n) == "both" and n % 50 != 7][::-1]
        leads = [n for n in range(self.size.people) if where(n) == "lead_both"][::-1]
        self.converted, self.merged, self.deleted = leads[0], (crm[0], crm[1]), crm[2]
        contact = org.convert(made.at("salesforce", "Lead", self.converted))
        org.rows["Contact"][contact].values |= {"HasOptedOutOfEmail": False}
        kind = portal.kind("contacts")
        portal.merge(kind, *(made.at("hubspot", "contacts", n) for n in self.merged))
        org.delete("Contact", made.at("salesforce", "Contact", self.deleted))
        self.out = {"hubspot": crm[3], "salesforce": crm[4], "kintone": sorted(made.ids["kintone", "担当者"])[0]}
        portal.opt_out(mail(self.out["hubspot"]))
        made.edit_salesforce(
            "Contact", made.at("salesforce", "Contact", self.out["salesforce"]), {"HasOptedOutOfEmail": True}
        )
        made.edit_kintone(CUSTOMERS, made.at("kintone", "担当者", self.out["kintone"]), {"配信停止": ["配信停止"]})
        shared = sorted(made.ids["kintone", "案件管理"])
        first = [d for d in shared if d % len(STAGES) == 0]  # at their first stage
        self.lost, self.stuck = first[0], first[1]
        opportunities = made.ids["salesforce", "Opportunity"]
        lost = {"StageName": "Closed Lost", "LostReason__c": "予算"}
        made.edit_salesforce("Opportunity", opportunities[self.lost], lost)
        stages = made.kintone.apps[DEALS].properties["商談フェーズ"]["options"]
        del stages["見積"]
        made.edit_salesforce("Opportunity", opportunities[self.stuck], {"StageName": "Proposal/Price Quote"})
        made.edit_salesforce("Opportunity", opportunities[first[2]], {"Amount": 5_000_000.0})

    def _note_columns(self) -> None:
        written = self.written()
        self.columns_written += written
        self.columns_unmapped |= unmapped(written)

    # --- runs

    def sync(self, name: str) -> None:
        ran = self.site.run("sync", "--yes", "--json")
        if ran.code not in (0, 3, 4):
            raise RunFailed(ran)
        self.spent[name] = {}
        for system, server in self.vendors.servers.items():
            found = calls(system, server.log)
            constant = sum(1 for call in found if call.what == CONSTANT)
            self.spent[name][system] = {
                "calls": len(found), "floor": floor(found), "constant": constant, "for": summary(found),
            }  # fmt: skip

    def clear(self) -> None:
        for server in self.vendors.servers.values():
            server.log.clear()

    def counts(self) -> dict[str, int]:
        """Calls for reading, writing and looking back; not those to get to know a system."""
        found = {system: calls(system, server.log) for system, server in self.vendors.servers.items()}
        return {system: sum(1 for call in made if call.what != CONSTANT) for system, made in found.items()}

    def _weather(self, rate: float) -> None:
        for faults in self.vendors.faults.values():
            faults.rate = rate

    def written(self) -> Counter[str]:
        """Column -> how often it was written, as system.object.column, from the servers' logs."""
        found: Counter[str] = Counter()
        for request in self.vendors.servers["hubspot"].log:
            if request.path.endswith(("batch/create", "batch/update")) and "objects" in request.path:
                kind = request.path.split("/objects/")[1].split("/")[0]
                found.update(f"hubspot.{kind}.{name}" for one in request.json()["inputs"] for name in one["properties"])
            elif request.path.endswith(("batch/archive", "unsubscribe-all")) or (
                "associations" in request.path and (request.path.endswith("batch/create"))
            ):
                found[f"hubspot {request.path}"] += 1
        for request in self.vendors.servers["salesforce"].log:
            if request.path.endswith("composite/sobjects") and request.method in WRITES:
                for one in request.json()["records"]:
                    kind = one["attributes"]["type"]
                    found.update(f"salesforce.{kind}.{name}" for name in one if name not in ("attributes", "id"))
        for request in self.vendors.servers["kintone"].log:
            if request.path.endswith("records.json") and request.method in ("POST", "PUT"):
                if "x-http-method-override" in request.headers:
                    continue
                body = request.json()
                for one in body["records"]:
                    found.update(f"kintone.{body['app']}.{code}" for code in one.get("record", one) if code != "id")
        return found

    # --- how it ended

    def state(self) -> State:
        """What every system holds, by what people call it: ids and keys are left out."""
        made, portal = self.vendors, self.vendors.hubspot.portal
        ours = {"connector_key", "hs_object_id", "createdate", "lastmodifieddate", "hs_createdate",
                "hs_lastmodifieddate", "associatedcompanyid", "hs_merged_object_ids"}  # fmt: skip
        found: State = {}
        for kind, name in (("contacts", "email"), ("companies", "name"), ("deals", "dealname")):
            rows = found.setdefault(f"hubspot {kind}", {})
            for record in portal.records[kind].values():
                if record.archived is None:
                    values = {n: v for n, v in record.properties.items() if n not in ours}
                    for other in ("companies", "contacts"):
                        linked = portal.linked(kind, record.id, other) if other != kind else {}
                        named = "name" if other == "companies" else "email"
                        if kind != "companies":
                            names = sorted(portal.records[other][int(to)].properties.get(named, "") for to in linked)
                            values[f"→ {other}"] = names
                    assert record.properties[name] not in rows, f"twice: {record.properties[name]}"
                    rows[record.properties[name]] = values
        for object, name in (("Account", "Name"), ("Contact", "Email"), ("Lead", "Email"), ("Opportunity", "Name")):
            rows = found.setdefault(f"salesforce {object}", {})
            columns = [
                c for c in made.salesforce.org.tables[object].fields if not c.endswith(("Id", "Date", "Modstamp"))
            ]
            for row in made.living(object):
                if row.values.get("IsConverted"):
                    continue
                key = row.values[name] if object != "Account" else f"{row.values[name]} {row.values['Phone']}"
                assert key not in rows, f"twice: {key}"
                rows[key] = {c: row.values.get(c) for c in columns if c != "Connector_Key__c"}
        for app, name in ((CUSTOMERS, "会社名"), (DEALS, "案件名")):
            rows = found.setdefault(f"kintone {app}", {})
            for record in made.kintone.apps[app].records.values():
                assert record.values[name] not in rows, f"twice: {record.values[name]}"
                rows[record.values[name]] = {c: v for c, v in record.values.items() if c not in ("連携キー",)}
        return found

    def hold_kinds(self) -> Counter[str]:
        ran = self.site.run("holds", "--json", "--all")
        assert ran.code == 0, ran.err
        return Counter(one["kind"] for one in ran.json()["holds"])

    def promises(self, state: State) -> None:
        """What must be true once the events are settled."""
        contacts, deals, projects = state["hubspot contacts"], state["hubspot deals"], state[f"kintone {DEALS}"]
        customers = state[f"kintone {CUSTOMERS}"]
        # everybody is everywhere once: creates were on for HubSpot contacts and deals and for Salesforce leads
        assert len(deals) == self.size.deals
        assert len(contacts) == self.size.people - 1, "one was merged away"
        known = len(state["salesforce Contact"]) + len(state["salesforce Lead"])
        assert known == self.size.people - 1, "one was deleted, and is not made again"
        # an opt-out anywhere is everywhere
        assert self.out["kintone"] in self.vendors.ids["kintone", "担当者"]
        for system, n in self.out.items():
            assert contacts[mail(n)]["hs_email_optout"] == "true", system
            row = state["salesforce Contact"].get(mail(n)) or state["salesforce Lead"][mail(n)]
            assert row["HasOptedOutOfEmail"] is True, system
        for n in range(self.size.people):
            if where(n) == "both" and n % 50 == 7:
                assert state["salesforce Contact"][mail(n)]["HasOptedOutOfEmail"] is True
        marked = [c for c in customers.values() if c["配信停止"]]
        outs = {m for m, one in contacts.items() if one.get("hs_email_optout") == "true"}
        assert {c["担当者メール"] for c in marked} == {c["担当者メール"] for c in customers.values()} & outs
        # the lead that was converted is a contact, and was not made again as a lead
        assert mail(self.converted) in state["salesforce Contact"]
        assert mail(self.converted) not in state["salesforce Lead"]
        # the lost deal is lost everywhere, and so is known of its person
        name = f"案件{self.lost}"
        assert deals[name]["dealstage"] == "closedlost" and deals[name]["closed_lost_reason"] == "予算"
        assert projects[name]["商談フェーズ"] == "失注" and projects[name]["失注理由"] == "予算"
        # a stage that kintone lost reaches HubSpot, and is a question for kintone
        assert deals[f"案件{self.stuck}"]["dealstage"] == "contractsent"
        assert projects[f"案件{self.stuck}"]["商談フェーズ"] != "見積"
        # edits on every side arrived
        titles = Counter(one.get("jobtitle") for one in contacts.values())
        assert titles["本部長"] and titles["室長"] and titles["支店長"]
        assert any(r["Title"] == "室長" for r in state["salesforce Contact"].values())
        assert any(r["MA_Score__c"] == 777 for r in state["salesforce Contact"].values())
        assert all(c["備考"] == NOTE for c in customers.values())
        hub = b"".join(p.read_bytes() for p in (self.site.folder / "state").glob("hub.db*"))
        assert NOTE.encode() not in hub, "a field that no mapping names is in the hub"


MAPPED = {
    "hubspot.companies": {"name", "phone", "website", "zip", "state", "city", "address", "numberofemployees"},
    "hubspot.contacts": {"lastname", "firstname", "email", "phone", "jobtitle", "sfa_deal_stage", "sfa_lost",
                         "sfa_lost_reason", "sfa_lost_date"},
    "hubspot.deals": {"dealname", "dealstage", "amount", "closedate", "closed_lost_reason", "pipeline"},
    "salesforce.Account": {"Phone", "Website"},
    "salesforce.Contact": {"LastName", "FirstName", "Email", "Phone", "Title", "HasOptedOutOfEmail", "MA_Score__c",
                           "MA_LastVisit__c"},
    f"kintone.{CUSTOMERS}": {"会社名", "会社電話", "住所", "担当者名", "担当者メール", "担当者電話", "役職", "配信停止",
                             "MAスコア", "MA最終訪問日時"},
    f"kintone.{DEALS}": {"案件名", "顧客", "商談フェーズ", "見積金額", "受注予定日", "失注理由"},
}  # fmt: skip
MAPPED["salesforce.Lead"] = MAPPED["salesforce.Contact"] | {"Company"}
KEYS = {"hubspot": "connector_key", "salesforce": "Connector_Key__c", "kintone": "連携キー"}


def unmapped(written: Counter[str]) -> set[str]:
    """Columns that were written though no mapping names them."""
    found = set()
    for name in written:
        if " " not in name:
            place, _, column = name.rpartition(".")
            if column not in MAPPED.get(place, set()) | {KEYS[place.split(".")[0]]}:
                found.add(name)
    return found


def tell(folder: Path, size: Size, *, rate: float = 0.0, seed: int = 1) -> tuple[Story, State]:
    """The whole story; raises AssertionError where a promise is broken."""
    with vendors(size, rate=rate, seed=seed) as made:
        story = Story(folder, made, size, rate=rate)
        story.link()
        story.settle()
        if not rate:
            story.quiet("no change")
        made.clock.advance(HOUR)
        story.vendors.salesforce.org.now = made.clock.now
        story.edits()
        made.clock.advance(HOUR)
        story.clear()
        if not rate:
            story.sync("1 % changed")
            story._note_columns()
        story.settle()
        story.events()
        story.settle()
        if not rate:
            story.quiet("no change, three holds")
        story.questions = story.hold_kinds()
        state = story.state()
        story.promises(state)
        return story, state


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--people", type=int, default=3_000)
    ask.add_argument(
        "--rate", type=float, default=0.05, help="the share of calls that meet a fault in the second telling"
    )
    ask.add_argument("--seed", type=int, default=1)
    given = ask.parse_args()
    size = Size(given.people, given.people // 6, given.people * 4 // 15)
    say = sys.stdout.write
    ends = []
    for rate in (0.0, given.rate):
        begun = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            story, state = tell(Path(folder), size, rate=rate, seed=given.seed)
            ends.append(state)
            faults = sum(len(f.happened) for f in story.vendors.faults.values())
            say(f"{size} faults {faults}, runs that ended {story.failed_runs}, {time.perf_counter() - begun:.0f} s\n")
            for run, systems in story.spent.items():
                for system, figures in systems.items():
                    said = f"{figures['calls']:4} calls, floor {figures['floor']:4}"
                    say(f"  {run:12} {system:10} {said}  {figures['for']}\n")
            for estimate in story.estimates:
                say(f"  estimate, spent: {estimate}\n")
            say(f"  holds: {dict(story.questions)}\n")
    say(f"the same end with faults and without: {ends[0] == ends[1]}\n")


if __name__ == "__main__":
    main()
