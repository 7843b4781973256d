"""The same story with the state in PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from connector.model import HoldKind
from connector.store.records import RunState
from tests.engine.kit import kit


def test_the_story_with_its_state_in_postgresql(tmp_path: Path, pg_url: str) -> None:
    k = kit(tmp_path, url=pg_url)
    a = k.systems["ma"].seed(
        "people", {"last": "髙橋", "first": "太郎", "mail": "taro@example.co.jp", "score": 80, "optout": "0"}
    )
    b = k.systems["sfa"].seed(
        "contacts", {"LastName": "髙橋", "FirstName": "太郎", "Email": "taro@example.co.jp", "Phone": "03-1234-5678"}
    )
    k.sync()
    assert k.sync().state is RunState.DONE
    assert k.systems["ma"].values("people", a)["tel"] == "03-1234-5678"
    assert k.sync().applied.done == {}
    k.systems["ma"].edit_behind("people", a, {"tel": "03-1111-1111", "title": "部長"})
    k.systems["sfa"].edit_behind("contacts", b, {"Phone": "03-2222-2222"})
    edited = k.sync()
    [hold] = k.holds(HoldKind.CONFLICT)
    k.decide(hold, "value", "03-3333-3333")
    k.sync()
    assert k.systems["sfa"].values("contacts", b)["Phone"] == "03-3333-3333"
    k.undo(edited.run)
    assert k.systems["sfa"].values("contacts", b)["Title"] is None
    assert k.sync().applied.done == {}
    k.store.close()
