"""A saved plan: a streamed file, mode 0600. What `diff` prints and what `apply` does are the same lines.

header | consent lines | main lines | footer. One JSON object a line; the footer carries a digest of all that stands
before it, so that a truncated or edited plan is refused whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as given
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self

import orjson

from connector.errors import StalePlan
from connector.model import EndId, LinkPlan
from connector.store.codec import plan_from_json, plan_to_json
from connector.store.records import RunKind, Touch

FORMAT = 3
Section = Literal["consent", "main"]


@dataclass(frozen=True, slots=True)
class Header:
    """What the plan was made of; `apply` refuses the plan when any of it is not so any more."""

    id: str
    kind: RunKind
    made_at: datetime
    hub: str
    mappings: str
    schema: str
    entities: tuple[str, ...]
    narrowed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One link. `native` (undo only) maps an end to {column: (value that must stand there, value to restore)}."""

    plan: LinkPlan
    blocks: tuple[int, ...] | None = None
    section: Section = "main"
    after_consent: tuple[str, ...] = ()  # fields of which a consent line of the same link was written before
    native: Mapping[str, Mapping[str, tuple[Any, Any]]] = given(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Footer:
    """Totals. `trips` are the brakes as JSON; `lenses` and `identities` go into the state with the cursors."""

    cursors: Mapping[tuple[str, str, str], str]
    ledger: Mapping[str, Any]
    totals: Mapping[str, Any]
    trips: Sequence[Mapping[str, Any]]
    state: Mapping[str, Any]
    touches: int = 0


class PlanWriter:
    """Writes a plan line by line; the file appears under its name only when it is whole."""

    def __init__(self, path: Path, header: Header) -> None:
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._file: BinaryIO = _private(self._part)
        self._digest = blake2b(digest_size=16)
        self._put({"plan": _header_json(header)})

    def line(self, line: Line) -> None:
        self._raw(encode_line(line))

    def encoded(self, raw: bytes) -> None:
        """A line that `encode_line` made earlier."""
        self._raw(raw)

    def touches(self, touches: Sequence[Touch]) -> None:
        if touches:
            rows = [
                [t.at.system, t.at.object, t.at.id, t.at.part, t.version, t.fingerprint.hex(), t.lens] for t in touches
            ]
            self._put({"touch": rows})

    def close(self, footer: Footer) -> None:
        body = {
            "cursors": [[*place, cursor] for place, cursor in footer.cursors.items()],
            "ledger": footer.ledger,
            "totals": footer.totals,
            "trips": list(footer.trips),
            "state": footer.state,
            "touches": footer.touches,
            "digest": self._digest.hexdigest(),
        }
        self._file.write(orjson.dumps({"end": body}, option=orjson.OPT_NON_STR_KEYS) + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.replace(self._path)

    def abandon(self) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._file.closed:
            self.abandon()

    def _put(self, body: Any) -> None:
        self._raw(orjson.dumps(body))

    def _raw(self, raw: bytes) -> None:
        self._digest.update(raw)
        self._file.write(raw + b"\n")


def encode_line(line: Line) -> bytes:
    body: dict[str, Any] = {"section": line.section, "link": plan_to_json(line.plan)}
    if line.blocks is not None:
        body["blocks"] = list(line.blocks)
    if line.after_consent:
        body["after_consent"] = list(line.after_consent)
    if line.native:
        body["native"] = {end: {c: list(v) for c, v in columns.items()} for end, columns in line.native.items()}
    return orjson.dumps(body)


def _private(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb")


class PlanReader:
    """A whole, untouched plan. Raises StalePlan "plan.damaged" or "plan.format" otherwise."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header, self.footer = _verify(path)

    def touches(self) -> Iterator[list[Touch]]:
        for body in self._bodies(b'{"touch"') if self.footer.touches else ():
            if "touch" in body:
                yield [
                    Touch(EndId(system, object_, id_, part), version, bytes.fromhex(fingerprint), lens)
                    for system, object_, id_, part, version, fingerprint, lens in body["touch"]
                ]

    def lines(self, section: Section | None = None) -> Iterator[Line]:
        start = b'{"section"' if section is None else b'{"section":"%s"' % section.encode()
        for body in self._bodies(start):
            if "link" in body and (section is None or body["section"] == section):
                yield _line(body)

    def _bodies(self, start: bytes) -> Iterator[dict[str, Any]]:
        """The lines that begin like this, as `encode_line` and `touches` write them."""
        with self.path.open("rb") as file:
            next(file)
            for raw in file:
                if raw.startswith(start):
                    yield orjson.loads(raw)


def _line(body: Mapping[str, Any]) -> Line:
    blocks = body.get("blocks")
    return Line(
        plan=plan_from_json(body["link"]),
        blocks=tuple(blocks) if blocks is not None else None,
        section=body["section"],
        after_consent=tuple(body.get("after_consent", ())),
        native={e: {c: (v[0], v[1]) for c, v in cols.items()} for e, cols in body.get("native", {}).items()},
    )


def _verify(path: Path) -> tuple[Header, Footer]:
    digest = blake2b(digest_size=16)
    header: Header | None = None
    last: bytes = b""
    try:
        with path.open("rb") as file:
            for raw in file:
                if header is None:
                    header = _header(path, raw)
                if last:
                    digest.update(last)
                last = raw.rstrip(b"\n")
        body = orjson.loads(last).get("end") if last else None
    except FileNotFoundError:
        raise StalePlan("plan.missing", file=str(path)) from None
    except (OSError, ValueError, AttributeError):
        raise StalePlan("plan.damaged", file=str(path)) from None
    if header is None or not isinstance(body, dict) or body.get("digest") != digest.hexdigest():
        raise StalePlan("plan.damaged", file=str(path))
    footer = Footer(
        cursors={(s, o, f): c for s, o, f, c in body["cursors"]},
        ledger=body["ledger"],
        totals=body["totals"],
        trips=body["trips"],
        state=body["state"],
        touches=body["touches"],
    )
    return header, footer


def _header_json(header: Header) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "id": header.id,
        "kind": str(header.kind),
        "made_at": header.made_at.isoformat(),
        "hub": header.hub,
        "mappings": header.mappings,
        "schema": header.schema,
        "entities": list(header.entities),
        "narrowed": header.narrowed,
    }


def _header(path: Path, raw: bytes) -> Header:
    try:
        body = orjson.loads(raw)["plan"]
    except (ValueError, KeyError, TypeError):
        raise StalePlan("plan.damaged", file=str(path)) from None
    if body.get("format") != FORMAT:
        raise StalePlan("plan.format", file=str(path), found=body.get("format"))
    return Header(
        id=body["id"],
        kind=RunKind(body["kind"]),
        made_at=datetime.fromisoformat(body["made_at"]),
        hub=body["hub"],
        mappings=body["mappings"],
        schema=body["schema"],
        entities=tuple(body["entities"]),
        narrowed=body["narrowed"],
    )
