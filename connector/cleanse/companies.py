"""Company names: the legal form spelled out where it stood; the core name is the key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from connector.cleanse.characters import PLAIN, settle, short_key, squash, tidy_line
from connector.cleanse.contract import Cleansed, Status
from connector.cleanse.textual import is_placeholder, plain_key
from connector.cleanse.wordlist import words
from connector.model import Value

# Abbreviations that mean one legal form wherever they stand.
_ANYWHERE = {
    "㈱": "株式会社",
    "㍿": "株式会社",
    "(株)": "株式会社",
    "株式會社": "株式会社",
    "㈲": "有限会社",
    "(有)": "有限会社",
    "有限會社": "有限会社",
    "㈴": "合名会社",
    "合名會社": "合名会社",
    "㈾": "合資会社",
    "合資會社": "合資会社",
    "(同)": "合同会社",
    "㈼": "監査法人",
}
# These are ordinary words in brackets elsewhere: they count only in front.
_IN_FRONT = {
    "(名)": "合名会社",
    "(資)": "合資会社",
    "(一社)": "一般社団法人",
    "(一財)": "一般財団法人",
    "(公社)": "公益社団法人",
    "(公財)": "公益財団法人",
    "(社)": "社団法人",
    "㈳": "社団法人",
    "(財)": "財団法人",
    "㈶": "財団法人",
    "(特非)": "特定非営利活動法人",
    "NPO法人": "特定非営利活動法人",
    "(医)": "医療法人",
    "(医社)": "医療法人社団",
    "(医財)": "医療法人財団",
    "(学)": "学校法人",
    "㈻": "学校法人",
    "(福)": "社会福祉法人",
    "(宗)": "宗教法人",
    "(独)": "独立行政法人",
    "(地独)": "地方独立行政法人",
    "(農)": "農事組合法人",
}
# Longest first: 医療法人社団 before 医療法人. 協同組合, 信用金庫 and 銀行 belong to the name.
_FORMS = sorted(
    {
        *_ANYWHERE.values(),
        *_IN_FRONT.values(),
        "相互会社",
        "社会医療法人",
        "国立大学法人",
        "国立研究開発法人",
        "地方独立行政法人",
        "弁護士法人",
        "税理士法人",
        "監査法人",
        "司法書士法人",
        "社会保険労務士法人",
        "行政書士法人",
        "農事組合法人",
        "特許業務法人",
        "特殊法人",
        "投資法人",
    },
    key=lambda form: (-len(form), form),
)

# Readings, mistyped forms and signs with other meanings: taken for the legal form in keys, only suggested in display.
_ODD = {
    "㏍": "株式会社",
    "㊑": "株式会社",
    "[株]": "株式会社",
    "株式会杜": "株式会社",
    "株式会仕": "株式会社",
    "カブシキガイシャ": "株式会社",
    "カブシキカイシャ": "株式会社",
    "かぶしきがいしゃ": "株式会社",
    "有限会杜": "有限会社",
    "ユウゲンガイシャ": "有限会社",
    "ゆうげんがいしゃ": "有限会社",
    "ゴウドウガイシャ": "合同会社",
    "ごうどうがいしゃ": "合同会社",
}
_ODD_FORM = re.compile("^(?:{0})|(?:{0})$".format("|".join(map(re.escape, _ODD))))

_SHORT_ANYWHERE = re.compile(r"\s*(" + "|".join(map(re.escape, _ANYWHERE)) + r")\s*")
_SHORT_FRONT = re.compile(r"^(" + "|".join(map(re.escape, sorted(_IN_FRONT, key=len, reverse=True))) + r")\s*(?=\S)")
_FORM_FRONT = re.compile(r"^(" + "|".join(_FORMS) + r")\s*")
_FORM_END = re.compile(r"\s*(" + "|".join(_FORMS) + r")$")
# A form in the middle ends the name only when what follows is a branch or a department: 日本株式会社企画 is one name.
_UNIT = "本社|本店|支社|支店|支所|支部|営業所|出張所|事業所|事業部|事務所|工場|研究所|センター|本部|部|課|室|店"
_FORM_MIDDLE = re.compile(
    r"^(.+?)\s*(株式会社|有限会社|合同会社|合名会社|合資会社|相互会社)\s*(\S.*(?:" + _UNIT + r"))$"
)
_BRANCH_AFTER_SPACE = re.compile(r"^(\S.*?)\s+(\S.*(?:" + _UNIT + r"))$")
_ADDRESSED = re.compile(r"(?:(?<=.)\s*(?:御中|各位))+$|(?<=.)\s+様$")

# Longest run of Western words that say nothing but the legal form; keys only.
_WESTERN = frozenset(
    words("""
    inc incorporated corp corporation co company ltd limited llc llp lp plc gmbh ag kg kgaa ohg ug se sa sas
    sarl srl spa bv nv oy ab as aps kk gk pty pte sdn bhd lda ltda sl slu sro spzoo kft zrt the and mbh holding
    """)
) - {"holding"}
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}(?=\W|$)", re.IGNORECASE)
_SMALL_KANA = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")

_NO_COMPANY = frozenset(
    words("""
    個人 個人事業主 自営業 自営 フリーランス 会社名なし 会社名無し 一般 学生 無職 所属なし 個人のお客様
    freelance self-employed
    """)
)


@dataclass(frozen=True, slots=True)
class CompanyName:
    """A company name taken apart. `core` is folded; `position` is front, end or "" ."""

    core: str
    legal: str = ""
    position: str = ""
    branch: str = ""


def _spelled_out(text: str) -> str:
    text = _ADDRESSED.sub("", text)
    text = _SHORT_FRONT.sub(lambda found: _IN_FRONT[found[1]], text)
    text = _SHORT_ANYWHERE.sub(lambda found: _ANYWHERE[found[1]], text)
    text = _FORM_FRONT.sub(r"\1", text)
    return _FORM_END.sub(r"\1", text)


# Without a space, a bracket, a sign or an old form there is nothing to spell out and nothing to close up.
_UNSIGNED = re.compile("[^ ㈱㍿㈲㈴㈾㈼㈳㈶㈻(會]+(?<![中位様])")


def is_spelled_out(text: str) -> bool:
    """Is this surely shown as it stands? False means that only the rule can tell."""
    return bool(
        _UNSIGNED.fullmatch(text)
        and PLAIN.fullmatch(text)
        and not text.startswith("NPO法人")
        and text not in _NO_COMPANY
        and not is_placeholder(text)
    )


def _shape(text: str) -> str:
    return _spelled_out(tidy_line(text)).strip()


def _core(text: str) -> str:
    words = re.findall(r"[^\s,;:/()\[\]&・]+", _DOTTED.sub(lambda found: found[0].replace(".", ""), text))
    while len(words) > 1 and squash(words[-1]) in _WESTERN:
        words.pop()
    if len(words) > 1 and words[0].casefold() == "the":
        words = words[1:]
    return squash("".join(words)).translate(_SMALL_KANA)


@lru_cache(maxsize=16384)
def company_parts(text: str) -> CompanyName:
    """Core, legal form with its position, and branch of a name as `company` shows it.

    >>> company_parts("山田商事株式会社東京支店")
    CompanyName(core='山田商事', legal='株式会社', position='end', branch='東京支店')
    >>> company_parts("日本株式会社企画").legal, company_parts("Acme Co., Ltd.").core
    ('', 'acme')
    """
    legal = position = branch = ""
    name = _ODD_FORM.sub(lambda found: _ODD[found[0]], text[:400])
    if found := _FORM_FRONT.match(name):
        legal, position, name = found[1], "front", name[found.end() :]
        if split := _BRANCH_AFTER_SPACE.match(name):
            name, branch = split[1], split[2]
    elif found := _FORM_END.search(name):
        legal, position, name = found[1], "end", name[: found.start()]
    elif found := _FORM_MIDDLE.match(name):
        name, legal, position, branch = found[1], found[2], "end", found[3]
    elif not name.isascii() and (split := _BRANCH_AFTER_SPACE.match(name)):
        name, branch = split[1], split[2]
    return CompanyName(_core(name), legal, position, squash(branch))


def company(value: Value) -> Cleansed:
    """㈱, (株) and 株式會社 spelled out in their place, 御中 removed; the key has neither legal form nor branch.

    >>> company("㈱ﾔﾏﾀﾞ電機").display, company("山田商事（株）　御中").display, company("山田商事（株）東京支店").key
    ('株式会社ヤマダ電機', '山田商事株式会社', '山田商事')
    >>> company("Müller GmbH & Co. KG").key, company("個人").display
    ('muller', None)
    """
    if not isinstance(value, str):
        return Cleansed(value, plain_key(value))
    if len(value) > 4000:
        return Cleansed(value, plain_key(value), Status.REVIEW, ("long",))
    shown = settle(_shape, value)
    if not shown:
        return Cleansed(None, "", Status.MISSING)
    if shown in _NO_COMPANY or is_placeholder(shown):
        return Cleansed(None, "", Status.MISSING, ("placeholder",))
    core = company_parts(shown).core
    if not core:
        return Cleansed(shown, "", Status.REVIEW, ("no_name",))
    if _ODD_FORM.search(shown):
        return Cleansed(shown, short_key(core), Status.SUGGESTED, ("legal_form",))
    return Cleansed(shown, short_key(core), Status.SAME if shown == value else Status.FORMATTED)
