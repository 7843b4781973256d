"""Messages: what the systems themselves show: their fields, and what reacts to writes."""

MESSAGES: dict[str, tuple[str, str]] = {
    # --- connector fields
    "fields.title": ("{system} {object} の項目", "Fields of {object} in {system}"),
    "fields.count": ("{system} の「{object}」: {count} 項目", "'{object}' in {system}: {count} fields"),
    "fields.sampled": (
        "入力率は先頭の {count} 件から数えました。",
        "Filled: counted in the first {count} records.",
    ),
    "fields.sampled_of": (
        "入力率は {all} 件のうち先頭の {count} 件から数えました。",
        "Filled: counted in the first {count} of {all} records.",
    ),
    "fields.not_sampled": ("入力率は数えていません。", "Filled: not counted."),
    "fields.labels": (
        "対応表には項目名もコードも書けます。",
        "A mapping may name a field by its label or by its code.",
    ),
    "fields.doubles": (
        "同じ名前の項目が複数あるため、コードで書くもの: {names}",
        "Several fields share these labels; write their codes: {names}",
    ),
    "fields.more": ("{shown} ほか(全 {count})", "{shown} ... ({count} in all)"),
    "fields.column.label": ("項目名", "label"),
    "fields.column.code": ("コード", "code"),
    "fields.column.type": ("種類", "type"),
    "fields.column.required": ("必須", "required"),
    "fields.column.writable": ("書き込み", "writable"),
    "fields.column.length": ("文字数", "length"),
    "fields.column.fill": ("入力率", "filled"),
    "fields.column.choices": ("選択肢", "choices"),
    "fields.no_system": (
        "「{name}」というシステムは config.yaml にありません（あるのは: {allowed}）。",
        "There is no system '{name}' in config.yaml (there are: {allowed}).",
    ),
    "fields.no_system_near": (
        "「{name}」というシステムは config.yaml にありません。「{near}」ではありませんか（あるのは: {allowed}）。",
        "There is no system '{name}' in config.yaml. Did you mean '{near}'? (There are: {allowed}.)",
    ),
    "column.text": ("文字", "text"),
    "column.number": ("数値", "number"),
    "column.boolean": ("チェック", "checkbox"),
    "column.date": ("日付", "date"),
    "column.datetime": ("日時", "date and time"),
    "column.choice": ("選択", "choice"),
    "column.choices": ("複数選択", "several choices"),
    "column.reference": ("参照", "reference"),
    "column.other": ("その他", "other"),
}
