"""Staff and the employer read and print what explains a decision, and the employer none of what is for staff."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.clock import now, today
from charter.extensions import db, transaction
from charter.improvement import with_plan
from charter.organisation.models import Organisation
from charter.review import recommendation, reopening
from charter.review.handing_out import allocation
from charter.review.models import Finding, Review
from charter.review.private import PrivateNote
from tests.factories import Factory
from tests.pages import CheckedClient

SignIn = Callable[[User], CheckedClient]
SECRET = "Between us: their payroll looks odd."


@pytest.fixture
def decided(recommended: Review, moderator: User) -> Review:
    """A decided case with a private note on one of its findings."""
    with transaction() as session:
        finding = session.scalars(sa.select(Finding).where(Finding.review_id == recommended.id)).first()
        assert finding is not None
        finding.private_note = PrivateNote(SECRET)
    with transaction() as session:
        review = session.get_one(Review, recommended.id)
        with_plan.agree(session, review, by=session.get_one(User, moderator.id), at=now(), on=today())
    db.session.expire_all()
    return recommended


def test_a_case_that_is_not_decided_has_none(sign_in: SignIn, recommended: Review, assessor: User, owner: User) -> None:
    for person, home, page in (
        (assessor, f"/admin/reviews/{recommended.id}", f"/admin/explanations/{recommended.id}"),
        (owner, f"/assessments/{recommended.assessment_id}", f"/assessments/{recommended.assessment_id}/explanation"),
    ):
        theirs = sign_in(person)
        for address in (page, f"{page}.pdf"):
            assert theirs.get(address).location == home
        assert "There is no explanation yet." in theirs.get(home, follow_redirects=True).text


def test_private_notes_are_shown_to_staff_who_ask_for_them_and_marked(
    sign_in: SignIn, decided: Review, assessor: User, moderator: User
) -> None:
    theirs = sign_in(assessor)
    assert f"/admin/explanations/{decided.id}" in theirs.get(f"/admin/reviews/{decided.id}").text
    page = f"/admin/explanations/{decided.id}"
    plain, private = theirs.get(page).text, theirs.get(f"{page}?notes=yes").text
    assert moderator.name in plain
    assert SECRET not in plain
    assert SECRET in private
    assert "This copy holds private notes. Do not give it to the employer." in private


def test_the_employer_reads_and_prints_its_own_copy_alone(
    sign_in: SignIn, decided: Review, owner: User, assessor: User, moderator: User, employer: Organisation
) -> None:
    home = f"/assessments/{decided.assessment_id}"
    theirs = sign_in(owner)
    assert f"{home}/explanation" in theirs.get(home).text
    for address in (f"{home}/explanation", f"{home}/explanation?notes=yes"):
        text = theirs.get(address).text
        assert employer.name in text
        for hidden in (SECRET, assessor.name, moderator.name):
            assert hidden not in text
    copy = theirs.get(f"{home}/explanation.pdf?notes=yes")
    assert copy.mimetype == "application/pdf"
    assert copy.data == theirs.get(f"{home}/explanation.pdf").data
    assert copy.data == sign_in(assessor).get(f"/admin/explanations/{decided.id}.pdf?copy=employer").data
    assert copy.data != sign_in(assessor).get(f"/admin/explanations/{decided.id}.pdf").data


def test_a_number_that_is_no_decision_leads_back(sign_in: SignIn, decided: Review, assessor: User) -> None:
    answer = sign_in(assessor).get(f"/admin/explanations/{decided.id}?number=2")
    assert answer.location == f"/admin/reviews/{decided.id}"


def test_after_an_appeal_the_first_decision_is_explained_but_not_to_whoever_finds_for_themselves_first(
    sign_in: SignIn, make: Factory, decided: Review, assessor: User, moderator: User, administrator: User
) -> None:
    seb, mia = make.staff("assessor", "Seb Second"), make.staff("moderator", "Mia Moderator")
    page = f"/admin/explanations/{decided.id}"
    with transaction() as session:
        case = session.get_one(Review, decided.id)
        apart = {assessor.id, moderator.id, administrator.id}
        reopening.open_again(session, case, apart=apart, by=administrator, at=now(), on=today())
        allocation.claim(session, case, by=session.get_one(User, seb.id), at=now())
    theirs = sign_in(seb)
    shown = theirs.get(f"/admin/reviews/{decided.id}").text
    assert "What explains the decision before the appeal, to print" in shown
    assert "opened the case again, because of an appeal" in shown
    assert theirs.get(page).status_code == 200
    with transaction() as session:
        case = session.get_one(Review, decided.id)
        given = {"reasons": "In place.", "unsure": "Is it?", "by": session.get_one(User, seb.id)}
        recommendation.recommend(session, case, level=1, **given, at=now(), on=today())
    hers = sign_in(mia)
    assert page not in hers.get(f"/admin/reviews/{decided.id}").text
    for address in (page, f"{page}?notes=yes", f"{page}.pdf", f"{page}.pdf?copy=employer"):
        assert hers.get(address).location == f"/admin/reviews/{decided.id}"
    assert sign_in(seb).get(page).status_code == 200
