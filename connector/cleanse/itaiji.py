"""Variant kanji of names, folded in keys only: each group lists the plain form first, its variants after it.

Written by hand from the old forms of common and name kanji (旧字体) and the variants met in surnames. Kanji that are
merely similar (坂/阪, 玉/王) are left apart.
"""

from __future__ import annotations

_GROUPS = """
高髙 崎﨑嵜 斉斎齋齊 辺邊邉 沢澤 浜濱濵 徳德 瀬瀨 島嶋嶌 吉𠮷 真眞 広廣 恵惠 桜櫻 国國圀 関關 竜龍 滝瀧 曽曾
館舘 園薗 峰峯 富冨 野埜 秋穐 船舩 桑桒 柳栁 橋槗 角⻆ 鉄鐵鉃 銭錢 静靜 塩鹽 県縣 学學 栄榮 円圓 応應 桧檜 条條
蔵藏 宝寶寳 遥遙 薫薰 勲勳 巌巖 弥彌 与與 万萬 豊豐 礼禮 来來 恒恆 晃晄 亀龜 沖冲 渋澁澀 仏佛 浅淺 淵渕渊
鶴靏靍鸖 梅楳 松枩 柏栢 鴎鷗 鴬鶯 麹麴 篭籠 薮藪 蝉蟬 頬頰 祷禱 蒋蔣 醤醬 麺麵 萌萠 晋晉 尭堯 槙槇 瑶瑤 凛凜 穣穰
芦蘆 荘莊 総總 聡聰 絵繪 糸絲 経經 継繼 続續 緑綠 縁緣 縦縱 肇肈 舎舍 芸藝 茎莖 薬藥 虎乕 虫蟲 衛衞 覚覺 観觀 誉譽
読讀 謡謠 譲讓 賛贊 転轉 郎郞 郷鄕 酔醉 釈釋 鋭銳 録錄 鎮鎭 閲閱 隠隱 雑雜 霊靈 青靑 顕顯 黒黑 点點 亜亞 伝傳 児兒
党黨 処處 剣劍劒釼劔 励勵 労勞 効效 区區 医醫 双雙 参參 収收 叙敍 号號 図圖 団團 囲圍 圧壓 壮壯 声聲 売賣 変變 奥奧
姫姬 実實 寛寬 寿壽 専專 将將 尚尙 岳嶽 峡峽 巣巢 帯帶 帰歸 庁廳 弐貳 当當 径徑 従從 悦悅 戦戰 戸戶 払拂 抜拔 択擇
担擔 拝拜 拡擴 挙擧 捜搜 揺搖 摂攝 数數 旧舊 暁曉 暦曆 楽樂 様樣 権權 横橫 欧歐 歓歡 歩步 歳歲 毎每 気氣 浄淨 涙淚
渓溪 済濟 温溫 湾灣 満滿 潜潛 焼燒 営營 灯燈 炉爐 狭狹 猟獵 獣獸 画畫 畳疊 略畧 発發 祢禰 禅禪 称稱 稲稻 穂穗 穏穩
窓窗 粋粹 鶏鷄 麦麥 黄黃 歯齒 鯵鰺 湧涌 枡桝 杉杦 刈苅 諌諫 讃讚 迩邇 壷壺 壱壹 巻卷 彦彥 慎愼 昂昻 昇曻 靭靱 頼賴
騨驒 崇崈 衆眾 殻殼 殿 芽 内內 呉吳 鴻 褒襃 専 随隨 髄髓 台臺 体體 対對 独獨 会會 価價 仮假 両兩 並竝 予豫 争爭 乗乘
乱亂 単單 厳嚴 圏圈 塁壘 塀 宮 専 届屆 属屬 弾彈 悪惡 悩惱 惨慘 懐懷 戯戲 撃擊 断斷 昼晝 検檢 楼樓 枢樞 桟棧 欠缺 残殘
"""


def _pairs() -> dict[str, str]:
    pairs: dict[str, str] = {}
    for group in _GROUPS.split():
        plain = group[0]
        for variant in group[1:]:
            pairs[variant] = plain
    return pairs


# variant -> plain form
ITAIJI: dict[str, str] = _pairs()
