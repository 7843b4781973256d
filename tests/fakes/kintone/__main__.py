"""A kintone to try things on: 顧客管理 (app 1) and 案件管理 (app 2), with some records."""

from __future__ import annotations

import argparse
import threading
from datetime import UTC, datetime

from tests.fakes.kintone import Kintone, Process, Token
from tests.fakes.serving import Clock, Faults, Serving

CUSTOMERS = {
    "会社名": {"type": "SINGLE_LINE_TEXT", "required": True},
    "顧客コード": {"type": "SINGLE_LINE_TEXT", "unique": True},
    "担当者名": {"type": "SINGLE_LINE_TEXT"},
    "担当者メール": {"type": "SINGLE_LINE_TEXT"},
    "取引区分": {"type": "DROP_DOWN", "options": ["見込み", "取引中", "退会"]},
    "配信停止": {"type": "CHECK_BOX", "options": ["配信停止"]},
    "MAスコア": {"type": "NUMBER"},
    "連携キー": {"type": "SINGLE_LINE_TEXT", "unique": True},
}
DEALS = {
    "案件名": {"type": "SINGLE_LINE_TEXT", "required": True},
    "顧客": {
        "type": "SINGLE_LINE_TEXT",
        "lookup": {
            "relatedApp": {"app": "1", "code": ""}, "relatedKeyField": "顧客コード",
            "fieldMappings": [{"field": "顧客名", "relatedField": "会社名"}],
            "lookupPickerFields": [], "filterCond": "", "sort": "",
        },
    },
    "顧客名": {"type": "SINGLE_LINE_TEXT"},
    "見積金額": {"type": "NUMBER"},
    "受注予定日": {"type": "DATE"},
    "連携キー": {"type": "SINGLE_LINE_TEXT", "unique": True},
}  # fmt: skip
PROCESS = Process(("商談中", "受注", "失注"), (("受注する", "商談中", "受注"), ("失注する", "商談中", "失注")))


def example(clock: Clock) -> Kintone:
    kintone = Kintone(clock)
    kintone.app(1, "顧客管理", CUSTOMERS)
    kintone.app(2, "案件管理", DEALS, process=PROCESS)
    kintone.tokens = {"token-1": Token(1), "token-2": Token(2)}
    kintone.users = {"sync": "password"}
    for number in range(1, 31):
        values = {"会社名": f"株式会社{number}", "顧客コード": f"C-{number:03}", "担当者名": f"山田 {number}",
                  "担当者メール": f"yamada{number}@example.jp"}  # fmt: skip
        kintone.seed(1, values)
        kintone.seed(2, {"案件名": f"案件{number}", "顧客": f"C-{number:03}", "見積金額": str(number * 10_000)})
    return kintone


class Now(Clock):
    @property
    def now(self) -> datetime:  # type: ignore[override]
        return datetime.now(UTC)  # noqa: TID251  a server has a clock

    @now.setter
    def now(self, value: datetime) -> None: ...


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.kintone", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--faults", type=float, default=0.0, help="the share of requests that meet a fault")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    clock = Now()
    faults = Faults(seed=given.seed, rate=given.faults)
    with Serving(example(clock), faults=faults, clock=clock, port=given.port) as serving:
        print(f"{serving.url}  tokens: 顧客管理 token-1, 案件管理 token-2; user sync, password password", flush=True)  # noqa: T201
        threading.Event().wait()


if __name__ == "__main__":
    main()
