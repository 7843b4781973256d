"""A vendor's status and code -> what to do: a table beside its adapter, and the table that stands behind every one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Reaction(StrEnum):
    TAKE = "take"  # the caller gets the answer as it is
    AGAIN = "again"  # nothing was done: repeated, reading or writing; Transient in the end
    UNSURE = "unsure"  # it may have been done: repeated when reading, Lost when writing
    LATER = "later"  # nothing was done, and waiting a little does not help: Transient at once
    RENEW = "renew"  # the credentials ran out: renewed once and repeated, else Fatal
    STOP = "stop"  # Fatal


@dataclass(frozen=True, slots=True)
class Rule:
    """`status` and `code` that are None fit every one. `message` is the id of the error; "" takes the usual one."""

    status: int | range | None
    code: str | None
    reaction: Reaction
    message: str = ""

    def fits(self, status: int, code: str) -> bool:
        if self.code is not None and self.code != code:
            return False
        match self.status:
            case None:
                return True
            case int():
                return self.status == status
            case range():
                return status in self.status


# What HTTP itself says (RFC 9110), for what a vendor's table leaves out. A gateway's 5xx may come after the commit.
USUAL: tuple[Rule, ...] = (
    Rule(401, None, Reaction.RENEW, "adapter.denied"),
    Rule(403, None, Reaction.STOP, "adapter.denied"),
    Rule(407, None, Reaction.STOP, "adapter.denied"),
    Rule(408, None, Reaction.UNSURE, "adapter.unreachable"),
    Rule(425, None, Reaction.AGAIN, "adapter.unreachable"),
    Rule(429, None, Reaction.AGAIN, "adapter.throttled"),
    Rule(range(500, 600), None, Reaction.UNSURE, "adapter.unreachable"),
    Rule(None, None, Reaction.TAKE),
)

MESSAGES: dict[Reaction, str] = {
    Reaction.TAKE: "",
    Reaction.AGAIN: "adapter.throttled",
    Reaction.UNSURE: "adapter.unreachable",
    Reaction.LATER: "adapter.throttled",
    Reaction.RENEW: "adapter.denied",
    Reaction.STOP: "adapter.denied",
}


def reaction(rules: Sequence[Rule], status: int, code: str) -> tuple[Reaction, str]:
    """The reaction of the first rule that fits, the vendor's before the usual ones, and the message of its error.

    >>> reaction([Rule(400, "BUSY", Reaction.AGAIN)], 400, "BUSY")
    (<Reaction.AGAIN: 'again'>, 'adapter.throttled')
    >>> reaction([], 401, "")
    (<Reaction.RENEW: 'renew'>, 'adapter.denied')
    """
    rule = next(rule for rule in (*rules, *USUAL) if rule.fits(status, code))
    return rule.reaction, rule.message or MESSAGES[rule.reaction]
