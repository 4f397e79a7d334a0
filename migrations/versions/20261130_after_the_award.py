"""after the award

Concerns of the public, suspensions, proposals to suspend or revoke with the employer's reply, and appeals. An assessment
may have a second award when an appeal opened its case again and the first has ended.
"""

import sqlalchemy as sa
from alembic import op

import charter.orm

revision = 'c4e81b7fa903'
down_revision = '7a1f5c3e9d24'


def upgrade() -> None:
    op.create_table('concern',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('certificate', sa.String(length=32), nullable=False),
    sa.Column('reference', sa.String(length=16), nullable=False),
    sa.Column('status', sa.Enum('new', 'in_hand', 'with_employer', 'upheld', 'not_upheld', 'not_for_us', name='concernstatus', native_enum=False, length=32), nullable=False),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('happened', sa.String(length=200), nullable=False),
    sa.Column('known_by', sa.Text(), nullable=False),
    sa.Column('links', sa.Integer(), nullable=False),
    sa.Column('raised_by', sa.String(length=120), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('raised_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('sent_as', sa.String(length=64), nullable=False),
    sa.Column('forgotten_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('holder_id', sa.Uuid(), nullable=True),
    sa.Column('substance', sa.Text(), nullable=False),
    sa.Column('asked_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('asked_by_id', sa.Uuid(), nullable=True),
    sa.Column('answer_by', sa.Date(), nullable=True),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('answered_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('answered_by_id', sa.Uuid(), nullable=True),
    sa.Column('reasons', sa.Text(), nullable=False),
    sa.Column('decided_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('decided_by_id', sa.Uuid(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(status IN ('in_hand', 'new', 'with_employer')) = (decided_at IS NULL)", name=op.f('ck_concern_decided_has_date')),
    sa.CheckConstraint("status = 'new' OR holder_id IS NOT NULL", name=op.f('ck_concern_someone_has_it')),
    sa.CheckConstraint('(asked_at IS NULL) = (answer_by IS NULL)', name=op.f('ck_concern_asked_until')),
    sa.ForeignKeyConstraint(['answered_by_id'], ['user.id'], name=op.f('fk_concern_answered_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['asked_by_id'], ['user.id'], name=op.f('fk_concern_asked_by_id_user')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['user.id'], name=op.f('fk_concern_decided_by_id_user')),
    sa.ForeignKeyConstraint(['holder_id'], ['user.id'], name=op.f('fk_concern_holder_id_user')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_concern_organisation_id_organisation'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_concern')),
    sa.UniqueConstraint('reference', name=op.f('uq_concern_reference')),
    sa.UniqueConstraint('sent_as', name=op.f('uq_concern_sent_as'))
    )
    with op.batch_alter_table('concern', schema=None) as batch_op:
        batch_op.create_index('ix_concern_organisation_id', ['organisation_id'], unique=False)
        batch_op.create_index('ix_concern_status_raised_at', ['status', 'raised_at'], unique=False)

    op.create_table('concern_note',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('concern_id', sa.Uuid(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_concern_note_by_id_user')),
    sa.ForeignKeyConstraint(['concern_id'], ['concern.id'], name=op.f('fk_concern_note_concern_id_concern'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_concern_note'))
    )
    with op.batch_alter_table('concern_note', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_concern_note_concern_id'), ['concern_id'], unique=False)

    op.create_table('award_step',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('award_id', sa.Uuid(), nullable=False),
    sa.Column('concern_id', sa.Uuid(), nullable=True),
    sa.Column('deed', sa.Enum('suspend', 'revoke', name='deed', native_enum=False, length=32), nullable=False),
    sa.Column('status', sa.Enum('proposed', 'carried_out', 'dropped', name='stepstatus', native_enum=False, length=32), nullable=False),
    sa.Column('reasons', sa.Text(), nullable=False),
    sa.Column('at_once', sa.Text(), nullable=False),
    sa.Column('reply_by', sa.Date(), nullable=False),
    sa.Column('proposed_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('proposed_by_id', sa.Uuid(), nullable=False),
    sa.Column('reply', sa.Text(), nullable=False),
    sa.Column('replied_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('replied_by_id', sa.Uuid(), nullable=True),
    sa.Column('reply_is_all', sa.Boolean(), nullable=False),
    sa.Column('decision', sa.Text(), nullable=False),
    sa.Column('decided_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('decided_by_id', sa.Uuid(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(status = 'proposed') = (decided_at IS NULL)", name=op.f('ck_award_step_decided_has_date')),
    sa.CheckConstraint("at_once = '' OR deed = 'suspend'", name=op.f('ck_award_step_only_suspended_at_once')),
    sa.CheckConstraint('decided_by_id IS NULL OR decided_by_id <> proposed_by_id', name=op.f('ck_award_step_two_people')),
    sa.ForeignKeyConstraint(['award_id'], ['award.id'], name=op.f('fk_award_step_award_id_award')),
    sa.ForeignKeyConstraint(['concern_id'], ['concern.id'], name=op.f('fk_award_step_concern_id_concern'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['decided_by_id'], ['user.id'], name=op.f('fk_award_step_decided_by_id_user')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_award_step_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['proposed_by_id'], ['user.id'], name=op.f('fk_award_step_proposed_by_id_user')),
    sa.ForeignKeyConstraint(['replied_by_id'], ['user.id'], name=op.f('fk_award_step_replied_by_id_user'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_award_step'))
    )
    with op.batch_alter_table('award_step', schema=None) as batch_op:
        batch_op.create_index('ix_award_step_organisation_id', ['organisation_id'], unique=False)
        batch_op.create_index('ix_award_step_status', ['status', 'reply_by'], unique=False)
        batch_op.create_index('uq_award_step_one_open', ['award_id'], unique=True, sqlite_where=sa.text("status = 'proposed'"), postgresql_where=sa.text("status = 'proposed'"))

    op.create_table('set_apart',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('review_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['review_id'], ['review.id'], name=op.f('fk_set_apart_review_id_review'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_set_apart_user_id_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_set_apart')),
    sa.UniqueConstraint('review_id', 'user_id', name=op.f('uq_set_apart_review_id_user_id'))
    )
    op.create_table('suspension',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('award_id', sa.Uuid(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.CheckConstraint('to_on IS NULL OR to_on >= from_on', name=op.f('ck_suspension_ends_after_it_begins')),
    sa.ForeignKeyConstraint(['award_id'], ['award.id'], name=op.f('fk_suspension_award_id_award'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_suspension'))
    )
    with op.batch_alter_table('suspension', schema=None) as batch_op:
        batch_op.create_index('ix_suspension_award_id', ['award_id', 'from_on', 'to_on'], unique=False)
        batch_op.create_index('uq_suspension_one_open', ['award_id'], unique=True, sqlite_where=sa.text('to_on IS NULL'), postgresql_where=sa.text('to_on IS NULL'))

    op.create_table('appeal',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('review_id', sa.Uuid(), nullable=True),
    sa.Column('award_step_id', sa.Uuid(), nullable=True),
    sa.Column('decision_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('decision_said', sa.Text(), nullable=False),
    sa.Column('decided_level', sa.Integer(), nullable=True),
    sa.Column('status', sa.Enum('waiting', 'in_hand', 'stands', 'changed', name='appealstatus', native_enum=False, length=32), nullable=False),
    sa.Column('grounds', sa.Text(), nullable=False),
    sa.Column('raised_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('raised_by_id', sa.Uuid(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('handler_id', sa.Uuid(), nullable=True),
    sa.Column('reasons', sa.Text(), nullable=False),
    sa.Column('decided_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(status IN ('stands', 'changed')) = (decided_at IS NOT NULL)", name=op.f('ck_appeal_decided_has_date')),
    sa.CheckConstraint("status = 'waiting' OR handler_id IS NOT NULL", name=op.f('ck_appeal_someone_has_it')),
    sa.CheckConstraint('(review_id IS NULL) <> (award_step_id IS NULL)', name=op.f('ck_appeal_about_one_decision')),
    sa.ForeignKeyConstraint(['award_step_id'], ['award_step.id'], name=op.f('fk_appeal_award_step_id_award_step')),
    sa.ForeignKeyConstraint(['handler_id'], ['user.id'], name=op.f('fk_appeal_handler_id_user')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_appeal_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['raised_by_id'], ['user.id'], name=op.f('fk_appeal_raised_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['review_id'], ['review.id'], name=op.f('fk_appeal_review_id_review')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_appeal')),
    sa.UniqueConstraint('award_step_id', name=op.f('uq_appeal_award_step_id')),
    sa.UniqueConstraint('review_id', 'decision_at', name=op.f('uq_appeal_review_id_decision_at'))
    )
    with op.batch_alter_table('appeal', schema=None) as batch_op:
        batch_op.create_index('ix_appeal_organisation_id', ['organisation_id'], unique=False)
        batch_op.create_index('ix_appeal_status_due_on', ['status', 'due_on'], unique=False)

    with op.batch_alter_table('award', schema=None) as batch_op:
        batch_op.add_column(sa.Column('ever_suspended', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.drop_index(batch_op.f('ix_award_counting'))
        batch_op.create_index('ix_award_counting', ['ends_on', 'starts_on', 'ended_on', 'level', 'county', 'size_band', 'sector', 'headcount', 'organisation_id', 'beside_another', 'ever_suspended'], unique=False)
        batch_op.drop_index(batch_op.f('ix_award_held'))
        batch_op.create_index('ix_award_held', ['organisation_id', 'starts_on', 'ends_on', 'ended_on', 'level', 'beside_another', 'ever_suspended'], unique=False)
        batch_op.drop_constraint(batch_op.f('uq_award_assessment_id'), type_='unique')
        batch_op.create_index('uq_award_assessment_id', ['assessment_id'], unique=True, sqlite_where=sa.text('ended_on IS NULL'), postgresql_where=sa.text('ended_on IS NULL'))



def downgrade() -> None:
    op.execute("UPDATE award SET status = 'under_review' WHERE status = 'suspended'")
    with op.batch_alter_table('award', schema=None) as batch_op:
        batch_op.drop_index('uq_award_assessment_id', sqlite_where=sa.text('ended_on IS NULL'), postgresql_where=sa.text('ended_on IS NULL'))
        batch_op.create_unique_constraint(batch_op.f('uq_award_assessment_id'), ['assessment_id'])
        batch_op.drop_index('ix_award_held')
        batch_op.create_index(batch_op.f('ix_award_held'), ['organisation_id', 'starts_on', 'ends_on', 'ended_on', 'level', 'beside_another'], unique=False)
        batch_op.drop_index('ix_award_counting')
        batch_op.create_index(batch_op.f('ix_award_counting'), ['ends_on', 'starts_on', 'ended_on', 'level', 'county', 'size_band', 'sector', 'headcount', 'organisation_id', 'beside_another'], unique=False)
        batch_op.drop_column('ever_suspended')

    with op.batch_alter_table('appeal', schema=None) as batch_op:
        batch_op.drop_index('ix_appeal_status_due_on')
        batch_op.drop_index('ix_appeal_organisation_id')

    op.drop_table('appeal')
    with op.batch_alter_table('suspension', schema=None) as batch_op:
        batch_op.drop_index('uq_suspension_one_open', sqlite_where=sa.text('to_on IS NULL'), postgresql_where=sa.text('to_on IS NULL'))
        batch_op.drop_index('ix_suspension_award_id')

    op.drop_table('suspension')
    op.drop_table('set_apart')
    with op.batch_alter_table('award_step', schema=None) as batch_op:
        batch_op.drop_index('uq_award_step_one_open', sqlite_where=sa.text("status = 'proposed'"), postgresql_where=sa.text("status = 'proposed'"))
        batch_op.drop_index('ix_award_step_status')
        batch_op.drop_index('ix_award_step_organisation_id')

    op.drop_table('award_step')
    with op.batch_alter_table('concern_note', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_concern_note_concern_id'))

    op.drop_table('concern_note')
    with op.batch_alter_table('concern', schema=None) as batch_op:
        batch_op.drop_index('ix_concern_status_raised_at')
        batch_op.drop_index('ix_concern_organisation_id')

    op.drop_table('concern')
