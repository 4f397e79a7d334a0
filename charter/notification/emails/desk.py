"""Emails among the scheme's own staff about who works on which case."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from charter.account.models import User
from charter.notification import outbox
from charter.notification.emails.sending import tell


def cases_given(
    session: Session,
    *,
    to: User,
    given_by: str,
    cases: Sequence[tuple[str, str, date, str]],
    reason: str,
    event_key: str,
    at: datetime,
) -> None:
    """To an assessor: these cases are theirs now, all in one email.

    `cases` are each an employer's name, the level aimed for, the day a decision is due and where the case is; `reason`
    is why a case that was somebody else's is theirs, or empty.
    """
    number = len(cases)
    tell(
        session,
        "cases_given",
        "You have a new case" if number == 1 else f"You have {number} new cases",
        to,
        event_key,
        at,
        given_by=outbox.one_line(given_by),
        cases=[(outbox.one_line(employer), level, due_on, path) for employer, level, due_on, path in cases],
        reason=reason,
    )


def case_went_on(
    session: Session,
    *,
    to: User,
    organisation_name: str,
    who: str,
    given_by: str,
    reason: str,
    event_key: str,
    at: datetime,
) -> None:
    """To an assessor: somebody else works on a case that was theirs."""
    tell(
        session,
        "case_went_on",
        f"Somebody else has your case: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        who=outbox.one_line(who),
        given_by=outbox.one_line(given_by),
        reason=reason,
    )


def case_sent_back(
    session: Session,
    *,
    to: User,
    organisation_name: str,
    sent_by: str,
    due_on: date,
    path: str,
    event_key: str,
    at: datetime,
) -> None:
    """To an assessor: their case comes back to them. The reasons are on its page (`path`), and not in the email."""
    tell(
        session,
        "case_sent_back",
        f"Your case is back with you: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        sent_by=outbox.one_line(sent_by),
        due_on=due_on,
        path=path,
    )
