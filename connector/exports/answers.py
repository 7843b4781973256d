"""What an admin said about files that no sign decides: FOLDER/connector-files.yaml."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from connector.errors import ConfigError, Finding
from connector.exports.shapes import shape_named, shape_names
from connector.model import OPT_IN, OPT_OUT

FILE = "connector-files.yaml"
IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Answer:
    """`shape` is one of shapes.shape_names() or "ignore"; `consent` says what the values of a flag column mean."""

    shape: str = ""
    sheet: str = ""
    consent: Mapping[str, str] = field(default_factory=dict)


def read_answers(folder: Path) -> dict[str, Answer]:
    """File name -> answer. Raises ConfigError with everything that is wrong."""
    path = folder / FILE
    if not path.exists():
        return {}
    try:
        tree = YAML(typ="safe").load(path.read_text(encoding="utf-8-sig"))
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ConfigError([Finding("exports.answers_unreadable", FILE, mark.line + 1 if mark else None)]) from None
    found: dict[str, Answer] = {}
    wrong: list[Finding] = []
    if tree is not None and not isinstance(tree, dict):
        raise ConfigError([Finding("exports.answers_unreadable", FILE, 1)])
    for name, said in (tree or {}).items():
        said = {"shape": said} if isinstance(said, str) else said
        if not isinstance(said, dict):
            wrong.append(Finding("exports.answer_unknown", FILE, facts={"file": name, "answer": str(said)[:60]}))
            continue
        answer = Answer(str(said.get("shape") or ""), str(said.get("sheet") or ""), _meanings(said.get("consent")))
        if answer.shape and answer.shape != IGNORE and shape_named(answer.shape) is None:
            facts = {"file": name, "answer": answer.shape, "allowed": ", ".join((*shape_names(), IGNORE))}
            wrong.append(Finding("exports.answer_unknown", FILE, facts=facts))
        if bad := sorted(set(answer.consent.values()) - {OPT_IN, OPT_OUT}):
            facts = {"file": name, "answer": ", ".join(bad), "allowed": f"{OPT_OUT}, {OPT_IN}"}
            wrong.append(Finding("exports.answer_unknown", FILE, facts=facts))
        found[str(name)] = answer
    if wrong:
        raise ConfigError(wrong)
    return found


def _meanings(raw: Any) -> dict[str, str]:
    # YAML reads a bare 1 or true as a number or a boolean; the cell is text
    def cell(value: Any) -> str:
        return str(value).lower() if isinstance(value, bool) else str(value)

    return {cell(k): str(v) for k, v in raw.items()} if isinstance(raw, dict) else {}


def record_answer(folder: Path, file: str, answer: Answer) -> None:
    """Writes one answer; comments and the other answers stay as they are."""
    if answer.shape and answer.shape != IGNORE and shape_named(answer.shape) is None:
        facts = {"file": file, "answer": answer.shape, "allowed": ", ".join((*shape_names(), IGNORE))}
        raise ConfigError([Finding("exports.answer_unknown", FILE, facts=facts)])
    yaml = YAML()
    path = folder / FILE
    tree = (yaml.load(path.read_text(encoding="utf-8-sig")) if path.exists() else None) or {}
    said: dict[str, Any] = {}
    if answer.shape:
        said["shape"] = answer.shape
    if answer.sheet:
        said["sheet"] = answer.sheet
    if answer.consent:
        said["consent"] = dict(answer.consent)
    tree[file] = said
    text = io.StringIO()
    yaml.dump(tree, text)
    path.write_text(text.getvalue(), encoding="utf-8")
