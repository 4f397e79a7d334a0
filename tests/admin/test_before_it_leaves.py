"""Whoever does something in the panel reads what it mails before it is done."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from charter.account.models import User
from charter.admin.base import Guarded
from charter.aftercare import concerns, raising
from charter.aftercare.raising import Told
from charter.award.models import Award
from charter.clock import now, today
from charter.extensions import db, transaction
from charter.improvement import with_plan
from charter.notification import rehearsal
from charter.notification.models import Message
from charter.organisation.models import Organisation
from charter.review.models import InformationRequest, Review
from charter.review.status import ReviewStatus
from tests.admin.test_reviews import in_two_weeks
from tests.factories import Factory
from tests.pages import CheckedClient, mail_fields

SignIn = Callable[[User], CheckedClient]


def messages() -> list[tuple[str, str]]:
    db.session.rollback()
    rows = db.session.execute(sa.select(Message.to_address, Message.body).order_by(Message.id))
    return [(row.to_address, row.body) for row in rows]


@pytest.fixture
def reads(sign_in: SignIn) -> Callable[[User], CheckedClient]:
    """`reads(person)` is that person's browser, who does not go on by themselves."""

    def go(person: User) -> CheckedClient:
        found = sign_in(person)
        found.goes_on = False
        return found

    return go


@pytest.fixture
def asking(claimed: Review, codes: list[str]) -> tuple[str, dict[str, Any]]:
    """The address of the form that asks for more, and its fields."""
    key = f"criterion-{codes[0]}"
    return f"/admin/reviews/{claimed.id}/ask", {
        "questions": key,
        f"question-{key}": "Which shifts?\r\nAnd “who”?",
        **in_two_weeks(),
    }


def test_nothing_is_done_or_sent_before_it_was_read(
    reads: SignIn, assessor: User, owner: User, claimed: Review, asking: tuple[str, dict[str, Any]]
) -> None:
    theirs, before = reads(assessor), messages()
    page = theirs.send(*asking)
    assert page.status_code == 200
    assert "Read what will be sent" in page.text
    for words in (owner.email, "We need more information: Teme Valley", "Which shifts?", "At once, when you go on"):
        assert words in page.text
    assert messages() == before
    assert db.session.scalars(sa.select(InformationRequest)).all() == []
    assert claimed.status is ReviewStatus.IN_REVIEW


def test_what_is_sent_is_what_was_shown_with_what_was_added(
    reads: SignIn, assessor: User, owner: User, asking: tuple[str, dict[str, Any]]
) -> None:
    theirs, before = reads(assessor), len(messages())
    fields = mail_fields(theirs.send(*asking).text)
    note = {"mail-note-more_information_needed-1": "Ring me if that is hard."}
    again = theirs.post(asking[0], data={**fields, **note, "mail-deed": "show"})
    assert "Ring me if that is hard." in re.search(r"<pre.*?</pre>", again.text, re.DOTALL)[0]  # type: ignore[index]
    done = theirs.post(asking[0], data={**mail_fields(again.text), "mail-deed": "send"})
    assert done.status_code == 302
    (address, body), *more = messages()[before:]
    assert (address, more) == (owner.email, [])
    assert f"{rehearsal.MARK}\n\nRing me if that is hard.\n\n[scheme]" in body
    (asked,) = db.session.scalars(sa.select(InformationRequest)).all()
    assert asked.question.splitlines() == ["Which shifts?", "And “who”?"], "what was typed travelled whole"


def test_recipients_who_changed_meanwhile_are_shown_and_nothing_is_done(
    reads: SignIn, make: Factory, assessor: User, employer: Organisation, asking: tuple[str, dict[str, Any]]
) -> None:
    theirs = reads(assessor)
    fields = mail_fields(theirs.send(*asking).text)
    newcomer = make.member(employer, "Nora New")
    before = messages()
    note = {"mail-note-more_information_needed-1": "Ring me."}
    told = theirs.post(asking[0], data={**fields, **note, "mail-deed": "send"})
    assert told.status_code == 409
    assert "What is sent has changed" in told.text
    assert newcomer.email in told.text
    assert "Ring me." in mail_fields(told.text)["mail-note-more_information_needed-1"]
    assert messages() == before
    assert theirs.post(asking[0], data={**mail_fields(told.text), "mail-deed": "send"}).status_code == 302
    assert len(messages()) == len(before) + 2


def test_who_goes_back_finds_the_form_and_later_the_note_as_they_were(
    reads: SignIn, assessor: User, asking: tuple[str, dict[str, Any]]
) -> None:
    theirs, name = reads(assessor), "mail-note-more_information_needed-1"
    fields = mail_fields(theirs.send(*asking).text)
    back = theirs.post(asking[0], data={**fields, name: "Ring me.", "mail-deed": "change"})
    assert (back.status_code, back.location) == (303, asking[0])
    assert "Which shifts?" in theirs.get(asking[0]).text
    assert mail_fields(theirs.send(*asking).text)[name] == ["Ring me."]


def test_a_note_that_is_too_long_is_kept_and_told_of(
    reads: SignIn, assessor: User, asking: tuple[str, dict[str, Any]]
) -> None:
    theirs, name, before = reads(assessor), "mail-note-more_information_needed-1", messages()
    fields = mail_fields(theirs.send(*asking).text)
    told = theirs.post(asking[0], data={**fields, name: "x" * 2001, "mail-deed": "send"})
    assert told.status_code == 409
    assert "Add 2,000 characters or fewer. It has 2,001." in told.text
    assert mail_fields(told.text)[name] == ["x" * 2001]
    assert messages() == before


def test_what_tells_an_assessor_that_their_case_is_back_is_read_first(
    reads: SignIn, recommended: Review, assessor: User, moderator: User
) -> None:
    theirs, before = reads(moderator), messages()
    page, typed = f"/admin/reviews/{recommended.id}/moderate", {"deed": "send_back", "reasons": "Look at the adverts."}
    shown = theirs.send(page, typed)
    assert "Read what will be sent" in shown.text
    assert assessor.email in shown.text
    assert "Your case is back with you" in shown.text
    assert messages() == before
    assert theirs.post(page, data={**mail_fields(shown.text), "mail-deed": "send"}).status_code == 302
    ((address, _),) = messages()[len(before) :]
    assert address == assessor.email
    assert "Look at the adverts." in reads(assessor).get(f"/admin/reviews/{recommended.id}").text, "why is on the case"


def test_what_is_added_for_an_employer_cannot_name_whoever_raised_a_concern(
    reads: SignIn, make: Factory, employer: Organisation, owner: User, assessor: User, administrator: User
) -> None:
    award = make.award(employer, by=administrator)
    said = Told(
        what="Wages are late.", happened="", known_by="I work there.", name="Wilma Whistle", email="w@b.example"
    )
    with transaction() as session:
        found = raising.raise_concern(session, award, said, sent_as="page", network="192.0.2.1", at=now())
        session.flush()
        concerns.take(session, found, by=assessor, at=now())
    theirs, name, before = reads(assessor), "mail-note-concern_side_asked-1", messages()
    page = f"/admin/concerns/{found.id}/ask"
    fields = mail_fields(theirs.send(page, {"substance": "Wages are said to be late."}).text)
    for note in ("It came from WILMA whistle.", "Write to w@b.example."):
        told = theirs.post(page, data={**fields, name: note, "mail-deed": "send"})
        assert told.status_code == 409
        assert "This names whoever raised the concern." in told.text
        assert messages() == before
    assert theirs.post(page, data={**fields, name: "Ring us.", "mail-deed": "send"}).status_code == 302
    assert "Ring us." in messages()[-1][1]


def test_who_was_second_to_decide_sends_nothing(
    reads: SignIn, recommended: Review, moderator: User, make: Factory
) -> None:
    page, other = f"/admin/reviews/{recommended.id}/moderate", make.staff("moderator", "Moira Moderator")
    theirs = reads(moderator)
    shown = theirs.send(page, {"deed": "agree", "reasons": ""})
    assert f"/certificates/{rehearsal.NEXT}" in shown.text
    assert db.session.scalars(sa.select(Award)).all() == []
    with transaction() as session:
        review = session.get_one(Review, recommended.id)
        with_plan.agree(session, review, by=session.get_one(User, other.id), at=now(), on=today())
    before = messages()
    told = theirs.post(page, data={**mail_fields(shown.text), "mail-deed": "send"}, follow_redirects=True)
    assert "decided" in told.text
    assert messages() == before


def test_a_certificate_has_the_next_number_whichever_it_is(reads: SignIn, recommended: Review, moderator: User) -> None:
    page = f"/admin/reviews/{recommended.id}/moderate"
    theirs = reads(moderator)
    shown = theirs.send(page, {"deed": "agree", "reasons": ""})
    assert theirs.post(page, data={**mail_fields(shown.text), "mail-deed": "send"}).status_code == 302
    award = db.session.scalars(sa.select(Award)).one()
    assert f"/certificates/{award.code}" in messages()[-1][1]


def test_a_deed_that_mails_nothing_is_done_at_once(reads: SignIn, waiting: Review, assessor: User) -> None:
    assert reads(assessor).send(f"/admin/reviews/{waiting.id}/claim").status_code == 302


def test_an_invitation_is_read_without_its_link(reads: SignIn, administrator: User) -> None:
    fields = {"name": "Nina New", "email": "nina@example.org", "role": "assessor"}
    shown = reads(administrator).send("/admin/people/invite", fields)
    assert "/reset-password/(hidden)" in shown.text
    assert db.session.scalars(sa.select(User).where(User.email == "nina@example.org")).all() == []


def test_every_page_of_the_panel_passes_here(app: Flask) -> None:
    (panel,) = app.extensions["admin"]
    for view in panel._views:
        assert isinstance(view, Guarded), view
        assert type(view)._run_view is Guarded._run_view, f"{view} runs its pages past the mail that they send"
