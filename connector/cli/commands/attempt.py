"""try: an admin's own exports, from files to a full diff, without any account. Nothing is applied."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.options import Every
from connector.cli.session import DONE, PARTIAL, Session

if TYPE_CHECKING:
    from connector.engine.planfile import PlanReader
    from connector.exports import Outcome, Proposal


def attempt(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="arg.folder", metavar="FOLDER", show_default=False)],
    every: Every = False,
) -> None:
    from connector.cli import choose
    from connector.cli.trial import trial_page
    from connector.exports import plan_folder, write_folder

    session: Session = ctx.obj
    if not folder.is_dir():
        raise choose.refused(session, "try.no_folder", folder=str(folder))
    with session.progress:
        proposal = plan_folder(folder, session.lang)
        if not proposal.files:
            raise choose.refused(session, "try.nothing", folder=str(folder))
        written = write_folder(proposal) if proposal.tables else None
        if written is None or len(proposal.systems) < 2 or not proposal.mappings:
            session.show(trial_page(session, proposal, written, None, every))
            raise typer.Exit(PARTIAL)
        _compare(session, proposal, written, every)
    unread = any(str(f.status) in ("ask", "refused") for f in proposal.files)
    raise typer.Exit(PARTIAL if unread else DONE)


def _compare(session: Session, proposal: Proposal, written: Outcome, every: bool) -> None:
    """Links into the folder's own state, then plans everything that the mappings would do."""
    from dataclasses import replace

    from connector.cli.trial import Compared, trial_page
    from connector.engine import run
    from connector.wiring import read_settings, wire

    settings = read_settings(written.config)
    session.follow(settings)
    switched_on = replace(settings, mappings=tuple(replace(m, enabled=True) for m in settings.mappings))
    with wire(settings=switched_on, progress=session.progress) as wired, session.plan_path(None) as path:
        linked: PlanReader | None = None
        if run.unlinked(wired.hub):
            done = run.sync(wired.hub, path.with_name("links"), link_only=True)
            linked = done.plan if done is not None else None
        plan = run.diff(wired.hub, path)
        session.show(trial_page(session, proposal, written, Compared(wired, linked, plan), every))
