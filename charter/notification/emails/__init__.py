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
    recognition_ended       to: Iterable[User], title, ended_on: date, the criteria that are open again,
                            in_plan and in_draft (where)
    survey_closed           to: Iterable[User], organisation_name, survey_title, enough: bool, survey_path: str
    actions_due             to: User, soon and late: what of a plan is due soon, and what is past its day

A disabled person is told nothing.
"""

from charter.notification.emails.accounts import (
    already_registered,
    change_email,
    confirm_email,
    email_changed,
    password_changed,
    reset_password,
    staff_welcome,
)
from charter.notification.emails.assessments import (
    decision_awarded,
    decision_not_awarded,
    more_information_needed,
    resubmission_received,
    submission_received,
)
from charter.notification.emails.awards import (
    award_ended,
    award_ends_soon,
    award_last_day,
    award_revoked,
)
from charter.notification.emails.evidence import (
    evidence_ending,
    evidence_turned_down,
)
from charter.notification.emails.plan import (
    actions_due,
)
from charter.notification.emails.recognitions import (
    recognition_checked,
    recognition_declined,
    recognition_ended,
    recognition_ends_soon,
)
from charter.notification.emails.services import (
    programme_asked_for,
    programme_request_sent,
)
from charter.notification.emails.surveys import (
    survey_closed,
)
from charter.notification.emails.team import (
    invitation_to_employer,
)

__all__ = [
    "actions_due",
    "already_registered",
    "award_ended",
    "award_ends_soon",
    "award_last_day",
    "award_revoked",
    "change_email",
    "confirm_email",
    "decision_awarded",
    "decision_not_awarded",
    "email_changed",
    "evidence_ending",
    "evidence_turned_down",
    "invitation_to_employer",
    "more_information_needed",
    "password_changed",
    "programme_asked_for",
    "programme_request_sent",
    "recognition_checked",
    "recognition_declined",
    "recognition_ended",
    "recognition_ends_soon",
    "reset_password",
    "resubmission_received",
    "staff_welcome",
    "submission_received",
    "survey_closed",
]
