"""A version of the charter is closed on a day that is announced; until then what is begun on it may be sent.

Nobody is blocked without warning: the day is at least `NOTICE` ahead while anybody is at work on the version, everybody
who is gets an email when the day is set, and again before it comes, and one employer may be given longer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from charter import audit
from charter.account.models import User
from charter.assessment.models import Assessment
from charter.assessment.status import AssessmentStatus
from charter.clock import day_in_words
from charter.errors import Refusal, Stale
from charter.framework import publishing
from charter.framework.models import Framework, FrameworkStatus
from charter.notification import emails
from charter.organisation import queries as organisations
from charter.orm import Base

NOTICE = timedelta(days=28)
"""The shortest time between saying that a version closes and closing it, while somebody is at work on it."""
WARN_DAYS = (14, 3)
"""So many days before the end, owners who have not sent their answers get another email."""
ANNOUNCED = -1
"""What a notice says of the first email, which tells of the day."""
AT_ONCE = 1000
"""So many drafts are told of in one go; the worker comes again."""
REASON_LENGTH = 500
LONGEST = timedelta(days=366)
"""The longest that one employer may be given beyond the day for all."""
CLOSED = "This version of the charter is closed. Move your answers to the newest one, then send them."
CHANGED = "Somebody else changed this after you opened it. Look at what it says now, then save again to have yours."


class LongerGrace(Base):
    """That the draft of one employer may be sent until a later day than for all."""

    __tablename__ = "longer_grace"
    __table_args__ = (sa.UniqueConstraint("assessment_id"),)

    assessment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("assessment.id", ondelete="CASCADE"))
    framework_id: Mapped[UUID] = mapped_column(sa.ForeignKey("framework.id"))
    until: Mapped[date]
    reason: Mapped[str] = mapped_column(sa.Text)
    """Why, for the scheme's staff."""
    given_at: Mapped[datetime]
    given_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column()

    given_by: Mapped[User] = relationship()

    __mapper_args__ = {"version_id_col": version}


class VersionNotice(Base):
    """That the owners of a draft were told when the version that it is on closes for them."""

    __tablename__ = "version_notice"
    __table_args__ = (sa.UniqueConstraint("assessment_id", "framework_id", "ends_on", "mark"),)

    assessment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("assessment.id", ondelete="CASCADE"))
    framework_id: Mapped[UUID] = mapped_column(sa.ForeignKey("framework.id"))
    ends_on: Mapped[date]
    mark: Mapped[int]
    told_at: Mapped[datetime]


@dataclass(frozen=True)
class Closing:
    """How long a draft may be sent on the version that it is on."""

    until: date | None
    """The last day; none while no day is set."""
    is_closed: bool


def of(session: Session, assessment: Assessment, *, on: date) -> Closing:
    """How long this draft may be sent on its version (at most one query)."""
    framework = assessment.framework
    retired = framework.status is FrameworkStatus.RETIRED
    if framework.closes_on is None and not retired:
        return Closing(None, False)
    longer = longer_of(session, assessment)
    until = max((day for day in (framework.closes_on, longer.until if longer else None) if day), default=None)
    return Closing(until, retired if until is None else until < on)


def check_open(session: Session, assessment: Assessment, *, on: date) -> None:
    """Raises `Refusal` when a draft may no longer be sent on its version."""
    if of(session, assessment, on=on).is_closed:
        raise Refusal(CLOSED)


def longer_of(session: Session, assessment: Assessment) -> LongerGrace | None:
    """The longer time that this draft was given on the version that it is on (one query)."""
    query = sa.select(LongerGrace).where(
        LongerGrace.assessment_id == assessment.id, LongerGrace.framework_id == assessment.framework_id
    )
    return session.scalars(query).first()


def drafts_on(session: Session, framework: Framework) -> int:
    """How many employers have answers on this version that they have not sent (one query)."""
    return session.scalar(sa.select(sa.func.count()).where(*_drafts(framework))) or 0


def _drafts(framework: Framework) -> tuple[sa.ColumnElement[bool], ...]:
    return Assessment.framework_id == framework.id, Assessment.status == AssessmentStatus.DRAFT


def earliest(session: Session, framework: Framework, *, on: date) -> date:
    """The first day that may be chosen: the notice is kept while anybody is at work on the version (one query).

    A day that was announced already may be put off at any time, by as little as one likes.
    """
    if not drafts_on(session, framework):
        return on
    told = framework.closes_on
    return min(told, on + NOTICE) if told is not None and told >= on else on + NOTICE


def check_not_before(first: date, closes_on: date) -> None:
    """Raise `Refusal` when a version would close before the first day that may be chosen."""
    if closes_on < first:
        raise Refusal(
            f"Employers need time to finish. The first day that you can choose is {day_in_words(first)}.",
            field="closes_on",
        )


def close(
    session: Session,
    framework: Framework,
    *,
    closes_on: date,
    seen: date | None,
    by: UUID | None,
    at: datetime,
    on: date,
) -> None:
    """Say on which day a version closes, or put the day off. The owners of its drafts are told.

    `seen` is the day that the person saw. Raises `Stale` when somebody set another since, and `Refusal` when the
    version is closed already or is the newest, or the day comes too soon.
    """
    session.refresh(framework, with_for_update=True)
    if framework.status is FrameworkStatus.RETIRED:
        raise Refusal("This version is closed already.")
    if framework.id == publishing.current(session).id:
        raise Refusal("This is the version that new assessments start on. Publish another before you close it.")
    if framework.closes_on != seen:
        raise Stale(CHANGED, current=framework.closes_on)
    first = earliest(session, framework, on=on)
    check_not_before(first, closes_on)
    if closes_on == framework.closes_on:
        return
    before, framework.closes_on = framework.closes_on, closes_on
    audit.record(
        session,
        "framework:close",
        framework,
        by=by,
        at=at,
        version=framework.version,
        before=before.isoformat() if before else None,
        after=closes_on.isoformat(),
        drafts=drafts_on(session, framework),
    )


def give_longer(
    session: Session,
    assessment: Assessment,
    *,
    until: date,
    reason: str,
    seen_version: int,
    by: User,
    at: datetime,
    on: date,
) -> LongerGrace:
    """Let one employer send its draft until a later day than others, for a reason. Its owners are told.

    Raises `Stale` when somebody gave it another day since, and `Refusal` when it has no draft on a version that closes,
    the day is none that can be given, or the reason is not there.
    """
    session.refresh(assessment, with_for_update=True)
    framework = assessment.framework
    if assessment.status is not AssessmentStatus.DRAFT or framework.closes_on is None:
        raise Refusal("This employer has no answers that are waiting on a version that closes.")
    there = session.scalars(
        sa.select(LongerGrace)
        .where(LongerGrace.assessment_id == assessment.id)
        .execution_options(populate_existing=True)
    ).first()
    if (there.version if there else 0) != seen_version:
        raise Stale(CHANGED, current=there)
    if not reason.strip():
        raise Refusal("Say why they get longer.", field="reason")
    if until <= framework.closes_on or until < on:
        raise Refusal("Choose a day after the one for everybody, and not in the past.", field="until")
    if until > framework.closes_on + LONGEST:
        raise Refusal("Choose a day within a year of the one for everybody.", field="until")
    before = there.until if there and there.framework_id == framework.id else None
    given = {
        "framework_id": framework.id,
        "until": until,
        "reason": reason.strip(),
        "given_at": at,
        "given_by_id": by.id,
    }
    if there is None:
        there = LongerGrace(assessment_id=assessment.id, **given)
        session.add(there)
    for name, value in given.items():
        setattr(there, name, value)
    session.flush()
    audit.record(
        session,
        "assessment:longer-grace",
        assessment,
        by=by.id,
        at=at,
        case=assessment.id,
        version=framework.version,
        before=before.isoformat() if before else None,
        after=until.isoformat(),
    )
    return there


def retire_due(session: Session, on: date, at: datetime) -> int:
    """Close the versions whose last day is past; says how many. A day that was missed changes nothing: sending asks
    the day itself."""
    due = session.scalars(
        sa.select(Framework)
        .where(Framework.status == FrameworkStatus.PUBLISHED, Framework.closes_on < on)
        .order_by(Framework.published_at)
        .with_for_update()
    ).all()
    for framework in due:
        publishing.retire(session, framework, by=None, at=at)
    return len(due)


def tell(session: Session, on: date, at: datetime) -> int:
    """Tell the owners of each draft on a version that closes: of the day, once, and again as it comes near.

    Of several emails that are due, because days were missed, only the one nearest to the end is sent, and each once.
    Whoever is given longer is told of the new day. Says of how many drafts something was told.
    """
    rows = session.execute(
        sa.select(Assessment, LongerGrace.until)
        .join(Framework, Framework.id == Assessment.framework_id)
        .outerjoin(
            LongerGrace,
            sa.and_(LongerGrace.assessment_id == Assessment.id, LongerGrace.framework_id == Assessment.framework_id),
        )
        .where(
            Assessment.status == AssessmentStatus.DRAFT,
            Framework.closes_on.is_not(None),
            sa.func.coalesce(LongerGrace.until, Framework.closes_on) >= on,
        )
        .options(joinedload(Assessment.organisation), joinedload(Assessment.framework))
        .order_by(Assessment.id)
    ).all()
    if not rows:
        return 0
    newest = publishing.current(session)
    sent = _sent(session, [row[0].id for row in rows])
    due = [
        (assessment, until, mark)
        for assessment, longer in rows
        if (until := _until(assessment.framework, longer)) and (mark := _due(assessment, until, sent, on)) is not None
    ][:AT_ONCE]
    owners = organisations.owners(session, {assessment.organisation_id for assessment, _, _ in due})
    for assessment, until, mark in due:
        session.add(
            VersionNotice(
                assessment_id=assessment.id,
                framework_id=assessment.framework_id,
                ends_on=until,
                mark=mark,
                told_at=at,
            )
        )
        emails.version_closes(
            session,
            to=owners.get(assessment.organisation_id, []),
            organisation_name=assessment.organisation.name,
            assessment_id=assessment.id,
            version=assessment.framework.version,
            newest=newest.version,
            changes=newest.content.meta.changes,
            until=until,
            days_left=(until - on).days if mark != ANNOUNCED else None,
            event_key=f"version:{assessment.id}:{assessment.framework_id}:{until.isoformat()}:{mark}",
            at=at,
        )
    return len(due)


def _until(framework: Framework, longer: date | None) -> date | None:
    return max((day for day in (framework.closes_on, longer) if day), default=None)


def _sent(session: Session, drafts: Sequence[UUID]) -> set[tuple[UUID, UUID, date, int]]:
    rows = session.execute(
        sa.select(
            VersionNotice.assessment_id, VersionNotice.framework_id, VersionNotice.ends_on, VersionNotice.mark
        ).where(VersionNotice.assessment_id.in_(drafts))
    )
    return {(row.assessment_id, row.framework_id, row.ends_on, row.mark) for row in rows}


def _due(assessment: Assessment, until: date, sent: set[tuple[UUID, UUID, date, int]], on: date) -> int | None:
    """The email that is due for a draft: the nearest warning that has come and was not sent, or the first news."""
    passed = [days for days in sorted(WARN_DAYS) if until - timedelta(days=days) <= on]
    mark = passed[0] if passed else ANNOUNCED
    return None if (assessment.id, assessment.framework_id, until, mark) in sent else mark
