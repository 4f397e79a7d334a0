"""Who gets each email, and what it says."""

import inspect
from datetime import date
from uuid import UUID

import pytest
import sqlalchemy as sa

from charter.account.models import Role, User
from charter.notification import emails, outbox
from charter.notification.models import Message
from tests.conftest import AT

ID = UUID(int=7)
EMPLOYER = {"organisation_name": "Teme Valley\r\nBcc: eve@example.org", "level_title": "Committed"}
ENDING = {
    **EMPLOYER,
    "organisation_id": ID,
    "next_title": "Achiever",
    "renewable": True,
    "ends_on": date(2028, 11, 21),
    "begun": False,
    "sent": False,
}
STEP = {**EMPLOYER, "number": "GEC-2026-000001", "deed": "suspend", "step_id": ID, "organisation_id": ID}
VALUES = {
    "confirm_email": {"token": "tok-en_1"},
    "already_registered": {},
    "reset_password": {"token": "tok-en_1"},
    "password_changed": {},
    "change_email": {"to": "new@example.org", "token": "tok-en_1"},
    "email_changed": {"to": "old@example.org"},
    "staff_welcome": {"token": "tok-en_1"},
    "invitation_to_employer": {
        "to": "colin@example.org",
        "organisation_name": "Teme Valley",
        "invited_by": "Olive Owner",
        "token": "tok-en_1",
        "expires_on": date(2026, 12, 6),
    },
    "employers_merged": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "other_name": "Teme Valley Ltd",
        "organisation_id": ID,
        "withdrawn": True,
        "joined": [("Olive\r\nBcc: eve@example.org", "owner"), ("Colin", "contributor")],
    },
    "cases_given": {
        "given_by": "Mo\r\nBcc: eve@example.org",
        "cases": [("Teme Valley\r\nBcc: eve@example.org", "Committed", date(2026, 12, 22), f"/admin/reviews/{ID}")],
        "reason": "Asha is away.",
    },
    "case_sent_back": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "sent_by": "Mo\r\nModerator",
        "due_on": date(2026, 12, 22),
        "path": f"/admin/reviews/{ID}",
    },
    "case_went_on": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "who": "Seb Second",
        "given_by": "Mo Moderator",
        "reason": "You are away.",
    },
    "sign_off_asked": {
        "to": "dee@example.org",
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "asked_by": "Olive Owner",
        "level_title": "Committed",
        "token": "tok-en_1",
        "expires_on": date(2026, 12, 22),
        "again": True,
    },
    "sign_off_copy": {
        "to": "dee@example.org",
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "level_title": "Committed",
        "who": "Dee Director (Director)",
        "decided_on": date(2026, 11, 22),
    },
    "sign_off_decided": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "who": "Dee Director",
        "signed_as": "",
        "asked_of": "Dee Director (Director)",
        "approved": False,
        "words": "Check the pay figures.\nThey look old.",
        "assessment_id": ID,
    },
    "tasks_given": {
        "given_by": "Olive\r\nBcc: eve@example.org",
        "organisation_name": "Teme Valley",
        "titles": [f"Question {number}" for number in range(12)],
        "path": "/assessments/1?whose=mine",
    },
    "comment_added": {
        "said_by": "Olive",
        "organisation_name": "Teme Valley",
        "criterion_title": "Fair\npay",
        "path": "/assessments/1/criteria/A#comments",
    },
    "member_removed": {"by": "Olive\r\nBcc: eve@example.org", "organisation_name": "Teme Valley"},
    "member_left": {
        "who": "Colin",
        "organisation_name": "Teme Valley",
        "tasks": 2,
        "actions": 1,
        "path": "/organisations/1/team",
    },
    "submission_received": {**EMPLOYER, "due_on": date(2027, 1, 5), "assessment_id": ID},
    "more_information_needed": {
        **EMPLOYER,
        "questions": [("Flexible working", "Which policy?\nSend it, please."), ("Fair pay", "Since when?")],
        "reply_by": date(2027, 1, 5),
        "waits_until": date(2027, 1, 12),
        "assessment_id": ID,
    },
    "resubmission_received": {
        **EMPLOYER,
        "due_on": date(2027, 1, 5),
        "ours": 6,
        "theirs": 4,
        "promised": 20,
        "is_late": False,
        "is_longer": False,
        "same_person": True,
        "assessment_id": ID,
    },
    "answer_due": {
        **EMPLOYER,
        "reply_by": date(2027, 1, 5),
        "days_left": 5,
        "waits_until": date(2027, 1, 12),
        "assessment_id": ID,
    },
    "answer_late": {
        **EMPLOYER,
        "reply_by": date(2027, 1, 5),
        "waits_until": date(2027, 1, 12),
        "assessment_id": ID,
    },
    "more_time_given": {**EMPLOYER, "reply_by": date(2027, 1, 5), "assessment_id": ID},
    "went_on_without_answer": {
        **EMPLOYER,
        "reply_by": date(2027, 1, 5),
        "due_on": date(2027, 1, 20),
        "assessment_id": ID,
    },
    "answer_came": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "due_on": date(2027, 1, 20),
        "review_id": ID,
    },
    "answer_went_on": {"organisation_name": "Teme Valley\r\nBcc: eve@example.org", "because": "interest"},
    "decision_awarded": {
        **EMPLOYER,
        "valid_until": date(2028, 11, 21),
        "certificate_code": "c0de",
        "assessment_id": ID,
    },
    "decision_not_awarded": {**EMPLOYER, "assessment_id": ID},
    "award_revoked": {**EMPLOYER, "organisation_id": ID, "reason": "The employer asked us to."},
    "award_under_review": {**EMPLOYER, "organisation_id": ID, "reason": "A complaint."},
    "award_review_ended": {**EMPLOYER, "organisation_id": ID, "reason": "It was unfounded."},
    "award_step_meant": {**STEP, "reasons": "Wages were late.", "reply_by": date(2026, 12, 6)},
    "award_step_reply": STEP,
    "award_step_dropped": {**STEP, "reasons": "They paid."},
    "award_suspended": {
        **STEP,
        "reason": "Wages were late.",
        "at_once": True,
        "reply_by": date(2026, 12, 6),
        "appeal_by": date(2026, 12, 20),
    },
    "award_restored": {
        **EMPLOYER,
        "organisation_id": ID,
        "restored_on": date(2026, 12, 6),
        "ends_on": date(2028, 11, 21),
    },
    "concern_received": {
        "to": "wilma@example.org",
        "organisation_name": EMPLOYER["organisation_name"],
        "reference": "ABCD-EFGH-JKMN",
    },
    "concern_settled": {
        "to": "wilma@example.org",
        "organisation_name": EMPLOYER["organisation_name"],
        "reference": "ABCD-EFGH-JKMN",
        "outcome": "upheld",
        "reasons": "Wages were late.",
    },
    "concern_settled_employer": {
        "organisation_name": EMPLOYER["organisation_name"],
        "organisation_id": ID,
        "outcome": "not_upheld",
        "reasons": "Wages were in time.",
    },
    "concern_side_asked": {
        "organisation_name": EMPLOYER["organisation_name"],
        "substance": "Wages are said to be late.",
        "answer_by": date(2026, 12, 6),
        "concern_id": ID,
    },
    "appeal_received": {
        "organisation_name": EMPLOYER["organisation_name"],
        "organisation_id": ID,
        "about": "the decision on its assessment",
        "due_on": date(2026, 12, 21),
    },
    "appeal_decided": {
        "organisation_name": EMPLOYER["organisation_name"],
        "organisation_id": ID,
        "about": "the decision on its assessment",
        "changed": True,
        "followed_by": "again",
        "reasons": "It was overlooked.",
    },
    "award_ends_soon": {**ENDING, "days_left": 30, "one_owner": True},
    "award_last_day": ENDING,
    "award_ended": ENDING,
    "evidence_turned_down": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "added_on": date(2026, 11, 22),
        "what": "file",
        "reason": "It has health details",
        "supports": ["Sick pay"],
        "organisation_id": 1,
        "evidence_id": 2,
    },
    "virus_found": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "title": "Sick leave policy",
        "filename": "Policy\r\n.docx",
        "virus": "Eicar-Test-Signature",
        "criteria": ["Sick pay"],
        "organisation_id": 1,
        "evidence_id": 2,
    },
    "version_closes": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "assessment_id": 1,
        "version": "1.1.0",
        "newest": "1.2.0",
        "changes": ["Rotas are shown two weeks ahead."],
        "until": date(2027, 1, 31),
        "days_left": None,
    },
    "evidence_ending": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "pieces": [("Sick leave policy", date(2026, 12, 20), 2)],
        "organisation_id": 1,
    },
    "programme_asked_for": {
        "to": "workwell@example.org",
        "has_contact": True,
        "programme_name": "WorkWell",
        "programme_code": "workwell",
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "county_title": "Worcestershire",
        "size_title": "Small: 10 to 49 people",
        "asked_by": "Olive Owner",
        "reply_to": "olive@example.org",
        "message": "Please call.",
    },
    "programme_request_sent": {
        "has_contact": False,
        "programme_name": "WorkWell",
        "programme_code": "workwell",
        "how_to_start": "Ask your Growth Hub.",
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "message": "Please call.",
    },
    "join_asked": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "organisation_id": 1,
        "request_id": 2,
        "asked_by": "Nina\r\nNew",
        "address": "nina@teme.example",
        "at_domain": True,
        "message": "I am the new HR lead.",
    },
    "join_accepted": {"organisation_name": "Teme Valley\r\nBcc: eve@example.org", "owner": True},
    "join_declined": {"organisation_name": "Teme Valley\r\nBcc: eve@example.org", "reason": "We do not know you."},
    "join_lapsed": {"organisation_name": "Teme Valley\r\nBcc: eve@example.org", "request_id": 2},
    "transfer_offered": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "offered_by": "Olive\r\nOwner",
        "transfer_id": 3,
        "address": "nina@example.org",
        "until": date(2026, 12, 6),
    },
    "transfer_news": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "organisation_id": 1,
        "transfer_id": 3,
        "what": "accepted",
        "from_name": "Olive Owner",
        "to_name": "Nina New",
        "is_taker": False,
        "leaves": False,
        "undo_until": date(2026, 12, 6),
    },
    "claim_made": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "claimant": "Nina\r\nNew",
        "address": "nina@teme.example",
        "owner": True,
        "until": date(2026, 12, 6),
        "token": "tok-en_1",
    },
    "claim_received": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "claim_id": 4,
        "until": date(2026, 12, 6),
        "by_itself": True,
        "token": "tok-en_1",
    },
    "claim_to_decide": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "claim_id": 4,
        "until": date(2026, 12, 6),
        "due": False,
    },
    "claim_with_scheme": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "claim_id": 4,
        "reason": "You did not press the button.",
    },
    "claim_ended": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "claimant": "Nina New",
        "mine": True,
        "what": "refused",
        "reason": "Nobody at the employer knows you.",
    },
    "survey_closed": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "survey_title": "Spring survey",
        "enough": True,
        "survey_path": "/organisations/1/surveys/2",
    },
    "recognition_checked": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "organisation_id": 1,
        "title": "Living Wage",
        "met": ["Fair pay"],
        "evidence": ["Pay and hours made clear"],
        "until": date(2027, 3, 31),
    },
    "recognition_declined": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "organisation_id": 1,
        "recognition_id": 2,
        "title": "Living Wage",
        "reason": "The certificate names another employer.",
    },
    "recognition_ends_soon": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "organisation_id": 1,
        "title": "Living Wage",
        "ends_on": date(2027, 3, 31),
        "days_left": 14,
        "opens_again": ["Fair pay"],
    },
    "recognition_ended": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "organisation_id": 1,
        "title": "Living Wage",
        "ended_on": date(2027, 3, 31),
        "opened": ["Fair pay"],
        "in_plan": True,
        "in_draft": False,
    },
    "recognition_taken_back": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "organisation_id": 1,
        "title": "Living Wage",
        "reason": "The scheme does not list it.",
        "counted": True,
        "opened": ["Fair pay"],
        "in_plan": True,
        "in_draft": False,
    },
    "actions_due": {
        "soon": [("Teme Valley", "Train\r\nmanagers", date(2026, 12, 6), "/organisations/1/plan")],
        "late": [],
    },
    "yearly_figures_due": {
        **EMPLOYER,
        "due_on": date(2027, 1, 5),
        "days_left": 30,
        "begun": False,
        "yearly_return_id": ID,
    },
    "yearly_figures_sent": {
        "organisation_name": "Teme Valley\r\nBcc: eve@example.org",
        "period_end": date(2026, 3, 31),
        "declared_by": "Olive Owner",
        "declared_role": "Owner",
        "yearly_return_id": ID,
    },
}
SAYS = {
    "confirm_email": "[portal]/confirm-email/tok-en_1",
    "already_registered": "[portal]/forgot-password",
    "reset_password": "[portal]/reset-password/tok-en_1",
    "password_changed": "[portal]/forgot-password",
    "change_email": "[portal]/confirm-email/tok-en_1",
    "email_changed": "sign in with it",
    "staff_welcome": "an account as an assessor. Open",
    "invitation_to_employer": "The link works until 6 December 2026.",
    "submission_received": "Expect a decision by 5 January 2027.",
    "more_information_needed": "1. Flexible working\n   Which policy?\n   Send it, please.\n\n2. Fair pay\n   Since",
    "resubmission_received": "We have used 6 of our 20 working days. You used 4: the days while we wait for you do not",
    "answer_due": "Please answer by\n5 January 2027: in 5 working days.",
    "answer_late": "What happens now: we wait until 12 January 2027.",
    "more_time_given": "Please answer by 5 January 2027.",
    "went_on_without_answer": "You have nothing to do. Expect a decision by 20 January 2027.",
    "answer_came": f"[portal]/admin/reviews/{ID}",
    "answer_went_on": "Why: you have declared an interest in this employer.",
    "decision_awarded": "[portal]/certificates/c0de",
    "decision_not_awarded": f"[portal]/assessments/{ID}",
    "award_revoked": f"you can appeal. Somebody who had no part in it will look at it:\n[portal]/organisations/{ID}/",
    "award_under_review": "The award stays valid until this is decided.",
    "award_review_ended": "It was unfounded.",
    "award_step_meant": "Please reply by 6 December 2026.",
    "award_step_reply": f"[portal]/award-steps/{ID}/reply",
    "award_step_dropped": "We will not do that. The reasons:\n\nThey paid.",
    "award_suspended": "we did not ask you first. You can tell us your side until 6 December 2026",
    "award_restored": "counts again from 6 December 2026",
    "concern_received": "ABCD-EFGH-JKMN\n",
    "concern_settled": "We looked into it, and found that something was not right.",
    "concern_settled_employer": "This is now settled: not upheld.",
    "concern_side_asked": "Please tell us your side by 6 December 2026",
    "appeal_received": "You will have an answer by 21 December 2026.",
    "appeal_decided": "The decision is changed. The reasons:\n\nIt was overlooked.",
    "award_ends_soon": "until 21 November 2028. That is in 30 days.",
    "award_last_day": "Your answers and evidence are kept",
    "award_ended": "held Committed until 21 November 2028.",
    "evidence_turned_down": "It is the file that you\nadded on 22 November 2026",
    "virus_found": "Give a clean copy, or another file, in its place:\n[portal]/organisations/1/evidence/2",
    "evidence_ending": "Sick leave policy: in date until 20 December 2026\n  [portal]/organisations/1/evidence/2",
    "version_closes": "Valley Bcc: eve@example.org has answers on version 1.1.0.",
    "programme_asked_for": "answer Olive Owner at olive@example.org",
    "programme_request_sent": "This is how to start: Ask your Growth Hub.",
    "join_asked": "[portal]/organisations/1/team/requests/2",
    "join_accepted": "as an owner",
    "join_declined": "We do not know you.",
    "join_lapsed": "[portal]/join-requests/2",
    "transfer_offered": "[portal]/transfers/3\n\nSign in with this address: nina@example.org.",
    "transfer_news": "undo it until 6 December 2026:\n[portal]/transfers/3",
    "claim_made": "[portal]/claims/still-here/tok-en_1",
    "claim_received": "[portal]/claims/my-mailbox/tok-en_1",
    "claim_to_decide": "[portal]/admin/claims/details/?id=4",
    "claim_with_scheme": "[portal]/claims/4",
    "claim_ended": "Nobody at the employer knows you.",
    "recognition_checked": "it stands in for these questions, so you need not answer them:\n- Fair pay",
    "recognition_declined": "The reason:\n\nThe certificate names another employer.",
    "recognition_ends_soon": "ends on 31 March 2027. That is in 14 days.",
    "recognition_ended": "improvement plan:\n[portal]/organisations/1/plan\n\nIf you renewed it",
    "recognition_taken_back": "any more:\n- Fair pay\n\nWe have put what you need to do in your improvement plan:",
    "tasks_given": "- Question 9\n- and 2 more\n\nSee all that is yours:\n[portal]/assessments/1?whose=mine",
    "comment_added": "Olive wrote a comment on “Fair pay” in the assessment of Teme Valley. Read it and reply:",
    "member_removed": "has taken you out of the team of Teme Valley",
    "member_left": "Nobody has these now:\n\n- 2 questions of the assessment\n- 1 action of the improvement plan\n",
    "actions_due": "(Teme Valley), by 6 December 2026\n  [portal]/organisations/1/plan",
    "employers_merged": "- Colin, contributor\n\n",
    "cases_given": "Mo Bcc: eve@example.org gave you a case. It is in review with you now.\n\nWhy: Asha is away.\n\n"
    f"Teme Valley Bcc: eve@example.org: Committed, decision due by 22 December 2026\n[portal]/admin/reviews/{ID}",
    "case_sent_back": "Bcc: eve@example.org back to you. It is in review with you again.\n"
    "Decision due by 22 December 2026.",
    "case_went_on": "gave your case of Teme Valley Bcc: eve@example.org to Seb Second.",
    "sign_off_asked": "You need no account:\n\n[portal]/sign-off/tok-en_1",
    "sign_off_copy": "Signed as: Dee Director (Director)\nOn: 22 November 2026",
    "sign_off_decided": "   Check the pay figures.\n   They look old.",
    "yearly_figures_due": f"Yours are due by\n5 January 2027.\n\nYou give counts of people, and we work out the rates. "
    f"Last time's figures are beside each number:\n[portal]/yearly-returns/{ID}",
    "yearly_figures_sent": "for the 12 months to 31 March 2026.\nOlive Owner (Owner) sent them.",
    "survey_closed": "change:\n[portal]/organisations/1/surveys/2",
}


@pytest.fixture
def asha(session):
    found = User(email="asha@example.org", name="Asha\r\nBcc: eve", role=Role.ASSESSOR, created_at=AT)
    session.add(found)
    session.flush()
    return found


def told(session):
    return session.scalars(sa.select(Message).order_by(Message.to_address)).all()


def test_every_email_is_tried_here():
    verbs = {
        name
        for name, verb in vars(emails).items()
        if inspect.isfunction(verb) and verb.__module__.startswith(emails.__name__) and not name.startswith("_")
    }
    assert verbs == set(VALUES) == set(SAYS)


@pytest.mark.parametrize("name", sorted(VALUES))
def test_an_email_says_what_it_should_in_whole_sentences(session, asha, name):
    getattr(emails, name)(session, event_key="event", at=AT, **{"to": asha, **VALUES[name]})
    [message] = told(session)
    assert SAYS[name] in message.body
    assert "{" not in message.body
    assert "\n\n\n" not in message.body
    assert message.body.endswith("[scheme]\n[portal]\n")
    assert message.kind == name
    assert message.subject.isprintable()
    assert message.to_address == VALUES[name].get("to", "asha@example.org")
    filled = outbox.filled(message.body, base_url="https://charter.example", scheme_name="Fair Work")
    assert "[" not in filled


@pytest.mark.parametrize("name", sorted(name for name, values in VALUES.items() if "token" in values))
def test_whoever_reads_our_copy_of_an_email_cannot_use_its_link(session, asha, name):
    getattr(emails, name)(session, event_key="event", at=AT, **{"to": asha, **VALUES[name]})
    [message] = told(session)
    assert "tok-en_1" in message.body
    assert "tok-en_1" not in outbox.without_links(message.body)


def test_everyone_of_the_employer_is_told_once_and_closed_accounts_not_at_all(session, asha):
    olive = User(email="olive@example.org", name="Olive", role=Role.EMPLOYER, created_at=AT)
    gone = User(email="gone@example.org", name="Gone", role=Role.EMPLOYER, created_at=AT, disabled_at=AT)
    session.add_all([olive, gone])
    session.flush()
    for _ in range(2):
        emails.decision_not_awarded(
            session, to=[asha, olive, gone], event_key="decision:1", at=AT, **VALUES["decision_not_awarded"]
        )
    assert [message.to_address for message in told(session)] == ["asha@example.org", "olive@example.org"]


def test_somebody_whose_address_is_proved_is_greeted_by_name(session, asha):
    asha.email_confirmed_at = AT
    emails.decision_not_awarded(session, to=[asha], event_key="event", at=AT, **VALUES["decision_not_awarded"])
    [message] = told(session)
    assert message.body.startswith(f"Hello {asha.name}\n")


def test_an_email_to_an_address_nobody_proved_repeats_nothing_that_was_typed(session, asha):
    asha.name = "Cheap loans at evil.example"
    emails.confirm_email(session, to=asha, token="t", event_key="event", at=AT)
    [message] = told(session)
    assert "evil.example" not in message.subject + message.body


def test_without_a_date_to_answer_by_none_is_made_up(session, asha):
    values = {**VALUES["more_information_needed"], "reply_by": None, "questions": [("Fair pay", "Since when?")]}
    emails.more_information_needed(session, to=[asha], event_key="event", at=AT, **values)
    [message] = told(session)
    assert "Answer by" not in message.body
    assert "we wait" not in message.body
    assert "We need more from you on 1 point:" in message.body


def test_who_left_with_nothing_in_hand_leaves_nothing_to_take_over(session, asha):
    emails.member_left(session, to=[asha], event_key="e", at=AT, **(VALUES["member_left"] | {"tasks": 0, "actions": 0}))
    [message] = told(session)
    assert "Nobody has these now" not in message.body
    assert "\n\n\n" not in message.body


def test_one_task_is_named_in_the_subject(session, asha):
    emails.tasks_given(session, to=asha, event_key="e", at=AT, **(VALUES["tasks_given"] | {"titles": ["Fair pay"]}))
    [message] = told(session)
    assert message.subject == "For you to answer: Fair pay"
    assert "asks you to answer this for Teme Valley:\n\n- Fair pay\n\nOpen it:\n" in message.body


def test_an_award_that_begins_later_says_when(session, asha):
    values = {**VALUES["decision_awarded"], "valid_from": date(2027, 1, 8)}
    emails.decision_awarded(session, to=[asha], event_key="event", at=AT, **values)
    [message] = told(session)
    assert (
        "The new award begins on 8 January 2027, the day\nafter the one you hold ends, and stands until" in message.body
    )
