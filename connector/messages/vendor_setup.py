"""Messages: the page that `init` writes for HubSpot, Salesforce and kintone."""

MESSAGES: dict[str, tuple[str, str]] = {
    "page.title": ("{systems} をつなぐ準備", "Connecting {systems}"),
    "page.intro": (
        (
            "`connector init --from {template}` が、mappings/ の対応表から作りました。上から順に進めてください。"
            "表にない項目は、はじめからある標準項目です。使わない項目は、対応表からその項目の段落を消せば作らずに済みます。"
        ),
        (
            "Made by `connector init --from {template}` from the files in mappings/. Go through it from top to bottom. "
            "Fields that are not listed are there already. A field that you do not want need not be created: take its "
            "paragraph out of the mapping file."
        ),
    ),
    # --- fields
    "page.fields": ("項目を作る", "Create the fields"),
    "page.fields.hubspot": (
        "設定 > データ管理 > プロパティ > プロパティを作成。「内部名」を下のコードに合わせます。",
        "Settings > Data Management > Properties > Create property. Make the internal name the code below.",
    ),
    "page.fields.salesforce": (
        (
            "設定 > オブジェクトマネージャー > (オブジェクト) > 項目とリレーション > 新規。"
            "「項目名」を下のコードにします（末尾の __c は自動で付きます）。項目レベルセキュリティで、"
            "連携ユーザーの権限セットに「参照」と「編集」を付けます。標準項目「メール送信除外」"
            "(HasOptedOutOfEmail) も連携ユーザーに見えるようにします。"
        ),
        (
            "Setup > Object Manager > (object) > Fields & Relationships > New. Make the field name the code below "
            "(Salesforce adds __c). In field-level security give the connector's permission set Read and Edit. "
            "The standard field Email Opt Out (HasOptedOutOfEmail) must be visible to it too."
        ),
    ),
    "page.fields.kintone": (
        (
            "アプリの設定 > フォーム。すでに同じ内容の項目があれば作らず、対応表の map: をその項目名に"
            "書き換えてください。最後に「アプリを更新」を押します。"
        ),
        (
            "App settings > Form. Where the app has such a field already, do not create another: write its name into "
            "map: in the mapping file. Press Update App at the end."
        ),
    ),
    "page.fields.later": (
        "対応表でコメントになっている項目を使うときは、次も作ります（すぐには要りません）。",
        "For the fields that stand in comments in the mapping files, create these too (not needed at once).",
    ),
    "page.column.object": ("作る場所", "Where"),
    "page.column.label": ("項目名", "Label"),
    "page.column.code": ("コード", "Code"),
    "page.column.type": ("種類", "Type"),
    "page.column.length": ("長さ", "Length"),
    "page.column.choices": ("選択肢", "Choices"),
    "fields.kind.hubspot.key": (
        "1行テキスト（「このプロパティには固有の値が必要」をオン）",
        "Single-line text, with 'Require unique values' on",
    ),
    "fields.kind.hubspot.text": ("1行テキスト", "Single-line text"),
    "fields.kind.hubspot.number": ("数値", "Number"),
    "fields.kind.hubspot.date": ("日付ピッカー", "Date picker"),
    "fields.kind.hubspot.datetime": ("日時ピッカー", "Date and time picker"),
    "fields.kind.hubspot.check": ("単一チェックボックス", "Single checkbox"),
    "fields.kind.hubspot.choice": ("ドロップダウン選択", "Dropdown select"),
    "fields.kind.salesforce.key": (
        "テキスト（「ユニーク」と「外部 ID」をオン）",
        "Text, with 'Unique' and 'External ID' on",
    ),
    "fields.kind.salesforce.text": ("テキスト", "Text"),
    "fields.kind.salesforce.number": ("数値", "Number"),
    "fields.kind.salesforce.date": ("日付", "Date"),
    "fields.kind.salesforce.datetime": ("日付/時間", "Date/Time"),
    "fields.kind.salesforce.check": ("チェックボックス", "Checkbox"),
    "fields.kind.salesforce.choice": ("選択リスト", "Picklist"),
    "fields.kind.kintone.key": (
        "文字列（1行）（「値の重複を禁止する」をオン）",
        "Text, with 'Prohibit duplicate values' on",
    ),
    "fields.kind.kintone.text": ("文字列（1行）", "Text"),
    "fields.kind.kintone.number": ("数値", "Number"),
    "fields.kind.kintone.date": ("日付", "Date"),
    "fields.kind.kintone.datetime": ("日時", "Date and time"),
    "fields.kind.kintone.check": ("チェックボックス", "Check box"),
    "fields.kind.kintone.choice": ("ドロップダウン", "Drop-down"),
    "fields.kind.kintone.lookup": (
        "ルックアップ（顧客管理の レコード番号 から）",
        "Lookup (from レコード番号, the record number, of 顧客管理)",
    ),
    "fields.kind.kintone.user": ("ユーザー選択", "User selection"),
    # --- keys
    "page.key.hubspot": ("サービスキーを作る", "Create a service key"),
    "page.steps.hubspot": (
        (
            "設定 > 連携 > サービスキー > サービスキーを作成（以前からの非公開アプリがあれば、"
            "そのトークンでも構いません）。\n"
            "名前を「connector」とし、下のスコープだけを選びます。\n"
            "作成して、表示されたキーを写します。"
        ),
        (
            "Settings > Integrations > Service keys > Create service key (the token of an existing private app will "
            "do as well).\n"
            "Call it 'connector' and choose the scopes below, nothing else.\n"
            "Create it, and copy the key that is shown."
        ),
    ),
    "page.rights.hubspot": ("必要なスコープはこれだけです。", "These scopes are all that it needs."),
    "page.rights.opt_out": (
        (
            "ほかのシステムの配信停止を HubSpot に届けるため。Marketing Hub Enterprise なら "
            "communication_preferences.statuses.batch.write も選ぶと、まとめて送れます。"
        ),
        (
            "to bring opt-outs of other systems to HubSpot. With Marketing Hub Enterprise choose "
            "communication_preferences.statuses.batch.write too: they are then sent a hundred at a time."
        ),
    ),
    "page.keep.hubspot": (
        "キーは環境変数で渡します。config.yaml には書きません。",
        "The key is given as an environment variable, never in config.yaml.",
    ),
    "page.key.salesforce": ("外部クライアントアプリを作る", "Create an external client app"),
    "page.steps.salesforce": (
        (
            "連携専用のユーザーを1人作ります（Salesforce Integration ライセンスで足ります）。"
            "下の権限だけの権限セットを作り、そのユーザーに割り当てます。\n"
            "設定 > 外部クライアントアプリマネージャー > 新規。OAuth を有効にし、スコープは"
            "「API を使用してユーザーデータを管理 (api)」だけにします。\n"
            "「クライアントログイン情報フローを有効化」をオンにし、ポリシーの「実行ユーザー」にそのユーザーを選びます。\n"
            "コンシューマー鍵とコンシューマーの秘密を写します。\n"
            "設定 > 私のドメイン の URL を config.yaml の salesforce: url: に書きます。"
        ),
        (
            "Create a user for the connector alone (a Salesforce Integration licence is enough), and a permission set "
            "with the rights below, assigned to that user.\n"
            "Setup > External Client App Manager > New. Enable OAuth with one scope: Manage user data via APIs (api).\n"
            "Turn on Enable Client Credentials Flow, and choose that user as Run As in the policies.\n"
            "Copy the consumer key and the consumer secret.\n"
            "Write the URL of Setup > My Domain into config.yaml, salesforce: url:."
        ),
    ),
    "page.rights.salesforce": (
        "権限セットのオブジェクト権限はこれだけです（「すべて表示」は、他の人のレコードも連携するために要ります）。",
        "Object permissions of the permission set (View All Records, so that everybody's records take part):",
    ),
    "page.right.read": ("参照・すべてのレコードの参照", "Read and View All Records"),
    "page.right.edit": ("編集", "Edit"),
    "page.right.create_later": (
        "（対応表で create: を使うときだけ「作成」も）",
        " (and Create, only once create: is used in the mapping file)",
    ),
    "page.keep.salesforce": (
        "鍵と秘密は環境変数で渡します。config.yaml には書きません。",
        "Key and secret are given as environment variables, never in config.yaml.",
    ),
    "page.key.kintone": ("APIトークンを作る", "Create API tokens"),
    "page.steps.kintone": (
        (
            "アプリごとに、アプリの設定 > 設定 > APIトークン > 生成する。\n"
            "下のアクセス権だけにチェックを付けて保存します。\n"
            "「アプリを更新」を押します（押すまでトークンは使えません）。\n"
            "config.yaml の kintone: に、url とアプリ番号（アプリの URL の /k/ の後の数字）を書きます。"
        ),
        (
            "In each app: App settings > Settings > API Token > Generate.\n"
            "Tick the rights below, nothing else, and save.\n"
            "Press Update App: a token works only after that.\n"
            "Write the url and the app numbers (the number after /k/ in an app's address) into config.yaml, kintone:."
        ),
    ),
    "page.rights.kintone": ("トークンのアクセス権はこれだけです。", "These are all the rights of the tokens."),
    "page.right.k_read": ("レコード閲覧", "View records"),
    "page.right.k_edit": ("レコード編集", "Edit records"),
    "page.right.k_add_later": (
        "（対応表で create: を使うときだけ「レコード追加」も）",
        " (and Add records, only once create: is used in the mapping file)",
    ),
    "page.keep.kintone": (
        "トークンは環境変数で渡します。config.yaml には書きません。",
        "Tokens are given as environment variables, never in config.yaml.",
    ),
    # --- the end
    "page.last": ("確かめて、始める", "Check, and begin"),
    "page.last.steps": (
        (
            "`connector check` で、接続・項目・選択肢を確かめます。間違いは行番号つきで出ます。\n"
            "mappings/ の対応表を読み、`enabled: true` にします。\n"
            "`connector diff` で予定を見ます。まだ何も書き込みません。\n"
            "`connector sync` を実行します。初回は紐づけだけで、どのシステムにも書き込みません。\n"
            "もう一度 `connector diff` を見て、よければ `connector apply` か `connector sync` で反映します。"
            "少しだけ試すなら `--first 20` を付けます。"
        ),
        (
            "`connector check` proves connections, fields and choices; mistakes are named with their line.\n"
            "Read the files in mappings/ and set `enabled: true`.\n"
            "`connector diff` shows what would happen. Nothing is written.\n"
            "Run `connector sync`. The first run only links and writes to no system.\n"
            "Look at `connector diff` again, then `connector apply` or `connector sync`; "
            "`--first 20` tries a few records only."
        ),
    ),
}
