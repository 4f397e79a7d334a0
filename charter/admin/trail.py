"""The audit trail, to read: who did what, when, sealed so that nothing can be changed afterwards."""

import json
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from charter.account.models import STAFF, User
from charter.admin.base import ChosenRow, RecordView
from charter.audit import AuditEvent
from charter.extensions import db
from charter.permissions import Permission

PORTAL = "The portal"


def staff() -> list[tuple[str, str]]:
    """Everybody of the scheme, by name, those whose account is closed among them."""
    people = sa.select(User.id, User.name).where(User.role.in_(STAFF)).order_by(User.name, User.id)
    return [(str(row.id), row.name) for row in db.session.execute(people)]


class TrailView(RecordView):
    """Audit events, the newest first."""

    permission = Permission.READ_TRAIL
    what = "Everything that anybody did, the newest first. Each event is sealed to the one before it."
    noun = "event"
    searched = "By what was done, such as case:decide"
    column_list = ("sequence", "at", "actor_id", "action", "subject_type")
    column_labels = {
        "sequence": "Number",
        "at": "When",
        "actor_id": "Who",
        "action": "What",
        "subject_type": "To what",
        "subject_id": "Its id",
        "case_id": "Assessment",
        "previous_hash": "Seal before",
        "hash": "Seal",
    }
    exported = {"actor_id": lambda event: str(event.actor_id or PORTAL)}
    column_sortable_list = ("sequence",)
    column_default_sort = ("sequence", True)
    column_searchable_list = ("action", "subject_type")
    column_filters = (ChosenRow(AuditEvent.actor_id, "Who of the staff", "who", staff),)
    column_details_list = (
        "at",
        "actor_id",
        "action",
        "subject_type",
        "subject_id",
        "case_id",
        "previous_hash",
        "hash",
    )
    column_export_list = ("sequence", "at", "actor_id", "action", "subject_type", "subject_id", "case_id", "hash")
    details_template = "admin/records/event.html"

    def title(self, model: AuditEvent) -> str:
        """The heading of one event's page."""
        return f"Event {model.sequence}"

    def details(self, model: AuditEvent) -> str:
        """What the event says besides, laid out to be read."""
        return json.dumps(model.details, indent=2, sort_keys=True, ensure_ascii=False)

    def value(self, model: AuditEvent, name: str) -> str:
        """What a page shows in one column; people by their names, as far as their accounts are still there."""
        if name != "actor_id":
            return super().value(model, name)
        return self.names([model.actor_id])[model.actor_id] if model.actor_id else PORTAL

    def get_list(self, *args: Any, **kwargs: Any) -> Any:
        """A page of events, with the names of all who acted fetched in one query."""
        count, events = super().get_list(*args, **kwargs)
        if isinstance(events, list):
            self.names([event.actor_id for event in events if event.actor_id])
        return count, events

    def names(self, ids: list[UUID]) -> dict[UUID, str]:
        """The names of these people. Those asked for before in the same request are not asked for again."""
        known: dict[UUID, str] = self._template_args.setdefault("names", {})
        missing = set(ids) - known.keys()
        if missing:
            known |= dict.fromkeys(missing, "Somebody whose account is gone")
            found = db.session.execute(sa.select(User.id, User.name).where(User.id.in_(missing)))
            known |= {row.id: row.name for row in found}
        return known
