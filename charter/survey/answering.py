"""Answer a staff survey with a code. An answer is added to the sums; nothing else of it is kept, and nothing noted.

This is the one change that writes no audit event: its time and order could tell who said what.
"""

import enum
from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter.errors import Refusal
from charter.survey import codes
from charter.survey.models import Ballot, Survey, SurveyStatus
from charter.survey.running import questions


class Standing(enum.StrEnum):
    """What a code is good for."""

    READY = "ready"
    USED = "used"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class NotNow(Refusal):
    """The code cannot be answered with; `standing` says why."""

    def __init__(self, standing: Standing) -> None:
        super().__init__("This code cannot be used to answer.")
        self.standing = standing


def look_up(session: Session, code: str, *, on: date) -> tuple[Standing, Survey | None]:
    """What the code is good for on a day, and its survey. Of a closed survey nobody learns which codes were used."""
    found = session.execute(
        sa.select(Ballot.used, Survey)
        .join(Survey, Survey.id == Ballot.survey_id)
        .where(Ballot.token_hash == codes.hashed(code))
        .options(joinedload(Survey.organisation), joinedload(Survey.framework))
    ).first()
    if found is None:
        return Standing.UNKNOWN, None
    used, survey = found
    if not _takes_answers(survey, on):
        return Standing.CLOSED, survey
    return Standing.USED if used else Standing.READY, survey


def answer(session: Session, code: str, said: Mapping[str, str], *, on: date) -> None:
    """Count what somebody said: for each question's code a value of the scale. A question may be left out.

    Raises `NotNow` when the code is not known, was used or its survey is closed, and Refusal when nothing is said.
    """
    ballot = session.execute(
        sa.select(Ballot.id, Ballot.survey_id).where(Ballot.token_hash == codes.hashed(code))
    ).first()
    if ballot is None:
        raise NotNow(Standing.UNKNOWN)
    # The survey first, then the ballot: whoever closes the survey or makes new codes takes the same lock.
    survey = session.get_one(Survey, ballot.survey_id)
    session.refresh(survey, with_for_update={"of": Survey})
    if not _takes_answers(survey, on):
        raise NotNow(Standing.CLOSED)
    asked = questions(survey.framework)
    values = {value.value for value in asked.scale}
    counted = {question.code: said[question.code] for question in asked.questions if said.get(question.code) in values}
    if not counted:
        raise Refusal("Answer at least one question.", field=asked.questions[0].code)
    mine = (
        sa.update(Ballot)
        .where(Ballot.id == ballot.id, Ballot.used.is_(False))
        .values(used=True)
        .returning(Ballot.id)
        .execution_options(synchronize_session=False)
    )
    if session.execute(mine).first() is None:
        there = session.scalar(sa.select(Ballot.used).where(Ballot.id == ballot.id))
        raise NotNow(Standing.UNKNOWN if there is None else Standing.USED)
    sums = {question: dict(numbers) for question, numbers in survey.sums.items()}
    for question, value in counted.items():
        numbers = sums.setdefault(question, {})
        numbers[value] = numbers.get(value, 0) + 1
    survey.sums = sums
    survey.answers += 1


def _takes_answers(survey: Survey, on: date) -> bool:
    return survey.status is SurveyStatus.OPEN and survey.opens_on <= on <= survey.closes_on
