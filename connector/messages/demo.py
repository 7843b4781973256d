"""Messages: demo."""

MESSAGES: dict[str, tuple[str, str]] = {
    # what somebody did in the demo's world (connector.demo.Edit.what)
    "demo.edit.phone": ("電話番号の変更", "a new phone number"),
    "demo.edit.title": ("役職の変更", "a new title"),
    "demo.edit.both_differ": ("同じ項目を両方で別の値に変更", "the same field edited on both sides, differently"),
    "demo.edit.both_agree": ("同じ項目を両方で同じ値に変更", "the same field edited on both sides to the same value"),
    "demo.edit.score": ("スコアと最終訪問の更新", "score and last visit"),
    "demo.edit.deal_lost": ("商談の失注", "a deal lost"),
    "demo.edit.opt_out": ("配信停止", "an opt-out"),
    "demo.edit.blanked": ("項目の空欄化", "a field blanked"),
    "demo.edit.created": ("片方だけに新規登録", "a new person on one side"),
    "demo.edit.created_twice": ("両方に同じ人を新規登録", "the same new person entered on both sides"),
    "demo.edit.deleted": ("削除", "a deletion"),
}
