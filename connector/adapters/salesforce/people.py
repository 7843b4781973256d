"""Who may own records: users, those who left too, and queues."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connector.adapters.contract import User
from connector.adapters.salesforce.client import Client
from connector.adapters.salesforce.soql import quoted, select

PAGE = 2000
SANDBOX = ".invalid"  # what a sandbox hangs on the address of every user, so that it writes to nobody


def users(client: Client) -> list[User]:
    """Raises Declined."""
    people = _every(client, select(("Id", "Name", "Email", "IsActive"), "User"))
    queues = _every(client, select(("Id", "Name"), "Group", [f"Type = {quoted('Queue')}"]))
    return [
        *(
            User(u["Id"], (u["Email"] or "").removesuffix(SANDBOX), u["Name"] or "", bool(u["IsActive"]))
            for u in people
        ),
        *(User(queue["Id"], name=queue["Name"] or "") for queue in queues),
    ]


def _every(client: Client, soql: str) -> Iterator[Mapping[str, Any]]:
    answer = client.query(soql, deleted=False, size=PAGE)
    while True:
        yield from answer["records"]
        if answer["done"]:
            return
        answer = client.more(answer["nextRecordsUrl"], size=PAGE)
