"""fields: what an object of a system has, for whoever writes a mapping."""

from __future__ import annotations

from typing import Annotated

import typer

from connector.cli.session import Session


def fields(
    ctx: typer.Context,
    system: Annotated[str, typer.Argument(help="arg.system", metavar="SYSTEM", show_default=False)],
    object: Annotated[str, typer.Argument(help="arg.object", metavar="OBJECT", show_default=False)],
    sample: Annotated[int, typer.Option("--sample", help="opt.sample", metavar="N", min=0, max=100_000)] = 2_000,
) -> None:
    from connector.cli import choose
    from connector.engine import sample as sampling
    from connector.mapping.leaf import nearest
    from connector.report.fields import fields_page
    from connector.report.words import Words
    from connector.wiring import read_config, systems

    session: Session = ctx.obj
    path, config = read_config(session.config)
    if not session.chosen and config.lang != "auto":
        session.lang = config.lang
    if system not in config.systems:
        near = nearest(system, config.systems)
        message = "fields.no_system_near" if near else "fields.no_system"
        raise choose.refused(session, message, name=system, near=near, allowed=", ".join(config.systems))
    with session.progress, systems(path, config) as adapters:
        adapter = adapters[system]
        shape = adapter.describe(object)
        names = [column.name for column in shape.columns]
        seen = sampling.sample(adapter, object, names, sample) if sample else sampling.NOTHING
        session.show(fields_page(system, shape, seen, Words(session.lang, config.timezone, config.terms)))
