"""The story of two systems, from the first run to undo."""

from __future__ import annotations

from pathlib import Path

from connector.model import HoldKind
from connector.store.records import RunKind, RunState
from tests.engine.kit import kit


def test_two_systems_are_kept_in_step(tmp_path: Path) -> None:
    k = kit(tmp_path)
    ma, sfa = k.systems["ma"], k.systems["sfa"]
    a = ma.seed(
        "people",
        {"last": "山田", "first": "太郎", "mail": "taro@example.co.jp", "tel": None, "score": 80, "optout": "0"},
    )
    b = sfa.seed(
        "contacts", {"LastName": "山田", "FirstName": "太郎", "Email": "taro@example.co.jp", "Phone": "03-1234-5678"}
    )
    ma.seed("people", {"last": "鈴木", "first": "花子", "mail": "hana@example.com", "score": 5})

    linked = k.sync()
    assert linked.kind is RunKind.LINK
    assert len(k.link_of("ma", "people", a).ends) == 2
    assert [c for c in ma.calls + sfa.calls if c[0] == "push"] == []

    plan = k.diff()
    outcome = k.apply(plan)
    assert outcome.state is RunState.DONE, outcome
    assert ma.values("people", a)["tel"] == "03-1234-5678"
    assert sfa.values("contacts", b)["Score"] == 80

    quiet = k.sync()
    assert quiet.applied.done == {}, quiet.applied
    assert quiet.plan.footer.totals["counts"] == {}

    k.pass_time()
    ma.edit_behind("people", a, {"title": "部長"})
    sfa.edit_behind("contacts", b, {"Phone": "03-9999-0000"})
    edited = k.sync()
    assert edited.applied.done == {"applied": 2}
    assert ma.values("people", a)["tel"] == "03-9999-0000"
    assert sfa.values("contacts", b)["Title"] == "部長"
    assert k.sync().applied.done == {}

    k.undo(edited.run)
    assert ma.values("people", a)["tel"] == "03-1234-5678"
    assert sfa.values("contacts", b)["Title"] is None
    assert {h.id.topic for h in k.holds(HoldKind.UNDONE)} == {"phone", "title"}
    assert k.sync().applied.done == {}
    assert ma.values("people", a)["tel"] == "03-1234-5678"
    assert sfa.values("contacts", b)["Title"] is None
