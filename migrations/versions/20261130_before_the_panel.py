"""before the panel

A case may wait for the panel of partners, after a moderator and before the decision.
"""

import sqlalchemy as sa
from alembic import op

revision = "7a1f5c3e9d24"
down_revision = "30cf77d8484c"

BEFORE = "status IN ('in_review', 'recommended', 'waiting', 'with_employer')"
AFTER = "status IN ('in_review', 'recommended', 'waiting', 'with_employer', 'with_panel')"
RULE = "status NOT IN ('recommended', {}'decided') OR recommended_level IS NOT NULL"


def _change(rule: str, *, index: str) -> None:
    op.drop_index("ix_review_queue", "review")
    with op.batch_alter_table("review") as table:
        table.drop_constraint(op.f("ck_review_recommended_has_level"), type_="check")
        table.create_check_constraint(op.f("ck_review_recommended_has_level"), rule)
    op.create_index(
        "ix_review_queue",
        "review",
        ["waiting_since", "id", "status", "assessor_id", "due_on"],
        sqlite_where=sa.text(index),
        postgresql_where=sa.text(index),
    )


def upgrade() -> None:
    _change(RULE.format("'with_panel', "), index=AFTER)


def downgrade() -> None:
    op.execute("UPDATE review SET status = 'recommended' WHERE status = 'with_panel'")
    _change(RULE.format(""), index=BEFORE)
