"""the panel

Partners, their meetings, who came, the agenda with what was decided, and the minutes with notes to them.
"""

import sqlalchemy as sa
from alembic import op

import charter.orm

revision = 'dae5a0a6dbae'
down_revision = '69276b2203cc'


def upgrade() -> None:
    op.create_table('panel_meeting',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('meets_on', sa.Date(), nullable=False),
    sa.Column('begins', sa.Time(), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('chair', sa.String(length=120), nullable=False),
    sa.Column('quorum', sa.Integer(), nullable=False),
    sa.Column('status', sa.Enum('planned', 'held', 'minuted', 'cancelled', name='meetingstatus', native_enum=False, length=32), nullable=False),
    sa.Column('cancelled_because', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(status = 'cancelled') = (cancelled_because <> '')", name=op.f('ck_panel_meeting_cancelled_says_why')),
    sa.CheckConstraint('quorum > 0', name=op.f('ck_panel_meeting_quorum_is_a_number')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_panel_meeting'))
    )
    with op.batch_alter_table('panel_meeting', schema=None) as batch_op:
        batch_op.create_index('ix_panel_meeting_meets_on', ['meets_on'], unique=False)

    op.create_table('panel_partner',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('added_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('retired_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_panel_partner')),
    sa.UniqueConstraint('name', name=op.f('uq_panel_partner_name'))
    )
    op.create_table('panel_correction',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('meeting_id', sa.Uuid(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('noted_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('noted_by_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['meeting_id'], ['panel_meeting.id'], name=op.f('fk_panel_correction_meeting_id_panel_meeting')),
    sa.ForeignKeyConstraint(['noted_by_id'], ['user.id'], name=op.f('fk_panel_correction_noted_by_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_panel_correction'))
    )
    with op.batch_alter_table('panel_correction', schema=None) as batch_op:
        batch_op.create_index('ix_panel_correction_meeting_id', ['meeting_id'], unique=False)

    op.create_table('panel_minutes',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('meeting_id', sa.Uuid(), nullable=False),
    sa.Column('document', sa.LargeBinary(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('agreed_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('agreed_by_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['agreed_by_id'], ['user.id'], name=op.f('fk_panel_minutes_agreed_by_id_user')),
    sa.ForeignKeyConstraint(['meeting_id'], ['panel_meeting.id'], name=op.f('fk_panel_minutes_meeting_id_panel_meeting')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_panel_minutes')),
    sa.UniqueConstraint('meeting_id', name=op.f('uq_panel_minutes_meeting_id'))
    )
    op.create_table('panel_seat',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('meeting_id', sa.Uuid(), nullable=False),
    sa.Column('partner_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('person', sa.String(length=120), nullable=False),
    sa.Column('role', sa.String(length=120), nullable=False),
    sa.Column('presence', sa.Enum('expected', 'present', 'apologies', 'absent', name='presence', native_enum=False, length=32), nullable=False),
    sa.ForeignKeyConstraint(['meeting_id'], ['panel_meeting.id'], name=op.f('fk_panel_seat_meeting_id_panel_meeting')),
    sa.ForeignKeyConstraint(['partner_id'], ['panel_partner.id'], name=op.f('fk_panel_seat_partner_id_panel_partner')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_panel_seat')),
    sa.UniqueConstraint('meeting_id', 'partner_id', 'person', name=op.f('uq_panel_seat_meeting_id_partner_id_person'))
    )
    with op.batch_alter_table('panel_seat', schema=None) as batch_op:
        batch_op.create_index('ix_panel_seat_partner_id', ['partner_id'], unique=False)

    op.create_table('panel_item',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('meeting_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('review_id', sa.Uuid(), nullable=True),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('outcome', sa.Enum('awarded', 'not_awarded', 'deferred', 'sent_back', 'noted', name='outcome', native_enum=False, length=32), nullable=True),
    sa.Column('level', sa.Integer(), nullable=True),
    sa.Column('reasons', sa.Text(), nullable=False),
    sa.Column('discussion', sa.Text(), nullable=False),
    sa.Column('recorded_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('recorded_by_id', sa.Uuid(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(outcome IS NOT NULL AND outcome IN ('awarded', 'not_awarded')) = (level IS NOT NULL)", name=op.f('ck_panel_item_decision_has_level')),
    sa.CheckConstraint("outcome IS NULL OR (outcome = 'noted') = (review_id IS NULL)", name=op.f('ck_panel_item_cases_are_decided_business_is_noted')),
    sa.CheckConstraint("review_id IS NOT NULL OR title <> ''", name=op.f('ck_panel_item_is_about_something')),
    sa.CheckConstraint('(outcome IS NULL) = (recorded_at IS NULL)', name=op.f('ck_panel_item_outcome_has_date')),
    sa.CheckConstraint('(recorded_at IS NULL) = (recorded_by_id IS NULL)', name=op.f('ck_panel_item_recorded_by_someone')),
    sa.ForeignKeyConstraint(['meeting_id'], ['panel_meeting.id'], name=op.f('fk_panel_item_meeting_id_panel_meeting')),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['user.id'], name=op.f('fk_panel_item_recorded_by_id_user')),
    sa.ForeignKeyConstraint(['review_id'], ['review.id'], name=op.f('fk_panel_item_review_id_review')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_panel_item'))
    )
    with op.batch_alter_table('panel_item', schema=None) as batch_op:
        batch_op.create_index('ix_panel_item_meeting_id', ['meeting_id', 'position'], unique=False)
        batch_op.create_index('ix_panel_item_review_id', ['review_id'], unique=False)
        batch_op.create_index('uq_panel_item_waiting_case', ['review_id'], unique=True, sqlite_where=sa.text('outcome IS NULL AND review_id IS NOT NULL'), postgresql_where=sa.text('outcome IS NULL AND review_id IS NOT NULL'))

    op.create_table('panel_absence',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('item_id', sa.Uuid(), nullable=False),
    sa.Column('seat_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['item_id'], ['panel_item.id'], name=op.f('fk_panel_absence_item_id_panel_item'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['seat_id'], ['panel_seat.id'], name=op.f('fk_panel_absence_seat_id_panel_seat')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_panel_absence')),
    sa.UniqueConstraint('item_id', 'seat_id', name=op.f('uq_panel_absence_item_id_seat_id'))
    )


def downgrade() -> None:
    op.drop_table('panel_absence')
    with op.batch_alter_table('panel_item', schema=None) as batch_op:
        batch_op.drop_index('uq_panel_item_waiting_case', sqlite_where=sa.text('outcome IS NULL AND review_id IS NOT NULL'), postgresql_where=sa.text('outcome IS NULL AND review_id IS NOT NULL'))
        batch_op.drop_index('ix_panel_item_review_id')
        batch_op.drop_index('ix_panel_item_meeting_id')

    op.drop_table('panel_item')
    with op.batch_alter_table('panel_seat', schema=None) as batch_op:
        batch_op.drop_index('ix_panel_seat_partner_id')

    op.drop_table('panel_seat')
    op.drop_table('panel_minutes')
    with op.batch_alter_table('panel_correction', schema=None) as batch_op:
        batch_op.drop_index('ix_panel_correction_meeting_id')

    op.drop_table('panel_correction')
    op.drop_table('panel_partner')
    with op.batch_alter_table('panel_meeting', schema=None) as batch_op:
        batch_op.drop_index('ix_panel_meeting_meets_on')

    op.drop_table('panel_meeting')
