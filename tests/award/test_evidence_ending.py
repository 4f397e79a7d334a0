"""Evidence that ends soon is told of once, in one email, to the employers for whom it counts."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import evidence, evidence_kinds, library, submission
from charter.assessment.evidence_dates import Dates
from charter.assessment.file_checks import Checked, FileKind
from charter.assessment.models import Assessment, Evidence, EvidenceKind
from charter.award import evidence_ending
from charter.clock import local_date
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.organisation.models import Organisation
from charter.worker import DAILY
from tests.conftest import AT
from tests.factories import Factory
from tests.review.test_queries import Counted

PDF = Checked(FileKind.PDF, FileKind.PDF.media_type, "pdf")
ON = local_date(AT)


@pytest.fixture
def assessment(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.assessment(employer, by=owner)


def ending(assessment: Assessment, by: User, days: int, number: int = 1, *, used: bool = True) -> Evidence:
    rules = assessment.framework.content.evidence_rules
    given = evidence_kinds.of_file(f"policy {number}.pdf", PDF, f"{number:064x}", 100)
    with transaction() as session:
        piece, _ = library.give(
            session,
            assessment.organisation,
            EvidenceKind.FILE,
            given,
            rules=rules,
            dates=Dates(valid_until=ON + timedelta(days=days)),
            by=by,
            at=AT,
        )
        session.flush()
        if used:
            code = assessment.framework.content.asked(1)[0].code
            evidence.reuse(session, assessment, piece, criteria=[code], by=by, at=AT)
    return piece


def asked(days: int = 0) -> int:
    with transaction() as session:
        return evidence_ending.ask_to_renew(session, ON + timedelta(days=days), AT + timedelta(days=days))


def messages() -> list[Message]:
    return list(db.session.scalars(sa.select(Message).where(Message.kind == "evidence_ending")))


def test_all_that_ends_within_thirty_days_is_one_email_and_told_of_once(
    assessment: Assessment, owner: User, colleague: User
) -> None:
    ending(assessment, owner, 30, 1)
    ending(assessment, owner, 0, 2)
    ending(assessment, owner, 31, 3)
    assert (asked(), asked()) == (1, 0)
    sent = messages()
    assert {one.to_address for one in sent} == {owner.email, colleague.email}
    assert "policy 1.pdf" in sent[0].body
    assert "policy 2.pdf" in sent[0].body
    assert "policy 3.pdf" not in sent[0].body
    assert asked(1) == 1, "what comes up the next day is told of then"
    assert len(messages()) == 4


def test_what_comes_up_later_on_a_day_waits_for_the_next(assessment: Assessment, owner: User) -> None:
    ending(assessment, owner, 10, 1)
    assert asked() == 1
    ending(assessment, owner, 20, 2)
    assert (asked(), asked(1)) == (0, 1)


def test_what_ended_on_a_day_on_which_it_was_put_off_is_told_of_on_the_next(
    assessment: Assessment, owner: User
) -> None:
    ending(assessment, owner, 10, 1)
    assert asked() == 1
    ending(assessment, owner, 0, 2)
    assert (asked(), asked(1), asked(2)) == (0, 1, 0)
    assert any("policy 2.pdf" in one.body for one in messages())


def test_what_ended_long_ago_is_left_alone(assessment: Assessment, owner: User) -> None:
    ending(assessment, owner, 0)
    assert asked(evidence_ending.LATE.days + 1) == 0


def test_days_that_were_missed_are_made_up_for(assessment: Assessment, owner: User) -> None:
    ending(assessment, owner, 30)
    assert asked(25) == 1


def test_what_nothing_that_counts_uses_or_is_replaced_is_not_asked_for(assessment: Assessment, owner: User) -> None:
    ending(assessment, owner, 10, 1, used=False)
    old = ending(assessment, owner, 10, 2)
    given = evidence_kinds.of_file("new.pdf", PDF, "cd" * 32, 10)
    with transaction() as session:
        rules = assessment.framework.content.evidence_rules
        library.replace(session, old, given, rules=rules, dates=Dates(), by=owner, at=AT)
    ending(assessment, owner, 10, 3)
    with transaction() as session:
        submission.withdraw(session, assessment, by=owner, at=AT)
    assert asked() == 0


def test_an_award_that_is_held_counts(
    make: Factory, assessment: Assessment, employer: Organisation, owner: User, moderator: User
) -> None:
    piece = ending(assessment, owner, 10)
    with transaction() as session:
        submission.withdraw(session, assessment, by=owner, at=AT)
    award = make.award(employer, by=moderator)
    decided = db.session.get_one(Assessment, award.assessment_id)
    with transaction() as session:
        use = next(iter(session.get_one(Evidence, piece.id).uses))
        use.assessment_id = decided.id
    assert asked() == 1


def test_new_dates_are_told_of_anew(assessment: Assessment, owner: User) -> None:
    piece = ending(assessment, owner, 10)
    assert asked() == 1
    with transaction() as session:
        library.describe(
            session,
            piece,
            rules=assessment.framework.content.evidence_rules,
            title=piece.title,
            type=None,
            dates=Dates(valid_until=ON + timedelta(days=20)),
            by=owner,
            at=AT,
        )
    assert asked(1) == 1


def test_the_people_of_all_employers_are_looked_up_at_once(make: Factory, assessment: Assessment, owner: User) -> None:
    ending(assessment, owner, 3, 1)
    for number in (2, 3):
        other = make.organisation(f"Employer {number}")
        person = make.member(other, f"Olga{number} Owner")
        ending(make.assessment(other, by=person), person, 3, number)
    with Counted() as done:
        assert asked() == 3
    assert len([one for one in done.statements if "FROM membership" in one]) == 1
    assert len({one.to_address for one in messages()}) == 3


def test_it_is_done_daily() -> None:
    assert evidence_ending.ask_to_renew in DAILY
