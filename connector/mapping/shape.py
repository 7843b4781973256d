"""What this layer needs to know of a live schema: the shapes of connector.adapters.contract satisfy it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Column(Protocol):
    """A native column. `kind` is one of the words of connector.adapters.contract.ColumnKind."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def writable(self) -> bool: ...
    @property
    def required(self) -> bool: ...
    @property
    def max_length(self) -> int | None: ...
    @property
    def decimals(self) -> int | None: ...
    @property
    def choices(self) -> Sequence[str]: ...
    @property
    def fills(self) -> Sequence[str]: ...


class Shape(Protocol):
    """The live schema of one object."""

    @property
    def object(self) -> str: ...
    @property
    def columns(self) -> Sequence[Column]: ...
    @property
    def unkeyed(self) -> str | None: ...
