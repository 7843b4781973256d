"""A real PostgreSQL under the conformance suite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from connector.adapters.contract import Change, Refused, Written
from connector.adapters.sql import SqlSettings, sql_adapter
from tests.adapters.contract import AdapterContract
from tests.adapters.worlds import ROLE, Schema, SqlWorld

VALUES = "name VARCHAR(255), note TEXT, amount NUMERIC(12,2), day DATE, moment TIMESTAMPTZ"
FULL = {"modified": "modified", "created": "created", "external_key": "outer_key"}
STAMPED = (
    f"id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, {VALUES}, outer_key TEXT UNIQUE, "
    "created TIMESTAMPTZ, modified TIMESTAMPTZ"
)

SCHEMAS: dict[str, Schema] = {
    "zoned stamps": Schema(STAMPED, FULL, stamp="typed"),
    "naive stamps in Tokyo": Schema(
        STAMPED.replace("TIMESTAMPTZ", "TIMESTAMP"), {**FULL, "zone": "Asia/Tokyo"}, stamp="tokyo"
    ),
    "text stamps": Schema(STAMPED.replace("d TIMESTAMPTZ", "d TEXT"), FULL),
    "seconds": Schema(
        STAMPED.replace("created TIMESTAMPTZ, modified TIMESTAMPTZ", "created BIGINT, modified BIGINT"),
        FULL,
        stamp="epoch",
    ),
    "version column": Schema(
        STAMPED + ", version INTEGER DEFAULT 1", {**FULL, "version": "version"}, stamp="typed"
    ),
    "no stamps": Schema(f"id SERIAL PRIMARY KEY, {VALUES}", {}),
    "uuid key": Schema(
        STAMPED.replace("id BIGINT GENERATED ALWAYS AS IDENTITY", "id UUID DEFAULT gen_random_uuid()"),
        FULL,
        stamp="typed",
    ),
    "deleted flag": Schema(STAMPED + ", gone boolean DEFAULT false", {**FULL, "deleted": "gone"}, stamp="typed"),
    "tombstones": Schema(
        STAMPED,
        {**FULL, "tombstones": {"table": "dead", "key": "id", "deleted_at": "at"}},
        stamp="typed",
        more=("CREATE TABLE dead (id BIGINT, at TIMESTAMPTZ)",),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def database(pg_server: str) -> Iterator[str]:
    """One database for the whole suite: making one takes longer than most of its tests."""
    admin = sa.create_engine(pg_server, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE adapters")
    yield pg_server.replace("/postgres?", "/adapters?", 1)
    with admin.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE adapters WITH (FORCE)")


class TestPostgresql(AdapterContract):
    @pytest.fixture(params=SCHEMAS)
    def world(self, request: pytest.FixtureRequest, database: str) -> Iterator[SqlWorld]:
        world = SqlWorld(with_role(database), SCHEMAS[request.param], admin=database, host_secret=PASSWORD)
        yield world
        world.close()


PASSWORD = "canary-p@ss/w0rd"


def with_role(url: str) -> str:
    """The URL for a role that may do no more than the adapter needs."""
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    with admin.connect() as connection:
        if not connection.scalar(sa.text(f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'")):
            connection.exec_driver_sql(f"CREATE ROLE {ROLE} LOGIN PASSWORD 'canary-p@ss/w0rd'")
    return sa.make_url(url).set(username=ROLE, password=PASSWORD).render_as_string(hide_password=False)


@pytest.fixture
def people(pg_url: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(pg_url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE people (id SERIAL PRIMARY KEY, name VARCHAR(5) NOT NULL, day DATE, moment TIMESTAMPTZ,"
            " big NUMERIC, mail TEXT, CONSTRAINT one_mail UNIQUE (mail) DEFERRABLE INITIALLY DEFERRED)"
        )
        connection.exec_driver_sql("INSERT INTO people (name, mail) VALUES ('a', 'a@x'), ('b', 'b@x'), ('c', 'c@x')")
    yield engine
    engine.dispose()


def adapter_of(engine: sa.Engine, **settings: object) -> object:
    url = engine.url.render_as_string(hide_password=False)
    return sql_adapter(
        "crm", SqlSettings.model_validate({"url": url, "tables": {"p": {"table": "people"}}, **settings})
    )


def test_dates_that_python_cannot_hold_are_read_as_text(people: sa.Engine) -> None:
    with people.connect() as connection:
        connection.exec_driver_sql(
            "UPDATE people SET day = 'infinity', moment = '0044-03-15 00:00:00+00 BC' WHERE id = 1"
        )
        connection.exec_driver_sql("UPDATE people SET day = '2026-04-01' WHERE id = 2")
    adapter = adapter_of(people)
    (page,) = adapter.pull("p", ["day", "moment"], None)
    assert page.records[0].values["day"] == "infinity"
    assert str(page.records[0].values["moment"]).endswith("BC")
    assert page.records[1].values["day"].isoformat() == "2026-04-01"
    write = Change("1", {"name": "z"}, before=dict(page.records[0].values))
    assert isinstance(adapter.push("p", [write])[0], Written)
    adapter.close()


def test_a_constraint_checked_at_the_commit_refuses_its_record_alone(people: sa.Engine) -> None:
    adapter = adapter_of(people)
    outcomes = adapter.push(
        "p", [Change("1", {"name": "ok"}), Change("2", {"mail": "a@x"}), Change("3", {"name": "too long"})]
    )
    assert [type(outcome) for outcome in outcomes] == [Written, Refused, Refused]
    assert "a@x" not in outcomes[1].message
    adapter.close()


def test_a_number_of_1000_digits_survives_and_one_of_5000_is_refused(people: sa.Engine) -> None:
    adapter = adapter_of(people)
    fits, fits_not = adapter.push("p", [Change("1", {"big": 10**900}), Change("2", {"big": 10**5000})])
    assert isinstance(fits, Written) and fits.shown.values["big"] == 10**900
    assert isinstance(fits_not, Refused)
    adapter.close()


def test_a_connection_that_was_cut_is_made_again(people: sa.Engine) -> None:
    adapter = adapter_of(people)
    list(adapter.pull("p", ["name"], None))
    with people.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'connector'"
        )
    assert len(next(iter(adapter.pull("p", ["name"], None))).records) == 3
    adapter.close()
