"""Records that were merged inside a system: the links of winner and loser become one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from connector.engine.hub import Ready
from connector.engine.placed import Placed
from connector.engine.spool import Read, Spool
from connector.model import EndId, Entity, Fate, HoldId, HoldKind, Left


def follow(ready: Ready, spool: Spool, entity: Entity, placed: Placed) -> dict[EndId, str]:
    """A record merged into one that sits on another link: the link follows the winner.

    Returns the winners that no link knows yet, each with the link of its loser.
    """
    strangers: dict[EndId, str] = {}
    for chunk in spool.links(entity, 500):
        for link, reads in spool.reads(entity, chunk).items():
            for read in reads:
                match read.observation:
                    case Left(fate=Fate.MERGED, into=EndId() as into):
                        known = ready.hub.store.known(into.system, into.object, [into.id]).get(into.id, [])
                        winner = next((k.link for k in known if k.at.part == into.part and k.entity is entity), None)
                        if winner is None:
                            strangers[into] = link
                        elif winner != link:
                            join_links(spool, placed, winner, link)
                    case _:
                        pass
    return strangers


def with_losers(
    ready: Ready, spool: Spool, placed: Placed, strangers: Mapping[EndId, str], reads: Sequence[Read]
) -> list[Read]:
    """A new record into which a known one was merged, and whoever is the same as it, belongs to the loser's link.

    Reads of links that were taken in belong to those that stay.
    """
    homes = {r.observation.at: r.link for r in reads if r.observation.at in strangers}
    known = ready.hub.store.links(list(homes.values())) if homes else {}
    moved: dict[str, str] = {}
    for at, home in homes.items():
        loser = spool.absorbed().get(strangers[at], strangers[at])
        if home in known:
            join_links(spool, placed, home, loser)
        else:
            moved[home] = loser
    for home, loser in moved.items():
        placed.duplicates.setdefault(loser, set()).update(placed.duplicates.pop(home, set()))
        placed.reviews.setdefault(loser, []).extend(
            replace(h, id=replace(h.id, link=loser)) for h in placed.reviews.pop(home, [])
        )
    gone = spool.absorbed()
    if not (moved or gone):
        return list(reads)
    return [replace(r, link=moved.get(r.link) or home_of(gone, r.link)) for r in reads]


def home_of(gone: Mapping[str, str], link: str) -> str:
    """The link that stays, of one that others have taken in."""
    while link in gone:
        link = gone[link]
    return link


def join_links(spool: Spool, placed: Placed, into: str, link: str) -> None:
    gone = spool.absorbed()
    into, link = home_of(gone, into), home_of(gone, link)  # taken in already: then these two are one as well
    if link == into:
        return
    placed.answered += [HoldId(into, HoldKind.MATCH, link), HoldId(link, HoldKind.MATCH, into)]
    placed.joins.setdefault(into, []).extend([link, *placed.joins.pop(link, [])])
    placed.duplicates.setdefault(into, set()).update(placed.duplicates.pop(link, set()))
    spool.absorb(link, into)
