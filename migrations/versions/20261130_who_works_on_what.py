"""who works on what

Away dates of staff, the most cases for one person, interests with their kind, their end and of employers to come, and
the queue by the day a decision is due.
"""

import sqlalchemy as sa
from alembic import op

import charter.orm

revision = "afe034effaa9"
down_revision = "c41e7b90d2fa"

OPEN = "status IN ('in_review', 'recommended', 'waiting', 'with_employer', 'with_panel')"
KIND = sa.Enum("employer", "former_employer", "other", name="interestkind", native_enum=False, length=32)


def _own(table: str, *columns: sa.Column) -> list:
    """The columns that every interest has."""
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        *columns,
        sa.Column("kind", KIND, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("declared_at", charter.orm.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f(f"fk_{table}_user_id_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def upgrade() -> None:
    op.create_table(
        "away",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("set_at", charter.orm.UTCDateTime(), nullable=False),
        sa.Column("set_by_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_away_in_order")),
        sa.ForeignKeyConstraint(["set_by_id"], ["user.id"], name=op.f("fk_away_set_by_id_user")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_away_user_id_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_away")),
    )
    op.create_index("ix_away_user_id_ends_on", "away", ["user_id", "ends_on"])
    op.create_table(
        "workload_limit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("set_at", charter.orm.UTCDateTime(), nullable=False),
        sa.Column("set_by_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("cases > 0", name=op.f("ck_workload_limit_some_work")),
        sa.ForeignKeyConstraint(["set_by_id"], ["user.id"], name=op.f("fk_workload_limit_set_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workload_limit")),
    )
    op.create_index("ix_workload_limit_set_at", "workload_limit", ["set_at"])
    op.create_table(
        "ended_interest",
        *_own("ended_interest", sa.Column("organisation_id", sa.Uuid(), nullable=False)),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("ended_at", charter.orm.UTCDateTime(), nullable=False),
        sa.Column("ended_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["ended_by_id"], ["user.id"], name=op.f("fk_ended_interest_ended_by_id_user")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_ended_interest_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_ended_interest_user_id", "ended_interest", ["user_id"])
    op.create_index("ix_ended_interest_organisation_id", "ended_interest", ["organisation_id"])
    op.create_table(
        "interest_to_come",
        *_own(
            "interest_to_come",
            sa.Column("name", sa.String(length=160), nullable=False),
            sa.Column("name_key", sa.String(length=160), nullable=False),
            sa.Column("company_number", sa.String(length=8), nullable=True),
        ),
        sa.UniqueConstraint("user_id", "name_key", name=op.f("uq_interest_to_come_user_id_name_key")),
    )
    op.create_index("ix_interest_to_come_name_key", "interest_to_come", ["name_key"])
    op.create_index("ix_interest_to_come_company_number", "interest_to_come", ["company_number"])
    with op.batch_alter_table("conflict") as table:
        table.add_column(sa.Column("kind", KIND, server_default="other", nullable=False))
        table.add_column(sa.Column("since", sa.Date(), nullable=True))
        table.add_column(sa.Column("end_asked_at", charter.orm.UTCDateTime(), nullable=True))
        table.add_column(sa.Column("end_because", sa.Text(), nullable=True))
        table.add_column(sa.Column("kept_because", sa.Text(), server_default="", nullable=False))
        table.create_check_constraint(
            op.f("ck_conflict_asked_with_a_reason"), "(end_asked_at IS NULL) = (end_because IS NULL)"
        )
    op.create_index(
        "ix_review_due",
        "review",
        ["due_on", "waiting_since", "id", "status", "assessor_id"],
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )


def downgrade() -> None:
    op.drop_index("ix_review_due", "review")
    with op.batch_alter_table("conflict") as table:
        table.drop_constraint(op.f("ck_conflict_asked_with_a_reason"), type_="check")
        for name in ("kept_because", "end_because", "end_asked_at", "since", "kind"):
            table.drop_column(name)
    for name in ("interest_to_come", "ended_interest", "workload_limit", "away"):
        op.drop_table(name)
