"""A task for a salesperson: the neutral words of a push to `task` as properties of HubSpot's tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from connector.adapters.contract import New, Outcome, Refusal, Refused, Write
from connector.model import NativeValue

OBJECT = "tasks"
# subject, body, owner (an owner's id), due (a date or moment), and the records that the task is about
WORDS: Mapping[str, str] = {
    "subject": "hs_task_subject",
    "body": "hs_task_body",
    "due": "hs_timestamp",
    "owner": "hubspot_owner_id",
    "person": "associations.contacts",
    "company": "associations.companies",
    "deal": "associations.deals",
    "about": "associations.deals",
}
DEFAULTS: Mapping[str, NativeValue] = {"hs_task_status": "NOT_STARTED", "hs_task_type": "TODO"}


def split(writes: Sequence[Write]) -> tuple[list[New], list[int], dict[int, Outcome]]:
    """The creates in HubSpot's words, their places, and what is refused: tasks are made, never changed."""
    news: list[New] = []
    places: list[int] = []
    refused: dict[int, Outcome] = {}
    for place, write in enumerate(writes):
        if isinstance(write, New):
            values = {WORDS.get(name, name): value for name, value in write.values.items()}
            news.append(replace(write, values={**DEFAULTS, **values}))
            places.append(place)
        else:
            refused[place] = Refused(Refusal.DENIED, "tasks are created, never changed")
    return news, places, refused
