"""phrases, and what was checked

The phrases that the team keeps for its feedback, and with each finding what the assessor saw in the evidence.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import charter.orm

revision = 'c41e7b90d2fa'
down_revision = "dae5a0a6dbae"


def upgrade() -> None:
    op.create_table('phrase',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('text', sa.String(length=500), nullable=False),
    sa.Column('criterion', sa.String(length=32), nullable=False),
    sa.Column('outcome', sa.String(length=32), nullable=False),
    sa.Column('changed_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('changed_by_id', sa.Uuid(), nullable=False),
    sa.Column('retired_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['changed_by_id'], ['user.id'], name=op.f('fk_phrase_changed_by_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_phrase'))
    )
    with op.batch_alter_table('phrase', schema=None) as batch_op:
        batch_op.create_index('uq_phrase_in_use', ['text', 'criterion', 'outcome'], unique=True, sqlite_where=sa.text('retired_at IS NULL'), postgresql_where=sa.text('retired_at IS NULL'))

    with op.batch_alter_table('finding', schema=None) as batch_op:
        batch_op.add_column(sa.Column('checked', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), server_default='[]', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('finding', schema=None) as batch_op:
        batch_op.drop_column('checked')

    with op.batch_alter_table('phrase', schema=None) as batch_op:
        batch_op.drop_index('uq_phrase_in_use', sqlite_where=sa.text('retired_at IS NULL'), postgresql_where=sa.text('retired_at IS NULL'))

    op.drop_table('phrase')
