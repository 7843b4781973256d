"""A kintone of two apps, 顧客管理 and 案件管理, with every type of field, and an adapter in front."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from connector.adapters.contract import Native, Outcome, Page, Write
from connector.adapters.kintone.adapter import KintoneAdapter
from connector.adapters.kintone.settings import KintoneSettings
from tests.fakes.kintone import Kintone, Process, Token
from tests.fakes.serving import Faults, Request, Serving

CUSTOMERS, DEALS, TASKS = 5, 6, 8
CHOICES = ["見込み", "取引中", "退会"]
CUSTOMER_FIELDS: dict[str, Any] = {
    "文字列__1行_": {"type": "SINGLE_LINE_TEXT", "label": "会社名", "maxLength": "64"},
    "顧客コード": {"type": "SINGLE_LINE_TEXT", "unique": True},
    "メモ": {"type": "MULTI_LINE_TEXT"},
    "経緯": {"type": "RICH_TEXT"},
    "サイト": {"type": "LINK"},
    "MAスコア": {"type": "NUMBER", "maxValue": "1000"},
    "倍の点": {"type": "CALC", "expression": "MAスコア*2"},
    "確度": {"type": "RADIO_BUTTON", "options": ["A", "B", "C"]},
    "取引区分": {"type": "DROP_DOWN", "options": CHOICES},
    "興味": {"type": "CHECK_BOX", "options": ["製品A", "製品B", "製品C"]},
    "業種": {"type": "MULTI_SELECT", "options": ["製造", "小売"]},
    "初回訪問日": {"type": "DATE"},
    "始業": {"type": "TIME"},
    "次回連絡": {"type": "DATETIME"},
    "営業担当": {"type": "USER_SELECT"},
    "部署": {"type": "ORGANIZATION_SELECT"},
    "班": {"type": "GROUP_SELECT"},
    "添付": {"type": "FILE"},
    "履歴": {"type": "SUBTABLE", "fields": {"日": {"type": "DATE"}, "内容": {"type": "SINGLE_LINE_TEXT"}}},
    "関連": {"type": "REFERENCE_TABLE"},
    "連携キー": {"type": "SINGLE_LINE_TEXT", "unique": True},
}


def lookup(app: int, key: str, **fills: str) -> dict[str, Any]:
    return {
        "relatedApp": {"app": str(app), "code": ""}, "relatedKeyField": key,
        "fieldMappings": [{"field": field, "relatedField": source} for field, source in fills.items()],
        "lookupPickerFields": [], "filterCond": "", "sort": "",
    }  # fmt: skip


DEAL_FIELDS: dict[str, Any] = {
    "案件名": {"type": "SINGLE_LINE_TEXT", "required": True},
    "顧客": {"type": "SINGLE_LINE_TEXT", "lookup": lookup(CUSTOMERS, "顧客コード", 顧客名="文字列__1行_")},
    "顧客名": {"type": "SINGLE_LINE_TEXT"},
    "顧客番号": {"type": "NUMBER", "lookup": lookup(CUSTOMERS, "レコード番号")},
    "見積金額": {"type": "NUMBER"},
    "連携キー": {"type": "SINGLE_LINE_TEXT", "unique": True},
}
PROCESS = Process(
    ("商談中", "受注", "失注"), (("受注する", "商談中", "受注"), ("失注する", "商談中", "失注"))
)  # fmt: skip
TASK_FIELDS: dict[str, Any] = {
    "件名": {"type": "SINGLE_LINE_TEXT", "required": True},
    "内容": {"type": "MULTI_LINE_TEXT"},
    "期限": {"type": "DATE"},
    "担当者": {"type": "USER_SELECT"},
    "連携キー": {"type": "SINGLE_LINE_TEXT", "unique": True},
}
TASK = {"subject": "件名", "body": "内容", "due": "期限", "owner": "担当者"}


class Site:
    def __init__(self, faults: Faults | None = None, **settings: Any) -> None:
        self.kintone = Kintone()
        self.customers = self.kintone.app(CUSTOMERS, "顧客管理", CUSTOMER_FIELDS)
        self.deals = self.kintone.app(DEALS, "案件管理", DEAL_FIELDS, process=PROCESS)
        self.tasks = self.kintone.app(TASKS, "連絡タスク", TASK_FIELDS)
        self.kintone.tokens = {f"canary-t0ken-{app}": Token(app) for app in self.kintone.apps}
        self.serving = Serving(self.kintone, faults=faults, clock=self.kintone.clock)
        self.serving.__enter__()
        self.slept: list[float] = []
        self.adapter = self.made(**settings)

    def made(self, *, actions: dict[str, str] | None = None, **settings: Any) -> KintoneAdapter:
        def app(id: int, **more: Any) -> dict[str, Any]:
            return {"app": id, "token": f"canary-t0ken-{id}", "key": "連携キー", **more}

        told = {
            "url": self.serving.url,
            "apps": {
                "顧客管理": app(CUSTOMERS),
                "案件管理": app(DEALS, status_actions=actions or {}),
                "連絡タスク": app(TASKS),
            },
            "task": {
                "object": "連絡タスク",
                "fields": {"subject": "件名", "body": "内容", "due": "期限", "owner": "担当者"},
            },
            "delete": True,
            **settings,
        }
        return KintoneAdapter("sfa", KintoneSettings.model_validate(told), sleep=self.slept.append)

    def close(self) -> None:
        self.adapter.close()
        self.serving.stop()

    # --- what tests ask

    def pulled(self, object: str, *fields: str, since: str | None = None) -> list[Native]:
        return [record for page in self.pages(object, *fields, since=since) for record in page.records]

    def pages(self, object: str, *fields: str, since: str | None = None) -> list[Page]:
        return list(self.adapter.pull(object, fields, since))

    def push(self, object: str, *writes: Write) -> list[Outcome]:
        return self.adapter.push(object, writes)

    def requests(self, since: int = 0) -> list[Request]:
        return self.serving.log[since:]

    def writes(self, since: int = 0) -> int:
        """Requests that were to change something."""
        return sum(
            r.method != "GET" and "x-http-method-override" not in r.headers and r.path.startswith("/k/")
            for r in self.requests(since)
        )


@contextmanager
def site(faults: Faults | None = None, **settings: Any) -> Iterator[Site]:
    one = Site(faults, **settings)
    try:
        yield one
    finally:
        one.close()


def kinds(outcomes: Sequence[Outcome]) -> list[str]:
    """written, or why not."""
    return [str(getattr(o, "kind", type(o).__name__.lower())) for o in outcomes]
