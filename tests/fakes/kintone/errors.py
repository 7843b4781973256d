"""kintone's errors, in its own words: Japanese unless the client asks for English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.serving import Reply

WORDS: dict[str, tuple[str, str]] = {
    "CB_VA01": ("入力内容が正しくありません。", "Missing or invalid input."),
    "CB_IL02": ("不正なリクエストです。", "Illegal request."),
    "CB_AU01": ("ログインしてください。", "Please login."),
    "CB_WA01": ("ログイン名またはパスワードが正しくありません。", "Password authentication failed."),
    "GAIA_IA02": (
        "指定したAPIトークンが間違っています。APIトークンの値、またはAPIトークンを発行したアプリが間違っている可能性があります。",
        "The specified API token does not match the API token generated via an app.",
    ),
    "GAIA_NO01": ("権限がありません。", "No privilege to proceed."),
    "CB_NO02": ("権限がありません。", "No privilege to proceed."),
    "GAIA_AP01": (
        "指定したアプリ（id: {0}）が見つかりません。削除されている可能性があります。",
        "The app (ID: {0}) not found. The app may have been deleted.",
    ),
    "GAIA_RE01": ("指定したレコード（id: {0}）が見つかりません。", "The specified record (ID: {0}) is not found."),
    "GAIA_RE20": ("指定したキーのレコードが見つかりません。", "The record of the specified key is not found."),
    "GAIA_CO02": (
        "指定したrevisionは最新ではありません。ほかのユーザーがレコードを更新した可能性があります。",
        "The revision is not the latest. Someone may update a record.",
    ),
    "GAIA_LO04": (
        "フィールド「{0}」の値「{1}」が、ルックアップの参照先のフィールドにないか、またはアプリやフィールドの閲覧権限がありません。",
        "A value {1} in the field {0} does not exist in the datasource app for lookup, or you have no permission.",
    ),
    "GAIA_IL03": ("アクションを実行できません。", "The action cannot be executed."),
    "GAIA_ST02": ("プロセス管理が有効ではありません。", "The process management feature is disabled."),
    "GAIA_IL23": ("ゲストスペースの指定が正しくありません。", "The guest space is wrong."),
    "GAIA_IQ03": (
        "{0}フィールドのフィールドタイプには演算子{1}を使用できません。",
        "The operator {1} cannot be used for the field type of the field {0}.",
    ),
    "GAIA_IQ11": ("指定されたフィールド（{0}）が見つかりません。", "Specified field ({0}) not found."),
    "GAIA_QU01": ("limit には 500 以下の値を指定してください。", "limit must be 500 or less."),
    "GAIA_QU02": ("offset には 10,000 以下の値を指定してください。", "offset must be 10,000 or less."),
    "GAIA_CN01": ("指定したカーソルが見つかりません。", "The specified cursor is not found."),
    "GAIA_TM12": ("カーソルの作成上限数に達しました。", "The number of cursors has reached its limit."),
    "GAIA_TO04": ("同時接続数の上限を超えました。", "The number of concurrent requests exceeds the limit."),
    "GAIA_DA02": ("データベースのロックに失敗しました。時間をおいて再度お試しください。", "Failed to lock. Try again."),
}
STATUS: dict[str, int] = {
    "CB_AU01": 401, "CB_WA01": 401, "GAIA_NO01": 403, "CB_NO02": 403, "GAIA_AP01": 404, "GAIA_RE01": 404,
    "GAIA_RE20": 404, "GAIA_CN01": 404, "GAIA_CO02": 409, "GAIA_TM12": 429, "GAIA_TO04": 429,
}  # fmt: skip

# What is said about single fields and parameters.
DETAILS: dict[str, tuple[str, str]] = {
    "required": ("必須です。", "Required."),
    "parameter": ("必須です。", "Required field."),
    "unique": ("値がほかのレコードと重複しています。", "This value already exists in another record."),
    "longer": ("{0}文字より短くなければなりません。", "Enter less than {0} characters."),
    "shorter": ("{0}文字より長くなければなりません。", "Enter more than {0} characters."),
    "above": ("{0}以下である必要があります。", "The value must be {0} or less."),
    "below": ("{0}以上である必要があります。", "The value must be {0} or more."),
    "number": ("数字でなければなりません。", "Only numbers are allowed."),
    "option": ('"{0}"は選択肢にありません。', 'The value, "{0}", is not in options.'),
    "date": ("日付の形式が正しくありません。", "The value is not a date."),
    "query": ("クエリ記法が間違っています。", "The query is wrong."),
    "add": ("一度に100件までのレコードを追加できます。", "A maximum of 100 records can be added at one time."),
    "update": ("一度に100件までのレコードを更新できます。", "A maximum of 100 records can be updated at one time."),
    "delete": (
        "一度に1件から100件までのレコードを削除できます。",
        "Between 1 and 100 records can be deleted at one time.",
    ),
    "twice": ("同じレコードが複数指定されています。", "The same record is specified twice."),
    "least": ("最小でも1以上です。", "must be greater than or equal to 1"),
}
Details = Mapping[str, tuple[str, str]]  # place -> (kind, what it is about)


@dataclass
class KintoneError(Exception):
    code: str
    about: tuple[str, ...] = ()
    details: Details = field(default_factory=dict)

    def reply(self, english: bool, id: str) -> Reply:
        which = 1 if english else 0
        body: dict[str, Any] = {"code": self.code, "id": id, "message": WORDS[self.code][which].format(*self.about)}
        if self.details:
            body["errors"] = {
                place: {"messages": [DETAILS[kind][which].format(about)]}
                for place, (kind, about) in self.details.items()
            }
        return Reply(STATUS.get(self.code, 400), body, {"X-Cybozu-Error": self.code})


def invalid(**details: tuple[str, str]) -> KintoneError:
    return KintoneError("CB_VA01", (), details)
