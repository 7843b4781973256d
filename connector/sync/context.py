"""What the planner must know besides the link itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as given
from datetime import timedelta

from connector.mapping.model import EntityMapping
from connector.model import Value, Values
from connector.sync.field import Fitted

Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Context:
    """What the planner must know besides the link.

    `fit(place, field, value)`: what that object can hold. `computed`: derived values of this link.
    `creatable`: whether creates are allowed (the link is in no match review).
    `fields`: limits the run to these fields (None = all). `backfill`: fields to treat as first contact.
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
