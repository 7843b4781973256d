"""What reacts to our writes in an app: notifications. Webhooks are not told by the API, nor sent for writes in bulk."""

from __future__ import annotations

from connector.adapters.contract import Reaction, ReactionKind
from connector.adapters.kintone.api import Api
from connector.adapters.kintone.settings import AppSettings


def reactions(api: Api, object: str, app: AppSettings) -> list[Reaction]:
    """Raises Fatal where our token may not see the settings of the app."""
    found = [
        Reaction(ReactionKind.NOTICE, str((one.get("entity") or {}).get("code", "")), "アプリの条件通知")
        for one in api.notifications(object, app, "general")
        if one.get("recordAdded") or one.get("recordEdited")
    ]
    return found + [
        Reaction(ReactionKind.NOTICE, str(one.get("title") or one.get("filterCond") or ""), "レコードの条件通知")
        for one in api.notifications(object, app, "perRecord")
    ]
