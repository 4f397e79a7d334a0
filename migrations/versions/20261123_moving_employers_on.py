"""moving employers on

The improvement plan, the directory of services, staff voice, the library of evidence, proof of other schemes' awards,
renewal, and spreadsheets that wait to be confirmed.
"""

import sqlalchemy as sa
from alembic import op

import charter.orm

revision = '40250fc74852'
down_revision = '2a1ede64882d'


def upgrade() -> None:
    op.create_table('crosswalk_change',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('scheme', sa.String(length=32), nullable=False),
    sa.Column('item', sa.String(length=32), nullable=False),
    sa.Column('criteria', charter.orm.Json, nullable=False),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('changed_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('changed_by_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['changed_by_id'], ['user.id'], name=op.f('fk_crosswalk_change_changed_by_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_crosswalk_change')),
    sa.UniqueConstraint('scheme', 'item', name=op.f('uq_crosswalk_change_scheme_item'))
    )
    op.create_table('programme',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=160), nullable=False),
    sa.Column('provider', sa.String(length=160), nullable=False),
    sa.Column('county', sa.String(length=32), nullable=True),
    sa.Column('for_whom', sa.String(length=300), nullable=False),
    sa.Column('offers', sa.String(length=1000), nullable=False),
    sa.Column('themes', charter.orm.Json, nullable=False),
    sa.Column('criteria', charter.orm.Json, nullable=False),
    sa.Column('size_min', sa.Integer(), nullable=True),
    sa.Column('size_max', sa.Integer(), nullable=True),
    sa.Column('how_to_start', sa.String(length=1000), nullable=False),
    sa.Column('contact_email', sa.String(length=254), nullable=True),
    sa.Column('website', sa.String(length=300), nullable=True),
    sa.Column('source', sa.String(length=300), nullable=False),
    sa.Column('review_by', sa.Date(), nullable=False),
    sa.Column('status', sa.Enum('open', 'retired', name='programmestatus', native_enum=False, length=32), nullable=False),
    sa.Column('added_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('changed_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('changed_by_id', sa.Uuid(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('(changed_at IS NULL) = (changed_by_id IS NULL)', name=op.f('ck_programme_changed_by_someone')),
    sa.CheckConstraint('size_min IS NULL OR size_max IS NULL OR size_min <= size_max', name=op.f('ck_programme_sizes_in_order')),
    sa.ForeignKeyConstraint(['changed_by_id'], ['user.id'], name=op.f('fk_programme_changed_by_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_programme')),
    sa.UniqueConstraint('code', name=op.f('uq_programme_code'))
    )
    with op.batch_alter_table('programme', schema=None) as batch_op:
        batch_op.create_index('ix_programme_status_name', ['status', 'name'], unique=False)

    op.create_table('survey',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('framework_id', sa.Uuid(), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.Column('opens_on', sa.Date(), nullable=False),
    sa.Column('closes_on', sa.Date(), nullable=False),
    sa.Column('status', sa.Enum('open', 'closed', name='surveystatus', native_enum=False, length=32), nullable=False),
    sa.Column('created_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=False),
    sa.Column('closed_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('codes_made_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('answers', sa.Integer(), nullable=False),
    sa.Column('sums', charter.orm.Json, nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name=op.f('ck_survey_closed_has_date')),
    sa.CheckConstraint('answers >= 0 AND answers <= people', name=op.f('ck_survey_answers_fit_the_people')),
    sa.CheckConstraint('opens_on <= closes_on', name=op.f('ck_survey_opens_before_it_closes')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_survey_created_by_id_user')),
    sa.ForeignKeyConstraint(['framework_id'], ['framework.id'], name=op.f('fk_survey_framework_id_framework')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_survey_organisation_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_survey'))
    )
    with op.batch_alter_table('survey', schema=None) as batch_op:
        batch_op.create_index('ix_survey_organisation_id', ['organisation_id'], unique=False)
        batch_op.create_index('ix_survey_status_closes_on', ['status', 'closes_on'], unique=False)
        batch_op.create_index('uq_survey_one_open', ['organisation_id'], unique=True, sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'"))

    op.create_table('action',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('assessment_id', sa.Uuid(), nullable=True),
    sa.Column('key', sa.String(length=100), nullable=True),
    sa.Column('criterion', sa.String(length=32), nullable=True),
    sa.Column('level', sa.Integer(), nullable=True),
    sa.Column('source', sa.Enum('planned', 'gap', 'feedback', 'own', name='actionsource', native_enum=False, length=32), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('why', sa.Text(), nullable=False),
    sa.Column('effort', sa.Integer(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=True),
    sa.Column('owner_name', sa.String(length=120), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('status', sa.Enum('to_do', 'done', 'dropped', name='actionstatus', native_enum=False, length=32), nullable=False),
    sa.Column('seems_done_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('closed_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('closed_by_id', sa.Uuid(), nullable=True),
    sa.Column('closing_note', sa.Text(), nullable=False),
    sa.Column('created_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('changed_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('written_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('reminded_for', sa.Date(), nullable=True),
    sa.Column('overdue_told_for', sa.Date(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(source = 'own') = (key IS NULL)", name=op.f('ck_action_built_has_key')),
    sa.CheckConstraint("(status = 'to_do') = (closed_at IS NULL)", name=op.f('ck_action_closed_has_date')),
    sa.ForeignKeyConstraint(['assessment_id'], ['assessment.id'], name=op.f('fk_action_assessment_id_assessment'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['closed_by_id'], ['user.id'], name=op.f('fk_action_closed_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_action_created_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_action_organisation_id_organisation'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['owner_id'], ['user.id'], name=op.f('fk_action_owner_id_user'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_action')),
    sa.UniqueConstraint('organisation_id', 'key', name=op.f('uq_action_organisation_id_key'))
    )
    with op.batch_alter_table('action', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_action_assessment_id'), ['assessment_id'], unique=False)
        batch_op.create_index('ix_action_owner_id', ['owner_id'], unique=False)
        batch_op.create_index('ix_action_status_due_on', ['status', 'due_on'], unique=False)

    op.create_table('programme_request',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('programme_id', sa.Uuid(), nullable=False),
    sa.Column('asked_by_id', sa.Uuid(), nullable=False),
    sa.Column('asked_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('asked_on', sa.Date(), nullable=False),
    sa.Column('message', sa.String(length=1000), nullable=False),
    sa.Column('action_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['asked_by_id'], ['user.id'], name=op.f('fk_programme_request_asked_by_id_user')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_programme_request_organisation_id_organisation'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_programme_request_programme_id_programme')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_programme_request')),
    sa.UniqueConstraint('organisation_id', 'programme_id', 'asked_on', name=op.f('uq_programme_request_organisation_id_programme_id_asked_on'))
    )
    with op.batch_alter_table('programme_request', schema=None) as batch_op:
        batch_op.create_index('ix_programme_request_asked_at', ['asked_at'], unique=False)
        batch_op.create_index('ix_programme_request_programme_id', ['programme_id'], unique=False)

    op.create_table('survey_ballot',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('survey_id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('used', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['survey_id'], ['survey.id'], name=op.f('fk_survey_ballot_survey_id_survey'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_survey_ballot')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_survey_ballot_token_hash'))
    )
    with op.batch_alter_table('survey_ballot', schema=None) as batch_op:
        batch_op.create_index('ix_survey_ballot_survey_id', ['survey_id'], unique=False)

    op.create_table('uploaded_sheet',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('assessment_id', sa.Uuid(), nullable=False),
    sa.Column('uploaded_by_id', sa.Uuid(), nullable=False),
    sa.Column('filename', sa.String(length=200), nullable=False),
    sa.Column('understood', charter.orm.Json, nullable=False),
    sa.Column('uploaded_at', charter.orm.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['assessment_id'], ['assessment.id'], name=op.f('fk_uploaded_sheet_assessment_id_assessment'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['uploaded_by_id'], ['user.id'], name=op.f('fk_uploaded_sheet_uploaded_by_id_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_uploaded_sheet')),
    sa.UniqueConstraint('assessment_id', 'uploaded_by_id', name=op.f('uq_uploaded_sheet_assessment_id_uploaded_by_id'))
    )
    with op.batch_alter_table('uploaded_sheet', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_uploaded_sheet_uploaded_at'), ['uploaded_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_uploaded_sheet_uploaded_by_id'), ['uploaded_by_id'], unique=False)

    with op.batch_alter_table('answer', schema=None) as batch_op:
        batch_op.add_column(sa.Column('carried_at', charter.orm.UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column('confirmed_at', charter.orm.UTCDateTime(), nullable=True))

    with op.batch_alter_table('assessment', schema=None) as batch_op:
        batch_op.add_column(sa.Column('came_from_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('decided_level', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_assessment_came_from_id_framework'), 'framework', ['came_from_id'], ['id'])

    op.execute(  # what was decided before this step is known from its case
        "UPDATE assessment SET decided_level = "
        "(SELECT review.decided_level FROM review WHERE review.assessment_id = assessment.id) WHERE status = 'decided'"
    )

    with op.batch_alter_table('award', schema=None) as batch_op:
        batch_op.add_column(sa.Column('reminded_days', sa.Integer(), nullable=True))

    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.add_column(sa.Column('type', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('effective_from', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('period_from', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('period_to', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('valid_until', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('ends_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('reminded_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('shelved', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('replaces_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('removed_at', charter.orm.UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column('removed_by_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('removed_for', sa.Enum('names', 'health', 'other', name='privacyreason', native_enum=False, length=32), nullable=True))
        batch_op.create_index('ix_evidence_ends_on', ['ends_on'], unique=False)
        batch_op.create_index('ix_evidence_sha256', ['sha256'], unique=False)
        batch_op.create_unique_constraint(batch_op.f('uq_evidence_replaces_id'), ['replaces_id'])
        batch_op.create_check_constraint(batch_op.f('ck_evidence_removed_for_a_reason'), '(removed_at IS NULL) = (removed_for IS NULL)')
        batch_op.create_foreign_key(batch_op.f('fk_evidence_replaces_id_evidence'), 'evidence', ['replaces_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_evidence_removed_by_id_user'), 'user', ['removed_by_id'], ['id'])

    with op.batch_alter_table('recognition', schema=None) as batch_op:
        batch_op.add_column(sa.Column('declined_at', charter.orm.UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column('declined_by_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('declined_for', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('proof_id', sa.Uuid(), nullable=True))
        batch_op.create_check_constraint(batch_op.f('ck_recognition_declined_by_someone'), '(declined_at IS NULL) = (declined_by_id IS NULL)')
        batch_op.create_check_constraint(batch_op.f('ck_recognition_checked_or_declined'), 'checked_at IS NULL OR declined_at IS NULL')
        batch_op.create_index('ix_recognition_ends_on', ['ends_on'], unique=False)
        batch_op.create_index('ix_recognition_proof_id', ['proof_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_recognition_proof_id_evidence'), 'evidence', ['proof_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_recognition_declined_by_id_user'), 'user', ['declined_by_id'], ['id'])



def downgrade() -> None:
    with op.batch_alter_table('recognition', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_recognition_checked_or_declined'), type_='check')
        batch_op.drop_constraint(batch_op.f('ck_recognition_declined_by_someone'), type_='check')
        batch_op.drop_constraint(batch_op.f('fk_recognition_declined_by_id_user'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_recognition_proof_id_evidence'), type_='foreignkey')
        batch_op.drop_index('ix_recognition_proof_id')
        batch_op.drop_index('ix_recognition_ends_on')
        batch_op.drop_column('proof_id')
        batch_op.drop_column('declined_for')
        batch_op.drop_column('declined_by_id')
        batch_op.drop_column('declined_at')

    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_evidence_removed_for_a_reason'), type_='check')
        batch_op.drop_constraint(batch_op.f('fk_evidence_removed_by_id_user'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_evidence_replaces_id_evidence'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('uq_evidence_replaces_id'), type_='unique')
        batch_op.drop_index('ix_evidence_sha256')
        batch_op.drop_index('ix_evidence_ends_on')
        batch_op.drop_column('removed_for')
        batch_op.drop_column('removed_by_id')
        batch_op.drop_column('removed_at')
        batch_op.drop_column('replaces_id')
        batch_op.drop_column('shelved')
        batch_op.drop_column('reminded_on')
        batch_op.drop_column('ends_on')
        batch_op.drop_column('valid_until')
        batch_op.drop_column('period_to')
        batch_op.drop_column('period_from')
        batch_op.drop_column('effective_from')
        batch_op.drop_column('type')

    with op.batch_alter_table('award', schema=None) as batch_op:
        batch_op.drop_column('reminded_days')

    with op.batch_alter_table('assessment', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_assessment_came_from_id_framework'), type_='foreignkey')
        batch_op.drop_column('decided_level')
        batch_op.drop_column('came_from_id')

    with op.batch_alter_table('answer', schema=None) as batch_op:
        batch_op.drop_column('confirmed_at')
        batch_op.drop_column('carried_at')

    with op.batch_alter_table('uploaded_sheet', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_uploaded_sheet_uploaded_by_id'))
        batch_op.drop_index(batch_op.f('ix_uploaded_sheet_uploaded_at'))

    op.drop_table('uploaded_sheet')
    with op.batch_alter_table('survey_ballot', schema=None) as batch_op:
        batch_op.drop_index('ix_survey_ballot_survey_id')

    op.drop_table('survey_ballot')
    with op.batch_alter_table('programme_request', schema=None) as batch_op:
        batch_op.drop_index('ix_programme_request_programme_id')
        batch_op.drop_index('ix_programme_request_asked_at')

    op.drop_table('programme_request')
    with op.batch_alter_table('action', schema=None) as batch_op:
        batch_op.drop_index('ix_action_status_due_on')
        batch_op.drop_index('ix_action_owner_id')
        batch_op.drop_index(batch_op.f('ix_action_assessment_id'))

    op.drop_table('action')
    with op.batch_alter_table('survey', schema=None) as batch_op:
        batch_op.drop_index('uq_survey_one_open', sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'"))
        batch_op.drop_index('ix_survey_status_closes_on')
        batch_op.drop_index('ix_survey_organisation_id')

    op.drop_table('survey')
    with op.batch_alter_table('programme', schema=None) as batch_op:
        batch_op.drop_index('ix_programme_status_name')

    op.drop_table('programme')
    op.drop_table('crosswalk_change')
