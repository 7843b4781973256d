"""Mapping files -> compiled mappings, or every finding of every file at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from connector.errors import ConfigError, Finding
from connector.mapping.across import check_across
from connector.mapping.build import Draft, build
from connector.mapping.check import Known, check_file
from connector.mapping.file import MappingFile
from connector.mapping.model import EntityMapping
from connector.mapping.source import Path, Source, read_source
from connector.mapping.validate import validate
from connector.messages import Lang, say
from connector.model import ENTITY_ORDER

REQUIRED = frozenset({"entity", "systems", "fields"})


def load_mappings(
    files: Mapping[str, str],
    *,
    systems: Collection[str] | None,
    rules: Collection[str],
    computed: Collection[str],
) -> tuple[EntityMapping, ...]:
    """The mappings of `files` (file name -> text), parents first.

    `systems` are the names in config.yaml (None: not checked), `rules` those of connector.cleanse, `computed` those of
    the values derived on the hub. Raises ConfigError with all findings of all files; nothing else.
    """
    known = Known(None if systems is None else frozenset(systems), frozenset(rules), frozenset(computed))
    findings: list[Finding] = []
    drafts: list[Draft] = []
    whole = True
    for file, text in files.items():
        source = read_source(text, file)
        findings += source.findings
        if any(f.message != "mapping.yaml_duplicate" for f in source.findings):
            whole = False
            continue
        draft, found = _draft(source)
        findings += found
        if draft is None:
            whole = False
            continue
        drafts.append(draft)
        findings += check_file(draft, known)
    findings += check_across(drafts, whole=whole)
    if findings:
        raise ConfigError(in_order(findings))
    built = [build(draft) for draft in drafts]
    return tuple(sorted(built, key=lambda m: ENTITY_ORDER.index(m.entity)))


def in_order(findings: Collection[Finding]) -> list[Finding]:
    """By file and place, each once."""
    unique = {(f.message, f.file, f.line, f.column, repr(f.facts)): f for f in findings}
    return sorted(unique.values(), key=lambda f: (f.file, f.line or 0, f.column or 0, f.message))


def render(finding: Finding, lang: Lang) -> str:
    """One line for a person: `file:line:column: what is wrong (did you mean X?)`."""
    place = ":".join(str(p) for p in (finding.file, finding.line, finding.column) if p not in ("", None))
    joined = {name: _joined(fact, lang) for name, fact in finding.facts.items()}
    text = say(lang, finding.message, **joined)
    if finding.nearest:
        text += say(lang, "mapping.did_you_mean", name=finding.nearest)
    return f"{place}: {text}" if place else text


def _joined(fact: Any, lang: Lang) -> Any:
    if isinstance(fact, (list, tuple)):
        return ("、" if lang == "ja" else ", ").join(str(f) for f in fact)
    return fact


def _draft(source: Source) -> tuple[Draft | None, list[Finding]]:
    """The file as a model. When parts of it are wrong they are left out, so that the rest is checked all the same."""
    spec, findings, blamed = validate(MappingFile, source)
    names = (
        frozenset(str(n) for n in fields) if isinstance(fields := _get(source.tree, "fields"), dict) else frozenset()
    )
    if spec is None:
        tree = _copy(source.tree)
        if not all(_prune(tree, finding, path) for finding, path in zip(findings, blamed, strict=True)):
            return None, findings
        spec, again, _ = validate(MappingFile, Source(source.file, tree, source.keys, source.values))
        if spec is None:
            return None, findings if {f.message for f in again} <= {"mapping.bad_value"} else in_order(findings + again)
    return Draft(source, spec, names), findings


def _get(tree: Any, key: str) -> Any:
    return tree.get(key) if isinstance(tree, dict) else None


def _copy(tree: Any) -> Any:
    return {key: _copy(value) for key, value in tree.items()} if isinstance(tree, dict) else tree


def _prune(tree: Any, finding: Finding, path: Path) -> bool:
    """Takes the blamed part out of the tree; False when the file cannot be read without it."""
    if finding.message.startswith("mapping.unknown_key"):
        depth = len(path)
    elif path[:1] == ("fields",) and len(path) > 1:
        depth = 2
    elif path[:1] == ("systems",) and len(path) > 2 and path[2] != "object":
        depth = 3
    elif path and path[0] not in REQUIRED:
        depth = 1
    else:
        return False
    here = tree
    for step in path[: depth - 1]:
        here = _get(here, str(step))
    if isinstance(here, dict):
        here.pop(path[depth - 1], None)
    return isinstance(here, dict)
