"""How a bug is put into the real code, and how the museum knows that it is in there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import wraps
from types import ModuleType
from typing import Any

import pytest


class Rig(StrEnum):
    HISTORIES = "histories"
    CRASH = "crash enumeration"
    WRITERS = "one writer"
    PARENTS = "parents first"


@dataclass
class Surgery:
    """Replaces functions of the product; `ran` counts the calls that went through a replaced one."""

    patch: pytest.MonkeyPatch
    ran: int = 0
    places: list[str] = field(default_factory=list)

    def replace(self, owner: Any, name: str, make: Callable[[Any], Callable[..., Any]]) -> None:
        """`make(real)` stands where `owner.name` stood, in every module of the product that took it from there.

        A name that is gone is an error: a bug that cannot be put in would look like one that nobody makes.
        """
        real = vars(owner)[name]
        bad = make(real)

        @wraps(real)
        def replaced(*args: Any, **options: Any) -> Any:
            self.ran += 1
            return bad(*args, **options)

        self.places.append(f"{getattr(owner, '__name__', owner)}.{name}")
        self.patch.setattr(owner, name, replaced)
        if isinstance(owner, ModuleType):
            for module in [m for n, m in sys.modules.items() if n.startswith("connector.")]:
                if vars(module).get(name) is real:
                    self.patch.setattr(module, name, replaced)


@dataclass(frozen=True)
class Bug:
    """A mistake that somebody could make. `breaks` are invariants by their numbers in docs/proof.md."""

    name: str
    put_in: Callable[[Surgery], None]
    layer: str
    breaks: tuple[int, ...]
    rig: Rig
    scenario: str = ""  # of the crash enumeration: where the mistake is at work

    @property
    def story(self) -> str:
        return " ".join((self.put_in.__doc__ or "").split())


@contextmanager
def operated(bug: Bug) -> Iterator[Surgery]:
    """The product with this bug in it."""
    with pytest.MonkeyPatch.context() as patch:
        surgery = Surgery(patch)
        bug.put_in(surgery)
        yield surgery


class Wing:
    """The bugs of one layer, in the order in which they are written down."""

    def __init__(self, layer: str) -> None:
        self.layer = layer
        self.bugs: list[Bug] = []

    def bug(
        self, name: str, *breaks: int, rig: Rig = Rig.HISTORIES, scenario: str = ""
    ) -> Callable[[Callable[[Surgery], None]], Callable[[Surgery], None]]:
        def taken(put_in: Callable[[Surgery], None]) -> Callable[[Surgery], None]:
            self.bugs.append(Bug(name, put_in, self.layer, breaks, rig, scenario))
            return put_in

        return taken
