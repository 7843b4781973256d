"""Messages: config.yaml, init and check."""

MESSAGES: dict[str, tuple[str, str]] = {
    # --- config.yaml
    "config.secret_literal": (
        (
            "パスワードや鍵をファイルに直接書かないでください。"
            '"${{env:NAME}}"、"${{file:/path}}"、"${{keyring:service/user}}" '
            "のどれかで書きます。"
        ),
        (
            'Do not write a password or key into the file. Use "${{env:NAME}}", "${{file:/path}}" or '
            '"${{keyring:service/user}}".'
        ),
    ),
    "config.secret_form": (
        '秘密の値は全体を "${{env:NAME}}" の形で書きます。文字の途中には埋め込めません。',
        'A secret stands alone, as "${{env:NAME}}"; it cannot be part of a longer text.',
    ),
    "config.secret_kind": (
        "「{kind}」という置き場所はありません。使えるのは: {allowed}",
        "There is no secret store '{kind}'. Possible: {allowed}",
    ),
    "config.secret_env": (
        "環境変数 {name} が設定されていません。",
        "The environment variable {name} is not set.",
    ),
    "config.secret_file": (
        "秘密のファイル {name} を読めません。",
        "The secret file {name} cannot be read.",
    ),
    "config.secret_mode": (
        "秘密のファイル {name} をほかの人も読めます。chmod 600 {name} を実行してください。",
        "Others can read the secret file {name}. Run chmod 600 {name}.",
    ),
    "config.secret_keyring": (
        "キーリングから {name} を取り出せません。",
        "{name} cannot be read from the keyring.",
    ),
    "config.secret_keyring_missing": (
        "${{keyring:...}} を使うには keyring をインストールしてください。",
        "Install keyring to use ${{keyring:...}}.",
    ),
    "config.unknown_timezone": (
        "タイムゾーン「{value}」はありません。例: Asia/Tokyo",
        "There is no time zone '{value}', e.g. Asia/Tokyo",
    ),
    "config.duration": (
        "期間は 30s、10m、2h、90d のように書きます（今は {value}）。",
        "Write a duration such as 30s, 10m, 2h or 90d (it is {value}).",
    ),
    "config.percent": (
        "割合は 0 から 100 の数値で書きます（今は {value}）。",
        "Write a percentage from 0 to 100 (it is {value}).",
    ),
    "config.owner_address": (
        "担当者はメールアドレスで書きます（今は {value}）。",
        "Write an owner as an e-mail address (it is {value}).",
    ),
    "config.owner_twice": (
        "{system} の「{id}」は {other} にも書かれています。1つの ID は1人だけのものです。",
        "'{id}' of {system} stands under {other} too: an id belongs to one person.",
    ),
    "config.no_systems": (
        "systems: にシステムが1つもありません。",
        "There is no system under systems:.",
    ),
    "config.system_name": (
        (
            "「{name}」はシステムの名前に使えません。文字で始め、文字・数字・_ - . だけにしてください"
            "（computed と hub は使えません）。"
        ),
        (
            "'{name}' cannot name a system: start with a letter, use letters, digits and _ - . only "
            "(computed and hub are taken)."
        ),
    ),
    # --- configuration
    "cli.no_config": (
        "config.yaml がありません。connector init で作るか、--config で場所を指定してください。",
        "There is no config.yaml. Make one with connector init, or say where it is with --config.",
    ),
    "cli.no_mappings": (
        "対応表(*.yaml)がありません。connector init で作ってください。",
        "There are no mapping files (*.yaml). Make some with connector init.",
    ),
    "cli.not_utf8": ("UTF-8 で保存し直してください。", "Save it as UTF-8."),
    "cli.unreadable": ("読めません: {why}", "It cannot be read: {why}"),
    "cli.nothing_enabled": (
        "対応表がすべて無効です。内容を確かめて enabled: true にしてください。",
        "Every mapping is switched off. Read it through, then set enabled: true.",
    ),
    "cli.not_enabled": (
        "{file} は無効(enabled: false)なので使いません。",
        "{file} is off (enabled: false) and not used.",
    ),
    "config.wrong": ("間違い: {count} 件", "Mistakes: {count}"),
    "cli.interrupted": (
        "中断しました。書き込み済みの内容は記録されています。次の実行が続きを片づけます。",
        "Interrupted. What was written is recorded; the next run goes on from there.",
    ),
    # --- init
    "init.hello": (
        "2つのシステムをつなぐ設定を作ります。まずデモで試すこともできます。",
        "This writes the settings that connect two systems. You can try the demo first.",
    ),
    "init.ask_demo": ("デモ(SQLite 2つ)で始めますか?", "Start with the demo (two SQLite systems)?"),
    "init.ask_template": (
        "どれをつなぎますか? {choices}（番号。データベース同士なら空のまま Enter）: ",
        "What do you connect? {choices} (a number; empty for databases): ",
    ),
    "init.no_number": ("1 から {most} の番号で答えてください。", "Answer with a number from 1 to {most}."),
    "init.again": ("{why} もう一度入力してください。", "{why} Please say it again."),
    "init.found": ("表: {tables}", "Tables: {tables}"),
    "init.ask_name": (
        "{number} つめのシステムの名前(例: ma, sfa。空のまま Enter で終わり): ",
        "Name of system {number} (such as ma or sfa; empty to finish): ",
    ),
    "init.ask_url": (
        "{name} の SQLite ファイルか URL(例: crm.db, postgresql://user@host/crm): ",
        "SQLite file or URL of {name} (such as crm.db, postgresql://user@host/crm): ",
    ),
    "init.ask_tables": (
        "使う表(カンマ区切り。空のまま Enter で自動): ",
        "Tables to use (comma-separated; empty to find them): ",
    ),
    "init.how": (
        "--from ひな型({allowed}) か、--system 名前=ファイル を2つ以上指定してください。",
        "Give --from with a template ({allowed}), or --system name=file twice or more.",
    ),
    "init.either": ("--from と --system は一緒に使えません。", "--from and --system exclude each other."),
    "init.no_template": (
        "ひな型「{name}」はありません。使えるのは: {allowed}",
        "There is no template '{name}'. Possible: {allowed}",
    ),
    "init.two_systems": ("システムは2つ以上必要です。", "Two systems are needed at least."),
    "init.bad_system": (
        "--system は 名前=ファイルかURL#表 の形で書きます(今は {value})。",
        "--system is name=file-or-URL#table (it is {value}).",
    ),
    "init.bad_url": ("データベースの URL ではありません。", "This is no database URL."),
    "init.no_file": ("データベース {file} がありません。", "There is no database {file}."),
    "init.unreadable": ("データベースを読めません: {why}", "The database cannot be read: {why}"),
    "init.no_table": (
        "表「{table}」がありません(あるのは: {allowed})。",
        "There is no table '{table}' (there are: {allowed}).",
    ),
    "init.no_key": (
        "表「{table}」に主キーがありません。レコードを見分ける列が必要です。",
        "The table '{table}' has no primary key; records cannot be told apart without one.",
    ),
    "init.no_tables": (
        "{system} に担当者・会社・商談らしい表が見つかりません。#表 で指定してください。",
        "No table of {system} looks like people, companies or deals. Name it with #TABLE.",
    ),
    "init.nothing_common": (
        "両方にある種類が見つかりません({tables})。#表 で指定してください。",
        "Nothing that both systems hold was found ({tables}). Name the tables with #TABLE.",
    ),
    "init.exists": ("すでにあるので上書きしません。", "It is there already and is not replaced."),
    "init.wrote": ("書きました: {file}", "wrote {file}"),
    "init.demo_built": ("デモのデータベースを {folder} に作りました。", "Made the demo's databases in {folder}."),
    "init.demo_there": ("{folder} のデータベースをそのまま使います。", "Using the databases that are in {folder}."),
    "init.next_vendors": (
        "次: {file} を開き、上から順に進めてください（作る項目、鍵の作り方、最初の実行まで）。",
        "Next: open {file} and go through it (fields to create, keys, the first run).",
    ),
    "init.next": (
        "次: connector check で確かめ、mappings/ を読んで enabled: true にし、connector diff を実行してください。",
        "Next: connector check, read mappings/, set enabled: true, then connector diff.",
    ),
    "init.config.intro": ("connector init が作りました", "made by connector init"),
    "init.config.fill": ("書き換える", "fill this in"),
    "init.config.apps": (
        "app: はアプリの URL の /k/ の後の数字に書き換える",
        "app: is the number after /k/ in the app's address: fill it in",
    ),
    "init.config.password": ("環境変数から読みます", "read from the environment"),
    "init.config.external_key": (
        "external_key: 列名 を足すと、作成の二重を防げます(文字列の列)",
        "add external_key: COLUMN (a text column) so that nothing is ever created twice",
    ),
    # --- check
    "check.title": ("設定の確認", "Check"),
    "check.config": ("設定: {file}", "config: {file}"),
    "check.systems": ("システム", "Systems"),
    "check.mappings": ("対応表", "Mappings"),
    "check.off": ("無効(enabled: false)", "off (enabled: false)"),
    "check.unlinked": ("有効・まだ紐づけていません", "on, not linked yet"),
    "check.on": ("有効", "on"),
    "check.next.system": (
        "次: つながらないシステムを直し、もう一度 connector check を実行してください。",
        "Next: mend the system that cannot be reached, then connector check again.",
    ),
    "check.next.mapping": (
        "次: 上の間違いを直し、もう一度 connector check を実行してください。",
        "Next: mend the mistakes above, then connector check again.",
    ),
    "check.next.enable": (
        "次: {file} を読んで enabled: true にし、connector diff を実行してください。",
        "Next: read {file}, set enabled: true, then connector diff.",
    ),
    "check.next.link": (
        "次: connector diff で紐づけの予定を見て、connector sync で紐づけます(初回は紐づけだけ)。",
        "Next: connector diff shows what would be linked; connector sync links (the first run only links).",
    ),
    "check.next.diff": ("次: connector diff", "Next: connector diff"),
    "check.column.file": ("ファイル", "file"),
    "check.column.line": ("行", "line"),
    "check.column.column": ("桁", "column"),
    "check.column.level": ("程度", "level"),
    "check.column.id": ("ID", "id"),
    "check.column.text": ("内容", "text"),
}
