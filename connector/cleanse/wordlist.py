"""Authored lists are written as running text, so that a person can read and extend them."""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """The words of a list, in order.

    >>> words("info sales")
    ('info', 'sales')
    """
    return tuple(text.split())
