"""yearly figures

What figures came to, a narrow row each, the middle of similar employers, and the figures given each year after an award.
"""

import sqlalchemy as sa
from alembic import op

import charter.orm

revision = 'e4851841c4a3'
down_revision = 'c0cdaf54591b'


def upgrade() -> None:
    op.create_table('benchmark',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('as_at', sa.Date(), nullable=False),
    sa.Column('metric', sa.String(length=32), nullable=False),
    sa.Column('size_band', sa.String(length=16), nullable=False),
    sa.Column('sector', sa.String(length=4), nullable=False),
    sa.Column('employers', sa.Integer(), nullable=False),
    sa.Column('around', charter.orm.Json, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_benchmark')),
    sa.UniqueConstraint('as_at', 'metric', 'size_band', 'sector', name=op.f('uq_benchmark_as_at_metric_size_band_sector'))
    )
    op.create_table('benchmark_run',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('as_at', sa.Date(), nullable=False),
    sa.Column('made_at', charter.orm.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_benchmark_run')),
    sa.UniqueConstraint('as_at', name=op.f('uq_benchmark_run_as_at'))
    )
    op.create_table('yearly_return',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('award_id', sa.Uuid(), nullable=False),
    sa.Column('framework_id', sa.Uuid(), nullable=False),
    sa.Column('level', sa.Integer(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('opened_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('reminded_days', sa.Integer(), nullable=True),
    sa.Column('period_end', sa.Date(), nullable=True),
    sa.Column('inputs', charter.orm.Json, nullable=False),
    sa.Column('notes', charter.orm.Json, nullable=False),
    sa.Column('unknown', charter.orm.Json, nullable=False),
    sa.Column('saved_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('saved_by_id', sa.Uuid(), nullable=True),
    sa.Column('sent_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('sent_by_id', sa.Uuid(), nullable=True),
    sa.Column('declared_by', sa.String(length=120), nullable=False),
    sa.Column('declared_role', sa.String(length=120), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('(sent_at IS NULL) = (sent_by_id IS NULL)', name=op.f('ck_yearly_return_sent_by_someone')),
    sa.CheckConstraint('sent_at IS NULL OR period_end IS NOT NULL', name=op.f('ck_yearly_return_sent_for_a_year')),
    sa.ForeignKeyConstraint(['award_id'], ['award.id'], name=op.f('fk_yearly_return_award_id_award'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['framework_id'], ['framework.id'], name=op.f('fk_yearly_return_framework_id_framework')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_yearly_return_organisation_id_organisation'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['saved_by_id'], ['user.id'], name=op.f('fk_yearly_return_saved_by_id_user')),
    sa.ForeignKeyConstraint(['sent_by_id'], ['user.id'], name=op.f('fk_yearly_return_sent_by_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_yearly_return')),
    sa.UniqueConstraint('award_id', 'due_on', name=op.f('uq_yearly_return_award_id_due_on'))
    )
    with op.batch_alter_table('yearly_return', schema=None) as batch_op:
        batch_op.create_index('ix_yearly_return_due_on', ['due_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_yearly_return_framework_id'), ['framework_id'], unique=False)
        batch_op.create_index('ix_yearly_return_organisation_id', ['organisation_id', 'due_on'], unique=False)

    op.create_table('metric_value',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('metric', sa.String(length=32), nullable=False),
    sa.Column('period_end', sa.Date(), nullable=False),
    sa.Column('value', sa.Numeric(precision=30, scale=6), nullable=False),
    sa.Column('county', sa.String(length=32), nullable=False),
    sa.Column('size_band', sa.String(length=16), nullable=False),
    sa.Column('sector', sa.String(length=4), nullable=False),
    sa.Column('recorded_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('replaced_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('assessment_id', sa.Uuid(), nullable=True),
    sa.Column('yearly_return_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint('(assessment_id IS NULL) <> (yearly_return_id IS NULL)', name=op.f('ck_metric_value_has_one_source')),
    sa.ForeignKeyConstraint(['assessment_id'], ['assessment.id'], name=op.f('fk_metric_value_assessment_id_assessment'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_metric_value_organisation_id_organisation'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['yearly_return_id'], ['yearly_return.id'], name=op.f('fk_metric_value_yearly_return_id_yearly_return'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_metric_value'))
    )
    with op.batch_alter_table('metric_value', schema=None) as batch_op:
        batch_op.create_index('ix_metric_value_organisation_id', ['organisation_id', 'metric', 'period_end'], unique=False)
        batch_op.create_index('ix_metric_value_period_end', ['period_end'], unique=False)
        batch_op.create_index('uq_metric_value_assessment', ['assessment_id', 'metric'], unique=True, sqlite_where=sa.text('replaced_at IS NULL'), postgresql_where=sa.text('replaced_at IS NULL'))
        batch_op.create_index('uq_metric_value_yearly_return', ['yearly_return_id', 'metric'], unique=True, sqlite_where=sa.text('replaced_at IS NULL'), postgresql_where=sa.text('replaced_at IS NULL'))

    with op.batch_alter_table('award', schema=None) as batch_op:
        batch_op.create_index('ix_award_starts_on', ['starts_on'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('award', schema=None) as batch_op:
        batch_op.drop_index('ix_award_starts_on')

    with op.batch_alter_table('metric_value', schema=None) as batch_op:
        batch_op.drop_index('uq_metric_value_yearly_return', sqlite_where=sa.text('replaced_at IS NULL'), postgresql_where=sa.text('replaced_at IS NULL'))
        batch_op.drop_index('uq_metric_value_assessment', sqlite_where=sa.text('replaced_at IS NULL'), postgresql_where=sa.text('replaced_at IS NULL'))
        batch_op.drop_index('ix_metric_value_period_end')
        batch_op.drop_index('ix_metric_value_organisation_id')

    op.drop_table('metric_value')
    with op.batch_alter_table('yearly_return', schema=None) as batch_op:
        batch_op.drop_index('ix_yearly_return_organisation_id')
        batch_op.drop_index(batch_op.f('ix_yearly_return_framework_id'))
        batch_op.drop_index('ix_yearly_return_due_on')

    op.drop_table('yearly_return')
    op.drop_table('benchmark_run')
    op.drop_table('benchmark')
