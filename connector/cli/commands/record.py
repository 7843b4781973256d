"""show and why: one record, and where one of its values came from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.session import Session

if TYPE_CHECKING:
    from connector.engine.hub import Hub
    from connector.model import Link
    from connector.store.records import JournalRow

Entity_ = Annotated[str, typer.Argument(help="arg.entity", metavar="ENTITY", show_default=False)]
Who_ = Annotated[str, typer.Argument(help="arg.who", metavar="WHO", show_default=False)]


def show(ctx: typer.Context, about: Entity_, who: Who_) -> None:
    from connector.cli import choose
    from connector.report.records import show_page

    session: Session = ctx.obj
    with session.wired(read_only=True) as wired:
        hub = wired.hub
        words = session.words(wired.settings, hub)
        link = choose.record(session, hub, words, choose.entity(session, words, about), who)
        label, owner = hub.store.labels([link.key]).get(link.key, ("", ""))
        holds = list(hub.store.holds(links=[link.key]))
        session.show(show_page(link, label, owner, holds, _journal(hub, link), words))


def why(
    ctx: typer.Context,
    about: Entity_,
    who: Who_,
    field: Annotated[str, typer.Argument(help="arg.field", metavar="FIELD", show_default=False)],
) -> None:
    from connector.cli import choose
    from connector.report.records import why_page

    session: Session = ctx.obj
    with session.wired(read_only=True) as wired:
        hub = wired.hub
        words = session.words(wired.settings, hub)
        entity = choose.entity(session, words, about)
        name = choose.known_field(session, hub, entity, field)
        link = _with_runs(hub, choose.record(session, hub, words, entity, who))
        label = hub.store.labels([link.key]).get(link.key, ("", ""))[0]
        session.show(why_page(link, label, name, _journal(hub, link), words))


def _with_runs(hub: Hub, link: Link) -> Link:
    """Provenance names the plan that decided; people know the run that applied it."""
    plans = {p.run for p in link.provenance.values()}
    runs = {plan: found.id for plan in plans if (found := hub.store.run_of_plan(plan)) is not None}
    return replace(link, provenance={f: replace(p, run=runs.get(p.run, p.run)) for f, p in link.provenance.items()})


def _journal(hub: Hub, link: Link) -> list[JournalRow]:
    """What was written, in the order of time; links that were joined into this one included."""
    keys = [a for a in link.aliases if "/" not in a] + [link.key]
    rows = [r for key in keys for r in hub.store.journal(link=key)]
    return sorted(rows, key=lambda r: (r.at.isoformat() if r.at else "", r.run, r.seq))
