"""What an employer's figures came to, a narrow row each: for its own history, and for what similar employers have.

Rows are written by the verbs that send figures, so that history and comparison are read from an index and never worked
out again. Sending again puts new rows in the place of those of the same assessment; the old ones stay, with the moment
they were replaced, so that what was counted on a day can be known later.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from charter.assessment import metrics, queries
from charter.assessment.metrics import Figure
from charter.assessment.models import Assessment, Submission
from charter.assessment.status import AssessmentStatus
from charter.assessment.year_on_year import Before
from charter.framework.models import Framework
from charter.organisation.models import Organisation
from charter.orm import Base

CHUNK = 200


_now: Any = {"sqlite_where": sa.text("replaced_at IS NULL"), "postgresql_where": sa.text("replaced_at IS NULL")}


class MetricValue(Base):
    """One figure of one employer for twelve months, with what the employer was when it sent it."""

    __tablename__ = "metric_value"
    __table_args__ = (
        sa.Index("uq_metric_value_assessment", "assessment_id", "metric", unique=True, **_now),
        sa.Index("uq_metric_value_yearly_return", "yearly_return_id", "metric", unique=True, **_now),
        sa.CheckConstraint("(assessment_id IS NULL) <> (yearly_return_id IS NULL)", name="has_one_source"),
        sa.Index("ix_metric_value_organisation_id", "organisation_id", "metric", "period_end"),
        sa.Index("ix_metric_value_period_end", "period_end"),
    )

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"))
    metric: Mapped[str] = mapped_column(sa.String(32))
    """A metric's code."""
    period_end: Mapped[date]
    """The last day of the twelve months."""
    value: Mapped[Decimal] = mapped_column(sa.Numeric(30, 6))
    county: Mapped[str] = mapped_column(sa.String(32))
    size_band: Mapped[str] = mapped_column(sa.String(16))
    sector: Mapped[str] = mapped_column(sa.String(4))
    recorded_at: Mapped[datetime]
    """When it was sent."""
    replaced_at: Mapped[datetime | None]
    """When it was corrected, or its assessment was taken back. From then on it does not count."""
    assessment_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("assessment.id", ondelete="CASCADE"))
    yearly_return_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("yearly_return.id", ondelete="CASCADE"))


@dataclass(frozen=True)
class Source:
    """What figures were sent with: an assessment or a yearly return."""

    assessment_id: UUID | None = None
    yearly_return_id: UUID | None = None

    def where(self) -> sa.ColumnElement[bool]:
        """The rows that came with it."""
        if self.assessment_id is not None:
            return MetricValue.assessment_id == self.assessment_id
        return MetricValue.yearly_return_id == self.yearly_return_id


def record(
    session: Session,
    organisation: Organisation,
    figures: Iterable[Figure],
    *,
    period_end: date | None,
    source: Source,
    at: datetime,
) -> int:
    """Keep what the figures come to, in the place of what came with the same source before; says how many there are.

    A figure without a value has no row. Without the last day of the twelve months nothing is kept.
    """
    place = (organisation.county, organisation.size_band, organisation.sector)
    return _write(session, organisation.id, place, figures, period_end, source, at)


def replace(session: Session, source: Source, *, at: datetime) -> None:
    """From now on nothing that came with this assessment or return counts: it was taken back, or is given anew."""
    session.execute(
        sa.update(MetricValue)
        .where(source.where(), MetricValue.replaced_at.is_(None))
        .values(replaced_at=at)
        .execution_options(synchronize_session=False)
    )


def _write(
    session: Session,
    organisation_id: UUID,
    place: tuple[str, str, str],
    figures: Iterable[Figure],
    period_end: date | None,
    source: Source,
    at: datetime,
) -> int:
    replace(session, source, at=at)
    county, size_band, sector = place
    rows = [
        {
            "organisation_id": organisation_id,
            "metric": figure.metric.code,
            "period_end": period_end,
            "value": figure.value,
            "county": county,
            "size_band": size_band,
            "sector": sector,
            "recorded_at": at,
            "replaced_at": None,
            "assessment_id": source.assessment_id,
            "yearly_return_id": source.yearly_return_id,
        }
        for figure in figures
        if figure.value is not None and period_end is not None
    ]
    if rows:
        session.execute(sa.insert(MetricValue), rows)
    return len(rows)


def of_organisation(session: Session, organisation_id: UUID) -> Sequence[MetricValue]:
    """Every value an employer's figures ever had, also replaced ones, the earliest twelve months first (one query)."""
    return session.scalars(
        sa.select(MetricValue)
        .where(MetricValue.organisation_id == organisation_id)
        .order_by(MetricValue.period_end, MetricValue.recorded_at, MetricValue.id)
    ).all()


def history(values: Iterable[MetricValue]) -> dict[str, list[MetricValue]]:
    """What the figures came to year by year, by metric, the earliest first. `values` are in order, as above.

    Replaced ones are left out; of several values for the same twelve months the one that was sent last counts.
    """
    found: dict[str, dict[date, MetricValue]] = {}
    for one in values:
        if one.replaced_at is None:
            found.setdefault(one.metric, {})[one.period_end] = one
    return {metric: [own[day] for day in sorted(own)] for metric, own in found.items()}


def before(session: Session, organisation_id: UUID, *, period_end: date | None, source: Source) -> dict[str, Before]:
    """What each figure came to last time, by metric: for the nearest twelve months that ended before `period_end`.

    While that day is not known, for the last ones. What came with `source` itself is not last time (one query).
    """
    query = sa.select(MetricValue.metric, MetricValue.value, MetricValue.period_end).where(
        MetricValue.organisation_id == organisation_id,
        MetricValue.replaced_at.is_(None),
        sa.func.coalesce(MetricValue.assessment_id, MetricValue.yearly_return_id)
        != (source.assessment_id or source.yearly_return_id),
    )
    if period_end is not None:
        query = query.where(MetricValue.period_end < period_end)
    rows = session.execute(query.order_by(MetricValue.period_end, MetricValue.recorded_at, MetricValue.id))
    return {row.metric: Before(row.value.normalize(), row.period_end) for row in rows}  # the later ones stay


def before_assessment(session: Session, assessment: Assessment, *, period_end: date | None) -> dict[str, Before]:
    """What each figure came to before this assessment."""
    source = Source(assessment_id=assessment.id)
    return before(session, assessment.organisation_id, period_end=period_end, source=source)


def last_time(session: Session, said: queries.Material) -> dict[str, Before]:
    """What each figure came to before the twelve months that an assessment says (one query)."""
    return before_assessment(session, said.assessment, period_end=said.figures.period_end if said.figures else None)


def of_submission(session: Session, said: queries.Material, *, at: datetime) -> None:
    """Keep what the figures of an assessment come to, as it is sent."""
    assessment, found = said.assessment, said.figures
    record(
        session,
        assessment.organisation,
        metrics.figures(said.content, said.inputs, assessment.target_level, said.unknown),
        period_end=found.period_end if found else None,
        source=Source(assessment_id=assessment.id),
        at=at,
    )


def work_out_again(session: Session, *, after: UUID | None = None) -> UUID | None:
    """Write the rows of assessments that were sent before there were any, `CHUNK` at a time, from what was submitted.

    Give it what it returned to go on; it returns None once all are done. One that has rows is left alone.
    """
    other = aliased(Submission)
    newest = (
        sa.select(sa.func.max(other.round))
        .where(other.assessment_id == Assessment.id)
        .correlate(Assessment)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(Assessment, Submission.snapshot, Submission.submitted_at, Framework)
        .select_from(Assessment)
        .join(Submission, sa.and_(Submission.assessment_id == Assessment.id, Submission.round == newest))
        .join(Framework, Framework.id == Assessment.framework_id)
        .where(Assessment.status != AssessmentStatus.WITHDRAWN)
        .where(Assessment.id > after if after is not None else sa.true())
        .order_by(Assessment.id)
        .limit(CHUNK)
    ).all()
    there = set(
        session.scalars(
            sa.select(MetricValue.assessment_id).where(MetricValue.assessment_id.in_([row[0].id for row in rows]))
        )
    )
    for assessment, snapshot, submitted_at, framework in rows:
        figures, employer = snapshot["figures"], snapshot["organisation"]
        if figures is None or figures["period_end"] is None or assessment.id in there:
            continue
        worked_out = metrics.figures(
            framework.content, figures["inputs"], assessment.target_level, figures.get("unknown", ())
        )
        _write(
            session,
            assessment.organisation_id,
            (employer["county"], employer["size_band"], employer["sector"]),
            worked_out,
            date.fromisoformat(figures["period_end"]),
            Source(assessment_id=assessment.id),
            submitted_at,
        )
    return rows[-1][0].id if len(rows) == CHUNK else None
