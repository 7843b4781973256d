"""Associations as reference columns: `associations.companies` of a contact is the id of its company.

HubSpot lets a record have several. The one it calls primary counts; where none is, the oldest of them (lowest id).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connector.adapters.http import Answer
from connector.adapters.hubspot.api import LINK_BATCH, Api

# (from, to) -> (unlabelled type, primary type): the vendor's own numbers; direction matters. Others are asked for.
DEFINED: Mapping[tuple[str, str], tuple[int, int | None]] = {
    ("contacts", "companies"): (279, 1),
    ("companies", "contacts"): (280, 2),
    ("deals", "contacts"): (3, None),
    ("contacts", "deals"): (4, None),
    ("deals", "companies"): (341, 5),
    ("companies", "deals"): (342, 6),
    ("tasks", "contacts"): (204, None),
    ("tasks", "companies"): (192, None),
    ("tasks", "deals"): (216, None),
}
FROM_ONE_SIDE = frozenset({1, 5})  # primary of a contact and of a deal; a company has no primary contact of its own
Links = Mapping[str, Mapping[str, bool]]  # id -> id of the other -> whether it is the primary one


class Associations:
    def __init__(self, api: Api) -> None:
        self._api = api
        self._types: dict[tuple[str, str], tuple[int, int | None]] = dict(DEFINED)
        self._lock = threading.Lock()

    def of(self, a: str, b: str, ids: Sequence[str]) -> dict[str, dict[str, bool]]:
        """Everything that these records of `a` are associated with among `b`."""
        primary = self.types(a, b)[1]
        found: dict[str, dict[str, bool]] = {}
        for begin in range(0, len(ids), LINK_BATCH):
            asked: list[dict[str, str]] = [{"id": id} for id in ids[begin : begin + LINK_BATCH]]
            while asked:
                results = self._api.links(a, b, asked)
                asked = []
                for one in results:
                    id = str(one["from"]["id"])
                    found.setdefault(id, {}).update(_targets(one, primary))
                    if after := ((one.get("paging") or {}).get("next") or {}).get("after"):
                        asked.append({"id": id, "after": str(after)})
        return found

    def types(self, a: str, b: str) -> tuple[int, int | None]:
        """The unlabelled type, and that of the primary one where there is such a thing."""
        with self._lock:
            if (a, b) not in self._types:
                labels = self._api.labels(a, b)
                plain = [int(one["typeId"]) for one in labels if one.get("label") is None]
                primary = [int(one["typeId"]) for one in labels if one.get("label") == "Primary"]
                self._types[a, b] = (plain[0] if plain else 0, primary[0] if primary else None)
            return self._types[a, b]

    def spec(self, a: str, b: str) -> list[dict[str, Any]]:
        """What a write puts there: the primary one where there is such a thing."""
        plain, primary = self.types(a, b)
        chosen = primary if primary in FROM_ONE_SIDE else plain
        return [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": chosen}]

    def exclusive(self, a: str, b: str) -> bool:
        """Whether putting one there makes it the one that counts, whatever else is there."""
        return self.types(a, b)[1] in FROM_ONE_SIDE

    def put(self, a: str, b: str, pairs: Sequence[tuple[str, str]]) -> Answer:
        spec = self.spec(a, b)
        inputs = [{"from": {"id": id}, "to": {"id": to}, "types": spec} for id, to in pairs]
        return self._api.link(a, b, "create", inputs)

    def take(self, a: str, b: str, pairs: Sequence[tuple[str, str]]) -> Answer:
        inputs = [{"from": {"id": id}, "to": [{"id": to}]} for id, to in pairs]
        return self._api.link(a, b, "archive", inputs)


def shown(links: Mapping[str, bool]) -> str | None:
    """The one that counts."""
    if not links:
        return None
    primary = [id for id, is_primary in links.items() if is_primary]
    return min(primary or links, key=lambda id: (len(id), id))


def _targets(one: Mapping[str, Any], primary: int | None) -> Iterator[tuple[str, bool]]:
    for to in one.get("to") or ():
        types = {t.get("typeId") for t in to.get("associationTypes") or ()}
        yield str(to["toObjectId"]), primary is not None and primary in FROM_ONE_SIDE and primary in types
