"""where it is published whether a badge counts

Each badge gets a place on a public list, drawn by lot. Awards of before get theirs here, also those that ended: their
bit is set from the first day.
"""

import secrets

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

import charter.orm

revision = "8e2f5b7c91d0"
down_revision = "c7d1e0a94b36"

LENGTH = 131_072
BATCH = 1000


def upgrade() -> None:
    place = op.create_table('status_place',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('award_id', sa.Uuid(), nullable=False),
    sa.Column('edition', sa.Integer(), nullable=False),
    sa.Column('list_number', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('given_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('is_replaced', sa.Boolean(), nullable=False),
    sa.CheckConstraint('edition > 0', name=op.f('ck_status_place_counts_from_1')),
    sa.ForeignKeyConstraint(['award_id'], ['award.id'], name=op.f('fk_status_place_award_id_award'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_status_place')),
    sa.UniqueConstraint('award_id', 'edition', name=op.f('uq_status_place_award_id_edition')),
    sa.UniqueConstraint('list_number', 'position', name=op.f('uq_status_place_list_number_position'))
    )
    award = sa.table("award", sa.column("id", sa.Uuid()), sa.column("issued_at", charter.orm.UTCDateTime()))
    connection = op.get_bind()
    given = connection.execute(sa.select(award.c.id, award.c.issued_at)).all()
    lots = secrets.SystemRandom()
    for start in range(0, len(given), LENGTH // 2):  # a list is filled by half
        these = given[start : start + LENGTH // 2]
        rows = [
            {
                "id": uuid7(),
                "award_id": one.id,
                "edition": 1,
                "list_number": start // (LENGTH // 2) + 1,
                "position": position,
                "given_at": one.issued_at,
                "is_replaced": False,
            }
            for one, position in zip(these, lots.sample(range(LENGTH), len(these)), strict=True)
        ]
        for first in range(0, len(rows), BATCH):
            connection.execute(place.insert(), rows[first : first + BATCH])


def downgrade() -> None:
    op.drop_table('status_place')
