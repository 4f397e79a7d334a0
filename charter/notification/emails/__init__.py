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
    virus_found             to: Iterable[User], organisation_name, title, filename, virus, criteria, organisation_id,
                            evidence_id
    evidence_ending         to: Iterable[User], organisation_name, pieces: (title, last day, id), organisation_id
    programme_asked_for     to: str (the programme's contact, or the scheme), who asks and what they say
    programme_request_sent  to: User, programme_name, what went to whom
    recognition_checked     to: Iterable[User], title, the criteria it stands in for, until: date | None
    recognition_declined    to: Iterable[User], title, reason, recognition_id
    recognition_ends_soon   to: Iterable[User], title, ends_on: date, days_left: int, the criteria that open again
    recognition_ended       to: Iterable[User], title, ended_on: date, the criteria that are open again, in_plan: bool
    join_asked              to: Iterable[User] (owners), who asks to join, at_domain: bool, message
    join_accepted           to: User, organisation_name, owner: bool
    join_declined           to: User, organisation_name, reason
    join_lapsed             to: User, organisation_name, request_id
    transfer_offered        to: User | str, organisation_name, offered_by, transfer_id, address, until: date
    transfer_news           to: User | str, what happened to an offer to hand over, from whom to whom
    claim_made              to: User (each of the employer's people), who claims, until: date, token
    claim_received          to: User (the claimant), until: date, by_itself: bool
    claim_to_decide         to: str (the scheme), organisation_name, claim_id
    claim_with_scheme       to: User (the claimant), organisation_name, claim_id
    claim_ended             to: User, mine: bool, what became of a claim, reason
    survey_closed           to: Iterable[User], organisation_name, survey_title, enough: bool, survey_path: str
    tasks_given             to: User, given_by: str (a name), organisation_name, titles of the tasks, path
    comment_added           to: Iterable[User], said_by: str (a name), organisation_name, criterion_title, path
    member_left             to: Iterable[User], who: str (a name), organisation_name, tasks and actions: int, path
    yearly_figures_due      to: Iterable[User], organisation_name, level_title, due_on: date, days_left, begun: bool,
                            yearly_return_id
    sign_off_asked          to: str, organisation_name, asked_by (a name), level_title, token, expires_on: date, again
    sign_off_decided        to: Iterable[User], organisation_name, who, approved: bool, words, assessment_id
    survey_closed           to: Iterable[User], organisation_name, survey_title, enough: bool, survey_path: str
    employers_merged        to: Iterable[User], organisation_name, other_name, organisation_id, withdrawn: bool
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
    virus_found,
)
from charter.notification.emails.merging import (
    employers_merged,
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
from charter.notification.emails.sign_off import (
    sign_off_asked,
    sign_off_decided,
)
from charter.notification.emails.succession import (
    claim_ended,
    claim_made,
    claim_received,
    claim_to_decide,
    claim_with_scheme,
    join_accepted,
    join_asked,
    join_declined,
    join_lapsed,
    transfer_news,
    transfer_offered,
)
from charter.notification.emails.surveys import (
    survey_closed,
)
from charter.notification.emails.team import (
    invitation_to_employer,
)
from charter.notification.emails.teamwork import (
    comment_added,
    member_left,
    tasks_given,
)
from charter.notification.emails.yearly import (
    yearly_figures_due,
)

__all__ = [
    "actions_due",
    "already_registered",
    "award_ended",
    "award_ends_soon",
    "award_last_day",
    "award_revoked",
    "change_email",
    "claim_ended",
    "claim_made",
    "claim_received",
    "claim_to_decide",
    "claim_with_scheme",
    "comment_added",
    "confirm_email",
    "decision_awarded",
    "decision_not_awarded",
    "email_changed",
    "employers_merged",
    "evidence_ending",
    "evidence_turned_down",
    "invitation_to_employer",
    "join_accepted",
    "join_asked",
    "join_declined",
    "join_lapsed",
    "member_left",
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
    "sign_off_asked",
    "sign_off_decided",
    "staff_welcome",
    "submission_received",
    "survey_closed",
    "tasks_given",
    "transfer_news",
    "transfer_offered",
    "virus_found",
    "yearly_figures_due",
]
