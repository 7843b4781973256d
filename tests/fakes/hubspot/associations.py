"""Associations v4, of one record and of many; and the v3 form that stands in lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.fakes.hubspot.batches import Answered, inputs_of
from tests.fakes.hubspot.portal import Portal
from tests.fakes.hubspot.problems import Problem
from tests.fakes.hubspot.schema import ASSOCIATIONS, Kind
from tests.fakes.hubspot.values import iso
from tests.fakes.serving import Request

READS, WRITES, TARGETS = 1_000, 2_000, 500


def of_one(portal: Portal, method: str, a: str, id: str, rest: Sequence[str], request: Request) -> Answered:
    match method, rest:
        case "GET", [b]:
            portal.living(portal.kind(a), id)
            found = _targets(portal, a, id, b)
            limit, after = int(request.params.get("limit") or TARGETS), int(request.params.get("after") or 0)
            body: dict[str, Any] = {"results": found[after : after + limit]}
            if after + limit < len(found):
                body["paging"] = {"next": {"after": str(after + limit)}}
            return 200, body
        case "PUT", ["default", b, to]:
            return 200, {"status": "COMPLETE", "results": [_default(portal, a, id, b, to)]}
        case "PUT", [b, to]:
            return 201, _made(portal, a, id, b, to, [int(t["associationTypeId"]) for t in request.json()])
        case "DELETE", [b, to]:
            portal.unlink(a, id, b, to)
            return 204, None
    raise Problem(404, "", "resource not found")


def of_many(portal: Portal, method: str, a: str, b: str, rest: Sequence[str], request: Request) -> Answered:
    match method, rest:
        case "GET", ["labels"]:
            first, second = portal.kind(a).name, portal.kind(b).name
            plain, primary = ASSOCIATIONS.get((first, second), (portal._plain(first, second), None))
            labels = [{"category": "HUBSPOT_DEFINED", "typeId": plain, "label": None}]
            if primary is not None:
                labels.append({"category": "HUBSPOT_DEFINED", "typeId": primary, "label": "Primary"})
            return 200, {"results": labels}
        case "POST", ["batch", "read"]:
            return _read(portal, a, b, inputs_of(request.json(), READS))
        case "POST", ["batch", "create"]:
            return _batch(
                portal,
                201,
                [
                    lambda one=one: _made(
                        portal, a, _id(one["from"]), b, _id(one["to"]),
                        [int(t["associationTypeId"]) for t in one.get("types") or []],
                    )
                    for one in inputs_of(request.json(), WRITES)
                ],
            )  # fmt: skip
        case "POST", ["batch", "associate", "default"]:
            inputs = inputs_of(request.json(), WRITES)
            return _batch(
                portal,
                200,
                [lambda one=one: _default(portal, a, _id(one["from"]), b, _id(one["to"])) for one in inputs],
            )
        case "POST", ["batch", "archive"]:
            for one in inputs_of(request.json(), WRITES):
                for to in one["to"]:
                    portal.unlink(a, _id(one["from"]), b, _id(to))
            return 204, None
    raise Problem(404, "", "resource not found")


def shown_in_list(portal: Portal, kind: Kind, other: str, results: list[dict[str, Any]]) -> None:
    """The `associations` of records in a list: v3 names, one page at most."""
    there = portal.kind(other)
    name = f"{kind.singular}_to_{there.singular}"
    for one in results:
        found = portal.linked(kind.name, one["id"], there.name)
        types = [{"id": to, "type": name} for to, ids in sorted(found.items()) for _ in ids]
        if types:
            one.setdefault("associations", {})[there.name] = {"results": types[:TARGETS]}


def _read(portal: Portal, a: str, b: str, inputs: Sequence[dict[str, Any]]) -> Answered:
    results, errors = [], []
    for one in inputs:
        found = _targets(portal, a, _id(one), b)
        after = int(one.get("after") or 0)
        if not found:
            errors.append(_none(portal, a, _id(one), b))
            continue
        entry: dict[str, Any] = {"from": {"id": _id(one)}, "to": found[after : after + TARGETS]}
        if after + TARGETS < len(found):
            entry["paging"] = {"next": {"after": str(after + TARGETS)}}
        results.append(entry)
    return _answer(portal, 200, results, errors)


def _none(portal: Portal, a: str, id: str, b: str) -> dict[str, Any]:
    first, second = portal.kind(a).singular, portal.kind(b).singular
    return {
        "status": "error", "category": "OBJECT_NOT_FOUND", "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {second} is associated with {first} {id}.",
        "context": {"fromObjectId": [id], "fromObjectType": [first], "toObjectType": [second]},
    }  # fmt: skip


def _batch(portal: Portal, good: int, acts: Sequence[Any]) -> Answered:
    results, errors = [], []
    for act in acts:
        try:
            results.append(act())
        except Problem as problem:
            errors.append(problem.of_input({}))
    return _answer(portal, good, results, errors)


def _answer(portal: Portal, good: int, results: list[Any], errors: list[Any]) -> Answered:
    now = iso(portal.clock.now)
    body = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
    return (207, {**body, "numErrors": len(errors), "errors": errors}) if errors else (good, body)


def _targets(portal: Portal, a: str, id: str, b: str) -> list[dict[str, Any]]:
    pair = portal.kind(a).name, portal.kind(b).name
    primary = ASSOCIATIONS.get(pair, (0, None))[1]
    return [
        {
            "toObjectId": int(to),  # a number here, a string everywhere else
            "associationTypes": [
                {"category": "HUBSPOT_DEFINED", "typeId": t, "label": "Primary" if t == primary else None}
                for t in sorted(types)
            ],
        }
        for to, types in portal.linked(a, id, b).items()
    ]


def _default(portal: Portal, a: str, id: str, b: str, to: str) -> dict[str, Any]:
    _both(portal, a, id, b, to)
    type = portal.link(a, id, b, to, [])[0]
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type}
    return {"from": {"id": id}, "to": {"id": to}, "associationSpec": spec}


def _made(portal: Portal, a: str, id: str, b: str, to: str, types: Sequence[int]) -> dict[str, Any]:
    _both(portal, a, id, b, to)
    made = portal.link(a, id, b, to, types)
    primary = ASSOCIATIONS.get((portal.kind(a).name, portal.kind(b).name), (0, None))[1]
    return {
        "fromObjectTypeId": portal.kind(a).id, "fromObjectId": int(id), "toObjectTypeId": portal.kind(b).id,
        "toObjectId": int(to), "labels": ["Primary"] if primary in made else [],
    }  # fmt: skip


def _both(portal: Portal, a: str, id: str, b: str, to: str) -> None:
    portal.living(portal.kind(a), id)
    portal.living(portal.kind(b), to)


def _id(given: Any) -> str:
    return str(given["id"])
