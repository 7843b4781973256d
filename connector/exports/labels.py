"""Column labels as the vendors write them, and what each is about."""

# ruff: noqa: E501  rows of labels; a full-width character counts as two
from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache


@cache
def key(label: str) -> str:
    """A label for comparison: NFKC, no spaces, case folded. Brackets and colons become one form by NFKC.

    >>> key("商談 所有者： 部署") == key("商談所有者:部署")
    True
    """
    return "".join(unicodedata.normalize("NFKC", label).split()).strip("\ufeff").casefold()


def keys(labels: Iterable[str]) -> tuple[str, ...]:
    return tuple(key(label) for label in labels)


# What a column is about -> the labels seen for it. Where two concepts could claim a label, the entity decides.
# Japanese labels: Salesforce, kintone, HubSpot, Eight, Sansan, SATORI, Marketo; English: Salesforce, HubSpot, Marketo,
# Account Engagement; and the internal names of Salesforce and HubSpot.
LABELS: Mapping[str, tuple[str, ...]] = {
    "family": (
        "姓", "氏名[姓]", "苗字", "名字", "担当者姓", "取引先責任者:姓", "名前(姓)", "Last Name", "LastName", "lastname",
        "last_name",
    ),
    "given": ("名", "氏名[名]", "担当者名(名)", "取引先責任者:名", "名前(名)", "First Name", "FirstName", "firstname", "first_name"),
    "full_name": (
        "氏名", "名前", "お名前", "担当者名", "担当者氏名", "担当者", "先方担当者", "顧客担当者名", "取引先責任者名",
        "取引先責任者", "Full Name", "Contact Name", "Name",
    ),
    "email": (
        "メール", "メールアドレス", "Eメール", "E-mail", "email", "Email Address", "mail", "担当者メール", "担当者メールアドレス",
        "メールアドレス1", "電子メール", "会社メール",
    ),
    "phone": (
        "電話", "電話番号", "TEL", "TEL会社", "会社電話", "会社電話番号", "代表電話", "代表電話番号", "電話番号(会社)", "TEL(会社)",
        "Phone", "Phone Number", "phone", "Business Phone",
    ),
    "direct_phone": ("担当者電話", "担当者電話番号", "TEL直通", "直通電話", "直通", "直通番号", "担当者TEL"),
    "department_phone": ("TEL部門",),
    "mobile": (
        "携帯電話", "携帯", "携帯番号", "携帯電話番号", "Mobile", "Mobile Phone", "MobilePhone", "Mobile Phone Number", "mobilephone",
    ),
    "fax": ("Fax", "FAX番号", "ファックス"),
    "company": (
        "会社名", "企業名", "取引先名", "顧客名", "会社", "法人名", "勤務先", "Company", "Company Name", "Account Name",
        "Account.Name", "companyname", "Associated Company", "Associated Company (Primary)", "関連付けられた会社",
    ),
    "company_kana": ("会社名カナ", "会社名(カナ)", "会社名フリガナ", "取引先名(カナ)", "フリガナ"),
    "corporate_number": ("法人番号", "Corporate Number"),
    "department": ("部署", "部署名", "所属", "部門", "Department"),
    "title": ("役職", "役職名", "肩書", "Title", "Job Title", "jobtitle"),
    "postal_code": (
        "郵便番号", "〒", "郵便番号(郵送先)", "郵便番号(請求先)", "Zip", "Zip Code", "Postal Code", "Postal", "MailingPostalCode",
        "BillingPostalCode", "Mailing Zip/Postal Code", "Billing Zip/Postal Code",
    ),
    "prefecture": (
        "都道府県", "都道府県(郵送先)", "都道府県(請求先)", "State", "State/Region", "MailingState", "BillingState",
        "Mailing State/Province", "Billing State/Province",
    ),
    "city": ("市区町村", "市区郡", "市区郡(郵送先)", "市区郡(請求先)", "City", "MailingCity", "BillingCity", "Mailing City", "Billing City"),
    "street": (
        "番地", "町名・番地", "町名・番地(郵送先)", "町名・番地(請求先)", "Street", "Street Address", "MailingStreet", "BillingStreet",
        "Mailing Street", "Billing Street",
    ),
    "building": ("建物名", "ビル名", "建物"),
    "address": ("住所", "所在地", "会社住所", "Address"),
    "url": (
        "URL", "Webサイト", "ホームページ", "会社URL", "Website", "Website URL", "Company Domain Name", "会社のドメイン名", "ドメイン",
        "domain",
    ),
    "industry": ("業種", "業界", "Industry"),
    "score": (
        "スコア", "MAスコア", "リードのスコア", "リードスコア", "Score", "Lead Score", "Person Score", "leadScore", "HubSpot Score",
        "HubSpotスコア", "hubspotscore", "MA_Score__c", "Pardot Score",
    ),
    "last_visit": ("最終訪問日時", "最終訪問日", "最終アクセス日時", "Last Visit", "Time Last Seen", "Last Activity"),
    "lifecycle": ("ライフサイクルステージ", "Lifecycle Stage", "lifecyclestage"),
    "lead_status": ("リードステータス", "Lead Status", "hs_lead_status", "リードのステータス"),
    "lead_source": ("リードソース", "リードのソース", "Lead Source", "LeadSource"),
    "relation": ("取引区分", "顧客区分", "取引先種別"),
    "owner": (
        "所有者", "取引先 所有者", "取引先責任者 所有者", "商談 所有者", "リード 所有者", "コンタクト担当者", "会社の担当者", "取引の担当者",
        "Contact owner", "Company owner", "Deal owner", "Account Owner", "Contact Owner", "Opportunity Owner", "Lead Owner",
        "OwnerId", "Owner.Name", "hubspot_owner_id", "自社担当", "営業担当", "営業担当者", "作業者", "Assignee", "Assigned User",
    ),
    "deal_name": ("商談名", "案件名", "取引名", "Opportunity Name", "Deal Name", "dealname"),
    "stage": ("フェーズ", "商談フェーズ", "取引ステージ", "案件ステータス", "Stage", "StageName", "Deal Stage", "dealstage"),
    "amount": ("金額", "商談金額", "受注金額", "見積金額", "Amount"),
    "close_date": ("完了予定日", "クローズ日", "受注予定日", "Close Date", "CloseDate", "closedate"),
    "lost_reason": ("失注理由", "不成立理由", "Lost Reason", "Closed Lost Reason", "closed_lost_reason"),
    "pipeline": ("パイプライン", "Pipeline"),
    "exchanged": ("名刺交換日",),
    "note": ("メモ", "備考", "Description", "説明"),
    "created": (
        "作成日", "作成日時", "登録日時", "登録日", "Create Date", "Created Date", "CreatedDate", "createdate", "Created datetime",
        "createdAt", "作成日付",
    ),
    "modified": (
        "更新日時", "最終更新日", "最終更新日時", "更新日", "更新時刻", "Last Modified Date", "LastModifiedDate", "SystemModstamp",
        "Updated datetime", "Updated Date", "updatedAt", "hs_lastmodifieddate", "lastmodifieddate", "Last Modified",
    ),
}  # fmt: skip

# A column that means "do not mail this person" when it says yes ...
REFUSED_WHEN_TRUE = (
    "配信停止", "メール配信停止", "配信停止フラグ", "配信除外フラグ", "(*)配信除外フラグ", "メール配信除外", "オプトアウト", "配信拒否",
    "メール送信除外", "Opted Out", "Opt Out", "Email Opt Out", "HasOptedOutOfEmail", "Unsubscribed", "Do Not Email",
    "Unsubscribed from all email", "すべてのEメールの配信登録を解除済み", "hs_email_optout", "optedOut", "opted_out", "isDoNotEmail",
    "is_do_not_email", "Marketing Suspended", "blackListed", "メール配信を停止",
)  # fmt: skip
# ... and one that means the opposite.
ALLOWED_WHEN_TRUE = (
    "メール配信", "メール配信可", "メール配信許可", "配信許可", "配信可", "DM許可", "メルマガ配信", "メルマガ希望", "オプトイン", "Opt In",
    "Email Opt In", "メール配信希望",
)  # fmt: skip
# Labels that are about refusal and do not say which way: the values must say it, or a person.
POLARITY_OPEN = (
    "配信状態",
    "配信ステータス",
    "メール配信状態",
    "配信区分",
    "配信設定",
    "Email Status",
    "permission_type_master_id",
)
# Technical states of the address: no wish of the person.
BOUNCE = (
    "Hard Bounced", "Pardot Hard Bounced", "Email Invalid", "emailInvalid", "メール無効", "配信エラー", "バウンス", "ハードバウンス",
)  # fmt: skip

# A person's words for yes and no; the values that carry their own polarity stand apart.
TRUE_WORDS = frozenset({"1", "1.0", "true", "yes", "y", "はい", "○", "〇", "◯", "有", "あり", "on", "ok"})
FALSE_WORDS = frozenset({"0", "0.0", "false", "no", "n", "いいえ", "×", "✕", "無", "なし", "off", "ng"})
SAYS_REFUSED = frozenset(
    {"配信停止", "配信禁止", "停止", "拒否", "希望しない", "ng", "オプトアウト", "配信拒否", "除外", "unsubscribed"}
)
SAYS_ALLOWED = frozenset(
    {"配信可能", "配信中", "配信可", "許可", "希望する", "ok", "オプトイン", "配信許可", "subscribed"}
)
SAYS_BOUNCE = frozenset({"配信不可", "エラー", "bounced", "hardbounced"})

_BY_KEY: dict[str, str] = {}
for _concept, _labels in LABELS.items():
    for _label in _labels:
        _BY_KEY.setdefault(key(_label), _concept)
_OPTOUT = frozenset(keys(REFUSED_WHEN_TRUE))
_OPTIN = frozenset(keys(ALLOWED_WHEN_TRUE))
_OPEN = frozenset(keys(POLARITY_OPEN))
_BOUNCE = frozenset(keys(BOUNCE))


def concept(label_key: str) -> str:
    """What a column with this label is about, or ""."""
    if label_key in _OPTOUT:
        return "optout"
    if label_key in _OPTIN:
        return "optin"
    if label_key in _OPEN:
        return "consent_open"
    if label_key in _BOUNCE:
        return "bounce"
    return _BY_KEY.get(label_key, "")
