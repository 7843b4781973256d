"""Bulk API 2.0: jobs that read or write many records as CSV."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.adapters.contract import Outcome, Refusal, Refused, Unknown, Written
from connector.adapters.http import Answer, Expect, Lost
from connector.adapters.salesforce.client import Client
from connector.adapters.salesforce.failures import Declined, of_row, worn_out
from connector.adapters.salesforce.soql import long_id
from connector.errors import ConnectorError, Fatal, Transient

OVER = frozenset({"JobComplete", "Failed", "Aborted"})
ASSIGNED = frozenset({"Lead", "Case"})  # the objects that a job may assign
FIRST_LOOK, LAST_LOOK = 1.0, 20.0  # seconds between two looks at a job
MOST_BYTES = 90_000_000  # of one upload; the vendor's limit is 100 MB before base64
# One cell may hold 32,000 characters and more; the module's own limit is a guard against broken quotes.
csv.field_size_limit(min(sys.maxsize, 2**31 - 1))


# --- reading --------------------------------------------------------------------------------------------------


def query(client: Client, soql: str, *, deleted: bool, page: int, patience: float) -> Iterator[list[dict[str, str]]]:
    """The records of a query as CSV gives them, up to `page` at a time. `patience`: seconds for the job."""
    asked = {"operation": "queryAll" if deleted else "query", "query": soql, "lineEnding": "LF"}
    job = _tree(client, client.raw("POST", "jobs/query", json=asked), "id")["id"]
    state = _over(client, f"jobs/query/{job}", patience)
    if state["state"] != "JobComplete":
        raise Transient("adapter.job_failed", system=client.system, answer=_why(client, state))
    locator: str | None = ""
    while locator is not None:
        params = {"maxRecords": str(page), **({"locator": locator} if locator else {})}
        answer = client.raw("GET", f"jobs/query/{job}/results", params=params, expect=Expect.ANY)
        assert isinstance(answer, Answer)
        records = _records(client, answer)
        follows = answer.headers.get("Sforce-Locator", "null")
        locator = None if follows in ("", "null") else follows
        yield records


def _records(client: Client, answer: Answer) -> list[dict[str, str]]:
    """The lines of a result. A page of some proxy, or a part of a result, is an error: records would be missing."""
    kind, _, _ = answer.headers.get("Content-Type", "").partition(";")
    counted = answer.headers.get("Sforce-NumberOfRecords")
    records = _lines(answer) if "html" not in kind else None
    if records is None or (counted is not None and counted.isdecimal() and int(counted) != len(records)):
        words = f"{kind}: this is no CSV, or not whole ({len(answer.body)} bytes)"
        raise Transient("adapter.unreachable", system=client.system, answer=words)
    return records


def _lines(answer: Answer) -> list[dict[str, str]] | None:
    try:
        reader = csv.reader(io.StringIO(answer.body.decode("utf-8"), newline=""), strict=True)
        header = next(reader, None)
        return [] if header is None else [dict(zip(header, line, strict=True)) for line in reader]
    except (UnicodeDecodeError, csv.Error, ValueError):
        return None


# --- writing --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One write: its cells, and the text in the job's key column by which its result is found again."""

    key: str
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Job:
    """`operation` is insert, update or delete, `key` the column of the lines' keys, `rule` an assignment rule."""

    object: str
    operation: str
    key: str
    rule: str | None = None


def ingest(client: Client, job: Job, lines: Sequence[Line], patience: float) -> list[Outcome]:
    """One outcome per line, in order. `patience`: seconds for the job. Raises only while nothing was done."""
    body = _csv(job.key, lines)
    asked = {"object": job.object, "operation": job.operation, "contentType": "CSV", "lineEnding": "LF"}
    if job.rule is not None and job.object in ASSIGNED:
        asked["assignmentRuleId"] = job.rule
    path = f"jobs/ingest/{_tree(client, client.raw('POST', 'jobs/ingest', json=asked), 'id')['id']}"
    uploaded = client.raw("PUT", f"{path}/batches", content=body, reading=False, expect=Expect.ANY)
    if isinstance(uploaded, Lost):
        # nothing is done before the job is closed
        raise Transient("adapter.unreachable", system=client.system, answer=uploaded.words)
    try:
        closed = client.raw("PATCH", path, json={"state": "UploadComplete"}, reading=False)
        if isinstance(closed, Lost):
            # whether it was closed shows in its state
            state = _tree(client, client.raw("GET", path), "state")
            if state["state"] == "Open":
                raise Transient("adapter.unreachable", system=client.system, answer=closed.words)
        _over(client, path, patience)
        found = _outcomes(client, path, job.key)
    except Declined as refused:
        return [Unknown(f"{refused.code} {refused.words}")] * len(lines)
    except ConnectorError as error:
        if isinstance(error, Fatal | Transient) and not _closed(client, path):
            raise
        return [Unknown(error.message)] * len(lines)
    return [found.get(line.key, Unknown("no result for this record")) for line in lines]


def _closed(client: Client, path: str) -> bool:
    """Whether the job may have begun its work."""
    try:
        return bool(_tree(client, client.raw("GET", path), "state")["state"] != "Open")
    except (ConnectorError, Declined):
        return True


def _csv(key: str, lines: Sequence[Line]) -> bytes:
    """An empty cell is no value: records with different columns go into one job."""
    names = [key, *sorted({name for line in lines for name in line.cells} - {key})]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([line.key, *(line.cells.get(name, "") for name in names[1:])] for line in lines)
    return text.getvalue().encode()


def _outcomes(client: Client, path: str, key: str) -> dict[str, Outcome]:
    """What became of each key. The order of the results is not that of the upload."""
    found: dict[str, Outcome] = {}
    for line in _results(client, f"{path}/successfulResults", key, "sf__Id"):
        found[_key(line, key)] = Written(line["sf__Id"])
    for line in _results(client, f"{path}/failedResults", key, "sf__Error"):
        code, _, words = line["sf__Error"].partition(":")
        words, _, fields = words.rstrip("- ").rpartition(":")
        named = tuple(name for name in fields.strip().split(",") if name)
        found[_key(line, key)] = of_row(code, words, named) or worn_out(code, words)
    for line in _results(client, f"{path}/unprocessedrecords", key):
        # the job ended before it came to them: nothing was done
        found[_key(line, key)] = Refused(Refusal.STALE, "the job ended before this record")
    return found


def _key(line: Mapping[str, str], key: str) -> str:
    return (long_id(line[key]) or line[key]) if key == "Id" else line[key]


def _results(client: Client, path: str, *names: str) -> list[dict[str, str]]:
    answer = client.raw("GET", path, expect=Expect.ANY)
    assert isinstance(answer, Answer)
    return [client.shaped(line, *names) for line in _records(client, answer)]


# --- jobs -----------------------------------------------------------------------------------------------------


def _over(client: Client, path: str, patience: float) -> Mapping[str, Any]:
    """The state of a job when it is over. Raises Transient when that takes too long; the job is then given up."""
    until, wait = client.monotonic() + patience, FIRST_LOOK
    while True:
        state: Mapping[str, Any] = _tree(client, client.raw("GET", path), "state")
        if state["state"] in OVER:
            return state
        if client.monotonic() + wait >= until:
            client.raw("PATCH", path, json={"state": "Aborted"}, reading=False)
            raise Transient("adapter.job_slow", system=client.system, seconds=int(patience))
        client.sleep(wait)
        wait = min(2 * wait, LAST_LOOK)


def _tree(client: Client, answer: Answer | Lost, name: str) -> Any:
    assert isinstance(answer, Answer)
    return client.shaped(answer.json(), name)


def _why(client: Client, state: Mapping[str, Any]) -> str:
    return client.wire.words(f"{state['state']} {state.get('errorMessage') or ''}".strip())
