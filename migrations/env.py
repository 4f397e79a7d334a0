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

with writing(), engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=tables.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
