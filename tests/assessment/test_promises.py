"""What was planned at the last award has to show as done at renewal: planned once more, it is not under way."""

from collections.abc import Callable
from datetime import date, timedelta
from html import unescape

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import answers, progress, promises, queries, snapshot
from charter.assessment.models import Answer, Assessment
from charter.clock import today
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
    assert f"You planned this by {DUE.day} {DUE:%B %Y}. It has to be in place now." in late.missing[0].sentence


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


def test_a_promise_past_its_day_is_said_to_have_to_be_in_place_wherever_it_is_planned_once_more(
    make: Factory,
    employer: Organisation,
    owner: User,
    criterion: Criterion,
    last: Callable[[int], Assessment],
    plan_it: Callable[[Assessment, date], None],
    sign_in: Callable[[User], CheckedClient],
) -> None:
    first, past = last(1), today() - timedelta(days=9)
    with transaction() as session:
        session.scalars(
            sa.select(Answer).where(Answer.assessment_id == first.id, Answer.criterion == criterion.code)
        ).one().action_due = past
    sentence, browser = f"You planned this by {past.day} {past:%B %Y}. It has to be in place now.", sign_in(owner)
    renew = browser.get(f"/organisations/{employer.id}/renew").text
    assert f"<li>{criterion.title}: you planned it by {past.day} {past:%B %Y}.</li>" in unescape(renew)
    renewal = again(make, employer, owner)
    home = f"/assessments/{renewal.id}"
    make.answered(renewal, by=owner, but=[criterion.code])
    for page in (home, f"{home}/check", f"{home}/level", f"{home}/criteria/{criterion.code}"):  # the old date
        text = browser.get(page).text
        assert sentence in text
        assert "Give a date in the future" not in text
    planned = next(one.value for one in renewal.framework.content.scale if one.needs is Need.ACTION)
    again_planned = {
        "value": planned,
        "action": "Later.",
        "action_owner": "Owner",
        "action_due": today() + timedelta(9),
    }
    browser.send(f"{home}/criteria/{criterion.code}", as_typed(again_planned, seen_version="1") | {"then": "list"})
    told = browser.get(home).text
    assert f"{sentence} Planning it once more is not enough." in unescape(told)
    for page in (home, f"{home}/check", f"{home}/level", f"{home}/criteria/{criterion.code}"):  # a new one
        assert sentence in browser.get(page).text


def as_typed(said: dict[str, object], **more: str) -> dict[str, str]:
    """An answer as its form sends it."""
    due = said["action_due"]
    assert isinstance(due, date)
    parts = {"action_due-day": due.day, "action_due-month": due.month, "action_due-year": due.year}
    return {name: str(value) for name, value in (said | parts).items() if name != "action_due"} | more
