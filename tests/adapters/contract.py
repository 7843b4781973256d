"""The conformance suite: what every adapter must do. A capability that is off turns its test into the opposite.

An adapter's test file subclasses `AdapterContract` and gives a `world` fixture: a system with the adapter in front.
"""

from __future__ import annotations

import json
import logging
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Protocol, TypeVar

from connector.adapters.contract import (
    Adapter,
    Change,
    Cursor,
    Deleted,
    Gone,
    Identity,
    Native,
    New,
    Page,
    Refusal,
    Refused,
    Remove,
    Shape,
    Unknown,
    Write,
    Written,
)
from connector.errors import ConnectorError, Fatal, Rejected, Transient

E = TypeVar("E", bound=ConnectorError)
Failure = Literal["throttled", "denied", "lost"]


@dataclass(frozen=True, slots=True)
class Names:
    """The columns that the suite uses, as the system calls them; None where it has no such column."""

    text: str = "name"
    other: str = "note"
    number: str | None = "amount"
    date: str | None = "day"
    moment: str | None = "moment"


class World(Protocol):
    """A system with an adapter in front. `_behind` methods are its users at work."""

    adapter: Adapter
    object: str
    names: Names
    secrets: tuple[str, ...]

    def seed(self, values: Mapping[str, Any]) -> str:
        """Makes a record as a user would; gives its id."""

    def edit_behind(self, id: str, values: Mapping[str, Any], *, ago: timedelta = timedelta(0)) -> None:
        """A user's edit whose stamp lies `ago` in the past: a commit that became visible late."""

    def delete_behind(self, id: str) -> None: ...

    def advance(self, by: timedelta) -> None:
        """Lets the system's clock go on."""

    def count(self) -> int:
        """How many records there are, seen from behind."""

    def calls(self, call: str) -> int:
        """How many requests of a kind ("pull", "get", "push") were made so far."""

    def failing(self, how: Failure, *, skip: int = 0) -> AbstractContextManager[None]:
        """Requests fail inside the block, but for the first `skip` pushes.

        "throttled": turned away, nothing is done. "denied": the credentials are no longer accepted.
        "lost": the system does what it is told and the answer never arrives.
        """

    def stranger(self) -> Adapter:
        """An adapter with a wrong secret, or one that points at nothing."""

    def fit(self, column: str, value: Any) -> Any:
        """What the column makes of a value."""


class AdapterContract:
    # --- reach and shape --------------------------------------------------------------------------------------

    def test_check_names_the_same_organisation_each_time(self, world: World) -> None:
        identity = world.adapter.check()
        assert isinstance(identity, Identity) and identity.id
        assert world.adapter.check() == identity

    def test_check_with_a_wrong_secret_is_fatal_and_does_not_tell_it(self, world: World) -> None:
        stranger = world.stranger()
        with no_secret_in_logs(world.secrets):
            error = raised(Fatal, stranger.check)
        assert_silent(world.secrets, repr(error), str(error), error.facts, repr(stranger), vars_text(stranger))

    def test_describe_lists_every_column_that_can_be_pulled(self, world: World) -> None:
        shape = world.adapter.describe(world.object)
        assert isinstance(shape, Shape) and shape.object == world.object
        names = [column.name for column in shape.columns]
        assert len(names) == len(set(names))
        assert set(used(world)) <= set(names)

    def test_an_unknown_object_is_fatal(self, world: World) -> None:
        raised(Fatal, lambda: world.adapter.describe("no such object"))
        raised(Fatal, lambda: list(world.adapter.pull("no such object", [], None)))

    def test_an_unknown_column_is_fatal_when_read_and_never_written(self, world: World) -> None:
        id = seeded(world, "a")
        raised(Fatal, lambda: list(world.adapter.pull(world.object, ["no_such_column"], None)))
        raised(Fatal, lambda: world.adapter.get(world.object, "id", [id], ["no_such_column"]))
        try:
            outcomes = world.adapter.push(world.object, [Change(id, {"no_such_column": "x"})])
        except Fatal:
            return
        assert_refused(outcomes[0], Refusal.INVALID)

    # --- pull -------------------------------------------------------------------------------------------------

    def test_an_empty_system_pulls_one_empty_page_with_a_cursor(self, world: World) -> None:
        pages = list(world.adapter.pull(world.object, used(world), None))
        assert [list(page.records) for page in pages] == [[]]
        assert pages[0].cursor is not None

    def test_a_pull_in_pages_gives_each_record_exactly_once(self, world: World) -> None:
        wanted = {seeded(world, f"n{n}") for n in range(2 * world.adapter.can.page + 1)}
        pages = list(world.adapter.pull(world.object, used(world), None))
        ids = [record.id for page in pages for record in page.records]
        assert sorted(ids) == sorted(wanted)
        assert all(len(page.records) <= world.adapter.can.page for page in pages)

    def test_only_the_last_page_carries_the_cursor(self, world: World) -> None:
        for n in range(world.adapter.can.page + 1):
            seeded(world, f"n{n}")
        pages = list(world.adapter.pull(world.object, used(world), None))
        assert len(pages) >= 2
        assert [page.cursor is not None for page in pages] == [False] * (len(pages) - 1) + [True]

    def test_a_pull_gives_exactly_the_columns_asked_for(self, world: World) -> None:
        seeded(world, "a")
        (record,) = pulled(world, fields=[world.names.other])
        assert set(record.values) == {world.names.other}
        (record,) = pulled(world, fields=[])
        assert dict(record.values) == {}

    def test_a_pull_since_a_cursor_gives_edits_made_after_it(self, world: World) -> None:
        ids = [seeded(world, f"n{n}") for n in range(3)]
        cursor = drained(world)[1]
        world.advance(timedelta(hours=1))
        world.edit_behind(ids[1], {world.names.text: "later"})
        found = {record.id: record for record in pulled(world, cursor)}
        assert ids[1] in found
        assert found[ids[1]].values[world.names.text] == world.fit(world.names.text, "later")

    def test_a_pull_since_a_cursor_leaves_out_what_did_not_change(self, world: World) -> None:
        old = seeded(world, "old")
        world.advance(4 * reach(world))
        new = seeded(world, "new")
        cursor = drained(world)[1]
        ids = {record.id for record in pulled(world, cursor)}
        if world.adapter.can.incremental:
            assert old not in ids
        else:
            assert {old, new} <= ids

    def test_edits_in_the_second_of_the_cursor_are_not_missed(self, world: World) -> None:
        ids = [seeded(world, f"n{n}") for n in range(2)]
        world.advance(timedelta(minutes=10))
        world.edit_behind(ids[0], {world.names.text: "before the read"})
        cursor = drained(world)[1]
        world.edit_behind(ids[1], {world.names.text: "after the read"})
        world.edit_behind(ids[0], {world.names.text: "twice"})
        shown = {record.id: record.values[world.names.text] for record in pulled(world, cursor)}
        assert set(ids) <= set(shown)
        assert shown[ids[1]] == world.fit(world.names.text, "after the read")
        assert shown[ids[0]] == world.fit(world.names.text, "twice")

    def test_a_late_commit_inside_the_overlap_is_not_missed(self, world: World) -> None:
        late, early = seeded(world, "late"), seeded(world, "early")
        world.advance(4 * reach(world))
        world.edit_behind(early, {world.names.text: "in time"})
        cursor = drained(world)[1]
        world.edit_behind(late, {world.names.text: "came late"}, ago=world.adapter.can.overlap * 0.9)
        assert late in {record.id for record in pulled(world, cursor)}

    def test_a_pull_with_the_same_cursor_again_misses_nothing(self, world: World) -> None:
        ids = [seeded(world, f"n{n}") for n in range(3)]
        cursor = drained(world)[1]
        world.advance(timedelta(hours=1))
        world.edit_behind(ids[0], {world.names.text: "x"})
        first = {record.id for record in pulled(world, cursor)}
        world.edit_behind(ids[2], {world.names.text: "y"})
        assert first | {ids[2]} <= {record.id for record in pulled(world, cursor)}

    def test_a_cursor_is_text_that_survives_json_and_a_new_adapter_call(self, world: World) -> None:
        seeded(world, "a")
        cursor = drained(world)[1]
        assert isinstance(cursor, str)
        assert json.loads(json.dumps({"cursor": cursor})) == {"cursor": cursor}
        drained(world, json.loads(json.dumps(cursor)))

    def test_a_foreign_cursor_is_fatal_and_never_silence(self, world: World) -> None:
        seeded(world, "a")
        strange = ('{"v":1,"adapter":"other","at":"x"}', "", "2026-01-01", "null", '{"v":999}', "[" * 100_000)
        for cursor in strange:
            raised(Fatal, lambda cursor=cursor: list(world.adapter.pull(world.object, used(world), cursor)))

    def test_a_cursor_from_the_future_is_fatal(self, world: World) -> None:
        seeded(world, "a")
        cursor = drained(world)[1]
        place = json.loads(cursor)
        moved = {k: "2999-01-01T00:00:00+00:00" if is_stamp(v) else v for k, v in place.items()}
        if moved == place:  # nothing in it is a time: there is no future to come from
            assert not world.adapter.can.incremental
            return
        raised(Fatal, lambda: list(world.adapter.pull(world.object, used(world), json.dumps(moved))))

    def test_a_deletion_is_reported_or_else_nothing_is(self, world: World) -> None:
        gone, stays = seeded(world, "gone"), seeded(world, "stays")
        cursor = drained(world)[1]
        world.advance(timedelta(minutes=5))
        world.delete_behind(gone)
        records, _, tombs = drain(world, cursor)
        assert gone not in {record.id for record in records}
        assert tombs == ([Deleted(gone)] if world.adapter.can.reports_deletes else [])
        assert [record.id for record in world.adapter.get(world.object, "id", [gone, stays], [])] == [stays]

    # --- get --------------------------------------------------------------------------------------------------

    def test_get_gives_each_record_once_and_leaves_unknown_ids_out(self, world: World) -> None:
        ids = [seeded(world, f"n{n}") for n in range(3)]
        asked = [ids[1], "no-such-id", ids[0], ids[1], "", "0", "9" * 40, "髙", "a'b\"c"]
        found = world.adapter.get(world.object, "id", asked, used(world))
        assert sorted(record.id for record in found) == sorted(ids[:2])
        assert world.adapter.get(world.object, "id", [], used(world)) == []

    def test_get_of_more_ids_than_a_batch_gives_them_all(self, world: World) -> None:
        ids = [seeded(world, f"n{n}") for n in range(world.adapter.can.read_batch + 2)]
        assert {record.id for record in world.adapter.get(world.object, "id", ids, [])} == set(ids)

    def test_get_and_pull_show_the_same_record(self, world: World) -> None:
        id = seeded(world, "髙橋")
        assert world.adapter.get(world.object, "id", [id], used(world)) == pulled(world)

    def test_stamps_are_aware_and_follow_the_edits(self, world: World) -> None:
        id = seeded(world, "a")
        (before,) = pulled(world)
        world.advance(timedelta(hours=1))
        world.edit_behind(id, {world.names.text: "b"})
        (after,) = pulled(world)
        if before.modified_at is None or after.modified_at is None:
            assert not world.adapter.can.incremental
            return
        assert before.modified_at.utcoffset() == timedelta(0)
        passed = after.modified_at - before.modified_at
        assert abs(passed - timedelta(hours=1)) <= 2 * world.adapter.can.time_resolution + timedelta(minutes=1)

    # --- push: create -----------------------------------------------------------------------------------------

    def test_create_then_get_and_pull_show_what_fits_once(self, world: World) -> None:
        (outcome,) = push(world, New("k-1", {world.names.text: "株式会社 髙島", world.names.other: "x"}))
        assert isinstance(outcome, Written)
        settle(world)
        (record,) = pulled(world)
        assert record.id == outcome.id
        assert record.values[world.names.text] == world.fit(world.names.text, "株式会社 髙島")
        assert world.adapter.get(world.object, "id", [outcome.id], used(world)) == [record]
        if outcome.shown is not None:
            assert dict(outcome.shown.values) == {name: record.values[name] for name in outcome.shown.values}
            assert outcome.shown.id == outcome.id and outcome.shown.version == record.version == outcome.version

    def test_a_record_we_created_is_found_by_its_key(self, world: World) -> None:
        (outcome,) = push(world, New("k-1", {world.names.text: "a"}))
        assert isinstance(outcome, Written)
        settle(world)
        (record,) = pulled(world)
        if world.adapter.can.external_key:
            assert record.key == "k-1"
            found = world.adapter.get(world.object, "key", ["k-1", "k-2", "k-1"], [])
            assert [(one.id, one.key) for one in found] == [(outcome.id, "k-1")]
        else:
            assert record.key is None
            raised(Rejected, lambda: world.adapter.get(world.object, "key", ["k-1"], []))

    def test_two_creates_with_one_key_make_one_record(self, world: World) -> None:
        new = New("k-1", {world.names.text: "a"})
        first, second = push(world, new)[0], push(world, new)[0]
        assert isinstance(first, Written)
        if world.adapter.can.external_key:
            assert world.count() == 1
            if isinstance(second, Written):
                assert second.id == first.id
            else:
                assert_refused(second, Refusal.DUPLICATE)
            assert [isinstance(o, Written) for o in push(world, New("k-2", {}), New("k-2", {}))].count(True) <= 1 or (
                world.count() == 2
            )
        else:
            assert isinstance(second, Written) and second.id != first.id and world.count() == 2

    # --- push: update -----------------------------------------------------------------------------------------

    def test_an_update_changes_only_the_named_columns(self, world: World) -> None:
        id = seeded(world, "a", "keep me")
        (outcome,) = push(world, Change(id, {world.names.text: "b"}))
        assert isinstance(outcome, Written) and outcome.id == id
        (record,) = pulled(world)
        assert record.values[world.names.text] == world.fit(world.names.text, "b")
        assert record.values[world.names.other] == world.fit(world.names.other, "keep me")

    def test_an_update_leaves_the_other_records_alone(self, world: World) -> None:
        ids = [seeded(world, f"n{n}") for n in range(3)]
        others = {r.id: r for r in pulled(world) if r.id != ids[1]}
        push(world, Change(ids[1], {world.names.text: "changed"}))
        assert {r.id: r for r in pulled(world) if r.id != ids[1]} == others

    def test_an_update_of_a_missing_record_is_refused_and_makes_none(self, world: World) -> None:
        id = seeded(world, "a")
        world.delete_behind(id)
        for missing in (id, "no-such-id", "9" * 40, ""):
            assert_refused(push(world, Change(missing, {world.names.text: "b"}))[0], Refusal.MISSING)
        assert world.count() == 0

    def test_a_stale_version_is_refused_and_changes_nothing(self, world: World) -> None:
        id = seeded(world, "a")
        (seen,) = pulled(world)
        if not world.adapter.can.version_check:
            outcome = push(world, Change(id, {world.names.text: "ours"}, if_version=seen.version or "1"))[0]
            assert_refused(outcome, Refusal.DENIED)
            assert text_of(world, id) == world.fit(world.names.text, "a")
            return
        assert seen.version is not None
        world.advance(timedelta(minutes=5))
        world.edit_behind(id, {world.names.other: "a person was here"})
        outcome = push(world, Change(id, {world.names.text: "ours"}, if_version=seen.version))[0]
        assert_refused(outcome, Refusal.STALE)
        (now,) = pulled(world)
        assert now.values[world.names.text] == world.fit(world.names.text, "a")
        assert isinstance(push(world, Change(id, {world.names.text: "ours"}, if_version=now.version))[0], Written)

    def test_a_value_that_moved_is_refused_where_the_system_compares(self, world: World) -> None:
        id = seeded(world, "a")
        world.edit_behind(id, {world.names.text: "a person was here"})
        write = Change(id, {world.names.text: "ours"}, before={world.names.text: world.fit(world.names.text, "a")})
        outcome = push(world, write)[0]
        # an edit that is found in the history afterwards has been put back
        if world.adapter.can.compares_before or world.adapter.can.history:
            assert_refused(outcome, Refusal.STALE)
            assert text_of(world, id) == world.fit(world.names.text, "a person was here")
        else:
            assert isinstance(outcome, Written)

    def test_before_values_as_pulled_let_the_write_through(self, world: World) -> None:
        id = seeded(world, "", None)
        for values in ({}, {world.names.text: "x\ny"}, {world.names.other: "髙"}):
            world.edit_behind(id, values)
            (seen,) = pulled(world)
            version = seen.version if world.adapter.can.version_check else None
            write = Change(id, {world.names.other: "ours"}, before=dict(seen.values), if_version=version)
            assert isinstance(push(world, write)[0], Written)

    def test_none_clears_and_an_absent_column_stays(self, world: World) -> None:
        id = seeded(world, "a", "b")
        assert isinstance(push(world, Change(id, {world.names.other: None}))[0], Written)
        (record,) = pulled(world)
        assert record.values[world.names.other] in (None, "")
        assert record.values[world.names.text] == world.fit(world.names.text, "a")

    def test_a_write_moves_the_version_and_shows_in_the_next_pull(self, world: World) -> None:
        id = seeded(world, "a")
        cursor = drained(world)[1]
        world.advance(timedelta(minutes=5))
        push(world, Change(id, {world.names.text: "b"}))
        shown = {record.id: record for record in pulled(world, cursor)}
        assert id in shown
        assert shown[id].values[world.names.text] == world.fit(world.names.text, "b")

    # --- push: delete -----------------------------------------------------------------------------------------

    def test_a_delete_removes_once_or_is_denied(self, world: World) -> None:
        id, other = seeded(world, "a"), seeded(world, "b")
        outcome = push(world, Remove(id))[0]
        if not world.adapter.can.delete:
            assert_refused(outcome, Refusal.DENIED)
            assert world.count() == 2
            return
        assert isinstance(outcome, Written) and world.count() == 1
        assert_refused(push(world, Remove(id))[0], Refusal.MISSING)
        assert [record.id for record in pulled(world)] == [other]

    def test_a_delete_of_an_edited_record_is_refused(self, world: World) -> None:
        id = seeded(world, "a")
        (seen,) = pulled(world)
        world.advance(timedelta(minutes=5))
        world.edit_behind(id, {world.names.text: "edited"})
        can = world.adapter.can
        version = seen.version if can.version_check else None
        outcome = push(world, Remove(id, before=dict(seen.values), if_version=version))[0]
        if not can.delete:
            assert_refused(outcome, Refusal.DENIED)
        elif can.version_check or can.compares_before:
            assert_refused(outcome, Refusal.STALE)
            assert world.count() == 1

    # --- push: batches ----------------------------------------------------------------------------------------

    def test_a_push_of_nothing_makes_no_call(self, world: World) -> None:
        before = world.calls("push")
        assert world.adapter.push(world.object, []) == []
        assert world.calls("push") == before

    def test_outcomes_keep_order_and_length(self, world: World) -> None:
        ids = [seeded(world, f"n{n}") for n in range(7)]
        order = [ids[3], "no-such-id", ids[0], ids[6], "9" * 40, ids[1]]
        outcomes = push(world, *(Change(id, {world.names.text: f"to {id}"}) for id in order))
        assert len(outcomes) == len(order)
        written = [outcome.id if isinstance(outcome, Written) else None for outcome in outcomes]
        assert written == [ids[3], None, ids[0], ids[6], None, ids[1]]
        for id in (ids[3], ids[0], ids[6], ids[1]):
            assert text_of(world, id) == world.fit(world.names.text, f"to {id}")

    def test_one_bad_record_does_not_spoil_its_batch(self, world: World) -> None:
        ids = [seeded(world, f"n{n}") for n in range(4)]
        bad: list[Write] = [Change(ids[1], {world.names.text: object()}), Change("no-such-id", {world.names.text: "b"})]
        good: list[Write] = [Change(ids[n], {world.names.text: "good"}) for n in (0, 2, 3)]
        outcomes = push(world, good[0], bad[0], good[1], bad[1], good[2])
        assert [isinstance(outcome, Written) for outcome in outcomes] == [True, False, True, False, True]
        assert_refused(outcomes[1], Refusal.INVALID)
        assert [text_of(world, ids[n]) for n in (0, 2, 3)] == [world.fit(world.names.text, "good")] * 3
        assert text_of(world, ids[1]) == world.fit(world.names.text, "n1")

    def test_more_writes_than_a_batch_are_split(self, world: World) -> None:
        size = world.adapter.can.write_batch
        before = world.calls("push")
        outcomes = push(world, *(New(f"k{n}", {world.names.text: f"n{n}"}) for n in range(2 * size + 1)))
        assert all(isinstance(outcome, Written) for outcome in outcomes)
        assert world.calls("push") - before >= 3
        settle(world)
        shown = {record.id: record.values[world.names.text] for record in pulled(world)}
        made = [outcome.id for outcome in outcomes if isinstance(outcome, Written)]
        assert [shown[id] for id in made] == [world.fit(world.names.text, f"n{n}") for n in range(2 * size + 1)]

    # --- values -----------------------------------------------------------------------------------------------

    def test_hostile_text_arrives_as_it_was_or_is_refused(self, world: World) -> None:
        for text in HOSTILE_TEXTS:
            id = seeded(world, "before")
            outcome = push(world, Change(id, {world.names.text: text}))[0]
            if isinstance(outcome, Written):
                assert text_of(world, id) == world.fit(world.names.text, text), ascii(text)
            else:
                assert_refused(outcome, Refusal.INVALID)
                assert text_of(world, id) == world.fit(world.names.text, "before")
                assert text in MAY_BE_REFUSED, ascii(text)

    def test_text_that_no_system_can_hold_is_refused_without_a_crash(self, world: World) -> None:
        id = seeded(world, "before")
        for value in ("\ud83d", "a\udc80b", 10**5000, float("nan"), {"a": 1}):
            outcome = push(world, Change(id, {world.names.text: value}))[0]
            if not isinstance(outcome, Written):
                assert_refused(outcome, Refusal.INVALID)

    def test_numbers_and_dates_come_back_equal(self, world: World) -> None:
        names = world.names
        moment = datetime(2026, 4, 1, 9, 30, 15, tzinfo=UTC)
        values: dict[str, Any] = {}
        if names.number is not None:
            values[names.number] = 1234567
        if names.date is not None:
            values[names.date] = moment.date()
        if names.moment is not None:
            values[names.moment] = moment
        id = seeded(world, "a")
        assert isinstance(push(world, Change(id, values))[0], Written)
        (record,) = world.adapter.get(world.object, "id", [id], list(values))
        if names.number is not None:
            assert record.values[names.number] == 1234567
        if names.date is not None:
            assert str(record.values[names.date])[:10] == "2026-04-01"
        if names.moment is not None:
            assert abs(as_utc(record.values[names.moment]) - moment) <= world.adapter.can.time_resolution

    # --- failures ---------------------------------------------------------------------------------------------

    def test_a_throttled_call_is_transient_and_tried_a_bounded_number_of_times(self, world: World) -> None:
        id = seeded(world, "a")
        world.adapter.get(world.object, "id", [id], [])
        before = world.calls("push")
        with world.failing("throttled"):
            errors = [
                raised(Transient, lambda: list(world.adapter.pull(world.object, used(world), None))),
                raised(Transient, lambda: push(world, Change(id, {world.names.text: "b"}))),
            ]
        assert all(error.retry_after is None or 0 <= error.retry_after <= 86_400 for error in errors)
        assert world.calls("push") - before <= 10
        assert text_of(world, id) == world.fit(world.names.text, "a")

    def test_credentials_lost_in_mid_run_are_fatal(self, world: World) -> None:
        id = seeded(world, "a")
        world.adapter.get(world.object, "id", [id], [])
        with world.failing("denied"), no_secret_in_logs(world.secrets):
            errors = [
                raised(Fatal, lambda: list(world.adapter.pull(world.object, used(world), None))),
                raised(Fatal, lambda: push(world, Change(id, {world.names.text: "b"}))),
            ]
        for error in errors:
            assert_silent(world.secrets, str(error), repr(error), error.facts)
        assert text_of(world, id) == world.fit(world.names.text, "a")

    def test_a_create_whose_answer_is_lost_is_unknown_and_never_repeated(self, world: World) -> None:
        with world.failing("lost"):
            (outcome,) = push(world, New("k-1", {world.names.text: "a"}))
        assert isinstance(outcome, Unknown)
        assert world.count() == 1

    def test_an_update_whose_answer_is_lost_is_unknown(self, world: World) -> None:
        ids = [seeded(world, f"n{n}") for n in range(2)]
        with world.failing("lost"):
            outcomes = push(world, *(Change(id, {world.names.text: "b"}) for id in (ids[0], "no-such-id", ids[1])))
        assert isinstance(outcomes[0], Unknown) and isinstance(outcomes[2], Unknown)
        # where no record can have such an id, nothing was sent for it, and that much is known
        assert isinstance(outcomes[1], Unknown) or outcomes[1].kind is Refusal.MISSING
        assert [text_of(world, id) for id in ids] == [world.fit(world.names.text, "b")] * 2

    def test_outcomes_of_a_batch_survive_the_failure_of_the_next(self, world: World) -> None:
        size = world.adapter.can.write_batch
        news = [New(f"k{n}", {world.names.text: f"n{n}"}) for n in range(size + 1)]
        with world.failing("throttled", skip=1):
            outcomes = push(world, *news)
        assert [isinstance(outcome, Written) for outcome in outcomes] == [True] * size + [False]
        assert isinstance(outcomes[-1], Unknown) and world.count() == size

    def test_no_secret_shows_anywhere(self, world: World) -> None:
        with no_secret_in_logs(world.secrets):
            id = seeded(world, "a")
            push(world, Change(id, {world.names.text: "b"}))
            texts = [repr(world.adapter), str(world.adapter), repr(pulled(world)), str(drained(world)[1])]
            with world.failing("throttled"):
                error = raised(Transient, lambda: list(world.adapter.pull(world.object, used(world), None)))
        assert_silent(world.secrets, *texts, repr(error), str(error), error.facts, vars_text(world.adapter))

    def test_closing_twice_is_harmless(self, world: World) -> None:
        world.adapter.close()
        world.adapter.close()


# --- the suite's words ----------------------------------------------------------------------------------------

NFD = unicodedata.normalize("NFD", "がぎぐ ポルシェ é")
HOSTILE_TEXTS = (
    "株式会社ＡＢＣ　東京支店",
    "髙橋 﨑 𠮷野家 ㈱",
    "😀👨‍👩‍👧 🇯🇵",
    unicodedata.normalize("NFC", NFD),
    NFD,
    "一行目\n二行目",
    "a\r\nb\tc",
    "0012",
    "+81-3-1234-5678",
    "=1+1",
    "' OR 1=1; --",
    '"quoted" \\back\\',
    "%s {0} ${x} :name ?",
    " padded ",
    "あ" * 255,
    "あ" * 256,
    "",
    "\u202ebidi\u200b",
    "a\x00b",
)
# Systems differ in these: text beyond 255 characters, control characters, an empty text in a required column.
MAY_BE_REFUSED = frozenset({"a\x00b", "あ" * 256, ""})


def conformance_tests(suite: type = AdapterContract) -> list[str]:
    return [name for name in dir(suite) if name.startswith("test_")]


def used(world: World) -> list[str]:
    return [world.names.text, world.names.other]


def seeded(world: World, text: str | None, other: str | None = None) -> str:
    return world.seed({world.names.text: text, world.names.other: other})


def drain(world: World, since: Cursor | None = None) -> tuple[list[Native], Cursor, list[Gone]]:
    return drain_of(world, world.adapter.pull(world.object, used(world), since))


def drain_of(world: World, pages: Iterator[Page]) -> tuple[list[Native], Cursor, list[Gone]]:
    every = list(pages)
    cursor = every[-1].cursor
    assert cursor is not None
    return [r for page in every for r in page.records], cursor, [gone for page in every for gone in page.gone]


def drained(world: World, since: Cursor | None = None) -> tuple[list[Native], Cursor]:
    return drain(world, since)[:2]


def pulled(world: World, since: Cursor | None = None, fields: Sequence[str] | None = None) -> list[Native]:
    return drain_of(world, world.adapter.pull(world.object, used(world) if fields is None else fields, since))[0]


def push(world: World, *writes: Write) -> list[Any]:
    outcomes = world.adapter.push(world.object, writes)
    assert len(outcomes) == len(writes)
    return list(outcomes)


def text_of(world: World, id: str) -> Any:
    (record,) = world.adapter.get(world.object, "id", [id], [world.names.text])
    return record.values[world.names.text]


def settle(world: World) -> None:
    """Waits until look-ups show what was written."""
    world.advance(world.adapter.can.visibility_lag + timedelta(seconds=1))


def reach(world: World) -> timedelta:
    """Longer than what a cursor reaches back."""
    return world.adapter.can.overlap + 2 * world.adapter.can.time_resolution + timedelta(minutes=5)


def is_stamp(value: Any) -> bool:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def as_utc(value: Any) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    assert isinstance(moment, datetime)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def raised(kind: type[E], act: Callable[[], Any]) -> E:
    try:
        act()
    except kind as error:
        assert isinstance(error.facts, Mapping)
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


def assert_refused(outcome: Any, kind: Refusal) -> None:
    assert isinstance(outcome, Refused), outcome
    assert outcome.kind is kind, outcome


def vars_text(thing: Any) -> str:
    return repr({name: repr(value) for name, value in getattr(thing, "__dict__", {}).items()})


def assert_silent(secrets: Sequence[str], *shown: Any) -> None:
    for secret in secrets:
        assert not [text for text in map(str, shown) if secret in text], "a secret shows"


@contextmanager
def no_secret_in_logs(secrets: Sequence[str]) -> Iterator[None]:
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert_silent(secrets, *lines)
