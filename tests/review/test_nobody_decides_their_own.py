"""No way through declaring, taking, giving, recommending and moderating lets somebody decide what they may not."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.audit import AuditEvent
from charter.clock import local_date
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.improvement import with_plan
from charter.organisation.models import Conflict
from charter.review import moderation, recommendation
from charter.review.handing_out import allocating, allocation, next_case
from charter.review.models import Finding, Review
from charter.review.status import ReviewStatus
from tests.conftest import AT
from tests.factories import Factory

ON = local_date(AT)


def deeds(review: Review, people: list[User], random: Random) -> dict[str, Any]:
    """What anybody of the staff might try at any time."""
    employer = review.assessment.organisation
    by, to = random.choice(people), random.choice(people)
    when = AT + timedelta(minutes=random.randint(1, 600))
    held = review.assessor_id
    reasons = {"reasons": "As found.", "by": by, "at": when}
    return {
        "declare": lambda s: allocation.declare_conflict(s, employer, reason="A friend.", by=by, at=when),
        "claim": lambda s: allocation.claim(s, review, by=by, at=when),
        "next": lambda s: next_case.take(s, seen=when, by=by, at=when, on=ON),
        "give": lambda s: allocating.reassign(s, review, to=to.id, reason="Busy.", seen=held, by=by, at=when, on=ON),
        "release": lambda s: allocation.release(s, review, by=by, at=when),
        "recommend": lambda s: recommendation.recommend(s, review, level=1, on=ON, **reasons),
        "send back": lambda s: moderation.send_back(s, review, **reasons),
        "agree": lambda s: with_plan.agree(s, review, on=ON, **reasons),
    }


@pytest.mark.parametrize("seed", range(6))
def test_no_sequence_lets_somebody_decide_what_they_declared_recommended_or_wrote(
    make: Factory, found: Review, assessor: User, second: User, moderator: User, seed: int
) -> None:
    random = Random(seed)
    people = [assessor, second, moderator, make.staff("moderator", "Mary Moderator")]
    likely = ["claim", "next", "give", "release", "recommend", "recommend", "send back", "agree", "agree"]
    done = set()
    for step in range(60):
        name = "declare" if step % 25 == 24 else random.choice(likely)
        try:
            with transaction() as session:
                deeds(found, people, random)[name](session)
            done.add(name)
        except Refusal:
            continue
        db.session.expire_all()
        holds = found.assessor_id
        declared = set(db.session.scalars(sa.select(Conflict.user_id)))
        assert not (found.status is ReviewStatus.IN_REVIEW and holds in declared), name
        if found.status is ReviewStatus.DECIDED:
            break
    if found.status is ReviewStatus.DECIDED:
        decider = found.decided_by_id
        wrote = set(db.session.scalars(sa.select(Finding.found_by_id).where(Finding.review_id == found.id)))
        recommended = set(
            db.session.scalars(sa.select(AuditEvent.actor_id).where(AuditEvent.action == "case:recommend"))
        )
        assert decider not in declared | wrote | recommended
    assert done & {"recommend", "give", "claim", "next", "release"}, "the walk went somewhere"
