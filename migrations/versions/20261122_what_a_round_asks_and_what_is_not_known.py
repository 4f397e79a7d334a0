"""what a round asks and what is not known

An assessor asks about a declaration or a figure too; an employer may say that it does not know a figure, and where in
a document to look.
"""

import sqlalchemy as sa
from alembic import op

import charter.orm

revision = "2a1ede64882d"
down_revision = "3b809ff56f50"

ABOUT = sa.Enum("criterion", "declaration", "figure", name="about", native_enum=False, length=32)


def upgrade() -> None:
    with op.batch_alter_table("declaration") as table:
        table.add_column(sa.Column("note", sa.Text(), server_default="", nullable=False))

    with op.batch_alter_table("evidence_use") as table:
        table.add_column(sa.Column("place", sa.String(length=200), server_default="", nullable=False))

    with op.batch_alter_table("information_request") as table:
        table.drop_constraint(table.f("uq_information_request_review_id_round_criterion"), type_="unique")
        table.alter_column("criterion", new_column_name="code", existing_type=sa.String(32), existing_nullable=False)
        table.add_column(sa.Column("about", ABOUT, server_default="criterion", nullable=False))
    with op.batch_alter_table("information_request") as table:
        table.create_unique_constraint(
            table.f("uq_information_request_review_id_round_about_code"), ["review_id", "round", "about", "code"]
        )

    with op.batch_alter_table("metric_return") as table:
        table.add_column(sa.Column("unknown", charter.orm.Json, server_default="[]", nullable=False))


def downgrade() -> None:
    """Questions about declarations and figures go: the older form has no place for them."""
    with op.batch_alter_table("metric_return") as table:
        table.drop_column("unknown")

    requests = sa.table("information_request", sa.column("about", sa.String))
    op.execute(sa.delete(requests).where(requests.c.about != "criterion"))
    with op.batch_alter_table("information_request") as table:
        table.drop_constraint(table.f("uq_information_request_review_id_round_about_code"), type_="unique")
        table.drop_column("about")
        table.alter_column("code", new_column_name="criterion", existing_type=sa.String(32), existing_nullable=False)
    with op.batch_alter_table("information_request") as table:
        table.create_unique_constraint(
            table.f("uq_information_request_review_id_round_criterion"), ["review_id", "round", "criterion"]
        )

    with op.batch_alter_table("evidence_use") as table:
        table.drop_column("place")

    with op.batch_alter_table("declaration") as table:
        table.drop_column("note")
