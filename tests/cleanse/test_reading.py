"""One native cell to a canonical value: what is read, and what is held instead of guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from connector.cleanse import Unreadable, read, write_address, write_name
from connector.model import OPT_IN, OPT_OUT, Address, FieldType, PersonName, Problem, Value

T = FieldType

READ: list[tuple[FieldType, Any, Value]] = [
    (T.TEXT, None, None),
    (T.TEXT, " 　\t", None),
    (T.TEXT, "a", "a"),
    (T.TEXT, 12, "12"),
    (T.TEXT, 12.0, "12"),
    (T.TEXT, Decimal("1.50"), "1.5"),
    (T.TEXT, True, "true"),
    (T.TEXT, date(2026, 3, 1), "2026-03-01"),
    (T.PICKLIST, ["A", "B"], "A;B"),
    (T.PICKLIST, ["A"], "A"),
    (T.PICKLIST, [], None),
    (T.EMAIL, "ｔａｒｏ＠ｅｘ．ｊｐ", "ｔａｒｏ＠ｅｘ．ｊｐ"),
    (T.PHONE, 312345678, "312345678"),
    (T.PHONE, 312345678.0, "312345678"),
    (T.PHONE, "312345678.0", "312345678"),
    (T.URL, "example.co.jp", "example.co.jp"),
    (T.PERSON_NAME, "山田　太郎", PersonName("山田", "太郎")),
    (T.PERSON_NAME, "山田太郎", PersonName("山田太郎")),
    (T.PERSON_NAME, "Taro Yamada", PersonName("Yamada", "Taro")),
    (T.PERSON_NAME, "YAMADA Taro", PersonName("YAMADA", "Taro")),
    (T.PERSON_NAME, "TARO YAMADA", PersonName("YAMADA", "TARO")),
    (T.PERSON_NAME, "Smith, John", PersonName("Smith", "John")),
    (T.PERSON_NAME, "Juan de la Vega", PersonName("Vega", "Juan de la")),
    (T.ADDRESS, "〒100-0005 東京都千代田区丸の内1-2-3", Address("100-0005", "東京都", None, "千代田区丸の内1-2-3")),
    (T.ADDRESS, "四日市市諏訪町1-5", Address(street="四日市市諏訪町1-5")),
    (T.INTEGER, "１，２３４", 1234),
    (T.INTEGER, "1.0", 1),
    (T.INTEGER, 12.0, 12),
    (T.INTEGER, "-", None),
    (T.DECIMAL, 0.1, Decimal("0.1")),
    (T.DECIMAL, Decimal("1E+3"), Decimal("1000")),
    (T.DECIMAL, -0.0, Decimal("0")),
    (T.MONEY, "3億2千万円", Decimal("320000000")),
    (T.MONEY, "1.5億円", Decimal("150000000")),
    (T.MONEY, "500百万円", Decimal("500000000")),
    (T.MONEY, "壱拾万円", Decimal("100000")),
    (T.MONEY, "￥１，２３４", Decimal("1234")),
    (T.MONEY, "¥1,234-", Decimal("1234")),
    (T.MONEY, "△1,000", Decimal("-1000")),
    (T.MONEY, "▲￥1,000", Decimal("-1000")),
    (T.MONEY, "(1,000)", Decimal("-1000")),
    (T.MONEY, "1,000 JPY", Decimal("1000")),
    (T.BOOLEAN, "はい", True),
    (T.BOOLEAN, "いいえ", False),
    (T.BOOLEAN, "○", True),
    (T.BOOLEAN, "×", False),
    (T.BOOLEAN, "有", True),
    (T.BOOLEAN, "無", False),
    (T.BOOLEAN, "TRUE", True),
    (T.BOOLEAN, 0, False),
    (T.BOOLEAN, "１", True),
    (T.CONSENT, "opt_in", OPT_IN),
    (T.CONSENT, "配信停止", OPT_OUT),
    (T.CONSENT, "配信可", OPT_IN),
    (T.CONSENT, "Opted Out", OPT_OUT),
    (T.CONSENT, "Unsubscribed", OPT_OUT),
    (T.CONSENT, "subscribed", OPT_IN),
    (T.DATE, "令和8年3月1日", date(2026, 3, 1)),
    (T.DATE, "令和８年３月１日（日）", date(2026, 3, 1)),
    (T.DATE, "令和元年5月1日", date(2019, 5, 1)),
    (T.DATE, "R8.3.1", date(2026, 3, 1)),
    (T.DATE, "r08/03/01", date(2026, 3, 1)),
    (T.DATE, "㋿8年3月1日", date(2026, 3, 1)),
    (T.DATE, "昭和五十五年十二月三十一日", date(1980, 12, 31)),
    (T.DATE, "昭和64年1月7日", date(1989, 1, 7)),
    (T.DATE, "平成35年1月1日", date(2023, 1, 1)),
    (T.DATE, "2026/03/01", date(2026, 3, 1)),
    (T.DATE, "2026-3-1", date(2026, 3, 1)),
    (T.DATE, "２０２６．３．１", date(2026, 3, 1)),
    (T.DATE, "20260301", date(2026, 3, 1)),
    (T.DATE, "13/02/2026", date(2026, 2, 13)),
    (T.DATE, "02/13/2026", date(2026, 2, 13)),
    (T.DATE, "Mar 1, 2026", date(2026, 3, 1)),
    (T.DATE, "2026-03-01T23:30:00Z", date(2026, 3, 2)),
    (T.DATE, datetime(2026, 3, 1, 23, 30, tzinfo=UTC), date(2026, 3, 2)),
    (T.DATETIME, "2026-03-01T09:00:00+09:00", datetime(2026, 3, 1, tzinfo=UTC)),
    (T.DATETIME, "2026-03-01T09:00:00.125+0000", datetime(2026, 3, 1, 9, 0, 0, 125000, tzinfo=UTC)),
    (T.DATETIME, "2026-03-01 09:00", datetime(2026, 3, 1, tzinfo=UTC)),
    (T.DATETIME, "2026年3月1日 14時30分", datetime(2026, 3, 1, 5, 30, tzinfo=UTC)),
    (T.DATETIME, "2026/3/1 2:30 PM", datetime(2026, 3, 1, 5, 30, tzinfo=UTC)),
    (T.DATETIME, datetime(2026, 3, 1, 9), datetime(2026, 3, 1, tzinfo=UTC)),
    (T.DATETIME, datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=-5))), datetime(2026, 3, 1, 5, tzinfo=UTC)),
    (T.DATETIME, date(2026, 3, 1), datetime(2026, 2, 28, 15, tzinfo=UTC)),
]  # fmt: skip


@pytest.mark.parametrize(("type", "cell", "value"), READ)
def test_read(type: FieldType, cell: Any, value: Value) -> None:
    found = read(type, cell)
    assert found == value
    assert found.__class__ is value.__class__


HELD: list[tuple[FieldType, Any, Problem]] = [
    (T.TEXT, "a\x00b", Problem.CONTROL_CHARACTERS),
    (T.PERSON_NAME, "\ud800", Problem.CONTROL_CHARACTERS),
    (T.TEXT, "x" * 1_000_001, Problem.TOO_LONG),
    (T.TEXT, {"a": 1}, Problem.NOT_TEXT),
    (T.TEXT, b"x", Problem.NOT_TEXT),
    (T.TEXT, float("nan"), Problem.NOT_TEXT),
    (T.PICKLIST, ["a;b", "c"], Problem.NOT_TEXT),
    (T.EMAIL, "taro", Problem.NOT_AN_EMAIL),
    (T.PHONE, "abc", Problem.NOT_A_PHONE),
    (T.PHONE, "1.23E+10", Problem.EXCEL_DAMAGE),
    (T.INTEGER, "1.23E+10", Problem.EXCEL_DAMAGE),
    (T.URL, "foo", Problem.NOT_A_URL),
    (T.INTEGER, "1.5", Problem.NOT_A_NUMBER),
    (T.INTEGER, True, Problem.NOT_A_NUMBER),
    (T.INTEGER, "9" * 5000, Problem.NOT_A_NUMBER),
    (T.INTEGER, 10**5000, Problem.NOT_A_NUMBER),
    (T.DECIMAL, "NaN", Problem.NOT_A_NUMBER),
    (T.DECIMAL, float("inf"), Problem.NOT_A_NUMBER),
    (T.DECIMAL, "1e400", Problem.NOT_A_NUMBER),
    (T.DECIMAL, Decimal("1E+400"), Problem.NOT_A_NUMBER),
    (T.DECIMAL, Decimal("sNaN"), Problem.NOT_A_NUMBER),
    (T.MONEY, "USD 1,000", Problem.OTHER_CURRENCY),
    (T.MONEY, "$5", Problem.OTHER_CURRENCY),
    (T.MONEY, "約100万円", Problem.NOT_A_NUMBER),
    (T.MONEY, "100～200万円", Problem.NOT_A_NUMBER),
    (T.MONEY, "1,23,456", Problem.NOT_A_NUMBER),
    (T.MONEY, "円", Problem.NOT_A_NUMBER),
    (T.MONEY, "€1.234,56", Problem.NOT_A_NUMBER),
    (T.BOOLEAN, "たぶん", Problem.NOT_A_BOOLEAN),
    (T.BOOLEAN, 2, Problem.NOT_A_BOOLEAN),
    (T.CONSENT, "はい", Problem.NOT_CONSENT),
    (T.CONSENT, True, Problem.NOT_CONSENT),
    (T.DATE, "2026年2月30日", Problem.NOT_A_DATE),
    (T.DATE, "0000-00-00", Problem.NOT_A_DATE),
    (T.DATE, "0000/01/01", Problem.NOT_A_DATE),
    (T.DATE, "令和0年1月1日", Problem.NOT_A_DATE),
    (T.DATE, "2026年3月", Problem.NOT_A_DATE),
    (T.DATE, "来週", Problem.NOT_A_DATE),
    (T.DATE, "46082", Problem.NOT_A_DATE),
    (T.DATE, 46082, Problem.NOT_A_DATE),
    (T.DATE, "01/02/2026", Problem.AMBIGUOUS_DATE),
    (T.DATE, "26/3/1", Problem.AMBIGUOUS_DATE),
    (T.DATETIME, "0001-01-01", Problem.NOT_A_DATE),
    (T.DATETIME, "2026-03-01T25:00", Problem.NOT_A_DATE),
    (T.DATETIME, "2026-03-01T09:00:00+99:00", Problem.NOT_A_DATE),
]


@pytest.mark.parametrize(
    ("type", "cell", "problem"), HELD, ids=lambda v: ascii(v)[:30] if not isinstance(v, int) else "int"
)
def test_held(type: FieldType, cell: Any, problem: Problem) -> None:
    found = read(type, cell)
    assert isinstance(found, Unreadable)
    assert found.problem is problem
    assert len(found.shown) <= 2000
    found.shown.encode("utf-8")
    assert "\x00" not in found.shown


def test_the_order_of_day_and_month_may_be_given() -> None:
    assert read(T.DATE, "01/02/2026", dayfirst=True) == date(2026, 2, 1)
    assert read(T.DATE, "01/02/2026", dayfirst=False) == date(2026, 1, 2)


def test_another_currency_may_be_the_fields_own() -> None:
    assert read(T.MONEY, "USD 1,000", currency="USD") == Decimal("1000")
    assert read(T.MONEY, "1,000円", currency="USD") == Unreadable(Problem.OTHER_CURRENCY, "1,000円")


def test_a_naive_moment_is_in_the_zone_of_its_system() -> None:
    assert read(T.DATETIME, "2026-07-01 09:00", zone="America/New_York") == datetime(2026, 7, 1, 13, tzinfo=UTC)


NAMES = [
    (PersonName("山田", "太郎"), "山田 太郎"),
    (PersonName("Yamada", "Taro"), "Taro Yamada"),
    (PersonName("YAMADA", "Taro"), "Taro YAMADA"),
    (PersonName("Taro", "YAMADA"), "Taro, YAMADA"),
    (PersonName("de la Vega", "Juan"), "de la Vega, Juan"),
    (PersonName("Smith", "John, Jr."), "Smith, John, Jr."),
    (PersonName("山田 中", "太郎"), "山田 中, 太郎"),
    (PersonName("山田太郎"), "山田太郎"),
]


@pytest.mark.parametrize(("name", "cell"), NAMES)
def test_one_cell_gives_the_name_back(name: PersonName, cell: str) -> None:
    assert write_name(name) == cell
    assert read(T.PERSON_NAME, cell) == name


def test_one_cell_cannot_say_that_a_name_with_a_space_is_unsplit() -> None:
    assert read(T.PERSON_NAME, write_name(PersonName("山田 太郎"))) == PersonName("山田", "太郎")


def test_one_cell_of_an_address_settles_after_one_turn() -> None:
    address = Address("100-0005", "東京都", "千代田区", "丸の内1-2-3", "丸ビル4F")
    once = read(T.ADDRESS, write_address(address))
    assert once == Address("100-0005", "東京都", None, "千代田区丸の内1-2-3 丸ビル4F")
    assert isinstance(once, Address)
    assert read(T.ADDRESS, write_address(once)) == once
