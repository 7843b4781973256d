"""Literal pairs: what every rule makes of a value, and which key it gets."""

from __future__ import annotations

import pytest

from connector.cleanse import RULES, Status, clean, is_free_mail, is_role_address, match_key, rules_version
from connector.cleanse.characters import fold, squash
from connector.cleanse.itaiji import ITAIJI
from connector.model import Address, FieldType, PersonName, Value

DISPLAYS: list[tuple[str, Value, Value]] = [
    ("trim", "　山田　 太郎 ", "山田 太郎"),
    ("trim", " Acme  Inc ", "Acme Inc"),
    ("trim", "a  \n  b\n", "a\n  b"),
    ("trim", "   ", None),
    ("invisible", "a\u200bb\u00adc\ufeffd\u202ee", "abcde"),
    ("invisible", "👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
    ("invisible", "x\r\ny\u2028z", "x\ny\nz"),
    ("width", "ｱﾊﾞﾝﾄｼｽﾃﾑ", "アバントシステム"),
    ("width", "スーパ－マ－ケット", "スーパ－マ－ケット"),
    ("width", "ﾊﾟ－ｿﾅﾙ", "パ－ソナル"),
    ("width", "１２３－４５６７", "123-4567"),
    ("width", "ﾃﾞｰﾀ～2026", "データ～2026"),
    ("width", "①½㊗㈱", "①½㊗㈱"),
    ("width", "か゛は゜", "がぱ"),
    ("width", "か\u3099", "が"),
    ("width", "塚\ufa10神\ufa19髙﨑", "塚\ufa10神\ufa19髙﨑"),
    ("width", "葛\U000e0100城市", "葛\U000e0100城市"),
    ("kana", "やまだ ﾀﾛｳ", "ヤマダ タロウ"),
    ("html_entities", "A &amp; B", "A & B"),
    ("html_entities", "AT&T &notit;", "AT&T &notit;"),
    ("html_entities", "&am&#112;;", "&"),
    ("placeholder", "なし", None),
    ("placeholder", "Ｎ／Ａ", None),
    ("placeholder", "－", None),
    ("placeholder", "Null", "Null"),
    ("placeholder", "0", "0"),
    ("text", "  a\tb ", "a b"),
    ("text", "\x0b", None),
    ("text", "一行目\r\n二行目　", "一行目\n二行目"),
    ("email", "Taro.Yamada@Example.CO.JP", "Taro.Yamada@example.co.jp"),
    ("email", "ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏ．ｊｐ", "taro@example.co.jp"),
    ("email", "mailto:taro@example.co.jp", "taro@example.co.jp"),
    ("email", "taro @example,co.jp", "taro @example,co.jp"),
    ("email", "なし", None),
    ("phone", "０３－１２３４－５６７８", "03-1234-5678"),
    ("phone", "(03)1234-5678", "03-1234-5678"),
    ("phone", "03ー1234ー5678", "03-1234-5678"),
    ("phone", "+81(0)3-1234-5678", "03-1234-5678"),
    ("phone", "03-1234-5678(内線 123)", "03-1234-5678 内線123"),
    ("phone", "03-1234-5678（代表）", "03-1234-5678(代表)"),
    ("phone", "0120-12-3456", "0120-123-456"),
    ("phone", "312345678", "312345678"),
    ("phone", "0X-1234-5678", "0X-1234-5678"),
    ("phone", "03-1234-5678 / 090-1111-2222", "03-1234-5678 / 090-1111-2222"),
    ("phone", "+1 415 555 2671", "+1 415-555-2671"),
    ("phone", "110", "110"),
    ("company", "㈱山田商事", "株式会社山田商事"),
    ("company", "（株）　山田商事", "株式会社山田商事"),
    ("company", "山田商事(株)東京支店", "山田商事株式会社東京支店"),
    ("company", "山田商事株式会社　御中", "山田商事株式会社"),
    ("company", "㈲ｽｽﾞｷ工業", "有限会社スズキ工業"),
    ("company", "合同会社ＤＭＭ．ｃｏｍ", "合同会社DMM.com"),
    ("company", "（一社）日本協会", "一般社団法人日本協会"),
    ("company", "医療法人社団　健康会", "医療法人社団健康会"),
    ("company", "日本株式会社企画", "日本株式会社企画"),
    ("company", "Acme Co., Ltd.", "Acme Co., Ltd."),
    ("company", "個人", None),
    ("person_name", PersonName("髙橋　", " ﾀﾛｳ"), PersonName("髙橋", "タロウ")),
    ("person_name", PersonName(" ", ""), None),
    ("person_name", PersonName("Null"), PersonName("Null")),
    ("person_name", PersonName("なし"), None),
    ("postal_code", "〒１００－０００５", "100-0005"),
    ("postal_code", "SW1A 1AA", "SW1A 1AA"),
    ("address", Address("１０００００５", "東京都", "", "芝１－２"), Address("100-0005", "東京都", None, "芝1-2")),
    ("address", Address("", "", None, None, " "), None),
    ("url", "HTTP://WWW.Example.co.jp/Path?B=C", "http://www.example.co.jp/Path?B=C"),
    ("url", "https://user:PW@Ex.com/", "https://user:PW@Ex.com/"),
    ("picklist", " A 級 ", "A 級"),
    ("integer", 5, 5),
    ("boolean", False, False),
]  # fmt: skip

KEYS: list[tuple[str, Value, str]] = [
    ("text", "Société  Générale", "societe generale"),
    ("text", "ガス", "ガス"),
    ("email", "Taro+crm@Example.JP", "taro@example.jp"),
    ("email", "t.a.r.o@googlemail.com", "taro@gmail.com"),
    ("email", "test@test.com", ""),
    ("phone", "312345678", "+81312345678"),
    ("phone", "03-1234-5678 内線9", "+81312345678;9"),
    ("phone", "000-0000-0000", ""),
    ("company", "㈱ヤマダ・コーポレーション", "ヤマダコーポレーシヨン"),
    ("company", "ヤマダコ－ポレ－ション(株)", "ヤマダコーポレーシヨン"),
    ("company", "キャノン", "キヤノン"),
    ("company", "山田商事㈱東京支店", "山田商事"),
    ("company", "Müller GmbH & Co. KG", "muller"),
    ("company", "L'Oréal S.A.", "loreal"),
    ("company", "The Boeing Company", "boeing"),
    ("company", "生活協同組合コープ", "生活協同組合コープ"),
    ("company", "株式会社", ""),
    ("person_name", PersonName("齋藤", "惠子"), "斉藤恵子"),
    ("person_name", PersonName("斉藤恵子"), "斉藤恵子"),
    ("address", Address(street="丸の内一丁目2番3号"), "丸ノ内1-2-3"),
    ("address", Address(street="丸ノ内1-2-3　丸ビル4F"), "丸ノ内1-2-3"),
    ("postal_code", "600001", "0600001"),
    ("url", "https://www.example.co.jp/about", "example.co.jp"),
]


@pytest.mark.parametrize(("rule", "value", "display"), DISPLAYS)
def test_what_a_rule_shows(rule: str, value: Value, display: Value) -> None:
    assert RULES[rule].apply(value).display == display
    assert RULES[rule].apply(display).display == display


@pytest.mark.parametrize(("rule", "value", "key"), KEYS)
def test_what_a_rule_compares(rule: str, value: Value, key: str) -> None:
    assert RULES[rule].apply(value).key == key


STATUSES = [
    ("placeholder", "なし", Status.MISSING, "placeholder"),
    ("invisible", "abc\u202edef", Status.FORMATTED, "bidi"),
    ("text", "文\ufffd字", Status.REVIEW, "lost_characters"),
    ("email", "taro@example,co.jp", Status.INVALID, "not_an_email"),
    ("email", "info@example.co.jp", Status.SAME, "role_address"),
    ("email", "taro..yamada@docomo.ne.jp", Status.SAME, "free_mail"),
    ("phone", "312345678", Status.SUGGESTED, "zero_lost"),
    ("phone", "81-3-1234-5678", Status.SUGGESTED, "plus_lost"),
    ("phone", "03-1234-5678（代表）", Status.FORMATTED, "note"),
    ("phone", "(415) 555-2671", Status.INVALID, "not_assigned"),
    ("company", "株式会社", Status.REVIEW, "no_name"),
    ("person_name", PersonName("山田", "太郎様"), Status.REVIEW, "honorific"),
]


@pytest.mark.parametrize(("rule", "value", "status", "reason"), STATUSES)
def test_what_a_rule_reports(rule: str, value: Value, status: Status, reason: str) -> None:
    cleansed = RULES[rule].apply(value)
    assert cleansed.status is status
    assert reason in cleansed.reasons


SAME_KEYS = [
    ("渡辺", "渡邊", "渡邉"),
    ("斉藤", "斎藤", "齋藤", "齊藤"),
    ("浜田", "濱田", "濵田"),
    ("高橋", "髙橋", "髙槗"),
    ("吉野", "𠮷野"),
    ("桜沢", "櫻澤"),
    ("中島", "中嶋", "中嶌"),
]


@pytest.mark.parametrize("names", SAME_KEYS)
def test_variant_kanji_share_a_key(names: tuple[str, ...]) -> None:
    assert len({fold(name) for name in names}) == 1


DIFFERENT_KEYS = [
    ("ガス", "カス"),
    ("ソニー", "ソニ"),
    ("佐々木", "佐木"),
    ("玉田", "王田"),
    ("大坂", "大阪"),
    ("ビール", "ビル"),
]


@pytest.mark.parametrize(("a", "b"), DIFFERENT_KEYS)
def test_the_fold_does_not_go_too_far(a: str, b: str) -> None:
    assert squash(a) != squash(b)


def test_the_table_of_variants_is_closed() -> None:
    assert len(ITAIJI) > 150
    assert not set(ITAIJI) & set(ITAIJI.values())


ROLES = [("info@a.jp", True), ("Sales2@a.jp", True), ("eigyo-tokyo@a.jp", False), ("no-reply@a.jp", True),
         ("taro@a.jp", False), ("support.jp@a.jp", True), ("", False), ("@", False)]  # fmt: skip


@pytest.mark.parametrize(("email", "role"), ROLES)
def test_role_addresses(email: str, role: bool) -> None:
    assert is_role_address(email) is role


def test_free_mail() -> None:
    assert is_free_mail("a@Gmail.com") and is_free_mail("a@t.vodafone.ne.jp") and not is_free_mail("a@toyota.co.jp")


def test_rules_are_applied_in_order_until_they_settle() -> None:
    assert clean(FieldType.TEXT, ("trim", "html_entities"), "x&nbsp;").display == "x"
    assert clean(FieldType.TEXT, ("width", "placeholder"), "Ｎ／Ａ").display is None


def test_the_key_is_that_of_the_field_rule_wherever_it_stands() -> None:
    assert match_key(FieldType.TEXT, ("company", "trim"), " ㈱山田商事 ") == "山田商事"
    assert match_key(FieldType.EMAIL, ("trim",), " Taro+x@Example.jp") == "taro@example.jp"
    assert match_key(FieldType.EMAIL, (), None) == ""


def test_equal_numbers_of_different_types_do_not_share_the_cache() -> None:
    assert clean(FieldType.BOOLEAN, (), True).display is True
    assert clean(FieldType.INTEGER, (), 1).display == 1
    assert clean(FieldType.INTEGER, (), 1).display is not True


def test_the_version_names_every_rule() -> None:
    assert rules_version(("trim", "company")) == "trim@1+company@1"
    assert set(RULES) >= {type.value for type in FieldType}
