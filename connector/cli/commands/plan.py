"""diff: everything the next run would do, before it does it."""

from __future__ import annotations

from typing import Annotated

import typer

from connector.cli.options import About, Every, Field, First, Full, Out, Owner, Who
from connector.cli.session import DONE, Session

CHANGES = 2


def diff(
    ctx: typer.Context,
    out: Out = None,
    field: Field = "",
    owner: Owner = "",
    who: Who = "",
    first: First = None,
    about: About = "",
    full: Full = False,
    every: Every = False,
    detailed: Annotated[bool, typer.Option("--detailed-exitcode", help="opt.detailed_exitcode")] = False,
) -> None:
    from connector.cli import choose
    from connector.cli.ready import new_fields, ready_to_run
    from connector.engine import run
    from connector.report.diff import changed, diff_page

    session: Session = ctx.obj
    with session.wired(read_only=True) as wired:
        words = session.words(wired.settings, wired.hub)
        wanted = choose.narrow(session, words, field=field, owner=owner, who=who, first=first, about=about)
        ready_to_run(session, wired)
        with session.plan_path(out) as path:
            plan = run.diff(wired.hub, path, narrow=wanted, full=full)
            session.show(diff_page(plan, words, every=every))
            for about_, name in new_fields(wired.hub):
                session.tell("diff.new_field", entity=about_, field=name)
            if out is not None:
                session.tell("diff.saved", file=str(out))
    raise typer.Exit(CHANGES if detailed and changed(plan) else DONE)
