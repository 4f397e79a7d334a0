"""What people wrote before a step of the database is there after it."""

import secrets
import uuid
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from charter.app import resource

QUESTION = {
    "id": "a" * 32,
    "review_id": "b" * 32,
    "round": 1,
    "criterion": "ONE",
    "question": "Who does this?",
    "asked_at": "2026-11-01 09:00:00",
    "asked_by_id": "c" * 32,
    "answer_by": "2026-12-01",
}


@pytest.fixture
def fresh(database: str, tmp_path: Path) -> str:
    """An empty database of the same kind."""
    if database.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'steps.db'}"
    name = f"steps_{secrets.token_hex(4)}"
    server = sa.create_engine(database.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    server.dispose()
    return sa.make_url(database).set(database=name).render_as_string(hide_password=False)


def step(url: str, *, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(resource("migrations")))
    config.attributes["url"] = url
    command.upgrade(config, to)


def plain(url: str) -> sa.Engine:
    """An engine that lets a row stand without those it names."""
    return sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))


def alone(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET session_replication_role = replica"))


def test_a_question_asked_before_others_could_be_asked_is_about_a_criterion(fresh: str) -> None:
    step(fresh, to="3b809ff56f50")
    engine = plain(fresh)
    with engine.begin() as connection:
        alone(connection)
        names = ", ".join(QUESTION)
        values = ", ".join(f":{name}" for name in QUESTION)
        connection.execute(sa.text(f"INSERT INTO information_request ({names}) VALUES ({values})"), QUESTION)

    step(fresh, to="2a1ede64882d")

    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT about, code, question FROM information_request")).all()
    engine.dispose()
    assert [tuple(row) for row in rows] == [("criterion", "ONE", "Who does this?")]


CASES = {
    # by what the trail says: the steps, and the turns that they make (stage and working days)
    "decided": (
        "decided",
        [
            ("case:open", 23),
            ("case:allocate", 24),
            ("case:ask-for-more", 25),
            ("case:allocate", 25),  # while it was with the employer somebody else got it: no new turn
            ("case:receive", 27),
            ("case:recommend", 27),
            ("case:decide", 30),
        ],
        [("waiting", 1), ("in_review", 1), ("with_employer", 2), ("in_review", 0), ("recommended", 1)],
    ),
    "waiting": ("waiting", [("case:open", 23)], [("waiting", None)]),
    "lost": ("in_review", [("case:open", 23)], [("in_review", None)]),  # the trail does not tell how it came there
}


def test_the_turns_of_cases_that_are_there_are_read_from_the_trail(fresh: str) -> None:
    step(fresh, to="afe034effaa9")
    engine = plain(fresh)
    ids = {name: uuid.UUID(int=number + 1) for number, name in enumerate(CASES)}
    reviews = sa.Table("review", sa.MetaData(), autoload_with=engine)
    events = sa.Table("audit_event", sa.MetaData(), autoload_with=engine)
    with engine.begin() as connection:
        alone(connection)
        for name, (status, steps, _) in CASES.items():
            decided = status == "decided"
            connection.execute(
                reviews.insert(),
                {
                    "id": key(engine, ids[name]),
                    "assessment_id": key(engine, ids[name]),
                    "status": status,
                    "waiting_since": moment(engine, 23),
                    "due_on": date(2026, 12, 31),
                    "assessor_id": key(engine, uuid.UUID(int=99)),
                    "recommended_level": 1 if decided else None,
                    "recommendation": "",
                    "decided_level": 1 if decided else None,
                    "decided_at": moment(engine, 30) if decided else None,
                    "reasons": "",
                    "version": 1,
                },
            )
            for number, (action, day) in enumerate(steps):
                values = {
                    "id": key(engine, uuid.UUID(int=1000 * ids[name].int + number)),
                    "sequence": 1000 * ids[name].int + number,
                    "at": moment(engine, day, number),
                    "action": action,
                    "case_id": key(engine, ids[name]),
                }
                connection.execute(events.insert(), {**required(events), **values})

    step(fresh, to="4be19c07d5a2")

    turns = sa.Table("turn", sa.MetaData(), autoload_with=engine)
    with engine.connect() as connection:
        for name, (_, _, expected) in CASES.items():
            query = sa.select(turns.c.stage, turns.c.days).where(turns.c.review_id == key(engine, ids[name]))
            rows = connection.execute(query.order_by(turns.c.number)).all()
            assert [tuple(row) for row in rows] == expected, name
    engine.dispose()


def test_the_badges_of_awards_that_are_there_get_a_place_each(fresh: str) -> None:
    step(fresh, to="c7d1e0a94b36")
    engine = plain(fresh)
    awards = sa.Table("award", sa.MetaData(), autoload_with=engine)
    with engine.begin() as connection:
        alone(connection)
        for number in range(1, 4):
            own = {
                "id": key(engine, uuid.UUID(int=number)),
                **{f"{name}_id": key(engine, uuid.UUID(int=number)) for name in ("organisation", "assessment")},
                **{name: key(engine, uuid.UUID(int=9)) for name in ("framework_id", "issued_by_id")},
                **{"level": 1, "number": f"GEC-{number}", "code": f"code-{number}", "status": "active"},
                **{"starts_on": date(2026, 11, 1), "ends_on": date(2028, 10, 31), "issued_at": moment(engine, number)},
            }
            connection.execute(awards.insert(), {**required(awards), **own})

    step(fresh, to="8e2f5b7c91d0")

    places = sa.Table("status_place", sa.MetaData(), autoload_with=engine)
    with engine.connect() as connection:
        rows = connection.execute(sa.select(places).order_by(places.c.given_at)).all()
    engine.dispose()
    assert [row.award_id for row in rows] == [key(engine, uuid.UUID(int=number)) for number in range(1, 4)]
    assert {(row.edition, row.list_number, bool(row.is_replaced)) for row in rows} == {(1, 1, False)}
    assert len({row.position for row in rows}) == 3


def key(engine: sa.Engine, value: uuid.UUID) -> object:
    """An id as a table that was read from the database takes it."""
    return value if engine.dialect.name == "postgresql" else value.hex


def moment(engine: sa.Engine, day: int, minute: int = 0) -> object:
    """A moment in November 2026."""
    found = datetime(2026, 11, day, 10, minute, tzinfo=UTC)
    return found if engine.dialect.name == "postgresql" else found.replace(tzinfo=None)


def required(table: sa.Table) -> dict[str, object]:
    """Something for every column that needs it."""
    found: dict[str, object] = {}
    for column in table.columns:
        if not column.nullable and column.server_default is None:
            kind = str(column.type)
            found[column.name] = {} if "JSON" in kind else uuid.UUID(int=7) if kind == "UUID" else "x"
    return found
