"""Every end that is not success: a sentence for a person, an exit code for a script, a traceback only in a file."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typer

from connector.cli.session import ERROR, LOCKED, STOPPED, USAGE, Interrupted, Session
from connector.errors import ConfigError, ConnectorError, Locked, SafetyStop
from connector.messages import Lang, catalogue, say

INTERRUPTED = 130
LOG = "error.log"
ClickError: Any = typer.BadParameter.__mro__[2]


def ended(error: BaseException, session: Session | None, lang: Lang) -> int:
    """Says on stderr why the program ends, and gives the exit code."""
    lang = session.lang if session is not None else lang
    if session is not None:
        session.progress.pause()
    try:
        return _ended(error, session, lang)
    except BrokenPipeError:
        return _no_reader()


def _ended(error: BaseException, session: Session | None, lang: Lang) -> int:
    match error:
        case SystemExit(code=code):
            return code if isinstance(code, int) else 0 if code is None else ERROR
        case typer.Exit():
            return int(getattr(error, "exit_code", 0))
        case Interrupted() | KeyboardInterrupt() | typer.Abort() | EOFError():
            _tell(say(lang, "cli.interrupted"))
            return INTERRUPTED
        case BrokenPipeError():
            return _no_reader()
        case ConfigError():
            for text in sentences(error, lang):
                _tell(text)
            _tell(say(lang, "config.wrong", count=len(error.findings)))
            return USAGE
        case SafetyStop():
            _tell(say(lang, "guard.stopped", count=len(error.trips)))
            return STOPPED
        case Locked():
            _tell(sentence(error, lang, session.zone if session is not None else "Asia/Tokyo"))
            return LOCKED
        case ConnectorError():
            _tell(sentence(error, lang, session.zone if session is not None else "Asia/Tokyo"))
            return ERROR
        case _ if isinstance(error, ClickError):
            return _usage(error, lang)
        case _:
            where = log(error, session)
            what = f"{type(error).__name__}: {str(error)[:200]}" if _harmless(error) else type(error).__name__
            _tell(say(lang, "error.unexpected", what=what, log=where))
            return ERROR


def _harmless(error: BaseException) -> bool:
    """The words of an OSError name a file; those of others may quote a record."""
    return isinstance(error, OSError)


def _no_reader() -> int:
    """Whoever read our output has gone (`| head`): nothing more to say, and nothing to flush at exit."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    return ERROR


def _tell(text: str) -> None:
    from connector.report.plain import safe

    print("\n".join(safe(part) for part in text.split("\n")), file=sys.stderr)


def sentences(error: ConfigError, lang: Lang) -> list[str]:
    from connector.mapping.load import render

    return [render(finding, lang) for finding in error.findings]


def sentence(error: ConnectorError, lang: Lang, zone: str = "Asia/Tokyo") -> str:
    """The message of an error in one language; moments in the hub's zone."""
    facts = {name: _fact(value, zone) for name, value in error.facts.items()}
    if error.message not in catalogue():
        shown = ", ".join(f"{name}: {value}" for name, value in facts.items() if value not in ("", None))
        return say(lang, "error.unnamed", what=error.message, facts=shown)
    text = say(lang, error.message, **facts)
    if facts.get("nearest") not in (None, "", "-"):
        text += say(lang, "mapping.did_you_mean", name=facts["nearest"])
    return text


def _fact(value: Any, zone: str) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return value


# --- wrong arguments --------------------------------------------------------------------------------------


def _usage(error: Any, lang: Lang) -> int:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error.format_message() if not context else context.get_help())
        return USAGE
    _tell(_usage_sentence(error, lang))
    if context is not None:
        path = context.command_path if isinstance(context.command_path, str) else "connector"
        _tell(say(lang, "cli.see_help", command=path))
    return USAGE


def _usage_sentence(error: Any, lang: Lang) -> str:
    param = getattr(error, "param", None)
    name = _param_name(param) if param is not None else str(getattr(error, "param_hint", "") or "")
    match type(error).__name__:
        case "NoSuchOption":
            near = next(iter(getattr(error, "possibilities", None) or ()), "")
            message = "cli.no_option_near" if near else "cli.no_option"
            return say(lang, message, name=error.option_name, near=near)
        case "MissingParameter":
            return say(lang, "cli.missing", name=name)
        case "BadOptionUsage":
            return say(lang, "cli.option_value", name=error.option_name)
        case "BadParameter" if _translated(error, lang):
            return str(error.message)
        case "BadParameter":
            return say(lang, "cli.bad_value", name=name, why=error.message)
        case "UsageError" if str(error.message).startswith("Got unexpected extra argument"):
            extra = str(error.message).partition("(")[2].rstrip(")")
            return say(lang, "cli.extra", extra=extra)
        case _:
            return str(getattr(error, "message", error))


def _translated(error: Any, lang: Lang) -> bool:
    """Messages of this program are in the reader's language; the parser's own are English."""
    return bool(getattr(error, "ours", False)) or "--" in str(error.message) or not str(error.message).isascii()


def _param_name(param: Any) -> str:
    if param.param_type_name == "argument":
        return str(param.metavar or param.name or "").upper()
    return str(max(param.opts, key=len))


# --- the log ----------------------------------------------------------------------------------------------


def log(error: BaseException, session: Session | None) -> str:
    """The traceback in a file that only its owner may read. Returns where, or "-" when nowhere can be written."""
    text = "".join(traceback.format_exception(error))
    folders = [session.log_folder] if session is not None and session.log_folder is not None else []
    for folder in (*folders, Path(tempfile.gettempdir())):
        path = folder / (LOG if folder in folders else f"connector-{os.getpid()}-{LOG}")
        try:
            if not folder.is_dir():
                continue
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600), "a") as file:
                file.write(f"--- {_now()} pid {os.getpid()}\n{text}\n")
        except OSError:
            continue
        return str(path)
    return "-"


def _now() -> str:
    from connector.wiring import clock

    return clock().isoformat(timespec="seconds")
