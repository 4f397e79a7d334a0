"""One function for each email: who gets it and what it says. Call it in the transaction of the change it tells of.

All take the session first, the rest by keyword, and end with `event_key: str, at: datetime`. `event_key` names the
event, such as `f"submission:{submission.id}"`; the same key never tells the same person twice. `to` is a `User`,
several (`Iterable[User]`), or a bare address. Bodies are `templates/emails/<name>.txt`; `[portal]` and `[scheme]` in
them become the portal's address and the scheme's name when they are sent (`outbox.filled`): no verb needs the settings.

    confirm_email           to: User, token
    already_registered      to: User
    reset_password          to: User, token
    password_changed        to: User
    change_email            to: str (the new address), token
    email_changed           to: str (the old address)
    staff_welcome           to: User, token
    invitation_to_employer  to: str, organisation_name, invited_by: str (a name), token, expires_on: date
    submission_received     to: Iterable[User], organisation_name, level_title, due_on: date, assessment_id
    more_information_needed to: Iterable[User], organisation_name, level_title,
                            questions: Iterable[tuple[str, str]] (criterion's title, what we ask),
                            reply_by: date | None, assessment_id
    resubmission_received   to: Iterable[User], organisation_name, level_title, due_on: date, assessment_id
    decision_awarded        to: Iterable[User], organisation_name, level_title, valid_until: date,
                            certificate_code: str, assessment_id
    decision_not_awarded    to: Iterable[User], organisation_name, level_title, assessment_id
    award_revoked           to: Iterable[User], organisation_name, level_title, reason: str
    programme_asked_for     to: str (the programme's contact, or the scheme), who asks and what they say
    programme_request_sent  to: User, programme_name, what went to whom

A disabled person is told nothing.
"""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from uuid import UUID

import jinja2
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.notification import outbox

PACKAGE = Path(__file__).parents[1]


def _day(value: date) -> str:
    return f"{value.day} {value:%B %Y}"


@cache
def _templates() -> jinja2.Environment:
    # beside the package in a checkout, inside it in an installed wheel
    folders = [PACKAGE / "templates" / "emails", PACKAGE.parent / "templates" / "emails"]
    environment = jinja2.Environment(  # noqa: S701 - plain text: escaping would print &amp; to people
        loader=jinja2.FileSystemLoader(folders),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["date"] = _day
    environment.globals |= {"portal": outbox.PORTAL, "scheme": outbox.SCHEME}
    return environment


def _tell(
    session: Session,
    kind: str,
    subject: str,
    to: User | str | Iterable[User],
    event_key: str,
    at: datetime,
    **values: object,
) -> None:
    template = _templates().get_template(f"{kind}.txt")
    for person in [to] if isinstance(to, User | str) else to:
        if isinstance(person, User) and person.disabled_at is not None:
            continue
        outbox.enqueue(
            session,
            kind,
            to=person,
            subject=subject,
            body=template.render(values, name=_greeted(person)),
            event_key=f"{event_key}:{kind}:{person.id if isinstance(person, User) else person}"[:200],
            at=at,
        )


def _greeted(person: User | str) -> str:
    """The name to greet with; none before the address is proved, for a stranger may have typed anything as the name."""
    return person.name if isinstance(person, User) and person.email_confirmed_at else ""


# Accounts ---------------------------------------------------------------------------------------------------------


def confirm_email(session: Session, *, to: User, token: str, event_key: str, at: datetime) -> None:
    """To somebody who signed up: the link that proves the address is theirs.

    It repeats nothing that was typed: the address may be that of somebody who never asked.
    """
    _tell(session, "confirm_email", f"Confirm your email: {outbox.SCHEME}", to, event_key, at, token=token)


def already_registered(session: Session, *, to: User, event_key: str, at: datetime) -> None:
    """To somebody whose address was used to sign up again: you have an account."""
    _tell(session, "already_registered", f"You already have an account: {outbox.SCHEME}", to, event_key, at)


def reset_password(session: Session, *, to: User, token: str, event_key: str, at: datetime) -> None:
    """To somebody who forgot their password: the link to choose another."""
    _tell(session, "reset_password", f"Choose a new password: {outbox.SCHEME}", to, event_key, at, token=token)


def password_changed(session: Session, *, to: User, event_key: str, at: datetime) -> None:
    """To somebody whose password was changed, so that they know if it was not them."""
    _tell(session, "password_changed", f"Your password was changed: {outbox.SCHEME}", to, event_key, at)


def change_email(session: Session, *, to: str, token: str, event_key: str, at: datetime) -> None:
    """To the address somebody wants to use from now on: the link that proves it is theirs."""
    _tell(session, "change_email", f"Confirm your new email: {outbox.SCHEME}", to, event_key, at, token=token)


def email_changed(session: Session, *, to: str, event_key: str, at: datetime) -> None:
    """To the address somebody used until now, so that they know if it was not them."""
    _tell(session, "email_changed", f"Your email address was changed: {outbox.SCHEME}", to, event_key, at)


def staff_welcome(session: Session, *, to: User, token: str, event_key: str, at: datetime) -> None:
    """To somebody who joins the scheme's staff: the link to choose their first password."""
    subject = f"Your account: {outbox.SCHEME}"
    _tell(session, "staff_welcome", subject, to, event_key, at, token=token, role=to.role.label.lower())


# Employers --------------------------------------------------------------------------------------------------------


def invitation_to_employer(
    session: Session,
    *,
    to: str,
    organisation_name: str,
    invited_by: str,
    token: str,
    expires_on: date,
    event_key: str,
    at: datetime,
) -> None:
    """To somebody a colleague asked to help with their employer's charter."""
    _tell(
        session,
        "invitation_to_employer",
        f"Join {outbox.one_line(organisation_name)} on the {outbox.SCHEME}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        invited_by=outbox.one_line(invited_by),
        token=token,
        expires_on=expires_on,
    )


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
    _tell(
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
    assessment_id: UUID,
    event_key: str,
    at: datetime,
) -> None:
    """To the employer's people: what we still need, criterion by criterion, and by when."""
    _tell(
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
        assessment_id=assessment_id,
    )


def resubmission_received(
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
    """To the employer's people: we have what you added, and when to expect a decision."""
    _tell(
        session,
        "resubmission_received",
        f"We have received your changes: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        level_title=level_title,
        due_on=due_on,
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
) -> None:
    """To the employer's people: the level they reached, and where the certificate and the feedback are."""
    _tell(
        session,
        "decision_awarded",
        f"You have reached {level_title}: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        level_title=level_title,
        valid_until=valid_until,
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
    _tell(
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


def award_revoked(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    level_title: str,
    reason: str,
    event_key: str,
    at: datetime,
) -> None:
    """To the employer's people: the award no longer stands, and why."""
    _tell(
        session,
        "award_revoked",
        f"Your award has been withdrawn: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        level_title=level_title,
        reason=reason,
    )


# The directory of services ----------------------------------------------------------------------------------------


def programme_asked_for(
    session: Session,
    *,
    to: str,
    has_contact: bool,
    programme_name: str,
    programme_code: str,
    organisation_name: str,
    county_title: str,
    size_title: str,
    asked_by: str,
    reply_to: str,
    message: str,
    event_key: str,
    at: datetime,
) -> None:
    """To the contact of a programme, or to the scheme when it has none: who asks for it, and whom to answer."""
    _tell(
        session,
        "programme_asked_for",
        f"{outbox.one_line(organisation_name)} asks for {outbox.one_line(programme_name)}",
        to,
        event_key,
        at,
        has_contact=has_contact,
        programme_name=outbox.one_line(programme_name),
        programme_code=programme_code,
        organisation_name=outbox.one_line(organisation_name),
        county_title=county_title,
        size_title=size_title,
        asked_by=outbox.one_line(asked_by),
        reply_to=reply_to,
        message=message,
    )


def programme_request_sent(
    session: Session,
    *,
    to: User,
    has_contact: bool,
    programme_name: str,
    programme_code: str,
    how_to_start: str,
    organisation_name: str,
    message: str,
    event_key: str,
    at: datetime,
) -> None:
    """To the person who asked for a programme: what went to whom, and what else they can do."""
    _tell(
        session,
        "programme_request_sent",
        f"You asked for {outbox.one_line(programme_name)}: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        has_contact=has_contact,
        programme_name=outbox.one_line(programme_name),
        programme_code=programme_code,
        how_to_start=how_to_start,
        organisation_name=outbox.one_line(organisation_name),
        message=message,
    )
