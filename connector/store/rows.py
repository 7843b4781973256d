"""A link and its ends as rows: an end's base is kept as its difference from what most bases show."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from struct import pack, unpack
from typing import Any, Final

from sqlalchemy import Connection

from connector.model import End, EndId, EndState, Entity, Link, Provenance, Value, Values
from connector.store import schema
from connector.store.codec import sent_from_json, sent_to_json
from connector.store.names import LENS, SYSTEM, Names
from connector.store.values import (
    differing,
    dumps,
    loads,
    micros,
    moment,
    same,
    values_from_json,
    values_to_json,
)

ENTITY_CODE: Final[Mapping[Entity, int]] = {Entity(name): code for name, code in schema.ENTITY.items()}
ENTITY_OF: Final[Mapping[int, Entity]] = {code: entity for entity, code in ENTITY_CODE.items()}
STATE_CODE: Final[Mapping[EndState, int]] = {EndState(name): code for name, code in schema.STATE.items()}
STATE_OF: Final[Mapping[int, EndState]] = {code: state for state, code in STATE_CODE.items()}

# A create whose id is not known yet is kept under this and its link's key.
NEW: Final = "new:"

EndKey = tuple[int, str]  # place and id


def stored_id(link: Link, end: End) -> str:
    return end.at.id or f"{NEW}{link.key}"


# --- ends -------------------------------------------------------------------------------------------------


def end_row(
    names: Names, connection: Connection, no: int, link: Link, against: Values, seat: int, end: End
) -> tuple[Any, ...]:
    """In the order of the columns of `end`; `against` is the link's reference."""
    at = end.at
    return (
        names.place(connection, at.system, at.object, at.part),
        stored_id(link, end),
        no,
        ENTITY_CODE[link.entity],
        STATE_CODE[end.state],
        names.code(connection, LENS, end.lens),
        seat,
        end.version,
        end.fingerprint,
        micros(end.modified_at),
        micros(end.created_at),
        names.url_in(connection, end.url, at.id),
        _body(link.golden, against, end),
    )


def _body(golden: Values, against: Values, end: End) -> str | None:
    body: dict[str, Any] = {}
    base = end.base
    other = differing(base, against)
    agreed = len(base) - len(other)
    missing = [n for n in against if n not in base] if len(against) > agreed else []
    if len(missing) > agreed:
        body["o"] = values_to_json(base)
    else:
        if other:
            body["b"] = other
        if missing:
            body["m"] = missing
    if end.first:
        body["f"] = "*" if end.first == {"*"} else sorted(end.first)
    if end.sent:
        body["s"] = sent_to_json(end.sent)
    if end.accepted:
        as_golden = [n for n, v in end.accepted.items() if n in golden and same(golden[n], v)]
        if as_golden:
            body["A"] = as_golden
        if len(as_golden) < len(end.accepted):
            body["a"] = values_to_json({n: v for n, v in end.accepted.items() if n not in as_golden})
    if not end.at.id:
        body["n"] = 1
    return dumps(body) if body else None


def read_end(names: Names, connection: Connection, golden: Values, against: Values, row: Sequence[Any]) -> End:
    """From the columns of `READ_END`; `against` is the link's reference."""
    _, place, id_, state, lens, version, fingerprint, modified, created, url, text = row
    system, object_, part = names.at(connection, place)
    body = loads(text) if text else {}
    base = against
    if "o" in body:
        base = values_from_json(body["o"])
    elif "m" in body or "b" in body:
        base = dict(against)
        for name in body.get("m", ()):
            del base[name]
        if "b" in body:
            base.update(values_from_json(body["b"]))
    accepted = {n: golden[n] for n in body.get("A", ())}
    if "a" in body:
        accepted.update(values_from_json(body["a"]))
    known = "" if "n" in body else id_
    return End(
        at=EndId(system, object_, known, part),
        version=version,
        state=STATE_OF[state],
        fingerprint=bytes(fingerprint),
        lens=names.text(connection, lens),
        base=base,
        first=frozenset(body.get("f", ())),
        sent=sent_from_json(body["s"]) if "s" in body else {},
        accepted=accepted,
        modified_at=moment(modified),
        created_at=moment(created),
        url=names.url_out(connection, url, known),
    )


READ_END: Final = tuple(
    schema.end.c[n]
    for n in ("link", "place", "id", "state", "lens", "version", "fingerprint", "modified", "created", "url", "body")
)


# --- values: without the names of their fields, which are the same in nearly every row ------------------------


def values_text(names: Names, connection: Connection, values: Values) -> str:
    """[number of the list of fields, value, ...], or an object where there is no such number."""
    form = values_to_json(values)
    fields = names.fields_in(connection, tuple(form)) if form else None
    return dumps(form) if fields is None else dumps([fields, *form.values()])


def read_values(names: Names, connection: Connection, text: str) -> dict[str, Value]:
    form = loads(text)
    if type(form) is list:
        return values_from_json(dict(zip(names.fields_out(connection, form[0]), form[1:], strict=True)))
    return values_from_json(form)


# --- provenance: grouped by origin, fields by their place among the golden values ---------------------------


def provenance_text(names: Names, connection: Connection, link: Link) -> str:
    if not link.provenance:
        return "[]"
    at = {name: i for i, name in enumerate(link.golden)}
    groups: dict[tuple[str, datetime | None, str], list[int | str]] = {}
    for name, p in link.provenance.items():
        groups.setdefault((p.system, p.stamp, p.run), []).append(at.get(name, name))
    return dumps([[names.code(connection, SYSTEM, s), micros(t), r, *fields] for (s, t, r), fields in groups.items()])


def read_provenance(names: Names, connection: Connection, golden: Values, text: str) -> dict[str, Provenance]:
    if text == "[]":
        return {}
    fields = list(golden)
    found: dict[str, Provenance] = {}
    for system, stamp, run, *of in loads(text):
        origin = Provenance(names.text(connection, system), moment(stamp), run)
        for field in of:
            found[fields[field] if type(field) is int else field] = origin
    return found


# --- blocks and search ------------------------------------------------------------------------------------


def packed(blocks: Sequence[int]) -> bytes:
    return pack(f"<{len(blocks)}q", *blocks)


def unpacked(data: bytes) -> tuple[int, ...]:
    return unpack(f"<{len(data) // 8}q", data)


def plain(text: str) -> str:
    """Text that every database takes: no NUL, no lone surrogate."""
    if text.isprintable():
        return text
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def folded(text: str) -> str:
    """For searching: width, case and blanks do not count.

    >>> folded("㈱ヤマダ　Ｔａｒｏ")
    '(株)ヤマダtaro'
    """
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def search_text(label: str, golden: Values) -> str:
    addresses = [v for v in golden.values() if type(v) is str and "@" in v and len(v) <= 254]
    return folded(" ".join((label, *(a for a in addresses if a not in label))))
