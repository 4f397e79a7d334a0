"""Emails about awards of other schemes."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from charter.account.models import User
from charter.notification import outbox
from charter.notification.emails.sending import tell


def recognition_checked(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    organisation_id: UUID,
    title: str,
    met: Sequence[str],
    evidence: Sequence[str],
    until: date | None,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: an award of another scheme was checked, and which criteria (by title) it stands in for."""
    tell(
        session,
        "recognition_checked",
        f"We have checked your {outbox.one_line(title)}: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        organisation_id=organisation_id,
        title=title,
        met=met,
        evidence=evidence,
        until=until,
    )


def recognition_declined(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    organisation_id: UUID,
    recognition_id: UUID,
    title: str,
    reason: str,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: an award of another scheme was turned down, why, and where to give other proof."""
    tell(
        session,
        "recognition_declined",
        f"We could not accept your {outbox.one_line(title)}: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        organisation_id=organisation_id,
        recognition_id=recognition_id,
        title=title,
        reason=reason,
    )


def recognition_ends_soon(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    organisation_id: UUID,
    title: str,
    ends_on: date,
    days_left: int,
    opens_again: Sequence[str],
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: an award of another scheme ends soon, and which criteria (by title) open again then."""
    tell(
        session,
        "recognition_ends_soon",
        f"Your {outbox.one_line(title)} ends soon: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        organisation_id=organisation_id,
        title=title,
        ends_on=ends_on,
        days_left=days_left,
        opens_again=opens_again,
    )


def recognition_ended(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    organisation_id: UUID,
    title: str,
    ended_on: date,
    opened: Sequence[str],
    in_plan: bool,
    in_draft: bool,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: an award of another scheme has ended, and which criteria (by title) it stands in for no more.

    `in_plan` says that the improvement plan has what is to be done about them, `in_draft` that they are open in an
    assessment that was begun.
    """
    tell(
        session,
        "recognition_ended",
        f"Your {outbox.one_line(title)} has ended: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        organisation_id=organisation_id,
        title=title,
        ended_on=ended_on,
        opened=opened,
        in_plan=in_plan,
        in_draft=in_draft,
    )


def recognition_taken_back(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    organisation_id: UUID,
    title: str,
    reason: str,
    counted: bool,
    opened: Sequence[str],
    in_plan: bool,
    in_draft: bool,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: the scheme's staff took an award of another scheme back, why, and what rested on it, by title.

    `counted` says that it had been checked; `in_plan` and `in_draft` are as in `recognition_ended`.
    """
    tell(
        session,
        "recognition_taken_back",
        f"Your {outbox.one_line(title)} does not count any more: {outbox.one_line(organisation_name)}"
        if counted
        else f"We took your {outbox.one_line(title)} off our list: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        organisation_id=organisation_id,
        title=title,
        reason=reason,
        counted=counted,
        opened=opened,
        in_plan=in_plan,
        in_draft=in_draft,
    )
