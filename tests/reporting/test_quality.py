"""The quality of work: each figure is what its sentence says, in a fixed number of queries."""

from datetime import timedelta

import pytest

from charter.account.models import User
from charter.extensions import db
from charter.framework.content import Extent
from charter.reporting import quality
from charter.reporting.exports import as_csv
from charter.review.models import About, Finding, InformationRequest, Review
from charter.review.private import NO_NOTE
from charter.review.status import ReviewStatus
from charter.review.timing.pace import Pace, Period
from tests.factories import Factory
from tests.review.clocks import MONDAY, on_day
from tests.review.test_queries import Counted
from tests.review.timing.test_pace import decided

S = ReviewStatus
PERIOD = Period(MONDAY - timedelta(days=30), MONDAY)


@pytest.fixture
def content(make: Factory):
    return make.framework().content


def look(content, period: Period = PERIOD, of: User | None = None) -> quality.Quality:
    return quality.of_period(db.session, period, content=content, of=of.id if of else None)


def find(review: Review, code: str, extent: Extent, *, round: int = 1, by: User) -> None:
    outcomes = review.assessment.framework.content.outcomes
    value = next(one.value for one in outcomes if one.extent is extent and not one.asks_employer)
    db.session.add(
        Finding(
            review_id=review.id,
            round=round,
            criterion=code,
            outcome=value,
            feedback="",
            private_note=NO_NOTE,
            checked=[],
            found_at=on_day(0),
            found_by_id=by.id,
        )
    )
    db.session.commit()


def ask(review: Review, code: str, *, round: int = 1, day: int = -3, by: User) -> None:
    db.session.add(
        InformationRequest(
            review_id=review.id,
            round=round,
            about=About.CRITERION,
            code=code,
            question="Who?",
            asked_at=on_day(day),
            asked_by_id=by.id,
            answer_by=MONDAY,
        )
    )
    db.session.commit()


def test_each_person_has_what_they_have_decided_and_asked(make, content, assessor, second, moderator, claimed) -> None:
    codes = [one.code for one in content.criteria]
    mine = [decided(db.session, make, (S.IN_REVIEW, days), assessor=assessor, moderator=moderator) for days in (4, 8)]
    theirs = decided(db.session, make, (S.IN_REVIEW, 3), assessor=second, moderator=moderator)
    decided(db.session, make, (S.IN_REVIEW, 90), day=-40, assessor=second, moderator=moderator)  # before the period
    ask(mine[0], codes[0], by=assessor)
    ask(mine[0], codes[1], by=assessor)  # of the same round: asked once
    ask(mine[0], codes[0], round=2, by=assessor)
    ask(theirs, codes[0], day=-50, by=second)  # before the period; the case was returned all the same
    people = {one.name: one for one in look(content).people}
    assert people[assessor.name] == quality.Person(assessor.id, assessor.name, 1, 2, 1, 2, Pace(6, 2))
    assert people[second.name] == quality.Person(second.id, second.name, 0, 1, 1, 0, Pace(3, 1))
    assert [one.decisions if one else 0 for stage, one in look(content).stages if stage is S.IN_REVIEW] == [3]


def test_an_assessor_sees_their_own_figures_alone(make, content, assessor, second, moderator) -> None:
    mine = decided(db.session, make, (S.IN_REVIEW, 4), assessor=assessor, moderator=moderator)
    theirs = decided(db.session, make, (S.IN_REVIEW, 9), (S.WITH_PANEL, 2), assessor=second, moderator=moderator)
    for review, by in ((mine, assessor), (theirs, second)):
        ask(review, content.criteria[0].code, by=by)
        find(review, content.criteria[1].code, Extent.NOT_MET, by=by)
    found = look(content, of=assessor)
    assert [one.name for one in found.people] == [assessor.name]
    assert (found.decided, found.asked) == (1, 1)
    assert dict(found.stages)[S.WITH_PANEL] is None
    assert [(one.cases, one.of) for one in (*found.asked_about, *found.not_met)] == [(1, 1), (1, 1)]
    assert [sum(one.decided for one in groups) for groups in (found.sizes, found.counties)] == [1, 1]


def test_outcomes_are_counted_for_each_size_and_county_with_an_interval(make, content, assessor, moderator) -> None:
    small, large = content.size_bands[0].code, content.size_bands[-1].code
    for size, level, reached in ((small, 2, 2), (small, 2, 1), (small, 1, 0), (large, 1, 1)):
        decided(
            db.session,
            make,
            (S.IN_REVIEW, 5),
            level=level,
            reached=reached,
            employer=make.organisation(f"{size} {level} {reached} Ltd", size_band=size),
            assessor=assessor,
            moderator=moderator,
        )
    sizes = {one.code: one for one in look(content).sizes}
    assert list(sizes) == [band.code for band in content.size_bands]  # also those with none
    one = sizes[small]
    assert (one.decided, one.reached, one.none, one.asked, one.is_few) == (3, 1, 1, 0, True)
    assert one.interval == pytest.approx((0.0615, 0.7923), abs=0.0001)
    assert sizes[content.size_bands[1].code].interval is None
    (county,) = [one for one in look(content).counties if one.decided]
    assert (county.decided, county.reached) == (4, 2)


def test_what_is_not_met_counts_the_finding_that_stood(make, content, assessor, moderator) -> None:
    one, other = (decided(db.session, make, assessor=assessor, moderator=moderator) for _ in range(2))
    first, second = content.criteria[0].code, content.criteria[1].code
    find(one, first, Extent.NOT_MET, by=assessor)
    find(one, first, Extent.MET, round=2, by=assessor)  # mended in the next round
    find(other, first, Extent.NOT_MET, by=assessor)
    find(other, second, Extent.MET, by=assessor)
    assert [(reason.code, reason.cases, reason.of) for reason in look(content).not_met] == [(first, 1, 2)]


def test_what_is_asked_about_counts_cases_and_not_rounds(make, content, assessor, moderator) -> None:
    one, other = (decided(db.session, make, assessor=assessor, moderator=moderator) for _ in range(2))
    first, second = content.criteria[0].code, content.criteria[1].code
    ask(one, first, by=assessor)
    ask(one, first, round=2, by=assessor)
    ask(other, first, by=assessor)
    ask(other, second, by=assessor)
    found = [(reason.title, reason.cases, reason.of) for reason in look(content).asked_about]
    assert found == [(content.criterion(first).title, 2, 2), (content.criterion(second).title, 1, 2)]


def test_it_takes_as_many_queries_for_one_decision_as_for_six(make, content, assessor, second, moderator) -> None:
    taken = []
    for number in (1, 5):
        for _ in range(number):
            review = decided(db.session, make, (S.IN_REVIEW, 5), assessor=assessor, moderator=moderator)
            find(review, content.criteria[1].code, Extent.NOT_MET, by=second)
            ask(review, content.criteria[0].code, by=second)
        db.session.commit()
        with Counted() as counted:
            look(content)
        taken.append(len(counted.statements))
        assert {type(one) for one in look(content).people} == {quality.Person}
    assert taken == [15, 15]


def test_each_table_is_a_file_with_stable_columns(make, content, assessor, moderator) -> None:
    decided(db.session, make, (S.IN_REVIEW, 5), assessor=assessor, moderator=moderator)
    found = look(content)
    heads = {name: as_csv(quality.table(found, name)).splitlines()[0].lstrip("\ufeff") for name in quality.FILES}
    assert heads == {
        "people": "person,open_now,decided,decided_asked_for_more,times_asked,median_working_days",
        "stages": "stage,ended,median_working_days",
        "asked-about": "code,title,cases,of_cases",
        "not-met": "code,title,cases,of_cases",
        "counties": ",".join(quality.GROUP),
        "sizes": ",".join(quality.GROUP),
    }
    with pytest.raises(KeyError):
        quality.table(found, "names")
