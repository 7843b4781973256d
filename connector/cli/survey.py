"""What a database's own schema tells about its tables: keys, stamps, and what each column is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.exc import SQLAlchemyError

from connector.errors import ConfigError, Finding
from connector.exports.labels import FALSE_WORDS, SAYS_REFUSED, TRUE_WORDS, concept, key
from connector.exports.survey import ADDRESSES_KEPT, address_key
from connector.model import OPT_IN, OPT_OUT, Entity

_TABLES: tuple[tuple[Entity, str], ...] = (
    (Entity.DEAL, r"opportunit|deal|商談|案件|取引$"),
    (Entity.COMPANY, r"account|compan|organi[sz]ation|取引先$|会社|企業|法人"),
    (Entity.PERSON, r"contact|lead|people|person|prospect|customer|担当|顧客|責任者|人"),
)
_OWN: Mapping[str, str] = {
    "modified": r"^(updated|modified|last_?modified|changed)(_?(at|on|date|time))?$|^更新日時?$",
    "created": r"^(created|inserted)(_?(at|on|date|time))?$|^(作成|登録)日時?$",
    "version": r"^(version|row_?version|lock_version|revision)$|^リビジョン$",
    "external_key": r"^(connector_key|external_?(id|key))$",
    "deleted": r"^(is_?deleted|deleted|deleted_(at|flag))$",
    "owner": r"^owner(_name)?$",
    "optout": r"(opt.?out|unsubscribed|mail.?stop)",
    "score": r"^(ma_?)?score$",
    "last_visit": r"^(ma_?)?last_?visit",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """One table: its key, its columns by what they are about, and the entity it seems to hold."""

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    concepts: Mapping[str, str] = field(default_factory=dict)  # concept -> column
    entity: Entity | None = None
    consent: Mapping[str, str] = field(default_factory=dict)  # value of the consent column -> opt_in, opt_out
    addresses: frozenset[str] = frozenset()


def tables(url: str, wanted: Iterable[str] = ()) -> list[Seen]:
    """The tables of a database that hold people, companies or deals; or exactly those that are wanted.

    Raises ConfigError "init.*" when the database cannot be read, or a wanted table is not there or has no key.
    """
    engine = sa.create_engine(url, hide_parameters=True)
    try:
        with engine.connect() as connection:
            inspector = sa.inspect(connection)
            names = inspector.get_table_names() + inspector.get_view_names()
            _all_there(names, wanted)
            found = [_seen(connection, inspector, name) for name in list(wanted) or names]
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0][:200]
        raise ConfigError([Finding("init.unreadable", facts={"why": why})]) from None
    finally:
        engine.dispose()
    if wanted:
        keyless = [s.name for s in found if not s.key]
        if keyless:
            raise ConfigError([Finding("init.no_key", facts={"table": name}) for name in keyless])
        return found
    return [s for s in found if s.key and s.entity is not None]


def _all_there(names: list[str], wanted: Iterable[str]) -> None:
    from connector.mapping.leaf import nearest

    missing = [w for w in wanted if w not in names]
    if missing:
        allowed = ", ".join(names[:20])
        raise ConfigError(
            [
                Finding("init.no_table", facts={"table": m, "allowed": allowed}, nearest=nearest(m, names))
                for m in missing
            ]
        )


def _seen(connection: sa.Connection, inspector: Inspector, name: str) -> Seen:
    columns = tuple(str(c["name"]) for c in inspector.get_columns(name))
    own = tuple(inspector.get_pk_constraint(name).get("constrained_columns") or ()) or _unique(inspector, name)
    concepts: dict[str, str] = {}
    for column in columns:
        about = _about(column)
        if about and column not in own:
            concepts.setdefault(about, column)
    entity = _entity(name, concepts)
    if entity is Entity.COMPANY and "company" not in concepts and "full_name" in concepts:
        concepts["company"] = concepts["full_name"]
    consent = _consent(connection, name, concepts) if entity is Entity.PERSON else {}
    return Seen(name, own, columns, concepts, entity, consent, _addresses(connection, name, concepts))


def _addresses(connection: sa.Connection, name: str, concepts: Mapping[str, str]) -> frozenset[str]:
    """For the count of those that two systems share: the best sign that their people are the same."""
    column = concepts.get("email")
    if column is None:
        return frozenset()
    table = sa.table(name, sa.column(column))
    rows = connection.execute(sa.select(table.c[column]).where(table.c[column].is_not(None)).limit(ADDRESSES_KEPT))
    return frozenset(address_key(str(value)) for (value,) in rows)


def _unique(inspector: Inspector, name: str) -> tuple[str, ...]:
    for constraint in inspector.get_unique_constraints(name):
        return tuple(str(c) for c in constraint["column_names"])
    return ()


def _about(column: str) -> str:
    for name, pattern in _OWN.items():
        if re.search(pattern, column, re.IGNORECASE):
            return name
    for written in (column, column.replace("_", " "), column.replace("_", "")):
        if found := concept(key(written)):
            return found
    return ""


def _entity(name: str, concepts: Mapping[str, str]) -> Entity | None:
    human = "family" in concepts or "email" in concepts
    for entity, pattern in _TABLES:
        if re.search(pattern, name, re.IGNORECASE):
            named = human or "full_name" in concepts if entity is Entity.PERSON else True
            return entity if named and concepts else None
    return Entity.PERSON if human else None


def _consent(connection: sa.Connection, name: str, concepts: Mapping[str, str]) -> dict[str, str]:
    """What the consent column's values mean; {} where that is not certain, and a person has to say it."""
    column = concepts.get("optout") or concepts.get("optin")
    if column is None:
        return {}
    table = sa.table(name, sa.column(column))
    values = connection.execute(sa.select(table.c[column]).where(table.c[column].is_not(None)).distinct().limit(12))
    stops = "optout" in concepts
    meaning: dict[str, str] = {}
    for (value,) in values:
        text = key(str(int(value)) if isinstance(value, bool) else str(value))
        if text in SAYS_REFUSED and text != "ng":
            meaning[str(value)] = OPT_OUT
        elif text in TRUE_WORDS:
            meaning[_word(value)] = OPT_OUT if stops else OPT_IN
        elif text in FALSE_WORDS:
            meaning[_word(value)] = OPT_IN if stops else OPT_OUT
        else:
            return {}
    if set(meaning) <= {"0", "1"}:
        yes, no = (OPT_OUT, OPT_IN) if stops else (OPT_IN, OPT_OUT)
        return {"1": yes, "0": no}
    return meaning


def _word(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
