"""`flow`: who may change a field and who receives it, as one arrow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from connector.mapping.leaf import nearest, text, wrong
from connector.mapping.model import COMPUTED, Choose, ConflictRule, Wins

HUB = "hub"  # the receiver of a field that is kept on the hub and delivered nowhere
RESERVED = frozenset({COMPUTED, HUB})

ARROW = re.compile(r"\s*(<->|->|<-)\s*")
# what a Japanese keyboard gives for the same signs
TYPED = str.maketrans({"→": "->", "⇒": "->", "↔": "<->", "⇔": "<->", "←": "<-", "⇐": "<-", "、": ",", "，": ","})


@dataclass(frozen=True, slots=True)
class Flow:
    """Systems in the order written; `sources` is ("computed",) for a derived value, `receivers` () for `-> hub`."""

    sources: tuple[str, ...]
    receivers: tuple[str, ...]


def flow(value: Any) -> Flow:
    """Reads `a <-> b`, `a -> b, c`, `a, b -> c`, `computed -> b`, `a -> hub`. Raises what is wrong with it.

    >>> flow("a <-> b")
    Flow(sources=('a', 'b'), receivers=('a', 'b'))
    >>> flow("computed -> b")
    Flow(sources=('computed',), receivers=('b',))
    """
    written = " ".join(text(value).translate(TYPED).split())
    pieces = ARROW.split(written)
    arrows = pieces[1::2]
    if not arrows:
        raise wrong("mapping.flow_no_arrow", value=written[:80], name=written.split(",")[0].strip()[:40])
    if len(arrows) > 1:
        raise wrong("mapping.flow_chain", value=written[:80], write=_unchained(pieces))
    left, right = (_systems(side, written) for side in pieces[::2])
    match arrows[0]:
        case "<-":
            raise wrong("mapping.flow_backwards", value=written[:80], write=f"{', '.join(right)} -> {', '.join(left)}")
        case "<->":
            everyone = tuple(dict.fromkeys(left + right))
            if set(everyone) & RESERVED or len(everyone) < 2:
                raise wrong("mapping.flow_two_way", value=written[:80])
            return Flow(everyone, everyone)
        case _:
            if COMPUTED in right or HUB in left:
                raise wrong("mapping.flow_reserved", value=written[:80])
            if COMPUTED in left and len(left) > 1:
                raise wrong("mapping.flow_computed_alone", value=written[:80])
            if HUB in right and len(right) > 1:
                raise wrong("mapping.flow_hub_alone", value=written[:80])
            if left == right:
                raise wrong("mapping.flow_to_itself", value=written[:80], name=left[0])
            return Flow(left, () if right == (HUB,) else right)


def _systems(side: str, written: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in side.split(","))
    if not all(found):
        raise wrong("mapping.flow_gap", value=written[:80])
    if len(set(found)) < len(found):
        raise wrong("mapping.repeated", name=next(n for n in found if found.count(n) > 1))
    return found


def _unchained(pieces: list[str]) -> str:
    """What a chain such as `a <-> b -> c` probably means, with one arrow."""
    sources: dict[str, None] = {}
    receivers: dict[str, None] = {}
    for index, arrow in enumerate(pieces[1::2]):
        left, right = ([n.strip() for n in pieces[at].split(",") if n.strip()] for at in (index * 2, index * 2 + 2))
        if arrow != "<-":
            sources |= dict.fromkeys(left)
            receivers |= dict.fromkeys(right)
        if arrow != "->":
            sources |= dict.fromkeys(right)
            receivers |= dict.fromkeys(left)
    return f"{', '.join(sources)} -> {', '.join(receivers)}"


def conflict_rule(value: Any) -> ConflictRule:
    """Reads `if_both_changed`: `SYSTEM wins`, newest, ask, max, min or strictest."""
    written = " ".join(text(value).split())
    if written in {c.value for c in Choose}:
        return Choose(written)
    system, _, wins = written.rpartition(" ")
    if wins == "wins" and system:
        return Wins(system)
    allowed = [c.value for c in Choose]
    raise wrong(
        "mapping.unknown_rule", value=written[:60], allowed=[*allowed, "SYSTEM wins"], nearest=nearest(written, allowed)
    )
