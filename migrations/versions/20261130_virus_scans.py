"""Every file waits for the virus scanner until that finds it clean, those given before too; viruses that were found."""

import sqlalchemy as sa
from alembic import op

import charter.orm

revision = 'd6fd8e88e29f'
down_revision = '2b050f779320'


def upgrade() -> None:
    op.create_table('virus_finding',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('virus', sa.String(length=200), nullable=False),
    sa.Column('scanned_with', sa.String(length=200), nullable=False),
    sa.Column('found_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('given_by_id', sa.Uuid(), nullable=False),
    sa.Column('was_kept', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['given_by_id'], ['user.id'], name=op.f('fk_virus_finding_given_by_id_user')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_virus_finding_organisation_id_organisation'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_virus_finding')),
    sa.UniqueConstraint('organisation_id', 'sha256', name=op.f('uq_virus_finding_organisation_id_sha256'))
    )
    with op.batch_alter_table('virus_finding', schema=None) as batch_op:
        batch_op.create_index('ix_virus_finding_found_at', ['found_at'], unique=False)
        batch_op.create_index('ix_virus_finding_sha256', ['sha256'], unique=False)

    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.add_column(sa.Column('scan', sa.Enum('waiting', 'clean', 'infected', 'unscanned', name='scanstate', native_enum=False, length=32), server_default='waiting', nullable=False))
        batch_op.add_column(sa.Column('scanned_at', charter.orm.UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column('scanned_with', sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column('virus', sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column('scan_tries', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('scan_after', charter.orm.UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column('scan_problem', sa.String(length=200), nullable=True))
        batch_op.create_index('ix_evidence_scan', ['scan'], unique=False)
        batch_op.create_check_constraint(batch_op.f('ck_evidence_infected_by_something'), "(scan = 'infected') = (virus IS NOT NULL)")
        batch_op.create_check_constraint(batch_op.f('ck_evidence_clean_by_someone'), "scan <> 'clean' OR scanned_with IS NOT NULL")


def downgrade() -> None:
    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_evidence_clean_by_someone'), type_='check')
        batch_op.drop_constraint(batch_op.f('ck_evidence_infected_by_something'), type_='check')
        batch_op.drop_index('ix_evidence_scan')
        batch_op.drop_column('scan_problem')
        batch_op.drop_column('scan_after')
        batch_op.drop_column('scan_tries')
        batch_op.drop_column('virus')
        batch_op.drop_column('scanned_with')
        batch_op.drop_column('scanned_at')
        batch_op.drop_column('scan')

    with op.batch_alter_table('virus_finding', schema=None) as batch_op:
        batch_op.drop_index('ix_virus_finding_sha256')
        batch_op.drop_index('ix_virus_finding_found_at')

    op.drop_table('virus_finding')
