"""Messages: exports."""

# ruff: noqa: E501  sentences; a full-width character counts as two

MESSAGES: dict[str, tuple[str, str]] = {
    "exports.list_joiner": ("、", ", "),
    # --- why a file cannot be read, and what to do instead ---
    "exports.empty_file": ("ファイルが空です。", "The file is empty."),
    "exports.unknown_encoding": (
        "文字コードが分かりません({byte} バイト目)。書き出しの画面で UTF-8 か Shift-JIS を選び直してください。",
        "The character set cannot be determined (byte {byte}). Export again and choose UTF-8 or Shift-JIS.",
    ),
    "exports.mojibake": (
        "文字化けしたまま保存されています。Excel で開かずに、元のシステムからもう一度書き出してください。",
        "The text was garbled and saved that way. Export it again from the source, without opening it in Excel.",
    ),
    "exports.replacement_character": (
        "読めない文字が「�」に置き換わって保存されています({count} 文字)。元のシステムからもう一度書き出してください。",
        "{count} characters were lost and saved as '\ufffd'. Export it again from the source.",
    ),
    "exports.nul": (
        "NUL 文字が含まれています。壊れているか、BOM のない UTF-16 です。UTF-8 で書き出し直してください。",
        "The file holds NUL characters: it is broken, or UTF-16 without a mark. Export it again as UTF-8.",
    ),
    "exports.old_or_locked_workbook": (
        "古い形式の Excel (.xls) か、パスワード付きのブックです。CSV か、パスワードなしの .xlsx で書き出してください。",
        "An old workbook (.xls) or one with a password. Export CSV, or an .xlsx without a password.",
    ),
    "exports.broken_workbook": (
        "Excel ブックを開けません。CSV で書き出してください。",
        "The workbook cannot be opened. Export CSV instead.",
    ),
    "exports.archive": (
        "圧縮ファイルです(中身: {names})。展開して、中のファイルをこのフォルダーに置いてください。",
        "An archive (with {names}). Unpack it and put the files into this folder.",
    ),
    "exports.not_a_table": (
        "{kind} のファイルで、表ではありません。CSV か .xlsx で書き出してください。",
        "A {kind} file, not a table. Export CSV or .xlsx.",
    ),
    "exports.unreadable_row": ("{line} 行目を読めません({why})。", "Line {line} cannot be read ({why})."),
    "exports.several_sheets": (
        "シートが複数あります({sheets})。使うシートを connector-files.yaml の sheet: に書いてください。",
        "There are several sheets ({sheets}). Name the one to use under sheet: in connector-files.yaml.",
    ),
    "exports.no_such_sheet": (
        "シート「{sheet}」はありません。あるのは {sheets} です。",
        "There is no sheet '{sheet}'; there are {sheets}.",
    ),
    "exports.refused.result_file": (
        "取り込み結果のファイル(success / error)です。元データではないので使いません。オブジェクトのデータを書き出してください。",
        "A result file (success / error) of an import, not source data. Export the object itself.",
    ),
    "exports.refused.summary": (
        "集計レポートのようです(「{label}」)。1行が1件になる「詳細のみ」で書き出してください。",
        "This looks like a summary report ('{label}'). Export with details only, one row per record.",
    ),
    "exports.refused.no_rows": ("見出しだけで、データの行がありません。", "There is a header and no row of data."),
    # --- what it is, and why ---
    "exports.reason.sure_label": ("見出し「{label}」があります", "it has the label '{label}'"),
    "exports.reason.header": ("見出しの並びが {vendor} のものです", "the header is that of {vendor}"),
    "exports.reason.footer": (
        "末尾に Salesforce の著作権表示があります",
        "Salesforce's copyright line stands at the end",
    ),
    "exports.reason.api_ids": (
        "18桁の Id と「{label}」の列があります",
        "it has 18-character Ids and a column '{label}'",
    ),
    "exports.reason.id_form": (
        "「{column}」の値が ID の形をしています",
        "the values of '{column}' have the form of its ids",
    ),
    "exports.reason.id_beside": (
        "「{column}」の値が ID の形で、「{label}」の列があります",
        "the values of '{column}' have the form of its ids, beside the column '{label}'",
    ),
    "exports.reason.file_name": ("ファイル名が {file} です", "the file is named {file}"),
    "exports.reason.labels": ("見出しに {labels} があります", "it has the labels {labels}"),
    "exports.reason.no_id": ("ID の列がありません", "there is no id column"),
    "exports.reason.no_gap": ("{other} の可能性も同じくらいあります", "it could as well be {other}"),
    "exports.reason.no_sign": ("どのシステムのものか、決め手がありません", "nothing tells which system wrote it"),
    "exports.reason.answered": (
        "connector-files.yaml で {shape} と指定されています",
        "connector-files.yaml says {shape}",
    ),
    "exports.reason.addresses": (
        "メールアドレスの一覧で、「{where}」とあります",
        "a list of addresses, said to be '{where}'",
    ),
    "exports.reason.addresses_of_what": (
        "メールアドレスの一覧ですが、配信停止の一覧かどうか書かれていません",
        "a list of addresses; nothing says whether these people refused mail",
    ),
    "exports.ask_shape": (
        "どのシステムのファイルか決められません。connector-files.yaml に shape: を書いてください(候補: {choices})。",
        "It cannot be decided what this is. Write shape: into connector-files.yaml (candidates: {choices}).",
    ),
    "exports.older": (
        "同じ種類の、より新しいファイル {newer} があるので使いません。",
        "Not used: {newer} is a newer export of the same kind.",
    ),
    "exports.stale": (
        "中の最新の更新日は {newest} で、他のファイル({other})より {days} 日古いものです。同じ日に書き出し直すと正確です。",
        "Its newest record is of {newest}, {days} days older than another file ({other}). Export them on the same day.",
    ),
    "exports.optout_unmatched": (
        "配信停止のアドレスのうち {count} 件は、どのファイルにも見つかりません。配信停止として残します。",
        "{count} of these addresses are in no other file. They stay on record as opted out.",
    ),
    "exports.not_mapped": (
        "対応表({entity})には {other} を使うので、このファイルは読み込むだけです。",
        "Loaded only: the mapping of {entity} records uses {other}.",
    ),
    "exports.no_id": (
        "ID の列がないので、照合にだけ使います。このシステムへの反映はできません。ID の列を加えて書き出してください。",
        "There is no id column: it serves matching only, and nothing can be applied to it. Export it with the id.",
    ),
    "exports.no_id_card": (
        "名刺の書き出しには ID がないので、照合にだけ使います。名刺の側への反映はできません(ほかのシステムへは届きます)。",
        "Exports of cards have no id: this one serves matching and tells the other systems; nothing is applied to it.",
    ),
    # --- what is wrong inside ---
    "exports.ragged": (
        "列の数が {width} でない行が {count} 行あり、飛ばしました(行: {lines})。",
        "{count} rows do not have {width} cells and were left out (lines {lines}).",
    ),
    "exports.too_ragged": (
        "列の数の合わない行が多すぎます({count} 行)。区切り文字か引用符が壊れています。",
        "Too many rows have a wrong number of cells ({count}): separators or quotes are broken.",
    ),
    "exports.footer_cut": (
        "末尾の注記や合計の行を {count} 行、除きました。",
        "{count} lines of footer or totals were left out.",
    ),
    "exports.hidden_sheets": ("非表示のシート({sheets})は使いません。", "Hidden sheets ({sheets}) are not used."),
    "exports.likely_cut": (
        "ちょうど {rows} 行です。上限で切れているかもしれません。全件あるか確かめてください。",
        "Exactly {rows} rows: the export was probably cut at a limit. Check that it is complete.",
    ),
    "exports.id_repeated": (
        "ID が重複する行が {count} 行あります。最初の行を使います。",
        "{count} rows repeat an id; the first one is used.",
    ),
    "exports.id_blank": ("ID が空の行が {count} 行あり、飛ばします。", "{count} rows have no id and are left out."),
    "exports.orphan_line": (
        "レコードの開始(*)より前に {count} 行あり、飛ばしました。ファイルが編集されています。",
        "{count} lines stand before the first start of a record (*) and were left out: the file was edited.",
    ),
    "exports.edited_by_hand": (
        "「{column}」の値が1つのレコードの中で食い違います。手で編集されたようです。",
        "'{column}' differs within a record: somebody edited the file by hand.",
    ),
    "exports.repeated_labels": (
        "同じ見出しの列があります。番号を付けて区別します: {labels}",
        "Labels occur more than once; they are told apart by a number: {labels}",
    ),
    # --- what Excel did ---
    "exports.damage.id_scientific": (
        "ID の列「{column}」が指数表記になっています({count} 件、例: {samples})。元の桁は失われています。Excel で開かずに書き出し直してください。",
        "The id column '{column}' is in scientific notation ({count}, as {samples}): digits are lost. Export it again and do not open it in Excel.",
    ),
    "exports.damage.id_rounded": (
        "ID の列「{column}」の16桁目以降がすべて0です({count} 件、例: {samples})。Excel が丸めたもので、元に戻せません。",
        "In the id column '{column}' every digit after the 15th is 0 ({count}, as {samples}): Excel rounded them for good.",
    ),
    "exports.damage.id_lost_zero": (
        "ID の列「{column}」で先頭の0が失われています({count} 件、例: {samples})。書き出し直してください。",
        "The id column '{column}' lost leading zeros ({count}, as {samples}). Export it again.",
    ),
    "exports.damage.id_case_lost": (
        "Salesforce の15桁の ID 「{column}」の大文字・小文字が失われています。別のレコードと区別できません。",
        "The case of the 15-character Salesforce ids in '{column}' was lost: records cannot be told apart.",
    ),
    "exports.damage.id_case_repaired": (
        "18桁の ID 「{column}」の大文字・小文字を、末尾3桁から直しました({count} 件、例: {samples})。",
        "The case of 18-character ids in '{column}' was restored from their last three characters ({count}: {samples}).",
    ),
    "exports.damage.phone_lost_zero": (
        "「{column}」で電話番号の先頭の0が失われているようです({count} 件)。直すなら {samples}",
        "Phone numbers in '{column}' seem to have lost their first 0 ({count}). Proposed: {samples}",
    ),
    "exports.damage.postal_lost_zero": (
        "「{column}」で郵便番号の先頭の0が失われているようです({count} 件)。直すなら {samples}",
        "Postal codes in '{column}' seem to have lost their zeros ({count}). Proposed: {samples}",
    ),
    "exports.damage.wrapped": (
        '「{column}」の ="..." を外して読みました({count} 件、例: {samples})。',
        "The =\"...\" around values of '{column}' was taken off ({count}: {samples}).",
    ),
    "exports.damage.fraction": (
        "「{column}」はすべて .0 で終わるので、.0 を外して読みました({count} 件)。",
        "Every value of '{column}' ends in .0, which was taken off ({count}).",
    ),
    "exports.damage.fraction_some": (
        "「{column}」に .0 で終わる値が混ざっています({count} 件)。そのまま読みました。",
        "Some values of '{column}' end in .0 ({count}). They were left as they are.",
    ),
    "exports.damage.scientific": (
        "「{column}」に指数表記の値があります({count} 件、例: {samples})。元の桁は失われています。",
        "'{column}' holds values in scientific notation ({count}: {samples}); their digits are lost.",
    ),
    "exports.damage.date_turned": (
        "「{column}」の値が Excel で日付に変わっています({count} 件、例: {samples})。元に戻せません。",
        "Excel turned values of '{column}' into dates ({count}: {samples}); they cannot be restored.",
    ),
    "exports.damage.serial_days": (
        "「{column}」の日付が Excel の通し番号です({count} 件)。日付に直して読みました: {samples}",
        "The dates of '{column}' are Excel day numbers ({count}); read as dates: {samples}",
    ),
    "exports.damage.dates_mixed": (
        "「{column}」に違う形の日付が混ざっています({count} 件、例: {samples})。日付として使いません。",
        "'{column}' mixes forms of dates ({count}: {samples}). It is not used as a date.",
    ),
    "exports.damage.dates_ambiguous": (
        "「{column}」の日付は日/月か月/日か分かりません(例: {samples})。日付として使いません。",
        "The dates of '{column}' may be day/month or month/day ({samples}). It is not used as a date.",
    ),
    "exports.damage.dates_unreadable": (
        "「{column}」に日付として読めない値があります({count} 件)。{samples}",
        "Values of '{column}' cannot be read as dates ({count}). {samples}",
    ),
    "exports.damage.excel_error": (
        "「{column}」に Excel のエラー値があります({count} 件、例: {samples})。",
        "'{column}' holds Excel's error values ({count}: {samples}).",
    ),
    "exports.damage.cut_at_255": (
        "「{column}」にちょうど255文字の値が {count} 件あります。途中で切れているかもしれません。",
        "{count} values of '{column}' are exactly 255 characters long and were probably cut.",
    ),
    # --- consent ---
    "exports.consent.unknown": (
        "{system} のファイルに配信停止の列がありません。配信してよいかは不明として扱い、許可とは見なしません。",
        "The file of {system} has no opt-out column: consent is unknown there, which is not a permission.",
    ),
    "exports.consent.ask": (
        "「{column}」の値({values})が配信停止か許可か分かりません。connector-files.yaml の consent: に書いてください。",
        "It is not clear what the values of '{column}' ({values}) mean. Say so under consent: in connector-files.yaml.",
    ),
    # --- the answers file ---
    "exports.answers_unreadable": ("YAML として読めません。", "This cannot be read as YAML."),
    "exports.answer_unknown": (
        "{file}: 「{answer}」は使えません。使えるのは {allowed} です。",
        "{file}: '{answer}' is not an answer. Possible are {allowed}.",
    ),
    # --- inside the proposed files ---
    "exports.config.intro": (
        "フォルダーのファイルから作った設定の案です。本番のシステムには接続しません。",
        "Proposed from the files of the folder. No live system is reached.",
    ),
    "exports.config.read_only": (
        "ID の列がないファイルなので、書き込みません。",
        "The file has no id column, so nothing is written.",
    ),
    "exports.mapping.intro": (
        "{entity}の対応表の案です。見出しと値から推測しました。確かめてから enabled: true にしてください。",
        "A proposed mapping of {entity} records, from labels and values. Check it before you set enabled: true.",
    ),
    "exports.mapping.column": ("{system} の「{column}」", "'{column}' of {system}"),
    "exports.mapping.same_meaning": (
        "見出しの意味が同じ: {columns}",
        "labels of one meaning: {columns}",
    ),
    "exports.mapping.shared_addresses": (
        "{one} と {other} に共通のアドレス: {count} 件",
        "addresses in both {one} and {other}: {count}",
    ),
    "exports.mapping.from_ma": (
        "MA が持つ値を渡すだけにします",
        "told by the marketing system, received by the others",
    ),
    "exports.mapping.consent": (
        "{system} の「{column}」が {values} なら配信停止",
        "'{column}' of {system} says opt-out when it is {values}",
    ),
}
