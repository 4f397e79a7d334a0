"""Whoever sends answers or decides a case leaves a plan that fits, and nobody above goes past the verbs for it."""

import ast
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

import charter
from charter.account.models import User
from charter.assessment.models import Assessment
from charter.clock import local_date
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework.content import Extent
from charter.improvement import actions, building, with_plan
from charter.improvement.models import ActionSource
from charter.organisation.models import Organisation
from charter.review.models import Review
from charter.review.status import ReviewStatus
from tests.conftest import AT
from tests.factories import Factory

ON = local_date(AT)
PAST = {
    ("intake", "submit"),
    ("moderation", "agree"),
    ("moderation", "change"),
    ("deciding", "decide"),
    ("recording", "decide"),
}
"""Verbs of the review after which a plan has to be made, as a module and what is called of it."""
ABOVE = ("admin", "cli.py", "demo", "web", "worker.py")


@pytest.fixture
def complete(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.answered(make.assessment(employer, by=owner), by=owner)


@pytest.fixture
def core(complete: Assessment) -> str:
    """A criterion that the first level needs, which an assessor finds not to be met."""
    return next(one.code for one in complete.framework.content.asked(1) if one.core)


@pytest.fixture
def recommended(make: Factory, complete: Assessment, owner: User, assessor: User, core: str) -> Review:
    """A case with the plan of its answers, one criterion not met, and no level recommended."""
    review = make.claimed(make.submitted(complete, by=owner), by=assessor)
    make.found(review, by=assessor, but=[core])
    others = [one.code for one in complete.framework.content.criteria if one.code != core]
    make.found(review, by=assessor, outcome=Extent.NOT_MET, but=others)
    return make.recommended(review, by=assessor, level=0, reasons="As found.")


def planned(employer: Organisation) -> list[tuple[str | None, ActionSource]]:
    db.session.rollback()
    db.session.expire_all()
    return [(one.criterion, one.source) for one in actions.all_of(db.session, employer.id)]


def send(session: Session, assessment: Assessment, by: User) -> None:
    with_plan.submit(session, assessment, declared_by="O", declared_role="Owner", by=by, at=AT, on=ON)


def test_answers_that_are_sent_come_with_a_plan_and_sent_with_nothing_else_to_do(
    complete: Assessment, employer: Organisation, owner: User
) -> None:
    with transaction() as session:
        send(session, complete, owner)
    made = planned(employer)
    assert made
    with transaction() as session:
        assert building.refresh(session, complete, at=AT, on=ON) == building.Built(0, 0, 0)
    assert planned(employer) == made


def test_a_decision_comes_with_the_plan_of_its_findings(
    recommended: Review, employer: Organisation, moderator: User, core: str
) -> None:
    assert planned(employer) == []
    with transaction() as session:
        with_plan.agree(session, recommended, by=moderator, at=AT, on=ON)
    assert (core, ActionSource.FEEDBACK) in planned(employer)


def test_a_decision_for_another_level_comes_with_one_too(
    make: Factory,
    complete: Assessment,
    owner: User,
    assessor: User,
    moderator: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    review = make.claimed(make.submitted(complete, by=owner), by=assessor)
    make.found(review, by=assessor)  # all is met, so that the plan has nothing to say
    make.recommended(review, by=assessor, level=1)
    built: list[tuple[object, ReviewStatus]] = []
    monkeypatch.setattr(building, "refresh", lambda session, about, *, at, on: built.append((about.id, review.status)))
    with transaction() as session:
        with_plan.change(session, review, level=0, reasons="Not yet.", by=moderator, at=AT, on=ON)
    db.session.refresh(review)
    assert review.decided_level == 0
    assert built == [(complete.id, ReviewStatus.DECIDED)]


def test_what_is_refused_leaves_no_plan(
    make: Factory, recommended: Review, employer: Organisation, owner: User, assessor: User
) -> None:
    with pytest.raises(Refusal, match="somebody else must decide"), transaction() as session:
        with_plan.agree(session, recommended, by=assessor, at=AT, on=ON)
    with pytest.raises(Refusal), transaction() as session:
        send(session, recommended.assessment, owner)
    assert planned(employer) == []


def called(source: str) -> set[tuple[str, str]]:
    """What a module calls as `name.verb(...)`."""
    return {
        (node.func.value.id, node.func.attr)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
    }


def test_nobody_above_sends_or_decides_without_the_plan() -> None:
    root = Path(charter.__file__).parent
    files = [
        one for place in ABOVE for one in ([root / place] if place.endswith(".py") else (root / place).rglob("*.py"))
    ]
    found = {str(one.relative_to(root)): called(one.read_text(encoding="utf-8")) for one in files}
    assert {name: verbs & PAST for name, verbs in found.items() if verbs & PAST} == {}
    through = {name for name, verbs in found.items() if any(module == "with_plan" for module, _ in verbs)}
    callers = {
        "admin/meetings/recording.py",
        "admin/reviews.py",
        "demo/reviewing.py",
        "demo/panel.py",
        "web/employer/assessment.py",
    }
    assert through == callers, "the test sees callers"


@pytest.mark.parametrize("source", ["intake.submit(session, one)", "def go():\n    return moderation.agree(1)"])
def test_a_caller_that_goes_past_is_seen(source: str) -> None:
    assert called(source) & PAST
