"""drafts of the charter

A version in the making, what came of trying it on past decisions, the day on which a published version closes for what is
begun on it, and who was given longer, and told.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import charter.orm

revision = '9bb9f21fa5f7'
down_revision = 'b7d2f08c93e1'


def upgrade() -> None:
    op.create_table('framework_draft',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('base_id', sa.Uuid(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('document', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('content_hash', sa.String(length=64), nullable=True),
    sa.Column('faults', sa.Integer(), nullable=False),
    sa.Column('created_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=False),
    sa.Column('changed_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('changed_by_id', sa.Uuid(), nullable=False),
    sa.Column('framework_id', sa.Uuid(), nullable=True),
    sa.Column('published_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('(framework_id IS NULL) = (published_at IS NULL)', name=op.f('ck_framework_draft_published_has_date')),
    sa.CheckConstraint('framework_id IS NULL OR document IS NOT NULL', name=op.f('ck_framework_draft_published_is_checked')),
    sa.ForeignKeyConstraint(['base_id'], ['framework.id'], name=op.f('fk_framework_draft_base_id_framework')),
    sa.ForeignKeyConstraint(['changed_by_id'], ['user.id'], name=op.f('fk_framework_draft_changed_by_id_user')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_framework_draft_created_by_id_user')),
    sa.ForeignKeyConstraint(['framework_id'], ['framework.id'], name=op.f('fk_framework_draft_framework_id_framework')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_framework_draft'))
    )
    op.create_table('framework_trial',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('framework_draft_id', sa.Uuid(), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('document', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('decided_from', sa.Date(), nullable=True),
    sa.Column('decided_to', sa.Date(), nullable=True),
    sa.Column('state', sa.Enum('waiting', 'running', 'done', name='trialstate', native_enum=False, length=32), nullable=False),
    sa.Column('cases', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('found', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('asked_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('asked_by_id', sa.Uuid(), nullable=False),
    sa.Column('finished_at', charter.orm.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['asked_by_id'], ['user.id'], name=op.f('fk_framework_trial_asked_by_id_user')),
    sa.ForeignKeyConstraint(['framework_draft_id'], ['framework_draft.id'], name=op.f('fk_framework_trial_framework_draft_id_framework_draft'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_framework_trial'))
    )
    with op.batch_alter_table('framework_trial', schema=None) as batch_op:
        batch_op.create_index('ix_framework_trial_framework_draft_id', ['framework_draft_id'], unique=False)

    op.create_table('longer_grace',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('assessment_id', sa.Uuid(), nullable=False),
    sa.Column('framework_id', sa.Uuid(), nullable=False),
    sa.Column('until', sa.Date(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('given_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('given_by_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['assessment_id'], ['assessment.id'], name=op.f('fk_longer_grace_assessment_id_assessment'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['framework_id'], ['framework.id'], name=op.f('fk_longer_grace_framework_id_framework')),
    sa.ForeignKeyConstraint(['given_by_id'], ['user.id'], name=op.f('fk_longer_grace_given_by_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_longer_grace')),
    sa.UniqueConstraint('assessment_id', name=op.f('uq_longer_grace_assessment_id'))
    )
    op.create_table('version_notice',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('assessment_id', sa.Uuid(), nullable=False),
    sa.Column('framework_id', sa.Uuid(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('mark', sa.Integer(), nullable=False),
    sa.Column('told_at', charter.orm.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['assessment_id'], ['assessment.id'], name=op.f('fk_version_notice_assessment_id_assessment'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['framework_id'], ['framework.id'], name=op.f('fk_version_notice_framework_id_framework')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_version_notice')),
    sa.UniqueConstraint('assessment_id', 'framework_id', 'ends_on', 'mark', name=op.f('uq_version_notice_assessment_id_framework_id_ends_on_mark'))
    )
    with op.batch_alter_table('framework', schema=None) as batch_op:
        batch_op.add_column(sa.Column('closes_on', sa.Date(), nullable=True))



def downgrade() -> None:
    with op.batch_alter_table('framework', schema=None) as batch_op:
        batch_op.drop_column('closes_on')

    op.drop_table('version_notice')
    op.drop_table('longer_grace')
    with op.batch_alter_table('framework_trial', schema=None) as batch_op:
        batch_op.drop_index('ix_framework_trial_framework_draft_id')

    op.drop_table('framework_trial')
    op.drop_table('framework_draft')
