"""Emails about an assessment on its way to a decision."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from charter.account.models import User
from charter.notification import outbox
from charter.notification.emails.sending import tell


def submission_received(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    level_title: str,
    due_on: date,
    assessment_id: UUID,
    event_key: str,
    at: datetime,
) -> None:
    """To the employer's people: we have it, and when to expect a decision."""
    tell(
        session,
        "submission_received",
        f"We have received your assessment: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        level_title=level_title,
        due_on=due_on,
        assessment_id=assessment_id,
    )


def more_information_needed(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    level_title: str,
    questions: Iterable[tuple[str, str]],
    reply_by: date | None,
    waits_until: date | None,
    assessment_id: UUID,
    event_key: str,
    at: datetime,
) -> None:
    """To the employer's people: what we still need, criterion by criterion, by when, and how long we then wait."""
    tell(
        session,
        "more_information_needed",
        f"We need more information: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        level_title=level_title,
        questions=list(questions),
        reply_by=reply_by,
        waits_until=waits_until,
        assessment_id=assessment_id,
    )


def resubmission_received(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    level_title: str,
    due_on: date,
    ours: int,
    theirs: int,
    promised: int,
    is_late: bool,
    is_longer: bool,
    same_person: bool,
    assessment_id: UUID,
    event_key: str,
    at: datetime,
) -> None:
    """To the employer's people: we have what you added, and when to expect a decision.

    `ours` and `theirs` are the working days that each used, `promised` those that the level
    promises: `is_late` when we used more, `is_longer` when the answer came near their end. `same_person` says whether
    whoever asked reads the answer.
    """
    tell(
        session,
        "resubmission_received",
        f"We have received your changes: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        level_title=level_title,
        due_on=due_on,
        ours=ours,
        theirs=theirs,
        promised=promised,
        is_late=is_late,
        is_longer=is_longer,
        same_person=same_person,
        assessment_id=assessment_id,
    )


def decision_awarded(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    level_title: str,
    valid_until: date,
    certificate_code: str,
    assessment_id: UUID,
    event_key: str,
    at: datetime,
    valid_from: date | None = None,
) -> None:
    """To the employer's people: the level they reached, and where the certificate and the feedback are.

    `valid_from` is given when the award begins later, on the day after the one it renews.
    """
    tell(
        session,
        "decision_awarded",
        f"You have reached {level_title}: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        level_title=level_title,
        valid_until=valid_until,
        valid_from=valid_from,
        certificate_code=certificate_code,
        assessment_id=assessment_id,
    )


def decision_not_awarded(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    level_title: str,
    assessment_id: UUID,
    event_key: str,
    at: datetime,
) -> None:
    """To the employer's people: not this time, and where the feedback is."""
    tell(
        session,
        "decision_not_awarded",
        f"The decision on your assessment: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        level_title=level_title,
        assessment_id=assessment_id,
    )
