"""Where employers stop: what was saved last in drafts that nobody touched, and what assessors ask about."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from charter.account.models import User
from charter.assessment import answers, declarations
from charter.assessment.models import Assessment
from charter.assessment.sharing import DECLARATIONS, FIGURES
from charter.extensions import db, transaction
from charter.framework.content import Criterion
from charter.framework.models import Framework
from charter.time_spent import stopping
from charter.time_spent.stopping import Stops, Task
from tests.conftest import AT
from tests.factories import Factory
from tests.time_spent.conftest import Spend

Begun = Callable[..., tuple[Assessment, User]]


@pytest.fixture
def framework(make: Factory) -> Framework:
    return make.framework()


@pytest.fixture
def asked(framework: Framework) -> tuple[Criterion, ...]:
    """The criteria of the first level that count already."""
    return tuple(one for one in framework.content.asked(1) if one.counts_from is None)


def says(assessment: Assessment, criterion: Criterion, *, by: User, days: int = 0) -> None:
    """Answer one criterion so many days after `AT`."""
    with transaction() as session:
        answers.save(
            session,
            session.get_one(Assessment, assessment.id),
            criterion=criterion.code,
            value=assessment.framework.content.scale[-1].value,
            explanation="",
            action="",
            action_owner="",
            action_due=None,
            reason="",
            seen_version=0,
            by=by,
            at=AT + timedelta(days=days),
        )


def counted(framework: Framework, *, days: float, size: str | None = None) -> Stops:
    db.session.rollback()
    return stopping.count(db.session, framework, size_band=size, at=AT + timedelta(days=days))


def of(found: Stops, code: str) -> Task:
    return next(task for task in found.tasks if task.code == code)


def test_a_draft_has_stopped_thirty_days_after_its_last_save_and_counts_where_that_was(
    framework: Framework, asked: tuple[Criterion, ...], begun: Begun
) -> None:
    first, second, third = asked[:3]
    (one, owner), (other, lone), _ = begun(1), begun(2), begun(3)
    says(one, second, by=owner)
    says(one, first, by=owner, days=1)  # the last thing saved, though not the last on the list
    says(other, second, by=lone, days=10)
    early, then, later = (counted(framework, days=days) for days in (30.5, 31.5, 41))
    assert (early.drafts, early.not_begun) == (1, 1)  # the one in which nothing was saved
    assert (then.drafts, of(then, first.code).stopped_after, of(then, second.code).stopped_after) == (2, 1, 0)
    assert (later.drafts, of(later, second.code).stopped_after) == (3, 1)
    assert (of(later, second.code).open, of(later, second.code).stopped) == (1, 3)
    assert (of(later, third.code).open, of(later, first.code).open) == (3, 2)


def test_what_is_asked_depends_on_the_level_and_the_size(framework: Framework, begun: Begun) -> None:
    content = framework.content
    small = next(band for band in content.size_bands if band.max and band.max < 10)
    begun(1, size_band=small.code)
    begun(2)
    found = counted(framework, days=40)
    mine = {one.code for one in content.asked(1, small.max)}
    both = [task for task in found.tasks if task.stopped == 2]
    assert {task.code for task in both} <= mine | {DECLARATIONS, FIGURES}
    assert {task.stopped for task in found.tasks if task.theme} >= {0, 2}
    assert counted(framework, days=40, size=small.code).drafts == 1


def test_the_legal_basics_and_the_figures_are_tasks_too(framework: Framework, begun: Begun) -> None:
    assessment, owner = begun(1)
    code = framework.content.declarations[0].code
    with transaction() as session:
        again = session.get_one(Assessment, assessment.id)
        declarations.save(session, again, agreed={code: True}, by=owner, at=AT)
    found = counted(framework, days=31)
    basics, figures = of(found, DECLARATIONS), of(found, FIGURES)
    assert (basics.stopped_after, basics.open, figures.open) == (1, 0, 1)
    assert [task.code for task in found.tasks[-2:]] == [DECLARATIONS, FIGURES]


def test_what_was_sent_has_not_stopped_and_what_assessors_asked_about_is_counted_by_case(
    make: Factory, framework: Framework, asked: tuple[Criterion, ...], begun: Begun, assessor: User
) -> None:
    for number in range(2):
        assessment, owner = begun(number)
        make.submitted(make.answered(assessment, by=owner), by=owner)
        if number:
            make.claimed(assessment, by=assessor)
        else:
            make.asked_for_more(assessment, [asked[0].code], assessor=assessor)
    waiting, owner = begun(2)
    make.submitted(make.answered(waiting, by=owner), by=owner)
    found = counted(framework, days=400)
    assert found.drafts == 0
    assert (of(found, asked[0].code).asked_about, of(found, asked[0].code).cases) == (1, 2)
    assert (of(found, asked[1].code).asked_about, of(found, asked[1].code).cases) == (0, 2)
    assert found.unclear == ()  # two cases say too little


def test_no_median_of_fewer_than_five_employers(
    framework: Framework, asked: tuple[Criterion, ...], begun: Begun, spend: Spend
) -> None:
    first, second = asked[:2]
    for number, seconds in enumerate((10, 20, 30, 90, 600)):
        assessment, _ = begun(number)
        spend(assessment, {first.code: seconds} if number == 4 else {first.code: seconds, second.code: 5})
    found = counted(framework, days=1)
    assert (of(found, first.code).seconds, of(found, first.code).employers) == (30, 5)
    assert (of(found, second.code).seconds, of(found, second.code).employers) == (None, 4)
    assert found.slowest == (of(found, first.code),)


def test_the_questions_are_sorted_by_what_the_address_says(
    framework: Framework, asked: tuple[Criterion, ...], begun: Begun
) -> None:
    assessment, owner = begun(1)
    says(assessment, asked[3], by=owner)
    found = counted(framework, days=31)
    assert stopping.in_the_order_of(found.tasks, "stopped")[0].code == asked[3].code
    assert stopping.in_the_order_of(found.tasks, "open")[-1].share_open == 0
    assert list(stopping.in_the_order_of(found.tasks, "nonsense")) == list(found.tasks)


def test_an_answer_from_last_time_is_no_save_of_this_draft(
    framework: Framework, asked: tuple[Criterion, ...], begun: Begun
) -> None:
    assessment, owner = begun(1)
    says(assessment, asked[0], by=owner)
    with transaction() as session:
        session.query(stopping.Answer).update({"carried_at": AT})
    found = counted(framework, days=31)
    assert (found.not_begun, of(found, asked[0].code).open) == (1, 1)
