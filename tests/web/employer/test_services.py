"""An employer's person asks for a programme; nothing is lost when they have to sign in first."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.extensions import db, transaction
from charter.improvement import actions
from charter.improvement.actions import Details
from charter.improvement.models import Action, Programme, ProgrammeRequest
from charter.organisation.models import Membership, Organisation
from tests.conftest import AT
from tests.factories import PASSWORD, Factory
from tests.pages import CheckedClient
from tests.review.test_queries import Counted

SignIn = Callable[[User], CheckedClient]


@pytest.fixture
def programme(make: Factory) -> Programme:
    return make.programmes()[0]


def requests() -> list[ProgrammeRequest]:
    return list(db.session.scalars(sa.select(ProgrammeRequest)))


def test_a_member_asks_and_sees_that_it_was_asked(
    sign_in: SignIn, colleague: User, employer: Organisation, programme: Programme
) -> None:
    browser = sign_in(colleague)
    form = f"/organisations/{employer.id}/services/{programme.code}/ask"
    assert browser.get(f"/services/{programme.code}/ask").location == form
    sent = browser.send(form, {"message": "Please call.", "agree": "y"})
    assert (sent.status_code, sent.location) == (303, f"/organisations/{employer.id}/services")
    assert f"You asked for {programme.name}. We have sent you a copy." in browser.get(sent.location).text
    (made,) = requests()
    assert (made.organisation_id, made.asked_by_id, made.message) == (employer.id, colleague.id, "Please call.")
    page = browser.get(f"/services/{programme.code}").text
    assert "You asked for this on <strong>" in page
    assert "Ask again" in page


def test_who_asked_and_left_since_is_a_former_colleague(
    sign_in: SignIn, owner: User, colleague: User, employer: Organisation, programme: Programme
) -> None:
    sign_in(colleague).send(
        f"/organisations/{employer.id}/services/{programme.code}/ask", {"message": "Please call.", "agree": "y"}
    )
    pages = f"/organisations/{employer.id}/services", f"/services/{programme.code}"
    browser = sign_in(owner)
    assert all(colleague.name in browser.get(page).text for page in pages)
    with transaction() as session:
        session.execute(sa.delete(Membership).where(Membership.user_id == colleague.id))
    for page in pages:
        assert "A former colleague" in browser.get(page).text
        assert colleague.name not in browser.get(page).text


def test_without_agreement_nothing_is_sent_and_what_was_typed_stays(
    sign_in: SignIn, owner: User, employer: Organisation, programme: Programme
) -> None:
    form = f"/organisations/{employer.id}/services/{programme.code}/ask"
    answer = sign_in(owner).send(form, {"message": "Please call."})
    assert answer.status_code == 400
    assert "Tick the box to agree." in answer.text
    assert "Please call.</textarea>" in answer.text
    assert requests() == []


def test_another_message_on_the_same_day_is_refused_and_not_lost(
    sign_in: SignIn, owner: User, employer: Organisation, programme: Programme
) -> None:
    browser = sign_in(owner)
    form = f"/organisations/{employer.id}/services/{programme.code}/ask"
    browser.send(form, {"message": "First.", "agree": "y"})
    answer = browser.send(form, {"message": "Second.", "agree": "y"})
    assert answer.status_code == 400
    assert "asked for this today already" in answer.text
    assert "Second.</textarea>" in answer.text
    assert len(requests()) == 1


def test_who_is_not_signed_in_signs_in_and_is_back_at_the_form(
    client: CheckedClient, owner: User, employer: Organisation, programme: Programme
) -> None:
    answer = client.get(f"/services/{programme.code}/ask")
    assert answer.location == "/sign-in"
    answer = client.send("/sign-in", {"email": owner.email, "password": PASSWORD})
    assert answer.location == f"/services/{programme.code}/ask"
    form = client.get(answer.location).location
    assert form == f"/organisations/{employer.id}/services/{programme.code}/ask"
    assert client.get(form).status_code == 200


def test_who_has_no_employer_yet_is_led_to_add_one(sign_in: SignIn, make: Factory, programme: Programme) -> None:
    browser = sign_in(make.user("Nina New"))
    answer = browser.get(f"/services/{programme.code}/ask")
    assert answer.location == "/organisations/new"
    assert "First tell us about your employer." in browser.get(answer.location).text


def test_who_has_two_employers_chooses_which_one_asks(
    sign_in: SignIn, make: Factory, owner: User, employer: Organisation, programme: Programme
) -> None:
    other = make.organisation("Lugg Bakery Ltd")
    make.joins(other, owner)
    page = sign_in(owner).get(f"/services/{programme.code}/ask").text
    for one in (employer, other):
        assert f'href="/organisations/{one.id}/services/{programme.code}/ask"' in page


def test_staff_are_not_offered_to_ask(sign_in: SignIn, assessor: User, programme: Programme) -> None:
    assert "Ask for this" not in sign_in(assessor).get(f"/services/{programme.code}").text


def test_an_employer_sees_all_that_it_asked_for_in_a_fixed_number_of_queries(
    sign_in: SignIn, make: Factory, owner: User, colleague: User, employer: Organisation, programme: Programme
) -> None:
    page = f"/organisations/{employer.id}/services"
    browser = sign_in(colleague)
    assert "You have not asked for a service yet." in browser.get(page).text
    found = list(db.session.scalars(sa.select(Programme).order_by(Programme.code)))

    def queries() -> int:
        with Counted() as said:
            assert browser.get(page).status_code == 200
        return len(said.statements)

    make.asks(employer, found[0], by=owner)
    first = queries()
    for one in found[1:6]:
        make.asks(employer, one, by=colleague)
    assert queries() == first <= 8
    text = browser.get(page).text
    for said in (found[0].name, found[5].name, "Please call us.", owner.name, f"county={employer.county}"):
        assert said in text


def test_what_is_asked_from_the_plan_is_for_that_action_and_never_for_another_employers(
    sign_in: SignIn, make: Factory, owner: User, stranger: User, employer: Organisation, programme: Programme
) -> None:
    content = make.framework().content

    def action(organisation: Organisation, by: User) -> Action:
        details = Details(title="Ask for help", detail="", owner_id=None, owner_name="", due_on=None)
        with transaction() as session:
            return actions.add(session, organisation, details, criterion=None, content=content, by=by, at=AT)

    theirs = db.session.get_one(Organisation, stranger.memberships[0].organisation_id)
    mine, other = action(employer, owner), action(theirs, stranger)
    codes = list(db.session.scalars(sa.select(Programme.code).order_by(Programme.code)))
    browser = sign_in(owner)
    for code, asked in zip(codes, (str(mine.id), str(other.id), "nonsense", ""), strict=False):
        page = f"/organisations/{employer.id}/services/{code}/ask?action={asked}"
        answer = browser.send(page, {"agree": "y"})
        back = "plan" if asked.count("-") == 4 else "services"  # to where the person came from
        assert (answer.status_code, answer.location) == (303, f"/organisations/{employer.id}/{back}")
    db.session.rollback()
    found = db.session.scalars(sa.select(ProgrammeRequest).order_by(ProgrammeRequest.asked_at)).all()
    assert [one.action_id for one in found] == [mine.id, None, None, None]


def test_what_another_employer_asked_for_is_not_shown(
    sign_in: SignIn, owner: User, stranger: User, employer: Organisation, programme: Programme
) -> None:
    sign_in(owner).send(f"/organisations/{employer.id}/services/{programme.code}/ask", {"agree": "y"})
    assert "You asked for this on" not in sign_in(stranger).get(f"/services/{programme.code}").text
