"""The org on loopback is held to what real orgs said, to the vendor's own requests and to a client of others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce, SalesforceResourceNotFound
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceMoreThanOneRecord

from connector.adapters.contract import ColumnKind
from connector.adapters.salesforce.layout import layout_of
from tests.adapters.salesforce.world import CLIENT, KEY, SECRET, SalesforceWorld
from tests.fakes.salesforce import ids
from tests.fakes.salesforce.org import ORG_ID
from tests.fakes.salesforce.schema import tables
from tests.fakes.salesforce.soql import SoqlError, answer
from tests.fakes.salesforce.specs import described, folder

Make = Callable[..., SalesforceWorld]
RECORDED = ("Account", "Contact", "Lead", "Opportunity", "OpportunityContactRole")
# What differs from org to org, or is left simpler on purpose.
FREE = {
    "label", "picklistValues", "aggregatable", "groupable", "defaultValue", "permissionable", "byteLength", "digits",
    "relationshipName", "mask", "extraTypeInfo", "custom", "searchPrefilterable",
}  # fmt: skip


# --- describes ------------------------------------------------------------------------------------------------


def all_keys() -> tuple[set[str], set[str]]:
    """Of an object and of a field, in any of the recordings: later versions of the API have more."""
    every = [described(object) for object in RECORDED]
    return {key for one in every for key in one}, {key for one in every for f in one["fields"] for key in f}


@pytest.mark.parametrize("object", RECORDED)
def test_describes_are_those_of_a_real_org(object: str) -> None:
    real, ours = described(object), tables()[object].described("52.0")
    keys, field_keys = all_keys()
    assert set(ours) == keys
    shared = ("keyPrefix", "mergeable", "undeletable", "createable", "deletable", "replicateable")
    assert [ours[name] for name in shared] == [real[name] for name in shared]
    fields = {f["name"]: f for f in real["fields"]}
    for field in ours["fields"]:
        theirs = fields[field["name"]]
        assert set(field) == field_keys
        different = {k: (v, theirs[k]) for k, v in field.items() if k in theirs and k not in FREE and v != theirs[k]}
        assert not different, field["name"]


@pytest.mark.parametrize("object", [*RECORDED, "Account_PersonAccount", "Case", "Event", "Custom__c"])
def test_the_adapter_makes_columns_of_what_a_real_org_describes(object: str) -> None:
    real = described(object)
    layout = layout_of(real, "CustomField__c")
    named = {c.name: c for c in layout.columns}
    compounds = {f["name"] for f in real["fields"] if f["type"] in ("address", "location")}
    assert set(named) == {f["name"] for f in real["fields"]} - compounds
    assert layout.prefix == real["keyPrefix"] and "Id" in layout.told
    assert {c.name for c in layout.columns if not c.writable} >= {"Id", "SystemModstamp"} & set(named)
    assert not [c for c in layout.columns if c.kind is ColumnKind.OTHER]
    assert layout.key == ("CustomField__c" if object == "Custom__c" else None) and not layout.takes_key


def test_the_list_of_objects_is_that_of_a_real_org() -> None:
    real = {one["name"]: one for one in described("Global")["sobjects"]}
    keys, _ = all_keys()
    for name in (*RECORDED, "Task", "User", "Member__c"):
        summary = tables()[name].summary("52.0")
        assert set(real.get(name, real["Account"])) <= set(summary) <= keys
        if name in real and real[name]["keyPrefix"] is not None:
            assert summary["keyPrefix"] == real[name]["keyPrefix"]


# --- the vendor's own requests --------------------------------------------------------------------------------

# file -> the status that the vendor's documentation promises; those left out stand in NOT_PLAYED
PLAYED = {
    "auth/oauth_username_password": 200, "auth/user_info": 200, "auth/revoke_token": 200,
    "bulk_v2/create_job": 200, "bulk_v2/upload_job_data": 201, "bulk_v2/close_or_abort_a_job": 200,
    "bulk_v2/get_job_info": 200, "bulk_v2/get_all_jobs": 200, "bulk_v2/get_job_successful_record_results": 200,
    "bulk_v2/get_job_failed_record_results": 200, "bulk_v2/get_job_unprocessed_record_results": 200,
    "bulk_v2/delete_job": 204, "composite/sobject_collections_create": 200,
    "composite/sobject_collections_retrieve": 200, "rest/versions": 200, "rest/resources_by_version": 200,
    "rest/limit": 200, "rest/record_count": 200, "rest/describe_global": 200, "rest/sobject_basic_information": 200,
    "rest/sobject_describe": 200, "rest/query": 200, "rest/queryall": 200, "rest/sobject_create": 201,
    "rest/sobject_rows": 200, "rest/sobject_rows_update": 204, "rest/sobject_rows_by_external_id": 200,
    "rest/sobject_get_deleted": 200, "rest/sobject_get_updated": 200, "rest/sobject_rows_delete": 204,
}  # fmt: skip
NOT_PLAYED = {
    "auth/jwt_bearer_token_flow", "auth/soap_login",  # played by the adapter
    "auth/refresh_token", "auth/web_server_flow_1", "auth/web_server_flow_2",  # for people
    "composite/batch", "composite/composite", "composite/composite_graph", "composite/sobject_tree",
    "composite/sobject_collections_delete", "composite/sobject_collections_update",  # their addresses are outdated
    "rest/parameterized_search", "rest/search", "rest/sobject_relationships", "rest/standard_invocable_actions",
}  # fmt: skip


def test_the_vendors_own_requests_are_answered_as_documented(make: Make) -> None:
    place = folder("postman-2021-01")
    files = {str(file.relative_to(place).with_suffix("")) for file in place.glob("*/*.json")}
    assert files == set(PLAYED) | NOT_PLAYED
    world = make()
    world.vendor.bulk.slow = 0
    world.vendor.door.passwords["u@example.co.jp"] = "pwtoken"
    account = world.org.put("Account", {"Name": "test", KEY: "k-1"}).id
    gone = world.org.put("Account", {"Name": "gone"}).id
    world.org.delete("Account", gone)
    words = {
        "{{url}}": world.serving.url, "{{site}}": "", "{{_endpoint}}": world.serving.url, "{{version}}": "66.0",
        "{{clientId}}": CLIENT, "{{clientSecret}}": SECRET, "{{username}}": "u@example.co.jp", "{{password}}": "pw",
        "{{secretToken}}": "token", "<SOBJECT_API_NAME>": "Account", "<RECORD_ID>": account, "<FIELD_NAME>": KEY,
        "<FIELD_VALUE>": "k-1", "Asset": "Account", '"Boolean"': "false", "field API name": "Site",
        '"SObject[]"': '[{"attributes": {"type": "Account"}, "Name": "test"}]', "SELECT+name+from+Account": QUERY,
        "ids&fields": f"ids={account}&fields=Id,Name", "sObjects=": "sObjects=Account",
        "start=&end=": "start=2026-03-25T00:00:00%2B00:00&end=2026-04-01T00:10:00%2B00:00",
    }  # fmt: skip
    world.advance(_minutes(20))
    token = ""
    for name, promised in PLAYED.items():
        asked = json.loads((place / f"{name}.json").read_text(encoding="utf-8"))
        url, body = asked["url"], asked.get("rawModeData") or ""
        for word, meaning in words.items():
            url, body = url.replace(word, meaning), body.replace(word, meaning)
        form = {f["key"]: f["value"] for f in asked["data"]} if asked["dataMode"] == "urlencoded" else None
        if form is not None:
            for word, meaning in {**words, "{{_accessToken}}": "another"}.items():
                form = {k: v.replace(word, meaning) for k, v in form.items()}
        if name.endswith("upload_job_data"):
            body = f"Id,Site\n{account},東京\n"
        reply = httpx2.request(
            asked["method"],
            url,
            content=body.encode() if form is None else None,
            data=form,
            headers={"Authorization": f"Bearer {token or 'none'}"},
        )
        assert reply.status_code == promised, (name, reply.text)
        if name == "auth/oauth_username_password":
            token = reply.json()["access_token"]
        if name == "bulk_v2/create_job":
            words["{{_jobId}}"] = reply.json()["id"]
    assert world.org.rows["Account"][account].values["Site"] == "value"
    assert world.org.rows["Account"][account].deleted


QUERY = "SELECT+name+from+Account"


def _minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


# --- a client of others ---------------------------------------------------------------------------------------


class _ToLoopback(HTTPAdapter):
    """The client insists on https; its requests are sent to the fake instead."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, **given: Any) -> requests.Response:  # type: ignore[override]
        parts = urlsplit(str(request.url))
        request.url = f"{self._url}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        return super().send(request, **{**given, "verify": False})


@pytest.fixture
def theirs(make: Make) -> Iterator[tuple[SalesforceWorld, Salesforce]]:
    world = make(org_page=3)
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", _ToLoopback(world.serving.url))
        yield (
            world,
            Salesforce(consumer_key=CLIENT, consumer_secret=SECRET, domain="my", session=session, version="66.0"),
        )


def test_simple_salesforce_reads_writes_and_finds(theirs: tuple[SalesforceWorld, Salesforce]) -> None:
    world, sf = theirs
    made = sf.Contact.create({"LastName": "髙橋", "Email": "t@example.co.jp"})
    assert made["success"] and ids.known(made["id"]) == made["id"]
    assert sf.Contact.update(made["id"], {"Title": "部長"}) == 204
    assert sf.Contact.get(made["id"])["Title"] == "部長"
    assert sf.Contact.get(made["id"][:15])["Id"] == made["id"]
    assert sf.Contact.upsert(f"{KEY}/k-1", {"LastName": "田中"}) == 201
    assert sf.Contact.upsert(f"{KEY}/k-1", {"FirstName": "一郎"}) == 200
    assert sf.Contact.get_by_custom_id(KEY, "k-1")["Name"] == "一郎 田中"
    for _ in range(4):
        sf.Contact.create({"LastName": "同姓", "Email": "same@example.co.jp"})
    found = sf.query_all("SELECT Id, LastName, Account.Name FROM Contact ORDER BY CreatedDate, Id")
    assert len(found["records"]) == 6 and found["records"][0]["Account"] is None
    with pytest.raises(SalesforceMoreThanOneRecord):
        sf.Contact.get_by_custom_id("Email", "same@example.co.jp")
    with pytest.raises(SalesforceMalformedRequest) as refused:
        sf.Contact.create({"FirstName": "名だけ"})
    assert refused.value.content == [
        {
            "message": "Required fields are missing: [LastName]",
            "errorCode": "REQUIRED_FIELD_MISSING",
            "fields": ["LastName"],
        }
    ]
    world.advance(_minutes(5))
    assert sf.Contact.delete(made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound) as gone:
        sf.Contact.delete(made["id"])
    assert gone.value.content[0]["errorCode"] == "ENTITY_IS_DELETED"
    world.advance(_minutes(5))
    feed = sf.Contact.deleted(world.org.now - _minutes(9), world.org.now)
    assert [one["id"] for one in feed["deletedRecords"]] == [made["id"]]
    assert sf.query("SELECT COUNT() FROM Contact")["totalSize"] == 5
    assert sf.query("SELECT COUNT() FROM Contact", include_deleted=True)["totalSize"] == 6
    assert sf.api_usage["api-usage"] == (world.vendor.usage, world.vendor.allowance)
    assert sf.limits()["DailyApiRequests"]["Max"] == world.vendor.allowance
    assert sf.oauth2("userinfo")["organization_id"] == ORG_ID
    assert {"Contact", "Member__c"} <= {one["name"] for one in sf.describe()["sobjects"]}
    assert sf.is_sandbox() is False


def test_simple_salesforce_loads_by_bulk(theirs: tuple[SalesforceWorld, Salesforce]) -> None:
    world, sf = theirs
    world.vendor.bulk.slow = 0
    rows = [{KEY: f"k-{n}", "Text__c": f"名 {n}"} for n in range(5)]
    (told,) = sf.bulk2.Member__c.insert(records=rows, wait=0)
    assert (told["numberRecordsProcessed"], told["numberRecordsFailed"]) == (5, 0)
    (told,) = sf.bulk2.Member__c.upsert(
        records=[*rows[:2], {KEY: "k-9", "Text__c": "新"}], external_id_field=KEY, wait=0
    )
    assert told["numberRecordsProcessed"] == 3 and world.count() == 6
    (told,) = sf.bulk2.Member__c.insert(records=rows[:1], wait=0)
    failed = sf.bulk2.Member__c.get_failed_records(told["job_id"])
    assert "DUPLICATE_VALUE:duplicate value found" in failed
    pages = list(sf.bulk2.Member__c.query("SELECT Id, Text__c FROM Member__c", max_records=4, wait=0))
    assert sum(page.count("\n") - 1 for page in pages) == 6 and len(pages) == 2


# --- SOQL -----------------------------------------------------------------------------------------------------


def test_soql_answers_what_clients_ask(make: Make) -> None:
    world = make()
    org = world.org
    company = org.put("Account", {"Name": "O'Neil & 髙島"}).id
    a = org.put(
        "Contact", {"LastName": "Sato", "Email": "A@example.co.jp", "AccountId": company, "Department": "50%"}
    ).id
    b = org.put("Contact", {"LastName": "佐藤", "Email": None, "Title": "部長"}).id
    c = org.put("Member__c", {"Tags__c": "赤;黄", "Amount__c": 5.0, "Day__c": org.now.date(), "Active__c": True}).id
    cases = {
        "SELECT Id FROM Contact WHERE Email = 'a@EXAMPLE.co.jp'": [a],
        "SELECT Id FROM Contact WHERE Email = null": [b],
        "select id from contact where not (email = null or title = '課長')": [a],
        r"SELECT Id FROM Contact WHERE Account.Name = 'O\'Neil & 髙島'": [a],
        "SELECT Id, Account.Owner.Name FROM Contact WHERE LastName LIKE 'sa%' AND Email != null": [a],
        f"SELECT Id FROM Contact WHERE Id IN ('{a[:15]}', '{b}') ORDER BY LastName DESC": [b, a],
        f"SELECT Id FROM Contact WHERE Id NOT IN ('{a}')": [b],
        "SELECT Id FROM Contact ORDER BY Email NULLS LAST LIMIT 1": [a],
        "SELECT Id FROM Contact ORDER BY Email ASC, Id": [b, a],
        "SELECT Id FROM Contact ORDER BY Id LIMIT 5 OFFSET 1": [b],
        "SELECT Id FROM Contact WHERE (Title = '部長' OR Title = 'x') AND CreatedDate <= 2026-04-01T09:00:00+09:00": [
            b
        ],
        "SELECT Id FROM Contact WHERE SystemModstamp > 2026-04-01T00:00:00Z": [],
        "SELECT Id FROM Member__c WHERE Tags__c INCLUDES ('青', '赤;黄')": [c],
        "SELECT Id FROM Member__c WHERE Tags__c EXCLUDES ('赤')": [],
        "SELECT Id FROM Member__c WHERE Amount__c >= 5 AND Active__c = true AND Day__c = TODAY": [c],
    }
    for query, wanted in cases.items():
        assert [row.id for row in answer(org, query).rows] == wanted, query


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT Id FROM Contact WHERE", "MALFORMED_QUERY"),
        ("SELECT Id, FROM Contact", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE A = 1 AND", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE Email = 'a' OR Email = 'b' AND Title = 'c'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE Email = 'it's'", "MALFORMED_QUERY"),
        ("SELECT Nope FROM Contact", "INVALID_FIELD"),
        ("SELECT Id, Id FROM Contact", "INVALID_FIELD"),
        ("SELECT Id, Boss.Name FROM Contact", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE Description = 'a'", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE CreatedDate > '2026-04-01T00:00:00Z'", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Nope", "INVALID_TYPE"),
        ("SELECT Id FROM Contact ORDER BY Id OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
    ],
)
def test_soql_refuses_as_the_vendor_does(make: Make, query: str, code: str) -> None:
    with pytest.raises(SoqlError) as error:
        answer(make().org, query)
    assert error.value.code == code


def test_a_collection_that_is_all_or_none_is_rolled_back(make: Make) -> None:
    world = make()
    world.adapter.check()
    token = next(iter(world.vendor.door.tokens))
    rows = [{"attributes": {"type": "Contact"}, "LastName": "a"}, {"attributes": {"type": "Contact"}}]
    reply = httpx2.post(
        f"{world.serving.url}/services/data/v66.0/composite/sobjects",
        json={"allOrNone": True, "records": rows},
        headers={"Authorization": f"Bearer {token}"},
    )
    codes = [one["errors"][0]["statusCode"] for one in reply.json()]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]
    assert list(world.org.living("Contact")) == []


def test_a_conditional_update_is_refused_when_the_record_moved(make: Make) -> None:
    world = make()
    id = world.org.put("Contact", {"LastName": "a"}).id
    world.adapter.check()
    token = next(iter(world.vendor.door.tokens))
    world.advance(_minutes(1))
    world.org.touch(world.org.rows["Contact"][id], {})
    for since, status in (("Wed, 01 Apr 2026 00:00:30 GMT", 412), ("Wed, 01 Apr 2026 00:01:00 GMT", 204)):
        headers = {"Authorization": f"Bearer {token}", "If-Unmodified-Since": since}
        url = f"{world.serving.url}/services/data/v66.0/sobjects/Contact/{id}"
        assert httpx2.patch(url, json={"Title": "x"}, headers=headers).status_code == status
