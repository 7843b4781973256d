"""What the planner must know besides the link itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as given
from datetime import timedelta

from connector.mapping.model import EntityMapping
from connector.model import Value, Values
from connector.sync.field import Fitted
from connector.sync.seats import Place, Seating

__all__ = ["Context", "Place"]


@dataclass(frozen=True, slots=True)
class Context:
    """What the planner must know besides the link.

    `fit(place, field, value)`: what that object can hold. `computed`: derived values of this link.
    `creatable`: whether creates are allowed (the link is in no match review).
    `fields`: limits the run to these fields (None = all). `backfill`: fields to treat as first contact.
    `seatings`: what the mapping says of ends at certain places, worked out once.
    """

    mapping: EntityMapping
    run: str
    fit: Callable[[Place, str, Value], Fitted]
    resolution: Mapping[str, timedelta] = given(default_factory=dict)
    computed: Values = given(default_factory=dict)
    creatable: bool = True
    fields: frozenset[str] | None = None
    backfill: frozenset[str] = frozenset()
    max_tries: int = 3
    seatings: dict[tuple[Place, ...], Seating] = given(default_factory=dict, compare=False, repr=False)
