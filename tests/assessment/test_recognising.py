"""Awards of other schemes from proof to end."""

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.admin.base import locked
from charter.assessment import evidence, evidence_kinds, progress, queries, recognising
from charter.assessment.file_checks import Checked, FileKind
from charter.assessment.models import Assessment, Evidence, EvidenceKind, PrivacyReason, ScanState
from charter.assessment.quarantine import NOT_CHECKED, Scan
from charter.audit import AuditEvent
from charter.clock import local_date
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework.content import Passport
from charter.notification.models import Message
from charter.organisation import recognition
from charter.organisation.models import Organisation, Recognition, RecognitionStatus
from charter.review import findings, moderation, recommendation
from charter.review import queries as cases
from tests.conftest import AT
from tests.factories import CLEAN, Factory
from tests.turns import in_turn

ON = local_date(AT)


def passport_that_meets(make: Factory) -> Passport:
    """A passport of a strength by which criteria count as met."""
    content = make.framework().content
    return next(
        one
        for one in content.passports
        if (strength := content.strength(one.strength)) and strength.met_up_to >= 1 and len(one.supports) > 1
    )


@pytest.fixture
def stated(make: Factory, employer: Organisation, owner: User) -> Recognition:
    """An award that waits to be checked, with a link as its proof. It ends in a hundred days."""
    return state(make, employer, owner)


def state(make: Factory, employer: Organisation, owner: User, ends_on: date = ON + timedelta(days=100)) -> Recognition:
    passport = passport_that_meets(make)
    with transaction() as session:
        found = recognition.state(
            session, employer, scheme=passport.scheme, level=passport.level, reference="DCS012345",
            county=employer.county, starts_on=ends_on - timedelta(days=700), ends_on=ends_on, by=owner, at=AT,
        )  # fmt: skip
        session.flush()
        link = evidence_kinds.of_link(f"https://example.org/{ends_on}")
        recognising.prove(session, found, EvidenceKind.LINK, link, by=owner, at=AT)
    return found


def check(stated: Recognition, by: User) -> None:
    with transaction() as session:
        recognising.check(session, session.get_one(Recognition, stated.id), by=by, at=AT)


def told(kind: str) -> list[Message]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Message).where(Message.kind == kind).order_by(Message.id)))


def test_proof_is_kept_among_the_evidence_and_cannot_be_thrown_away(stated: Recognition) -> None:
    piece = recognising.proof_of(db.session, stated)
    assert piece is not None
    assert (piece.organisation_id, piece.kind) == (stated.organisation_id, EvidenceKind.LINK)
    assert evidence.is_used(db.session, piece)
    assert recognising.proofs(db.session, [stated]) == {stated.id: piece}


def test_checking_tells_the_owners_what_it_stands_in_for(
    make: Factory, stated: Recognition, owner: User, colleague: User, assessor: User
) -> None:
    check(stated, assessor)
    (message,) = told("recognition_checked")
    assert message.to_user_id == owner.id
    content = make.framework().content
    for code in passport_that_meets(make).supports:
        criterion = content.criterion(code)
        assert criterion is not None
        assert criterion.title in message.body


PDF = FileKind.PDF


def with_file(stated: Recognition, owner: User, scan: Scan) -> Evidence:
    """Its proof is a file now, of which the virus scanner says this."""
    with transaction() as session:
        checked = Checked(PDF, PDF.media_type, "pdf")
        given = evidence_kinds.of_file("certificate.pdf", checked, "a" * 64, 2_000, scan=scan)
        again = session.get_one(Recognition, stated.id)
        return recognising.prove(session, again, EvidenceKind.FILE, given, by=owner, at=AT)


@pytest.mark.parametrize("proof", ["none", "waiting", "infected", "removed"])
def test_nobody_checks_an_award_by_proof_that_cannot_be_opened_unless_they_say_the_scheme_lists_it(
    stated: Recognition, owner: User, assessor: User, proof: str
) -> None:
    piece = with_file(stated, owner, NOT_CHECKED if proof != "removed" else CLEAN)
    with transaction() as session:
        again = session.get_one(Evidence, piece.id)
        if proof == "none":
            session.get_one(Recognition, stated.id).proof_id = None
        if proof == "infected":
            again.scan, again.virus, again.scanned_at, again.scanned_with = ScanState.INFECTED, "Eicar", AT, "made up"
        if proof == "removed":
            again.removed_at, again.removed_by_id, again.removed_for = AT, assessor.id, PrivacyReason.NAMES
    with pytest.raises(Refusal, match="no proof that you can open") as refused:
        check(stated, assessor)
    assert refused.value.field == "on_list"
    db.session.expire_all()
    assert stated.status is RecognitionStatus.STATED
    with transaction() as session:
        recognising.check(session, session.get_one(Recognition, stated.id), on_list=True, by=assessor, at=AT)
    found = db.session.get_one(Recognition, stated.id)
    assert (found.status, found.seen_on_list) == (RecognitionStatus.CHECKED, True)
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "recognition:check")).one()
    assert event.details["on_list"] is True


def test_an_award_is_checked_by_a_file_that_was_found_clean(stated: Recognition, owner: User, assessor: User) -> None:
    with_file(stated, owner, CLEAN)
    check(stated, assessor)
    found = db.session.get_one(Recognition, stated.id)
    assert (found.status, found.seen_on_list) == (RecognitionStatus.CHECKED, False)


def test_turning_down_tells_why_and_other_proof_opens_it_again(
    stated: Recognition, owner: User, assessor: User
) -> None:
    with transaction() as session:
        with pytest.raises(Refusal, match="Say why"):
            recognising.decline(session, stated, reason="  ", by=assessor, at=AT)
        recognising.decline(session, stated, reason="The certificate shows no last day.", by=assessor, at=AT)
    assert stated.status is RecognitionStatus.DECLINED
    assert "shows no last day" in told("recognition_declined")[0].body
    with transaction() as session, pytest.raises(Refusal, match="turned down already"):
        recognising.check(session, stated, by=assessor, at=AT)
    with transaction() as session:
        other = evidence_kinds.of_link("https://example.org/other")
        recognising.prove(session, stated, EvidenceKind.LINK, other, by=owner, at=AT)
    assert (stated.status, stated.declined_for) == (RecognitionStatus.STATED, None)
    check(stated, assessor)
    with transaction() as session, pytest.raises(Refusal, match="checked this award already"):
        recognising.prove(session, stated, EvidenceKind.LINK, other, by=owner, at=AT)
    with transaction() as session, pytest.raises(Refusal, match="already been checked"):
        recognising.decline(session, stated, reason="Late.", by=assessor, at=AT)


def test_a_checked_award_leaves_nothing_to_answer_while_it_lasts_and_opens_it_again_the_day_after(
    make: Factory, employer: Organisation, owner: User, assessor: User, stated: Recognition
) -> None:
    assessment = make.assessment(employer, by=owner)
    assert not done(assessment, ON)
    check(stated, assessor)
    assert stated.ends_on is not None
    there = done(assessment, ON)
    assert there
    assert there == done(assessment, stated.ends_on)
    assert not done(assessment, stated.ends_on + timedelta(days=1))


def done(assessment: Assessment, on: date) -> set[str]:
    """What needs no answer on a day."""
    db.session.expire_all()
    found = progress.progress(queries.material(db.session, assessment), on=on)
    return {task.criterion.code for theme in found.themes for task in theme.tasks if task.done_for}


@pytest.fixture
def case(make: Factory, employer: Organisation, owner: User, assessor: User, stated: Recognition) -> Any:
    """A case in review, of an employer that left the criteria its award meets without an answer."""
    check(stated, assessor)
    assessment = make.assessment(employer, by=owner)
    make.answered(assessment, by=owner, but=done(assessment, ON))
    review = make.claimed(make.submitted(assessment, by=owner), by=assessor)
    return make.found(review, by=assessor, but=done(assessment, ON))


def test_the_case_needs_no_finding_where_an_award_counts_and_the_snapshot_names_it(
    make: Factory, case: Any, stated: Recognition
) -> None:
    assert recommendation.unfound(db.session, case, on=ON) == ()
    assert stated.ends_on is not None
    later = recommendation.unfound(db.session, case, on=stated.ends_on + timedelta(days=1))
    assert len(later) == len(done(case.assessment, ON)) > 0
    frozen = queries.last_submission(db.session, case.assessment)
    assert frozen is not None
    named = {one["criterion"]: one for one in frozen.snapshot["standing_in"]}
    assert done(case.assessment, ON) <= named.keys()
    assert {one["until"] for one in named.values()} == {stated.ends_on.isoformat()}


def test_an_assessor_may_find_otherwise(make: Factory, case: Any, assessor: User) -> None:
    content = make.framework().content
    bad = next(one.value for one in content.outcomes if one.extent == "not_met" and not one.asks_employer)
    with transaction() as session:
        recommendation.check_level(session, case, level=1, on=ON)
        core = next(code for code in done(case.assessment, ON) if (one := content.criterion(code)) and one.core)
        findings.save(
            session, case, criterion=core, outcome=bad, feedback="It is not so on site.",
            seen_version=None, by=assessor, at=AT,
        )  # fmt: skip
        session.flush()
        with pytest.raises(Refusal, match="do not reach any level"):
            recommendation.check_level(session, case, level=1, on=ON)


def test_a_decided_case_is_shown_as_it_stood_when_it_was_decided(
    make: Factory, case: Any, stated: Recognition, assessor: User, moderator: User
) -> None:
    assert stated.ends_on is not None
    later = stated.ends_on + timedelta(days=1)
    assert cases.case(db.session, case, by=assessor, on=later).level == 0  # not decided: nothing stands in any more
    make.recommended(case, by=assessor)
    with transaction() as session:
        moderation.agree(session, case, by=session.get_one(User, moderator.id), at=AT, on=ON)
    shown = cases.case(db.session, case, by=assessor, on=later)
    assert shown.level == 1
    assert {one.stood_in_before for theme in shown.themes for one in theme.criteria} == {""}


def remind(on: date) -> int:
    with transaction() as session:
        return recognising.remind(session, on, AT)


def test_owners_are_warned_twice_before_it_ends_each_once_and_of_what_opens_again(
    make: Factory, stated: Recognition, assessor: User, owner: User
) -> None:
    assert stated.ends_on is not None
    assert remind(stated.ends_on - timedelta(days=60)) == 0  # nobody has checked it, so nothing rests on it
    check(stated, assessor)
    counts = []
    for days in (61, 60, 60, 30, 15, 14, 3, 0, -1):
        remind(stated.ends_on - timedelta(days=days))
        counts.append(len(told("recognition_ends_soon")))
    assert counts == [0, 1, 1, 1, 1, 2, 2, 2, 2]
    first = told("recognition_ends_soon")[0]
    assert first.to_user_id == owner.id
    assert "in 60 days" in first.body
    criterion = make.framework().content.criterion(passport_that_meets(make).supports[0])
    assert criterion is not None
    assert criterion.title in first.body


def test_missed_days_send_only_the_nearest_warning(stated: Recognition, assessor: User) -> None:
    check(stated, assessor)
    assert stated.ends_on is not None
    for _ in range(2):
        remind(stated.ends_on - timedelta(days=5))
    assert ["in 5 days" in one.body for one in told("recognition_ends_soon")] == [True]


def test_nobody_is_warned_of_an_award_that_was_renewed(
    make: Factory, stated: Recognition, employer: Organisation, owner: User, assessor: User
) -> None:
    check(stated, assessor)
    check(state(make, employer, owner, ON + timedelta(days=600)), assessor)
    assert remind(ON + timedelta(days=90)) == 0


def test_of_an_owner_who_gives_other_proof_and_an_assessor_who_checks_at_once_the_second_sees_the_first(
    app: Flask, stated: Recognition, owner: User, assessor: User
) -> None:
    seen = str(stated.proof_id)

    def checks(session: Session, one: Recognition, by: User) -> None:
        held = locked(session, one)
        recognition.see(held, proof=seen)
        recognising.check(session, held, by=by, at=AT)

    def proves(session: Session, one: Recognition, by: User) -> None:
        other = evidence_kinds.of_link("https://example.org/other")
        recognising.prove(session, one, EvidenceKind.LINK, other, by=by, at=AT)

    _, refused = in_turn(app, stated, (owner, proves), (assessor, checks))
    assert isinstance(refused, Refusal)
    assert "other proof after you opened this page" in str(refused)
    db.session.rollback()
    db.session.expire_all()
    seen = str(db.session.get_one(Recognition, stated.id).proof_id)
    _, refused = in_turn(app, stated, (assessor, checks), (owner, proves))
    assert isinstance(refused, Refusal)
    assert "checked this award already" in str(refused)
