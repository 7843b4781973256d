"""decide: answers to holds, singly, by group, or from a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.options import About, Field, Owner, Who, Yes
from connector.cli.session import DONE, ERROR, PARTIAL, Session

if TYPE_CHECKING:
    from connector.mapping.model import EntityMapping
    from connector.model import Value, Verdict
    from connector.store.records import StoredHold
    from connector.wiring import Wired


def decide(
    ctx: typer.Context,
    hold: Annotated[str, typer.Argument(help="arg.hold", metavar="[HOLD]", show_default=False)] = "",
    choice: Annotated[str, typer.Argument(help="arg.choice", metavar="[CHOICE]", show_default=False)] = "",
    value: Annotated[str | None, typer.Option("--value", help="opt.value", metavar="V", show_default=False)] = None,
    which: Annotated[str, typer.Option("--kind", help="opt.decide_kind", metavar="K", show_default=False)] = "",
    choose_: Annotated[str, typer.Option("--choose", help="opt.choose", metavar="CHOICE", show_default=False)] = "",
    about: About = "",
    owner: Owner = "",
    who: Who = "",
    field: Field = "",
    import_: Annotated[
        Path | None, typer.Option("--import", help="opt.import", metavar="FILE", show_default=False)
    ] = None,
    part: Annotated[str, typer.Option("--part", help="opt.part", metavar="SYSTEM", show_default=False)] = "",
    yes: Yes = False,
) -> None:
    from connector.cli import choose

    session: Session = ctx.obj
    ways = [bool(hold), bool(which or choose_), import_ is not None, bool(part)]
    if sum(ways) != 1 or (hold and not choice) or bool(which) != bool(choose_):
        raise choose.refused(session, "decide.how")
    with session.wired(read_only=False) as wired:
        if import_ is not None:
            _from_sheet(session, wired, import_)
        elif part:
            _part(session, wired, about, who, part)
        elif hold:
            _one(session, wired, hold, choice, value)
        else:
            chosen = _group(session, wired, which, about, owner, who, field, choose_)
            _many(session, wired, chosen, choose_, yes=yes)


def _part(session: Session, wired: Wired, about: str, who: str, system: str) -> None:
    """One system's record is somebody else: it leaves the link with the next run."""
    from connector.cli import choose
    from connector.engine import run
    from connector.model import EndState

    if not (about and who):
        raise choose.refused(session, "decide.part_how")
    words = session.words(wired.settings, wired.hub)
    link = choose.record(session, wired.hub, words, choose.entity(session, words, about), who)
    ends = [e for e in link.ends if e.at.system == system and e.state is not EndState.DUPLICATE]
    if len(ends) != 1:
        raise choose.refused(session, "decide.part_how")
    run.part(wired.hub, link, ends[0].at, by="cli")
    label = wired.hub.store.labels([link.key]).get(link.key, ("", ""))[0]
    session.tell("decide.parted", label=label, system=system)


def _one(session: Session, wired: Wired, text: str, choice: str, value: str | None) -> None:
    from connector.cli import choose

    held = choose.hold(session, wired.hub.store.holds(open_only=False), text)
    verdict = _verdict(session, wired, held, choice, value)
    count = wired.hub.store.decide([verdict])
    _report(session, wired, [held], count, choice)


def _group(
    session: Session, wired: Wired, which: str, about: str, owner: str, who: str, field: str, choice: str
) -> list[StoredHold]:
    from connector.cli import choose

    words = session.words(wired.settings)
    kind = choose.kind(session, words, which)
    entity = choose.entity(session, words, about) if about else None
    every = choose.chosen_holds(wired.hub.store.holds(kinds=[kind]), about=entity, owner=owner, who=who, field=field)
    able = [h for h in every if choice in h.hold.choices]
    if every and not able:
        allowed = sorted({c for h in every for c in h.hold.choices})
        raise choose.refused(session, "decide.no_choice", choice=choice, allowed=", ".join(allowed) or "-")
    return able


def _many(session: Session, wired: Wired, chosen: Sequence[StoredHold], choice: str, *, yes: bool) -> None:
    from connector.cli import choose

    if not chosen:
        session.tell("holds.none")
        raise typer.Exit(DONE)
    if choice == "value":
        raise choose.refused(session, "decide.value_single")
    answered = sum(1 for h in chosen if h.verdict is not None)
    if not choose.agreed(session, yes, "decide.ask", count=len(chosen), choice=choice, answered=answered):
        session.tell("decide.declined")
        raise typer.Exit(ERROR)
    verdicts = [_verdict(session, wired, h, choice, None) for h in chosen]
    _report(session, wired, chosen, wired.hub.store.decide(verdicts), choice)


def _verdict(session: Session, wired: Wired, held: StoredHold, choice: str, value: str | None) -> Verdict:
    from connector.cli import choose
    from connector.model import Verdict

    allowed = {choose.folded(c): c for c in held.hold.choices}
    found = allowed.get(choose.folded(choice))
    if found is None:
        if not held.hold.choices:
            from connector.report.holds import advice

            words = session.words(wired.settings)
            raise choose.refused(session, "decide.nothing_to_choose", advice=advice(held.hold, words))
        raise choose.refused(session, "decide.no_choice", choice=choice, allowed=", ".join(held.hold.choices))
    if (found == "value") != (value is not None):
        raise choose.refused(session, "decide.value_needed" if found == "value" else "decide.value_not_wanted")
    read = _value(session, wired, held, value) if value is not None else None
    return Verdict(held.hold.id, found, held.hold.seen, read, choose.me())


def _value(session: Session, wired: Wired, held: StoredHold, text: str) -> Value:
    """The value in the form of its field, as it would be read from a system."""
    from connector.cleanse import Unreadable, read
    from connector.cli import choose

    name = str(held.hold.facts.get("field", ""))
    mapping: EntityMapping | None = next((m for m in wired.hub.mappings if m.entity is held.entity), None)
    if mapping is None or name not in mapping.fields:
        raise choose.refused(session, "decide.value_not_wanted")
    value = read(mapping.fields[name].type, text, zone=wired.hub.zone)
    if isinstance(value, Unreadable):
        problem = session.words(wired.settings).word("problem", str(value.problem))
        raise choose.refused(session, "decide.value_unread", value=text[:60], field=name, problem=problem)
    return value


def _report(session: Session, wired: Wired, chosen: Sequence[StoredHold], count: int, choice: str) -> None:
    from connector.report.blocks import Page, line
    from connector.report.holds import number

    labels = ", ".join(h.label or h.hold.id.link for h in chosen[:3]) + ("…" if len(chosen) > 3 else "")
    numbers = [number(h.hold.id) for h in chosen]
    lines = [line(session.say("decide.done", count=count, choice=choice, labels=labels), "good")]
    lines.append(line(session.say("decide.next"), "dim"))
    session.show(
        Page(
            session.say("decide.title"),
            lambda: lines,
            lambda: {"decided": count, "choice": choice, "holds": numbers},
            lambda: (("number", "choice"), [(n, choice) for n in numbers]),
        )
    )
    if count < len(chosen):
        session.tell_error("decide.moved", count=len(chosen) - count)
        raise typer.Exit(PARTIAL)


def _from_sheet(session: Session, wired: Wired, path: Path) -> None:
    """Every good row is taken; every other one is named with its row and its reason."""
    from connector.cli import choose
    from connector.report.blocks import Page, line
    from connector.report.sheets import check_of, read_sheets

    answers = read_sheets(path)
    holds = list(wired.hub.store.holds())
    verdicts: list[Verdict] = []
    wrong: list[tuple[int, str]] = []
    for answer in answers:
        try:
            held = choose.hold(session, holds, answer.number)
            if answer.check and answer.check != check_of(held):
                wrong.append((answer.row, session.say("decide.changed", number=answer.number)))
                continue
            value = answer.value if choose.folded(answer.decision) == "value" and answer.value else None
            verdicts.append(_verdict(session, wired, held, answer.decision, value))
        except typer.BadParameter as error:
            wrong.append((answer.row, error.message))
    count = wired.hub.store.decide(verdicts) if verdicts else 0
    lines = [line(session.say("decide.imported", count=count, rows=len(answers)), "good" if count else "")]
    lines += [line(session.say("decide.row", row=row, why=why), "warn", 2) for row, why in wrong]
    if count:
        lines.append(line(session.say("decide.next"), "dim"))
    session.show(
        Page(
            session.say("decide.title"),
            lambda: lines,
            lambda: {"decided": count, "rows": len(answers), "wrong": [{"row": r, "why": w} for r, w in wrong]},
            lambda: (("row", "why"), [(str(r), w) for r, w in wrong]),
        )
    )
    if wrong or count < len(verdicts):
        raise typer.Exit(PARTIAL)
