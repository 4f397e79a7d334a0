"""A draft's rules are tried on past decisions: which would come out otherwise and why. Nothing is decided by it."""

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework import writing
from charter.framework.checking import check
from charter.framework.content import Content
from charter.framework.models import Framework, FrameworkStatus
from charter.organisation.models import Organisation
from charter.review import moderation
from charter.review.models import Finding, Review
from charter.review.submitted import Submitted
from charter.versions import drafting, trying
from charter.versions.models import FrameworkDraft, FrameworkTrial, TrialState
from charter.versions.trying import Past, judge
from tests.conftest import AT
from tests.factories import Factory
from tests.framework.small import SMALL, criterion
from tests.review.test_queries import Counted

Document = dict[str, Any]


# In memory -----------------------------------------------------------------------------------------------------------


def past(outcomes: dict[str, str], *, target: int = 1, agreed: bool = True) -> Past:
    """A decision on the small charter with these findings."""
    framework = Framework(
        id=uuid4(), code="small", version="1.0.0", title="Small", status=FrameworkStatus.PUBLISHED, published_at=AT,
        content_hash=uuid4().hex, document=check(SMALL).model_dump(mode="json"),
    )  # fmt: skip
    assessment = Assessment(id=uuid4(), organisation_id=uuid4(), framework=framework, target_level=target, round=1)
    review = Review(id=uuid4(), assessment=assessment, decided_at=AT, decided_level=1)
    found = tuple(Finding(criterion=code, outcome=outcome, round=1) for code, outcome in outcomes.items())
    said = Submitted(1, "many", {}, {}, {"BASE": agreed}, {}, {}, None)
    return Past(review, found, said, ())


def changed(change: Callable[[Document], object]) -> Content:
    made = copy.deepcopy(SMALL)
    change(made)
    return check(made)


GOOD = {"A": "good", "B": "good"}


def test_the_same_rules_give_the_same_level() -> None:
    tried = judge(past(GOOD), check(SMALL))
    assert (tried.own, tried.strict.level, tried.lenient.level, tried.not_found) == (1, 1, 1, ())


def test_a_criterion_that_is_a_must_now_takes_the_level_and_is_named() -> None:
    tried = judge(past({"A": "good", "B": "half"}), changed(lambda made: made["criteria"][1].update(core=True)))
    assert (tried.own, tried.strict.level, tried.lenient.level) == (1, 0, 0)
    assert (tried.strict.criteria, tried.not_found) == (("B",), ())


def test_a_must_that_is_one_no_longer_gives_the_level_and_what_stood_in_the_way_is_named() -> None:
    def eased(made: Document) -> None:
        made["criteria"][0]["core"] = False

    tried = judge(past({"A": "half", "B": "good"}), changed(eased))
    assert (tried.own, tried.strict.level, tried.strict.criteria) == (0, 1, ("A",))


def test_what_is_new_is_not_there_in_one_reading_and_left_out_in_the_other() -> None:
    def more(made: Document) -> None:
        made["criteria"].append(criterion("NEW", core=True))
        made["declarations"].append({"code": "MORE", "statement": "We obey more law."})

    tried = judge(past(GOOD), changed(more))
    assert (tried.own, tried.strict.level, tried.lenient.level) == (1, 0, 1)
    assert tried.not_found == ("NEW",)
    assert (tried.strict.criteria, len(tried.strict.other)) == (("NEW",), 1)


def test_a_declaration_that_was_not_agreed_to_counts_in_both_readings() -> None:
    tried = judge(past(GOOD, agreed=False), changed(lambda made: None))
    assert (tried.own, tried.lenient.level) == (0, 0)


def test_no_level_above_the_one_that_was_aimed_at_is_counted() -> None:
    easy = changed(lambda made: made["levels"][1].update(rules=[{"kind": "declarations"}]))
    assert judge(past(GOOD, target=1), easy).strict.level == 1
    assert judge(past(GOOD, target=2), easy).strict.level == 2


def test_an_outcome_that_the_draft_does_not_have_counts_as_not_met() -> None:
    renamed = changed(lambda made: made["outcomes"][1].update(value="partly"))
    tried = judge(past({"A": "good", "B": "half"}), renamed)
    assert (tried.own, tried.strict.level) == (1, 0)


def test_what_is_kept_of_a_case_reads_back() -> None:
    tried = judge(past({"A": "good", "B": "half"}), changed(lambda made: made["criteria"][1].update(core=True)))
    assert trying.Tried.of(tried.plain()) == tried


# With the database ---------------------------------------------------------------------------------------------------


@pytest.fixture
def draft(make: Factory, administrator: User) -> FrameworkDraft:
    """A draft with one more must at the first level."""
    with transaction() as session:
        found = drafting.start(session, make.framework(), name="The next", by=administrator, at=AT)
        document = drafting.read(found.text).document
        document["criteria"].append(
            {**document["criteria"][0], "code": "NEW-01", "core": True, "level": 1, "title": "A new must"}
        )
        drafting.change_text(
            session, found, text=writing.text_of(document), seen_as=drafting.seen(found.text), by=administrator, at=AT
        )
    return found


@pytest.fixture
def decide(make: Factory, assessor: User, moderator: User) -> Callable[..., Review]:
    """`decide(employer)` brings one assessment of it to a decision, maybe of another level than the rules give."""

    def go(employer: Organisation, days: int = 0, level: int = 1) -> Review:
        owner = make.member(employer, "Olive Owner")
        at = AT + timedelta(days=days)
        made = Factory(at)
        sent = made.submitted(made.answered(made.assessment(employer, by=owner), by=owner), by=owner)
        review = made.recommended(made.found(made.claimed(sent, by=assessor), by=assessor), level=level, by=assessor)
        with transaction() as session:
            moderation.agree(session, review, reasons="Well done.", by=moderator, at=at, on=at.date())
        return review

    return go


def ask(draft: FrameworkDraft, by: User, **period: Any) -> FrameworkTrial:
    with transaction() as session:
        return trying.ask(session, session.get_one(FrameworkDraft, draft.id), by=by, at=AT, **period)


def test_each_employers_latest_decision_is_tried_and_nothing_of_it_is_decided(
    draft: FrameworkDraft, decide: Callable[..., Review], make: Factory, administrator: User
) -> None:
    one, other = make.organisation("One Ltd"), make.organisation("Other Ltd")
    decide(one)
    last = decide(one, 30, level=0)
    decide(other, 10)
    before = [(review.decided_level, review.version) for review in db.session.scalars(sa.select(Review))]
    trial = ask(draft, administrator)
    strict, lenient = trying.outcomes(trial)
    assert (trial.state, trial.total, trial.done) == (TrialState.DONE, 2, 2)
    assert (len(strict.moved), strict.lower, strict.higher, len(lenient.moved)) == (2, 2, 0, 0)
    assert strict.because == (("NEW-01", 2),)
    assert strict.between == ((1, 0, 2),)
    assert last.id in {tried.review_id for tried in strict.tried}
    db.session.expire_all()
    assert [(review.decided_level, review.version) for review in db.session.scalars(sa.select(Review))] == before


def test_a_period_leaves_out_what_was_decided_before_and_after_it(
    draft: FrameworkDraft, decide: Callable[..., Review], make: Factory, administrator: User
) -> None:
    one = make.organisation("One Ltd")
    first = decide(one)
    decide(one, 30, level=0)
    trial = ask(draft, administrator, decided_to=AT.date())
    assert [tried.review_id for tried in trying.outcomes(trial)[0].tried] == [first.id]
    with pytest.raises(Refusal, match="Nothing was decided"):
        ask(draft, administrator, decided_from=AT.date() + timedelta(days=31))
    with pytest.raises(Refusal, match="before the first"):
        ask(draft, administrator, decided_from=AT.date(), decided_to=AT.date() - timedelta(days=1))


def test_many_are_left_to_the_worker_which_goes_on_part_by_part_to_the_same_end(
    draft: FrameworkDraft, decide: Callable[..., Review], make: Factory, administrator: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for number in range(3):
        decide(make.organisation(f"Employer {number}"))
    at_once = trying.outcomes(ask(draft, administrator))
    monkeypatch.setattr(trying, "AT_ONCE", 1)
    monkeypatch.setattr(trying, "BATCH", 2)
    trial = ask(draft, administrator)
    assert (trial.state, trial.done) == (TrialState.WAITING, 0)
    steps = []
    for _ in range(3):
        with transaction() as session:
            going = trying.go_on(session, at=AT)
        found = db.session.get_one(FrameworkTrial, trial.id, populate_existing=True)
        steps.append((going, found.state, found.done))
    assert steps == [(True, TrialState.RUNNING, 2), (True, TrialState.DONE, 3), (False, TrialState.DONE, 3)]
    assert trying.outcomes(found) == at_once


def test_the_queries_do_not_grow_with_the_cases(decide: Callable[..., Review], make: Factory) -> None:
    ids = [decide(make.organisation(f"Employer {number}")).id for number in range(3)]
    counts = []
    for some in (ids[:1], ids):
        db.session.expire_all()
        db.session.expunge_all()
        with Counted() as queries:
            assert len(trying.read(db.session, some)) == len(some)
        counts.append(len(queries.statements))
    assert counts == [5, 5]


def test_a_draft_with_mistakes_is_not_tried(draft: FrameworkDraft, administrator: User) -> None:
    with transaction() as session:
        mine = session.get_one(FrameworkDraft, draft.id)
        text = mine.text.replace("rank: 2", "rank: 7")
        drafting.change_text(session, mine, text=text, seen_as=drafting.seen(mine.text), by=administrator, at=AT)
    with pytest.raises(Refusal, match="mistake"):
        ask(draft, administrator)
