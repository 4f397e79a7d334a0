"""The phrases of the team: kept once, changed by one at a time, and never offered again once retired."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.review import phrases
from charter.review.phrases import Phrase
from tests.conftest import AT
from tests.factories import Factory
from tests.turns import in_turn

WORDS = {"text": "Please send one from this year.", "criterion": "", "outcome": ""}


def add(make: Factory, by: User, **words: str) -> Phrase:
    with transaction() as session:
        return phrases.add(session, make.framework().content, **WORDS | words, by=by, at=AT)


def change(make: Factory, phrase: Phrase, by: User, *, seen: int, **words: str) -> None:
    with transaction() as session:
        content = make.framework().content
        phrases.change(session, content, phrase, **WORDS | words, seen_version=seen, by=by, at=AT)


def told(phrase: Phrase) -> list[tuple[str, dict[str, Any]]]:
    db.session.rollback()
    events = db.session.query(audit.AuditEvent).filter_by(subject_id=phrase.id).order_by(audit.AuditEvent.sequence)
    return [(event.action, event.details) for event in events]


def test_each_change_is_told_with_what_was_there_before(make: Factory, assessor: User) -> None:
    phrase = add(make, assessor)
    change(make, phrase, assessor, seen=phrase.version, text="Please send a newer one.")
    with transaction() as session:
        phrases.retire(session, phrase, by=assessor, at=AT)
        phrases.retire(session, phrase, by=assessor, at=AT)
    newer = {**WORDS, "text": "Please send a newer one."}
    assert told(phrase) == [
        ("phrase:add", {"after": WORDS}),
        ("phrase:change", {"before": WORDS, "after": newer}),
        ("phrase:retire", {"before": newer}),
    ]
    assert phrases.in_use(db.session) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"text": " "}, "Write the phrase"),
        ({"text": "x" * 501}, "500 characters or fewer"),
        ({"criterion": "NO-99"}, "Choose one of the criteria"),
        ({"outcome": "wonderful"}, "Choose one of the findings"),
    ],
)
def test_a_phrase_that_cannot_be_kept_is_refused(
    make: Factory, assessor: User, words: dict[str, str], message: str
) -> None:
    with pytest.raises(Refusal, match=message):
        add(make, assessor, **words)


def test_the_same_phrase_is_kept_once_and_may_come_back_after_it_was_retired(make: Factory, assessor: User) -> None:
    phrase = add(make, assessor)
    with pytest.raises(Refusal, match="in the list already"):
        add(make, assessor)
    with transaction() as session:
        phrases.retire(session, phrase, by=assessor, at=AT)
    assert add(make, assessor).id != phrase.id


def test_a_retired_phrase_is_changed_no_more(make: Factory, assessor: User) -> None:
    phrase = add(make, assessor)
    with transaction() as session:
        phrases.retire(session, phrase, by=assessor, at=AT)
    with pytest.raises(Refusal, match="no longer in use"):
        change(make, phrase, assessor, seen=phrase.version, text="Another.")


def test_of_two_who_change_a_phrase_at_once_the_later_is_shown_the_first(
    app: Flask, make: Factory, assessor: User, moderator: User
) -> None:
    phrase, content = add(make, assessor), make.framework().content
    seen = phrase.version

    def says(text: str):
        def deed(session: Session, found: Phrase, user: User) -> None:
            phrases.change(
                session, content, found, text=text, criterion="", outcome="", seen_version=seen, by=user, at=AT
            )

        return deed

    _, later = in_turn(app, phrase, (assessor, says("First.")), (moderator, says("Second.")))
    assert isinstance(later, Stale)
    assert [one.text for one in phrases.in_use(db.session)] == ["First."]
