"""What reacts to our writes in an account: workflows."""

from __future__ import annotations

from connector.adapters.contract import Reaction, ReactionKind
from connector.adapters.hubspot.api import Api


def reactions(api: Api, type_id: str) -> list[Reaction]:
    """Those of one object, by its id: 0-1. Raises Fatal where the scope `automation` is missing."""
    found: list[Reaction] = []
    after: str | None = None
    while True:
        page = api.workflows(after)
        found += [
            Reaction(ReactionKind.AUTOMATION, str(flow.get("name") or flow.get("id")), "Workflow")
            for flow in page.records
            if flow.get("isEnabled") and flow.get("objectTypeId") == type_id
        ]
        if page.after is None or page.after == after:
            return found
        after = page.after
