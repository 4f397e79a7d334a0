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
from charter.survey import answering, running


@dataclass(frozen=True)
class Story:
    """A survey of the demo's person at `account`: when it opened and closed, in days ago, and who answered."""

    account: int
    title: str
    people: int
    answers: int
    opened: int
    closed: int | None


STORIES = (
    Story(0, "Staff survey", people=24, answers=13, opened=5, closed=None),
    Story(2, "How is it to work here?", people=46, answers=31, opened=60, closed=40),
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
    owner = session.scalars(sa.select(User).where(User.email == ACCOUNTS[story.account][1])).first()
    if framework is None or owner is None:
        return
    asked = running.questions(framework)
    part = session.scalars(sa.select(Membership).where(Membership.user_id == owner.id)).first()
    if part is None:
        return
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


def _said(asked: StaffSurvey, random: Random) -> dict[str, str]:
    """One person's answers: mostly good, now and then a question left out."""
    values = [value.value for value in asked.scale]
    weights = [3 if value.good else 1 for value in asked.scale]
    return {question.code: random.choices(values, weights)[0] for question in asked.questions if random.random() < 0.97}
