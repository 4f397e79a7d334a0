"""Items of other schemes can be renamed, moved, added and taken out, and each edit says why."""

import sqlalchemy as sa
from alembic import op

import charter.orm

revision = '5b7e0c94d1f3'
down_revision = 'c41b9e07d2a8'


def upgrade() -> None:
    with op.batch_alter_table('crosswalk_change', schema=None) as batch_op:
        batch_op.add_column(sa.Column('label', sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column('group', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('taken_out', sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column('is_added', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('source', sa.String(length=300), server_default='', nullable=False))

    op.create_table('crosswalk_edit',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('change_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('what', sa.String(length=32), nullable=False),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('source', sa.String(length=300), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('edited_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('edited_by_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['change_id'], ['crosswalk_change.id'], name=op.f('fk_crosswalk_edit_change_id_crosswalk_change'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['edited_by_id'], ['user.id'], name=op.f('fk_crosswalk_edit_edited_by_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_crosswalk_edit')),
    sa.UniqueConstraint('change_id', 'version', name=op.f('uq_crosswalk_edit_change_id_version'))
    )


def downgrade() -> None:
    op.drop_table('crosswalk_edit')
    with op.batch_alter_table('crosswalk_change', schema=None) as batch_op:
        batch_op.drop_column('source')
        batch_op.drop_column('is_added')
        batch_op.drop_column('taken_out')
        batch_op.drop_column('group')
        batch_op.drop_column('label')
