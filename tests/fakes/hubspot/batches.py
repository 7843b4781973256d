"""Batch endpoints: partial failure as the vendor answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.fakes.hubspot.portal import Portal, Record
from tests.fakes.hubspot.problems import Problem, bad_request, not_found
from tests.fakes.hubspot.schema import Kind
from tests.fakes.hubspot.values import iso

BATCH = 100
Body = Mapping[str, Any]
Answered = tuple[int, Any]


def obj(portal: Portal, kind: Kind, record: Record, names: Sequence[str] | None) -> dict[str, Any]:
    """A record as every endpoint gives it."""
    found: dict[str, Any] = {
        "id": record.id,
        "properties": portal.shown(kind, record, names),
        "createdAt": iso(record.created),
        "updatedAt": iso(record.updated),
        "archived": record.archived is not None,
    }
    if record.archived is not None:
        found["archivedAt"] = iso(record.archived)
    return found


def inputs_of(body: Body, most: int = BATCH) -> list[dict[str, Any]]:
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or not inputs:
        raise bad_request("Invalid input JSON: inputs must not be empty")
    if len(inputs) > most:
        raise bad_request(
            f"The maximum number of inputs supported in a batch request is {most}. Received: {len(inputs)}"
        )
    return inputs


def read(portal: Portal, kind: Kind, body: Body) -> Answered:
    by, results, missing = body.get("idProperty"), [], []
    for one in inputs_of(body):
        id = str(one["id"])
        try:
            found = portal.by_unique(kind, by, id) if by else id
            record = portal.living(kind, found) if found else None
        except Problem as problem:
            if problem.status != 404:
                raise
            record = None
        if record is None:
            missing.append(id)
            continue
        shown = obj(portal, kind, record, body.get("properties"))
        if asked := body.get("propertiesWithHistory"):
            shown["propertiesWithHistory"] = {name: _history(record, name) for name in asked}
        results.append(shown)
    results = list({one["id"]: one for one in results}.values())
    if not missing:
        return 200, _complete(portal, results)
    error = {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": "Could not get some objects, they may be deleted or not exist. Check that ids are valid.",
        "context": {"ids": missing},
    }
    return 207, {**_complete(portal, results), "numErrors": len(missing), "errors": [error]}


def _history(record: Record, name: str) -> list[dict[str, Any]]:
    return [
        {"value": value, "timestamp": iso(at), "sourceType": by, "sourceId": "1"}
        for value, at, by in reversed(record.history.get(name, []))
    ]


def create(portal: Portal, kind: Kind, body: Body) -> Answered:
    def one(given: Body) -> dict[str, Any]:
        record = portal.create(kind, given.get("properties") or {}, links_of(portal, kind, given))
        return obj(portal, kind, record, list(given.get("properties") or {}))

    return _each(portal, body, 201, one)


def update(portal: Portal, kind: Kind, body: Body) -> Answered:
    inputs = inputs_of(body)
    ids = [str(one.get("id")) for one in inputs]
    if len(set(ids)) < len(ids):
        raise bad_request(f"Duplicate IDs found in batch input: {sorted({i for i in ids if ids.count(i) > 1})}")

    def one(given: Body) -> dict[str, Any]:
        id, by = str(given.get("id")), given.get("idProperty")
        found = portal.by_unique(kind, by, id) if by else id
        if found is None:
            raise not_found(kind.singular, id)
        record = portal.living(kind, found)  # the id of a merged record is not followed here
        portal.update(kind, record, given.get("properties") or {})
        return obj(portal, kind, record, list(given.get("properties") or {}))

    return _each(portal, body, 200, one)


def upsert(portal: Portal, kind: Kind, body: Body) -> Answered:
    def one(given: Body) -> dict[str, Any]:
        by, id = str(given.get("idProperty")), str(given.get("id"))
        found = portal.by_unique(kind, by, id)
        properties = given.get("properties") or {}
        if found is None:
            record = portal.create(kind, {by: id, **properties})
        else:
            record = portal.living(kind, found)
            portal.update(kind, record, properties)
        return {**obj(portal, kind, record, list(properties)), "new": found is None}

    return _each(portal, body, 200, one)


def archive(portal: Portal, kind: Kind, body: Body) -> Answered:
    for one in inputs_of(body):
        try:
            portal.archive(kind, str(one["id"]))
        except Problem as problem:
            if problem.status != 404:
                raise
    return 204, None


def _each(portal: Portal, body: Body, good: int, one: Callable[[Body], dict[str, Any]]) -> Answered:
    """Every input by itself where each has a trace id of its own; else a bad one fails all before anything is done."""
    inputs = inputs_of(body)
    traces = [given.get("objectWriteTraceId") for given in inputs]
    traced = all(traces) and len(set(traces)) == len(traces)
    restore = portal.snapshot()
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for given in inputs:
        trace = given.get("objectWriteTraceId")
        try:
            shown = one(given)
            results.append({**shown, "objectWriteTraceId": trace} if trace else shown)
        except Problem as problem:
            if problem.whole or not traced:
                restore()
                raise
            context = {"objectWriteTraceId": [str(trace)]}
            if problem.category == "OBJECT_NOT_FOUND":
                context["ids"] = [str(given.get("id"))]
            errors.append(problem.of_input(context))
    if not errors:
        return good, _complete(portal, results)
    return 207, {**_complete(portal, results), "numErrors": len(errors), "errors": errors}


def _complete(portal: Portal, results: list[Any]) -> dict[str, Any]:
    now = iso(portal.clock.now)
    return {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}


def links_of(portal: Portal, kind: Kind, given: Body) -> list[tuple[str, str, list[int]]]:
    """The `associations` of a create: the type tells the other object."""
    found = []
    for one in given.get("associations") or []:
        types = [int(t["associationTypeId"]) for t in one.get("types") or []]
        found.append((portal.other_side(kind, types), str(one["to"]["id"]), types))
    return found
