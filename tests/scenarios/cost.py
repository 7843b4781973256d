"""What a run's calls were for, from the servers' logs, and the fewest calls that the same would have taken."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.fakes.serving import Request

MOST_ASSOCIATIONS = 1_000
CONSTANT = "constant"  # who is there, and what the objects look like


@dataclass(frozen=True, slots=True)
class Call:
    """`units` records of `what`, of which one call can carry `most`; a page and a look at a feed are one each."""

    what: str
    units: int = 1
    most: int = 1


def calls(system: str, log: Iterable[Request]) -> list[Call]:
    """Sign-ins are left out: no vendor counts them."""
    read = {"hubspot": _hubspot, "salesforce": _salesforce, "kintone": _kintone}[system]
    return [read(request) for request in log if not request.path.endswith("/oauth2/token")]


def floor(found: Iterable[Call]) -> int:
    """The fewest calls for these pages, feeds and records: without what is only to get to know a system."""
    units: dict[tuple[str, int], int] = {}
    for call in found:
        if call.what != CONSTANT:
            units[call.what, call.most] = units.get((call.what, call.most), 0) + call.units
    return sum(-(-number // most) for (_, most), number in units.items())


def summary(found: Iterable[Call]) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for call in found:
        counts[call.what] = counts.get(call.what, 0) + 1
    return dict(sorted(counts.items()))


def _hubspot(request: Request) -> Call:
    parts = request.path.strip("/").split("/")
    if "associations" in parts:
        name = "-".join(parts[parts.index("associations") + 1 :][:2])
        if parts[-1] == "labels":
            return Call(CONSTANT)
        inputs = request.json()["inputs"]
        return Call(f"{parts[-1]} {name}", len(inputs), MOST_ASSOCIATIONS if len(inputs) > 100 else 100)
    if "batch" in parts and "objects" in parts:
        body, name = request.json(), parts[parts.index("objects") + 1]
        if body.get("propertiesWithHistory"):
            return Call(f"history {name}", len(body["inputs"]), 50)
        return Call(f"{parts[-1]} {name}", len(body["inputs"]), 100)
    if parts[-1] == "unsubscribe-all":
        return Call("unsubscribe", len(request.json()["inputs"]), 100)
    if "objects" in parts:
        return Call(f"{'bin' if request.params.get('archived') == 'true' else 'page'} {parts[-1]} {parts[-2]}")
    return Call(CONSTANT)


def _salesforce(request: Request) -> Call:
    found = re.search(r"/v[\d.]+/(.*)", request.path)
    path = found[1].strip("/") if found is not None else ""
    if path.startswith("composite/sobjects/"):
        return Call(f"read {path.split('/')[-1]}", len(request.json()["ids"]), 2_000)
    if path == "composite/sobjects":
        records = request.json()["records"]
        return Call(f"{request.method} {records[0]['attributes']['type']}", len(records), 200)
    soql = request.params.get("q", "")
    if path.startswith(("query", "queryAll")) and "FROM Organization" not in soql:
        return Call(f"page {soql.partition(' FROM ')[2].split(' ')[0]}")
    if path.endswith("/deleted"):
        return Call(f"feed {path.split('/')[1]}")
    return Call(CONSTANT)


def _kintone(request: Request) -> Call:
    if not request.path.endswith("/records.json"):
        return Call(CONSTANT)
    if request.method == "GET" or request.headers.get("x-http-method-override") == "GET":
        asked = request.params if request.method == "GET" else request.json()
        app, query = asked.get("app"), asked.get("query", "")
        ids = re.search(r"\$id in \(([^)]*)\)", query)
        if ids is not None:
            return Call(f"read {app}", ids[1].count(",") + 1, 100)
        return Call(f"page {app}")
    body = request.json()
    return Call(f"{request.method} {body['app']}", len(body["records"]), 100)
