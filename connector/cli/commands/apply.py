"""apply and sync: what writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.options import About, Every, Field, First, Full, Out, Owner, Who, Yes
from connector.cli.session import DONE, ERROR, HELD, PARTIAL, STOPPED, Session

if TYPE_CHECKING:
    from connector.engine.planfile import PlanReader
    from connector.engine.run import Outcome


def apply(
    ctx: typer.Context,
    plan: Annotated[Path, typer.Argument(help="arg.plan", metavar="PLAN", show_default=False)],
    accept: Annotated[bool, typer.Option("--accept", help="opt.accept")] = False,
    field: Field = "",
    owner: Owner = "",
    who: Who = "",
    first: First = None,
    about: About = "",
) -> None:
    from connector.cli import choose
    from connector.engine import run
    from connector.engine.planfile import PlanReader
    from connector.report.outcome import outcome_page

    session: Session = ctx.obj
    PlanReader(plan)  # a damaged plan is refused before the state is opened
    with session.wired(read_only=False) as wired:
        words = session.words(wired.settings, wired.hub)
        wanted = choose.narrow(session, words, field=field, owner=owner, who=who, first=first, about=about)
        outcome = run.apply(wired.hub, plan, accept=accept, narrow=wanted)
        session.show(outcome_page(outcome, words))
    raise typer.Exit(exit_code(outcome))


def sync(
    ctx: typer.Context,
    yes: Yes = False,
    out: Out = None,
    field: Field = "",
    owner: Owner = "",
    who: Who = "",
    first: First = None,
    about: About = "",
    full: Full = False,
    every: Every = False,
) -> None:
    from connector.cli import choose, screen
    from connector.cli.ready import new_fields, ready_to_run
    from connector.engine import run
    from connector.report.diff import changed, diff_page
    from connector.report.outcome import outcome_page

    session: Session = ctx.obj
    if not yes and (not screen.interactive() or session.format != "table"):
        raise choose.refused(session, "cli.needs_yes")
    with session.wired(read_only=False) as wired:
        words = session.words(wired.settings, wired.hub)
        wanted = choose.narrow(session, words, field=field, owner=owner, who=who, first=first, about=about)
        ready_to_run(session, wired)
        added = new_fields(wired.hub)  # once the run is over they are known

        def confirm(plan: PlanReader) -> bool:
            if session.format == "table":
                session.show(diff_page(plan, words, every=every))
            if yes or not changed(plan):
                return True
            return session.ask("sync.ask")

        with session.plan_path(out) as path:
            outcome = run.sync(wired.hub, path, confirm=confirm, narrow=wanted, full=full)
            if outcome is None:
                session.tell("sync.declined")
                raise typer.Exit(ERROR)
            session.show(outcome_page(outcome, words))
            for entity, name in added:
                session.tell("diff.new_field", entity=entity, field=name)
    raise typer.Exit(exit_code(outcome))


def exit_code(outcome: Outcome) -> int:
    from connector.store.records import RunState

    if outcome.trips:
        return STOPPED
    if outcome.state is RunState.PARTIAL:
        return PARTIAL
    return HELD if outcome.applied.opened else DONE
