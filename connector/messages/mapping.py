"""Messages: the mapping files and config.yaml. What is wrong, and what to write instead."""

MESSAGES: dict[str, tuple[str, str]] = {
    "mapping.did_you_mean": ("（もしかして: {name}）", " (did you mean {name}?)"),
    # --- YAML
    "mapping.yaml": (
        "YAML として読めません。この行と前の行の字下げ・コロン・引用符を確かめてください: {text}",
        "This is not valid YAML. Check indentation, colons and quotes here and in the line above: {text}",
    ),
    "mapping.yaml_unclosed": (
        "かっこ [ ] {{ }} または引用符が閉じていません。始まりの行: {opened}",
        "A bracket or a quote is not closed. It was opened in: {opened}",
    ),
    "mapping.yaml_brace": (
        '${{...}} をそのまま {{ }} の中に書くことはできません。"${{env:NAME}}" のように引用符で囲んでください: {text}',
        'A bare ${{...}} cannot stand inside {{ }}. Put it in quotes, "${{env:NAME}}": {text}',
    ),
    "mapping.yaml_tab": (
        "タブ文字は字下げに使えません。半角スペースにしてください。",
        "Tabs cannot indent YAML. Use spaces.",
    ),
    "mapping.yaml_fullwidth": (
        "全角のコロン「：」または全角スペースがあります。半角の「: 」と半角スペースにしてください: {text}",
        "There is a full-width colon or space. Write a plain ': ' and plain spaces: {text}",
    ),
    "mapping.yaml_character": (
        "使えない文字（制御文字など）が含まれています。UTF-8 のテキストとして保存し直してください。",
        "There is a character that YAML does not allow. Save the file as UTF-8 text.",
    ),
    "mapping.yaml_large": (
        "ファイルが大きすぎます（上限 {limit} MB）。",
        "The file is too large (the limit is {limit} MB).",
    ),
    "mapping.yaml_deep": (
        "入れ子が深すぎます（上限 {limit} 段）。",
        "The nesting is too deep (the limit is {limit} levels).",
    ),
    "mapping.yaml_documents": (
        "1つのファイルに書けるのは1つだけです。--- より後は別のファイルに分けてください。",
        "One file holds one document. Move what follows --- to a file of its own.",
    ),
    "mapping.yaml_directive": ("% で始まる指定は使えません。削除してください。", "Remove the line that starts with %."),
    "mapping.yaml_alias": (
        (
            "& や * による使い回し（{name}）は使えません。同じ内容をもう一度書いてください。"
            "文字として書きたいときは引用符で囲みます。"
        ),
        "Anchors and aliases ({name}) are not allowed. Write the content out again, or quote it if it is text.",
    ),
    "mapping.yaml_merge": (
        "<< による取り込みは使えません。内容をそのまま書いてください。",
        "The merge key << is not allowed. Write the content out.",
    ),
    "mapping.yaml_tag": (
        "型の指定 {tag} は使えません。文字なら引用符で囲んでください。",
        "The tag {tag} is not allowed. Quote the value if it is text.",
    ),
    "mapping.yaml_key": ("キーは文字で書いてください。", "A key must be plain text."),
    "mapping.yaml_duplicate": (
        "「{key}」が2回書かれています（最初は {first} 行目）。どちらかを消してください。",
        "'{key}' stands here twice (first in line {first}). Remove one.",
    ),
    "mapping.empty_file": ("ファイルが空です。", "The file is empty."),
    "mapping.not_a_mapping_file": (
        "「キー: 値」の並びになっていません: {text}",
        "The file is not a list of 'key: value' lines: {text}",
    ),
    # --- keys and values
    "mapping.unknown_key": (
        "「{name}」という設定はありません。ここに書けるのは: {allowed}",
        "There is no setting '{name}'. Possible here: {allowed}",
    ),
    "mapping.unknown_key_fullwidth": (
        "「{name}」に全角のコロン「：」が入っています。半角の「: 」にしてください。",
        "'{name}' contains a full-width colon. Write a plain ': '.",
    ),
    "mapping.missing_key": ("「{name}」がありません。", "'{name}' is missing."),
    "mapping.blank_value": (
        "値が空です。書くか、この行を消してください。",
        "The value is empty. Fill it in or remove the line.",
    ),
    "mapping.not_table": (
        "ここには「キー: 値」の並びが入ります（今は {value}）。",
        "This must hold 'key: value' lines (it is {value}).",
    ),
    "mapping.not_text": ("ここには文字を1つだけ書きます。", "This must be one piece of text."),
    "mapping.not_boolean": ("true か false を書いてください（今は {value}）。", "Write true or false (it is {value})."),
    "mapping.boolean_trap": (
        "「{value}」は YAML では文字です。{write} と書いてください。",
        "'{value}' is text in YAML. Write {write}.",
    ),
    "mapping.switch": (
        "「{value}」ではなく {write} と書いてください（使えるのは on / off / true / false かオブジェクト名）。",
        "Write {write} instead of '{value}' (on, off, true, false or the name of an object).",
    ),
    "mapping.not_number": ("数値を書いてください（今は {value}）。", "Write a number (it is {value})."),
    "mapping.not_whole": (
        "0 以上の整数を書いてください（今は {value}）。",
        "Write a whole number, 0 or more (it is {value}).",
    ),
    "mapping.repeated": ("「{name}」が重複しています。", "'{name}' is named twice."),
    "mapping.unknown_word": (
        "「{value}」は使えません。使えるのは: {allowed}",
        "'{value}' is not known. Possible: {allowed}",
    ),
    "mapping.bad_value": ("値が正しくありません（{value}）: {why}", "The value is not right ({value}): {why}"),
    "mapping.unknown_condition": (
        "条件「{name}」はありません。使えるのは: {allowed}",
        "There is no condition '{name}'. Possible: {allowed}",
    ),
    # --- flow
    "mapping.flow_missing": (
        "項目「{name}」に flow がありません。例: flow: a <-> b。どこにも配らないときは flow: a -> hub",
        "Field '{name}' has no flow. For example flow: a <-> b, or flow: a -> hub to deliver it nowhere.",
    ),
    "mapping.flow_no_arrow": (
        "「{value}」に矢印がありません。-> か <-> で向きを書いてください。読み取るだけなら {name} -> hub",
        "'{value}' has no arrow. Write the direction with -> or <->; to read it only: {name} -> hub",
    ),
    "mapping.flow_chain": (
        "矢印は1本だけです（{value}）。こう書きます: {write}",
        "Only one arrow is possible ({value}). Write: {write}",
    ),
    "mapping.flow_backwards": (
        "矢印は左から右へ書きます（{value}）。こう書きます: {write}",
        "The arrow points from left to right ({value}). Write: {write}",
    ),
    "mapping.flow_two_way": (
        "<-> の両側にはシステムの名前を書きます（{value}）。computed と hub には -> を使います。",
        "Both sides of <-> must be systems ({value}). Use -> with computed and hub.",
    ),
    "mapping.flow_reserved": (
        "computed は矢印の左、hub は矢印の右にだけ書けます（{value}）。",
        "computed stands only left of the arrow, hub only right of it ({value}).",
    ),
    "mapping.flow_computed_alone": (
        "computed は他のシステムと並べられません（{value}）。",
        "computed cannot stand beside a system ({value}).",
    ),
    "mapping.flow_hub_alone": (
        "hub は他のシステムと並べられません。hub を消してください（{value}）。",
        "hub cannot stand beside a system; leave it out ({value}).",
    ),
    "mapping.flow_to_itself": (
        "「{value}」は自分自身への矢印です。読み取るだけなら {name} -> hub",
        "'{value}' points to itself. To read it only: {name} -> hub",
    ),
    "mapping.flow_gap": ("「{value}」に名前の抜けがあります。", "A name is missing in '{value}'."),
    "mapping.flow_unknown_system": (
        "flow の「{name}」は、この項目の map にありません（あるのは: {allowed}）。",
        "'{name}' in flow is not in this field's map (there are: {allowed}).",
    ),
    "mapping.flow_unmapped": (
        "flow に「{name}」がありますが、map に「{name}」の項目がありません。map に書き足してください。",
        "flow names '{name}', but map has no column for it. Add it to map.",
    ),
    "mapping.unknown_rule": (
        "if_both_changed の「{value}」は使えません。使えるのは: {allowed}（SYSTEM はシステム名）",
        "'{value}' is no rule for if_both_changed. Possible: {allowed} (SYSTEM is the name of a system)",
    ),
    "mapping.rule_not_source": (
        "if_both_changed の「{name}」は、この項目を変えられる側（flow の左側: {allowed}）ではありません。",
        "'{name}' in if_both_changed is no source of this field (sources: {allowed}).",
    ),
    "mapping.rule_order": (
        "選択肢に {rule} を使うには order で順番を書いてください。",
        "To use {rule} on choices, give their order: from least to most.",
    ),
    "mapping.rule_type": (
        "種類 {type} の項目に {rule} は使えません。",
        "{rule} cannot be used on a field of type {type}.",
    ),
    "mapping.computed_rule": (
        "計算する項目に if_both_changed は要りません。消してください。",
        "A computed field needs no if_both_changed. Remove it.",
    ),
    "mapping.computed_flow": (
        "computed: {name} があるので、flow は computed -> で始めてください。",
        "The field is computed ({name}), so its flow must start with computed ->.",
    ),
    "mapping.computed_missing": (
        "flow が computed から始まっていますが、computed: 計算の名前 がありません。",
        "The flow starts with computed, but 'computed: NAME' is missing.",
    ),
    "mapping.empty_not_receiver": (
        "only_into_empty の「{name}」は、この項目を受け取る側（{allowed}）ではありません。",
        "'{name}' in only_into_empty does not receive this field (receivers: {allowed}).",
    ),
    # --- systems, objects, parts, columns
    "mapping.unknown_system": (
        "システム「{name}」は config.yaml にありません（あるのは: {allowed}）。",
        "There is no system '{name}' in config.yaml (there are: {allowed}).",
    ),
    "mapping.unlisted_system": (
        "「{name}」は systems: に書かれていません（あるのは: {allowed}）。",
        "'{name}' is not listed under systems: (there are: {allowed}).",
    ),
    "mapping.reserved_name": (
        "「{name}」はシステムの名前に使えません（computed、hub、矢印やカンマを含む名前）。",
        "'{name}' cannot name a system (computed, hub, or a name with an arrow or a comma).",
    ),
    "mapping.unknown_object": (
        "オブジェクト「{name}」はこのシステムの object: にありません（あるのは: {allowed}）。",
        "'{name}' is not in this system's object: (there are: {allowed}).",
    ),
    "mapping.create_which": (
        "作成先が決まりません。create: に次のどれかを書いてください: {allowed}",
        "It is not clear what to create. Write one of these under create: {allowed}",
    ),
    "mapping.entity_twice": (
        "「{entity}」の対応表はもう {other} にあります。1つのファイルにまとめてください。",
        "'{entity}' is already mapped in {other}. Put both into one file.",
    ),
    "mapping.part_twice": (
        "「{object}」の同じ部分「{part}」が {other} でも使われています。part: で別の名前を付けてください。",
        "The same part '{part}' of '{object}' is used in {other}. Give it another name with part:.",
    ),
    "mapping.column_twice": (
        "列「{column}」には {file} の項目「{other}」も書き込みます。書き込むのはどちらか1つにしてください。",
        "Column '{column}' is also written by field '{other}' of {file}. Only one of them may write it.",
    ),
    "mapping.columns_count": (
        "種類 {type} に書ける列は {most} 個までです（今は {given} 個）。",
        "A field of type {type} takes at most {most} column(s); there are {given}.",
    ),
    "mapping.address_part": (
        "住所の部分「{name}」はありません。使えるのは: {allowed}",
        "There is no address part '{name}'. Possible: {allowed}",
    ),
    "mapping.part_not_reference": (
        "{{part: {name}}} と書けるのは種類 reference の項目だけです。",
        "{{part: {name}}} is only possible on a field of type reference.",
    ),
    "mapping.unknown_part": (
        "同じレコードに、この参照先の部分「{name}」はありません（あるのは: {allowed}）。",
        "The same record has no part '{name}' of the entity this points to (there are: {allowed}).",
    ),
    # --- fields
    "mapping.field_name": (
        "項目名「{name}」は使えません。文字・数字・_ だけにしてください（数字で始めない）。",
        "'{name}' cannot name a field. Use letters, digits and _ only, not starting with a digit.",
    ),
    "mapping.unknown_field": (
        "項目「{name}」は fields: にありません（あるのは: {allowed}）。",
        "There is no field '{name}' under fields: (there are: {allowed}).",
    ),
    "mapping.unknown_cleanse": (
        "整形ルール「{name}」はありません。使えるのは: {allowed}",
        "There is no cleansing rule '{name}'. Possible: {allowed}",
    ),
    "mapping.unknown_computed": (
        "計算する値「{name}」はありません。使えるのは: {allowed}",
        "There is no computed value '{name}'. Possible: {allowed}",
    ),
    "mapping.thresholds": (
        "review_at（{review}）は link_at（{link}）以下にしてください。",
        "review_at ({review}) must not be above link_at ({link}).",
    ),
    "mapping.consent_option": (
        "consent の項目に {name} は使えません。配信停止がいつでも優先されます。",
        "{name} cannot be used on a consent: an opt-out always wins.",
    ),
    "mapping.consent_values": (
        (
            "「{name}」のどの値が配信停止か、values: に書いてください。"
            '例: values: {{{name}: {{"1": opt_out, "0": opt_in}}}}'
        ),
        (
            "Say under values: which value of '{name}' is the opt-out, e.g. "
            'values: {{{name}: {{"1": opt_out, "0": opt_in}}}}'
        ),
    ),
    "mapping.not_consent": (
        "opt_in_from は種類 consent の項目だけに使えます。",
        "opt_in_from is only possible on a field of type consent.",
    ),
    "mapping.opt_in_unmapped": (
        "opt_in_from の「{name}」は、この項目の map にありません（あるのは: {allowed}）。",
        "'{name}' in opt_in_from is not in this field's map (there are: {allowed}).",
    ),
    "mapping.reference_to": (
        "参照の項目「{name}」に to: がありません。例: to: company",
        "Reference '{name}' has no to:, e.g. to: company",
    ),
    "mapping.to_not_reference": (
        "to: は種類 reference の項目だけに使えます。",
        "to: is only possible on a field of type reference.",
    ),
    "mapping.reference_unmapped": (
        "参照先「{to}」の対応表がありません。ファイルを足すか、この項目を消してください。",
        "There is no mapping file for '{to}'. Add one or remove this field.",
    ),
    "mapping.reference_cycle": (
        "参照が循環しています: {circle}。どれか1つを消してください。",
        "The references go round in a circle: {circle}. Remove one of them.",
    ),
    "mapping.values_type": (
        "種類 {type} の項目に values: は使えません（picklist、boolean、consent だけ）。",
        "values: cannot be used on a field of type {type} (only picklist, boolean, consent).",
    ),
    "mapping.values_system": (
        "values: の「{name}」は、この項目の map にありません（あるのは: {allowed}）。",
        "'{name}' under values: is not in this field's map (there are: {allowed}).",
    ),
    "mapping.values_word": (
        "「{name}」ではなく、次のどれかを書いてください: {allowed}",
        "'{name}' must be one of: {allowed}",
    ),
    "mapping.order_type": (
        "種類 {type} の項目に order: は使えません（picklist だけ）。",
        "order: cannot be used on a field of type {type} (only picklist).",
    ),
    "mapping.order_unknown": (
        "order の「{name}」は values: の共通の値にありません（あるのは: {allowed}）。",
        "'{name}' in order is none of the canonical values (there are: {allowed}).",
    ),
    # --- the mapping against the live schema
    "mapping.object_gone": (
        "{system} に「{object}」がありません。名前が変わったか、権限がありません。",
        "{system} has no '{object}'. It was renamed, or it may not be seen.",
    ),
    "mapping.unknown_column": (
        "{system} の「{object}」に項目「{name}」はありません。",
        "'{object}' in {system} has no column '{name}'.",
    ),
    "mapping.ambiguous_label": (
        "{system} の「{object}」には「{name}」という名前の項目が {count} つあります。コードで書いてください: {allowed}",
        "'{object}' in {system} has {count} columns labelled '{name}'. Write the code: {allowed}",
    ),
    "mapping.read_only": (
        "{system} の「{name}」は書き込めない項目です。flow の受け取る側から外してください。",
        "'{name}' in {system} cannot be written. Take it off the receiving side of flow.",
    ),
    "mapping.filled_source": (
        (
            "{system} の「{object}」の「{column}」は、ルックアップ「{key}」が参照先から写した値で、参照先が変わっても"
            "古いまま残ります。{field} の読み取り元にはできません。参照先のアプリの元の項目を map: に書くか、"
            "flow の送る側から {system} を外してください。"
        ),
        (
            "'{column}' in '{object}' of {system} is a copy that the lookup '{key}' made, and stays as it was when its "
            "source changes: {field} cannot be read from it. Map the field of the app that is looked into, or take "
            "{system} off the giving side of flow."
        ),
    ),
    "mapping.required_column": (
        "{system} の「{object}」を作るには「{name}」が必須です。flow で送るか on_create: に固定値を書いてください。",
        "A new '{object}' in {system} needs '{name}'. Deliver it by flow or give a constant under on_create:.",
    ),
    "mapping.no_key_column": (
        (
            "{system} の「{object}」に、重複を禁止した連携キーの項目「{name}」がないため、作成できません。"
            "テキスト項目として追加して重複を禁止し、連携用ユーザーに編集を許すか、create: を off にしてください。"
        ),
        (
            "'{object}' of {system} has no unique '{name}' for our keys, so nothing can be created there. Add it as a "
            "unique text field that the sync user may edit, or set create: off."
        ),
    ),
    "mapping.warn.rarely_filled": (
        (
            "{system} の「{object}」で {field} の読み取り元 {names} に入力があるのは {count} 件中 {percent} だけです。"
            "使われていない項目ではないか、connector fields {system} {object} で確かめてください。"
        ),
        (
            "Of {count} records of '{object}' in {system} only {percent} fill {names}, which {field} is read from. "
            "See with connector fields {system} {object} whether another field is in use."
        ),
    ),
    "mapping.warn.stale_copies": (
        (
            "{system} の「{object}」の「{column}」は、更新の古い {of} 件のうち {count} 件で"
            "参照先「{source}」の今の値と違います（{names}）。ルックアップ「{key}」の「取得」を押して再取得するか、一括で直すときは「{key}」をファイルに"
            "書き出して読み込み直してください。"
        ),
        (
            "'{column}' in '{object}' of {system} is no longer what '{source}' has in {count} of the {of} records that "
            "were left alone for longest ({names}). Look it up again with the button of the lookup '{key}'; for many "
            "at once export '{key}' to a file and import it again."
        ),
    ),
    "mapping.warn.no_key_hubspot": (
        (
            "{system} の「{object}」を作成しますが、連携キーの項目がありません。応答が途絶えた作成は要確認になります。"
            "HubSpot に「値を一意にする」プロパティを作り、config.yaml の key: に書いてください。"
        ),
        (
            "'{object}' is created in {system}, which has no field for our key: a create whose answer is lost is held. "
            "Make a property with unique values in HubSpot and name it as key: in config.yaml."
        ),
    ),
    "mapping.warn.no_key_salesforce": (
        (
            "{system} の「{object}」を作成しますが、連携キーの項目がありません。応答が途絶えた作成は要確認になります。"
            "テキスト・外部ID・ユニークの項目を作り、config.yaml の external_key: に書いてください。"
        ),
        (
            "'{object}' is created in {system}, which has no field for our key: a create whose answer is lost is held. "
            "Make a text field that is an external id and unique, and name it as external_key: in config.yaml."
        ),
    ),
    "mapping.warn.no_key_kintone": (
        (
            "{system} の「{object}」を作成しますが、連携キーの項目がないアプリがあります。"
            "応答が途絶えた作成は要確認になります。"
            "「値の重複を禁止する」文字列（1行）を作り、config.yaml の apps: の key: に書いてください。"
        ),
        (
            "'{object}' is created in {system}, where an app has no field for our key: a create whose answer is lost "
            "is held. Make a one-line text field that prohibits duplicates and name it as key: of the app in "
            "config.yaml."
        ),
    ),
    "mapping.warn.no_key_sql": (
        (
            "{system} の「{object}」を作成しますが、連携キーの列がありません。応答が途絶えた作成は要確認になります。"
            "一意制約のある文字列の列を作り、config.yaml の external_key: に書いてください。"
        ),
        (
            "'{object}' is created in {system}, which has no column for our key: a create whose answer is lost is "
            "held. Add a text column with a unique constraint and name it as external_key: in config.yaml."
        ),
    ),
    "mapping.warn.short_column": (
        "{system} の「{name}」は {most} 文字までです。{other} の {given} 文字は切り詰められることがあります。",
        "'{name}' in {system} holds {most} characters; the {given} of {other} may be cut.",
    ),
    "mapping.warn.unknown_choice": (
        "{system} の「{column}」に選択肢「{name}」はありません（あるのは: {allowed}）。この値は書き込めません。",
        "'{column}' in {system} has no choice '{name}' (there are: {allowed}); it cannot be written.",
    ),
    "mapping.warn.unmapped_choice": (
        "{system} の「{column}」の選択肢 {names} は values: にありません。この値のレコードは要確認になります。",
        "The choices {names} of '{column}' in {system} are not under values:; such records are held.",
    ),
    "mapping.warn.undeliverable_choice": (
        "{system} の「{column}」には {names} に当たる選択肢がありません。この値は書き込めず、要確認になります。",
        "'{column}' in {system} has no choice for {names}; such values cannot be written and are held.",
    ),
}
