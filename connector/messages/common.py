"""Words used everywhere: entities, systems' fields, holds, outcomes."""

MESSAGES: dict[str, tuple[str, str]] = {
    "entity.company": ("会社", "company"),
    "entity.person": ("担当者", "person"),
    "entity.deal": ("商談", "deal"),
    "entity.activity": ("活動", "activity"),
    "hold.conflict": ("値の食い違い", "conflict"),
    "hold.match": ("同一確認", "match review"),
    "hold.duplicate": ("重複の疑い", "duplicate"),
    "hold.replaced": ("担当者交代?", "replaced?"),
    "hold.invalid": ("読めない値", "invalid value"),
    "hold.rejected": ("書き込み不可", "rejected"),
    "hold.delete": ("削除の確認", "deletion"),
    "hold.undone": ("元に戻した項目", "undone"),
    "hold.consent": ("配信許可の確認", "consent"),
    "hold.waiting": ("親レコード待ち", "waiting for parent"),
    "blank": ("(空欄)", "(blank)"),
    "error.unexpected": (
        "予期しないエラーが起きました: {what}。記録: {log}",
        "An unexpected error occurred: {what}. Details: {log}",
    ),
}
