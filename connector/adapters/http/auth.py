"""Who we are to a vendor: the headers of every request, and what to do when they are not accepted any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pydantic import SecretStr


class Auth(Protocol):
    def headers(self) -> Mapping[str, str]:
        """The headers that go on every request. Their values count as secrets: no message and no log shows them.

        It may fetch a first token; then it raises as `Wire` does.
        """

    def renew(self) -> bool:
        """Gets new credentials after a 401; False where there are none to get. Never called by two threads at once."""


class Fixed:
    """Credentials that do not run out: a refused one is refused for good."""

    def __init__(self, headers: Mapping[str, SecretStr]) -> None:
        self._headers = dict(headers)

    def headers(self) -> Mapping[str, str]:
        return {name: value.get_secret_value() for name, value in self._headers.items()}

    def renew(self) -> bool:
        return False
