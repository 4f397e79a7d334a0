"""A visit or a conversation is written down by a case's assessors; the employer reads the summary and no more."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.audit import AuditEvent
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.organisation import interests
from charter.organisation.models import Organisation
from charter.review.models import Review
from charter.review.second import conversations, second_looks
from charter.review.second.conversations import Details, ForEmployer
from charter.review.second.second_models import Conversation, ConversationKind
from tests.conftest import AT
from tests.factories import Factory

VISIT = Details(
    held_on=AT.date(),
    kind=ConversationKind.VISIT,
    for_employer="The manager and two mechanics",
    for_scheme="Asha",
    notes="Nobody knew the second contact.",
    summary="We saw how a day begins.",
)


def record(review: Review, by: User, **but: object) -> Conversation:
    with transaction() as session:
        return conversations.record(session, review, replace(VISIT, **but), by=by, at=AT, on=AT.date())


def kept() -> int:
    return db.session.scalar(sa.select(sa.func.count(Conversation.id))) or 0


def test_the_employer_reads_the_summary_and_never_the_notes_or_who_took_part(found: Review, assessor: User) -> None:
    record(found, assessor)
    shown = conversations.for_employer(db.session, found.assessment)
    assert shown == [ForEmployer(AT.date(), ConversationKind.VISIT, "We saw how a day begins.")]
    (event,) = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "conversation:record"))
    assert event.details == {"kind": "visit", "held_on": AT.date().isoformat()}


def test_the_same_one_sent_twice_is_one(found: Review, assessor: User) -> None:
    assert record(found, assessor).id == record(found, assessor).id
    record(found, assessor, kind=ConversationKind.PHONE)
    assert kept() == 2


@pytest.mark.parametrize(
    ("but", "field"),
    [
        ({"held_on": AT.date() + timedelta(days=1)}, "held_on"),
        ({"held_on": AT.date() - timedelta(days=400)}, "held_on"),
        ({"for_employer": " "}, "for_employer"),
        ({"for_scheme": ""}, "for_scheme"),
        ({"notes": " "}, "notes"),
        ({"summary": ""}, "summary"),
        ({"summary": "x" * 1001}, "summary"),
        ({"notes": "x" * 5001}, "notes"),
    ],
)
def test_what_is_missing_or_wrong_is_said_beside_its_field(
    found: Review, assessor: User, but: dict[str, object], field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        record(found, assessor, **but)
    assert (refused.value.field, kept()) == (field, 0)


def test_only_the_assessors_of_a_case_write_one_down(
    make: Factory, highest: Review, assessor: User, second: User, employer: Organisation
) -> None:
    with pytest.raises(Refusal, match="Only the assessors of this case"):
        record(highest, second)
    with transaction() as session:
        second_looks.take(session, highest, by=second, at=AT)
    record(highest, second)
    with transaction() as session:
        interests.declare(session, employer, reason="A cousin.", by=second, at=AT)
    with pytest.raises(Refusal, match="You declared an interest"):
        record(highest, second, kind=ConversationKind.PHONE)


def test_none_is_written_down_after_the_recommendation(recommended: Review, assessor: User) -> None:
    with pytest.raises(Refusal, match="before a level is recommended"):
        record(recommended, assessor)
