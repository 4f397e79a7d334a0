"""What administrators say of other schemes, on top of what is published."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import Role, User
from charter.errors import Refusal, Stale
from charter.framework import crosswalk
from charter.framework.content import Content
from charter.framework.models import CrosswalkChange, Framework
from tests.framework import small

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def by(session: Session) -> User:
    found = User(
        email="ada@example.org", name="Ada Administrator", role=Role.ADMINISTRATOR, password_hash=None, created_at=AT,
        email_confirmed_at=AT, disabled_at=None,
    )  # fmt: skip
    session.add(found)
    session.flush()
    return found


@pytest.fixture
def content(framework: Framework) -> Content:
    return framework.content


def say(session: Session, content: Content, by: User, **values: object) -> CrosswalkChange:
    facts: dict[str, object] = {
        "scheme": content.crosswalk[0].code,
        "item": content.crosswalk[0].items[0].code,
        "criteria": [content.criteria[1].code, content.criteria[0].code],
        "status": "inferred",
        "note": "  From the scheme's own form. ",
        "seen_version": 0,
        **values,
    }
    return crosswalk.change(session, content, **facts, by=by.id, at=AT)  # type: ignore[arg-type]


def test_an_item_stands_beside_the_criteria_that_name_it() -> None:
    (scheme,) = crosswalk.merged(small.content())
    assert [(one.code, one.criteria, one.changed_at) for one in scheme.items] == [("O1", ("A",), None)]


def test_a_change_counts_instead_of_what_is_published_which_stays(session: Session, content: Content, by: User) -> None:
    published = crosswalk.of(session, content)[0]
    say(session, content, by)
    now = crosswalk.of(session, content)[0]
    item = now.items[0]
    assert item.criteria == (content.criteria[0].code, content.criteria[1].code)  # in the framework's order
    assert (item.status, item.note, item.changed_at, item.changed_by) == (
        "inferred", "From the scheme's own form.", AT, by.id,
    )  # fmt: skip
    assert now.changed_at == AT
    assert now.items[1:] == published.items[1:]
    assert crosswalk.merged(content)[0] == published
    audit.seal(session)
    (event,) = session.scalars(sa.select(audit.AuditEvent).where(audit.AuditEvent.action == "crosswalk:change"))
    assert event.details["before"] == list(published.items[0].criteria)


def test_it_goes_back_to_what_is_published_once(session: Session, content: Content, by: User) -> None:
    before = crosswalk.of(session, content)
    item = {"scheme": content.crosswalk[0].code, "item": content.crosswalk[0].items[0].code}
    say(session, content, by)
    session.flush()
    assert crosswalk.back_to_published(session, **item, by=by.id, at=AT)
    session.flush()
    assert crosswalk.of(session, content) == before
    assert not crosswalk.back_to_published(session, **item, by=by.id, at=AT)


def test_of_two_administrators_the_later_is_told(session: Session, content: Content, by: User) -> None:
    say(session, content, by)
    session.flush()
    with pytest.raises(Stale):
        say(session, content, by, note="Something else.")
    ben = User(
        email="ben@example.org", name="Ben", role=Role.ADMINISTRATOR, password_hash=None, created_at=AT,
        email_confirmed_at=AT, disabled_at=None,
    )  # fmt: skip
    session.add(ben)
    session.flush()
    with pytest.raises(Stale):
        say(session, content, ben)  # the same words, and yet not the one who wrote them
    assert say(session, content, by, seen_version=1, criteria=[]).criteria == []


def test_the_same_form_sent_twice_is_one_change(session: Session, content: Content, by: User) -> None:
    first = say(session, content, by)
    session.flush()
    assert say(session, content, by) is first
    session.flush()
    assert first.version == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"scheme": "none"}, None),
        ({"item": "none"}, None),
        ({"criteria": ["NONE"]}, "criteria"),
        ({"status": "certain"}, "status"),
        ({"note": "x" * 1_001}, "note"),
    ],
)
def test_what_cannot_be_is_refused(
    session: Session, content: Content, by: User, wrong: dict[str, object], field: str | None
) -> None:
    with pytest.raises(Refusal) as refused:
        say(session, content, by, **wrong)
    assert refused.value.field == field
