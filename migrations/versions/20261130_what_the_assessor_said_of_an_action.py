"""what the assessor said of an action

It stood where the plan says what is needed, so a page could not tell whose words they were. Building a plan again puts
each in its place.
"""

import sqlalchemy as sa
from alembic import op

revision = '8d3f6a1c97b2'
down_revision = 'e4851841c4a3'


def upgrade() -> None:
    with op.batch_alter_table('action', schema=None) as batch_op:
        batch_op.add_column(sa.Column('feedback', sa.Text(), server_default='', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('action', schema=None) as batch_op:
        batch_op.drop_column('feedback')
