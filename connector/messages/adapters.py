"""Messages: adapters. Each says what happened and what to do about it."""

MESSAGES: dict[str, tuple[str, str]] = {
    "adapter.denied": (
        (
            "{system} に接続できますが、認証または権限で拒否されました。パスワード・APIキーの期限と、"
            "連携用ユーザーの参照・更新権限を確認してください。(応答: {answer})"
        ),
        (
            "{system} answers but refuses us. Check that the password or API key is still valid and that the "
            "sync user may read and write this data. (Answer: {answer})"
        ),
    ),
    "adapter.missing_scope": (
        (
            "{system} のアクセストークンに必要な権限(スコープ)がありません。サービスキーまたはアプリの設定で"
            "スコープを追加し、もう一度実行してください。足りないスコープは応答の末尾にあります。(応答: {answer})"
        ),
        (
            "The token for {system} lacks a scope. Add it in the settings of the service key or app, then run again. "
            "The scopes that are missing stand at the end of the answer. (Answer: {answer})"
        ),
    ),
    "adapter.daily_limit": (
        (
            "{system} の 1 日の API 呼び出し上限に達しました。上限はアカウントの時間帯の午前 0 時に戻ります。"
            "続きは次の実行で行います。他の連携も同じ上限を使います。(応答: {answer})"
        ),
        (
            "The calls that {system} allows in a day are used up; other integrations share them. They come back at "
            "midnight of the account's time zone, and the next run goes on from here. (Answer: {answer})"
        ),
    ),
    "adapter.token_file": (
        (
            "{system} の更新トークンのファイル「{file}」を読み書きできません({why})。所有者だけが読み書きできる"
            "権限(0600)にしてください。失われた場合は、アプリを認可し直して refresh_token を設定してください。"
        ),
        (
            "The file '{file}' with the refresh token of {system} cannot be used ({why}). Give only its owner the "
            "right to read and write it (0600). If it was lost, authorise the app again and set refresh_token."
        ),
    ),
    "adapter.no_unique_property": (
        (
            "{system} の「{object}」に、連携キー用のプロパティ「{column}」がないか、値の重複が許可されています({why})。"
            "設定 > プロパティで 1 行テキストのプロパティを作り、作成時に「重複する値を許可しない」を選んでください"
            "(後からは変えられません)。作れない場合は config.yaml から key を外してください。"
        ),
        (
            "'{object}' of {system} has no property '{column}' for our key, or it allows duplicate values ({why}). "
            "Create a single-line text property with unique values (Settings > Properties; it cannot be changed "
            "afterwards), or take key out of config.yaml."
        ),
    ),
    "adapter.refused_call": (
        (
            "{system} が「{object}」の読み取りを受け付けませんでした。"
            "設定とマッピングを確認してください。(応答: {answer})"
        ),
        "{system} does not accept how we read '{object}'. Check the settings and the mapping. (Answer: {answer})",
    ),
    "adapter.unreachable": (
        (
            "{system} に接続できませんでした。時間をおいて自動で再試行します。続く場合は、"
            "ホスト名・ポート・ネットワークと、相手が稼働しているかを確認してください。(応答: {answer})"
        ),
        (
            "{system} cannot be reached. It will be tried again. If this goes on, check host, port and network, "
            "and whether the system is running. (Answer: {answer})"
        ),
    ),
    "adapter.throttled": (
        "{system} が混雑しているか、呼び出し回数の上限に達しました。時間をおいて自動で再試行します。",
        "{system} is busy or its call limit is reached. It will be tried again later.",
    ),
    "adapter.locked": (
        (
            "{system} のデータベースを別のプログラムが使用中で、待ち時間内に空きませんでした。"
            "自動で再試行します。続く場合は、"
            "長時間開いたままの編集画面やバックアップ処理がないか確認してください。(応答: {answer})"
        ),
        (
            "Another program is using the database of {system} and did not let go in time. It will be tried "
            "again. If this goes on, look for an editor left open or a long backup. (Answer: {answer})"
        ),
    ),
    "adapter.no_database": (
        (
            "{system} のデータベースが見つかりません。config.yaml の url(ファイルの場所、"
            "データベース名)を確認してください。ファイルは自動では作られません。(応答: {answer})"
        ),
        (
            "The database of {system} was not found. Check url in config.yaml (path of the file, name of the "
            "database). A file is never created for you. (Answer: {answer})"
        ),
    ),
    "adapter.damaged": (
        (
            "{system} のデータベースを読めません。ファイルが壊れているか、データベースではありません。"
            "書き込みは行っていません。バックアップから戻すか、url が正しいか確認してください。(応答: {answer})"
        ),
        (
            "The database of {system} cannot be read: the file is damaged or is no database. Restore it from a "
            "backup, or check that url is right. (Answer: {answer})"
        ),
    ),
    "adapter.disk_full": (
        (
            "{system} のデータベースに空き容量がありません。書きかけの変更は取り消しました。容量を増やしてから、"
            "もう一度実行してください。(応答: {answer})"
        ),
        (
            "The database of {system} is full. The unfinished batch was rolled back. Make room, then run again. "
            "(Answer: {answer})"
        ),
    ),
    "adapter.read_only": (
        (
            "{system} のデータベースは読み取り専用です。書き込むには、"
            "ファイルや接続ユーザーに書き込み権限を付けてください。"
            "読むだけなら read_only: true を設定してください。(応答: {answer})"
        ),
        (
            "The database of {system} is read-only. Give the file or the user the right to write, or set "
            "read_only: true if it is only to be read. (Answer: {answer})"
        ),
    ),
    "adapter.database_error": (
        (
            "{system} のデータベースがエラーを返しました(表: {table})。管理者に応答の内容を伝えてください。"
            "(応答: {answer})"
        ),
        (
            "The database of {system} answered with an error (table: {table}). Pass the answer on to its "
            "administrator. (Answer: {answer})"
        ),
    ),
    "adapter.no_object": (
        (
            "{system} に「{object}」が見つかりません。名前が変わったか、参照権限がありません。"
            "マッピングの object と config.yaml の tables・apps を確認してください。近い名前: {nearest}"
        ),
        (
            "{system} has no '{object}'. It was renamed, or we may not see it. Check object in the mapping and "
            "tables or apps in config.yaml. Nearest name: {nearest}"
        ),
    ),
    "adapter.no_column": (
        (
            "{system} の「{object}」に項目「{column}」がありません。項目が削除されたか、"
            "名前が変わった可能性があります。マッピングを直すまで、このシステムとの連携を止めます。"
            "近い名前: {nearest}"
        ),
        (
            "'{object}' of {system} has no column '{column}'. It may have been removed or renamed. This system "
            "is left out until the mapping is put right. Nearest name: {nearest}"
        ),
    ),
    "adapter.no_key": (
        (
            "{system} の表「{table}」に主キーがないため、レコードを区別できません。"
            "重複のない項目を tables の key に指定してください。項目: {columns}"
        ),
        (
            "Table '{table}' of {system} has no primary key, so its records cannot be told apart. Name a column "
            "without duplicates as key under tables. Columns: {columns}"
        ),
    ),
    "adapter.no_lookup": (
        (
            "{system} の「{object}」は「{by}」では検索できません。"
            "外部キーの項目を external_key に指定すると検索できます。"
        ),
        "'{object}' of {system} cannot be looked up by '{by}'. Name the column of our key as external_key.",
    ),
    "adapter.foreign_cursor": (
        (
            "{system} の「{object}」の読み取り位置の記録が、いまの設定と合いません(別の表や形式のものです)。"
            "取りこぼしを防ぐため止めました。全件読み直しを実行してください。"
        ),
        (
            "The stored reading position for '{object}' of {system} belongs to another table or format. Reading "
            "stops so that nothing is missed. Read everything again."
        ),
    ),
    "adapter.future_cursor": (
        (
            "{system} の「{object}」の読み取り位置が未来の日時({at})です。取りこぼしを防ぐため止めました。"
            "サーバーの時計を確認し、全件読み直しを実行してください。"
        ),
        (
            "The stored reading position for '{object}' of {system} lies in the future ({at}). Reading stops so "
            "that nothing is missed. Check the server's clock, then read everything again."
        ),
    ),
    "adapter.budget": (
        (
            "{system} の API 呼び出しが、設定した上限({limit} 回、使用済み {used} 回)に達したため、ここで止めました。"
            "他の業務の API を使い切らないための安全装置です。続きは次の実行で行います。"
            "上限は config.yaml で変えられます。"
        ),
        (
            "The calls to {system} have reached the configured limit ({limit}, used {used}), so we stop here: the "
            "rest is left to others who need the same quota. The next run goes on. The limit stands in config.yaml."
        ),
    ),
    "adapter.redirected": (
        (
            "{system} から別の場所({where})へ転送されました。認証情報を他へ渡さないため、転送には従いません。"
            "config.yaml の url が正しいか、ログイン画面やプロキシへ転送されていないか確認してください。"
        ),
        (
            "{system} sends us on to another place ({where}). That is never followed, for it would hand over the "
            "credentials. Check url in config.yaml, and whether a login page or a proxy stands in between."
        ),
    ),
    "adapter.too_large": (
        (
            "{system} の応答が大きすぎます(上限 {limit} バイト)。1 回に読む件数を減らすか、"
            "大きな項目をマッピングから外してください。"
        ),
        (
            "An answer of {system} is larger than {limit} bytes. Read fewer records at a time, or take large "
            "fields out of the mapping."
        ),
    ),
    "adapter.untrusted": (
        (
            "{system} のサーバー証明書を確認できないため、何も送らずに止めました。url の誤り、証明書の期限切れ、"
            "社内プロキシによる通信の検査が考えられます。社内の証明書は OS に登録してください。(応答: {answer})"
        ),
        (
            "The certificate of {system} cannot be verified, so nothing was sent. The url is wrong, the certificate "
            "has expired, or a proxy of your company looks into the traffic: add its certificate to the operating "
            "system. (Answer: {answer})"
        ),
    ),
    "adapter.day_spent": (
        (
            "{system} の一日の API 呼び出し回数を、組織全体で使い切りました。回数は 24 時間で順に戻ります。"
            "次の実行で続けます。毎日起きる場合は、実行の間隔を広げるか、API 回数の追加を検討してください。"
            "(応答: {answer})"
        ),
        (
            "All calls that {system} allows its whole org in a day are used. They come back over 24 hours, and the "
            "next run goes on. If this happens daily, run less often or buy more calls. (Answer: {answer})"
        ),
    ),
    "adapter.call_refused": (
        (
            "{system} の「{object}」への要求が拒否されました。何も変更していません。設定や項目の変更が"
            "なかったか確認し、分からなければ応答を添えて問い合わせてください。(応答: {answer})"
        ),
        (
            "{system} refused a request about '{object}'; nothing was changed. Check whether settings or fields were "
            "changed there; if that does not help, ask, and pass on the answer. (Answer: {answer})"
        ),
    ),
    "adapter.job_failed": (
        "{system} で一括処理のジョブが失敗しました。次の実行でやり直します。(応答: {answer})",
        "A bulk job at {system} failed. The next run tries again. (Answer: {answer})",
    ),
    "adapter.job_slow": (
        (
            "{system} の一括処理が {seconds} 秒で終わらなかったため、取りやめました。次の実行でやり直します。"
            "続く場合は config.yaml の bulk_wait を長くしてください。"
        ),
        (
            "A bulk job at {system} took longer than {seconds} seconds and was given up. The next run tries again. If "
            "this goes on, raise bulk_wait in config.yaml."
        ),
    ),
    "adapter.no_key_field": (
        (
            "{system} の「{object}」に連携キーの項目「{column}」がないため、作成できません。テキスト型で"
            "「ユニーク」と「外部 ID」を付けた項目を作り、連携用ユーザーに参照・編集の権限を付けてください。"
        ),
        (
            "'{object}' of {system} has no field '{column}' for our keys, so no record can be created. Make it: text, "
            "unique, external id, visible and editable for the sync user."
        ),
    ),
    "adapter.key_not_unique": (
        (
            "{system} の「{object}」の連携キー「{column}」が、二重作成を防げる設定になっていません。項目の"
            "「ユニーク」と「外部 ID」を有効にし、連携用ユーザーが編集できるようにしてください。"
        ),
        (
            "The field '{column}' of '{object}' in {system} cannot keep a record from being made twice. Switch on "
            "'unique' and 'external id' for it, and let the sync user edit it."
        ),
    ),
    "adapter.password_ends": (
        (
            "{system} はパスワードで接続しています。Salesforce はこの方式を Summer '27 で終了します。"
            "それまでに外部クライアントアプリ (client_id と client_secret、または JWT) へ切り替えてください。"
        ),
        (
            "{system} is signed in to by password. Salesforce ends this in Summer '27: change over to an external "
            "client app (client_id and client_secret, or JWT) before."
        ),
    ),
    "adapter.key_unfit": (
        (
            "{system} の「{object}」の連携キー「{column}」は、二重登録を防ぐ項目として使えません。"
            "「文字列（1行）」の項目にし、設定の「値の重複を禁止する」にチェックを入れてください。"
        ),
        (
            "'{column}' of '{object}' in {system} cannot hold our key. It must be a single-line text field with "
            "'Prohibit duplicate values' ticked: that is what prevents creating twice."
        ),
    ),
}
