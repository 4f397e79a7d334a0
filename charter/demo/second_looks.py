"""Second looks in the demo: a share that changed, moderators who now and then find otherwise, and the highest level."""

from datetime import date, datetime, timedelta
from random import Random

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.demo.people import Staff, at
from charter.demo.stories import Second, Stage, Story
from charter.extensions import transaction
from charter.framework.content import Content, Criterion
from charter.review import submitted
from charter.review.findings import Given, of_review
from charter.review.models import Review
from charter.review.private import PrivateNote
from charter.review.second import conversations, sampling, second_looks
from charter.review.second.conversations import Details
from charter.review.second.second_models import ConversationKind, SecondFinding, SecondLook

SHARES = ((1290, 100), (80, 40))
"""How many days ago which share of the cases was drawn: all of them while the scheme was new."""
UNCLEAR = 3
"""Of so many criteria, one is read in different ways by different people."""
STORIES = (
    Story(Stage.IN_REVIEW, 3, 0, quick=True),
    Story(Stage.RECOMMENDED, 3, 0, quick=True, second=Second.BEGUN),
    Story(Stage.RECOMMENDED, 3, 0, quick=True, second=Second.COMPARED),
    Story(Stage.RECOMMENDED, 3, 0, quick=True, second=Second.SETTLED),
    Story(Stage.RECOMMENDED, 3, 0, quick=True, second=Second.MODERATED),
)
"""Cases for the highest level, which asks for a visit and a second assessor: one at each point of the way."""
POSITIONS = range(-len(STORIES), 0)
"""Where their employers stand: before the others."""


def set_shares(staff: Staff, on: date) -> None:
    """Set the shares of the years that the demo tells of."""
    with transaction() as session:
        administrator = session.get_one(User, staff.administrator)
        for days, percent in SHARES:
            sampling.set_share(session, percent, by=administrator, at=at(on - timedelta(days=days)))
            session.flush()  # the next reads the one before


def doubt(position: int) -> str | None:
    """What the assessor of some cases is not sure about."""
    if position % 11:
        return None
    return "They say that everybody knows the policy, and it is dated three years ago. Is that still in use?"


def before_recommending(
    session: Session, review: Review, story: Story, staff: Staff, random: Random, claimed: date
) -> bool:
    """The visit and the second assessor that some levels ask for; whether a level can be recommended after it."""
    if not sampling.rule(review).second_assessor:
        return True
    assert review.assessor_id is not None
    first = session.get_one(User, review.assessor_id)
    if story.second >= Second.BEGUN:
        _visit(session, review, first, claimed)
        second = session.get_one(User, next(one for one in staff.assessors if one != first.id))
        second_looks.take(session, review, by=second, at=at(claimed, 13))
        _find(session, review, second, random, at(claimed, 16), part=2 if story.second is Second.BEGUN else 1)
    if story.second < Second.COMPARED:
        return False
    second_looks.compare(session, review, by=second, at=at(claimed, 17))
    if story.second < Second.SETTLED:
        return False
    look = second_looks.second_assessor(session, review)
    assert look is not None
    _settle(session, review, look, second, at(claimed, 17, 30))
    return True


def _visit(session: Session, review: Review, by: User, day: date) -> None:
    conversations.record(
        session,
        review,
        Details(
            held_on=day,
            kind=ConversationKind.VISIT,
            for_employer="The managing director, the HR manager, and six people from two teams without their managers",
            for_scheme=by.name,
            notes="The two teams told the same story without being asked. Shifts are swapped by text message, and the "
            "rota is out four weeks before. Nobody could say who the second contact for worries is.",
            summary="Thank you for showing us round. We saw how rotas are planned, and spoke with people from two "
            "teams. Please tell everybody once more whom they can turn to.",
        ),
        by=by,
        at=at(day, 12),
        on=day,
    )


def moderated(session: Session, review: Review, moderator: User, random: Random, moment: datetime) -> None:
    """The moderator's own findings, before they see the assessor's, where the case gets a second look."""
    session.flush()  # so that the lot is found
    if sampling.why(session, review):
        _find(session, review, moderator, random, moment)
        second_looks.compare(session, review, by=moderator, at=moment)
        session.flush()  # so that the decision finds it


def _find(session: Session, review: Review, by: User, random: Random, moment: datetime, *, part: int = 1) -> None:
    """The second findings on a part of the criteria: mostly the same as the first, on the unclear ones often not."""
    content = review.assessment.framework.content
    first = {one.criterion: one.outcome for one in of_review(session, review)}
    asked = submitted.asked(review.assessment, submitted.latest(session, review.assessment))
    given = []
    for number, criterion in enumerate(asked):
        outcome = first.get(criterion.code)
        if outcome is None or number % part:
            continue
        differs = random.random() < (0.3 if number % UNCLEAR == 1 else 0.04)
        note = PrivateNote("The policy says so, and I saw no sign that it is used." if differs else "")
        given.append(Given(criterion.code, _other(content, criterion, outcome) if differs else outcome, "", note, 0))
    refused = second_looks.save_all(session, review, given=given, by=by, at=moment)
    assert not refused, {code: str(refusal) for code, refusal in refused.items()}
    session.flush()  # so that they are found


def _other(content: Content, criterion: Criterion, outcome: str) -> str:
    """A finding next to this one."""
    able = [
        one.value
        for one in content.outcomes
        if not one.asks_employer and one.value != outcome and one.extent.value in {"met", "in_progress", "not_met"}
    ]
    kinds = {one.value: one.extent.value for one in content.outcomes}
    if criterion.evidence_required:
        able = [one for one in able if kinds[one] != "met"]
    return able[0]


def _settle(session: Session, review: Review, look: SecondLook, second: User, moment: datetime) -> None:
    """The second assessor comes round to what the first found, but for one difference that the two leave open."""
    first = {one.criterion: one.outcome for one in of_review(session, review)}
    differing = [
        one
        for one in session.scalars(
            sa.select(SecondFinding).where(SecondFinding.look_id == look.id).order_by(SecondFinding.criterion)
        )
        if one.stands != first.get(one.criterion)
    ]
    for number, one in enumerate(differing):
        if number:
            second_looks.come_round(session, review, one.criterion, seen_version=one.version, by=second, at=moment)
        else:
            second_looks.leave_open(
                session,
                review,
                one.criterion,
                reason="We read the evidence in two ways: is a draft policy that is already used in place?",
                seen_version=one.version,
                by=second,
                at=moment,
            )
    session.flush()  # so that the recommendation finds it
