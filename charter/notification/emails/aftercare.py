"""Emails about what happens after a decision: concerns, what is done to an award, and appeals."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from charter.account.models import User
from charter.notification import outbox
from charter.notification.emails.sending import tell


def award_under_review(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    level_title: str,
    organisation_id: UUID,
    reason: str,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: the scheme looks at the award again; it stays valid."""
    tell(
        session,
        "award_under_review",
        f"We are looking at your award again: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        level_title=level_title,
        organisation_id=organisation_id,
        reason=reason,
    )


def award_review_ended(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    level_title: str,
    organisation_id: UUID,
    reason: str,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: the review of the award ended, and nothing has changed."""
    tell(
        session,
        "award_review_ended",
        f"Your award stays as it is: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        level_title=level_title,
        organisation_id=organisation_id,
        reason=reason,
    )


def award_step_meant(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    level_title: str,
    number: str,
    deed: str,
    step_id: UUID,
    organisation_id: UUID,
    reasons: str,
    reply_by: date,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: the scheme means to suspend or revoke the award; they can reply first."""
    tell(
        session,
        "award_step_meant",
        f"We mean to {deed} your award: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        level_title=level_title,
        number=number,
        deed=deed,
        step_id=step_id,
        organisation_id=organisation_id,
        reasons=reasons,
        reply_by=reply_by,
    )


def award_step_reply(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    level_title: str,
    number: str,
    deed: str,
    step_id: UUID,
    organisation_id: UUID,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: their reply is with us."""
    tell(
        session,
        "award_step_reply",
        f"We have your reply: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        level_title=level_title,
        number=number,
        deed=deed,
        step_id=step_id,
        organisation_id=organisation_id,
    )


def award_step_dropped(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    level_title: str,
    number: str,
    deed: str,
    step_id: UUID,
    organisation_id: UUID,
    reasons: str,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: nothing is done to the award after all."""
    tell(
        session,
        "award_step_dropped",
        f"We do nothing to your award: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        level_title=level_title,
        number=number,
        deed=deed,
        step_id=step_id,
        organisation_id=organisation_id,
        reasons=reasons,
    )


def award_suspended(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    level_title: str,
    number: str,
    deed: str,
    step_id: UUID,
    organisation_id: UUID,
    reason: str,
    at_once: bool,
    reply_by: date | None,
    appeal_by: date,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: the award does not count for now, why, and what they can do."""
    tell(
        session,
        "award_suspended",
        f"Your award is suspended: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        level_title=level_title,
        number=number,
        deed=deed,
        step_id=step_id,
        organisation_id=organisation_id,
        reason=reason,
        at_once=at_once,
        reply_by=reply_by,
        appeal_by=appeal_by,
    )


def award_restored(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    level_title: str,
    organisation_id: UUID,
    restored_on: date,
    ends_on: date,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: the award counts again."""
    tell(
        session,
        "award_restored",
        f"Your award counts again: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        level_title=level_title,
        organisation_id=organisation_id,
        restored_on=restored_on,
        ends_on=ends_on,
    )


def concern_received(
    session: Session,
    *,
    to: str,
    organisation_name: str,
    reference: str,
    event_key: str,
    at: datetime,
) -> None:
    """To whoever raised a concern: we have it. None of their words are in it: anybody may have typed the address."""
    tell(
        session,
        "concern_received",
        "We have what you told us",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        reference=reference,
    )


def concern_settled(
    session: Session,
    *,
    to: str,
    organisation_name: str,
    reference: str,
    outcome: str,
    reasons: str,
    event_key: str,
    at: datetime,
) -> None:
    """To whoever raised a concern: what came of it, and why."""
    tell(
        session,
        "concern_settled",
        "What came of your concern",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        reference=reference,
        outcome=outcome,
        reasons=reasons,
    )


def concern_settled_employer(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    organisation_id: UUID,
    outcome: str,
    reasons: str,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners, when the employer was asked: what came of a concern, and why."""
    tell(
        session,
        "concern_settled_employer",
        f"A concern that we asked you about is settled: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        organisation_id=organisation_id,
        outcome=outcome,
        reasons=reasons,
    )


def concern_side_asked(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    substance: str,
    answer_by: date,
    concern_id: UUID,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: somebody raised a concern, what it is about, and by when to answer. Never who."""
    tell(
        session,
        "concern_side_asked",
        f"Please tell us your side: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        substance=substance,
        answer_by=answer_by,
        concern_id=concern_id,
    )


def appeal_received(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    organisation_id: UUID,
    about: str,
    due_on: date,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: their appeal is with us, and by when it is answered."""
    tell(
        session,
        "appeal_received",
        f"We have your appeal: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        organisation_id=organisation_id,
        about=about,
        due_on=due_on,
    )


def appeal_decided(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    organisation_id: UUID,
    about: str,
    changed: bool,
    followed_by: str,
    reasons: str,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: what came of their appeal, why, and what happens now."""
    tell(
        session,
        "appeal_decided",
        f"Your appeal is decided: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        organisation_id=organisation_id,
        about=about,
        changed=changed,
        followed_by=followed_by,
        reasons=reasons,
    )
