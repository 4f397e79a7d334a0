"""Minutes that are agreed are one document that never changes; notes stand beside it."""

import hashlib
import io
from datetime import timedelta

import pikepdf
import pypdfium2
import pytest

from charter.account.models import User
from charter.audit import AuditEvent
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.panel import agenda, minutes, papers, partners, queries, recording
from charter.panel.models import Item, Meeting, Minutes
from charter.panel.status import MeetingStatus
from charter.review.models import Review
from tests.conftest import AT
from tests.panel.conftest import ON


def text_of(document: bytes) -> str:
    pages = pypdfium2.PdfDocument(document)
    return " ".join(" ".join(page.get_textpage().get_text_range() for page in pages).split())


@pytest.fixture
def decided(held: Item, moderator: User) -> Meeting:
    """A meeting with one case decided, and nothing left to write down."""
    with transaction() as session:
        recording.decide(
            session,
            held,
            level=1,
            reasons="It is <b>all</b> in place & used.",
            discussion="The Chamber asked about shifts.",
            left=[held.meeting.seats[3].id],
            by=moderator,
            at=AT,
            on=ON,
        )
    return queries.whole(db.session, held.meeting_id)


def agree(meeting: Meeting, by: User) -> Minutes:
    with transaction() as session:
        return minutes.agree(session, meeting, scheme="The Charter", by=by, at=AT, on=ON)


def test_agreed_minutes_say_who_came_what_was_decided_and_why(decided: Meeting, moderator: User) -> None:
    agreed = agree(decided, moderator)
    said = text_of(agreed.document)
    for words in (
        "Minutes of the panel",
        "22 November 2026, 2:30pm",
        "County Hall, Worcester",
        "Cath Chair",
        "Ingrid Icb, Officer, The Integrated Care Board",
        "It is <b>all</b> in place & used.",
        "The Chamber asked about shifts.",
        "Partners in the room: The Integrated Care Board, The county council, The Chamber",
        "Left the room because of an interest: Dev Dwp (DWP)",
        "Award: ",
    ):
        assert words in said
    assert "Draft" not in said
    assert decided.status is MeetingStatus.MINUTED


def test_agreed_minutes_are_kept_byte_for_byte_with_their_hash(
    decided: Meeting, moderator: User, administrator: User, scheme_partners
) -> None:
    agreed = agree(decided, moderator)
    before = agreed.document
    assert hashlib.sha256(before).hexdigest() == agreed.sha256
    with transaction() as session:
        partner = scheme_partners[0]
        partners.rename(session, partner, "Another", seen_version=partner.version, by=administrator, at=AT)
    db.session.expire_all()
    kept = db.session.get_one(Minutes, agreed.id)
    assert kept.document == before
    event = db.session.query(AuditEvent).filter_by(action="meeting:minute").one()
    assert event.details["sha256"] == kept.sha256


def test_the_same_meeting_gives_the_same_bytes(decided: Meeting) -> None:
    again = queries.whole(db.session, decided.id)
    for draw in (
        lambda meeting: papers.minutes(meeting, scheme="The Charter", agreed_on=ON),
        lambda meeting: papers.agenda(meeting, scheme="The Charter"),
    ):
        assert draw(decided) == draw(again)
        with pikepdf.open(io.BytesIO(draw(decided))) as pdf:
            assert pdf.Root.Lang == "en-GB"


def test_nothing_can_be_written_into_a_meeting_whose_minutes_are_agreed(decided: Meeting, moderator: User) -> None:
    agree(decided, moderator)
    with pytest.raises(Refusal, match="The minutes of this meeting are agreed"):
        agree(decided, moderator)
    with pytest.raises(Refusal, match="The minutes of this meeting are agreed"), transaction() as session:
        agenda.add_business(session, decided, "One more thing", by=moderator, at=AT)
    assert db.session.query(Minutes).count() == 1


def test_minutes_wait_until_everything_is_written_down(held: Item, moderator: User) -> None:
    with pytest.raises(Refusal, match="Record what became of"):
        agree(held.meeting, moderator)


def test_minutes_never_tell_of_a_recommendation_that_the_panel_did_not_have(decided: Meeting) -> None:
    """An appeal opened the case again before the minutes were agreed: it has none, and then another one."""

    def said() -> str:
        return text_of(papers.minutes(decided, scheme="S", agreed_on=ON))

    assert "Recommended: " in said()
    review = decided.items[0].review
    assert review is not None
    for level, at in ((None, None), (0, AT + timedelta(days=9))):
        review.recommended_level, review.recommended_at = level, at
        with db.session.no_autoflush:
            assert "Recommended: " not in said()
    db.session.rollback()


def test_a_draft_says_that_it_is_one(held: Item) -> None:
    said = text_of(papers.minutes(queries.whole(db.session, held.meeting_id), scheme="The Charter", agreed_on=None))
    assert "Draft minutes" in said
    assert "Not written down yet" in said


def test_an_agenda_leaves_out_the_case_of_who_has_an_interest(item: Item, before_panel: Review) -> None:
    meeting = queries.whole(db.session, item.meeting_id)
    assert before_panel.recommendation in text_of(papers.agenda(meeting, scheme="S"))
    said = text_of(papers.agenda(meeting, scheme="S", hidden={item.id}))
    assert before_panel.recommendation not in said
    assert papers.HIDDEN.split(",")[0] in said


def test_a_correction_is_a_dated_note_and_sent_twice_is_one(decided: Meeting, moderator: User) -> None:
    with pytest.raises(Refusal, match="not agreed yet"), transaction() as session:
        minutes.correct(session, decided, "Dev was there.", by=moderator, at=AT)
    agreed = agree(decided, moderator)
    for _ in range(2):
        with transaction() as session:
            minutes.correct(session, decided, "Dev was there.", by=moderator, at=AT)
    ((note, who),) = queries.corrections(db.session, decided)
    assert (note.text, note.noted_at, who) == ("Dev was there.", AT, moderator.name)
    assert db.session.get_one(Minutes, agreed.id).document == agreed.document
