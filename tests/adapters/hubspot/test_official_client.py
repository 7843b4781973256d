"""The account on loopback is driven by HubSpot's own Python client, which parses every answer into its models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hubspot import HubSpot as Client
from hubspot.crm import contacts, objects, owners, properties
from hubspot.crm.associations import v4

from tests.fakes.hubspot import App, HubSpot, Owner, Property, Rates
from tests.fakes.serving import Serving

TOKEN = "pat-na1-official"


@pytest.fixture
def vendor() -> HubSpot:
    made = HubSpot()
    made.tokens[TOKEN] = None
    made.portal.add_property("contacts", Property("connector_id", unique=True, defined=False))
    return made


@pytest.fixture
def url(vendor: HubSpot) -> Iterator[str]:
    with Serving(vendor, clock=vendor.clock) as serving:
        yield serving.url


@pytest.fixture
def client(url: str) -> Any:
    return Client(access_token=TOKEN, host=url)


def person(client: Any, **values: str) -> Any:
    made = contacts.SimplePublicObjectInputForCreate(properties=values, associations=[])
    return client.crm.contacts.basic_api.create(made)


def problem(error: Any) -> Any:
    return json.loads(error.value.body)


def test_a_record_from_its_beginning_to_its_end(client: Any) -> None:
    made = person(client, email="Taro@Aozora.example", lastname="髙橋", firstname="太郎")
    api = client.crm.contacts.basic_api
    assert made.properties["email"] == "taro@aozora.example" and made.archived is False
    api.update(made.id, contacts.SimplePublicObjectInput(properties={"jobtitle": "部長"}))
    found = api.get_by_id(made.id, properties=["jobtitle", "phone", "no_such"])
    assert found.properties["jobtitle"] == "部長" and found.properties["phone"] is None
    assert "no_such" not in found.properties
    assert api.get_by_id("taro@aozora.example", id_property="email").id == made.id
    assert [one.id for one in client.crm.contacts.get_all()] == [made.id]
    api.archive(made.id)
    with pytest.raises(contacts.ApiException) as error:
        api.get_by_id(made.id)
    assert error.value.status == 404 and problem(error)["category"] == "OBJECT_NOT_FOUND"
    (gone,) = api.get_page(limit=100, archived=True).results
    assert gone.archived and gone.archived_at is not None


def test_an_address_that_is_taken_is_a_conflict(client: Any) -> None:
    first = person(client, email="a@x.example")
    with pytest.raises(contacts.ApiException) as error:
        person(client, email="A@x.example")
    assert error.value.status == 409 and problem(error)["category"] == "CONFLICT"
    assert problem(error)["message"] == f"Contact already exists. Existing ID: {first.id}"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"no_such": "x"}, "PROPERTY_DOESNT_EXIST"),
        ({"hubspotscore": "3"}, "READ_ONLY_VALUE"),
        ({"email": "x"}, "INVALID_EMAIL"),
        ({"lifecyclestage": "x"}, "INVALID_OPTION"),
    ],
)
def test_a_refused_value_is_named(client: Any, values: dict[str, str], code: str) -> None:
    with pytest.raises(contacts.ApiException) as error:
        person(client, lastname="a", **values)
    assert error.value.status == 400 and problem(error)["category"] == "VALIDATION_ERROR"
    assert problem(error)["errors"][0]["code"] == code


def inputs(*values: dict[str, str], traced: bool = True) -> Any:
    return contacts.BatchInputSimplePublicObjectBatchInputForCreate(
        inputs=[
            contacts.SimplePublicObjectBatchInputForCreate(
                properties=one, associations=[], object_write_trace_id=f"t{n}" if traced else None
            )
            for n, one in enumerate(values)
        ]
    )


def test_a_traced_batch_fails_by_record_and_an_untraced_one_as_a_whole(vendor: HubSpot, client: Any) -> None:
    given: tuple[dict[str, str], ...] = ({"lastname": "a", "connector_id": "1"}, {"no_such": "x"})
    answer = client.crm.contacts.batch_api.create(inputs(*given))
    assert answer.status == "COMPLETE" and answer.num_errors == 1
    assert [one.object_write_trace_id for one in answer.results] == ["t0"]
    assert answer.errors[0].category == "VALIDATION_ERROR"
    assert answer.errors[0].context == {"objectWriteTraceId": ["t1"]}
    with pytest.raises(contacts.ApiException) as error:
        client.crm.contacts.batch_api.create(inputs({"lastname": "b"}, {"no_such": "x"}, traced=False))
    assert error.value.status == 400 and len(vendor.portal.records["contacts"]) == 1


def test_a_taken_address_fails_even_a_traced_batch_and_nothing_is_done(vendor: HubSpot, client: Any) -> None:
    person(client, email="a@x.example")
    with pytest.raises(contacts.ApiException) as error:
        client.crm.contacts.batch_api.create(inputs({"lastname": "b"}, {"email": "a@x.example"}))
    assert error.value.status == 409 and len(vendor.portal.records["contacts"]) == 1
    assert not [r for r, _ in vendor.portal.index(vendor.portal.kind("contacts")) if r.properties.get("lastname")]


def test_batches_read_update_and_upsert(client: Any) -> None:
    api, made = client.crm.contacts.batch_api, person(client, lastname="a", connector_id="k1")
    read = contacts.BatchReadInputSimplePublicObjectId(
        properties=["lastname"], properties_with_history=["lastname"], id_property="connector_id",
        inputs=[contacts.SimplePublicObjectId(id=x) for x in ("k1", "k2")],
    )  # fmt: skip
    answer = api.read(read)
    assert [one.id for one in answer.results] == [made.id] and answer.errors[0].context == {"ids": ["k2"]}
    assert answer.results[0].properties_with_history["lastname"][0].value == "a"
    one = contacts.SimplePublicObjectBatchInput(id=made.id, properties={"jobtitle": "x"}, object_write_trace_id="1")
    none = contacts.SimplePublicObjectBatchInput(id="999", properties={"jobtitle": "x"}, object_write_trace_id="2")
    answer = api.update(contacts.BatchInputSimplePublicObjectBatchInput(inputs=[one, none]))
    assert [r.id for r in answer.results] == [made.id] and answer.errors[0].category == "OBJECT_NOT_FOUND"
    with pytest.raises(contacts.ApiException) as error:
        api.update(contacts.BatchInputSimplePublicObjectBatchInput(inputs=[one, one]))
    assert error.value.status == 400
    upserts = [
        contacts.SimplePublicObjectBatchInputUpsert(id=x, id_property="connector_id", properties={"lastname": x})
        for x in ("k1", "k3")
    ]
    answer = api.upsert(contacts.BatchInputSimplePublicObjectBatchInputUpsert(inputs=upserts))
    assert [one.new for one in answer.results] == [False, True]
    assert client.crm.contacts.basic_api.get_by_id(made.id).properties["lastname"] == "k1", "an upsert overwrites"


def test_search_its_wall_its_page_and_its_rate(vendor: HubSpot, client: Any) -> None:
    vendor.rates = Rates(10**6, 10**6)
    kind = vendor.portal.kind("contacts")
    for n in range(250):
        vendor.portal.create(kind, {"lastname": str(n)})
        vendor.clock.advance(timedelta(seconds=1))
    since = str(int((vendor.clock.now - timedelta(seconds=230)).timestamp() * 1000))
    request = {
        "filterGroups": [{"filters": [{"propertyName": "lastmodifieddate", "operator": "GTE", "value": since}]}],
        "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}], "limit": 200,
    }  # fmt: skip

    def search(**more: Any) -> Any:
        return client.crm.contacts.search_api.do_search(contacts.PublicObjectSearchRequest(**named(request | more)))

    answer = search()
    assert answer.total == 230 and len(answer.results) == 200 and answer.paging.next.after == "200"
    assert len(search(after="200").results) == 30
    for wrong in ({"limit": 201}, {"after": "9900"}):
        with pytest.raises(contacts.ApiException) as error:
            search(**wrong)
        assert error.value.status == 400
    vendor.rates = Rates()
    vendor.clock.advance(timedelta(seconds=30))
    with pytest.raises(contacts.ApiException) as error:
        for _ in range(6):
            search()
    assert error.value.status == 429 and problem(error)["policyName"] == "SECONDLY"
    assert "Retry-After" not in error.value.headers


def named(request: dict[str, Any]) -> dict[str, Any]:
    return {"filter_groups" if name == "filterGroups" else name: value for name, value in request.items()}


def test_a_merge_leads_from_the_loser_to_the_winner(client: Any) -> None:
    one, other = person(client, lastname="a"), person(client, firstname="b")
    merged = client.crm.contacts.basic_api.merge(
        contacts.PublicMergeInput(primary_object_id=one.id, object_id_to_merge=other.id)
    )
    assert merged.id == one.id
    found = client.crm.contacts.basic_api.get_by_id(other.id, properties=["hs_merged_object_ids", "firstname"])
    assert found.id == one.id and found.properties["hs_merged_object_ids"] == other.id
    assert found.properties["firstname"] == "b"


def test_associations_have_types_and_directions(vendor: HubSpot, client: Any) -> None:
    company = client.crm.objects.basic_api.create(
        "companies", objects.SimplePublicObjectInputForCreate(properties={"name": "青空"}, associations=[])
    )
    one, alone = person(client, lastname="a"), person(client, lastname="b")
    api = client.crm.associations.v4
    primary = [v4.AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=1)]
    api.basic_api.create("contacts", one.id, "companies", company.id, primary)
    (found,) = api.basic_api.get_page("contacts", one.id, "companies").results
    assert found.to_object_id == company.id or str(found.to_object_id) == company.id
    assert {t.type_id for t in found.association_types} == {1, 279}
    asked = [v4.PublicFetchAssociationsBatchRequest(id=x) for x in (one.id, alone.id)]
    answer = api.batch_api.get_page("contacts", "companies", v4.BatchInputPublicFetchAssociationsBatchRequest(asked))
    assert [r._from.id for r in answer.results] == [one.id]
    assert answer.errors[0].sub_category == "crm.associations.NO_ASSOCIATIONS_FOUND"
    (back,) = api.basic_api.get_page("companies", company.id, "contacts").results
    assert {t.type_id for t in back.association_types} == {280, 2}
    api.basic_api.archive("contacts", one.id, "companies", company.id)
    assert api.basic_api.get_page("contacts", one.id, "companies").results == []


def test_properties_and_owners(vendor: HubSpot, client: Any) -> None:
    wanted = properties.PropertyCreate(
        group_name="information", name="seminar", label="セミナー", type="string", field_type="text",
        has_unique_value=True,
    )  # fmt: skip
    client.crm.properties.core_api.create("contacts", wanted)
    found = client.crm.properties.core_api.get_by_name("contacts", "seminar")
    assert found.has_unique_value and found.label == "セミナー"
    every = {one.name: one for one in client.crm.properties.core_api.get_all("contacts").results}
    assert every["hs_analytics_num_visits"].modification_metadata.read_only_value
    assert [o.value for o in every["lifecyclestage"].options][:2] == ["subscriber", "lead"]
    client.crm.properties.core_api.archive("contacts", "seminar")
    with pytest.raises(properties.ApiException):
        client.crm.properties.core_api.get_by_name("contacts", "seminar")
    vendor.portal.owners["7"] = Owner("7", "okabe@x.example", "花子", "岡部", 958)
    vendor.portal.owners["8"] = Owner("8", "left@x.example", archived=True)
    (owner,) = client.crm.owners.owners_api.get_page().results
    assert isinstance(owner, owners.PublicOwner) and (owner.id, owner.user_id) == ("7", 958)
    assert [o.id for o in client.crm.owners.owners_api.get_page(archived=True).results] == ["8"]
    stages = client.crm.pipelines.pipelines_api.get_all("deals").results[0].stages
    assert {s.id: s.metadata["probability"] for s in stages}["closedlost"] == "0.0"


def test_tokens_scopes_and_the_limits_of_the_day(vendor: HubSpot, client: Any, url: str) -> None:
    vendor.tokens[TOKEN] = frozenset({"crm.objects.contacts.read"})
    with pytest.raises(contacts.ApiException) as error:
        person(client, lastname="a")
    assert error.value.status == 403 and problem(error)["category"] == "MISSING_SCOPES"
    assert problem(error)["errors"][0]["context"]["requiredGranularScopes"] == ["crm.objects.contacts.write"]
    assert error.value.headers["X-HubSpot-RateLimit-Daily"] == "650000"
    vendor.used_today = 650_000
    with pytest.raises(contacts.ApiException) as error:
        client.crm.contacts.basic_api.get_page()
    assert error.value.status == 429 and problem(error)["policyName"] == "DAILY"
    with pytest.raises(contacts.ApiException) as error:
        Client(access_token="other", host=url).crm.contacts.basic_api.get_page()
    assert error.value.status == 401 and problem(error)["category"] == "INVALID_AUTHENTICATION"


def test_an_oauth_app_gets_tokens_that_end(vendor: HubSpot, url: str) -> None:
    vendor.app = App("c", "s", "r1")
    client: Any = Client(host=url)
    form = {"grant_type": "refresh_token", "client_id": "c", "client_secret": "s", "refresh_token": "r1"}
    tokens = client.oauth.tokens_api.create(**form)
    assert tokens.expires_in == 1800 and tokens.refresh_token != "r1"
    with pytest.raises(Exception, match="BAD_REFRESH_TOKEN"):
        client.oauth.tokens_api.create(**form)
    fresh: Any = Client(access_token=tokens.access_token, host=url)
    assert fresh.crm.contacts.basic_api.get_page().results == []
    vendor.clock.advance(timedelta(seconds=1_807))
    with pytest.raises(contacts.ApiException) as error:
        fresh.crm.contacts.basic_api.get_page()
    assert problem(error)["category"] == "EXPIRED_AUTHENTICATION"
    assert "expired 7 second(s) ago" in problem(error)["message"]
