"""The plan as its page and its line show it."""

from collections.abc import Callable
from datetime import timedelta

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.extensions import db, transaction
from charter.framework.content import Criterion, Extent
from charter.improvement import actions, plan
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory
from tests.improvement.conftest import DUE, ON, build


def test_the_plan_begins_with_what_is_due_and_then_with_the_smallest(
    make: Factory, employer: Organisation, owner: User, draft: Assessment
) -> None:
    make.submitted(make.answered(draft, by=owner), by=owner)
    build(draft)
    content = draft.framework.content
    with transaction() as session:
        largest = max(actions.all_of(session, employer.id), key=lambda one: one.effort)
        details = actions.Details(largest.title, "", None, "", ON + timedelta(days=10))
        actions.change(session, largest, details, seen_version=largest.version, by=owner, at=AT)
    found = plan.of(db.session, employer, content=content, on=ON)
    assert found.to_do[0].id == largest.id
    rest = [one.effort for one in found.to_do[1:]]
    assert rest == sorted(rest)
    assert (found.reached, found.next_level) == (1, 2)
    assert [one.id for one in [*found.do_next, *found.later]] == [one.id for one in found.to_do]
    assert len(found.do_next) == plan.AT_ONCE


def test_a_plan_in_a_line_says_how_much_and_by_when(
    make: Factory,
    employer: Organisation,
    owner: User,
    draft: Assessment,
    optional: list[Criterion],
    say: Callable[..., None],
) -> None:
    assert plan.outlook(db.session, employer.id, on=DUE) == plan.Outlook(0, 0, None)
    say(optional[0].code, Extent.IN_PROGRESS, action="We write it down.")
    build(draft)
    line = plan.outlook(db.session, employer.id, on=DUE)
    assert (line.to_do > 1, line.done, line.next_due) == (True, 0, DUE)
