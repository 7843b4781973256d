"""The shapes of real exports, as data: which signs make a file certain, strong or weak. Source: the vendors' help pages
and public readers of such files; labels nobody could confirm are never the only reason to accept a file."""

# ruff: noqa: E501  rows of labels; a full-width character counts as two
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from connector.exports.labels import concept, key, keys

Object = Literal["person", "company", "deal", "optout"]
Role = Literal["ma", "crm", "card", "optout"]

SALESFORCE_ID = r"[0-9A-Za-z]{15}([0-9A-Z]{3})?$"
DIGITS = r"\d{1,20}$"


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of file. Labels are compared as `labels.key` makes them.

    certain: any of `sure_any`, all of `sure_all`, the header beginning with `prefix`, the first label, two of
    `sure_pattern`, the footer, or `ids` that hold values of `id_form` beside any of `sure_with_id`. strong: `ids` hold values of `id_form` beside `need` of `strong`, or one of
    `strong_sets` is complete. weak: any sign at all.
    """

    name: str
    vendor: str
    system: str
    role: Role
    sure_any: tuple[str, ...] = ()
    sure_all: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()
    first: str = ""
    sure_pattern: str = ""
    sure_with_id: tuple[str, ...] = ()
    footer: bool = False
    strong: tuple[str, ...] = ()
    need: int = 2
    strong_sets: tuple[tuple[str, ...], ...] = ()
    strong_many: int = 0  # that many of `strong` in any order are strong by themselves
    ids: Mapping[str, tuple[str, ...]] | None = None  # object -> labels of its id column
    id_form: str = DIGITS
    file_form: str = ""
    objects: tuple[Object, ...] = ("person", "company", "deal")


_EIGHT = (
    "会社名", "部署名", "役職", "姓", "名", "e-mail", "郵便番号", "住所", "TEL会社", "TEL部門", "TEL直通", "Fax", "携帯電話", "URL",
    "名刺交換日",
)  # fmt: skip

SHAPES: tuple[Shape, ...] = (
    Shape(
        "salesforce_report", "Salesforce", "salesforce", "crm",
        footer=True,
        strong=(
            "商談名", "取引先名", "フェーズ", "完了予定日", "商談 所有者", "商談 ID", "取引先 ID", "取引先責任者 ID", "リード ID",
            "取引先責任者 所有者", "取引先 所有者", "商談 所有者: 部署", "取引先責任者名", "姓", "名", "メール", "電話", "役職",
            "Opportunity Name", "Account Name", "Stage", "Close Date", "Opportunity Owner", "Account Owner", "Last Name",
            "Contact ID", "Account ID", "Opportunity ID", "Lead ID", "Email", "Phone", "Title",
        ),
        need=1,
        strong_sets=(("フェーズ", "完了予定日", "商談名"), ("フェーズ", "完了予定日", "取引先名"),
                     ("Stage", "Close Date", "Opportunity Name"), ("Stage", "Close Date", "商談名")),
        ids={
            "deal": ("商談 ID", "Opportunity ID"),
            "person": ("取引先責任者 ID", "Contact ID", "リード ID", "Lead ID"),
            "company": ("取引先 ID", "Account ID"),
        },
        id_form=SALESFORCE_ID, file_form=r"report\d{13}",
    ),
    Shape(
        "salesforce_api", "Salesforce", "salesforce", "crm",
        strong=("SystemModstamp", "CreatedById", "IsDeleted", "OwnerId", "CreatedDate", "LastModifiedDate", "AccountId"),
        need=1, strong_many=3,
        ids={"deal": ("Id",), "person": ("Id",), "company": ("Id",)},
        id_form=r"[0-9A-Za-z]{15}[0-9A-Z]{3}$",
    ),
    Shape(
        "kintone_ui", "kintone", "kintone", "crm",
        sure_any=("レコードの開始行", "New Record Flag"),
        strong=("作成者", "作成日時", "更新者", "更新日時", "ステータス", "作業者", "カテゴリー", "Created by", "Created datetime",
                "Updated by", "Updated datetime"),
        need=2,
        ids=dict.fromkeys(("deal", "person", "company"), ("レコード番号", "Record number", "$id")),
        id_form=r"([A-Za-z0-9_]+-)?\d+$",
    ),
    Shape(
        "kintone_cli", "kintone", "kintone", "crm",
        first="*",
        ids=dict.fromkeys(("deal", "person", "company"), ("レコード番号", "Record_number", "$id")),
        id_form=r"([A-Za-z0-9_]+-)?\d+$",
    ),
    Shape(
        "hubspot", "HubSpot", "hubspot", "ma",
        sure_any=("Record ID - Contact", "Record ID - Company", "Record ID - Deal", "Associated Company IDs",
                  "Associated Company IDs (Primary)", "Associated Contact IDs"),
        sure_with_id=("コンタクト担当者", "Contact owner", "hubspot_owner_id", "ライフサイクルステージ", "Lifecycle Stage",
                      "lifecyclestage", "マーケティングコンタクトステータス", "Marketing contact status"),
        strong=("コンタクト担当者", "会社の担当者", "取引の担当者", "Contact owner", "Company owner", "Deal owner",
                "ライフサイクルステージ", "Lifecycle Stage", "マーケティングコンタクトステータス", "Marketing contact status",
                "リードステータス", "Lead Status", "最終コンタクト", "Last Contacted", "会社のドメイン名", "Company Domain Name",
                "取引ステージ", "Deal Stage", "lifecyclestage", "hubspot_owner_id", "hs_lead_status", "hs_marketable_status"),
        need=1,
        ids={
            "person": ("Record ID - Contact", "Record ID", "レコードID", "hs_object_id"),
            "company": ("Record ID - Company", "Record ID", "レコードID", "hs_object_id"),
            "deal": ("Record ID - Deal", "Record ID", "レコードID", "hs_object_id"),
        },
        file_form=r"hubspot-crm-exports-",
    ),
    Shape("eight", "Eight", "eight", "card", prefix=_EIGHT, strong=_EIGHT, strong_many=10,
          strong_sets=(("TEL会社", "TEL直通", "名刺交換日"),), objects=("person",)),
    Shape("sansan_form", "Sansan", "sansan", "card", sure_any=("名刺所有者ユーザID", "氏名[姓]"), objects=("person",)),
    Shape("sansan_hub", "Sansan Data Hub", "sansan_hub", "card", sure_all=("SOC", "CI人物ID"), objects=("person", "company")),
    Shape("shanon", "SHANON", "shanon", "ma", sure_any=("permission_type_master_id",), sure_pattern=r"attribute\d+$",
          objects=("person",)),
    Shape("list_finder", "List Finder", "list_finder", "ma", sure_any=("(*)配信除外フラグ",), objects=("person",)),
    Shape("satori", "SATORI", "satori", "ma", strong=("苗字", "メールアドレス", "スター", "苗字(ふりがな)", "名前(ふりがな)"),
          strong_sets=(("苗字", "名前", "メールアドレス", "スター"),), objects=("person",)),
    Shape("pardot", "Account Engagement", "pardot", "ma",
          strong=("Opted Out", "Do Not Email", "Score", "Grade", "CRM Contact FID", "CRM Lead FID"), need=2,
          ids={"person": ("Prospect Id", "Prospect ID")}, objects=("person",)),
    Shape("marketo", "Marketo", "marketo", "ma",
          strong=("Unsubscribed", "Marketing Suspended", "Email Invalid", "メール無効", "Lead Score", "Person Score",
                  "リードのスコア", "Marketo SFDC ID", "Marketo Unique Code", "unsubscribed", "leadScore", "emailInvalid"),
          need=2, ids={"person": ("Id", "Lead ID", "Marketo ID")}, objects=("person",)),
)  # fmt: skip

# What an admin may answer for a file that no sign decides.
GENERIC: tuple[Shape, ...] = (
    Shape("generic", "", "", "crm", ids={
        "person": ("ID", "id", "顧客ID", "会員ID", "顧客番号", "顧客コード", "コンタクトID", "contact_id"),
        "company": ("ID", "id", "会社ID", "企業ID", "取引先コード", "会社コード", "顧客コード", "顧客番号", "account_id"),
        "deal": ("ID", "id", "案件ID", "商談ID", "案件番号", "deal_id"),
    }, id_form=r".+$"),
    Shape("optout_list", "", "optout", "optout", objects=("optout",)),
)  # fmt: skip

# Files that hold no source data, and what to export instead.
RESULT_FILE = re.compile(r"^(success|error)[\w.-]*\.csv$", re.IGNORECASE)
RESULT_LABELS = frozenset(keys(("STATUS", "ERROR")))
SUMMARY_LABELS = frozenset(
    keys(("レコード件数", "Record Count", "件数", "合計 金額", "Sum of Amount", "金額 合計", "平均 金額"))
)
SUMMARY_START = re.compile(r"^(合計|平均|最大|最小|sumof|averageof|max|min)[:of]?")


def shape_names() -> tuple[str, ...]:
    """Every answer an admin may give for a file: hubspot_person, eight_person, generic_company, optout_list, ..."""
    return tuple(
        shape.name if shape.role == "optout" else f"{shape.name}_{object}"
        for shape in SHAPES + GENERIC
        for object in shape.objects
    )


def shape_named(answer: str) -> tuple[Shape, Object] | None:
    for shape in SHAPES + GENERIC:
        for object in shape.objects:
            if answer in (f"{shape.name}_{object}", shape.name if shape.role == "optout" else ""):
                return shape, object
    return None


@cache
def header_signs() -> frozenset[str]:
    """Every label that is a sign of some shape."""
    found: set[str] = set()
    for shape in SHAPES:
        found |= set(keys(shape.sure_any + shape.sure_all + shape.prefix + shape.strong))
        for labels in (shape.ids or {}).values():
            found |= set(keys(labels))
    return frozenset(found)


def known(labels: Sequence[str]) -> int:
    """How many of these labels are known anywhere: what tells a header row from a title."""
    return sum(1 for label in labels if label and (concept(key(label)) or key(label) in header_signs()))
