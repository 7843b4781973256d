"""docs/mapping-reference.md, made from the models: `python -m connector.mapping.reference`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from connector.mapping.file import AdvancedMatch, FieldSpec, MappingFile, MatchSpec, SystemSpec
from connector.mapping.schema import written
from connector.model import FieldType

SECTIONS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("ファイル全体 / The file", MappingFile),
    ("`systems: {名前: ...}` / One system", SystemSpec),
    ("`match:` 名寄せ / Matching", MatchSpec),
    ("`match: advanced:` 数値 / Numbers", AdvancedMatch),
    ("`fields: {名前: ...}` / One field", FieldSpec),
)

TYPES: dict[FieldType, str] = {
    FieldType.TEXT: "文字 / Text",
    FieldType.PERSON_NAME: "氏名。1列か `[姓, 名]` / A name: one column or `[family, given]`",
    FieldType.EMAIL: "メールアドレス / An e-mail address",
    FieldType.PHONE: "電話番号 / A phone number",
    FieldType.ADDRESS: "住所。1列、5列まで、または `{postal_code, prefecture, city, street, building}` / An address",
    FieldType.INTEGER: "整数 / A whole number",
    FieldType.DECIMAL: "小数 / A decimal number",
    FieldType.MONEY: "金額 / An amount of money",
    FieldType.BOOLEAN: "はい・いいえ / Yes or no",
    FieldType.DATE: "日付 / A date",
    FieldType.DATETIME: "日時 / A date and time",
    FieldType.PICKLIST: "選択肢。`values:` で対応づける / A choice, mapped by `values:`",
    FieldType.URL: "Web アドレス / A web address",
    FieldType.REFERENCE: "他のレコードへの参照。`to:` が必要 / A reference; needs `to:`",
    FieldType.OWNER: "担当者。メールアドレスで対応づける。`config.yaml` の `owners:` も参照 / "
    "An owner, known by e-mail; see `owners:` in `config.yaml`",
    FieldType.CONSENT: "配信の可否。`values:` が必要 / Consent; needs `values:`",
}

HEAD = """# 対応表の書き方 / Mapping reference

この頁は `connector/mapping/file.py` から作られています。 / This page is made from `connector/mapping/file.py`.

YAML 1.2 で読みます。`no` や `on` は文字です。真偽は `true` / `false`、`create:` だけは `on` / `off` も使えます。
アンカー・別名・タグ・重複したキーは使えません。 / Files are YAML 1.2: `no` and `on` are text. Booleans are `true` and
`false`; only `create:` also takes `on` and `off`. Anchors, aliases, tags and duplicate keys are refused.
"""


def mapping_reference() -> str:
    """The text of docs/mapping-reference.md."""
    parts = [HEAD]
    for title, model in SECTIONS:
        parts.append(f"\n## {title}\n\n| キー / Key | 既定 / Default | 説明 / Meaning |\n|---|---|---|\n")
        parts += [
            f"| `{field.alias or name}` | {_default(field.default)} | {_cell(field.description or '')} |\n"
            for name, field in model.model_fields.items()
        ]
    parts.append("\n## `type:` 種類 / Types\n\n| 種類 / Type | 説明 / Meaning |\n|---|---|\n")
    parts += [f"| `{type.value}` | {_cell(TYPES[type])} |\n" for type in FieldType]
    return "".join(parts)


def _default(value: Any) -> str:
    if value is PydanticUndefined:
        return ""
    plain = written(value)
    if isinstance(plain, bool):
        return "`true`" if plain else "`false`"
    if isinstance(value, StrEnum):
        return f"`{plain}`"
    return "" if plain in (None, "", [], {}) else f"`{plain}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(mapping_reference())
