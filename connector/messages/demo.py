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
    # the story (connector.demo.story)
    "demo.title": ("デモ", "The demo"),
    "demo.keep_not_empty": (
        "{folder} は空ではありません。新しいフォルダーを指定してください。",
        "{folder} is not empty. Name a new folder.",
    ),
    "demo.scene.world": ("1. 育ちの違う2つのシステム", "1. Two systems that grew apart"),
    "demo.scene.link": ("2. 初回は紐づけだけ(何も書き込まない)", "2. The first run only links; nothing is written"),
    "demo.scene.first_diff": ("3. 変更予定を見る", "3. What would change"),
    "demo.scene.first_apply": ("4. 反映する", "4. Apply it"),
    "demo.scene.edits": ("5. 翌日、両方で人が編集する", "5. A day later: people edit on both sides"),
    "demo.scene.second_diff": ("6. 変更予定を見る", "6. What would change now"),
    "demo.scene.second_apply": ("7. 反映する", "7. Apply it"),
    "demo.scene.quiet": ("8. もう一度見る: 書き戻しの応酬は起きない", "8. Once more: no echo"),
    "demo.scene.undo": ("9. 7. を元に戻す", "9. Undo what 7. wrote"),
    "demo.scene.still_quiet": (
        "10. もう一度見る: 元に戻したものを勝手にやり直さない",
        "10. Once more: nothing undone is redone",
    ),
    "demo.scene.third": ("11. 3つ目のシステムが加わる", "11. A third system joins"),
    "demo.scene.third_diff": ("12. 変更予定を見る", "12. What would change"),
    "demo.scene.third_apply": ("13. 反映する", "13. Apply it"),
    "demo.scene.third_quiet": ("14. もう一度見る: 3つともそろっている", "14. Once more: all three agree"),
    "demo.third": (
        (
            "kintone「顧客管理」{rows} 件(1レコードに会社と担当者が同居)を config.yaml と対応表に足します。"
            "担当者名とメールは双方向(氏名は SFA 優先)、スコアは MA から、役職・電話・部署は空欄のときだけ。"
        ),
        (
            "kintone's 顧客管理, {rows} rows that hold a company and a person each, is added to config.yaml and the "
            "mappings: name and e-mail both ways (the SFA's name wins), the score from the MA, title, phone and "
            "department only where they are empty."
        ),
    ),
    "demo.joined": (
        (
            "紐づけ: 担当者 {people} 人、会社 {companies} 社。kintone の空欄を埋める {filled} 項目、"
            "規則により上書き {overwritten} 項目。ほかのシステムへ {spread} 項目。"
        ),
        (
            "Linked: {people} people, {companies} companies. In kintone {filled} blank fields are filled and "
            "{overwritten} overwritten by a rule; {spread} fields change in the other systems."
        ),
    ),
    "demo.rules_kept": (
        "確認: 規則にない上書きは {unruled} 件。kintone に入っている {kept} 項目は、食い違うがそのまま残します。",
        "Checked: {unruled} changes without a rule that allows them. {kept} filled fields of kintone differ and stay.",
    ),
    "demo.rules_broken": (
        "規則にない変更が {unruled} 件あります。",
        "{unruled} changes have no rule that allows them.",
    ),
    "demo.world": (
        (
            "MA: 見込み客 {ma_contacts} 人。SFA: 会社 {sfa_accounts} 社、担当者 {sfa_contacts} 人、"
            "商談 {sfa_opportunities} 件。同じ人 {shared} 人が別の書き方で両方にいます"
            "(二重登録 {duplicates} 件、いたずら登録 {junk} 件)。"
        ),
        (
            "MA: {ma_contacts} people. SFA: {sfa_accounts} companies, {sfa_contacts} people, "
            "{sfa_opportunities} deals. {shared} people stand in both, written differently "
            "({duplicates} double rows, {junk} rows of junk)."
        ),
    ),
    "demo.score": (
        (
            "担当者 {linked} 組を紐づけ。正しさ {precision}、見つけた割合 {recall}"
            "(人に聞く分を含めて {with_review})、誤り {wrong} 件"
        ),
        (
            "{linked} pairs of people linked: precision {precision}, recall {recall} "
            "({with_review} with the questions), {wrong} wrong"
        ),
    ),
    "demo.accepted": (
        "デモでは、ここで人が確かめて --accept で承認したことにします。",
        "In the demo a person now looks at this and allows it with --accept.",
    ),
    "demo.applied": (
        "反映 {applied} / 要確認 {opened} / 拒否 {refused} / 見送り {moved}",
        "{applied} applied, {opened} held, {refused} refused, {moved} moved",
    ),
    "demo.next": (
        "自分で触るには: connector demo --keep demo1。自分のファイルで試すには: connector try フォルダー",
        "To play with it: connector demo --keep demo1. To try your own files: connector try FOLDER",
    ),
    "demo.kept": (
        (
            "{folder} に残しました。cd してから: connector status / connector holds / "
            "connector show person 名前 / ma.db を編集して connector diff / connector sync"
        ),
        (
            "Left in {folder}. cd there, then: connector status; connector holds; connector show person NAME; "
            "edit ma.db, then connector diff and connector sync"
        ),
    ),
}
