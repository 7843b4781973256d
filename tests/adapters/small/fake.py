"""The address book's server: its paths, its limits and its quirks (texts are trimmed, an empty one is none)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tests.fakes.serving import Clock, Fault, Plain, Reply, Request

LONGEST = 255
TYPES = {"name": "text", "note": "text", "amount": "number", "day": "date", "moment": "datetime"}
WRONG = Reply(404, {"message": "no such page"})


@dataclass
class Record:
    values: dict[str, Any]
    created: datetime
    updated: datetime
    version: int = 1


class Refusing(Exception):
    def __init__(self, status: int, message: str, field: str = "") -> None:
        super().__init__(message)
        self.reply = Reply(status, {"message": message, "field": field})


class AddressBook(Plain):
    def __init__(self, token: str) -> None:
        self.token, self.clock = token, Clock()
        self.records: dict[str, Record] = {}
        self._made = 0

    def handle(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return Reply(401, {"message": "this token is not known"})
        try:
            return self._answered(request)
        except Refusing as refusing:
            return refusing.reply

    def disturbed(self, fault: Fault, request: Request, reply: Reply) -> Reply:
        """The stamps are missing."""
        if request.method != "GET":
            return replace(reply, body={"id": reply.body["id"], "values": reply.body["values"]})
        thin = [{"id": one["id"], "values": one["values"]} for one in reply.body["contacts"]]
        return replace(reply, body={"contacts": thin})

    def _answered(self, request: Request) -> Reply:
        match request.method, request.path.removeprefix("/v1/").split("/"):
            case "GET", ["me"]:
                return Reply(200, {"id": "book-17", "name": "営業部の住所録"})
            case "GET", ["fields"]:
                return Reply(200, {"fields": [self._field(name) for name in TYPES]})
            case "GET", ["contacts"]:
                return Reply(200, self._listed(request))
            case "POST", ["contacts"]:
                return Reply(201, self._shown(self.seed(self._checked(request.json()))))
            case "PATCH", ["contacts", id]:
                return Reply(200, self._patched(id, request))
        return WRONG

    def _field(self, name: str) -> dict[str, Any]:
        kind = TYPES[name]
        decimals = 0 if kind in ("number", "datetime") else None
        longest = LONGEST if kind == "text" else None
        return {"name": name, "label": name.title(), "type": kind, "max": longest, "decimals": decimals}

    def _listed(self, request: Request) -> dict[str, Any]:
        query = request.params
        fields = [name for name in query.get("fields", "").split(",") if name]
        for name in fields:
            if name not in TYPES:
                raise Refusing(400, "no such field", name)
        ids = [value for name, value in request.query if name == "id"]
        if len(ids) > 50 or not 1 <= int(query.get("limit", 50)) <= 200:
            raise Refusing(400, "too many")
        since = datetime.fromisoformat(query["updated_from"]) if "updated_from" in query else None
        found = [
            id
            for id, record in sorted(self.records.items(), key=lambda item: int(item[0]))
            if (not ids or id in ids)
            and (since is None or record.updated >= since)
            and int(id) > int(query.get("after", 0))
        ][: int(query.get("limit", 50))]
        return {"contacts": [self._shown(id, fields) for id in found], "now": self._now().isoformat()}

    def _patched(self, id: str, request: Request) -> dict[str, Any]:
        if id not in self.records:
            raise Refusing(404, "no such contact")
        wanted = request.headers.get("if-match")
        if wanted is not None and wanted != str(self.records[id].version):
            raise Refusing(412, f"the version is {self.records[id].version}")
        self.edit(id, self._checked(request.json()))
        return self._shown(id)

    def _checked(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        for name, value in values.items():
            kind = TYPES.get(name)
            if kind is None:
                raise Refusing(422, "no such field", name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int if kind == "number" else str):
                raise Refusing(422, f"this is no {kind}", name)
            if kind == "text" and isinstance(value, str) and (len(value) > LONGEST or re.search(r"[\x00-\x08]", value)):
                raise Refusing(422, "too long, or not printable", name)
        return values

    def _shown(self, id: str, fields: list[str] | None = None) -> dict[str, Any]:
        record = self.records[id]
        return {
            "id": int(id),
            "version": record.version,
            "created_at": record.created.isoformat(),
            "updated_at": record.updated.isoformat(),
            "values": {name: record.values.get(name) for name in (TYPES if fields is None else fields)},
        }

    def _now(self) -> datetime:
        return self.clock.now.replace(microsecond=0)

    # --- its users --------------------------------------------------------------------------------------------

    def seed(self, values: Mapping[str, Any]) -> str:
        self._made += 1
        id = str(self._made)
        self.records[id] = Record(kept(values), self._now(), self._now())
        return id

    def edit(self, id: str, values: Mapping[str, Any]) -> None:
        record = self.records[id]
        record.values |= kept(values)
        record.version += 1
        record.updated = self._now()


def kept(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: (value.strip() or None) if isinstance(value, str) else value for name, value in values.items()}
