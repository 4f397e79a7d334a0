"""Ask for a programme: its contact is told, and the employer is counted among those who took one up."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload
from uuid_utils.compat import uuid7

from charter import audit
from charter.account.models import User
from charter.errors import Refusal
from charter.framework.content import Content
from charter.improvement.models import Action, Programme, ProgrammeRequest, ProgrammeStatus
from charter.notification import emails
from charter.organisation import engagement, naming
from charter.organisation.engagement import EngagementKind
from charter.organisation.models import Organisation

LONGEST = 1000
"""The most characters of a message."""


def ask(
    session: Session,
    organisation: Organisation,
    programme: Programme,
    *,
    message: str,
    content: Content,
    scheme_email: str,
    by: User,
    at: datetime,
    on: date,
    action_id: UUID | None = None,
) -> ProgrammeRequest:
    """Ask for `programme` in the name of `organisation`, and tell the programme's contact who asked.

    Where the programme names no contact, the scheme is told at `scheme_email` and passes it on. `by` has agreed that
    their name and email address go there. `content` gives the words for county and size; `action_id` is the action of
    the employer's plan that this is for; one that is not in its plan is left out. The same person sending the same
    again on one day changes nothing.

    Raises `Refusal` when the programme is not open, the message is too long, or the employer asked for it today
    already with other words.
    """
    message = message.strip()
    if len(message) > LONGEST:
        raise Refusal(f"Your message must be {LONGEST:,} characters or fewer.", field="message")
    if programme.status is not ProgrammeStatus.OPEN:
        raise Refusal("This service is not offered any more. Look for another one.")
    # The employer's row is locked, so that a form sent twice in one moment makes one request.
    session.execute(sa.select(Organisation.id).where(Organisation.id == organisation.id).with_for_update())
    before = _asked_on(session, organisation, programme, on)
    if before is not None:
        if (before.asked_by_id, before.message) == (by.id, message):
            return before
        raise Refusal("Your employer asked for this today already. Wait for an answer before you ask again.")
    if action_id is not None:
        action = session.get(Action, action_id)
        action_id = action.id if action is not None and action.organisation_id == organisation.id else None
    request = ProgrammeRequest(
        id=uuid7(),
        organisation_id=organisation.id,
        organisation=organisation,
        programme_id=programme.id,
        programme=programme,
        asked_by_id=by.id,
        asked_by=by,
        asked_at=at,
        asked_on=on,
        message=message,
        action_id=action_id,
    )
    session.add(request)
    engagement.note(session, organisation, EngagementKind.PROGRAMME, on=on)
    audit.record(
        session,
        "programme:ask",
        request,
        by=by.id,
        at=at,
        organisation=str(organisation.id),
        programme=programme.code,
        plan_action=str(action_id) if action_id else None,
    )
    key = f"programme-request:{request.id}"
    emails.programme_asked_for(
        session,
        to=programme.contact_email or scheme_email,
        has_contact=programme.contact_email is not None,
        programme_name=programme.name,
        programme_code=programme.code,
        organisation_name=organisation.name,
        county_title=content.county_title(organisation.county),
        size_title=content.size_title(organisation.size_band),
        asked_by=by.name,
        reply_to=by.email,
        message=message,
        event_key=key,
        at=at,
    )
    emails.programme_request_sent(
        session,
        to=by,
        has_contact=programme.contact_email is not None,
        programme_name=programme.name,
        programme_code=programme.code,
        how_to_start=programme.how_to_start,
        organisation_name=organisation.name,
        message=message,
        event_key=key,
        at=at,
    )
    return request


def _asked_on(session: Session, organisation: Organisation, programme: Programme, on: date) -> ProgrammeRequest | None:
    return session.scalars(
        sa.select(ProgrammeRequest).where(
            ProgrammeRequest.organisation_id == organisation.id,
            ProgrammeRequest.programme_id == programme.id,
            ProgrammeRequest.asked_on == on,
        )
    ).one_or_none()


def asked_by(
    session: Session, organisations: Sequence[UUID], *, programme: Programme | None = None
) -> Sequence[ProgrammeRequest]:
    """What these employers asked for, newest first, with the programme and who asked: all, or one programme.

    Show the name of who asked only by `who_asked`.
    """
    query = (
        sa.select(ProgrammeRequest)
        .where(ProgrammeRequest.organisation_id.in_(organisations))
        .options(joinedload(ProgrammeRequest.programme), joinedload(ProgrammeRequest.asked_by))
        .options(joinedload(ProgrammeRequest.organisation))
        .order_by(ProgrammeRequest.asked_at.desc(), ProgrammeRequest.id.desc())
    )
    if programme is not None:
        query = query.where(ProgrammeRequest.programme_id == programme.id)
    return session.scalars(query).all()


def who_asked(session: Session, asked: Sequence[ProgrammeRequest]) -> dict[UUID, str]:
    """What whoever asked for each of these is called, by the request's id (one query, or none)."""
    return naming.called(session, {one.id: (one.organisation_id, one.asked_by_id) for one in asked})
