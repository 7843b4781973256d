"""Owners: who is who in each system. The canonical owner is an e-mail address, a system's is an id or a login name.

Made once per run from the users that a system lists and from `owners:` of config.yaml, which has the last word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from connector.cleanse import Unreadable, clean
from connector.model import FieldType, Problem


class User(Protocol):
    """A user as a system lists it; connector.adapters.contract.User satisfies it. A queue has no `email`."""

    @property
    def id(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def active(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class OwnerTable:
    """`owners:` of config.yaml; every address in its canonical form."""

    people: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)  # address -> system -> ids
    fallback: Mapping[str, str] = field(default_factory=dict)  # system, or "" for all -> address
    renamed: Mapping[str, str] = field(default_factory=dict)  # former address -> present one
    left: frozenset[str] = frozenset()  # who left, though a system or the table still knows them

    def fallback_in(self, system: str) -> str:
        """Who takes over the records of people who left, "" when they are held."""
        return self.fallback.get(system, self.fallback.get("", ""))

    def named_in(self, system: str) -> dict[str, tuple[str, ...]]:
        """Address -> ids in one system; the first id is the one that is written."""
        return {address: ids[system] for address, ids in self.people.items() if ids.get(system)}


@dataclass(frozen=True, slots=True)
class Owners:
    """The owners of one system.

    With neither users nor a table (`open`) an owner column holds addresses as they are.
    """

    addresses: Mapping[str, str | None] = field(default_factory=dict)  # id -> address; None for a queue: nobody
    ids: Mapping[str, str] = field(default_factory=dict)  # address -> the id of who may be given records
    known: frozenset[str] = frozenset()  # addresses that any system knows
    left: frozenset[str] = frozenset()  # addresses that some system knows, and of which none is active
    shared: frozenset[str] = frozenset()  # addresses of several active users here
    fallback: str = ""
    renamed: Mapping[str, str] = field(default_factory=dict)
    open: bool = True

    def read(self, id: str) -> str | Unreadable | None:
        """The address of who is meant by an owner cell, None for a queue."""
        if id in self.addresses:
            return self.addresses[id]
        if self.open and "@" in id:
            return self._present(address(id))
        return Unreadable(Problem.UNKNOWN_OWNER, id[:80])

    def write(self, owner: str) -> str | Problem:
        """The id that stands for an address here.

        Who left, or has no account here, is replaced by the fallback. An address that no system knows is a question:
        it may be the former one of somebody who works on.
        """
        owner = self._present(owner)
        if owner in self.ids:
            return self.ids[owner]
        if self.open and owner not in self.left:
            return owner if "@" in owner else Problem.UNKNOWN_OWNER
        if owner in self.shared:
            return Problem.SEVERAL_OWNERS
        if self.fallback and owner in self.known:
            return self.fallback if self.open else self.ids.get(self.fallback, Problem.UNKNOWN_OWNER)
        return Problem.UNKNOWN_OWNER

    def _present(self, owner: str) -> str:
        return self.renamed.get(owner, owner)


OPEN = Owners()


def owners_by_system(listed: Mapping[str, Sequence[User] | None], table: OwnerTable) -> dict[str, Owners]:
    """The owners of every system. `listed` has its users, None where a system lists none."""
    every = [user for users in listed.values() for user in users or () if user.email]
    active = ({_renamed(table, user.email) for user in every if user.active} | set(table.people)) - table.left
    known = active | {_renamed(table, user.email) for user in every} | table.left
    return {system: _owners(system, users, table, known, known - active) for system, users in listed.items()}


def _owners(
    system: str, users: Sequence[User] | None, table: OwnerTable, known: Iterable[str], left: Iterable[str]
) -> Owners:
    named = table.named_in(system)
    addresses: dict[str, str | None] = {u.id: _renamed(table, u.email) if u.email else None for u in users or ()}
    addresses |= {id: address for address, ids in named.items() for id in ids}
    active: dict[str, list[str]] = {}
    for user in users or ():
        owner = addresses[user.id]
        if user.active and owner is not None and owner not in named:
            active.setdefault(owner, []).append(user.id)
    return Owners(
        addresses=addresses,
        ids={
            owner: ids[0]
            for owner, ids in (active | named).items()
            if (len(ids) == 1 or owner in named) and owner not in table.left
        },
        known=frozenset(known),
        left=frozenset(left),
        shared=frozenset(owner for owner, ids in active.items() if len(ids) > 1),
        fallback=table.fallback_in(system),
        renamed=table.renamed,
        open=users is None and not named,
    )


def address(text: str) -> str:
    """An address in its canonical form.

    >>> address(" Sato@Example.JP ")
    'sato@example.jp'
    """
    shown = clean(FieldType.OWNER, (), text).display
    return shown if isinstance(shown, str) else ""


def _renamed(table: OwnerTable, email: str) -> str:
    found = address(email)
    return table.renamed.get(found, found)
