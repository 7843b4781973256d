"""Bulk API 2.0: query and ingest jobs, CSV in and out."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tests.fakes.salesforce import soql
from tests.fakes.salesforce.cells import Malformed, RowError, in_csv
from tests.fakes.salesforce.org import Manner, Org
from tests.fakes.salesforce.queries import asked
from tests.fakes.salesforce.wire import Call, Refusal, errors
from tests.fakes.serving import Reply

if TYPE_CHECKING:
    from tests.fakes.salesforce.server import Salesforce

ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
CSV = {"Content-Type": "text/csv"}


@dataclass
class Job:
    id: str
    kind: str  # query | ingest
    asked: Mapping[str, Any]
    state: str
    answer: soql.Answer | None = None
    uploaded: bytes | None = None
    polls: int = 0
    done: list[list[str]] = field(default_factory=list)
    failed: list[list[str]] = field(default_factory=list)
    unprocessed: list[list[str]] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    message: str = ""

    @property
    def ending(self) -> str:
        return ENDINGS[self.asked.get("lineEnding", "LF")]

    def shown(self, version: str) -> dict[str, Any]:
        told = {
            "id": self.id, "operation": self.asked["operation"], "object": self.asked.get("object"),
            "state": self.state, "concurrencyMode": "Parallel", "contentType": "CSV",
            "apiVersion": float(version), "lineEnding": self.asked.get("lineEnding", "LF"), "columnDelimiter": "COMMA",
        }  # fmt: skip
        if self.kind == "ingest":
            told["contentUrl"] = f"services/data/v{version}/jobs/ingest/{self.id}/batches"
            told["numberRecordsProcessed"] = len(self.done) + len(self.failed)
            told["numberRecordsFailed"] = len(self.failed)
        elif self.answer is not None:
            told["numberRecordsProcessed"] = len(self.answer.rows)
        return {**told, "errorMessage": self.message} if self.message else told


@dataclass
class Jobs:
    """`slow` polls of a job see it in progress; `dies` makes the next ingest job fail after so many rows."""

    org: Org
    jobs: dict[str, Job] = field(default_factory=dict)
    slow: int = 1
    dies: int | None = None
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def new(self, kind: str, asked: Mapping[str, Any], state: str) -> Job:
        job = Job(f"7505g{next(self._numbers):013d}", kind, asked, state)
        self.jobs[job.id] = job
        return job

    def find(self, id: str) -> Job:
        if id not in self.jobs:
            raise Refusal(errors(404, "NOT_FOUND", "The requested resource does not exist"))
        return self.jobs[id]


def create(server: Salesforce, call: Call, kind: str) -> Reply:
    wanted = call.json()
    if kind == "query":
        if wanted.get("operation") not in ("query", "queryAll"):
            return errors(400, "INVALIDJOB", "operation must be query or queryAll")
        answer = asked(server.org, wanted.get("query", ""), deleted=wanted["operation"] == "queryAll")
        job = server.bulk.new(kind, {**wanted, "object": answer.object}, "UploadComplete")
        job.answer = answer
        return Reply(200, job.shown(call.version))
    if wanted.get("operation") not in ("insert", "update", "upsert", "delete", "hardDelete"):
        return errors(400, "INVALIDJOB", f"invalid operation {wanted.get('operation')}")
    if wanted.get("object") not in server.org.tables:
        return errors(400, "INVALIDENTITY", f"sObject type '{wanted.get('object')}' is not supported.")
    if wanted["operation"] == "upsert" and not wanted.get("externalIdFieldName"):
        return errors(400, "INVALIDJOB", "externalIdFieldName is required")
    return Reply(200, server.bulk.new(kind, wanted, "Open").shown(call.version))


def every(server: Salesforce, call: Call, kind: str) -> Reply:
    listed = [job.shown(call.version) for job in server.bulk.jobs.values() if job.kind == kind]
    return Reply(200, {"done": True, "nextRecordsUrl": None, "records": listed})


def upload(server: Salesforce, call: Call, id: str) -> Reply:
    job = server.bulk.find(id)
    if job.state != "Open" or job.uploaded is not None:
        return errors(400, "INVALIDJOBSTATE", f"Found multiple contents for job: <{id}>")
    job.uploaded = call.request.body
    return Reply(201)


def set_state(server: Salesforce, call: Call, kind: str, id: str) -> Reply:
    job, wanted = server.bulk.find(id), call.json().get("state")
    if kind == "query" and wanted != "Aborted":
        return errors(400, "INVALIDJOBSTATE", "a query job can only be aborted")
    if (wanted == "UploadComplete" and job.state == "Open") or (
        wanted == "Aborted" and job.state not in ("JobComplete", "Failed")
    ):
        job.state = wanted
    else:
        return errors(400, "INVALIDJOBSTATE", f"Job is in state {job.state}")
    return Reply(200, job.shown(call.version))


def state(server: Salesforce, call: Call, kind: str, id: str) -> Reply:
    job = server.bulk.find(id)
    if job.state in ("UploadComplete", "InProgress"):
        job.polls += 1
        if job.polls <= server.bulk.slow:
            job.state = "InProgress"
        elif kind == "query":
            job.state = "JobComplete"
        else:
            _ingest(server, call, job)
    return Reply(200, job.shown(call.version))


def remove(server: Salesforce, call: Call, kind: str, id: str) -> Reply:
    server.bulk.find(id)
    del server.bulk.jobs[id]
    return Reply(204)


def results(server: Salesforce, call: Call, id: str) -> Reply:
    job = server.bulk.find(id)
    if job.state != "JobComplete" or job.answer is None:
        return errors(400, "INVALIDJOBSTATE", f"Job is in state {job.state}")
    begin = int(call.request.params.get("locator") or 0)
    rows = job.answer.rows[begin : begin + int(call.request.params.get("maxRecords") or 100_000)]
    end = begin + len(rows)
    paths = job.answer.fields
    lines = [[in_csv(soql.value_at(server.org, row, path)) for path in paths] for row in rows]
    text = _csv([".".join(path) for path in paths], lines, job.ending)
    locator = "null" if end >= len(job.answer.rows) else str(end)
    return Reply(200, text, {**CSV, "Sforce-Locator": locator, "Sforce-NumberOfRecords": str(len(rows))})


def outcomes(server: Salesforce, call: Call, id: str, which: str) -> Reply:
    job = server.bulk.find(id)
    if job.state not in ("JobComplete", "Failed", "Aborted"):
        return errors(400, "INVALIDJOBSTATE", f"Job is in state {job.state}")
    match which:
        case "successfulResults":
            return Reply(200, _csv(["sf__Id", "sf__Created", *job.header], job.done, job.ending), CSV)
        case "failedResults":
            return Reply(200, _csv(["sf__Id", "sf__Error", *job.header], job.failed, job.ending), CSV)
    return Reply(200, _csv(job.header, job.unprocessed, job.ending), CSV)


def _csv(header: Sequence[str], lines: Sequence[Sequence[str]], ending: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator=ending)
    writer.writerow(header)
    writer.writerows(lines)
    return text.getvalue().encode()


def _ingest(server: Salesforce, call: Call, job: Job) -> None:
    # no header counts here: a rule runs that the job names, and duplicate rules always do
    call = replace(call, manner=Manner(assign="assignmentRuleId" in job.asked))
    text = (job.uploaded or b"").decode()
    reader = csv.reader(io.StringIO(text, newline=""))
    job.header = next(reader, [])
    known = server.org.tables[job.asked["object"]].fields
    bad = [name for name in job.header if name not in known]
    if bad:
        job.state = "Failed"
        job.message = f"InvalidBatch : Field name not found : {bad[0]}"
        job.unprocessed = list(reader)
        return
    for number, line in enumerate(reader):
        if server.bulk.dies is not None and number >= server.bulk.dies:
            job.unprocessed.append(line)
            continue
        try:
            id, created = _row(server, call, job, dict(zip(job.header, line, strict=True)))
            job.done.append([id, in_csv(created), *line])
        except (RowError, Malformed) as error:
            job.failed.append([dict(zip(job.header, line, strict=True)).get("Id", ""), _words(error), *line])
    job.state = "JobComplete" if server.bulk.dies is None else "Failed"
    server.bulk.dies = None
    # the order of the results is not that of the upload
    job.done.reverse()


def _words(error: RowError | Malformed) -> str:
    if isinstance(error, Malformed):
        return f"INVALID_TYPE_ON_FIELD_IN_RECORD:{error}:--"
    return f"{error.code}:{error.message}:{','.join(error.fields)} --"


def _row(server: Salesforce, call: Call, job: Job, line: Mapping[str, str]) -> tuple[str, bool]:
    """An empty cell is ignored; #N/A makes the field empty."""
    org, object = server.org, job.asked["object"]
    values: dict[str, Any] = {name: None if cell == "#N/A" else cell for name, cell in line.items() if cell != ""}
    match job.asked["operation"]:
        case "insert":
            return org.insert(object, values, call.manner).id, True
        case "update":
            return org.update(object, values.pop("Id", None), values, call.manner).id, False
        case "upsert":
            name = job.asked["externalIdFieldName"]
            rows = org.unique_match(object, name, values.pop(name, None))
            if len(rows) > 1:
                raise RowError("DUPLICATE_EXTERNAL_ID", "more than one record found for external id field")
            if rows:
                return org.update(object, rows[0].id, values, call.manner).id, False
            return org.insert(object, {**values, name: line[name]}, call.manner).id, True
    return org.delete(object, line["Id"]).id, False
