"""What placing decided for one entity."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as given

from connector.model import EndId, Hold, HoldId


@dataclass(slots=True)
class Placed:
    """What placing decided for one entity: where the planning stage must look."""

    joins: dict[str, list[str]] = given(default_factory=dict)  # link -> links absorbed into it
    duplicates: dict[str, set[EndId]] = given(default_factory=dict)  # link -> ends that find their place taken
    reviews: dict[str, list[Hold]] = given(default_factory=dict)
    answered: list[HoldId] = given(default_factory=list)  # match holds to close
    addresses: dict[str, tuple[str, str, str, str]] = given(default_factory=dict)  # of known ends, by ref
    detached: dict[str, str] = given(default_factory=dict)  # record -> the link that it leaves
    first: bool = False  # these are the first records of their entity: no link is known
    linked: int = 0  # records that joined a link of another system
