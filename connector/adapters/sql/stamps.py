"""Time stamps as databases keep them: datetime columns, ISO text, and seconds or milliseconds since 1970."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, TypeAlias

import sqlalchemy as sa

Condition: TypeAlias = sa.ColumnElement[bool]
# An ISO text may carry any offset between -12:00 and +14:00, and its date shows local time.
ANY_OFFSET = timedelta(hours=26)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read(raw: Any, zone: tzinfo) -> datetime | None:
    """The moment a stamp tells, aware and in UTC; None when it is blank or no stamp.

    >>> from zoneinfo import ZoneInfo
    >>> read("2026-04-01 09:00:00", ZoneInfo("Asia/Tokyo")) == read(1775001600, UTC) == read(1775001600000, UTC)
    True
    >>> read("0000-00-00", UTC)
    """
    try:
        match raw:
            case str():
                at = datetime.fromisoformat(raw if raw[4:5] != "/" else raw.replace("/", "-"))
            case datetime():
                at = raw
            case date():
                at = datetime(raw.year, raw.month, raw.day)
            case bool() | None:
                return None
            case int() | float() | Decimal():
                return EPOCH + timedelta(seconds=float(raw) / unit(raw))
            case _:
                return None
        if at.tzinfo is None:
            at = at.replace(tzinfo=zone)
        return at if at.tzinfo is UTC else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def reader(zone: tzinfo) -> Callable[[Any], datetime | None]:
    """`read` for one zone; the commonest spelling in UTC, 2026-04-01 09:00:00, takes a third of the time."""

    def slow(raw: Any) -> datetime | None:
        return read(raw, zone)

    def quick(raw: Any) -> datetime | None:
        if type(raw) is str and len(raw) == 19:
            try:
                return datetime.fromisoformat(raw + "+00:00")
            except ValueError:
                pass
        return read(raw, UTC)

    return quick if zone is UTC else slow


def unit(raw: float | Decimal) -> int:
    """Parts of a second that an epoch stamp counts in: 1, a thousand or a million.

    >>> unit(1775001600), unit(1775001600000)
    (1, 1000)
    """
    size = abs(float(raw))
    # 10^11 seconds is the year 5138; the same number of milliseconds is 1973.
    return 1 if size < 10**11 else 1000 if size < 10**14 else 1_000_000


def since(column: sa.ColumnElement[Any], at: datetime, sample: Any, zone: tzinfo, dialect: str) -> Condition:
    """Rows stamped at `at` or later, and those whose stamp cannot be read: more than asked is allowed, less is not."""
    return sa.or_(*either(column, at, sample, zone, dialect))


def either(
    column: sa.ColumnElement[Any], at: datetime, sample: Any, zone: tzinfo, dialect: str
) -> tuple[Condition, Condition]:
    """`since` as two conditions of which each is one step in an index: stamped later, and not stamped at all.

    `sample` is a stamp of the column and shows how they are kept.
    """
    local = at.astimezone(zone).replace(tzinfo=None)
    if at.astimezone(zone).utcoffset() != (at + timedelta(hours=3)).astimezone(zone).utcoffset() or (
        (at - timedelta(hours=3)).astimezone(zone).utcoffset() != at.astimezone(zone).utcoffset()
    ):
        local -= timedelta(hours=1)  # the hour that clocks show twice in autumn
    match sample:
        case str():
            day = (at - ANY_OFFSET).strftime("%Y-%m-%d")
            condition: Condition = column >= sa.literal(
                day, sa.types.NullType() if dialect == "sqlite" else sa.String()
            )
            if dialect == "sqlite":
                seconds = sa.cast(sa.func.strftime("%s", column), sa.Integer())
                zoned = sa.func.substr(column, 17).op("GLOB")(sa.literal("*[Zz+-]*"))
                start = sa.case((zoned, _epoch(at)), else_=_epoch(local.replace(tzinfo=UTC)))
                condition = condition & (sa.func.strftime("%s", column).is_(None) | (seconds >= start))
        case datetime():
            condition = column >= sa.literal(at if sample.tzinfo is not None else local, column.type)
        case date():
            condition = column >= sa.literal(local.date(), column.type)
        case _:
            condition = column >= sa.literal((at - EPOCH) // timedelta(seconds=1) * unit(sample), column.type)
    return condition, column.is_(None)


def _epoch(at: datetime) -> int:
    return (at - EPOCH) // timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Style:
    """How a column keeps its stamps, so that ours look the same."""

    kind: str  # text | epoch | zoned | naive | date
    zone: tzinfo
    unit: int = 1
    separator: str = " "
    digits: int = 0  # of a second's fraction; -1 when even seconds are left out
    suffix: str = ""  # "", "Z" or an offset

    @staticmethod
    def of(sample: Any, type_: sa.types.TypeEngine[Any], zone: tzinfo, dialect: str) -> Style:
        match sample:
            case str() if read(sample, zone) is not None and len(sample) > 10:
                body, suffix = sample[:10], ""
                rest = sample[11:]
                for mark in "Zz+-":
                    if mark in rest:
                        suffix = rest[rest.index(mark) :]
                        rest = rest[: rest.index(mark)]
                        break
                digits = len(rest.partition(".")[2]) if rest.count(":") > 1 else -1
                return Style("text", zone, 1, sample[len(body)], digits, suffix)
            case bool():
                pass
            case int() | float() | Decimal():
                return Style("epoch", zone, unit(sample))
        match type_:
            case sa.DateTime():
                if dialect == "sqlite":
                    return Style("text", zone)
                return Style("zoned" if type_.timezone else "naive", zone)
            case sa.Date():
                return Style("text" if dialect == "sqlite" else "date", zone)
            case sa.Integer() | sa.Numeric():
                return Style("epoch", zone)
            case _:
                return Style("text", zone)


def clock(style: Style, dialect: str, now: datetime) -> sa.ColumnElement[Any]:
    """The database's own clock, as an expression in the style of a column. `now` only says which offset a zone has."""
    if dialect == "sqlite":
        return _sqlite_clock(style, now)
    if dialect == "postgresql":
        return _postgresql_clock(style)
    return sa.func.current_timestamp()


def _offset(style: Style, now: datetime) -> timedelta:
    """How far the texts of this style are from UTC."""
    moment = now.astimezone(style.zone)
    if style.suffix:
        moment = datetime.fromisoformat(f"2026-01-01T00:00:00{style.suffix}")
    return moment.utcoffset() or timedelta(0)


def _sqlite_clock(style: Style, now: datetime) -> sa.ColumnElement[Any]:
    if style.kind == "epoch":
        if style.unit == 1:
            return sa.cast(sa.func.strftime("%s", "now"), sa.Integer())
        return sa.cast((sa.func.julianday("now") - 2440587.5) * 86400 * style.unit, sa.Integer())
    seconds = {-1: "%H:%M", 0: "%H:%M:%S"}.get(style.digits, "%H:%M:%f")
    text = f"%Y-%m-%d{style.separator}{seconds}" + "0" * max(0, style.digits - 3) + style.suffix
    # SQLite knows no zones by name, only offsets.
    return sa.func.strftime(text, "now", f"{_offset(style, now) // timedelta(seconds=1):+d} seconds")


def _postgresql_clock(style: Style) -> sa.ColumnElement[Any]:
    now = sa.func.clock_timestamp(type_=sa.DateTime(timezone=True))
    zone = getattr(style.zone, "key", "UTC")
    match style.kind:
        case "zoned":
            return now
        case "naive":
            return sa.func.timezone(zone, now, type_=sa.DateTime())
        case "date":
            return sa.cast(sa.func.timezone(zone, now), sa.Date())
        case "epoch":
            return sa.cast(sa.func.floor(sa.extract("epoch", now) * style.unit), sa.BigInteger())
    seconds = {-1: "HH24:MI", 0: "HH24:MI:SS", 3: "HH24:MI:SS.MS"}.get(style.digits, "HH24:MI:SS.US")
    separator = '"T"' if style.separator == "T" else " "
    moment: sa.ColumnElement[Any] = sa.func.timezone(zone, now, type_=sa.DateTime())
    if style.suffix:
        moment = sa.func.timezone("UTC", now, type_=sa.DateTime()) + sa.literal(_offset(style, EPOCH), sa.Interval())
    return sa.func.to_char(moment, f"YYYY-MM-DD{separator}{seconds}", type_=sa.String()) + style.suffix


def later(column: sa.ColumnElement[Any], now: sa.ColumnElement[Any], dialect: str) -> sa.ColumnElement[Any]:
    """The later of the column and the clock: our writes never set a stamp back."""
    if dialect == "sqlite":
        return sa.func.max(sa.func.coalesce(column, now), now)
    if dialect == "postgresql":
        return sa.func.greatest(column, now)
    return now
