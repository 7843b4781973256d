"""/composite/sobjects: up to 200 records a request, each with an outcome of its own."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from tests.fakes.salesforce import ids
from tests.fakes.salesforce.cells import Malformed, RowError
from tests.fakes.salesforce.org import Row
from tests.fakes.salesforce.queries import record
from tests.fakes.salesforce.records import table
from tests.fakes.salesforce.wire import Call, Refusal, errors
from tests.fakes.serving import Reply

if TYPE_CHECKING:
    from tests.fakes.salesforce.server import Salesforce

MOST, MOST_READ = 200, 2_000


def create(server: Salesforce, call: Call) -> Reply:
    def one(given: dict[str, Any]) -> dict[str, Any]:
        object, values = _typed(server, given)
        return _done(server.org.insert(object, values, call.manner))

    return _each(server, call, one)


def update(server: Salesforce, call: Call) -> Reply:
    def one(given: dict[str, Any]) -> dict[str, Any]:
        object, values = _typed(server, given)
        id = values.pop("id", values.pop("Id", None))
        if not id:
            raise RowError("MISSING_ARGUMENT", "Id not specified in an update call")
        return _done(server.org.update(object, id, values, call.manner))

    return _each(server, call, one)


def upsert(server: Salesforce, call: Call, object: str, name: str) -> Reply:
    described = table(server.org, object).fields.get(name)
    if described is None or not (described.has("X") or described.has("I")):
        words = f"Provided external ID field does not exist or is not accessible: {name}"
        return errors(404, "NOT_FOUND", words)

    def one(given: dict[str, Any]) -> dict[str, Any]:
        kind, values = _typed(server, given)
        if kind != object:
            raise RowError("INVALID_TYPE", "all records must be of the type in the path")
        value = values.pop(name, None)
        if name == "Id":
            row = server.org.update(object, value, values, call.manner) if value else None
            row = row or server.org.insert(object, values, call.manner)
            return {**_done(row), "created": not value}
        if not value:
            raise RowError("MISSING_ARGUMENT", f"{name} not specified")
        rows = server.org.unique_match(object, name, value)
        if len(rows) > 1:
            raise RowError("DUPLICATE_EXTERNAL_ID", f"{name}: more than one record found for external id field")
        if rows:
            return {**_done(server.org.update(object, rows[0].id, values, call.manner)), "created": False}
        return {**_done(server.org.insert(object, {**values, name: value}, call.manner)), "created": True}

    return _each(server, call, one)


def delete(server: Salesforce, call: Call) -> Reply:
    wanted = call.request.params.get("ids", "").split(",")
    if len(wanted) > MOST:
        raise _too_many(MOST)
    answers = []
    for id in wanted:
        try:
            object = next((n for n, t in server.org.tables.items() if id.startswith(t.prefix)), None)
            if object is None or ids.known(id) is None:
                raise RowError("MALFORMED_ID", f"malformed id {id}")
            answers.append(_done(server.org.delete(object, id)))
        except RowError as error:
            answers.append(_failed(error))
    return Reply(200, answers)


def retrieve(server: Salesforce, call: Call, object: str) -> Reply:
    asked = call.json()
    return _retrieved(server, call, object, asked.get("ids") or [], asked.get("fields") or [])


def retrieve_few(server: Salesforce, call: Call, object: str) -> Reply:
    params = call.request.params
    return _retrieved(server, call, object, params.get("ids", "").split(","), params.get("fields", "").split(","))


def _retrieved(server: Salesforce, call: Call, object: str, wanted: list[str], fields: list[str]) -> Reply:
    known = table(server.org, object).fields
    if len(wanted) > MOST_READ:
        return errors(400, "EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {MOST_READ} records")
    bad = [name for name in fields if name not in known]
    if bad or not fields:
        return errors(400, "INVALID_FIELD", f"No such column '{(bad or [''])[0]}' on sobject of type {object}")
    found = []
    for id in wanted:
        whole = ids.known(id)
        if whole is None:
            return errors(400, "MALFORMED_ID", f"malformed id {id}")
        row = server.org.rows[object].get(whole)
        there = row is not None and not row.deleted and row.visible <= server.org.now
        found.append(
            record(server.org, call.version, object, row, tuple((name,) for name in fields)) if there and row else None
        )
    return Reply(200, found)


def _typed(server: Salesforce, given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    object = given["attributes"]["type"]
    if object not in server.org.tables:
        raise RowError("INVALID_TYPE", f"sObject type '{object}' is not supported.")
    return object, {name: value for name, value in given.items() if name != "attributes"}


def _done(row: Row) -> dict[str, Any]:
    return {"id": row.id, "success": True, "errors": []}


def _failed(error: RowError) -> dict[str, Any]:
    one = {"statusCode": error.code, "message": error.message, "fields": list(error.fields)}
    return {"success": False, "errors": [one]}


def _too_many(most: int) -> Refusal:
    words = f"record limit reached. cannot submit more than {most} records in this request"
    return Refusal(errors(400, "EXCEEDED_ID_LIMIT", words))


def _each(server: Salesforce, call: Call, one: Callable[[dict[str, Any]], dict[str, Any]]) -> Reply:
    asked = call.json()
    records = asked.get("records") if isinstance(asked, dict) else None
    if not isinstance(records, list) or not all(isinstance(r, dict) and "attributes" in r for r in records):
        return errors(400, "JSON_PARSER_ERROR", "The value 'records' must be a list of records with attributes")
    if len(records) > MOST:
        raise _too_many(MOST)
    _readable(server, records)
    before = deepcopy(server.org.rows) if asked.get("allOrNone") else None
    answers = []
    for given in records:
        try:
            answers.append(one(dict(given)))
        except RowError as error:
            answers.append(_failed(error))
    if before is not None and not all(answer["success"] for answer in answers):
        server.org.rows = before
        undone = RowError("ALL_OR_NONE_OPERATION_ROLLED_BACK", "Record rolled back because not all records were valid")
        answers = [answer if not answer["success"] else _failed(undone) for answer in answers]
    return Reply(200, answers)


def _readable(server: Salesforce, records: list[dict[str, Any]]) -> None:
    """A value of another JSON type, or a field that does not exist, is an error of the whole request."""
    from tests.fakes.salesforce.cells import held

    for given in records:
        known = server.org.tables.get(given["attributes"].get("type", ""))
        for name, value in given.items():
            if known is None or name in ("attributes", "id", "Id"):
                continue
            if name not in known.fields:
                words = f"No such column '{name}' on sobject of type {known.name}"
                raise Refusal(errors(400, "INVALID_FIELD", words))
            try:
                held(known.fields[name], value)
            except RowError:
                continue
            except Malformed as error:
                raise Refusal(errors(400, "JSON_PARSER_ERROR", str(error))) from None
