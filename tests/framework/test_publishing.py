"""A version of the charter is published once and never changes; the newest published one is current."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.audit import AuditEvent
from charter.database import writing
from charter.errors import Refusal
from charter.framework import publishing
from charter.framework.checking import Faulty
from charter.framework.content import Content, Extent
from charter.framework.models import Framework, FrameworkStatus
from tests.framework.small import Document, content

AT = datetime(2026, 12, 1, 12, tzinfo=UTC)
ADMINISTRATOR = UUID(int=7)
FILE = publishing.SHIPPED[-1]


@pytest.fixture(scope="module")
def charter() -> Content:
    return publishing.read(FILE)


def version(number: str, title: str = "A small charter") -> Content:
    def change(it: Document) -> None:
        it["meta"].update(version=number, title=title)

    return content(change)


# The first version


def test_the_first_version_is_whole(charter: Content) -> None:
    counts = (charter.levels, charter.themes, charter.criteria, charter.declarations, charter.metrics)
    assert [len(part) for part in counts] == [3, 8, 39, 7, 12]


def test_every_statement_is_a_whole_sentence(charter: Content) -> None:
    """YAML cuts unquoted words at a comma inside braces; a sentence without its end would be the sign."""
    sentences = [criterion.statement for criterion in charter.criteria]
    sentences += [criterion.guidance for criterion in charter.criteria]
    sentences += [declaration.statement for declaration in charter.declarations]
    assert [text for text in sentences if not text.endswith(".")] == []


def test_titles_of_criteria_are_short_and_differ(charter: Content) -> None:
    titles = [criterion.title for criterion in charter.criteria]
    assert len(set(titles)) == len(titles)
    assert [title for title in titles if not 2 <= len(title.split()) <= 5] == []


def test_what_needs_evidence_or_a_reason_says_so(charter: Content) -> None:
    assert all(criterion.evidence_types for criterion in charter.criteria)
    assert [value.needs for value in charter.scale if value.extent == Extent.NOT_APPLICABLE] == ["reason"]


def test_every_number_that_is_asked_for_has_a_hint(charter: Content) -> None:
    fields = (*charter.context_fields, *(item for metric in charter.metrics for item in metric.inputs))
    assert [field.name for field in fields if not field.hint] == []


def test_content_comes_back_from_its_document_unchanged(charter: Content) -> None:
    assert Content.model_validate(charter.model_dump(mode="json")) == charter


# Publishing


def test_publishing_keeps_the_content_and_says_who_did_it(session: Session) -> None:
    made = publishing.publish(session, version("1.0.0"), by=ADMINISTRATOR, at=AT)
    audit.seal(session)
    session.flush()
    session.expire_all()

    assert (made.code, made.version, made.title) == ("small", "1.0.0", "A small charter")
    assert (made.status, made.published_at) == (FrameworkStatus.PUBLISHED, AT)
    assert made.content == version("1.0.0")
    event = session.scalars(sa.select(AuditEvent)).one()
    assert (event.action, event.actor_id, event.subject_id) == ("framework:publish", ADMINISTRATOR, made.id)
    assert event.details == {"code": "small", "version": "1.0.0", "content_hash": made.content_hash}


def test_publishing_the_same_again_is_harmless(session: Session) -> None:
    first = publishing.publish(session, version("1.0.0"), by=None, at=AT)
    audit.seal(session)

    again = publishing.publish(session, version("1.0.0"), by=None, at=AT + timedelta(days=1))
    audit.seal(session)

    assert again is first
    assert again.published_at == AT
    assert session.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) == 1


def test_a_version_published_before_a_field_was_known_is_still_the_same(session: Session) -> None:
    first = publishing.publish(session, version("1.0.0"), by=None, at=AT)
    older = {**first.document, "declarations": [dict(one) for one in first.document["declarations"]]}
    assert [one.pop("help") for one in older["declarations"]] == [None] * len(first.content.declarations)
    written = {"document": older, "content_hash": publishing.digest(older)}  # before there was a guard
    session.execute(sa.update(Framework).where(Framework.id == first.id).values(written))
    session.refresh(first)

    assert publishing.publish(session, version("1.0.0"), by=None, at=AT) is first


def test_other_content_under_a_published_version_is_refused(session: Session) -> None:
    first = publishing.publish(session, version("1.0.0"), by=None, at=AT)

    with pytest.raises(Refusal, match=r"Version 1\.0\.0 is already published with other content"):
        publishing.publish(session, version("1.0.0", "Another"), by=None, at=AT)

    assert first.content.meta.title == "A small charter"


def test_content_that_breaks_the_rules_is_not_published(session: Session) -> None:
    broken = version("1.0.0").model_copy(update={"criteria": ()})

    with pytest.raises(Faulty):
        publishing.publish(session, broken, by=None, at=AT)


def test_the_newest_published_version_is_current(session: Session) -> None:
    second = publishing.publish(session, version("1.1.0"), by=None, at=AT + timedelta(days=2))
    publishing.publish(session, version("2.0.0"), by=None, at=AT + timedelta(days=1))

    assert publishing.current(session) is second


def test_a_retired_version_is_not_current_and_retires_once(session: Session) -> None:
    before = publishing.current(session)
    made = publishing.publish(session, version("1.0.0"), by=None, at=AT)

    publishing.retire(session, made, by=ADMINISTRATOR, at=AT)

    assert publishing.current(session) is before
    with pytest.raises(Refusal, match="You cannot retire a framework that is retired"):
        publishing.retire(session, made, by=ADMINISTRATOR, at=AT)


def test_the_only_published_version_is_not_retired(session: Session) -> None:
    only = publishing.current(session)
    others = sa.update(Framework).where(Framework.id != only.id)
    session.execute(others.values(status=FrameworkStatus.RETIRED))

    with pytest.raises(Refusal, match="only published version"):
        publishing.retire(session, only, by=None, at=AT)

    assert only.status == FrameworkStatus.PUBLISHED


def test_without_a_published_version_there_is_no_current_one(session: Session) -> None:
    session.execute(sa.update(Framework).values(status=FrameworkStatus.RETIRED))

    with pytest.raises(Refusal, match="No version of the charter is published yet"):
        publishing.current(session)


@pytest.fixture
def tidy(engine: sa.Engine) -> Iterator[sa.Engine]:
    """An engine; the made-up charters that were committed are gone afterwards."""
    yield engine
    with writing(), engine.begin() as connection:
        connection.execute(sa.delete(Framework).where(Framework.code == "small"))


def test_two_people_who_publish_at_once_make_one_version(tidy: sa.Engine) -> None:
    start = Barrier(4)

    def publish() -> UUID:
        start.wait(timeout=30)
        with writing(), Session(tidy) as session:
            made = publishing.publish(session, version("1.0.0"), by=None, at=AT).id
            session.commit()
            return made

    with ThreadPoolExecutor(4) as pool:
        made = {future.result() for future in [pool.submit(publish) for _ in range(4)]}

    with Session(tidy) as session:
        assert {session.scalars(sa.select(Framework.id).where(Framework.code == "small")).one()} == made
