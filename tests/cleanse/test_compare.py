"""Alike, and what may be our own value coming back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from connector.cleanse import alike, echoes
from connector.model import Address, FieldType, PersonName, Value

T = FieldType
NOON = datetime(2026, 3, 1, 3, 4, 5, 678901, tzinfo=UTC)

ALIKE: list[tuple[FieldType, Value, Value, bool]] = [
    (T.TEXT, "ＡＢＣ　商事", "abc商事", True),
    (T.TEXT, "ﾔﾏﾀﾞ", "ヤマダ", True),
    (T.TEXT, "a\r\nb", "a\nb", True),
    (T.TEXT, "髙橋", "高橋", False),
    (T.TEXT, "株式会社山田", "㈱山田", False),
    (T.TEXT, None, "", True),
    (T.TEXT, None, "a", False),
    (T.TEXT, "1", 1, False),
    (T.PHONE, "03-1234-5678", "0312345678", True),
    (T.PHONE, "03-1234-5678", "+81 3 1234 5678", True),
    (T.PHONE, "03-1234-5678", "03-1234-5679", False),
    (T.PHONE, "03-1234-5678 内線1", "03-1234-5678", False),
    (T.EMAIL, "Taro@Example.jp", "taro@example.jp", True),
    (T.EMAIL, "taro+x@example.jp", "taro@example.jp", False),
    (T.URL, "https://Example.jp/", "https://example.jp", True),
    (T.PERSON_NAME, PersonName("山田", "太郎"), PersonName("山田太郎"), True),
    (T.PERSON_NAME, PersonName("山田", "太郎"), PersonName("山", "田太郎"), False),
    (T.PERSON_NAME, PersonName("Yamada", "Taro"), PersonName("YAMADA", "TARO"), True),
    (T.PERSON_NAME, PersonName("Yamada", "Taro"), PersonName("Taro Yamada"), True),
    (T.PERSON_NAME, PersonName("髙橋"), PersonName("高橋"), False),
    (T.ADDRESS, Address("100-0005", "東京都", "港区", "芝"), Address("1000005", "東京都", None, "港区芝"), True),
    (T.INTEGER, 1, 1, True),
    (T.BOOLEAN, True, 1, False),
    (T.MONEY, Decimal("1.0"), Decimal("1"), True),
    (T.DATE, date(2026, 3, 1), date(2026, 3, 1), True),
    (T.DATE, date(2026, 3, 1), datetime(2026, 3, 1, tzinfo=UTC), False),
    (T.DATETIME, NOON, NOON, True),
]  # fmt: skip


@pytest.mark.parametrize(("type", "a", "b", "expected"), ALIKE)
def test_alike(type: FieldType, a: Value, b: Value, expected: bool) -> None:
    assert alike(type, a, b) is expected
    assert alike(type, b, a) is expected
    if expected:
        assert echoes(type, a, b)


ECHOES: list[tuple[FieldType, Value, Value, bool]] = [
    (T.TEXT, "Project Alpha", "Project Al", True),
    (T.TEXT, "Project Alpha", "PROJECT  A", True),
    (T.TEXT, "Project Alpha", "Alpha", False),
    (T.TEXT, "Project", "Project Alpha", False),
    (T.TEXT, "x", None, False),
    (T.TEXT, None, "x", False),
    (T.TEXT, None, "", True),
    (T.PICKLIST, "A級", "A", False),
    (T.CONSENT, "opt_out", "opt", False),
    (T.PERSON_NAME, PersonName("山田", "太郎左衛門"), PersonName("山田", "太郎"), True),
    (T.PERSON_NAME, PersonName("山田", "太郎"), PersonName("山田"), True),
    (T.PERSON_NAME, PersonName("山田", "太郎"), PersonName("山田", "次郎"), False),
    (T.ADDRESS, Address(street="丸の内1-2-3 丸ビル"), Address(street="丸の内1-2-3"), True),
    (T.ADDRESS, Address("100-0005", street="丸の内"), Address("100-0005"), True),
    (T.MONEY, Decimal("1.2345"), Decimal("1.23"), True),
    (T.MONEY, Decimal("1.2355"), Decimal("1.24"), True),
    (T.MONEY, Decimal("1.2345"), Decimal("1.25"), False),
    (T.MONEY, Decimal("1.5"), Decimal("2"), True),
    (T.MONEY, Decimal("2"), Decimal("3"), False),
    (T.INTEGER, 1234, 1230, False),
    (T.BOOLEAN, True, False, False),
    (T.DATE, date(2026, 3, 1), date(2026, 3, 2), False),
    (T.DATETIME, NOON, NOON.replace(microsecond=678000), True),
    (T.DATETIME, NOON, NOON.replace(microsecond=0), True),
    (T.DATETIME, NOON, NOON.replace(second=6, microsecond=0), True),
    (T.DATETIME, NOON, NOON.replace(second=0, microsecond=0), True),
    (T.DATETIME, NOON, datetime(2026, 3, 1, tzinfo=UTC), True),
    (T.DATETIME, NOON, datetime(2026, 2, 28, 15, tzinfo=UTC), True),
    (T.DATETIME, NOON, NOON.replace(minute=5), False),
    (T.DATETIME, NOON, datetime(2026, 3, 2, tzinfo=UTC), False),
]


@pytest.mark.parametrize(("type", "sent", "shown", "expected"), ECHOES)
def test_echoes(type: FieldType, sent: Value, shown: Value, expected: bool) -> None:
    assert echoes(type, sent, shown) is expected
