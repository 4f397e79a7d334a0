"""A draft is published once, after a rehearsal by the code that moves drafts; the versions before close by a day."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment import closing, moving
from charter.assessment.models import Answer, Assessment
from charter.audit import AuditEvent
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework import publishing, writing
from charter.framework.models import Framework
from charter.organisation.models import Organisation
from charter.versions import drafting, rehearsing, releasing
from charter.versions.models import FrameworkDraft
from tests.conftest import AT
from tests.factories import Factory
from tests.review.test_queries import Counted
from tests.turns import in_turn

DAY = AT.date()
LATER = AT + timedelta(days=1)
LAST = DAY + closing.NOTICE
Document = dict[str, Any]
Publish = Callable[..., Framework]
META = {"version": "50.0.0", "changes": ["Pay is asked in plainer words."]}


@pytest.fixture
def draft(make: Factory, publish: Publish, administrator: User) -> FrameworkDraft:
    """A draft of which nothing stays behind after the test."""
    with transaction() as session:
        return drafting.start(session, make.framework(), name="The next", by=administrator, at=AT)


def change(
    draft: FrameworkDraft, by: User, what: Callable[[Document], object] = lambda document: None
) -> FrameworkDraft:
    """Give a draft its number and changes, and what else is to change."""
    with transaction() as session:
        mine = session.get_one(FrameworkDraft, draft.id)
        document = drafting.read(mine.text).document
        document["meta"] |= META
        what(document)
        drafting.change_text(
            session, mine, text=writing.text_of(document), seen_as=drafting.seen(mine.text), by=by, at=AT
        )
    return mine


def release(draft: FrameworkDraft, by: User, **other: Any) -> Framework:
    given = {"closes_on": LAST, "seen_hash": draft.content_hash, "at": LATER, "on": DAY, **other}
    with transaction() as session:
        return releasing.publish(session, draft, by=by, **given)


def test_a_draft_becomes_the_version_in_use_and_the_one_before_closes_on_the_day(
    draft: FrameworkDraft, make: Factory, administrator: User
) -> None:
    before = make.framework()
    content = drafting.content_of(change(draft, administrator))
    made = release(draft, administrator)
    assert publishing.current(db.session).id == made.id
    assert made.content == content
    assert db.session.get_one(Framework, before.id, populate_existing=True).closes_on == LAST
    events = db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.sequence.desc()).limit(3)).all()
    assert {event.action for event in events} == {"framework:publish", "framework_draft:publish", "framework:close"}
    published = next(event for event in events if event.action == "framework_draft:publish")
    assert published.details == {
        "before": before.version, "after": "50.0.0", "content_hash": made.content_hash, "closes_on": LAST.isoformat(),
    }  # fmt: skip


def test_it_is_published_once_and_never_changes_again(draft: FrameworkDraft, administrator: User) -> None:
    change(draft, administrator)
    release(draft, administrator)
    with pytest.raises(Refusal, match="was published"):
        release(draft, administrator)
    with pytest.raises(Refusal, match="was published"):
        change(draft, administrator)
    with pytest.raises(Refusal, match="was published"), transaction() as session:
        drafting.discard(session, draft, by=administrator, at=AT)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (lambda document: document["meta"].update(version="1.0.0"), "Give the draft a number above"),
        (lambda document: document["meta"].update(code="another"), "another charter"),
        (lambda document: document["meta"].pop("changes"), "Say first what changes"),
        (lambda document: document["levels"][1].update(rank=7), "mistake"),
    ],
)
def test_what_is_not_ready_is_not_published(
    draft: FrameworkDraft, administrator: User, what: Callable[[Document], object], said: str
) -> None:
    with pytest.raises(Refusal, match=said):
        release(change(draft, administrator, what), administrator)


def test_the_words_of_the_version_before_are_not_what_changes(
    draft: FrameworkDraft, make: Factory, administrator: User
) -> None:
    same = list(make.framework().content.meta.changes)
    mine = change(draft, administrator, lambda document: document["meta"].update(changes=same))
    assert releasing.why_not(db.session, mine) == (
        "What changes is still what the version before says. Say what is new in this one."
    )


def test_employers_get_the_notice_and_who_saw_another_draft_is_told(draft: FrameworkDraft, administrator: User) -> None:
    change(draft, administrator)
    with pytest.raises(Refusal, match="The first day that you can choose is 20 December 2026"):
        release(draft, administrator, closes_on=LAST - timedelta(days=1))
    with pytest.raises(Stale):
        release(draft, administrator, seen_hash="0" * 64)


def test_two_who_publish_at_once_publish_once(
    app: Flask, draft: FrameworkDraft, administrator: User, moderator: User
) -> None:
    mine = change(draft, administrator)
    seen = mine.content_hash or ""

    def deed(session: Session, one: FrameworkDraft, by: User) -> Framework:
        return releasing.publish(session, one, closes_on=LAST, seen_hash=seen, by=by, at=LATER, on=DAY)

    _, second = in_turn(app, mine, (administrator, deed), (moderator, deed))
    assert isinstance(second, Refusal)
    assert db.session.scalars(sa.select(sa.func.count()).where(Framework.version == "50.0.0")).one() == 1


def test_a_rehearsal_says_what_moving_does(
    draft: FrameworkDraft, make: Factory, employer: Organisation, owner: User, administrator: User
) -> None:
    waiting = make.answered(make.assessment(employer, level=2, by=owner), by=owner)
    codes = [one.code for one in waiting.framework.content.asked(2)]

    def reword(document: Document) -> None:
        criteria = document["criteria"]
        criteria[0]["statement"] = "We do this, and more."
        criteria.append({**criteria[0], "code": "NEW-01", "title": "A new thing"})

    coming = drafting.framework_of(change(draft, administrator, reword))
    said = rehearsing.rehearse(db.session, coming)
    assert (said.employers, said.kept, said.to_check, said.gone, said.new) == (1, len(codes) - 1, 1, 0, 1)
    assert (dict(said.why), dict(said.by_version)) == ({codes[0]: 1}, {waiting.framework.version: 1})
    assert db.session.get_one(Assessment, waiting.id, populate_existing=True).framework_id != coming.id
    made = release(draft, administrator)
    with transaction() as session:
        moving.move_to(session, waiting, session.get_one(Framework, made.id), by=owner, at=LATER)
    answers = db.session.scalars(sa.select(Answer).where(Answer.assessment_id == waiting.id)).all()
    assert sum(answer.is_to_check for answer in answers) == said.to_check


def test_a_rehearsal_takes_as_many_queries_for_one_as_for_three(
    draft: FrameworkDraft, make: Factory, administrator: User
) -> None:
    coming = drafting.framework_of(change(draft, administrator))
    counts = []
    for some in (1, 2):
        for number in range(some):
            one = make.organisation(f"Employer {some} {number}")
            make.assessment(one, by=make.member(one, "Olga Owner"))
        db.session.expunge_all()
        with Counted() as queries:
            rehearsing.rehearse(db.session, coming)
        counts.append(len(queries.statements))
    assert counts[0] == counts[1]
