"""several employers, sign-off and merging

A person turns from one of their employers to another; a senior person approves an assessment by a link; two employers
that are one are found and merged.
"""

import sqlalchemy as sa
from alembic import op

import charter.orm

revision = "27188f78226c"
down_revision = '9a48e7bc5657'

STATUS = sa.Enum(
    "waiting", "approved", "sent_back", "withdrawn", name="signoffstatus", native_enum=False, length=32
)
COUNTED = ["ends_on", "starts_on", "ended_on", "level", "county", "size_band", "sector", "headcount", "organisation_id"]
HELD = ["organisation_id", "starts_on", "ends_on", "ended_on", "level"]


def upgrade() -> None:
    with op.batch_alter_table("organisation") as table:
        table.add_column(sa.Column("needs_sign_off", sa.Boolean(), server_default=sa.false(), nullable=False))
        table.add_column(sa.Column("merged_into_id", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("merged_at", charter.orm.UTCDateTime(), nullable=True))
        table.create_foreign_key(
            table.f("fk_organisation_merged_into_id_organisation"), "organisation", ["merged_into_id"], ["id"]
        )
        table.create_check_constraint(
            table.f("ck_organisation_merged_has_date"), "(merged_into_id IS NULL) = (merged_at IS NULL)"
        )
        table.create_check_constraint(
            table.f("ck_organisation_merged_is_not_listed"), "merged_into_id IS NULL OR NOT listed"
        )
        table.create_index(table.f("ix_organisation_merged_into_id"), ["merged_into_id"])

    with op.batch_alter_table("membership") as table:
        table.add_column(sa.Column("chosen_at", charter.orm.UTCDateTime(), nullable=True))

    with op.batch_alter_table("award") as table:
        table.add_column(sa.Column("beside_another", sa.Boolean(), server_default=sa.false(), nullable=False))
        table.drop_index("ix_award_counting")
        table.drop_index("ix_award_held")
    op.create_index("ix_award_counting", "award", [*COUNTED, "beside_another"])
    op.create_index("ix_award_held", "award", [*HELD, "beside_another"])

    op.create_table(
        "sign_off",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("assessment_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("status", STATUS, nullable=False),
        sa.Column("asked_at", charter.orm.UTCDateTime(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("reminded_at", charter.orm.UTCDateTime(), nullable=True),
        sa.Column("expires_at", charter.orm.UTCDateTime(), nullable=False),
        sa.Column("decided_at", charter.orm.UTCDateTime(), nullable=True),
        sa.Column("signed_as", sa.String(length=120), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("content", charter.orm.Json, nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "(status IN ('approved', 'sent_back')) = (decided_at IS NOT NULL)",
            name=op.f("ck_sign_off_decided_has_date"),
        ),
        sa.CheckConstraint(
            "(status = 'approved') = (content_hash IS NOT NULL)", name=op.f("ck_sign_off_approved_has_content")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["user.id"], name=op.f("fk_sign_off_asked_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["assessment_id"],
            ["assessment.id"],
            name=op.f("fk_sign_off_assessment_id_assessment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_off")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_off_token_hash")),
    )
    waits = sa.text("status = 'waiting'")
    op.create_index(
        "uq_sign_off_one_waiting",
        "sign_off",
        ["assessment_id"],
        unique=True,
        sqlite_where=waits,
        postgresql_where=waits,
    )
    op.create_index("ix_sign_off_assessment_id", "sign_off", ["assessment_id"])

    with op.batch_alter_table("submission") as table:
        table.add_column(sa.Column("sign_off_id", sa.Uuid(), nullable=True))
        table.create_foreign_key(
            table.f("fk_submission_sign_off_id_sign_off"), "sign_off", ["sign_off_id"], ["id"]
        )

    op.create_table(
        "likely_pair",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("second_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", charter.orm.Json, nullable=False),
        sa.Column("found_at", charter.orm.UTCDateTime(), nullable=False),
        sa.Column("dismissed_at", charter.orm.UTCDateTime(), nullable=True),
        sa.Column("dismissed_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_likely_pair_in_order")),
        sa.CheckConstraint(
            "(dismissed_at IS NULL) = (dismissed_by_id IS NULL)", name=op.f("ck_likely_pair_dismissed_by_someone")
        ),
        sa.ForeignKeyConstraint(
            ["dismissed_by_id"], ["user.id"], name=op.f("fk_likely_pair_dismissed_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["first_id"], ["organisation.id"], name=op.f("fk_likely_pair_first_id_organisation"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["organisation.id"], name=op.f("fk_likely_pair_second_id_organisation"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_likely_pair")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f("uq_likely_pair_first_id_second_id")),
    )
    op.create_index("ix_likely_pair_score", "likely_pair", ["score"])
    op.create_index("ix_likely_pair_second_id", "likely_pair", ["second_id"])


def downgrade() -> None:
    op.drop_table("likely_pair")

    with op.batch_alter_table("submission") as table:
        table.drop_constraint(table.f("fk_submission_sign_off_id_sign_off"), type_="foreignkey")
        table.drop_column("sign_off_id")

    op.drop_table("sign_off")

    with op.batch_alter_table("award") as table:
        table.drop_index("ix_award_counting")
        table.drop_index("ix_award_held")
        table.drop_column("beside_another")
    op.create_index("ix_award_counting", "award", COUNTED)
    op.create_index("ix_award_held", "award", HELD)

    with op.batch_alter_table("membership") as table:
        table.drop_column("chosen_at")

    with op.batch_alter_table("organisation") as table:
        table.drop_index(table.f("ix_organisation_merged_into_id"))
        table.drop_constraint(table.f("ck_organisation_merged_is_not_listed"), type_="check")
        table.drop_constraint(table.f("ck_organisation_merged_has_date"), type_="check")
        table.drop_constraint(table.f("fk_organisation_merged_into_id_organisation"), type_="foreignkey")
        table.drop_column("merged_at")
        table.drop_column("merged_into_id")
        table.drop_column("needs_sign_off")
