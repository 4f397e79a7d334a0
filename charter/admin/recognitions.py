"""Awards of other schemes: which wait to be checked, which were, and which were turned down."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from charter.admin.base import Chosen, RecordView, of_status
from charter.admin.organisations import NAMES, content, counties
from charter.clock import today
from charter.extensions import db
from charter.organisation.models import Organisation, Recognition, RecognitionStatus
from charter.permissions import Permission

FACTS = {
    RecognitionStatus.STATED: sa.and_(Recognition.checked_at.is_(None), Recognition.declined_at.is_(None)),
    RecognitionStatus.CHECKED: Recognition.checked_at.is_not(None),
    RecognitionStatus.DECLINED: Recognition.declined_at.is_not(None),
}
"""What each status is in the table, which keeps when and by whom and not the status itself."""


class ByStatus(Chosen):
    """A filter on what was made of an award."""

    def apply(self, query: Any, value: str, alias: Any = None) -> Any:
        """The query, narrowed."""
        return query.filter(FACTS[RecognitionStatus(value)]) if value else query


def title(stated: Recognition) -> str:
    """The award in the newest version's words."""
    return content().passport_title(stated.scheme, stated.level)


def standing(stated: Recognition) -> str:
    """How the award stands today, in words."""
    ended = stated.ends_on is not None and stated.ends_on < today()
    return "Ended" if ended else stated.status.label


def schemes() -> list[tuple[str, str]]:
    """The schemes to choose from, each by the title of its first award."""
    found: dict[str, str] = {}
    for one in content().passports:
        found.setdefault(one.scheme, one.title)
    return list(found.items())


class RecognitionsView(RecordView):
    """Awards of other schemes that employers told of, each with its proof."""

    permission = Permission.VIEW_ORGANISATIONS
    what = "Awards of other schemes that employers hold. Once checked, they stand in for criteria while they last."
    noun = "award"
    searched = "By employer or number"
    eager = (joinedload(Recognition.organisation),)
    column_list = ("organisation", "scheme", "county", "starts_on", "ends_on", "status", "stated_at")
    column_labels = {
        "organisation": "Employer",
        "scheme": "Award",
        "reference": "Number",
        "starts_on": "From",
        "ends_on": "To",
        "stated_at": "Told us",
        "checked_at": "Checked",
        "declined_at": "Turned down",
        "declined_for": "Why",
    }
    words = {
        "county": NAMES["county"],
        "scheme": title,
        "status": standing,
        "organisation": lambda stated: stated.organisation.name,
    }
    column_sortable_list = ("stated_at", "starts_on", "ends_on")
    column_default_sort = ("stated_at", True)
    column_searchable_list = (Organisation.name, "reference")
    column_filters = (
        ByStatus(Recognition.checked_at, "Status", "status", of_status(RecognitionStatus)),
        Chosen(Recognition.scheme, "Scheme", "scheme", schemes),
        Chosen(Recognition.county, "County", "county", counties),
    )
    column_details_list = (
        "organisation",
        "scheme",
        "reference",
        "county",
        "starts_on",
        "ends_on",
        "status",
        "stated_at",
        "checked_at",
        "declined_at",
        "declined_for",
    )
    column_export_list = column_list
    list_template = "admin/records/recognitions.html"
    details_template = "admin/records/recognition.html"

    def waiting(self) -> int:
        """How many awards nobody has checked or turned down."""
        query = sa.select(sa.func.count()).select_from(Recognition).where(FACTS[RecognitionStatus.STATED])
        return db.session.scalar(query) or 0

    def title(self, model: Recognition) -> str:
        """The heading of one award's page."""
        return f"{title(model)}, {model.organisation.name}"
