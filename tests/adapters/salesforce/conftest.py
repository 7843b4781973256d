"""Worlds that are closed at the end of their test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.adapters.salesforce.world import SalesforceWorld


@pytest.fixture
def make() -> Iterator[Callable[..., SalesforceWorld]]:
    """Makes worlds."""
    made: list[SalesforceWorld] = []

    def world(**given: object) -> SalesforceWorld:
        made.append(SalesforceWorld(**given))  # type: ignore[arg-type]
        return made[-1]

    yield world
    for one in made:
        one.close()
