"""A concern from the public to its outcome; and that nobody learns who raised it."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.aftercare import concerns, raising
from charter.aftercare.models import Concern, ConcernNote
from charter.aftercare.status import ConcernStatus
from charter.audit import AuditEvent
from charter.award.models import Award
from charter.errors import Refusal, Stale
from charter.extensions import db
from charter.notification.models import Message
from charter.organisation import interests
from charter.organisation.models import Organisation
from charter.reporting import holdings
from tests.aftercare.conftest import ON, SAID, do, fresh
from tests.conftest import AT


def mails(kind: str) -> list[Message]:
    return list(db.session.scalars(sa.select(Message).where(Message.kind == kind)))


def ask(concern: Concern, by: User) -> None:
    do(concerns.take, concern, by=by, at=AT)
    do(concerns.ask, concern, substance="Wages are said to be too low.", by=by, at=AT, on=ON)


def settle(concern: Concern, by: User, outcome: ConcernStatus = ConcernStatus.UPHELD, days: int = 1, **values):
    given = {"reasons": "Wages were too low.", "seen_version": fresh(concern).version, **values}
    later = {"at": AT + timedelta(days=days), "on": ON + timedelta(days=days)}
    do(concerns.settle, concern, outcome=outcome, by=by, **given, **later)


def test_it_is_acknowledged_with_a_reference_and_none_of_its_words(concern: Concern) -> None:
    assert concern.status is ConcernStatus.NEW
    (told,) = mails("concern_received")
    assert (told.to_address, told.to_user_id) == ("wilma@example.org", None)
    assert concern.reference in told.body
    for theirs in (SAID.what, SAID.known_by, SAID.name):
        assert theirs not in told.body + told.subject
    typed = concern.reference.lower().replace("-", " ")
    assert raising.by_reference(db.session, typed) is not None
    assert raising.by_reference(db.session, "ABCD-EFGH-JKMN") is None


def test_one_page_makes_one_concern_however_often_it_is_sent(award: Award, concern: Concern) -> None:
    again = do(raising.raise_concern, award, told=SAID, sent_as="page-1", network="192.0.2.9", at=AT)
    assert again.id == concern.id
    assert len(mails("concern_received")) == 1


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (replace(SAID, what=" "), "what"),
        (replace(SAID, what="x" * 4001), "what"),
        (replace(SAID, happened="x" * 201), "happened"),
        (replace(SAID, known_by=""), "known_by"),
        (replace(SAID, email="wilma"), "email"),
        (replace(SAID, email="a@b.example\nBcc: c@d.example"), "email"),
        (replace(SAID, what="https://a www.b HTTP://c http://d", known_by="www.e www.f"), "what"),
    ],
)
def test_what_is_missing_too_long_or_full_of_links_is_refused(award: Award, said: raising.Told, field: str) -> None:
    with pytest.raises(Refusal) as told:
        do(raising.raise_concern, award, told=said, sent_as="page-1", network="192.0.2.1", at=AT)
    assert told.value.field == field
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Concern)) == 0


def test_only_a_few_come_from_one_network_at_a_time(award: Award) -> None:
    anonymous = replace(SAID, email="")
    for number in range(5):
        do(raising.raise_concern, award, told=anonymous, sent_as=f"page-{number}", network="192.0.2.1", at=AT)
    with pytest.raises(Refusal, match="Too many concerns came from where you are"):
        do(raising.raise_concern, award, told=anonymous, sent_as="page-6", network="192.0.2.1", at=AT)
    do(raising.raise_concern, award, told=anonymous, sent_as="page-6", network="192.0.2.2", at=AT)
    later = AT + timedelta(minutes=16)
    do(raising.raise_concern, award, told=anonymous, sent_as="page-7", network="192.0.2.1", at=later)
    assert mails("concern_received") == []


def test_one_takes_it_and_the_other_is_told_who(concern: Concern, assessor: User, moderator: User) -> None:
    do(concerns.take, concern, by=assessor, at=AT)
    with pytest.raises(Refusal, match="Asha Assessor has taken"):
        do(concerns.take, concern, by=moderator, at=AT)
    with pytest.raises(Refusal, match="Only whoever has it"):
        settle(concern, moderator, ConcernStatus.NOT_UPHELD)
    do(concerns.put_back, concern, by=assessor, at=AT)
    do(concerns.take, concern, by=moderator, at=AT)


def test_who_has_an_interest_does_not_look_into_it(concern: Concern, employer: Organisation, assessor: User) -> None:
    do(interests.declare, employer, reason="My sister works there.", by=assessor, at=AT)
    for deed in (
        lambda: do(concerns.take, concern, by=assessor, at=AT),
        lambda: do(concerns.note, concern, text="x", by=assessor, at=AT),
    ):
        with pytest.raises(Refusal, match="You declared an interest"):
            deed()


def test_the_employer_is_asked_in_our_words_and_never_told_who(concern: Concern, assessor: User, owner: User) -> None:
    do(concerns.take, concern, by=assessor, at=AT)
    for leak in ("WILMA whistle says so.", "It was wilma@example.org."):
        with pytest.raises(Refusal, match="names whoever raised"):
            do(concerns.ask, concern, substance=leak, by=assessor, at=AT, on=ON)
    do(concerns.ask, concern, substance="Wages are said to be too low.", by=assessor, at=AT, on=ON)
    (told,) = mails("concern_side_asked")
    assert told.to_user_id == owner.id
    assert "Wages are said to be too low." in told.body
    assert fresh(concern).answer_by == ON + timedelta(days=14)
    for theirs in (SAID.what, SAID.known_by, SAID.name, SAID.email, concern.reference):
        assert theirs not in told.body


def test_upholding_needs_the_employers_side_or_that_its_day_has_passed(
    concern: Concern, assessor: User, owner: User
) -> None:
    do(concerns.take, concern, by=assessor, at=AT)
    with pytest.raises(Refusal, match="Ask the employer for its side"):
        settle(concern, assessor)
    do(concerns.ask, concern, substance="Wages are said to be too low.", by=assessor, at=AT, on=ON)
    with pytest.raises(Refusal, match="may give its side until 6 December 2026"):
        settle(concern, assessor, days=14)
    before = fresh(concern).version
    do(concerns.answer, concern, text="They are not.", seen_version=before, by=owner, at=AT)
    do(concerns.answer, concern, text="They are not.", seen_version=before, by=owner, at=AT)  # sent twice
    with pytest.raises(Stale, match="has changed since you opened"):
        settle(concern, assessor, seen_version=before)
    settle(concern, assessor)
    assert fresh(concern).status is ConcernStatus.UPHELD
    assert mails("concern_settled")[0].to_address == "wilma@example.org"
    assert mails("concern_settled_employer")[0].to_user_id == owner.id
    with pytest.raises(Refusal, match="settled already"):
        settle(concern, assessor)


def test_an_employer_that_does_not_answer_is_waited_for_until_its_day(concern: Concern, assessor: User) -> None:
    ask(concern, assessor)
    settle(concern, assessor, days=15)
    assert fresh(concern).status is ConcernStatus.UPHELD


def test_an_employer_that_was_not_asked_is_told_nothing(concern: Concern, assessor: User) -> None:
    do(concerns.take, concern, by=assessor, at=AT)
    with pytest.raises(Refusal, match="names whoever raised"):
        settle(concern, assessor, ConcernStatus.NOT_FOR_US, reasons="Tell Wilma Whistle to call the council.")
    settle(concern, assessor, ConcernStatus.NOT_FOR_US)
    assert mails("concern_settled_employer") == []
    assert len(mails("concern_settled")) == 1


def test_what_the_employer_takes_away_never_says_who_or_what_was_noted(
    concern: Concern, employer: Organisation, assessor: User, owner: User
) -> None:
    ask(concern, assessor)
    do(concerns.note, concern, text="A private note.", by=assessor, at=AT)
    db.session.rollback()
    text = json.dumps(holdings.gather(db.session, employer, at=AT).document)
    assert "Wages are said to be too low." in text
    for secret in (SAID.what, SAID.happened, SAID.known_by, SAID.name, SAID.email, concern.reference, "private note"):
        assert secret not in text.replace("private notes", "")


def test_who_raised_it_and_what_they_wrote_is_erased_in_time_and_the_rest_stays(
    concern: Concern, assessor: User
) -> None:
    ask(concern, assessor)
    do(concerns.note, concern, text="Wilma called.", by=assessor, at=AT)
    settle(concern, assessor, days=15)
    day = timedelta(days=15 + 365)

    def forget(after: timedelta) -> int:
        return do(lambda session, _: concerns.forget(session, ON + after, AT + after), concern)

    assert forget(day) == 0
    assert forget(day + timedelta(days=1)) == 1
    assert forget(day + timedelta(days=1)) == 0
    kept = fresh(concern)
    assert (kept.what, kept.known_by, kept.raised_by, kept.email) == ("(erased)", "(erased)", "", "")
    assert (kept.substance, kept.reasons) == ("Wages are said to be too low.", "Wages were too low.")
    with pytest.raises(Refusal, match="nothing can be added"):  # from a page that was open all the while
        do(concerns.note, concern, text="Wilma rang again.", by=assessor, at=AT + day)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ConcernNote)) == 0
    assert [one.kind for one in db.session.scalars(sa.select(Message)) if "wilma" in one.to_address] == []
    assert len(mails("concern_side_asked")) == 1
    trail = " ".join(str(one.details) for one in db.session.scalars(sa.select(AuditEvent)))
    assert "ilma" not in trail


def test_an_open_concern_is_not_erased(concern: Concern) -> None:
    late = timedelta(days=3000)
    assert do(lambda session, _: concerns.forget(session, ON + late, AT + late), concern) == 0
