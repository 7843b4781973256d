"""Every sentence that can be asked for is there, in both languages, with the same places."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from connector.messages import CATALOGUES, catalogue
from connector.model import EndState, Entity, HoldKind, Problem, Reason
from connector.store.records import Action, Done, RunKind, RunState
from connector.sync.guard import Brake

PACKAGE = Path(__file__).parents[2] / "connector"
RAISED = re.compile(
    r"\b(?:Fatal|Transient|Rejected|Locked|StalePlan|Finding|refused|_finding)"
    r"\(\s*(?:[a-z_.]+, )*\"([a-z_]+\.[a-z_.]+)\""
)
SAID = re.compile(r"\b(?:say|tell|tell_note|tell_error|ask)\(\s*\"([a-z_]+\.[a-z_.]+)\"")


def _asked() -> set[str]:
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if "messages" not in path.parts:
            text = path.read_text(encoding="utf-8")
            found |= set(RAISED.findall(text)) | set(SAID.findall(text))
    return {f for f in found if not f.endswith(".")}


def test_every_message_that_the_code_names_is_there() -> None:
    missing = sorted(m for m in _asked() if m not in catalogue())
    assert not missing


@pytest.mark.parametrize(
    ("group", "names"),
    [
        ("entity", Entity), ("hold", HoldKind), ("problem", Problem), ("reason", Reason), ("brake", Brake),
        ("state", RunState), ("run", RunKind), ("done", Done), ("end", EndState), ("kind", Action),
    ],
)  # fmt: skip
def test_every_word_of_a_closed_list_is_there(group: str, names: type) -> None:
    assert [n for n in names if f"{group}.{n}" not in catalogue()] == []  # type: ignore[attr-defined]
    if group == "brake":
        assert [n for n in names if f"{group}.{n}.advice" not in catalogue()] == []  # type: ignore[attr-defined]


def test_both_languages_have_the_same_places_and_no_id_is_given_twice() -> None:
    from importlib import import_module

    ids = [m for name in CATALOGUES for m in import_module(f"connector.messages.{name}").MESSAGES]
    assert len(ids) == len(set(ids))
    for message, (ja, en) in catalogue().items():
        places = [{p for _, p, _, _ in Formatter().parse(text) if p} for text in (ja, en)]
        assert places[0] == places[1], message


def test_brakes_name_the_field_and_the_count() -> None:
    for brake in (Brake.BLANKS, Brake.CHANGES, Brake.FIRST_CONTACT):
        for text in catalogue()[f"brake.{brake}"]:
            assert "{field}" in text and "{count}" in text
