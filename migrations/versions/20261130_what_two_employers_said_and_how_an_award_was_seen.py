"""what two employers said, and how an award was seen

When two employers are merged, what both said to a programme or of an interest is kept whole. An award of another scheme
says that it was seen in the scheme's own list.
"""

import sqlalchemy as sa
from alembic import op

revision = "c41b9e07d2a8"
down_revision = "27188f78226c"


def upgrade() -> None:
    with op.batch_alter_table("programme_request") as table:
        table.alter_column("message", type_=sa.Text(), existing_type=sa.String(1000), existing_nullable=False)
    with op.batch_alter_table("conflict") as table:
        table.alter_column("reason", type_=sa.Text(), existing_type=sa.String(300), existing_nullable=False)
    with op.batch_alter_table("recognition") as table:
        table.add_column(sa.Column("seen_on_list", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("recognition") as table:
        table.drop_column("seen_on_list")
    for name, column, length in (("conflict", "reason", 300), ("programme_request", "message", 1000)):
        with op.batch_alter_table(name) as table:
            table.alter_column(
                column,
                type_=sa.String(length),
                existing_type=sa.Text(),
                existing_nullable=False,
                postgresql_using=f"left({column}, {length})",
            )
