"""How Alembic reaches the database: the address it is given, or the settings of the portal."""

import sqlalchemy as sa
from alembic import context

from charter import tables
from charter.config import Settings
from charter.database import engine_options, prepare_engine, writing

url = context.config.attributes.get("url") or context.get_x_argument(as_dictionary=True).get("url")
options = engine_options(url or Settings().database_url)
engine = sa.create_engine(options.pop("url"), **{**options, "poolclass": sa.pool.NullPool} if "pool_size" not in options
                          else {"poolclass": sa.pool.NullPool})
prepare_engine(engine)

with writing(), engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=tables.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
