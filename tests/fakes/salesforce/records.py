"""/sobjects: single records, and the feeds of changed and deleted ids."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from tests.fakes.salesforce import ids
from tests.fakes.salesforce.cells import Malformed, RowError, shown
from tests.fakes.salesforce.org import Org, Row
from tests.fakes.salesforce.queries import record
from tests.fakes.salesforce.schema import Table
from tests.fakes.salesforce.wire import Call, Refusal, errors
from tests.fakes.serving import Reply

if TYPE_CHECKING:
    from tests.fakes.salesforce.server import Salesforce

KEPT = timedelta(days=15)
WINDOW = timedelta(days=30)


def table(org: Org, object: str) -> Table:
    if object not in org.tables:
        raise Refusal(errors(404, "NOT_FOUND", "The requested resource does not exist"))
    return org.tables[object]


def refused(error: RowError) -> Reply:
    status = 404 if error.code in ("ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY") and not error.fields else 400
    code = "NOT_FOUND" if error.code == "INVALID_CROSS_REFERENCE_KEY" and not error.fields else error.code
    return errors(status, code, error.message, error.fields)


def body(call: Call) -> dict[str, Any]:
    found = call.json()
    if not isinstance(found, dict):
        raise Refusal(errors(400, "JSON_PARSER_ERROR", "the body is no object"))
    return {name: value for name, value in found.items() if name != "attributes"}


def create(server: Salesforce, call: Call, object: str) -> Reply:
    table(server.org, object)
    try:
        row = server.org.insert(object, body(call), call.manner)
    except RowError as error:
        return refused(error)
    except Malformed as error:
        return errors(400, "JSON_PARSER_ERROR", str(error))
    where = f"/services/data/v{call.version}/sobjects/{object}/{row.id}"
    return Reply(201, {"id": row.id, "success": True, "errors": []}, {"Location": where})


def _one(server: Salesforce, object: str, id: str) -> Row:
    try:
        return server.org.find(object, id)
    except RowError as error:
        raise Refusal(refused(error)) from None


def get(server: Salesforce, call: Call, object: str, id: str) -> Reply:
    fields = table(server.org, object).fields
    row = _one(server, object, id)
    names = call.request.params.get("fields", ",".join(fields)).split(",")
    if bad := [name for name in names if name not in fields]:
        return errors(400, "INVALID_FIELD", f"No such column '{bad[0]}' on sobject of type {object}")
    return Reply(200, record(server.org, call.version, object, row, tuple((name,) for name in names)))


def get_by_key(server: Salesforce, call: Call, object: str, name: str, value: str) -> Reply:
    rows = _by_key(server, object, name, value)
    if len(rows) > 1:
        return _several(call, object, rows)
    if not rows:
        return errors(404, "NOT_FOUND", "The requested resource does not exist")
    return get(server, call, object, rows[0].id)


def _by_key(server: Salesforce, object: str, name: str, value: str) -> list[Row]:
    described = table(server.org, object).fields.get(name)
    if described is None or not (described.has("X") or described.has("I")):
        words = f"Provided external ID field does not exist or is not accessible: {name}"
        raise Refusal(errors(404, "NOT_FOUND", words))
    return server.org.unique_match(object, name, value)


def _several(call: Call, object: str, rows: list[Row]) -> Reply:
    return Reply(300, [f"/services/data/v{call.version}/sobjects/{object}/{row.id}" for row in rows])


def update(server: Salesforce, call: Call, object: str, id: str) -> Reply:
    table(server.org, object)
    row = _one(server, object, id)
    since = call.request.headers.get("if-unmodified-since")
    if since is not None and row.values["LastModifiedDate"] > parsedate_to_datetime(since):
        return Reply(412, None)
    return _changed(server, call, object, row.id, body(call))


def _changed(server: Salesforce, call: Call, object: str, id: str, values: Mapping[str, Any]) -> Reply:
    try:
        server.org.update(object, id, values, call.manner)
    except RowError as error:
        return refused(error)
    except Malformed as error:
        return errors(400, "JSON_PARSER_ERROR", str(error))
    return Reply(204)


def upsert(server: Salesforce, call: Call, object: str, name: str, value: str) -> Reply:
    rows = _by_key(server, object, name, value)
    if len(rows) > 1:
        return _several(call, object, rows)
    values = body(call)
    if name in values:
        return errors(400, "INVALID_FIELD", f"The {name} field should not be specified in the sobject data.")
    try:
        if rows:
            row = server.org.update(object, rows[0].id, values, call.manner)
        else:
            row = server.org.insert(object, {**values, name: value}, call.manner)
    except RowError as error:
        return refused(error)
    return Reply(200 if rows else 201, {"id": row.id, "success": True, "errors": [], "created": not rows})


def delete(server: Salesforce, call: Call, object: str, id: str) -> Reply:
    table(server.org, object)
    try:
        server.org.delete(object, id)
    except RowError as error:
        return refused(error)
    return Reply(204)


# --- the feeds ------------------------------------------------------------------------------------------------


def _window(server: Salesforce, call: Call, object: str, reach: timedelta) -> tuple[datetime, datetime]:
    if not table(server.org, object).summary(call.version)["replicateable"]:
        raise Refusal(errors(400, "INVALID_TYPE", f"object type not supported for this operation: {object}"))
    try:
        start, end = (datetime.fromisoformat(call.request.params[name]) for name in ("start", "end"))
        start, end = start.astimezone(UTC), end.astimezone(UTC)
    except (KeyError, ValueError):
        raise Refusal(errors(400, "INVALID_FIELD", "start and end must be dates with a zone")) from None
    # seconds are not looked at
    start, end = start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    if end - start < timedelta(minutes=1) or start > server.org.now:
        words = "startDate must be at least one minute greater than endDate"
        raise Refusal(errors(400, "INVALID_REPLICATION_DATE", words))
    if server.org.now - start > reach + timedelta(minutes=1):
        words = f"startDate before org replication enabled date or more than {reach.days} days ago"
        raise Refusal(errors(400, "INVALID_REPLICATION_DATE", words))
    return start, end


def deleted(server: Salesforce, call: Call, object: str) -> Reply:
    start, end = _window(server, call, object, KEPT)
    rows = [r for r in server.org.rows[object].values() if r.deleted and r.deleted_at is not None]
    found = [{"id": r.id, "deletedDate": shown(r.deleted_at)} for r in rows if start <= _at(r) < end]
    if len(found) > server.most_ids:
        return errors(400, "EXCEEDED_ID_LIMIT", "the number of ids is too large; narrow the window")
    reach = shown((server.org.now - KEPT).replace(microsecond=0))
    return Reply(200, {"deletedRecords": found, "earliestDateAvailable": reach, "latestDateCovered": shown(end)})


def _at(row: Row) -> datetime:
    assert row.deleted_at is not None
    return row.deleted_at


def updated(server: Salesforce, call: Call, object: str) -> Reply:
    start, end = _window(server, call, object, WINDOW)
    found = [r.id for r in server.org.living(object) if start <= r.values["SystemModstamp"] < end]
    return Reply(200, {"ids": found, "latestDateCovered": shown(end)})


__all__ = ["create", "delete", "deleted", "get", "get_by_key", "ids", "table", "update", "updated", "upsert"]
