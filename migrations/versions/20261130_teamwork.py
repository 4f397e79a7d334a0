"""teamwork

Whose each task of an assessment is, and what colleagues say to each other about a criterion.
"""

import sqlalchemy as sa
from alembic import op

import charter.orm

revision = 'c0cdaf54591b'
down_revision = '40250fc74852'


def upgrade() -> None:
    op.create_table('assignment',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('assessment_id', sa.Uuid(), nullable=False),
    sa.Column('task', sa.String(length=40), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('assigned_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('assigned_by_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['assessment_id'], ['assessment.id'], name=op.f('fk_assignment_assessment_id_assessment'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['assigned_by_id'], ['user.id'], name=op.f('fk_assignment_assigned_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['person_id'], ['user.id'], name=op.f('fk_assignment_person_id_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assignment')),
    sa.UniqueConstraint('assessment_id', 'task', name=op.f('uq_assignment_assessment_id_task'))
    )
    with op.batch_alter_table('assignment', schema=None) as batch_op:
        batch_op.create_index('ix_assignment_person_id', ['person_id'], unique=False)

    op.create_table('comment',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('assessment_id', sa.Uuid(), nullable=False),
    sa.Column('criterion', sa.String(length=32), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('sent_as', sa.String(length=64), nullable=False),
    sa.Column('written_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('changed_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('deleted_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("deleted_at IS NULL OR text = ''", name=op.f('ck_comment_deleted_has_no_words')),
    sa.ForeignKeyConstraint(['assessment_id'], ['assessment.id'], name=op.f('fk_comment_assessment_id_assessment'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['author_id'], ['user.id'], name=op.f('fk_comment_author_id_user'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comment')),
    sa.UniqueConstraint('assessment_id', 'author_id', 'sent_as', name=op.f('uq_comment_assessment_id_author_id_sent_as'))
    )
    with op.batch_alter_table('comment', schema=None) as batch_op:
        batch_op.create_index('ix_comment_assessment_id_criterion', ['assessment_id', 'criterion'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('comment', schema=None) as batch_op:
        batch_op.drop_index('ix_comment_assessment_id_criterion')

    op.drop_table('comment')
    with op.batch_alter_table('assignment', schema=None) as batch_op:
        batch_op.drop_index('ix_assignment_person_id')

    op.drop_table('assignment')
