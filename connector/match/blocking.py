"""Blocks: stable 64-bit numbers under which records that may be one are found again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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


def person_keys(features: Iterable[Feature]) -> list[str]:
    """Weight keys of a person: nearly everything goes together with a piece of the name."""
    # by class, not by pattern: a match of a class pattern costs three times as much, and this is asked of everybody
    names: list[Name] = []
    rest: list[Feature] = []
    for feature in features:
        if isinstance(feature, Name):
            names.append(feature)
        else:
            rest.append(feature)
    keys: list[str] = []
    for name in names:
        joined, family, given, script = name
        start = joined[:3] if script is Script.LATIN else joined[:1]
        if given or len(joined) > 2:
            keys.append(f"n:{joined}")
        for other in rest:
            kind = other.__class__
            if kind is Phone:
                keys.append(f"p:{other[0]}|{start}")
            elif kind is Company:
                keys.append(f"c:{other[0]}|{start}")
                if given:
                    first, second = (family, given) if family < given else (given, family)
                    keys.append(f"s:{other[0]}|{first}|{second}")
            elif isinstance(other, Email):
                keys.append(f"l:{other.local}|{start}")
                if other.domain:
                    keys.append(f"d:{other.domain}|{start}")
    for other in rest:
        if isinstance(other, Email):
            if not other.role:
                keys.append(f"e:{other.key}")
        elif other.__class__ is Phone and not names:
            keys.append(f"p:{other[0]}")
    return keys


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
