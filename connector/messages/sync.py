"""Messages: plans, the guard, undo, and the questions of the queue."""

MESSAGES: dict[str, tuple[str, str]] = {
    # --- plans that may not be applied
    "plan.missing": ("プラン {file} がありません。", "There is no plan {file}."),
    "plan.damaged": (
        "プラン {file} は壊れているか、書き換えられています。connector diff --out で作り直してください。",
        "The plan {file} is damaged or was edited. Make a new one with connector diff --out.",
    ),
    "plan.format": (
        "プラン {file} は別の版の connector で作られています。connector diff --out で作り直してください。",
        "The plan {file} was made by another version. Make a new one with connector diff --out.",
    ),
    "plan.other_hub": (
        "このプランは別の環境のものです。何も反映していません。",
        "This plan belongs to another hub. Nothing was applied.",
    ),
    "plan.mapping_changed": (
        "プランの後に対応表が変わりました。何も反映していません。connector diff --out で作り直してください。",
        "The mapping changed since this plan was made. Nothing was applied. Make a new one: connector diff --out.",
    ),
    "plan.schema_changed": (
        "プランの後に相手側の項目が変わりました。何も反映していません。connector check の後、作り直してください。",
        "A system's fields changed after this plan was made. Nothing was applied. Run connector check, then diff.",
    ),
    "plan.applied": (
        "このプランはすでに反映済みです。続きは connector diff で確かめてください。",
        "This plan was applied already. See what is left with connector diff.",
    ),
    "plan.old": (
        "このプランは {made_at} に作られ、24時間を過ぎています。connector diff --out で作り直してください。",
        "This plan was made at {made_at}, more than 24 hours ago. Make a new one with connector diff --out.",
    ),
    "opt.moved": ("意図して移したシステムの新しい接続先を正とする", "accept the new place of a system that was moved"),
    "check.moved_ask": (
        "{system} の今の接続先を正しいものとして記録しますか?",
        "Take the present place of {system} as the right one?",
    ),
    "check.moved_done": ("{system} の新しい接続先を記録しました。", "The new place of {system} is recorded."),
    "check.moved_unknown": (
        "システム {system} は config.yaml にありません。",
        "There is no system {system} in config.yaml.",
    ),
    "opt.part": ("紐づけから外すシステム(--entity と --who で相手を指定)", "take this system's record off the link"),
    "decide.part_how": (
        "外すレコードを connector decide --part システム名 --entity person --who 名前 で指定してください。",
        "Say which record: connector decide --part SYSTEM --entity person --who NAME.",
    ),
    "decide.parted": (
        "{label}: {system} のレコードを次の実行で紐づけから外します。同じ相手とは二度と紐づけません。",
        "{label}: the next run takes the record in {system} off the link; they will never be linked again.",
    ),
    "part.alone": (
        "このレコードは、ほかのレコードと紐づいていません。",
        "This record is linked to no other.",
    ),
    "undo.unknown": (
        "実行 {run} はありません。connector runs で確かめてください。",
        "There is no run {run}. See connector runs.",
    ),
    "undo.done": ("実行 {run} はすでに元に戻されています。", "Run {run} was undone already."),
    "org.changed": (
        (
            "システム {system} の接続先が、最初の実行のときと違います(今の接続先: {name})。"
            "別の環境に書き込まないよう止めました。config.yaml の接続先を確かめてください。"
            "意図して移した場合は connector check --moved {system} を実行します。"
        ),
        (
            "System {system} is not the one of the first run (now: {name}). "
            "Stopped, so that nothing is written to the wrong place. Check its address in config.yaml. "
            "If it was moved on purpose, run connector check --moved {system}."
        ),
    ),
    "system.unknown": (
        "システム {system} は config.yaml にありません。",
        "There is no system {system} in config.yaml.",
    ),
    # --- the guard
    "guard.heading": ("安全装置: このままでは反映されません", "The guard: this would not be applied as it is"),
    "guard.stopped": (
        "安全装置が {count} 件の理由で止めました。配信停止のほかは何も書き込んでいません。",
        "The guard stopped the run for {count} reasons. Nothing was written but opt-outs.",
    ),
    "brake.deletes": (
        "{system} の{entity}を {count} 件削除しようとしています(紐づけ {of} 件、上限 {limit})",
        "{count} of {of} {entity} records in {system} would be deleted (limit {limit})",
    ),
    "brake.deletes.advice": (
        "削除の元になった側で、まとめて消えていないか確かめてください。",
        "See whether they vanished together on the other side.",
    ),
    "brake.blanks": (
        "{system} の{entity}の「{field}」を {count} 件空欄にしようとしています(紐づけ {of} 件、上限 {limit})",
        "'{field}' of {count} of {of} {entity} records in {system} would be blanked (limit {limit})",
    ),
    "brake.blanks.advice": (
        "元の項目が消えていないか確かめてください。空欄を伝えないなら on_blank: keep にします。",
        "See whether the source lost the field. To keep values, set on_blank: keep.",
    ),
    "brake.changes": (
        "{system} の{entity}の「{field}」を {count} 件書き換えようとしています(紐づけ {of} 件、上限 {limit})",
        "'{field}' of {count} of {of} {entity} records in {system} would be overwritten (limit {limit})",
    ),
    "brake.changes.advice": (
        "向き(flow)と選択肢の対応(values)が正しいか、connector diff --field {field} で見てください。",
        "Check the flow and the values table; look at connector diff --field {field}.",
    ),
    "brake.creates": (
        "{system} に{entity}を {count} 件新しく作ろうとしています(紐づけ {of} 件、上限 {limit})",
        "{count} {entity} records would be created in {system} ({of} are linked, limit {limit})",
    ),
    "brake.creates.advice": (
        "名寄せの漏れで重複を作らないか、--first 20 で少しだけ試してください。",
        "Missed matches become duplicates: try a few with --first 20.",
    ),
    "brake.left_scope": (
        "{system} の{entity} {count} 件が対象条件(where)から外れます(紐づけ {of} 件、上限 {limit})",
        "{count} of {of} {entity} records in {system} left the filter (limit {limit})",
    ),
    "brake.left_scope.advice": (
        "where の条件か、相手側の値がまとめて変わっていないか確かめてください。",
        "See whether the where: changed, or the values in that system.",
    ),
    "brake.gone": (
        "{system} で{entity} {count} 件が削除されています(紐づけ {of} 件、上限 {limit})",
        "{count} of {of} {entity} records were deleted in {system} (limit {limit})",
    ),
    "brake.gone.advice": (
        "まとめて消したのが誰か、意図したものかを確かめてください。",
        "Find out who deleted them, and whether it was meant.",
    ),
    "brake.empty_side": (
        "{system} の{entity}が1件も返ってきません({of} 件が紐づいているのに)",
        "{system} returned no {entity} records at all, though {of} are linked",
    ),
    "brake.empty_side.advice": (
        "接続先と、API 利用者の参照権限を確かめてください。",
        "Check the address and what the API user may see.",
    ),
    "brake.hidden": (
        "{system} の{entity}のうち {count} 件が見えません(紐づけ {of} 件、上限 {limit})",
        "{count} of {of} linked {entity} records are no longer listed in {system} (limit {limit})",
    ),
    "brake.hidden.advice": (
        "API 利用者の参照権限が狭まっていないか確かめてください。",
        "See whether the API user lost the right to see them.",
    ),
    "brake.first_contact": (
        "{system} の{entity}の「{field}」で、入っている値 {count} 件を初めて上書きします(紐づけ {of} 件)",
        "'{field}' would overwrite {count} filled values in {system} for the first time ({of} {entity} records linked)",
    ),
    "brake.first_contact.advice": (
        "connector diff --field {field} で見て、よければプランを --accept で反映します。項目ごとに一度だけ確認します。",
        "Look at connector diff --field {field}; if it is right, apply the plan with --accept. Asked once per field.",
    ),
    # --- holds: what was seen
    "hold.what.match": (
        "{a} と {b} は同じですか?  {values_a}  ⇔  {values_b}",
        "Is {a} the same as {b}?  {values_a}  <=>  {values_b}",
    ),
    "hold.what.undone": (
        "{system} の「{field}」は実行 {run} を元に戻した値です",
        "'{field}' in {system}: taken back from run {run}",
    ),
    "hold.what.undone_edited": (
        "{system} の「{field}」は実行 {run} の後に編集されているので、そのままです",
        "'{field}' in {system} was edited after run {run} and stays as it is",
    ),
    "hold.what.undone_created": (
        "{system} {object} {id} は実行 {run} が作ったレコードです(元に戻すので、同期から外します)",
        "{system} {object} {id} was created by run {run}; it is undone and taken out of the sync",
    ),
    "hold.what.waiting": (
        "{system} の「{field}」の参照先 {foreign} がまだ紐づいていません",
        "'{field}' in {system} refers to {foreign}, which is not linked yet",
    ),
    "hold.advice.invalid": (
        "元のシステムで値を直してください。次の実行で自動的に解消します。",
        "Mend the value in its system; the next run closes this by itself.",
    ),
    "hold.advice.invalid_outgoing": (
        "相手側に選択肢を加えるか項目を広げる、または対応表の values: を直すと、次の実行で自動的に解消します。",
        "Add the option or widen the field there, or mend values: in the mapping; the next run closes this by itself.",
    ),
    "hold.advice.waiting": (
        "参照先が紐づくと自動的に解消します。参照先の要確認を先に片づけてください。",
        "It closes by itself when the parent is linked. Decide the parent's holds first.",
    ),
    "hold.advice.delete": (
        "このシステムでは削除できません。必要なら手で削除してください。",
        "This system cannot delete; delete it by hand if need be.",
    ),
    "hold.advice.rejected": (
        "原因を直してから connector retry を実行してください。",
        "Mend the cause, then run connector retry.",
    ),
    # --- holds: what may be answered
    "choice.system": ("{system} の値を採用する", "take the value of {system}"),
    "choice.conflict.keep": ("今の統合後の値のままにする", "keep the golden value"),
    "choice.conflict.value": ("別の値にする(--value で指定)", "another value, given with --value"),
    "choice.consent.opt_in": ("配信を許可する", "allow mail again"),
    "choice.consent.opt_out": ("配信停止のままにする", "keep the opt-out"),
    "choice.match.same": ("同じ(紐づける)", "the same: link them"),
    "choice.match.different": ("別(今後も聞かない)", "different: do not ask again"),
    "choice.duplicate.leave": ("重複としてそのまま置く", "leave it as a duplicate"),
    "choice.duplicate.separate": ("別のレコードとして扱う", "treat it as a record of its own"),
    "choice.replaced.same": ("同じ人(改姓・訂正)", "the same person: renamed or corrected"),
    "choice.replaced.successor": ("後任の人(別の人として分ける)", "a successor: somebody else from now on"),
    "choice.rejected.retry": ("もう一度書き込む", "try again"),
    "choice.undone.release": ("固定をやめ、また同期する", "stop pinning it; sync it again"),
    "choice.delete.keep": ("何もしない(ほかのシステムはそのまま)", "do nothing; the others stay"),
    "choice.delete.unlink": ("紐づけを外す", "unlink it"),
    "choice.delete.propagate": (
        "ほかのシステムでも削除する(次の実行で再確認)",
        "delete it elsewhere too, after asking again",
    ),
    "choice.delete.revive": ("作り直す", "create it again"),
}
