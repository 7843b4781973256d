"""Cases that one field cannot tell: whole persons, several runs. The docstrings stand in docs/how-it-works.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from connector.mapping.model import EntityMapping, FieldMapping, MatchRules, ObjectMapping
from connector.model import (
    OPT_IN,
    OPT_OUT,
    Create,
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
    Update,
    Value,
    Verdict,
)
from connector.sync.context import Context
from connector.sync.field import signature
from connector.sync.holds import refusal_seen
from connector.sync.plan import plan_link

MA, SFA = EndId("ma", "people", "1"), EndId("sfa", "contacts", "2")
BOTH = frozenset({"ma", "sfa"})
SATO, TANAKA = PersonName("佐藤", "花子"), PersonName("田中", "一郎")

FIELDS = {
    "name": FieldMapping("name", FieldType.PERSON_NAME, BOTH, BOTH),
    "mail": FieldMapping("mail", FieldType.EMAIL, BOTH, BOTH),
    "tel": FieldMapping("tel", FieldType.PHONE, BOTH, BOTH),
    "score": FieldMapping("score", FieldType.INTEGER, frozenset({"ma"}), frozenset({"sfa"})),
    "company": FieldMapping("company", FieldType.REFERENCE, BOTH, BOTH, to=Entity.COMPANY),
    "consent": FieldMapping("consent", FieldType.CONSENT, BOTH, BOTH),
}
BASE: dict[str, Value] = {
    "name": SATO,
    "mail": "hanako@example.co.jp",
    "tel": "03-1234-5678",
    "score": 10,
    "company": "C1",
    "consent": OPT_IN,
}


def _mapping(*, create: bool = False) -> EntityMapping:
    columns = {name: (name,) for name in FIELDS}
    objects = (
        ObjectMapping("ma", "people", columns=columns),
        ObjectMapping("sfa", "contacts", create=create, columns=columns),
    )
    return EntityMapping(Entity.PERSON, objects, FIELDS, MatchRules((("mail",),)), enabled=True)


def _context(*, create: bool = False, **beside: Any) -> Context:
    return Context(_mapping(create=create), "run", lambda place, field, value: value, **beside)


def _link(ma: End | None = None, sfa: End | None = None, **golden: Value) -> Link:
    ends = (ma or _end(MA), sfa or _end(SFA))
    return Link("L", Entity.PERSON, ends, {**BASE, **golden}, version=1)


def _end(at: EndId, **beside: Any) -> End:
    return End(at, base=dict(BASE), first=frozenset(), **beside)


def _shows(at: EndId, **values: Value) -> Shown:
    return Shown(at, {**BASE, **values})


def _plan(
    link: Link,
    *seen: Any,
    context: Context | None = None,
    verdicts: Mapping[HoldId, Verdict] | None = None,
    open_holds: Mapping[HoldId, Hold] | None = None,
) -> LinkPlan:
    return plan_link(link, seen, context or _context(), verdicts=verdicts, open_holds=open_holds, known=link)


def _sent(plan: LinkPlan) -> dict[str, dict[str, Value]]:
    return {s.at.system: {c.field: c.after for c in s.changes} for s in plan.steps if isinstance(s, Update)}


def _kinds(plan: LinkPlan) -> list[str]:
    return sorted(str(h.id.kind) for h in plan.opened)


# --- 担当者交代? -------------------------------------------------------------------------------------------


def test_name_and_mail_both_moved() -> None:
    """Name and e-mail both moved away from the base: held as `replaced`, and nothing of that end flows."""
    plan = _plan(_link(), _shows(SFA, name=TANAKA, mail="ichiro@example.co.jp", tel="06-1111-2222"))
    assert _sent(plan) == {}
    assert _kinds(plan) == ["replaced"]
    assert plan.after.golden["name"] == SATO
    assert next(e for e in plan.after.ends if e.at == SFA).base == BASE
    assert plan.opened[0].choices == ("same", "successor")


def test_only_the_mail_moved() -> None:
    """A changed e-mail alone is an update, and so is a changed name alone."""
    assert _sent(_plan(_link(), _shows(SFA, mail="sato@example.co.jp"))) == {"ma": {"mail": "sato@example.co.jp"}}
    married = PersonName("鈴木", "花子")
    assert _sent(_plan(_link(), _shows(SFA, name=married))) == {"ma": {"name": married}}


def test_name_and_mail_in_another_form() -> None:
    """Name and e-mail that changed in width, case or old kanji only are no replacement."""
    plan = _plan(
        _link(mail="Hanako@Example.co.jp"), _shows(SFA, name=PersonName("佐藤", "花子"), mail="HANAKO@example.co.jp")
    )
    assert "replaced" not in _kinds(plan)


def test_our_own_two_writes() -> None:
    """Our own name and e-mail coming back are no replacement, even in another form."""
    for shown_name, shown_mail in (
        (TANAKA, "ichiro@example.co.jp"),
        (TANAKA, "ICHIRO@example.co.jp"),
        (PersonName("田中　", "一郎"), "ICHIRO@example.co.jp"),
    ):
        written = {"name": Sent(TANAKA), "mail": Sent("ichiro@example.co.jp")}
        ma = replace(_end(MA), base={**BASE, "name": TANAKA, "mail": "ichiro@example.co.jp"})
        link = _link(ma, _end(SFA, sent=written), name=TANAKA, mail="ichiro@example.co.jp")
        plan = _plan(link, _shows(SFA, name=shown_name, mail=shown_mail))
        assert _kinds(plan) == [], (shown_name, shown_mail)
        assert _sent(plan) == {}


def test_same_person() -> None:
    """The verdict "same" (改姓, 訂正): the new values flow like any other edit."""
    question = _plan(_link(), _shows(SFA, name=TANAKA, mail="ichiro@example.co.jp")).opened[0]
    verdict = Verdict(question.id, "same", question.seen)
    plan = _plan(
        _link(),
        _shows(SFA, name=TANAKA, mail="ichiro@example.co.jp"),
        verdicts={question.id: verdict},
        open_holds={question.id: question},
    )
    assert _sent(plan) == {"ma": {"name": TANAKA, "mail": "ichiro@example.co.jp"}}
    assert plan.closed == (question.id,)


def test_same_person_then_another() -> None:
    """The verdict "same" covers the values seen: another pair of name and e-mail is asked about again."""
    question = _plan(_link(), _shows(SFA, name=TANAKA, mail="ichiro@example.co.jp")).opened[0]
    verdict = Verdict(question.id, "same", question.seen)
    plan = _plan(
        _link(),
        _shows(SFA, name=PersonName("中村", "健"), mail="ken@example.co.jp"),
        verdicts={question.id: verdict},
        open_holds={question.id: question},
    )
    assert _kinds(plan) == ["replaced"]


def test_successor() -> None:
    """The verdict "successor": the record leaves this link and finds one of its own; score and consent stay here."""
    question = _plan(_link(), _shows(SFA, name=TANAKA, mail="ichiro@example.co.jp")).opened[0]
    verdict = Verdict(question.id, "successor", question.seen)
    plan = _plan(
        _link(),
        _shows(SFA, name=TANAKA, mail="ichiro@example.co.jp"),
        verdicts={question.id: verdict},
        open_holds={question.id: question},
    )
    assert [e.at for e in plan.after.ends] == [MA]
    assert plan.after.golden == BASE
    assert _sent(plan) == {}
    assert plan.closed == (question.id,)


def test_opt_out_at_a_replaced_end() -> None:
    """An opt-out at an end held as `replaced` is taken all the same: opt-outs are exempt from other holds."""
    plan = _plan(_link(), _shows(SFA, name=TANAKA, mail="ichiro@example.co.jp", consent=OPT_OUT))
    assert plan.after.golden["consent"] == OPT_OUT
    assert _sent(plan) == {"ma": {"consent": OPT_OUT}}
    assert _kinds(plan) == ["replaced"]


def test_opt_out_towards_a_replaced_end() -> None:
    """An opt-out given elsewhere reaches an end that is held as `replaced`."""
    plan = _plan(_link(), _shows(MA, consent=OPT_OUT), _shows(SFA, name=TANAKA, mail="ichiro@example.co.jp"))
    assert _sent(plan) == {"sfa": {"consent": OPT_OUT}}


# --- one field beside others ------------------------------------------------------------------------------


def test_held_field_and_others() -> None:
    """A held field keeps its base at every end; all other fields of the record go on."""
    plan = _plan(
        _link(), _shows(MA, mail="b@example.co.jp", score=20), _shows(SFA, mail="c@example.co.jp", tel="06-1-1")
    )
    assert _sent(plan) == {"ma": {"tel": "06-1-1"}, "sfa": {"score": 20}}
    assert _kinds(plan) == ["conflict"]
    assert {e.base["mail"] for e in plan.after.ends} == {BASE["mail"]}
    assert plan.after.golden["mail"] == BASE["mail"]


def test_conflict_and_opt_out() -> None:
    """A conflict in another field does not hold back an opt-out."""
    plan = _plan(_link(), _shows(MA, mail="b@example.co.jp", consent=OPT_OUT), _shows(SFA, mail="c@example.co.jp"))
    assert _sent(plan) == {"sfa": {"consent": OPT_OUT}}
    assert _kinds(plan) == ["conflict"]


def test_one_hold_per_field() -> None:
    """There is one hold per record and field: a further edit updates it."""
    first = _plan(_link(), _shows(MA, mail="b@example.co.jp"), _shows(SFA, mail="c@example.co.jp")).opened[0]
    plan = _plan(
        _link(),
        _shows(MA, mail="d@example.co.jp"),
        _shows(SFA, mail="c@example.co.jp"),
        open_holds={first.id: first},
    )
    (second,) = plan.opened
    assert second.id == first.id
    assert second.facts["values"] == {"ma": "d@example.co.jp", "sfa": "c@example.co.jp"}
    assert second.seen == signature({"ma": "d@example.co.jp", "sfa": "c@example.co.jp"})
    assert plan.closed == ()


def test_unchanged_question() -> None:
    """A question that did not change is not opened again."""
    first = _plan(_link(), _shows(MA, mail="b@example.co.jp"), _shows(SFA, mail="c@example.co.jp")).opened[0]
    plan = _plan(
        _link(),
        _shows(MA, mail="b@example.co.jp"),
        _shows(SFA, mail="c@example.co.jp"),
        open_holds={first.id: first},
    )
    assert plan.opened == ()
    assert plan.closed == ()
    assert plan.after.dirty


def test_unreadable_value() -> None:
    """A value that cannot be read is held with what it shows; it is no edit, and the other fields go on."""
    values = {f: v for f, v in BASE.items() if f != "tel"} | {"score": 30}
    plan = _plan(_link(), Shown(MA, values, problems={"tel": (Problem.NOT_A_PHONE, "内線のみ")}))
    assert _sent(plan) == {"sfa": {"score": 30}}
    assert _kinds(plan) == ["invalid"]
    assert plan.after.golden["tel"] == BASE["tel"]
    assert plan.opened[0].facts["shown"] == "内線のみ"


def test_waiting_reference() -> None:
    """A reference to a record that is not linked yet waits: neither blank nor edit."""
    values = {f: v for f, v in BASE.items() if f != "company"}
    plan = _plan(_link(), Shown(SFA, values, waiting={"company": "001XX"}))
    assert _sent(plan) == {}
    assert _kinds(plan) == ["waiting"]
    assert plan.after.golden["company"] == "C1"
    assert plan.after.dirty


def test_waiting_is_over() -> None:
    """When the target is linked, the reference flows and the waiting is closed."""
    values = {f: v for f, v in BASE.items() if f != "company"}
    waiting = _plan(_link(), Shown(SFA, values, waiting={"company": "001XX"})).opened[0]
    plan = _plan(_link(), _shows(SFA, company="C2"), open_holds={waiting.id: waiting})
    assert _sent(plan) == {"ma": {"company": "C2"}}
    assert plan.closed == (waiting.id,)


def test_one_write_per_record() -> None:
    """All changed fields of one record go out in one step, and only the changed ones."""
    plan = _plan(_link(), _shows(MA, tel="06-1-1", score=20, mail="b@example.co.jp"))
    assert len(plan.steps) == 1
    assert _sent(plan) == {"sfa": {"mail": "b@example.co.jp", "tel": "06-1-1", "score": 20}}


def test_limited_to_some_fields() -> None:
    """A run limited to some fields leaves the others as they were, bases included."""
    plan = _plan(_link(), _shows(MA, tel="06-1-1", score=20), context=_context(fields=frozenset({"score"})))
    assert _sent(plan) == {"sfa": {"score": 20}}
    ma = next(e for e in plan.after.ends if e.at == MA)
    assert (ma.base["tel"], ma.base["score"]) == (BASE["tel"], 20)


def test_new_record() -> None:
    """A new record carries what flows there, what identifies it, and its consent."""
    link = Link("L", Entity.PERSON, (_end(MA),), {**BASE, "consent": OPT_OUT}, version=1)
    plan = _plan(link, _shows(MA, consent=OPT_OUT), context=_context(create=True))
    (step,) = plan.steps
    assert isinstance(step, Create)
    assert step.key == "L"
    assert {c.field: c.after for c in step.changes} == {**BASE, "consent": OPT_OUT}


# --- refused and asked ------------------------------------------------------------------------------------


def _refused(after: str, tries: int) -> Hold:
    plan = _plan(_link(tel=after), _shows(SFA))
    (step,) = (s for s in plan.steps if isinstance(s, Update) and s.at == SFA)
    seen = refusal_seen(step.changes, tries)
    return Hold(HoldId("L", HoldKind.REJECTED, "tel@sfa"), {"tries": tries}, ("retry",), seen)


def test_refused_once() -> None:
    """A write that a system refused is tried again by the next run."""
    ma = replace(_end(MA), base={**BASE, "tel": "06-1-1"})
    hold = _refused("06-1-1", 1)
    plan = _plan(_link(ma, tel="06-1-1"), _shows(SFA), open_holds={hold.id: hold})
    assert _sent(plan)["sfa"] == {"tel": "06-1-1"}


def test_refused_too_often() -> None:
    """Refused three times with the same values: the hold stays and nothing is sent; other fields go on."""
    ma = replace(_end(MA), base={**BASE, "tel": "06-1-1"})
    hold = _refused("06-1-1", 3)
    plan = _plan(_link(ma, tel="06-1-1"), _shows(MA, tel="06-1-1", score=20), open_holds={hold.id: hold})
    assert _sent(plan) == {"sfa": {"score": 20}}
    assert plan.opened == ()
    assert plan.closed == ()
    assert plan.after.dirty


def test_refused_and_asked_again() -> None:
    """Refused too often, and a person asks for another try: sent once more."""
    ma = replace(_end(MA), base={**BASE, "tel": "06-1-1"})
    hold = _refused("06-1-1", 3)
    plan = _plan(
        _link(ma, tel="06-1-1"),
        _shows(SFA),
        verdicts={hold.id: Verdict(hold.id, "retry", hold.seen)},
        open_holds={hold.id: hold},
    )
    assert _sent(plan) == {"sfa": {"tel": "06-1-1"}}


def test_refused_and_changed() -> None:
    """Refused too often, then edited: the new value gets tries of its own."""
    ma = replace(_end(MA), base={**BASE, "tel": "06-1-1"})
    hold = _refused("06-1-1", 3)
    plan = _plan(_link(ma, tel="06-1-1"), _shows(MA, tel="06-2-2"), open_holds={hold.id: hold})
    assert _sent(plan) == {"sfa": {"tel": "06-2-2"}}
    assert hold.id in plan.closed


def test_kept_deletion_is_asked_once() -> None:
    """A person who said "keep the others" is not asked again by the next run."""
    asked = _plan(_link(), Left(MA, Fate.DELETED))
    question = asked.opened[0]
    answered = _plan(
        asked.after,
        verdicts={question.id: Verdict(question.id, "keep", question.seen)},
        open_holds={question.id: question},
    )
    # the state forgets a verdict when its hold closes
    closed = question.id in answered.closed
    later = _plan(
        answered.after,
        _shows(SFA),
        verdicts={} if closed else {question.id: Verdict(question.id, "keep", question.seen)},
        open_holds={} if closed else {question.id: question},
    )
    assert later.opened == ()


def test_deleted_before_anything_was_decided() -> None:
    """A deletion is asked about until it is answered, also where no value had been decided yet."""
    asked = _plan(_link(ma=End(MA)), Left(MA, Fate.DELETED))
    question = asked.opened[0]
    later = _plan(asked.after, _shows(SFA), open_holds={question.id: question})
    assert later.closed == ()


def test_unread_question_stays() -> None:
    """A question about a value that cannot be read stays open while that record is not read again."""
    values = {f: v for f, v in BASE.items() if f != "tel"}
    question = _plan(_link(), Shown(SFA, values, problems={"tel": (Problem.NOT_A_PHONE, "?")})).opened[0]
    plan = _plan(_link(), _shows(MA, score=20), open_holds={question.id: question})
    assert plan.closed == ()


def test_a_verdict_is_used_once() -> None:
    """What a verdict decided stays decided: the next run neither asks nor sends."""
    over = {"ma": "b@example.co.jp", "sfa": "c@example.co.jp"}
    id_ = HoldId("L", HoldKind.CONFLICT, "mail")
    plan = _plan(
        _link(),
        _shows(MA, mail=over["ma"]),
        _shows(SFA, mail=over["sfa"]),
        verdicts={id_: Verdict(id_, "sfa", signature(over))},
        open_holds={id_: Hold(id_, {}, ())},
    )
    assert _sent(plan) == {"ma": {"mail": over["sfa"]}}
    assert plan.steps[0].changes[0].reason is Reason.VERDICT  # type: ignore[union-attr]
    later = _plan(plan.after, _shows(MA, mail=over["sfa"]), _shows(SFA, mail=over["sfa"]))
    assert later.steps == ()
    assert later.opened == ()


def test_deleted_everywhere() -> None:
    """Deleted in every system: nothing to write, one question for each record."""
    plan = _plan(_link(), Left(MA, Fate.DELETED), Left(SFA, Fate.DELETED), context=_context(create=True))
    assert plan.steps == ()
    assert {e.state for e in plan.after.ends} == {EndState.GONE}
    assert _kinds(plan) == ["delete", "delete"]


# --- what a new record is made of ----------------------------------------------------------------------------


def test_a_record_of_which_only_a_reference_is_known() -> None:
    """Nothing is made of which only a reference or a consent is known: nobody could tell what it is."""
    link = Link("L", Entity.PERSON, (_end(MA),), {"company": "C1", "consent": OPT_OUT, "score": 3}, version=1)
    assert [s for s in _plan(link, context=_context(create=True)).steps if isinstance(s, Create)] == []
    named = replace(link, golden={**link.golden, "name": SATO})
    assert len([s for s in _plan(named, context=_context(create=True)).steps if isinstance(s, Create)]) == 1


def test_an_opt_in_goes_into_a_new_record_only_along_the_arrow() -> None:
    """A new record is given an opt-out whatever the arrow says, an opt-in only where the arrow points to."""

    def given(consent: Value, receivers: frozenset[str]) -> Value:
        mapping = _mapping(create=True)
        field = replace(mapping.fields["consent"], receivers=receivers)
        context = replace(_context(), mapping=replace(mapping, fields={**mapping.fields, "consent": field}))
        link = Link("L", Entity.PERSON, (replace(_end(MA), base={**BASE, "consent": consent}),),
                    {**BASE, "consent": consent}, version=1)  # fmt: skip
        [made] = [s for s in _plan(link, context=context).steps if isinstance(s, Create)]
        return {c.field: c.after for c in made.changes}.get("consent")

    assert given(OPT_OUT, frozenset()) == OPT_OUT and given(OPT_OUT, BOTH) == OPT_OUT
    assert given(OPT_IN, BOTH) == OPT_IN and given(OPT_IN, frozenset({"ma"})) is None


STORIES: dict[str, tuple[Callable[[], None], ...]] = {
    "replaced": (
        test_name_and_mail_both_moved,
        test_only_the_mail_moved,
        test_name_and_mail_in_another_form,
        test_our_own_two_writes,
        test_same_person,
        test_same_person_then_another,
        test_successor,
        test_opt_out_at_a_replaced_end,
        test_opt_out_towards_a_replaced_end,
    ),
    "beside others": (
        test_held_field_and_others,
        test_conflict_and_opt_out,
        test_one_hold_per_field,
        test_unchanged_question,
        test_unreadable_value,
        test_waiting_reference,
        test_waiting_is_over,
        test_one_write_per_record,
        test_limited_to_some_fields,
        test_new_record,
        test_a_record_of_which_only_a_reference_is_known,
        test_an_opt_in_goes_into_a_new_record_only_along_the_arrow,
    ),
    "refused and asked": (
        test_refused_once,
        test_refused_too_often,
        test_refused_and_asked_again,
        test_refused_and_changed,
        test_kept_deletion_is_asked_once,
        test_deleted_before_anything_was_decided,
        test_unread_question_stays,
        test_a_verdict_is_used_once,
        test_deleted_everywhere,
    ),
}
