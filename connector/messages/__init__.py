"""Every sentence a person reads, in Japanese and English.

A message has an id; `say` fills its places with facts. Each area has a catalogue module of its own
({id: (ja, en)}); `CATALOGUES` lists them all, and a test proves that ids are unique and places equal in both.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, Literal

Lang = Literal["ja", "en"]

CATALOGUES = (
    "common", "mapping", "sync", "adapters", "store", "cli", "setup", "vendor_setup", "plans", "review", "trial",
    "demo", "exports", "live",
)  # fmt: skip


@cache
def catalogue() -> Mapping[str, tuple[str, str]]:
    """Every message: id -> (Japanese, English)."""
    every: dict[str, tuple[str, str]] = {}
    for name in CATALOGUES:
        every.update(import_module(f"{__name__}.{name}").MESSAGES)
    return every


def say(lang: Lang, message: str, /, **facts: Any) -> str:
    """The sentence for a message id. An unknown id is a defect and shows as the id with its facts."""
    pair = catalogue().get(message)
    if pair is None:
        return f"{message} {facts}" if facts else message
    return pair[0 if lang == "ja" else 1].format_map(_Facts(facts))


class _Facts(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"
