"""The program: its commands, found by name and imported only when they are run."""

from __future__ import annotations

import gettext
import locale
import os
import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from connector.cli.session import FORMATS, Interrupted, Session
from connector.messages import Lang, say

# command -> the module that holds it; the first eight are what an admin needs every week
FIRST = ("init", "check", "diff", "apply", "holds", "decide", "undo", "status")
COMMANDS = {
    "init": "setup", "check": "checking", "diff": "plan", "apply": "apply", "holds": "holds", "decide": "decide",
    "undo": "undo", "status": "status", "sync": "apply", "runs": "status", "why": "record", "show": "record",
    "fields": "fields", "backfill": "backfill", "retry": "backfill", "try": "attempt", "demo": "demo",
    "version": "version",
}  # fmt: skip

UsageError: Any = typer.BadParameter.__mro__[1]
_LANG: list[Lang] = ["en"]


def language(argv: Sequence[str] = (), env: dict[str, str] | None = None) -> Lang:
    """--lang, else the locale. Known before the options are read, for help and errors speak it too."""
    chosen = chosen_language(argv)
    if chosen is not None:
        return chosen
    env = dict(os.environ) if env is None else env
    said = env.get("CONNECTOR_LANG") or env.get("LC_ALL") or env.get("LC_MESSAGES") or env.get("LANG") or ""
    if not said and sys.platform == "win32":
        said = locale.getlocale()[0] or ""
    return "ja" if said.lower().startswith(("ja", "japanese")) else "en"


def chosen_language(argv: Sequence[str]) -> Lang | None:
    for n, word in enumerate(argv):
        value = word.partition("=")[2] if word.startswith("--lang=") else ""
        if word == "--lang" and n + 1 < len(argv):
            value = argv[n + 1]
        if value in ("ja", "en"):
            return "ja" if value == "ja" else "en"
    return None


class Command(TyperCommand):
    """A command whose help is made of messages, and whose shared options become the session."""

    def invoke(self, ctx: Any) -> Any:
        given = {name: ctx.params.pop(name, None) for name in ("config", "lang", "format", "json", "quiet")}
        chosen: Lang | None = given["lang"]
        ctx.obj = Session(
            lang=chosen or _LANG[0],
            config=given["config"],
            format="json" if given["json"] else given["format"] or "table",
            quiet=bool(given["quiet"]),
            chosen=chosen is not None,
        )
        _SESSION[:] = [ctx.obj]
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interrupted from None

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        _usage(self, ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        _options(self, ctx, formatter)


_SESSION: list[Session] = []


def current_session() -> Session | None:
    """The session of the command that runs: for errors that end it."""
    return _SESSION[0] if _SESSION else None


def _usage(command: Any, ctx: Any, formatter: Any) -> None:
    formatter.write_usage(
        ctx.command_path, " ".join(command.collect_usage_pieces(ctx)), prefix=say(_LANG[0], "help.usage") + " "
    )


def _options(command: Any, ctx: Any, formatter: Any) -> None:
    groups: dict[str, list[tuple[str, str]]] = {}
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx)
        if record is not None:
            shared = param.name in _SHARED or param.name == "help"
            if param.name == "help":
                record = (record[0], say(_LANG[0], "help.help"))
            kind = "help.arguments" if param.param_type_name == "argument" else "help.options"
            groups.setdefault("help.shared" if shared else kind, []).append(record)
    for heading in ("help.arguments", "help.options", "help.shared"):
        if groups.get(heading):
            with formatter.section(say(_LANG[0], heading)):
                formatter.write_dl(groups[heading])


class Commands(TyperGroup):
    """The group: lists every command from the messages, imports one when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return command(cmd_name, _LANG[0]) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS:
            from difflib import get_close_matches

            near = next(iter(get_close_matches(args[0], COMMANDS, 1, 0.5)), None)
            message = "cli.no_command_near" if near else "cli.no_command"
            raise UsageError(say(_LANG[0], message, name=args[0], near=near), ctx)
        return super().resolve_command(ctx, args)

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        _usage(self, ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        for heading, names in (
            ("help.commands", FIRST),
            ("help.others", tuple(c for c in COMMANDS if c not in FIRST)),
        ):
            with formatter.section(say(_LANG[0], heading)):
                formatter.write_dl([(name, say(_LANG[0], f"help.{name}")) for name in names])
        _options(self, ctx, formatter)


def _shared(
    config: Annotated[Path | None, typer.Option("--config", help="opt.config", metavar="FILE")] = None,
    lang: Annotated[str | None, typer.Option("--lang", help="opt.lang", metavar="ja|en")] = None,
    format: Annotated[str, typer.Option("--format", help="opt.format", metavar="|".join(FORMATS))] = "table",
    json: Annotated[bool, typer.Option("--json", help="opt.json")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="opt.quiet")] = False,
) -> None:
    """Options of every command."""


_SHARED = ("config", "lang", "format", "json", "quiet")


@cache
def command(name: str, lang: Lang) -> Any:
    """One command with its help in one language."""
    module = import_module(f"connector.cli.commands.{COMMANDS[name]}")
    made = _made(name, getattr(module, name if name != "try" else "attempt"))
    shared = _made("shared", _shared)
    made.params += [p for p in shared.params if p.name in _SHARED]
    made.help = say(lang, f"help.{name}") + "\n\n" + say(lang, f"help.{name}.more")
    for param in made.params:
        if getattr(param, "help", None):
            param.help = say(lang, param.help)
        if param.name == "lang":
            param.callback = _one_of(("ja", "en"))
        if param.name == "format":
            param.callback = _one_of(FORMATS)
    return made


def _made(name: str, function: Any) -> Any:
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    single.command(name, cls=Command)(function)
    return typer.main.get_command(single)


def _one_of(allowed: Sequence[str]) -> Any:
    def check(ctx: Any, param: Any, value: Any) -> Any:
        if value is not None and value not in allowed:
            said = say(_LANG[0], "cli.one_of", option=param.opts[0], value=value, allowed=", ".join(allowed))
            raise typer.BadParameter(said, ctx, param)
        return value

    return check


def program() -> Any:
    """The whole program, in the language that is set."""
    app = typer.Typer(
        cls=Commands,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 110},
    )

    @app.callback(help=say(_LANG[0], "help.program"))
    def connector(
        lang: Annotated[str | None, typer.Option("--lang", help=say(_LANG[0], "opt.lang"), metavar="ja|en")] = None,
    ) -> None:
        return None

    made = typer.main.get_command(app)
    for param in made.params:
        translated = {"install_completion": "opt.install_completion", "show_completion": "opt.show_completion"}
        if param.name in translated:
            param.help = say(_LANG[0], translated[param.name])  # type: ignore[attr-defined]  # options have it
        if param.name == "lang":
            param.callback = _one_of(("ja", "en"))
    return made


def set_language(lang: Lang) -> None:
    _LANG[:] = [lang]
    gettext.textdomain("connector")


def run(argv: Sequence[str]) -> int:
    """Runs one command and gives its exit code; nothing is raised."""
    from connector.cli import screen

    screen.prepare_streams()
    _SESSION.clear()
    set_language(language(argv))
    try:
        code = program().main(args=_lifted(argv), prog_name="connector", standalone_mode=False)
        sys.stdout.flush()
    except BaseException as error:
        from connector.cli.failure import ended

        code = ended(error, current_session(), _LANG[0])
    return code if isinstance(code, int) else 0


def _lifted(argv: Sequence[str]) -> list[str]:
    """`connector --lang ja diff` and `connector diff --lang ja` mean the same."""
    words = list(argv)
    if len(words) > 2 and words[0] == "--lang" and words[2] in COMMANDS:
        return [words[2], *words[3:], "--lang", words[1]]
    if len(words) > 1 and words[0].startswith("--lang=") and words[1] in COMMANDS:
        return [words[1], *words[2:], words[0]]
    return words


def main() -> None:
    sys.exit(run(sys.argv[1:]))
