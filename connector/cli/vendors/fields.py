"""The fields that somebody has to create in a vendor's system before the shipped mappings can use them.

This is the only list of them: the setup page takes from it what the mapping at hand names. Whatever a mapping names and
this list does not have is the vendor's own. In kintone every field is made by somebody, so all of them stand here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from connector.mapping.model import EntityMapping, FieldMapping, ObjectMapping, SameRecord
from connector.model import FieldType

HUBSPOT, SALESFORCE, KINTONE = "hubspot", "salesforce", "kintone"
REFERENCE = ".id"  # kintone: 顧客.id is the record that the lookup 顧客 finds
KEY_FIELD: Mapping[str, str] = {HUBSPOT: "connector_key", SALESFORCE: "Connector_Key__c", KINTONE: "連携キー"}


class Kind(StrEnum):
    """Every vendor has its own word for it: `fields.kind.VENDOR.KIND`."""

    KEY = "key"  # text, unique
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    CHECK = "check"
    CHOICE = "choice"
    LOOKUP = "lookup"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Wanted:
    """`length` in characters, for a number in digits. `choices` are those that the mapping does not name itself."""

    code: str
    ja: str
    en: str
    kind: Kind
    length: int | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """An object of one system, what has to be created in it, and whether the mapping writes to it."""

    object: str
    fields: tuple[Wanted, ...]
    written: bool
    created: bool  # whether the mapping may be told to create records here


CUSTOM: Mapping[str, tuple[Wanted, ...]] = {
    HUBSPOT: (
        Wanted("sfa_deal_stage", "商談フェーズ（SFA）", "Deal stage (SFA)", Kind.TEXT),
        Wanted("sfa_lost", "失注（SFA）", "Lost (SFA)", Kind.CHECK),
        Wanted("sfa_lost_reason", "失注理由（SFA）", "Lost reason (SFA)", Kind.TEXT),
        Wanted("sfa_lost_date", "失注日（SFA）", "Lost date (SFA)", Kind.DATE),
        Wanted("sfa_customer", "既存顧客（SFA）", "Customer (SFA)", Kind.CHECK),
        Wanted("corporate_number", "法人番号", "Corporate number", Kind.TEXT),
        Wanted("department", "部署", "Department", Kind.TEXT),
        Wanted("name_kana", "氏名（カナ）", "Name (kana)", Kind.TEXT),
    ),
    SALESFORCE: (
        Wanted("MA_Score__c", "MAスコア", "MA score", Kind.NUMBER, 18),
        Wanted("MA_LastVisit__c", "MA最終訪問日時", "MA last visit", Kind.DATETIME),
        Wanted("LostReason__c", "失注理由", "Lost reason", Kind.TEXT, 255),
        Wanted("CorporateNumber__c", "法人番号", "Corporate number", Kind.TEXT, 13),
        Wanted("NameKana__c", "氏名（カナ）", "Name (kana)", Kind.TEXT, 80),
    ),
    KINTONE: (
        Wanted("会社名", "会社名", "会社名 (company)", Kind.TEXT),
        Wanted("会社電話", "会社電話", "会社電話 (company phone)", Kind.TEXT),
        Wanted("住所", "住所", "住所 (address)", Kind.TEXT),
        Wanted("法人番号", "法人番号", "法人番号 (corporate number)", Kind.TEXT),
        Wanted("担当者名", "担当者名", "担当者名 (person)", Kind.TEXT),
        Wanted("担当者名カナ", "担当者名カナ", "担当者名カナ (name in kana)", Kind.TEXT),
        Wanted("担当者メール", "担当者メール", "担当者メール (e-mail)", Kind.TEXT),
        Wanted("担当者電話", "担当者電話", "担当者電話 (phone)", Kind.TEXT),
        Wanted("部署", "部署", "部署 (department)", Kind.TEXT),
        Wanted("役職", "役職", "役職 (title)", Kind.TEXT),
        Wanted("取引区分", "取引区分", "取引区分 (relation)", Kind.CHOICE, None, ("見込み", "取引中", "退会")),
        Wanted("配信停止", "配信停止", "配信停止 (opt-out)", Kind.CHECK),
        Wanted("MAスコア", "MAスコア", "MAスコア (score)", Kind.NUMBER),
        Wanted("MA最終訪問日時", "MA最終訪問日時", "MA最終訪問日時 (last visit)", Kind.DATETIME),
        Wanted("案件名", "案件名", "案件名 (deal)", Kind.TEXT),
        Wanted("顧客", "顧客", "顧客 (customer)", Kind.LOOKUP),
        Wanted("商談フェーズ", "商談フェーズ", "商談フェーズ (stage)", Kind.CHOICE),
        Wanted("見積金額", "見積金額", "見積金額 (amount)", Kind.NUMBER),
        Wanted("受注予定日", "受注予定日", "受注予定日 (close date)", Kind.DATE),
        Wanted("失注理由", "失注理由", "失注理由 (lost reason)", Kind.TEXT),
        Wanted("次の予定", "次の予定", "次の予定 (next step)", Kind.TEXT),
        Wanted("担当営業", "担当営業", "担当営業 (owner)", Kind.USER),
    ),
}
KEYS: Mapping[str, Wanted] = {
    vendor: Wanted(code, "連携キー", "Connector key", Kind.KEY, 64) for vendor, code in KEY_FIELD.items()
}


def places(mappings: Sequence[EntityMapping], vendor: str) -> list[Place]:
    """What a vendor's objects need for these mappings, in the order in which the mappings name them."""
    found: dict[str, Place] = {}
    for mapping in mappings:
        for at in mapping.objects_of(vendor):
            place = found.get(at.object) or Place(at.object, (), written=False, created=False)
            fields = {one.code: one for one in place.fields}
            if vendor != KINTONE or not at.part:  # parts are never created: their app needs no key
                fields.setdefault(KEYS[vendor].code, KEYS[vendor])
            for one in _wanted(mapping, at):
                fields.setdefault(one.code, one)
            written = place.written or any(_writes(mapping.fields[name], vendor) for name in at.columns)
            found[at.object] = Place(at.object, tuple(fields.values()), written, place.created or not at.part)
    return list(found.values())


def _writes(field: FieldMapping, system: str) -> bool:
    """An opt-out is written whatever the arrow says."""
    return system in field.receivers or field.type is FieldType.CONSENT


def _wanted(mapping: EntityMapping, at: ObjectMapping) -> Iterator[Wanted]:
    """The fields of the list that this part of a mapping names: as columns, as the owner, or in `where`."""
    custom = {one.code: one for one in CUSTOM[at.system]}
    named: dict[str, tuple[str, ...]] = {}
    for name, columns in at.columns.items():
        choices = tuple(mapping.fields[name].values.get(at.system, ()))
        named |= {} if isinstance(columns, SameRecord) else {c.removesuffix(REFERENCE): choices for c in columns if c}
    others = [at.owner, *(condition.column for condition in at.where)]
    named = {**{code: () for code in others if code}, **named}
    for code, choices in named.items():
        if code in custom:
            yield replace(custom[code], choices=custom[code].choices or choices)
