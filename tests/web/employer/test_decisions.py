"""What an employer reads and answers after a decision, from the page of the decision on."""

from datetime import timedelta

import sqlalchemy as sa
import time_machine

from charter.aftercare import concerns, raising, steps
from charter.aftercare.models import Appeal, AwardStep, Concern
from charter.aftercare.raising import Told
from charter.aftercare.status import Deed
from charter.extensions import db, transaction
from charter.improvement import with_plan
from tests.conftest import AT
from tests.factories import Factory

ON = AT.date()
TOLD = Told(what="Wages are low.", happened="", known_by="I work there.", name="Wilma", email="wilma@example.org")


def again(row):
    db.session.rollback()  # as others left it meanwhile
    db.session.expire_all()
    return db.session.get_one(type(row), row.id)


def test_the_page_of_a_decision_says_until_when_to_appeal_and_an_owner_does(
    sign_in, make: Factory, employer, owner, colleague, assessor, moderator
) -> None:
    sent = make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    review = make.recommended(make.found(make.claimed(sent, by=assessor), by=assessor), by=assessor)
    with time_machine.travel(AT, tick=False):
        theirs, page = sign_in(owner), f"/assessments/{sent.id}/appeal"
        assert "There is no decision that you could appeal against." in theirs.get(page).text
        with transaction() as session:
            with_plan.agree(session, review, by=moderator, at=AT, on=ON)
        shown = theirs.get(f"/assessments/{sent.id}", follow_redirects=True).text
        assert "An owner can appeal until <strong>20 December 2026</strong>" in shown
        assert sign_in(colleague).get(page).status_code == 403
        assert "Say why you think" in theirs.send(page, {"grounds": " "}).text
        assert theirs.send(page, {"grounds": "You overlooked our policy."}).status_code == 303
        listed = theirs.get(f"/organisations/{employer.id}/decisions").text
        assert "You will have an answer by <strong>18 December 2026</strong>" in listed
        assert "You overlooked our policy." in listed
        assert "There can be one appeal" in theirs.get(page).text
        assert "See your appeal" in theirs.get(f"/assessments/{sent.id}", follow_redirects=True).text
    with time_machine.travel(AT + timedelta(days=29), tick=False):
        db.session.execute(sa.delete(Appeal))
        db.session.commit()
        assert "You could appeal until 20 December 2026." in sign_in(owner).get(page).text


def test_an_owner_replies_changes_the_reply_and_sees_a_colleagues(
    sign_in, make: Factory, employer, owner, colleague, assessor, moderator
) -> None:
    award = make.award(employer, by=assessor)
    with transaction() as session:
        step = steps.propose(session, award, deed=Deed.REVOKE, reasons="Wages were late.", by=moderator, at=AT, on=ON)
    with time_machine.travel(AT, tick=False):
        theirs, page = sign_in(owner), f"/award-steps/{step.id}/reply"
        assert "1 letter from us needs your answer." in theirs.get(f"/dashboard/{employer.id}").text
        assert "Wages were late." in theirs.get(page).text
        first = {"text": "We paid.", "seen_version": "1"}
        assert theirs.send(page, first).status_code == 303
        assert again(step).reply == "We paid."
        stale = theirs.send(page, {"text": "We paid all.", "seen_version": "1"})
        assert stale.status_code == 409
        assert "We paid." in stale.text
        assert "We paid all.</textarea>" in stale.text
        version = str(again(step).version)
        assert theirs.send(page, {"text": "We paid all.", "is_all": "y", "seen_version": version}).status_code == 303
        assert (again(step).reply, again(step).reply_is_all) == ("We paid all.", True)
        assert sign_in(colleague).get(page).status_code == 403
        assert (
            "You replied on 22 November 2026." in sign_in(colleague).get(f"/organisations/{employer.id}/decisions").text
        )


def test_what_is_to_be_done_at_once_is_not_there_before_it_is_done(
    sign_in, make: Factory, employer, owner, assessor, moderator, administrator
) -> None:
    award = make.award(employer, by=assessor)
    with transaction() as session:
        step = steps.propose(
            session, award, deed=Deed.SUSPEND, reasons="Danger.", at_once="Now.", by=moderator, at=AT, on=ON
        )
    with time_machine.travel(AT, tick=False):
        theirs = sign_in(owner)
        for page in ("reply", "appeal"):
            assert theirs.get(f"/award-steps/{step.id}/{page}").status_code == 404
        assert "Danger." not in theirs.get(f"/organisations/{employer.id}/decisions").text
        with transaction() as session:
            found = session.get_one(AwardStep, step.id)
            steps.carry_out(session, found, reply_read=False, seen_version=1, by=administrator, at=AT, on=ON)
        assert "Danger." in theirs.get(f"/organisations/{employer.id}/decisions").text
        assert "is suspended." in theirs.get(f"/dashboard/{employer.id}").text
        assert theirs.send(f"/award-steps/{step.id}/appeal", {"grounds": "No."}).status_code == 303


def test_a_concern_is_not_there_before_the_employer_is_asked_and_never_says_who(
    sign_in, make: Factory, employer, owner, assessor
) -> None:
    award = make.award(employer, by=assessor)
    with transaction() as session:
        concern = raising.raise_concern(session, award, TOLD, sent_as="1", network="192.0.2.1", at=AT)
        session.flush()
        concerns.take(session, concern, by=assessor, at=AT)
        concerns.note(session, concern, text="A private note.", by=assessor, at=AT)
    with time_machine.travel(AT, tick=False):
        theirs, page = sign_in(owner), f"/concerns/{concern.id}/answer"
        assert theirs.get(page).status_code == 404
        with transaction() as session:
            found = session.get_one(Concern, concern.id)
            concerns.ask(session, found, substance="Pay is said to be low.", by=assessor, at=AT, on=ON)
        pages = [theirs.get(page).text, theirs.get(f"/organisations/{employer.id}/decisions").text]
        version = str(again(concern).version)
        assert theirs.send(page, {"text": "It is not.", "seen_version": version}).status_code == 303
        pages += [theirs.get(page).text, theirs.get(f"/organisations/{employer.id}/decisions").text]
        assert "Pay is said to be low." in pages[0]
        assert "It is not." in pages[-1]
        for secret in ("Wages are low", "I work there", "Wilma", "wilma@", "A private note", concern.reference):
            assert all(secret not in one for one in pages), secret
