"""The HTTP layer under the adapters of vendors; `wire` says what they may rely on."""

from connector.adapters.http.answer import Answer, Lost, Said
from connector.adapters.http.auth import Auth, Fixed
from connector.adapters.http.limits import Budget, Limits
from connector.adapters.http.rules import Reaction, Rule
from connector.adapters.http.wire import Expect, Wire

__all__ = [
    "Answer", "Auth", "Budget", "Expect", "Fixed", "Limits", "Lost", "Reaction", "Rule", "Said", "Wire",
]  # fmt: skip
