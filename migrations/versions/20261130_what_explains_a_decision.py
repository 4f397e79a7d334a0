"""what explains a decision

Each decision is kept in words, with its hash: what the employer may read, and what is for staff.
"""

import sqlalchemy as sa
from alembic import op

import charter.orm

revision = "b7d2f08c93e1"
down_revision = "afe034effaa9"


def upgrade() -> None:
    op.create_table(
        "decision_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("decided_at", charter.orm.UTCDateTime(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("for_staff", sa.Text(), nullable=False),
        sa.Column("for_staff_sha256", sa.String(length=64), nullable=False),
        sa.Column("evidence", charter.orm.Json, nullable=False),
        sa.Column("made_at", charter.orm.UTCDateTime(), nullable=False),
        sa.Column("made_later", sa.Boolean(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_decision_record_counts_from_1")),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_decision_record_review_id_review"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_record")),
        sa.UniqueConstraint("review_id", "number", name=op.f("uq_decision_record_review_id_number")),
    )


def downgrade() -> None:
    op.drop_table("decision_record")
