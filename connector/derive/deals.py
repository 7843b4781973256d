"""Values over the deals of one person or company.

The latest deal is the one with the latest close date; deals without one come before those with one. A deal is lost
or won when its stage says so: canonically "lost" and "won", or the words that Japanese systems ship with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from connector.model import Value, Values

STAGES: Mapping[str, str] = {
    "lost": "lost",
    "closed lost": "lost",
    "closedlost": "lost",
    "失注": "lost",
    "won": "won",
    "closed won": "won",
    "closedwon": "won",
    "受注": "won",
    "成約": "won",
}


@dataclass(frozen=True, slots=True)
class Derived:
    """A value that a mapping may name after `computed:`."""

    name: str
    ja: str
    en: str
    value: Callable[[Sequence[Values]], Value]


def derive(name: str, deals: Sequence[Values]) -> Value:
    """The derived value of this name over the golden values of some deals; None where there is nothing to say.

    >>> derive("deals.latest.lost", [{"stage": "失注", "close_date": date(2026, 3, 1)}])
    True
    >>> derive("deals.open.count", [{"stage": "提案"}, {"stage": "受注"}])
    1
    """
    return DERIVED[name].value(deals)


def kind(deal: Values) -> str:
    """ "open", "won" or "lost"."""
    return STAGES.get(str(deal.get("stage") or "").strip().casefold(), "open")


def latest(deals: Sequence[Values]) -> Values | None:
    return max(deals, key=_recency) if deals else None


def _recency(deal: Values) -> tuple[bool, str, str, str]:
    closed = deal.get("close_date")
    day = closed.isoformat() if isinstance(closed, date | datetime) else ""
    return (bool(day), day, str(deal.get("name") or ""), str(deal.get("stage") or ""))


def _of_latest(field: str) -> Callable[[Sequence[Values]], Value]:
    def value(deals: Sequence[Values]) -> Value:
        last = latest(deals)
        return last.get(field) if last is not None else None

    return value


def _lost(deals: Sequence[Values]) -> Value:
    """Lost only when the latest deal is lost and none is open: a customer in talks is not a lost one."""
    last = latest(deals)
    if last is None:
        return None
    return kind(last) == "lost" and not any(kind(d) == "open" for d in deals)


def _lost_field(field: str) -> Callable[[Sequence[Values]], Value]:
    def value(deals: Sequence[Values]) -> Value:
        last = latest(deals)
        return last.get(field) if last is not None and _lost(deals) else None

    return value


def _count(wanted: str) -> Callable[[Sequence[Values]], Value]:
    return lambda deals: sum(1 for d in deals if kind(d) == wanted)


def _won_total(deals: Sequence[Values]) -> Value:
    amounts = [d.get("amount") for d in deals if kind(d) == "won"]
    return sum((Decimal(a) for a in amounts if isinstance(a, Decimal | int)), Decimal(0))


DERIVED: Mapping[str, Derived] = {
    d.name: d
    for d in (
        Derived("deals.latest.stage", "最新の商談のフェーズ", "stage of the latest deal", _of_latest("stage")),
        Derived("deals.latest.amount", "最新の商談の金額", "amount of the latest deal", _of_latest("amount")),
        Derived(
            "deals.latest.close_date", "最新の商談の完了日", "close date of the latest deal", _of_latest("close_date")
        ),
        Derived("deals.latest.lost", "失注フラグ", "the latest deal is lost and none is open", _lost),
        Derived("deals.latest.lost_reason", "失注理由", "reason of the latest lost deal", _lost_field("lost_reason")),
        Derived("deals.latest.lost_at", "失注日", "close date of the latest lost deal", _lost_field("close_date")),
        Derived("deals.open.count", "進行中の商談数", "number of open deals", _count("open")),
        Derived("deals.won.count", "受注した商談数", "number of won deals", _count("won")),
        Derived("deals.won.total", "受注金額の合計", "total amount of won deals", _won_total),
        Derived("is_customer", "既存顧客", "has a won deal", lambda deals: any(kind(d) == "won" for d in deals)),
    )
}
