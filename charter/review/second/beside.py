"""What stands beside a case for whoever looks at it: why it gets a second look, who looked, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter.account.models import Role, User
from charter.framework.content import Moderated, ReviewRule
from charter.review.handing_out.set_apart import SetApart
from charter.review.models import Review
from charter.review.second import conversations, sampling, second_looks
from charter.review.second.second_models import (
    Conversation,
    Doubt,
    FindingChange,
    SampleDraw,
    SecondFinding,
    SecondLook,
)
from charter.review.status import OPEN, ReviewStatus


@dataclass(frozen=True)
class Second:
    """All that there is beside a case's own findings: why it gets a second look, who looked, what came of it."""

    rule: ReviewRule
    why: sampling.Why
    hidden: str
    """Why the person who looks does not see the findings yet, in a sentence; empty when they do."""
    apart: bool = False
    """Whether the person who looks had a part in a decision on it that an appeal overturned (`set_apart`)."""
    assessor: SecondLook | None = None
    """The look of its second assessor (`second_assessor`)."""
    lot: SampleDraw | None = None
    doubts: Sequence[Doubt] = ()
    looks: Sequence[SecondLook] = ()
    found: Sequence[SecondFinding] = ()
    changes: Sequence[FindingChange] = ()
    conversations: Sequence[Conversation] = ()

    def of(self, user: User, round: int) -> SecondLook | None:
        """The look of somebody at a round."""
        return next((one for one in self.looks if one.by_id == user.id and one.round == round), None)

    def changed(self, code: str) -> tuple[FindingChange, ...]:
        """What moderators changed in the finding on a criterion, the earliest first."""
        return tuple(one for one in self.changes if one.criterion == code)


def of_case(session: Session, review: Review, *, by: User) -> Second:
    """What stands beside a case for somebody who looks at it: one query, and one for each kind of thing there is."""
    here = review.id
    kinds = (SampleDraw, Doubt, SecondLook, FindingChange, Conversation)
    set_apart = sa.exists().where(SetApart.review_id == here, SetApart.user_id == by.id)
    *there, apart = session.execute(
        sa.select(*(sa.exists().where(kind.review_id == here) for kind in kinds), set_apart)
    ).one()
    has = dict(zip(kinds, there, strict=True))
    lot = (
        session.scalars(sa.select(SampleDraw).where(SampleDraw.review_id == here)).first() if has[SampleDraw] else None
    )
    why = sampling.Why(
        sampling.rule(review).moderation is Moderated.ALWAYS, lot is not None and lot.drawn, bool(has[Doubt])
    )
    doubts = session.scalars(sa.select(Doubt).where(Doubt.review_id == here).order_by(Doubt.at)) if has[Doubt] else ()
    looks = (
        session.scalars(
            sa.select(SecondLook)
            .where(SecondLook.review_id == here)
            .order_by(SecondLook.round, SecondLook.begun_at, SecondLook.id)
            .options(joinedload(SecondLook.by))
        ).all()
        if has[SecondLook]
        else ()
    )
    changes = (
        session.scalars(
            sa.select(FindingChange)
            .where(FindingChange.review_id == here)
            .order_by(FindingChange.at, FindingChange.id)
            .options(joinedload(FindingChange.by))
        ).all()
        if has[FindingChange]
        else ()
    )
    hidden = _hidden(review, looks, why, by)
    return Second(
        rule=sampling.rule(review),
        why=why,
        hidden=hidden,
        apart=apart,
        assessor=second_looks.second_assessor(session, review) if looks else None,
        lot=lot,
        doubts=list(doubts),
        looks=looks,
        found=second_looks.all_found(session, review) if looks else (),
        changes=changes,
        conversations=conversations.of(session, review) if has[Conversation] else (),
    )


def _hidden(review: Review, looks: Sequence[SecondLook], why: sampling.Why, by: User) -> str:
    """Why somebody who may look a second time sees nothing of the first; empty for everybody else."""
    round = review.assessment.round
    if by.role not in {Role.ASSESSOR, Role.MODERATOR} or review.status not in OPEN - {ReviewStatus.WITH_PANEL}:
        return ""
    if by.id in {review.assessor_id, review.recommended_by_id}:
        return ""
    if any(one.by_id == by.id and one.round == round and one.compared_at is not None for one in looks):
        return ""
    asks = sampling.rule(review)
    if review.status is ReviewStatus.RECOMMENDED:
        if by.role is Role.MODERATOR and why:
            return (
                "You do not see yet what the assessor found and recommended. Make your own finding on each question, "
                "then compare."
            )
        return ""
    if asks.second_assessor:
        return (
            "Two assessors look at this case, and neither sees what the other found until both have found everything."
        )
    if why and by.role is Role.MODERATOR:  # also of one that was sent back: it comes again, maybe to somebody else
        return "A moderator looks at this case question by question, and does not see the findings before."
    return ""
