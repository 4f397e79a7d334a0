"""Messages: what the portal has told people, and whether it left."""

from typing import Any

import sqlalchemy as sa

from charter.admin.base import Chosen, RecordView, of_status
from charter.extensions import db
from charter.notification import naming, outbox
from charter.notification.models import Message, MessageStatus
from charter.organisation.models import Organisation
from charter.permissions import Permission
from charter.web.access import refuse_interested, settings, the_user


def filled(text: str) -> str:
    """A message as it is sent, with the portal's address and the scheme's name in it."""
    return outbox.filled(text, base_url=settings().base_url, scheme_name=settings().scheme_name)


class MessagesView(RecordView):
    """The outbox."""

    permission = Permission.READ_MESSAGES
    what = "Every email the portal wrote, and whether it has left."
    noun = "message"
    searched = "By address or subject"
    can_export = False  # addresses and single-use links have no business in a spreadsheet
    column_list = ("subject", "to_address", "status", "written_at", "sent_at")
    column_labels = {
        "to_address": "To",
        "written_at": "Written",
        "sent_at": "Sent",
        "not_before": "Next try",
        "last_error": "Why it failed",
    }
    words = {"subject": lambda message: filled(message.subject)}
    column_sortable_list = ("written_at", "sent_at", "to_address")
    column_default_sort = ("written_at", True)
    column_searchable_list = ("to_address", "subject")
    column_filters = (Chosen(Message.status, "Status", "status", of_status(MessageStatus)),)
    column_details_list = ("to_address", "status", "written_at", "sent_at", "attempts", "not_before", "last_error")
    details_template = "admin/records/message.html"

    def _not_hidden(self) -> list[sa.ColumnElement[bool]]:
        mine = self.hidden()
        return [~naming.about(db.session, mine)] if mine else []

    def get_one(self, id: Any) -> Any:
        """One message; why not, when it is about an employer that one has an interest in."""
        found = super().get_one(id)
        for one in self.hidden():
            if naming.is_about(db.session, found, [one]):
                refuse_interested(the_user(), db.session.get(Organisation, one))
        return found

    def title(self, model: Message) -> str:
        """The heading of one message's page."""
        return filled(model.subject)

    def body(self, model: Message) -> str:
        """What the message says. Its single-use links are hidden, but for a demo, where nobody gets mail."""
        return filled(model.body if settings().environment == "demo" else outbox.without_links(model.body))
