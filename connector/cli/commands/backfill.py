"""backfill and retry."""

from __future__ import annotations

from typing import Annotated

import typer

from connector.cli.options import Every, Out, Yes
from connector.cli.session import DONE, ERROR, Session


def backfill(
    ctx: typer.Context,
    about: Annotated[str, typer.Argument(help="arg.entity", metavar="ENTITY", show_default=False)],
    field: Annotated[str, typer.Argument(help="arg.field", metavar="FIELD", show_default=False)],
    out: Out = None,
    every: Every = False,
    accept: Annotated[bool, typer.Option("--accept", help="opt.accept")] = False,
    yes: Yes = False,
) -> None:
    from connector.cli import choose, screen
    from connector.cli.commands.apply import exit_code
    from connector.cli.ready import ready_to_run
    from connector.engine import run
    from connector.report.diff import changed, diff_page
    from connector.report.outcome import outcome_page

    session: Session = ctx.obj
    only_plan = out is not None and not yes
    if not yes and not only_plan and (not screen.interactive() or session.format != "table"):
        raise choose.refused(session, "backfill.needs_yes")
    with session.wired(read_only=only_plan) as wired:
        words = session.words(wired.settings, wired.hub)
        entity = choose.entity(session, words, about)
        name = choose.known_field(session, wired.hub, entity, field)
        ready_to_run(session, wired)
        if entity in run.unlinked(wired.hub):
            session.tell_error("backfill.unlinked", entity=words.entity(entity))
            raise typer.Exit(ERROR)
        with session.plan_path(out) as path:
            plan = run.backfill(wired.hub, path, entity, name)
            if session.format == "table" or only_plan:
                session.show(diff_page(plan, words, every=every))
            if only_plan:
                session.tell("diff.saved", file=str(out))
                raise typer.Exit(DONE)
            if changed(plan) and not yes and not session.ask("sync.ask"):
                session.tell("sync.declined")
                raise typer.Exit(ERROR)
            outcome = run.apply(wired.hub, path, accept=accept)
            session.show(outcome_page(outcome, words))
    raise typer.Exit(exit_code(outcome))


def retry(ctx: typer.Context) -> None:
    from connector.engine import run
    from connector.report.blocks import Page, line

    session: Session = ctx.obj
    with session.wired(read_only=False) as wired:
        count = run.retry(wired.hub)
    message = "retry.done" if count else "retry.nothing"
    session.show(
        Page(
            session.say("retry.title"),
            lambda: [line(session.say(message, count=count))],
            lambda: {"retried": count},
            lambda: (("retried",), [(str(count),)]),
        )
    )
