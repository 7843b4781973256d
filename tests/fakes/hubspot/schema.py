"""The properties that every HubSpot account has, as far as a sync touches them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

STAGES = (
    "subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer", "evangelist",
    "other",
)  # fmt: skip
LEAD_STATUSES = ("NEW", "OPEN", "IN_PROGRESS", "UNQUALIFIED", "CONNECTED", "BAD_TIMING")
FIELD_TYPES = {
    "string": "text", "number": "number", "date": "date", "datetime": "date", "bool": "booleancheckbox",
    "enumeration": "select",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Property:
    name: str
    type: str = "string"  # string | number | date | datetime | bool | enumeration
    label: str = ""
    options: tuple[str, ...] = ()
    several: bool = False  # a checkbox list: values joined by ";"
    unique: bool = False
    read_only: bool = False
    owner: bool = False  # its options are the owners
    defined: bool = True  # by HubSpot

    def body(self, stamp: str) -> dict[str, Any]:
        options = [
            {"label": o, "value": o, "displayOrder": n, "hidden": False, "description": ""}
            for n, o in enumerate(self.options)
        ]
        return {
            "name": self.name,
            "label": self.label or self.name,
            "type": self.type,
            "fieldType": "checkbox" if self.several else FIELD_TYPES[self.type],
            "description": "",
            "groupName": "information",
            "options": options,
            "displayOrder": -1,
            "calculated": False,
            "externalOptions": self.owner,
            "archived": False,
            "hasUniqueValue": self.unique,
            "hidden": False,
            "hubspotDefined": self.defined,
            "formField": True,
            "createdAt": stamp,
            "updatedAt": stamp,
            "modificationMetadata": {
                "archivable": not self.defined,
                "readOnlyDefinition": self.defined,
                "readOnlyValue": self.read_only,
            },
        }


@dataclass(slots=True)
class Kind:
    """An object type: its names, properties and rules."""

    name: str  # as in paths: contacts
    id: str  # 0-1
    singular: str
    modified: str
    created: str
    properties: dict[str, Property]
    defaults: tuple[str, ...]  # given when no property is asked for
    one_of: tuple[str, ...] = ()  # a create needs one of these
    required: tuple[str, ...] = ()  # a create needs all of these
    merges_into_new: bool = False  # a merge makes a record with a new id
    aliases: tuple[str, ...] = field(default=())


def _properties(*given: Property) -> dict[str, Property]:
    common = (
        Property("hs_object_id", "number", "Record ID", read_only=True, unique=False),
        Property("hs_createdate", "datetime", "Object create date/time", read_only=True),
        Property("hs_lastmodifieddate", "datetime", "Last Modified Date", read_only=True),
        Property("hs_merged_object_ids", "enumeration", "Merged record IDs", several=True, read_only=True),
        Property("hubspot_owner_id", "enumeration", "Owner", owner=True),
    )
    return {one.name: one for one in (*common, *given)}


def standard() -> dict[str, Kind]:
    """Fresh kinds, by their name in paths."""
    created = Property("createdate", "datetime", "Create Date", read_only=True)
    contacts = Kind(
        "contacts", "0-1", "contact", "lastmodifieddate", "createdate",
        _properties(
            created,
            Property("lastmodifieddate", "datetime", "Last Modified Date", read_only=True),
            Property("email", label="Eメール"), Property("hs_additional_emails", label="Additional email addresses"),
            Property("firstname", label="名"), Property("lastname", label="姓"), Property("phone", label="電話番号"),
            Property("mobilephone", label="携帯電話番号"), Property("company", label="会社名"),
            Property("jobtitle", label="役職"), Property("address", label="町名・番地"),
            Property("city", label="市区町村"), Property("state", label="都道府県/地域"),
            Property("zip", label="郵便番号"), Property("website"),
            Property("message", label="メッセージ"),
            Property("lifecyclestage", "enumeration", "ライフサイクルステージ", options=STAGES),
            Property("hs_lead_status", "enumeration", "リードステータス", options=LEAD_STATUSES),
            Property("hs_email_optout", "bool", "すべてのEメールの配信登録を解除済み", read_only=True),
            Property("hubspotscore", "number", "HubSpotスコア", read_only=True),
            Property("associatedcompanyid", "number", "Primary Associated Company ID"),
            Property("hs_analytics_num_page_views", "number", "ページビュー数", read_only=True),
            Property("hs_analytics_num_visits", "number", "セッション数", read_only=True),
            Property("hs_analytics_last_visit_timestamp", "datetime", "前回のセッション日時", read_only=True),
            Property("hs_analytics_last_url", label="最後に見たページ", read_only=True),
            Property("hs_calculated_merged_vids", label="Merged vids", read_only=True),
        ),
        ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
        one_of=("email", "firstname", "lastname"), aliases=("contact",),
    )  # fmt: skip
    companies = Kind(
        "companies", "0-2", "company", "hs_lastmodifieddate", "createdate",
        _properties(
            created, Property("name", label="会社名"), Property("domain", label="会社のドメイン名"),
            Property("phone", label="電話番号"), Property("address", label="町名・番地"),
            Property("city", label="市区町村"), Property("state", label="都道府県/地域"),
            Property("zip", label="郵便番号"), Property("description"),
            Property("numberofemployees", "number", "従業員数"),
            Property("annualrevenue", "number", "年間売上高"),
            Property("lifecyclestage", "enumeration", "ライフサイクルステージ", options=STAGES),
        ),
        ("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
        one_of=("name", "domain"), merges_into_new=True, aliases=("company",),
    )  # fmt: skip
    deals = Kind(
        "deals", "0-3", "deal", "hs_lastmodifieddate", "createdate",
        _properties(
            created, Property("dealname", label="取引名"), Property("amount", "number", "金額"),
            Property("closedate", "datetime", "クローズ日"),
            Property("pipeline", "enumeration", "パイプライン", options=("default",)),
            Property("dealstage", "enumeration", "取引ステージ", options=(
                "appointmentscheduled", "qualifiedtobuy", "presentationscheduled", "contractsent", "closedwon",
                "closedlost",
            )),
            Property("closed_lost_reason", label="失注理由"), Property("description"),
            Property("hs_is_closed", "bool", read_only=True), Property("hs_is_closed_won", "bool", read_only=True),
        ),
        ("amount", "closedate", "createdate", "dealname", "dealstage", "hs_lastmodifieddate", "hs_object_id",
         "pipeline"),
        required=("dealname", "dealstage"), merges_into_new=True, aliases=("deal",),
    )  # fmt: skip
    tasks = Kind(
        "tasks", "0-27", "task", "hs_lastmodifieddate", "hs_createdate",
        _properties(
            Property("hs_timestamp", "datetime", "Due date"), Property("hs_task_subject"), Property("hs_task_body"),
            Property("hs_task_status", "enumeration",
                     options=("NOT_STARTED", "IN_PROGRESS", "WAITING", "COMPLETED", "DEFERRED")),
            Property("hs_task_priority", "enumeration", options=("LOW", "MEDIUM", "HIGH", "NONE")),
            Property("hs_task_type", "enumeration", options=("EMAIL", "CALL", "TODO")),
        ),
        ("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
        required=("hs_timestamp",), aliases=("task",),
    )  # fmt: skip
    return {kind.name: kind for kind in (contacts, companies, deals, tasks)}


def custom(name: str, id: str, properties: Sequence[Property], required: Sequence[str]) -> Kind:
    """A custom object, such as p1_seminars, id 2-1001."""
    return Kind(
        name, id, name, "hs_lastmodifieddate", "hs_createdate", _properties(*properties),
        ("hs_createdate", "hs_lastmodifieddate", "hs_object_id", *required), required=tuple(required),
        merges_into_new=True,
    )  # fmt: skip


# (from, to) -> (unlabelled type, primary type or None); direction matters
ASSOCIATIONS: Mapping[tuple[str, str], tuple[int, int | None]] = {
    ("contacts", "companies"): (279, 1),
    ("companies", "contacts"): (280, 2),
    ("deals", "contacts"): (3, None),
    ("contacts", "deals"): (4, None),
    ("deals", "companies"): (341, 5),
    ("companies", "deals"): (342, 6),
    ("tasks", "contacts"): (204, None),
    ("contacts", "tasks"): (203, None),
    ("tasks", "companies"): (192, None),
    ("companies", "tasks"): (191, None),
    ("tasks", "deals"): (216, None),
    ("deals", "tasks"): (215, None),
}
