"""Who may own records: users, those who left too, and queues."""

from __future__ import annotations

from connector.adapters.contract import User
from connector.adapters.salesforce.client import Client
from connector.adapters.salesforce.reading import whole
from connector.adapters.salesforce.soql import quoted, select

SANDBOX = ".invalid"  # what a sandbox hangs on the address of every user, so that it writes to nobody


def users(client: Client) -> list[User]:
    """Raises Declined."""
    people = whole(client, select(("Id", "Name", "Email", "IsActive"), "User"))
    queues = whole(client, select(("Id", "Name"), "Group", [f"Type = {quoted('Queue')}"]))
    return [
        *(
            User(u["Id"], (u["Email"] or "").removesuffix(SANDBOX), u["Name"] or "", bool(u["IsActive"]))
            for u in people
        ),
        *(User(queue["Id"], name=queue["Name"] or "") for queue in queues),
    ]
