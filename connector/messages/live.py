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
    # --- connector check: what reacts to writes, what is to be made
    "check.reactions": ("書き込みに反応するもの", "What reacts to writes"),
    "check.reactions.of": ("{system} の「{object}」: {count} 件", "'{object}' in {system}: {count}"),
    "check.reactions.none": ("{system} の「{object}」: なし", "'{object}' in {system}: nothing"),
    "check.reactions.unseen": (
        "{system} の「{object}」: 調べられませんでした。{why}",
        "'{object}' in {system}: we could not look. {why}",
    ),
    "check.reactions.partly": (
        "{system} の「{object}」: ほかは調べられませんでした。{why}",
        "'{object}' in {system}: we could not look at the rest. {why}",
    ),
    "check.reaction.automation": ("自動処理", "automation"),
    "check.reaction.check": ("入力規則", "validation"),
    "check.reaction.notice": ("通知", "notification"),
    "check.exclude.hubspot": (
        (
            "連携の書き込みで動かしたくないワークフローは、登録条件に「連携キーのプロパティが不明」や"
            "「レコードのソースが統合以外」などを加えて対象から外してください。"
        ),
        (
            "Keep our writes out of a workflow by its enrolment criteria, for example 'record source is not "
            "Integration' or a condition on the property of our key."
        ),
    ),
    "check.exclude.salesforce": (
        (
            "連携の書き込みを除くには、フローの開始条件に {{!$User.Username}} が {user} でないことを、"
            "入力規則に $User.Username <> '{user}' を加えます。"
            "メールを送るフローは、最初の反映の前に必ず確かめてください。"
        ),
        (
            "Leave our writes out: in a flow by the entry condition that {{!$User.Username}} is not {user}, in a "
            "validation rule by $User.Username <> '{user}'. Look at flows that send mail before the first apply."
        ),
    ),
    "check.exclude.kintone": (
        (
            "通知を止めるには、レコードの条件通知の条件に「更新者 が次のいずれも含まない: {user}」を加えるか、"
            "最初の反映の間だけ通知を外してください。"
            "Webhook は API では調べられませんが、連携がまとめて行う書き込みでは送信されません。"
        ),
        (
            "To keep people from being notified, add the condition 'updated by is none of: {user}' to notifications, "
            "or take them off during the first apply. Webhooks cannot be listed, and are not sent for our writes, "
            "which are made in bulk."
        ),
    ),
    "check.user": ("連携の書き込みは「{user}」として残ります。", "Our writes show as made by '{user}'."),
    "check.user.ours": ("連携用ユーザー", "the connector's user"),
    "check.hidden.hubspot": (
        "プロパティがあるのに出るときは、内部名で書いてあるか、非公開データ(機密データ)のスコープが要らないかを確かめてください。",
        "If the property is there: is it written by its internal name, and does it need a scope for sensitive data?",
    ),
    "check.hidden.salesforce": (
        "項目があるのに出るときは、連携用ユーザーの権限セットで「参照」を許可してください（項目レベルセキュリティ）。",
        "If the field is there: let the connector's user read it in its permission set (field-level security).",
    ),
    "check.hidden.kintone": (
        "フィールドがあるのに出るときは、フィールドコードで書いてあるか、アプリを更新したかを確かめてください。",
        "If the field is there: is it written by its field code, and was the app updated?",
    ),
    "check.no_edit.hubspot": (
        "HubSpot が計算する項目は書き込めません。自分で作ったプロパティを使ってください。",
        "HubSpot works such properties out by itself: use a property of your own.",
    ),
    "check.no_edit.salesforce": (
        "数式や自動採番でなければ、連携用ユーザーの権限セットで「編集」を許可してください（項目レベルセキュリティ）。",
        "Unless it is a formula or an auto number, let the connector's user edit it in its permission set.",
    ),
    "check.no_edit.kintone": (
        "計算、自動計算の文字列、ルックアップでコピーされるフィールドは書き込めません。別のフィールドを使ってください。",
        "Calculated fields and those that a lookup fills cannot be written: use another field.",
    ),
    "check.create_field": (
        "この項目を作る場合: 表示名「{label}」、種類「{kind}」",
        "To create it: label '{label}', type '{kind}'",
    ),
    "check.create_field_length": (
        "この項目を作る場合: 表示名「{label}」、種類「{kind}」、長さ {length}",
        "To create it: label '{label}', type '{kind}', length {length}",
    ),
}
