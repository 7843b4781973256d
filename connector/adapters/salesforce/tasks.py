"""A task for a salesperson: the neutral words of a push to `task` as fields of Salesforce's Task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from connector.adapters.contract import New, Write

TASK, OBJECT = "task", "Task"
# subject, body, due (a day, or a moment whose day counts), owner (a user's id), and the records that the task is about
WORDS: Mapping[str, str] = {
    "subject": "Subject",
    "body": "Description",
    "due": "ActivityDate",
    "owner": "OwnerId",
    "person": "WhoId",
    "company": "WhatId",
    "deal": "WhatId",  # a task is about one thing beside a person: the deal, where there is one
}


def native(write: Write) -> Write:
    """The write in Salesforce's words; its own names may be used as well."""
    if not isinstance(write, New):
        return write
    about_a_deal = write.values.get("deal") is not None
    values = {
        WORDS.get(name, name): value.date() if name == "due" and isinstance(value, datetime) else value
        for name, value in write.values.items()
        if not (name == "company" and about_a_deal) and not (name == "deal" and not about_a_deal)
    }
    return replace(write, values=values)
