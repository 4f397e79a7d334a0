"""What was planned at the last award has to show as done at renewal: planned once more, it is not under way."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from charter.account.models import User
from charter.assessment import answers, progress, promises, queries, snapshot
from charter.assessment.models import Assessment
from charter.extensions import db, transaction
from charter.framework.content import Criterion, Extent, Need
from charter.organisation.models import Organisation
from charter.review import attainment, moderation, submitted
from tests.conftest import AT
from tests.factories import Factory
from tests.pages import CheckedClient

ON = AT.date()
DUE = ON + timedelta(days=200)


@pytest.fixture
def criterion(make: Factory) -> Criterion:
    """A criterion of the first level that may be under way."""
    return next(one for one in make.framework().content.asked(1) if not one.core)


@pytest.fixture
def plan_it(criterion: Criterion, owner: User) -> Callable[[Assessment, date], None]:
    """`plan_it(assessment, due)` answers the criterion with a plan."""

    def go(assessment: Assessment, due: date) -> None:
        value = next(one.value for one in assessment.framework.content.scale if one.needs is Need.ACTION)
        with transaction() as session:
            there = queries.one_answer(session, assessment, criterion.code).answer
            answers.save(
                session,
                assessment,
                criterion=criterion.code,
                value=value,
                explanation="",
                action="We write it down.",
                action_owner="Owner",
                action_due=due,
                reason="",
                seen_version=there.version if there else 0,
                by=owner,
                at=AT,
            )

    return go


@pytest.fixture
def last(
    make: Factory,
    employer: Organisation,
    owner: User,
    assessor: User,
    moderator: User,
    criterion: Criterion,
    plan_it: Callable[[Assessment, date], None],
) -> Callable[[int], Assessment]:
    """`last(level)` is an assessment that planned the criterion, and was decided with this level."""

    def go(level: int) -> Assessment:
        assessment = make.answered(make.assessment(employer, by=owner), by=owner, but=[criterion.code])
        plan_it(assessment, DUE)
        review = make.claimed(make.submitted(assessment, by=owner), by=assessor)
        make.found(review, by=assessor, but=[criterion.code])
        others = [one.code for one in assessment.framework.content.criteria if one.code != criterion.code]
        make.found(review, by=assessor, outcome=Extent.IN_PROGRESS, but=others)
        make.recommended(review, by=assessor, level=level, reasons="As found.")
        with transaction() as session:
            moderation.agree(session, make.review(assessment), by=session.get_one(User, moderator.id), at=AT, on=ON)
        return assessment

    return go


def again(make: Factory, employer: Organisation, owner: User) -> Assessment:
    make.at = AT + timedelta(days=1)
    return make.assessment(employer, by=owner)


def test_what_was_planned_at_the_last_award_is_a_promise(
    make: Factory, employer: Organisation, owner: User, criterion: Criterion, last: Callable[[int], Assessment]
) -> None:
    first = last(1)
    assert promises.of(db.session, first) == {}
    renewal = again(make, employer, owner)
    assert promises.of(db.session, renewal) == {criterion.code: DUE}


def test_what_was_planned_without_an_award_is_no_promise(
    make: Factory, employer: Organisation, owner: User, last: Callable[[int], Assessment]
) -> None:
    last(0)
    assert promises.of(db.session, again(make, employer, owner)) == {}


def test_a_promise_that_is_planned_once_more_is_not_under_way_once_its_day_is_past(
    make: Factory,
    employer: Organisation,
    owner: User,
    criterion: Criterion,
    last: Callable[[int], Assessment],
    plan_it: Callable[[Assessment, date], None],
) -> None:
    last(1)
    renewal = make.answered(again(make, employer, owner), by=owner, but=[criterion.code])
    plan_it(renewal, DUE + timedelta(days=150))
    said = queries.material(db.session, renewal)
    assert progress.attainment(said, on=DUE).level == 1
    late = progress.attainment(said, on=DUE + timedelta(days=1))
    assert late.level == 0
    assert [item.criteria for item in late.missing] == [(criterion.code,)]
    assert "You planned it before" in late.missing[0].sentence


def test_what_is_sent_keeps_the_promises_so_that_findings_are_held_to_them(
    make: Factory,
    employer: Organisation,
    owner: User,
    assessor: User,
    criterion: Criterion,
    last: Callable[[int], Assessment],
    plan_it: Callable[[Assessment, date], None],
) -> None:
    last(1)
    renewal = make.answered(again(make, employer, owner), by=owner, but=[criterion.code])
    plan_it(renewal, DUE + timedelta(days=150))
    review = make.claimed(make.submitted(renewal, by=owner), by=assessor)
    said = submitted.latest(db.session, renewal)
    assert said.promised == {criterion.code: DUE}
    make.found(review, by=assessor, but=[criterion.code])
    others = [one.code for one in renewal.framework.content.criteria if one.code != criterion.code]
    make.found(review, by=assessor, outcome=Extent.IN_PROGRESS, but=others)
    review = make.review(renewal)
    assert attainment.reached(db.session, review, on=DUE) == 1
    assert attainment.reached(db.session, review, on=DUE + timedelta(days=1)) == 0


def test_a_snapshot_from_before_there_were_promises_has_none(
    make: Factory, employer: Organisation, owner: User
) -> None:
    assessment = make.answered(make.assessment(employer, by=owner), by=owner)
    document = snapshot.build(queries.material(db.session, assessment), on=ON)
    del document["promised"]
    assert submitted.read(document).promised == {}


def test_the_page_of_the_criterion_asks_whether_it_is_done(
    make: Factory,
    employer: Organisation,
    owner: User,
    criterion: Criterion,
    last: Callable[[int], Assessment],
    sign_in: Callable[[User], CheckedClient],
) -> None:
    last(1)
    renewal = again(make, employer, owner)
    other = next(one for one in renewal.framework.content.asked(1) if one.core)
    page = sign_in(owner)
    text = page.get(f"/assessments/{renewal.id}/criteria/{criterion.code}").text
    assert f"You planned this by {DUE.day} {DUE:%B %Y}. Is it done?" in text
    assert f'href="/organisations/{employer.id}/plan"' in text
    assert "Is it done?" not in page.get(f"/assessments/{renewal.id}/criteria/{other.code}").text
