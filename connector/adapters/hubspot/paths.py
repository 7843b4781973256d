"""Where things stand in each version of the API: the segments change their order, not just their number.

v1-v3 are unsupported from September 2027, v4 associations from 2027-03-30; a date version lives for 18 months.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Paths:
    """
    >>> Paths("v3").objects("contacts", "batch/read"), Paths("2026-03").objects("contacts", "batch/read")
    ('/crm/v3/objects/contacts/batch/read', '/crm/objects/2026-03/contacts/batch/read')
    >>> Paths("v3").associations("deals", "contacts", "labels")
    '/crm/v4/associations/deals/contacts/labels'
    """

    version: str

    def objects(self, type: str, rest: str = "") -> str:
        return self._crm("objects", "v3", _part(type), rest)

    def properties(self, type: str) -> str:
        return self._crm("properties", "v3", _part(type))

    def associations(self, a: str, b: str, rest: str) -> str:
        return self._crm("associations", "v4", _part(a), _part(b), rest)

    def owners(self) -> str:
        return self._crm("owners", "v3")

    def account(self) -> str:
        return f"/account-info/{self.version}/details"

    def unsubscribe(self, whom: str = "batch") -> str:
        """Of many addresses, or of one."""
        version = "v4" if self.version == "v3" else self.version
        return f"/communication-preferences/{version}/statuses/{_part(whom)}/unsubscribe-all"

    def workflows(self) -> str:
        return f"/automation/{'v4' if self.version == 'v3' else self.version}/flows"

    def token(self) -> str:
        return f"/oauth/{self.version}/token"

    def _crm(self, family: str, numbered: str, *rest: str) -> str:
        front = f"/crm/{numbered}/{family}" if self.version == "v3" else f"/crm/{family}/{self.version}"
        return "/".join([front, *filter(None, rest)])


def _part(name: str) -> str:
    return quote(name, safe="")
