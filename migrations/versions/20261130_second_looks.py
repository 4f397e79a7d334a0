"""second looks

Which cases a second person looks at question by question, what that person finds, and conversations with employers.
The portal begins with a share of 20 cases in 100, from before its first case; an administrator may change it.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

import charter.orm

revision = '69276b2203cc'
down_revision = 'c4e81b7fa903'


def upgrade() -> None:
    op.create_table('sample_share',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('percent', sa.Integer(), nullable=False),
    sa.Column('set_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('set_by_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint('percent BETWEEN 0 AND 100', name=op.f('ck_sample_share_is_a_share')),
    sa.ForeignKeyConstraint(['set_by_id'], ['user.id'], name=op.f('fk_sample_share_set_by_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sample_share'))
    )
    with op.batch_alter_table('sample_share', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sample_share_set_at'), ['set_at'], unique=False)
    op.bulk_insert(
        sa.table(
            'sample_share',
            sa.column('id', sa.Uuid()),
            sa.column('percent', sa.Integer()),
            sa.column('set_at', charter.orm.UTCDateTime()),
        ),
        [{'id': uuid7(), 'percent': 20, 'set_at': datetime(2020, 1, 1, tzinfo=UTC)}],
    )

    op.create_table('conversation',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('review_id', sa.Uuid(), nullable=False),
    sa.Column('held_on', sa.Date(), nullable=False),
    sa.Column('kind', sa.Enum('visit', 'video', 'phone', name='conversationkind', native_enum=False, length=32), nullable=False),
    sa.Column('for_employer', sa.Text(), nullable=False),
    sa.Column('for_scheme', sa.Text(), nullable=False),
    sa.Column('notes', sa.Text(), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('recorded_by_id', sa.Uuid(), nullable=False),
    sa.Column('recorded_at', charter.orm.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['user.id'], name=op.f('fk_conversation_recorded_by_id_user')),
    sa.ForeignKeyConstraint(['review_id'], ['review.id'], name=op.f('fk_conversation_review_id_review'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conversation'))
    )
    with op.batch_alter_table('conversation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_conversation_review_id'), ['review_id'], unique=False)

    op.create_table('doubt',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('review_id', sa.Uuid(), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('at', charter.orm.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_doubt_by_id_user')),
    sa.ForeignKeyConstraint(['review_id'], ['review.id'], name=op.f('fk_doubt_review_id_review'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_doubt'))
    )
    with op.batch_alter_table('doubt', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_doubt_review_id'), ['review_id'], unique=False)

    op.create_table('finding_change',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('review_id', sa.Uuid(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('criterion', sa.String(length=32), nullable=False),
    sa.Column('outcome_before', sa.String(length=32), nullable=True),
    sa.Column('feedback_before', sa.Text(), nullable=False),
    sa.Column('outcome', sa.String(length=32), nullable=False),
    sa.Column('feedback', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=False),
    sa.Column('at', charter.orm.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_finding_change_by_id_user')),
    sa.ForeignKeyConstraint(['review_id'], ['review.id'], name=op.f('fk_finding_change_review_id_review'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_finding_change'))
    )
    with op.batch_alter_table('finding_change', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_finding_change_review_id'), ['review_id'], unique=False)

    op.create_table('sample_draw',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('review_id', sa.Uuid(), nullable=False),
    sa.Column('seed', sa.String(length=64), nullable=False),
    sa.Column('percent', sa.Integer(), nullable=False),
    sa.Column('value', sa.Integer(), nullable=False),
    sa.Column('drawn', sa.Boolean(), nullable=False),
    sa.Column('at', charter.orm.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['review_id'], ['review.id'], name=op.f('fk_sample_draw_review_id_review'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sample_draw')),
    sa.UniqueConstraint('review_id', name=op.f('uq_sample_draw_review_id'))
    )
    with op.batch_alter_table('sample_draw', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sample_draw_at'), ['at'], unique=False)

    op.create_table('second_look',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('review_id', sa.Uuid(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('assessor', 'moderator', name='lookkind', native_enum=False, length=32), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=False),
    sa.Column('begun_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('compared_at', charter.orm.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_second_look_by_id_user')),
    sa.ForeignKeyConstraint(['review_id'], ['review.id'], name=op.f('fk_second_look_review_id_review'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_second_look')),
    sa.UniqueConstraint('review_id', 'round', 'by_id', name=op.f('uq_second_look_review_id_round_by_id'))
    )
    op.create_table('second_finding',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('look_id', sa.Uuid(), nullable=False),
    sa.Column('criterion', sa.String(length=32), nullable=False),
    sa.Column('outcome', sa.String(length=32), nullable=True),
    sa.Column('private_note', sa.Text(), nullable=False),
    sa.Column('found_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('first_outcome', sa.String(length=32), nullable=True),
    sa.Column('settled_outcome', sa.String(length=32), nullable=True),
    sa.Column('left_open', sa.Text(), nullable=False),
    sa.Column('settled_by_id', sa.Uuid(), nullable=True),
    sa.Column('settled_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['look_id'], ['second_look.id'], name=op.f('fk_second_finding_look_id_second_look'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['settled_by_id'], ['user.id'], name=op.f('fk_second_finding_settled_by_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_second_finding')),
    sa.UniqueConstraint('look_id', 'criterion', name=op.f('uq_second_finding_look_id_criterion'))
    )


def downgrade() -> None:
    op.drop_table('second_finding')
    op.drop_table('second_look')
    with op.batch_alter_table('sample_draw', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sample_draw_at'))

    op.drop_table('sample_draw')
    with op.batch_alter_table('finding_change', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_finding_change_review_id'))

    op.drop_table('finding_change')
    with op.batch_alter_table('doubt', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_doubt_review_id'))

    op.drop_table('doubt')
    with op.batch_alter_table('conversation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_conversation_review_id'))

    op.drop_table('conversation')
    with op.batch_alter_table('sample_share', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sample_share_set_at'))

    op.drop_table('sample_share')
