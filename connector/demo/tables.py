"""The demo world's own word lists: names with readings, company name parts, places, titles, reasons. Invented mixes."""

# ruff: noqa: E501  rows of words; a full-width character counts as two
from __future__ import annotations

# kanji, katakana, romaji
SURNAMES: tuple[tuple[str, str, str], ...] = tuple(
    (a, b, c)
    for a, b, c in (
        row.split()
        for row in """
佐藤 サトウ sato|鈴木 スズキ suzuki|高橋 タカハシ takahashi|田中 タナカ tanaka|伊藤 イトウ ito|渡辺 ワタナベ watanabe
山本 ヤマモト yamamoto|中村 ナカムラ nakamura|小林 コバヤシ kobayashi|加藤 カトウ kato|吉田 ヨシダ yoshida
山田 ヤマダ yamada|佐々木 ササキ sasaki|山口 ヤマグチ yamaguchi|松本 マツモト matsumoto|井上 イノウエ inoue
木村 キムラ kimura|林 ハヤシ hayashi|斎藤 サイトウ saito|清水 シミズ shimizu|山崎 ヤマザキ yamazaki|森 モリ mori
池田 イケダ ikeda|橋本 ハシモト hashimoto|阿部 アベ abe|石川 イシカワ ishikawa|山下 ヤマシタ yamashita
中島 ナカジマ nakajima|石井 イシイ ishii|小川 オガワ ogawa|前田 マエダ maeda|岡田 オカダ okada|長谷川 ハセガワ hasegawa
藤田 フジタ fujita|後藤 ゴトウ goto|近藤 コンドウ kondo|村上 ムラカミ murakami|遠藤 エンドウ endo|青木 アオキ aoki
坂本 サカモト sakamoto|福田 フクダ fukuda|太田 オオタ ota|西村 ニシムラ nishimura|藤井 フジイ fujii|藤原 フジワラ fujiwara
岡本 オカモト okamoto|三浦 ミウラ miura|金子 カネコ kaneko|中野 ナカノ nakano|原田 ハラダ harada|松田 マツダ matsuda
竹内 タケウチ takeuchi|小野 オノ ono|田村 タムラ tamura|中山 ナカヤマ nakayama|和田 ワダ wada|石田 イシダ ishida
上田 ウエダ ueda|森田 モリタ morita|原 ハラ hara|柴田 シバタ shibata|酒井 サカイ sakai|工藤 クドウ kudo
横山 ヨコヤマ yokoyama|宮崎 ミヤザキ miyazaki|宮本 ミヤモト miyamoto|内田 ウチダ uchida|高木 タカギ takagi
安藤 アンドウ ando|島田 シマダ shimada|谷口 タニグチ taniguchi|大野 オオノ ono|丸山 マルヤマ maruyama|今井 イマイ imai
高田 タカダ takada|藤本 フジモト fujimoto|武田 タケダ takeda|村田 ムラタ murata|上野 ウエノ ueno|杉山 スギヤマ sugiyama
増田 マスダ masuda|菅原 スガワラ sugawara|平野 ヒラノ hirano|大塚 オオツカ otsuka|小島 コジマ kojima|千葉 チバ chiba
久保 クボ kubo|松井 マツイ matsui|岩崎 イワサキ iwasaki|桜井 サクライ sakurai|野口 ノグチ noguchi|松尾 マツオ matsuo
野村 ノムラ nomura|木下 キノシタ kinoshita|菊地 キクチ kikuchi|佐野 サノ sano|大西 オオニシ onishi|杉本 スギモト sugimoto
新井 アライ arai|浜田 ハマダ hamada|広瀬 ヒロセ hirose|黒沢 クロサワ kurosawa|沢田 サワダ sawada|柳沢 ヤナギサワ yanagisawa
岡崎 オカザキ okazaki|富田 トミタ tomita|徳永 トクナガ tokunaga|五十嵐 イガラシ igarashi|小笠原 オガサワラ ogasawara
""".replace("\n", "|").split("|")
        if row.strip()
    )
)

GIVEN: tuple[tuple[str, str, str], ...] = tuple(
    (a, b, c)
    for a, b, c in (
        row.split()
        for row in """
太郎 タロウ taro|健一 ケンイチ kenichi|翔太 ショウタ shota|大輔 ダイスケ daisuke|拓也 タクヤ takuya|直樹 ナオキ naoki
誠 マコト makoto|浩 ヒロシ hiroshi|隆 タカシ takashi|修 オサム osamu|剛 ツヨシ tsuyoshi|学 マナブ manabu|亮 リョウ ryo
健太 ケンタ kenta|達也 タツヤ tatsuya|雄一 ユウイチ yuichi|和也 カズヤ kazuya|哲也 テツヤ tetsuya|英樹 ヒデキ hideki
正樹 マサキ masaki|秀明 ヒデアキ hideaki|勇気 ユウキ yuki|蓮 レン ren|悠真 ユウマ yuma|大和 ヤマト yamato|陽斗 ハルト haruto
湊 ミナト minato|颯太 ソウタ sota|樹 イツキ itsuki|俊介 シュンスケ shunsuke|慎吾 シンゴ shingo|洋平 ヨウヘイ yohei
康平 コウヘイ kohei|智也 トモヤ tomoya|裕介 ユウスケ yusuke|孝之 タカユキ takayuki|義男 ヨシオ yoshio|昭夫 アキオ akio
茂 シゲル shigeru|進 ススム susumu|清 キヨシ kiyoshi|勝 マサル masaru|豊 ユタカ yutaka|功 イサオ isao|弘之 ヒロユキ hiroyuki
花子 ハナコ hanako|美咲 ミサキ misaki|愛 アイ ai|陽菜 ヒナ hina|葵 アオイ aoi|結衣 ユイ yui|さくら サクラ sakura
美穂 ミホ miho|由美 ユミ yumi|恵子 ケイコ keiko|洋子 ヨウコ yoko|幸子 サチコ sachiko|和子 カズコ kazuko|久美子 クミコ kumiko
真由美 マユミ mayumi|裕子 ユウコ yuko|直美 ナオミ naomi|陽子 ヨウコ yoko|智子 トモコ tomoko|明美 アケミ akemi|香織 カオリ kaori
恵 メグミ megumi|彩 アヤ aya|舞 マイ mai|千尋 チヒロ chihiro|麻衣 マイ mai|優子 ユウコ yuko|理恵 リエ rie|綾香 アヤカ ayaka
奈々 ナナ nana|桃子 モモコ momoko|詩織 シオリ shiori|沙織 サオリ saori|里奈 リナ rina|遥 ハルカ haruka|瞳 ヒトミ hitomi
文子 フミコ fumiko|節子 セツコ setsuko|京子 キョウコ kyoko|悦子 エツコ etsuko|順子 ジュンコ junko|典子 ノリコ noriko
博 ヒロシ hiroshi|淳 ジュン jun|聡 サトシ satoshi|薫 カオル kaoru|渉 ワタル wataru|航 ワタル wataru|駿 シュン shun
""".replace("\n", "|").split("|")
        if row.strip()
    )
)

# The same family name as it stands on the family register, on an old card, or typed by somebody else.
OLD_KANJI: dict[str, str] = {
    "高": "髙", "崎": "﨑", "斎": "齋", "辺": "邊", "浜": "濱", "広": "廣", "沢": "澤", "桜": "櫻", "島": "嶋",
    "富": "冨", "徳": "德", "吉": "𠮷",
}  # fmt: skip

# formal, short
NICKNAMES: tuple[tuple[str, str], ...] = (
    ("Robert", "Bob"), ("William", "Bill"), ("Elizabeth", "Liz"), ("Katherine", "Kate"), ("Michael", "Mike"),
    ("Thomas", "Tom"), ("Margaret", "Maggie"), ("Richard", "Rick"), ("Jennifer", "Jen"), ("Christopher", "Chris"),
    ("Daniel", "Dan"), ("Patricia", "Pat"), ("Andrew", "Andy"), ("Deborah", "Debbie"), ("Edward", "Ted"),
)  # fmt: skip

# Used when Faker is not installed.
WESTERN_FAMILY = (
    "Smith", "Johnson", "Brown", "Miller", "Davis", "Garcia", "Wilson", "Anderson", "Taylor", "Moore", "Martin",
    "Thompson", "White", "Harris", "Clark", "Lewis", "Walker", "Young", "King", "Wright", "Hill", "Baker", "O'Brien",
)  # fmt: skip
WESTERN_GIVEN = ("James", "Linda", "David", "Susan", "Joseph", "Karen", "Charles", "Nancy", "Mark", "Laura", "Paul")

# written, katakana, romaji
COMPANY_HEADS: tuple[tuple[str, str, str], ...] = (
    ("東和", "トウワ", "towa"), ("日進", "ニッシン", "nisshin"), ("三栄", "サンエイ", "sanei"),
    ("大洋", "タイヨウ", "taiyo"), ("北陽", "ホクヨウ", "hokuyo"), ("協和", "キョウワ", "kyowa"),
    ("共栄", "キョウエイ", "kyoei"), ("富士見", "フジミ", "fujimi"), ("青葉", "アオバ", "aoba"),
    ("若松", "ワカマツ", "wakamatsu"), ("千歳", "チトセ", "chitose"), ("明星", "メイセイ", "meisei"),
    ("光陽", "コウヨウ", "koyo"), ("神明", "シンメイ", "shinmei"), ("京浜", "ケイヒン", "keihin"),
    ("中央", "チュウオウ", "chuo"), ("東海", "トウカイ", "tokai"), ("瀬戸内", "セトウチ", "setouchi"),
    ("北斗", "ホクト", "hokuto"), ("サクラ", "サクラ", "sakura"), ("ミライ", "ミライ", "mirai"),
    ("アルファ", "アルファ", "alpha"), ("リバティ", "リバティ", "liberty"), ("オリオン", "オリオン", "orion"),
    ("ヒカリ", "ヒカリ", "hikari"), ("ネクスト", "ネクスト", "next"), ("テクノ", "テクノ", "techno"),
    ("さざなみ", "サザナミ", "sazanami"), ("双葉", "フタバ", "futaba"), ("丸越", "マルコシ", "marukoshi"),
    ("山彦", "ヤマビコ", "yamabiko"), ("朝霧", "アサギリ", "asagiri"), ("泉", "イズミ", "izumi"),
    ("白鷺", "シラサギ", "shirasagi"), ("五洋", "ゴヨウ", "goyo"), ("万代", "バンダイ", "bandai"),
)  # fmt: skip
COMPANY_KINDS: tuple[tuple[str, str, str, str], ...] = (
    ("工業", "コウギョウ", "kogyo", "製造"), ("電機", "デンキ", "denki", "製造"), ("商事", "ショウジ", "shoji", "卸売"),
    ("システム", "システム", "system", "情報通信"), ("製作所", "セイサクショ", "seisakusho", "製造"),
    ("物産", "ブッサン", "bussan", "卸売"), ("建設", "ケンセツ", "kensetsu", "建設"), ("運輸", "ウンユ", "unyu", "運輸"),
    ("化学", "カガク", "kagaku", "製造"), ("食品", "ショクヒン", "shokuhin", "食品"), ("印刷", "インサツ", "insatsu", "印刷"),
    ("ソリューションズ", "ソリューションズ", "solutions", "情報通信"), ("不動産", "フドウサン", "fudosan", "不動産"),
    ("精密", "セイミツ", "seimitsu", "製造"), ("薬品", "ヤクヒン", "yakuhin", "医薬"), ("設計", "セッケイ", "sekkei", "サービス"),
    ("ソフト", "ソフト", "soft", "情報通信"), ("繊維", "センイ", "seni", "製造"), ("紙業", "シギョウ", "shigyo", "製造"),
    ("機械", "キカイ", "kikai", "製造"), ("ロジスティクス", "ロジスティクス", "logistics", "運輸"),
    ("メディカル", "メディカル", "medical", "医薬"), ("デザイン", "デザイン", "design", "サービス"),
    ("ホールディングス", "ホールディングス", "holdings", "金融"), ("エナジー", "エナジー", "energy", "エネルギー"),
    ("学園", "ガクエン", "gakuen", "教育"),
)  # fmt: skip

# the legal form, and the other ways it is written
LEGAL_FORMS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("株式会社", ("㈱", "(株)", "（株）", "株式會社"), "カブシキガイシャ"),
    ("有限会社", ("㈲", "(有)", "（有）"), "ユウゲンガイシャ"),
    ("合同会社", ("(同)", "（同）"), "ゴウドウガイシャ"),
    ("一般社団法人", ("(一社)", "（一社）"), "イッパンシャダンホウジン"),
)

# prefecture, city, first three digits of the postal code, area code
PLACES: tuple[tuple[str, str, str, str], ...] = (
    ("東京都", "千代田区", "100", "03"), ("東京都", "中央区", "104", "03"), ("東京都", "港区", "105", "03"),
    ("東京都", "新宿区", "160", "03"), ("東京都", "渋谷区", "150", "03"), ("東京都", "品川区", "141", "03"),
    ("東京都", "江東区", "135", "03"), ("東京都", "八王子市", "192", "042"), ("神奈川県", "横浜市西区", "220", "045"),
    ("神奈川県", "川崎市川崎区", "210", "044"), ("埼玉県", "さいたま市大宮区", "330", "048"),
    ("千葉県", "千葉市中央区", "260", "043"), ("愛知県", "名古屋市中区", "460", "052"),
    ("愛知県", "名古屋市中村区", "450", "052"), ("大阪府", "大阪市北区", "530", "06"),
    ("大阪府", "大阪市中央区", "541", "06"), ("京都府", "京都市下京区", "600", "075"),
    ("兵庫県", "神戸市中央区", "650", "078"), ("福岡県", "福岡市博多区", "812", "092"),
    ("福岡県", "福岡市中央区", "810", "092"), ("北海道", "札幌市中央区", "060", "011"),
    ("宮城県", "仙台市青葉区", "980", "022"), ("広島県", "広島市中区", "730", "082"),
    ("静岡県", "静岡市葵区", "420", "054"), ("石川県", "金沢市", "920", "076"), ("新潟県", "新潟市中央区", "950", "025"),
    ("岡山県", "岡山市北区", "700", "086"), ("沖縄県", "那覇市", "900", "098"),
)  # fmt: skip
STREETS = (
    "本町", "栄町", "中央", "丸の内", "緑町", "旭町", "大手町", "錦町", "新町", "桜木町", "幸町", "港町", "若葉", "泉町", "城東",
)  # fmt: skip
BUILDINGS = ("第一ビル", "中央ビル3F", "みなとタワー12階", "セントラルプラザ", "", "", "", "")

TITLES = (
    "代表取締役", "取締役", "部長", "次長", "課長", "課長代理", "係長", "主任", "マネージャー", "リーダー", "担当", "室長", "本部長",
)  # fmt: skip
WESTERN_TITLES = ("CEO", "Director", "Manager", "Senior Manager", "Engineer", "Vice President", "Analyst")
DEPARTMENTS = (
    "営業部", "営業企画部", "マーケティング部", "情報システム部", "総務部", "人事部", "経理部", "経営企画室", "製造部", "開発部", "購買部",
)  # fmt: skip
OWNERS = ("岡部 真司", "三宅 彩乃", "大谷 圭", "堀 由紀子", "星野 健", "早川 美和", "平田 宗一", "森本 佳奈")

MA_STAGES = ("リード", "MQL", "SQL", "商談中", "顧客")
DEAL_STAGES = ("見込み", "ヒアリング", "提案", "見積", "交渉", "受注", "失注")
LOST = "失注"
LOST_REASONS = ("予算が合わない", "競合に決定", "時期尚早", "社内体制の変更", "機能が不足", "連絡が取れない")
DEAL_NAMES = ("基幹システム更改", "新規導入", "追加ライセンス", "保守更新", "PoC", "全社展開", "データ移行", "研修サービス")  # fmt: skip
DEAL_CLASSES = ("見込客", "取引中", "休眠", "退会")

ROLE_ADDRESSES = ("info", "sales", "contact", "soumu", "webmaster")
# rows that are no person at all: family, given, e-mail, company
JUNK_ROWS: tuple[tuple[str, str, str, str], ...] = (
    ("テスト", "太郎", "test@test.example", "テスト株式会社"), ("asdf", "asdf", "asdf@asdf.example", "asdf"),
    ("なし", "なし", "", "なし"), ("ああああ", "ああ", "aaa@aaa.example", "ああああ"),
    ("ー", "", "-", "ー"), ("test", "test", "test@example.com", "test"), ("不明", "", "", "不明"),
    ("匿名希望", "", "tokumei@mail.example", "個人"), ("admin", "", "noreply@mail.example", ""),
    ("削除予定", "●使わない", "", "重複？確認中"),
)  # fmt: skip
