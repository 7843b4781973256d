"""YAML text -> a plain tree, with the line and column of every key and value, and everything wrong with it.

The YAML is a safe subset: no anchors, aliases, merge keys, tags, directives or second documents, so a file cannot
grow when it is read. Scalars stay text: `Plain` when they stood bare, so the reader of a key decides what `no`, `on`
or `0123` means (YAML 1.2: `no` is text), and None when nothing or `null` stood there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from connector.errors import Finding

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
NULLS = frozenset({"", "~", "null", "Null", "NULL"})

Path: TypeAlias = tuple[str | int, ...]


class Plain(str):
    """A scalar that stood bare in the file, without quotes."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file, counted from one."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was read: `tree` of dict, list, str, Plain and None; findings are what could not be read."""

    file: str
    tree: Any = None
    keys: Mapping[Path, Mark] = field(default_factory=dict)
    values: Mapping[Path, Mark] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def mark(self, path: Path, *, key: bool = False) -> Mark | None:
        """Where `path` stands, or the nearest thing above it that stands in the file."""
        for end in range(len(path), -1, -1):
            first, second = (self.keys, self.values) if key else (self.values, self.keys)
            found = first.get(path[:end]) or second.get(path[:end])
            if found is not None:
                return found
            key = True
        return None

    def finding(
        self, message: str, path: Path, *, key: bool = False, nearest: str | None = None, **facts: Any
    ) -> Finding:
        """A finding at `path`; with `key` it points at the key, else at its value."""
        at = self.mark(path, key=key)
        return Finding(message, self.file, at.line if at else None, at.column if at else None, facts, nearest)


def read_source(text: str, file: str = "") -> Source:
    """The tree of a YAML text. Never raises: what is wrong is in `findings`, and `tree` holds what could be read."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return Source(file, findings=(Finding("mapping.yaml_large", file, facts={"limit": MAX_BYTES // 1_000_000}),))
    text = text.removeprefix("\ufeff")
    reader = _Reader(file)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            if not reader.take(event):
                break
    except MarkedYAMLError as error:
        reader.findings.append(_syntax(error, text, file))
    except YAMLError as error:  # ReaderError: a character that YAML does not allow
        position = getattr(error, "position", 0)
        before = text[:position] if isinstance(position, int) else ""
        mark = Mark(before.count("\n") + 1, len(before) - before.rfind("\n"))
        reader.findings.append(Finding("mapping.yaml_character", file, mark.line, mark.column))
    except (ValueError, TypeError, AttributeError, LookupError, AssertionError, RecursionError, NotImplementedError):
        # the pure-Python parser has no error of its own for some broken directives and escapes
        reader.findings.append(Finding("mapping.yaml", file, 1, 1))
    return Source(file, reader.root, reader.keys, reader.values, tuple(reader.findings))


def _syntax(error: MarkedYAMLError, text: str, file: str) -> Finding:
    at = error.problem_mark or error.context_mark
    if at is None:
        return Finding("mapping.yaml", file, 1, 1)
    lines = text.splitlines() or [""]
    shown = lines[min(at.line, len(lines) - 1)]
    opened = lines[min(error.context_mark.line, len(lines) - 1)] if error.context_mark else ""
    around = shown + "\n" + (lines[at.line - 1] if 0 < at.line <= len(lines) else "")
    message = "mapping.yaml"
    if "${" in shown or "{{" in shown:
        message = "mapping.yaml_brace"
    elif "\t" in shown:
        message = "mapping.yaml_tab"
    elif "：" in around or "\u3000" in around:
        message = "mapping.yaml_fullwidth"
    elif "expected ',' or" in str(error.problem) or "stream" in str(error.problem):
        message = "mapping.yaml_unclosed"
    facts = {"text": shown.strip()[:80], "opened": opened.strip()[:80]}
    return Finding(message, file, at.line + 1, at.column + 1, facts)


class _Reader:
    """Builds the tree from parser events; stops at the depth limit and at a second document."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Any = None
        self.keys: dict[Path, Mark] = {}
        self.values: dict[Path, Mark] = {}
        self.findings: list[Finding] = []
        self.documents = 0
        # (container, path, the key that waits for its value, whether its value is dropped)
        self.open: list[tuple[Any, Path]] = []
        self.key: list[str | None] = []
        self.drop = 0  # depth inside a key or value that is not taken

    def _found(self, message: str, event: Any, **facts: Any) -> None:
        mark = event.start_mark
        self.findings.append(Finding(message, self.file, mark.line + 1, mark.column + 1, facts))

    def take(self, event: Any) -> bool:
        """Takes one event; False to read no further."""
        match event:
            case DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    self._found("mapping.yaml_documents", event)
                    return False
                if event.version is not None or event.tags:
                    self._found("mapping.yaml_directive", event)
            case AliasEvent():
                self._found("mapping.yaml_alias", event, name=event.anchor)
                self._place(None, event)
            case ScalarEvent():
                self._refuse_extras(event)
                self._scalar(event)
            case MappingStartEvent() | SequenceStartEvent():
                self._refuse_extras(event)
                if len(self.open) + self.drop >= MAX_DEPTH:
                    self._found("mapping.yaml_deep", event, limit=MAX_DEPTH)
                    return False
                self._start({} if isinstance(event, MappingStartEvent) else [], event)
            case MappingEndEvent() | SequenceEndEvent():
                if self.drop:
                    self.drop -= 1
                else:
                    self.open.pop()
                    self.key.pop()
            case _:
                pass
        return True

    def _refuse_extras(self, event: Any) -> None:
        if event.anchor is not None:
            self._found("mapping.yaml_alias", event, name=event.anchor)
        if event.tag is not None:
            self._found("mapping.yaml_tag", event, tag=str(event.tag)[:40])

    def _scalar(self, event: Any) -> None:
        text = event.value
        if event.style is None:
            self._place(None if text in NULLS else Plain(text), event, text)
        else:
            self._place(text, event, text)

    def _start(self, container: Any, event: Any) -> None:
        if self.drop:
            self.drop += 1
            return
        if self.open and isinstance(self.open[-1][0], dict) and self.key[-1] is None:
            self._found("mapping.yaml_key", event)
            self.key[-1] = ""  # the value of this key is read and lost
            self.drop = 1
            return
        path = self._place(container, event)
        self.open.append((container, path))
        self.key.append(None)

    def _place(self, value: Any, event: Any, text: str = "") -> Path:
        """Puts a value where it belongs, or takes a scalar as the next key; returns its path."""
        if self.drop:
            return ()
        mark = Mark(event.start_mark.line + 1, event.start_mark.column + 1)
        if not self.open:
            self.root = value
            self.values[()] = mark
            return ()
        container, path = self.open[-1]
        if isinstance(container, list):
            here: Path = (*path, len(container))
            container.append(value)
        elif self.key[-1] is None:
            self._key(text if isinstance(event, ScalarEvent) else None, container, path, mark, event)
            return path
        else:
            here = (*path, self.key[-1])
            self.key[-1] = None
            if here[-1] in container:
                return here  # the first of two equal keys stands; the second was reported
            container[here[-1]] = value
        # an empty value has no place of its own: the parser gives that of the next token
        self.values[here] = mark if text or not isinstance(event, ScalarEvent) else self.keys.get(here, mark)
        return here

    def _key(self, text: str | None, container: Any, path: Path, mark: Mark, event: Any) -> None:
        if text is None or text == "":
            self._found("mapping.yaml_key", event)
            self.key[-1] = ""
            return
        self.key[-1] = text
        if text == "<<":
            self._found("mapping.yaml_merge", event)
        if text in container:
            self._found("mapping.yaml_duplicate", event, key=text, first=self.keys[(*path, text)].line)
        else:
            self.keys[(*path, text)] = mark
