"""What people wrote before a step of the database is there after it."""

import secrets
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
