"""Every relative link and anchor of the pages leads somewhere; their commands, exit codes and files are real."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from connector.cli.app import COMMANDS

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^```.*?^```$|^ {3,}```.*?^ {3,}```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*$", re.MULTILINE)
# only in the words of a command line: `connector diff`, not "connector keeps ..."
CALL = re.compile(r"(?:^|[`(&|;]|\.venv/bin/|\$ )\s*connector ([a-z]+)", re.MULTILINE)


@cache
def pages() -> tuple[str, ...]:
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False).stdout.split("\n")
    found = [name for name in listed if name and (ROOT / name).exists()]
    return tuple(found or sorted(str(p.relative_to(ROOT)) for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]))


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def anchors(path: Path) -> frozenset[str]:
    """As the forges make them: lower case, spaces to hyphens, no punctuation; repeated ones get a number."""
    found: dict[str, int] = {}
    every = set()
    for heading in HEADING.findall(FENCE.sub("", text_of(path))):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        every.add(anchor if anchor not in found else f"{anchor}-{found[anchor]}")
        found[anchor] = found.get(anchor, 0) + 1
    return frozenset(every)


@pytest.mark.parametrize("page", pages())
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    broken = []
    for target in LINK.findall(FENCE.sub("", text_of(path))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        to = (path.parent / name).resolve() if name else path
        if not to.exists() or (anchor and to.suffix == ".md" and anchor not in anchors(to)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", pages())
def test_pages_name_commands_that_exist(page: str) -> None:
    assert set(CALL.findall(text_of(ROOT / page))) - set(COMMANDS) == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    """In the reference, and once in a page that people read."""
    assert re.search(rf"^#+ connector {command}$", text_of(ROOT / "docs/cli.md"), re.MULTILINE)
    if command == "version":
        return
    prose = [p for p in pages() if p not in ("docs/cli.md", "CHANGELOG.md")]
    assert any(re.search(rf"connector {command}\b", text_of(ROOT / p)) for p in prose)


@pytest.mark.parametrize("page", ("docs/operations.md", "docs/cli.md"))
def test_exit_codes_are_those_of_the_program(page: str) -> None:
    from connector.cli import session
    from connector.cli.failure import INTERRUPTED

    codes = {session.DONE, session.ERROR, session.USAGE, session.PARTIAL, session.HELD, session.STOPPED}
    codes |= {session.LOCKED, INTERRUPTED}
    listed = {int(n) for n in re.findall(r"^\| (\d+) \|", text_of(ROOT / page), re.MULTILINE)}
    assert listed == codes


@pytest.mark.parametrize("page", ("README.md", "README.ja.md", "CONTRIBUTING.md", "docs/index.md", "docs/matching.md"))
def test_files_that_are_named_are_there(page: str) -> None:
    named = re.findall(
        r"(?<![\w/.])((?:connector|tests|docs|mappings)/[\w./-]*\w)", FENCE.sub("", text_of(ROOT / page))
    )
    base = (ROOT, (ROOT / page).parent)
    made = {"mappings/person.yaml"}  # by `connector init`, in the reader's own folder
    assert [n for n in named if n not in made and not any((b / n).exists() for b in base)] == []


@pytest.mark.parametrize("page", ("docs/matching.md",))
def test_weights_on_the_page_are_those_of_the_program(page: str) -> None:
    from connector.mapping.model import Care
    from connector.match.levels import thresholds
    from connector.model import Entity

    text = text_of(ROOT / page)
    for entity in (Entity.PERSON, Entity.COMPANY):
        for care in Care:
            link_at, review_at = thresholds(entity, care)
            row = rf"\| `{care}`[^|]*\| {entity} \| {link_at:g} \| {review_at:g} \|"
            assert re.search(row, text), f"{entity} {care}: {link_at:g}, {review_at:g}"
