"""`owners:` of config.yaml as an admin writes it, and the table that it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema

from connector.errors import Finding
from connector.mapping.leaf import Name, Names, nearest, shown, table, text, wrong
from connector.mapping.owners import OwnerTable, address
from connector.mapping.source import Path, Source
from connector.mapping.validate import Strict


def read_address(value: Any) -> str:
    """An e-mail address in its canonical form."""
    found = address(text(value))
    if "@" not in found:
        raise wrong("config.owner_address", value=shown(value))
    return found


def listed(value: Any) -> Any:
    """A list, also of one that stands alone."""
    return value if isinstance(value, list) else [value]


def read_fallback(value: Any) -> dict[str, str]:
    """One address for all systems, or a table by system."""
    if isinstance(value, dict):
        return {system: read_address(item) for system, item in table(value).items()}
    return {"": read_address(value)}


_ADDRESS = {"type": "string", "minLength": 3}
Address = Annotated[str, PlainValidator(read_address), WithJsonSchema(_ADDRESS)]


class OwnersSpec(Strict):
    """担当者 / Owners: fields of `type: owner`."""

    people: Mapping[Address, Mapping[Name, Names]] = Field(
        default={},
        description="利用者の一覧を読めないシステム（kintone の API トークンなど）や、メールが違う人の対応: "
        "`sato@example.com: {kintone: sato, hubspot: 12345}`。 / "
        "Who is who where users cannot be listed (API tokens of kintone) or the address differs: user ids or logins.",
    )
    fallback: Annotated[
        Mapping[str, str],
        PlainValidator(read_fallback),
        WithJsonSchema({"oneOf": [_ADDRESS, {"type": "object", "additionalProperties": _ADDRESS}]}),
    ] = Field(
        default={},
        description="退職者や、そのシステムに利用者登録のない担当者のレコードを引き継ぐ人。"
        "システムごとなら `{kintone: a@example.com}`。省略すると要確認になります。 / "
        "Who takes over from people who left or have no account there; held when left out.",
    )
    left: Annotated[tuple[Address, ...], BeforeValidator(listed)] = Field(
        default=(),
        description="退職者。システムにまだ利用者として残っていても、引き継ぎ先に置き換えます。 / "
        "People who left, even where a system still lists them.",
    )
    renamed: Mapping[Address, Address] = Field(
        default={},
        description="メールアドレスが変わった人: `旧アドレス: 新アドレス`。 / Changed addresses: former: present.",
    )

    def table(self) -> OwnerTable:
        return OwnerTable(
            {person: dict(ids) for person, ids in self.people.items()},
            dict(self.fallback),
            dict(self.renamed),
            frozenset(self.left),
        )


def check_owners(source: Source) -> Iterator[Finding]:
    """What pydantic cannot see: systems that are not there, and an id that two people have."""
    tree = source.tree if isinstance(source.tree, dict) else {}
    owners, systems = tree.get("owners"), tree.get("systems")
    if not isinstance(owners, dict) or not isinstance(systems, dict):
        return
    fallback = owners.get("fallback")
    for system in fallback if isinstance(fallback, dict) else ():
        yield from _system(source, ("owners", "fallback", system), system, systems)
    people = owners.get("people")
    taken: dict[tuple[str, str], str] = {}
    for person, ids in people.items() if isinstance(people, dict) else ():
        for system, given in ids.items() if isinstance(ids, dict) else ():
            path: Path = ("owners", "people", person, system)
            yield from _system(source, path, system, systems)
            for id in given if isinstance(given, list) else [given]:
                other = taken.setdefault((system, str(id)), person)
                if other != person:
                    yield source.finding("config.owner_twice", path, id=str(id)[:60], system=system, other=other)


def _system(source: Source, path: Path, system: str, systems: Mapping[str, Any]) -> Iterator[Finding]:
    if system not in systems:
        near = nearest(system, systems)
        yield source.finding(
            "mapping.unknown_system", path, key=True, nearest=near, name=system, allowed=sorted(systems)
        )
