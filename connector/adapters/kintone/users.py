"""Users of the domain as owners: a field of users holds login names (codes), the other systems know addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connector.adapters.contract import User


def users(listed: Iterable[Mapping[str, Any]]) -> list[User]:
    """Those with an address; often it is the login name. Who has none is known to no other system but by `owners:`."""
    found = ((one, str(one.get("email") or "") or _login(one)) for one in listed)
    return [
        User(str(one["code"]), email, str(one.get("name") or ""), active=bool(one.get("valid", True)))
        for one, email in found
        if email
    ]


def _login(one: Mapping[str, Any]) -> str:
    code = str(one["code"])
    return code if "@" in code else ""
