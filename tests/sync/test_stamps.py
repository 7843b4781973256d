"""When a person last typed: our own writes move a record's stamp and say nothing about that."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connector.model import End, EndId, Entity, Link, Shown
from connector.sync.lifecycle import ends_now

AT = EndId("a", "people", "1")
TYPED = datetime(2026, 4, 1, 9, tzinfo=UTC)
OURS = TYPED + timedelta(hours=1)


def stamp(end: End, shown: Shown) -> datetime | None:
    (now,) = ends_now(Link("L1", Entity.PERSON, (end,)), [shown])
    return now.end.modified_at


def test_a_record_as_our_write_left_it_keeps_the_stamp_of_the_last_edit() -> None:
    end = End(AT, version="5", modified_at=TYPED, fingerprint=b"f")
    assert stamp(end, Shown(AT, {}, version="5", modified_at=OURS)) == TYPED
    assert stamp(end, Shown(AT, {}, version="6", modified_at=OURS)) == OURS


def test_without_versions_the_fingerprint_tells() -> None:
    end = End(AT, version=None, modified_at=TYPED, fingerprint=b"f")
    assert stamp(end, Shown(AT, {}, fingerprint=b"f", modified_at=OURS)) == TYPED
    assert stamp(end, Shown(AT, {}, fingerprint=b"g", modified_at=OURS)) == OURS
    unknown = replace(end, fingerprint=b"")
    assert stamp(unknown, Shown(AT, {}, fingerprint=b"", modified_at=OURS)) == OURS


def test_a_first_stamp_is_taken_as_it_is() -> None:
    assert stamp(End(AT, version="5"), Shown(AT, {}, version="5", modified_at=OURS)) == OURS
