"""how long an assessment takes

A sum of seconds for each task of an assessment, of which nobody can say whose they were.
"""

import sqlalchemy as sa
from alembic import op

import charter.orm

revision = '2b050f779320'
down_revision = '8d3f6a1c97b2'


def upgrade() -> None:
    op.create_table('time_spent',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('assessment_id', sa.Uuid(), nullable=False),
    sa.Column('task', sa.String(length=32), nullable=False),
    sa.Column('seconds', sa.Integer(), nullable=False),
    sa.Column('counted_at', charter.orm.UTCDateTime(), nullable=False),
    sa.CheckConstraint('seconds >= 0', name=op.f('ck_time_spent_time_runs_forward')),
    sa.ForeignKeyConstraint(['assessment_id'], ['assessment.id'], name=op.f('fk_time_spent_assessment_id_assessment'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_time_spent')),
    sa.UniqueConstraint('assessment_id', 'task', name=op.f('uq_time_spent_assessment_id_task'))
    )
    with op.batch_alter_table('time_spent', schema=None) as batch_op:
        batch_op.create_index('ix_time_spent_counted_at', ['counted_at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('time_spent', schema=None) as batch_op:
        batch_op.drop_index('ix_time_spent_counted_at')
    op.drop_table('time_spent')
