"""holds: the queue of questions, on screen or as a sheet per owner."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from connector.cli.options import About, Field, Owner, Who
from connector.cli.session import Session


def holds(
    ctx: typer.Context,
    which: Annotated[str, typer.Option("--kind", help="opt.kind", metavar="K", show_default=False)] = "",
    about: About = "",
    owner: Owner = "",
    who: Who = "",
    field: Field = "",
    every: Annotated[bool, typer.Option("--all", help="opt.all_holds")] = False,
    export: Annotated[
        Path | None, typer.Option("--export", help="opt.export", metavar="FILE", show_default=False)
    ] = None,
) -> None:
    from connector.cli import choose
    from connector.report.holds import holds_page

    session: Session = ctx.obj
    with session.wired(read_only=True) as wired:
        words = session.words(wired.settings, wired.hub)
        kinds = [choose.kind(session, words, which)] if which else None
        entity = choose.entity(session, words, about) if about else None
        found = choose.chosen_holds(wired.hub.store.holds(kinds=kinds), about=entity, owner=owner, who=who, field=field)
        if export is None:
            session.show(holds_page(found, words, detailed=len(found) if every else 20))
            return
        from connector.report.sheets import write_sheets

        if export.suffix.lower() not in (".csv", ".xlsx"):
            raise choose.refused(session, "holds.export_suffix", file=str(export))
        written = write_sheets([h for h in found if h.hold.choices], export, words)
        for path, count in written:
            session.tell("holds.exported", file=str(path), count=count)
        rest = sum(1 for h in found if not h.hold.choices)
        if rest:
            session.tell("holds.not_exported", count=rest)
        if not written:
            session.tell("holds.none")
