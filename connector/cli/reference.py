"""docs/cli.md: every command as its own help tells it. `python -m connector.cli.reference` writes the file."""

# ruff: noqa: E501  rows of a table

from __future__ import annotations

from pathlib import Path
from typing import Any

from connector.cli.app import COMMANDS, FIRST, command, set_language
from connector.messages import Lang, say

_HEAD = """\
# The command line / コマンド

Made from `connector --help` by `python -m connector.cli.reference`; a test keeps it so.

`connector COMMAND --help` says the same at the terminal, in Japanese or English (`--lang ja|en`, `lang:` in
config.yaml, else the locale).

| exit code | 意味 | meaning |
|---|---|---|
| 0 | 完了 | done |
| 1 | エラー | an error |
| 2 | 使い方または設定の間違い(`diff --detailed-exitcode` では変更あり) | wrong usage or configuration (with `diff --detailed-exitcode`: there are changes) |
| 3 | 一部を書き込めなかった(拒否・見送り・結果不明) | partly done: refused, moved or unknown |
| 4 | 要確認が新しく出た | holds were opened |
| 5 | 安全装置が止めた | the guard stopped the run |
| 6 | 別の実行が進行中 | another run holds the hub |
| 130 | 中断(Ctrl-C) | interrupted |
"""


def reference() -> str:
    """The whole page."""
    parts = [_HEAD]
    for title, names in (("", FIRST), ("others", tuple(c for c in COMMANDS if c not in FIRST))):
        if title:
            parts.append(f"## {say('ja', 'help.others')} / {say('en', 'help.others')}\n")
        parts += [_section(name) for name in names]
    parts.append(_shared())
    return "\n".join(parts)


def _section(name: str) -> str:
    ja, en = command(name, "ja"), command(name, "en")
    lines = [f"### connector {name}\n"]
    for lang in _BOTH:
        more = say(lang, f"help.{name}.more")
        end = "。" if lang == "ja" else "."
        lines.append(f"{say(lang, f'help.{name}')}{end} {more}".rstrip() + "\n")
    lines.append(f"```\n{_usage(name, en)}\n```\n")
    rows = [(_names(p), p.help, q.help) for p, q in zip(ja.params, en.params, strict=True) if p.name not in _COMMON]
    if rows:
        lines += ["| | | |", "|---|---|---|"]
        lines += [f"| `{_cell(n)}` | {_cell(j)} | {_cell(e)} |" for n, j, e in rows]
        lines.append("")
    return "\n".join(lines)


def _shared() -> str:
    ja, en = command("diff", "ja"), command("diff", "en")
    rows = [(_names(p), p.help, q.help) for p, q in zip(ja.params, en.params, strict=True) if p.name in _COMMON]
    lines = [f"## {say('ja', 'help.shared')} / {say('en', 'help.shared')}\n", "| | | |", "|---|---|---|"]
    lines += [f"| `{_cell(n)}` | {_cell(j)} | {_cell(e)} |" for n, j, e in rows]
    return "\n".join(lines) + "\n"


_BOTH: tuple[Lang, ...] = ("ja", "en")
_COMMON = ("config", "lang", "format", "json", "quiet")


def _usage(name: str, made: Any) -> str:
    words = [p.metavar or p.name.upper() for p in made.params if p.param_type_name == "argument"]
    return " ".join([f"connector {name}", *words, "[OPTIONS]"])


def _names(param: Any) -> str:
    if param.param_type_name == "argument":
        return str(param.metavar or param.name)
    value = "" if param.is_flag else f" {param.metavar or ''}".rstrip()
    return ", ".join(sorted(param.opts, key=len, reverse=True)) + value


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    set_language("en")
    Path("docs/cli.md").write_text(reference(), encoding="utf-8")


if __name__ == "__main__":
    main()
