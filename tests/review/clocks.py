"""Cases whose steps were taken on days of their own: the fixtures of other tests take them all in one moment."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.clock import LOCAL
from charter.extensions import db, transaction
from charter.review import more_information
from charter.review.handing_out import allocation
from charter.review.models import About, Review, Subject
from tests.factories import Factory

MONDAY = date(2026, 11, 23)


def on_day(number: int, hour: int = 10) -> datetime:
    """That hour of the day so many days after a certain Monday."""
    return datetime.combine(MONDAY + timedelta(days=number), time(hour), LOCAL)


def sent_on(number: int, assessment: Assessment, *, by: User) -> Review:
    """The case of an assessment that is sent on that day."""
    make = Factory(on_day(number))
    return make.review(make.submitted(assessment, by=by))


def claimed_on(number: int, review: Review, *, by: User) -> None:
    with transaction() as session:
        allocation.claim(session, review, by=by, at=on_day(number))


def asked_on(number: int, review: Review, *, by: User, days: int = 14, codes: Collection[str] = ()) -> list[str]:
    """Ask about these criteria, or the first, to answer within so many days; the codes."""
    asked = [*codes] or [review.assessment.framework.content.asked(1)[0].code]
    with transaction() as session:
        more_information.ask(
            session,
            review,
            questions={Subject(About.CRITERION, code): "Which of your people does this cover?" for code in asked},
            answer_by=MONDAY + timedelta(days=number + days),
            by=by,
            at=on_day(number),
        )
    return asked


def answered_on(number: int, review: Review, *, by: User) -> None:
    Factory(on_day(number)).submitted(db.session.merge(review.assessment), by=by)
