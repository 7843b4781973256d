"""Help, languages, forms of the answer, wrong arguments, consoles, and errors without a traceback."""

from __future__ import annotations

import json
import re

import pytest

from connector.cli.app import COMMANDS, FIRST, command, program, set_language
from connector.messages import catalogue
from tests.cli.conftest import World


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_help_lists_what_matters_first(world: World, lang: str) -> None:
    out = world.run("--help", "--lang", lang).out
    others = "その他" if lang == "ja" else "Others"
    places = [out.index(f"\n  {name} ") for name in (*FIRST, *(c for c in COMMANDS if c not in FIRST))]
    assert places == sorted(places)
    assert places[len(FIRST) - 1] < out.index(others) < places[len(FIRST)]


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("name", COMMANDS)
def test_every_word_of_a_help_is_a_message(name: str, lang: str, world: World) -> None:
    done = world.run(name, "--help", "--lang", lang)
    assert done.code == 0
    assert not re.search(r"\b(opt|arg|help)\.[a-z_]+", done.out)
    if lang == "ja":
        assert "使い方:" in done.out and "Show this message" not in done.out


def test_every_option_has_a_message() -> None:
    set_language("en")
    assert program() is not None
    for name in COMMANDS:
        for param in command(name, "en").params:
            assert getattr(param, "help", "") not in ("", None), (name, param.name)
        for lang_id in (f"help.{name}", f"help.{name}.more"):
            assert lang_id in catalogue()


@pytest.mark.parametrize("form", ["table", "json", "csv", "html"])
def test_forms(world: World, form: str) -> None:
    world.in_step()
    world.ma("UPDATE contacts SET title = ?, updated_at = '2026-11-22T00:00:00Z' WHERE id = 2", "=1+1<b>\x1b[31m\u202e")
    done = world.run("diff", "--format", form, "--full")
    assert done.code == 0, done.err
    match form:
        case "json":
            body = json.loads(done.out)
            assert body["schema_version"] == 1 and body["summary"]["update"] == 1
        case "csv":
            assert done.out.startswith("\ufeff")
            assert ",'=1+1" in done.out and ",=1+1" not in done.out
        case "html":
            assert done.out.startswith("<!DOCTYPE html>") and "<b>" not in done.out and "<script" not in done.out
        case _:
            assert "変更予定:" in done.out
    assert "\x1b" not in done.out.replace("\\x1b", "") and "\u202e" not in done.out


@pytest.mark.parametrize(
    ("words", "ja", "en"),
    [
        (("dif",), "もしかして: diff", "did you mean diff"),
        (("diff", "--ful"), "もしかして: --full", "did you mean --full"),
        (("apply",), "PLAN を指定", "PLAN is missing"),
        (("diff", "--format", "xml"), "xml", "xml"),
        (("diff", "extra"), "余分", "too many"),
        (("sync",), "--yes", "--yes"),
        (("decide",), "decide", "decide"),
        (("diff", "--first", "x"), "--first", "--first"),
        (("init",), "--system", "--system"),
        (("init", "--from", "nothing"), "nothing", "nothing"),
        (("init", "--system", "ma=ma.db", "--system", "crm=gone.db"), "gone.db", "gone.db"),
        (("init", "--system", "ma=ma.db", "--system", "crm=crm.db#leads"), "leads", "leads"),
        (("try", "nowhere"), "nowhere", "nowhere"),
    ],
)
def test_wrong_arguments_end_with_2_in_both_languages(world: World, words: tuple[str, ...], ja: str, en: str) -> None:
    for lang, said in (("ja", ja), ("en", en)):
        done = world.run(*words, lang=lang)
        assert done.code == 2, (done.out, done.err)
        assert said in done.err
        assert "Traceback" not in done.err and "{" not in done.err


def test_without_a_config(world: World) -> None:
    for lang, said in (("ja", "config.yaml がありません"), ("en", "There is no config.yaml")):
        done = world.run("status", lang=lang)
        assert done.code == 2 and said in done.err


def test_init_refuses_to_overwrite(world: World) -> None:
    world.set_up()
    before = (world.folder / "mappings" / "person.yaml").read_bytes()
    done = world.run("init", "--system", "ma=ma.db", "--system", "crm=crm.db", "--yes")
    assert done.code == 2 and "上書きしません" in done.err
    assert (world.folder / "mappings" / "person.yaml").read_bytes() == before


def test_a_damaged_plan_and_state(world: World) -> None:
    world.in_step()
    (world.folder / "plan").write_bytes(b'{"plan": {}}\n')
    assert world.run("apply", "plan").code == 1
    assert world.run("apply", "nothing").code == 1
    state = world.folder / "state" / "hub.db"
    state.write_bytes(state.read_bytes()[:1000])
    done = world.run("status")
    assert done.code == 1 and "壊れている" in done.err and "Traceback" not in done.err


def test_a_defect_is_one_line_and_a_private_log(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.in_step()

    def broken(*_: object) -> None:
        raise ZeroDivisionError("tel 03-1234-5678")

    monkeypatch.setattr("connector.report.status.status_page", broken)
    done = world.run("status")
    assert done.code == 1 and done.err.count("\n") == 1
    assert "ZeroDivisionError" in done.err and "1234" not in done.err
    log = world.folder / "state" / "error.log"
    assert "Traceback" in log.read_text() and log.stat().st_mode & 0o777 == 0o600


def test_interrupt_is_clean(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.in_step()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("connector.report.status.status_page", stop)
    done = world.run("status", lang="en")
    assert done.code == 130 and "Interrupted" in done.err and "Traceback" not in done.err


def test_a_console_that_cannot_show_it_does_not_fail(world: World) -> None:
    world.in_step()
    world.crm("UPDATE 取引先責任者 SET 役職 = '髙橋😀', 更新日時 = '2026-11-22T00:00:00Z' WHERE id = 'C2'")
    for encoding in ("cp932", "ascii"):
        code, out, err = world.script("diff", "--full", env={"PYTHONIOENCODING": encoding, "LANG": "ja_JP.UTF-8"})
        assert code == 0 and b"\\U0001f600" in out, err
    code, out, _ = world.script("diff", "--full", "--format", "csv", env={"PYTHONIOENCODING": "cp932"})
    assert code == 0 and out.startswith(b"\xef\xbb\xbf") and "髙橋😀".encode() in out


def test_language_of_the_config_and_of_the_option(world: World) -> None:
    world.in_step()
    path = world.folder / "config.yaml"
    path.write_text("lang: en\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert "last run" in world.run("status").out
    assert "最後の実行" in world.run("status", "--lang", "ja").out
    assert "最後の実行" in world.run("--lang", "ja", "status").out


def test_config_from_elsewhere(world: World) -> None:
    world.in_step()
    elsewhere = world.folder / "elsewhere"
    elsewhere.mkdir()
    here = world.folder
    world.folder = elsewhere
    try:
        for words, env in (
            (("--config", str(here / "config.yaml")), {}),
            (("--config", str(here)), {}),
            ((), {"CONNECTOR_CONFIG": str(here / "config.yaml")}),
        ):
            done = world.run("status", "--json", *words, env=env)
            assert json.loads(done.out)["counts"]["person"]["links"] == 4
    finally:
        world.folder = here
    assert not list(elsewhere.iterdir())
