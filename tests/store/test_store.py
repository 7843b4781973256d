"""What a transaction of the store promises, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.errors import Locked
from connector.model import (
    Address,
    End,
    EndId,
    EndState,
    Entity,
    Hold,
    HoldId,
    HoldKind,
    Link,
    PersonName,
    Provenance,
    Sent,
    Verdict,
)
from connector.store.identity import new_hub, new_key, new_run
from connector.store.records import (
    Action,
    Batch,
    Done,
    Fence,
    JournalField,
    JournalOutcome,
    JournalRow,
    LinkWrite,
    Run,
    RunKind,
    RunState,
    Touch,
)
from connector.store.store import Store, open_store

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
RUN = "R1"


def end(system: str, id_: str, base: dict[str, Any] | None = None, **rest: Any) -> End:
    object_ = {"hubspot": "contacts", "salesforce": "Contact", "kintone": "5"}[system]
    first = frozenset() if base is not None else frozenset({"*"})
    return End(
        EndId(system, object_, id_, rest.pop("part", "")), base=base or {}, first=rest.pop("first", first), **rest
    )


def person(key: str, *ends: End, **rest: Any) -> Link:
    return Link(key, Entity.PERSON, ends, rest.pop("golden", {"name": PersonName("山田", "太郎")}), **rest)


def put(store: Store, fence: Fence, *links: Link, **rest: Any) -> list[str]:
    """Writes links at the version they were read with (0: they are new)."""
    writes = [LinkWrite(at, at.version or None, **rest) for at in links]
    return store.commit(fence, RUN, Batch(links=writes))


# --- links ------------------------------------------------------------------------------------------------


def test_a_link_comes_back_as_it_was(store: Store, fence: Fence) -> None:
    golden: dict[str, Any] = {
        "name": PersonName("髙橋", None),
        "email": "a@example.co.jp",
        "amount": Decimal("1.50"),
        "day": date(2026, 4, 1),
        "at": NOON,
        "address": Address("100-0001", "東京都"),
        "lost": False,
        "score": 0,
        "blank": None,
        "hostile": "'; DROP TABLE link; -- \x00 %s %(x)s ? :x {} \ud800",
    }
    whole = end(
        "salesforce",
        "003A",
        golden,
        version="v1",
        fingerprint=bytes(range(16)),
        lens="l1",
        modified_at=NOON,
        created_at=NOON - timedelta(days=9),
        url="https://x.my.salesforce.com/003A?id=003A",
    )
    differing = end(
        "kintone",
        "17",
        {**golden, "amount": Decimal("1.5"), "lost": 0, "score": False, "own": "x", "day": None},
        part="担当者",
        state=EndState.OUT_OF_SCOPE,
        first=frozenset({"phone"}),
        sent={"score": Sent(7, 2)},
        accepted={"email": "a@example.co.jp", "own": "y"},
        url="no id in it",
    )
    few = end("hubspot", "", {"email": "a@example.co.jp"}, state=EndState.CREATING)
    unknown = end("hubspot", "9", state=EndState.DUPLICATE)
    link = Link(
        "L1",
        Entity.PERSON,
        (differing, whole, few, unknown),
        golden,
        {"name": Provenance("kintone", NOON, "R0"), "email": Provenance("kintone", None, "R0"),
         "not_golden": Provenance("", None, "R2")},
        dirty=True,
        aliases=("L0", "kintone/5/16"),
    )  # fmt: skip
    assert put(store, fence, link) == []
    read = store.links(["L1", "L2"])
    assert read == {"L1": replace(link, version=1)}
    base = read["L1"].ends[0].base
    assert str(base["amount"]) == "1.5"
    assert base["lost"] == 0 and type(base["lost"]) is int
    assert base["score"] is False
    assert store.alias("", "", ["L0"]) == {"L0": "L1"}
    assert store.alias("kintone", "5", ["16"]) == {"16": "L1"}


def test_versions_count_up_and_a_stale_write_is_skipped_whole(store: Store, fence: Fence) -> None:
    put(store, fence, person("L1", end("hubspot", "1")), person("L2", end("hubspot", "2")))
    one, two = (store.links(["L1", "L2"])[k] for k in ("L1", "L2"))
    assert put(store, fence, replace(one, golden={"a": 1})) == []
    hold = Hold(HoldId("L1", HoldKind.CONFLICT, "a"), {}, ())
    row = JournalRow(1, Entity.PERSON, "L1", Action.UPDATE, Done.INTENDED)
    moved = store.commit(
        fence,
        RUN,
        Batch(
            links=[LinkWrite(replace(one, golden={"a": 2}), 1), LinkWrite(replace(two, golden={"a": 3}), 1)],
            opened=[hold, replace(hold, id=replace(hold.id, link="L2"))],
            intents=[row, replace(row, seq=2, link="L2")],
            journal=[replace(row, seq=3, done=Done.HELD), replace(row, seq=4, link="L2", done=Done.HELD)],
        ),
    )
    assert moved == ["L1"]
    read = store.links(["L1", "L2"])
    assert (read["L1"].golden, read["L1"].version) == ({"a": 1}, 2)
    assert (read["L2"].golden, read["L2"].version) == ({"a": 3}, 2)
    assert [h.hold.id.link for h in store.holds()] == ["L2"]
    assert [(r.seq, r.link) for r in store.journal()] == [(2, "L2"), (4, "L2")]


def test_a_new_link_that_exists_and_an_old_one_that_does_not_have_moved(store: Store, fence: Fence) -> None:
    put(store, fence, person("L1", end("hubspot", "1")))
    writes = [LinkWrite(person("L1"), None), LinkWrite(person("L9"), 3)]
    assert store.commit(fence, RUN, Batch(links=writes)) == ["L1", "L9"]


def test_a_record_belongs_to_one_link(store: Store, fence: Fence) -> None:
    put(store, fence, person("L1", end("hubspot", "1")))
    assert put(store, fence, person("L2", end("hubspot", "1"), end("kintone", "5"))) == ["L2"]
    assert put(store, fence, person("L3", end("kintone", "5")), person("L4", end("kintone", "5"))) == ["L4"]
    # another part of the same record is another place
    assert put(store, fence, person("L5", end("kintone", "5", part="会社"))) == []
    known = store.known("kintone", "5", ["5", "6"])
    assert {(k.at.part, k.link) for k in known["5"]} == {("", "L3"), ("会社", "L5")}
    assert set(known) == {"5"}


def test_a_record_can_change_links_within_a_batch(store: Store, fence: Fence) -> None:
    put(store, fence, person("L1", end("hubspot", "1"), end("kintone", "1")), person("L2", end("hubspot", "2")))
    one, two = (store.links(["L1", "L2"])[k] for k in ("L1", "L2"))
    give = LinkWrite(replace(one, ends=one.ends[:1]), one.version)
    take = LinkWrite(replace(two, ends=(*two.ends, one.ends[1])), two.version)
    # the giver moved: the taker cannot have the record either
    assert set(store.commit(fence, RUN, Batch(links=[replace(give, expect=7), take]))) == {"L1", "L2"}
    assert store.commit(fence, RUN, Batch(links=[take, give])) == []
    read = store.links(["L1", "L2"])
    assert [e.at.system for e in read["L1"].ends] == ["hubspot"]
    assert [e.at.system for e in read["L2"].ends] == ["hubspot", "kintone"]
    assert store.alias("kintone", "5", ["1"]) == {}


def test_absorbed_links_leave_aliases(store: Store, fence: Fence) -> None:
    first = person("L1", end("hubspot", "1"))
    second = person("L2", end("salesforce", "A"), end("hubspot", "2"))
    store.commit(fence, RUN, Batch(links=[LinkWrite(first, None, [1, 2]), LinkWrite(second, None, [2, 3])]))
    store.commit(fence, RUN, Batch(links=[LinkWrite(person("L0", end("kintone", "0")), None)]))
    store.commit(fence, RUN, Batch(links=[LinkWrite(replace(second, version=1), 1, absorbed=["L0"])],
                                   opened=[Hold(HoldId("L2", HoldKind.DUPLICATE, "x"), {}, ())]))  # fmt: skip
    joined = replace(first, ends=(*first.ends, second.ends[0]), version=1)
    assert store.commit(fence, RUN, Batch(links=[LinkWrite(joined, 1, absorbed=["L9"])])) == ["L1"]
    stale = LinkWrite(joined, 1, absorbed=["L2"], absorbed_at={"L2": 1})
    assert store.commit(fence, RUN, Batch(links=[stale])) == ["L1"]
    write = LinkWrite(joined, 1, [1, 2, 3], absorbed=["L2"], absorbed_at={"L2": 2})
    assert store.commit(fence, RUN, Batch(links=[write])) == []
    read = store.links(["L1", "L2"])
    assert set(read) == {"L1"}
    assert [e.at.id for e in read["L1"].ends] == ["1", "A"]
    assert read["L1"].aliases == ("L2",)
    assert store.alias("hubspot", "contacts", ["2", "1"]) == {"2": "L1"}
    assert store.alias("", "", ["L2", "L0"]) == {"L2": "L1", "L0": "L1"}  # also what L2 had absorbed
    assert store.candidates(Entity.PERSON, [1, 2, 3, 4]) == {1: ["L1"], 2: ["L1"], 3: ["L1"]}
    assert list(store.holds()) == []
    assert store.counts(Entity.PERSON) == {"": 1, "hubspot": 1, "salesforce": 1}


def test_a_record_merged_or_moved_in_its_system_leaves_an_alias_an_unlinked_one_does_not(
    store: Store, fence: Fence
) -> None:
    lead = replace(end("salesforce", "00Q"), at=EndId("salesforce", "Lead", "00Q"))
    put(store, fence, person("L1", lead, end("hubspot", "1"), end("kintone", "5")))
    converted = replace(store.links(["L1"])["L1"], ends=(end("salesforce", "003"), end("hubspot", "1")))
    put(store, fence, converted)
    assert store.alias("salesforce", "Lead", ["00Q"]) == {"00Q": "L1"}
    assert store.alias("kintone", "5", ["5"]) == {}
    # back again, on another link: known from now on, and no alias any more
    put(store, fence, person("L2", lead))
    assert store.alias("salesforce", "Lead", ["00Q"]) == {}


def test_removed_links_are_gone(store: Store, fence: Fence) -> None:
    store.commit(fence, RUN, Batch(links=[LinkWrite(person("L1", end("hubspot", "1")), None, [5])]))
    hold = Hold(HoldId("L1", HoldKind.DELETE), {}, ())
    store.commit(fence, RUN, Batch(opened=[hold]))
    store.commit(fence, RUN, Batch(removed=["L1", "L7"]))
    assert store.links(["L1"]) == {}
    assert store.known("hubspot", "contacts", ["1"]) == {}
    assert store.candidates(Entity.PERSON, [5]) == {}
    assert list(store.holds()) == []
    put(store, fence, person("L2", end("hubspot", "1")))


def test_touch_changes_the_end_and_nothing_else(store: Store, fence: Fence) -> None:
    put(store, fence, person("L1", end("hubspot", "1", {"name": PersonName("山田", "太郎")}, version="1", lens="a")))
    touch = Touch(EndId("hubspot", "contacts", "1"), "2", b"f" * 16, "b")
    store.commit(fence, RUN, Batch(touches=[touch]))
    (known,) = store.known("hubspot", "contacts", ["1"])["1"]
    assert (known.version, known.fingerprint, known.lens) == ("2", b"f" * 16, "b")
    link = store.links(["L1"])["L1"]
    assert link.version == 1
    assert link.ends[0].base == {"name": PersonName("山田", "太郎")}


def test_labels_stay_when_a_write_has_none(store: Store, fence: Fence) -> None:
    put(store, fence, person("L1", end("hubspot", "1")), label="山田 太郎", owner="田中")
    put(store, fence, person("L1", end("hubspot", "1"), version=1))
    assert store.labels(["L1", "L2"]) == {"L1": ("山田 太郎", "田中")}


def test_blocks_are_replaced_only_when_given(store: Store, fence: Fence) -> None:
    big = 2**63 - 1
    put(store, fence, person("L1"), person("L2"), blocks=[1, big, -5, 1])
    put(store, fence, person("L1", version=1))
    assert store.candidates(Entity.PERSON, [big]) == {big: ["L1", "L2"]}
    put(store, fence, person("L1", version=2), blocks=[big, 7])
    assert store.candidates(Entity.PERSON, [1, -5, big, 7]) == {1: ["L2"], -5: ["L2"], big: ["L1", "L2"], 7: ["L1"]}
    assert store.candidates(Entity.COMPANY, [big]) == {}


def test_places_are_those_that_have_an_id_and_take_part(store: Store, fence: Fence) -> None:
    put(
        store,
        fence,
        person("L1", end("hubspot", "1"), end("hubspot", "2", state=EndState.DUPLICATE), end("kintone", "3")),
        person("L2", end("hubspot", "", state=EndState.CREATING)),
        person("L3", end("hubspot", "4", state=EndState.CREATING)),
        person("L4", end("hubspot", "5", state=EndState.GONE)),
    )
    assert store.places(["L1", "L2", "L3", "L4", "L5"], "hubspot") == {
        "L1": [EndId("hubspot", "contacts", "1")],
        "L3": [EndId("hubspot", "contacts", "4")],
    }


def test_dirty_and_every_come_in_pages_and_see_what_is_written_between(store: Store, fence: Fence) -> None:
    put(
        store, fence, *(person(f"L{i:02}", dirty=i % 2 == 0) for i in range(20)), Link("C1", Entity.COMPANY, dirty=True)
    )
    pages = list(store.dirty(Entity.PERSON, chunk=3))
    assert [len(p) for p in pages] == [3, 3, 3, 1]
    assert [k for p in pages for k in p] == [f"L{i:02}" for i in range(0, 20, 2)]
    seen = []
    for page in store.every(Entity.PERSON, chunk=7):
        seen += [link.key for link in page]
        put(store, fence, replace(page[0], dirty=False))
    assert seen == [f"L{i:02}" for i in range(20)]
    assert store.counts(Entity.PERSON) == {"": 20}


def test_find(store: Store, fence: Fence) -> None:
    put(store, fence, person("L1", end("hubspot", "42"), golden={"mail": "Taro.Yamada@Example.co.jp"}),
        label="山田 太郎（㈱ヤマダ）")  # fmt: skip
    put(store, fence, person("L2", end("kintone", "７")), label="100% 山田_花子")
    for text in ("山田太郎", "(株)ヤマダ", "taro.yamada@", "L1", "l1", "42", "TARO"):
        assert store.find(Entity.PERSON, text) == ["L1"], text
    assert set(store.find(Entity.PERSON, "山田")) == {"L1", "L2"}
    assert len(store.find(Entity.PERSON, "山田", limit=1)) == 1
    assert store.find(Entity.PERSON, "%") == ["L2"]
    assert store.find(Entity.PERSON, "_") == ["L2"]
    assert store.find(Entity.PERSON, " ") == []
    assert store.find(Entity.COMPANY, "山田") == []


# --- holds ------------------------------------------------------------------------------------------------


def conflict(key: str = "L1", seen: str = "s1", **facts: Any) -> Hold:
    return Hold(HoldId(key, HoldKind.CONFLICT, "name"), facts, ("hubspot", "keep"), seen)


def test_a_hold_keeps_its_opening_and_its_verdict_while_the_values_are_the_same(
    store: Store, fence: Fence, clock: Any
) -> None:
    put(store, fence, person("L1"), label="山田", owner="田中")
    store.commit(fence, "R1", Batch(opened=[conflict(value=PersonName("山田"))]))
    opened = clock()
    assert store.decide([Verdict(conflict().id, "hubspot", "s1", PersonName("山"), "tanaka")]) == 1
    clock.forward(hours=1)
    store.commit(fence, "R2", Batch(opened=[conflict(more=1)]))
    (hold,) = store.holds(kinds=[HoldKind.CONFLICT], links=["L1"], decided=True)
    assert (hold.opened_at, hold.opened_run, hold.hold.facts) == (opened, "R1", {"more": 1})
    assert (hold.label, hold.owner, hold.entity) == ("山田", "田中", Entity.PERSON)
    assert hold.verdict == Verdict(conflict().id, "hubspot", "s1", PersonName("山"), "tanaka")
    assert hold.decided_at == opened
    store.commit(fence, "R2", Batch(opened=[conflict(seen="s2")]))
    (hold,) = store.holds()
    assert (hold.verdict, hold.decided_at, hold.opened_at) == (None, None, opened)
    assert list(store.holds(decided=True)) == []
    # the question has changed: an answer to the old one is not taken
    assert store.decide([Verdict(conflict().id, "hubspot", "s1"), Verdict(conflict("L9").id, "keep")]) == 0
    assert store.decide([Verdict(conflict().id, "keep")]) == 1
    assert store.decide([Verdict(conflict().id, "hubspot")]) == 1


def test_closed_holds_are_gone_unless_a_person_decided(store: Store, fence: Fence, clock: Any) -> None:
    put(store, fence, person("L1"), person("L2"))
    store.commit(fence, "R1", Batch(opened=[conflict("L1"), conflict("L2")]))
    store.decide([Verdict(conflict("L2").id, "keep")])
    store.commit(fence, "R1", Batch(closed=[conflict("L1").id, conflict("L2").id, conflict("L3").id]))
    assert list(store.holds()) == []
    (hold,) = store.holds(open_only=False)
    assert (hold.hold.id.link, hold.closed_at) == ("L2", clock())
    clock.forward(days=1)
    store.commit(fence, "R2", Batch(opened=[conflict("L2")]))
    (hold,) = store.holds()
    assert (hold.verdict, hold.opened_at, hold.opened_run, hold.closed_at) == (None, clock(), "R2", None)


def test_a_verdict_makes_its_link_dirty_and_it_stays_so_until_the_hold_closes(store: Store, fence: Fence) -> None:
    put(store, fence, person("L1"))
    store.commit(fence, RUN, Batch(opened=[conflict()]))
    read = store.links(["L1"])["L1"]
    store.decide([Verdict(conflict().id, "keep")])
    assert list(store.dirty(Entity.PERSON)) == [["L1"]]
    # planned before the verdict was given
    assert store.commit(fence, RUN, Batch(links=[LinkWrite(replace(read, dirty=False), 1)])) == []
    assert list(store.dirty(Entity.PERSON)) == [["L1"]]
    store.commit(fence, RUN, Batch(links=[LinkWrite(read, 2)], closed=[conflict().id]))
    assert list(store.dirty(Entity.PERSON)) == []


def test_verdicts_on_matches_last(store: Store, fence: Fence) -> None:
    put(store, fence, person("L1", end("hubspot", "1")), person("L2", end("kintone", "2", part="担当者")))
    named = Hold(HoldId("L1", HoldKind.MATCH, "x"), {"pair": ["hubspot/contacts/1", "salesforce/Contact/3"]}, ())
    facts = {"a": "hubspot/contacts/1", "b": "kintone/5/2#担当者"}
    by_link = Hold(HoldId("L1", HoldKind.MATCH, "L2"), facts, ("same", "different"))
    store.commit(fence, RUN, Batch(opened=[named, by_link]))
    assert store.decide([Verdict(named.id, "different", by="a"), Verdict(by_link.id, "same", by="a")]) == 2
    store.commit(fence, RUN, Batch(closed=[named.id, by_link.id]))
    one, two, three = "hubspot/contacts/1", "kintone/5/2#担当者", "salesforce/Contact/3"
    assert store.match_verdicts([one]) == {frozenset((one, three)): False, frozenset((one, two)): True}
    assert store.match_verdicts([three]) == {frozenset((one, three)): False}
    assert store.match_verdicts(["hubspot/contacts/9"]) == {}
    # revised long after
    assert store.decide([Verdict(by_link.id, "different")]) == 1
    store.commit(fence, RUN, Batch(removed=["L2"]))
    assert store.match_verdicts([two]) == {frozenset((one, two)): False}


def test_referring_finds_who_waits_for_a_parent(store: Store, fence: Fence) -> None:
    company = Link("C1", Entity.COMPANY, (replace(end("hubspot", "77"), at=EndId("hubspot", "companies", "77")),))
    put(store, fence, company, person("L1"), person("L2"), person("L3"))
    for key, topic in (
        ("L1", "company|hubspot|companies|77"),
        ("L2", "company|hubspot|77"),
        ("L3", "company|hubspot|8"),
    ):
        store.commit(fence, RUN, Batch(opened=[Hold(HoldId(key, HoldKind.WAITING, topic), {}, ())]))
    assert store.referring(["C1"]) == ["L1", "L2"]
    assert store.referring(["L1"]) == []


def test_holds_come_in_pages(store: Store, fence: Fence) -> None:
    store.commit(fence, RUN, Batch(opened=[conflict(f"L{i:04}") for i in range(1201)]))
    assert [h.hold.id.link for h in store.holds()] == [f"L{i:04}" for i in range(1201)]


# --- runs, journal, settings ------------------------------------------------------------------------------


def test_journal_outcomes_and_natives(store: Store, fence: Fence, clock: Any) -> None:
    native = {"Amount": (Decimal("1.0"), None), "tags": (["a"], ["a", "b"])}
    fields = {"amount": JournalField(["d", "1.0"], None, "edited", "kintone", {"hubspot": 3})}
    row = JournalRow(1, Entity.DEAL, "D1", Action.CREATE, Done.INTENDED, "kintone", "5", "", "案件", fields, native,
                     label="商談\x00")  # fmt: skip
    intents = [row, replace(row, seq=2, native={}), replace(row, seq=3)]
    store.commit(fence, "R1", Batch(intents=intents))
    assert [r.seq for r in store.journal(unfinished=True)] == [1, 2, 3]
    outcomes = [
        JournalOutcome(1, Done.APPLIED, "17"),
        JournalOutcome(2, Done.REFUSED, native=native, message="断られました"),
    ]
    store.commit(fence, "R1", Batch(outcomes=outcomes))
    one, two, three = store.journal(run="R1")
    assert one == replace(row, id="17", done=Done.APPLIED, run="R1", at=clock(), label="商談")
    assert (two.id, two.done, two.native, two.message) == ("", Done.REFUSED, native, "断られました")
    assert three.done is Done.INTENDED
    assert [r.seq for r in store.journal(unfinished=True)] == [3]
    assert [r.seq for r in store.journal(link="D1")] == [1, 2, 3]
    assert list(store.journal(run="R2")) == []


def test_the_journal_comes_in_pages(store: Store, fence: Fence) -> None:
    row = JournalRow(0, Entity.DEAL, "D1", Action.GOLDEN, Done.APPLIED)
    store.commit(fence, "R1", Batch(journal=[replace(row, seq=i) for i in range(1100)]))
    store.commit(fence, "R2", Batch(journal=[replace(row, seq=i) for i in range(3)]))
    assert [(r.run, r.seq) for r in store.journal()] == [
        *(("R1", i) for i in range(1100)),
        *(("R2", i) for i in range(3)),
    ]


def test_runs(store: Store, fence: Fence, clock: Any) -> None:
    died = Run("R1", RunKind.SYNC, RunState.RUNNING, clock())
    store.start_run(fence, died)
    clock.forward(minutes=5)
    run = Run("R2", RunKind.APPLY, RunState.RUNNING, clock(), plan="P1")
    store.start_run(fence, run)
    assert store.run("R1") == replace(died, state=RunState.CRASHED, ended_at=clock())
    assert store.run_of_plan("P1") == run
    assert store.run_of_plan("P2") is None
    assert store.run_of_plan("") is None
    store.end_run(fence, "R2", RunState.DONE, {"person": {"hubspot": {"applied": 3}}}, "済")
    store.undone(fence, "R2", "R3")
    found = store.run("R2")
    assert found is not None
    assert (found.state, found.counts["person"], found.undone_by) == (RunState.DONE, {"hubspot": {"applied": 3}}, "R3")
    assert [r.id for r in store.runs()] == ["R2", "R1"]
    assert [r.id for r in store.runs(limit=1)] == ["R2"]


def test_cursors_and_named_values(store: Store, fence: Fence) -> None:
    store.commit(fence, RUN, Batch(cursors={("hubspot", "contacts", "f"): "1", ("kintone", "5", ""): "a"}))
    store.commit(fence, RUN, Batch(cursors={("hubspot", "contacts", "f"): "2"}))
    assert store.cursors() == {("hubspot", "contacts", "f"): "2", ("kintone", "5", ""): "a"}
    store.put(fence, "lenses", {"a": [1, None, "x"]})
    store.put(None, "lenses", {"a": 2})
    assert store.get("lenses") == {"a": 2}
    store.put(None, "lenses", None)
    assert store.get("lenses") is None


def test_forget_takes_the_values_from_the_journal_too(store: Store, fence: Fence) -> None:
    put(store, fence, person("L1", end("hubspot", "1")))
    row = JournalRow(1, Entity.PERSON, "L1", Action.UPDATE, Done.APPLIED, "hubspot", "contacts", "1", label="山田",
                     fields={"name": JournalField("山田", "山本")}, native={"lastname": ("山田", "山本")})  # fmt: skip
    store.commit(fence, RUN, Batch(journal=[row]))
    store.forget(fence, ["L1"])
    (left,) = store.journal()
    assert (left.fields, left.native, left.label, left.id) == ({}, {}, "", "1")
    assert store.links(["L1"]) == {}


# --- all or nothing ---------------------------------------------------------------------------------------


def test_a_batch_that_fails_leaves_nothing_and_the_store_goes_on(
    store: Store, fence: Fence, url: str, clock: Any
) -> None:
    row = JournalRow(1, Entity.PERSON, "L1", Action.UPDATE, Done.APPLIED, "newsystem", "o", "1")
    with pytest.raises(Exception, match=r"store\.failed"):
        store.commit(fence, RUN, Batch(links=[LinkWrite(person("L1", end("kintone", "1")), None)], journal=[row, row]))
    assert store.links(["L1"]) == {}
    assert put(store, fence, person("L1", end("kintone", "1", lens="other"))) == []
    # the names that the failed batch had given numbers to are given them again, and written
    with open_store(url, now=clock) as second:
        assert second.known("kintone", "5", ["1"])["1"][0].lens == "other"


def test_a_stale_fence_is_refused_everywhere(store: Store, fence: Fence, clock: Any) -> None:
    clock.forward(minutes=11)
    put(store, fence, person("L0"))  # late, but nobody has taken over
    second = store.acquire("other host", timedelta(minutes=10))
    assert second.number == fence.number + 1
    writes: list[Callable[[], object]] = [
        lambda: put(store, fence, person("L1")),
        lambda: store.renew(fence, timedelta(minutes=1)),
        lambda: store.put(fence, "x", 1),
        lambda: store.start_run(fence, Run("R1", RunKind.SYNC, RunState.RUNNING, clock())),
        lambda: store.end_run(fence, "R1", RunState.DONE, {}),
        lambda: store.forget(fence, ["L0"]),
    ]
    for write in writes:
        with pytest.raises(Locked) as error:
            write()
        assert error.value.facts["holder"] == "other host"
        assert error.value.facts["since"] == clock()
    store.release(fence)  # nothing happens
    store.renew(second, timedelta(minutes=10))
    assert set(store.links(["L0", "L1"])) == {"L0"}
    store.release(second)
    with pytest.raises(Locked):
        put(store, second, person("L1"))
    assert store.acquire("third", timedelta(minutes=1)).number == second.number + 1


def test_two_openings_see_the_same_hub(url: str, clock: Any) -> None:
    with open_store(url, now=clock) as one, open_store(url, now=clock) as two:
        assert one.hub == two.hub
        first = one.acquire("a", timedelta(minutes=1))
        put(one, first, person("L1", end("hubspot", "1", lens="a")))
        assert two.links(["L1"])["L1"].ends[0].lens == "a"
        assert two.known("hubspot", "contacts", ["1"])
        # names that the other one has added meanwhile
        put(one, first, person("L2", end("kintone", "1", lens="b", part="p")))
        assert two.known("kintone", "5", ["1"])["1"][0].at.part == "p"
        one.release(first)
        put(two, two.acquire("b", timedelta(minutes=1)), person("L3", end("salesforce", "1", lens="c")))
        put(one, _after(two, one, clock), person("L4", end("hubspot", "4", part="q", lens="d")))
        assert two.links(["L4"])["L4"].ends[0].at.part == "q"


def _after(holding: Store, taking: Store, clock: Any) -> Fence:
    clock.forward(minutes=2)
    return taking.acquire("c", timedelta(minutes=1))


def test_identities_sort_by_time_and_do_not_repeat() -> None:
    keys = [new_key() for _ in range(2000)]
    assert len(set(keys)) == 2000
    assert [k[:11] for k in keys] == sorted(k[:11] for k in keys)
    assert all(len(k) == 21 and k.isalnum() for k in keys)
    assert len({new_run() for _ in range(20)}) > 1
    assert new_hub() != new_hub()
