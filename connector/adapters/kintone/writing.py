"""Writes in batches of which kintone does all or nothing, taken apart until only the bad records are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Any, assert_never

from connector.adapters.contract import Change, New, Outcome, Refusal, Refused, Remove, Unknown, Write, Written
from connector.adapters.http import Answer, Lost
from connector.adapters.kintone import failures, query
from connector.adapters.kintone.api import Api
from connector.adapters.kintone.cells import Unfit
from connector.adapters.kintone.form import Field, Form
from connector.adapters.kintone.references import References
from connector.errors import Fatal, Transient

# So many single records refused for want of a right, none written: the right is missing for the whole app.
DENIED_IN_A_ROW = 3
SOUGHT = frozenset({"SINGLE_LINE_TEXT", "NUMBER", "LINK"})  # unique fields that a query can look up by value


class Kind(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    PROCEED = "proceed"  # an update that moves the record on in its process
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Item:
    """One write, ready to be sent; `place` is where its outcome stands. `record` holds field codes."""

    place: int
    kind: Kind
    record: Mapping[str, Any]
    id: str = ""
    revision: int | None = None
    action: str = ""


class Writer:
    """Carries out one push."""

    def __init__(self, api: Api, form: Form, references: References, size: int, *, delete: bool) -> None:
        self._api, self._form, self._references, self._size, self._delete = api, form, references, size, delete
        self._outcomes: list[Outcome | None] = []
        self._items: dict[int, Item] = {}
        self._written: set[Kind] = set()
        self._denied: dict[Kind, int] = {}

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        """An outcome per write, in order. Raises Transient or Fatal only while nothing was done."""
        self._outcomes = [None] * len(writes)
        try:
            self._prepare(writes)
            for batch in self._batches():
                self._settle(batch)
            self._tell_duplicates()
        except (Transient, Fatal) as error:
            if not any(isinstance(outcome, Written | Unknown) for outcome in self._outcomes):
                raise
            return [outcome or Unknown(error.message) for outcome in self._outcomes]
        return [outcome or Unknown() for outcome in self._outcomes]

    # --- before sending ---------------------------------------------------------------------------------------

    def _prepare(self, writes: Sequence[Write]) -> None:
        given = [() if isinstance(w, Remove) else self._form.known(self._api.system, tuple(w.values)) for w in writes]
        keys = self._keys(writes, given)
        for place, (write, fields) in enumerate(zip(writes, given, strict=True)):
            prepared = self._prepared(place, write, fields, keys)
            match prepared:
                case Item():
                    self._items[place] = prepared
                case Refused():
                    self._outcomes[place] = prepared
                case _:
                    assert_never(prepared)

    def _keys(self, writes: Sequence[Write], given: Sequence[Sequence[Field]]) -> Mapping[str, Mapping[str, str]]:
        """For each field that shows the record of a lookup: id -> what the lookup is written with."""
        wanted: dict[str, tuple[Field, set[str]]] = {}
        for write, fields in zip(writes, given, strict=True):
            for field in fields:
                if field.refers and not isinstance(write, Remove):
                    value = write.values[field.column.name]
                    if isinstance(value, str) and value:
                        wanted.setdefault(field.column.name, (field, set()))[1].add(value)
        return {
            name: self._references.keys(field.lookup, ids)
            for name, (field, ids) in wanted.items()
            if field.lookup is not None
        }

    def _prepared(
        self, place: int, write: Write, fields: Sequence[Field], keys: Mapping[str, Mapping[str, str]]
    ) -> Item | Refused:
        match write:
            case New(key=key):
                record = self._record(write.values, fields, keys)
                if isinstance(record, Refused):
                    return record
                if self._form.settings.key:
                    record = {**record, self._form.settings.key: {"value": key}}
                return Item(place, Kind.CREATE, record)
            case Change(id=id, if_version=version):
                if not is_id(id):
                    return Refused(Refusal.MISSING, "no record has such an id")
                if version is not None and not is_id(version):
                    return Refused(Refusal.STALE, "no record has such a revision")
                action = self._action(write, fields)
                if isinstance(action, Refused):
                    return action
                record = self._record(write.values, [f for f in fields if f.type != "STATUS"], keys)
                if isinstance(record, Refused):
                    return record
                kind = Kind.PROCEED if action else Kind.UPDATE
                return Item(place, kind, record, id, None if version is None else int(version), action)
            case Remove(id=id, if_version=version):
                if not self._delete:
                    return Refused(Refusal.DENIED, "deleting is not switched on for this system")
                if not is_id(id):
                    return Refused(Refusal.MISSING, "no record has such an id")
                if version is not None and not is_id(version):
                    return Refused(Refusal.STALE, "no record has such a revision")
                return Item(place, Kind.DELETE, {}, id, None if version is None else int(version))
            case _:
                assert_never(write)

    def _record(
        self, values: Mapping[str, Any], fields: Sequence[Field], keys: Mapping[str, Mapping[str, str]]
    ) -> dict[str, Any] | Refused:
        record: dict[str, Any] = {}
        for field in fields:
            name, value = field.column.name, values[field.column.name]
            if field.write is None:
                return Refused(Refusal.INVALID, "kintone fills this field itself: it cannot be written", (name,))
            if field.refers and value:
                value = keys.get(name, {}).get(value) if isinstance(value, str) else None
                if value is None:
                    return Refused(Refusal.INVALID, "the record that this refers to is not there", (name,))
            try:
                record[field.code] = {"value": field.write(value)}
            except Unfit as why:
                return Refused(Refusal.INVALID, str(why), (name,))
        return record

    def _action(self, write: Change, fields: Sequence[Field]) -> str | Refused:
        """The action that leads to the status that is asked for; "" when none is."""
        status = next((field for field in fields if field.type == "STATUS"), None)
        if status is None:
            return ""
        actions, wanted = self._form.settings.status_actions, write.values[status.column.name]
        if not isinstance(wanted, str) or wanted not in actions:
            return Refused(Refusal.INVALID, "status_actions names no action for this status", (status.column.name,))
        return actions[wanted]

    def _batches(self) -> Iterator[list[Item]]:
        """Of one kind, at most `size`, no record twice: kintone refuses that."""
        for kind in Kind:
            batch: list[Item] = []
            ids: set[str] = set()
            for item in self._items.values():
                if item.kind is not kind:
                    continue
                if len(batch) == self._size or (item.id and item.id in ids):
                    yield batch
                    batch, ids = [], set()
                batch.append(item)
                ids.add(item.id)
            if batch:
                yield batch

    # --- sending ----------------------------------------------------------------------------------------------

    def _settle(self, batch: Sequence[Item]) -> bool:
        """Sends the batch, and what is left of it without the bad ones. True when all of it was written at once."""
        answer = self._send(batch)
        if isinstance(answer, Lost):
            self._fill(batch, lambda item: Unknown(answer.words))
            return False
        if answer.ok:
            self._take(batch, answer)
            return True
        code = failures.said(answer).code
        if code in failures.NO_APP:
            raise self._api.refused(self._form.object, answer)
        kind = failures.refusal(answer, code)
        told = failures.named(answer) if batch[0].kind is not Kind.PROCEED else {}
        if len(batch) == 1:
            self._refuse(batch[0], kind, answer, *told.get(0, ((), "")))
            return False
        bad = {place: about for place, about in told.items() if place < len(batch)}
        for place, about in bad.items():
            self._refuse(batch[place], kind, answer, *about)
        moved = {} if bad or kind not in (Refusal.STALE, Refusal.MISSING) else self._moved(batch, answer)
        rest = [item for place, item in enumerate(batch) if place not in bad and place not in moved]
        if not bad and not moved:
            self._halve(batch)
        elif rest:
            self._settle(rest)
        return False

    def _halve(self, batch: Sequence[Item]) -> None:
        middle = len(batch) // 2
        left, right = batch[:middle], batch[middle:]
        if self._settle(left) and len(right) > 1:
            self._halve(right)  # the left was good, so that what is bad is in here: no need to ask
        else:
            self._settle(right)

    def _send(self, batch: Sequence[Item]) -> Answer | Lost:
        app, related = self._form.settings, self._form.related()
        match batch[0].kind:
            case Kind.CREATE:
                return self._api.create(app, [item.record for item in batch], related)
            case Kind.UPDATE:
                return self._api.update(app, [_update(item) for item in batch], related)
            case Kind.DELETE:
                return self._api.delete(app, [i.id for i in batch], [_revision(i.revision) for i in batch])
            case Kind.PROCEED:
                return self._api.together(app, _proceed(app.app, batch), related)

    def _take(self, batch: Sequence[Item], answer: Answer) -> None:
        self._written.add(batch[0].kind)
        match batch[0].kind:
            case Kind.CREATE:
                made = _made(answer, len(batch))
                outcomes = {item.place: Written(*pair) for item, pair in zip(batch, made, strict=False)}
            case Kind.UPDATE | Kind.PROCEED:
                revisions = _revisions(answer)
                outcomes = {i.place: Written(i.id, revisions[i.id]) for i in batch if i.id in revisions}
            case Kind.DELETE:
                outcomes = {item.place: Written(item.id) for item in batch}
        self._fill(batch, lambda item: outcomes.get(item.place) or Unknown("the answer says nothing of this record"))

    def _moved(self, batch: Sequence[Item], answer: Answer) -> dict[int, Item]:
        """Who is gone or was edited: kintone does not say which of a hundred it was, and one look shows them all."""
        asked = f"{query.one_of('$id', [item.id for item in batch])} limit {len(batch)}"
        form = self._form
        raw, _ = self._api.records(form.object, form.settings, asked, ["$id", "$revision"], kind="look")
        now = {record["$id"]["value"]: int(record["$revision"]["value"]) for record in raw}
        moved: dict[int, Item] = {}
        for place, item in enumerate(batch):
            if item.id not in now:
                moved[place] = item
                self._outcomes[item.place] = Refused(Refusal.MISSING, self._words(answer))
            elif item.revision is not None and item.revision != now[item.id]:
                moved[place] = item
                self._outcomes[item.place] = Refused(Refusal.STALE, self._words(answer))
        return moved

    def _refuse(self, item: Item, kind: Refusal, answer: Answer, codes: Sequence[str], words: str) -> None:
        if kind is Refusal.DENIED:
            self._denied[item.kind] = self._denied.get(item.kind, 0) + 1
            if item.kind not in self._written and self._denied[item.kind] >= DENIED_IN_A_ROW:
                raise self._api.refused(self._form.object, answer)
        names = {field.code: name for name, field in self._form.fields.items() if not field.refers}
        fields = tuple(names.get(code, code) for code in codes)
        told = self._api.wire.words(words) if words else self._words(answer)
        self._outcomes[item.place] = Refused(kind, told, fields)

    def _words(self, answer: Answer) -> str:
        told = failures.said(answer)
        return self._api.wire.words(f"{told.code} {told.words}")

    def _fill(self, batch: Sequence[Item], outcome: Callable[[Item], Outcome]) -> None:
        for item in batch:
            self._outcomes[item.place] = outcome(item)

    # --- duplicates -------------------------------------------------------------------------------------------

    def _tell_duplicates(self) -> None:
        """Tells a value that another record has from a wrong one: the code is the same, the words are localised."""
        for name, field in self._form.fields.items():
            if not field.unique or field.refers or field.type not in SOUGHT:
                continue
            suspects = {
                place: str(self._items[place].record[field.code]["value"])
                for place, outcome in enumerate(self._outcomes)
                if isinstance(outcome, Refused) and outcome.kind is Refusal.INVALID and name in outcome.fields
                if field.code in self._items[place].record
            }
            holders = self._holders(field, sorted({v for v in suspects.values() if v and query.quotable(v)}))
            for place, value in suspects.items():
                outcome = self._outcomes[place]
                if isinstance(outcome, Refused) and holders.get(value, set()) - {self._items[place].id}:
                    self._outcomes[place] = replace(outcome, kind=Refusal.DUPLICATE)

    def _holders(self, field: Field, values: Sequence[str]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        form = self._form
        for begin in range(0, len(values), self._size):
            asked = f"{query.one_of(field.code, values[begin : begin + self._size])} limit {self._size}"
            raw, _ = self._api.records(form.object, form.settings, asked, ["$id", field.code], kind="look")
            for record in raw:
                found.setdefault(str(record[field.code]["value"]), set()).add(record["$id"]["value"])
        return found


def is_id(text: str) -> bool:
    """Whether a record can have this id: kintone refuses the whole query for one that is no number.

    >>> [is_id(text) for text in ("1", "0", "", "01", "x", "²", "9" * 40)]
    [True, False, False, False, False, False, False]
    """
    return text.isascii() and text.isdecimal() and not text.startswith("0") and len(text) <= 18


def _revision(revision: int | None) -> int:
    return -1 if revision is None else revision


def _update(item: Item) -> dict[str, Any]:
    return {"id": item.id, "revision": _revision(item.revision), "record": dict(item.record)}


def _proceed(app: int, batch: Sequence[Item]) -> list[tuple[str, str, Any]]:
    """The fields, then the actions on what these have become, in one transaction."""
    fields = [item for item in batch if item.record]
    steps = [
        {"id": i.id, "action": i.action}
        | ({} if i.revision is None else {"revision": i.revision + (1 if i.record else 0)})
        for i in batch
    ]
    parts: list[tuple[str, str, Any]] = []
    if fields:
        parts.append(("PUT", "records.json", {"app": app, "records": [_update(item) for item in fields]}))
    return [*parts, ("PUT", "records/status.json", {"app": app, "records": steps})]


def _made(answer: Answer, count: int) -> list[tuple[str, str]]:
    """(id, revision) of each record made; none when the answer cannot be told apart: ids are given out in order."""
    match answer.tree():
        case {"ids": list(ids), "revisions": list(revisions)} if len(ids) == len(revisions) == count:
            texts = [str(id) for id in ids]
            if all(map(is_id, texts)) and all(int(a) < int(b) for a, b in pairwise(texts)):
                return list(zip(texts, map(str, revisions), strict=True))
    return []


def _revisions(answer: Answer) -> dict[str, str]:
    """The last revision that the answer gives for each id, whatever their order."""
    match answer.tree():
        case {"results": list(results)}:
            parts = results
        case tree:
            parts = [tree]
    listed = [part["records"] for part in parts if isinstance(part, dict) and isinstance(part.get("records"), list)]
    return {
        str(one["id"]): str(one["revision"])
        for records in listed
        for one in records
        if isinstance(one, dict) and "id" in one and "revision" in one
    }
