"""Comments on the page of a criterion: added without losing what was typed, changed and deleted by whose they are."""

import re

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment.models import Answer, Assessment
from charter.assessment.teamwork import Comment
from charter.extensions import db
from charter.organisation.models import Organisation
from tests.factories import Factory
from tests.pages import CheckedClient
from tests.web.employer.conftest import SignIn

pytestmark = pytest.mark.usefixtures("colleague")  # who is alone is offered no comments
WORDS = "Sali keeps the rota, ask her."


@pytest.fixture
def address(home: str, codes: list[str]) -> str:
    return f"{home}/criteria/{codes[0]}"


def comments() -> list[Comment]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Comment).order_by(Comment.written_at, Comment.id)))


def answers() -> list[tuple[str | None, str]]:
    return [(one.value, one.explanation) for one in db.session.scalars(sa.select(Answer))]


def adds(browser: CheckedClient, address: str, **fields: str) -> object:
    page = browser.get(address).text
    name = re.search(r'name="sent_as" type="hidden" value="([^"]+)"', page)
    assert name
    return browser.send(
        address, {"then": "comment", "sent_as": name[1], "seen_version": "0", "comment": WORDS} | fields
    )


def test_a_comment_is_added_and_read_by_colleagues(address: str, owner: User, colleague: User, sign_in: SignIn) -> None:
    sent = adds(sign_in(owner), address)
    assert (sent.status_code, sent.location) == (303, f"{address}#comments")  # type: ignore[attr-defined]
    text = sign_in(colleague).get(address).text
    assert WORDS in text
    assert "Olive Owner" in text
    assert "Only your team sees this." in text
    assert "Change or delete" not in text
    assert "Change or delete" in sign_in(owner).get(address).text
    assert answers() == []


def test_a_comment_loses_nothing_of_the_answer_that_was_typed(
    assessment: Assessment, address: str, owner: User, sign_in: SignIn
) -> None:
    zero = assessment.framework.content.scale[0].value
    browser = sign_in(owner)
    sent = adds(browser, address, value=zero, explanation="We begin in May.")
    assert sent.status_code == 200  # type: ignore[attr-defined]
    text = sent.text  # type: ignore[attr-defined]
    assert "The answer that you typed is in its boxes and is not saved yet." in text
    assert "We begin in May.</textarea>" in text
    assert f'value="{zero}" checked' in text
    assert f"\n{WORDS}</textarea>" not in text
    assert ([one.text for one in comments()], answers()) == ([WORDS], [])


def test_an_answer_that_is_saved_takes_a_typed_comment_with_it(
    assessment: Assessment, address: str, owner: User, sign_in: SignIn
) -> None:
    zero = assessment.framework.content.scale[0].value
    assert adds(sign_in(owner), address, value=zero, then="next").status_code == 303  # type: ignore[attr-defined]
    assert ([one.text for one in comments()], answers()) == ([WORDS], [(zero, "")])


def test_a_comment_that_is_too_long_stays_in_its_box_and_the_answer_is_saved(
    assessment: Assessment, address: str, owner: User, sign_in: SignIn
) -> None:
    zero, long = assessment.framework.content.scale[0].value, "long " * 500
    browser = sign_in(owner)
    sent = adds(browser, address, value=zero, then="next", comment=long)
    assert sent.status_code == 400  # type: ignore[attr-defined]
    text = sent.text  # type: ignore[attr-defined]
    assert "A comment must be 2,000 characters or fewer. It has 2,499." in text
    assert f"\n{long.strip()}</textarea>" in text
    assert "We saved everything else on this page" in text
    assert (comments(), answers()) == ([], [(zero, "")])
    nothing = adds(browser, address, comment=" ")
    assert nothing.status_code == 400  # type: ignore[attr-defined]
    assert "Write your comment." in nothing.text  # type: ignore[attr-defined]


def test_the_form_sent_twice_makes_one_comment(address: str, owner: User, sign_in: SignIn) -> None:
    browser = sign_in(owner)
    for _ in range(2):
        browser.send(address, {"then": "comment", "sent_as": "same", "seen_version": "0", "comment": WORDS})
    assert len(comments()) == 1


def test_a_comment_can_be_added_while_the_answer_is_with_the_assessor_and_only_read_once_it_is_closed(
    make: Factory, assessment: Assessment, home: str, address: str, owner: User, sign_in: SignIn
) -> None:
    make.submitted(make.answered(assessment, by=owner), by=owner)
    browser = sign_in(owner)
    assert adds(browser, address).status_code == 303  # type: ignore[attr-defined]
    assert WORDS in browser.get(address).text
    token = browser.token(address)
    browser.send(f"{home}/withdraw")
    closed = browser.get(address).text
    assert WORDS in closed
    assert "Add a comment" not in closed
    late = browser.post(address, data={"csrf_token": token, "then": "comment", "comment": "Late.", "sent_as": "b"})
    assert late.status_code == 400
    assert len(comments()) == 1


def test_ones_own_comment_is_changed_and_deleted_on_its_page(address: str, owner: User, sign_in: SignIn) -> None:
    browser = sign_in(owner)
    adds(browser, address)
    page = f"{address}/comments/{comments()[0].id}"
    changed = browser.send(page, {"comment": "Sam keeps it.", "seen_version": "1"})
    assert (changed.status_code, changed.location) == (303, f"{address}#comments")
    stale = browser.send(page, {"comment": "Tom keeps it.", "seen_version": "1"})
    assert stale.status_code == 409
    assert "Sam keeps it." in stale.text
    assert "Tom keeps it.</textarea>" in stale.text
    assert browser.send(page, {"comment": "", "seen_version": "2"}).status_code == 400
    token = browser.token(page)
    for _ in range(2):
        gone = browser.post(page, data={"csrf_token": token, "do": "delete"})
        assert gone.location == f"{address}#comments"
    text = browser.get(address).text
    assert "Deleted by its author." in text
    assert "Sam keeps it." not in text


def test_a_colleague_cannot_change_it(address: str, owner: User, colleague: User, sign_in: SignIn) -> None:
    adds(sign_in(owner), address)
    page = f"{address}/comments/{comments()[0].id}"
    theirs = sign_in(colleague)
    assert theirs.get(page).location == f"{address}#comments"
    theirs.post(page, data={"csrf_token": theirs.token(address), "do": "delete"})
    assert comments()[0].text == WORDS


def test_the_task_list_counts_the_comments_that_stand(
    home: str, address: str, owner: User, colleague: User, sign_in: SignIn
) -> None:
    assert "comment." not in sign_in(owner).get(home).text
    adds(sign_in(owner), address)
    adds(sign_in(colleague), address, comment="Yes.")
    assert "2 comments." in sign_in(owner).get(home).text


def test_nobody_of_the_scheme_and_nobody_outside_ever_reads_a_comment(
    make: Factory,
    employer: Organisation,
    assessment: Assessment,
    address: str,
    codes: list[str],
    owner: User,
    colleague: User,
    stranger: User,
    assessor: User,
    moderator: User,
    administrator: User,
    sign_in: SignIn,
) -> None:
    adds(sign_in(owner), address)
    adds(sign_in(colleague), address, comment="Ask Sali.")
    make.submitted(make.answered(assessment, by=owner), by=owner)
    review = make.claimed(assessment, by=assessor)
    make.asked_for_more(assessment, [codes[0]], assessor=assessor)
    pages = [
        address,
        f"/assessments/{assessment.id}/history",
        f"/admin/reviews/{review.id}",
        "/admin/reviews/",
        f"/admin/employers/details/?id={employer.id}",
        "/admin/employers/export/csv/",
        "/admin/trail/",
        "/admin/trail/export/csv/",
        "/admin/messages/",
        "/admin/messages/export/csv/",
        *(f"/admin/messages/details/?id={one}" for one in _messages()),
        f"/assessments/{assessment.id}/evidence.zip",
    ]
    for person in (assessor, moderator, administrator, stranger):
        browser = sign_in(person)
        for page in pages:
            said = browser.get(page).data
            assert b"Sali" not in said, (person.name, page)
    case = sign_in(assessor).get(f"/admin/reviews/{review.id}")
    assert case.status_code == 200
    assert "omment" not in case.text.split("<main")[1].split("What happened")[-1]


def _messages() -> list[object]:
    from charter.notification.models import Message

    return list(db.session.scalars(sa.select(Message.id)))
