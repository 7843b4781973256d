"""version"""

from __future__ import annotations

import typer


def version(ctx: typer.Context) -> None:
    import platform
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as version_of

    from connector.cli.session import Session
    from connector.report.blocks import Page, line

    session: Session = ctx.obj
    try:
        number = version_of("connector")
    except PackageNotFoundError:
        number = "0"
    python = platform.python_version()
    session.show(
        Page(
            "connector",
            lambda: [line(f"connector {number} (Python {python})")],
            lambda: {"version": number, "python": python},
            lambda: (("version", "python"), [(number, python)]),
        )
    )
