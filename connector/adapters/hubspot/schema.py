"""The columns of HubSpot's objects: properties as they are now, and associations beside them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from connector.adapters.contract import Column, ColumnKind
from connector.adapters.hubspot import optout, values
from connector.adapters.hubspot.api import Api
from connector.adapters.hubspot.settings import HubSpotSettings
from connector.errors import Fatal
from connector.model import NativeValue

ASSOCIATIONS = "associations."
STANDARD = ("contacts", "companies", "deals")
CONTACTS = frozenset({"contacts", "contact", "0-1"})
MERGED = "hs_merged_object_ids"

Decoder = Callable[[Any], NativeValue]


@dataclass(frozen=True, slots=True)
class Type:
    """An object as it is: its columns by name, properties and associations; what is asked for with every record."""

    object: str
    columns: Mapping[str, Column]
    key: str | None  # the unique property of our key

    @property
    def modified(self) -> str:
        return "lastmodifieddate" if self.object in CONTACTS else "hs_lastmodifieddate"

    @property
    def extra(self) -> tuple[str, ...]:
        merged = (MERGED,) if MERGED in self.columns else ()
        return merged if self.key is None else (*merged, self.key)

    def stages(self) -> tuple[str, ...]:
        """The lifecycle stages in their order, where this object has them."""
        column = self.columns.get("lifecyclestage")
        return column.choices if column is not None else ()


class Types:
    """What HubSpot says of its objects, asked once each and again when a column is not among them."""

    def __init__(self, api: Api, settings: HubSpotSettings) -> None:
        self._api, self._settings = api, settings
        self._known: dict[str, Type] = {}
        self._lock = threading.Lock()

    def now(self, object: str) -> Type:
        """As it is this moment. Raises Fatal when there is no such object, or when our key has no place in it."""
        properties = self._api.properties(object)
        every = [values.column(object, property) for property in properties if isinstance(property.get("name"), str)]
        if object in CONTACTS:
            # HubSpot says that it cannot be set; optout.py can
            every = [replace(c, writable=True) if c.name == optout.COLUMN else c for c in every]
        every += [
            Column(f"{ASSOCIATIONS}{other}", kind=ColumnKind.REFERENCE, label=f"→ {other}", apart=True)
            for other in dict.fromkeys((*STANDARD, *self._settings.objects))
            if other not in (object, "tasks", "owners")
        ]
        key = self._settings.key_of(object)
        unique = {str(property["name"]) for property in properties if property.get("hasUniqueValue")}
        if key is not None and key not in unique:
            why = "not_unique" if any(column.name == key for column in every) else "missing"
            raise Fatal("adapter.no_unique_property", system=self._api.system, object=object, column=key, why=why)
        found = Type(object, {column.name: column for column in every}, key)
        with self._lock:
            self._known[object] = found
        return found

    def of(self, object: str, names: Sequence[str] = ()) -> Type:
        """With all these columns. Raises Fatal with the nearest name for one that is not there."""
        with self._lock:
            found = self._known.get(object)
        if found is None or any(name not in found.columns for name in names):
            found = self.now(object)
        for name in names:
            if name not in found.columns:
                near = get_close_matches(name, list(found.columns), 1, 0.5)
                raise Fatal(
                    "adapter.no_column",
                    system=self._api.system,
                    object=object,
                    column=name,
                    nearest=near[0] if near else "-",
                )
        return found


def other_of(column: str) -> str | None:
    """The object on the other side of an association column."""
    return column.removeprefix(ASSOCIATIONS) if column.startswith(ASSOCIATIONS) else None


def split(fields: Sequence[str]) -> tuple[list[str], list[str]]:
    """The properties, and the objects whose associations are asked for."""
    properties = [name for name in fields if other_of(name) is None]
    return properties, [other for name in fields if (other := other_of(name)) is not None]
