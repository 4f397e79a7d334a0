"""Ask the employer for more on some criteria, declarations or figures: those open again, the rest stays frozen."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.assessment import status as assessment_status
from charter.assessment.models import Assessment
from charter.assessment.queries import in_order
from charter.clock import local_date
from charter.errors import Refusal
from charter.framework.content import Content
from charter.notification import emails
from charter.review import moved_figures, submitted, telling
from charter.review.handing_out.allocation import check_holds, locked
from charter.review.models import About, InformationRequest, Review, Subject
from charter.review.status import ASK_FOR_MORE
from charter.review.submitted import Submitted
from charter.review.timing import patience, reminding, silence

LONGEST = 2000
"""The most characters of a question."""
WENT_ON = (
    "The case went on without an answer to what was asked before, so the employer cannot be asked again. Find what the "
    "evidence shows."
)
NOTHING_CHOSEN = "Choose at least one thing to ask about, and write your question."


def titles(content: Content) -> dict[Subject, str]:
    """Everything of a version that an employer could be asked about, in the order of the pages, by its words."""
    criteria = in_order(content, content.criteria)
    return {
        **{Subject(About.CRITERION, criterion.code): criterion.title for criterion in criteria},
        **{Subject(About.DECLARATION, one.code): one.statement for one in content.declarations},
        **{Subject(About.FIGURE, metric.code): metric.label for metric in content.metrics},
    }


def subjects(assessment: Assessment, said: Submitted) -> dict[Subject, str]:
    """What the employer of this case may be asked about: what its level asks for, in the order of the pages."""
    content = assessment.framework.content
    asked = {
        About.CRITERION: {criterion.code for criterion in submitted.asked(assessment, said)},
        About.DECLARATION: {declaration.code for declaration in content.declarations},
        About.FIGURE: {metric.code for metric in content.metrics_for(assessment.target_level)},
    }
    return {subject: title for subject, title in titles(content).items() if subject.code in asked[subject.about]}


def fault(question: str, title: str) -> str | None:
    """What is wrong with a question on the thing called `title`, in a sentence."""
    if not question.strip():
        return f"Write your question on “{title}”."
    if len(question.strip()) > LONGEST:
        return f"The question on “{title}” must be {LONGEST:,} characters or fewer."
    return None


def ask(
    session: Session,
    review: Review,
    *,
    questions: Mapping[Subject, str],
    answer_by: date,
    by: User,
    at: datetime,
) -> None:
    """Put `questions` to the employer, to answer by a day, and tell its people by email. Why a figure changed more than
    the rules allow is asked along with them when it has not been said (`explanations`).

    Raises Refusal (on the field `questions`, `question-<key of the subject>` or `answer_by`) when the case is somebody
    else's, it went on without an answer in this round, a subject is not part of the case, or a question is missing or
    too long.
    """
    review = locked(session, review)
    check_holds(session, by, review)
    assessment = review.assessment
    said = submitted.latest(session, assessment)
    known = subjects(assessment, said)
    if not questions:
        raise Refusal(NOTHING_CHOSEN, field="questions")
    if not questions.keys() <= known.keys():
        raise Refusal("One of these is not part of the case.", field="questions")
    for subject, question in questions.items():
        wrong = fault(question, known[subject])
        if wrong:
            raise Refusal(wrong, field=f"question-{subject.key}")
    if answer_by <= local_date(at):
        raise Refusal("The day to answer by must be in the future.", field="answer_by")
    if silence.went_on(session, review):
        raise Refusal(WENT_ON, field="questions")
    review.move(ASK_FOR_MORE, at=at)
    review.turns[-1].reminded_days = reminding.told_of(local_date(at), answer_by)
    assessment.move(assessment_status.ASK_FOR_MORE)
    in_turn = {subject: questions[subject].strip() for subject in known if subject in questions}
    for subject, question in in_turn.items():
        session.add(
            InformationRequest(
                review_id=review.id,
                round=assessment.round,
                about=subject.about,
                code=subject.code,
                question=question,
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
        criteria=_codes(questions, About.CRITERION),
        declarations=_codes(questions, About.DECLARATION),
        figures=_codes(questions, About.FIGURE),
        answer_by=answer_by.isoformat(),
    )
    emails.more_information_needed(
        session,
        **telling.about(session, assessment, level=assessment.target_level),
        questions=[
            *((known[subject], question) for subject, question in in_turn.items()),
            *(
                (known[subject], change.question or "")
                for code, change in moved_figures.missing(assessment, said).items()
                if (subject := Subject(About.FIGURE, code)) not in in_turn
            ),
        ],
        reply_by=answer_by,
        waits_until=patience.ends_on(session, answer_by),
        event_key=f"case:{review.id}:round:{assessment.round}",
        at=at,
    )


def _codes(subjects: Iterable[Subject], about: About) -> list[str]:
    return sorted(subject.code for subject in subjects if subject.about is about)
