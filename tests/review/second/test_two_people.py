"""In many random lives of a case nobody decides alone, and nobody with an interest decides at all."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework.content import Extent
from charter.organisation.models import Conflict
from charter.review import findings, moderation, recommendation, submitted
from charter.review.findings import Given
from charter.review.handing_out import allocation
from charter.review.models import Finding, Moderation, ModerationOutcome, Review
from charter.review.private import NO_NOTE
from charter.review.second import second_looks
from charter.review.second.second_models import LookKind, SecondFinding, SecondLook
from charter.review.status import ReviewStatus
from tests.conftest import AT
from tests.factories import Factory

STAFF = ("assessor", "second", "moderator", "lead", "interested")
PEOPLE = st.sampled_from(STAFF)
Deed = Callable[[Session, Review, User, datetime], object]


class Lives(RuleBasedStateMachine):
    """One case of the highest level, or of the lowest whose assessor may be unsure, and five members of staff."""

    make: ClassVar[Factory]
    highest: ClassVar[bool]
    decided: ClassVar[list[bool]]

    @initialize(unsure=st.booleans())
    def begin(self, unsure: bool) -> None:
        self.clock, self.unsure = AT, unsure
        make = self.make
        number = len(self.decided)
        employer = make.organisation(f"Employer {number} Ltd")
        owner = make.member(employer, "Olive Owner")
        level = max(one.rank for one in make.framework().content.levels) if self.highest else 1
        sent = make.submitted(make.answered(make.assessment(employer, level=level, by=owner), by=owner), by=owner)
        self.case: UUID = make.review(sent).id
        self.people = {
            name: make.staff("moderator" if name in {"moderator", "lead", "interested"} else "assessor", name).id
            for name in STAFF
        }
        with transaction() as session:
            session.add(
                Conflict(
                    user_id=self.people["interested"], organisation_id=employer.id, reason="A cousin.", declared_at=AT
                )
            )
        self.recommended_by: UUID | None = None

    def does(self, who: str, deed: Deed) -> None:
        self.clock += timedelta(minutes=1)
        db.session.rollback()
        try:
            with transaction() as session:
                review = session.get_one(Review, self.case)
                deed(session, review, session.get_one(User, self.people[who]), self.clock)
        except Refusal:
            db.session.rollback()

    @rule(who=PEOPLE)
    def claim(self, who: str) -> None:
        self.does(who, lambda session, review, by, at: allocation.claim(session, review, by=by, at=at))

    @rule(who=PEOPLE)
    def release(self, who: str) -> None:
        self.does(who, lambda session, review, by, at: allocation.release(session, review, by=by, at=at))

    @rule(who=PEOPLE)
    def find(self, who: str) -> None:
        self.does(
            who,
            lambda session, review, by, at: findings.save_all(
                session, review, given=given(session, review, _versions(session, review)), by=by, at=at
            ),
        )

    @rule(who=PEOPLE)
    def visit(self, who: str) -> None:
        db.session.rollback()
        try:
            self.make.conversed(db.session.get_one(Review, self.case), by=db.session.get_one(User, self.people[who]))
        except Refusal:
            db.session.rollback()

    @rule(who=PEOPLE)
    def be_second(self, who: str) -> None:
        self.does(who, lambda session, review, by, at: second_looks.take(session, review, by=by, at=at))

    @rule(who=PEOPLE)
    def look(self, who: str) -> None:
        self.does(
            who,
            lambda session, review, by, at: second_looks.save_all(
                session, review, given=given(session, review, _seconds(session, review, by)), by=by, at=at
            ),
        )

    @rule(who=PEOPLE)
    def compare(self, who: str) -> None:
        self.does(who, lambda session, review, by, at: second_looks.compare(session, review, by=by, at=at))

    @rule(who=PEOPLE)
    def recommend(self, who: str) -> None:
        self.does(
            who,
            lambda session, review, by, at: recommendation.recommend(
                session,
                review,
                level=review.assessment.target_level,
                reasons="In place.",
                unsure="Is it?" if self.unsure else None,
                by=by,
                at=at,
                on=at.date(),
            ),
        )

    @rule(who=PEOPLE)
    def agree(self, who: str) -> None:
        self.does(who, lambda session, review, by, at: moderation.agree(session, review, by=by, at=at, on=at.date()))

    @rule(who=PEOPLE)
    def decide_otherwise(self, who: str) -> None:
        self.does(
            who,
            lambda session, review, by, at: moderation.change(
                session, review, level=0, reasons="Not yet.", by=by, at=at, on=at.date()
            ),
        )

    @rule(who=PEOPLE)
    def send_back(self, who: str) -> None:
        self.does(
            who,
            lambda session, review, by, at: moderation.send_back(session, review, reasons="Look again.", by=by, at=at),
        )

    @rule(hand=st.sampled_from(["claim", "find", "recommend", "agree"]))
    def by_the_book(self, hand: str) -> None:
        """What takes a case on, so that many lives come to an end."""
        self.claim("assessor")
        if hand == "claim":
            return
        self.find("assessor")
        self.visit("assessor")
        self.be_second("second")
        self.look("second")
        self.compare("second")
        if hand == "find":
            return
        self.recommend("assessor")
        if hand == "recommend":
            return
        self.look("moderator")
        self.compare("moderator")
        self.agree("moderator")

    @invariant()
    def nobody_decides_alone_or_with_an_interest(self) -> None:
        if not hasattr(self, "case"):
            return
        db.session.rollback()
        db.session.expire_all()
        review = db.session.get_one(Review, self.case)
        interested = self.people["interested"]
        touched = {review.assessor_id, review.recommended_by_id, review.decided_by_id}
        looks = list(db.session.scalars(sa.select(SecondLook).where(SecondLook.review_id == review.id)))
        found_by = set(db.session.scalars(sa.select(Finding.found_by_id).where(Finding.review_id == review.id)))
        assert interested not in touched | {one.by_id for one in looks} | found_by
        seconds = {one.by_id for one in looks if one.kind is LookKind.ASSESSOR}
        assert review.assessor_id not in seconds
        moderated = db.session.scalars(
            sa.select(Moderation).where(
                Moderation.review_id == review.id, Moderation.outcome != ModerationOutcome.SENT_BACK
            )
        ).all()
        past = review.status in {ReviewStatus.DECIDED, ReviewStatus.WITH_PANEL}
        assert bool(moderated) == past
        for one in moderated:
            assert one.moderator_id != review.recommended_by_id
            assert one.moderator_id not in seconds
            compared = {look.by_id for look in looks if look.compared_at}
            if self.highest:
                assert seconds & compared, "two assessors"
            if self.highest or self.unsure:
                assert one.moderator_id in compared, "they looked for themselves"
        if past:
            self.decided.append(True)


def given(session: Session, review: Review, seen: dict[str, int]) -> list[Given]:
    met = next(one.value for one in review.assessment.framework.content.outcomes if one.extent is Extent.MET)
    asked = submitted.asked(review.assessment, submitted.latest(session, review.assessment))
    return [Given(one.code, met, "", NO_NOTE, seen.get(one.code, 0)) for one in asked]


def _versions(session: Session, review: Review) -> dict[str, int]:
    return {one.criterion: one.version for one in findings.of_review(session, review)}


def _seconds(session: Session, review: Review, by: User) -> dict[str, int]:
    mine = sa.select(SecondFinding).join(SecondFinding.look)
    found = session.scalars(mine.where(SecondLook.review_id == review.id, SecondLook.by_id == by.id))
    return {one.criterion: one.version for one in found}


def lives(make: Factory, *, highest: bool) -> list[bool]:
    class These(Lives):
        pass

    These.make, These.highest, These.decided = make, highest, []
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        These,
        settings=settings(
            max_examples=12,
            stateful_step_count=14,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return These.decided


def test_no_life_of_a_plain_case_ends_by_one_person_alone(make: Factory) -> None:
    assert lives(make, highest=False), "some come to their end"


def test_no_life_of_a_case_for_the_highest_level_ends_by_one_person_alone(make: Factory) -> None:
    assert lives(make, highest=True), "some come to their end"
