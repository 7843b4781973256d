"""Writes: checked here first, sent 100 at a time, each with a trace id of its own.

Creates go to `batch/create`, which refuses a key that is taken; an upsert would overwrite what a person has typed into
the record that has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, assert_never

from connector.adapters.contract import (
    Change,
    Native,
    New,
    Outcome,
    Refusal,
    Refused,
    Remove,
    Unknown,
    Write,
    Written,
)
from connector.adapters.http import Answer, Lost
from connector.adapters.hubspot import associations, batches, failures, history, lifecycle, optout, values
from connector.adapters.hubspot.api import BATCH, Api, Record
from connector.adapters.hubspot.batches import Input
from connector.adapters.hubspot.reading import Reader
from connector.adapters.hubspot.schema import CONTACTS, Type, other_of
from connector.errors import Fatal, Transient

LONGEST_ID = 19


def is_id(text: str) -> bool:
    """HubSpot's ids are whole numbers; anything else is no record of its."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID and text != "0"


class Writer:
    """Writes to one object. `backwards`: lifecyclestage may go back. `check_history`: looked back at after a write."""

    def __init__(
        self,
        api: Api,
        links: associations.Associations,
        type: Type,
        *,
        delete: bool,
        backwards: bool,
        check_history: bool,
        url: str | None,
    ) -> None:
        self._api, self._links, self._type, self._url = api, links, type, url
        self._delete, self._backwards, self._check_history = delete, backwards, check_history

    def push(self, writes: Sequence[Write]) -> list[Outcome]:
        """One outcome per write, in order. Raises only while nothing was done."""
        done: dict[int, Outcome] = {}
        for batch in self._batches(writes):
            try:
                done.update(self._batch({place: writes[place] for place in batch}))
            except (Transient, Fatal) as error:
                if not any(isinstance(one, Written | Unknown) for one in done.values()):
                    raise
                left = {place: Unknown(error.message) for place in range(len(writes)) if place not in done}
                return [{**done, **left}[place] for place in range(len(writes))]
        return [done[place] for place in range(len(writes))]

    def _batches(self, writes: Sequence[Write]) -> Iterator[list[int]]:
        """Places of at most 100 writes of one kind that are about different records."""
        batch: list[int] = []
        seen: set[str] = set()
        kind: type[Write] | None = None
        for place, write in enumerate(writes):
            name = write.key if isinstance(write, New) else write.id
            if batch and (len(batch) == BATCH or name in seen or type(write) is not kind):
                yield batch
                batch, seen = [], set()
            batch.append(place)
            seen.add(name)
            kind = type(write)
        if batch:
            yield batch

    def _batch(self, writes: Mapping[int, Write]) -> dict[int, Outcome]:
        found: dict[int, Outcome] = {}
        news: dict[int, New] = {}
        changes: dict[int, Change] = {}
        removes: dict[int, Remove] = {}
        for place, write in writes.items():
            refused = self._checked(write)
            match write:
                case _ if refused is not None:
                    found[place] = refused
                case New():
                    news[place] = write
                case Change():
                    changes[place] = write
                case Remove():
                    removes[place] = write
                case _:
                    assert_never(write)
        return {**found, **self._create(news), **self._change(changes), **self._remove(removes)}

    def _checked(self, write: Write) -> Refused | None:
        """What can be refused without a call."""
        if isinstance(write, Remove) and not self._delete:
            return Refused(Refusal.DENIED, "this system is configured to delete nothing")
        if not isinstance(write, New):
            if not is_id(write.id):
                return Refused(Refusal.MISSING, "no such record: HubSpot's ids are whole numbers")
            if write.if_version is not None:
                return Refused(Refusal.DENIED, "HubSpot checks no versions")
        if isinstance(write, Remove):
            return None
        for name, value in write.values.items():
            column = self._type.columns.get(name)
            if column is None:
                return Refused(Refusal.INVALID, f"no such property: {name}", (name,))
            if not column.writable:
                return Refused(Refusal.INVALID, f"a property that only HubSpot sets: {name}", (name,))
            if other_of(name) is not None:
                if value is not None and not (isinstance(value, str) and is_id(value)):
                    return Refused(Refusal.INVALID, "an association is the id of a record", (name,))
                continue
            text = values.encode(column, value)
            if isinstance(text, values.Unfit):
                return Refused(Refusal.INVALID, text.why, (name,))
        return None

    def _properties(self, write: New | Change) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in write.values.items():
            if name == optout.COLUMN and self._type.object in CONTACTS:
                continue
            text = values.encode(self._type.columns[name], value) if other_of(name) is None else None
            if isinstance(text, str):
                found[name] = text
        return found

    # --- creates ----------------------------------------------------------------------------------------------

    def _create(self, news: Mapping[int, New]) -> dict[int, Outcome]:
        failed = self._opt_out(news)
        inputs = []
        for place, new in news.items():
            if place in failed:
                continue
            properties = {name: text for name, text in self._properties(new).items() if text}
            if self._type.key is not None:
                properties[self._type.key] = new.key
            links = tuple(
                {"to": {"id": value}, "types": self._links.spec(self._type.object, other)}
                for name, value in new.values.items()
                if value is not None and (other := other_of(name)) is not None
            )
            inputs.append(Input(str(place), None, properties, links))
        found = batches.outcomes(inputs, lambda some: self._send("create", some), self._show, self._suspect)
        made = {int(trace): optout.seen(news[int(trace)], outcome) for trace, outcome in found.items()}
        return {**failed, **made}

    # --- changes ----------------------------------------------------------------------------------------------

    def _change(self, changes: Mapping[int, Change]) -> dict[int, Outcome]:
        if not changes:
            return {}
        refused = self._opt_out(changes)
        refused |= self._associate({place: c for place, c in changes.items() if place not in refused})
        return refused | self._set({place: c for place, c in changes.items() if place not in refused})

    def _opt_out(self, writes: Mapping[int, New] | Mapping[int, Change]) -> dict[int, Outcome]:
        if self._type.object not in CONTACTS:
            return {}
        return optout.carried_out(self._api, writes, self._emails)

    def _emails(self, ids: Sequence[str]) -> dict[str, str]:
        records = self._api.read(self._type.object, ids, ["email"])
        return {str(r["id"]): str(r["properties"].get("email") or "") for r in records}

    def _set(self, changes: Mapping[int, Change]) -> dict[int, Outcome]:
        """Sets properties; a change that only had associations is done already."""
        inputs = [Input(str(place), change.id, self._properties(change)) for place, change in changes.items()]
        sent = [one for one in inputs if one.properties or not changes[int(one.trace)].values]
        before = {str(place): change.before for place, change in changes.items()}
        order, current = self._type.stages(), self._current_stages
        stages = lifecycle.plan(sent, before, order, backwards=self._backwards, current=current)
        found = lifecycle.carried_out(stages, self._update)
        if self._check_history:
            seen = lifecycle.without(stages.inputs, stages.back)
            found = history.checked(
                self._api, self._type.object, self._type.columns, seen, before, found, self._put_back
            )
        done: dict[int, Outcome] = {place: Written(change.id) for place, change in changes.items()}
        return done | {int(trace): outcome for trace, outcome in found.items()}

    def _update(self, inputs: Sequence[Input]) -> dict[str, Outcome]:
        return batches.outcomes(inputs, lambda some: self._send("update", some), self._show, self._suspect)

    def _put_back(self, inputs: Sequence[Input]) -> dict[str, Outcome]:
        return lifecycle.carried_out(lifecycle.cleared_first(inputs), self._update)

    def _current_stages(self, ids: Sequence[str]) -> dict[str, str]:
        records = self._api.read(self._type.object, ids, [lifecycle.STAGE])
        return {str(r["id"]): str(r["properties"].get(lifecycle.STAGE) or "") for r in records}

    def _associate(self, changes: Mapping[int, Change]) -> dict[int, Outcome]:
        """Puts and takes associations, before the properties: the outcomes of those that were refused.

        It may raise in the middle: what is done already is found so when the same is pushed again.
        """
        refused: dict[int, Outcome] = {}
        columns = {name for change in changes.values() for name in change.values if other_of(name) is not None}
        for name in sorted(columns):
            wanted = {p: c for p, c in changes.items() if name in c.values and p not in refused}
            refused |= self._associate_with(str(other_of(name)), name, wanted)
        return refused

    def _associate_with(self, other: str, name: str, wanted: Mapping[int, Change]) -> dict[int, Outcome]:
        a = self._type.object
        now = self._links.of(a, other, [change.id for change in wanted.values()])
        put: dict[int, tuple[str, str]] = {}
        take: dict[int, tuple[str, str]] = {}
        refused: dict[int, Outcome] = {}
        for place, change in wanted.items():
            there, to = now.get(change.id, {}), change.values[name]
            old = associations.shown(there)
            if to == old:
                continue
            if to is not None:
                put[place] = (change.id, str(to))
            if old is not None and not (to is not None and self._links.exclusive(a, other)):
                if len(there) > 1:
                    words = f"{len(there)} {other} are associated; none of them is taken away"
                    refused[place] = Refused(Refusal.INVALID, words, (name,))
                    put.pop(place, None)
                    continue
                take[place] = (change.id, old)
        for act, pairs in ((self._links.put, put), (self._links.take, take)):
            left = {place: pair for place, pair in pairs.items() if place not in refused}
            if left:
                refused |= _linked(act(a, other, list(left.values())), left, name)
        return refused

    # --- deletes ----------------------------------------------------------------------------------------------

    def _remove(self, removes: Mapping[int, Remove]) -> dict[int, Outcome]:
        """To the recycle bin, from where a person can bring it back for 90 days."""
        if not removes:
            return {}
        # the answer is the same for a record that was not there
        living = {str(r["id"]) for r in self._api.read(self._type.object, [r.id for r in removes.values()], [])}
        found: dict[int, Outcome] = {
            place: Refused(Refusal.MISSING, "no such record")
            for place, remove in removes.items()
            if remove.id not in living
        }
        left = {place: remove for place, remove in removes.items() if place not in found}
        if not left:
            return found
        answer = self._api.batch(self._type.object, "archive", [{"id": remove.id} for remove in left.values()])
        for place, remove in left.items():
            match answer:
                case Lost(words):
                    found[place] = Unknown(words)
                case Answer() if answer.ok:
                    found[place] = Written(remove.id)
                case Answer():
                    body = answer.tree()
                    found[place] = failures.refused(body if isinstance(body, dict) else {})
        return found

    # --- sending ----------------------------------------------------------------------------------------------

    def _send(self, act: str, inputs: Sequence[Input]) -> Answer | Lost:
        return self._api.batch(self._type.object, act, [one.body() for one in inputs])

    def _show(self, record: Record, one: Input) -> Written:
        """The record as the answer has it, with the properties that were written."""
        reader = Reader(
            self._api, self._links, self._type, [n for n in one.properties if n != self._type.key], self._url
        )
        shown: Native = reader.native(record)
        return Written(shown.id, None, shown if shown.modified_at is not None else None)

    def _suspect(self, error: Mapping[str, Any], inputs: Sequence[Input]) -> set[str]:
        """The traces that the error of a whole batch is about, as far as its words tell."""
        names = set(failures.refused(error).fields)
        if names and any(failures.speaks_of_schema(code) for code in failures.codes(error)):
            return {one.trace for one in inputs if names & set(one.properties)}
        id = failures.existing(error)
        if id is None or self._type.object not in CONTACTS:
            return set()
        records = self._api.read(self._type.object, [id], ["email", "hs_additional_emails"])
        taken = {
            email.strip().lower()
            for record in records
            for name in ("email", "hs_additional_emails")
            for email in str(record["properties"].get(name) or "").split(";")
        }
        return {one.trace for one in inputs if one.properties.get("email", "").strip().lower() in taken - {""}}


def _linked(answer: Answer, pairs: Mapping[int, tuple[str, str]], name: str) -> dict[int, Outcome]:
    """The outcomes of those that were not associated as asked."""
    body = answer.tree()
    if not answer.ok:
        found = failures.refused(body if isinstance(body, dict) else {})
        return {place: Refused(found.kind, found.message, (name,)) for place in pairs}
    if answer.status != 207:
        return {}
    done = {(_id(one, "from"), _id(one, "to")) for one in (body or {}).get("results") or ()}
    errors = failures.errors(body)
    words = failures.refused(errors[0]).message if errors else "not associated"
    return {place: Refused(Refusal.INVALID, words, (name,)) for place, pair in pairs.items() if pair not in done}


def _id(one: Mapping[str, Any], side: str) -> str:
    """batch/create answers with numbers under other names."""
    return str(one.get(f"{side}ObjectId") or (one.get(side) or {}).get("id"))
