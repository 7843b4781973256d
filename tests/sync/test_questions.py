"""What a person is asked and told: the facts of every hold, what a verdict covers, what an end remembers of a read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connector.mapping.model import EntityMapping, FieldMapping, MatchRules, ObjectMapping, OnDelete
from connector.model import (
    OPT_IN,
    OPT_OUT,
    Address,
    Create,
    Delete,
    End,
    EndId,
    EndState,
    Entity,
    Fate,
    FieldType,
    Hold,
    HoldId,
    HoldKind,
    Left,
    Link,
    LinkPlan,
    PersonName,
    Problem,
    Reason,
    Sent,
    Shown,
    Verdict,
)
from connector.sync.context import Context
from connector.sync.field import MISSING, Conflict, Unfit, signature
from connector.sync.holds import conflict_hold, refusal_seen
from connector.sync.label import label, text_of
from connector.sync.lifecycle import join
from connector.sync.plan import plan_link
from tests.sync.test_stories import BASE, BOTH, FIELDS, MA, SATO, SFA, TANAKA

T1, T2 = datetime(2026, 4, 1, 9, tzinfo=UTC), datetime(2026, 4, 1, 10, tzinfo=UTC)


def mapping(*create: str, on_delete: OnDelete = OnDelete.HOLD) -> EntityMapping:
    columns = {name: (name,) for name in FIELDS}
    return EntityMapping(
        entity=Entity.PERSON,
        enabled=True,
        objects=tuple(ObjectMapping(e.system, e.object, columns=columns, create=e.system in create) for e in (MA, SFA)),
        match=MatchRules((("mail",),)),
        fields=FIELDS,
        on_delete=on_delete,
    )


def context(*create: str, fit: Any = None, **options: Any) -> Context:
    made = mapping(*create, on_delete=options.pop("on_delete", OnDelete.HOLD))
    return Context(made, "R1", fit or (lambda place, field, value: value), **options)


def link(*ends: End) -> Link:
    settled = ends or (End(MA, base=BASE, first=frozenset()), End(SFA, base=BASE, first=frozenset()))
    return Link("L", Entity.PERSON, ends=settled, golden=BASE)


def shown(at: EndId, changes: Mapping[str, Any] | None = None, **more: Any) -> Shown:
    return Shown(at=at, values={**BASE, **(changes or {})}, **more)


def asked(plan: LinkPlan) -> dict[HoldKind, Hold]:
    assert len({h.id.kind for h in plan.opened}) == len(plan.opened)
    return {h.id.kind: h for h in plan.opened}


# --- the facts of a question ------------------------------------------------------------------------------


def test_a_conflict_shows_both_values_with_their_stamps_and_what_stands() -> None:
    plan = plan_link(
        link(),
        [shown(MA, {"tel": "03-1"}, modified_at=T1), shown(SFA, {"tel": "03-2"})],
        context(),
    )
    assert asked(plan) == {
        HoldKind.CONFLICT: Hold(
            HoldId("L", HoldKind.CONFLICT, "tel"),
            {
                "field": "tel",
                "values": {"ma": "03-1", "sfa": "03-2"},
                "stamps": {"ma": T1.isoformat()},
                "golden": "03-1234-5678",
            },
            ("ma", "sfa", "keep", "value"),
            signature({"ma": "03-1", "sfa": "03-2"}),
        )
    }


def test_a_conflict_before_there_is_a_golden_value() -> None:
    hold = conflict_hold(link(), FIELDS["tel"], Conflict({"ma": "1", "": "2"}, {"ma": None}, MISSING, "seen"))
    assert hold == Hold(
        HoldId("L", HoldKind.CONFLICT, "tel"),
        {"field": "tel", "values": {"ma": "1", "": "2"}, "stamps": {}, "golden": None},
        ("ma", "keep", "value"),
        "seen",
    )


def test_an_opt_in_over_an_opt_out_is_a_question_with_two_answers() -> None:
    refused = {**BASE, "consent": OPT_OUT}
    known = Link(
        "L",
        Entity.PERSON,
        ends=(End(MA, base=refused, first=frozenset()), End(SFA, base=refused, first=frozenset())),
        golden=refused,
    )
    plan = plan_link(known, [shown(MA, {"consent": OPT_IN}), shown(SFA, {"consent": OPT_OUT})], context())
    assert asked(plan) == {
        HoldKind.CONSENT: Hold(
            HoldId("L", HoldKind.CONSENT, "consent"),
            {"field": "consent", "values": {"ma": OPT_IN}, "stamps": {}, "golden": OPT_OUT},
            ("opt_in", "opt_out"),
            signature({"ma": OPT_IN}),
        )
    }


def test_a_person_typed_over_another_shows_both() -> None:
    plan = plan_link(link(), [shown(SFA, {"name": TANAKA, "mail": "tanaka@example.co.jp"})], context())
    assert asked(plan) == {
        HoldKind.REPLACED: Hold(
            HoldId("L", HoldKind.REPLACED, "sfa/contacts/2"),
            {
                "system": "sfa",
                "fields": {"name": [SATO, TANAKA], "mail": [BASE["mail"], "tanaka@example.co.jp"]},
            },
            ("same", "successor"),
            signature({"name": TANAKA, "mail": "tanaka@example.co.jp"}),
        )
    }


def test_a_value_that_cannot_be_read_is_quoted_in_part() -> None:
    long = "x" * 250
    plan = plan_link(link(), [replace(shown(SFA), problems={"tel": (Problem.NOT_A_PHONE, long)})], context())
    assert asked(plan) == {
        HoldKind.INVALID: Hold(
            HoldId("L", HoldKind.INVALID, "tel@sfa"),
            {"field": "tel", "system": "sfa", "problem": str(Problem.NOT_A_PHONE), "shown": "x" * 200},
            (),
            signature({"tel": "x" * 200}),
        )
    }


def test_a_question_about_an_unread_value_stays_while_nobody_reads_the_record() -> None:
    here = Hold(HoldId("L", HoldKind.INVALID, "tel@sfa"), {"field": "tel", "system": "sfa"}, ())
    plan = plan_link(link(), [shown(MA)], context(), open_holds={here.id: here})
    assert plan.opened == () and plan.closed == ()
    plan = plan_link(link(), [shown(SFA)], context(), open_holds={here.id: here})
    assert plan.closed == (here.id,)


def test_a_parent_that_is_not_linked_is_waited_for_by_its_foreign_id() -> None:
    plan = plan_link(link(), [replace(shown(SFA), waiting={"company": "A77"})], context())
    assert asked(plan) == {
        HoldKind.WAITING: Hold(
            HoldId("L", HoldKind.WAITING, "company|sfa|A77"),
            {"field": "company", "system": "sfa", "foreign": "A77"},
            (),
        )
    }
    assert plan.after.dirty


def test_a_value_that_has_no_room_is_a_question_about_that_system() -> None:
    def fit(place: tuple[str, str, str], field: str, value: Any) -> Any:
        return Problem.NOT_A_PHONE if place[0] == "sfa" and value == "0" * 30 else value

    plan = plan_link(link(), [shown(MA, {"tel": "0" * 30})], context(fit=fit))
    assert asked(plan) == {
        HoldKind.INVALID: Hold(
            HoldId("L", HoldKind.INVALID, "tel>sfa"),
            {"field": "tel", "system": "sfa", "problem": str(Problem.NOT_A_PHONE), "value": "0" * 30, "outgoing": True},
            (),
            signature({"tel": "0" * 30}),
        )
    }


def test_a_reference_that_has_no_place_there_waits() -> None:
    def fit(place: tuple[str, str, str], field: str, value: Any) -> Any:
        return Unfit.WAITING if (place[0], value) == ("sfa", "C2") else value

    plan = plan_link(link(), [shown(MA, {"company": "C2"})], context(fit=fit))
    hold = Hold(HoldId("L", HoldKind.WAITING, "company>sfa"), {"field": "company", "system": "sfa"}, ())
    assert asked(plan) == {HoldKind.WAITING: hold}


def test_a_write_dropped_twice_names_what_was_sent() -> None:
    ends = (
        End(MA, base=BASE, first=frozenset()),
        End(SFA, base={**BASE, "tel": "03-0"}, first=frozenset(), sent={"tel": Sent("03-1234-5678", 2)}),
    )
    plan = plan_link(link(*ends), [shown(SFA, {"tel": "03-0"})], context())
    assert asked(plan) == {
        HoldKind.REJECTED: Hold(
            HoldId("L", HoldKind.REJECTED, "tel@sfa"),
            {"system": "sfa", "field": "tel", "cause": "dropped", "sent": "03-1234-5678", "tries": 2},
            ("retry",),
            signature({"tel": "03-1234-5678"}),
        )
    }
    assert plan.steps == () and plan.after.dirty


def test_a_deletion_names_the_record_and_whether_another_was_edited() -> None:
    for edited in (False, True):
        seen = [Left(SFA, Fate.DELETED), shown(MA, {"tel": "03-1"} if edited else {})]
        plan = plan_link(link(), seen, context())
        assert asked(plan) == {
            HoldKind.DELETE: Hold(
                HoldId("L", HoldKind.DELETE, "sfa/contacts/2"),
                {"system": "sfa", "id": "2", "edited": edited, "policy": "hold"},
                ("keep", "unlink", "propagate", "revive"),
                "2",
            )
        }
        assert not plan.after.dirty, "a question about a deletion waits for its answer alone"


# --- answers ------------------------------------------------------------------------------------------------


def duplicated() -> Link:
    second = End(EndId("sfa", "contacts", "3", "a"), state=EndState.DUPLICATE, base={"tel": "03-9"})
    return link(*link().ends, second)


def test_a_duplicate_shows_what_it_holds_read_or_not() -> None:
    for seen, values in (
        ([], {"tel": "03-9"}),
        ([Shown(at=duplicated().ends[2].at, values={"tel": "1"})], {"tel": "1"}),
    ):
        hold = asked(plan_link(duplicated(), seen, context()))[HoldKind.DUPLICATE]
        assert hold == Hold(
            HoldId("L", HoldKind.DUPLICATE, "sfa/contacts/3#a"),
            {"system": "sfa", "object": "contacts", "id": "3", "values": values},
            ("leave", "separate"),
            "3",
        )


@pytest.mark.parametrize(("choice", "ends"), [("leave", 3), ("separate", 2)])
def test_an_answer_about_a_duplicate(choice: str, ends: int) -> None:
    id_ = HoldId("L", HoldKind.DUPLICATE, "sfa/contacts/3#a")
    plan = plan_link(duplicated(), [], context(), verdicts={id_: Verdict(id_, choice, "3", None, "me")})
    assert plan.opened == ()
    assert len(plan.after.ends) == ends


@pytest.mark.parametrize(("choice", "state"), [("release", EndState.LIVE), ("", EndState.UNLINKED)])
def test_a_record_of_an_undone_run_is_released_by_a_person(choice: str, state: EndState) -> None:
    known = link(End(MA, base=BASE, first=frozenset()), End(SFA, state=EndState.UNLINKED, base=BASE, first=frozenset()))
    hold = Hold(HoldId("L", HoldKind.UNDONE, "sfa/contacts/2"), {"created": True}, ("release",), "R0")
    verdicts = {hold.id: Verdict(hold.id, choice, "R0", None, "me")} if choice else {}
    plan = plan_link(known, [], context("sfa"), open_holds={hold.id: hold}, verdicts=verdicts)
    assert plan.after.ends[1].state is state
    assert plan.closed == ((hold.id,) if choice else ())
    assert plan.steps == ()
    if choice:
        assert (plan.after.ends[1].base, plan.after.ends[1].first) == (BASE, frozenset()), "what was agreed on there"


@pytest.mark.parametrize("choice", ["", "retry"])
def test_a_create_of_unknown_fate_is_repeated_only_by_a_person(choice: str) -> None:
    known = link(End(MA, base=BASE, first=frozenset()), End(EndId("sfa", "contacts", "?"), state=EndState.CREATING))
    hold = Hold(HoldId("L", HoldKind.REJECTED, "sfa"), {"cause": "unknown"}, ("retry",), "x")
    verdicts = {hold.id: Verdict(hold.id, choice, "x", None, "me")} if choice else {}
    plan = plan_link(known, [], context("sfa"), open_holds={hold.id: hold}, verdicts=verdicts)
    assert [type(s) for s in plan.steps] == ([Create] if choice else [])
    assert plan.closed == ((hold.id,) if choice else ())
    assert len(plan.after.ends) == (1 if choice else 2)


@pytest.mark.parametrize(("tries", "answer", "deleted"), [(3, "", False), (2, "", True), (3, "retry", True)])
def test_a_delete_that_is_refused_too_often_stops(tries: int, answer: str, deleted: bool) -> None:
    known = link(End(MA, base=BASE, first=frozenset()), End(SFA, state=EndState.GONE, base=BASE, first=frozenset()))
    gone = HoldId("L", HoldKind.DELETE, "sfa/contacts/2")
    refused = Hold(HoldId("L", HoldKind.REJECTED, "ma"), {"tries": tries}, ("retry",), refusal_seen((), tries))
    verdicts = {gone: Verdict(gone, "propagate", "2", None, "me")}
    if answer:
        verdicts[refused.id] = Verdict(refused.id, answer, refused.seen, None, "me")
    plan = plan_link(known, [], context(), verdicts=verdicts, open_holds={refused.id: refused})
    assert plan.steps == ((Delete(MA, None),) if deleted else ())
    assert plan.closed == ((refused.id,) if deleted else ())


# --- records to be made -------------------------------------------------------------------------------------


def alone() -> Link:
    return replace(link(End(MA, base=BASE, first=frozenset())))


def test_a_new_record_carries_all_that_it_may_receive() -> None:
    plan = plan_link(alone(), [], context("sfa"))
    [step] = plan.steps
    assert isinstance(step, Create)
    assert step == Create("sfa", "contacts", "", "L", step.changes)
    assert {c.field: (c.before, c.after) for c in step.changes} == {f: (None, v) for f, v in BASE.items()}
    assert {c.reason for c in step.changes} == {Reason.CREATED}


def test_a_new_record_waits_for_its_parent() -> None:
    def fit(place: tuple[str, str, str], field: str, value: Any) -> Any:
        return Unfit.WAITING if (place[0], field) == ("sfa", "company") else value

    plan = plan_link(alone(), [], context("sfa", fit=fit))
    assert plan.steps == ()
    assert asked(plan) == {
        HoldKind.WAITING: Hold(
            HoldId("L", HoldKind.WAITING, "company>sfa"), {"field": "company", "system": "sfa", "value": "C1"}, ()
        )
    }


def test_a_new_record_leaves_out_what_has_no_room() -> None:
    def fit(place: tuple[str, str, str], field: str, value: Any) -> Any:
        return Problem.NOT_A_PHONE if field == "tel" else None if field == "score" else value

    [step] = plan_link(alone(), [], context("sfa", fit=fit)).steps
    assert isinstance(step, Create)
    assert {c.field for c in step.changes} == set(BASE) - {"tel", "score"}


# --- what an end remembers ----------------------------------------------------------------------------------


def marks(end: End) -> tuple[Any, ...]:
    return (end.version, end.fingerprint, end.lens, end.modified_at, end.created_at, end.url)


SEEN: dict[str, Any] = {
    "version": "7", "fingerprint": b"f", "lens": "l1", "modified_at": T2, "created_at": T1, "url": "https://sfa/2",
}  # fmt: skip


@pytest.mark.parametrize(
    "known",
    [[], [End(SFA, base=BASE, first=frozenset())], [End(SFA, state=EndState.GONE)]],
    ids=["new", "live", "back"],
)
def test_an_end_remembers_what_was_seen_of_it(known: list[End]) -> None:
    plan = plan_link(link(End(MA, base=BASE, first=frozenset()), *known), [shown(SFA, **SEEN)], context())
    assert marks(plan.after.ends[1]) == ("7", b"f", "l1", T2, T1, "https://sfa/2")


def test_a_read_without_a_birthday_and_an_address_keeps_the_known_ones() -> None:
    known = End(SFA, base=BASE, first=frozenset(), created_at=T1, url="https://old/2")
    plan = plan_link(link(End(MA, base=BASE, first=frozenset()), known), [shown(SFA, version="8")], context())
    assert marks(plan.after.ends[1]) == ("8", b"", "", None, T1, "https://old/2")


@pytest.mark.parametrize(
    ("before", "in_scope", "after"),
    [
        (EndState.LIVE, True, EndState.LIVE),
        (EndState.LIVE, False, EndState.OUT_OF_SCOPE),
        (EndState.OUT_OF_SCOPE, True, EndState.LIVE),
        (EndState.GONE, False, EndState.OUT_OF_SCOPE),
        (EndState.BURIED, True, EndState.LIVE),
        (EndState.DUPLICATE, False, EndState.DUPLICATE),
    ],
)
def test_where_a_record_stands_after_it_was_seen(before: EndState, in_scope: bool, after: EndState) -> None:
    ends = (End(MA, base=BASE, first=frozenset()), End(SFA, state=before, base=BASE, first=frozenset()))
    plan = plan_link(link(*ends), [shown(SFA, in_scope=in_scope)], context())
    assert plan.after.ends[1].state is after


def test_a_record_that_comes_back_to_a_taken_place_is_a_duplicate() -> None:
    third = EndId("sfa", "contacts", "3")
    ends = (End(MA, base=BASE, first=frozenset()), End(SFA, state=EndState.GONE, base=BASE), End(third, base=BASE))
    plan = plan_link(link(*ends), [shown(SFA), shown(third)], context())
    assert [e.state for e in plan.after.ends] == [EndState.LIVE, EndState.DUPLICATE, EndState.LIVE]


@pytest.mark.parametrize("place", [EndState.LIVE, EndState.OUT_OF_SCOPE, EndState.GONE])
def test_two_links_that_are_one(place: EndState) -> None:
    """The ends of both, those of the other as first contact; a place that is taken makes a duplicate."""
    mine = replace(link(End(MA, state=place, base=BASE, first=frozenset())), aliases=("A",))
    third, fourth = EndId("ma", "people", "3"), EndId("ma", "people", "4")
    pending: dict[str, Any] = {"base": BASE, "first": frozenset(), "sent": {"tel": Sent("1")}, "accepted": {"tel": "1"}}
    other = Link(
        "O",
        Entity.PERSON,
        ends=(End(third, **pending), End(SFA, **pending), End(fourth, state=EndState.GONE, **pending)),
        golden={"tel": "9"},
        aliases=("B",),
    )
    made = join(mine, other)
    taken = EndState.LIVE if place is EndState.GONE else EndState.DUPLICATE
    assert [(e.at, e.state) for e in made.ends] == [
        (MA, place), (third, taken), (SFA, EndState.LIVE), (fourth, EndState.GONE)
    ]  # fmt: skip
    assert made.ends[0] == mine.ends[0]
    assert {(e.first, len(e.sent), len(e.accepted), e.base == BASE) for e in made.ends[1:]} == {
        (frozenset({"*"}), 0, 0, True)
    }
    assert (made.key, made.golden, made.aliases) == ("L", BASE, ("A", "O", "B"))


# --- what a record is called --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (PersonName("山田", "太郎"), "山田 太郎"),
        (PersonName("山田"), "山田"),
        (Address("105-0014", "東京都", "港区", "芝1", "ビル2"), "105-0014 東京都 港区 芝1 ビル2"),
        (Address(city="港区"), "港区"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
    ],
)
def test_a_value_in_one_line(value: Any, text: str) -> None:
    assert text_of(value) == text


def fields(*specs: tuple[str, FieldType]) -> dict[str, FieldMapping]:
    return {name: FieldMapping(name, type_, BOTH, BOTH) for name, type_ in specs}


PEOPLE = fields(("full", FieldType.PERSON_NAME), ("company_name", FieldType.TEXT), ("mail", FieldType.EMAIL))
FIRMS = fields(("name", FieldType.TEXT), ("mail", FieldType.EMAIL), ("memo", FieldType.TEXT))


@pytest.mark.parametrize(
    ("entity", "specs", "values", "called"),
    [
        (Entity.PERSON, PEOPLE, {"full": SATO, "company_name": "青空", "mail": "h@x"}, "佐藤 花子 (青空)"),
        (Entity.PERSON, PEOPLE, {"full": SATO, "company_name": None, "mail": "h@x"}, "佐藤 花子 (h@x)"),
        (Entity.PERSON, PEOPLE, {"full": SATO}, "佐藤 花子"),
        (Entity.PERSON, PEOPLE, {"mail": "h@x"}, "h@x"),
        (Entity.PERSON, {k: PEOPLE[k] for k in ("full", "mail")}, {"full": SATO, "company_name": "青空"}, "佐藤 花子"),
        (Entity.PERSON, FIRMS, {"name": "佐藤", "mail": "h@x"}, "佐藤 (h@x)"),
        (Entity.PERSON, PEOPLE, {}, ""),
        (Entity.COMPANY, FIRMS, {"name": "青空", "mail": "h@x", "memo": "m"}, "青空"),
        (Entity.COMPANY, FIRMS, {"mail": "h@x", "memo": "m"}, "h@x"),
        (Entity.DEAL, FIRMS, {"memo": "m"}, "m"),
    ],
)
def test_what_a_record_is_called(entity: Entity, specs: Any, values: Any, called: str) -> None:
    assert label(replace(mapping(), entity=entity, fields=specs), values) == called
