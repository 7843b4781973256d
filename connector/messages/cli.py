"""Messages: the command line: help, arguments and options."""

MESSAGES: dict[str, tuple[str, str]] = {
    # --- help
    "help.program": (
        "MA と SFA の顧客情報をそろえる。まず init、次に check、diff で変更予定を見てから apply します。",
        "Keeps MA and SFA telling the same story. Start with init, then check; read the diff before you apply.",
    ),
    "help.usage": ("使い方:", "Usage:"),
    "help.commands": ("コマンド", "Commands"),
    "help.others": ("その他", "Others"),
    "help.arguments": ("引数", "Arguments"),
    "help.options": ("オプション", "Options"),
    "help.shared": ("共通オプション", "Common options"),
    "help.help": ("この説明を表示する。", "Show this message and exit."),
    "help.init": ("設定と対応表のひな型を作る", "write config.yaml and mappings to start from"),
    "help.init.more": (
        "質問に答えるか、--system で2つのデータベースを渡します。既にあるファイルは上書きしません。",
        "Asks, or takes two databases with --system. Files that are there already are never replaced.",
    ),
    "help.check": ("設定・接続・対応表を確かめる", "check config, connections and mappings"),
    "help.check.more": (
        "対応表を実際の項目と突き合わせ、間違いを行番号つきで示し、次にすることを伝えます。",
        "Holds the mappings against the live fields, names every mistake with its line, and says what is next.",
    ),
    "help.diff": ("変更予定を見る(何も書き込まない)", "show what would change; writes nothing"),
    "help.diff.more": (
        "多ければ項目と向きごとの表、少なければ1件ずつ。--out で保存したプランは apply で反映できます。",
        "A table per field and direction when there is much, record by record otherwise. --out saves it for apply.",
    ),
    "help.apply": ("保存した変更予定を反映する", "apply a saved plan exactly"),
    "help.apply.more": (
        "プランのとおりに書き込みます。作った後に変わったレコードは見送って報告します。",
        "Does exactly what the plan says; records that moved since are skipped and reported.",
    ),
    "help.sync": ("変更予定を見せ、確認してから反映する", "show the diff, ask, and apply it"),
    "help.sync.more": (
        "初回は紐づけだけを行います。端末のないところでは --yes が必要です。",
        "The first run only links. Without a terminal --yes is needed.",
    ),
    "help.undo": ("実行を元に戻す", "take back what a run wrote"),
    "help.undo.more": (
        "戻す内容を見せてから反映します。その後に編集された値と配信停止は戻しません。RUN には last も使えます。",
        "Shows what it would restore, then does it. What was edited since, and opt-outs, stay. RUN may be last.",
    ),
    "help.status": ("今の状態を見る", "show how the hub stands"),
    "help.status.more": (
        "対応表、紐づけの件数、最後の実行、要確認の件数を表示します。",
        "Mappings, linked records, the last run and open holds.",
    ),
    "help.runs": ("実行の一覧、または1件の内訳", "list runs, or show one"),
    "help.runs.more": (
        "RUN を付けると、その実行の集計と書き込みを表示します。",
        "With RUN: its ledger and every step.",
    ),
    "help.holds": ("要確認の一覧(CSV / Excel に書き出し可)", "list holds; export them as sheets"),
    "help.holds.more": (
        "--export で担当者ごとのシートを作り、「判断」の列を埋めて decide --import で読み込みます。",
        "--export writes a sheet per owner; fill in the decision column and read it with decide --import.",
    ),
    "help.decide": ("要確認に判断を付ける", "decide holds"),
    "help.decide.more": (
        (
            "1件ずつ(decide 番号 選択肢)、種類ごと(--kind K --choose C)、シート(--import)。"
            "判断はやり直せます。次の実行で反映されます。"
        ),
        (
            "One (decide NUMBER CHOICE), a kind (--kind K --choose C) or a sheet (--import). "
            "Verdicts can be revised; the next run acts on them."
        ),
    ),
    "help.why": ("ある項目がなぜその値なのか", "why a field has its value"),
    "help.why.more": (
        "統合後の値、その出どころ、変更の履歴を表示します。",
        "The golden value, where it came from, and every change of it.",
    ),
    "help.show": ("1件をシステム横断で見る", "show one record across systems"),
    "help.show.more": (
        "WHO は名前、メール、キー、相手側の ID のどれでも。複数当てはまるときは一覧を出します。",
        "WHO is a name, e-mail, key or remote id. When several fit, they are listed.",
    ),
    "help.backfill": ("ある項目を既存レコードにも反映する", "bring one field to existing records"),
    "help.backfill.more": (
        "項目を対応表に加えた後に使います。--out でプランだけ作れます。",
        "After a field was added to a mapping. --out makes the plan only.",
    ),
    "help.retry": ("書き込めなかったものを再試行に回す", "give refused and waiting records another try"),
    "help.retry.more": ("次の実行で書き込みます。", "The next run writes them."),
    "help.fields": (
        "システムの項目を調べる(名前・コード・種類・入力率)",
        "list the fields of an object: label, code, type, how full",
    ),
    "help.fields.more": (
        "対応表を書くときに使います。入力率は先頭の数千件だけを読んで数え、値は保存しません。",
        "For whoever writes a mapping. Counts how full each field is in the first records; no value is kept.",
    ),
    "help.try": ("書き出したファイルだけで試す(API 不要)", "try it on your own CSV/xlsx exports, no account needed"),
    "help.try.more": (
        "CSV と Excel を読み、対応表を提案し、紐づけと変更予定を見せます。何も送らず、何も反映しません。",
        "Reads the exports in a folder, proposes a mapping, shows links and the diff. Nothing leaves this machine.",
    ),
    "help.demo": ("1分で全体を見る", "the whole story in a minute"),
    "help.demo.more": (
        "2つの SQLite で、紐づけから元に戻すまでを実演します。同じ --seed なら同じ結果です。",
        "From linking to undo on two SQLite systems. The same --seed tells the same story.",
    ),
    "help.version": ("版を表示する", "show the version"),
    "help.version.more": ("", ""),
    # --- arguments and options
    "arg.system": ("config.yaml でのシステムの名前", "the system's name in config.yaml"),
    "arg.object": ("オブジェクト・アプリ・テーブルの名前", "its object, app or table"),
    "opt.sample": ("入力率を数える件数(0 なら数えない)", "records to count in (0: do not count)"),
    "arg.plan": ("diff --out で保存したプラン", "a plan saved by diff --out"),
    "arg.run": ("実行の ID、その末尾、または last", "a run's id, the end of it, or last"),
    "arg.run_shown": ("実行の ID、その末尾、または last", "a run's id, the end of it, or last"),
    "arg.entity": ("company / person / deal(会社・担当者・商談)", "company, person or deal"),
    "arg.who": ("名前、メール、キー、相手側の ID", "a name, e-mail, key or remote id"),
    "arg.field": ("対応表の項目名", "a field of the mapping"),
    "arg.hold": ("要確認の番号", "a hold's number"),
    "arg.choice": ("選択肢", "one of its choices"),
    "arg.folder": ("書き出したファイルのあるフォルダー", "the folder with the exported files"),
    "opt.config": (
        "config.yaml(なければこのフォルダー、または CONNECTOR_CONFIG)",
        "config.yaml (else here, or CONNECTOR_CONFIG)",
    ),
    "opt.lang": ("表示の言語(既定は config、次に端末)", "language (else config.yaml, else the locale)"),
    "opt.format": ("出力の形", "form of the answer"),
    "opt.json": ("--format json と同じ", "the same as --format json"),
    "opt.quiet": ("途中の知らせを出さない", "no progress and no remarks"),
    "opt.install_completion": ("シェルの補完を入れる。", "Install completion for the current shell."),
    "opt.show_completion": ("シェルの補完を表示する。", "Show completion for the current shell."),
    "opt.field": ("この項目だけ", "this field only"),
    "opt.owner": ("この担当(所有者)のレコードだけ", "records of this owner only"),
    "opt.who": ("名前にこの文字を含むレコードだけ", "records whose name holds this text"),
    "opt.first": ("最初の N 件だけ(試験反映)", "the first N records only (a trial)"),
    "opt.entity": ("company / person / deal だけ", "one entity only: company, person or deal"),
    "opt.full": ("前回からの差分ではなく全件を読み直す", "read everything again, not only what changed"),
    "opt.all": ("多くても全件を表示する", "show every record, however many"),
    "opt.all_holds": ("全件を詳しく表示する", "every hold in detail"),
    "opt.out": ("プランをこのファイルに保存する", "save the plan to this file"),
    "opt.yes": ("確認せずに進める", "do not ask"),
    "opt.detailed_exitcode": ("変更予定があれば終了コード 2", "exit code 2 when there are changes"),
    "opt.accept": ("安全装置にかかったこのプランを承認する", "allow this one plan past the guard"),
    "opt.delete_created": (
        "作ったレコードも削除する(未編集のものだけ)",
        "also delete what the run created, if unedited",
    ),
    "opt.kind": ("要確認の種類", "one kind of hold"),
    "opt.decide_kind": ("この種類の要確認をまとめて判断する", "decide all holds of this kind"),
    "opt.choose": ("まとめて判断するときの選択肢", "the choice for the group"),
    "opt.value": ("選択肢が value のときの値", "the value, when the choice is value"),
    "opt.export": ("判断用のシートを書き出す(.csv / .xlsx)", "write sheets to decide on (.csv or .xlsx)"),
    "opt.import": ("記入済みのシートを読み込む", "read sheets that were filled in"),
    "opt.limit": ("表示する件数", "how many"),
    "opt.template": (
        "ひな型(hubspot-salesforce, hubspot-kintone, salesforce-kintone, hubspot-salesforce-kintone, sqlite-demo)",
        "a template: hubspot-salesforce, hubspot-kintone, salesforce-kintone, hubspot-salesforce-kintone, sqlite-demo",
    ),
    "opt.system": (
        "システム。名前=SQLite ファイルか URL#表,表(2回以上)",
        "a system: name=SQLite file or URL#table,table (twice or more)",
    ),
    "opt.dir": ("書き込むフォルダー", "where to write"),
    "opt.keep": ("デモをこのフォルダーに残す", "leave the demo in this folder"),
    "opt.seed": ("乱数の種", "the seed"),
    "opt.scale": ("件数の倍率", "times the usual number of records"),
    # --- wrong arguments
    "cli.see_help": ("使い方: {command} --help", "See {command} --help"),
    "cli.no_command": ("コマンド「{name}」はありません。", "There is no command '{name}'."),
    "cli.no_command_near": (
        "コマンド「{name}」はありません(もしかして: {near})。",
        "There is no command '{name}' (did you mean {near}?).",
    ),
    "cli.no_option": ("オプション {name} はありません。", "There is no option {name}."),
    "cli.no_option_near": (
        "オプション {name} はありません(もしかして: {near})。",
        "There is no option {name} (did you mean {near}?).",
    ),
    "cli.missing": ("{name} を指定してください。", "{name} is missing."),
    "cli.option_value": ("オプション {name} の値が正しくありません。", "The option {name} needs a proper value."),
    "cli.bad_value": ("{name} の値が正しくありません: {why}", "{name} is not right: {why}"),
    "cli.extra": ("余分な引数があります: {extra}", "There are arguments too many: {extra}"),
    "cli.one_of": (
        "{option} は {allowed} のどれかです(今は {value})。",
        "{option} is one of {allowed} (it is {value}).",
    ),
    "cli.needs_yes": (
        "端末がないので確認できません。反映してよければ --yes を付けてください。",
        "There is no terminal to ask at. Give --yes to go ahead.",
    ),
    "cli.first": ("--first には 1 以上の数を指定してください。", "--first needs a number from 1."),
    "cli.no_entity": (
        "「{name}」という種類はありません。使えるのは: {allowed}",
        "There is no entity '{name}'. Possible: {allowed}",
    ),
    "cli.no_kind": (
        "「{name}」という要確認の種類はありません。使えるのは: {allowed}",
        "There is no kind of hold '{name}'. Possible: {allowed}",
    ),
    "cli.no_field": (
        "項目「{name}」は対応表にありません(もしかして: {near})。あるのは: {allowed}",
        "There is no field '{name}' in the mappings (did you mean {near}?). There are: {allowed}",
    ),
    "cli.no_record": ("「{who}」に当てはまる{entity}はありません。", "No {entity} fits '{who}'."),
    "cli.several_records": (
        "「{who}」に複数が当てはまります。キーか ID で指定してください:",
        "Several records fit '{who}'. Name one by its key or id:",
    ),
    "cli.one_record": ("  {key}  {label}  ({places})", "  {key}  {label}  ({places})"),
    "cli.no_hold": (
        "番号 {number} の要確認はありません。connector holds で確かめてください。",
        "There is no open hold {number}. See connector holds.",
    ),
    "cli.several_holds": (
        "番号 {number} に複数が当てはまります。長い番号で指定してください: {numbers}",
        "Several holds begin with {number}. Give more of it: {numbers}",
    ),
    "cli.no_run": (
        "実行 {run} はありません。connector runs で確かめてください。",
        "There is no run {run}. See connector runs.",
    ),
    "cli.no_last_run": ("書き込みをした実行はまだありません。", "No run has written anything yet."),
}
