"""status and runs: how the hub stands, and what was done."""

from __future__ import annotations

from typing import Annotated

import typer

from connector.cli.options import Every
from connector.cli.session import Session


def status(ctx: typer.Context) -> None:
    from connector.report.status import status_page

    session: Session = ctx.obj
    with session.wired(read_only=True) as wired:
        settings, hub = wired.settings, wired.hub
        words = session.words(settings, hub)
        where = settings.state.render_as_string(hide_password=True)
        systems = {name: system.type for name, system in settings.config.systems.items()}
        session.show(status_page(hub, str(settings.path), where, systems, words))


def runs(
    ctx: typer.Context,
    run: Annotated[str, typer.Argument(help="arg.run_shown", metavar="[RUN]", show_default=False)] = "",
    limit: Annotated[int, typer.Option("--limit", help="opt.limit", metavar="N", min=1, max=1000)] = 20,
    every: Every = False,
) -> None:
    from connector.cli import choose
    from connector.report.status import run_page, runs_page

    session: Session = ctx.obj
    with session.wired(read_only=True) as wired:
        hub = wired.hub
        words = session.words(wired.settings, hub)
        if not run:
            session.show(runs_page(hub.store.runs(limit), words))
            return
        found = hub.store.run(choose.run_id(session, hub, run))
        assert found is not None, "run_id names a run that is there"
        session.show(run_page(found, lambda: hub.store.journal(run=found.id), words, every=every))
