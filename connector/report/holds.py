"""Holds as questions: a short number to type, what was seen, and what may be answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from connector.model import Hold, HoldId, HoldKind, LinkPlan, Problem, Value
from connector.report.blocks import Block, Line, Page, Span, line, spans, table
from connector.report.words import Words, as_json
from connector.store.records import StoredHold

# no vowels, no 0/O or 1/I/L puzzles; a letter comes first: a spreadsheet takes none for a number, a date or a formula
_LETTERS = "BCDFGHJKMNPQRSTVWXZ"
_DIGITS = "0123456789" + _LETTERS
NUMBER = 6
CONSTANT = frozenset(
    {"keep", "value", "same", "different", "leave", "separate", "successor", "retry", "release"}
    | {"opt_in", "opt_out", "unlink", "propagate", "revive"}
)


def code(id_: HoldId) -> str:
    """The whole number of a hold; its first six digits are shown. It stays the same from run to run."""
    left = int.from_bytes(blake2b(f"{id_.link}|{id_.kind}|{id_.topic}".encode(), digest_size=12).digest(), "big")
    left, first = divmod(left, len(_LETTERS))
    rest = []
    for _ in range(15):
        left, digit = divmod(left, len(_DIGITS))
        rest.append(_DIGITS[digit])
    return _LETTERS[first] + "".join(rest)


def number(id_: HoldId) -> str:
    return code(id_)[:NUMBER]


def typed(text: str) -> str:
    """A number as somebody typed it: case, O for 0, I and L for 1 do not matter."""
    return text.strip().upper().replace("O", "0").replace("I", "1").replace("L", "1")


def what(hold: Hold, entity: str, words: Words) -> str:
    """What was seen, in one line."""
    facts = hold.facts
    field = str(facts.get("field", ""))

    def shown(value: Any) -> str:
        return words.value(value, entity=entity, field=field)

    match hold.id.kind:
        case HoldKind.CONFLICT | HoldKind.CONSENT:
            values = facts.get("values") or {}
            sides = " / ".join(f"{s}: {shown(v)}" for s, v in values.items())
            return f"{field}  {sides}"
        case HoldKind.MATCH:
            values_a, values_b = facts.get("values_a") or {}, facts.get("values_b") or {}
            return words.say(
                "hold.what.match",
                a=facts.get("a", ""),
                b=facts.get("b", ""),
                values_a=_brief(values_a, entity, words),
                values_b=_brief(values_b, entity, words),
            )
        case HoldKind.DUPLICATE:
            where = f"{facts.get('system')} {facts.get('object', '')} {facts.get('id', '')}"
            return f"{where}  {_brief(facts.get('values') or {}, entity, words)}"
        case HoldKind.REPLACED:
            moved = facts.get("fields") or {}
            sides = ", ".join(
                f"{f}: {words.value(a, entity=entity, field=f)} -> {words.value(b, entity=entity, field=f)}"
                for f, (a, b) in moved.items()
            )
            return f"{facts.get('system')}  {sides}"
        case HoldKind.INVALID:
            text = words.value(facts.get("shown", facts.get("value")), entity=entity, field=field)
            problem = words.word("problem", _problem(facts))
            return f"{facts.get('system')} {field}  {text}  ({problem})"
        case HoldKind.REJECTED:
            cause = words.word("cause", str(facts.get("cause", "")))
            message = str(facts.get("message", ""))[:120]
            return "  ".join(p for p in (f"{facts.get('system')} {field}".strip(), cause, message) if p)
        case HoldKind.DELETE:
            cause = words.word("cause", str(facts.get("cause", "") or "gone"))
            return f"{facts.get('system')}  {cause}"
        case HoldKind.UNDONE:
            if facts.get("created"):
                return words.say("hold.what.undone_created", **_plain(facts))
            key = "hold.what.undone_edited" if facts.get("edited_since") else "hold.what.undone"
            return words.say(key, system=facts.get("system", ""), field=field, run=facts.get("run", ""))
        case HoldKind.WAITING:
            return words.say(
                "hold.what.waiting", system=facts.get("system", ""), field=field, foreign=facts.get("foreign", "?")
            )


def _problem(facts: Mapping[str, Any]) -> str:
    """The problem by its name; a choice that cannot be sent is missing there, not in the mapping."""
    name = str(facts.get("problem", ""))
    return "no_such_option" if facts.get("outgoing") and name == Problem.UNKNOWN_CHOICE else name


def _plain(facts: Mapping[str, Any]) -> dict[str, str]:
    return {k: str(v) for k, v in facts.items()}


def _brief(values: Mapping[str, Value], entity: str, words: Words) -> str:
    """The values that tell two people apart, in the order of the mapping."""
    shown = [words.value(v, entity=entity, field=f, columns=28) for f, v in values.items() if v is not None]
    return " / ".join(shown[:4])


def choices(hold: Hold, words: Words) -> list[tuple[str, str]]:
    """(what to type, what it means)"""
    return [(c, meaning(hold.id.kind, c, words)) for c in hold.choices]


def meaning(kind: HoldKind, choice: str, words: Words) -> str:
    if kind is HoldKind.CONFLICT and choice not in CONSTANT:
        return words.say("choice.system", system=choice)
    return words.word(f"choice.{kind}", choice)


def advice(hold: Hold, words: Words) -> str:
    """What to do where nothing can be decided here."""
    kind = f"{hold.id.kind}_outgoing" if hold.facts.get("outgoing") else str(hold.id.kind)
    return "" if hold.choices else words.word("hold.advice", kind)


def hold_lines(hold: Hold, entity: str, words: Words, indent: int) -> Line:
    kind = words.word("hold", str(hold.id.kind))
    return Line(
        (Span(f"? {kind}: ", "ask"), Span(what(hold, entity, words)), Span(f"  [{number(hold.id)}]", "dim")), indent
    )


def hold_json(hold: Hold, words: Words) -> dict[str, Any]:
    return {
        "number": number(hold.id),
        "kind": str(hold.id.kind),
        "link": hold.id.link,
        "topic": hold.id.topic,
        "facts": as_json(hold.facts),
        "choices": list(hold.choices),
    }


def plan_holds(plan: LinkPlan, words: Words, indent: int) -> list[Line]:
    return [hold_lines(h, str(plan.after.entity), words, indent) for h in plan.opened]


# --- the queue --------------------------------------------------------------------------------------------


def holds_page(holds: Iterable[StoredHold], words: Words, *, detailed: int = 20) -> Page:
    """The open questions: counts per kind, then each with its number and its choices."""
    stored = list(holds)

    def blocks() -> Iterable[Block]:
        if not stored:
            yield line(words.say("holds.none"), "good")
            return
        counts: dict[str, list[int]] = {}
        for s in stored:
            count = counts.setdefault(str(s.hold.id.kind), [0, 0])
            count[0] += 1
            count[1] += s.verdict is not None
        header = [words.say(f"holds.{c}") for c in ("kind", "open", "decided", "example")]
        rows = []
        for kind, (every, decided) in sorted(counts.items()):
            first = next(s for s in stored if str(s.hold.id.kind) == kind)
            rows.append([words.word("hold", kind), words.number(every - decided), words.number(decided), first.label])
        yield table(header, rows, (1, 2))
        for s in stored[:detailed]:
            yield Line(())
            yield from _question(s, words)
        if len(stored) > detailed:
            yield Line(())
            yield line(words.say("holds.more", count=words.number(len(stored) - detailed)), "dim")
        yield Line(())
        yield line(words.say("holds.next"), "dim")

    def rows() -> tuple[list[str], Iterable[list[str]]]:
        header = [words.say(f"sheet.{c}") for c in ("number", "entity", "kind", "record", "owner", "what", "choices")]
        return header, ([*_cells(s, words), " / ".join(s.hold.choices)] for s in stored)

    def data() -> dict[str, Any]:
        return {"holds": [stored_json(s, words) for s in stored]}

    return Page(words.say("holds.title"), blocks, data, rows)


def _cells(s: StoredHold, words: Words) -> list[str]:
    kind = words.word("hold", str(s.hold.id.kind))
    return [number(s.hold.id), words.entity(s.entity), kind, s.label, s.owner, what(s.hold, str(s.entity), words)]


def _question(s: StoredHold, words: Words) -> Iterable[Block]:
    kind = words.word("hold", str(s.hold.id.kind))
    owner = f"  {s.owner}" if s.owner else ""
    yield spans(
        Span(number(s.hold.id), "strong"), "  ", Span(kind, "ask"), f"  {s.label or s.hold.id.link}",
        Span(f"  [{words.entity(s.entity)}]{owner}", "dim"),
    )  # fmt: skip
    yield line(what(s.hold, str(s.entity), words), indent=8)
    if s.verdict is not None:
        yield line(words.say("holds.answered", choice=s.verdict.choice, by=s.verdict.by or "-"), "good", 8)
    given = choices(s.hold, words)
    for choice, text in given:
        yield spans(Span(f"{choice}", "strong"), f"  {text}", indent=8)
    if not given:
        yield line(advice(s.hold, words), "dim", 8)


def stored_json(s: StoredHold, words: Words) -> dict[str, Any]:
    return hold_json(s.hold, words) | {
        "entity": str(s.entity),
        "record": s.label,
        "owner": s.owner,
        "opened_at": s.opened_at.isoformat(),
        "opened_run": s.opened_run,
        "verdict": None
        if s.verdict is None
        else {"choice": s.verdict.choice, "value": as_json(s.verdict.value), "by": s.verdict.by},
    }
