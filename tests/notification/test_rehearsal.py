"""What a piece of work would mail is known before it is kept."""

from collections.abc import Iterator
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import Role, User
from charter.audit import AuditEvent, seal
from charter.notification import outbox, rehearsal
from charter.notification.models import Message
from charter.review.models import About, InformationRequest
from tests.conftest import AT

BODY = "Hello {}\n\nIt is done.\n[portal]/reset-password/secret-token\n\n[scheme]\n[portal]\n"


@pytest.fixture
def watched(session: Session) -> Iterator[Session]:
    rehearsal.watch(session)
    yield session
    rehearsal.forget(session)


def write(session: Session, name: str, *, kind: str = "news", body: str = BODY, event: str = "one") -> None:
    outbox.enqueue(
        session,
        kind,
        to=f"{name.lower()}@example.org",
        subject="News",
        body=body.format(name),
        event_key=f"{event}:{kind}:{name}",
        at=AT,
    )


def test_people_who_are_told_the_same_get_one_letter(watched: Session) -> None:
    write(watched, "Olive")
    write(watched, "Colin")
    write(watched, "Mo", kind="other")
    first, second = rehearsal.letters(watched)
    assert first.to == ("colin@example.org", "olive@example.org")
    assert first.body.startswith("Hello (the name of each)\n")
    assert (second.key, second.body.partition("\n")[0]) == ("other-1", "Hello Mo")


def test_links_that_work_once_are_hidden(watched: Session) -> None:
    write(watched, "Olive")
    assert "secret-token" not in rehearsal.letters(watched)[0].body


def test_what_is_made_anew_at_each_try_does_not_change_the_hash(watched: Session) -> None:
    hashes = []
    for number in range(2):
        rehearsal.watch(watched)
        person = User(name="New", email=f"new{number}@example.org", role=Role.ASSESSOR, created_at=AT)
        watched.add(person)
        watched.flush()
        write(watched, "Olive", body=f"Hello {{}}\n[portal]/people/{person.id}\n", event=str(number))
        letters = rehearsal.letters(watched)
        assert f"[portal]/people/{rehearsal.NEW}" in letters[0].body
        hashes.append(rehearsal.digest(letters))
    assert hashes[0] == hashes[1]


def test_a_code_of_the_charter_that_somebody_wrote_is_shown_as_it_is_sent(watched: Session) -> None:
    """Each thing an employer is asked about is made at each try too, and has a code."""
    watched.info["made_in_this_transaction"].append(
        InformationRequest(id=UUID(int=7), about=About.CRITERION, code="LEAD-01", question="More.")
    )
    write(watched, "Olive", body="Hello {}\n\nSee what we say of LEAD-01.\n\n[scheme]\n[portal]\n")
    assert "See what we say of LEAD-01." in rehearsal.letters(watched)[0].body


def test_the_hash_is_of_who_and_what(watched: Session) -> None:
    write(watched, "Olive")
    one = rehearsal.digest(rehearsal.letters(watched))
    write(watched, "Colin")
    assert rehearsal.digest(rehearsal.letters(watched)) != one


def test_nothing_is_noted_outside_a_watched_transaction(session: Session) -> None:
    write(session, "Olive")
    assert rehearsal.letters(session) == ()


def test_a_note_stands_above_the_name_of_the_scheme_and_is_in_the_trail_without_its_words(watched: Session) -> None:
    write(watched, "Olive")
    letters = rehearsal.letters(watched)
    by = User(name="Asha", email="asha@example.org", role=Role.ASSESSOR, created_at=AT)
    watched.add(by)
    watched.flush()
    rehearsal.add(watched, letters, {"news-1": " Ring me.\r\nAny day. "}, by=by.id, at=AT)
    body = watched.scalars(sa.select(Message.body)).one()
    assert body.endswith(f"\n\n{rehearsal.MARK}\n\nRing me.\nAny day.\n\n[scheme]\n[portal]\n")
    seal(watched)
    event = watched.scalars(sa.select(AuditEvent)).one()
    assert (event.action, event.details) == ("message:add", {"kind": "news", "characters": 18})


def test_no_note_changes_nothing(watched: Session) -> None:
    write(watched, "Olive")
    before = watched.scalars(sa.select(Message.body)).one()
    rehearsal.add(watched, rehearsal.letters(watched), {"news-1": "  "}, by=UUID(int=1), at=AT)
    assert watched.scalars(sa.select(Message.body)).one() == before
