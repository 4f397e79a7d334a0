"""Staff surveys of the demo: one that is open, and one that is closed and has results."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.demo.people import ACCOUNTS, at
from charter.extensions import transaction
from charter.framework.content import StaffSurvey
from charter.framework.models import Framework
from charter.organisation.models import Membership
from charter.survey import answering, queries, running


@dataclass(frozen=True)
class Story:
    """A survey: when it opened and closed, in days ago, and who answered.

    It is run by the first of the demo's people at `accounts` whose employer has people enough, and no survey yet.
    """

    accounts: tuple[int, ...]
    title: str
    people: int
    answers: int
    opened: int
    closed: int | None


STORIES = (
    Story((2, 7, 10, 0), "How is it to work here?", people=46, answers=31, opened=60, closed=40),
    Story((0, 7, 2, 10), "Staff survey", people=24, answers=13, opened=5, closed=None),
)


def add(*, seed: int, on: date) -> None:
    """Run the surveys by the verbs, up to the day `on`. A version of the charter without a survey has none."""
    random = Random(seed)  # noqa: S311 - nothing secret is drawn from it
    for story in STORIES:
        with transaction() as session:
            _live(session, story, random, on)


def _live(session: Session, story: Story, random: Random, on: date) -> None:
    published = session.scalars(sa.select(Framework).order_by(Framework.published_at.desc(), Framework.id.desc()))
    framework = next((one for one in published if one.content.survey is not None), None)
    part = _who(session, story, framework) if framework else None
    if framework is None or part is None:
        return
    asked, owner = running.questions(framework), part.user
    opened = on - timedelta(days=story.opened)
    survey = running.start(
        session,
        part.organisation,
        framework,
        title=story.title,
        people=story.people,
        closes_on=opened + timedelta(days=20),
        by=owner,
        at=at(opened),
        on=opened,
    )
    session.flush()  # for its id
    codes = running.make_codes(session, survey, by=owner, at=at(opened))
    for code in codes[: story.answers]:
        answering.answer(session, code, _said(asked, random), on=opened)
        session.flush()  # the next answer reads the sums again
    if story.closed is not None:
        running.close(session, survey, by=owner, at=at(on - timedelta(days=story.closed)))


def _who(session: Session, story: Story, framework: Framework) -> Membership | None:
    """Who runs a survey, and for which employer; None when everybody's employer is too small, or has one."""
    for account in story.accounts:
        theirs = sa.select(Membership).join(Membership.user).where(User.email == ACCOUNTS[account][1])
        for part in session.scalars(theirs.order_by(Membership.joined_at, Membership.id)):
            if queries.of_organisation(session, part.organisation):
                continue
            band = framework.content.size_band(part.organisation.size_band)
            if band is None or band.max is None or band.max >= story.people:
                return part
    return None


def _said(asked: StaffSurvey, random: Random) -> dict[str, str]:
    """One person's answers: mostly good, now and then a question left out."""
    values = [value.value for value in asked.scale]
    weights = [3 if value.good else 1 for value in asked.scale]
    return {question.code: random.choices(values, weights)[0] for question in asked.questions if random.random() < 0.97}
