"""A senior person approves what an assessment says before it is sent."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from charter import audit
from charter.account.models import User
from charter.assessment import answers, declarations, queries, sign_off, submission
from charter.assessment.models import Answer, Assessment, SignOff, SignOffStatus
from charter.assessment.sign_off import State
from charter.assessment.status import WITHDRAW
from charter.clock import local_date
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from charter.worker import DAILY
from tests.conftest import AT
from tests.factories import Factory

ON = local_date(AT)


@pytest.fixture
def complete(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.answered(make.assessment(employer, by=owner), by=owner)


def standing(assessment: Assessment, at=AT) -> sign_off.Standing:
    db.session.expire_all()
    return sign_off.standing(db.session, queries.material(db.session, assessment), at=at, on=ON)


def ask(assessment: Assessment, by: User, at=AT, **person: str) -> tuple[SignOff, str | None]:
    values = {"name": "Dee Director", "role": "Director", "email": "Dee@Example.org ", **person}
    with transaction() as session:
        return sign_off.ask(session, assessment, **values, by=by, at=at, on=ON)


def change_an_answer(assessment: Assessment, by: User) -> None:
    with transaction() as session:
        found = session.scalars(sa.select(Answer).where(Answer.assessment_id == assessment.id)).first()
        answers.save(
            session,
            assessment,
            criterion=found.criterion,
            value=found.value,
            explanation="Said in another way.",
            action=found.action,
            action_owner=found.action_owner,
            action_due=found.action_due,
            reason=found.reason,
            seen_version=found.version,
            by=by,
            at=AT,
        )


def send(assessment: Assessment, by: User) -> submission.Submission:
    with transaction() as session:
        return submission.submit(session, assessment, declared_by="O", declared_role="Owner", by=by, at=AT, on=ON)


def test_an_approval_is_of_exactly_what_is_sent(make: Factory, complete: Assessment, owner: User) -> None:
    approved = make.signs_off(*make.asks_for_sign_off(complete, by=owner))
    assert standing(complete).state is State.APPROVED
    sent = send(complete, owner)
    assert (sent.sign_off_id, sent.snapshot_hash) == (approved.id, approved.content_hash)


def test_after_any_change_an_approval_no_longer_counts_and_they_can_be_asked_again(
    make: Factory, complete: Assessment, owner: User
) -> None:
    make.signs_off(*make.asks_for_sign_off(complete, by=owner))
    change_an_answer(complete, owner)
    assert standing(complete).state is State.OUT_OF_DATE
    make.signs_off(*make.asks_for_sign_off(complete, by=owner))
    assert standing(complete).state is State.APPROVED


def test_a_declaration_that_changes_ends_an_approval_too(make: Factory, complete: Assessment, owner: User) -> None:
    make.signs_off(*make.asks_for_sign_off(complete, by=owner))
    first = complete.framework.content.declarations[0].code
    with transaction() as session:
        declarations.save(session, complete, agreed={first: False}, by=owner, at=AT)
    assert standing(complete).state is State.OUT_OF_DATE


def test_it_can_be_sent_without_unless_the_employer_says_otherwise(
    complete: Assessment, employer: Organisation, owner: User
) -> None:
    with transaction() as session:
        session.get_one(Organisation, employer.id).needs_sign_off = True
    with pytest.raises(Refusal, match="a senior person must approve"):
        send(complete, owner)
    with transaction() as session:
        session.get_one(Organisation, employer.id).needs_sign_off = False
    assert send(complete, owner).sign_off_id is None


def test_where_it_is_a_rule_an_old_approval_is_not_enough(
    make: Factory, complete: Assessment, employer: Organisation, owner: User
) -> None:
    with transaction() as session:
        session.get_one(Organisation, employer.id).needs_sign_off = True
    make.signs_off(*make.asks_for_sign_off(complete, by=owner))
    change_an_answer(complete, owner)
    with pytest.raises(Refusal, match="as they are now"):
        send(complete, owner)


def test_who_read_something_else_approves_nothing(make: Factory, complete: Assessment, owner: User) -> None:
    _, token = make.asks_for_sign_off(complete, by=owner)
    read = standing(complete).content_hash
    change_an_answer(complete, owner)
    with pytest.raises(Stale, match="changed while you were reading"), transaction() as session:
        sign_off.approve(session, token, seen=read, signed_as="Dee", agreed=True, at=AT, on=ON)
    assert standing(complete).state is State.WAITING


def test_one_person_is_asked_at_a_time_and_a_double_click_asks_once(complete: Assessment, owner: User) -> None:
    first, token = ask(complete, owner)
    again, none = ask(complete, owner, email="dee@example.org")
    assert (first.id, token is not None) == (again.id, True)
    assert none is None
    with pytest.raises(Refusal, match="You have asked Dee Director already"):
        ask(complete, owner, email="cat@example.org", name="Cat Chair")
    with transaction() as session:
        sign_off.take_back(session, session.get_one(SignOff, first.id), by=owner, at=AT)
    other, token = ask(complete, owner, email="cat@example.org", name="Cat Chair")
    assert token
    assert standing(complete).asked.id == other.id


def test_a_link_decides_once(make: Factory, complete: Assessment, owner: User) -> None:
    _, token = make.asks_for_sign_off(complete, by=owner)
    read = standing(complete).content_hash
    for _ in range(2):
        with transaction() as session:
            sign_off.approve(session, token, seen=read, signed_as="Dee", agreed=True, at=AT, on=ON)
    with transaction() as session:  # a press of the other button changes nothing
        assert sign_off.send_back(session, token, seen=read, words="No.", at=AT, on=ON).status is SignOffStatus.APPROVED
    events = [one.action for one in audit.timeline(db.session, complete.id)]
    assert events.count("sign-off:approve") == 1


@pytest.mark.parametrize(
    ("signed_as", "agreed", "field"), [("", True, "signed_as"), ("  ", True, "signed_as"), ("Dee", False, "agreed")]
)
def test_an_approval_needs_a_name_and_a_tick(
    make: Factory, complete: Assessment, owner: User, signed_as: str, agreed: bool, field: str
) -> None:
    _, token = make.asks_for_sign_off(complete, by=owner)
    read = standing(complete).content_hash
    with pytest.raises(Refusal) as refused, transaction() as session:
        sign_off.approve(session, token, seen=read, signed_as=signed_as, agreed=agreed, at=AT, on=ON)
    assert refused.value.field == field


def test_it_is_sent_back_with_words(make: Factory, complete: Assessment, owner: User) -> None:
    _, token = make.asks_for_sign_off(complete, by=owner)
    for words in ("", "x" * 2001):
        with pytest.raises(Refusal), transaction() as session:
            sign_off.send_back(session, token, seen="", words=words, at=AT, on=ON)
    with transaction() as session:
        sign_off.send_back(session, token, seen="", words="Check the pay.", at=AT, on=ON)
    found = standing(complete)
    assert (found.state, found.asked.words) == (State.SENT_BACK, "Check the pay.")
    make.signs_off(*make.asks_for_sign_off(complete, by=owner))
    assert standing(complete).state is State.APPROVED


def test_a_link_works_for_thirty_days(make: Factory, complete: Assessment, owner: User) -> None:
    _, token = make.asks_for_sign_off(complete, by=owner)
    read = standing(complete).content_hash
    late = AT + timedelta(days=30)
    with pytest.raises(Refusal, match="no longer works"), transaction() as session:
        sign_off.approve(session, token, seen=read, signed_as="Dee", agreed=True, at=late, on=ON)
    assert standing(complete, at=late).state is State.LAPSED
    _, fresh = ask(complete, owner, at=late)
    assert fresh


def test_a_reminder_brings_a_new_link_and_the_one_before_stays_good_for_whoever_reads_it(
    make: Factory, complete: Assessment, owner: User
) -> None:
    asked, old = make.asks_for_sign_off(complete, by=owner)

    def remind(at) -> str | None:
        with transaction() as session:
            return sign_off.remind(session, session.get_one(SignOff, asked.id), by=owner, at=at)

    with pytest.raises(Refusal, match="less than a day ago"):
        remind(AT + timedelta(hours=2))
    tomorrow = AT + timedelta(days=1)
    new = remind(tomorrow)
    assert remind(tomorrow + timedelta(seconds=5)) is None
    newest = remind(tomorrow + timedelta(days=1))
    assert sign_off.find(db.session, old) is None, "two are enough"
    assert [sign_off.find(db.session, token).id for token in (new, newest)] == [asked.id, asked.id]
    read = standing(complete).content_hash
    with transaction() as session:
        approved = sign_off.approve(session, new, seen=read, signed_as="Dee", agreed=True, at=tomorrow, on=ON)
    assert approved.status is SignOffStatus.APPROVED
    with transaction() as session:  # the other link afterwards changes nothing
        again = sign_off.send_back(session, newest, seen=read, words="No.", at=tomorrow, on=ON)
    assert (again.id, again.status, again.words) == (asked.id, SignOffStatus.APPROVED, "")
    sent = send(complete, owner)
    assert sent.sign_off_id == asked.id


def test_who_was_asked_takes_both_links_with_them_when_the_question_is_taken_back(
    make: Factory, complete: Assessment, owner: User
) -> None:
    asked, old = make.asks_for_sign_off(complete, by=owner)
    with transaction() as session:
        new = sign_off.remind(session, session.get_one(SignOff, asked.id), by=owner, at=AT + timedelta(days=1))
    read = standing(complete).content_hash
    with transaction() as session:
        sign_off.take_back(session, session.get_one(SignOff, asked.id), by=owner, at=AT)
    for token in (old, new):
        with pytest.raises(Refusal, match="no longer works"), transaction() as session:
            sign_off.approve(session, token, seen=read, signed_as="Dee", agreed=True, at=AT, on=ON)


def test_what_is_incomplete_is_not_asked_about(make: Factory, employer: Organisation, owner: User) -> None:
    with pytest.raises(Refusal, match="not complete yet"):
        ask(make.assessment(employer, by=owner), owner)


def test_nobody_asks_themselves(complete: Assessment, owner: User) -> None:
    with pytest.raises(Refusal, match="your own address"):
        ask(complete, owner, email=owner.email.upper())


def test_sending_without_waiting_ends_the_link(make: Factory, complete: Assessment, owner: User) -> None:
    asked, token = make.asks_for_sign_off(complete, by=owner)
    read = standing(complete).content_hash
    send(complete, owner)
    assert db.session.get_one(SignOff, asked.id).status is SignOffStatus.WITHDRAWN
    with pytest.raises(Refusal, match="no longer works"), transaction() as session:
        sign_off.approve(session, token, seen=read, signed_as="Dee", agreed=True, at=AT, on=ON)


def test_whoever_was_asked_last_is_offered_again_but_nobody_who_was_let_off(complete: Assessment, owner: User) -> None:
    assert sign_off.last_asked(db.session, complete) is None
    asked, _ = ask(complete, owner)
    assert sign_off.last_asked(db.session, complete).id == asked.id
    with transaction() as session:
        sign_off.take_back(session, session.get_one(SignOff, asked.id), by=owner, at=AT)
    assert sign_off.last_asked(db.session, complete) is None


def test_withdrawing_the_assessment_ends_the_link_and_the_trail_says_so(
    make: Factory, complete: Assessment, owner: User
) -> None:
    asked, token = make.asks_for_sign_off(complete, by=owner)
    with transaction() as session:
        submission.withdraw(session, session.get_one(Assessment, complete.id), by=owner, at=AT)
    db.session.expire_all()
    found = sign_off.find(db.session, token)
    assert found is not None
    assert found.status is SignOffStatus.WITHDRAWN
    events = [one for one in audit.timeline(db.session, complete.id) if one.action == "sign-off:take-back"]
    assert [(one.subject_id, one.actor_id) for one in events] == [(asked.id, owner.id)]


def test_nobody_is_reminded_of_answers_that_cannot_be_approved_any_more(
    make: Factory, complete: Assessment, owner: User
) -> None:
    asked, token = make.asks_for_sign_off(complete, by=owner)
    with transaction() as session:  # withdrawn by an older version of the portal, which let the link wait
        session.get_one(Assessment, complete.id).move(WITHDRAW)
    with pytest.raises(Refusal, match="sent or withdrawn"), transaction() as session:
        sign_off.remind(session, session.get_one(SignOff, asked.id), by=owner, at=AT + timedelta(days=2))
    assert sign_off.find(db.session, token) is not None, "the old link still says what became of it"


def test_a_round_of_more_information_has_an_approval_of_its_own(
    make: Factory, complete: Assessment, owner: User, assessor: User
) -> None:
    first = make.signs_off(*make.asks_for_sign_off(complete, by=owner))
    sent = make.submitted(complete, by=owner)
    code = complete.framework.content.asked(1)[0].code
    make.asked_for_more(sent, [code], assessor=assessor)
    assert standing(complete).state is State.NOBODY
    second = make.signs_off(*make.asks_for_sign_off(complete, by=owner))
    again = send(complete, owner)
    assert (again.round, again.sign_off_id, again.snapshot_hash) == (2, second.id, second.content_hash)
    assert first.content_hash != second.content_hash


@pytest.mark.parametrize("decided", [True, False])
def test_the_address_of_who_was_asked_is_erased_some_time_after_the_link_ran_out(
    make: Factory, complete: Assessment, owner: User, decided: bool
) -> None:
    asked, token = make.asks_for_sign_off(complete, by=owner)
    if decided:
        make.signs_off(asked, token)
    for late in (timedelta(0), timedelta(seconds=1)):
        at = AT + sign_off.LASTS + sign_off.ADDRESS_KEPT + late
        with transaction() as session:
            assert sign_off.forget_addresses(session, local_date(at), at) == (late > timedelta(0))
    db.session.refresh(asked)
    status = SignOffStatus.APPROVED if decided else SignOffStatus.WITHDRAWN
    assert (asked.email, asked.status, asked.name) == ("", status, "Dee Director")
    with transaction() as session:
        assert sign_off.forget_addresses(session, local_date(at), at) == 0
    assert sign_off.forget_addresses in DAILY
