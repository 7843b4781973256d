"""What every route of the fake works with: the call, and a refusal of the whole of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.fakes.salesforce.org import Manner
from tests.fakes.serving import Reply, Request


@dataclass(frozen=True, slots=True)
class Call:
    request: Request
    version: str
    manner: Manner
    page: int

    def json(self) -> Any:
        try:
            return json.loads(self.request.body)
        except ValueError as error:
            raise Refusal(errors(400, "JSON_PARSER_ERROR", f"Unexpected character: {error}")) from None


class Refusal(Exception):
    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply.status))
        self.reply = reply


def errors(status: int, code: str, message: str, fields: Sequence[str] | None = None) -> Reply:
    """An error of the REST API: a list of one."""
    one: dict[str, Any] = {"message": message, "errorCode": code}
    if fields is not None:
        one["fields"] = list(fields)
    return Reply(status, [one], {"Content-Type": "application/json;charset=UTF-8"})
