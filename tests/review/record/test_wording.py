"""An explanation says what was decided and why, and to each reader what is theirs to read."""

import json
from datetime import date

import sqlalchemy as sa

from charter.account.models import User
from charter.award.models import Award
from charter.extensions import db
from charter.review.models import Review
from charter.review.record import explanation
from tests.review.record.conftest import SECRET, decide, said


def test_it_says_who_when_what_was_seen_and_each_rule(noted: Review, moderator: User, on: date) -> None:
    record = decide(noted, moderator, on)
    words = said(record)
    award = db.session.scalars(sa.select(Award)).one()
    submission_hash = json.loads(record.document)["submission_hash"]
    for one in (
        "Teme Valley Orchards Ltd",
        "All is in place.",
        award.number,
        noted.assessment.framework.content_hash,
        submission_hash,
        "Well done on the rota.",
    ):
        assert one in words
    sections = dict(explanation.for_employer(record).sections)
    rules = [block for block in sections["The rules, and whether each was met"] if block[0] == "rule"]
    assert rules, "the rules of the level are there"
    assert {block[1] for block in rules} == {"Met"}
    criteria = [one.title for one in noted.assessment.framework.content.asked(1, None)]
    headings = [block[1] for blocks in sections.values() for block in blocks if block[0] == "heading"]
    assert set(criteria) <= set(headings)
    assert explanation.faults(record) == ()


def test_the_employers_copy_has_no_name_and_no_note_of_staff(
    noted: Review, moderator: User, assessor: User, on: date
) -> None:
    record = decide(noted, moderator, on)
    theirs, own, private = (
        json.dumps(one.sections, ensure_ascii=False)
        for one in (
            explanation.for_employer(record),
            explanation.for_staff(record),
            explanation.for_staff(record, notes=True),
        )
    )
    for name in (moderator.name, assessor.name):
        assert name not in said(record)
        assert name not in theirs
        assert name in own
    for text in (SECRET, "It is all in place."):  # the note, and what was written for the moderator
        assert text not in said(record)
        assert text not in own
        assert text in private
