"""who may answer for an employer"""

import sqlalchemy as sa
from alembic import op

import charter.orm

revision = '9a48e7bc5657'
down_revision = 'd6fd8e88e29f'


def upgrade() -> None:
    op.create_table('claim',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('ground', sa.Enum('nobody', 'silent', name='ground', native_enum=False, length=32), nullable=False),
    sa.Column('message', sa.String(length=500), nullable=False),
    sa.Column('status', sa.Enum('notice', 'with_scheme', 'stopped', 'withdrawn', 'void', 'refused', 'granted', name='claimstatus', native_enum=False, length=32), nullable=False),
    sa.Column('claimed_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('proof_hash', sa.String(length=64), nullable=False),
    sa.Column('proof_mailed_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('proved_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('ended_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('ended_by_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.ForeignKeyConstraint(['ended_by_id'], ['user.id'], name=op.f('fk_claim_ended_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_claim_organisation_id_organisation'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_claim_user_id_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_claim')),
    sa.CheckConstraint('proved_at >= claimed_at', name=op.f('ck_claim_proved_after_claimed')),
    sa.UniqueConstraint('proof_hash', name=op.f('uq_claim_proof_hash'))
    )
    with op.batch_alter_table('claim', schema=None) as batch_op:
        batch_op.create_index('ix_claim_organisation_id', ['organisation_id'], unique=False)
        batch_op.create_index('ix_claim_status_claimed_at', ['status', 'claimed_at'], unique=False)
        batch_op.create_index('ix_claim_user_id', ['user_id'], unique=False)
        batch_op.create_index('uq_claim_one_open', ['organisation_id'], unique=True, sqlite_where=sa.text("status IN ('notice', 'with_scheme')"), postgresql_where=sa.text("status IN ('notice', 'with_scheme')"))

    op.create_table('former_member',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('left_at', charter.orm.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_former_member_organisation_id_organisation'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_former_member_user_id_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_former_member')),
    sa.UniqueConstraint('organisation_id', 'user_id', name=op.f('uq_former_member_organisation_id_user_id'))
    )
    with op.batch_alter_table('former_member', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_former_member_user_id'), ['user_id'], unique=False)

    op.create_table('email_domain',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('domain', sa.String(length=253), nullable=False),
    sa.Column('added_by_id', sa.Uuid(), nullable=True),
    sa.Column('added_at', charter.orm.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['added_by_id'], ['user.id'], name=op.f('fk_email_domain_added_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_email_domain_organisation_id_organisation'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_email_domain')),
    sa.UniqueConstraint('organisation_id', 'domain', name=op.f('uq_email_domain_organisation_id_domain'))
    )
    with op.batch_alter_table('email_domain', schema=None) as batch_op:
        batch_op.create_index('ix_email_domain_domain', ['domain'], unique=False)

    op.create_table('join_request',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('matched_by', sa.Enum('domain', 'company_number', 'charity_number', name='matched', native_enum=False, length=32), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('status', sa.Enum('waiting_for_owner', 'accepted', 'declined', 'withdrawn', 'lapsed', name='joinstatus', native_enum=False, length=32), nullable=False),
    sa.Column('asked_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('decided_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('decided_by_id', sa.Uuid(), nullable=True),
    sa.Column('role', sa.Enum('owner', 'contributor', name='memberrole', native_enum=False, length=32), nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.CheckConstraint("(status = 'accepted') = (role IS NOT NULL)", name=op.f('ck_join_request_accepted_has_role')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['user.id'], name=op.f('fk_join_request_decided_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_join_request_organisation_id_organisation'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_join_request_user_id_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_join_request'))
    )
    with op.batch_alter_table('join_request', schema=None) as batch_op:
        batch_op.create_index('ix_join_request_organisation_id_status', ['organisation_id', 'status'], unique=False)
        batch_op.create_index('ix_join_request_status_asked_at', ['status', 'asked_at'], unique=False)
        batch_op.create_index('ix_join_request_user_id', ['user_id'], unique=False)
        batch_op.create_index('uq_join_request_one_waiting', ['organisation_id', 'user_id'], unique=True, sqlite_where=sa.text("status = 'waiting_for_owner'"), postgresql_where=sa.text("status = 'waiting_for_owner'"))

    op.create_table('transfer',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('from_id', sa.Uuid(), nullable=False),
    sa.Column('to_email', sa.String(length=254), nullable=False),
    sa.Column('to_id', sa.Uuid(), nullable=True),
    sa.Column('afterwards', sa.Enum('stays', 'leaves', name='afterwards', native_enum=False, length=32), nullable=False),
    sa.Column('status', sa.Enum('offered', 'accepted', 'declined', 'withdrawn', 'lapsed', 'undone', name='transferstatus', native_enum=False, length=32), nullable=False),
    sa.Column('offered_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('ended_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('undone_at', charter.orm.UTCDateTime(), nullable=True),
    sa.CheckConstraint('to_email = lower(to_email)', name=op.f('ck_transfer_to_email_is_lower_case')),
    sa.ForeignKeyConstraint(['from_id'], ['user.id'], name=op.f('fk_transfer_from_id_user'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_transfer_organisation_id_organisation'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['to_id'], ['user.id'], name=op.f('fk_transfer_to_id_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_transfer'))
    )
    with op.batch_alter_table('transfer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_transfer_from_id'), ['from_id'], unique=False)
        batch_op.create_index('ix_transfer_organisation_id_status', ['organisation_id', 'status'], unique=False)
        batch_op.create_index('ix_transfer_to_email', ['to_email'], unique=False)
        batch_op.create_index('uq_transfer_one_offered', ['organisation_id', 'from_id'], unique=True, sqlite_where=sa.text("status = 'offered'"), postgresql_where=sa.text("status = 'offered'"))

    op.create_table('claim_notice',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('claim_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['claim_id'], ['claim.id'], name=op.f('fk_claim_notice_claim_id_claim'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_claim_notice_user_id_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_claim_notice')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_claim_notice_token_hash'))
    )
    with op.batch_alter_table('claim_notice', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_claim_notice_claim_id'), ['claim_id'], unique=False)

    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.add_column(sa.Column('only_owner', sa.Boolean(), nullable=True))



def downgrade() -> None:
    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.drop_column('only_owner')

    with op.batch_alter_table('claim_notice', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_claim_notice_claim_id'))

    op.drop_table('claim_notice')
    with op.batch_alter_table('transfer', schema=None) as batch_op:
        batch_op.drop_index('uq_transfer_one_offered', sqlite_where=sa.text("status = 'offered'"), postgresql_where=sa.text("status = 'offered'"))
        batch_op.drop_index('ix_transfer_to_email')
        batch_op.drop_index('ix_transfer_organisation_id_status')
        batch_op.drop_index(batch_op.f('ix_transfer_from_id'))

    op.drop_table('transfer')
    with op.batch_alter_table('join_request', schema=None) as batch_op:
        batch_op.drop_index('uq_join_request_one_waiting', sqlite_where=sa.text("status = 'waiting_for_owner'"), postgresql_where=sa.text("status = 'waiting_for_owner'"))
        batch_op.drop_index('ix_join_request_user_id')
        batch_op.drop_index('ix_join_request_status_asked_at')
        batch_op.drop_index('ix_join_request_organisation_id_status')

    op.drop_table('join_request')
    with op.batch_alter_table('email_domain', schema=None) as batch_op:
        batch_op.drop_index('ix_email_domain_domain')

    op.drop_table('email_domain')
    with op.batch_alter_table('former_member', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_former_member_user_id'))

    op.drop_table('former_member')
    with op.batch_alter_table('claim', schema=None) as batch_op:
        batch_op.drop_index('uq_claim_one_open', sqlite_where=sa.text("status IN ('notice', 'with_scheme')"), postgresql_where=sa.text("status IN ('notice', 'with_scheme')"))
        batch_op.drop_index('ix_claim_user_id')
        batch_op.drop_index('ix_claim_status_claimed_at')
        batch_op.drop_index('ix_claim_organisation_id')

    op.drop_table('claim')
