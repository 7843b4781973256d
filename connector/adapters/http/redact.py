"""Words of others without our secrets in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

LONGEST = 300
SHORTEST = 4  # a shorter text stands in ordinary words by chance
SCHEMES = frozenset({"Bearer", "Basic", "Token"})

# What looks like a secret even when we did not send it: a token that a vendor has just made for us.
TOKENS = re.compile(
    r"(?i)\b(bearer\s+|basic\s+|(?:access_|refresh_|id_|api_)?token[\"']?\s*[=:]\s*[\"']?"
    r"|(?:client_)?secret[\"']?\s*[=:]\s*[\"']?|password[\"']?\s*[=:]\s*[\"']?|assertion[\"']?\s*[=:]\s*[\"']?)"
    r"[^\s\"'&,;<>]+"
)


def parts(values: Iterable[str]) -> frozenset[str]:
    """The secrets in header values: the value, its words, and how an address would write them.

    >>> sorted(parts(["Bearer abcd-1234"]))
    ['Bearer abcd-1234', 'Bearer%20abcd-1234', 'Bearer+abcd-1234', 'abcd-1234']
    """
    words = {part for value in values for part in (value, *re.split(r"[\s,]+", value)) if part not in SCHEMES}
    every = {form for word in words for form in (word, quote(word, safe=""), quote_plus(word))}
    return frozenset(form for form in every if len(form) >= SHORTEST)


def clean(text: str, secrets: Iterable[str]) -> str:
    """One line of at most 300 characters with every secret blanked.

    >>> clean("no such\\ntoken: abcd-1234 !", ["abcd-1234"])
    'no such token: *** !'
    """
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    text = TOKENS.sub(lambda found: found[1] + "***", text)
    return " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * LONGEST]).split())[:LONGEST]
