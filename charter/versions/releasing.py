"""Publish a draft: from then on it never changes, new assessments start on it, and the versions before close by a day.

One administrator publishes, who confirms on a page that says what it does; nobody is blocked by it, for the versions
before stay open for what is begun on them (`charter.assessment.closing`).
"""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.assessment import closing
from charter.errors import Refusal, Stale
from charter.framework import publishing
from charter.framework.models import Framework, FrameworkStatus
from charter.versions import drafting
from charter.versions.models import FrameworkDraft

CHANGED = "Somebody changed this draft after you opened this page. Read below what it would do now, then publish it."
NO_CHANGES = "Say first what changes, a sentence each: employers read it before they move their answers."


def why_not(session: Session, draft: FrameworkDraft) -> str | None:
    """Why a draft cannot be published as it is now, in a sentence; None when it can (at most two queries)."""
    try:
        meta = drafting.content_of(draft).meta
    except Refusal as refusal:
        return str(refusal)
    newest = publishing.current(session)
    if meta.code != newest.code:
        return f"The draft says that it is another charter: its code is {meta.code}, and not {newest.code}."
    highest = max(
        session.scalars(sa.select(Framework.version).where(Framework.code == meta.code)), key=number, default="0.0.0"
    )
    if number(meta.version) <= number(highest):
        return f"Give the draft a number above {highest}, which is published. It says {meta.version}."
    if not meta.changes:
        return NO_CHANGES
    if meta.changes == newest.content.meta.changes:
        return "What changes is still what the version before says. Say what is new in this one."
    return None


def number(version: str) -> tuple[int, ...]:
    """The number of a version, so that it can be compared."""
    return tuple(int(part) for part in version.split("."))


def first_day(on: date) -> date:
    """The first day on which the versions before may close."""
    return on + closing.NOTICE


def publish(
    session: Session, draft: FrameworkDraft, *, closes_on: date, seen_hash: str, by: User, at: datetime, on: date
) -> Framework:
    """Publish a draft, and say on which day the versions before close for what is begun on them.

    A version that is to close already keeps its day. `seen_hash` is of the draft that the person saw. Raises `Stale`
    when it was changed since, and `Refusal` when it cannot be published or the day comes too soon.
    """
    mine = drafting.locked(session, draft)
    if mine.content_hash != seen_hash:
        raise Stale(CHANGED, current=mine.content_hash)
    refused = why_not(session, mine)
    if refused is not None:
        raise Refusal(refused)
    closing.check_not_before(first_day(on), closes_on)
    before = publishing.current(session)
    older = session.scalars(
        sa.select(Framework)
        .where(
            Framework.code == before.code,
            Framework.status == FrameworkStatus.PUBLISHED,
            Framework.closes_on.is_(None),
        )
        .order_by(Framework.published_at)
    ).all()
    framework = publishing.publish(session, drafting.content_of(mine), by=by.id, at=at)
    mine.framework_id, mine.published_at = framework.id, at
    session.flush()
    audit.record(
        session,
        "framework_draft:publish",
        mine,
        by=by.id,
        at=at,
        before=before.version,
        after=framework.version,
        content_hash=framework.content_hash,
        closes_on=closes_on.isoformat(),
    )
    for one in older:
        closing.close(session, one, closes_on=closes_on, seen=None, by=by.id, at=at, on=on)
    return framework
