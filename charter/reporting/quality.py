"""The quality of casework in a period: how much, how fast, how often employers were asked, and whether it is fair.

What each figure means is one sentence in `MEANS`, which the page prints. Everything is counted by the database, in a
fixed number of queries, from decisions and turns; nobody's name of an employer's is in it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.framework.content import Content, Extent
from charter.framework.models import Framework
from charter.organisation.models import Organisation
from charter.reporting import wilson
from charter.reporting.exports import Table, in_order
from charter.review.handing_out.queue import STAGES
from charter.review.models import About, Finding, InformationRequest, Review, still_open
from charter.review.status import ReviewStatus
from charter.review.timing import pace
from charter.review.timing.pace import Pace, Period
from charter.review.timing.turns import Turn

FEW = 10
"""Below so many decisions a share says little, and the page says so."""
MOST = 10
"""So many criteria are listed for each reason; the file has all."""

MEANS: Mapping[str, str] = {
    "Open now": "Cases that a person has today, at any stage before the decision.",
    "Decided": "Cases decided in the period, of whoever had the case as its assessor when it was decided.",
    "Asked for more": "Decided cases in which the employer was asked for more at least once.",
    "Times asked": "How often a person asked an employer for more in the period; a round with many questions is one.",
    "Median working days": "Half of the decided cases took so many working days of ours or fewer. The days in which we "
    "waited for the employer are not ours.",
    "By stage": "Stages that ended in the period, and the median of the working days from the day each began to the "
    "day it ended.",
    "Reached the level": "Decided cases that ended with the level that the employer aimed for, or a higher one.",
    "95% interval": "With so few or so many decisions, the true share lies between these two with 95% confidence "
    "(Wilson’s interval).",
    "Not met": "Decided cases in which the finding that stood on the criterion was “not met”, of those in which it had "
    "a finding.",
}


@dataclass(frozen=True)
class Person:
    """One person's work."""

    id: UUID
    name: str
    open: int
    decided: int
    asked: int
    """Of the decided, those in which the employer was asked for more."""
    times_asked: int
    pace: Pace | None


@dataclass(frozen=True)
class Group:
    """The decisions on one kind of employer: a county's, or a size's."""

    code: str
    title: str
    decided: int
    reached: int
    none: int
    """Without an award."""
    asked: int
    pace: Pace | None

    @property
    def is_few(self) -> bool:
        """Whether there are too few to say much."""
        return self.decided < FEW

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the share that reached its level lies with 95% confidence."""
        return wilson.interval(self.reached, self.decided)


@dataclass(frozen=True)
class Reason:
    """One criterion, or another thing asked about, and in how many cases."""

    code: str
    title: str
    cases: int
    of: int


@dataclass(frozen=True)
class Quality:
    """All of it, for a period."""

    period: Period
    people: Sequence[Person]
    stages: Sequence[tuple[ReviewStatus, Pace | None]]
    asked_about: Sequence[Reason]
    not_met: Sequence[Reason]
    counties: Sequence[Group]
    sizes: Sequence[Group]
    decided: int
    asked: int


def of_period(session: Session, period: Period, *, content: Content, of: UUID | None = None) -> Quality:
    """The quality of the work in a period, of everybody or only of the cases of one person (fifteen queries).

    Titles are those of `content`; codes are the same in all versions of the charter.
    """
    decided = _decided(period, of)
    groups = {name: _groups(session, decided, name, content) for name in ("county", "size_band")}
    number, asked = session.execute(sa.select(sa.func.count(), sa.func.sum(decided.c.asked)).select_from(decided)).one()
    return Quality(
        period,
        _people(session, decided, period, of),
        _stages(session, period, of),
        _asked_about(session, period, of, content),
        _not_met(session, decided, content),
        groups["county"],
        groups["size_band"],
        number,
        int(asked or 0),
    )


def _decided(period: Period, of: UUID | None) -> sa.Subquery:
    ours = pace.our_days()
    asked = sa.exists().where(InformationRequest.review_id == Review.id)
    query = (
        sa.select(
            Review.id,
            Review.assessor_id,
            Assessment.framework_id,
            Organisation.county,
            Organisation.size_band,
            ours.c.days,
            sa.case((asked, 1), else_=0).label("asked"),
            sa.case((Review.decided_level >= Assessment.target_level, 1), else_=0).label("reached"),
            sa.case((Review.decided_level == 0, 1), else_=0).label("none"),
        )
        .join(Review.assessment)
        .join(Assessment.organisation)
        .outerjoin(ours, ours.c.review_id == Review.id)
        .where(Review.status == ReviewStatus.DECIDED, period.holds(Review.decided_at))
    )
    if of is not None:
        query = query.where(Review.assessor_id == of)
    return query.subquery("decided")


def _by(session: Session, decided: sa.Subquery, name: str) -> dict[Any, Pace]:
    keyed = sa.select(decided.c[name].label("key"), decided.c.days.label("value"))
    return pace.by_key(session, keyed.subquery("keyed"))


def _people(session: Session, decided: sa.Subquery, period: Period, of: UUID | None) -> list[Person]:
    opens = sa.select(Review.assessor_id, sa.func.count()).where(still_open(), Review.assessor_id.is_not(None))
    asks = (
        sa.select(InformationRequest.asked_by_id, InformationRequest.review_id, InformationRequest.round)
        .where(period.holds(InformationRequest.asked_at))
        .distinct()
        .subquery("asks")
    )
    open_now = {key: number for key, number in session.execute(opens.group_by(Review.assessor_id))}  # noqa: C416
    asked = session.execute(sa.select(asks.c.asked_by_id, sa.func.count()).group_by(asks.c.asked_by_id))
    times = {key: number for key, number in asked}  # noqa: C416 - rows, not pairs
    done = {
        key: (number, int(returned))
        for key, number, returned in session.execute(
            sa.select(decided.c.assessor_id, sa.func.count(), sa.func.sum(decided.c.asked)).group_by(
                decided.c.assessor_id
            )
        )
    }
    paces = _by(session, decided, "assessor_id")
    ids = {of} if of is not None else {key for key in (*open_now, *times, *done) if key is not None}
    names = session.execute(sa.select(User.id, User.name).where(User.id.in_(ids)).order_by(User.name, User.id))
    return [
        Person(key, name, open_now.get(key, 0), *done.get(key, (0, 0)), times.get(key, 0), paces.get(key))
        for key, name in names
    ]


def _stages(session: Session, period: Period, of: UUID | None) -> list[tuple[ReviewStatus, Pace | None]]:
    ended = sa.select(Turn.stage.label("key"), Turn.days.label("value")).where(period.holds(Turn.ended_at))
    if of is not None:
        ended = ended.join(Review, Review.id == Turn.review_id).where(Review.assessor_id == of)
    found = pace.by_key(session, ended.subquery("ended"))
    return [(stage, found.get(stage)) for stage in STAGES]


def _groups(session: Session, decided: sa.Subquery, name: str, content: Content) -> list[Group]:
    column = decided.c[name]
    counted = {
        code: (number, int(reached), int(none), int(asked))
        for code, number, reached, none, asked in session.execute(
            sa.select(
                column,
                sa.func.count(),
                sa.func.sum(decided.c.reached),
                sa.func.sum(decided.c.none),
                sa.func.sum(decided.c.asked),
            ).group_by(column)
        )
    }
    paces = _by(session, decided, name)
    if name == "county":
        known, title = [one.code for one in content.counties], content.county_title
    else:
        known, title = [one.code for one in content.size_bands], content.size_title
    return [
        Group(code, title(code), *counted.get(code, (0, 0, 0, 0)), paces.get(code)) for code in in_order(known, counted)
    ]


def _asked_about(session: Session, period: Period, of: UUID | None, content: Content) -> list[Reason]:
    query = sa.select(
        InformationRequest.about, InformationRequest.code, sa.func.count(InformationRequest.review_id.distinct())
    ).where(period.holds(InformationRequest.asked_at))
    whole = sa.select(sa.func.count(InformationRequest.review_id.distinct())).where(
        period.holds(InformationRequest.asked_at)
    )
    if of is not None:
        query = query.where(InformationRequest.asked_by_id == of)
        whole = whole.where(InformationRequest.asked_by_id == of)
    total = session.scalar(whole) or 0
    rows = session.execute(query.group_by(InformationRequest.about, InformationRequest.code))
    found = [Reason(code, _title(content, about, code), number, total) for about, code, number in rows]
    return sorted(found, key=lambda one: (-one.cases, one.code))


def _title(content: Content, about: About, code: str) -> str:
    if about is About.CRITERION:
        criterion = content.criterion(code)
        return criterion.title if criterion else code
    if about is About.DECLARATION:
        return next((one.statement for one in content.declarations if one.code == code), code)
    return next((one.label for one in content.metrics if one.code == code), code)


def _not_met(session: Session, decided: sa.Subquery, content: Content) -> list[Reason]:
    newest = (
        sa.select(
            decided.c.framework_id,
            Finding.criterion,
            Finding.outcome,
            sa.func.row_number()
            .over(partition_by=(Finding.review_id, Finding.criterion), order_by=Finding.round.desc())
            .label("place"),
        )
        .join(decided, decided.c.id == Finding.review_id)
        .where(Finding.outcome.is_not(None))
        .subquery("newest")
    )
    rows = session.execute(
        sa.select(newest.c.framework_id, newest.c.criterion, newest.c.outcome, sa.func.count())
        .where(newest.c.place == 1)
        .group_by(newest.c.framework_id, newest.c.criterion, newest.c.outcome)
    ).all()
    versions = session.scalars(sa.select(Framework).where(Framework.id.in_({row[0] for row in rows})))
    contents = {version.id: version.content for version in versions}
    bad: dict[str, int] = defaultdict(int)
    whole: dict[str, int] = defaultdict(int)
    for version, code, value, number in rows:
        outcome = contents[version].outcome(value)
        whole[code] += number
        if outcome is not None and outcome.extent is Extent.NOT_MET and not outcome.asks_employer:
            bad[code] += number
    found = [Reason(code, _title(content, About.CRITERION, code), number, whole[code]) for code, number in bad.items()]
    return sorted(found, key=lambda one: (-one.cases, one.code))


# As files ----------------------------------------------------------------------------------------------------------


def _days(found: Pace | None) -> str | None:
    return None if found is None else f"{found.days:g}"


def _group_rows(groups: Sequence[Group]) -> list[tuple[Any, ...]]:
    rows = []
    for one in groups:
        low, high = one.interval or (None, None)
        rows.append(
            (
                one.code,
                one.title,
                one.decided,
                one.reached,
                one.none,
                one.asked,
                None if low is None else f"{low:.4f}",
                None if high is None else f"{high:.4f}",
                _days(one.pace),
            )
        )
    return rows


GROUP = (
    *("code", "title", "decided", "reached_level_aimed_for", "no_award", "asked_for_more"),
    *("share_reached_low_95", "share_reached_high_95", "median_working_days"),
)
REASON = ("code", "title", "cases", "of_cases")
FILES = ("people", "stages", "asked-about", "not-met", "counties", "sizes")


def table(found: Quality, name: str) -> Table:
    """One of the tables (`FILES`) as it is exported. Raises `KeyError` for another name."""
    tables: dict[str, Table] = {
        "people": Table(
            ("person", "open_now", "decided", "decided_asked_for_more", "times_asked", "median_working_days"),
            [(one.name, one.open, one.decided, one.asked, one.times_asked, _days(one.pace)) for one in found.people],
        ),
        "stages": Table(
            ("stage", "ended", "median_working_days"),
            [(stage.label, one.decisions if one else 0, _days(one)) for stage, one in found.stages],
        ),
        "asked-about": Table(REASON, [(one.code, one.title, one.cases, one.of) for one in found.asked_about]),
        "not-met": Table(REASON, [(one.code, one.title, one.cases, one.of) for one in found.not_met]),
        "counties": Table(GROUP, _group_rows(found.counties)),
        "sizes": Table(GROUP, _group_rows(found.sizes)),
    }
    return tables[name]
