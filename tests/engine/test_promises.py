"""What a plan promises: dry runs are pure, a saved plan is exact or refused, brakes hold, undo is undone once."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from connector.adapters.memory import Nature
from connector.engine import run
from connector.engine.lease import locked
from connector.engine.narrow import Narrow
from connector.errors import Fatal, Locked, StalePlan
from connector.model import HoldKind
from connector.store.records import RunKind, RunState
from tests.engine.kit import PERSON, Kit, columns, kit

PEOPLE = 30


def crowd(folder: Path, number: int = PEOPLE, **options: object) -> Kit:
    """People known to both systems, linked and in step."""
    k = kit(folder, **options)  # type: ignore[arg-type]
    for i in range(number):
        k.systems["ma"].seed(
            "people", {"last": f"姓{i}", "first": f"名{i}", "mail": f"p{i}@example.com", "title": "課長", "score": i}
        )
        k.systems["sfa"].seed(
            "contacts", {"LastName": f"姓{i}", "FirstName": f"名{i}", "Email": f"p{i}@example.com", "Title": "課長"}
        )
    k.sync()
    k.sync()
    assert k.sync().applied.done == {}
    return k


def ids(k: Kit, system: str) -> list[str]:
    [rows] = k.systems[system].rows.values()
    return list(rows)


def pushes(k: Kit) -> int:
    return sum(c[0] == "push" for s in k.systems.values() for c in s.calls)


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / "hub.db").read_bytes()).hexdigest()


def test_a_dry_run_writes_nothing_anywhere(tmp_path: Path) -> None:
    k = crowd(tmp_path, 3)
    k.systems["sfa"].edit_behind("contacts", ids(k, "sfa")[0], {"Title": "部長"})
    k.pass_time()
    with k.store._db.engine.connect() as c:
        c.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    before, calls = digest(tmp_path), pushes(k)
    plan = k.diff()
    assert plan.footer.totals["counts"]["update"] == 1
    assert plan.path.stat().st_mode & 0o777 == 0o600
    assert (digest(tmp_path), pushes(k)) == (before, calls)
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_saved_plan_does_its_steps_and_reports_what_moved(tmp_path: Path) -> None:
    k = crowd(tmp_path, 3)
    first, second, third = ids(k, "sfa")
    k.pass_time()
    k.systems["sfa"].edit_behind("contacts", first, {"Title": "部長"})
    k.systems["sfa"].edit_behind("contacts", second, {"Title": "本部長"})
    plan = k.diff()
    k.systems["ma"].edit_behind("people", ids(k, "ma")[1], {"title": "主任"})
    k.systems["sfa"].edit_behind("contacts", third, {"Title": "社長"})
    outcome = k.apply(plan)
    assert outcome.state is RunState.PARTIAL
    assert outcome.applied.done == {"applied": 1, "moved": 1}
    assert [k.systems["ma"].values("people", i)["title"] for i in ids(k, "ma")] == ["部長", "主任", "課長"]
    k.sync()
    assert [k.systems["ma"].values("people", i)["title"] for i in ids(k, "ma")] == ["部長", "本部長", "社長"]


def test_a_link_that_moved_on_is_left_alone_be_it_after_an_opt_out(tmp_path: Path) -> None:
    """An opt-out of the plan counts one version on; a link that somebody else moved by one must not pass for that."""
    k = crowd(tmp_path, 3)
    [one, *_] = ids(k, "ma")
    k.systems["ma"].edit_behind("people", one, {"title": "部長", "optout": "1"})
    k.pass_time()
    plan = k.diff()
    k.systems["ma"].edit_behind("people", one, {"title": "本部長", "optout": None})
    k.sync()
    now = k.link_of("ma", "people", one)
    assert now.golden["title"] == "本部長"
    outcome = k.apply(plan)
    assert outcome.state is RunState.PARTIAL and not outcome.applied.done.get("applied")
    after = k.link_of("ma", "people", one)
    assert (after.golden, [e.base for e in after.ends]) == (now.golden, [e.base for e in now.ends])


def test_an_accepted_plan_leaves_alone_what_moved_on_before_its_opt_outs_went_out(tmp_path: Path) -> None:
    k = crowd(tmp_path)
    [one, *_] = ids(k, "ma")
    k.pass_time()
    for i in ids(k, "ma"):
        k.systems["ma"].edit_behind("people", i, {"title": None})
    k.systems["ma"].edit_behind("people", one, {"title": "部長", "optout": "1"})
    plan = k.diff()
    k.systems["ma"].edit_behind("people", one, {"title": "本部長", "optout": None})
    k.pass_time()
    assert k.sync(narrow=Narrow(who="p0@example.com")).applied.done == {"applied": 1}
    now = k.link_of("ma", "people", one)
    assert k.apply(plan).state is RunState.STOPPED
    k.apply(plan, accept=True)
    after = k.link_of("ma", "people", one)
    assert (after.golden, [e.base for e in after.ends]) == (now.golden, [e.base for e in now.ends])


@pytest.mark.parametrize(
    ("why", "message"),
    [
        ("applied", "plan.applied"),
        ("old", "plan.old"),
        ("mapping", "plan.mapping_changed"),
        ("hub", "plan.other_hub"),
        ("schema", "plan.schema_changed"),
        ("cut", "plan.damaged"),
        ("edited", "plan.damaged"),
    ],
)
def test_a_plan_is_refused_whole(tmp_path: Path, why: str, message: str) -> None:
    k = crowd(tmp_path, 2)
    k.pass_time()
    k.systems["sfa"].edit_behind("contacts", ids(k, "sfa")[0], {"Title": "部長"})
    plan = k.diff()
    match why:
        case "applied":
            k.apply(plan)
        case "old":
            k.now += timedelta(hours=25)
        case "mapping":
            k.mappings = {"person.yaml": PERSON.replace("on_blank: clear", "on_blank: keep")}
        case "hub":
            other = tmp_path / "other"
            other.mkdir()
            k.store.close()
            k.store = kit(other).store
        case "schema":
            k.systems["ma"].objects = {"people": (*k.systems["ma"].columns("people"), *columns("new_column"))}
        case "cut":
            plan.path.write_bytes(plan.path.read_bytes()[:-40])
        case "edited":
            plan.path.write_bytes(plan.path.read_bytes().replace("部長".encode(), "社長".encode()))
    calls = pushes(k)
    with pytest.raises(StalePlan) as refused:
        k.apply(plan)
    assert refused.value.message == message
    assert pushes(k) == calls


def test_mass_clearing_stops_before_the_first_write(tmp_path: Path) -> None:
    k = crowd(tmp_path)
    k.pass_time()
    for i in ids(k, "sfa"):
        k.systems["sfa"].edit_behind("contacts", i, {"Title": None})
    calls = pushes(k)
    stopped = k.sync()
    assert stopped.state is RunState.STOPPED
    assert pushes(k) == calls
    assert [(t["brake"], t["field"], t["count"]) for t in stopped.trips] == [("blanks", "title", PEOPLE)]
    plan = k.diff()
    outcome = k.apply(plan, accept=True)
    assert outcome.applied.done == {"applied": PEOPLE}
    assert {k.systems["ma"].values("people", i)["title"] for i in ids(k, "ma")} == {None}


def test_an_opt_out_passes_every_brake(tmp_path: Path) -> None:
    k = crowd(tmp_path)
    k.pass_time()
    for i in ids(k, "sfa"):
        k.systems["sfa"].edit_behind("contacts", i, {"Title": None, "OptOut": "1"})
    stopped = k.sync()
    assert stopped.state is RunState.STOPPED
    assert {k.systems["ma"].values("people", i)["optout"] for i in ids(k, "ma")} == {"1"}
    assert {k.systems["ma"].values("people", i)["title"] for i in ids(k, "ma")} == {"課長"}
    assert k.sync().state is RunState.STOPPED, "the clearing is still there to be looked at"
    k.apply(k.diff(), accept=True)
    k.systems["ma"].edit_behind("people", ids(k, "ma")[0], {"optout": "0"})
    k.pass_time()
    k.sync()
    assert [h.id.kind for h in k.holds(HoldKind.CONSENT)] == [HoldKind.CONSENT]


def test_an_empty_side_is_not_a_mass_deletion(tmp_path: Path) -> None:
    k = crowd(tmp_path)
    k.pass_time()
    rows = k.systems["sfa"].rows["contacts"]
    hidden = dict(rows)
    rows.clear()
    outcome = run.sync(k.hub, k.path(), full=True)
    assert outcome is not None
    assert [t["brake"] for t in outcome.trips] == ["empty_side"]
    rows.update(hidden)
    assert k.sync().applied.done == {}


def test_a_swapped_system_is_refused(tmp_path: Path) -> None:
    k = crowd(tmp_path, 2)
    k.systems["sfa"].org = "sandbox"
    with pytest.raises(Fatal) as refused:
        k.sync()
    assert refused.value.message == "org.changed"


def test_undo_restores_and_holds_what_was_edited_since(tmp_path: Path) -> None:
    k = crowd(tmp_path, 3)
    k.pass_time()
    for i in ids(k, "sfa"):
        k.systems["sfa"].edit_behind("contacts", i, {"Title": "部長"})
    done = k.sync()
    k.systems["ma"].edit_behind("people", ids(k, "ma")[2], {"title": "顧問"})
    undone = k.undo(done.run)
    assert undone.applied.done == {"applied": 2}
    assert [k.systems["ma"].values("people", i)["title"] for i in ids(k, "ma")] == ["課長", "課長", "顧問"]
    assert {h.facts["edited_since"] for h in k.holds(HoldKind.UNDONE)} == {True, False}
    assert k.sync().applied.done == {"applied": 1}, "the later edit flows, the undone ones do not come back"
    assert [k.systems["sfa"].values("contacts", i)["Title"] for i in ids(k, "sfa")] == ["部長", "部長", "顧問"]
    assert k.sync().applied.done == {}
    with pytest.raises(StalePlan):
        k.undo(done.run)
    k.systems["sfa"].edit_behind("contacts", ids(k, "sfa")[0], {"Title": "取締役"})
    k.sync()
    assert k.systems["ma"].values("people", ids(k, "ma")[0])["title"] == "取締役", "a source changed: it flows again"


def test_undo_knows_what_a_system_made_of_our_value(tmp_path: Path) -> None:
    k = crowd(tmp_path, 2, natures={"ma": Nature(fit=lambda c, v: v.upper() if c == "title" and v else v)})
    for who, title in zip(ids(k, "sfa"), ("Chief", "Head"), strict=True):
        k.systems["sfa"].edit_behind("contacts", who, {"Title": title})
    done = k.sync()
    one, other = ids(k, "ma")
    assert k.systems["ma"].rows["people"][one].values["title"] == "CHIEF"
    k.systems["ma"].edit_behind("people", other, {"title": "SOMETHING ELSE"})
    k.undo(done.run)
    assert k.systems["ma"].rows["people"][one].values["title"] == "課長", "CHIEF is what we wrote, as it is held there"
    assert k.systems["ma"].rows["people"][other].values["title"] == "SOMETHING ELSE"


def test_a_record_made_by_an_undone_run_is_neither_adopted_nor_made_again(tmp_path: Path) -> None:
    mapping = PERSON.replace("sfa: {object: contacts}", "sfa: {object: contacts, create: on}")
    k = kit(tmp_path, mappings={"person.yaml": mapping})
    k.systems["ma"].seed("people", {"last": "新井", "first": "誠", "mail": "arai@example.com", "score": 9})
    k.sync()
    made = k.sync()
    [created] = ids(k, "sfa")
    assert made.applied.done == {"applied": 1}
    k.undo(made.run)
    assert k.systems["sfa"].values("contacts", created) is not None
    for _ in range(2):
        assert k.sync().applied.done == {}
    assert ids(k, "sfa") == [created]


def test_created_records_are_deleted_when_asked(tmp_path: Path) -> None:
    mapping = PERSON.replace("sfa: {object: contacts}", "sfa: {object: contacts, create: on}")
    k = kit(tmp_path, mappings={"person.yaml": mapping})
    k.systems["ma"].seed("people", {"last": "新井", "first": "誠", "mail": "arai@example.com"})
    k.sync()
    made = k.sync()
    k.undo(made.run, delete_created=True)
    assert ids(k, "sfa") == []
    for _ in range(2):
        assert k.sync().applied.done == {}


def test_a_conflict_is_asked_once_and_its_verdict_sent(tmp_path: Path) -> None:
    k = crowd(tmp_path, 2)
    k.pass_time()
    k.systems["ma"].edit_behind("people", ids(k, "ma")[0], {"tel": "03-1111-1111", "title": "主任"})
    k.systems["sfa"].edit_behind("contacts", ids(k, "sfa")[0], {"Phone": "03-2222-2222"})
    k.sync()
    [hold] = k.holds(HoldKind.CONFLICT)
    assert hold.facts["values"] == {"ma": "03-1111-1111", "sfa": "03-2222-2222"}
    assert k.systems["sfa"].values("contacts", ids(k, "sfa")[0])["Title"] == "主任", "other fields go on"
    assert k.sync().applied.done == {}
    k.decide(hold, "ma")
    k.sync()
    assert k.systems["sfa"].values("contacts", ids(k, "sfa")[0])["Phone"] == "03-1111-1111"
    assert k.holds(HoldKind.CONFLICT) == []
    assert k.sync().applied.done == {}


def test_agreement_closes_a_conflict(tmp_path: Path) -> None:
    k = crowd(tmp_path, 1)
    k.pass_time()
    k.systems["ma"].edit_behind("people", ids(k, "ma")[0], {"tel": "03-1111-1111"})
    k.systems["sfa"].edit_behind("contacts", ids(k, "sfa")[0], {"Phone": "03-2222-2222"})
    k.sync()
    k.systems["ma"].edit_behind("people", ids(k, "ma")[0], {"tel": "03-2222-2222"})
    k.sync()
    assert k.holds(HoldKind.CONFLICT) == []
    assert k.sync().applied.done == {}


def test_a_third_system_overwrites_nothing_its_rules_do_not_allow(tmp_path: Path) -> None:
    k = crowd(tmp_path, 2)
    k.pass_time()
    k.systems["sfa"].edit_behind("contacts", ids(k, "sfa")[0], {"Phone": "03-1234-5678"})
    k.sync()
    three = (
        PERSON.replace("  sfa: {object: contacts}\n", "  sfa: {object: contacts}\n  event: {object: guests}\n")
        .replace(
            "map: {ma: [last, first], sfa: [LastName, FirstName]}\n    flow: ma <-> sfa",
            "map: {ma: [last, first], sfa: [LastName, FirstName], event: [sei, mei]}\n    flow: ma <-> sfa, event",
        )
        .replace(
            "map: {ma: mail, sfa: Email}\n    flow: ma <-> sfa",
            "map: {ma: mail, sfa: Email, event: mail}\n    flow: ma <-> sfa, event",
        )
        .replace(
            "map: {ma: tel, sfa: Phone}\n    flow: ma <-> sfa",
            "map: {ma: tel, sfa: Phone, event: tel}\n    flow: ma <-> sfa, event",
        )
        .replace(
            "map: {ma: title, sfa: Title}\n    flow: ma <-> sfa",
            "map: {ma: title, sfa: Title, event: title}\n    flow: ma <-> sfa, event",
        )
    )
    from connector.adapters.memory import MemoryAdapter, MemorySystem

    k.systems["event"] = MemorySystem(
        {"guests": columns("sei", "mei", "mail", "tel", "title")}, org="event", now=k.systems["ma"].now
    )
    k.adapters["event"] = MemoryAdapter("event", k.systems["event"])
    k.mappings = {"person.yaml": three}
    guest = k.systems["event"].seed(
        "guests", {"sei": "姓0", "mei": "名0", "mail": "p0@example.com", "tel": "03-9999-9999", "title": "社長"}
    )
    k.sync()
    sfa, ma = k.systems["sfa"].values("contacts", ids(k, "sfa")[0]), k.systems["ma"].values("people", ids(k, "ma")[0])
    assert (sfa["Phone"], ma["tel"]) == ("03-1234-5678", "03-1234-5678"), "ask: a person decides"
    assert (sfa["Title"], ma["title"]) == ("課長", "課長"), "sfa wins"
    shown = k.systems["event"].values("guests", guest)
    assert (shown["tel"], shown["title"]) == ("03-9999-9999", "課長")
    assert [h.id.topic for h in k.holds(HoldKind.CONFLICT)] == ["phone"]


def test_a_cleansing_rule_or_a_mapping_edited_between_runs_sends_nothing(tmp_path: Path) -> None:
    k = crowd(tmp_path, 3)
    k.systems["sfa"].edit_behind("contacts", ids(k, "sfa")[0], {"Title": "部長　兼務"})
    k.sync()
    calls = pushes(k)
    k.mappings = {"person.yaml": PERSON.replace("    type: text\n", "    type: text\n    cleanse: [trim]\n")}
    for _ in range(3):
        assert k.sync().applied.done == {}
    assert pushes(k) == calls
    k.mappings = {
        "person.yaml": PERSON
        + "  company_name:\n    type: text\n    map: {ma: company_id, sfa: AccountId}\n    flow: ma <-> sfa\n"
    }
    k.systems["ma"].rows["people"][ids(k, "ma")[0]].values["company_id"] = "山田商事"
    for _ in range(2):
        assert k.sync().applied.done == {}
    filled = run.backfill(k.hub, k.path(), k.hub.mappings[0].entity, "company_name")
    assert filled.footer.totals["counts"]["update"] == 1
    assert k.apply(filled).applied.done == {"applied": 1}
    assert k.systems["sfa"].values("contacts", ids(k, "sfa")[0])["AccountId"] == "山田商事"
    assert k.sync().applied.done == {}


def test_a_second_writer_is_told_who_holds_the_hub(tmp_path: Path) -> None:
    k = crowd(tmp_path, 1)
    with locked(k.hub), pytest.raises(Locked) as refused:
        run.sync(k.hub, k.path())
    assert "test" in str(refused.value.facts["holder"])


def test_the_ledger_closes(tmp_path: Path) -> None:
    k = crowd(tmp_path, 5)
    k.pass_time()
    k.systems["sfa"].edit_behind("contacts", ids(k, "sfa")[0], {"Title": "部長"})
    k.systems["ma"].edit_behind("people", ids(k, "ma")[1], {"tel": "03-1"})
    k.systems["sfa"].edit_behind("contacts", ids(k, "sfa")[1], {"Phone": "03-2222-2222"})
    outcome = run.sync(k.hub, k.path(), full=True)
    assert outcome is not None
    ledger = outcome.plan.footer.ledger["person"]
    assert sum(ledger["ma"].values()) == 5
    assert sum(ledger["sfa"].values()) == 5


def test_only_one_field_or_the_first_few_are_applied_when_asked(tmp_path: Path) -> None:
    k = crowd(tmp_path, 4)
    k.pass_time()
    for i in ids(k, "sfa"):
        k.systems["sfa"].edit_behind("contacts", i, {"Title": "部長", "Phone": "03-1234-5678"})
    plan = k.diff(first=2)
    assert plan.footer.totals["counts"]["update"] == 2
    k.apply(plan)
    assert [k.systems["ma"].values("people", i)["title"] for i in ids(k, "ma")] == ["部長", "部長", "課長", "課長"]
    plan = k.diff(field="phone")
    k.apply(plan)
    assert [k.systems["ma"].values("people", i)["title"] for i in ids(k, "ma")] == ["部長", "部長", "課長", "課長"]
    assert {k.systems["ma"].values("people", i)["tel"] for i in ids(k, "ma")} == {"03-1234-5678"}
    k.sync()
    assert {k.systems["ma"].values("people", i)["title"] for i in ids(k, "ma")} == {"部長"}
    assert k.sync().applied.done == {}


def test_the_first_run_only_links(tmp_path: Path) -> None:
    k = kit(tmp_path)
    k.systems["ma"].seed("people", {"last": "山田", "first": "太郎", "mail": "t@example.com"})
    outcome = k.sync()
    assert outcome.kind is RunKind.LINK
    assert pushes(k) == 0


def test_an_email_typed_in_later_joins_two_links(tmp_path: Path) -> None:
    k = kit(tmp_path)
    a = k.systems["ma"].seed("people", {"last": "山田", "first": "太郎", "mail": "t@example.com", "score": 7})
    b = k.systems["sfa"].seed("contacts", {"LastName": "山田", "FirstName": "太郎", "Phone": "03-1234-5678"})
    k.sync()
    k.sync()
    assert k.link_of("ma", "people", a).key != k.link_of("sfa", "contacts", b).key
    k.systems["sfa"].edit_behind("contacts", b, {"Email": "t@example.com"})
    k.sync()
    assert k.link_of("ma", "people", a).key == k.link_of("sfa", "contacts", b).key
    k.sync()
    assert k.systems["ma"].values("people", a)["tel"] == "03-1234-5678"
    assert k.systems["sfa"].values("contacts", b)["Score"] == 7
    assert k.sync().applied.done == {}


def test_a_match_review_is_answered_by_a_person(tmp_path: Path) -> None:
    k = kit(tmp_path)
    a = k.systems["ma"].seed("people", {"last": "山田", "first": "太郎", "mail": "yamada@example.com", "score": 7})
    b = k.systems["sfa"].seed("contacts", {"LastName": "佐藤", "FirstName": "花子", "Email": "yamada@example.com"})
    k.sync()
    [hold] = k.holds(HoldKind.MATCH)
    assert set(hold.choices) == {"same", "different"}
    k.decide(hold, "same")
    k.sync()
    assert k.link_of("ma", "people", a).key == k.link_of("sfa", "contacts", b).key
    assert k.holds(HoldKind.MATCH) == []


def test_the_first_overwriting_of_a_field_is_confirmed_once(tmp_path: Path) -> None:
    k = kit(tmp_path)
    for i in range(6):
        k.systems["ma"].seed(
            "people", {"last": f"姓{i}", "first": f"名{i}", "mail": f"p{i}@example.com", "title": "課長"}
        )
        k.systems["sfa"].seed(
            "contacts", {"LastName": f"姓{i}", "FirstName": f"名{i}", "Email": f"p{i}@example.com", "Title": "部長"}
        )
    k.sync()
    stopped = k.sync()
    assert [(t["brake"], t["system"], t["field"], t["count"]) for t in stopped.trips] == [
        ("first_contact", "ma", "title", 6)
    ]
    assert k.apply(k.diff(), accept=True).applied.done == {"applied": 6}
    for i in range(6, 12):
        k.systems["ma"].seed(
            "people", {"last": f"姓{i}", "first": f"名{i}", "mail": f"p{i}@example.com", "title": "課長"}
        )
        k.systems["sfa"].seed(
            "contacts", {"LastName": f"姓{i}", "FirstName": f"名{i}", "Email": f"p{i}@example.com", "Title": "部長"}
        )
    assert k.sync().applied.done == {"applied": 6}


def test_a_successor_typed_over_a_predecessor_gets_a_link_of_their_own(tmp_path: Path) -> None:
    k = crowd(tmp_path, 2)
    [first, _] = ids(k, "sfa")
    k.pass_time()
    k.systems["sfa"].edit_behind(
        "contacts", first, {"LastName": "後藤", "FirstName": "新", "Email": "goto@example.com"}
    )
    held = k.sync()
    assert held.applied.done == {}
    [hold] = k.holds(HoldKind.REPLACED)
    assert k.sync().applied.done == {}, "held, and held again"
    predecessor = k.link_of("ma", "people", ids(k, "ma")[0])
    k.decide(hold, "successor")
    k.sync()
    assert k.link_of("sfa", "contacts", first).key != predecessor.key
    assert [e.at.system for e in k.link_of("ma", "people", ids(k, "ma")[0]).ends] == ["ma"]
    assert k.systems["ma"].values("people", ids(k, "ma")[0])["last"] == "姓0"
    assert k.sync().applied.done == {}
    assert k.holds(HoldKind.REPLACED) == []


def test_the_same_person_renamed_goes_on(tmp_path: Path) -> None:
    k = crowd(tmp_path, 1)
    [contact] = ids(k, "sfa")
    k.pass_time()
    k.systems["sfa"].edit_behind("contacts", contact, {"LastName": "山本", "Email": "yamamoto@example.com"})
    k.sync()
    [hold] = k.holds(HoldKind.REPLACED)
    k.decide(hold, "same")
    k.sync()
    shown = k.systems["ma"].values("people", ids(k, "ma")[0])
    assert (shown["last"], shown["mail"]) == ("山本", "yamamoto@example.com")
    assert k.sync().applied.done == {}


def test_a_backfill_sends_its_field_and_no_other(tmp_path: Path) -> None:
    k = crowd(tmp_path, 2)
    k.pass_time()
    k.systems["sfa"].edit_behind("contacts", ids(k, "sfa")[0], {"Phone": "03-1234-5678"})
    k.systems["ma"].edit_behind("people", ids(k, "ma")[0], {"tel": "03-9999-9999"})
    k.sync()
    assert len(k.holds(HoldKind.CONFLICT)) == 1
    k.systems["ma"].rows["people"][ids(k, "ma")[1]].values["score"] = 77  # changed without a stamp
    plan = run.backfill(k.hub, k.path(), k.hub.mappings[0].entity, "score")
    k.apply(plan)
    assert len(k.holds(HoldKind.CONFLICT)) == 1, "the question of another field stays open"
    k.sync()
    assert len(k.holds(HoldKind.CONFLICT)) == 1


def test_a_deletion_that_was_answered_with_keep_is_not_asked_again(tmp_path: Path) -> None:
    k = crowd(tmp_path, 2)
    k.pass_time()
    k.systems["sfa"].delete_behind("contacts", ids(k, "sfa")[0])
    k.sync()
    [hold] = k.holds(HoldKind.DELETE)
    k.decide(hold, "keep")
    for _ in range(3):
        assert k.sync().applied.done == {}
    assert k.holds(HoldKind.DELETE) == []
    assert len(ids(k, "ma")) == 2


def test_a_deletion_confirmed_by_a_person_is_propagated(tmp_path: Path) -> None:
    k = crowd(tmp_path, 2)
    k.pass_time()
    k.systems["sfa"].delete_behind("contacts", ids(k, "sfa")[0])
    assert k.sync().applied.done == {}
    [hold] = k.holds(HoldKind.DELETE)
    k.decide(hold, "propagate")
    assert k.sync().applied.done == {"applied": 1}
    assert len(ids(k, "ma")) == 1
    assert k.sync().applied.done == {}


def test_a_wrong_same_is_revised_and_the_records_part_again(tmp_path: Path) -> None:
    k = kit(tmp_path)
    a = k.systems["ma"].seed("people", {"last": "山田", "first": "太郎", "mail": "yamada@example.com", "score": 7})
    b = k.systems["sfa"].seed("contacts", {"LastName": "佐藤", "FirstName": "花子", "Email": "yamada@example.com"})
    k.sync()
    [hold] = k.holds(HoldKind.MATCH)
    k.decide(hold, "same")
    k.sync()
    assert k.link_of("ma", "people", a).key == k.link_of("sfa", "contacts", b).key
    k.decide(hold, "different")
    k.sync()
    assert k.link_of("ma", "people", a).key != k.link_of("sfa", "contacts", b).key
    assert k.holds(HoldKind.MATCH) == []
    for _ in range(2):
        assert k.sync().applied.done == {}
    assert k.link_of("ma", "people", a).key != k.link_of("sfa", "contacts", b).key, "never asked, never joined again"
    k.decide(hold, "same")
    k.sync()
    assert k.link_of("ma", "people", a).key == k.link_of("sfa", "contacts", b).key


def test_a_wrong_link_that_nobody_was_asked_about_can_be_parted(tmp_path: Path) -> None:
    k = crowd(tmp_path, 2)
    a, b = ids(k, "ma")[0], ids(k, "sfa")[0]
    link = k.link_of("ma", "people", a)
    assert link.key == k.link_of("sfa", "contacts", b).key
    run.part(k.hub, link, next(e.at for e in link.ends if e.at.system == "sfa"))
    k.sync()
    assert k.link_of("ma", "people", a).key == link.key
    assert k.link_of("sfa", "contacts", b).key != link.key
    for _ in range(2):
        assert k.sync().applied.done == {}
    k.systems["sfa"].edit_behind("contacts", b, {"Title": "部長"})
    k.sync()
    assert k.systems["ma"].values("people", a)["title"] == "課長"
    assert k.link_of("sfa", "contacts", b).key != link.key
    assert k.holds(HoldKind.MATCH) == []
