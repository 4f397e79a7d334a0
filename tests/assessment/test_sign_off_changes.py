"""What puts an approval out of date: every change of what is sent, and nothing that is only shown beside it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment import (
    answers,
    comments,
    declarations,
    evidence,
    library,
    quarantine,
    queries,
    recognising,
    returns,
    sharing,
    sign_off,
    submission,
)
from charter.assessment.file_checks import Checked, FileKind
from charter.assessment.models import Answer, Assessment, Evidence, MetricReturn, ScanState
from charter.assessment.quarantine import Scan
from charter.assessment.sign_off import State
from charter.clock import local_date
from charter.extensions import db, transaction
from charter.organisation.models import Organisation, Recognition, Scope
from charter.scanning import Clean, Infected
from tests.assessment.test_recognising import state as stated
from tests.conftest import AT
from tests.factories import Factory

ON = local_date(AT)
SHA = "a" * 64

Change = Callable[[Session, Assessment, User], object]


@pytest.fixture
def complete(make: Factory, employer: Organisation, owner: User) -> Assessment:
    """Everything that the first level asks for, with a file that the virus scanner has not looked at."""
    draft = make.answered(make.assessment(employer, by=owner), by=owner)
    with transaction() as session:
        evidence.add_file(
            session,
            draft,
            criteria=[codes(draft)[0]],
            title="Our policy",
            filename="policy.pdf",
            checked=Checked(FileKind.PDF, FileKind.PDF.media_type, "pdf"),
            sha256=SHA,
            size=10,
            dated_on=None,
            by=owner,
            at=AT,
            scan=Scan(ScanState.WAITING),
        )
    return draft


def codes(assessment: Assessment) -> list[str]:
    return [one.code for one in assessment.framework.content.asked(1)]


def state(assessment: Assessment, at=AT) -> State:
    db.session.rollback()
    db.session.expire_all()
    said = queries.material(db.session, assessment)
    return sign_off.standing(db.session, said, at=at, on=local_date(at)).state


def approved(make: Factory, assessment: Assessment, owner: User) -> None:
    make.signs_off(*make.asks_for_sign_off(assessment, by=owner))
    assert state(assessment) is State.APPROVED


def answer(**changed: object) -> Change:
    def go(session: Session, assessment: Assessment, by: User) -> None:
        found = session.scalars(
            sa.select(Answer).where(Answer.assessment_id == assessment.id, Answer.criterion == codes(assessment)[0])
        ).one()
        names = ("value", "explanation", "action", "action_owner", "action_due", "reason")
        values: Any = {name: getattr(found, name) for name in names} | changed
        answers.save(
            session,
            assessment,
            criterion=found.criterion,
            **values,
            seen_version=found.version,
            by=by,
            at=AT,
        )

    return go


def there_and_back(session: Session, assessment: Assessment, by: User) -> None:
    answer(explanation="In other words.")(session, assessment, by)
    session.flush()
    answer(explanation="We do this every day.")(session, assessment, by)


def declared(agreed: bool, note: str = "") -> Change:
    def go(session: Session, assessment: Assessment, by: User) -> None:
        code = assessment.framework.content.declarations[0].code
        declarations.save(session, assessment, agreed={code: agreed}, notes={code: note}, by=by, at=AT)

    return go


def figures(**changed: Any) -> Change:
    def go(session: Session, assessment: Assessment, by: User) -> None:
        found = session.scalars(sa.select(MetricReturn).where(MetricReturn.assessment_id == assessment.id)).one()
        (metric, *_) = assessment.framework.content.metrics_for(1)
        values: dict[str, Any] = {"period_end": found.period_end, "inputs": dict(found.inputs), "notes": {}}
        if changed.get("number"):
            values["inputs"] |= {metric.inputs[0].name: changed["number"]}
        if changed.get("note"):
            values["notes"] = {metric.code: changed["note"]}
        if changed.get("unknown"):
            values |= {"unknown": [metric.code]}
        if changed.get("earlier"):
            values["period_end"] -= timedelta(days=changed["earlier"])
        returns.save(session, assessment, **values, seen_version=found.version, by=by, at=AT)

    return go


def piece(session: Session, title: str) -> Evidence:
    return session.scalars(sa.select(Evidence).where(Evidence.title == title)).one()


def another_link(session: Session, assessment: Assessment, by: User) -> None:
    evidence.add_link(
        session,
        assessment,
        criteria=codes(assessment)[:1],
        title="More",
        url="https://example.org/more",
        dated_on=None,
        by=by,
        at=AT,
    )


def a_file_away(session: Session, assessment: Assessment, by: User) -> None:
    evidence.detach(session, assessment, piece(session, "Our policy"), criterion=codes(assessment)[0], by=by, at=AT)


def where_to_look(session: Session, assessment: Assessment, by: User) -> None:
    evidence.say_where(
        session, assessment, piece(session, "Our policy"), criterion=codes(assessment)[0], place="Page 3", by=by, at=AT
    )


def another_title(session: Session, assessment: Assessment, by: User) -> None:
    found = piece(session, "Our policy")
    library.describe(
        session,
        found,
        rules=assessment.framework.content.evidence_rules,
        title="Our new policy",
        type=found.type,
        dates=library.dates_of(found),
        by=by,
        at=AT,
    )


def employer_said(**values: object) -> Change:
    def go(session: Session, assessment: Assessment, by: User) -> None:
        organisation = session.get_one(Organisation, assessment.organisation_id)
        for name, value in values.items():
            setattr(organisation, name, value)

    return go


def aims_higher(session: Session, assessment: Assessment, by: User) -> None:
    submission.change_target(session, assessment, target_level=2, by=by, at=AT)


CHANGES: dict[str, Change] = {
    "the words of an answer": answer(explanation="In other words."),
    "the words of an answer, there and back": there_and_back,
    "a declaration": declared(False),
    "the exception to a declaration": declared(True, "All but our one apprentice."),
    "a number": figures(number="7"),
    "the note to a figure": figures(note="One was missing."),
    "a figure that is not known after all": figures(unknown=True),
    "the twelve months": figures(earlier=30),
    "another piece of evidence": another_link,
    "a piece of evidence taken away": a_file_away,
    "where in a piece to look": where_to_look,
    "the title of a piece": another_title,
    "the employer's name": employer_said(name="Teme Valley Fruit Ltd"),
    "how many it employs": employer_said(size_band="large"),
    "what the answers cover": employer_said(scope=Scope.LOCAL),
    "the level aimed for": aims_higher,
}


@pytest.mark.parametrize("what", CHANGES)
def test_every_change_of_what_is_sent_puts_it_out_of_date(
    make: Factory, complete: Assessment, owner: User, what: str
) -> None:
    approved(make, complete, owner)
    with transaction() as session:
        CHANGES[what](session, session.get_one(Assessment, complete.id), session.get_one(User, owner.id))
    assert state(complete) is State.OUT_OF_DATE


def test_an_award_of_another_scheme_that_stands_in_from_now_on_puts_it_out_of_date(
    make: Factory, complete: Assessment, employer: Organisation, owner: User, assessor: User
) -> None:
    award = stated(make, employer, owner)
    approved(make, complete, owner)
    with transaction() as session:
        recognising.check(session, session.get_one(Recognition, award.id), by=assessor, at=AT)
    assert state(complete) is State.OUT_OF_DATE


# What is only shown beside it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["while it was read", "after it was approved"])
def test_figures_of_earlier_months_that_are_sent_meanwhile_leave_it_standing(
    make: Factory, complete: Assessment, employer: Organisation, owner: User, moderator: User, when: str
) -> None:
    due = make.yearly_return(make.award(employer, on=ON - timedelta(days=330), by=moderator), on=ON)
    asked, token = make.asks_for_sign_off(complete, by=owner)
    with transaction() as session:
        said = queries.material(session, session.get_one(Assessment, complete.id))
        read = sign_off.standing(session, said, at=AT, on=ON).content_hash
    if when == "while it was read":
        make.gives(due, period_end=ON - timedelta(days=60), by=owner, at=AT)
    with transaction() as session:
        approval = sign_off.approve(session, token, seen=read, signed_as="Dee", agreed=True, at=AT, on=ON)
    if when == "after it was approved":
        make.gives(due, period_end=ON - timedelta(days=60), by=owner, at=AT)
    assert state(complete) is State.APPROVED
    with transaction() as session:
        session.get_one(Organisation, employer.id).needs_sign_off = True
        sent = submission.submit(
            session,
            session.get_one(Assessment, complete.id),
            declared_by="Olive",
            declared_role="Owner",
            by=session.get_one(User, owner.id),
            at=AT,
            on=ON,
        )
        assert sent.sign_off_id == approval.id == asked.id
        assert sent.snapshot["figures"]["before"], "the submission still says what they were last time"
        assert sent.sign_off is not None
        assert sent.sign_off.content is not None
        assert sent.sign_off.content["figures"]["before"] == {}


def scanned_clean(session: Session, assessment: Assessment, by: User) -> None:
    quarantine.settle(session, SHA, Clean("ClamAV 1/1/x"), at=AT)


def scanned_bad(session: Session, assessment: Assessment, by: User) -> None:
    quarantine.settle(session, SHA, Infected("Some.Virus", "ClamAV 1/1/x"), at=AT)


def talked_about(session: Session, assessment: Assessment, by: User) -> None:
    comments.add(session, assessment, criterion=codes(assessment)[0], text="Good.", sent_as="1", by=by, at=AT)


def given_to_somebody(session: Session, assessment: Assessment, by: User) -> None:
    task = codes(assessment)[0]
    sharing.assign(session, assessment, wanted={task: by.id}, seen={}, by=by, at=AT)


BESIDE: dict[str, Change] = {
    "a virus check that is passed": scanned_clean,
    "a virus that is found": scanned_bad,
    "a comment of a colleague": talked_about,
    "whose a question is": given_to_somebody,
    "the employer's website": employer_said(website="https://example.org"),
    "the same answer saved again": answer(),
}


@pytest.mark.parametrize("what", BESIDE)
def test_what_is_not_sent_leaves_it_standing(make: Factory, complete: Assessment, owner: User, what: str) -> None:
    approved(make, complete, owner)
    with transaction() as session:
        BESIDE[what](session, session.get_one(Assessment, complete.id), session.get_one(User, owner.id))
    assert state(complete) is State.APPROVED


def test_a_day_that_passes_leaves_it_standing(make: Factory, complete: Assessment, owner: User) -> None:
    approved(make, complete, owner)
    assert state(complete, AT + timedelta(days=40)) is State.APPROVED
