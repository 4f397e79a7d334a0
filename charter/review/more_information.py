"""Ask the employer for more on some criteria: those open again, the rest stays frozen."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.assessment import status as assessment_status
from charter.clock import local_date
from charter.errors import Refusal
from charter.notification import emails
from charter.review import submitted, telling
from charter.review.allocation import check_holds, locked
from charter.review.models import InformationRequest, Review
from charter.review.status import ASK_FOR_MORE

LONGEST = 2000
"""The most characters of a question."""


def ask(
    session: Session,
    review: Review,
    *,
    questions: Mapping[str, str],
    answer_by: date,
    by: User,
    at: datetime,
) -> None:
    """Put `questions` (by criterion code) to the employer, to answer by a day, and tell its people by email."""
    review = locked(session, review)
    check_holds(session, by, review)
    assessment = review.assessment
    said = submitted.latest(session, assessment)
    titles = {criterion.code: criterion.title for criterion in submitted.asked(assessment, said)}
    if not questions:
        raise Refusal("Choose at least one criterion and write your question.", field="questions")
    for code, question in questions.items():
        if code not in titles:
            raise Refusal("One of these criteria is not part of the case.", field="questions")
        if not question.strip():
            raise Refusal(f"Write your question on “{titles[code]}”.", field=f"question-{code}")
        if len(question.strip()) > LONGEST:
            raise Refusal(
                f"The question on “{titles[code]}” must be {LONGEST:,} characters or fewer.",
                field=f"question-{code}",
            )
    if answer_by <= local_date(at):
        raise Refusal("The day to answer by must be in the future.", field="answer_by")
    review.move(ASK_FOR_MORE)
    assessment.move(assessment_status.ASK_FOR_MORE)
    for code, question in questions.items():
        session.add(
            InformationRequest(
                review_id=review.id,
                round=assessment.round,
                criterion=code,
                question=question.strip(),
                asked_at=at,
                asked_by_id=by.id,
                answer_by=answer_by,
            )
        )
    audit.record(
        session,
        "case:ask-for-more",
        review,
        by=by.id,
        at=at,
        case=assessment.id,
        round=assessment.round,
        criteria=sorted(questions),
        answer_by=answer_by.isoformat(),
    )
    emails.more_information_needed(
        session,
        **telling.about(session, assessment, level=assessment.target_level),
        questions=[(titles[code], question.strip()) for code, question in questions.items()],
        reply_by=answer_by,
        event_key=f"case:{review.id}:round:{assessment.round}",
        at=at,
    )
