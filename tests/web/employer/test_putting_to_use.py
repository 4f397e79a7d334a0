"""Pieces of the library are put to use where they are: what each supports is ticked, and saved by the usual verb."""

from typing import Any

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import library
from charter.assessment.models import Assessment, Evidence, EvidenceUse
from charter.clock import now
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from tests.assessment.test_file_checks import pdf, picture
from tests.factories import Factory
from tests.pages import CheckedClient
from tests.web.employer.conftest import SignIn
from tests.web.employer.test_library import files, one


def used() -> set[tuple[str, str]]:
    """What supports what now: titles and criteria."""
    db.session.rollback()
    query = sa.select(Evidence.title, EvidenceUse.criterion).join(Evidence, Evidence.id == EvidenceUse.evidence_id)
    return {(title, code) for title, code in db.session.execute(query)}


@pytest.fixture
def shelf_of(employer: Organisation) -> str:
    return f"/organisations/{employer.id}/evidence"


def two_files(client: CheckedClient, shelf_of: str) -> tuple[str, list[str]]:
    """Two files added at once: the page that follows, and their ids."""
    answer = client.send(f"{shelf_of}/add", files((pdf(), "Policy.pdf"), (picture("png"), "Room.png")))
    titles = {one.title: str(one.id) for one in db.session.query(Evidence)}
    return str(answer.location), [titles["Policy.pdf"], titles["Room.png"]]


def test_after_adding_many_one_page_asks_what_each_supports_and_saves_it(
    sign_in: SignIn, owner: User, shelf_of: str, codes: list[str]
) -> None:
    client = sign_in(owner)
    page, (policy, room) = two_files(client, shelf_of)
    assert page == f"{shelf_of}/use?piece={policy}&piece={room}"
    sent: dict[str, Any] = {f"supports-{policy}": codes[:2], f"supports-{room}": codes[1:2]}
    assert client.send(page, sent).location == shelf_of
    assert used() == {("Policy.pdf", codes[0]), ("Policy.pdf", codes[1]), ("Room.png", codes[1])}
    assert "It supports 3 more questions." in client.get(shelf_of).text
    client.send(page, sent)  # the form again: no second use
    assert len(used()) == 3


def test_the_page_of_a_piece_offers_what_it_does_not_support_yet(
    sign_in: SignIn, owner: User, shelf_of: str, codes: list[str]
) -> None:
    client = sign_in(owner)
    _, (policy, _room) = two_files(client, shelf_of)
    assert f'value="{codes[0]}"' in client.get(f"{shelf_of}/{policy}").text
    page = f"{shelf_of}/use?piece={policy}"
    assert client.send(page, {f"supports-{policy}": [codes[0]]}).location == f"{shelf_of}/{policy}"
    after = client.get(f"{shelf_of}/{policy}").text
    assert f'value="{codes[0]}"' not in after
    assert f'value="{codes[1]}"' in after


def test_nothing_ticked_and_a_question_that_is_not_asked_are_said_beside_the_piece_and_nothing_is_saved(
    sign_in: SignIn, owner: User, shelf_of: str, codes: list[str]
) -> None:
    client = sign_in(owner)
    page, (policy, room) = two_files(client, shelf_of)
    nothing = client.send(page, {})
    assert (nothing.status_code, "Tick at least one question" in nothing.text) == (400, True)
    wrong = client.send(page, {f"supports-{policy}": [codes[0]], f"supports-{room}": ["NONE-1"]})
    assert (wrong.status_code, f'href="#supports-{room}"' in wrong.text) == (400, True)
    assert f'value="{codes[0]}" checked' in wrong.text
    assert used() == set()


def test_a_piece_that_a_colleague_replaced_or_deleted_meanwhile_is_not_used(
    sign_in: SignIn, owner: User, shelf_of: str, codes: list[str], assessment: Assessment
) -> None:
    client = sign_in(owner)
    page, (policy, _room) = two_files(client, shelf_of)
    assert client.get(page).status_code == 200
    piece = one("Policy.pdf")
    with transaction() as session:
        library.remove(session, session.merge(piece), by=owner, at=now())
    assert client.get(f"{shelf_of}/use?piece={policy}").location == shelf_of
    with pytest.raises(Refusal, match="deleted this meanwhile") as refused, transaction() as session:
        library.use(session, session.merge(assessment), {piece.id: codes[:1]}, by=owner, at=now())
    assert refused.value.field == policy
    assert used() == set()


def test_in_a_round_only_what_was_asked_about_can_be_ticked_and_while_the_assessor_reads_nothing(
    sign_in: SignIn, owner: User, employer: Organisation, shelf_of: str, make: Factory, assessor: User
) -> None:
    sent = make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    client = sign_in(owner)
    answer = client.send(f"{shelf_of}/add", files((pdf() + b"\n", "Policy.pdf")))
    assert answer.location == shelf_of  # there is nothing to say now
    piece = one("Policy.pdf")
    assert "Your answers are with the assessor now" in client.get(f"{shelf_of}/{piece.id}").text
    asked = [criterion.code for criterion in sent.framework.content.asked(sent.target_level)]
    page, before = f"{shelf_of}/use?piece={piece.id}", used()
    assert client.send(page, {f"supports-{piece.id}": asked[:1]}).status_code == 400
    make.asked_for_more(sent, asked[:1], assessor=assessor)
    assert client.send(page, {f"supports-{piece.id}": asked[1:2]}).status_code == 400
    assert used() == before
    assert client.send(page, {f"supports-{piece.id}": asked[:1]}).status_code == 303
    assert used() == before | {("Policy.pdf", asked[0])}


def test_without_an_assessment_the_page_says_when_it_can_be_used_and_a_stranger_sees_nothing(
    sign_in: SignIn, owner: User, stranger: User, shelf_of: str
) -> None:
    client = sign_in(owner)
    assert client.send(f"{shelf_of}/add", files((pdf(), "Policy.pdf"))).location == shelf_of
    piece = one("Policy.pdf")
    assert "once you have started an assessment" in client.get(f"{shelf_of}/{piece.id}").text
    assert sign_in(stranger).get(f"{shelf_of}/use?piece={piece.id}").status_code in {403, 404}
