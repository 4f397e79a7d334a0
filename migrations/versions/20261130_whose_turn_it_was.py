"""whose turn it was

A row for each stage that a case went through, so that both sides' working days can be counted, and how long an employer
that does not answer is waited for. The turns of the cases that are there are read from the trail.
"""

from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import holidays
import sqlalchemy as sa
from alembic import op

import charter.orm

revision = "4be19c07d5a2"
down_revision = "9bb9f21fa5f7"

STAGES = "waiting in_review with_employer recommended with_panel decided closed".split()
AFTER = {
    "case:open": "waiting",
    "case:open-again": "waiting",
    "case:release": "waiting",
    "case:claim": "in_review",
    "case:receive": "in_review",
    "case:send-back": "in_review",
    "case:ask-for-more": "with_employer",
    "case:recommend": "recommended",
    "case:refer": "with_panel",
    "case:decide": "decided",
    "case:close": "closed",
}
"""The stage that a case is at after each step in the trail. Being given out (`case:allocate`) is like being claimed,
but moves only a case that waits."""
LOCAL = ZoneInfo("Europe/London")
BATCH = 1000


def upgrade() -> None:
    turn = op.create_table('turn',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('review_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('stage', sa.Enum(*STAGES, name='reviewstatus', native_enum=False, length=32), nullable=False),
    sa.Column('began_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('ended_at', charter.orm.UTCDateTime(), nullable=True),
    sa.Column('days', sa.Integer(), nullable=True),
    sa.Column('reminded_days', sa.Integer(), nullable=True),
    sa.CheckConstraint('(ended_at IS NULL) = (days IS NULL)', name=op.f('ck_turn_ended_has_days')),
    sa.ForeignKeyConstraint(['review_id'], ['review.id'], name=op.f('fk_turn_review_id_review'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_turn')),
    sa.UniqueConstraint('review_id', 'number', name=op.f('uq_turn_review_id_number'))
    )
    with op.batch_alter_table('turn', schema=None) as batch_op:
        batch_op.create_index('ix_turn_ended_at', ['ended_at'], unique=False)

    op.create_table('patience',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('set_at', charter.orm.UTCDateTime(), nullable=False),
    sa.Column('set_by_id', sa.Uuid(), nullable=False),
    sa.CheckConstraint('days > 0', name=op.f('ck_patience_some_days')),
    sa.ForeignKeyConstraint(['set_by_id'], ['user.id'], name=op.f('fk_patience_set_by_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_patience'))
    )
    with op.batch_alter_table('patience', schema=None) as batch_op:
        batch_op.create_index('ix_patience_set_at', ['set_at'], unique=False)

    _tell_the_past(turn)


def _tell_the_past(turn: sa.Table) -> None:
    connection = op.get_bind()
    review = sa.table(
        "review",
        sa.column("id", sa.Uuid()),
        sa.column("assessment_id", sa.Uuid()),
        sa.column("status", sa.String()),
        sa.column("waiting_since", charter.orm.UTCDateTime()),
        sa.column("decided_at", charter.orm.UTCDateTime()),
    )
    event = sa.table(
        "audit_event",
        sa.column("id", sa.Uuid()),
        sa.column("sequence", sa.Integer()),
        sa.column("at", charter.orm.UTCDateTime()),
        sa.column("action", sa.String()),
        sa.column("case_id", sa.Uuid()),
    )
    cases = {one.assessment_id: one for one in connection.execute(sa.select(review))}
    steps: dict[object, list[tuple[datetime, str]]] = {}
    query = sa.select(event.c.case_id, event.c.at, event.c.action).where(event.c.action.in_([*AFTER, "case:allocate"]))
    for case_id, at, action in connection.execute(query.order_by(event.c.sequence)):
        if case_id in cases:
            steps.setdefault(case_id, []).append((at, action))
    rows: list[dict[str, object]] = []
    for case_id, case in cases.items():
        rows.extend(_turns(case, steps.get(case_id, [])))
        if len(rows) >= BATCH:
            connection.execute(turn.insert(), rows)
            rows = []
    if rows:
        connection.execute(turn.insert(), rows)


def _turns(case: sa.Row, steps: list[tuple[datetime, str]]) -> list[dict[str, object]]:
    """The turns of one case, as `Review.move` would have written them. One that the trail does not tell to its end (as
    made by hand) is at its stage since it came in."""
    found: list[dict[str, object]] = []

    def go(stage: str, at: datetime) -> None:
        if found and found[-1]["ended_at"] is None:
            found[-1] |= {"ended_at": at, "days": _between(found[-1]["began_at"], at)}
        if stage not in {"decided", "closed"}:
            found.append(
                {
                    "id": uuid4(),
                    "review_id": case.id,
                    "number": len(found) + 1,
                    "stage": stage,
                    "began_at": at,
                    "ended_at": None,
                    "days": None,
                    "reminded_days": None,
                }
            )

    stage = ""
    for at, action in steps:
        if action == "case:allocate":
            if stage != "waiting":
                continue
            stage = "in_review"
        else:
            stage = AFTER[action]
        go(stage, at)
    if stage != case.status:
        found.clear()
        go("waiting" if case.status in {"decided", "closed"} else case.status, case.waiting_since)
        if case.status in {"decided", "closed"}:
            go(case.status, case.decided_at or case.waiting_since)
    return found


def _between(start: datetime, end: datetime) -> int:
    first, last = start.astimezone(LOCAL).date(), end.astimezone(LOCAL).date()
    return sum(_works(first + timedelta(days=number)) for number in range(1, (last - first).days + 1))


ENGLAND = holidays.country_holidays("GB", subdiv="ENG")


def _works(day: date) -> bool:
    return day.weekday() < 5 and day not in ENGLAND


def downgrade() -> None:
    op.drop_table('patience')
    op.drop_table('turn')
