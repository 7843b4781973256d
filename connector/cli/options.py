"""Options that several commands have. Their help texts are ids of messages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Field: TypeAlias = Annotated[str, typer.Option("--field", help="opt.field", metavar="F", show_default=False)]
Owner: TypeAlias = Annotated[str, typer.Option("--owner", help="opt.owner", metavar="O", show_default=False)]
Who: TypeAlias = Annotated[str, typer.Option("--who", help="opt.who", metavar="W", show_default=False)]
First: TypeAlias = Annotated[int | None, typer.Option("--first", help="opt.first", metavar="N", show_default=False)]
About: TypeAlias = Annotated[str, typer.Option("--entity", help="opt.entity", metavar="E", show_default=False)]
Full: TypeAlias = Annotated[bool, typer.Option("--full", help="opt.full")]
Every: TypeAlias = Annotated[bool, typer.Option("--all", help="opt.all")]
Out: TypeAlias = Annotated[Path | None, typer.Option("--out", "-o", help="opt.out", metavar="PLAN", show_default=False)]
Yes: TypeAlias = Annotated[bool, typer.Option("--yes", "-y", help="opt.yes")]
