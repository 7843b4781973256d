"""Addresses, postal codes and web addresses."""

from __future__ import annotations

import re

from connector.cleanse.characters import LONGEST_FOLDED, fold, folded_key, settle, short_key, squashed_key, tidy_line
from connector.cleanse.contract import Cleansed, Status
from connector.cleanse.textual import map_text, plain_key
from connector.cleanse.wordlist import words
from connector.model import Address, Value

PREFECTURES = tuple(
    words("""
    北海道 青森県 岩手県 宮城県 秋田県 山形県 福島県 茨城県 栃木県 群馬県 埼玉県 千葉県 東京都 神奈川県 新潟県
    富山県 石川県 福井県 山梨県 長野県 岐阜県 静岡県 愛知県 三重県 滋賀県 京都府 大阪府 兵庫県 奈良県 和歌山県
    鳥取県 島根県 岡山県 広島県 山口県 徳島県 香川県 愛媛県 高知県 福岡県 佐賀県 長崎県 熊本県 大分県 宮崎県
    鹿児島県 沖縄県
    """)
)
_PREFECTURES = frozenset(PREFECTURES)  # of three or four characters, none the beginning of another
_POSTAL = re.compile(r"^〒?\s*(\d{3})[-ー−‐–—]?(\d{4})(?:\s+|(?=\D)|$)")
_POSTAL_ALONE = re.compile(r"〒?\s*(\d{3})\s*[-ー−‐–—－]?\s*(\d{4})")


def read_address(text: str) -> Address | None:
    """An address from one cell: the postal code and the prefecture in front are told apart, the rest is the street.

    >>> read_address("〒100-0005 東京都府中市宮西町2-24")
    Address(postal_code='100-0005', prefecture='東京都', city=None, street='府中市宮西町2-24', building=None)
    """
    rest, postal = text.strip(), None
    begins = tidy_line(rest[:400])
    if (begins[:1] == "〒" or begins[:1].isdecimal()) and (found := _POSTAL.match(begins)):
        postal = f"{found[1]}-{found[2]}"
        rest = (begins[found.end() :] + rest[400:]).strip()
    prefecture = None
    for length in (3, 4):
        if rest[:length] in _PREFECTURES:
            prefecture, rest = rest[:length], rest[length:].strip()
            break
    return Address(postal, prefecture, None, rest or None) if postal or prefecture or rest else None


def write_address(address: Address) -> str:
    """One cell for an address. City and building come back as part of the street.

    >>> write_address(Address("100-0005", "東京都", "千代田区", "丸の内1-2-3", "丸ビル4F"))
    '〒100-0005 東京都千代田区丸の内1-2-3 丸ビル4F'
    """
    postal = f"〒{address.postal_code} " if address.postal_code else ""
    local = "".join(part for part in (address.prefecture, address.city, address.street) if part)
    return (postal + local + (f" {address.building}" if address.building else "")).strip()


_NUMERAL = {c: str(i) for i, c in enumerate("〇一二三四五六七八九")}
_COUNTED = re.compile(r"([〇一二三四五六七八九十]{1,3})(?=丁目|番|号|条)")
_UNITS = re.compile(r"(?<=\d)(?:丁目|番地の|番地|番|号|の)")
# What follows the numbers after a space is a building.
_BUILDING = re.compile(r"(?<=[\d号番地])\s+\D.*$", re.DOTALL)
_KEY_DASH = re.compile(r"-{2,}|-(?=\D|$)")
_SMALL = str.maketrans({"ヶ": "ケ", "ガ": "ケ", "之": "ノ", "ッ": "ツ"})


def _counted(found: re.Match[str]) -> str:
    tens, ten, ones = found[1].rpartition("十")
    digits = "".join(_NUMERAL[c] for c in ones)
    if not ten:
        return digits
    if "十" in tens:
        return found[1]
    return str(int("".join(_NUMERAL[c] for c in tens) or "1") * 10 + int(digits or "0"))


def street_key(text: str) -> str:
    """The key of the line with the numbers: 1丁目2番3号 and 1-2-3 are one place.

    >>> street_key("丸の内一丁目２番３号") == street_key("丸ノ内1-2-3")
    True
    """
    if len(text) > LONGEST_FOLDED:
        return short_key(text)
    folded = _BUILDING.sub("", _COUNTED.sub(_counted, fold(text))).replace("大字", "").replace("字", "")
    folded = _KEY_DASH.sub("", _UNITS.sub("-", folded).replace("ー", "-")).translate(_SMALL)
    return short_key("".join(c for c in folded if c.isalnum() or c == "-").strip("-"))


def address(value: Value) -> Cleansed:
    """Width and spaces of every part, NNN-NNNN; the key stops before the building.

    >>> address(Address("1000005", "東京都", "千代田区", "丸の内１－２－３")).display.postal_code
    '100-0005'
    """
    if isinstance(value, str):
        value = read_address(tidy_line(value))
    if not isinstance(value, Address):
        return Cleansed(value, plain_key(value))
    shown = map_text(lambda text: settle(tidy_line, text), value)
    if not isinstance(shown, Address):
        return Cleansed(None, "", Status.MISSING)
    postal = shown.postal_code
    if postal and (found := _POSTAL_ALONE.fullmatch(postal)):
        postal = f"{found[1]}-{found[2]}"
    shown = Address(postal, shown.prefecture, shown.city, shown.street, shown.building)
    place = "".join(part for part in (shown.prefecture, shown.city, shown.street) if part)
    key = street_key(place) if place else squashed_key((postal or "") + (shown.building or ""))
    return Cleansed(shown, key, Status.SAME if shown == value else Status.FORMATTED)


def postal_code(value: Value) -> Cleansed:
    """NNN-NNNN; a code that lost its zero in a spreadsheet is only suggested.

    >>> postal_code("〒１０００００５").display, postal_code("600001").key, postal_code("SW1A 1AA").display
    ('100-0005', '0600001', 'SW1A 1AA')
    """
    if not isinstance(value, str):
        return Cleansed(value, plain_key(value))
    plain = tidy_line(value)
    if not plain:
        return Cleansed(None, "", Status.MISSING)
    if found := _POSTAL_ALONE.fullmatch(plain):
        shown = f"{found[1]}-{found[2]}"
        return Cleansed(shown, found[1] + found[2], Status.SAME if shown == value else Status.FORMATTED)
    if re.fullmatch("[0-9]{6}", plain):
        return Cleansed(plain, "0" + plain, Status.SUGGESTED, ("zero_lost",))
    return Cleansed(plain, squashed_key(plain), Status.SAME if plain == value else Status.FORMATTED)


_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:/*)?([^/?#\s]+)(.*)", re.DOTALL)
_SECOND_LEVEL = frozenset(
    words("""
    co or ne ac go ed gr lg ad com org net gov edu
    """)
)
# On these, the path or the first label names the company, not the domain.
_SHARED_HOSTS = frozenset(
    words("""
    facebook.com instagram.com twitter.com x.com linkedin.com youtube.com github.com github.io wixsite.com
    jimdofree.com ameblo.jp note.com google.com myshopify.com wordpress.com blogspot.com hatenablog.com
    stores.jp base.shop
    """)
)


def web_domain(text: str) -> str:
    """The domain a company registered, "" where the host is shared or not a name.

    >>> web_domain("HTTPS://WWW.Example.co.jp/about"), web_domain("sub.example.com"), web_domain("https://facebook.com/acme")
    ('example.co.jp', 'example.com', '')
    """
    found = _URL.match(text.strip())
    if not found:
        return ""
    host = found[2].rpartition("@")[2].partition(":")[0].casefold().strip(".")
    labels = host.split(".")
    if len(labels) < 2 or labels[-1].isdigit() or not all(labels):
        return ""
    size = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL else 2
    domain = ".".join(labels[-size:])
    return "" if domain in _SHARED_HOSTS else domain


def _url_shape(text: str) -> str:
    text = tidy_line(text)
    found = _URL.fullmatch(text)
    return f"{(found[1] or '').lower()}{found[2].lower()}{found[3]}" if found and "@" not in found[2] else text


def url(value: Value) -> Cleansed:
    """Scheme and host in lower case, the path as it was; the key is the domain.

    >>> url("HTTP://WWW.Example.co.jp/Path").display, url("https://www.example.co.jp/").key
    ('http://www.example.co.jp/Path', 'example.co.jp')
    """
    if not isinstance(value, str):
        return Cleansed(value, plain_key(value))
    shown = value if len(value) > 8000 else settle(_url_shape, value)
    if not shown:
        return Cleansed(None, "", Status.MISSING)
    key = web_domain(shown[:8000]) or folded_key(shown)
    return Cleansed(shown, short_key(key), Status.SAME if shown == value else Status.FORMATTED)
