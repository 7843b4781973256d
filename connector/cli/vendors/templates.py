"""The shipped mappings for vendors, and the files that `init` makes of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from connector.cleanse import RULES
from connector.cli.vendors.fields import HUBSPOT, KEY_FIELD, KINTONE, SALESFORCE, Place, places
from connector.cli.vendors.page import page, variables
from connector.derive import DERIVED
from connector.mapping.load import load_mappings
from connector.mapping.model import EntityMapping
from connector.messages import Lang, say

NAMES = ("hubspot-salesforce", "hubspot-kintone", "salesforce-kintone", "hubspot-salesforce-kintone")
REST = re.compile(r"(?m)^  # ----.*\n((?:  #.*\n?)*)")  # from this line on, fields stand in comments


def files(folder: Path, name: str, lang: Lang) -> dict[str, str]:
    """The files of one template by their path in the new folder: config.yaml, the mappings, the setup page."""
    texts = {p.name: p.read_text(encoding="utf-8") for p in sorted((folder / name).glob("*.yaml"))}
    mappings = _loaded(texts)
    more = _loaded({file: uncommented(text) for file, text in texts.items()})
    schema = "$schema=../../docs/schema/mapping.json"
    made = {f"mappings/{file}": text.replace(schema, "$schema=schema.json") for file, text in texts.items()}
    return {
        "config.yaml": config(mappings, lang),
        **made,
        f"setup.{lang}.md": page(name, mappings, more, lang),
    }


def uncommented(text: str) -> str:
    """A template with the rest of its fields in use.

    >>> uncommented("fields:\\n  # ---- the rest\\n  # # why\\n  # a:\\n  #   type: text\\n")
    'fields:\\n  # why\\n  a:\\n    type: text\\n'
    """
    return REST.sub(lambda found: re.sub(r"(?m)^  # ?", "  ", found[1]), text)


def _loaded(texts: Mapping[str, str]) -> tuple[EntityMapping, ...]:
    return load_mappings(texts, systems=None, rules=set(RULES), computed=set(DERIVED))


def config(mappings: Sequence[EntityMapping], lang: Lang) -> str:
    """config.yaml: secrets come from the environment, addresses and app numbers are to be filled in."""
    lines = [
        f"# {say(lang, 'init.config.intro')}", "hub:", "  state: state/hub.db", "mappings: mappings",
        "timezone: Asia/Tokyo", "systems:",
    ]  # fmt: skip
    for vendor in (HUBSPOT, SALESFORCE, KINTONE):
        if found := places(mappings, vendor):
            lines += _system(vendor, found, lang)
    return "\n".join(lines) + "\n"


def _system(vendor: str, found: Sequence[Place], lang: Lang) -> list[str]:
    secrets = [f'"${{env:{name}}}"' for name in variables(found, vendor)]
    fill = say(lang, "init.config.fill")
    match vendor:
        case "hubspot":
            return ["  hubspot:", "    type: hubspot", f"    token: {secrets[0]}", f"    key: {KEY_FIELD[HUBSPOT]}"]
        case "salesforce":
            return [
                "  salesforce:", "    type: salesforce",
                f"    url: https://YOUR-DOMAIN.my.salesforce.com   # {fill}",
                f"    client_id: {secrets[0]}", f"    client_secret: {secrets[1]}",
                f"    external_key: {KEY_FIELD[SALESFORCE]}",
            ]  # fmt: skip
        case _:
            lines = [
                "  kintone:",
                "    type: kintone",
                f"    url: https://YOUR-DOMAIN.cybozu.com   # {fill}",
                "    apps:",
            ]
            lines.append(f"      # {say(lang, 'init.config.apps')}")
            for number, (place, secret) in enumerate(zip(found, secrets, strict=True), 1):
                key = f", key: {KEY_FIELD[KINTONE]}" if any(f.code == KEY_FIELD[KINTONE] for f in place.fields) else ""
                lines.append(f"      {place.object}: {{app: {number}, token: {secret}{key}}}")
            return lines


__all__ = ["NAMES", "config", "files", "uncommented"]
