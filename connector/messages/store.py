"""Messages: store."""

MESSAGES: dict[str, tuple[str, str]] = {
    "store.newer": (
        (
            "{where} は新しい版の connector で作られています(版 {found}、このプログラムは {known} まで)。"
            "connector を更新してから、もう一度実行してください。データは変更していません。"
        ),
        (
            "{where} was made by a newer connector (revision {found}; this program knows up to {known}). "
            "Update connector and run again. Nothing was changed."
        ),
    ),
    "store.older": (
        (
            "{where} は古い版の connector で作られており、読み取り専用では更新できません。"
            "一度 connector sync を実行すると更新されます。"
        ),
        (
            "{where} was made by an older connector and cannot be upgraded while it is only read. "
            "Run connector sync once; that upgrades it."
        ),
    ),
    "store.damaged": (
        (
            "{where} が壊れているか、connector のデータベースではありません({cause})。何も書き込んでいません。"
            "バックアップから戻すか、場所の設定を確認してください。"
            "状態を失った場合も、次の実行は紐づけのやり直しから始まり、勝手に作成や削除はしません。"
        ),
        (
            "{where} is damaged, or is not a connector database ({cause}). Nothing was written. "
            "Restore a backup, or check the configured place. "
            "If the state is lost, the next run starts by linking again; it creates and deletes nothing by itself."
        ),
    ),
    "store.unreachable": (
        (
            "{where} に接続できません({cause})。"
            "サーバーが動いているか、場所・ユーザー・パスワードの設定が正しいかを確認してください。"
        ),
        "Cannot reach {where} ({cause}). Check that the server runs, and the configured place, user and password.",
    ),
    "store.read_only": (
        (
            "{where} に書き込めません({cause})。ファイルとフォルダーの権限、空いている場所かどうか、"
            "またはデータベースのユーザーの権限を確認してください。"
        ),
        (
            "{where} cannot be written ({cause}). Check the permissions of the file and its folder, "
            "or the rights of the database user."
        ),
    ),
    "store.full": (
        (
            "{where} の保存先に空きがありません({cause})。空きを作ってから、もう一度実行してください。"
            "途中まで書いた内容は残っていません。前回の続きから始まります。"
        ),
        (
            "There is no space left for {where} ({cause}). Make room and run again. "
            "Nothing half-written was kept; the run goes on from where it was."
        ),
    ),
    "store.busy": (
        "{where} を別のプログラムが使っています({cause})。少し待ってから、もう一度実行してください。",
        "Another program is using {where} ({cause}). Wait a moment and run again.",
    ),
    "store.failed": (
        "{where} の操作に失敗しました({cause})。この内容を添えて管理者に連絡してください。",
        "An operation on {where} failed ({cause}). Show this to whoever looks after the database.",
    ),
    "store.bad_url": (
        (
            "状態の保存先(state:)の書き方が正しくありません。例: sqlite:///state/connector.db、"
            "postgresql://user@host/connector"
        ),
        (
            "The place of the state (state:) cannot be understood. "
            "Examples: sqlite:///state/connector.db, postgresql://user@host/connector"
        ),
    ),
    "store.unsupported": (
        "状態の保存先に {kind} は使えません。sqlite か postgresql を指定してください。",
        "The state cannot be kept in {kind}. Use sqlite or postgresql.",
    ),
    "store.no_driver": (
        "PostgreSQL の部品が入っていません。pip install 'connector[postgresql]' を実行してください。",
        "The PostgreSQL driver is not installed. Run pip install 'connector[postgresql]'.",
    ),
    "store.locked": (
        (
            "別の実行が進行中です: {holder}({since} から)。終わるのを待ってください。"
            "止まっている場合は、{until} を過ぎると引き継げます。"
        ),
        (
            "Another run is at work: {holder} (since {since}). Wait until it has finished. "
            "If it has died, it can be taken over after {until}."
        ),
    ),
    "store.lock_lost": (
        "この実行は途中で別の実行に引き継がれたため、書き込みを止めました。書き込み済みの内容は失われません。",
        "Another run has taken over from this one, so it stopped writing. What it had written is kept.",
    ),
}
