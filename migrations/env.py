"""How Alembic reaches the database: the address it is given, or that of the settings."""

import sqlalchemy as sa
from alembic import context

from charter import tables
from charter.config import Settings
from charter.database import engine_options, prepare_engine, writing

url = context.config.attributes.get("url") or Settings().database_url
options = {name: value for name, value in engine_options(url).items() if not name.startswith(("pool", "max"))}
engine = sa.create_engine(options.pop("url"), poolclass=sa.pool.NullPool, **options)
prepare_engine(engine)
if engine.dialect.name == "sqlite":
    # A changed table is copied and dropped: with its keys watched, dropping it would take the rows that name it along.
    sa.event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA foreign_keys=OFF"))


def in_our_words(kind: str, item: object, _context: object) -> str | bool:
    """How a generated migration writes a type: ours by name, the others as Alembic does."""
    return "charter.orm.Json" if kind == "type" and isinstance(item, sa.JSON) else False


with writing(), engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=tables.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=in_our_words,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
