"""A person's employers, each in a line: what there is to do for it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.assessment.status import OPEN, AssessmentStatus
from charter.award.models import Award
from charter.improvement.models import Action, ActionStatus
from charter.organisation.models import Membership, Organisation
from charter.review.models import InformationRequest, Review


@dataclass(frozen=True)
class Glance:
    """One employer in a line. Each of `to_do` is one thing that waits for its people, in a few words."""

    employer: Organisation
    to_do: tuple[str, ...]

    @property
    def line(self) -> str:
        """How much there is to do, and what."""
        if not self.to_do:
            return "nothing to do now"
        things = "1 thing to do" if len(self.to_do) == 1 else f"{len(self.to_do)} things to do"
        return f"{things}: {', '.join(self.to_do)}"


def of_person(session: Session, user: User, *, opens_days: int, on: date) -> list[Glance]:
    """The employers that a person belongs to, by name (one query, however many there are).

    `opens_days` is how long before an award ends the charter asks what comes next.
    """
    mine = Organisation.id
    status = sa.select(Assessment.status).where(Assessment.organisation_id == mine, Assessment.status.in_(OPEN))
    asked = (
        sa.select(sa.func.count())
        .select_from(InformationRequest)
        .join(Review, Review.id == InformationRequest.review_id)
        .join(Assessment, Assessment.id == Review.assessment_id)
        .where(
            Assessment.organisation_id == mine,
            Assessment.status == AssessmentStatus.MORE_INFORMATION,
            InformationRequest.round == Assessment.round,
        )
    )
    late = (
        sa.select(sa.func.count())
        .select_from(Action)
        .where(Action.organisation_id == mine, Action.status == ActionStatus.TO_DO, Action.due_on < on)
    )
    ends = sa.select(sa.func.max(Award.ends_on)).where(Award.organisation_id == mine, Award.ended_on.is_(None))
    rows = session.execute(
        sa.select(
            Organisation,
            *(one.correlate(Organisation).scalar_subquery() for one in (status, asked, late, ends)),
        )
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.user_id == user.id)
        .order_by(Organisation.name, Organisation.id)
    )
    return [_glance(*row, soon=on + timedelta(days=opens_days)) for row in rows]


def _glance(employer: Organisation, status: Any, asked: int, late: int, ends: date | None, *, soon: date) -> Glance:
    to_do = []
    if asked:
        to_do.append("answer the assessor")
    elif status is AssessmentStatus.DRAFT:
        to_do.append("finish your answers")
    elif status is None and ends is None:
        to_do.append("start an assessment")
    if status is None and ends is not None and ends <= soon:
        to_do.append("choose what comes after your award")
    if late:
        to_do.append("1 action is late" if late == 1 else f"{late} actions are late")
    return Glance(employer, tuple(to_do))
