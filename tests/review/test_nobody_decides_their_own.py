"""No way through declaring, taking, giving, recommending and moderating lets somebody decide what they may not."""

from collections.abc import Callable
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
from charter.panel import referring
from charter.review import findings, moderation, recommendation, rest
from charter.review.handing_out import allocating, allocation, next_case
from charter.review.models import Finding, Review
from charter.review.private import NO_NOTE
from charter.review.second import overruling
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


# Each way of having worked on a case ---------------------------------------------------------------------------------


def goes_on(review: Review, holder: User, to: User) -> None:
    """A case goes from one person to another."""
    with transaction() as session:
        allocation.release(session, review, by=holder, at=AT)
        allocation.claim(session, review, by=to, at=AT)


def finds(review: Review, code: str, by: User, feedback: str = "In use.") -> None:
    """One finding, as the assessor of the case saves it."""
    own, stands = findings.on_criterion(db.session, review, code)
    content = review.assessment.framework.content
    outcome = stands.outcome if stands else next(one.value for one in content.outcomes if one.extent.value == "met")
    with transaction() as session:
        given = findings.Given(code, outcome, feedback, NO_NOTE, own.version if own else 0)
        assert findings.save_all(session, review, given=[given], by=by, at=AT) == {}


def changes(review: Review, code: str, by: User, feedback: str = "Only since May.") -> None:
    """One finding, as a moderator of the case changes it."""
    _, stands = findings.on_criterion(db.session, review, code)
    assert stands is not None
    seen = stands.outcome, stands.feedback
    with transaction() as session:
        overruling.change_finding(
            session,
            review,
            criterion=code,
            outcome=stands.outcome,
            feedback=feedback,
            reason="I rang.",
            seen=seen,
            by=by,
            at=AT,
        )


def sends_back(review: Review, by: User) -> None:
    with transaction() as session:
        moderation.send_back(session, review, reasons="Look again.", by=by, at=AT)


def found_one_thing(make: Factory, review: Review, code: str, assessor: User, them: User) -> None:
    goes_on(review, assessor, them)
    finds(review, code, them)
    goes_on(review, them, assessor)
    make.found(review, by=assessor, but=[code])


def found_what_was_found_anew(make: Factory, review: Review, code: str, assessor: User, them: User) -> None:
    found_one_thing(make, review, code, assessor, them)
    finds(review, code, assessor, "In use in both offices.")


def found_the_rest_together(make: Factory, review: Review, code: str, assessor: User, them: User) -> None:
    goes_on(review, assessor, them)
    with transaction() as session:
        done = rest.find_met(session, review, criteria=[code], by=them, at=AT, on=ON)
    assert len(done) == 1
    goes_on(review, them, assessor)
    make.found(review, by=assessor, but=[code])


def recommended_what_others_found(make: Factory, review: Review, code: str, assessor: User, them: User) -> None:
    make.found(review, by=assessor)
    goes_on(review, assessor, them)
    make.recommended(review, by=them)
    sends_back(review, make.staff("moderator", "Mary Moderator"))
    goes_on(review, them, assessor)


def found_what_they_had_changed(make: Factory, review: Review, code: str, assessor: User, them: User) -> None:
    make.recommended(make.found(review, by=assessor), by=assessor)
    changes(review, code, them)
    sends_back(review, them)
    goes_on(review, assessor, them)
    finds(review, code, them, "Mine.")
    goes_on(review, them, assessor)


WORKED = (
    found_one_thing,
    found_what_was_found_anew,
    found_the_rest_together,
    recommended_what_others_found,
    found_what_they_had_changed,
)


@pytest.mark.parametrize("worked", WORKED)
def test_whoever_worked_on_a_case_has_no_part_in_deciding_it(
    make: Factory, claimed: Review, assessor: User, moderator: User, codes: list[str], worked: Callable[..., None]
) -> None:
    worked(make, claimed, codes[0], assessor, moderator)
    make.recommended(claimed, by=assessor)
    said: dict[str, Any] = {"reasons": "As found.", "by": moderator, "at": AT}
    tries: list[Callable[[Any], object]] = [
        lambda session: moderation.agree(session, claimed, on=ON, **said),
        lambda session: moderation.change(session, claimed, level=0, on=ON, **said),
        lambda session: moderation.send_back(session, claimed, **said),
        lambda session: referring.refer(session, claimed, **said),
    ]
    for deed in tries:
        with pytest.raises(Refusal, match="You worked on this case"), transaction() as session:
            deed(session)
    with pytest.raises(Refusal, match="You worked on this case"):
        changes(claimed, codes[1], moderator)
    assert claimed.status is ReviewStatus.RECOMMENDED


def test_a_moderator_who_changed_a_finding_and_no_more_decides_also_when_the_case_comes_again(
    make: Factory, found: Review, assessor: User, moderator: User, codes: list[str]
) -> None:
    make.recommended(found, by=assessor)
    changes(found, codes[0], moderator)
    sends_back(found, moderator)
    make.recommended(found, by=assessor)
    with transaction() as session:
        moderation.agree(session, found, by=moderator, at=AT, on=ON)
    assert found.decided_by_id == moderator.id
