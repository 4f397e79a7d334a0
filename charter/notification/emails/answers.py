"""Emails about the time that an employer has to answer when more was asked, and what happens without an answer."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from charter.account.models import User
from charter.notification import outbox
from charter.notification.emails.sending import tell


def answer_due(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    level_title: str,
    reply_by: date,
    days_left: int,
    waits_until: date,
    assessment_id: UUID,
    event_key: str,
    at: datetime,
) -> None:
    """To the employer's people: the day to answer by is near. `days_left` are working days, 0 on the day itself."""
    when = {0: "today", 1: "in 1 working day"}.get(days_left, f"in {days_left} working days")
    tell(
        session,
        "answer_due",
        f"Please answer {when}: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        level_title=level_title,
        reply_by=reply_by,
        when=when,
        waits_until=waits_until,
        assessment_id=assessment_id,
    )


def answer_late(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    level_title: str,
    reply_by: date,
    waits_until: date,
    assessment_id: UUID,
    event_key: str,
    at: datetime,
) -> None:
    """To the employer's people: the day is past, and what happens now."""
    tell(
        session,
        "answer_late",
        f"We have not had your answer yet: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        level_title=level_title,
        reply_by=reply_by,
        waits_until=waits_until,
        assessment_id=assessment_id,
    )


def more_time_given(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    level_title: str,
    reply_by: date,
    assessment_id: UUID,
    event_key: str,
    at: datetime,
) -> None:
    """To the employer's people: there is a later day to answer by."""
    tell(
        session,
        "more_time_given",
        f"You have more time to answer: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        level_title=level_title,
        reply_by=reply_by,
        assessment_id=assessment_id,
    )


def went_on_without_answer(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    level_title: str,
    reply_by: date,
    due_on: date,
    assessment_id: UUID,
    event_key: str,
    at: datetime,
) -> None:
    """To the employer's people: the assessor goes on with what was sent before, and when to expect a decision."""
    tell(
        session,
        "went_on_without_answer",
        f"We are going on with what you sent: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        level_title=level_title,
        reply_by=reply_by,
        due_on=due_on,
        assessment_id=assessment_id,
    )


def answer_went_on(
    session: Session,
    *,
    to: User,
    organisation_name: str,
    because: str,
    event_key: str,
    at: datetime,
) -> None:
    """To an assessor who is away for long or has an interest: the employer has answered, and somebody else takes it."""
    tell(
        session,
        "answer_went_on",
        f"Your case is back in the queue: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        because=because,
    )


def answer_came(
    session: Session,
    *,
    to: User,
    organisation_name: str,
    due_on: date,
    review_id: UUID,
    event_key: str,
    at: datetime,
) -> None:
    """To the assessor who asked: the employer has answered, and the case is in review with them again."""
    tell(
        session,
        "answer_came",
        f"{outbox.one_line(organisation_name)} has answered",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        due_on=due_on,
        review_id=review_id,
    )
