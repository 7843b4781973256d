"""/query and /queryAll: pages with locators."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.fakes.salesforce import soql
from tests.fakes.salesforce.cells import shown
from tests.fakes.salesforce.org import Org, Row
from tests.fakes.salesforce.schema import TOOLING
from tests.fakes.salesforce.wire import Call, Refusal, errors
from tests.fakes.serving import Reply

if TYPE_CHECKING:
    from tests.fakes.salesforce.server import Salesforce

LIFE = timedelta(days=2)
LONGEST_URI = 16_384


@dataclass
class Locators:
    """Open queries: what was found when they were asked, and until when they may be read."""

    open: dict[str, tuple[soql.Answer, int, datetime]] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def keep(self, answer: soql.Answer, size: int, now: datetime) -> str:
        name = f"01g5g0000{next(self._numbers):09d}"
        self.open[name] = (answer, size, now + LIFE)
        return name


def asked(org: Org, query: str, *, deleted: bool) -> soql.Answer:
    try:
        return soql.answer(org, query, deleted=deleted)
    except soql.SoqlError as error:
        raise Refusal(errors(400, error.code, error.message)) from None


def query(server: Salesforce, call: Call, *, deleted: bool = False) -> Reply:
    if len(call.request.params.get("q", "").encode()) * 1.2 > LONGEST_URI:
        raise Refusal(Reply(414, "<h1>URI Too Long</h1>", {"Content-Type": "text/html"}))
    answer = asked(server.org, call.request.params.get("q", ""), deleted=deleted)
    if answer.count:
        return Reply(200, {"totalSize": len(answer.rows), "done": True, "records": []})
    hint = re.fullmatch(r"batchSize=(\d+)", call.request.headers.get("sforce-query-options", ""))
    size = min(call.page, max(200, min(2000, int(hint[1]))) if hint else 2000)
    name = server.locators.keep(answer, size, server.org.now) if len(answer.rows) > size else ""
    return _page(server, call, answer, size, 0, name)


def tooling(server: Salesforce, call: Call) -> Reply:
    """Metadata, for who may view the setup."""
    if not server.sees_setup:
        return errors(403, "INSUFFICIENT_ACCESS", "insufficient access rights: View Setup and Configuration")
    object = re.search(r"\bFROM (\w+)", call.request.params.get("q", ""))
    if object is None or object[1] not in TOOLING:
        return errors(400, "INVALID_TYPE", f"sObject type '{object[1] if object else ''}' is not supported.")
    return query(server, call)


def query_all(server: Salesforce, call: Call) -> Reply:
    return query(server, call, deleted=True)


def more(server: Salesforce, call: Call, locator: str) -> Reply:
    name, _, begin = locator.rpartition("-")
    answer, size, until = server.locators.open.get(name, (None, 0, server.org.now))
    if answer is None or until <= server.org.now:
        return errors(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(server, call, answer, size, int(begin), name)


def _page(server: Salesforce, call: Call, answer: soql.Answer, size: int, begin: int, name: str) -> Reply:
    rows = answer.rows[begin : begin + size]
    done = begin + size >= len(answer.rows)
    body: dict[str, Any] = {"totalSize": len(answer.rows), "done": done}
    if not done:
        body["nextRecordsUrl"] = f"/services/data/v{call.version}/query/{name}-{begin + size}"
    body["records"] = [record(server.org, call.version, answer.object, row, answer.fields) for row in rows]
    return Reply(200, body)


def record(org: Org, version: str, object: str, row: Row, fields: tuple[soql.Path, ...]) -> dict[str, Any]:
    """A row in JSON: its attributes, then the fields; a relation is a record within."""
    made: dict[str, Any] = {
        "attributes": {"type": object, "url": f"/services/data/v{version}/sobjects/{object}/{row.id}"}
    }
    for path in fields:
        if len(path) == 1:
            made[path[0]] = shown(row.get(path[0]))
            continue
        described = org.tables[object].fields[path[0]]
        target = next((o for o in described.targets if row.get(path[0]) in org.rows.get(o, {})), None)
        inner = org.rows[target][row.get(path[0])] if target else None
        name = described.relation or path[0]
        if inner is None or target is None:
            made[name] = None
            continue
        within = record(org, version, target, inner, (path[1:],))
        made[name] = {**(made.get(name) or {}), **within}
    return made
