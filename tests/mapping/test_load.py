"""The mapping file: what is read, and every wrong input with its findings, lines and nearest names."""

# ruff: noqa: E501  one row per case
from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.cleanse import RULES
from connector.errors import ConfigError, Finding
from connector.mapping.load import load_mappings, render
from connector.mapping.model import Choose, Condition, EntityMapping, OnBlank, SameRecord, Wins
from connector.mapping.model import Test as Where
from connector.messages import catalogue
from connector.model import Entity, FieldType

SYSTEMS = ("hubspot", "salesforce", "kintone")
COMPUTED = ("deals.latest.stage", "deals.latest.lost_reason")

BASE = """\
entity: person
enabled: false
systems:
  hubspot: {object: contacts}
  salesforce: {object: [Contact, Lead], create: off}
  kintone: {object: 顧客管理, part: 担当者, where: {取引区分: {not: [退会]}}}
match:
  identifiers: [email, [name, phone]]
  care: cautious
fields:
  name:
    type: person_name
    map: {hubspot: [lastname, firstname], salesforce: [LastName, FirstName], kintone: 担当者名}
    flow: hubspot <-> salesforce
    if_both_changed: salesforce wins
  email: {type: email, map: {hubspot: email, salesforce: Email}, flow: hubspot <-> salesforce}
  phone:
    type: phone
    map: {hubspot: phone, salesforce: Phone}
    flow: hubspot <-> salesforce
    only_into_empty: [salesforce]
    on_blank: keep
  score: {type: integer, map: {hubspot: score, salesforce: Score__c, kintone: MAスコア}, flow: "hubspot -> salesforce, kintone"}
  stage: {type: text, computed: deals.latest.stage, map: {hubspot: stage}, flow: computed -> hubspot}
"""
COMPANY = """\
entity: company
systems:
  salesforce: {object: Account}
  kintone: {object: 顧客管理, part: 会社}
fields:
  name: {type: text, map: {salesforce: Name, kintone: 会社名}, flow: salesforce <-> kintone}
"""


def load(*texts: str, systems: tuple[str, ...] | None = SYSTEMS) -> tuple[EntityMapping, ...]:
    files = {f"{i}.yaml": text for i, text in enumerate(texts)}
    return load_mappings(files, systems=systems, rules=RULES, computed=COMPUTED)


def findings(*texts: str) -> list[Finding]:
    with pytest.raises(ConfigError) as caught:
        load(*texts)
    for finding in caught.value.findings:
        for lang in ("ja", "en"):
            line = render(finding, lang)
            assert "?" not in line.replace("did you mean", "").replace("?)", ")"), line
            assert finding.message not in line
            assert line.startswith(f"{finding.file}:")
        assert finding.message in catalogue()
    return list(caught.value.findings)


def changed(old: str, new: str, base: str = BASE) -> str:
    assert base.count(old) >= 1, old
    return base.replace(old, new, 1)


def field(spec: str) -> str:
    return BASE + f"  extra: {spec}\n"


def test_a_good_file_compiles() -> None:
    (person,) = load(BASE)
    assert person.entity is Entity.PERSON and not person.enabled and person.file == "0.yaml"
    assert [o.place for o in person.objects] == [
        ("hubspot", "contacts", ""),
        ("salesforce", "Contact", ""),
        ("salesforce", "Lead", ""),
        ("kintone", "顧客管理", "担当者"),
    ]
    name = person.fields["name"]
    assert name.type is FieldType.PERSON_NAME and name.rule == Wins("salesforce") and name.line == 11
    assert name.sources == name.receivers == {"hubspot", "salesforce"}
    assert person.at("kintone", "顧客管理", "担当者").columns["name"] == ("担当者名",)
    assert person.at("kintone", "顧客管理", "担当者").where == (Condition("取引区分", Where.NOT, ("退会",)),)
    assert person.fields["email"].rule is Choose.ASK and person.fields["phone"].on_blank is OnBlank.KEEP
    assert person.fields["score"].receivers == {"salesforce", "kintone"}
    assert person.fields["stage"].sources == {"computed"}
    assert person.match.identifiers == (("email",), ("name", "phone"))


def test_columns_by_object_address_parts_and_other_parts() -> None:
    person = BASE + (
        "  place: {type: address, map: {hubspot: {postal_code: zip, city: city},"
        " salesforce: {Contact: [MZip, MState, MCity, MStreet], Lead: {city: City}}, kintone: 住所}, flow: hubspot -> salesforce}\n"
        "  company: {type: reference, to: company, map: {salesforce: {Contact: AccountId}, kintone: {part: 会社}},"
        " flow: salesforce -> hub}\n"
    )
    _, mapping = load(COMPANY, person)
    assert mapping.at("hubspot", "contacts").columns["place"] == ("zip", "", "city", "", "")
    assert mapping.at("salesforce", "Contact").columns["place"] == ("MZip", "MState", "MCity", "MStreet", "")
    assert mapping.at("salesforce", "Lead").columns["place"] == ("", "", "City", "", "")
    assert mapping.at("kintone", "顧客管理", "担当者").columns["place"] == ("住所",)
    assert mapping.at("kintone", "顧客管理", "担当者").columns["company"] == SameRecord("会社")
    assert "company" not in mapping.at("salesforce", "Lead").columns
    assert mapping.fields["company"].receivers == frozenset()


@pytest.mark.parametrize(
    ("written", "conditions"),
    [
        ("{x: a}", [Condition("x", Where.EQUALS, ("a",))]),
        ("{x: no}", [Condition("x", Where.EQUALS, ("no",))]),
        ("{x: 0123}", [Condition("x", Where.EQUALS, ("0123",))]),
        ("{x: true}", [Condition("x", Where.EQUALS, ("true",))]),
        ("{x: [a, 1]}", [Condition("x", Where.ONE_OF, ("a", "1"))]),
        ("{x: {not: [a]}}", [Condition("x", Where.NOT, ("a",))]),
        ("{x: {not: a}}", [Condition("x", Where.NOT, ("a",))]),
        ("{x: {empty: true}}", [Condition("x", Where.EMPTY)]),
        ("{x: {empty: false}}", [Condition("x", Where.FILLED)]),
        ("{x: {filled: true, not: [a]}}", [Condition("x", Where.FILLED), Condition("x", Where.NOT, ("a",))]),
    ],
)
def test_where(written: str, conditions: list[Condition]) -> None:
    (mapping,) = load(changed("{object: contacts}", f"{{object: contacts, where: {written}}}"))
    assert list(mapping.at("hubspot", "contacts").where) == conditions


def test_where_and_owner_by_object() -> None:
    (mapping,) = load(
        changed(
            "{object: [Contact, Lead], create: off}",
            "{object: [Contact, Lead], where: {a: b, Lead: {IsConverted: false}}, owner: {Lead: OwnerId}}",
        )
    )
    assert [c.column for c in mapping.at("salesforce", "Contact").where] == ["a"]
    assert [c.column for c in mapping.at("salesforce", "Lead").where] == ["a", "IsConverted"]
    assert mapping.at("salesforce", "Lead").owner == "OwnerId" and mapping.at("salesforce", "Contact").owner == ""


@pytest.mark.parametrize(
    ("written", "creates"),
    [("off", []), ("false", []), ("Lead", ["Lead"]), ("Contact", ["Contact"])],
)
def test_create(written: str, creates: list[str]) -> None:
    text = changed("create: off}", f"create: {written}, on_create: {{A: 5, B: no, C: true, D: '5', E: 007}}}}")
    (mapping,) = load(text)
    assert [o.object for o in mapping.objects if o.create] == creates
    constants = mapping.at("salesforce", creates[0] if creates else "Lead").on_create
    assert constants == {"A": 5, "B": "no", "C": True, "D": "5", "E": "007"}


@pytest.mark.parametrize("arrow", ["<->", "⇔", "↔", " <-> "])
def test_arrows_of_a_japanese_keyboard(arrow: str) -> None:
    assert load(changed("flow: hubspot <-> salesforce", f"flow: hubspot{arrow}salesforce")) == load(BASE)


def test_consent_has_every_system_as_source() -> None:
    spec = (
        "{type: consent, map: {hubspot: o, salesforce: O}, flow: hubspot -> salesforce, opt_in_from: [hubspot],"
        ' values: {hubspot: {"true": opt_out}, salesforce: {1: opt_out, 0: opt_in}}}'
    )
    (mapping,) = load(field(spec))
    extra = mapping.fields["extra"]
    assert extra.sources == {"hubspot", "salesforce"} and extra.receivers == {"salesforce"}
    assert extra.rule is Choose.STRICTEST and extra.values["salesforce"] == {"1": "opt_out", "0": "opt_in"}


def test_the_fingerprint_ignores_enabled_comments_and_layout() -> None:
    (base,) = load(BASE)
    (same,) = load(
        "# a comment\n\n"
        + changed("enabled: false", "enabled: true").replace("{object: contacts}", "\n    object:   'contacts'  # x")
    )
    assert base.fingerprint == same.fingerprint and same.enabled
    (other,) = load(changed("on_blank: keep", "on_blank: clear"))
    assert other.fingerprint != base.fingerprint


def test_parents_come_first_and_a_parent_company_is_no_circle() -> None:
    company = (
        COMPANY + "  parent: {type: reference, to: company, map: {salesforce: ParentId}, flow: salesforce -> hub}\n"
    )
    person = BASE + "  company: {type: reference, to: company, map: {salesforce: AccountId}, flow: salesforce -> hub}\n"
    assert [m.entity for m in load(person, company)] == [Entity.COMPANY, Entity.PERSON]


Row = tuple[str, list[tuple[str, int | None, str | None]]]

WRONG: dict[str, Row] = {
    # --- YAML
    "empty": ("", [("mapping.empty_file", 1, None)]),
    "list": ("- a\n- b\n", [("mapping.not_a_mapping_file", 1, None)]),
    "full-width colon": ("entity：person\n", [("mapping.yaml_fullwidth", 1, None)]),
    "full-width colon among others": (changed("    on_blank: keep", "    on_blank：keep"), [("mapping.yaml_fullwidth", 23, None)]),
    "tab": (changed("    on_blank", "\ton_blank"), [("mapping.yaml_tab", 22, None)]),
    "open bracket": (changed("{object: contacts}", "{object: contacts"), [("mapping.yaml_unclosed", 5, None)]),
    "open quote": (BASE + '  x: "abc\n', [("mapping.yaml_unclosed", 26, None)]),
    "dollar brace": (changed("{object: contacts}", "{object: ${X}}"), [("mapping.yaml_brace", 4, None)]),
    "indentation": (changed("    on_blank: keep", "   on_blank: keep"), [("mapping.yaml", 22, None)]),
    "duplicate": (changed("    on_blank: keep", "    on_blank: keep\n    type: phone"), [("mapping.yaml_duplicate", 23, None)]),
    "anchor": (changed("[lastname, firstname]", "&x [lastname, firstname]"), [("mapping.yaml_alias", 13, None)]),
    "alias": (changed("type: phone", "type: *x"), [("mapping.yaml_alias", 18, None)]),
    "merge": (changed("type: phone", "<<: {type: phone}"), [("mapping.yaml_merge", 18, None)]),
    "tag": (changed("type: phone", "type: !!python/object:os.system phone"), [("mapping.yaml_tag", 18, None)]),
    "directive": ("%YAML 1.1\n---\n" + BASE, [("mapping.yaml_directive", 2, None)]),
    "two documents": (BASE + "---\nentity: deal\n", [("mapping.yaml_documents", 25, None)]),
    "deep": ("entity: " + "[" * 25 + "]" * 25, [("mapping.yaml_deep", 1, None)]),
    "large": ("# " + "x" * 1_000_001, [("mapping.yaml_large", None, None)]),
    "control character": ("entity: per\x00son\n", [("mapping.yaml_character", 1, None)]),
    "a list as key": (changed("care:", "? [care]\n  :"), [("mapping.yaml_key", 9, None)]),
    # --- keys and values
    "unknown key": (changed("on_blank", "on_blnk"), [("mapping.unknown_key", 22, "on_blank")]),
    "unknown key at the top": (changed("enabled:", "enabeld:"), [("mapping.unknown_key", 2, "enabled")]),
    "unknown key in a system": (changed("part: 担当者", "prat: 担当者"), [("mapping.unknown_key", 6, "part")]),
    "unknown key in match": (changed("care:", "caer:"), [("mapping.unknown_key", 9, "care")]),
    "no entity": (changed("entity: person\n", ""), [("mapping.missing_key", 1, None)]),
    "unknown entity": (changed("person", "persons"), [("mapping.unknown_word", 1, "person")]),
    "no type": (changed("    type: phone\n", ""), [("mapping.missing_key", 17, None)]),
    "unknown type": (changed("type: phone", "type: phon"), [("mapping.unknown_word", 18, "phone")]),
    "no is not false": (changed("enabled: false", "enabled: no"), [("mapping.boolean_trap", 2, None)]),
    "quoted false": (changed("enabled: false", 'enabled: "false"'), [("mapping.not_boolean", 2, None)]),
    "create: no": (changed("create: off", "create: no"), [("mapping.switch", 5, None)]),
    "create: On": (changed("create: off", "create: On"), [("mapping.switch", 5, None)]),
    "blank value": (changed("type: phone", "type:"), [("mapping.blank_value", 18, None)]),
    "no fields": (BASE[: BASE.index("fields:")] + "fields: {}\n", [("mapping.unknown_field", 8, None)] * 3 + [("mapping.blank_value", 10, None)]),
    "fields as a list": (BASE[: BASE.index("fields:")] + "fields: [a]\n", [("mapping.not_table", 10, None)]),
    "map as text": (changed("map: {hubspot: phone, salesforce: Phone}", "map: phone"), [("mapping.not_table", 19, None)]),
    "field as text": (field("text"), [("mapping.not_table", 25, None)]),
    "a table for a column": (field("{type: text, map: {hubspot: {contacts: {a: b}}}, flow: hubspot -> hub}"), [("mapping.not_text", 25, None)]),
    "column named twice": (changed("[lastname, firstname]", "[lastname, lastname]"), [("mapping.repeated", 13, None)]),
    "on_blank: clera": (changed("on_blank: keep", "on_blank: clera"), [("mapping.unknown_word", 22, "clear")]),
    "unknown condition": (changed("{not: [退会]}", "{nto: [退会]}"), [("mapping.unknown_condition", 6, "not")]),
    "condition with no": (changed("{not: [退会]}", "{empty: yes}"), [("mapping.boolean_trap", 6, None)]),
    "weight as text": (changed("care: cautious", "advanced: {link_at: high}"), [("mapping.not_number", 9, None)]),
    "thresholds": (changed("care: cautious", "advanced: {link_at: 5, review_at: 9}"), [("mapping.thresholds", 9, None)]),
    # --- flow
    "no flow": (changed("    flow: hubspot <-> salesforce\n    only", "    only"), [("mapping.flow_missing", 17, None)]),
    "no arrow": (changed("flow: computed -> hubspot", "flow: hubspot"), [("mapping.flow_no_arrow", 24, None)]),
    "chain": (changed("flow: hubspot <-> salesforce\n    if", "flow: hubspot <-> salesforce -> kintone\n    if"), [("mapping.flow_chain", 14, None)]),
    "backwards": (changed("computed -> hubspot", "hubspot <- computed"), [("mapping.flow_backwards", 24, None)]),
    "computed two-way": (changed("computed -> hubspot", "computed <-> hubspot"), [("mapping.flow_two_way", 24, None)]),
    "to computed": (changed("computed -> hubspot", "hubspot -> computed"), [("mapping.flow_reserved", 24, None)]),
    "computed and a system": (changed("computed -> hubspot", "'computed, kintone -> hubspot'"), [("mapping.flow_computed_alone", 24, None)]),
    "hub and a system": (changed('"hubspot -> salesforce, kintone"', '"hubspot -> hub, kintone"'), [("mapping.flow_hub_alone", 23, None)]),
    "to itself": (changed("computed -> hubspot", "hubspot -> hubspot"), [("mapping.flow_to_itself", 24, None)]),
    "gap": (changed('"hubspot -> salesforce, kintone"', '"hubspot -> salesforce,"'), [("mapping.flow_gap", 23, None)]),
    "system twice in flow": (changed('"hubspot -> salesforce, kintone"', '"hubspot -> kintone, kintone"'), [("mapping.repeated", 23, None)]),
    "flow with an unknown system": (changed("flow: hubspot <-> salesforce\n    only", "flow: hubspot <-> salesforc\n    only"), [("mapping.flow_unknown_system", 20, "salesforce"), ("mapping.empty_not_receiver", 21, "salesforc")]),
    "receiver without map": (changed("flow: hubspot <-> salesforce\n    only", "flow: hubspot -> salesforce, kintone\n    only"), [("mapping.flow_unmapped", 20, None)]),
    # --- rules
    "unknown rule": (changed("salesforce wins", "newset"), [("mapping.unknown_rule", 15, "newest")]),
    "rule names no source": (changed("salesforce wins", "kintone wins"), [("mapping.rule_not_source", 15, None)]),
    "rule of a misspelt system": (changed("salesforce wins", "salesfroce wins"), [("mapping.rule_not_source", 15, "salesforce")]),
    "max of text": (changed("salesforce wins", "max"), [("mapping.rule_type", 15, None)]),
    "strictest without order": (field("{type: picklist, map: {hubspot: a, salesforce: b}, flow: hubspot <-> salesforce, if_both_changed: strictest}"), [("mapping.rule_order", 25, None)]),
    "only_into_empty of a source": (changed("only_into_empty: [salesforce]", "only_into_empty: [kintone]"), [("mapping.empty_not_receiver", 21, None)]),
    "computed with a rule": (changed("computed -> hubspot}", "computed -> hubspot, if_both_changed: newest}"), [("mapping.computed_rule", 24, None)]),
    "computed without its flow": (changed("flow: computed -> hubspot", "flow: hubspot -> hub"), [("mapping.computed_flow", 24, None)]),
    "flow of nothing computed": (changed("computed: deals.latest.stage, ", ""), [("mapping.computed_missing", 24, None)]),
    "unknown computed value": (changed("deals.latest.stage", "deals.latest.stag"), [("mapping.unknown_computed", 24, "deals.latest.stage")]),
    "unknown cleansing rule": (field("{type: text, cleanse: [trim, widht], map: {hubspot: a}, flow: hubspot -> hub}"), [("mapping.unknown_cleanse", 25, "width")]),
    "unknown field in identifiers": (changed("[name, phone]", "[name, phne]"), [("mapping.unknown_field", 8, "phone")]),
    "unknown field in weights": (changed("care: cautious", "advanced: {weights: {emali: 3}}"), [("mapping.unknown_field", 9, "email")]),
    "field name": (BASE.replace("  score:", "  ma-score:"), [("mapping.field_name", 23, None)]),
    # --- systems and columns
    "unknown system": (changed("hubspot: {object", "hubspt: {object"), [("mapping.unknown_system", 4, "hubspot")] + [("mapping.unlisted_system", n, "hubspt") for n in (13, 16, 19, 23, 24)]),
    "reserved system": (changed("hubspot: {object: contacts}", "hubspot: {object: contacts}\n  hub: {object: x}"), [("mapping.reserved_name", 5, None)]),
    "map names an unlisted system": (changed("map: {hubspot: stage}", "map: {hubspot: stage, hubsopt: x}"), [("mapping.unlisted_system", 24, "hubspot")]),
    "create which": (changed("create: off", "create: on"), [("mapping.create_which", 5, None)]),
    "create unknown": (changed("create: off", "create: Laed"), [("mapping.unknown_object", 5, "Lead")]),
    "object in map": (changed("salesforce: Phone", "salesforce: {Contcat: Phone}"), [("mapping.unknown_object", 19, "Contact")]),
    "object in where": (changed("create: off", "where: {Laed: {a: b}}"), [("mapping.unknown_object", 5, "Lead")]),
    "too many columns": (changed("hubspot: phone,", "hubspot: [phone, mobile],"), [("mapping.columns_count", 19, None)]),
    "address part": (field("{type: address, map: {hubspot: {postal_cod: a, city: b}}, flow: hubspot -> hub}"), [("mapping.address_part", 25, "postal_code")]),
    "part of no reference": (changed("kintone: 担当者名", "kintone: {part: 会社}"), [("mapping.part_not_reference", 13, None)]),
    "column written twice": (field("{type: text, map: {hubspot: phone, kintone: x}, flow: kintone -> hubspot}"), [("mapping.column_twice", 25, None)]),
    # --- consent, references, choices
    "opt_in_from elsewhere": (changed("on_blank: keep", "opt_in_from: [hubspot]"), [("mapping.not_consent", 22, None)]),
    "consent without values": (field("{type: consent, map: {hubspot: a}}"), [("mapping.consent_values", 25, None)]),
    "consent with options": (field("{type: consent, map: {hubspot: a}, values: {hubspot: {y: opt_out}}, if_both_changed: newest, on_blank: clear}"), [("mapping.consent_option", 25, None)] * 2),
    "consent word": (field("{type: consent, map: {hubspot: a}, values: {hubspot: {y: opt_out, n: optin}}}"), [("mapping.values_word", 25, "opt_in")]),
    "opt_in_from unmapped": (field("{type: consent, map: {hubspot: a}, values: {hubspot: {y: opt_out}}, opt_in_from: kintone}"), [("mapping.opt_in_unmapped", 25, None)]),
    "reference without to": (field("{type: reference, map: {salesforce: a}, flow: salesforce -> hub}"), [("mapping.reference_to", 25, None)]),
    "reference to what is not mapped": (field("{type: reference, to: company, map: {salesforce: a}, flow: salesforce -> hub}"), [("mapping.reference_unmapped", 25, None)]),
    "to without reference": (changed("on_blank: keep", "to: company"), [("mapping.to_not_reference", 22, None), ("mapping.reference_unmapped", 22, None)]),
    "values of text": (field("{type: text, map: {hubspot: a}, values: {hubspot: {a: b}}, flow: hubspot -> hub}"), [("mapping.values_type", 25, None)]),
    "values of an unmapped system": (field("{type: picklist, map: {hubspot: a}, values: {hubspt: {a: b}}, flow: hubspot -> hub}"), [("mapping.values_system", 25, "hubspot")]),
    "boolean word": (field("{type: boolean, map: {hubspot: a}, values: {hubspot: {a: ture}}, flow: hubspot -> hub}"), [("mapping.values_word", 25, "true")]),
    "order of text": (field("{type: text, map: {hubspot: a}, order: [a, b], flow: hubspot -> hub}"), [("mapping.order_type", 25, None)]),
    "order unknown": (field("{type: picklist, map: {hubspot: a}, values: {hubspot: {x: won}}, order: [wno], flow: hubspot -> hub}"), [("mapping.order_unknown", 25, "won")]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_wrong(case: str) -> None:
    text, expected = WRONG[case]
    assert [(f.message, f.line, f.nearest) for f in findings(text)] == expected


def test_across_files() -> None:
    assert ("mapping.entity_twice", "1.yaml", 1) in [(f.message, f.file, f.line) for f in findings(BASE, BASE)]
    deal = COMPANY.replace("entity: company", "entity: deal")
    assert ("mapping.part_twice", "1.yaml", 4) in [(f.message, f.file, f.line) for f in findings(COMPANY, deal)]
    twice = (
        COMPANY.replace("part: 会社", "part: 商談")
        .replace("entity: company", "entity: deal")
        .replace("Account", "Opportunity")
    )
    assert [(f.message, f.file, f.line, f.facts["column"]) for f in findings(COMPANY, twice)] == [
        ("mapping.column_twice", "1.yaml", 6, "会社名")
    ]


def test_references_in_a_circle() -> None:
    company = COMPANY + "  main: {type: reference, to: person, map: {salesforce: X}, flow: salesforce -> hub}\n"
    person = BASE + "  company: {type: reference, to: company, map: {salesforce: Y}, flow: salesforce -> hub}\n"
    (found,) = findings(company, person)
    assert found.message == "mapping.reference_cycle" and found.facts["circle"].count("->") == 2


def test_an_unknown_part() -> None:
    person = BASE + "  company: {type: reference, to: company, map: {kintone: {part: 会杜}}, flow: kintone -> hub}\n"
    (found,) = findings(COMPANY, person)
    assert (found.message, found.line) == ("mapping.unknown_part", 25)


def test_every_finding_of_every_file_at_once() -> None:
    text = (
        changed("type: phone", "type: phon")
        .replace("enabled: false", "enabled: no")
        .replace("[name, phone]", "[nmae, phone]")
    )
    other = COMPANY.replace("Account", "[Account, X], create: on")
    found = [(f.file, f.line, f.message) for f in findings(text, other, "a: [")]
    assert found == [
        ("0.yaml", 2, "mapping.boolean_trap"),
        ("0.yaml", 8, "mapping.unknown_field"),
        ("0.yaml", 18, "mapping.unknown_word"),
        ("1.yaml", 3, "mapping.create_which"),
        ("2.yaml", 1, "mapping.yaml_unclosed"),
    ]


def test_both_languages() -> None:
    (found,) = findings(changed("on_blank", "on_blnk"))
    assert render(found, "ja").startswith("0.yaml:22:5: 「on_blnk」という設定はありません。")
    assert render(found, "ja").endswith("（もしかして: on_blank）")
    assert render(found, "en").endswith("(did you mean on_blank?)")


PIECES = st.sampled_from(
    [
        "entity",
        "person",
        "enabled",
        ":",
        "-",
        "[",
        "]",
        "{",
        "}",
        ",",
        "\n",
        "\t",
        "#",
        "&",
        "*",
        "!",
        "|",
        ">",
        "'",
        '"',
        "%",
        "@",
        "`",
        "on",
        "off",
        "no",
        "true",
        "${X}",
        "名前",
        "：",
        "\u3000",
        "\x00",
        "�",
        "<<",
        "?",
        "~",
        "0",
        "1e9",
        "->",
        "<->",
    ]
    + [
        " ",
        "  ",
        "\n",
        "\n  ",
        ": ",
        "fields:\n  x:\n    ",
        "systems:\n  a: {object: b}\n",
        "type: text",
        "map: {a: b}",
        "flow: a -> hub",
    ]
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=60))
def test_no_text_raises_anything_but_config_error(text: str) -> None:
    try:
        load(text)
    except ConfigError as error:
        for finding in error.findings:
            assert render(finding, "ja") and render(finding, "en")


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(BASE)), st.integers(0, 12), PIECES)
def test_no_slip_in_a_good_file_raises_anything_else(at: int, gone: int, piece: str) -> None:
    try:
        load(BASE[:at] + piece + BASE[at + gone :])
    except ConfigError as error:
        for finding in error.findings:
            assert render(finding, "ja") and render(finding, "en")
