"""The figures that employers give each year after an award: what is due, overdue and given. Read-only."""

from typing import Any

from sqlalchemy.orm import joinedload, selectinload

from charter.admin.base import Chosen, RecordView, of_status
from charter.award.yearly.models import ReturnState, YearlyReturn
from charter.award.yearly.queries import in_state
from charter.clock import day_in_words, today
from charter.permissions import Permission


def level_title(due: YearlyReturn) -> str:
    """The level in the words of the version it was awarded on."""
    return due.content.level_title(due.level)


class InState(Chosen):
    """A filter for those that stand so today."""

    def apply(self, query: Any, value: str, alias: Any = None) -> Any:
        """The query, narrowed."""
        return query.filter(in_state(ReturnState(value), today())) if value else query


class YearlyReturnsView(RecordView):
    """Yearly figures: due, overdue, given."""

    permission = Permission.VIEW_YEARLY_RETURNS
    what = "The figures that employers give each year while they hold an award. A late one changes no award."
    noun = "return"
    searched = "By employer"
    eager = (
        joinedload(YearlyReturn.organisation),
        joinedload(YearlyReturn.award),
        joinedload(YearlyReturn.framework),
        selectinload(YearlyReturn.held),
    )
    column_list = ("organisation.name", "level", "due_on", "state", "reminded_days", "sent_at", "period_end")
    column_labels = {
        "organisation.name": "Employer",
        "due_on": "Due",
        "reminded_days": "Last reminder",
        "sent_at": "Given",
        "period_end": "12 months to",
        "award.number": "Certificate",
        "saved_at": "Last saved",
        "declared_by": "Declared by",
        "declared_role": "Whose job is",
    }
    words = {
        "level": level_title,
        "state": lambda due: due.state(today()).label,
        "reminded_days": lambda due: reminder(due.reminded_days),
    }
    column_sortable_list = ("due_on", "sent_at")
    column_default_sort = ("due_on", True)
    column_searchable_list = ("organisation.name",)
    column_filters = (InState(YearlyReturn.due_on, "Status", "state", of_status(ReturnState)),)
    column_details_list = (
        "organisation.name",
        "award.number",
        "level",
        "due_on",
        "state",
        "reminded_days",
        "saved_at",
        "sent_at",
        "period_end",
        "declared_by",
        "declared_role",
    )

    def title(self, model: YearlyReturn) -> str:
        """The heading of one return's page."""
        return f"{model.organisation.name}, due {day_in_words(model.due_on)}"


def reminder(days: int | None) -> str:
    """When the owners were last reminded, in words."""
    if days is None:
        return "None yet"
    if days == 0:
        return "On the day"
    return f"{abs(days)} days {'before' if days > 0 else 'after'} it"
