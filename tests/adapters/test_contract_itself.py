"""The conformance suite against adapters that are broken on purpose: each must be caught by a test that is named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from unicodedata import normalize

import pytest

from connector.adapters.contract import (
    Change,
    Cursor,
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
from connector.adapters.memory import MemoryAdapter
from connector.errors import ConnectorError, Fatal, Transient
from tests.adapters.contract import AdapterContract, conformance_tests
from tests.adapters.worlds import TOKEN, MemoryWorld

Pages = Iterator[Page]


class ForgetsTombstones(MemoryAdapter):
    def pull(self, object: str, fields: Sequence[str], since: Cursor | None) -> Pages:
        for page in super().pull(object, fields, since):
            yield replace(page, gone=())


class IgnoresTheVersion(MemoryAdapter):
    def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
        return super().push(object, [w if isinstance(w, New) else replace(w, if_version=None) for w in writes])


class IgnoresBefore(MemoryAdapter):
    def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
        return super().push(object, [w if isinstance(w, New) else replace(w, before={}) for w in writes])


class ClaimsAHistory(MemoryAdapter):
    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, compares_before=False, history=50, **more)


class DropsTheSecondPage(MemoryAdapter):
    def pull(self, object: str, fields: Sequence[str], since: Cursor | None) -> Pages:
        for number, page in enumerate(super().pull(object, fields, since)):
            if number != 1 or page.cursor is not None:
                yield page


class RepeatsTheLastOfAPage(MemoryAdapter):
    def pull(self, object: str, fields: Sequence[str], since: Cursor | None) -> Pages:
        last: list[Native] = []
        for page in super().pull(object, fields, since):
            yield replace(page, records=[*last, *page.records])
            last = list(page.records[-1:])


class ReordersResults(MemoryAdapter):
    def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
        outcomes = super().push(object, writes)
        return sorted(outcomes, key=lambda outcome: type(outcome).__name__)


class GivesTooFewOutcomes(MemoryAdapter):
    def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
        return [outcome for outcome in super().push(object, writes) if isinstance(outcome, Written)]


class TrustsItsOwnClock(MemoryAdapter):
    def pull(self, object: str, fields: Sequence[str], since: Cursor | None) -> Pages:
        for page in super().pull(object, fields, since):
            if page.cursor is not None:
                place = json.loads(page.cursor) | {"at": datetime.now(UTC).isoformat()}  # noqa: TID251  the defect
                page = replace(page, cursor=json.dumps(place))
            yield page

    def _since(self, object: str, since: Cursor | None) -> datetime | None:
        if since is None:
            return None
        if "2999" in since:
            raise Fatal("adapter.future_cursor")
        super()._since(object, json.dumps(json.loads(since) | {"at": "2000-01-01T00:00:00+00:00"}))
        return datetime.fromisoformat(json.loads(since)["at"])


class AsksForStrictlyLater(MemoryAdapter):
    """Keeps the stamp of the last record and asks for `> stamp`."""

    def pull(self, object: str, fields: Sequence[str], since: Cursor | None) -> Pages:
        at = None if since is None else datetime.fromisoformat(json.loads(since)["at"]) + self.can.overlap
        for page in super().pull(object, fields, since):
            late = [r for r in page.records if at is None or r.modified_at is None or r.modified_at > at]
            yield replace(page, records=late)


class HasNoOverlap(MemoryAdapter):
    def _since(self, object: str, since: Cursor | None) -> datetime | None:
        at = super()._since(object, since)
        return None if at is None else at + self.can.overlap + self.can.time_resolution


class ReadsEverythingAlways(MemoryAdapter):
    def pull(self, object: str, fields: Sequence[str], since: Cursor | None) -> Pages:
        self._since(object, since)
        return super().pull(object, fields, None)


class ClearsAbsentColumns(MemoryAdapter):
    def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
        names = [column.name for column in self.system.columns(object)]
        whole = [
            replace(w, values={**dict.fromkeys(names), **w.values}) if isinstance(w, Change) else w for w in writes
        ]
        return super().push(object, whole)


class SendsNoBlanks(MemoryAdapter):
    def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
        filled = [
            replace(w, values={k: v for k, v in w.values.items() if v is not None}) if isinstance(w, Change) else w
            for w in writes
        ]
        return super().push(object, filled)


class ReturnsEveryColumn(MemoryAdapter):
    def pull(self, object: str, fields: Sequence[str], since: Cursor | None) -> Pages:
        self._known(object, fields)
        return super().pull(object, [column.name for column in self.system.columns(object)], since)


class RepeatsACreateBlindly(MemoryAdapter):
    def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
        outcomes = super().push(object, writes)
        if any(isinstance(outcome, Unknown) for outcome in outcomes):
            again = [New(w.key + "x", w.values) if isinstance(w, New) else w for w in writes]
            return super().push(object, again)
        return outcomes


class SaysALostAnswerWasDone(MemoryAdapter):
    def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
        outcomes = super().push(object, writes)
        return [Written("C0001") if isinstance(outcome, Unknown) else outcome for outcome in outcomes]


class SpoilsABatch(MemoryAdapter):
    def _send(self, object: str, batch: Sequence[Write]) -> list[Outcome]:
        outcomes = super()._send(object, batch)
        bad = next((outcome for outcome in outcomes if isinstance(outcome, Refused)), None)
        return outcomes if bad is None else [bad] * len(batch)


class LosesTheFirstBatchesOutcomes(MemoryAdapter):
    def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
        outcomes = super().push(object, writes)
        if any(isinstance(outcome, Unknown) and outcome.message == "adapter.throttled" for outcome in outcomes):
            raise Transient("adapter.throttled", system=self.name)
        return outcomes


class LeaksTheSecret(MemoryAdapter):
    def check(self) -> Identity:
        try:
            return super().check()
        except Fatal:
            raise Fatal("adapter.denied", system=self.name, header=f"Bearer {TOKEN}x") from None


class AcceptsAForeignCursor(MemoryAdapter):
    def _since(self, object: str, since: Cursor | None) -> datetime | None:
        try:
            return super()._since(object, since)
        except Fatal as error:
            if error.message == "adapter.future_cursor":
                raise
            return None


class AcceptsTheFuture(MemoryAdapter):
    def _since(self, object: str, since: Cursor | None) -> datetime | None:
        try:
            return super()._since(object, since)
        except Fatal as error:
            if error.message == "adapter.future_cursor":
                return datetime(2999, 1, 1, tzinfo=UTC)
            raise


def rewriting(change: Callable[[str], Any]) -> type[MemoryAdapter]:
    class Rewrites(MemoryAdapter):
        def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
            made: list[Write] = []
            for write in writes:
                if not isinstance(write, Remove):
                    texts = {k: change(v) if isinstance(v, str) else v for k, v in write.values.items()}
                    write = replace(write, values=texts)
                made.append(write)
            return super().push(object, made)

    return Rewrites


class MakesWhatIsMissing(MemoryAdapter):
    def _write(self, object: str, write: Write) -> Outcome:
        outcome = super()._write(object, write)
        if isinstance(write, Change) and isinstance(outcome, Refused) and outcome.kind is Refusal.MISSING:
            return super()._write(object, New("upserted " + write.id, write.values))
        return outcome


class ForgetsTheKey(MemoryAdapter):
    def _native(self, row: Any, fields: Sequence[str]) -> Native:
        return replace(super()._native(row, fields), key=None)


class GivesDuplicates(MemoryAdapter):
    def get(self, object: str, by: str, values: Sequence[str], fields: Sequence[str]) -> list[Native]:
        return [record for value in values for record in super(GivesDuplicates, self).get(object, by, [value], fields)]


class SendsOneHugeBatch(MemoryAdapter):
    def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
        self.can, small = replace(self.can, write_batch=max(1, len(writes))), self.can
        try:
            return super().push(object, writes)
        finally:
            self.can = small


class CallsForNothing(MemoryAdapter):
    def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
        self._call("push", object, 0, [])
        return super().push(object, writes)


class RetriesForEver(MemoryAdapter):
    def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
        for _ in range(50):
            try:
                return super().push(object, writes)
            except Transient:
                continue
        raise Transient("adapter.throttled", system=self.name)


class TreatsDenialAsPassing(MemoryAdapter):
    def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
        try:
            return super().push(object, writes)
        except Fatal as error:
            raise Transient(error.message, system=self.name) from None


class MakesUnknownColumnsBlank(MemoryAdapter):
    def _known(self, object: str, fields: Sequence[str]) -> None:
        self._columns(object)


class KeepsItsCursorAsAnObject(MemoryAdapter):
    def pull(self, object: str, fields: Sequence[str], since: Cursor | None) -> Pages:
        for page in super().pull(object, fields, since):
            yield replace(page, cursor=page.cursor and json.loads(page.cursor))


class PutsACursorOnEveryPage(MemoryAdapter):
    def pull(self, object: str, fields: Sequence[str], since: Cursor | None) -> Pages:
        pages = list(super().pull(object, fields, since))
        for page in pages:
            yield replace(page, cursor=pages[-1].cursor)


class IsSilentWhenEmpty(MemoryAdapter):
    def pull(self, object: str, fields: Sequence[str], since: Cursor | None) -> Pages:
        return (page for page in super().pull(object, fields, since) if page.records)


class InventsObjects(MemoryAdapter):
    def describe(self, object: str) -> Shape:
        return super().describe(object) if object in self.system.objects else Shape(object, ())


class DescribesHalf(MemoryAdapter):
    def describe(self, object: str) -> Shape:
        shape = super().describe(object)
        return replace(shape, columns=shape.columns[:1])


class WritesToAll(MemoryAdapter):
    def _write(self, object: str, write: Write) -> Outcome:
        outcome = super()._write(object, write)
        if isinstance(write, Change) and isinstance(outcome, Written):
            for row in self._rows(object).values():
                row.values.update(write.values)
        return outcome


class TakesBlankForAChange(MemoryAdapter):
    """Compares `before` by `=`, to which a blank equals nothing."""

    def _write(self, object: str, write: Write) -> Outcome:
        if not isinstance(write, New) and any(value is None for value in write.before.values()):
            return Refused(Refusal.STALE)
        return super()._write(object, write)


class IsSomebodyElseEachTime(MemoryAdapter):
    def check(self) -> Identity:
        return replace(super().check(), id=str(len(self.system.calls)))


class ClosesOnce(MemoryAdapter):
    closed = False

    def close(self) -> None:
        assert not self.closed
        self.closed = True


class GetsOneBatch(MemoryAdapter):
    def get(self, object: str, by: str, values: Sequence[str], fields: Sequence[str]) -> list[Native]:
        return super().get(object, by, values[: self.can.read_batch], fields)


class ShowsItsSecret(MemoryAdapter):
    def __repr__(self) -> str:
        return f"MemoryAdapter(token={TOKEN!r})"


class ForgetsTheTime(MemoryAdapter):
    def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
        made: list[Write] = []
        for write in writes:
            if isinstance(write, Change):
                days = {k: datetime(v.year, v.month, v.day) for k, v in write.values.items() if isinstance(v, datetime)}
                write = replace(write, values={**write.values, **days})
            made.append(write)
        return super().push(object, made)


class GivesNaiveStamps(MemoryAdapter):
    def _native(self, row: Any, fields: Sequence[str]) -> Native:
        return replace(super()._native(row, fields), modified_at=row.modified.replace(tzinfo=None))


BROKEN: dict[type[MemoryAdapter], str] = {
    ForgetsTombstones: "test_a_deletion_is_reported_or_else_nothing_is",
    IgnoresTheVersion: "test_a_stale_version_is_refused_and_changes_nothing",
    IgnoresBefore: "test_a_value_that_moved_is_refused_where_the_system_compares",
    ClaimsAHistory: "test_a_value_that_moved_is_refused_where_the_system_compares",
    DropsTheSecondPage: "test_a_pull_in_pages_gives_each_record_exactly_once",
    RepeatsTheLastOfAPage: "test_a_pull_in_pages_gives_each_record_exactly_once",
    ReordersResults: "test_outcomes_keep_order_and_length",
    GivesTooFewOutcomes: "test_outcomes_keep_order_and_length",
    TrustsItsOwnClock: "test_a_pull_since_a_cursor_gives_edits_made_after_it",
    AsksForStrictlyLater: "test_edits_in_the_second_of_the_cursor_are_not_missed",
    HasNoOverlap: "test_a_late_commit_inside_the_overlap_is_not_missed",
    ReadsEverythingAlways: "test_a_pull_since_a_cursor_leaves_out_what_did_not_change",
    ClearsAbsentColumns: "test_an_update_changes_only_the_named_columns",
    SendsNoBlanks: "test_none_clears_and_an_absent_column_stays",
    ReturnsEveryColumn: "test_a_pull_gives_exactly_the_columns_asked_for",
    RepeatsACreateBlindly: "test_a_create_whose_answer_is_lost_is_unknown_and_never_repeated",
    SaysALostAnswerWasDone: "test_an_update_whose_answer_is_lost_is_unknown",
    SpoilsABatch: "test_one_bad_record_does_not_spoil_its_batch",
    LosesTheFirstBatchesOutcomes: "test_outcomes_of_a_batch_survive_the_failure_of_the_next",
    LeaksTheSecret: "test_check_with_a_wrong_secret_is_fatal_and_does_not_tell_it",
    AcceptsAForeignCursor: "test_a_foreign_cursor_is_fatal_and_never_silence",
    AcceptsTheFuture: "test_a_cursor_from_the_future_is_fatal",
    rewriting(lambda text: int(text) if text.isdigit() else text): "test_hostile_text_arrives_as_it_was_or_is_refused",
    rewriting(lambda text: normalize("NFC", text)): "test_hostile_text_arrives_as_it_was_or_is_refused",
    rewriting(lambda text: text or None): "test_hostile_text_arrives_as_it_was_or_is_refused",
    rewriting(lambda text: text.encode("cp932", "replace").decode("cp932")): (
        "test_hostile_text_arrives_as_it_was_or_is_refused"
    ),
    MakesWhatIsMissing: "test_an_update_of_a_missing_record_is_refused_and_makes_none",
    ForgetsTheKey: "test_a_record_we_created_is_found_by_its_key",
    GivesDuplicates: "test_get_gives_each_record_once_and_leaves_unknown_ids_out",
    SendsOneHugeBatch: "test_more_writes_than_a_batch_are_split",
    CallsForNothing: "test_a_push_of_nothing_makes_no_call",
    RetriesForEver: "test_a_throttled_call_is_transient_and_tried_a_bounded_number_of_times",
    TreatsDenialAsPassing: "test_credentials_lost_in_mid_run_are_fatal",
    KeepsItsCursorAsAnObject: "test_a_cursor_is_text_that_survives_json_and_a_new_adapter_call",
    PutsACursorOnEveryPage: "test_only_the_last_page_carries_the_cursor",
    IsSilentWhenEmpty: "test_an_empty_system_pulls_one_empty_page_with_a_cursor",
    InventsObjects: "test_an_unknown_object_is_fatal",
    DescribesHalf: "test_describe_lists_every_column_that_can_be_pulled",
    WritesToAll: "test_an_update_leaves_the_other_records_alone",
    TakesBlankForAChange: "test_before_values_as_pulled_let_the_write_through",
    IsSomebodyElseEachTime: "test_check_names_the_same_organisation_each_time",
    ClosesOnce: "test_closing_twice_is_harmless",
    GetsOneBatch: "test_get_of_more_ids_than_a_batch_gives_them_all",
    ShowsItsSecret: "test_no_secret_shows_anywhere",
    ForgetsTheTime: "test_numbers_and_dates_come_back_equal",
    GivesNaiveStamps: "test_stamps_are_aware_and_follow_the_edits",
    MakesUnknownColumnsBlank: "test_an_unknown_column_is_fatal_when_read_and_never_written",
}


def failures(kind: type[MemoryAdapter]) -> dict[str, BaseException]:
    """The suite's verdict on an adapter: test -> what it said."""
    failed: dict[str, BaseException] = {}
    for name in conformance_tests():
        try:
            getattr(AdapterContract(), name)(MemoryWorld(adapter=kind))
        except Exception as error:
            failed[name] = error
    return failed


def test_the_healthy_adapter_passes() -> None:
    assert failures(MemoryAdapter) == {}
    assert len(conformance_tests()) >= 30


@pytest.mark.parametrize(("kind", "test"), BROKEN.items(), ids=[kind.__name__ for kind in BROKEN])
def test_a_broken_adapter_is_caught_by_name(kind: type[MemoryAdapter], test: str) -> None:
    failed = failures(kind)
    assert test in failed, sorted(failed)
    assert isinstance(failed[test], AssertionError | ConnectorError), failed[test]


def test_every_test_of_the_suite_has_been_seen_to_fail() -> None:
    seen = {name for kind in BROKEN for name in failures(kind)}
    assert sorted(set(conformance_tests()) - seen) == []
