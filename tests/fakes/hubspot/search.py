"""Search: filters over an index that lags, answered with the records as they are now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.fakes.hubspot.batches import obj
from tests.fakes.hubspot.portal import Portal
from tests.fakes.hubspot.problems import bad_request
from tests.fakes.hubspot.schema import Kind, Property
from tests.fakes.hubspot.values import EPOCH

WALL = 10_000
PAGE = 200
LONGEST = 3_000
ABSENT = object()


def search(portal: Portal, kind: Kind, body: Mapping[str, Any], size: int) -> tuple[int, Any]:
    """`size` is the number of characters of the request."""
    limit, after = int(body.get("limit") or 10), int(body.get("after") or 0)
    groups, sorts = body.get("filterGroups") or [], body.get("sorts") or []
    if size > LONGEST:
        raise bad_request(f"The request body is longer than {LONGEST} characters")
    if limit > PAGE:
        raise bad_request(f"Limit must be less than or equal to {PAGE}")
    if after + limit > WALL:
        raise bad_request("There was a problem with the request: the total number of results cannot exceed 10000.")
    filters = [f for group in groups for f in group.get("filters") or []]
    if len(groups) > 5 or len(filters) > 18 or any(len(g.get("filters") or []) > 6 for g in groups):
        raise bad_request("Too many filters")
    if len(sorts) > 1:
        raise bad_request("Only one sort is allowed")
    for one in (*filters, *sorts):
        if one.get("propertyName") not in kind.properties:
            raise bad_request(f"There was a problem with the request: no property {one.get('propertyName')}")
    found = [
        (record, known)
        for record, known in portal.index(kind)
        if not groups or any(all(_meets(kind, f, known) for f in g.get("filters") or []) for g in groups)
    ]
    by = sorts[0] if sorts else {"propertyName": "hs_object_id"}
    property = kind.properties[by["propertyName"]]
    down = by.get("direction") == "DESCENDING"
    found.sort(key=lambda pair: _sortable(property, pair[1].get(property.name)), reverse=down)
    page = found[after : after + limit]
    body_out: dict[str, Any] = {
        "total": portal.total(len(found)),
        "results": [obj(portal, kind, record, body.get("properties")) for record, _ in page],
    }
    if after + limit < len(found):
        body_out["paging"] = {"next": {"after": str(after + limit)}}
    return 200, body_out


def _meets(kind: Kind, filter: Mapping[str, Any], known: Mapping[str, str]) -> bool:
    property = kind.properties[filter["propertyName"]]
    held, operator = known.get(property.name), filter.get("operator")
    match operator:
        case "HAS_PROPERTY":
            return held is not None
        case "NOT_HAS_PROPERTY":
            return held is None
        case "IN":
            return held is not None and held.lower() in filter.get("values", [])
        case "NOT_IN":
            return held is None or held.lower() not in filter.get("values", [])
    if held is None:
        return operator == "NEQ"
    left, right = _comparable(property, held), _comparable(property, str(filter.get("value", "")))
    match operator:
        case "EQ":
            return bool(left == right)
        case "NEQ":
            return bool(left != right)
        case "LT":
            return bool(left < right)
        case "LTE":
            return bool(left <= right)
        case "GT":
            return bool(left > right)
        case "GTE":
            return bool(left >= right)
        case "BETWEEN":
            return bool(left >= right and left <= _comparable(property, str(filter.get("highValue", ""))))
        case "CONTAINS_TOKEN":
            return str(filter.get("value", "")).strip("*").lower() in held.lower()
    raise bad_request(f"Unknown operator {operator}")


def _comparable(property: Property, text: str) -> Any:
    match property.type:
        case "number":
            try:
                return Decimal(text)
            except InvalidOperation:
                raise bad_request(f"{text[:60]} is not a number") from None
        case "datetime" | "date":
            if text.lstrip("-").isdigit():
                return int(text)
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                raise bad_request(f"{text[:60]} is no date") from None
            return int((moment.astimezone(EPOCH.tzinfo) - EPOCH).total_seconds() * 1000 + 0.5)
    return text.lower()


def _sortable(property: Property, held: str | None) -> tuple[bool, Any]:
    return (held is not None, _comparable(property, held) if held is not None else 0)
