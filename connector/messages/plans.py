"""Messages: what would be done and what was: diff, apply, sync, undo, backfill, retry."""

MESSAGES: dict[str, tuple[str, str]] = {
    # --- diff
    "diff.title": ("変更予定", "What would change"),
    "diff.summary": (
        "変更予定: 作成 {create} / 更新 {update} / 削除 {delete} / 紐づけ {linked} / 要確認 {holds}",
        "Plan: {create} to create, {update} to update, {delete} to delete, {linked} to link, {holds} held",
    ),
    "diff.nothing": ("変更予定はありません。", "Nothing would change."),
    "diff.link_only": (
        "初回なので紐づけだけを行います。どのシステムにも書き込みません。",
        "This is the first run: it only links and writes to no system.",
    ),
    "diff.new_field": (
        (
            "「{field}」は新しい項目です。これからの編集だけが届きます。"
            "既存のレコードにも届けるには: connector backfill {entity} {field}"
        ),
        (
            "'{field}' is new: only edits from now on are sent. "
            "For the existing records: connector backfill {entity} {field}"
        ),
    ),
    "diff.new_alone": (
        "片方だけにあるレコードを {new} 件、新しく登録します。",
        "{new} records that stand in one system only are taken in.",
    ),
    "diff.by_field": ("項目と向きごとの件数", "Per field and direction"),
    "diff.first_contact": (
        "初回の上書き(入っている値を一方通行で上書き。項目ごとに一度確認します)",
        "First overwrites: one-way fields over filled values, confirmed once per field",
    ),
    "diff.linked_examples": ("紐づけの例", "Some of the links"),
    "diff.column.entity": ("種類", "entity"),
    "diff.column.field": ("項目", "field"),
    "diff.column.to": ("向き", "to"),
    "diff.column.kind": ("内容", "change"),
    "diff.column.count": ("件数", "count"),
    "diff.column.samples": ("例", "samples"),
    "diff.more": (
        "1件ずつ見るには --all、絞り込むには --field / --owner / --who / --first 20。",
        "Every record: --all. A part: --field, --owner, --who, --first 20.",
    ),
    "diff.holds": ("要確認:", "Held:"),
    "diff.calls": ("API 呼び出しの見込み: {calls}", "Estimated API calls: {calls}"),
    "diff.from": ("{source} {reason}", "from {source}: {reason}"),
    "diff.lost": ("、採用しなかった値 {lost}", "; not taken: {lost}"),
    "diff.refills": (
        "書き込むと {system} がルックアップで写し直す項目: {names}",
        "written there, {system} copies these anew: {names}",
    ),
    "diff.refills.blank": (
        "空にすると {system} が一緒に空にする項目: {names}",
        "emptied there, {system} empties these too: {names}",
    ),
    "diff.refills.field": (
        "※ {system} は {entity} の {field} を書き込むと、次の項目もルックアップの参照先から写し直します: {names}",
        "* Writing {field} of a {entity} makes {system} copy these anew from the record it looks up: {names}",
    ),
    "diff.refills.cell": (" / {text}", "; {text}"),
    "diff.step.create": ("{system} に {object} を作成", "create {object} in {system}"),
    "diff.step.delete": ("{system} の {object} {id} を削除", "delete {object} {id} in {system}"),
    "diff.saved": (
        "プランを {file} に保存しました。反映: connector apply {file}(24時間以内)",
        "Saved the plan to {file}. Apply it within 24 hours: connector apply {file}",
    ),
    # --- apply, sync, undo
    "sync.ask": ("この内容を反映しますか?", "Apply this?"),
    "sync.declined": ("何も書き込んでいません。", "Nothing was written."),
    "outcome.title": ("実行 {run}", "Run {run}"),
    "outcome.done": (
        "実行 {run}: {state}。反映 {applied} / 要確認 {opened} / 拒否 {refused} / 結果不明 {unknown} / 見送り {moved}",
        "Run {run}: {state}. {applied} applied, {opened} held, {refused} refused, {unknown} unknown, {moved} moved",
    ),
    "outcome.linked": (
        "実行 {run}: {linked} 件を紐づけました(要確認 {opened} 件)。",
        "Run {run}: linked {linked} records, {opened} held.",
    ),
    "outcome.stopped": (
        "実行 {run}: 安全装置が止めました。配信停止 {applied} 件のほかは何も書き込んでいません。",
        "Run {run}: stopped by the guard. Nothing was written but {applied} opt-outs.",
    ),
    "outcome.moved": (
        "プランの後に変わったので見送ったレコード: {count} 件",
        "Skipped because they moved since the plan: {count} records",
    ),
    "outcome.recovered": (
        "前の実行で結果が分からなかった書き込みを {count} 件調べました。",
        "Looked into {count} writes of earlier runs whose outcome was not known.",
    ),
    "next.stopped": (
        "内容を確かめたら、connector apply PLAN --accept で承認できます(sync の場合は先に diff --out PLAN)。",
        "Once you have checked it: connector apply PLAN --accept (after a sync: diff --out PLAN first).",
    ),
    "next.stopped_undo": (
        "内容を確かめたら、connector undo {run} --out PLAN、次に connector apply PLAN --accept で承認できます。",
        "Once you have checked it: connector undo {run} --out PLAN, then connector apply PLAN --accept.",
    ),
    "next.linked": (
        "次: connector diff で変更予定を見て、よければ connector sync。",
        "Next: connector diff shows what would change; then connector sync.",
    ),
    "next.holds": (
        "要確認は connector holds で見て、connector decide で判断します。",
        "See connector holds; answer with connector decide.",
    ),
    "next.refused": ("書き込めなかったもの: connector runs {run}", "What was not written: connector runs {run}"),
    "next.moved": (
        "見送ったものは、次の connector diff に出ます。",
        "What was skipped comes again in the next connector diff.",
    ),
    "next.undo": ("元に戻すには: connector undo {run}", "To take it back: connector undo {run}"),
    "undo.title": ("実行 {run} を元に戻す", "Undo of run {run}"),
    "undo.needs_yes": (
        "端末がないので確認できません。--yes か、プランだけ作る --out を付けてください。",
        "There is no terminal to ask at. Give --yes, or --out to make the plan only.",
    ),
    "undo.ask": ("実行 {run} を元に戻しますか?", "Undo run {run}?"),
    "undo.nothing": ("実行 {run} に元に戻せるものはありません。", "There is nothing to undo in run {run}."),
    "undo.kept_opt_outs": ("配信停止 {count} 件は元に戻しません。", "{count} opt-outs are not taken back."),
    "undo.cannot_delete": (
        (
            "{system} で作られた {count} 件は、config.yaml の {system} に delete: true がないので削除しません。"
            "同期から外すだけです。"
        ),
        "{count} records made in {system} are not deleted, only unlinked: {system} may not delete (delete: true).",
    ),
    "undo.created_edited": (
        "{system} で作られた {count} 件は、その後に編集されたか見つからないので削除しません。同期から外すだけです。",
        "{count} records made in {system} were edited since, or are gone: they are not deleted, only unlinked.",
    ),
    "undo.edited_since": (
        "その後に編集された {count} 項目は、そのまま残します(要確認)。",
        "{count} fields were edited since; they stay as they are and are held.",
    ),
    "backfill.needs_yes": (
        "端末がないので確認できません。--yes か、プランだけ作る --out を付けてください。",
        "There is no terminal to ask at. Give --yes, or --out to make the plan only.",
    ),
    "backfill.unlinked": (
        "{entity}はまだ紐づけていません。先に connector sync を実行してください。",
        "The {entity} records are not linked yet. Run connector sync first.",
    ),
    "retry.title": ("再試行", "Retry"),
    "retry.done": (
        "{count} 件を再試行に回しました。次: connector diff",
        "{count} holds will be tried again. Next: connector diff",
    ),
    "retry.nothing": ("再試行するものはありません。", "There is nothing to retry."),
}
