"""Leaving a team, and what becomes nobody's."""

import pytest
import sqlalchemy as sa
from markupsafe import escape

from charter.account.models import User
from charter.assessment import sharing
from charter.assessment.models import Assessment
from charter.assessment.teamwork import Assignment
from charter.extensions import db, transaction
from charter.improvement.models import Action
from charter.notification.models import Message
from charter.organisation.models import Membership, Organisation
from tests.conftest import AT
from tests.factories import Factory
from tests.web.employer.conftest import SignIn


@pytest.fixture
def busy(make: Factory, employer: Organisation, assessment: Assessment, colleague: User) -> User:
    """The colleague, with two questions and an action."""
    with transaction() as session:
        wanted = dict.fromkeys(sharing.tasks(assessment)[:2], colleague.id)
        sharing.assign(session, assessment, wanted=wanted, seen={}, by=colleague, at=AT)
    make.action(employer, by=colleague)
    return colleague


def members(employer: Organisation) -> set[str]:
    db.session.rollback()
    rows = sa.select(User.name).join(Membership).where(Membership.organisation_id == employer.id)
    return set(db.session.scalars(rows))


def held() -> tuple[int, list[object]]:
    db.session.rollback()
    tasks = db.session.scalar(sa.select(sa.func.count()).select_from(Assignment)) or 0
    return tasks, list(db.session.scalars(sa.select(Action.owner_id)))


def test_a_page_says_what_happens_and_then_it_does(
    employer: Organisation, busy: User, owner: User, sign_in: SignIn
) -> None:
    browser, page = sign_in(busy), f"/organisations/{employer.id}/leave"
    assert f'href="{page}"' in browser.get(f"/organisations/{employer.id}/team").text
    text = browser.get(page).text
    assert "the 2 questions of the assessment that you have are nobody’s" in text
    assert "the 1 action of the improvement plan that you do is nobody’s" in text
    assert "we email Olive Owner" in text
    token = browser.token(page)
    assert browser.post(page, data={"csrf_token": token}).location == "/dashboard"
    assert members(employer) == {owner.name}
    assert held() == (0, [None])
    [mail] = db.session.scalars(sa.select(Message).where(Message.kind == "member_left")).all()
    assert mail.to_user_id == owner.id
    assert "- 2 questions of the assessment\n- 1 action of the improvement plan" in mail.body
    assert browser.post(page, data={"csrf_token": token}).status_code == 404, "it is not theirs any more"


def test_the_last_owner_is_told_what_to_do_first_and_stays(
    employer: Organisation, owner: User, colleague: User, sign_in: SignIn
) -> None:
    browser, page = sign_in(owner), f"/organisations/{employer.id}/leave"
    text = browser.get(page).text
    assert "You are the only owner, so you cannot leave yet." in text
    assert "Make somebody else an owner first." in text
    assert ">Leave the team</button>" not in text
    token = browser.token(f"/organisations/{employer.id}/team/invite")
    assert browser.post(page, data={"csrf_token": token}).location == page
    assert "An employer needs at least one owner who can sign in." in browser.get(page).text
    assert members(employer) == {owner.name, colleague.name}


def test_with_no_other_owner_who_can_sign_in_an_owner_is_the_last(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn
) -> None:
    gone = make.member(employer, "Otto Owner")
    with transaction() as session:
        session.get_one(User, gone.id).disabled_at = AT
    text = sign_in(owner).get(f"/organisations/{employer.id}/leave").text
    assert "so you cannot leave yet." in text
    assert ">Leave the team</button>" not in text


def test_who_is_alone_is_led_to_invite_somebody(employer: Organisation, owner: User, sign_in: SignIn) -> None:
    text = sign_in(owner).get(f"/organisations/{employer.id}/leave").text
    assert "Ask a colleague to join as an owner first." in text
    assert f'href="/organisations/{employer.id}/team/invite"' in text


def test_one_of_two_owners_may_leave_and_the_other_is_told(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn
) -> None:
    other = make.member(employer, "Otto Owner")
    assert sign_in(owner).send(f"/organisations/{employer.id}/leave").status_code == 303
    assert members(employer) == {other.name}
    [mail] = db.session.scalars(sa.select(Message).where(Message.kind == "member_left")).all()
    assert mail.to_user_id == other.id


def test_an_owner_who_removes_somebody_reads_what_becomes_nobodys_and_the_person_is_told(
    employer: Organisation, assessment: Assessment, busy: User, owner: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    part = db.session.scalars(sa.select(Membership.id).where(Membership.user_id == busy.id)).one()
    page = f"/organisations/{employer.id}/team/{part}/remove"
    assert page in browser.get(f"/organisations/{employer.id}/team/{part}").text
    text = browser.get(page).text
    assert "2 questions of the assessment have nobody then:" in text
    assert "1 action of the improvement plan has nobody then." in text
    for task in sharing.tasks(assessment)[:2]:
        assert escape(sharing.title(assessment.framework.content, task)) in text
    assert members(employer) == {owner.name, busy.name}
    team = f"/organisations/{employer.id}/team"
    assert browser.send(page).location == team
    said = browser.get(team).text
    assert f"{busy.name} is no longer in the team. 2 questions have nobody now." in said
    assert f'<a class="govuk-link" href="/assessments/{assessment.id}/sharing">Share them out</a>' in said
    assert browser.get(page).location == team  # it is done
    assert members(employer) == {owner.name}
    assert held() == (0, [None])
    assert db.session.scalars(sa.select(Message).where(Message.kind == "member_left")).all() == []
    [mail] = db.session.scalars(sa.select(Message).where(Message.kind == "member_removed")).all()
    assert mail.to_address == busy.email


def test_whoever_was_removed_reads_what_happened_wherever_they_go_next(
    employer: Organisation, assessment: Assessment, busy: User, owner: User, stranger: User, sign_in: SignIn
) -> None:
    theirs, draft = sign_in(busy), f"/assessments/{assessment.id}"
    token = theirs.token(f"{draft}/declarations")
    member = db.session.scalars(sa.select(Membership.id).where(Membership.user_id == busy.id)).one()
    sign_in(owner).send(f"/organisations/{employer.id}/team/{member}/remove")
    for page in (draft, f"/organisations/{employer.id}/team", f"{draft}/criteria/{sharing.tasks(assessment)[0]}"):
        answer = theirs.get(page)
        assert (answer.status_code, f"no longer in the team of {employer.name}" in answer.text) == (404, True)
        assert "is not saved" not in answer.text
    typed = {"csrf_token": token, "seen": "a b", "explanation": "We meet <every> Monday."}
    sent = theirs.post(f"{draft}/declarations", data=typed)
    assert "We meet &lt;every&gt; Monday." in sent.text
    assert "a b" not in sent.text
    assert (sent.status_code, "What you sent just now is not saved." in sent.text) == (404, True)
    home = theirs.get("/dashboard").text
    assert f"You have not been in the team of <strong>{employer.name}</strong> since" in home
    assert "Add your employer" in home
    assert "no longer in the team" not in sign_in(stranger).get(draft).text


def test_whoever_is_back_in_the_team_reads_nothing_of_having_left(
    make: Factory, employer: Organisation, assessment: Assessment, busy: User, owner: User, sign_in: SignIn
) -> None:
    member = db.session.scalars(sa.select(Membership.id).where(Membership.user_id == busy.id)).one()
    sign_in(owner).send(f"/organisations/{employer.id}/team/{member}/remove")
    make.joins(employer, busy, "contributor")
    browser = sign_in(busy)
    assert browser.get(f"/assessments/{assessment.id}").status_code == 200
    assert "You have not been in the team" not in browser.get("/dashboard").text
