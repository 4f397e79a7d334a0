"""The next version of the charter, as the demo's team drafts it, and the last day of the versions before."""

from datetime import date, timedelta

import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import closing
from charter.assessment.models import Assessment
from charter.assessment.status import AssessmentStatus
from charter.clock import now
from charter.demo.people import Staff, at
from charter.extensions import transaction
from charter.framework import publishing, writing
from charter.framework.models import Framework
from charter.versions import drafting, trying
from charter.versions.parts import Document

CHANGES = [
    "One question has plainer words and asks the same as before.",
    "One question is a must now.",
    "There is a new question about how people hear of changes to their hours.",
]
NEW = {
    "title": "Told of changes in time",
    "statement": "We tell people of a change to their hours in time, and say why.",
    "guidance": "People plan their lives around their hours. Say what you tell them, how, and how long before.",
    "good_evidence": "A message that you sent, or what your rota rules say.",
}


def add(staff: Staff, *, on: date) -> None:
    """Draft two versions, try one on past decisions, and give the versions before a last day."""
    with transaction() as session:
        administrator = session.get_one(User, staff.administrator)
        base = publishing.current(session)
        begun = at(on - timedelta(days=6))
        draft = drafting.start(session, base, name="What employers told us", by=administrator, at=begun)
        document = drafting.read(draft.text).document
        _change(document, base)
        drafting.change_text(
            session,
            draft,
            text=writing.text_of(document),
            seen_as=drafting.seen(draft.text),
            by=administrator,
            at=at(on - timedelta(days=2)),
        )
        if trying.cases(session, decided_from=None, decided_to=None):
            trying.ask(session, draft, by=administrator, at=at(on - timedelta(days=1)))
        other = drafting.start(session, base, name="A theme on travel to work", by=administrator, at=begun)
        document = drafting.read(other.text).document
        document["themes"].append({"code": "TRAV", "title": "Travel to work", "aim": "People can get here."})
        drafting.change_text(
            session,
            other,
            text=writing.text_of(document),
            seen_as=drafting.seen(other.text),
            by=administrator,
            at=at(on - timedelta(days=4)),
        )
    with transaction() as session:
        administrator = session.get_one(User, staff.administrator)
        current = publishing.current(session)
        older = session.scalars(
            sa.select(Framework).where(Framework.id != current.id).order_by(Framework.published_at)
        ).all()
        for framework in older:
            closing.close(
                session,
                framework,
                closes_on=on + timedelta(days=60),
                seen=None,
                by=administrator.id,
                at=at(on - timedelta(days=3)),
                on=on - timedelta(days=3),
            )
        waiting = session.scalars(
            sa.select(Assessment)
            .where(Assessment.framework_id.in_([one.id for one in older]), Assessment.status == AssessmentStatus.DRAFT)
            .order_by(Assessment.started_at, Assessment.id)
            .limit(1)
        ).first()
        if waiting is not None:
            closing.give_longer(
                session,
                waiting,
                until=on + timedelta(days=120),
                reason="Their HR manager is on leave until the spring.",
                seen_version=0,
                by=administrator,
                at=now(),
                on=on,
            )


def _change(document: Document, base: Framework) -> None:
    """What the team heard: one question worded anew, one that is a must now, and one that is new."""
    major, minor, _ = base.version.split(".")
    document["meta"] |= {"version": f"{major}.{int(minor) + 1}.0", "changes": CHANGES}
    criteria = document["criteria"]
    first = next(one for one in criteria if not one.get("core") and one["level"] == 1)
    first["statement"] = first["statement"].rstrip(".") + ", and we say so in plain words."
    must = next(one for one in criteria if not one.get("core") and one["level"] == 2)
    must["core"] = True
    theme = document["themes"][-1]["code"]
    number = 1 + sum(one["theme"] == theme for one in criteria)
    kinds = next(one["evidence_types"] for one in criteria if one.get("evidence_types"))
    criteria.append({"code": f"{theme}-{number:02}", "theme": theme, "level": 1, **NEW, "evidence_types": kinds})
