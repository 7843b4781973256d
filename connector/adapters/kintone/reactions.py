"""What reacts to our writes in an app: its process, notifications and reminders.

Webhooks are not told by the API, nor sent for writes in bulk.
"""

from __future__ import annotations

from collections.abc import Iterator

from connector.adapters.contract import Reaction, ReactionKind
from connector.adapters.kintone.api import Api
from connector.adapters.kintone.settings import AppSettings


def reactions(api: Api, object: str, app: AppSettings) -> Iterator[Reaction]:
    """Raises Fatal after the process where our token may not see the settings of the app."""
    if states := api.states(object, app):
        # who works on a state is notified when a record enters it, and a new record enters the first
        yield Reaction(ReactionKind.NOTICE, "、".join(states), "プロセス管理")
    for one in api.notifications(object, app, "general"):
        if one.get("recordAdded") or one.get("recordEdited") or one.get("statusChanged"):
            yield _notice((one.get("entity") or {}).get("code"), "アプリの条件通知")
    for one in api.notifications(object, app, "perRecord"):
        yield _notice(one.get("title") or one.get("filterCond"), "レコードの条件通知")
    for one in api.notifications(object, app, "reminder"):
        yield _notice(one.get("title") or one.get("filterCond"), "リマインダーの条件通知")


def _notice(name: object, what: str) -> Reaction:
    return Reaction(ReactionKind.NOTICE, str(name or ""), what)
