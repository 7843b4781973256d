"""Word lists of the benchmark's world: with the demo's, enough names that a million people are as unlike as in life."""

from __future__ import annotations

from connector.demo import tables as t

_FIRST = (
    "健大翔拓直雅和英秀勇悠陽颯俊慎洋康智裕孝義昭弘正浩達雄哲紀隆美由恵幸久真裕直明香千麻優理奈桃詩沙里文節京悦順典"
)
_SECOND = "太介樹也一郎平人真斗治之男夫行彦明弘吾美子香恵奈穂希菜花音代江枝実咲乃帆歩莉"
_READ = (
    "ken",
    "dai",
    "sho",
    "taku",
    "nao",
    "masa",
    "kazu",
    "hide",
    "yu",
    "haru",
    "shun",
    "yasu",
    "tomo",
    "taka",
    "hiro",
    "tatsu",
    "mi",
    "e",
    "sachi",
    "chi",
    "mai",
    "ri",
)
_ENDS = ("ta", "suke", "ki", "ya", "ichi", "ro", "hei", "to", "haru", "yuki", "mi", "ko", "ka", "na", "ho", "no")

# kanji, romaji; about 1,900
GIVEN: tuple[tuple[str, str], ...] = tuple((kanji, romaji) for kanji, _, romaji in t.GIVEN) + tuple(
    (a + b, _READ[(i + j) % len(_READ)] + _ENDS[(i * 7 + j) % len(_ENDS)])
    for i, a in enumerate(dict.fromkeys(_FIRST))
    for j, b in enumerate(dict.fromkeys(_SECOND))
    if a != b
)

# name without its legal form, reading, domain, industry; about 33,000
HEADS = len(t.COMPANY_HEADS)
KINDS = len(t.COMPANY_KINDS)
COMPANIES = HEADS * HEADS * KINDS


def company(number: int) -> tuple[str, str, str, str]:
    number, kind = divmod(number, KINDS)
    first, second = divmod(number, HEADS)
    a, b, c = t.COMPANY_HEADS[first], t.COMPANY_HEADS[second], t.COMPANY_KINDS[kind]
    if first == second:
        return a[0] + c[0], a[1] + c[1], f"{a[2]}-{c[2]}", c[3]
    return a[0] + b[0] + c[0], a[1] + b[1] + c[1], f"{a[2]}{b[2]}-{c[2]}", c[3]


INDUSTRIES = tuple(dict.fromkeys(kind[3] for kind in t.COMPANY_KINDS))
SOURCES = ("Web", "展示会", "紹介", "セミナー", "広告", "電話")
MEMOS = (
    "資料請求あり。来期の予算で検討とのこと",
    "展示会で名刺交換、後日デモ希望",
    "既存システムの更新時期は2027年4月",
    "価格表を送付済み、上長の確認待ち",
    "セミナー参加、アンケートで導入に前向き",
    "担当が変わったため再度の説明が必要",
)
