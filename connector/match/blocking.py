"""Blocks: stable 64-bit numbers under which records that may be one are found again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b

from connector.match.features import Company, Email, Feature, Name, Phone, Plain, Script

# A block of a weight key with more records says nothing (a frequent name, a switchboard) and is not compared;
# a block of an identifier is always looked at, whatever its size.
MOST_IN_A_WEIGHT_BLOCK = 200


def block_number(key: str) -> int:
    """A signed 64-bit number of a key, the same in every process.

    >>> block_number("taro@example.jp")
    8109083062901062702
    """
    digest = blake2b(key.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def person_keys(features: Mapping[str, Feature]) -> Iterator[str]:
    """Weight keys of a person: nearly everything goes together with a piece of the name."""
    names = [f for f in features.values() if isinstance(f, Name)]
    for name in names:
        start = name.joined[:3] if name.script is Script.LATIN else name.joined[:1]
        if name.given or len(name.joined) > 2:
            yield f"n:{name.joined}"
        for other in features.values():
            match other:
                case Company(core):
                    yield f"c:{core}|{start}"
                    if name.given:
                        yield f"s:{core}|{'|'.join(sorted((name.family, name.given)))}"
                case Email(_, local, domain):
                    yield f"l:{local}|{start}"
                    if domain:
                        yield f"d:{domain}|{start}"
                case Phone(number):
                    yield f"p:{number}|{start}"
                case _:
                    pass
    for other in features.values():
        match other:
            case Email(key, _, _, False):
                yield f"e:{key}"
            case Phone(number) if not names:
                yield f"p:{number}"
            case _:
                pass


def company_keys(features: Mapping[str, Feature]) -> Iterator[str]:
    """Weight keys of a company: the core of its name, and its phone, domain or place with how the name begins."""
    cores = [f.core for f in features.values() if isinstance(f, Company)]
    for core in cores:
        yield f"c:{core}"
    start = cores[0][:1] if cores else ""
    for field, other in features.items():
        match other:
            case Phone(number):
                yield f"p:{number}|{start}"
            case Email(_, _, domain) if domain:
                yield f"d:{domain}|{start}"
            case Plain(key):
                yield f"x:{field}:{key}|{start}"
            case _:
                pass


def plain_keys(features: Mapping[str, Feature]) -> Iterator[str]:
    """Weight keys where an admin gave weights to another entity: every weighted field alone."""
    for field, other in features.items():
        match other:
            case Name(joined):
                yield f"x:{field}:{joined}"
            case Company(core):
                yield f"x:{field}:{core}"
            case Email(key):
                yield f"x:{field}:{key}"
            case Phone(number):
                yield f"x:{field}:{number}"
            case Plain(key):
                yield f"x:{field}:{key}"
