"""One function for each email: who gets it and what it says. Call it in the transaction of the change it tells of.

All take the session first, the rest by keyword, and end with `event_key: str, at: datetime`. `event_key` names the
event, such as `f"submission:{submission.id}"`; the same key never tells the same person twice. `to` is a `User`,
several (`Iterable[User]`), or a bare address. Bodies are `templates/emails/<name>.txt`; `[portal]` and `[scheme]` in
them become the portal's address and the scheme's name when they are sent (`outbox.filled`): no verb needs the settings.

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
from charter.notification.emails.aftercare import (
    appeal_decided,
    appeal_received,
    award_restored,
    award_review_ended,
    award_step_dropped,
    award_step_meant,
    award_step_reply,
    award_suspended,
    award_under_review,
    concern_received,
    concern_settled,
    concern_settled_employer,
    concern_side_asked,
)
from charter.notification.emails.answers import (
    answer_came,
    answer_due,
    answer_late,
    answer_went_on,
    more_time_given,
    went_on_without_answer,
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
from charter.notification.emails.desk import (
    case_sent_back,
    case_went_on,
    cases_given,
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
    recognition_taken_back,
)
from charter.notification.emails.services import (
    programme_asked_for,
    programme_request_sent,
)
from charter.notification.emails.sign_off import (
    sign_off_asked,
    sign_off_copy,
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
    member_removed,
    tasks_given,
)
from charter.notification.emails.versions import (
    version_closes,
)
from charter.notification.emails.yearly import (
    yearly_figures_due,
    yearly_figures_sent,
)

__all__ = [
    "actions_due",
    "already_registered",
    "answer_came",
    "answer_due",
    "answer_late",
    "answer_went_on",
    "appeal_decided",
    "appeal_received",
    "award_ended",
    "award_ends_soon",
    "award_last_day",
    "award_restored",
    "award_review_ended",
    "award_revoked",
    "award_step_dropped",
    "award_step_meant",
    "award_step_reply",
    "award_suspended",
    "award_under_review",
    "case_sent_back",
    "case_went_on",
    "cases_given",
    "change_email",
    "claim_ended",
    "claim_made",
    "claim_received",
    "claim_to_decide",
    "claim_with_scheme",
    "comment_added",
    "concern_received",
    "concern_settled",
    "concern_settled_employer",
    "concern_side_asked",
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
    "member_removed",
    "more_information_needed",
    "more_time_given",
    "password_changed",
    "programme_asked_for",
    "programme_request_sent",
    "recognition_checked",
    "recognition_declined",
    "recognition_ended",
    "recognition_ends_soon",
    "recognition_taken_back",
    "reset_password",
    "resubmission_received",
    "sign_off_asked",
    "sign_off_copy",
    "sign_off_decided",
    "staff_welcome",
    "submission_received",
    "survey_closed",
    "tasks_given",
    "transfer_news",
    "transfer_offered",
    "version_closes",
    "virus_found",
    "went_on_without_answer",
    "yearly_figures_due",
    "yearly_figures_sent",
]
