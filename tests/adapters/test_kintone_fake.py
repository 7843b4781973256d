"""The kintone on loopback is held to the vendor's own specification and to the vendor's own client."""

# ruff: noqa: E501  one request per line

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from openapi_schema_validator import OAS31Validator

from connector.adapters.contract import Change, New, Remove
from tests.adapters.kintone_site import CUSTOMERS, DEALS, Site, site
from tests.fakes.kintone import Kintone
from tests.fakes.serving import Request, Serving

SPEC = "kintone/openapi-20250423-bundled.yaml"
ALL_ROUTES = {
    ("get", "/k/v1/app.json"), ("get", "/k/v1/apps.json"), ("get", "/k/v1/app/form/fields.json"),
    ("get", "/k/v1/app/status.json"), ("get", "/k/v1/record.json"), ("get", "/k/v1/records.json"),
    ("post", "/k/v1/record.json"), ("post", "/k/v1/records.json"), ("put", "/k/v1/record.json"),
    ("put", "/k/v1/records.json"), ("delete", "/k/v1/records.json"), ("put", "/k/v1/record/status.json"),
    ("put", "/k/v1/records/status.json"), ("post", "/k/v1/records/cursor.json"), ("get", "/k/v1/records/cursor.json"),
    ("delete", "/k/v1/records/cursor.json"), ("post", "/k/v1/bulkRequest.json"),
}  # fmt: skip


@pytest.fixture
def here() -> Iterator[Site]:
    with site(actions={"受注": "受注する"}) as one:
        one.kintone.users["sync"] = "password"
        yield one


# --- the vendor's specification -------------------------------------------------------------------------------


@cache
def spec() -> dict[str, Any]:
    place = os.environ.get("CONNECTOR_SPECS", "")
    path = Path(place) / SPEC
    if not place or not path.is_file():
        pytest.skip(f"no {SPEC} in CONNECTOR_SPECS={place!r}: the fake was not compared with it")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    _widen(found)
    return found


def _widen(node: Any) -> None:
    """Ids, revisions and counts are strings on the wire; the file says integer, which the vendor's own client denies.

    And what is null: an app without a space, a count that nobody asked for, an empty date or choice. Of the two lists
    that a PUT may answer the one without upsert fits both, which a "oneOf" does not allow.
    """
    match node:
        case dict():
            if "oneOf" in node:
                node["anyOf"] = node.pop("oneOf")
            if node.get("type") == "integer":
                node["type"] = ["integer", "string", "null"]
            elif node.get("type") == "string" and "enum" not in node:
                node["type"] = ["string", "null"]
                if node.get("format") == "date-time":
                    del node["format"]
            elif node.get("type") == "boolean":
                node["type"] = ["boolean", "string"]
            for child in node.values():
                _widen(child)
        case list():
            for child in node:
                _widen(child)


def problems(schema: dict[str, Any], value: Any) -> list[str]:
    together = {**schema, "components": spec()["components"]}
    return [
        f"{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in OAS31Validator(together).iter_errors(value)
    ]


def plain(path: str) -> str:
    return re.sub(r"/k/guest/\d+/v1/", "/k/v1/", path)


def listened(here: Site) -> list[tuple[str, str, Request, Any]]:
    """(method meant, path, request, answer) of every success since it is listened to."""
    heard: list[tuple[str, str, Request, Any]] = []
    handle = here.kintone.handle

    def listening(request: Request) -> Any:
        reply = handle(request)
        if reply.status == 200 and request.path.startswith("/k/"):
            method = request.headers.get("x-http-method-override", request.method).lower()
            heard.append((method, plain(request.path), request, json.loads(json.dumps(reply.body))))
        return reply

    here.kintone.handle = listening  # type: ignore[method-assign]
    return heard


def use_everything(here: Site) -> None:
    """The adapter at work, and by hand what it has no use for."""
    here.adapter.check()
    here.push("顧客管理", New("k1", {"文字列__1行_": "株式会社A", "顧客コード": "C-1", "興味": ["製品A"], "営業担当": ["sato"],
                                 "初回訪問日": "2026-04-01", "次回連絡": "2026-04-01T00:00:00Z", "MAスコア": 5}))  # fmt: skip
    here.kintone.seed(CUSTOMERS, {"履歴": [{"value": {"内容": {"value": "電話"}}}]})
    here.push("案件管理", New("k2", {"案件名": "a", "顧客.id": "1"}), New("k3", {"案件名": "b"}))
    here.push(
        "案件管理", Change("1", {"見積金額": 3, "ステータス": "受注"}), Change("2", {"案件名": "c"}, if_version="1")
    )
    here.push("案件管理", Remove("2"))
    for object in ("顧客管理", "案件管理"):
        shape = here.adapter.describe(object)
        cursor = here.pages(object, *(c.name for c in shape.columns))[-1].cursor
        here.pulled(object, since=cursor)
        here.adapter.get(object, "key", ["k1", "k2"], [])
    client = httpx2.Client(base_url=here.serving.url, headers={"X-Cybozu-Authorization": "c3luYzpwYXNzd29yZA=="})
    with client:
        base = "/k/v1/"
        client.get(base + "apps.json")
        client.get(base + "record.json", params={"app": CUSTOMERS, "id": 1})
        client.get(base + "records.json", params={"app": CUSTOMERS, "totalCount": "true"})
        client.post(base + "record.json", json={"app": DEALS, "record": {"案件名": {"value": "d"}}})
        client.put(base + "record.json", json={"app": DEALS, "id": 3, "record": {"案件名": {"value": "e"}}})
        client.put(base + "record/status.json", json={"app": DEALS, "id": 3, "action": "失注する"})
        client.post(base + "record.json", json={"app": DEALS, "record": {"案件名": {"value": "f"}}})
        client.put(base + "records/status.json", json={"app": DEALS, "records": [{"id": 4, "action": "受注する"}]})
        key = {"field": "連携キー", "value": "k9"}
        body = {"app": CUSTOMERS, "upsert": True, "records": [{"updateKey": key, "record": {"メモ": {"value": "x"}}}]}
        client.put(base + "records.json", json=body)
        made = client.post(base + "records/cursor.json", json={"app": CUSTOMERS, "size": 1}).json()
        client.get(base + "records/cursor.json", params={"id": made["id"]})
        client.request("DELETE", base + "records/cursor.json", json={"id": made["id"]})


def test_answers_are_as_the_vendor_specifies_them(here: Site) -> None:
    paths = spec()["paths"]
    heard = listened(here)
    use_everything(here)
    assert {(method, path) for method, path, _, _ in heard} == ALL_ROUTES
    for method, path, _, answer in heard:
        schema = paths[path][method]["responses"]["200"]["content"]["application/json"]["schema"]
        assert problems(schema, answer) == [], (method, path)


def test_requests_of_the_adapter_are_as_the_vendor_specifies_them(here: Site) -> None:
    paths = spec()["paths"]
    heard = listened(here)
    use_everything(here)
    checked = 0
    for method, path, request, _ in heard:
        told = paths[path][method]
        if "requestBody" in told:
            schema = told["requestBody"]["content"]["application/json"]["schema"]
            assert problems(schema, request.json()) == [], (method, path)
            checked += 1
        names = {one["name"] for one in told.get("parameters", ())}
        sent = {re.sub(r"\[\d+\]$", "", name) for name, _ in request.query}
        if method == "get":
            assert sent <= names, (method, path)
            assert {one["name"] for one in told.get("parameters", ()) if one.get("required")} <= sent, (method, path)
            checked += 1
    assert checked > 20


def test_the_comparison_sees_what_is_wrong() -> None:
    schema = spec()["paths"]["/k/v1/records.json"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert problems(schema, {"records": {}, "totalCount": None})
    assert problems(schema, {"records": [{"a": {"type": "NO_SUCH_TYPE", "value": "x"}}], "totalCount": None})
    assert not problems(schema, {"records": [{"a": {"type": "NUMBER", "value": "1"}}], "totalCount": "1"})


# --- the vendor's client --------------------------------------------------------------------------------------

WANTED: dict[str, Any] = {
    "app": "顧客管理",
    "lookup": "顧客コード",
    "process": ["商談中", "受注", "失注"],
    "first": {"id": "1", "revision": "1"},
    "added": 250,
    "withId": 251,
    "withCursor": 50,
    "withOffset": 10,
    "some": {"total": "251", "ids": ["1", "2"], "type": "__ID__"},
    "updated": {"revision": "2"},
    "upserted": {"records": [{"id": "1", "revision": "3", "operation": "UPDATE"},
                             {"id": "252", "revision": "1", "operation": "INSERT"}]},
    "deal": {"id": "1", "revision": "1"},
    "filled": "株式会社A",
    "status": {"revision": "3"},
    "stale": {"status": 409, "code": "GAIA_CO02"},
    "missing": {"status": 404, "code": "GAIA_RE01"},
    "twice": {"status": 400, "code": "CB_VA01", "errors": ["records[1].顧客コード.value"]},
    "noLookup": {"status": 400, "code": "GAIA_LO04"},
    "required": {"status": 400, "code": "CB_VA01", "errors": ["record.案件名.value"]},
    "tooMany": {"status": 400, "code": "GAIA_QU01"},
    "tooFar": {"status": 400, "code": "GAIA_QU02"},
    "wrongField": {"status": 400, "code": "GAIA_IQ11"},
    "wrongOperator": {"status": 400, "code": "GAIA_IQ03"},
    "bulk": {"status": 400, "code": "CB_VA01", "errors": ["record.案件名.value"], "bulkRequestIndex": 1},
    "never": 0,
    "denied": {"status": 400, "code": "GAIA_IA02"},
    "wrongPassword": {"status": 401, "code": "CB_WA01"},
    "left": 0,
}  # fmt: skip


def test_the_vendors_own_client_works_with_it(here: Site) -> None:
    node, folder = shutil.which("node"), os.environ.get("CONNECTOR_KINTONE_CLIENT", "")
    if node is None or not (Path(folder) / "node_modules/@kintone/rest-api-client").is_dir():
        pytest.skip(
            "kintone's own client did not drive the fake: it needs node, and CONNECTOR_KINTONE_CLIENT naming a folder "
            "after `npm install --prefix FOLDER @kintone/rest-api-client@6`"
        )
    script = Path(__file__).with_name("kintone_client.mjs")
    done = subprocess.run(
        [node, str(script), here.serving.url, folder], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == WANTED


# --- what neither of them tells -------------------------------------------------------------------------------


def call(here: Site, method: str, resource: str, token: str = f"canary-t0ken-{CUSTOMERS}", **more: Any) -> Any:
    headers = {"X-Cybozu-API-Token": token, **more.pop("headers", {})}
    with httpx2.Client(base_url=here.serving.url) as client:
        return client.request(method, f"/k/v1/{resource}", headers=headers, **more)


def test_every_answer_tells_how_many_calls_run(here: Site) -> None:
    for params in ({"app": CUSTOMERS}, {"app": 999}):
        answer = call(here, "GET", "records.json", params=params)
        assert answer.headers["X-ConcurrencyLimit-Limit"] == "100"


def test_stamps_have_no_seconds_and_the_date_is_the_clocks(here: Site) -> None:
    here.kintone.clock.advance(timedelta(seconds=59))
    here.kintone.seed(CUSTOMERS, {})
    answer = call(here, "GET", "records.json", params={"app": CUSTOMERS})
    assert answer.json()["records"][0]["更新日時"] == {"type": "UPDATED_TIME", "value": "2026-04-01T00:00:00Z"}
    assert answer.headers["Date"] == "Wed, 01 Apr 2026 00:00:59 GMT"


def test_unknown_codes_are_answered_with_200(here: Site) -> None:
    made = call(here, "POST", "record.json", json={"app": CUSTOMERS, "record": {"いない": {"value": "x"}}})
    read = call(here, "GET", "records.json", params={"app": CUSTOMERS, "fields[0]": "いない", "fields[1]": "$id"})
    assert made.status_code == read.status_code == 200
    assert read.json()["records"] == [{"$id": {"type": "__ID__", "value": "1"}}]


@pytest.mark.parametrize(
    ("token", "params", "status", "code"),
    [
        ("", {"app": CUSTOMERS}, 400, "GAIA_IA02"),
        (f"canary-t0ken-{DEALS}", {"app": CUSTOMERS}, 400, "GAIA_IA02"),
        (",".join(f"t{n}" for n in range(10)), {"app": CUSTOMERS}, 400, "CB_IL02"),
        (f"canary-t0ken-{CUSTOMERS}", {}, 400, "CB_VA01"),
        (f"canary-t0ken-{CUSTOMERS}", {"app": -1}, 400, "CB_VA01"),
        (f"canary-t0ken-{CUSTOMERS}", {"app": CUSTOMERS, "query": '会社 = "'}, 400, "CB_VA01"),
        (f"canary-t0ken-{CUSTOMERS}", {"app": CUSTOMERS, "query": 'メモ like "a\tb"'}, 400, "CB_VA01"),
        (f"canary-t0ken-{CUSTOMERS}", {"app": CUSTOMERS, "query": "$id > 1 limit -1"}, 400, "CB_VA01"),
    ],
)
def test_errors(here: Site, token: str, params: dict[str, Any], status: int, code: str) -> None:
    answer = call(here, "GET", "records.json", token, params=params)
    assert (answer.status_code, answer.json()["code"], answer.headers["X-Cybozu-Error"]) == (status, code, code)


def test_errors_are_english_when_asked(here: Site) -> None:
    body = {"app": DEALS, "record": {}}
    for language, words in (("ja", "必須です。"), ("en", "Required."), ("*", "必須です。")):
        answer = call(
            here, "POST", "record.json", f"canary-t0ken-{DEALS}", json=body, headers={"Accept-Language": language}
        )
        assert answer.json()["errors"] == {"record.案件名.value": {"messages": [words]}}


def test_a_query_over_8_kb_needs_a_body(here: Site) -> None:
    long = {"app": CUSTOMERS, "query": "$id in (" + ",".join(f'"{n}"' for n in range(2000)) + ")"}
    assert call(here, "GET", "records.json", params=long).status_code == 414
    asked = call(here, "POST", "records.json", json=long, headers={"X-HTTP-Method-Override": "GET"})
    assert asked.status_code == 200 and asked.json()["records"] == []


def test_ten_cursors_and_no_more(here: Site) -> None:
    here.kintone.seed(CUSTOMERS, {})
    statuses = [call(here, "POST", "records/cursor.json", json={"app": CUSTOMERS}).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    here.kintone.clock.advance(timedelta(minutes=11))
    assert call(here, "POST", "records/cursor.json", json={"app": CUSTOMERS}).status_code == 200


def test_a_guest_space_has_paths_of_its_own() -> None:
    kintone = Kintone()
    kintone.app(3, "ゲスト", {"a": {"type": "SINGLE_LINE_TEXT"}}, guest_space=4)
    kintone.users["sync"] = "password"
    with Serving(kintone, clock=kintone.clock) as serving, httpx2.Client(base_url=serving.url) as client:
        client.headers["X-Cybozu-Authorization"] = "c3luYzpwYXNzd29yZA=="
        assert client.get("/k/v1/records.json", params={"app": 3}).status_code == 400
        assert client.get("/k/guest/4/v1/records.json", params={"app": 3}).json()["records"] == []


def test_it_runs_by_itself() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.kintone", "--port", "0"],
        cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    stop = threading.Timer(60, process.kill)
    stop.start()
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[0]
        headers = {"X-Cybozu-API-Token": "token-1"}
        answer = httpx2.get(f"{url}/k/v1/records.json", params={"app": 1}, headers=headers)
        assert len(answer.json()["records"]) == 30
    finally:
        stop.cancel()
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
