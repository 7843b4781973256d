"""Cursors as JSON text that names its adapter and object, so that a foreign one is refused and never misread."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connector.adapters.contract import Cursor
from connector.errors import Fatal

FORMAT = 1


def encode(adapter: str, system: str, object: str, **place: Any) -> Cursor:
    """The cursor text.

    >>> encode("memory", "crm", "contacts", at="2026-01-01T00:00:00+00:00")
    '{"v":1,"adapter":"memory","object":"contacts","at":"2026-01-01T00:00:00+00:00"}'
    """
    return json.dumps(
        {"v": FORMAT, "adapter": adapter, "object": object, **place}, ensure_ascii=False, separators=(",", ":")
    )


def decode(adapter: str, system: str, object: str, cursor: Cursor) -> Mapping[str, Any]:
    """What `encode` was given. Raises Fatal for a cursor of another adapter, object or format."""
    try:
        found = json.loads(cursor)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or (found.get("v"), found.get("adapter"), found.get("object")) != (
        FORMAT,
        adapter,
        object,
    ):
        raise Fatal("adapter.foreign_cursor", system=system, object=object)
    return found


def stamp(adapter: str, system: str, object: str, text: object) -> datetime:
    """An aware UTC stamp out of a cursor. Raises Fatal when it is none."""
    try:
        at = datetime.fromisoformat(text if isinstance(text, str) else "")
        if at.tzinfo is None:
            raise ValueError(text)
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Fatal("adapter.foreign_cursor", system=system, object=object) from None
