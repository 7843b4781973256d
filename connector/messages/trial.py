"""Messages: try."""

MESSAGES: dict[str, tuple[str, str]] = {
    # --- try
    "try.title": ("手元のファイルで試す", "Trying your own files"),
    "try.no_folder": ("フォルダー {folder} がありません。", "There is no folder {folder}."),
    "try.files": ("ファイル", "Files"),
    "try.nothing": (
        "{folder} に CSV も Excel もありません。各システムから書き出したファイルを置いてください。",
        "There is no CSV and no workbook in {folder}. Put exports of your systems there.",
    ),
    "try.file": (
        "{name}: {system} の{object}とみなしました({rows} 行、{columns} 列、{encoding})",
        "{name}: taken for {object} of {system} ({rows} rows, {columns} columns, {encoding})",
    ),
    "try.file_ask": ("{name}: 何のファイルか決められません", "{name}: nobody can tell what it is"),
    "try.file_refused": ("{name}: 使えません", "{name}: cannot be used"),
    "try.file_older": ("{name}: 古いので使いません", "{name}: not used, there is a newer one"),
    "try.file_ignored": ("{name}: 使わない指定です", "{name}: ignored, as you said"),
    "try.why": ("理由: {reasons}", "because {reasons}"),
    "try.loaded": (
        "{system} {object}: 新規 {new} / 変更 {changed} / なくなった {gone} / 同じ {same}",
        "{system} {object}: {new} new, {changed} changed, {gone} gone, {same} the same",
    ),
    "try.loaded_first": ("{system} {object}: {new} 件を読み込みました", "{system} {object}: {new} rows taken in"),
    "try.edited": ("変更 {column} {count} 件: {examples}", "{column}: {count} changed: {examples}"),
    "try.written_back": (
        "前に sync で手元の写しに書いた値は、新しい書き出しの値に戻りました(その分も「変更」に含まれます)。",
        "What an earlier sync wrote to the local copies is as in the new export again, and counts as changed.",
    ),
    "try.mapping": ("提案する対応表 {file}", "Proposed mapping {file}"),
    "try.mapping_why": (
        "こう提案する理由は {file} に書いてあります(ここに表示するには --all)。",
        "The reason for each is in {file} (--all shows it here).",
    ),
    "try.column.field": ("項目", "field"),
    "try.column.columns": ("列", "columns"),
    "try.column.flow": ("向き", "flow"),
    "try.column.both": ("食い違うとき", "when they differ"),
    "try.wins": ("{system} を採る", "{system} wins"),
    "try.rule.ask": ("人に聞く", "ask a person"),
    "try.rule.newest": ("新しい方", "the newest"),
    "try.rule.max": ("大きい方", "the largest"),
    "try.rule.min": ("小さい方", "the smallest"),
    "try.rule.strictest": ("厳しい方", "the strictest"),
    "try.rule.consent": ("配信停止を優先", "an opt-out wins"),
    "try.kept": ("{file} は編集されているので、そのまま使います。", "{file} was edited and is used as it is."),
    "try.one_system": (
        "照合するには、2つのシステムのファイルが必要です。もう一方の書き出しを置いてください。",
        "Two systems are needed to compare. Put the other one's export there as well.",
    ),
    "try.links": ("紐づけ", "Links"),
    "try.links_none": (
        "前回から新しい紐づけはありません(紐づけ {links} 件)。",
        "No new links since the last time ({links} records known).",
    ),
    "try.problems": ("データの問題", "Problems in the data"),
    "try.no_problems": ("問題は見つかりません。", "None was found."),
    "try.diff": ("変更予定(何も反映していません)", "What would change (nothing was applied)"),
    "try.linked": (
        "{linked} 件を紐づけ、{holds} 件は同じ人・会社か分からないので要確認にしました。",
        "Linked {linked} records; for {holds} more a person has to say whether they are the same.",
    ),
    "try.next_title": ("次にすること", "What to do next"),
    "try.next_answer": (
        "「決められない」ファイルが何かを、同じフォルダーの connector-files.yaml に書いてから、もう一度実行する",
        "Say in connector-files.yaml, in the same folder, what the undecided files are; then run this again",
    ),
    "try.next_refused": (
        "「使えない」ファイルを書き出し直して置き換える",
        "Export the files that cannot be used again, and replace them",
    ),
    "try.next_cd": (
        "cd {folder}(ここですべてのコマンドが使えます。書き込み先は手元の写しだけです)",
        "cd {folder} (every command works there, and writes to local copies only)",
    ),
    "try.next_holds": (
        "connector holds で要確認 {count} 件を見て、connector decide で判断する",
        "connector holds shows the {count} questions; answer with connector decide",
    ),
    "try.next_enable": (
        "{files} を読み、直したいところを直して、enabled: true にする",
        "Read {files}, mend what you want otherwise, and set enabled: true",
    ),
    "try.next_diff": (
        "connector diff で変更予定を見て、connector sync で手元の写しに反映してみる",
        "connector diff shows what would change; connector sync applies it to the local copies",
    ),
    "try.next_again": (
        "新しい書き出しを {folder} に置いて connector try をもう一度実行すると、変わったところが出る",
        "Put newer exports into {folder} and run connector try again: it shows what changed",
    ),
    "try.nothing_sent": ("何も送信・反映していません。", "Nothing was sent or applied."),
    "try.not_applicable": (
        "ID の列がないファイルがあるので、そのシステムには反映できません。",
        "A file has no id column, so nothing can be applied to its system.",
    ),
    "try.status.accepted": ("使用", "accepted"),
    "try.status.older": ("古い", "older"),
    "try.status.ask": ("要確認", "ask"),
    "try.status.refused": ("使用不可", "refused"),
    "try.status.ignored": ("除外", "ignored"),
    "try.object.person": ("担当者", "people"),
    "try.object.company": ("会社", "companies"),
    "try.object.deal": ("商談", "deals"),
    "try.object.optout": ("配信停止の一覧", "opt-outs"),
}
