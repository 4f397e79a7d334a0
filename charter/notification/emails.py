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
                            certificate_code: str, assessment_id, valid_from: date | None
    decision_not_awarded    to: Iterable[User], organisation_name, level_title, assessment_id
    award_revoked           to: Iterable[User], organisation_name, level_title, reason: str
    award_ends_soon         to: Iterable[User], days_left, one_owner, and what the next two say
    award_last_day          to: Iterable[User], organisation_name, organisation_id, level_title, next_title: str | None,
                            renewable, ends_on: date, begun and sent (the next assessment)
    award_ended             to: Iterable[User], the same
    evidence_turned_down    to: Iterable[User], organisation_name, what and why, organisation_id, evidence_id
    evidence_ending         to: Iterable[User], organisation_name, pieces: (title, last day, id), organisation_id
    programme_asked_for     to: str (the programme's contact, or the scheme), who asks and what they say
    programme_request_sent  to: User, programme_name, what went to whom
    recognition_checked     to: Iterable[User], title, the criteria it stands in for, until: date | None
    recognition_declined    to: Iterable[User], title, reason, recognition_id
    recognition_ends_soon   to: Iterable[User], title, ends_on: date, days_left: int, the criteria that open again
    survey_closed           to: Iterable[User], organisation_name, survey_title, enough: bool, survey_path: str
    actions_due             to: User, soon and late: what of a plan is due soon, and what is past its day

A disabled person is told nothing.
"""

from collections.abc import Iterable, Sequence
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
    valid_from: date | None = None,
) -> None:
    """To the employer's people: the level they reached, and where the certificate and the feedback are.

    `valid_from` is given when the award begins later, on the day after the one it renews.
    """
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


def award_ends_soon(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    organisation_id: UUID,
    level_title: str,
    next_title: str | None,
    renewable: bool,
    ends_on: date,
    days_left: int,
    begun: bool,
    sent: bool,
    one_owner: bool,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: the award ends soon, and what they can do. `begun` and `sent` are about the next assessment."""
    when = "tomorrow" if days_left == 1 else f"in {days_left} days"
    _tell(
        session,
        "award_ends_soon",
        f"Your award ends {when}: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        organisation_id=organisation_id,
        level_title=level_title,
        next_title=next_title,
        renewable=renewable,
        ends_on=ends_on,
        days_left=days_left,
        begun=begun,
        sent=sent,
        one_owner=one_owner,
    )


def award_last_day(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    organisation_id: UUID,
    level_title: str,
    next_title: str | None,
    renewable: bool,
    ends_on: date,
    begun: bool,
    sent: bool,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: today is the last day of the award."""
    _tell(
        session,
        "award_last_day",
        f"Your award ends today: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        organisation_id=organisation_id,
        level_title=level_title,
        next_title=next_title,
        renewable=renewable,
        ends_on=ends_on,
        begun=begun,
        sent=sent,
    )


def award_ended(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    organisation_id: UUID,
    level_title: str,
    next_title: str | None,
    renewable: bool,
    ends_on: date,
    begun: bool,
    sent: bool,
    event_key: str,
    at: datetime,
) -> None:
    """To the owners: the award has ended, what that means, and that nothing they did is lost."""
    _tell(
        session,
        "award_ended",
        f"Your award has ended: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        organisation_id=organisation_id,
        level_title=level_title,
        next_title=next_title,
        renewable=renewable,
        ends_on=ends_on,
        begun=begun,
        sent=sent,
    )


# Evidence ---------------------------------------------------------------------------------------------------------


def evidence_turned_down(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    added_on: date,
    what: str,
    reason: str,
    criteria: Iterable[str],
    organisation_id: UUID,
    evidence_id: UUID,
    event_key: str,
    at: datetime,
) -> None:
    """To the employer's people: a piece of evidence was removed for privacy, why, and where to give another.

    It repeats nothing that the piece said, not even its title.
    """
    _tell(
        session,
        "evidence_turned_down",
        f"Please give other evidence: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        added_on=added_on,
        what=what,
        reason=reason,
        criteria=list(criteria),
        organisation_id=organisation_id,
        evidence_id=evidence_id,
    )


def evidence_ending(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    pieces: Iterable[tuple[str, date, UUID]],
    organisation_id: UUID,
    event_key: str,
    at: datetime,
) -> None:
    """To the employer's people: evidence that will soon be out of date, each with its last day and its page."""
    _tell(
        session,
        "evidence_ending",
        f"Evidence to renew: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        pieces=[(outbox.one_line(title), ends_on, key) for title, ends_on, key in pieces],
        organisation_id=organisation_id,
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


# Awards of other schemes ------------------------------------------------------------------------------------------


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
    _tell(
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
    _tell(
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
    _tell(
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


def survey_closed(
    session: Session,
    *,
    to: Iterable[User],
    organisation_name: str,
    survey_title: str,
    enough: bool,
    survey_path: str,
    event_key: str,
    at: datetime,
) -> None:
    """To an employer's owners: the last day of their staff survey is past, and whether there are results to read."""
    _tell(
        session,
        "survey_closed",
        f"Your staff survey is closed: {outbox.one_line(organisation_name)}",
        to,
        event_key,
        at,
        organisation_name=outbox.one_line(organisation_name),
        survey_title=outbox.one_line(survey_title),
        enough=enough,
        survey_path=survey_path,
    )


# The improvement plan ---------------------------------------------------------------------------------------------


def actions_due(
    session: Session,
    *,
    to: User,
    soon: Iterable[tuple[str, str, date, str]],
    late: Iterable[tuple[str, str, date, str]],
    event_key: str,
    at: datetime,
) -> None:
    """To whoever does actions of a plan: those that are due soon, and those whose day is past, in one email.

    Each is an employer's name, what is to be done, its day and the path of the plan.
    """
    soon, late = list(soon), list(late)
    count = len(soon) + len(late)
    what = outbox.one_line((late + soon)[0][1]) if count == 1 else f"{count} actions"
    _tell(
        session,
        "actions_due",
        f"{'Not done yet' if late and not soon else 'Due soon'}: {what}",
        to,
        event_key,
        at,
        soon=[(outbox.one_line(employer), outbox.one_line(title), day, path) for employer, title, day, path in soon],
        late=[(outbox.one_line(employer), outbox.one_line(title), day, path) for employer, title, day, path in late],
    )
