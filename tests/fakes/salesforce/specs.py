"""The vendor's own describes and requests, where CONNECTOR_SPECS names the folder that has them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest


def folder(name: str) -> Path:
    """A folder of recordings of Salesforce; without them the test says by name what it lacks."""
    place = os.environ.get("CONNECTOR_SPECS", "")
    found = Path(place) / "salesforce" / name
    if not place or not found.is_dir():
        pytest.skip(f"no salesforce/{name} in CONNECTOR_SPECS={place!r}: the fake was not compared with it")
    return found


def described(object: str) -> dict[str, Any]:
    """A describe answer recorded from a real org."""
    found: dict[str, Any] = json.loads((folder("describe") / f"{object}.json").read_text(encoding="utf-8"))
    return found
