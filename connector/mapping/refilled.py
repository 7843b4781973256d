"""What a system fills anew by itself when a field of a mapping is written there."""

from __future__ import annotations

from collections.abc import Mapping

from connector.mapping.model import EntityMapping, SameRecord
from connector.mapping.shape import Shape


def refilled(
    mapping: EntityMapping, shapes: Mapping[tuple[str, str], Shape]
) -> dict[tuple[str, str, str], tuple[str, ...]]:
    """(field, system, object) -> labels of the columns that are filled anew; of a mapping whose labels are resolved."""
    found: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for at in mapping.objects:
        labels = {column.name: column.label or column.name for column in shapes[at.system, at.object].columns}
        fills = {column.name: column.fills for column in shapes[at.system, at.object].columns}
        for field, held in at.columns.items():
            columns = () if isinstance(held, SameRecord) else held
            names = dict.fromkeys(name for column in columns for name in fills.get(column, ()))
            if names:
                found[field, at.system, at.object] = tuple(labels.get(name, name) for name in names)
    return found
