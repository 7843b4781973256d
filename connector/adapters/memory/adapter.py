"""The adapter to a MemorySystem: the model that the others are held to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from itertools import islice
from typing import Any, TypeAlias

from pydantic import SecretStr

from connector.adapters import cursor as cursors
from connector.adapters.contract import (
    Capabilities,
    Change,
    Column,
    Cursor,
    Deleted,
    Gone,
    Identity,
    Native,
    New,
    Outcome,
    Page,
    Refusal,
    Refused,
    Remove,
    Shape,
    Unknown,
    Write,
    Written,
)
from connector.adapters.memory.system import MemorySystem, Row
from connector.errors import Fatal, Rejected, Transient

# The wire between adapter and system, called as wire(moment, call, payload):
#   "before", "check" | "describe" | "pull" | "get" | "push"
#                     the request has not arrived. Payload: the page's position, the ids, the batch of writes.
#   "write",  "push"  the system is about to do one write of the batch. Payload: that write.
#   "after",  "pull" | "get" | "push"
#                     done and committed, the answer is on its way. Payload: the list of records or outcomes, which
#                     may be changed in place: an outcome replaced by Unknown, a record taken out.
# It may raise Transient or Fatal (the call fails; after a push has begun its outcomes are Unknown instead), raise a
# BaseException (the program dies there), or edit the world as a user would.
Wire: TypeAlias = Callable[[str, str, object], None]


def silent(moment: str, call: str, payload: object) -> None:
    """A wire on which nothing happens."""


class MemoryAdapter:
    """The adapter to a MemorySystem. `can` follows from the system's nature; `changes` overrides single flags."""

    def __init__(
        self,
        name: str,
        system: MemorySystem,
        *,
        wire: Wire = silent,
        token: str = "open",  # noqa: S107  the door of a system in memory, no secret
        **changes: Any,
    ) -> None:
        self.name = name
        self.can: Capabilities = replace(system.nature.capabilities(), **changes)
        self.system = system
        self.wire = wire
        self._token = SecretStr(token)

    def check(self) -> Identity:
        self._call("check", "", 1, None)
        return Identity(self.system.org, self.system.org)

    def describe(self, object: str) -> Shape:
        self._call("describe", object, 1, None)
        return Shape(object, self._columns(object), len(self._rows(object)))

    def pull(self, object: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        after = self._since(object, since)
        self._known(object, fields)
        begun = self.system.now - self.can.overlap
        place: tuple[datetime, str] | None = None
        while True:
            self._call("pull", object, self.can.page, place)
            rows = sorted(
                (row.modified, row.id, row)
                for row in self._rows(object).values()
                if row.visible <= self.system.now
                and (after is None or not self.can.incremental or row.modified >= after)
                and (place is None or (row.modified, row.id) > place)
            )[: self.can.page + 1]
            more = len(rows) > self.can.page
            records = [self._native(row, fields) for _, _, row in rows[: self.can.page]]
            gone = [] if more or not self.can.reports_deletes else self._gone(object, after)
            self.wire("after", "pull", records)
            if not more:
                text = cursors.encode("memory", self.name, object, at=begun.isoformat())
                yield Page(records, gone, text)
                return
            place = rows[self.can.page - 1][:2]
            yield Page(records)

    def get(self, object: str, by: str, values: Sequence[str], fields: Sequence[str]) -> list[Native]:
        self._known(object, fields)
        if by not in ("id", "key") or (by == "key" and not self.can.external_key):
            raise Rejected("adapter.no_lookup", system=self.name, object=object, by=by)
        found: list[Native] = []
        for batch in _batches(list(dict.fromkeys(values)), self.can.read_batch):
            self._call("get", object, len(batch), batch)
            wanted = set(batch)
            answer = [
                self._native(row, fields)
                for row in self._rows(object).values()
                if (row.id in wanted if by == "id" else row.key in wanted and row.visible <= self.system.now)
            ]
            self.wire("after", "get", answer)
            found += answer
        return found

    def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
        self._columns(object)
        outcomes: list[Outcome] = []
        for batch in _batches(writes, self.can.write_batch):
            try:
                self._call("push", object, len(batch), batch)
            except (Transient, Fatal) as error:
                if not outcomes:
                    raise
                return outcomes + [Unknown(error.message)] * (len(writes) - len(outcomes))
            outcomes += self._send(object, batch)
        return outcomes

    def close(self) -> None:
        pass

    # --- the system's side ------------------------------------------------------------------------------------

    def _send(self, object: str, batch: Sequence[Write]) -> list[Outcome]:
        answer: list[Outcome] = []
        try:
            for write in batch:
                self.wire("write", "push", write)
                answer.append(self._write(object, write))
            self.wire("after", "push", answer)
        except (Transient, Fatal) as error:
            # The answer is lost; what was done stays done.
            return [Unknown(error.message)] * len(batch)
        return answer[: len(batch)] + [Unknown("no answer")] * (len(batch) - len(answer))

    def _write(self, object: str, write: Write) -> Outcome:
        rows, can = self._rows(object), self.can
        names = {column.name for column in self.system.columns(object) if column.writable}
        if not isinstance(write, Remove) and (bad := sorted(set(write.values) - names)):
            return Refused(Refusal.INVALID, f"no such field: {', '.join(bad)}", tuple(bad))
        if not isinstance(write, Remove) and (bad := [n for n, v in write.values.items() if not _storable(v)]):
            return Refused(Refusal.INVALID, f"not a value: {', '.join(bad)}", tuple(bad))
        if isinstance(write, New):
            if can.external_key and any(row.key == write.key for row in rows.values()):
                return Refused(Refusal.DUPLICATE, "the key is taken")
            if self.system.nature.drops(object, write):
                return Written(f"{object[:1].upper()}lost")
            row = self.system.insert(object, write.values, key=write.key, lag=self.system.nature.lookup_lag)
            return self._written(row, list(write.values))
        if isinstance(write, Remove) and not can.delete:
            return Refused(Refusal.DENIED, "this system deletes nothing")
        found = rows.get(write.id)
        if found is None:
            return Refused(Refusal.MISSING, "no such record")
        if write.if_version is not None and not can.version_check:
            return Refused(Refusal.DENIED, "this system checks no versions")
        if write.if_version is not None and write.if_version != str(found.version):
            return Refused(Refusal.STALE, f"version is {found.version}")
        if can.compares_before:
            moved = tuple(name for name, value in write.before.items() if found.values.get(name) != value)
            if moved:
                return Refused(Refusal.STALE, "the record was changed", moved)
        dropped = self.system.nature.drops(object, write)
        match write:
            case Change():
                if not dropped:
                    self.system.store(found, write.values, self.system.stamp())
                return self._written(found, list(write.values))
            case Remove():
                if not dropped:
                    self.system.bury(object, Deleted(write.id))
                return Written(write.id)

    def _written(self, row: Row, fields: Sequence[str]) -> Written:
        shown = self._native(row, fields)
        return Written(row.id, shown.version, shown if self.system.nature.answers else None)

    def _native(self, row: Row, fields: Sequence[str]) -> Native:
        return Native(
            id=row.id,
            values={name: row.values.get(name) for name in fields},
            version=str(row.version) if self.can.version_check else None,
            modified_at=row.modified,
            created_at=row.created,
            key=row.key if self.can.external_key else None,
            url=f"memory://{self.system.org}/{row.id}",
        )

    def _gone(self, object: str, after: datetime | None) -> list[Gone]:
        return [g.gone for g in self.system.graves.get(object, ()) if after is None or g.at >= after]

    def _call(self, call: str, object: str, size: int, payload: object) -> None:
        self.system.calls.append((call, object, size))
        self.wire("before", call, payload)
        if self._token.get_secret_value() != self.system.token:
            raise Fatal("adapter.denied", system=self.name, answer="wrong token")

    def _since(self, object: str, since: Cursor | None) -> datetime | None:
        if since is None:
            return None
        place = cursors.decode("memory", self.name, object, since)
        at = cursors.stamp("memory", self.name, object, place.get("at"))
        if at > self.system.now:
            raise Fatal("adapter.future_cursor", system=self.name, object=object, at=at.isoformat())
        # A record's stamp is cut to the resolution; so must be the place we compare it with.
        return at - self.can.time_resolution

    def _rows(self, object: str) -> dict[str, Row]:
        return self.system.rows.setdefault(object, {})

    def _columns(self, object: str) -> tuple[Column, ...]:
        if object not in self.system.objects:
            near = get_close_matches(object, list(self.system.objects), 1, 0.5)
            raise Fatal("adapter.no_object", system=self.name, object=object, nearest=near[0] if near else "-")
        return self.system.columns(object)

    def _known(self, object: str, fields: Sequence[str]) -> None:
        names = [column.name for column in self._columns(object)]
        for name in fields:
            if name not in names:
                near = get_close_matches(name, names, 1, 0.5)
                raise Fatal(
                    "adapter.no_column",
                    system=self.name,
                    object=object,
                    column=name,
                    nearest=near[0] if near else "-",
                )


def _storable(value: object) -> bool:
    match value:
        case str():
            return value.isprintable() or not any("\ud800" <= letter <= "\udfff" for letter in value)
        case None | bool() | int() | float() | Decimal() | date():
            return True
        case list() | tuple():
            return all(isinstance(one, str) for one in value)
    return False


def _batches(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
