"""status and runs: how the hub stands, and what was done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.options import Every
from connector.cli.session import Session

if TYPE_CHECKING:
    from connector.report.blocks import Block


def status(ctx: typer.Context) -> None:
    from connector.report.blocks import line
    from connector.report.status import status_page
    from connector.report.words import as_json

    session: Session = ctx.obj
    with session.wired(read_only=True) as wired:
        settings, hub = wired.settings, wired.hub
        words = session.words(settings, hub)
        where = settings.state.render_as_string(hide_password=True)
        systems = {name: system.type for name, system in settings.config.systems.items()}
        page = status_page(hub, str(settings.path), where, systems, words)
        holder = hub.store.holder()

        def blocks() -> Iterator[Block]:
            yield from page.blocks()
            if holder is not None:
                since, until = words.moment(holder.since), words.moment(holder.until)
                yield line(words.say("status.locked", holder=holder.name, since=since, until=until), "change")

        def data() -> dict[str, Any]:
            return {**page.data(), "locked_by": None if holder is None else as_json(asdict(holder))}

        session.show(replace(page, blocks=blocks, data=data))


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
