"""The planner's tables, row by row. docs/how-it-works.md shows the same rows: `python -m tests.test_plan` writes them.

A cell reads `edit("a", "b")`: this end showed "a" when we last agreed and shows "b" now. `then` is the golden value
afterwards, `send` what each end is sent and why, `held` the questions that stand open afterwards. Every row is run a
second time, after systems that keep exactly what they are given: nothing may be sent then.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connector.model import (
    OPT_IN,
    OPT_OUT,
    EndState,
    Fate,
    FieldType,
    HoldKind,
    Problem,
    Reason,
    Value,
)
from connector.sync.field import MISSING, Fitted, Unfit
from tests.sync import test_guard as brakes
from tests.sync import test_stories as stories
from tests.sync.table import (
    Answer,
    Limit,
    Row,
    about,
    absent,
    became,
    check,
    decided,
    deleted,
    edit,
    new,
    outside,
    rendered,
    same,
    undecided,
    unmapped,
    unread,
)

DOC = Path(__file__).parent.parent / "docs" / "how-it-works.md"

EDITED, RULE, VERDICT, FILLED = Reason.EDITED, Reason.CONFLICT_RULE, Reason.VERDICT, Reason.FILLED
FIRST_CONTACT, DRIFT, UNDELIVERED = Reason.FIRST_CONTACT, Reason.DRIFT, Reason.UNDELIVERED
COMPUTED, BACKFILL, OUT = Reason.COMPUTED, Reason.BACKFILL, Reason.OPT_OUT
THREE = "ma <-> sfa, kintone"
ONE_WAY = "ma -> sfa"
FANNED_OUT = "ma -> sfa, kintone"


def _upper(value: Value) -> Fitted:
    return value.upper() if isinstance(value, str) else value


def _cut(value: Value) -> Fitted:
    return value[:3] if isinstance(value, str) else value


def _too_long(value: Value) -> Fitted:
    return Problem.TOO_LONG if isinstance(value, str) and len(value) > 3 else value


def _waiting(value: Value) -> Fitted:
    return value if value is None else Unfit.WAITING


CAPITALS = Limit("keeps capitals only", _upper)
THREE_LETTERS = Limit("keeps three letters", _cut)
REFUSES_LONG = Limit("refuses more than three letters", _too_long)
PARENT_UNKNOWN = Limit("has no such parent yet", _waiting)

MERGE = (
    Row(
        "edited nowhere: the golden value stays",
        golden="a", ma=same("a"), sfa=same("a"),
        then="a",
    ),
    Row(
        "edited nowhere, but one end never got the golden value: it is delivered",
        golden="b", ma=same("b"), sfa=same("a"),
        then="b", send={"sfa": ("b", UNDELIVERED)},
    ),
    Row(
        "one source edited: its value becomes golden and goes to the other",
        golden="a", ma=edit("a", "b"), sfa=same("a"),
        then="b", send={"sfa": ("b", EDITED)},
    ),
    Row(
        "one source edited, of three: the value goes to both others",
        flow=THREE, golden="a", ma=same("a"), sfa=same("a"), kintone=edit("a", "b"),
        then="b", send={"ma": ("b", EDITED), "sfa": ("b", EDITED)},
    ),
    Row(
        "an end that was not read is taken to show its base",
        golden="a", ma=edit("a", "b"), sfa=unread("a"),
        then="b", send={"sfa": ("b", EDITED)},
    ),
    Row(
        "several sources edited to the same value: settled, nothing to send",
        golden="a", ma=edit("a", "b"), sfa=edit("a", "b"),
        then="b", base={"ma": "b", "sfa": "b"},
    ),
    Row(
        "several sources edited to the same value: the end that did not edit receives it",
        flow=THREE, golden="a", ma=edit("a", "b"), sfa=edit("a", "b"), kintone=same("a"),
        then="b", send={"kintone": ("b", EDITED)},
    ),
    Row(
        "equal as far as each can hold it: settled at the fuller value (capitals)",
        holds_only={"sfa": CAPITALS}, golden="a", ma=edit("a", "Suzuki"), sfa=edit("A", "SUZUKI"),
        then="Suzuki",
    ),
    Row(
        "equal as far as each can hold it: settled at the fuller value (cut)",
        holds_only={"ma": THREE_LETTERS}, golden="a", ma=edit("a", "Tok"), sfa=edit("a", "Tokyo"),
        then="Tokyo",
    ),
    Row(
        "several sources edited differently, `ask`: held, and nothing moves",
        golden="a", ma=edit("a", "b"), sfa=edit("a", "c"),
        then="a", held=("conflict",), base={"ma": "a", "sfa": "a"},
    ),
    Row(
        "several sources edited differently, a named system wins",
        rule="sfa wins", golden="a", ma=edit("a", "b"), sfa=edit("a", "c"),
        then="c", send={"ma": ("c", RULE)},
    ),
    Row(
        "the other system wins when it is the one named",
        rule="ma wins", golden="a", ma=edit("a", "b"), sfa=edit("a", "c"),
        then="b", send={"sfa": ("b", RULE)},
    ),
    Row(
        "the named winner did not edit: the others are asked about",
        rule="sfa wins", flow=THREE, golden="a", ma=edit("a", "b"), sfa=same("a"), kintone=edit("a", "c"),
        then="a", held=("conflict",),
    ),
    Row(
        "`newest`: the later stamp wins",
        rule="newest", golden="a", ma=edit("a", "b", minute=0), sfa=edit("a", "c", minute=3),
        then="c", send={"ma": ("c", RULE)},
    ),
    Row(
        "`newest`, stamps two minutes apart: too near to tell, held",
        rule="newest", golden="a", ma=edit("a", "b", minute=0), sfa=edit("a", "c", minute=2),
        then="a", held=("conflict",),
    ),
    Row(
        "`newest`: the resolution of both stamps widens what is too near",
        rule="newest", resolution={"ma": 1, "sfa": 1},
        golden="a", ma=edit("a", "b", minute=0), sfa=edit("a", "c", minute=4),
        then="a", held=("conflict",),
    ),
    Row(
        "`newest`: beyond both resolutions and two minutes, the later wins",
        rule="newest", resolution={"ma": 1, "sfa": 1},
        golden="a", ma=edit("a", "b", minute=5), sfa=edit("a", "c", minute=0),
        then="b", send={"sfa": ("b", RULE)},
    ),
    Row(
        "`newest` and a stamp is missing: held",
        rule="newest", golden="a", ma=edit("a", "b", minute=0), sfa=edit("a", "c"),
        then="a", held=("conflict",),
    ),
    Row(
        "`newest`, two near each other agree and the third is old: no question",
        rule="newest", flow=THREE, golden="a",
        ma=edit("a", "b", minute=0), sfa=edit("a", "c", minute=30), kintone=edit("a", "c", minute=29),
        then="c", send={"ma": ("c", RULE)},
    ),
    Row(
        "`max`: the larger number",
        rule="max", type=FieldType.INTEGER, golden=1, ma=edit(1, 5), sfa=edit(1, 3),
        then=5, send={"sfa": (5, RULE)},
    ),
    Row(
        "`min`: the earlier day",
        rule="min", type=FieldType.DATE, golden=date(2026, 4, 1),
        ma=edit(date(2026, 4, 1), date(2026, 4, 9)), sfa=edit(date(2026, 4, 1), date(2026, 4, 5)),
        then=date(2026, 4, 5), send={"ma": (date(2026, 4, 5), RULE)},
    ),
    Row(
        "`strictest`: the choice that stands last in the mapping's order",
        rule="strictest", type=FieldType.PICKLIST, order=("low", "middle", "high"), golden="low",
        ma=edit("low", "middle"), sfa=edit("low", "high"),
        then="high", send={"ma": ("high", RULE)},
    ),
    Row(
        "`max` over values that have no order: held",
        rule="max", golden="a", ma=edit("a", "b"), sfa=edit("a", "c"),
        then="a", held=("conflict",),
    ),
    Row(
        "a source that receives nothing is heard and not written",
        flow="ma, sfa -> kintone", golden="a", ma=edit("a", "b"), sfa=same("a"), kintone=same("a"),
        then="b", send={"kintone": ("b", EDITED)},
    ),
    Row(
        "a value kept on the hub is learned and delivered nowhere",
        flow="ma -> hub", golden="a", ma=edit("a", "b"), sfa=same("x"),
        then="b",
    ),
    Row(
        "drift, `overwrite`: an edit at an end that is no source is written over, and the diff says so",
        flow=ONE_WAY, golden="a", ma=same("a"), sfa=edit("a", "x"),
        then="a", send={"sfa": ("a", DRIFT)},
    ),
    Row(
        "drift, `keep`: the edit stays there",
        flow=ONE_WAY, on_drift="keep", golden="a", ma=same("a"), sfa=edit("a", "x"),
        then="a", note="drift_keep",
    ),
    Row(
        "drift, `report`: the edit stays there and is reported",
        flow=ONE_WAY, on_drift="report", golden="a", ma=same("a"), sfa=edit("a", "x"),
        then="a", note="drift_report",
    ),
    Row(
        "drift that was kept stays in later runs",
        flow=ONE_WAY, on_drift="keep", golden="a", ma=same("a"), sfa=same("x", accepted="a"),
        then="a",
    ),
    Row(
        "drift that was kept gives way when the golden value changes",
        flow=ONE_WAY, on_drift="keep", golden="a", ma=edit("a", "b"), sfa=same("x", accepted="a"),
        then="b", send={"sfa": ("b", EDITED)},
    ),
    Row(
        "drift at an end that is neither source nor receiver: nothing",
        flow="ma -> kintone", golden="a", ma=same("a"), sfa=edit("a", "x"), kintone=same("a"),
        then="a",
    ),
    Row(
        "changed with no end edited: a derived value is delivered",
        flow="computed -> sfa", computed="b", golden="a", sfa=same("a"),
        then="b", send={"sfa": ("b", COMPUTED)},
    ),
    Row(
        "a derived value that could not be computed now changes nothing",
        flow="computed -> sfa", golden="a", sfa=same("a"),
        then="a",
    ),
    Row(
        "a derived value that became blank is delivered as blank",
        flow="computed -> sfa", computed=None, golden="a", sfa=same("a"),
        then=None, send={"sfa": (None, COMPUTED)},
    ),
    Row(
        "a derived value overwrites what somebody typed over it",
        flow="computed -> sfa", computed="a", golden="a", sfa=edit("a", "x"),
        then="a", send={"sfa": ("a", DRIFT)},
    ),
    Row(
        "a value that one end cannot hold is held for that end; the others go on",
        flow=THREE, holds_only={"sfa": REFUSES_LONG},
        golden="a", ma=edit("a", "Tokyo"), sfa=same("a"), kintone=same("a"),
        then="Tokyo", send={"kintone": ("Tokyo", EDITED)}, held=("invalid",),
    ),
)  # fmt: skip

FIRST = (
    Row(
        "equal values settle",
        ma=new("a"), sfa=new("a"),
        then="a",
    ),
    Row(
        "a gap is filled",
        ma=new("a"), sfa=new(None),
        then="a", send={"sfa": ("a", FILLED)},
    ),
    Row(
        "a gap is filled in a one-way field",
        flow=ONE_WAY, ma=new("a"), sfa=new(None),
        then="a", send={"sfa": ("a", FILLED)},
    ),
    Row(
        "blank on both sides: nothing is invented",
        ma=new(None), sfa=new(None),
    ),
    Row(
        "missing in the answer: nothing is known and nothing is sent",
        ma=new("a"), sfa=new(MISSING),
        then="a",
    ),
    Row(
        "different values, `ask`: held",
        ma=new("a"), sfa=new("x"),
        held=("conflict",),
    ),
    Row(
        "different values, a named system wins: the other is overwritten, marked as first contact",
        rule="sfa wins", ma=new("a"), sfa=new("x"),
        then="x", send={"ma": ("x", FIRST_CONTACT)},
    ),
    Row(
        "one-way, different values: overwritten, marked as first contact (confirmed once per field)",
        flow=ONE_WAY, ma=new("a"), sfa=new("x"),
        then="a", send={"sfa": ("a", FIRST_CONTACT)},
    ),
    Row(
        "one-way and the source is blank: what the receiver shows is not touched",
        flow=ONE_WAY, ma=new(None), sfa=new("x"),
    ),
    Row(
        "equal as far as each can hold it: settled at the fuller value",
        holds_only={"sfa": CAPITALS}, ma=new("Suzuki"), sfa=new("SUZUKI"),
        then="Suzuki",
    ),
    Row(
        "different in formatting only: settled, nothing is rewritten",
        ma=new("ＡＢＣ 商事"), sfa=new("abc商事"),
        then="ＡＢＣ 商事",
    ),
    Row(
        "different in formatting only: the named winner's form becomes golden, nothing is rewritten",
        rule="sfa wins", ma=new("ＡＢＣ 商事"), sfa=new("abc商事"),
        then="abc商事",
    ),
    Row(
        "one-way, different in formatting only: the receiver gets the source's form",
        flow=ONE_WAY, ma=new("ＡＢＣ 商事"), sfa=new("abc商事"),
        then="ＡＢＣ 商事", send={"sfa": ("ＡＢＣ 商事", FIRST_CONTACT)},
    ),
    Row(
        "what the first run remembered is still first contact, read again or not",
        ma=undecided("a"), sfa=replace(undecided("x"), seen=unread("x").seen),
        held=("conflict",),
    ),
    Row(
        "a field newly mapped in one system: the golden value fills it",
        golden="a", ma=same("a"), sfa=unmapped(None),
        then="a", send={"sfa": ("a", FILLED)},
    ),
    Row(
        "a field newly mapped in one system, filled there already: the rule decides",
        golden="a", ma=same("a"), sfa=unmapped("x"),
        then="a", held=("conflict",),
    ),
    Row(
        "a third system joins a linked pair and agrees",
        flow=THREE, golden="a", ma=same("a"), sfa=same("a"), kintone=new("a"),
        then="a",
    ),
    Row(
        "a third system joins a linked pair and is blank: filled",
        flow=THREE, golden="a", ma=same("a"), sfa=same("a"), kintone=new(None),
        then="a", send={"kintone": ("a", FILLED)},
    ),
    Row(
        "a third system joins a linked pair and differs, `ask`: held, nobody is overwritten",
        flow=THREE, golden="a", ma=same("a"), sfa=same("a"), kintone=new("x"),
        then="a", held=("conflict",),
    ),
    Row(
        "a third system joins and one of the pair wins: only the newcomer is overwritten",
        flow=THREE, rule="sfa wins", golden="a", ma=same("a"), sfa=same("a"), kintone=new("x"),
        then="a", send={"kintone": ("a", FIRST_CONTACT)},
    ),
    Row(
        "a third system joins and wins by the rule: the pair is overwritten",
        flow=THREE, rule="kintone wins", golden="a", ma=same("a"), sfa=same("a"), kintone=new("x"),
        then="x", send={"ma": ("x", RULE), "sfa": ("x", RULE)},
    ),
    Row(
        "a third system that only receives joins and differs: overwritten, marked as first contact",
        flow=FANNED_OUT, golden="a", ma=same("a"), sfa=same("a"), kintone=new("x"),
        then="a", send={"kintone": ("a", FIRST_CONTACT)},
    ),
    Row(
        "a third system that is written only where empty joins and differs: it stays as it is",
        flow=FANNED_OUT, only_into_empty=("kintone",), golden="a", ma=same("a"), sfa=same("a"), kintone=new("x"),
        then="a", note="only_into_empty",
    ),
    Row(
        "a third system joins and the hub has no value yet: the newcomer fills the others",
        flow=THREE, ma=same(None), sfa=same(None), kintone=new("x"),
        then="x", send={"ma": ("x", EDITED), "sfa": ("x", EDITED)},
    ),
    Row(
        "a third system joins blank on the day one of the pair is edited: no question, the edit goes to all",
        flow=THREE, golden="a", ma=edit("a", "b"), sfa=same("a"), kintone=new(None),
        then="b", send={"sfa": ("b", EDITED), "kintone": ("b", FILLED)},
    ),
    Row(
        "a third system joins and differs on the day one of the pair is edited: held, nobody is overwritten",
        flow=THREE, golden="a", ma=edit("a", "b"), sfa=same("a"), kintone=new("x"),
        then="a", held=("conflict",), base={"ma": "a"},
    ),
    Row(
        "backfill: a receiver that was left alone gets the golden value",
        flow=ONE_WAY, backfill=True, golden="a", ma=same("a"), sfa=same("x", accepted="a"),
        then="a", send={"sfa": ("a", BACKFILL)},
    ),
    Row(
        "backfill asks the rule where both sides are sources",
        backfill=True, golden="a", ma=same("a"), sfa=same("x", accepted="a"),
        then="a", held=("conflict",),
    ),
)  # fmt: skip

BLANKS = (
    Row(
        "`keep`: a blank is no candidate; the blanked end stays blank",
        golden="a", ma=edit("a", None), sfa=same("a"),
        then="a", note="kept_blank",
    ),
    Row(
        "`keep`: the blanked end stays blank in later runs",
        golden="a", ma=same(None, accepted="a"), sfa=same("a"),
        then="a",
    ),
    Row(
        "`keep`: the blanked end is filled when the golden value changes",
        golden="a", ma=same(None, accepted="a"), sfa=edit("a", "b"),
        then="b", send={"ma": ("b", EDITED)},
    ),
    Row(
        "`keep`: blanked here and edited there in one run: the edit wins without a question",
        golden="a", ma=edit("a", None), sfa=edit("a", "b"),
        then="b", send={"ma": ("b", EDITED)},
    ),
    Row(
        "`clear`: a blank is an edit like any other",
        on_blank="clear", golden="a", ma=edit("a", None), sfa=same("a"),
        then=None, send={"sfa": (None, EDITED)},
    ),
    Row(
        "`clear`: a blank beside another edit is a conflict",
        on_blank="clear", golden="a", ma=edit("a", None), sfa=edit("a", "b"),
        then="a", held=("conflict",),
    ),
    Row(
        "`clear`: a blank that wins clears the other",
        on_blank="clear", rule="ma wins", golden="a", ma=edit("a", None), sfa=edit("a", "b"),
        then=None, send={"sfa": (None, RULE)},
    ),
    Row(
        "`clear`: a blank at first contact is a gap, no edit",
        on_blank="clear", ma=new("a"), sfa=new(None),
        then="a", send={"sfa": ("a", FILLED)},
    ),
    Row(
        "a receiver blanked by somebody is drift: written again",
        flow=ONE_WAY, golden="a", ma=same("a"), sfa=edit("a", None),
        then="a", send={"sfa": ("a", DRIFT)},
    ),
    Row(
        "missing is no blank, even under `clear`",
        on_blank="clear", golden="a", ma=absent("a"), sfa=same("a"),
        then="a", base={"ma": "a"},
    ),
    Row(
        "missing at the end that should receive: nothing can be compared, nothing is sent",
        golden="a", ma=edit("a", "b"), sfa=absent("a"),
        then="b", base={"sfa": "a"},
    ),
    Row(
        "`only_into_empty`: a filled value is never written over",
        only_into_empty=("sfa",), golden="a", ma=edit("a", "b"), sfa=same("a"),
        then="b", note="only_into_empty",
    ),
    Row(
        "`only_into_empty`: an empty one is filled",
        only_into_empty=("sfa",), golden="a", ma=same("a"), sfa=new(None),
        then="a", send={"sfa": ("a", FILLED)},
    ),
    Row(
        "`only_into_empty`: what is typed there still flows out",
        only_into_empty=("sfa",), golden="a", ma=same("a"), sfa=edit("a", "b"),
        then="b", send={"ma": ("b", EDITED)},
    ),
    Row(
        "`only_into_empty` and different at first contact: the rule decides, the filled end keeps its own",
        only_into_empty=("sfa",), rule="ma wins", ma=new("a"), sfa=new("x"),
        then="a", note="only_into_empty",
    ),
)  # fmt: skip

EVIDENCE = (
    Row(
        "written and not read again yet: wait",
        golden="b", ma=same("b"), sfa=unread("a", sent="b"),
        then="b", base={"sfa": "a"}, quiet=False,
    ),
    Row(
        "it shows what was sent: an echo, the base moves",
        golden="b", ma=same("b"), sfa=edit("a", "b", sent="b"),
        then="b", base={"sfa": "b"},
    ),
    Row(
        "it shows what was sent in another form: an echo, accepted as it is",
        golden="Taro ABC", ma=same("Taro ABC"), sfa=edit("a", "TARO ABC", sent="Taro ABC"),
        then="Taro ABC", base={"sfa": "TARO ABC"},
    ),
    Row(
        "what was accepted in another form stays silent",
        golden="Taro ABC", ma=same("Taro ABC"), sfa=same("TARO ABC", accepted="Taro ABC"),
        then="Taro ABC",
    ),
    Row(
        "what was accepted in another form is replaced when the golden value changes",
        golden="Taro ABC", ma=edit("Taro ABC", "Jiro"), sfa=same("TARO ABC", accepted="Taro ABC"),
        then="Jiro", send={"sfa": ("Jiro", EDITED)},
    ),
    Row(
        "what was accepted in another form can be edited like anything else",
        golden="Taro ABC", ma=same("Taro ABC"), sfa=edit("TARO ABC", "Jiro", accepted="Taro ABC"),
        then="Jiro", send={"ma": ("Jiro", EDITED)},
    ),
    Row(
        "it shows what was sent, cut short: an echo",
        golden="Project Alpha", ma=same("Project Alpha"), sfa=edit("a", "Project Al", sent="Project Alpha"),
        then="Project Alpha", base={"sfa": "Project Al"},
    ),
    Row(
        "it shows what was sent, rounded: an echo",
        type=FieldType.DECIMAL, golden=Decimal("1.2345"), ma=same(Decimal("1.2345")),
        sfa=edit(Decimal(1), Decimal("1.23"), sent=Decimal("1.2345")),
        then=Decimal("1.2345"), base={"sfa": Decimal("1.23")},
    ),
    Row(
        "a cut or rounded echo of a choice is another choice: an edit",
        type=FieldType.PICKLIST, golden="hotter", ma=same("hotter"), sfa=edit("cold", "hot", sent="hotter"),
        then="hot", send={"ma": ("hot", EDITED)},
    ),
    Row(
        "it still shows the old value: the write was dropped, once more",
        golden="b", ma=same("b"), sfa=same("a", sent="b"),
        then="b", send={"sfa": ("b", UNDELIVERED)}, base={"sfa": "a"},
    ),
    Row(
        "dropped twice: a person is told, nothing more is sent",
        golden="b", ma=same("b"), sfa=same("a", sent="b", tries=2),
        then="b", held=("rejected",),
    ),
    Row(
        "dropped twice and the golden value changed: the new value gets its own tries",
        golden="b", ma=edit("b", "c"), sfa=same("a", sent="b", tries=2),
        then="c", send={"sfa": ("c", EDITED)},
    ),
    Row(
        "it shows something else, at a source: somebody edited it",
        golden="b", ma=same("b"), sfa=edit("a", "c", sent="b"),
        then="c", send={"ma": ("c", EDITED)},
    ),
    Row(
        "it shows something else, at an end that is no source: drift",
        flow=ONE_WAY, golden="b", ma=same("b"), sfa=edit("a", "c", sent="b"),
        then="b", send={"sfa": ("b", DRIFT)},
    ),
    Row(
        "an echo of what was golden then, while the source moved on: no edit, the new value follows",
        golden="b", ma=edit("b", "c"), sfa=edit("a", "b", sent="b"),
        then="c", send={"sfa": ("c", EDITED)},
    ),
    Row(
        "an old value still shown after the rule decided does not turn the winner around",
        rule="ma wins", golden="b", ma=same("b"), sfa=same("c", sent="b"),
        then="b", send={"sfa": ("b", UNDELIVERED)},
    ),
    Row(
        "the field is missing in the answer: no evidence, wait",
        golden="b", ma=same("b"), sfa=absent("a", sent="b"),
        then="b", base={"sfa": "a"},
    ),
)  # fmt: skip

LENSES = (
    Row(
        "a lens changed and the record did not: its new form is the base, nothing is sent",
        golden="ａ", ma=edit("ａ", "a", rebased=True), sfa=same("ａ"),
        then="ａ", base={"ma": "a"},
    ),
    Row(
        "a lens changed on every side: nothing is sent",
        golden="ａ", ma=edit("ａ", "a", rebased=True), sfa=edit("ａ", "a", rebased=True),
        then="ａ", base={"ma": "a", "sfa": "a"},
    ),
    Row(
        "a lens changed here and somebody edited there: the edit goes everywhere",
        golden="ａ", ma=edit("ａ", "a", rebased=True), sfa=edit("ａ", "b"),
        then="b", send={"ma": ("b", EDITED)},
    ),
    Row(
        "a lens changed at a receiver: no drift",
        flow=ONE_WAY, golden="ａ", ma=same("ａ"), sfa=edit("ａ", "a", rebased=True),
        then="ａ",
    ),
    Row(
        "a lens changed before first contact was decided: it is still first contact",
        flow=ONE_WAY, ma=undecided("a", rebased=True), sfa=undecided(None),
        then="a", send={"sfa": ("a", FILLED)},
    ),
)  # fmt: skip

HELD = (
    Row(
        "a conflict stays open while nothing changes",
        open=("conflict",), golden="a", ma=edit("a", "b"), sfa=edit("a", "c"),
        then="a", held=("conflict",), base={"ma": "a", "sfa": "a"},
    ),
    Row(
        "agreement closes the question",
        open=("conflict",), golden="a", ma=edit("a", "c"), sfa=edit("a", "c"),
        then="c",
    ),
    Row(
        "one side takes its edit back: the question closes, the other edit goes out",
        open=("conflict",), golden="a", ma=same("a"), sfa=edit("a", "c"),
        then="c", send={"ma": ("c", EDITED)},
    ),
    Row(
        "a verdict names a system: its value becomes golden",
        answer=decided("ma", {"ma": "b", "sfa": "c"}), golden="a", ma=edit("a", "b"), sfa=edit("a", "c"),
        then="b", send={"sfa": ("b", VERDICT)},
    ),
    Row(
        "a verdict keeps the golden value: both ends get it back",
        answer=decided("keep", {"ma": "b", "sfa": "c"}), golden="a", ma=edit("a", "b"), sfa=edit("a", "c"),
        then="a", send={"ma": ("a", VERDICT), "sfa": ("a", VERDICT)},
    ),
    Row(
        "a verdict gives a value of its own: everybody gets it",
        answer=decided("value", {"ma": "b", "sfa": "c"}, "v"), golden="a", ma=edit("a", "b"), sfa=edit("a", "c"),
        then="v", send={"ma": ("v", VERDICT), "sfa": ("v", VERDICT)},
    ),
    Row(
        "a verdict covers the values seen: a later edit is asked about again",
        answer=decided("ma", {"ma": "b", "sfa": "c"}), golden="a", ma=edit("a", "d"), sfa=edit("a", "c"),
        then="a", held=("conflict",),
    ),
    Row(
        "an undone field is pinned: the next run does not redo it",
        open=("undone",), golden="b", ma=same("b"), sfa=same("a"),
        then="b", held=("undone",),
    ),
    Row(
        "an undone field flows again when a source changes",
        open=("undone",), golden="b", ma=edit("b", "c"), sfa=same("a"),
        then="c", send={"sfa": ("c", EDITED)},
    ),
    Row(
        "an undone field flows again when a person releases it",
        answer=Answer(HoldKind.UNDONE, "release"), golden="b", ma=same("b"), sfa=same("a"),
        then="b", send={"sfa": ("b", UNDELIVERED)},
    ),
    Row(
        "a blank that is kept says nothing and releases no undone field",
        open=("undone",), golden="b", ma=edit("b", None), sfa=same("a"),
        then="b", held=("undone",),
    ),
    Row(
        "an edit at an end that is no source does not release an undone field",
        flow=ONE_WAY, open=("undone",), golden="b", ma=same("b"), sfa=edit("a", "x"),
        then="b", held=("undone",),
    ),
)  # fmt: skip

CONSENT = tuple(
    replace(row, type=FieldType.CONSENT)
    for row in (
        Row(
            "an opt-out anywhere reaches everywhere",
            flow=THREE, golden=OPT_IN, ma=edit(OPT_IN, OPT_OUT), sfa=same(OPT_IN), kintone=same(OPT_IN),
            then=OPT_OUT, send={"sfa": (OPT_OUT, OUT), "kintone": (OPT_OUT, OUT)},
        ),
        Row(
            "every end is a source: an opt-out at an end that otherwise only receives counts",
            flow=FANNED_OUT, golden=OPT_IN, sfa=edit(OPT_IN, OPT_OUT), kintone=same(OPT_IN),
            then=OPT_OUT, send={"kintone": (OPT_OUT, OUT)},
        ),
        Row(
            "first contact: opt-out wins, whatever the rule",
            rule="ma wins", ma=new(OPT_IN), sfa=new(OPT_OUT),
            then=OPT_OUT, send={"ma": (OPT_OUT, OUT)},
        ),
        Row(
            "first contact: an opt-out is written where nothing stood",
            ma=new(None), sfa=new(OPT_OUT),
            then=OPT_OUT, send={"ma": (OPT_OUT, OUT)},
        ),
        Row(
            "first contact: opt-in where nothing else is known",
            ma=new(OPT_IN), sfa=new(OPT_IN),
            then=OPT_IN,
        ),
        Row(
            "first contact: nothing known, nothing invented",
            ma=new(None), sfa=new(None),
        ),
        Row(
            "a blank is nothing: the opt-out is written back",
            golden=OPT_OUT, ma=edit(OPT_OUT, None), sfa=same(OPT_OUT),
            then=OPT_OUT, send={"ma": (OPT_OUT, OUT)},
        ),
        Row(
            "missing is nothing",
            golden=OPT_OUT, ma=absent(OPT_OUT), sfa=same(OPT_OUT),
            then=OPT_OUT,
        ),
        Row(
            "an opt-in at first sight does not undo an opt-out: the opt-out is written there",
            flow=THREE, golden=OPT_OUT, ma=same(OPT_OUT), sfa=same(OPT_OUT), kintone=new(OPT_IN),
            then=OPT_OUT, send={"kintone": (OPT_OUT, OUT)},
        ),
        Row(
            "an opt-in where the opt-out never arrived is no edit: the opt-out is written there",
            golden=OPT_OUT, ma=same(OPT_OUT), sfa=edit(None, OPT_IN),
            then=OPT_OUT, send={"sfa": (OPT_OUT, OUT)},
        ),
        Row(
            "an opt-in typed over the opt-out is held",
            golden=OPT_OUT, ma=same(OPT_OUT), sfa=edit(OPT_OUT, OPT_IN),
            then=OPT_OUT, held=("consent",), base={"sfa": OPT_OUT},
        ),
        Row(
            "an opt-in typed over the opt-out in a system that the mapping trusts for it",
            opt_in_from=("sfa",), golden=OPT_OUT, ma=same(OPT_OUT), sfa=edit(OPT_OUT, OPT_IN),
            then=OPT_IN, send={"ma": (OPT_IN, EDITED)},
        ),
        Row(
            "a trusted system's opt-in counts only over an opt-out it has shown itself",
            opt_in_from=("sfa",), golden=OPT_OUT, ma=same(OPT_OUT), sfa=new(OPT_IN),
            then=OPT_OUT, send={"sfa": (OPT_OUT, OUT)},
        ),
        Row(
            "an opt-out beside a trusted opt-in: opt-out",
            opt_in_from=("sfa",), flow=THREE, golden=OPT_OUT,
            ma=same(OPT_OUT), sfa=edit(OPT_OUT, OPT_IN), kintone=edit(OPT_IN, OPT_OUT),
            then=OPT_OUT, send={"sfa": (OPT_OUT, OUT)},
        ),
        Row(
            "a person confirms the opt-in",
            answer=replace(decided(OPT_IN, {"sfa": OPT_IN}), kind=HoldKind.CONSENT),
            golden=OPT_OUT, ma=same(OPT_OUT), sfa=edit(OPT_OUT, OPT_IN),
            then=OPT_IN, send={"ma": (OPT_IN, VERDICT)},
        ),
        Row(
            "a person denies the opt-in: the opt-out is written back",
            answer=replace(decided(OPT_OUT, {"sfa": OPT_IN}), kind=HoldKind.CONSENT),
            golden=OPT_OUT, ma=same(OPT_OUT), sfa=edit(OPT_OUT, OPT_IN),
            then=OPT_OUT, send={"sfa": (OPT_OUT, OUT)},
        ),
        Row(
            "while an opt-in waits for a person, the opt-out still goes to those who lack it",
            flow=THREE, golden=OPT_OUT, ma=same(OPT_OUT), sfa=edit(OPT_OUT, OPT_IN), kintone=same(OPT_IN),
            then=OPT_OUT, send={"kintone": (OPT_OUT, OUT)}, held=("consent",), base={"sfa": OPT_OUT},
        ),
        Row(
            "a duplicate record is a source of consent",
            golden=OPT_IN, ma=same(OPT_IN), sfa=same(OPT_IN), sfa2=edit(OPT_IN, OPT_OUT, state=EndState.DUPLICATE),
            then=OPT_OUT, send={"ma": (OPT_OUT, OUT), "sfa": (OPT_OUT, OUT)}, held=("duplicate",),
        ),
        Row(
            "a duplicate record receives the opt-out",
            golden=OPT_IN, ma=edit(OPT_IN, OPT_OUT), sfa=same(OPT_IN), sfa2=same(OPT_IN, state=EndState.DUPLICATE),
            then=OPT_OUT, send={"sfa": (OPT_OUT, OUT), "sfa2": (OPT_OUT, OUT)}, held=("duplicate",),
        ),
        Row(
            "a record outside `where` is a source of consent",
            golden=OPT_IN, ma=same(OPT_IN), sfa=outside(OPT_IN, OPT_OUT, state=EndState.OUT_OF_SCOPE),
            then=OPT_OUT, send={"ma": (OPT_OUT, OUT)},
        ),
        Row(
            "a record outside `where` receives the opt-out",
            golden=OPT_IN, ma=edit(OPT_IN, OPT_OUT), sfa=outside(OPT_IN, OPT_IN, state=EndState.OUT_OF_SCOPE),
            then=OPT_OUT, send={"sfa": (OPT_OUT, OUT)},
        ),
        Row(
            "an undone field does not hold back an opt-out",
            open=("undone",), golden=OPT_IN, ma=edit(OPT_IN, OPT_OUT), sfa=same(OPT_IN),
            then=OPT_OUT, send={"sfa": (OPT_OUT, OUT)}, held=("undone",),
        ),
        Row(
            "an opt-out that was dropped twice is a person's affair",
            golden=OPT_OUT, ma=same(OPT_OUT), sfa=same(OPT_IN, sent=OPT_OUT, tries=2),
            then=OPT_OUT, held=("rejected",),
        ),
    )
)  # fmt: skip

LIFECYCLE = (
    Row(
        "exists in one system only: nothing",
        ma=new("a"),
        then="a",
    ),
    Row(
        "exists in one system only, `create:` on: made there",
        create=("sfa",), ma=new("a"),
        then="a", send={"sfa": "created"},
    ),
    Row(
        "`create:` on, in match review: made nowhere until a person has decided",
        create=("sfa",), in_review=True, ma=new("a"),
        then="a",
    ),
    Row(
        "`create:` on, and the record there is outside `where`: no second one",
        create=("sfa",), ma=same("a"), sfa=outside("a", "a"), golden="a",
        then="a", ends={"sfa": "out_of_scope"},
    ),
    Row(
        "`create:` on, and its create is still unanswered: no second one",
        create=("sfa",), golden="a", ma=same("a"), sfa=unread("a", state=EndState.CREATING),
        then="a", quiet=False,
    ),
    Row(
        "a record that an undone run had made is unlinked: neither adopted nor made again",
        create=("sfa",), golden="a", ma=same("a"), sfa=same("a", state=EndState.UNLINKED),
        then="a", ends={"sfa": "unlinked"},
    ),
    Row(
        "a record that an undone run had made, deleted there by somebody: not made again either",
        create=("sfa",), golden="a", ma=same("a"), sfa=deleted("a", state=EndState.UNLINKED),
        then="a",
    ),
    Row(
        "`create:` on, and the only record left is outside `where`: made nowhere",
        create=("sfa",), golden="a", ma=outside("a", "a"),
        then="a",
    ),
    Row(
        "not in a listing: no evidence of deletion",
        golden="a", ma=unread("a"), sfa=same("a"),
        then="a", ends={"ma": "live"},
    ),
    Row(
        "gone here, unedited elsewhere: flagged and held",
        golden="a", ma=deleted("a"), sfa=same("a"),
        then="a", held=("delete",), ends={"ma": "gone", "sfa": "live"},
    ),
    Row(
        "gone here, unedited elsewhere, not made again by `create:`",
        create=("ma",), golden="a", ma=deleted("a"), sfa=same("a"),
        then="a", held=("delete",),
    ),
    Row(
        "gone here, unedited elsewhere, `unlink`: the others go on without it",
        on_delete="unlink", golden="a", ma=deleted("a"), sfa=same("a"),
        then="a", ends={"ma": "buried", "sfa": "live"},
    ),
    Row(
        "gone here, unedited elsewhere, `unlink`, `create:` on: not made again",
        on_delete="unlink", create=("ma",), golden="a", ma=deleted("a"), sfa=same("a"),
        then="a", ends={"ma": "buried", "sfa": "live"},
    ),
    Row(
        "unlinked after a deletion, and edited elsewhere later: not made again either",
        on_delete="unlink", create=("ma",), golden="a", ma=unread("a", state=EndState.BURIED), sfa=edit("a", "b"),
        then="b", ends={"ma": "buried"},
    ),
    Row(
        "unlinked after a deletion, and undeleted: relinked without a base, settled",
        on_delete="unlink", golden="a", ma=same("a", state=EndState.BURIED), sfa=same("a"),
        then="a", ends={"ma": "live"},
    ),
    Row(
        "gone here, `propagate`: nothing is deleted before a person has confirmed it",
        on_delete="propagate", golden="a", ma=deleted("a"), sfa=same("a"),
        then="a", held=("delete",),
    ),
    Row(
        "gone here, deletion confirmed in a later run: the others are deleted",
        on_delete="propagate", answer=about("ma", "propagate"),
        golden="a", ma=unread("a", state=EndState.GONE), sfa=same("a"),
        then="a", send={"sfa": "deleted"},
    ),
    Row(
        "deletion confirmed while a value was still undelivered: deleted, nothing else is sent",
        on_delete="propagate", answer=about("ma", "propagate"),
        golden="b", ma=unread("b", state=EndState.GONE), sfa=same("a"),
        then="b", send={"sfa": "deleted"},
    ),
    Row(
        "deletion confirmed, but somebody edited the other record since: asked again, nothing is deleted",
        on_delete="propagate", answer=about("ma", "propagate"),
        golden="a", ma=unread("a", state=EndState.GONE), sfa=edit("a", "b"),
        then="b", held=("delete",),
    ),
    Row(
        "gone here, edited there: held, and the edit is taken",
        flow=THREE, golden="a", ma=deleted("a"), sfa=edit("a", "b"), kintone=same("a"),
        then="b", send={"kintone": ("b", EDITED)}, held=("delete",),
    ),
    Row(
        "gone here, edited there, `unlink`: held all the same",
        on_delete="unlink", golden="a", ma=deleted("a"), sfa=edit("a", "b"),
        then="b", held=("delete",),
    ),
    Row(
        "gone here, edited there, `revive`: made again",
        on_delete="revive", create=("ma",), golden="a", ma=deleted("a"), sfa=edit("a", "b"),
        then="b", send={"ma": "created"},
    ),
    Row(
        "gone here, edited there, `revive`: made again although `create:` is off",
        on_delete="revive", golden="a", ma=deleted("a"), sfa=edit("a", "b"),
        then="b", send={"ma": "created"},
    ),
    Row(
        "gone here, unedited elsewhere, `revive`: held",
        on_delete="revive", golden="a", ma=deleted("a"), sfa=same("a"),
        then="a", held=("delete",),
    ),
    Row(
        "a person says: revive",
        answer=about("ma", "revive"), golden="a", ma=unread("a", state=EndState.GONE), sfa=same("a"),
        then="a", send={"ma": "created"},
    ),
    Row(
        "a person says: unlink",
        answer=about("ma", "unlink"), golden="a", ma=unread("a", state=EndState.GONE), sfa=same("a"),
        then="a", ends={"ma": "buried"},
    ),
    Row(
        "a person says: unlink, and `create:` is on: not made again",
        create=("ma",), answer=about("ma", "unlink"), golden="a", ma=unread("a", state=EndState.GONE), sfa=same("a"),
        then="a", ends={"ma": "buried"},
    ),
    Row(
        "a person says: keep the others as they are",
        answer=about("ma", "keep"), golden="a", ma=unread("a", state=EndState.GONE), sfa=same("a"),
        then="a", ends={"ma": "buried"},
    ),
    Row(
        "undeleted and equal: relinked without a base, settled",
        golden="a", ma=same("a", state=EndState.GONE), sfa=same("a"),
        then="a", ends={"ma": "live"},
    ),
    Row(
        "undeleted and different: first contact, the rule decides",
        golden="b", ma=same("a", state=EndState.GONE), sfa=same("b"),
        then="b", held=("conflict",),
    ),
    Row(
        "leaves `where`: nothing flows to it",
        golden="a", ma=edit("a", "b"), sfa=outside("a", "a"),
        then="b", ends={"sfa": "out_of_scope"},
    ),
    Row(
        "leaves `where`: nothing flows from it",
        golden="a", ma=same("a"), sfa=outside("a", "x"),
        then="a", base={"sfa": "a"}, ends={"sfa": "out_of_scope"},
    ),
    Row(
        "back inside `where`: it gets what it missed",
        golden="b", ma=same("b"), sfa=same("a", state=EndState.OUT_OF_SCOPE),
        then="b", send={"sfa": ("b", UNDELIVERED)}, ends={"sfa": "live"},
    ),
    Row(
        "back inside `where`: what was typed there meanwhile is an edit",
        golden="a", ma=same("a"), sfa=edit("a", "x", state=EndState.OUT_OF_SCOPE),
        then="x", send={"ma": ("x", EDITED)}, ends={"sfa": "live"},
    ),
    Row(
        "converted: the end moves to the new object",
        golden="a", ma=same("a"), lead=became("sfa", "a", Fate.MOVED), sfa=new("a"),
        then="a", ends={"lead": "none", "sfa": "live"},
    ),
    Row(
        "converted, blank in the new object: no edit, even under `clear`; the gap is filled",
        on_blank="clear", golden="a", ma=same("a"), lead=became("sfa", "a", Fate.MOVED), sfa=new(None),
        then="a", send={"sfa": ("a", FILLED)}, ends={"lead": "none", "sfa": "live"},
    ),
    Row(
        "merged into a record that we knew as its duplicate: the link follows the winner, without a base",
        golden="a", ma=same("a"), sfa=became("sfa2", "a", Fate.MERGED), sfa2=same("a", state=EndState.DUPLICATE),
        then="a", ends={"sfa": "buried", "sfa2": "live"},
    ),
    Row(
        "a duplicate merged into our record: only the duplicate goes",
        golden="a", ma=same("a"), sfa=same("a"), sfa2=became("sfa", "a", Fate.MERGED),
        then="a", ends={"sfa": "live", "sfa2": "buried"},
    ),
    Row(
        "merged into a record that is new to us: the link follows the winner",
        golden="a", ma=same("a"), sfa=became("sfa2", "a", Fate.MERGED), sfa2=new("a"),
        then="a", ends={"sfa": "buried", "sfa2": "live"},
    ),
    Row(
        "two records of one system on one link: the second is held as duplicate, its values do not flow",
        golden="a", ma=same("a"), sfa=same("a"), sfa2=edit("a", "x", state=EndState.DUPLICATE),
        then="a", held=("duplicate",), ends={"sfa2": "duplicate"},
    ),
    Row(
        "a duplicate that somebody deleted is forgotten: that is how it was meant to be mended",
        golden="a", ma=same("a"), sfa=same("a"), sfa2=deleted("a", state=EndState.DUPLICATE),
        then="a", ends={"sfa": "live", "sfa2": "none"},
    ),
    Row(
        "a reference whose target is not in that system yet waits",
        type=FieldType.REFERENCE, holds_only={"sfa": PARENT_UNKNOWN}, golden="P", ma=edit("P", "Q"), sfa=same("P"),
        then="Q", held=("waiting",),
    ),
    Row(
        "a new record whose parent is not in that system yet waits",
        type=FieldType.REFERENCE, holds_only={"sfa": PARENT_UNKNOWN}, create=("sfa",), ma=new("P"),
        then="P", held=("waiting",),
    ),
)  # fmt: skip

SECTIONS: dict[str, tuple[Row, ...]] = {
    "merge": MERGE,
    "first contact": FIRST,
    "blanks": BLANKS,
    "evidence": EVIDENCE,
    "lenses": LENSES,
    "held": HELD,
    "consent": CONSENT,
    "lifecycle": LIFECYCLE,
}

ROWS = [
    pytest.param(row, id=f"{name}-{number:02}-{row.says}")
    for name, rows in SECTIONS.items()
    for number, row in enumerate(rows, 1)
]


@pytest.mark.parametrize("row", ROWS)
def test_row(row: Row) -> None:
    check(row)


def test_no_two_rows_say_the_same() -> None:
    says = [row.says for name, rows in SECTIONS.items() for row in rows]
    assert len(set(says)) == len(says)


ON_THE_PAGE = (*SECTIONS, *stories.STORIES, "guard")


@pytest.mark.parametrize("name", ON_THE_PAGE)
def test_the_page_shows_these_rows(name: str) -> None:
    assert _section(DOC.read_text(encoding="utf-8"), name) == _body(name), "run: python -m tests.test_plan"


def test_the_page_has_no_other_rows() -> None:
    assert sorted(re.findall(r"<!-- rows: (.*?) -->", DOC.read_text(encoding="utf-8"))) == sorted(ON_THE_PAGE)


def test_the_page_names_files_that_exist() -> None:
    page = DOC.read_text(encoding="utf-8")
    named = re.findall(r"`((?:connector|tests)/[^`]*)`", page) + re.findall(r"\]\(([^)]*\.md)\)", page)
    top = DOC.parent.parent
    assert [n for n in named if not ((top / n).exists() or (DOC.parent / n).exists())] == []
    planner = {f"connector/sync/{f.name}" for f in (top / "connector" / "sync").glob("*.py")}
    assert planner - set(named) == {"connector/sync/__init__.py"}


def test_every_story_is_told() -> None:
    told = {story for section in stories.STORIES.values() for story in section}
    written = {f for name, f in vars(stories).items() if name.startswith("test_")}
    assert told == written


def _body(name: str) -> str:
    if name in SECTIONS:
        return rendered(SECTIONS[name])
    if name == "guard":
        return brakes.limits_table()
    return "\n".join(f"- {(story.__doc__ or '').strip()}" for story in stories.STORIES[name])


def _section(page: str, name: str) -> str:
    return page.partition(f"<!-- rows: {name} -->\n")[2].partition("<!-- end -->")[0].rstrip("\n")


def _write() -> None:
    page = DOC.read_text(encoding="utf-8")
    for name in ON_THE_PAGE:
        start, end = f"<!-- rows: {name} -->\n", "<!-- end -->"
        before, _, rest = page.partition(start)
        page = before + start + _body(name) + "\n" + end + rest.partition(end)[2]
    DOC.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    _write()
