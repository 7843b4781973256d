"""HubSpot, Salesforce and kintone on loopback, filled with the same customers, on one clock."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.hubspot import HubSpot, Property, Rates
from tests.fakes.kintone import Kintone, Token
from tests.fakes.salesforce.server import Salesforce
from tests.fakes.serving import Clock, Fault, Faults, Reply, Request, Serving, Vendor

START = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
LATENCY = timedelta(milliseconds=60)  # what a call takes at a vendor: their clocks go on while they are asked
CUSTOMERS, DEALS = 5, 6  # app ids
SECRETS = {
    "HUBSPOT_TOKEN": "pat-na1-scenario", "SALESFORCE_CLIENT_ID": "scenario-key",
    "SALESFORCE_CLIENT_SECRET": "scenario-secret", "KINTONE_TOKEN_1": "token-customers",
    "KINTONE_TOKEN_2": "token-deals",
}  # fmt: skip
# what a network and a vendor in trouble do; a refused sign-in ends a run, which is another story
FAULTS = (
    Fault.CUT_BEFORE, Fault.THROTTLED, Fault.ERROR_BEFORE, Fault.UNAVAILABLE, Fault.CUT_AFTER, Fault.ERROR_AFTER,
    Fault.TRUNCATED, Fault.HTML, Fault.REORDERED,
)  # fmt: skip
STAGES = ("Prospecting", "Qualification", "Proposal/Price Quote", "Closed Won", "Closed Lost")
IN_KINTONE = dict(zip(STAGES, ("見込み", "ヒアリング", "見積", "受注", "失注"), strict=True))
FAMILIES = ("山田", "佐藤", "鈴木", "髙橋", "田中", "渡邉", "伊藤", "中村", "小林", "斎藤", "加藤", "吉田")
GIVEN = ("太郎", "花子", "一郎", "恵子", "健", "真由美", "誠", "陽子", "拓也", "美咲", "大輔", "直子")
TITLES = ("部長", "課長", "係長", "主任", "取締役")


@dataclass(frozen=True, slots=True)
class Size:
    people: int = 3_000
    companies: int = 500
    deals: int = 800

    def smaller(self, by: int) -> Size:
        return Size(self.people // by, self.companies // by, self.deals // by)


class Ticking:
    """A vendor whose clock goes on by the time that an answer takes."""

    def __init__(self, vendor: Vendor, clock: Clock) -> None:
        self.vendor, self.clock = vendor, clock

    def handle(self, request: Request) -> Reply:
        self.clock.advance(LATENCY)
        return self.vendor.handle(request)

    def turned_away(self, fault: Fault, request: Request) -> Reply:
        return self.vendor.turned_away(fault, request)

    def disturbed(self, fault: Fault, request: Request, reply: Reply) -> Reply:
        return self.vendor.disturbed(fault, request, reply)

    def expire(self) -> None:
        self.vendor.expire()


@dataclass
class Vendors:
    """The three and their logs. `ids` are where person, company and deal number n stands in each."""

    clock: Clock
    hubspot: HubSpot
    salesforce: Salesforce
    kintone: Kintone
    faults: dict[str, Faults]
    servers: dict[str, Serving] = field(default_factory=dict)
    ids: dict[tuple[str, str], dict[int, str]] = field(default_factory=dict)

    def place(self, system: str, object: str) -> dict[int, str]:
        return self.ids.setdefault((system, object), {})

    def at(self, system: str, object: str, number: int) -> str:
        return self.ids[system, object][number]

    # --- their users at work

    def edit_hubspot(self, kind: str, id: str, values: dict[str, str]) -> None:
        portal = self.hubspot.portal
        portal.update(portal.kind(kind), portal.living(portal.kind(kind), id), values, by="CRM_UI")

    def edit_salesforce(self, object: str, id: str, values: dict[str, Any]) -> None:
        org = self.salesforce.org
        org.now = self.clock.now
        org.touch(org.rows[object][id], values)
        org._computed(object, org.rows[object][id])

    def edit_kintone(self, app: int, id: str, values: dict[str, Any]) -> None:
        self.kintone.edit(app, id, values)

    # --- what they hold

    def contacts(self) -> list[Any]:
        return [r for r in self.hubspot.portal.records["contacts"].values() if r.archived is None]

    def hub_deals(self) -> list[Any]:
        return [r for r in self.hubspot.portal.records["deals"].values() if r.archived is None]

    def living(self, object: str) -> list[Any]:
        self.salesforce.org.now = self.clock.now
        return list(self.salesforce.org.living(object))

    def customers(self) -> list[Any]:
        return list(self.kintone.apps[CUSTOMERS].records.values())

    def projects(self) -> list[Any]:
        return list(self.kintone.apps[DEALS].records.values())


@contextmanager
def vendors(size: Size, *, rate: float = 0.0, seed: int = 1) -> Iterator[Vendors]:
    """Filled and serving. The share `rate` of all calls meets a fault while `faults` are on."""
    clock = Clock(START)
    # a portal answers faster than its limits only in a test: they have tests of their own
    hubspot = HubSpot(clock, rates=Rates(10**6, 10**6, 10**9))
    hubspot.tokens[SECRETS["HUBSPOT_TOKEN"]] = None
    salesforce = Salesforce(clock=clock)
    salesforce.door.clients[SECRETS["SALESFORCE_CLIENT_ID"]] = SECRETS["SALESFORCE_CLIENT_SECRET"]
    kintone = Kintone(clock)
    names = ("hubspot", "salesforce", "kintone")
    faults = {name: Faults(seed=seed * 10 + n, rate=0.0, kinds=FAULTS) for n, name in enumerate(names)}
    made = Vendors(clock, hubspot, salesforce, kintone, faults)
    _fields(made)
    _fill(made, size, random.Random(seed))
    clock.advance(timedelta(days=1))
    with ExitStack() as stack:
        for name, vendor in (("hubspot", hubspot), ("salesforce", salesforce), ("kintone", kintone)):
            server = Serving(Ticking(vendor, clock), faults=faults[name], clock=clock)
            made.servers[name] = stack.enter_context(server)
        salesforce.url = made.servers["salesforce"].url
        yield made


def _fields(made: Vendors) -> None:
    """The custom fields that the setup page lists."""
    portal = made.hubspot.portal
    for kind in ("companies", "contacts", "deals"):
        portal.add_property(kind, Property("connector_key", label="連携キー", unique=True, defined=False))
    portal.add_property("companies", Property("website", label="ウェブサイトのURL"))
    for one in (
        Property("sfa_deal_stage", label="商談フェーズ（SFA）", defined=False),
        Property("sfa_lost", "bool", "失注（SFA）", defined=False),
        Property("sfa_lost_reason", label="失注理由（SFA）", defined=False),
        Property("sfa_lost_date", "date", "失注日（SFA）", defined=False),
    ):
        portal.add_property("contacts", one)
    tables = made.salesforce.org.tables
    for object in ("Account", "Contact", "Lead", "Opportunity"):
        tables[object].add("Connector_Key__c string 64 NCUXIQF")
    for object in ("Contact", "Lead"):
        for line in (
            "HasOptedOutOfEmail boolean 0 CUDF",
            "MA_Score__c double 18.0 NCUF",
            "MA_LastVisit__c datetime 0 NCUF",
        ):
            tables[object].add(line)
    tables["Opportunity"].add("LostReason__c string 255 NCUF")
    text, choice = {"type": "SINGLE_LINE_TEXT"}, {"type": "DROP_DOWN"}
    made.kintone.app(CUSTOMERS, "顧客管理", {
        "会社名": text, "会社電話": text, "住所": text, "担当者名": text, "担当者メール": text, "担当者電話": text,
        "役職": text,
        "取引区分": choice | {"options": ["見込み", "取引中", "退会"]},
        "配信停止": {"type": "CHECK_BOX", "options": ["配信停止"]},
        "MAスコア": {"type": "NUMBER"}, "MA最終訪問日時": {"type": "DATETIME"}, "備考": text,
    })  # fmt: skip
    lookup = {
        "relatedApp": {"app": str(CUSTOMERS), "code": ""}, "relatedKeyField": "レコード番号",
        "fieldMappings": [{"field": "顧客名", "relatedField": "会社名"}], "lookupPickerFields": [], "filterCond": "",
        "sort": "",
    }  # fmt: skip
    made.kintone.app(DEALS, "案件管理", {
        "案件名": text, "顧客": {"type": "NUMBER", "lookup": lookup}, "顧客名": text,
        "商談フェーズ": choice | {"options": ["見込み", "ヒアリング", "提案", "見積", "受注", "失注"]},
        "見積金額": {"type": "NUMBER"}, "受注予定日": {"type": "DATE"}, "失注理由": text,
        "担当営業": {"type": "USER_SELECT"}, "連携キー": text | {"unique": True},
    })  # fmt: skip
    made.kintone.tokens = {
        SECRETS["KINTONE_TOKEN_1"]: Token(CUSTOMERS, frozenset({"view", "edit"})),
        SECRETS["KINTONE_TOKEN_2"]: Token(DEALS, frozenset({"view", "add", "edit"})),
    }


# --- the customers --------------------------------------------------------------------------------------------


def mail(n: int) -> str:
    return f"p{n:05}@c{n % 997:03}.example.jp"


def where(n: int) -> str:
    """Who knows person n: half are a HubSpot contact and a Salesforce contact, the others are in fewer places."""
    return ("both", "both", "both", "crm", "lead_both", "ma")[n % 6]


def _fill(made: Vendors, size: Size, rng: random.Random) -> None:
    portal, org = made.hubspot.portal, made.salesforce.org
    org.now = made.clock.now
    for c in range(size.companies):
        name, phone = f"株式会社青空{c}", f"03-{1000 + c // 100:04}-{c % 100:02}00"
        web = f"https://www.c{c}.example.jp"
        account = {"Name": name, "Phone": phone, "Website": web, "BillingState": "東京都", "BillingCity": "千代田区",
                   "BillingPostalCode": "100-0005", "BillingStreet": f"丸の内{c + 1}-1", "NumberOfEmployees": 10 + c,
                   "OwnerId": next(iter(org.rows["User"]))}  # fmt: skip
        made.place("salesforce", "Account")[c] = org.put("Account", account).id
        if c % 10 != 9:
            given = {"name": name.replace("株式会社", "(株)"), "phone": phone, "website": web}
            made.place("hubspot", "companies")[c] = portal.create(portal.kind("companies"), given, by="CRM_UI").id
    for n in range(size.people):
        _person(made, size, n, rng)
    for c in range(size.companies):
        if c % 5 != 4:
            _customer(made, size, c)
    for d in range(size.deals):
        _deal(made, size, d)
    for deal in made.living("Opportunity"):
        org._computed("Opportunity", deal)


def _name(n: int) -> tuple[str, str]:
    return FAMILIES[n % len(FAMILIES)], GIVEN[n // len(FAMILIES) % len(GIVEN)]


def _person(made: Vendors, size: Size, n: int, rng: random.Random) -> None:
    portal, org = made.hubspot.portal, made.salesforce.org
    (family, first), phone, kind, c = _name(n), f"090-{n // 10_000:04}-{n % 10_000:04}", where(n), n % size.companies
    company = f"株式会社青空{c}"
    row = {
        "LastName": family, "FirstName": first, "Name": f"{first} {family}", "Email": mail(n), "Phone": phone,
        "Title": rng.choice(TITLES), "HasOptedOutOfEmail": False, "OwnerId": next(iter(org.rows["User"])),
    }  # fmt: skip
    if kind in ("both", "crm"):
        account = made.at("salesforce", "Account", c)
        made.place("salesforce", "Contact")[n] = org.put("Contact", {**row, "AccountId": account}).id
    if kind == "lead_both":
        more = {"Company": company, "Status": "Open - Not Contacted", "IsConverted": False}
        made.place("salesforce", "Lead")[n] = org.put("Lead", {**row, **more}).id
    if kind != "crm":
        given = {"lastname": family, "firstname": first, "email": mail(n), "phone": phone, "company": company,
                 "hubspotscore": str(n % 100), "hs_analytics_last_visit_timestamp": "2026-03-31T01:02:00Z"}  # fmt: skip
        if n % 3 == 0:
            given["jobtitle"] = rng.choice(TITLES)
        record = portal.create(portal.kind("contacts"), given, by="CRM_UI")
        made.place("hubspot", "contacts")[n] = record.id
        if n % 50 == 7:
            portal.opt_out(mail(n))


def _customer(made: Vendors, size: Size, c: int) -> None:
    """A record of 顧客管理: the company, and the first of its people as 担当者."""
    people = [n for n in range(c, size.people, size.companies) if where(n) in ("both", "crm")]
    values: dict[str, Any] = {"会社名": f"株式会社青空{c}", "会社電話": f"03-{1000 + c // 100:04}-{c % 100:02}00",
                              "取引区分": "取引中", "備考": "秘密のメモ"}  # fmt: skip
    if people:
        n = people[0]
        values |= {"担当者名": " ".join(_name(n)), "担当者メール": mail(n)}
    id = made.kintone.seed(CUSTOMERS, values)
    made.place("kintone", "顧客管理")[c] = id
    if people:
        made.place("kintone", "担当者")[people[0]] = id


def _deal(made: Vendors, size: Size, d: int) -> None:
    org, c = made.salesforce.org, d % size.companies
    people = [n for n in range(c, size.people, size.companies) if where(n) in ("both", "crm")]
    stage = STAGES[d % len(STAGES)]
    row = {"Name": f"案件{d}", "AccountId": made.at("salesforce", "Account", c), "StageName": stage,
           "Amount": 100_000.0 + d, "CloseDate": datetime(2026, 5, 1, tzinfo=UTC).date() + timedelta(days=d % 90),
           "LostReason__c": "価格" if stage == "Closed Lost" else None, "IsPrivate": False,
           "ContactId": made.at("salesforce", "Contact", people[d % len(people)]) if people else None,
           "OwnerId": next(iter(org.rows["User"]))}  # fmt: skip
    made.place("salesforce", "Opportunity")[d] = org.put("Opportunity", row).id
    customer = made.place("kintone", "顧客管理").get(c)
    if d % 2 == 0 and customer is not None:
        values = {
            "案件名": f"案件{d}",
            "顧客": customer,
            "商談フェーズ": IN_KINTONE[stage],
            "見積金額": str(100_000 + d),
        }
        made.place("kintone", "案件管理")[d] = made.kintone.seed(DEALS, values)
