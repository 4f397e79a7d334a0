"""How long a page was open until it was saved: its form carries a signed stamp of when it was opened.

There is no cookie, no script and no list of visits. The stamp names an assessment, a page and a moment; what a person
sends with it is added to a sum of that page's tasks (`charter.time_spent.adding`), and the stamp is forgotten.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from flask import current_app, g, request
from itsdangerous import BadSignature, URLSafeSerializer
from markupsafe import Markup
from sqlalchemy.orm import Session

from charter.assessment.models import Assessment
from charter.clock import now, today
from charter.extensions import db
from charter.memory import Memory
from charter.review.timing import pace as paces
from charter.review.timing.pace import Pace
from charter.time_spent import adding, typical
from charter.time_spent.typical import Typical
from charter.web.employer import blueprint

FIELD = "opened"
Counted = TypeVar("Counted")


def count(session: Session, assessment: Assessment, page: str, tasks: Sequence[str] | None = None) -> None:
    """Add the time since `page` was opened to its tasks (itself, unless given). Without a stamp of ours, add nothing.

    Called in the transaction that saves the page.
    """
    opened_at = _opened(request.form.get(FIELD, ""), assessment, page)
    if opened_at is not None:
        adding.add(session, assessment, tasks=[page] if tasks is None else tasks, opened_at=opened_at, at=now())
    g.time_counted = True


@blueprint.app_template_global()
def opened_field(assessment: Assessment, page: str) -> Markup:
    """The hidden field with the stamp. A form that comes back unsaved keeps the one it had."""
    stamp = request.form.get(FIELD, "")
    if request.method != "POST" or g.get("time_counted") or _opened(stamp, assessment, page) is None:
        stamp = _signer().dumps([assessment.id.hex, page, int(now().timestamp() * 1000)])
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, stamp)


def took(size_band: str) -> Mapping[int, Typical]:
    """How long employers of a size took for each level, by rank (one query in an hour)."""
    return within_the_hour(("took", size_band), lambda: typical.of_size(db.session, size_band))


def pace() -> Mapping[int, Pace]:
    """How many of our working days decisions took, by the rank of the level (one query in an hour)."""
    on = today()
    return within_the_hour(("pace", on), lambda: paces.of_levels(db.session, on=on))


def within_the_hour(question: Hashable, work: Callable[[], Counted]) -> Counted:
    """What is counted of times, at most an hour old: it looks at many rows, and moves slowly."""
    memory: Memory = current_app.extensions.setdefault("charter_time_memory", Memory())
    return memory.recall_within(f"{now():%Y-%m-%d %H}", question, work)


def _opened(stamp: str, assessment: Assessment, page: str) -> datetime | None:
    """When the page was opened; None when the stamp is not ours, or is of another page."""
    try:
        of, about, moment = _signer().loads(stamp)
    except (BadSignature, ValueError, TypeError):
        return None
    return datetime.fromtimestamp(moment / 1000, UTC) if (of, about) == (assessment.id.hex, page) else None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="time_spent")
