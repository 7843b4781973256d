"""A third system joins a linked pair: the demo's own count of what no rule allows is itself put to the test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from connector.cleanse import RULES
from connector.demo.joining import allowed
from connector.demo.story import templates
from connector.derive import DERIVED
from connector.mapping.load import load_mappings
from connector.model import Change, Entity, Reason


def test_a_rule_is_asked_of_every_change() -> None:
    texts = {p.name: p.read_text(encoding="utf-8") for p in (templates() / "sqlite-demo-kintone").glob("*.yaml")}
    mappings = load_mappings(texts, systems={"ma", "sfa", "kintone"}, rules=set(RULES), computed=set(DERIVED))
    person = next(m for m in mappings if m.entity is Entity.PERSON)
    filled = Change("title", None, "部長", Reason.FILLED)
    assert allowed(person.fields["title"], "kintone", filled)
    assert not allowed(person.fields["title"], "kintone", replace(filled, before="課長")), "only into empty"
    assert not allowed(person.fields["score"], "ma", Change("score", 3, 4, Reason.DRIFT)), "not a receiver"
    assert allowed(person.fields["name"], "kintone", Change("name", "山田", "山田 太郎", Reason.FIRST_CONTACT))
    assert not allowed(person.fields["name"], "kintone", Change("name", "山田", None, Reason.EDITED)), "a blank"


def test_the_wheel_carries_the_templates_where_they_are_looked_for() -> None:
    import tomllib

    import connector

    package = Path(connector.__file__).parent
    project = tomllib.loads((package.parent / "pyproject.toml").read_text(encoding="utf-8"))
    carried = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert carried == {"mappings": "connector/templates"}
    assert templates() in (package / "templates", package.parent / "mappings")
