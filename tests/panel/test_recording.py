"""What the panel decides is recorded once, by somebody independent, with enough partners in the room."""

from collections.abc import Callable
from uuid import UUID

import pytest
import sqlalchemy as sa

from charter import audit
from charter.account.models import Role, User
from charter.award.models import Award
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.organisation import interests
from charter.organisation.models import Organisation
from charter.panel import agenda, planning, queries, recording
from charter.panel.models import Item, Meeting
from charter.panel.status import Outcome, Presence
from charter.review.handing_out.set_apart import SetApart
from charter.review.models import Review
from charter.review.second.second_models import LookKind, SecondLook
from charter.review.status import CLOSE, ReviewStatus
from tests.conftest import AT
from tests.factories import Factory
from tests.panel.conftest import LATER, ON, details

Hold = Callable[..., Meeting]


def decide(item: Item, by: User, level: int = 1, reasons: str = "The partners agree.", **more: object) -> None:
    with transaction() as session:
        recording.decide(session, item, level=level, reasons=reasons, by=by, at=AT, on=ON, **more)  # type: ignore[arg-type]


def seat(item: Item, first_name: str) -> UUID:
    return next(one.id for one in item.meeting.seats if one.person.startswith(first_name))


def awards() -> list[Award]:
    return list(db.session.scalars(sa.select(Award)))


def told() -> list[str]:
    return list(db.session.scalars(sa.select(Message.kind).where(Message.kind.startswith("decision", autoescape=True))))


def test_a_decision_issues_the_certificate_and_tells_the_employer(held: Item, moderator: User) -> None:
    decide(held, moderator, discussion="The Chamber asked about shifts.")
    review = held.review
    assert review is not None
    assert (review.status, review.decided_level, review.reasons) == (ReviewStatus.DECIDED, 1, "The partners agree.")
    (award,) = awards()
    assert (award.assessment_id, award.level, award.issued_by_id) == (review.assessment_id, 1, moderator.id)
    assert told() == ["decision_awarded"]
    assert (held.outcome, held.level, held.recorded_by_id) == (Outcome.AWARDED, 1, moderator.id)
    assert (held.reasons, held.discussion) == ("The partners agree.", "The Chamber asked about shifts.")
    events = [event.action for event in audit.timeline(db.session, review.assessment_id)]
    assert {"panel:put", "panel:decide", "case:decide", "award:issue"} <= set(events)


def test_the_panel_may_decide_on_no_award(held: Item, moderator: User) -> None:
    decide(held, moderator, level=0)
    assert held.review is not None
    assert (held.outcome, held.review.decided_level, awards(), told()) == (
        Outcome.NOT_AWARDED,
        0,
        [],
        ["decision_not_awarded"],
    )


def test_the_panel_cannot_go_above_what_the_findings_reach(held: Item, moderator: User) -> None:
    with pytest.raises(Refusal, match="is too high"):
        decide(held, moderator, level=2)
    assert (held.outcome, awards()) == (None, [])


def test_reasons_are_needed(held: Item, moderator: User) -> None:
    with pytest.raises(Refusal, match="Give the reasons") as refused:
        decide(held, moderator, reasons=" ")
    assert refused.value.field == "reasons"


def test_nothing_is_decided_before_the_meeting_is_held(item: Item, moderator: User) -> None:
    with pytest.raises(Refusal, match="Write down who came to the meeting first"):
        decide(item, moderator)


def test_too_few_partners_decide_nothing(item: Item, hold: Hold, moderator: User) -> None:
    hold(item.meeting, ingrid=Presence.APOLOGIES, dev=Presence.ABSENT)
    with pytest.raises(Refusal, match="3 partners must be in the room to decide, and there were 2"):
        decide(item, moderator)
    assert (item.outcome, awards()) == (None, [])


def test_two_people_of_one_partner_are_one_partner(
    item: Item, scheme_partners: list, hold: Hold, moderator: User
) -> None:
    with transaction() as session:
        planning.expect(session, item.meeting, scheme_partners[0], person="Ida Icb", by=moderator, at=AT)
    hold(queries.whole(db.session, item.meeting_id), charlie=Presence.APOLOGIES, dev=Presence.ABSENT)
    with pytest.raises(Refusal, match="there were 2"):
        decide(item, moderator)


def test_who_leaves_the_room_does_not_count_for_that_item(item: Item, hold: Hold, moderator: User) -> None:
    hold(item.meeting, dev=Presence.ABSENT)
    with pytest.raises(Refusal, match="there were 2"):
        decide(item, moderator, left=[seat(item, "Cora")])
    assert item.absences == []
    decide(item, moderator)
    assert item.outcome is Outcome.AWARDED


def test_who_left_is_kept_and_not_counted_among_the_partners(held: Item, moderator: User) -> None:
    decide(held, moderator, left=[seat(held, "Cora")])
    found = queries.whole(db.session, held.meeting_id).items[0]
    assert [one.seat.person for one in found.absences] == ["Cora Council"]
    assert found.partners == ["The Integrated Care Board", "The Chamber", "DWP"]


def test_who_did_not_come_cannot_have_left(item: Item, hold: Hold, moderator: User) -> None:
    hold(item.meeting, dev=Presence.ABSENT)
    with pytest.raises(Refusal, match="not among those who came"):
        decide(item, moderator, left=[seat(item, "Dev")])


def test_who_recommended_the_level_does_not_record_the_decision(held: Item, assessor: User) -> None:
    for deed in (recording.send_back, recording.put_off):
        with pytest.raises(Refusal, match="You recommended a level"), transaction() as session:
            deed(session, held, reasons="Because.", by=assessor, at=AT)
    with pytest.raises(Refusal, match="You recommended a level"):
        decide(held, assessor)


def test_who_has_an_interest_does_not_record_the_decision(held: Item, employer: Organisation, moderator: User) -> None:
    with transaction() as session:
        interests.declare(session, employer, reason="A cousin.", by=moderator, at=AT)
    with pytest.raises(Refusal, match="You declared an interest"):
        decide(held, moderator)
    assert awards() == []


def test_the_second_assessor_of_the_case_does_not_record_the_decision(held: Item, moderator: User) -> None:
    assert held.review is not None
    with transaction() as session:
        session.add(
            SecondLook(
                review_id=held.review.id,
                round=1,
                kind=LookKind.ASSESSOR,
                by_id=moderator.id,
                begun_at=AT,
                compared_at=AT,
            )
        )
    with pytest.raises(Refusal, match="You were the second assessor"):
        decide(held, moderator)
    assert awards() == []


def test_who_wrote_findings_before_somebody_else_had_the_case_does_not_record_the_decision(
    make: Factory, held: Item, before_panel: Review, assessor: User
) -> None:
    with transaction():  # it went to somebody else, who recommended the level
        other = make.staff("assessor", "Ola Other")
        before_panel.assessor_id = before_panel.recommended_by_id = other.id
        assessor.role = Role.MODERATOR
    for deed in (recording.send_back, recording.put_off):
        with pytest.raises(Refusal, match="You worked on this case"), transaction() as session:
            deed(session, held, reasons="Later.", by=assessor, at=AT)
    with pytest.raises(Refusal, match="You worked on this case"):
        decide(held, assessor)
    assert awards() == []


@pytest.mark.parametrize("why", ["interest", "closed"])
def test_a_case_does_not_go_back_to_who_declared_an_interest_or_left_since(
    held: Item, before_panel: Review, employer: Organisation, assessor: User, moderator: User, why: str
) -> None:
    with transaction() as session:
        if why == "interest":
            interests.declare(session, employer, reason="A cousin.", by=assessor, at=AT)
        else:
            assessor.disabled_at = AT
    with transaction() as session:
        recording.send_back(session, held, reasons="Talk to the night shift.", by=moderator, at=AT)
    assert (before_panel.status, before_panel.assessor_id) == (ReviewStatus.WAITING, None)


def test_who_decided_before_an_appeal_does_not_record_the_decision(held: Item, moderator: User) -> None:
    assert held.review is not None
    with transaction() as session:
        session.add(SetApart(review_id=held.review.id, user_id=moderator.id))
    with pytest.raises(Refusal, match="appeal"):
        decide(held, moderator)
    assert awards() == []


def test_an_item_is_recorded_once(held: Item, moderator: User, administrator: User) -> None:
    decide(held, moderator)
    with pytest.raises(Stale, match="Somebody else has just recorded this item"):
        decide(held, administrator, level=0)
    assert (held.outcome, len(awards()), len(told())) == (Outcome.AWARDED, 1, 1)


def test_a_case_that_was_withdrawn_is_not_decided(held: Item, moderator: User) -> None:
    with transaction():
        assert held.review is not None
        held.review.move(CLOSE, at=AT)
    with pytest.raises(Refusal, match="The employer has withdrawn"):
        decide(held, moderator)
    assert held.was_withdrawn
    assert not held.waits


def test_a_case_that_is_sent_back_is_its_assessors_again(
    make: Factory, held: Item, assessor: User, moderator: User
) -> None:
    with transaction() as session:
        recording.send_back(session, held, reasons="Talk to the night shift.", by=moderator, at=AT)
    review = held.review
    assert review is not None
    assert (review.status, review.assessor_id, review.recommended_level) == (ReviewStatus.IN_REVIEW, assessor.id, None)
    assert (held.outcome, held.level, told()) == (Outcome.SENT_BACK, None, [])
    (mail,) = db.session.scalars(sa.select(Message).where(Message.kind == "case_sent_back"))
    assert mail.to_address == assessor.email
    assert "The partners' panel sent the case of Teme Valley" in mail.body
    assert "night shift" not in mail.body, "why stands on the case"
    make.recommended(review, by=assessor)  # and can come again


def test_a_case_that_is_put_off_waits_for_another_meeting(held: Item, moderator: User) -> None:
    with transaction() as session:
        recording.put_off(session, held, reasons="The figures come next week.", by=moderator, at=AT)
    assert held.review is not None
    assert (held.outcome, held.review.status) == (Outcome.DEFERRED, ReviewStatus.WITH_PANEL)
    assert [one.id for one in queries.waiting(db.session)] == [held.review_id]


def test_a_case_may_be_put_off_without_a_quorum_and_straight_to_another_meeting(
    item: Item, hold: Hold, moderator: User
) -> None:
    hold(item.meeting, ingrid=Presence.APOLOGIES, dev=Presence.ABSENT)
    with transaction() as session:
        later = planning.plan(session, details(ON + LATER), by=moderator, at=AT)
        recording.put_off(session, item, reasons="Too few of us.", to=later, by=moderator, at=AT)
    assert [one.review_id for one in queries.whole(db.session, later.id).items] == [item.review_id]
    assert queries.waiting(db.session) == []


def test_a_case_is_put_off_to_a_meeting_that_is_to_come(held: Item, moderator: User) -> None:
    with transaction() as session:
        gone = planning.plan(session, details(ON + LATER), by=moderator, at=AT)
        planning.cancel(session, gone, reason="Snow.", by=moderator, at=AT)
    for to in (gone, held.meeting):
        with pytest.raises(Refusal) as refused, transaction() as session:
            recording.put_off(session, held, reasons="Later.", to=to, by=moderator, at=AT)
        assert refused.value.field == "put_off_to"
    assert held.outcome is None


def test_other_business_is_noted_and_can_be_written_anew(meeting: Meeting, hold: Hold, moderator: User) -> None:
    with transaction() as session:
        item = agenda.add_business(session, meeting, "The year so far", by=moderator, at=AT)
    hold(meeting)
    for words in ("Twelve awards.", "Thirteen awards."):
        with transaction() as session:
            recording.note(session, item, discussion=words, seen_version=item.version, by=moderator, at=AT)
    assert (item.outcome, item.discussion) == (Outcome.NOTED, "Thirteen awards.")


def test_a_note_written_meanwhile_is_not_lost(meeting: Meeting, hold: Hold, moderator: User) -> None:
    with transaction() as session:
        item = agenda.add_business(session, meeting, "The year so far", by=moderator, at=AT)
    hold(meeting)
    seen = item.version
    with transaction() as session:
        recording.note(session, item, discussion="Twelve awards.", seen_version=seen, by=moderator, at=AT)
    with pytest.raises(Stale), transaction() as session:
        recording.note(session, item, discussion="Nothing was said.", seen_version=seen, by=moderator, at=AT)
    assert item.discussion == "Twelve awards."


def test_nothing_but_the_decision_reaches_the_employer(held: Item, before_panel: Review, moderator: User) -> None:
    decide(held, moderator, discussion="Secret words.", left=[seat(held, "Cora")])
    messages = [str(one) for one in db.session.execute(sa.select(Message.__table__))]
    assert not any("Secret words" in one or "Cora" in one for one in messages)
    assert "Secret words" not in before_panel.reasons
