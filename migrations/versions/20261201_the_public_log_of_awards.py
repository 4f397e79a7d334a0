"""the public log of awards

A log of what was decided about each certificate, and the certificates themselves as files. Numbers get the two figures
that give a slip away; whoever types one without them still finds it. The awards of before are written into the log by
the worker, which draws their certificates.
"""

import sqlalchemy as sa
from alembic import op

import charter.orm

revision = "c7d1e0a94b36"
down_revision = "4be19c07d5a2"

KINDS = "issued renewed superseded review_opened review_closed suspended restored revoked reissued".split()
BATCH = 1000


def upgrade() -> None:
    op.create_table('award_document',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('award_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=160), nullable=False),
    sa.Column('drawn_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('drawn', sa.LargeBinary(), nullable=True),
    sa.Column('sealed_sha256', sa.String(length=64), nullable=True),
    sa.Column('sealed_at', charter.orm.UTCDateTime(), nullable=True),
    sa.CheckConstraint('version > 0', name=op.f('ck_award_document_counts_from_1')),
    sa.CheckConstraint('drawn IS NOT NULL OR sealed_sha256 IS NOT NULL', name=op.f('ck_award_document_is_somewhere')),
    sa.ForeignKeyConstraint(['award_id'], ['award.id'], name=op.f('fk_award_document_award_id_award'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_award_document')),
    sa.UniqueConstraint('award_id', 'version', name=op.f('uq_award_document_award_id_version'))
    )
    with op.batch_alter_table('award_document', schema=None) as batch_op:
        batch_op.create_index('ix_award_document_sha256', ['sha256'], unique=False)
        batch_op.create_index('ix_award_document_waiting', ['id'], unique=False, sqlite_where=sa.text('drawn IS NOT NULL'), postgresql_where=sa.text('drawn IS NOT NULL'))

    op.create_table('log_entry',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('kind', sa.Enum(*KINDS, name='logkind', native_enum=False, length=32), nullable=False),
    sa.Column('number', sa.String(length=32), nullable=False),
    sa.Column('level', sa.Integer(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('other', sa.String(length=32), nullable=True),
    sa.Column('document_sha256', sa.String(length=64), nullable=True),
    sa.Column('record_sha256', sa.String(length=64), nullable=True),
    sa.Column('previous_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_log_entry')),
    sa.UniqueConstraint('sequence', name=op.f('uq_log_entry_sequence'))
    )
    with op.batch_alter_table('log_entry', schema=None) as batch_op:
        batch_op.create_index('ix_log_entry_document_sha256', ['document_sha256'], unique=False)
        batch_op.create_index('ix_log_entry_number', ['number', 'sequence'], unique=False)

    op.create_table('log_head',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_log_head'))
    )
    _renumber(_with_check)


award = sa.table("award", sa.column("id", sa.Uuid()), sa.column("number", sa.String()))


def _renumber(change) -> None:
    connection = op.get_bind()
    numbered = connection.execute(sa.select(award.c.id, award.c.number)).all()
    change_one = award.update().where(award.c.id == sa.bindparam("which")).values(number=sa.bindparam("becomes"))
    rows = [{"which": one.id, "becomes": change(one.number)} for one in numbered]
    for start in range(0, len(rows), BATCH):
        connection.execute(change_one, rows[start : start + BATCH])


def _with_check(number: str) -> str:
    """ISO 7064, MOD 97-10: letters count as 10 to 35, and letters that look like figures as those."""
    plain = number.upper().replace("-", "").translate(str.maketrans("OIL", "011"))
    counted = int("".join(str(int(one, 36)) for one in plain))
    return f"{number}-{98 - counted * 100 % 97:02d}"


def _without_check(number: str) -> str:
    return number.rsplit("-", 1)[0]


def downgrade() -> None:
    _renumber(_without_check)
    op.drop_table('log_head')
    op.drop_table('log_entry')
    op.drop_table('award_document')
