"""How the portal speaks to SQLite and to PostgreSQL, so that both keep the same promises.

On SQLite every writer begins with `BEGIN IMMEDIATE`: two writers then queue instead of failing half-way, and what a
verb reads before it writes is still true when it writes. A reader begins plainly and never waits for a writer (WAL).
Which of the two a transaction is, `writing` says.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.orm import Session

try:
    import pysqlite3.dbapi2 as sqlite
except ImportError:  # no wheel for this machine: the standard library's serves
    import sqlite3 as sqlite

_writing: ContextVar[bool] = ContextVar("writing", default=False)

WAL_SAFE_FROM = (3, 51, 3)
"""Earlier libraries can corrupt a database in WAL mode (the WAL-reset bug, fixed in SQLite 3.51.3)."""


@contextmanager
def writing() -> Iterator[None]:
    """Transactions begun inside are going to write."""
    token = _writing.set(True)
    try:
        yield
    finally:
        _writing.reset(token)


def insert(session: Session, table: Any) -> postgresql.Insert | sqlite_dialect.Insert:
    """An insert that can say what becomes of it when its row is there (`on_conflict_...`), on either database."""
    own = sqlite_dialect.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    return own(table)


def engine_options(url: str) -> dict[str, Any]:
    """The options for `sqlalchemy.create_engine` that fit the database behind `url`."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return {"url": url, "module": sqlite}
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return {"url": parsed, "pool_pre_ping": True, "pool_size": 10, "max_overflow": 10}


def prepare_engine(engine: sa.Engine) -> None:
    """Hook up the settings each SQLite connection needs; PostgreSQL needs none."""
    if engine.dialect.name != "sqlite":
        return
    sa.event.listen(engine, "connect", _on_connect)
    sa.event.listen(engine, "begin", _on_begin)


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    journal = "WAL" if sqlite.sqlite_version_info >= WAL_SAFE_FROM else "DELETE"
    cursor = connection.cursor()
    for pragma in (
        f"journal_mode={journal}",
        "synchronous=FULL",  # NORMAL loses acknowledged work when the power goes
        "foreign_keys=ON",
        "busy_timeout=30000",
        "trusted_schema=OFF",
        "cell_size_check=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")
