"""The same promises on SQLite and on PostgreSQL: readers do not wait, writers queue, half a change is none."""

import threading
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter.award.models import Counter
from charter.database import engine_options, sqlite, writing
from charter.extensions import db, transaction
from charter.orm import UTCDateTime


def test_the_sqlite_in_use_is_free_of_the_wal_reset_fault() -> None:
    assert sqlite.sqlite_version_info >= (3, 51, 3)


def test_sqlite_is_set_up_to_lose_nothing(engine: sa.Engine) -> None:
    if engine.dialect.name != "sqlite":
        assert engine.dialect.name == "postgresql"  # which has these by nature
        return
    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}


def test_a_postgresql_address_gets_the_driver_we_ship() -> None:
    assert str(engine_options("postgresql://charter@localhost/charter")["url"]).startswith("postgresql+psycopg://")


def test_many_writers_that_read_first_lose_nothing(engine: sa.Engine, session: Session) -> None:
    session.add(Counter(series="test", last=0))
    session.commit()
    start = threading.Barrier(8)
    problems: list[Exception] = []

    def work() -> None:
        start.wait()
        try:
            for _ in range(10):
                with writing(), Session(engine) as mine:
                    counter = mine.scalars(sa.select(Counter).where(Counter.series == "test").with_for_update()).one()
                    counter.last += 1
                    mine.commit()
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.expire_all()
    assert problems == []
    assert session.scalars(sa.select(Counter.last)).one() == 80


def fail_half_way(session: Session) -> None:
    session.add(Counter(series="half", last=1))
    session.flush()
    raise ZeroDivisionError


def test_a_transaction_keeps_all_or_nothing(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(ZeroDivisionError), transaction() as session:
            fail_half_way(session)
        assert db.session.scalars(sa.select(Counter)).all() == []
        with transaction() as session:
            session.add(Counter(series="whole", last=1))
        assert [counter.series for counter in db.session.scalars(sa.select(Counter))] == ["whole"]


def test_a_transaction_reads_again_what_was_read_before(app: Flask, engine: sa.Engine) -> None:
    with app.app_context():
        with transaction() as session:
            session.add(Counter(series="seen", last=1))
        seen = db.session.scalars(sa.select(Counter)).one()
        assert seen.last == 1
        db.session.rollback()
        assert seen.last == 1
        with writing(), engine.begin() as other:
            other.execute(sa.update(Counter).values(last=2))
        with transaction():
            assert seen.last == 2


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        UTCDateTime().process_bind_param(datetime(2026, 11, 22), None)  # noqa: DTZ001 - that is the point
