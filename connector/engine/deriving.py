"""Derived values for links: their deals as this run will leave them, joined with the deals that stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b

from connector.derive import derive
from connector.engine.hub import Ready
from connector.mapping.model import EntityMapping
from connector.model import Entity, FieldType, LinkPlan, Values


def child_block(field: str, parent: str) -> int:
    """The number under which a child is found by its parent, among the matching blocks of its link."""
    digest = blake2b(f"child|{field}|{parent}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def child_blocks(mapping: EntityMapping, golden: Values) -> list[int]:
    return [
        child_block(f.name, str(golden[f.name]))
        for f in mapping.fields.values()
        if f.type is FieldType.REFERENCE and golden.get(f.name) is not None
    ]


def computed_fields(mapping: EntityMapping) -> dict[str, str]:
    """field -> name of the derived value"""
    return {f.name: f.computed for f in mapping.fields.values() if f.computed}


class Deriver:
    """Derived values of one run. `preview` is told the deals it will change, before their people are planned."""

    def __init__(self, ready: Ready) -> None:
        self._ready = ready
        self._deal = next((m for m in ready.mappings if m.entity is Entity.DEAL), None)
        self._changed: dict[str, Values] = {}
        self._children: dict[str, set[str]] = {}
        self.affected: set[str] = set()

    @property
    def wanted(self) -> bool:
        return self._deal is not None and any(computed_fields(m) for m in self._ready.mappings)

    def preview(self, plan: LinkPlan) -> None:
        """A deal as it will be: its old and its new people and companies are looked at again."""
        before = plan.before.golden if plan.before is not None else {}
        self._changed[plan.after.key] = plan.after.golden
        for golden in (before, plan.after.golden):
            for parent in self._parents(golden):
                self.affected.add(parent)
                self._children.setdefault(parent, set()).add(plan.after.key)

    def _parents(self, golden: Values) -> Iterable[str]:
        assert self._deal is not None
        for f in self._deal.fields.values():
            if f.type is FieldType.REFERENCE and golden.get(f.name) is not None:
                yield str(golden[f.name])

    def values(self, mapping: EntityMapping, keys: Sequence[str]) -> Callable[[str], Values]:
        """A look-up of the derived values of these links, read in one go."""
        fields = computed_fields(mapping)
        if not fields or self._deal is None:
            return lambda key: {}
        to = [f.name for f in self._deal.fields.values() if f.to is mapping.entity]
        deals = self._deals_of(keys, to)
        return lambda key: {f: derive(name, deals.get(key, [])) for f, name in fields.items()}

    def _deals_of(self, keys: Sequence[str], to: Sequence[str]) -> Mapping[str, list[Values]]:
        store = self._ready.hub.store
        block_of = {child_block(f, k): k for k in keys for f in to}
        found = store.candidates(Entity.DEAL, list(block_of)) if block_of else {}
        wanted = {key for links in found.values() for key in links}
        links = store.links(sorted(wanted)) if wanted else {}
        deals: dict[str, dict[str, Values]] = {}
        for key, link in links.items():
            golden = self._changed.get(key, link.golden)
            self._file(deals, key, golden, to)
        for parent in keys:
            for key in self._children.get(parent, ()):
                self._file(deals, key, self._changed[key], to)
        return {parent: [d[k] for k in sorted(d)] for parent, d in deals.items()}

    def _file(self, deals: dict[str, dict[str, Values]], key: str, golden: Values, to: Sequence[str]) -> None:
        for f in to:
            parent = golden.get(f)
            if parent is not None:
                deals.setdefault(str(parent), {})[key] = golden
